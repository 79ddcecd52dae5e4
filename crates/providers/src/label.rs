//! Prices and labels: what is asked of a carrier that shall take a parcel, and what it sells.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Number, Value};

use crate::{Address, IdempotencyKey, Item, Journal, Money, Parcel, ProviderError, Request};

/// Characters of a line of an address, with most carriers, and with DHL.
pub(crate) const LINE_CHARS_MAX: usize = 35;
pub(crate) const DHL_LINE_CHARS_MAX: usize = 45;
/// Lines that every carrier takes.
const LINES_MAX: usize = 3;
const MILLIMETRES_PER_CENTIMETRE: u32 = 10;

/// A packed parcel at its sender.
#[derive(Clone, Debug, PartialEq)]
pub struct Consignment {
    /// Where it leaves from; `recipient` is who sends it.
    pub from: Address,
    /// What is in it, where it goes, what it weighs and measures.
    pub request: Request,
    /// When the carrier gets it.
    pub ships_at: DateTime<Utc>,
}

/// What kind of bytes a label is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum LabelFormat {
    /// A page.
    Pdf,
    /// For label printers.
    Zpl,
    /// A picture: what UPS gives to those who want a page.
    Gif,
}

impl LabelFormat {
    /// The database's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Zpl => "zpl",
            Self::Gif => "gif",
        }
    }
}

/// A label to buy.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelOrder {
    /// The parcel.
    pub consignment: Consignment,
    /// The carrier's own code of its service.
    pub service: String,
    /// What is wanted; [`Label::format`] says what came.
    pub format: LabelFormat,
}

/// What a carrier would take for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The carrier's own code of its service.
    pub service: String,
    /// Its price.
    pub price: Money,
    /// Days from handing over to the door, when the carrier says.
    pub days: Option<u32>,
}

/// A label that was bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The parcel's number.
    pub tracking_number: String,
    /// The carrier's name of the shipment, by which it is given back.
    pub carrier_shipment_id: String,
    /// What the bytes are.
    pub format: LabelFormat,
    /// What is printed.
    pub bytes: Vec<u8>,
    /// What it cost, when the carrier says.
    pub price: Option<Money>,
    /// Where people follow it, when the carrier says.
    pub tracking_url: Option<String>,
}

/// The answer to [`Carrier::label`](crate::Carrier::label).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purchase {
    /// Ours, now or since an earlier attempt.
    Bought(Box<Label>),
    /// Nothing was sent: an earlier attempt is so fresh that "not found" proves nothing yet.
    TooSoon {
        /// Ask again after this long.
        wait: std::time::Duration,
    },
}

/// A label to give back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoldLabel {
    /// The parcel's number.
    pub tracking_number: String,
    /// [`Label::carrier_shipment_id`].
    pub carrier_shipment_id: String,
    /// Country of the sender.
    pub from_country: String,
}

impl Consignment {
    /// The parcel, or why no carrier can take this.
    pub(crate) fn parcel(&self) -> Result<&Parcel, ProviderError> {
        self.request.parcel()
    }

    /// Whether it crosses a border where customs ask.
    pub(crate) fn crosses_customs(&self) -> bool {
        let to = self.request.parcel.as_ref();
        let to = to.map_or("", |parcel| parcel.address.country.as_str());
        let inside = |country: &str| EU.contains(&country);
        self.from.country != to && !(inside(&self.from.country) && inside(to))
    }

    /// Masks in the journal who receives it and where.
    pub(crate) fn conceal(&self, journal: &mut Journal) {
        let recipient = &self.request.recipient;
        let mut texts = vec![Some(&recipient.name)];
        texts.extend([recipient.phone.as_ref(), recipient.email.as_ref()]);
        if let Some(parcel) = &self.request.parcel {
            let to = &parcel.address;
            for width in [LINE_CHARS_MAX, DHL_LINE_CHARS_MAX] {
                street(to, width)
                    .iter()
                    .for_each(|line| journal.conceal(line));
            }
            texts.extend([Some(&to.recipient), Some(&to.line1), to.phone.as_ref()]);
            texts.push(to.line2.as_ref());
        }
        for text in texts.into_iter().flatten() {
            journal.conceal(text);
            // As carriers want them: not too long, numbers without a plus.
            journal.conceal(&cut(text, LINE_CHARS_MAX));
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            journal.conceal(&digits);
        }
    }

