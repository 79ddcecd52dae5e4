//! What a notice says: a row of `notification_queue` becomes a subject, plain text, HTML, and a few
//! words for a phone.
//!
//! Workers send what is rendered here; the console, the API and `stevedore templates` show the same
//! ([`Preview`]).
//!
//! **To add a notice**: one template per locale in `templates/<locale>/<kind>.jinja`, a line in
//! `KINDS`, and a row in `notification_kinds`. Text and HTML are made from the same blocks, so they
//! say the same. Everything in a payload that a customer may have typed is text: HTML escapes it,
//! and line breaks and control characters are gone before any template sees it.

mod content;
mod library;
mod preview;
mod settings;
mod words;

pub use library::{KINDS, LOCALES, Library, Own, Source};
pub use preview::{CHANNELS, Listed, NOT_ESSENTIAL, Preview};
pub use settings::{TemplateSettings, shop_name};

/// A notice that can't be rendered: a mistake of ours or of a shop's template, not of a customer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoticeError {
    /// The payload is not what the templates show.
    #[error("the notice's payload can't be read")]
    Payload(#[from] serde_json::Error),
    /// The template failed; the text says where.
    #[error("the notice's template failed: {0:#}")]
    Template(#[from] minijinja::Error),
    /// A folder of templates can't be read.
    #[error("the folder of templates can't be read")]
    Folder(#[from] std::io::Error),
}

/// What is to be said, to whom.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// Which of [`KINDS`]; one that has no template is told in the words of its payload.
    pub kind: &'a str,
    /// BCP 47 language; the nearest that there is.
    pub locale: &'a str,
    /// What triggers wrote.
    pub payload: &'a serde_json::Value,
    /// Signs it.
    pub shop: &'a str,
    /// Where the customer sees and pays the order.
    pub order_url: Option<&'a str>,
    /// Ends notices like this one.
    pub unsubscribe_url: Option<&'a str>,
}

/// A notice, ready for a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Plain text, a whole letter.
    pub text: String,
    /// The same as an HTML page.
    pub html: String,
    /// The same without address and signature, for a place that has them.
    pub body: String,
    /// One sentence for a phone.
    pub short: String,
    /// The customer's name, on one line.
    pub customer_name: Option<String>,
    /// What WhatsApp's templates show, by number: name, order, amount, link, reason.
    pub variables: Vec<String>,
}
