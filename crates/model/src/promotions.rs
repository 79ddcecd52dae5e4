//! Promotion codes.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::problems::{FieldProblem, Fields, problem, read_whole};
use crate::words::{Currency, EmailAddress, PhoneNumber};
use crate::{TenantId, clean, sqlstate};

const AMOUNT_MAX: i64 = 1_000_000_000_000;
const COUNT_MAX: i64 = 1_000_000_000;

/// What a promotion is, beside its code. Serialises to the columns of `promotions`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewPromotion {
    /// What it is for, for people.
    pub description: Option<String>,
    /// `percent`, `fixed` or `free_shipping`.
    pub kind: String,
    /// 1 to 100, an amount, or 0.
    pub value: i64,
    /// Of its amounts, and of the orders it is for.
    pub currency: Option<String>,
    /// Orders below it do not get it.
    pub min_subtotal: i64,
    /// It takes no more off than this.
    pub max_discount: Option<i64>,
    /// From when on.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when.
    pub ends_at: Option<DateTime<Utc>>,
    /// By how many orders in all.
    pub max_redemptions: Option<i64>,
    /// By how many orders of one customer.
    pub max_per_customer: Option<i64>,
    /// Whether it can be used.
    pub is_active: bool,
}

impl NewPromotion {
    /// Reads a promotion from a request's body.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn parse(value: &Value) -> Result<NewPromotion, Vec<FieldProblem>> {
        read_whole(value, read)
    }
}

fn read(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<NewPromotion> {
    let mut fields = Fields::of(value, "", problems)?;
    let kind = fields
        .required_text("kind", 1..=40)
        .and_then(|text| fields.parsed("kind", text, parse_kind));
    let worth = match kind.as_deref() {
        Some("percent") => fields.required_integer("value", 1..=100),
        Some("fixed") => fields.required_integer("value", 1..=AMOUNT_MAX),
        _ => Some(fields.integer("value", 0..=0).unwrap_or(0)),
    };
    let currency = fields
        .text("currency", 1..=10)
        .and_then(|text| fields.parsed("currency", text, Currency::parse))
        .map(|currency| currency.as_str().to_owned());
    let min_subtotal = fields.integer("min_subtotal", 0..=AMOUNT_MAX).unwrap_or(0);
    let max_discount = fields.integer("max_discount", 1..=AMOUNT_MAX);
    let needs_currency =
        kind.as_deref() == Some("fixed") || min_subtotal > 0 || max_discount.is_some();
    if needs_currency && fields.any("currency").is_none() {
        fields.wrong::<()>("currency", "required", "is required: there are amounts");
    }
    let starts_at = time(&mut fields, "starts_at");
    let ends_at = time(&mut fields, "ends_at");
    if starts_at
        .zip(ends_at)
        .is_some_and(|(start, end)| end <= start)
    {
        fields.wrong::<()>("ends_at", "out_of_range", "must be after starts_at");
    }
    let promotion = NewPromotion {
        description: fields.text("description", 1..=500).map(str::to_owned),
        kind: kind.unwrap_or_default(),
        value: worth.unwrap_or_default(),
        currency,
        min_subtotal,
        max_discount,
        starts_at,
        ends_at,
        max_redemptions: fields.integer("max_redemptions", 1..=COUNT_MAX),
        max_per_customer: fields.integer("max_per_customer", 1..=COUNT_MAX),
        is_active: crate::fraud::boolean(&mut fields, "is_active").unwrap_or(true),
    };
    fields.finish();
    Some(promotion)
}

fn parse_kind(text: &str) -> Result<String, (&'static str, String)> {
    match text {
        "percent" | "fixed" | "free_shipping" => Ok(text.to_owned()),
        _ => Err((
            "unknown_kind",
            "must be percent, fixed or free_shipping".to_owned(),
        )),
    }
}

/// A moment as RFC 3339 writes it.
pub(crate) fn time(fields: &mut Fields<'_>, name: &'static str) -> Option<DateTime<Utc>> {
    let text = fields.text(name, 1..=64)?;
    fields.parsed(name, text, |text| {
        DateTime::parse_from_rfc3339(text)
            .map(|time| time.to_utc())
            .map_err(|_| {
                (
                    "invalid_time",
                    "must be a time such as 2026-01-31T12:00:00Z".into(),
                )
            })
    })
}

/// A code as shops write it, upper case; None: no code can look like this.
#[must_use]
pub fn code(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_uppercase();
    let is_code = (1..=64).contains(&text.len())
        && !text.starts_with(['-', '_'])
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_code.then_some(text)
}

/// Why a promotion was not written.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// It does not fit what was used of it already.
    #[error("the promotion is invalid")]
    Invalid(Vec<FieldProblem>),
    /// Anything else.
    #[error("writing the promotion failed")]
    Database(#[source] sqlx::Error),
}

/// Makes a promotion, or changes it; answers it.
///
/// # Errors
/// [`PutError`].
pub async fn put(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    code: &str,
    promotion: &NewPromotion,
) -> Result<Value, PutError> {
    let put = sqlx::query_file!(
        "../../sql/queries/promotions/put.sql",
        code,
        Json(promotion) as _,
        tenant.0
    )
    .fetch_one(db)
    .await;
    match put {
        Ok(row) => Ok(row.answer),
        Err(error) if sqlstate::constraint(&error) == Some("promotions_redeemed_check") => {
            let message = "is less than it was used already";
            let used = problem("max_redemptions".into(), "out_of_range", message);
            Err(PutError::Invalid(vec![used]))
        }
        Err(error) => Err(PutError::Database(error)),
    }
}

/// A promotion by its code, with how often it was used.
///
/// # Errors
/// If the database can't be asked.
pub async fn get(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    code: &str,
) -> Result<Option<Value>, sqlx::Error> {
    let found = sqlx::query_file!(
        "../../sql/queries/promotions/get.sql",
        clean::text(code),
        tenant.0
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| row.answer))
}

