//! The road end to end, and what may happen on it. Each run has a PostgreSQL server of its own.

use serde_json::Value;

use crate::{stderr, stdout, stevedore};

/// Runs the demo and returns its result; the test fails unless the books balance.
fn run(arguments: &[&str]) -> Value {
    let output = stevedore(&["demo", "--json"])
        .args(arguments)
        .output()
        .expect("the demo can be started");
    assert!(
        output.status.success(),
        "{}\n{}",
        stdout(&output),
        stderr(&output)
    );
    let text = stdout(&output);
    let last = text.lines().last().expect("--json prints a line");
    serde_json::from_str(last).expect("the last line is JSON")
}

fn count(result: &Value, name: &str) -> u64 {
    result[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name} is no count in {result}"))
}

/// What must hold however the run went.
fn assert_nothing_lost(result: &Value, orders: u64) {
    for zero in [
        "jobs_lost",
        "oversold",
        "stock_discrepancies",
        "duplicate_fulfilments",
    ] {
        assert_eq!(count(result, zero), 0, "{zero} in {result}");
    }
    let answered = ["orders_placed", "orders_rejected", "out_of_stock"];
    assert_eq!(
        answered.map(|name| count(result, name)).iter().sum::<u64>(),
        orders,
        "{result}"
    );
    let ended = ["delivered", "failed", "cancelled"].map(|name| count(result, name));
    assert_eq!(
        ended.iter().sum::<u64>(),
        count(result, "orders_placed"),
        "{result}"
    );
}

#[test]
fn two_hundred_orders_balance_the_books_within_a_minute() {
    let result = run(&[]);
    assert_nothing_lost(&result, 200);
    // What the plan of 200 orders fixes, whatever the timing: see src/demo/plan.rs.
    assert_eq!(count(&result, "orders_rejected"), 4);
    assert_eq!(count(&result, "out_of_stock"), 10);
    assert_eq!(count(&result, "failed"), 8);
    assert!(
        count(&result, "cancelled") >= 8,
        "pending orders can always be cancelled: {result}"
    );
    assert!(
        count(&result, "emails_sent") >= 2 * count(&result, "delivered"),
        "{result}"
    );
    assert!(count(&result, "elapsed_ms") < 60_000, "{result}");
}

#[test]
fn a_worker_killed_in_the_middle_loses_nothing() {
    let result = run(&["--kill-worker", "--workers", "8"]);
    assert_nothing_lost(&result, 200);
    // A death is not the provider's failure: no order is given up because of it.
    assert_eq!(count(&result, "failed"), 8, "{result}");
    assert!(count(&result, "elapsed_ms") < 60_000, "{result}");
}

#[test]
fn a_database_that_crashes_in_the_middle_loses_nothing() {
    assert_nothing_lost(&run(&["--restart-postgres", "--orders", "120"]), 120);
}
