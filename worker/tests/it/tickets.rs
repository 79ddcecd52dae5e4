//! Tickets on their way to an outside system.

use secrecy::SecretString;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use stevedore_simulator::{App, Jira, JiraFault};
use stevedore_testkit::wait_for;

use crate::shop::Shop;

/// A shop whose tickets go to this Jira, with comments as fast as they come.
async fn shop_with(jira: &Jira) -> Shop {
    let mut shop = Shop::new().await;
    let (email, token) = Jira::ACCOUNT;
    let settings = &mut shop.settings.tickets;
    settings.ticket_order_url = Some("https://shop.example.com/{order_number}".to_owned());
    settings.ticket_comment_every = std::time::Duration::ZERO;
    settings.jira.jira_url = Some(jira.url());
    settings.jira.jira_email = Some(email.to_owned());
    settings.jira.jira_api_token = Some(SecretString::from(token));
    settings.jira.jira_project = Some("OPS".to_owned());
    shop
}

async fn run(shop: &Shop, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(shop.pool())
        .await
        .expect("a statement");
}

async fn wait_until_synced(shop: &Shop) {
    wait_for("the outside to know all", async || {
        let behind = "select count(*) from tickets where synced_version < version";
        (shop.number(behind).await == 0).then_some(())
    })
    .await;
    shop.wait_until_idle().await;
}

#[tokio::test]
async fn g6_a_ticket_is_one_issue_with_comments_and_ends_with_its_cause() {
    let jira = Jira::start().await.expect("a Jira");
    let shop = shop_with(&jira).await;
    let worker = shop.worker();
    let open = "select open_ticket('delivery', 'high', 'carrier:x', 'Carrier x is silent',
        '{\"code\": \"timeout\", \"note\": \"\"}')";
    run(&shop, open).await;
    wait_until_synced(&shop).await;
    let issue = &jira.issues()[0];
    assert_eq!(issue.fields["summary"], "Carrier x is silent");
    assert_eq!(issue.fields["priority"]["name"], "High");
    let labels: Vec<_> = issue.fields["labels"]
        .as_array()
        .expect("labels")
        .iter()
        .collect();
    let has = |label: &str| labels.iter().any(|one| **one == label);
    assert!(
        has("category-delivery") && has("severity-high"),
        "{labels:?}"
    );
    assert!(issue.fields["description"].to_string().contains("timeout"));

    run(&shop, open).await;
    wait_until_synced(&shop).await;
    assert_eq!(jira.issues().len(), 1);
    let comment = jira.issues()[0].comments[0].to_string();
    assert!(comment.contains("2 times"), "{comment}");

    run(
        &shop,
        "select resolve_ticket('carrier:x', 'ann', 'they are back')",
    )
    .await;
    wait_until_synced(&shop).await;
    let ended = &jira.issues()[0];
    assert!(ended.is_done);
    assert!(
        ended.comments[1]
            .to_string()
            .contains("Settled by ann: they are back")
    );
    let link: String = sqlx::query_scalar("select external_url from tickets")
        .fetch_one(shop.pool())
        .await
        .expect("a link");
    assert_eq!(link, format!("{}/browse/OPS-1", jira.url()));
    worker.stop().await;
}

#[tokio::test]
async fn g6_an_answer_that_was_lost_opens_no_second_issue_and_a_busy_jira_is_asked_again() {
    let jira = Jira::start().await.expect("a Jira");
    let shop = shop_with(&jira).await;
    run(&shop, "select open_ticket('api', 'low', 'a', 'A')").await;
    // The search comes first, then the creation.
    jira.plan(JiraFault::RateLimited { retry_after: 1 });
    let worker = shop.worker();
    let noted = "select count(*) from tickets where sync_error like '%429%'";
    wait_for("the refusal to be on record", async || {
        (shop.number(noted).await == 1).then_some(())
    })
    .await;
    wait_until_synced(&shop).await;
    worker.stop().await;
    assert_eq!(jira.issues().len(), 1);

    // What was done without our hearing of it is found by its label.
    run(
        &shop,
        "update tickets set external_key = null; select open_ticket('api', 'low', 'a', 'A')",
    )
    .await;
    let worker = shop.worker();
    wait_until_synced(&shop).await;
    worker.stop().await;
    assert_eq!(jira.issues().len(), 1);
    assert_eq!(jira.issues()[0].comments.len(), 1);
}

