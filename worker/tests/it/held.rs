//! Orders that a person holds, several bundles of which some fail, and jobs that die.

use std::time::Duration;

use serde_json::json;
use stevedore_model::{TenantId, orders};
use stevedore_simulator::{Fault, FaultRule};
use stevedore_testkit::wait_for;

use crate::shop::{GOOD_NUMBER, Shop, order};

const OTHER_NUMBER: &str = "0271234568";

#[tokio::test]
async fn a_slow_line_is_delivered_while_its_refused_sibling_holds_the_order() {
    let shop = Shop::new().await;
    shop.simulator
        .plan(FaultRule::always(Fault::Slow { polls: 4 }).phone(GOOD_NUMBER));
    let refusal = FaultRule::always(Fault::Code { code: 422 });
    shop.simulator.plan(refusal.first(1).phone(OTHER_NUMBER));
    let mut two_lines = order(GOOD_NUMBER);
    let mut second = two_lines["lines"][0].clone();
    second["recipient_phone"] = json!(OTHER_NUMBER);
    two_lines["lines"] = json!([two_lines["lines"][0], second]);
    let order_id = shop.place(two_lines).await;

    let worker = shop.worker();
    shop.wait_for_status(order_id, "on_hold").await;
    wait_for("the slow line to be delivered", async || {
        let view = shop.view(order_id).await;
        (view.fulfillments[0].status == "delivered").then_some(())
    })
    .await;
    assert_eq!(shop.view(order_id).await.order_status, "on_hold");
    let on_hand = "select sum(on_hand)::bigint from inventory_levels";
    assert_eq!(shop.number(on_hand).await, 9);

    orders::resume(shop.pool(), TenantId::SHOP, order_id, "kofi", None)
        .await
        .expect("resumed");
    shop.wait_for_status(order_id, "delivered").await;
    shop.wait_until_idle().await;
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (2, 0));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_job_that_finds_its_order_held_ends_and_a_resume_brings_another() {
    let shop = Shop::new().await;
    let order_id = shop.order(GOOD_NUMBER).await;
    orders::hold(shop.pool(), TenantId::SHOP, order_id, "kofi", "a doubt")
        .await
        .expect("held");
    let worker = shop.worker();
    shop.wait_until_idle().await;
    let ended = "select count(*) from queue.finished_jobs
        where kind = 'fulfil_order' and state = 'completed'";
    assert_eq!(shop.number(ended).await, 1);
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 0);
    orders::resume(shop.pool(), TenantId::SHOP, order_id, "kofi", None)
        .await
        .expect("resumed");
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
}

#[tokio::test]
async fn several_bundles_survive_an_error_of_one_and_none_is_sent_twice() {
    let shop = Shop::new().await;
    let mut two = order(GOOD_NUMBER);
    two["lines"][0]["quantity"] = json!(2);
    let order_id = shop.place(two).await;
    let reference: String = sqlx::query_scalar("select reference::text from fulfillments")
        .fetch_one(shop.pool())
        .await
        .expect("a fulfilment");
    shop.simulator.plan(FaultRule {
        reference: Some(format!("{reference}-2")),
        ..FaultRule::always(Fault::ServerError).first(1)
    });
    let worker = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (2, 0));
    assert_eq!(shop.simulator.state().at_ishare.placing_calls, 3);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn attempts_of_the_job_that_asked_nobody_do_not_count_at_the_provider() {
    let shop = Shop::new().await;
    // Works at the third call, and three are allowed.
    let order_id = shop.order("0270000500").await;
    shop.execute("update queue.jobs set attempt = attempt + 5 where kind = 'fulfil_order'")
        .await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
    assert_eq!(
        shop.number("select failures::bigint from fulfillments")
            .await,
        2
    );
}

#[tokio::test]
async fn an_order_whose_job_died_is_held_for_a_person() {
    let mut shop = Shop::new().await;
    shop.settings.upkeep.expire_reservations_every = Duration::from_millis(200);
    let order_id = shop.order(GOOD_NUMBER).await;
    shop.execute(
        "with gone as (delete from queue.jobs where kind = 'fulfil_order' returning *)
        insert into queue.dead_jobs (job_id, died_at, run_at, created_at, attempt, forgiven,
            priority, queue, kind, args, unique_key)
        select job_id, clock_now(), run_at, created_at, 13, 0, priority, queue, kind, args,
            unique_key
        from gone",
    )
    .await;
    let worker = shop.worker();
    shop.wait_for_status(order_id, "on_hold").await;
    let error = (
        "unknown".to_owned(),
        "high".to_owned(),
        "job_dead".to_owned(),
    );
    assert_eq!(shop.errors(order_id).await, [error]);
    orders::resume(shop.pool(), TenantId::SHOP, order_id, "kofi", None)
        .await
        .expect("resumed");
    shop.wait_for_status(order_id, "delivered").await;
    worker.stop().await;
    assert_eq!(shop.fulfilled(), (1, 0));
}
