//! Prices and labels of every carrier that sells them, against their sandboxes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use stevedore_providers::{
    Address, Consignment, Contact, Customs, Goods, IdempotencyKey, Incoterm, Item, Label,
    LabelFormat, LabelOrder, Money, Parcel, ProviderError, Purchase, Recipient, Request, Size,
    SoldLabel, Totals,
};
use stevedore_simulator::Fault;
use stevedore_simulator::SimulatedCarrier::{self, Dhl, Dpd, Fedex, RoyalMail, Ups};

use crate::carriers::{Desk, dry};
use crate::vendor::AGAIN;

fn pounds(amount: i64) -> Money {
    Money {
        amount,
        currency: "GBP".to_owned(),
        minor_digits: 2,
    }
}

fn address(recipient: &str, country: &str) -> Address {
    Address {
        recipient: recipient.to_owned(),
        phone: Some("+441134960000".to_owned()),
        line1: "12 Harbour Street".to_owned(),
        line2: Some("Unit 4".to_owned()),
        city: "Leeds".to_owned(),
        province: None,
        postal_code: Some("LS1 4AP".to_owned()),
        country: country.to_owned(),
    }
}

pub fn consignment(to: &str) -> Consignment {
    let at: DateTime<Utc> = "2026-11-23T15:00:00Z".parse().expect("a time");
    let item = Item {
        sku: "MUG-1".to_owned(),
        title: "Enamel mug".to_owned(),
        quantity: 2,
        unit_price: pounds(1_250),
        recipient_phone: None,
        attributes: serde_json::Value::Null,
        goods: Goods {
            weight_g: Some(300),
            size: None,
            customs: Customs {
                hs_code: Some("732394".to_owned()),
                origin_country: Some("GB".to_owned()),
                ..Customs::default()
            },
        },
    };
    Consignment {
        from: address("Stevedore Warehouse", "GB"),
        ships_at: at,
        request: Request {
            order_number: "ORD-20261121-7".to_owned(),
            placed_at: at,
            items: vec![item],
            recipient: Recipient {
                name: "Ada Lovelace".to_owned(),
                phone: Some("+447700900123".to_owned()),
                email: Some("ada@example.com".to_owned()),
            },
            parcel: Some(Parcel {
                address: address("Ada Lovelace", to),
                weight_g: 640,
                size: Size {
                    length_mm: 301,
                    width_mm: 200,
                    height_mm: 100,
                },
                incoterm: Incoterm::Dap,
            }),
            totals: Totals {
                goods: pounds(2_500),
                shipping: pounds(490),
                tax: pounds(0),
                discount: pounds(0),
                collect: None,
            },
            service: None,
        },
    }
}

/// A service of this carrier.
pub fn service(which: SimulatedCarrier) -> &'static str {
    match which {
        RoyalMail => "TPLN",
        Dpd => "101",
        Fedex => "FEDEX_REGIONAL_ECONOMY",
        Ups => "11",
        Dhl => "N",
    }
}

fn order(which: SimulatedCarrier, to: &str, format: LabelFormat) -> LabelOrder {
    LabelOrder {
        consignment: consignment(to),
        service: service(which).to_owned(),
        format,
    }
}

pub fn key() -> IdempotencyKey {
    IdempotencyKey::new("6f9619ff-8b86-d011-b42d-00cf4fc964ff").expect("a key")
}

async fn buy(desk: &mut Desk, contact: Contact) -> Result<Purchase, ProviderError> {
    let order = order(desk.which, "GB", LabelFormat::Zpl);
    desk.carrier
        .label(&order, &key(), contact, &mut desk.journal)
        .await
}

/// Buys a label and gives it back.
pub async fn buy_and_give_back(desk: &mut Desk) -> SoldLabel {
    let label = bought(buy(desk, Contact::First).await.expect("a label"));
    let sold = SoldLabel {
        tracking_number: label.tracking_number,
        carrier_shipment_id: label.carrier_shipment_id,
        from_country: "GB".to_owned(),
    };
    let taken_back = desk.carrier.void(&sold, &mut desk.journal).await;
    taken_back.expect("taken back");
    sold
}

fn bought(purchase: Purchase) -> Label {
    match purchase {
        Purchase::Bought(label) => *label,
        Purchase::TooSoon { wait } => panic!("too soon: {wait:?}"),
    }
}

