//! docs/state-machines.md shows the state machines as the database has them.

use std::fmt::Write as _;
use std::path::Path;

use crate::shop::Shop;

const AXES: [(&str, &str); 5] = [
    (
        "order",
        "Orders: from `processing` on, the state follows the fulfilments.",
    ),
    ("payment", "Payments of an order, as a whole."),
    ("fulfillment", "Fulfilments: what is asked of one provider."),
    (
        "shipment",
        "Shipments. How far a parcel came never shrinks, also where an arrow would allow it.",
    ),
    ("return", "Returns."),
];

async fn page(shop: &Shop) -> String {
    let mut page = "# State machines\n\n\
        The legal changes of state, drawn from the table `order_state_transitions`: triggers\n\
        refuse every other with SQLSTATE `P0STT`, whoever writes. Written by\n\
        `UPDATE_DOCS=1 cargo test -p stevedore-model --test it pictures`.\n"
        .to_owned();
    for (axis, about) in AXES {
        let arrows = shop
            .text(&format!(
                "select string_agg(format('  %s --> %s', coalesce(from_status, '[*]'), to_status),
                   E'\\n' order by from_status nulls first, to_status)
                 from order_state_transitions where axis = '{axis}'"
            ))
            .await;
        let ends = shop
            .text(&format!(
                "select coalesce(string_agg(distinct format('  %s --> [*]', to_status), E'\\n'), '')
                 from order_state_transitions as t where axis = '{axis}' and not exists (
                   select from order_state_transitions as n
                   where n.axis = t.axis and n.from_status = t.to_status)"
            ))
            .await;
        write!(
            page,
            "\n## {axis}\n\n{about}\n\n```mermaid\nstateDiagram-v2\n{arrows}\n{ends}\n```\n"
        )
        .unwrap();
    }
    page
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the test says so, not an operator"
)]
async fn a5_the_pictures_show_the_state_machines_of_the_database() {
    let shop = Shop::open().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/state-machines.md");
    let page = page(&shop).await;
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page, "run again with UPDATE_DOCS=1");
}

#[tokio::test]
async fn a5_the_single_status_of_earlier_systems_is_derived() {
    let shop = Shop::open().await;
    for (order, payment, single) in [
        ("pending", "pending", "pending"),
        ("confirmed", "pending", "confirmed"),
        ("confirmed", "paid", "paid"),
        ("processing", "paid", "processing"),
        ("partially_shipped", "paid", "shipped"),
        ("completed", "paid", "delivered"),
        ("cancelled", "paid", "cancelled"),
        ("cancelled", "refunded", "refunded"),
        ("returned", "refunded", "refunded"),
        ("on_hold", "paid", "on_hold"),
    ] {
        let ask = format!("select single_status('{order}', '{payment}')");
        assert_eq!(shop.text(&ask).await, single, "{order} {payment}");
    }
    shop.run("select count(*) from vw_order_statuses").await;
}
