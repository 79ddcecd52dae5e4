//! AT-iShare's wire, byte for byte where it matters.

use serde_json::{Value, json};
use stevedore_simulator::{FaultRule, MAGIC_NUMBERS, Simulator, SimulatorSettings};

async fn simulator() -> Simulator {
    // reqwest is built without a TLS provider of its own; nothing here speaks TLS.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    Simulator::start(SimulatorSettings::default())
        .await
        .expect("a simulator")
}

fn bundle(simulator: &Simulator, phone: &str, reference: &str) -> Value {
    json!({
        "recipient_number": phone,
        "gig": "1",
        "network": "MTN",
        "agent_api": simulator.at_ishare_api_key(),
        "reference_id": reference,
    })
}

async fn post(url: String, body: &Value) -> (u16, Value) {
    let response = reqwest::Client::new()
        .post(url)
        .json(body)
        .send()
        .await
        .expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

#[tokio::test]
async fn an_order_is_recorded_and_its_status_found_by_the_clients_reference() {
    let simulator = simulator().await;
    let api = simulator.at_ishare_url();
    let body = bundle(&simulator, "0271234567", "ref-1");
    let (status, recorded) = post(format!("{api}/initiate.php"), &body).await;
    assert_eq!(status, 200);
    let expected = json!({
        "status": "success",
        "code": 200,
        "message": "Order recorded successfully",
        "reference_id": "ref-1",
    });
    assert_eq!(recorded, expected);
    let ask = json!({"reference_id": "ref-1", "agent_api": simulator.at_ishare_api_key()});
    let (_, found) = post(format!("{api}/response_regular.php"), &ask).await;
    assert_eq!(
        found.pointer("/order_details/order_status"),
        Some(&json!("Delivered"))
    );
}

#[tokio::test]
async fn generation_two_names_the_order_itself() {
    let simulator = simulator().await;
    let api = simulator.at_ishare_url();
    let client = reqwest::Client::new();
    let body = json!({"recipient_number": "0271234567", "gig": "20", "network": "AT"});
    let placing = client.post(format!("{api}/special.php")).json(&body);
    let placing = placing.header("x-api-key", simulator.at_ishare_api_key());
    let recorded: Value = placing
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(recorded["status"], 200);
    assert_eq!(recorded["reference_id"], "API000000000001");
    let status = client.get(format!(
        "{api}/response_big_time.php?reference_id=API000000000001"
    ));
    let status = status.header("x-api-key", simulator.at_ishare_api_key());
    let found: Value = status
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        found.pointer("/data/order_status"),
        Some(&json!("Delivered"))
    );
}

#[tokio::test]
async fn the_same_reference_twice_is_fulfilled_twice_and_counted_in_state() {
    let simulator = simulator().await;
    let body = bundle(&simulator, "0271234567", "ref-1");
    for _ in 0..3 {
        post(format!("{}/initiate.php", simulator.at_ishare_url()), &body).await;
    }
    let state = reqwest::get(simulator.state_url())
        .await
        .expect("an answer");
    let state: Value = state.json().await.expect("JSON");
    assert_eq!(state.pointer("/at_ishare/fulfilments"), Some(&json!(3)));
    assert_eq!(state.pointer("/at_ishare/duplicates"), Some(&json!(2)));
    let orders = state
        .pointer("/at_ishare/orders/ref-1")
        .and_then(Value::as_array);
    assert_eq!(orders.map(Vec::len), Some(3));
}

#[tokio::test]
async fn bad_requests_are_refused_in_the_body_of_a_200() {
    let simulator = simulator().await;
    let api = simulator.at_ishare_url();
    let with = |field: &str, value: Value| {
        let mut body = bundle(&simulator, "0271234567", "ref-1");
        body[field] = value;
        body
    };
    let cases = [
        (with("recipient_number", json!("12")), 422),
        (with("network", json!("VODAFONE")), 555),
        (with("gig", json!("0")), 103),
        (with("agent_api", json!("wrong")), 102),
        (json!([]), 400),
    ];
    for (body, code) in cases {
        let (status, said) = post(format!("{api}/initiate.php"), &body).await;
        assert_eq!(
            (status, said["status"].as_u64()),
            (200, Some(code)),
            "{body}"
        );
    }
    assert_eq!(simulator.state().at_ishare.fulfilments, 0);
}

#[tokio::test]
async fn a_rule_for_the_first_calls_ends_by_itself() {
    let simulator = simulator().await;
    let body = bundle(&simulator, "0270000500", "ref-1");
    let client = reqwest::Client::new();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let url = format!("{}/initiate.php", simulator.at_ishare_url());
        let response = client
            .post(url)
            .json(&body)
            .send()
            .await
            .expect("an answer");
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [500, 500, 200]);
}

#[test]
fn rules_are_readable_from_the_command_line() {
    let rule = json!({"phone": "0271234567", "times": 2, "fault": {"kind": "server_error"}});
    let rule: FaultRule = serde_json::from_value(rule).expect("a rule");
    assert_eq!(
        (rule.phone.as_deref(), rule.times),
        (Some("0271234567"), Some(2))
    );
    let typo = json!({"phone": "0271234567", "time": 2, "fault": {"kind": "server_error"}});
    assert!(serde_json::from_value::<FaultRule>(typo).is_err());
}

#[test]
fn every_magic_number_is_a_number_of_its_own() {
    let mut phones: Vec<_> = MAGIC_NUMBERS.iter().map(|magic| magic.phone).collect();
    phones.sort_unstable();
    phones.dedup();
    assert_eq!(phones.len(), MAGIC_NUMBERS.len());
    assert!(
        phones
            .iter()
            .all(|phone| phone.len() == 10 && phone.starts_with("027"))
    );
}
