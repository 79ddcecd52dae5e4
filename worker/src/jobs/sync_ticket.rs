//! `sync_ticket`: tells the outside ticket system what became of a ticket.
//!
//! One job a ticket, whatever happens meanwhile: at its end it sees by the ticket's version whether
//! there is more to tell. Before an issue is opened the outside is asked for one of the same cause,
//! so that a lost answer opens no second one.

use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use stevedore_model::TenantId;
use stevedore_model::tickets::{self, OutsideView, Told};
use stevedore_providers::{ExternalTicket, ProviderError, TicketProvider};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy, RetryPolicy};

use crate::environment::Environment;
use crate::tickets::{TicketDesk, text};

/// Which ticket.
#[derive(Debug, Serialize, Deserialize)]
pub struct SyncTicket {
    /// The shop.
    pub tenant_id: TenantId,
    /// The ticket.
    pub ticket_id: i64,
}

impl Job for SyncTicket {
    type Environment = Environment;
    const KIND: &'static str = "sync_ticket";
    const DESCRIPTION: &'static str = "Tells the outside ticket system what became of a ticket.";
    const QUEUE: &'static str = "notifications";

    fn policy(_env: &Environment) -> Policy {
        Policy {
            retry: RetryPolicy::Exponential {
                base: Duration::from_secs(30),
                max: Duration::from_hours(1),
            },
            max_attempts: 30,
            timeout: Duration::from_mins(2),
            ..Policy::default()
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        let Some(desk) = &env.tickets else {
            return Err(Failure::Discard(
                "no outside ticket system is configured".to_owned(),
            ));
        };
        let loaded = tickets::outside(ctx.pool(), self.tenant_id, self.ticket_id);
        let loaded = loaded.await.context("loading the ticket")?;
        let Some(ticket) = loaded.filter(|ticket| ticket.version > ticket.synced_version) else {
            return Err(Failure::Discard("the outside knows all of it".to_owned()));
        };
        match self.tell(ctx, desk, &ticket).await? {
            Ok(News::Told(told)) => self.told(ctx, &ticket, told).await,
            Ok(News::TooSoon(wait)) => Err(Failure::Snooze(wait)),
            Err(error) => self.refused(ctx, error).await,
        }
    }
}

/// How a conversation ended.
enum News {
    /// The outside knows all that it is to know.
    Told(Told),
    /// It heard of the same a moment ago.
    TooSoon(Duration),
}

impl SyncTicket {
    async fn tell(
        &self,
        ctx: &JobContext,
        desk: &TicketDesk,
        ticket: &OutsideView,
    ) -> anyhow::Result<Result<News, ProviderError>> {
        let system = desk.system.as_ref();
        let (key, is_new) = match &ticket.external_key {
            Some(key) => (key.clone(), false),
            None => match open(desk, ticket).await {
                Err(error) => return Ok(Err(error)),
                Ok(None) => return Ok(Ok(News::Told(Told::default()))),
                Ok(Some((found, is_new))) => {
                    tickets::link(
                        ctx.pool(),
                        self.tenant_id,
                        self.ticket_id,
                        &found.key,
                        &found.url,
                    )
                    .await
                    .context("recording the ticket's key")?;
                    (found.key, is_new)
                }
            },
        };
        if ticket.state == "resolved" {
            let closed = system.resolve(&key, &text::resolved(ticket)).await;
            return Ok(closed.map(|()| News::Told(Told::All)));
        }
        if is_new {
            return Ok(Ok(News::Told(Told::All)));
        }
        Ok(say_again(desk, ticket, &key, system).await)
    }

    async fn told(
        &self,
        ctx: &mut JobContext,
        ticket: &OutsideView,
        told: Told,
    ) -> Result<Done, Failure> {
        let mut tx = ctx.begin().await?;
        // The ticket's row first: whoever changes it meanwhile finds this job unfinished, and this
        // job sees the change; or finds it gone, and enqueues the next.
        let is_behind = tickets::synced(&mut *tx, self.tenant_id, ticket, told)
            .await
            .context("recording what the outside knows")?;
        if is_behind {
            tx.commit().await?;
            return Err(Failure::Snooze(Duration::ZERO));
        }
        let done = ctx.complete_in(&mut tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn refused(&self, ctx: &JobContext, error: ProviderError) -> Result<Done, Failure> {
        let reason = error.to_string();
        tickets::note_sync_error(ctx.pool(), self.tenant_id, self.ticket_id, &reason)
            .await
            .context("recording why the outside was not told")?;
        Err(match error {
            ProviderError::Transient {
                retry_after: Some(wait),
                ..
            } => Failure::retry_after(error, wait),
            _ => error.into(),
        })
    }
}

/// The outside's ticket of this cause, and whether it was just opened; none if there is nothing to
/// open any more.
async fn open(
    desk: &TicketDesk,
    ticket: &OutsideView,
) -> Result<Option<(ExternalTicket, bool)>, ProviderError> {
    let wanted = text::ticket(ticket, desk.order_url.as_deref());
    if let Some(found) = desk.system.find(&wanted.fingerprint).await? {
        return Ok(Some((found, false)));
    }
    if ticket.state == "resolved" {
        return Ok(None);
    }
    let created = desk.system.create(&wanted).await?;
    Ok(Some((created, true)))
}

/// Comments that it happened again: not too often, and not for ever.
async fn say_again(
    desk: &TicketDesk,
    ticket: &OutsideView,
    key: &str,
    system: &dyn TicketProvider,
) -> Result<News, ProviderError> {
    let is_new = ticket.occurrences > ticket.told_occurrences;
    if !is_new || ticket.comments >= i32::from(desk.comments_max) {
        return Ok(News::Told(Told::Nothing));
    }
    let since = ticket.told_seconds_ago.map(Duration::from_secs_f64);
    let too_soon = since.and_then(|since| desk.comment_every.checked_sub(since));
    if let Some(wait) = too_soon.filter(|wait| !wait.is_zero()) {
        return Ok(News::TooSoon(wait));
    }
    system.comment(key, &text::again(ticket)).await?;
    Ok(News::Told(Told::Again))
}
