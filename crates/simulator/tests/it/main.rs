//! The sandboxes, spoken to as a vendor's client would: raw HTTP and real SMTP.

mod at_ishare;
mod mail;
mod webhooks;