/// As [`get`], and nobody changes it until the transaction ends.
///
/// # Errors
/// If the database can't be asked.
pub async fn lock(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    code: &str,
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/promotions/lock.sql",
        clean::text(code),
        tenant.0
    )
    .fetch_optional(db)
    .await
}

/// An order that a code may be used for.
#[derive(Clone, Debug, PartialEq)]
pub struct Basket {
    /// Currency of the order.
    pub currency: Currency,
    /// Sum of its lines.
    pub subtotal: i64,
    /// What shipping costs.
    pub shipping_fee: i64,
    /// The known customer.
    pub customer_id: Option<String>,
    /// Mail address of a guest.
    pub email: Option<EmailAddress>,
    /// Phone of a guest.
    pub phone: Option<PhoneNumber>,
}

impl Basket {
    /// Reads a basket from a request's body.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn parse(value: &Value) -> Result<Basket, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        match read_basket(value, &mut problems) {
            Some(basket) if problems.is_empty() => Ok(basket),
            _ => Err(problems),
        }
    }
}

fn read_basket(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<Basket> {
    let mut fields = Fields::of(value, "", problems)?;
    let currency = fields
        .required_text("currency", 1..=10)
        .and_then(|text| fields.parsed("currency", text, Currency::parse));
    let subtotal = fields.required_integer("subtotal", 0..=AMOUNT_MAX);
    let shipping_fee = fields.integer("shipping_fee", 0..=AMOUNT_MAX).unwrap_or(0);
    let customer_id = fields.text("customer_id", 1..=128).map(str::to_owned);
    let email = fields
        .text("email", 1..=254)
        .and_then(|text| fields.parsed("email", text, EmailAddress::parse));
    let phone = fields
        .text("phone", 1..=40)
        .and_then(|text| fields.parsed("phone", text, PhoneNumber::parse));
    fields.finish();
    Some(Basket {
        currency: currency?,
        subtotal: subtotal?,
        shipping_fee,
        customer_id,
        email,
        phone,
    })
}

/// What a code takes off such an order, or why it does not: `{code, applies, discount_amount,
/// reason, message}`. Nothing is used by asking.
///
/// # Errors
/// If the database can't be asked.
pub async fn offer(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    code: &str,
    basket: &Basket,
) -> Result<Value, sqlx::Error> {
    let row = sqlx::query_file!(
        "../../sql/queries/promotions/offer.sql",
        clean::text(code),
        basket.currency.as_str(),
        basket.subtotal,
        basket.shipping_fee,
        basket.customer_id,
        basket.email.as_ref().map(EmailAddress::as_str),
        basket.phone.as_ref().map(PhoneNumber::as_str),
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.answer)
}
