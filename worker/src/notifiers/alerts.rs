//! The channels of people on duty: Slack, `PagerDuty`, any app that takes JSON. The recipient is
//! where it goes: a hook's address, a routing key.

use std::sync::Arc;

use async_trait::async_trait;
use stevedore_providers::{Alert, Outbound, ProviderError, alerts};

use super::{Message, MessageId, Notifier, Notifiers, NotifyError, Receipt};

/// Where `PagerDuty` takes events.
const PAGERDUTY_API: &str = "https://events.pagerduty.com/v2/enqueue";

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Slack,
    PagerDuty,
    Webhook,
}

/// One of them.
struct AlertNotifier {
    channel: Channel,
    outbound: Outbound,
}

/// All of them: they need no settings, since a contact says where it goes.
#[must_use]
pub fn alert_channels(outbound: &Outbound) -> Notifiers {
    [Channel::Slack, Channel::PagerDuty, Channel::Webhook]
        .into_iter()
        .map(|channel| {
            let outbound = outbound.clone();
            let notifier: Arc<dyn Notifier> = Arc::new(AlertNotifier { channel, outbound });
            (notifier.channel(), notifier)
        })
        .collect()
}

#[async_trait]
impl Notifier for AlertNotifier {
    fn channel(&self) -> &'static str {
        match self.channel {
            Channel::Slack => "slack",
            Channel::PagerDuty => "pagerduty",
            Channel::Webhook => "webhook",
        }
    }

    async fn send(&self, message: &Message, id: &MessageId) -> Result<Receipt, NotifyError> {
        let (outbound, to) = (&self.outbound, message.recipient.as_str());
        let alert = Alert {
            id: id.as_str().to_owned(),
            summary: message.subject.clone(),
            text: message.text.clone(),
            severity: "high".to_owned(),
            is_over: false,
        };
        let sent = match self.channel {
            Channel::Slack => alerts::slack(outbound, to, &alert).await,
            Channel::PagerDuty => alerts::pagerduty(outbound, PAGERDUTY_API, to, &alert).await,
            Channel::Webhook => alerts::webhook(outbound, to, &alert).await,
        };
        sent.map_err(understood)?;
        Ok(Receipt {
            provider_message_id: alert.id,
        })
    }
}

fn understood(error: ProviderError) -> NotifyError {
    match error {
        ProviderError::Rejected { .. } => NotifyError::Permanent(error.to_string()),
        other => NotifyError::Transient(other.to_string()),
    }
}
