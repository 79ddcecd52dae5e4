//! Royal Mail's Shipping API v3.
//!
//! Wire facts: zVPS/royal-mail-shipping-rest-api-client (Royal Mail's own OpenAPI 3.0.20 and the
//! client made of it). The token lasts four hours. Nothing makes a second request harmless and no
//! label is found again by our reference. There are no prices: they are in the shop's contract.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{CODE, RoyalMail};
use crate::carrier_api::{Api, LogsIn, Stake, text};
use crate::label::street;
use crate::label::{CustomsLine, LINE_CHARS_MAX, cut, decoded, kilograms, not_again, number};
use crate::{
    Contact, IdempotencyKey, Journal, Label, LabelFormat, LabelOrder, NewToken, ProviderError,
    Purchase, SoldLabel, TokenCache, TokenKey,
};

/// How long a token works (`iat` and `exp` of the description's example).
const TOKEN_LIFETIME: Duration = Duration::from_secs(4 * 60 * 60);

/// The user of the Shipping API.
pub(super) struct Shipping {
    pub(super) user: String,
    pub(super) password: SecretString,
    pub(super) posting_location: String,
    pub(super) token_key: TokenKey,
}

impl Shipping {
    pub(super) fn new(user: String, password: SecretString, posting_location: String) -> Self {
        Self {
            token_key: TokenKey {
                name: format!("{CODE}/{user}"),
                credentials: password.clone(),
            },
            user,
            password,
            posting_location,
        }
    }
}

#[async_trait]
impl LogsIn for RoyalMail {
    fn api(&self) -> &Api {
        &self.api
    }

    fn tokens(&self) -> &dyn TokenCache {
        self.tokens.as_ref()
    }

    fn token_key(&self) -> &TokenKey {
        &self
            .shipping
            .as_ref()
            .expect("shipping() is asked first")
            .token_key
    }

    fn with_token(&self, request: RequestBuilder, token: &str) -> RequestBuilder {
        request
            .header("X-IBM-Client-Id", &self.client_id)
            .header("X-RMG-Auth-Token", token)
    }

    async fn log_in(&self, journal: &mut Journal) -> Result<NewToken, ProviderError> {
        let shipping = self.shipping()?;
        journal.conceal(self.client_secret.expose_secret());
        journal.conceal(shipping.password.expose_secret());
        let request = self
            .api
            .request(Method::POST, &["shipping", "v3", "token"])
            .header("X-IBM-Client-Id", &self.client_id)
            .header("X-IBM-Client-Secret", self.client_secret.expose_secret())
            .header("X-RMG-Security-Username", &shipping.user)
            .header("X-RMG-Security-Password", shipping.password.expose_secret())
            .header("Accept", "application/json");
        let said = self
            .api
            .call("log_in", Stake::Nothing, request, Value::Null, journal);
        let token = text(&said.await?.body, "/token");
        let token = token.ok_or_else(|| ProviderError::transient("the login holds no token"))?;
        Ok(NewToken {
            token: token.into(),
            lifetime: TOKEN_LIFETIME,
        })
    }
}

