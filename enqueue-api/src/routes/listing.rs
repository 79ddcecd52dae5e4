//! What all lists have in common: filters, order, pages, CSV. A list is a [`Listing`]; what its
//! query may say is read, and described, from that.

use std::sync::Arc;

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
pub const LIMIT_MAX: u32 = 1_000;

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
    /// What it can be sorted by.
    pub sorts: Sorts,
}

/// What a list can be sorted by: columns that an index serves and that are never null.
#[derive(Clone, Copy, Debug)]
pub struct Sorts {
    /// The columns, beside its key.
    columns: &'static [&'static str],
    /// Whether its key is one of them; if not, it only tells rows of one value apart.
    with_key: bool,
    /// Whether the smallest comes first when nothing is said.
    ascending: bool,
}

/// By its key, the newest first, or by one of these.
pub const fn newest(columns: &'static [&'static str]) -> Sorts {
    Sorts {
        columns,
        with_key: true,
        ascending: false,
    }
}

/// By its key, which is a name.
pub const fn by_name() -> Sorts {
    Sorts {
        columns: &[],
        with_key: true,
        ascending: true,
    }
}

/// By one of these, and by its key among equals.
pub const fn within(columns: &'static [&'static str]) -> Sorts {
    Sorts {
        columns,
        with_key: false,
        ascending: true,
    }
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
    /// What it is when nothing is said, as it would be said.
    pub default: Option<&'static str>,
}

impl Filter {
    /// The same filter, which is this when nothing is said.
    #[must_use]
    pub const fn or(self, default: &'static str) -> Filter {
        Filter {
            default: Some(default),
            ..self
        }
    }

    /// The same filter under another name.
    #[must_use]
    pub const fn named(self, name: &'static str) -> Filter {
        Filter { name, ..self }
    }

    /// The same filter of another column.
    #[must_use]
    pub const fn of(self, column: &'static str) -> Filter {
        Filter { column, ..self }
    }
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
    /// `true`, or `false` for all of them.
    Only,
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
        default: None,
    }
}

/// A filter by an id.
pub const fn id(name: &'static str, means: &'static str) -> Filter {
    Filter {
        name,
        column: name,
        kind: Kind::Id,
        means,
        default: None,
    }
}

/// A filter by states.
pub const fn words(name: &'static str, words: &'static [&'static str]) -> Filter {
    Filter {
        name,
        column: name,
        kind: Kind::Words(words),
        means: "In one of these, with commas.",
        default: None,
    }
}

/// Rows made then or later.
pub const SINCE: Filter = Filter {
    name: "created_after",
    column: "created_at",
    kind: Kind::Since,
    means: "Made then or later.",
    default: None,
};

/// Rows made before.
pub const UNTIL: Filter = Filter {
    name: "created_before",
    column: "created_at",
    kind: Kind::Until,
    means: "Made before then.",
    default: None,
};

impl Listing {
    /// Every name that its query knows.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let filters = self.filters.iter().map(|filter| filter.name);
        let before = self.takes_before().then_some("before");
        filters
            .chain(["sort", "after", "limit"])
            .chain(before)
            .collect()
    }

    /// Whether `before` and a key is another name of `after`, which some lists had first.
    #[must_use]
    pub fn takes_before(&self) -> bool {
        self.sorts.with_key && !self.sorts.ascending
    }

    /// What `sort` may be; the first is what is meant when nothing is said.
    #[must_use]
    pub fn orders(&self) -> Vec<String> {
        let Sorts {
            columns,
            with_key,
            ascending,
        } = self.sorts;
        let key = with_key.then_some(self.list.key);
        let both = |column: &str| [column.to_owned(), format!("-{column}")];
        let mut orders: Vec<String> = key
            .into_iter()
            .chain(columns.iter().copied())
            .flat_map(both)
            .collect();
        if !ascending {
            for pair in orders.chunks_mut(2) {
                pair.reverse();
            }
        }
        orders
    }
}

/// What the query of a list asks for.
#[derive(Debug)]
pub struct Asked {
    listing: &'static Listing,
    wanted: Wanted,
    after: Option<Place>,
    limit: u32,
    is_limited: bool,
}

impl Asked {
    /// Reads a query that says nothing but what the list knows.
    ///
    /// # Errors
    /// 422 for what the query says wrongly.
    pub fn read(pairs: Vec<(String, String)>, listing: &'static Listing) -> Result<Asked> {
        let mut fields = QueryFields::read(pairs, &listing.names());
        let asked = Asked::of(&mut fields, listing);
        fields.finish()?;
        Ok(asked)
    }

