//! The worker's settings. The documentation of a field is its `--help`.

use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use stevedore_model::retention::Retention;
use stevedore_providers::{LabelFormat, ProviderSettings, PublicUrl, TwilioSettings};

use crate::notifiers::EmailSettings;
use crate::tickets::TicketSettings;
use crate::webhooks::OutboundWebhookSettings;

/// Everything that an operator may set about a worker.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Worker")]
pub struct WorkerSettings {
    /// This worker's name in the database and in logs; by default the host's name and
    /// the process id
    #[arg(long = "name", env = "WORKER_NAME", value_name = "NAME")]
    pub worker_name: Option<String>,

    /// Queues to take jobs from, separated by commas; empty means all that this worker has kinds
    /// for. Queues of this release: fulfilment, payments, notifications, webhooks, maintenance
    #[arg(
        long = "queues",
        env = "WORKER_QUEUES",
        value_name = "QUEUES",
        value_delimiter = ','
    )]
    pub worker_queues: Vec<String>,

    /// Jobs that run at the same time. Jobs wait for the network nearly all their time, so this may
    /// be far above the number of cores; each running job needs a database connection now and then
    #[arg(
        long = "concurrency",
        env = "WORKER_CONCURRENCY",
        value_name = "COUNT",
        default_value = "32"
    )]
    pub worker_concurrency: NonZeroUsize,

    /// The measure of a worker's signs of life. The jobs of a dead worker start elsewhere within
    /// twice this. An idle fleet gives few: about fifteen statements a minute in all with 5s
    #[arg(long = "heartbeat", env = "WORKER_HEARTBEAT", value_name = "DURATION",
        default_value = "5s", value_parser = humantime::parse_duration)]
    pub worker_heartbeat: Duration,

    /// Longest pause between two looks for jobs of a worker that does not listen
    #[arg(long = "poll-max", env = "WORKER_POLL_MAX", value_name = "DURATION", default_value = "2s",
        value_parser = humantime::parse_duration)]
    pub worker_poll_max: Duration,

    /// Hear of new jobs by LISTEN. Set to false behind a pooler in transaction mode: jobs are then
    /// found by polling, a few statements a second from each worker
    #[arg(long = "listen", env = "WORKER_LISTEN", value_name = "BOOL", default_value_t = true,
        action = clap::ArgAction::Set)]
    pub worker_listen: bool,

    /// How long running jobs may go on after the worker was told to stop; then they go to others.
    /// Keep it a few seconds below your supervisor's own limit (Kubernetes waits 30s)
    #[arg(long = "grace", env = "WORKER_GRACE", value_name = "DURATION", default_value = "25s",
        value_parser = humantime::parse_duration)]
    pub worker_grace: Duration,

    /// Where /metrics, /live and /ready are served; port 0 takes a free one
    #[arg(
        long = "admin-bind",
        env = "WORKER_ADMIN_BIND",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:9464"
    )]
    pub worker_admin_bind: SocketAddr,

    /// How fulfilment goes.
    #[command(flatten)]
    pub fulfilment: FulfilmentSettings,

    /// How the own warehouse sends.
    #[command(flatten)]
    pub labels: LabelSettings,

    /// How refunds go.
    #[command(flatten)]
    pub refunds: RefundSettings,

    /// How notices go.
    #[command(flatten)]
    pub notices: NoticeSettings,

    /// How events of providers are processed.
    #[command(flatten)]
    pub inbox: WebhookJobSettings,

    /// What runs by itself, and how long things are kept.
    #[command(flatten)]
    pub upkeep: UpkeepSettings,

    /// The providers.
    #[command(flatten)]
    pub providers: ProviderSettings,

    /// The outside ticket system.
    #[command(flatten)]
    pub tickets: TicketSettings,

    /// Webhooks to the shop's own apps.
    #[command(flatten)]
    pub webhooks: OutboundWebhookSettings,

    /// The mail relay.
    #[command(flatten)]
    pub email: EmailSettings,

    /// SMS and WhatsApp.
    #[command(flatten)]
    pub twilio: TwilioSettings,
}

