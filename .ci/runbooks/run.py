"""Makes each alert's fault in a running fleet, and follows its page until the alert ends.

usage: run.py STEVEDORE POSTGRES_BIN [DRILL...]
       run.py pages     whether each page says how it was tested; UPDATE_DOCS=1 writes it
"""

import contextlib
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time

import drill
import page
from servers import Server, account, wait_for
from town import Town

import on_database  # noqa: F401, each adds its phases
import on_outside  # noqa: F401
import on_workers  # noqa: F401
import on_api  # noqa: F401

# Ages in these expressions, in seconds: what is days in a shop has to be seconds here.
CUTS = {
    "StevedoreHeldTransaction": [("> 300", "> 3")],
    "StevedoreLongTransaction": [("> 1800", "> 6")],
    "StevedoreReplicationLag": [("> 30", "> 3")],
    "StevedoreScheduleOverdue": [("> 300", "> 5")],
    "StevedoreOrdersStuckInStage": [("> 3600 * 2", "> 8")],
    "StevedoreWebhookDeliveriesLate": [("> 900", "> 3")],
    "StevedoreWebhookBacklog": [("> 30", "> 3")],
    "StevedoreQueueOldestReadyJobTooOld": [("> 60", "> 4")],
    "StevedoreJobsStartLate": [('le="30"', 'le="5"')],
    "StevedoreJobRunningTooLong": [("> 900", "> 8")],
    "StevedoreMonitorStale": [("> 60", "> 30")],
    "StevedoreProcessRestarts": [("[15s]", "[40s]")],
    "StevedoreQueueBacklogGrowing": [("[15s]", "[25s]")],
    "StevedoreProviderTokenEnded": [("> 300", "> 1")],
}
HEAD = (
    "`promtool test rules` fires this alert with made-up numbers and lets it end; CI runs every "
    "statement and every `stevedore` command of this page against the database of a demo."
)
PROVOKED = (
    "Provoked by `.ci/follow-runbooks` in a running fleet, with its waiting times cut short, and seen to "
    "fire in a real Prometheus; this page was followed until the alert ended. The fault: {}"
)


def check_pages(drills):
    """Every page says how it was tested, and says the truth."""
    said = {alert: PROVOKED.format(drill.said_of(one)) for one in drills for alert in one.alerts}
    fine = True
    for alert in page.alerts():
        text = said.get(alert, "Not provoked in a running system.")
        its = page.Page.of(alert)
        if os.environ.get("UPDATE_DOCS"):
            its.write_tested(f"{fill(HEAD)}\n\n{fill(text)}")
        elif text not in its.tested():
            print(f"PROBLEM {alert}.md does not say how it was tested; UPDATE_DOCS=1 writes it")
            fine = False
    return fine


def fill(text, width=110):
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return "\n".join(lines)


def roomy():
    memory = "/dev/shm"
    return memory if os.path.isdir(memory) and shutil.disk_usage(memory).free > 2 << 30 else None


def found_town(program, bin_folder, folder, ending):
    """A shop that has been trading for a while, and is watched."""
    server = Server.create(bin_folder, folder / "primary")
    ending.callback(server.stop, "immediate")
    town = Town(program, server, folder, ending)
    # The eldest samples for all: it serves what no drill touches, and lives longest.
    town.worker("watch", WORKER_QUEUES="maintenance")
    for name in ("hands-1", "hands-2"):
        town.worker(name, WORKER_CONCURRENCY="16")
    town.api()
    town.watch(CUTS)
    stop = threading.Event()
    ending.callback(stop.set)
    threading.Thread(target=town.trade, args=(stop,), daemon=True).start()
    wait_for("second sample", lambda: town.ask("min(count_over_time(up[1m])) > 8"), 30)
    return town


def keep_logs(folder):
    """For whoever asks for them."""
    if place := os.environ.get("KEEP_LOGS"):
        os.makedirs(place, exist_ok=True)
        for path in [*folder.glob("*.log"), *folder.glob("*.yml")]:
            shutil.copy(path, place)


def main():
    every = [one for drills in drill.PHASES for one in drills]
    if sys.argv[1:] == ["pages"]:
        sys.exit(0 if check_pages(every) else 1)
    program, bin_folder, *names = sys.argv[1:]
    phases = [[one for one in drills if not names or one.__name__ in names]
              for drills in drill.PHASES]
    followed, start = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stevedore-runbooks-", dir=roomy()) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        if owner := account():
            os.chown(folder, owner["user"], owner["group"])
        with contextlib.ExitStack() as ending:
            ending.callback(keep_logs, folder)
            town = found_town(os.path.abspath(program), bin_folder, folder, ending)
            print(f"the fleet is up, {time.monotonic() - start:.0f} s", flush=True)
            for drills in filter(None, phases):
                followed += drill.run_phase(drills, town)
    wanted = sum(len(one.alerts) for drills in phases for one in drills)
    print(f"{followed} of {wanted} pages followed in {time.monotonic() - start:.0f} s; "
          f"there are {len(page.alerts())}")
    sys.exit(0 if followed == wanted else 1)


main()
