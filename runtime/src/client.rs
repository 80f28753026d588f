//! The client: where calls go, with which credentials, and within which limits.
//!
//! Comes in: a [`Service`] from generated code and the user's settings. Goes out: a [`Client`] that makes
//! [`RequestBuilder`]s. Must not: know an endpoint, or print a credential.

use std::env;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{ConfigError, Error, Result};
use crate::param;
use crate::request::RequestBuilder;
use crate::retry::{Budget, RetryPolicy};
use crate::transport::Limits;

/// What an API is, as far as every call needs to know. Generated code implements it.
///
/// ```
/// use runtime::{AuthScheme, Server, Service};
///
/// struct Shop;
///
/// impl Service for Shop {
///     const NAME: &'static str = "shop";
///     const VERSION: &'static str = "1.0.0";
///     const ENV_PREFIX: &'static str = "SHOP";
///     const SERVERS: &'static [Server] = &[Server::new("https://shop.example/api")];
///     const AUTH: &'static [AuthScheme] = &[AuthScheme::header("Key", "X-Api-Key", "")];
///     const SECURITY: &'static [&'static [&'static str]] = &[&["Key"]];
/// }
///
/// # fn example() -> runtime::Result<()> {
/// let client = runtime::Client::<Shop>::new("secret")?;
/// # Ok(())
/// # }
/// ```
pub trait Service: Send + Sync + 'static {
    /// The product in the user agent.
    const NAME: &'static str;
    /// Its version in the user agent.
    const VERSION: &'static str;
    /// The beginning of the names of environment variables: `{ENV_PREFIX}_API_KEY` and
    /// `{ENV_PREFIX}_BASE_URL`.
    const ENV_PREFIX: &'static str;
    /// The servers of the specification; the first one is the default.
    const SERVERS: &'static [Server];
    /// The security schemes of the specification; the first one is what [`ClientBuilder::api_key`] sets.
    const AUTH: &'static [AuthScheme];
    /// What operations require unless they say otherwise: alternatives, each a set of scheme names. An empty
    /// set means that no credential is needed; an empty list, that none is ever sent.
    const SECURITY: &'static [&'static [&'static str]];
}

/// A server of a specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Server {
    url: &'static str,
}

impl Server {
    /// A server by its URL. A relative one is allowed; a client then needs a [base
    /// URL](ClientBuilder::base_url).
    pub const fn new(url: &'static str) -> Self {
        Self { url }
    }

    /// The URL.
    pub const fn url(&self) -> &'static str {
        self.url
    }
}

