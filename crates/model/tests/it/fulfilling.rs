//! From the worker's first call to delivered, and every way it goes wrong.

use std::time::Duration;

use serde_json::json;
use stevedore_model::fulfillments::{self, FulfillmentLog, FulfillmentWork, LogAction, LogStatus};
use stevedore_model::notifications::Miss;
use stevedore_model::{notifications, orders};

use crate::shop::{SHOP, Shop, order};

/// A shop with one confirmed order of these lines, and its fulfilments.
async fn confirmed(lines: &[(&str, i64)]) -> (Shop, i64, Vec<i64>) {
    let shop = Shop::stocked(10).await;
    let order_id = shop.placed(&order("cod", lines)).await;
    let fulfillments = shop.fulfillments(order_id).await;
    (shop, order_id, fulfillments)
}

async fn begin(shop: &Shop, fulfillment_id: i64) -> FulfillmentWork {
    let work = fulfillments::begin(shop.pool(), SHOP, fulfillment_id)
        .await
        .unwrap();
    work.expect("there is work")
}

async fn status_of(shop: &Shop, fulfillment_id: i64) -> String {
    let status = "select status from fulfillments where fulfillment_id =";
    shop.text(&format!("{status} {fulfillment_id}")).await
}

#[tokio::test]
async fn a_digital_order_goes_from_confirmed_to_delivered_and_its_units_leave() {
    let (shop, order_id, ids) = confirmed(&[("DATA", 3)]).await;
    let work = begin(&shop, ids[0]).await;
    assert_eq!(
        (work.attempt, work.resumed, work.since_last),
        (1, false, None)
    );
    assert_eq!(work.lines.len(), 1);
    assert_eq!(
        work.lines[0].recipient_phone.as_deref(),
        Some("+233241234567")
    );
    assert_eq!(
        (work.lines[0].quantity, &work.lines[0].attributes["network"]),
        (3, &json!("MTN"))
    );
    assert_eq!(shop.order(order_id).await.order_status, "processing");

    fulfillments::accept(shop.pool(), SHOP, ids[0], Some("P-1"))
        .await
        .unwrap();
    for _ in 0..2 {
        fulfillments::deliver(shop.pool(), SHOP, ids[0], None)
            .await
            .expect("twice is once");
    }
    let view = shop.order(order_id).await;
    assert_eq!(view.order_status, "delivered");
    assert!(view.delivered_at.is_some());
    assert_eq!(
        view.fulfillments[0].provider_order_id.as_deref(),
        Some("P-1")
    );
    assert_eq!(shop.stock("DATA").await, (7, 0, 0));
    let told = "select string_agg(notification_type, ',' order by notification_id)
        from notification_queue";
    assert_eq!(shop.text(told).await, "order_confirmed,order_delivered");
    assert!(
        fulfillments::begin(shop.pool(), SHOP, ids[0])
            .await
            .unwrap()
            .is_none()
    );
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn an_order_is_delivered_when_all_its_fulfilments_are() {
    let (shop, order_id, ids) = confirmed(&[("DATA", 1), ("DATA", 2), ("MUG-1", 1)]).await;
    assert_eq!(ids.len(), 3);
    for (done, id) in ids.iter().enumerate() {
        assert_ne!(
            shop.order(order_id).await.order_status,
            "delivered",
            "after {done}"
        );
        begin(&shop, *id).await;
        fulfillments::deliver(shop.pool(), SHOP, *id, None)
            .await
            .unwrap();
    }
    assert_eq!(shop.order(order_id).await.order_status, "delivered");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn goods_fulfilled_by_hand_pass_every_station_of_a_parcel() {
    let (shop, order_id, _) = confirmed(&[("HAND", 2), ("DATA", 1)]).await;
    let jobs = "select count(*) from queue.jobs where kind = 'fulfil_order'";
    assert_eq!(shop.number(jobs).await, 1, "a person needs no job");
    let by_hand = "update fulfillments set status = '{}' where provider_code = 'manual'";
    for (station, expected, on_hand) in [
        ("picking", "processing", 10),
        ("packed", "processing", 10),
        ("shipped", "partially_shipped", 8),
        ("delivered", "partially_shipped", 8),
    ] {
        shop.run(&by_hand.replace("{}", station)).await;
        assert_eq!(
            shop.order(order_id).await.order_status,
            expected,
            "{station}"
        );
        assert_eq!(shop.stock("HAND").await.0, on_hand, "{station}");
    }
    let digital = shop
        .number("select fulfillment_id from fulfillments where provider_code <> 'manual'")
        .await;
    begin(&shop, digital).await;
    fulfillments::deliver(shop.pool(), SHOP, digital, None)
        .await
        .unwrap();
    assert_eq!(shop.order(order_id).await.order_status, "delivered");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_failed_attempt_waits_and_an_unanswered_one_is_looked_up_first() {
    let (shop, order_id, ids) = confirmed(&[("DATA", 1)]).await;
    let first = begin(&shop, ids[0]).await;
    fulfillments::retry_later(shop.pool(), SHOP, ids[0], "busy", "503", false)
        .await
        .unwrap();
    assert_eq!(status_of(&shop, ids[0]).await, "pending");
    let second = begin(&shop, ids[0]).await;
    assert_eq!((second.attempt, second.resumed), (2, false));
    assert_eq!(
        second.reference, first.reference,
        "the provider knows both by one name"
    );
    fulfillments::retry_later(shop.pool(), SHOP, ids[0], "lost", "?", true)
        .await
        .unwrap();
    assert_eq!(status_of(&shop, ids[0]).await, "submitted");
    let third = begin(&shop, ids[0]).await;
    assert!(third.resumed && third.since_last.is_some());
    // A crash between begin and the answer looks the same.
    assert!(begin(&shop, ids[0]).await.resumed);
    fulfillments::retry_later(shop.pool(), SHOP, ids[0], "absent", "404", false)
        .await
        .unwrap();
    orders::cancel(shop.pool(), SHOP, order_id, "Ama", "enough")
        .await
        .expect("surely not sent");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn failing_for_good_holds_the_order_records_the_error_and_tells_the_customer() {
    let (shop, order_id, ids) = confirmed(&[("DATA", 1), ("DATA", 1)]).await;
    begin(&shop, ids[0]).await;
    fulfillments::deliver(shop.pool(), SHOP, ids[0], None)
        .await
        .unwrap();
    begin(&shop, ids[1]).await;
    for _ in 0..2 {
        fulfillments::fail(
            shop.pool(),
            SHOP,
            ids[1],
            "bad_phone",
            "no\0",
            "delivery",
            "high",
        )
        .await
        .expect("twice is once");
    }
    let view = shop.order(order_id).await;
    assert_eq!(
        (view.order_status.as_str(), view.error_count),
        ("on_hold", 1)
    );
    let error = "select category || '/' || severity || '/' || code from order_errors";
    assert_eq!(shop.text(error).await, "delivery/high/bad_phone");
    let told = "select count(*) from notification_queue where notification_type = 'order_delayed'";
    assert_eq!(shop.number(told).await, 1);
    assert!(
        fulfillments::begin(shop.pool(), SHOP, ids[1])
            .await
            .unwrap()
            .is_none()
    );

    // The failed job is still about to end: its key is taken, and it is given back by then.
    shop.run("delete from queue.jobs where kind = 'fulfil_order'")
        .await;
    orders::resume(shop.pool(), SHOP, order_id, "boss", Some("number fixed"))
        .await
        .unwrap();
    let jobs = format!(
        "select count(*) from queue.jobs where unique_key = 'fulfil_order:{}'",
        ids[1]
    );
    assert_eq!(
        shop.number(&jobs).await,
        1,
        "a resumed order has a job again"
    );
    begin(&shop, ids[1]).await;
    fulfillments::deliver(shop.pool(), SHOP, ids[1], None)
        .await
        .unwrap();
    let view = shop.order(order_id).await;
    assert_eq!(
        (view.order_status.as_str(), view.error_count),
        ("delivered", 0)
    );
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn an_unknown_outcome_is_parked_until_a_person_finds_out() {
    for (resolution, order_status) in [("resume", "processing"), ("deliver", "on_hold")] {
        let (shop, order_id, ids) = confirmed(&[("DATA", 1)]).await;
        begin(&shop, ids[0]).await;
        fulfillments::park(shop.pool(), SHOP, ids[0], "no_answer", "timeout")
            .await
            .unwrap();
        fulfillments::park(shop.pool(), SHOP, ids[0], "no_answer", "timeout")
            .await
            .unwrap();
        let view = shop.order(order_id).await;
        assert_eq!(
            (view.order_status.as_str(), view.error_count),
            ("on_hold", 1)
        );
        if resolution == "resume" {
            orders::resume(shop.pool(), SHOP, order_id, "boss", None)
                .await
                .unwrap();
            assert!(begin(&shop, ids[0]).await.resumed, "it would be sent twice");
        } else {
            fulfillments::deliver(shop.pool(), SHOP, ids[0], Some("found"))
                .await
                .unwrap();
        }
        assert_eq!(
            shop.order(order_id).await.order_status,
            order_status,
            "{resolution}"
        );
        if resolution == "deliver" {
            let view = orders::resume(shop.pool(), SHOP, order_id, "boss", None)
                .await
                .unwrap();
            assert_eq!(view.order_status, "delivered");
        }
        shop.assert_books_balance().await;
    }
}

#[tokio::test]
async fn calls_to_providers_are_on_record_once_per_attempt_and_action() {
    let (shop, _, ids) = confirmed(&[("DATA", 1)]).await;
    let work = begin(&shop, ids[0]).await;
    let mut log = FulfillmentLog {
        fulfillment_id: ids[0],
        called: None,
        attempt: Some(work.attempt),
        action: LogAction::Trigger,
        status: LogStatus::Failed,
        api_request: Some(json!({"network": "MTN"})),
        api_response: Some(json!({"error": "PHP \0 warning"})),
        http_status: Some(503),
        duration: Some(Duration::from_millis(120)),
        error_code: Some("busy".into()),
        error_message: Some("try\0later".into()),
        retryable: Some(true),
        next_retry_in: Some(Duration::from_secs(300)),
    };
    fulfillments::log(shop.pool(), SHOP, &log).await.unwrap();
    log.status = LogStatus::Success;
    fulfillments::log(shop.pool(), SHOP, &log).await.unwrap();
    log.action = LogAction::Verify;
    fulfillments::log(shop.pool(), SHOP, &log).await.unwrap();
    let rows = "select string_agg(action || ':' || status, ',' order by fulfillment_log_id)
        from fulfillment_logs";
    assert_eq!(shop.text(rows).await, "trigger:success,verify:success");
    let due = "select extract(epoch from next_retry_at - created_at) from fulfillment_logs limit 1";
    assert_eq!(shop.number(due).await, 300);
}

#[tokio::test]
async fn a_notice_is_sent_once_or_given_up_with_an_error_on_the_order() {
    let (shop, order_id, _) = confirmed(&[("MUG-1", 1)]).await;
    let id = shop
        .number("select notification_id from notification_queue")
        .await;
    let begin = async || notifications::begin(shop.pool(), SHOP, id).await.unwrap();
    let notice = begin().await.expect("there is one");
    assert_eq!(notice.notification_type, "order_confirmed");
    assert_eq!(notice.recipient.as_deref(), Some("ama@example.com"));
    assert_eq!(notice.payload["customer_name"], "Ama Mensah");
    assert_eq!(notice.payload["lines"][0]["sku"], "MUG-1");
    assert_eq!(notice.unknown_since, None);
    assert!(begin().await.expect("still").unknown_since.is_some());
    let busy = Miss {
        provider: "smtp",
        code: Some("451"),
        error: "451 later",
        is_unknown: false,
        is_permanent: false,
        is_last: false,
    };
    let miss = async |miss| {
        notifications::miss(shop.pool(), SHOP, id, &miss)
            .await
            .unwrap()
    };
    assert!(!miss(busy).await);
    assert_eq!(begin().await.expect("again").unknown_since, None);
    let refused = Miss {
        code: Some("550"),
        ..busy
    };
    assert!(miss(refused).await, "given up");
    assert!(begin().await.is_none());
    assert_eq!(shop.order(order_id).await.error_count, 1);
    let sent = async || {
        notifications::mark_sent(shop.pool(), SHOP, id, "smtp", "<m@x>")
            .await
            .unwrap()
    };
    // An attempt thought dead came through after all.
    assert!(sent().await && !sent().await);
    let end = "select status || ' ' || attempts from notification_queue";
    assert_eq!(shop.text(end).await, "sent 3");
}

#[tokio::test]
async fn the_tally_counts_orders_notices_units_and_whatever_has_no_job() {
    let (shop, _, ids) = confirmed(&[("DATA", 2)]).await;
    shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    begin(&shop, ids[0]).await;
    fulfillments::deliver(shop.pool(), SHOP, ids[0], None)
        .await
        .unwrap();
    let tally = orders::tally(shop.pool(), SHOP).await.unwrap();
    assert_eq!(
        (tally.orders_in("delivered"), tally.orders_in("pending")),
        (1, 1)
    );
    assert_eq!(
        (tally.orders_moving(), tally.notifications_in("pending")),
        (1, 2)
    );
    assert_eq!(tally.units_shipped.get("DATA"), Some(&2));
    assert_eq!(
        (
            tally.fulfillments_without_job,
            tally.notifications_without_job
        ),
        (0, 0)
    );
    shop.run("delete from queue.jobs").await;
    let tally = orders::tally(shop.pool(), SHOP).await.unwrap();
    assert_eq!(
        (
            tally.fulfillments_without_job,
            tally.notifications_without_job
        ),
        (1, 2)
    );
}

#[tokio::test]
async fn a_resumed_order_has_a_job_for_each_open_fulfilment() {
    let (shop, order_id, ids) = confirmed(&[("DATA", 1), ("DATA", 1)]).await;
    begin(&shop, ids[0]).await;
    fulfillments::accept(shop.pool(), SHOP, ids[0], Some("P-1"))
        .await
        .unwrap();
    begin(&shop, ids[1]).await;
    fulfillments::fail(shop.pool(), SHOP, ids[1], "422", "no", "delivery", "medium")
        .await
        .unwrap();
    let work = begin(&shop, ids[0]).await;
    assert!(
        work.look_only && work.resumed,
        "it was sent, so it is asked"
    );
    shop.run("delete from queue.jobs where kind = 'fulfil_order'")
        .await;
    orders::resume(shop.pool(), SHOP, order_id, "boss", None)
        .await
        .unwrap();
    let jobs = "select count(*) from queue.jobs where kind = 'fulfil_order'";
    assert_eq!(shop.number(jobs).await, 2);
    assert!(!begin(&shop, ids[0]).await.look_only);
    // A job that ended too early does not count as the job of an open fulfilment.
    shop.run(&format!(
        "with gone as (delete from queue.jobs where unique_key = 'fulfil_order:{}' returning *)
        insert into queue.dead_jobs (job_id, died_at, run_at, created_at, attempt, forgiven,
            priority, queue, kind, args, unique_key)
        select job_id, clock_now(), run_at, created_at, 13, 0, priority, queue, kind, args,
            unique_key
        from gone",
        ids[0]
    ))
    .await;
    let tally = orders::tally(shop.pool(), SHOP).await.unwrap();
    assert_eq!(tally.fulfillments_without_job, 1);
    assert_eq!(
        fulfillments::park_dead(shop.pool(), 10).await.unwrap(),
        1,
        "nobody else would end it"
    );
    assert_eq!(fulfillments::park_dead(shop.pool(), 10).await.unwrap(), 0);
    assert_eq!(status_of(&shop, ids[0]).await, "on_hold");
    assert_eq!(shop.order(order_id).await.order_status, "on_hold");
    let tally = orders::tally(shop.pool(), SHOP).await.unwrap();
    assert_eq!(tally.fulfillments_without_job, 0);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_notice_whose_job_died_is_given_up_and_the_order_says_so() {
    let (shop, order_id, _) = confirmed(&[("MUG-1", 1)]).await;
    let fail_dead = || notifications::fail_dead(shop.pool(), 10);
    assert_eq!(fail_dead().await.unwrap(), 0, "its job is still there");
    shop.run(
        "with gone as (delete from queue.jobs where kind = 'send_notification' returning *)
        insert into queue.dead_jobs (job_id, died_at, run_at, created_at, attempt, forgiven,
            priority, queue, kind, args, unique_key)
        select job_id, clock_now(), run_at, created_at, 5, 0, priority, queue, kind, args,
            unique_key
        from gone",
    )
    .await;
    assert_eq!(fail_dead().await.unwrap(), 1);
    assert_eq!(fail_dead().await.unwrap(), 0);
    let failed = "select count(*) from notification_queue where status = 'failed'";
    assert_eq!(shop.number(failed).await, 1);
    assert_eq!(shop.order(order_id).await.error_count, 1);
}
