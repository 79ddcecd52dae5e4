//! Lists as CSV (RFC 4180), streamed: a page of rows is in memory at a time, however many there
//! are, and no connection is held in between.

use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use futures::stream::try_unfold;
use serde_json::Value;

use crate::problem::{Problem, Result};

/// Rows read at a time.
pub const PAGE_ROWS: u32 = 1_000;

/// Whether the client asks for CSV rather than JSON.
#[must_use]
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .any(|range| range.split(';').next().unwrap_or_default().trim() == "text/csv")
}

/// Some rows, and what to ask `page` for next; None: there are no more.
pub type Rows<P> = (Vec<Value>, Option<P>);

/// All rows from `first` on, under a line of column names. The first page is read before the
/// answer begins, so that what is wrong with the request is said with a status; a failure later on
/// breaks the answer off, which a client sees as an incomplete body.
///
/// # Errors
/// Those of the first page.
pub async fn respond<P, F, Fut>(
    name: &'static str,
    columns: &'static [&'static str],
    first: P,
    page: F,
) -> Result<Response>
where
    P: Send + 'static,
    F: Fn(P) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Rows<P>>> + Send,
{
    let (rows, next) = page(first).await?;
    let mut begin = String::new();
    line(
        &mut begin,
        columns.iter().map(|column| (*column).to_owned()),
    );
    write(&mut begin, columns, &rows);
    let rest = try_unfold(
        (Some(begin), next, page),
        move |(begin, next, page)| async move {
            if let Some(begin) = begin {
                return Ok(Some((Bytes::from(begin), (None, next, page))));
            }
            let Some(place) = next else { return Ok(None) };
            let (rows, next) = page(place).await.map_err(|_problem: Problem| {
                // Logged where it became a problem.
                std::io::Error::other("a page of the list could not be read")
            })?;
            let mut text = String::new();
            write(&mut text, columns, &rows);
            Ok::<_, std::io::Error>(Some((Bytes::from(text), (None, next, page))))
        },
    );
    let mut response = Response::new(Body::from_stream(rest));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    headers.insert(VARY, HeaderValue::from_static("accept"));
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn write(text: &mut String, columns: &[&str], rows: &[Value]) {
    for row in rows {
        line(text, columns.iter().map(|column| cell(&row[*column])));
    }
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (place, cell) in cells.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let quoted = cell.contains(['"', ',', '\r', '\n']);
        // Writing to a string does not fail.
        let _ = match quoted {
            true => write!(text, "{comma}\"{}\"", cell.replace('"', "\"\"")),
            false => write!(text, "{comma}{cell}"),
        };
    }
    text.push_str("\r\n");
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        other => other.to_string(),
    }
}

/// A text that a spreadsheet would take for a formula gets an apostrophe before it: customers
/// choose their names, and staff open the file. Numbers and phone numbers are none.
fn harmless(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let number = text.strip_prefix(['+', '-']).is_some_and(|rest| {
        rest.chars()
            .all(|char| char.is_ascii_digit() || " .".contains(char))
    });
    if formula && !number {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be_and_formulas_are_none() {
        let rows = [json!({
            "a": "He said \"hi\", twice\nand left", "b": null, "c": 7, "d": "=1+1", "e": "+233 24"
        })];
        let mut text = String::new();
        write(&mut text, &["a", "b", "c", "d", "e"], &rows);
        let wanted = "\"He said \"\"hi\"\", twice\nand left\",,7,'=1+1,+233 24\r\n";
        assert_eq!(text, wanted);
    }

    #[test]
    fn csv_is_asked_for_by_name() {
        for (accept, wanted) in [
            ("text/csv", true),
            ("application/json;q=0.5, text/csv;q=0.9", true),
            ("*/*", false),
            ("text/html", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(is_wanted(&headers), wanted, "{accept}");
        }
    }
}
