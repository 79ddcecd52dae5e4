//! Orders of requests that come at the same moment, placed in one transaction.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use stevedore_model::TenantId;
use stevedore_model::orders::{self, PlaceError, PlaceRequest, Placed};
use stevedore_queue::batches::{Batches, Limits};

/// Orders that one transaction takes at most: what comes meanwhile waits for its end.
const BATCH_ORDERS_MAX: usize = 32;
/// Transactions at once: while one waits for the disk, the next is made up.
const BATCHES_MAX: usize = 2;
/// How long those who were just answered are waited for: a client's next request takes less.
const LINGER: Duration = Duration::from_millis(1);

/// Places orders; clones share their batches.
#[derive(Clone, Debug)]
pub struct Placing {
    pool: PgPool,
    batches: Batches<Asked, Answer>,
}

#[derive(Clone, Debug)]
struct Asked {
    tenant: TenantId,
    request: Arc<PlaceRequest>,
}

#[derive(Debug)]
enum Answer {
    Done(Result<Placed, PlaceError>),
    /// Nothing was written of it: it has to be placed by itself.
    Alone,
    /// The connection broke: whether the order is there can't be known.
    Lost,
}

impl Placing {
    /// Over two connections of its own, made as those of this pool are; what has to wait for
    /// another request goes through the pool.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        let limits = Limits {
            batch: BATCH_ORDERS_MAX,
            batches: BATCHES_MAX,
            linger: LINGER,
        };
        let writing = limits.connections(&pool);
        Placing {
            pool,
            batches: Batches::new(limits, move |asked| write(writing.clone(), asked)),
        }
    }

    /// Places one order; it is committed when this returns.
    ///
    /// # Errors
    /// As [`orders::place`].
    pub async fn place(
        &self,
        tenant: TenantId,
        request: PlaceRequest,
    ) -> Result<Placed, PlaceError> {
        let request = Arc::new(request);
        let asked = Asked {
            tenant,
            request: Arc::clone(&request),
        };
        match self.batches.ask(asked).await.unwrap_or(Answer::Lost) {
            Answer::Done(result) => result,
            Answer::Alone => {
                orders::place(
                    &self.pool,
                    tenant,
                    &request.order,
                    request.idempotency_key.as_deref(),
                    request.request_hash,
                    request.traceparent.as_deref(),
                )
                .await
            }
            Answer::Lost => {
                let what = "the connection was lost while a batch of orders was written";
                Err(PlaceError::Database(sqlx::Error::Protocol(what.to_owned())))
            }
        }
    }
}

/// One call for each shop.
async fn write(pool: PgPool, asked: Vec<Asked>) -> Vec<Answer> {
    let mut answers: Vec<Option<Answer>> = asked.iter().map(|_| None).collect();
    while let Some(tenant) = first_open(&asked, &answers) {
        let mut keys = HashSet::new();
        let (mut places, mut requests) = (Vec::new(), Vec::new());
        for (place, one) in asked.iter().enumerate() {
            if one.tenant != tenant {
                continue;
            }
            let key = one.request.idempotency_key.as_deref();
            if key.is_some_and(|key| !keys.insert(key)) {
                // It waits for the first with its key, and gets that one's answer.
                answers[place] = Some(Answer::Alone);
                continue;
            }
            places.push(place);
            requests.push(Arc::clone(&one.request));
        }
        let written = write_of(&pool, tenant, &requests).await;
        for (place, answer) in places.into_iter().zip(written) {
            answers[place] = Some(answer);
        }
    }
    let lost = |answer: Option<Answer>| answer.unwrap_or(Answer::Lost);
    answers.into_iter().map(lost).collect()
}

fn first_open(asked: &[Asked], answers: &[Option<Answer>]) -> Option<TenantId> {
    let open = answers.iter().position(Option::is_none)?;
    Some(asked[open].tenant)
}

async fn write_of(pool: &PgPool, tenant: TenantId, requests: &[Arc<PlaceRequest>]) -> Vec<Answer> {
    match orders::place_many(pool, tenant, requests).await {
        Ok(results) => results
            .into_iter()
            .map(|result| match result {
                // Others wait for the key, this one can, too; but not in a batch.
                Err(PlaceError::KeyInFlight) => Answer::Alone,
                result => Answer::Done(result),
            })
            .collect(),
        Err(error) => {
            tracing::warn!(%error, orders = requests.len(), "a batch of orders was not written");
            requests.iter().map(|_| Answer::Lost).collect()
        }
    }
}
