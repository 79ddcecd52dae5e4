//! Signatures of the Standard Webhooks specification, version 1.0.0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

/// The header with the message's id: the same in every attempt.
pub const WEBHOOK_ID: &str = "webhook-id";
/// The header with the attempt's time, in seconds since 1970.
pub const WEBHOOK_TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const WEBHOOK_SIGNATURE: &str = "webhook-signature";

/// The value of [`WEBHOOK_SIGNATURE`]: one signature for each secret, so that an app that knows
/// any of them can tell. None if a secret is not `whsec_` and base64.
#[must_use]
pub fn signature(secrets: &[SecretString], id: &str, timestamp: u64, body: &str) -> Option<String> {
    let signed = format!("{id}.{timestamp}.{body}");
    let signatures = secrets.iter().map(|secret| {
        let key = secret.expose_secret().strip_prefix("whsec_")?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(key).ok()?);
        let tag = hmac::sign(&key, signed.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(tag)))
    });
    let signatures: Option<Vec<String>> = signatures.collect();
    signatures.map(|all| all.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's own example.
    #[test]
    fn g8_a_signature_is_that_of_the_specification() {
        let secret = SecretString::from("whsec_plJ3nmyCDGBKInavdOK15jsl");
        let signed = signature(
            &[secret.clone(), secret],
            "msg_loFOjxBNrRLzqYUf",
            1_731_705_121,
            r#"{"event_type":"ping","data":{"success":true}}"#,
        );
        let expected = "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=";
        assert_eq!(signed, Some(format!("{expected} {expected}")));
        let bad = SecretString::from("whsec_?");
        assert_eq!(signature(&[bad], "m", 1, "{}"), None);
    }
}
