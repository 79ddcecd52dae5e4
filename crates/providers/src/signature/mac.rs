//! HMAC, and comparisons that tell nothing by the time they take.

use ring::{digest, hmac};
use subtle::ConstantTimeEq;

/// Whether `tag` is the HMAC-SHA-256 of these parts, one after the other.
pub(super) fn is_sha256(key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    is_mac(hmac::HMAC_SHA256, key, parts, tag)
}

/// The same with SHA-1, which Twilio uses; in an HMAC it is not broken.
pub(super) fn is_sha1(key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    is_mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key, parts, tag)
}

fn is_mac(algorithm: hmac::Algorithm, key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, key));
    for part in parts {
        context.update(part);
    }
    context.sign().as_ref().ct_eq(tag).into()
}

/// Whether both are the same.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// SHA-256, in lower-case hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// Lower-case hex, and nothing else: what is signed has one spelling.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    is_lower.then(|| hex::decode(text).ok()).flatten()
}
