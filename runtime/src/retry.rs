//! Whether and when a failed attempt is repeated.
//!
//! Comes in: what failed, the method, and how many attempts there were. Goes out: a time to wait, or the end.
//! Must not: sleep, send, or look at a clock, except to read a `Retry-After` date. So all of it can be tested
//! in tables.

#[cfg(feature = "client")]
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use http::header::{HeaderMap, RETRY_AFTER};

use crate::error::{Error, TimeoutPhase};

/// When calls are repeated.
///
/// By default a call is repeated up to two times, after 0 to 0.5 and 0 to 1 seconds (exponential, with full
/// jitter), or after what the server says in `Retry-After` and up to a quarter more: the server says the same to all
/// of its clients, and they must not come back at the same moment. Where the server asks for more than 60 seconds, the
/// call fails at once, and [`Error::retry_after`](crate::Error::retry_after) says when to try again.
///
/// - `GET`, `HEAD`, `OPTIONS`, `PUT`, `DELETE`, `TRACE`: when no connection came about, when it broke, when
///   no data came for too long, and for the statuses 408, 425, 429, 500, 502, 503 and 504.
/// - `POST`, `PATCH` and others: only when the server cannot have acted: no connection came about, or status
///   429 or 503 with a `Retry-After` header. With an [idempotency key](crate::CallOptions::idempotency_key) they are
///   repeated like reads.
/// - Streams: never after their first byte. Downloads: where they broke off, if the server [can go on
///   there](crate::Download#interruptions).
/// - Never when a part of the request's body was a [stream](crate::Body::from_stream) that has begun to go out: it cannot
///   be had again. Bytes and files can.
/// - Never when the call's [total timeout](crate::ClientBuilder::timeout) would run out while waiting.
///
/// A client has one budget for all its calls: when many calls fail, at most 100 of them are repeated until
/// calls succeed again (each success pays for a fifth of a repetition). So a client cannot multiply the load
/// on a server in trouble.
///
/// ```
/// use std::time::Duration;
/// use runtime::RetryPolicy;
///
/// let policy = RetryPolicy::default().max_retries(4).max_backoff(Duration::from_secs(20));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    max_retries: u32,
    base: Duration,
    max_backoff: Duration,
    max_retry_after: Duration,
    all_methods: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 2,
            base: Duration::from_millis(500),
            max_backoff: Duration::from_secs(8),
            max_retry_after: Duration::from_secs(60),
            all_methods: false,
        }
    }
}

impl RetryPolicy {
    /// Never repeats a call.
    pub fn never() -> Self {
        Self::default().max_retries(0)
    }

    /// How often a call is repeated at most.
    pub fn max_retries(mut self, count: u32) -> Self {
        self.max_retries = count;
        self
    }

    /// The upper end of the first waiting time, which doubles with each attempt.
    pub fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// The longest waiting time that the client chooses by itself.
    pub fn max_backoff(mut self, longest: Duration) -> Self {
        self.max_backoff = longest;
        self
    }

    /// The longest waiting time that the server can ask for with `Retry-After`. If it asks for more, the call fails at
    /// once.
    pub fn max_retry_after(mut self, longest: Duration) -> Self {
        self.max_retry_after = longest;
        self
    }

    /// Repeats `POST`, `PATCH` and other methods like reads, although the server may then act twice.
    pub fn also_unsafe_methods(mut self) -> Self {
        self.all_methods = true;
        self
    }

    /// How long to wait before the next attempt; nothing if there is none.
    ///
    /// `retries`: how often this call was repeated already. `jitter`: a random number from 0 to 1.
    #[cfg(feature = "client")]
    pub(crate) fn delay(
        &self,
        is_repeatable: bool,
        failure: &Failure,
        retries: u32,
        jitter: f64,
    ) -> Option<Duration> {
        if retries >= self.max_retries || !failure.is_retryable(is_repeatable || self.all_methods) {
            return None;
        }
        let backoff =
            self.base.saturating_mul(1_u32.checked_shl(retries).unwrap_or(u32::MAX)).min(self.max_backoff);
        let jittered = Duration::try_from_secs_f64(backoff.as_secs_f64() * jitter);
        // Only durations near the end of the type's range cannot be multiplied.
        let jittered = jittered.unwrap_or(backoff);
        match failure.retry_after() {
            // An attempt before that time would be for nothing.
            Some(wanted) if wanted > self.max_retry_after => None,
            // The server says the same to everybody, so they would all be back at the same moment.
            Some(wanted) => {
                let spread = backoff.max(wanted / 4).as_secs_f64() * jitter;
                Some(wanted.saturating_add(Duration::try_from_secs_f64(spread).unwrap_or(backoff)))
            }
            None => Some(jittered),
        }
    }
}

