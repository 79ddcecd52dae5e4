//! The worker from outside: real database, real HTTP, real SMTP.

mod cancel;
mod channels;
mod contract;
mod conversation;
mod gate;
mod held;
mod inbox;
mod labels;
mod mail;
mod notices;
mod orders;
mod pushes;
mod refunds;
mod shop;
mod tickets;
mod tokens;
mod tracking;
mod upkeep;
mod vendors;
mod webhooks;
