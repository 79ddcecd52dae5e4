//! Standard Webhooks 1.0: `webhook-signature: v1,<base64> …` over `<id>.<timestamp>.<body>`, keyed
//! with the decoded secret. Signatures of other versions are skipped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Genuine, Incoming, Refusal, header, is_timely, mac};

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// The key that a secret stands for.
pub(super) fn key(secret: &str) -> Option<Vec<u8>> {
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    STANDARD.decode(encoded).ok().filter(|key| !key.is_empty())
}

pub(super) fn verify(secrets: &[&str], request: &Incoming<'_>) -> Result<Genuine, Refusal> {
    let id = header(request, "webhook-id")?;
    let time = header(request, "webhook-timestamp")?;
    let signed_at: i64 = time.parse().map_err(|_| Refusal::BadSignature)?;
    let tags: Vec<Vec<u8>> = header(request, "webhook-signature")?
        .split(' ')
        .filter_map(|text| text.strip_prefix("v1,"))
        .filter_map(|text| STANDARD.decode(text).ok())
        .collect();
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", request.body];
    let is_signed = secrets.iter().filter_map(|secret| key(secret)).any(|key| {
        let is_tag = |tag: &Vec<u8>| mac::is_sha256(&key, &parts, tag);
        tags.iter().any(is_tag)
    });
    if !is_signed {
        return Err(Refusal::BadSignature);
    }
    is_timely(signed_at, request.now)?;
    let event: Event = serde_json::from_slice(request.body)
        .map_err(|_| Refusal::Malformed("the body is no JSON object"))?;
    Ok(Genuine {
        event_id: id.to_owned(),
        event_type: event.kind,
    })
}
