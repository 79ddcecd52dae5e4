//! What every carrier must do, run over all five against their sandboxes.

use std::sync::Arc;
use std::time::Duration;

use stevedore_providers::TrackingStatus::{
    AttemptFailed, AvailableForPickup, Delivered, InTransit, InfoReceived, OutForDelivery,
};
use stevedore_providers::{
    Carrier, CarrierSettings, DhlSettings, DpdSettings, FedexSettings, Journal, LocalTokens,
    ProviderError, ProviderSettings, RoyalMailSettings, SettingsError, TokenCache, TrackingNumber,
    TrackingStatus, UpsSettings, carriers,
};
use stevedore_simulator::SimulatedCarrier::{self, Dhl, Dpd, Fedex, RoyalMail, Ups};
use stevedore_simulator::{
    CARRIER_USER, CarrierFault, CarrierScan, Fault, Simulator, SimulatorSettings,
};

/// Each carrier with a number of its own shape and the codes of a whole way.
const WAYS: [(SimulatedCarrier, &str, [&str; 6]); 5] = [
    (
        RoyalMail,
        "AB123456789GB",
        ["EVAIP", "EVDAC", "EVGPD", "EVKNA", "EVKLC", "EVKSP"],
    ),
    (
        Dpd,
        "01005012345678",
        [
            "ORDER_INFORMATION_TRANSMITTED",
            "ACCEPTED",
            "OUT_FOR_DELIVERY",
            "NOT_DELIVERED",
            "PICKUP_POINT",
            "DELIVERED",
        ],
    ),
    (Fedex, "794912345678", ["OC", "PU", "OD", "DE", "HL", "DL"]),
    (
        Ups,
        "1Z999AA10123456784",
        ["003", "005", "021", "022", "017", "011"],
    ),
    (Dhl, "9356512345", ["SD", "PU", "WC", "NH", "CC", "OK"]),
];
const MEANINGS: [TrackingStatus; 6] = [
    InfoReceived,
    InTransit,
    OutForDelivery,
    AttemptFailed,
    AvailableForPickup,
    Delivered,
];

/// One carrier that talks to a sandbox of its own.
pub struct Desk {
    pub simulator: Simulator,
    pub carrier: Arc<dyn Carrier>,
    pub which: SimulatedCarrier,
    pub journal: Journal,
}

impl Desk {
    pub async fn new(which: SimulatedCarrier) -> Self {
        let simulator = Simulator::start(SimulatorSettings::default())
            .await
            .expect("a simulator");
        let secret = simulator.at_ishare_api_key().to_owned();
        Self {
            carrier: carrier(&simulator, which, &secret),
            simulator,
            which,
            journal: Journal::new(),
        }
    }

    pub fn plan(&self, operation: &str, times: u32, fault: Fault) {
        self.simulator.plan_carrier(CarrierFault {
            carrier: self.which,
            operation: operation.to_owned(),
            times: Some(times),
            percent: None,
            fault,
        });
    }

    pub fn calls(&self, operation: &str) -> u64 {
        let calls = self.simulator.carriers().calls;
        let key = format!("{} {operation}", self.which.code());
        calls.get(&key).copied().unwrap_or(0)
    }

    async fn statuses(&mut self, wanted: &str) -> Vec<(String, Option<TrackingStatus>)> {
        let updates = self
            .carrier
            .track(&[number(wanted)], &mut self.journal)
            .await;
        let mut updates = updates.expect("an answer");
        assert_eq!(updates.len(), 1, "{updates:?}");
        let mut events = updates.remove(0).events;
        events.sort_by_key(|event| event.occurred_at);
        let event = |event: stevedore_providers::TrackingEvent| (event.code, event.status);
        events.into_iter().map(event).collect()
    }

    async fn refusal(&mut self) -> ProviderError {
        let refused = self
            .carrier
            .track(&[number("123456789")], &mut self.journal)
            .await;
        refused.expect_err("a refusal")
    }
}

