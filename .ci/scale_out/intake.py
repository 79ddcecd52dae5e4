"""The API dies while it is told things, or is told to stop: what it acknowledged is there, once."""

import hashlib
import hmac
import http.client
import itertools
import json
import random
import threading
import time
import urllib.parse

from fleet import Buyers, assert_books_balance, create_server
from servers import free_port, wait_for

ORDERS = 240
KILLS = 6
SECRET = "whsec_drill"
# Each event is sent by as many, at the same time, until each has heard that it was received.
SENDERS = 4
STOPS = 3
CLIENTS = 24


def killed(stage):
    """kill -9 between receiving and answering: nothing acknowledged is lost, nothing doubled."""
    server, fleet = open_shop(stage)
    bind = {"STEVEDORE_API_BIND": f"127.0.0.1:{free_port()}", "STRIPE_WEBHOOK_SECRETS": SECRET}
    api = fleet.api("api-0", server.url(), **bind)
    fleet.worker("worker-1", server.url())
    buyers = Buyers(fleet, [api.url], ORDERS, seconds=10, payment_method="stripe")
    stripe = Stripe(api.url, buyers)
    for number in range(1, KILLS + 1):
        buyers.wait_for_share(number / (KILLS + 2))
        api.kill()
        api = fleet.api(f"api-{number}", server.url(), **bind)
    buyers.done()
    stripe.done()
    if not buyers.failed_tries or not stripe.failed_tries:
        raise AssertionError("no request was under way when the API died")
    assert_books_balance(fleet, server, buyers)
    events = server.sql("select count(*), count(distinct event_id), "
                        "count(*) filter (where status = 'processed') from webhook_events")
    if events != f"{ORDERS}|{ORDERS}|{ORDERS}":
        raise AssertionError(f"{ORDERS} events acknowledged, in the inbox: {events}")
    paid = server.sql("select count(*), count(distinct order_id), sum(captured_amount) "
                      "from payments")
    if paid != f"{ORDERS}|{ORDERS}|{ORDERS * 1200}":
        raise AssertionError(f"payments: {paid}")
    broken = len(buyers.failed_tries) + len(stripe.failed_tries)
    return (f"{KILLS} kills, {broken} requests broken; {ORDERS} orders and {ORDERS} events, each "
            f"sent {SENDERS} times at once, are there and applied once")


def stopped(stage):
    """SIGTERM under load: every request on a connection that was accepted is answered."""
    server, fleet = open_shop(stage)
    answered = 0
    for number in range(STOPS):
        api = fleet.api(f"api-{number}", server.url())
        clients = Clients(api.url, fleet.key)
        wait_for("load", lambda: len(clients.orders) >= 10 * CLIENTS)
        api.stop()
        clients.done()
        if clients.failed:
            raise AssertionError(f"{len(clients.failed)} failed: {clients.failed[:3]}")
        answered += len(clients.orders)
    known = set(server.sql("select order_id from orders").split())
    if len(known) != answered:
        raise AssertionError(f"{answered} orders acknowledged, {len(known)} in the books")
    return (f"{STOPS} stops under {CLIENTS} clients on kept-alive connections, {answered} orders: "
            "no request failed")


def open_shop(stage):
    server = create_server(stage.bin, stage.folder)
    stage.at_end(server.stop)
    fleet = stage.fleet()
    fleet.open_shop(server)
    return server, fleet


class Stripe:
    """Says that each order is paid, as soon as its buyer knows of it, and says it again until it is
    heard."""

    def __init__(self, url, buyers):
        self.url, self.buyers = urllib.parse.urlsplit(url), buyers
        self.failed_tries = []
        self.threads = [threading.Thread(target=self.send_all) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def send_all(self):
        for number in range(ORDERS):
            wait_for(f"order {number}", lambda number=number: number in self.buyers.acknowledged)
            self.send(self.buyers.acknowledged[number])

    def send(self, order_id):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                return self.try_once(order_id)
            except (OSError, http.client.HTTPException) as error:
                self.failed_tries.append(f"{type(error).__name__} {error}")
                time.sleep(0.05)
        raise TimeoutError(f"the event of order {order_id} was never heard")

    def try_once(self, order_id):
        body = json.dumps({
            "id": f"evt_{order_id}", "object": "event", "type": "payment_intent.succeeded",
            "created": int(time.time()), "data": {"object": {
                "id": f"pi_{order_id}", "object": "payment_intent", "status": "succeeded",
                "amount": 1200, "amount_received": 1200, "amount_capturable": 0,
                "currency": "ghs", "metadata": {"order_id": str(order_id)},
                "last_payment_error": None}}})
        now = int(time.time())
        tag = hmac.new(SECRET.encode(), f"{now}.{body}".encode(), hashlib.sha256).hexdigest()
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=15)
        try:
            connection.request("POST", "/v1/webhooks/stripe", body,
                               {"Stripe-Signature": f"t={now},v1={tag}"})
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise http.client.HTTPException(f"{answer.status}")

    def done(self):
        for thread in self.threads:
            thread.join()


class Clients:
    """Place orders on connections that they keep, until there is nobody to connect to."""

    def __init__(self, url, key):
        self.url, self.key = urllib.parse.urlsplit(url), key
        self.numbers = itertools.count()
        self.orders, self.failed = [], []
        self.threads = [threading.Thread(target=self.order_all) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def order_all(self):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=30)
        while True:
            try:
                if connection.sock is None:
                    connection.connect()
            except OSError:
                return  # Nobody accepts any more: another process would.
            try:
                self.orders.append(self.order(connection))
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(f"{type(error).__name__} {error}")
                return
            time.sleep(random.uniform(0, 0.2))

    def order(self, connection):
        number = next(self.numbers)
        body = json.dumps({
            "customer": {"name": "A client"}, "currency": "GHS", "payment_method": "cod",
            "lines": [{"sku": "MTN-1GB", "quantity": 1, "recipient_phone": f"024{number:07}"}]})
        connection.request("POST", "/v1/orders", body, {
            "Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise http.client.HTTPException(f"{answer.status} {text[:300]}")
        return json.loads(text)["order_id"]

    def done(self):
        for thread in self.threads:
            thread.join()
