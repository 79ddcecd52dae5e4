//! `refund_payment`: asks the provider that took a payment to give it back.
//!
//! Two transactions with the provider's call between them, as in `fulfil_order`: the first marks
//! the refund as asked for, the second holds the result and the job's own completion. The
//! provider's own event of the same refund may come before or after: the database counts each once.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use serde::{Deserialize, Serialize};
use stevedore_model::TenantId;
use stevedore_model::refunds::{self, GivenUp, RefundWork};
use stevedore_providers::{
    Contact, IdempotencyKey, Journal, Money, ProviderError, Refund, RefundRequest, RefundStatus,
};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use crate::environment::Environment;

/// Attempts of the job beyond those at the provider: a worker that dies must not leave a refund
/// without anybody to end it.
const SPARE_ATTEMPTS: u16 = 10;
/// After an error of our own house the next attempt follows soon; the provider is not to blame.
const OWN_RETRY: Duration = Duration::from_secs(5);
/// Each provider of payments has one account of ours.
pub(super) const ACCOUNT: &str = "default";
/// Longest wait between two questions about a refund that banks are at.
const ASK_AGAIN_MAX: Duration = Duration::from_hours(6);

/// Which refund.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefundPayment {
    /// The shop.
    pub tenant_id: TenantId,
    /// The order, for people who read the queue.
    pub order_id: i64,
    /// The refund.
    pub refund_id: i64,
}

impl Job for RefundPayment {
    type Environment = Environment;
    const KIND: &'static str = "refund_payment";
    const QUEUE: &'static str = "payments";

    fn policy(env: &Environment) -> Policy {
        Policy {
            retry: env.refunds.retry.clone(),
            max_attempts: env.refunds.attempts.saturating_add(SPARE_ATTEMPTS),
            // The conversation has a limit of its own, so that its result is still written down.
            timeout: env.refunds.timeout + Duration::from_mins(1),
            schedule: None,
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        if ctx.cancelled().is_cancelled() {
            return Err(Failure::Cancelled("before anything was sent".to_owned()));
        }
        let work = match self.begin(ctx).await.map_err(own)? {
            Begun::Work(work) => *work,
            Begun::Over(done) => return Ok(done),
        };
        let result = talk(env, &work).await;
        let asked = i64::from(work.failures) + 1;
        let is_last = asked >= i64::from(env.refunds.attempts) || ctx.is_last_attempt();
        let outcome = outcome(result, &work, is_last, env.refunds.ask_again);
        self.tell(&work, &outcome);
        match self.write(ctx, &work, &outcome).await.map_err(own)? {
            Some(done) => Ok(done),
            None => Err(again(outcome)),
        }
    }
}

/// What the first transaction of an attempt came to.
enum Begun {
    Work(Box<RefundWork>),
    /// The job ended in that transaction.
    Over(Done),
}

/// What becomes of the refund and its job.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// The customer has the money.
    Succeed { provider_refund_id: String },
    /// The provider has it and is not done; the job asks again.
    Wait {
        provider_refund_id: String,
        ask_again: Duration,
    },
    /// Nothing was sent, and it is no attempt: the provider is down, or its rate is used up.
    Postpone {
        after: Duration,
        look_up_first: bool,
    },
    /// The next attempt tries again.
    Retry {
        message: String,
        after: Option<Duration>,
        look_up_first: bool,
    },
    /// Nobody asks any more.
    GiveUp {
        provider_refund_id: Option<String>,
        code: String,
        message: String,
        severity: &'static str,
        /// It surely had no effect.
        is_final: bool,
    },
}

impl RefundPayment {
    async fn begin(&self, ctx: &mut JobContext) -> anyhow::Result<Begun> {
        let mut tx = ctx.begin().await?;
        let work = refunds::begin(&mut *tx, self.tenant_id, self.refund_id)
            .await
            .context("beginning the refund")?;
        let begun = match work {
            Some(work) => Begun::Work(Box::new(work)),
            None => Begun::Over(ctx.complete_in(&mut tx).await?),
        };
        tx.commit().await?;
        Ok(begun)
    }

