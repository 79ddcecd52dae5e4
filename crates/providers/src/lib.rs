//! The outside systems that fulfil an order, each behind [`FulfilmentProvider`] in a file of its
//! own. A provider speaks HTTP to one vendor and maps that vendor's answers to four errors
//! ([`ProviderError`]); it holds no database handle and never retries: the queue retries, and
//! `worker/src/jobs/outcome.rs` alone decides what an error means for a job.
//!
//! **To add a provider**: write `src/<name>.rs`, add its settings to [`ProviderSettings`] and one
//! line to [`registry`], and let the conformance suite in `tests/it` pass over it.

pub mod alerts;
mod at_ishare;
mod carrier_api;
mod carriers;
mod contradictions;
mod dhl;
mod dpd;
mod error;
mod fedex;
mod http;
mod jira;
mod journal;
mod label;
mod outbound;
mod prodigi;
mod public_url;
mod razorpay;
mod refund;
mod request;
mod royal_mail;
mod shipment;
mod shiprocket;
pub mod signature;
mod stripe;
mod ticket;
mod token;
mod tracking;
mod twilio;
mod ups;
mod vendor;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

pub use alerts::Alert;
pub use at_ishare::{AtIshare, AtIshareSettings, Generation};
pub use carriers::{CarrierSettings, carriers};
pub use contradictions::contradictions;
pub use dhl::{Dhl, DhlEnvironment, DhlSettings};
pub use dpd::{Dpd, DpdEnvironment, DpdSettings};
pub use error::{ProviderError, SettingsError};
pub use fedex::{Fedex, FedexEnvironment, FedexSettings};
pub use jira::{Jira, JiraSettings};
pub use journal::{Exchange, Journal};
pub use label::{Consignment, Label, LabelFormat, LabelOrder, Purchase, Rate, SoldLabel};
pub use outbound::{
    CallError, Outbound, OutboundSettings, Reply, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP,
    signature,
};
pub use prodigi::{Prodigi, ProdigiEnvironment, ProdigiSettings, ShippingMethod};
pub use public_url::PublicUrl;
pub use razorpay::{Razorpay, RazorpaySettings};
pub use refund::{Refund, RefundProvider, RefundRequest, RefundStatus};
pub use request::{
    Address, Cancellation, Contact, Customs, Goods, IdempotencyKey, Incoterm, InvalidKey, Item,
    Money, Pace, Parcel, Recipient, Reference, Request, Size, Submission, Totals, Verification,
};
pub use royal_mail::{RoyalMail, RoyalMailSettings};
pub use shipment::Shipment;
pub use shiprocket::{Shiprocket, ShiprocketSettings};
pub use stripe::{Stripe, StripeSettings};
pub use ticket::{ExternalTicket, TicketProvider, TicketText};
pub use token::{LocalTokens, NewToken, Renewal, TokenCache, TokenKey};
pub use tracking::{
    CallRate, Capabilities, Carrier, Carriers, CodeTable, InvalidTrackingNumber, PushError,
    TrackingEvent, TrackingNumber, TrackingStatus, TrackingUpdate,
};
pub use twilio::{Line, Twilio, TwilioError, TwilioMessage, TwilioReceipt, TwilioSettings};
pub use ups::{Ups, UpsEnvironment, UpsSettings};

