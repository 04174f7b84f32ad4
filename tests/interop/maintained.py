"""Reads tables that were changed and looked after in every way with other programs.

usage: maintained.py FOLDER

FOLDER holds, for each case, a table and its rows as our own reader gives them in <case>.parquet. Each of deltalake,
polars and duckdb must give the same rows, value for value; their order does not matter.
"""

import pathlib
import sys

import comparing


def main() -> int:
    dumps = sorted(pathlib.Path(sys.argv[1]).resolve().glob("*.parquet"))
    return comparing.compare((dump.stem, dump.with_suffix(""), dump) for dump in dumps)


sys.exit(main())
