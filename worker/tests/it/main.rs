//! The worker from outside: real database, real HTTP, real SMTP.

mod conversation;
mod mail;
mod notices;