/// A failed attempt, as far as repeating is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server cannot have seen the request.
    NotSent,
    /// The server may have seen the request, but there is no answer.
    Broken,
    /// The server answered.
    Status { status: StatusCode, retry_after: Option<Duration> },
    /// It would fail again.
    Final,
}

impl Failure {
    /// `is_repeatable`: whether acting twice does no harm.
    pub(crate) fn is_retryable(&self, is_repeatable: bool) -> bool {
        match self {
            Self::NotSent => true,
            Self::Broken => is_repeatable,
            Self::Status { status, retry_after } => match status.as_u16() {
                429 | 503 => is_repeatable || retry_after.is_some(),
                408 | 425 | 500 | 502 | 504 => is_repeatable,
                _ => false,
            },
            Self::Final => false,
        }
    }

    pub(crate) fn of(error: &Error, now: SystemTime) -> Self {
        match error {
            Error::Connect(_) | Error::Timeout { phase: TimeoutPhase::Connect, .. } => Self::NotSent,
            Error::Transport(_) | Error::Timeout { phase: TimeoutPhase::Read, .. } => Self::Broken,
            Error::Api(error) => {
                Self::Status { status: error.status(), retry_after: retry_after(error.headers(), now) }
            }
            _ => Self::Final,
        }
    }

