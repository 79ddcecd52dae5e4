//! What vendors send by themselves: several times, and in another order.

use std::time::Duration;

use serde_json::Value;
use stevedore_simulator::{App, Simulator, SimulatorSettings};

/// A sandbox that sends its events to the app.
async fn simulator(app: &App, copies: u32, disorder: bool) -> Simulator {
    let settings = SimulatorSettings {
        simulator_webhook_url: Some(app.url("")),
        simulator_webhook_copies: copies,
        simulator_webhook_disorder: disorder,
        ..SimulatorSettings::default()
    };
    Simulator::start(settings).await.expect("a simulator")
}

/// Gives a payment back at Stripe's sandbox, which tells of it.
async fn refund(simulator: &Simulator, payment: &str) {
    let url = format!("{}/v1/refunds", simulator.vendor_url("stripe"));
    let answer = reqwest::Client::new()
        .post(url)
        .bearer_auth(simulator.at_ishare_api_key())
        .form(&[("payment_intent", payment), ("amount", "100")])
        .send()
        .await
        .expect("an answer");
    assert!(answer.status().is_success());
}

/// The payments of the events that the app got, in the order they came, once there are so many.
async fn told(app: &App, count: usize) -> Vec<String> {
    let arrived = async {
        while app.received().len() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, arrived).await.expect("all");
    let events = app.received();
    assert_eq!(events.len(), count);
    let payment = |body: &str| {
        let event: Value = serde_json::from_str(body).expect("JSON");
        let payment = event.pointer("/data/object/payment_intent").cloned();
        payment.and_then(|payment| payment.as_str().map(str::to_owned))
    };
    let payments = events.iter().map(|event| payment(&event.body));
    payments
        .map(|payment| payment.expect("a payment"))
        .collect()
}

#[tokio::test]
async fn an_event_is_sent_as_often_as_it_is_set() {
    let app = App::start().await.expect("an app");
    let simulator = simulator(&app, 3, false).await;
    refund(&simulator, "pi_1").await;
    assert_eq!(told(&app, 3).await, ["pi_1"; 3]);
    let ids: Vec<String> = app.received().into_iter().map(|event| event.body).collect();
    assert!(
        ids.iter().all(|body| *body == ids[0]),
        "the same event: {ids:?}"
    );
}

#[tokio::test]
async fn every_other_event_is_overtaken_where_that_is_set_and_none_is_lost() {
    let app = App::start().await.expect("an app");
    let simulator = simulator(&app, 2, true).await;
    for payment in ["pi_1", "pi_2", "pi_3"] {
        refund(&simulator, payment).await;
    }
    let told = told(&app, 6).await;
    let second = ["pi_2", "pi_2", "pi_1", "pi_1"];
    // The last one has nothing to wait for, after a while.
    assert_eq!(told[..4], second);
    assert_eq!(told[4..], ["pi_3", "pi_3"]);
}
