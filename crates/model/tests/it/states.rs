//! The states that orders may have, and the ways between them.

use stevedore_model::orders::{self, TransitionError};
use stevedore_model::{fulfillments, inventory};
use stevedore_testkit::wait_for;

use crate::shop::{SHOP, Shop, order};

/// Tries every change of state that order_state_transitions does not list, on one axis, by plain
/// UPDATE, as the owner and as each role. The start is forced with triggers off; each refusal must
/// be P0STT, or that the role may not write there at all.
async fn assert_only_legal_changes(shop: &Shop, axis: &str, table: &str, column: &str) {
    let states = format!(
        "select distinct s from (
           select from_status as s from order_state_transitions where axis = '{axis}'
           union select to_status from order_state_transitions where axis = '{axis}') as x
         where s is not null"
    );
    shop.run(&format!(
        "do $test$
         declare v record; v_role text; v_tried integer := 0;
         begin
           perform set_config('stevedore.tenant_id', '{SHOP}', true);
           for v in
             select f.s as from_status, t.s as to_status
             from ({states}) as f cross join ({states}) as t
             where f.s <> t.s and not exists (
               select from order_state_transitions
               where axis = '{axis}' and from_status = f.s and to_status = t.s)
           loop
             set session_replication_role = replica;
             update {table} set {column} = v.from_status;
             set session_replication_role = origin;
             foreach v_role in array '{{none, stevedore_api, stevedore_worker, stevedore_admin,
               stevedore_analyst, stevedore_customer}}'::text[]
             loop
               begin
                 -- The refusal takes it back.
                 execute format('set local role %I', v_role);
                 update {table} set {column} = v.to_status;
                 raise exception 'not refused to %: % -> %', v_role, v.from_status, v.to_status;
               exception
                 when sqlstate 'P0STT' then v_tried := v_tried + (v_role = 'none')::integer;
                 when insufficient_privilege then
                   if v_role in ('none', 'stevedore_admin') then
                     raise;
                   end if;
               end;
             end loop;
           end loop;
           if v_tried < 20 then raise exception 'only % changes were tried', v_tried; end if;
         end $test$"
    ))
    .await;
}

#[tokio::test]
async fn a5_every_illegal_transition_is_refused_by_the_database_to_each_role() {
    let shop = Shop::stocked(5).await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    shop.run("select sp_create_shipment(1, 'dpd', 'D1')").await;
    assert_only_legal_changes(&shop, "shipment", "shipments", "status").await;
    shop.run(
        "set session_replication_role = replica;
         insert into returns (order_id, rma_number) values (1, 'RMA-1');
         set session_replication_role = origin",
    )
    .await;
    assert_only_legal_changes(&shop, "return", "returns", "status").await;
    assert_only_legal_changes(&shop, "order", "orders", "order_status").await;
    assert_only_legal_changes(&shop, "payment", "orders", "payment_status").await;
    assert_only_legal_changes(&shop, "fulfillment", "fulfillments", "status").await;
}

#[tokio::test]
async fn an_order_starts_pending_and_nowhere_else() {
    let shop = Shop::open().await;
    let insert = |status: &str| {
        format!(
            "insert into orders (order_status, payment_method, currency, subtotal, total_amount,
               customer_name) values ('{status}', 'cod', 'GHS', 0, 0, 'x')"
        )
    };
    assert_eq!(shop.sql(&insert("delivered")).await, Err("P0STT".into()));
    assert_eq!(shop.sql(&insert("confirmed")).await, Err("P0STT".into()));
    assert_eq!(shop.sql(&insert("nonsense")).await, Err("P0STT".into()));
    assert_eq!(shop.sql(&insert("draft")).await, Ok(1));
}

