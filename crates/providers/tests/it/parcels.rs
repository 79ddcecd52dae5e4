//! Those who send parcels: every call and every documented error, against the simulator.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use serde_json::json;
use stevedore_providers::{
    Address, Cancellation, Carrier, Contact, FulfilmentProvider, Goods, IdempotencyKey, Incoterm,
    Item, Journal, LocalTokens, Money, Parcel, ProdigiSettings, ProviderError, ProviderSettings,
    Recipient, Reference, Request, ShiprocketSettings, Size, Submission, TokenCache, Totals,
    TrackingStatus, Verification, carriers, registry,
};
use stevedore_simulator::{Fault, FaultRule, Simulator, SimulatorSettings};

const VENDORS: [&str; 2] = ["prodigi", "shiprocket"];
const AGAIN: Contact = Contact::Again { since: None };
/// The faults after which the vendor has the order and we have no answer.
const LOST_ANSWERS: [Fault; 5] = [
    Fault::AcceptedServerError,
    Fault::AcceptedSilence,
    Fault::AcceptedCut,
    Fault::AcceptedGarbage,
    Fault::AcceptedHuge,
];

struct Bench {
    vendor: &'static str,
    simulator: Simulator,
    provider: Arc<dyn FulfilmentProvider>,
    journal: Journal,
}

fn settings(simulator: &Simulator, key: &str, dry_run: bool) -> ProviderSettings {
    let mut settings = settings_at(&simulator.vendor_url(""), key);
    let at = |path| simulator.vendor_url(path);
    settings.prodigi.prodigi_api_url = Some(at("prodigi"));
    settings.prodigi.prodigi_dry_run = dry_run;
    settings.shiprocket.shiprocket_api_url = at("shiprocket/v1/external");
    settings.shiprocket.shiprocket_dry_run = dry_run;
    settings
}

/// Both at one address.
pub fn settings_at(address: &str, key: &str) -> ProviderSettings {
    let timeout = Duration::from_millis(500);
    ProviderSettings {
        prodigi: ProdigiSettings {
            prodigi_api_key: Some(key.to_owned().into()),
            prodigi_api_url: Some(address.to_owned()),
            prodigi_timeout: timeout,
            ..ProdigiSettings::default()
        },
        shiprocket: ShiprocketSettings {
            shiprocket_api_url: address.to_owned(),
            shiprocket_email: Some("api@shop.example".to_owned()),
            shiprocket_password: Some(key.to_owned().into()),
            shiprocket_pickup_location: Some("Primary".to_owned()),
            shiprocket_pickup_time: Some("14:00".to_owned()),
            shiprocket_timeout: timeout,
            ..ShiprocketSettings::default()
        },
        ..ProviderSettings::default()
    }
}

fn tokens() -> Arc<dyn TokenCache> {
    Arc::new(LocalTokens::default())
}

impl Bench {
    async fn new(vendor: &'static str) -> Self {
        let simulator = Simulator::start(SimulatorSettings::default())
            .await
            .expect("a simulator");
        let settings = settings(&simulator, simulator.at_ishare_api_key(), false);
        Self {
            vendor,
            provider: registry(&settings, &tokens()).expect("valid settings")[vendor].clone(),
            simulator,
            journal: Journal::new(),
        }
    }

    fn set(&mut self, key: &str, dry_run: bool) {
        let settings = settings(&self.simulator, key, dry_run);
        self.provider =
            registry(&settings, &tokens()).expect("valid settings")[self.vendor].clone();
    }

    /// The next calls of a path go wrong.
    fn plan(&self, fault: Fault, path: &str, times: u32) {
        let rule = FaultRule::always(fault).at(self.vendor).path(path);
        self.simulator.plan(rule.first(times));
    }

    async fn submit(&mut self, contact: Contact) -> Result<Submission, ProviderError> {
        let request = request(self.vendor);
        self.provider
            .submit(&request, &key(), contact, &mut self.journal)
            .await
    }

    async fn verify(&mut self, theirs: Option<String>) -> Result<Verification, ProviderError> {
        let request = request(self.vendor);
        let reference = reference(theirs);
        self.provider
            .verify(&request, &reference, &mut self.journal)
            .await
    }

    async fn accepted(&mut self) -> String {
        match self.submit(Contact::First).await.expect("accepted") {
            Submission::Accepted { provider_order_id } => provider_order_id,
            other => panic!("{other:?}"),
        }
    }