/// Attempts and waits of fulfilments.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Fulfilment")]
pub struct FulfilmentSettings {
    /// Attempts at a provider in all. After the last one the order is put on hold for a person
    #[arg(
        long,
        env = "FULFILMENT_ATTEMPTS",
        value_name = "COUNT",
        default_value = "3"
    )]
    pub fulfilment_attempts: NonZeroU16,

    /// Waits before the second attempt, the third, and so on, separated by commas; the last one
    /// repeats. A provider's Retry-After goes before them
    #[arg(long, env = "FULFILMENT_RETRY_DELAYS", value_name = "DURATIONS",
        default_value = "5m,15m,1h", value_delimiter = ',',
        value_parser = humantime::parse_duration)]
    pub fulfilment_retry_delays: Vec<Duration>,

    /// How often a provider is asked about an order that it accepted and has not delivered yet
    #[arg(long, env = "FULFILMENT_ASK_AGAIN", value_name = "DURATION", default_value = "15s",
        value_parser = humantime::parse_duration)]
    pub fulfilment_ask_again: Duration,

    /// How long an accepted order may stay in progress before a person looks. It is never taken
    /// for delivered
    #[arg(long, env = "FULFILMENT_PATIENCE", value_name = "DURATION", default_value = "24h",
        value_parser = humantime::parse_duration)]
    pub fulfilment_patience: Duration,

    /// How long a provider is down before what it was not asked for yet goes to the next provider
    /// of its route, where there is one
    #[arg(long, env = "FULFILMENT_FAIL_OVER_AFTER", value_name = "DURATION",
        default_value = "10m", value_parser = humantime::parse_duration)]
    pub fulfilment_fail_over_after: Duration,

    /// Longest time for one attempt with all its calls
    #[arg(long, env = "FULFILMENT_TIMEOUT", value_name = "DURATION", default_value = "2m",
        value_parser = humantime::parse_duration)]
    pub fulfilment_timeout: Duration,
}

/// Which service of a carrier is best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Prefer {
    /// The lowest price; of the same, the fewest days.
    Cheapest,
    /// The fewest days; of the same, the lowest price.
    Fastest,
}

/// Labels of the own warehouse.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Labels of the own warehouse")]
pub struct LabelSettings {
    /// Which of the shop's carrier_services takes a parcel that names none: cheapest or fastest
    #[arg(long, env = "LABEL_PREFER", value_enum, default_value = "cheapest")]
    pub label_prefer: Prefer,

    /// What is printed: zpl for label printers, pdf for pages
    #[arg(long, env = "LABEL_FORMAT", value_enum, default_value = "zpl")]
    pub label_format: LabelFormat,
}

/// Attempts and waits of refunds.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Refunds")]
pub struct RefundSettings {
    /// Attempts at asking a provider for a refund in all. After the last one a person has to look
    #[arg(
        long,
        env = "REFUND_ATTEMPTS",
        value_name = "COUNT",
        default_value = "8"
    )]
    pub refund_attempts: NonZeroU16,

    /// Waits before the second attempt, the third, and so on, separated by commas; the last one
    /// repeats. All of them within a day, for as long as Stripe remembers a key
    #[arg(long, env = "REFUND_RETRY_DELAYS", value_name = "DURATIONS",
        default_value = "30s,2m,10m,30m,1h", value_delimiter = ',',
        value_parser = humantime::parse_duration)]
    pub refund_retry_delays: Vec<Duration>,

    /// First wait before a refund that banks are at is asked for again; it doubles up to six hours
    #[arg(long, env = "REFUND_ASK_AGAIN", value_name = "DURATION", default_value = "10m",
        value_parser = humantime::parse_duration)]
    pub refund_ask_again: Duration,

    /// Longest time for one attempt with all its calls
    #[arg(long, env = "REFUND_TIMEOUT", value_name = "DURATION", default_value = "3m",
        value_parser = humantime::parse_duration)]
    pub refund_timeout: Duration,
}

