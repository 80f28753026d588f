//! The one error type, and what each failure knows about itself.
//!
//! Comes in: what went wrong in any other module. Goes out: [`Error`], for people through `Display`, for
//! programs through its variants and accessors. Must not: print keys, URLs, header values, or the text of a
//! body. Bodies can be read with methods.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json;
use crate::response::HeaderNames;
use crate::retry::{Failure, retry_after};

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn StdError + Send + Sync>;

/// Why a call failed.
///
/// No variant prints a key, a URL or the text of a body, so errors can be logged. Models are another matter: they
/// are the user's own data, and their `Debug` shows all of it.
///
/// ```
/// use runtime::Error;
///
/// let error = Error::with_status(404, &serde_json::json!({"detail": "Not found."}));
/// assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
/// assert_eq!(error.to_string(), "404 Not Found");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server answered with a status that is neither 2xx nor a redirect.
    ///
    /// What it says is in the [`ApiError`]: the status, the headers, the body. A 401 or 403 is about the credential, a 404
    /// about an identifier, a 400 or 422 about a value that was sent; after 408, 425, 429 and most of 5xx the same call may
    /// succeed later, which the client has tried already where its policy allows that.
    Api(Box<ApiError>),
    /// The server answered with a redirect. It is not followed, because the key and the body would go along.
    ///
    /// Most often the base URL is not the service's own: `http` for `https`, or an old host. Set it to the host that the
    /// error names, if that is one to trust.
    Redirect(Box<RedirectError>),
    /// No connection came about, so the server has not seen the request.
    ///
    /// The name does not resolve, nobody listens there, or a proxy or firewall is in between; the source says which. Check
    /// the base URL and the network. Trying again does no harm.
    Connect(Box<CallError>),
    /// There is a server, but no secure connection to it: it does not speak TLS, or its certificate is not
    /// trusted, expired, or for another host. It has not seen the request. The source says what is wrong.
    ///
    /// Trying again does not help. A service with a certificate of its own authority needs that authority's certificate
    /// among the client's roots; a plain `http` service needs a base URL that says so.
    Tls(Box<CallError>),
    /// A time limit was reached.
    ///
    /// Which one, says the phase; each is a setting of the client or of the call. Except for the phase
    /// [`Connect`](TimeoutPhase::Connect), the server may have acted all the same: before a `POST` is sent again, look whether
    /// it has.
    Timeout {
        /// Which limit.
        phase: TimeoutPhase,
        /// Its length.
        limit: Duration,
        /// The call, where known.
        call: Option<Box<CallInfo>>,
    },
    /// The connection broke while sending the request or reading the answer.
    ///
    /// The server may have acted. Reads are repeated by the client; before a `POST` is sent again, look whether it has.
    Transport(Box<CallError>),
    /// A successful answer could not be understood.
    ///
    /// Either something else answered, such as a login page, or the service sends what its document does not say: then the
    /// [`DecodeError`] has the place and the reason, which belong into a report. The server has acted.
    Decode(Box<DecodeError>),
    /// An event stream, a download or a stream that is sent did not come to a good end.
    ///
    /// What arrived before is not everything. Ask again for the whole, or show what is there as incomplete; an
    /// [error event](Self::error_event) has the server's own words.
    Stream {
        /// What is wrong.
        error: StreamError,
        /// The call, where known.
        call: Option<Box<CallInfo>>,
    },
    /// The pages of a list do not lead to an end.
    ///
    /// The server's links are at fault. The items that came before are right; get the others page by page, with a cursor or
    /// number of your own.
    Page {
        /// What is wrong.
        error: PageError,
        /// The call, where known.
        call: Option<Box<CallInfo>>,
    },
    /// More bytes than allowed.
    ///
    /// Raise the limit on the client if answers of that size are to be expected; a download goes to disk without one.
    TooLarge(TooLarge),
    /// A value cannot be sent. Nothing was sent.
    ///
    /// The [`InputError`] names the parameter and what is wrong, such as `..` in a path or a line break in a header. It is a
    /// fault of the caller, or of whoever gave the value to it.
    Input(Box<InputError>),
    /// The operation needs a credential that the client does not have. Nothing was sent.
    ///
    /// Give it to the builder, for the scheme that the error names.
    MissingCredential {
        /// The scheme's name in the specification.
        scheme: &'static str,
        /// The call, where known.
        call: Option<Box<CallInfo>>,
    },
    /// A client cannot be built, or is not set up for this operation. Nothing was sent.
    ///
    /// The [`ConfigError`] names the setting. It is for whoever runs the program.
    Config {
        /// What is wrong.
        error: Box<ConfigError>,
        /// The call, where known: nothing in errors of a builder.
        call: Option<Box<CallInfo>>,
    },
    /// The implementation of an API trait leaves this operation out. A server answers 501.
    ///
    /// In a test, the code under test calls what its fake does not have: write that method.
    NotImplemented {
        /// The name of the trait's method.
        name: &'static str,
    },
    /// A file could not be read or written.
    ///
    /// The file that is uploaded, or the one that a download is saved to; the [`IoError`] has its path, and as its source
    /// what the system says. A file that a download was to replace is as it was.
    Io(Box<IoError>),
    /// What a fake or a decorator of an API trait wants to say, or a stream or reader whose bytes were to be sent.
    Other {
        /// What it says.
        error: Box<dyn StdError + Send + Sync>,
        /// The call, where known.
        call: Option<Box<CallInfo>>,
    },
}

