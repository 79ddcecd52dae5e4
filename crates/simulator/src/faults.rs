//! How the AT-iShare sandbox misbehaves, by rule; the magic numbers are rules, too.

use serde::{Deserialize, Serialize};

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// HTTP 500, nothing done.
    ServerError,
    /// Accepted, and yet HTTP 500.
    AcceptedServerError,
    /// Never answers, nothing done.
    Silence,
    /// Accepted, and never answers.
    AcceptedSilence,
    /// Accepted, and the connection breaks within the answer.
    AcceptedCut,
    /// Accepted, and the answer is garbage behind a PHP warning.
    AcceptedGarbage,
    /// Accepted, and the answer is a page of 8 MiB.
    AcceptedHuge,
    /// HTTP 429 with `Retry-After`.
    TooManyRequests {
        /// Seconds.
        retry_after: u64,
    },
    /// HTTP 401.
    Unauthorized,
    /// One of the vendor's own codes in the body of an HTTP 200, nothing done.
    Code {
        /// 100, 101, 102, 103, 422, 500, 555.
        code: u16,
    },
    /// Answers as it should, later.
    Latency {
        /// How much later.
        milliseconds: u64,
    },
    /// Accepted; the first status calls say "Processing".
    Slow {
        /// How many.
        polls: u32,
    },
    /// Accepted; the first status calls do not find it.
    Hidden {
        /// How many.
        polls: u32,
    },
    /// Accepted, and in the end not delivered.
    EndsFailed,
    /// The status calls give HTTP 500.
    StatusError,
}

/// Which calls misbehave, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Whose calls: prodigi, shiprocket, stripe, razorpay; absent, AT-iShare's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Calls whose path has this in it only; not for AT-iShare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only so many calls of a hundred, by a die that falls the same in every run; absent, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// Calls for this recipient only, in the local form `0271234567`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Calls whose reference starts so only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Only the first so many calls, at AT-iShare per reference; absent, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

impl FaultRule {
    /// A rule for every call.
    #[must_use]
    pub fn always(fault: Fault) -> Self {
        Self {
            vendor: None,
            path: None,
            percent: None,
            phone: None,
            reference: None,
            times: None,
            fault,
        }
    }

    /// The same rule for another vendor than AT-iShare.
    #[must_use]
    pub fn at(mut self, vendor: &str) -> Self {
        self.vendor = Some(vendor.to_owned());
        self
    }

    /// The same rule for calls whose path has this in it.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// The same rule for so many calls of a hundred.
    #[must_use]
    pub fn percent(mut self, percent: u8) -> Self {
        self.percent = Some(percent);
        self
    }

    /// The same rule for the first `times` calls per reference.
    #[must_use]
    pub fn first(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same rule for one recipient.
    #[must_use]
    pub fn phone(mut self, phone: &str) -> Self {
        self.phone = Some(phone.to_owned());
        self
    }

    /// Whether this rule covers the `nth` call (from 1 on) for a reference.
    pub(crate) fn covers(&self, phone: &str, reference: &str, nth: u32, roll: u8) -> bool {
        self.vendor.is_none()
            && self.percent.is_none_or(|percent| roll < percent)
            && self.phone.as_deref().is_none_or(|wanted| wanted == phone)
            && self
                .reference
                .as_deref()
                .is_none_or(|wanted| reference.starts_with(wanted))
            && self.times.is_none_or(|times| nth <= times)
    }

    /// Whether this rule covers a call of one of the other vendors.
    pub(crate) fn covers_call(&self, vendor: &str, path: &str, roll: u8) -> bool {
        self.vendor.as_deref() == Some(vendor)
            && self
                .path
                .as_deref()
                .is_none_or(|wanted| path.contains(wanted))
            && self.percent.is_none_or(|percent| roll < percent)
    }
}

/// A recipient that always brings the same fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MagicNumber {
    /// The local form.
    pub phone: &'static str,
    /// Only the first so many calls per reference.
    pub times: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

/// The magic numbers. Their last three digits say what happens.
pub const MAGIC_NUMBERS: [MagicNumber; 15] = [
    magic("0270000422", None, Fault::Code { code: 422 }),
    magic("0270000555", None, Fault::Code { code: 555 }),
    magic("0270000100", Some(1), Fault::Code { code: 100 }),
    magic("0270000500", Some(2), Fault::ServerError),
    magic("0270000599", None, Fault::ServerError),
    magic("0270000501", Some(1), Fault::AcceptedServerError),
    magic("0270000503", Some(1), Fault::Silence),
    magic("0270000504", Some(1), Fault::AcceptedSilence),
    magic("0270000505", Some(1), Fault::AcceptedCut),
    magic("0270000201", Some(1), Fault::AcceptedGarbage),
    magic("0270000413", Some(1), Fault::AcceptedHuge),
    magic(
        "0270000429",
        Some(1),
        Fault::TooManyRequests { retry_after: 1 },
    ),
    magic("0270000401", None, Fault::Unauthorized),
    magic("0270000202", None, Fault::Slow { polls: 2 }),
    magic("0270000410", None, Fault::EndsFailed),
];

const fn magic(phone: &'static str, times: Option<u32>, fault: Fault) -> MagicNumber {
    MagicNumber {
        phone,
        times,
        fault,
    }
}

impl From<&MagicNumber> for FaultRule {
    fn from(magic: &MagicNumber) -> Self {
        Self {
            times: magic.times,
            ..Self::always(magic.fault).phone(magic.phone)
        }
    }
}
