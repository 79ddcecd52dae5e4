//! Geopost's META-API: labels of any DPD business unit.
//!
//! Wire facts: geopost's OpenAPI 2.30.48 and karrioapi/karrio `modules/connectors/dpd_meta`. The
//! token comes in a header of the login's answer. A 408 is the business unit's time-out: unknown.
//! Nothing makes a second request harmless, no label is found again, none is taken back, and there
//! are no prices.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{CODE, Dpd};
use crate::carrier_api::{Api, LogsIn, Stake, text};
use crate::label::{CustomsLine, LINE_CHARS_MAX, centimetres, cut, decoded, not_again};
use crate::label::{number, short, street};
use crate::{
    Address, Consignment, Contact, IdempotencyKey, Incoterm, Journal, Label, LabelFormat,
    LabelOrder, NewToken, ProviderError, Purchase, TokenCache, TokenKey,
};

/// Business units give tokens of 30 minutes and more, and say it in the token alone.
const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Business units that speak the first description of the META-API take no more.
const SHIPMENT_ID_CHARS_MAX: usize = 25;

/// The login of the META-API.
pub(super) struct Meta {
    pub(super) api: Api,
    pub(super) bucode: String,
    pub(super) login: String,
    pub(super) password: SecretString,
    pub(super) customer: String,
    pub(super) tokens: std::sync::Arc<dyn TokenCache>,
    pub(super) token_key: TokenKey,
}

impl Meta {
    pub(super) fn key(bucode: &str, login: &str, password: &SecretString) -> TokenKey {
        TokenKey {
            name: format!("{CODE}/{bucode}/{login}"),
            credentials: password.clone(),
        }
    }

    async fn buy(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
        journal: &mut Journal,
    ) -> Result<Purchase, ProviderError> {
        order.consignment.conceal(journal);
        let (format, print) = match order.format {
            LabelFormat::Zpl => (LabelFormat::Zpl, "ZPL"),
            LabelFormat::Pdf | LabelFormat::Gif => (LabelFormat::Pdf, "PDF"),
        };
        // An array of shipments, always of one: what is wrong with one is wrong with the call.
        let body = json!([self.shipment_request(order, key)?]);
        let request = self
            .api
            .request(Method::POST, &["shipping", "v1", "shipment"])
            .query(&[("LabelPrintFormat", print)])
            .header("X-DPD-BUCODE", &self.bucode)
            .json(&body);
        let said = self
            .call("label", Stake::Lost, request, body, journal)
            .await?
            .body;
        // The answer is an array or the one shipment.
        let shipment = said.pointer("/0").unwrap_or(&said);
        if let Some(code) = text(shipment, "/errorCode") {
            let message = text(shipment, "/errorMessage").unwrap_or_default();
            return Err(ProviderError::rejected(code, message).masked(journal));
        }
        let not_understood = || ProviderError::unknown("sold, but the answer holds no label");
        let number = text(shipment, "/parcelIds/0").ok_or_else(not_understood)?;
        let image = text(shipment, "/label/base64Data").ok_or_else(not_understood)?;
        Ok(Purchase::Bought(Box::new(Label {
            carrier_shipment_id: text(shipment, "/networkShipmentId")
                .or_else(|| text(shipment, "/shipmentId"))
                .unwrap_or_else(|| number.clone()),
            tracking_url: Some(format!(
                "https://www.dpdgroup.com/tracking?parcelNumber={number}"
            )),
            tracking_number: number,
            format,
            bytes: decoded(&image)?,
            price: None,
        })))
    }

    fn shipment_request(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
    ) -> Result<Value, ProviderError> {
        let consignment = &order.consignment;
        let parcel = consignment.parcel()?;
        // Grams, in steps of ten.
        let weight = (parcel.weight_g.div_ceil(10) * 10).to_string();
        let dimensions = json!({
            "length": centimetres(parcel.size.length_mm),
            "width": centimetres(parcel.size.width_mm),
            "height": centimetres(parcel.size.height_mm),
        });
        let mut shipment = json!({
            "numberOfParcels": "1",
            "shipmentInfos": {
                "productCode": order.service,
                "shipmentId": short(key, SHIPMENT_ID_CHARS_MAX),
                "weight": weight,
                "dimensions": dimensions,
            },
            "sender": {
                "customerInfos": {
                    "customerID": self.customer, "customerAccountNumber": self.customer,
                },
                "address": place(&consignment.from),
                "contact": {"phone1": consignment.from.phone.as_deref().unwrap_or_default()},
                "legalEntity": {"businessType": "B"},
            },
            "receiver": {
                "address": place(&parcel.address),
                "contact": {
                    "phone1": consignment.phone().unwrap_or_default(),
                    "email": consignment.request.recipient.email.as_deref().unwrap_or_default(),
                },
                "legalEntity": {"businessType": "P"},
            },
            "parcel": [{
                "parcelInfos": {"weight": weight, "dimensions": dimensions},
                "parcelContent": cut(&consignment.request.items[0].title, 35),
            }],
        });
        if consignment.crosses_customs() {
            shipment["international"] = international(consignment)?;
        }
        Ok(shipment)
    }
}

