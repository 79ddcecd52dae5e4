"""Workers on machines of their own (network namespaces), one of which is cut off in the middle."""

import os
import subprocess

from fleet import Buyers, assert_books_balance, create_server
from servers import wait_for

ORDERS = 150
MACHINES = 3
# Every call takes long enough that the machine is cut off with jobs in its hands.
SLOW = '[{"fault": {"kind": "latency", "milliseconds": 400}}]'


def ip(*arguments):
    ran = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if "not permitted" in ran.stderr:
        raise PermissionError(ran.stderr.strip())
    if ran.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {ran.stderr}")


class Network:
    """A bridge on this machine, and machines that are connected to it by a cable each."""

    def __init__(self, stage):
        self.stage, self.tag = stage, f"sv{os.getpid() % 100_000}"
        # A net of its own for each run.
        self.net = f"10.{200 + os.getpid() % 50}.{os.getpid() // 50 % 250}"
        self.host = f"{self.net}.1"
        ip("link", "add", self.tag, "type", "bridge")
        stage.at_end(ip, "link", "del", self.tag)
        ip("address", "add", f"{self.host}/24", "dev", self.tag)
        ip("link", "set", self.tag, "up")

    def add(self, number):
        """A machine; what is run with the answer before it runs there."""
        name, cable = f"{self.tag}-{number}", f"{self.tag}c{number}"
        ip("netns", "add", name)
        self.stage.at_end(ip, "netns", "del", name)
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", cable, "master", self.tag, "up")
        inside = ("-n", name)
        ip(*inside, "link", "set", "lo", "up")
        ip(*inside, "address", "add", f"{self.net}.{10 + number}/24", "dev", "eth0")
        ip(*inside, "link", "set", "eth0", "up")
        return ["ip", "netns", "exec", name]

    def cable(self, number, state):
        ip("link", "set", f"{self.tag}c{number}", state)


def drill(stage):
    try:
        network = Network(stage)
    except PermissionError as error:
        return f"NOT RUN, this machine gives nobody a network namespace: {error}"
    server = create_server(stage.bin, stage.folder, host=network.host)
    stage.at_end(server.stop)
    fleet = stage.fleet(network.host, SIMULATOR_FAULTS=SLOW)
    fleet.open_shop(server)
    api = fleet.api("api", server.url())
    for n in range(1, MACHINES + 1):
        fleet.worker(f"machine-{n}", server.url(), network.add(n), AT_ISHARE_TIMEOUT="5s",
                     # As the default is; said here, since the cut is as long as this at most.
                     DATABASE_IDLE_IN_TRANSACTION_TIMEOUT="10s")
    buyers = Buyers(fleet, [api.url], ORDERS, seconds=8)
    buyers.wait_for_share(0.3)
    wait_for("job on the first machine", lambda: running_on(server, "machine-1") >= 3)
    network.cable(1, "down")
    held = running_on(server, "machine-1")
    wait_for("end of its leases", lambda: running_on(server, "machine-1") == 0)
    buyers.done()
    assert_books_balance(fleet, server, buyers)
    lost = int(server.sql("select count(*) from queue.attempts where outcome = 'lost'"))
    if not lost:
        raise AssertionError("nobody noticed that a machine was gone")

    # Back again, it finds that its jobs are others', and works.
    network.cable(1, "up")
    done = finished_on(server, "machine-1")
    more = Buyers(fleet, [api.url], ORDERS + 60)
    more.done()
    assert_books_balance(fleet, server, more)
    wait_for("jobs on the machine that is back",
             lambda: finished_on(server, "machine-1") > done, deadline_s=30)
    return (f"{MACHINES} machines, one cut off with {held} jobs in its hands: {lost} attempts went "
            f"to others, {ORDERS} orders delivered once each; back again, it works")


def running_on(server, name):
    return int(server.sql(
        "select count(*) from queue.jobs as j join queue.workers as w using (worker_id) "
        f"where j.state = 'running' and w.name = '{name}'"))


def finished_on(server, name):
    return int(server.sql(
        "select count(*) from queue.finished_jobs as j join queue.workers as w using (worker_id) "
        f"where w.name = '{name}'"))
