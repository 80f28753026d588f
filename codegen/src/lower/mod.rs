//! Tree to model: resolves references, names things, classifies schemas and operations, and complains.
//!
//! In: the document's tree. Out: [`ir::Api`], in which every special case of the document is decided, and warnings; or all
//! complaints. Nothing here knows Rust beyond the spelling of names, and nothing knows any one API.
//!
//! First every schema becomes a draft, then routes say who uses them, then the drafts are built into types.

mod answer;
mod api;
mod body;
mod build;
mod circles;
mod content;
mod default;
mod draft;
mod enumeration;
mod failure;
mod media_type;
mod object;
mod paging;
mod parameter;
mod reach;
mod resolve;
mod route;
mod schema;
mod security;
mod server;
mod stream;
mod tag;
mod union;
mod words;

use crate::diagnostics::{Diagnostics, Span};
use crate::docs;
use crate::ir;
use crate::names::Name;
use crate::parse::{Node, Value};
use draft::Slot;
use std::collections::{HashMap, HashSet, VecDeque};

/// The model of a document, with warnings about what of it does not reach the generated code.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowered {
    /// The model.
    pub api: ir::Api,
    /// What was left out, and why.
    pub warnings: Diagnostics,
}

/// Decides everything about the code that a document becomes.
///
/// # Errors
/// All faults of the document and all of its constructs that are not supported, each with its place.
pub fn lower(root: &Node) -> Result<Lowered, Diagnostics> {
    let mut lower = Lower::new(root);
    let api = lower.api();
    let problems = lower.problems.sorted();
    match api {
        Some(api) if !problems.has_errors() => Ok(Lowered { api, warnings: problems }),
        _ => Err(problems),
    }
}

/// What is known while a document is being lowered.
struct Lower<'a> {
    root: &'a Node,
    problems: Diagnostics,
    /// Nodes by JSON Pointer: the components, and whatever else references have led to.
    resolved: HashMap<String, Option<&'a Node>>,
    types: Vec<Slot<'a>>,
    /// The type of a schema that has a name of its own.
    named: HashMap<NodeId, ir::TypeId>,
    /// The Rust name of such a type, known before the type is.
    names: HashMap<NodeId, Name>,
    /// Inline schemas that are being lowered, with the type that each would be: one may contain itself.
    lowering: HashMap<NodeId, ir::TypeId>,
    /// Those of them that do.
    demanded: HashSet<ir::TypeId>,
    /// Named schemas outside of the components that are still to be defined.
    pending: VecDeque<Pending<'a>>,
    /// What is known of schemas as properties of others.
    traits: HashMap<NodeId, Traits>,
    /// What an inline schema became, so that it becomes it only once where an `allOf` reaches it again.
    inlined: HashMap<NodeId, Used>,
    /// What the next inline type belongs to, so that it comes behind it.
    owner: usize,
    /// Properties that a stream flag removes from their schema.
    flags: HashMap<NodeId, String>,
    /// Tags that unions give to structs.
    tags: Vec<(ir::TypeId, ir::Tag)>,
    /// Types that are the data of an event stream, with their schema.
    events: Vec<(ir::TypeId, &'a Node)>,
    /// Types that requests send.
    sent: Vec<ir::Type>,
    /// Objects whose properties are being collected, to notice an `allOf` that contains itself.
    collecting: HashSet<NodeId>,
    /// Nodes whose keys have been checked.
    checked: HashSet<NodeId>,
}

/// A node as a key of a map: the tree does not move while it is lowered.
type NodeId = *const Node;

/// A named schema that waits to be defined.
struct Pending<'a> {
    id: ir::TypeId,
    target: &'a Node,
    name: Name,
    owner: usize,
}

/// What a place that uses a schema inherits from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Traits {
    nullable: bool,
    lenient: bool,
}

/// A schema where it is used.
#[derive(Debug, Clone)]
struct Used {
    ty: ir::Type,
    traits: Traits,
}

/// In bytes. Generated code matches on them byte by byte, and compilers are quadratic in that.
const LONGEST_ON_THE_WIRE: usize = 1000;

/// What names of headers and cookies and media types consist of.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

impl<'a> Lower<'a> {
    fn new(root: &'a Node) -> Self {
        Self {
            root,
            problems: Diagnostics::default(),
            resolved: resolve::components(root),
            types: Vec::new(),
            named: HashMap::new(),
            names: HashMap::new(),
            lowering: HashMap::new(),
            demanded: HashSet::new(),
            pending: VecDeque::new(),
            traits: HashMap::new(),
            inlined: HashMap::new(),
            owner: 0,
            flags: HashMap::new(),
            tags: Vec::new(),
            events: Vec::new(),
            sent: Vec::new(),
            collecting: HashSet::new(),
            checked: HashSet::new(),
        }
    }

