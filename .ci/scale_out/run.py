"""Drills of a fleet that is larger than one machine, with real programs.

usage: run.py STEVEDORE POSTGRES_BIN [DRILL...]
PGBOUNCERS names the programs of PgBouncer to try, separated by commas.
"""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import failover
import intake
import machines
import pooler
import replica
import restore
import rolling
from fleet import Fleet
from servers import account

DRILLS = {
    "rolling": rolling.drill,
    "pooler": pooler.drill,
    "replica": replica.drill,
    "machines": machines.drill,
    "restore": restore.drill,
    "api-killed": intake.killed,
    "api-stopped": intake.stopped,
    "failover-synchronous": failover.synchronous,
    "failover-asynchronous": failover.asynchronous,
}
# No line of a log that is worth to be shown.
NOISE = " INFO "


def roomy():
    """Memory if there is enough: what is tested survives the end of processes, not of machines."""
    memory = "/dev/shm"
    return memory if os.path.isdir(memory) and shutil.disk_usage(memory).free > 2 << 30 else None


def version_of(program):
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.search(r"PgBouncer (\d+)\.(\d+)", said).groups()))


class Stage:
    """What a drill is given: programs, a folder, and a list of what to end."""

    def __init__(self, program, bin_folder, folder, ending):
        self.program, self.bin, self.folder = program, bin_folder, folder
        self.at_end = ending.callback
        self.poolers = {version_of(one): [self.reachable(one)]
                        for one in os.environ.get("PGBOUNCERS", "").split(",") if one}

    def reachable(self, program):
        """A copy of the program's folder: PostgreSQL's account may not read this checkout."""
        source = pathlib.Path(program).parent
        target = self.folder / f"programs-{source.name}"
        if not target.exists():
            shutil.copytree(source, target, symlinks=True)
        return target / pathlib.Path(program).name

    @staticmethod
    def give(folder):
        """To the account that PostgreSQL runs as."""
        if owner := account():
            os.chown(folder, owner["user"], owner["group"])

    def fleet(self, host="127.0.0.1", **settings):
        fleet = Fleet(self.program, self.folder, host, **settings)
        self.at_end(fleet.end)
        return fleet


def run(name, program, bin_folder):
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"stevedore-{name}-", dir=roomy()) as folder:
        Stage.give(folder)
        try:
            with contextlib.ExitStack() as ending:
                said = DRILLS[name](Stage(program, bin_folder, pathlib.Path(folder), ending))
        except Exception:
            for log in sorted(pathlib.Path(folder).glob("*.log")):
                lines = [line for line in log.read_text().splitlines() if NOISE not in line]
                print(f"--- {log.name}\n" + "\n".join(line[:300] for line in lines[-12:]))
            traceback.print_exc()
            return False
    print(f"{name}: {said} ({time.monotonic() - start:.0f} s)", flush=True)
    return True


def main():
    program, bin_folder, *names = sys.argv[1:]
    good = [run(name, os.path.abspath(program), bin_folder) for name in names or DRILLS]
    sys.exit(0 if all(good) else 1)


main()
