//! Every error this API answers with, in one list, as RFC 9457 `application/problem+json`.
//!
//! A handler returns [`Problem`]; the outermost middleware ([`crate::observe`]) adds the trace id
//! and the path and writes the body. `code` is the contract: it never changes its meaning, while
//! `title` and `detail` are sentences for people and may.

use std::borrow::Cow;

use axum::Json;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use stevedore_model::problems::FieldProblem;

mod kinds;

pub use kinds::Kind;

/// How many field problems one answer lists. The rest is counted in `errors_total`, so that a
/// batch of 10,000 bad jobs does not answer with megabytes.
pub const ERRORS_LISTED_MAX: usize = 100;

/// An error on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem(Box<Contents>);

/// Boxed, since every handler's result has room for it.
#[derive(Clone, Debug)]
struct Contents {
    kind: Kind,
    detail: Cow<'static, str>,
    errors: Vec<FieldProblem>,
    members: Map<String, Value>,
    headers: HeaderMap,
}

/// What handlers and extractors return.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    /// A problem of this kind; `detail` says what is wrong with *this* request.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(seconds) = kind.retry_after_seconds() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if kind.status() == StatusCode::UNAUTHORIZED {
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static(r#"Bearer realm="stevedore""#),
            );
        }
        Self(Box::new(Contents {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            members: Map::new(),
            headers,
        }))
    }

    /// 422 with everything that is wrong with the body.
    #[must_use]
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.len() {
            1 => "1 field has a problem, see `errors`.".into(),
            n => format!("{n} fields have problems, see `errors`."),
        };
        Self::new(Kind::ValidationFailed, detail).with_errors(errors)
    }

    /// Adds problems of single fields.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldProblem>) -> Self {
        self.0.errors.extend(errors);
        self
    }

    /// Adds a member of this kind of problem, such as `shortages`.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        self.0.members.insert(member.to_owned(), value.into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(
        mut self,
        name: impl axum::http::header::IntoHeaderName,
        value: HeaderValue,
    ) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// 405, naming the methods that exist here.
    #[must_use]
    pub fn method_not_allowed(allow: Option<HeaderValue>) -> Self {
        let problem = Self::new(
            Kind::MethodNotAllowed,
            "This path exists, but not with this method; see the Allow header.",
        );
        match allow {
            Some(value) => problem.with_header(ALLOW, value),
            None => problem,
        }
    }

    /// Which problem it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What is wrong with this request, for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The problems of single fields that the answer lists.
    pub fn listed(&self) -> impl Iterator<Item = &FieldProblem> {
        self.0.errors.iter().take(ERRORS_LISTED_MAX)
    }

    /// The headers of its answer.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The JSON document, with the path and trace id of the request it answers.
    #[must_use]
    pub fn document(&self, instance: &str, trace_id: &str) -> Value {
        let mut body = Map::new();
        body.insert("type".into(), self.0.kind.type_uri().into());
        body.insert("title".into(), self.0.kind.title().into());
        body.insert("status".into(), self.0.kind.status().as_u16().into());
        body.insert("code".into(), self.0.kind.code().into());
        body.insert("detail".into(), self.0.detail.as_ref().into());
        body.insert("instance".into(), instance.into());
        body.insert("trace_id".into(), trace_id.into());
        if !self.0.errors.is_empty() {
            let listed: Vec<Value> = self.listed().map(field).collect();
            body.insert("errors".into(), listed.into());
            body.insert("errors_total".into(), self.0.errors.len().into());
        }
        body.extend(self.0.members.clone());
        // Front ends of earlier shops look for these.
        if instance.starts_with("/api/") {
            body.insert("success".into(), false.into());
            body.insert("error".into(), self.0.detail.as_ref().into());
        }
        Value::Object(body)
    }

    /// The whole answer.
    pub fn render(&self, instance: &str, trace_id: &str) -> Response {
        let mut response = (
            self.0.kind.status(),
            Json(self.document(instance, trace_id)),
        )
            .into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.extend(self.0.headers.clone());
        response
    }
}

/// A handler's error becomes an empty response that carries the problem; the outermost
/// middleware, which alone knows the trace id, writes it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn field(problem: &FieldProblem) -> Value {
    json!({ "field": problem.field, "code": problem.code, "message": problem.message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_field_problems_are_counted_but_not_all_listed() {
        let one = FieldProblem {
            field: "jobs[0].kind".into(),
            code: "required".into(),
            message: "is missing".into(),
        };
        let document = Problem::invalid(vec![one; 1000]).document("/v1/jobs/batch", "t");
        assert_eq!(
            document["errors"].as_array().map(Vec::len),
            Some(ERRORS_LISTED_MAX)
        );
        assert_eq!(document["errors_total"], 1000);
    }

    #[test]
    fn every_401_says_how_to_authenticate_and_every_503_when_to_come_back() {
        for kind in Kind::ALL {
            let response = Problem::new(*kind, "x").render("/", "t");
            let headers = response.headers();
            let status = response.status();
            assert_eq!(
                status == StatusCode::UNAUTHORIZED,
                headers.contains_key(WWW_AUTHENTICATE)
            );
            if status == StatusCode::SERVICE_UNAVAILABLE {
                assert!(headers.contains_key(RETRY_AFTER), "{kind:?}");
            }
        }
    }
}
