//! Health answers.

use chrono::{DateTime, Utc};
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

/// The database, as this process sees it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseHealth {
    /// Always `ok`; else the answer is a problem.
    #[schema(example = "ok")]
    pub status: String,
    /// How long it took to answer.
    #[schema(example = 1.27)]
    pub latency_ms: f64,
    /// The connections of this process.
    pub connections: Connections,
}

/// Connections of a process to the database.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Connections {
    /// At work.
    pub in_use: u32,
    /// Open and waiting for work.
    pub idle: u32,
    /// Open at most.
    pub max: u32,
}

/// The providers.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvidersHealth {
    /// That of the worst: `ok`, `degraded` or `failing`.
    #[schema(example = "ok")]
    pub status: String,
    /// Those that were asked lately.
    pub providers: Vec<ProviderHealth>,
}

/// A provider.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderHealth {
    /// Its code.
    #[schema(example = "at_ishare")]
    pub provider: String,
    /// `ok`, `degraded` or `failing`.
    #[schema(example = "ok")]
    pub status: String,
    /// Calls of the last 15 minutes, at most 1,000 of all providers.
    pub calls: i64,
    /// Those that failed for the provider's sake, or whose outcome is unknown.
    pub troubled: i64,
    /// How long a call took.
    pub average_ms: Option<f64>,
    /// When the last one was.
    pub last_call_at: DateTime<Utc>,
}

/// How everything is doing, for whoever is on call.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminHealth {
    /// `ok`, or `degraded`: something waits for a person.
    #[schema(example = "ok")]
    pub status: String,
    /// The release that is running.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// What `/ready` looks at.
    pub checks: Checks,
    /// Workers that are alive.
    pub workers_alive: i64,
    /// How retrying goes.
    pub retries: RetryStatistics,
    /// Failures of orders that nobody settled.
    pub errors: OpenErrors,
    /// What can be done: the actions of a POST to this path.
    pub actions: Vec<MaintenanceDescription>,
}

/// How retrying goes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryStatistics {
    /// Jobs that failed and wait for another attempt.
    pub pending: i64,
    /// When the next of them is due.
    pub next_at: Option<DateTime<Utc>>,
    /// Jobs that used up their attempts.
    pub dead: i64,
    /// Jobs of the last day that failed at first and ended well, as of the last hour or so.
    pub recovered_last_day: i64,
    /// Jobs of the last day that used up their attempts.
    pub given_up_last_day: i64,
}

/// Failures of orders that nobody settled.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenErrors {
    /// All of them.
    pub open: i64,
    /// The critical ones.
    pub critical: i64,
    /// Those that came in the last five minutes.
    pub last_five_minutes: i64,
}

/// Something that can be done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceDescription {
    /// Its name.
    #[schema(example = "process_pending_retries")]
    pub action: String,
    /// What it does.
    pub description: String,
}

/// What is to be done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "action": "process_pending_retries" }))]
pub struct MaintenanceRequest {
    /// Its name.
    pub action: MaintenanceAction,
}

/// The things that can be done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "GET /api/admin/health describes them")]
pub enum MaintenanceAction {
    ProcessPendingRetries,
    ExpireReservations,
    FillBackorders,
    ParkDeadFulfillments,
    CleanUp,
    RefreshAnalytics,
}

/// What was done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceDone {
    /// The action.
    #[schema(example = "process_pending_retries")]
    pub action: String,
    /// `done`, or `queued` for a worker.
    #[schema(example = "done")]
    pub outcome: String,
    /// What it was done to: jobs, promises, units, fulfilments. Repeat the request until it is 0.
    pub affected: Option<i64>,
    /// The job, if it is queued.
    pub job_id: Option<i64>,
}
