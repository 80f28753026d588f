//! A document as a reader sees it: references followed, compositions looked through, what is inherited filled in.
//!
//! In: the tree of a document. Out: nodes of it. Nothing is complained about here: who reads on behalf of a person asks for
//! the fault of a reference and says it, everybody else goes without. Nothing here is about Rust.

use crate::diagnostics::Span;
use crate::documents::{self, File, Place, Trees};
use crate::ir::Method;
use crate::parse::{Key, Node, Value};
use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// A document.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    root: &'a Node,
    /// All files, the document itself first, in the order of their places.
    files: Vec<DocumentFile<'a>>,
    /// Their places in that list, by their paths.
    by_path: HashMap<&'a str, usize>,
    /// Why files could not be read, by their paths.
    unread: HashMap<&'a str, &'a str>,
    /// Schemas by the names that `$anchor` gives them, and the places of their files.
    anchors: HashMap<(usize, &'a str), &'a Node>,
    /// Those names that several schemas of a file have.
    repeated: HashSet<(usize, &'a str)>,
    /// Schemas by their `$id`, as a whole address where one around them says where that begins.
    resources: HashMap<String, &'a Node>,
    /// What has a name by `$anchor` in a schema with an `$id`.
    resource_anchors: HashMap<(*const Node, &'a str), &'a Node>,
    /// The `$id` that each `$ref` below one is relative to.
    bases: HashMap<*const Node, String>,
    /// What each `$recursiveRef` and `$dynamicRef` leads to: the schema that it is in, or a part of that.
    recursive: HashMap<*const Node, &'a Node>,
    /// Each `$dynamicRef` to what more than one schema has.
    ambiguous: HashSet<*const Node>,
    /// Components by section and name, so that following a reference does not search among thousands.
    components: HashMap<(&'a str, &'a str), &'a Node>,
    /// Path items by their paths.
    paths: HashMap<&'a str, &'a Node>,
}

/// A file of a document.
#[derive(Debug, Clone, Copy)]
struct DocumentFile<'a> {
    base: u32,
    path: &'a str,
    root: &'a Node,
}

/// A method of a path.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// The path.
    pub path: &'a Key,
    /// What stands under the path, behind its `$ref`.
    pub item: &'a Node,
    /// What stands beside that `$ref`.
    pub beside: Option<&'a Node>,
    /// The method as the document writes it.
    pub verb: &'a Key,
    /// The method.
    pub method: Method,
    /// What stands under the method.
    pub node: &'a Node,
}

