//! The list of job kinds, one file each.
//!
//! **To add a kind**: write `<kind>.rs` and add one line to `kinds!`.

pub mod buy_label;
pub mod cancel_fulfillment;
pub mod clean_up;
pub mod deliver_webhook;
pub mod expire_reservations;
pub mod feed_webhooks;
pub mod fill_backorders;
pub mod fulfil_order;
pub mod ingest_webhook;
pub mod outcome;
pub mod poll_tracking;
pub mod probe_provider;
pub mod refresh_analytics;
pub mod refund_payment;
pub mod send_notification;
pub mod sync_ticket;
pub mod void_label;

use serde::de::DeserializeOwned;
use stevedore_queue::{Job, RunnerBuilder};

use crate::environment::Environment;
use crate::notifiers::tell_outside;

use buy_label::BuyLabel;
use cancel_fulfillment::CancelFulfillment;
use clean_up::CleanUp;
use deliver_webhook::DeliverWebhook;
use expire_reservations::ExpireReservations;
use feed_webhooks::FeedWebhooks;
use fill_backorders::FillBackorders;
use fulfil_order::FulfilOrder;
use ingest_webhook::IngestWebhook;
use poll_tracking::PollTracking;
use probe_provider::ProbeProvider;
use refresh_analytics::RefreshAnalytics;
use refund_payment::RefundPayment;
use send_notification::SendNotification;
use sync_ticket::SyncTicket;
use void_label::VoidLabel;

/// One line per kind: its type, and when this process has what it needs to run it. A kind that
/// can't run here is not registered, so its jobs wait for a worker that can.
macro_rules! kinds {
    ($($Job:ty, $needs:expr;)*) => {
        /// Every kind there is, whether or not this process can run it.
        pub const KINDS: &[&str] = &[$(<$Job>::KIND),*];

        /// Adds to the worker every kind that it can run.
        #[must_use]
        pub fn register(
            mut builder: RunnerBuilder<Environment>,
            env: &Environment,
        ) -> RunnerBuilder<Environment> {
            $(
                let needs: fn(&Environment) -> Result<(), &'static str> = $needs;
                match needs(env) {
                    Ok(()) => builder = builder.register::<$Job>(),
                    Err(missing) => tracing::warn!(
                        job.kind = <$Job>::KIND,
                        "jobs of this kind wait for another worker: {missing}",
                    ),
                }
            )*
            builder
        }

        /// Whether these arguments are what the handler of this kind takes; none: no such kind.
        #[must_use]
        pub fn decodes(kind: &str, args: &serde_json::Value) -> Option<bool> {
            match kind {
                $(<$Job>::KIND => Some(is_a::<$Job>(args)),)*
                _ => None,
            }
        }
    };
}

kinds! {
    FulfilOrder, |env| needs(!env.providers.is_empty(), "no provider is configured");
    CancelFulfillment, |env| needs(!env.providers.is_empty(), "no provider is configured");
    BuyLabel, |env| needs(!env.carriers.is_empty(), "no carrier is configured");
    VoidLabel, |env| needs(!env.carriers.is_empty(), "no carrier is configured");
    RefundPayment, |env| needs(!env.refund_providers.is_empty(), "no refunds are configured");
    PollTracking, |env| needs(!env.carriers.is_empty(), "no carrier is configured");
    SendNotification, |env| needs(tell_outside(&env.notifiers), "no channel is configured");
    ProbeProvider, |env| needs(!env.providers.is_empty(), "no provider is configured");
    SyncTicket, |_| Ok(());
    FeedWebhooks, |_| Ok(());
    DeliverWebhook, |_| Ok(());
    IngestWebhook, |_| Ok(());
    ExpireReservations, |_| Ok(());
    FillBackorders, |_| Ok(());
    CleanUp, |_| Ok(());
    RefreshAnalytics, |_| Ok(());
}

fn needs(has_it: bool, missing: &'static str) -> Result<(), &'static str> {
    if has_it { Ok(()) } else { Err(missing) }
}

fn is_a<J: DeserializeOwned>(args: &serde_json::Value) -> bool {
    J::deserialize(args).is_ok()
}
