//! What only AT-iShare does.

use std::time::Duration;

use stevedore_providers::{
    Contact, ProviderError, ProviderSettings, Reference, SettingsError, Submission, Verification,
    registry,
};
use stevedore_simulator::{Fault, FaultRule};

use crate::vendor::{AGAIN, Bench, Vendor, key, request_to, settings, tokens};

#[tokio::test]
async fn a_fresh_attempt_that_is_not_found_is_waited_for_not_repeated() {
    let mut bench = Bench::new(Vendor::AtIshareOne).await;
    let fresh = Contact::Again {
        since: Some(Duration::from_secs(10)),
    };
    let submission = bench.submit(fresh).await.expect("an answer");
    assert_eq!(
        submission,
        Submission::TooSoon {
            wait: Duration::from_secs(30)
        }
    );
    assert_eq!(bench.fulfilled(), (0, 0));
    let settled = Contact::Again {
        since: Some(Duration::from_secs(30)),
    };
    let submission = bench.submit(settled).await.expect("an answer");
    assert!(
        matches!(submission, Submission::Accepted { .. }),
        "{submission:?}"
    );
    assert_eq!(bench.fulfilled(), (1, 0));
}

#[tokio::test]
async fn several_bundles_are_one_request_and_are_completed_not_repeated() {
    let mut bench = Bench::new(Vendor::AtIshareOne).await;
    let second = FaultRule {
        reference: Some(format!("{}-2", key().as_str())),
        ..FaultRule::always(Fault::ServerError).first(1)
    };
    bench.simulator.plan(second);
    let request = request_to("0271234567", 3);
    let broken = bench
        .provider
        .submit(&request, &key(), Contact::First, &mut bench.journal)
        .await;
    assert!(
        matches!(broken, Err(ProviderError::Transient { .. })),
        "{broken:?}"
    );
    assert_eq!(bench.fulfilled(), (1, 0));
    let reference = Reference {
        key: key(),
        provider_order_id: None,
    };
    let partial = bench
        .provider
        .verify(&request, &reference, &mut bench.journal)
        .await;
    assert!(
        matches!(partial, Ok(Verification::Incomplete)),
        "{partial:?}"
    );
    bench
        .provider
        .submit(&request, &key(), AGAIN, &mut bench.journal)
        .await
        .expect("accepted");
    assert_eq!(bench.fulfilled(), (3, 0));
    let whole = bench
        .provider
        .verify(&request, &reference, &mut bench.journal)
        .await;
    assert!(
        matches!(whole, Ok(Verification::Delivered { .. })),
        "{whole:?}"
    );
}

#[tokio::test]
async fn a_half_accepted_request_without_lookup_waits_for_a_person() {
    let mut bench = Bench::new(Vendor::AtIshareTwo).await;
    let second = FaultRule {
        reference: Some(format!("{}-2", key().as_str())),
        ..FaultRule::always(Fault::TooManyRequests { retry_after: 1 })
    };
    bench.simulator.plan(second);
    let request = request_to("0271234567", 2);
    let broken = bench
        .provider
        .submit(&request, &key(), Contact::First, &mut bench.journal)
        .await;
    let Err(ProviderError::Unknown { message }) = broken else {
        panic!("{broken:?}")
    };
    assert!(
        message.contains("1 of 2 bundles were accepted"),
        "{message}"
    );
}

#[tokio::test]
async fn an_order_is_in_progress_until_the_vendor_says_otherwise() {
    let mut bench = Bench::new(Vendor::AtIshareOne).await;
    bench.plan(Fault::Slow { polls: 2 }, 1);
    bench.submit(Contact::First).await.expect("accepted");
    for _ in 0..2 {
        let found = bench.verify(None).await.expect("an answer");
        assert!(
            matches!(found, Verification::InProgress { .. }),
            "{found:?}"
        );
    }
    let found = bench.verify(None).await.expect("an answer");
    assert!(matches!(found, Verification::Delivered { .. }), "{found:?}");
}

#[tokio::test]
async fn an_order_that_the_vendor_gave_up_is_failed() {
    let mut bench = Bench::new(Vendor::AtIshareOne).await;
    bench.plan(Fault::EndsFailed, 1);
    bench.submit(Contact::First).await.expect("accepted");
    let found = bench.verify(None).await.expect("an answer");
    let Verification::Failed { code, message } = found else {
        panic!("{found:?}")
    };
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("Failed", "0 of 1 bundles delivered")
    );
}

#[tokio::test]
async fn the_vendors_own_reference_is_in_progress_while_it_is_not_on_record() {
    let mut bench = Bench::new(Vendor::AtIshareTwo).await;
    bench.plan(Fault::Hidden { polls: 1 }, 1);
    let submission = bench.submit(Contact::First).await.expect("accepted");
    let Submission::Accepted { provider_order_id } = submission else {
        panic!("accepted")
    };
    let found = bench
        .verify(Some(&provider_order_id))
        .await
        .expect("an answer");
    assert!(
        matches!(found, Verification::InProgress { .. }),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_broken_status_call_is_transient() {
    let mut bench = Bench::new(Vendor::AtIshareOne).await;
    bench.submit(Contact::First).await.expect("accepted");
    bench.plan(Fault::StatusError, 1);
    let broken = bench.verify(None).await;
    assert!(
        matches!(broken, Err(ProviderError::Transient { .. })),
        "{broken:?}"
    );
    assert!(bench.verify(None).await.is_ok());
}

#[test]
fn a_provider_without_an_address_is_off_and_half_a_configuration_is_refused() {
    assert!(
        registry(&ProviderSettings::default(), &tokens())
            .expect("valid")
            .is_empty()
    );
    let mut half = settings(Vendor::AtIshareOne, "http://127.0.0.1:9", "key");
    half.at_ishare.at_ishare_api_key = None;
    let refused = registry(&half, &tokens()).map(drop);
    let Err(SettingsError::Invalid { setting, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(setting, "AT_ISHARE_API_KEY");
}

#[tokio::test]
async fn d10_a_dry_run_builds_and_logs_the_order_and_sends_nothing() {
    for vendor in [Vendor::AtIshareOne, Vendor::AtIshareTwo] {
        let mut bench = Bench::new(vendor).await;
        let (url, key) = (
            bench.simulator.at_ishare_url(),
            bench.simulator.at_ishare_api_key().to_owned(),
        );
        let mut settings = settings(vendor, &url, &key);
        settings.at_ishare.at_ishare_dry_run = true;
        bench.provider = registry(&settings, &tokens()).expect("settings")["at_ishare"].clone();
        let refused = bench.submit(Contact::First).await;
        let Err(ProviderError::Rejected { code, .. }) = refused else {
            panic!("{vendor:?}: {refused:?}")
        };
        assert_eq!(code, "dry_run");
        let kept = format!("{:?}", bench.journal.exchanges());
        assert!(kept.contains("nothing was sent"), "{kept}");
        assert_eq!(bench.fulfilled(), (0, 0));
    }
}
