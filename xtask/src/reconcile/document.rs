//! The curated document, as far as the check needs it: references followed, `allOf` of one component looked through.

use codegen::diagnostics::Span;
use codegen::parse::{Node, Value};

/// The document.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    root: &'a Node,
}

/// A schema with everything that it is made of.
pub struct Schema<'a> {
    /// The node itself, then what it refers to.
    layers: Vec<&'a Node>,
    /// The component that says what it is.
    pub component: Option<&'a str>,
}

/// How far references may lead.
const DEPTH: usize = 16;

impl<'a> Document<'a> {
    /// Looks at a parsed document.
    pub fn new(root: &'a Node) -> Self {
        Self { root }
    }

    /// Path, its item, method and operation, in the document's order.
    pub fn operations(self) -> impl Iterator<Item = (&'a str, &'a Node, String, &'a Node)> {
        let paths = self.root.get("paths").map_or(&[][..], Node::entries);
        paths.iter().flat_map(|(path, item)| {
            let operations = item.entries().iter().filter(|(_, node)| node.get("operationId").is_some());
            operations.map(move |(method, node)| (path.text.as_str(), item, method.text.to_uppercase(), node))
        })
    }

    /// The path part of every server that an operation is offered on.
    pub fn prefixes(self, operation: &'a Node) -> Vec<&'a str> {
        let servers = operation.get("servers").or_else(|| self.root.get("servers"));
        let urls =
            servers.map_or(&[][..], Node::items).iter().filter_map(|server| server.get("url")?.as_str());
        urls.map(|url| {
            url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("")
        })
        .collect()
    }

    /// What a node refers to, or the node itself.
    pub fn follow(self, node: &'a Node) -> &'a Node {
        let mut node = node;
        for _ in 0..DEPTH {
            match node.get("$ref").and_then(Node::as_str).and_then(|reference| self.pointer(reference)) {
                Some(target) => node = target,
                None => break,
            }
        }
        node
    }

    /// Reads a schema.
    pub fn schema(self, node: &'a Node) -> Schema<'a> {
        let mut schema = Schema { layers: Vec::new(), component: None };
        self.collect(node, &mut schema, DEPTH);
        schema
    }

    /// The parameters of an operation and of its path.
    pub fn parameters(self, item: &'a Node, operation: &'a Node) -> Vec<&'a Node> {
        let listed = [item, operation].into_iter().filter_map(|node| node.get("parameters"));
        listed.flat_map(Node::items).map(|node| self.follow(node)).collect()
    }

    /// Names of all schemas with their nodes.
    pub fn schemas(self) -> impl Iterator<Item = (&'a str, &'a Node)> {
        let schemas = self.root.get("components").and_then(|components| components.get("schemas"));
        schemas.map_or(&[][..], Node::entries).iter().map(|(name, node)| (name.text.as_str(), node))
    }

    /// What holds for the whole document: its servers, how calls are secured, and each way of doing so. A place, where it
    /// stands, and what is said there.
    pub fn general(self) -> Vec<(String, Span, String)> {
        let text = |node: &Node, key: &str| node.get(key).map(json).unwrap_or_default();
        let mut general = Vec::new();
        if let Some(servers) = self.root.get("servers") {
            let urls: Vec<String> = servers.items().iter().map(|server| text(server, "url")).collect();
            general.push(("servers".to_owned(), servers.span, urls.join(", ")));
        }
        if let Some(security) = self.root.get("security") {
            general.push(("security".to_owned(), security.span, json(security)));
        }
        let schemes = self.root.get("components").and_then(|components| components.get("securitySchemes"));
        for (name, scheme) in schemes.map_or(&[][..], Node::entries) {
            let parts = ["type", "in", "name", "scheme", "x-prefix"].map(|key| text(scheme, key));
            let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            general.push((
                format!("security {}", name.text),
                scheme.span,
                said.join(" ").trim_end().to_owned(),
            ));
        }
        general
    }

    fn collect(self, node: &'a Node, schema: &mut Schema<'a>, depth: usize) {
        if depth == 0 {
            return;
        }
        schema.layers.push(node);
        if let Some(reference) = node.get("$ref").and_then(Node::as_str)
            && let Some(target) = self.pointer(reference)
        {
            schema.component = schema.component.or(reference.rsplit('/').next());
            self.collect(target, schema, depth - 1);
        }
        for part in node.get("allOf").map_or(&[][..], Node::items) {
            self.collect(part, schema, depth - 1);
        }
    }

    fn pointer(self, reference: &str) -> Option<&'a Node> {
        reference.strip_prefix("#/")?.split('/').try_fold(self.root, |node, key| node.get(key))
    }
}

impl<'a> Schema<'a> {
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
    pub fn kind(&self, document: Document<'a>) -> String {
        if let Some(kind) = self.text("type") {
            return kind.to_owned();
        }
        let mut kinds: Vec<String> = self
            .get("oneOf")
            .map_or(&[][..], Node::items)
            .iter()
            .map(|alternative| document.schema(alternative).kind(document))
            .collect();
        kinds.sort();
        kinds.dedup();
        if kinds.is_empty() { "any".to_owned() } else { kinds.join(" | ") }
    }
}

/// A value in JSON's spelling, for comparing and for messages.
pub fn json(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(text) => text.clone(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", key.text, json(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}
