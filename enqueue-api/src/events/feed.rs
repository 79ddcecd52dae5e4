//! One reader for all streams of a process: it runs while anybody listens.

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::sse::Event;
use tokio::sync::{broadcast, watch};
use tokio::time::{sleep, timeout};

use crate::problem::{Kind, Problem, Result};

/// What a stream may be behind the reader before it is told to come back later.
const BEHIND_MAX: usize = 1024;

/// How long a new stream waits for a reader that begins.
const BEGIN_MAX: Duration = Duration::from_secs(5);

/// After the database failed, before it is asked again.
const FAILED_PAUSE: Duration = Duration::from_secs(1);

/// Where things happen, one after the other.
pub trait Source: Send + Sync + Sized + 'static {
    /// Something that happened; cheap to clone.
    type Item: Clone + Send + Sync + 'static;
    /// The place of an item among all: the id by which a client resumes.
    type Place: Clone + Ord + Display + Send + Sync + 'static;
    /// What a stream wants to see.
    type Filter: Send + Sync + 'static;

    /// Most items that a [`page`](Self::page) has.
    const PAGE_MAX: usize;

    /// Reads on from the place of `tap`, or from now if it has none, publishes what it reads, and
    /// ends when nobody listens.
    fn follow(&self, tap: &Tap<Self>) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// The next items after a place; fewer than [`PAGE_MAX`](Self::PAGE_MAX) if there are no more.
    fn page(
        &self,
        after: &Self::Place,
        filter: &Self::Filter,
    ) -> impl Future<Output = sqlx::Result<Vec<Self::Item>>> + Send;

    /// The place of an item.
    fn place_of(item: &Self::Item) -> Self::Place;

    /// Whether a stream with this filter shows it.
    fn lets_through(filter: &Self::Filter, item: &Self::Item) -> bool;

    /// What a client is told of it.
    fn tell(filter: &Self::Filter, item: &Self::Item) -> Event;
}

/// The reader of a source and everybody who listens to it.
pub struct Feed<S: Source> {
    shared: Arc<Shared<S>>,
}

struct Shared<S: Source> {
    source: S,
    items: broadcast::Sender<S::Item>,
    /// Up to where everything was read and broadcast; none while nothing is read.
    place: watch::Sender<Option<S::Place>>,
    is_running: Mutex<bool>,
}

/// What a stream listens with.
pub struct Subscription<S: Source> {
    /// Everything after `place`.
    pub items: broadcast::Receiver<S::Item>,
    /// What was broadcast before.
    pub place: S::Place,
}

impl<S: Source> Feed<S> {
    /// A feed that nobody listens to.
    #[must_use]
    pub fn new(source: S) -> Self {
        Self {
            shared: Arc::new(Shared {
                source,
                items: broadcast::Sender::new(BEHIND_MAX),
                place: watch::Sender::new(None),
                is_running: Mutex::new(false),
            }),
        }
    }

    /// Where its items are read from.
    #[must_use]
    pub fn source(&self) -> &S {
        &self.shared.source
    }

    /// Listens from now on; starts the reader if this is the first to do so.
    ///
    /// # Errors
    /// 503 if the database can not be read.
    pub async fn subscribe(&self) -> Result<Subscription<S>> {
        let (items, mut place) = self.shared.listen();
        let known = timeout(BEGIN_MAX, place.wait_for(Option::is_some)).await;
        let place = known
            .ok()
            .and_then(|known| known.ok())
            .and_then(|known| known.clone());
        let unread = || Problem::new(Kind::DatabaseUnavailable, "Events can not be read now.");
        Ok(Subscription {
            items,
            place: place.ok_or_else(unread)?,
        })
    }
}

impl<S: Source> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is broadcast between the two: what comes is all after the place.
    fn listen(
        self: &Arc<Self>,
    ) -> (
        broadcast::Receiver<S::Item>,
        watch::Receiver<Option<S::Place>>,
    ) {
        let mut is_running = self.lock();
        let listening = (self.items.subscribe(), self.place.subscribe());
        if !*is_running {
            *is_running = true;
            tokio::spawn(run(Arc::clone(self)));
        }
        listening
    }

    /// Whether somebody listens; if not, the reader has ended with this.
    fn is_wanted(&self) -> bool {
        let mut is_running = self.lock();
        *is_running = self.items.receiver_count() > 0;
        if !*is_running {
            self.place.send_replace(None);
        }
        *is_running
    }
}

/// Follows the source for as long as anybody listens, whatever becomes of connections.
async fn run<S: Source>(shared: Arc<Shared<S>>) {
    let tap = Tap {
        shared: Arc::clone(&shared),
    };
    loop {
        if let Err(error) = shared.source.follow(&tap).await {
            tracing::warn!(%error, "events can not be read; streams wait until they can");
            sleep(FAILED_PAUSE).await;
        }
        if !shared.is_wanted() {
            return;
        }
    }
}

/// What a reader hands out its items with.
pub struct Tap<S: Source> {
    shared: Arc<Shared<S>>,
}

impl<S: Source> Tap<S> {
    /// Whether anybody listens.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.shared.items.receiver_count() > 0
    }

    /// Up to where everything is published.
    #[must_use]
    pub fn place(&self) -> Option<S::Place> {
        self.shared.place.borrow().clone()
    }

    /// Hands out what was read up to `place`.
    pub fn publish(&self, items: impl IntoIterator<Item = S::Item>, place: S::Place) {
        let _listeners_wait = self.shared.lock();
        for item in items {
            // Nobody listens any more: then nobody misses it.
            let _ = self.shared.items.send(item);
        }
        self.shared.place.send_replace(Some(place));
    }
}
