//! One attempt: a request out, the head of an answer and its bytes in.
//!
//! Comes in: a ready request. Goes out: status, headers and a [`BodyStream`]. Must not: repeat, decode,
//! follow redirects, or pass on an error of the HTTP library before its URL is removed, which may carry a
//! key.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::header::{HeaderName, LOCATION};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use reqwest::Url;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep, timeout, timeout_at};

use crate::connecting;
use crate::error::{
    ApiError, CallError, CallInfo, ConfigError, Error, Operation, RedirectError, Result, TimeoutPhase,
    TooLarge,
};
use crate::observe::Observed;
use crate::rest;
use crate::upload::{self, Payload, Sent};

/// What bounds one attempt. Without a value there is no bound.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Option<Duration>,
    pub(crate) error_body_timeout: Duration,
    pub(crate) max_body_size: u64,
    pub(crate) max_error_body_size: u64,
}

/// The head of an answer, and the bytes to come.
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: BodyStream,
    /// What is known of the connection.
    #[cfg(feature = "upgrade")]
    pub(crate) connection: http::Extensions,
}

/// The head of an answer, and which call it answers.
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) call: CallInfo,
}

/// The moment after which a call is given up, and the limit that led to it.
pub(crate) type Deadline = Option<(Instant, Duration)>;

/// What an attempt needs to know besides its request.
pub(crate) struct Attempt<'a> {
    pub(crate) http: &'a reqwest::Client,
    pub(crate) limits: &'a Limits,
    pub(crate) operation: &'a Operation,
    pub(crate) url: &'a Url,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) deadline: Deadline,
    pub(crate) request_id: &'a HeaderName,
    pub(crate) observed: Option<&'a Arc<Observed>>,
    pub(crate) wanted: Wanted,
    /// Whether the caller has given the call an idempotency key.
    pub(crate) has_key: bool,
}

/// What an answer should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A success.
    Success,
    /// A redirect.
    Redirect,
    /// Another protocol.
    #[cfg(feature = "upgrade")]
    Upgrade,
}

