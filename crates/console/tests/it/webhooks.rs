//! The room of webhooks.

use stevedore_model::TenantId;

use crate::browser::Browser;

/// Three events of the shop and one of another.
async fn fill(browser: &Browser) {
    browser
        .run(
            r#"insert into webhook_events
               (tenant_id, source, event_id, event_type, headers, body, status, attempts, error,
                received_at, processed_at)
             values
               (default, 'stripe', 'evt_1', 'charge.refunded', '{"content-type": "text/json"}',
                '{"id":"evt_1","data":{"name":"<b>Ama"}}', 'dead', 10, 'no payment <i>1',
                '2026-11-21 10:00Z', null),
               (default, 'stripe', 'evt_2', null, '{}', 'a=1&b=2', 'processed', 1, null,
                '2026-11-21 11:00Z', '2026-11-21 11:01Z'),
               (default, 'twilio', 'SM3', 'delivered', '{}', '\xff00', 'ignored', 1, 'unknown',
                '2026-11-21 12:00Z', '2026-11-21 12:01Z'),
               ('00000000-0000-0000-0000-000000000002', 'stripe', 'theirs', 'secret', '{}', '{}',
                'dead', 1, 'x', '2026-11-21 13:00Z', null)"#,
        )
        .await;
}

const JOBS: &str = "select count(*) from queue.jobs where kind = 'ingest_webhook'";

#[tokio::test]
async fn f1_the_console_lists_the_shops_own_events_and_shows_one() {
    let browser = Browser::signed_in().await;
    let empty = browser.get("/console/webhooks").await;
    assert!(empty.text.contains("Nothing came that fits"));
    fill(&browser).await;
    let list = browser.get("/console/webhooks").await;
    insta::assert_snapshot!("webhooks", list.page());
    assert!(!list.text.contains("theirs"));
    insta::assert_snapshot!("webhook", browser.get("/console/webhooks/1").await.page());
    let form = browser.get("/console/webhooks/2").await;
    assert!(
        form.text.contains("<pre>a=1&amp;b=2</pre>"),
        "{}",
        form.text
    );
    for (query, expected) in [
        ("status=dead", vec!["evt_1"]),
        ("source=twilio", vec!["SM3"]),
        ("source=stripe&status=", vec!["evt_2", "evt_1"]),
        ("event_type=charge.refunded", vec!["evt_1"]),
        ("event_id=evt_2", vec!["evt_2"]),
        ("before=3&status=nonsense", vec!["evt_2", "evt_1"]),
        ("source=%00&before=x", vec!["SM3", "evt_2", "evt_1"]),
    ] {
        let page = browser.get(&format!("/console/webhooks?{query}")).await;
        let ids: Vec<&str> = ["evt_1", "evt_2", "SM3"]
            .into_iter()
            .filter(|id| page.text.contains(&format!("<small>{id}</small>")))
            .collect();
        let mut expected = expected;
        expected
            .sort_unstable_by_key(|id| ["evt_1", "evt_2", "SM3"].iter().position(|it| it == id));
        assert_eq!(ids, expected, "{query}");
    }
    for unknown in ["4", "99", "x", "-1", "%ff"] {
        let page = browser.get(&format!("/console/webhooks/{unknown}")).await;
        assert!([404, 400].contains(&page.status.as_u16()), "{unknown}");
    }
}

#[tokio::test]
async fn f1_older_events_are_on_the_next_page_with_the_same_filter() {
    let browser = Browser::signed_in().await;
    browser
        .run(
            "insert into webhook_events (source, event_id, body, status, error)
             select 'stripe', 'evt_' || n, '', 'dead', 'x' from generate_series(1, 60) as n",
        )
        .await;
    let first = browser
        .get("/console/webhooks?status=dead&source=stripe")
        .await;
    let older = "/console/webhooks?source=stripe&status=dead&before=11";
    let link = older.replace('&', "&amp;").replace('/', "&#x2f;");
    assert!(first.text.contains(&link), "{}", first.text);
    let second = browser.get(older).await;
    assert_eq!(second.text.matches("<small>evt_").count(), 10);
    assert!(!second.text.contains(">Older<"));
}

#[tokio::test]
async fn f1_an_event_is_replayed_once_from_the_console_and_by_nobody_else() {
    let browser = Browser::signed_in().await;
    fill(&browser).await;
    let csrf = browser.get("/console/webhooks/1").await.csrf().to_owned();
    let body = format!("csrf={csrf}");
    assert_eq!(
        browser
            .post("/console/webhooks/1/replay", "csrf=x")
            .await
            .status,
        403
    );
    let stranger = Browser {
        cookie: None,
        app: browser.app.clone(),
        db: stevedore_testkit::TestDb::empty().await,
    };
    let refused = stranger.post("/console/webhooks/1/replay", &body).await;
    assert!(
        refused.redirects_to("/console/sign-in?to=%2Fconsole"),
        "{refused:?}"
    );
    for missing in ["4", "99", "x"] {
        let path = format!("/console/webhooks/{missing}/replay");
        assert_eq!(browser.post(&path, &body).await.status, 404, "{missing}");
    }
    assert_eq!(browser.number(JOBS).await, 0);

    let mut jobs = Vec::new();
    for _ in 0..2 {
        let answer = browser.post("/console/webhooks/1/replay", &body).await;
        assert_eq!(answer.status, 303);
        jobs.push(answer.header("location").to_owned());
    }
    assert_eq!(jobs[0], jobs[1]);
    assert_eq!(browser.number(JOBS).await, 1);
    let page = browser.get(&jobs[0]).await;
    assert!(
        page.text.contains("It is processed again, by job"),
        "{}",
        page.text
    );
    assert!(page.text.contains("received</strong>"), "{}", page.text);
}

#[tokio::test]
async fn f1_who_signed_in_for_another_shop_sees_that_one() {
    let mut browser = Browser::signed_in().await;
    fill(&browser).await;
    let key = browser
        .key(TenantId(uuid::Uuid::from_u128(2)), &["admin"])
        .await;
    browser.sign_in(&key).await;
    let list = browser.get("/console/webhooks").await;
    assert!(list.text.contains("theirs") && !list.text.contains("evt_1"));
    assert_eq!(browser.get("/console/webhooks/1").await.status, 404);
    let body = format!("csrf={}", list.csrf());
    assert_eq!(
        browser
            .post("/console/webhooks/1/replay", &body)
            .await
            .status,
        404
    );
    assert_eq!(browser.number(JOBS).await, 0);
}
