//! Many callers, few transactions.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::{Notify, oneshot};

type Answers<A> = Pin<Box<dyn Future<Output = Vec<A>> + Send>>;
type Write<Q, A> = dyn Fn(Vec<Q>) -> Answers<A> + Send + Sync;

/// Gathers what many tasks ask at the same moment: requests that come while others are being
/// written go together into the next batch. Alone, a caller waits no longer than without it; with
/// many, the database commits once for all.
///
/// Callers that were answered together often ask again together. So after a batch the next one
/// waits a moment ([`Limits::linger`]) until its share of all callers is there: else the first to
/// come back would go alone, and pay for a whole batch by itself. Its share, and not as many as
/// were answered: that would keep what began as a large batch and a small one as it is.
///
/// Clones share their batches.
pub struct Batches<Q, A> {
    inner: Arc<Mutex<Inner<Q, A>>>,
    /// Told of each request while a batch is waited for.
    came: Arc<Notify>,
    write: Arc<Write<Q, A>>,
    limits: Limits,
}

/// How much goes together.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in one batch, at most.
    pub batch: usize,
    /// Batches being written at once: while one waits for the disk, the next is made up.
    pub batches: usize,
    /// How long a batch that follows on another waits for its share of the callers, at most; one
    /// alone is not waited for.
    pub linger: Duration,
}

impl Limits {
    /// As many connections as batches at once, made as those of this pool are and apart from them.
    ///
    /// A pool hands out its idle connections in turn, so each batch would go to the server process
    /// that was let cool the longest. Its plans and catalogue are some megabytes, and with ten of
    /// them hardly any stay in a core's cache (measured: statements of 7 ms take a fifth longer).
    ///
    /// # Panics
    /// Outside a Tokio runtime, as making any pool does.
    #[must_use]
    pub fn connections(&self, pool: &PgPool) -> PgPool {
        let most = u32::try_from(self.batches).unwrap_or(u32::MAX);
        let options = pool.options().clone().min_connections(0);
        options
            .max_connections(most)
            .connect_lazy_with((*pool.connect_options()).clone())
    }
}

struct Inner<Q, A> {
    waiting: Vec<(Q, oneshot::Sender<A>)>,
    batches: usize,
    /// How many of them wait for requests.
    lingering: usize,
    /// Requests of batches that are being written.
    writing: usize,
}

impl<Q, A> Clone for Batches<Q, A> {
    fn clone(&self) -> Self {
        Batches {
            inner: Arc::clone(&self.inner),
            came: Arc::clone(&self.came),
            write: Arc::clone(&self.write),
            limits: self.limits,
        }
    }
}

impl<Q, A> fmt::Debug for Batches<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl<Q, A> Batches<Q, A>
where
    Q: Send + 'static,
    A: Send + 'static,
{
    /// Batches that `write` writes: it answers each request, in their order.
    pub fn new<F>(limits: Limits, write: impl Fn(Vec<Q>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<A>> + Send + 'static,
    {
        Batches {
            inner: Arc::new(Mutex::new(Inner {
                waiting: Vec::new(),
                batches: 0,
                lingering: 0,
                writing: 0,
            })),
            came: Arc::default(),
            write: Arc::new(move |requests| Box::pin(write(requests))),
            limits,
        }
    }

    /// The answer to one request, after its batch was written; None if the writer left it
    /// unanswered.
    pub async fn ask(&self, request: Q) -> Option<A> {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut inner = self.inner();
            inner.waiting.push((request, answer));
            let begins = inner.lingering == 0 && inner.batches < self.limits.batches;
            inner.batches += usize::from(begins);
            begins
        };
        if begins {
            // A task of its own: whoever began may give up, and the others still wait.
            tokio::spawn(self.clone().work());
        } else {
            self.came.notify_one();
        }
        answered.await.ok()
    }

    fn inner(&self) -> MutexGuard<'_, Inner<Q, A>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes batches until nobody waits.
    async fn work(self) {
        let mut place = Place {
            of: &self,
            writing: 0,
        };
        loop {
            let answered = std::mem::take(&mut place.writing);
            if answered > 0 {
                self.linger(answered).await;
            }
            let batch: Vec<_> = {
                let mut inner = self.inner();
                if inner.waiting.is_empty() {
                    // Before the lock is let go: whoever comes next sees the place free.
                    inner.batches -= 1;
                    std::mem::forget(place);
                    return;
                }
                let count = inner.waiting.len().min(self.limits.batch);
                inner.writing += count;
                place.writing = count;
                inner.waiting.drain(..count).collect()
            };
            let (requests, answers): (Vec<Q>, Vec<_>) = batch.into_iter().unzip();
            for (to, answer) in answers.into_iter().zip((self.write)(requests).await) {
                // Who does not wait any more has its effect all the same.
                let _ = to.send(answer);
            }
        }
    }

    /// Waits until a share of all callers is there, those who were just answered among them, but
    /// not for long.
    async fn linger(&self, answered: usize) {
        let share = {
            let mut inner = self.inner();
            inner.writing -= answered;
            let callers = answered + inner.writing + inner.waiting.len();
            let share = callers.div_ceil(self.limits.batches);
            if share <= 1 {
                return;
            }
            inner.lingering += 1;
            share
        };
        let enough = async {
            while self.inner().waiting.len() < share {
                self.came.notified().await;
            }
        };
        // Either way it is time.
        let _ = tokio::time::timeout(self.limits.linger, enough).await;
        self.inner().lingering -= 1;
    }
}

/// One of the batches that may be written at once; given back if the writer panics.
struct Place<'a, Q, A> {
    of: &'a Batches<Q, A>,
    /// Its part of what is being written.
    writing: usize,
}

