"""Faults of the systems outside, and of what passes between them and the shop."""

import http.server
import re
import threading

from drill import ended, expect, firing, pages, phase, until
from on_database import bloat, slow


@pages("StevedoreQueuePausedTooLong", "StevedoreWebhookBacklog")
def paused(town):
    """somebody paused the queue `webhooks` and forgot it, and a provider's event waited. The list
    of queues said so, and `stevedore jobs explain` of the job that waited; the queue was
    resumed."""
    order = town.order(payment_method="stripe")
    town.command("stevedore jobs pause --queue webhooks")
    town.stripe(town.intent(order, "succeeded", amount_received=1200))
    yield firing("StevedoreQueuePausedTooLong", "StevedoreWebhookBacklog")
    expect(town.follow("StevedoreQueuePausedTooLong", "select queue, changed_at", queue="webhooks"),
           "webhooks|", "ingest_webhook|1|")
    expect(town.follow("StevedoreWebhookBacklog", "stevedore jobs queues"), "webhooks", "paused")
    expect(town.follow("StevedoreWebhookBacklog", "select kind, state"), "ingest_webhook|ready|1")
    job = town.sql("select job_id from queue.jobs where kind = 'ingest_webhook'")
    expect(town.follow("StevedoreWebhookBacklog", "stevedore jobs explain", job_id=job), "paused")
    town.follow("StevedoreQueuePausedTooLong", "select queue.resume", queue="webhooks")
    yield ended("StevedoreQueuePausedTooLong", "StevedoreWebhookBacklog")


@pages("StevedoreKindUnserved", "StevedoreScheduleOverdue")
def unserved(town):
    """there were a job and a schedule of a kind that no program has any more. `stevedore jobs
    kinds` and the statements named both; the job was cancelled and the schedule paused."""
    town.sql("select queue.enqueue(p_kind => 'print_invoice', p_queue => 'fulfilment');"
             "select queue.upsert_schedule('invoices', 'print_invoice', p_every => '1 second');"
             # A worker that had the kind would have said when.
             "update queue.schedules set next_tick_at = now() where schedule = 'invoices'")
    yield firing("StevedoreKindUnserved", "StevedoreScheduleOverdue")
    said = town.follow("StevedoreKindUnserved", "stevedore jobs kinds")
    expect(said, "print_invoice", "no live work")
    expect(town.follow("StevedoreKindUnserved", "select name, version"), "hands-1|")
    expect(town.follow("StevedoreScheduleOverdue", "select schedule, kind").splitlines()[0],
           "invoices|print_invoice|")
    expect(town.follow("StevedoreScheduleOverdue", "select worker_id, name").splitlines()[0], "watch")
    dry = town.follow("StevedoreKindUnserved", "stevedore jobs cancel", kind="print_invoice")
    expect(dry, "1")
    town.command("stevedore jobs cancel --kind print_invoice --state ready --yes")
    town.follow("StevedoreScheduleOverdue", "stevedore jobs schedules pause", schedule="invoices")
    yield ended("StevedoreKindUnserved", "StevedoreScheduleOverdue")


@pages("StevedoreBreakerOpen", "StevedoreOutsideSystemFailing", "StevedoreOrdersStuckInStage")
def provider_down(town):
    """the provider's process was killed while orders came in. The statements and `stevedore
    providers check` said that nobody answers, and which orders wait; it was started again and tried
    at once."""
    town.fleet.simulator.kill()
    yield firing("StevedoreBreakerOpen", "StevedoreOutsideSystemFailing")
    expect(town.follow("StevedoreBreakerOpen", "select provider, account"), "at_ishare|")
    expect(town.providers_check("StevedoreBreakerOpen"), "FAILS", "at_ishare")
    expect(town.follow("StevedoreOutsideSystemFailing", "sum by (dependency, outcome)"), "transient")
    expect(town.follow("StevedoreOutsideSystemFailing", "select * from fulfillment_logs"), "at_ishare")
    yield firing("StevedoreOrdersStuckInStage")
    [stuck, *_] = town.ask('max by (stage) (stevedore_order_oldest_open_age_seconds{stage!="on_hold"}) > 8')
    stage = re.search(r"'stage': '(\w+)'", stuck).group(1)
    said = town.follow("StevedoreOrdersStuckInStage", "select order_id", stage=stage)
    order = said.split("|")[0]
    said = town.follow("StevedoreOrdersStuckInStage", "select f.fulfillment_id", order_id=order)
    expect(said, "|scheduled|")
    town.provider()
    expect(town.providers_check("StevedoreBreakerOpen"), "works")
    town.follow("StevedoreBreakerOpen", "update provider_gates", provider="at_ishare")
    yield ended("StevedoreBreakerOpen", "StevedoreOutsideSystemFailing", "StevedoreOrdersStuckInStage")


@pages("StevedoreNotificationsFailing")
def bounces(town):
    """eight customers gave addresses that the mail server refuses. The statement told the refusal;
    nothing of ours was wrong, and the alert ended by itself."""
    for number in range(8):
        town.order(customer={"name": "B", "email": f"bounce@shop-{number}.example"})
    yield firing("StevedoreNotificationsFailing")
    expect(town.follow("StevedoreNotificationsFailing", "select channel, provider"), "email|", "5.1.1")
    town.follow("StevedoreNotificationsFailing", "stevedore jobs retry")
    yield ended("StevedoreNotificationsFailing")


