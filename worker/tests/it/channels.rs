//! Notices on their channels, from the event to the person: Twilio's wire, fail-over, suppression,
//! receipts.

use chrono::{DateTime, Duration as Span};
use serde_json::{Value, json};
use stevedore_model::notifications;
use stevedore_simulator::{ACCOUNT_SID, AUTH_TOKEN, twilio_signature};
use stevedore_testkit::wait_for;

use crate::shop::{GOOD_NUMBER, Shop, order};

/// A shop that tells its customers by these channels.
pub async fn shop_telling(channels: &'static str) -> Shop {
    let mut shop = Shop::new().await;
    let twilio = &mut shop.settings.twilio;
    twilio.twilio_account_sid = Some(ACCOUNT_SID.to_owned());
    twilio.twilio_auth_token = Some(AUTH_TOKEN.to_owned().into());
    twilio.twilio_sms_from = Some("+14155550100".to_owned());
    twilio.twilio_whatsapp_from = Some("whatsapp:+14155550101".to_owned());
    twilio.twilio_api_url = shop.simulator.twilio_url();
    sqlx::query("insert into notification_settings (channels) values ($1::text[])")
        .bind(channels)
        .execute(shop.pool())
        .await
        .expect("the shop's settings");
    shop
}

/// An order of somebody with this number.
fn of(phone: &str) -> Value {
    let mut order = order(GOOD_NUMBER);
    order["customer"]["phone"] = json!(phone);
    order
}

/// Channel, state and why, in the order in which they were written.
async fn notices(shop: &Shop) -> Vec<(String, String, Option<String>)> {
    sqlx::query_as(
        "select channel, status, coalesce(skip_reason, error_code) from notification_queue
        where notification_type = 'order_confirmed' order by notification_id",
    )
    .fetch_all(shop.pool())
    .await
    .expect("notices")
}

fn told(channel: &str, status: &str, why: Option<&str>) -> (String, String, Option<String>) {
    (
        channel.to_owned(),
        status.to_owned(),
        why.map(str::to_owned),
    )
}

#[tokio::test]
async fn g1_a_customer_is_told_by_sms_whatsapp_and_mail_once_each() {
    let shop = shop_telling("{sms,whatsapp,email}").await;
    shop.execute(
        "insert into notification_templates (notification_type, channel, locale, content_sid)
        values ('order_confirmed', 'whatsapp', 'en', 'HX' || repeat('0', 32))",
    )
    .await;
    shop.place(of("+233201234567")).await;
    let worker = shop.worker();
    shop.wait_for_mails(2).await;
    shop.wait_until_idle().await;
    worker.stop().await;
    let messages = shop.simulator.twilio().messages;
    assert_eq!(messages.len(), 4, "two events on two channels");
    let sms = messages
        .iter()
        .find(|message| message.form["To"] == "+233201234567" && message.body.contains("confirmed"))
        .expect("a text message");
    assert_eq!(sms.form["From"], "+14155550100");
    assert!(
        sms.body.starts_with("Kofi's Data: your order ORD-"),
        "{}",
        sms.body
    );
    let whatsapp = messages
        .iter()
        .find(|message| message.form.contains_key("ContentSid"))
        .expect("a template");
    assert_eq!(whatsapp.form["To"], "whatsapp:+233201234567");
    assert_eq!(whatsapp.form["From"], "whatsapp:+14155550101");
    let shown: Value = serde_json::from_str(&whatsapp.form["ContentVariables"]).expect("JSON");
    assert_eq!(shown["1"], "Ama Mensah");
    assert_eq!(shop.simulator.twilio().duplicates, 0);
}

#[tokio::test]
async fn g5_a_refused_number_is_suppressed_and_the_next_channel_takes_over() {
    let shop = shop_telling("{whatsapp}").await;
    shop.place(of("+15005550004")).await;
    let worker = shop.worker();
    shop.wait_for_mails(2).await;
    shop.wait_until_idle().await;
    let expected = [
        told("whatsapp", "failed", Some("21610")),
        told("sms", "failed", Some("21610")),
        told("email", "sent", None),
    ];
    assert_eq!(notices(&shop).await, expected);
    let stopped = "select count(*) from notification_suppressions where reason = 'stopped'";
    assert_eq!(shop.number(stopped).await, 2);
    let calls = shop.simulator.twilio().calls;
    shop.place(of("+15005550004")).await;
    shop.wait_for_mails(4).await;
    shop.wait_until_idle().await;
    worker.stop().await;
    assert_eq!(
        shop.simulator.twilio().calls,
        calls,
        "nobody asks that number again"
    );
}

