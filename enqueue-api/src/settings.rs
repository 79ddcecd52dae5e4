//! The API's settings: each one a flag and an environment variable, documented where declared.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use humantime::parse_duration;
use stevedore_notices::TemplateSettings;
use stevedore_providers::signature::WebhookSettings;

use crate::client_address::Network;
use crate::cors::Origin;
use crate::rate_limit::Quota;

/// Strangers are few, and each asks a page now and then.
const ADDRESS_QUOTA: Quota = Quota::new(300, Duration::from_secs(60));

/// Settings of the HTTP API. Times are written like `500ms`, `10s` or `2m`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "HTTP API")]
pub struct ApiSettings {
    /// Address and port to listen on. Use 0.0.0.0:8080 to be reached from other machines,
    /// `[::]:8080` for IPv6 as well, and port 0 for any free port (it is printed at start).
    #[arg(
        long = "bind",
        env = "STEVEDORE_API_BIND",
        value_name = "ADDR",
        default_value = "127.0.0.1:8080"
    )]
    pub bind: SocketAddr,

    /// Largest body accepted, in bytes; larger ones are answered 413. An order with 100 lines
    /// takes about 12,000.
    #[arg(
        long = "body-limit-bytes",
        env = "STEVEDORE_API_BODY_LIMIT_BYTES",
        value_name = "BYTES",
        default_value_t = 1024 * 1024,
        value_parser = bytes_in_range
    )]
    pub body_limit_bytes: usize,

    /// The same for POST /v1/jobs/batch, which takes up to 10,000 jobs.
    #[arg(
        long = "batch-body-limit-bytes",
        env = "STEVEDORE_API_BATCH_BODY_LIMIT_BYTES",
        value_name = "BYTES",
        default_value_t = 8 * 1024 * 1024,
        value_parser = bytes_in_range
    )]
    pub batch_body_limit_bytes: usize,

    /// How long a client may take to send its body before it is answered 408.
    #[arg(
        long = "body-timeout",
        env = "STEVEDORE_API_BODY_TIMEOUT",
        value_name = "TIME",
        default_value = "10s",
        value_parser = parse_duration
    )]
    pub body_timeout: Duration,

    /// How long a request may take in all before it is given up and answered 503. Keep it longer
    /// than the body timeout and shorter than the timeout of the proxy in front.
    #[arg(
        long = "request-timeout",
        env = "STEVEDORE_API_REQUEST_TIMEOUT",
        value_name = "TIME",
        default_value = "15s",
        value_parser = parse_duration
    )]
    pub request_timeout: Duration,

    /// How many requests to /v1 may be in progress at once; the next is answered 503 with
    /// Retry-After at once, so that overload is short answers instead of a growing queue.
    #[arg(
        long = "requests-max",
        env = "STEVEDORE_API_REQUESTS_MAX",
        value_name = "N",
        default_value_t = 512,
        value_parser = requests_in_range
    )]
    pub requests_max: usize,

    /// How long a verified API key is remembered without asking the database again: a revoked
    /// key keeps working on this process for at most this long. 0s asks every time.
    #[arg(
        long = "key-cache",
        env = "STEVEDORE_API_KEY_CACHE",
        value_name = "TIME",
        default_value = "10s",
        value_parser = parse_duration
    )]
    pub key_cache: Duration,

    /// How often each API key may ask, on each process: requests and a time, as 600/1m, all at
    /// once or spread over it; the next is answered 429 with Retry-After. `off` is no limit.
    #[arg(
        long = "rate-limit-key",
        env = "STEVEDORE_API_RATE_LIMIT_KEY",
        value_name = "QUOTA",
        default_value_t = Quota::OFF
    )]
    pub rate_limit_key: Quota,

    /// The same for each address, counting what comes without a valid key: wrong keys, and the
    /// pages by which customers follow their orders.
    #[arg(
        long = "rate-limit-address",
        env = "STEVEDORE_API_RATE_LIMIT_ADDRESS",
        value_name = "QUOTA",
        default_value_t = ADDRESS_QUOTA
    )]
    pub rate_limit_address: Quota,

    /// The proxies in front, as addresses or networks with commas between them: of a request that
    /// comes through them X-Forwarded-For says the client's address. By default none is believed.
    #[arg(
        long = "trusted-proxies",
        env = "STEVEDORE_API_TRUSTED_PROXIES",
        value_name = "NETWORKS",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<Network>,

    /// The origins of web pages that may call the API from a browser, as `https://shop.example`,
    /// with commas between them; `*` for any. Keys do not belong into pages: this is for those
    /// whose users bring their own.
    #[arg(
        long = "cors-origins",
        env = "STEVEDORE_API_CORS_ORIGINS",
        value_name = "ORIGINS",
        value_delimiter = ','
    )]
    pub cors_origins: Vec<Origin>,

    /// For how long browsers are told to come back by HTTPS only (Strict-Transport-Security), as
    /// 365d. Only for a host that is served by nothing else; by default they are not told.
    #[arg(
        long = "hsts",
        env = "STEVEDORE_API_HSTS",
        value_name = "TIME",
        value_parser = parse_duration
    )]
    pub hsts: Option<Duration>,

    /// How many streams of events may be open at once; the next is answered 503. An idle one takes
    /// some 20 kB of memory.
    #[arg(
        long = "streams-max",
        env = "STEVEDORE_API_STREAMS_MAX",
        value_name = "N",
        default_value_t = 2000,
        value_parser = requests_in_range
    )]
    pub streams_max: usize,

    /// How often an idle stream of events says that it is still there. Keep it shorter than the
    /// idle timeout of the proxy in front.
    #[arg(
        long = "stream-heartbeat",
        env = "STEVEDORE_API_STREAM_HEARTBEAT",
        value_name = "TIME",
        default_value = "15s",
        value_parser = parse_duration
    )]
    pub stream_heartbeat: Duration,

    /// How long a stream of events goes on before its client has to come back, which it does by
    /// itself: a key or token that was revoked streams at most this long.
    #[arg(
        long = "stream-life",
        env = "STEVEDORE_API_STREAM_LIFE",
        value_name = "TIME",
        default_value = "5m",
        value_parser = parse_duration
    )]
    pub stream_life: Duration,

    /// How long to go on accepting after being told to stop, while /ready already answers 503,
    /// so that a load balancer can take this process out first. Set it to the balancer's check
    /// interval; 0s suits a machine without one.
    #[arg(
        long = "drain-delay",
        env = "STEVEDORE_API_DRAIN_DELAY",
        value_name = "TIME",
        default_value = "0s",
        value_parser = parse_duration
    )]
    pub drain_delay: Duration,

    /// How long requests in progress may take to finish after that, before their connections are
    /// cut.
    #[arg(
        long = "shutdown-grace",
        env = "STEVEDORE_API_SHUTDOWN_GRACE",
        value_name = "TIME",
        default_value = "20s",
        value_parser = parse_duration
    )]
    pub shutdown_grace: Duration,

    /// Whether single orders, too, are refused (429) while the queue `fulfilment` is beyond its
    /// service level, if it has one. By default only orders sent many together are: turning a
    /// buyer away costs more than a delivery that starts later.
    #[arg(
        long = "orders-by-backlog",
        env = "STEVEDORE_API_ORDERS_BY_BACKLOG",
        value_name = "BOOL",
        default_value_t = false,
        action = clap::ArgAction::Set
    )]
    pub orders_by_backlog: bool,

    /// What customers are told, for previews.
    #[command(flatten)]
    pub templates: TemplateSettings,

    /// Secrets of those who send webhooks.
    #[command(flatten)]
    pub webhooks: WebhookSettings,
}

