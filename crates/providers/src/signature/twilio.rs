//! `X-Twilio-Signature`: base64 of HMAC-SHA-1 over the address that Twilio called, followed by the
//! names and values of a form in the order of their names. Of any other body the address holds the
//! hash, as `bodySHA256`. No time is signed.
//!
//! Twilio signs an address with or without its port and does not say which, so both are tried.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;

use super::{Genuine, Incoming, Refusal, header, mac, query};

const FORM: &str = "application/x-www-form-urlencoded";

/// Names and values of a form, sorted, each once.
type Form = BTreeMap<String, BTreeSet<String>>;

pub(super) fn verify(
    secrets: &[&str],
    base: &str,
    request: &Incoming<'_>,
) -> Result<Genuine, Refusal> {
    let tag = header(request, "x-twilio-signature")?;
    let tag = STANDARD.decode(tag).map_err(|_| Refusal::BadSignature)?;
    let form = form_of(request);
    let mut signed = String::new();
    for (name, values) in form.iter().flatten() {
        for value in values {
            signed.push_str(name);
            signed.push_str(value);
        }
    }
    let is_signed = addresses(base, request.path_and_query)
        .iter()
        .any(|address| {
            let parts = [address.as_bytes(), signed.as_bytes()];
            let by = |secret: &&str| mac::is_sha1(secret.as_bytes(), &parts, &tag);
            secrets.iter().any(by)
        });
    if !is_signed {
        return Err(Refusal::BadSignature);
    }
    match form {
        Some(form) => Ok(of_form(&form, &signed)),
        None => of_body(request),
    }
}

fn form_of(request: &Incoming<'_>) -> Option<Form> {
    let kind = request.headers.get("content-type")?.to_str().ok()?;
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case(FORM) {
        return None;
    }
    let mut form = Form::new();
    for (name, value) in form_urlencoded::parse(request.body) {
        form.entry(name.into_owned())
            .or_default()
            .insert(value.into_owned());
    }
    Some(form)
}

/// The address as it is configured, with its port, and without it.
fn addresses(base: &str, path_and_query: &str) -> Vec<String> {
    let plain = format!("{base}{path_and_query}");
    let Ok(url) = Url::parse(base) else {
        return vec![plain];
    };
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return vec![plain];
    };
    let scheme = url.scheme();
    let prefix = url.path().trim_end_matches('/');
    vec![
        format!("{scheme}://{host}:{port}{prefix}{path_and_query}"),
        format!("{scheme}://{host}{prefix}{path_and_query}"),
        plain,
    ]
}

/// Statuses of one message each come once; anything else is known by all that it says.
fn of_form(form: &Form, signed: &str) -> Genuine {
    let value = |name: &str| form.get(name)?.first().cloned();
    let message = value("MessageSid").or_else(|| value("SmsSid"));
    let status = value("MessageStatus").or_else(|| value("SmsStatus"));
    match (message, status) {
        (Some(message), Some(status)) => Genuine {
            event_id: format!("{message}:{status}"),
            event_type: Some(format!("message.{status}")),
        },
        _ => Genuine {
            event_id: mac::sha256(signed.as_bytes()),
            event_type: None,
        },
    }
}

fn of_body(request: &Incoming<'_>) -> Result<Genuine, Refusal> {
    let hash = mac::sha256(request.body);
    let told = query(request, "bodySHA256").ok_or(Refusal::BadSignature)?;
    if !mac::is_same(hash.as_bytes(), told.as_bytes()) {
        return Err(Refusal::BadSignature);
    }
    Ok(Genuine {
        event_id: hash,
        event_type: None,
    })
}
