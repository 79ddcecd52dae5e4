//! Fraud rules: what makes an order suspicious, and why one was found so.

use serde::Serialize;
use serde_json::Value;
use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::problems::{FieldProblem, Fields, problem, read_whole};
use crate::{TenantId, clean, sqlstate};

/// Kinds of rules.
const KINDS: [&str; 7] = [
    "high_value",
    "velocity_phone",
    "velocity_email",
    "velocity_ip",
    "address_mismatch",
    "blocklist",
    "custom",
];

/// What a fraud rule is, beside its code. Serialises to the columns of `fraud_rules`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewRule {
    /// What it looks at.
    pub kind: String,
    /// From when on it matches; which there are depends on the kind.
    pub params: Value,
    /// What a match adds to an order's score.
    pub score: i64,
    /// Whether it is looked at.
    pub is_enabled: bool,
    /// What it is for, for people.
    pub comment: Option<String>,
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
    let kind = fields
        .required_text("kind", 1..=40)
        .and_then(|text| fields.parsed("kind", text, parse_kind));
    let params = match fields.any("params") {
        Some(params) if params.is_object() => Some(params.clone()),
        Some(_) => fields.wrong("params", "wrong_type", "must be an object"),
        None => Some(Value::Object(serde_json::Map::new())),
    };
    let score = fields.required_integer("score", 1..=100);
    let is_enabled = boolean(&mut fields, "is_enabled").unwrap_or(false);
    let comment = fields.text("comment", 1..=1000).map(str::to_owned);
    fields.finish();
    Some(NewRule {
        kind: kind?,
        params: params?,
        score: score?,
        is_enabled,
        comment,
    })
}

fn parse_kind(text: &str) -> Result<String, (&'static str, String)> {
    match KINDS.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err((
            "unknown_kind",
            format!("must be one of {}", KINDS.join(", ")),
        )),
    }
}

/// A field that is true or false.
pub(crate) fn boolean(fields: &mut Fields<'_>, name: &'static str) -> Option<bool> {
    match fields.any(name)? {
        Value::Bool(is) => Some(*is),
        _ => fields.wrong(name, "wrong_type", "must be true or false"),
    }
}

/// Why a rule was not written.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// Its parameters, or its code, are not such of a rule.
    #[error("the rule is invalid")]
    Invalid(Vec<FieldProblem>),
    /// Anything else.
    #[error("writing the rule failed")]
    Database(#[source] sqlx::Error),
}

/// Makes a rule, or changes it; answers it. Orders are screened by it from now on.
///
/// # Errors
/// [`PutError`].
pub async fn put(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    code: &str,
    rule: &NewRule,
) -> Result<Value, PutError> {
    let put = sqlx::query_file!(
        "../../sql/queries/fraud_rules/put.sql",
        clean::text(code),
        Json(rule) as _,
        tenant.0
    )
    .fetch_one(db)
    .await;
    match put {
        Ok(row) => Ok(row.answer),
        Err(error) => Err(match sqlstate::constraint(&error) {
            Some("fraud_rules_params_check") => invalid(
                "params",
                "are not those of the kind, which are: high_value currency, at_least; velocity_* \
                 orders, minutes (to 10080); address_mismatch field; custom measure, at_least",
            ),
            Some("fraud_rules_rule_code_check") => invalid(
                "",
                "the code in the path must be of lower case letters, digits and _",
            ),
            _ => PutError::Database(error),
        }),
    }
}

fn invalid(field: &str, message: &str) -> PutError {
    PutError::Invalid(vec![problem(field.to_owned(), "invalid", message)])
}

/// The shop's rules and from which score on an order is held, as `{hold_score, rules}`.
///
/// # Errors
/// If the database can't be asked.
pub async fn rules(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Value, sqlx::Error> {
    let row = sqlx::query_file!("../../sql/queries/fraud_rules/list.sql", tenant.0)
        .fetch_one(db)
        .await?;
    Ok(row.answer)
}

/// One of them by its code.
///
/// # Errors
/// If the database can't be asked.
pub async fn rule(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    rule_code: &str,
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_file_scalar!(
        "../../sql/queries/fraud_rules/get.sql",
        clean::text(rule_code),
        tenant.0
    )
    .fetch_optional(db)
    .await
}

/// What an order's risk score is made of, as `{order_id, order_status, risk_score, hold_score,
/// reasons}`; None if the shop has no such order.
///
/// # Errors
/// If the database can't be asked.
pub async fn explain(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    order_id: i64,
) -> Result<Option<Value>, sqlx::Error> {
    let asked = sqlx::query_file!(
        "../../sql/queries/orders/explain_risk.sql",
        order_id,
        tenant.0
    )
    .fetch_one(db)
    .await;
    match asked {
        Ok(row) => Ok(Some(row.answer)),
        Err(error) if sqlstate::of(&error) == sqlstate::NOT_FOUND => Ok(None),
        Err(error) => Err(error),
    }
}