#[tokio::test]
async fn confirming_commits_the_stock_and_starts_the_work_once() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("stripe", &[("MUG-1", 2)])).await;
    let confirm = || orders::confirm(shop.pool(), SHOP, order_id, "boss", Some("paid by phone"));
    let view = confirm().await.unwrap();
    assert_eq!(view.order_status, "confirmed");
    let last = view
        .history
        .iter()
        .rfind(|row| row.axis == "order")
        .unwrap();
    assert_eq!(
        (last.changed_by.as_str(), last.reason.as_deref()),
        ("boss", Some("paid by phone"))
    );
    confirm().await.expect("confirming twice is once");
    assert_eq!(shop.stock("MUG-1").await, (5, 0, 2));
    assert_eq!(shop.number("select count(*) from queue.jobs").await, 2);
    let logged = "select count(*) from order_logs where action = 'confirm' and actor = 'boss'";
    assert_eq!(shop.number(logged).await, 1);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_cancelled_order_gives_back_its_stock_stops_its_work_and_tells_the_customer() {
    let shop = Shop::stocked(5).await;
    for method in ["cod", "stripe"] {
        let order_id = shop
            .placed(&order(method, &[("MUG-1", 2), ("DATA", 1)]))
            .await;
        let view = orders::cancel(shop.pool(), SHOP, order_id, "Ama", "too late")
            .await
            .unwrap();
        assert_eq!(view.order_status, "cancelled");
        assert_eq!(view.cancelled_by.as_deref(), Some("Ama"));
        assert!(
            view.fulfillments
                .iter()
                .all(|fulfillment| fulfillment.status == "cancelled")
        );
        orders::cancel(shop.pool(), SHOP, order_id, "Ama", "again")
            .await
            .expect("twice is once");
        assert_eq!(shop.stock("MUG-1").await, (5, 0, 0));
        let told = format!(
            "select count(*) from notification_queue
             where order_id = {order_id} and notification_type = 'order_cancelled'"
        );
        assert_eq!(shop.number(&told).await, 1);
    }
    let waiting = "select count(*) from queue.jobs where kind = 'fulfil_order'";
    assert_eq!(shop.number(waiting).await, 0);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn an_order_that_a_provider_may_have_is_not_cancelled() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("cod", &[("DATA", 1)])).await;
    let fulfillment_id = shop.fulfillments(order_id).await[0];
    fulfillments::begin(shop.pool(), SHOP, fulfillment_id)
        .await
        .unwrap()
        .expect("work");
    let refused = orders::cancel(shop.pool(), SHOP, order_id, "Ama", "no").await;
    let Err(TransitionError::Illegal { from, to, message }) = refused else {
        panic!("cancelled")
    };
    assert_eq!((from.as_str(), to.as_str()), ("processing", "cancelled"));
    assert!(message.contains("submitted at at_ishare"), "{message}");
    // By hand it is no different, and neither is it once the outcome is in doubt.
    let by_hand = "update orders set order_status = 'cancelled'";
    assert_eq!(shop.sql(by_hand).await, Err("P0STT".into()));
    fulfillments::park(shop.pool(), SHOP, fulfillment_id, "no_answer", "?")
        .await
        .unwrap();
    assert_eq!(shop.sql(by_hand).await, Err("P0STT".into()));
}

#[tokio::test]
async fn unknown_orders_are_not_found() {
    let shop = Shop::open().await;
    let cancelled = orders::cancel(shop.pool(), SHOP, 404, "x", "y").await;
    assert!(
        matches!(cancelled, Err(TransitionError::NotFound)),
        "{cancelled:?}"
    );
    assert!(orders::get(shop.pool(), SHOP, 404).await.unwrap().is_none());
}

