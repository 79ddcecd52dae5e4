//! Whoever writes, psql too: the invariants hold.

use sqlx::AssertSqlSafe;
use stevedore_model::books::{self, Section};

use crate::shop::{Shop, order};

/// A shop with a confirmed order, a pending one, and everything that comes with them.
async fn busy() -> Shop {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 2), ("DATA", 1)]))
        .await;
    shop.placed(&order("stripe", &[("MUG-2", 3)])).await;
    shop
}

#[tokio::test]
async fn history_ledger_and_logs_are_append_only() {
    let shop = busy().await;
    shop.run("select sp_hold_order(1, 'x', 'y')").await;
    for table in ["stock_movements", "order_state_history", "order_logs"] {
        for text in [
            format!("update {table} set created_at = clock_now()"),
            format!("delete from {table}"),
            format!("truncate {table} cascade"),
        ] {
            assert_eq!(shop.sql(&text).await, Err("42501".into()), "{text}");
        }
    }
    for table in ["orders", "fulfillments", "inventory_reservations"] {
        assert_eq!(
            shop.sql(&format!("delete from {table}")).await,
            Err("42501".into()),
            "{table}"
        );
    }
}

#[tokio::test]
async fn each_rule_of_a_row_refuses_under_its_own_name() {
    let shop = busy().await;
    let order = "insert into orders (customer_name, payment_method, currency, subtotal,
        total_amount, order_status)
        values ('Ann', 'cod', 'GHS', 2000, 2000, 'draft') returning order_id";
    let order_id: i64 = sqlx::query_scalar(order)
        .fetch_one(&shop.db.pool)
        .await
        .unwrap();
    let line = format!(
        "insert into order_items (order_id, variant_id, line_number, sku, title, quantity,
           unit_price, total_price)
         select {order_id}, variant_id, 1, sku, title, 2, 1000, 2000
         from product_variants where sku = 'MUG-1'"
    );
    shop.run(&line).await;
    for (table, change, rule) in [
        ("orders", "subtotal = -1, total_amount = -1", "amounts"),
        ("orders", "total_amount = 1", "total"),
        ("orders", "currency = 'ghs'", "currency"),
        ("orders", "payment_method = 'By card'", "payment_method"),
        ("orders", "customer_name = ''", "customer_name"),
        ("orders", "customer_email = 'a@'", "customer_email"),
        ("orders", "customer_phone = '024'", "customer_phone"),
        ("orders", "shipping_address = '[]'", "shipping_address"),
        ("orders", "billing_address = '\"Accra\"'", "billing_address"),
        ("orders", "locale = 'e'", "locale"),
        ("orders", "order_source = repeat('x', 41)", "order_source"),
        ("orders", "promo_code = ''", "promo_code"),
        ("orders", "traceparent = ''", "traceparent"),
        ("orders", "user_agent = repeat('x', 1025)", "user_agent"),
        ("orders", "risk_score = 101", "risk_score"),
        ("orders", "error_count = -1", "error_count"),
        ("order_items", "quantity_returned = 1", "units"),
        (
            "order_items",
            "quantity_cancelled = -1, total_price = 3000",
            "units",
        ),
        ("order_items", "quantity_fulfilled = 3", "units"),
        ("order_items", "quantity = 0, total_price = 0", "quantity"),
        ("order_items", "total_price = 1", "total_price"),
        ("order_items", "recipient_phone = '024'", "recipient_phone"),
        ("inventory_levels", "safety_stock = -1", "counts"),
        ("inventory_levels", "preorder_limit = -1", "counts"),
        ("inventory_levels", "bin = repeat('x', 81)", "place"),
    ] {
        let which = if table == "inventory_levels" {
            String::new()
        } else {
            format!("where order_id = {order_id}")
        };
        let text = format!("update {table} set {change} {which}");
        let error = sqlx::query(AssertSqlSafe(text))
            .execute(&shop.db.pool)
            .await
            .expect_err(change);
        let error = error.into_database_error().unwrap();
        let rule = format!("{table}_{rule}_check");
        assert_eq!(error.constraint(), Some(rule.as_str()), "{change}: {error}");
        assert_eq!(error.code().as_deref(), Some("23514"), "{change}");
        assert_eq!(error.table(), Some(table), "{change}");
    }
}

