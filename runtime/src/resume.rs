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
use crate::received::{all_listed, check_encoding, essence};
use crate::retry::Failure;
use crate::settings::Handle;
use crate::transport::{Answer, Attempt, BodyStream, Head, Wanted};

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// The rest on its way, and where it ends.
type Rest = Pin<Box<dyn Future<Output = Result<(BodyStream, u64)>> + Send>>;

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
        end: None,
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
    /// The rest, and where it ends.
    async fn rest(&self, number: u32, from: u64, delay: Duration) -> Result<(BodyStream, u64)> {
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
            has_key: false,
        };
        let Answer { head, body, .. } = attempt.send(&headers, None).await?;
        let end = self.goes_on(&head, from).ok_or(StreamError::Truncated)?;
        Ok((body, end))
    }

    /// Where an answer ends that is the rest of the same file, and nothing else.
    fn goes_on(&self, head: &Head, from: u64) -> Option<u64> {
        let (start, last, total) = range(head.headers.get(CONTENT_RANGE)?.to_str().ok()?)?;
        let end = last.checked_add(1)?;
        let is_same = |tag: &HeaderValue| *tag == self.version.etag;
        let is_rest = head.status == StatusCode::PARTIAL_CONTENT
            && head.headers.get(ETAG).is_none_or(is_same)
            && check_encoding(head, b"").is_ok()
            && !essence(&head.headers).is_some_and(|kind| kind.eq_ignore_ascii_case(SEVERAL_RANGES))
            && start == from
            // A server may send less than was asked for: without a length nobody knows whether that is all.
            && total.or(self.version.length) == Some(end)
            && self.version.length.is_none_or(|length| length == end);
        is_rest.then_some(end)
    }
}

/// The media type of a body that has ranges with headers of their own.
const SEVERAL_RANGES: &str = "multipart/byteranges";

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
    /// Where the file ends, if an answer to a request for its rest said so.
    end: Option<u64>,
    /// How many of them were for nothing since the last byte.
    retries: u32,
    state: State,
}

enum State {
    Body(BodyStream),
    /// The rest is asked for, because of this error.
    Asking(Rest, Option<Error>),
}

impl Resuming {
    fn failed(&self, error: StreamError) -> Error {
        Error::from(error).in_call(&self.request.call)
    }

    /// Asks for the rest after a failure, if that is promising.
    fn ask(&mut self, error: &Error) -> Option<Rest> {
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
                        return Poll::Ready(Some(match this.end {
                            Some(length) if this.received > length => {
                                Err(this.failed(StreamError::LongerThanSaid { length }))
                            }
                            _ => Ok(chunk),
                        }));
                    }
                    None if this.end.is_some_and(|end| this.received < end) => {
                        return Poll::Ready(Some(Err(this.failed(StreamError::Truncated))));
                    }
                    None => return Poll::Ready(None),
                },
                State::Asking(rest, cause) => match ready!(rest.as_mut().poll(context)) {
                    Err(error) => (error, cause.take()),
                    Ok((body, end)) => {
                        (this.state, this.end) = (State::Body(body), Some(end));
                        continue;
                    }
                },
            };
            let rest = this.ask(&error);
            // What broke it off is the reason, whatever came of asking for the rest.
            let reason = match cause {
                Some(cause) => {
                    if let (None, Some(observed)) = (&rest, &this.request.observed) {
                        observed.attempt_over(Some(&error), None);
                    }
                    cause
                }
                None => error,
            };
            match rest {
                Some(rest) => this.state = State::Asking(rest, Some(reason)),
                None => return Poll::Ready(Some(Err(reason.after_attempts(this.attempts)))),
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
