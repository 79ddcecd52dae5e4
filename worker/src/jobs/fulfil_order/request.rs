//! From a fulfilment in the database to what a provider is asked for.

use serde_json::Value;
use stevedore_model::fulfillments::{FulfillmentWork, WorkLine, WorkParcel};
use stevedore_providers::{
    Address, Customs, Goods, Incoterm, Item, Money, Parcel, Recipient, Request, Size, Totals,
};

/// What the provider is asked for.
pub(in crate::jobs) fn request(work: &FulfillmentWork) -> Request {
    let recipient = recipient(
        &work.customer_name,
        work.customer_phone.as_deref(),
        work.customer_email.as_deref(),
    );
    let to = work.shipping_address.as_ref();
    let request = request_of(&work.order_number, recipient, to, &work.lines, &work.parcel);
    Request {
        service: work.service.clone(),
        ..request
    }
}

/// Who ordered.
pub(in crate::jobs) fn recipient(
    name: &str,
    phone: Option<&str>,
    email: Option<&str>,
) -> Recipient {
    Recipient {
        name: name.to_owned(),
        phone: phone.map(str::to_owned),
        email: email.map(str::to_owned),
    }
}

/// These lines of an order, and the parcel that they make if they go anywhere.
pub(in crate::jobs) fn request_of(
    order_number: &str,
    recipient: Recipient,
    to: Option<&Value>,
    lines: &[WorkLine],
    parcel: &WorkParcel,
) -> Request {
    Request {
        order_number: order_number.to_owned(),
        placed_at: parcel.placed_at,
        items: lines.iter().map(|line| item(line, parcel)).collect(),
        recipient,
        parcel: to.map(|to| Parcel {
            address: address(to),
            weight_g: parcel.weight_g,
            size: Size {
                length_mm: parcel.length_mm,
                width_mm: parcel.width_mm,
                height_mm: parcel.height_mm,
            },
            incoterm: match parcel.incoterm.as_str() {
                "DDP" => Incoterm::Ddp,
                _ => Incoterm::Dap,
            },
        }),
        totals: totals(parcel),
        service: None,
    }
}

fn item(line: &WorkLine, parcel: &WorkParcel) -> Item {
    let goods = &line.goods;
    let size = match (goods.length_mm, goods.width_mm, goods.height_mm) {
        (Some(length_mm), Some(width_mm), Some(height_mm)) => Some(Size {
            length_mm,
            width_mm,
            height_mm,
        }),
        _ => None,
    };
    let origin = goods.origin_country.as_ref();
    Item {
        sku: line.sku.clone(),
        title: line.title.clone(),
        quantity: u32::try_from(line.quantity).unwrap_or(0),
        unit_price: money(parcel, line.unit_price),
        recipient_phone: line.recipient_phone.clone(),
        attributes: line.attributes.clone(),
        goods: Goods {
            weight_g: goods.weight_g,
            size,
            customs: Customs {
                hs_code: goods.hs_code.clone(),
                origin_country: origin.or(parcel.origin_country.as_ref()).cloned(),
                description: goods.customs_description.clone(),
                value: goods.customs_value.map(|value| money(parcel, value)),
            },
        },
    }
}

fn totals(parcel: &WorkParcel) -> Totals {
    Totals {
        goods: money(parcel, parcel.goods),
        shipping: money(parcel, parcel.shipping),
        tax: money(parcel, parcel.tax),
        discount: money(parcel, parcel.discount),
        collect: parcel.collect.map(|amount| money(parcel, amount)),
    }
}

fn money(parcel: &WorkParcel, amount: i64) -> Money {
    Money {
        amount,
        currency: parcel.currency.as_str().to_owned(),
        minor_digits: parcel.currency.minor_digits(),
    }
}

/// The address as it was kept: read leniently, since what was once accepted must be sent.
pub(in crate::jobs) fn address(kept: &Value) -> Address {
    let field = |name: &str| {
        let text = kept.get(name).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let required = |name: &str| field(name).unwrap_or_default();
    Address {
        recipient: required("recipient"),
        phone: field("phone"),
        line1: required("address"),
        line2: field("address2"),
        city: required("city"),
        province: field("province"),
        postal_code: field("postal_code"),
        country: required("country"),
    }
}
