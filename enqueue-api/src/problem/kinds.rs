//! The closed list of problem kinds: code, status, title and what to do about it.
//! `GET /api/problems/{code}` serves these texts, so each `type` URI leads to its documentation.

use axum::http::StatusCode;

macro_rules! kinds {
    ($($kind:ident = $code:literal, $status:ident, $title:literal, $remedy:literal;)+) => {
        /// One kind of error. The code of each is part of the API's contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $title] $kind,)+
        }

        impl Kind {
            /// All of them, in the order of their statuses.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),+];

            /// The stable, machine-readable name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Kind::$kind => $code,)+ }
            }

            /// The HTTP status it is answered with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Kind::$kind => StatusCode::$status,)+ }
            }

            /// A short sentence that is the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Kind::$kind => $title,)+ }
            }

            /// What the caller can do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Kind::$kind => $remedy,)+ }
            }

            /// The `type` member: a path on this server that documents the kind.
            #[must_use]
            pub const fn type_uri(self) -> &'static str {
                match self { $(Kind::$kind => concat!("/api/problems/", $code),)+ }
            }
        }
    };
}

kinds! {
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not JSON.",
        "Fix the body at the `line` and `column` given.";
    InvalidUtf8 = "invalid_utf8", BAD_REQUEST, "The body is not valid UTF-8.",
        "Encode the body as UTF-8; `byte_offset` is the first wrong byte.";
    JsonTooDeep = "json_too_deep", BAD_REQUEST, "The body nests too deeply.",
        "Nest arrays and objects at most 127 levels deep.";
    DuplicateKey = "duplicate_key", BAD_REQUEST, "An object in the body names a key twice.",
        "Send each key once: readers of JSON disagree about which of the two counts.";
    UnreadableBody = "unreadable_body", BAD_REQUEST, "The body could not be read to its end.",
        "Send the body whole, in the framing that the headers announce.";
    InvalidIdempotencyKey = "invalid_idempotency_key", BAD_REQUEST,
        "The Idempotency-Key header is not usable.",
        "Send one header of 1 to 255 visible ASCII characters, a UUID for example.";
    WebhookRefused = "webhook_refused", BAD_REQUEST, "The webhook is not proven to be genuine.",
        "`reason` says what is wrong with it. Nothing was stored. Compare the secret at the sender \
         with the one that is set here, and the clocks.";
    MissingCredentials = "missing_credentials", UNAUTHORIZED, "This request needs an API key.",
        "Send `Authorization: Bearer <key>`; `stevedore keys create` makes one.";
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "The API key is not valid.",
        "The key is unknown, revoked, expired or mistyped. Ask for a new one.";
    SignatureRefused = "signature_refused", UNAUTHORIZED, "The request's signature does not hold.",
        "`reason` says what is wrong with it: see docs/request-signing.md. Nothing was done. \
         Compare the clocks, and what is between: a proxy may have changed path or body.";
    InsufficientScope = "insufficient_scope", FORBIDDEN, "The API key may not do this.",
        "Use a key that has the scope named in `required_scope`.";
    RouteNotFound = "route_not_found", NOT_FOUND, "There is nothing at this path.",
        "Compare the path with the API's documentation at /api/docs.";
    OrderNotFound = "order_not_found", NOT_FOUND, "There is no such order.",
        "Check the id: it is the number from the answer that placed the order.";
    OrderErrorNotFound = "order_error_not_found", NOT_FOUND, "There is no such error.",
        "Check the id: GET /v1/order-errors lists them.";
    WebhookEndpointNotFound = "webhook_endpoint_not_found", NOT_FOUND,
        "There is no such webhook endpoint, or it has no such delivery.",
        "Check the ids: GET /v1/webhook-endpoints lists the endpoints.";
    TicketNotFound = "ticket_not_found", NOT_FOUND, "There is no such ticket.",
        "Check the id: GET /v1/tickets lists them.";
    ReturnNotFound = "return_not_found", NOT_FOUND, "There is no such return.",
        "Check the id: the order's `returns` lists them.";
    CustomerNotFound = "customer_not_found", NOT_FOUND, "There is no such customer.",
        "Check the id: it is the shop's own, as orders name it in `customer.id`.";
    PromotionNotFound = "promotion_not_found", NOT_FOUND, "There is no such promotion.",
        "Check the code; GET /v1/promotions lists all of them.";
    FraudRuleNotFound = "fraud_rule_not_found", NOT_FOUND, "There is no such fraud rule.",
        "Check the code; GET /v1/fraud-rules lists all of them.";
    BlockNotFound = "block_not_found", NOT_FOUND, "Nobody is blocked by that.",
        "Check the kind and the value; GET /v1/blocklist lists all of them.";
    FulfillmentNotFound = "fulfillment_not_found", NOT_FOUND, "There is no such fulfilment.",
        "Check the id: orders name their fulfilments; GET /v1/fulfillments lists them.";
    ShipmentNotFound = "shipment_not_found", NOT_FOUND, "There is no such parcel.",
        "Check the id or the tracking number; GET /v1/shipments lists parcels.";
    StockNotFound = "stock_not_found", NOT_FOUND,
        "There is no such stock item, location, transfer or count.",
        "Check the id or the code: GET /v1/stock, /v1/transfers and /v1/counts list them.";
    PickListNotFound = "pick_list_not_found", NOT_FOUND,
        "There is no such pick list, item of one, or parcel.",
        "Check the id: pick lists name their items and parcels.";
    LabelNotFound = "label_not_found", NOT_FOUND, "The parcel has no such label.",
        "It was not packed yet, its label is being bought, was given back, or is forgotten.";
    RoutingRuleNotFound = "routing_rule_not_found", NOT_FOUND, "There is no such routing rule.",
        "Check the id: GET /v1/routing-rules lists them.";
    NoticeNotFound = "notice_not_found", NOT_FOUND, "There is no such notice.",
        "Check the id: GET /v1/notices lists them. Old ones are forgotten.";
    TemplateNotFound = "template_not_found", NOT_FOUND, "There is no such kind of notice.",
        "GET /v1/templates lists them.";
    JobNotFound = "job_not_found", NOT_FOUND, "There is no such job.",
        "Check the id. Finished jobs are forgotten after their retention time.";
    WaitNotFound = "wait_not_found", NOT_FOUND, "No job waits, or waited, for this token.",
        "Check the token: it is what the job's handler was given for this event.";
    WebhookSourceNotFound = "webhook_source_not_found", NOT_FOUND,
        "No sender of webhooks by this name is known here.",
        "Compare the name with docs/webhooks.md; a sender without a secret does not exist.";
    WebhookEventNotFound = "webhook_event_not_found", NOT_FOUND, "There is no such webhook event.",
        "Check the id: GET /v1/webhook-events lists them. Old ones are forgotten.";
    TrackingNotFound = "tracking_not_found", NOT_FOUND, "This link shows nothing.",
        "It is mistyped, or its time is over. Ask the shop for a new one.";
    CustomerTokenNotFound = "customer_token_not_found", NOT_FOUND, "There is no such link.",
        "Check the id: it is the `token_id` of the answer that gave it out.";
    ProblemNotFound = "problem_not_found", NOT_FOUND, "There is no such kind of problem.",
        "GET /api/problems lists all of them.";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED,
        "The path does not support this method.",
        "Use one of the methods in the Allow header.";
    BodyTimeout = "body_timeout", REQUEST_TIMEOUT, "The body took too long to arrive.",
        "Send the body faster, or less of it.";
    OutOfStock = "out_of_stock", CONFLICT, "There is not enough stock.",
        "`shortages` says per SKU what was asked for and what is available. Nothing was reserved; \
         ask for less, or try again once stock has come in.";
    InsufficientFunds = "insufficient_funds", CONFLICT, "There is not enough in the wallet.",
        "`available` says how much there is of what is `requested`. Nothing was taken; top the \
         wallet up, or pay in another way.";
    IllegalTransition = "illegal_transition", CONFLICT,
        "The order's present state does not allow this.",
        "Read the order again: someone else, or a worker, has moved it on.";
    JobStateConflict = "job_state_conflict", CONFLICT,
        "The job's present state does not allow this.",
        "Only unfinished jobs can be cancelled and only dead jobs can be retried.";
    WaitExpired = "wait_expired", CONFLICT, "The event came too late.",
        "Nothing: the job has gone on without it.";
    IdempotencyKeyInFlight = "idempotency_key_in_flight", CONFLICT,
        "A request with this Idempotency-Key is being worked on.",
        "Wait as long as Retry-After says, then send the same request again.";
    ResourceChanged = "resource_changed", PRECONDITION_FAILED,
        "Somebody changed it since you read it.",
        "Read it again; if the change still makes sense, send it with the new ETag.";
    OrderChanged = "order_changed", PRECONDITION_FAILED,
        "Somebody changed the order since you read it.",
        "Read the order again; if the change still makes sense, send it with the new ETag.";
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The body is too large.",
        "Send at most `limit_bytes`; split a batch into several.";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE,
        "The body is not declared as plain JSON.",
        "Send `Content-Type: application/json`, UTF-8, without Content-Encoding.";
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY,
        "The body is JSON, but not a valid request.",
        "`errors` lists every problem with its field, code and message; fix all of them.";
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used with another body.",
        "Use a new key for a new request; repeat a request with exactly the same content.";
    TemplateBroken = "template_broken", UNPROCESSABLE_ENTITY, "The template can't be rendered.",
        "`detail` says what is wrong with it: a notice with it would not be sent.";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "The client asks too often.",
        "Nothing was done. Repeat the request after Retry-After; the headers RateLimit and \
         RateLimit-Policy say how often is not too often.";
    TooManyJobs = "too_many_jobs", TOO_MANY_REQUESTS,
        "The queue or the caller has as much to do as it may have.",
        "Nothing was enqueued. Repeat the request after Retry-After, which says when it may go \
         better; `reason` names the limit. `stevedore jobs queues` shows what holds the queue up.";
    Internal = "internal_error", INTERNAL_SERVER_ERROR, "Something went wrong on our side.",
        "Tell us the `trace_id`. Requests with an Idempotency-Key can be repeated safely.";
    DatabaseUnavailable = "database_unavailable", SERVICE_UNAVAILABLE,
        "The database cannot be reached or is too busy.",
        "Repeat the request after Retry-After; with an Idempotency-Key that is always safe.";
    Timeout = "timeout", SERVICE_UNAVAILABLE, "The request took too long and was given up.",
        "It may or may not have taken effect. Repeat it after Retry-After; with an \
         Idempotency-Key that is always safe.";
    NotReady = "not_ready", SERVICE_UNAVAILABLE, "This process cannot serve requests now.",
        "`checks` says why. Send requests to another process.";
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Too many requests are being worked on.",
        "Nothing was done. Repeat the request after Retry-After.";
}

impl Kind {
    /// The kind of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// How long a client should wait before it repeats the request, where repeating helps.
    #[must_use]
    pub const fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Kind::IdempotencyKeyInFlight | Kind::Overloaded => Some(1),
            Kind::DatabaseUnavailable | Kind::NotReady => Some(2),
            Kind::Timeout => Some(5),
            // At least; each refusal says how long it really takes.
            Kind::TooManyJobs | Kind::RateLimited => Some(1),
            _ => None,
        }
    }
}
