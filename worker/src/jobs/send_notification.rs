//! `send_notification`: renders one notice and hands it to its channel.
//!
//! Between the channel's yes and our commit a crash can come. The notice then says since when an
//! attempt has had no end: a channel that can be asked is asked before anything is sent again, any
//! other is given the same message id once more, by which a mailbox recognises a duplicate. Each
//! such case is counted (`stevedore_notification_repeats_total`).

use std::sync::Arc;

use anyhow::Context as _;
use metrics::counter;
use serde::{Deserialize, Serialize};
use stevedore_model::TenantId;
use stevedore_model::notifications::own::{self, OwnTemplate};
use stevedore_model::notifications::{self, Miss, Notification};
use stevedore_notices::{Notice, NoticeError, Own, Rendered};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use crate::environment::Environment;
use crate::notifiers::{
    About, Approved, Message, MessageId, Notifier, NotifyError, Receipt, Repetition,
};

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
        let notice = notifications::begin(ctx.pool(), self.tenant_id, self.notification_id)
            .await
            .context("beginning to send the notice")?;
        let Some(notice) = notice else {
            return Err(Failure::Discard(
                "the notice is sent, withdrawn or not wanted any more".to_owned(),
            ));
        };
        let Some(notifier) = env.notifiers.get(notice.channel.as_str()) else {
            let error = format!("the channel {} is not configured", notice.channel);
            let error = NotifyError::Transient(error);
            return self
                .missed(ctx, &notice, notice.channel.as_str(), error)
                .await;
        };
        let message = match self.message(ctx, env, &notice).await? {
            Ok(message) => message,
            Err(error) => return self.missed(ctx, &notice, notifier.provider(), error).await,
        };
        match self.tell(notifier, &notice, &message).await {
            Ok(receipt) => self.sent(ctx, &notice, notifier.provider(), &receipt).await,
            Err(error) => self.missed(ctx, &notice, notifier.provider(), error).await,
        }
    }
}

impl SendNotification {
    /// Sends, unless an attempt that nobody saw the end of has.
    async fn tell(
        &self,
        notifier: &Arc<dyn Notifier>,
        notice: &Notification,
        message: &Message,
    ) -> Result<Receipt, NotifyError> {
        let id = MessageId::of_notification(self.tenant_id, self.notification_id);
        match (notice.unknown_since, notifier.repetition()) {
            (Some(since), Repetition::Askable) => {
                let found = notifier
                    .find(message, &id, since)
                    .await
                    .map_err(still_unknown)?;
                if let Some(receipt) = found {
                    count_repeat(&notice.channel, "found");
                    return Ok(receipt);
                }
                count_repeat(&notice.channel, "absent");
            }
            (Some(_), Repetition::Duplicate) => count_repeat(&notice.channel, "sent_again"),
            (Some(_), Repetition::Harmless) | (None, _) => {}
        }
        notifier.send(message, &id).await
    }

    /// What can't be rendered or addressed now never can: that is permanent.
    async fn message(
        &self,
        ctx: &JobContext,
        env: &Environment,
        notice: &Notification,
    ) -> Result<Result<Message, NotifyError>, Failure> {
        let own = own::template(
            ctx.pool(),
            self.tenant_id,
            &notice.notification_type,
            &notice.channel,
            &notice.locale,
        )
        .await
        .context("reading the shop's template")?;
        let permanent = |text: String| NotifyError::Permanent(text);
        let unsubscribe_url = env
            .public_url
            .as_ref()
            .zip(notice.unsubscribe_token)
            .map(|(url, token)| format!("{url}/v1/unsubscribe/{token}"));
        let rendered = render(env, notice, own.as_ref(), unsubscribe_url.as_deref());
        let recipient = notice.recipient.clone();
        Ok(match (rendered, recipient) {
            (Ok(rendered), Some(recipient)) => {
                Ok(self.addressed(notice, rendered, recipient, own, unsubscribe_url))
            }
            (_, None) => Err(permanent("the notice has no recipient".to_owned())),
            (Err(error), _) => Err(permanent(error.to_string())),
        })
    }