    /// One line for people, where the outcome is known.
    fn tell(&self, work: &RefundWork, outcome: &Outcome) {
        let span = tracing::info_span!(
            "refund",
            order.id = self.order_id,
            refund.id = self.refund_id,
            refund.attempt = work.attempt,
            provider = work.provider_code,
        );
        let _entered = span.enter();
        match outcome {
            Outcome::Succeed { .. } => tracing::info!("given back"),
            Outcome::Wait { ask_again, .. } => tracing::debug!(?ask_again, "on its way"),
            Outcome::Postpone { after, .. } => tracing::debug!(?after, "not sent"),
            Outcome::Retry { message, .. } => {
                tracing::warn!(reason = message, "not given back, trying again");
            }
            Outcome::GiveUp { code, message, .. } => {
                tracing::error!(
                    code,
                    reason = message,
                    "not given back, a person has to look"
                );
            }
        }
    }

    /// Writes the result; answers the job's completion where this ends it.
    async fn write(
        &self,
        ctx: &mut JobContext,
        work: &RefundWork,
        outcome: &Outcome,
    ) -> anyhow::Result<Option<Done>> {
        let mut tx = ctx.begin().await?;
        let (theirs, failure, look_up_first) = match outcome {
            Outcome::Wait {
                provider_refund_id, ..
            } => (Some(provider_refund_id.as_str()), None, true),
            Outcome::Postpone { look_up_first, .. } => (None, None, *look_up_first),
            Outcome::Retry {
                message,
                look_up_first,
                ..
            } => (None, Some(message.as_str()), *look_up_first),
            Outcome::Succeed { .. } | Outcome::GiveUp { .. } => (None, None, true),
        };
        let tenant = self.tenant_id;
        let is_current = refunds::wait(&mut *tx, tenant, work, theirs, failure, look_up_first)
            .await
            .context("recording the attempt")?;
        if !is_current {
            // Another attempt began meanwhile and knows better; ours lost its lease.
            bail!(
                "attempt {} of the refund is no longer the last one",
                work.attempt
            );
        }
        let done = match outcome {
            Outcome::Succeed { provider_refund_id } => {
                refunds::settle(
                    &mut *tx,
                    tenant,
                    self.refund_id,
                    Some(provider_refund_id),
                    None,
                )
                .await
                .context("recording that the money is back")?;
                Some(ctx.complete_in(&mut tx).await?)
            }
            Outcome::GiveUp {
                provider_refund_id,
                code,
                message,
                severity,
                is_final,
            } => {
                let why = GivenUp {
                    provider_refund_id: provider_refund_id.as_deref(),
                    code,
                    message,
                    severity,
                    is_final: *is_final,
                };
                refunds::fail(&mut *tx, tenant, self.refund_id, why)
                    .await
                    .context("recording that the refund is given up")?;
                Some(ctx.complete_in(&mut tx).await?)
            }
            Outcome::Wait { .. } | Outcome::Postpone { .. } | Outcome::Retry { .. } => None,
        };
        tx.commit().await?;
        Ok(done)
    }
}

