//! Razorpay's refunds.
//!
//! Wire facts: the vendor's pages on refunds and on idempotent refunds
//! (`razorpay.com/docs/api/refunds`). The key stands in `X-Refund-Idempotency`, the same request
//! must come with it; our reference is the refund's receipt, too, by which it is found.

mod settings;

use std::time::Instant;

use async_trait::async_trait;
use reqwest::{RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::http::{Answer, Http};
use crate::vendor::{self, answered, join, sentence, told};
use crate::{
    Contact, IdempotencyKey, Journal, ProviderError, Refund, RefundProvider, RefundRequest,
    RefundStatus, SettingsError,
};
pub use settings::RazorpaySettings;

const CODE: &str = "razorpay";
/// Refunds that one list answers.
const LIST_MAX: &str = "100";

/// The Razorpay client.
pub struct Razorpay {
    http: Http,
    base: Url,
    key_id: String,
    key_secret: SecretString,
}

#[async_trait]
impl RefundProvider for Razorpay {
    fn code(&self) -> &'static str {
        CODE
    }

    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        journal.conceal(self.key_secret.expose_secret());
        let started = Instant::now();
        let query = [("count", "1")];
        let url = join(&self.base, "v1/refunds")?;
        let call = self.signed(self.http.client().get(url)).query(&query);
        let answer = self.http.send("ping", call, json!(query), journal).await;
        let result = told(answer).and_then(|answer| vendor::heard(&answer, "items"));
        self.http.ended(started, result, journal)
    }

    async fn refund(
        &self,
        wanted: &RefundRequest,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Refund, ProviderError> {
        journal.conceal(self.key_secret.expose_secret());
        let started = Instant::now();
        let result = self.place(wanted, key, contact, journal).await;
        self.http.ended(started, result, journal)
    }

    async fn look_up(
        &self,
        provider_refund_id: &str,
        journal: &mut Journal,
    ) -> Result<Refund, ProviderError> {
        journal.conceal(self.key_secret.expose_secret());
        let started = Instant::now();
        let url = join(&self.base, &format!("v1/refunds/{provider_refund_id}"))?;
        let call = self.signed(self.http.client().get(url));
        let sent = json!({"id": provider_refund_id});
        let answer = self.http.send("verify", call, sent, journal).await;
        let result = told(answer).and_then(|answer| found(&answer));
        self.http.ended(started, result, journal)
    }
}

impl Razorpay {
    /// Builds the provider when its key is set.
    ///
    /// # Errors
    /// [`SettingsError`] when the address is no URL, or the key's secret is missing.
    pub fn configured(settings: &RazorpaySettings) -> Result<Option<Self>, SettingsError> {
        let Some(key_id) = vendor::text(&settings.razorpay_key_id) else {
            return Ok(None);
        };
        let key_secret = vendor::filled(&settings.razorpay_key_secret);
        let base = vendor::base_url("RAZORPAY_API_URL", &settings.razorpay_api_url)?;
        let http = Http::new(CODE, &base, settings.razorpay_timeout)?;
        Ok(Some(Self {
            http: http.dry(settings.razorpay_dry_run),
            base,
            key_id: key_id.to_owned(),
            key_secret: vendor::required(key_secret, "RAZORPAY_KEY_SECRET", "RAZORPAY_KEY_ID")?,
        }))
    }

