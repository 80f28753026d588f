//! Where a call goes: base URLs, servers, path templates.
//!
//! Comes in: the user's base URL or a server of the specification, a path template and its values. Goes out: a URL
//! below that base and nowhere else. Must not: let a value move a request to another place, or print a URL.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use percent_encoding::utf8_percent_encode;
use reqwest::Url;

use crate::error::{ConfigError, Error, Result};
use crate::param::{LITERAL, is_unreserved};
use crate::service::Server;

/// What the HTTP library can hold, in bytes.
const MAX_URL: usize = 65_534;

/// A URL that paths are appended to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// Without a slash at its end.
    text: String,
    /// Scheme, host and port: they are parsed once, and not for each call.
    origin: Url,
    /// Where its path begins.
    path_at: usize,
    /// Its host, where everybody on the way there can read what is sent.
    plain_host: Option<String>,
}

/// A host as a URL writes it, and without the dot that a whole name may end with: who means it may write it otherwise,
/// such as `fd00::1` or `bücher.example`. What is no host stays as it is.
pub(crate) fn canonical_host(host: &str) -> String {
    let host = host.trim();
    let text = match host.parse::<Ipv6Addr>() {
        Ok(_) => format!("http://[{host}]/"),
        Err(_) => format!("http://{host}/"),
    };
    let url = Url::parse(&text).ok().filter(|url| !host.contains('/') && url.port().is_none());
    let found = url.as_ref().and_then(Url::host_str).unwrap_or(host);
    found.strip_suffix('.').unwrap_or(found).to_owned()
}

/// The host of an address, where everybody on the way there can read what is sent.
pub(crate) fn plain_host(url: &Url) -> Option<&str> {
    let host = url.host_str().unwrap_or_default();
    (url.scheme() == "http" && !is_local(host)).then_some(host)
}

impl Base {
    /// Reads a base URL.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
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
        let plain_host = plain_host(&url).map(str::to_owned);
        let path_at = url.as_str().len() - url.path().len();
        let text = url.as_str().trim_end_matches('/').to_owned();
        let mut origin = url;
        origin.set_path("");
        Ok(Self { text, origin, path_at, plain_host })
    }

    /// The host, if what is sent there can be read by everybody on the way.
    pub(crate) fn plain_host(&self) -> Option<&str> {
        self.plain_host.as_deref()
    }

    /// Host and port, as a URL has them.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) fn authority(&self) -> &str {
        let from = self.text.find("://").map_or(0, |at| at + 3);
        self.text.get(from..self.path_at.min(self.text.len())).unwrap_or_default()
    }

    /// Stands in for `server` where it was given for a service with these servers. See
    /// [`ClientBuilder::base_url`](crate::ClientBuilder::base_url).
    fn stand_in(&self, server: &Server, servers: &[Server], own: &[Server]) -> Option<Self> {
        let path = self.text.get(self.path_at..).unwrap_or_default();
        let (wanted, stood_for) = (
            path_of(server),
            servers
                .iter()
                .chain(own)
                .map(path_of)
                .filter(|known| ends_with(path, known))
                .max_by_key(|known| known.len()),
        );
        let (kept, more) = match stood_for {
            Some(known) => (path.len() - known.len(), wanted),
            // A path of the deployment's own stands for that of the first server.
            None => (path.len(), beyond(wanted, path_of(servers.first()?))?),
        };
        let text = format!("{}{more}", self.text.get(..self.path_at + kept).unwrap_or(&self.text));
        Some(Self { text, ..self.clone() })
    }
}

/// The path of a server's URL, without a slash at its end.
fn path_of(server: &Server) -> &str {
    let url = server.url();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url.strip_prefix('.').unwrap_or(url),
    };
    path.trim_end_matches('/')
}

/// Whether whole segments at the end of `path` are `end`.
fn ends_with(path: &str, end: &str) -> bool {
    end.is_empty() || (end.starts_with('/') && path.ends_with(end))
}

/// What `path` has beyond the segments of `start`.
fn beyond<'p>(path: &'p str, start: &str) -> Option<&'p str> {
    path.strip_prefix(start).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Which of the service's servers a client was built for.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// The user's own base URL.
    Own(Base),
    /// A server of the specification; its URL may be relative.
    Listed(Server, Option<Base>),
    /// There is none.
    Nowhere,
}

