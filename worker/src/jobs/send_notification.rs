//! `send_notification`: renders one notice and hands it to its channel.
//!
//! Between the channel's yes and our commit a crash can come; then the notice is sent again, with
//! the same message id, by which a mailbox recognises a duplicate.

use anyhow::Context as _;
use metrics::counter;
use serde::{Deserialize, Serialize};
use stevedore_model::TenantId;
use stevedore_model::notifications::{self, Notification};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use super::outcome::{NoticeVerdict, notice_verdict};
use crate::environment::Environment;
use crate::notices;
use crate::notifiers::{Message, MessageId, Notifier, NotifyError};

/// Which row of `notification_queue`.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendNotification {
    /// The shop.
    pub tenant_id: TenantId,
    /// The row.
    pub notification_id: i64,
}

impl Job for SendNotification {
    type Environment = Environment;
    const KIND: &'static str = "send_notification";
    const QUEUE: &'static str = "notifications";

    fn policy(env: &Environment) -> Policy {
        Policy {
            retry: env.notices.retry.clone(),
            max_attempts: env.notices.attempts,
            timeout: env.notices.timeout,
            ..Policy::default()
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        let notice = notifications::load(ctx.pool(), self.tenant_id, self.notification_id)
            .await
            .context("loading the notice")?;
        let Some(notice) = notice.filter(|notice| notice.status == "pending") else {
            return Err(Failure::Discard(
                "the notice is sent or withdrawn".to_owned(),
            ));
        };
        match self.send(env, &notice).await {
            Ok(provider_message_id) => self.sent(ctx, &notice, &provider_message_id).await,
            Err(error) => match notice_verdict(error, ctx.is_last_attempt()) {
                NoticeVerdict::GiveUp(reason) => self.given_up(ctx, &notice, &reason).await,
                NoticeVerdict::Retry { failure, reason } => {
                    self.tried(ctx, &notice, &reason).await?;
                    Err(failure)
                }
            },
        }
    }
}

impl SendNotification {
    /// Renders and sends; answers the channel's id of the message.
    async fn send(&self, env: &Environment, notice: &Notification) -> Result<String, NotifyError> {
        let notifier = env.notifiers.get(notice.channel.as_str()).ok_or_else(|| {
            NotifyError::Transient(format!("the channel {} is not configured", notice.channel))
        })?;
        let message = message(notice, &env.shop_name)?;
        let id = MessageId::of_notification(self.tenant_id, self.notification_id);
        let receipt = Notifier::send(notifier.as_ref(), &message, &id).await?;
        Ok(receipt.provider_message_id)
    }

    async fn sent(
        &self,
        ctx: &mut JobContext,
        notice: &Notification,
        provider_message_id: &str,
    ) -> Result<Done, Failure> {
        let mut tx = ctx.begin().await?;
        notifications::mark_sent(
            &mut *tx,
            self.tenant_id,
            self.notification_id,
            Some(provider_message_id),
        )
        .await
        .context("recording that the notice was sent")?;
        let done = ctx.complete_in(&mut tx).await?;
        tx.commit().await?;
        count(&notice.channel, "sent");
        Ok(done)
    }

    async fn tried(
        &self,
        ctx: &JobContext,
        notice: &Notification,
        reason: &str,
    ) -> anyhow::Result<()> {
        count(&notice.channel, "retried");
        notifications::note_attempt(ctx.pool(), self.tenant_id, self.notification_id, reason)
            .await
            .context("recording that the notice was not taken")
    }

    async fn given_up(
        &self,
        ctx: &mut JobContext,
        notice: &Notification,
        reason: &str,
    ) -> Result<Done, Failure> {
        tracing::warn!(
            notification.id = self.notification_id,
            notification.channel = notice.channel,
            reason,
            "a notice is given up",
        );
        let mut tx = ctx.begin().await?;
        notifications::mark_failed(&mut *tx, self.tenant_id, self.notification_id, reason)
            .await
            .context("recording that the notice failed")?;
        let done = ctx.complete_in(&mut tx).await?;
        tx.commit().await?;
        count(&notice.channel, "failed");
        Ok(done)
    }
}

/// What can't be rendered or addressed now never can: that is permanent.
fn message(notice: &Notification, shop: &str) -> Result<Message, NotifyError> {
    let permanent = |text: String| NotifyError::Permanent(text);
    let recipient = notice
        .recipient
        .clone()
        .ok_or_else(|| permanent("the notice has no recipient".to_owned()))?;
    let rendered = notices::render(&notice.notification_type, &notice.payload, shop)
        .map_err(|error| permanent(error.to_string()))?;
    Ok(Message {
        recipient,
        recipient_name: rendered.customer_name,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
    })
}

fn count(channel: &str, result: &'static str) {
    let channel = channel.to_owned();
    counter!("stevedore_notifications_total", "channel" => channel, "result" => result)
        .increment(1);
}
