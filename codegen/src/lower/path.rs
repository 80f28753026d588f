//! Paths: what of a template is sent, and which operations a router cannot tell apart.

use super::Lower;
use super::body::LeftOut;
use crate::diagnostics::{Effect, Span};
use crate::document::percent_decoded;
use crate::ir::{Method, Server};
use crate::parse::Key;
use std::collections::HashMap;

/// What of a path template is sent.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    /// The path, with its variables.
    pub(super) path: &'a str,
    /// What the path adds to every query.
    pub(super) query: Vec<(String, String)>,
}

/// Places of operations by what a router sees of them: the method, and the path without the names of variables.
pub(super) type Mounted = HashMap<(Method, String), Span>;

impl<'a> Lower<'a> {
    /// What of a path template is sent: without a fragment, which only tells it from others, and with the query by itself.
    ///
    /// # Errors
    /// No request could have such a path, so its operations are left out.
    pub(super) fn target_of(&mut self, path: &'a Key) -> Result<Target<'a>, LeftOut> {
        let sent = path.text.split_once('#').map_or(path.text.as_str(), |(sent, _)| sent);
        let (sent, query) = sent.split_once('?').unwrap_or((sent, ""));
        if let Some(fault) = fault(sent) {
            return Err(self.operation_left_out(
                path.span,
                format!("a path cannot have {fault}"),
                "no request has such a path",
                "correct the path",
            ));
        }
        if query.contains(['{', '}']) {
            return Err(self.operation_left_out(
                path.span,
                "a path cannot have variables in its query",
                "behind `?` there are variables",
                "remove `?` and what follows it, and declare the variables as parameters with `in: query`",
            ));
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let decoded = |text: &str| percent_decoded(&text.replace('+', " ")).into_owned();
        let query = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
        Ok(Target { path: sent, query })
    }

    /// Whether a router can tell an operation from those before it; warns where it cannot.
    pub(super) fn is_mounted(
        &mut self,
        (method, path): (Method, &Key),
        target: &Target<'_>,
        servers: &[&Server],
        mounted: &mut Mounted,
    ) -> bool {
        let shape = without_names(target.path);
        let mut prefixes: Vec<&str> = servers.iter().map(|server| server.prefix.as_str()).collect();
        if prefixes.is_empty() {
            prefixes.push("");
        }
        let keys = prefixes.iter().map(|prefix| (method, format!("{prefix}{shape}")));
        let (taken, free): (Vec<_>, Vec<_>) = keys.partition(|key| mounted.contains_key(key));
        if let Some(first) = taken.first().and_then(|key| mounted.get(key).copied()) {
            self.problems.warning(
                Effect::LeftOut,
                path.span,
                "a router cannot tell this operation from an earlier one, and serves that",
                "the client calls it, the router does not offer it",
                "nothing, if only the client is used; otherwise give the operation a path of its own",
            );
            self.problems.see_also(first, "the router serves this one");
        }
        let is_mounted = !free.is_empty();
        mounted.extend(free.into_iter().map(|key| (key, path.span)));
        is_mounted
    }
}

/// Why no request could have a path.
fn fault(path: &str) -> Option<&'static str> {
    match path {
        _ if !path.starts_with('/') => Some("anything but `/` at its beginning"),
        _ if path.split('/').any(|segment| matches!(segment, "." | "..")) => Some("`.` or `..` as a segment"),
        _ if path.contains(char::is_control) => Some("control characters"),
        _ if path.contains('\\') => Some("`\\`"),
        _ if !has_matching_braces(path) => Some("a brace without its partner"),
        _ => None,
    }
}

/// Whether every `{` in a path template is followed by its `}`, with a name in between.
fn has_matching_braces(template: &str) -> bool {
    let mut parts = template.split('{');
    let before = parts.next().unwrap_or_default();
    let named = |part: &str| {
        part.split_once('}')
            .is_some_and(|(name, rest)| !name.is_empty() && !name.contains('/') && !rest.contains('}'))
    };
    !before.contains('}') && parts.all(named)
}

/// A template as a router sees it: `/a/{id}` and `/a/{name}` are the same.
fn without_names(template: &str) -> String {
    let mut parts = template.split('{');
    let mut shape = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shape.push_str("{}");
        shape.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    shape
}
