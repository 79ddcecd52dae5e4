use super::*;

fn known(queue: QueueLimits) -> Known {
    let mut known = Known::default();
    known.limits.queues.insert("q".to_owned(), queue);
    known
}

fn slow(waiting: u64, drained_per_second: f64, oldest_ms: f64) -> QueueLimits {
    QueueLimits {
        max_wait_ms: Some(10_000),
        max_waiting: None,
        waiting,
        oldest_ms: Some(oldest_ms),
        drained_per_second,
    }
}

#[test]
fn the_predicted_wait_is_the_backlog_by_the_pace() {
    assert_eq!(known(slow(1000, 100.0, 9000.0)).refuse_queue("q"), None);
    let refusal = known(slow(1001, 50.0, 9000.0)).refuse_queue("q");
    let refusal = refusal.expect("20 s are more than 10");
    assert_eq!(refusal.retry_after, Duration::from_secs(11));
    assert!(matches!(refusal.reason, RefusalReason::TooSlow { .. }));
}

#[test]
fn a_burst_into_an_idle_queue_is_let_in_until_its_pace_is_known() {
    assert_eq!(known(slow(5000, 0.1, 100.0)).refuse_queue("q"), None);
}

#[test]
fn with_nothing_worked_off_the_age_of_the_oldest_decides() {
    assert_eq!(known(slow(5, 0.0, 9000.0)).refuse_queue("q"), None);
    let refusal = known(slow(5, 0.0, 11_000.0)).refuse_queue("q");
    assert_eq!(refusal.map(|told| told.retry_after), Some(RETRY_UNKNOWN));
}

#[test]
fn jobs_let_in_since_the_last_look_count() {
    let mut known = known(QueueLimits {
        max_wait_ms: None,
        max_waiting: Some(3),
        ..slow(1, 1.0, 0.0)
    });
    let wanted = HashMap::from([("q", 1)]);
    for _ in 0..2 {
        assert_eq!(known.refuse_queue("q"), None);
        known.take(&[], &wanted, 1);
    }
    let refusal = known.refuse_queue("q").expect("three wait");
    assert_eq!(refusal.retry_after, RETRY_MIN);
    assert_eq!(refusal.reason.name(), "queue_full");
}

#[test]
fn nobody_is_told_to_come_back_after_more_than_five_minutes() {
    assert_eq!(until(1e12, 0.001), RETRY_MAX);
    assert_eq!(until(f64::INFINITY, 1.0), RETRY_MAX);
    assert_eq!(until(0.1, 100.0), RETRY_MIN);
}
