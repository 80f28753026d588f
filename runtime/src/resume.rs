//! A download that goes on where it broke off.
//!
//! Comes in: the body of an answer, and the request that it answers. Goes out: the same bytes, also if they take several
//! connections. Must not: put pieces of two versions of a file together.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_core::Stream;
use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_RANGE, RANGE,
};
use http::{Method, StatusCode};
use tokio::time::{Instant, sleep};

use crate::call::Call;
use crate::error::{Error, Result, StreamError};
use crate::received::all_listed;
use crate::retry::Failure;
use crate::settings::Handle;
use crate::transport::{Answer, Attempt, BodyStream, Head, Wanted};

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// What asks for the rest of an answer, where the server can send the rest alone.
pub(crate) fn request(call: &Call<'_>, head: &Head) -> Option<Box<Request>> {
    let version = version(call, head)?;
    Some(Box::new(Request {
        client: call.client.clone(),
        call: head.call.clone(),
        url: call.url.clone(),
        headers: call.headers.clone(),
        version,
        observed: call.observed.clone(),
    }))
}

/// The bytes of a download: of one connection, or of as many as it takes where the server can go on.
pub(crate) fn chunks(request: Option<Box<Request>>, body: BodyStream) -> Chunks {
    let Some(request) = request else { return Box::pin(body) };
    let attempts = request.call.attempts();
    Box::pin(Resuming {
        request: Arc::from(request),
        attempts,
        received: 0,
        retries: 0,
        state: State::Body(body),
    })
}

/// How to tell whether a file is still the same; nothing if the server cannot send the rest of it alone.
struct Version {
    etag: HeaderValue,
    length: Option<u64>,
}

/// A weak tag promises the same meaning, not the same bytes.
fn version(call: &Call<'_>, head: &Head) -> Option<Version> {
    let header = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_plain =
        *call.operation.method() == Method::GET && call.body.is_none() && head.status == StatusCode::OK;
    let has_ranges = !all_listed(&head.headers, ACCEPT_RANGES, |unit| !unit.eq_ignore_ascii_case(b"bytes"));
    let is_strong =
        header(ETAG).is_some_and(|tag| tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'));
    if !is_plain || !has_ranges || !is_strong || call.headers.contains_key(RANGE) {
        return None;
    }
    let length = header(CONTENT_LENGTH).and_then(|length| length.parse().ok());
    Some(Version { etag: head.headers.get(ETAG)?.clone(), length })
}

/// What asks for the rest.
pub(crate) struct Request {
    client: Handle,
    call: crate::error::CallInfo,
    url: reqwest::Url,
    headers: HeaderMap,
    version: Version,
    observed: Option<Arc<crate::observe::Observed>>,
}

impl Request {
    async fn rest(&self, number: u32, from: u64, delay: Duration) -> Result<BodyStream> {
        sleep(delay).await;
        let mut headers = self.headers.clone();
        headers.insert(RANGE, HeaderValue::try_from(format!("bytes={from}-")).map_err(Error::other)?);
        headers.insert(IF_RANGE, self.version.etag.clone());
        let settings = &self.client.settings;
        let attempt = Attempt {
            http: &self.client.shared.http,
            limits: &settings.limits,
            operation: self.call.operation(),
            url: &self.url,
            number,
            deadline: settings.timeout.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit))),
            request_id: &self.client.shared.request_id,
            observed: self.observed.as_ref(),
            wanted: Wanted::Success,
        };
        let Answer { head, body, .. } = attempt.send(headers, None).await?;
        if self.goes_on(&head, from) { Ok(body) } else { Err(StreamError::Truncated.into()) }
    }

    /// Whether an answer is the rest of the same file, and nothing else.
    fn goes_on(&self, head: &Head, from: u64) -> bool {
        let is_same = |tag: &HeaderValue| *tag == self.version.etag;
        let range = head.headers.get(CONTENT_RANGE).and_then(|value| range(value.to_str().ok()?));
        head.status == StatusCode::PARTIAL_CONTENT
            && head.headers.get(ETAG).is_none_or(is_same)
            && range.is_some_and(|(start, end, total)| {
                let total = total.or(self.version.length);
                start == from
                    && (self.version.length.is_none() || total == self.version.length)
                    && total.is_none_or(|total| end.checked_add(1) == Some(total))
            })
    }
}

/// `bytes 7-99/100`, where the whole length may be `*`.
fn range(value: &str) -> Option<(u64, u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (start, end) = range.split_once('-')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    Some((start.parse().ok()?, end.parse().ok()?, total))
}

struct Resuming {
    request: Arc<Request>,
    /// How many requests there were.
    attempts: u32,
    received: u64,
    /// How many of them were for nothing since the last byte.
    retries: u32,
    state: State,
}

enum State {
    Body(BodyStream),
    /// The rest is asked for, because of this error.
    Asking(Pin<Box<dyn Future<Output = Result<BodyStream>> + Send>>, Option<Error>),
}

impl Resuming {
    /// Asks for the rest after a failure, if that is promising.
    fn ask(&mut self, error: &Error) -> Option<Pin<Box<dyn Future<Output = Result<BodyStream>> + Send>>> {
        let (shared, settings) = (&self.request.client.shared, &self.request.client.settings);
        let failure = Failure::of(error, SystemTime::now());
        let delay = settings.retry.delay(true, &failure, self.retries, fastrand::f64());
        let delay = delay.filter(|_| shared.budget.spend())?;
        if let Some(observed) = &self.request.observed {
            observed.attempt_over(Some(error), Some(delay));
        }
        (self.attempts, self.retries) = (self.attempts + 1, self.retries + 1);
        let (request, number, from) = (self.request.clone(), self.attempts, self.received);
        Some(Box::pin(async move { request.rest(number, from, delay).await }))
    }
}

impl Stream for Resuming {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = &mut *self;
        loop {
            let (error, cause) = match &mut this.state {
                State::Body(body) => match ready!(Pin::new(body).poll_next(context)) {
                    Some(Err(error)) => (error, None),
                    Some(Ok(chunk)) => {
                        (this.received, this.retries) = (this.received + chunk.len() as u64, 0);
                        return Poll::Ready(Some(Ok(chunk)));
                    }
                    None => return Poll::Ready(None),
                },
                State::Asking(rest, cause) => match ready!(rest.as_mut().poll(context)) {
                    Err(error) => (error, cause.take()),
                    Ok(body) => {
                        this.state = State::Body(body);
                        continue;
                    }
                },
            };
            // What broke it off is the reason, whatever came of asking for the rest.
            match this.ask(&error) {
                Some(rest) => this.state = State::Asking(rest, Some(cause.unwrap_or(error))),
                None => return Poll::Ready(Some(Err(cause.unwrap_or(error)))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_of_answers() {
        for (text, expected) in [
            ("bytes 7-99/100", Some((7, 99, Some(100)))),
            ("bytes 0-0/*", Some((0, 0, None))),
            ("bytes */100", None),
            ("bytes 7-99", None),
            ("items 7-99/100", None),
            ("bytes -99/100", None),
            ("bytes 7-99999999999999999999/100", None),
            ("", None),
        ] {
            assert_eq!(range(text), expected, "{text}");
        }
    }
}
