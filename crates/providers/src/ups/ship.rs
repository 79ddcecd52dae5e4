//! UPS's Shipping, Label Recovery, Void and Rating APIs.
//!
//! Wire facts: UPS-API/api-documentation `Shipping.yaml` (v2409) and `Rating.yaml`. Nothing makes a
//! second request harmless, but Label Recovery finds a label by our reference. Pages are not sold:
//! who wants one gets a picture.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{SOURCE, Ups};
use crate::carrier_api::{LogsIn, Said, Stake, list, text};
use crate::label::{CustomsLine, LINE_CHARS_MAX, centimetres, cut, decoded, kilograms, money};
use crate::label::{short, street};
use crate::{
    Address, Consignment, Contact, IdempotencyKey, Journal, Label, LabelFormat, LabelOrder,
    ProviderError, Purchase, Rate, SoldLabel,
};

/// The version of UPS's interfaces that we speak.
const VERSION: &str = "v2409";
/// Label Recovery's.
const RECOVERY_VERSION: &str = "v1";

impl Ups {
    pub(super) async fn buy(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Purchase, ProviderError> {
        order.consignment.conceal(journal);
        let format = match order.format {
            LabelFormat::Zpl => LabelFormat::Zpl,
            LabelFormat::Pdf | LabelFormat::Gif => LabelFormat::Gif,
        };
        if let Contact::Again { since } = contact {
            if let Some(label) = self.recover(key, format, journal).await? {
                return Ok(Purchase::Bought(Box::new(label)));
            }
            if since.is_some_and(|since| since < self.settle) {
                return Ok(Purchase::TooSoon { wait: self.settle });
            }
        }
        let body = self.shipment_request(order, key, format)?;
        let segments = ["api", "shipments", VERSION, "ship"];
        let said = self
            .send(
                "label",
                Stake::Findable,
                Method::POST,
                &segments,
                key.as_str(),
                body,
                journal,
            )
            .await?;
        sold(&said, "/ShipmentResponse/ShipmentResults", format).map(Purchase::Bought)
    }

    /// The label with our reference, if UPS has one.
    async fn recover(
        &self,
        key: &IdempotencyKey,
        format: LabelFormat,
        journal: &mut Journal,
    ) -> Result<Option<Label>, ProviderError> {
        let body = json!({"LabelRecoveryRequest": {
            "Request": {"SubVersion": "1903"},
            "LabelSpecification": {"LabelImageFormat": {"Code": image(format)}},
            "ReferenceValues": {
                "ReferenceNumber": {"Value": reference(key)}, "ShipperNumber": self.shipper()?,
            },
        }});
        let segments = ["api", "labels", RECOVERY_VERSION, "recovery"];
        let said = self
            .send(
                "find_label",
                Stake::Nothing,
                Method::POST,
                &segments,
                key.as_str(),
                body,
                journal,
            )
            .await?;
        if said.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let results = "/LabelRecoveryResponse";
        let number = text(
            &said.body,
            &format!("{results}/LabelResults/0/TrackingNumber"),
        );
        let image = format!("{results}/LabelResults/0/LabelImage/GraphicImage");
        match (number, text(&said.body, &image)) {
            (Some(number), Some(image)) => Ok(Some(Label {
                carrier_shipment_id: text(
                    &said.body,
                    &format!("{results}/ShipmentIdentificationNumber"),
                )
                .unwrap_or_else(|| number.clone()),
                tracking_number: number,
                format,
                bytes: decoded(&image)?,
                price: None,
                tracking_url: None,
            })),
            _ => Err(ProviderError::broken(
                None,
                "the label's answer is not understood",
            )),
        }
    }

    pub(super) async fn give_back(
        &self,
        label: &SoldLabel,
        journal: &mut Journal,
    ) -> Result<(), ProviderError> {
        let id = label.carrier_shipment_id.as_str();
        let segments = ["api", "shipments", VERSION, "void", "cancel", id];
        let said = self
            .send(
                "void",
                Stake::Findable,
                Method::DELETE,
                &segments,
                id,
                Value::Null,
                journal,
            )
            .await?;
        match text(
            &said.body,
            "/VoidShipmentResponse/SummaryResult/Status/Code",
        )
        .as_deref()
        {
            Some("1") => Ok(()),
            code => {
                let code = code.unwrap_or("not_voided");
                Err(ProviderError::rejected(
                    code,
                    "UPS does not take the label back",
                ))
            }
        }
    }

    pub(super) async fn prices(
        &self,
        consignment: &Consignment,
        journal: &mut Journal,
    ) -> Result<Vec<Rate>, ProviderError> {
        consignment.conceal(journal);
        let mut shipment = self.shipment(consignment)?;
        shipment["PaymentDetails"] = shipment["PaymentInformation"].take();
        let body = json!({"RateRequest": {
            "Request": {"RequestOption": "Shop"},
            "Shipment": shipment,
        }});
        let segments = ["api", "rating", VERSION, "Shop"];
        let said = self
            .send(
                "rates",
                Stake::Nothing,
                Method::POST,
                &segments,
                "rates",
                body,
                journal,
            )
            .await?;
        let rated = list(&said.body, "/RateResponse/RatedShipment").iter();
        Ok(rated.filter_map(rate).collect())
    }

    #[expect(clippy::too_many_arguments, reason = "one line of a conversation")]
    async fn send(
        &self,
        operation: &'static str,
        stake: Stake,
        method: Method,
        segments: &[&str],
        transaction: &str,
        body: Value,
        journal: &mut Journal,
    ) -> Result<Said, ProviderError> {
        let mut request = self
            .api
            .request(method, segments)
            .header("transId", super::transaction(transaction))
            .header("transactionSrc", SOURCE);
        if !body.is_null() {
            request = request.json(&body);
        }
        self.call(operation, stake, request, body, journal).await
    }

    fn shipper(&self) -> Result<&str, ProviderError> {
        let missing = || ProviderError::rejected("not_configured", "UPS_ACCOUNT_NUMBER is not set");
        self.account.as_deref().ok_or_else(missing)
    }

    fn shipment_request(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
        format: LabelFormat,
    ) -> Result<Value, ProviderError> {
        let consignment = &order.consignment;
        let mut shipment = self.shipment(consignment)?;
        shipment["Service"] = json!({"Code": order.service});
        let references = json!([{"Value": reference(key)}]);
        let to = &consignment.parcel()?.address.country;
        // Within the United States references belong to packages, elsewhere to the shipment.
        if consignment.from.country == "US" && to == "US" {
            shipment["Package"][0]["ReferenceNumber"] = references;
        } else {
            shipment["ReferenceNumber"] = references;
        }
        if consignment.crosses_customs() {
            let forms = json!({"InternationalForms": self.invoice(consignment)?});
            shipment["ShipmentServiceOptions"] = forms;
        }
        Ok(json!({"ShipmentRequest": {
            "Request": {
                "RequestOption": "nonvalidate",
                "TransactionReference": {"CustomerContext": reference(key)},
            },
            "Shipment": shipment,
            "LabelSpecification": {
                "LabelImageFormat": {"Code": image(format)},
                "LabelStockSize": {"Height": "6", "Width": "4"},
            },
        }}))
    }

    /// What labels and prices have in common.
    fn shipment(&self, consignment: &Consignment) -> Result<Value, ProviderError> {
        let account = self.shipper()?;
        let parcel = consignment.parcel()?;
        let mut shipper = party(&consignment.from, consignment.from.phone.as_deref());
        shipper["ShipperNumber"] = Value::from(account);
        let size = &parcel.size;
        Ok(json!({
            "Description": format!("Order {}", cut(&consignment.request.order_number, 40)),
            "Shipper": shipper,
            "ShipTo": party(&parcel.address, consignment.phone()),
            "PaymentInformation": {"ShipmentCharge": [
                {"Type": "01", "BillShipper": {"AccountNumber": account}},
            ]},
            "Package": [{
                "Packaging": {"Code": "02"},
                "Dimensions": {
                    "UnitOfMeasurement": {"Code": "CM"},
                    "Length": centimetres(size.length_mm).to_string(),
                    "Width": centimetres(size.width_mm).to_string(),
                    "Height": centimetres(size.height_mm).to_string(),
                },
                "PackageWeight": {
                    "UnitOfMeasurement": {"Code": "KGS"},
                    "Weight": kilograms(parcel.weight_g, 1),
                },
            }],
        }))
    }

    /// The commercial invoice.
    fn invoice(&self, consignment: &Consignment) -> Result<Value, ProviderError> {
        let parcel = consignment.parcel()?;
        let request = &consignment.request;
        let products: Vec<Value> = request
            .items
            .iter()
            .map(|item| {
                let line = CustomsLine::of(item, &consignment.from);
                let mut product = json!({
                    "Description": [line.description],
                    "Unit": {
                        "Number": line.quantity.to_string(),
                        "Value": line.value.decimal(),
                        "UnitOfMeasurement": {"Code": "PCS"},
                    },
                    "OriginCountryCode": line.origin,
                });
                if let Some(code) = line.hs_code {
                    product["CommodityCode"] = Value::from(code);
                }
                product
            })
            .collect();
        Ok(json!({
            "FormType": ["01"],
            "InvoiceNumber": cut(&request.order_number, 35),
            "InvoiceDate": consignment.ships_at.format("%Y%m%d").to_string(),
            "ReasonForExport": "SALE",
            "CurrencyCode": request.totals.goods.currency,
            "TermsOfShipment": parcel.incoterm.as_str(),
            "Contacts": {"SoldTo": party(&parcel.address, consignment.phone())},
            "Product": products,
        }))
    }
}

/// UPS refuses references of more than 35 characters: a UUID without its dashes has 32.
fn reference(key: &IdempotencyKey) -> String {
    short(key, 35)
}

fn image(format: LabelFormat) -> &'static str {
    match format {
        LabelFormat::Zpl => "ZPL",
        LabelFormat::Pdf | LabelFormat::Gif => "GIF",
    }
}

