//! `feed_webhooks`: reads the shops' events and makes deliveries for the endpoints that want them.
//!
//! One job for the whole fleet. It is there while there are endpoints, and then sleeps between two
//! looks, so that a shop without endpoints pays nothing.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use stevedore_model::webhooks;
use stevedore_queue::{Done, Failure, Job, JobContext, Policy};

use crate::environment::Environment;
use crate::webhooks::patient;

/// Events read in one transaction.
const BATCH_EVENTS: i32 = 500;
/// Batches in one run, so that it gives its slot back now and then.
const BATCHES_MAX: usize = 100;

/// No arguments: the database knows how far events were read.
#[derive(Debug, Serialize, Deserialize)]
pub struct FeedWebhooks {}

impl Job for FeedWebhooks {
    type Environment = Environment;
    const KIND: &'static str = "feed_webhooks";
    const DESCRIPTION: &'static str = "Makes deliveries of events for the shop's own apps.";
    const QUEUE: &'static str = "webhooks";

    fn policy(_env: &Environment) -> Policy {
        // It must not die: nobody else reads events for apps.
        patient()
    }

    async fn run(self, ctx: &mut JobContext, env: &Environment) -> Result<Done, Failure> {
        for _ in 0..BATCHES_MAX {
            let read = webhooks::feed(ctx.pool(), BATCH_EVENTS).await;
            if read.context("making deliveries of events")? < BATCH_EVENTS {
                break;
            }
        }
        let mut tx = ctx.begin().await?;
        let is_over = webhooks::end_feed(&mut *tx).await;
        if !is_over.context("asking whether there are endpoints")? {
            tx.commit().await?;
            return Err(Failure::Snooze(env.webhooks.feed_every));
        }
        let done = ctx.complete_in(&mut tx).await?;
        tx.commit().await?;
        Ok(done)
    }
}