impl<'a> Operation<'a> {
    /// Where parameters and servers of the operation may stand, from the general to the special.
    pub fn levels(&self) -> impl DoubleEndedIterator<Item = &'a Node> + use<'a> {
        [Some(self.item), self.beside, Some(self.node)].into_iter().flatten()
    }
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
    /// It is an address.
    Address,
    /// It leads to a file that is not below the document's folder.
    Outside,
    /// It leads to a file that could not be read, for this reason.
    Unread(&'a str),
    /// It leads to the whole document.
    Whole,
    /// The file does not have what this JSON Pointer says.
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
    /// Looks at a parsed document of one file.
    pub fn new(root: &'a Node) -> Self {
        Self::of_files(vec![DocumentFile { base: 0, path: "", root }], HashMap::new())
    }

    /// Looks at a document of any number of files.
    pub(crate) fn of(trees: &'a Trees) -> Self {
        let files = trees.files.iter();
        let files = files.map(|File { base, path, root }| DocumentFile { base: *base, path, root });
        let unread = trees.unread.iter().map(|(path, reason)| (path.as_str(), reason.as_str()));
        Self::of_files(files.collect(), unread.collect())
    }

    fn of_files(files: Vec<DocumentFile<'a>>, unread: HashMap<&'a str, &'a str>) -> Self {
        const NOTHING: &Node = &Node { value: Value::Null, span: Span { start: 0, end: 0 } };
        let root = files.first().map_or(NOTHING, |file| file.root);
        let mut anchors: HashMap<(usize, &'a str), &'a Node> = HashMap::new();
        let mut repeated = HashSet::new();
        for (at, file) in files.iter().enumerate() {
            each_anchor(file.root, false, &mut |name, node| match anchors.entry((at, name)) {
                Entry::Vacant(free) => _ = free.insert(node),
                Entry::Occupied(_) => _ = repeated.insert((at, name)),
            });
        }
        let mut by_path = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            // An overlay has the path of the document.
            by_path.entry(file.path).or_insert(at);
        }
        let (components, paths) = (HashMap::new(), HashMap::new());
        let mut document = Self {
            root,
            files,
            by_path,
            unread,
            anchors,
            repeated,
            resources: HashMap::new(),
            resource_anchors: HashMap::new(),
            bases: HashMap::new(),
            recursive: HashMap::new(),
            ambiguous: HashSet::new(),
            components,
            paths,
        };
        for (section, _) in document.entries(root, "components") {
            let Some(components) = document.root_section("components") else { break };
            for (key, node) in document.entries(components, &section.text) {
                document.components.insert((&section.text, &key.text), node);
            }
        }
        let paths = document.entries(root, "paths");
        document.paths = paths.iter().map(|(path, item)| (path.text.as_str(), item)).collect();
        // Only JSON Schema, which OpenAPI knows since 3.1, has other ways to refer to schemas.
        if !root.get("openapi").and_then(Node::as_str).is_some_and(|version| version.starts_with("3.0")) {
            for at in 0..document.files.len() {
                document.index(document.files[at].root, None, "");
            }
            for (_, schema) in document.schemas() {
                document.index(schema, Some(&Around::of(schema)), "");
            }
        }
        document
    }

    /// Notes what `$id`, `$recursiveRef` and `$dynamicRef` lead to, in a tree or in one component. `around`: that component, or
    /// the nearest schema with an `$id`; `base`: what the nearest `$id` is.
    fn index(&mut self, node: &'a Node, around: Option<&Around<'a>>, base: &str) {
        let own = node.get("$id").and_then(Node::as_str).map(|id| documents::joined(base, id));
        let own_around = own.as_ref().map(|_| Around::of(node));
        if let (Some(own), Some(around)) = (&own, &own_around) {
            self.resources.entry(own.clone()).or_insert(node);
            let anchors =
                around.anchors.iter().map(|(name, schema)| ((std::ptr::from_ref(node), *name), *schema));
            self.resource_anchors.extend(anchors);
        }
        let base = own.as_deref().unwrap_or(base);
        let around = own_around.as_ref().or(around);
        for (key, value) in node.entries() {
            match (key.text.as_str(), value.as_str()) {
                ("$ref", Some(_)) if !base.is_empty() => {
                    self.bases.entry(value).or_insert_with(|| base.to_owned());
                }
                ("$recursiveRef", Some("#")) => {
                    _ = around.map(|around| self.recursive.insert(value, around.schema));
                }
                ("$dynamicRef", Some(text)) => self.index_dynamic(value, text, around),
                ("example" | "examples" | "default" | "enum" | "const", _) => {}
                _ => self.index(value, around, base),
            }
        }
        node.items().iter().for_each(|item| self.index(item, around, base));
    }

    /// A dynamic reference leads to what the schema around it has; else to what only one schema has.
    fn index_dynamic(&mut self, reference: &'a Node, text: &'a str, around: Option<&Around<'a>>) {
        let Some(name) = text.strip_prefix('#').filter(|name| !name.starts_with('/')) else { return };
        match around.and_then(|around| around.anchors.get(name)) {
            Some(found) => {
                self.recursive.insert(reference, found);
                self.ambiguous.remove(&std::ptr::from_ref(reference));
            }
            None if self.repeated.contains(&(self.file_of(reference.span), name)) => {
                self.ambiguous.insert(reference);
            }
            None => {}
        }
    }

    /// What stands under a key of the document, behind a reference.
    fn root_section(&self, key: &str) -> Option<&'a Node> {
        self.root.get(key).map(|node| self.container(node))
    }

    /// A mapping that holds others by their names, or what a reference in its place leads to.
    pub fn container(&self, node: &'a Node) -> &'a Node {
        // A reference is text; a mapping may well have something else under that name.
        if node.get("$ref").and_then(Node::as_str).is_none() {
            return node;
        }
        self.resolve(node).unwrap_or(node)
    }

    /// Entries of a mapping under a key, behind a reference; nothing where it is something else.
    pub fn entries(&self, node: &'a Node, key: &str) -> &'a [(Key, Node)] {
        node.get(key).map(|node| self.container(node).entries()).unwrap_or_default()
    }

    /// The document's tree.
    pub fn root(&self) -> &'a Node {
        self.root
    }

    /// Every schema that has a name, in document order.
    pub fn schemas(&self) -> impl Iterator<Item = (&'a Key, &'a Node)> + use<'a> {
        let components = self.root_section("components");
        let schemas = components.map(|components| self.entries(components, "schemas")).unwrap_or_default();
        schemas.iter().map(|(key, node)| (key, node))
    }

