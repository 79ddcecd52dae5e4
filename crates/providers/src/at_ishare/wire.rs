//! AT-iShare's wire: what its answers mean. The vendor answers HTTP 200 with the real status in
//! the body, as a number, a numeric string or a word, sometimes behind a PHP warning.

use serde_json::Value;

use crate::ProviderError;
use crate::http::{Answer, NoAnswer};
use crate::vendor::refusal_by_http;

/// The vendor's answer once its shape is understood.
#[derive(Debug)]
pub(super) struct Said {
    /// The body's status: `200` for success words.
    pub(super) code: u16,
    pub(super) message: String,
    pub(super) body: Value,
}

/// What the vendor knows of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnitState {
    Delivered,
    InProgress,
    Failed(String),
    NotFound,
}

/// Whether a failure leaves room for the vendor having accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ambiguity {
    /// We can look it up, so a server error may be tried again later.
    CanLookUp,
    /// We can't, so whatever is not a clear refusal is unknown.
    Undecidable,
}

/// The first JSON object in the body, past any warnings that PHP printed before it.
pub(super) fn said(body: &str) -> Option<Said> {
    let start = body.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&body[start..]).into_iter::<Value>();
    let body = values.next()?.ok()?;
    let code = code_of(&body)?;
    let message = body
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Some(Said {
        code,
        message: message.chars().take(200).collect(),
        body,
    })
}

/// `code` wins over `status`: generation 1 answers `{"status":"success","code":200}`.
fn code_of(body: &Value) -> Option<u16> {
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_u64().and_then(|code| u16::try_from(code).ok()),
        Value::String(text) if text.eq_ignore_ascii_case("success") => Some(200),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    ["code", "status"]
        .iter()
        .find_map(|key| body.get(key).and_then(number))
}

/// Reads the answer to a placing call: `Ok` when it was accepted.
pub(super) fn placed(
    answer: Result<Answer, NoAnswer>,
    ambiguity: Ambiguity,
) -> Result<Said, ProviderError> {
    let answer = answer.map_err(ProviderError::from)?;
    refused_by_http(&answer, ambiguity)?;
    match said(&answer.body) {
        Some(said) if said.code == 200 && answer.status.is_success() => Ok(said),
        Some(said) => Err(refusal(&said, ambiguity)),
        None if answer.status.is_success() => Err(ProviderError::unknown(
            "the vendor's answer is not understood",
        )),
        // Not the vendor's own words: a wrong address, which somebody puts right.
        None if matches!(answer.status.as_u16(), 404 | 405) => Err(ProviderError::transient(
            format!("nobody there: HTTP {}", answer.status.as_u16()),
        )),
        None => Err(ProviderError::rejected(
            format!("http_{}", answer.status.as_u16()),
            "the vendor refused without a reason",
        )),
    }
}

/// Reads the answer to a status call. Nothing that goes wrong here says anything about the order,
/// so it is never a refusal: ask again.
pub(super) fn looked_up(answer: Result<Answer, NoAnswer>) -> Result<UnitState, ProviderError> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(NoAnswer::NotSent(error) | NoAnswer::Lost(error)) => {
            return Err(ProviderError::broken(None, error));
        }
        Err(dry) => return Err(dry.into()),
    };
    let state = match refused_by_http(&answer, Ambiguity::CanLookUp) {
        Err(error) => Err(error),
        Ok(()) => match said(&answer.body) {
            Some(said) if said.code == 200 => unit_state(&said.body),
            Some(said) if is_not_found(&said) => Ok(UnitState::NotFound),
            Some(said) => Err(refusal(&said, Ambiguity::CanLookUp)),
            None => Err(ProviderError::transient(
                "the vendor's answer is not understood",
            )),
        },
    };
    state.map_err(|error| match error {
        ProviderError::Unauthorized { message } => ProviderError::Unauthorized { message },
        ProviderError::Transient {
            retry_after,
            message,
            ..
        } => ProviderError::broken(retry_after, message),
        error => ProviderError::broken(None, format!("the order can't be looked up: {error}")),
    })
}

/// Statuses that speak for themselves, whatever the body holds.
fn refused_by_http(answer: &Answer, ambiguity: Ambiguity) -> Result<(), ProviderError> {
    match refusal_by_http(answer) {
        None => Ok(()),
        Some(ProviderError::Transient {
            look_up: true,
            message,
            ..
        }) if ambiguity == Ambiguity::Undecidable => Err(ProviderError::unknown(message)),
        Some(error) => Err(error),
    }
}

/// The vendor's own codes (PROVIDERS 2.3).
fn refusal(said: &Said, ambiguity: Ambiguity) -> ProviderError {
    let told = |ours: &str| match said.message.as_str() {
        "" => ours.to_owned(),
        message => message.to_owned(),
    };
    match said.code {
        // Somebody tops up the wallet or the shelf; the order itself is sound.
        100 => ProviderError::transient(told("wallet balance too low")),
        101 => ProviderError::transient(told("out of stock at the vendor")),
        102 | 401 | 403 => ProviderError::unauthorized(told("agent not found")),
        429 => ProviderError::transient(told("too many requests")),
        404 | 405 => ProviderError::transient(told("nobody there")),
        555 => ProviderError::rejected("555", told("network not found")),
        408 | 425 | 500.. if ambiguity == Ambiguity::Undecidable => {
            ProviderError::unknown(told("internal error at the vendor"))
        }
        408 | 425 | 500.. => ProviderError::broken(None, told("internal error at the vendor")),
        103 => ProviderError::rejected("103", told("no price for this bundle")),
        422 => ProviderError::rejected("422", told("number not verified")),
        code => ProviderError::rejected(code.to_string(), told("refused by the vendor")),
    }
}

