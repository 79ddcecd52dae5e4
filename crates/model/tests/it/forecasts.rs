//! Forecasts: what was asked says what will be asked, and how surely.

use crate::shop::{Shop, order};

/// A shop whose items are four weeks old.
async fn four_weeks_old() -> Shop {
    let shop = Shop::stocked(300).await;
    shop.run("update inventory_items set created_at = clock_now() - interval '27 days 23 hours'")
        .await;
    shop
}

/// An order placed so many days ago; answers its id.
async fn placed_ago(shop: &Shop, days: i64, sku: &str, units: i64) -> i64 {
    let order_id = shop.placed(&order("cod", &[(sku, units)])).await;
    shop.run(&format!(
        "set session_replication_role = replica;
         update orders set placed_at = clock_now() - interval '{days} days 1 hour'
         where order_id = {order_id};
         set session_replication_role = origin"
    ))
    .await;
    order_id
}

/// A row of the forecast as text.
async fn forecast(shop: &Shop, sku: &str) -> String {
    shop.text(&format!(
        "select concat_ws(' ', history_days, units_sold, mean_per_day, deviation_per_day,
           forecast_units, forecast_low, forecast_high)
         from forecast_demand(10, 90) where sku = '{sku}'"
    ))
    .await
}

#[tokio::test]
async fn b10_even_demand_is_forecast_surely_and_uneven_demand_with_a_wide_interval() {
    let shop = four_weeks_old().await;
    for day in 0..28 {
        placed_ago(&shop, day, "MUG-1", 2).await;
    }
    placed_ago(&shop, 3, "MUG-2", 28).await;
    placed_ago(&shop, 9, "MUG-2", 28).await;
    assert_eq!(
        forecast(&shop, "MUG-1").await,
        "28 56 2.000 0.000 20.0 20.0 20.0"
    );
    let uneven = "select forecast_units = 20 and forecast_low = 0 and forecast_high > 60
        from forecast_demand(10) where sku = 'MUG-2'";
    assert_eq!(shop.text(uneven).await, "true");
    assert_eq!(
        forecast(&shop, "MUG-3").await,
        "28 0 0.000 0.000 0.0 0.0 0.0"
    );
    // What was given up was not asked.
    let id = placed_ago(&shop, 1, "MUG-3", 5).await;
    shop.run(&format!("select sp_cancel_order({id}, 'Ama', 'no')"))
        .await;
    assert_eq!(
        forecast(&shop, "MUG-3").await,
        "28 0 0.000 0.000 0.0 0.0 0.0"
    );
}

#[tokio::test]
async fn b10_an_item_of_one_day_has_a_forecast_but_no_interval() {
    let shop = Shop::stocked(20).await;
    shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    let row = "select concat_ws(' ', history_days, units_sold, forecast_units, forecast_low)
        from forecast_demand(10) where sku = 'MUG-1'";
    assert_eq!(shop.text(row).await, "1 3 30.0");
    let all = "select count(*) from vw_demand_forecast where forecast_high is null";
    assert_eq!(shop.number(all).await, 6);
}

#[tokio::test]
async fn b10_what_runs_out_before_goods_could_come_is_to_be_ordered_again() {
    let shop = four_weeks_old().await;
    for day in 0..28 {
        placed_ago(&shop, day, "MUG-1", 10).await;
    }
    let row = "select concat_ws(' ', available, incoming, days_of_cover, reorder_point, is_due,
        suggested_units) from vw_reorder_suggestions where sku = 'MUG-1'";
    // 20 are left of 300: two days; goods take 14 days, and shall last 30 more.
    assert_eq!(shop.text(row).await, "20 0 2.0 140.0 t 420");
    shop.run(
        "insert into stock_movements (inventory_item_id, location_id, kind, incoming_delta)
         select inventory_item_id, location_id, 'incoming', 200
         from inventory_levels join inventory_items using (tenant_id, inventory_item_id)
         where sku = 'MUG-1' limit 1",
    )
    .await;
    assert_eq!(shop.text(row).await, "20 200 2.0 140.0 f 0");
}

/// A delivered parcel of a new order, that took so many hours.
async fn delivered(shop: &Shop, carrier: &str, hours: i64, cost: i64) {
    let order_id = shop.placed(&order("cod", &[("HAND", 1)])).await;
    shop.run(&format!(
        "set session_replication_role = replica;
         insert into shipments (order_id, fulfillment_id, carrier_code, status, shipped_at,
           delivered_at, cost, currency)
         select order_id, fulfillment_id, '{carrier}', 'delivered',
           clock_now() - interval '{hours} hours', clock_now(), {cost}, 'GHS'
         from fulfillments where order_id = {order_id};
         set session_replication_role = origin"
    ))
    .await;
}

#[tokio::test]
async fn b10_a_delivery_is_predicted_from_the_closest_history_that_says_enough() {
    let shop = Shop::stocked(100).await;
    let predict = |carrier: &str, country: &str| {
        format!(
            "select concat_ws(' ', basis, parcels, hours_low, hours_expected, hours_high)
             from predict_delivery('{carrier}', '{country}')"
        )
    };
    let nothing = "select count(*) from predict_delivery('dpd', 'GH')";
    assert_eq!(shop.number(nothing).await, 0);
    for hours in 20..=30 {
        delivered(&shop, "dpd", hours, 500).await;
    }
    for _ in 0..5 {
        delivered(&shop, "ups", 12, 900).await;
    }
    assert_eq!(
        shop.text(&predict("dpd", "GH")).await,
        "carrier and country 11 21.0 25.0 29.0"
    );
    assert_eq!(
        shop.text(&predict("dpd", "NG")).await,
        "carrier 11 21.0 25.0 29.0"
    );
    assert_eq!(
        shop.text(&predict("ups", "GH")).await,
        "all carriers 16 12.0 22.5 28.5"
    );
    let best = "select string_agg(carrier_code || case when is_fastest then ' fastest' else '' end
          || case when is_cheapest then ' cheapest' else '' end, ', ' order by carrier_code)
        from vw_carrier_choice";
    assert_eq!(shop.text(best).await, "dpd cheapest, ups fastest");
}
