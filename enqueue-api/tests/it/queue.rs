//! The queue as a whole over HTTP.

use axum::body::Body;
use axum::http::Method;
use axum::http::header::ACCEPT;
use serde_json::json;
use stevedore_enqueue_api::wire;

use crate::support::Api;

async fn three_jobs(api: &Api) {
    let jobs = json!({ "jobs": [
        { "kind": "a", "group_key": "g" },
        { "kind": "b", "queue": "other" },
        { "kind": "b", "unique_key": "u", "run_at": "2100-01-01T00:00:00Z" },
    ] });
    assert_eq!(api.post("/v1/jobs/batch", &jobs).await.status, 200);
}

async fn kinds_listed(api: &Api, query: &str) -> Vec<String> {
    let answer = api.get(&format!("/v1/jobs?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    let list: wire::JobList = serde_json::from_value(answer.body).unwrap();
    list.jobs.into_iter().map(|job| job.kind).collect()
}

#[tokio::test]
async fn jobs_are_listed_by_filters_and_pages() {
    let api = Api::new().await;
    three_jobs(&api).await;
    assert_eq!(kinds_listed(&api, "").await, ["b", "b", "a"]);
    assert_eq!(kinds_listed(&api, "state=ready").await, ["b", "a"]);
    assert_eq!(kinds_listed(&api, "state=scheduled,dead").await, ["b"]);
    assert_eq!(kinds_listed(&api, "kind=a&queue=default").await, ["a"]);
    assert_eq!(
        kinds_listed(&api, "unique_key=u&created_after=2020-01-01T00:00:00Z").await,
        ["b"]
    );
    let first = api.get("/v1/jobs?limit=2").await.body;
    let next = first["next"].as_i64().unwrap();
    for name in ["after", "before"] {
        let rest = kinds_listed(&api, &format!("limit=2&{name}={next}")).await;
        assert_eq!(rest, ["a"], "{name}");
    }
    let both = api.get("/v1/jobs?after=7&before=7").await;
    assert_eq!(both.problem(), (422, "validation_failed"));
}

#[tokio::test]
async fn h2_jobs_are_csv_for_whoever_asks_for_it() {
    let api = Api::new().await;
    three_jobs(&api).await;
    let first = api.get("/v1/jobs?limit=1").await.body;
    let columns = first["jobs"][0].as_object().unwrap().keys();
    for (query, rows) in [("", 3), ("?limit=2", 2), ("?kind=b", 2)] {
        let request = api.request(Method::GET, &format!("/v1/jobs{query}"));
        let request = request.header(ACCEPT, "text/csv");
        let answer = api.send(request.body(Body::empty()).unwrap()).await;
        let lines: Vec<&str> = answer.text.trim_end().split("\r\n").collect();
        assert_eq!(lines.len(), 1 + rows, "{query}: {}", answer.text);
        let mut named: Vec<&str> = lines[0].split(',').collect();
        named.sort_unstable();
        assert!(columns.clone().eq(named), "{}", lines[0]);
    }
}

#[tokio::test]
async fn a_wrong_query_is_422_and_every_wrong_parameter_is_named() {
    let api = Api::new().await;
    let answer = api
        .get("/v1/jobs?state=redy&limit=0&knid=a&queue=a&queue=b&created_after=now&before=x")
        .await;
    assert_eq!(answer.problem(), (422, "validation_failed"));
    let mut fields = answer.fields();
    fields.sort();
    let expected = [
        ("before", "out_of_range"),
        ("created_after", "invalid"),
        ("knid", "unknown_field"),
        ("limit", "out_of_range"),
        ("queue", "duplicate"),
        ("state", "invalid"),
    ];
    let expected = expected.map(|(field, code)| (field.to_owned(), code.to_owned()));
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn many_jobs_are_changed_at_once_and_counted_before() {
    let api = Api::new().await;
    three_jobs(&api).await;
    let mut change = json!({ "action": "cancel", "filter": { "kind": "b" }, "dry_run": true });
    let counted = api.post("/v1/jobs/bulk", &change).await;
    assert_eq!(
        counted.body,
        json!({ "matched": 2, "changed": 0, "next": null })
    );
    change["dry_run"] = false.into();
    change["limit"] = 1.into();
    let first = api.post("/v1/jobs/bulk", &change).await;
    let first: wire::BulkAnswer = serde_json::from_value(first.body).unwrap();
    assert_eq!((first.matched, first.changed), (1, 1));
    change["after"] = first.next.into();
    let second = api.post("/v1/jobs/bulk", &change).await;
    assert_eq!(second.body["changed"], 1);
    assert_eq!(api.count("select count(*) from queue.jobs").await, 1);

    let moved = json!({ "action": "move", "filter": {}, "queue": "elsewhere" });
    assert_eq!(api.post("/v1/jobs/bulk", &moved).await.body["changed"], 1);
    assert_eq!(kinds_listed(&api, "queue=elsewhere").await, ["a"]);
}

#[tokio::test]
async fn a_wrong_bulk_change_is_422_and_changes_nothing() {
    let api = Api::new().await;
    three_jobs(&api).await;
    for (change, expected) in [
        (json!({ "action": "cancel" }), ("filter", "required")),
        (
            json!({ "action": "explode", "filter": {} }),
            ("action", "unknown_action"),
        ),
        (
            json!({ "action": "move", "filter": {} }),
            ("queue", "required"),
        ),
        (
            json!({ "action": "cancel", "filter": { "knid": "a" } }),
            ("filter.knid", "unknown_field"),
        ),
        (
            json!({ "action": "cancel", "filter": { "states": ["redy"] } }),
            ("filter.states", "invalid"),
        ),
        (
            json!({ "action": "cancel", "filter": {}, "limit": 0 }),
            ("limit", "out_of_range"),
        ),
        (
            json!({ "action": "cancel", "filter": [] }),
            ("filter", "wrong_type"),
        ),
        (
            json!({ "action": "cancel", "filter": {}, "dry_run": "yes" }),
            ("dry_run", "wrong_type"),
        ),
    ] {
        let answer = api.post("/v1/jobs/bulk", &change).await;
        assert_eq!(answer.problem(), (422, "validation_failed"), "{change}");
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert_eq!(answer.fields(), [expected], "{change}");
    }
    assert_eq!(api.count("select count(*) from queue.jobs").await, 3);
}

#[tokio::test]
async fn changing_many_jobs_and_pausing_are_for_staff() {
    let api = Api::new().await;
    let key = api.key_with(&["jobs:read", "jobs:write"]).await;
    for path in [
        "/v1/jobs/bulk",
        "/v1/queues/default/pause",
        "/v1/kinds/a/resume",
    ] {
        let request = axum::http::Request::builder()
            .method("POST")
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            api.send(request).await.problem(),
            (403, "insufficient_scope"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn point_9_queues_and_kinds_are_paused_and_resumed() {
    let api = Api::new().await;
    three_jobs(&api).await;
    for (what, name) in [("queues", "other"), ("kinds", "b")] {
        for paused in [true, false] {
            let verb = if paused { "pause" } else { "resume" };
            let answer = api
                .post_bytes(&format!("/v1/{what}/{name}/{verb}"), "")
                .await;
            assert_eq!(answer.body, json!({ "paused": paused }), "{}", answer.text);
            let all = api.get(&format!("/v1/{what}")).await.body;
            let all = all.as_array().unwrap();
            let key = what.trim_end_matches('s');
            let one = all.iter().find(|one| one[key] == name).unwrap();
            assert_eq!(one["paused"], paused);
        }
    }
    let wrong = api.post_bytes("/v1/queues/no%20spaces/pause", "").await;
    assert_eq!(wrong.problem(), (422, "validation_failed"));
}

#[tokio::test]
async fn what_there_is_reads_as_documented() {
    let api = Api::new().await;
    three_jobs(&api).await;
    sqlx::query(
        "select queue.register_worker('w', '1', '{default}', '{a}', 4, 5000,
           '{\"a\": {\"queue\": \"default\", \"max_attempts\": 3}}')",
    )
    .execute(api.db.pool())
    .await
    .unwrap();
    let queues: Vec<wire::Queue> =
        serde_json::from_value(api.get("/v1/queues").await.body).unwrap();
    let names: Vec<_> = queues.iter().map(|queue| queue.queue.as_str()).collect();
    assert_eq!(names, ["default", "other"]);
    assert_eq!((queues[0].jobs["scheduled"], queues[0].workers), (1, 1));
    let kinds: Vec<wire::JobKind> =
        serde_json::from_value(api.get("/v1/kinds").await.body).unwrap();
    assert_eq!((kinds[0].kind.as_str(), kinds[0].workers), ("a", 1));
    assert_eq!(kinds[0].descriptor["max_attempts"], 3);
    assert_eq!((kinds[1].kind.as_str(), kinds[1].workers), ("b", 0));
    let workers: Vec<wire::Worker> =
        serde_json::from_value(api.get("/v1/workers").await.body).unwrap();
    assert_eq!((workers[0].name.as_str(), workers[0].concurrency), ("w", 4));
}

#[tokio::test]
async fn many_single_enqueues_at_once_are_each_answered_with_their_own_job() {
    let api = Api::new().await;
    let jobs = (0..200).map(|n| {
        // A few are refused by a rule that only the queue knows, and harm no other.
        let args = match n % 50 {
            49 => json!({ "n": n, "text": "x".repeat(1024 * 1024 - 40) }),
            _ => json!({ "n": n }),
        };
        let job = json!({ "kind": "a", "args": args });
        let api = &api;
        async move { (n, api.post("/v1/jobs", &job).await) }
    });
    let answers = futures::future::join_all(jobs).await;
    let made: Vec<(i64, i64)> =
        sqlx::query_as("select job_id, (args->>'n')::bigint from queue.jobs")
            .fetch_all(api.db.pool())
            .await
            .unwrap();
    for (n, answer) in &answers {
        match answer.status.as_u16() {
            201 => {
                let job_id = answer.body["job_id"].as_i64().unwrap();
                assert!(made.contains(&(job_id, *n)), "job {n}");
            }
            status => assert!(status == 422 || status == 413, "{}", answer.text),
        }
    }
    let accepted = answers.iter().filter(|(_, answer)| answer.status == 201);
    assert_eq!(accepted.count(), made.len());
    assert!(made.len() >= 196, "{}", made.len());
}

#[tokio::test]
async fn first_9_a_job_says_why_it_does_not_run() {
    let api = Api::new().await;
    three_jobs(&api).await;
    let list = api.get("/v1/jobs?kind=b&state=scheduled").await.body;
    let job_id = list["jobs"][0]["job_id"].as_i64().unwrap();
    let answer = api.get(&format!("/v1/jobs/{job_id}/explain")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let obstacles: Vec<wire::Obstacle> = serde_json::from_value(answer.body).unwrap();
    let reasons: Vec<&str> = obstacles.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(reasons, ["scheduled", "no_worker"]);
    assert!(obstacles[0].until.is_some() && obstacles[0].estimate.is_none());
    let unknown = api.get("/v1/jobs/987654/explain").await;
    assert_eq!(unknown.problem(), (404, "job_not_found"));
}

#[tokio::test]
async fn an_event_from_outside_counts_once_and_a_token_that_was_never_given_is_404() {
    let api = Api::new().await;
    // A named event may come before anybody waits for it; a token must have been given out.
    for outcome in ["early", "already"] {
        let answer = api
            .post("/v1/waits/payment:17", &json!({ "paid": true }))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.body["outcome"], outcome);
    }
    let unknown = api.post("/v1/waits/wait_never-given", &json!({})).await;
    assert_eq!(unknown.status, 404, "{}", unknown.text);
}

#[tokio::test]
async fn a_nul_character_in_a_query_is_422() {
    let api = Api::new().await;
    let answer = api.get("/v1/jobs?kind=a%00b").await;
    assert_eq!(answer.problem(), (422, "validation_failed"));
    assert_eq!(
        answer.fields(),
        [("kind".to_owned(), "nul_character".to_owned())]
    );
}