/// Attempts and waits of notices.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Notices")]
pub struct NoticeSettings {
    /// Attempts at sending a notice in all; a permanent refusal ends it at once
    #[arg(
        long,
        env = "NOTICE_ATTEMPTS",
        value_name = "COUNT",
        default_value = "10"
    )]
    pub notice_attempts: NonZeroU16,

    /// Wait before the second attempt; doubled for each further one
    #[arg(long, env = "NOTICE_RETRY_DELAY", value_name = "DURATION", default_value = "30s",
        value_parser = humantime::parse_duration)]
    pub notice_retry_delay: Duration,

    /// Longest wait between two attempts
    #[arg(long, env = "NOTICE_RETRY_DELAY_MAX", value_name = "DURATION", default_value = "1h",
        value_parser = humantime::parse_duration)]
    pub notice_retry_delay_max: Duration,

    /// A folder with templates of your own, `<locale>/<kind>.jinja`; what it does not have is
    /// taken from the built-in ones. `stevedore templates list` shows what there is
    #[arg(long, env = "NOTICE_TEMPLATES", value_name = "FOLDER")]
    pub notice_templates: Option<PathBuf>,

    /// Where PagerDuty takes events; accounts in Europe have
    /// `https://events.eu.pagerduty.com/v2/enqueue`
    #[arg(
        long,
        env = "PAGERDUTY_URL",
        value_name = "URL",
        default_value = "https://events.pagerduty.com/v2/enqueue"
    )]
    pub pagerduty_url: String,

    /// Where links in notices lead.
    #[command(flatten)]
    pub public: PublicUrl,
}

/// Attempts and waits of events that providers sent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Webhooks")]
pub struct WebhookJobSettings {
    /// Attempts at an event in all. After the last one it is dead, until somebody replays it
    #[arg(
        long,
        env = "WEBHOOK_ATTEMPTS",
        value_name = "COUNT",
        default_value = "10"
    )]
    pub webhook_attempts: NonZeroU16,

    /// Wait before the second attempt; doubled for each further one
    #[arg(long, env = "WEBHOOK_RETRY_DELAY", value_name = "DURATION", default_value = "10s",
        value_parser = humantime::parse_duration)]
    pub webhook_retry_delay: Duration,

    /// Longest wait between two attempts
    #[arg(long, env = "WEBHOOK_RETRY_DELAY_MAX", value_name = "DURATION", default_value = "1h",
        value_parser = humantime::parse_duration)]
    pub webhook_retry_delay_max: Duration,
}

