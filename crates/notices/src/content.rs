//! What templates see of a payload, cleaned.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stevedore_model::words::{Currency, Money};

use super::words::Words;
use super::{Notice, NoticeError};

/// Characters shown of any one field.
const FIELD_CHARS_MAX: usize = 200;
/// Characters shown of what an admin is told.
const MESSAGE_CHARS_MAX: usize = 2_000;
/// Characters of an address on the web.
const URL_CHARS_MAX: usize = 2_000;
/// Lines shown; an order of more is summed up.
const LINES_MAX: usize = 50;

/// What triggers put into `notification_queue.payload`; unknown fields are for other channels.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    order_number: String,
    customer_name: Option<String>,
    currency: Option<Currency>,
    shipping_fee: i64,
    tax_amount: i64,
    discount_amount: i64,
    total_amount: Option<i64>,
    amount: Option<i64>,
    lines: Vec<PayloadLine>,
    reason: Option<String>,
    carrier: Option<String>,
    tracking_number: Option<String>,
    tracking_url: Option<String>,
    estimated_delivery_at: Option<String>,
    rma_number: Option<String>,
    sku: Option<String>,
    title: Option<String>,
    summary: Option<String>,
    message: Option<String>,
    items: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PayloadLine {
    title: Option<String>,
    sku: String,
    quantity: i64,
    total_price: Option<i64>,
    recipient_phone: Option<String>,
}

/// What templates see.
#[derive(Debug, Serialize)]
pub(super) struct Content {
    pub(super) shop: String,
    locale: String,
    words: &'static Words,
    greeting: String,
    pub(super) order_number: String,
    pub(super) customer_name: Option<String>,
    lines: Vec<Line>,
    /// Lines beyond those shown.
    more_lines: usize,
    sums: Vec<Sum>,
    pub(super) total: Option<String>,
    pub(super) amount: Option<String>,
    pub(super) reason: Option<String>,
    carrier: Option<String>,
    tracking_number: Option<String>,
    pub(super) tracking_url: Option<String>,
    estimated_on: Option<String>,
    rma_number: Option<String>,
    item: String,
    summary: String,
    message: String,
    items: Vec<String>,
    more_items: usize,
    pub(super) order_url: Option<String>,
    unsubscribe_url: Option<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    title: String,
    quantity: i64,
    price: Option<String>,
    recipient: Option<String>,
}

#[derive(Debug, Serialize)]
struct Sum {
    label: &'static str,
    amount: String,
}

impl Content {
    pub(super) fn of(notice: &Notice<'_>, locale: &str) -> Result<Self, NoticeError> {
        let payload = Payload::deserialize(notice.payload)?;
        let words = Words::of(locale);
        let money = |amount: i64| {
            let currency = payload.currency?;
            Some(words.money(Money { amount, currency }))
        };
        let line = |line: &PayloadLine| Line {
            title: field(line.title.as_deref().unwrap_or(&line.sku)).unwrap_or_default(),
            quantity: line.quantity,
            price: line.total_price.and_then(money),
            recipient: line.recipient_phone.as_deref().and_then(field),
        };
        let sum = |label, amount: i64| {
            let amount = money(amount).filter(|_| amount != 0)?;
            Some(Sum { label, amount })
        };
        let name = payload.customer_name.as_deref().and_then(field);
        let text = |text: &Option<String>| text.as_deref().and_then(field);
        Ok(Self {
            shop: field(notice.shop).unwrap_or_default(),
            locale: locale.to_owned(),
            words,
            greeting: words.greeting(name.as_deref()),
            order_number: field(&payload.order_number).unwrap_or_default(),
            customer_name: name,
            lines: payload.lines.iter().take(LINES_MAX).map(line).collect(),
            more_lines: payload.lines.len().saturating_sub(LINES_MAX),
            sums: [
                sum(words.shipping.as_str(), payload.shipping_fee),
                sum(words.tax.as_str(), payload.tax_amount),
                sum(words.discount.as_str(), -payload.discount_amount),
            ]
            .into_iter()
            .flatten()
            .collect(),
            total: payload.total_amount.and_then(money),
            amount: payload.amount.and_then(money),
            reason: text(&payload.reason),
            carrier: text(&payload.carrier).map(|code| carrier_name(&code)),
            tracking_number: text(&payload.tracking_number),
            tracking_url: payload.tracking_url.as_deref().and_then(url),
            estimated_on: payload
                .estimated_delivery_at
                .as_deref()
                .and_then(|at| words.day(at)),
            rma_number: text(&payload.rma_number),
            item: text(&payload.title)
                .or(text(&payload.sku))
                .unwrap_or_default(),
            summary: text(&payload.summary)
                .or_else(|| field(notice.kind))
                .unwrap_or_default(),
            message: payload
                .message
                .as_deref()
                .and_then(|text| bounded(text, MESSAGE_CHARS_MAX))
                .unwrap_or_default(),
            items: payload
                .items
                .iter()
                .take(LINES_MAX)
                .filter_map(|item| field(item))
                .collect(),
            more_items: payload.items.len().saturating_sub(LINES_MAX),
            order_url: notice.order_url.and_then(url),
            unsubscribe_url: notice.unsubscribe_url.and_then(url),
        })
    }
}

