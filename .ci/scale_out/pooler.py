"""The fleet behind PgBouncer, in transaction mode where that carries prepared statements."""

from fleet import Buyers, assert_books_balance, create_server
from servers import Pooler

ORDERS = 150
# Fewer than the fleet's clients have, so that they must share.
POOL_SIZE = 6


def drill(stage):
    said = [one(stage, version, program) for version, program in sorted(stage.poolers.items())]
    return "; ".join(said)


def one(stage, version, program):
    """Orders through one PgBouncer; the prepared statements need 1.21, or a session."""
    carries = version >= (1, 21)
    mode = "transaction" if carries else "session"
    name = "pgbouncer-" + ".".join(map(str, version))
    folder = stage.folder / name
    folder.mkdir()
    stage.give(folder)
    server = create_server(stage.bin, folder)
    stage.at_end(server.stop)
    pooler = Pooler(program, folder / "pooler", server, mode, settings(carries))
    stage.at_end(pooler.stop)
    fleet = stage.fleet()
    fleet.open_shop(server)
    if not carries:
        assert_refused(stage, fleet, server, program, folder)
    listen = {"WORKER_LISTEN": "false"} if carries else {}
    apis = [fleet.api(f"{name}-api-{n}", pooler.url()) for n in (1, 2)]
    for n in (1, 2, 3):
        fleet.worker(f"{name}-worker-{n}", pooler.url(), **listen)
    buyers = Buyers(fleet, [api.url for api in apis], ORDERS).done()
    assert_books_balance(fleet, server, buyers, pooler.url())
    if buyers.failed_tries:
        raise AssertionError(f"requests failed: {buyers.failed_tries[:3]}")
    opened = int(server.sql("select count(*) from pg_stat_activity "
                            "where application_name like 'stevedore%'"))
    if carries and opened > POOL_SIZE:
        raise AssertionError(f"{opened} connections behind a pool of {POOL_SIZE}")
    return f"{name}, {mode} mode: {ORDERS} orders over {opened} connections, no request failed"


def settings(carries):
    if carries:
        return f"default_pool_size = {POOL_SIZE}\nmax_prepared_statements = 200"
    return "default_pool_size = 100"


def assert_refused(stage, fleet, server, program, folder):
    """In transaction mode it would run one client's statement for another: nobody starts."""
    pooler = Pooler(program, folder / "mixing", server, "transaction", settings(False))
    stage.at_end(pooler.stop)
    for role in ("api", "worker"):
        ran = fleet.command(pooler.url(), role, may_fail=True)
        if not ran.returncode or "max_prepared_statements" not in ran.stderr:
            raise AssertionError(f"{role} behind such a pooler: {ran.returncode} {ran.stderr}")
