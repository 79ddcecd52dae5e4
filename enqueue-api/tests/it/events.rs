//! Streams of events over real connections.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use stevedore_enqueue_api::{ApiSettings, wire};
use stevedore_model::TenantId;
use stevedore_model::customer_tokens::{self, Subject};
use stevedore_model::orders::{self, NewOrder};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use crate::server::Server;
use crate::shop;
use crate::support::{Api, key_with};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message of a stream.
#[derive(Debug, Default, PartialEq)]
pub struct Message {
    pub id: String,
    pub event: String,
    pub data: Value,
}

/// A client of a stream, on a connection of its own.
pub struct Client {
    lines: Lines<BufReader<OwnedReadHalf>>,
    /// Open until the client goes.
    _requests: OwnedWriteHalf,
    pub head: String,
}

impl Client {
    pub async fn open(server: &Server, path: &str, headers: &str) -> Client {
        let (read, mut write) = TcpStream::connect(server.address)
            .await
            .unwrap()
            .into_split();
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n{headers}\r\n");
        write.write_all(request.as_bytes()).await.unwrap();
        let mut client = Client {
            lines: BufReader::new(read).lines(),
            _requests: write,
            head: String::new(),
        };
        while let Some(line) = client.line().await.filter(|line| !line.is_empty()) {
            client.head += &(line + "\n");
        }
        client
    }

    async fn line(&mut self) -> Option<String> {
        timeout(PATIENCE, self.lines.next_line())
            .await
            .expect("the server says something")
            .unwrap()
    }

    /// The next message; none at the end of the stream. Chunk sizes and comments are skipped.
    pub async fn next(&mut self) -> Option<Message> {
        let mut message = Message::default();
        loop {
            let line = self.line().await?;
            let Some((field, value)) = line.split_once(':') else {
                if line.is_empty() && message != Message::default() {
                    return Some(message);
                }
                if line == "0" {
                    return None;
                }
                continue;
            };
            let value = value.trim_start();
            match field {
                "id" => message.id = value.to_owned(),
                "event" => message.event = value.to_owned(),
                "data" => message.data = serde_json::from_str(value).unwrap(),
                _ => {}
            }
        }
    }

    pub async fn said(&mut self) -> Message {
        self.next().await.expect("the stream goes on")
    }
}

pub async fn place(server: &Server) -> i64 {
    let order = NewOrder::parse(&shop::an_order()).unwrap();
    orders::place(
        server.db.pool(),
        TenantId::SHOP,
        &order,
        None,
        [0; 32],
        None,
    )
    .await
    .unwrap()
    .order_id
}

pub async fn open_shop(settings: ApiSettings) -> (Server, String) {
    let server = Server::start(settings).await;
    shop::open_shop(&server.db).await;
    let key = server.key().await;
    (server, format!("authorization: Bearer {key}\r\n"))
}

#[tokio::test]
async fn h5_a_stream_tells_what_happens_and_goes_on_where_it_was_left() {
    let (server, key) = open_shop(ApiSettings::default()).await;
    let mut client = Client::open(&server, "/v1/events?kinds=order", &key).await;
    assert!(client.head.starts_with("HTTP/1.1 200"), "{}", client.head);
    assert!(client.head.contains("text/event-stream"), "{}", client.head);
    let hello = client.said().await;
    assert!(hello.event.is_empty() && !hello.id.is_empty(), "{hello:?}");

    let first = place(&server).await;
    let placed = client.said().await;
    assert_eq!(placed.event, "order.placed");
    assert_eq!(placed.data["order_id"], first);
    assert_eq!(placed.data["position"], placed.id);
    let confirmed = client.said().await;
    assert_eq!(confirmed.event, "order.confirmed");
    drop(client);

    // While nobody listens things happen, too.
    let second = place(&server).await;
    let resume = format!("{key}last-event-id: {}\r\n", placed.id);
    let mut client = Client::open(&server, "/v1/events?kinds=order", &resume).await;
    assert_eq!(client.said().await.id, placed.id);
    assert_eq!(client.said().await, confirmed);
    let missed = client.said().await;
    assert_eq!(
        (missed.event.as_str(), &missed.data["order_id"]),
        ("order.placed", &second.into())
    );
    assert_eq!(client.said().await.event, "order.confirmed");
    let third = place(&server).await;
    assert_eq!(client.said().await.data["order_id"], third);
}