    /// Orders at the vendor, and those beyond the first of a key.
    fn orders(&self) -> (u64, u64) {
        let state = self.simulator.state();
        match self.vendor {
            "prodigi" => (
                state.prodigi.orders.values().sum(),
                state.prodigi.duplicates,
            ),
            _ => (
                state.shiprocket.orders.values().sum(),
                state.shiprocket.duplicates,
            ),
        }
    }

    /// The path of the call that makes an order.
    fn placing(&self) -> &'static str {
        match self.vendor {
            "prodigi" => "/Orders",
            _ => "create/adhoc",
        }
    }
}

pub fn key() -> IdempotencyKey {
    IdempotencyKey::new("1f0c2d9e-0000-4000-8000-000000000001").expect("a key")
}

fn reference(provider_order_id: Option<String>) -> Reference {
    Reference {
        key: key(),
        provider_order_id,
    }
}

pub fn request(vendor: &str) -> Request {
    let rupees = |amount| Money {
        amount,
        currency: "INR".to_owned(),
        minor_digits: 2,
    };
    let country = if vendor == "shiprocket" { "IN" } else { "GB" };
    Request {
        order_number: "ORD-20261121-1".to_owned(),
        placed_at: DateTime::UNIX_EPOCH,
        items: vec![Item {
            sku: "PRINT-1".to_owned(),
            title: "A print".to_owned(),
            quantity: 2,
            unit_price: rupees(1_250),
            recipient_phone: None,
            attributes: json!({
                "prodigi_sku": "GLOBAL-CFPM-16X20",
                "print_attributes": {"color": "black"},
                "assets": [{"url": "https://shop.example/art.png"}],
            }),
            goods: Goods::default(),
        }],
        recipient: Recipient {
            name: "Asha Raghunathan".to_owned(),
            phone: Some("+919876543210".to_owned()),
            email: Some("asha@example.com".to_owned()),
        },
        parcel: Some(Parcel {
            address: Address {
                recipient: "Asha Raghunathan".to_owned(),
                phone: Some("+919876543210".to_owned()),
                line1: "12 Long Street".to_owned(),
                city: "Chennai".to_owned(),
                province: Some("Tamil Nadu".to_owned()),
                postal_code: Some("600001".to_owned()),
                country: country.to_owned(),
                ..Address::default()
            },
            weight_g: 640,
            size: Size {
                length_mm: 300,
                width_mm: 200,
                height_mm: 45,
            },
            incoterm: Incoterm::Dap,
        }),
        totals: Totals {
            goods: rupees(2_500),
            shipping: rupees(500),
            tax: rupees(0),
            discount: rupees(100),
            collect: Some(rupees(2_900)),
        },
        service: None,
    }
}

#[tokio::test]
async fn d3_d4_a_request_is_placed_once_and_its_parcels_are_named() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        let id = bench.accepted().await;
        let mut found = bench.verify(Some(id.clone())).await.expect("an answer");
        // Prodigi's sandbox prints between the first look and the second.
        if matches!(found, Verification::InProgress { .. }) {
            found = bench.verify(None).await.expect("an answer");
            assert!(
                matches!(found, Verification::InProgress { .. }),
                "by our key"
            );
            found = bench.verify(Some(id.clone())).await.expect("an answer");
        }
        let Verification::Shipped {
            provider_order_id,
            shipments,
            is_all: true,
        } = found
        else {
            panic!("{vendor}: {found:?}")
        };
        assert_eq!(provider_order_id, id);
        assert_eq!(shipments.len(), 1);
        assert!(shipments[0].tracking_number.is_some());
        assert_eq!(bench.orders(), (1, 0), "{vendor}");
    }
}

#[tokio::test]
async fn d8_a_lost_answer_to_any_step_never_makes_a_second_order_or_booking() {
    let steps = [
        ("prodigi", "/Orders"),
        ("shiprocket", "create/adhoc"),
        ("shiprocket", "assign/awb"),
        ("shiprocket", "generate/pickup"),
    ];
    for (vendor, step) in steps {
        for fault in LOST_ANSWERS {
            let mut bench = Bench::new(vendor).await;
            bench.plan(fault, step, 1);
            let lost = bench.submit(Contact::First).await;
            let lost = lost.expect_err("no usable answer");
            let may_be_there = matches!(
                lost,
                ProviderError::Unknown { .. } | ProviderError::Transient { look_up: true, .. }
            );
            assert!(may_be_there, "{vendor} {step} {fault:?}: {lost:?}");
            let again = bench.submit(AGAIN).await;
            assert!(
                matches!(again, Ok(Submission::Accepted { .. })),
                "{vendor} {step} {fault:?}: {again:?}"
            );
            assert_eq!(bench.orders(), (1, 0), "{vendor} {step} {fault:?}");
            let state = bench.simulator.state().shiprocket;
            assert!(state.awbs <= 1 && state.pickups <= 1, "{step} {fault:?}");
        }
    }
}

