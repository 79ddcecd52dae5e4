//! What Shiprocket wants to know of an order.

use chrono::{FixedOffset, NaiveDateTime, NaiveTime};
use serde_json::{Value, json};

use crate::{Address, IdempotencyKey, Money, ProviderError, Request};

/// India's only time zone, east of Greenwich.
pub(super) const IST_SECONDS: i32 = 5 * 3_600 + 30 * 60;

/// Whether Shiprocket can carry this at all.
pub(super) fn checked(request: &Request) -> Result<(), ProviderError> {
    let to = &request.parcel()?.address;
    let refuse = |code: &str, message: &str| Err(ProviderError::rejected(code, message));
    if to.country != "IN" {
        return refuse("unserved_country", "Shiprocket delivers within India only");
    }
    if request.totals.goods.currency != "INR" {
        return refuse(
            "unserved_currency",
            "Shiprocket takes orders in rupees only",
        );
    }
    let pincode = to.postal_code.as_deref().unwrap_or_default();
    if pincode.len() != 6 || !pincode.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse(
            "invalid_pincode",
            "the postal code is no pincode of six digits",
        );
    }
    if to.line1.is_empty() || to.city.is_empty() || to.province.is_none() {
        return refuse(
            "incomplete_address",
            "street, city and state are all required",
        );
    }
    if phone(request, to).is_none() {
        return refuse(
            "invalid_phone",
            "no Indian phone number that a courier could call",
        );
    }
    if request.recipient.email.is_none() {
        return refuse(
            "missing_email",
            "Shiprocket requires the customer's mail address",
        );
    }
    if request.items.is_empty() || request.items.iter().any(|item| item.quantity == 0) {
        return refuse("nothing_to_fulfil", "no line asks for goods");
    }
    Ok(())
}

/// The body of `orders/create/adhoc`.
pub(super) fn adhoc(
    request: &Request,
    key: &IdempotencyKey,
    pickup_location: &str,
) -> Result<Value, ProviderError> {
    let parcel = request.parcel()?;
    let to = &parcel.address;
    let totals = &request.totals;
    let placed_at = FixedOffset::east_opt(IST_SECONDS)
        .map(|ist| request.placed_at.with_timezone(&ist).naive_local())
        .unwrap_or(request.placed_at.naive_utc());
    let items: Vec<Value> = request
        .items
        .iter()
        .map(|item| {
            let mut wanted = json!({
                "name": item.title,
                "sku": item.sku,
                "units": item.quantity,
                "selling_price": item.unit_price.decimal(),
            });
            if let Some(hs_code) = &item.goods.customs.hs_code {
                wanted["hsn"] = Value::from(hs_code.as_str());
            }
            wanted
        })
        .collect();
    Ok(json!({
        "order_id": key.as_str(),
        "order_date": placed_at.format("%Y-%m-%d %H:%M").to_string(),
        "pickup_location": pickup_location,
        "comment": request.order_number,
        "billing_customer_name": to.recipient,
        "billing_last_name": "",
        "billing_address": to.line1,
        "billing_address_2": to.line2.as_deref().unwrap_or_default(),
        "billing_city": to.city,
        "billing_pincode": to.postal_code,
        "billing_state": to.province,
        "billing_country": "India",
        "billing_email": request.recipient.email,
        "billing_phone": phone(request, to),
        "shipping_is_billing": true,
        "order_items": items,
        "payment_method": if totals.collect.is_some() { "COD" } else { "Prepaid" },
        "shipping_charges": number(&totals.shipping),
        "giftwrap_charges": 0,
        // The courier collects the sum of all of these, and there is no field for a tax on top.
        "transaction_charges": number(&totals.tax),
        "total_discount": number(&totals.discount),
        "sub_total": number(&totals.goods),
        "length": centimetres(parcel.size.length_mm),
        "breadth": centimetres(parcel.size.width_mm),
        "height": centimetres(parcel.size.height_mm),
        "weight": f64::from(parcel.weight_g) / 1_000.0,
    }))
}

/// The day of pickup, when the AWB's own time tells what day it is there.
pub(super) fn pickup_date(
    assigned_at: Option<NaiveDateTime>,
    until: Option<NaiveTime>,
) -> Option<String> {
    let (assigned_at, until) = (assigned_at?, until?);
    let today = assigned_at.date();
    let day = match assigned_at.time() <= until {
        true => today,
        false => today.succ_opt()?,
    };
    Some(day.format("%Y-%m-%d").to_string())
}

/// The amount as a JSON number, digit by digit.
fn number(money: &Money) -> Value {
    serde_json::from_str(&money.decimal()).unwrap_or_default()
}

/// Shiprocket refuses boxes below half a centimetre.
fn centimetres(millimetres: u32) -> f64 {
    (f64::from(millimetres) / 10.0).max(0.5)
}

/// Ten digits: the recipient's, else the buyer's.
fn phone(request: &Request, to: &Address) -> Option<String> {
    let numbers = [to.phone.as_deref(), request.recipient.phone.as_deref()];
    numbers.into_iter().flatten().find_map(|number| {
        let national = number.strip_prefix("+91").unwrap_or(number);
        let fits = national.len() == 10 && national.bytes().all(|byte| byte.is_ascii_digit());
        (fits && national.starts_with(['6', '7', '8', '9'])).then(|| national.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d4_parcels_booked_late_are_picked_up_on_the_next_day() {
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").ok();
        let until = NaiveTime::from_hms_opt(14, 0, 0);
        let day = |text: &str| pickup_date(at(text), until);
        assert_eq!(day("2026-11-30 13:59").as_deref(), Some("2026-11-30"));
        assert_eq!(day("2026-11-30 14:01").as_deref(), Some("2026-12-01"));
        assert_eq!(pickup_date(None, until), None);
        assert_eq!(pickup_date(at("2026-11-30 09:00"), None), None);
    }
}
