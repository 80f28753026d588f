//! What an application may see of its calls, and add to them.
//!
//! Comes in: an attempt that is about to be sent, or what became of one. Goes out: the same to the application's
//! [`Hook`], and its headers to the attempt. Must not: show a credential, a URL, or a body to a hook that does not ask
//! for it by a name that can be searched for.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Extensions, StatusCode};
use reqwest::Url;

use crate::error::{CallInfo, Error, Operation, Result};
use crate::settings;

/// Watches the calls of a client: for metrics, request logs, signatures, trace propagation.
///
/// [`ClientBuilder::hook`](crate::ClientBuilder::hook) installs it. All methods have a default body that does nothing.
/// They run on the task that makes the call, so they must not block; what takes long belongs into a channel. A panic in one
/// of them is a panic of that task.
///
/// For each call they are asked in this order, and each [`before_attempt`](Self::before_attempt) is followed by one
/// [`after_attempt`](Self::after_attempt), also if the caller drops the call:
///
/// ```text
/// before_attempt  after_attempt   (as often as the call is repeated)   after_call
/// ```
///
/// An attempt whose answer is an event stream or a download is over, and so is its call, when the stream has ended or is
/// dropped. A call that fails before anything could be sent, for example because of a value that has no place in a
/// URL, is not told of.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use runtime::{Hook, Report};
///
/// #[derive(Default)]
/// struct Count {
///     calls: AtomicU64,
///     failures: AtomicU64,
/// }
///
/// impl Hook for Count {
///     fn after_call(&self, call: &Report<'_>) {
///         self.calls.fetch_add(1, Ordering::Relaxed);
///         if call.error_kind().is_some() {
///             self.failures.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
///
/// # Secrets
///
/// Neither keys nor values of the caller are among what a hook is told. The methods whose names begin with `expose_` give
/// them to those that need them, such as signatures.
///
/// # Costs
///
/// A client without hooks pays one look at an empty list for each call. With hooks, a call makes one allocation, and each
/// attempt reads the clock twice.
pub trait Hook: Send + Sync + 'static {
    /// An attempt is about to be sent; headers can be added.
    ///
    /// # Errors
    ///
    /// Whatever keeps the hook from doing its part. Nothing is sent then, and the call fails with it; an error that may
    /// [go away](Error::is_transient) can be repeated like that of any attempt.
    fn before_attempt(&self, attempt: &mut AttemptStart<'_>) -> Result<()> {
        let _ = attempt;
        Ok(())
    }

    /// An attempt is over.
    fn after_attempt(&self, attempt: &Report<'_>) {
        let _ = attempt;
    }

    /// A call is over, with all its attempts, and its answer is decoded.
    fn after_call(&self, call: &Report<'_>) {
        let _ = call;
    }
}

/// An attempt that is about to be sent.
pub struct AttemptStart<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) number: u32,
    pub(crate) url: &'a Url,
    pub(crate) headers: &'a mut HeaderMap,
    pub(crate) body: Option<&'a Bytes>,
    pub(crate) extensions: &'a mut Extensions,
}

impl AttemptStart<'_> {
    /// The operation: its method, and its path as the specification writes it.
    pub fn operation(&self) -> &Operation {
        self.operation
    }

    /// The number of the attempt, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The host that is asked, without a port.
    pub fn server_address(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port that is asked.
    pub fn server_port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    /// Sets a header of this attempt, in place of another of that name. It is taken for a secret.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] for what cannot be sent in a header, and for headers that say where a message ends or goes.
    pub fn set_header(&mut self, name: &str, value: impl AsRef<str>) -> Result<()> {
        let header = settings::header(name, value.as_ref());
        let (name, mut value) = header.map_err(|problem| Error::input("header of a hook", problem))?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(())
    }

    /// What belongs to this call alone. It begins with what the caller gave
    /// [along](crate::CallOptions::extension), and lasts until [`Hook::after_call`].
    pub fn extensions(&mut self) -> &mut Extensions {
        self.extensions
    }

    /// Where the request goes. It has the caller's values, and a key if the service wants it in the query.
    pub fn expose_url(&self) -> &str {
        self.url.as_str()
    }

    /// The headers as they are so far, credentials included.
    pub fn expose_headers(&self) -> &HeaderMap {
        self.headers
    }

    /// The body; nothing if there is none, or if it is a stream, which is not there yet.
    pub fn expose_body(&self) -> Option<&Bytes> {
        self.body
    }
}

/// Prints neither values nor credentials.
impl fmt::Debug for AttemptStart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptStart")
            .field("operation", &self.operation)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// What became of an attempt, or of a whole call.
pub struct Report<'a> {
    pub(crate) call: &'a CallInfo,
    pub(crate) url: &'a Url,
    pub(crate) status: Option<StatusCode>,
    pub(crate) duration: Duration,
    pub(crate) time_to_head: Option<Duration>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) end: End<'a>,
    pub(crate) retry_in: Option<Duration>,
    pub(crate) extensions: &'a Extensions,
}

/// How it ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End<'a> {
    Good,
    Failed(&'a Error),
    /// Nobody waited for the rest.
    Dropped,
}

impl Report<'_> {
    /// The operation: its method, and its path as the specification writes it.
    pub fn operation(&self) -> &Operation {
        self.call.operation()
    }

    /// The number of the attempt, from 1; of a call, how many there were.
    pub fn attempts(&self) -> u32 {
        self.call.attempts()
    }

    /// What the server calls the (last) request; see [`Error::request_id`].
    pub fn request_id(&self) -> Option<&str> {
        self.call.request_id()
    }

    /// The host that was asked, without a port.
    pub fn server_address(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port that was asked.
    pub fn server_port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    /// The status of the (last) answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// How long it took: an attempt until the last byte of its answer, a call with the time between its attempts.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// How long the (last) attempt took until the head of its answer was there, if it came.
    pub fn time_to_head(&self) -> Option<Duration> {
        self.time_to_head
    }

    /// Bytes of the request's body, as far as it is not a stream.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Bytes of the (last) answer's body that were read.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The [kind](Error::kind) of the failure, if it is one.
    pub fn error_kind(&self) -> Option<&'static str> {
        match self.end {
            End::Failed(error) => Some(error.kind()),
            End::Good | End::Dropped => None,
        }
    }

    /// Whether the caller gave up: the call, or the stream that it returned, was dropped before its end.
    pub fn is_dropped(&self) -> bool {
        matches!(self.end, End::Dropped)
    }

    /// After which time the next attempt begins, if there is one. Nothing for calls.
    pub fn retry_in(&self) -> Option<Duration> {
        self.retry_in
    }

    /// What belongs to this call alone; see [`AttemptStart::extensions`].
    pub fn extensions(&self) -> &Extensions {
        self.extensions
    }

    /// The failure. Its text shows no secret, but the server's whole answer can be read from it.
    pub fn expose_error(&self) -> Option<&Error> {
        match self.end {
            End::Failed(error) => Some(error),
            End::Good | End::Dropped => None,
        }
    }
}

/// Prints what is not secret.
impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("operation", self.operation())
            .field("attempts", &self.attempts())
            .field("status", &self.status)
            .field("duration", &self.duration)
            .field("received", &self.received)
            .field("error_kind", &self.error_kind())
            .field("is_dropped", &self.is_dropped())
            .finish_non_exhaustive()
    }
}