    #[cfg(feature = "client")]
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// What `Retry-After` says, in seconds or as a date. A date in the past means now; anything else that cannot
/// be read is ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// What all calls of a client may spend on repetitions together.
#[cfg(feature = "client")]
#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

#[cfg(feature = "client")]
impl Budget {
    const FULL: u32 = 500;
    const PRICE: u32 = 5;

    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(Self::FULL))
    }

    /// Pays for one repetition, if there is enough left.
    pub(crate) fn spend(&self) -> bool {
        self.update(|tokens| tokens.checked_sub(Self::PRICE))
    }

    /// A call succeeded.
    pub(crate) fn earn(&self) {
        self.update(|tokens| (tokens < Self::FULL).then_some(tokens + 1));
    }

    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::*;
    use http::{HeaderValue, Method};

    const SECOND: Duration = Duration::from_secs(1);

    fn status(code: u16, retry_after: Option<u64>) -> Failure {
        let status = StatusCode::from_u16(code).unwrap();
        Failure::Status { status, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn which_failures_are_repeated() {
        let (always, reads, never) = ((true, true), (true, false), (false, false));
        let mut table = vec![(Failure::NotSent, always), (Failure::Broken, reads), (Failure::Final, never)];
        for code in [408, 425, 500, 502, 504] {
            table.extend([(status(code, None), reads), (status(code, Some(1)), reads)]);
        }
        for code in [429, 503] {
            table.extend([(status(code, None), reads), (status(code, Some(1)), always)]);
        }
        for code in [400, 401, 403, 404, 405, 409, 410, 413, 422, 451, 501, 505, 507, 511] {
            table.extend([(status(code, None), never), (status(code, Some(1)), never)]);
        }
        let mut rows = 0;
        for (failure, (read, write)) in &table {
            for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "POST", "PATCH", "CUSTOM"] {
                let method: Method = method.parse().unwrap();
                let expected = if method.is_idempotent() { read } else { write };
                let decide =
                    |policy: RetryPolicy| policy.delay(method.is_idempotent(), failure, 0, 0.5).is_some();
                assert_eq!(decide(RetryPolicy::default()), *expected, "{method} {failure:?}");
                assert_eq!(
                    decide(RetryPolicy::default().also_unsafe_methods()),
                    *read,
                    "{method} {failure:?}"
                );
                assert!(!decide(RetryPolicy::never()), "{method} {failure:?}");
                rows += 3;
            }
        }
        println!("{rows} rows");
    }

    #[test]
    fn waiting_times() {
        let policy = RetryPolicy::default().max_retries(99).base(SECOND).max_backoff(10 * SECOND);
        let delay =
            |failure: &Failure, retries, jitter| policy.delay(true, failure, retries, jitter).unwrap();
        for (retries, longest) in [(0, 1), (1, 2), (2, 4), (3, 8), (4, 10), (31, 10), (32, 10), (98, 10)] {
            assert_eq!(delay(&Failure::Broken, retries, 1.0), longest * SECOND, "{retries}");
            assert_eq!(delay(&Failure::Broken, retries, 0.0), Duration::ZERO);
        }
        assert_eq!(delay(&status(503, Some(30)), 0, 0.0), 30 * SECOND, "never before the time");
        assert_eq!(delay(&status(503, Some(60)), 0, 1.0), 75 * SECOND, "nor all at once");
        assert_eq!(delay(&status(503, Some(1)), 0, 0.5), SECOND * 3 / 2);
        assert_eq!(delay(&status(503, Some(0)), 0, 0.5), SECOND / 2, "never a busy loop");
        for wanted in [61, 86_400, u64::MAX] {
            assert_eq!(policy.delay(true, &status(503, Some(wanted)), 0, 0.5), None, "for nothing");
        }
        assert_eq!(policy.delay(true, &Failure::Broken, 99, 0.5), None);
    }

    #[test]
    fn extreme_settings_do_not_panic() {
        let policy = RetryPolicy::default()
            .base(Duration::MAX)
            .max_backoff(Duration::MAX)
            .max_retry_after(Duration::MAX);
        for failure in [Failure::Broken, status(503, Some(u64::MAX))] {
            for jitter in [0.0, 0.5, 1.0] {
                assert!(policy.delay(true, &failure, 1, jitter).is_some());
            }
        }
    }

    #[test]
    fn forms_of_retry_after() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:00 GMT").unwrap();
        let table: [(&'static [u8], Option<u64>); 16] = [
            (b"0", Some(0)),
            (b"120", Some(120)),
            (b" 7 ", Some(7)),
            (b"99999999999999999999999999", Some(u64::MAX)),
            (b"Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            (b"Sunday, 06-Nov-94 08:49:37 GMT", Some(37)),
            (b"Sun Nov  6 08:49:37 1994", Some(37)),
            (b"Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            (b"-1", None),
            (b"+1", None),
            (b"1.5", None),
            (b"", None),
            (b"soon", None),
            (b"1s", None),
            (b"\xff", None),
            (b"Sun, 99 Nov 1994 08:49:37 GMT", None),
        ];
        for (value, expected) in table {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_bytes(value).unwrap())]);
            assert_eq!(
                retry_after(&headers, now),
                expected.map(Duration::from_secs),
                "{:?}",
                String::from_utf8_lossy(value)
            );
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    /// `cargo xtask fuzz` cannot get here; `FUZZ_SECONDS` makes it as long as the other targets.
    #[test]
    fn changed_values_of_retry_after_never_panic() {
        let seeds: [&[u8]; 4] = [
            b"120",
            b"Sun, 06 Nov 1994 08:49:37 GMT",
            b"Sunday, 06-Nov-94 08:49:37 GMT",
            b"Sun Nov  6 08:49:37 1994",
        ];
        let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        let (start, policy) = (std::time::Instant::now(), RetryPolicy::default());
        let mut rng = fastrand::Rng::with_seed(7);
        let (mut executions, mut read) = (0_u64, 0_u64);
        while executions < 20_000 || start.elapsed() < Duration::from_secs(seconds) {
            let mut value = seeds[rng.usize(..seeds.len())].to_vec();
            for _ in 0..rng.usize(1..5) {
                let at = rng.usize(..value.len());
                match rng.u8(..4) {
                    0 => value[at] = rng.u8(b' '..=b'~'),
                    1 => value.insert(at, rng.u8(b'0'..=b'9')),
                    2 => value[at] = rng.u8(..),
                    _ => drop(value.splice(at..at, *b"99999999999")),
                }
            }
            executions += 1;
            let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value)]);
            let retry_after = retry_after(&headers, SystemTime::now());
            read += u64::from(retry_after.is_some());
            let failure = Failure::Status { status: StatusCode::SERVICE_UNAVAILABLE, retry_after };
            let wait = policy.delay(true, &failure, 0, 0.5).unwrap_or_default();
            assert!(wait <= policy.max_retry_after * 5 / 4, "{wait:?}");
        }
        println!("{executions} executions, {read} of them read");
    }

    #[test]
    fn the_budget_stops_storms() {
        let budget = Budget::new();
        let storm = || (0..1000).filter(|_| budget.spend()).count();
        assert_eq!((storm(), storm()), (100, 0));
        (0..10).for_each(|_| budget.earn());
        assert_eq!(storm(), 2);
        (0..10_000).for_each(|_| budget.earn());
        assert_eq!(storm(), 100, "it does not grow beyond full");
    }
}
