//! Tree to model: resolves references, wishes for names, classifies schemas and operations, and complains.
//!
//! In: the document's tree. Out: [`ir::Api`], in which every special case of the document is decided, and warnings; or all
//! complaints. Nothing here knows Rust beyond the spelling of names, and nothing knows any one API.
//!
//! The document's frame is in `api`, which also says in which order things happen. Two halves follow:
//!
//! - Schemas: `schema` classifies; `object`, `enumeration`, `union` (with `tagged`, `external`, `untagged` and
//!   `alternative`) and `traits` know more of each kind. `compose` puts parts together that hold at once, `choices` objects
//!   with alternatives beside their properties; `inherit` finds what extends a schema. They make drafts (`draft`).
//! - Operations: `route` puts together what `path`, `parameter` (with `style`), `body` (with `form` and `multipart`),
//!   `answer`, `failure`, `stream`, `server` and `security` find; `receiver` does it for webhooks and callbacks.
//!
//! When all drafts are made, `tags`, `depth`, `reach` and `circles` look at the whole, `build` makes the model's types with
//! `presence` and `default`, and `paging` finds its places in them.

mod alternative;
mod answer;
mod api;
mod body;
mod build;
mod check;
mod choices;
mod circles;
mod compose;
mod default;
mod depth;
mod draft;
mod enumeration;
mod external;
mod failure;
mod form;
mod header;
mod inherit;
mod keywords;
mod media_type;
mod multipart;
mod object;
mod paging;
mod parameter;
mod path;
mod presence;
mod reach;
mod receiver;
mod resolve;
mod route;
mod schema;
mod secret;
mod security;
mod server;
mod split;
mod stream;
mod style;
mod tagged;
mod tags;
mod text;
mod traits;
mod union;
mod untagged;

#[cfg(test)]
mod tests;

use crate::diagnostics::Diagnostics;
use crate::document::Document;
use crate::ir;
use crate::names::Name;
use crate::parse::Node;
use draft::{Drafts, Traits, Used};
use std::collections::{HashMap, HashSet, VecDeque};

/// The model of a document, with warnings about what of it does not reach the generated code.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowered {
    /// The model.
    pub api: ir::Api,
    /// What was left out, and why.
    pub warnings: Diagnostics,
}

/// Decides everything about what a document means.
///
/// # Errors
/// All faults of the document and all of its constructs that are not supported, each with its place.
pub fn lower(document: Document<'_>) -> Result<Lowered, Diagnostics> {
    let mut lower = Lower::new(document);
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
    document: Document<'a>,
    problems: Diagnostics,
    drafts: Drafts<'a>,
    /// The type of a schema that has a name of its own.
    named: HashMap<NodeId, ir::TypeId>,
    /// The wished name of such a type, known before the type is.
    names: HashMap<NodeId, Name>,
    /// Named schemas outside of the components that are still to be defined.
    pending: VecDeque<Pending<'a>>,
    /// Inline schemas that are being lowered, with the type that each would be: one may contain itself.
    lowering: HashMap<NodeId, ir::TypeId>,
    /// Those of them that do.
    demanded: HashSet<ir::TypeId>,
    /// What an inline schema became, so that it becomes it only once where an `allOf` reaches it again.
    inlined: HashMap<NodeId, Used>,
    /// Parts of components that references lead to before the components have been made.
    promised: HashMap<NodeId, Promise<'a>>,
    /// Whether components are being made.
    is_defining: bool,
    /// What is known of schemas as properties of others.
    traits: HashMap<NodeId, Traits>,
    /// What the next inline type belongs to, so that it is printed behind it.
    owner: usize,
    /// Components that are the body of a form: nothing has the type that JSON would have.
    forms: HashSet<ir::TypeId>,
    /// Properties that a stream flag removes from their schema.
    flags: HashMap<NodeId, String>,
    /// Tags that unions give to their members.
    tags: Vec<(ir::TypeId, ir::Tag)>,
    /// Types that events of a stream carry, and how.
    events: Vec<(ir::TypeId, answer::Carried<'a>)>,
    /// Headers of answers, each name once; and what has declared them.
    headers: Vec<ir::Header>,
    header_nodes: HashSet<NodeId>,
    /// Under which name errors list problems of a request as a whole.
    general: Option<String>,
    /// Objects whose properties are being collected, to notice an `allOf` that contains itself.
    collecting: HashSet<NodeId>,
    /// Properties of the objects around the alternatives that are being made.
    around: Vec<HashSet<&'a str>>,
    /// Nodes whose keys have been checked.
    checked: HashSet<NodeId>,
    /// What lists of alternatives say about types.
    natures: HashMap<NodeId, compose::Nature>,
    /// Which components extend which schema.
    heirs: inherit::Heirs,
    /// Whether what stands beside a reference holds, too: in OpenAPI 3.1.
    siblings: bool,
}

/// A node as a key of a map: the tree does not move while it is lowered.
type NodeId = *const Node;

/// A named schema that waits to be defined.
struct Pending<'a> {
    id: ir::TypeId,
    node: &'a Node,
    name: Name,
    /// What the document calls it, where it is a component.
    component: Option<String>,
}

/// A part of a component that has its type, but no name yet: it is called as if no reference led to it.
struct Promise<'a> {
    id: ir::TypeId,
    node: &'a Node,
    /// What it is called if its component does not make it.
    wanted: String,
}

impl<'a> Lower<'a> {
    fn new(document: Document<'a>) -> Self {
        let version = document.root().get("openapi").and_then(Node::as_str);
        let siblings = version.is_some_and(|version| !version.starts_with("3.0"));
        Self {
            root: document.root(),
            document,
            problems: Diagnostics::default(),
            drafts: Drafts::default(),
            named: HashMap::new(),
            names: HashMap::new(),
            pending: VecDeque::new(),
            lowering: HashMap::new(),
            demanded: HashSet::new(),
            inlined: HashMap::new(),
            promised: HashMap::new(),
            is_defining: false,
            traits: HashMap::new(),
            owner: 0,
            forms: HashSet::new(),
            flags: HashMap::new(),
            tags: Vec::new(),
            events: Vec::new(),
            headers: Vec::new(),
            header_nodes: HashSet::new(),
            general: None,
            collecting: HashSet::new(),
            around: Vec::new(),
            checked: HashSet::new(),
            natures: HashMap::new(),
            heirs: HashMap::new(),
            siblings,
        }
    }
}
