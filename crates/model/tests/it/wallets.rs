//! Wallets: what customers have with the shop, and orders that are paid from it.

use proptest::prelude::*;
use sqlx::{AssertSqlSafe, PgPool};
use stevedore_model::orders;
use tokio::task::JoinSet;

use crate::interleavings::any_plans;
use crate::shop::{SHOP, Shop, sqlstate};

/// A shop with two customers, Ama and Kofi, and cups for 10.00 each.
pub async fn with_customers() -> Shop {
    let shop = Shop::stocked(1_000).await;
    shop.run("insert into customers (customer_code, name) values ('ama', 'Ama'), ('kofi', 'Kofi')")
        .await;
    shop
}

/// Writes an order of cups by hand, in one transaction; `take_off` with that code.
pub fn order_by_hand(customer: i64, cups: i64, method: &str, code: Option<(&str, i64)>) -> String {
    let (code, take_off) = match code {
        Some((code, take_off)) => (format!("'{code}'"), take_off),
        None => ("null".into(), 0),
    };
    format!(
        "with new as (
           insert into orders (payment_method, currency, subtotal, discount_amount, total_amount,
             customer_name, customer_id, promo_code)
           values ('{method}', 'GHS', 1000 * {cups}, {take_off}, 1000 * {cups} - {take_off}, 'x',
             {customer}, {code})
           returning order_id)
         insert into order_items (order_id, variant_id, line_number, sku, title, quantity,
           unit_price, total_price)
         select new.order_id, v.variant_id, 1, v.sku, v.title, {cups}, 1000, 1000 * {cups}
         from new, product_variants as v where v.sku = 'MUG-1'"
    )
}

fn top_up(customer: &str, amount: i64, key: &str) -> String {
    format!("select post_wallet_entry('{customer}', 'top_up', 'GHS', {amount}, null, {key}, 'x')")
}

async fn try_on(pool: &PgPool, text: String) -> Result<(), String> {
    let done = sqlx::raw_sql(AssertSqlSafe(text)).execute(pool).await;
    done.map(|_| ()).map_err(|error| sqlstate(&error))
}

impl Shop {
    pub async fn states_of(&self, order_id: i64) -> String {
        let order = self.order(order_id).await;
        format!("{} {}", order.order_status, order.payment_status)
    }

    async fn balance(&self) -> i64 {
        self.number("select coalesce(sum(balance), 0) from wallets")
            .await
    }
}

