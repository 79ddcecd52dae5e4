//! Webhooks over HTTP: what is taken, what is refused, and what people see of it.

use axum::body::Body;
use axum::http::{Method, Request};
use ring::hmac;
use secrecy::SecretString;
use serde_json::json;
use stevedore_enqueue_api::{ApiSettings, wire};
use stevedore_providers::PublicUrl;
use stevedore_providers::signature::WebhookSettings;
use tokio::task::JoinSet;

use crate::support::{Answer, Api};

const SECRET: &str = "whsec_test";
const BODY: &str = r#"{"id":"evt_1","object":"event","type":"customer.created","data":{}}"#;

async fn open() -> Api {
    let secrets = |text: &str| vec![SecretString::from("old"), SecretString::from(text)];
    let webhooks = WebhookSettings {
        public: PublicUrl {
            public_url: Some("https://shop.example".to_owned()),
        },
        stripe_webhook_secrets: secrets(SECRET),
        twilio_webhook_tokens: secrets("token"),
        shiprocket_webhook_tokens: secrets("token"),
        dpd_webhook_tokens: secrets("token"),
        ..WebhookSettings::default()
    };
    Api::with(ApiSettings {
        webhooks,
        ..ApiSettings::default()
    })
    .await
}

fn stripe_signature(age: i64, secret: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "what the sender's own clock says"
    )]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let time = now.unwrap().as_secs().cast_signed() - age;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{time}.{BODY}").as_bytes());
    format!("t={time},v1={}", hex::encode(tag))
}

fn sent(path: &str, header: Option<(&str, &str)>, body: &str) -> Request<Body> {
    let mut request = Request::builder().method(Method::POST).uri(path);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

impl Api {
    async fn stripe(&self, path: &str, signature: &str) -> Answer {
        let header = Some(("stripe-signature", signature));
        self.send(sent(path, header, BODY)).await
    }

    async fn events(&self) -> (i64, i64) {
        let events = self.count("select count(*) from webhook_events").await;
        let jobs = "select count(*) from queue.jobs where kind = 'ingest_webhook'";
        (events, self.count(jobs).await)
    }
}

#[tokio::test]
async fn f2_a_webhook_sent_fifty_times_at_once_is_stored_once_with_one_job() {
    let api = open().await;
    let mut running = JoinSet::new();
    for number in 0..50 {
        let path = ["/v1/webhooks/stripe", "/api/webhooks/stripe"][number % 2];
        let signature = stripe_signature(0, if number % 3 == 0 { "old" } else { SECRET });
        let request = sent(path, Some(("stripe-signature", &signature)), BODY);
        let app = api.app.clone();
        running.spawn(async move { tower::ServiceExt::oneshot(app, request).await.unwrap() });
    }
    for response in running.join_all().await {
        assert_eq!(response.status(), 200);
    }
    assert_eq!(api.events().await, (1, 1));
    let again = api
        .stripe("/v1/webhooks/stripe", &stripe_signature(0, SECRET))
        .await;
    let answer: wire::WebhookReceived = serde_json::from_value(again.body).unwrap();
    assert!(answer.received && answer.duplicate);
    assert_eq!(api.events().await, (1, 1));
    let body = "select count(*) from webhook_events
        where convert_from(body, 'UTF8')::jsonb->>'id' = 'evt_1' and headers = '{}'";
    assert_eq!(api.count(body).await, 1);
}

#[tokio::test]
async fn f1_what_is_not_proven_is_refused_and_leaves_nothing() {
    let api = open().await;
    let path = "/v1/webhooks/stripe";
    for (signature, reason) in [
        (stripe_signature(0, "whsec_other"), "bad_signature"),
        (stripe_signature(301, SECRET), "too_old"),
        (stripe_signature(-400, SECRET), "too_new"),
        (
            stripe_signature(0, SECRET).replace("v1=", "v0="),
            "bad_signature",
        ),
        ("nonsense".to_owned(), "missing_header"),
    ] {
        let answer = api.stripe(path, &signature).await;
        assert_eq!(answer.problem(), (400, "webhook_refused"), "{signature}");
        assert_eq!(answer.body["reason"], reason, "{signature}");
    }
    let signature = stripe_signature(0, SECRET);
    let header = Some(("stripe-signature", signature.as_str()));
    for (header, body, reason) in [
        (None, BODY, "missing_header"),
        (header, &BODY.replace("evt_1", "evt_2"), "bad_signature"),
        (header, "", "bad_signature"),
    ] {
        let answer = api.send(sent(path, header, body)).await;
        assert_eq!(answer.problem(), (400, "webhook_refused"));
        assert_eq!(answer.body["reason"], reason);
    }
    for path in [
        "/v1/webhooks/razorpay",
        "/v1/webhooks/nobody",
        "/api/webhooks/dhl",
    ] {
        let answer = api.send(sent(path, header, BODY)).await;
        assert_eq!(
            answer.problem(),
            (404, "webhook_source_not_found"),
            "{path}"
        );
    }
    let huge = "x".repeat(2 * 1024 * 1024);
    let answer = api.send(sent(path, header, &huge)).await;
    assert_eq!(answer.problem(), (413, "payload_too_large"));
    assert_eq!(api.events().await, (0, 0));
    assert_eq!(api.rows_written().await, 0);
    let metrics = api.get("/metrics").await.text;
    let counted = metrics.lines().any(|line| {
        line.starts_with("stevedore_webhooks_received_total")
            && line.contains("too_old")
            && line.contains("stripe")
    });
    assert!(counted, "{metrics}");
}

#[tokio::test]
async fn h7_each_sender_gets_the_answer_that_it_expects() {
    let api = open().await;
    let form = "MessageSid=SM1&MessageStatus=delivered";
    let signed = "https://shop.example/api/webhooks/twilioMessageSidSM1MessageStatusdelivered";
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"token");
    let tag = hmac::sign(&key, signed.as_bytes());
    let signature = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(tag)
    };
    let mut request = sent(
        "/api/webhooks/twilio",
        Some(("x-twilio-signature", &signature)),
        form,
    );
    let kind = "application/x-www-form-urlencoded".parse().unwrap();
    request.headers_mut().insert("content-type", kind);
    let answer = api.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));

    let parcel = r#"{"awb":"1","shipment_status_id":7,"current_timestamp":"23 05 2026 11:43:52"}"#;
    let header = Some(("x-api-key", "token"));
    let answer = api.send(sent("/v1/webhooks/courier", header, parcel)).await;
    assert_eq!(answer.status, 200);
    let secrets = "select count(*) from webhook_events where headers::text ~ 'token|signature'";
    assert_eq!(api.count(secrets).await, 0);
    let ids = "select count(*) from webhook_events
        where (source, event_id) in (('twilio', 'SM1:delivered'),
          ('shiprocket', '1:7:23 05 2026 11:43:52'))";
    assert_eq!(api.count(ids).await, 2);
}

