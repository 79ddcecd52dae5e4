//! How attempts end, and what becomes of their jobs.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use stevedore_queue::{NewJob, Policy, enqueue, find, retry};
use stevedore_testkit::TestDb;

use crate::support::{
    Does, Stage, Worker, calm, count, effects, job, make_effects, put, until, until_drained, view,
};

fn outcomes(view: &stevedore_queue::JobView) -> Vec<&str> {
    view.attempts
        .iter()
        .map(|attempt| attempt.outcome.as_str())
        .collect()
}

#[tokio::test]
async fn a_completed_job_leaves_the_hot_table_and_stays_findable() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::Complete).await;
    let worker = Worker::start(&db.pool, calm());
    let view = until(&db.pool, job_id, "completed").await;
    worker.stop().await;
    assert_eq!(outcomes(&view), ["completed"]);
    assert_eq!(view.worker.as_deref(), Some("test"));
    assert_eq!(count(&db.pool, "select count(*) from queue.jobs").await, 0);
}

#[tokio::test]
async fn a_handlers_writes_and_its_jobs_end_commit_together() {
    let db = TestDb::new().await;
    make_effects(&db.pool).await;
    let job_id = put(&db.pool, Does::Effect).await;
    let followed = put(&db.pool, Does::Follow).await;
    let worker = Worker::start(&db.pool, calm());
    until_drained(&db.pool).await;
    worker.stop().await;
    assert_eq!(effects(&db.pool).await, [job_id]);
    assert_eq!(view(&db.pool, followed).await.state, "completed");
    assert_eq!(
        count(
            &db.pool,
            "select count(*) from queue.finished_jobs where state = 'completed'"
        )
        .await,
        3,
    );
}

#[tokio::test]
async fn a_failing_job_is_tried_again_until_it_is_dead_and_every_attempt_is_kept() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::Fail).await;
    let worker = Worker::start(&db.pool, calm());
    let view = until(&db.pool, job_id, "dead").await;
    worker.stop().await;
    assert_eq!(outcomes(&view), ["failed", "failed", "failed"]);
    assert_eq!(
        view.attempts[1].error.as_deref(),
        Some("it failed: the cause")
    );
    assert_eq!(view.last_error.as_deref(), Some("it failed: the cause"));
}

#[tokio::test]
async fn a_job_that_succeeds_in_its_last_attempt_is_completed() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::FailTimes(2)).await;
    let worker = Worker::start(&db.pool, calm());
    let view = until(&db.pool, job_id, "completed").await;
    worker.stop().await;
    assert_eq!(outcomes(&view), ["failed", "failed", "completed"]);
}

#[tokio::test]
async fn a_jobs_own_max_attempts_goes_before_its_kinds() {
    let db = TestDb::new().await;
    let once = enqueue(&db.pool, &job(Does::Fail).max_attempts(1))
        .await
        .unwrap();
    let worker = Worker::start(&db.pool, calm());
    let view = until(&db.pool, once.job_id, "dead").await;
    worker.stop().await;
    assert_eq!(view.attempts.len(), 1);
}