    /// Takes what the list knows out of a query.
    pub fn of(fields: &mut QueryFields, listing: &'static Listing) -> Asked {
        let wanted = wanted(fields, listing);
        let after = fields.parsed("after", "must be the next of another page", Place::parse);
        let before = fields.parsed(
            "before",
            "must be a key, or the next of another page",
            |text| {
                let key = text.parse().ok().filter(|key: &i64| *key > 0);
                key.map(Place::of_key).or_else(|| Place::parse(text))
            },
        );
        let is_by_key = wanted.sort == listing.list.key && wanted.descending;
        if before.is_some() && (after.is_some() || !is_by_key) {
            fields.wrong(
                "before",
                "invalid",
                "goes with neither after nor another order",
            );
        }
        let is_limited = fields.has("limit");
        Asked {
            listing,
            wanted,
            after: after.or(before),
            limit: fields.limit(LIMIT_DEFAULT, LIMIT_MAX),
            is_limited,
        }
    }

    /// Only rows with this id in this column.
    #[must_use]
    pub fn within(mut self, column: &str, id: i64) -> Asked {
        self.wanted = self.wanted.with(column, id);
        self
    }

    /// Answers a page of JSON, or all of it as CSV.
    ///
    /// # Errors
    /// 422 for a place of another list.
    pub async fn answer(
        self,
        state: &ApiState,
        tenant: TenantId,
        headers: &HeaderMap,
    ) -> Result<Response> {
        match csv::is_wanted(headers) {
            true => self.csv(state, tenant).await,
            false => Ok(Json(self.body(state, tenant).await?).into_response()),
        }
    }

    /// A page of it.
    ///
    /// # Errors
    /// 422 for a place of another list.
    pub async fn body(&self, state: &ApiState, tenant: TenantId) -> Result<Map<String, Value>> {
        let page = self.page(state, tenant, self.after.as_ref(), self.limit);
        let page = page.await?;
        let next = page.next.map(|place| place.to_string());
        let mut body = Map::new();
        body.insert(self.listing.name.to_owned(), page.rows.into());
        body.insert("next".to_owned(), next.into());
        Ok(body)
    }

    /// All of it, or as much as was asked for, as CSV.
    ///
    /// # Errors
    /// 422 for a place of another list.
    pub async fn csv(self, state: &ApiState, tenant: TenantId) -> Result<Response> {
        let (state, listing, after) = (state.clone(), self.listing, self.after.clone());
        let asked = Arc::new(self);
        csv::respond(listing.name, listing.list.columns, after, move |after| {
            let (state, asked) = (state.clone(), Arc::clone(&asked));
            let size = if asked.is_limited {
                asked.limit
            } else {
                csv::PAGE_ROWS
            };
            async move {
                let page = asked.page(&state, tenant, after.as_ref(), size).await?;
                let next = page.next.filter(|_| !asked.is_limited);
                Ok((page.rows, next.map(Some)))
            }
        })
        .await
    }

    async fn page(
        &self,
        state: &ApiState,
        tenant: TenantId,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<lists::Page> {
        let (list, wanted) = (self.listing.list, &self.wanted);
        let page = lists::page(state.pool(), tenant, list, wanted, after, limit).await;
        page.map_err(|error| match error {
            ListError::Place => {
                let message = "must be the next of another page of the same order";
                Problem::invalid(vec![problem("after".to_owned(), "invalid", message)])
            }
            ListError::Database(error) => error.into(),
        })
    }
}

const FLAGS: [&str; 2] = ["true", "false"];

fn wanted(fields: &mut QueryFields, listing: &Listing) -> Wanted {
    let mut conditions = Vec::new();
    for filter in listing.filters {
        let name = filter.name;
        if let Some(default) = filter.default {
            fields.or(name, default);
        }
        let (op, value) = match filter.kind {
            Kind::Words(words) => ("any", fields.words(name, words).map(Value::from)),
            Kind::Text => ("=", fields.text(name).map(Value::from)),
            Kind::Id => ("=", fields.integer(name, 1..=i64::MAX).map(Value::from)),
            Kind::Flag => ("=", fields.word(name, &FLAGS).map(Value::from)),
            Kind::Only => {
                let flag = fields.word(name, &FLAGS);
                ("=", flag.filter(|flag| flag == "true").map(Value::from))
            }
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
    let sorts = listing.sorts.columns;
    let sort = sorts.iter().find(|sort| **sort == column);
    Wanted {
        conditions,
        sort: sort.copied().unwrap_or(listing.list.key),
        descending: order.starts_with('-'),
    }
}
