//! The gate before every outside system: the fleet's rate and its circuit breaker.
//!
//! `enter` before a call, `settle` after it. The state is the database's, one for all workers. A
//! healthy system without a rate costs a worker one statement a second; one with a rate costs a
//! statement for all calls that ask at the same moment; one that is shut costs none. Nobody waits
//! at the gate: who may not pass is told when to come again, and its job is snoozed.

mod provider;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::counter;
use sqlx::PgPool;
use stevedore_model::provider_gates::{self, Entry, Report};
use stevedore_providers::{CallRate, ProviderError};
use tokio::sync::Mutex as AsyncMutex;

pub use provider::Gated;

/// How long a worker believes that a system may be called, or may not, without asking again.
const BELIEF: Duration = Duration::from_secs(1);
/// Permits of a rate are for calls that go now; what was not used by then is lost.
const PERMITS_KEEP: Duration = Duration::from_millis(100);
/// Permits that one statement asks for at most.
const PERMITS_MAX: u32 = 100;
/// When the database can't be asked.
const DATABASE_WAIT: Duration = Duration::from_secs(5);
/// Longest distance that those who are told to wait are spread over.
const SPREAD_MAX: Duration = Duration::from_mins(5);
/// A system that half of the slots wait for and that did no work for so long gets no more calls:
/// until its breaker opens, the other half is for the others.
const STUCK_AFTER: Duration = Duration::from_millis(250);
/// Those who wait for a probe come over this time, not all at the same moment.
const SPREAD_STEP: Duration = Duration::from_millis(20);

/// All gates of this process.
pub struct Gate {
    pool: PgPool,
    /// Calls that may hang at one system.
    hanging_max: usize,
    doors: Mutex<HashMap<(String, String), Arc<Door>>>,
}

/// Come again later; nothing was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// After this.
    pub wait: Duration,
}

/// How a call ended, as far as the gate cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The system did its work, even if it refused.
    Worked,
    /// It is in no state to work: the message says how.
    Failed(&'a str),
    /// It works, and wants to be left alone for so long.
    Throttled(Duration),
}

/// One provider's account.
struct Door {
    provider: String,
    account: String,
    /// Callers that want in at this moment.
    asking: AtomicU32,
    /// There are failures on record.
    is_troubled: AtomicBool,
    known: AsyncMutex<Known>,
    under_way: Mutex<UnderWay>,
}

/// Calls that have begun and not ended.
#[derive(Default)]
struct UnderWay {
    calls: usize,
    /// When the first of them began, or the system last did its work. A call that timed out is no
    /// reason to make another.
    moved_at: Option<Instant>,
}

/// What this process knows of a door.
#[derive(Default)]
struct Known {
    /// Calls that may go without asking; none: any number.
    permits: Option<u32>,
    /// For how long `permits` holds.
    open_until: Option<Instant>,
    /// Nobody may call before, as far as is known.
    shut_until: Option<Instant>,
    /// And nobody needs to ask before.
    shut_believed_until: Option<Instant>,
    /// When the last of those who were sent away comes again.
    line_until: Option<Instant>,
}