#[tokio::test]
async fn a_panic_is_a_failure_with_its_message_and_the_worker_lives_on() {
    let db = TestDb::new().await;
    let panicking = put(&db.pool, Does::Panic).await;
    let worker = Worker::start(&db.pool, calm());
    let view = until(&db.pool, panicking, "dead").await;
    let next = put(&db.pool, Does::Complete).await;
    until(&db.pool, next, "completed").await;
    worker.stop().await;
    assert_eq!(
        view.last_error.as_deref(),
        Some("panicked: a handler panicked")
    );
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_dropped_and_has_failed() {
    let db = TestDb::new().await;
    let stage = Stage::default();
    let policy = Policy {
        timeout: Duration::from_millis(20),
        ..stage.policy
    };
    let stage = Arc::new(Stage {
        policy,
        ..Stage::default()
    });
    let hanging = put(&db.pool, Does::Hang).await;
    let worker = Worker::on(&db.pool, calm(), stage);
    let view = until(&db.pool, hanging, "dead").await;
    worker.stop().await;
    assert_eq!(view.last_error.as_deref(), Some("timed out after 20ms"));
    assert_eq!(view.attempts.len(), 3);
}

#[tokio::test]
async fn a_snooze_is_kept_but_does_not_count_as_an_attempt() {
    let db = TestDb::new().await;
    let once = enqueue(&db.pool, &job(Does::SnoozeOnce).max_attempts(1))
        .await
        .unwrap();
    let worker = Worker::start(&db.pool, calm());
    let view = until(&db.pool, once.job_id, "completed").await;
    worker.stop().await;
    assert_eq!(outcomes(&view), ["snoozed", "completed"]);
    assert_eq!((view.attempt, view.forgiven), (2, 1));
}

#[tokio::test]
async fn discarded_jobs_are_finished_and_fatal_ones_dead_after_one_attempt() {
    let db = TestDb::new().await;
    let discarded = put(&db.pool, Does::Discard).await;
    let fatal = put(&db.pool, Does::Fatal).await;
    let worker = Worker::start(&db.pool, calm());
    let discarded = until(&db.pool, discarded, "discarded").await;
    let fatal = until(&db.pool, fatal, "dead").await;
    worker.stop().await;
    assert_eq!(discarded.last_error.as_deref(), Some("nothing to do"));
    assert_eq!(outcomes(&discarded), ["discarded"]);
    assert_eq!(outcomes(&fatal), ["failed"]);
}

#[tokio::test]
async fn retry_after_goes_before_the_policy() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::RetryAfterMs(3_600_000)).await;
    let worker = Worker::start(&db.pool, calm());
    let view = until(&db.pool, job_id, "scheduled").await;
    worker.stop().await;
    let wait = view.run_at - view.attempts[0].finished_at.unwrap();
    assert_eq!(wait.num_seconds(), 3600);
}

#[tokio::test]
async fn arguments_that_do_not_decode_are_dead_at_once_with_a_clear_error() {
    let db = TestDb::new().await;
    let bad = NewJob::new("act", &json!({"does": "dance"})).unwrap();
    let bad = enqueue(&db.pool, &bad).await.unwrap();
    let worker = Worker::start(&db.pool, calm());
    let view = until(&db.pool, bad.job_id, "dead").await;
    worker.stop().await;
    let error = view.last_error.unwrap();
    assert!(
        error.starts_with("the arguments are not those of act: unknown variant `dance`"),
        "{error}"
    );
    assert_eq!(view.attempts.len(), 1);
}

#[tokio::test]
async fn a_kind_that_the_worker_does_not_know_waits_and_does_not_hold_up_others() {
    let db = TestDb::new().await;
    let unknown = NewJob::new("someone_elses", &json!({}))
        .unwrap()
        .priority(-100);
    let unknown = enqueue(&db.pool, &unknown).await.unwrap();
    let known = put(&db.pool, Does::Complete).await;
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, known, "completed").await;
    worker.stop().await;
    let view = view(&db.pool, unknown.job_id).await;
    assert_eq!((view.state.as_str(), view.attempt), ("ready", 0));
}

#[tokio::test]
async fn a_transaction_that_was_not_committed_does_not_complete_its_job() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::ForgetCommit).await;
    let worker = Worker::start(&db.pool, calm());
    let view = until(&db.pool, job_id, "dead").await;
    worker.stop().await;
    assert_eq!(
        view.last_error.as_deref(),
        Some("the handler returned Done but did not commit its transaction"),
    );
}

#[tokio::test]
async fn a_dead_job_is_retried_with_all_its_attempts_anew_and_keeps_its_past() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::FailTimes(4)).await;
    let worker = Worker::start(&db.pool, calm());
    until(&db.pool, job_id, "dead").await;
    assert!(retry(&db.pool, job_id).await.unwrap());
    // Counted attempts begin anew, so it fails three more times.
    until(&db.pool, job_id, "dead").await;
    let again = stevedore_testkit::wait_for("its second death", async || {
        let view = find(&db.pool, job_id).await.unwrap().unwrap();
        (view.state == "dead" && view.attempt == 6).then_some(view)
    })
    .await;
    worker.stop().await;
    assert_eq!(again.attempts.len(), 6);
    assert!(!retry(&db.pool, job_id + 1000).await.unwrap());
}
