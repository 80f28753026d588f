//! Routes: one for each path and method, with everything that can be called there.

use super::Lower;
use crate::diagnostics::{Effect, Span};
use crate::docs;
use crate::document::{METHODS, Operation, operations_of};
use crate::ir::{AuthScheme, Route, Server, Text};
use crate::names::Name;
use crate::parse::{Key, Node};
use std::collections::HashMap;

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
    "callbacks",
];

/// A route whose pages wait for the types to be made.
pub(super) struct Unpaged<'a> {
    pub(super) route: Route,
    /// What the document says about its pages.
    pub(super) pagination: Option<&'a Node>,
}

impl<'a> Lower<'a> {
    /// Every route. Servers that only single routes use are added to the general ones.
    pub(super) fn routes(&mut self, schemes: &[AuthScheme], servers: &mut Vec<Server>) -> Vec<Unpaged<'a>> {
        let root = self.root;
        if root.get("paths").is_none() && root.get("webhooks").is_none() && root.get("components").is_none() {
            self.expected(root, "an OpenAPI document", "a mapping with `paths`");
        }
        let mut ids = HashMap::new();
        let mut routes = Vec::new();
        for (path, item) in self.mapping(root, "paths") {
            let Some(item) = self.deref(item) else { continue };
            self.check_path(path, item);
            for operation in operations_of(path, item) {
                self.owner += 1;
                self.check_operation(operation.node, &mut ids);
                let route = self.route(&operation, schemes, servers);
                let pagination = operation.node.get("x-pagination");
                routes.extend(route.map(|route| Unpaged { route, pagination }));
            }
        }
        self.define_pending();
        routes
    }

    /// A path and a method; nothing where no method could return what it answers.
    fn route(
        &mut self,
        operation: &Operation<'a>,
        schemes: &[AuthScheme],
        servers: &mut Vec<Server>,
    ) -> Option<Route> {
        let Operation { path, verb, method, node, .. } = *operation;
        let id = self.text(node, "operationId");
        let wanted = self.name_override(node).or_else(|| id.map(str::to_owned));
        let name = Name::snake(&wanted.unwrap_or_else(|| format!("{} {}", verb.text, path.text)));
        let prefix = Name::pascal(name.as_str());

        let parameters = self.typed_parameters(operation, &prefix);
        let body = self.body(node, &prefix).ok()?;
        let answers = self.answers(node, &prefix);
        let calls = self.calls(operation, &answers)?;
        self.define_pending();
        Some(Route {
            name,
            id: id.map(str::to_owned),
            text: self.route_text(node),
            deprecated: self.flag(node, "deprecated"),
            method,
            path: path.text.clone(),
            path_params: self.path_params(&parameters),
            params: self.params(&parameters),
            flag: self.stream_flag(node, body.as_ref(), &calls),
            body,
            failures: answers.failures,
            security: self.security(node, schemes),
            servers: self.own_servers(operation, servers),
            calls,
        })
    }

    fn route_text(&mut self, node: &'a Node) -> Text {
        Text {
            summary: self.text(node, "summary").unwrap_or_default().to_owned(),
            description: self.text(node, "description").unwrap_or_default().to_owned(),
            decisions: self.decisions(node),
            ..Text::default()
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

    fn check_operation(&mut self, node: &'a Node, ids: &mut HashMap<&'a str, Span>) {
        self.check_operation_id(node, ids);
        if let Some(callbacks) = node.get("callbacks") {
            self.problems.warning(
                Effect::LeftOut,
                callbacks.span,
                "callbacks are not generated",
                "ignored",
                "declare their bodies under `components/schemas` to get types for them",
            );
        }
        self.check_keys(node, "an operation", OPERATION_KEYS);
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
