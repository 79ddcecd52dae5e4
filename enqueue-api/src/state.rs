//! What every request can reach.

use std::sync::Arc;

use sqlx::PgPool;
use stevedore_notices::{Library, NoticeError};
use stevedore_providers::signature::Verifier;
use stevedore_queue::{Admission, Batcher};
use stevedore_telemetry::Metrics;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::auth::KeyCache;
use crate::events::Streams;
use crate::inbox::Inbox;
use crate::placing::Placing;
use crate::problem::{Kind, Problem, Result};
use crate::rate_limit::Limits;
use crate::routes::health::LastLook;
use crate::settings::ApiSettings;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    inner: Arc<Inner>,
}

struct Inner {
    pool: PgPool,
    settings: ApiSettings,
    metrics: Metrics,
    keys: KeyCache,
    places: Semaphore,
    last_look: LastLook,
    admission: Admission,
    batcher: Batcher,
    placing: Placing,
    inbox: Inbox,
    verifier: Verifier,
    streams: Streams,
    templates: std::result::Result<Library, NoticeError>,
    limits: Limits,
    draining: CancellationToken,
    stopping: CancellationToken,
}

impl ApiState {
    /// State over this pool. `/ready` answers 503 as soon as `draining` is cancelled.
    #[must_use]
    pub fn new(
        pool: PgPool,
        settings: ApiSettings,
        metrics: Metrics,
        draining: CancellationToken,
    ) -> Self {
        let keys = KeyCache::new(settings.key_cache);
        let places = Semaphore::new(settings.requests_max);
        let inner = Inner {
            admission: Admission::new(pool.clone()),
            batcher: Batcher::new(pool.clone()),
            placing: Placing::new(pool.clone()),
            inbox: Inbox::new(&pool),
            verifier: Verifier::new(settings.webhooks.clone()),
            streams: Streams::new(&pool, settings.streams_max),
            templates: settings.templates.library(),
            limits: Limits::new(&settings),
            pool,
            settings,
            metrics,
            keys,
            places,
            last_look: LastLook::default(),
            draining,
            stopping: CancellationToken::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The database.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    /// The settings the API was started with.
    #[must_use]
    pub fn settings(&self) -> &ApiSettings {
        &self.inner.settings
    }

    /// The recorder whose metrics `/metrics` shows.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// API keys verified a moment ago.
    #[must_use]
    pub fn keys(&self) -> &KeyCache {
        &self.inner.keys
    }

    /// One permit for each request in progress.
    #[must_use]
    pub fn places(&self) -> &Semaphore {
        &self.inner.places
    }

    /// What the last look at the database saw.
    #[must_use]
    pub fn last_look(&self) -> &LastLook {
        &self.inner.last_look
    }

    /// Who may enqueue now.
    #[must_use]
    pub fn admission(&self) -> &Admission {
        &self.inner.admission
    }

    /// Enqueues single jobs of many requests together.
    #[must_use]
    pub fn batcher(&self) -> &Batcher {
        &self.inner.batcher
    }

    /// Places orders of many requests together.
    #[must_use]
    pub fn placing(&self) -> &Placing {
        &self.inner.placing
    }

    /// Stores webhooks of many requests together.
    #[must_use]
    pub fn inbox(&self) -> &Inbox {
        &self.inner.inbox
    }

    /// Knows whom webhooks are from.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.inner.verifier
    }

    /// What customers are told.
    ///
    /// # Errors
    /// When the shop's own templates can't be read; [`run`](crate::run) does not start then.
    pub fn templates(&self) -> Result<&Library> {
        self.inner.templates.as_ref().map_err(|error| {
            tracing::error!(%error, "the templates can't be read");
            Problem::new(Kind::Internal, "The request failed.")
        })
    }

    /// How often clients may ask.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Streams of events.
    #[must_use]
    pub fn streams(&self) -> &Streams {
        &self.inner.streams
    }

    /// Raised when no new connections are accepted any more: what would never end by itself ends.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.inner.stopping
    }

    /// Whether the process is on its way out.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.inner.draining.is_cancelled()
    }
}
