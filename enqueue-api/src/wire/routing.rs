//! Where an order's lines go.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an order's lines go, and why.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRoute {
    /// The order.
    pub order_id: i64,
    /// Its number.
    pub order_number: String,
    /// Where it goes, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Its lines.
    pub lines: Vec<LineRoute>,
}

/// Where one line goes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineRoute {
    /// The line.
    pub order_item_id: i64,
    /// Its SKU.
    pub sku: String,
    /// In the order in which they are tried; null: nothing of the line is left to deliver.
    pub candidates: Option<Vec<RouteCandidate>>,
    /// What was asked of whom.
    pub fulfillments: Vec<RoutedFulfillment>,
}

/// Somebody who may fulfil a line.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteCandidate {
    /// From 1.
    pub place: i64,
    /// The provider; `manual`: a person.
    pub provider: String,
    /// The provider's service.
    pub service: Option<String>,
    /// Which of our accounts there.
    pub account: String,
    /// By which rule; null: the variant's own provider.
    pub routing_rule_id: Option<i64>,
    /// `closed`: calls go there; `open`, `half_open`: it is down, and others go first.
    pub breaker: String,
    /// Why it is down.
    pub last_error: Option<String>,
}

/// A fulfilment of a line.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutedFulfillment {
    /// The fulfilment.
    pub fulfillment_id: i64,
    /// Who was asked.
    pub provider: String,
    /// The provider's service.
    pub service: Option<String>,
    /// Which of our accounts there.
    pub account: String,
    /// Its state.
    pub status: String,
    /// The fulfilment whose provider was down, in whose place this is.
    pub replaces_id: Option<i64>,
}

/// The rules.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingRules {
    /// In the order in which they are tried.
    pub rules: Vec<RoutingRule>,
}

/// Who may fulfil what; what is left out fits everything.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "priority": 10, "product_kind": "physical", "countries": ["GB", "IE"],
    "provider_code": "prodigi", "note": "prints from Britain"
}))]
pub struct RoutingRuleRequest {
    /// Who fulfils: a provider's code, `warehouse`, or `manual` for a person.
    #[schema(pattern = "^[a-z][a-z0-9_-]{0,39}$")]
    pub provider_code: String,
    /// Lowest first; 100 if it is not said.
    #[schema(minimum = 0, maximum = 10000)]
    pub priority: Option<i64>,
    /// `physical` or `digital`.
    #[schema(pattern = "^(physical|digital)$")]
    pub product_kind: Option<String>,
    /// Destinations, ISO 3166-1 alpha-2.
    #[schema(min_items = 1, max_items = 250)]
    pub countries: Option<Vec<String>>,
    /// From this weight on, grams, of all physical goods of the order.
    #[schema(minimum = 0, maximum = 2147483647)]
    pub weight_min_g: Option<i64>,
    /// Below this weight.
    #[schema(minimum = 1, maximum = 2147483647)]
    pub weight_max_g: Option<i64>,
    /// From this value on, minor units.
    #[schema(minimum = 0, maximum = 1000000000000i64)]
    pub value_min: Option<i64>,
    /// Below this value.
    #[schema(minimum = 1, maximum = 1000000000000i64)]
    pub value_max: Option<i64>,
    /// ISO 4217 code of the values.
    #[schema(min_length = 3, max_length = 3)]
    pub currency: Option<String>,
    /// The provider's service, by its own name.
    #[schema(min_length = 1, max_length = 100)]
    pub service: Option<String>,
    /// Which of our accounts there; `default` if it is not said.
    #[schema(min_length = 1, max_length = 100)]
    pub account: Option<String>,
    /// Whether it counts; true if it is not said.
    pub is_enabled: Option<bool>,
    /// Why it is there, for people.
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// A routing rule.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingRule {
    /// Its id; decides between equal priorities.
    pub routing_rule_id: i64,
    /// Lowest first.
    pub priority: i64,
    /// `physical` or `digital`; null: both.
    pub product_kind: Option<String>,
    /// Destinations; null: everywhere.
    pub countries: Option<Vec<String>>,
    /// From this weight on, grams.
    pub weight_min_g: Option<i64>,
    /// Below this weight.
    pub weight_max_g: Option<i64>,
    /// From this value on, minor units.
    pub value_min: Option<i64>,
    /// Below this value.
    pub value_max: Option<i64>,
    /// ISO 4217 code of the values.
    pub currency: Option<String>,
    /// Who fulfils.
    pub provider_code: String,
    /// The provider's service.
    pub service: Option<String>,
    /// Which of our accounts there.
    pub account: String,
    /// Whether it counts.
    pub is_enabled: bool,
    /// Why it is there.
    pub note: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Outside systems.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Providers {
    /// By provider and account.
    pub providers: Vec<ProviderState>,
}

/// What the fleet knows of an outside system.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderState {
    /// Code of the provider or carrier.
    pub provider: String,
    /// Which of our accounts there.
    pub account: String,
    /// `closed` (calls go there), `open` (none do), `half_open` (one tries).
    pub state: String,
    /// Failures in a row.
    pub failures: i64,
    /// Since when it is not closed.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it is tried again.
    pub probe_at: Option<DateTime<Utc>>,
    /// It asked for patience until then.
    pub paused_until: Option<DateTime<Utc>>,
    /// What the last failure said.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<DateTime<Utc>>,
    /// When its state last changed.
    pub changed_at: DateTime<Utc>,
    /// Calls a second; null: no limit of ours.
    pub per_second: Option<f64>,
    /// Calls at once.
    pub burst: Option<i64>,
}
