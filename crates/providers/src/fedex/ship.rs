//! FedEx's Ship and Rate APIs.
//!
//! Wire facts: FedEx's OpenAPI of Ship v1 and Rate v1. Nothing makes a second request harmless, and
//! no label is found again by our reference: a lost answer is for a person.

use reqwest::Method;
use serde_json::{Value, json};

use super::Fedex;
use crate::carrier_api::{LogsIn, Stake, list, text};
use crate::label::{CustomsLine, LINE_CHARS_MAX, centimetres, cut, days_until, decoded};
use crate::label::{kilograms, money, not_again, number, short, street};
use crate::{
    Address, Consignment, Contact, IdempotencyKey, Incoterm, Journal, Label, LabelFormat,
    LabelOrder, ProviderError, Purchase, Rate, SoldLabel,
};

/// Of a customer's reference on FedEx Ground; on Express, 40.
const REFERENCE_CHARS_MAX: usize = 30;

impl Fedex {
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
        let request = self
            .api
            .request(Method::POST, &["ship", "v1", "shipments"])
            .header("x-customer-transaction-id", key.as_str())
            .header("x-locale", "en_US")
            .json(&body);
        let said = self
            .call("label", Stake::Lost, request, body, journal)
            .await?;
        let shipment = "/output/transactionShipments/0";
        let at = |pointer: &str| text(&said.body, &format!("{shipment}{pointer}"));
        let not_understood = || ProviderError::unknown("sold, but the answer holds no label");
        let tracking_number = at("/pieceResponses/0/trackingNumber").ok_or_else(not_understood)?;
        let document = "/pieceResponses/0/packageDocuments/0/encodedLabel";
        let label = at(document).ok_or_else(not_understood)?;
        let price = at("/pieceResponses/0/netRateAmount").zip(at("/pieceResponses/0/currency"));
        Ok(Purchase::Bought(Box::new(Label {
            carrier_shipment_id: at("/masterTrackingNumber")
                .unwrap_or_else(|| tracking_number.clone()),
            tracking_url: Some(format!(
                "https://www.fedex.com/fedextrack/?trknbr={tracking_number}"
            )),
            tracking_number,
            format: format(order.format).0,
            bytes: decoded(&label)?,
            price: price.and_then(|(amount, currency)| money(&amount, &currency)),
        })))
    }

    pub(super) async fn give_back(
        &self,
        label: &SoldLabel,
        journal: &mut Journal,
    ) -> Result<(), ProviderError> {
        let body = json!({
            "accountNumber": {"value": self.shipper()?},
            "senderCountryCode": label.from_country,
            "deletionControl": "DELETE_ALL_PACKAGES",
            "trackingNumber": label.carrier_shipment_id,
        });
        let request = self
            .api
            .request(Method::PUT, &["ship", "v1", "shipments", "cancel"])
            .header("x-locale", "en_US")
            .json(&body);
        let said = self
            .call("void", Stake::Findable, request, body, journal)
            .await?;
        if said.body.pointer("/output/cancelledShipment") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        let message = text(&said.body, "/output/message");
        let message = message.unwrap_or_else(|| "FedEx does not take the label back".to_owned());
        Err(ProviderError::rejected("not_cancelled", message))
    }

    pub(super) async fn prices(
        &self,
        consignment: &Consignment,
        journal: &mut Journal,
    ) -> Result<Vec<Rate>, ProviderError> {
        consignment.conceal(journal);
        let parcel = consignment.parcel()?;
        let body = json!({
            "accountNumber": {"value": self.shipper()?},
            "rateRequestControlParameters": {"returnTransitTimes": true},
            "requestedShipment": {
                "shipper": {"address": place(&consignment.from)},
                "recipient": {"address": place(&parcel.address)},
                "shipDateStamp": consignment.ships_at.format("%Y-%m-%d").to_string(),
                "pickupType": "USE_SCHEDULED_PICKUP",
                "rateRequestType": ["ACCOUNT"],
                "requestedPackageLineItems": [package(consignment)?],
            },
        });
        let request = self
            .api
            .request(Method::POST, &["rate", "v1", "rates", "quotes"])
            .header("x-locale", "en_US")
            .json(&body);
        let said = self
            .call("rates", Stake::Nothing, request, body, journal)
            .await?;
        let quotes = list(&said.body, "/output/rateReplyDetails").iter();
        Ok(quotes
            .filter_map(|quote| rate(consignment, quote))
            .collect())
    }

    fn shipper(&self) -> Result<&str, ProviderError> {
        let missing = "FEDEX_ACCOUNT_NUMBER is not set";
        let missing = || ProviderError::rejected("not_configured", missing);
        self.account.as_deref().ok_or_else(missing)
    }

    fn shipment_request(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
    ) -> Result<Value, ProviderError> {
        let consignment = &order.consignment;
        let parcel = consignment.parcel()?;
        let (_, image, stock) = format(order.format);
        let mut package = package(consignment)?;
        package["customerReferences"] = json!([{
            "customerReferenceType": "CUSTOMER_REFERENCE",
            "value": short(key, REFERENCE_CHARS_MAX),
        }]);
        let mut shipment = json!({
            "shipDatestamp": consignment.ships_at.format("%Y-%m-%d").to_string(),
            "serviceType": order.service,
            "packagingType": "YOUR_PACKAGING",
            "pickupType": "USE_SCHEDULED_PICKUP",
            "shipper": party(&consignment.from, consignment.from.phone.as_deref()),
            "recipients": [party(&parcel.address, consignment.any_phone())],
            "shippingChargesPayment": {"paymentType": "SENDER"},
            "totalWeight": number(&pounds(parcel.weight_g)),
            "labelSpecification": {"imageType": image, "labelStockType": stock},
            "requestedPackageLineItems": [package],
        });
        if consignment.crosses_customs() {
            shipment["customsClearanceDetail"] = customs(consignment)?;
        }
        Ok(json!({
            "labelResponseOptions": "LABEL",
            "accountNumber": {"value": self.shipper()?},
            "requestedShipment": shipment,
        }))
    }
}

