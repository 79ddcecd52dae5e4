//! The API from outside: requests in, answers and rows out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admission;
mod auth;
mod bad_input;
mod bulk_orders;
mod csv;
mod events;
mod health;
mod idempotency;
mod if_match;
mod job_flows;
mod jobs;
mod keyed_jobs;
mod keyed_posts;
mod legacy;
mod limits;
mod lists;
mod maintenance;
mod malformed;
mod money;
mod notifications;
mod openapi;
mod order_changes;
mod orders;
mod pages;
mod queue;
mod routing;
mod senders;
mod server;
mod shop;
mod signing;
mod stock;
mod stock_changes;
mod streams;
mod support;
mod tags;
mod templates;
mod tickets;
mod trace;
mod webhook_endpoints;
mod webhooks;
