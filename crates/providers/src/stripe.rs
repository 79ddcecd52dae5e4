//! Stripe's refunds.
//!
//! Wire facts: the vendor's own OpenAPI description (`stripe/openapi`, `/v1/refunds`) and its
//! SDK for Node (retries, `Stripe-Should-Retry`). A key is remembered for a day at least; what is
//! older is found by our reference in the refund's metadata.

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
pub use settings::StripeSettings;

const CODE: &str = "stripe";
/// Refunds that one list answers.
const LIST_MAX: &str = "100";
/// The version whose answers are read here.
const VERSION: &str = "2026-07-29.dahlia";

/// The Stripe client.
pub struct Stripe {
    http: Http,
    base: Url,
    secret_key: SecretString,
}

#[async_trait]
impl RefundProvider for Stripe {
    fn code(&self) -> &'static str {
        CODE
    }

    /// The newest refund: a key that may only refund may list refunds, and not see the balance.
    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        journal.conceal(self.secret_key.expose_secret());
        let started = Instant::now();
        let query = [("limit", "1")];
        let url = join(&self.base, "v1/refunds")?;
        let call = self.signed(self.http.client().get(url)).query(&query);
        let answer = self.http.send("ping", call, json!(query), journal).await;
        let result = told(answer).and_then(|answer| vendor::heard(&answer, "data"));
        self.http.ended(started, result, journal)
    }

    async fn refund(
        &self,
        wanted: &RefundRequest,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Refund, ProviderError> {
        journal.conceal(self.secret_key.expose_secret());
        let started = Instant::now();
        let result = self.place(wanted, key, contact, journal).await;
        self.http.ended(started, result, journal)
    }

    async fn look_up(
        &self,
        provider_refund_id: &str,
        journal: &mut Journal,
    ) -> Result<Refund, ProviderError> {
        journal.conceal(self.secret_key.expose_secret());
        let started = Instant::now();
        let url = join(&self.base, &format!("v1/refunds/{provider_refund_id}"))?;
        let call = self.signed(self.http.client().get(url));
        let sent = json!({"id": provider_refund_id});
        let answer = self.http.send("verify", call, sent, journal).await;
        let result = told(answer).and_then(|answer| found(&answer));
        self.http.ended(started, result, journal)
    }
}