fn party(address: &Address, phone: Option<&str>) -> Value {
    let mut place = json!({
        "AddressLine": street(address, LINE_CHARS_MAX),
        "City": cut(&address.city, 30),
        "CountryCode": address.country,
    });
    if let Some(code) = &address.postal_code {
        let dense: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        place["PostalCode"] = Value::from(cut(&dense, 9));
    }
    // UPS wants provinces where it knows them, and knows them by their codes.
    if let Some(province) = address.province.as_deref().filter(|name| name.len() <= 5) {
        place["StateProvinceCode"] = Value::from(province);
    }
    let mut party = json!({
        "Name": cut(&address.recipient, 35),
        "AttentionName": cut(&address.recipient, 35),
        "Address": place,
    });
    if let Some(phone) = phone {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        party["Phone"] = json!({"Number": cut(&digits, 15)});
    }
    party
}

/// What was bought.
fn sold(said: &Said, results: &str, format: LabelFormat) -> Result<Box<Label>, ProviderError> {
    let at = |pointer: &str| text(&said.body, &format!("{results}{pointer}"));
    let package = ["/PackageResults/0", "/PackageResults"]
        .into_iter()
        .find(|package| at(&format!("{package}/TrackingNumber")).is_some());
    let not_understood = || ProviderError::broken(None, "sold, but the answer holds no label");
    let package = package.ok_or_else(not_understood)?;
    let number = at(&format!("{package}/TrackingNumber")).ok_or_else(not_understood)?;
    let image = at(&format!("{package}/ShippingLabel/GraphicImage")).ok_or_else(not_understood)?;
    let charge = at("/NegotiatedRateCharges/TotalCharge/MonetaryValue")
        .zip(at("/NegotiatedRateCharges/TotalCharge/CurrencyCode"))
        .or_else(|| {
            at("/ShipmentCharges/TotalCharges/MonetaryValue")
                .zip(at("/ShipmentCharges/TotalCharges/CurrencyCode"))
        });
    Ok(Box::new(Label {
        carrier_shipment_id: at("/ShipmentIdentificationNumber").unwrap_or_else(|| number.clone()),
        tracking_url: Some(format!("https://www.ups.com/track?tracknum={number}")),
        tracking_number: number,
        format,
        bytes: decoded(&image)?,
        price: charge.and_then(|(value, currency)| money(&value, &currency)),
    }))
}

fn rate(rated: &Value) -> Option<Rate> {
    let negotiated = "/NegotiatedRateCharges/TotalCharge";
    let total = match rated.pointer(negotiated) {
        Some(_) => negotiated,
        None => "/TotalCharges",
    };
    let value = text(rated, &format!("{total}/MonetaryValue"))?;
    let currency = text(rated, &format!("{total}/CurrencyCode"))?;
    Some(Rate {
        service: text(rated, "/Service/Code")?,
        price: money(&value, &currency)?,
        days: text(rated, "/GuaranteedDelivery/BusinessDaysInTransit")
            .and_then(|days| days.parse().ok()),
    })
}
