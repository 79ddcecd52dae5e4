//! Health answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The process answers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// Always `live`.
    #[schema(example = "live")]
    pub status: String,
}

/// The process can serve.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    /// Always `ready`; else the answer is a problem.
    #[schema(example = "ready")]
    pub status: String,
    /// What was looked at.
    pub checks: Checks,
}

/// How the process is doing.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// Always `ok`; else the answer is a problem.
    #[schema(example = "ok")]
    pub status: String,
    /// The release that is running.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// What was looked at.
    pub checks: Checks,
}

/// The parts that were looked at, at most a second ago.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// Whether PostgreSQL answers and its schema is the one this release needs.
    pub database: DatabaseCheck,
    /// Whether the process is to get requests.
    pub process: ProcessCheck,
}

/// The database.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseCheck {
    /// `ok`, or what is wrong.
    #[schema(example = "ok")]
    pub status: String,
    /// How long it took to answer.
    #[schema(example = 1.27)]
    pub latency_ms: f64,
}

/// This process.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProcessCheck {
    /// `ok`, or `stopping`.
    #[schema(example = "ok")]
    pub status: String,
}
