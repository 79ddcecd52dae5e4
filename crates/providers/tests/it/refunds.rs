//! Those who give money back: every call and every documented error, against the simulator.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use stevedore_providers::{
    Contact, IdempotencyKey, Journal, Money, ProviderError, ProviderSettings, RazorpaySettings,
    Refund, RefundProvider, RefundRequest, RefundStatus, StripeSettings, refund_registry,
};
use stevedore_simulator::{Fault, FaultRule, RefundsState, Simulator, SimulatorSettings};

const VENDORS: [&str; 2] = ["stripe", "razorpay"];
const AGAIN: Contact = Contact::Again { since: None };

struct Bench {
    vendor: &'static str,
    simulator: Simulator,
    provider: Arc<dyn RefundProvider>,
    journal: Journal,
}

impl Bench {
    async fn new(vendor: &'static str) -> Self {
        let simulator = Simulator::start(SimulatorSettings::default())
            .await
            .expect("a simulator");
        let settings = settings(&simulator, simulator.at_ishare_api_key());
        Self {
            vendor,
            provider: refund_registry(&settings).expect("valid settings")[vendor].clone(),
            simulator,
            journal: Journal::new(),
        }
    }

    fn plan(&self, fault: Fault, times: u32) {
        self.simulator
            .plan(FaultRule::always(fault).at(self.vendor).first(times));
    }

    async fn refund(&mut self, payment: &str, contact: Contact) -> Result<Refund, ProviderError> {
        let wanted = wanted(self.vendor, payment);
        self.provider
            .refund(&wanted, &key(), contact, &mut self.journal)
            .await
    }

    fn state(&self) -> RefundsState {
        let state = self.simulator.state();
        match self.vendor {
            "stripe" => state.stripe,
            _ => state.razorpay,
        }
    }
}

fn settings(simulator: &Simulator, key: &str) -> ProviderSettings {
    let timeout = Duration::from_millis(500);
    ProviderSettings {
        stripe: StripeSettings {
            stripe_secret_key: Some(key.to_owned().into()),
            stripe_api_url: simulator.vendor_url("stripe"),
            stripe_timeout: timeout,
            ..StripeSettings::default()
        },
        razorpay: RazorpaySettings {
            razorpay_key_id: Some(key.to_owned()),
            razorpay_key_secret: Some(key.to_owned().into()),
            razorpay_api_url: simulator.vendor_url("razorpay"),
            razorpay_timeout: timeout,
            ..RazorpaySettings::default()
        },
        ..ProviderSettings::default()
    }
}

fn key() -> IdempotencyKey {
    IdempotencyKey::new("1f0c2d9e-0000-4000-8000-000000000002").expect("a key")
}

pub fn wanted(vendor: &str, payment: &str) -> RefundRequest {
    let prefix = if vendor == "stripe" { "pi" } else { "pay" };
    RefundRequest {
        provider_payment_id: format!("{prefix}_{payment}"),
        amount: Money {
            amount: 1_250,
            currency: "INR".to_owned(),
            minor_digits: 2,
        },
        order_number: "ORD-1".to_owned(),
    }
}

#[tokio::test]
async fn f4_a_refund_is_made_once_however_often_it_is_asked_for() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        let first = bench.refund("good", Contact::First).await.expect("given");
        assert_eq!(first.status, RefundStatus::Succeeded);
        for contact in [Contact::First, AGAIN] {
            let again = bench.refund("good", contact).await.expect("given");
            assert_eq!(again, first, "{vendor} {contact:?}");
        }
        let state = bench.state();
        assert_eq!((state.duplicates, state.amount), (0, 1_250), "{vendor}");
    }
}

#[tokio::test]
async fn f4_a_lost_answer_never_gives_money_back_twice() {
    for vendor in VENDORS {
        for fault in [
            Fault::AcceptedServerError,
            Fault::AcceptedSilence,
            Fault::AcceptedCut,
            Fault::AcceptedGarbage,
            Fault::AcceptedHuge,
        ] {
            let mut bench = Bench::new(vendor).await;
            bench.plan(fault, 1);
            let lost = bench.refund("good", Contact::First).await;
            let lost = lost.expect_err("no usable answer");
            let may_be_there = matches!(
                lost,
                ProviderError::Unknown { .. } | ProviderError::Transient { look_up: true, .. }
            );
            assert!(may_be_there, "{vendor} {fault:?}: {lost:?}");
            bench.refund("good", AGAIN).await.expect("found");
            let state = bench.state();
            assert_eq!(
                (state.duplicates, state.amount),
                (0, 1_250),
                "{vendor} {fault:?}"
            );
            assert_eq!(state.placing_calls, 1, "found, not asked for again");
        }
    }
}

#[tokio::test]
async fn f4_a_pending_refund_is_looked_up_until_it_is_over() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        let refund = bench
            .refund("pending", Contact::First)
            .await
            .expect("taken");
        assert_eq!(refund.status, RefundStatus::Pending);
        let provider = bench.provider.clone();
        let over = provider
            .look_up(&refund.provider_refund_id, &mut bench.journal)
            .await
            .expect("an answer");
        assert_eq!(over.status, RefundStatus::Succeeded);
        let missing = provider.look_up("re_nothing", &mut bench.journal).await;
        let Err(ProviderError::Transient { look_up: true, .. }) = missing else {
            panic!("{vendor}: {missing:?}")
        };
    }
    let mut bench = Bench::new("stripe").await;
    bench
        .refund("pending", Contact::First)
        .await
        .expect("taken");
    let other = bench.refund("good", Contact::First).await;
    let unknown = other.expect_err("the key stands for another refund");
    assert_eq!(unknown.outcome(), "unknown");
}

