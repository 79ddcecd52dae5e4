//! Health in parts, and what whoever is on call can do.

use serde_json::json;
use stevedore_enqueue_api::wire;

use crate::shop::{an_order, open_shop};
use crate::support::Api;

#[tokio::test]
async fn h6_health_has_parts_under_their_old_names() {
    let api = Api::new().await;
    for path in [
        "/api/health/live",
        "/api/health/ready",
        "/api/health/providers",
    ] {
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    let database = api.get("/api/health/database").await;
    let database: wire::DatabaseHealth = serde_json::from_value(database.body).unwrap();
    assert_eq!(
        (database.status.as_str(), database.connections.max),
        ("ok", 10)
    );
    api.draining.cancel();
    assert_eq!(
        api.get("/api/health/ready").await.problem(),
        (503, "not_ready")
    );
    assert_eq!(api.get("/api/health/live").await.status, 200);
}

#[tokio::test]
async fn h6_providers_are_as_well_as_their_last_calls() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    assert_eq!(api.post("/v1/orders", &an_order()).await.status, 201);
    let calls = "insert into fulfillment_logs (order_id, fulfillment_id, provider_code, action,
          status, attempt_number, retryable, duration_ms)
        select 1, fulfillment_id, 'at_ishare', 'trigger',
          case when n <= 3 then 'failed' else 'success' end, n, n <= 2, 40
        from fulfillments cross join generate_series(1, 8) as n";
    sqlx::query(calls).execute(api.db.pool()).await.unwrap();
    let answer = api.get("/api/health/providers").await;
    let health: wire::ProvidersHealth = serde_json::from_value(answer.body).unwrap();
    let provider = &health.providers[0];
    assert_eq!((provider.calls, provider.troubled), (8, 2), "{health:?}");
    assert_eq!(
        (health.status.as_str(), provider.status.as_str()),
        ("degraded", "degraded")
    );
}

#[tokio::test]
async fn h6_admins_see_retries_and_have_them_tried_now() {
    let api = Api::new().await;
    open_shop(&api.db).await;
    assert_eq!(api.post("/v1/orders", &an_order()).await.status, 201);
    let failed = "update queue.jobs set state = 'scheduled', attempt = 1, last_error = 'no answer',
        run_at = clock_now() + interval '1 hour' where kind = 'fulfil_order'";
    sqlx::query(failed).execute(api.db.pool()).await.unwrap();
    let health = api.get("/api/admin/health").await;
    let health: wire::AdminHealth = serde_json::from_value(health.body).unwrap();
    assert_eq!((health.retries.pending, health.retries.dead), (1, 0));
    let act = |action: &str| json!({ "action": action });
    for affected in [1, 0] {
        let done = api
            .post("/api/admin/health", &act("process_pending_retries"))
            .await;
        let done: wire::MaintenanceDone = serde_json::from_value(done.body).unwrap();
        assert_eq!(
            (done.outcome.as_str(), done.affected),
            ("done", Some(affected))
        );
    }
    let ready = "select count(*) from queue.jobs where kind = 'fulfil_order'
        and state in ('ready', 'blocked')";
    assert_eq!(api.count(ready).await, 1);
}

#[tokio::test]
async fn h6_every_action_that_is_named_can_be_taken_by_admins_alone() {
    let mut api = Api::new().await;
    open_shop(&api.db).await;
    let health = api.get("/api/admin/health").await;
    let health: wire::AdminHealth = serde_json::from_value(health.body).unwrap();
    assert!(health.actions.len() >= 6);
    for one in &health.actions {
        let done = api
            .post("/api/admin/health", &json!({ "action": one.action }))
            .await;
        assert_eq!(done.status, 200, "{}", done.text);
        let _: wire::MaintenanceRequest =
            serde_json::from_value(json!({ "action": one.action })).unwrap();
    }
    // The second wish for a clean-up is the first, while that waits.
    let clean = || json!({ "action": "clean_up" });
    assert_eq!(api.post("/api/admin/health", &clean()).await.status, 200);
    let jobs = "select count(*) from queue.jobs where kind = 'clean_up'";
    assert_eq!(api.count(jobs).await, 1);
    let wrong = api
        .post("/api/admin/health", &json!({ "action": "explode" }))
        .await;
    assert_eq!(
        wrong.fields(),
        [("action".to_owned(), "unknown".to_owned())]
    );
    api.key = api.key_with(&["orders:write"]).await;
    let answer = api.post("/api/admin/health", &clean()).await;
    assert_eq!(answer.problem(), (403, "insufficient_scope"));
}
