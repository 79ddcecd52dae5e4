//! API keys.

use secrecy::ExposeSecret;
use stevedore_model::api_keys::{self, CreateKeyError};

use crate::shop::{SHOP, Shop};

fn scopes(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

#[tokio::test]
async fn a_key_is_known_by_its_token_and_by_nothing_else() {
    let shop = Shop::open().await;
    let granted = scopes(&["orders:write", "orders:read"]);
    let new = api_keys::create(shop.pool(), SHOP, "web", &granted, None)
        .await
        .unwrap();
    let token = new.token.expose_secret();
    let key = api_keys::verify(shop.pool(), token)
        .await
        .unwrap()
        .expect("known");
    assert_eq!(
        (key.tenant, key.key_id.as_str(), key.name.as_str()),
        (SHOP, &*new.key_id, "web")
    );
    assert!(key.allows("orders:read") && !key.allows("jobs:read"));

    let swapped = match token.strip_suffix('0') {
        Some(rest) => format!("{rest}1"),
        None => format!("{}0", &token[..token.len() - 1]),
    };
    let upper = token.to_uppercase();
    for wrong in [
        "",
        "stv_",
        "stv__",
        &swapped,
        &upper,
        &token[..token.len() - 1],
        &format!("{token} "),
        &format!("stv_{}_", new.key_id),
        "Bearer x",
        "stv_\0_\0",
    ] {
        assert_eq!(
            api_keys::verify(shop.pool(), wrong).await.unwrap(),
            None,
            "{wrong:?}"
        );
    }
    let stored = shop
        .text("select string_agg(k::text, '') from api_keys as k")
        .await;
    let secret = token.rsplit('_').next().unwrap();
    assert!(
        !stored.contains(secret),
        "the secret itself is in the table"
    );
    assert!(
        !format!("{new:?}").contains(secret),
        "the secret shows in debug output"
    );
}

#[tokio::test]
async fn expired_and_revoked_keys_are_refused() {
    let shop = Shop::open().await;
    let admin = scopes(&["admin"]);
    let new = api_keys::create(shop.pool(), SHOP, "a", &admin, None)
        .await
        .unwrap();
    let token = new.token.expose_secret();
    assert!(
        api_keys::verify(shop.pool(), token)
            .await
            .unwrap()
            .unwrap()
            .allows("jobs:write")
    );
    shop.run("update api_keys set expires_at = clock_now()")
        .await;
    assert_eq!(api_keys::verify(shop.pool(), token).await.unwrap(), None);
    shop.run("update api_keys set expires_at = null").await;
    assert!(
        api_keys::revoke(shop.pool(), SHOP, &new.key_id)
            .await
            .unwrap()
    );
    assert_eq!(api_keys::verify(shop.pool(), token).await.unwrap(), None);
    assert!(
        !api_keys::revoke(shop.pool(), SHOP, "unknown")
            .await
            .unwrap()
    );
    let listed = api_keys::list(shop.pool(), SHOP).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].revoked_at.is_some());
}

#[tokio::test]
async fn keys_without_a_name_or_with_unknown_scopes_are_not_made() {
    let shop = Shop::open().await;
    let make = |name: &'static str, names: &[&str]| {
        let scopes = scopes(names);
        let pool = shop.pool().clone();
        async move {
            api_keys::create(&pool, SHOP, name, &scopes, None)
                .await
                .map(drop)
        }
    };
    assert!(matches!(
        make("", &["admin"]).await,
        Err(CreateKeyError::BadName)
    ));
    assert!(matches!(make("x", &[]).await, Err(CreateKeyError::NoScope)));
    assert!(
        matches!(make("x", &["root"]).await, Err(CreateKeyError::UnknownScope(s)) if s == "root")
    );
    assert_eq!(shop.number("select count(*) from api_keys").await, 0);
}

#[tokio::test]
async fn j7_a_rotated_key_works_beside_the_new_one_until_its_time_is_over() {
    let shop = Shop::open().await;
    let granted = scopes(&["orders:read", "jobs:read"]);
    let old = api_keys::create(shop.pool(), SHOP, "web", &granted, None)
        .await
        .unwrap();
    let day = std::time::Duration::from_secs(86_400);
    let new = api_keys::rotate(shop.pool(), SHOP, &old.key_id, day)
        .await
        .unwrap()
        .expect("it is in use");
    for key in [&old, &new] {
        let known = api_keys::verify(shop.pool(), key.token.expose_secret()).await;
        let known = known.unwrap().expect("both work");
        assert_eq!((known.name.as_str(), &known.scopes), ("web", &granted));
    }
    let listed = api_keys::list(shop.pool(), SHOP).await.unwrap();
    let ends: Vec<bool> = listed.iter().map(|key| key.expires_at.is_some()).collect();
    assert_eq!(ends, [true, false]);

    let none = std::time::Duration::ZERO;
    let third = api_keys::rotate(shop.pool(), SHOP, &new.key_id, none).await;
    assert!(third.unwrap().is_some());
    let ended = api_keys::verify(shop.pool(), new.token.expose_secret()).await;
    assert!(ended.unwrap().is_none());
    let again = api_keys::rotate(shop.pool(), SHOP, &new.key_id, none).await;
    assert!(again.unwrap().is_none());
}