#[tokio::test]
async fn levels_are_written_by_the_ledger_alone() {
    let shop = busy().await;
    for (text, expected) in [
        ("update inventory_levels set on_hand = 99", "42501"),
        (
            "update inventory_levels set reserved = 0, allocated = 0",
            "42501",
        ),
        ("update inventory_levels set version = 0", "42501"),
        (
            "insert into inventory_levels (inventory_item_id, location_id, on_hand)
             select inventory_item_id, 2, 5 from inventory_items limit 1",
            "42501",
        ),
        ("delete from inventory_levels", "42501"),
        (
            "insert into stock_movements (inventory_item_id, location_id, kind, reserved_delta)
             select inventory_item_id, location_id, 'reserved', 1 from inventory_levels limit 1",
            "42501",
        ),
        (
            "insert into stock_movements (inventory_item_id, location_id, kind, on_hand_delta)
             select inventory_item_id, location_id, 'adjusted', 1 from inventory_levels limit 1",
            "23514",
        ),
        (
            "insert into stock_movements (inventory_item_id, location_id, kind, on_hand_delta)
             select inventory_item_id, location_id, 'received', -1 from inventory_levels limit 1",
            "23514",
        ),
        (
            "insert into stock_movements
               (inventory_item_id, location_id, kind, on_hand_delta, reason)
             select inventory_item_id, location_id, 'adjusted', -1000, 'x'
             from inventory_levels limit 1",
            "23514",
        ),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b2_a_promise_by_hand_obeys_the_same_rules() {
    let shop = busy().await;
    let insert = |quantity: i64, status: &str| {
        format!(
            "insert into inventory_reservations (order_id, order_item_id, inventory_item_id,
               location_id, quantity, status, expires_at)
             select oi.order_id, oi.order_item_id, vi.inventory_item_id, 1, {quantity}, '{status}',
               clock_now() + interval '1 hour'
             from order_items as oi join variant_inventory_items as vi using (tenant_id, variant_id)
             where oi.order_id = 2"
        )
    };
    assert_eq!(
        shop.sql(&insert(1, "reserved")).await,
        Err("23514".into()),
        "promised twice"
    );
    shop.run("select sp_release_order_inventory(2, 'x')").await;
    assert_eq!(
        shop.sql(&insert(4, "reserved")).await,
        Err("23514".into()),
        "more than the line"
    );
    assert_eq!(shop.sql(&insert(3, "committed")).await, Err("P0STT".into()));
    shop.run("select sp_adjust_stock('MUG-2', 'ACC', 10, 2, 'gone')")
        .await;
    assert_eq!(
        shop.sql(&insert(3, "reserved")).await,
        Err("P0INV".into()),
        "more than there is"
    );
    shop.run(
        "select sp_receive_stock('MUG-2', 'ACC', 1);
         select sp_receive_stock(sku, 'KUM', 1) from inventory_items",
    )
    .await;
    shop.run(&insert(3, "reserved")).await;
    for (text, expected) in [
        (
            "update inventory_reservations set quantity = quantity + 1",
            "42501",
        ),
        ("update inventory_reservations set location_id = 2", "42501"),
        (
            "update inventory_reservations set status = 'reserved'",
            "P0STT",
        ),
        (
            "update inventory_reservations set status = 'fulfilled' where status = 'reserved'",
            "P0STT",
        ),
        (
            "update inventory_reservations set status = 'expired' where order_id = 1",
            "P0STT",
        ),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
    shop.run(
        "update inventory_reservations set status = 'released' where order_id = 2
        and status = 'reserved'",
    )
    .await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a_placed_order_keeps_its_number_its_lines_and_its_sums() {
    let shop = busy().await;
    for (text, expected) in [
        ("update orders set order_number = 'X'", "42501"),
        ("update orders set subtotal = 1, total_amount = 1", "42501"),
        ("update orders set currency = 'USD'", "42501"),
        (
            "update orders set total_amount = 1 where order_id = 2",
            "42501",
        ),
        ("update order_items set quantity = quantity", "42501"),
        ("update order_items set quantity_returned = 0", "42501"),
        ("delete from order_items", "42501"),
        (
            "insert into order_items (order_id, variant_id, line_number, sku, title, quantity,
               unit_price, total_price) values (1, 1, 9, 'x', 'x', 1, 1, 1)",
            "P0STT",
        ),
        (
            "insert into orders (payment_method, currency, subtotal, total_amount, customer_name)
             values ('cod', 'GHS', 10, 11, 'x')",
            "23514",
        ),
        // The lines must add up at the latest when it is committed.
        (
            "insert into orders (payment_method, currency, subtotal, total_amount, customer_name)
             values ('cod', 'GHS', 10, 10, 'x')",
            "23514",
        ),
    ] {
        assert_eq!(shop.sql(text).await, Err(expected.into()), "{text}");
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn b2_lines_added_by_hand_reserve_and_wrong_sums_and_currencies_are_refused() {
    let shop = busy().await;
    let line = |order_id: i64, price: i64| {
        format!(
            "insert into order_items (order_id, variant_id, line_number, sku, title, quantity,
               unit_price, total_price)
             select {order_id}, variant_id, 2, sku, title, 4, {price}, {price} * 4
             from product_variants where sku = 'MUG-3'"
        )
    };
    assert_eq!(shop.sql(&line(2, 1)).await, Err("23514".into()));
    shop.run(&line(2, 0)).await;
    assert_eq!(shop.stock("MUG-3").await, (10, 4, 0));

    shop.run(
        "insert into orders (order_status, payment_method, currency, subtotal, total_amount,
           customer_name)
         values ('draft', 'cod', 'GHS', 5, 5, 'x'), ('draft', 'cod', 'USD', 4, 4, 'x')",
    )
    .await;
    assert_eq!(shop.sql(&line(4, 1)).await, Err("23514".into()), "currency");
    shop.run(&line(3, 1)).await;
    let place = "update orders set order_status = 'pending' where order_id = 3";
    assert_eq!(shop.sql(place).await, Err("23514".into()), "4 is not 5");
    shop.run("update orders set subtotal = 4, total_amount = 4 where order_id = 3")
        .await;
    shop.run(place).await;
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn states_by_hand_have_the_same_effects_as_by_function() {
    let shop = busy().await;
    shop.run("update orders set order_status = 'confirmed' where order_id = 2")
        .await;
    assert_eq!(shop.stock("MUG-2").await, (10, 0, 3));
    assert_eq!(shop.fulfillments(2).await.len(), 1);
    let delivered = "update orders set order_status = 'delivered' where order_id = 2";
    assert_eq!(shop.sql(delivered).await, Err("P0STT".into()));
    shop.run("update orders set order_status = 'processing' where order_id = 2")
        .await;
    assert_eq!(
        shop.sql(delivered).await,
        Err("P0STT".into()),
        "its fulfilment is not"
    );
    shop.run("update orders set order_status = 'cancelled'")
        .await;
    assert_eq!(shop.stock("MUG-1").await, (10, 0, 0));
    assert_eq!(shop.stock("MUG-2").await, (10, 0, 0));
    let by = "select distinct changed_by from order_state_history";
    assert_eq!(shop.text(by).await, shop.text("select current_user").await);
    let begin = "update fulfillments set status = 'submitted' where fulfillment_id = 1";
    assert_eq!(shop.sql(begin).await, Err("P0STT".into()));
    let insert = "insert into fulfillments (order_id, provider_code) values (1, 'at_ishare')";
    assert_eq!(
        shop.sql(insert).await,
        Err("P0STT".into()),
        "a cancelled order is not fulfilled"
    );
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn the_check_finds_what_was_tampered_with() {
    let shop = busy().await;
    shop.run(
        "set session_replication_role = replica;
         update inventory_levels set on_hand = on_hand + 1, reserved = 9;
         update orders set order_status = 'shipped', subtotal = 1, total_amount = 1;
         delete from order_state_history where order_id = 2;
         set session_replication_role = origin",
    )
    .await;
    let found = books::discrepancies(shop.pool()).await.unwrap();
    let kinds: std::collections::BTreeSet<_> = found.iter().map(|d| d.kind.as_str()).collect();
    for kind in [
        "ledger_on_hand",
        "ledger_reserved",
        "live_reserved",
        "history_end",
        "order_subtotal",
    ] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
}

#[tokio::test]
async fn i1_the_parts_of_the_check_together_find_all_that_does_not_add_up() {
    let shop = busy().await;
    // What no statement could do: with every trigger off.
    shop.run(
        "set session_replication_role = replica;
         update inventory_levels set on_hand = on_hand + 1;
         update orders set subtotal = subtotal + 1, total_amount = total_amount + 1
           where order_id = 1;
         update orders set order_status = 'returned' where order_id = 2;
         insert into order_state_history (order_id, axis, from_status, to_status, changed_by)
           values (1, 'order', 'delivered', 'pending', 'x');
         set session_replication_role = origin",
    )
    .await;
    let whole = books::discrepancies(shop.pool()).await.unwrap();
    let mut parts = Vec::new();
    for section in Section::ALL {
        let found = books::discrepancies_in(shop.pool(), section).await.unwrap();
        assert!(
            !found.is_empty() || section == Section::Rest,
            "{}",
            section.name()
        );
        parts.extend(found);
    }
    parts.sort_by(|a, b| (&a.kind, &a.subject).cmp(&(&b.kind, &b.subject)));
    assert_eq!(whole.len(), parts.len());
    for kind in [
        "ledger_on_hand",
        "order_subtotal",
        "history_end",
        "history_gap",
    ] {
        assert!(
            parts.iter().any(|found| found.kind == kind),
            "{kind}: {parts:#?}"
        );
    }
    assert!(
        parts.iter().any(|found| found.kind == "history_illegal"),
        "{parts:#?}"
    );
}
