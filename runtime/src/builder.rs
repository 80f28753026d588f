//! Settings of a client, and how they become one.
//!
//! Comes in: what the user sets. Goes out: a [`Client`], or what is wrong with a setting. Must not: connect, or print a
//! credential.

use std::env;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use secrecy::SecretString;

use crate::auth::Credentials;
use crate::client::Client;
use crate::connecting;
use crate::connections::Connections;
use crate::error::{ConfigError, Result};
use crate::hook::Hook;
use crate::proxy;
use crate::retry::{Budget, RetryPolicy};
use crate::service::{Server, Service};
use crate::settings::{self, Handle, Settings, Shared};
use crate::transport::Limits;
use crate::url::{Base, Place, canonical_host};

/// Settings of a [`Client`]. Every setting has a default; most clients need a credential only.
#[must_use]
pub struct ClientBuilder<S> {
    credentials: Vec<(String, SecretString)>,
    place: Target,
    plain_hosts: Vec<String>,
    connect_timeout: Duration,
    read_timeout: Option<Duration>,
    error_body_timeout: Duration,
    timeout: Option<Duration>,
    retry: RetryPolicy,
    http: Option<reqwest::Client>,
    pub(crate) connections: Connections,
    user_agent: Option<String>,
    user_agent_suffix: Option<String>,
    headers: Vec<(String, String)>,
    max_body_size: u64,
    max_error_body_size: u64,
    max_event_size: usize,
    max_download_size: Option<u64>,
    hooks: Vec<Box<dyn Hook>>,
    service: PhantomData<fn() -> S>,
}

/// Where calls go, as the user said it.
enum Target {
    Default,
    Server(Server),
    BaseUrl(String),
}

impl<S: Service> ClientBuilder<S> {
    pub(crate) fn new() -> Self {
        Self {
            credentials: Vec::new(),
            place: Target::Default,
            plain_hosts: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Some(Duration::from_secs(120)),
            error_body_timeout: Duration::from_secs(5),
            timeout: Some(Duration::from_secs(300)),
            retry: RetryPolicy::default(),
            http: None,
            connections: Connections::default(),
            user_agent: None,
            user_agent_suffix: None,
            headers: Vec::new(),
            max_body_size: 64 << 20,
            max_error_body_size: 1 << 20,
            max_event_size: 16 << 20,
            max_download_size: None,
            hooks: Vec::new(),
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
    ///
    /// An operation that has servers of its own keeps its place relative to the others. With the servers
    /// `https://vendor.example/api` (the first) and `https://vendor.example/api/v1`, an operation of the second goes
    ///
    /// | base URL | to | because |
    /// |---|---|---|
    /// | `http://host/api` | `http://host/api/v1` | the path ends with that of a server, so it stands for that one |
    /// | `http://host/tenant/api` | `http://host/tenant/api/v1` | what a deployment puts before is kept |
    /// | `http://host/api/v1` | `http://host/api/v1` | it stands for the second server itself |
    /// | `http://host/chat` | `http://host/chat/v1` | any other path stands for the first server |
    ///
    /// Of several servers that fit, the longest counts. Where a base URL stands for the first server, and the operation's
    /// path is not below that one's (`/upload` and `/api`), nothing says where it is in this deployment: such operations
    /// go to the base URL itself. Which host a server of the specification has makes no difference.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.place = Target::BaseUrl(url.into());
        self
    }

    /// Lets credentials go to this host over plain `http`, where everybody on the way can read them: for a service on a
    /// network of one's own, such as `http://api:8000` between containers. `host` is a name or an address without a
    /// port. Without it, such calls fail with [`ConfigError::PlainHttp`] before anything is sent. This machine
    /// (`localhost`, `127.0.0.1`, `[::1]`) is always allowed.
    pub fn allow_plain_http_to(mut self, host: impl Into<String>) -> Self {
        self.plain_hosts.push(canonical_host(&host.into()));
        self
    }

    /// How long establishing a connection may take, TLS included. Default: 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long the server may be silent: from the request's last byte until the head of its answer, and then
    /// between two pieces of it. Only the time spent waiting for the server counts: not connecting, which has a
    /// [limit of its own](Self::connect_timeout); not an upload, as long as it moves; and a stream can be read as
    /// slowly as one likes. Default: 120 seconds.
    pub fn read_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.read_timeout = limit.into();
        self
    }

