//! Wallets: what customers have with the shop.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgExecutor;

use crate::problems::{FieldProblem, Fields, read_whole};
use crate::words::Currency;
use crate::{TenantId, clean, sqlstate};

/// Largest amount of one entry, in minor units.
const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// What was to be taken from a wallet and is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletShort {
    /// ISO 4217 code of the wallet.
    pub currency: String,
    /// What was to be taken, in minor units.
    pub requested: i64,
    /// What is there.
    pub available: i64,
}

/// Money that a person puts into a wallet, or corrects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// `top_up` or `correction`.
    pub kind: String,
    /// Of which wallet of the customer.
    pub currency: Currency,
    /// Minor units; only a correction may be negative.
    pub amount: i64,
    /// Why; a correction needs it.
    pub reason: Option<String>,
}

impl NewEntry {
    /// Reads an entry from a request's body.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn parse(value: &Value) -> Result<NewEntry, Vec<FieldProblem>> {
        read_whole(value, read)
    }
}

fn read(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<NewEntry> {
    let mut fields = Fields::of(value, "", problems)?;
    let kind = fields
        .required_text("kind", 1..=40)
        .and_then(|text| fields.parsed("kind", text, parse_kind));
    let currency = fields
        .required_text("currency", 1..=10)
        .and_then(|text| fields.parsed("currency", text, Currency::parse));
    let amount = fields.required_integer("amount", -AMOUNT_MAX..=AMOUNT_MAX);
    let is_correction = kind.as_deref() == Some("correction");
    let reason = match is_correction {
        true => fields.required_text("reason", 1..=500),
        false => fields.text("reason", 1..=500),
    };
    let amount = match amount {
        Some(amount) if amount == 0 || amount < 0 && !is_correction => {
            fields.wrong("amount", "out_of_range", "must be more than 0")
        }
        amount => amount,
    };
    fields.finish();
    Some(NewEntry {
        kind: kind?,
        currency: currency?,
        amount: amount?,
        reason: reason.map(str::to_owned),
    })
}

fn parse_kind(text: &str) -> Result<String, (&'static str, String)> {
    match text {
        "top_up" | "correction" => Ok(text.to_owned()),
        _ => Err(("unknown_kind", "must be top_up or correction".to_owned())),
    }
}

/// An entry that was posted, now or by an earlier request with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Key of the entry.
    pub wallet_entry_id: i64,
    /// The balance with it.
    pub balance: i64,
    /// Whether this is the answer to an earlier request, given again.
    pub replayed: bool,
}

/// Why nothing was posted.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// There is no such customer.
    #[error("no such customer")]
    NoCustomer,
    /// A correction would make the balance negative.
    #[error("not enough in the wallet")]
    Short(WalletShort),
    /// The idempotency key was used for another entry.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Anything else.
    #[error("posting to the wallet failed")]
    Database(#[source] sqlx::Error),
}

/// Posts an entry to a customer's wallet; with a key, twice is once.
///
/// # Errors
/// [`PostError`].
pub async fn post(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    customer: &str,
    entry: &NewEntry,
    idempotency_key: Option<&str>,
    actor: &str,
) -> Result<Posted, PostError> {
    let posted = sqlx::query_file!(
        "../../sql/queries/wallet_entries/post.sql",
        clean::text(customer),
        entry.kind,
        entry.currency.as_str(),
        entry.amount,
        entry.reason,
        idempotency_key,
        clean::text(actor),
        tenant.0
    )
    .fetch_one(db)
    .await;
    match posted {
        Ok(row) => Ok(Posted {
            wallet_entry_id: row.wallet_entry_id,
            balance: row.balance,
            replayed: row.replayed,
        }),
        Err(error) => Err(refusal(error)),
    }
}

fn refusal(error: sqlx::Error) -> PostError {
    match sqlstate::of(&error).as_str() {
        sqlstate::NOT_FOUND => PostError::NoCustomer,
        sqlstate::KEY_REUSED => PostError::KeyReused,
        sqlstate::WALLET => match sqlstate::detail(&error) {
            Some(short) => PostError::Short(short),
            None => PostError::Database(error),
        },
        _ => PostError::Database(error),
    }
}

/// What a customer has, as `{customer_id, balances}`; None if the shop has no such customer.
///
/// # Errors
/// If the database can't be asked.
pub async fn balances(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    customer: &str,
) -> Result<Option<Value>, sqlx::Error> {
    let found = sqlx::query_file!(
        "../../sql/queries/wallets/get.sql",
        clean::text(customer),
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| row.answer))
}
