//! What is wrong with the database itself: the findings of the SQL function `doctor()`.

use std::time::Duration;

use serde::Serialize;
use sqlx::PgExecutor;

/// Something that somebody should do something about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which kind: `held_transaction`, `unused_index`, ….
    pub finding: String,
    /// critical, warning or notice.
    pub severity: String,
    /// What it is about.
    pub subject: String,
    /// What was seen.
    pub evidence: String,
    /// The next step.
    pub advice: String,
}

impl Finding {
    /// Whether it may wait for ever: it costs a little, or hides something.
    #[must_use]
    pub fn is_notice(&self) -> bool {
        self.severity == "notice"
    }
}

/// Examines the database, the worst first. `held` is how long a transaction may be open, and
/// `pool_max` how many connections each process may open. Reads statistics alone.
///
/// # Errors
/// If the database can't be asked.
pub async fn examine(
    db: impl PgExecutor<'_>,
    held: Duration,
    pool_max: Option<i32>,
) -> Result<Vec<Finding>, sqlx::Error> {
    sqlx::query_file_as!(
        Finding,
        "../../sql/queries/doctor/examine.sql",
        held.as_secs_f64(),
        pool_max
    )
    .fetch_all(db)
    .await
}
