//! The channels of people on duty: Slack, `PagerDuty`, any app that takes JSON. The recipient is
//! where it goes: a hook's address, a routing key.

use std::sync::Arc;

use async_trait::async_trait;
use stevedore_providers::{Alert, Outbound, ProviderError, alerts};

use super::{About, Message, MessageId, Notifier, Notifiers, NotifyError, Receipt};

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
    /// Where `PagerDuty` takes events.
    pagerduty: String,
}

/// All of them: a contact says where it goes, and `pagerduty` is where that one takes events.
#[must_use]
pub fn alert_channels(outbound: &Outbound, pagerduty: &str) -> Notifiers {
    [Channel::Slack, Channel::PagerDuty, Channel::Webhook]
        .into_iter()
        .map(|channel| {
            let outbound = outbound.clone();
            let notifier: Arc<dyn Notifier> = Arc::new(AlertNotifier {
                channel,
                outbound,
                pagerduty: pagerduty.to_owned(),
            });
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
        let alert = alert(message, id);
        let sent = match self.channel {
            Channel::Slack => alerts::slack(outbound, to, &alert).await,
            Channel::PagerDuty => alerts::pagerduty(outbound, &self.pagerduty, to, &alert).await,
            Channel::Webhook => alerts::webhook(outbound, to, &alert).await,
        };
        sent.map_err(understood)?;
        Ok(Receipt {
            provider_message_id: id.as_str().to_owned(),
        })
    }
}

/// What a notice tells whoever is on duty. What belongs together (a ticket, and its end) has the
/// same `alert_key`.
fn alert(message: &Message, id: &MessageId) -> Alert {
    let About {
        tenant, payload, ..
    } = &message.about;
    let key = payload["alert_key"].as_str();
    let shop = tenant
        .map(|tenant| format!(".{tenant}"))
        .unwrap_or_default();
    Alert {
        id: key.map_or_else(|| id.as_str().to_owned(), |key| format!("{key}{shop}")),
        summary: message.subject.clone(),
        text: message.text.clone(),
        severity: payload["severity"].as_str().unwrap_or("high").to_owned(),
        is_over: payload["is_over"] == true,
    }
}

fn understood(error: ProviderError) -> NotifyError {
    match error {
        ProviderError::Rejected { .. } => NotifyError::Permanent(error.to_string()),
        other => NotifyError::Transient(other.to_string()),
    }
}
