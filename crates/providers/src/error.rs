//! What can go wrong at a provider, in the four words that the rest of the system understands.

use std::time::Duration;

use crate::Journal;

/// Why a provider did not do what it was asked. No message here holds a secret or personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// It failed, and may work later: overload, out of credit, no connection.
    #[error("{message}")]
    Transient {
        /// How long the vendor asked us to wait, bounded to a day.
        retry_after: Option<Duration>,
        /// Whether the vendor may have kept something all the same (a server error, say): ask
        /// with [`Contact::Again`](crate::Contact::Again) next time.
        look_up: bool,
        /// What the vendor said, for people.
        message: String,
    },
    /// The vendor refuses, and will refuse the same request for ever.
    #[error("{message} ({code})")]
    Rejected {
        /// The vendor's code, or ours when the request never left the house.
        code: String,
        /// What the vendor said, for people.
        message: String,
    },
    /// Our credentials are wrong; nothing about this order is.
    #[error("credentials refused: {message}")]
    Unauthorized {
        /// What the vendor said, for people.
        message: String,
    },
    /// It did not leave our house: the fleet's rate is used up, or the vendor is known to be down.
    /// Says nothing about the request, and is no attempt.
    #[error("{message}")]
    Held {
        /// Come again after this.
        wait: Duration,
        /// Why, for people.
        message: String,
    },
    /// It was sent, and no answer tells whether it was accepted: look up before sending again.
    #[error("outcome unknown: {message}")]
    Unknown {
        /// What happened instead of an answer.
        message: String,
    },
}

impl ProviderError {
    /// The closed set of outcomes used as a metric label.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Transient { .. } => "transient",
            Self::Rejected { .. } => "rejected",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Held { .. } => "held",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// A failure that surely left nothing behind at the vendor.
    pub(crate) fn transient(message: impl Into<String>) -> Self {
        Self::Transient {
            retry_after: None,
            look_up: false,
            message: message.into(),
        }
    }

    /// A failure that may have left something behind at a vendor which can be asked about it.
    pub(crate) fn broken(retry_after: Option<Duration>, message: impl Into<String>) -> Self {
        Self::Transient {
            retry_after,
            look_up: true,
            message: message.into(),
        }
    }

    pub(crate) fn rejected(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Rejected {
            code: code.into(),
            message: message.into(),
        }
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::Unauthorized {
            message: message.into(),
        }
    }

    /// The same without anything concealed: vendors quote keys and people, and ours are stored.
    pub(crate) fn masked(mut self, journal: &Journal) -> Self {
        let (Self::Transient { message, .. }
        | Self::Rejected { message, .. }
        | Self::Unauthorized { message }
        | Self::Held { message, .. }
        | Self::Unknown { message }) = &mut self;
        *message = journal.masked(message);
        self
    }

    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self::Unknown {
            message: message.into(),
        }
    }
}

/// Settings from which no provider can be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// One setting is missing or wrong.
    #[error("{setting}: {problem}")]
    Invalid {
        /// The environment variable that sets it.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The HTTP client can't be built, for example without any trusted certificate.
    #[error("cannot build an HTTP client for {provider}")]
    Client {
        /// The provider's code.
        provider: &'static str,
        /// The client's reason.
        source: reqwest::Error,
    },
}
