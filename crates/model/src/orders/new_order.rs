//! The shape of an order that is being placed, checked before the database is asked.

use std::net::IpAddr;

use serde::Serialize;
use serde_json::Value;

use crate::problems::{FieldProblem, Fields, problem};
use crate::words::{Address, Country, Currency, EmailAddress, PhoneNumber};

/// Most lines of one order.
pub const LINES_MAX: usize = 100;
/// Most units of one line.
pub const LINE_QUANTITY_MAX: i64 = 1_000;
/// Largest amount of money in one field, in minor units.
const AMOUNT_MAX: i64 = 1_000_000_000_000;
/// Ways to pay. `cod` and `account` need no payment before confirmation.
const PAYMENT_METHODS: [&str; 8] = [
    "cod",
    "account",
    "stripe",
    "razorpay",
    "wallet",
    "mobile_money",
    "bank_transfer",
    "card",
];

/// An order that has the right shape. Serialises to what `create_order()` takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewOrder {
    /// Who orders.
    pub customer: Customer,
    /// What; 1 to [`LINES_MAX`] lines.
    pub lines: Vec<NewLine>,
    /// Currency of all amounts.
    pub currency: Currency,
    /// How it is paid.
    pub payment_method: String,
    /// Where it goes; the database requires it when a line is physical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// Who pays, where that is not the recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// Code of the promotion that the discount is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promo_code: Option<String>,
    /// Where the buyer's request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<IpAddr>,
    /// The buyer's browser, as it names itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Money beside and above the lines.
    #[serde(flatten)]
    pub amounts: Amounts,
    /// Language of notices, BCP 47.
    pub locale: String,
    /// Where the order came from: `web`, `messenger`, `api`…
    pub order_source: String,
}

/// Who orders.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Customer {
    /// The shop's own id of a known customer; guests have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name.
    pub name: String,
    /// Where notices go; without it there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewLine {
    /// What.
    pub sku: String,
    /// How many; 1 to [`LINE_QUANTITY_MAX`].
    pub quantity: i64,
    /// Price of a unit that the customer was shown, in minor units; must be the catalogue's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<i64>,
    /// Phone that receives airtime or data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_phone: Option<PhoneNumber>,
}

/// Amounts in minor units. The shop decides fees, tax and discount; sums must be right.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Amounts {
    /// Sum of the lines; recomputed, must match when given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtotal: Option<i64>,
    /// Added.
    pub shipping_fee: i64,
    /// Added.
    pub tax_amount: i64,
    /// Taken off.
    pub discount_amount: i64,
    /// What the customer pays; recomputed, must match when given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_amount: Option<i64>,
}

impl NewOrder {
    /// Reads an order from a request's body.
    ///
    /// ```json
    /// {"customer": {"name": "Ama Mensah", "email": "ama@example.com", "phone": "0241234567"},
    ///  "currency": "GHS", "payment_method": "cod",
    ///  "lines": [{"sku": "MTN-1GB", "quantity": 1, "recipient_phone": "0241234567"}],
    ///  "total_amount": 1200}
    /// ```
    /// Optional: `unit_price` of a line, `shipping_address` (`recipient`, `phone`, `address`,
    /// `address2`, `city`, `province`, `postal_code`, `country`), `billing_address` (the same),
    /// `customer.id`, `promo_code`, `ip_address`, `user_agent`, `subtotal`, `shipping_fee`,
    /// `tax_amount`, `discount_amount`, `total_amount`, `locale`, `order_source`.
    ///
    /// # Errors
    /// Every problem of its shape at once. Codes: `required`, `wrong_type`, `too_short`,
    /// `too_long`, `out_of_range`, `unknown_field`, `nul_character`, `control_character`,
    /// `too_few`, `too_many`, `invalid_email`, `invalid_phone`, `invalid_locale`,
    /// `invalid_ip_address`,
    /// `unknown_currency`, `unknown_country`, `unknown_payment_method`.
    pub fn parse(value: &Value) -> Result<NewOrder, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let order = read_order(value, &mut problems);
        match order {
            Some(order) if problems.is_empty() => Ok(order),
            _ => Err(problems),
        }
    }
}

