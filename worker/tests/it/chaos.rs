//! Everything goes wrong at once, and still each order reaches its provider exactly once.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use serde_json::Value;
use stevedore_simulator::SimulatedCarrier::{self, Dhl, Dpd, Fedex};
use stevedore_simulator::{CARRIER_USER, CarrierFault, Fault, FaultRule};

use crate::labels::{mug, open_warehouse};
use crate::mortal::{scale, work_and_die};
use crate::shop::{GOOD_NUMBER, Shop, order};
use crate::vendors::{know_providers, parcel, print, print_and_box};

/// 2,000 are proven by hand: `STEVEDORE_TEST_ORDERS=2000`.
const ORDERS: u32 = 24;
/// Of a hundred calls so many fail; of a hundred, so many have their effect and never answer.
const ERRORS: u8 = 20;
const SILENCES: u8 = 5;
/// What DPD takes of a reference.
const SHORTEST_REFERENCE: usize = 25;
/// Of every call.
const TIMEOUT: Duration = Duration::from_millis(500);
/// An order at a provider that has no end, or a parcel that has no label and no reason why.
const OPEN: &str = "select
    (select count(*) from fulfillments
      where provider_code <> 'warehouse' and status in ('pending', 'submitted', 'accepted')
        and handed_over_at is null)
    + (select count(*) from packed_parcels as p
      where not exists (select from shipping_labels as l
        where l.fulfillment_id = p.fulfillment_id and l.status in ('bought', 'parked')))";

#[tokio::test]
async fn d8_through_errors_lost_answers_and_killed_workers_each_order_is_made_once() {
    let orders = scale("STEVEDORE_TEST_ORDERS", ORDERS);
    let mut shop = Shop::new().await;
    open_warehouse(&mut shop).await;
    sell(&shop).await;
    configure(&mut shop);
    for vendor in [None, Some("prodigi"), Some("shiprocket")] {
        go_wrong(&shop, vendor);
    }
    for nth in 0..orders {
        shop.place(one_of_four(nth)).await;
    }
    pack(&shop).await;
    let began = Instant::now();
    let kills = work_and_die(&shop, OPEN).await;
    let took = began.elapsed();
    let ends = prove(&shop, orders).await;
    eprintln!("{orders} orders in {took:?}, {kills} workers killed: {ends:?}");
    shop.assert_books_balance().await;
}

/// Exactly once at its provider, none lost, each with an end or a reason. Answers the ends.
async fn prove(shop: &Shop, orders: u32) -> BTreeMap<String, u64> {
    let made = at_providers(shop);
    let rows: Vec<(String, String, String, bool, bool, bool)> = sqlx::query_as(
        "select coalesce(l.reference, f.reference)::text,
           coalesce(l.carrier_code, f.provider_code), coalesce(l.status, f.status),
           f.handed_over_at is not null,
           exists (select from shipments as s
             where s.fulfillment_id = f.fulfillment_id and s.tracking_number is not null),
           exists (select from order_errors as e where e.fulfillment_id = f.fulfillment_id)
         from fulfillments as f
         left join shipping_labels as l using (tenant_id, fulfillment_id)",
    )
    .fetch_all(shop.pool())
    .await
    .expect("fulfilments");
    assert_eq!(rows.len(), orders as usize, "none lost, none twice");
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    for (reference, provider, status, handed_over, has_number, has_reason) in rows {
        let there = times(&made, &reference);
        let what = format!("{provider} {reference} {status}, {there} at the provider");
        let is_made = status == "delivered" || status == "bought" || handed_over;
        if is_made {
            assert_eq!(there, 1, "{what}");
            assert_eq!(has_number, provider != "at_ishare", "{what}");
        } else {
            assert!(there <= 1 && has_reason, "{what}");
        }
        let end = if handed_over { "shipped" } else { &status };
        *ends.entry(format!("{provider} {end}")).or_default() += 1;
    }
    ends
}

/// How often each reference was really made.
fn at_providers(shop: &Shop) -> BTreeMap<String, u64> {
    let state = shop.simulator.state();
    let carriers = shop.simulator.carriers();
    let duplicates = [
        state.at_ishare.duplicates,
        state.prodigi.duplicates,
        state.shiprocket.duplicates,
        carriers.duplicates,
    ];
    assert_eq!(duplicates, [0; 4]);
    let airtime = state.at_ishare.orders.iter().map(|(reference, all)| {
        let reference = reference.trim_end_matches("-1").to_owned();
        (reference, all.len() as u64)
    });
    let labels = carriers.labels.iter().map(|(key, all)| {
        let (_, reference) = key.split_once('/').expect("carrier/reference");
        (reference.to_owned(), all.len() as u64)
    });
    assert!(state.shiprocket.awbs <= state.shiprocket.orders.len() as u64);
    airtime
        .chain(labels)
        .chain(state.prodigi.orders)
        .chain(state.shiprocket.orders)
        .map(|(reference, count)| (plain(&reference), count))
        .collect()
}

/// Some carriers' fields are too short for the dashes.
fn plain(reference: &str) -> String {
    reference.replace('-', "")
}