#[tokio::test]
async fn g5_a_message_whose_answer_got_lost_is_looked_up_and_not_sent_again() {
    let shop = shop_telling("{sms}").await;
    for phone in ["+15005550050", "+15005550051", "+15005550052"] {
        shop.place(of(phone)).await;
    }
    let worker = shop.worker();
    let sent = "select count(*) from notification_queue
        where status = 'sent' and notification_type = 'order_confirmed'";
    wait_for("all to be sent", async || {
        (shop.number(sent).await == 3).then_some(())
    })
    .await;
    shop.wait_until_idle().await;
    worker.stop().await;
    let twilio = shop.simulator.twilio();
    assert_eq!((twilio.messages.len(), twilio.duplicates), (6, 0));
    assert!(twilio.lists >= 3, "{}", twilio.lists);
    let unknown = "select sum(unknown_attempts) from notification_queue";
    assert_eq!(
        shop.number(unknown).await,
        4,
        "one could not be asked about at once"
    );
}

#[tokio::test]
async fn g5_what_the_channel_reports_later_moves_the_notice_in_whatever_order() {
    let shop = shop_telling("{sms}").await;
    shop.place(of("+15005550029")).await;
    let worker = shop.worker();
    shop.wait_for_status(1, "delivered").await;
    shop.wait_until_idle().await;
    worker.stop().await;
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let report = async |sid: &str, status: &str, code: Option<&str>, ago| {
        let at = Some(now - Span::seconds(ago));
        notifications::record_status(shop.pool(), "twilio", sid, status, code, at)
            .await
            .expect("recorded")
    };
    let sids: Vec<String> = sqlx::query_scalar(
        "select provider_message_id from notification_queue order by notification_id",
    )
    .fetch_all(shop.pool())
    .await
    .expect("ids");
    for (status, ago) in [
        ("delivered", 1),
        ("sent", 5),
        ("delivered", 1),
        ("queued", 9),
    ] {
        assert!(report(&sids[0], status, None, ago).await);
    }
    assert!(!report("SM-of-nobody", "delivered", None, 0).await);
    // The second one never arrives, and mail takes over.
    assert!(report(&sids[1], "undelivered", Some("30005"), 0).await);
    let states: Vec<(String, String)> =
        sqlx::query_as("select channel, status from notification_queue order by notification_id")
            .fetch_all(shop.pool())
            .await
            .expect("states");
    let states: Vec<_> = states
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(
        states,
        [
            ("sms", "delivered"),
            ("sms", "failed"),
            ("email", "pending")
        ]
    );
    let gone = "select count(*) from notification_suppressions where reason = 'invalid_number'";
    assert_eq!(shop.number(gone).await, 1);
}

#[tokio::test]
async fn g4_quiet_hours_hold_back_what_can_wait() {
    let shop = shop_telling("{email}").await;
    shop.execute(
        "update notification_settings set
          quiet_from = (clock_now() at time zone 'UTC')::time - interval '1 hour',
          quiet_until = (clock_now() at time zone 'UTC')::time + interval '1 hour'",
    )
    .await;
    let order_id = shop.order(GOOD_NUMBER).await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    let mails = shop.wait_for_mails(1).await;
    worker.stop().await;
    assert!(
        mails[0]
            .subject
            .as_deref()
            .unwrap_or_default()
            .ends_with("is confirmed")
    );
    let later = "select count(*) from notification_queue as n
        join queue.jobs as j on j.unique_key = 'send_notification:' || n.notification_id
        where n.notification_type = 'order_delivered'
          and j.run_at = n.not_before
          and n.not_before > clock_now() + interval '50 minutes'";
    assert_eq!(shop.number(later).await, 1);
}

#[test]
fn the_sandbox_signs_as_twilio_does() {
    // Twilio's own example, from the tests of its SDKs.
    let form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let signature = twilio_signature(
        "12345",
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        &form.into(),
    );
    assert_eq!(signature, "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
}

/// What Twilio's own description (`tests/specs`, Apache-2.0) says of a request to send.
#[tokio::test]
async fn g1_requests_are_as_twilios_own_description_wants_them() {
    let mut shop = shop_telling("{sms,whatsapp}").await;
    shop.settings.twilio.twilio_status_callback = Some("http://127.0.0.1:9/status".to_owned());
    shop.place(of("+233201234567")).await;
    let worker = shop.worker();
    wait_for("four messages", async || {
        (shop.simulator.twilio().messages.len() == 4).then_some(())
    })
    .await;
    worker.stop().await;
    let spec: Value =
        serde_json::from_str(include_str!("../specs/twilio-messages.json")).expect("JSON");
    let operation = &spec["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"];
    let schema =
        &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    let required = schema["required"].as_array().expect("what is required");
    for message in shop.simulator.twilio().messages {
        for name in message.form.keys() {
            assert!(
                schema["properties"].get(name).is_some(),
                "{name} is no parameter"
            );
        }
        for name in required {
            assert!(message.form.contains_key(name.as_str().expect("a name")));
        }
        assert_eq!(message.form["StatusCallback"], "http://127.0.0.1:9/status");
    }
}
