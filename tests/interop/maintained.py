"""Reads tables that were changed and looked after in every way with other programs.

usage: maintained.py FOLDER

FOLDER holds, for each case, a table and its rows as our own reader gives them in <case>.parquet. Each of deltalake,
polars and duckdb must give the same rows, value for value; their order does not matter.
"""

import pathlib
import sys

import pyarrow.parquet

import comparing


def main() -> int:
    folder = pathlib.Path(sys.argv[1]).resolve()
    compared = failures = 0
    for path in sorted(folder.glob("*.parquet")):
        dump = pyarrow.parquet.read_table(path)
        ours = comparing.from_arrow(dump, dump.schema)
        for program, read in comparing.PROGRAMS.items():
            try:
                theirs = read(path.with_suffix(""), dump.schema)
                missing, extra = ours - theirs, theirs - ours
                detail = f": {missing.total()} rows missing, {extra.total()} too many"
            except Exception as error:  # whatever a program says is a finding
                missing, extra, detail = True, True, f": {type(error).__name__}: {error}"
            same = not missing and not extra
            failures += not same
            compared += same
            verdict = "equal" if same else f"DIFFERENT{detail}"
            print(f"{path.stem} {program}: {ours.total()} rows {verdict}")
    if not compared:
        print(f"no table under {folder} was read")
        return 1
    print(f"{compared} passed, {failures} failed")
    return 1 if failures else 0


sys.exit(main())