    /// Whom the courier calls.
    pub(crate) fn phone(&self) -> Option<&str> {
        let at_the_door = self.request.parcel.as_ref();
        let at_the_door = at_the_door.and_then(|parcel| parcel.address.phone.as_deref());
        at_the_door.or(self.request.recipient.phone.as_deref())
    }

    /// The same for carriers that take no parcel without a number: the sender's, if need be.
    pub(crate) fn any_phone(&self) -> Option<&str> {
        self.phone().or(self.from.phone.as_deref())
    }
}

/// The customs union.
const EU: [&str; 27] = [
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV",
    "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
];

/// What customs ask of one line.
pub(crate) struct CustomsLine<'a> {
    pub(crate) description: String,
    pub(crate) quantity: u32,
    pub(crate) value: &'a Money,
    pub(crate) hs_code: Option<&'a str>,
    pub(crate) origin: &'a str,
    pub(crate) weight_g: u32,
}

impl<'a> CustomsLine<'a> {
    /// A line of a parcel that leaves `from`.
    pub(crate) fn of(item: &'a Item, from: &'a Address) -> Self {
        let customs = &item.goods.customs;
        let description = customs.description.as_ref().unwrap_or(&item.title);
        Self {
            description: cut(description, 35),
            quantity: item.quantity,
            value: customs.value.as_ref().unwrap_or(&item.unit_price),
            hs_code: customs.hs_code.as_deref(),
            origin: customs.origin_country.as_deref().unwrap_or(&from.country),
            weight_g: item.goods.weight_g.unwrap_or(1),
        }
    }
}

/// As much of a text as a carrier's field takes.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

/// Our reference without its dashes, and no longer than a carrier's field.
pub(crate) fn short(key: &IdempotencyKey, chars_max: usize) -> String {
    cut(&key.as_str().replace('-', ""), chars_max)
}

/// Street, flat and landmark in lines that are no longer than a carrier's: what is too long goes on
/// in the next line, at a space.
pub(crate) fn street(address: &Address, chars_max: usize) -> Vec<String> {
    let line2 = address.line2.as_deref().unwrap_or_default();
    let mut lines = wrapped(&[&address.line1, line2], chars_max);
    if lines.len() > LINES_MAX {
        lines = wrapped(&[&format!("{} {line2}", address.line1)], chars_max);
    }
    lines.truncate(LINES_MAX);
    lines
}

fn wrapped(texts: &[&str], chars_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for text in texts {
        let mut begins = true;
        for word in text.split_whitespace() {
            let word = cut(word, chars_max);
            let fits =
                |line: &&mut String| line.chars().count() + 1 + word.chars().count() <= chars_max;
            match lines.last_mut().filter(fits) {
                Some(line) if !begins => {
                    line.push(' ');
                    line.push_str(&word);
                }
                _ => lines.push(word),
            }
            begins = false;
        }
    }
    lines
}

/// A carrier that can't find a label again may not be asked twice.
pub(crate) fn not_again() -> ProviderError {
    ProviderError::unknown(
        "an earlier attempt may have bought the label, and this carrier can't be asked for it",
    )
}

/// The bytes in an answer.
pub(crate) fn decoded(base64: &str) -> Result<Vec<u8>, ProviderError> {
    let dense: String = base64.split_whitespace().collect();
    STANDARD
        .decode(dense)
        .ok()
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| ProviderError::unknown("sold, but the label in the answer is none"))
}

