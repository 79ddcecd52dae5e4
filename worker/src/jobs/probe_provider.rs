//! `probe_provider`: tries a broken provider again when its time has come, until it works. Opening
//! a breaker enqueues it, so that one closes by itself when no order goes there any more.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stevedore_providers::{Carrier, FulfilmentProvider, Journal, ProviderError, RefundProvider};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use super::refund_payment::ACCOUNT as REFUNDS_ACCOUNT;
use crate::environment::Environment;

/// For a worker that has the provider.
const ELSEWHERE: Duration = Duration::from_secs(30);

/// Which provider of goods, labels or refunds.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProbeProvider {
    /// Its code.
    pub provider: String,
    /// Which of our accounts there.
    pub account: String,
}

impl Job for ProbeProvider {
    type Environment = Environment;
    const KIND: &'static str = "probe_provider";
    const QUEUE: &'static str = "maintenance";
    const DESCRIPTION: &'static str = "calls a provider that failed, until it works again";

    fn policy(env: &Environment) -> Policy {
        Policy {
            max_attempts: 1000,
            timeout: env.fulfilment.timeout,
            ..Policy::default()
        }
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        let (code, account) = (self.provider.as_str(), self.account.as_str());
        let Some(probed) = Probed::find(env, code, account) else {
            return Err(Failure::Snooze(ELSEWHERE));
        };
        let permit = match env.gate.enter(code, account).await {
            Ok(permit) => permit,
            Err(held) => return Err(Failure::Snooze(held.wait)),
        };
        let result = probed.ping().await;
        permit.settle_result(&result).await;
        match result {
            Ok(_) => Ok(Done::completed()),
            Err(error) => {
                tracing::debug!(job.id = ctx.job_id(), %error, "it does not work yet");
                // The gate knows when it may be tried again, and says so then.
                Err(Failure::Snooze(Duration::from_secs(1)))
            }
        }
    }
}

/// Whoever has this name here.
enum Probed<'a> {
    Provider(&'a dyn FulfilmentProvider),
    Carrier(&'a dyn Carrier),
    Refunds(&'a dyn RefundProvider),
}

impl<'a> Probed<'a> {
    fn find(env: &'a Environment, code: &str, account: &str) -> Option<Self> {
        let provider = env.providers.get(code).map(|found| &**found);
        let provider = provider.filter(|found| found.account() == account);
        let carrier = env.carriers.get(code).map(|found| &**found);
        let carrier = carrier.filter(|found| found.account() == account);
        let refunds = env.refund_providers.get(code).map(|found| &**found);
        let refunds = refunds.filter(|_| account == REFUNDS_ACCOUNT);
        let others = || carrier.map(Self::Carrier).or(refunds.map(Self::Refunds));
        provider.map(Self::Provider).or_else(others)
    }

    async fn ping(&self) -> Result<String, ProviderError> {
        let journal = &mut Journal::new();
        match self {
            Self::Provider(provider) => provider.ping(journal).await,
            Self::Carrier(carrier) => carrier.ping(journal).await,
            Self::Refunds(provider) => provider.ping(journal).await,
        }
    }
}
