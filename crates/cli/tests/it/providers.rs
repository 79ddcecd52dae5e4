//! `stevedore providers check` and `stevedore route`, as their users meet them.

use std::process::Output;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use stevedore_model::TenantId;
use stevedore_model::catalog::{self, NewProduct, NewVariant, VariantKind};
use stevedore_model::orders::{self, NewOrder};
use stevedore_model::words::{Currency, Money};
use stevedore_simulator::SimulatedCarrier::{self, Dhl, Dpd, Fedex, RoyalMail, Ups};
use stevedore_simulator::{CARRIER_USER, Simulator, SimulatorSettings};
use stevedore_testkit::TestDb;

use crate::{stderr, stdout, stevedore};

/// Everybody who can be asked, by kind.
const ALL: [&str; 10] = [
    "carrier dhl",
    "carrier dpd",
    "carrier fedex",
    "carrier royal_mail",
    "carrier shiprocket",
    "carrier ups",
    "provider at_ishare",
    "provider prodigi",
    "provider shiprocket",
    "refunds razorpay",
];

/// Settings of all providers, with this secret.
fn environment(simulator: &Simulator, secret: &str) -> Vec<(String, String)> {
    let at = |carrier: SimulatedCarrier| simulator.carrier_url(carrier);
    let vendor = |path: &str| simulator.vendor_url(path);
    let user = || CARRIER_USER.to_owned();
    let secret = || secret.to_owned();
    [
        ("AT_ISHARE_API_URL", simulator.at_ishare_url()),
        ("AT_ISHARE_API_KEY", secret()),
        ("PRODIGI_API_URL", vendor("prodigi")),
        ("PRODIGI_API_KEY", secret()),
        ("SHIPROCKET_API_URL", vendor("shiprocket/v1/external")),
        ("SHIPROCKET_EMAIL", "api@shop.example".to_owned()),
        ("SHIPROCKET_PASSWORD", secret()),
        ("SHIPROCKET_PICKUP_LOCATION", "Primary".to_owned()),
        ("STRIPE_API_URL", vendor("stripe")),
        ("STRIPE_SECRET_KEY", secret()),
        ("RAZORPAY_API_URL", vendor("razorpay")),
        ("RAZORPAY_KEY_ID", secret()),
        ("RAZORPAY_KEY_SECRET", secret()),
        ("ROYAL_MAIL_API_URL", at(RoyalMail)),
        ("ROYAL_MAIL_CLIENT_ID", user()),
        ("ROYAL_MAIL_CLIENT_SECRET", secret()),
        ("ROYAL_MAIL_USERNAME", user()),
        ("ROYAL_MAIL_PASSWORD", secret()),
        ("ROYAL_MAIL_POSTING_LOCATION", "9000292273".to_owned()),
        ("DPD_BUCODE", "011".to_owned()),
        ("DPD_LOGIN", user()),
        ("DPD_PASSWORD", secret()),
        ("DPD_CUSTOMER_NUMBER", "123456".to_owned()),
        ("DPD_API_URL", at(Dpd)),
        ("DPD_TRACKING_API_URL", String::new()),
        ("FEDEX_CLIENT_ID", user()),
        ("FEDEX_CLIENT_SECRET", secret()),
        ("FEDEX_API_URL", at(Fedex)),
        ("UPS_CLIENT_ID", user()),
        ("UPS_CLIENT_SECRET", secret()),
        ("UPS_API_URL", at(Ups)),
        ("DHL_API_USERNAME", user()),
        ("DHL_API_PASSWORD", secret()),
        ("DHL_API_URL", at(Dhl)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// Runs the check; answers its report and whether all work.
fn check(settings: &[(String, String)]) -> (Vec<Value>, bool) {
    let mut command = stevedore(&["providers", "check", "--json"]);
    command.envs(settings.iter().cloned());
    let output = command.output().expect("the command can be started");
    let text = stdout(&output);
    let report = serde_json::from_str(&text);
    (
        report.unwrap_or_else(|_| panic!("{text} {}", stderr(&output))),
        output.status.success(),
    )
}

fn names(report: &[Value]) -> Vec<String> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let name = |one| format!("{} {}", text(one, "kind"), text(one, "code"));
    report.iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_configured_provider_is_called_harmlessly_and_a_wrong_secret_is_told() {
    let simulator = Simulator::start(SimulatorSettings::default()).await;
    let simulator = simulator.expect("a simulator");
    let right = environment(&simulator, simulator.at_ishare_api_key());
    let (report, all_work) = check(&right);
    let mut expected = ALL.map(str::to_owned).to_vec();
    expected.push("refunds stripe".to_owned());
    assert_eq!(names(&report), expected);
    assert!(all_work, "{report:#?}");
    let state = simulator.state();
    let carriers = simulator.carriers();
    assert!(state.prodigi.orders.is_empty() && state.shiprocket.orders.is_empty());
    assert!(carriers.labels.is_empty());
    assert_eq!(
        (state.at_ishare.fulfilments, state.stripe.placing_calls),
        (0, 0)
    );

    let (report, all_work) = check(&environment(&simulator, "a-wrong-secret"));
    assert!(!all_work);
    for one in &report {
        assert_eq!(one["works"], json!(false), "{one}");
        assert_eq!(one["outcome"], json!("unauthorized"), "{one}");
        assert!(!one.to_string().contains("a-wrong-secret"), "{one}");
    }
    let (report, all_work) = check(&[]);
    assert!(report.is_empty() && all_work, "nobody is configured");
}

fn run(db: &TestDb, arguments: &[&str]) -> Output {
    let mut command = stevedore(arguments);
    command.env("DATABASE_URL", db.url().expose_secret());
    command.output().expect("the command can be started")
}

async fn an_order(db: &TestDb) -> i64 {
    let tenant = TenantId::SHOP;
    let product = NewProduct {
        code: "print",
        name: "A print",
    };
    let product_id = catalog::upsert_product(db.pool(), tenant, &product).await;
    let variant = NewVariant {
        product_id: product_id.expect("a product"),
        sku: "PRINT-1",
        title: "A print",
        kind: VariantKind::Physical,
        price: Money {
            amount: 2_500,
            currency: Currency::parse("GBP").expect("a currency"),
        },
        fulfillment_provider: Some("prodigi"),
        requires_recipient_phone: false,
        attributes: json!({}),
        track_inventory: false,
        low_stock_threshold: 0,
    };
    let variant = catalog::upsert_variant(db.pool(), tenant, &variant).await;
    variant.expect("a variant");
    let order = json!({
        "customer": {"name": "Asha", "email": "asha@example.com", "phone": "+447700900123"},
        "currency": "GBP",
        "payment_method": "cod",
        "shipping_address": {
            "recipient": "Asha", "phone": "+447700900123", "address": "12 Long Street",
            "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB",
        },
        "lines": [{"sku": "PRINT-1", "quantity": 1}],
    });
    let order = NewOrder::parse(&order).expect("an order");
    let placed = orders::place(db.pool(), tenant, &order, None, [0; 32], None).await;
    placed.expect("placed").order_id
}

#[tokio::test]
async fn d1_a_route_is_explained_with_its_rules_breakers_and_what_was_made() {
    let db = TestDb::new().await;
    let put = [
        "route",
        "put",
        "--provider",
        "warehouse",
        "--kind",
        "physical",
        "--country",
        "GB",
        "--priority",
        "10",
        "--service",
        "11",
    ];
    let put = run(&db, &put);
    assert!(put.status.success(), "{}", stderr(&put));
    let order = an_order(&db).await.to_string();
    let told = run(&db, &["route", "explain", &order]);
    let text = stdout(&told);
    assert!(told.status.success(), "{}", stderr(&told));
    for part in [
        "to GB",
        "PRINT-1",
        "1. warehouse (rule 1, service 11), breaker closed",
        "2. prodigi (the variant's own",
        "-> fulfilment 1 at warehouse",
    ] {
        assert!(text.contains(part), "{part} not in {text}");
    }
    let json = run(&db, &["route", "explain", &order, "--json"]);
    let route: Value = serde_json::from_str(&stdout(&json)).expect("one JSON object");
    let candidates = route["lines"][0]["candidates"].as_array().expect("a list");
    assert_eq!(candidates.len(), 2, "{route}");
    let nobody = run(&db, &["route", "explain", "999"]);
    assert!(!nobody.status.success() && stderr(&nobody).contains("999"));
}
