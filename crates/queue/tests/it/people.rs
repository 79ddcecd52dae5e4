//! Cancelling, pausing, looking.

use stevedore_queue::{
    Cancelled, cancel, cancel_by_unique_key, enqueue, find, maintain_partitions, pause, resume,
    stats,
};
use stevedore_testkit::TestDb;

use crate::support::{Does, Worker, calm, count, job, put, until, until_drained, view};

#[tokio::test]
async fn a_waiting_job_is_cancelled_at_once_and_never_runs() {
    let db = TestDb::new().await;
    let waiting = enqueue(&db.pool, &job(Does::Complete).unique_key("k"))
        .await
        .unwrap();
    let cancelled = cancel_by_unique_key(&db.pool, "k").await.unwrap();
    assert_eq!(cancelled, Cancelled::Cancelled);
    assert_eq!(view(&db.pool, waiting.job_id).await.state, "cancelled");
    assert_eq!(
        cancel(&db.pool, waiting.job_id).await.unwrap(),
        Cancelled::NotFound
    );
    assert_eq!(
        cancel_by_unique_key(&db.pool, "k").await.unwrap(),
        Cancelled::NotFound
    );
    let worker = Worker::start(&db.pool, calm());
    let next = put(&db.pool, Does::Complete).await;
    until(&db.pool, next, "completed").await;
    assert_eq!(worker.stage.begun(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn a_running_handler_hears_of_its_cancellation() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::UntilCancelled).await;
    let worker = Worker::start(&db.pool, calm());
    worker.stage.until_begun(1).await;
    assert_eq!(
        cancel(&db.pool, job_id).await.unwrap(),
        Cancelled::Cancelling
    );
    let view = until(&db.pool, job_id, "cancelled").await;
    worker.stop().await;
    assert_eq!(view.last_error.as_deref(), Some("asked to stop"));
}

#[tokio::test]
async fn a_worker_without_listen_hears_of_cancellations_by_its_heartbeat() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::UntilCancelled).await;
    let settings = stevedore_queue::RunnerSettings {
        listen: false,
        heartbeat: std::time::Duration::from_millis(1000),
        ..calm()
    };
    let worker = Worker::start(&db.pool, settings);
    worker.stage.until_begun(1).await;
    cancel(&db.pool, job_id).await.unwrap();
    until(&db.pool, job_id, "cancelled").await;
    worker.stop().await;
}

#[tokio::test]
async fn a_cancelled_job_that_fails_is_not_tried_again() {
    let db = TestDb::new().await;
    let job_id = put(&db.pool, Does::Gate).await;
    let worker = Worker::start(&db.pool, calm());
    worker.stage.until_begun(1).await;
    cancel(&db.pool, job_id).await.unwrap();
    worker.stage.gate.close();
    until(&db.pool, job_id, "cancelled").await;
    worker.stop().await;
}

#[tokio::test]
async fn a_paused_queue_gives_out_no_jobs_until_it_is_resumed() {
    let db = TestDb::new().await;
    pause(&db.pool, "default").await.unwrap();
    let paused = put(&db.pool, Does::Complete).await;
    let worker = Worker::start(&db.pool, calm());
    let other = enqueue(&db.pool, &job(Does::Complete).queue("other"))
        .await
        .unwrap();
    let both = stevedore_queue::RunnerSettings {
        queues: vec!["default".to_owned(), "other".to_owned()],
        ..calm()
    };
    let second = Worker::start(&db.pool, both);
    until(&db.pool, other.job_id, "completed").await;
    assert_eq!(view(&db.pool, paused).await.state, "ready");
    resume(&db.pool, "default").await.unwrap();
    until(&db.pool, paused, "completed").await;
    worker.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn stats_count_by_queue_kind_and_state() {
    let db = TestDb::new().await;
    put(&db.pool, Does::Complete).await;
    put(&db.pool, Does::Complete).await;
    let later = "2040-01-01T00:00:00Z".parse().unwrap();
    enqueue(&db.pool, &job(Does::Complete).queue("q").run_at(later))
        .await
        .unwrap();
    let stats = stats(&db.pool).await.unwrap();
    let counts: Vec<_> = stats
        .iter()
        .map(|stat| {
            (
                stat.queue.as_str(),
                stat.kind.as_str(),
                stat.state.as_str(),
                stat.jobs,
            )
        })
        .collect();
    assert_eq!(
        counts,
        [("default", "act", "ready", 2), ("q", "act", "scheduled", 1)]
    );
    assert!(stats.iter().all(|stat| stat.oldest_age_seconds >= 0.0));
}

#[tokio::test]
async fn history_partitions_come_and_go_and_take_what_lay_in_the_default() {
    let db = TestDb::new().await;
    put(&db.pool, Does::Complete).await;
    let worker = Worker::start(&db.pool, calm());
    until_drained(&db.pool).await;
    worker.stop().await;
    let mut tx = db.pool.begin().await.unwrap();
    let retention = stevedore_queue::Retention::default();
    // The worker may have done it already, as the fleet's eldest.
    maintain_partitions(&mut *tx, &retention).await.unwrap();
    assert!(
        maintain_partitions(&mut *tx, &retention)
            .await
            .unwrap()
            .is_empty()
    );
    tx.commit().await.unwrap();
    let in_default = "select count(*) from queue.finished_jobs_default";
    assert_eq!(count(&db.pool, in_default).await, 0);
    assert_eq!(
        count(&db.pool, "select count(*) from queue.finished_jobs").await,
        1
    );

    let mut tx = db.pool.begin().await.unwrap();
    sqlx::query("select set_config('stevedore.now', (now() + interval '20 days')::text, true)")
        .execute(&mut *tx)
        .await
        .unwrap();
    let changed = maintain_partitions(&mut *tx, &retention).await.unwrap();
    tx.commit().await.unwrap();
    assert!(changed.len() >= 8, "{changed:?}");
    assert_eq!(
        count(&db.pool, "select count(*) from queue.finished_jobs").await,
        0
    );
}

#[tokio::test]
async fn a_job_that_never_was_is_not_found() {
    let db = TestDb::new().await;
    assert_eq!(find(&db.pool, 4711).await.unwrap(), None);
}
