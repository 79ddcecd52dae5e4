//! How often a key may ask, and an address without a key: token buckets in the memory of this
//! process, so N processes let N times as much through. Shared buckets would put a write to the
//! database before every request, which is what a limit is to save it from.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::client_address::client_address;
use crate::problem::{Kind, Problem, Result};
use crate::settings::ApiSettings;

/// Clients remembered by one limit, some 10 MB; further ones are not counted until some are
/// forgotten, which they are as soon as their bucket is full again.
const CLIENTS_MAX: usize = 100_000;

/// How often a full memory is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// So many requests in so much time, all at once or spread over it. Written `600/1m`, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    limit: Option<(u32, Duration)>,
}

impl Quota {
    /// No limit.
    pub const OFF: Quota = Quota { limit: None };

    /// `requests` in `window`.
    #[must_use]
    pub const fn new(requests: u32, window: Duration) -> Self {
        let limit = Some((requests, window));
        Self { limit }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            Some((requests, window)) => {
                write!(
                    formatter,
                    "{requests}/{}",
                    humantime::format_duration(window)
                )
            }
            None => formatter.write_str("off"),
        }
    }
}

impl FromStr for Quota {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        let read = || {
            let (requests, window) = text.split_once('/')?;
            let requests = requests.parse().ok().filter(|count| *count > 0)?;
            let window = humantime::parse_duration(window).ok()?;
            let is_sensible = (1..=86_400).contains(&window.as_secs());
            is_sensible.then(|| Self::new(requests, window))
        };
        read().ok_or_else(|| "expected requests and a time of 1s to 1day, as 600/1m, or off".into())
    }
}

/// Where a client stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    name: &'static str,
    quota: u32,
    window: Duration,
    left: u32,
    /// Until one more request is allowed, if none is left; else until all are.
    wait: Duration,
    is_refused: bool,
}

impl Standing {
    /// What the answer says of it.
    fn write(&self, headers: &mut HeaderMap) {
        let (name, quota, left) = (self.name, self.quota, self.left);
        let (window, wait) = (self.window.as_secs(), whole_seconds(self.wait));
        let policy = format!(r#""{name}";q={quota};w={window}"#);
        let limit = format!(r#""{name}";r={left};t={wait}"#);
        for (header, text) in [(POLICY, policy), (LIMIT, limit)] {
            let value = HeaderValue::from_str(&text).expect("names and numbers are ASCII");
            headers.insert(header, value);
        }
    }
}

/// At least one: a client that waits for it is let through.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// The buckets of one kind of client.
struct Buckets<K> {
    name: &'static str,
    quota: Quota,
    /// When each bucket is full again: all that has to be known of it.
    full_at: Mutex<Memory<K>>,
}

struct Memory<K> {
    clients: HashMap<K, Instant>,
    swept_at: Instant,
}

impl<K: Eq + Hash> Buckets<K> {
    fn new(name: &'static str, quota: Quota) -> Self {
        let memory = Memory {
            clients: HashMap::new(),
            swept_at: Instant::now(),
        };
        Self {
            name,
            quota,
            full_at: Mutex::new(memory),
        }
    }

    /// Takes `cost` out of a client's bucket, if it is in there; none without a limit.
    fn take<Q>(&self, client: &Q, cost: u32, now: Instant) -> Option<Standing>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let (quota, window) = self.quota.limit?;
        let drop = window / quota;
        let mut memory = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memory.clients.get(client).copied();
        let full_at = known.unwrap_or(now).max(now);
        let after = full_at + drop * cost;
        let is_refused = after > now + window;
        let full_at = if is_refused { full_at } else { after };
        if cost > 0 && !is_refused {
            memory.keep(client, full_at, now);
        }
        let missing = full_at - now;
        let left = window.saturating_sub(missing).as_nanos() / drop.as_nanos().max(1);
        let until_next = (full_at + drop).saturating_duration_since(now + window);
        Some(Standing {
            name: self.name,
            quota,
            window,
            left: u32::try_from(left).unwrap_or(quota).min(quota),
            wait: if left == 0 { until_next } else { missing },
            is_refused: is_refused || left == 0 && cost == 0,
        })
    }
}

impl<K: Eq + Hash> Memory<K> {
    fn keep<Q>(&mut self, client: &Q, full_at: Instant, now: Instant)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.clients.get_mut(client) {
            *known = full_at;
            return;
        }
        if self.clients.len() >= CLIENTS_MAX && now - self.swept_at >= SWEEP_EVERY {
            self.clients.retain(|_, full_at| *full_at > now);
            self.swept_at = now;
        }
        if self.clients.len() < CLIENTS_MAX {
            self.clients.insert(client.to_owned(), full_at);
        }
    }
}

/// The limits of this process.
pub struct Limits {
    keys: Buckets<String>,
    addresses: Buckets<IpAddr>,
}

impl Limits {
    /// As the settings say.
    #[must_use]
    pub fn new(settings: &ApiSettings) -> Self {
        Self {
            keys: Buckets::new("key", settings.rate_limit_key),
            addresses: Buckets::new("address", settings.rate_limit_address),
        }
    }

