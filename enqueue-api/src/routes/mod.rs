//! One module a noun. Each handler is: parse, one call into `model` or `queue`, answer.

pub mod bulk_orders;
pub mod counts;
pub mod docs;
pub mod events;
pub mod fraud;
pub mod fulfillments;
pub mod health;
pub mod inventory;
pub mod job;
pub mod jobs;
pub mod legacy;
pub mod legacy_shipping;
pub mod listing;
pub mod lists;
pub mod maintenance;
pub mod order_changes;
pub mod order_errors;
pub mod order_list;
pub mod orders;
pub mod promotions;
pub mod query;
pub mod queue;
pub mod returns;
pub mod stock;
pub mod tickets;
pub mod track;
pub mod version;
pub mod waits;
pub mod wallets;
pub mod webhook_endpoints;
pub mod webhook_events;
pub mod webhooks;

pub(crate) mod idempotency;
mod page;
mod path_id;