    /// Every method of every path, in document order; without paths whose reference is broken.
    pub fn operations(&self) -> impl Iterator<Item = Operation<'a>> {
        self.entries(self.root, "paths").iter().flat_map(|(path, item)| {
            let target = self.resolve(item).ok();
            target.into_iter().flat_map(move |target| operations_of(path, item, target))
        })
    }

    /// The node itself, or what its `$ref` leads to in the end.
    ///
    /// # Errors
    /// The reference that leads to nothing, or back to itself.
    pub fn resolve(&self, node: &'a Node) -> Result<&'a Node, Broken<'a>> {
        let mut node = node;
        let mut seen: HashSet<*const Node> = HashSet::new();
        while let Some(reference) = self.reference(node) {
            if !seen.insert(reference) {
                return Err(Broken { reference, fault: Fault::Circle });
            }
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
        let pointer: *const Node = reference;
        let base = self.bases.get(&pointer).map_or("", String::as_str);
        if let Some(found) = self.recursive.get(&pointer).copied().or_else(|| self.identified(base, text)) {
            return Ok(found);
        }
        let here = self.file_of(reference.span);
        let (_, fragment) = text.split_once('#').unwrap_or((text, ""));
        let at = match documents::place(text, self.files.get(here).map_or("", |file| file.path)) {
            Place::Here => here,
            Place::Address => return broken(Fault::Address),
            Place::Outside => return broken(Fault::Outside),
            Place::Below(path) => match self.by_path.get(path.as_str()) {
                Some(at) => *at,
                None => {
                    let reason = self.unread.get(path.as_str()).copied();
                    return broken(Fault::Unread(reason.unwrap_or("only the document itself was given")));
                }
            },
        };
        if fragment.is_empty() {
            return match self.files.get(at).filter(|_| at > 0) {
                Some(file) => Ok(file.root),
                None => broken(Fault::Whole),
            };
        }
        let found = match self.files.get(at) {
            _ if !fragment.starts_with('/') => self.anchors.get(&(at, fragment)).copied(),
            Some(file) if at > 0 => walk(file.root, fragment.split('/').skip(1).map(decode)),
            _ => self.at(fragment),
        };
        found.ok_or(Broken { reference, fault: Fault::Missing(fragment) })
    }

    /// The value of what makes a schema a reference. Dynamic ones count where they lead somewhere.
    pub fn reference(&self, node: &'a Node) -> Option<&'a Node> {
        let dynamic = || {
            let found = ["$dynamicRef", "$recursiveRef"].into_iter().find_map(|key| node.get(key));
            found.filter(|reference| {
                self.target(reference).is_ok() && !self.ambiguous.contains(&std::ptr::from_ref(*reference))
            })
        };
        node.get("$ref").or_else(dynamic)
    }

    /// What an `$id` names, or something inside of it.
    fn identified(&self, base: &str, text: &str) -> Option<&'a Node> {
        let (id, fragment) = text.split_once('#').unwrap_or((text, ""));
        let resource = self.resources.get(&documents::joined(base, id)).copied()?;
        match fragment.strip_prefix('/') {
            Some(pointer) => walk(resource, pointer.split('/').map(decode)),
            None if fragment.is_empty() => Some(resource),
            None => self
                .resource_anchors
                .get(&(std::ptr::from_ref(resource), fragment))
                .or_else(|| self.anchors.get(&(self.file_of(resource.span), fragment)))
                .copied(),
        }
    }

    /// The file that a place is in. What an overlay adds is a part of the document.
    fn file_of(&self, span: Span) -> usize {
        let at = self.files.partition_point(|file| file.base <= span.start).saturating_sub(1);
        self.files.get(at).and_then(|file| self.by_path.get(file.path)).copied().unwrap_or_default()
    }

    /// Whether something stands in the document itself, and not in a file that it refers to.
    pub fn is_own(&self, node: &Node) -> bool {
        self.file_of(node.span) == 0
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
        for (own, node) in operation.levels().enumerate() {
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
                    Some(at) if own > 0 => parameters[at] = parameter,
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
        if let Some(target) = self.reference(schema).and_then(|reference| self.target(reference).ok()) {
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

/// Every method of one path: of what its `$ref` leads to (`target`), which is itself where it has none, and what stands beside
/// that reference.
pub fn operations_of<'a>(
    path: &'a Key,
    item: &'a Node,
    target: &'a Node,
) -> impl Iterator<Item = Operation<'a>> {
    let beside = (!std::ptr::eq(item, target)).then_some(item);
    let is_own = move |verb: &str| beside.is_some_and(|beside| beside.get(verb).is_some());
    let of_target = target.entries().iter().filter(move |(verb, _)| !is_own(&verb.text));
    let all = of_target.chain(beside.map(Node::entries).unwrap_or_default());
    all.filter_map(move |(verb, node)| {
        let (_, method) = METHODS.iter().find(|(name, _)| *name == verb.text)?;
        Some(Operation { path, item: target, beside, verb, method: *method, node })
    })
}

/// The servers that an operation or its path has instead of the document's.
pub fn own_servers<'a>(operation: &Operation<'a>) -> Option<&'a Node> {
    operation.levels().rev().find_map(|node| node.get("servers"))
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
    Some(with_scheme(url))
}

