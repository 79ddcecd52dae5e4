//! Every handle that a job may touch, and nothing else: a job knows its arguments and this.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use stevedore_model::retention::Retention;
use stevedore_notices::{Library, NoticeError};
use stevedore_providers::{
    Carriers, LabelFormat, RefundRegistry, Registry, SettingsError, TokenCache,
};
use stevedore_queue::RetryPolicy;

use crate::gate::Gate;
use crate::notifiers::{self, ChannelError, Notifiers};
use crate::settings::{Prefer, WorkerSettings};
use crate::tickets::{self, TicketDesk};
use crate::tokens::FleetTokens;
use crate::webhooks::{self, WebhookDesk};

/// The outside, as jobs see it.
pub struct Environment {
    /// Who fulfils, by code.
    pub providers: Registry,
    /// Who carries parcels, by code.
    pub carriers: Carriers,
    /// Lets calls to the outside through: the fleet's rates and breakers.
    pub gate: Arc<Gate>,
    /// Who gives money back, by code.
    pub refund_providers: RefundRegistry,
    /// How customers are told, by channel.
    pub notifiers: Notifiers,
    /// What customers are told, in which words.
    pub templates: Library,
    /// Signs every notice.
    pub shop_name: String,
    /// Where customers reach the API, for links to unsubscribe; none: no such links.
    pub public_url: Option<String>,
    /// How fulfilment goes.
    pub fulfilment: FulfilmentPolicy,
    /// How the own warehouse sends.
    pub labels: LabelPolicy,
    /// How refunds go.
    pub refunds: RefundPolicy,
    /// How notices go.
    pub notices: NoticePolicy,
    /// Where tickets go besides their table; none: nowhere.
    pub tickets: Option<TicketDesk>,
    /// How webhooks go to the shop's own apps.
    pub webhooks: WebhookDesk,
    /// How events of providers go.
    pub inbox: InboxPolicy,
    /// What runs by itself.
    pub upkeep: UpkeepPolicy,
}

/// Attempts and waits of fulfilments.
pub struct FulfilmentPolicy {
    /// Attempts at a provider in all.
    pub attempts: u16,
    /// Waits between them.
    pub retry: RetryPolicy,
    /// First wait before an order in progress is asked for again.
    pub ask_again: Duration,
    /// How long an order may be in progress.
    pub patience: Duration,
    /// How long a provider is down before its orders go to the next.
    pub fail_over_after: Duration,
    /// For all calls of one attempt.
    pub timeout: Duration,
}

/// Labels of the own warehouse.
pub struct LabelPolicy {
    /// Which service takes a parcel that names none.
    pub prefer: Prefer,
    /// What is printed.
    pub format: LabelFormat,
}

/// Attempts and waits of refunds.
pub struct RefundPolicy {
    /// Attempts at a provider in all.
    pub attempts: u16,
    /// Waits between them.
    pub retry: RetryPolicy,
    /// First wait before a refund on its way is asked for again.
    pub ask_again: Duration,
    /// For all calls of one attempt.
    pub timeout: Duration,
}

/// Attempts and waits of notices.
pub struct NoticePolicy {
    /// Attempts in all.
    pub attempts: u16,
    /// Waits between them.
    pub retry: RetryPolicy,
    /// For one attempt.
    pub timeout: Duration,
}

/// Attempts and waits of events that providers sent.
pub struct InboxPolicy {
    /// Attempts in all.
    pub attempts: u16,
    /// Waits between them.
    pub retry: RetryPolicy,
}

/// What runs by itself.
pub struct UpkeepPolicy {
    /// How often reservations expire.
    pub expire_reservations_every: Duration,
    /// How often old rows go.
    pub clean_up_every: Duration,
    /// How often what analysts read is computed anew.
    pub refresh_analytics_every: Duration,
    /// How often parcels are looked for that are due to be asked for.
    pub poll_tracking_every: Duration,
    /// How long they stay.
    pub retention: Retention,
    /// How long orders that ended keep their details in the tables; none: always.
    pub order_details: Option<Duration>,
}