impl Wanted {
    /// Whether a status is what is wanted, beyond a success.
    fn is_met(self, status: StatusCode) -> bool {
        match self {
            Self::Success => false,
            Self::Redirect => is_redirect(status),
            #[cfg(feature = "upgrade")]
            Self::Upgrade => status == StatusCode::SWITCHING_PROTOCOLS,
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    status.is_redirection() && status != StatusCode::NOT_MODIFIED
}

impl Attempt<'_> {
    /// Sends a request. Any status but 2xx is an error, and a redirect where none is wanted.
    pub(crate) async fn send(&self, headers: &HeaderMap, body: Option<&Payload>) -> Result<Answer> {
        let mut headers = headers.clone();
        if let Some(observed) = self.observed {
            let begun = observed.begin(self.number, &mut headers, body.and_then(Payload::as_bytes));
            begun.map_err(|error| error.in_call(&self.call(None)))?;
        }
        let (body, sent) = match body {
            None => (None, None),
            Some(Payload::Whole(bytes)) if upload::is_small(bytes) => (Some(bytes.clone().into()), None),
            // What is rare has a place of its own: every call would have to make room for it.
            Some(body) => {
                let put = Box::pin(before(self.deadline, upload::put(&mut headers, body))).await;
                put.map_err(|error| error.in_call(&self.call(None)))?
            }
        };
        // Pinned where it is made: a future that is handed on by value is copied, and large ones cost more than the rest.
        let work = pin!(self.http.execute(self.request(headers, body)));
        let answer =
            self.in_time(sent.as_ref(), work).await.map_err(|error| error.in_call(&self.call(None)))?;
        let answer = answer.map_err(|error| match sent.as_ref().and_then(Sent::failure) {
            Some(failure) => failure.in_call(&self.call(None)),
            None => call_error(error, self.call(None), self.limits),
        })?;
        let is_elsewhere = answer.url() != self.url;
        let answered = is_elsewhere.then(|| answer.url().clone());
        let (head, body) = http::Response::from(answer).into_parts();
        let call = self.call(Some(&head.headers));
        if let Some(observed) = self.observed {
            observed.answered(head.status, head.headers.get(self.request_id).cloned());
        }
        let body = BodyStream {
            body,
            waiting: None,
            is_waiting: false,
            is_late: false,
            read_timeout: self.limits.read_timeout,
            call: call.clone(),
            observed: self.observed.cloned(),
        };
        let is_met = self.wanted.is_met(head.status);
        if is_elsewhere || (is_redirect(head.status) && !is_met) {
            // Only a client that was passed in follows redirects.
            let place = answered.or_else(|| {
                let location = head.headers.get(LOCATION)?.to_str().ok()?;
                self.url.join(location).ok()
            });
            body.let_go();
            let host = place.as_ref().and_then(host_of);
            return Err(Error::Redirect(Box::new(RedirectError { call, status: head.status, host })));
        }
        if !head.status.is_success() && !is_met {
            let (body, is_whole) = Box::pin(self.read_error(body)).await;
            let error = ApiError::new(head.status, head.headers, body);
            let error = if is_whole { error } else { error.mark_truncated() };
            return Err(Error::from(error).in_call(&call));
        }
        Ok(Answer {
            head: Head { status: head.status, headers: head.headers, call },
            body,
            #[cfg(feature = "upgrade")]
            connection: head.extensions,
        })
    }

    fn request(&self, headers: HeaderMap, body: Option<reqwest::Body>) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.operation.method().clone(), self.url.clone());
        *request.headers_mut() = headers;
        *request.body_mut() = body;
        request
    }

    fn call(&self, headers: Option<&HeaderMap>) -> CallInfo {
        let id = headers.and_then(|headers| headers.get(self.request_id)).cloned();
        CallInfo::sent(self.operation.clone(), self.number, id).with_key(self.has_key)
    }

    /// What can be read of an error's body in short time, and whether that is all: a body that breaks off or stalls
    /// must not hide the status.
    async fn read_error(&self, mut body: BodyStream) -> (Bytes, bool) {
        let limit = self.limits.error_body_timeout;
        let end = Instant::now().checked_add(limit).map(|moment| (moment, limit));
        let end = [end, self.deadline].into_iter().flatten().min();
        let mut bytes = Collected::default();
        let read = bytes.read(&mut body, self.limits.max_error_body_size);
        let is_whole = before(end, read).await.is_ok();
        (bytes.into_bytes(), is_whole)
    }

    /// Does `work` unless the deadline comes first, or the server is silent for too long. Connecting has a limit of its
    /// own, and an upload that moves is a sign of life.
    async fn in_time<T>(
        &self,
        sent: Option<&Sent>,
        mut work: Pin<&mut impl Future<Output = T>>,
    ) -> Result<T> {
        let Some(limit) = self.limits.read_timeout else {
            return before(self.deadline, async { Ok(work.await) }).await;
        };
        connecting::watch(async {
            let start = Instant::now();
            // A limit beyond the clock's range is none.
            let mut silent = start.checked_add(limit);
            loop {
                // One timer for both limits.
                let end = [silent, self.deadline.map(|(moment, _)| moment)].into_iter().flatten().min();
                let Some(end) = end else { return Ok(work.await) };
                if let Ok(done) = timeout_at(end, work.as_mut()).await {
                    return Ok(done);
                }
                let now = Instant::now();
                if let Some((_, limit)) = self.deadline.filter(|(moment, _)| *moment <= now) {
                    return Err(Error::timeout(TimeoutPhase::Total, limit));
                }
                let connecting = connecting::last();
                let connected = match connecting {
                    connecting::Last::Now => Some(now),
                    connecting::Last::At(moment) => Some(moment),
                    connecting::Last::Never => None,
                };
                let life =
                    [sent.and_then(Sent::last), connected].into_iter().flatten().fold(start, Instant::max);
                silent = life.checked_add(limit);
                if silent.is_some_and(|silent| silent <= now) {
                    break;
                }
                // While it connects, the moment when that ends is not known.
                if matches!(connecting, connecting::Last::Now) {
                    silent = silent.min(now.checked_add(CHECK));
                }
            }
            // As in `BodyStream`: the connection gets a turn before it is given up.
            yield_now().await;
            timeout(Duration::ZERO, work).await.map_err(|_| Error::timeout(TimeoutPhase::Read, limit))
        })
        .await
    }
}

/// How often to look whether a connection has come about that takes longer than the server may be silent.
const CHECK: Duration = Duration::from_millis(20);

/// The bytes of an answer. It fails when nothing arrives for too long; the time between two polls with data
/// does not count, so a slow consumer is not punished.
pub(crate) struct BodyStream {
    body: reqwest::Body,
    /// Kept once it is there; it counts only while there is nothing to read.
    waiting: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
    /// It has run out once already.
    is_late: bool,
    read_timeout: Option<Duration>,
    call: CallInfo,
    observed: Option<Arc<Observed>>,
}

impl BodyStream {
    /// Nobody wants it. Its connection may be of use, see [`rest`].
    pub(crate) fn let_go(mut self) {
        self.observed = None;
        rest::read(Box::pin(self));
    }

    /// What is still to come, as it comes.
    #[cfg(feature = "upgrade")]
    pub(crate) fn into_inner(self) -> reqwest::Body {
        self.body
    }

    /// Everything, unless it is more than `max` bytes, or too late.
    pub(crate) async fn read_all(&mut self, max: u64, deadline: Deadline) -> Result<Bytes> {
        let mut bytes = Collected::default();
        let read = before(deadline, bytes.read(self, max)).await;
        read.map_err(|error| error.in_call(&self.call))?;
        Ok(bytes.into_bytes())
    }
}