#[tokio::test]
async fn d4_what_a_look_up_finds_half_done_is_incomplete_and_gone_on_with() {
    let mut bench = Bench::new("shiprocket").await;
    assert_eq!(bench.verify(None).await, Ok(Verification::NotFound));
    bench.plan(Fault::ServerError, "assign/awb", 1);
    bench.submit(Contact::First).await.expect_err("no AWB");
    assert_eq!(bench.verify(None).await, Ok(Verification::Incomplete));
    bench.submit(AGAIN).await.expect("accepted");
    let found = bench.verify(None).await.expect("an answer");
    assert!(matches!(found, Verification::Shipped { .. }), "{found:?}");
    let state = bench.simulator.state().shiprocket;
    assert_eq!((state.placing_calls, state.awbs, state.pickups), (1, 1, 1));
}

#[tokio::test]
async fn d4_a_fresh_attempt_that_is_not_found_is_waited_for_not_repeated() {
    let mut bench = Bench::new("shiprocket").await;
    let since = |seconds| Contact::Again {
        since: Some(Duration::from_secs(seconds)),
    };
    let submission = bench.submit(since(10)).await.expect("an answer");
    assert!(
        matches!(submission, Submission::TooSoon { .. }),
        "{submission:?}"
    );
    assert_eq!(bench.orders(), (0, 0));
    bench.submit(since(30)).await.expect("accepted");
    assert_eq!(bench.orders(), (1, 0));
}

#[tokio::test]
async fn d3_d4_each_documented_error_is_one_of_four() {
    for vendor in VENDORS {
        for (code, outcome) in [
            (400, "rejected"),
            (401, "unauthorized"),
            (404, "transient"),
            (405, "transient"),
            (429, "transient"),
            (500, "transient"),
            (502, "transient"),
            (503, "transient"),
            (504, "transient"),
        ] {
            let mut bench = Bench::new(vendor).await;
            // Twice: a token that is refused once is renewed.
            bench.plan(Fault::Code { code }, bench.placing(), 2);
            let refused = bench.submit(Contact::First).await.expect_err("refused");
            assert_eq!(refused.outcome(), outcome, "{vendor} {code}: {refused:?}");
            assert_eq!(bench.orders(), (0, 0));
        }
        let mut bench = Bench::new(vendor).await;
        bench.plan(
            Fault::TooManyRequests { retry_after: 7 },
            bench.placing(),
            1,
        );
        let refused = bench.submit(Contact::First).await;
        let Err(ProviderError::Transient { retry_after, .. }) = refused else {
            panic!("{vendor}: {refused:?}")
        };
        assert_eq!(retry_after, Some(Duration::from_secs(7)));
    }
}

#[tokio::test]
async fn d3_d4_a_look_up_that_fails_says_nothing_about_the_order() {
    for vendor in VENDORS {
        for fault in [
            Fault::ServerError,
            Fault::Silence,
            Fault::AcceptedCut,
            Fault::AcceptedGarbage,
            Fault::Code { code: 400 },
            Fault::TooManyRequests { retry_after: 1 },
        ] {
            let mut bench = Bench::new(vendor).await;
            bench.accepted().await;
            bench.plan(fault, "/orders", 1);
            let told = bench.verify(None).await.expect_err("no answer");
            let ProviderError::Transient { look_up: true, .. } = told else {
                panic!("{vendor} {fault:?}: {told:?}")
            };
        }
    }
}

#[tokio::test]
async fn d4_an_old_token_is_renewed_once_and_wrong_credentials_are_unauthorized() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        bench.set("a-wrong-secret", false);
        let refused = bench.submit(Contact::First).await.expect_err("refused");
        assert_eq!(refused.outcome(), "unauthorized", "{vendor}");
    }
    let mut bench = Bench::new("shiprocket").await;
    bench.plan(Fault::Unauthorized, "create/adhoc", 1);
    bench.accepted().await;
    assert_eq!(bench.simulator.state().shiprocket.logins, 2);
    bench.submit(AGAIN).await.expect("accepted");
    assert_eq!(bench.simulator.state().shiprocket.logins, 2, "kept");
}

