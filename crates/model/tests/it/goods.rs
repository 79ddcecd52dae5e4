//! What a worker is told of parcels: weight, box, money, customs.

use stevedore_model::catalog::{self, Goods};
use stevedore_model::fulfillments::{self, FulfillmentWork, NewShipment};

use crate::shop::{SHOP, Shop, order};

async fn begun(shop: &Shop, fulfillment_id: i64) -> FulfillmentWork {
    fulfillments::begin(shop.pool(), SHOP, fulfillment_id)
        .await
        .expect("a query")
        .expect("work")
}

#[tokio::test]
async fn d11_goods_are_described_and_reach_the_worker() {
    let shop = Shop::stocked(10).await;
    let mug = Goods {
        weight_g: Some(300),
        length_mm: Some(120),
        width_mm: Some(90),
        height_mm: Some(80),
        hs_code: Some("691110".into()),
        origin_country: Some("GH".into()),
        customs_description: Some("porcelain mug".into()),
        customs_value: Some(700),
    };
    let id = "select variant_id from product_variants where sku = 'MUG-1'";
    let id = shop.number(id).await;
    catalog::describe_goods(shop.pool(), SHOP, id, &mug)
        .await
        .expect("described");
    let order_id = shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    let work = begun(&shop, shop.fulfillments(order_id).await[0]).await;
    assert_eq!(work.lines[0].goods, mug);
    assert_eq!(work.lines[0].unit_price, 1_000);
    let parcel = &work.parcel;
    assert_eq!(parcel.weight_g, 900);
    let pile = (parcel.length_mm, parcel.width_mm, parcel.height_mm);
    assert_eq!(pile, (120, 90, 240));
    assert_eq!(parcel.incoterm, "DAP");
    let half = Goods {
        length_mm: Some(1),
        ..Goods::default()
    };
    let refused = catalog::describe_goods(shop.pool(), SHOP, id, &half).await;
    assert!(refused.is_err(), "a size has three sides");
}

#[tokio::test]
async fn d4_weight_and_box_fall_back_to_the_shops_own_defaults() {
    let shop = Shop::stocked(10).await;
    shop.run(
        "insert into order_settings (default_weight_g, packaging_weight_g, default_height_mm,
           origin_country, incoterm) values (250, 40, 50, 'GH', 'DDP')",
    )
    .await;
    let order_id = shop.placed(&order("cod", &[("MUG-1", 2)])).await;
    let parcel = begun(&shop, shop.fulfillments(order_id).await[0])
        .await
        .parcel;
    assert_eq!(parcel.weight_g, 540);
    let size = (parcel.length_mm, parcel.width_mm, parcel.height_mm);
    assert_eq!(size, (300, 200, 50));
    assert_eq!(parcel.origin_country.as_deref(), Some("GH"));
    assert_eq!(parcel.incoterm, "DDP");
}

#[tokio::test]
async fn d4_what_couriers_collect_adds_up_to_what_the_order_costs() {
    let shop = Shop::stocked(10).await;
    // One at a time at each of two places, so that the order leaves in several parcels.
    shop.receive("MUG-2", "KUM", 5).await;
    let lines = [("MUG-1", 1), ("MUG-2", 12), ("HAND", 1)];
    let mut placed = order("cod", &lines);
    placed["shipping_fee"] = 1_001.into();
    let order_id = shop.placed(&placed).await;
    let fulfillments = shop.fulfillments(order_id).await;
    assert!(fulfillments.len() > 2, "{fulfillments:?}");
    let (mut collected, mut shipping) = (0, 0);
    for id in fulfillments {
        let parcel = format!("fulfillment_parcel(current_tenant_id(), {id})");
        collected += shop.number(&format!("({parcel} ->> 'collect')")).await;
        shipping += shop.number(&format!("({parcel} ->> 'shipping')")).await;
    }
    let total = format!("(select total_amount from orders where order_id = {order_id})");
    assert_eq!(shipping, 1_001);
    assert_eq!(collected, shop.number(&total).await);
}

#[tokio::test]
async fn d3_parcels_that_a_provider_names_are_recorded_once_and_take_the_fulfilment_along() {
    let shop = Shop::stocked(10).await;
    let order_id = shop.placed(&order("cod", &[("MUG-1", 2)])).await;
    let id = shop.fulfillments(order_id).await[0];
    begun(&shop, id).await;
    let mut parcel = NewShipment {
        provider_shipment_id: "shp_1".into(),
        carrier: "royal_mail".into(),
        service: Some("48".into()),
        tracking_number: None,
        tracking_url: None,
        left_at: None,
    };
    let ship = async |parcels: &[NewShipment], is_all| {
        fulfillments::ship(shop.pool(), SHOP, id, "ord_1", parcels, is_all)
            .await
            .expect("recorded")
    };
    assert_eq!(ship(&[parcel.clone()], false).await, 1);
    assert_eq!(ship(&[parcel.clone()], false).await, 0);
    let logged = "select count(*) from order_logs where action = 'ship'";
    assert_eq!(shop.number(logged).await, 1);
    let state = "select f.status || ' ' || o.order_status || ' ' || (f.handed_over_at is not null)
        from fulfillments as f join orders as o using (tenant_id, order_id)";
    assert_eq!(shop.text(state).await, "accepted processing false");

    parcel.tracking_number = Some("AB123GB".into());
    parcel.left_at = "2026-11-20T10:00:00Z".parse().ok();
    let second = NewShipment {
        provider_shipment_id: "shp_2".into(),
        tracking_number: Some("AB124GB".into()),
        ..parcel.clone()
    };
    assert_eq!(ship(&[parcel, second], true).await, 1);
    assert_eq!(shop.text(state).await, "shipped shipped true");
    let numbers = "select string_agg(tracking_number || ' ' || status, ', '
        order by shipment_id) from shipments";
    assert_eq!(
        shop.text(numbers).await,
        "AB123GB in_transit, AB124GB in_transit"
    );
    shop.assert_books_balance().await;
}