fn number(text: &str) -> TrackingNumber {
    TrackingNumber::new(text).expect("a number")
}

/// All carriers' settings with the sandboxes' addresses.
pub fn settings(simulator: &Simulator, secret: &str) -> ProviderSettings {
    ProviderSettings {
        carriers: carrier_settings(simulator, secret),
        ..ProviderSettings::default()
    }
}

fn carrier_settings(simulator: &Simulator, secret: &str) -> CarrierSettings {
    let user = || Some(CARRIER_USER.to_owned());
    let secret = || Some(secret.to_owned().into());
    let at = |carrier| simulator.carrier_url(carrier);
    let timeout = Duration::from_millis(500);
    CarrierSettings {
        royal_mail: RoyalMailSettings {
            royal_mail_client_id: user(),
            royal_mail_client_secret: secret(),
            royal_mail_username: user(),
            royal_mail_password: secret(),
            royal_mail_posting_location: Some("9000292273".to_owned()),
            royal_mail_api_url: at(RoyalMail),
            royal_mail_timeout: timeout,
            ..RoyalMailSettings::default()
        },
        dpd: DpdSettings {
            dpd_bucode: Some("011".to_owned()),
            dpd_login: user(),
            dpd_password: secret(),
            dpd_customer_number: Some("123456".to_owned()),
            dpd_api_url: Some(at(Dpd)),
            dpd_tracking_api_url: format!("{}/rest/plc", at(Dpd)),
            dpd_time_zone: "Europe/London".to_owned(),
            dpd_timeout: timeout,
            ..DpdSettings::default()
        },
        fedex: FedexSettings {
            fedex_client_id: user(),
            fedex_client_secret: secret(),
            fedex_account_number: Some("740561073".to_owned()),
            fedex_api_url: Some(at(Fedex)),
            fedex_timeout: timeout,
            ..FedexSettings::default()
        },
        ups: UpsSettings {
            ups_client_id: user(),
            ups_client_secret: secret(),
            ups_account_number: Some("A1B2C3".to_owned()),
            ups_api_url: Some(at(Ups)),
            ups_timeout: timeout,
            ..UpsSettings::default()
        },
        dhl: DhlSettings {
            dhl_api_username: user(),
            dhl_api_password: secret(),
            dhl_account_number: Some("123456789".to_owned()),
            dhl_api_url: Some(at(Dhl)),
            dhl_timeout: timeout,
            ..DhlSettings::default()
        },
    }
}

/// The same carrier, which only says what it would do.
pub fn dry(mut desk: Desk) -> Desk {
    let secret = desk.simulator.at_ishare_api_key().to_owned();
    let mut settings = settings(&desk.simulator, &secret);
    settings.carriers.royal_mail.royal_mail_dry_run = true;
    settings.carriers.dpd.dpd_dry_run = true;
    settings.carriers.fedex.fedex_dry_run = true;
    settings.carriers.ups.ups_dry_run = true;
    settings.carriers.dhl.dhl_dry_run = true;
    let tokens: Arc<dyn TokenCache> = Arc::new(LocalTokens::default());
    let carriers = carriers(&settings, &tokens).expect("valid settings");
    desk.carrier = Arc::clone(&carriers[desk.which.code()]);
    desk
}

fn carrier(simulator: &Simulator, which: SimulatedCarrier, secret: &str) -> Arc<dyn Carrier> {
    let tokens: Arc<dyn TokenCache> = Arc::new(LocalTokens::default());
    let carriers = carriers(&settings(simulator, secret), &tokens).expect("valid settings");
    assert_eq!(carriers.len(), 5);
    Arc::clone(&carriers[which.code()])
}

#[tokio::test]
async fn e1_every_carrier_tells_a_parcels_whole_way_in_our_words() {
    for (which, parcel, codes) in WAYS {
        let mut desk = Desk::new(which).await;
        for (hour, code) in codes.iter().enumerate() {
            let at = format!("2026-11-20T{:02}:00:00", hour + 8);
            desk.simulator
                .scan(which, parcel, CarrierScan::new(code, &at));
        }
        let told = desk.statuses(parcel).await;
        let statuses: Vec<_> = told.iter().filter_map(|(_, status)| *status).collect();
        assert_eq!(statuses, MEANINGS, "{told:?}");
    }
}

