//! What a call needs of its client.
//!
//! Comes in: what a builder has checked, and options of single calls. Goes out: the same, to read. Must not: change
//! while a call runs. What clones share (connections, the budget) is apart from what may differ between them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Extensions;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
};

use crate::auth::{Credentials, Requirement};
use crate::error::{ConfigError, Error};
use crate::hook::Hook;
use crate::param::Problem;
use crate::response::HeaderNames;
use crate::retry::{Budget, RetryPolicy};
use crate::service::Server;
use crate::transport::Limits;
use crate::url::{Place, canonical_host};

/// A client, whatever its service. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) settings: Arc<Settings>,
}

/// What all clones of a client share.
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) place: Place,
    pub(crate) servers: &'static [Server],
    pub(crate) credentials: Credentials,
    pub(crate) security: Requirement,
    /// Hosts that may get credentials over plain `http`, in their [canonical](canonical_host) form.
    pub(crate) plain_hosts: Vec<String>,
    pub(crate) budget: Budget,
    pub(crate) request_id: HeaderName,
    pub(crate) hooks: Arc<[Box<dyn Hook>]>,
}

/// What calls of one clone may do differently.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: RetryPolicy,
    pub(crate) max_event_size: usize,
    pub(crate) max_download_size: Option<u64>,
    /// What goes out with every call, unless the call says otherwise.
    pub(crate) headers: HeaderMap,
    pub(crate) idempotency_key: Option<HeaderValue>,
    /// What callers want their hooks to know.
    pub(crate) extensions: Extensions,
    /// Options that cannot be used: every call fails with it.
    pub(crate) problem: Option<(&'static str, Problem)>,
}

impl Shared {
    /// Refuses to show a credential to everybody on the way.
    pub(crate) fn check_plain_http(&self, plain_host: Option<&str>) -> Result<(), ConfigError> {
        match plain_host {
            Some(host) if !self.plain_hosts.contains(&canonical_host(host)) => {
                Err(ConfigError::PlainHttp { host: host.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

/// Settings for the calls of one clone of a client, made by [`Client::with`](crate::Client::with): what is not set here
/// stays as it was.
///
/// ```
/// # struct Shop;
/// # impl runtime::Service for Shop {
/// #     const NAME: &'static str = "shop";
/// #     const VERSION: &'static str = "1.0.0";
/// #     const ENV_PREFIX: &'static str = "SHOP";
/// #     const SERVERS: &'static [runtime::Server] = &[runtime::Server::new("https://shop.example")];
/// #     const AUTH: &'static [runtime::AuthScheme] = &[runtime::AuthScheme::bearer("Token")];
/// #     const SECURITY: &'static [&'static [&'static str]] = &[&["Token"]];
/// # }
/// # fn example() -> runtime::Result<()> {
/// use std::time::Duration;
/// use runtime::{CallOptions, Client, RetryPolicy};
///
/// let client = Client::<Shop>::new("secret")?;
/// let patient = client.with(CallOptions::new().timeout(Duration::from_secs(900)));
/// let once = client.with(
///     CallOptions::new()
///         .retry(RetryPolicy::never())
///         .header("x-tenant", "seven")
///         .idempotency_key("order-8151"),
/// );
/// # Ok(())
/// # }
/// ```
///
/// Its cost is one allocation and a copy of the client's headers for each `with`, and nothing for each call.
#[derive(Clone, Default)]
#[must_use]
pub struct CallOptions {
    timeout: Option<Option<Duration>>,
    read_timeout: Option<Option<Duration>>,
    retry: Option<RetryPolicy>,
    headers: HeaderMap,
    idempotency_key: Option<HeaderValue>,
    extensions: Extensions,
    problem: Option<(&'static str, Problem)>,
}

impl CallOptions {
    /// Nothing different yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a call may take; see [`ClientBuilder::timeout`](crate::ClientBuilder::timeout).
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeout = Some(limit.into());
        self
    }

    /// How long the server may be silent; see [`ClientBuilder::read_timeout`](crate::ClientBuilder::read_timeout).
    pub fn read_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.read_timeout = Some(limit.into());
        self
    }

    /// When calls are repeated. The budget for it stays that of the client.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// A header that goes out with every call, instead of the client's own of that name. Where a call has a parameter or
    /// a credential for the same header, that wins. A header that cannot be sent fails every call, with
    /// [`Error::Input`].
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        match header(name, value.as_ref()) {
            Ok((name, value)) => drop(self.headers.insert(name, value)),
            Err(problem) => self.problem = self.problem.or(Some(("header", problem))),
        }
        self
    }

    /// Says that the server takes calls with the same key for one call, so that a `POST` can be repeated like a read:
    /// by the client, by its [`RetryPolicy`], and by you, with the same options, when an error leaves open whether the
    /// server has acted.
    ///
    /// The key is sent in the header that the operation's specification names, or in `Idempotency-Key`, with every call
    /// whose method changes something. Take a new key, and with it new options, for each thing that is to happen once.
    /// Only give one to a server that is known to honour it: others would act twice.
    pub fn idempotency_key(mut self, key: impl AsRef<str>) -> Self {
        match value(key.as_ref()) {
            Ok(key) if !key.is_empty() => self.idempotency_key = Some(key),
            _ => self.problem = self.problem.or(Some(("idempotency key", "it cannot be sent in a header"))),
        }
        self
    }

    /// Something that the client's [hooks](crate::Hook) find among the [extensions](crate::AttemptStart::extensions) of
    /// each call, such as the trace that it belongs to. One value of each type is kept.
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }
}

/// Prints the names of headers, and neither their values nor the key.
impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("read_timeout", &self.read_timeout)
            .field("retry", &self.retry)
            .field("headers", &HeaderNames(&self.headers))
            .field("idempotency_key", &self.idempotency_key.is_some())
            .finish()
    }
}

impl Settings {
    pub(crate) fn with(&self, options: CallOptions) -> Self {
        let mut settings = self.clone();
        if let Some(timeout) = options.timeout {
            settings.timeout = timeout;
        }
        if let Some(limit) = options.read_timeout {
            settings.limits.read_timeout = limit;
        }
        if let Some(policy) = options.retry {
            settings.retry = policy;
        }
        for (name, value) in &options.headers {
            settings.headers.insert(name, value.clone());
        }
        settings.idempotency_key = options.idempotency_key.or(settings.idempotency_key);
        settings.extensions.extend(options.extensions);
        settings.problem = settings.problem.or(options.problem);
        settings
    }

    /// Fails when options cannot be used.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.problem {
            Some((what, problem)) => Err(Error::input(what, problem)),
            None => Ok(()),
        }
    }
}

/// A header that a caller may set.
pub(crate) fn header(name: &str, text: &str) -> Result<(HeaderName, HeaderValue), Problem> {
    Ok((header_name(name)?, value(text)?))
}

pub(crate) fn header_name(name: &str) -> Result<HeaderName, Problem> {
    let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "it is not the name of a header")?;
    if [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE].contains(&header) {
        return Err("the HTTP client sets this header");
    }
    Ok(header)
}

/// A name that may be shown: what cannot be one may be a secret in the wrong place.
pub(crate) fn shown_name(name: &str) -> String {
    let is_name = HeaderName::from_bytes(name.as_bytes()).is_ok();
    if is_name { name.to_owned() } else { "?".to_owned() }
}

fn value(text: &str) -> Result<HeaderValue, Problem> {
    if text.contains(char::is_control) {
        return Err("it has control characters");
    }
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| "it cannot be sent in a header")
}
