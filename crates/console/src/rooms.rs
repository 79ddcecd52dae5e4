//! One module a noun. Each handler is: one call into `model`, one page.

pub mod templates;
pub mod webhooks;
