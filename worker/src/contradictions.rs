//! Settings that are right one by one, and from which no worker can be built.

use crate::environment::EnvironmentError;
use crate::notifiers::{ChannelError, EmailNotifier};
use crate::settings::WorkerSettings;
use crate::webhooks;
use stevedore_notices::Library;

/// Everything that is wrong with these settings together. [`Environment::new`] tells the first of
/// it; who mends settings wants all.
///
/// [`Environment::new`]: crate::Environment::new
#[must_use]
pub fn contradictions(settings: &WorkerSettings) -> Vec<EnvironmentError> {
    let mail = EmailNotifier::contradictions(&settings.email);
    let mut found: Vec<EnvironmentError> = mail
        .into_iter()
        .map(|error| EnvironmentError::from(ChannelError::from(error)))
        .collect();
    let providers = stevedore_providers::contradictions(&settings.providers);
    let outside = providers
        .into_iter()
        .chain(settings.twilio.contradictions())
        .chain(settings.tickets.jira.contradictions())
        .chain(webhooks::desk(&settings.webhooks).err());
    found.extend(outside.map(EnvironmentError::from));
    let templates = Library::new(settings.notices.notice_templates.as_deref()).err();
    found.extend(templates.map(EnvironmentError::from));
    found
}
