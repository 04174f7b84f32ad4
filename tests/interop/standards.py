"""Prints the path of a folder with the official JSON Schemas.

usage: standards.py FOLDER

A folder `shared/standards` beside the repository has the standards' examples too, and is taken when it is
there. Otherwise the schemas are laid out of their wheels into FOLDER.
"""

import importlib.util
import pathlib
import shutil
import sys


def package(name: str) -> pathlib.Path:
    spec = importlib.util.find_spec(name)
    return pathlib.Path(spec.submodule_search_locations[0])


def main() -> None:
    beside = pathlib.Path(__file__).resolve().parents[3] / "shared" / "standards"
    if beside.is_dir():
        print(beside)
        return
    folder = pathlib.Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "odcs-json-schema-v3.2.0.json": package("open_data_contract_standard") / "schema.json",
        "odps-json-schema-v1.1.0.json": package("dataproduct") / "schemas/odps-1.1.0.schema.json",
    }
    for name, source in files.items():
        shutil.copyfile(source, folder / name)
    print(folder)


main()
