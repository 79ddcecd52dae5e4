//! What a notice says: a row of `notification_queue` becomes subject, text and HTML.
//!
//! **To add a notice**: a pair of templates in `templates/email/`, and one line in `notices!`.
//! Everything in a payload that a customer may have typed is text: HTML templates escape it, and
//! line breaks and control characters are gone before any template sees it.

use askama::Template;
use serde::Deserialize;
use serde_json::Value;
use stevedore_model::words::{Currency, Money};

/// Characters shown of any one field.
const FIELD_CHARS_MAX: usize = 200;
/// Lines shown; an order of more is summed up.
const LINES_MAX: usize = 50;

/// A notice that can't be rendered: a mistake of ours, not of a customer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoticeError {
    /// No template has this name.
    #[error("no template for notices of the type {0:?}")]
    UnknownType(String),
    /// The payload is not what the templates show.
    #[error("the notice's payload can't be read")]
    Payload(#[from] serde_json::Error),
    /// The template failed.
    #[error("the notice's template failed")]
    Template(#[from] askama::Error),
}

/// A notice, ready for a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The customer's name, on one line.
    pub customer_name: Option<String>,
}

/// What triggers put into `notification_queue.payload`; unknown fields are for other channels.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload {
    order_number: String,
    customer_name: Option<String>,
    currency: Option<Currency>,
    total_amount: Option<i64>,
    lines: Vec<PayloadLine>,
    reason: Option<String>,
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
struct Notice {
    shop: String,
    order_number: String,
    customer_name: Option<String>,
    lines: Vec<Line>,
    /// Lines beyond those shown.
    more_lines: usize,
    total: Option<String>,
    reason: Option<String>,
}

struct Line {
    title: String,
    quantity: i64,
    price: Option<String>,
    recipient: Option<String>,
}

/// One line per notice: its type, its subject, its two templates.
macro_rules! notices {
    ($(
        $kind:literal, $subject:literal, $Text:ident = $text:literal, $Html:ident = $html:literal;
    )*) => {
        $(
            #[derive(Template)]
            #[template(path = $text)]
            struct $Text<'a> { notice: &'a Notice }

            #[derive(Template)]
            #[template(path = $html)]
            struct $Html<'a> { notice: &'a Notice }
        )*

        /// Every notice there is.
        pub const NOTICE_TYPES: &[&str] = &[$($kind),*];

        fn parts(kind: &str, notice: &Notice) -> Result<(String, String, String), NoticeError> {
            match kind {
                $($kind => Ok((
                    format!($subject, notice.order_number),
                    $Text { notice }.render()?,
                    $Html { notice }.render()?,
                )),)*
                unknown => Err(NoticeError::UnknownType(unknown.to_owned())),
            }
        }
    };
}

notices! {
    "order_confirmed", "Your order {} is confirmed",
        ConfirmedText = "email/order_confirmed.txt", ConfirmedHtml = "email/order_confirmed.html";
    "order_delivered", "Your order {} has been delivered",
        DeliveredText = "email/order_delivered.txt", DeliveredHtml = "email/order_delivered.html";
    "order_cancelled", "Your order {} has been cancelled",
        CancelledText = "email/order_cancelled.txt", CancelledHtml = "email/order_cancelled.html";
    "order_delayed", "Your order {} is delayed",
        DelayedText = "email/order_delayed.txt", DelayedHtml = "email/order_delayed.html";
    // To the shop; its "order number" is the item that it is about.
    "low_stock", "Stock of {} is low",
        LowStockText = "email/low_stock.txt", LowStockHtml = "email/low_stock.html";
}

/// Renders a notice of this type.
///
/// # Errors
/// [`NoticeError`]; none of them goes away by trying again.
pub fn render(kind: &str, payload: &Value, shop: &str) -> Result<Rendered, NoticeError> {
    let payload = Payload::deserialize(payload)?;
    let notice = Notice::new(payload, shop);
    let (subject, text, html) = parts(kind, &notice)?;
    Ok(Rendered {
        subject,
        text,
        html,
        customer_name: notice.customer_name,
    })
}

impl Notice {
    fn new(payload: Payload, shop: &str) -> Self {
        let currency = payload.currency;
        let money = |amount: Option<i64>| {
            let amount = amount?;
            Some(
                Money {
                    amount,
                    currency: currency?,
                }
                .to_string(),
            )
        };
        let more_lines = payload.lines.len().saturating_sub(LINES_MAX);
        let lines = payload.lines.into_iter().take(LINES_MAX);
        let lines = lines.map(|line| Line {
            title: field(line.title.as_deref().unwrap_or(&line.sku)).unwrap_or_default(),
            quantity: line.quantity,
            price: money(line.total_price),
            recipient: line.recipient_phone.as_deref().and_then(field),
        });
        Self {
            shop: shop.to_owned(),
            order_number: field(&payload.order_number).unwrap_or_default(),
            customer_name: payload.customer_name.as_deref().and_then(field),
            lines: lines.collect(),
            more_lines,
            total: money(payload.total_amount),
            reason: payload.reason.as_deref().and_then(field),
        }
    }
}

/// One line of bounded text, or nothing.
fn field(text: &str) -> Option<String> {
    let spaced = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().take(FIELD_CHARS_MAX).map(spaced).collect();
    let words: Vec<_> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}
