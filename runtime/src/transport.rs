//! One attempt: a request out, the head of an answer and its bytes in.
//!
//! Comes in: a ready request. Goes out: status, headers and a [`BodyStream`]. Must not: repeat, decode,
//! follow redirects, or pass on an error of the HTTP library before its URL is removed, which may carry a
//! key.

use std::error::Error as StdError;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use reqwest::Url;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep, timeout};

use crate::error::{
    ApiError, CallError, ConfigError, Error, Operation, RedirectError, Result, TimeoutPhase, TooLarge,
};

/// What bounds one attempt. Without a value there is no bound.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Option<Duration>,
    pub(crate) max_body_size: u64,
    pub(crate) max_error_body_size: u64,
}

/// The head of an answer, and the bytes to come.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: BodyStream,
}

/// Sends a request. Any status but 2xx is an error.
pub(crate) async fn send(
    http: &reqwest::Client,
    request: reqwest::Request,
    limits: &Limits,
    operation: &Operation,
) -> Result<Answer> {
    let asked = request.url().clone();
    let answer = within(limits.read_timeout, http.execute(request)).await?;
    let answer = answer.map_err(|error| call_error(error, operation, limits))?;
    let answered = answer.url().clone();
    let (head, body) = http::Response::from(answer).into_parts();
    let redirect = |place: Option<&Url>| {
        let host = place.and_then(host_of);
        Error::Redirect(Box::new(RedirectError { operation: operation.clone(), status: head.status, host }))
    };
    if asked != answered {
        // Only a client that was passed in follows redirects.
        return Err(redirect(Some(&answered)));
    }
    if head.status.is_redirection() && head.status != StatusCode::NOT_MODIFIED {
        let location = head.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        return Err(redirect(location.and_then(|location| asked.join(location).ok()).as_ref()));
    }
    let body = BodyStream {
        body,
        waiting: None,
        is_late: false,
        limits: limits.clone(),
        operation: operation.clone(),
    };
    if !head.status.is_success() {
        let (body, is_whole) = body.read_start(limits.max_error_body_size).await;
        let error = ApiError::new(head.status, head.headers, body);
        let error = if is_whole { error } else { error.mark_truncated() };
        return Err(Error::from(error).in_operation(operation));
    }
    Ok(Answer { status: head.status, headers: head.headers, body })
}

/// The bytes of an answer. It fails when nothing arrives for too long; the time between two polls with data
/// does not count, so a slow consumer is not punished.
pub(crate) struct BodyStream {
    body: reqwest::Body,
    /// Runs only while there is nothing to read.
    waiting: Option<Pin<Box<Sleep>>>,
    /// It has run out once already.
    is_late: bool,
    limits: Limits,
    operation: Operation,
}

impl BodyStream {
    /// Everything, unless it is more than `max` bytes.
    pub(crate) async fn read_all(self, max: u64) -> Result<Bytes> {
        let (bytes, end) = self.read(max).await;
        end.map(|()| bytes)
    }

    /// What can be read of an error's body, and whether that is all: a broken body must not hide the status.
    async fn read_start(self, max: u64) -> (Bytes, bool) {
        let (bytes, end) = self.read(max).await;
        (bytes, end.is_ok())
    }

    async fn read(mut self, max: u64) -> (Bytes, Result<()>) {
        let mut bytes = BytesMut::new();
        loop {
            match std::future::poll_fn(|context| Pin::new(&mut self).poll_next(context)).await {
                Some(Ok(chunk)) => {
                    let room = usize::try_from(max).unwrap_or(usize::MAX) - bytes.len();
                    bytes.extend_from_slice(&chunk[..room.min(chunk.len())]);
                    if chunk.len() > room {
                        return (bytes.freeze(), Err(TooLarge { limit: max }.into()));
                    }
                }
                Some(Err(error)) => return (bytes.freeze(), Err(error)),
                None => return (bytes.freeze(), Ok(())),
            }
        }
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
                    (this.waiting, this.is_late) = (None, false);
                    match frame {
                        Some(Ok(frame)) => match frame.into_data() {
                            Ok(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                            _ => {}
                        },
                        Some(Err(error)) => {
                            return Poll::Ready(Some(Err(call_error(error, &this.operation, &this.limits))));
                        }
                        None => return Poll::Ready(None),
                    }
                }
                Poll::Pending => {
                    let Some(limit) = this.limits.read_timeout else { return Poll::Pending };
                    let waiting = this.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
                    ready!(waiting.as_mut().poll(context));
                    // If the consumer blocked the thread, data may be there that the connection, which is
                    // another task, had no turn to read.
                    if !std::mem::replace(&mut this.is_late, true) {
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    let error = Error::timeout(TimeoutPhase::Read, limit);
                    return Poll::Ready(Some(Err(error.in_operation(&this.operation))));
                }
            }
        }
    }
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Result<T> {
    let mut work = pin!(work);
    let Some(limit) = limit else { return Ok(work.await) };
    if let Ok(done) = timeout(limit, &mut work).await {
        return Ok(done);
    }
    // As in `BodyStream`: the connection gets a turn before it is given up.
    yield_now().await;
    timeout(Duration::ZERO, work).await.map_err(|_| Error::timeout(TimeoutPhase::Read, limit))
}

/// The moment after which a call is given up, and the limit that led to it.
pub(crate) type Deadline = Option<(Instant, Duration)>;

/// Does `work` unless the deadline comes first.
pub(crate) async fn before<T>(deadline: Deadline, work: impl Future<Output = Result<T>>) -> Result<T> {
    match deadline {
        None => work.await,
        Some((moment, limit)) => tokio::time::timeout_at(moment, work)
            .await
            .unwrap_or(Err(Error::timeout(TimeoutPhase::Total, limit))),
    }
}

fn call_error(error: reqwest::Error, operation: &Operation, limits: &Limits) -> Error {
    let error = error.without_url();
    let failed = |what, source| Box::new(CallError { operation: operation.clone(), what, source });
    if error.is_connect() && error.is_timeout() {
        Error::timeout(TimeoutPhase::Connect, limits.connect_timeout).in_operation(operation)
    } else if error.is_connect() && is_tls(&error) {
        Error::Tls(failed("no secure connection to the server", error.into()))
    } else if error.is_connect() {
        Error::Connect(failed("could not connect", error.into()))
    } else if error.is_timeout() {
        // A client that was passed in has limits of its own.
        Error::timeout(TimeoutPhase::Read, limits.read_timeout.unwrap_or_default()).in_operation(operation)
    } else if error.is_builder() {
        ConfigError::HttpClient(error.into()).into()
    } else {
        Error::Transport(failed("the connection broke", error.into()))
    }
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