#[tokio::test]
async fn g6_what_happens_very_often_is_commented_on_a_bounded_number_of_times() {
    let jira = Jira::start().await.expect("a Jira");
    let mut shop = shop_with(&jira).await;
    shop.settings.tickets.ticket_comments_max = 2;
    let worker = shop.worker();
    for _ in 0..6 {
        run(&shop, "select open_ticket('api', 'low', 'a', 'A')").await;
        wait_until_synced(&shop).await;
    }
    assert_eq!(jira.issues()[0].comments.len(), 2);
    worker.stop().await;
}

#[tokio::test]
async fn g6_without_an_outside_system_tickets_are_rows_and_no_job_piles_up() {
    let shop = Shop::new().await;
    run(
        &shop,
        "select open_ticket('api', 'low', n::text, 'A') from generate_series(1, 20) as n",
    )
    .await;
    let worker = shop.worker();
    shop.wait_until_idle().await;
    worker.stop().await;
    assert_eq!(shop.number("select count(*) from tickets").await, 20);
}

#[tokio::test]
async fn g6_the_ticket_of_an_order_leads_to_it() {
    let jira = Jira::start().await.expect("a Jira");
    let shop = shop_with(&jira).await;
    let order_id = shop.order(crate::shop::GOOD_NUMBER).await;
    let number = shop.view(order_id).await.order_number;
    run(
        &shop,
        &format!("select sp_record_error({order_id}, 'payment', 'critical', 'test', 'odd', 'Odd')"),
    )
    .await;
    let worker = shop.worker();
    wait_until_synced(&shop).await;
    worker.stop().await;
    let description = jira.issues()[0].fields["description"].to_string();
    assert!(
        description.contains(&format!("https://shop.example.com/{number}")),
        "{description}"
    );
    let issue: &Value = &jira.issues()[0].fields;
    assert_eq!(issue["priority"]["name"], "Highest");
}

/// A shop whose people on duty are told of tickets by this app: by a webhook, and by its
/// PagerDuty.
async fn shop_on_duty(app: &App) -> Shop {
    let mut shop = Shop::new().await;
    let outbound = &mut shop.settings.webhooks.outbound;
    outbound.outbound_allow_http = true;
    outbound.outbound_allow_private = true;
    shop.settings.notices.pagerduty_url = app.url("/v2/enqueue");
    sqlx::query(
        "insert into admin_contacts (name, channel, address, notification_types, tickets_from)
        values
          ('Hook', 'webhook', $1, '{system_health}', 'high'),
          ('Pager', 'pagerduty', repeat('0', 32), '{system_health}', 'critical')",
    )
    .bind(app.url("/duty"))
    .execute(shop.pool())
    .await
    .expect("contacts");
    shop
}

/// What the app was told on this path, in order.
fn told(app: &App, path: &str) -> Vec<Value> {
    let received = app.received();
    let there = received.iter().filter(|received| received.path == path);
    there
        .map(|received| serde_json::from_str(&received.body).expect("JSON"))
        .collect()
}

#[tokio::test]
async fn g7_who_is_on_duty_hears_of_a_ticket_of_his_severity_once_and_of_its_end() {
    let app = App::start().await.expect("an app");
    let shop = shop_on_duty(&app).await;
    let worker = shop.worker();
    for severity in ["medium", "high"] {
        let open = format!("select open_ticket('api', '{severity}', 'x', 'X is slow')");
        run(&shop, &open).await;
        shop.wait_until_idle().await;
    }
    assert_eq!(told(&app, "/duty").len(), 1, "from high on");
    assert!(told(&app, "/v2/enqueue").is_empty(), "nobody wakes for it");
    for _ in 0..3 {
        run(
            &shop,
            "select open_ticket('api', 'critical', 'x', 'X is down')",
        )
        .await;
    }
    shop.wait_until_idle().await;
    run(
        &shop,
        "select resolve_ticket('x', 'system', 'X works again')",
    )
    .await;
    shop.wait_until_idle().await;
    worker.stop().await;

    let hook = told(&app, "/duty");
    let states: Vec<_> = hook.iter().map(|alert| &alert["state"]).collect();
    assert_eq!(states, ["open", "open", "resolved"], "{hook:?}");
    let severities: Vec<_> = hook.iter().map(|alert| &alert["severity"]).collect();
    assert_eq!(severities, ["high", "critical", "critical"], "{hook:?}");
    let pager = told(&app, "/v2/enqueue");
    let actions: Vec<_> = pager.iter().map(|event| &event["event_action"]).collect();
    assert_eq!(actions, ["trigger", "resolve"], "{pager:?}");
    assert_eq!(pager[0]["payload"]["severity"], "critical");
    assert_eq!(pager[0]["payload"]["summary"], "[critical] X is slow");
    assert_eq!(pager[0]["dedup_key"], pager[1]["dedup_key"]);
}

