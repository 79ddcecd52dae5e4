"""A fleet with everything that can break: servers, processes, a Prometheus, and what outsiders do."""

import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import pg8000.native
import yaml

from fleet import Fleet
from page import Page
from servers import free_port, wait_for

# Every range, and every pause before an alert, is cut to these.
WINDOW = "15s"
PAUSE = "1s"
SCRAPE = "1s"
SECRET = "whsec_drill"
# All calls to the provider take as long, so that there is always a job under way; this number's
# take longer, so that there is time to do something to whoever works on them. None takes too long
# for a worker: failures would open the breaker, and with it open no call lasts.
SLOW_PHONE = "0241112222"
FAULTS = [
    {"phone": SLOW_PHONE, "fault": {"kind": "latency", "milliseconds": 2500}},
    {"fault": {"kind": "latency", "milliseconds": 250}},
]


def hasten(rule, cut):
    """The rule with its waiting times cut short; `cut` has the numbers that are times, too."""
    expr = re.sub(r"\[\d+[smhd]\]", f"[{WINDOW}]", rule["expr"])
    expr = re.sub(r"\boffset \d+[smhd]\b", f"offset {WINDOW}", expr)
    for old, new in cut:
        if old not in expr:
            raise ValueError(f"{rule.get('alert')}: no {old!r} in {expr}")
        expr = expr.replace(old, new)
    return rule | {"expr": expr} | ({"for": PAUSE} if "alert" in rule else {})