/// The shipment's whole weight, which FedEx wants in pounds with one decimal, rounded up.
fn pounds(grams: u32) -> String {
    let tenths = (u64::from(grams) * 1_000_000).div_ceil(45_359_237).max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// What comes, FedEx's word for it, and the stock that it is for.
fn format(wanted: LabelFormat) -> (LabelFormat, &'static str, &'static str) {
    match wanted {
        LabelFormat::Zpl => (LabelFormat::Zpl, "ZPLII", "STOCK_4X6"),
        LabelFormat::Pdf | LabelFormat::Gif => (LabelFormat::Pdf, "PDF", "PAPER_4X6"),
    }
}

fn place(address: &Address) -> Value {
    let mut place = json!({
        "streetLines": street(address, LINE_CHARS_MAX),
        "city": cut(&address.city, 35),
        "countryCode": address.country,
    });
    if let Some(code) = &address.postal_code {
        place["postalCode"] = Value::from(cut(code, 10));
    }
    // FedEx knows provinces by their two letters.
    if let Some(province) = address.province.as_deref().filter(|name| name.len() == 2) {
        place["stateOrProvinceCode"] = Value::from(province);
    }
    place
}

fn party(address: &Address, phone: Option<&str>) -> Value {
    let digits: String = phone
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_digit)
        .take(15)
        .collect();
    json!({
        "contact": {"personName": cut(&address.recipient, 70), "phoneNumber": digits},
        "address": place(address),
    })
}

fn package(consignment: &Consignment) -> Result<Value, ProviderError> {
    let parcel = consignment.parcel()?;
    let size = &parcel.size;
    Ok(json!({
        "weight": {"units": "KG", "value": number(&kilograms(parcel.weight_g, 2))},
        "dimensions": {
            "length": centimetres(size.length_mm), "width": centimetres(size.width_mm),
            "height": centimetres(size.height_mm), "units": "CM",
        },
    }))
}

fn customs(consignment: &Consignment) -> Result<Value, ProviderError> {
    let parcel = consignment.parcel()?;
    let request = &consignment.request;
    let payer = match parcel.incoterm {
        Incoterm::Dap => "RECIPIENT",
        Incoterm::Ddp => "SENDER",
    };
    let mut total = 0;
    let mut commodities = Vec::with_capacity(request.items.len());
    for item in &request.items {
        let line = CustomsLine::of(item, &consignment.from);
        let value = line
            .value
            .with_amount(line.value.amount * i64::from(line.quantity));
        total += value.amount;
        let amount = |decimal: &str| json!({"amount": number(decimal), "currency": value.currency});
        let mut commodity = json!({
            "description": line.description,
            "countryOfManufacture": line.origin,
            "quantity": line.quantity,
            "quantityUnits": "PCS",
            "unitPrice": amount(&line.value.decimal()),
            "customsValue": amount(&value.decimal()),
            "weight": {
                "units": "KG",
                "value": number(&kilograms(line.weight_g.saturating_mul(line.quantity), 3)),
            },
        });
        if let Some(code) = line.hs_code {
            commodity["harmonizedCode"] = Value::from(code);
        }
        commodities.push(commodity);
    }
    let goods = &request.totals.goods;
    Ok(json!({
        "dutiesPayment": {"paymentType": payer},
        "commercialInvoice": {
            "termsOfSale": parcel.incoterm.as_str(), "shipmentPurpose": "SOLD",
        },
        "totalCustomsValue": {
            "amount": number(&goods.with_amount(total).decimal()), "currency": goods.currency,
        },
        "commodities": commodities,
    }))
}

fn rate(consignment: &Consignment, quote: &Value) -> Option<Rate> {
    let details = list(quote, "/ratedShipmentDetails");
    let ours = details
        .iter()
        .find(|rated| text(rated, "/rateType").as_deref() == Some("ACCOUNT"));
    let rated = ours.or_else(|| details.first())?;
    let date = text(quote, "/commit/dateDetail/dayFormat");
    Some(Rate {
        service: text(quote, "/serviceType")?,
        price: money(&text(rated, "/totalNetCharge")?, &text(rated, "/currency")?)?,
        days: date.and_then(|date| days_until(consignment.ships_at, &date)),
    })
}