#[tokio::test]
async fn d5_every_carrier_sells_a_label_for_the_printer_and_for_the_page() {
    for which in SimulatedCarrier::ALL {
        let mut desk = Desk::new(which).await;
        let label = bought(buy(&mut desk, Contact::First).await.expect("a label"));
        assert_eq!(label.format, LabelFormat::Zpl, "{which:?}");
        assert!(label.bytes.starts_with(b"^XA"), "{which:?}");
        assert!(desk.carrier.capabilities().labels);
        let parcels = desk.simulator.carriers().parcels;
        let parcel = &parcels[&format!("{}/{}", which.code(), label.tracking_number)];
        assert_eq!(parcel.service.as_deref(), Some(service(which)));
        let page = order(which, "GB", LabelFormat::Pdf);
        let other = IdempotencyKey::new("another").expect("a key");
        let page = desk
            .carrier
            .label(&page, &other, Contact::First, &mut desk.journal)
            .await;
        let page = bought(page.expect("a label"));
        // UPS sells no pages.
        let pictured = which == Ups;
        assert_eq!(page.format == LabelFormat::Gif, pictured, "{which:?}");
        assert_eq!(desk.simulator.carriers().duplicates, 0);
    }
}

#[tokio::test]
async fn d11_customs_data_goes_with_parcels_that_cross_a_border_only() {
    let where_ = [
        (RoyalMail, "/ShipmentInformation/Items/0/HsCode"),
        (Dpd, "/0/international/interInvoiceLines/0/exportTarifCode"),
        (
            Fedex,
            "/requestedShipment/customsClearanceDetail/commodities/0/harmonizedCode",
        ),
        (
            Ups,
            "/ShipmentRequest/Shipment/ShipmentServiceOptions/InternationalForms/Product/0/\
             CommodityCode",
        ),
        (
            Dhl,
            "/content/exportDeclaration/lineItems/0/commodityCodes/0/value",
        ),
    ];
    for (which, pointer) in where_ {
        for (to, declared) in [("US", true), ("GB", false)] {
            let desk = &mut Desk::new(which).await;
            let order = order(which, to, LabelFormat::Zpl);
            let label = desk
                .carrier
                .label(&order, &key(), Contact::First, &mut desk.journal)
                .await;
            label.expect("a label");
            let requests = desk.simulator.carriers().requests;
            let sent = &requests[&format!("{} label", which.code())];
            let code = sent.pointer(pointer).and_then(|code| code.as_str());
            assert_eq!(code == Some("732394"), declared, "{which:?} {sent}");
        }
    }
}

