"""A fleet of real processes, buyers who place orders, and whether the books balance."""

import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from servers import Server, wait_for

SHOP = "enqueue-api/tests/shop.sql"
# As in the demo: a worker that is silent for this long and a half is dead.
HEARTBEAT = "500ms"
BUYERS = 8
# How long a buyer goes on asking, with the same Idempotency-Key.
PATIENCE_S = 60
OURS = ("STEVEDORE_", "DATABASE_", "WORKER_", "SMTP_", "AT_ISHARE_", "SIMULATOR_")


class Process:
    """One role; its log stays until the drill is over."""

    def __init__(self, program, role, name, settings, logs, prefix=()):
        self.name, self.log = name, logs / f"{name}.log"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
        with open(self.log, "a") as stderr:
            self.running = subprocess.Popen(
                [*prefix, program, role], stdout=subprocess.PIPE, stderr=stderr, text=True,
                env=kept | {"STEVEDORE_LOG": "info"} | settings)
        line = self.running.stdout.readline()
        found = re.search(r"listening on (http://\S+)", line)
        if not found:
            raise RuntimeError(f"{name} did not start:\n{self.log.read_text()[-3000:]}")
        self.url = found.group(1)

    def tell_to_stop(self):
        self.running.send_signal(signal.SIGTERM)

    def stop(self):
        if self.running.poll() is None:
            self.tell_to_stop()
        code = self.running.wait(timeout=60)
        self.running.stdout.close()
        if code:
            raise RuntimeError(f"{self.name} ended with {code}:\n{self.log.read_text()[-3000:]}")

    def kill(self):
        self.running.kill()
        self.running.wait()
        self.running.stdout.close()


class Fleet:
    """The roles of one drill. What is left at its end is killed."""

    def __init__(self, program, folder, host="127.0.0.1", **settings):
        self.program, self.folder, self.host = program, folder, host
        self.processes = []
        binds = {f"SIMULATOR_{part}_BIND": f"{host}:0" for part in ("AT_ISHARE", "SMTP", "TWILIO")}
        self.simulator = self.start("simulator", "simulator", binds | settings)

    def start(self, role, name, settings, prefix=()):
        process = Process(self.program, role, name, settings, self.folder, prefix)
        self.processes.append(process)
        return process

    def api(self, name, url, **settings):
        return self.start("api", name, {
            "DATABASE_URL": url, "STEVEDORE_API_BIND": f"{self.host}:0"} | settings)

    def worker(self, name, url, prefix=(), **settings):
        return self.start("worker", name, {
            "DATABASE_URL": url,
            "WORKER_NAME": name,
            "WORKER_ADMIN_BIND": "127.0.0.1:0",
            "WORKER_HEARTBEAT": HEARTBEAT,
            "WORKER_GRACE": "10s",
            "FULFILMENT_RETRY_DELAYS": "300ms,600ms",
            "FULFILMENT_ASK_AGAIN": "200ms",
            "AT_ISHARE_API_URL": f"{self.simulator.url}/api",
            "AT_ISHARE_API_KEY": "simulator-key",
            "AT_ISHARE_TIMEOUT": "2s",
            "AT_ISHARE_SETTLE": "500ms",
        } | settings, prefix)

    def command(self, url, *arguments, may_fail=False):
        ran = subprocess.run([self.program, *arguments], capture_output=True, text=True,
                             timeout=120, env=os.environ | {"DATABASE_URL": url})
        if ran.returncode and not may_fail:
            raise RuntimeError(f"stevedore {arguments[0]}: {ran.stdout}{ran.stderr}")
        return ran

    def open_shop(self, server):
        """Schema, stock, and the key that the buyers have."""
        self.command(server.url(), "migrate")
        server.run_file(SHOP)
        scopes = ["--scope", "orders:write", "--scope", "orders:read"]
        said = self.command(server.url(), "keys", "create", "--name", "drill", *scopes)
        self.key = re.search(r"stv_[0-9a-f]+_[0-9a-f]+", said.stdout + said.stderr).group(0)

    def state(self):
        with urllib.request.urlopen(f"{self.simulator.url}/state", timeout=10) as answer:
            return json.load(answer)

    def end(self):
        for process in self.processes:
            if process.running.poll() is None:
                process.kill()


