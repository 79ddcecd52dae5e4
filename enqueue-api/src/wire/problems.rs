//! Errors, and which of them an operation can answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stevedore_model::problems::FieldProblem;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{Ref, RefOr, Response};
use utoipa::{IntoParams, IntoResponses, ToSchema};

use crate::problem::{Kind, Problem};
use crate::wire::IdempotencyKeyHeader;

/// An error (RFC 9457). Members beyond these belong to single kinds: `shortages`,
/// `required_scope`, `line` and `column`, `limit_bytes`, `checks`, `from` and `to`, `reason`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "type": "/api/problems/validation_failed",
    "title": "The body is JSON, but not a valid request.",
    "status": 422,
    "code": "validation_failed",
    "detail": "1 field has a problem, see `errors`.",
    "instance": "/v1/orders",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "errors": [
        {
            "field": "lines[0].quantity",
            "code": "out_of_range",
            "message": "must be from 1 to 1000"
        }
    ],
    "errors_total": 1
}))]
pub struct ProblemDocument {
    /// Path of the documentation of this kind of problem, on this server.
    pub r#type: String,
    /// A sentence about this kind of problem.
    pub title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// The stable name of this kind of problem: the member to decide by.
    pub code: String,
    /// What is wrong with this request.
    pub detail: String,
    /// Path of the request.
    pub instance: String,
    /// Leads to this request in the logs, and to the jobs of the order it placed.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    pub trace_id: String,
    /// Everything that is wrong with the body, at most 100 of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// How many problems of fields there are, listed or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors_total: Option<u64>,
    /// Members of this kind of problem.
    #[serde(flatten)]
    #[schema(ignore)]
    pub members: BTreeMap<String, Value>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldError {
    /// Where it is in the body, such as `lines[0].quantity`; empty for the body itself.
    pub field: String,
    /// The stable name of the mistake.
    pub code: String,
    /// The mistake in words.
    pub message: String,
}

/// An entry of the list of problems.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProblemKind {
    /// The stable name.
    #[schema(example = "out_of_stock")]
    pub code: String,
    /// Path of this entry.
    #[schema(example = "/api/problems/out_of_stock")]
    pub r#type: String,
    /// The status of answers with it.
    #[schema(example = 409)]
    pub status: u16,
    /// What it means.
    pub title: String,
    /// What the caller can do about it.
    pub remedy: String,
}

/// What every operation with an API key can answer.
const READ: &[Kind] = &[
    Kind::MissingCredentials,
    Kind::InvalidCredentials,
    Kind::SignatureRefused,
    Kind::InsufficientScope,
    Kind::RateLimited,
    Kind::Internal,
    Kind::DatabaseUnavailable,
    Kind::Timeout,
    Kind::Overloaded,
];

/// What a body adds.
const BODY: &[Kind] = &[
    Kind::MalformedJson,
    Kind::InvalidUtf8,
    Kind::JsonTooDeep,
    Kind::DuplicateKey,
    Kind::UnreadableBody,
    Kind::BodyTimeout,
    Kind::PayloadTooLarge,
    Kind::UnsupportedMediaType,
    Kind::ValidationFailed,
];

const PROBLEM: &str = "application/problem+json";

