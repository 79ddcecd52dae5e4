//! What the sandboxes really did, behind one lock.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::mailbox::{MailCounts, Mailbox};
use crate::prodigi::ProdigiState;
use crate::shiprocket::ShiprocketState;
use crate::stripe::RefundsState;
use crate::vendors::{Vendors, roll};
use crate::{Fault, FaultRule, MAGIC_NUMBERS, SimulatorSettings};

/// Orders that the sandbox remembers; it is no production system.
const ORDERS_MAX: usize = 1_000_000;

/// One bundle that AT-iShare's sandbox accepted.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderOrder {
    /// The vendor's own reference.
    pub reference_id: String,
    /// Who received it, in the local form.
    pub recipient: String,
    /// The network's name on the wire.
    pub network: String,
    /// Its size.
    pub gig: u64,
    /// How often its state was asked for.
    pub polls: u32,
    #[serde(skip)]
    fate: Option<Fault>,
}

impl ProviderOrder {
    /// The vendor's word for its state after the poll just counted; none while it is hidden.
    fn status(&self) -> Option<&'static str> {
        match self.fate {
            Some(Fault::Hidden { polls }) if self.polls <= polls => None,
            Some(Fault::Slow { polls }) if self.polls <= polls => Some("Processing"),
            Some(Fault::EndsFailed) => Some("Failed"),
            _ => Some("Delivered"),
        }
    }
}

/// What AT-iShare's sandbox did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AtIshareState {
    /// Placing calls, with and without success.
    pub placing_calls: u64,
    /// Status calls.
    pub status_calls: u64,
    /// Bundles really fulfilled.
    pub fulfilments: u64,
    /// Bundles fulfilled beyond the first for the same reference: what must stay zero.
    pub duplicates: u64,
    /// Everything accepted, by the client's reference.
    pub orders: BTreeMap<String, Vec<ProviderOrder>>,
}

/// What `/state` answers.
#[derive(Clone, Debug, Serialize)]
pub struct StateView {
    /// Data bundles.
    pub at_ishare: AtIshareState,
    /// Prints.
    pub prodigi: ProdigiState,
    /// Parcels within India.
    pub shiprocket: ShiprocketState,
    /// Refunds by Stripe.
    pub stripe: RefundsState,
    /// Refunds by Razorpay.
    pub razorpay: RefundsState,
    /// Mails.
    pub mail: MailCounts,
}

/// A placing call, checked.
#[derive(Clone, Debug)]
pub(crate) struct Placing {
    pub(crate) reference: String,
    pub(crate) recipient: String,
    pub(crate) network: String,
    pub(crate) gig: u64,
}

#[derive(Default)]
struct Inner {
    at_ishare: AtIshareState,
    placing_calls_by_reference: BTreeMap<String, u32>,
    status_calls_by_reference: BTreeMap<String, u32>,
    /// Calls of any kind, for the die.
    calls: u64,
    /// The vendor's own references to ours.
    names: BTreeMap<String, String>,
    rules: Vec<FaultRule>,
}

/// Shared by all connections.
pub(crate) struct State {
    inner: Mutex<Inner>,
    mailbox: Mailbox,
    api_key: String,
}

impl State {
    pub(crate) fn new(settings: SimulatorSettings) -> Self {
        let mut rules = settings.simulator_faults;
        rules.extend(MAGIC_NUMBERS.iter().map(FaultRule::from));
        let inner = Mutex::new(Inner {
            rules,
            ..Inner::default()
        });
        Self {
            inner,
            mailbox: Mailbox::default(),
            api_key: settings.simulator_api_key,
        }
    }

    pub(crate) fn api_key(&self) -> &str {
        &self.api_key
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    pub(crate) fn plan(&self, rule: FaultRule) {
        self.lock().rules.insert(0, rule);
    }

    pub(crate) fn view(&self, vendors: &Vendors) -> StateView {
        StateView {
            at_ishare: self.lock().at_ishare.clone(),
            prodigi: vendors.prodigi.state(),
            shiprocket: vendors.shiprocket.state(),
            stripe: vendors.stripe.state(),
            razorpay: vendors.razorpay.state(),
            mail: self.mailbox.counts(),
        }
    }

    /// Counts a placing call and says which fault it meets.
    pub(crate) fn placing_call(&self, placing: &Placing) -> Option<Fault> {
        let mut inner = self.lock();
        inner.at_ishare.placing_calls += 1;
        inner.calls += 1;
        let roll = roll(inner.calls);
        let calls = inner
            .placing_calls_by_reference
            .entry(placing.reference.clone())
            .or_default();
        *calls += 1;
        let nth = *calls;
        inner
            .rules
            .iter()
            .filter(|rule| rule.fault != Fault::StatusError)
            .find(|rule| rule.covers(&placing.recipient, &placing.reference, nth, roll))
            .map(|rule| rule.fault)
    }

    /// Really fulfils. Deliberately no duplicate check: the sandbox must show a client's mistake.
    pub(crate) fn accept(&self, placing: Placing, fate: Option<Fault>) -> String {
        let mut inner = self.lock();
        inner.at_ishare.fulfilments += 1;
        let reference_id = format!("API{:012}", inner.at_ishare.fulfilments);
        if inner.names.len() < ORDERS_MAX {
            inner
                .names
                .insert(reference_id.clone(), placing.reference.clone());
            let order = ProviderOrder {
                reference_id: reference_id.clone(),
                recipient: placing.recipient,
                network: placing.network,
                gig: placing.gig,
                polls: 0,
                fate,
            };
            let orders = inner.at_ishare.orders.entry(placing.reference).or_default();
            orders.push(order);
            let again = orders.len() > 1;
            inner.at_ishare.duplicates += u64::from(again);
        }
        reference_id
    }

    /// The state of an order by the client's reference or by the vendor's own.
    pub(crate) fn status(&self, name: &str) -> Result<Option<&'static str>, Fault> {
        let mut inner = self.lock();
        inner.at_ishare.status_calls += 1;
        inner.calls += 1;
        let roll = roll(inner.calls);
        let reference = inner
            .names
            .get(name)
            .cloned()
            .unwrap_or_else(|| name.to_owned());
        let calls = inner
            .status_calls_by_reference
            .entry(reference.clone())
            .or_default();
        *calls += 1;
        let nth = *calls;
        let phone = inner
            .at_ishare
            .orders
            .get(&reference)
            .and_then(|orders| orders.first())
            .map(|order| order.recipient.clone())
            .unwrap_or_default();
        let broken = |rule: &&FaultRule| rule.fault == Fault::StatusError;
        if inner
            .rules
            .iter()
            .filter(broken)
            .any(|rule| rule.covers(&phone, &reference, nth, roll))
        {
            return Err(Fault::StatusError);
        }
        let Some(orders) = inner.at_ishare.orders.get_mut(&reference) else {
            return Ok(None);
        };
        let order = orders
            .iter_mut()
            .find(|order| order.reference_id == name || name == reference);
        Ok(order.and_then(|order| {
            order.polls += 1;
            order.status()
        }))
    }

    /// A poisoned lock still holds counts worth showing.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