impl RoyalMail {
    fn shipping(&self) -> Result<&Shipping, ProviderError> {
        let missing = "ROYAL_MAIL_USERNAME is not set";
        let missing = || ProviderError::rejected("not_configured", missing);
        self.shipping.as_ref().ok_or_else(missing)
    }

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
        let body = shipment_request(self.shipping()?, order, key)?;
        let request = self
            .api
            .request(Method::POST, &["shipping", "v3", "shipments"])
            .header("Accept", "application/json")
            .json(&body);
        let said = self
            .call("label", Stake::Lost, request, body, journal)
            .await?;
        let at = |pointer: &str| text(&said.body, pointer);
        let not_understood = || ProviderError::unknown("sold, but the answer holds no label");
        let tracking_number = at("/Packages/0/TrackingNumber")
            .or_else(|| at("/ConsignmentNumber"))
            .ok_or_else(not_understood)?;
        let image = at("/LabelImages").ok_or_else(not_understood)?;
        Ok(Purchase::Bought(Box::new(Label {
            carrier_shipment_id: at("/Packages/0/UniqueId")
                .filter(|_| at("/Packages/0/TrackingNumber").is_none())
                .unwrap_or_else(|| tracking_number.clone()),
            tracking_url: at("/Packages/0/TrackingUrl"),
            tracking_number,
            format: format(order.format).0,
            bytes: decoded(&image)?,
            price: None,
        })))
    }

    pub(super) async fn give_back(
        &self,
        label: &SoldLabel,
        journal: &mut Journal,
    ) -> Result<(), ProviderError> {
        self.shipping()?;
        let body = json!([{
            "ShipmentId": label.carrier_shipment_id,
            "ReasonForCancellation": "Label not used",
        }]);
        let request = self
            .api
            .request(Method::PUT, &["shipping", "v3", "shipments", "cancel"])
            .header("Accept", "application/json")
            .json(&body);
        self.call("void", Stake::Findable, request, body, journal)
            .await
            .map(drop)
    }
}

/// What comes, and Royal Mail's word for it.
fn format(wanted: LabelFormat) -> (LabelFormat, &'static str) {
    match wanted {
        LabelFormat::Zpl => (LabelFormat::Zpl, "ZPL203DPI"),
        LabelFormat::Pdf | LabelFormat::Gif => (LabelFormat::Pdf, "PDF"),
    }
}

fn shipment_request(
    shipping: &Shipping,
    order: &LabelOrder,
    key: &IdempotencyKey,
) -> Result<Value, ProviderError> {
    let consignment = &order.consignment;
    let request = &consignment.request;
    let parcel = consignment.parcel()?;
    let to = &parcel.address;
    let mut destination = json!({
        "ContactName": cut(&to.recipient, 40),
        "Town": cut(&to.city, 35),
        "Postcode": cut(to.postal_code.as_deref().unwrap_or_default(), 10),
        "CountryCode": to.country,
    });
    for (nth, line) in (1..).zip(street(to, LINE_CHARS_MAX)) {
        destination[format!("AddressLine{nth}")] = Value::from(line);
    }
    if let Some(phone) = consignment.phone() {
        destination["PhoneNumber"] = Value::from(cut(phone, 20));
    }
    let mut shipment = json!({
        "ShipmentDate": consignment.ships_at.format("%Y-%m-%d").to_string(),
        "ServiceCode": order.service,
        "ServiceOptions": {"PostingLocation": shipping.posting_location, "ServiceFormat": "P"},
        "TotalPackages": 1,
        "TotalWeight": number(&kilograms(parcel.weight_g, 3)),
        "WeightUnitOfMeasure": "KG",
        "Product": "NDX",
        "LabelFormat": format(order.format).1,
        "ShipmentAction": "Process",
    });
    if consignment.crosses_customs() {
        let items: Vec<Value> = request
            .items
            .iter()
            .map(|item| {
                let line = CustomsLine::of(item, &consignment.from);
                let mut declared = json!({
                    "SkuCode": cut(&item.sku, 30),
                    "Quantity": line.quantity,
                    "Description": line.description,
                    "Value": number(&line.value.decimal()),
                    "Weight": number(&kilograms(line.weight_g, 3)),
                    "CountryOfOrigin": line.origin,
                });
                if let Some(code) = line.hs_code {
                    declared["HsCode"] = Value::from(code);
                }
                declared
            })
            .collect();
        let goods = &request.totals.goods;
        shipment["DescriptionOfGoods"] = Value::from(cut(&request.items[0].title, 70));
        shipment["Incoterms"] = Value::from(parcel.incoterm.as_str());
        shipment["ReasonForExport"] = Value::from("Sale Of Goods");
        shipment["Value"] = number(&goods.decimal());
        shipment["Currency"] = Value::from(goods.currency.as_str());
        shipment["Items"] = Value::from(items);
    }
    Ok(json!({
        "Shipper": {"ShipperReference": key.as_str()},
        "Destination": destination,
        "ShipmentInformation": shipment,
    }))
}
