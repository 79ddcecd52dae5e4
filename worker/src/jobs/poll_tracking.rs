//! `poll_tracking`: asks carriers about parcels that are due. A tick without a carrier looks which
//! carriers have due parcels and enqueues a few lanes for each; a lane asks, batch by batch, until
//! nothing is due or its time is over. docs/tracking.md says how often and what it costs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use stevedore_model::tracking::{self, DuePoll, Polled, PolledEvent};
use stevedore_providers::{Carrier, Journal, ProviderError, TrackingNumber, TrackingUpdate};
use stevedore_queue::{Done, Failure, Job, JobContext, NewJob, Policy, RetryPolicy, Schedule};

use crate::environment::Environment;
use crate::parcels::happening;

/// Lanes of one carrier at most, over the whole fleet.
const LANES_MAX: i64 = 8;
/// Due parcels for which a further lane is worth it.
const PARCELS_PER_LANE: i64 = 500;
/// How long a lane asks before its slot is somebody else's; what is left is the next tick's.
const LANE_TIME: Duration = Duration::from_secs(60);
/// Parcels of one look, however many the carrier takes.
const BATCH_MAX: usize = 100;
/// Pause after a failed look, beside what the schedule adds.
const FAILED_WAIT: Duration = Duration::from_mins(1);

/// Which lane; none: the tick that makes them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct PollTracking {
    /// The carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// Which of its lanes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<i64>,
}

impl Job for PollTracking {
    type Environment = Environment;
    const KIND: &'static str = "poll_tracking";
    const QUEUE: &'static str = "maintenance";
    const DESCRIPTION: &'static str = "asks carriers where the parcels are that are due";

    fn policy(env: &Environment) -> Policy {
        let every = env.upkeep.poll_tracking_every;
        Policy {
            // The next tick does the same.
            retry: RetryPolicy::Fixed(vec![every]),
            max_attempts: 2,
            timeout: LANE_TIME * 3,
            schedule: Some(Schedule::Every(every)),
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        match &self.carrier {
            None => tick(ctx, env).await,
            Some(code) => match env.carriers.get(code.as_str()) {
                Some(carrier) => lane(ctx, env, carrier).await,
                None => Err(Failure::Discard(format!(
                    "no carrier {code} is configured here"
                ))),
            },
        }
    }
}

async fn tick(ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
    let can_track = |carrier: &&Arc<dyn Carrier>| carrier.capabilities().track_batch.is_some();
    let mut codes = Vec::new();
    for carrier in env.carriers.values().filter(can_track) {
        let (code, account) = (carrier.code(), carrier.account());
        env.gate
            .declare(code, account, carrier.capabilities().rate)
            .await;
        codes.push(code.to_owned());
    }
    let due = tracking::due(ctx.pool(), &codes)
        .await
        .context("looking for due parcels")?;
    let mut done = Done::completed();
    for (carrier, parcels) in due {
        let lanes = (parcels / PARCELS_PER_LANE + 1).min(LANES_MAX);
        for lane in 0..lanes {
            let key = format!("poll_tracking:{carrier}:{lane}");
            let job = PollTracking {
                carrier: Some(carrier.clone()),
                lane: Some(lane),
            };
            done = done.then(NewJob::of(&job)?.unique_key(key));
        }
    }
    Ok(done)
}

async fn lane(
    ctx: &mut JobContext,
    env: &Environment,
    carrier: &Arc<dyn Carrier>,
) -> Result<Done, Failure> {
    let Some(batch) = carrier.capabilities().track_batch else {
        return Ok(Done::completed());
    };
    let batch = batch.get().min(BATCH_MAX);
    let began = Instant::now();
    while began.elapsed() < LANE_TIME && !ctx.cancelled().is_cancelled() {
        let permit = match env.gate.enter(carrier.code(), carrier.account()).await {
            Ok(permit) => permit,
            Err(held) => return Err(Failure::Snooze(held.wait)),
        };
        let due = tracking::claim(ctx.pool(), carrier.code(), batch)
            .await
            .context("claiming due parcels")?;
        if due.is_empty() {
            break;
        }
        let look = Look::at(due);
        let result = carrier.track(&look.numbers, &mut Journal::new()).await;
        permit.settle_result(&result).await;
        look.record(ctx, carrier.code(), result).await?;
    }
    Ok(Done::completed())
}

/// One call about several parcels.
struct Look {
    numbers: Vec<TrackingNumber>,
    parcels: HashMap<TrackingNumber, DuePoll>,
    /// What no carrier would take for a number.
    unreadable: Vec<DuePoll>,
}

impl Look {
    fn at(due: Vec<DuePoll>) -> Self {
        let mut look = Self {
            numbers: Vec::with_capacity(due.len()),
            parcels: HashMap::with_capacity(due.len()),
            unreadable: Vec::new(),
        };
        for parcel in due {
            match TrackingNumber::new(&parcel.tracking_number) {
                // One number of two shops is asked for once now and once when the other is due.
                Ok(number) if !look.parcels.contains_key(&number) => {
                    look.numbers.push(number.clone());
                    look.parcels.insert(number, parcel);
                }
                Ok(_) => {}
                Err(_) => look.unreadable.push(parcel),
            }
        }
        look
    }