impl Place {
    /// A server of the specification.
    pub(crate) fn listed(server: Server) -> Result<Self, ConfigError> {
        let base = server.url().contains("://").then(|| Base::parse(server.url())).transpose()?;
        Ok(Self::Listed(server, base))
    }

    /// The base URL of the client, where it has one.
    pub(crate) fn base(&self) -> Option<&Base> {
        match self {
            Self::Own(base) => Some(base),
            Self::Listed(_, base) => base.as_ref(),
            Self::Nowhere => None,
        }
    }

    /// The base URL for an operation. `servers`: the service's; `own`: the operation's.
    pub(crate) fn base_for(&self, servers: &[Server], own: &[Server]) -> Result<Cow<'_, Base>> {
        let server = match self {
            Self::Own(base) => {
                let Some(first) = own.first() else { return Ok(Cow::Borrowed(base)) };
                // One of the operation's servers may be what the base URL stands for.
                let mut bases = own.iter().filter_map(|server| base.stand_in(server, servers, own));
                let same = bases.find(|found| found == base);
                let found = same.or_else(|| base.stand_in(first, servers, own));
                return Ok(found.map_or(Cow::Borrowed(base), Cow::Owned));
            }
            Self::Listed(server, base) if own.is_empty() || own.contains(server) => {
                return base.as_ref().map(Cow::Borrowed).ok_or(no_base_url().into());
            }
            _ => own.first().ok_or(no_base_url())?,
        };
        match Self::listed(*server)? {
            Self::Listed(_, Some(base)) => Ok(Cow::Owned(base)),
            _ => Err(no_base_url().into()),
        }
    }
}

fn no_base_url() -> ConfigError {
    ConfigError::BaseUrl { problem: "is not set, and the specification has no absolute one" }
}