/// Asks the provider, within the time there is.
async fn talk(env: &Environment, work: &RefundWork) -> Result<Refund, ProviderError> {
    let transient = |message: String| ProviderError::Transient {
        retry_after: None,
        // Nothing of this attempt was sent; of an earlier one there may be something.
        look_up: work.resumed,
        message,
    };
    let Some(provider) = env.refund_providers.get(work.provider_code.as_str()) else {
        return Err(transient(format!(
            "no provider {} is configured here",
            work.provider_code
        )));
    };
    let Some(provider_payment_id) = work.provider_payment_id.clone() else {
        return Err(ProviderError::Rejected {
            code: "unknown_payment".to_owned(),
            message: "the provider's id of the payment is not known".to_owned(),
        });
    };
    let wanted = RefundRequest {
        provider_payment_id,
        amount: Money {
            amount: work.amount.amount,
            currency: work.amount.currency.as_str().to_owned(),
            minor_digits: work.amount.currency.minor_digits(),
        },
        order_number: work.order_number.clone(),
    };
    let key = IdempotencyKey::new(work.reference.to_string())
        .expect("a UUID is 36 characters of hex digits and dashes");
    let contact = match work.resumed {
        true => Contact::Again {
            since: work.since_last,
        },
        false => Contact::First,
    };
    let permit = match env.gate.enter(provider.code(), ACCOUNT).await {
        Ok(permit) => permit,
        Err(held) => {
            return Err(ProviderError::Held {
                wait: held.wait,
                message: "not let through now".to_owned(),
            });
        }
    };
    let mut journal = Journal::new();
    let conversation = async {
        match &work.provider_refund_id {
            Some(id) => provider.look_up(id, &mut journal).await,
            None => provider.refund(&wanted, &key, contact, &mut journal).await,
        }
    };
    let result = match tokio::time::timeout(env.refunds.timeout, conversation).await {
        Ok(result) => result,
        Err(_elapsed) => Err(ProviderError::Unknown {
            message: format!("no end within {:?}", env.refunds.timeout),
        }),
    };
    permit.settle_result(&result).await;
    result
}

/// Decides.
fn outcome(
    result: Result<Refund, ProviderError>,
    work: &RefundWork,
    is_last: bool,
    ask_again: Duration,
) -> Outcome {
    let error = match result {
        Ok(refund) => return accepted(refund, work, ask_again),
        Err(error) => error,
    };
    let message = error.to_string();
    let may_be_there = match &error {
        ProviderError::Unknown { .. } => true,
        ProviderError::Transient { look_up, .. } => *look_up || work.provider_refund_id.is_some(),
        ProviderError::Unauthorized { .. } => work.resumed,
        _ => false,
    };
    match error {
        ProviderError::Held { wait, .. } => Outcome::Postpone {
            after: wait,
            look_up_first: work.resumed,
        },
        ProviderError::Rejected { code, .. } => Outcome::GiveUp {
            provider_refund_id: None,
            code,
            message,
            severity: "high",
            is_final: true,
        },
        error if is_last => Outcome::GiveUp {
            provider_refund_id: None,
            code: format!("provider_{}", error.outcome()),
            message,
            // Refused credentials fail every refund until somebody acts.
            severity: match error {
                ProviderError::Unauthorized { .. } => "critical",
                _ => "high",
            },
            is_final: !may_be_there,
        },
        error => Outcome::Retry {
            message,
            after: match error {
                ProviderError::Transient { retry_after, .. } => retry_after,
                _ => None,
            },
            look_up_first: may_be_there,
        },
    }
}

/// The provider has it.
fn accepted(refund: Refund, work: &RefundWork, ask_again: Duration) -> Outcome {
    let Refund {
        provider_refund_id,
        status,
    } = refund;
    match status {
        RefundStatus::Succeeded => Outcome::Succeed { provider_refund_id },
        RefundStatus::Pending => {
            // Doubled with every look: banks take days.
            let doublings = u32::try_from(work.attempt).unwrap_or(1).saturating_sub(1);
            let ask_again = ask_again.saturating_mul(1 << doublings.min(16));
            Outcome::Wait {
                provider_refund_id,
                ask_again: ask_again.min(ASK_AGAIN_MAX),
            }
        }
        RefundStatus::Failed { reason } => Outcome::GiveUp {
            provider_refund_id: Some(provider_refund_id),
            code: "refund_failed".to_owned(),
            message: reason,
            severity: "high",
            is_final: true,
        },
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
fn again(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Wait { ask_again, .. } => Failure::Snooze(ask_again),
        Outcome::Postpone { after, .. } => Failure::Snooze(after),
        Outcome::Retry { message, after, .. } => Failure::Retry {
            error: anyhow!(message),
            after,
        },
        // `write` completed the job; the queue would tell if it had not.
        Outcome::Succeed { .. } | Outcome::GiveUp { .. } => Failure::Fatal(anyhow!(
            "a final result was not completed in its transaction"
        )),
    }
}
