"""Kills the command at its system calls and looks at what is left.

usage: kills.py COMMAND [POINTS]

COMMAND is the `dataproduct` to run; it is run under strace, which sends SIGKILL when a thread enters the n-th call of a
kind. POINTS says how many kills there are at least for each way to publish (12). After each of them the table has the
rows from before or those from after, whole, for our own reader and for polars; the same publish is then carried out
again, and is one commit.
"""

import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import polars

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: inventory.levels
name: inventory.levels
domain: inventory
dataProduct: levels
version: 1.0.0
status: active
team:
  name: inventory-team
schema:
  - name: levels
    properties:
      - name: id
        logicalType: integer
        primaryKey: true
        primaryKeyPosition: 1
        required: true
      - name: pieces
        logicalType: integer
        logicalTypeOptions:
          minimum: 0
        customProperties:
          - property: onFailure
            value: quarantine
            vendor: dataproduct
customProperties:
  - property: delta.enableDeletionVectors
    value: true
"""

# Where something may have been left half done, and where nothing can be seen of it.
CALLS = ["openat", "write", "pwrite64", "fsync", "fdatasync", "linkat", "link", "rename", "renameat", "mkdir", "unlink"]

OLD = {n: n for n in range(100)}
CHANGE = {n: 1000 + n for n in range(95, 110)}

# A way to publish: whether rows were there before, the arguments, the rows of the file, and the rows in the end.
WAYS = {
    "create": (False, [], OLD, OLD),
    "append": (True, [], {n: n for n in range(200, 220)}, {**OLD, **{n: n for n in range(200, 220)}}),
    "upsert": (True, ["--upsert"], CHANGE, {**OLD, **CHANGE}),
    "replace": (True, ["--replace"], CHANGE, CHANGE),
    "quarantine": (True, [], {300: 1, 301: -1}, {**OLD, 300: 1}),
}


class Mesh:
    """A folder with a mesh, a contract and a file to publish."""

    def __init__(self, command: str, folder: pathlib.Path):
        self.command, self.folder = command, folder
        self.table = folder / "mesh/inventory/levels/v1"

    def run(self, arguments: list[str], around: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
        return subprocess.run([*around, self.command, *arguments], cwd=self.folder, capture_output=True, text=True)

    def publish(self, arguments: list[str], around: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
        all_of_them = ["publish", "-c", "levels.yaml", "rows.csv", "--publish-id", "this", *arguments]
        return self.run(all_of_them, around)

    def write(self, rows: dict[int, int]) -> None:
        lines = "".join(f"{key},{value}\n" for key, value in rows.items())
        (self.folder / "rows.csv").write_text("id,pieces\n" + lines)

    def rows(self) -> list[tuple[int, int]]:
        """The rows, sorted; none if there is no table yet. Both readers have to agree."""
        ran = self.run(["read", "inventory.levels@^1"])
        if ran.returncode != 0:
            published = [entry for entry in self.entries() if "this" in entry]
            assert not published and "is not published" in ran.stderr, ran.stderr
            return []
        ours = sorted(tuple(map(int, line.split(","))) for line in ran.stdout.splitlines()[1:])
        theirs = sorted(polars.scan_delta(str(self.table)).collect().rows())
        assert ours == theirs, f"{len(ours)} rows are read, and {len(theirs)} by polars"
        return ours

    def entries(self) -> list[str]:
        """The entries of the log."""
        return [path.read_text() for path in sorted(self.table.glob("_delta_log/*.json"))]


def calls_of(mesh: Mesh, arguments: list[str]) -> dict[str, int]:
    """How often a thread enters each kind of call, at most."""
    log = mesh.folder / "calls"
    ran = mesh.publish(arguments, ("strace", "-f", "-o", str(log), "-e", "trace=" + ",".join(CALLS)))
    assert ran.returncode == 0, ran.stderr
    counts: collections.Counter = collections.Counter()
    for line in log.read_text().splitlines():
        if entered := re.match(r"(\d+) +(\w+)\(", line):
            counts[entered.groups()] += 1
    most: dict[str, int] = collections.defaultdict(int)
    for (_, call), count in counts.items():
        most[call] = max(most[call], count)
    return most


def points_of(calls: dict[str, int], wanted: int) -> list[tuple[str, int]]:
    """Kinds of calls and the number of the one to be killed at, spread over all that there are."""
    every = [(call, number + 1) for call, count in calls.items() for number in range(count)]
    step = max(1, len(every) // wanted)
    return every[::step]


def main() -> int:
    command = str(pathlib.Path(sys.argv[1]).resolve())
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    failures = 0
    for way, (has_rows, arguments, rows, after) in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            base = Mesh(command, pathlib.Path(folder) / "base")
            base.folder.mkdir()
            (base.folder / "mesh.toml").write_text('root = "mesh"\n')
            (base.folder / "levels.yaml").write_text(CONTRACT)
            base.write(OLD)
            if has_rows:
                assert base.run(["publish", "-c", "levels.yaml", "rows.csv"]).returncode == 0
            base.write(rows)
            before, after = base.rows(), sorted(after.items())

            def fresh(name: str) -> Mesh:
                shutil.copytree(base.folder, pathlib.Path(folder) / name)
                return Mesh(command, pathlib.Path(folder) / name)

            left: collections.Counter = collections.Counter()
            for call, number in points_of(calls_of(fresh("counted"), arguments), wanted):
                mesh = fresh("killed")
                inject = f"inject={call}:signal=KILL:when={number}"
                ran = mesh.publish(arguments, ("strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject))
                try:
                    found = mesh.rows()
                    assert found in (before, after), f"neither the rows from before nor those from after: {found}"
                    if ran.returncode == 0:
                        left["not reached"] += 1
                    else:
                        left["old" if found == before else "new"] += 1
                    again = mesh.publish(arguments)
                    assert again.returncode == 0, again.stderr
                    assert mesh.rows() == after, "the publish that was carried out again gave other rows"
                    commits = sum('"this"' in entry for entry in mesh.entries())
                    assert commits == 1, f"one publish became {commits} commits"
                except AssertionError as failure:
                    failures += 1
                    print(f"{way}, killed at {call} number {number}: {failure}")
                shutil.rmtree(mesh.folder)
            killed = left["old"] + left["new"]
            print(f"{way}: {killed} kills, {left['old']} left the old rows and {left['new']} the new ones")
            if killed == 0:
                failures += 1
                print(f"{way}: nothing was killed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
