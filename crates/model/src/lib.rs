//! The domain's words and rows: orders, stock, fulfilments, notices, keys.
//!
//! Plain types, and plain functions with one SQL file each (`sql/queries/<table>/<verb>.sql`).
//! The caller owns the connection and the transaction; nothing here opens either, waits, or
//! decides policy. What must hold whoever writes is held by the database itself (`sql/triggers`).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub mod analytics;
pub mod api_keys;
pub mod archive;
pub mod blocklist;
pub mod books;
pub mod catalog;
mod clean;
pub mod console_sessions;
pub mod customer_tokens;
pub mod customers;
pub mod doctor;
pub mod edits;
pub mod events;
pub mod fraud;
pub mod fulfillments;
pub mod gauges;
pub mod health;
pub mod idempotency;
pub mod inbox;
pub mod inventory;
pub mod keyed_jobs;
pub mod labels;
pub mod lists;
pub mod notifications;
pub mod orders;
pub mod payments;
pub mod picking;
pub mod problems;
pub mod promotions;
pub mod provider_gates;
pub mod provider_tokens;
pub mod refunds;
mod refusals;
pub mod retention;
pub mod returns;
pub mod routing;
mod secrets;
pub mod shipments;
mod sqlstate;
pub mod stock;
pub mod tickets;
pub mod tracking;
pub mod wallets;
pub mod webhooks;
pub mod words;

/// The shop that a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(pub Uuid);

impl TenantId {
    /// The only shop of a database that serves a single one.
    pub const SHOP: TenantId = TenantId(Uuid::from_u128(1));
}

impl std::fmt::Display for TenantId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}
