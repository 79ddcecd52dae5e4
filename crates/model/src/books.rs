//! Proof that the books balance.

use serde::Serialize;
use sqlx::PgExecutor;
use uuid::Uuid;

/// Something that does not add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// The shop.
    pub tenant_id: Uuid,
    /// Which rule is broken: `ledger_on_hand`, `oversold`, `history_gap`…
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub actual: String,
}

impl std::fmt::Display for Discrepancy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Discrepancy {
            kind,
            subject,
            expected,
            actual,
            ..
        } = self;
        write!(
            formatter,
            "{kind}: {subject}: expected {expected}, found {actual}"
        )
    }
}

/// Everything in the whole database that does not add up; empty when the books balance.
///
/// # Errors
/// If the database can't be asked.
pub async fn discrepancies(db: impl PgExecutor<'_>) -> Result<Vec<Discrepancy>, sqlx::Error> {
    sqlx::query_file_as!(
        Discrepancy,
        "../../sql/queries/vw_book_discrepancies/list.sql"
    )
    .fetch_all(db)
    .await
}
