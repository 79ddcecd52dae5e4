//! `X-Razorpay-Signature`: hex over the body. No time is signed; the id of the event is in a header
//! of its own, which is not signed either, so handlers must not trust it.

use serde::Deserialize;

use super::{Genuine, Incoming, Refusal, header, mac};

#[derive(Deserialize)]
struct Event {
    event: String,
}

pub(super) fn verify(secrets: &[&str], request: &Incoming<'_>) -> Result<Genuine, Refusal> {
    let tag = header(request, "x-razorpay-signature")?;
    let tag = mac::from_hex(tag).ok_or(Refusal::BadSignature)?;
    let by = |secret: &&str| mac::is_sha256(secret.as_bytes(), &[request.body], &tag);
    if !secrets.iter().any(by) {
        return Err(Refusal::BadSignature);
    }
    let event_id = header(request, "x-razorpay-event-id")?.to_owned();
    let event: Event = serde_json::from_slice(request.body)
        .map_err(|_| Refusal::Malformed("the body is no event of Razorpay"))?;
    Ok(Genuine {
        event_id,
        event_type: Some(event.event),
    })
}
