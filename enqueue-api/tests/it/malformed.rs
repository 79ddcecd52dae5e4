//! Whatever arrives, the answer is never our fault.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::shop::{an_order, open_shop};
use crate::support::Api;

const POSTS: [&str; 7] = [
    "/v1/orders",
    "/v1/orders/1/cancel",
    "/v1/orders/1/confirm",
    "/v1/jobs",
    "/v1/jobs/batch",
    "/v1/jobs/1/cancel",
    "/v1/jobs/1/retry",
];

/// Runs the property against one API on a runtime of its own.
fn hold<S: Strategy>(
    cases: u32,
    inputs: S,
    property: impl AsyncFn(&Api, S::Value) -> Result<(), TestCaseError>,
) {
    let runtime = Runtime::new().unwrap();
    let api = runtime.block_on(async {
        let api = Api::new().await;
        open_shop(&api.db).await;
        api
    });
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome =
        TestRunner::new(config).run(&inputs, |input| runtime.block_on(property(&api, input)));
    runtime.block_on(async { drop(api) });
    outcome.unwrap();
}

async fn never_our_fault(api: &Api, path: &str, body: Vec<u8>) -> Result<(), TestCaseError> {
    let answer = api.post_bytes(path, body).await;
    prop_assert!(answer.status.as_u16() < 500, "{path}: {}", answer.text);
    if answer.status.as_u16() >= 400 {
        answer.problem();
    }
    Ok(())
}

#[test]
fn any_bytes_are_answered_without_a_server_error() {
    let inputs = (
        prop::sample::select(&POSTS[..]),
        prop::collection::vec(any::<u8>(), 0..300),
    );
    hold(256, inputs, async |api, (path, body)| {
        never_our_fault(api, path, body).await
    });
}

#[test]
fn any_json_is_answered_without_a_server_error() {
    let inputs = (prop::sample::select(&POSTS[..]), any_json());
    hold(256, inputs, async |api, (path, body)| {
        never_our_fault(api, path, body.to_string().into_bytes()).await
    });
}

/// Nearly right requests get furthest: an order or a job with one place changed to anything.
#[test]
fn requests_with_any_one_value_put_anywhere_are_answered_without_a_server_error() {
    let job = json!({
        "kind": "audit", "args": { "a": [1] }, "queue": "q", "priority": 1,
        "run_at": "2100-01-01T00:00:00Z", "max_attempts": 2, "unique_key": "u",
        "unique_scope": "waiting", "group_key": "g",
    });
    let whole = [
        ("/v1/orders", an_order()),
        ("/v1/jobs", job.clone()),
        ("/v1/jobs/batch", json!({ "jobs": [job] })),
        ("/v1/orders/1/cancel", json!({ "reason": "x" })),
        ("/v1/orders/1/confirm", json!({ "notes": "x" })),
    ];
    let inputs = (0..whole.len(), any::<prop::sample::Index>(), any_json());
    hold(512, inputs, async |api, (which, place, value)| {
        let (path, mut body) = whole[which].clone();
        let places = pointers(&body, String::new());
        let place = &places[place.index(places.len())];
        *body.pointer_mut(place).unwrap() = value;
        never_our_fault(api, path, body.to_string().into_bytes()).await
    });
}

#[test]
fn any_path_and_header_is_answered_without_a_server_error() {
    let inputs = ("[ -~]{0,40}", "[ -~]{0,60}", "[ -~]{0,300}");
    hold(256, inputs, async |api, (path, traceparent, key)| {
        let path: String = path.split([' ', '#', '?']).collect();
        let uri = format!(
            "/v1/orders/{}",
            path.replace(['"', '<', '>', '\\', '^', '`', '{', '|', '}'], "")
        );
        let request = api
            .request(axum::http::Method::GET, &uri)
            .header("traceparent", traceparent)
            .header("idempotency-key", key)
            .body(axum::body::Body::empty());
        let Ok(request) = request else { return Ok(()) };
        let answer = api.send(request).await;
        prop_assert!(answer.status.as_u16() < 500, "{uri}: {}", answer.text);
        Ok(())
    });
}

fn pointers(value: &Value, here: String) -> Vec<String> {
    let mut all = vec![here.clone()];
    match value {
        Value::Object(object) => {
            for (key, item) in object {
                all.extend(pointers(item, format!("{here}/{key}")));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                all.extend(pointers(item, format!("{here}/{index}")));
            }
        }
        _ => {}
    }
    all
}

/// JSON of all types and depths, rich in what databases stumble over.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        "[\\x00-\\x1f\u{7f}-\u{9f}]{0,4}",
        Just("\u{0}".to_owned()),
        Just("\u{feff}\u{202e}\u{1f600}".to_owned()),
        Just("'; drop table orders; --".to_owned()),
        Just("x".repeat(5000)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![0, 1, -1, 1000, i64::MAX, i64::MIN]).prop_map(Value::from),
        prop::sample::select(vec![0.5, 1e300, -1e300, 5e-324, 1e16]).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let key = prop_oneof![
            text.clone(),
            prop::sample::select(vec![
                "lines", "customer", "sku", "kind", "args", "jobs", "reason"
            ])
            .prop_map(str::to_owned),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6)
                .prop_map(|entries| Value::from(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}