/// What runs by itself, and how long things are kept.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Upkeep")]
pub struct UpkeepSettings {
    /// How often stock of unpaid orders whose time is up is given back
    #[arg(long, env = "EXPIRE_RESERVATIONS_EVERY", value_name = "DURATION",
        default_value = "30s", value_parser = humantime::parse_duration)]
    pub expire_reservations_every: Duration,

    /// How often old rows are deleted, in small batches
    #[arg(long, env = "CLEAN_UP_EVERY", value_name = "DURATION", default_value = "1h",
        value_parser = humantime::parse_duration)]
    pub clean_up_every: Duration,

    /// How often the numbers of schema analytics are computed anew
    #[arg(long, env = "REFRESH_ANALYTICS_EVERY", value_name = "DURATION",
        default_value = "15m", value_parser = humantime::parse_duration)]
    pub refresh_analytics_every: Duration,

    /// How often parcels are looked for whose carriers are due to be asked
    #[arg(long, env = "POLL_TRACKING_EVERY", value_name = "DURATION",
        default_value = "30s", value_parser = humantime::parse_duration)]
    pub poll_tracking_every: Duration,

    /// How long finished jobs stay in the queue's history
    #[arg(long, env = "RETENTION_JOBS", value_name = "DURATION", default_value = "7d",
        value_parser = humantime::parse_duration)]
    pub retention_jobs: Duration,

    /// How long failed attempts of jobs stay in the queue's history
    #[arg(long, env = "RETENTION_ATTEMPTS", value_name = "DURATION", default_value = "30d",
        value_parser = humantime::parse_duration)]
    pub retention_attempts: Duration,

    /// How long notices stay after they were sent or given up, with what channels reported of them
    #[arg(long, env = "RETENTION_NOTICES", value_name = "DURATION", default_value = "90d",
        value_parser = humantime::parse_duration)]
    pub retention_notices: Duration,

    /// How long the calls to providers stay on record
    #[arg(long, env = "RETENTION_FULFILMENT_LOGS", value_name = "DURATION",
        default_value = "180d", value_parser = humantime::parse_duration)]
    pub retention_fulfilment_logs: Duration,

    /// How long tickets stay after they were resolved
    #[arg(long, env = "RETENTION_TICKETS", value_name = "DURATION",
        default_value = "1y", value_parser = humantime::parse_duration)]
    pub retention_tickets: Duration,

    /// How long deliveries of webhooks to the shop's own apps stay, which is how far back they can
    /// be replayed
    #[arg(long, env = "RETENTION_WEBHOOK_DELIVERIES", value_name = "DURATION",
        default_value = "30d", value_parser = humantime::parse_duration)]
    pub retention_webhook_deliveries: Duration,

    /// How long events of the shop stay, which is how far back a stream or a webhook may resume
    #[arg(long, env = "RETENTION_EVENTS", value_name = "DURATION",
        default_value = "30d", value_parser = humantime::parse_duration)]
    pub retention_events: Duration,

    /// How long events that providers sent stay, with the bytes that were signed
    #[arg(long, env = "RETENTION_WEBHOOKS", value_name = "DURATION", default_value = "90d",
        value_parser = humantime::parse_duration)]
    pub retention_webhooks: Duration,

    /// How long errors of orders stay after they were settled
    #[arg(long, env = "RETENTION_ERRORS", value_name = "DURATION", default_value = "1y",
        value_parser = humantime::parse_duration)]
    pub retention_errors: Duration,

    /// How long what is printed of a label can be printed again; its price and number stay
    #[arg(long, env = "RETENTION_LABELS", value_name = "DURATION", default_value = "90d",
        value_parser = humantime::parse_duration)]
    pub retention_labels: Duration,

    /// How long pick lists stay that were worked off or cancelled
    #[arg(long, env = "RETENTION_PICK_LISTS", value_name = "DURATION", default_value = "1y",
        value_parser = humantime::parse_duration)]
    pub retention_pick_lists: Duration,

    /// How long analysts see what queues and workers did by the hour
    #[arg(long, env = "RETENTION_ANALYTICS_HOURS", value_name = "DURATION", default_value = "1y",
        value_parser = humantime::parse_duration)]
    pub retention_analytics_hours: Duration,

    /// How long orders that ended keep their details (changes of state, calls, notices, what
    /// carriers said) in the tables, before they go into archived_orders; at least 30d. Unless it
    /// is set, they stay
    #[arg(long, env = "RETENTION_ORDER_DETAILS", value_name = "DURATION",
        value_parser = order_details)]
    pub retention_order_details: Option<Duration>,
}

/// Numbers of the last five weeks are still counted, and customers still ask.
fn order_details(text: &str) -> Result<Duration, String> {
    const MIN: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    match humantime::parse_duration(text) {
        Ok(age) if age < MIN => Err("must be at least 30d".to_owned()),
        Ok(age) => Ok(age),
        Err(error) => Err(error.to_string()),
    }
}

impl UpkeepSettings {
    /// How long rows of the shop stay.
    #[must_use]
    pub fn retention(&self) -> Retention {
        Retention {
            notices: self.retention_notices,
            fulfillment_logs: self.retention_fulfilment_logs,
            shop_events: self.retention_events,
            tickets: self.retention_tickets,
            webhook_deliveries: self.retention_webhook_deliveries,
            webhook_events: self.retention_webhooks,
            order_errors: self.retention_errors,
            label_contents: self.retention_labels,
            pick_lists: self.retention_pick_lists,
            analytics_hours: self.retention_analytics_hours,
        }
    }

    /// How long the queue's history stays.
    #[must_use]
    pub fn job_retention(&self) -> stevedore_queue::Retention {
        stevedore_queue::Retention {
            finished_jobs: self.retention_jobs,
            attempts: self.retention_attempts,
        }
    }
}
