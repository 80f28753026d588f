//! The document's frame: version, title, servers, security, and the order in which the rest is lowered.

use super::Lower;
use super::operation::NamedServers;
use crate::docs::{self, Docs};
use crate::ir::{self, AuthKind, AuthScheme, Security, Server};
use crate::names::{Name, Scope};
use crate::parse::{Node, Value};

const DOCUMENT_KEYS: &[&str] = &[
    "openapi",
    "info",
    "servers",
    "paths",
    "components",
    "security",
    "tags",
    "externalDocs",
    "jsonSchemaDialect",
];

impl<'a> Lower<'a> {
    pub(super) fn api(&mut self) -> Option<ir::Api> {
        if !self.is_openapi() {
            return None;
        }
        self.check_document_keys();
        let root = self.root;
        let info = root.get("info").unwrap_or(root);
        let title = self.text(info, "title").unwrap_or("API");
        let wanted = self.name_override(info).unwrap_or_else(|| title.to_owned());
        let service = self.claim_type(Name::pascal(&wanted));
        let auth = self.auth_schemes();
        let security = self.security(root, &auth).unwrap_or_default();

        self.find_stream_flags();
        self.components();
        let mut servers =
            NamedServers { global: self.servers(root), scope: Scope::default(), own: Vec::new() };
        for server in &servers.global {
            servers.scope.claim(server.name.clone());
        }
        let (operations, errors) = self.operations(&auth, &mut servers);
        let mut api = ir::Api {
            product: Name::snake(&wanted).as_str().replace('_', "-"),
            env_prefix: Name::shouty(&wanted).as_str().to_owned(),
            docs: self.api_docs(info, title),
            service,
            servers: servers.global,
            operation_servers: servers.own,
            auth,
            security,
            types: Vec::new(),
            operations,
            error_shape: ir::ErrorShape { detail: "detail".to_owned(), fields: false },
            errors,
            uses_uuid: false,
        };
        self.finish(&mut api);
        Some(api)
    }

    fn is_openapi(&mut self) -> bool {
        let root = self.root;
        if let Some(version) = root.get("swagger") {
            self.problems.error(
                version.span,
                "this is a Swagger 2 document",
                "older than OpenAPI 3",
                "convert it to OpenAPI 3.0, for example with `swagger2openapi`",
            );
            return false;
        }
        let Some(version) = root.get("openapi") else {
            self.problems.error(
                root.span,
                "this is not an OpenAPI document",
                "`openapi` is missing at the top level",
                "start the document with `openapi: 3.0.3`",
            );
            return false;
        };
        let text = match &version.value {
            Value::String(text) | Value::Number(text) => text.as_str(),
            _ => "",
        };
        if !(text.starts_with("3.0") || text.starts_with("3.1")) {
            self.problems.error(
                version.span,
                format!("OpenAPI {} is not supported", docs::plain(text)),
                "unknown version",
                "use OpenAPI 3.0 or 3.1",
            );
            return false;
        }
        true
    }

    fn check_document_keys(&mut self) {
        let root = self.root;
        if let Some(webhooks) = root.get("webhooks").filter(|webhooks| !webhooks.entries().is_empty()) {
            self.problems.warning(
                webhooks.span,
                "webhooks are not generated",
                "ignored",
                "declare their bodies under `components/schemas` to get types for them",
            );
        }
        let mut known = DOCUMENT_KEYS.to_vec();
        known.push("webhooks");
        self.check_keys(root, "an OpenAPI document", &known);
    }

    fn api_docs(&mut self, info: &'a Node, title: &str) -> Docs {
        let version = match info.get("version").map(|version| &version.value) {
            Some(Value::String(text) | Value::Number(text)) => docs::sanitise_line(text),
            _ => String::new(),
        };
        let mut lines = vec![format!("{}, version {version}.", docs::sanitise_line(title))];
        let description = self.text(info, "description").map(docs::sanitise).unwrap_or_default();
        if !description.is_empty() {
            lines.push(String::new());
            lines.extend(description);
        }
        lines
    }

    /// The servers of the document, a path or an operation.
    pub(super) fn servers(&mut self, node: &'a Node) -> Vec<Server> {
        let mut scope = Scope::default();
        let mut servers = Vec::new();
        for (index, server) in self.list(node, "servers").iter().enumerate() {
            let Some(url) = self.text(server, "url") else {
                self.expected(server, "a server", "a mapping with `url`");
                continue;
            };
            let wanted = match (self.name_override(server), index) {
                (Some(name), _) => name,
                (None, 0) => "default".to_owned(),
                (None, _) => format!("server {}", index + 1),
            };
            servers.push(Server {
                name: scope.claim(Name::shouty(&wanted)),
                prefix: String::new(),
                url: self.fill_variables(server, url),
                docs: self.docs(server),
            });
        }
        for server in &mut servers {
            server.prefix = prefix(&server.url);
        }
        servers
    }

