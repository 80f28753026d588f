//! Paths: what of a template is sent, and which operations a router cannot tell apart.

use super::Lower;
use super::body::LeftOut;
use crate::diagnostics::{Effect, Span};
use crate::document::{percent_decoded, variables};
use crate::ir::{Method, PathParam, PathStyle, Server};
use crate::parse::Key;
use std::collections::HashMap;

/// What of a path template is sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Target<'a> {
    /// The path, with its variables.
    pub(super) path: &'a str,
    /// What the path adds to every query.
    pub(super) query: Vec<(String, String)>,
    /// Names in the query whose values are variables: `c` and `d` of `/a?c={d}`.
    pub(super) query_variables: Vec<(&'a str, &'a str)>,
}

impl<'a> Target<'a> {
    /// The variables of the path, in order.
    pub(super) fn variables(&self) -> impl Iterator<Item = Variable<'a>> + use<'a> {
        variables(self.path).map(Variable::new)
    }
}

/// A variable of a path template. OpenAPI knows names in braces and nothing else; URI templates and routers know more, and
/// documents that are made of their routes have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Variable<'a> {
    /// What stands in its braces.
    pub(super) written: &'a str,
    /// What it is called.
    pub(super) name: &'a str,
    /// Whether slashes in its value separate segments.
    pub(super) has_segments: bool,
}

impl<'a> Variable<'a> {
    /// `name`, with what it must look like as in `name=projects/*` and `name:[0-9]+`, or with a mark for all that is left
    /// of the path, as in `+name`, `*name`, `name*`, `name+` and `name...`.
    pub(super) fn new(written: &'a str) -> Self {
        let (marked, pattern) = written.split_once(['=', ':']).unwrap_or((written, ""));
        let marks = ['+', '*'];
        let name = marked.trim_start_matches(marks).trim_end_matches("...").trim_end_matches(marks);
        if !is_name(name.trim_end_matches('?')) {
            return Self { written, name: written, has_segments: false };
        }
        let is_open = pattern.contains(['/']) || matches!(pattern, "**" | "path" | ".*" | ".+");
        Self { written, name: name.trim_end_matches('?'), has_segments: is_open || name.len() < marked.len() }
    }
}

/// Whether a text is a name, and has no marks that mean something else.
fn is_name(text: &str) -> bool {
    let is_part =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '$' | '@');
    !text.is_empty() && text.chars().all(is_part)
}

/// The template of a path as the client fills it and as the router takes it apart. `params`: its variables.
pub(super) fn template(target: &Target<'_>, params: &[PathParam]) -> String {
    let mut template = target.path.to_owned();
    for Variable { written, name, .. } in target.variables() {
        // A parameter may have the name that stands there, whatever it consists of.
        let Some(param) = params.iter().find(|param| param.wire == name) else { continue };
        let mark = if param.style == PathStyle::Segments { "+" } else { "" };
        template = template.replace(&format!("{{{written}}}"), &format!("{{{mark}{name}}}"));
    }
    template
}

/// Places of operations by what a router sees of them: the method, and the path without the names of variables.
pub(super) type Mounted = HashMap<(Method, String), Span>;

impl<'a> Lower<'a> {
    /// What of a path template is sent: without a fragment, which only tells it from others, and with the query by itself.
    ///
    /// # Errors
    /// No request could have such a path, so its operations are left out.
    pub(super) fn target_of(&mut self, path: &'a Key) -> Result<Target<'a>, LeftOut> {
        let text = self.without_query_template(path);
        let sent = split_outside(text, '#').0;
        let (sent, query) = split_outside(sent, '?');
        if let Some(fault) = fault(sent) {
            return Err(self.operation_left_out(
                path.span,
                format!("a path cannot have {fault}"),
                "no request has such a path",
                "correct the path",
            ));
        }
        let mut target = Target { path: sent, ..Target::default() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let variable = value.strip_prefix('{').and_then(|value| value.strip_suffix('}'));
            let decoded = |text: &str| percent_decoded(&text.replace('+', " ")).into_owned();
            match variable.filter(|variable| is_name(variable)) {
                Some(variable) if !name.contains(['{', '}']) => {
                    target.query_variables.push((name, variable));
                }
                _ if pair.contains(['{', '}']) => {
                    return Err(self.operation_left_out(
                        path.span,
                        "a variable in the query of a path must be the whole value of a name",
                        "behind `?` there is something else with braces",
                        "remove `?` and what follows it, and declare the variables as parameters with `in: query`",
                    ));
                }
                _ => target.query.push((decoded(name), decoded(value))),
            }
        }
        Ok(target)
    }

    /// A path without `{?a,b}` at its end, with which URI templates name parameters of the query.
    fn without_query_template(&mut self, path: &'a Key) -> &'a str {
        let text = path.text.as_str();
        let found = text.strip_suffix('}').and_then(|text| text.rsplit_once('{'));
        let Some((before, _)) = found.filter(|(_, names)| names.starts_with(['?', '&'])) else { return text };
        self.problems.warning(
            Effect::Ignored,
            path.span,
            "parameters of the query are not named in a path",
            "what is behind `{?` or `{&` is ignored",
            "remove it; parameters with `in: query` are sent all the same",
        );
        before
    }

    /// Whether a router can tell an operation from those before it; warns where it cannot.
    pub(super) fn is_mounted(
        &mut self,
        (method, path): (Method, &Key),
        template: &str,
        servers: &[&Server],
        mounted: &mut Mounted,
    ) -> bool {
        let shape = without_names(template);
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
        _ if split_all_outside(path, '/').any(|segment| matches!(segment, "." | "..")) => {
            Some("`.` or `..` as a segment")
        }
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
            .is_some_and(|(name, rest)| !name.is_empty() && !is_split(name) && !rest.contains('}'))
    };
    !before.contains('}') && parts.all(named)
}

/// Whether a name in braces has a slash that is no part of what its value must look like.
fn is_split(name: &str) -> bool {
    name.split(['=', ':']).next().unwrap_or_default().contains('/')
}

/// The text before and behind the first such character that is not in braces.
fn split_outside(text: &str, at: char) -> (&str, &str) {
    let mut in_braces = false;
    let is_there = |character: char| {
        in_braces = (in_braces || character == '{') && character != '}';
        character == at && !in_braces
    };
    text.split_once(is_there).unwrap_or((text, ""))
}

/// The pieces of a text between such characters that are not in braces.
fn split_all_outside(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut in_braces = false;
    text.split(move |character: char| {
        in_braces = (in_braces || character == '{') && character != '}';
        character == at && !in_braces
    })
}

/// A template as a router sees it: `/a/{id}` and `/a/{name}` are the same.
fn without_names(template: &str) -> String {
    let mut parts = template.split('{');
    let mut shape = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shape.push_str(if part.starts_with('+') { "{+}" } else { "{}" });
        shape.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    shape
}
