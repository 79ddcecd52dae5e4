//! Random secrets that are given out once, and known by their hash from then on.

use rand::TryRngCore;
use rand::rand_core::OsError;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// So many random bytes, in lower-case hex.
pub fn random_hex<const BYTES: usize>() -> Result<String, OsError> {
    let mut bytes = [0; BYTES];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// Whether it may be what [`random_hex`] gave out; nothing else needs to reach the database.
pub fn is_hex(text: &str, bytes: usize) -> bool {
    let is_lower_hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 2 * bytes && text.bytes().all(is_lower_hex)
}

/// What is kept of a secret. It is random itself: a slow hash would protect nothing.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
