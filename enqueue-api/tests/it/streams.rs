//! Streams of every kind beside each other.

use stevedore_enqueue_api::ApiSettings;
use stevedore_testkit::wait_for;

use crate::events::{Client, open_shop, place};

#[tokio::test]
async fn h5_orders_parcels_and_notifications_are_streamed_through_one_connection() {
    let (server, key) = open_shop(ApiSettings::default()).await;
    let order_id = place(&server).await;
    let of_order = format!("/v1/orders/{order_id}/events?kinds=shipment");
    let mut streams = Vec::new();
    for (path, kind) in [
        ("/v1/events?kinds=order", "order.placed"),
        ("/v1/events?kinds=shipment", "shipment.created"),
        ("/v1/events?kinds=notification", "notification.created"),
        (of_order.as_str(), "shipment.created"),
    ] {
        for _ in 0..10 {
            let mut client = Client::open(&server, path, &key).await;
            assert!(client.said().await.event.is_empty(), "a hello");
            streams.push((client, kind));
        }
    }
    // Who waits to be told holds this lock.
    let readers = "select count(*) from pg_locks
        where locktype = 'advisory' and mode = 'ShareLock' and granted
          and database = (select oid from pg_database where datname = current_database())";
    let waiting = async || -> i64 {
        let counted = sqlx::query_scalar(readers)
            .fetch_one(server.db.pool())
            .await;
        counted.unwrap()
    };
    wait_for("somebody to wait for events", async || {
        let readers = waiting().await;
        assert!(readers <= 1, "{readers} readers");
        (readers == 1).then_some(())
    })
    .await;
    sqlx::raw_sql(
        "insert into customers (customer_code, name) values ('c-kofi', 'Kofi');
         insert into customer_notifications (customer_id, notification_type, title, body)
         select customer_id, 'order_shipped', 'Parcel', 'On its way.'
         from customers
         where customer_code = 'c-kofi';
         insert into shipments (order_id, fulfillment_id, carrier_code, tracking_number)
         select order_id, fulfillment_id, 'dpd', '01005012345678'
         from fulfillments",
    )
    .execute(server.db.pool())
    .await
    .unwrap();
    place(&server).await;
    for (client, kind) in &mut streams {
        assert_eq!(client.said().await.event, *kind);
    }
}