#[tokio::test]
async fn e3_dpd_pushes_in_the_address_of_a_get_and_reads_xml() {
    let api = open().await;
    let get = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        api.send(request).await
    };
    let push = "pushid=4711&pnr=0100&status=delivery_carload&statusdate=20112026083000";
    for _ in 0..2 {
        let answer = get(&format!("/v1/webhooks/dpd?token=token&{push}")).await;
        let expected = "<push><pushid>4711</pushid><status>OK</status></push>";
        assert_eq!(
            (answer.status.as_u16(), answer.text.as_str()),
            (200, expected)
        );
        assert_eq!(answer.header("content-type"), "text/xml");
    }
    assert_eq!(api.events().await, (1, 1));
    let kept: String = sqlx::query_scalar("select convert_from(body, 'UTF8') from webhook_events")
        .fetch_one(api.db.pool())
        .await
        .unwrap();
    assert_eq!(kept, push, "the token is not kept");
    for (path, status) in [
        ("/v1/webhooks/dpd?token=wrong&pnr=1&status=x", 400),
        ("/v1/webhooks/dpd?token=token&pnr=1", 400),
        ("/v1/webhooks/stripe?token=token", 404),
        ("/v1/webhooks/dhl?token=token", 404),
    ] {
        assert_eq!(get(path).await.status, status, "{path}");
    }
    assert_eq!(api.events().await, (1, 1));
}

#[tokio::test]
async fn f2_people_list_events_read_one_and_replay_it() {
    let api = open().await;
    api.stripe("/v1/webhooks/stripe", &stripe_signature(0, SECRET))
        .await;
    let parcel = r#"{"awb":"1","shipment_status_id":7,"current_timestamp":"x"}"#;
    let header = Some(("x-api-key", "token"));
    api.send(sent("/v1/webhooks/shiprocket", header, parcel))
        .await;

    let all = api.get("/v1/webhook-events?limit=1").await.body;
    let page: wire::WebhookEventList = serde_json::from_value(all).unwrap();
    assert_eq!(page.events[0].source, "shiprocket");
    let next = page.next.expect("another page");
    let rest = api
        .get(&format!("/v1/webhook-events?after={next}"))
        .await
        .body;
    assert_eq!(rest["events"][0]["event_id"], "evt_1");
    assert_eq!(rest["next"], json!(null));
    for (query, count) in [
        (
            "source=stripe&status=received&event_type=customer.created",
            1,
        ),
        ("event_id=evt_1&received_after=2020-01-01T00:00:00Z", 1),
        ("received_before=2020-01-01T00:00:00Z", 0),
        ("status=dead", 0),
    ] {
        let list = api.get(&format!("/v1/webhook-events?{query}")).await.body;
        assert_eq!(list["events"].as_array().unwrap().len(), count, "{query}");
    }
    let answer = api.get("/v1/webhook-events?status=lost&x=1").await;
    assert_eq!(answer.problem(), (422, "validation_failed"));

    let id = rest["events"][0]["webhook_event_id"].as_i64().unwrap();
    let path = format!("/v1/webhook-events/{id}");
    let event = api.get(&path).await.body;
    let event: wire::WebhookEvent = serde_json::from_value(event).unwrap();
    assert_eq!(event.body, BODY);
    let replayed = api.post(&format!("{path}/replay"), &json!({})).await;
    assert_eq!(replayed.status, 202, "{}", replayed.text);
    let again = api.post(&format!("{path}/replay"), &json!({})).await;
    assert_eq!(again.body, replayed.body);
    let replayed: wire::WebhookEventReplayed = serde_json::from_value(replayed.body).unwrap();
    assert_eq!(replayed.webhook_event_id, id);
    for path in ["/v1/webhook-events/99", "/v1/webhook-events/x"] {
        let answer = api.get(path).await;
        assert_eq!(answer.problem(), (404, "webhook_event_not_found"));
    }
    let key = api.key_with(&["orders:read"]).await;
    let request = Request::get(path)
        .header("authorization", format!("Bearer {key}"))
        .body(Body::empty())
        .unwrap();
    let answer = api.send(request).await;
    assert_eq!(answer.problem(), (403, "insufficient_scope"));
}
