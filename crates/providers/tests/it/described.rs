//! What we send to those whose description may not be passed on, or who publish none: held against
//! the facts of it that `tests/specs` tells anew, with the source of each.

use std::sync::Arc;

use serde_json::{Value, json};
use stevedore_providers::{
    Consignment, Contact, IdempotencyKey, Journal, LabelFormat, LabelOrder, LocalTokens,
    RazorpaySettings, TokenCache, TrackingNumber, refund_registry, registry,
};
use stevedore_simulator::SimulatedCarrier::{self, Dhl, Dpd, Fedex, RoyalMail};
use stevedore_simulator::{App, AppAnswer, Received};

use crate::carriers::Desk;
use crate::ups_contract::hold;
use crate::{labels, parcels, refunds};

const FEDEX: &str = include_str!("../specs/fedex.json");
const DHL: &str = include_str!("../specs/dhl.json");
const DPD: &str = include_str!("../specs/dpd.json");
const ROYAL_MAIL: &str = include_str!("../specs/royal-mail.json");
const PRODIGI: &str = include_str!("../specs/prodigi.json");
const SHIPROCKET: &str = include_str!("../specs/shiprocket.json");
const RAZORPAY: &str = include_str!("../specs/razorpay.json");

/// Each carrier's description, and the path of its labels there.
const CARRIERS: [(SimulatedCarrier, &str, &str); 4] = [
    (Fedex, FEDEX, "/ship/v1/shipments"),
    (Dhl, DHL, "/shipments"),
    (Dpd, DPD, "/shipping/v1/shipment"),
    (RoyalMail, ROYAL_MAIL, "/shipments"),
];

fn problems(spec: &str, method: &str, path: &str, sent: &Value) -> Vec<String> {
    let spec: Value = serde_json::from_str(spec).expect("JSON");
    let schema = &spec["paths"][path][method]["schema"];
    assert!(schema.is_object(), "{method} {path} is not described");
    let mut problems = Vec::new();
    hold(&spec, schema, sent, "", &mut problems);
    problems
}

fn assert_described(spec: &str, method: &str, path: &str, sent: &Value) {
    let problems = problems(spec, method, path, sent);
    assert!(
        problems.is_empty(),
        "{method} {path}: {problems:#?} in {sent:#}"
    );
}

/// A parcel whose texts are all as long as a shop's can be.
fn long(to: &str) -> Consignment {
    let mut consignment = labels::consignment(to);
    let words = |word: &str| format!("{word} ").repeat(20).trim().to_owned();
    let parcel = consignment.request.parcel.as_mut().expect("a parcel");
    for address in [&mut consignment.from, &mut parcel.address] {
        address.recipient = words("Featherstonehaugh");
        address.line1 = words("Llanfairpwllgwyngyll");
        address.line2 = Some(words("Apartment"));
        address.city = words("Newcastle");
        address.postal_code = Some("123456789-1234".to_owned());
        address.phone = Some("+123456789012345".to_owned());
    }
    let item = &mut consignment.request.items[0];
    item.sku = "S".repeat(100);
    item.title = words("Handmade");
    consignment.request.order_number = "ORD-".repeat(12);
    consignment
}

/// The last body of a call.
fn sent(desk: &Desk, operation: &str) -> Value {
    let call = format!("{} {operation}", desk.which.code());
    desk.simulator.carriers().requests[&call].clone()
}

#[tokio::test]
async fn d5_what_we_send_to_carriers_for_a_label_is_what_they_describe() {
    for (which, spec, path) in CARRIERS {
        for to in ["GB", "US"] {
            for format in [LabelFormat::Zpl, LabelFormat::Pdf] {
                for consignment in [labels::consignment(to), long(to)] {
                    let desk = &mut Desk::new(which).await;
                    let order = LabelOrder {
                        consignment,
                        service: labels::service(which).to_owned(),
                        format,
                    };
                    let key = labels::key();
                    let label = desk
                        .carrier
                        .label(&order, &key, Contact::First, &mut desk.journal);
                    label.await.expect("a label");
                    assert_described(spec, "post", path, &sent(desk, "label"));
                }
            }
        }
    }
}

#[tokio::test]
async fn d5_what_we_send_for_prices_and_to_give_a_label_back_is_what_they_describe() {
    for (which, spec, path) in [
        (Fedex, FEDEX, "/rate/v1/rates/quotes"),
        (Dhl, DHL, "/rates"),
    ] {
        let desk = &mut Desk::new(which).await;
        for consignment in [labels::consignment("US"), long("GB")] {
            let prices = desk.carrier.rates(&consignment, &mut desk.journal);
            prices.await.expect("prices");
            assert_described(spec, "post", path, &sent(desk, "rates"));
        }
    }
    for (which, spec, path) in [
        (Fedex, FEDEX, "/ship/v1/shipments/cancel"),
        (RoyalMail, ROYAL_MAIL, "/shipments/cancel"),
    ] {
        let desk = &mut Desk::new(which).await;
        labels::buy_and_give_back(desk).await;
        assert_described(spec, "put", path, &sent(desk, "void"));
    }
}

