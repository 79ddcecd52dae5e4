//! What goes over the wire, as the OpenAPI document describes it.
//!
//! These types describe; they do not convert. Requests are parsed by `model` and `queue`, which
//! own the rules, and answers are their views. The tests hold both together: every answer must
//! read as its type here, without a field more or less.

mod events;
mod examples;
mod fraud;
mod health;
mod jobs;
mod legacy;
mod listing;
mod money;
mod notifications;
mod order;
mod order_changes;
mod orders;
mod problems;
mod queue;
mod returns;
mod routing;
mod rows;
mod stock;
mod stock_changes;
mod templates;
mod tickets;
mod track;
mod webhook_events;
mod webhooks;

pub use events::*;
pub use examples::*;
pub use fraud::*;
pub use health::*;
pub use jobs::*;
pub use legacy::*;
pub use listing::*;
pub use money::*;
pub use notifications::*;
pub use order::*;
pub use order_changes::*;
pub use orders::*;
pub use problems::*;
pub use queue::*;
pub use returns::*;
pub use routing::*;
pub use rows::*;
pub use stock::*;
pub use stock_changes::*;
pub use templates::*;
pub use tickets::*;
pub use track::*;
pub use webhook_events::*;
pub use webhooks::*;
