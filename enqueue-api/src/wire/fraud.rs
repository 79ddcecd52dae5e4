//! Fraud rules, the blocklist, and risk.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A shop's fraud rules.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FraudRules {
    /// From this risk score on an order waits for a person.
    pub hold_score: i64,
    /// The rules, by code.
    pub rules: Vec<FraudRule>,
}

/// What a rule looks at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RuleKind {
    HighValue,
    VelocityPhone,
    VelocityEmail,
    VelocityIp,
    AddressMismatch,
    Blocklist,
    Custom,
}

/// A fraud rule.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FraudRule {
    /// The shop's own name of it.
    pub rule_code: String,
    /// What it looks at.
    pub kind: RuleKind,
    /// From when on it matches, depending on the kind.
    #[schema(value_type = Object)]
    pub params: Value,
    /// What a match adds to an order's score.
    pub score: i64,
    /// Whether it is looked at.
    pub is_enabled: bool,
    /// What it is for.
    pub comment: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A rule to be made or changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "high_value",
    "params": { "currency": "GHS", "at_least": 500_000 },
    "score": 40,
    "is_enabled": true
}))]
pub struct FraudRuleRequest {
    /// What it looks at.
    pub kind: RuleKind,
    /// `high_value`: `currency`, `at_least`; `velocity_*`: `orders`, `minutes`;
    /// `address_mismatch`: `field` (`country`, `province`, `city`, `postal_code`); `custom`:
    /// `measure` (`units`, `lines`, `line_units`, `discount_percent`, `is_guest`,
    /// `is_new_customer`), `at_least`.
    #[schema(value_type = Object)]
    pub params: Option<Value>,
    /// What a match adds to an order's score.
    #[schema(minimum = 1, maximum = 100)]
    pub score: i64,
    /// Whether it is looked at; by default not.
    pub is_enabled: Option<bool>,
    /// What it is for.
    #[schema(min_length = 1, max_length = 1000)]
    pub comment: Option<String>,
}

/// What an order's risk score is made of.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRisk {
    /// The order.
    pub order_id: i64,
    /// Its state now.
    pub order_status: String,
    /// 0 to 100; null: it was not screened.
    pub risk_score: Option<i64>,
    /// From this score on it waits for a person.
    pub hold_score: i64,
    /// The rules that matched, the heaviest first.
    pub reasons: Vec<RiskReason>,
}

/// A rule that an order matched.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskReason {
    /// The rule.
    pub rule_code: String,
    /// What it added.
    pub score: i64,
    /// Why it matched, in words.
    pub detail: String,
    /// What the rule is for.
    pub comment: Option<String>,
    /// When the order was screened.
    pub created_at: DateTime<Utc>,
}

/// By what somebody is blocked.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum BlockKind {
    Phone,
    Email,
    EmailDomain,
    Ip,
    Customer,
}

/// Who is blocked.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Blocklist {
    /// The rows.
    pub entries: Vec<Blocked>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// Somebody who is blocked.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    /// By what.
    pub kind: BlockKind,
    /// Whom, lower case.
    pub value: String,
    /// Why.
    pub reason: String,
    /// Until when; null: for ever.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who wrote it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Why somebody is blocked.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "charged back twice" }))]
pub struct BlockRequest {
    /// For people.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// Until when; by default for ever.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What came of unblocking.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unblocked {
    /// Whether there was such an entry.
    pub removed: bool,
}
