"""The primary dies without a word, the standby is promoted, and the fleet finds it."""

import os
import signal
import time

from fleet import Buyers, assert_books_balance, create_server, open_orders
from servers import Pooler, wait_for

ORDERS = 150


def synchronous(stage):
    """What was acknowledged has reached the standby, so nothing is lost."""
    shop = Shop(stage, {"synchronous_standby_names": "standby"})
    buyers = shop.disaster(lambda: lambda: None)
    assert_books_balance(shop.fleet, shop.standby, buyers)
    return (f"{ORDERS} orders acknowledged, none lost; orders were taken again "
            f"{shop.pause_s:.1f} s after the primary died")


def asynchronous(stage):
    """What had not reached the standby is lost: how much, and what becomes of it."""
    shop = Shop(stage, {"synchronous_standby_names": ""})
    buyers = shop.disaster(shop.hold_up_the_stream)
    # The key of an order commits with it.
    known = set(shop.standby.sql("select idempotency_key from idempotency_keys").split())
    lost = {number for number in buyers.acknowledged if f"drill-{number}" not in known}
    if not lost or lost & shop.heard:
        raise AssertionError(f"lost {lost}, and acknowledged long before {lost & shop.heard}")
    wait_for("delivery of every order", lambda: open_orders(shop.standby) == 0)
    shop.fleet.command(shop.standby.url(), "check")
    # Their buyers ask again with their keys, as who got no parcel does: that heals it. What the
    # provider was asked for before the disaster, it is asked for again under another reference.
    again = Buyers(shop.fleet, [shop.api.url], ORDERS).done()
    twice = shop.fleet.state()["at_ishare"]["duplicates"]
    assert_books_balance(shop.fleet, shop.standby, again, beyond=len(lost), twice=twice)
    return (f"{len(lost)} of {ORDERS} acknowledged orders lost, all of the {shop.held_s:.1f} s in "
            f"which the standby heard nothing, and {twice} that it did not know to be fulfilled "
            "were fulfilled twice; the books of the rest balance, and asking again places the lost")


class Shop:
    """A primary, its standby, and a fleet that reaches whichever PgBouncer names."""

    def __init__(self, stage, settings):
        self.primary = create_server(stage.bin, stage.folder)
        stage.at_end(self.primary.stop)
        self.fleet = stage.fleet()
        self.fleet.open_shop(self.primary)
        self.standby = self.primary.follower(stage.folder / "standby")
        stage.at_end(self.standby.stop, "immediate")
        self.primary.configure(settings)
        self.primary.sql("select pg_reload_conf()")
        wait_for("standby", lambda: self.primary.sql(
            "select count(*) from pg_stat_replication where state = 'streaming'") == "1")
        program = stage.poolers[max(stage.poolers)]
        self.pooler = Pooler(program, stage.folder / "pooler", self.primary, "session",
                             "default_pool_size = 100\nserver_connect_timeout = 2\n"
                             # Its own 15 s would be those of every failover.
                             "server_login_retry = 1")
        stage.at_end(self.pooler.stop)
        self.api = self.fleet.api("api", self.pooler.url())
        for n in (1, 2):
            self.fleet.worker(f"worker-{n}", self.pooler.url())
        self.heard, self.held_s = set(), 0.0

    def disaster(self, before):
        """The primary dies under load; answers when all buyers are done."""
        buyers = self.buyers = Buyers(self.fleet, [self.api.url], ORDERS, seconds=8)
        buyers.wait_for_share(0.4)
        resume = before()
        self.primary.kill()
        died = time.monotonic()
        resume()
        self.standby.promote()
        self.pooler.server = self.standby
        self.pooler.reload()
        count = len(buyers.acknowledged)
        wait_for("order after the failover", lambda: len(buyers.acknowledged) > count)
        self.pause_s = time.monotonic() - died
        return buyers.done()

    def hold_up_the_stream(self):
        """As a line that is slow: the standby hears nothing while the shop goes on."""
        receiver = int(self.standby.sql("select pid from pg_stat_wal_receiver"))
        self.heard = set(self.buyers.acknowledged)
        self.standby.wait_until_caught_up(self.primary)
        os.kill(receiver, signal.SIGSTOP)
        count = len(self.buyers.acknowledged)
        start = time.monotonic()
        wait_for("orders that the standby does not know",
                 lambda: len(self.buyers.acknowledged) >= count + 10)

        def resume():
            """What is still on the line does not arrive any more."""
            self.held_s = time.monotonic() - start
            os.kill(receiver, signal.SIGTERM)
            os.kill(receiver, signal.SIGCONT)

        return resume
