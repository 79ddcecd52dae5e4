//! A shop's own templates.

use sqlx::PgExecutor;

use crate::TenantId;

/// A template that a shop wrote; what is missing is taken from the built-in one.
#[derive(Clone, Debug)]
pub struct OwnTemplate {
    /// One line.
    pub subject: Option<String>,
    /// Plain text.
    pub body_text: Option<String>,
    /// HTML.
    pub body_html: Option<String>,
    /// The template at Twilio.
    pub content_sid: Option<String>,
}

/// Which template a shop wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnName {
    /// The kind of notice.
    pub notification_type: String,
    /// `email`…
    pub channel: String,
    /// Language, BCP 47.
    pub locale: String,
}

/// The names of all templates that the shop wrote.
///
/// # Errors
/// If the database can't be asked.
pub async fn names(db: impl PgExecutor<'_>, tenant: TenantId) -> Result<Vec<OwnName>, sqlx::Error> {
    sqlx::query_file_as!(
        OwnName,
        "../../sql/queries/notification_templates/names.sql",
        tenant.0
    )
    .fetch_all(db)
    .await
}

/// The shop's template of a kind for a channel, in the nearest language; None if it has none.
///
/// # Errors
/// If the database can't be asked.
pub async fn template(
    db: impl PgExecutor<'_>,
    tenant: TenantId,
    notification_type: &str,
    channel: &str,
    locale: &str,
) -> Result<Option<OwnTemplate>, sqlx::Error> {
    sqlx::query_file_as!(
        OwnTemplate,
        "../../sql/queries/notification_templates/find.sql",
        tenant.0,
        notification_type,
        channel,
        locale
    )
    .fetch_optional(db)
    .await
}
