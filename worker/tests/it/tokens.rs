//! The fleet's tokens: got once for all, sealed, got again when refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use stevedore_providers::{NewToken, ProviderError, TokenCache, TokenKey};
use stevedore_testkit::TestDb;
use stevedore_worker::tokens::FleetTokens;

fn key(credentials: &str) -> TokenKey {
    TokenKey {
        name: "vendor/default".to_owned(),
        credentials: credentials.into(),
    }
}

/// A vendor that counts how often somebody logs in.
async fn get(cache: &FleetTokens, key: &TokenKey, logins: &AtomicU32) -> String {
    let log_in = async {
        let count = logins.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::task::yield_now().await;
        Ok(NewToken {
            token: format!("token-{count}").into(),
            lifetime: Duration::from_secs(3600),
        })
    };
    let token = cache.get(key, Box::pin(log_in)).await.expect("a token");
    token.expose_secret().to_owned()
}

#[tokio::test]
async fn d8_twenty_callers_of_four_workers_log_in_once() {
    let db = TestDb::new().await;
    let workers = [0; 4].map(|_| Arc::new(FleetTokens::new(db.pool().clone())));
    let logins = Arc::new(AtomicU32::new(0));
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..20 {
        let (cache, logins) = (Arc::clone(&workers[caller % 4]), Arc::clone(&logins));
        callers.spawn(async move { get(&cache, &key("secret"), &logins).await });
    }
    while let Some(token) = callers.join_next().await {
        assert_eq!(token.expect("no panic"), "token-1");
    }
    assert_eq!(logins.load(Ordering::SeqCst), 1);
    let readable: i64 = sqlx::query_scalar(
        "select count(*) from provider_tokens where position('token-1'::bytea in sealed) > 0",
    )
    .fetch_one(db.pool())
    .await
    .expect("a count");
    assert_eq!(readable, 0, "the token is readable in the database");
}

#[tokio::test]
async fn d8_a_refused_token_is_got_again_once_and_new_credentials_never_meet_an_old_one() {
    let db = TestDb::new().await;
    let [one, other] = [0; 2].map(|_| FleetTokens::new(db.pool().clone()));
    let logins = AtomicU32::new(0);
    assert_eq!(get(&one, &key("secret"), &logins).await, "token-1");
    assert_eq!(get(&other, &key("secret"), &logins).await, "token-1");
    one.forget(&key("secret"), &"token-1".into()).await;
    assert_eq!(get(&one, &key("secret"), &logins).await, "token-2");
    // The other hears the same refusal, and finds that somebody was there before.
    other.forget(&key("secret"), &"token-1".into()).await;
    assert_eq!(get(&other, &key("secret"), &logins).await, "token-2");

    let later = FleetTokens::new(db.pool().clone());
    assert_eq!(get(&later, &key("changed"), &logins).await, "token-3");
}

#[tokio::test]
async fn d8_a_login_that_fails_holds_nobody_up() {
    let db = TestDb::new().await;
    let [one, other] = [0; 2].map(|_| FleetTokens::new(db.pool().clone()));
    let refuse = async {
        Err(ProviderError::Unauthorized {
            message: "no".into(),
        })
    };
    let refused = one.get(&key("secret"), Box::pin(refuse)).await;
    assert_eq!(refused.expect_err("refused").outcome(), "unauthorized");
    assert_eq!(
        get(&other, &key("secret"), &AtomicU32::new(0)).await,
        "token-1"
    );
}

#[tokio::test]
async fn d8_the_end_of_a_token_is_known_until_there_is_another() {
    let db = TestDb::new().await;
    let tokens = FleetTokens::new(db.pool().clone());
    let logins = AtomicU32::new(0);
    get(&tokens, &key("secret"), &logins).await;
    let ended = "update provider_tokens set expires_at = clock_now() - interval '1 hour'";
    sqlx::query(ended)
        .execute(db.pool())
        .await
        .expect("it ends");
    let fresh = FleetTokens::new(db.pool().clone());
    let refuse = async {
        Err(ProviderError::Unauthorized {
            message: "no".into(),
        })
    };
    let refused = fresh.get(&key("secret"), Box::pin(refuse)).await;
    refused.expect_err("refused");
    let past = "select count(*) from provider_tokens where expires_at < clock_now()";
    let past: i64 = sqlx::query_scalar(past)
        .fetch_one(db.pool())
        .await
        .expect("a count");
    assert_eq!(past, 1, "nobody can tell that it ended");
    assert_eq!(get(&fresh, &key("secret"), &logins).await, "token-2");
}