#[tokio::test]
async fn e2_what_we_ask_fedex_of_parcels_is_what_it_describes() {
    let desk = &mut Desk::new(Fedex).await;
    let number = |nth: u32| TrackingNumber::new(&format!("7949{nth:08}")).expect("a number");
    let numbers: Vec<_> = (0..30).map(number).collect();
    let told = desk.carrier.track(&numbers, &mut desk.journal).await;
    told.expect("an answer");
    let asked = sent(desk, "track");
    assert_described(FEDEX, "post", "/track/v1/trackingnumbers", &asked);
}

/// What the app got with a body, by path.
fn posted(app: &App) -> Vec<(String, Value)> {
    let body = |received: Received| {
        let body = serde_json::from_str(&received.body).ok()?;
        Some((received.path, body))
    };
    app.received().into_iter().filter_map(body).collect()
}

fn says(app: &App, bodies: impl IntoIterator<Item = Value>) {
    for body in bodies {
        app.plan(AppAnswer::Status(200, body.to_string()));
    }
}

/// Places a request at a provider that answers all of this.
async fn place(vendor: &'static str, app: &App, answers: impl IntoIterator<Item = Value>) {
    says(app, answers);
    let mut settings = parcels::settings_at(&app.url(""), "a-key-of-ours");
    settings.prodigi.prodigi_callback_url =
        Some("https://shop.example/hooks/a-secret".to_owned().into());
    let tokens: Arc<dyn TokenCache> = Arc::new(LocalTokens::default());
    let provider = registry(&settings, &tokens).expect("settings")[vendor].clone();
    let request = parcels::request(vendor);
    let (key, journal) = (parcels::key(), &mut Journal::new());
    let placed = provider.submit(&request, &key, Contact::First, journal);
    placed.await.expect("accepted");
}

#[tokio::test]
async fn d3_what_we_send_to_prodigi_is_what_its_reference_says() {
    let app = App::start().await.expect("an app");
    let created = json!({"outcome": "Created", "order": {"id": "ord_1"}});
    place("prodigi", &app, [created]).await;
    let posted = posted(&app);
    assert_eq!(posted.len(), 1, "{posted:?}");
    assert_described(PRODIGI, "post", "/v4.0/Orders", &posted[0].1);
    assert_eq!(posted[0].0, "/v4.0/Orders");
}

#[tokio::test]
async fn d4_what_we_send_to_shiprocket_is_what_its_pages_say() {
    let app = App::start().await.expect("an app");
    let answers = [
        json!({"token": "a-token"}),
        json!({"data": []}),
        json!({"order_id": 16_161_717, "shipment_id": 16_000_061, "status": "NEW"}),
        json!({"awb_assign_status": 1, "response": {"data": {
            "awb_code": "19041424751540", "courier_name": "Delhivery Surface",
            "assigned_date_time": {"date": "2026-11-21 10:00:00.000000"},
        }}}),
        json!({"pickup_status": 1, "response": {"data": "Pickup is confirmed"}}),
    ];
    place("shiprocket", &app, answers).await;
    let calls = posted(&app);
    let paths: Vec<_> = calls.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/auth/login",
            "/orders/create/adhoc",
            "/courier/assign/awb",
            "/courier/generate/pickup",
        ]
    );
    for (path, body) in &calls[1..] {
        assert_described(SHIPROCKET, "post", path, body);
    }
}

#[tokio::test]
async fn f4_what_razorpay_is_asked_is_what_its_pages_say() {
    let app = App::start().await.expect("an app");
    says(&app, [json!({"id": "rfnd_1", "status": "processed"})]);
    let mut settings = parcels::settings_at(&app.url(""), "a-key-of-ours");
    settings.razorpay = RazorpaySettings {
        razorpay_key_id: Some("rzp_test_1".to_owned()),
        razorpay_key_secret: Some("secret".to_owned().into()),
        razorpay_api_url: app.url(""),
        ..RazorpaySettings::default()
    };
    let provider = refund_registry(&settings).expect("settings")["razorpay"].clone();
    let wanted = refunds::wanted("razorpay", "good");
    let key = IdempotencyKey::new("1f0c2d9e-0000-4000-8000-000000000002").expect("a key");
    let journal = &mut Journal::new();
    let refund = provider.refund(&wanted, &key, Contact::First, journal);
    refund.await.expect("given back");
    let posted = posted(&app);
    let path = "/v1/payments/{id}/refund";
    assert_eq!(posted[0].0.replace("pay_good", "{id}"), path);
    assert_described(RAZORPAY, "post", path, &posted[0].1);
}

#[test]
fn what_is_not_described_is_found() {
    let wrong = json!({"Destination": {"Town": "x".repeat(36), "Postcode": 1}, "Extra": true});
    let found = problems(ROYAL_MAIL, "post", "/shipments", &wrong).join("\n");
    for expected in [
        "Town: too long",
        "Postcode: no string",
        "Extra: unknown",
        "ShipmentInformation: missing",
        "Destination/AddressLine1: missing",
    ] {
        assert!(found.contains(expected), "{expected} not in {found}");
    }
    let wrong = json!({"accounts": [], "content": {"packages": [{"weight": 0}]}});
    let found = problems(DHL, "post", "/shipments", &wrong).join("\n");
    for expected in ["accounts: too few", "weight: too small"] {
        assert!(found.contains(expected), "{expected} not in {found}");
    }
}