    fn addressed(
        &self,
        notice: &Notification,
        rendered: Rendered,
        recipient: String,
        own: Option<OwnTemplate>,
        unsubscribe_url: Option<String>,
    ) -> Message {
        let variables = rendered.variables;
        Message {
            about: About {
                tenant: Some(self.tenant_id),
                notification_id: self.notification_id,
                kind: notice.notification_type.clone(),
                order_id: notice.order_id,
                payload: notice.payload.clone(),
            },
            recipient,
            recipient_name: rendered.customer_name,
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            body: rendered.body,
            short: rendered.short,
            unsubscribe_url,
            approved: own
                .and_then(|own| own.content_sid)
                .map(|content_sid| Approved {
                    content_sid,
                    variables,
                }),
        }
    }

    async fn sent(
        &self,
        ctx: &mut JobContext,
        notice: &Notification,
        provider: &str,
        receipt: &Receipt,
    ) -> Result<Done, Failure> {
        let mut tx = ctx.begin().await?;
        let (tenant, id) = (self.tenant_id, self.notification_id);
        let message_id = &receipt.provider_message_id;
        notifications::mark_sent(&mut *tx, tenant, id, provider, message_id)
            .await
            .context("recording that the notice was sent")?;
        let done = ctx.complete_in(&mut tx).await?;
        tx.commit().await?;
        count(&notice.channel, "sent");
        Ok(done)
    }

    /// Records that the channel did not take it, and tries again where that is worth it.
    async fn missed(
        &self,
        ctx: &mut JobContext,
        notice: &Notification,
        provider: &str,
        error: NotifyError,
    ) -> Result<Done, Failure> {
        let text = error.to_string();
        let (code, retry_after) = match &error {
            NotifyError::Refused {
                code, retry_after, ..
            } => (Some(code.as_str()), *retry_after),
            _ => (None, None),
        };
        let miss = Miss {
            provider,
            code,
            error: &text,
            is_unknown: matches!(error, NotifyError::Unknown(_)),
            is_permanent: matches!(
                error,
                NotifyError::Permanent(_)
                    | NotifyError::Refused {
                        is_permanent: true,
                        ..
                    }
            ),
            is_last: ctx.is_last_attempt(),
        };
        let mut tx = ctx.begin().await?;
        let is_over = notifications::miss(&mut *tx, self.tenant_id, self.notification_id, &miss)
            .await
            .context("recording that the notice was not taken")?;
        if !is_over {
            tx.commit().await?;
            count(&notice.channel, "retried");
            return Err(match retry_after {
                Some(wait) => Failure::retry_after(anyhow::Error::new(error), wait),
                None => Failure::from(anyhow::Error::new(error)),
            });
        }
        tracing::warn!(
            notification.id = self.notification_id,
            notification.channel = notice.channel,
            reason = text,
            "a notice is given up on its channel",
        );
        let done = ctx.complete_in(&mut tx).await?;
        tx.commit().await?;
        count(&notice.channel, "failed");
        Ok(done)
    }
}

/// Whoever can't be asked what he took may still have taken it.
fn still_unknown(error: NotifyError) -> NotifyError {
    NotifyError::Unknown(error.to_string())
}

fn render(
    env: &Environment,
    notice: &Notification,
    own: Option<&OwnTemplate>,
    unsubscribe_url: Option<&str>,
) -> Result<Rendered, NoticeError> {
    let wanted = Notice {
        kind: &notice.notification_type,
        locale: &notice.locale,
        payload: &notice.payload,
        shop: &env.shop_name,
        order_url: notice.order_url.as_deref(),
        unsubscribe_url,
    };
    env.templates
        .render(&wanted, &Own::of(own, &notice.channel))
}

fn count(channel: &str, result: &'static str) {
    let channel = channel.to_owned();
    counter!("stevedore_notifications_total", "channel" => channel, "result" => result)
        .increment(1);
}

fn count_repeat(channel: &str, result: &'static str) {
    let channel = channel.to_owned();
    counter!("stevedore_notification_repeats_total", "channel" => channel, "result" => result)
        .increment(1);
}
