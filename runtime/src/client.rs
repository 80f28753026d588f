//! The client: what calls are started with.
//!
//! Comes in: a [`Service`] from generated code and the user's settings. Goes out: a [`Client`] that makes
//! [`RequestBuilder`]s. Must not: know an endpoint, or print a credential.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use http::Method;
use secrecy::SecretString;

use crate::builder::ClientBuilder;
use crate::error::Result;
use crate::request::RequestBuilder;
use crate::service::Service;
use crate::settings::{CallOptions, Handle};

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
    handle: Handle,
    service: PhantomData<fn() -> S>,
}

impl<S: Service> Client<S> {
    /// A client with an API key and default settings.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config), for example when the key has a line break.
    pub fn new(key: impl Into<SecretString>) -> Result<Self> {
        Self::builder().api_key(key).build()
    }

    /// A client with the API key in the environment variable `{ENV_PREFIX}_API_KEY`, which must be set if the
    /// service has any security scheme, the base URL in `{ENV_PREFIX}_BASE_URL`, if that is set, and the host that
    /// may be called over [plain `http`](ClientBuilder::allow_plain_http_to) in `{ENV_PREFIX}_ALLOW_PLAIN_HTTP_TO`,
    /// if that is.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) when the key is missing or anything is invalid.
    pub fn from_env() -> Result<Self> {
        Self::builder().with_env()?.build()
    }

    /// Settings to change before a client is built.
    pub fn builder() -> ClientBuilder<S> {
        ClientBuilder::new()
    }

    /// The same client with other settings for its calls. It shares connections, credentials and the retry budget with
    /// this one, and has all operations: `client.with(CallOptions::new().timeout(limit)).list_messages(&query)`.
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        let settings = Arc::new(self.handle.settings.with(options));
        Self::from_handle(Handle { settings, ..self.handle.clone() })
    }

    /// Starts a call. `path` is a template such as `/messages/{id}/`, whose parameters are set with
    /// [`RequestBuilder::path`].
    pub fn request(&self, method: Method, path: &'static str) -> RequestBuilder<'_> {
        RequestBuilder::new(&self.handle, method, path)
    }

    /// Starts a call of another host, at an address that the service has handed out, such as one of a storage that takes a
    /// file by a signed form. Connections and limits are those of this client, and nothing else goes along: no credential,
    /// no header or idempotency key of the settings, and hooks are not asked, since they may add such. `name` is what errors
    /// call it, since addresses may carry secrets.
    ///
    /// An address with a user name or password is refused.
    ///
    /// Plain `http` to another machine has to be [allowed](crate::ClientBuilder::allow_plain_http_to), as for a key.
    ///
    /// ```no_run
    /// # async fn example<S: runtime::Service>(client: runtime::Client<S>, url: &str) -> runtime::Result<()> {
    /// use runtime::{Method, MultipartForm};
    ///
    /// let form = MultipartForm::new().text("key", "a/b.png").text("policy", "...").file("file", "...");
    /// client.request_to(Method::POST, url, "the storage").multipart("multipart/form-data", form).receive_empty().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_to(&self, method: Method, url: &str, name: &'static str) -> RequestBuilder<'_> {
        RequestBuilder::elsewhere(&self.handle, method, url, name)
    }

    #[cfg(test)]
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) fn from_handle(handle: Handle) -> Self {
        Self { handle, service: PhantomData }
    }
}

impl<S> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), service: PhantomData }
    }
}

/// Prints no credential.
impl<S: Service> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &self.handle.shared;
        f.debug_struct("Client")
            .field("service", &S::NAME)
            .field("server", &shared.place)
            .field("credentials", &Vec::from_iter(shared.credentials.names()))
            .finish_non_exhaustive()
    }
}