macro_rules! operations {
    ($($(#[$doc:meta])+ $name:ident = $($kinds:expr),+;)+) => {
        $(
            $(#[$doc])+
            #[derive(Debug)]
            pub struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    let kinds: &[&[Kind]] = &[$($kinds),+];
                    grouped(&kinds.concat())
                }
            }
        )+
    };
}

operations! {
    /// Answers every operation with an API key can give.
    ReadErrors = READ;
    /// Answers every operation with an API key and a body can give.
    BodyErrors = READ, BODY;
    /// Answers every operation without a key can give.
    PublicErrors = &[
        Kind::RateLimited,
        Kind::Internal,
        Kind::DatabaseUnavailable,
        Kind::Timeout,
        Kind::Overloaded,
    ];
    /// As [`BodyErrors`], of the operation that takes an Idempotency-Key and stock.
    PlacingErrors = READ, BODY, &[
        Kind::InvalidIdempotencyKey,
        Kind::OutOfStock,
        Kind::InsufficientFunds,
        Kind::IdempotencyKeyInFlight,
        Kind::IdempotencyKeyReused,
        Kind::TooManyJobs,
    ];
    /// As [`BodyErrors`], of the operations that take an Idempotency-Key.
    KeyedErrors = READ, BODY, &[Kind::InvalidIdempotencyKey, Kind::IdempotencyKeyReused];
    /// As [`BodyErrors`], of the operation whose answer tells of each of its parts.
    BulkErrors = READ, BODY, &[Kind::InvalidIdempotencyKey, Kind::TooManyJobs];
    /// As [`BodyErrors`], of the operation that asks for a return under an Idempotency-Key.
    ReturnErrors = READ, BODY, &[Kind::InvalidIdempotencyKey];
    /// As [`BodyErrors`], of the operations that enqueue jobs.
    EnqueueErrors = READ, BODY, &[
        Kind::InvalidIdempotencyKey,
        Kind::IdempotencyKeyInFlight,
        Kind::IdempotencyKeyReused,
        Kind::TooManyJobs,
    ];
}

operations! {
    /// No such order.
    OrderNotFound = &[Kind::OrderNotFound];
    /// No such error.
    OrderErrorNotFound = &[Kind::OrderErrorNotFound];
    /// No such endpoint.
    WebhookEndpointNotFound = &[Kind::WebhookEndpointNotFound];
    /// No such kind of notice.
    TemplateNotFound = &[Kind::TemplateNotFound];
    /// The query or the template is wrong.
    TemplateRefused = &[Kind::ValidationFailed, Kind::TemplateBroken];
    /// No such ticket.
    TicketNotFound = &[Kind::TicketNotFound];
    /// No such return.
    ReturnNotFound = &[Kind::ReturnNotFound];
    /// Another version of the order.
    OrderChanged = &[Kind::OrderChanged];
    /// The order's state does not allow it, or there is not enough stock for it.
    EditRefused = &[Kind::IllegalTransition, Kind::OutOfStock];
    /// No such customer.
    CustomerNotFound = &[Kind::CustomerNotFound];
    /// No such promotion.
    PromotionNotFound = &[Kind::PromotionNotFound];
    /// Not enough in the wallet.
    WalletRefused = &[Kind::InsufficientFunds];
    /// No such pick list, item or parcel.
    PickListNotFound = &[Kind::PickListNotFound];
    /// No such fulfilment.
    FulfillmentNotFound = &[Kind::FulfillmentNotFound];
    /// No such parcel.
    ShipmentNotFound = &[Kind::ShipmentNotFound];
    /// No such stock item, location, transfer or count.
    StockNotFound = &[Kind::StockNotFound];
    /// No such label.
    LabelNotFound = &[Kind::LabelNotFound];
    /// No such routing rule.
    RoutingRuleNotFound = &[Kind::RoutingRuleNotFound];
    /// No such notice.
    NoticeNotFound = &[Kind::NoticeNotFound];
    /// No such rule.
    FraudRuleNotFound = &[Kind::FraudRuleNotFound];
    /// No such entry.
    BlockNotFound = &[Kind::BlockNotFound];
    /// It is not what it was.
    Changed = &[Kind::ResourceChanged];
    /// No such job.
    JobNotFound = &[Kind::JobNotFound];
    /// No such event.
    WebhookEventNotFound = &[Kind::WebhookEventNotFound];
    /// What a sender of webhooks can be answered.
    WebhookErrors = &[
        Kind::WebhookRefused,
        Kind::UnreadableBody,
        Kind::WebhookSourceNotFound,
        Kind::BodyTimeout,
        Kind::PayloadTooLarge,
        Kind::Internal,
        Kind::DatabaseUnavailable,
        Kind::Timeout,
        Kind::Overloaded,
    ];
    /// The link shows nothing.
    TrackingNotFound = &[Kind::TrackingNotFound];
    /// No such link.
    CustomerTokenNotFound = &[Kind::CustomerTokenNotFound];
    /// No such kind of problem.
    ProblemNotFound = &[Kind::ProblemNotFound];
    /// The order's state does not allow it.
    TransitionRefused = &[Kind::IllegalTransition];
    /// No such wait.
    WaitNotFound = &[Kind::WaitNotFound];
    /// The wait is over.
    WaitExpired = &[Kind::WaitExpired];
    /// The query is wrong.
    QueryRefused = &[Kind::ValidationFailed];
    /// The job's state does not allow it.
    JobRefused = &[Kind::JobStateConflict];
    /// The process cannot serve.
    NotReady = &[Kind::NotReady, Kind::Internal];
}

/// One response per status, with an example of each kind of problem that has it.
fn grouped(kinds: &[Kind]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in kinds {
        by_status
            .entry(kind.status().as_u16())
            .or_default()
            .push(*kind);
    }
    by_status
        .into_iter()
        .map(|(status, kinds)| (status.to_string(), RefOr::T(response(&kinds))))
        .collect()
}

fn response(kinds: &[Kind]) -> Response {
    let described: Vec<String> = kinds
        .iter()
        .map(|kind| format!("`{}`: {}", kind.code(), kind.title()))
        .collect();
    let mut content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDocument")));
    for kind in kinds {
        let document = sample(*kind).document("/v1/orders", "4bf92f3577b34da6a3ce929d0e0e4736");
        let example = utoipa::openapi::example::ExampleBuilder::new()
            .value(Some(document))
            .build();
        content = content.examples_from_iter([(kind.code(), example)]);
    }
    let mut response = ResponseBuilder::new()
        .description(described.join("\n\n"))
        .content(PROBLEM, content.build());
    if kinds
        .iter()
        .any(|kind| kind.retry_after_seconds().is_some())
    {
        let header = HeaderBuilder::new()
            .description(Some("Seconds to wait before the request is repeated."))
            .build();
        response = response.header("Retry-After", header);
    }
    response.build()
}

/// What the `Idempotency-Key` of any POST adds.
const KEYED: &[Kind] = &[
    Kind::InvalidIdempotencyKey,
    Kind::UnreadableBody,
    Kind::BodyTimeout,
    Kind::PayloadTooLarge,
    Kind::IdempotencyKeyInFlight,
    Kind::IdempotencyKeyReused,
];

/// Has an operation say that it takes an `Idempotency-Key`, and what that can be answered with.
pub fn describe_key(operation: &mut Operation) {
    let header = IdempotencyKeyHeader::into_params(|| Some(ParameterIn::Header));
    let parameters = operation.parameters.get_or_insert_default();
    for new in header {
        let is_new = |known: &RefOr<Parameter>| !matches!(known, RefOr::T(p) if p.name == new.name);
        if parameters.iter().all(is_new) {
            parameters.push(RefOr::T(new));
        }
    }
    let known = &mut operation.responses.responses;
    for (status, more) in grouped(KEYED) {
        match (known.get_mut(&status), more) {
            (Some(RefOr::T(response)), RefOr::T(more)) => add(response, more),
            (_, more) => {
                known.insert(status, more);
            }
        }
    }
    for (status, response) in known {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            let header = HeaderBuilder::new()
                .description(Some("`true` when this answer was given before."))
                .build();
            response
                .headers
                .insert("Idempotency-Replayed".to_owned(), RefOr::T(header));
        }
    }
}

