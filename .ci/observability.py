"""Starts a demo and a Prometheus that scrapes it, and has every query of dashboards and alerts answer.

usage: observability.py PATH_OF_STEVEDORE
Needs prometheus and promtool on the PATH. Everything is private: a folder that goes away, free ports,
and a database server of the demo's own.
"""

import contextlib
import json
import math
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import pg8000.native
import yaml

STEVEDORE = sys.argv[1]
DEMO_ORDERS = 150
DEMO_DEADLINE_S = 180
ANSWER_DEADLINE_S = 60
SERIES_MAX = 5000
# The demo refunds nothing, and its provider gives out no tokens.
NOT_IN_A_DEMO = {"stevedore_refund_value_total", "stevedore_provider_token_expiry_timestamp_seconds"}
problems = []


def problem(text):
    problems.append(text)
    print(f"PROBLEM {text}")


def fetch(url, data=None, headers=None):
    request = urllib.request.Request(url, data=data, headers=headers or {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def wait_for(what, condition, deadline_s):
    """Asks until there is an answer; a condition that raises has none yet."""
    end = time.monotonic() + deadline_s
    while True:
        with contextlib.suppress(OSError, ValueError):
            if answer := condition():
                return answer
        if time.monotonic() > end:
            sys.exit(f"no {what} within {deadline_s} s")
        time.sleep(0.2)


# ---- what runs -------------------------------------------------------------------------------------


@contextlib.contextmanager
def process(command, **options):
    """A program in a process group of its own, which ends with the block."""
    running = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield running
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGINT)
        try:
            running.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


@contextlib.contextmanager
def demo(folder):
    """A fleet that has fulfilled some orders and stays; yields the demo's report."""
    command = [STEVEDORE, "demo", "--keep", "--json", "--workers", "2", "--orders", str(DEMO_ORDERS)]
    log = folder / "demo.log"
    out = folder / "demo.out"
    # Whoever has a database at hand keeps it.
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    with log.open("w") as stderr, out.open("w") as stdout:
        with process(command, stdout=stdout, stderr=stderr, env=environment) as running:

            def report():
                if running.poll() is not None:
                    sys.exit(f"the demo ended with {running.returncode}:\n{log.read_text()[-3000:]}")
                lines = out.read_text().splitlines()
                return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else None

            yield wait_for("report of the demo", report, DEMO_DEADLINE_S)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rule_files():
    return sorted(pathlib.Path("grafana/alerts").glob("*.rules.yml"))


@contextlib.contextmanager
def prometheus(folder, report):
    """A Prometheus with our own rules and job names; yields its address."""
    targets = {
        "stevedore-api": [report["metrics_url"]],
        "stevedore-worker": report["worker_metrics_urls"],
    }
    ours = yaml.safe_load(pathlib.Path("prometheus.yml").read_text())
    jobs = {job["job_name"] for job in ours["scrape_configs"]} - {"prometheus"}
    if jobs != set(targets):
        problem(f"prometheus.yml has the jobs {sorted(jobs)}, the demo {sorted(targets)}")
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path.resolve()) for path in rule_files()],
        "scrape_configs": [
            {
                "job_name": job,
                "static_configs": [{"targets": [urllib.parse.urlsplit(u).netloc for u in urls]}],
            }
            for job, urls in targets.items()
        ],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/tsdb",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    address = f"http://127.0.0.1:{port}"
    with (folder / "prometheus.log").open("w") as log:
        with process(command, stdout=log, stderr=log):
            wait_for("Prometheus", lambda: fetch(f"{address}/-/ready"), 30)
            yield address


def connect(report):
    server = urllib.parse.urlsplit(report["database_url"])
    return pg8000.native.Connection(
        server.username,
        password=server.password,
        host=server.hostname,
        port=server.port,
        database=server.path.lstrip("/"),
    )


def place_orders(report, count):
    """Orders by SQL, as any program may place them: rates need something between two scrapes.

    The demo's shop is one of its own, so its orders need its tenant and not a key.
    """
    with contextlib.closing(connect(report)) as connection:
        [[shop, sku]] = connection.run(
            "select tenant_id, min(sku) from order_items "
            "where sku not like '%LAUNCH%' group by tenant_id"
        )
        for number in range(count):
            # Every third number is one whose first attempt the simulator answers with 500.
            phone = "0270000500" if number % 3 == 0 else f"02455{number:05}"
            order = {
                "customer": {"name": f"Check {number}", "email": f"check-{number}@example.com"},
                "currency": "GHS",
                "payment_method": "cod",
                "lines": [{"sku": sku, "quantity": 1, "recipient_phone": phone}],
            }
            connection.run(
                "select order_id from create_order(cast(:o as jsonb), p_tenant => cast(:t as uuid))",
                o=json.dumps(order),
                t=str(shop),
            )