impl<Q, A> Drop for Place<'_, Q, A> {
    fn drop(&mut self) {
        let mut inner = (self.of.inner.lock()).unwrap_or_else(PoisonError::into_inner);
        inner.batches -= 1;
        inner.writing -= self.writing;
        // They were to be written by this task: better no answer than none for ever.
        inner.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubling(limits: Limits) -> (Batches<usize, usize>, Arc<Mutex<Vec<usize>>>) {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sizes);
        let batches = Batches::new(limits, move |requests: Vec<usize>| {
            let seen = Arc::clone(&seen);
            async move {
                assert!(!requests.contains(&13), "unlucky");
                seen.lock().unwrap().push(requests.len());
                tokio::task::yield_now().await;
                requests.iter().map(|n| n * 2).collect()
            }
        });
        (batches, sizes)
    }

    #[tokio::test]
    async fn what_comes_together_is_written_together_and_each_gets_its_own_answer() {
        let limits = Limits {
            batch: 40,
            batches: 1,
            linger: Duration::from_millis(1),
        };
        let (batches, sizes) = doubling(limits);
        let asked = (100..200).map(|n| batches.ask(n));
        let answers = futures::future::join_all(asked).await;
        assert_eq!(answers, (100..200).map(|n| Some(n * 2)).collect::<Vec<_>>());
        assert_eq!(*sizes.lock().unwrap(), [40, 40, 20]);
        assert_eq!(batches.ask(1).await, Some(2));
    }

    #[tokio::test]
    async fn a_writer_that_panics_leaves_nobody_waiting() {
        let limits = Limits {
            batch: 2,
            batches: 1,
            linger: Duration::from_millis(1),
        };
        let (batches, _) = doubling(limits);
        let answers = futures::future::join_all([13, 14, 15].map(|n| batches.ask(n))).await;
        assert_eq!(answers, [None, None, None]);
        assert_eq!(batches.ask(1).await, Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn after_several_the_next_batch_waits_for_as_many_and_not_for_long() {
        let limits = Limits {
            batch: 40,
            batches: 1,
            linger: Duration::from_millis(1),
        };
        let (batches, sizes) = doubling(limits);
        futures::future::join_all((0..3).map(|n| batches.ask(n))).await;
        // They come back one by one, and go together all the same.
        let back = (0..3u32).map(async |n| {
            tokio::time::sleep(Duration::from_micros(100) * n).await;
            batches.ask(1).await
        });
        futures::future::join_all(back).await;
        // One comes alone, and does not wait for the others for ever; nor does the next one.
        batches.ask(1).await;
        batches.ask(1).await;
        assert_eq!(*sizes.lock().unwrap(), [3, 3, 1, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn callers_that_come_back_are_shared_out_evenly_however_it_began() {
        let limits = Limits {
            batch: 40,
            batches: 2,
            linger: Duration::from_millis(20),
        };
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sizes);
        let batches = Batches::new(limits, move |requests: Vec<u32>| {
            seen.lock().unwrap().push(requests.len());
            async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                requests
            }
        });
        let callers = (0..16u32).map(async |n| {
            for _ in 0..20 {
                batches.ask(n).await;
                tokio::time::sleep(Duration::from_millis(1) * n).await;
            }
        });
        futures::future::join_all(callers).await;
        let sizes = sizes.lock().unwrap();
        assert_eq!(sizes[0], 16, "{sizes:?}");
        let later = &sizes[10..30];
        assert!(later.iter().all(|size| *size <= 10), "{sizes:?}");
        assert!(later.iter().sum::<usize>() > 6 * later.len(), "{sizes:?}");
    }
}
