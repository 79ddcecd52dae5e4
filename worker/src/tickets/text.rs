//! What a ticket says to the people outside. Nothing of it is personal data.

use serde_json::Value;
use stevedore_model::tickets::OutsideView;
use stevedore_providers::TicketText;

/// A ticket that is opened.
#[must_use]
pub fn ticket(ticket: &OutsideView, order_url: Option<&str>) -> TicketText {
    let mut facts = vec![
        ("Category".to_owned(), ticket.category.clone()),
        ("Severity".to_owned(), ticket.severity.clone()),
        ("Cause".to_owned(), ticket.cause_key.clone()),
        ("First seen".to_owned(), ticket.first_seen_at.to_rfc3339()),
        ("Occurrences".to_owned(), ticket.occurrences.to_string()),
    ];
    if let Some(number) = &ticket.order_number {
        facts.push(("Order".to_owned(), number.clone()));
    }
    let details = ticket.details.as_object().into_iter().flatten();
    facts.extend(details.map(|(name, value)| (name.clone(), plain(value))));
    TicketText {
        fingerprint: ticket.fingerprint.clone(),
        summary: ticket.summary.clone(),
        facts,
        order_url: order_url.and_then(|url| link(url, ticket)),
        category: ticket.category.clone(),
        severity: ticket.severity.clone(),
    }
}

/// That it happened again.
#[must_use]
pub fn again(ticket: &OutsideView) -> String {
    let order = ticket.order_number.as_deref();
    let order = order.map_or_else(String::new, |number| format!(", last to order {number}"));
    format!(
        "It happened again: {} times so far{order}. Severity: {}.",
        ticket.occurrences, ticket.severity
    )
}

/// That it is settled.
#[must_use]
pub fn resolved(ticket: &OutsideView) -> String {
    let by = ticket.resolved_by.as_deref().unwrap_or("system");
    match &ticket.resolution {
        Some(how) => format!("Settled by {by}: {how}"),
        None => format!("Settled by {by}: nothing of this cause is open any more."),
    }
}

fn link(template: &str, ticket: &OutsideView) -> Option<String> {
    let id = ticket.order_id?.to_string();
    let number = ticket.order_number.as_deref().unwrap_or(&id);
    let url = template.replace("{order_id}", &id);
    Some(url.replace("{order_number}", number))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