#[tokio::test]
async fn g1_a_customer_hears_live_of_what_comes_into_his_inbox_and_of_nobody_elses() {
    let (server, key) = open_shop(ApiSettings::default()).await;
    let tell = async |sql: &'static str| {
        sqlx::raw_sql(sql).execute(server.db.pool()).await.unwrap();
    };
    tell("insert into customers (customer_code, name) values ('c-ama', 'Ama'), ('c-kofi', 'Kofi')")
        .await;
    let path = "/v1/events?kinds=notification&customer_id=c-ama";
    let mut client = Client::open(&server, path, &key).await;
    assert!(client.said().await.event.is_empty(), "a hello");
    tell(
        "insert into customer_notifications (customer_id, notification_type, title, body)
         select customer_id, 'order_shipped', 'Parcel of ' || name, 'On its way.'
         from customers
         where customer_code in ('c-ama', 'c-kofi')
         order by customer_code desc",
    )
    .await;
    tell(
        "insert into customer_notifications (customer_id, notification_type, title, body)
         select customer_id, 'order_delivered', 'Parcel', 'It is there.'
         from customers
         where customer_code = 'c-ama'",
    )
    .await;
    for kind in ["order_shipped", "order_delivered"] {
        let heard = client.said().await;
        assert_eq!(heard.event, "notification.created", "{heard:?}");
        assert_eq!(heard.data["data"]["type"], kind, "{heard:?}");
    }
}

#[tokio::test]
async fn h5_an_orders_stream_begins_with_its_story_and_tells_of_no_other_order() {
    let (server, key) = open_shop(ApiSettings::default()).await;
    let order_id = place(&server).await;
    let path = format!("/v1/orders/{order_id}/events");
    let mut client = Client::open(&server, &path, &key).await;
    client.said().await;
    assert_eq!(client.said().await.event, "order.placed");
    place(&server).await;
    orders::cancel(server.db.pool(), TenantId::SHOP, order_id, "ama", "no")
        .await
        .unwrap();
    loop {
        let message = client.said().await;
        assert_eq!(message.data["order_id"], order_id, "{message:?}");
        if message.event == "order.cancelled" {
            break;
        }
    }
}

#[tokio::test]
async fn h5_who_may_not_read_hears_nothing_and_a_made_up_id_is_refused() {
    let api = Api::new().await;
    let (jobs, orders) = (
        api.key_with(&["jobs:read"]).await,
        api.key_with(&["orders:read"]).await,
    );
    for (path, key, refusal) in [
        ("/v1/events", "none", (401, "invalid_credentials")),
        ("/v1/events", &jobs, (403, "insufficient_scope")),
        ("/api/realtime/events", &jobs, (403, "insufficient_scope")),
        ("/v1/jobs/events", &orders, (403, "insufficient_scope")),
        ("/v1/orders/77/events", &orders, (404, "order_not_found")),
        ("/v1/events?after=x", &orders, (422, "validation_failed")),
        (
            "/v1/events?kinds=Order",
            &orders,
            (422, "validation_failed"),
        ),
    ] {
        let request = Request::get(path)
            .header("authorization", format!("Bearer {key}"))
            .body(Body::empty())
            .unwrap();
        assert_eq!(api.send(request).await.problem(), refusal, "{path}");
    }
}