    async fn record(
        &self,
        ctx: &JobContext,
        carrier: &'static str,
        result: Result<Vec<TrackingUpdate>, ProviderError>,
    ) -> anyhow::Result<()> {
        let unreadable = self.unreadable.iter().map(|parcel| polled(parcel, None));
        match result {
            Ok(updates) => {
                let mut polls: Vec<Polled> = unreadable.collect();
                let mut events = Vec::new();
                let mut told: HashMap<_, _> = updates
                    .into_iter()
                    .map(|update| (update.tracking_number.clone(), update))
                    .collect();
                for (number, parcel) in &self.parcels {
                    let update = told.remove(number);
                    polls.push(polled(parcel, update.as_ref()));
                    events.extend(
                        update
                            .into_iter()
                            .flat_map(|update| happened(parcel, update)),
                    );
                }
                let mut tx = ctx.begin().await?;
                let news = tracking::record(&mut *tx, &polls, &events)
                    .await
                    .context("recording what the carrier told")?;
                tx.commit().await?;
                let (polls, news) = (polls.len() as u64, u64::from(news.unsigned_abs()));
                metrics::counter!("stevedore_tracking_polls_total", "carrier" => carrier)
                    .increment(polls);
                metrics::counter!("stevedore_tracking_news_total", "carrier" => carrier)
                    .increment(news);
            }
            Err(error) => {
                tracing::warn!(carrier, %error, "the carrier tells nothing now");
                let all: Vec<Polled> = self
                    .parcels
                    .values()
                    .map(|parcel| polled(parcel, None))
                    .chain(unreadable)
                    .collect();
                let wait = match error {
                    ProviderError::Held { wait, .. } => wait,
                    ProviderError::Transient { retry_after, .. } => {
                        retry_after.unwrap_or(FAILED_WAIT)
                    }
                    _ => FAILED_WAIT,
                };
                tracking::postpone(ctx.pool(), &all, wait)
                    .await
                    .context("putting the parcels off")?;
            }
        }
        Ok(())
    }
}

fn polled(parcel: &DuePoll, update: Option<&TrackingUpdate>) -> Polled {
    Polled {
        tenant_id: parcel.tenant_id,
        shipment_id: parcel.shipment_id,
        estimated_delivery_at: update.and_then(|update| update.estimated_delivery),
        is_known: update.is_some_and(|update| !update.events.is_empty()),
    }
}

fn happened(parcel: &DuePoll, update: TrackingUpdate) -> impl Iterator<Item = PolledEvent> {
    let (tenant_id, shipment_id) = (parcel.tenant_id, parcel.shipment_id);
    let happenings = update.events.into_iter().filter_map(happening);
    happenings.map(move |happening| PolledEvent {
        tenant_id,
        shipment_id,
        happening,
    })
}
