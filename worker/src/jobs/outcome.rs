//! What an outside answer means for a job, and the only place where that is decided.
//!
//! | the provider's answer | attempts left | the last attempt |
//! |---|---|---|
//! | delivered | delivered | delivered |
//! | not there, and the order is on hold | asked again later, nothing is sent | the same |
//! | in progress | asked again later, not an attempt | the same |
//! | some of its parcels left | they are recorded, the rest is asked for later | the same |
//! | all of its parcels are named | handed over to their carriers | the same |
//! | rejected, or final and not delivered | failed for good | failed for good |
//! | not called, the gate was shut | again when it opens, not an attempt | the same |
//! | transient, unauthorized | again after the policy's wait or the vendor's | failed for good |
//! | unknown, vendor can be asked | again, and asked before anything is sent | parked |
//! | unknown, vendor can't be asked | parked | parked |
//!
//! "Failed for good" and "parked" both put the order on hold for a person. The difference: what is
//! parked may have reached the customer, so nobody sends it again before it is looked up.

use std::time::Duration;

use stevedore_providers::{ProviderError, Shipment};

/// What a conversation with a provider found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// All of it reached its recipients.
    Delivered {
        /// The provider's name for it.
        provider_order_id: String,
    },
    /// The provider has it and is not done.
    InProgress {
        /// The provider's name for it.
        provider_order_id: String,
    },
    /// The provider named its parcels.
    Shipped {
        /// The provider's name for it.
        provider_order_id: String,
        /// Its parcels so far.
        shipments: Vec<Shipment>,
        /// There will be no other.
        is_all: bool,
    },
    /// The provider had it and gave it up.
    GivenUp {
        /// The provider's word.
        code: String,
        /// For people.
        message: String,
    },
    /// An earlier attempt is too fresh to be believed absent; nothing was sent.
    TooSoon {
        /// Ask again after this.
        wait: Duration,
    },
    /// The provider does not have all of it, and nothing was sent, since a person holds the order.
    Withheld,
}

/// How far a conversation that failed may have got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of ours can be at the provider.
    Nothing,
    /// The provider was asked and knows nothing of it.
    NotFound,
    /// Nobody knows.
    Unclear,
}

/// A conversation that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What went wrong.
    pub error: ProviderError,
    /// How far it may have got.
    pub standing: Standing,
    /// Whether the provider answers questions at all.
    pub can_look_up: bool,
}

/// Where an attempt stands in its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// No attempt follows.
    pub is_last: bool,
    /// How long until an order in progress is asked for again.
    pub ask_again: Duration,
    /// An order in progress has been so for longer than anybody should wait in silence.
    pub out_of_patience: bool,
}

/// What happens to the fulfilment and its job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Delivered; the job is done.
    Deliver {
        /// The provider's name for it.
        provider_order_id: String,
    },
    /// With carriers. The job is done, unless more parcels will come.
    HandOver {
        /// The provider's name for it.
        provider_order_id: String,
        /// Its parcels so far.
        shipments: Vec<Shipment>,
        /// When to ask for the rest; none: that is all.
        ask_again: Option<Duration>,
    },
    /// Accepted; the job asks again later.
    Wait {
        /// The provider's name for it, once known.
        provider_order_id: Option<String>,
        /// When to ask again.
        ask_again: Duration,
    },
    /// The next attempt tries again.
    Retry {
        /// Stable code.
        code: String,
        /// For people.
        message: String,
        /// Instead of the policy's wait.
        after: Option<Duration>,
        /// Ask the provider before anything is sent.
        look_up_first: bool,
    },
    /// The provider was not called: the job comes again, and nothing is counted.
    Postpone {
        /// When.
        after: Duration,
        /// Why, for people.
        message: String,
        /// Nothing of ours can be at the provider.
        is_unsent: bool,
    },
    /// Failed for good; a person decides about the order.
    Fail {
        /// Stable code.
        code: String,
        /// For people.
        message: String,
        /// `order_errors.category`.
        category: &'static str,
        /// `order_errors.severity`.
        severity: &'static str,
        /// It could not be reached and has nothing of ours: another provider may take it.
        may_fail_over: bool,
    },
    /// Nobody knows; a person finds out.
    Park {
        /// Stable code.
        code: String,
        /// For people.
        message: String,
    },
}

