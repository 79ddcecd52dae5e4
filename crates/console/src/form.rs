//! What a form or an address's query says.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// An address of ours with a query behind it.
#[must_use]
pub fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut address = format!("{path}?");
    let begin = address.len();
    form_urlencoded::Serializer::for_suffix(&mut address, begin).extend_pairs(query);
    address
}

/// Names and their values.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `a=1&b=2`, as browsers write forms and queries.
    #[must_use]
    pub fn read(text: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(text).into_owned();
        Self(pairs.collect())
    }

    /// The value of a name; nothing if it is missing.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        let mut found = self.0.iter().filter(|(key, _)| key == name);
        found.next().map_or("", |(_, value)| value.as_str())
    }

    /// The value of a name without what surrounds it, if it says something that the database can
    /// hold.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<String> {
        let value = self.get(name).trim();
        let is_text = !value.is_empty() && !value.contains('\0');
        is_text.then(|| value.to_owned())
    }
}

/// What the query of the address says; nothing where there is none.
pub struct Query(pub Form);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(Form::read(query.as_bytes())))
    }
}
