//! What providers say of payments. The database applies it: see `record_payment_event()`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

use crate::{TenantId, clean, sqlstate};

/// What happened to a payment, in our words; the words of `payment_events.event_type`.
pub const PAYMENT_FACTS: [&str; 11] = [
    "requires_action",
    "authorized",
    "captured",
    "failed",
    "cancelled",
    "voided",
    "refunded",
    "refund_failed",
    "dispute_opened",
    "dispute_won",
    "dispute_lost",
];

/// One fact about a payment, as its provider tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentFact {
    /// Who tells it.
    pub provider: String,
    /// The provider's id of the event.
    pub event_id: String,
    /// One of [`PAYMENT_FACTS`].
    pub what: &'static str,
    /// When it happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The order that is paid for, if the event names it.
    pub order_id: Option<i64>,
    /// The provider's id of the payment.
    pub payment_ref: Option<String>,
    /// The provider's id of the checkout that the payment belongs to.
    pub session_ref: Option<String>,
    /// Minor units; none: all that there is.
    pub amount: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// The provider's id of the capture, refund or dispute. Events of one fact name the same.
    pub reference: Option<String>,
    /// The refund of ours that it is about.
    pub refund_id: Option<i64>,
    /// What else is worth keeping; no personal data.
    pub details: Value,
}

/// Why a fact was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It names a payment that we do not know, and no order of ours.
    #[error("{0}")]
    UnknownPayment(String),
    /// It can't be true of this payment: another currency, no amount.
    #[error("{0}")]
    Refused(String),
    /// Anything else.
    #[error("recording what is said of a payment failed")]
    Database(#[source] sqlx::Error),
}

/// Records a fact, once; answers whether it was new.
///
/// # Errors
/// [`RecordError`].
pub async fn record(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fact: &PaymentFact,
) -> Result<bool, RecordError> {
    let recorded = sqlx::query_file!(
        "../../sql/queries/payment_events/record.sql",
        fact.provider,
        fact.event_id,
        fact.what,
        fact.occurred_at,
        fact.order_id,
        fact.payment_ref,
        fact.session_ref,
        fact.amount,
        fact.currency,
        fact.reference,
        fact.refund_id,
        clean::json(&fact.details),
        tenant.0
    )
    .fetch_one(db)
    .await;
    match recorded {
        Ok(row) => Ok(row.outcome == "applied"),
        Err(error) => Err(match sqlstate::of(&error).as_str() {
            sqlstate::NOT_FOUND => RecordError::UnknownPayment(sqlstate::message(&error)),
            sqlstate::INVALID => RecordError::Refused(
                sqlstate::detail_text(&error)
                    .map_or_else(|| sqlstate::message(&error), str::to_owned),
            ),
            _ => RecordError::Database(error),
        }),
    }
}

/// Our refund that a provider speaks of: by its id there, or by ours, if it is of that payment.
///
/// # Errors
/// If the database can't be asked.
pub async fn find_refund(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    provider: &str,
    payment_ref: &str,
    refund_ref: &str,
    refund_id: Option<i64>,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/refunds/find.sql",
        tenant.0,
        provider,
        payment_ref,
        refund_ref,
        refund_id
    )
    .fetch_optional(db)
    .await
}

/// How much of a payment is known to be given back; none if there is no such payment.
///
/// # Errors
/// If the database can't be asked.
pub async fn refunded_amount(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    provider: &str,
    payment_ref: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/payments/refunded_amount.sql",
        tenant.0,
        provider,
        payment_ref
    )
    .fetch_optional(db)
    .await
}