/// Decides.
#[must_use]
pub fn verdict(result: Result<Found, Trouble>, position: Position) -> Verdict {
    match result {
        Ok(Found::Delivered { provider_order_id }) => Verdict::Deliver { provider_order_id },
        Ok(Found::InProgress { provider_order_id }) if position.out_of_patience => Verdict::Park {
            code: "no_result".to_owned(),
            message: format!("{provider_order_id} is still in progress; ask the provider"),
        },
        Ok(Found::InProgress { provider_order_id }) => Verdict::Wait {
            provider_order_id: Some(provider_order_id),
            ask_again: position.ask_again,
        },
        // However long the rest takes, what has left is recorded first.
        Ok(Found::Shipped {
            provider_order_id,
            shipments,
            is_all,
        }) => Verdict::HandOver {
            provider_order_id,
            shipments,
            ask_again: (!is_all).then_some(position.ask_again),
        },
        Ok(Found::TooSoon { wait }) => Verdict::Wait {
            provider_order_id: None,
            ask_again: wait,
        },
        Ok(Found::Withheld) if position.out_of_patience => Verdict::Park {
            code: "no_result".to_owned(),
            message: "the provider does not have all of it, and the order is on hold".to_owned(),
        },
        Ok(Found::Withheld) => Verdict::Wait {
            provider_order_id: None,
            ask_again: position.ask_again,
        },
        Ok(Found::GivenUp { code, message }) => Verdict::Fail {
            code,
            message,
            category: "delivery",
            severity: "high",
            may_fail_over: false,
        },
        Err(trouble) => troubled(trouble, position.is_last),
    }
}

fn troubled(trouble: Trouble, is_last: bool) -> Verdict {
    let Trouble {
        error,
        standing,
        can_look_up,
    } = trouble;
    let message = error.to_string();
    match error {
        ProviderError::Held { wait, .. } => Verdict::Postpone {
            after: wait,
            message,
            is_unsent: standing == Standing::Nothing,
        },
        ProviderError::Rejected { code, .. } => Verdict::Fail {
            code,
            message,
            category: "delivery",
            severity: "medium",
            may_fail_over: false,
        },
        ProviderError::Unknown { .. } if is_last || !can_look_up => Verdict::Park {
            code: "unknown_outcome".to_owned(),
            message,
        },
        error if is_last && standing == Standing::Unclear => Verdict::Park {
            code: code_of(&error),
            message,
        },
        error if is_last => Verdict::Fail {
            code: code_of(&error),
            message,
            category: "api",
            severity: severity_of(&error),
            may_fail_over: standing == Standing::Nothing,
        },
        error => Verdict::Retry {
            code: code_of(&error),
            message,
            after: retry_after(&error),
            look_up_first: standing != Standing::Nothing,
        },
    }
}

fn code_of(error: &ProviderError) -> String {
    format!("provider_{}", error.outcome())
}

/// Refused credentials fail every order until somebody acts.
fn severity_of(error: &ProviderError) -> &'static str {
    match error {
        ProviderError::Unauthorized { .. } => "critical",
        _ => "high",
    }
}

