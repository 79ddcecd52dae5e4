//! Encrypts a token with a key made from the credentials that get it: no further secret to manage,
//! and a copy of the database is worth nothing without them. AES-256-GCM of ring, a random nonce
//! before each text, the token's name as associated data.

use std::num::NonZeroU32;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::pbkdf2::{self, PBKDF2_HMAC_SHA256};
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use stevedore_providers::TokenKey;

/// Some credentials are passwords that people chose. Once per token and process.
const ROUNDS: NonZeroU32 = NonZeroU32::new(100_000).expect("not zero");

/// The key of one token.
pub(super) struct Seal {
    key: LessSafeKey,
    name: String,
}

impl Seal {
    pub(super) fn new(key: &TokenKey) -> Self {
        let salt = format!("stevedore provider token v1 {}", key.name);
        let mut bytes = [0; 32];
        pbkdf2::derive(
            PBKDF2_HMAC_SHA256,
            ROUNDS,
            salt.as_bytes(),
            key.credentials.expose_secret().as_bytes(),
            &mut bytes,
        );
        let key_of_length = UnboundKey::new(&AES_256_GCM, &bytes).expect("32 bytes are a key");
        Self {
            key: LessSafeKey::new(key_of_length),
            name: key.name.clone(),
        }
    }

    pub(super) fn close(&self, token: &SecretString) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .expect("the system has random numbers");
        let mut text = token.expose_secret().as_bytes().to_vec();
        let aad = Aad::from(self.name.as_bytes());
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text)
            .expect("a token is far shorter than the cipher's limit");
        [nonce.as_slice(), &text].concat()
    }

    /// Nothing if it was sealed with another key, or changed.
    pub(super) fn open(&self, sealed: &[u8]) -> Option<SecretString> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let aad = Aad::from(self.name.as_bytes());
        let token = self.key.open_in_place(nonce, aad, &mut text).ok()?;
        let token = std::str::from_utf8(token).ok()?;
        Some(token.to_owned().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(name: &str, credentials: &str) -> Seal {
        Seal::new(&TokenKey {
            name: name.to_owned(),
            credentials: credentials.into(),
        })
    }

    #[test]
    fn d8_a_sealed_token_opens_with_the_same_name_and_credentials_only() {
        let one = seal("vendor/default", "secret");
        let mut sealed = one.close(&"token-1".into());
        assert!(!sealed.windows(7).any(|bytes| bytes == b"token-1"));
        let opened = one.open(&sealed).expect("opened");
        assert_eq!(opened.expose_secret(), "token-1");
        assert!(seal("vendor/default", "new").open(&sealed).is_none());
        assert!(seal("vendor/other", "secret").open(&sealed).is_none());
        sealed[20] ^= 1;
        assert!(one.open(&sealed).is_none());
        assert!(one.open(&[1, 2, 3]).is_none());
    }
}