#[tokio::test]
async fn d8_a_lost_answer_never_buys_a_second_label() {
    for which in SimulatedCarrier::ALL {
        for fault in [
            Fault::AcceptedSilence,
            Fault::AcceptedServerError,
            Fault::AcceptedCut,
        ] {
            let mut desk = Desk::new(which).await;
            desk.plan("label", 1, fault);
            let lost = buy(&mut desk, Contact::First).await.expect_err("no answer");
            let again = buy(&mut desk, AGAIN).await;
            if desk.carrier.capabilities().finds_labels {
                let label = bought(again.expect("found"));
                assert!(label.bytes.starts_with(b"^XA"));
            } else {
                assert_eq!(lost.outcome(), "unknown", "{which:?} {fault:?}");
                assert_eq!(again.expect_err("a person decides").outcome(), "unknown");
            }
            let state = desk.simulator.carriers();
            assert_eq!(state.duplicates, 0, "{which:?} {fault:?}");
            let sold: usize = state.labels.values().map(Vec::len).sum();
            assert_eq!(sold, 1, "{which:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn d8_ups_is_not_believed_too_early_and_then_sells() {
    let mut desk = Desk::new(Ups).await;
    desk.plan("label", 1, Fault::Silence);
    buy(&mut desk, Contact::First).await.expect_err("no answer");
    let fresh = Contact::Again {
        since: Some(Duration::from_secs(5)),
    };
    let early = buy(&mut desk, fresh).await.expect("an answer");
    assert!(matches!(early, Purchase::TooSoon { .. }), "{early:?}");
    let late = Contact::Again {
        since: Some(Duration::from_secs(90)),
    };
    bought(buy(&mut desk, late).await.expect("a label"));
    assert_eq!(desk.calls("label"), 2);
}

#[tokio::test]
async fn d5_refusals_keep_the_carriers_code_and_trouble_is_told_from_them() {
    for which in SimulatedCarrier::ALL {
        let mut desk = Desk::new(which).await;
        desk.plan("label", 1, Fault::Code { code: 1234 });
        let refused = buy(&mut desk, Contact::First).await.expect_err("refused");
        let ProviderError::Rejected { code, .. } = refused else {
            panic!("{which:?}: {refused:?}")
        };
        // MyDHL's errors carry the HTTP status alone.
        assert_eq!(code, if which == Dhl { "400" } else { "1234" });
        desk.plan("label", 1, Fault::TooManyRequests { retry_after: 9 });
        let busy = buy(&mut desk, Contact::First).await.expect_err("busy");
        assert_eq!(busy.outcome(), "transient", "{busy:?}");
        let mut nowhere = order(which, "GB", LabelFormat::Zpl);
        let parcel = nowhere
            .consignment
            .request
            .parcel
            .as_mut()
            .expect("a parcel");
        parcel.address.city.clear();
        let refused = desk
            .carrier
            .label(&nowhere, &key(), Contact::First, &mut desk.journal)
            .await;
        let refused = refused.expect_err("no city");
        assert_eq!(refused.outcome(), "rejected", "{which:?} {refused:?}");
        assert!(desk.simulator.carriers().labels.is_empty());
    }
}

#[tokio::test]
async fn d5_a_label_is_given_back_where_that_is_offered() {
    for which in [RoyalMail, Fedex, Ups] {
        let mut desk = Desk::new(which).await;
        let sold = buy_and_give_back(&mut desk).await;
        let parcels = desk.simulator.carriers().parcels;
        assert!(parcels[&format!("{}/{}", which.code(), sold.tracking_number)].is_voided);
        let twice = desk.carrier.void(&sold, &mut desk.journal).await;
        assert_eq!(twice.expect_err("gone").outcome(), "rejected", "{which:?}");
    }
    for which in [Dpd, Dhl] {
        let desk = Desk::new(which).await;
        assert!(!desk.carrier.capabilities().voids);
    }
}

#[tokio::test]
async fn b10_prices_and_days_are_told_where_the_carrier_tells_them() {
    let expected = [
        (Ups, "11", 980, "07", 2_410),
        (
            Fedex,
            "FEDEX_REGIONAL_ECONOMY",
            1_125,
            "FEDEX_PRIORITY_EXPRESS",
            3_150,
        ),
        (Dhl, "N", 2_140, "1", 2_800),
    ];
    for (which, cheap, cheap_price, fast, fast_price) in expected {
        let mut desk = Desk::new(which).await;
        let rates = desk
            .carrier
            .rates(&consignment("GB"), &mut desk.journal)
            .await;
        let rates = rates.expect("prices");
        let of = |service: &str| {
            let rate = rates
                .iter()
                .find(|rate| rate.service == service)
                .expect("a rate");
            (rate.price.amount, rate.days.expect("days"))
        };
        assert_eq!(
            (of(cheap).0, of(fast).0),
            (cheap_price, fast_price),
            "{which:?}"
        );
        assert!(of(fast).1 <= of(cheap).1, "{which:?}");
        assert!(rates.iter().all(|rate| rate.price.currency == "GBP"));
    }
    for which in [RoyalMail, Dpd] {
        assert!(!Desk::new(which).await.carrier.capabilities().rates);
    }
}

#[tokio::test]
async fn d10_a_dry_run_builds_the_request_and_buys_nothing() {
    for which in SimulatedCarrier::ALL {
        let mut desk = dry(Desk::new(which).await);
        let refused = buy(&mut desk, Contact::First).await.expect_err("dry");
        assert!(matches!(&refused, ProviderError::Rejected { code, .. } if code == "dry_run"));
        let kept = desk.journal.exchanges().last().expect("what would be sent");
        assert_eq!((kept.operation, kept.status), ("label", None));
        assert!(kept.request.is_object() || kept.request.is_array());
        assert!(desk.simulator.carriers().labels.is_empty(), "{which:?}");
    }
}

#[tokio::test]
async fn d6_a_label_leaves_no_person_in_the_journal() {
    for which in SimulatedCarrier::ALL {
        let mut desk = Desk::new(which).await;
        buy(&mut desk, Contact::First).await.expect("a label");
        let kept = format!("{:?}", desk.journal.exchanges());
        for personal in [
            "Lovelace",
            "Harbour Street",
            "134960000",
            "ada@example.com",
            "-token-",
        ] {
            assert!(!kept.contains(personal), "{which:?} {personal} {kept}");
        }
    }
}
