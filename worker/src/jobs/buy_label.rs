//! `buy_label`: chooses a carrier's service for a packed parcel of the own warehouse and buys its
//! label, once in effect.
//!
//! The purchase is on record before the carrier is asked: after a crash the next attempt looks it
//! up
//! by our reference, and where the carrier can't be asked, a person looks. The database lets no
//! parcel have two labels. A service that is refused is left out, and the next best is tried.

mod choice;

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};
use stevedore_model::TenantId;
use stevedore_model::labels::{self, BegunLabel, BoughtLabel, LabelFailure, LabelPlan};
use stevedore_providers::{
    Carrier, Consignment, Contact, IdempotencyKey, Journal, Label, LabelOrder, ProviderError,
    Purchase,
};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use super::fulfil_order::request;
use crate::environment::Environment;

/// Attempts beyond those at the carrier: a worker that dies must not leave a parcel behind.
const SPARE_ATTEMPTS: u16 = 10;

/// Which parcel.
#[derive(Debug, Serialize, Deserialize)]
pub struct BuyLabel {
    /// The shop.
    pub tenant_id: TenantId,
    /// The order, for people who read the queue.
    pub order_id: i64,
    /// Its fulfilment.
    pub fulfillment_id: i64,
}

impl Job for BuyLabel {
    type Environment = Environment;
    const KIND: &'static str = "buy_label";
    const QUEUE: &'static str = "fulfilment";
    const DESCRIPTION: &'static str = "buys the label of a packed parcel";

    fn policy(env: &Environment) -> Policy {
        Policy {
            retry: env.fulfilment.retry.clone(),
            max_attempts: env.fulfilment.attempts.saturating_add(SPARE_ATTEMPTS),
            timeout: env.fulfilment.timeout + Duration::from_mins(1),
            schedule: None,
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        let plan = labels::plan(ctx.pool(), self.tenant_id, self.fulfillment_id)
            .await
            .context("reading what there is to buy")?;
        let Some(plan) = plan else {
            return Ok(Done::completed());
        };
        let parcel = consignment(&plan)?;
        let choice = match &plan.begun {
            Some(begun) => Some(begun.clone()),
            None => choice::choose(env, &plan, &parcel).await?,
        };
        let Some(choice) = choice else {
            return Err(Failure::Fatal(anyhow!(
                "no service of a carrier takes this parcel"
            )));
        };
        let Some(carrier) = env.carriers.get(choice.carrier_code.as_str()) else {
            let carrier = choice.carrier_code;
            return Err(Failure::Retry {
                error: anyhow!("no carrier {carrier} is configured here"),
                after: None,
            });
        };
        // Before anything is on record: who may not call now has not tried.
        let permit = env.gate.enter(carrier.code(), carrier.account()).await;
        let permit = permit.map_err(|held| Failure::Snooze(held.wait))?;
        let begun = labels::begin(ctx.pool(), self.tenant_id, self.fulfillment_id, &choice)
            .await
            .context("beginning the purchase")?;
        let Some(begun) = begun else {
            return Ok(Done::completed());
        };
        let order = LabelOrder {
            consignment: parcel,
            service: begun.choice.service.clone(),
            format: env.labels.format,
        };
        let bought = buy(carrier.as_ref(), &order, &begun).await;
        permit.settle_result(&bought).await;
        self.settle(ctx, &begun, bought, plan.services.len() <= 1)
            .await
    }
}

impl BuyLabel {
    /// Writes down what came of it.
    async fn settle(
        &self,
        ctx: &JobContext,
        begun: &BegunLabel,
        bought: Result<Purchase, ProviderError>,
        is_last: bool,
    ) -> Result<Done, Failure> {
        let (tenant, label_id) = (self.tenant_id, begun.shipping_label_id);
        let fail = async |failure, code: &str, message: &str| {
            labels::fail(ctx.pool(), tenant, label_id, failure, code, message)
                .await
                .context("recording that there is no label")
        };
        match bought {
            Ok(Purchase::Bought(label)) => {
                labels::finish(ctx.pool(), tenant, label_id, &kept(*label))
                    .await
                    .context("keeping the label")?;
                Ok(Done::completed())
            }
            Ok(Purchase::TooSoon { wait }) => Err(Failure::Snooze(wait)),
            Err(ProviderError::Held { wait, .. }) => Err(Failure::Snooze(wait)),
            Err(ProviderError::Rejected { code, message }) => {
                fail(LabelFailure::Refused { is_last }, &code, &message).await?;
                if is_last {
                    return Ok(Done::completed());
                }
                // The plan leaves this service out from now on.
                Err(Failure::Snooze(Duration::ZERO))
            }
            Err(ProviderError::Unknown { message }) => {
                fail(LabelFailure::Parked, "label_unknown", &message).await?;
                Ok(Done::completed())
            }
            Err(error) if ctx.is_last_attempt() => {
                fail(LabelFailure::Parked, "label_given_up", &error.to_string()).await?;
                Ok(Done::completed())
            }
            Err(error) => {
                let after = match &error {
                    ProviderError::Transient { retry_after, .. } => *retry_after,
                    _ => None,
                };
                Err(Failure::Retry {
                    error: error.into(),
                    after,
                })
            }
        }
    }
}

async fn buy(
    carrier: &dyn Carrier,
    order: &LabelOrder,
    begun: &BegunLabel,
) -> Result<Purchase, ProviderError> {
    let key = IdempotencyKey::new(begun.reference.to_string())
        .expect("a UUID is 36 characters of hex digits and dashes");
    let contact = match begun.since_last {
        Some(since) => Contact::Again { since: Some(since) },
        None => Contact::First,
    };
    let mut journal = Journal::new();
    carrier.label(order, &key, contact, &mut journal).await
}

/// The parcel as carriers want it told.
fn consignment(plan: &LabelPlan) -> Result<Consignment, Failure> {
    let Some(from) = &plan.from else {
        return Err(Failure::Fatal(anyhow!(
            "its location has no address: locations.address"
        )));
    };
    Ok(Consignment {
        from: request::address(from),
        request: request::request_of(
            &plan.order_number,
            request::recipient(
                &plan.customer_name,
                plan.customer_phone.as_deref(),
                plan.customer_email.as_deref(),
            ),
            plan.shipping_address.as_ref(),
            &plan.lines,
            &plan.parcel,
        ),
        ships_at: plan.ships_at,
    })
}

fn kept(label: Label) -> BoughtLabel {
    BoughtLabel {
        tracking_number: label.tracking_number,
        carrier_shipment_id: label.carrier_shipment_id,
        format: label.format.as_str(),
        content: label.bytes,
        price: label.price.map(|price| (price.amount, price.currency)),
        tracking_url: label.tracking_url,
    }
}