/// Adds the kinds of problems that `more` shows to a response that shows others.
fn add(response: &mut Response, more: Response) {
    let Some(RefOr::T(content)) = response.content.get_mut(PROBLEM) else {
        return;
    };
    let mut news = false;
    for shown in more.content.into_values() {
        let RefOr::T(shown) = shown else { continue };
        for (code, example) in shown.examples {
            news |= content.examples.insert(code, example).is_none();
        }
    }
    if news {
        response.description = format!("{}\n\n{}", response.description, more.description);
    }
}

/// A problem of this kind as it may look, with the members that only this kind has.
fn sample(kind: Kind) -> Problem {
    let problem = Problem::new(kind, kind.title());
    match kind {
        Kind::MalformedJson => problem.with("line", 3).with("column", 14),
        Kind::InvalidUtf8 => problem.with("byte_offset", 120),
        Kind::InsufficientScope => problem.with("required_scope", "orders:write"),
        Kind::PayloadTooLarge => problem.with("limit_bytes", 1_048_576),
        Kind::IllegalTransition => problem.with("from", "delivered").with("to", "cancelled"),
        Kind::WebhookRefused | Kind::SignatureRefused => problem.with("reason", "bad_signature"),
        Kind::TooManyJobs => problem
            .with("reason", "too_slow")
            .with("retry_after_seconds", 12),
        Kind::OutOfStock => problem.with(
            "shortages",
            json!([{ "sku": "MUG-RED", "requested": 3, "available": 1 }]),
        ),
        Kind::InsufficientFunds => problem
            .with("currency", "GHS")
            .with("requested", 5000)
            .with("available", 1200),
        Kind::ValidationFailed => problem.with_errors(vec![FieldProblem {
            field: "lines[0].quantity".to_owned(),
            code: "out_of_range".into(),
            message: "must be from 1 to 1000".to_owned(),
        }]),
        _ => problem,
    }
}
