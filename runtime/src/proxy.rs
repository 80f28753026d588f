//! Who is asked in place of the server.
//!
//! Comes in: environment variables. Goes out: proxies. Must not: send what is meant for this machine to another one.

use reqwest::{NoProxy, Proxy, Url};

use crate::error::ConfigError;

/// What never leaves this machine: what [`is_local`](crate::url::is_local) knows. A name stands for all below it, too.
const LOCAL: &str = "localhost,localhost.,127.0.0.0/8,0.0.0.0,::1,::,::ffff:127.0.0.0/104,::ffff:0.0.0.0";

/// A proxy for everything but `except`, as `NO_PROXY` writes it.
pub(crate) fn through(url: &str, except: &str) -> Result<Proxy, ConfigError> {
    const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    let is_one = Url::parse(url).is_ok_and(|url| SCHEMES.contains(&url.scheme()) && url.has_host());
    let proxy = is_one.then(|| Proxy::all(url).ok()).flatten();
    let problem = "is not the URL of a proxy, such as http://host:port or socks5h://host:port";
    let proxy = proxy.ok_or(ConfigError::Connection { setting: "proxy", problem })?;
    Ok(proxy.no_proxy(NoProxy::from_string(&exceptions(except))))
}

/// What is asked without a proxy, as the HTTP library reads it: it knows neither the star of `*.internal`, nor brackets around
/// an address, nor ports, nor spaces for commas, and would send to the proxy what was to be kept from it.
fn exceptions(list: &str) -> String {
    let hosts = list.split([',', ' ', '\t']).filter(|host| !host.is_empty()).map(|host| {
        let host = host.strip_prefix("*.").unwrap_or(host);
        match (host.strip_prefix('[').and_then(|host| host.split_once(']')), host.split_once(':')) {
            (Some((address, _)), _) => address,
            (None, Some((name, port))) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        }
    });
    hosts.chain([LOCAL]).collect::<Vec<_>>().join(",")
}

/// The proxies of the environment, as everybody reads it: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in
/// capitals or not. A value that cannot be used is left out.
pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Vec<Proxy> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let either = |name: &str| set(name).or_else(|| set(&name.to_ascii_lowercase()));
    // In a CGI program, `HTTP_PROXY` is a header of whoever asks.
    let http = match variable("REQUEST_METHOD") {
        Some(_) => set("http_proxy"),
        None => either("HTTP_PROXY"),
    };
    let except = exceptions(&either("NO_PROXY").unwrap_or_default());
    let proxies =
        [http.map(Proxy::http), either("HTTPS_PROXY").map(Proxy::https), either("ALL_PROXY").map(Proxy::all)];
    let proxies = proxies.into_iter().flatten().filter_map(|proxy| proxy.ok());
    proxies.map(|proxy| proxy.no_proxy(NoProxy::from_string(&except))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_read_however_they_are_written() {
        for (list, expected) in [
            ("", ""),
            (" , ", ""),
            ("internal,10.0.0.0/8", "internal,10.0.0.0/8,"),
            ("a, .b c", "a,.b,c,"),
            ("*.internal,*", "internal,*,"),
            ("api.internal:8080,*.internal:80", "api.internal,internal,"),
            ("[fd00::1],[fd00::2]:80,fd00::3,fd00::/8,::", "fd00::1,fd00::2,fd00::3,fd00::/8,::,"),
            ("10.0.0.1:80,a:b", "10.0.0.1,a:b,"),
        ] {
            assert_eq!(exceptions(list), format!("{expected}{LOCAL}"), "{list:?}");
        }
    }

    #[test]
    fn variables_make_proxies() {
        let count = |variables: &[(&str, &str)]| {
            let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
            from_variables(|name| find(name).map(|(_, value)| (*value).to_owned())).len()
        };
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[("HTTP_PROXY", "http://p:1"), ("https_proxy", "p:1"), ("ALL_PROXY", " ")]), 2);
        assert_eq!(count(&[("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")]), 0, "a caller's header");
        assert_eq!(count(&[("all_proxy", "socks5h://user:word@p")]), 1);
        assert_eq!(count(&[("http_proxy", "http://p:1"), ("REQUEST_METHOD", "GET")]), 1);
        assert_eq!(count(&[("HTTP_PROXY", "no proxy at all"), ("NO_PROXY", "*")]), 0);
        assert_eq!(count(&[("HTTP_PROXY", ""), ("http_proxy", "http://p:1")]), 1, "empty is not set");
    }
}
