//! How a client connects: certificates, proxy, pool.
//!
//! Comes in: what the user sets. Goes out: the HTTP client underneath, or what is wrong with a setting. Must not: print a
//! key or the address of a proxy, which may carry a password.

use std::time::{Duration, Instant};

use reqwest::{Certificate, Identity};
use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::builder::{ClientBuilder, http_client_builder};
use crate::error::ConfigError;
use crate::proxy;
use crate::service::Service;

/// What was set. What was not is as [`http_client_builder`] has it.
#[derive(Default)]
pub(crate) struct Connections {
    roots: Vec<Vec<u8>>,
    has_only_these_roots: bool,
    identity: Option<SecretBox<Vec<u8>>>,
    proxy: Option<Option<SecretString>>,
    proxy_bypass: Option<String>,
    max_idle: Option<usize>,
    idle_timeout: Option<Option<Duration>>,
    keepalive: Option<Option<Duration>>,
    /// A setting that was made.
    any: Option<&'static str>,
}

/// # Connections
///
/// These settings are for the HTTP client that the builder makes, and cannot be used together with
/// [one that is passed in](Self::http_client).
impl<S: Service> ClientBuilder<S> {
    /// Trusts these certificates, one or more in PEM, and what they have signed, besides those of the system: for
    /// servers of one's own organisation.
    ///
    /// ```no_run
    /// # use runtime::{ClientBuilder, Service};
    /// # fn example<S: Service>(builder: ClientBuilder<S>) -> Result<(), Box<dyn std::error::Error>> {
    /// let client = builder
    ///     .api_key("secret")
    ///     .base_url("https://assistant.internal/api")
    ///     .add_root_certificates(std::fs::read("/etc/ssl/internal-ca.pem")?)
    ///     .client_certificate(std::fs::read("/etc/ssl/private/client.pem")?)
    ///     .proxy("http://proxy.internal:3128")
    ///     .max_idle_connections(8)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// None of these settings costs a call anything. Reading the system's certificates takes some milliseconds for each
    /// client; [`only_root_certificates`](Self::only_root_certificates) saves them.
    pub fn add_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.connections.roots.push(pem.into());
        self.connections.any = Some("root certificates");
        self
    }

    /// Trusts these certificates, one or more in PEM, and what they have signed, and nothing else. Where it is called
    /// several times, or together with [`add_root_certificates`](Self::add_root_certificates), all of them count.
    pub fn only_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.connections.has_only_these_roots = true;
        self.add_root_certificates(pem)
    }

    /// Shows this certificate to servers that ask for one. `pem`: the private key and the certificate, and those between
    /// it and the root, in any order. It is never printed.
    pub fn client_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.connections.identity = Some(SecretBox::new(Box::new(pem.into())));
        self.connections.any = Some("client certificate");
        self
    }

    /// The proxy for all calls, in place of those in the environment: `http://`, `https://`, `socks4://` or `socks5://`, with
    /// or without `user:password@`. Through `socks4a://` and `socks5h://` it finds the hosts by their names, too. This machine
    /// is never asked through one.
    pub fn proxy(mut self, url: impl Into<SecretString>) -> Self {
        self.connections.proxy = Some(Some(url.into()));
        self.connections.any = Some("proxy");
        self
    }

    /// No proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.connections.proxy = Some(None);
        self.connections.any = Some("proxy");
        self
    }

    /// Which hosts are asked without the [proxy](Self::proxy): names, which stand for all below them, addresses and
    /// networks, separated by commas, such as `internal,10.0.0.0/8`. A port makes no difference.
    pub fn proxy_bypass(mut self, hosts: impl Into<String>) -> Self {
        self.connections.proxy_bypass = Some(hosts.into());
        self.connections.any = Some("proxy bypass");
        self
    }

    /// How many connections to a host are kept while nothing happens on them. Default: as many as were ever open at once.
    pub fn max_idle_connections(mut self, count: usize) -> Self {
        self.connections.max_idle = Some(count);
        self.connections.any = Some("idle connections");
        self
    }

    /// How long a connection is kept while nothing happens on it. Longer than the server keeps it is a mistake: a `POST`
    /// on a connection that the server is closing fails, and is not repeated. Default: 30 seconds.
    pub fn idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.connections.idle_timeout = Some(limit.into());
        self.connections.any = Some("idle timeout");
        self
    }

    /// After which silence the system asks whether the other side is still there, for networks that forget connections
    /// on which nothing happens. Nothing means that it never asks. Default: 15 seconds.
    pub fn tcp_keepalive(mut self, after: impl Into<Option<Duration>>) -> Self {
        self.connections.keepalive = Some(after.into());
        self.connections.any = Some("TCP keep-alive");
        self
    }
}

impl Connections {
    /// A setting that has no effect on an HTTP client that is ready.
    pub(crate) fn any(&self) -> Option<&'static str> {
        self.any
    }

    /// Makes the HTTP client.
    pub(crate) fn build(self, connect_timeout: Duration) -> Result<reqwest::Client, ConfigError> {
        let mut builder = http_client_builder().connect_timeout(connect_timeout);
        let roots = self.roots.iter().map(|pem| roots(pem)).collect::<Result<Vec<_>, _>>()?;
        let roots = roots.into_iter().flatten();
        builder = match self.has_only_these_roots {
            true => builder.tls_certs_only(roots),
            false => builder.tls_certs_merge(roots),
        };
        if let Some(pem) = &self.identity {
            let problem = "is not a private key and its certificate in PEM";
            let identity = Identity::from_pem(pem.expose_secret());
            let identity =
                identity.map_err(|_| ConfigError::Connection { setting: "client certificate", problem })?;
            builder = builder.identity(identity);
        }
        if let Some(url) = &self.proxy {
            builder = builder.no_proxy();
            if let Some(url) = url {
                let except = self.proxy_bypass.as_deref().unwrap_or_default();
                builder = builder.proxy(proxy::through(url.expose_secret(), except)?);
            }
        } else if self.proxy_bypass.is_some() {
            let problem = "has no effect without a proxy";
            return Err(ConfigError::Connection { setting: "proxy bypass", problem });
        }
        if let Some(count) = self.max_idle {
            builder = builder.pool_max_idle_per_host(count);
        }
        if let Some(limit) = self.idle_timeout {
            builder = builder.pool_idle_timeout(limit.filter(is_in_range));
        }
        if let Some(after) = self.keepalive {
            builder = builder.tcp_keepalive(after);
            if after.is_none() {
                // Otherwise the system would still ask, after a time of its own.
                builder = builder.tcp_keepalive_interval(None).tcp_keepalive_retries(None);
            }
        }
        builder.build().map_err(|error| ConfigError::HttpClient(error.without_url().into()))
    }
}

/// Whether a limit is one: beyond the clock's range, the pool would fail to reckon with it.
fn is_in_range(limit: &Duration) -> bool {
    Instant::now().checked_add(*limit).is_some()
}

fn roots(pem: &[u8]) -> Result<Vec<Certificate>, ConfigError> {
    match Certificate::from_pem_bundle(pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(ConfigError::Connection {
            setting: "root certificates",
            problem: "have no certificate in PEM",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_beyond_the_clock_are_none() {
        assert!(is_in_range(&Duration::ZERO) && is_in_range(&Duration::from_secs(30)));
        assert!(!is_in_range(&Duration::MAX));
    }
}
