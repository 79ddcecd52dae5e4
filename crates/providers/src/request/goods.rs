//! Parcels: who receives them, what they weigh and measure, and what customs ask.

use super::Money;

/// Who ordered. Personal data: it goes to the vendor and into no log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// Name as given.
    pub name: String,
    /// E.164.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
}

/// Where a parcel goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Who receives it there; may be another person than the one who ordered.
    pub recipient: String,
    /// Whom the courier calls, E.164.
    pub phone: Option<String>,
    /// Street and number.
    pub line1: String,
    /// Flat, landmark.
    pub line2: Option<String>,
    /// City or town.
    pub city: String,
    /// Province, state or region.
    pub province: Option<String>,
    /// Where the country has them.
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// Lines packed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Where to.
    pub address: Address,
    /// All units and their packaging, grams.
    pub weight_g: u32,
    /// The box around all of it.
    pub size: Size,
    /// Who pays duty at a border.
    pub incoterm: Incoterm,
}

/// A box, millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Longest side.
    pub length_mm: u32,
    /// Second side.
    pub width_mm: u32,
    /// Shortest side.
    pub height_mm: u32,
}

/// What one unit of a line is, as goods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goods {
    /// Grams; none: the shop's default, which the parcel's weight counts with.
    pub weight_g: Option<u32>,
    /// Packed by itself.
    pub size: Option<Size>,
    /// For parcels that cross a border.
    pub customs: Customs,
}

/// What customs ask of one unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customs {
    /// Harmonised System code, 6 to 10 digits.
    pub hs_code: Option<String>,
    /// Where it was made, ISO 3166-1 alpha-2.
    pub origin_country: Option<String>,
    /// What it is; none: the line's title.
    pub description: Option<String>,
    /// Its value; none: the line's price.
    pub value: Option<Money>,
}

/// Who pays duty at a border (Incoterms 2020).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Incoterm {
    /// Delivered at place: the receiver.
    #[default]
    Dap,
    /// Delivered duty paid: the shop.
    Ddp,
}

impl Incoterm {
    /// The three letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dap => "DAP",
            Self::Ddp => "DDP",
        }
    }
}