/// Whether a host, as a URL writes it, is this machine.
pub(crate) fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_local = |address: IpAddr| {
        let address = address.to_canonical();
        address.is_loopback() || address.is_unspecified()
    };
    match host.parse::<IpAddr>() {
        Ok(address) => is_local(address),
        Err(_) => {
            let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

/// Fills the template, appends it to the base URL, and the query to that.
pub(crate) fn join(
    base: &Base,
    template: &'static str,
    values: &[(&'static str, String)],
    query: &str,
) -> Result<Url> {
    if let Some((name, _)) = values.iter().find(|(name, _)| !has_parameter(template, name)) {
        return Err(Error::input(name, "the path has no place for it"));
    }
    let more = values.iter().map(|(_, value)| value.len()).sum::<usize>();
    let mut text = String::with_capacity(base.text.len() + template.len() + more + query.len() + 2);
    text.push_str(&base.text);
    if !template.is_empty() && !template.starts_with('/') {
        // Without it, the path could become a part of the host: `http://host` and `@other`.
        text.push('/');
    }
    let mut rest = template;
    while let Some((literal, name, after)) = next_parameter(rest) {
        let (_, segment) = values
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| Error::input(name, "it has no value"))?;
        push_literal(&mut text, literal);
        text.push_str(segment);
        rest = after;
    }
    push_literal(&mut text, rest);
    if text.len() <= base.path_at {
        text.push('/');
    }
    let path_end = text.len();
    if !query.is_empty() {
        text.push('?');
        text.push_str(query);
    }
    if text.len() > MAX_URL {
        return Err(Error::input("url", "it is too long"));
    }
    let mut url = base.origin.clone();
    url.set_path(text.get(base.path_at..path_end).unwrap_or_default());
    url.set_query(text.get(path_end + 1..));
    // The last line of defence: whatever was put together, parsing must not have moved it.
    if url.as_str() == text { Ok(url) } else { Err(Error::input("path", "it means another place")) }
}

/// Most literal parts stay as they are.
fn push_literal(into: &mut String, literal: &str) {
    match literal.bytes().all(|byte| byte == b'/' || is_unreserved(byte)) {
        true => into.push_str(literal),
        false => into.extend(utf8_percent_encode(literal, LITERAL)),
    }
}

fn has_parameter(template: &'static str, name: &str) -> bool {
    let mut rest = template;
    while let Some((_, found, after)) = next_parameter(rest) {
        if found == name {
            return true;
        }
        rest = after;
    }
    false
}

/// Splits `a/{name}/b` into `a/`, `name` and `/b`. The mark of `{+name}`, whose value has slashes, is for routers.
fn next_parameter(template: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let open = memchr::memchr(b'{', template.as_bytes())?;
    let close = open + memchr::memchr(b'}', &template.as_bytes()[open..])?;
    let name = &template[open + 1..close];
    Some((&template[..open], name.strip_prefix('+').unwrap_or(name), &template[close + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        let good = [
            ("https://host", "https://host"),
            ("HTTP://Host:8000/api/v1/", "http://host:8000/api/v1"),
            ("http://[::1]:80/a//", "http://[::1]/a"),
            (" https://host/%20 ", "https://host/%20"),
        ];
        for (text, expected) in good {
            assert_eq!(Base::parse(text).unwrap().text, expected, "{text}");
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
            let error = Base::parse(text).unwrap_err();
            assert!(matches!(error, ConfigError::BaseUrl { .. }), "{text}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn hosts_of_this_machine() {
        for (url, local) in [
            ("http://localhost", true),
            ("http://LOCALHOST.:8000/api", true),
            ("http://api.localhost", true),
            ("http://127.0.0.1:1", true),
            ("http://127.9.9.9", true),
            ("http://2130706433", true),
            ("http://0x7f.1", true),
            ("http://[::1]:5", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://0.0.0.0:8000", true),
            ("http://localhost.example", false),
            ("http://notlocalhost", false),
            ("http://127.0.0.1.example", false),
            ("http://10.0.0.1", false),
            ("http://[fe80::1]", false),
            ("http://api", false),
        ] {
            let base = Base::parse(url).unwrap();
            assert_eq!(base.plain_host().is_none(), local, "{url}");
        }
        assert_eq!(Base::parse("https://api.example").unwrap().plain_host(), None);
        assert_eq!(Base::parse("http://api.example:80/x").unwrap().authority(), "api.example");
        assert_eq!(Base::parse("http://[::1]:5/x").unwrap().authority(), "[::1]:5");
    }

    #[test]
    fn servers_of_client_and_operation() {
        const ONE: Server = Server::new("https://one.example/api");
        const TWO: Server = Server::new("https://two.example");
        const BOTH: &[Server] = &[ONE, TWO];
        let base = |place: Place, own| place.base_for(BOTH, own).ok().map(|base| base.text.clone());
        let listed = |server| Place::listed(server).unwrap();
        let (one, two) = (Some(ONE.url().to_owned()), Some(TWO.url().to_owned()));
        assert_eq!(base(listed(ONE), &[]), one);
        assert_eq!(base(listed(ONE), &[TWO]), two);
        assert_eq!(base(listed(TWO), &[]), two);
        assert_eq!(base(listed(TWO), BOTH), two);
        assert_eq!(base(listed(TWO), &[ONE]), one);
        assert_eq!(base(Place::Nowhere, &[ONE]), one);
        assert_eq!(base(Place::Nowhere, &[]), None);
        assert_eq!(base(listed(Server::new("/relative")), &[]), None);
    }

    /// `base_url`, the servers of the service, the servers of the operation, where it goes.
    #[test]
    fn a_base_url_stands_in_for_the_servers_of_operations() {
        type Servers = &'static [Server];
        const UNVERSIONED: Server = Server::new("https://api.example/api");
        const V1: Server = Server::new("https://api.example/api/v1");
        const VENDOR: Servers = &[UNVERSIONED, V1];
        const UPLOADS: Server = Server::new("https://uploads.example/v2/");
        const PLAIN: Servers = &[Server::new("https://api.example")];
        const RELATIVE: Servers = &[Server::new("/api")];
        const RELATIVE_V1: Servers = &[Server::new("/api/v1")];
        let table: [(&str, Servers, Servers, &str); 23] = [
            // The path ends with that of a server: it stands for that one, behind the deployment's own prefix.
            ("http://h/api", VENDOR, &[], "http://h/api"),
            ("http://h/api", VENDOR, &[V1], "http://h/api/v1"),
            ("http://h/api/", VENDOR, &[UNVERSIONED], "http://h/api"),
            ("http://h/api/v1", VENDOR, &[], "http://h/api/v1"),
            ("http://h/api/v1", VENDOR, &[V1], "http://h/api/v1"),
            ("http://h/api/v1", VENDOR, &[UNVERSIONED], "http://h/api"),
            ("http://h/api/v1", VENDOR, &[UNVERSIONED, V1], "http://h/api/v1"),
            ("http://h/api", VENDOR, &[V1, UNVERSIONED], "http://h/api"),
            ("http://h:8/tenant/7/api", VENDOR, &[V1], "http://h:8/tenant/7/api/v1"),
            ("http://h/api/v1", &[UNVERSIONED], &[V1], "http://h/api/v1"),
            ("http://h/my-api", VENDOR, &[V1], "http://h/my-api/v1"),
            // A path of the deployment's own stands for the first server.
            ("http://h", VENDOR, &[], "http://h"),
            ("http://h", VENDOR, &[V1], "http://h/v1"),
            ("http://h/chat", VENDOR, &[V1], "http://h/chat/v1"),
            ("http://h/chat", VENDOR, &[UNVERSIONED], "http://h/chat"),
            // Where nothing says how the two lie to each other, the base URL it is.
            ("http://h/chat", VENDOR, &[UPLOADS], "http://h/chat"),
            ("http://h/chat", &[V1], &[UNVERSIONED], "http://h/chat"),
            // Another host of the service is another path at most.
            ("http://h/api", VENDOR, &[UPLOADS], "http://h/v2"),
            ("http://h", PLAIN, &[UPLOADS], "http://h/v2"),
            ("http://h/chat", PLAIN, &[UPLOADS], "http://h/chat/v2"),
            ("http://h/api", RELATIVE, &[V1], "http://h/api/v1"),
            ("http://h/chat", RELATIVE, RELATIVE_V1, "http://h/chat/v1"),
            ("http://h/chat", &[], &[V1], "http://h/chat"),
        ];
        for (base, servers, own, expected) in table {
            let place = Place::Own(Base::parse(base).unwrap());
            assert_eq!(place.base_for(servers, own).unwrap().text, expected, "{base} {own:?}");
        }
    }

    fn joined(base: &str, template: &'static str, values: &[(&'static str, &str)]) -> Result<String> {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.to_string())).collect();
        join(&Base::parse(base).unwrap(), template, &values, "").map(|url| url.to_string())
    }

    #[test]
    fn templates_are_filled_and_nothing_moves() {
        type Values = &'static [(&'static str, &'static str)];
        let good: [(&str, &'static str, Values, &str); 9] = [
            ("http://h", "/a/{x}/", &[("x", "1")], "http://h/a/1/"),
            ("http://h/api/v1", "/{x}/{y}", &[("y", "2"), ("x", "1")], "http://h/api/v1/1/2"),
            ("http://h", "/{x}.json", &[("x", "a")], "http://h/a.json"),
            ("http://h", "/v/{+x}:run", &[("x", "/a//b")], "http://h/v//a//b:run"),
            ("http://h", "/ä b?c#d|e", &[], "http://h/%C3%A4%20b%3Fc%23d%7Ce"),
            ("http://h", "@other.example/{x}", &[("x", "1")], "http://h/@other.example/1"),
            ("http://h", ":99/", &[], "http://h/:99/"),
            ("http://h", "", &[], "http://h/"),
            ("http://h/api", "", &[], "http://h/api"),
        ];
        for (base, template, values, expected) in good {
            assert_eq!(joined(base, template, values).unwrap(), expected, "{template}");
        }
        let bad: [(&'static str, Values); 7] = [
            ("/{x}", &[]),
            ("/a", &[("x", "1")]),
            ("/{x}{y}/b", &[("x", "."), ("y", ".")]),
            ("/{x}/b", &[("x", "%2e%2E")]),
            ("/a/{x}", &[("x", "..")]),
            ("/.{x}", &[("x", "%2e")]),
            ("/a/../b", &[]),
        ];
        for (template, values) in bad {
            let found = joined("http://h/api", template, values);
            assert!(matches!(found, Err(Error::Input(_))), "{template} {values:?}: {found:?}");
        }
    }
}