/// A way to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthScheme {
    name: &'static str,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Header { header: &'static str, prefix: &'static str },
    Query(&'static str),
    Cookie(&'static str),
    Basic,
}

impl AuthScheme {
    /// A key in `header`, behind `prefix`.
    pub const fn header(name: &'static str, header: &'static str, prefix: &'static str) -> Self {
        Self { name, place: Place::Header { header, prefix } }
    }

    /// A key in the query parameter `parameter`.
    pub const fn query(name: &'static str, parameter: &'static str) -> Self {
        Self { name, place: Place::Query(parameter) }
    }

    /// A key in the cookie `cookie`.
    pub const fn cookie(name: &'static str, cookie: &'static str) -> Self {
        Self { name, place: Place::Cookie(cookie) }
    }

    /// A token in `Authorization: Bearer`.
    pub const fn bearer(name: &'static str) -> Self {
        Self::header(name, "authorization", "Bearer ")
    }

    /// User and password in `Authorization: Basic`; the credential is `user:password`.
    pub const fn basic(name: &'static str) -> Self {
        Self { name, place: Place::Basic }
    }

    /// The scheme's name in the specification.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// A client of the service `S`. It is cheap to clone, and clones share connections and the retry budget.
///
/// The operations are methods of the traits that generated code implements for it. Calls must run inside a
/// tokio runtime.
///
/// ```
/// # struct Shop;
/// # impl runtime::Service for Shop {
/// #     const NAME: &'static str = "shop";
/// #     const VERSION: &'static str = "1.0.0";
/// #     const ENV_PREFIX: &'static str = "SHOP";
/// #     const SERVERS: &'static [runtime::Server] = &[];
/// #     const AUTH: &'static [runtime::AuthScheme] = &[runtime::AuthScheme::bearer("Token")];
/// #     const SECURITY: &'static [&'static [&'static str]] = &[&["Token"]];
/// # }
/// # async fn example() -> runtime::Result<()> {
/// use std::time::Duration;
/// use runtime::{Client, Method};
/// use runtime::wire::Value;
///
/// let client = Client::<Shop>::builder()
///     .api_key("secret")
///     .base_url("http://localhost:8000/api/")
///     .read_timeout(Duration::from_secs(30))
///     .build()?;
/// let article = client
///     .request(Method::GET, "/articles/{id}/")
///     .path("id", "a1")
///     .query("expand", &true)
///     .receive_json::<Value>()
///     .await?;
/// println!("{}: {}", article.status(), article["title"]);
/// # Ok(())
/// # }
/// ```
pub struct Client<S> {
    inner: Arc<Inner>,
    service: PhantomData<fn() -> S>,
}

/// What requests need of a client, whatever its service.
pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) limits: Limits,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_event_size: usize,
    pub(crate) max_download_size: Option<u64>,
    pub(crate) retry: RetryPolicy,
    pub(crate) budget: Budget,
    pub(crate) user_agent: HeaderValue,
    pub(crate) security: &'static [&'static [&'static str]],
    place: ServerChoice,
    credentials: Vec<(AuthScheme, SecretString)>,
}

#[derive(Debug, Clone)]
enum ServerChoice {
    /// The user's own; stands in for every server.
    Url(String),
    Listed(Server),
    None,
}

impl<S: Service> Client<S> {
    /// A client with an API key and default settings.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], for example when the key has a line break.
    pub fn new(key: impl Into<SecretString>) -> Result<Self> {
        Self::builder().api_key(key).build()
    }

    /// A client with the API key in the environment variable `{ENV_PREFIX}_API_KEY`, which must be set if the
    /// service has any security scheme, and the base URL in `{ENV_PREFIX}_BASE_URL`, if that is set.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the key is missing or anything is invalid.
    pub fn from_env() -> Result<Self> {
        Self::builder().with_variables(|name| env::var_os(name))?.build()
    }

    /// Settings to change before a client is built.
    pub fn builder() -> ClientBuilder<S> {
        ClientBuilder::new()
    }

    /// Starts a call. `path` is a template such as `/messages/{id}/`, whose parameters are set with
    /// [`RequestBuilder::path`].
    pub fn request(&self, method: Method, path: &'static str) -> RequestBuilder<'_> {
        RequestBuilder::new(&self.inner, method, path)
    }
}

impl<S> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), service: PhantomData }
    }
}

