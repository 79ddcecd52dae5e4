//! What a process tells about itself: log lines, metrics, its health, and the trace an order
//! leaves.
//!
//! Every role of the fleet starts the same way:
//!
//! ```no_run
//! use stevedore_telemetry::{LogFormat, Metrics, Readiness, Role, admin_router, init_tracing};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! init_tracing(LogFormat::Json, "info,stevedore_worker=debug")?;
//! let metrics = Metrics::install()?;
//! metrics.announce(Role::Worker);
//!
//! let readiness = Readiness::always().and("database", || async { Ok(()) });
//! let listener = tokio::net::TcpListener::bind(("127.0.0.1", 9464)).await?;
//! axum::serve(listener, admin_router(metrics, readiness)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The names of all metrics stand in [`catalogue`], with their labels, buckets and help;
//! `docs/metrics.md` is written from it. Crates that must not depend on this one (the queue) use
//! the names as literals, and the catalogue's tests find a literal that is not listed.

mod admin;
pub mod catalogue;
mod error_reports;
mod logging;
mod metrics;
pub mod trace;

pub use admin::{Readiness, admin_router};
pub use error_reports::{ErrorReports, ErrorReportsError, report_errors};
pub use logging::{LogFormat, TracingError, init_tracing};
pub use metrics::{InstallError, Metrics, Role};
