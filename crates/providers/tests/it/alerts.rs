//! Alerts to people on duty, byte for byte as the vendors take them.

use std::time::Duration;

use serde_json::{Value, json};
use stevedore_providers::{Alert, Outbound, OutboundSettings, ProviderError, alerts};
use stevedore_simulator::{App, AppAnswer};

fn outbound(is_allowed: bool) -> Outbound {
    let settings = OutboundSettings {
        outbound_allow_private: is_allowed,
        outbound_allow_http: true,
        outbound_timeout: Duration::from_secs(2),
    };
    Outbound::new(&settings).expect("a client")
}

fn alert() -> Alert {
    Alert {
        id: "order_error:7".to_owned(),
        summary: "Order <7> failed & waits".to_owned(),
        text: "Ask the carrier.".to_owned(),
        severity: "critical".to_owned(),
        is_over: false,
    }
}

fn body(app: &App) -> Value {
    let received = app.received();
    let last = received.last().expect("a request");
    assert_eq!(last.header("content-type"), "application/json");
    serde_json::from_str(&last.body).expect("JSON")
}

#[tokio::test]
async fn g7_slack_gets_text_in_which_nothing_is_markup() {
    let (app, outbound) = (App::start().await.expect("an app"), outbound(true));
    app.plan(AppAnswer::Status(200, "ok".to_owned()));
    alerts::slack(&outbound, &app.url("/services/T/B/X"), &alert())
        .await
        .expect("taken");
    let text = "Order &lt;7&gt; failed &amp; waits\nAsk the carrier.";
    assert_eq!(body(&app), json!({ "text": text }));
}

#[tokio::test]
async fn g7_pagerduty_is_triggered_and_resolved_by_one_key() {
    let (app, outbound) = (App::start().await.expect("an app"), outbound(true));
    let (api, key) = (app.url("/v2/enqueue"), "0".repeat(32));
    app.always(AppAnswer::Status(202, r#"{"status":"success"}"#.to_owned()));
    alerts::pagerduty(&outbound, &api, &key, &alert())
        .await
        .expect("taken");
    let sent = body(&app);
    assert_eq!(sent["event_action"], "trigger");
    assert_eq!(sent["payload"]["severity"], "critical");
    assert_eq!(sent["payload"]["source"], "stevedore");
    let over = Alert {
        is_over: true,
        ..alert()
    };
    alerts::pagerduty(&outbound, &api, &key, &over)
        .await
        .expect("taken");
    let expected =
        json!({ "routing_key": key, "event_action": "resolve", "dedup_key": "order_error:7" });
    assert_eq!(body(&app), expected);
}

#[tokio::test]
async fn g7_what_an_answer_means_is_sorted_into_again_and_never() {
    let (app, outbound) = (App::start().await.expect("an app"), outbound(true));
    let url = app.url("/");
    app.plan(AppAnswer::Wait(429, 7));
    let busy = alerts::webhook(&outbound, &url, &alert()).await;
    let wait = Some(Duration::from_secs(7));
    assert!(
        matches!(busy, Err(ProviderError::Transient { retry_after, .. }) if retry_after == wait)
    );
    app.plan(AppAnswer::Status(503, String::new()));
    let down = alerts::webhook(&outbound, &url, &alert()).await;
    assert!(matches!(down, Err(ProviderError::Transient { .. })));
    app.plan(AppAnswer::Status(404, "no_service".to_owned()));
    let gone = alerts::slack(&outbound, &url, &alert()).await;
    assert!(matches!(gone, Err(ProviderError::Rejected { code, .. }) if code == "404"));
    app.plan(AppAnswer::Redirect(app.url("/elsewhere")));
    let moved = alerts::webhook(&outbound, &url, &alert()).await;
    assert!(matches!(moved, Err(ProviderError::Rejected { .. })));
    let calls = app.received().len();
    let private = alerts::webhook(&self::outbound(false), &url, &alert()).await;
    assert!(matches!(private, Err(ProviderError::Rejected { code, .. }) if code == "address"));
    assert_eq!(app.received().len(), calls, "nothing was sent");
}
