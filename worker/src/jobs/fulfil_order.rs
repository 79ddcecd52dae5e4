//! `fulfil_order`: asks one provider for one fulfilment, and writes down what came of it.
//!
//! Two transactions with the provider's calls between them. The first marks the fulfilment as sent
//! (from then on a crash means: look it up). The second holds the result, the log, what follows
//! from it, and the job's own completion: all of it or nothing.

pub(super) mod record;
pub(super) mod request;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use stevedore_model::fulfillments::{self, ANY_ACCOUNT, FulfillmentWork, NewShipment};
use stevedore_model::{TenantId, routing};
use stevedore_providers::{
    Contact, FulfilmentProvider, IdempotencyKey, Journal, Pace, ProviderError, Reference, Shipment,
};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use super::outcome::{Found, Position, Standing, Trouble, Verdict, verdict};
use crate::conversation::Conversation;
use crate::environment::Environment;
use crate::gate::{Gated, Held, Permit};

/// Attempts of the job beyond those at the provider: a worker that dies, or a database that is
/// away, must not leave a fulfilment without anybody to end it.
const SPARE_ATTEMPTS: u16 = 10;
/// After an error of our own house the next attempt follows soon; the provider is not to blame.
const OWN_RETRY: Duration = Duration::from_secs(5);
/// Longest wait between two questions about an order in progress.
const ASK_AGAIN_MAX: Duration = Duration::from_mins(10);
/// The same where orders take days.
const ASK_AGAIN_SLOWLY_MAX: Duration = Duration::from_hours(6);

/// Which fulfilment.
#[derive(Debug, Serialize, Deserialize)]
pub struct FulfilOrder {
    /// The shop.
    pub tenant_id: TenantId,
    /// The order, for people who read the queue.
    pub order_id: i64,
    /// The fulfilment.
    pub fulfillment_id: i64,
    /// Who fulfils, so that a provider that may not be called now is known before anything is
    /// touched. Jobs of an earlier release do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

impl Job for FulfilOrder {
    type Environment = Environment;
    const KIND: &'static str = "fulfil_order";
    const QUEUE: &'static str = "fulfilment";

    fn policy(env: &Environment) -> Policy {
        Policy {
            retry: env.fulfilment.retry.clone(),
            max_attempts: env.fulfilment.attempts.saturating_add(SPARE_ATTEMPTS),
            // The conversation has a limit of its own, so that its result is still written down.
            timeout: env.fulfilment.timeout + Duration::from_mins(1),
            schedule: None,
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        if ctx.cancelled().is_cancelled() {
            return Err(Failure::Cancelled("before anything was sent".to_owned()));
        }
        let permit = match self.enter(env).await {
            Ok(permit) => permit,
            Err(held) => return self.wait_or_fail_over(ctx, env, held).await,
        };
        let work = match self.begin(ctx).await.map_err(own)? {
            Begun::Work(work) => *work,
            Begun::NothingLeft(done) => return Ok(done),
        };
        let mut journal = Journal::new();
        let result = talk(env, &work, permit, &mut journal).await;
        let position = position(ctx, env, &work, &result).await.map_err(own)?;
        let verdict = verdict(result, position);
        let attempt = Attempt {
            work,
            journal,
            next_retry_in: next_retry_in(ctx, env, &verdict),
        };
        self.tell(&attempt, &verdict);
        match self.write(ctx, &attempt, &verdict).await.map_err(own)? {
            Some(done) => Ok(done),
            None => Err(again(verdict)),
        }
    }
}

/// What the first transaction of an attempt came to.
enum Begun {
    Work(Box<FulfillmentWork>),
    /// The job ended in that transaction.
    NothingLeft(Done),
}

/// What there is to write down of one attempt.
struct Attempt {
    work: FulfillmentWork,
    journal: Journal,
    next_retry_in: Option<Duration>,
}

impl FulfilOrder {
    /// Leave to call the provider. A job that does not get it has touched nothing.
    async fn enter(&self, env: &Environment) -> Result<Option<Permit>, Held> {
        let code = self.provider.as_deref();
        let Some(provider) = code.and_then(|code| env.providers.get(code)) else {
            return Ok(None);
        };
        let permit = env.gate.enter(provider.code(), provider.account()).await?;
        Ok(Some(permit))
    }

