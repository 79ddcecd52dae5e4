//! MyDHL's shipments and rates.
//!
//! Wire facts: DHL Express' OpenAPI 3.1.1. Nothing makes a second request harmless, no label is
//! found
//! again by our reference, and shipments are not cancelled by API: an unused waybill is never
//! billed.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Express, VERSION};
use crate::carrier_api::{Stake, list, text};
use crate::label::{CustomsLine, DHL_LINE_CHARS_MAX, centimetres, cut, days_until, decoded};
use crate::label::{kilograms, money, not_again, number, short, street};
use crate::{
    Address, Consignment, Contact, IdempotencyKey, Journal, Label, LabelFormat, LabelOrder,
    ProviderError, Purchase, Rate,
};
use secrecy::ExposeSecret;

/// Of a customer's reference.
const REFERENCE_CHARS_MAX: usize = 35;

impl Express {
    pub(super) async fn buy(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Purchase, ProviderError> {
        if contact != Contact::First {
            return Err(not_again());
        }
        order.consignment.conceal(journal);
        let body = self.shipment_request(order, key)?;
        let segments = ["shipments"];
        let said = self.send("label", Stake::Lost, &segments, key.as_str(), body, journal);
        let said = said.await?.body;
        let not_understood = || ProviderError::unknown("sold, but the answer holds no label");
        let tracking_number = text(&said, "/shipmentTrackingNumber").ok_or_else(not_understood)?;
        let documents = list(&said, "/documents");
        let is_label =
            |document: &&Value| text(document, "/typeCode").is_none_or(|kind| kind == "label");
        let document = documents.iter().find(is_label).ok_or_else(not_understood)?;
        let content = text(document, "/content").ok_or_else(not_understood)?;
        let charge = list(&said, "/shipmentCharges").iter();
        Ok(Purchase::Bought(Box::new(Label {
            carrier_shipment_id: tracking_number.clone(),
            tracking_url: Some(format!(
                "https://www.dhl.com/global-en/home/tracking.html?tracking-id={tracking_number}"
            )),
            tracking_number,
            format: format(order.format),
            bytes: decoded(&content)?,
            price: charge.clone().find_map(billed),
        })))
    }

    pub(super) async fn prices(
        &self,
        consignment: &Consignment,
        journal: &mut Journal,
    ) -> Result<Vec<Rate>, ProviderError> {
        consignment.conceal(journal);
        let parcel = consignment.parcel()?;
        let body = json!({
            "customerDetails": {
                "shipperDetails": place(&consignment.from),
                "receiverDetails": place(&parcel.address),
            },
            "accounts": [{"typeCode": "shipper", "number": self.shipper()?}],
            "plannedShippingDateAndTime": planned(consignment),
            "unitOfMeasurement": "metric",
            "isCustomsDeclarable": consignment.crosses_customs(),
            "packages": [package(consignment)?],
        });
        let said = self
            .send("rates", Stake::Nothing, &["rates"], "rates", body, journal)
            .await?;
        let products = list(&said.body, "/products").iter();
        Ok(products
            .filter_map(|product| rate(consignment, product))
            .collect())
    }

    async fn send(
        &self,
        operation: &'static str,
        stake: Stake,
        segments: &[&str],
        reference: &str,
        body: Value,
        journal: &mut Journal,
    ) -> Result<crate::carrier_api::Said, ProviderError> {
        journal.conceal(self.password.expose_secret());
        let mut request = self
            .api
            .request(Method::POST, segments)
            .basic_auth(&self.user, Some(self.password.expose_secret()))
            .header("x-version", VERSION)
            .json(&body);
        if (28..=36).contains(&reference.len()) {
            request = request.header("Message-Reference", reference);
        }
        self.api
            .call(operation, stake, request, body, journal)
            .await
    }

    fn shipper(&self) -> Result<&str, ProviderError> {
        let missing = || ProviderError::rejected("not_configured", "DHL_ACCOUNT_NUMBER is not set");
        self.account.as_deref().ok_or_else(missing)
    }

    fn shipment_request(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
    ) -> Result<Value, ProviderError> {
        let consignment = &order.consignment;
        let parcel = consignment.parcel()?;
        let encoding = format(order.format).as_str();
        let mut content = json!({
            "packages": [package(consignment)?],
            "isCustomsDeclarable": consignment.crosses_customs(),
            "description": format!("Order {}", cut(&consignment.request.order_number, 64)),
            "incoterm": parcel.incoterm.as_str(),
            "unitOfMeasurement": "metric",
        });
        if consignment.crosses_customs() {
            declare(&mut content, consignment);
        }
        let from_phone = consignment.from.phone.as_deref();
        Ok(json!({
            "plannedShippingDateAndTime": planned(consignment),
            "pickup": {"isRequested": false},
            "productCode": order.service,
            "accounts": [{"typeCode": "shipper", "number": self.shipper()?}],
            "customerReferences": [
                {"value": short(key, REFERENCE_CHARS_MAX), "typeCode": "CU"},
            ],
            "outputImageProperties": {
                "encodingFormat": encoding,
                "imageOptions": [{"typeCode": "label", "isRequested": true}],
            },
            "customerDetails": {
                "shipperDetails": party(&consignment.from, from_phone),
                "receiverDetails": party(&parcel.address, consignment.any_phone()),
            },
            "content": content,
            "getRateEstimates": true,
        }))
    }
}

/// DHL prints pages and ZPL.
fn format(wanted: LabelFormat) -> LabelFormat {
    match wanted {
        LabelFormat::Zpl => LabelFormat::Zpl,
        LabelFormat::Pdf | LabelFormat::Gif => LabelFormat::Pdf,
    }
}

/// `2019-08-04T14:00:31 GMT+01:00`.
fn planned(consignment: &Consignment) -> String {
    let at = consignment.ships_at;
    at.format("%Y-%m-%dT%H:%M:%S GMT+00:00").to_string()
}

fn place(address: &Address) -> Value {
    let mut place = json!({
        "postalCode": cut(address.postal_code.as_deref().unwrap_or_default(), 12),
        "cityName": cut(&address.city, DHL_LINE_CHARS_MAX),
        "countryCode": address.country,
    });
    for (nth, line) in (1..).zip(street(address, DHL_LINE_CHARS_MAX)) {
        place[format!("addressLine{nth}")] = Value::from(line);
    }
    place
}

fn party(address: &Address, phone: Option<&str>) -> Value {
    json!({
        "postalAddress": place(address),
        "contactInformation": {
            "phone": phone.unwrap_or("0"),
            "companyName": cut(&address.recipient, 100),
            "fullName": cut(&address.recipient, 255),
        },
    })
}

fn package(consignment: &Consignment) -> Result<Value, ProviderError> {
    let parcel = consignment.parcel()?;
    Ok(json!({
        "weight": number(&kilograms(parcel.weight_g, 3)),
        "dimensions": {
            "length": centimetres(parcel.size.length_mm),
            "width": centimetres(parcel.size.width_mm),
            "height": centimetres(parcel.size.height_mm),
        },
    }))
}

/// What customs ask.
fn declare(content: &mut Value, consignment: &Consignment) {
    let request = &consignment.request;
    let mut total = 0;
    let mut lines = Vec::with_capacity(request.items.len());
    for (nth, item) in request.items.iter().enumerate() {
        let line = CustomsLine::of(item, &consignment.from);
        total += line.value.amount * i64::from(line.quantity);
        let weight = number(&kilograms(line.weight_g.saturating_mul(line.quantity), 3));
        let mut declared = json!({
            "number": nth + 1,
            "description": line.description,
            "price": number(&line.value.decimal()),
            "quantity": {"value": line.quantity, "unitOfMeasurement": "PCS"},
            "exportReasonType": "permanent",
            "manufacturerCountry": line.origin,
            "weight": {"netValue": weight, "grossValue": weight},
        });
        if let Some(code) = line.hs_code {
            declared["commodityCodes"] = json!([{"typeCode": "outbound", "value": code}]);
        }
        lines.push(declared);
    }
    let goods = request.totals.goods.with_amount(total);
    content["declaredValue"] = number(&goods.decimal());
    content["declaredValueCurrency"] = Value::from(goods.currency.as_str());
    content["exportDeclaration"] = json!({
        "lineItems": lines,
        "invoice": {
            "number": cut(&request.order_number, 35),
            "date": consignment.ships_at.format("%Y-%m-%d").to_string(),
        },
    });
}

/// The price in the currency of our account.
fn billed(charge: &Value) -> Option<crate::Money> {
    if text(charge, "/currencyType").is_some_and(|kind| kind != "BILLC") {
        return None;
    }
    money(&text(charge, "/price")?, &text(charge, "/priceCurrency")?)
}

fn rate(consignment: &Consignment, product: &Value) -> Option<Rate> {
    let at = text(
        product,
        "/deliveryCapabilities/estimatedDeliveryDateAndTime",
    );
    Some(Rate {
        service: text(product, "/productCode")?,
        price: list(product, "/totalPrice").iter().find_map(billed)?,
        days: at.and_then(|at| days_until(consignment.ships_at, &at)),
    })
}
