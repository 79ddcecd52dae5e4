//! `void_label`: gives a label back that no parcel travels with.

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};
use stevedore_model::TenantId;
use stevedore_model::labels;
use stevedore_providers::{Journal, ProviderError, SoldLabel};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use crate::environment::Environment;

/// Which label.
#[derive(Debug, Serialize, Deserialize)]
pub struct VoidLabel {
    /// The shop.
    pub tenant_id: TenantId,
    /// The order, for people who read the queue.
    pub order_id: i64,
    /// The label.
    pub shipping_label_id: i64,
}

impl Job for VoidLabel {
    type Environment = Environment;
    const KIND: &'static str = "void_label";
    const QUEUE: &'static str = "fulfilment";
    const DESCRIPTION: &'static str = "gives a label back to its carrier";

    fn policy(env: &Environment) -> Policy {
        Policy {
            retry: env.fulfilment.retry.clone(),
            max_attempts: env.fulfilment.attempts,
            timeout: env.fulfilment.timeout,
            schedule: None,
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        let label = labels::to_void(ctx.pool(), self.tenant_id, self.shipping_label_id)
            .await
            .context("reading the label")?;
        let Some(label) = label else {
            return Ok(Done::completed());
        };
        let Some(carrier) = env.carriers.get(label.carrier_code.as_str()) else {
            let carrier = label.carrier_code;
            return Err(Failure::Retry {
                error: anyhow!("no carrier {carrier} is configured here"),
                after: None,
            });
        };
        let permit = env.gate.enter(carrier.code(), carrier.account()).await;
        let permit = permit.map_err(|held| Failure::Snooze(held.wait))?;
        let sold = SoldLabel {
            tracking_number: label.tracking_number,
            carrier_shipment_id: label.carrier_shipment_id,
            from_country: label.from_country,
        };
        let voided = carrier.void(&sold, &mut Journal::new()).await;
        permit.settle_result(&voided).await;
        let refusal = match voided {
            Ok(()) => None,
            Err(ProviderError::Held { wait, .. }) => return Err(Failure::Snooze(wait)),
            Err(ProviderError::Rejected { code, message }) => Some((code, message)),
            Err(error) if ctx.is_last_attempt() => {
                Some(("void_given_up".to_owned(), error.to_string()))
            }
            Err(error) => {
                return Err(Failure::Retry {
                    error: error.into(),
                    after: None,
                });
            }
        };
        let refusal = refusal
            .as_ref()
            .map(|(code, message)| (code.as_str(), message.as_str()));
        labels::finish_void(ctx.pool(), self.tenant_id, self.shipping_label_id, refusal)
            .await
            .context("recording what became of the label")?;
        Ok(Done::completed())
    }
}
