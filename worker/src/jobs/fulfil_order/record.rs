//! From what was said to a provider to rows of `fulfillment_logs`: one for the submission, one for
//! the look-ups, of each attempt.

use std::time::Duration;

use serde_json::{Value, json};
use stevedore_model::fulfillments::{FulfillmentLog, FulfillmentWork, LogAction, LogStatus};
use stevedore_providers::{Exchange, Journal, ProviderError};

use super::super::outcome::Verdict;

/// The rows of one attempt. A mere look at an order in progress is not worth one: there may be
/// hundreds, all the same.
pub(super) fn logs(
    work: &FulfillmentWork,
    journal: &Journal,
    verdict: &Verdict,
    next_retry_in: Option<Duration>,
) -> Vec<FulfillmentLog> {
    let of = |operation: &str| -> Vec<&Exchange> {
        journal
            .exchanges()
            .iter()
            .filter(|exchange| exchange.operation == operation)
            .collect()
    };
    let (submissions, look_ups) = (of("submit"), of("verify"));
    let is_postponed = matches!(verdict, Verdict::Postpone { .. });
    if is_postponed && submissions.is_empty() && look_ups.is_empty() {
        return Vec::new();
    }
    let says_nothing = matches!(
        verdict,
        Verdict::Wait { .. }
            | Verdict::HandOver {
                ask_again: Some(_),
                ..
            }
    );
    let is_mere_look = work.resumed && submissions.is_empty() && says_nothing;
    if is_mere_look {
        return Vec::new();
    }
    let submit = if work.attempt > 1 {
        LogAction::Retry
    } else {
        LogAction::Trigger
    };
    let row = |action, exchanges: Vec<&Exchange>| {
        (!exchanges.is_empty()).then(|| log(work, action, &exchanges, verdict, next_retry_in))
    };
    let nothing_said = submissions.is_empty() && look_ups.is_empty();
    // A refusal of our own, before any call, is on record, too.
    let silent = nothing_said.then(|| log(work, submit, &[], verdict, next_retry_in));
    [
        row(submit, submissions),
        row(LogAction::Verify, look_ups),
        silent,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn log(
    work: &FulfillmentWork,
    action: LogAction,
    exchanges: &[&Exchange],
    verdict: &Verdict,
    next_retry_in: Option<Duration>,
) -> FulfillmentLog {
    let last = exchanges.last();
    let (error_code, error_message) = match verdict {
        Verdict::Retry { code, message, .. }
        | Verdict::Fail { code, message, .. }
        | Verdict::Park { code, message } => (Some(code.clone()), Some(message.clone())),
        Verdict::Deliver { .. }
        | Verdict::HandOver { .. }
        | Verdict::Wait { .. }
        | Verdict::Postpone { .. } => (None, None),
    };
    FulfillmentLog {
        fulfillment_id: work.fulfillment_id,
        called: None,
        attempt: Some(work.attempt),
        action,
        status: status(verdict),
        api_request: last.map(|_| each(exchanges, |one| json!([one.endpoint, one.request]))),
        api_response: last.map(|_| each(exchanges, |one| one.response.clone())),
        http_status: last.and_then(|one| one.status).map(i32::from),
        duration: last.map(|_| exchanges.iter().map(|one| one.duration).sum()),
        error_code,
        error_message,
        retryable: error_is_retryable(verdict),
        next_retry_in,
    }
}

/// One call as it is, several as a list.
fn each(exchanges: &[&Exchange], part: impl Fn(&Exchange) -> Value) -> Value {
    match exchanges {
        [one] => part(one),
        several => several.iter().map(|one| part(one)).collect(),
    }
}

fn status(verdict: &Verdict) -> LogStatus {
    match verdict {
        Verdict::Deliver { .. } | Verdict::HandOver { .. } => LogStatus::Success,
        Verdict::Wait { .. } | Verdict::Postpone { .. } => LogStatus::Pending,
        Verdict::Retry {
            look_up_first: true,
            ..
        }
        | Verdict::Park { .. } => LogStatus::Unknown,
        Verdict::Retry {
            look_up_first: false,
            ..
        }
        | Verdict::Fail { .. } => LogStatus::Failed,
    }
}

fn error_is_retryable(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::Deliver { .. }
        | Verdict::HandOver { .. }
        | Verdict::Wait { .. }
        | Verdict::Postpone { .. } => None,
        Verdict::Retry { .. } => Some(true),
        Verdict::Fail { .. } | Verdict::Park { .. } => Some(false),
    }
}

/// The row of an attempt to have a provider give it up.
pub(in crate::jobs) fn cancellation(
    work: &FulfillmentWork,
    journal: &Journal,
    status: LogStatus,
    refusal: Option<(&str, &str)>,
) -> FulfillmentLog {
    let exchanges: Vec<_> = journal.exchanges().iter().collect();
    let last = exchanges.last();
    FulfillmentLog {
        fulfillment_id: work.fulfillment_id,
        called: None,
        attempt: Some(work.attempt),
        action: LogAction::Cancel,
        status,
        api_request: last.map(|_| each(&exchanges, |one| json!([one.endpoint, one.request]))),
        api_response: last.map(|_| each(&exchanges, |one| one.response.clone())),
        http_status: last.and_then(|one| one.status).map(i32::from),
        duration: last.map(|_| exchanges.iter().map(|one| one.duration).sum()),
        error_code: refusal.map(|(code, _)| code.to_owned()),
        error_message: refusal.map(|(_, message)| message.to_owned()),
        retryable: refusal.map(|_| false),
        next_retry_in: None,
    }
}

/// The row of a call to a carrier about a parcel's label; nothing was said: none.
pub(in crate::jobs) fn carrier_call<T>(
    (fulfillment_id, carrier): (i64, &str),
    action: LogAction,
    journal: &Journal,
    result: &Result<T, ProviderError>,
) -> Option<FulfillmentLog> {
    let exchanges: Vec<_> = journal.exchanges().iter().collect();
    let last = exchanges.last()?;
    let error = result.as_ref().err();
    let (status, retryable) = match error {
        None => (LogStatus::Success, None),
        Some(ProviderError::Unknown { .. }) => (LogStatus::Unknown, Some(false)),
        Some(ProviderError::Rejected { .. }) => (LogStatus::Failed, Some(false)),
        Some(_) => (LogStatus::Failed, Some(true)),
    };
    Some(FulfillmentLog {
        fulfillment_id,
        called: Some(carrier.to_owned()),
        attempt: None,
        action,
        status,
        api_request: Some(each(&exchanges, |one| json!([one.endpoint, one.request]))),
        api_response: Some(each(&exchanges, |one| one.response.clone())),
        http_status: last.status.map(i32::from),
        duration: Some(exchanges.iter().map(|one| one.duration).sum()),
        error_code: error.map(|error| match error {
            ProviderError::Rejected { code, .. } => code.clone(),
            other => format!("carrier_{}", other.outcome()),
        }),
        error_message: error.map(ToString::to_string),
        retryable,
        next_retry_in: None,
    })
}
