//! Webhooks to the shop's own apps, from an event to an app's answer.

use std::time::Duration;

use serde_json::Value;
use sqlx::AssertSqlSafe;
use stevedore_model::TenantId;
use stevedore_model::webhooks::{self, EndpointChange, Replay};
use stevedore_providers::signature;
use stevedore_simulator::{App, AppAnswer};
use stevedore_testkit::wait_for;

use crate::shop::Shop;

const TENANT: TenantId = TenantId::SHOP;

/// A shop that may call this machine, and waits for little.
async fn shop() -> Shop {
    let mut shop = Shop::new().await;
    let settings = &mut shop.settings.webhooks;
    settings.webhook_feed_every = Duration::from_millis(50);
    settings.webhook_retry_delays = vec![Duration::from_millis(10); 3];
    settings.outbound.outbound_allow_http = true;
    settings.outbound.outbound_allow_private = true;
    settings.outbound.outbound_timeout = Duration::from_secs(2);
    shop
}

async fn endpoint(
    shop: &Shop,
    url: String,
    change: EndpointChange,
) -> (i64, secrecy::SecretString) {
    let new = EndpointChange {
        url: Some(url),
        ..change
    };
    webhooks::create(shop.pool(), TENANT, &new)
        .await
        .expect("an endpoint")
}

/// Writes events of this order, as triggers do.
async fn happen(shop: &Shop, order_id: i64, kinds: &[&str]) {
    for kind in kinds {
        let sql =
            "insert into shop_events (kind, order_id, data) values ($1, $2, '{\"to\": \"x\"}')";
        sqlx::query(sql)
            .bind(kind)
            .bind(order_id)
            .execute(shop.pool())
            .await
            .expect("an event");
    }
}

async fn wait_for_status(shop: &Shop, endpoint_id: i64, status: &str, count: i64) {
    let sql = format!(
        "select count(*) from webhook_deliveries
         where endpoint_id = {endpoint_id} and status = '{status}'"
    );
    wait_for(&format!("{count} deliveries to be {status}"), async || {
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(sql.clone()))
            .fetch_one(shop.pool())
            .await
            .expect("a number");
        (found >= count).then_some(())
    })
    .await;
}

fn kinds(app: &App) -> Vec<String> {
    let received = app.received();
    let body = |body: &str| -> Value { serde_json::from_str(body).expect("JSON") };
    let kind = |body: Value| body["type"].as_str().expect("a type").to_owned();
    received.iter().map(|one| kind(body(&one.body))).collect()
}

#[tokio::test]
async fn g8_an_app_hears_of_what_it_wants_signed_by_both_secrets_while_they_change() {
    let (shop, app) = (shop().await, App::start().await.expect("an app"));
    let wanted = EndpointChange {
        kinds: Some(vec!["order".to_owned(), "refund.settled".to_owned()]),
        ..EndpointChange::default()
    };
    let (id, old) = endpoint(&shop, app.url("/hook?key=x"), wanted).await;
    let new = webhooks::rotate(shop.pool(), TENANT, id, Duration::from_secs(60));
    let new = new.await.expect("a secret");
    happen(
        &shop,
        7,
        &["order.placed", "refund.settled", "refund.requested"],
    )
    .await;
    let worker = shop.worker();
    wait_for_status(&shop, id, "delivered", 2).await;
    worker.stop().await;
    let received = app.received();
    assert_eq!(kinds(&app), ["order.placed", "refund.settled"]);
    for one in &received {
        let at = one.header("webhook-timestamp").parse().expect("seconds");
        let id = one.header("webhook-id");
        let expected = signature(&[new.clone(), old.clone()], id, at, &one.body);
        assert_eq!(Some(one.header("webhook-signature").to_owned()), expected);
        assert!(!id.contains('.'), "{id}");
    }
    let body: Value = serde_json::from_str(&received[0].body).expect("JSON");
    assert_eq!(body["data"]["order_id"], 7);
    assert!(body["timestamp"].as_str().expect("a time").ends_with('Z'));
}

#[tokio::test]
async fn g8_what_fails_is_sent_again_with_the_same_id_while_others_go_on_and_ends_as_failed() {
    let (shop, app) = (shop().await, App::start().await.expect("an app"));
    let (id, _) = endpoint(&shop, app.url("/"), EndpointChange::default()).await;
    app.plan(AppAnswer::Status(500, "no".repeat(2_000)));
    happen(&shop, 1, &["order.placed", "order.confirmed"]).await;
    let worker = shop.worker();
    wait_for_status(&shop, id, "delivered", 2).await;
    let received = app.received();
    assert_eq!(received.len(), 3);
    let again = received
        .iter()
        .filter(|one| one.header("webhook-id") == "evt_1");
    assert_eq!(again.count(), 2);
    let logged = "select count(*) from webhook_attempts where length(response) = 1000";
    assert_eq!(shop.number(logged).await, 1);

    app.always(AppAnswer::Redirect(app.url("/elsewhere")));
    happen(&shop, 1, &["order.paid"]).await;
    wait_for_status(&shop, id, "failed", 1).await;
    worker.stop().await;
    assert!(
        app.received().iter().all(|one| one.path == "/"),
        "a redirect was followed"
    );
    assert_eq!(app.received().len(), 3 + 4, "one attempt and three more");
}

