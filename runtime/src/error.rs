//! The one error type, and what each failure knows about itself.
//!
//! Comes in: what went wrong in any other module. Goes out: [`Error`], for people through `Display`, for
//! programs through its variants and accessors. Must not: print keys, URLs, header values, or the text of a
//! body. Bodies can be read with methods.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json;
use crate::response::HeaderNames;

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
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered with a status that is neither 2xx nor a redirect.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The server answered with a redirect. It is not followed, because the key and the body would go along.
    #[error(transparent)]
    Redirect(Box<RedirectError>),
    /// No connection came about, so the server has not seen the request.
    #[error(transparent)]
    Connect(Box<CallError>),
    /// There is a server, but no secure connection to it: it does not speak TLS, or its certificate is not
    /// trusted, expired, or for another host. It has not seen the request. The source says what is wrong.
    #[error(transparent)]
    Tls(Box<CallError>),
    /// A time limit was reached.
    #[error("{}timed out {phase} after {limit:?}", prefix(.operation.as_deref()))]
    Timeout {
        /// The call, where known.
        operation: Option<Box<Operation>>,
        /// Which limit.
        phase: TimeoutPhase,
        /// Its length.
        limit: Duration,
    },
    /// The connection broke while sending the request or reading the answer.
    #[error(transparent)]
    Transport(Box<CallError>),
    /// A successful answer could not be understood.
    #[error(transparent)]
    Decode(Box<DecodeError>),
    /// An event stream or a download did not come to a good end.
    #[error(transparent)]
    Stream(StreamError),
    /// The pages of a list do not lead to an end.
    #[error(transparent)]
    Page(PageError),
    /// More bytes than allowed.
    #[error(transparent)]
    TooLarge(TooLarge),
    /// A value cannot be sent. Nothing was sent.
    #[error(transparent)]
    Input(Box<InputError>),
    /// The operation needs a credential that the client does not have. Nothing was sent.
    #[error("no credential for the security scheme `{scheme}`; set one when building the client")]
    MissingCredential {
        /// The scheme's name in the specification.
        scheme: &'static str,
    },
    /// A client cannot be built, or is not set up for this operation. Nothing was sent.
    #[error(transparent)]
    Config(Box<ConfigError>),
    /// The implementation of an API trait leaves this operation out. A server answers 501.
    #[error("`{name}` is not implemented here")]
    NotImplemented {
        /// The name of the trait's method.
        name: &'static str,
    },
    /// A file could not be written.
    #[error("could not write {}: {}", .0.path.display(), .0.source)]
    Io(Box<IoError>),
    /// What a fake or a decorator of an API trait wants to say.
    #[error(transparent)]
    Other(Source),
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
        Self::Other(error.into())
    }

    /// What a method of an API trait returns that an implementation does not have, for routers and decorators;
    /// the methods' default bodies return it.
    pub fn not_implemented(name: &'static str) -> Self {
        Self::NotImplemented { name }
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

    /// The call that failed, where the error is about one call and knows which.
    pub fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Api(error) => error.operation(),
            Self::Redirect(error) => Some(error.operation()),
            Self::Connect(error) | Self::Tls(error) | Self::Transport(error) => Some(error.operation()),
            Self::Timeout { operation, .. } => operation.as_deref(),
            Self::Decode(error) | Self::Stream(StreamError::InvalidEvent(error)) => error.operation(),
            Self::Stream(_) | Self::Page(_) | Self::TooLarge(_) | Self::Input(_) => None,
            Self::MissingCredential { .. } | Self::Config(_) | Self::NotImplemented { .. } => None,
            Self::Io(_) | Self::Other(_) => None,
        }
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
            Self::Stream(error) => matches!(error, StreamError::Truncated),
            Self::Api(error) => error.is_transient(),
            _ => false,
        }
    }

    #[cfg(feature = "client")]
    pub(crate) fn input(parameter: &'static str, problem: &'static str) -> Self {
        Self::Input(Box::new(InputError { parameter, problem }))
    }

    #[cfg(feature = "client")]
    pub(crate) fn timeout(phase: TimeoutPhase, limit: Duration) -> Self {
        Self::Timeout { operation: None, phase, limit }
    }

    #[cfg(feature = "client")]
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io(Box::new(IoError { path: path.to_owned(), source }))
    }

    /// Says in which call it happened, where that is not known yet.
    #[cfg(feature = "client")]
    pub(crate) fn in_operation(mut self, operation: &Operation) -> Self {
        let slot = match &mut self {
            Self::Api(error) => &mut error.operation,
            Self::Decode(error) | Self::Stream(StreamError::InvalidEvent(error)) => &mut error.operation,
            Self::Timeout { operation: slot, .. } => {
                slot.get_or_insert_with(|| Box::new(operation.clone()));
                return self;
            }
            _ => return self,
        };
        slot.get_or_insert_with(|| operation.clone());
        self
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

/// What a message about an operation begins with.
fn prefix(operation: Option<&Operation>) -> String {
    operation.map(|operation| format!("{operation}: ")).unwrap_or_default()
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
    operation: Option<Operation>,
}

impl ApiError {
    /// Puts an error answer together.
    pub fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self { status, headers, body, truncated: false, operation: None }
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
        json::decode(&self.body).map_err(Error::Decode)
    }

    /// The call that was answered; nothing in a fake.
    pub fn operation(&self) -> Option<&Operation> {
        self.operation.as_ref()
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
        write!(f, "{}{}", prefix(self.operation.as_ref()), self.status.as_u16())?;
        if let Some(reason) = self.status.canonical_reason() {
            write!(f, " {reason}")?;
        }
        match hint(self.status) {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Prints neither the body nor header values.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("operation", &self.operation)
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
    pub(crate) operation: Operation,
    pub(crate) status: StatusCode,
    pub(crate) host: Option<String>,
}

impl RedirectError {
    /// The call that was answered.
    pub fn operation(&self) -> &Operation {
        &self.operation
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
            self.operation,
            self.status.as_u16()
        )
    }
}

impl StdError for RedirectError {}

/// A failure below HTTP. Its source is the transport's own error, without the URL.
#[derive(Debug)]
pub struct CallError {
    pub(crate) operation: Operation,
    pub(crate) what: &'static str,
    pub(crate) source: Source,
}

impl CallError {
    /// The call that failed.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.what)
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
    /// Establishing the connection.
    Connect,
    /// No byte arrived for too long.
    Read,
    /// The call as a whole, with its retries.
    Total,
}

impl fmt::Display for TimeoutPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Read => "waiting for data",
            Self::Total => "in total",
        })
    }
}

