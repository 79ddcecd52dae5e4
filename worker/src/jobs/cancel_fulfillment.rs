//! `cancel_fulfillment`: asks a provider to give up what it has of an order that was cancelled.
//!
//! Never beside the job that sends it (both are of the order's group), and asking twice is asking
//! once: providers look the order up first. A refusal is an error of the order, not of the job.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};
use stevedore_model::TenantId;
use stevedore_model::fulfillments::{self, FulfillmentWork, LogStatus};
use stevedore_providers::{Cancellation, FulfilmentProvider as _, Journal, ProviderError};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use super::fulfil_order::{record, reference, request};
use crate::environment::Environment;
use crate::gate::Gated;

/// A request that was sent this recently may not be found yet.
const SETTLE: Duration = Duration::from_mins(1);

/// Which fulfilment.
#[derive(Debug, Serialize, Deserialize)]
pub struct CancelFulfillment {
    /// The shop.
    pub tenant_id: TenantId,
    /// The order, for people who read the queue.
    pub order_id: i64,
    /// The fulfilment.
    pub fulfillment_id: i64,
    /// Who has it, for people who read the queue.
    pub provider: String,
}

impl Job for CancelFulfillment {
    type Environment = Environment;
    const KIND: &'static str = "cancel_fulfillment";
    const QUEUE: &'static str = "fulfilment";
    const DESCRIPTION: &'static str = "asks a provider to give up a cancelled order";

    fn policy(env: &Environment) -> Policy {
        Policy {
            retry: env.fulfilment.retry.clone(),
            max_attempts: env.fulfilment.attempts,
            timeout: env.fulfilment.timeout + Duration::from_mins(1),
            schedule: None,
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        let (tenant, id) = (self.tenant_id, self.fulfillment_id);
        let work = fulfillments::begin_cancellation(ctx.pool(), tenant, id)
            .await
            .context("reading what is to be given up")?;
        let Some(work) = work else {
            return Ok(Done::completed());
        };
        let mut journal = Journal::new();
        let answer = ask(env, &work, &mut journal).await;
        let verdict = verdict(answer, &work, ctx.is_last_attempt());
        let mut tx = ctx.begin().await?;
        if let Some(status) = verdict.status() {
            let log = record::cancellation(&work, &journal, status, verdict.refusal());
            fulfillments::log(&mut *tx, tenant, &log)
                .await
                .context("logging what the provider said")?;
        }
        if matches!(verdict, Verdict::GivenUp | Verdict::Refused { .. }) {
            fulfillments::finish_cancellation(&mut *tx, tenant, id, verdict.refusal())
                .await
                .context("recording the answer")?;
            let done = ctx.complete_in(&mut tx).await?;
            tx.commit().await?;
            return Ok(done);
        }
        tx.commit().await?;
        Err(again(verdict))
    }
}

/// What becomes of it.
enum Verdict {
    /// Nothing will be delivered.
    GivenUp,
    /// It will be delivered; nobody asks any more.
    Refused { code: String, message: String },
    /// Asked again, as an attempt.
    Again(ProviderError),
    /// Asked again, as none.
    Later(Duration),
}

impl Verdict {
    fn refusal(&self) -> Option<(&str, &str)> {
        match self {
            Verdict::Refused { code, message } => Some((code, message)),
            _ => None,
        }
    }

    /// What is on record; nothing was said to the provider: none.
    fn status(&self) -> Option<LogStatus> {
        match self {
            Verdict::GivenUp => Some(LogStatus::Success),
            Verdict::Refused { .. } => Some(LogStatus::Failed),
            Verdict::Again(ProviderError::Unknown { .. }) => Some(LogStatus::Unknown),
            Verdict::Again(_) => Some(LogStatus::Failed),
            Verdict::Later(_) => None,
        }
    }
}

async fn ask(
    env: &Environment,
    work: &FulfillmentWork,
    journal: &mut Journal,
) -> Result<Cancellation, ProviderError> {
    let Some(provider) = env.providers.get(work.provider_code.as_str()) else {
        return Err(ProviderError::Transient {
            retry_after: None,
            look_up: false,
            message: format!("no provider {} is configured here", work.provider_code),
        });
    };
    let provider = Gated::new(provider, &env.gate, None);
    let (request, reference) = (request::request(work), reference(work));
    let asking = provider.cancel(&request, &reference, journal);
    match tokio::time::timeout(env.fulfilment.timeout, asking).await {
        Ok(answer) => answer,
        Err(_elapsed) => Err(ProviderError::Unknown {
            message: format!("no end within {:?}", env.fulfilment.timeout),
        }),
    }
}

/// Decides.
fn verdict(
    answer: Result<Cancellation, ProviderError>,
    work: &FulfillmentWork,
    is_last: bool,
) -> Verdict {
    let refused = |code: &str, message: String| Verdict::Refused {
        code: code.to_owned(),
        message,
    };
    match answer {
        Ok(Cancellation::Cancelled) => Verdict::GivenUp,
        Ok(Cancellation::NotFound) => {
            match work.since_last.map(|since| SETTLE.checked_sub(since)) {
                Some(Some(wait)) if !wait.is_zero() => Verdict::Later(wait),
                _ => Verdict::GivenUp,
            }
        }
        Ok(Cancellation::TooLate) => {
            let message = format!("{} is too far with it", work.provider_code);
            refused("cancel_too_late", message)
        }
        Ok(Cancellation::NotOffered) => {
            let message = format!("{} gives nothing up", work.provider_code);
            refused("cancel_not_offered", message)
        }
        Err(ProviderError::Held { wait, .. }) => Verdict::Later(wait),
        Err(ProviderError::Rejected { message, .. }) => refused("cancel_refused", message),
        Err(error) if is_last => refused("cancel_given_up", error.to_string()),
        Err(error) => Verdict::Again(error),
    }
}

/// What the queue does with a job that is not done.
fn again(verdict: Verdict) -> Failure {
    match verdict {
        Verdict::Later(wait) => Failure::Snooze(wait),
        Verdict::Again(error) => Failure::Retry {
            after: match &error {
                ProviderError::Transient { retry_after, .. } => *retry_after,
                _ => None,
            },
            error: error.into(),
        },
        Verdict::GivenUp | Verdict::Refused { .. } => Failure::Fatal(anyhow!(
            "a final answer was not completed in its transaction"
        )),
    }
}
