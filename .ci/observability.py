"""Starts a demo and a Prometheus that scrapes it, and has every query of dashboards and alerts answer.

usage: observability.py PATH_OF_STEVEDORE
Needs prometheus and promtool on the PATH. Everything is private: a folder that goes away, free ports,
and a database server of the demo's own.
"""

import contextlib
import enum
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
import types
import typing
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
    jobs = {job["job_name"] for job in ours["scrape_configs"]} - {"prometheus", "certificates"}
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

    The demo's shop is one of its own, so its orders need its tenant and not a key. What they take
    is received first, since nobody knows how many it takes until every query has its answer.
    """
    with contextlib.closing(connect(report)) as connection:
        [[shop, sku, location]] = connection.run(
            "select i.tenant_id, min(i.sku), min(l.code) from order_items as i "
            "join locations as l using (tenant_id) "
            "where i.sku not like '%LAUNCH%' group by i.tenant_id"
        )
        connection.run(
            "select sp_receive_stock(:s, :l, :n, p_tenant => cast(:t as uuid))",
            s=sku,
            l=location,
            n=count,
            t=str(shop),
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
    # What a demo has none of, the rules' own tests make up.
    none = [*NOT_IN_A_DEMO, "probe_ssl_earliest_cert_expiry"]
    waiting = [(a, expr) for a, expr in waiting if not any(name in expr for name in none)]
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
    counts = {"sql": 0, "sh": 0, "yaml": 0, "": 0}
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
                elif language == "yaml":
                    yaml.safe_load(text)
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


# Written by Grafana and read by its Prometheus plugin, but in no schema of a dashboard.
OF_PLUGINS = re.compile(r"\.annotations\.list\[\d+\]\.(titleFormat|textFormat|step)"
                        r"|\.templating\.list\[\d+\]\.definition")


def differences(written, read, place=""):
    """What stands in a dashboard and not in what Grafana's models made of it."""
    if isinstance(written, dict) and isinstance(read, dict):
        for key, value in written.items():
            if key not in read:
                # Models leave out what is as by default.
                if value not in (None, "", False, [], {}) and not OF_PLUGINS.fullmatch(f"{place}.{key}"):
                    yield f"{place}.{key}: Grafana's models do not know it"
            else:
                yield from differences(value, read[key], f"{place}.{key}")
    elif isinstance(written, list) and isinstance(read, list):
        if len(written) != len(read):
            yield f"{place}: {len(written)} entries, of which the models read {len(read)}"
        for number, (one, other) in enumerate(zip(written, read)):
            yield from differences(one, other, f"{place}[{number}]")
    elif written != read:
        yield f"{place}: {written!r}, which the models read as {read!r}"


def fits(value, hint):
    """Whether a value is what its model declares; what is inside a model is asked of that model."""
    origin, of = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, one) for one in of)
    if origin is list:
        return isinstance(value, list) and all(fits(one, of[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(one, of[1]) for one in value.values())
    if origin is typing.Literal:
        return value in of
    if not isinstance(hint, type) or hint is object:
        return True
    if issubclass(hint, enum.Enum):
        return isinstance(value, hint) or value in [one.value for one in hint]
    if hint in (int, float):
        return isinstance(value, (int, float) if hint is float else int) and type(value) is not bool
    if isinstance(value, dict) and hasattr(hint, "from_json"):
        # Some lists are left as they were written.
        read = hint.from_json(value)
        return set(value) <= set(read.to_json()) and not any(misfits(read))
    return isinstance(value, hint)


def misfits(model, place=""):
    """Where a model holds what it does not declare: a word of no enum, a text for a number."""
    if isinstance(model, (list, dict)):
        entries = enumerate(model) if isinstance(model, list) else model.items()
        for key, value in entries:
            yield from misfits(value, f"{place}[{key}]")
    elif type(model).__module__.startswith("grafana_foundation_sdk") and vars(type(model)).get(
        "__annotations__"
    ):
        for name, hint in typing.get_type_hints(type(model)).items():
            value = getattr(model, name, None)
            if value is not None and not fits(value, hint):
                yield f"{place}.{name}: {value!r} is no {hint}"
            yield from misfits(value, f"{place}.{name}")


# Metrics that no panel shows, and why.
ON_NO_DASHBOARD = {
    "stevedore_provider_token_expiry_timestamp_seconds":
        "a demo has none, and an empty panel says nothing; its alert is StevedoreProviderTokenEnded",
}


def check_coverage():
    """Each documented metric is on a dashboard, or in the list above."""
    shown = " ".join(query for _, query in dashboard_queries())
    documented = re.findall(r"^### `(\S+)`", pathlib.Path("docs/metrics.md").read_text(), re.M)
    for name in documented:
        on_one = re.search(rf"\b{name}(_bucket|_sum|_count)?\b", shown)
        if bool(on_one) == (name in ON_NO_DASHBOARD):
            problem(f"{name} is on {'a' if on_one else 'no'} dashboard, unlike what is said")
    print(f"{len(documented)} metrics, {len(ON_NO_DASHBOARD)} of them on no dashboard")


# Each has to be found, or the check checks nothing: where it is put, and what.
SEEDED_FAULTS = [
    (("schemaVersion",), "39"),
    (("graphTooltip",), 7),
    (("panels", 1, "no_such_key"), 1),
    (("panels", 1, "options", "colorMode"), "rainbow"),
    (("panels", 8, "gridPos", "w"), "12"),
    (("panels", 8, "options", "legend", "displayMode"), "lst"),
    (("panels", 8, "fieldConfig", "defaults", "custom", "drawStyle"), "lines"),
]


def check_form():
    """Grafana's own models, made from its schemas, read each dashboard, lose nothing of it, and
    hold nothing that they do not declare."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()

    def faults(text):
        read = Dashboard.from_json(json.loads(text))
        again = json.loads(JSONEncoder(sort_keys=True).encode(read))
        return [*differences(json.loads(text), again), *misfits(read)]

    paths = sorted(pathlib.Path("grafana/dashboards").glob("*.json"))
    for path in paths:
        for place in faults(path.read_text()):
            problem(f"{path.name}: {place}")
    for place, wrong in SEEDED_FAULTS:
        seeded = inner = json.loads(pathlib.Path("grafana/dashboards/fleet.json").read_text())
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = wrong
        if not faults(json.dumps(seeded)):
            problem(f"{wrong!r} at {place} was taken for a dashboard")
    print(f"{len(paths)} dashboards are as Grafana's schema says; {len(SEEDED_FAULTS)} faults found")


def main():
    check_form()
    check_coverage()
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
