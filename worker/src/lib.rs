//! The worker: takes jobs from the queue and does the slow, failing, outside work of orders.
//!
//! To read it: [`jobs`] lists the kinds, each in a file of its own; [`environment`] is everything
//! that a job may touch; [`jobs::outcome`] alone decides what an outside answer means for a job.

mod contradictions;
pub mod conversation;
pub mod environment;
pub mod gate;
pub mod jobs;
mod monitor;
pub mod notifiers;
mod parcels;
mod serve;
pub mod settings;
pub mod tickets;
pub mod tokens;
pub mod webhooks;

pub use contradictions::contradictions;
pub use environment::{Environment, EnvironmentError};
pub use serve::run;
pub use settings::WorkerSettings;
