//! The console in the process that serves it, beside the API.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use secrecy::ExposeSecret;
use stevedore_database::process;
use stevedore_model::{TenantId, api_keys};
use stevedore_testkit::TestDb;

use crate::stevedore;

/// An API process and its address.
fn api(db: &TestDb, setting: (&str, &str)) -> (Child, String) {
    let mut command = stevedore(&["api"]);
    command
        .env("DATABASE_URL", db.url().expose_secret())
        .env("STEVEDORE_API_BIND", "127.0.0.1:0")
        .env(setting.0, setting.1)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    process::die_with_parent(&mut command, libc::SIGKILL);
    let mut child = command.spawn().expect("the API can be started");
    let mut line = String::new();
    let said = child.stdout.take().expect("it is piped");
    BufReader::new(said)
        .read_line(&mut line)
        .expect("it says where it listens");
    let address = line.trim().rsplit('/').next().unwrap_or_default();
    (child, format!("http://{address}"))
}

fn end(mut api: Child) {
    api.kill().expect("it can be killed");
    api.wait().expect("it has ended");
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
        .form(&[("key", key), ("to", "/console/templates")]);
    request.send().await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn j7_the_console_is_beside_the_api_which_knows_no_cookie_and_counts_wrong_keys() {
    let db = TestDb::new().await;
    let scopes = ["admin".to_owned()];
    let key = api_keys::create(&db.pool, TenantId::SHOP, "ama", &scopes, None).await;
    let key = key.expect("a key").token.expose_secret().to_owned();
    let (process, url) = api(&db, ("STEVEDORE_API_RATE_LIMIT_ADDRESS", "3/1h"));
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
    assert_eq!(sign_in(&client, &url, &key).await.status(), 429);
    assert_eq!(get("/console/templates").await.status(), 200);
    end(process);
}

#[tokio::test(flavor = "multi_thread")]
async fn j7_a_console_that_is_switched_off_is_not_there() {
    let db = TestDb::new().await;
    let (process, url) = api(&db, ("STEVEDORE_CONSOLE", "false"));
    let client = client();
    for path in ["/console", "/console/sign-in", "/console/console.css"] {
        let answer = client.get(format!("{url}{path}")).send().await;
        assert_eq!(answer.expect("an answer").status(), 404, "{path}");
    }
    assert_eq!(sign_in(&client, &url, "x").await.status(), 404);
    end(process);
}
