"""Faults of the API and of its way to the database."""

import contextlib
import http.client
import socket
import subprocess
import threading

from drill import ended, expect, firing, pages, phase, until
from page import Page


@pages("StevedoreFilesNearLimit")
def files(town):
    """an API process that may open 100 files was given 70 connections. The list of its files showed
    sockets; its limit was raised."""
    api = town.api("small", ["prlimit", "--nofile=100:1000"])
    yield until("scrapes of it", lambda: town.is_scraped("small"))
    idle = [socket.create_connection(("127.0.0.1", town.ports["small"])) for _ in range(70)]
    yield firing("StevedoreFilesNearLimit")
    line = Page.of("StevedoreFilesNearLimit").code("ls -l /proc/", {"pid": api.running.pid})
    shown = subprocess.run(line, shell=True, capture_output=True, text=True).stdout
    expect(shown.splitlines()[-1], "socket")
    subprocess.run(["prlimit", "--pid", str(api.running.pid), "--nofile=1000"], check=True)
    yield ended("StevedoreFilesNearLimit")
    for one in idle:
        one.close()
    api.stop()
    town.forget("small")


@pages("StevedoreDbPoolExhausted", "StevedoreDbPoolWait", "StevedoreApiErrorRateHigh", "StevedoreApiSlow",
       "StevedoreSloBurnFast", "StevedoreSloBurnSlow")
def narrow(town):
    """somebody locked a table and went away, and requests for it took both connections of an API
    process. `/ready` named the database, the query the route, and the statements the session that
    held the lock; it was ended."""
    holder, pid = town.session("holder")
    holder.run("begin")
    holder.run("lock table pick_batches in access exclusive mode")
    town.api("narrow", DATABASE_POOL_MAX="2", DATABASE_ACQUIRE_TIMEOUT="1s")
    yield until("scrapes of it", lambda: town.is_scraped("narrow"))
    stop = threading.Event()

    def ask():
        while not stop.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                town.request("GET", "/v1/pick-lists", api="narrow", key=town.admin_key, timeout=20)

    for _ in range(12):
        threading.Thread(target=ask, daemon=True).start()
    town.at_end(stop.set)
    yield firing("StevedoreDbPoolExhausted", "StevedoreDbPoolWait", "StevedoreApiErrorRateHigh",
                 "StevedoreApiSlow", "StevedoreSloBurnFast", "StevedoreSloBurnSlow")
    expect(town.follow("StevedoreApiErrorRateHigh", "sum by (http_route"), "/v1/pick-lists", "503")
    status, text = town.request("GET", "/ready", api="narrow")
    if status != 503:
        raise AssertionError(f"/ready: {status}")
    expect(text, "database")
    expect(town.follow("StevedoreApiSlow", "sum by (http_route"), "/v1/pick-lists")
    expect(town.follow("StevedoreApiSlow", "select pid, now()"), "Lock|")
    expect(town.follow("StevedoreDbPoolExhausted", "select application_name"), "|Lock|")
    expect(town.follow("StevedoreDbPoolExhausted", "select pid, pg_blocking_pids"), f"{{{pid}}}")
    expect(town.follow("StevedoreDbPoolWait", "select application_name"), "stevedore|")
    town.follow("StevedoreSloBurnFast", "select carrier_code")
    town.follow("StevedoreDbPoolExhausted", "select pg_terminate_backend", pid=pid)
    # Whoever asked has been answered, and asks no more.
    stop.set()
    yield ended("StevedoreDbPoolExhausted", "StevedoreDbPoolWait", "StevedoreApiErrorRateHigh",
                "StevedoreApiSlow", "StevedoreSloBurnFast", "StevedoreSloBurnSlow")
    town.process("narrow").stop()
    town.forget("narrow")


@pages("StevedoreApiDown")
def api_down(town):
    """the only API process was killed. Nobody answered at `/live`; it was started again."""
    town.process("api").kill()
    yield firing("StevedoreApiDown")
    try:
        town.request("GET", "/live")
    except OSError:
        town.api()
    else:
        raise AssertionError("a dead process answers")
    yield ended("StevedoreApiDown")


phase(files, api_down)
phase(narrow)
