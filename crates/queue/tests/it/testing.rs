//! The helpers for tests of programs that use the queue.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use serde_json::json;
use sqlx::PgPool;
use stevedore_queue::testing::{Drain, Drained, assert_enqueued, assert_not_enqueued, run_one};
use stevedore_queue::{NewJob, enqueue};
use stevedore_testkit::TestDb;

use crate::support::{Act, Does, Stage, job};

async fn act(db: &TestDb, does: Does) -> stevedore_queue::JobView {
    run_one(&db.pool, Arc::new(Stage::default()), &Act { does }).await
}

#[tokio::test]
async fn one_job_is_run_inline_and_its_end_is_told() {
    let db = TestDb::new().await;
    assert_eq!(act(&db, Does::Complete).await.state, "completed");
    let failed = act(&db, Does::Fatal).await;
    assert_eq!(failed.state, "dead");
    assert_eq!(failed.attempts.len(), 1);
    let later = act(&db, Does::RetryAfterMs(60_000)).await;
    assert_eq!((later.state.as_str(), later.attempt), ("scheduled", 1));
}

#[tokio::test]
async fn a_drain_runs_what_is_due_and_what_that_enqueues() {
    let db = TestDb::new().await;
    let follow = enqueue(&db.pool, &job(Does::Follow)).await.unwrap();
    assert!(follow.inserted);
    enqueue(&db.pool, &job(Does::Discard)).await.unwrap();
    enqueue(&db.pool, &job(Does::Fatal)).await.unwrap();
    enqueue(&db.pool, &job(Does::RetryAfterMs(60_000)))
        .await
        .unwrap();
    let drained = Drain::new(db.pool.clone(), Arc::new(Stage::default()))
        .register::<Act>()
        .run()
        .await;
    let expected = Drained {
        completed: 2,
        given_up: 1,
        dead: 1,
        scheduled: 1,
    };
    assert_eq!(drained, expected);
}

#[tokio::test]
async fn an_assertion_sees_the_open_transaction_and_says_what_there_is_instead() {
    let db = TestDb::new().await;
    let mut tx = db.pool.begin().await.unwrap();
    let mail = NewJob::new("send_mail", &json!({"to": 7, "subject": "hi"})).unwrap();
    enqueue(&mut *tx, &mail).await.unwrap();
    assert_enqueued(&mut *tx, "send_mail", json!({"to": 7})).await;
    assert_not_enqueued(&db.pool, "send_mail").await;
    tx.commit().await.unwrap();

    let said = failure(&db.pool, "send_mail", 8).await;
    assert!(
        said.contains(r#"no job send_mail with {"to":8} waits"#),
        "{said}"
    );
    assert!(said.contains(r#""subject":"hi""#), "{said}");
    let said = failure(&db.pool, "send_sms", 7).await;
    assert!(said.contains("there are:\n  send_mail"), "{said}");
}

/// The message with which the assertion fails.
async fn failure(pool: &PgPool, kind: &str, to: i32) -> String {
    let asserted = assert_enqueued(pool, kind, json!({"to": to}));
    let panic = AssertUnwindSafe(asserted).catch_unwind().await.unwrap_err();
    *panic.downcast::<String>().unwrap()
}
