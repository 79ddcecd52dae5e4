//! The API from outside: requests in, answers and rows out.

#![allow(
    clippy::unwrap_used,
    reason = "an unwrap that panics is a test that fails"
)]

mod auth;
mod bad_input;
mod health;
mod idempotency;
mod jobs;
mod malformed;
mod openapi;
mod orders;
mod server;
mod shop;
mod support;
mod trace;