impl Stripe {
    /// Builds the provider when its key is set.
    ///
    /// # Errors
    /// [`SettingsError`] when the address is no URL.
    pub fn configured(settings: &StripeSettings) -> Result<Option<Self>, SettingsError> {
        let Some(secret_key) = vendor::filled(&settings.stripe_secret_key) else {
            return Ok(None);
        };
        let base = vendor::base_url("STRIPE_API_URL", &settings.stripe_api_url)?;
        let http = Http::new(CODE, &base, settings.stripe_timeout)?;
        Ok(Some(Self {
            http: http.dry(settings.stripe_dry_run),
            base,
            secret_key,
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
        let amount = wanted.amount.amount.to_string();
        let form = [
            (payment_field(wanted), wanted.provider_payment_id.as_str()),
            ("amount", amount.as_str()),
            ("reason", "requested_by_customer"),
            ("metadata[refund_reference]", key.as_str()),
            ("metadata[order_number]", wanted.order_number.as_str()),
        ];
        let url = join(&self.base, "v1/refunds")?;
        let call = self.signed(self.http.client().post(url));
        let call = call.header("idempotency-key", key.as_str()).form(&form);
        let answer = self.http.send("submit", call, json!(form), journal).await;
        let answer = answered(answer)?;
        if answer.status.is_success() {
            return refund(&vendor::json(&answer))
                .ok_or_else(|| ProviderError::unknown("the vendor's answer is not understood"));
        }
        Err(refusal(&answer))
    }

    /// The refund by our reference, among those of the payment.
    async fn find(
        &self,
        wanted: &RefundRequest,
        key: &IdempotencyKey,
        journal: &mut Journal,
    ) -> Result<Option<Refund>, ProviderError> {
        let payment = wanted.provider_payment_id.as_str();
        let query = [(payment_field(wanted), payment), ("limit", LIST_MAX)];
        let url = join(&self.base, "v1/refunds")?;
        let call = self.signed(self.http.client().get(url)).query(&query);
        let answer = self.http.send("verify", call, json!(query), journal).await;
        let answer = told(answer)?;
        let said = vendor::json(&answer);
        let Some(refunds) = said["data"]
            .as_array()
            .filter(|_| answer.status.is_success())
        else {
            let status = answer.status.as_u16();
            let message = format!("the refunds can't be listed: HTTP {status}");
            return Err(ProviderError::broken(None, message));
        };
        let is_ours = |refund: &&Value| {
            refund
                .pointer("/metadata/refund_reference")
                .and_then(Value::as_str)
                == Some(key.as_str())
        };
        Ok(refunds.iter().find(is_ours).and_then(refund))
    }

    fn signed(&self, call: RequestBuilder) -> RequestBuilder {
        call.bearer_auth(self.secret_key.expose_secret())
            .header("stripe-version", VERSION)
    }
}

/// Old payments are charges; all others are payment intents.
fn payment_field(wanted: &RefundRequest) -> &'static str {
    match wanted.provider_payment_id.starts_with("ch_") {
        true => "charge",
        false => "payment_intent",
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
    let reason = said["failure_reason"].as_str();
    let status = match said["status"].as_str()? {
        "succeeded" => RefundStatus::Succeeded,
        "failed" | "canceled" => RefundStatus::Failed {
            reason: reason.unwrap_or("without a reason").to_owned(),
        },
        // requires_action: the customer was asked by mail where the money is to go.
        _ => RefundStatus::Pending,
    };
    Some(Refund {
        provider_refund_id: said["id"].as_str()?.to_owned(),
        status,
    })
}

/// The vendor's own errors (PROVIDERS 1.1).
fn refusal(answer: &Answer) -> ProviderError {
    let said = vendor::json(answer);
    let error = &said["error"];
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    let (kind, code, message) = (text("type"), text("code"), sentence(&text("message")));
    match (answer.status, kind.as_str(), code.as_str()) {
        // The same refund is being made at this moment.
        (StatusCode::CONFLICT, ..) | (_, _, "lock_timeout" | "idempotency_key_in_use") => {
            ProviderError::broken(answer.retry_after, message)
        }
        // Our key stands for another request: what that one did, somebody has to find out.
        (_, "idempotency_error", _) => ProviderError::unknown(message),
        (_, "api_error", _) => ProviderError::broken(answer.retry_after, message),
        // Not about the refund: the account has to be topped up, or is limited.
        (_, _, "balance_insufficient" | "insufficient_funds" | "rate_limit") => {
            ProviderError::transient(message)
        }
        (status, _, "") => ProviderError::rejected(format!("http_{}", status.as_u16()), message),
        _ => ProviderError::rejected(code, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, kind: &str, code: &str) -> &'static str {
        let error = json!({"error": {"type": kind, "code": code, "message": "no"}});
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
        let cases = [
            (
                400,
                "invalid_request_error",
                "charge_already_refunded",
                "rejected",
            ),
            (400, "invalid_request_error", "charge_disputed", "rejected"),
            (404, "invalid_request_error", "resource_missing", "rejected"),
            (402, "card_error", "expired_card", "rejected"),
            (
                400,
                "invalid_request_error",
                "balance_insufficient",
                "transient",
            ),
            (400, "idempotency_error", "", "unknown"),
            (
                409,
                "idempotency_error",
                "idempotency_key_in_use",
                "transient",
            ),
            (400, "invalid_request_error", "lock_timeout", "transient"),
            (402, "api_error", "", "transient"),
        ];
        for (status, kind, code, expected) in cases {
            assert_eq!(
                refused(status, kind, code),
                expected,
                "{status} {kind} {code}"
            );
        }
    }

    #[test]
    fn f4_a_refund_is_over_only_when_the_vendor_says_so() {
        let status = |status: &str| refund(&json!({"id": "re_1", "status": status}));
        let is = |said: &str| status(said).map(|refund| refund.status);
        assert_eq!(is("succeeded"), Some(RefundStatus::Succeeded));
        assert_eq!(is("pending"), Some(RefundStatus::Pending));
        assert_eq!(is("requires_action"), Some(RefundStatus::Pending));
        assert!(matches!(is("failed"), Some(RefundStatus::Failed { .. })));
        assert!(matches!(is("canceled"), Some(RefundStatus::Failed { .. })));
        assert_eq!(refund(&json!({})), None);
    }
}
