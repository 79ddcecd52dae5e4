//! Senders that sign nothing and prove themselves by a token that only they and we know: in the
//! address that they were given, or in a header. Nothing then proves the body, so what they say is
//! a hint where its truth can be asked for.

use serde::Deserialize;
use serde_json::Value;

use super::{Genuine, Incoming, Refusal, mac, query};

const API_KEY: &str = "x-api-key";
/// As UPS sends what a Track Alert subscription was given.
const CREDENTIAL: &str = "credential";

/// A CloudEvent.
#[derive(Deserialize)]
struct CloudEvent {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

pub(super) fn prodigi(secrets: &[&str], request: &Incoming<'_>) -> Result<Genuine, Refusal> {
    knows_token(secrets, request, &[])?;
    let event: CloudEvent = serde_json::from_slice(request.body)
        .map_err(|_| Refusal::Malformed("the body is no CloudEvent"))?;
    Ok(Genuine {
        event_id: event.id,
        event_type: Some(event.kind),
    })
}

/// Shiprocket gives events no id: one parcel is in one state at one time once.
pub(super) fn shiprocket(secrets: &[&str], request: &Incoming<'_>) -> Result<Genuine, Refusal> {
    knows_token(secrets, request, &[API_KEY])?;
    let body = json(request.body)?;
    let text = |name: &str| match &body[name] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let status = text("shipment_status_id").or_else(|| text("current_status"));
    let event_id = match (text("awb"), status, text("current_timestamp")) {
        (Some(awb), Some(status), Some(time)) => format!("{awb}:{status}:{time}"),
        _ => mac::sha256(request.body),
    };
    Ok(Genuine {
        event_id,
        event_type: text("current_status"),
    })
}

/// What carriers push has no id that all of them give: the same body is the same event.
pub(super) fn carrier(secrets: &[&str], request: &Incoming<'_>) -> Result<Genuine, Refusal> {
    knows_token(secrets, request, &[API_KEY, CREDENTIAL])?;
    json(request.body)?;
    Ok(Genuine {
        event_id: mac::sha256(request.body),
        event_type: None,
    })
}

/// DPD pushes one event a GET: its query, without our token, is the body.
pub(super) fn dpd(secrets: &[&str], request: &Incoming<'_>) -> Result<Genuine, Refusal> {
    knows_token(secrets, request, &[API_KEY])?;
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(request.body);
        let found = pairs.find(|(key, _)| key == name);
        found
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty())
    };
    let (Some(number), Some(status)) = (value("pnr"), value("status")) else {
        return Err(Refusal::Malformed("it tells of no parcel"));
    };
    let event_id = match value("pushid") {
        Some(push) => format!("{push}:{number}:{status}"),
        None => mac::sha256(request.body),
    };
    Ok(Genuine {
        event_id,
        event_type: Some(status.into_owned()),
    })
}

fn json(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::Malformed("the body is no JSON"))
}

fn knows_token(
    secrets: &[&str],
    request: &Incoming<'_>,
    headers: &[&'static str],
) -> Result<(), Refusal> {
    let in_headers = headers.iter().filter_map(|name| request.headers.get(*name));
    let mut tokens: Vec<Vec<u8>> = in_headers.map(|value| value.as_bytes().to_vec()).collect();
    tokens.extend(query(request, "token").map(|token| token.as_bytes().to_vec()));
    if tokens.is_empty() {
        let missing = headers
            .first()
            .copied()
            .unwrap_or("the token in the address");
        return Err(Refusal::MissingHeader(missing));
    }
    let is_known = |token: &Vec<u8>| {
        let is = |secret: &&str| mac::is_same(secret.as_bytes(), token);
        secrets.iter().any(is)
    };
    match tokens.iter().any(is_known) {
        true => Ok(()),
        false => Err(Refusal::BadSignature),
    }
}
