//! Streams of what happens, as Server-Sent Events.
//!
//! One reader per process and source ([`feed`]) follows the database while anybody listens, and
//! hands what it reads to all streams through a broadcast of bounded size. Each stream ([`stream`])
//! first reads for itself what it missed, then takes what its filter lets through. Whoever is too
//! slow for the broadcast is told to come back with the last id it saw; nothing is kept for it.

pub mod feed;
pub mod jobs;
pub mod shop;
pub mod stream;

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Semaphore;

use self::feed::Feed;
use self::jobs::EndedJobs;
use self::shop::ShopEvents;

/// What streams are fed by, and how many there may be.
pub struct Streams {
    /// What happens in the shops.
    pub shop: Feed<ShopEvents>,
    /// Attempts of jobs that end.
    pub jobs: Feed<EndedJobs>,
    /// One permit for each open stream.
    pub places: Arc<Semaphore>,
}

impl Streams {
    /// At most `streams_max` of them; none is open, and nothing is read.
    #[must_use]
    pub fn new(pool: &PgPool, streams_max: usize) -> Self {
        Self {
            shop: Feed::new(ShopEvents::new(pool.clone())),
            jobs: Feed::new(EndedJobs::new(pool.clone())),
            places: Arc::new(Semaphore::new(streams_max)),
        }
    }
}
