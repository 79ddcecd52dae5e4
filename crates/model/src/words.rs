//! Words of the domain that carry their own rules: money, currency, phone, mail, address.

mod codes;

use serde::{Deserialize, Serialize};

use codes::{COUNTRIES, COUNTRIES_WITHOUT_POSTAL_CODE, CURRENCIES};

/// Why a text is not the word it should be: a stable code and a sentence.
pub type Refusal = (&'static str, String);

/// Amount of money in minor units (pesewas, cents) of its currency. Never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// What they are units of.
    pub currency: Currency,
}

/// An ISO 4217 currency that is in use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The Ghanaian cedi.
    pub const GHS: Currency = Currency(*b"GHS");

    /// Reads a code such as `GHS`.
    ///
    /// # Errors
    /// `unknown_currency` if it is not one in use (upper case).
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if CURRENCIES.split(' ').any(|known| known == text) => Ok(Currency(code)),
            _ => Err((
                "unknown_currency",
                "is not an ISO 4217 currency code".into(),
            )),
        }
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only parse() makes one, from ASCII letters")
    }

    /// Digits of the minor unit: 2 for most, 0 for yen, 3 for dinars.
    #[must_use]
    pub fn minor_digits(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.currency.minor_digits();
        let unit = 10u64.pow(digits);
        let sign = if self.amount < 0 { "-" } else { "" };
        let (whole, rest) = (
            self.amount.unsigned_abs() / unit,
            self.amount.unsigned_abs() % unit,
        );
        write!(formatter, "{} {sign}{whole}", self.currency)?;
        if digits > 0 {
            write!(formatter, ".{rest:0width$}", width = digits as usize)?;
        }
        Ok(())
    }
}

/// A telephone number in E.164 form, `+` and 7 to 15 digits.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads an international number (`+44 20 7946 0958`, `0044…`) or a Ghanaian one in any of its
    /// usual forms (`024 123 4567`, `233241234567`, `241234567`). Spaces, dots, dashes and
    /// brackets do not matter. Whether a network can be topped up is the provider's to say.
    ///
    /// # Errors
    /// `invalid_phone`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        const FORM: &str =
            "must be an international number such as +233241234567, or a Ghanaian local one";
        let refused = || ("invalid_phone", FORM.to_owned());
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/'))
            .collect();
        let digits = plain.strip_prefix('+').unwrap_or(&plain);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused());
        }
        let international = if plain.starts_with('+') {
            digits.to_owned()
        } else if let Some(rest) = digits.strip_prefix("00") {
            rest.to_owned()
        } else if digits.len() == 10 && digits.starts_with('0') {
            format!("233{}", &digits[1..])
        } else if digits.len() == 12 && digits.starts_with("233") {
            digits.to_owned()
        } else if digits.len() == 9 && !digits.starts_with('0') {
            format!("233{digits}")
        } else {
            return Err(refused());
        };
        // Ghana's numbers have nine digits behind the country code, whatever form they came in.
        let ghana_fits = !international.starts_with("233") || international.len() == 12;
        if !(7..=15).contains(&international.len()) || international.starts_with('0') || !ghana_fits
        {
            return Err(refused());
        }
        Ok(PhoneNumber(format!("+{international}")))
    }

    /// `+233241234567`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Ten digits with a leading 0, as Ghana's networks write it; None for other countries.
    #[must_use]
    pub fn ghana_local(&self) -> Option<String> {
        self.0.strip_prefix("+233").map(|rest| format!("0{rest}"))
    }
}

impl std::fmt::Debug for PhoneNumber {
    /// Only the country and the end: numbers are personal data and logs are read by many.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}…{}",
            &self.0[..4],
            &self.0[self.0.len() - 2..]
        )
    }
}

/// A mail address that every mail server will take: `local@domain.tld`, ASCII.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// `invalid_email`. Quoted local parts, address literals and non-ASCII are refused: they are
    /// legal, and in practice always mistakes.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let well_formed = text.rsplit_once('@').is_some_and(|(local, domain)| {
            text.len() <= 254 && local_part_fits(local) && domain_fits(domain)
        });
        if well_formed {
            Ok(EmailAddress(text.to_owned()))
        } else {
            Err((
                "invalid_email",
                "must be a mail address such as ama@example.com".into(),
            ))
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn local_part_fits(local: &str) -> bool {
    let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c);
    local.len() <= 64
        && local
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(atom))
}

fn domain_fits(domain: &str) -> bool {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || c == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.')
        && domain.split('.').all(label_fits)
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|top| !top.bytes().all(|c| c.is_ascii_digit()))
}

impl std::fmt::Debug for EmailAddress {
    /// Only the domain: addresses are personal data.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "…{}", &self.0[self.0.find('@').unwrap_or(0)..])
    }
}

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// Reads a code such as `GH`.
    ///
    /// # Errors
    /// `unknown_country`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match <[u8; 2]>::try_from(text.as_bytes()) {
            Ok(code) if COUNTRIES.split(' ').any(|known| known == text) => Ok(Country(code)),
            _ => Err((
                "unknown_country",
                "is not an ISO 3166-1 alpha-2 country code".into(),
            )),
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only parse() makes one, from ASCII letters")
    }

    /// Whether an address there is incomplete without a postal code.
    #[must_use]
    pub fn needs_postal_code(&self) -> bool {
        !COUNTRIES_WITHOUT_POSTAL_CODE
            .split(' ')
            .any(|known| known == self.as_str())
    }
}

impl std::fmt::Debug for Country {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Where a parcel goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Who receives it.
    pub recipient: String,
    /// Whom the courier calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// Street and number.
    pub address: String,
    /// Flat, landmark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address2: Option<String>,
    /// City or town.
    pub city: String,
    /// Province, state or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// Required where the country has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country.
    pub country: Country,
}

macro_rules! text_word {
    ($($word:ident)*) => {$(
        impl TryFrom<String> for $word {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                $word::parse(&text).map_err(|(_, message)| message)
            }
        }
        impl From<$word> for String {
            fn from(word: $word) -> String {
                word.as_str().to_owned()
            }
        }
    )*};
}
text_word!(Currency PhoneNumber EmailAddress Country);

#[cfg(test)]
mod tests;
