//! What customers and admins are told: which texts there are, and how each would be sent.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};
use stevedore_model::notifications::own;
use stevedore_notices::{CHANNELS, LOCALES, Library, Listed, Preview};

use crate::auth::{Admin, Caller};
use crate::problem::{Kind, Problem, Result};
use crate::routes::query::QueryFields;
use crate::state::ApiState;
use crate::wire;

/// List templates
///
/// Every text that customers and admins get, by kind, language and channel, and whether it is
/// built in, of the folder of the settings, or of the database.
#[utoipa::path(
    get, path = "/v1/templates", tag = "notifications", operation_id = "list_templates",
    security(("api_key" = ["admin"])),
    responses(
        (status = 200, description = "All of them.", body = wire::TemplateList),
        wire::ReadErrors,
    )
)]
pub async fn list(caller: Caller<Admin>, State(state): State<ApiState>) -> Result<Json<Value>> {
    let listed = listed(&caller, &state).await?;
    let templates: Vec<Value> = listed
        .iter()
        .map(|text| {
            json!({
                "kind": text.kind,
                "locale": text.locale,
                "channel": text.channel,
                "source": text.source.name(),
            })
        })
        .collect();
    Ok(Json(json!({ "templates": templates })))
}

/// Preview a template
///
/// As a worker would send it, with an example in place of an order.
#[utoipa::path(
    get, path = "/v1/templates/{kind}/preview", tag = "notifications",
    operation_id = "preview_template",
    security(("api_key" = ["admin"])),
    params(
        ("kind" = String, Path, description = "The kind of notice.", example = "order_confirmed"),
        wire::TemplatePreviewQuery,
    ),
    responses(
        (status = 200, description = "What is sent.", body = wire::TemplatePreview),
        wire::TemplateNotFound,
        wire::TemplateRefused,
        wire::ReadErrors,
    )
)]
pub async fn preview(
    caller: Caller<Admin>,
    State(state): State<ApiState>,
    Path(kind): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Json<Value>> {
    let mut fields = QueryFields::read(pairs, &wire::TEMPLATE_PREVIEW_NAMES);
    let locale = fields.text("locale");
    let channel = fields.word("channel", &CHANNELS);
    fields.finish()?;
    let locale = locale.unwrap_or_else(|| LOCALES[0].to_owned());
    let channel = channel.as_deref().unwrap_or(CHANNELS[0]);

    let missing = || Problem::new(Kind::TemplateNotFound, "There is no such kind of notice.");
    let mut listed = listed(&caller, &state).await?;
    listed.retain(|text| text.kind == kind && text.channel == channel);
    if listed.is_empty() {
        return Err(missing());
    }
    let (pool, tenant) = (state.pool(), caller.tenant());
    let own = own::template(pool, tenant, &kind, channel, &locale).await?;
    let templates = state.templates()?;
    let shown = templates.preview(&Preview {
        kind: &kind,
        locale: &locale,
        channel,
        shop: &state.settings().templates.shop_name(),
        payload: &Library::sample(),
        own: own.as_ref(),
    });
    // Whoever wrote the template has to see what is wrong with it.
    let shown = shown.map_err(|error| Problem::new(Kind::TemplateBroken, error.to_string()))?;
    Ok(Json(json!({
        "kind": kind,
        "locale": locale,
        "channel": channel,
        "is_own": own.is_some(),
        "subject": shown.subject,
        "text": shown.text,
        "html": shown.html,
        "body": shown.body,
        "short": shown.short,
        "variables": shown.variables,
        "content_sid": own.and_then(|own| own.content_sid),
    })))
}

async fn listed(caller: &Caller<Admin>, state: &ApiState) -> Result<Vec<Listed>> {
    let own = own::names(state.pool(), caller.tenant()).await?;
    Ok(state.templates()?.listed(&own))
}