/// The same values as the command line's defaults (a test compares them).
impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 8080)),
            body_limit_bytes: 1024 * 1024,
            batch_body_limit_bytes: 8 * 1024 * 1024,
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(15),
            requests_max: 512,
            key_cache: Duration::from_secs(10),
            rate_limit_key: Quota::OFF,
            rate_limit_address: ADDRESS_QUOTA,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            hsts: None,
            streams_max: 2000,
            stream_heartbeat: Duration::from_secs(15),
            stream_life: Duration::from_secs(5 * 60),
            drain_delay: Duration::ZERO,
            shutdown_grace: Duration::from_secs(20),
            orders_by_backlog: false,
            templates: TemplateSettings::default(),
            webhooks: WebhookSettings::default(),
        }
    }
}

fn bytes_in_range(text: &str) -> Result<usize, String> {
    in_range(text, 1024, 256 * 1024 * 1024)
}

fn requests_in_range(text: &str) -> Result<usize, String> {
    in_range(text, 1, 100_000)
}

fn in_range(text: &str, min: usize, max: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(format!("expected a whole number from {min} to {max}")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        api: ApiSettings,
    }

    #[test]
    fn the_defaults_in_code_are_those_of_the_command_line() {
        let parsed = CommandLine::parse_from(["api"]).api;
        assert_eq!(
            format!("{parsed:?}"),
            format!("{:?}", ApiSettings::default())
        );
    }

    #[test]
    fn a_limit_of_nothing_is_refused_with_the_range() {
        let error = CommandLine::try_parse_from(["api", "--requests-max", "0"]).err();
        let text = error.expect("0 is out of range").to_string();
        assert!(text.contains("from 1 to 100000"), "{text}");
    }
}
