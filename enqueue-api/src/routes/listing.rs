//! What all lists have in common: filters, order, pages, CSV. A list is a [`Listing`]; what its
//! query may say is read, and described, from that.

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use stevedore_model::TenantId;
use stevedore_model::lists::{self, List, ListError, Place, Wanted};
use stevedore_model::problems::problem;

use crate::csv;
use crate::problem::{Problem, Result};
use crate::routes::query::QueryFields;
use crate::state::ApiState;

/// Rows of a page when nothing is said.
pub const LIMIT_DEFAULT: u32 = 50;
/// Rows of a page at most.
pub const LIMIT_MAX: u32 = 500;

/// A list as clients see it.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// The operation that answers it.
    pub operation: &'static str,
    /// What its rows are called, and the file of its CSV.
    pub name: &'static str,
    /// Where they are.
    pub list: &'static List,
    /// What narrows it.
    pub filters: &'static [Filter],
    /// Columns that it can be sorted by, beside its key: each served by an index, never null.
    pub sorts: &'static [&'static str],
}

/// Something that narrows a list.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Its name in the query.
    pub name: &'static str,
    /// The column it is about.
    pub column: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it means.
    pub means: &'static str,
}

/// What the value of a filter is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Some of these words, with commas between them.
    Words(&'static [&'static str]),
    /// A text, as it is.
    Text,
    /// An id.
    Id,
    /// `true` or `false`.
    Flag,
    /// A time; rows of then or later.
    Since,
    /// A time; rows from before.
    Until,
}

/// A filter by an equal text.
pub const fn text(name: &'static str, column: &'static str, means: &'static str) -> Filter {
    Filter {
        name,
        column,
        kind: Kind::Text,
        means,
    }
}

/// A filter by an id.
pub const fn id(name: &'static str, means: &'static str) -> Filter {
    Filter {
        name,
        column: name,
        kind: Kind::Id,
        means,
    }
}

/// A filter by states.
pub const fn words(name: &'static str, words: &'static [&'static str]) -> Filter {
    Filter {
        name,
        column: name,
        kind: Kind::Words(words),
        means: "In one of these, with commas.",
    }
}

/// Rows made then or later.
pub const SINCE: Filter = Filter {
    name: "created_after",
    column: "created_at",
    kind: Kind::Since,
    means: "Made then or later.",
};

/// Rows made before.
pub const UNTIL: Filter = Filter {
    name: "created_before",
    column: "created_at",
    kind: Kind::Until,
    means: "Made before then.",
};

impl Listing {
    /// Every name that its query knows.
    fn names(&self) -> Vec<&'static str> {
        let filters = self.filters.iter().map(|filter| filter.name);
        filters.chain(["sort", "after", "limit"]).collect()
    }

    /// What `sort` may be; the first is what is meant when nothing is said.
    #[must_use]
    pub fn orders(&self) -> Vec<String> {
        let columns = [self.list.key]
            .into_iter()
            .chain(self.sorts.iter().copied());
        columns
            .flat_map(|column| [format!("-{column}"), column.to_owned()])
            .collect()
    }
}

/// Answers a list: a page of JSON, or all of it as CSV.
///
/// # Errors
/// 422 for what the query says wrongly.
pub async fn answer(
    state: &ApiState,
    tenant: TenantId,
    headers: &HeaderMap,
    pairs: Vec<(String, String)>,
    listing: &'static Listing,
) -> Result<Response> {
    let csv = csv::is_wanted(headers);
    let mut fields = QueryFields::read(pairs, &listing.names());
    let wanted = wanted(&mut fields, listing);
    let after = fields.parsed("after", "must be the next of another page", Place::parse);
    let is_limited = fields.has("limit");
    let limit = fields.limit(LIMIT_DEFAULT, LIMIT_MAX);
    fields.finish()?;
    if !csv {
        let page = page(state, tenant, listing, &wanted, after.as_ref(), limit).await?;
        let mut body = Map::new();
        body.insert(listing.name.to_owned(), page.rows.into());
        body.insert(
            "next".to_owned(),
            page.next.map(|place| place.to_string()).into(),
        );
        return Ok(Json(body).into_response());
    }
    let state = state.clone();
    let size = if is_limited { limit } else { csv::PAGE_ROWS };
    let wanted = std::sync::Arc::new(wanted);
    csv::respond(listing.name, listing.list.columns, after, move |after| {
        let (state, wanted) = (state.clone(), std::sync::Arc::clone(&wanted));
        async move {
            let page = page(&state, tenant, listing, &wanted, after.as_ref(), size).await?;
            let next = page.next.filter(|_| !is_limited);
            Ok((page.rows, next.map(Some)))
        }
    })
    .await
}

async fn page(
    state: &ApiState,
    tenant: TenantId,
    listing: &Listing,
    wanted: &Wanted,
    after: Option<&Place>,
    limit: u32,
) -> Result<lists::Page> {
    let page = lists::page(state.pool(), tenant, listing.list, wanted, after, limit).await;
    page.map_err(|error| match error {
        ListError::Place => {
            let message = "must be the next of another page of the same order";
            Problem::invalid(vec![problem("after".to_owned(), "invalid", message)])
        }
        ListError::Database(error) => error.into(),
    })
}

fn wanted(fields: &mut QueryFields, listing: &Listing) -> Wanted {
    let mut conditions = Vec::new();
    for filter in listing.filters {
        let name = filter.name;
        let (op, value) = match filter.kind {
            Kind::Words(words) => ("any", fields.words(name, words).map(Value::from)),
            Kind::Text => ("=", fields.text(name).map(Value::from)),
            Kind::Id => ("=", fields.integer(name, 1..=i64::MAX).map(Value::from)),
            Kind::Flag => ("=", fields.word(name, &["true", "false"]).map(Value::from)),
            Kind::Since => (">=", fields.time(name).map(|time| time.to_rfc3339().into())),
            Kind::Until => ("<", fields.time(name).map(|time| time.to_rfc3339().into())),
        };
        if let Some(value) = value {
            conditions.push(json!({ "column": filter.column, "op": op, "value": value }));
        }
    }
    let orders = listing.orders();
    let known: Vec<&str> = orders.iter().map(String::as_str).collect();
    let order = fields
        .word("sort", &known)
        .unwrap_or_else(|| orders[0].clone());
    let column = order.trim_start_matches('-');
    let sort = listing.sorts.iter().find(|sort| **sort == column);
    Wanted {
        conditions,
        sort: sort.copied().unwrap_or(listing.list.key),
        descending: order.starts_with('-'),
    }
}
