//! Operations to methods: names, bodies, answers, streams, pages and errors.

use super::Lower;
use super::finish::Way;
use super::schema::any;
use crate::diagnostics::Span;
use crate::docs::{self, Docs};
use crate::ir::{
    AuthScheme, Body, BodyKind, ErrorBody, Link, Method, Operation, Paging, Presence, Server, Statuses,
    Success, SuccessKind, Type, TypeId, TypeKind,
};
use crate::names::{Name, Scope};
use crate::parse::{Key, Node};
use std::collections::{BTreeMap, HashMap};

/// Names that the runtime's client uses for itself; an inherent method would hide a trait method of the same name.
/// The same goes for methods of traits that are in scope everywhere, and for functions of the generated router.
const RESERVED_METHODS: &[&str] = &[
    "new",
    "from_env",
    "builder",
    "request",
    "router",
    "routes",
    "api",
    "as_ref",
    "as_mut",
    "borrow",
    "borrow_mut",
    "clone",
    "clone_from",
    "cmp",
    "default",
    "deref",
    "drop",
    "eq",
    "fmt",
    "from",
    "hash",
    "into",
    "ne",
    "partial_cmp",
    "to_owned",
    "to_string",
    "try_from",
    "try_into",
    "type_id",
];

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

/// Constants for servers: the API's, and those that single operations add.
pub(super) struct NamedServers {
    pub(super) global: Vec<Server>,
    pub(super) scope: Scope,
    pub(super) own: Vec<Server>,
}

/// What an answer's status says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Success(u16),
    Failure(Statuses),
    /// Informational or a redirect: nothing a method could return.
    Neither,
}

/// Error bodies of one operation.
type Errors = Vec<(Statuses, Type)>;