    /// The provider may not be called. If that has been so for long, the next one of the route
    /// takes over what was not begun, and this job is done.
    async fn wait_or_fail_over(
        &self,
        ctx: &mut JobContext,
        env: &Environment,
        held: Held,
    ) -> Result<Done, Failure> {
        let code = self.provider.as_deref().unwrap_or_default();
        let account = env
            .providers
            .get(code)
            .map_or("default", |found| found.account());
        let after = env.fulfilment.fail_over_after;
        let mut tx = ctx.begin().await?;
        let (tenant, id) = (self.tenant_id, self.fulfillment_id);
        let down = (code, account);
        let over = routing::fail_over_if_down(&mut *tx, tenant, id, down, after).await?;
        let Some(replacement) = over else {
            return Err(Failure::Snooze(held.wait));
        };
        let done = ctx.complete_in(&mut tx).await?;
        tx.commit().await?;
        tracing::warn!(
            order.id = self.order_id,
            fulfillment.id = id,
            provider = code,
            fulfillment.replacement = replacement,
            "the provider is down; the next one takes over"
        );
        Ok(done)
    }

    async fn begin(&self, ctx: &mut JobContext) -> anyhow::Result<Begun> {
        let mut tx = ctx.begin().await?;
        let work = fulfillments::begin(&mut *tx, self.tenant_id, self.fulfillment_id)
            .await
            .context("beginning the fulfilment")?;
        let begun = match work {
            Some(work) => Begun::Work(Box::new(work)),
            // Under the order's lock: whoever resumes the order later finds this job gone.
            None => Begun::NothingLeft(ctx.complete_in(&mut tx).await?),
        };
        tx.commit().await?;
        if matches!(begun, Begun::NothingLeft(_)) {
            tracing::info!(
                order.id = self.order_id,
                fulfillment.id = self.fulfillment_id,
                "there is nothing to fulfil now"
            );
        }
        Ok(begun)
    }

    /// One line for people, where the outcome is known.
    fn tell(&self, attempt: &Attempt, verdict: &Verdict) {
        let span = tracing::info_span!(
            "fulfilment",
            order.id = self.order_id,
            fulfillment.id = self.fulfillment_id,
            fulfillment.attempt = attempt.work.attempt,
            provider = attempt.work.provider_code,
        );
        let _entered = span.enter();
        match verdict {
            Verdict::Deliver { .. } => tracing::info!("delivered"),
            Verdict::Postpone { after, message, .. } => {
                tracing::debug!(?after, reason = message, "not sent");
            }
            Verdict::HandOver {
                shipments,
                ask_again,
                ..
            } => tracing::info!(parcels = shipments.len(), ?ask_again, "with carriers"),
            Verdict::Wait { ask_again, .. } => tracing::debug!(?ask_again, "in progress"),
            Verdict::Retry { code, message, .. } => {
                tracing::warn!(code, reason = message, "not delivered, trying again");
            }
            Verdict::Fail { code, message, .. } | Verdict::Park { code, message } => {
                tracing::error!(
                    code,
                    reason = message,
                    "not delivered, a person has to look"
                );
            }
        }
    }

    /// Writes the result; answers the job's completion where this ends it.
    async fn write(
        &self,
        ctx: &mut JobContext,
        attempt: &Attempt,
        verdict: &Verdict,
    ) -> anyhow::Result<Option<Done>> {
        let work = &attempt.work;
        let mut tx = ctx.begin().await?;
        let current =
            fulfillments::is_current(&mut *tx, self.tenant_id, self.fulfillment_id, work.attempt)
                .await?;
        if !current {
            // Another attempt began meanwhile and knows better; ours lost its lease.
            bail!(
                "attempt {} of the fulfilment is no longer the last one",
                work.attempt
            );
        }
        for log in record::logs(work, &attempt.journal, verdict, attempt.next_retry_in) {
            fulfillments::log(&mut *tx, self.tenant_id, &log)
                .await
                .context("logging what the provider said")?;
        }
        let ends = self
            .apply(&mut tx, verdict)
            .await
            .context("recording the result")?;
        let done = if ends {
            Some(ctx.complete_in(&mut tx).await?)
        } else {
            None
        };
        tx.commit().await?;
        Ok(done)
    }