    /// How long reading the body of an error answer may take. After that, the error has the status and what has arrived
    /// of the body. Default: 5 seconds.
    pub fn error_body_timeout(mut self, limit: Duration) -> Self {
        self.error_body_timeout = limit;
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

    /// A ready HTTP client, for what has no setting here. Start from [`http_client_builder`].
    ///
    /// It must not follow redirects: it would send the credentials along. If it did, the call fails with
    /// [`Error::Redirect`](crate::Error::Redirect). [`connect_timeout`](Self::connect_timeout) does not apply to it,
    /// and which codings of a body are asked for is its own affair. If it undoes compression, the caps count what comes
    /// out.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// The whole user agent, instead of the service's name and version.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = Some(text.into());
        self
    }

    /// A header that goes out with every call, unless the call has a parameter or a credential for it. It is taken for
    /// a secret: neither errors nor logs show its value.
    pub fn default_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
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

    /// Something that watches all calls, and may add headers to them: see [`Hook`]. Of several, each is asked in turn.
    pub fn hook(mut self, hook: impl Hook) -> Self {
        self.hooks.push(Box::new(hook));
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) when a setting cannot be used.
    pub fn build(self) -> Result<Client<S>> {
        let place = match self.place {
            Target::Default => S::SERVERS.first().map_or(Ok(Place::Nowhere), |server| Place::listed(*server)),
            Target::Server(server) => Place::listed(server),
            Target::BaseUrl(url) => Base::parse(&url).map(Place::Own),
        }?;
        let mut headers = HeaderMap::new();
        let user_agent = user_agent::<S>(self.user_agent, self.user_agent_suffix)?;
        headers.insert(USER_AGENT, user_agent);
        if self.http.is_none() {
            // What comes compressed is refused, so it must not be sent to us.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        for (name, text) in self.headers {
            let (name, mut value) = settings::header(&name, &text)
                .map_err(|problem| ConfigError::Header { name: settings::shown_name(&name), problem })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let shared = Shared {
            credentials: Credentials::new(S::AUTH, self.credentials)?,
            http: match self.http {
                Some(client) => match self.connections.any() {
                    Some(setting) => {
                        let problem = "has no effect on an HTTP client that is passed in; set it there";
                        return Err(ConfigError::Connection { setting, problem }.into());
                    }
                    None => client,
                },
                None => self.connections.build(self.connect_timeout)?,
            },
            place,
            servers: S::SERVERS,
            security: S::SECURITY,
            plain_hosts: self.plain_hosts,
            budget: Budget::new(),
            request_id: HeaderName::from_bytes(S::REQUEST_ID.as_bytes())
                .unwrap_or(HeaderName::from_static("x-request-id")),
            hooks: self.hooks.into(),
        };
        if let (Some(base), false) = (shared.place.base(), shared.credentials.is_empty()) {
            shared.check_plain_http(base.plain_host())?;
        }
        let settings = Settings {
            limits: Limits {
                connect_timeout: self.connect_timeout,
                read_timeout: self.read_timeout,
                error_body_timeout: self.error_body_timeout,
                max_body_size: self.max_body_size,
                max_error_body_size: self.max_error_body_size,
            },
            timeout: self.timeout,
            max_event_size: self.max_event_size,
            max_download_size: self.max_download_size,
            retry: self.retry,
            headers,
            idempotency_key: None,
            extensions: http::Extensions::new(),
            problem: None,
        };
        Ok(Client::from_handle(Handle { shared: Arc::new(shared), settings: Arc::new(settings) }))
    }

    /// The key, base URL and host for plain `http` in the variables of the environment that
    /// [`Client::from_env`](crate::Client::from_env) reads.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) when the key is missing, or a variable is empty or no text.
    pub fn with_env(self) -> Result<Self> {
        self.with_variables(|name| env::var_os(name))
    }

    pub(crate) fn with_variables(
        self,
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Self> {
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
        if let Some(host) = text(&format!("{}_ALLOW_PLAIN_HTTP_TO", S::ENV_PREFIX))? {
            builder = builder.allow_plain_http_to(host);
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
/// proxies from the environment, but none to this machine. Which features of reqwest other crates in the build switch
/// on makes no difference.
///
/// For another proxy, call `no_proxy()` first: of several, the first that fits is used.
pub fn http_client_builder() -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        // Not what other parts of the system are set up for, which another crate can switch on.
        .no_proxy()
        .connector_layer(connecting::WatchConnecting)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // Any other crate can switch these on for all: lengths would be lost, and small answers could be
        // huge.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        // Nor may they change how names are found and what speaks TLS, or share a connection between calls: dropping a
        // stream closes it.
        .no_hickory_dns()
        .tls_backend_rustls()
        .http1_only()
        // Shorter than what most servers allow: a `POST` on a connection that the server is closing fails,
        // and is not repeated.
        .pool_idle_timeout(Duration::from_secs(30));
    let proxies = proxy::from_variables(|name| env::var(name).ok());
    proxies.into_iter().fold(builder, reqwest::ClientBuilder::proxy)
}

fn user_agent<S: Service>(text: Option<String>, suffix: Option<String>) -> Result<HeaderValue, ConfigError> {
    // The package's name: whoever reads it in a log can look it up.
    let runtime = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    let text = text.unwrap_or_else(|| format!("{}/{} {runtime}", S::NAME, S::VERSION));
    let text = suffix.map_or(text.clone(), |suffix| format!("{text} {suffix}"));
    if text.contains(char::is_control) {
        return Err(ConfigError::UserAgent);
    }
    HeaderValue::from_str(&text).map_err(|_| ConfigError::UserAgent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::service::AuthScheme;

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
    fn credentials_are_checked_and_never_shown() {
        for key in ["", " ", "canary\n", "can\0ary", "canary\r\nx: y", "can\u{7f}ary", "can\u{85}ary"] {
            let error = builder().api_key(key).build().unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(matches!(error, Error::Config { .. }) && !shown.contains("canary"), "{shown}");
        }
        assert!(matches!(builder().credential("Nope", "x").build(), Err(Error::Config { .. })));
        assert!(builder().credential("Cookie", "a; b=c").build().is_err());
        assert!(builder().user_agent_suffix("a\nb").build().is_err());

        let error = builder().default_header("canary key", "x").build().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        assert!(builder().default_header("x-key", "canary\n").build().is_err());
        assert!(builder().default_header("Host", "elsewhere").build().is_err());

        let builder = builder().api_key("canary").credential("Query", "canary".to_owned());
        assert!(!format!("{builder:?}").contains("canary"));
        let client = builder.build().unwrap();
        assert!(!format!("{client:?}").contains("canary"), "{client:?}");
        assert!(format!("{client:?}").contains("Query"));
    }

    #[test]
    fn environment_variables() {
        let with = |variables: &[(&str, &str)]| {
            let find =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
            builder().with_variables(find).and_then(ClientBuilder::build)
        };
        let client = with(&[
            ("SAMPLE_API_KEY", "k"),
            ("SAMPLE_BASE_URL", "http://own"),
            ("SAMPLE_ALLOW_PLAIN_HTTP_TO", "own"),
        ])
        .unwrap();
        assert_eq!(client.handle().shared.place.base().unwrap().authority(), "own");
        assert!(with(&[("SAMPLE_API_KEY", "k")]).is_ok());
        for variables in [
            &[][..],
            &[("SAMPLE_API_KEY", "")],
            &[("SAMPLE_API_KEY", "k"), ("SAMPLE_BASE_URL", "nonsense")],
            &[("SAMPLE_API_KEY", "k"), ("SAMPLE_BASE_URL", "http://own")],
        ] {
            assert!(matches!(with(variables), Err(Error::Config { .. })), "{variables:?}");
        }
    }

    #[test]
    fn a_key_goes_over_plain_http_only_to_hosts_that_are_named() {
        let build = |builder: ClientBuilder<Sample>, url: &str| builder.base_url(url).build();
        for url in ["http://api.example", "http://10.0.0.1:8000/api", "http://[fe80::1]/"] {
            let error = build(builder().api_key("k"), url).unwrap_err();
            let is_refused = |error: &ConfigError| matches!(error, ConfigError::PlainHttp { host } if url.contains(&**host));
            assert!(matches!(&error, Error::Config { error, .. } if is_refused(error)), "{url}: {error:?}");
            assert!(build(builder(), url).is_ok(), "no key, no secret: {url}");
        }
        for url in ["http://localhost:8000", "http://127.0.0.1/api", "http://[::1]:1/", "https://api.example"]
        {
            assert!(build(builder().api_key("k"), url).is_ok(), "{url}");
        }
        for (host, url, is_allowed) in [
            ("API.example", "http://api.example:8000", true),
            ("api.example.", "http://api.example", true),
            ("api.example", "http://api.example.", true),
            ("bücher.example", "http://BÜCHER.example", true),
            ("fd00:0::1", "http://[fd00::1]:8000", true),
            ("[fd00::1]", "http://[fd00::1]:8000", true),
            ("10.1", "http://10.0.0.1", true),
            ("api", "http://api.example", false),
            ("", "http://api.example", false),
            ("*", "http://api.example", false),
            // No host: a port, or a whole address.
            ("api.example:8000", "http://api.example:8000", false),
            ("http://api.example", "http://http", false),
            ("user@api.example", "http://api.example", true),
        ] {
            let built = build(builder().api_key("k").allow_plain_http_to(host), url);
            assert_eq!(built.is_ok(), is_allowed, "{host} {url}");
        }
    }

    #[test]
    fn public_types_can_cross_threads() {
        fn crosses<T: Send + Sync + Clone + 'static>() {}
        crosses::<Client<Sample>>();
    }
}