impl Error {
    /// An error answer, for fakes and servers: `body` becomes the JSON body.
    ///
    /// A `status` outside 100 to 999 becomes 500.
    pub fn with_status(status: impl TryInto<StatusCode>, body: &impl Serialize) -> Self {
        let status = status.try_into().unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match serde_json::to_vec(body) {
            Ok(body) => {
                let headers =
                    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
                ApiError::new(status, headers, body.into()).into()
            }
            Err(error) => Self::other(error),
        }
    }

    /// Any other error, for fakes and decorators.
    pub fn other(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Other { error: error.into(), call: None }
    }

    /// What a method of an API trait returns that an implementation does not have, for routers and decorators;
    /// the methods' default bodies return it.
    pub fn not_implemented(name: &'static str) -> Self {
        Self::NotImplemented { name }
    }

    /// What went wrong in a word that metrics can count by: one of a fixed set, such as `status`, `connect` or
    /// `read_timeout`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Api(_) => "status",
            Self::Redirect(_) => "redirect",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout { phase: TimeoutPhase::Connect, .. } => "connect_timeout",
            Self::Timeout { phase: TimeoutPhase::Read, .. } => "read_timeout",
            Self::Timeout { phase: TimeoutPhase::Event, .. } => "event_timeout",
            Self::Timeout { .. } => "timeout",
            Self::Transport(_) => "transport",
            Self::Decode(_) => "decode",
            Self::Stream { error: StreamError::Truncated, .. } => "truncated",
            Self::Stream { error: StreamError::ErrorEvent(_), .. } => "error_event",
            Self::Stream { .. } => "stream",
            Self::Page { .. } => "page",
            Self::TooLarge(_) => "too_large",
            Self::Input(_) => "input",
            Self::MissingCredential { .. } => "missing_credential",
            Self::Config { .. } => "config",
            Self::NotImplemented { .. } => "not_implemented",
            Self::Io(_) => "io",
            Self::Other { .. } => "other",
        }
    }

    /// The status that the server answered with, if it answered at all.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Redirect(error) => Some(error.status),
            _ => None,
        }
    }

    /// The server's error answer, if that is what this is.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// What the server reported in a stream, if that is what this is.
    pub fn error_event(&self) -> Option<&ErrorEvent> {
        match self {
            Self::Stream { error: StreamError::ErrorEvent(error), .. } => Some(error),
            _ => None,
        }
    }

    /// The call that failed, with what is known about it. Nothing in fakes, and where no call was made.
    pub fn call(&self) -> Option<&CallInfo> {
        match self {
            Self::Api(error) => error.call.as_ref(),
            Self::Redirect(error) => Some(&error.call),
            Self::Connect(error) | Self::Tls(error) | Self::Transport(error) => Some(&error.call),
            Self::Decode(error) => error.call.as_ref(),
            Self::Timeout { call, .. }
            | Self::Stream { call, .. }
            | Self::Page { call, .. }
            | Self::MissingCredential { call, .. }
            | Self::Config { call, .. }
            | Self::Other { call, .. } => call.as_deref(),
            Self::TooLarge(error) => error.call.as_deref(),
            Self::Io(error) => error.call.as_ref(),
            Self::Input(_) | Self::NotImplemented { .. } => None,
        }
    }

    /// The operation that failed, where the error is about one and knows which.
    pub fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Input(error) => error.operation.as_ref(),
            error => error.call().map(CallInfo::operation),
        }
    }

    /// How often the request was sent, or tried to be: 0 where nothing was.
    pub fn attempts(&self) -> u32 {
        self.call().map_or(0, CallInfo::attempts)
    }

    /// What the server calls the request, in the header that
    /// [`Service::REQUEST_ID`](crate::Service::REQUEST_ID) names: what its support will ask for.
    pub fn request_id(&self) -> Option<&str> {
        self.call().and_then(CallInfo::request_id)
    }

    /// How long the server asks to wait before the next attempt. A date in the past means no time at all.
    pub fn retry_after(&self) -> Option<Duration> {
        self.api().and_then(ApiError::retry_after)
    }

    /// Whether a time limit was reached.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Whether no connection came about, so that the server cannot have acted.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Tls(_) | Self::Timeout { phase: TimeoutPhase::Connect, .. })
    }

    /// Whether the same call may well succeed later.
    ///
    /// It does not say that repeating is harmless: a `POST` may have been carried out although its answer was
    /// lost.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Timeout { .. } | Self::Transport(_) => true,
            Self::Stream { error, .. } => matches!(error, StreamError::Truncated),
            Self::Api(error) => error.is_transient(),
            _ => false,
        }
    }

    /// Whether repeating the call is promising and does no harm: the failure [may go away](Self::is_transient), and
    /// the server has not acted, or acting twice comes to the same by the operation's method or by the call's [idempotency
    /// key](crate::CallOptions::idempotency_key), which must then go along again. What a client's
    /// [`RetryPolicy`](crate::RetryPolicy) does by default follows the same rules.
    pub fn is_retryable(&self) -> bool {
        let by_method = || self.operation().is_some_and(|operation| operation.method().is_idempotent());
        let is_idempotent = self.call().is_some_and(|call| call.has_key) || by_method();
        match Failure::of(self, SystemTime::now()) {
            Failure::Final => self.is_transient() && is_idempotent && !matches!(self, Self::Api(_)),
            failure => failure.is_retryable(is_idempotent),
        }
    }

    pub(crate) fn input(parameter: &'static str, problem: &'static str) -> Self {
        Self::Input(Box::new(InputError { parameter, problem, operation: None }))
    }

    #[cfg(feature = "client")]
    pub(crate) fn timeout(phase: TimeoutPhase, limit: Duration) -> Self {
        Self::Timeout { phase, limit, call: None }
    }

    #[cfg(feature = "client")]
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io(Box::new(IoError { path: path.to_owned(), verb: "write", source, call: None }))
    }

    #[cfg(any(feature = "client", feature = "server"))]
    pub(crate) fn reading(path: &Path, source: std::io::Error) -> Self {
        Self::Io(Box::new(IoError { path: path.to_owned(), verb: "read", source, call: None }))
    }

    /// Says in which call it happened, where that is not known yet.
    pub(crate) fn in_call(mut self, call: &CallInfo) -> Self {
        self.set_call(call);
        self
    }

    /// Counts requests that were made after the one that failed, and in vain.
    #[cfg(feature = "client")]
    pub(crate) fn after_attempts(mut self, attempts: u32) -> Self {
        let call = match &mut self {
            Self::Transport(error) => Some(&mut error.call),
            Self::Timeout { call, .. } | Self::Stream { call, .. } => call.as_deref_mut(),
            _ => None,
        };
        if let Some(call) = call {
            call.attempts = attempts;
        }
        self
    }

    /// Says in place in which call it happened, where that is not known yet.
    pub(crate) fn set_call(&mut self, call: &CallInfo) {
        match self {
            Self::Api(error) => drop(error.call.get_or_insert_with(|| call.clone())),
            Self::Decode(error) => drop(error.call.get_or_insert_with(|| call.clone())),
            Self::Io(error) => drop(error.call.get_or_insert_with(|| call.clone())),
            Self::TooLarge(TooLarge { call: slot, .. })
            | Self::Timeout { call: slot, .. }
            | Self::Stream { call: slot, .. }
            | Self::Page { call: slot, .. }
            | Self::MissingCredential { call: slot, .. }
            | Self::Config { call: slot, .. }
            | Self::Other { call: slot, .. } => {
                slot.get_or_insert_with(|| Box::new(call.clone()));
            }
            Self::Input(error) => {
                error.operation.get_or_insert_with(|| call.operation.clone());
            }
            Self::Redirect(_) | Self::Connect(_) | Self::Tls(_) | Self::Transport(_) => {}
            // It names the method.
            Self::NotImplemented { .. } => {}
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => error.fmt(f),
            Self::Redirect(error) => error.fmt(f),
            Self::Connect(error) | Self::Tls(error) | Self::Transport(error) => error.fmt(f),
            Self::Timeout { phase, limit, call } => {
                write!(f, "{}timed out {phase} after {limit:?}{}", prefix(call), suffix(call))
            }
            Self::Decode(error) => error.fmt(f),
            Self::Stream { error, call } => write!(f, "{}{error}{}", prefix(call), suffix(call)),
            Self::Page { error, call } => write!(f, "{}{error}", prefix(call)),
            Self::TooLarge(error) => error.fmt(f),
            Self::Input(error) => error.fmt(f),
            Self::MissingCredential { scheme, call } => {
                let call = prefix(call);
                write!(
                    f,
                    "{call}no credential for the security scheme `{scheme}`; set one when building the client"
                )
            }
            Self::Config { error, call } => write!(f, "{}{error}", prefix(call)),
            Self::NotImplemented { name } => write!(f, "`{name}` is not implemented here"),
            Self::Io(error) => error.fmt(f),
            Self::Other { error, call } => write!(f, "{}{error}{}", prefix(call), suffix(call)),
        }
    }
}

