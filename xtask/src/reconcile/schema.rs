//! What of the curated document the check compares: schemas with everything they are made of, and what holds for the whole.

use codegen::diagnostics::Span;
use codegen::document::{Document, Operation, operations_of, words};
use codegen::parse::Node;

/// A schema with everything that it is made of.
pub struct Schema<'a> {
    /// The node itself, then what it refers to.
    layers: Vec<&'a Node>,
    /// The component that says what it is.
    pub component: Option<&'a str>,
}

impl<'a> Schema<'a> {
    /// Reads a schema.
    pub fn new(document: &Document<'a>, node: &'a Node) -> Self {
        let layers = document.layers(node);
        let mut references = layers.iter().filter_map(|layer| layer.get("$ref")?.as_str());
        let component = references.find_map(|reference| reference.rsplit('/').next());
        Self { layers, component }
    }

    /// The nearest value of a keyword.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    /// The nearest text of a keyword.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Node::as_str)
    }

    /// Where it is written.
    pub fn node(&self) -> &'a Node {
        self.layers[0]
    }

    /// Names and schemas of all properties.
    pub fn properties(&self) -> impl Iterator<Item = (&'a str, &'a Node)> {
        let properties = self.layers.iter().filter_map(|layer| layer.get("properties"));
        properties.flat_map(Node::entries).map(|(name, node)| (name.text.as_str(), node))
    }

    /// Whether a property is required.
    pub fn requires(&self, name: &str) -> bool {
        let lists = self.layers.iter().filter_map(|layer| layer.get("required"));
        lists.flat_map(Node::items).any(|item| item.as_str() == Some(name))
    }

    /// The type in words: `string`, `integer | string`, `any`.
    pub fn kind(&self, document: &Document<'a>) -> String {
        if let Some(kind) = self.text("type") {
            return kind.to_owned();
        }
        let mut kinds: Vec<String> = self
            .get("oneOf")
            .map_or(&[][..], Node::items)
            .iter()
            .map(|alternative| Self::new(document, alternative).kind(document))
            .collect();
        kinds.sort();
        kinds.dedup();
        if kinds.is_empty() { "any".to_owned() } else { kinds.join(" | ") }
    }
}

/// What holds for the whole document: its servers, how calls are secured, and each way of doing so. A place, where it
/// stands, and what is said there.
pub fn general(document: &Document<'_>) -> Vec<(String, Span, String)> {
    let root = document.root();
    let text = |node: &Node, key: &str| node.get(key).map(words).unwrap_or_default();
    let mut general = Vec::new();
    if let Some(servers) = root.get("servers") {
        let urls: Vec<String> = servers.items().iter().map(|server| text(server, "url")).collect();
        general.push(("servers".to_owned(), servers.span, urls.join(", ")));
    }
    if let Some(security) = root.get("security") {
        // The ledger writes it without quotes.
        general.push(("security".to_owned(), security.span, words(security).replace('"', "")));
    }
    let schemes = root.get("components").and_then(|components| components.get("securitySchemes"));
    for (name, scheme) in schemes.map_or(&[][..], Node::entries) {
        let parts = ["type", "in", "name", "scheme", "x-prefix"].map(|key| text(scheme, key));
        let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        general.push((format!("security {}", name.text), scheme.span, said.join(" ").trim_end().to_owned()));
    }
    let webhooks = ["webhooks", "x-webhooks"].into_iter().filter_map(|key| root.get(key));
    for (name, item) in webhooks.flat_map(Node::entries) {
        let said: Vec<String> =
            operations_of(name, item, item).map(|operation| webhook(document, &operation)).collect();
        general.push((format!("webhook {}", name.text), item.span, said.join("; ")));
    }
    general
}

/// What arrives, and how it is answered: `POST Message, answered by 200`.
fn webhook(document: &Document<'_>, operation: &Operation<'_>) -> String {
    let content = operation.node.get("requestBody").and_then(|body| body.get("content"));
    let schemas = content.map_or(&[][..], Node::entries).iter().filter_map(|(_, media)| media.get("schema"));
    let bodies = schemas.map(|schema| {
        let schema = Schema::new(document, schema);
        format!(" {}", schema.component.map_or_else(|| schema.kind(document), str::to_owned))
    });
    let statuses = operation.node.get("responses").map_or(&[][..], Node::entries).iter();
    let statuses: Vec<&str> = statuses.map(|(status, _)| status.text.as_str()).collect();
    let verb = operation.verb.text.to_uppercase();
    format!("{verb}{}, answered by {}", bodies.collect::<String>(), statuses.join(", "))
}
