//! `ingest_webhook`: gives an event that a provider sent its effect, once.
//!
//! One transaction holds the event's lock, all its effects, its outcome and the job's completion.
//! Events come in any order and more than once; what they say is recorded so that neither matters.
//! An event that names something which we do not know yet fails and is tried again: the event that
//! makes it known may be on its way.
//!
//! **To add a source**: a file that turns its bodies into `Word`s, and one line in `read`.

mod apply;
mod order_ref;
mod parcel;
mod prodigi;
mod razorpay;
mod standard;
mod stripe;
mod twilio;

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use metrics::counter;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use stevedore_model::TenantId;
use stevedore_model::inbox::{self, Event};
use stevedore_model::payments::PaymentFact;
use stevedore_model::tracking::Push;
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};
use uuid::Uuid;

use crate::environment::Environment;
use order_ref::OrderRef;

/// Which event.
#[derive(Debug, Serialize, Deserialize)]
pub struct IngestWebhook {
    /// The shop.
    pub tenant_id: TenantId,
    /// The row of `webhook_events`.
    pub webhook_event_id: i64,
}

impl Job for IngestWebhook {
    type Environment = Environment;
    const KIND: &'static str = "ingest_webhook";
    const DESCRIPTION: &'static str = "Gives an event that a provider sent its effect";
    const QUEUE: &'static str = "webhooks";

    fn policy(env: &Environment) -> Policy {
        Policy {
            retry: env.inbox.retry.clone(),
            max_attempts: env.inbox.attempts,
            ..Policy::default()
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        let mut tx = ctx.begin().await?;
        let event = inbox::take(&mut *tx, self.tenant_id, self.webhook_event_id)
            .await
            .context("taking the event")?;
        let Some(event) = event else {
            let done = ctx.complete_in(&mut tx).await?;
            tx.commit().await?;
            return Ok(done);
        };
        let result = match process(&mut tx, env, self.tenant_id, &event).await {
            Err(Trouble::Unknown(why)) if ctx.is_last_attempt() => Ok(Outcome::Ignored(why)),
            result => result,
        };
        match result {
            Ok(outcome) => {
                let ignored = match &outcome {
                    Outcome::Processed => None,
                    Outcome::Ignored(reason) => Some(reason.as_str()),
                };
                inbox::finish(&mut *tx, self.tenant_id, self.webhook_event_id, ignored)
                    .await
                    .context("recording the event's outcome")?;
                let done = ctx.complete_in(&mut tx).await?;
                tx.commit().await?;
                self.tell(&event, &outcome);
                Ok(done)
            }
            Err(trouble) => {
                tx.rollback().await.context("taking back what was done")?;
                self.fail(ctx, &event, trouble).await
            }
        }
    }
}

/// What an event says, in our words.
#[derive(Clone, Debug, PartialEq)]
enum Word {
    /// Something happened to a payment. Its order, where it is not named by our id, is looked up.
    Payment(Box<PaymentFact>, Option<OrderRef>),
    /// This much of a payment was given back by now, in parts that other events tell of.
    RefundedSoFar {
        provider: &'static str,
        payment_ref: String,
        amount: i64,
    },
    /// This became of a message to a customer.
    Message {
        provider: &'static str,
        message_id: String,
        status: String,
        error_code: Option<String>,
        occurred_at: DateTime<Utc>,
    },
    /// Parcels are there now.
    Parcels(Vec<Push>),
    /// Something happened to those of these parcels that are ours, and nobody can say what.
    ParcelsMoved {
        carrier: &'static str,
        tracking_numbers: Vec<String>,
    },
    /// Something happened to the order that a provider has under our reference.
    OrderMoved {
        provider: &'static str,
        reference: Uuid,
    },
    /// Nothing that concerns us; says why.
    Nothing(String),
}

/// What became of an event.
enum Outcome {
    Processed,
    Ignored(String),
}

/// Why an event has no outcome.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// It will never be understood by this release.
    #[error("the event can't be read: {0}")]
    Unreadable(String),
    /// It contradicts what we know.
    #[error("{0}")]
    Refused(String),
    /// It may go better later.
    #[error(transparent)]
    Later(#[from] anyhow::Error),
    /// What it tells of may become known later; if not, it is somebody else's.
    #[error("{0}")]
    Unknown(String),
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Trouble::Unreadable(error.to_string())
    }
}

/// What the event says, one line a source.
fn read(event: &Event, env: &Environment) -> Result<Vec<Word>, Trouble> {
    match event.source.as_str() {
        "stripe" => stripe::read(&event.body),
        "razorpay" => razorpay::read(&event.body),
        "standard" => standard::read(event),
        "twilio" => twilio::read(event),
        "prodigi" => prodigi::read(event),
        "shiprocket" | "royal_mail" | "dpd" | "fedex" | "ups" | "dhl" => {
            parcel::read(event, &env.carriers)
        }
        source => Ok(nothing(format!(
            "this release does nothing with events of {source}"
        ))),
    }
}

fn nothing(why: impl Into<String>) -> Vec<Word> {
    vec![Word::Nothing(why.into())]
}

/// Reads the event and applies all that it says.
async fn process(
    tx: &mut PgConnection,
    env: &Environment,
    tenant: TenantId,
    event: &Event,
) -> Result<Outcome, Trouble> {
    let mut outcome = Outcome::Ignored("it says nothing".to_owned());
    for word in read(event, env)? {
        match apply::apply(tx, tenant, word).await? {
            Outcome::Processed => outcome = Outcome::Processed,
            ignored @ Outcome::Ignored(_) if matches!(outcome, Outcome::Ignored(_)) => {
                outcome = ignored;
            }
            Outcome::Ignored(_) => {}
        }
    }
    Ok(outcome)
}

impl IngestWebhook {
    fn tell(&self, event: &Event, outcome: &Outcome) {
        let (result, reason) = match outcome {
            Outcome::Processed => ("processed", ""),
            Outcome::Ignored(reason) => ("ignored", reason.as_str()),
        };
        count(&event.source, result);
        tracing::info!(
            webhook.id = self.webhook_event_id,
            webhook.source = event.source,
            webhook.event_type = event.event_type,
            reason,
            "an event of a provider is {result}"
        );
    }

    /// Writes down why; the job is tried again, or dead with the event.
    async fn fail(
        &self,
        ctx: &JobContext,
        event: &Event,
        trouble: Trouble,
    ) -> Result<Done, Failure> {
        let is_final = !matches!(trouble, Trouble::Later(_) | Trouble::Unknown(_));
        let is_last = is_final || ctx.is_last_attempt();
        let error = match trouble {
            Trouble::Later(error) => error,
            other => anyhow!(other),
        };
        let reason = format!("{error:#}");
        inbox::fail(
            ctx.pool(),
            self.tenant_id,
            self.webhook_event_id,
            &reason,
            is_last,
        )
        .await
        .context("recording that the event failed")?;
        count(&event.source, if is_last { "dead" } else { "failed" });
        Err(match is_final {
            true => Failure::Fatal(error),
            false => Failure::Retry { error, after: None },
        })
    }
}

fn count(source: &str, result: &'static str) {
    let source = source.to_owned();
    counter!("stevedore_webhooks_ingested_total", "source" => source, "result" => result)
        .increment(1);
}
