//! Random work on several connections at once: the books balance after all of it, and nobody ever
//! sees a deadlock.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::{AssertSqlSafe, PgPool};
use stevedore_model::inventory::{self, StockError};
use stevedore_model::orders::{self, PlaceError, TransitionError};
use stevedore_model::{books, fulfillments};
use tokio::task::JoinSet;

use crate::shop::{SHOP, Shop, order, place, sqlstate};

const SKUS: [&str; 4] = ["MUG-1", "MUG-2", "MUG-3", "DATA"];

/// One step of one connection. Orders and fulfilments are named by small numbers, so that the
/// connections meet.
#[derive(Clone, Debug)]
enum Step {
    Place {
        prepaid: bool,
        lines: Vec<(usize, i64)>,
    },
    Confirm(i64),
    Cancel(i64),
    Hold(i64),
    Resume(i64),
    Lapse(i64),
    Expire,
    Restock {
        sku: usize,
        second_location: bool,
        units: i64,
    },
    Count {
        sku: usize,
        units: i64,
    },
    Begin(i64),
    Deliver(i64),
    Fail(i64),
    Retry {
        id: i64,
        look_up_first: bool,
    },
    Park(i64),
    /// Units of a delivered line come back.
    ComeBack {
        line: i64,
        units: i32,
        second_location: bool,
        damaged: bool,
    },
    FillBackorders,
    /// The books balance at every commit: whoever looks in between finds nothing.
    Audit,
    Transfer {
        sku: usize,
        units: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let id = 1..24i64;
    let lines = prop::collection::vec((0..SKUS.len(), 1..4i64), 1..5);
    prop_oneof![
        6 => (any::<bool>(), lines).prop_map(|(prepaid, lines)| Step::Place { prepaid, lines }),
        3 => id.clone().prop_map(Step::Confirm),
        2 => id.clone().prop_map(Step::Cancel),
        1 => id.clone().prop_map(Step::Hold),
        1 => id.clone().prop_map(Step::Resume),
        2 => id.clone().prop_map(Step::Lapse),
        2 => Just(Step::Expire),
        2 => (0..SKUS.len(), any::<bool>(), 1..6i64).prop_map(|(sku, second_location, units)| {
            Step::Restock { sku, second_location, units }
        }),
        1 => (0..SKUS.len(), 20..40i64).prop_map(|(sku, units)| Step::Count { sku, units }),
        4 => id.clone().prop_map(Step::Begin),
        3 => id.clone().prop_map(Step::Deliver),
        1 => id.clone().prop_map(Step::Fail),
        1 => (id.clone(), any::<bool>())
            .prop_map(|(id, look_up_first)| Step::Retry { id, look_up_first }),
        1 => id.clone().prop_map(Step::Park),
        2 => (id, 1..3i32, any::<bool>(), any::<bool>()).prop_map(
            |(line, units, second_location, damaged)| Step::ComeBack {
                line,
                units,
                second_location,
                damaged,
            }
        ),
        2 => Just(Step::FillBackorders),
        1 => Just(Step::Audit),
        1 => (0..SKUS.len(), 1..3i64).prop_map(|(sku, units)| Step::Transfer { sku, units }),
    ]
}

/// How often a caller repeats what could not be serialized.
const REPEATS_MAX: usize = 60;

/// Does the step. Refusals of our own are fine; any other error fails the test, deadlocks first.
/// At serializable a caller repeats what met others, as PostgreSQL asks for.
async fn take(pool: &PgPool, step: Step) {
    for _ in 0..REPEATS_MAX {
        let Some(error) = attempt(pool, step.clone()).await else {
            return;
        };
        let state = sqlstate(&error);
        if state == "40001" {
            continue;
        }
        let ours = ["P0STT", "P0NOF", "P0INV", "P0EXP", "P0VAL"];
        assert!(ours.contains(&state.as_str()), "{step:?}: {error:?}");
        return;
    }
}

async fn call(pool: &PgPool, text: String) -> Option<sqlx::Error> {
    sqlx::query(AssertSqlSafe(text)).execute(pool).await.err()
}

/// Does the step once; answers why the database refused it.
async fn attempt(pool: &PgPool, step: Step) -> Option<sqlx::Error> {
    match step {
        Step::Place { prepaid, lines } => {
            let lines: Vec<_> = lines
                .iter()
                .map(|&(sku, units)| (SKUS[sku], units))
                .collect();
            let cart = order(if prepaid { "stripe" } else { "cod" }, &lines);
            match place(pool, &cart).await {
                Ok(_) | Err(PlaceError::OutOfStock(_)) => None,
                Err(PlaceError::Database(error)) => Some(error),
                Err(error) => panic!("{error:?}"),
            }
        }
        Step::Confirm(id) => changed(orders::confirm(pool, SHOP, id, "boss", None).await),
        Step::Cancel(id) => changed(orders::cancel(pool, SHOP, id, "Ama", "why not").await),
        Step::Hold(id) => changed(orders::hold(pool, SHOP, id, "boss", "wait").await),
        Step::Resume(id) => changed(orders::resume(pool, SHOP, id, "boss", None).await),
        Step::Lapse(id) => {
            let lapse = "with late as (
                update orders set expires_at = clock_now() where order_id = $1 returning order_id)
                update inventory_reservations as r set expires_at = clock_now()
                from late where r.order_id = late.order_id and r.status = 'reserved'";
            sqlx::query(lapse).bind(id).execute(pool).await.err()
        }
        Step::Begin(id) => fulfillments::begin(pool, SHOP, id).await.err(),
        Step::Deliver(id) => fulfillments::deliver(pool, SHOP, id, None).await.err(),
        Step::Fail(id) => fulfillments::fail(pool, SHOP, id, "no", "no", "delivery", "high")
            .await
            .err(),
        Step::Retry { id, look_up_first } => {
            fulfillments::retry_later(pool, SHOP, id, "busy", "busy", look_up_first)
                .await
                .err()
        }
        Step::Park(id) => fulfillments::park(pool, SHOP, id, "?", "?").await.err(),
        Step::Audit => match books::discrepancies(pool).await {
            Ok(found) => {
                assert!(found.is_empty(), "{found:#?}");
                None
            }
            Err(error) => Some(error),
        },
        step => attempt_stock(pool, step).await,
    }
}

