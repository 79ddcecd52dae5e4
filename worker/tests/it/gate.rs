//! The gate before outside systems: one breaker and one rate for all workers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stevedore_testkit::{TestDb, wait_for};
use stevedore_worker::gate::{Gate, Outcome};

use crate::labels::open_warehouse;
use crate::refunds::know_refunds;
use crate::shop::{GOOD_NUMBER, Shop};

/// Shut for as short as a busy machine lets a test see it.
const QUICK: &str = "insert into provider_gates (provider, first_wait, longest_wait)
    values ('at_ishare', interval '3 s', interval '3 s')
    on conflict (provider, account) do update
    set first_wait = excluded.first_wait, longest_wait = excluded.longest_wait";

async fn execute(db: &TestDb, sql: &'static str) {
    sqlx::query(sql)
        .execute(db.pool())
        .await
        .expect("a statement");
}

async fn state(db: &TestDb) -> String {
    sqlx::query_scalar("select state from provider_health where provider = 'at_ishare'")
        .fetch_one(db.pool())
        .await
        .expect("a gate")
}

async fn fail(gate: &Arc<Gate>) {
    let permit = gate.enter("at_ishare", "default").await.expect("a permit");
    permit.settle(Outcome::Failed("down")).await;
}

#[tokio::test]
async fn d9_five_failures_of_any_workers_shut_the_gate_for_all_and_one_probe_opens_it() {
    let db = TestDb::new().await;
    execute(&db, QUICK).await;
    let gates = [0, 1].map(|_| Arc::new(Gate::new(db.pool().clone())));
    for turn in 0..5 {
        assert_eq!(state(&db).await, "closed");
        fail(&gates[turn % 2]).await;
    }
    assert_eq!(state(&db).await, "open");
    for gate in &gates {
        let held = gate.enter("at_ishare", "default").await.map(drop);
        assert!(held.is_err(), "a call went through an open gate");
    }
    // Another account is another gate.
    let other = gates[0]
        .enter("at_ishare", "second")
        .await
        .expect("a permit");
    other.settle(Outcome::Worked).await;

    let probe = wait_for("the time of the probe", async || {
        gates[0].enter("at_ishare", "default").await.ok()
    })
    .await;
    assert_eq!(state(&db).await, "half_open");
    let held = gates[1].enter("at_ishare", "default").await.map(drop);
    assert!(held.is_err(), "two workers probed");
    probe.settle(Outcome::Failed("still down")).await;
    assert_eq!(state(&db).await, "open");

    let probe = wait_for("the next probe", async || {
        gates[1].enter("at_ishare", "default").await.ok()
    })
    .await;
    probe.settle(Outcome::Worked).await;
    assert_eq!(state(&db).await, "closed");
    wait_for("the other worker to hear of it", async || {
        gates[0].enter("at_ishare", "default").await.ok()
    })
    .await
    .settle(Outcome::Worked)
    .await;
}

#[tokio::test]
async fn d9_a_success_ends_a_row_of_failures_and_a_refusal_is_a_success() {
    let db = TestDb::new().await;
    let gate = Arc::new(Gate::new(db.pool().clone()));
    for _ in 0..3 {
        for _ in 0..4 {
            fail(&gate).await;
        }
        let permit = gate.enter("at_ishare", "default").await.expect("a permit");
        let refused: Result<(), _> = Err(stevedore_providers::ProviderError::Rejected {
            code: "422".into(),
            message: "no".into(),
        });
        permit.settle_result(&refused).await;
    }
    assert_eq!(state(&db).await, "closed");
}

#[tokio::test]
async fn d9_a_provider_that_asks_for_patience_is_left_alone_without_being_called_broken() {
    let db = TestDb::new().await;
    let gate = Arc::new(Gate::new(db.pool().clone()));
    let permit = gate.enter("at_ishare", "default").await.expect("a permit");
    permit
        .settle(Outcome::Throttled(Duration::from_secs(60)))
        .await;
    let held = gate.enter("at_ishare", "default").await.map(drop);
    let wait = held.expect_err("held").wait;
    assert!(wait > Duration::from_secs(50), "{wait:?}");
    assert_eq!(state(&db).await, "closed");
}

#[tokio::test]
async fn d9_calls_that_hang_take_no_more_than_half_of_a_workers_slots() {
    let db = TestDb::new().await;
    let gate = Arc::new(Gate::new(db.pool().clone()).with_slots(4));
    let enter = async |provider| gate.enter(provider, "default").await;
    let hanging = [
        enter("at_ishare").await.expect("a permit"),
        enter("at_ishare").await.expect("a permit"),
    ];
    // Whoever is slow gets more calls; but not who has done nothing for a while, and a call that
    // failed is nothing done.
    let third = enter("at_ishare").await.expect("a permit");
    tokio::time::sleep(Duration::from_millis(300)).await;
    third.settle(Outcome::Failed("it hangs")).await;
    let held = enter("at_ishare").await.map(drop);
    assert!(held.is_err(), "a third of four slots hangs");
    drop(enter("elsewhere").await.expect("a permit"));
    let [one, _other] = hanging;
    one.settle(Outcome::Worked).await;
    drop(enter("at_ishare").await.expect("it answers again"));
}

