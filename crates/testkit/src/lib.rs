//! For tests only: a database per test, and waiting for what other tasks do.
//!
//! ```no_run
//! # use stevedore_testkit::{TestDb, wait_for};
//! # async fn a_test() {
//! let db = TestDb::new().await;
//! let jobs = wait_for("a first job", async || {
//!     let count: i64 = sqlx::query_scalar("select count(*) from queue.jobs")
//!         .fetch_one(db.pool())
//!         .await
//!         .ok()?;
//!     (count > 0).then_some(count)
//! })
//! .await;
//! # let _ = jobs;
//! # }
//! ```

mod database;
mod wait;

pub use database::TestDb;
pub use wait::{WAIT_DEADLINE, wait_for};
