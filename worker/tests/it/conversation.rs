//! The conversation with a provider, against the sandbox and its faults.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use serde_json::json;
use stevedore_providers::{
    AtIshareSettings, Contact, FulfilmentProvider, Generation, Goods, IdempotencyKey, Item,
    Journal, LocalTokens, Money, ProviderSettings, Recipient, Reference, Request, TokenCache,
    Totals, registry,
};
use stevedore_simulator::{Fault, FaultRule, Simulator, SimulatorSettings};
use stevedore_worker::conversation::Conversation;
use stevedore_worker::jobs::outcome::{Found, Standing, Trouble};

struct Bench {
    simulator: Simulator,
    provider: Arc<dyn FulfilmentProvider>,
}

impl Bench {
    async fn new(at_ishare_generation: Generation) -> Self {
        let simulator = Simulator::start(SimulatorSettings::default())
            .await
            .expect("a simulator");
        let at_ishare = AtIshareSettings {
            at_ishare_api_url: Some(simulator.at_ishare_url()),
            at_ishare_api_key: Some(simulator.at_ishare_api_key().to_owned().into()),
            at_ishare_timeout: Duration::from_millis(300),
            at_ishare_generation,
            ..AtIshareSettings::default()
        };
        let tokens: Arc<dyn TokenCache> = Arc::new(LocalTokens::default());
        let settings = ProviderSettings {
            at_ishare,
            ..ProviderSettings::default()
        };
        let mut registry = registry(&settings, &tokens).expect("valid settings");
        let provider = registry.remove("at_ishare").expect("the provider");
        Self {
            simulator,
            provider,
        }
    }

    fn plan(&self, fault: Fault, times: u32) {
        self.simulator.plan(FaultRule::always(fault).first(times));
    }

    async fn talk(&self, contact: Contact) -> Result<Found, Trouble> {
        let request = request();
        let key = IdempotencyKey::new("1f0c2d9e-0000-4000-8000-000000000001").expect("a key");
        let reference = Reference {
            key,
            provider_order_id: None,
        };
        let provider = self.provider.as_ref();
        let talk = Conversation {
            provider,
            request: &request,
            reference,
            contact,
            look_only: false,
        };
        talk.hold(&mut Journal::new()).await
    }

    fn fulfilled(&self) -> (u64, u64) {
        let state = self.simulator.state().at_ishare;
        (state.fulfilments, state.duplicates)
    }
}

pub fn request() -> Request {
    let price = Money {
        amount: 480,
        currency: "GHS".into(),
        minor_digits: 2,
    };
    let nothing = price.with_amount(0);
    Request {
        order_number: "ORD-1".into(),
        placed_at: DateTime::UNIX_EPOCH,
        items: vec![Item {
            sku: "DATA-MTN-1".into(),
            title: "MTN 1 GB".into(),
            quantity: 1,
            unit_price: price.clone(),
            recipient_phone: Some("+233271234567".into()),
            attributes: json!({"network": "MTN", "capacity_gb": 1}),
            goods: Goods::default(),
        }],
        recipient: Recipient::default(),
        parcel: None,
        totals: Totals {
            goods: price,
            shipping: nothing.clone(),
            tax: nothing.clone(),
            discount: nothing,
            collect: None,
        },
        service: None,
    }
}

const AGAIN: Contact = Contact::Again { since: None };

#[tokio::test]
async fn an_answer_lost_after_success_is_found_within_the_same_attempt() {
    for fault in [
        Fault::AcceptedSilence,
        Fault::AcceptedServerError,
        Fault::AcceptedCut,
    ] {
        let bench = Bench::new(Generation::One).await;
        bench.plan(fault, 1);
        let found = bench.talk(Contact::First).await;
        assert!(
            matches!(found, Ok(Found::Delivered { .. })),
            "{fault:?}: {found:?}"
        );
        assert_eq!(bench.fulfilled(), (1, 0));
    }
}

#[tokio::test]
async fn a_crash_after_the_providers_yes_is_found_by_the_next_attempt() {
    let bench = Bench::new(Generation::One).await;
    bench.talk(Contact::First).await.expect("delivered");
    let found = bench.talk(AGAIN).await;
    assert!(matches!(found, Ok(Found::Delivered { .. })), "{found:?}");
    assert_eq!(bench.fulfilled(), (1, 0));
    assert_eq!(bench.simulator.state().at_ishare.placing_calls, 1);
}

#[tokio::test]
async fn a_lost_answer_that_hides_for_a_while_is_not_sent_again() {
    let bench = Bench::new(Generation::One).await;
    bench.plan(Fault::AcceptedServerError, 1);
    bench.plan(Fault::StatusError, 1);
    let trouble = bench
        .talk(Contact::First)
        .await
        .expect_err("nobody answers");
    assert_eq!(trouble.standing, Standing::Unclear);
    let found = bench.talk(AGAIN).await;
    assert!(matches!(found, Ok(Found::Delivered { .. })), "{found:?}");
    assert_eq!(bench.fulfilled(), (1, 0));
}

#[tokio::test]
async fn what_surely_left_nothing_behind_says_so() {
    let bench = Bench::new(Generation::One).await;
    bench.plan(Fault::TooManyRequests { retry_after: 1 }, 1);
    let trouble = bench.talk(Contact::First).await.expect_err("busy");
    assert_eq!(trouble.standing, Standing::Nothing);
    bench.plan(Fault::ServerError, 2);
    let trouble = bench.talk(AGAIN).await.expect_err("broken");
    assert_eq!(trouble.standing, Standing::NotFound);
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_is_not_asked() {
    let bench = Bench::new(Generation::Two).await;
    bench.plan(Fault::AcceptedSilence, 1);
    let trouble = bench.talk(Contact::First).await.expect_err("no answer");
    assert_eq!(
        (trouble.standing, trouble.can_look_up),
        (Standing::Unclear, false)
    );
    let trouble = bench.talk(AGAIN).await.expect_err("nobody knows");
    assert_eq!(
        (trouble.standing, trouble.can_look_up),
        (Standing::Unclear, false)
    );
    assert_eq!(bench.fulfilled(), (1, 0));
}

#[tokio::test]
async fn an_accepted_order_whose_state_cannot_be_asked_is_in_progress() {
    let bench = Bench::new(Generation::One).await;
    bench.plan(Fault::StatusError, 1);
    let found = bench.talk(Contact::First).await;
    assert!(matches!(found, Ok(Found::InProgress { .. })), "{found:?}");
}
