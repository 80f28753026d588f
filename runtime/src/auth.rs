//! Credentials: checked once, put in place for every call.
//!
//! Comes in: secrets and the schemes that they are for. Goes out: headers, query parameters and cookies, marked as
//! sensitive. Must not: print a secret, or send one that an operation does not ask for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{ConfigError, Error, Result};
use crate::param::Pairs;
use crate::service::{AuthScheme, Place};

/// Alternatives, each a set of scheme names.
pub(crate) type Requirement = &'static [&'static [&'static str]];

/// The credentials of a client, ready to be sent.
pub(crate) struct Credentials(Vec<(&'static str, Ready)>);

enum Ready {
    Header(HeaderName, HeaderValue),
    /// Name and value.
    Query(&'static str, String),
    Cookie(String),
}

impl Credentials {
    /// Takes the secrets by the names of their schemes.
    pub(crate) fn new(
        schemes: &'static [AuthScheme],
        secrets: Vec<(String, SecretString)>,
    ) -> Result<Self, ConfigError> {
        let ready = secrets.into_iter().map(|(name, secret)| {
            let scheme = schemes.iter().find(|scheme| scheme.name == name);
            let scheme = scheme.ok_or(ConfigError::UnknownScheme { scheme: name })?;
            Ok((scheme.name, Ready::new(scheme, secret.expose_secret())?))
        });
        ready.collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of their schemes.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// Adds what one of the alternatives requires. Says whether that is anything.
    pub(crate) fn add(
        &self,
        alternatives: Requirement,
        headers: &mut HeaderMap,
        query: &mut Pairs,
        cookies: &mut Vec<String>,
    ) -> Result<bool> {
        let names = self.select(alternatives)?;
        for ready in names.iter().filter_map(|name| self.find(name)) {
            match ready {
                Ready::Header(name, value) => drop(headers.insert(name.clone(), value.clone())),
                Ready::Query(name, value) => query.push(name, value),
                Ready::Cookie(cookie) => cookies.push(cookie.clone()),
            }
        }
        Ok(!names.is_empty())
    }

    /// The first alternative that there are credentials for. One that needs none comes last, wherever it is listed: who
    /// has a key wants to be known.
    fn select(&self, alternatives: Requirement) -> Result<&'static [&'static str]> {
        let missing =
            |names: &&'static [&'static str]| names.iter().copied().find(|name| self.find(name).is_none());
        let named = || alternatives.iter().copied().filter(|names| !names.is_empty());
        if let Some(names) = named().find(|names| missing(names).is_none()) {
            return Ok(names);
        }
        match named().find_map(|names| missing(&names)) {
            Some(scheme) if alternatives.iter().all(|names| !names.is_empty()) => {
                Err(Error::MissingCredential { scheme, call: None })
            }
            _ => Ok(&[]),
        }
    }

    fn find(&self, name: &str) -> Option<&Ready> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, ready)| ready)
    }
}

impl Ready {
    fn new(scheme: &AuthScheme, secret: &str) -> Result<Self, ConfigError> {
        check(scheme, secret)?;
        match scheme.place {
            Place::Header { header, prefix } => Self::header(scheme, header, format!("{prefix}{secret}")),
            Place::Basic => {
                Self::header(scheme, "authorization", format!("Basic {}", STANDARD.encode(secret)))
            }
            Place::Query(parameter) => Ok(Self::Query(parameter, secret.to_owned())),
            Place::Cookie(cookie) => Ok(Self::Cookie(format!("{cookie}={secret}"))),
        }
    }

    fn header(scheme: &AuthScheme, name: &str, value: String) -> Result<Self, ConfigError> {
        let problem = "cannot be sent in a header";
        let wrong = ConfigError::Credential { scheme: scheme.name, problem };
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::try_from(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                Ok(Self::Header(name, value))
            }
            _ => Err(wrong),
        }
    }
}

fn check(scheme: &AuthScheme, secret: &str) -> Result<(), ConfigError> {
    let wrong = |problem| Err(ConfigError::Credential { scheme: scheme.name, problem });
    if secret.trim().is_empty() {
        return wrong("is empty");
    }
    if secret.chars().any(char::is_control) {
        return wrong("has control characters, such as a line break at its end");
    }
    if matches!(scheme.place, Place::Cookie(_)) && secret.contains([';', ',', ' ', '"', '\\']) {
        return wrong("has characters that a cookie cannot carry");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMES: &[AuthScheme] = &[
        AuthScheme::header("Key", "X-Key", "Api-Key "),
        AuthScheme::query("Query", "key"),
        AuthScheme::cookie("Cookie", "session"),
        AuthScheme::bearer("Bearer"),
        AuthScheme::basic("Basic"),
    ];

    fn credentials(secrets: &[(&str, &str)]) -> Result<Credentials, ConfigError> {
        let secrets = secrets.iter().map(|(name, secret)| ((*name).to_owned(), (*secret).into()));
        Credentials::new(SCHEMES, secrets.collect())
    }

    #[test]
    fn secrets_are_checked_and_never_shown() {
        for key in ["", " ", "canary\n", "can\0ary", "canary\r\nx: y", "can\u{7f}ary", "can\u{85}ary"] {
            let error = credentials(&[("Key", key)]).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
        assert!(matches!(credentials(&[("Nope", "x")]), Err(ConfigError::UnknownScheme { .. })));
        assert!(credentials(&[("Cookie", "a; b=c")]).is_err());
    }

    #[test]
    fn the_first_satisfied_alternative_is_used() {
        let credentials = credentials(&[("Key", "a"), ("Basic", "u:p")]).unwrap();
        let table: [(Requirement, Result<&[&str], &str>); 8] = [
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
            match (credentials.select(alternatives), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{alternatives:?}"),
                (Err(Error::MissingCredential { scheme, .. }), Err(expected)) => assert_eq!(scheme, expected),
                (found, expected) => panic!("{alternatives:?}: {found:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn every_scheme_puts_its_credential_in_place() {
        let all = [("Key", "k"), ("Query", "q&"), ("Cookie", "c"), ("Bearer", "b"), ("Basic", "u:p")];
        let credentials = credentials(&all).unwrap();
        let (mut headers, mut query, mut cookies) = (HeaderMap::new(), Pairs::default(), Vec::new());
        let names: Requirement = &[&["Key", "Query", "Cookie", "Bearer"]];
        assert!(credentials.add(names, &mut headers, &mut query, &mut cookies).unwrap());
        assert_eq!(headers["x-key"], "Api-Key k");
        assert_eq!(headers["authorization"], "Bearer b");
        assert!(headers.values().all(HeaderValue::is_sensitive));
        assert_eq!((query.as_str(), cookies), ("key=q%26", vec!["session=c".to_owned()]));

        let mut headers = HeaderMap::new();
        credentials.add(&[&["Basic"]], &mut headers, &mut Pairs::default(), &mut Vec::new()).unwrap();
        assert_eq!(headers["authorization"], "Basic dTpw");
    }
}
