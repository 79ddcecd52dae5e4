//! What processes count and measure themselves.

use super::Exporter::{Api, Every, Worker};
use super::Kind::{Counter, Gauge, Histogram};
use super::Metric;
use super::words::{
    CARRIERS, CHANNELS, CLEANED, EXTERNAL_SECONDS, HTTP_SECONDS, KIND, OUTCOME, QUERY_SECONDS,
    QUEUE, RUN_SECONDS, SENDERS, SERVED, WAIT_SECONDS, closed, exported, named,
};

/// Set once by every process: which version it runs, in which role.
pub const BUILD_INFO: &str = "stevedore_build_info";

/// Metrics of processes, in the order of the docs.
pub(super) const OF_PROCESSES: &[Metric] = &[
    // API
    exported(
        "http_server_request_duration_seconds",
        Histogram(HTTP_SECONDS),
        Api,
        &[
            named(
                "http_route",
                "the route's pattern, as /v1/orders/{order_id}; never the path",
            ),
            named("http_request_method", "the method"),
            named("http_response_status_code", "the status code"),
        ],
        "Time from a request's head to its answer's head",
    ),
    exported(
        "stevedore_orders_placed_total",
        Counter,
        Api,
        &[closed("channel", &["api"])],
        "Orders that were placed and committed; a replayed Idempotency-Key does not count",
    ),
    // Worker
    exported(
        "stevedore_jobs_finished_total",
        Counter,
        Worker,
        &[QUEUE, KIND, OUTCOME],
        "Attempts that ended, by what became of the job",
    ),
    exported(
        "stevedore_retries_ended_total",
        Counter,
        Worker,
        &[QUEUE, KIND, closed("result", &["succeeded", "dead"])],
        "Jobs that were tried more than once and came to their end",
    ),
    exported(
        "stevedore_job_run_duration_seconds",
        Histogram(RUN_SECONDS),
        Worker,
        &[QUEUE, KIND, OUTCOME],
        "Time a handler ran, per attempt",
    ),
    exported(
        "stevedore_job_wait_duration_seconds",
        Histogram(WAIT_SECONDS),
        Worker,
        &[QUEUE],
        "Time from when a job could have run to when a worker had claimed it",
    ),
    exported(
        "stevedore_job_claim_duration_seconds",
        Histogram(QUERY_SECONDS),
        Worker,
        &[SERVED],
        "Time of one claim statement, whatever it found",
    ),
    exported(
        "stevedore_job_claims_total",
        Counter,
        Worker,
        &[SERVED, closed("result", &["hit", "empty", "error"])],
        "Claim statements, by what they found",
    ),
    exported(
        "stevedore_worker_slots",
        Gauge,
        Worker,
        &[SERVED],
        "Handlers this process may run at once",
    ),
    exported(
        "stevedore_worker_slots_busy",
        Gauge,
        Worker,
        &[SERVED],
        "Handlers this process runs now",
    ),
    exported(
        "stevedore_leases_expired_total",
        Counter,
        Worker,
        &[QUEUE],
        "Jobs taken back from workers that stopped giving signs of life",
    ),
    exported(
        "stevedore_lease_renewals_total",
        Counter,
        Worker,
        &[closed("result", &["ok", "error", "lost"])],
        "Signs of life this process gave the database",
    ),
    exported(
        "stevedore_fenced_writes_rejected_total",
        Counter,
        Worker,
        &[QUEUE],
        "Results refused because the job had been given to another worker meanwhile",
    ),
    exported(
        "stevedore_listener_connected",
        Gauge,
        Worker,
        &[],
        "1 while the connection that hears of new jobs is up; at 0 jobs are found by polling",
    ),
    exported(
        "stevedore_worker_draining",
        Gauge,
        Worker,
        &[],
        "1 from the moment this process was told to stop",
    ),
    exported(
        "stevedore_cron_last_success_timestamp_seconds",
        Gauge,
        Worker,
        &[named("cron", "the scheduled job kinds")],
        "When a scheduled job last succeeded in this process, in seconds since 1970",
    ),
    exported(
        "stevedore_cron_ticks_missed_total",
        Counter,
        Worker,
        &[named("cron", "the scheduled job kinds")],
        "Ticks of a schedule that passed without a job",
    ),
    exported(
        "stevedore_rows_removed_total",
        Counter,
        Worker,
        &[closed("table", CLEANED)],
        "Old rows thrown away after their retention, or put away with their order; of \
         shipping_labels, what was printed",
    ),
    exported(
        "stevedore_orders_archived_total",
        Counter,
        Worker,
        &[],
        "Orders that ended long ago and whose details were put into archived_orders",
    ),
    exported(
        "stevedore_webhooks_received_total",
        Counter,
        Api,
        &[
            closed("source", SENDERS),
            closed(
                "result",
                &[
                    "stored",
                    "duplicate",
                    "missing_header",
                    "bad_signature",
                    "too_old",
                    "too_new",
                    "malformed",
                    "error",
                ],
            ),
        ],
        "Webhooks that came, by what became of them; only stored and duplicate leave a row",
    ),
    exported(
        "stevedore_webhooks_ingested_total",
        Counter,
        Worker,
        &[
            closed("source", SENDERS),
            closed("result", &["processed", "ignored", "failed", "dead"]),
        ],
        "Attempts to give events of providers their effect",
    ),
    exported(
        "stevedore_notifications_total",
        Counter,
        Worker,
        &[
            closed("channel", CHANNELS),
            closed("result", &["sent", "retried", "failed"]),
        ],
        "Attempts to tell a customer something",
    ),
    exported(
        "stevedore_notification_repeats_total",
        Counter,
        Worker,
        &[
            closed("channel", CHANNELS),
            closed("result", &["found", "absent", "sent_again"]),
        ],
        "Attempts after one of which nobody knows how it ended, by what was found out",
    ),
    exported(
        "stevedore_external_request_duration_seconds",
        Histogram(EXTERNAL_SECONDS),
        Worker,
        &[
            named("dependency", "the outside systems: providers, smtp"),
            closed(
                "outcome",
                &["ok", "transient", "rejected", "unauthorized", "unknown"],
            ),
        ],
        "Time of one call to an outside system",
    ),
    exported(
        "stevedore_tracking_codes_unknown_total",
        Counter,
        Worker,
        &[closed("carrier", CARRIERS)],
        "Codes in carriers' news that stand in no table of ours: the parcel keeps its state",
    ),
    exported(
        "stevedore_tracking_polls_total",
        Counter,
        Worker,
        &[closed("carrier", CARRIERS)],
        "Parcels that carriers were asked about",
    ),
    exported(
        "stevedore_tracking_news_total",
        Counter,
        Worker,
        &[closed("carrier", CARRIERS)],
        "Events of parcels that were heard of by asking and were not known",
    ),
    exported(
        "stevedore_provider_calls_held_total",
        Counter,
        Worker,
        &[named(
            "dependency",
            "the outside systems: providers, carriers",
        )],
        "Calls that were not made, since the fleet's rate was used up or the breaker was open",
    ),
    exported(
        "stevedore_provider_breaker_opened_total",
        Counter,
        Worker,
        &[named(
            "dependency",
            "the outside systems: providers, carriers",
        )],
        "How often calls to an outside system were stopped after too many failures in a row",
    ),
    // Every process
    exported(
        BUILD_INFO,
        Gauge,
        Every,
        &[
            named("version", "the release"),
            named(
                "revision",
                "the source's revision, if it was known when building",
            ),
            closed("role", &["api", "worker", "simulator"]),
        ],
        "Always 1; its labels say what runs",
    ),
    exported(
        "stevedore_jobs_enqueued_total",
        Counter,
        Every,
        &[
            QUEUE,
            KIND,
            closed("result", &["inserted", "deduplicated", "rejected"]),
        ],
        "Jobs enqueued through this process; those that triggers enqueue are not among them",
    ),
    exported(
        "stevedore_admission_refusals_total",
        Counter,
        Api,
        &[closed(
            "reason",
            &["too_slow", "queue_full", "sender_full", "sender_too_fast"],
        )],
        "Requests answered 429, by what would have been exceeded",
    ),
    exported(
        "stevedore_db_pool_connections",
        Gauge,
        Every,
        &[closed("state", &["in_use", "idle"])],
        "Connections of this process's pool",
    ),
    exported(
        "stevedore_db_pool_wait_seconds",
        Histogram(QUERY_SECONDS),
        Every,
        &[],
        "Time that a probe waited for a connection of the pool: one at each scrape",
    ),
    exported(
        "stevedore_db_pool_max_connections",
        Gauge,
        Every,
        &[],
        "Connections this process's pool may open",
    ),
];
