"""Reads contracts that were exported: DDL by DuckDB and by a parser of dialects, Avro schemas by fastavro,
documents by the schema of ODCS 3.1, Arrow schemas by pyarrow."""

import json
import pathlib
import sys

import datacontract
import duckdb
import fastavro
import jsonschema
import pyarrow.ipc
import sqlglot
import yaml

folder = pathlib.Path(sys.argv[1])
schemas = pathlib.Path(datacontract.__file__).parent / "schemas"
odcs_3_1 = jsonschema.Draft201909Validator(json.loads((schemas / "odcs-3.1.0.schema.json").read_text()))


def duckdb_makes_the_table(path):
    connection = duckdb.connect()
    connection.execute(path.read_text())
    columns = connection.execute("select count(*) from duckdb_columns() where not internal").fetchone()[0]
    assert columns > 1, columns


def parses(dialect):
    def parse(path):
        statements = sqlglot.parse(path.read_text(), dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
        kinds = [type(statement).__name__ for statement in statements if statement is not None]
        assert kinds[0] == "Create" and set(kinds) <= {"Create", "Comment", "Alter"}, kinds

    return parse


def avro(path):
    parsed = fastavro.parse_schema(json.loads(path.read_text()))
    assert parsed["type"] == "record" and parsed["fields"], parsed


def odcs(path):
    errors = [f"{list(e.path)}: {e.message}" for e in odcs_3_1.iter_errors(yaml.safe_load(path.read_text()))]
    assert not errors, errors


def arrow(path):
    with pyarrow.ipc.open_stream(path) as stream:
        assert len(stream.schema) > 1


readers = {
    ".duckdb.sql": duckdb_makes_the_table,
    ".postgres.sql": parses("postgres"),
    ".spark.sql": parses("spark"),
    ".avsc": avro,
    ".3.1.odcs.yaml": odcs,
    ".arrow": arrow,
}
read = 0
for path in sorted(folder.iterdir()):
    ending = next(ending for ending in readers if path.name.endswith(ending))
    try:
        readers[ending](path)
    except Exception as error:
        sys.exit(f"{path.name}: {type(error).__name__}: {error}\n{path.read_bytes()[:4000]!r}")
    read += 1
print(f"{read} files read")