/// What an error wraps is in its words already: the sources are those of that.
impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Connect(error) | Self::Tls(error) | Self::Transport(error) => error.source(),
            Self::Config { error, .. } => error.source(),
            Self::Io(error) => error.source(),
            Self::Other { error, .. } => error.source(),
            Self::Api(_) | Self::Redirect(_) | Self::Timeout { .. } | Self::Decode(_) => None,
            Self::Stream { .. } | Self::Page { .. } | Self::TooLarge(_) | Self::Input(_) => None,
            Self::MissingCredential { .. } | Self::NotImplemented { .. } => None,
        }
    }
}

/// What is known about a call: in errors, and in reports to a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallInfo {
    operation: Operation,
    attempts: u32,
    request_id: Option<HeaderValue>,
    /// Whether the server takes it and its repetitions for one, by a key of the caller.
    has_key: bool,
}

impl CallInfo {
    /// A call of this operation that was not sent, for fakes and decorators.
    pub fn new(operation: Operation) -> Self {
        Self { operation, attempts: 0, request_id: None, has_key: false }
    }

    #[cfg(feature = "client")]
    pub(crate) fn sent(operation: Operation, attempts: u32, request_id: Option<HeaderValue>) -> Self {
        Self { operation, attempts, request_id, has_key: false }
    }

