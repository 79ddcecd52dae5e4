//! Carriers: who takes a parcel to its door, and what they say about it on the way.
//!
//! Every carrier has words of its own; [`TrackingStatus`] has ours, those of `shipments.status`.
//! Each carrier's file holds an explicit table from the one to the other. A code that stands in no
//! table means nothing to us: it is kept in the event, its status is none, and it is counted
//! (`stevedore_tracking_codes_unknown_total`), so that somebody extends the table. It is never
//! guessed to be "in transit".

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    Consignment, Contact, IdempotencyKey, Journal, LabelOrder, ProviderError, Purchase, Rate,
    SoldLabel,
};

/// Longest number that `shipments.tracking_number` holds.
const NUMBER_BYTES_MAX: usize = 100;

/// One outside system that carries parcels.
///
/// As with [`FulfilmentProvider`](crate::FulfilmentProvider), every call is a single conversation:
/// no retries, no waiting. What was said is written to the [`Journal`].
#[async_trait]
pub trait Carrier: Send + Sync + 'static {
    /// The word that `shipments.carrier_code` holds for this carrier.
    fn code(&self) -> &'static str;

    /// Whose contract is used: rate limits and breakers count per account. No secret.
    fn account(&self) -> &str;

    /// What this carrier can be asked for, as it is configured.
    fn capabilities(&self) -> Capabilities;

    /// What the carrier knows of these parcels; at most [`Capabilities::track_batch`] of them.
    ///
    /// A number that the carrier does not know (yet) comes back without events. One that it could
    /// not tell about now, though it told about others, does not come back: ask again.
    ///
    /// # Errors
    /// See [`ProviderError`]; nothing about any of the parcels is known then.
    async fn track(
        &self,
        numbers: &[TrackingNumber],
        journal: &mut Journal,
    ) -> Result<Vec<TrackingUpdate>, ProviderError>;

    /// What each of its services would take for this parcel.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn rates(
        &self,
        _consignment: &Consignment,
        _journal: &mut Journal,
    ) -> Result<Vec<Rate>, ProviderError> {
        Err(not_offered())
    }

    /// Buys a label, once in effect.
    ///
    /// `key` is the same on every attempt. With [`Contact::Again`] an earlier attempt may have been
    /// accepted without our hearing of it: the label is looked up before anything is sent, and a
    /// carrier that can't look up answers [`ProviderError::Unknown`] instead of selling twice.
    ///
    /// # Errors
    /// See [`ProviderError`]; [`ProviderError::Unknown`] means that it may have been bought.
    async fn label(
        &self,
        _order: &LabelOrder,
        _key: &IdempotencyKey,
        _contact: Contact,
        _journal: &mut Journal,
    ) -> Result<Purchase, ProviderError> {
        Err(not_offered())
    }

    /// Gives a label back that no parcel travels with.
    ///
    /// # Errors
    /// [`ProviderError::Rejected`] when the carrier takes it back no more.
    async fn void(&self, _label: &SoldLabel, _journal: &mut Journal) -> Result<(), ProviderError> {
        Err(not_offered())
    }

    /// Calls the carrier without any effect there, to learn whether it can be reached and takes our
    /// credentials. Answers what it found, for people.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        match self.capabilities().track_batch {
            Some(_) => ask_for_nobodys(self, journal).await,
            None => Err(not_offered()),
        }
    }

    /// Reads the body of a push whose sender is proven already.
    ///
    /// # Errors
    /// [`PushError`] when it is none of this carrier's, or the carrier pushes nothing.
    fn parse_push(&self, _body: &[u8]) -> Result<Vec<TrackingUpdate>, PushError> {
        Err(PushError::NotOffered)
    }
}

/// Asks for a parcel that nobody sent. That it is no number of theirs is an answer, too.
pub(crate) async fn ask_for_nobodys<C: Carrier + ?Sized>(
    carrier: &C,
    journal: &mut Journal,
) -> Result<String, ProviderError> {
    let nobodys = TrackingNumber("0000000000".to_owned());
    match carrier.track(&[nobodys], journal).await {
        Ok(_) | Err(ProviderError::Rejected { .. }) => {
            Ok("answers questions about parcels".to_owned())
        }
        Err(error) => Err(error),
    }
}

fn not_offered() -> ProviderError {
    ProviderError::rejected(
        "not_offered",
        "this carrier, as it is configured, does not do this",
    )
}

/// What a carrier can be asked for, as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many parcels one [`Carrier::track`] takes; none: it can't be asked.
    pub track_batch: Option<NonZeroUsize>,
    /// Whether it tells prices.
    pub rates: bool,
    /// Whether it sells labels.
    pub labels: bool,
    /// Whether a label that was bought without our hearing of it can be found by our reference. If
    /// not, a lost answer is for a person.
    pub finds_labels: bool,
    /// Whether a label can be given back.
    pub voids: bool,
    /// How often the account may call.
    pub rate: CallRate,
}

impl Capabilities {
    /// Tracking, so many parcels a call, and nothing else.
    #[must_use]
    pub fn tracking(batch: usize, rate: CallRate) -> Self {
        Self {
            track_batch: NonZeroUsize::new(batch),
            rates: false,
            labels: false,
            finds_labels: false,
            voids: false,
            rate,
        }
    }
}

/// How often an account may call; written `100/1s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRate {
    /// Calls at most...
    pub calls: u32,
    /// ...in this time.
    pub per: Duration,
}

impl CallRate {
    /// So many calls a second.
    #[must_use]
    pub const fn per_second(calls: u32) -> Self {
        Self {
            calls,
            per: Duration::from_secs(1),
        }
    }
}