#[tokio::test]
async fn a14_an_order_is_paid_from_the_wallet_as_it_is_placed_or_not_at_all() {
    let shop = with_customers().await;
    shop.run(&top_up("ama", 3_500, "'k1'")).await;
    shop.run(&top_up("ama", 3_500, "'k1'")).await;
    assert_eq!(
        shop.sql(&top_up("ama", 1, "'k1'")).await,
        Err("P0IDM".into())
    );
    shop.run(&order_by_hand(1, 2, "wallet", None)).await;
    assert_eq!(shop.states_of(1).await, "confirmed paid");
    assert_eq!(
        (shop.balance().await, shop.stock("MUG-1").await),
        (1_500, (1_000, 0, 2))
    );
    for (order, why) in [
        (order_by_hand(1, 2, "wallet", None), "not enough"),
        (order_by_hand(2, 1, "wallet", None), "no wallet"),
        (
            order_by_hand(1, 1, "wallet", None).replace("             1, null)", "null, null)"),
            "a guest",
        ),
    ] {
        assert_eq!(shop.sql(&order).await, Err("P0WAL".into()), "{why}");
    }
    assert_eq!(
        (shop.balance().await, shop.stock("MUG-1").await),
        (1_500, (1_000, 0, 2))
    );
    assert_eq!(shop.number("select count(*) from orders").await, 1);
    // Stock that is short costs no money.
    shop.run(&top_up("ama", 2_000_000, "null")).await;
    let too_much = order_by_hand(1, 999, "wallet", None);
    assert_eq!(shop.sql(&too_much).await, Err("P0INV".into()));
    assert_eq!(shop.balance().await, 2_001_500);
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a14_what_was_paid_is_restored_once_on_cancel_and_refund() {
    let shop = with_customers().await;
    shop.run(&top_up("ama", 5_000, "null")).await;
    shop.run(&order_by_hand(1, 3, "wallet", None)).await;
    let refund = "select request_refund(1, 700, 'a crack', 'k', 'boss')";
    shop.run(refund).await;
    shop.run(refund).await;
    assert_eq!(shop.balance().await, 2_700);
    assert_eq!(shop.states_of(1).await, "confirmed partially_refunded");
    for _ in 0..2 {
        orders::cancel(shop.pool(), SHOP, 1, "Ama", "no")
            .await
            .unwrap();
    }
    assert_eq!(shop.states_of(1).await, "cancelled refunded");
    assert_eq!(
        (shop.balance().await, shop.stock("MUG-1").await),
        (5_000, (1_000, 0, 0))
    );
    let kinds = "select string_agg(kind || ' ' || amount, ', ' order by wallet_entry_id)
        from wallet_entries";
    assert_eq!(
        shop.text(kinds).await,
        "top_up 5000, payment -3000, refund 700, refund 2300"
    );
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a14_a_draft_is_paid_when_it_is_placed_and_a_free_order_costs_nothing() {
    let shop = with_customers().await;
    shop.run(&top_up("ama", 2_000, "null")).await;
    let draft = order_by_hand(1, 2, "wallet", None)
        .replace("(payment_method", "(order_status, payment_method")
        .replace("('wallet'", "('draft', 'wallet'");
    shop.run(&draft).await;
    assert_eq!(shop.balance().await, 2_000);
    shop.run("update orders set order_status = 'pending'").await;
    assert_eq!(shop.states_of(1).await, "confirmed paid");
    assert_eq!(
        (shop.balance().await, shop.stock("MUG-1").await),
        (0, (1_000, 0, 2))
    );
    shop.run(&order_by_hand(1, 1, "wallet", None).replace("0, 1000 * 1 - 0", "1000, 0"))
        .await;
    assert_eq!(shop.states_of(2).await, "confirmed paid");
    shop.assert_books_balance().await;
}

/// An entry written by hand.
fn entry(rest: &str) -> String {
    format!("insert into wallet_entries (customer_id, currency, kind, amount, {rest}")
}

/// What a provider says by hand of the payment of the second order.
fn say(provider: &str) -> String {
    format!(
        "insert into payment_events (payment_id, provider, provider_event_id, event_type, amount,
           effect_key)
         values (2, '{provider}', 'x', 'captured', 5, 'x')"
    )
}

#[tokio::test]
async fn a14_nobody_writes_wallets_by_hand_nor_below_nothing() {
    let shop = with_customers().await;
    shop.run(&top_up("ama", 5_000, "null")).await;
    shop.run(&order_by_hand(1, 1, "wallet", None)).await;
    shop.run(&order_by_hand(1, 1, "stripe", None)).await;
    shop.run(
        "insert into payments (order_id, provider, currency, amount) values (2, 'wallet',
        'GHS', 5)",
    )
    .await;
    let post = |rest: &str| format!("select post_wallet_entry({rest}, null, 'x')");
    let filled = "insert into wallets (customer_id, currency, balance) values (2, 'GHS', 5)";
    for (text, expected) in [
        ("update wallets set balance = 1".into(), "42501"),
        (filled.into(), "42501"),
        ("delete from wallets".into(), "42501"),
        ("update wallet_entries set amount = 1".into(), "42501"),
        ("truncate wallet_entries cascade".into(), "42501"),
        (
            entry("reason) values (1, 'GHS', 'correction', -4001, 'x')"),
            "P0WAL",
        ),
        (
            entry("reason) values (1, 'USD', 'correction', -1, 'x')"),
            "P0WAL",
        ),
        (
            entry("reason) values (1, 'GHS', 'correction', -1, null)"),
            "23514",
        ),
        (
            entry("reason) values (1, 'GHS', 'top_up', -1, 'x')"),
            "23514",
        ),
        (
            entry("payment_id) values (1, 'GHS', 'payment', -1, 1)"),
            "23505",
        ),
        (
            entry("payment_id, order_id) values (1, 'GHS', 'payment', -4, 2, 2)"),
            "23514",
        ),
        (
            entry("refund_id) values (1, 'GHS', 'refund', 5, 99)"),
            "23503",
        ),
        (say("wallet"), "42501"),
        (say("stripe"), "42501"),
        (post("'ama', 'correction', 'GHS', -9999, 'x'"), "P0WAL"),
        (post("'ama', 'correction', 'GHS', -1, null"), "P0VAL"),
        (post("'ama', 'top_up', 'GHS', -1, null"), "P0VAL"),
        (post("'nobody', 'top_up', 'GHS', 1, null"), "P0NOF"),
    ] {
        assert_eq!(shop.sql(&text).await, Err(expected.into()), "{text}");
    }
    assert_eq!(shop.balance().await, 4_000);
    shop.assert_books_balance().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a14_the_last_of_a_wallet_is_spent_once_however_many_try() {
    let shop = with_customers().await;
    shop.run(&top_up("ama", 3_999, "null")).await;
    let pool = shop.db.pool_of(12);
    let mut running = JoinSet::new();
    for _ in 0..24 {
        let pool = pool.clone();
        running.spawn(async move { try_on(&pool, order_by_hand(1, 1, "wallet", None)).await });
    }
    let tried = running.join_all().await;
    assert_eq!(tried.iter().filter(|tried| tried.is_ok()).count(), 3);
    let others = tried.iter().filter_map(|tried| tried.as_ref().err());
    assert!(others.clone().all(|state| state == "P0WAL"), "{tried:?}");
    assert_eq!(
        (shop.balance().await, shop.stock("MUG-1").await),
        (999, (1_000, 0, 3))
    );
    shop.assert_books_balance().await;
}

#[derive(Clone, Debug)]
enum Step {
    TopUp(i64, i64),
    Correct(i64, i64),
    Pay(i64, i64),
    Refund(i64, i64),
    Cancel(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = 1..3i64;
    let order = 1..12i64;
    prop_oneof![
        2 => (who.clone(), 1..4_000i64).prop_map(|(who, amount)| Step::TopUp(who, amount)),
        1 => (who.clone(), -1_500..1_500i64).prop_map(|(who, amount)| Step::Correct(who, amount)),
        4 => (who, 1..4i64).prop_map(|(who, cups)| Step::Pay(who, cups)),
        2 => (order.clone(), 1..1_500i64).prop_map(|(id, amount)| Step::Refund(id, amount)),
        2 => order.prop_map(Step::Cancel),
    ]
}

/// How often a caller repeats what could not be serialized.
const REPEATS_MAX: usize = 60;

/// Refusals of our own are fine; anything else, deadlocks first, fails the test. At serializable a
/// caller repeats what met others, as PostgreSQL asks for.
async fn take(pool: &PgPool, step: Step) {
    let name = |who: i64| if who == 1 { "ama" } else { "kofi" };
    let text = match step {
        Step::TopUp(who, amount) => top_up(name(who), amount, "null"),
        Step::Correct(who, amount) => format!(
            "select post_wallet_entry('{}', 'correction', 'GHS', {amount}, 'x', null, 'x')",
            name(who)
        ),
        Step::Pay(who, cups) => order_by_hand(who, cups, "wallet", None),
        Step::Refund(id, amount) => {
            format!("select request_refund({id}, {amount}, 'x', gen_random_uuid()::text, 'x')")
        }
        Step::Cancel(id) => format!("select sp_cancel_order({id}, 'x', 'x')"),
    };
    for _ in 0..REPEATS_MAX {
        let Err(state) = try_on(pool, text.clone()).await else {
            return;
        };
        if state != "40001" {
            let ours = ["P0WAL", "P0VAL", "P0NOF", "P0STT", "P0INV"];
            assert!(ours.contains(&state.as_str()), "{state}");
            return;
        }
    }
}

async fn all_at_once(plans: Vec<Vec<Step>>, isolation: &str) {
    let shop = with_customers().await;
    shop.isolate(isolation).await;
    let pool = shop.db.pool_of(8);
    let mut running = JoinSet::new();
    for plan in plans {
        let pool = pool.clone();
        running.spawn(async move {
            for step in plan {
                take(&pool, step).await;
            }
        });
    }
    running.join_all().await;
    let entries = "select coalesce(sum(amount), 0) from wallet_entries";
    assert_eq!(shop.number(entries).await, shop.balance().await);
    let lowest = "select coalesce(min(balance_after), 0) from wallet_entries";
    assert!(shop.number(lowest).await >= 0);
    shop.assert_books_balance().await;
}

#[test]
fn a14_entries_add_up_to_balances_after_any_interleaving() {
    any_plans(step(), 10, async |plans| {
        all_at_once(plans, "read committed").await
    });
}

#[test]
fn a14_entries_add_up_to_balances_after_any_interleaving_at_serializable() {
    any_plans(step(), 5, async |plans| {
        all_at_once(plans, "serializable").await
    });
}
