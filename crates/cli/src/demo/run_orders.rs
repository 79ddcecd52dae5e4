//! Lets the buyers loose and waits until every order has come to its end.

use std::time::Duration;

use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};
use stevedore_model::orders;
use tokio::sync::watch;
use tokio::time::Instant;

use super::DemoSettings;
use super::books::Books;
use super::buyers::{Bought, Shop};
use super::chaos;
use super::plan::Plan;
use super::screen::{Progress, Screen};
use super::stage::Stage;

/// Buyers at the door at the same time.
const BUYERS_CONCURRENT: usize = 16;
/// How often the state of the orders is read.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The same, when reading it takes long.
const POLL_INTERVAL_MAX: Duration = Duration::from_secs(2);
/// With nothing moving for so long, something is stuck, and waiting on would not help.
const STANDSTILL_MAX: Duration = Duration::from_secs(60);

/// What the buyers saw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    pub placed: u64,
    pub rejected: u64,
    pub out_of_stock: u64,
    pub elapsed: Duration,
}

impl Outcome {
    pub fn sent(&self) -> u64 {
        self.placed + self.rejected + self.out_of_stock
    }

    fn count(&mut self, bought: Bought) {
        match bought {
            Bought::Placed { .. } => self.placed += 1,
            Bought::Rejected => self.rejected += 1,
            Bought::OutOfStock => self.out_of_stock += 1,
        }
    }
}

/// Runs the whole plan.
///
/// # Errors
/// When the API gives an answer that no buyer expects, or nothing moves for [`STANDSTILL_MAX`].
pub async fn run_orders(
    stage: &mut Stage,
    settings: &DemoSettings,
    plan: &Plan,
    screen: &Screen,
) -> anyhow::Result<Outcome> {
    let start = Instant::now();
    let (counter, counts) = watch::channel(Outcome::default());
    screen.start();
    let (shop, books) = (stage.shop()?, stage.books());
    tokio::try_join!(
        buy(&shop, plan, counter),
        watch_orders(&books, counts.clone(), plan, screen),
        chaos::at_half_time(stage, settings, counts, plan, screen),
    )
    .map(|(outcome, (), ())| Outcome {
        elapsed: start.elapsed(),
        ..outcome
    })
    .inspect(|_| screen.finish())
}

/// The buyers, [`BUYERS_CONCURRENT`] at a time.
async fn buy(shop: &Shop, plan: &Plan, counter: watch::Sender<Outcome>) -> anyhow::Result<Outcome> {
    let mut buyers = stream::iter(plan.scenarios.iter().copied().enumerate())
        .map(|(number, scenario)| shop.buy(number, scenario))
        .buffer_unordered(BUYERS_CONCURRENT);
    while let Some(bought) = buyers.try_next().await? {
        counter.send_modify(|outcome| outcome.count(bought));
    }
    Ok(*counter.borrow())
}

/// Moves the bar until all orders are sent and none is open.
async fn watch_orders(
    books: &Books,
    counts: watch::Receiver<Outcome>,
    plan: &Plan,
    screen: &Screen,
) -> anyhow::Result<()> {
    let mut last = (Progress::default(), Instant::now());
    loop {
        let look = Instant::now();
        // Read first: what is placed after this look is in the next tally.
        let sent = *counts.borrow();
        let tally = books.tally().await?;
        let progress = progress(&sent, &tally);
        screen.show(progress);
        let open = open(&tally);
        if sent.sent() == plan.scenarios.len() as u64 && open == 0 {
            return Ok(());
        }
        if progress != last.0 {
            last = (progress, Instant::now());
        }
        ensure!(
            last.1.elapsed() < STANDSTILL_MAX,
            "nothing moved for {STANDSTILL_MAX:?}: {} orders sent, {} things unfinished",
            sent.sent(),
            open,
        );
        // Counting a long run takes its time: about a tenth of the run may go into looking.
        let pause = (9 * look.elapsed()).clamp(POLL_INTERVAL, POLL_INTERVAL_MAX);
        tokio::time::sleep(pause).await;
    }
}

/// What still moves by itself: orders, notices, jobs.
fn open(tally: &orders::Tally) -> i64 {
    tally.orders_moving() + tally.notifications_in("pending") + tally.jobs_unfinished
}

fn progress(outcome: &Outcome, tally: &orders::Tally) -> Progress {
    let orders = |status| count(tally.orders_in(status));
    Progress {
        sent: outcome.sent(),
        placed: outcome.placed,
        refused: outcome.rejected + outcome.out_of_stock,
        delivered: orders("delivered"),
        cancelled: orders("cancelled"),
        failed: orders("on_hold"),
        mails: count(tally.notifications_in("sent")),
    }
}

/// A count of the database, which is never negative.
pub fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}