impl FromStr for CallRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (calls, per) = text.split_once('/').ok_or("is written COUNT/TIME")?;
        let calls = calls.trim().parse::<NonZeroU32>();
        let calls = calls.map_err(|error| error.to_string())?.get();
        let per = humantime::parse_duration(per.trim()).map_err(|error| error.to_string())?;
        if per.is_zero() {
            return Err("the time must be longer than nothing".to_owned());
        }
        Ok(Self { calls, per })
    }
}

/// A carrier's number of a parcel, without blanks, in capitals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackingNumber(String);

/// Something that is no tracking number anywhere.
#[derive(Debug, thiserror::Error)]
#[error("a tracking number has 1 to 100 letters, digits and '-', '_', '.', '/'")]
pub struct InvalidTrackingNumber;

impl TrackingNumber {
    /// Checks a number.
    ///
    /// # Errors
    /// [`InvalidTrackingNumber`] when no carrier gives such numbers.
    pub fn new(number: &str) -> Result<Self, InvalidTrackingNumber> {
        let number: String = number
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        let fits = !number.is_empty() && number.len() <= NUMBER_BYTES_MAX;
        if fits && number.bytes().all(plain) {
            Ok(Self(number))
        } else {
            Err(InvalidTrackingNumber)
        }
    }

    /// The number's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// All that a carrier told about one parcel at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackingUpdate {
    /// [`Carrier::code`].
    pub carrier: &'static str,
    /// Which parcel.
    pub tracking_number: TrackingNumber,
    /// What happened, in no particular order; empty when the carrier does not know it yet.
    pub events: Vec<TrackingEvent>,
    /// When the carrier means to be at the door.
    pub estimated_delivery: Option<DateTime<Utc>>,
}

impl TrackingUpdate {
    /// The carrier does not know this parcel yet.
    #[must_use]
    pub fn unknown(carrier: &'static str, tracking_number: TrackingNumber) -> Self {
        Self {
            carrier,
            tracking_number,
            events: Vec::new(),
            estimated_delivery: None,
        }
    }
}

/// One thing that happened to a parcel.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackingEvent {
    /// What it means; none when the carrier's code stands in no table of ours, or says nothing of
    /// the parcel's way.
    pub status: Option<TrackingStatus>,
    /// The carrier's own code.
    pub code: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The carrier's own words.
    pub description: String,
    /// Where, as the carrier says.
    pub location: Option<String>,
    /// The carrier's id of the event, where it has one.
    pub carrier_event_id: Option<String>,
}

/// The words of `tracking_events.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrackingStatus {
    /// Nobody has it yet.
    Pending,
    /// The carrier was told of it.
    InfoReceived,
    /// The carrier has it.
    InTransit,
    /// It is on the last van.
    OutForDelivery,
    /// Nobody opened.
    AttemptFailed,
    /// It waits for its recipient at a shop or depot.
    AvailableForPickup,
    /// It arrived.
    Delivered,
    /// Something is wrong, or it is on its way back.
    Exception,
    /// It came back to its sender.
    Returned,
    /// The carrier has lost sight of it.
    Expired,
}

impl TrackingStatus {
    /// The database's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InfoReceived => "info_received",
            Self::InTransit => "in_transit",
            Self::OutForDelivery => "out_for_delivery",
            Self::AttemptFailed => "attempt_failed",
            Self::AvailableForPickup => "available_for_pickup",
            Self::Delivered => "delivered",
            Self::Exception => "exception",
            Self::Returned => "returned",
            Self::Expired => "expired",
        }
    }
}

/// A push that tells nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// This carrier pushes nothing that we know how to read.
    #[error("this carrier pushes nothing")]
    NotOffered,
    /// Not what the carrier sends.
    #[error("not this carrier's push: {0}")]
    Malformed(String),
}

/// The carriers of this process, by [`Carrier::code`].
pub type Carriers = HashMap<&'static str, Arc<dyn Carrier>>;

/// What a carrier's codes mean.
#[derive(Clone, Copy, Debug)]
pub struct CodeTable {
    /// [`Carrier::code`].
    pub carrier: &'static str,
    /// Each code and its meaning; none for codes that say nothing of the parcel's way.
    pub rows: &'static [(&'static str, Option<TrackingStatus>)],
}

impl CodeTable {
    /// The meaning of a code; none, and counted, when it stands in no row.
    #[must_use]
    pub fn read(&self, code: &str) -> Option<TrackingStatus> {
        let row = self
            .rows
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(code));
        let Some((_, status)) = row else {
            let carrier = self.carrier;
            tracing::warn!(carrier, code, "the carrier tells a code that we don't know");
            metrics::counter!("stevedore_tracking_codes_unknown_total", "carrier" => carrier)
                .increment(1);
            return None;
        };
        *status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_in_a_time() {
        let rate: CallRate = "1400/10s".parse().expect("a rate");
        assert_eq!((rate.calls, rate.per), (1_400, Duration::from_secs(10)));
        for wrong in ["10", "0/1s", "10/0s", "a/1s", "-1/1s"] {
            assert!(wrong.parse::<CallRate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_tracking_number_is_the_same_however_it_is_written() {
        let number = TrackingNumber::new(" 1z 999aa1 0123456784 ").expect("a number");
        assert_eq!(number.as_str(), "1Z999AA10123456784");
        assert!(TrackingNumber::new(" ").is_err());
        assert!(TrackingNumber::new("1Z?x=1").is_err());
        assert!(TrackingNumber::new(&"1".repeat(101)).is_err());
    }
}
