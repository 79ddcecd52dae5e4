//! Lists that people page through, filter and sort: one function reads them all.
//!
//! A page goes on behind the last row of the one before, by the value it is sorted by and its key:
//! rows that come or go meanwhile shift nothing, and page 1,000 costs what page 1 does.

mod views;

pub use views::*;

use serde_json::{Value, json};
use sqlx::PgExecutor;

use crate::{TenantId, sqlstate};

/// One of the views that can be listed.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// The view.
    pub view: &'static str,
    /// The column that tells rows apart.
    pub key: &'static str,
    /// Those of its columns that people see, in the order in which they read them.
    pub columns: &'static [&'static str],
}

/// Which rows, and in which order.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What each row has to fit: `{"column", "op", "value"}`, as `list_rows()` takes them.
    pub conditions: Vec<Value>,
    /// The column to sort by; never null in any row.
    pub sort: &'static str,
    /// The largest first.
    pub descending: bool,
}

impl Wanted {
    /// All rows, the newest first.
    #[must_use]
    pub const fn newest_of(list: &List) -> Wanted {
        Wanted {
            conditions: Vec::new(),
            sort: list.key,
            descending: true,
        }
    }

    /// Narrows it to rows with this value in a column.
    #[must_use]
    pub fn with(mut self, column: &str, value: impl Into<Value>) -> Wanted {
        let value: Value = value.into();
        let condition = json!({ "column": column, "op": "=", "value": value });
        self.conditions.push(condition);
        self
    }
}

/// A place in a list: the sorted value and the key of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Value);

impl Place {
    /// Of the row with this key, in a list that is sorted by its key.
    #[must_use]
    pub fn of_key(key: i64) -> Place {
        let key = key.to_string();
        Place(json!([key, key]))
    }

    /// Reads what [`Place`] is written as.
    #[must_use]
    pub fn parse(text: &str) -> Option<Place> {
        let value: Value = serde_json::from_slice(&hex::decode(text).ok()?).ok()?;
        let texts = value.as_array()?;
        let sound = texts.len() == 2
            && texts
                .iter()
                .all(|text| text.as_str().is_some_and(|text| !text.contains('\0')));
        sound.then_some(Place(value))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&hex::encode(self.0.to_string()))
    }
}

/// A page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its rows.
    pub rows: Vec<Value>,
    /// Where the next page begins; None if this is the last.
    pub next: Option<Place>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The place is none of this list, or a condition's value none of its column.
    #[error("the place in the list is none of this list")]
    Place,
    /// Anything else.
    #[error("reading the list failed")]
    Database(#[source] sqlx::Error),
}

/// A page of at most `limit` rows, behind `after` if that is given.
///
/// # Errors
/// [`ListError`].
pub async fn page(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    list: &List,
    wanted: &Wanted,
    after: Option<&Place>,
    limit: u32,
) -> Result<Page, ListError> {
    let after = after.map(|place| &place.0);
    let size = limit as usize;
    let rows = sqlx::query_file_scalar!(
        "../../sql/queries/lists/page.sql",
        list.view,
        Value::from(wanted.conditions.clone()),
        list.key,
        wanted.sort,
        wanted.descending,
        after,
        // One more tells whether there is a next page.
        i32::try_from(limit).unwrap_or(i32::MAX - 1) + 1,
        tenant.0
    )
    .fetch_all(db)
    .await;
    let mut rows = rows.map_err(|error| match sqlstate::of(&error).as_str() {
        // What is no number, time or date of its column.
        "22P02" | "22007" | "22008" | "22003" => ListError::Place,
        _ => ListError::Database(error),
    })?;
    let is_last = rows.len() <= size;
    rows.truncate(size);
    let last = rows.last().filter(|_| !is_last);
    let next = last.map(|row| Place(json!([text(&row[wanted.sort]), text(&row[list.key])])));
    // What only filters and sorts is not shown.
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        row.retain(|column, _| list.columns.contains(&column.as_str()));
    }
    Ok(Page { rows, next })
}

/// The only row with this value in this column, the newest if there are several.
///
/// # Errors
/// If the database can't be asked.
pub async fn one(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    list: &List,
    column: &str,
    value: impl Into<Value>,
) -> Result<Option<Value>, sqlx::Error> {
    let wanted = Wanted::newest_of(list).with(column, value);
    match page(db, tenant, list, &wanted, None, 1).await {
        Ok(page) => Ok(page.rows.into_iter().next()),
        Err(ListError::Place) => Ok(None),
        Err(ListError::Database(error)) => Err(error),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Place;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = Place(json!(["Kwame, \"K\"", "17"]));
        assert_eq!(Place::parse(&place.to_string()), Some(place));
        for text in ["", "7", "zz", "5b5d", "é"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