    /// Makes room for a type, so that its place in the output comes before those inside it.
    fn reserve(&mut self, span: Span) -> ir::TypeId {
        let id = ir::TypeId { owner: self.owner, number: self.types.len() };
        self.types.push(Slot { id, span, draft: None });
        id
    }

    /// What a type is, as far as it is known.
    fn kind(&self, id: ir::TypeId) -> Option<&draft::Kind<'a>> {
        self.types.get(id.number)?.draft.as_ref().map(|draft| &draft.kind)
    }

    /// The type behind aliases.
    fn underlying(&self, id: ir::TypeId) -> ir::TypeId {
        let mut id = id;
        // Behind more aliases than there can be is a circle; that is reported elsewhere.
        for _ in 0..64 {
            match self.kind(id) {
                Some(draft::Kind::Alias(ir::Type::Named(inner))) => id = *inner,
                _ => break,
            }
        }
        id
    }

    /// The name that `x-rust-name` asks for.
    fn name_override(&mut self, node: &Node) -> Option<String> {
        let name = node.get("x-rust-name")?;
        let text = name.as_str().unwrap_or_default();
        let starts = text.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
        if starts && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
            return Some(text.to_owned());
        }
        self.problems.error(
            name.span,
            "`x-rust-name` must be a Rust name",
            "not letters, digits and underscores behind a letter",
            "write the name without `r#`, such as `x-rust-name: kind`",
        );
        None
    }

    /// Complains about a name or value of the wire that is longer than any compiler should have to tell from others.
    fn check_length(&mut self, text: &str, span: Span) {
        if text.len() > LONGEST_ON_THE_WIRE {
            self.problems.error(
                span,
                format!("names and values are limited to {LONGEST_ON_THE_WIRE} bytes"),
                format!("this has {}", text.len()),
                "shorten it; text of any kind is `type: string` without `enum`",
            );
        }
    }

    /// Complains about a name that cannot stand in the head of a request.
    fn check_token(&mut self, text: &str, span: Span, what: &str) {
        if text.is_empty() || !text.bytes().all(is_token) {
            self.problems.error(
                span,
                format!("`{}` cannot be the name of {what}", docs::plain(text)),
                "not letters, digits and hyphens",
                "write the name as it is sent",
            );
        }
    }

    /// Text under a key; complains where it is something else.
    fn text(&mut self, node: &'a Node, key: &str) -> Option<&'a str> {
        let value = node.get(key)?;
        if value.as_str().is_none() {
            self.expected(value, &format!("`{key}`"), "text");
        }
        value.as_str()
    }

    /// A flag under a key, false where it is absent.
    fn flag(&mut self, node: &'a Node, key: &str) -> bool {
        let Some(value) = node.get(key) else { return false };
        if value.as_bool().is_none() {
            self.expected(value, &format!("`{key}`"), "`true` or `false`");
        }
        value.as_bool().unwrap_or_default()
    }

    /// Entries of a mapping under a key; complains where it is something else.
    fn mapping(&mut self, node: &'a Node, key: &str) -> &'a [(crate::parse::Key, Node)] {
        let Some(value) = node.get(key) else { return &[] };
        if !matches!(value.value, Value::Object(_)) {
            self.expected(value, &format!("`{key}`"), "a mapping");
        }
        value.entries()
    }

    /// Items of a list under a key; complains where it is something else.
    fn list(&mut self, node: &'a Node, key: &str) -> &'a [Node] {
        let Some(value) = node.get(key) else { return &[] };
        if !matches!(value.value, Value::Array(_)) {
            self.expected(value, &format!("`{key}`"), "a list");
        }
        value.items()
    }

    fn expected(&mut self, node: &Node, what: &str, kind: &str) {
        self.problems.error(
            node.span,
            format!("{what} must be {kind}"),
            format!("this is {}", node.kind()),
            format!("write {kind} here"),
        );
    }

    fn unsupported(&mut self, span: Span, what: &str, help: &str) {
        self.problems.error(span, format!("{what} is not supported yet"), "used here", help);
    }

    /// Warns about keys that OpenAPI does not define at this place, each place once.
    fn check_keys(&mut self, node: &Node, what: &str, known: &[&str]) {
        if !self.checked.insert(node) {
            return;
        }
        if !matches!(node.value, Value::Object(_)) {
            self.expected(node, what, "a mapping");
        }
        for (key, _) in node.entries() {
            if !known.contains(&key.text.as_str()) && !key.text.starts_with("x-") {
                self.problems.warning(
                    key.span,
                    format!("`{}` has no meaning in {what}", docs::plain(&key.text)),
                    "ignored",
                    "remove it, or check its spelling and indentation",
                );
            }
        }
    }
}