#[async_trait]
impl LogsIn for Meta {
    fn api(&self) -> &Api {
        &self.api
    }

    fn tokens(&self) -> &dyn TokenCache {
        self.tokens.as_ref()
    }

    fn token_key(&self) -> &TokenKey {
        &self.token_key
    }

    async fn log_in(&self, journal: &mut Journal) -> Result<NewToken, ProviderError> {
        journal.conceal(self.password.expose_secret());
        let request = self
            .api
            .request(Method::POST, &["shipping", "v1", "login"])
            .header("X-DPD-BUCODE", &self.bucode)
            .header("X-DPD-LOGIN", &self.login)
            .header("X-DPD-PASSWORD", self.password.expose_secret());
        let said = self
            .api
            .call("log_in", Stake::Nothing, request, Value::Null, journal);
        let said = said.await?;
        let token = said.headers.get("X-DPD-TOKEN");
        let token = token.and_then(|token| token.to_str().ok());
        let token = token.ok_or_else(|| ProviderError::transient("the login holds no token"))?;
        Ok(NewToken {
            token: token.to_owned().into(),
            lifetime: TOKEN_LIFETIME,
        })
    }
}

impl Dpd {
    pub(super) async fn buy(
        &self,
        order: &LabelOrder,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Purchase, ProviderError> {
        let Some(meta) = &self.meta else {
            return Err(ProviderError::rejected(
                "not_configured",
                "DPD_LOGIN is not set",
            ));
        };
        if contact != Contact::First {
            return Err(not_again());
        }
        meta.buy(order, key, journal).await
    }
}

fn place(address: &Address) -> Value {
    let mut place = json!({
        "name1": cut(&address.recipient, 35),
        "zipCode": cut(address.postal_code.as_deref().unwrap_or_default(), 9),
        "city": cut(&address.city, 35),
        "country": address.country,
    });
    let names = ["street", "addressLine2", "addressLine3"];
    for (name, line) in names.into_iter().zip(street(address, LINE_CHARS_MAX)) {
        place[name] = Value::from(line);
    }
    place
}

/// What customs ask. `s06` is DAP, `s03` DDP with duties and taxes; `A` a commercial invoice.
fn international(consignment: &Consignment) -> Result<Value, ProviderError> {
    let parcel = consignment.parcel()?;
    let request = &consignment.request;
    let mut total = 0;
    let mut lines = Vec::with_capacity(request.items.len());
    for (nth, item) in request.items.iter().enumerate() {
        let line = CustomsLine::of(item, &consignment.from);
        let value = line
            .value
            .with_amount(line.value.amount * i64::from(line.quantity));
        total += value.amount;
        lines.push(json!({
            "invoicePosition": (nth + 1).to_string(),
            "quantityOfItems": line.quantity.to_string(),
            "content": line.description,
            "amountOfPosition": number(&value.decimal()),
            "manufacturedCountry": line.origin,
            "grossWeight": line.weight_g.saturating_mul(line.quantity).to_string(),
            "customerProductCode": item.sku,
            "productDescription": line.description,
            "exportTarifCode": line.hs_code.unwrap_or_default(),
            "parcelRank": "1",
        }));
    }
    let goods = request.totals.goods.with_amount(total);
    let amount = json!({"amount": number(&goods.decimal()), "currency": goods.currency});
    Ok(json!({
        "parcelType": "P",
        "customsAmount": amount,
        "customsAmountEx": amount,
        "customsTerms": match parcel.incoterm {
            Incoterm::Dap => "s06",
            Incoterm::Ddp => "s03",
        },
        "customsPaper": "A",
        "clearanceStatus": "N",
        "customsInvoice": cut(&request.order_number, 35),
        "numberOfArticles": request.items.len().to_string(),
        "exportReason": "s01",
        "shipmentContent": cut(&request.items[0].title, 35),
        "interInvoiceLines": lines,
    }))
}