    /// Says whether the caller has given it an idempotency key.
    #[cfg(feature = "client")]
    pub(crate) fn with_key(self, has_key: bool) -> Self {
        Self { has_key, ..self }
    }

    /// The operation.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// How often the request was sent, or tried to be.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the server calls the last of these requests, in the header that
    /// [`Service::REQUEST_ID`](crate::Service::REQUEST_ID) names. Visible ASCII, at most 200 characters.
    pub fn request_id(&self) -> Option<&str> {
        let text = self.request_id.as_ref()?.to_str().ok()?;
        text.get(..text.len().min(200)).filter(|text| !text.is_empty())
    }
}

/// Which call failed: the method and the path as the specification writes it, without the caller's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    method: Method,
    path: &'static str,
}

impl Operation {
    /// Names an operation, such as `GET /messages/{id}/`.
    pub fn new(method: Method, path: &'static str) -> Self {
        Self { method, path }
    }

    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path template.
    pub fn path(&self) -> &'static str {
        self.path
    }
}

/// What a message about a call begins with.
fn prefix(call: &Option<impl std::borrow::Borrow<CallInfo>>) -> String {
    call.as_ref().map(|call| format!("{}: ", call.borrow().operation)).unwrap_or_default()
}

/// What a message about a call ends with.
fn suffix(call: &Option<impl std::borrow::Borrow<CallInfo>>) -> String {
    call.as_ref().map(|call| tail(call.borrow())).unwrap_or_default()
}

