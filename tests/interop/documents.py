"""Has other programs judge the documents that we write.

usage: documents.py FOLDER...

Every *.odcs.yaml must validate against the official JSON Schema of ODCS and pass `datacontract lint`; every
*.odps.yaml must validate against the official JSON Schema of ODPS. Nothing is fetched.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys

import jsonschema
import yaml


def package(name: str) -> pathlib.Path:
    return pathlib.Path(importlib.util.find_spec(name).submodule_search_locations[0])


def validator(path: pathlib.Path):
    schema = json.loads(path.read_text())
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema)


def load(path: pathlib.Path):
    # Dates stay text: the schemas speak of strings.
    class Loader(yaml.SafeLoader):
        pass

    Loader.yaml_implicit_resolvers = {
        first: [(tag, exp) for tag, exp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return yaml.load(path.read_text(), Loader)


def main() -> int:
    odcs = validator(package("open_data_contract_standard") / "schema.json")
    odps = validator(package("dataproduct") / "schemas/odps-1.1.0.schema.json")
    passed = failed = 0
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*.yaml")):
            is_contract = path.name.endswith(".odcs.yaml")
            if not is_contract and not path.name.endswith(".odps.yaml"):
                continue
            problems = [e.message for e in (odcs if is_contract else odps).iter_errors(load(path))]
            if is_contract:
                lint = subprocess.run(
                    [pathlib.Path(sys.executable).parent / "datacontract", "lint",
                     "--no-inline-references", str(path)],
                    capture_output=True, text=True,
                )
                if lint.returncode != 0:
                    problems.append(f"datacontract lint: {lint.stdout}{lint.stderr}")
            print(f"{path}: {'valid' if not problems else problems}")
            passed += not problems
            failed += bool(problems)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
