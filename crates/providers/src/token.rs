//! Tokens that vendors give for a while: got once for all who need one.
//!
//! A vendor that logs in keeps an `Arc<dyn TokenCache>` and asks it before each call. The cache
//! answers with what it has, or lets exactly one caller renew while the others wait. Workers share
//! theirs through PostgreSQL; [`LocalTokens`] serves one process.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use crate::ProviderError;

/// A token is renewed this long before its end, or when a tenth of its time is left if that is
/// sooner: a call that is on its way must not find it dead.
const MARGIN: Duration = Duration::from_secs(60);

/// Which token.
#[derive(Clone)]
pub struct TokenKey {
    /// Provider, account and purpose, the same in every worker, e.g. `shiprocket/default`.
    pub name: String,
    /// What the token is got with. A shared cache seals the token with a key made from it, so new
    /// credentials never meet an old token.
    pub credentials: SecretString,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("TokenKey").field(&self.name).finish()
    }
}

/// What a vendor gave.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The token.
    pub token: SecretString,
    /// How long the vendor says that it works.
    pub lifetime: Duration,
}

impl NewToken {
    /// How long it may be used before it is renewed.
    #[must_use]
    pub fn usable(&self) -> Duration {
        self.lifetime - MARGIN.min(self.lifetime / 10)
    }
}

/// Gets a token from the vendor; runs only if the cache has none.
pub type Renewal<'a> = Pin<Box<dyn Future<Output = Result<NewToken, ProviderError>> + Send + 'a>>;

/// Keeps tokens for many callers.
#[async_trait]
pub trait TokenCache: Send + Sync + 'static {
    /// The token of this key. `renew` runs if there is none, for one caller at a time.
    ///
    /// # Errors
    /// Those of `renew`; [`ProviderError::Held`] when the cache can't be asked.
    async fn get(&self, key: &TokenKey, renew: Renewal<'_>) -> Result<SecretString, ProviderError>;

    /// The vendor refused this token: the next [`get`](Self::get) renews, unless somebody has.
    async fn forget(&self, key: &TokenKey, token: &SecretString);
}

/// Tokens of this process alone, for tests and for commands that call a vendor once.
#[derive(Default)]
pub struct LocalTokens {
    slots: Mutex<HashMap<String, Slot>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

struct Kept {
    token: SecretString,
    until: Instant,
}

impl LocalTokens {
    fn slot(&self, key: &TokenKey) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key.name.clone()).or_default())
    }
}

#[async_trait]
impl TokenCache for LocalTokens {
    async fn get(&self, key: &TokenKey, renew: Renewal<'_>) -> Result<SecretString, ProviderError> {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        match &*slot {
            Some(kept) if kept.until > Instant::now() => Ok(kept.token.clone()),
            _ => {
                let new = renew.await?;
                let until = Instant::now() + new.usable();
                let token = new.token.clone();
                *slot = Some(Kept {
                    token: new.token,
                    until,
                });
                Ok(token)
            }
        }
    }

    async fn forget(&self, key: &TokenKey, token: &SecretString) {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        if let Some(kept) = &*slot
            && kept.token.expose_secret() == token.expose_secret()
        {
            *slot = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn key() -> TokenKey {
        TokenKey {
            name: "vendor/default".to_owned(),
            credentials: "secret".into(),
        }
    }

    async fn get(cache: &LocalTokens, logins: &AtomicU32, lifetime: Duration) -> String {
        let renew = async || {
            let count = logins.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::task::yield_now().await;
            Ok(NewToken {
                token: format!("token {count}").into(),
                lifetime,
            })
        };
        let token = cache.get(&key(), Box::pin(renew())).await.expect("a token");
        token.expose_secret().to_owned()
    }

    #[tokio::test]
    async fn a_token_is_got_once_for_all_who_ask_at_once_and_again_when_it_was_refused() {
        let (cache, logins) = (LocalTokens::default(), AtomicU32::new(0));
        let hour = Duration::from_secs(3600);
        let both = tokio::join!(get(&cache, &logins, hour), get(&cache, &logins, hour));
        assert_eq!(both, ("token 1".to_owned(), "token 1".to_owned()));
        cache.forget(&key(), &"an older one".into()).await;
        assert_eq!(get(&cache, &logins, hour).await, "token 1");
        cache.forget(&key(), &"token 1".into()).await;
        assert_eq!(get(&cache, &logins, hour).await, "token 2");
    }

    #[tokio::test]
    async fn a_token_that_ends_is_renewed_and_a_failed_renewal_is_not_kept() {
        let (cache, logins) = (LocalTokens::default(), AtomicU32::new(0));
        let refused = async { Err(ProviderError::unauthorized("no")) };
        assert!(cache.get(&key(), Box::pin(refused)).await.is_err());
        assert_eq!(get(&cache, &logins, Duration::ZERO).await, "token 1");
        assert_eq!(get(&cache, &logins, Duration::ZERO).await, "token 2");
    }

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let usable = |seconds| {
            let token = "t".into();
            let lifetime = Duration::from_secs(seconds);
            NewToken { token, lifetime }.usable().as_secs()
        };
        assert_eq!((usable(3600), usable(100)), (3540, 90));
    }
}