impl<'a> Lower<'a> {
    pub(super) fn operations(
        &mut self,
        schemes: &[AuthScheme],
        servers: &mut NamedServers,
    ) -> (Vec<Operation>, Vec<ErrorBody>) {
        let mut names = Scope::with_reserved(RESERVED_METHODS);
        let mut ids = HashMap::new();
        let mut operations = Vec::new();
        let mut errors = Vec::new();
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
                let context = Context { path, item, node, method: *method, verb: &key.text };
                self.operation(
                    &context,
                    schemes,
                    servers,
                    (&mut names, &mut ids),
                    (&mut operations, &mut errors),
                );
            }
        }
        self.define_pending();
        let errors = self.error_bodies(&errors);
        (operations, errors)
    }

    fn operation(
        &mut self,
        context: &Context<'a>,
        schemes: &[AuthScheme],
        servers: &mut NamedServers,
        (names, ids): (&mut Scope, &mut HashMap<&'a str, Span>),
        (operations, errors): (&mut Vec<Operation>, &mut Vec<Errors>),
    ) {
        let node = context.node;
        self.check_operation_id(node, ids);
        let wanted = self.name_override(node).or_else(|| self.text(node, "operationId").map(str::to_owned));
        let wanted = wanted.unwrap_or_else(|| format!("{} {}", context.verb, context.path.text));
        let base = Name::snake(&wanted);
        let prefix = Name::pascal(base.as_str());

        let parameters = self.parameters(context.item, node, (&context.path.text, context.path.span), &base);
        let body = self.body(node, &prefix);
        let Some((answers, failures)) = self.answers(context, &prefix) else { return };
        self.define_pending();
        let docs = self.operation_docs(node, &failures);
        errors.push(failures);
        let methods = answers.len();
        let streams = methods > 1;
        let flag = self.stream_flag(node, body.as_ref(), streams);

        for success in answers {
            let streaming = matches!(success.kind, SuccessKind::Events(_));
            let wanted = if streaming && streams { stream_name(&base) } else { base.clone() };
            let name = names.claim(wanted);
            let operation = Operation {
                docs: if streaming && streams { self.stream_docs(&docs, &success) } else { docs.clone() },
                deprecated: self.flag(node, "deprecated"),
                method: context.method,
                path: context.path.text.clone(),
                path_params: parameters.path.clone(),
                params: parameters.rest.clone(),
                body: body.clone().map(|body| flagged(body, flag.as_ref(), streaming)),
                paging: None,
                security: self.security(node, schemes),
                prefixes: self.own_prefixes(context),
                servers: self.own_servers(context, servers),
                success,
                name,
            };
            operations.push(operation);
        }
        let streaming = |operation: &Operation| matches!(operation.success.kind, SuccessKind::Events(_));
        let listing = operations.iter_mut().rev().take(methods).find(|operation| !streaming(operation));
        if let (Some(rule), Some(listing)) = (node.get("x-pagination"), listing) {
            listing.paging = self.paging(rule, listing, names);
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

    /// Summary, description and what errors carry. The route is added when the trait is printed.
    fn operation_docs(&mut self, node: &'a Node, failures: &Errors) -> Docs {
        let mut lines = Docs::new();
        let summary = docs::sanitise_line(self.text(node, "summary").unwrap_or_default());
        if !summary.is_empty() {
            let dot = if summary.ends_with(['.', '!', '?', ':']) { "" } else { "." };
            lines.push(format!("{summary}{dot}"));
        }
        let description = self.text(node, "description").map(docs::sanitise).unwrap_or_default();
        if description.first() != lines.first() && !description.is_empty() {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(description);
        }
        if let Some(text) = self.errors_docs(failures) {
            lines.push(String::new());
            docs::wrap(&text, &mut lines);
        }
        self.decisions(node, &mut lines);
        let blank = lines.iter().take_while(|line| line.is_empty()).count();
        lines.split_off(blank)
    }

    /// What the streaming twin of a method says first.
    fn stream_docs(&self, docs: &Docs, success: &Success) -> Docs {
        let event = match &success.kind {
            SuccessKind::Events(ty) => self.type_name(ty),
            _ => None,
        };
        let what = event.map_or_else(|| "events".to_owned(), |name| format!("{} events", link(&name)));
        let mut lines = vec![format!("Streams the answer as {what} while the server writes it.")];
        if !docs.is_empty() {
            lines.push(String::new());
            lines.extend(docs.iter().cloned());
        }
        lines
    }

    fn errors_docs(&self, failures: &Errors) -> Option<String> {
        let mut parts: Vec<(String, Vec<String>)> = Vec::new();
        for (statuses, ty) in failures {
            let Some(name) = self.type_name(ty) else { continue };
            let status = match statuses {
                Statuses::One(code) => format!("`{code}`"),
                Statuses::Class(class) => format!("`{class}XX`"),
                Statuses::Default => "any other failure".to_owned(),
            };
            match parts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, list)) => list.push(status),
                None => parts.push((name, vec![status])),
            }
        }
        if parts.is_empty() {
            return None;
        }
        let parts: Vec<String> = parts
            .into_iter()
            .map(|(name, list)| format!("{} with {}", enumerate(&list), link(&name)))
            .collect();
        Some(format!("Errors: {}.", parts.join("; ")))
    }

    fn type_name(&self, ty: &Type) -> Option<String> {
        let Type::Named(id) = ty else { return None };
        self.types[id.0].def.as_ref().map(|def| def.name.as_str().to_owned())
    }

    /// What the route is mounted below, where the path or the operation has servers of its own.
    fn own_prefixes(&mut self, context: &Context<'a>) -> Option<Vec<String>> {
        let node = [context.node, context.item].into_iter().find(|node| node.get("servers").is_some())?;
        let mut prefixes: Vec<String> = self.servers(node).into_iter().map(|server| server.prefix).collect();
        prefixes.dedup();
        Some(prefixes)
    }

    fn own_servers(&mut self, context: &Context<'a>, servers: &mut NamedServers) -> Vec<Name> {
        let node = if context.node.get("servers").is_some() { context.node } else { context.item };
        let mut names = Vec::new();
        for server in self.servers(node) {
            let known = servers.global.iter().chain(&servers.own).find(|known| known.url == server.url);
            let name = match known {
                Some(known) => known.name.clone(),
                None => {
                    let name = servers.scope.claim(server.name.clone());
                    servers.own.push(Server { name: name.clone(), ..server });
                    name
                }
            };
            names.push(name);
        }
        names
    }

    fn body(&mut self, node: &'a Node, prefix: &Name) -> Option<Body> {
        let body = self.deref(node.get("requestBody")?)?;
        let content = self.mapping(body, "content");
        let best = content.iter().min_by_key(|(media, _)| body_rank(&media.text))?;
        self.mention_other_forms(content, best, "send");
        let (key, media) = best;
        self.check_media_type(key);
        let schema = media.get("schema");
        let hint = prefix.with("Body");
        let essence = essence(&key.text);
        let kind = match essence.as_str() {
            _ if is_json(&essence) => BodyKind::Json(self.body_type(schema, &hint)),
            "application/x-www-form-urlencoded" => {
                if let Some(encoding) =
                    media.get("encoding").filter(|encoding| !encoding.entries().is_empty())
                {
                    self.unsupported(
                        encoding.span,
                        "`encoding` of a form",
                        "remove it if the default, repeated keys for lists, is what the server reads",
                    );
                }
                BodyKind::Form(self.body_type(schema, &hint))
            }
            _ if essence.starts_with("multipart/") => {
                self.unsupported(
                    key.span,
                    "a multipart body",
                    "offer another media type, or leave the operation out",
                );
                return None;
            }
            "*/*" if schema.is_some_and(|schema| self.is_json_schema(schema)) => {
                BodyKind::Json(self.body_type(schema, &hint))
            }
            _ if essence.starts_with("text/") && !essence.contains("xml") => BodyKind::Text,
            _ => BodyKind::Bytes,
        };
        let media_type = match (&kind, essence.contains('*')) {
            (BodyKind::Json(_), true) => "application/json".to_owned(),
            (_, true) => "application/octet-stream".to_owned(),
            (_, false) => key.text.clone(),
        };
        Some(Body { kind, media_type, required: self.flag(body, "required"), docs: self.docs(body) })
    }

    /// Says which media types are not used, where they carry something else than the chosen one.
    fn mention_other_forms(&mut self, content: &'a [(Key, Node)], best: &(Key, Node), verb: &str) {
        for (key, media) in content {
            let streams = verb == "read" && essence(&key.text) == "text/event-stream";
            if key.text != best.0.text && !streams && !same_schema(media.get("schema"), best.1.get("schema"))
            {
                self.problems.warning(
                    key.span,
                    format!("the generated client does not {verb} `{}`", docs::plain(&key.text)),
                    "another form of the same body",
                    format!("it {verb}s `{}`; remove that one to choose another", docs::plain(&best.0.text)),
                );
            }
        }
    }

    /// Complains about a media type that cannot stand in a header.
    fn check_media_type(&mut self, key: &Key) {
        let token = |text: &str| !text.is_empty() && text.bytes().all(super::is_token);
        let is_one =
            essence(&key.text).split_once('/').is_some_and(|(kind, form)| token(kind) && token(form));
        if !is_one || !key.text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.problems.error(
                key.span,
                format!("`{}` is not a media type", docs::plain(&key.text)),
                "not two names with a slash between them",
                "write it as it is sent, such as `application/json`",
            );
        }
    }

    fn body_type(&mut self, schema: Option<&'a Node>, hint: &Name) -> Type {
        let ty = schema.map_or_else(|| any().ty, |schema| self.used(schema, hint).ty);
        self.sent.push(ty.clone());
        ty
    }

    /// Whether the schema of `*/*` describes JSON rather than bytes.
    fn is_json_schema(&mut self, schema: &'a Node) -> bool {
        self.deref(schema).is_some_and(|schema| {
            !schema.entries().is_empty() && schema.get("type").and_then(Node::as_str) != Some("string")
        })
    }

    /// What the operation can answer: the successes as methods, and the errors. Nothing where it has no success.
    fn answers(&mut self, context: &Context<'a>, prefix: &Name) -> Option<(Vec<Success>, Errors)> {
        let responses = self.mapping(context.node, "responses");
        let mut successes: Vec<(Success, Span)> = Vec::new();
        let mut failures = Errors::new();
        let mut neither = None;
        let has_success = responses.iter().any(|(key, _)| matches!(kind(&key.text), Some(Kind::Success(_))));
        for (key, response) in responses {
            let Some(response) = self.deref(response) else { continue };
            if key.text.starts_with("x-") {
                continue;
            }
            self.check_keys(
                response,
                "a response",
                &["description", "headers", "content", "links", "$ref", "summary"],
            );
            match kind(&key.text) {
                Some(Kind::Success(status)) => {
                    self.successes(status, key.span, response, prefix, &mut successes)
                }
                // `default` alone stands for every answer, so also for the success.
                Some(Kind::Failure(Statuses::Default)) if !has_success && responses.len() == 1 => {
                    self.successes(200, key.span, response, prefix, &mut successes);
                }
                Some(Kind::Failure(statuses)) => {
                    if let Some(ty) = self.error_type(statuses, response, prefix) {
                        failures.push((statuses, ty));
                    }
                }
                Some(Kind::Neither) => neither = Some(key.span),
                None => self.problems.error(
                    key.span,
                    format!("`{}` is not a status", docs::plain(&key.text)),
                    "neither a code, a class nor `default`",
                    "use a code such as `200`, a class such as `4XX`, or `default`",
                ),
            }
        }
        let mut answers = self.one_answer(successes);
        // The method that answers at once comes first, whatever the order of the document.
        answers.sort_by_key(|answer| matches!(answer.kind, SuccessKind::Events(_)));
        if context.method == Method::Head {
            answers.iter_mut().for_each(|answer| answer.kind = SuccessKind::Empty);
        }
        if !answers.is_empty() {
            return Some((answers, failures));
        }
        match neither {
            Some(span) if !has_success => {
                self.problems.warning(
                    span,
                    "an operation without a successful answer is not generated",
                    "only this answer, which no method can return",
                    "protocol upgrades such as WebSockets need a client of their own; otherwise declare a 2xx answer",
                );
                None
            }
            _ => {
                let success = Success { status: 200, media_type: String::new(), kind: SuccessKind::Empty };
                Some((vec![success], failures))
            }
        }
    }

    /// Adds what one successful response can carry: JSON and an event stream are two answers, anything else one.
    fn successes(
        &mut self,
        status: u16,
        span: Span,
        response: &'a Node,
        prefix: &Name,
        successes: &mut Vec<(Success, Span)>,
    ) {
        let content = self.mapping(response, "content");
        let events = content.iter().find(|(key, _)| essence(&key.text) == "text/event-stream");
        let plain = content
            .iter()
            .filter(|(key, _)| essence(&key.text) != "text/event-stream")
            .min_by_key(|(key, _)| answer_rank(&key.text));
        let mut add = |media_type: &str, kind| {
            successes.push((Success { status, media_type: media_type.to_owned(), kind }, span));
        };
        if content.is_empty() {
            add("", SuccessKind::Empty);
        }
        if let Some(best @ (key, media)) = plain {
            self.mention_other_forms(content, best, "read");
            self.check_media_type(key);
            let media_type = if key.text.contains('*') { "application/octet-stream" } else { &key.text };
            add(media_type, self.plain_answer(key, media, prefix));
        }
        if let Some((key, media)) = events {
            add(&key.text, self.event_answer(media, prefix));
        }
    }

    fn plain_answer(&mut self, key: &'a Key, media: &'a Node, prefix: &Name) -> SuccessKind {
        let essence = essence(&key.text);
        let schema = media.get("schema");
        let target = schema.and_then(|schema| self.deref(schema));
        let binary = target.and_then(|schema| schema.get("format")).and_then(Node::as_str) == Some("binary");
        if binary {
            return SuccessKind::Download;
        }
        if is_json(&essence) || (essence == "*/*" && schema.is_some_and(|schema| self.is_json_schema(schema)))
        {
            let ty = schema.map_or(Type::Any, |schema| {
                let used = self.used(schema, &prefix.with("Response"));
                self.item(used)
            });
            return SuccessKind::Json(ty);
        }
        if essence.starts_with("text/") || essence == "application/xml" {
            return SuccessKind::Text;
        }
        SuccessKind::Download
    }

    fn event_answer(&mut self, media: &'a Node, prefix: &Name) -> SuccessKind {
        let Some(schema) = media.get("schema") else { return SuccessKind::Events(Type::Any) };
        let used = self.used(schema, &prefix.with("Event"));
        if let (Type::Named(id), Some(target)) = (&used.ty, self.deref(schema)) {
            self.events.push((*id, target));
        }
        match used.ty {
            Type::Named(_) | Type::Any | Type::String => SuccessKind::Events(used.ty),
            _ => {
                self.unsupported(
                    schema.span,
                    "an event that is neither an object nor text",
                    "describe the data of one event here, as an object",
                );
                SuccessKind::Events(Type::Any)
            }
        }
    }

    /// Several successes make one method only where they carry the same.
    fn one_answer(&mut self, successes: Vec<(Success, Span)>) -> Vec<Success> {
        let mut answers: Vec<Success> = Vec::new();
        for (success, span) in successes {
            let streaming = matches!(success.kind, SuccessKind::Events(_));
            let earlier =
                answers.iter().find(|answer| matches!(answer.kind, SuccessKind::Events(_)) == streaming);
            match earlier {
                None => answers.push(success),
                Some(earlier) if earlier.kind == success.kind => {}
                Some(_) => self.unsupported(
                    span,
                    "a second successful answer with another body",
                    "describe both bodies with one schema, or keep one of the answers",
                ),
            }
        }
        answers
    }

    fn error_type(&mut self, statuses: Statuses, response: &'a Node, prefix: &Name) -> Option<Type> {
        let content = self.mapping(response, "content");
        let (_, media) = content.iter().find(|(key, _)| is_json(&essence(&key.text)) || key.text == "*/*")?;
        let schema = media.get("schema")?;
        let suffix = match statuses {
            Statuses::One(code) => format!("Error{code}"),
            Statuses::Class(class) => format!("Error{class}xx"),
            Statuses::Default => "Error".to_owned(),
        };
        Some(self.used(schema, &prefix.with(&suffix)).ty)
    }

    /// Error bodies on which all operations agree, by what they carry.
    fn error_bodies(&mut self, operations: &[Errors]) -> Vec<ErrorBody> {
        let mut by_status: BTreeMap<Statuses, Option<Type>> = BTreeMap::new();
        for (statuses, ty) in operations.iter().flatten() {
            let agreed = by_status.entry(*statuses).or_insert_with(|| Some(ty.clone()));
            if agreed.as_ref() != Some(ty) {
                *agreed = None;
            }
        }
        let mut scope = Scope::with_reserved(&["Self"]);
        let mut bodies: Vec<ErrorBody> = Vec::new();
        for (statuses, ty) in by_status {
            let Some(ty) = ty else { continue };
            match bodies.iter_mut().find(|body| body.ty == ty) {
                Some(body) => body.statuses.push(statuses),
                None => {
                    let wanted = self.type_name(&ty).unwrap_or_else(|| match statuses {
                        Statuses::One(code) => format!("Status{code}"),
                        Statuses::Class(class) => format!("Status{class}xx"),
                        Statuses::Default => "Default".to_owned(),
                    });
                    bodies.push(ErrorBody {
                        name: scope.claim(Name::pascal(&wanted)),
                        ty,
                        statuses: vec![statuses],
                    });
                }
            }
        }
        bodies
    }

    /// The body property that switches between an answer and a stream.
    fn stream_flag(&mut self, node: &'a Node, body: Option<&Body>, streams: bool) -> Option<Flag> {
        let flag = node.get("x-stream-flag")?;
        let property = self.text(node, "x-stream-flag")?;
        let schema = self.deref(node.get("requestBody")?).and_then(json_schema);
        let schema = schema.and_then(|schema| self.deref(schema));
        let declared = schema.and_then(|schema| schema.get("properties")).and_then(|all| all.get(property));
        let boolean =
            declared.is_some_and(|schema| schema.get("type").and_then(Node::as_str) == Some("boolean"));
        if !boolean || !matches!(body, Some(Body { kind: BodyKind::Json(_), .. })) {
            self.problems.error(
                flag.span,
                "`x-stream-flag` must name a boolean property of the JSON body",
                "no such property",
                "declare the property in the body's schema, not in a part of an `allOf`",
            );
            return None;
        }
        if !streams {
            self.problems.error(
                flag.span,
                "`x-stream-flag` needs an answer of `text/event-stream` beside another one",
                "nothing to choose between",
                "declare both media types for the successful answer",
            );
        }
        let aliases = declared.map(|schema| self.aliases(schema)).unwrap_or_default();
        Some(Flag { property: property.to_owned(), aliases })
    }

    fn paging(&mut self, rule: &'a Node, operation: &Operation, names: &mut Scope) -> Option<Paging> {
        self.check_keys(rule, "`x-pagination`", &["style", "items", "next-link", "next-token", "parameter"]);
        let wire = self.text(rule, "parameter").unwrap_or_default();
        let items = self.text(rule, "items").unwrap_or_default();
        let (next, link) = match self.text(rule, "next-link") {
            Some(next) => (next, Link::Url),
            None => (self.text(rule, "next-token").unwrap_or_default(), Link::Token),
        };
        let page = match &operation.success.kind {
            SuccessKind::Json(Type::Named(id)) => self.fields_of(*id),
            _ => Vec::new(),
        };
        let list = page.iter().find(|field| field.wire == items);
        let leads = page.iter().find(|field| field.wire == next);
        let parameter =
            operation.params.iter().flat_map(|params| &params.fields).find(|field| field.wire == wire);
        let item = match list {
            Some(PageField { ty: Type::Array(item), .. }) => Some((**item).clone()),
            _ => None,
        };
        let (Some(list), Some(item), Some(leads), Some(parameter)) = (list, item, leads, parameter) else {
            self.problems.error(
                rule.span,
                "`x-pagination` does not fit this operation",
                format!(
                    "needs {}",
                    if parameter.is_none() {
                        "`parameter`: the query parameter that selects the page"
                    } else if leads.is_none() {
                        "`next-link` or `next-token`: the answer's property that leads on"
                    } else {
                        "`items`: the answer's property with the list"
                    }
                ),
                "name properties of the answer's schema and a query parameter of this operation",
            );
            return None;
        };
        if operation.body.is_some() {
            self.unsupported(rule.span, "`x-pagination` of an operation with a body", "remove it");
        }
        if parameter.required {
            self.problems.error(
                rule.span,
                "the parameter that selects the page must be optional",
                "the first page is asked for without it",
                "remove `required` from the parameter",
            );
        }
        Some(Paging {
            name: names.claim(operation.name.with("_items")),
            items: list.name.clone(),
            items_presence: list.presence,
            item,
            next: leads.name.clone(),
            next_presence: leads.presence,
            link,
            parameter: parameter.name.clone(),
            parameter_wire: wire.to_owned(),
            parameter_ty: parameter.ty.clone(),
        })
    }

    /// A struct's fields as an answer shows them.
    fn fields_of(&self, id: TypeId) -> Vec<PageField> {
        let slot = &self.types[id.0];
        let Some(TypeKind::Struct(object)) = slot.def.as_ref().map(|def| &def.kind) else {
            return Vec::new();
        };
        object
            .fields
            .iter()
            .zip(&slot.properties)
            .map(|(field, property)| PageField {
                name: field.name.clone(),
                wire: field.wire.clone(),
                ty: field.ty.clone(),
                presence: super::finish::presence(property, &field.ty, Way { sent: false, received: true }),
            })
            .collect()
    }
}

