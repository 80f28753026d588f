//! The document's frame: version, title, and the order in which the rest is lowered.

use super::Lower;
use crate::docs;
use crate::ir::{self, Text};
use crate::names::Name;
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
        let auth = self.auth_schemes();
        let security = self.security(root, &auth).unwrap_or_default();

        self.find_stream_flags();
        self.components();
        let mut servers = self.general_servers();
        let (mut routes, rules): (Vec<_>, Vec<_>) = self.routes(&auth, &mut servers).into_iter().unzip();
        let errors = self.error_bodies(&routes);
        let error_shape = self.error_shape(&errors);
        let types = self.types(&routes, &errors);
        for (route, rule) in routes.iter_mut().zip(rules) {
            if let Some(rule) = rule {
                self.add_pages(route, rule, &types);
            }
        }
        Some(ir::Api {
            service: Name::pascal(&wanted),
            product: Name::snake(&wanted).as_str().replace('_', "-"),
            env_prefix: Name::shouty(&wanted).as_str().to_owned(),
            text: self.api_words(info, title),
            version: version(info),
            servers: servers.0,
            auth,
            security,
            types,
            routes,
            errors,
            error_shape,
        })
    }

    /// Completes the drafts and builds what is used of them.
    fn types(
        &mut self,
        routes: &[ir::Route],
        errors: &[ir::ErrorBody],
    ) -> std::collections::BTreeMap<ir::TypeId, ir::TypeDef> {
        self.apply_tags();
        let reach = self.reach(routes, errors);
        self.order_unions();
        self.refuse_empty_circles();
        self.box_circles();
        self.build(&reach)
    }

    fn api_words(&mut self, info: &'a Node, title: &str) -> Text {
        let description = self.text(info, "description").unwrap_or_default().to_owned();
        Text { summary: title.to_owned(), description, ..Text::default() }
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
}

fn version(info: &Node) -> String {
    match info.get("version").map(|version| &version.value) {
        Some(Value::String(text) | Value::Number(text)) => text.clone(),
        _ => String::new(),
    }
}