fn retry_after(error: &ProviderError) -> Option<Duration> {
    match error {
        ProviderError::Transient { retry_after, .. } => *retry_after,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: Position = Position {
        is_last: false,
        ask_again: Duration::from_secs(10),
        out_of_patience: false,
    };
    const LAST: Position = Position {
        is_last: true,
        ..EARLY
    };

    fn transient(retry_after: Option<u64>) -> ProviderError {
        let retry_after = retry_after.map(Duration::from_secs);
        ProviderError::Transient {
            retry_after,
            look_up: false,
            message: "busy".into(),
        }
    }

    fn unknown() -> ProviderError {
        ProviderError::Unknown {
            message: "lost".into(),
        }
    }

    fn after(error: ProviderError, standing: Standing, position: Position) -> Verdict {
        verdict(
            Err(Trouble {
                error,
                standing,
                can_look_up: true,
            }),
            position,
        )
    }

    fn name(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Deliver { .. } => "deliver",
            Verdict::Wait { .. } => "wait",
            Verdict::HandOver { .. } => "hand over",
            Verdict::Retry { .. } => "retry",
            Verdict::Postpone { .. } => "postpone",
            Verdict::Fail { .. } => "fail",
            Verdict::Park { .. } => "park",
        }
    }

    #[test]
    fn a_rejection_is_final_at_any_attempt() {
        for position in [EARLY, LAST] {
            let error = ProviderError::Rejected {
                code: "422".into(),
                message: "no".into(),
            };
            let Verdict::Fail { code, category, .. } = after(error, Standing::Nothing, position)
            else {
                panic!("not failed")
            };
            assert_eq!((code.as_str(), category), ("422", "delivery"));
        }
    }

    #[test]
    fn a_transient_error_is_retried_with_the_vendors_wait_and_fails_at_last() {
        let Verdict::Retry {
            after: wait,
            look_up_first,
            ..
        } = after(transient(Some(7)), Standing::Nothing, EARLY)
        else {
            panic!("not retried")
        };
        assert_eq!((wait, look_up_first), (Some(Duration::from_secs(7)), false));
        assert_eq!(
            name(&after(transient(None), Standing::Nothing, LAST)),
            "fail"
        );
        assert_eq!(
            name(&after(transient(None), Standing::NotFound, LAST)),
            "fail"
        );
        assert_eq!(
            name(&after(transient(None), Standing::Unclear, LAST)),
            "park"
        );
    }

    #[test]
    fn an_unknown_outcome_is_looked_up_before_anything_is_sent_and_parked_at_last() {
        for standing in [Standing::NotFound, Standing::Unclear] {
            let Verdict::Retry { look_up_first, .. } = after(unknown(), standing, EARLY) else {
                panic!("not retried")
            };
            assert!(look_up_first);
            assert_eq!(name(&after(unknown(), standing, LAST)), "park");
        }
    }

    #[test]
    fn an_unknown_outcome_is_parked_at_once_where_nobody_can_be_asked() {
        let error = unknown();
        let trouble = Trouble {
            error,
            standing: Standing::Unclear,
            can_look_up: false,
        };
        assert_eq!(name(&verdict(Err(trouble), EARLY)), "park");
    }

    #[test]
    fn d9_a_shut_gate_is_no_attempt_and_never_the_last() {
        let wait = Duration::from_secs(9);
        let held = || ProviderError::Held {
            wait,
            message: "shut".into(),
        };
        for (standing, unsent) in [(Standing::Nothing, true), (Standing::Unclear, false)] {
            let Verdict::Postpone {
                after: until,
                is_unsent,
                ..
            } = after(held(), standing, LAST)
            else {
                panic!("not postponed")
            };
            assert_eq!((until, is_unsent), (wait, unsent));
        }
    }

    #[test]
    fn refused_credentials_are_critical() {
        let error = ProviderError::Unauthorized {
            message: "key".into(),
        };
        assert_eq!(
            name(&after(error.clone(), Standing::Nothing, EARLY)),
            "retry"
        );
        let Verdict::Fail { severity, .. } = after(error, Standing::Nothing, LAST) else {
            panic!("not failed")
        };
        assert_eq!(severity, "critical");
    }

    #[test]
    fn d3_parcels_are_handed_over_at_once_and_the_rest_is_asked_for() {
        let found = |is_all| {
            Ok(Found::Shipped {
                provider_order_id: "P1".into(),
                shipments: vec![],
                is_all,
            })
        };
        let Verdict::HandOver { ask_again, .. } = verdict(found(true), LAST) else {
            panic!("not handed over")
        };
        assert_eq!(ask_again, None);
        let Verdict::HandOver { ask_again, .. } = verdict(found(false), LAST) else {
            panic!("not handed over")
        };
        assert_eq!(ask_again, Some(EARLY.ask_again));
    }

    #[test]
    fn an_order_in_progress_is_waited_for_but_not_for_ever_and_never_called_delivered() {
        let found = || {
            Ok(Found::InProgress {
                provider_order_id: "P1".into(),
            })
        };
        assert_eq!(name(&verdict(found(), LAST)), "wait");
        let tired = Position {
            out_of_patience: true,
            ..EARLY
        };
        assert_eq!(name(&verdict(found(), tired)), "park");
    }
}
