//! Texts in the Atlassian Document Format, which is the only one that version 3 takes.

use serde_json::{Value, json};

use crate::TicketText;

/// Characters of one value; Jira refuses documents of more than 32,767.
const VALUE_CHARS_MAX: usize = 2_000;

/// A ticket's facts as a list, and where its order is.
pub(super) fn description(ticket: &TicketText) -> Value {
    let mut content = vec![paragraph(vec![text(&ticket.summary)])];
    let facts = ticket.facts.iter().map(|(label, value)| {
        let line = paragraph(vec![strong(&format!("{label}: ")), text(value)]);
        json!({ "type": "listItem", "content": [line] })
    });
    let facts: Vec<Value> = facts.collect();
    if !facts.is_empty() {
        content.push(json!({ "type": "bulletList", "content": facts }));
    }
    if let Some(url) = &ticket.order_url {
        content.push(paragraph(vec![link("Open the order", url)]));
    }
    document(&content)
}

/// A paragraph for each text.
pub(super) fn paragraphs(texts: &[&str]) -> Value {
    let content: Vec<Value> = texts.iter().map(|one| paragraph(vec![text(one)])).collect();
    document(&content)
}

fn document(content: &[Value]) -> Value {
    json!({ "type": "doc", "version": 1, "content": content })
}

fn paragraph(content: Vec<Value>) -> Value {
    json!({ "type": "paragraph", "content": content })
}

/// A text node must not be empty.
fn text(text: &str) -> Value {
    let text: String = text.chars().take(VALUE_CHARS_MAX).collect();
    let text = if text.is_empty() {
        "-".to_owned()
    } else {
        text
    };
    json!({ "type": "text", "text": text })
}

fn strong(words: &str) -> Value {
    let mut node = text(words);
    node["marks"] = json!([{ "type": "strong" }]);
    node
}

fn link(words: &str, url: &str) -> Value {
    let mut node = text(words);
    node["marks"] = json!([{ "type": "link", "attrs": { "href": url } }]);
    node
}