/// A payload as a preview shows it: everything that a template may use.
pub(super) fn sample() -> Value {
    serde_json::json!({
        "order_id": 7,
        "order_number": "ORD-20261121-00007",
        "customer_name": "Zoë Müller-Lefèvre",
        "currency": "EUR",
        "subtotal": 5480,
        "shipping_fee": 490,
        "tax_amount": 0,
        "discount_amount": 500,
        "total_amount": 5470,
        "amount": 5470,
        "lines": [
            {"title": "Framed print “Harbour at dawn”, 40 × 60 cm", "sku": "PRINT-4060",
                "quantity": 1, "total_price": 4900},
            {"title": "MTN 1 GB", "sku": "DATA-MTN-1", "quantity": 2, "total_price": 580,
                "recipient_phone": "+233241234567"}
        ],
        "reason": "ordered twice",
        "carrier": "royal_mail",
        "tracking_number": "QM123456785GB",
        "tracking_url": "https://track.example.com/QM123456785GB",
        "estimated_delivery_at": "2026-11-24T12:00:00+00:00",
        "rma_number": "RMA-20261121-00003",
        "sku": "PRINT-4060",
        "title": "Framed print “Harbour at dawn”",
        "summary": "Order ORD-20261121-00007: provider_transient",
        "message": "The provider did not answer three times. The order waits for a person.",
        "items": ["Stock of PRINT-4060 at ACC is low", "Order ORD-20261121-00007: 422"]
    })
}

/// `royal_mail` is Royal Mail; short codes are what they stand for.
fn carrier_name(code: &str) -> String {
    if code.len() <= 4 {
        return code.to_uppercase();
    }
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(char::to_uppercase);
        first
            .into_iter()
            .flatten()
            .chain(letters)
            .collect::<String>()
    };
    code.split(['_', '-'])
        .map(word)
        .collect::<Vec<_>>()
        .join(" ")
}

/// One line of bounded text, or nothing.
pub(super) fn field(text: &str) -> Option<String> {
    bounded(text, FIELD_CHARS_MAX)
}

fn bounded(text: &str, chars_max: usize) -> Option<String> {
    let spaced = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().take(chars_max).map(spaced).collect();
    let words: Vec<_> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// An address on the web and nothing else: no script hides behind a button.
fn url(text: &str) -> Option<String> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_clean = text.len() <= URL_CHARS_MAX && text.chars().all(|c| c.is_ascii_graphic());
    (is_web && is_clean).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_on_the_web_become_links() {
        assert!(url("https://track.example/1?a=b&c").is_some());
        for text in [
            "javascript:alert(1)",
            "https://x/\r\nBcc: a",
            "ftp://x",
            "https://x y",
        ] {
            assert_eq!(url(text), None, "{text}");
        }
    }

    #[test]
    fn carriers_are_called_by_their_names() {
        assert_eq!(carrier_name("royal_mail"), "Royal Mail");
        assert_eq!(carrier_name("dpd"), "DPD");
    }
}
