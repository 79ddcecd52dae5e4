//! Events of payment providers, from the inbox to their effect.

use serde_json::{Value, json};
use stevedore_model::TenantId;
use stevedore_model::inbox::{self, Arrival, Filter, Summary};
use stevedore_testkit::wait_for;

use crate::shop::{GOOD_NUMBER, Shop, order};

const TENANT: TenantId = TenantId::SHOP;
/// What the order costs.
const TOTAL: i64 = 480;

impl Shop {
    /// An order that waits for its payment.
    async fn unpaid(&self) -> i64 {
        let mut order = order(GOOD_NUMBER);
        order["payment_method"] = json!("stripe");
        self.place(order).await
    }

    async fn receive(&self, source: &'static str, event_id: &str, body: &Value) -> i64 {
        self.receive_text(source, event_id, &body.to_string()).await
    }

    /// As the API stores what was proven; answers the event's row.
    pub async fn receive_text(&self, source: &'static str, event_id: &str, body: &str) -> i64 {
        let arrival = Arrival {
            source,
            event_id: event_id.to_owned(),
            event_type: None,
            headers: json!({}),
            body: body.as_bytes().to_vec(),
            traceparent: None,
        };
        let stored = inbox::receive(self.pool(), TENANT, &[&arrival]).await;
        stored.expect("stored")[0].webhook_event_id
    }

    async fn stripe(&self, id: &str, kind: &str, object: Value) -> i64 {
        let body = json!({
            "id": id, "object": "event", "type": kind, "created": 1_800_000_000,
            "livemode": true, "pending_webhooks": 1, "data": { "object": object },
        });
        self.receive("stripe", id, &body).await
    }

    async fn razorpay(&self, event: &str, payload: Value) -> i64 {
        let body = json!({
            "entity": "event", "account_id": "acc_1", "event": event, "payload": payload,
            "created_at": 1_800_000_000,
        });
        self.receive("razorpay", event, &body).await
    }

    async fn event(&self, id: i64) -> Summary {
        let all = inbox::list(self.pool(), TENANT, &Filter::default(), None, 100).await;
        let mut all = all.expect("a list").into_iter();
        all.find(|event| event.webhook_event_id == id)
            .expect("an event")
    }

    pub async fn wait_for_event(&self, id: i64, status: &str) -> Summary {
        wait_for(&format!("event {id} to be {status}"), async || {
            let event = self.event(id).await;
            (event.status == status).then_some(event)
        })
        .await
    }

    async fn reserved(&self) -> i64 {
        self.number("select sum(reserved + allocated)::bigint from inventory_levels")
            .await
    }
}

fn session(order_id: i64, payment_status: &str) -> Value {
    json!({
        "id": "cs_1", "object": "checkout.session", "mode": "payment", "status": "complete",
        "payment_status": payment_status, "amount_total": TOTAL, "currency": "ghs",
        "payment_intent": "pi_1", "client_reference_id": order_id.to_string(), "metadata": {},
    })
}

/// As a checkout makes it: it does not name the order.
fn intent() -> Value {
    json!({
        "id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": TOTAL,
        "amount_received": TOTAL, "amount_capturable": 0, "currency": "ghs", "metadata": {},
        "last_payment_error": null,
    })
}

