//! Parcels follow their carriers, forward only; fulfilments and orders follow their parcels.

use crate::shop::{Shop, order};

/// A shop with one order of three mugs and one parcel, number 1, that carries them.
async fn sent() -> Shop {
    let shop = Shop::stocked(10).await;
    shop.placed(&order("cod", &[("MUG-1", 3)])).await;
    shop.run("select sp_create_shipment(1, 'dpd', 'D1')").await;
    shop
}

/// A carrier's event, `minute` minutes into 2030.
async fn tell(shop: &Shop, shipment: i64, minute: i64, status: &str) {
    shop.run(&format!(
        "select record_tracking_event({shipment}, '{status}',
           timestamptz '2030-01-01' + {minute} * interval '1 minute')"
    ))
    .await;
}

async fn states(shop: &Shop) -> String {
    shop.text(
        "select (select string_agg(status, ' ' order by shipment_id) from shipments)
           || '; ' || (select string_agg(status, ' ' order by fulfillment_id) from fulfillments)
           || '; ' || (select order_status from orders)",
    )
    .await
}

#[tokio::test]
async fn e1_a_parcel_takes_its_fulfilment_and_order_along() {
    let shop = sent().await;
    assert_eq!(states(&shop).await, "pending; pending; confirmed");
    tell(&shop, 1, 1, "info_received").await;
    assert_eq!(states(&shop).await, "info_received; pending; confirmed");
    tell(&shop, 1, 2, "in_transit").await;
    assert_eq!(states(&shop).await, "in_transit; shipped; shipped");
    assert_eq!(shop.stock("MUG-1").await, (7, 0, 0));
    tell(&shop, 1, 3, "attempt_failed").await;
    tell(&shop, 1, 4, "out_for_delivery").await;
    assert_eq!(states(&shop).await, "out_for_delivery; shipped; shipped");
    tell(&shop, 1, 5, "delivered").await;
    assert_eq!(states(&shop).await, "delivered; delivered; delivered");
    let times = "select to_char(delivered_at - shipped_at, 'MI') from shipments";
    assert_eq!(shop.text(times).await, "03", "as the carrier says");
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn e3_late_and_repeated_events_move_nothing_back_and_are_kept_once() {
    let shop = sent().await;
    tell(&shop, 1, 9, "delivered").await;
    for _ in 0..2 {
        tell(&shop, 1, 2, "in_transit").await;
        tell(&shop, 1, 10, "exception").await;
        tell(&shop, 1, 11, "in_transit").await;
    }
    assert_eq!(states(&shop).await, "delivered; delivered; delivered");
    assert_eq!(shop.number("select count(*) from tracking_events").await, 4);
    tell(&shop, 1, 12, "returned").await;
    assert_eq!(states(&shop).await, "returned; delivered; delivered");
    for text in [
        "update tracking_events set status = 'pending'",
        "delete from tracking_events",
        "delete from shipments",
        "update shipments set tracking_number = 'D2'",
        "update shipments set fulfillment_id = 2",
    ] {
        assert_eq!(shop.sql(text).await, Err("42501".into()), "{text}");
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn e3_events_in_any_order_lead_to_the_same_state() {
    let shop = Shop::stocked(100).await;
    let events = [
        (1, "in_transit"),
        (2, "out_for_delivery"),
        (3, "attempt_failed"),
        (4, "in_transit"),
        (5, "exception"),
    ];
    for turn in 0..events.len() {
        for back in [false, true] {
            let order_id = shop.placed(&order("cod", &[("MUG-1", 1)])).await;
            let fulfillment = shop.fulfillments(order_id).await[0];
            let create = format!("select sp_create_shipment({fulfillment}, 'dpd')");
            let shipment = shop.number(&create).await;
            let mut told = events;
            told.rotate_left(turn);
            if back {
                told.reverse();
            }
            for (minute, status) in told {
                tell(&shop, shipment, minute, status).await;
            }
            let status = format!("select status from shipments where shipment_id = {shipment}");
            assert_eq!(shop.text(&status).await, "exception", "{told:?}");
            tell(&shop, shipment, 6, "in_transit").await;
            assert_eq!(shop.text(&status).await, "attempt_failed", "{told:?}");
        }
    }
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn a12_an_order_in_two_parcels_is_delivered_with_the_last() {
    let shop = sent().await;
    shop.run("select sp_create_shipment(1, 'ups', 'U1'); select sp_create_shipment(1, 'dpd', 'X')")
        .await;
    shop.run("update shipments set status = 'cancelled' where shipment_id = 3")
        .await;
    tell(&shop, 1, 1, "delivered").await;
    assert_eq!(
        states(&shop).await,
        "delivered pending cancelled; shipped; shipped"
    );
    tell(&shop, 3, 1, "delivered").await;
    tell(&shop, 2, 2, "returned").await;
    assert_eq!(
        states(&shop).await,
        "delivered returned cancelled; delivered; delivered"
    );
    let again = "select sp_create_shipment(1, 'ups', 'U1')";
    assert_eq!(shop.number(again).await, 2, "the same parcel");
    let late = "select sp_create_shipment(1, 'ups', 'U2')";
    assert_eq!(shop.sql(late).await, Err("P0STT".into()));
    shop.placed(&order("cod", &[("MUG-1", 1)])).await;
    let taken = "select sp_create_shipment(2, 'ups', 'U1')";
    assert_eq!(shop.sql(taken).await, Err("P0VAL".into()));
    let unknown = "select record_tracking_event(99, 'delivered', clock_now())";
    assert_eq!(shop.sql(unknown).await, Err("P0NOF".into()));
    shop.assert_books_balance().await;
}

#[tokio::test]
async fn e1_an_exception_keeps_how_far_a_parcel_came() {
    let shop = sent().await;
    tell(&shop, 1, 1, "out_for_delivery").await;
    tell(&shop, 1, 2, "exception").await;
    for status in ["in_transit", "info_received", "cancelled"] {
        let text = format!("update shipments set status = '{status}'");
        assert_eq!(shop.sql(&text).await, Err("P0STT".into()), "{status}");
    }
    shop.run("update shipments set status = 'out_for_delivery'")
        .await;
    shop.assert_books_balance().await;
}

/// A look at the parcel that told nothing, so many days into 2030, with the carrier's estimate.
async fn look(shop: &Shop, day: u32, estimate: Option<&str>) {
    let estimate = estimate.map_or("null".to_owned(), |at| format!("'{at}'"));
    shop.run(&format!(
        "set stevedore.now = '{}';
         select record_polls(jsonb_build_array(jsonb_build_object('tenant_id', tenant_id,
           'shipment_id', shipment_id, 'estimated_delivery_at', {estimate}, 'is_known', true)),
           '[]')
         from tracking_schedule;
         reset stevedore.now",
        day_of_2030(day),
    ))
    .await;
}

/// A carrier's event that came when it happened, so many days into 2030.
async fn hear(shop: &Shop, day: u32, status: &str) {
    shop.run(&format!(
        "set stevedore.now = '{}'; select record_tracking_event(1, '{status}', clock_now());
         reset stevedore.now",
        day_of_2030(day),
    ))
    .await;
}

fn day_of_2030(day: u32) -> String {
    format!("2030-{:02}-{:02}T00:00:00Z", day / 28 + 1, day % 28 + 1)
}

/// The parcel's ticket, and what its customer heard.
async fn trouble(shop: &Shop) -> String {
    shop.text(
        "select concat_ws('; ',
           (select string_agg(concat_ws(' ', state, severity, occurrences), ', ' order by ticket_id)
            from tickets where cause_key = 'shipment:1'),
           (select string_agg(distinct event, ', ') from notification_queue
            where notification_type = 'order_delayed'))",
    )
    .await
}

#[tokio::test]
async fn e5_an_exception_opens_a_ticket_tells_the_customer_and_ends_with_the_arrival() {
    let shop = sent().await;
    tell(&shop, 1, 1, "in_transit").await;
    assert_eq!(trouble(&shop).await, "");
    for _ in 0..2 {
        tell(&shop, 1, 2, "exception").await;
    }
    assert_eq!(
        trouble(&shop).await,
        "open medium 1; shipment:1:exception",
        "once"
    );
    tell(&shop, 1, 3, "delivered").await;
    assert_eq!(
        trouble(&shop).await,
        "resolved medium 1; shipment:1:exception"
    );
}

#[tokio::test]
async fn e5_a_parcel_that_comes_back_opens_a_ticket_and_tells_the_customer() {
    let shop = sent().await;
    tell(&shop, 1, 1, "in_transit").await;
    tell(&shop, 1, 2, "returned").await;
    assert_eq!(trouble(&shop).await, "open high 1; shipment:1:returned");
    let asked = "select count(*) from tracking_schedule";
    assert_eq!(shop.number(asked).await, 0, "it is over");
}

#[tokio::test]
async fn e5_a_parcel_a_day_later_than_its_estimate_is_told_of_once() {
    let shop = sent().await;
    hear(&shop, 0, "in_transit").await;
    let estimate = day_of_2030(2);
    look(&shop, 1, Some(&estimate)).await;
    look(&shop, 2, None).await;
    assert_eq!(trouble(&shop).await, "", "not late yet");
    for day in [4, 5] {
        look(&shop, day, None).await;
    }
    assert_eq!(trouble(&shop).await, "open medium 1; shipment:1:late");
}

#[tokio::test]
async fn e5_a_parcel_without_news_for_thirty_days_is_lost() {
    let shop = sent().await;
    hear(&shop, 0, "in_transit").await;
    look(&shop, 27, None).await;
    assert_eq!(trouble(&shop).await, "");
    look(&shop, 33, None).await;
    assert_eq!(trouble(&shop).await, "open high 1; shipment:1:expired");
    let asked = "select count(*) from tracking_schedule";
    assert_eq!(shop.number(asked).await, 0, "nobody is asked any more");
}

/// What docs/tracking.md says, line by line.
#[tokio::test]
async fn e2_parcels_at_the_door_are_asked_for_often_and_quiet_ones_rarely() {
    let shop = Shop::open_empty().await;
    for (status, quiet, estimate, expected) in [
        ("out_for_delivery", "20 days", "null", "00:20:00"),
        ("attempt_failed", "1 hour", "null", "03:00:00"),
        ("exception", "1 hour", "null", "03:00:00"),
        ("in_transit", "1 hour", "'20 hours'", "02:00:00"),
        ("in_transit", "1 hour", "'2 days'", "04:00:00"),
        ("in_transit", "1 hour", "null", "04:00:00"),
        ("in_transit", "1 hour", "'4 days'", "12:00:00"),
        ("info_received", "1 hour", "null", "06:00:00"),
        ("available_for_pickup", "1 hour", "null", "06:00:00"),
        ("in_transit", "6 days", "'20 hours'", "12:00:00"),
        ("exception", "15 days", "null", "1 day"),
    ] {
        let asked = format!("select poll_interval('{status}', '{quiet}', {estimate})");
        assert_eq!(shop.text(&asked).await, expected, "{asked}");
    }
}

#[tokio::test]
async fn e2_news_by_push_brings_the_next_look_nearer() {
    let shop = sent().await;
    let minutes = "select extract(epoch from next_poll_at - clock_now()) / 60
        from tracking_schedule";
    shop.run("update tracking_schedule set next_poll_at = clock_now() + interval '1 day'")
        .await;
    tell(&shop, 1, 1, "out_for_delivery").await;
    let soon = shop.number(minutes).await;
    assert!((17..=23).contains(&soon), "in {soon} minutes");
}
