//! What a service is: its servers, its ways to authenticate, its names.
//!
//! Comes in: what a specification says, as constants of generated code. Goes out: the same, for clients. Must not: hold
//! anything that a user sets.

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
    /// The security schemes of the specification; the first one is what [`ClientBuilder::api_key`](crate::ClientBuilder::api_key) sets.
    const AUTH: &'static [AuthScheme];
    /// What operations require unless they say otherwise: alternatives, each a set of scheme names. An empty
    /// set means that no credential is needed; an empty list, that none is ever sent.
    const SECURITY: &'static [&'static [&'static str]];
    /// The header of an answer that names the request, for [`Error::request_id`](crate::Error::request_id).
    const REQUEST_ID: &'static str = "x-request-id";
}

/// A server of a specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Server {
    url: &'static str,
}

impl Server {
    /// A server by its URL. A relative one is allowed; a client then needs a [base
    /// URL](crate::ClientBuilder::base_url).
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
    pub(crate) name: &'static str,
    pub(crate) place: Place,
}

/// Where a credential goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
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