/// Where an operation stands.
struct Context<'a> {
    path: &'a Key,
    item: &'a Node,
    node: &'a Node,
    method: Method,
    verb: &'a str,
}

/// The property that asks for a stream.
struct Flag {
    property: String,
    aliases: Vec<String>,
}

/// A field of a page.
struct PageField {
    name: Name,
    wire: String,
    ty: Type,
    presence: Presence,
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

/// The schema of a body's JSON, where it has one.
pub(super) fn json_schema(body: &Node) -> Option<&Node> {
    let content = body.get("content")?.entries();
    content.iter().find(|(key, _)| is_json(&essence(&key.text)))?.1.get("schema")
}

/// `create_completion` streams as `stream_completion`.
fn stream_name(base: &Name) -> Name {
    let text = base.as_str();
    let rest = ["create_", "send_", "post_", "get_", "run_"].iter().find_map(|verb| text.strip_prefix(verb));
    Name::snake(&format!("stream_{}", rest.unwrap_or(text)))
}

/// A link to a type of the document, from any module.
fn link(name: &str) -> String {
    format!("[`{name}`](crate::models::{name})")
}

/// `a, b and c`
fn enumerate(list: &[String]) -> String {
    match list {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn flagged(body: Body, flag: Option<&Flag>, value: bool) -> Body {
    match (body.kind, flag) {
        (BodyKind::Json(ty), Some(flag)) => Body {
            kind: BodyKind::Flagged {
                ty,
                property: flag.property.clone(),
                aliases: flag.aliases.clone(),
                value,
            },
            ..body
        },
        (kind, _) => Body { kind, ..body },
    }
}

fn kind(status: &str) -> Option<Kind> {
    if status == "default" {
        return Some(Kind::Failure(Statuses::Default));
    }
    let class = status.chars().next()?.to_digit(10)? as u16;
    let wildcard = status.len() == 3 && status[1..].eq_ignore_ascii_case("xx");
    let code = status.parse::<u16>().ok().filter(|code| (100..600).contains(code));
    match (class, code, wildcard) {
        (2, None, true) => Some(Kind::Success(200)),
        (2, Some(code), _) => Some(Kind::Success(code)),
        (1 | 3, Some(_), _) | (1 | 3, None, true) => Some(Kind::Neither),
        (4 | 5, None, true) => Some(Kind::Failure(Statuses::Class(class))),
        (4 | 5, Some(code), _) => Some(Kind::Failure(Statuses::One(code))),
        _ => None,
    }
}

/// A media type without parameters, in lower case.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

/// Which of several forms of a body is sent: lowest first.
fn body_rank(media_type: &str) -> u8 {
    let essence = essence(media_type);
    match essence.as_str() {
        "application/json" => 0,
        _ if is_json(&essence) => 1,
        "application/x-www-form-urlencoded" => 2,
        "text/plain" => 4,
        _ if essence.starts_with("multipart/") => 6,
        _ if essence.contains("xml") => 5,
        _ => 3,
    }
}

/// Which of several forms of an answer is read: lowest first.
fn answer_rank(media_type: &str) -> u8 {
    let essence = essence(media_type);
    match essence.as_str() {
        "application/json" => 0,
        _ if is_json(&essence) => 1,
        _ if essence.contains("xml") => 4,
        _ if essence.starts_with("text/") => 3,
        _ => 2,
    }
}

/// Whether two forms of a body carry the same, as far as references tell.
fn same_schema(a: Option<&Node>, b: Option<&Node>) -> bool {
    let reference =
        |schema: Option<&Node>| schema.and_then(|schema| schema.get("$ref")?.as_str()).map(str::to_owned);
    match (reference(a), reference(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => match (a, b) {
            (Some(a), Some(b)) => super::object::json(a) == super::object::json(b),
            (a, b) => a.is_none() && b.is_none(),
        },
        _ => false,
    }
}