/// Whole centimetres, rounded up.
pub(crate) fn centimetres(millimetres: u32) -> u32 {
    millimetres.div_ceil(MILLIMETRES_PER_CENTIMETRE).max(1)
}

/// Kilograms with `digits` behind the point, rounded up: a scale never shows less.
pub(crate) fn kilograms(grams: u32, digits: u32) -> String {
    let step = 10u32.pow(3 - digits.min(3));
    let steps = grams.div_ceil(step).max(1);
    let per_kilogram = 1_000 / step;
    let (whole, rest) = (steps / per_kilogram, steps % per_kilogram);
    format!("{whole}.{rest:0width$}", width = digits as usize)
}

/// A JSON number of a decimal text.
pub(crate) fn number(decimal: &str) -> Value {
    decimal.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// An amount in a carrier's decimals.
pub(crate) fn money(decimal: &str, currency: &str) -> Option<Money> {
    let digits = match currency {
        "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "XAF" | "XOF" | "XPF" | "UGX" | "RWF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    };
    let (whole, rest) = decimal.split_once('.').unwrap_or((decimal, ""));
    let places = digits as usize;
    // What goes beyond the minor unit is rounded up: never cheaper than it is.
    let beyond = rest.bytes().skip(places).any(|digit| digit != b'0');
    let rest: String = rest.chars().chain("000".chars()).take(places).collect();
    let amount = format!("{whole}{rest}").parse::<i64>().ok()?;
    let is_plain = !currency.is_empty() && amount >= 0;
    is_plain.then(|| Money {
        amount: amount + i64::from(beyond),
        currency: currency.to_owned(),
        minor_digits: digits,
    })
}

/// Days between handing over and a date of the carrier's.
pub(crate) fn days_until(ships_at: DateTime<Utc>, date: &str) -> Option<u32> {
    let day = NaiveDate::parse_from_str(date.get(..10)?, "%Y-%m-%d").ok()?;
    u32::try_from((day - ships_at.date_naive()).num_days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d11_a_carriers_price_is_read_exactly() {
        let amount = |text, currency| money(text, currency).map(|money| money.amount);
        assert_eq!(amount("9.80", "GBP"), Some(980));
        assert_eq!(amount("9.8", "GBP"), Some(980));
        assert_eq!(amount("9", "GBP"), Some(900));
        assert_eq!(amount("9.801", "GBP"), Some(981));
        assert_eq!(amount("1200", "JPY"), Some(1_200));
        assert_eq!(amount("1.5", "KWD"), Some(1_500));
        assert_eq!(amount("-1", "GBP"), None);
        assert_eq!(amount("free", "GBP"), None);
    }

    #[test]
    fn d5_a_long_address_goes_on_in_the_next_line() {
        let address = |line1: &str, line2: Option<&str>| Address {
            line1: line1.to_owned(),
            line2: line2.map(str::to_owned),
            ..Address::default()
        };
        let usual = address("12 Harbour Street", Some("Unit 4"));
        assert_eq!(street(&usual, 35), ["12 Harbour Street", "Unit 4"]);
        let long = address("Flat 7, Building 12, The Old Customs House", Some("Dock 3"));
        assert_eq!(
            street(&long, 35),
            ["Flat 7, Building 12, The Old", "Customs House", "Dock 3"]
        );
        let longer = address(&"abcdefgh ".repeat(9), Some(&"ijklmnop ".repeat(2)));
        assert_eq!(street(&longer, 35).len(), 3);
        assert_eq!(
            street(&address(&"x".repeat(80), None), 35),
            ["x".repeat(35)]
        );
    }

    #[test]
    fn d5_weights_and_sizes_are_rounded_up() {
        assert_eq!(kilograms(1_501, 1), "1.6");
        assert_eq!(kilograms(1_501, 3), "1.501");
        assert_eq!(kilograms(1, 1), "0.1");
        assert_eq!(kilograms(20_000, 2), "20.00");
        assert_eq!((centimetres(301), centimetres(1)), (31, 1));
    }
}
