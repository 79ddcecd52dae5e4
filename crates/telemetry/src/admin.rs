//! The three paths every process answers, for Prometheus and for whatever restarts it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use serde::Serialize;

use crate::Metrics;

/// The content type that Prometheus 2 and 3 both accept.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A check that has not answered by then has failed: whoever asks has a time limit of its own.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Named checks that must all pass before the process takes work.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Vec<(&'static str, Check)>,
}

impl Readiness {
    /// Ready as soon as it answers at all. Add checks with [`and`](Self::and).
    pub fn always() -> Self {
        Self::default()
    }

    /// Adds a check. Its error is shown to whoever asks `/ready`, so it names no secret.
    ///
    /// All checks run at once at each request; one that takes over two seconds has failed.
    #[must_use]
    pub fn and<F, Answer>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push((name, Arc::new(move || check().boxed())));
        self
    }

    /// Runs all checks; `Err` has the failed ones by name.
    async fn failures(&self) -> BTreeMap<&'static str, Option<String>> {
        join_all(self.checks.iter().map(async |(name, check)| {
            let answer = match tokio::time::timeout(CHECK_TIMEOUT, check()).await {
                Ok(answer) => answer.err(),
                Err(_) => Some(format!("no answer within {CHECK_TIMEOUT:?}")),
            };
            (*name, answer)
        }))
        .await
        .into_iter()
        .collect()
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.checks.iter().map(|(name, _)| name).collect();
        out.debug_struct("Readiness")
            .field("checks", &names)
            .finish()
    }
}

/// What `/ready` answers.
#[derive(Serialize)]
struct Report {
    status: &'static str,
    /// `ok`, or what is wrong, by the name of the check.
    checks: BTreeMap<&'static str, String>,
}

/// `/metrics`, `/live` and `/ready`.
///
/// `/live` says 200 as long as the process can answer (restart it when it does not); `/ready` says
/// 200 when every check passes, else 503 with the reasons (send it no work).
pub fn admin_router(metrics: Metrics, readiness: Readiness) -> Router {
    Router::new()
        .route("/live", get(async || Json(LIVE)))
        .route("/ready", get(ready).with_state(readiness))
        .route("/metrics", get(scrape).with_state(metrics))
}

#[derive(Serialize)]
struct Live {
    status: &'static str,
}

const LIVE: Live = Live { status: "live" };

async fn ready(State(readiness): State<Readiness>) -> Response {
    let failures = readiness.failures().await;
    let all_passed = failures.values().all(Option::is_none);
    let checks = failures
        .into_iter()
        .map(|(name, failure)| (name, failure.unwrap_or_else(|| "ok".to_owned())))
        .collect();
    let (code, status) = if all_passed {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    (code, Json(Report { status, checks })).into_response()
}

async fn scrape(State(metrics): State<Metrics>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], metrics.render())
}