/// One outside system that can fulfil lines of an order.
///
/// Every call is a single conversation with the vendor: no retries, no waiting for a later state.
/// What was said is written to the [`Journal`], with secrets and personal data masked.
#[async_trait]
pub trait FulfilmentProvider: Send + Sync + 'static {
    /// The word that `product_variants.fulfillment_provider` holds for this provider.
    fn code(&self) -> &'static str;

    /// Which of our accounts there. Rate limit and breaker are per vendor and account.
    fn account(&self) -> &str {
        "default"
    }

    /// Whether the vendor can be asked about a request by our key. If it can't, a lost answer is
    /// for a person: nobody may send the request again.
    fn can_look_up(&self) -> bool;

    /// Calls the vendor without any effect there, to learn whether it can be reached and takes our
    /// credentials. Answers what it found, for people.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn ping(&self, journal: &mut Journal) -> Result<String, ProviderError>;

    /// How long its orders take; none: as long as the worker's settings say.
    fn pace(&self) -> Option<Pace> {
        None
    }

    /// Checks, without a call, that the vendor can fulfil this at all.
    ///
    /// # Errors
    /// [`ProviderError::Rejected`] when it never can: a bad phone number, an unknown network.
    fn should_fulfil(&self, request: &Request) -> Result<(), ProviderError>;

    /// Places the request at the vendor, once.
    ///
    /// `key` is the same on every attempt. With [`Contact::Again`] an earlier attempt may have
    /// been accepted without our hearing of it, so the provider looks up by `key` before it sends
    /// anything, and a vendor that offers no lookup answers [`ProviderError::Unknown`] instead of
    /// sending twice.
    ///
    /// # Errors
    /// See [`ProviderError`]; [`ProviderError::Unknown`] means that the vendor may have accepted.
    async fn submit(
        &self,
        request: &Request,
        key: &IdempotencyKey,
        contact: Contact,
        journal: &mut Journal,
    ) -> Result<Submission, ProviderError>;

    /// Asks the vendor what became of a request.
    ///
    /// # Errors
    /// See [`ProviderError`]; [`ProviderError::Unknown`] means that this vendor can't be asked.
    async fn verify(
        &self,
        request: &Request,
        reference: &Reference,
        journal: &mut Journal,
    ) -> Result<Verification, ProviderError>;

    /// Asks the vendor not to deliver a request that it took.
    ///
    /// # Errors
    /// See [`ProviderError`]; [`ProviderError::Unknown`] means that it may be cancelled.
    async fn cancel(
        &self,
        _request: &Request,
        _reference: &Reference,
        _journal: &mut Journal,
    ) -> Result<Cancellation, ProviderError> {
        Ok(Cancellation::NotOffered)
    }
}

/// The providers of this process, by [`FulfilmentProvider::code`].
pub type Registry = HashMap<&'static str, Arc<dyn FulfilmentProvider>>;

/// The providers that give money back, by [`RefundProvider::code`].
pub type RefundRegistry = HashMap<&'static str, Arc<dyn RefundProvider>>;

/// Builds every configured provider of refunds, one line each.
///
/// # Errors
/// [`SettingsError`] when a provider's settings contradict each other or no HTTP client can be
/// built from them.
pub fn refund_registry(settings: &ProviderSettings) -> Result<RefundRegistry, SettingsError> {
    let configured: [Option<Arc<dyn RefundProvider>>; 2] = [
        Stripe::configured(&settings.stripe)?.map(|provider| Arc::new(provider) as _),
        Razorpay::configured(&settings.razorpay)?.map(|provider| Arc::new(provider) as _),
    ];
    Ok(configured
        .into_iter()
        .flatten()
        .map(|provider| (provider.code(), provider))
        .collect())
}

/// Settings of every provider; a provider without its address is simply not registered.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Fulfilment providers")]
pub struct ProviderSettings {
    /// AT-iShare, data bundles in Ghana.
    #[command(flatten)]
    pub at_ishare: AtIshareSettings,

    /// Prodigi, prints on demand.
    #[command(flatten)]
    pub prodigi: ProdigiSettings,

    /// Shiprocket, parcels within India.
    #[command(flatten)]
    pub shiprocket: ShiprocketSettings,

    /// Stripe, for refunds.
    #[command(flatten)]
    pub stripe: StripeSettings,

    /// Razorpay, for refunds.
    #[command(flatten)]
    pub razorpay: RazorpaySettings,

    /// Carriers of parcels.
    #[command(flatten)]
    pub carriers: CarrierSettings,
}

/// Builds every configured provider, one line each.
///
/// # Errors
/// [`SettingsError`] when a provider's settings contradict each other or no HTTP client can be
/// built from them.
pub fn registry(
    settings: &ProviderSettings,
    tokens: &Arc<dyn TokenCache>,
) -> Result<Registry, SettingsError> {
    let shiprocket = Shiprocket::configured(&settings.shiprocket, tokens)?;
    let configured: [Option<Arc<dyn FulfilmentProvider>>; 3] = [
        AtIshare::configured(&settings.at_ishare)?.map(|provider| Arc::new(provider) as _),
        Prodigi::configured(&settings.prodigi)?.map(|provider| Arc::new(provider) as _),
        shiprocket.map(|provider| Arc::new(provider) as _),
    ];
    Ok(configured
        .into_iter()
        .flatten()
        .map(|provider| (provider.code(), provider))
        .collect())
}
