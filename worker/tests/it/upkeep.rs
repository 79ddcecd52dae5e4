//! What comes by itself, notices that are not taken, and the process around the jobs.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use stevedore_model::archive;
use stevedore_model::retention::Table;
use stevedore_telemetry::catalogue::{self, Values};
use stevedore_testkit::wait_for;

use crate::shop::{GOOD_NUMBER, Shop, order};

#[tokio::test]
async fn an_order_that_is_not_confirmed_in_time_expires_and_gives_its_stock_back() {
    let mut shop = Shop::new().await;
    shop.settings.upkeep.expire_reservations_every = Duration::from_millis(200);
    shop.execute("insert into order_settings (reservation_ttl) values (interval '1 second')")
        .await;
    let mut unpaid = order(GOOD_NUMBER);
    unpaid["payment_method"] = json!("stripe");
    let order_id = shop.place(unpaid).await;
    assert_eq!(shop.view(order_id).await.order_status, "pending");
    let worker = shop.worker();
    shop.wait_for_status(order_id, "expired").await;
    worker.stop().await;
    assert_eq!(
        shop.number("select sum(reserved)::bigint from inventory_levels")
            .await,
        0
    );
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 0);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn old_notices_are_deleted_and_young_ones_stay() {
    let mut shop = Shop::new().await;
    shop.order(GOOD_NUMBER).await;
    shop.execute(
        "insert into notification_queue
            (notification_type, recipient, status, dedupe_key, updated_at)
        select 'order_confirmed', 'old@example.com', 'sent', 'old:' || n,
            clock_now() - interval '91 days'
        from generate_series(1, 2500) as n",
    )
    .await;
    shop.settings.upkeep.clean_up_every = Duration::from_millis(200);
    let worker = shop.worker();
    wait_for("the old notices to be gone", async || {
        let old = "select count(*) from notification_queue where dedupe_key like 'old:%'";
        (shop.number(old).await == 0).then_some(())
    })
    .await;
    shop.wait_for_mails(2).await;
    worker.stop().await;
    assert_eq!(
        shop.number("select count(*) from notification_queue").await,
        2
    );
}

#[tokio::test]
async fn j4_workers_put_details_of_old_orders_away_when_they_are_told_to() {
    let mut shop = Shop::new().await;
    let order_id = shop.order(GOOD_NUMBER).await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    shop.wait_for_mails(2).await;
    shop.wait_until_idle().await;
    worker.stop().await;
    let before = serde_json::to_value(shop.view(order_id).await).expect("it is JSON");
    shop.settings.upkeep.clean_up_every = Duration::from_millis(200);
    shop.settings.upkeep.retention_order_details = Some(Duration::from_millis(1));
    let worker = shop.worker();
    wait_for("the details to be put away", async || {
        let put_away = "select count(*) from archived_orders";
        (shop.number(put_away).await == 1).then_some(())
    })
    .await;
    worker.stop().await;
    let left = "select count(*) from order_state_history";
    assert_eq!(shop.number(left).await, 0);
    let after = serde_json::to_value(shop.view(order_id).await).expect("it is JSON");
    assert_eq!(after, before);
    shop.assert_books_balance().await;
}

#[test]
fn j4_the_metric_of_removed_rows_begins_at_zero_for_every_table() {
    let metric = catalogue::all().find(|metric| metric.name == "stevedore_rows_removed_total");
    let Values::Closed(tables) = metric.expect("it is in the catalogue").labels[0].values else {
        panic!("its tables are known beforehand");
    };
    let mut cleaned: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
    cleaned.extend(archive::TABLES);
    let cleaned: BTreeSet<&str> = cleaned.into_iter().collect();
    assert_eq!(tables.iter().copied().collect::<BTreeSet<_>>(), cleaned);
}

#[tokio::test]
async fn a_notice_that_is_not_taken_yet_is_sent_again_under_the_same_name() {
    let shop = Shop::new().await;
    let mut greylisted = order(GOOD_NUMBER);
    greylisted["customer"]["email"] = json!("greylist@example.com");
    let order_id = shop.place(greylisted).await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    shop.wait_for_mails(2).await;
    shop.wait_until_idle().await;
    worker.stop().await;
    let mail = shop.simulator.state().mail;
    assert_eq!((mail.refused, mail.duplicates), (1, 0));
    let twice = "select count(*) from notification_queue where status = 'sent' and attempts = 2";
    assert_eq!(shop.number(twice).await, 1);
}

#[tokio::test]
async fn a_notice_that_is_refused_is_given_up_and_the_order_says_so() {
    let mut shop = Shop::new().await;
    let mut bounced = order(GOOD_NUMBER);
    bounced["customer"]["email"] = json!("bounce@example.com");
    let order_id = shop.place(bounced).await;
    let failed = "select count(*) from notification_queue
        where status = 'failed' and last_error = 'the mail server answered 5.1.1'";
    // The first notice comes back before there is a second.
    let queues = std::mem::replace(
        &mut shop.settings.worker_queues,
        vec!["notifications".to_owned()],
    );
    let worker = shop.worker();
    wait_for("the first notice to come back", async || {
        (shop.number(failed).await == 1).then_some(())
    })
    .await;
    worker.stop().await;
    shop.settings.worker_queues = queues;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    shop.wait_until_idle().await;
    worker.stop().await;
    let errors = shop.errors(order_id).await;
    assert_eq!(
        errors.len(),
        1,
        "nobody is there, so nothing more is sent there"
    );
    assert!(
        errors
            .iter()
            .all(|(_, severity, code)| { severity == "low" && code == "notification_failed" })
    );
    assert_eq!(shop.number(failed).await, 1);
    let skipped = "select count(*) from notification_queue where skip_reason = 'suppressed'";
    assert_eq!(shop.number(skipped).await, 1);
    assert_eq!(shop.number("select count(*) from queue.dead_jobs").await, 0);
}

#[tokio::test]
async fn a_worker_without_a_relay_leaves_notices_to_others() {
    let mut shop = Shop::new().await;
    let email = std::mem::take(&mut shop.settings.email);
    let order_id = shop.order(GOOD_NUMBER).await;
    let silent = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    silent.stop().await;
    assert_eq!(
        shop.number("select count(*) from notification_queue where status = 'pending'")
            .await,
        2
    );
    shop.settings.email = email;
    let worker = shop.worker();
    shop.wait_for_mails(2).await;
    worker.stop().await;
}

#[tokio::test]
async fn the_admin_paths_answer_while_the_worker_works() {
    let shop = Shop::new().await;
    let mut worker = shop.worker();
    let admin = (&mut worker.admin).await.expect("an address");
    let client = reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .expect("a client");
    let get = async |path: &str| {
        let response = client
            .get(format!("http://{admin}{path}"))
            .send()
            .await
            .expect("an answer");
        (
            response.status().as_u16(),
            response.text().await.expect("a body"),
        )
    };
    assert_eq!(get("/live").await.0, 200);
    let order_id = shop.order(GOOD_NUMBER).await;
    shop.wait_for_status(order_id, "delivered").await;
    assert_eq!(get("/ready").await.0, 200);
    let metrics = wait_for("metrics of the calls outside", async || {
        let (_, text) = get("/metrics").await;
        text.contains(r#"stevedore_notifications_total{channel="email",result="sent"}"#)
            .then_some(text)
    })
    .await;
    let call = r#"stevedore_external_request_duration_seconds_count{dependency="at_ishare""#;
    assert!(metrics.contains(call), "{metrics}");
    assert!(
        metrics.contains("stevedore_db_pool_max_connections"),
        "{metrics}"
    );
    worker.stop().await;
}
