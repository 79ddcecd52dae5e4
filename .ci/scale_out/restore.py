"""Back-up, a disaster, and the way back to just before it, by docs/deploy/backup."""

import pathlib
import subprocess
import time

from fleet import Buyers, assert_books_balance, create_server, orders
from servers import Server, account, wait_for

SCRIPTS = pathlib.Path("docs/deploy/backup")
ORDERS = 60


def drill(stage):
    backup = stage.folder / "backup"
    for part in (backup, backup / "wal"):
        part.mkdir()
        stage.give(part)
    scripts = stage.reachable(SCRIPTS / "restore").parent
    server = create_server(stage.bin, stage.folder, {
        "archive_mode": "on",
        "archive_command": f"{scripts}/archive-wal {backup}/wal %p %f",
    })
    stage.at_end(server.stop)
    fleet = stage.fleet()
    fleet.open_shop(server)
    api = fleet.api("api", server.url())
    fleet.worker("worker", server.url())

    # Some orders are in the copy, some come while it is made, the last are in the log alone.
    buyers = Buyers(fleet, [api.url], ORDERS, seconds=4)
    buyers.wait_for_share(0.3)
    run(stage, scripts / "base-backup", f"host={server.host} port={server.port} user=postgres",
        backup)
    buyers.done()
    assert_books_balance(fleet, server, buyers)
    # The copy counts from the second in which it was whole.
    time.sleep(1.1)
    moment = server.sql("select clock_timestamp()")

    # The disaster, and work that goes on for a while before anybody notices.
    server.sql("set session_replication_role = replica; delete from payments; delete from orders")
    server.sql("select pg_switch_wal()")
    archived = "select last_failed_wal is null and archived_count > 0 from pg_stat_archiver"
    wait_for("archive", lambda: server.sql(archived) == "t" and no_log_waits(server))
    for process in fleet.processes[1:]:
        process.stop()
    server.stop()

    start = time.monotonic()
    restored = Server(stage.bin, stage.folder / "restored")
    run(stage, scripts / "restore", backup, moment, restored.data)
    restored.start()
    stage.at_end(restored.stop)
    wait_for("end of recovery", lambda: restored.sql("select pg_is_in_recovery()") == "f")
    took_s = time.monotonic() - start
    if orders(restored) != ORDERS:
        raise AssertionError(f"{orders(restored)} orders of {ORDERS} are back")
    assert_books_balance(fleet, restored, buyers)

    # And the shop is open again.
    api = fleet.api("api-again", restored.url())
    fleet.worker("worker-again", restored.url())
    more = Buyers(fleet, [api.url], ORDERS + 20)
    more.done()
    assert_books_balance(fleet, restored, more)
    return (f"all {ORDERS} orders are back as they were before the disaster, {took_s:.0f} s after "
            "it was noticed; the books balance, and 20 more were placed")


def no_log_waits(server):
    return server.sql("select count(*) from pg_ls_archive_statusdir() where name like '%.ready'"
                      ) == "0"


def run(stage, script, *arguments):
    ran = subprocess.run([script, *map(str, arguments)], capture_output=True, text=True, cwd="/",
                         env={"PATH": f"{stage.bin}:/usr/bin:/bin"}, **account())
    if ran.returncode:
        raise RuntimeError(f"{script}: {ran.stdout}{ran.stderr}")
    return ran.stdout
