//! The suite. A new provider joins by one entry in [`ALL`].

use std::time::Duration;

use stevedore_providers::{Contact, ProviderError, Submission, Verification};
use stevedore_simulator::Fault;

use crate::vendor::{AGAIN, ALL, Bench, request, settings};

/// The faults after which the vendor has the order and we have no answer.
const LOST_ANSWERS: [Fault; 5] = [
    Fault::AcceptedServerError,
    Fault::AcceptedSilence,
    Fault::AcceptedCut,
    Fault::AcceptedGarbage,
    Fault::AcceptedHuge,
];

#[tokio::test]
async fn a_request_is_accepted_once_and_verified_as_delivered() {
    for vendor in ALL {
        let mut bench = Bench::new(vendor).await;
        bench.provider.should_fulfil(&request()).expect("eligible");
        let submission = bench.submit(Contact::First).await.expect("accepted");
        let Submission::Accepted { provider_order_id } = submission else {
            panic!("{vendor:?}: {submission:?}")
        };
        let found = bench
            .verify(Some(&provider_order_id))
            .await
            .expect("an answer");
        assert_eq!(
            found,
            Verification::Delivered { provider_order_id },
            "{vendor:?}"
        );
        assert_eq!(bench.fulfilled(), (1, 0), "{vendor:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_carries_the_vendors_code() {
    for vendor in ALL {
        let mut bench = Bench::new(vendor).await;
        bench.plan(Fault::Code { code: 422 }, 1);
        let refused = bench.submit(Contact::First).await;
        let Err(ProviderError::Rejected { code, message }) = refused else {
            panic!("{vendor:?}: {refused:?}")
        };
        assert_eq!(
            (code.as_str(), message.as_str()),
            ("422", "Number not verified")
        );
        assert_eq!(bench.fulfilled(), (0, 0));
    }
}

#[tokio::test]
async fn too_many_requests_is_transient_with_the_vendors_wait() {
    for vendor in ALL {
        let mut bench = Bench::new(vendor).await;
        bench.plan(Fault::TooManyRequests { retry_after: 7 }, 1);
        let refused = bench.submit(Contact::First).await;
        let Err(ProviderError::Transient { retry_after, .. }) = refused else {
            panic!("{vendor:?}: {refused:?}")
        };
        assert_eq!(retry_after, Some(Duration::from_secs(7)));
    }
}

#[tokio::test]
async fn a_wrong_key_is_unauthorized_in_both_of_the_vendors_ways() {
    for vendor in ALL {
        let mut bench = Bench::new(vendor).await.with_wrong_key();
        let refused = bench.submit(Contact::First).await;
        assert!(
            matches!(refused, Err(ProviderError::Unauthorized { .. })),
            "{refused:?}"
        );
        let mut bench = Bench::new(vendor).await;
        bench.plan(Fault::Unauthorized, 1);
        let refused = bench.submit(Contact::First).await;
        assert!(
            matches!(refused, Err(ProviderError::Unauthorized { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_vendor_that_is_not_there_is_transient_because_nothing_was_sent() {
    for vendor in ALL {
        let mut bench = Bench::new(vendor).await;
        // Port 9 of this machine is "discard"; nothing listens there.
        bench.provider = crate::vendor::provider(&settings(vendor, "http://127.0.0.1:9", "key"));
        let refused = bench.submit(Contact::First).await;
        assert!(
            matches!(refused, Err(ProviderError::Transient { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_lost_answer_never_makes_a_second_order() {
    for vendor in ALL {
        for fault in LOST_ANSWERS {
            let mut bench = Bench::new(vendor).await;
            bench.plan(fault, 1);
            let lost = bench
                .submit(Contact::First)
                .await
                .expect_err("no usable answer");
            if fault != Fault::AcceptedServerError || !bench.finds_by_our_key() {
                assert_eq!(lost.outcome(), "unknown", "{vendor:?} {fault:?}");
            }
            let again = bench.submit(AGAIN).await;
            if bench.finds_by_our_key() {
                assert!(
                    matches!(again, Ok(Submission::Accepted { .. })),
                    "{again:?}"
                );
                let found = bench.verify(None).await.expect("an answer");
                assert!(matches!(found, Verification::Delivered { .. }), "{found:?}");
            } else {
                assert_eq!(again.expect_err("a person decides").outcome(), "unknown");
                assert_eq!(
                    bench.verify(None).await.expect_err("can't ask").outcome(),
                    "unknown"
                );
            }
            assert_eq!(bench.fulfilled(), (1, 0), "{vendor:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_call_that_was_never_accepted_is_sent_again_only_where_that_is_safe() {
    for vendor in ALL {
        let mut bench = Bench::new(vendor).await;
        bench.plan(Fault::Silence, 1);
        let lost = bench.submit(Contact::First).await.expect_err("no answer");
        assert_eq!(lost.outcome(), "unknown");
        let again = bench.submit(AGAIN).await;
        assert_eq!(again.is_ok(), bench.finds_by_our_key(), "{again:?}");
        assert_eq!(bench.fulfilled(), (u64::from(bench.finds_by_our_key()), 0));
    }
}

#[tokio::test]
async fn the_journal_holds_every_call_and_no_secret_and_no_whole_number() {
    for vendor in ALL {
        let mut bench = Bench::new(vendor).await;
        let submission = bench.submit(Contact::First).await.expect("accepted");
        let Submission::Accepted { provider_order_id } = submission else {
            panic!("accepted")
        };
        bench
            .verify(Some(&provider_order_id))
            .await
            .expect("an answer");
        let operations: Vec<_> = bench
            .journal
            .exchanges()
            .iter()
            .map(|exchange| exchange.operation)
            .collect();
        assert_eq!(operations, ["submit", "verify"]);
        let kept = format!("{:?}", bench.journal.exchanges());
        assert!(
            !kept.contains(bench.simulator.at_ishare_api_key()),
            "{kept}"
        );
        assert!(!kept.contains("0271234567"), "{kept}");
        assert!(kept.contains("***567"), "{kept}");
    }
}

#[tokio::test]
async fn an_answer_of_any_size_is_bounded_in_the_journal() {
    for vendor in ALL {
        let mut bench = Bench::new(vendor).await;
        bench.plan(Fault::AcceptedHuge, 1);
        bench.submit(Contact::First).await.expect_err("garbage");
        let kept = format!("{:?}", bench.journal.exchanges());
        assert!(kept.len() < 6_000, "{}", kept.len());
    }
}

#[tokio::test]
async fn d9_a_ping_leaves_nothing_behind_and_tells_a_wrong_key() {
    for vendor in ALL {
        let mut bench = Bench::new(vendor).await;
        let said = bench.provider.ping(&mut bench.journal).await;
        assert!(said.is_ok(), "{vendor:?}: {said:?}");
        assert_eq!(bench.fulfilled(), (0, 0));
        let mut bench = bench.with_wrong_key();
        let refused = bench.provider.ping(&mut bench.journal).await;
        assert_eq!(refused.expect_err("a wrong key").outcome(), "unauthorized");
    }
}
