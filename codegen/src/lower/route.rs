//! Routes: one for each path and method, with everything that can be called there.

use super::Lower;
use super::body::{Form, Forms, LeftOut};
use super::path::{Mounted, Target, template};
use crate::diagnostics::{Effect, Span};
use crate::docs;
use crate::document::{METHODS, Operation, operations_of};
use crate::ir::{AuthScheme, Call, Route, Server, Text};
use crate::names::Name;
use crate::parse::{Node, Value};
use std::collections::{BTreeMap, HashMap};

pub(super) const PATH_KEYS: &[&str] = &["$ref", "summary", "description", "servers", "parameters"];

/// Keys of a path that OpenAPI 3.2 has added.
const NEWER_KEYS: &[&str] = &["query", "additionalOperations"];

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
    /// What stands under its method.
    pub(super) node: &'a Node,
}

/// Ids of operations with the places where they were seen first.
pub(super) type Ids<'a> = HashMap<&'a str, Span>;

impl<'a> Lower<'a> {
    /// Every route. Servers that only single routes use are added to the general ones.
    pub(super) fn routes(
        &mut self,
        schemes: &[AuthScheme],
        servers: &mut Vec<Server>,
        ids: &mut Ids<'a>,
    ) -> Vec<Unpaged<'a>> {
        let root = self.root;
        if root.get("paths").is_none() && root.get("webhooks").is_none() && root.get("components").is_none() {
            self.expected(root, "an OpenAPI document", "a mapping with `paths`");
        }
        let mut mounted = Mounted::new();
        let mut routes: Vec<Unpaged<'a>> = Vec::new();
        for (path, item) in self.mapping(root, "paths") {
            if path.text.starts_with("x-") {
                continue;
            }
            let (Ok(shared), Ok(target)) = (self.component(item), self.target_of(path)) else { continue };
            self.check_item(shared);
            for operation in operations_of(path, item, shared) {
                let node = operation.node;
                let wish = format!("{} {}", operation.verb.text, path.text);
                let route = self.route(&operation, &wish, &target, schemes, ids);
                let Ok((mut route, forms)) = route else { continue };
                route.servers = self.own_servers(&operation, servers);
                let own = route.servers.iter().filter_map(|at| servers.get(*at));
                let general = servers.iter().filter(|server| server.is_general && route.servers.is_empty());
                let own: Vec<&Server> = own.chain(general).collect();
                route.is_mounted =
                    self.is_mounted((operation.method, path), &route.target, &own, &mut mounted);
                let first = routes.len();
                let forms: Vec<Route> = forms.into_iter().map(|form| of_form(&route, form, first)).collect();
                routes.push(Unpaged { route, pagination: node.get("x-pagination"), node });
                routes.extend(forms.into_iter().map(|route| Unpaged { route, pagination: None, node }));
            }
        }
        self.define_pending();
        routes
    }

    /// A path and a method, without its servers; and further forms of its body. `wish`: what it is called where the document
    /// has no name for it.
    ///
    /// # Errors
    /// It cannot be called as the document wants it.
    pub(super) fn route(
        &mut self,
        operation: &Operation<'a>,
        wish: &str,
        target: &Target<'a>,
        schemes: &[AuthScheme],
        ids: &mut Ids<'a>,
    ) -> Result<(Route, Vec<Form>), LeftOut> {
        let Operation { path, method, node, .. } = *operation;
        self.owner += 1;
        let id = self.check_operation(node, ids)?;
        let wanted = self.name_override(node).or_else(|| id.map(str::to_owned));
        let name = Name::snake(wanted.as_deref().unwrap_or(wish));
        let prefix = Name::pascal(name.as_str());

        let parameters = self.typed_parameters(operation, target, &prefix)?;
        let Forms { first: mut body, others } = self.bodies(node, &name)?;
        let answers = self.answers(node, &prefix);
        let calls = self.calls(operation, &answers)?;
        self.define_pending();
        let path_params = self.path_params(&parameters)?;
        let flag = self.stream_flag(node, body.as_ref(), &calls);
        if let (Some(_), Some(body)) = (&flag, &mut body) {
            // Null has no flag.
            body.nullable = false;
        }
        let route = Route {
            name,
            id: id.map(str::to_owned),
            form_of: None,
            text: self.route_text(node),
            deprecated: self.flag(node, "deprecated"),
            group: group(operation),
            method,
            path: path.text.clone(),
            target: template(target, &path_params),
            fixed_query: target.query.clone(),
            is_mounted: true,
            path_params,
            params: self.params(&parameters)?,
            flag,
            body,
            failures: answers.failures,
            headers: answers.headers,
            security: self.security(node, schemes),
            servers: Vec::new(),
            calls,
        };
        Ok((route, others))
    }

    /// What the document says about its tags.
    pub(super) fn groups(&self) -> BTreeMap<String, Text> {
        let tags = self.root.get("tags").map(Node::items).unwrap_or_default();
        let word = |tag: &Node, key: &str| tag.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        let text = |tag: &Node| Text {
            summary: word(tag, "summary"),
            description: word(tag, "description"),
            ..Text::default()
        };
        let named = tags.iter().filter_map(|tag| Some((tag.get("name")?.as_str()?.to_owned(), text(tag))));
        named.collect()
    }

    fn route_text(&mut self, node: &'a Node) -> Text {
        Text {
            summary: self.text(node, "summary").unwrap_or_default().to_owned(),
            description: self.text(node, "description").unwrap_or_default().to_owned(),
            decisions: self.decisions(node),
            ..Text::default()
        }
    }

    fn check_item(&mut self, item: &'a Node) {
        for key in item.entries().iter().map(|(key, _)| key) {
            if NEWER_KEYS.contains(&key.text.as_str()) {
                self.left_out(
                    key.span,
                    &format!("what stands under `{}`, which is new in OpenAPI 3.2,", key.text),
                    "declare the operation under another method if the server offers it there",
                );
            }
        }
        let methods = METHODS.iter().map(|(name, _)| *name);
        let known: Vec<&str> = PATH_KEYS.iter().chain(NEWER_KEYS).copied().chain(methods).collect();
        self.check_keys(item, "a path", &known);
    }

    /// Complains about what is wrong with an operation itself. Its id, if no other has it.
    fn check_operation(&mut self, node: &'a Node, ids: &mut Ids<'a>) -> Result<Option<&'a str>, LeftOut> {
        if !matches!(node.value, Value::Object(_)) {
            return Err(self.operation_left_out(
                node.span,
                "an operation must be a mapping",
                format!("this is {}", node.kind()),
                "write a mapping here",
            ));
        }
        self.check_keys(node, "an operation", OPERATION_KEYS);
        Ok(self.own_id(node, ids))
    }

    fn own_id(&mut self, node: &'a Node, ids: &mut Ids<'a>) -> Option<&'a str> {
        let text = self.text(node, "operationId").filter(|text| !text.is_empty())?;
        let span = node.get("operationId").map_or(node.span, |id| id.span);
        let Some(first) = ids.get(text) else {
            ids.insert(text, span);
            return Some(text);
        };
        self.problems.warning(
            Effect::Ignored,
            span,
            format!("the operationId `{}` is used twice", docs::plain(text)),
            "used again here; this operation is named after its path",
            "give each operation an id of its own",
        );
        self.problems.see_also(*first, "used first here");
        None
    }
}

