"""Reads tables with other programs and compares every row with what our own reader gives.

usage: readers.py ROOT DUMPS

ROOT holds the tables, as <domain>/<product>/v<major>. DUMPS holds, for each of them, the rows that our own
reader gives, as <domain>.<product>.v<major>.parquet. Each of deltalake, polars and duckdb must give the same
rows, value for value, nested ones included; their order does not matter.
"""

import pathlib
import sys

import comparing


def main() -> int:
    root, dumps = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    cases = []
    for log in sorted(root.glob("*/*/v*/_delta_log")):
        domain, product, major = log.parent.parts[-3:]
        dump = dumps / f"{domain}.{product}.{major}.parquet"
        cases.append((f"{domain}.{product} {major}", log.parent, dump))
    return comparing.compare(cases)


sys.exit(main())
