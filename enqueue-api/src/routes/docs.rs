//! The API's documentation of itself: its kinds of problems.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use serde_json::{Value, json};

use crate::problem::{Kind, Problem, Result};
use crate::wire;

/// All kinds of problems
///
/// Each with its stable `code`, its status and what to do about it. The `type` of a problem is
/// the path of its entry.
#[utoipa::path(
    get, path = "/api/problems", tag = "documentation", operation_id = "list_problems",
    responses((status = 200, description = "The list.", body = Vec<wire::ProblemKind>))
)]
pub async fn problems() -> Json<Vec<Value>> {
    Json(Kind::ALL.iter().map(|kind| describe(*kind)).collect())
}

/// One kind of problem
#[utoipa::path(
    get, path = "/api/problems/{code}", tag = "documentation", operation_id = "get_problem",
    params((
        "code" = String, Path, description = "The problem's `code`.", example = "out_of_stock"
    )),
    responses(
        (status = 200, description = "What it means.", body = wire::ProblemKind),
        wire::ProblemNotFound,
    )
)]
pub async fn problem(code: Result<Path<String>, PathRejection>) -> Result<Json<Value>> {
    match code.ok().and_then(|Path(code)| Kind::from_code(&code)) {
        Some(kind) => Ok(Json(describe(kind))),
        None => Err(Problem::new(
            Kind::ProblemNotFound,
            "No kind of problem has this code.",
        )),
    }
}

fn describe(kind: Kind) -> Value {
    json!({
        "code": kind.code(),
        "type": kind.type_uri(),
        "status": kind.status().as_u16(),
        "title": kind.title(),
        "remedy": kind.remedy(),
    })
}