impl Gate {
    /// Gates over this database.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            hanging_max: usize::MAX,
            doors: Mutex::default(),
        }
    }

    /// The same for a worker with so many slots: half of them at most wait for a system that
    /// answers nobody, so that the others' jobs go on until its breaker opens.
    #[must_use]
    pub fn with_slots(mut self, slots: usize) -> Self {
        self.hanging_max = (slots / 2).max(1);
        self
    }

    /// Asks to make one call.
    ///
    /// # Errors
    /// [`Held`] when it may not be made now, also when the database can't be asked.
    pub async fn enter(self: &Arc<Self>, provider: &str, account: &str) -> Result<Permit, Held> {
        let door = self.door(provider, account);
        let entered = self.pass(&door).await;
        if entered.is_err() {
            held_back(&door.provider).increment(1);
        }
        entered.map(|is_probe| Permit {
            gate: Arc::clone(self),
            call: Call::begin(door),
            is_probe,
        })
    }

    /// Sets what a system's documents allow, unless an operator set a rate.
    pub async fn declare(&self, provider: &str, account: &str, rate: CallRate) {
        let CallRate { calls, per } = rate;
        let set = provider_gates::declare_rate(&self.pool, provider, account, calls, per).await;
        if let Err(error) = set {
            tracing::warn!(%error, provider, "its rate can't be set");
        }
    }

    fn door(&self, provider: &str, account: &str) -> Arc<Door> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (provider.to_owned(), account.to_owned());
        let door = doors.entry(key).or_insert_with(|| {
            // The series are there before the first of each, or that one would not be seen.
            opened(provider).increment(0);
            held_back(provider).increment(0);
            Arc::new(Door {
                provider: provider.to_owned(),
                account: account.to_owned(),
                asking: AtomicU32::new(0),
                is_troubled: AtomicBool::new(false),
                known: AsyncMutex::default(),
                under_way: Mutex::default(),
            })
        });
        Arc::clone(door)
    }

    /// Whether the call is the probe.
    async fn pass(&self, door: &Door) -> Result<bool, Held> {
        let _counted = Asking::begin(&door.asking);
        let mut known = door.known.lock().await;
        let now = Instant::now();
        if let Some(held) = known.still_shut(now) {
            return Err(held);
        }
        if door.is_stuck(now, self.hanging_max) {
            return Err(known.send_away(now, STUCK_AFTER, None));
        }
        if known.take(now) {
            return Ok(false);
        }
        // The first of all who ask now asks for them all.
        let wanted = door.asking.load(Ordering::Relaxed).clamp(1, PERMITS_MAX);
        let entry =
            match provider_gates::enter(&self.pool, &door.provider, &door.account, wanted).await {
                Ok(entry) => entry,
                Err(error) => {
                    tracing::warn!(%error, provider = door.provider, "the gate can't be asked");
                    return Err(known.send_away(Instant::now(), DATABASE_WAIT, None));
                }
            };
        door.is_troubled.store(entry.is_troubled, Ordering::Relaxed);
        known.learn(Instant::now(), &entry)
    }

    async fn report(&self, door: &Door, report: &Report<'_>) {
        let told = provider_gates::report(&self.pool, &door.provider, &door.account, report).await;
        let told = match told {
            Ok(told) => told,
            // The next failure tells again; a probe's lease ends by itself.
            Err(error) => {
                tracing::warn!(%error, provider = door.provider, "the gate can't be told");
                return;
            }
        };
        if told.has_opened {
            opened(&door.provider).increment(1);
            tracing::error!(
                provider = door.provider,
                account = door.account,
                reason = report.error,
                "calls are stopped: it failed too often in a row"
            );
        }
        if report.is_probe && told.is_closed {
            tracing::info!(
                provider = door.provider,
                account = door.account,
                "it works again"
            );
        }
        door.is_troubled.store(!report.worked, Ordering::Relaxed);
        let mut known = door.known.lock().await;
        // Whatever was believed is old now: the next caller asks.
        known.open_until = None;
        if told.is_closed {
            known.shut_until = None;
            known.shut_believed_until = None;
            known.line_until = None;
        }
    }
}

impl Known {
    fn still_shut(&mut self, now: Instant) -> Option<Held> {
        self.shut_believed_until.filter(|until| *until > now)?;
        let until = self.shut_until?;
        Some(self.send_away(now, until.saturating_duration_since(now), None))
    }