#[tokio::test]
async fn h5_another_shops_key_hears_nothing_of_this_shop() {
    let (server, key) = open_shop(ApiSettings::default()).await;
    let other = TenantId(uuid::Uuid::from_u128(2));
    let scopes = ["orders:read".to_owned()];
    let made = stevedore_model::api_keys::create(server.db.pool(), other, "x", &scopes, None);
    let token = made.await.unwrap().token;
    let token = token.expose_secret().to_owned();
    let theirs = format!("authorization: Bearer {token}\r\n");
    let mut own = Client::open(&server, "/v1/events", &key).await;
    let mut strange = Client::open(&server, "/v1/events", &theirs).await;
    own.said().await;
    strange.said().await;
    place(&server).await;
    assert_eq!(own.said().await.event, "order.placed");
    sqlx::query("insert into shop_events (tenant_id, kind) values ($1, 'order.placed')")
        .bind(other.0)
        .execute(server.db.pool())
        .await
        .unwrap();
    let heard = strange.said().await;
    assert_eq!(
        heard.data["order_id"],
        Value::Null,
        "its own event is the first it hears"
    );
}

#[tokio::test]
async fn h5_a_stream_ends_with_a_word_when_the_process_stops_or_its_time_is_up() {
    let (server, key) = open_shop(ApiSettings::default()).await;
    let mut client = Client::open(&server, "/v1/events", &key).await;
    client.said().await;
    server.shutdown.cancel();
    let last = client.said().await;
    assert_eq!(
        (last.event.as_str(), &last.data["reason"]),
        ("resume", &"stopping".into())
    );
    assert_eq!(client.next().await, None);
    timeout(Duration::from_secs(10), server.running)
        .await
        .expect("streams do not hold up a stop")
        .unwrap()
        .unwrap();

    let short = ApiSettings {
        stream_life: Duration::from_millis(50),
        streams_max: 1,
        ..ApiSettings::default()
    };
    let (server, key) = open_shop(short).await;
    let mut client = Client::open(&server, "/v1/jobs/events", &key).await;
    client.said().await;
    assert_eq!(client.said().await.data["reason"], "renew");
}

#[tokio::test]
async fn h5_there_are_only_so_many_streams_and_idle_ones_give_signs_of_life() {
    let settings = ApiSettings {
        streams_max: 1,
        stream_heartbeat: Duration::from_millis(20),
        ..ApiSettings::default()
    };
    let (server, key) = open_shop(settings).await;
    let mut client = Client::open(&server, "/v1/events", &key).await;
    client.said().await;
    let refused = Client::open(&server, "/v1/events", &key).await;
    assert!(refused.head.starts_with("HTTP/1.1 503"), "{}", refused.head);
    while client.line().await.expect("the stream goes on") != ":" {}
}

#[tokio::test]
async fn h5_jobs_that_end_are_told_by_their_outcome() {
    let (server, _) = open_shop(ApiSettings::default()).await;
    let key = key_with(&server.db, &["jobs:read", "jobs:write"]).await;
    let key = format!("authorization: Bearer {key}\r\n");
    let mut client = Client::open(&server, "/v1/jobs/events?outcome=cancelled", &key).await;
    client.said().await;
    sqlx::query("select queue.cancel(job_id) from queue.enqueue('audit', '{}')")
        .execute(server.db.pool())
        .await
        .unwrap();
    let message = client.said().await;
    assert_eq!(
        (message.event.as_str(), &message.data["kind"]),
        ("job.cancelled", &"audit".into())
    );
}

