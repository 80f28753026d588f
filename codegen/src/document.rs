//! A document as a reader sees it: references followed, compositions looked through, what is inherited filled in.
//!
//! In: the tree of a document. Out: nodes of it. Nothing is complained about here: who reads on behalf of a person asks for
//! the fault of a reference and says it, everybody else goes without. Nothing here is about Rust.

use crate::diagnostics::Span;
use crate::ir::Method;
use crate::parse::{Key, Node, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// A document.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    root: &'a Node,
    /// Components by section and name, so that following a reference does not search among thousands.
    components: HashMap<(&'a str, &'a str), &'a Node>,
    /// Path items by their paths.
    paths: HashMap<&'a str, &'a Node>,
}

/// A method of a path.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// The path.
    pub path: &'a Key,
    /// What stands under the path.
    pub item: &'a Node,
    /// The method as the document writes it.
    pub verb: &'a Key,
    /// The method.
    pub method: Method,
    /// What stands under the method.
    pub node: &'a Node,
}

/// A parameter of an operation or of its path.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<'a> {
    /// What describes it, behind all references.
    pub node: &'a Node,
    /// What it is called on the wire.
    pub name: &'a str,
    /// Where it goes: `path`, `query`, `header` or `cookie`.
    pub location: &'a str,
}

/// A reference that leads to nothing that could be used.
#[derive(Debug, Clone, Copy)]
pub struct Broken<'a> {
    /// The value of the `$ref`.
    pub reference: &'a Node,
    /// Why.
    pub fault: Fault<'a>,
}

/// Why a reference leads to nothing that could be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault<'a> {
    /// It is no text.
    NotText,
    /// It leads out of the document.
    Outside,
    /// It leads to the whole document.
    Whole,
    /// The document does not have what this JSON Pointer says.
    Missing(&'a str),
    /// It leads back to itself.
    Circle,
}

/// The methods that a path can have, as a document writes them.
pub const METHODS: &[(&str, Method)] = &[
    ("get", Method::Get),
    ("put", Method::Put),
    ("post", Method::Post),
    ("delete", Method::Delete),
    ("options", Method::Options),
    ("head", Method::Head),
    ("patch", Method::Patch),
    ("trace", Method::Trace),
];

/// How many compositions and references may lie within each other for [`Document::layers`].
const DEPTH: usize = 32;

impl<'a> Document<'a> {
    /// Looks at a parsed document.
    pub fn new(root: &'a Node) -> Self {
        let sections = root.get("components").map(Node::entries).unwrap_or_default();
        let components = sections.iter().flat_map(|(section, components)| {
            let entries = components.entries().iter();
            entries.map(|(key, node)| ((section.text.as_str(), key.text.as_str()), node))
        });
        let paths = root.get("paths").map(Node::entries).unwrap_or_default();
        Self {
            root,
            components: components.collect(),
            paths: paths.iter().map(|(path, item)| (path.text.as_str(), item)).collect(),
        }
    }