/// How often a call was tried, if that is worth a word, and what the server calls it.
fn tail(call: &CallInfo) -> String {
    let attempts = match call.attempts {
        0 | 1 => String::new(),
        attempts => format!(", attempt {attempts}"),
    };
    let id = call.request_id().map(|id| format!(", request id {id}")).unwrap_or_default();
    format!("{attempts}{id}")
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// An error answer of the server.
#[derive(Clone)]
pub struct ApiError {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    truncated: bool,
    call: Option<CallInfo>,
}

impl ApiError {
    /// Puts an error answer together.
    pub fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self { status, headers, body, truncated: false, call: None }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers of the answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, as far as it was read.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Whether the body was longer than the client reads, or broke off.
    pub fn is_body_truncated(&self) -> bool {
        self.truncated
    }

    /// The body as text. It comes from the server: do not show it to people who must not see it.
    pub fn body_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body decoded from JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] when it is not JSON or does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let error = |error| match &self.call {
            Some(call) => Error::Decode(error).in_call(call),
            None => Error::Decode(error),
        };
        json::decode(&self.body).map_err(error)
    }

    /// The operation that was answered; nothing in a fake.
    pub fn operation(&self) -> Option<&Operation> {
        self.call.as_ref().map(CallInfo::operation)
    }

    /// How long the server asks to wait, in seconds or until a date. A date in the past means no time at all; what
    /// cannot be read is ignored.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers, SystemTime::now())
    }

    /// Whether the status is one that goes away: 408, 425, 429 and 5xx, without 501 and 505.
    pub fn is_transient(&self) -> bool {
        let code = self.status.as_u16();
        matches!(code, 408 | 425 | 429) || (code >= 500 && !matches!(code, 501 | 505))
    }

    #[cfg(feature = "client")]
    pub(crate) fn mark_truncated(mut self) -> Self {
        self.truncated = true;
        self
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", prefix(&self.call), self.status.as_u16())?;
        if let Some(reason) = self.status.canonical_reason() {
            write!(f, " {reason}")?;
        }
        if let Some(hint) = hint(self.status) {
            write!(f, " ({hint})")?;
        }
        f.write_str(&suffix(&self.call))
    }
}

/// Prints neither the body nor header values.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("call", &self.call)
            .field("status", &self.status.as_u16())
            .field("headers", &HeaderNames(&self.headers))
            .field("body_len", &self.body.len())
            .finish()
    }
}

impl StdError for ApiError {}

fn hint(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        401 => Some("check the API key and that it belongs to this server"),
        403 => Some("the API key is not allowed to do this"),
        429 => Some("too many requests"),
        _ => None,
    }
}

/// A redirect that was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectError {
    pub(crate) call: CallInfo,
    pub(crate) status: StatusCode,
    pub(crate) host: Option<String>,
}

impl RedirectError {
    /// The operation that was answered.
    pub fn operation(&self) -> &Operation {
        &self.call.operation
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Host and port that the server pointed to; nothing when it named none that can be read.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or("nowhere");
        write!(
            f,
            "{}: {} redirects to {host}, not followed; check the base URL",
            self.call.operation,
            self.status.as_u16()
        )
    }
}

impl StdError for RedirectError {}

/// A failure below HTTP. Its source is the transport's own error, without the URL.
#[derive(Debug)]
pub struct CallError {
    pub(crate) call: CallInfo,
    pub(crate) what: &'static str,
    pub(crate) source: Source,
}

impl CallError {
    /// The operation that failed.
    pub fn operation(&self) -> &Operation {
        &self.call.operation
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", self.call.operation, self.what, tail(&self.call))
    }
}

impl StdError for CallError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.source.as_ref())
    }
}

/// Which time limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeoutPhase {
    /// Establishing the connection, TLS included. The server has not seen the request.
    Connect,
    /// No byte arrived for too long: the server is silent, which is not the same as slow.
    Read,
    /// No event arrived for too long, although bytes may have: what was asked of the stream.
    Event,
    /// The call as a whole, with its retries.
    Total,
}