/// Bytes that have arrived. The first piece, which is all of most answers, is not copied.
#[derive(Default)]
struct Collected {
    first: Bytes,
    all: Option<BytesMut>,
}

impl Collected {
    async fn read(&mut self, body: &mut BodyStream, max: u64) -> Result<()> {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        while let Some(chunk) = poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await {
            let mut chunk = chunk?;
            let room = max - self.len();
            let is_too_large = chunk.len() > room;
            chunk.truncate(room);
            self.push(chunk);
            if is_too_large {
                return Err(TooLarge::new(max as u64).into());
            }
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.all.as_ref().map_or(self.first.len(), BytesMut::len)
    }

    fn push(&mut self, chunk: Bytes) {
        if self.first.is_empty() && self.all.is_none() {
            self.first = chunk;
            return;
        }
        let first = &self.first;
        let all = self.all.get_or_insert_with(|| {
            let mut all = BytesMut::with_capacity(2 * (first.len() + chunk.len()));
            all.extend_from_slice(first);
            all
        });
        all.extend_from_slice(&chunk);
    }

    fn into_bytes(self) -> Bytes {
        self.all.map_or(self.first, BytesMut::freeze)
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = &mut *self;
        loop {
            // Data first: what has arrived counts, even if nobody looked at it in time.
            match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Ready(frame) => {
                    (this.is_waiting, this.is_late) = (false, false);
                    match frame {
                        Some(Ok(frame)) => match frame.into_data() {
                            Ok(data) if !data.is_empty() => {
                                if let Some(observed) = &this.observed {
                                    observed.received(data.len());
                                }
                                return Poll::Ready(Some(Ok(data)));
                            }
                            _ => {}
                        },
                        Some(Err(error)) => {
                            let limit = this.read_timeout.unwrap_or_default();
                            return Poll::Ready(Some(Err(broken(error, this.call.clone(), limit))));
                        }
                        None => return Poll::Ready(None),
                    }
                }
                Poll::Pending => {
                    let Some(limit) = this.read_timeout else { return Poll::Pending };
                    let waiting = this.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
                    if !std::mem::replace(&mut this.is_waiting, true) {
                        // A limit beyond the clock's range is none.
                        let Some(end) = Instant::now().checked_add(limit) else { return Poll::Pending };
                        waiting.as_mut().reset(end);
                    }
                    ready!(waiting.as_mut().poll(context));
                    // If the consumer blocked the thread, data may be there that the connection, which is
                    // another task, had no turn to read.
                    if !std::mem::replace(&mut this.is_late, true) {
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    let error = Error::timeout(TimeoutPhase::Read, limit);
                    return Poll::Ready(Some(Err(error.in_call(&this.call))));
                }
            }
        }
    }
}

/// Does `work` unless the deadline comes first.
async fn before<T>(deadline: Deadline, work: impl Future<Output = Result<T>>) -> Result<T> {
    match deadline {
        None => work.await,
        Some((moment, limit)) => {
            timeout_at(moment, work).await.unwrap_or(Err(Error::timeout(TimeoutPhase::Total, limit)))
        }
    }
}

fn call_error(error: reqwest::Error, call: CallInfo, limits: &Limits) -> Error {
    let error = error.without_url();
    if error.is_connect() && error.is_timeout() {
        Error::timeout(TimeoutPhase::Connect, limits.connect_timeout).in_call(&call)
    } else if error.is_connect() && is_tls(&error) {
        let what = "no secure connection to the server";
        Error::Tls(Box::new(CallError { call, what, source: error.into() }))
    } else if error.is_connect() {
        Error::Connect(Box::new(CallError { call, what: "could not connect", source: error.into() }))
    } else if error.is_builder() {
        Error::from(ConfigError::HttpClient(error.into())).in_call(&call)
    } else {
        broken(error, call, limits.read_timeout.unwrap_or_default())
    }
}

/// The error of a connection that came about.
pub(crate) fn broken(error: reqwest::Error, call: CallInfo, read_timeout: Duration) -> Error {
    let error = error.without_url();
    if error.is_timeout() {
        // A client that was passed in has limits of its own.
        return Error::timeout(TimeoutPhase::Read, read_timeout).in_call(&call);
    }
    Error::Transport(Box::new(CallError { call, what: "the connection broke", source: error.into() }))
}

/// Whether a connection failed because of what the server said, and not because it broke: the TLS library
/// calls that invalid data, somewhere inside of other errors.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    let Some(io) = error.downcast_ref::<io::Error>() else { return error.source().is_some_and(is_tls) };
    // The source of such an error is not what it holds, but the source of that.
    io.kind() == io::ErrorKind::InvalidData || io.get_ref().is_some_and(|inner| is_tls(inner))
}

/// `host` or `host:port`, without anything else that a URL may carry.
fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