    /// The document's tree.
    pub fn root(&self) -> &'a Node {
        self.root
    }

    /// Every schema that has a name, in document order.
    pub fn schemas(&self) -> impl Iterator<Item = (&'a Key, &'a Node)> + use<'a> {
        let schemas = self.root.get("components").and_then(|components| components.get("schemas"));
        schemas.map(Node::entries).unwrap_or_default().iter().map(|(key, node)| (key, node))
    }

    /// Every method of every path, in document order; without paths whose reference is broken.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'a>> {
        let paths = self.root.get("paths").map(Node::entries).unwrap_or_default();
        paths.iter().flat_map(|(path, item)| {
            let item = self.resolve(item).ok();
            item.into_iter().flat_map(move |item| operations_of(path, item))
        })
    }

    /// The node itself, or what its `$ref` leads to in the end.
    ///
    /// # Errors
    /// The reference that leads to nothing, or back to itself.
    pub fn resolve(&self, node: &'a Node) -> Result<&'a Node, Broken<'a>> {
        let mut node = node;
        let mut seen: Vec<Span> = Vec::new();
        while let Some(reference) = node.get("$ref") {
            if seen.contains(&reference.span) {
                return Err(Broken { reference, fault: Fault::Circle });
            }
            seen.push(reference.span);
            node = self.target(reference)?;
        }
        Ok(node)
    }

    /// What the value of a `$ref` points to, one step.
    ///
    /// # Errors
    /// The reference, where it points to nothing.
    pub fn target(&self, reference: &'a Node) -> Result<&'a Node, Broken<'a>> {
        let broken = |fault| Err(Broken { reference, fault });
        let Some(text) = reference.as_str() else { return broken(Fault::NotText) };
        let Some(pointer) = text.strip_prefix('#') else { return broken(Fault::Outside) };
        if pointer.is_empty() {
            return broken(Fault::Whole);
        }
        self.at(pointer).ok_or(Broken { reference, fault: Fault::Missing(pointer) })
    }

    /// What a JSON Pointer, perhaps with percent signs, points to.
    pub fn at(&self, pointer: &str) -> Option<&'a Node> {
        let mut segments = pointer.strip_prefix('/')?.split('/').map(decode);
        let (first, second) = (segments.next()?, segments.next());
        match (first.as_ref(), second) {
            ("components", Some(section)) => match segments.next() {
                Some(name) => walk(self.components.get(&(&*section, &*name)).copied()?, segments),
                None => walk(self.root, [first, section]),
            },
            ("paths", Some(path)) => walk(self.paths.get(&*path).copied()?, segments),
            (_, second) => walk(self.root, std::iter::once(first).chain(second).chain(segments)),
        }
    }

    /// The parameters of an operation: the path's, each replaced where the operation has one of the same name in the same
    /// place, then the operation's own.
    pub fn parameters(&self, operation: &Operation<'a>) -> Vec<Parameter<'a>> {
        let mut parameters: Vec<Parameter<'a>> = Vec::new();
        for (own, node) in [(false, operation.item), (true, operation.node)] {
            for listed in node.get("parameters").map(Node::items).unwrap_or_default() {
                let Some(parameter) = self.parameter(listed) else { continue };
                let same = |earlier: &Parameter<'_>| {
                    earlier.location == parameter.location
                        && match parameter.location {
                            "header" => earlier.name.eq_ignore_ascii_case(parameter.name),
                            _ => earlier.name == parameter.name,
                        }
                };
                match parameters.iter().position(same) {
                    Some(at) if own => parameters[at] = parameter,
                    Some(_) => {}
                    None => parameters.push(parameter),
                }
            }
        }
        parameters
    }

    fn parameter(&self, listed: &'a Node) -> Option<Parameter<'a>> {
        let node = self.resolve(listed).ok()?;
        Some(Parameter { node, name: node.get("name")?.as_str()?, location: node.get("in")?.as_str()? })
    }

    /// A schema and all that it is made of: what it refers to and the parts of its `allOf`, the nearest first, each once.
    pub fn layers(&self, schema: &'a Node) -> Vec<&'a Node> {
        let mut layers = Vec::new();
        self.add_layers(schema, &mut layers, DEPTH);
        layers
    }

    fn add_layers(&self, schema: &'a Node, layers: &mut Vec<&'a Node>, depth: usize) {
        if depth == 0 || layers.iter().any(|known| std::ptr::eq(*known, schema)) {
            return;
        }
        layers.push(schema);
        if let Some(target) = schema.get("$ref").and_then(|reference| self.target(reference).ok()) {
            self.add_layers(target, layers, depth - 1);
        }
        for part in schema.get("allOf").map(Node::items).unwrap_or_default() {
            self.add_layers(part, layers, depth - 1);
        }
    }

    /// The servers that an operation is offered on: its own, its path's, or the document's.
    pub fn servers(&self, operation: &Operation<'a>) -> &'a [Node] {
        let list = own_servers(operation).or_else(|| self.root.get("servers"));
        list.map(Node::items).unwrap_or_default()
    }

    /// What an operation's path is mounted below, on each of its servers.
    pub fn prefixes(&self, operation: &Operation<'a>) -> Vec<String> {
        self.servers(operation).iter().filter_map(server_url).map(|url| prefix(&url)).collect()
    }
}

/// Every method of one path.
pub fn operations_of<'a>(path: &'a Key, item: &'a Node) -> impl Iterator<Item = Operation<'a>> {
    item.entries().iter().filter_map(move |(verb, node)| {
        let (_, method) = METHODS.iter().find(|(name, _)| *name == verb.text)?;
        Some(Operation { path, item, verb, method: *method, node })
    })
}

/// The servers that an operation or its path has instead of the document's.
pub fn own_servers<'a>(operation: &Operation<'a>) -> Option<&'a Node> {
    [operation.node, operation.item].into_iter().find_map(|node| node.get("servers"))
}

/// The address of a server, with variables replaced by their defaults.
pub fn server_url(server: &Node) -> Option<String> {
    let mut url = server.get("url")?.as_str()?.to_owned();
    for (name, variable) in server.get("variables").map(Node::entries).unwrap_or_default() {
        if let Some(Value::String(default) | Value::Number(default)) =
            variable.get("default").map(|default| &default.value)
        {
            url = url.replace(&format!("{{{}}}", name.text), default);
        }
    }
    Some(url)
}

/// The path of a URL without a slash at its end: `https://host/api/` has `/api`.
pub fn prefix(url: &str) -> String {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = if url.starts_with('/') {
        url
    } else {
        behind_scheme.find('/').map_or("", |at| &behind_scheme[at..])
    };
    path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned()
}

/// The variables of a path template, in order.
pub fn variables(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// The last segment of a reference, decoded: the name of what it points to.
pub fn last_segment(reference: &str) -> String {
    decode(reference.rsplit('/').next().unwrap_or_default()).into_owned()
}

/// A value as text for people: JSON in one line, but for text, which goes without quotes.
pub fn words(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(text) | Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("\"{}\": {}", key.text, json(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn json(node: &Node) -> String {
    match &node.value {
        Value::String(text) => format!("{text:?}"),
        _ => words(node),
    }
}

fn walk<'a, 's>(start: &'a Node, segments: impl IntoIterator<Item = Cow<'s, str>>) -> Option<&'a Node> {
    segments.into_iter().try_fold(start, |node, segment| match &node.value {
        Value::Object(_) => node.get(&segment),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Undoes percent-encoding and then JSON Pointer's `~1` and `~0`.
fn decode(segment: &str) -> Cow<'_, str> {
    if !segment.contains(['%', '~']) {
        return Cow::Borrowed(segment);
    }
    Cow::Owned(percent_decoded(segment).replace("~1", "/").replace("~0", "~"))
}

/// Undoes percent-encoding. What is not encoded stays as it is.
pub fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}