impl fmt::Display for TimeoutPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Read => "waiting for data",
            Self::Event => "waiting for an event",
            Self::Total => "in total",
        })
    }
}

/// A successful answer, or one event, that is not what the specification says.
#[derive(Clone)]
pub struct DecodeError {
    call: Option<CallInfo>,
    media_type: Option<String>,
    path: String,
    reason: String,
    position: Option<(usize, usize)>,
    excerpt: Bytes,
    other_object: bool,
}

impl DecodeError {
    /// At most this many bytes on each side of the failing position are kept.
    const EXCERPT: usize = 512;

    pub(crate) fn new(path: String, reason: String, position: Option<(usize, usize)>, body: &[u8]) -> Self {
        let excerpt = Bytes::copy_from_slice(excerpt(body, position));
        Self { call: None, media_type: None, path, reason, position, excerpt, other_object: false }
    }

    /// An object that has nothing of what was expected.
    pub(crate) fn other_object(reason: &str, body: &[u8]) -> Self {
        Self { other_object: true, ..Self::new("$".to_owned(), reason.to_owned(), None, body) }
    }

    /// Whether an object came that has nothing of what was expected, such as an error document.
    pub(crate) fn is_other_object(&self) -> bool {
        self.other_object
    }

    /// A body that is wrong as a whole.
    #[cfg(feature = "client")]
    pub(crate) fn body(reason: impl Into<String>, body: &[u8]) -> Self {
        Self::new("$".to_owned(), reason.into(), None, body)
    }

    #[cfg(feature = "client")]
    pub(crate) fn with_media_type(mut self, media_type: Option<&str>) -> Self {
        // It comes from the server: short, without parameters, and nothing that could break a log line.
        let essence = media_type.and_then(|text| text.split(';').next());
        self.media_type = essence.map(|text| text.chars().filter(char::is_ascii_graphic).take(80).collect());
        self
    }

    /// The operation that was answered, where known.
    pub fn operation(&self) -> Option<&Operation> {
        self.call.as_ref().map(CallInfo::operation)
    }

    /// The media type that the server declared, without parameters.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// Where in the JSON document: `$.results[3].id`. Keys that may be data are shown as `?`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong, without values of the document.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Line and column in the document, both from 1.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// The part of the body around the failure, at most 1 KiB. It is data: `Display` and `Debug` leave it
    /// out.
    pub fn excerpt(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.excerpt)
    }
}

fn excerpt(body: &[u8], position: Option<(usize, usize)>) -> &[u8] {
    let (line, column) = position.unwrap_or((1, 1));
    let before: usize =
        body.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let at = (before + column).min(body.len());
    &body[at.saturating_sub(DecodeError::EXCERPT)..(at + DecodeError::EXCERPT).min(body.len())]
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = prefix(&self.call);
        write!(f, "{operation}cannot decode the answer at {}: {}", self.path, self.reason)?;
        if let Some((line, column)) = self.position {
            write!(f, " at line {line} column {column}")?;
        }
        if let Some(media_type) = &self.media_type {
            write!(f, " (media type {media_type})")?;
        }
        f.write_str(&suffix(&self.call))
    }
}

/// Prints no data of the body.
impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("call", &self.call)
            .field("media_type", &self.media_type)
            .field("path", &self.path)
            .field("reason", &self.reason)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl StdError for DecodeError {}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Box::new(error))
    }
}

/// Why an event stream or a download did not come to a good end.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The data ended before its end was reached: what arrived is not everything. Ask again.
    #[error("the stream ended early")]
    Truncated,
    /// A body that is sent has more bytes than [it said](crate::Body::with_length), or the rest of a
    /// [download](crate::Download#interruptions) than the server said. The caller's length is wrong, or the file changed on the way.
    #[error("the stream has more than the {length} bytes that it said")]
    LongerThanSaid {
        /// What it said.
        length: u64,
    },
    /// One event is larger than [allowed](crate::sse::Decoder::new). The limit is a setting of the client.
    #[error("an event is larger than {limit} bytes")]
    EventTooLarge {
        /// The cap in bytes.
        limit: usize,
    },
    /// The data of one event is not what the specification says. What came before it is right; what is behind it is lost.
    #[error("invalid event: {0}")]
    InvalidEvent(Box<DecodeError>),
    /// The server reported an error where an event was expected. [`ErrorEvent::json`] has its words.
    #[error(transparent)]
    ErrorEvent(Box<ErrorEvent>),
}