/// Prints no credential.
impl<S: Service> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("service", &S::NAME)
            .field("server", &self.inner.place)
            .field(
                "credentials",
                &Vec::from_iter(self.inner.credentials.iter().map(|(scheme, _)| scheme.name)),
            )
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// The URL that paths are appended to, without a slash at its end. `servers`: the operation's own.
    pub(crate) fn base(&self, servers: &'static [Server]) -> Result<String> {
        let server = match &self.place {
            ServerChoice::Url(url) => return Ok(url.clone()),
            ServerChoice::Listed(server) if servers.is_empty() || servers.contains(server) => server,
            _ => servers.first().ok_or(no_base_url())?,
        };
        if server.url.contains("://") { Ok(parse_base(server.url)?) } else { Err(no_base_url().into()) }
    }

    /// Adds the credentials that one of the alternatives requires.
    pub(crate) fn authenticate(
        &self,
        alternatives: &'static [&'static [&'static str]],
        headers: &mut HeaderMap,
        query: &mut Vec<String>,
        cookies: &mut Vec<String>,
    ) -> Result<()> {
        for name in self.select(alternatives)? {
            let Some((scheme, secret)) = self.credential(name) else { continue };
            let secret = secret.expose_secret();
            match scheme.place {
                Place::Header { header, prefix } => {
                    set_secret(headers, scheme, header, &format!("{prefix}{secret}"))?
                }
                Place::Basic => set_secret(
                    headers,
                    scheme,
                    "authorization",
                    &format!("Basic {}", STANDARD.encode(secret)),
                )?,
                Place::Query(parameter) => query.push(param::pair(parameter, secret)),
                Place::Cookie(cookie) => cookies.push(format!("{cookie}={secret}")),
            }
        }
        Ok(())
    }

    /// The first alternative that there are credentials for. One that needs none comes last, wherever it is
    /// listed: who has a key wants to be known.
    fn select(&self, alternatives: &'static [&'static [&'static str]]) -> Result<&'static [&'static str]> {
        let missing = |names: &&'static [&'static str]| {
            names.iter().copied().find(|name| self.credential(name).is_none())
        };
        let (anonymous, named): (Vec<_>, Vec<_>) =
            alternatives.iter().copied().partition(|names| names.is_empty());
        if let Some(names) = named.iter().find(|names| missing(names).is_none()) {
            return Ok(names);
        }
        match named.iter().find_map(missing) {
            Some(scheme) if anonymous.is_empty() => Err(Error::MissingCredential { scheme }),
            _ => Ok(&[]),
        }
    }

    fn credential(&self, name: &str) -> Option<&(AuthScheme, SecretString)> {
        self.credentials.iter().find(|(scheme, _)| scheme.name == name)
    }
}

fn set_secret(
    headers: &mut HeaderMap,
    scheme: &AuthScheme,
    header: &str,
    value: &str,
) -> Result<(), ConfigError> {
    let invalid = |_| ConfigError::Credential { scheme: scheme.name, problem: "cannot be sent in a header" };
    let name = HeaderName::from_bytes(header.as_bytes()).map_err(|error| invalid(error.into()))?;
    let mut value =
        HeaderValue::from_bytes(value.as_bytes()).map_err(|error| invalid(http::Error::from(error)))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// Settings of a [`Client`]. Every setting has a default; most clients need a credential only.
#[must_use]
pub struct ClientBuilder<S> {
    credentials: Vec<(String, SecretString)>,
    place: Target,
    connect_timeout: Duration,
    read_timeout: Option<Duration>,
    timeout: Option<Duration>,
    retry: RetryPolicy,
    http: Option<reqwest::Client>,
    user_agent_suffix: Option<String>,
    max_body_size: u64,
    max_error_body_size: u64,
    max_event_size: usize,
    max_download_size: Option<u64>,
    service: PhantomData<fn() -> S>,
}

/// Where calls go, as the user said it.
enum Target {
    Default,
    Server(Server),
    BaseUrl(String),
}

impl<S: Service> ClientBuilder<S> {
    fn new() -> Self {
        Self {
            credentials: Vec::new(),
            place: Target::Default,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Some(Duration::from_secs(120)),
            timeout: Some(Duration::from_secs(300)),
            retry: RetryPolicy::default(),
            http: None,
            user_agent_suffix: None,
            max_body_size: 64 << 20,
            max_error_body_size: 1 << 20,
            max_event_size: 16 << 20,
            max_download_size: None,
            service: PhantomData,
        }
    }

    /// The credential for the first security scheme of the service. It is never printed.
    pub fn api_key(self, key: impl Into<SecretString>) -> Self {
        let scheme = S::AUTH.first().map_or("", |scheme| scheme.name);
        self.credential(scheme, key)
    }

    /// The credential for the security scheme of this name; for basic authentication, `user:password`.
    pub fn credential(mut self, scheme: impl Into<String>, value: impl Into<SecretString>) -> Self {
        let scheme = scheme.into();
        self.credentials.retain(|(name, _)| *name != scheme);
        self.credentials.push((scheme, value.into()));
        self
    }

    /// One of the service's servers. The default is the first. Operations with servers of their own use
    /// those.
    pub fn server(mut self, server: Server) -> Self {
        self.place = Target::Server(server);
        self
    }

    /// A URL that stands in for every server, of operations too: `http` or `https`, any port, with or without
    /// a path and a slash at its end, such as `http://localhost:8000/api/v1/`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.place = Target::BaseUrl(url.into());
        self
    }

    /// How long establishing a connection may take, TLS included. Default: 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long the server may be silent: until the head of its answer, and then between two pieces of it.
    /// Only the time spent waiting for the server counts, so a stream can be read as slowly as one likes.
    /// Default: 120 seconds.
    pub fn read_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.read_timeout = limit.into();
        self
    }

    /// How long a call may take, with all its retries; for streams and downloads, until the head of the
    /// answer. Default: 300 seconds.
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeout = limit.into();
        self
    }

    /// When calls are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// A ready HTTP client, for proxies, certificates and the like. Start from [`http_client_builder`].
    ///
    /// It must not follow redirects: it would send the credentials along. If it did, the call fails with
    /// [`Error::Redirect`]. [`connect_timeout`](Self::connect_timeout) does not apply to it. If it undoes
    /// compression, the caps count what comes out.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Text behind the user agent, such as `my-app/1.0`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// The largest body of a JSON, text or empty answer, in bytes. Default: 64 MiB.
    pub fn max_body_size(mut self, bytes: u64) -> Self {
        self.max_body_size = bytes;
        self
    }

    /// How much of an error's body is read, in bytes; the rest is cut off. Default: 1 MiB.
    pub fn max_error_body_size(mut self, bytes: u64) -> Self {
        self.max_error_body_size = bytes;
        self
    }

    /// The largest event of an event stream, in bytes. Default: 16 MiB.
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.max_event_size = bytes;
        self
    }

    /// The largest download, in bytes. Default: no limit on disk, and 256 MiB in
    /// [memory](crate::Download::bytes).
    pub fn max_download_size(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.max_download_size = bytes.into();
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when a setting cannot be used.
    pub fn build(self) -> Result<Client<S>> {
        let credentials =
            self.credentials.into_iter().map(|(name, secret)| check_credential::<S>(name, secret));
        let place = match self.place {
            Target::Default => {
                S::SERVERS.first().map_or(ServerChoice::None, |server| ServerChoice::Listed(*server))
            }
            Target::Server(server) => ServerChoice::Listed(server),
            Target::BaseUrl(url) => ServerChoice::Url(parse_base(&url)?),
        };
        let inner = Inner {
            credentials: credentials.collect::<Result<_, _>>()?,
            place,
            user_agent: user_agent::<S>(self.user_agent_suffix.as_deref())?,
            http: match self.http {
                Some(client) => client,
                None => http_client_builder()
                    .connect_timeout(self.connect_timeout)
                    .build()
                    .map_err(|error| ConfigError::HttpClient(error.without_url().into()))?,
            },
            limits: Limits {
                connect_timeout: self.connect_timeout,
                read_timeout: self.read_timeout,
                max_body_size: self.max_body_size,
                max_error_body_size: self.max_error_body_size,
            },
            timeout: self.timeout,
            max_event_size: self.max_event_size,
            max_download_size: self.max_download_size,
            retry: self.retry,
            budget: Budget::new(),
            security: S::SECURITY,
        };
        Ok(Client { inner: Arc::new(inner), service: PhantomData })
    }

    fn with_variables(self, variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<Self> {
        let text = |name: &str| match variable(name).map(std::ffi::OsString::into_string) {
            None => Ok(None),
            Some(Ok(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(ConfigError::Environment { name: name.to_owned() }),
        };
        let mut builder = self;
        if !S::AUTH.is_empty() {
            let name = format!("{}_API_KEY", S::ENV_PREFIX);
            let key = text(&name)?.ok_or(ConfigError::Environment { name })?;
            builder = builder.api_key(key);
        }
        if let Some(url) = text(&format!("{}_BASE_URL", S::ENV_PREFIX))? {
            builder = builder.base_url(url);
        }
        Ok(builder)
    }
}

/// Prints no credential.
impl<S> fmt::Debug for ClientBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &Vec::from_iter(self.credentials.iter().map(|(name, _)| name)))
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// The HTTP client that is used unless [another one](ClientBuilder::http_client) is passed in: no redirects,
/// no retries of its own, no compression, HTTP/1.1, TLS by rustls with the system's root certificates,
/// proxies from the environment.
pub fn http_client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // Any other crate can switch these on for all: lengths would be lost, and small answers could be
        // huge.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        // Shorter than what most servers allow: a `POST` on a connection that the server is closing fails,
        // and is not repeated.
        .pool_idle_timeout(Duration::from_secs(30))
}

fn check_credential<S: Service>(
    name: String,
    secret: SecretString,
) -> Result<(AuthScheme, SecretString), ConfigError> {
    let Some(scheme) = S::AUTH.iter().find(|scheme| scheme.name == name) else {
        return Err(ConfigError::UnknownScheme { scheme: name });
    };
    let text = secret.expose_secret();
    let wrong = |problem| Err(ConfigError::Credential { scheme: scheme.name, problem });
    if text.trim().is_empty() {
        return wrong("is empty");
    }
    if text.chars().any(char::is_control) {
        return wrong("has control characters, such as a line break at its end");
    }
    if matches!(scheme.place, Place::Cookie(_)) && text.contains([';', ',', ' ', '"', '\\']) {
        return wrong("has characters that a cookie cannot carry");
    }
    Ok((*scheme, secret))
}

fn user_agent<S: Service>(suffix: Option<&str>) -> Result<HeaderValue, ConfigError> {
    let mut text = format!("{}/{} runtime/{}", S::NAME, S::VERSION, env!("CARGO_PKG_VERSION"));
    if let Some(suffix) = suffix {
        text = format!("{text} {suffix}");
    }
    if text.contains(char::is_control) {
        return Err(ConfigError::UserAgent);
    }
    HeaderValue::from_str(&text).map_err(|_| ConfigError::UserAgent)
}

fn no_base_url() -> ConfigError {
    ConfigError::BaseUrl { problem: "is not set, and the specification has no absolute one" }
}

/// The URL without a slash at its end.
fn parse_base(text: &str) -> Result<String, ConfigError> {
    let wrong = |problem| Err(ConfigError::BaseUrl { problem });
    let text = text.trim();
    if text.contains(char::is_control) {
        // The parser would drop some of them, and the URL would be another one than it looks like.
        return wrong("has control characters");
    }
    let Ok(url) = Url::parse(text) else {
        return wrong("is not an absolute URL");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return wrong("is neither http nor https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("has a user name or password; set a credential instead");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("has a query or a fragment");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sample;

    impl Service for Sample {
        const NAME: &'static str = "sample";
        const VERSION: &'static str = "1.2.3";
        const ENV_PREFIX: &'static str = "SAMPLE";
        const SERVERS: &'static [Server] =
            &[Server::new("https://one.example/api"), Server::new("https://two.example")];
        const AUTH: &'static [AuthScheme] = &[
            AuthScheme::header("Key", "X-Key", "Api-Key "),
            AuthScheme::query("Query", "key"),
            AuthScheme::cookie("Cookie", "session"),
            AuthScheme::bearer("Bearer"),
            AuthScheme::basic("Basic"),
        ];
        const SECURITY: &'static [&'static [&'static str]] = &[&["Key"]];
    }

    fn builder() -> ClientBuilder<Sample> {
        Client::builder()
    }

    #[test]
    fn base_urls() {
        let good = [
            ("https://host", "https://host"),
            ("HTTP://Host:8000/api/v1/", "http://host:8000/api/v1"),
            ("http://[::1]:80/a//", "http://[::1]/a"),
            (" https://host/%20 ", "https://host/%20"),
        ];
        for (text, expected) in good {
            assert_eq!(parse_base(text).unwrap(), expected, "{text}");
        }
        let bad = [
            "",
            "host",
            "/api",
            "ftp://host",
            "file:///etc",
            "https://user@host",
            "https://:canary@host",
            "https://host?canary=1",
            "https://host/#canary",
            "https://",
            "data:text/plain,canary",
            "https://host/a\nb/canary",
        ];
        for text in bad {
            let error = builder().api_key("k").base_url(text).build().unwrap_err();
            assert!(
                matches!(&error, Error::Config(config) if matches!(**config, ConfigError::BaseUrl { .. })),
                "{text}: {error:?}"
            );
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn servers_of_client_and_operation() {
        const ONE: Server = Sample::SERVERS[0];
        const TWO: Server = Sample::SERVERS[1];
        const BOTH: &[Server] = Sample::SERVERS;
        let base =
            |builder: ClientBuilder<Sample>, servers| builder.build().unwrap().inner.base(servers).ok();
        let (one, two) = (Some(ONE.url.to_owned()), Some(TWO.url.to_owned()));
        assert_eq!(base(builder(), &[]), one);
        assert_eq!(base(builder(), &[TWO]), two);
        assert_eq!(base(builder().server(TWO), &[]), two);
        assert_eq!(base(builder().server(TWO), BOTH), two);
        assert_eq!(base(builder().server(TWO), &[ONE]), one);
        assert_eq!(base(builder().base_url("http://own/"), &[ONE]), Some("http://own".to_owned()));
        assert_eq!(base(builder().server(Server::new("/relative")), &[]), None);
    }

    #[test]
    fn credentials_are_checked_and_never_shown() {
        for key in ["", " ", "canary\n", "can\0ary", "canary\r\nx: y", "can\u{7f}ary", "can\u{85}ary"] {
            let error = builder().api_key(key).build().unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(matches!(error, Error::Config(_)) && !shown.contains("canary"), "{shown}");
        }
        assert!(matches!(builder().credential("Nope", "x").build(), Err(Error::Config(_))));
        assert!(builder().credential("Cookie", "a; b=c").build().is_err());
        assert!(builder().user_agent_suffix("a\nb").build().is_err());

        let builder = builder().api_key("canary").credential("Query", "canary".to_owned());
        assert!(!format!("{builder:?}").contains("canary"));
        let client = builder.build().unwrap();
        assert!(!format!("{client:?}").contains("canary"), "{client:?}");
        assert!(format!("{client:?}").contains("Query"));
    }

    #[test]
    fn the_first_satisfied_alternative_is_used() {
        let client = builder().api_key("a").credential("Basic", "u:p").build().unwrap();
        type Alternatives = &'static [&'static [&'static str]];
        let table: [(Alternatives, Result<&[&str], &str>); 8] = [
            (&[], Ok(&[])),
            (&[&[]], Ok(&[])),
            (&[&["Key"]], Ok(&["Key"])),
            (&[&[], &["Key"]], Ok(&["Key"])),
            (&[&["Query"], &["Key", "Basic"]], Ok(&["Key", "Basic"])),
            (&[&["Query"], &[]], Ok(&[])),
            (&[&["Key", "Query"]], Err("Query")),
            (&[&["Cookie"], &["Query"]], Err("Cookie")),
        ];
        for (alternatives, expected) in table {
            match (client.inner.select(alternatives), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{alternatives:?}"),
                (Err(Error::MissingCredential { scheme }), Err(expected)) => assert_eq!(scheme, expected),
                (found, expected) => panic!("{alternatives:?}: {found:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn every_scheme_puts_its_credential_in_place() {
        let client = builder()
            .credential("Key", "k")
            .credential("Query", "q&")
            .credential("Cookie", "c")
            .credential("Bearer", "b")
            .credential("Basic", "u:p")
            .build()
            .unwrap();
        let (mut headers, mut query, mut cookies) = (HeaderMap::new(), Vec::new(), Vec::new());
        client
            .inner
            .authenticate(&[&["Key", "Query", "Cookie", "Bearer"]], &mut headers, &mut query, &mut cookies)
            .unwrap();
        assert_eq!(headers["x-key"], "Api-Key k");
        assert_eq!(headers["authorization"], "Bearer b");
        assert!(headers.values().all(HeaderValue::is_sensitive));
        assert_eq!((query, cookies), (vec!["key=q%26".to_owned()], vec!["session=c".to_owned()]));

        let mut headers = HeaderMap::new();
        client.inner.authenticate(&[&["Basic"]], &mut headers, &mut Vec::new(), &mut Vec::new()).unwrap();
        assert_eq!(headers["authorization"], "Basic dTpw");
    }

    #[test]
    fn environment_variables() {
        let with = |variables: &[(&str, &str)]| {
            let find =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
            builder().with_variables(find).and_then(ClientBuilder::build)
        };
        let client = with(&[("SAMPLE_API_KEY", "k"), ("SAMPLE_BASE_URL", "http://own")]).unwrap();
        assert_eq!(client.inner.base(&[]).unwrap(), "http://own");
        assert!(with(&[("SAMPLE_API_KEY", "k")]).is_ok());
        for variables in
            [&[][..], &[("SAMPLE_API_KEY", "")], &[("SAMPLE_API_KEY", "k"), ("SAMPLE_BASE_URL", "nonsense")]]
        {
            assert!(matches!(with(variables), Err(Error::Config(_))), "{variables:?}");
        }
    }

    #[test]
    fn public_types_can_cross_threads() {
        fn crosses<T: Send + Sync + Clone + 'static>() {}
        crosses::<Client<Sample>>();
    }
}
