//! W3C trace context: the thread from a request, through the order it placed, to the order's jobs.
//!
//! A [`Traceparent`] is written into every job as `trace_context`, and is a field of every log line
//! of the request and of the job. See <https://www.w3.org/TR/trace-context/>.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

const VERSION_00_LENGTH: usize = 55;
const FLAG_SAMPLED: u8 = 0x01;

/// A parsed `traceparent`: which trace, which span of it is the parent, and whether it is sampled.
///
/// `Display` writes version `00`, whatever version was read, as the standard asks of a vendor that
/// knows no later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Traceparent {
    trace: NonZeroU128,
    span: NonZeroU64,
    flags: u8,
}

/// Why a `traceparent` was refused. A caller that gets one starts a new trace, as the standard
/// says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceparentError {
    /// Not `version-traceid-spanid-flags` with the lengths of the standard.
    #[error("a traceparent has the form 00-<32 hex>-<16 hex>-<2 hex>")]
    Form,
    /// A character that is not a lower-case hexadecimal digit.
    #[error("a traceparent is written in lower-case hexadecimal digits")]
    Digit,
    /// Version `ff`, which the standard forbids.
    #[error("a traceparent's version may not be ff")]
    Version,
    /// A trace id or span id of only zeroes.
    #[error("a traceparent's trace and span ids may not be all zeroes")]
    Zero,
}

impl Traceparent {
    /// A new sampled trace with random ids.
    #[expect(
        clippy::new_without_default,
        reason = "each call gives another trace; a default would hide that"
    )]
    pub fn new() -> Self {
        Self {
            trace: rand::random(),
            span: rand::random(),
            flags: FLAG_SAMPLED,
        }
    }

    /// Reads a `traceparent` header or a job's `trace_context`.
    ///
    /// # Errors
    /// [`TraceparentError`] for anything that the standard calls invalid. A version later than `00`
    /// is read by its first four fields.
    pub fn parse(text: &str) -> Result<Self, TraceparentError> {
        let bytes = text.as_bytes();
        if bytes.len() < VERSION_00_LENGTH || [2, 35, 52].iter().any(|&at| bytes[at] != b'-') {
            return Err(TraceparentError::Form);
        }
        let version = hex(&bytes[0..2])?;
        if version == 0xff {
            return Err(TraceparentError::Version);
        }
        let tail_is_legal = match (version, bytes.get(VERSION_00_LENGTH)) {
            (_, None) => true,
            (0, Some(_)) => false,
            (_, Some(&next)) => next == b'-',
        };
        if !tail_is_legal {
            return Err(TraceparentError::Form);
        }
        let trace = NonZeroU128::new(hex(&bytes[3..35])?).ok_or(TraceparentError::Zero)?;
        let span = u64::try_from(hex(&bytes[36..52])?).expect("16 digits fit in 64 bits");
        let flags = u8::try_from(hex(&bytes[53..55])?).expect("2 digits fit in 8 bits");
        Ok(Self {
            trace,
            span: NonZeroU64::new(span).ok_or(TraceparentError::Zero)?,
            // Later versions may define more bits; only the sampled bit is ours to pass on.
            flags: flags & FLAG_SAMPLED,
        })
    }

    /// The next step of the same trace: same trace id and flags, a new span id.
    #[must_use]
    pub fn child(&self) -> Self {
        loop {
            let span = rand::random();
            if span != self.span {
                return Self { span, ..*self };
            }
        }
    }

    /// The trace id, 32 lower-case hexadecimal digits: what people search logs by.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The span id, 16 lower-case hexadecimal digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }

    /// Whether the caller asked for this trace to be recorded.
    pub fn is_sampled(&self) -> bool {
        self.flags & FLAG_SAMPLED != 0
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace, span, flags } = self;
        write!(out, "00-{trace:032x}-{span:016x}-{flags:02x}")
    }
}

