//! Giving money back through the provider that took it.

use async_trait::async_trait;

use crate::{Contact, IdempotencyKey, Journal, Money, ProviderError};

/// One outside system that can give a payment back.
///
/// As with [`FulfilmentProvider`](crate::FulfilmentProvider), every call is a single conversation:
/// no retries, no waiting. What was said is written to the [`Journal`].
#[async_trait]
pub trait RefundProvider: Send + Sync + 'static {
    /// The word that `payments.provider` holds for this provider.
    fn code(&self) -> &'static str;

    /// Calls the provider without any effect there, to learn whether it can be reached and takes
    /// our credentials. Answers what it found, for people.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError>;

    /// Asks for a refund, once: `key` is the same on every attempt. With [`Contact::Again`] an
    /// earlier attempt may have been accepted without our hearing of it, so the provider is asked
    /// for it first: its memory of keys may be shorter than ours.
    ///
    /// # Errors
    /// See [`ProviderError`]; [`ProviderError::Unknown`] means that the money may be on its way.
    async fn refund(
        &self,
        wanted: &RefundRequest,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Refund, ProviderError>;

    /// What became of a refund that the provider accepted.
    ///
    /// # Errors
    /// See [`ProviderError`]; never a refusal.
    async fn look_up(
        &self,
        provider_refund_id: &str,
        journal: &mut Journal,
    ) -> Result<Refund, ProviderError>;
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The provider's own id of the payment.
    pub provider_payment_id: String,
    /// How much of it.
    pub amount: Money,
    /// The order's number, for people who look at the provider's console.
    pub order_number: String,
}

/// What the provider has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The provider's own id of it.
    pub provider_refund_id: String,
    /// How far it is.
    pub status: RefundStatus,
}

/// How far a refund is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// On its way.
    Pending,
    /// The customer has it, or their bank.
    Succeeded,
    /// It will not come.
    Failed {
        /// The provider's word for why.
        reason: String,
    },
}
