//! What the words of providers do. The database knows the rules; here the references are resolved.

use anyhow::{Context as _, anyhow};
use sqlx::PgConnection;
use stevedore_model::payments::{self, PaymentFact, RecordError};
use stevedore_model::tracking::{self, Push};
use stevedore_model::{TenantId, fulfillments, notifications, orders, refunds};
use uuid::Uuid;

use super::{OrderRef, Outcome, Trouble, Word};

/// Applies one word within the event's transaction.
pub(super) async fn apply(
    tx: &mut PgConnection,
    tenant: TenantId,
    word: Word,
) -> Result<Outcome, Trouble> {
    match word {
        Word::Payment(fact, order) => payment(tx, tenant, *fact, order).await,
        Word::RefundedSoFar {
            provider,
            payment_ref,
            amount,
        } => refunded_so_far(tx, tenant, provider, &payment_ref, amount).await,
        Word::Message {
            provider,
            message_id,
            status,
            error_code,
            occurred_at,
        } => {
            let code = error_code.as_deref();
            notifications::record_status(
                tx,
                provider,
                &message_id,
                &status,
                code,
                Some(occurred_at),
            )
            .await
            .context("recording what became of a message")?;
            Ok(Outcome::Processed)
        }
        Word::Parcels(pushes) => parcels(tx, tenant, &pushes).await,
        Word::ParcelsMoved {
            carrier,
            tracking_numbers,
        } => parcels_moved(tx, tenant, carrier, &tracking_numbers).await,
        Word::OrderMoved {
            provider,
            reference,
        } => order_moved(tx, tenant, provider, reference).await,
        Word::Nothing(why) => Ok(Outcome::Ignored(why)),
    }
}

async fn payment(
    tx: &mut PgConnection,
    tenant: TenantId,
    mut fact: PaymentFact,
    order: Option<OrderRef>,
) -> Result<Outcome, Trouble> {
    if fact.amount.is_some_and(|amount| amount <= 0) {
        return Ok(Outcome::Ignored("it moves no money".to_owned()));
    }
    fact.order_id = match order {
        Some(OrderRef::Id(order_id)) => Some(order_id),
        Some(OrderRef::Number(number)) => {
            let found = orders::find_by_number(&mut *tx, tenant, &number)
                .await
                .context("looking the order up")?;
            Some(found.ok_or_else(|| anyhow!("there is no order {number}"))?)
        }
        None => None,
    };
    if matches!(fact.what, "refunded" | "refund_failed") {
        fact.refund_id = our_refund(tx, tenant, &fact).await?;
    }
    if fact.what == "refund_failed" {
        return refund_failed(tx, tenant, &fact).await;
    }
    match payments::record(&mut *tx, tenant, &fact).await {
        Ok(_is_new) => Ok(Outcome::Processed),
        Err(RecordError::Refused(reason)) => Err(Trouble::Refused(reason)),
        // The event that names the order may still be on its way.
        Err(error) => Err(Trouble::Later(error.into())),
    }
}

async fn our_refund(
    tx: &mut PgConnection,
    tenant: TenantId,
    fact: &PaymentFact,
) -> Result<Option<i64>, Trouble> {
    let (Some(payment), Some(refund)) = (&fact.payment_ref, &fact.reference) else {
        return Ok(None);
    };
    let provider = &fact.provider;
    let found = payments::find_refund(&mut *tx, tenant, provider, payment, refund, fact.refund_id)
        .await
        .context("looking the refund up")?;
    Ok(found)
}

/// A refund that somebody began at the provider, and that failed there, has moved nothing here.
async fn refund_failed(
    tx: &mut PgConnection,
    tenant: TenantId,
    fact: &PaymentFact,
) -> Result<Outcome, Trouble> {
    let Some(refund_id) = fact.refund_id else {
        let why = "a refund failed that was not asked for here";
        return Ok(Outcome::Ignored(why.to_owned()));
    };
    let message = fact.details["message"].as_str().unwrap_or("it failed");
    let reference = fact.reference.as_deref();
    refunds::settle(&mut *tx, tenant, refund_id, reference, Some(message))
        .await
        .context("recording that the refund failed")?;
    Ok(Outcome::Processed)
}

/// The sum proves nothing new once its parts are known; until then the event waits for them.
async fn refunded_so_far(
    tx: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
    payment_ref: &str,
    amount: i64,
) -> Result<Outcome, Trouble> {
    let known = payments::refunded_amount(&mut *tx, tenant, provider, payment_ref)
        .await
        .context("reading what is given back")?
        .ok_or_else(|| anyhow!("there is no payment {payment_ref} of {provider}"))?;
    if known >= amount {
        return Ok(Outcome::Processed);
    }
    Err(Trouble::Later(anyhow!(
        "{provider} has given back {amount} of {payment_ref} and {known} are known: the events \
         of its refunds are missing"
    )))
}

/// Accounts at carriers are shared: a parcel that stays unknown is of somebody else.
async fn parcels(
    tx: &mut PgConnection,
    tenant: TenantId,
    pushes: &[Push],
) -> Result<Outcome, Trouble> {
    let pushed = tracking::push(&mut *tx, tenant, pushes)
        .await
        .context("recording where parcels are")?;
    if pushed.parcels == 0 {
        return Err(Trouble::Unknown("it tells of no parcel of ours".to_owned()));
    }
    if pushes.iter().all(|push| push.events.is_empty()) {
        let why = "its codes mean nothing to us";
        return Ok(Outcome::Ignored(why.to_owned()));
    }
    Ok(Outcome::Processed)
}

async fn parcels_moved(
    tx: &mut PgConnection,
    tenant: TenantId,
    carrier: &str,
    tracking_numbers: &[String],
) -> Result<Outcome, Trouble> {
    let hurried = tracking::hurry(&mut *tx, tenant, carrier, tracking_numbers)
        .await
        .context("having the carrier asked")?;
    if hurried.parcels == 0 {
        return Err(Trouble::Unknown("it names no parcel of ours".to_owned()));
    }
    if hurried.hurried == 0 {
        return Ok(Outcome::Ignored(
            "its parcels are followed no more".to_owned(),
        ));
    }
    Ok(Outcome::Processed)
}

async fn order_moved(
    tx: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
    reference: Uuid,
) -> Result<Outcome, Trouble> {
    let state = fulfillments::hurry(&mut *tx, tenant, provider, reference)
        .await
        .context("having the order's job ask")?;
    match state.as_deref() {
        Some("ready") => Ok(Outcome::Processed),
        // It may have asked just before this happened.
        Some("running") => Err(Trouble::Later(anyhow!("the order's job asks right now"))),
        Some(_) => Ok(Outcome::Ignored("its order waits for nothing".to_owned())),
        None => Ok(Outcome::Ignored("it names no order of ours".to_owned())),
    }
}
