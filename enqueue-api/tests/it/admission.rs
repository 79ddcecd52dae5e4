//! Refusing jobs before the backlog hurts: 429 with a time to come back.

use serde_json::json;
use stevedore_enqueue_api::ApiSettings;
use stevedore_queue::{set_quota, set_service_level};

use crate::shop::{an_order, open_shop};
use crate::support::{Answer, Api};

async fn enqueue(api: &Api, queue: &str) -> Answer {
    let job = json!({ "kind": "a", "queue": queue });
    api.post("/v1/jobs", &job).await
}

/// Makes the jobs that wait look as if they had waited so long.
async fn age(api: &Api, seconds: i32) {
    sqlx::query(
        "update queue.jobs set order_at = order_at - $1 * interval '1 second',
           run_at = run_at - $1 * interval '1 second'",
    )
    .bind(seconds)
    .execute(api.db.pool())
    .await
    .unwrap();
}

/// Jobs that ended just now, ten a second for the last ten seconds.
async fn worked_off(api: &Api, queue: &str) {
    sqlx::query(
        "insert into queue.finished_jobs (job_id, finished_at, run_at, created_at, attempt,
           forgiven, priority, state, queue, kind, args)
         select nextval('queue.jobs_job_id_seq'), clock_now() - n * interval '100 milliseconds',
           clock_now(), clock_now(), 1, 0, 0, 'completed', $1, 'a', '{}'
         from generate_series(1, 100) as n",
    )
    .bind(queue)
    .execute(api.db.pool())
    .await
    .unwrap();
}

async fn backlog(api: &Api, queue: &str, jobs: i64) {
    sqlx::query(
        "insert into queue.jobs (kind, queue, order_at, run_at)
         select 'a', $1, clock_now() - interval '20 seconds', clock_now() - interval '20 seconds'
         from generate_series(1, $2)",
    )
    .bind(queue)
    .bind(jobs)
    .execute(api.db.pool())
    .await
    .unwrap();
}

#[tokio::test]
async fn first_5_a_queue_slower_than_its_service_level_refuses_until_its_backlog_is_gone() {
    let api = Api::new().await;
    let wait = std::time::Duration::from_secs(10);
    set_service_level(api.db.pool(), "mail", Some(wait), None)
        .await
        .unwrap();
    worked_off(&api, "mail").await;
    backlog(&api, "mail", 500).await;

    // 500 jobs at 10 a second are 50 s; 10 are wanted; so 40 s from now it may go better.
    let refused = enqueue(&api, "mail").await;
    assert_eq!(refused.problem(), (429, "too_many_jobs"));
    assert_eq!(refused.body["reason"], "too_slow");
    let after: u64 = refused.header("retry-after").parse().unwrap();
    assert!((36..=48).contains(&after), "{after} in {}", refused.text);
    assert_eq!(refused.body["retry_after_seconds"], after);
    assert_eq!(api.count("select count(*) from queue.jobs").await, 500);

    assert_eq!(enqueue(&api, "other").await.status, 201, "another queue");
    let metrics = api.get("/metrics").await.text;
    let counted = r#"stevedore_admission_refusals_total{reason="too_slow"}"#;
    assert!(metrics.contains(counted), "{counted} is missing");
}

#[tokio::test]
async fn first_5_a_queue_that_keeps_its_service_level_refuses_nothing() {
    let api = Api::new().await;
    let wait = std::time::Duration::from_secs(10);
    set_service_level(api.db.pool(), "mail", Some(wait), None)
        .await
        .unwrap();
    worked_off(&api, "mail").await;
    backlog(&api, "mail", 50).await;
    for _ in 0..5 {
        assert_eq!(enqueue(&api, "mail").await.status, 201);
    }
}

#[tokio::test]
async fn first_5_a_queue_that_nobody_works_off_refuses_by_the_age_of_its_oldest_job() {
    let api = Api::new().await;
    let wait = std::time::Duration::from_secs(10);
    set_service_level(api.db.pool(), "default", Some(wait), None)
        .await
        .unwrap();
    backlog(&api, "default", 1).await;
    age(&api, 60).await;
    let refused = enqueue(&api, "default").await;
    assert_eq!(refused.problem(), (429, "too_many_jobs"));
    assert_eq!(refused.header("retry-after"), "30");
}

#[tokio::test]
async fn first_5_a_full_queue_refuses_single_jobs_and_batches() {
    let api = Api::new().await;
    set_service_level(api.db.pool(), "small", None, Some(3))
        .await
        .unwrap();
    for _ in 0..3 {
        assert_eq!(enqueue(&api, "small").await.status, 201);
    }
    let refused = enqueue(&api, "small").await;
    assert_eq!(refused.problem(), (429, "too_many_jobs"));
    assert_eq!(refused.body["reason"], "queue_full");
    let batch = json!({ "jobs": [{ "kind": "a" }, { "kind": "a", "queue": "small" }] });
    let refused = api.post("/v1/jobs/batch", &batch).await;
    assert_eq!(refused.problem(), (429, "too_many_jobs"));
    assert_eq!(api.count("select count(*) from queue.jobs").await, 3);
}

