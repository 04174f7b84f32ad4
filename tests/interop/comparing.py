"""What the comparisons with other programs share: reading a Delta table, and rows in one form."""

import collections
import datetime
import decimal
import math
import pathlib

import deltalake
import duckdb
import duckdb_extension_delta
import polars
import pyarrow
import pyarrow.parquet


def plain(value):
    """A value in one form, whichever program it comes from."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value
    if isinstance(value, int):
        return value
    if isinstance(value, decimal.Decimal):
        return ("decimal", str(value.normalize()))
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc)
        return value.isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return ("bytes", bytes(value))
    if isinstance(value, dict):
        return tuple(sorted((k, plain(v)) for k, v in value.items()))
    if isinstance(value, (list, tuple)):
        return tuple(plain(v) for v in value)
    raise TypeError(f"{type(value)}: {value!r}")


def typed(value, kind: pyarrow.DataType):
    """A value by the type that our own reader gives it, so that maps and structs are told apart."""
    if value is None:
        return None
    if pyarrow.types.is_map(kind):
        if isinstance(value, dict):
            pairs = value.items()
        else:
            pairs = ((e["key"], e["value"]) if isinstance(e, dict) else e for e in value)
        pairs = ((typed(k, kind.key_type), typed(v, kind.item_type)) for k, v in pairs)
        return ("map", tuple(sorted(pairs, key=repr)))
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        return tuple(typed(v, kind.value_type) for v in value)
    if pyarrow.types.is_struct(kind):
        return tuple(typed(value[field.name], field.type) for field in kind)
    return plain(value)


def rows(columns, values, schema: pyarrow.Schema) -> collections.Counter:
    """The rows as a bag."""
    order = [columns.index(name) for name in schema.names]
    out = collections.Counter()
    for row in values:
        out[tuple(typed(row[i], field.type) for i, field in zip(order, schema))] += 1
    return out


def from_arrow(table: pyarrow.Table, schema: pyarrow.Schema) -> collections.Counter:
    columns = [table.column(name).to_pylist() for name in table.column_names]
    return rows(table.column_names, zip(*columns), schema)


def with_deltalake(path: pathlib.Path, schema: pyarrow.Schema) -> collections.Counter:
    table = deltalake.DeltaTable(str(path))
    features = table.protocol().reader_features or []
    if "columnMapping" in features or "deletionVectors" in features:
        # Only its query engine reads such tables, the way over pyarrow does not.
        query = deltalake.QueryBuilder().register("t", table).execute("SELECT * FROM t")
        return from_arrow(pyarrow.table(query.read_all()), schema)
    return from_arrow(table.to_pyarrow_table(), schema)


def with_polars(path: pathlib.Path, schema: pyarrow.Schema) -> collections.Counter:
    frame = polars.read_delta(str(path))
    return rows(frame.columns, frame.rows(), schema)


def with_duckdb(path: pathlib.Path, schema: pyarrow.Schema) -> collections.Counter:
    found = CONNECTION.execute("SELECT * FROM delta_scan(?)", [str(path)])
    columns = [column[0] for column in found.description]
    return rows(columns, found.fetchall(), schema)


def connect() -> duckdb.DuckDBPyConnection:
    """A connection with the delta extension that its wheel carries; nothing is fetched."""
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    folder = pathlib.Path(duckdb_extension_delta.__path__[0])
    extension = next(folder.rglob("delta.duckdb_extension"))
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute(f"LOAD '{extension}'")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


CONNECTION = connect()

# The programs by name, each with what reads a table.
PROGRAMS = {
    "deltalake": with_deltalake,
    "polars": with_polars,
    "duckdb": with_duckdb,
}


def compare(cases) -> int:
    """Compares every program with our own rows, for cases of a name, a table and our rows in a file of Parquet.

    Prints a line for each and the sum, and gives the exit code: nothing compared is a failure too.
    """
    compared = failures = 0
    for name, table, rows_of_ours in cases:
        dump = pyarrow.parquet.read_table(rows_of_ours)
        ours = from_arrow(dump, dump.schema)
        for program, read in PROGRAMS.items():
            try:
                theirs = read(table, dump.schema)
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
            print(f"{name} {program}: {ours.total()} rows {verdict}{detail}")
    if not compared and not failures:
        print("there is no table to compare")
        return 1
    print(f"{compared} passed, {failures} failed")
    return 1 if failures else 0
