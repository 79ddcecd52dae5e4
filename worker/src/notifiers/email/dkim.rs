//! DKIM (RFC 6376, RFC 8463): signs a mail with the key of the shop's domain, so that its readers'
//! servers know that it is the shop's. Relaxed canonicalization, the whole body, SHA-256.
//!
//! lettre could do it with the crate `rsa`, which has RUSTSEC-2023-0071; ring signs here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

/// What is signed, where a mail has it. `from` stands twice: a second one that somebody adds later
/// breaks the signature.
const SIGNED: [&str; 12] = [
    "from",
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "auto-submitted",
    "list-unsubscribe",
    "list-unsubscribe-post",
];
/// Characters of the signature on one line.
const LINE_CHARS: usize = 72;

/// The key of a domain.
pub(super) struct Signer {
    key: Key,
    domain: String,
    selector: String,
}

enum Key {
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    /// A signer with a private key in PEM: Ed25519, or RSA of 2,048 bits at least.
    pub(super) fn new(pem: &str, domain: &str, selector: &str) -> Result<Self, &'static str> {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| "is no PEM key")?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(key) => {
                let der = key.secret_pkcs8_der();
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
                    .map(Key::Ed25519)
                    .or_else(|_| RsaKeyPair::from_pkcs8(der).map(Key::Rsa))
            }
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).map(Key::Rsa),
            _ => return Err("is neither an Ed25519 nor an RSA key"),
        };
        Ok(Self {
            key: key.map_err(|_| "is neither Ed25519 nor RSA of 2,048 bits or more")?,
            domain: domain.to_owned(),
            selector: selector.to_owned(),
        })
    }

    /// The mail, as it goes over the wire, below its signature.
    pub(super) fn sign(&self, mail: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(mail);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let headers = unfolded(head);
        let (names, mut signed) = chosen(&headers);
        let algorithm = match &self.key {
            Key::Ed25519(_) => "ed25519",
            Key::Rsa(_) => "rsa",
        };
        let field = format!(
            "v=1; a={algorithm}-sha256; c=relaxed/relaxed; d={}; s={};\r\n h={names};\r\n bh={};\
             \r\n b=",
            self.domain,
            self.selector,
            STANDARD.encode(digest(&SHA256, relaxed_body(body).as_bytes())),
        );
        // The signature's own field is signed last, without its line end.
        signed.push_str(&relaxed_header("DKIM-Signature", &field));
        let signature = STANDARD.encode(self.raw(signed.as_bytes()));
        let mut mail_signed = format!("DKIM-Signature: {field}");
        for (nth, line) in signature.as_bytes().chunks(LINE_CHARS).enumerate() {
            mail_signed.push_str(if nth == 0 { "" } else { "\r\n " });
            mail_signed.push_str(&String::from_utf8_lossy(line));
        }
        mail_signed.push_str("\r\n");
        [mail_signed.as_bytes(), mail].concat()
    }

    fn raw(&self, data: &[u8]) -> Vec<u8> {
        match &self.key {
            // RFC 8463 signs the hash.
            Key::Ed25519(key) => key.sign(digest(&SHA256, data).as_ref()).as_ref().to_vec(),
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    data,
                    &mut signature,
                )
                .expect("the system has random numbers, and the room is right");
                signature
            }
        }
    }
}

/// Name and value of each field, those on several lines as one.
fn unfolded(head: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in head.split("\r\n") {
        match line.split_once(':') {
            Some((name, value)) if !line.starts_with([' ', '\t']) => {
                fields.push((name, value.to_owned()));
            }
            _ => {
                if let Some((_, value)) = fields.last_mut() {
                    value.push_str(line);
                }
            }
        }
    }
    fields
}

/// Names of what is signed, and the text that is.
fn chosen(headers: &[(&str, String)]) -> (String, String) {
    let mut names = Vec::new();
    let mut signed = String::new();
    for wanted in SIGNED {
        let found = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let Some((name, value)) = found else {
            continue;
        };
        // The second "from" says that there is no other.
        if !names.contains(&wanted) {
            signed.push_str(&relaxed_header(name, value));
            signed.push_str("\r\n");
        }
        names.push(wanted);
    }
    (names.join(":"), signed)
}

fn relaxed_header(name: &str, value: &str) -> String {
    let words: Vec<_> = value.split_ascii_whitespace().collect();
    format!(
        "{}:{}",
        name.trim_end().to_ascii_lowercase(),
        words.join(" ")
    )
}

fn relaxed_body(body: &str) -> String {
    let mut relaxed = String::with_capacity(body.len());
    let mut empty_lines = 0;
    for line in body.split("\r\n") {
        let line = relaxed_line(line);
        if line.is_empty() {
            empty_lines += 1;
            continue;
        }
        relaxed.push_str(&"\r\n".repeat(empty_lines));
        relaxed.push_str(&line);
        relaxed.push_str("\r\n");
        empty_lines = 0;
    }
    relaxed
}

/// Runs of blanks are one, and none is at the end.
fn relaxed_line(line: &str) -> String {
    let mut relaxed = String::with_capacity(line.len());
    for c in line.trim_end_matches([' ', '\t']).chars() {
        match c {
            ' ' | '\t' if relaxed.ends_with(' ') => {}
            ' ' | '\t' => relaxed.push(' '),
            c => relaxed.push(c),
        }
    }
    relaxed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8463, A.2.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";
    const MAIL: &str = "From: Joe SixPack <joe@football.example.com>\r\n\
        To: Suzie Q <suzie@shopping.example.net>\r\n\
        Subject: Is dinner\r\n\tready?\r\n\r\n\
        Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n\r\n";

    #[test]
    fn the_forms_are_those_of_the_standard() {
        // RFC 6376, 3.4.5.
        assert_eq!(relaxed_header("B ", " Y\t  Z  "), "b:Y Z");
        assert_eq!(relaxed_body(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed_body("\r\n\r\n"), "");
        assert_eq!(relaxed_body("a\r\n\r\nb"), "a\r\n\r\nb\r\n");
    }

    #[test]
    fn a_mail_is_signed_with_the_standards_key_and_body_hash() {
        let signer = Signer::new(PEM, "football.example.com", "brisbane").expect("a key");
        let signed = String::from_utf8(signer.sign(MAIL.as_bytes())).expect("text");
        assert!(signed.ends_with(MAIL));
        for part in [
            "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=football.example.com;",
            " h=from:from:to:subject;\r\n",
            " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n",
        ] {
            assert!(signed.contains(part), "{part} not in {signed}");
        }
        // The same mail, folded in another way, has the same signature.
        let other = MAIL.replace("dinner\r\n\tready", "dinner ready");
        let other = String::from_utf8(signer.sign(other.as_bytes())).expect("text");
        let head = |mail: &str| mail.split("From:").next().map(str::to_owned);
        assert_eq!(head(&signed), head(&other));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for wrong in ["", "secret", &PEM.replace("MC4C", "MC5C")] {
            assert!(Signer::new(wrong, "d", "s").is_err(), "{wrong}");
        }
    }
}