#[tokio::test]
async fn an_order_that_is_not_confirmed_in_time_expires_and_gives_its_stock_back() {
    let shop = Shop::stocked(5).await;
    let order_id = shop.placed(&order("stripe", &[("MUG-1", 2)])).await;
    let stays = shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    assert_eq!(
        inventory::expire_reservations(shop.pool(), 10)
            .await
            .unwrap(),
        0
    );
    lapse(&shop, order_id).await;
    let late = orders::confirm(shop.pool(), SHOP, order_id, "boss", None).await;
    assert!(
        matches!(late, Err(TransitionError::Illegal { .. })),
        "{late:?}"
    );
    sweep_until_expired(&shop, order_id).await;
    assert_eq!(shop.order(stays).await.order_status, "pending");
    assert_eq!(shop.stock("MUG-1").await, (5, 1, 0));
    let late = orders::confirm(shop.pool(), SHOP, order_id, "boss", None).await;
    assert!(
        matches!(late, Err(TransitionError::Illegal { .. })),
        "{late:?}"
    );
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn an_expired_hold_never_blocks_a_buyer_even_without_the_sweeper() {
    let shop = Shop::stocked(2).await;
    let slow = shop.placed(&order("stripe", &[("MUG-1", 2)])).await;
    lapse(&shop, slow).await;
    shop.placed(&order("cod", &[("MUG-1", 2)])).await;
    let late = orders::confirm(shop.pool(), SHOP, slow, "boss", None).await;
    assert!(
        matches!(late, Err(TransitionError::Illegal { .. })),
        "oversold: {late:?}"
    );
    sweep_until_expired(&shop, slow).await;
    assert_eq!(shop.stock("MUG-1").await, (2, 0, 2));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn f3_a_failed_payment_gives_stock_back_and_a_new_try_reserves_again() {
    let shop = Shop::stocked(2).await;
    let order_id = shop.placed(&order("stripe", &[("MUG-1", 2)])).await;
    shop.run("update orders set order_status = 'payment_failed', payment_status = 'failed'")
        .await;
    assert_eq!(shop.stock("MUG-1").await, (2, 0, 0));
    shop.run("update orders set order_status = 'pending', payment_status = 'pending'")
        .await;
    assert_eq!(shop.stock("MUG-1").await, (2, 2, 0));
    shop.run("update orders set order_status = 'payment_failed'")
        .await;
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    let again = format!("update orders set order_status = 'pending' where order_id = {order_id}");
    assert_eq!(shop.sql(&again).await, Err("P0INV".into()));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_held_order_waits_for_a_person() {
    let shop = Shop::stocked(2).await;
    let order_id = shop.placed(&order("cod", &[("DATA", 1)])).await;
    let fulfillment_id = shop.fulfillments(order_id).await[0];
    let held = orders::hold(shop.pool(), SHOP, order_id, "boss", "looks odd")
        .await
        .unwrap();
    assert_eq!(held.order_status, "on_hold");
    let work = fulfillments::begin(shop.pool(), SHOP, fulfillment_id)
        .await
        .unwrap();
    assert!(work.is_none(), "a held order was begun");
    let reason = shop.text("select hold_reason from vw_pending_orders").await;
    assert_eq!(reason, "looks odd");
    let view = orders::resume(shop.pool(), SHOP, order_id, "boss", None)
        .await
        .unwrap();
    assert_eq!(view.order_status, "confirmed");
    assert!(
        fulfillments::begin(shop.pool(), SHOP, fulfillment_id)
            .await
            .unwrap()
            .is_some()
    );
    let fresh = shop.placed(&order("stripe", &[("MUG-1", 1)])).await;
    orders::hold(shop.pool(), SHOP, fresh, "boss", "check")
        .await
        .unwrap();
    let view = orders::resume(shop.pool(), SHOP, fresh, "boss", None)
        .await
        .unwrap();
    assert_eq!(
        view.order_status, "pending",
        "an order nobody confirmed waits for that again"
    );
    let twice = orders::resume(shop.pool(), SHOP, fresh, "boss", None).await;
    assert!(matches!(twice, Err(TransitionError::Illegal { .. })));
    shop.assert_books_balance().await;
}

/// Lets an order's time run out.
pub async fn lapse(shop: &Shop, order_id: i64) {
    for table in ["orders", "inventory_reservations"] {
        shop.run(&format!(
            "update {table} set expires_at = clock_now() where order_id = {order_id}"
        ))
        .await;
    }
}

/// Sweeps until an order is expired. One sweep may leave it alone: a refused confirmation has told
/// its client before it has let go of the order's row.
async fn sweep_until_expired(shop: &Shop, order_id: i64) {
    wait_for("the order to expire", async || {
        inventory::expire_reservations(shop.pool(), 10)
            .await
            .unwrap();
        (shop.order(order_id).await.order_status == "expired").then_some(())
    })
    .await;
}