#[tokio::test]
async fn d10_a_dry_run_builds_and_logs_everything_and_sends_nothing() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        let password = bench.simulator.at_ishare_api_key().to_owned();
        bench.set(&password, true);
        let refused = bench.submit(Contact::First).await;
        let Err(ProviderError::Rejected { code, .. }) = refused else {
            panic!("{vendor}: {refused:?}")
        };
        assert_eq!(code, "dry_run");
        let kept = format!("{:?}", bench.journal.exchanges());
        assert!(kept.contains("nothing was sent"), "{kept}");
        assert!(kept.contains("PRINT-1"), "what would be sent: {kept}");
        assert_eq!(bench.orders(), (0, 0));
        assert_eq!(bench.simulator.state().shiprocket.logins, 0);
    }
}

#[tokio::test]
async fn d6_the_journal_holds_no_secret_and_nobodys_name_number_or_street() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        let id = bench.accepted().await;
        bench.verify(Some(id)).await.expect("an answer");
        let kept = format!("{:?}", bench.journal.exchanges());
        let key = bench.simulator.at_ishare_api_key();
        for secret in [key, "Raghunathan", "9876543210", "asha@", "Long Street"] {
            assert!(!kept.contains(secret), "{vendor} {secret}: {kept}");
        }
        assert!(kept.contains("PRINT-1"), "{kept}");
    }
}

#[tokio::test]
async fn d3_d4_an_order_is_cancelled_while_it_can_be() {
    for vendor in VENDORS {
        let mut bench = Bench::new(vendor).await;
        let request = request(vendor);
        let cancel = async |bench: &mut Bench, id: Option<String>| {
            let reference = reference(id);
            bench
                .provider
                .cancel(&request, &reference, &mut bench.journal)
                .await
                .expect("an answer")
        };
        assert_eq!(cancel(&mut bench, None).await, Cancellation::NotFound);
        let id = bench.accepted().await;
        let done = cancel(&mut bench, Some(id)).await;
        assert_eq!(done, Cancellation::Cancelled, "{vendor}");
        let found = bench.verify(None).await.expect("an answer");
        assert!(matches!(found, Verification::Failed { .. }), "{found:?}");
    }
}

#[tokio::test]
async fn d3_d4_what_can_never_be_sent_is_refused_before_any_call() {
    let bench = Bench::new("shiprocket").await;
    let refused = |change: &dyn Fn(&mut Request)| {
        let mut wrong = request("shiprocket");
        change(&mut wrong);
        match bench.provider.should_fulfil(&wrong) {
            Err(ProviderError::Rejected { code, .. }) => code,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&|r| r.parcel = None), "missing_address");
    assert_eq!(refused(&|r| r.items.clear()), "nothing_to_fulfil");
    assert_eq!(refused(&|r| r.recipient.email = None), "missing_email");
    let far = |r: &mut Request| {
        if let Some(parcel) = &mut r.parcel {
            parcel.address.country = "GH".to_owned();
        }
    };
    assert_eq!(refused(&far), "unserved_country");
    let prodigi = Bench::new("prodigi").await;
    let mut plain = request("prodigi");
    plain.items[0].attributes = json!({});
    let refused = prodigi.provider.should_fulfil(&plain);
    assert!(
        matches!(&refused, Err(ProviderError::Rejected { code, .. }) if code == "missing_assets"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn e2_shiprocket_tells_of_its_parcels_step_by_step() {
    let mut bench = Bench::new("shiprocket").await;
    bench.accepted().await;
    let found = bench.verify(None).await.expect("an answer");
    let Verification::Shipped { shipments, .. } = found else {
        panic!("{found:?}")
    };
    let number = shipments[0].tracking_number.clone().expect("an AWB");
    let key = bench.simulator.at_ishare_api_key().to_owned();
    let settings = settings(&bench.simulator, &key, false);
    let carrier: Arc<dyn Carrier> =
        carriers(&settings, &tokens()).expect("valid")["shiprocket"].clone();
    let mut last = None;
    for _ in 0..5 {
        let updates = carrier
            .track(std::slice::from_ref(&number), &mut bench.journal)
            .await
            .expect("an answer");
        let events = &updates[0].events;
        assert!(events.iter().all(|event| event.status.is_some()));
        last = events.last().and_then(|event| event.status);
    }
    assert_eq!(last, Some(TrackingStatus::Delivered));
}