    /// Moves the fulfilment; answers whether it has come to its end.
    async fn apply(&self, tx: &mut PgConnection, verdict: &Verdict) -> Result<bool, sqlx::Error> {
        let (tenant, id) = (self.tenant_id, self.fulfillment_id);
        match verdict {
            Verdict::Deliver {
                provider_order_id: name,
            } => {
                fulfillments::deliver(tx, tenant, id, Some(name)).await?;
            }
            Verdict::Fail {
                code,
                message,
                category,
                severity,
                may_fail_over,
            } => {
                if *may_fail_over && routing::fail_over(&mut *tx, tenant, id).await?.is_some() {
                    return Ok(true);
                }
                fulfillments::fail(tx, tenant, id, code, message, category, severity).await?;
            }
            Verdict::Park { code, message } => {
                fulfillments::park(tx, tenant, id, code, message).await?;
            }
            Verdict::HandOver {
                provider_order_id: name,
                shipments,
                ask_again,
            } => {
                let parcels: Vec<_> = shipments.iter().map(parcel).collect();
                let is_all = ask_again.is_none();
                fulfillments::ship(tx, tenant, id, name, &parcels, is_all).await?;
                return Ok(is_all);
            }
            Verdict::Wait {
                provider_order_id: name,
                ..
            } => {
                if let Some(name) = name {
                    fulfillments::accept(tx, tenant, id, Some(name)).await?;
                }
                return Ok(false);
            }
            Verdict::Postpone { is_unsent, .. } => {
                if *is_unsent {
                    fulfillments::postpone(tx, tenant, id).await?;
                }
                return Ok(false);
            }
            Verdict::Retry {
                code,
                message,
                look_up_first,
                ..
            } => {
                fulfillments::retry_later(tx, tenant, id, code, message, *look_up_first).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Holds the conversation within its time.
async fn talk(
    env: &Environment,
    work: &FulfillmentWork,
    permit: Option<Permit>,
    journal: &mut Journal,
) -> Result<Found, Trouble> {
    let provider = env.providers.get(work.provider_code.as_str());
    let ours = |provider: &&Arc<dyn FulfilmentProvider>| {
        [ANY_ACCOUNT, provider.account()].contains(&work.account.as_str())
    };
    let Some(provider) = provider.filter(ours) else {
        return Err(unconfigured(work));
    };
    let provider = Gated::new(provider, &env.gate, permit);
    let request = request::request(work);
    let conversation = Conversation {
        provider: &provider,
        request: &request,
        reference: reference(work),
        contact: contact(work),
        look_only: work.look_only,
    };
    match tokio::time::timeout(env.fulfilment.timeout, conversation.hold(journal)).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Trouble {
            error: ProviderError::Unknown {
                message: format!("no end within {:?}", env.fulfilment.timeout),
            },
            standing: Standing::Unclear,
            can_look_up: provider.can_look_up(),
        }),
    }
}

fn unconfigured(work: &FulfillmentWork) -> Trouble {
    let standing = if work.resumed {
        Standing::Unclear
    } else {
        Standing::Nothing
    };
    let message = format!(
        "no provider {} with our account {} is configured here",
        work.provider_code, work.account
    );
    let error = ProviderError::Transient {
        retry_after: None,
        look_up: false,
        message,
    };
    Trouble {
        error,
        standing,
        can_look_up: true,
    }
}

fn parcel(shipment: &Shipment) -> NewShipment {
    let number = shipment.tracking_number.as_ref();
    NewShipment {
        provider_shipment_id: shipment.provider_shipment_id.clone(),
        carrier: shipment.carrier.clone(),
        service: shipment.service.clone(),
        tracking_number: number.map(|number| number.as_str().to_owned()),
        tracking_url: shipment.tracking_url.clone(),
        left_at: shipment.left_at,
    }
}

/// The fulfilment's own reference, not the job's: a person may resume an order with a new job.
pub(super) fn reference(work: &FulfillmentWork) -> Reference {
    let key = IdempotencyKey::new(work.reference.to_string())
        .expect("a UUID is 36 characters of hex digits and dashes");
    Reference {
        key,
        provider_order_id: work.provider_order_id.clone(),
    }
}

fn contact(work: &FulfillmentWork) -> Contact {
    match work.resumed {
        true => Contact::Again {
            since: work.since_last,
        },
        false => Contact::First,
    }
}

async fn position(
    ctx: &JobContext,
    env: &Environment,
    work: &FulfillmentWork,
    result: &Result<Found, Trouble>,
) -> anyhow::Result<Position> {
    // Doubled with every look, so that a slow order does not cost hundreds of calls; what failed
    // was none.
    let looks = work.attempt.saturating_sub(1).saturating_sub(work.failures);
    let doublings = u32::try_from(looks).unwrap_or(0).min(16);
    let provider = env.providers.get(work.provider_code.as_str());
    let own_pace = provider.and_then(|provider| provider.pace());
    let longest = if own_pace.is_some() {
        ASK_AGAIN_SLOWLY_MAX
    } else {
        ASK_AGAIN_MAX
    };
    let pace = own_pace.unwrap_or(Pace {
        ask_again: env.fulfilment.ask_again,
        patience: env.fulfilment.patience,
    });
    let ask_again = pace.ask_again.saturating_mul(1 << doublings);
    let out_of_patience = match result {
        Ok(Found::InProgress { .. } | Found::Withheld) => job_age(ctx).await? > pace.patience,
        _ => false,
    };
    // The provider's attempts, not the job's: a worker that died has asked nobody.
    let asked = i64::from(work.failures) + 1;
    Ok(Position {
        is_last: asked >= i64::from(env.fulfilment.attempts) || ctx.is_last_attempt(),
        ask_again: ask_again.min(longest),
        out_of_patience,
    })
}

/// From the job's enqueue to the claim of its running attempt: both are the database's time.
async fn job_age(ctx: &JobContext) -> anyhow::Result<Duration> {
    let job = stevedore_queue::find(ctx.pool(), ctx.job_id())
        .await
        .context("reading the job")?;
    let age = job.and_then(|job| (job.claimed_at? - job.created_at).to_std().ok());
    Ok(age.unwrap_or_default())
}

/// When the next attempt will be, for the record.
fn next_retry_in(ctx: &JobContext, env: &Environment, verdict: &Verdict) -> Option<Duration> {
    match verdict {
        Verdict::Retry { after, .. } => {
            let policy = || env.fulfilment.retry.delay(ctx.job_id(), ctx.attempt());
            Some(after.unwrap_or_else(policy))
        }
        Verdict::HandOver { ask_again, .. } => *ask_again,
        Verdict::Wait { ask_again, .. } => Some(*ask_again),
        Verdict::Postpone { after, .. } => Some(*after),
        Verdict::Deliver { .. } | Verdict::Fail { .. } | Verdict::Park { .. } => None,
    }
}

/// An error of our own house.
fn own(error: anyhow::Error) -> Failure {
    Failure::Retry {
        error,
        after: Some(OWN_RETRY),
    }
}

/// What the queue does with a job that is not done.
fn again(verdict: Verdict) -> Failure {
    match verdict {
        Verdict::Wait { ask_again, .. }
        | Verdict::HandOver {
            ask_again: Some(ask_again),
            ..
        } => Failure::Snooze(ask_again),
        Verdict::Postpone { after, .. } => Failure::Snooze(after),
        Verdict::Retry {
            code,
            message,
            after,
            ..
        } => Failure::Retry {
            error: anyhow!("{message} ({code})"),
            after,
        },
        // `write` completed the job; the queue would tell if it had not.
        Verdict::Deliver { .. }
        | Verdict::HandOver { .. }
        | Verdict::Fail { .. }
        | Verdict::Park { .. } => Failure::Fatal(anyhow!(
            "a final result was not completed in its transaction"
        )),
    }
}
