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
    Ok(proxy.no_proxy(NoProxy::from_string(&format!("{except},{LOCAL}"))))
}

/// The proxies of the environment, as everybody reads it: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in
/// capitals or not. A value that cannot be used is left out.
pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Vec<Proxy> {
    let either = |name: &str| {
        let value = variable(name).or_else(|| variable(&name.to_ascii_lowercase()));
        value.filter(|value| !value.trim().is_empty())
    };
    // In a CGI program, `HTTP_PROXY` is a header of whoever asks.
    let http = match variable("REQUEST_METHOD") {
        Some(_) => variable("http_proxy"),
        None => either("HTTP_PROXY"),
    };
    let except = either("NO_PROXY").map_or(LOCAL.to_owned(), |except| format!("{except},{LOCAL}"));
    let proxies =
        [http.map(Proxy::http), either("HTTPS_PROXY").map(Proxy::https), either("ALL_PROXY").map(Proxy::all)];
    let proxies = proxies.into_iter().flatten().filter_map(|proxy| proxy.ok());
    proxies.map(|proxy| proxy.no_proxy(NoProxy::from_string(&except))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
