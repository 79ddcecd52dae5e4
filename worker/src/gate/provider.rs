//! A fulfilment provider behind its gate: each call enters and settles.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use stevedore_providers::{
    Cancellation, Contact, FulfilmentProvider, IdempotencyKey, Journal, Pace, ProviderError,
    Reference, Request, Submission, Verification,
};

use super::{Gate, Held, Permit};

/// A provider that is only called when the gate lets it; else it answers
/// [`ProviderError::Held`], and nothing was sent.
pub struct Gated {
    provider: Arc<dyn FulfilmentProvider>,
    gate: Arc<Gate>,
    at_hand: Mutex<Option<Permit>>,
}

impl Gated {
    /// Puts the gate before a provider. The first call uses the permit at hand, if there is one.
    #[must_use]
    pub fn new(
        provider: &Arc<dyn FulfilmentProvider>,
        gate: &Arc<Gate>,
        at_hand: Option<Permit>,
    ) -> Self {
        Self {
            provider: Arc::clone(provider),
            gate: Arc::clone(gate),
            at_hand: Mutex::new(at_hand),
        }
    }

    async fn enter(&self) -> Result<Permit, ProviderError> {
        let at_hand = self
            .at_hand
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(permit) = at_hand {
            return Ok(permit);
        }
        let (code, account) = (self.provider.code(), self.provider.account());
        let entered = self.gate.enter(code, account).await;
        entered.map_err(|held| held.before(code))
    }
}

#[async_trait]
impl FulfilmentProvider for Gated {
    fn code(&self) -> &'static str {
        self.provider.code()
    }

    fn account(&self) -> &str {
        self.provider.account()
    }

    fn can_look_up(&self) -> bool {
        self.provider.can_look_up()
    }

    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError> {
        let permit = self.enter().await?;
        let result = self.provider.ping(journal).await;
        permit.settle_result(&result).await;
        result
    }

    fn pace(&self) -> Option<Pace> {
        self.provider.pace()
    }

    async fn cancel(
        &self,
        request: &Request,
        reference: &Reference,
        journal: &mut Journal,
    ) -> Result<Cancellation, ProviderError> {
        let permit = self.enter().await?;
        let result = self.provider.cancel(request, reference, journal).await;
        permit.settle_result(&result).await;
        result
    }

    fn should_fulfil(&self, request: &Request) -> Result<(), ProviderError> {
        self.provider.should_fulfil(request)
    }

    async fn submit(
        &self,
        request: &Request,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Submission, ProviderError> {
        let permit = self.enter().await?;
        let result = self.provider.submit(request, key, contact, journal).await;
        permit.settle_result(&result).await;
        result
    }

    async fn verify(
        &self,
        request: &Request,
        reference: &Reference,
        journal: &mut Journal,
    ) -> Result<Verification, ProviderError> {
        let permit = self.enter().await?;
        let result = self.provider.verify(request, reference, journal).await;
        permit.settle_result(&result).await;
        result
    }
}

impl Held {
    /// As a provider's client says it.
    #[must_use]
    pub fn before(self, provider: &str) -> ProviderError {
        ProviderError::Held {
            wait: self.wait,
            message: format!("{provider} may not be called now"),
        }
    }
}
