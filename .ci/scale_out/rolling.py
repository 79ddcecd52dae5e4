"""A release under load: every API and every worker is replaced, one after the other."""

import pathlib
import re

from fleet import Buyers, assert_books_balance, create_server

ORDERS = 300
KEDA = "docs/deploy/kubernetes/keda.yaml"


class Front:
    """What a load balancer knows: the processes that are ready."""

    def __init__(self):
        self.urls = []

    def __iter__(self):
        return iter(self.urls)


def drill(stage):
    server = create_server(stage.bin, stage.folder)
    stage.at_end(server.stop)
    fleet = stage.fleet()
    fleet.open_shop(server)
    drain = {"STEVEDORE_API_DRAIN_DELAY": "1s"}
    apis = [fleet.api(f"api-{n}", server.url(), **drain) for n in (1, 2)]
    workers = [fleet.worker(f"worker-{n}", server.url()) for n in (1, 2, 3)]
    front = Front()
    front.urls = [api.url for api in apis]
    buyers = Buyers(fleet, front, ORDERS, seconds=8)
    for number, old in enumerate(apis, start=3):
        new = fleet.api(f"api-{number}", server.url(), **drain)
        # First the new one is in, then the old one is out, then it is told to stop.
        front.urls = [new.url] + [url for url in front.urls if url != old.url]
        old.stop()
    for number, old in enumerate(workers, start=4):
        fleet.worker(f"worker-{number}", server.url())
        old.stop()
    lag(server)
    buyers.done()
    assert_books_balance(fleet, server, buyers)
    if buyers.failed_tries:
        raise AssertionError(f"requests failed: {buyers.failed_tries[:3]}")
    return (f"{ORDERS} orders in {buyers.elapsed_s:.0f} s, 2 APIs and 3 workers replaced: "
            "no request failed, nothing lost, nothing twice")


def lag(server):
    """What the autoscaler asks the database, as the user that it is told to be."""
    query = re.search(r"query: (select .*)", pathlib.Path(KEDA).read_text()).group(1)
    return int(server.sql(f"set role stevedore_worker; {query}"))
