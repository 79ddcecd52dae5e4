//! `void_label`: gives a label back that no parcel travels with.

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use stevedore_model::TenantId;
use stevedore_model::fulfillments::{self, LogAction};
use stevedore_model::labels;
use stevedore_providers::{Journal, ProviderError, SoldLabel};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use super::fulfil_order::record;
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
        let mut journal = Journal::new();
        let voided = carrier.void(&sold, &mut journal).await;
        permit.settle_result(&voided).await;
        let called = (label.fulfillment_id, carrier.code());
        let mut tx = ctx.begin().await?;
        if let Some(log) = record::carrier_call(called, LogAction::Void, &journal, &voided) {
            fulfillments::log(&mut *tx, self.tenant_id, &log)
                .await
                .context("logging what the carrier said")?;
        }
        let settled = self.settle(&mut tx, voided, ctx.is_last_attempt()).await?;
        tx.commit().await?;
        settled
    }
}

impl VoidLabel {
    /// Writes down what became of it; answers how the job ends.
    async fn settle(
        &self,
        tx: &mut PgConnection,
        voided: Result<(), ProviderError>,
        is_last_attempt: bool,
    ) -> anyhow::Result<Result<Done, Failure>> {
        let refusal = match voided {
            Ok(()) => None,
            Err(ProviderError::Held { wait, .. }) => return Ok(Err(Failure::Snooze(wait))),
            Err(ProviderError::Rejected { code, message }) => Some((code, message)),
            Err(error) if is_last_attempt => Some(("void_given_up".to_owned(), error.to_string())),
            Err(error) => {
                return Ok(Err(Failure::Retry {
                    error: error.into(),
                    after: None,
                }));
            }
        };
        let refusal = refusal
            .as_ref()
            .map(|(code, message)| (code.as_str(), message.as_str()));
        labels::finish_void(tx, self.tenant_id, self.shipping_label_id, refusal)
            .await
            .context("recording what became of the label")?;
        Ok(Ok(Done::completed()))
    }
}
