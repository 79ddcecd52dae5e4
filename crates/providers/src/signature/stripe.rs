//! `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]` over `<t>.<body>`, keyed with the secret as
//! it is written.

use serde::Deserialize;

use super::{Genuine, Incoming, Refusal, header, is_timely, mac};

const HEADER: &str = "stripe-signature";

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

pub(super) fn verify(secrets: &[&str], request: &Incoming<'_>) -> Result<Genuine, Refusal> {
    let (mut time, mut tags) = (None, Vec::new());
    for part in header(request, HEADER)?.split(',') {
        match part.split_once('=') {
            Some(("t", text)) => time = Some(text),
            Some(("v1", text)) => tags.push(text),
            _ => {}
        }
    }
    let time = time.ok_or(Refusal::MissingHeader("the time in stripe-signature"))?;
    let signed_at: i64 = time.parse().map_err(|_| Refusal::BadSignature)?;
    let parts = [time.as_bytes(), b".", request.body];
    let is_signed = tags.iter().filter_map(|tag| mac::from_hex(tag)).any(|tag| {
        let by = |secret: &&str| mac::is_sha256(secret.as_bytes(), &parts, &tag);
        secrets.iter().any(by)
    });
    if !is_signed {
        return Err(Refusal::BadSignature);
    }
    is_timely(signed_at, request.now)?;
    let event: Event = serde_json::from_slice(request.body)
        .map_err(|_| Refusal::Malformed("the body is no event of Stripe"))?;
    Ok(Genuine {
        event_id: event.id,
        event_type: Some(event.kind),
    })
}
