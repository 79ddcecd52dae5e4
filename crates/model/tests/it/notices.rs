//! Notices by SQL alone: what a channel's codes mean, what is suppressed, digests.

use crate::shop::Shop;

/// A notice by mail to this address; answers its id.
async fn notice(shop: &Shop, address: &str) -> i64 {
    shop.run(&format!(
        "insert into notification_queue (notification_type, channel, recipient, dedupe_key)
        values ('order_delivered', 'email', '{address}', gen_random_uuid()::text)"
    ))
    .await;
    shop.number("select max(notification_id) from notification_queue")
        .await
}

/// The channel does not take it, at its first attempt of several.
async fn miss(shop: &Shop, notice: i64, provider: &str, code: &str) -> String {
    shop.text(&format!(
        "select miss_notification(current_tenant_id(), {notice}, '{provider}', '{code}', 'no',
          false, false, false)"
    ))
    .await
}

async fn begins(shop: &Shop, notice: i64) -> bool {
    let begun = format!("select count(*) from begin_notification(current_tenant_id(), {notice})");
    shop.number(&begun).await == 1
}

#[tokio::test]
async fn g5_each_code_of_a_channel_means_again_suppress_alert_or_never() {
    let shop = Shop::open().await;
    for (provider, code, meaning) in [
        ("twilio", "20429", "retry"),
        ("twilio", "30001", "retry"),
        ("twilio", "63018", "retry"),
        ("twilio", "21211", "suppress:invalid_number"),
        ("twilio", "21614", "suppress:invalid_number"),
        ("twilio", "30005", "suppress:invalid_number"),
        ("twilio", "63003", "suppress:invalid_number"),
        ("twilio", "21610", "suppress:stopped"),
        ("twilio", "20003", "alert"),
        ("twilio", "21408", "alert"),
        ("twilio", "21606", "alert"),
        ("twilio", "63007", "alert"),
        ("twilio", "30007", "fail"),
        ("twilio", "63016", "fail"),
        ("twilio", "99999", "unknown"),
        ("smtp", "5.1.1", "suppress:hard_bounce"),
        ("smtp", "5.1.10", "suppress:hard_bounce"),
        ("smtp", "5.2.2", "fail"),
        ("smtp", "535", "alert"),
        ("smtp", "5.7.8", "alert"),
        ("smtp", "4.7.1", "retry"),
        ("slack", "4.7.1", "unknown"),
    ] {
        let asked =
            format!("select coalesce(notification_verdict('{provider}', '{code}'), 'unknown')");
        assert_eq!(shop.text(&asked).await, meaning, "{provider} {code}");
    }
}

#[tokio::test]
async fn g5_an_address_without_a_mailbox_is_never_written_to_again() {
    let shop = Shop::open().await;
    let first = notice(&shop, "Gone@example.com").await;
    assert!(begins(&shop, first).await);
    assert_eq!(miss(&shop, first, "smtp", "5.1.1").await, "failed");
    let kept = "select concat_ws('|', channel, address, reason) from notification_suppressions";
    assert_eq!(shop.text(kept).await, "email|gone@example.com|hard_bounce");
    let second = notice(&shop, "gone@example.com").await;
    assert!(!begins(&shop, second).await, "nothing is sent there");
    let other = notice(&shop, "ama@example.com").await;
    assert!(begins(&shop, other).await);
    let skipped = "select string_agg(coalesce(skip_reason, status), '|' order by notification_id)
                   from notification_queue";
    assert_eq!(shop.text(skipped).await, "failed|suppressed|pending");
    // Whoever lifts it is written to again.
    shop.run("delete from notification_suppressions").await;
    let third = notice(&shop, "gone@example.com").await;
    assert!(begins(&shop, third).await);
}

#[tokio::test]
async fn g7_admins_hear_once_a_day_that_a_channel_refuses_us_and_notices_wait() {
    let shop = Shop::open().await;
    shop.run("insert into admin_contacts (name, address) values ('Ann', 'ann@shop.example')")
        .await;
    for _ in 0..2 {
        let waiting = notice(&shop, "ama@example.com").await;
        assert!(begins(&shop, waiting).await);
        assert_eq!(miss(&shop, waiting, "smtp", "535").await, "retry");
    }
    let told = "select string_agg(concat_ws('|', recipient, status, payload->>'summary'), '')
                from notification_queue
                where notification_type = 'system_health'";
    assert_eq!(
        shop.text(told).await,
        "ann@shop.example|pending|smtp refuses our messages with code 535"
    );
    let suppressed = "select count(*) from notification_suppressions";
    assert_eq!(shop.number(suppressed).await, 0, "it is not their fault");
}

#[tokio::test]
async fn g4_an_admin_who_wants_a_digest_has_one_a_day_at_his_hour_with_all_that_happened() {
    let shop = Shop::open().await;
    shop.run(
        "insert into admin_contacts (name, address, delivery, digest_at, time_zone) values
           ('Ann', 'ann@shop.example', 'digest', '08:00', 'America/New_York'),
           ('Bob', 'bob@shop.example', 'immediate', '08:00', 'UTC')",
    )
    .await;
    let tell = |kind: &str, key: &str| {
        format!(
            "select notify_admins('{kind}', jsonb_build_object('summary', 'About {key}'), '{key}')"
        )
    };
    for key in ["one", "two", "two"] {
        shop.run(&tell("order_failure", key)).await;
    }
    shop.run(&tell("system_health", "three")).await;
    let to = |who: &str| {
        format!(
            "select coalesce(string_agg(concat_ws(' ', event, status, skip_reason), '|'
               order by notification_id), '')
             from notification_queue
             where recipient = '{who}@shop.example' and notification_type <> 'digest'"
        )
    };
    let bobs = "one pending|two pending|three pending";
    assert_eq!(shop.text(&to("bob")).await, bobs);
    let anns = "one skipped digest|two skipped digest|three pending";
    assert_eq!(shop.text(&to("ann")).await, anns);

    let write = async |at: &str| {
        shop.text(&format!(
            "with clock as materialized (select set_config('stevedore.now', '{at}', true))
             select sp_write_digests()::text from clock"
        ))
        .await
    };
    // 07:59 in New York, then 08:00, then later that day, then the next.
    assert_eq!(write("2030-01-01T12:59:00Z").await, "0");
    assert_eq!(write("2030-01-01T13:00:00Z").await, "1");
    assert_eq!(write("2030-01-01T20:00:00Z").await, "0");
    assert_eq!(write("2030-01-02T13:00:00Z").await, "0", "nothing happened");
    let digests = "select string_agg(concat_ws(' ', recipient, status, payload->'items'), '|')
                   from notification_queue
                   where notification_type = 'digest'";
    assert_eq!(
        shop.text(digests).await,
        r#"ann@shop.example pending ["About one", "About two"]"#
    );
}