/// "Not found" lets the order be sent again, so only the order's own absence counts: not that of an
/// agent or a network, and no 404 that is not in the vendor's own words.
fn is_not_found(said: &Said) -> bool {
    let message = said.message.to_ascii_lowercase();
    let is_about_the_order = message.contains("order not found");
    is_about_the_order || said.code == 404 && !message.contains("not found")
}

fn unit_state(body: &Value) -> Result<UnitState, ProviderError> {
    let status = ["/order_details/order_status", "/data/order_status"]
        .iter()
        .find_map(|path| body.pointer(path).and_then(Value::as_str))
        .ok_or_else(|| ProviderError::transient("the vendor's answer names no order status"))?;
    Ok(match status.trim().to_ascii_lowercase().as_str() {
        "successful" | "success" | "completed" | "delivered" => UnitState::Delivered,
        "failed" | "cancelled" | "canceled" | "refunded" | "reversed" | "rejected" => {
            UnitState::Failed(status.trim().chars().take(40).collect())
        }
        "pending" | "processing" | "queued" | "initiated" => UnitState::InProgress,
        // Neither success nor failure may be guessed: stay where we are until a person looks.
        unknown => {
            tracing::warn!(
                status = unknown,
                "AT-iShare reports an order status we do not know"
            );
            UnitState::InProgress
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;

    fn answer(status: u16, body: &str) -> Result<Answer, NoAnswer> {
        let status = StatusCode::from_u16(status).expect("a status");
        Ok(Answer {
            status,
            retry_after: None,
            headers: reqwest::header::HeaderMap::new(),
            body: body.to_owned(),
        })
    }

    fn placing(status: u16, body: &str, ambiguity: Ambiguity) -> &'static str {
        placed(answer(status, body), ambiguity)
            .err()
            .map_or("ok", |error| error.outcome())
    }

    #[test]
    fn a_placing_answer_is_read_from_the_body_not_from_http() {
        let cases = [
            (200, r#"{"status":200}"#, "ok", "ok"),
            (200, r#"{"status":"200"}"#, "ok", "ok"),
            (200, r#"{"status":"success","code":200}"#, "ok", "ok"),
            (200, r#"<br>Warning: {1}"#, "unknown", "unknown"),
            (
                200,
                "Warning: x in y.php\n{\"status\":200} trailing",
                "ok",
                "ok",
            ),
            (200, r#"{"status":100}"#, "transient", "transient"),
            (200, r#"{"status":"102"}"#, "unauthorized", "unauthorized"),
            (200, r#"{"status":422}"#, "rejected", "rejected"),
            (200, r#"{"status":555}"#, "rejected", "rejected"),
            (200, r#"{"status":500}"#, "transient", "unknown"),
            (200, "", "unknown", "unknown"),
            (422, "{}", "rejected", "rejected"),
            (408, "", "transient", "unknown"),
            (425, "{}", "transient", "unknown"),
            (200, r#"{"status":408}"#, "transient", "unknown"),
            (404, "<html>", "transient", "transient"),
            (405, "", "transient", "transient"),
            (401, "", "unauthorized", "unauthorized"),
            (429, "", "transient", "transient"),
            (502, "<html>", "transient", "unknown"),
            (302, "", "transient", "transient"),
        ];
        for (status, body, with_look_up, without) in cases {
            assert_eq!(
                placing(status, body, Ambiguity::CanLookUp),
                with_look_up,
                "{body}"
            );
            assert_eq!(
                placing(status, body, Ambiguity::Undecidable),
                without,
                "{body}"
            );
        }
    }

    #[test]
    fn only_the_orders_own_absence_is_not_found() {
        let is_found_missing = |status: u16, body: &str| {
            let said = looked_up(answer(status, body));
            matches!(said, Ok(UnitState::NotFound))
        };
        assert!(is_found_missing(
            200,
            r#"{"status":404,"message":"Order not found"}"#
        ));
        assert!(is_found_missing(
            200,
            r#"{"status":500,"message":"ORDER NOT FOUND!"}"#
        ));
        assert!(is_found_missing(404, r#"{"status":404}"#));
        for body in [
            r#"{"status":401,"message":"agent not found"}"#,
            r#"{"status":102,"message":"Agent not found"}"#,
            r#"{"status":555,"message":"network not found"}"#,
            r#"{"status":404,"message":"Route not found"}"#,
        ] {
            assert!(!is_found_missing(200, body), "{body}");
            assert!(looked_up(answer(200, body)).is_err(), "{body}");
        }
        assert!(!is_found_missing(404, "<html>404 not found</html>"));
    }

    #[test]
    fn a_status_is_never_guessed() {
        let state = |word: &str| {
            let body = format!(r#"{{"status":200,"data":{{"order_status":"{word}"}}}}"#);
            looked_up(answer(200, &body)).expect("a state")
        };
        assert_eq!(state("Delivered"), UnitState::Delivered);
        assert_eq!(state("SUCCESSFUL"), UnitState::Delivered);
        assert_eq!(state("Refunded"), UnitState::Failed("Refunded".into()));
        assert_eq!(state("Pending"), UnitState::InProgress);
        assert_eq!(state("Sideways"), UnitState::InProgress);
        let none = looked_up(answer(200, r#"{"status":404,"message":"Order not found"}"#));
        assert_eq!(none.expect("a state"), UnitState::NotFound);
        assert!(looked_up(answer(200, r#"{"status":200}"#)).is_err());
    }
}
