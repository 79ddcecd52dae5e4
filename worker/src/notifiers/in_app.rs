//! The inside of the shop: a row that the shop's own pages show.

use async_trait::async_trait;
use sqlx::PgPool;
use stevedore_model::notifications::people::{self, InApp};

use super::{Message, MessageId, Notifier, NotifyError, Receipt, Repetition};

/// Writes `customer_notifications`.
pub struct InAppNotifier {
    pool: PgPool,
}

impl InAppNotifier {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl Notifier for InAppNotifier {
    fn channel(&self) -> &'static str {
        "in_app"
    }

    fn repetition(&self) -> Repetition {
        Repetition::Harmless
    }

    async fn send(&self, message: &Message, _id: &MessageId) -> Result<Receipt, NotifyError> {
        let about = &message.about;
        let permanent = |text: &str| NotifyError::Permanent(text.to_owned());
        let tenant = about
            .tenant
            .ok_or_else(|| permanent("the notice has no shop"))?;
        let customer_id = message
            .recipient
            .parse()
            .map_err(|_| permanent("the recipient is no customer"))?;
        let notice = InApp {
            customer_id,
            order_id: about.order_id,
            notification_id: about.notification_id,
            notification_type: &about.kind,
            title: &message.subject,
            body: &message.body,
        };
        let id = people::tell(&self.pool, tenant, &notice)
            .await
            .map_err(|error| NotifyError::Transient(error.to_string()))?;
        Ok(Receipt {
            provider_message_id: format!("in-app-{id}"),
        })
    }
}