/// Reads on after a problem, so that all are found; None if any field was unusable.
fn read_order(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<NewOrder> {
    let mut fields = Fields::of(value, "", problems)?;
    let customer = fields
        .require("customer")
        .and_then(|value| read_customer(value, fields.problems()));
    let lines = fields
        .require("lines")
        .and_then(|value| read_lines(value, fields.problems()));
    let currency = fields
        .required_text("currency", 1..=10)
        .and_then(|text| fields.parsed("currency", text, Currency::parse));
    let payment_method = fields
        .required_text("payment_method", 1..=40)
        .and_then(|text| fields.parsed("payment_method", text, payment_method));
    let shipping_address = read_address(&mut fields, "shipping_address");
    let billing_address = read_address(&mut fields, "billing_address");
    let promo_code = fields.text("promo_code", 1..=64).map(str::to_owned);
    let ip_address = fields
        .text("ip_address", 2..=45)
        .and_then(|text| fields.parsed("ip_address", text, parse_ip_address));
    let user_agent = fields.text("user_agent", 1..=1024).map(str::to_owned);
    let amounts = Amounts {
        subtotal: fields.integer("subtotal", 0..=AMOUNT_MAX),
        shipping_fee: fields.integer("shipping_fee", 0..=AMOUNT_MAX).unwrap_or(0),
        tax_amount: fields.integer("tax_amount", 0..=AMOUNT_MAX).unwrap_or(0),
        discount_amount: fields
            .integer("discount_amount", 0..=AMOUNT_MAX)
            .unwrap_or(0),
        total_amount: fields.integer("total_amount", 0..=AMOUNT_MAX),
    };
    let locale = fields.text("locale", 2..=35).unwrap_or("en");
    let locale = fields.parsed("locale", locale, parse_locale);
    let order_source = fields
        .text("order_source", 1..=40)
        .unwrap_or("api")
        .to_owned();
    fields.finish();
    Some(NewOrder {
        customer: customer?,
        lines: lines?,
        currency: currency?,
        payment_method: payment_method?,
        shipping_address,
        billing_address,
        promo_code,
        ip_address,
        user_agent,
        amounts,
        locale: locale?,
        order_source,
    })
}

fn read_customer(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<Customer> {
    let mut fields = Fields::of(value, "customer", problems)?;
    let id = fields.text("id", 1..=128).map(str::to_owned);
    let name = fields.required_text("name", 1..=200);
    let email = fields
        .text("email", 1..=254)
        .and_then(|text| fields.parsed("email", text, EmailAddress::parse));
    let phone = read_phone(&mut fields, "phone");
    fields.finish();
    Some(Customer {
        id,
        name: name?.to_owned(),
        email,
        phone,
    })
}

fn read_lines(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<Vec<NewLine>> {
    let Value::Array(lines) = value else {
        problems.push(problem("lines".into(), "wrong_type", "must be an array"));
        return None;
    };
    if lines.is_empty() {
        problems.push(problem(
            "lines".into(),
            "too_few",
            "must have at least one line",
        ));
    }
    if lines.len() > LINES_MAX {
        let message = format!("must have at most {LINES_MAX} lines");
        problems.push(problem("lines".into(), "too_many", &message));
        return None;
    }
    let read: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| read_line(line, format!("lines[{index}]"), problems))
        .collect();
    read.into_iter().collect()
}

fn read_line(value: &Value, path: String, problems: &mut Vec<FieldProblem>) -> Option<NewLine> {
    let mut fields = Fields::of(value, path, problems)?;
    let sku = fields.required_text("sku", 1..=64);
    let quantity = fields.required_integer("quantity", 1..=LINE_QUANTITY_MAX);
    let unit_price = fields.integer("unit_price", 0..=AMOUNT_MAX);
    let recipient_phone = read_phone(&mut fields, "recipient_phone");
    fields.finish();
    Some(NewLine {
        sku: sku?.to_owned(),
        quantity: quantity?,
        unit_price,
        recipient_phone,
    })
}

pub(super) fn read_address(outer: &mut Fields<'_>, name: &'static str) -> Option<Address> {
    let value = outer.any(name)?;
    let mut fields = Fields::of(value, name, outer.problems())?;
    let recipient = fields.required_text("recipient", 1..=200);
    let phone = read_phone(&mut fields, "phone");
    let address = fields.required_text("address", 1..=200);
    let address2 = fields.text("address2", 1..=200).map(str::to_owned);
    let city = fields.required_text("city", 1..=100);
    let province = fields.text("province", 1..=100).map(str::to_owned);
    let postal_code = fields.text("postal_code", 1..=16).map(str::to_owned);
    let country = fields
        .required_text("country", 1..=10)
        .and_then(|text| fields.parsed("country", text, Country::parse));
    if country.is_some_and(|country| country.needs_postal_code()) && postal_code.is_none() {
        fields.require("postal_code");
    }
    fields.finish();
    Some(Address {
        recipient: recipient?.to_owned(),
        phone,
        address: address?.to_owned(),
        address2,
        city: city?.to_owned(),
        province,
        postal_code,
        country: country?,
    })
}

pub(super) fn read_phone(fields: &mut Fields<'_>, name: &'static str) -> Option<PhoneNumber> {
    fields
        .text(name, 1..=40)
        .and_then(|text| fields.parsed(name, text, PhoneNumber::parse))
}

fn parse_ip_address(text: &str) -> Result<IpAddr, (&'static str, String)> {
    text.parse().map_err(|_| {
        let message = "must be an IPv4 or IPv6 address";
        ("invalid_ip_address", message.to_owned())
    })
}

fn payment_method(text: &str) -> Result<String, (&'static str, String)> {
    if PAYMENT_METHODS.contains(&text) {
        return Ok(text.to_owned());
    }
    Err((
        "unknown_payment_method",
        format!("must be one of {}", PAYMENT_METHODS.join(", ")),
    ))
}

fn parse_locale(text: &str) -> Result<String, (&'static str, String)> {
    let mut parts = text.split('-');
    let language_fits = parts.next().is_some_and(|language| {
        (2..=3).contains(&language.len()) && language.bytes().all(|c| c.is_ascii_alphabetic())
    });
    let rest_fits = parts.all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric())
    });
    if language_fits && rest_fits {
        return Ok(text.to_owned());
    }
    Err((
        "invalid_locale",
        "must be a BCP 47 language tag such as en or en-GH".into(),
    ))
}

#[cfg(test)]
mod tests;
