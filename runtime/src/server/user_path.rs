//! Paths that the user of a router wrote, such as those of receivers.

use std::collections::HashSet;

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use crate::param::LITERAL;

/// A path in the syntax of the router: texts, and variables that are whole parts of it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct UserPath(String);

impl UserPath {
    /// A path without variables.
    pub(super) fn literal(path: &str) -> Self {
        Self(utf8_percent_encode(path, LITERAL).to_string())
    }

    /// Reads a path. The slash that it begins with may be left out.
    ///
    /// # Errors
    ///
    /// What would never be called, or mean something else than it seems to, as the rest of "the path ...".
    pub(super) fn parse(path: &str) -> Result<Self, &'static str> {
        if path.contains(['?', '#']) {
            return Err("has a query or a fragment, which no path has");
        }
        if path.trim() != path || path.contains(char::is_control) {
            return Err("has white space around it or control characters in it, which no address has");
        }
        let begins_with =
            |scheme: &str| path.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        if begins_with("http://") || begins_with("https://") {
            return Err("is a whole address, of which only what stands behind the host is a path");
        }
        let mut names = HashSet::new();
        let parts = path.strip_prefix('/').unwrap_or(path).split('/').map(|part| {
            // Escaped ones mean the same to whoever sends it.
            if matches!(meant(part).as_slice(), b"." | b"..") {
                return Err("has a part `.` or `..`, which nobody sends");
            }
            if !is_encoded(part) {
                return Err("has a `%` that two hexadecimal digits do not follow; as a character of its own it is `%25`");
            }
            if !part.contains(['{', '}']) {
                return Ok(utf8_percent_encode(part, LITERAL).to_string());
            }
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            let is_name = |name: &&str| name.chars().all(|c| c == '_' || c.is_alphanumeric()) && !name.is_empty();
            let name = name.filter(is_name).ok_or(
                "has braces that are no variable: one is a whole part between slashes, `{` and a name in letters, digits and `_` and `}`",
            )?;
            if names.insert(name) { Ok(part.to_owned()) } else { Err("has two variables of one name") }
        });
        let parts: Vec<String> = parts.collect::<Result<_, _>>()?;
        Ok(Self(format!("/{}", parts.join("/"))))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both stand for the same requests: the names of variables make no difference, nor do escapes.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let parts = |path: &'_ Self| path.0.split('/').map(fixed).collect::<Vec<_>>();
        parts(self) == parts(other)
    }
}

/// Whether every percent sign begins an encoded byte.
fn is_encoded(part: &str) -> bool {
    part.split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}

/// The text that a part is, if it is no variable.
fn fixed(part: &str) -> Option<Vec<u8>> {
    (!part.starts_with('{')).then(|| meant(part))
}

fn meant(part: &str) -> Vec<u8> {
    percent_decode_str(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_what_the_router_takes_or_an_error() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//a", "//a"),
            ("hooks/x", "/hooks/x"),
            ("/hooks/", "/hooks/"),
            ("/a//b", "/a//b"),
            ("/hooks/{tenant}/{id_2}", "/hooks/{tenant}/{id_2}"),
            ("/café au lait", "/caf%C3%A9%20au%20lait"),
            ("/a%2fb", "/a%2fb"),
            ("/:a/*", "/:a/*"),
        ] {
            assert_eq!(UserPath::parse(path).map(|path| path.0), Ok(expected.to_owned()), "{path}");
        }
        for (path, part) in [
            ("/a?b=c", "a query"),
            ("/a#b", "a fragment"),
            ("/a/../b", "`..`"),
            ("/.", "`.`"),
            ("/a/%2e%2E", "`..`"),
            ("/.%2e/a", "`..`"),
            ("https://example.org/hooks", "whole address"),
            ("HTTP://127.0.0.1:8080", "whole address"),
            ("/hooks\n", "white space"),
            (" /hooks", "white space"),
            ("/a\tb", "control"),
            ("/100%", "hexadecimal"),
            ("/%+1", "hexadecimal"),
            ("/{x}{y}", "braces"),
            ("/{x}.json", "braces"),
            ("/{*rest}", "braces"),
            ("/{}", "braces"),
            ("/{a", "braces"),
            ("/a}", "braces"),
            ("/{{a}}", "braces"),
            ("/{a}/{a}", "two variables"),
        ] {
            let problem = UserPath::parse(path).map(|path| path.0).unwrap_err();
            assert!(problem.contains(part), "{path}: {problem}");
        }
    }

    #[test]
    fn names_of_variables_and_escapes_make_no_difference() {
        let is_same = |one, other| UserPath::parse(one).unwrap().is_same_as(&UserPath::parse(other).unwrap());
        assert!(is_same("/a/{x}", "a/{y}"));
        assert!(is_same("/a%2f/{x}/é", "/%61%2F/{y}/%c3%a9"));
        assert!(!is_same("/a/{x}", "/a/%7Bx%7D"));
        assert!(!is_same("/a/{x}", "/a/x"));
        assert!(!is_same("/a/{x}", "/a/{x}/"));
    }
}