#[tokio::test]
async fn e1_a_code_that_nobody_knows_is_told_without_a_meaning() {
    for (which, parcel, _) in WAYS {
        let mut desk = Desk::new(which).await;
        let scan = CarrierScan::new("999", "2026-11-20T08:00:00");
        desk.simulator.scan(which, parcel, scan);
        let told = desk.statuses(parcel).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].0.contains("999") && told[0].1.is_none(), "{told:?}");
    }
}

#[tokio::test]
async fn e1_times_estimates_and_places_are_read() {
    for (which, parcel, codes) in WAYS {
        let desk = &mut Desk::new(which).await;
        let scan = CarrierScan::new(codes[1], "2026-11-20T08:30:00");
        desk.simulator.scan(which, parcel, scan);
        let updates = desk
            .carrier
            .track(&[number(parcel)], &mut desk.journal)
            .await;
        let update = updates.expect("an answer").remove(0);
        let event = &update.events[0];
        assert_eq!(event.occurred_at.to_rfc3339(), "2026-11-20T08:30:00+00:00");
        assert!(
            event
                .location
                .as_deref()
                .is_some_and(|place| place.contains("Leeds"))
        );
        // DPD's life cycle holds no estimate.
        assert_eq!(
            update.estimated_delivery.is_some(),
            which != Dpd,
            "{which:?}"
        );
        assert_eq!(update.carrier, which.code());
    }
}

#[tokio::test]
async fn e2_a_parcel_that_the_carrier_does_not_know_yet_is_no_error() {
    for (which, parcel, _) in WAYS {
        let mut desk = Desk::new(which).await;
        assert_eq!(desk.statuses(parcel).await, [], "{which:?}");
        desk.carrier
            .ping(&mut desk.journal)
            .await
            .expect("reachable");
    }
}

#[tokio::test]
async fn e2_carriers_that_take_many_numbers_are_asked_once() {
    for (which, code) in [(Fedex, "OD"), (RoyalMail, "EVGPD")] {
        let mut desk = Desk::new(which).await;
        let batch = desk
            .carrier
            .capabilities()
            .track_batch
            .expect("tracks")
            .get();
        assert_eq!(batch, 30);
        let mut numbers = Vec::new();
        for nth in 0..batch {
            let parcel = format!("AB{nth:09}GB");
            if nth > 0 {
                let scan = CarrierScan::new(code, "2026-11-20T08:00:00");
                desk.simulator.scan(which, &parcel, scan);
            }
            numbers.push(number(&parcel));
        }
        let updates = desk.carrier.track(&numbers, &mut desk.journal).await;
        let updates = updates.expect("an answer");
        assert_eq!(desk.calls("track"), 1);
        assert_eq!(updates.len(), batch);
        let known = updates.iter().filter(|update| {
            update.events.len() == 1 && update.events[0].status == Some(OutForDelivery)
        });
        assert_eq!(known.count(), batch - 1);
    }
}

#[tokio::test]
async fn e2_dhls_unified_tracking_is_asked_when_it_has_a_key() {
    let mut desk = Desk::new(Dhl).await;
    let secret = desk.simulator.at_ishare_api_key().to_owned();
    let mut settings = settings(&desk.simulator, &secret);
    settings.carriers.dhl.dhl_tracking_api_key = Some(secret.into());
    settings.carriers.dhl.dhl_tracking_api_url = desk.simulator.carrier_url(Dhl);
    let tokens: Arc<dyn TokenCache> = Arc::new(LocalTokens::default());
    desk.carrier = Arc::clone(&carriers(&settings, &tokens).expect("valid")["dhl"]);
    assert_eq!(desk.statuses("00340434161094042557").await, []);
    for (code, hour) in [("pre-transit", 8), ("transit", 9), ("delivered", 10)] {
        let scan = CarrierScan::new(code, &format!("2026-11-20T{hour:02}:00:00"));
        desk.simulator.scan(Dhl, "00340434161094042557", scan);
    }
    let told = desk.statuses("00340434161094042557").await;
    let statuses: Vec<_> = told.iter().filter_map(|(_, status)| *status).collect();
    assert_eq!(statuses, [InfoReceived, InTransit, Delivered]);
}

