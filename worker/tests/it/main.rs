//! The worker from outside: real database, real HTTP, real SMTP.

mod cancel;
mod channels;
mod chaos;
mod contract;
mod conversation;
mod gate;
mod held;
mod inbox;
mod labels;
mod mail;
mod mortal;
mod orders;
mod outage;
mod pushes;
mod refunds;
mod routing;
mod shop;
mod tickets;
mod tokens;
mod tracking;
mod upkeep;
mod vendors;
mod webhooks;
