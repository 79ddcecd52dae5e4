//! The database's side of Stevedore: how a process reaches it, how its schema gets there, and a
//! private server for a demo or a test run.
//!
//! * [`connect`] – a pool that comes up without a server and survives the server's restarts;
//! * [`install()`] – migrations, then `sql/`, in one transaction, safe to call from ten processes
//!   at once; [`check_installed`] only compares, and every role calls it when it starts;
//! * [`PrivateServer`] – a PostgreSQL server of our own that dies with us;
//! * [`SharedServer`] – one server for all test processes of a user, gone soon after the last.
//!
//! Nothing here knows an order or a job.

mod install;
mod pool;
mod private_server;
pub mod process;

mod settings;

pub use install::{
    CheckError, InstallError, InstallOptions, InstallReport, Migration, Object, Schema,
    check_installed, install,
};
pub use pool::{ConnectError, check_pooler, connect, meter_pool, options_of, wait_until_reachable};
pub use private_server::{
    Installation, PrivateServer, PrivateServerOptions, ServerError, SharedServer,
};
pub use settings::DatabaseSettings;