/// What a route belongs to: its first tag, or the first part of its path that is a name of its own.
fn group(operation: &Operation<'_>) -> Option<String> {
    let tags = operation.node.get("tags").map(Node::items).unwrap_or_default();
    let tag = tags.iter().find_map(Node::as_str).map(str::to_owned);
    tag.or_else(|| operation.path.text.split('/').find(|segment| tells(segment)).map(str::to_owned))
}

/// Whether a segment says what a path is about: no variable, and nothing that all paths of a service begin with.
fn tells(segment: &str) -> bool {
    let is_version =
        segment.strip_prefix(['v', 'V']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    !segment.is_empty() && !segment.contains('{') && segment != "api" && !is_version
}

/// The same request with a body in another form. It is answered as its first method is: what that has besides, such as a
/// stream, is asked for with the usual body.
fn of_form(first: &Route, form: Form, at: usize) -> Route {
    let mut calls: Vec<Call> = first.calls.clone();
    match calls.iter().position(|call| matches!(call, Call::Whole(_))) {
        Some(whole) => calls = vec![calls.swap_remove(whole)],
        None => calls.retain(|call| matches!(call, Call::Streamed(_))),
    }
    Route { name: form.name, form_of: Some(at), body: Some(form.body), flag: None, calls, ..first.clone() }
}
