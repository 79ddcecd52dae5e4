//! What an outside ticket system is to us.

use async_trait::async_trait;

use crate::ProviderError;

/// A ticket as the outside is to show it. No field holds personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketText {
    /// The same for the same cause, and no other: letters, digits and `-`.
    pub fingerprint: String,
    /// One line of at most 255 characters.
    pub summary: String,
    /// What is known, as label and value, in the order of showing.
    pub facts: Vec<(String, String)>,
    /// Where people see the order.
    pub order_url: Option<String>,
    /// `delivery`, `payment`, `stock`, `database`, `api` or `unknown`.
    pub category: String,
    /// `critical`, `high`, `medium` or `low`.
    pub severity: String,
}

/// A ticket that the outside has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalTicket {
    /// Its key there, such as `OPS-17`.
    pub key: String,
    /// Where people find it.
    pub url: String,
}

/// One outside ticket system. Every call is one conversation, without retries.
#[async_trait]
pub trait TicketProvider: Send + Sync + 'static {
    /// Its name in settings, logs and metrics.
    fn code(&self) -> &'static str;

    /// The ticket of this fingerprint that is not done, if there is one.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn find(&self, fingerprint: &str) -> Result<Option<ExternalTicket>, ProviderError>;

    /// Opens a ticket. After a lost answer ask [`Self::find`] before calling it again.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn create(&self, ticket: &TicketText) -> Result<ExternalTicket, ProviderError>;

    /// Adds a comment.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn comment(&self, key: &str, text: &str) -> Result<(), ProviderError>;

    /// Moves it to where its project says that work is done, if it is not there, and says why.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn resolve(&self, key: &str, text: &str) -> Result<(), ProviderError>;
}