#[tokio::test]
async fn g7_who_was_told_of_a_ticket_hears_once_that_it_got_worse() {
    let app = App::start().await.expect("an app");
    let shop = shop_on_duty(&app).await;
    run(&shop, "update admin_contacts set tickets_from = 'low'").await;
    let open = |severity| format!("select open_ticket('api', '{severity}', 'x', 'X is slow')");
    run(&shop, &open("low")).await;
    let worker = shop.worker();
    shop.wait_until_idle().await;
    for severity in ["high", "high", "medium"] {
        run(&shop, &open(severity)).await;
        shop.wait_until_idle().await;
    }
    worker.stop().await;
    // Twice worse before anybody is told is told once, and a ticket that ends is not told worse.
    run(&shop, &open("critical")).await;
    run(
        &shop,
        "select open_ticket('api', 'medium', 'y', 'Y'), open_ticket('api', 'high', 'y', 'Y')",
    )
    .await;
    run(&shop, "select resolve_ticket('x')").await;
    let worker = shop.worker();
    shop.wait_until_idle().await;
    worker.stop().await;

    let pager = told(&app, "/v2/enqueue");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (x, y): (Vec<&Value>, Vec<&Value>) = pager
        .iter()
        .partition(|event| event["dedup_key"] == pager[0]["dedup_key"]);
    let severities = |events: &[&Value]| -> Vec<String> {
        let all = events.iter().map(|event| &event["payload"]["severity"]);
        all.map(text).collect()
    };
    assert_eq!(severities(&x), ["info", "error", ""], "{pager:?}");
    let actions: Vec<_> = x.iter().map(|event| text(&event["event_action"])).collect();
    assert_eq!(actions, ["trigger", "trigger", "resolve"]);
    assert_eq!(severities(&y), ["error"], "{pager:?}");
    let hook = told(&app, "/duty");
    assert_eq!(hook.len(), pager.len(), "{hook:?}");
}

#[tokio::test]
async fn g7_an_alert_never_comes_after_its_end() {
    let app = App::start().await.expect("an app");
    let shop = shop_on_duty(&app).await;
    // Resolved before anybody could be told: nobody is.
    run(
        &shop,
        "select open_ticket('api', 'high', 'y', 'Y'); select resolve_ticket('y')",
    )
    .await;
    let worker = shop.worker();
    shop.wait_until_idle().await;
    worker.stop().await;
    assert!(app.received().is_empty());
    // Resolved while an attempt is under way, of which nobody knows the end: it is not repeated,
    // and the end comes when it must have arrived.
    run(
        &shop,
        "select open_ticket('api', 'high', 'z', 'Z');
        select begin_notification(tenant_id, notification_id)
        from notification_queue
        where status = 'pending';
        select resolve_ticket('z')",
    )
    .await;
    let worker = shop.worker();
    wait_for("the first to be withdrawn", async || {
        let withdrawn = "select count(*) from notification_queue where skip_reason = 'superseded'";
        (shop.number(withdrawn).await == 2).then_some(())
    })
    .await;
    worker.stop().await;
    let later = "select count(*) from notification_queue
        where status = 'pending' and (payload->>'is_over')::boolean
          and not_before > clock_now() + interval '30 seconds'";
    assert_eq!(shop.number(later).await, 1);
    assert!(app.received().is_empty());
}