#[tokio::test]
async fn e4_a_link_shows_how_far_an_order_is_and_nothing_of_whom_it_is_for() {
    let api = Api::new().await;
    shop::open_shop(&api.db).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let placed = api.post("/v1/orders", &shop::an_order()).await;
        ids.push(placed.body["order_id"].as_i64().unwrap());
    }
    let give = async |id: i64| {
        let path = format!("/v1/orders/{id}/tokens");
        let given = api.post(&path, &json!({ "days": 1 })).await;
        assert_eq!(given.status, 201, "{}", given.text);
        given.body
    };
    let look = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        api.send(request).await
    };
    let given = give(ids[0]).await;
    let path = given["path"].as_str().unwrap();
    let shown = look(path).await;
    serde_json::from_str::<wire::LinkedOrders>(&shown.text).unwrap();
    let orders = shown.body["orders"].as_array().unwrap();
    assert_eq!(
        (orders.len(), &orders[0]["status"]),
        (1, &"confirmed".into())
    );
    for secret in [
        "Ama",
        "Mensah",
        "example.com",
        "0241234567",
        "1200",
        shop::BUNDLE,
    ] {
        assert!(!shown.text.contains(secret), "{secret} in {}", shown.text);
    }

    let revoke = format!("/v1/customer-tokens/{}", given["token_id"]);
    for _ in 0..2 {
        let request = api
            .request(Method::DELETE, &revoke)
            .body(Body::empty())
            .unwrap();
        assert_eq!(api.send(request).await.status, 204);
    }
    let stale = give(ids[1]).await;
    sqlx::query("update customer_tokens set expires_at = clock_now() where token_id = $1")
        .bind(stale["token_id"].as_i64())
        .execute(api.db.pool())
        .await
        .unwrap();
    for path in [
        path,
        stale["path"].as_str().unwrap(),
        "/v1/track/stt_1",
        "/v1/track/%ff",
    ] {
        assert_eq!(
            look(path).await.problem(),
            (404, "tracking_not_found"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn e4_there_are_no_links_to_what_is_not_there_or_for_ever() {
    let api = Api::new().await;
    for (path, refusal) in [
        ("/v1/orders/999/tokens", (404, "order_not_found")),
        ("/v1/customers/nobody/tokens", (404, "customer_not_found")),
    ] {
        assert_eq!(api.post(path, &json!({})).await.problem(), refusal);
        let long = api.post(path, &json!({ "days": 401 })).await;
        assert_eq!(long.problem(), (422, "validation_failed"));
    }
    let request = api.request(Method::DELETE, "/v1/customer-tokens/7");
    let answer = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.problem(), (404, "customer_token_not_found"));
}

/// Memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn h5_a_thousand_idle_streams_take_less_than_100_mb_with_their_clients() {
    let (server, key) = open_shop(ApiSettings::default()).await;
    let mut clients = vec![Client::open(&server, "/v1/events", &key).await];
    let before = resident();
    while clients.len() < 1000 {
        clients.push(Client::open(&server, "/v1/events", &key).await);
    }
    for client in &mut clients {
        client.said().await;
    }
    let taken = resident() - before;
    eprintln!("1000 idle streams and their clients: {} kB", taken / 1024);
    assert!(taken < 100_000_000, "{taken}");
    place(&server).await;
    for client in &mut clients {
        assert_eq!(client.said().await.event, "order.placed");
    }
}

#[tokio::test]
async fn e4_the_holder_of_a_link_hears_when_the_order_moves_and_of_no_other() {
    let (server, _) = open_shop(ApiSettings::default()).await;
    let (own, other) = (place(&server).await, place(&server).await);
    let (pool, day) = (server.db.pool(), Duration::from_secs(86_400));
    let link = customer_tokens::issue(pool, TenantId::SHOP, Subject::Order(own), day, "test");
    let token = link.await.unwrap().token;
    let path = format!("/v1/track/{}/events", token.expose_secret());
    let mut client = Client::open(&server, &path, "").await;
    client.said().await;
    for order_id in [other, own] {
        orders::cancel(pool, TenantId::SHOP, order_id, "ama", "no")
            .await
            .unwrap();
    }
    let told = client.said().await;
    assert_eq!(told.event, "order.cancelled");
    let fields: Vec<&String> = told.data.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["kind", "occurred_at", "order_number"]);
    let number = told.data["order_number"].as_str().unwrap();
    assert!(number.ends_with(&format!("{own:05}")), "{number}");
}
