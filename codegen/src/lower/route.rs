//! Paths and methods, and what can be called there.

use super::Lower;
use super::server::Servers;
use crate::diagnostics::Span;
use crate::docs;
use crate::ir::{Answer, AnswerKind, AuthScheme, Call, Method, Route, Text};
use crate::names::Name;
use crate::parse::{Key, Node};
use std::collections::HashMap;

const METHODS: &[(&str, Method)] = &[
    ("get", Method::Get),
    ("put", Method::Put),
    ("post", Method::Post),
    ("delete", Method::Delete),
    ("options", Method::Options),
    ("head", Method::Head),
    ("patch", Method::Patch),
    ("trace", Method::Trace),
];

const PATH_KEYS: &[&str] = &["$ref", "summary", "description", "servers", "parameters"];

const OPERATION_KEYS: &[&str] = &[
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "deprecated",
    "security",
    "servers",
];

/// Where an operation stands.
struct Place<'a> {
    path: &'a Key,
    item: &'a Node,
    node: &'a Node,
    method: Method,
    verb: &'a str,
}

impl<'a> Lower<'a> {
    /// All routes, each with the rule for its pages, if it has one: that is understood when all types are known.
    pub(super) fn routes(
        &mut self,
        schemes: &[AuthScheme],
        servers: &mut Servers,
    ) -> Vec<(Route, Option<&'a Node>)> {
        let mut ids = HashMap::new();
        let mut routes = Vec::new();
        let root = self.root;
        if root.get("paths").is_none() && root.get("webhooks").is_none() && root.get("components").is_none() {
            self.expected(root, "an OpenAPI document", "a mapping with `paths`");
        }
        for (path, item) in self.mapping(root, "paths") {
            let Some(item) = self.deref(item) else { continue };
            self.check_path(path, item);
            for (key, node) in item.entries() {
                let Some((_, method)) = METHODS.iter().find(|(name, _)| *name == key.text) else { continue };
                self.owner += 1;
                self.check_operation(node);
                self.check_operation_id(node, &mut ids);
                let place = Place { path, item, node, method: *method, verb: &key.text };
                let route = self.route(&place, schemes, servers);
                routes.extend(route.map(|route| (route, node.get("x-pagination"))));
            }
        }
        self.define_pending();
        routes
    }

    fn route(&mut self, place: &Place<'a>, schemes: &[AuthScheme], servers: &mut Servers) -> Option<Route> {
        let Place { path, item, node, method, verb } = *place;
        let wanted = self.name_override(node).or_else(|| self.text(node, "operationId").map(str::to_owned));
        let name = Name::snake(&wanted.unwrap_or_else(|| format!("{verb} {}", path.text)));
        let prefix = Name::pascal(name.as_str());
        let parameters = self.parameters(item, node, (&path.text, path.span), &name);
        let body = self.body(node, &prefix);
        let (answers, failures) = self.answers(node, method, &prefix)?;
        self.define_pending();
        let flag = self.stream_flag(node, body.as_ref(), answers.len() > 1);
        Some(Route {
            name,
            id: node.get("operationId").and_then(Node::as_str).map(str::to_owned),
            text: self.operation_words(node),
            deprecated: self.flag(node, "deprecated"),
            method,
            path: path.text.clone(),
            path_params: parameters.path,
            params: parameters.rest,
            body,
            flag,
            failures,
            security: self.security(node, schemes),
            servers: self.own_servers(item, node, servers),
            calls: answers.into_iter().map(call).collect(),
        })
    }

    fn operation_words(&mut self, node: &'a Node) -> Text {
        Text {
            summary: self.text(node, "summary").unwrap_or_default().to_owned(),
            description: self.text(node, "description").unwrap_or_default().to_owned(),
            decisions: self.decisions(node),
            ..Text::default()
        }
    }

    fn check_operation_id(&mut self, node: &'a Node, ids: &mut HashMap<&'a str, Span>) {
        let Some((id, text)) = node.get("operationId").and_then(|id| Some((id, id.as_str()?))) else {
            return;
        };
        if let Some(first) = ids.insert(text, id.span) {
            self.problems.error(
                id.span,
                format!("the operationId `{}` is used twice", docs::plain(text)),
                "used again here",
                "give each operation an id of its own",
            );
            self.problems.see_also(first, "used first here");
        }
    }

    fn check_path(&mut self, path: &Key, item: &'a Node) {
        if !path.text.starts_with('/') {
            self.problems.error(
                path.span,
                "a path must begin with `/`",
                "not a path",
                "write `/` in front of it",
            );
        }
        let fault = match &path.text {
            text if text.split('/').any(|segment| matches!(segment, "." | "..")) => {
                "`.` or `..` as a segment"
            }
            text if text.contains(['?', '#']) => "`?` or `#`",
            text if text.contains(|c: char| c.is_control() || c.is_whitespace()) => {
                "white space or control characters"
            }
            text if text.contains('\\') => "`\\`",
            text if !has_matching_braces(text) => "a brace without its partner",
            _ => "",
        };
        if !fault.is_empty() {
            self.problems.error(
                path.span,
                format!("a path cannot have {fault}"),
                "no request has such a path",
                "correct the path; what follows `?` is declared as query parameters",
            );
        }
        let known: Vec<&str> =
            PATH_KEYS.iter().copied().chain(METHODS.iter().map(|(name, _)| *name)).collect();
        self.check_keys(item, "a path", &known);
    }

    fn check_operation(&mut self, node: &'a Node) {
        if let Some(callbacks) = node.get("callbacks") {
            self.problems.warning(
                callbacks.span,
                "callbacks are not generated",
                "ignored",
                "declare their bodies under `components/schemas` to get types for them",
            );
        }
        let mut known = OPERATION_KEYS.to_vec();
        known.push("callbacks");
        self.check_keys(node, "an operation", &known);
    }
}

fn call(answer: Answer) -> Call {
    match answer.kind {
        AnswerKind::Events(_) => Call::Streamed(answer),
        _ => Call::Whole(answer),
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