    /// Counts a request of a key.
    ///
    /// # Errors
    /// 429 when the key has asked too often.
    pub fn count_key(&self, extensions: &Extensions, key_id: &str) -> Result<()> {
        if is_counted(extensions) {
            return Ok(()); // a layer and the handler both ask whose key it is
        }
        let standing = self.keys.take(key_id, 1, Instant::now());
        standing.map_or(Ok(()), |standing| settle(extensions, standing))
    }

    /// Counts a request without a key, or with a wrong one.
    ///
    /// # Errors
    /// 429 when its address has asked too often.
    pub fn count_stranger(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
        settings: &ApiSettings,
    ) -> Result<()> {
        self.strangers(headers, extensions, settings, 1)
    }

    /// Refuses an address that has asked too often, without counting.
    ///
    /// # Errors
    /// 429, as above.
    pub fn check_stranger(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
        settings: &ApiSettings,
    ) -> Result<()> {
        self.strangers(headers, extensions, settings, 0)
    }

    fn strangers(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
        settings: &ApiSettings,
        cost: u32,
    ) -> Result<()> {
        let Some(address) = client_address(headers, extensions, &settings.trusted_proxies) else {
            return Ok(());
        };
        let client = neighbourhood(address);
        match self.addresses.take(&client, cost, Instant::now()) {
            Some(standing) if cost > 0 || standing.is_refused => settle(extensions, standing),
            _ => Ok(()),
        }
    }
}

/// A provider gives each of its customers at least 2^64 addresses of IPv6: they are one client.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX)).into(),
    }
}

/// Whether this request has been counted.
fn is_counted(extensions: &Extensions) -> bool {
    let note = extensions.get::<Note>();
    note.is_some_and(|note| note.standing.get().is_some())
}

/// Notes where the client stands, and refuses it if it has asked too often.
fn settle(extensions: &Extensions, standing: Standing) -> Result<()> {
    if let Some(note) = extensions.get::<Note>() {
        let _ = note.standing.set(standing);
    }
    if !standing.is_refused {
        return Ok(());
    }
    let (name, quota) = (standing.name, standing.quota);
    let window = humantime::format_duration(standing.window);
    let detail = format!("This {name} may ask {quota} times in {window}, and has.");
    let seconds = HeaderValue::from(whole_seconds(standing.wait).max(1));
    Err(Problem::new(Kind::RateLimited, detail).with_header(RETRY_AFTER, seconds))
}

/// Goes along with a request, to bring back what its answer says of the limit.
#[derive(Clone, Debug, Default)]
pub struct Note {
    standing: Arc<OnceLock<Standing>>,
}

impl Note {
    /// Writes `RateLimit` and `RateLimit-Policy`, if the request was counted.
    pub fn write(&self, headers: &mut HeaderMap) {
        if let Some(standing) = self.standing.get() {
            standing.write(headers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn j7_a_bucket_gives_its_quota_at_once_and_then_as_fast_as_it_fills() {
        let buckets = Buckets::<String>::new("key", "3/3s".parse().unwrap());
        let start = Instant::now();
        let take = |after: Duration| buckets.take("a", 1, start + after).unwrap();
        let left: Vec<u32> = (0..3).map(|_| take(Duration::ZERO).left).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = take(Duration::ZERO);
        assert!(refused.is_refused);
        assert_eq!(refused.wait, SECOND);
        assert!(!buckets.take("b", 1, start).unwrap().is_refused);
        assert!(take(SECOND - Duration::from_millis(1)).is_refused);
        assert!(!take(SECOND).is_refused);
        assert!(take(SECOND).is_refused);
        assert_eq!(
            take(10 * SECOND).left,
            2,
            "it never holds more than its quota"
        );
        assert!(
            !buckets
                .take("a", 0, start + 10 * SECOND)
                .unwrap()
                .is_refused
        );
    }

    #[test]
    fn j7_forgotten_are_only_clients_whose_bucket_is_full() {
        let buckets = Buckets::<IpAddr>::new("address", "1/10s".parse().unwrap());
        let start = Instant::now();
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..CLIENTS_MAX {
            buckets.take(&address(u32::try_from(n).unwrap()), 1, start);
        }
        let late = address(u32::MAX);
        assert!(!buckets.take(&late, 1, start + SECOND).unwrap().is_refused);
        assert!(
            !buckets.take(&late, 1, start + SECOND).unwrap().is_refused,
            "not counted"
        );
        assert!(
            buckets
                .take(&address(1), 1, start + SECOND)
                .unwrap()
                .is_refused
        );
        assert!(
            !buckets
                .take(&late, 1, start + 11 * SECOND)
                .unwrap()
                .is_refused
        );
        assert!(
            buckets
                .take(&late, 1, start + 11 * SECOND)
                .unwrap()
                .is_refused
        );
        let memory = buckets.full_at.lock().unwrap();
        assert_eq!(memory.clients.len(), 1);
    }

    #[test]
    fn addresses_of_one_customer_are_one_client() {
        let one = |text: &str| neighbourhood(text.parse().unwrap()).to_string();
        assert_eq!(one("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(one("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn quotas_are_read_as_they_are_written() {
        for text in ["off", "600/1m", "1/1s", "5/1day"] {
            assert_eq!(text.parse::<Quota>().unwrap().to_string(), text);
        }
        for text in ["", "0/1m", "600", "600/0s", "-1/1m", "1/2days"] {
            assert!(text.parse::<Quota>().is_err(), "{text}");
        }
    }
}