#[tokio::test]
async fn f4_refusals_are_final_and_everything_else_is_not() {
    for vendor in VENDORS {
        for payment in ["missing", "refunded"] {
            let mut bench = Bench::new(vendor).await;
            let refused = bench.refund(payment, Contact::First).await;
            assert_eq!(refused.expect_err("refused").outcome(), "rejected");
        }
        for (fault, outcome) in [
            (Fault::Unauthorized, "unauthorized"),
            (Fault::Code { code: 409 }, "transient"),
            (Fault::TooManyRequests { retry_after: 3 }, "transient"),
            (Fault::ServerError, "transient"),
            (Fault::Silence, "unknown"),
        ] {
            let mut bench = Bench::new(vendor).await;
            bench.plan(fault, 1);
            let refused = bench.refund("good", Contact::First).await;
            let refused = refused.expect_err("no refund");
            assert_eq!(refused.outcome(), outcome, "{vendor} {fault:?}");
            assert_eq!(bench.state().amount, 0);
        }
        let mut bench = Bench::new(vendor).await;
        let settings = settings(&bench.simulator, "a-wrong-secret");
        bench.provider = refund_registry(&settings).expect("valid")[vendor].clone();
        let refused = bench.refund("good", Contact::First).await;
        assert_eq!(refused.expect_err("refused").outcome(), "unauthorized");
    }
}

#[tokio::test]
async fn f4_a_failed_refund_is_told_with_its_reason() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        let refund = bench
            .refund("failing", Contact::First)
            .await
            .expect("taken");
        assert!(
            matches!(refund.status, RefundStatus::Failed { .. }),
            "{refund:?}"
        );
        let kept = format!("{:?}", bench.journal.exchanges());
        assert!(
            !kept.contains(bench.simulator.at_ishare_api_key()),
            "{kept}"
        );
    }
}

#[tokio::test]
async fn d9_a_harmless_call_refunds_nothing_and_tells_a_wrong_key() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        let said = bench.provider.ping(&mut bench.journal).await;
        assert!(said.expect("an answer").contains("takes our credentials"));
        let settings = settings(&bench.simulator, "a-wrong-secret");
        bench.provider = refund_registry(&settings).expect("valid")[vendor].clone();
        let refused = bench.provider.ping(&mut bench.journal).await;
        assert_eq!(refused.expect_err("refused").outcome(), "unauthorized");
        bench.plan(Fault::ServerError, 1);
        let broken = bench.provider.ping(&mut bench.journal).await;
        assert_eq!(broken.expect_err("broken").outcome(), "transient");
        let state = bench.state();
        assert_eq!((state.placing_calls, state.amount), (0, 0));
    }
}

#[tokio::test]
async fn d10_a_dry_run_of_a_refund_builds_and_logs_it_and_gives_nothing_back() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        let key = bench.simulator.at_ishare_api_key().to_owned();
        let mut settings = settings(&bench.simulator, &key);
        settings.stripe.stripe_dry_run = true;
        settings.razorpay.razorpay_dry_run = true;
        bench.provider = refund_registry(&settings).expect("valid")[vendor].clone();
        let refused = bench.refund("good", Contact::First).await;
        let Err(ProviderError::Rejected { code, .. }) = refused else {
            panic!("{vendor}: {refused:?}")
        };
        assert_eq!(code, "dry_run");
        let kept = format!("{:?}", bench.journal.exchanges());
        assert!(kept.contains("nothing was sent"), "{kept}");
        assert!(kept.contains("1250"), "what would be sent: {kept}");
        assert_eq!(bench.state().placing_calls, 0);
    }
}

/// The part of the vendor's public OpenAPI description that says what it takes.
const OPENAPI: &str = include_str!("stripe-refunds.json");

#[tokio::test]
async fn f4_what_stripe_is_asked_is_what_its_openapi_description_allows() {
    let api: Value = serde_json::from_str(OPENAPI).expect("JSON");
    let takes = &api["post"]["properties"];
    let mut bench = Bench::new("stripe").await;
    for payment in ["good", "pending"] {
        bench.journal = Journal::new();
        let _either_way = bench.refund(payment, AGAIN).await;
        let exchanges = bench.journal.exchanges();
        let sent = |operation: &str| -> Vec<(String, String)> {
            let made = exchanges.iter().find(|one| one.operation == operation);
            let pairs = made.map(|one| serde_json::from_value(one.request.clone()));
            pairs.expect("a call").expect("pairs")
        };
        for (name, value) in sent("submit") {
            let (field, part) = name.split_once('[').unwrap_or((&name, ""));
            let schema = &takes[field];
            assert!(schema.is_object(), "no field {name}");
            if !part.is_empty() {
                let is_map = &schema["anyOf"][0]["additionalProperties"]["type"];
                assert_eq!(is_map, "string", "{name}");
            }
            if schema["type"] == "integer" {
                assert!(value.parse::<u64>().is_ok(), "{name}={value}");
            }
            if let Some(words) = schema["enum"].as_array() {
                assert!(words.iter().any(|word| *word == *value), "{name}={value}");
            }
        }
        for (name, _) in sent("verify") {
            let query = api["get"].as_array().expect("a list");
            assert!(
                query.iter().any(|known| *known == *name),
                "no parameter {name}"
            );
        }
    }
}
