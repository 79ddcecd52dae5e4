//! The console in the process that serves it, beside the API.

use std::process::Child;

use reqwest::header::{ACCEPT, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use secrecy::ExposeSecret;
use stevedore_model::{TenantId, api_keys};
use stevedore_testkit::TestDb;

use crate::processes::{api, kill};

/// An API process with a setting, and where it is.
fn running(db: &TestDb, setting: (&str, &str)) -> (Child, String) {
    let (child, address) = api(db, &[setting]);
    (child, format!("http://{address}"))
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .redirect(Policy::none())
        .tls_certs_only([]);
    client.build().expect("a client")
}

async fn sign_in(client: &Client, url: &str, key: &str) -> Response {
    let request = client
        .post(format!("{url}/console/sign-in"))
        .header(ORIGIN, url)
        .header(ACCEPT, "text/html,*/*;q=0.8")
        .form(&[("key", key), ("to", "/console/templates")]);
    request.send().await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn j7_the_console_is_beside_the_api_which_knows_no_cookie_and_counts_wrong_keys() {
    let db = TestDb::new().await;
    let scopes = ["admin".to_owned()];
    let key = api_keys::create(&db.pool, TenantId::SHOP, "ama", &scopes, None).await;
    let key = key.expect("a key").token.expose_secret().to_owned();
    let (process, url) = running(&db, ("STEVEDORE_API_RATE_LIMIT_ADDRESS", "3/1h"));
    let client = client();

    let answer = sign_in(&client, &url, &key).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()[LOCATION], "/console/templates");
    let cookie = answer.headers()[SET_COOKIE].to_str().expect("a cookie");
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    let get = async |path: &str| {
        let request = client.get(format!("{url}{path}")).header(COOKIE, &cookie);
        request.send().await.expect("an answer")
    };
    let page = get("/console/templates").await;
    assert_eq!(page.status(), 200);
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(page.headers()[name], value);
    }
    assert!(page.headers().contains_key("x-trace-id"));
    let framed = get("/console/templates/mail?kind=low_stock").await;
    assert_eq!(framed.headers()["x-frame-options"], "SAMEORIGIN");
    let order = get("/v1/orders").await;
    assert_eq!(order.status(), 401);
    assert!(!order.headers().contains_key(SET_COOKIE));

    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = sign_in(&client, &url, "stv_wrong").await;
        statuses.push(answer.status().as_u16());
        assert!(!answer.headers().contains_key(SET_COOKIE));
    }
    // One of three went to the API, above.
    assert_eq!(statuses[..2], [401, 401]);
    assert_eq!(statuses[3], 429);
    let refused = sign_in(&client, &url, &key).await;
    assert_eq!(refused.status(), 429);
    let page = refused.text().await.expect("a page");
    assert!(
        page.contains("<h1>The client asks too often.</h1>"),
        "{page}"
    );
    assert_eq!(get("/console/templates").await.status(), 200);
    kill(process);
}

#[tokio::test(flavor = "multi_thread")]
async fn j7_a_console_that_is_switched_off_is_not_there() {
    let db = TestDb::new().await;
    let (process, url) = running(&db, ("STEVEDORE_CONSOLE", "false"));
    let client = client();
    for path in ["/console", "/console/sign-in", "/console/console.css"] {
        let answer = client.get(format!("{url}{path}")).send().await;
        assert_eq!(answer.expect("an answer").status(), 404, "{path}");
    }
    assert_eq!(sign_in(&client, &url, "x").await.status(), 404);
    kill(process);
}
