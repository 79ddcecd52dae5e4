//! The database's own SQLSTATEs: what each function may answer with besides its result.

use serde::de::DeserializeOwned;
use sqlx::postgres::PgDatabaseError;

/// Not enough stock; DETAIL lists what is short.
pub(crate) const OUT_OF_STOCK: &str = "P0INV";
/// Illegal change of state; DETAIL names it.
pub(crate) const ILLEGAL_TRANSITION: &str = "P0STT";
/// The reservation lapsed.
pub(crate) const EXPIRED: &str = "P0EXP";
/// The order changed since the caller read it.
pub(crate) const VERSION: &str = "P0VER";
/// Idempotency key used for another request.
pub(crate) const KEY_REUSED: &str = "P0IDM";
/// Idempotency key in flight.
pub(crate) const KEY_IN_FLIGHT: &str = "P0IDF";
/// Invalid input; DETAIL lists the problems.
pub(crate) const INVALID: &str = "P0VAL";
/// Invalid jobs; DETAIL lists the problems.
pub(crate) const INVALID_JOB: &str = "P0JOB";
/// Not enough in a wallet; DETAIL says how much there is.
pub(crate) const WALLET: &str = "P0WAL";
/// A promotion code does not hold; DETAIL lists the problems, as of [`INVALID`].
pub(crate) const PROMOTION: &str = "P0PRM";
/// No such row.
pub(crate) const NOT_FOUND: &str = "P0NOF";

/// The SQLSTATE of an error, or "" if it did not come from the database.
pub(crate) fn of(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .and_then(|e| e.code())
        .unwrap_or_default()
        .into_owned()
}

/// DETAIL of a database error.
pub(crate) fn detail_text(error: &sqlx::Error) -> Option<&str> {
    let postgres = error
        .as_database_error()?
        .try_downcast_ref::<PgDatabaseError>()?;
    postgres.detail()
}

/// DETAIL of a database error, read as JSON.
pub(crate) fn detail<T: DeserializeOwned>(error: &sqlx::Error) -> Option<T> {
    serde_json::from_str(detail_text(error)?).ok()
}

/// The name of the constraint that an error is about.
pub(crate) fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}

/// The message of an error, for people.
pub(crate) fn message(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .map_or_else(|| error.to_string(), |e| e.message().to_owned())
}
