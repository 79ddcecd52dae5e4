//! Who fulfils what. The rules are rows of `routing_rules`; `route_candidates` in SQL decides.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::TenantId;
use crate::fraud::boolean;
use crate::problems::{FieldProblem, Fields, read_whole};
use crate::words::{Country, Currency};

/// Who signs what a fail-over does.
const ACTOR: &str = "worker";

/// Why each line of an order goes where it goes: candidates in the order in which they are tried,
/// their breakers, and the fulfilments that were made. None: no such order.
///
/// # Errors
/// If the database can't be asked.
pub async fn explain(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    order_id: i64,
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/routing/explain.sql", order_id, tenant.0)
        .fetch_one(db)
        .await
}

/// The provider can't be reached, and the attempt that just ended sent nothing: the next provider
/// of the route is asked in its place. Answers the fulfilment that takes over; none: nobody is
/// left, and nothing changed.
///
/// # Errors
/// P0NOF if there is no such fulfilment; or the database can't be asked.
pub async fn fail_over(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/fulfillments/fail_over.sql",
        fulfillment_id,
        ACTOR,
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// [`fail_over`] of a fulfilment that did not begin, if its provider has been down for `after`.
///
/// # Errors
/// P0NOF if there is no such fulfilment; or the database can't be asked.
pub async fn fail_over_if_down(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    fulfillment_id: i64,
    (provider, account): (&str, &str),
    after: Duration,
) -> Result<Option<i64>, sqlx::Error> {
    let over = sqlx::query_file_scalar!(
        "../../sql/queries/fulfillments/fail_over_if_down.sql",
        fulfillment_id,
        ACTOR,
        tenant.0,
        provider,
        account,
        after.as_secs_f64()
    )
    .fetch_optional(db)
    .await?;
    Ok(over.flatten())
}

/// Countries of a rule at most: all there are.
const COUNTRIES_MAX: usize = 250;
/// Weights and values of a rule at most.
const AMOUNT_MAX: i64 = 1_000_000_000_000;
const WEIGHT_MAX_G: i64 = i32::MAX as i64;

/// A routing rule, beside its key: what is none fits everything. Serialises to the columns of
/// `routing_rules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewRule {
    /// Lowest first.
    pub priority: i64,
    /// `physical` or `digital`.
    pub product_kind: Option<String>,
    /// Destinations, ISO 3166-1 alpha-2.
    pub countries: Option<Vec<String>>,
    /// From this weight on, grams.
    pub weight_min_g: Option<i64>,
    /// Below this weight.
    pub weight_max_g: Option<i64>,
    /// From this value on, minor units of `currency`.
    pub value_min: Option<i64>,
    /// Below this value.
    pub value_max: Option<i64>,
    /// ISO 4217 code of the values.
    pub currency: Option<String>,
    /// Who fulfils; `manual`: a person.
    pub provider_code: String,
    /// The provider's service.
    pub service: Option<String>,
    /// Which of our accounts there.
    pub account: String,
    /// Whether it counts.
    pub is_enabled: bool,
    /// Why it is there, for people.
    pub note: String,
}

impl NewRule {
    /// Reads a rule from a request's body.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn parse(value: &Value) -> Result<NewRule, Vec<FieldProblem>> {
        read_whole(value, read)
    }
}

fn read(value: &Value, problems: &mut Vec<FieldProblem>) -> Option<NewRule> {
    let mut fields = Fields::of(value, "", problems)?;
    let provider_code = fields
        .required_text("provider_code", 1..=40)
        .and_then(|text| fields.parsed("provider_code", text, provider));
    let product_kind = fields
        .text("product_kind", 1..=20)
        .and_then(|text| fields.parsed("product_kind", text, kind));
    let countries = countries(&mut fields);
    let weight_min_g = fields.integer("weight_min_g", 0..=WEIGHT_MAX_G);
    let weight_max_g = fields.integer("weight_max_g", 1..=WEIGHT_MAX_G);
    let value_min = fields.integer("value_min", 0..=AMOUNT_MAX);
    let value_max = fields.integer("value_max", 1..=AMOUNT_MAX);
    let currency = fields.text("currency", 3..=3);
    let currency = currency.and_then(|text| fields.parsed("currency", text, Currency::parse));
    let rule = NewRule {
        priority: fields.integer("priority", 0..=10_000).unwrap_or(100),
        countries,
        weight_min_g,
        weight_max_g,
        value_min,
        value_max,
        currency: currency.map(|currency| currency.as_str().to_owned()),
        service: fields.text("service", 1..=100).map(str::to_owned),
        account: fields
            .text("account", 1..=100)
            .unwrap_or("default")
            .to_owned(),
        is_enabled: boolean(&mut fields, "is_enabled").unwrap_or(true),
        note: fields.text("note", 0..=500).unwrap_or_default().to_owned(),
        product_kind,
        provider_code: provider_code.unwrap_or_default(),
    };
    rule.contradictions(&mut fields);
    fields.finish();
    Some(rule)
}