#[tokio::test]
async fn first_5_a_sender_over_its_rate_is_told_when_it_may_send_again() {
    let api = Api::new().await;
    let key_id = api.key.split('_').nth(1).unwrap();
    set_quota(api.db.pool(), &format!("key:{key_id}"), None, Some(6))
        .await
        .unwrap();
    for _ in 0..6 {
        assert_eq!(enqueue(&api, "default").await.status, 201);
    }
    let refused = enqueue(&api, "default").await;
    assert_eq!(refused.problem(), (429, "too_many_jobs"));
    assert_eq!(refused.body["reason"], "sender_too_fast");
    // Six a minute are one in ten seconds.
    let after: u64 = refused.header("retry-after").parse().unwrap();
    assert!((8..=10).contains(&after), "{after}");

    let other = api.key_with(&["jobs:write"]).await;
    let request = api
        .request(axum::http::Method::POST, "/v1/jobs")
        .header("content-type", "application/json")
        .body(r#"{"kind": "a"}"#.into())
        .unwrap();
    let (mut parts, body) = request.into_parts();
    let bearer = format!("Bearer {other}").parse().unwrap();
    parts.headers.insert("authorization", bearer);
    let admitted = api.send(axum::http::Request::from_parts(parts, body)).await;
    assert_eq!(admitted.status, 201, "another key has its own quota");
}

#[tokio::test]
async fn first_5_a_sender_may_have_so_many_unfinished_jobs_and_no_more() {
    let api = Api::new().await;
    let shop = format!("shop:{}", stevedore_model::TenantId::SHOP);
    set_quota(api.db.pool(), &shop, Some(2), None)
        .await
        .unwrap();
    for _ in 0..2 {
        assert_eq!(enqueue(&api, "default").await.status, 201);
    }
    let refused = enqueue(&api, "default").await;
    assert_eq!(refused.problem(), (429, "too_many_jobs"));
    assert_eq!(refused.body["reason"], "sender_full");

    // Its jobs are done, and the next look at the database finds that out.
    sqlx::query("delete from queue.jobs")
        .execute(api.db.pool())
        .await
        .unwrap();
    stevedore_testkit::wait_for("the quota to be free again", async || {
        (enqueue(&api, "default").await.status == 201).then_some(())
    })
    .await;
}

#[tokio::test]
async fn first_5_a_repetition_is_answered_also_while_nothing_new_is_let_in() {
    let api = Api::new().await;
    let job = json!({ "kind": "a" });
    let first = api.post_keyed("/v1/jobs", "k", &job).await;
    assert_eq!(first.status, 201, "{}", first.text);
    set_service_level(api.db.pool(), "default", None, Some(1))
        .await
        .unwrap();
    stevedore_testkit::wait_for("the limit to be known", async || {
        (api.post("/v1/jobs", &job).await.status == 429).then_some(())
    })
    .await;
    let again = api.post_keyed("/v1/jobs", "k", &job).await;
    assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let new = api.post_keyed("/v1/jobs", "k2", &job).await;
    assert_eq!(new.problem(), (429, "too_many_jobs"));
}

/// The queue that fulfils orders has 500 jobs, works off ten a second, and shall keep nobody
/// waiting for more than ten seconds.
async fn slow_fulfilment(api: &Api) {
    worked_off(api, "fulfilment").await;
    backlog(api, "fulfilment", 500).await;
    let wait = std::time::Duration::from_secs(10);
    set_service_level(api.db.pool(), "fulfilment", Some(wait), None)
        .await
        .unwrap();
}

#[tokio::test]
async fn j7_orders_by_the_hundred_wait_for_the_backlog_and_a_buyer_does_not() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    slow_fulfilment(&api).await;
    let many = json!({ "orders": [an_order(), an_order()] });
    let refused = api.post("/v1/bulk/orders", &many).await;
    assert_eq!(refused.problem(), (429, "too_many_jobs"));
    assert_eq!(refused.body["reason"], "too_slow");
    let after: u64 = refused.header("retry-after").parse().unwrap();
    assert!((36..=48).contains(&after), "{after} in {}", refused.text);
    assert_eq!(api.count("select count(*) from orders").await, 0);
    let buyer = api.post("/v1/orders", &an_order()).await;
    assert_eq!(buyer.status, 201, "{}", buyer.text);
}

#[tokio::test]
async fn j7_a_shop_may_have_single_orders_wait_for_the_backlog_but_not_their_repetitions() {
    let settings = ApiSettings {
        orders_by_backlog: true,
        ..ApiSettings::default()
    };
    let api = Api::with(settings).await;
    open_shop(&api.db).await;
    let first = api.post_keyed("/v1/orders", "k1", &an_order()).await;
    assert_eq!(first.status, 201, "{}", first.text);
    slow_fulfilment(&api).await;
    stevedore_testkit::wait_for("the limit to be known", async || {
        let refused = api.post("/v1/orders", &an_order()).await;
        (refused.status == 429).then_some(())
    })
    .await;
    for path in ["/v1/orders", "/api/orders"] {
        let new = api.post_keyed(path, "k2", &an_order()).await;
        assert_eq!(new.problem(), (429, "too_many_jobs"), "{path}");
    }
    let again = api.post_keyed("/v1/orders", "k1", &an_order()).await;
    assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
}
