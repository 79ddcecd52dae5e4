//! `probe_provider`: tries a broken provider again when its time has come, until it works. Opening
//! a breaker enqueues it, so that one closes by itself when no order goes there any more.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stevedore_providers::{FulfilmentProvider as _, Journal, ProviderError};
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use crate::environment::Environment;
use crate::gate::Gated;

/// For a worker that has the provider.
const ELSEWHERE: Duration = Duration::from_secs(30);

/// Which provider.
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
        let provider = env.providers.get(self.provider.as_str());
        let Some(provider) = provider.filter(|found| found.account() == self.account) else {
            return Err(Failure::Snooze(ELSEWHERE));
        };
        let gated = Gated::new(provider, &env.gate, None);
        match gated.ping(&mut Journal::new()).await {
            Ok(_) => Ok(Done::completed()),
            Err(ProviderError::Held { wait, .. }) => Err(Failure::Snooze(wait)),
            Err(error) => {
                tracing::debug!(job.id = ctx.job_id(), %error, "it does not work yet");
                // The gate knows when it may be tried again, and says so then.
                Err(Failure::Snooze(Duration::from_secs(1)))
            }
        }
    }
}
