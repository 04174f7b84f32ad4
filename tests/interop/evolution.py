"""Reads tables that evolved with other programs and compares every row with what our own reader gives.

usage: evolution.py FOLDER

FOLDER holds, for each evolution, a table, its rows as our own reader gives them in <case>.parquet, and notes in
<case>.json: the Delta features that the table has, its partition columns where they are mapped, and the columns that
were renamed without column mapping, under whose new name other programs find null in the rows from before. Each of deltalake, polars and duckdb must give the
same rows, or refuse the table for a feature that it is known not to read.
"""

import json
import pathlib
import sys

import pyarrow.parquet

import comparing

# Which program is shut out by which feature. One that has learned it since must read the table right.
REFUSES = {
    "deltalake": ["typeWidening"],
    "polars": ["columnMapping", "typeWidening"],
    "duckdb": [],
}

# Which program reads which tables wrongly: the partition columns of a table with column mapping are null to it
# (https://github.com/duckdb/duckdb-delta/issues/343).
MISREADS = {"duckdb": "mappedPartition"}


def main() -> int:
    folder = pathlib.Path(sys.argv[1]).resolve()
    failures = compared = refused = 0
    for notes_file in sorted(folder.glob("*.json")):
        case = notes_file.stem
        notes = json.loads(notes_file.read_text())
        dump = pyarrow.parquet.read_table(notes_file.with_suffix(".parquet"))
        if notes["ours"]:
            dump = dump.drop_columns(notes["ours"])
        ours = comparing.from_arrow(dump, dump.schema)
        for program, read in comparing.PROGRAMS.items():
            excuses = [feature for feature in REFUSES[program] if notes[feature]]
            try:
                theirs = read(folder / case, dump.schema)
            except Exception as error:  # whatever a program says is a finding
                if excuses:
                    refused += 1
                    print(f"{case} {program}: refused for {', '.join(excuses)}")
                else:
                    failures += 1
                    print(f"{case} {program}: {type(error).__name__}: {error}")
                continue
            wanted, but = ours, ""
            if notes.get(MISREADS.get(program)) and ours != theirs:
                rest = dump.drop_columns(notes["mappedPartition"])
                wanted = comparing.from_arrow(rest, rest.schema)
                theirs = read(folder / case, rest.schema)
                but = ", but for its partition columns, which are null"
            same = wanted == theirs
            failures += not same
            compared += same
            detail = "" if same else f"\n    ours {list(wanted)}\n    theirs {list(theirs)}"
            verdict = "equal" if same else "DIFFERENT"
            print(f"{case} {program}: {ours.total()} rows {verdict}{but}{detail}")
    if not compared:
        print(f"there is no table under {folder}")
        return 1
    print(f"{compared} passed, {refused} refused as known, {failures} failed")
    return 1 if failures else 0


sys.exit(main())
