//! Notices as they would be sent, without sending: for whoever looks after the templates.

use std::collections::BTreeSet;

use serde_json::Value;
use stevedore_model::notifications::own::{OwnName, OwnTemplate};

use super::{KINDS, LOCALES, Library, Notice, NoticeError, Own, Rendered, Source};

/// The channels that have words of their own.
pub const CHANNELS: [&str; 4] = ["email", "sms", "whatsapp", "in_app"];

/// Kinds that their readers can end; a test compares them with `notification_kinds`.
pub const NOT_ESSENTIAL: &[&str] = &[
    "order_processing",
    "order_shipped",
    "order_out_for_delivery",
    "order_delivered",
    "return_received",
    "back_in_stock",
];

const ORDER_URL: &str = "https://shop.example/orders/7";
const UNSUBSCRIBE_URL: &str = "https://shop.example/v1/unsubscribe/example";

/// What is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Preview<'a> {
    /// The kind of notice.
    pub kind: &'a str,
    /// BCP 47 language.
    pub locale: &'a str,
    /// One of [`CHANNELS`].
    pub channel: &'a str,
    /// Signs it.
    pub shop: &'a str,
    /// What triggers write.
    pub payload: &'a Value,
    /// The shop's own template from the database.
    pub own: Option<&'a OwnTemplate>,
}

/// Where the words of a kind come from, in a language, on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The kind of notice.
    pub kind: String,
    /// The language.
    pub locale: String,
    /// One of [`CHANNELS`].
    pub channel: &'static str,
    /// Who wrote them.
    pub source: Source,
}

impl Library {
    /// The notice as a worker would send it: with a link that ends such notices only where the mail
    /// has one.
    ///
    /// # Errors
    /// [`NoticeError`].
    pub fn preview(&self, wanted: &Preview<'_>) -> Result<Rendered, NoticeError> {
        let can_be_ended = wanted.channel == "email" && NOT_ESSENTIAL.contains(&wanted.kind);
        let notice = Notice {
            kind: wanted.kind,
            locale: wanted.locale,
            payload: wanted.payload,
            shop: wanted.shop,
            // begin_notification() gives it to what is about an order.
            order_url: wanted.payload.get("order_id").map(|_| ORDER_URL),
            unsubscribe_url: can_be_ended.then_some(UNSUBSCRIBE_URL),
        };
        self.render(&notice, &Own::of(wanted.own, wanted.channel))
    }

    /// Every text there is: kinds in the order in which an order meets them, then those that the
    /// shop added.
    #[must_use]
    pub fn listed(&self, own: &[OwnName]) -> Vec<Listed> {
        let theirs = own
            .iter()
            .map(|name| (name.notification_type.as_str(), name.locale.as_str()));
        let added: BTreeSet<(&str, &str)> = self.folder_names().chain(theirs).collect();
        let kinds = together(KINDS, added.iter().map(|(kind, _)| *kind));
        let locales = together(LOCALES, added.iter().map(|(_, locale)| *locale));
        let mut listed = Vec::new();
        for kind in kinds {
            for locale in &locales {
                for channel in CHANNELS {
                    let is_own = own.iter().any(|name| is_of(name, kind, channel, locale));
                    let source = match is_own {
                        true => Some(Source::Database),
                        false => self.source(kind, locale),
                    };
                    listed.extend(source.map(|source| Listed {
                        kind: kind.to_owned(),
                        locale: (*locale).to_owned(),
                        channel,
                        source,
                    }));
                }
            }
        }
        listed
    }
}

/// Ours first, in our order.
fn together<'a>(ours: &[&'static str], others: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<&str> = ours.to_vec();
    for other in others {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// As the database finds it: of the language itself or its base.
fn is_of(name: &OwnName, kind: &str, channel: &str, locale: &str) -> bool {
    let base = locale.split('-').next().unwrap_or_default();
    name.notification_type == kind
        && name.channel == channel
        && (name.locale == locale || name.locale == base)
}
