//! What stands before everything that changes something: the form must come from our own page, of
//! the session that it is sent with.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use subtle::ConstantTimeEq;

use crate::Console;
use crate::form::Form;
use crate::page::Refusal;
use crate::session::Session;

const FETCH_SITE: &str = "sec-fetch-site";

/// A form of ours, sent by whoever is signed in.
#[derive(Debug)]
pub struct Posted {
    /// Who.
    pub session: Session,
    /// What.
    pub form: Form,
}

impl FromRequest<Console> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Refusal> {
        must_be_ours(request.headers(), request.uri())?;
        let (mut parts, body) = request.into_parts();
        let session = Session::from_request_parts(&mut parts, console).await?;
        let form = read(Request::from_parts(parts, body), console).await?;
        let (sent, ours) = (form.get("csrf"), session.form_token());
        match bool::from(sent.as_bytes().ct_eq(ours.as_bytes())) {
            true => Ok(Self { session, form }),
            false => Err(Refusal::Foreign),
        }
    }
}

/// A form from our own origin, of somebody who is not signed in yet.
#[derive(Debug)]
pub struct Ours(pub Form);

impl FromRequest<Console> for Ours {
    type Rejection = Refusal;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Refusal> {
        must_be_ours(request.headers(), request.uri())?;
        read(request, console).await.map(Self)
    }
}

async fn read(request: Request, console: &Console) -> Result<Form, Refusal> {
    let body = Bytes::from_request(request, console).await;
    let body = body.map_err(|_too_long| Refusal::TooLong)?;
    Ok(Form::read(&body))
}

/// Browsers say where a form comes from, and pages can't have them say something else: by
/// Sec-Fetch-Site, or, over plain HTTP and in old ones, by Origin. Who says neither is no browser
/// of this decade.
fn must_be_ours(headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
    let is_ours = match headers.get(FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => origin(headers).is_some_and(|(_, host)| Some(host) == own_host(headers, uri)),
    };
    if is_ours {
        Ok(())
    } else {
        Err(Refusal::Foreign)
    }
}

/// Scheme and host of the page that sent this.
fn origin(headers: &HeaderMap) -> Option<(&str, &str)> {
    headers.get(ORIGIN)?.to_str().ok()?.split_once("://")
}

fn own_host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| uri.authority().map(|authority| authority.as_str()))
}

/// Whether the browser speaks HTTPS, however it comes to us: then its cookies must, too. It is the
/// browser's own word about its own cookie.
pub(crate) fn is_https(headers: &HeaderMap) -> bool {
    let forwarded = headers.get("x-forwarded-proto");
    origin(headers).is_some_and(|(scheme, _)| scheme == "https")
        || forwarded.is_some_and(|scheme| scheme == "https")
}
