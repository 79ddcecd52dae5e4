//! Orders and stock against a real PostgreSQL, each test in a database of its own.

#![expect(clippy::unwrap_used, reason = "a test that can not go on panics")]

mod analytics;
mod archive;
mod backorders;
mod buyers;
mod doctor;
mod doctor_server;
mod edits;
mod events;
mod forecasts;
mod fraud;
mod fulfilling;
mod gauges;
mod goods;
mod guards;
mod holds;
mod idempotency;
mod interleavings;
mod keys;
mod labels;
mod legacy;
mod notices;
mod parcels;
mod payments;
mod picking;
mod pictures;
mod places;
mod placing;
mod placing_many;
mod plans;
mod promotions;
mod races;
mod records;
mod restock;
mod retention_page;
mod returns;
mod roles;
mod row_security;
mod shop;
mod states;
mod stock;
mod tickets;
mod units;
mod upkeep;
mod wallets;