    async fn place(
        &self,
        wanted: &RefundRequest,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Refund, ProviderError> {
        if contact != Contact::First
            && let Some(refund) = self.find(wanted, key, journal).await?
        {
            return Ok(refund);
        }
        let body = json!({
            "amount": wanted.amount.amount,
            "speed": "normal",
            "receipt": key.as_str(),
            "notes": {"order_number": wanted.order_number},
        });
        let path = format!("v1/payments/{}/refund", wanted.provider_payment_id);
        let call = self.signed(self.http.client().post(join(&self.base, &path)?));
        let call = call
            .header("x-refund-idempotency", key.as_str())
            .json(&body);
        let answer = answered(self.http.send("submit", call, body, journal).await)?;
        if answer.status.is_success() {
            return refund(&vendor::json(&answer))
                .ok_or_else(|| ProviderError::unknown("the vendor's answer is not understood"));
        }
        Err(refusal(&answer))
    }

    /// The refund by our receipt, among those of the payment.
    async fn find(
        &self,
        wanted: &RefundRequest,
        key: &IdempotencyKey,
        journal: &mut Journal,
    ) -> Result<Option<Refund>, ProviderError> {
        let path = format!("v1/payments/{}/refunds", wanted.provider_payment_id);
        let query = [("count", LIST_MAX)];
        let call = self.signed(self.http.client().get(join(&self.base, &path)?));
        let call = call.query(&query);
        let answer = told(self.http.send("verify", call, json!(query), journal).await)?;
        let said = vendor::json(&answer);
        let Some(refunds) = said["items"]
            .as_array()
            .filter(|_| answer.status.is_success())
        else {
            let status = answer.status.as_u16();
            let message = format!("the refunds can't be listed: HTTP {status}");
            return Err(ProviderError::broken(None, message));
        };
        let is_ours = |refund: &&Value| refund["receipt"].as_str() == Some(key.as_str());
        Ok(refunds.iter().find(is_ours).and_then(refund))
    }

    fn signed(&self, call: RequestBuilder) -> RequestBuilder {
        call.basic_auth(&self.key_id, Some(self.key_secret.expose_secret()))
    }
}

fn found(answer: &Answer) -> Result<Refund, ProviderError> {
    let known = refund(&vendor::json(answer)).filter(|_| answer.status.is_success());
    known.ok_or_else(|| {
        let message = format!(
            "the refund can't be looked up: HTTP {}",
            answer.status.as_u16()
        );
        ProviderError::broken(None, message)
    })
}

fn refund(said: &Value) -> Option<Refund> {
    let status = match said["status"].as_str()? {
        "processed" => RefundStatus::Succeeded,
        "failed" => RefundStatus::Failed {
            reason: "failed at the bank".to_owned(),
        },
        _ => RefundStatus::Pending,
    };
    Some(Refund {
        provider_refund_id: said["id"].as_str()?.to_owned(),
        status,
    })
}

/// The vendor's own errors (PROVIDERS 1.2).
fn refusal(answer: &Answer) -> ProviderError {
    let said = vendor::json(answer);
    let text = |path: &str| {
        said.pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (code, description) = (text("/error/code"), sentence(text("/error/description")));
    let lower = description.to_ascii_lowercase();
    match (answer.status, code) {
        // The same refund is being made at this moment.
        (StatusCode::CONFLICT, _) => ProviderError::broken(answer.retry_after, description),
        (_, "SERVER_ERROR" | "GATEWAY_ERROR") => {
            ProviderError::broken(answer.retry_after, description)
        }
        // Our key stands for another request: what that one did, somebody has to find out.
        _ if lower.contains("idempotency key") => ProviderError::unknown(description),
        // Somebody tops up the account.
        _ if lower.contains("enough balance") || lower.contains("insufficient balance") => {
            ProviderError::transient(description)
        }
        (status, "") => ProviderError::rejected(format!("http_{}", status.as_u16()), description),
        (_, code) => ProviderError::rejected(code, description),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str, description: &str) -> &'static str {
        let error = json!({"error": {"code": code, "description": description}});
        refusal(&Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: None,
            headers: reqwest::header::HeaderMap::new(),
            body: error.to_string(),
        })
        .outcome()
    }

    #[test]
    fn f4_each_documented_error_is_transient_unknown_or_final() {
        let bad = "BAD_REQUEST_ERROR";
        let cases = [
            (
                400,
                bad,
                "The payment has been fully refunded already",
                "rejected",
            ),
            (400, bad, "The id provided does not exist", "rejected"),
            (
                400,
                bad,
                "Different request with the same idempotency key",
                "unknown",
            ),
            (
                400,
                bad,
                "Your account does not have enough balance",
                "transient",
            ),
            (409, bad, "Another refund is in progress", "transient"),
            (400, "GATEWAY_ERROR", "The gateway is down", "transient"),
        ];
        for (status, code, description, expected) in cases {
            assert_eq!(
                refused(status, code, description),
                expected,
                "{description}"
            );
        }
    }
}
