//! The console from outside: what a browser sends, and what it gets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod sessions;
mod templates;
mod webhooks;