/// A successful answer, or one event, that is not what the specification says.
#[derive(Clone)]
pub struct DecodeError {
    operation: Option<Operation>,
    media_type: Option<String>,
    path: String,
    reason: String,
    position: Option<(usize, usize)>,
    excerpt: Bytes,
}

impl DecodeError {
    /// At most this many bytes on each side of the failing position are kept.
    const EXCERPT: usize = 512;

    pub(crate) fn new(path: String, reason: String, position: Option<(usize, usize)>, body: &[u8]) -> Self {
        let excerpt = Bytes::copy_from_slice(excerpt(body, position));
        Self { operation: None, media_type: None, path, reason, position, excerpt }
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

    /// The call that was answered, where known.
    pub fn operation(&self) -> Option<&Operation> {
        self.operation.as_ref()
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
        let operation = prefix(self.operation.as_ref());
        write!(f, "{operation}cannot decode the answer at {}: {}", self.path, self.reason)?;
        if let Some((line, column)) = self.position {
            write!(f, " at line {line} column {column}")?;
        }
        match &self.media_type {
            Some(media_type) => write!(f, " (media type {media_type})"),
            None => Ok(()),
        }
    }
}

/// Prints no data of the body.
impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("operation", &self.operation)
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
    /// The data ended before its end was reached: what arrived is not everything.
    #[error("the stream ended early")]
    Truncated,
    /// One event is larger than [allowed](crate::sse::Decoder::new).
    #[error("an event is larger than {limit} bytes")]
    EventTooLarge {
        /// The cap in bytes.
        limit: usize,
    },
    /// The data of one event is not what the specification says.
    #[error("invalid event: {0}")]
    InvalidEvent(Box<DecodeError>),
}

impl From<StreamError> for Error {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}

/// Why the pages of a list do not lead to an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// A cursor came a second time, which would go on forever.
    #[error("the server sent the same page cursor twice")]
    RepeatedCursor,
    /// The link to the next page has no usable value for the parameter.
    #[error("the link to the next page has no valid parameter `{parameter}`")]
    InvalidLink {
        /// The query parameter that carries the cursor.
        parameter: &'static str,
    },
    /// The token of the next page is not of the expected type.
    #[error("the token of the next page is not valid")]
    InvalidToken,
    /// Too many pages in a row had no items.
    #[error("{count} pages in a row were empty")]
    TooManyEmptyPages {
        /// How many.
        count: usize,
    },
}

impl From<PageError> for Error {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

/// An answer or a download has more bytes than allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer is larger than {limit} bytes")]
pub struct TooLarge {
    pub(crate) limit: u64,
}

impl TooLarge {
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
#[error("cannot send `{parameter}`: {problem}")]
pub struct InputError {
    parameter: &'static str,
    problem: &'static str,
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
    source: std::io::Error,
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

/// Why a client cannot be built or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An environment variable is not set, is empty or is not text.
    #[error("the environment variable {name} is not set, is empty or is not text")]
    Environment {
        /// Its name.
        name: String,
    },
    /// A credential cannot be sent: it is empty or has characters that a header cannot carry, such as a line
    /// break.
    #[error("the credential for `{scheme}` {problem}")]
    Credential {
        /// The scheme's name in the specification.
        scheme: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A credential was given for a scheme that the service does not have.
    #[error("the service has no security scheme `{scheme}`")]
    UnknownScheme {
        /// The name that was given.
        scheme: String,
    },
    /// The base URL cannot be used.
    #[error("the base URL {problem}")]
    BaseUrl {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The user agent cannot be sent in a header.
    #[error("the user agent has characters that a header cannot carry")]
    UserAgent,
    /// The HTTP client cannot be set up, for example because the system has no root certificates.
    #[error("cannot set up the HTTP client")]
    HttpClient(#[source] Box<dyn StdError + Send + Sync>),
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
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
        assert!(size_of::<Error>() <= 32, "{}", size_of::<Error>());
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
