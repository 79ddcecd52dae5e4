//! One client's stream: what it missed, then what happens, until it has to come back.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::feed::{Feed, Source, Subscription};
use crate::problem::{Kind, Problem, Result};
use crate::state::ApiState;

/// When a client whose stream ended is to come back.
const COME_BACK_AFTER: Duration = Duration::from_secs(2);

/// Proxies that would collect an answer before they pass it on are asked not to.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Which of the feeds a stream is of.
pub type Pick<S> = fn(&ApiState) -> &Feed<S>;

/// From where a stream begins.
pub enum Start<P> {
    /// From now.
    Now,
    /// After what a client has seen.
    After(P),
}

/// The answer that goes on.
///
/// # Errors
/// 503 when there are as many streams as there may be, or the database can not be read.
pub async fn open<S: Source>(
    state: &ApiState,
    feed: Pick<S>,
    filter: S::Filter,
    start: Start<S::Place>,
) -> Result<Response> {
    let places = state.streams().places.clone();
    let Ok(permit) = places.try_acquire_owned() else {
        let most = state.settings().streams_max;
        let detail = format!("{most} streams are open, and there is room for no more.");
        return Err(Problem::new(Kind::Overloaded, detail));
    };
    let live = feed(state).subscribe().await?;
    let (seen, is_behind) = match start {
        // Of another database, or made up: nothing will ever come before it.
        Start::After(place) if place > live.place => (live.place.clone(), false),
        Start::After(place) => (place, true),
        Start::Now => (live.place.clone(), false),
    };
    let hello = Event::default().id(seen.to_string()).retry(COME_BACK_AFTER);
    let following = Following {
        feed,
        state: state.clone(),
        filter,
        live,
        seen,
        is_behind,
        ready: VecDeque::from([hello]),
        is_over: false,
        ends_at: Instant::now() + state.settings().stream_life,
        _permit: permit,
    };
    let heartbeat = KeepAlive::new().interval(state.settings().stream_heartbeat);
    let mut response = Sse::new(following.stream())
        .keep_alive(heartbeat)
        .into_response();
    let headers = response.headers_mut();
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

/// Where a stream is.
struct Following<S: Source> {
    feed: Pick<S>,
    state: ApiState,
    filter: S::Filter,
    live: Subscription<S>,
    /// The client has everything up to here.
    seen: S::Place,
    /// Whether there may be things before those that come live.
    is_behind: bool,
    ready: VecDeque<Event>,
    is_over: bool,
    ends_at: Instant,
    _permit: OwnedSemaphorePermit,
}

impl<S: Source> Following<S> {
    fn stream(self) -> impl Stream<Item = std::result::Result<Event, Infallible>> + Send {
        futures::stream::unfold(self, async |mut following| {
            let event = following.next().await?;
            Some((Ok(event), following))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        while self.ready.is_empty() && !self.is_over {
            let stopping = self.state.stopping().clone();
            let ends_at = self.ends_at;
            let step = tokio::select! {
                reason = over(&stopping, ends_at) => Err(reason),
                step = self.step() => step,
            };
            match step {
                Ok(items) => items.iter().for_each(|item| self.take(item)),
                Err(reason) => self.end(reason),
            }
        }
        self.ready.pop_front()
    }

    /// The next items, or why the client has to come back.
    async fn step(&mut self) -> std::result::Result<Vec<S::Item>, &'static str> {
        if !self.is_behind {
            return match self.live.items.recv().await {
                Ok(item) => Ok(vec![item]),
                Err(RecvError::Lagged(_)) => Err("slow"),
                Err(RecvError::Closed) => Err("stopping"),
            };
        }
        let source = (self.feed)(&self.state).source();
        match source.page(&self.seen, &self.filter).await {
            Ok(page) => {
                self.is_behind = page.len() >= S::PAGE_MAX;
                Ok(page)
            }
            Err(error) => {
                tracing::warn!(%error, "what a client missed can not be read");
                Err("unavailable")
            }
        }
    }

    fn take(&mut self, item: &S::Item) {
        let place = S::place_of(item);
        if place <= self.seen {
            return; // it was in what the client missed
        }
        if S::lets_through(&self.filter, item) {
            let told = S::tell(&self.filter, item).id(place.to_string());
            self.ready.push_back(told);
        }
        self.seen = place;
    }

    /// The last word: come back with the id of the last event.
    fn end(&mut self, reason: &str) {
        let last = Event::default()
            .event("resume")
            .data(json!({ "reason": reason }).to_string());
        self.ready.push_back(last);
        self.is_over = true;
    }
}

/// Why a stream ends that could go on.
async fn over(stopping: &CancellationToken, ends_at: Instant) -> &'static str {
    tokio::select! {
        () = stopping.cancelled() => "stopping",
        () = sleep_until(ends_at) => "renew",
    }
}