    /// One of the permits at hand.
    fn take(&mut self, now: Instant) -> bool {
        if self.open_until.is_none_or(|until| until <= now) {
            return false;
        }
        match &mut self.permits {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn learn(&mut self, now: Instant, entry: &Entry) -> Result<bool, Held> {
        if entry.permits == 0 {
            self.shut_until = Some(now + entry.wait);
            // Never for longer than that: another worker's probe may have opened the way.
            self.shut_believed_until = Some(now + entry.wait.min(BELIEF));
            return Err(self.send_away(now, entry.wait, entry.per_second));
        }
        self.shut_until = None;
        self.shut_believed_until = None;
        self.open_until = match (entry.is_probe, entry.per_second) {
            (true, _) => None,
            (false, None) => Some(now + BELIEF),
            (false, Some(_)) => Some(now + PERMITS_KEEP),
        };
        self.permits = entry.per_second.map(|_| entry.permits - 1);
        Ok(entry.is_probe)
    }

    /// Who is sent away comes one after another: by the rate, or a little apart.
    fn send_away(&mut self, now: Instant, wait: Duration, per_second: Option<f64>) -> Held {
        let earliest = now + wait;
        let step = per_second.map_or(SPREAD_STEP, |rate| {
            Duration::try_from_secs_f64(1.0 / rate).unwrap_or(SPREAD_MAX)
        });
        let last = self.line_until.unwrap_or(earliest);
        let place = (last + step).clamp(earliest, earliest + SPREAD_MAX);
        self.line_until = Some(place);
        Held { wait: place - now }
    }
}

/// How many calls to a provider were not made yet.
fn held_back(provider: &str) -> metrics::Counter {
    counter!("stevedore_provider_calls_held_total", "dependency" => provider.to_owned())
}

/// How often a provider's breaker has opened.
fn opened(provider: &str) -> metrics::Counter {
    counter!("stevedore_provider_breaker_opened_total", "dependency" => provider.to_owned())
}

impl Door {
    /// It does its work.
    fn moves(&self) {
        self.under_way().moved_at = Some(Instant::now());
    }

    /// Nobody is answered, and so many wait already.
    fn is_stuck(&self, now: Instant, hanging_max: usize) -> bool {
        let under_way = self.under_way();
        let moved_at = under_way.moved_at;
        under_way.calls >= hanging_max && moved_at.is_some_and(|at| now > at + STUCK_AFTER)
    }

    /// A poisoned lock still holds a count.
    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        let under_way = self.under_way.lock();
        under_way.unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call under way, however it ends.
struct Call {
    door: Arc<Door>,
}

impl Call {
    fn begin(door: Arc<Door>) -> Self {
        let mut under_way = door.under_way();
        if under_way.calls == 0 {
            under_way.moved_at = Some(Instant::now());
        }
        under_way.calls += 1;
        drop(under_way);
        Self { door }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.door.under_way().calls -= 1;
    }
}

/// Counts a caller for as long as it asks.
struct Asking<'a>(&'a AtomicU32);

impl<'a> Asking<'a> {
    fn begin(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Leave to make one call.
#[must_use = "make the call, then settle"]
pub struct Permit {
    gate: Arc<Gate>,
    call: Call,
    is_probe: bool,
}

impl Permit {
    /// Tells how the call ended. A success costs nothing unless there was trouble. A permit that
    /// is dropped instead says nothing; if it was the probe, another goes a minute later.
    pub async fn settle(self, outcome: Outcome<'_>) {
        let worked = !matches!(outcome, Outcome::Failed(_));
        if worked {
            self.call.door.moves();
        }
        let (pause, error) = match outcome {
            Outcome::Worked => (None, None),
            Outcome::Failed(error) => (None, Some(error)),
            Outcome::Throttled(pause) => (Some(pause), None),
        };
        let is_news = self.is_probe
            || !worked
            || pause.is_some()
            || self.call.door.is_troubled.load(Ordering::Relaxed);
        if is_news {
            let is_probe = self.is_probe;
            let report = Report {
                worked,
                is_probe,
                pause,
                error,
            };
            self.gate.report(&self.call.door, &report).await;
        }
    }

    /// [`settle`](Self::settle) by what a provider's client answered.
    pub async fn settle_result<T>(self, result: &Result<T, ProviderError>) {
        match result {
            Ok(_) | Err(ProviderError::Rejected { .. }) => self.settle(Outcome::Worked).await,
            // Busy and polite about it; a server error with a Retry-After is still a failure.
            Err(ProviderError::Transient {
                retry_after: Some(pause),
                look_up: false,
                ..
            }) => self.settle(Outcome::Throttled(*pause)).await,
            // It never got there, so there is nothing to tell.
            Err(ProviderError::Held { .. }) => drop(self),
            Err(error) => self.settle(Outcome::Failed(&error.to_string())).await,
        }
    }
}
