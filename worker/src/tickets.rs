//! The outside ticket system, as jobs use it.

pub mod text;

use std::sync::Arc;
use std::time::Duration;

use stevedore_providers::{Jira, JiraSettings, SettingsError, TicketProvider};

/// Where tickets go, and how often they are talked of.
pub struct TicketDesk {
    /// The system.
    pub system: Arc<dyn TicketProvider>,
    /// Where people see an order; `{order_id}` and `{order_number}` stand for its own.
    pub order_url: Option<String>,
    /// Shortest time between two comments on one ticket.
    pub comment_every: Duration,
    /// Comments on one ticket that it happened again.
    pub comments_max: u16,
}

/// Settings of tickets.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Tickets")]
pub struct TicketSettings {
    /// Where people see an order, for tickets: `{order_id}` and `{order_number}` are filled in,
    /// e.g. `https://shop.example.com/admin/orders/{order_id}`
    #[arg(long, env = "TICKET_ORDER_URL", value_name = "URL")]
    pub ticket_order_url: Option<String>,

    /// A ticket gets at most one comment in this time, however often its cause happens again
    #[arg(long, env = "TICKET_COMMENT_EVERY", value_name = "DURATION", default_value = "1h",
        value_parser = humantime::parse_duration)]
    pub ticket_comment_every: Duration,

    /// A ticket gets at most this many comments that its cause happened again
    #[arg(
        long,
        env = "TICKET_COMMENTS_MAX",
        value_name = "COUNT",
        default_value = "20"
    )]
    pub ticket_comments_max: u16,

    /// Jira.
    #[command(flatten)]
    pub jira: JiraSettings,
}

/// Builds the configured ticket system; none: tickets are rows.
///
/// # Errors
/// [`SettingsError`] when it is configured by halves.
pub fn desk(settings: &TicketSettings) -> Result<Option<TicketDesk>, SettingsError> {
    let jira = Jira::configured(&settings.jira)?;
    Ok(jira.map(|jira| TicketDesk {
        system: Arc::new(jira),
        order_url: settings
            .ticket_order_url
            .clone()
            .filter(|url| !url.is_empty()),
        comment_every: settings.ticket_comment_every,
        comments_max: settings.ticket_comments_max,
    }))
}