/// And some for all of the rest.
fn times(made: &BTreeMap<String, u64>, reference: &str) -> u64 {
    let whole = plain(reference);
    let parts = SHORTEST_REFERENCE..=whole.len();
    parts.filter_map(|chars| made.get(&whole[..chars])).sum()
}

fn go_wrong(shop: &Shop, vendor: Option<&str>) {
    // The first rule that the die meets counts: the later planned one goes first.
    for (fault, percent) in [
        (Fault::AcceptedSilence, ERRORS + SILENCES),
        (Fault::ServerError, ERRORS),
    ] {
        let rule = FaultRule::always(fault).percent(percent);
        shop.simulator.plan(match vendor {
            Some(vendor) => rule.at(vendor),
            None => rule,
        });
    }
    if vendor.is_some() {
        return;
    }
    let status = FaultRule::always(Fault::StatusError).percent(ERRORS);
    shop.simulator.plan(status);
    for carrier in SimulatedCarrier::ALL {
        for (operation, fault, percent) in [
            ("label", Fault::AcceptedSilence, ERRORS + SILENCES),
            ("label", Fault::ServerError, ERRORS),
            ("find_label", Fault::ServerError, ERRORS),
            ("log_in", Fault::ServerError, ERRORS),
        ] {
            shop.simulator.plan_carrier(CarrierFault {
                carrier,
                operation: operation.to_owned(),
                times: None,
                percent: Some(percent),
                fault,
            });
        }
    }
}

/// Short time-outs and waits, and attempts enough for the odds.
fn configure(shop: &mut Shop) {
    shop.settings.fulfilment.fulfilment_attempts = NonZeroU16::new(25).expect("not zero");
    let user = || Some(CARRIER_USER.to_owned());
    let secret = || Some(shop.simulator.at_ishare_api_key().to_owned().into());
    let carriers = &mut shop.settings.providers.carriers;
    carriers.ups.ups_timeout = TIMEOUT;
    carriers.royal_mail.royal_mail_timeout = TIMEOUT;
    carriers.fedex.fedex_client_id = user();
    carriers.fedex.fedex_client_secret = secret();
    carriers.fedex.fedex_account_number = Some("740561073".to_owned());
    carriers.fedex.fedex_api_url = Some(shop.simulator.carrier_url(Fedex));
    carriers.fedex.fedex_timeout = TIMEOUT;
    carriers.dpd.dpd_bucode = Some("011".to_owned());
    carriers.dpd.dpd_login = user();
    carriers.dpd.dpd_password = secret();
    carriers.dpd.dpd_customer_number = Some("123456".to_owned());
    carriers.dpd.dpd_api_url = Some(shop.simulator.carrier_url(Dpd));
    carriers.dpd.dpd_timeout = TIMEOUT;
    carriers.dhl.dhl_api_username = user();
    carriers.dhl.dhl_api_password = secret();
    carriers.dhl.dhl_account_number = Some("123456789".to_owned());
    carriers.dhl.dhl_api_url = Some(shop.simulator.carrier_url(Dhl));
    carriers.dhl.dhl_timeout = TIMEOUT;
    know_providers(shop);
}

/// Prints, boxes, mugs and bundles without end; and breakers that open for a moment only.
async fn sell(shop: &Shop) {
    shop.execute("select sp_receive_stock('DATA-MTN-1', 'ACC', 10000, 'delivery')")
        .await;
    shop.execute("select sp_receive_stock('MUG', 'ACC', 10000, 'delivery')")
        .await;
    shop.execute(
        "insert into provider_gates (provider, first_wait, longest_wait)
        select unnest('{at_ishare,prodigi,shiprocket,ups,royal_mail,fedex,dpd,dhl}'::text[]),
          '500 ms', '1 s'",
    )
    .await;
    shop.execute(
        "insert into carrier_services (carrier_code, service, price, currency, days)
        values ('fedex', 'FEDEX_REGIONAL_ECONOMY', null, null, null),
          ('dhl', 'N', null, null, null), ('dpd', '101', 520, 'GBP', 2)",
    )
    .await;
    print_and_box(shop).await;
}

/// A bundle, a mug, a print, a box.
fn one_of_four(nth: u32) -> Value {
    match nth % 4 {
        0 => order(GOOD_NUMBER),
        1 => mug(),
        2 => print(),
        _ => parcel(),
    }
}

/// All mugs are picked and packed; the carriers take one after another. UPS alone can be asked for
/// a label that it sold: what the others never answered is for a person.
async fn pack(shop: &Shop) {
    let waiting = "select count(*) from fulfillments
        where provider_code = 'warehouse' and status = 'pending'";
    while shop.number(waiting).await > 0 {
        shop.execute("select sp_create_pick_batch('ACC', null, null, 500)")
            .await;
    }
    shop.execute("select sp_confirm_pick(pick_list_item_id, quantity) from pick_list_items")
        .await;
    shop.execute(
        "select sp_pack_parcel(fulfillment_id, 640, 300, 200, 100,
           ('{ups,royal_mail,fedex,dpd,dhl}'::text[])[fulfillment_id / 4 % 5 + 1])
         from fulfillments where provider_code = 'warehouse' order by fulfillment_id",
    )
    .await;
}