/// A URL that can be called: of one without a scheme, `//host/api`, everybody takes the safe one.
fn with_scheme(url: String) -> String {
    if url.starts_with("//") { format!("https:{url}") } else { url }
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

/// The name of what a reference points to: its last segment, decoded; of a whole file the file's name without its ending.
pub fn last_segment(reference: &str) -> String {
    let (file, fragment) = reference.split_once('#').unwrap_or(match reference.contains(['/', '.']) {
        true => (reference, ""),
        false => ("", reference),
    });
    let last = |text: &str| decode(text.rsplit('/').next().unwrap_or_default()).into_owned();
    if !fragment.is_empty() {
        return last(fragment);
    }
    let name = last(file);
    name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(&name).to_owned()
}

/// Segments of a pointer that say how something is described, and not what it is.
const STRUCTURE: &[&str] =
    &["schema", "content", "properties", "responses", "parameters", "paths", "allOf", "oneOf", "anyOf"];

/// A name for what a reference points to: its [`last_segment`], where that says something; else all that do.
pub fn name_of_target(reference: &str) -> String {
    let last = last_segment(reference);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_nested = reference.matches('/').count() > 3;
    if !is_nested
        || !(is_number(&last)
            || STRUCTURE.contains(&&*last)
            || matches!(&*last, "items" | "additionalProperties"))
    {
        return last;
    }
    let (_, pointer) = reference.split_once('#').unwrap_or(("", reference));
    let pointer = pointer.strip_prefix("/components/schemas/").unwrap_or(pointer);
    let segments = pointer.split('/').map(decode).filter_map(|segment| match &*segment {
        "" => None,
        "items" => Some("item".to_owned()),
        "additionalProperties" => Some("value".to_owned()),
        // A media type, but no path.
        text if STRUCTURE.contains(&text) || (text.contains('/') && !text.starts_with('/')) => None,
        text => Some(text.to_owned()),
    });
    segments.collect::<Vec<_>>().join(" ")
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

/// Finds the schemas of a tree that have a name by `$anchor`; `within` one with an `$id` not those that have another one.
fn each_anchor<'a>(node: &'a Node, within: bool, found: &mut impl FnMut(&'a str, &'a Node)) {
    for (key, value) in node.entries() {
        if let Some(name) = value.as_str().filter(|_| matches!(&*key.text, "$anchor" | "$dynamicAnchor")) {
            found(name, node);
        }
    }
    for inner in node.entries().iter().map(|(_, value)| value).chain(node.items()) {
        if !within || inner.get("$id").and_then(Node::as_str).is_none() {
            each_anchor(inner, within, found);
        }
    }
}

/// A schema, and what in it has a name by `$anchor`.
struct Around<'a> {
    schema: &'a Node,
    anchors: HashMap<&'a str, &'a Node>,
}

impl<'a> Around<'a> {
    fn of(schema: &'a Node) -> Self {
        let mut anchors = HashMap::new();
        each_anchor(schema, true, &mut |name, node| _ = anchors.entry(name).or_insert(node));
        Self { schema, anchors }
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
