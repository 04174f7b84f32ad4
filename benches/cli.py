#!/usr/bin/env python3
"""Times the command `dataproduct` as it is met: a cold process each time.

    cargo build --release -p dataproduct-cli
    python3 benches/cli.py [BINARY] [--peer DATACONTRACT]

Prints, for `lint` of one contract, `diff` of two contracts with 1,000 columns of which all or one have changed, and
`check` of 10,000 contracts, the best and the median wall time, the CPU time and the peak memory, and then the size of
the binary. With `--peer` the command of datacontract-cli runs between our runs, so that both meet the same machine.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HEAD = """apiVersion: v3.2.0
kind: DataContract
id: bench.p{n}
name: p{n}
version: "{version}"
status: active
domain: bench
schema:
  - name: p{n}
    properties:
"""
COLUMN = """      - name: column_{i}
        logicalType: {kind}
        required: {required}
        description: What stands in column {i}.
        logicalTypeOptions:
          {limit}
"""
TAIL = "team:\n  name: bench\n"


def contract(n, version, columns, maximum=100):
    out = [HEAD.format(n=n, version=version)]
    for i in range(columns):
        text = i % 2
        out.append(
            COLUMN.format(
                i=i,
                kind="string" if text else "integer",
                required="true" if i % 3 else "false",
                limit=f"maxLength: {maximum}" if text else f"maximum: {maximum}",
            )
        )
    return "".join(out) + TAIL


def run(command):
    """Wall and CPU seconds and peak MiB of one process, and its exit code."""
    with open(os.devnull, "w") as null:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=null, stderr=null)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode


def measure(label, commands, runs):
    times = {name: [] for name, _, _ in commands}
    for _ in range(runs):
        for name, command, codes in commands:
            result = run(command)
            if result[3] not in codes:
                sys.exit(f"{name} {label}: exit code {result[3]}")
            times[name].append(result)
    for name, results in times.items():
        walls = [r[0] * 1e3 for r in results]
        cpus = [r[1] * 1e3 for r in results]
        peak = max(r[2] for r in results)
        print(
            f"{label:32} {name:14} best {min(walls):8.1f} ms  median {statistics.median(walls):8.1f} ms  "
            f"cpu {min(cpus):8.1f} ms  peak {peak:6.1f} MiB"
        )


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", here / "target"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("binary", nargs="?", default=target / "release" / "dataproduct")
    parser.add_argument("--peer", help="the command of datacontract-cli")
    parser.add_argument("--runs", type=int, default=21)
    arguments = parser.parse_args()
    ours = str(arguments.binary)

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        example = here / "schemas/inventory/stock-levels/1.0.0.odcs.yaml"
        old, new = folder / "old.odcs.yaml", folder / "new.odcs.yaml"
        old.write_text(contract(0, "1.0.0", 1_000, 100))
        new.write_text(contract(0, "2.0.0", 1_000, 200))
        one = folder / "one.odcs.yaml"
        one.write_text(contract(0, "2.0.0", 1_000, 100).replace("maximum: 100", "maximum: 200", 1))
        record = folder / "schemas" / "bench"
        for n in range(2_000):
            product = record / f"p{n}"
            product.mkdir(parents=True)
            for minor in range(5):
                text = contract(n, f"1.{minor}.0", 10 + minor)
                (product / f"1.{minor}.0.odcs.yaml").write_text(text)

        peer = arguments.peer
        lint = [("dataproduct", [ours, "lint", str(example)], {0})]
        diff = [("dataproduct", [ours, "diff", str(old), str(new)], {0})]
        measure("lint, cold", lint, arguments.runs)
        measure("diff, 1,000 columns", diff, arguments.runs)
        few = [("dataproduct", [ours, "diff", str(old), str(one)], {0})]
        measure("diff, one of 1,000", few, arguments.runs)
        check = [ours, "check", "--schemas", str(folder / "schemas"), "--format", "json"]
        # The added columns are required, so that a new reader of old rows is to be proven.
        measure("check, 10,000 contracts", [("dataproduct", check, {0, 1})], 3)
        if peer:
            lint.append(("datacontract", [peer, "lint", str(example)], {0}))
            diff.append(("datacontract", [peer, "breaking", str(old), str(new)], {0, 1}))
            measure("lint, cold", lint, 5)
            measure("diff, 1,000 columns", diff, 3)

    size = os.path.getsize(ours) / 1e6
    print(f"binary {size:.1f} MB")


if __name__ == "__main__":
    main()