/// An error that the server reports in a stream whose status was 200: an event named `error`, or an object that has no
/// property of an event.
///
/// `Display` and `Debug` leave out what the server says: it may be about data.
///
/// ```
/// use runtime::{Error, ErrorEvent};
///
/// // What a fake or a server puts into a stream.
/// let error = Error::from(ErrorEvent::new(r#"{"detail": "quota exceeded"}"#));
///
/// // What a caller does with it.
/// if let Some(event) = error.error_event() {
///     let words: serde_json::Value = event.json()?;
///     assert_eq!(words["detail"], "quota exceeded");
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct ErrorEvent {
    data: String,
}

impl ErrorEvent {
    /// An error for fakes and servers; a router sends it as an event named `error`.
    pub fn new(data: impl Into<String>) -> Self {
        Self { data: data.into() }
    }

    /// What the server says. Do not show it to people who must not see it.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// What the server says, decoded from JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] when it is not JSON or does not fit `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        json::decode(self.data.as_bytes()).map_err(Error::Decode)
    }
}

impl fmt::Display for ErrorEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server reported an error in the stream")
    }
}

impl fmt::Debug for ErrorEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorEvent").field("data_len", &self.data.len()).finish()
    }
}

impl StdError for ErrorEvent {}

impl From<ErrorEvent> for Error {
    fn from(error: ErrorEvent) -> Self {
        StreamError::ErrorEvent(Box::new(error)).into()
    }
}

impl From<StreamError> for Error {
    fn from(error: StreamError) -> Self {
        Self::Stream { error, call: None }
    }
}

/// Why the pages of a list do not lead to an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// A cursor came a second time, which would go on forever. The items so far are right.
    #[error("the server sent the same page cursor twice")]
    RepeatedCursor,
    /// The link to the next page has no usable value for the parameter. The service builds its links in another way than its
    /// document says.
    #[error("the link to the next page has no valid parameter `{parameter}`")]
    InvalidLink {
        /// The query parameter that carries the cursor.
        parameter: &'static str,
    },
    /// The token of the next page is not of the expected type, such as text where the parameter is a number.
    #[error("the token of the next page is not valid")]
    InvalidToken,
    /// Too many pages in a row had no items. A filter that fits nothing may do that; get single pages to look further.
    #[error("{count} pages in a row were empty")]
    TooManyEmptyPages {
        /// How many.
        count: usize,
    },
}

impl From<PageError> for Error {
    fn from(error: PageError) -> Self {
        Self::Page { error, call: None }
    }
}

/// An answer or a download has more bytes than allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}the answer is larger than {limit} bytes{}", prefix(.call), suffix(.call))]
pub struct TooLarge {
    limit: u64,
    call: Option<Box<CallInfo>>,
}

impl TooLarge {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, call: None }
    }

    /// The cap in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}

impl From<TooLarge> for Error {
    fn from(error: TooLarge) -> Self {
        Self::TooLarge(error)
    }
}

/// A value that cannot be sent. It names the parameter and the problem, never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}cannot send `{parameter}`: {problem}", .operation.as_ref().map(|it| format!("{it}: ")).unwrap_or_default())]
pub struct InputError {
    parameter: &'static str,
    problem: &'static str,
    operation: Option<Operation>,
}

impl InputError {
    /// The parameter's name in the specification, or the part of the request: `body`, `path`, `url` and the like.
    pub fn parameter(&self) -> &'static str {
        self.parameter
    }

    /// What is wrong with the value.
    pub fn problem(&self) -> &'static str {
        self.problem
    }
}

/// A file that could not be written. Nothing is left behind under its name that was not there before.
#[derive(Debug)]
pub struct IoError {
    path: PathBuf,
    /// What was tried.
    verb: &'static str,
    source: std::io::Error,
    call: Option<CallInfo>,
}

impl IoError {
    /// The file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the operating system says.
    pub fn kind(&self) -> std::io::ErrorKind {
        self.source.kind()
    }
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, suffix) = (prefix(&self.call), suffix(&self.call));
        write!(f, "{prefix}could not {} {}{suffix}", self.verb, self.path.display())
    }
}

impl StdError for IoError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