#[tokio::test]
async fn e2_a_carrier_in_trouble_is_asked_again_later_and_its_wait_is_kept() {
    for which in SimulatedCarrier::ALL {
        let mut desk = Desk::new(which).await;
        desk.plan("track", 1, Fault::ServerError);
        let refused = desk.refusal().await;
        assert!(
            matches!(refused, ProviderError::Transient { .. }),
            "{refused:?}"
        );
        desk.plan("track", 1, Fault::TooManyRequests { retry_after: 7 });
        let refused = desk.refusal().await;
        let ProviderError::Transient { retry_after, .. } = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(retry_after, Some(Duration::from_secs(7)));
        for fault in [Fault::Silence, Fault::AcceptedGarbage, Fault::AcceptedCut] {
            desk.plan("track", 1, fault);
            let refused = desk.refusal().await;
            assert!(
                matches!(refused, ProviderError::Transient { .. }),
                "{refused:?}"
            );
        }
        desk.plan("track", 1, Fault::Code { code: 1234 });
        let refused = desk.refusal().await;
        assert_eq!(refused.outcome(), "rejected", "{refused:?}");
    }
}

#[tokio::test]
async fn e2_wrong_credentials_are_told_as_such() {
    for which in [RoyalMail, Fedex, Ups, Dhl] {
        let mut desk = Desk::new(which).await;
        desk.carrier = carrier(&desk.simulator, which, "a-wrong-secret");
        let refused = desk.refusal().await;
        assert_eq!(refused.outcome(), "unauthorized", "{refused:?}");
    }
}

#[tokio::test]
async fn e2_a_token_is_got_once_and_again_when_the_carrier_refuses_it() {
    for which in [Fedex, Ups] {
        let mut desk = Desk::new(which).await;
        for _ in 0..3 {
            desk.statuses("794900000001").await;
        }
        assert_eq!((desk.calls("log_in"), desk.calls("track")), (1, 3));
        desk.plan("track", 1, Fault::Unauthorized);
        desk.statuses("794900000001").await;
        assert_eq!((desk.calls("log_in"), desk.calls("track")), (2, 5));
        // Refused twice, it is not the token.
        desk.plan("track", 2, Fault::Unauthorized);
        assert_eq!(desk.refusal().await.outcome(), "unauthorized");
    }
}

#[tokio::test]
async fn d6_the_journal_holds_no_secret_and_no_token() {
    for (which, parcel, codes) in WAYS {
        let mut desk = Desk::new(which).await;
        let scan = CarrierScan::new(codes[0], "2026-11-20T08:00:00");
        desk.simulator.scan(which, parcel, scan);
        desk.statuses(parcel).await;
        let kept = format!("{:?}", desk.journal.exchanges());
        assert!(kept.contains("track"), "{kept}");
        assert!(!kept.contains(desk.simulator.at_ishare_api_key()), "{kept}");
        assert!(!kept.contains("-token-"), "{kept}");
    }
}

#[test]
fn half_a_configuration_is_refused_and_none_is_off() {
    let tokens: Arc<dyn TokenCache> = Arc::new(LocalTokens::default());
    let none = carriers(&ProviderSettings::default(), &tokens).expect("valid");
    assert!(none.is_empty());
    let mut half = ProviderSettings::default();
    half.carriers.ups.ups_client_id = Some("id".to_owned());
    let Err(SettingsError::Invalid { setting, .. }) = carriers(&half, &tokens).map(drop) else {
        panic!("refused")
    };
    assert_eq!(setting, "UPS_CLIENT_SECRET");
}