#[tokio::test]
async fn f1_a_checkout_that_is_complete_but_unpaid_is_not_fulfilled_and_a_paid_one_is() {
    let shop = Shop::new().await;
    let order_id = shop.unpaid().await;
    let worker = shop.worker();
    let unpaid = session(order_id, "unpaid");
    let event = shop
        .stripe("evt_1", "checkout.session.completed", unpaid)
        .await;
    let event = shop.wait_for_event(event, "ignored").await;
    let error = event.error.expect("a reason");
    assert!(error.contains("the money has not come"), "{error}");
    assert_eq!(shop.view(order_id).await.order_status, "pending");

    let paid = session(order_id, "paid");
    let kind = "checkout.session.async_payment_succeeded";
    let event = shop.stripe("evt_2", kind, paid).await;
    shop.wait_for_event(event, "processed").await;
    let order = shop.wait_for_status(order_id, "delivered").await;
    assert_eq!(order.payment_status, "paid");
    worker.stop().await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f2_an_event_that_comes_before_the_one_that_names_its_order_waits_for_it() {
    let shop = Shop::new().await;
    let order_id = shop.unpaid().await;
    let worker = shop.worker();
    let early = shop
        .stripe("evt_2", "payment_intent.succeeded", intent())
        .await;
    let failed = shop.wait_for_event(early, "failed").await;
    let error = failed.error.expect("an error");
    assert!(error.contains("there is no payment pi_1"), "{error}");

    let paid = session(order_id, "paid");
    let late = shop
        .stripe("evt_1", "checkout.session.completed", paid)
        .await;
    shop.wait_for_event(late, "processed").await;
    shop.wait_for_event(early, "processed").await;
    shop.wait_for_status(order_id, "delivered").await;
    let captured = "select sum(captured_amount)::bigint from payments";
    assert_eq!(shop.number(captured).await, TOTAL, "two events, one fact");
    worker.stop().await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f3_a_failed_payment_gives_the_stock_back_and_a_late_success_takes_it_again() {
    let shop = Shop::new().await;
    let order_id = shop.unpaid().await;
    assert_eq!(shop.reserved().await, 1);
    let worker = shop.worker();
    let mut refused = intent();
    refused["metadata"] = json!({ "order_id": order_id.to_string() });
    refused["last_payment_error"] = json!({
        "code": "card_declined", "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.",
    });
    let event = shop
        .stripe("evt_1", "payment_intent.payment_failed", refused)
        .await;
    shop.wait_for_event(event, "processed").await;
    assert_eq!(shop.view(order_id).await.order_status, "payment_failed");
    assert_eq!(shop.reserved().await, 0);

    // The customer takes another card.
    let event = shop
        .stripe("evt_2", "payment_intent.succeeded", intent())
        .await;
    shop.wait_for_event(event, "processed").await;
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f1_the_sum_of_a_refund_waits_for_the_refund_itself_and_counts_once() {
    let shop = Shop::new().await;
    let order_id = shop.unpaid().await;
    let worker = shop.worker();
    let paid = session(order_id, "paid");
    shop.stripe("evt_1", "checkout.session.completed", paid)
        .await;
    shop.wait_for_status(order_id, "delivered").await;

    let charge = json!({
        "id": "ch_1", "object": "charge", "amount": TOTAL, "amount_refunded": 100,
        "refunded": false, "currency": "ghs", "payment_intent": "pi_1", "metadata": {},
    });
    let sum = shop.stripe("evt_2", "charge.refunded", charge).await;
    let error = shop.wait_for_event(sum, "failed").await.error.expect("why");
    assert!(error.contains("100 of pi_1 and 0 are known"), "{error}");
    let refund = json!({
        "id": "re_1", "object": "refund", "amount": 100, "currency": "ghs", "status": "succeeded",
        "payment_intent": "pi_1", "charge": "ch_1", "metadata": {},
    });
    for (id, kind) in [("evt_3", "refund.created"), ("evt_4", "refund.updated")] {
        let event = shop.stripe(id, kind, refund.clone()).await;
        shop.wait_for_event(event, "processed").await;
    }
    shop.wait_for_event(sum, "processed").await;
    let refunded = "select sum(refunded_amount)::bigint from payments";
    assert_eq!(shop.number(refunded).await, 100);
    worker.stop().await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f1_razorpay_tells_of_failure_capture_and_refund_in_any_order() {
    let shop = Shop::new().await;
    let order_id = shop.unpaid().await;
    let number = shop.view(order_id).await.order_number;
    let worker = shop.worker();
    let payment = |status: &str| {
        json!({ "entity": {
            "id": "pay_1", "entity": "payment", "amount": TOTAL, "currency": "GHS",
            "status": status, "order_id": "order_1", "notes": { "order_number": number },
            "error_code": null, "error_reason": null, "error_description": null,
        }})
    };
    let refund = json!({ "entity": {
        "id": "rfnd_1", "entity": "refund", "payment_id": "pay_1", "amount": 80,
        "currency": "GHS", "notes": [], "status": "processed",
    }});
    let payload = json!({ "refund": refund, "payment": payment("captured") });
    let refunded = shop.razorpay("refund.processed", payload).await;
    shop.wait_for_event(refunded, "processed").await;
    for (event, status) in [
        ("payment.captured", "captured"),
        ("payment.authorized", "authorized"),
        ("payment.failed", "failed"),
    ] {
        let id = shop
            .razorpay(event, json!({ "payment": payment(status) }))
            .await;
        shop.wait_for_event(id, "processed").await;
    }
    let order = shop.wait_for_status(order_id, "delivered").await;
    assert_eq!(order.payment_status, "partially_refunded");
    worker.stop().await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f2_what_can_not_be_read_or_is_never_true_is_dead_and_can_be_replayed() {
    let shop = Shop::new().await;
    let order_id = shop.unpaid().await;
    let worker = shop.worker();
    let unreadable = shop.receive("stripe", "evt_1", &json!({ "id": 7 })).await;
    let error = shop.wait_for_event(unreadable, "dead").await.error;
    assert!(error.expect("why").contains("can't be read"));

    let mut foreign = intent();
    foreign["metadata"] = json!({ "order_id": order_id.to_string() });
    foreign["currency"] = json!("eur");
    let refused = shop
        .stripe("evt_2", "payment_intent.succeeded", foreign)
        .await;
    let error = shop.wait_for_event(refused, "dead").await.error;
    assert!(error.expect("why").contains("currency_mismatch"));

    // Nobody will ever name this one's order: it is given up after all its attempts.
    let orphan = shop
        .stripe("evt_3", "payment_intent.succeeded", intent())
        .await;
    let dead = shop.wait_for_event(orphan, "dead").await;
    assert_eq!(dead.attempts, 10);
    let opened = "select open_payment(min(order_id), 'stripe', 'pi_1') from orders";
    shop.execute(opened).await;
    let replayed = inbox::replay(shop.pool(), TENANT, orphan).await;
    assert!(replayed.expect("replayed").is_some());
    shop.wait_for_event(orphan, "processed").await;
    shop.wait_for_status(order_id, "delivered").await;
    let nothing = inbox::replay(shop.pool(), TENANT, 999).await;
    assert_eq!(nothing.expect("an answer"), None);
    worker.stop().await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f2_an_event_whose_worker_died_in_its_last_attempt_is_dead_until_it_is_replayed() {
    let shop = Shop::new().await;
    let id = shop.stripe("evt_1", "customer.created", json!({})).await;
    shop.execute(
        "with gone as (delete from queue.jobs where kind = 'ingest_webhook' returning *)
         insert into queue.dead_jobs (job_id, died_at, run_at, created_at, attempt, forgiven,
           priority, queue, kind, args, last_error)
         select job_id, clock_now(), run_at, created_at, 10, 0, priority, queue, kind, args, 'gone'
         from gone",
    )
    .await;
    for expected in [1, 0] {
        let buried = inbox::bury_dead(shop.pool(), 10).await.expect("buried");
        assert_eq!(buried, expected);
    }
    assert_eq!(shop.event(id).await.status, "dead");
    inbox::replay(shop.pool(), TENANT, id)
        .await
        .expect("replayed");
    // The old job's death is not the new job's.
    assert_eq!(inbox::bury_dead(shop.pool(), 10).await.expect("none"), 0);
    let worker = shop.worker();
    shop.wait_for_event(id, "ignored").await;
    worker.stop().await;
}

#[tokio::test]
async fn g5_a_status_of_twilio_is_kept_for_its_message() {
    let shop = Shop::new().await;
    let body = "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003&To=%2B1";
    let id = shop.receive_text("twilio", "SM1:undelivered", body).await;
    let worker = shop.worker();
    shop.wait_for_event(id, "processed").await;
    let kept = "select count(*) from notification_receipts where provider = 'twilio'
        and message_id = 'SM1' and status = 'undelivered' and error_code = '30003'";
    assert_eq!(shop.number(kept).await, 1);
    worker.stop().await;
}

#[tokio::test]
async fn f1_a_sender_of_standard_webhooks_may_tell_of_payments_but_not_in_stripes_name() {
    let shop = Shop::new().await;
    let order_id = shop.unpaid().await;
    let worker = shop.worker();
    let mut body = json!({
        "type": "payment.captured", "timestamp": "2026-11-21T10:00:00Z",
        "data": {
            "provider": "stripe", "payment_id": "bank-7", "order_id": order_id,
            "amount": TOTAL, "currency": "GHS",
        },
    });
    let event = shop.receive("standard", "msg_1", &body).await;
    let error = shop.wait_for_event(event, "dead").await.error;
    assert!(error.expect("why").contains("stripe speaks for itself"));
    body["data"]["provider"] = json!("bank_transfer");
    let event = shop.receive("standard", "msg_2", &body).await;
    shop.wait_for_event(event, "processed").await;
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
    shop.assert_books_balance().await;
}
