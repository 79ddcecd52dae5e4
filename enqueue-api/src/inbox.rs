//! Webhooks of requests that come at the same moment, stored in one transaction.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use stevedore_model::TenantId;
use stevedore_model::inbox::{self, Arrival, Receipt};
use stevedore_queue::batches::{Batches, Limits};

/// Events that one transaction takes at most: what comes meanwhile waits for its end.
const BATCH_EVENTS_MAX: usize = 100;
/// Transactions at once: while one waits for the disk, the next is made up.
const BATCHES_MAX: usize = 2;
/// How long a batch waits for as many as were answered just before.
const LINGER: Duration = Duration::from_millis(1);

/// Stores webhooks; clones share their batches.
#[derive(Clone, Debug)]
pub struct Inbox {
    batches: Batches<Arc<Arrival>, Result<Receipt, sqlx::Error>>,
}

impl Inbox {
    /// Over two connections of its own, made as those of this pool are.
    #[must_use]
    pub fn new(pool: &PgPool) -> Self {
        let limits = Limits {
            batch: BATCH_EVENTS_MAX,
            batches: BATCHES_MAX,
            linger: LINGER,
        };
        let own = limits.connections(pool);
        let batches = Batches::new(limits, move |arrivals| write(own.clone(), arrivals));
        Inbox { batches }
    }

    /// Stores one event with its job; both are committed when this returns.
    ///
    /// # Errors
    /// If the database can't be asked: then the sender must not be told that we have it.
    pub async fn receive(&self, arrival: Arrival) -> Result<Receipt, sqlx::Error> {
        let answer = self.batches.ask(Arc::new(arrival)).await;
        answer.unwrap_or_else(|| Err(lost()))
    }
}

async fn write(pool: PgPool, arrivals: Vec<Arc<Arrival>>) -> Vec<Result<Receipt, sqlx::Error>> {
    let all: Vec<&Arrival> = arrivals.iter().map(AsRef::as_ref).collect();
    match inbox::receive(&pool, TenantId::SHOP, &all).await {
        Ok(receipts) => receipts.into_iter().map(Ok).collect(),
        Err(error) if all.len() > 1 && error.as_database_error().is_some() => {
            // The database says no, to one of them at least, and nothing was written.
            let mut results = Vec::with_capacity(all.len());
            for one in all {
                let alone = inbox::receive(&pool, TenantId::SHOP, &[one]).await;
                results.push(alone.and_then(|receipts| {
                    receipts.first().copied().ok_or(sqlx::Error::RowNotFound)
                }));
            }
            results
        }
        Err(error) => {
            tracing::warn!(%error, webhooks = all.len(), "webhooks were not stored");
            all.iter().map(|_| Err(lost())).collect()
        }
    }
}

/// The connection broke: whether the event is there can't be known, so its sender sends it again.
fn lost() -> sqlx::Error {
    sqlx::Error::Protocol("the connection was lost while webhooks were stored".to_owned())
}