    /// Puts each variable's default into a server's URL.
    fn fill_variables(&mut self, server: &'a Node, url: &str) -> String {
        let mut filled = url.to_owned();
        for (name, variable) in self.mapping(server, "variables") {
            let default = match variable.get("default").map(|default| &default.value) {
                Some(Value::String(text) | Value::Number(text)) => text.clone(),
                _ => {
                    self.expected(variable, "a server variable", "a mapping with a `default`");
                    continue;
                }
            };
            filled = filled.replace(&format!("{{{}}}", name.text), &default);
        }
        filled
    }

    fn auth_schemes(&mut self) -> Vec<AuthScheme> {
        let Some(components) = self.root.get("components") else { return Vec::new() };
        let mut schemes = Vec::new();
        for (key, scheme) in self.mapping(components, "securitySchemes") {
            let Some(scheme) = self.deref(scheme) else { continue };
            if let Some(kind) = self.auth_kind(scheme) {
                schemes.push(AuthScheme { name: key.text.clone(), kind });
            }
        }
        schemes
    }

    fn auth_kind(&mut self, scheme: &'a Node) -> Option<AuthKind> {
        let text = |key: &str| scheme.get(key).and_then(Node::as_str);
        let name = text("name").unwrap_or_default().to_owned();
        if text("type") == Some("apiKey") {
            let span = scheme.get("name").map_or(scheme.span, |name| name.span);
            match text("in") {
                Some(place @ ("header" | "cookie")) => self.check_token(&name, span, &format!("a {place}")),
                _ if name.is_empty() => self.expected(scheme, "an API key", "a mapping with `name`"),
                _ => {}
            }
        }
        let http = text("scheme").map(str::to_ascii_lowercase);
        match (text("type"), text("in"), http.as_deref()) {
            (Some("apiKey"), Some("header"), _) => {
                let prefix = self.text(scheme, "x-prefix").unwrap_or_default().to_owned();
                if let Some(given) =
                    scheme.get("x-prefix").filter(|_| !prefix.bytes().all(|b| matches!(b, b' '..=b'~')))
                {
                    self.expected(given, "`x-prefix`", "text of visible ASCII characters");
                }
                Some(AuthKind::Header { header: name, prefix })
            }
            (Some("apiKey"), Some("query"), _) => Some(AuthKind::Query(name)),
            (Some("apiKey"), Some("cookie"), _) => Some(AuthKind::Cookie(name)),
            (Some("http"), _, Some("basic")) => Some(AuthKind::Basic),
            (Some("http"), _, Some("bearer")) | (Some("oauth2" | "openIdConnect"), ..) => {
                Some(AuthKind::Bearer)
            }
            _ => {
                self.problems.warning(
                    scheme.span,
                    "this way to authenticate is not supported",
                    "ignored",
                    "apiKey, http basic, http bearer, oauth2 and openIdConnect are; for others pass your own HTTP client",
                );
                None
            }
        }
    }

    /// The security requirement of the document or an operation; nothing where it has none of its own.
    pub(super) fn security(&mut self, node: &'a Node, schemes: &[AuthScheme]) -> Option<Security> {
        node.get("security")?;
        let mut alternatives = Security::new();
        for requirement in self.list(node, "security") {
            let mut set = Vec::new();
            if !matches!(requirement.value, Value::Object(_)) {
                self.expected(requirement, "a security requirement", "a mapping");
                continue;
            }
            for (key, _) in requirement.entries() {
                if schemes.iter().any(|scheme| scheme.name == key.text) {
                    set.push(key.text.clone());
                } else {
                    self.problems.warning(
                        key.span,
                        format!("no usable security scheme is called `{}`", docs::plain(&key.text)),
                        "this alternative is ignored",
                        "declare it under `components/securitySchemes`",
                    );
                }
            }
            if set.len() == requirement.entries().len() {
                alternatives.push(set);
            }
        }
        Some(alternatives)
    }

    /// Notes which body property each streaming operation switches with, before schemas become types.
    fn find_stream_flags(&mut self) {
        for (_, item) in self.root.get("paths").map(Node::entries).unwrap_or_default() {
            for (_, operation) in item.entries() {
                let Some(flag) = operation.get("x-stream-flag").and_then(Node::as_str) else { continue };
                let Some(body) = operation.get("requestBody") else { continue };
                let schema = self.deref(body).and_then(|body| super::operation::json_schema(body));
                if let Some(schema) = schema.and_then(|schema| self.deref(schema)) {
                    self.flags.insert(schema, flag.to_owned());
                }
            }
        }
    }
}

/// The path of a URL without a slash at its end: `https://host/api/` has `/api`.
fn prefix(url: &str) -> String {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = if url.starts_with('/') {
        url
    } else {
        behind_scheme.find('/').map_or("", |at| &behind_scheme[at..])
    };
    path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned()
}