#[tokio::test]
async fn g8_fifo_holds_back_what_comes_after_a_failure() {
    let (shop, app) = (shop().await, App::start().await.expect("an app"));
    let fifo = EndpointChange {
        ordering: Some("fifo".to_owned()),
        ..EndpointChange::default()
    };
    let (id, _) = endpoint(&shop, app.url("/"), fifo).await;
    app.plan(AppAnswer::Status(503, String::new()));
    app.plan(AppAnswer::Wait(429, 1));
    happen(&shop, 1, &["order.placed", "order.confirmed", "order.paid"]).await;
    let worker = shop.worker();
    wait_for_status(&shop, id, "delivered", 3).await;
    worker.stop().await;
    let expected = ["placed", "placed", "placed", "confirmed", "paid"];
    assert_eq!(kinds(&app), expected.map(|kind| format!("order.{kind}")));
}

#[tokio::test]
async fn g8_an_app_that_is_gone_is_disabled_with_a_ticket_and_gets_what_it_missed_once_enabled() {
    let (shop, app) = (shop().await, App::start().await.expect("an app"));
    // Not the ticket that tells of its own end.
    let orders = EndpointChange {
        kinds: Some(vec!["order".to_owned()]),
        ..EndpointChange::default()
    };
    let (id, _) = endpoint(&shop, app.url("/"), orders).await;
    app.plan(AppAnswer::Status(410, String::new()));
    happen(&shop, 1, &["order.placed"]).await;
    let worker = shop.worker();
    wait_for_status(&shop, id, "held", 1).await;
    happen(&shop, 1, &["order.paid"]).await;
    wait_for_status(&shop, id, "held", 2).await;
    let open = "select count(*) from tickets where state = 'open' and severity = 'high'";
    assert_eq!(shop.number(open).await, 1);
    let enable = EndpointChange {
        state: Some("enabled".to_owned()),
        ..EndpointChange::default()
    };
    webhooks::change(shop.pool(), TENANT, id, &enable)
        .await
        .expect("enabled");
    wait_for_status(&shop, id, "delivered", 2).await;
    assert_eq!(shop.number(open).await, 0);

    let all = Replay {
        statuses: vec!["delivered".to_owned()],
        ..Replay::default()
    };
    let replayed = webhooks::replay(shop.pool(), TENANT, id, &all).await;
    assert_eq!(replayed.expect("replayed"), 2);
    wait_for("both to be sent again", async || {
        (app.received().len() == 5).then_some(())
    })
    .await;
    wait_for_status(&shop, id, "delivered", 2).await;
    worker.stop().await;
}

#[tokio::test]
async fn g8_an_app_that_fails_for_too_long_is_disabled() {
    let (mut shop, app) = (shop().await, App::start().await.expect("an app"));
    shop.settings.webhooks.webhook_disable_after = Duration::ZERO;
    let (id, _) = endpoint(&shop, app.url("/"), EndpointChange::default()).await;
    app.always(AppAnswer::Status(500, String::new()));
    happen(&shop, 1, &["order.placed"]).await;
    let worker = shop.worker();
    wait_for_status(&shop, id, "held", 1).await;
    worker.stop().await;
    let told = "select count(*) from tickets where summary like 'Webhooks to 127.0.0.1:%'";
    assert_eq!(shop.number(told).await, 1);
}

#[tokio::test]
async fn g8_private_addresses_and_plain_http_are_never_called_unless_allowed() {
    let (mut shop, app) = (shop().await, App::start().await.expect("an app"));
    shop.settings.webhooks.outbound.outbound_allow_private = false;
    shop.settings.webhooks.webhook_retry_delays = vec![];
    let by_number = endpoint(&shop, app.url("/"), EndpointChange::default())
        .await
        .0;
    let by_name = app.url("/").replace("127.0.0.1", "localhost");
    let by_name = endpoint(&shop, by_name, EndpointChange::default()).await.0;
    let mapped = app.url("/").replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let mapped = endpoint(&shop, mapped, EndpointChange::default()).await.0;
    happen(&shop, 1, &["order.placed"]).await;
    let worker = shop.worker();
    for id in [by_number, by_name, mapped] {
        wait_for_status(&shop, id, "failed", 1).await;
    }
    worker.stop().await;
    assert!(app.received().is_empty(), "somebody called it");
    let refused = "select count(*) from webhook_attempts
        where error = 'the address is refused: it is not public'";
    assert_eq!(shop.number(refused).await, 3);
}

#[tokio::test]
async fn g8_nine_endpoints_that_hang_do_not_delay_the_tenth() {
    let (mut shop, app) = (shop().await, App::start().await.expect("an app"));
    let hanging = App::start().await.expect("an app");
    hanging.always(AppAnswer::Silence);
    shop.settings.webhooks.outbound.outbound_timeout = Duration::from_secs(30);
    for _ in 0..9 {
        endpoint(&shop, hanging.url("/"), EndpointChange::default()).await;
    }
    let (id, _) = endpoint(&shop, app.url("/"), EndpointChange::default()).await;
    let worker = shop.worker();
    for order_id in 0..20 {
        happen(&shop, order_id, &["order.placed"]).await;
    }
    wait_for("nine to hang", async || {
        (hanging.received().len() == 9).then_some(())
    })
    .await;
    for order_id in 20..40 {
        happen(&shop, order_id, &["order.placed"]).await;
    }
    wait_for_status(&shop, id, "delivered", 40).await;
    assert_eq!(hanging.received().len(), 9, "each holds one slot");
    drop(hanging);
    worker.stop().await;
}
