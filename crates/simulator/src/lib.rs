//! The outside systems' sandboxes, for the demo and the tests: AT-iShare over HTTP in its real
//! wire format, and a mail server that really speaks SMTP and keeps what it is given. Both
//! misbehave on demand, by magic number or by a planned rule ([`FaultRule`]), and count what they
//! really did, so that a test can prove "exactly once" from the outside.
//!
//! Nothing in production points here unless somebody sets its address.

mod app;
mod at_ishare;
mod carriers;
mod faults;
mod jira;
mod mailbox;
mod prodigi;
mod razorpay;
mod settings;
mod shiprocket;
mod smtp;
mod state;
mod stripe;
mod twilio;
mod vendors;
mod webhooks;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use app::{App, AppAnswer, Received};
pub use carriers::{
    CARRIER_USER, CarrierFault, CarrierScan, CarriersState, SimulatedCarrier, SimulatedParcel,
};
pub use faults::{Fault, FaultRule, MAGIC_NUMBERS, MagicNumber};
pub use jira::{Jira, JiraFault, JiraIssue};
pub use mailbox::{Mail, MailCounts};
pub use prodigi::ProdigiState;
pub use settings::SimulatorSettings;
pub use shiprocket::ShiprocketState;
pub use state::{AtIshareState, ProviderOrder, StateView};
pub use stripe::RefundsState;
pub use twilio::{ACCOUNT_SID, AUTH_TOKEN, TwilioMessage, TwilioState, twilio_signature};

use carriers::Carriers;
use state::State;
use twilio::Twilio;
use vendors::Vendors;

/// A running simulator; it stops when dropped.
pub struct Simulator {
    at_ishare: SocketAddr,
    smtp: SocketAddr,
    twilio: SocketAddr,
    sms: Twilio,
    state: Arc<State>,
    carriers: Carriers,
    vendors: Arc<Vendors>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Simulator {
    /// Binds both servers and starts serving.
    ///
    /// # Errors
    /// When an address can't be bound.
    pub async fn start(settings: SimulatorSettings) -> anyhow::Result<Self> {
        let http = bind(settings.simulator_bind).await?;
        let mail = bind(settings.simulator_smtp_bind).await?;
        let (at_ishare, smtp) = (http.local_addr()?, mail.local_addr()?);
        let messages = bind(settings.simulator_twilio_bind).await?;
        let (twilio, sms) = (messages.local_addr()?, Twilio::new()?);
        let shutdown = CancellationToken::new();
        let vendors = Arc::new(Vendors::new(&settings, shutdown.clone()));
        let state = Arc::new(State::new(settings));
        let carriers = Carriers::new(state.api_key(), shutdown.clone());
        let tasks = TaskTracker::new();
        tasks.spawn(at_ishare::serve(
            http,
            Arc::clone(&state),
            Arc::clone(&vendors),
            carriers.clone(),
            shutdown.clone(),
        ));
        tasks.spawn(twilio::serve(messages, sms.clone(), shutdown.clone()));
        tasks.spawn(smtp::serve(mail, Arc::clone(&state), shutdown.clone()));
        tasks.close();
        Ok(Self {
            at_ishare,
            smtp,
            twilio,
            sms,
            state,
            carriers,
            vendors,
            shutdown,
            tasks,
        })
    }

    /// What `AT_ISHARE_API_URL` is to be set to.
    #[must_use]
    pub fn at_ishare_url(&self) -> String {
        format!("http://{}/api", self.at_ishare)
    }

    /// The key that AT-iShare's sandbox accepts: what `AT_ISHARE_API_KEY` is to be set to.
    #[must_use]
    pub fn at_ishare_api_key(&self) -> &str {
        self.state.api_key()
    }

    /// Where one of the other vendors is: prodigi, shiprocket, stripe, razorpay. What every one of
    /// them takes for a key is [`at_ishare_api_key`](Self::at_ishare_api_key).
    #[must_use]
    pub fn vendor_url(&self, vendor: &str) -> String {
        format!("http://{}/{vendor}", self.at_ishare)
    }

    /// Where the mail catcher listens.
    #[must_use]
    pub fn smtp_addr(&self) -> SocketAddr {
        self.smtp
    }

    /// What `TWILIO_API_URL` is to be set to.
    #[must_use]
    pub fn twilio_url(&self) -> String {
        format!("http://{}", self.twilio)
    }

    /// What Twilio's sandbox did.
    #[must_use]
    pub fn twilio(&self) -> TwilioState {
        self.sms.view()
    }

    /// Where [`StateView`] is served as JSON.
    #[must_use]
    pub fn state_url(&self) -> String {
        format!("http://{}/state", self.at_ishare)
    }

    /// Where a carrier's sandbox is: what its `*_API_URL` is to be set to.
    #[must_use]
    pub fn carrier_url(&self, carrier: SimulatedCarrier) -> String {
        format!("http://{}/{}", self.at_ishare, carrier.code())
    }

    /// What the carriers' sandboxes did.
    #[must_use]
    pub fn carriers(&self) -> CarriersState {
        self.carriers.state()
    }

    /// Something happens to a parcel at a carrier, which then knows it.
    pub fn scan(&self, carrier: SimulatedCarrier, number: &str, scan: CarrierScan) {
        self.carriers.scan(carrier, number, scan);
    }

    /// Adds a rule for a carrier's calls before all others.
    pub fn plan_carrier(&self, fault: CarrierFault) {
        self.carriers.plan(fault);
    }

    /// What has really happened so far.
    #[must_use]
    pub fn state(&self) -> StateView {
        self.state.view(&self.vendors)
    }

    /// The last mails, oldest first (at most 1,000; the counts in [`StateView`] know all).
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.state.mailbox().last()
    }

    /// Adds a rule before all others.
    pub fn plan(&self, rule: FaultRule) {
        match rule.vendor {
            None => self.state.plan(rule),
            Some(_) => self.vendors.plan(rule),
        }
    }

    /// Stops both servers and waits until their connections are closed.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// The role `stevedore simulator`: serves until `shutdown`; `on_listening` gets the address of
/// AT-iShare's sandbox and of `/state`.
///
/// # Errors
/// When an address can't be bound.
pub async fn run(
    settings: SimulatorSettings,
    shutdown: CancellationToken,
    on_listening: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let simulator = Simulator::start(settings).await?;
    tracing::info!(
        at_ishare = simulator.at_ishare_url(),
        smtp = %simulator.smtp_addr(),
        twilio = simulator.twilio_url(),
        state = simulator.state_url(),
        "the simulator is listening"
    );
    on_listening(simulator.at_ishare);
    shutdown.cancelled().await;
    simulator.stop().await;
    Ok(())
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}
