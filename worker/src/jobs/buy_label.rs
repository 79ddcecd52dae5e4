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
use sqlx::PgConnection;
use stevedore_model::TenantId;
use stevedore_model::fulfillments::{self, LogAction};
use stevedore_model::labels::{self, BegunLabel, BoughtLabel, LabelFailure, LabelPlan};
use stevedore_providers::{
    Carrier, Consignment, Contact, IdempotencyKey, Journal, Label, LabelOrder, ProviderError,
    Purchase,
};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use super::fulfil_order::{record, request};
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
        let mut journal = Journal::new();
        let bought = buy(carrier.as_ref(), &order, &begun, &mut journal).await;
        permit.settle_result(&bought).await;
        let called = (self.fulfillment_id, carrier.code());
        let mut tx = ctx.begin().await?;
        if let Some(log) = record::carrier_call(called, LogAction::Label, &journal, &bought) {
            fulfillments::log(&mut *tx, self.tenant_id, &log)
                .await
                .context("logging what the carrier said")?;
        }
        let is_last = (plan.services.len() <= 1, ctx.is_last_attempt());
        let settled = self.settle(&mut tx, &begun, bought, is_last).await?;
        tx.commit().await?;
        settled
    }
}

impl BuyLabel {
    /// Writes down what came of it; answers how the job ends.
    async fn settle(
        &self,
        tx: &mut PgConnection,
        begun: &BegunLabel,
        bought: Result<Purchase, ProviderError>,
        (is_last_service, is_last_attempt): (bool, bool),
    ) -> anyhow::Result<Result<Done, Failure>> {
        let (tenant, label_id) = (self.tenant_id, begun.shipping_label_id);
        let (failure, code, message) = match bought {
            Ok(Purchase::Bought(label)) => {
                labels::finish(tx, tenant, label_id, &kept(*label))
                    .await
                    .context("keeping the label")?;
                return Ok(Ok(Done::completed()));
            }
            Ok(Purchase::TooSoon { wait }) | Err(ProviderError::Held { wait, .. }) => {
                return Ok(Err(Failure::Snooze(wait)));
            }
            Err(ProviderError::Rejected { code, message }) => {
                let is_last = is_last_service;
                (LabelFailure::Refused { is_last }, code, message)
            }
            Err(ProviderError::Unknown { message }) => {
                (LabelFailure::Parked, "label_unknown".to_owned(), message)
            }
            Err(error) if is_last_attempt => {
                let code = "label_given_up".to_owned();
                (LabelFailure::Parked, code, error.to_string())
            }
            Err(error) => return Ok(Err(again(error))),
        };
        labels::fail(tx, tenant, label_id, failure, &code, &message)
            .await
            .context("recording that there is no label")?;
        Ok(match failure {
            // The plan leaves this service out from now on.
            LabelFailure::Refused { is_last: false } => Err(Failure::Snooze(Duration::ZERO)),
            _ => Ok(Done::completed()),
        })
    }
}

fn again(error: ProviderError) -> Failure {
    let after = match &error {
        ProviderError::Transient { retry_after, .. } => *retry_after,
        _ => None,
    };
    Failure::Retry {
        error: error.into(),
        after,
    }
}

async fn buy(
    carrier: &dyn Carrier,
    order: &LabelOrder,
    begun: &BegunLabel,
    journal: &mut Journal,
) -> Result<Purchase, ProviderError> {
    let key = IdempotencyKey::new(begun.reference.to_string())
        .expect("a UUID is 36 characters of hex digits and dashes");
    let contact = match begun.since_last {
        Some(since) => Contact::Again { since: Some(since) },
        None => Contact::First,
    };
    carrier.label(order, &key, contact, journal).await
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
