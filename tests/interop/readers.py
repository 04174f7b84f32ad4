"""Reads tables with other programs and compares every row with what our own reader gives.

usage: readers.py ROOT DUMPS

ROOT holds the tables, as <domain>/<product>/v<major>. DUMPS holds, for each of them, the rows that our own
reader gives, as <domain>.<product>.v<major>.parquet. Each of deltalake, polars and duckdb must give the same
rows, value for value, nested ones included; their order does not matter.
"""

import pathlib
import sys

import pyarrow.parquet

import comparing


def main() -> int:
    root, dumps = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    tables = sorted(path.parent for path in root.glob("*/*/v*/_delta_log"))
    failures = 0
    compared = 0
    for path in tables:
        domain, product, major = path.parts[-3:]
        dump = pyarrow.parquet.read_table(dumps / f"{domain}.{product}.{major}.parquet")
        ours = comparing.from_arrow(dump, dump.schema)
        for program, read in comparing.PROGRAMS.items():
            try:
                theirs = read(path, dump.schema)
                missing, extra = ours - theirs, theirs - ours
                same = not missing and not extra
                detail = ""
                if not same:
                    detail = f": {missing.total()} rows missing, {extra.total()} too many"
                    for bag in (missing, extra):
                        for row in list(bag)[:1]:
                            detail += f"\n    {row}"
            except Exception as error:  # whatever a program says is a finding
                same, detail = False, f": {type(error).__name__}: {error}"
            failures += not same
            compared += same
            verdict = "equal" if same else "DIFFERENT"
            print(f"{domain}.{product} {major} {program}: {ours.total()} rows {verdict}{detail}")
    if not tables:
        print(f"there is no table under {root}")
        return 1
    print(f"{compared} passed, {failures} failed")
    return 1 if failures else 0


sys.exit(main())