/// The steps that are about goods and no order.
async fn attempt_stock(pool: &PgPool, step: Step) -> Option<sqlx::Error> {
    match step {
        Step::Expire => inventory::expire_reservations(pool, 5).await.err(),
        Step::Restock {
            sku,
            second_location,
            units,
        } => {
            let location = if second_location { "KUM" } else { "ACC" };
            match inventory::receive_stock(pool, SHOP, SKUS[sku], location, units, None).await {
                Ok(_) => None,
                Err(StockError::Database(error)) => Some(error),
                Err(error) => panic!("{error:?}"),
            }
        }
        // Counting more than there is never leaves promises uncovered.
        Step::Count { sku, units } => {
            let count = "insert into stock_movements
                  (inventory_item_id, location_id, kind, on_hand_delta, reason)
                select inventory_item_id, location_id, 'adjusted', $2, 'counted'
                from inventory_levels join inventory_items using (tenant_id, inventory_item_id)
                where sku = $1 limit 1";
            sqlx::query(count)
                .bind(SKUS[sku])
                .bind(units)
                .execute(pool)
                .await
                .err()
        }
        Step::ComeBack {
            line,
            units,
            second_location,
            damaged,
        } => {
            let location = 1 + i32::from(second_location);
            let disposition = if damaged { "damaged" } else { "restocked" };
            let text = format!(
                "select restock(current_tenant_id(), {line}, {location}, {units}, '{disposition}')"
            );
            call(pool, text).await
        }
        Step::FillBackorders => call(pool, "select sp_fill_backorders()".into()).await,
        Step::Transfer { sku, units } => {
            let text = format!(
                "with asked as materialized (
                   select sp_create_transfer('ACC', 'KUM',
                     '[{{\"sku\": \"{}\", \"quantity\": {units}}}]') as id)
                 select sp_ship_transfer(id) from asked",
                SKUS[sku]
            );
            call(pool, text).await
        }
        step => unreachable!("{step:?} is about an order"),
    }
}

fn changed<T>(result: Result<T, TransitionError>) -> Option<sqlx::Error> {
    match result {
        Err(TransitionError::Database(error)) => Some(error),
        // A refusal is an answer.
        Ok(_) | Err(_) => None,
    }
}

async fn all_at_once(plans: Vec<Vec<Step>>, isolation: &str) {
    let shop = Shop::open().await;
    shop.isolate(isolation).await;
    for sku in SKUS {
        shop.receive(sku, "ACC", 6).await;
        shop.receive(sku, "KUM", 4).await;
    }
    // One item may be promised beyond its stock.
    shop.run(r#"select sp_set_stock_policy('MUG-3', 'ACC', '{"backorder_limit": 5}')"#)
        .await;
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
    shop.assert_books_balance().await;
    let jobless = orders::tally(shop.pool(), SHOP).await.unwrap();
    assert_eq!(
        (
            jobless.fulfillments_without_job,
            jobless.notifications_without_job
        ),
        (0, 0)
    );
}

/// Tries random plans for several connections.
pub fn any_plans<S: std::fmt::Debug>(
    step: impl Strategy<Value = S>,
    cases: u32,
    all_at_once: impl AsyncFn(Vec<Vec<S>>),
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases,
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let plans = prop::collection::vec(prop::collection::vec(step, 5..25), 2..7);
    let result = TestRunner::new(config).run(&plans, |plans| {
        // A panic inside is a failed case to proptest, which then looks for a smaller one.
        runtime.block_on(all_at_once(plans));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn b3_b6_the_books_balance_after_any_interleaving() {
    any_plans(step(), 24, async |plans| {
        all_at_once(plans, "read committed").await
    });
}

#[test]
fn b3_b6_the_books_balance_after_any_interleaving_at_serializable() {
    any_plans(step(), 12, async |plans| {
        all_at_once(plans, "serializable").await
    });
}
