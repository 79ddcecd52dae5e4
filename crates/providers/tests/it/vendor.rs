//! A provider under test, with the sandbox that stands for its vendor.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use serde_json::json;
use stevedore_providers::{
    AtIshareSettings, Contact, FulfilmentProvider, Generation, Goods, IdempotencyKey, Item,
    Journal, LocalTokens, Money, ProviderError, ProviderSettings, Recipient, Reference, Request,
    Submission, TokenCache, Totals, Verification, registry,
};
use stevedore_simulator::{Fault, FaultRule, Simulator, SimulatorSettings};

/// One provider in one of its configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    AtIshareOne,
    AtIshareTwo,
}

/// Everything that the conformance suite is run over.
pub const ALL: [Vendor; 2] = [Vendor::AtIshareOne, Vendor::AtIshareTwo];

/// A provider that talks to a simulator of its own.
pub struct Bench {
    pub vendor: Vendor,
    pub simulator: Simulator,
    pub provider: Arc<dyn FulfilmentProvider>,
    pub journal: Journal,
}

impl Bench {
    pub async fn new(vendor: Vendor) -> Self {
        let simulator = Simulator::start(SimulatorSettings::default())
            .await
            .expect("a simulator");
        let settings = settings(
            vendor,
            &simulator.at_ishare_url(),
            simulator.at_ishare_api_key(),
        );
        Self {
            vendor,
            provider: provider(&settings),
            simulator,
            journal: Journal::new(),
        }
    }

    /// The same vendor, spoken to with a wrong key.
    pub fn with_wrong_key(mut self) -> Self {
        let settings = settings(
            self.vendor,
            &self.simulator.at_ishare_url(),
            "a-wrong-secret",
        );
        self.provider = provider(&settings);
        self
    }

    pub fn plan(&self, fault: Fault, times: u32) {
        self.simulator.plan(FaultRule::always(fault).first(times));
    }

    pub async fn submit(&mut self, contact: Contact) -> Result<Submission, ProviderError> {
        self.provider
            .submit(&request(), &key(), contact, &mut self.journal)
            .await
    }

    pub async fn verify(&mut self, theirs: Option<&str>) -> Result<Verification, ProviderError> {
        let provider_order_id = theirs.map(str::to_owned);
        let reference = Reference {
            key: key(),
            provider_order_id,
        };
        self.provider
            .verify(&request(), &reference, &mut self.journal)
            .await
    }

    /// Whether a lost answer can be found again by our own key.
    pub fn finds_by_our_key(&self) -> bool {
        self.provider.can_look_up()
    }

    /// How much the vendor really fulfilled, and how much of it twice.
    pub fn fulfilled(&self) -> (u64, u64) {
        let state = self.simulator.state().at_ishare;
        (state.fulfilments, state.duplicates)
    }
}

pub const AGAIN: Contact = Contact::Again { since: None };

pub fn key() -> IdempotencyKey {
    IdempotencyKey::new("job-7-submit").expect("a key")
}

pub fn request() -> Request {
    request_to("0271234567", 1)
}

pub fn request_to(phone: &str, quantity: u32) -> Request {
    let nothing = money(0);
    Request {
        order_number: "ORD-20261121-1".into(),
        placed_at: DateTime::UNIX_EPOCH,
        items: vec![Item {
            sku: "DATA-MTN-1".into(),
            title: "MTN 1 GB".into(),
            quantity,
            unit_price: money(480),
            recipient_phone: Some(phone.into()),
            attributes: json!({"network": "MTN", "capacity_gb": 1}),
            goods: Goods::default(),
        }],
        recipient: Recipient::default(),
        parcel: None,
        totals: Totals {
            goods: money(480 * i64::from(quantity)),
            shipping: nothing.clone(),
            tax: nothing.clone(),
            discount: nothing,
            collect: None,
        },
        service: None,
    }
}

fn money(amount: i64) -> Money {
    Money {
        amount,
        currency: "GHS".into(),
        minor_digits: 2,
    }
}

pub fn settings(vendor: Vendor, url: &str, key: &str) -> ProviderSettings {
    let at_ishare_generation = match vendor {
        Vendor::AtIshareOne => Generation::One,
        Vendor::AtIshareTwo => Generation::Two,
    };
    let at_ishare = AtIshareSettings {
        at_ishare_api_url: Some(url.to_owned()),
        at_ishare_api_key: Some(key.to_owned().into()),
        at_ishare_generation,
        at_ishare_timeout: Duration::from_millis(300),
        at_ishare_settle: Duration::from_secs(30),
        ..AtIshareSettings::default()
    };
    ProviderSettings {
        at_ishare,
        ..ProviderSettings::default()
    }
}

pub fn tokens() -> Arc<dyn TokenCache> {
    Arc::new(LocalTokens::default())
}

pub fn provider(settings: &ProviderSettings) -> Arc<dyn FulfilmentProvider> {
    let registry = registry(settings, &tokens()).expect("valid settings");
    registry.into_values().next().expect("one provider")
}