class Buyers:
    """Place orders in the background, and remember what they were told."""

    def __init__(self, fleet, apis, count, seconds=0.0, patience_s=PATIENCE_S,
                 payment_method="cod"):
        self.key, self.apis, self.count = fleet.key, apis, count
        self.pause_s = seconds * BUYERS / count
        self.patience_s, self.payment_method = patience_s, payment_method
        self.acknowledged, self.failed_tries, self.gave_up = {}, [], []
        self.lock = threading.Lock()
        self.pool = concurrent.futures.ThreadPoolExecutor(BUYERS)
        self.start_s = time.monotonic()
        self.asked = [self.pool.submit(self.buy, number) for number in range(count)]

    def buy(self, number):
        start = time.monotonic()
        while True:
            try:
                order = self.place(number)
                with self.lock:
                    self.acknowledged[number] = order
                time.sleep(self.pause_s)
                return
            except (OSError, http.client.HTTPException) as error:
                with self.lock:
                    self.failed_tries.append(f"{type(error).__name__} {error}")
                if time.monotonic() - start > self.patience_s:
                    with self.lock:
                        self.gave_up.append(number)
                    return
                time.sleep(0.1)

    def place(self, number):
        """One try; anything but 201 is an error."""
        apis = list(self.apis)
        api = urllib.parse.urlsplit(apis[number % len(apis)])
        connection = http.client.HTTPConnection(api.hostname, api.port, timeout=15)
        body = json.dumps({
            "customer": {"name": f"Buyer {number}", "email": f"buyer-{number}@example.com",
                         "phone": "+233240000000"},
            "currency": "GHS",
            "payment_method": self.payment_method,
            "lines": [{"sku": "MTN-1GB", "quantity": 1, "recipient_phone": f"024{number:07}"}],
        })
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": f"drill-{number}",
                   "Content-Type": "application/json"}
        try:
            connection.request("POST", "/v1/orders", body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status != 201:
            raise http.client.HTTPException(f"{answer.status} {text[:300]}")
        return json.loads(text)["order_id"]

    def wait_for_share(self, share):
        """Until so much of it is done."""
        wait_for(f"{share:.0%} of the orders",
                 lambda: len(self.acknowledged) + len(self.gave_up) >= share * self.count)

    def done(self):
        concurrent.futures.wait(self.asked)
        self.pool.shutdown()
        for one in self.asked:
            one.result()
        self.elapsed_s = time.monotonic() - self.start_s
        return self


def assert_books_balance(fleet, server, buyers, url=None, beyond=0, twice=0):
    """Every order that was acknowledged is there and delivered, once; and nothing else is wrong.

    Where the books have lost something: `beyond` orders more may have been fulfilled, and `twice`
    of them once more.
    """
    expected = len(buyers.acknowledged)
    if buyers.gave_up:
        raise AssertionError(f"{len(buyers.gave_up)} buyers gave up: {buyers.failed_tries[-3:]}")
    wait_for("order of every buyer", lambda: orders(server) >= expected)
    try:
        wait_for("delivery of every order", lambda: open_orders(server) == 0)
    except TimeoutError as error:
        jobs = server.sql("select queue, kind, state, jobs from queue.stats")
        raise AssertionError(f"{error}\n{states(server)}\n{jobs}") from error
    if orders(server) != expected:
        raise AssertionError(f"{expected} orders acknowledged, {orders(server)} in the books")
    known = set(server.sql("select order_id from orders").split())
    lost = [order for order in buyers.acknowledged.values() if str(order) not in known]
    if lost:
        raise AssertionError(f"acknowledged and lost: {lost}")
    if states(server) != f"delivered|{expected}":
        raise AssertionError(states(server))
    outside = fleet.state()["at_ishare"]
    more = outside["fulfilments"] - outside["duplicates"] - expected
    if outside["duplicates"] > twice or not 0 <= more <= beyond:
        raise AssertionError(f"outside: {outside['fulfilments']} fulfilled, "
                             f"{outside['duplicates']} twice, of {expected}")
    fleet.command(url or server.url(), "check")


def orders(server):
    return int(server.sql("select count(*) from orders"))


def open_orders(server):
    return int(server.sql("select count(*) from orders where order_status not in "
                          "('delivered', 'cancelled', 'on_hold')"))


def states(server):
    return server.sql("select order_status, count(*) from orders group by 1 order by 1")


def create_server(bin_folder, folder, settings=None, host="127.0.0.1"):
    return Server.create(bin_folder, pathlib.Path(folder) / "primary", settings, host)
