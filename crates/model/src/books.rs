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

/// A part of the books, to be proven by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Levels against the ledger, the promises, transfers and returns.
    Stock,
    /// Every path through the states.
    Histories,
    /// Totals, and what each line was promised.
    Orders,
    /// Money, and whatever is in no other section.
    Rest,
}

impl Section {
    /// All of them: together they are [`discrepancies`].
    pub const ALL: [Section; 4] = [
        Section::Stock,
        Section::Histories,
        Section::Orders,
        Section::Rest,
    ];

    /// What it is called when people are told of the progress.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Section::Stock => "stock",
            Section::Histories => "histories",
            Section::Orders => "orders",
            Section::Rest => "money",
        }
    }
}

/// What does not add up in one part of the books, which reads that part's tables only.
///
/// # Errors
/// If the database can't be asked.
pub async fn discrepancies_in(
    db: impl PgExecutor<'_>,
    section: Section,
) -> Result<Vec<Discrepancy>, sqlx::Error> {
    macro_rules! list {
        ($file:literal) => {
            sqlx::query_file_as!(Discrepancy, $file).fetch_all(db).await
        };
    }
    match section {
        Section::Stock => list!("../../sql/queries/vw_book_discrepancies/list_stock.sql"),
        Section::Histories => list!("../../sql/queries/vw_book_discrepancies/list_histories.sql"),
        Section::Orders => list!("../../sql/queries/vw_book_discrepancies/list_orders.sql"),
        Section::Rest => list!("../../sql/queries/vw_book_discrepancies/list_rest.sql"),
    }
}