@pages("StevedorePaymentsFailing")
def declined(town):
    """Stripe told of six payments that were declined. The statements counted them by provider and
    by address; the alert ended when no more came."""
    orders = [town.order(payment_method="stripe") for _ in range(6)]
    for order in orders:
        town.stripe(town.intent(order, "payment_failed",
                                last_payment_error={"code": "card_declined", "message": "declined"}))
    yield firing("StevedorePaymentsFailing")
    expect(town.follow("StevedorePaymentsFailing", "select provider, status"), "stripe|failed|")
    expect(town.follow("StevedorePaymentsFailing", "select ip_address"), "|")
    for order in orders:
        town.sql(f"select sp_cancel_order({order}, 'drill', 'never paid')")
    yield ended("StevedorePaymentsFailing")


@pages("StevedoreWebhookEventsDead")
def dead_event(town):
    """somebody added a constraint that payments did not fulfil, so that an event of Stripe could
    not take effect. The list and the statement told its error; the constraint was dropped and the
    event replayed."""
    order = town.order(payment_method="stripe")
    town.sql(f"alter table payment_events add constraint drill "
             f"check (provider_event_id <> 'evt_succeeded_{order}') not valid")
    town.stripe(town.intent(order, "succeeded", amount_received=1200))
    yield firing("StevedoreWebhookEventsDead")
    expect(town.follow("StevedoreWebhookEventsDead", "stevedore webhooks list"), "stripe", "dead")
    expect(town.follow("StevedoreWebhookEventsDead", "select source, event_type"), "\"payment_events\" violates")
    town.sql("alter table payment_events drop constraint drill")
    event = town.sql("select webhook_event_id from webhook_events where status = 'dead'")
    town.follow("StevedoreWebhookEventsDead", "stevedore webhooks replay", webhook_event_id=event)
    yield ended("StevedoreWebhookEventsDead")
    paid = f"select payment_status from orders where order_id = {order}"
    yield until("payment of the order", lambda: town.sql(paid) == "paid")


@pages("StevedoreWebhooksRefused")
def wrong_secret(town):
    """Stripe signed with a new secret that the API did not have. The query told `bad_signature`;
    the API was started again with both secrets and took them."""
    town.api("api-2")
    yield until("scrapes of it", lambda: town.is_scraped("api-2"))
    order = town.order(payment_method="stripe")
    event = town.intent(order, "succeeded", amount_received=1200)
    if 200 in {town.stripe(event, "whsec_new", "api-2") for _ in range(8)}:
        raise AssertionError("a wrong signature was taken")
    yield firing("StevedoreWebhooksRefused")
    expect(town.follow("StevedoreWebhooksRefused", "sum by (source, result)"), "bad_signature")
    town.follow("StevedoreWebhooksRefused", "select source, max")
    town.process("api-2").stop()
    town.api("api-2", STRIPE_WEBHOOK_SECRETS="whsec_drill,whsec_new")
    if (status := town.stripe(event, "whsec_new", "api-2")) != 200:
        raise AssertionError(f"with the new secret: {status}")
    yield ended("StevedoreWebhooksRefused")
    town.process("api-2").stop()
    town.forget("api-2")


class App:
    """A shop's app; it answers what it is told to."""

    def __init__(self, town):
        self.status, self.heard = 500, 0

        def answer(request):
            request.rfile.read(int(request.headers["Content-Length"]))
            self.heard += self.status == 204
            request.send_response(self.status)
            request.end_headers()

        handler = type("Handler", (http.server.BaseHTTPRequestHandler,), {
            "do_POST": answer, "log_message": lambda *_: None})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        town.at_end(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}/"


@pages("StevedoreWebhookDeliveriesLate", "StevedoreWebhookEndpointDisabled")
def app_down(town):
    """an app answered every event with 500, until its endpoint was disabled by itself. The lists
    and the statements named it and its answers; the app was mended and the endpoint enabled, and
    what was held back was sent."""
    app = App(town)
    town.command(f"stevedore endpoints create {app.url} --kind order")
    yield firing("StevedoreWebhookDeliveriesLate")
    expect(town.follow("StevedoreWebhookDeliveriesLate", "stevedore endpoints list"), app.url)
    late = town.follow("StevedoreWebhookDeliveriesLate", "select w.tenant_id")
    endpoint = late.split("|")[1]
    said = town.follow("StevedoreWebhookDeliveriesLate", "select a.attempted_at", endpoint_id=endpoint)
    expect(said, "|500|")
    yield firing("StevedoreWebhookEndpointDisabled")
    expect(town.follow("StevedoreWebhookEndpointDisabled", "stevedore endpoints list"), "disabled")
    said = town.follow("StevedoreWebhookEndpointDisabled", "select tenant_id, endpoint_id")
    expect(said, f"|{endpoint}|")
    app.status = 204
    town.follow("StevedoreWebhookEndpointDisabled", "stevedore endpoints enable", id=endpoint)
    yield ended("StevedoreWebhookDeliveriesLate", "StevedoreWebhookEndpointDisabled")
    yield until("events that were held back", lambda: app.heard > 0)
    town.command(f"stevedore endpoints disable {endpoint}")
    town.sql(f"update webhook_endpoints set state = 'deleted' where endpoint_id = {endpoint}")