#[tokio::test]
async fn d9_two_workers_together_never_exceed_the_rate() {
    const PER_SECOND: f64 = 50.0;
    const BURST: f64 = 5.0;
    let db = TestDb::new().await;
    execute(
        &db,
        "select queue.set_limit('key', 'provider:at_ishare:default', null, 50, 5)",
    )
    .await;
    let started = Instant::now();
    let gates = [0, 1].map(|_| Arc::new(Gate::new(db.pool().clone())));
    let mut calls = tokio::task::JoinSet::new();
    for caller in 0..20 {
        let gate = Arc::clone(&gates[caller % 2]);
        calls.spawn(async move {
            let mut passed = 0_u32;
            while started.elapsed() < Duration::from_secs(1) {
                match gate.enter("at_ishare", "default").await {
                    Ok(permit) => {
                        permit.settle(Outcome::Worked).await;
                        passed += 1;
                    }
                    Err(held) => tokio::time::sleep(held.wait).await,
                }
            }
            passed
        });
    }
    let mut passed = 0;
    while let Some(one) = calls.join_next().await {
        passed += one.expect("no panic");
    }
    let most = BURST + PER_SECOND * started.elapsed().as_secs_f64();
    assert!(f64::from(passed) <= most + 1.0, "{passed} > {most}");
    assert!(passed >= 25, "the rate is hardly used: {passed}");
}

#[tokio::test]
async fn d9_a_provider_that_is_down_burns_no_attempts_and_its_orders_go_when_it_is_back() {
    let mut shop = Shop::new().await;
    execute(&shop.db, QUICK).await;
    let url = shop.settings.providers.at_ishare.at_ishare_api_url.clone();
    shop.settings.fulfilment.fulfilment_retry_delays = vec![Duration::from_secs(2)];
    // Nobody listens there.
    shop.settings.providers.at_ishare.at_ishare_api_url = Some("http://127.0.0.1:9/api".into());
    let mut orders = Vec::new();
    for _ in 0..10 {
        orders.push(shop.order(GOOD_NUMBER).await);
    }
    let worker = shop.worker();
    wait_for("the breaker to open", async || {
        (state(&shop.db).await != "closed").then_some(())
    })
    .await;
    worker.stop().await;
    let counted = "select sum(failures)::bigint from fulfillments";
    let before = shop.number(counted).await;
    assert!(before <= 10, "it opened after {before} failures");

    shop.settings.providers.at_ishare.at_ishare_api_url = url;
    let worker = shop.worker();
    for order_id in orders {
        shop.wait_for_status(order_id, "delivered").await;
    }
    assert_eq!(state(&shop.db).await, "closed");
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (10, 0));
}

#[tokio::test]
async fn d1_what_a_provider_that_is_down_was_not_asked_for_goes_to_the_next_of_its_route() {
    let mut shop = Shop::new().await;
    // at_ishare works; a rule prefers one that nobody can call.
    shop.execute(
        "insert into routing_rules (product_kind, provider_code) values ('digital', 'elsewhere')",
    )
    .await;
    shop.execute("insert into provider_gates (provider) values ('elsewhere')")
        .await;
    shop.settings.fulfilment.fulfilment_attempts = std::num::NonZeroU16::MIN;
    let order_id = shop.order(GOOD_NUMBER).await;
    let chosen = shop.view(order_id).await.fulfillments[0]
        .provider_code
        .clone();
    assert_eq!(chosen, "elsewhere");
    let worker = shop.worker();
    let view = shop.wait_for_status(order_id, "delivered").await;
    let went: Vec<_> = view
        .fulfillments
        .iter()
        .map(|one| (one.provider_code.as_str(), one.status.as_str()))
        .collect();
    assert_eq!(
        went,
        [("elsewhere", "cancelled"), ("at_ishare", "delivered")]
    );

    // New orders do not even try one whose breaker is open.
    shop.execute(
        "update provider_gates
         set state = 'open', opened_at = clock_now(), probe_at = clock_now() + interval '1 hour'
         where provider = 'elsewhere'",
    )
    .await;
    let order_id = shop.order(GOOD_NUMBER).await;
    let view = shop.wait_for_status(order_id, "delivered").await;
    assert_eq!(view.fulfillments.len(), 1);
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (2, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn d9_breakers_of_carriers_and_of_refunds_close_by_themselves_too() {
    let mut shop = Shop::new().await;
    open_warehouse(&mut shop).await;
    know_refunds(&mut shop);
    shop.execute(
        "insert into provider_gates (provider, account, first_wait, longest_wait)
        values ('ups', 'A1B2C3', '1 s', '1 s'), ('stripe', 'default', '1 s', '1 s')",
    )
    .await;
    shop.execute(
        "select report_provider(provider, account, false, false, null, 'it hangs')
        from provider_gates, generate_series(1, 5)",
    )
    .await;
    let shut = "select count(*) from provider_gates where state <> 'closed'";
    assert_eq!(shop.number(shut).await, 2);
    let worker = shop.worker();
    wait_for("both to be tried and found to work", async || {
        let probes = "select count(*) from queue.jobs where kind = 'probe_provider'";
        (shop.number(shut).await + shop.number(probes).await == 0).then_some(())
    })
    .await;
    worker.stop().await;
    assert!(shop.simulator.carriers().labels.is_empty());
    assert_eq!(shop.simulator.state().stripe.placing_calls, 0);
}
