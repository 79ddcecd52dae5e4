//! The fleet's tokens: kept in PostgreSQL, sealed, renewed by one worker for all.

mod seal;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use stevedore_model::provider_tokens::{self, Claim};
use stevedore_providers::{ProviderError, Renewal, TokenCache, TokenKey};

use seal::Seal;

/// How long this process uses a token without looking whether it was renewed.
const BELIEF: Duration = Duration::from_secs(60);
/// Pause between two looks for a token that somebody else renews.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Looks at most; then the job comes again later.
const LOOKS_MAX: u32 = 100;
/// When the tokens can't be read.
const DATABASE_WAIT: Duration = Duration::from_secs(5);

/// Tokens shared through PostgreSQL (`provider_tokens`).
pub struct FleetTokens {
    pool: PgPool,
    slots: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Slot>>>>,
}

/// One token as this process knows it. Its lock makes the callers of one process one caller.
#[derive(Default)]
struct Slot {
    seal: Option<Arc<Seal>>,
    known: Option<Known>,
}

struct Known {
    token: SecretString,
    sealed: Vec<u8>,
    until: Instant,
}

impl FleetTokens {
    /// Tokens in this database.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            slots: Mutex::default(),
        }
    }

    fn slot(&self, key: &TokenKey) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key.name.clone()).or_default())
    }

    /// What is kept, or nothing if this caller is to renew.
    async fn kept(&self, key: &TokenKey, seal: &Seal) -> Result<Option<Known>, ProviderError> {
        for _ in 0..LOOKS_MAX {
            let claim = provider_tokens::claim(&self.pool, &key.name).await;
            match claim.map_err(unavailable)? {
                Claim::Mine => return Ok(None),
                Claim::Others => tokio::time::sleep(LOOK_AGAIN).await,
                Claim::Kept { sealed, lasts } => match seal.open(&sealed) {
                    Some(token) => {
                        let until = Instant::now() + lasts.min(BELIEF);
                        return Ok(Some(Known {
                            token,
                            sealed,
                            until,
                        }));
                    }
                    // Got with other credentials.
                    None => provider_tokens::forget(&self.pool, &key.name, &sealed)
                        .await
                        .map_err(unavailable)?,
                },
            }
        }
        Err(held(LOOK_AGAIN * 10, "another worker is getting a token"))
    }

    async fn renew(
        &self,
        key: &TokenKey,
        seal: &Seal,
        renew: Renewal<'_>,
    ) -> Result<Known, ProviderError> {
        let new = match renew.await {
            Ok(new) => new,
            Err(error) => {
                if let Err(error) = provider_tokens::release(&self.pool, &key.name).await {
                    tracing::warn!(%error, token.name = key.name, "others wait for its lease");
                }
                return Err(error);
            }
        };
        let sealed = seal.close(&new.token);
        let usable = new.usable();
        provider_tokens::keep(&self.pool, &key.name, &sealed, usable)
            .await
            .map_err(unavailable)?;
        Ok(Known {
            token: new.token,
            sealed,
            until: Instant::now() + usable.min(BELIEF),
        })
    }
}

#[async_trait]
impl TokenCache for FleetTokens {
    async fn get(&self, key: &TokenKey, renew: Renewal<'_>) -> Result<SecretString, ProviderError> {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        if let Some(known) = &slot.known
            && known.until > Instant::now()
        {
            return Ok(known.token.clone());
        }
        let seal = match &slot.seal {
            Some(seal) => Arc::clone(seal),
            None => {
                let seal = Arc::new(Seal::new(key));
                slot.seal = Some(Arc::clone(&seal));
                seal
            }
        };
        slot.known = None;
        let known = match self.kept(key, &seal).await? {
            Some(known) => known,
            None => self.renew(key, &seal, renew).await?,
        };
        let token = known.token.clone();
        slot.known = Some(known);
        Ok(token)
    }

    async fn forget(&self, key: &TokenKey, token: &SecretString) {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        let is_it = |known: &Known| known.token.expose_secret() == token.expose_secret();
        if !slot.known.as_ref().is_some_and(is_it) {
            return;
        }
        if let Some(known) = slot.known.take()
            && let Err(error) = provider_tokens::forget(&self.pool, &key.name, &known.sealed).await
        {
            tracing::warn!(%error, token.name = key.name, "a refused token can't be thrown away");
        }
    }
}

fn unavailable(error: sqlx::Error) -> ProviderError {
    held(DATABASE_WAIT, format!("the tokens can't be read: {error}"))
}

fn held(wait: Duration, message: impl Into<String>) -> ProviderError {
    let message = message.into();
    ProviderError::Held { wait, message }
}
