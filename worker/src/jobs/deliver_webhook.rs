//! `deliver_webhook`: sends what waits in one lane of an app's endpoint, one after the other.
//!
//! A lane is one job at a time, so an endpoint that hangs holds as many slots as it has lanes and
//! delays no other. After a failure the job ends and comes back when something is due: the endpoint
//! is left alone for a moment, longer each time, and the delivery waits by the schedule.
//!
//! Between the app's yes and our commit a crash can come; then it is sent again, with the same
//! `webhook-id`, by which an app recognises a duplicate.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use stevedore_model::TenantId;
use stevedore_model::webhooks::{self, Attempt, Due, Lane, Outcome};
use stevedore_providers::{
    CallError, Reply, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP, signature,
};
use stevedore_queue::{Done, Failure, Job, JobContext, NewJob, Policy};

use crate::environment::Environment;
use crate::webhooks::{WebhookDesk, patient};

/// Deliveries of one run; then the lane goes to the end of the queue.
const DELIVERIES_MAX: usize = 100;
/// A run begins no delivery after this.
const RUN_TIME_MAX: Duration = Duration::from_secs(30);
/// An endpoint that failed is left alone for this long, doubled with each further failure.
const PAUSE: Duration = Duration::from_secs(1);
/// But for no longer than this, unless it asks for more.
const PAUSE_MAX: Duration = Duration::from_mins(1);
/// Characters kept of an answer.
const RESPONSE_CHARS_MAX: usize = 1_000;
/// The app is gone.
const GONE: u16 = 410;
/// The app asks for less.
const THROTTLED: [u16; 4] = [429, 502, 503, 504];

/// Which lane.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliverWebhook {
    /// The shop.
    pub tenant_id: TenantId,
    /// The endpoint.
    pub endpoint_id: i64,
    /// From 0 on.
    pub lane: i16,
}

impl Job for DeliverWebhook {
    type Environment = Environment;
    const KIND: &'static str = "deliver_webhook";
    const DESCRIPTION: &'static str = "Sends events to an endpoint of the shop's own apps.";
    const QUEUE: &'static str = "webhooks";

    fn policy(_env: &Environment) -> Policy {
        // What an app answers is no failure of the job.
        patient()
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        let (desk, started) = (&env.webhooks, Instant::now());
        for _ in 0..DELIVERIES_MAX {
            if started.elapsed() > RUN_TIME_MAX || ctx.cancelled().is_cancelled() {
                break;
            }
            let due = webhooks::next(ctx.pool(), self.lane()).await;
            let Some(due) = due.context("looking for something to send")? else {
                break;
            };
            let attempt = send(desk, &due).await;
            self.record(ctx, desk, &due, &attempt).await?;
            if attempt.outcome != Outcome::Delivered {
                break;
            }
        }
        self.end(ctx).await
    }
}

impl DeliverWebhook {
    fn lane(&self) -> Lane {
        Lane {
            tenant: self.tenant_id,
            endpoint_id: self.endpoint_id,
            lane: self.lane,
        }
    }

    async fn record(
        &self,
        ctx: &JobContext,
        desk: &WebhookDesk,
        due: &Due,
        attempt: &Attempt,
    ) -> anyhow::Result<()> {
        let after = desk.disable_after;
        let recorded =
            webhooks::record(ctx.pool(), self.tenant_id, due.delivery_id, attempt, after);
        if recorded.await.context("recording what an app answered")? {
            tracing::warn!(
                webhook.endpoint_id = self.endpoint_id,
                "an endpoint is disabled"
            );
        }
        Ok(())
    }

    /// Ends, and leaves a job for when something is due. The endpoint is locked first: who adds a
    /// delivery at this moment either is seen here, or finds this job gone and enqueues the next.
    async fn end(&self, ctx: &mut JobContext) -> Result<Done, Failure> {
        let mut tx = ctx.begin().await?;
        let due_at = webhooks::due_at(&mut *tx, self.lane()).await;
        let due_at = due_at.context("asking when something is due")?;
        let done = ctx.complete_in(&mut tx).await?;
        if let Some(due_at) = due_at {
            let key = format!("{}:{}:{}", Self::KIND, self.endpoint_id, self.lane);
            let next = NewJob::of(self)?.unique_key(key).run_at(due_at);
            ctx.enqueue_in(&mut tx, &next).await?;
        }
        tx.commit().await?;
        Ok(done)
    }
}

async fn send(desk: &WebhookDesk, due: &Due) -> Attempt {
    let started = Instant::now();
    let result = call(desk, due).await;
    let duration = started.elapsed();
    let status = result.as_ref().ok().map(|reply| reply.status);
    let asked_for = result.as_ref().ok().and_then(|reply| reply.retry_after);
    let outcome = match status {
        Some(200..300) => Outcome::Delivered,
        Some(GONE) => Outcome::Gone,
        _ => Outcome::Failed(retry_in(desk, due, asked_for)),
    };
    let throttled = status.is_some_and(|status| THROTTLED.contains(&status));
    let pause = pause(due.failures).max(asked_for.filter(|_| throttled).unwrap_or_default());
    let (response, error) = match result {
        Ok(reply) => (Some(beginning(&reply.body)), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Attempt {
        outcome,
        status,
        response,
        error,
        duration,
        pause,
    }
}

async fn call(desk: &WebhookDesk, due: &Due) -> Result<Reply, CallError> {
    let refused = |problem: &str| CallError::Refused(problem.to_owned());
    let id = format!("evt_{}", due.event_id);
    let now = due.now.unsigned_abs();
    let signed = signature(&due.secrets, &id, now, &due.body);
    let signed = signed.ok_or_else(|| refused("its secret is no secret"))?;
    let headers = [
        (WEBHOOK_ID, id),
        (WEBHOOK_TIMESTAMP, now.to_string()),
        (WEBHOOK_SIGNATURE, signed),
    ];
    let outbound = &desk.outbound;
    outbound
        .post("app_webhook", &due.url, &headers, due.body.clone())
        .await
}

/// The wait of the schedule, a tenth more or less so that what failed together does not come back
/// together, or what the app asks for if that is longer; None: no attempt is left.
fn retry_in(desk: &WebhookDesk, due: &Due, asked_for: Option<Duration>) -> Option<Duration> {
    let made = usize::try_from(due.attempts).unwrap_or(usize::MAX);
    let wait = *desk.retry_delays.get(made)?;
    let hash = due
        .delivery_id
        .unsigned_abs()
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let share = (hash.rotate_left(u32::try_from(made).unwrap_or(0)) % 2_001) as f64 / 10_000.0;
    Some(wait.mul_f64(0.9 + share).max(asked_for.unwrap_or_default()))
}

fn pause(failures: i32) -> Duration {
    let doublings = u32::try_from(failures).unwrap_or(0).min(6);
    (PAUSE * (1 << doublings)).min(PAUSE_MAX)
}

fn beginning(text: &str) -> String {
    text.chars().take(RESPONSE_CHARS_MAX).collect()
}