impl NewRule {
    /// What no row of the table may be.
    fn contradictions(&self, fields: &mut Fields<'_>) {
        let has_weight = self.weight_min_g.or(self.weight_max_g).is_some();
        if self.product_kind.as_deref() == Some("digital") && has_weight {
            let message = "what is digital has no weight";
            fields.wrong::<()>("weight_min_g", "contradiction", message);
        }
        for (name, min, max) in [
            ("weight_max_g", self.weight_min_g, self.weight_max_g),
            ("value_max", self.value_min, self.value_max),
        ] {
            if min.zip(max).is_some_and(|(min, max)| min >= max) {
                fields.wrong::<()>(name, "out_of_range", "must be more than what it begins at");
            }
        }
        if self.value_min.or(self.value_max).is_some() != self.currency.is_some() {
            let message = "is needed with value_min or value_max, and with these only";
            fields.wrong::<()>("currency", "contradiction", message);
        }
    }
}

fn provider(text: &str) -> Result<String, (&'static str, String)> {
    let is_code = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
    match is_code {
        true => Ok(text.to_owned()),
        false => Err((
            "invalid",
            "must be a provider's code, such as prodigi".to_owned(),
        )),
    }
}

fn kind(text: &str) -> Result<String, (&'static str, String)> {
    match text {
        "physical" | "digital" => Ok(text.to_owned()),
        _ => Err(("unknown_kind", "must be physical or digital".to_owned())),
    }
}

fn countries(fields: &mut Fields<'_>) -> Option<Vec<String>> {
    let message = "must be 1 to 250 countries, each such as GB";
    let listed = match fields.any("countries")? {
        Value::Array(listed) if (1..=COUNTRIES_MAX).contains(&listed.len()) => listed,
        _ => return fields.wrong("countries", "wrong_type", message),
    };
    let code = |value: &Value| {
        let country = Country::parse(value.as_str()?).ok()?;
        Some(country.as_str().to_owned())
    };
    match listed.iter().map(code).collect() {
        Some(countries) => Some(countries),
        None => fields.wrong("countries", "invalid", message),
    }
}

/// The shop's rules, in the order in which they are tried.
///
/// # Errors
/// If the database can't be asked.
pub async fn rules(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Value, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/routing/list.sql", tenant.0)
        .fetch_one(db)
        .await
}

/// One rule, which nobody changes until the transaction ends; None: no such rule.
///
/// # Errors
/// If the database can't be asked.
pub async fn rule(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    routing_rule_id: i64,
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/routing/get.sql",
        routing_rule_id,
        tenant.0
    )
    .fetch_optional(db)
    .await
}

/// Makes a rule; answers it. Fulfilments that are made from now on go by it.
///
/// # Errors
/// If the database can't be asked.
pub async fn insert(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    rule: &NewRule,
) -> Result<Value, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/routing/insert.sql",
        Json(rule) as _,
        tenant.0
    )
    .fetch_one(db)
    .await
}

/// Makes a rule what it shall be; answers it, None: no such rule.
///
/// # Errors
/// If the database can't be asked.
pub async fn update(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    routing_rule_id: i64,
    rule: &NewRule,
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/routing/update.sql",
        routing_rule_id,
        Json(rule) as _,
        tenant.0
    )
    .fetch_optional(db)
    .await
}

/// Removes a rule; false: there was none.
///
/// # Errors
/// If the database can't be asked.
pub async fn delete(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    routing_rule_id: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query_file!(
        "../../sql/queries/routing/delete.sql",
        routing_rule_id,
        tenant.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Every outside system that the fleet ever called: its breaker, its rate, its last error.
///
/// # Errors
/// If the database can't be asked.
pub async fn providers(db: impl PgExecutor<'_>) -> Result<Value, sqlx::Error> {
    sqlx::query_file_scalar!("../../sql/queries/provider_gates/list.sql")
        .fetch_one(db)
        .await
}
