//! The document's frame, and the order in which the rest is lowered.

use super::Lower;
use super::failure;
use super::reach::Reach;
use super::route::{Ids, Unpaged};
use super::tags::Tags;
use crate::diagnostics::Effect;
use crate::docs;
use crate::document::Document;
use crate::foreign::{self, Foreign};
use crate::ir::{Api, Call, Route, Text, TypeDef, TypeId};
use crate::names::Name;
use crate::parse::{Node, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    "$self",
    "webhooks",
];

/// Modules that the generator may write.
const MODULES: &[&str] = &[
    "answers",
    "api",
    "blocking",
    "client",
    "decisions",
    "errors",
    "forms",
    "headers",
    "models",
    "params",
    "server",
    "shared",
    "webhooks",
];

impl<'a> Lower<'a> {
    /// The whole model; nothing where the document is none of OpenAPI.
    pub(super) fn api(&mut self) -> Option<Api> {
        if !self.is_openapi() {
            return None;
        }
        self.check_document_keys();
        let root = self.root;
        let info = root.get("info").unwrap_or(root);
        let title = self.text(info, "title").unwrap_or("API");
        let name = self.name_override(info);
        let prefix = name.clone().unwrap_or_else(|| product(title));
        let wanted = name.unwrap_or_else(|| title.to_owned());
        let auth = self.auth_schemes();
        let security = self.security(root, &auth).unwrap_or_default();
        let text = self.api_text(info, title);
        let mut servers = self.general_servers();

        // First what everything is by itself ...
        self.find_stream_flags();
        self.find_heirs();
        self.components();
        let mut ids = Ids::new();
        let mut routes = self.routes(&auth, &mut servers, &mut ids);
        let mut receivers = self.receivers(&auth, &routes, &mut ids);

        // ... then what follows from the whole.
        let called = || routes.iter().map(|unpaged| &unpaged.route);
        let reach = Reach::of(&self.drafts, &Tags::default(), called, (&receivers, &self.headers), []);
        let sent = routes.iter_mut().filter_map(|unpaged| unpaged.route.body.as_mut());
        let answered = receivers.iter_mut().flat_map(|receiver| &mut receiver.route.calls);
        self.split(&reach, sent, answered);
        let tags = self.settle_tags();
        self.limit_depth();
        // What is the body of a form, and nothing else, is a struct of its parts.
        let named = self.named.values().copied().filter(|id| !self.forms.contains(id));
        let named: Vec<TypeId> = named.collect();
        let called = || routes.iter().map(|unpaged| &unpaged.route);
        let reach = Reach::of(&self.drafts, &tags, called, (&receivers, &self.headers), named);
        self.break_circles();
        let types = self.build(&reach, &tags);
        let mut routes: Vec<Route> = routes.into_iter().map(|unpaged| self.paged(unpaged, &types)).collect();
        join_tags(&mut routes, &self.document);
        let errors = failure::bodies(&routes);
        Some(Api {
            service: Name::pascal(&wanted),
            product: Name::snake(&wanted).as_str().replace('_', "-"),
            env_prefix: Name::shouty(&prefix).as_str().to_owned(),
            text,
            own_modules: self.own_modules(info),
            version: version(info),
            servers,
            auth,
            security,
            types,
            routes,
            groups: self.groups(),
            receivers,
            headers: std::mem::take(&mut self.headers),
            error_shape: failure::shape(&errors, &self.drafts, self.general.take()),
            errors,
        })
    }

    /// The route with a call for all its pages, where the document says how they are linked.
    fn paged(
        &mut self,
        Unpaged { route, pagination, .. }: Unpaged<'a>,
        types: &BTreeMap<TypeId, TypeDef>,
    ) -> Route {
        let paging = pagination.and_then(|rule| self.paging(rule, &route, types));
        let calls = route.calls.iter().cloned().chain(paging.map(Call::AllPages)).collect();
        Route { calls, ..route }
    }

    fn is_openapi(&mut self) -> bool {
        let root = self.root;
        let Some(version) = root.get("openapi") else {
            let Foreign { message, span, help } = foreign::of_tree(root);
            self.problems.error(span, message, "of another kind", help);
            return false;
        };
        let text = match &version.value {
            Value::String(text) | Value::Number(text) => text.as_str(),
            _ => "",
        };
        match text.split('.').collect::<Vec<_>>()[..] {
            ["3", "0" | "1", ..] => {}
            ["3", ..] => self.problems.warning(
                Effect::Ignored,
                version.span,
                format!("OpenAPI {} is read as 3.1", docs::plain(text)),
                "what is new in it is left out",
                "use OpenAPI 3.1, or check the other warnings",
            ),
            _ => {
                self.problems.error(
                    version.span,
                    format!("OpenAPI {} is not supported", docs::plain(text)),
                    "unknown version",
                    "use OpenAPI 3.0 or 3.1",
                );
                return false;
            }
        }
        true
    }