class Town:
    def __init__(self, program, server, folder, ending):
        self.program, self.server, self.folder = program, server, folder
        self.at_end = ending.callback
        self.ports, self.started, self.sessions = {}, {}, []
        self.provider_key = "simulator-key"
        binds = {
            "SIMULATOR_AT_ISHARE_BIND": f"127.0.0.1:{self.port('provider')}",
            "SIMULATOR_FAULTS": json.dumps(FAULTS),
        }
        self.fleet = Fleet(program, folder, **binds)
        ending.callback(self.fleet.end)
        self.provider_binds = binds
        self.fleet.open_shop(server)
        self.admin_key = self.key("admin")
        self.mail()

    # ---- processes --------------------------------------------------------------------------

    def port(self, name):
        """The same for whoever comes back under that name."""
        if name not in self.ports:
            self.ports[name] = free_port()
        return self.ports[name]

    def mail(self):
        """The other outside systems: the provider alone is to be killed."""
        binds = {f"SIMULATOR_{part}_BIND": f"127.0.0.1:{self.port(part)}"
                 for part in ("AT_ISHARE", "SMTP", "TWILIO")}
        self.fleet.start("simulator", "mail", binds)

    def provider(self, **settings):
        """Starts the provider again."""
        binds = {f"SIMULATOR_{part}_BIND": "127.0.0.1:0" for part in ("SMTP", "TWILIO")}
        self.fleet.simulator = self.fleet.start(
            "simulator", "simulator",
            binds | self.provider_binds | {"SIMULATOR_API_KEY": self.provider_key} | settings)

    def api(self, name="api", prefix=(), **settings):
        bind = {"STEVEDORE_API_BIND": f"127.0.0.1:{self.port(name)}", "DATABASE_URL": self.url(),
                "STRIPE_WEBHOOK_SECRETS": SECRET}
        return self.running("stevedore-api", self.fleet.start("api", name, bind | settings, prefix))

    def worker(self, name, prefix=(), **settings):
        worker = self.fleet.worker(name, self.url(), prefix, **{
            "WORKER_ADMIN_BIND": f"127.0.0.1:{self.port(name)}",
            "AT_ISHARE_API_URL": f"http://127.0.0.1:{self.port('provider')}/api",
            "AT_ISHARE_API_KEY": self.provider_key,
            "AT_ISHARE_TIMEOUT": "6s",
            "FULFILMENT_RETRY_DELAYS": "500ms",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.port("SMTP")),
            "SMTP_TLS": "none",
            "SMTP_FROM": "Drill Shop <shop@example.com>",
            "FULFILMENT_ATTEMPTS": "1",
            "OUTBOUND_ALLOW_HTTP": "true",
            "OUTBOUND_ALLOW_PRIVATE": "true",
            "WEBHOOK_RETRY_DELAYS": ",".join(["1s"] * 50),
            # So long that the sampler, which may take 20 s, sees the lateness before.
            "WEBHOOK_DISABLE_AFTER": "30s",
            "WEBHOOK_FEED_EVERY": "500ms",
            "WEBHOOK_ATTEMPTS": "1",
        } | settings)
        return self.running("stevedore-worker", worker)

    def running(self, job, process):
        """It is scraped from now on, until it is forgotten."""
        self.started[process.name] = (job, process)
        self.tell_prometheus()
        return process

    def process(self, name):
        return self.started[name][1]

    def forget(self, name):
        """As an orchestrator does that took it away."""
        del self.started[name]
        self.tell_prometheus()

    def pause(self, name):
        os.kill(self.process(name).running.pid, signal.SIGSTOP)

    def wake(self, name):
        os.kill(self.process(name).running.pid, signal.SIGCONT)

    def log(self, name):
        return self.process(name).log.read_text()

    # ---- Prometheus -------------------------------------------------------------------------

    def watch(self, cuts):
        """Starts Prometheus with our rules, hastened, and the blackbox exporter that it asks."""
        for path in pathlib.Path("grafana/alerts").glob("*.rules.yml"):
            written = yaml.safe_load(path.read_text())
            for group in written["groups"]:
                group["rules"] = [hasten(r, cuts.get(r.get("alert"), ())) for r in group["rules"]]
            (self.folder / path.name).write_text(json.dumps(written))
        ours = {job["job_name"]: job
                for job in yaml.safe_load(pathlib.Path("prometheus.yml").read_text())["scrape_configs"]}
        certificates = ours["certificates"] | {
            "scrape_interval": SCRAPE,
            "file_sd_configs": [{"files": [f"{self.folder}/certificates.json"]}],
        }
        certificates["relabel_configs"][-1]["replacement"] = f"127.0.0.1:{self.port('blackbox')}"
        jobs = [{"job_name": job, "file_sd_configs": [{"files": [f"{self.folder}/{job}.json"]}]}
                for job in ours if job.startswith("stevedore-")]
        (self.folder / "certificates.json").write_text("[]")
        (self.folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": SCRAPE, "evaluation_interval": "1s"},
            "rule_files": [f"{self.folder}/*.rules.yml"],
            "scrape_configs": [*jobs, certificates],
        }))
        self.prometheus = f"http://127.0.0.1:{self.port('prometheus')}"
        self.beside("prometheus", [
            "prometheus", f"--config.file={self.folder}/prometheus.yml", "--log.level=warn",
            f"--storage.tsdb.path={self.folder}/tsdb",
            f"--web.listen-address=127.0.0.1:{self.port('prometheus')}"])
        wait_for("Prometheus", self.prometheus_is_up, 30)

    def prometheus_is_up(self):
        with contextlib.suppress(OSError):
            return self.fetch(f"{self.prometheus}/-/ready")

    def beside(self, name, command, **environment):
        """A program that is no part of the fleet."""
        with open(self.folder / f"{name}.log", "w") as log:
            program = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment)
        self.at_end(program.kill)
        return program

    def tell_prometheus(self):
        for job in ("stevedore-api", "stevedore-worker"):
            targets = [f"127.0.0.1:{self.ports[name]}"
                       for name, (its, _) in self.started.items() if its == job]
            new = self.folder / "new.json"
            new.write_text(json.dumps([{"targets": targets}]))
            os.replace(new, self.folder / f"{job}.json")

    @staticmethod
    def fetch(url, data=None, headers=None):
        request = urllib.request.Request(url, data=data, headers=headers or {})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def ask(self, query):
        """The series of a query, as `{labels} value`."""
        asked = urllib.parse.urlencode({"query": query})
        found = json.loads(self.fetch(f"{self.prometheus}/api/v1/query?{asked}"))["data"]["result"]
        return [f"{one['metric']} {one['value'][1]}" for one in found]

    def alerts(self):
        """The names of those that fire."""
        found = json.loads(self.fetch(f"{self.prometheus}/api/v1/alerts"))["data"]["alerts"]
        return {one["labels"]["alertname"] for one in found if one["state"] == "firing"}

    # ---- what people do ---------------------------------------------------------------------

    def url(self, user="postgres"):
        return self.server.url(user)

    def sql(self, text, user="postgres"):
        return self.server.sql(text, user)

    def session(self, name, server=None, user="postgres"):
        """Somebody's own connection, and its process id."""
        server = server or self.server
        connection = pg8000.native.Connection(
            user, host=server.host, port=server.port, database="postgres", application_name=name)
        [[pid]] = connection.run("select pg_backend_pid()")
        self.sessions.append(connection)
        return connection, pid

    def close_sessions(self):
        """What a drill has left."""
        while self.sessions:
            close(self.sessions.pop())

    def busy(self, name, statement, before=()):
        """A session that is at a statement for as long as it takes; answers its process id."""
        connection, pid = self.session(name)
        for one in before:
            connection.run(one)
        threading.Thread(target=quietly, args=(connection, statement), daemon=True).start()
        return pid

    def command(self, line, may_fail=False, **settings):
        """A line as on a page, on a machine with these settings."""
        ran = subprocess.run(
            [self.program, *shlex.split(line)[1:]], capture_output=True, text=True, timeout=60,
            env=os.environ | {"DATABASE_URL": self.url()} | settings)
        if ran.returncode and not may_fail:
            raise RuntimeError(f"{line}: {ran.stdout}{ran.stderr}")
        return ran.stdout + ran.stderr

    def providers_check(self, alert, **settings):
        """What a worker's machine hears of the provider."""
        line = Page.of(alert).code("stevedore providers check", {})
        address = f"http://127.0.0.1:{self.port('provider')}/api"
        settings = {"AT_ISHARE_API_URL": address, "AT_ISHARE_API_KEY": self.provider_key} | settings
        return self.command(line, may_fail=True, **settings)

    def carrier_fault(self, carrier, operation, fault):
        """From now on these calls misbehave; the rule that came last counts."""
        rule = {"carrier": carrier, "operation": operation, "fault": fault}
        self.fetch(f"http://127.0.0.1:{self.port('provider')}/carriers/faults",
                   json.dumps(rule).encode(), {"Content-Type": "application/json"})

    def is_scraped(self, name):
        """Often enough that what is counted from now on is seen as an increase."""
        return self.ask(f'count_over_time(up{{instance="127.0.0.1:{self.ports[name]}"}}[1m]) > 2')

    def blackbox_config(self):
        """What its image comes with."""
        path = self.folder / "blackbox.yml"
        path.write_text(json.dumps({"modules": {"http_2xx": {"prober": "http"}}}))
        return path

    def key(self, *scopes, name="drill", more=()):
        """An API key."""
        given = [word for scope in scopes for word in ("--scope", scope)]
        said = self.fleet.command(self.url(), "keys", "create", "--name", name, "--json", *given,
                                  *more)
        return json.loads(said.stdout.splitlines()[-1])["token"]

    def follow(self, alert, beginning, may_fail=False, **blanks):
        """Does what the alert's page says: its command, statement or query that begins so."""
        text = Page.of(alert).code(beginning, blanks)
        if text.startswith("stevedore"):
            return self.command(text, may_fail)
        if re.match(r"(select|update|vacuum|explain|begin)\b", text):
            return self.sql(text)
        return "\n".join(self.ask(text))

    def request(self, method, path, body=None, api="api", key=None, headers=None, timeout=15):
        """Status and text of an answer of the API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[api], timeout=timeout)
        given = {"Authorization": f"Bearer {key or self.fleet.key}",
                 "Content-Type": "application/json"} | (headers or {})
        try:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def order(self, phone=None, **fields):
        """Places one; answers its id."""
        number = time.monotonic_ns()
        body = {
            "customer": {"name": "A buyer", "email": f"buyer-{number}@example.com"},
            "currency": "GHS", "payment_method": "cod",
            "lines": [{"sku": "MTN-1GB", "quantity": 1,
                       "recipient_phone": phone or f"024{number % 10 ** 7:07}"}],
        } | fields
        status, text = self.request("POST", "/v1/orders", json.dumps(body),
                                    headers={"Idempotency-Key": f"drill-{number}"})
        if status != 201:
            raise RuntimeError(f"no order: {status} {text[:300]}")
        return json.loads(text)["order_id"]

    def stripe(self, event, secret=SECRET, api="api"):
        """Stripe tells the API something; answers the status."""
        body = json.dumps(event)
        now = int(time.time())
        tag = hmac.new(secret.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
        signed = {"Stripe-Signature": f"t={now},v1={tag}"}
        return self.request("POST", "/v1/webhooks/stripe", body, api, headers=signed)[0]

    def intent(self, order_id, kind, **of_intent):
        """An event about the payment of an order."""
        return {
            "id": f"evt_{kind}_{order_id}", "object": "event", "type": f"payment_intent.{kind}",
            "created": int(time.time()), "data": {"object": {
                "id": f"pi_{order_id}", "object": "payment_intent", "amount": 1200,
                "amount_received": 0, "amount_capturable": 0, "currency": "ghs",
                "metadata": {"order_id": str(order_id)}, "last_payment_error": None} | of_intent}}

    def trade(self, stop):
        """Orders all the time: rates need something between two scrapes."""
        while not stop.wait(0.35):
            with contextlib.suppress(OSError, RuntimeError, http.client.HTTPException):
                self.order()

    def in_days(self, days):
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        return end.strftime("%Y-%m-%dT%H:%M:%SZ")


def close(connection):
    with contextlib.suppress(Exception):
        connection.close()


def quietly(connection, statement):
    """It is meant to be ended from outside; its transaction ends with it."""
    with contextlib.suppress(Exception):
        connection.run(statement)
    close(connection)