def call_the_api(report, count):
    """A key as an operator makes it, a job, and questions about orders that are not there."""
    environment = dict(os.environ, DATABASE_URL=report["database_url"])
    command = [STEVEDORE, "keys", "create", "--name", "check", "--json"]
    command += ["--scope", "orders:read", "--scope", "jobs:write"]
    made = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    token = json.loads(made.stdout.splitlines()[-1])["token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    job = json.dumps({"kind": "expire_reservations", "queue": "maintenance"})
    fetch(f"{report['api_url']}/v1/jobs", job.encode(), headers)
    for number in range(count):
        with contextlib.suppress(urllib.error.HTTPError):
            fetch(f"{report['api_url']}/v1/orders/{900_000 + number}", headers=headers)


# ---- what is asked ---------------------------------------------------------------------------------


def answers(address, query):
    """The series of an instant query."""
    url = f"{address}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        return json.loads(fetch(url))["data"]["result"]
    except urllib.error.HTTPError as error:
        raise SystemExit(f"Prometheus refuses {query!r}: {error.read().decode()}") from error


def ask(address, query):
    """The series of an instant query, without those that are not a number."""
    found = answers(address, query)
    return [s for s in found if isinstance(s, dict) and not math.isnan(float(s["value"][1]))]


def dashboard_queries():
    for path in sorted(pathlib.Path("grafana/dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                query = target["expr"].replace("$__rate_interval", "20s").replace("$queue", ".*")
                yield f"{path.name}: {panel['title']}", query


def check_dashboards(address, report):
    """Each query gives at least one number, while orders come in."""
    waiting = list(dashboard_queries())
    total = len(waiting)
    end = time.monotonic() + ANSWER_DEADLINE_S
    while waiting and time.monotonic() < end:
        waiting = [(place, query) for place, query in waiting if not ask(address, query)]
        if waiting:
            place_orders(report, 3)
            time.sleep(0.5)
    for place, query in waiting:
        problem(f"no answer: {place}: {query}")
    print(f"{total - len(waiting)} of {total} dashboard queries answered")


def at_the_top(expr):
    """The expression with everything in brackets made blank: what is left stands at the top."""
    depth = 0
    seen = []
    for character in expr:
        depth -= character in ")}]"
        seen.append(character if depth == 0 and character not in "(){}[]" else " ")
        depth += character in "({["
    return "".join(seen)


def conditions(expr):
    """What an alert compares, without the comparisons: it has to be there while all is well."""
    expr = expr.strip()
    if expr.startswith("(") and at_the_top(expr).strip() == "" and expr.endswith(")"):
        depth = [0]
        for character in expr:
            depth.append(depth[-1] + (character == "(") - (character == ")"))
        if depth.index(0, 1) == len(expr):
            return conditions(expr[1:-1])
    top = at_the_top(expr)
    operators = list(re.finditer(r"\b(?:and|or|unless)\b(?:\s+on\b)?", top))
    if operators:
        parts = []
        start = 0
        for operator in operators:
            parts.append(expr[start : operator.start()])
            start = operator.end()
            if operator.group().endswith("on"):
                start = expr.index(")", start) + 1
        parts.append(expr[start:])
        return [found for part in parts for found in conditions(part)]
    comparison = re.search(r"[=!<>]=|[<>]", top)
    return [expr[: comparison.start()].strip() if comparison else expr]


def check_rules(address):
    """What each alert compares is there, and every recorded series."""
    groups = [g for path in rule_files() for g in yaml.safe_load(path.read_text())["groups"]]
    rules = [rule for group in groups for rule in group["rules"]]
    for name in {rule["record"] for rule in rules if "record" in rule}:
        if not answers(address, name):
            problem(f"nothing is recorded as {name}")
    alerts = [rule for rule in rules if "alert" in rule]
    waiting = [(alert, expr) for alert in alerts for expr in conditions(alert["expr"])]
    # What is absent while all is well says so by being asked for.
    waiting = [(alert, expr) for alert, expr in waiting if not expr.startswith("absent(")]
    # A histogram begins with the first call that ends like this.
    unusual = ('outcome="unauthorized"', 'outcome="ok"')
    waiting = [(alert, expr.replace(*unusual)) for alert, expr in waiting]
    total = len(waiting)
    end = time.monotonic() + ANSWER_DEADLINE_S
    while waiting and time.monotonic() < end:
        waiting = [(alert, expr) for alert, expr in waiting if not answers(address, expr)]
        time.sleep(0.5 if waiting else 0)
    for alert, expr in waiting:
        problem(f"no answer: {alert['alert']}: {expr}")
    print(f"{total - len(waiting)} of {total} conditions of {len(alerts)} alerts answered")
    firing = {s["metric"]["alertname"] for s in ask(address, 'ALERTS{alertstate="firing"}')}
    print(f"firing: {', '.join(sorted(firing)) or 'none'}")


# ---- runbooks --------------------------------------------------------------------------------------

# What a reader of a runbook fills in.
FILLED_IN = {
    "<job_id>": "1", "<order_id>": "1", "<endpoint_id>": "1", "<pid>": "0",
    "<kind>": "fulfil_order", "<queue>": "fulfilment", "<stage>": "pending", "<sku>": "MUG-1",
    "<provider>": "at_ishare", "<part of the error>": "timed out",
}


def blocks(page):
    """Language and text of the fenced blocks of a page."""
    for language, text in re.findall(r"^ *```(\w*)\n(.*?)^ *```$", page, re.M | re.S):
        for name, value in FILLED_IN.items():
            text = text.replace(name, value)
        yield language, text.strip()


def check_runbooks(address, report):
    """Every statement, command and query of every runbook runs against the demo."""
    environment = dict(os.environ, DATABASE_URL=report["database_url"])
    counts = {"sql": 0, "sh": 0, "": 0}
    with contextlib.closing(connect(report)) as connection:
        for path in sorted(pathlib.Path("docs/runbooks").glob("*.md")):
            for language, text in blocks(path.read_text()):
                counts[language] += 1
                if language == "sql":
                    connection.run("begin")
                    try:
                        for statement in filter(None, map(str.strip, text.split(";\n"))):
                            connection.run(statement.rstrip(";"))
                    except pg8000.exceptions.DatabaseError as error:
                        problem(f"{path.name}: {error}: {text}")
                    connection.run("rollback")
                elif language == "sh":
                    for line in text.splitlines():
                        words = shlex.split(line)
                        command = [STEVEDORE if words[0] == "stevedore" else words[0], *words[1:]]
                        ran = subprocess.run(
                            command, env=environment, capture_output=True, text=True, timeout=60
                        )
                        if ran.returncode != 0:
                            problem(f"{path.name}: {line}: {ran.stderr[-500:]}")
                else:
                    answers(address, " ".join(text.split()))
    print(f"runbooks: {counts['sql']} statements, {counts['sh']} commands, {counts['']} queries ran")


def check_scrapes(report):
    """promtool's lint of each scrape, and every name both exported and documented."""
    exported = set()
    series = 0
    for url in [report["metrics_url"], *report["worker_metrics_urls"]]:
        text = fetch(url)
        lint = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True
        )
        for line in lint.stderr.splitlines() + lint.stdout.splitlines():
            problem(f"{url}: {line}")
        series += sum(1 for line in text.splitlines() if not line.startswith("#") and line)
        exported |= set(re.findall(r"^# TYPE (\S+) ", text, re.M))
    documented_text = pathlib.Path("docs/metrics.md").read_text()
    documented = set(re.findall(r"^### `(\S+)`", documented_text, re.M))
    for name in sorted(n for n in exported if not n.startswith("process_")):
        if name not in documented:
            problem(f"docs/metrics.md does not list {name}")
    for name in sorted(documented - exported - NOT_IN_A_DEMO):
        problem(f"docs/metrics.md lists {name}, which no process of the demo exports")
    print(f"{len(exported)} metrics in {series} series (limit {SERIES_MAX})")
    if series > SERIES_MAX:
        problem(f"{series} series are over {SERIES_MAX}")


def check_form():
    """Grafana's own models read each dashboard and lose nothing of its panels."""
    from grafana_foundation_sdk.models.dashboard import Dashboard

    for path in sorted(pathlib.Path("grafana/dashboards").glob("*.json")):
        written = json.loads(path.read_text())
        read = Dashboard.from_json(written)
        if len(read.panels or []) != len(written["panels"]):
            problem(f"{path.name}: Grafana's model reads {len(read.panels or [])} panels")
        unknown = set(written) - set(vars(Dashboard())) - {
            "schemaVersion", "fiscalYearStartMonth", "graphTooltip", "liveNow", "weekStart",
        }
        if unknown:
            problem(f"{path.name}: Grafana does not know {sorted(unknown)}")


def main():
    check_form()
    with tempfile.TemporaryDirectory(prefix="stevedore-") as name:
        folder = pathlib.Path(name)
        with demo(folder) as report, contextlib.ExitStack() as later:
            # A counter's first value is no increase: what is asked for has to be there beforehand.
            call_the_api(report, 3)
            address = later.enter_context(prometheus(folder, report))
            up = 1 + len(report["worker_metrics_urls"])
            wait_for("first scrape", lambda: len(ask(address, "up == 1")) == up, 30)
            wait_for("second scrape", lambda: ask(address, "min(count_over_time(up[1m])) > 2"), 30)
            place_orders(report, 60)
            call_the_api(report, 30)
            check_dashboards(address, report)
            check_rules(address)
            check_runbooks(address, report)
            check_scrapes(report)
    print("observability: ok" if not problems else f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
