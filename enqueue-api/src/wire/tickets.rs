//! Tickets.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A page of tickets.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketList {
    /// The rows.
    pub tickets: Vec<Ticket>,
    /// `after` of the next page; null: this is the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A failure that needs an owner.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// Its id.
    pub ticket_id: i64,
    /// What is the same whenever the same thing goes wrong; one ticket of it is open at a time.
    pub cause_key: String,
    /// `delivery`, `payment`, `stock`, `database`, `api` or `unknown`.
    pub category: String,
    /// `critical`, `high`, `medium` or `low`: the worst of all times it happened.
    pub severity: String,
    /// `open` or `resolved`.
    pub state: String,
    /// The cause in a line.
    pub summary: String,
    /// Facts of the last time it happened.
    #[schema(value_type = Object)]
    pub details: Value,
    /// The order that it last happened to.
    #[schema(required)]
    pub order_id: Option<i64>,
    /// The order's number.
    #[schema(required)]
    pub order_number: Option<String>,
    /// How often it happened.
    pub occurrences: i32,
    /// When it first happened.
    pub first_seen_at: DateTime<Utc>,
    /// When it last happened.
    pub last_seen_at: DateTime<Utc>,
    /// When it was resolved.
    #[schema(required)]
    pub resolved_at: Option<DateTime<Utc>>,
    /// Who resolved it; `system` when its cause went away.
    #[schema(required)]
    pub resolved_by: Option<String>,
    /// How.
    #[schema(required)]
    pub resolution: Option<String>,
    /// Its key in the outside ticket system.
    #[schema(required)]
    pub external_key: Option<String>,
    /// Where people find it there.
    #[schema(required)]
    pub external_url: Option<String>,
    /// Why the outside does not have it.
    #[schema(required)]
    pub sync_error: Option<String>,
}

/// How a ticket was settled.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "resolution": "the key is renewed" }))]
pub struct ResolveTicketRequest {
    /// How.
    #[schema(min_length = 1, max_length = 500)]
    pub resolution: Option<String>,
}