@pages("StevedoreCredentialsRefused", "StevedoreTicketCritical")
def key_revoked(town):
    """the provider took another key from one moment to the next. The statement showed its 401, and
    there was a critical ticket; workers were started again with the new key, and the ticket was
    resolved."""
    old, new = town.provider_key, "renewed-key"
    town.provider_key = new
    town.fleet.simulator.kill()
    town.provider()
    yield firing("StevedoreCredentialsRefused", "StevedoreTicketCritical")
    expect(town.follow("StevedoreCredentialsRefused", "select provider_code"), "at_ishare|", "Agent not found")
    town.follow("StevedoreCredentialsRefused", "select split_part")
    check = "StevedoreCredentialsRefused"
    expect(town.providers_check(check, AT_ISHARE_API_KEY=old), "FAILS")
    expect(town.providers_check(check), "works")
    said = town.follow("StevedoreTicketCritical", "select ticket_id")
    for name in ("hands-1", "hands-2"):
        town.process(name).stop()
        town.worker(name, WORKER_CONCURRENCY="16")
    town.follow("StevedoreCredentialsRefused", "stevedore jobs retry")
    for line in said.splitlines():
        ticket_id, order = line.split("|")[0], line.split("|")[-2]
        town.follow("StevedoreTicketCritical", "select stage", order_id=order)
        town.follow("StevedoreTicketCritical", "select sp_resolve_ticket", ticket_id=ticket_id)
    yield until("open tickets, none", lambda: not open_tickets(town))
    yield ended("StevedoreCredentialsRefused", "StevedoreTicketCritical")


def open_tickets(town):
    """What came up meanwhile is resolved, too."""
    left = town.sql("select ticket_id from tickets where state = 'open' and severity = 'critical'")
    for ticket_id in left.split():
        town.follow("StevedoreTicketCritical", "select sp_resolve_ticket", ticket_id=ticket_id)
    return left


# A simulated town's, as of each order of goods.
ADDRESS = {"recipient": "A buyer", "address": "1 High Street", "city": "Accra", "country": "GH"}


@pages("StevedoreProviderTokenEnded")
def token_ended(town):
    """the login of UPS answered with HTTP 500 from one moment to the next, the end of its token came
    (its hours were cut short), and its parcels were asked for. The statement showed when the token
    had ended, and `stevedore providers check` what the login answered; nothing was to be done, the
    breaker's first probe after the login answered again renewed it."""
    ups = {"UPS_CLIENT_ID": "simulator", "UPS_CLIENT_SECRET": town.provider_key,
           "UPS_API_URL": f"http://127.0.0.1:{town.port('provider')}/ups"}
    settings = ups | {"WORKER_QUEUES": "maintenance", "POLL_TRACKING_EVERY": "1s"}
    worker = town.worker("tracker", **settings)
    try:
        order = town.order(lines=[{"sku": "MUG-RED", "quantity": 1}], shipping_address=ADDRESS)
        parcels = ("insert into shipments (order_id, fulfillment_id, carrier_code, tracking_number) "
                   f"select {order}, fulfillment_id, 'ups', '1Z999AA1' || 10000000 + n "
                   f"from fulfillments, generate_series(1, 10) as n where order_id = {order} returning 1")
        yield until("its parcels", lambda: town.sql(parcels))
        are_due = "update tracking_schedule set next_poll_at = now()"
        town.sql(are_due)
        kept = "select count(*) from provider_tokens where expires_at > now()"
        yield until("its token", lambda: town.sql(kept) == "1")
        town.carrier_fault("ups", "log_in", {"kind": "server_error"})
        # A worker believes for a minute what it has read.
        worker.stop()
        town.sql(f"update provider_tokens set expires_at = now(); {are_due}")
        worker = town.worker("tracker", **settings)
        yield firing("StevedoreProviderTokenEnded")
        said = town.follow("StevedoreProviderTokenEnded", "select token_name")
        expect(said, "ups/simulator|t|")
        expect(town.providers_check("StevedoreProviderTokenEnded", **ups), "FAILS  carrier   ups", "internal error")
        town.carrier_fault("ups", "log_in", {"kind": "latency", "milliseconds": 0})
        expect(town.providers_check("StevedoreProviderTokenEnded", **ups), "works  carrier   ups")
        yield ended("StevedoreProviderTokenEnded")
    finally:
        # No job stays that only this worker could run.
        town.command("stevedore jobs schedules pause poll_tracking")
        worker.stop()
        town.sql("select queue.cancel(job_id) from queue.jobs where kind = 'poll_tracking'")
        town.forget("tracker")


phase(paused, unserved, bloat)
phase(bounces, declined, dead_event, wrong_secret, app_down)
phase(provider_down)
phase(key_revoked, slow)
phase(token_ended)