/// Why a client cannot be built or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An environment variable is not set, is empty or is not text. Set it, or build the client without the environment.
    #[error("the environment variable {name} is not set, is empty or is not text")]
    Environment {
        /// Its name.
        name: String,
    },
    /// A credential cannot be sent: it is empty or has characters that a header cannot carry, such as a line
    /// break. A key that was read from a file often ends with one: trim it.
    #[error("the credential for `{scheme}` {problem}")]
    Credential {
        /// The scheme's name in the specification.
        scheme: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A credential was given for a scheme that the service does not have. Its name is spelt as in the specification.
    #[error("the service has no security scheme `{scheme}`")]
    UnknownScheme {
        /// The name that was given.
        scheme: String,
    },
    /// The base URL cannot be used. It begins with `http://` or `https://`, and has neither a query nor a fragment.
    #[error("the base URL {problem}")]
    BaseUrl {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The credential would go to another host over plain `http`, where everybody on the way can read it. `https`, or
    /// [`ClientBuilder::allow_plain_http_to`](crate::ClientBuilder::allow_plain_http_to) with the host's name.
    #[error(
        "the credential would be sent over plain http to {host}, where others can read it; use https, or allow this host by name"
    )]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// A header cannot be sent with every call: its name or value is not one, or the client sets it itself.
    #[error("the header `{name}` cannot be sent: {problem}")]
    Header {
        /// Its name, if it can be one.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The user agent cannot be sent in a header. Leave out line breaks and control characters.
    #[error("the user agent has characters that a header cannot carry")]
    UserAgent,
    /// A setting of connections cannot be used: a certificate, a proxy or a limit. The message says what is wrong with it.
    #[error("the {setting} {problem}")]
    Connection {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The path that a receiver of webhooks was to listen at cannot be used. The message says what is wrong with it, and not what
    /// it is: it may be a secret.
    #[error("the path of a receiver {problem}")]
    ReceiverPath {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The HTTP client cannot be set up, for example because the system has no root certificates. Containers
    /// often lack them: install the system's package of certificates, or add roots on the builder.
    #[error("cannot set up the HTTP client")]
    HttpClient(#[source] Box<dyn StdError + Send + Sync>),
    /// A blocking call inside of an async runtime, whose tasks it would hold up. The async client is right there.
    #[error("a blocking call inside of an async runtime would hold up its tasks; use the async client here")]
    InsideRuntime,
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config { error: Box::new(error), call: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_error_type_is_small_and_can_cross_threads() {
        fn crosses<T: Send + Sync + 'static>() {}
        crosses::<Error>();
        assert!(size_of::<Error>() <= 40, "{}", size_of::<Error>());
    }

    #[test]
    fn an_api_error_gives_its_body_to_code_only() {
        let error = Error::with_status(401, &json!({"detail": "canary"}));
        let api = error.api().unwrap();
        assert_eq!(api.json::<Value>().unwrap()["detail"], "canary");
        assert_eq!(api.body_text(), r#"{"detail":"canary"}"#);
        assert!(api.json::<i64>().is_err());
        let shown = format!("{error} {error:?}");
        assert!(
            shown.starts_with("401 Unauthorized (check the API key") && !shown.contains("canary"),
            "{shown}"
        );
    }

    #[test]
    fn impossible_statuses_become_500() {
        assert_eq!(Error::with_status(7, &()).status().unwrap(), 500);
        assert_eq!(Error::with_status(StatusCode::NOT_FOUND, &()).status().unwrap(), 404);
    }

    #[test]
    fn transient_statuses() {
        let transient: Vec<u16> =
            (400..600).filter(|code| Error::with_status(*code, &()).is_transient()).collect();
        assert_eq!(transient[..6], [408, 425, 429, 500, 502, 503]);
        assert!(!transient.contains(&501) && !transient.contains(&505));
    }

    #[test]
    fn the_excerpt_is_around_the_failure() {
        let body = format!("{}\n{}HERE{}", "a".repeat(2000), "b".repeat(1000), "c".repeat(1000));
        let error = DecodeError::new("$".to_owned(), String::new(), Some((2, 1002)), body.as_bytes());
        assert!(error.excerpt().contains("HERE") && error.excerpt().len() == 1024);
        assert!(!format!("{error} {error:?}").contains("HERE"));
    }
}
