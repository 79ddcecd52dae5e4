//! What is asked of a provider, and what it can answer.

mod goods;
mod money;

use std::time::Duration;

use chrono::{DateTime, Utc};

pub use goods::{Address, Customs, Goods, Incoterm, Parcel, Recipient, Size};
pub use money::{Money, Totals};

use crate::{ProviderError, Shipment};

/// Longest [`IdempotencyKey`], so that a vendor's column holds it with a unit number behind.
const KEY_BYTES_MAX: usize = 40;

/// The lines of one order that one provider fulfils together.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The order's number as the customer knows it.
    pub order_number: String,
    /// When the customer placed the order.
    pub placed_at: DateTime<Utc>,
    /// What to deliver; never empty.
    pub items: Vec<Item>,
    /// Who ordered.
    pub recipient: Recipient,
    /// What goes into one parcel, and where to; none for goods that travel by phone.
    pub parcel: Option<Parcel>,
    /// What these lines cost their buyer.
    pub totals: Totals,
    /// The vendor's service that routing chose, by the vendor's own name; none: its usual one.
    pub service: Option<String>,
}

impl Request {
    /// The parcel, for those who send parcels.
    ///
    /// # Errors
    /// [`ProviderError::Rejected`] when there is nowhere to send it.
    pub fn parcel(&self) -> Result<&Parcel, ProviderError> {
        self.parcel.as_ref().ok_or_else(|| {
            ProviderError::rejected("missing_address", "the order has no shipping address")
        })
    }
}

/// One line of a [`Request`].
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Our stock-keeping unit.
    pub sku: String,
    /// Its name, for people.
    pub title: String,
    /// How many of it.
    pub quantity: u32,
    /// What the buyer pays for one.
    pub unit_price: Money,
    /// Who receives it, for goods that travel to a phone.
    pub recipient_phone: Option<String>,
    /// The variant's attributes as the catalogue holds them, e.g. `{"network":"MTN"}`.
    pub attributes: serde_json::Value,
    /// What one unit weighs and measures, and what customs ask.
    pub goods: Goods,
}

/// How long a provider's orders take, where that is not a matter of minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// First wait before an order in progress is asked for again; later waits double.
    pub ask_again: Duration,
    /// How long an order may be in progress before a person has to look.
    pub patience: Duration,
}

/// Our name for a request at the vendor, the same on every attempt: ASCII letters, digits, `-`
/// and `_`, at most 40 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// A key that a vendor might not store as it is.
#[derive(Debug, thiserror::Error)]
#[error("an idempotency key has 1 to 40 characters out of A-Z, a-z, 0-9, '-', '_'")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// Checks a key.
    ///
    /// # Errors
    /// [`InvalidKey`] when it is empty, too long, or has characters that vendors mangle.
    pub fn new(key: impl Into<String>) -> Result<Self, InvalidKey> {
        let key = key.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let fits = !key.is_empty() && key.len() <= KEY_BYTES_MAX;
        if fits && key.bytes().all(plain) {
            Ok(Self(key))
        } else {
            Err(InvalidKey)
        }
    }

    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the vendor may have heard of a request before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// Nothing was ever sent.
    First,
    /// An earlier attempt may have been accepted; the last one began `since` ago, when known.
    Again {
        /// Age of the last attempt: a vendor that records with a delay is not believed too early.
        since: Option<Duration>,
    },
}

/// The answer to [`submit`](crate::FulfilmentProvider::submit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
    /// The vendor has it.
    Accepted {
        /// The vendor's own name for it; several, joined by commas, when it took several calls.
        provider_order_id: String,
    },
    /// Nothing was sent: an earlier attempt is so fresh that "not found" proves nothing yet.
    TooSoon {
        /// Ask again after this long.
        wait: Duration,
    },
}

/// How [`verify`](crate::FulfilmentProvider::verify) finds a request again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Our key.
    pub key: IdempotencyKey,
    /// The vendor's name for it, when an answer told us.
    pub provider_order_id: Option<String>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// All of it reached its recipients.
    Delivered {
        /// The vendor's own name for it.
        provider_order_id: String,
    },
    /// Accepted, and not yet final.
    InProgress {
        /// The vendor's own name for it.
        provider_order_id: String,
    },
    /// It is, wholly or in part, with carriers, or about to be: what becomes of the parcels is for
    /// the carriers to tell.
    Shipped {
        /// The vendor's own name for it.
        provider_order_id: String,
        /// Every parcel that is known; those told before, again.
        shipments: Vec<Shipment>,
        /// Nothing more will come.
        is_all: bool,
    },
    /// Final, and not, or not wholly, delivered.
    Failed {
        /// The vendor's word for its state.
        code: String,
        /// For people, with how much was delivered.
        message: String,
    },
    /// It has some of it and knows nothing of the rest, which a submission with
    /// [`Contact::Again`] places.
    Incomplete,
    /// The vendor knows nothing of it.
    NotFound,
}

/// Goods that travel by phone, for the tests of this crate.
#[cfg(test)]
pub(crate) fn to_phone(
    phone: Option<&str>,
    attributes: serde_json::Value,
    quantity: u32,
) -> Request {
    let price = Money {
        amount: 480,
        currency: "GHS".to_owned(),
        minor_digits: 2,
    };
    Request {
        order_number: "ORD-1".to_owned(),
        placed_at: DateTime::UNIX_EPOCH,
        items: vec![Item {
            sku: "DATA-MTN-1".to_owned(),
            title: "MTN 1 GB".to_owned(),
            quantity,
            unit_price: price.clone(),
            recipient_phone: phone.map(str::to_owned),
            attributes,
            goods: Goods::default(),
        }],
        recipient: Recipient::default(),
        parcel: None,
        totals: Totals {
            goods: price.with_amount(480 * i64::from(quantity)),
            shipping: price.with_amount(0),
            tax: price.with_amount(0),
            discount: price.with_amount(0),
            collect: None,
        },
        service: None,
    }
}

/// What became of an attempt to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// Nothing will be delivered.
    Cancelled,
    /// It is too far on its way.
    TooLate,
    /// The vendor knows nothing of it.
    NotFound,
    /// This vendor can't cancel.
    NotOffered,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_plain_ascii_of_bounded_length() {
        assert!(IdempotencyKey::new("stv-12_a").is_ok());
        assert!(IdempotencyKey::new("").is_err());
        assert!(IdempotencyKey::new("a b").is_err());
        assert!(IdempotencyKey::new("é").is_err());
        assert!(IdempotencyKey::new("x".repeat(41)).is_err());
    }
}
