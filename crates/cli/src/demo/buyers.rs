//! The demo's buyers: they know the API and nothing else, and behave as [`Scenario`] says.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::plan::{CATALOGUE, HOT_SKU, Scenario};

/// How long a buyer keeps trying while the API cannot answer (it or its database restarts).
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries, unless the API names a time.
const RETRY_DELAY: Duration = Duration::from_millis(100);
/// A try that takes longer is given up; the next one carries the same Idempotency-Key.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What became of one attempt to buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bought {
    /// There is an order.
    Placed { order_id: i64 },
    /// The API named what is wrong with the request.
    Rejected,
    /// The API said that there is not enough left.
    OutOfStock,
}

/// The way to the shop.
#[derive(Clone)]
pub struct Shop {
    client: reqwest::Client,
    url: String,
    keys: Keys,
}

/// Who may do what at the API.
#[derive(Clone)]
pub struct Keys {
    /// Of the web shop: places and cancels.
    pub web: SecretString,
    /// Of the back office: confirms that the money is there.
    pub office: SecretString,
}

impl Shop {
    /// A shop at `url`.
    pub fn new(url: &str, keys: Keys) -> anyhow::Result<Shop> {
        let client = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .build()?;
        Ok(Shop {
            client,
            url: url.to_owned(),
            keys,
        })
    }

    /// Buyer `number` does what `scenario` says.
    pub async fn buy(&self, number: usize, scenario: Scenario) -> anyhow::Result<Bought> {
        let order = order(number, scenario);
        let bought = match scenario {
            Scenario::SentTwice => {
                let (first, second) =
                    tokio::try_join!(self.place(number, &order), self.place(number, &order))?;
                ensure!(
                    first == second,
                    "one Idempotency-Key, two answers: {first:?}, {second:?}"
                );
                first
            }
            _ => self.place(number, &order).await?,
        };
        if let Bought::Placed { order_id } = bought {
            match scenario {
                Scenario::Prepaid => {
                    self.tell(&self.keys.office, order_id, "confirm", json!({}))
                        .await?;
                }
                Scenario::CancelledPending | Scenario::CancelledMidway => {
                    self.tell(
                        &self.keys.web,
                        order_id,
                        "cancel",
                        json!({"reason": "changed my mind"}),
                    )
                    .await?;
                }
                _ => {}
            }
        }
        Ok(bought)
    }

    async fn place(&self, number: usize, order: &Value) -> anyhow::Result<Bought> {
        let request = self
            .client
            .post(format!("{}/v1/orders", self.url))
            .header("Idempotency-Key", format!("demo-{number}"))
            .json(order);
        let answer = self.answer(&self.keys.web, request).await?;
        let status = answer.status();
        let body: Value = answer.json().await.context("the API's answer is no JSON")?;
        match (status, body["code"].as_str()) {
            (StatusCode::CREATED, _) => {
                let order_id = body["order_id"]
                    .as_i64()
                    .context("an order without an order_id")?;
                Ok(Bought::Placed { order_id })
            }
            (_, Some("out_of_stock")) => Ok(Bought::OutOfStock),
            (StatusCode::UNPROCESSABLE_ENTITY, _) => Ok(Bought::Rejected),
            _ => bail!("POST /v1/orders answered {status}: {body}"),
        }
    }

    /// Confirms or cancels. A cancellation may come too late (409): then the order goes on.
    async fn tell(
        &self,
        key: &SecretString,
        order_id: i64,
        verb: &str,
        body: Value,
    ) -> anyhow::Result<()> {
        let path = format!("/v1/orders/{order_id}/{verb}");
        let request = self.client.post(format!("{}{path}", self.url)).json(&body);
        let answer = self.answer(key, request).await?;
        let status = answer.status();
        if status.is_success() || (verb == "cancel" && status == StatusCode::CONFLICT) {
            return Ok(());
        }
        bail!("POST {path} answered {status}: {}", answer.text().await?)
    }

    /// Sends until there is an answer that is about the request. The tries are one request to the
    /// API, since they carry the same key; confirming and cancelling twice is as good as once.
    async fn answer(
        &self,
        key: &SecretString,
        request: RequestBuilder,
    ) -> anyhow::Result<Response> {
        let start = tokio::time::Instant::now();
        loop {
            let again = request.try_clone().expect("the body is in memory");
            let (delay, reason) = match again.bearer_auth(key.expose_secret()).send().await {
                Ok(answer) if !is_worth_a_retry(&answer) => return Ok(answer),
                Ok(answer) => (
                    retry_after(&answer),
                    format!("it answered {}", answer.status()),
                ),
                Err(error) => (RETRY_DELAY, format!("{:#}", anyhow::Error::from(error))),
            };
            ensure!(
                start.elapsed() < PATIENCE,
                "the API did not answer for {PATIENCE:?}: {reason}"
            );
            tokio::time::sleep(delay).await;
        }
    }
}

/// True for "not now", false for "not like this". 409 with Retry-After: the same key is in flight.
fn is_worth_a_retry(answer: &Response) -> bool {
    answer.status().is_server_error()
        || (answer.status() == StatusCode::CONFLICT && answer.headers().contains_key("Retry-After"))
}

fn retry_after(answer: &Response) -> Duration {
    let seconds = answer
        .headers()
        .get("Retry-After")
        .and_then(|value| value.to_str().ok());
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(0);
    RETRY_DELAY.max(Duration::from_secs(seconds))
}

/// The order of buyer `number`: sold on credit, so fulfilled at once, unless it is paid beforehand.
fn order(number: usize, scenario: Scenario) -> Value {
    let plain = |offset: usize| CATALOGUE[1 + (number + offset) % (CATALOGUE.len() - 1)].sku;
    let skus = match scenario {
        Scenario::Hot => vec![HOT_SKU],
        Scenario::TwoLines => vec![plain(0), plain(1)],
        _ => vec![plain(0)],
    };
    let phone = phone(number, scenario);
    let lines: Vec<Value> = skus
        .iter()
        .map(|sku| json!({"sku": sku, "quantity": 1, "recipient_phone": phone}))
        .collect();
    let prepaid = matches!(scenario, Scenario::Prepaid | Scenario::CancelledPending);
    json!({
        "customer": {
            "name": format!("Buyer {number}"),
            "email": format!("buyer-{number}@example.com"),
            "phone": "+233240000000",
        },
        "currency": "GHS",
        "payment_method": if prepaid { "mobile_money" } else { "cod" },
        "lines": lines,
    })
}

/// The recipient's number: some are magic to the simulator (`stevedore_simulator::MAGIC_NUMBERS`).
fn phone(number: usize, scenario: Scenario) -> String {
    match scenario {
        Scenario::MalformedPhone => "not a number".to_owned(),
        Scenario::RefusedNumber => "0270000422".to_owned(),
        Scenario::ProviderError => "0270000500".to_owned(),
        Scenario::LostAnswer => "0270000504".to_owned(),
        _ => format!("024{number:07}"),
    }
}