    fn check_document_keys(&mut self) {
        let root = self.root;
        self.check_keys(root, "an OpenAPI document", DOCUMENT_KEYS);
    }

    /// Modules that `x-rust-modules` declares.
    fn own_modules(&mut self, info: &'a Node) -> Vec<Name> {
        let Some(list) = info.get("x-rust-modules") else { return Vec::new() };
        let mut modules: Vec<Name> = Vec::new();
        for node in list.items() {
            let text = node.as_str().unwrap_or_default();
            let name = Name::snake(text);
            if name.as_str() != text || MODULES.contains(&text) || modules.contains(&name) {
                self.problems.error(
                    node.span,
                    "`x-rust-modules` lists modules that are written by hand",
                    "not a module's name, or one that is taken",
                    format!("choose a name such as `extras`; taken are {}", MODULES.join(", ")),
                );
                continue;
            }
            modules.push(name);
        }
        modules
    }

    fn api_text(&mut self, info: &'a Node, title: &str) -> Text {
        let description = self.text(info, "description").unwrap_or_default();
        Text { summary: title.to_owned(), description: description.to_owned(), ..Text::default() }
    }
}

/// Words at the end of a title that say what kind of thing it is.
const KINDS: &[&str] =
    &["api", "apis", "rest", "restful", "http", "web", "openapi", "definition", "spec", "specification"];

/// How many words of a title name the product.
const MOST_WORDS: usize = 4;

/// What a title is about, in few words: `Spotify Web API with fixes (unofficial)` is about Spotify.
fn product(title: &str) -> String {
    let ends = ["(", "[", " - ", "\u{2013}", "\u{2014}", ": ", ", ", " with ", " for "];
    let end = ends.iter().filter_map(|end| title.find(end)).filter(|end| *end > 0).min();
    let mut words: Vec<&str> = title[..end.unwrap_or(title.len())].split_whitespace().collect();
    if words.len() > 1 && words[0].eq_ignore_ascii_case("the") {
        words.remove(0);
    }
    while words.len() > 1 && words.last().is_some_and(|word| is_kind(word)) {
        words.pop();
    }
    words.truncate(MOST_WORDS);
    if words.is_empty() { title.to_owned() } else { words.join(" ") }
}

/// `API`, or a version such as `v3` or `1.0`.
fn is_kind(word: &str) -> bool {
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    let is_version = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_version || KINDS.iter().any(|kind| word.eq_ignore_ascii_case(kind))
}

fn version(info: &Node) -> String {
    match info.get("version").map(|version| &version.value) {
        Some(Value::String(text) | Value::Number(text)) => text.clone(),
        _ => String::new(),
    }
}

/// A route without a tag whose path leads where a tag of the same name is belongs to that tag: as a group of its own it would
/// take the tag's name away from the other routes.
fn join_tags(routes: &mut [Route], document: &Document<'_>) {
    let own = document
        .operations()
        .filter_map(|operation| operation.node.get("tags")?.items().iter().find_map(Node::as_str));
    let own: BTreeSet<&str> = own.collect();
    let tags: HashMap<Name, &str> = own.iter().map(|tag| (Name::snake(tag), *tag)).collect();
    for group in routes.iter_mut().filter_map(|route| route.group.as_mut()) {
        if let Some(tag) = tags.get(&Name::snake(group)).filter(|_| !own.contains(group.as_str())) {
            (*tag).clone_into(group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::product;

    #[test]
    fn titles_and_what_they_are_about() {
        for (title, expected) in [
            ("Spotify Web API with fixes and improvements from sonallux", "Spotify"),
            ("Swagger Petstore - OpenAPI 3.0", "Swagger Petstore"),
            ("GitHub v3 REST API", "GitHub"),
            ("OpenAI API", "OpenAI"),
            ("The Nexus API (unofficial)", "Nexus"),
            ("Rest", "Rest"),
            ("API", "API"),
            ("Web API", "Web"),
            ("", ""),
            ("(draft) Orders", "(draft) Orders"),
            ("Files: upload and download", "Files"),
            ("Stripe", "Stripe"),
            ("Amazon Simple Queue Service of the moon", "Amazon Simple Queue Service"),
            ("Orders API 2.1", "Orders"),
            ("商店 API", "商店"),
        ] {
            assert_eq!(product(title), expected, "{title}");
        }
    }
}
