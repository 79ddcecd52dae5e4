//! Refunds, as the worker that asks providers for them sees them.
//!
//! An attempt is two transactions with the provider's call between them: [`begin`] commits before
//! anything is sent, so that a crash leaves "asked, outcome unknown" behind; then one of
//! [`settle`], [`wait`], [`fail`] in the transaction that also ends the job.

use std::time::Duration;

use sqlx::PgExecutor;
use uuid::Uuid;

use crate::words::{Currency, Money};
use crate::{TenantId, clean};

/// What a provider is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundWork {
    /// The refund.
    pub refund_id: i64,
    /// Its order.
    pub order_id: i64,
    /// The order's number, for people.
    pub order_number: String,
    /// Who took the money.
    pub provider_code: String,
    /// The provider's id of the payment.
    pub provider_payment_id: Option<String>,
    /// The provider's id of the refund, if it gave one before.
    pub provider_refund_id: Option<String>,
    /// Our reference at the provider, the same in every attempt: the idempotency key of the call.
    pub reference: Uuid,
    /// How much.
    pub amount: Money,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// How many conversations with the provider failed before.
    pub failures: i32,
    /// An earlier attempt has no known outcome.
    pub resumed: bool,
    /// How long ago the last attempt began.
    pub since_last: Option<Duration>,
}

/// Starts an attempt. None: the refund is over. End the job in the same transaction then.
///
/// # Errors
/// If the database can't be asked.
pub async fn begin(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    refund_id: i64,
) -> Result<Option<RefundWork>, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/refunds/begin.sql", refund_id, tenant.0)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let currency = Currency::parse(&row.currency)
        .map_err(|(_, message)| sqlx::Error::Decode(message.into()))?;
    Ok(Some(RefundWork {
        refund_id,
        order_id: row.order_id,
        order_number: row.order_number,
        provider_code: row.provider_code,
        provider_payment_id: row.provider_payment_id,
        provider_refund_id: row.provider_refund_id,
        reference: row.reference,
        amount: Money {
            amount: row.amount,
            currency,
        },
        attempt: row.attempt,
        failures: row.failures,
        resumed: row.resumed,
        since_last: row
            .last_submitted_seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok()),
    }))
}

/// The attempt did not end it: the provider has it and is not done, or, with `failure`, another
/// attempt follows. Answers false, and does nothing, when that other one has begun.
///
/// # Errors
/// If the database can't be asked.
pub async fn wait(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    work: &RefundWork,
    provider_refund_id: Option<&str>,
    failure: Option<&str>,
    look_up_first: bool,
) -> Result<bool, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/refunds/await.sql",
        work.refund_id,
        work.attempt,
        provider_refund_id.map(clean::text),
        failure.map(clean::text),
        look_up_first,
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// Ends a refund of ours: it is done, or the provider refused it for a reason. Twice is once, and
/// what is done stays done.
///
/// # Errors
/// If the database can't be asked, or there is no such refund.
pub async fn settle(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    refund_id: i64,
    refund_ref: Option<&str>,
    failure: Option<&str>,
) -> Result<String, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/refunds/settle.sql",
        refund_id,
        refund_ref.map(clean::text),
        failure.map(clean::text),
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// Why a refund is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenUp<'a> {
    /// The provider's id of it, if there is one.
    pub provider_refund_id: Option<&'a str>,
    /// Stable code.
    pub code: &'a str,
    /// For people.
    pub message: &'a str,
    /// `order_errors.severity`.
    pub severity: &'a str,
    /// It surely had no effect; if not, the refund stays pending until a person has looked.
    pub is_final: bool,
}

/// Nobody asks for it any more; the error is on the order's record.
///
/// # Errors
/// If the database can't be asked.
pub async fn fail(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    refund_id: i64,
    why: GivenUp<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!(
        "../../sql/queries/refunds/fail.sql",
        refund_id,
        why.provider_refund_id.map(clean::text),
        clean::text(why.code),
        clean::text(why.message),
        why.severity,
        why.is_final,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(())
}
