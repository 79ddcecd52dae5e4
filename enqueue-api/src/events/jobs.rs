//! Attempts of jobs that end, from the queue's own history, as `stevedore jobs tail` shows them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::PgPool;
use stevedore_queue::Ended;
use tokio::time::sleep;

use super::feed::{Source, Tap};

/// The history is looked at once for all streams, not at each job.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The history of the queue.
pub struct EndedJobs {
    pool: PgPool,
}

/// When an attempt ended, to the microsecond, and whose it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndedAt {
    at: DateTime<Utc>,
    job_id: i64,
}

impl EndedAt {
    fn all_until(at: DateTime<Utc>) -> Self {
        let job_id = i64::MAX;
        Self { at, job_id }
    }

    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, job_id) = text.split_once('_')?;
        let at = DateTime::parse_from_rfc3339(at).ok()?.to_utc();
        let job_id = job_id.parse().ok()?;
        Some(Self { at, job_id })
    }
}

impl fmt::Display for EndedAt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        write!(formatter, "{at}_{}", self.job_id)
    }
}

/// Which attempts; nothing set means all.
#[derive(Clone, Debug, Default)]
pub struct WantedJobs {
    /// Of this queue.
    pub queue: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// That ended so.
    pub outcomes: Option<Vec<String>>,
}

impl EndedJobs {
    /// Read with connections of this pool.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn ended_since(
        &self,
        after: EndedAt,
        queue: Option<&str>,
        kind: Option<&str>,
    ) -> sqlx::Result<Vec<Arc<Ended>>> {
        let ended = stevedore_queue::ended_since(&self.pool, after.at, queue, kind).await?;
        let mut ended: Vec<_> = ended.into_iter().map(Arc::new).collect();
        ended.sort_by_key(Self::place_of);
        Ok(ended)
    }
}

impl Source for EndedJobs {
    type Item = Arc<Ended>;
    type Place = EndedAt;
    type Filter = WantedJobs;

    /// What one look at the history answers at most.
    const PAGE_MAX: usize = 1000;

    async fn follow(&self, tap: &Tap<Self>) -> sqlx::Result<()> {
        let mut place = match tap.place() {
            Some(place) => place,
            None => EndedAt::all_until(stevedore_queue::now(&self.pool).await?),
        };
        tap.publish([], place);
        while tap.is_wanted() {
            sleep(LOOK_EVERY).await;
            let ended = self.ended_since(place, None, None).await?;
            place = ended.last().map_or(place, Self::place_of);
            tap.publish(ended, place);
        }
        Ok(())
    }

    async fn page(&self, after: &EndedAt, wanted: &WantedJobs) -> sqlx::Result<Vec<Arc<Ended>>> {
        let (queue, kind) = (wanted.queue.as_deref(), wanted.kind.as_deref());
        self.ended_since(*after, queue, kind).await
    }

    fn place_of(ended: &Arc<Ended>) -> EndedAt {
        let (at, job_id) = (ended.ended_at, ended.job_id);
        EndedAt { at, job_id }
    }

    fn lets_through(wanted: &WantedJobs, ended: &Arc<Ended>) -> bool {
        let is = |wish: &Option<String>, value: &str| wish.as_deref().is_none_or(|w| w == value);
        is(&wanted.queue, &ended.queue)
            && is(&wanted.kind, &ended.kind)
            && wanted
                .outcomes
                .as_ref()
                .is_none_or(|outcomes| outcomes.contains(&ended.outcome))
    }

    fn tell(_wanted: &WantedJobs, ended: &Arc<Ended>) -> Event {
        let body = serde_json::to_string(&**ended).unwrap_or_default();
        Event::default()
            .event(format!("job.{}", ended.outcome))
            .data(body)
    }
}
