"""The same reads and checks with other programs, for comparing with the benches.

usage: DATAPRODUCT_BENCH_KEEP=FOLDER cargo bench --bench table_scan --bench table_open
       python benches/peers.py FOLDER
       python benches/peers.py rules

The first needs the packages of tests/interop/requirements.txt and prints medians over repeated reads of CPU and wall
time of the read alone, the program being started and the files warm, as they are in the benches.

The second needs polars, pandera[polars], dataframely and duckdb, and builds the bench `verdict`. Thirteen rules on
ten million stock rows, by each program in turn and each in a process of its own: the rules alone on rows in memory,
and the whole process from a Parquet file to a verdict. CPU time is user and system time as the system accounts it;
ratios are to the gate. All rows keep all rules, and a program that finds otherwise ends the run.
"""

import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

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
    import polars

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
    import deltalake

    for table in sorted(path.parent for path in folder.glob("*/_delta_log")):
        entries = len(list((table / "_delta_log").glob("*.json")))
        if entries > 100:
            title = f"open, {entries} entries, {table.name}"
            measure(title, "delta-rs", lambda: deltalake.DeltaTable(str(table)).version())


def reads(folder):
    import duckdb
    import duckdb_extension_delta

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    extension = next(pathlib.Path(duckdb_extension_delta.__path__[0]).rglob("delta.duckdb_extension"))
    connection.execute(f"LOAD '{extension}'")
    if (folder / "shuffled").is_dir():
        scans(folder, connection)
    opens(folder)


STATUSES = ["active", "blocked", "clearance", "planned", "returned"]
ALL_PLACES = [f"LOC-{number:06}" for number in range(200)]
SKU = "^SKU-[0-9]{9}$"
KEY = ["sku", "location_id"]


def rules_of_polars(frame):
    import polars

    column = polars.col
    frame = frame.lazy()
    figures = frame.select(
        *(column(name).null_count().alias(f"{name} is missing") for name in COLUMNS),
        on_hand=(~column("on_hand").is_between(0, 1_000_000)).sum(),
        reserved=(column("reserved") < 0).sum(),
        unit_cost=(column("unit_cost") < 0).sum(),
        sku=(~column("sku").str.contains(SKU)).sum(),
        status=(~column("status").is_in(STATUSES)).sum(),
        compared=(column("reserved") > column("on_hand")).sum(),
        place=(~column("location_id").is_in(ALL_PLACES)).sum(),
        rows=polars.len(),
        newest=column("updated_at").max(),
    )
    repeated = frame.group_by(KEY).len().filter(column("len") > 1).select(polars.len())
    figures, repeated = polars.collect_all([figures, repeated])
    *counts, rows, newest = figures.row(0)
    assert rows == ROWS and newest is not None and not any(counts) and repeated.item() == 0


def rules_of_pandera(frame):
    import pandera.polars as pandera
    import polars

    check = pandera.Check

    def column(data_type, *checks, nullable=True):
        return pandera.Column(data_type, list(checks), nullable=nullable)

    schema = pandera.DataFrameSchema(
        {
            "sku": column(str, check.str_matches(SKU), nullable=False),
            "location_id": column(str, check.isin(ALL_PLACES), nullable=False),
            "on_hand": column(int, check.in_range(0, 1_000_000), nullable=False),
            "reserved": column(int, check.ge(0)),
            "unit_cost": column(float, check.ge(0)),
            "status": column(str, check.isin(STATUSES)),
        },
        checks=check(lambda data: data.lazyframe.select(polars.col("reserved") <= polars.col("on_hand"))),
        unique=KEY,
    )
    schema.validate(frame, lazy=True)
    assert frame.height == ROWS and frame["updated_at"].max() is not None


def rules_of_dataframely(frame):
    import dataframely as dy
    import polars

    class Stock(dy.Schema):
        sku = dy.String(primary_key=True, regex=SKU)
        location_id = dy.String(primary_key=True, check=lambda column: column.is_in(ALL_PLACES))
        on_hand = dy.Int64(nullable=False, min=0, max=1_000_000)
        reserved = dy.Int64(nullable=True, min=0)
        unit_cost = dy.Float64(nullable=True, min=0)
        status = dy.String(nullable=True, check=lambda column: column.is_in(STATUSES))

        @dy.rule()
        def compared(cls) -> polars.Expr:
            return polars.col("reserved") <= polars.col("on_hand")

    Stock.validate(frame)
    assert frame.height == ROWS and frame["updated_at"].max() is not None