/// Settings from which no worker can be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// A provider's.
    #[error(transparent)]
    Provider(#[from] SettingsError),
    /// A channel's.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The folder of templates.
    #[error("NOTICE_TEMPLATES")]
    Templates(#[from] NoticeError),
}

impl Environment {
    /// Builds every handle from the settings; what the fleet shares is in this database.
    ///
    /// # Errors
    /// [`EnvironmentError`] names the setting that is wrong.
    pub fn new(settings: &WorkerSettings, pool: &PgPool) -> Result<Self, EnvironmentError> {
        let fulfilment = &settings.fulfilment;
        let refunds = &settings.refunds;
        let notices = &settings.notices;
        let inbox = &settings.inbox;
        let upkeep = &settings.upkeep;
        let webhooks = webhooks::desk(&settings.webhooks)?;
        let mut notifiers = notifiers::registry(&settings.email, &settings.twilio, pool)?;
        // A worker without any channel leaves notices to others, which have more to offer.
        if notifiers::tell_outside(&notifiers) {
            notifiers.extend(notifiers::alert_channels(
                &webhooks.outbound,
                &notices.pagerduty_url,
            ));
        }
        let tokens: Arc<dyn TokenCache> = Arc::new(FleetTokens::new(pool.clone()));
        Ok(Self {
            providers: stevedore_providers::registry(&settings.providers, &tokens)?,
            carriers: stevedore_providers::carriers(&settings.providers, &tokens)?,
            gate: Arc::new(Gate::new(pool.clone()).with_slots(settings.worker_concurrency.get())),
            refund_providers: stevedore_providers::refund_registry(&settings.providers)?,
            notifiers,
            templates: Library::new(notices.notice_templates.as_deref())?,
            shop_name: settings.email.shop_name(),
            public_url: notices.public.get().map(str::to_owned),
            fulfilment: FulfilmentPolicy {
                attempts: fulfilment.fulfilment_attempts.get(),
                retry: RetryPolicy::Fixed(fulfilment.fulfilment_retry_delays.clone()),
                ask_again: fulfilment.fulfilment_ask_again,
                patience: fulfilment.fulfilment_patience,
                fail_over_after: fulfilment.fulfilment_fail_over_after,
                timeout: fulfilment.fulfilment_timeout,
            },
            labels: LabelPolicy {
                prefer: settings.labels.label_prefer,
                format: settings.labels.label_format,
            },
            refunds: RefundPolicy {
                attempts: refunds.refund_attempts.get(),
                retry: RetryPolicy::Fixed(refunds.refund_retry_delays.clone()),
                ask_again: refunds.refund_ask_again,
                timeout: refunds.refund_timeout,
            },
            notices: NoticePolicy {
                attempts: notices.notice_attempts.get(),
                retry: RetryPolicy::Exponential {
                    base: notices.notice_retry_delay,
                    max: notices.notice_retry_delay_max,
                },
                // The relay's own limit ends a mail; before it a mail may wait for a connection.
                timeout: settings.email.smtp_timeout + Duration::from_mins(5),
            },
            tickets: tickets::desk(&settings.tickets)?,
            webhooks,
            inbox: InboxPolicy {
                attempts: inbox.webhook_attempts.get(),
                retry: RetryPolicy::Exponential {
                    base: inbox.webhook_retry_delay,
                    max: inbox.webhook_retry_delay_max,
                },
            },
            upkeep: UpkeepPolicy {
                expire_reservations_every: upkeep.expire_reservations_every,
                clean_up_every: upkeep.clean_up_every,
                refresh_analytics_every: upkeep.refresh_analytics_every,
                poll_tracking_every: upkeep.poll_tracking_every,
                retention: upkeep.retention(),
                order_details: upkeep.retention_order_details,
            },
        })
    }
}
