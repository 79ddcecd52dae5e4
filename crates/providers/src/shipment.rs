//! Parcels that a provider names.

use chrono::{DateTime, Utc};

use crate::TrackingNumber;

/// Longest name of a carrier that `shipments.carrier_code` holds.
const CARRIER_BYTES_MAX: usize = 40;

/// A parcel that a provider handed, or is about to hand, to a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// The provider's own name of it, by which it is told again.
    pub provider_shipment_id: String,
    /// Who carries it, in the words of `shipments.carrier_code`.
    pub carrier: String,
    /// The carrier's service, in the provider's words.
    pub service: Option<String>,
    /// The carrier's number, once there is one.
    pub tracking_number: Option<TrackingNumber>,
    /// Where people follow it.
    pub tracking_url: Option<String>,
    /// When the carrier took it; none: not yet.
    pub left_at: Option<DateTime<Utc>>,
}

/// Our word for a carrier that somebody else names, so that its own tracking finds the parcel.
pub(crate) fn carrier_code(name: &str) -> Option<String> {
    let mut code = String::new();
    for c in name.trim().chars() {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => code.push(c),
            _ if !code.is_empty() && !code.ends_with('_') => code.push('_'),
            _ => {}
        }
        if code.len() == CARRIER_BYTES_MAX {
            break;
        }
    }
    let code = code.trim_end_matches('_');
    let known = ["royal_mail", "dpd", "fedex", "ups"];
    let alias = match code {
        "royalmail" => Some("royal_mail"),
        "federal_express" => Some("fedex"),
        code => known
            .into_iter()
            .find(|known| code == *known || code.starts_with(&format!("{known}_"))),
    };
    match alias {
        Some(known) => Some(known.to_owned()),
        None if code.starts_with(|c: char| c.is_ascii_lowercase()) => Some(code.to_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carrier_has_one_word_however_it_is_named() {
        let code = |name| carrier_code(name).unwrap_or_default();
        assert_eq!(code("Royal Mail"), "royal_mail");
        assert_eq!(code("Royal Mail 48"), "royal_mail");
        assert_eq!(code("RoyalMail"), "royal_mail");
        assert_eq!(code("FedEx Ground"), "fedex");
        assert_eq!(code("DHL Express"), "dhl_express");
        assert_eq!(code("Österreichische Post"), "sterreichische_post");
        assert_eq!(code("4PX"), "");
        assert_eq!(code("  "), "");
    }
}