impl FromStr for Traceparent {
    type Err = TraceparentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// `u128::from_str_radix` takes capitals and a sign, the standard takes neither.
fn hex(digits: &[u8]) -> Result<u128, TraceparentError> {
    digits.iter().try_fold(0, |value, digit| match digit {
        b'0'..=b'9' => Ok(value << 4 | u128::from(digit - b'0')),
        b'a'..=b'f' => Ok(value << 4 | u128::from(digit - b'a' + 10)),
        _ => Err(TraceparentError::Digit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_example_of_the_standard_is_read_and_written_back() {
        let parsed = Traceparent::parse(EXAMPLE).unwrap();
        assert_eq!(parsed.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(parsed.span_id(), "00f067aa0ba902b7");
        assert!(parsed.is_sampled());
        assert_eq!(parsed.to_string(), EXAMPLE);
        assert_eq!(EXAMPLE.parse(), Ok(parsed));
    }

    #[test]
    fn invalid_ones_are_refused_with_the_reason() {
        use TraceparentError::{Digit, Form, Version, Zero};
        let zeroes = "0".repeat(32);
        let cases = [
            (String::new(), Form),
            (EXAMPLE[..54].to_owned(), Form),
            (format!("{EXAMPLE}-00"), Form),
            (format!("{EXAMPLE} "), Form),
            (format!(" {}", &EXAMPLE[..54]), Form),
            (format!("01{}00", &EXAMPLE[2..]), Form),
            (EXAMPLE.replace("-00f0", "_00f0"), Form),
            (EXAMPLE.to_uppercase(), Digit),
            (EXAMPLE.replace("4bf9", "+bf9"), Digit),
            (EXAMPLE.replace("4bf9", "4bé"), Digit),
            (format!("ff{}", &EXAMPLE[2..]), Version),
            (
                EXAMPLE.replace("4bf92f3577b34da6a3ce929d0e0e4736", &zeroes),
                Zero,
            ),
            (EXAMPLE.replace("00f067aa0ba902b7", &zeroes[..16]), Zero),
        ];
        for (text, reason) in cases {
            assert_eq!(Traceparent::parse(&text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn a_later_version_is_read_by_its_first_four_fields_and_written_as_00() {
        let later = format!("cc{}-what-the-future-holds", &EXAMPLE[2..]);
        assert_eq!(
            Traceparent::parse(&later).unwrap().to_string(),
            EXAMPLE,
            "{later}"
        );
    }

    #[test]
    fn unknown_flags_are_not_passed_on() {
        let flagged = format!("{}ff", &EXAMPLE[..53]);
        assert_eq!(Traceparent::parse(&flagged).unwrap().to_string(), EXAMPLE);
        let unsampled = format!("{}02", &EXAMPLE[..53]);
        assert!(!Traceparent::parse(&unsampled).unwrap().is_sampled());
    }

    #[test]
    fn a_child_stays_in_its_trace_under_a_span_of_its_own() {
        let parent = Traceparent::new();
        let child = parent.child();
        assert_eq!(child.trace_id(), parent.trace_id());
        assert_ne!(child.span_id(), parent.span_id());
        assert_eq!(child.is_sampled(), parent.is_sampled());
    }

    #[test]
    fn new_traces_differ() {
        assert_ne!(Traceparent::new().trace_id(), Traceparent::new().trace_id());
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(
            trace in 1u128..,
            span in 1u64..,
            sampled in 0u8..=FLAG_SAMPLED,
        ) {
            let written = Traceparent {
                trace: NonZeroU128::new(trace).unwrap(),
                span: NonZeroU64::new(span).unwrap(),
                flags: sampled,
            };
            let text = written.to_string();
            prop_assert_eq!(text.len(), VERSION_00_LENGTH);
            prop_assert_eq!(Traceparent::parse(&text), Ok(written));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Traceparent::parse(&text);
        }

        #[test]
        fn one_changed_byte_is_refused_or_read_as_what_it_says(
            at in 0usize..VERSION_00_LENGTH,
            byte in 0x20u8..0x7f,
        ) {
            let mut bytes = EXAMPLE.as_bytes().to_vec();
            bytes[at] = byte;
            let text = String::from_utf8(bytes).unwrap();
            if let Ok(read) = Traceparent::parse(&text) {
                prop_assert_eq!(read.trace_id(), &text[3..35]);
                prop_assert_eq!(read.span_id(), &text[36..52]);
            }
        }

        #[test]
        fn nothing_is_read_that_does_not_look_like_one(text in "[0-9a-fA-F-]{50,60}") {
            let well_formed = text.len() >= VERSION_00_LENGTH
                && text.chars().all(|c| c == '-' || "0123456789abcdef".contains(c))
                && [2, 35, 52].iter().all(|&at| text.as_bytes()[at] == b'-');
            if Traceparent::parse(&text).is_ok() {
                prop_assert!(well_formed, "{}", text);
            }
        }
    }
}