def rules_of_duckdb(stock):
    import duckdb

    listed = ", ".join(f"'{place}'" for place in ALL_PLACES)
    states = ", ".join(f"'{state}'" for state in STATUSES)
    *counts, rows, newest = duckdb.sql(
        f"""SELECT count(*) - count(sku), count(*) - count(location_id), count(*) - count(on_hand),
        count(*) FILTER (on_hand NOT BETWEEN 0 AND 1000000), count(*) FILTER (reserved < 0),
        count(*) FILTER (unit_cost < 0), count(*) FILTER (NOT regexp_full_match(sku, 'SKU-[0-9]{{9}}')),
        count(*) FILTER (status NOT IN ({states})), count(*) FILTER (reserved > on_hand),
        count(*) FILTER (location_id NOT IN ({listed})), count(*), epoch_us(max(updated_at)) FROM stock"""
    ).fetchone()
    repeated = "SELECT count(*) FROM (SELECT 1 FROM stock GROUP BY sku, location_id HAVING count(*) > 1)"
    repeated = duckdb.sql(repeated).fetchone()[0]
    assert rows == ROWS and newest is not None and not any(counts) and repeated == 0


PEERS = {
    "polars": rules_of_polars,
    "pandera": rules_of_pandera,
    "dataframely": rules_of_dataframely,
    "duckdb": rules_of_duckdb,
}


def check(name, path, in_memory):
    """One process of a peer: prints the seconds of CPU time that the rules alone take where rows are in memory."""

    def cpu():
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    if name == "duckdb":
        import duckdb

        rows = duckdb.read_parquet(path)
        rows = rows.to_arrow_table() if in_memory else rows
    else:
        import polars

        is_lazy = name == "polars" and not in_memory
        rows = polars.scan_parquet(path) if is_lazy else polars.read_parquet(path)
    if in_memory and name in ("pandera", "dataframely"):
        # What is imported is no part of the rules.
        __import__({"pandera": "pandera.polars"}.get(name, name))
    before = cpu()
    PEERS[name](rows)
    print(cpu() - before)


def taken(command):
    """What a process says, the seconds of CPU time that it takes as a whole, and its peak in MiB."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command} failed")
    return said, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def rules():
    bench = ["cargo", "bench", "-q", "-p", "dataproduct-benches", "--bench", "verdict", "--", "path"]
    program = subprocess.run(bench, check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "stock.parquet")
        subprocess.run([program, "write", path], check=True)
        for title, in_memory in (("rows in memory, the rules alone", True), ("file to verdict", False)):
            ending = "-in-memory" if in_memory else ""
            sides = {"gate": [program, f"gate{ending}", path], "by hand": [program, f"hand{ending}", path]}
            for name in PEERS:
                where = "memory" if in_memory else "file"
                sides[name] = [sys.executable, __file__, "rules", name, path, where]
            figures = {name: [] for name in sides}
            for _ in range(ROUNDS):
                for name, command in sides.items():
                    said, cpu, peak = taken(command)
                    cpu = float(said.split()[0]) if in_memory else cpu
                    figures[name].append((cpu, peak))
            print(f"13 rules, {ROWS} rows, {title} (medians of {ROUNDS} processes)")
            base = None
            for name, found in figures.items():
                cpu, peak = (statistics.median(figure) for figure in zip(*found))
                base = base or (cpu, peak)
                print(
                    f"  {name:<12} cpu {cpu:7.3f} s ({cpu / base[0]:5.2f}x)"
                    f"  peak {peak:6.0f} MiB ({peak / base[1]:5.2f}x)"
                )


def main():
    match sys.argv[1:]:
        case ["rules"]:
            rules()
        case ["rules", name, path, where]:
            check(name, path, where == "memory")
        case [folder]:
            reads(pathlib.Path(folder).resolve())
        case _:
            sys.exit(__doc__)


main()
