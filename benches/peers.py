"""The same reads with other programs, for comparing with the benches.

usage: DATAPRODUCT_BENCH_KEEP=FOLDER cargo bench --bench table_scan --bench table_open
       python benches/peers.py FOLDER

Needs the packages of tests/interop/requirements.txt. Prints medians over repeated reads of CPU and wall time of
the read alone, the program being started and the files warm, as they are in the benches.
"""

import os
import pathlib
import statistics
import sys
import time

import deltalake
import duckdb
import duckdb_extension_delta
import polars

ROUNDS = int(os.environ.get("DATAPRODUCT_BENCH_ROUNDS", "9"))
ROWS = int(os.environ.get("DATAPRODUCT_BENCH_ROWS", "10000000"))
COLUMNS = ["sku", "location_id", "on_hand"]
PLACES = ["LOC-000033", "LOC-000107"]
LOW, HIGH = (f"SKU-{number:09}" for number in (ROWS // 40, ROWS // 40 + ROWS // 1000))


def measure(title, name, work):
    cpu, wall = [], []
    for _ in range(ROUNDS):
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        found = work()
        cpu.append(time.process_time() - cpu_before)
        wall.append(time.perf_counter() - wall_before)
    cpu, wall = statistics.median(cpu) * 1e3, statistics.median(wall) * 1e3
    print(f"{title:<28} {name:<10} cpu {cpu:9.2f} ms  wall {wall:9.2f} ms  rows {found}")


def scans(folder, connection):
    place = polars.col("location_id").is_in(PLACES)
    between = polars.col("sku").is_between(polars.lit(LOW), polars.lit(HIGH))
    where_place = f"location_id IN ('{PLACES[0]}', '{PLACES[1]}')"
    where_sku = f"sku BETWEEN '{LOW}' AND '{HIGH}'"
    for title, order, predicate, where in (
        ("scattered 1 %", "shuffled", place, where_place),
        ("range of a sorted key, 1 %", "sorted", between, where_sku),
    ):
        path = str(folder / order)
        files = [str(file) for file in (folder / order).glob("*.parquet")]
        scan = polars.scan_parquet(files).filter(predicate).select(COLUMNS)
        query = f"SELECT {', '.join(COLUMNS)} FROM read_parquet({files!r}) WHERE {where}"
        measure(title, "polars", lambda: scan.collect().height)
        measure(title, "duckdb", lambda: connection.execute(query).fetch_arrow_table().num_rows)
        delta = polars.scan_delta(path).filter(predicate).select(COLUMNS)
        measure(title, "polars/delta", lambda: delta.collect().height)


def opens(folder):
    for table in sorted(path.parent for path in folder.glob("*/_delta_log")):
        entries = len(list((table / "_delta_log").glob("*.json")))
        if entries > 100:
            title = f"open, {entries} entries, {table.name}"
            measure(title, "delta-rs", lambda: deltalake.DeltaTable(str(table)).version())


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    extension = next(pathlib.Path(duckdb_extension_delta.__path__[0]).rglob("delta.duckdb_extension"))
    connection.execute(f"LOAD '{extension}'")
    if (folder / "shuffled").is_dir():
        scans(folder, connection)
    opens(folder)


main()
