//! Two documents: what an old client meets at a new server, and a new client at an old one.
//!
//! | file | comes in | goes out |
//! |---|---|---|
//! | `plain` | a schema | the same in one of its spellings |
//! | `access` | security and servers | who gets where |
//! | `limit` | values of one key | what another value does |

mod access;
mod limit;
mod plain;

use super::bundle::{Bundle, FILES};
use super::entry::{Effect, Entry, Level, RouteChange, Wire, nameless, normal, variables};
use super::renames::RENAMED;
use super::source::{Members, RECEIVED, SERVERS, TITLE, header, members, pages, types, webhook};
use super::surface::Surface;
use access::essence;
use codegen::document::{Document, Operation, Parameter, percent_decoded};
use codegen::parse::{Key, Node, Value};
use limit::{answer, constraint};
use plain::{WORDS, plain};
use std::collections::{BTreeMap, BTreeSet};

use Effect::{Depends, Fails, Works};

/// A document with what is needed to speak of it.
pub struct Side<'a> {
    bundle: &'a Bundle,
    document: Document<'a>,
    operations: Vec<Operation<'a>>,
    /// Components by what sends and receives them: `schemas/Pet` to the names of operations.
    sent: BTreeMap<String, BTreeSet<String>>,
    received: BTreeMap<String, BTreeSet<String>>,
    /// Components that are received otherwise than as a member of a union.
    received_alone: BTreeSet<String>,
    /// What the crate makes of the members of unions.
    members: Members,
    /// What the crate calls its types.
    types: BTreeSet<String>,
}

/// Where a document has what a server calls.
const WEBHOOKS: [&str; 2] = ["webhooks", "x-webhooks"];

impl<'a> Side<'a> {
    /// Prepares a document that was read, with what its crate has.
    pub fn new(bundle: &'a Bundle, surface: &Surface) -> Self {
        let document = Document::new(&bundle.root);
        let operations: Vec<_> = document.operations().collect();
        let (mut sent, mut received) = (BTreeMap::new(), BTreeMap::new());
        let mut received_alone = BTreeSet::new();
        let mut references = References::default();
        for operation in &operations {
            let called = title(operation);
            for (key, part) in operation.node.entries() {
                let is_received = matches!(key.text.as_str(), "responses" | "callbacks");
                let reached = if is_received { &mut received } else { &mut sent };
                references.reach(&document, part, &called, reached);
                if is_received {
                    reach_alone(&document, part, &mut received_alone);
                }
            }
            if let Some(shared) = operation.item.get("parameters") {
                references.reach(&document, shared, &called, &mut sent);
            }
        }
        for key in WEBHOOKS {
            for (name, part) in document.entries(document.root(), key) {
                let called = format!("webhook {}", name.text);
                references.reach(&document, part, &called, &mut received);
                reach_alone(&document, part, &mut received_alone);
            }
        }
        let (members, types) = (members(surface), types(surface));
        Self { bundle, document, operations, sent, received, received_alone, members, types }
    }

    /// What schemas are composed of, all by what the crate calls them.
    pub fn bases(&self) -> BTreeMap<String, BTreeSet<String>> {
        let called = |name: &str| self.called(name).unwrap_or_else(|| normal(name));
        let of = |node: &Node| -> BTreeSet<String> {
            let parts = node.get("allOf").map(Node::items).unwrap_or_default().iter();
            let refer = parts.filter_map(|part| part.get("$ref").and_then(Node::as_str));
            refer.map(|text| called(&codegen::document::last_segment(text))).collect()
        };
        let schemas = self.document.at("/components/schemas").map(Node::entries).unwrap_or_default();
        schemas.iter().map(|(key, node)| (called(&key.text), of(node))).collect()
    }

    fn place(&self, node: &Node) -> String {
        self.bundle.place(node)
    }

    /// What both halves call the headers of an answer.
    fn headers(&self, answer: Option<&Node>) -> Vec<String> {
        let answer = answer.map(|node| self.target(node).unwrap_or(node));
        let headers = answer.and_then(|node| node.get("headers")).map(Node::entries);
        headers.unwrap_or_default().iter().map(|(key, _)| header(&key.text)).collect()
    }

    fn headers_of_answers(&self, operation: &Operation<'_>) -> Vec<String> {
        let answers = operation.node.get("responses").map(Node::entries).unwrap_or_default();
        answers.iter().flat_map(|(_, answer)| self.headers(Some(answer))).collect()
    }

    /// Whether anything of the document asks for a way to authenticate.
    fn asks_for(&self, scheme: &str) -> bool {
        let of_operations = self.operations.iter().filter_map(|operation| operation.node.get("security"));
        let mut lists = of_operations.chain(self.document.root().get("security"));
        lists.any(|list| list.items().iter().any(|one| one.get(scheme).is_some()))
    }

    /// What the crate calls a schema, where that is not the schema's own name: as the document says, or beside a name that means
    /// something else in Rust.
    fn called(&self, name: &str) -> Option<String> {
        let place = format!("/components/schemas/{}", name.replace('~', "~0").replace('/', "~1"));
        let node = self.document.at(&place)?;
        if let Some(own) = node.get("x-rust-name").and_then(Node::as_str) {
            return Some(normal(own));
        }
        let marked = normal(name) + MARK;
        (!self.types.contains(&normal(name)) && self.types.contains(&marked)).then_some(marked)
    }

    /// What the crate calls operations that the document gives a name of their own for Rust, by what it would call them.
    pub fn operations_called(&self) -> BTreeMap<String, String> {
        let own = |operation: &Operation<'_>| {
            let own = operation.node.get("x-rust-name")?.as_str()?;
            Some((normal(&title(operation)), normal(own)))
        };
        self.operations.iter().filter_map(own).collect()
    }

    /// What the crate calls a member of a union that is described in place: by its properties, of which one may tell it apart and
    /// be no field.
    fn member(&self, union: &str, node: &Node) -> Option<String> {
        let names: BTreeSet<&str> =
            node.get("properties")?.entries().iter().map(|(key, _)| key.text.as_str()).collect();
        let lacks = |fields: &BTreeSet<String>| {
            let is_it = fields.iter().all(|field| names.contains(field.as_str()));
            is_it.then(|| names.len() - fields.len()).filter(|lacks| *lacks < 2)
        };
        let all = self.members.get(union)?;
        let least = all.iter().filter_map(|(_, fields)| lacks(fields)).min()?;
        let mut found = all.iter().filter(|(_, fields)| lacks(fields) == Some(least));
        found.next().filter(|_| found.next().is_none()).map(|(ty, _)| ty.clone())
    }

    /// A schema, and all that it is composed of.
    fn layers(&self, node: &Node) -> Vec<Node> {
        let mut layers = vec![node.clone()];
        for part in node.get("allOf").map(Node::items).unwrap_or_default() {
            match self.target(part) {
                Some(target) => layers.extend(self.document.layers(target).into_iter().cloned()),
                None => layers.extend(self.layers(part)),
            }
        }
        layers
    }

    /// What a schema refers to in the end; nothing where it is no reference, or leads to nothing.
    fn target(&self, node: &Node) -> Option<&'a Node> {
        let mut text = node.get("$ref")?.as_str()?;
        for _ in 0..DEEPEST {
            let found = self.document.at(text.strip_prefix('#')?)?;
            match found.get("$ref").and_then(Node::as_str) {
                Some(next) => text = next,
                None => return Some(found),
            }
        }
        None
    }
}

/// What the names of types end with that would mean something else in Rust.
pub const MARK: &str = "model";

/// References that lead to references beyond this are not followed.
const DEEPEST: usize = 8;

/// What an operation is called: by its id, or by its route.
fn title(operation: &Operation<'_>) -> String {
    match operation.node.get("operationId").and_then(Node::as_str) {
        Some(id) => id.to_owned(),
        None => route(operation),
    }
}

fn route(operation: &Operation<'_>) -> String {
    format!("{} {}", operation.verb.text.to_uppercase(), operation.path.text)
}

/// References to components, each of which is followed once, however many operations have it.
#[derive(Default)]
struct References<'a> {
    /// By their texts.
    numbers: BTreeMap<String, usize>,
    ends: Vec<End<'a>>,
}

/// Where a reference leads.
struct End<'a> {
    component: String,
    target: Option<&'a Node>,
    /// The references at the target, once somebody has asked.
    behind: Option<Vec<usize>>,
}

impl<'a> References<'a> {
    /// Notes who reaches what, from a node.
    fn reach(
        &mut self,
        document: &Document<'a>,
        node: &Node,
        called: &str,
        reached: &mut BTreeMap<String, BTreeSet<String>>,
    ) {
        let (mut open, mut seen) = (Vec::new(), BTreeSet::new());
        self.within(document, node, &mut open);
        while let Some(number) = open.pop() {
            if !seen.insert(number) {
                continue;
            }
            if let End { target: Some(target), behind: None, .. } = &self.ends[number] {
                let (target, mut behind) = (*target, Vec::new());
                self.within(document, target, &mut behind);
                self.ends[number].behind = Some(behind);
            }
            let end = &self.ends[number];
            open.extend(end.behind.iter().flatten());
            match reached.get_mut(&end.component) {
                Some(all) => _ = all.insert(called.to_owned()),
                None => _ = reached.insert(end.component.clone(), BTreeSet::from([called.to_owned()])),
            }
        }
    }

    /// The references in a node, each once.
    fn within(&mut self, document: &Document<'a>, node: &Node, found: &mut Vec<usize>) {
        if let Some(text) = node.get("$ref").and_then(Node::as_str) {
            let known = self.numbers.get(text).copied();
            let number = known.or_else(|| {
                let (component, target) = component(document, node)?;
                self.ends.push(End { component, target, behind: None });
                self.numbers.insert(text.to_owned(), self.ends.len() - 1);
                Some(self.ends.len() - 1)
            });
            found.extend(number.filter(|number| !found.contains(number)));
        }
        for (_, value) in node.entries() {
            self.within(document, value, found);
        }
        for item in node.items() {
            self.within(document, item, found);
        }
    }
}

/// As `References::reach`, without members of unions: a client keeps one that it cannot read as it comes.
fn reach_alone(document: &Document<'_>, node: &Node, reached: &mut BTreeSet<String>) {
    if let Some((component, target)) = component(document, node) {
        if !reached.insert(component) {
            return;
        }
        if let Some(target) = target {
            reach_alone(document, target, reached);
        }
    }
    for (key, value) in node.entries() {
        if !is_union(&key.text, value) {
            reach_alone(document, value, reached);
        }
    }
    for item in node.items() {
        reach_alone(document, item, reached);
    }
}

/// Whether a key has the members of a union, and not one schema and null.
fn is_union(key: &str, members: &Node) -> bool {
    let is_null = |node: &&Node| node.get("type").and_then(Node::as_str) == Some("null");
    matches!(key, "oneOf" | "anyOf") && members.items().iter().filter(|node| !is_null(node)).count() > 1
}

/// The component that a reference leads to, such as `schemas/Pet`, and what is at the place itself.
fn component<'a>(document: &Document<'a>, node: &Node) -> Option<(String, Option<&'a Node>)> {
    let name = node.get("$ref").and_then(Node::as_str)?.strip_prefix("#/components/")?;
    let mut parts = name.split('/').map(|part| percent_decoded(part).replace("~1", "/").replace("~0", "~"));
    let component = [parts.next(), parts.next()].into_iter().flatten().collect::<Vec<_>>().join("/");
    Some((component, document.at(&format!("/components/{name}"))))
}

/// Gives schemas the names that they have in the other document, and says so. Names are what the crate calls them, the old one
/// first, and what is said of them.
pub fn renamed(bundle: &mut Bundle, new: &Bundle, names: &[(String, String, &str)]) -> Vec<Entry> {
    let schemas = |bundle: &Bundle| -> Vec<(String, Node)> {
        let all = bundle.root.get("components").and_then(|all| all.get("schemas")).map(Node::entries);
        all.unwrap_or_default().iter().map(|(key, node)| (key.text.clone(), node.clone())).collect()
    };
    let (was, is) = (schemas(bundle), schemas(new));
    let (mut names_of, mut entries) = (BTreeMap::new(), Vec::new());
    for (old_name, new_name, what) in names {
        // Of several that Rust calls the same, the one that only this document has.
        let find = |all: &[(String, Node)], others: &[(String, Node)], name: &str| {
            let is_it =
                |one: &&(String, Node)| [normal(&one.0), normal(&one.0) + MARK].contains(&normal(name));
            let is_own = |one: &&(String, Node)| others.iter().all(|(other, _)| *other != one.0);
            let mut found = all.iter().filter(is_it);
            found.clone().find(is_own).or_else(|| found.next()).cloned()
        };
        let (Some((from, before)), Some((to, after))) =
            (find(&was, &is, old_name), find(&is, &was, new_name))
        else {
            continue;
        };
        let mut entry = Entry::new(Level::Patch, &to, *what);
        (entry.subject, entry.wire) = (Some(normal(new_name)), Some(Wire::new(Works, Works)));
        entry.old_place = Some(bundle.place(&before));
        entry.new_place = Some(new.place(&after));
        entries.push(entry);
        names_of.insert(from, to);
    }
    if !entries.is_empty() {
        plain::rename(&mut bundle.root, &names_of);
    }
    entries
}

/// Gives ways to authenticate the names that they have in the other document, and says so: those that are the same but for their
/// names, where no other one is.
pub fn renamed_schemes(bundle: &mut Bundle, new: &Bundle) -> Vec<Entry> {
    let schemes = |bundle: &Bundle, others: &Bundle| -> Vec<(String, Node)> {
        let all = |bundle: &Bundle| {
            bundle.root.get("components").and_then(|all| all.get("securitySchemes")).cloned()
        };
        let (own, others) = (all(bundle), all(others));
        let is_there = |name: &str| others.as_ref().is_some_and(|all| all.get(name).is_some());
        let own = own.as_ref().map(Node::entries).unwrap_or_default().iter();
        own.filter(|(key, _)| !is_there(&key.text))
            .map(|(key, node)| (key.text.clone(), node.clone()))
            .collect()
    };
    let (was, is) = (schemes(bundle, new), schemes(new, bundle));
    let (mut names_of, mut entries) = (BTreeMap::new(), Vec::new());
    for (from, before) in &was {
        let same = |all: &'_ [(String, Node)]| -> Vec<(String, Node)> {
            all.iter().filter(|(_, node)| essence(node) == essence(before)).cloned().collect()
        };
        let ([_], [(to, after)]) = (&same(&was)[..], &same(&is)[..]) else { continue };
        // Clients name it when they are given the key.
        let mut entry = Entry::new(Level::Silent, format!("security scheme {from}"), RENAMED);
        (entry.new, entry.wire) = (Some(to.clone()), Some(Wire::new(Works, Works)));
        entry.help = Some("name it so where a client is given its key".to_owned());
        entry.old_place = Some(bundle.place(before));
        entry.new_place = Some(new.place(after));
        entries.push(entry);
        names_of.insert(from.clone(), to.clone());
    }
    if !entries.is_empty() {
        plain::rename_schemes(&mut bundle.root, &names_of);
    }
    entries
}

/// All differences of two documents but their descriptions, which are counted.
pub fn compare(old: &Side<'_>, new: &Side<'_>) -> Vec<Entry> {
    let mut walk = Walk {
        old,
        new,
        entries: Vec::new(),
        described: 0,
        reworded: false,
        filled: false,
        pairs: BTreeSet::new(),
    };
    walk.operations();
    walk.components();
    walk.rest();
    walk.reworded |= walk.filled && walk.entries.is_empty();
    let root = |side: &Side<'_>, key: &str| side.document.root().get(key).cloned();
    walk.servers("servers", root(old, "servers").as_ref(), root(new, "servers").as_ref());
    let whole = spot("security", true, true);
    let before = walk.entries.len();
    walk.security(&whole, root(old, "security").as_ref(), root(new, "security").as_ref());
    if !walk.has_open_calls() {
        // Each operation has a list of its own, and tells.
        for entry in walk.entries.iter_mut().skip(before) {
            (entry.level, entry.wire) = (Level::Patch, Some(Wire::new(Works, Works)));
        }
    }
    let reworded = walk.reworded;
    let mut entries = asked(absences(walk.entries));
    if walk.described > 0 {
        let mut entry = Entry::new(Level::Patch, "descriptions of the document", "change");
        let places = if walk.described == 1 { "place" } else { "places" };
        entry.new = Some(format!("at {} {places}", walk.described));
        entry.wire = Some(Wire::new(Works, Works));
        entries.push(entry);
    }
    // Such as values in another order, and a parameter that another one hides.
    if reworded || entries.is_empty() && brief(old.document.root()) != brief(new.document.root()) {
        let mut entry = Entry::new(Level::Patch, "the document", "says the same in other words");
        entry.wire = Some(Wire::new(Works, Works));
        entries.push(entry);
    }
    entries
}

/// A way to authenticate that comes or goes is told with the first list that asks for it.
fn asked(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut told = Vec::new();
    entries.retain(|entry| {
        let is_told = entry.item.starts_with(SCHEME) && matches!(entry.what.as_str(), "is new" | "is gone");
        told.extend(is_told.then(|| entry.clone()));
        !is_told
    });
    for scheme in told {
        let name = scheme.item.trim_start_matches(SCHEME);
        let asks = |list: &Option<String>| {
            list.as_ref().is_some_and(|list| list.split(['{', ' ', ':']).any(|word| word == name))
        };
        let is_list = |entry: &Entry| entry.item.ends_with("security") && entry.what == "changes";
        let of = |entry: &Entry| if scheme.what == "is new" { asks(&entry.new) } else { asks(&entry.old) };
        // The document's own list comes last, and says most.
        match entries.iter_mut().rev().find(|entry| is_list(entry) && of(entry)) {
            Some(entry) => {
                entry.level = entry.level.max(scheme.level);
                entry.also.push(format!("`{}` {}", scheme.item, scheme.what));
            }
            None => entries.push(scheme),
        }
    }
    entries
}

/// Whoever writes null where another one writes nothing says the same in Rust: one change, and not one of each.
fn absences(entries: Vec<Entry>) -> Vec<Entry> {
    let has = |item: &str, what: &str| entries.iter().any(|entry| entry.item == item && entry.what == what);
    let merged = |entry: &Entry| {
        let pairs = [
            ("becomes required", "becomes nullable", "is null where it was absent"),
            ("is no longer required", "is no longer nullable", "is absent where it was null"),
        ];
        let pair = pairs.iter().find(|(one, other, _)| entry.what == *one || entry.what == *other);
        let (_, other, what) =
            pair.filter(|(one, other, _)| has(&entry.item, one) && has(&entry.item, other))?;
        // Told in place of the second.
        let told = (entry.what == *other).then(|| {
            let mut entry = Entry { level: Level::Silent, what: (*what).to_owned(), ..entry.clone() };
            entry.wire = Some(Wire::new(Depends, Depends));
            entry
        });
        Some(told)
    };
    entries.iter().filter_map(|entry| merged(entry).unwrap_or_else(|| Some(entry.clone()))).collect()
}

/// What the same parts of several operations have in common is said once.
pub fn grouped(entries: Vec<Entry>) -> Vec<Entry> {
    let mut seen: BTreeMap<(String, String, Option<String>, Option<String>), usize> = BTreeMap::new();
    let mut kept: Vec<Entry> = Vec::new();
    for entry in entries {
        let [operation] = &entry.reached[..] else {
            kept.push(entry);
            continue;
        };
        let Some(part) = entry.item.strip_prefix(operation.as_str()).and_then(|rest| rest.strip_prefix(' '))
        else {
            kept.push(entry);
            continue;
        };
        let key = (part.to_owned(), entry.what.clone(), entry.old.clone(), entry.new.clone());
        match seen.get(&key).and_then(|at| kept.get_mut(*at)) {
            Some(first) => {
                part.clone_into(&mut first.item);
                first.reached.extend(entry.reached);
            }
            None => {
                seen.insert(key, kept.len());
                kept.push(entry);
            }
        }
    }
    kept
}

struct Walk<'a> {
    old: &'a Side<'a>,
    new: &'a Side<'a>,
    entries: Vec<Entry>,
    described: usize,
    /// Whether something is spelled otherwise and means the same.
    reworded: bool,
    /// Whether something else fills in a template.
    filled: bool,
    /// References that are being compared.
    pairs: BTreeSet<(String, String)>,
}

/// Where a difference is, and who meets it.
#[derive(Clone)]
struct Spot {
    /// What it is called.
    item: String,
    /// The type that it is in, where it is in a named one.
    subject: Option<String>,
    /// The type that is made for it, should it need one.
    ty: Option<String>,
    sent: bool,
    received: bool,
    reached: Vec<String>,
    /// Whether the value is a schema, and not a parameter or an answer around one.
    is_schema: bool,
    /// Whether it is a property that may be absent in both versions.
    is_optional: bool,
    /// Whether it is received within a member of a union, and nowhere else.
    is_of_union: bool,
}

impl Spot {
    fn below(&self, key: &str) -> Self {
        let ty = self.ty.clone();
        // `Order`'s `state` is an `OrderState`, what is in a list an `Item`, and what is in a map a `Value`.
        let ty = match key {
            "items" => ty.map(|ty| ty + "item"),
            "additionalProperties" => ty.map(|ty| ty + "value"),
            // What a composition has, its whole has.
            "allOf" => ty,
            "oneOf" | "anyOf" => None,
            _ => match (self.item.strip_suffix(" content"), &self.reached[..]) {
                (Some(of), [operation]) => {
                    let is_form = key.starts_with("multipart/");
                    let end = match of.rsplit(' ').next().unwrap_or_default() {
                        "body" if is_form => "form".to_owned(),
                        "body" => "body".to_owned(),
                        "default" => "error".to_owned(),
                        status if status.starts_with(['3', '4', '5']) => format!("error{}", normal(status)),
                        _ => "response".to_owned(),
                    };
                    Some(normal(operation) + &end)
                }
                _ => ty,
            },
        };
        let called = match &self.reached[..] {
            [of] if self.item.ends_with(" callbacks") => Some(webhook(&format!("{of}{key}"))),
            _ if self.item.ends_with(" headers") => Some(header(key)),
            _ => None,
        };
        let subject = called.or_else(|| self.pages(key)).or_else(|| self.subject.clone());
        // What is described in place for itself has its own name.
        let own = self.item.ends_with(DEFINITIONS).then(|| normal(key));
        let (ty, subject) = (own.clone().or(ty), own.or(subject));
        let is_of_union = self.is_of_union || matches!(key, "oneOf" | "anyOf");
        let item = format!("{} {key}", self.item);
        Self { item, ty, subject, is_optional: false, is_of_union, ..self.clone() }
    }

    /// What the crate calls the pages of an operation, where a key says how it has them.
    fn pages(&self, key: &str) -> Option<String> {
        (key == "x-pagination" && self.reached == [self.item.as_str()]).then(|| pages(&self.item))
    }

    /// What the document calls a part of the type.
    fn part(&self, name: &str) -> Option<String> {
        self.ty.as_ref().map(|ty| format!("{ty}.{}", normal(name)))
    }

    /// One effect where the value is sent, another where it is received.
    fn effects(&self, sent: Wire, received: Wire) -> Wire {
        let none = Wire::new(Works, Works);
        let sent = if self.sent { sent } else { none };
        // What cannot be read is kept as a member that is not known.
        let kept = |effect| if self.is_of_union && effect == Fails { Depends } else { effect };
        let received = Wire::new(kept(received.old_client), kept(received.new_client));
        sent.worse(if self.received { received } else { none })
    }
}

impl Walk<'_> {
    fn operations(&mut self) {
        // The same route first, then one whose variables have other names: of these there may be several.
        let mut left: BTreeSet<usize> = (0..self.new.operations.len()).collect();
        let mut now: BTreeMap<usize, usize> = BTreeMap::new();
        let shapes: [fn(&str) -> String; 2] = [str::to_owned, nameless];
        for shape in shapes {
            for (at, was) in self.old.operations.iter().enumerate() {
                let same =
                    |other: &&usize| shape(&route(&self.new.operations[**other])) == shape(&route(was));
                if let (false, Some(found)) = (now.contains_key(&at), left.iter().find(same).copied()) {
                    left.remove(&found);
                    now.insert(at, found);
                }
            }
        }
        let mut pairs = Vec::new();
        for (at, was) in self.old.operations.iter().enumerate() {
            let id = was.node.get("operationId").and_then(Node::as_str);
            let has_id = |other: &&usize| {
                id.is_some()
                    && self.new.operations[**other].node.get("operationId").and_then(Node::as_str) == id
            };
            let now = now.get(&at).copied().or_else(|| left.iter().find(has_id).copied());
            if let Some(now) = now {
                left.remove(&now);
            }
            pairs.push((at, now));
        }
        for (at, now) in pairs {
            let was = self.old.operations[at];
            match now {
                Some(now) => self.operation(&was, &self.new.operations[now]),
                None => {
                    let effects = Wire::new(Fails, Works);
                    let entry = self.entry(Some(was.node), None, &of_operation(&was), "is gone", effects);
                    let subjects = self.old.headers_of_answers(&was);
                    self.entries.push(Entry { subjects, ..entry });
                }
            }
        }
        for at in left {
            let operation = self.new.operations[at];
            let (at, effects) = (of_operation(&operation), Wire::new(Works, Fails));
            let entry = self.entry(None, Some(operation.node), &at, "is new", effects);
            let subjects = self.new.headers_of_answers(&operation);
            self.entries.push(Entry { subjects, ..entry });
        }
    }

    fn operation(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let name = title(new);
        let spot =
            |item: &str, sent, received| Spot { reached: vec![name.clone()], ..spot(item, sent, received) };
        let whole = spot(&name, true, true);
        if RouteChange::between(&route(old), &route(new)) == RouteChange::Moved {
            let mut entry = self.entry(
                Some(old.node),
                Some(new.node),
                &whole,
                "asks another route",
                Wire::new(Fails, Fails),
            );
            (entry.level, entry.old, entry.new) = (Level::Silent, Some(route(old)), Some(route(new)));
            self.entries.push(entry);
        }
        if RouteChange::between(&route(old), &route(new)) == RouteChange::Renamed {
            let works = Wire::new(Works, Works);
            self.note(
                Some(old.node),
                Some(new.node),
                &whole,
                "calls a variable of its route otherwise",
                works,
            );
        }
        let id = |operation: &Operation<'_>| operation.node.get("operationId").map(brief);
        if id(old) != id(new) {
            let works = Wire::new(Works, Works);
            let what = "has another `operationId`";
            let mut entry = self.entry(Some(old.node), Some(new.node), &whole, what, works);
            (entry.old, entry.new) = (id(old), id(new));
            // Without an id it is called by its route.
            entry.subject = Some(format!("{}()", normal(&name)));
            self.entries.push(entry);
        }
        self.parameters(&name, old, new);
        let (was, is) = (old.node.get("requestBody"), new.node.get("requestBody"));
        self.body(&spot(&format!("{name} body"), true, false), was, is);
        self.either(
            &spot(&format!("{name} answer"), false, true),
            old.node.get("responses"),
            new.node.get("responses"),
        );
        self.either(
            &spot(&format!("{name} callbacks"), false, true),
            old.node.get("callbacks"),
            new.node.get("callbacks"),
        );
        let own = |side: &Side<'_>, operation: &Operation<'_>| {
            operation.node.get("security").or_else(|| side.document.root().get("security")).cloned()
        };
        if old.node.get("security").or(new.node.get("security")).is_some() {
            let at = spot(&format!("{name} security"), true, true);
            self.security(&at, own(self.old, old).as_ref(), own(self.new, new).as_ref());
        }
        let apart = ["parameters", "requestBody", "responses", "callbacks", "operationId", "security"];
        self.entries_of(&whole, old.node, new.node, &apart);
    }

    fn body(&mut self, at: &Spot, old: Option<&Node>, new: Option<&Node>) {
        let needed = |side: &Side<'_>, node: &Node| {
            let node = side.target(node).unwrap_or(node);
            if node.get("required").and_then(Node::as_bool) == Some(true) { Fails } else { Depends }
        };
        match (old, new) {
            (None, Some(body)) => {
                self.note(None, Some(body), at, "is new", Wire::new(needed(self.new, body), Depends));
            }
            (Some(body), None) => {
                self.note(Some(body), None, at, "is gone", Wire::new(Depends, needed(self.old, body)));
            }
            _ => self.either(at, old, new),
        }
    }

    /// What is read of both sides, where they differ in more than words.
    fn changed<T: PartialEq>(
        &mut self,
        old: Option<&Node>,
        new: Option<&Node>,
        read: impl Fn(Option<&Node>) -> T,
    ) -> Option<(T, T)> {
        if old.map(brief) == new.map(brief) {
            return None;
        }
        let (was, is) = (read(old), read(new));
        if was == is && old.map(essence) == new.map(essence) {
            self.described += 1;
            return None;
        }
        Some((was, is))
    }

    /// Who may call. No list, and one without anything, ask for nothing.
    fn security(&mut self, at: &Spot, old: Option<&Node>, new: Option<&Node>) {
        let Some((was, is)) = self.changed(old, new, access::requirements) else { return };
        let effects = access::security(&was, &is);
        let mut entry = self.entry(old, new, at, "changes", effects);
        entry.subject = None;
        // Whoever has what was asked for has to have something else.
        let asked = was.iter().all(|one| !one.is_empty());
        // What was asked for is asked for still, and more.
        let all_of = |old: &access::Requirement| {
            is.iter().any(|new| old.keys().all(|scheme| new.contains_key(scheme)))
        };
        if asked && !was.iter().any(all_of) && effects.old_client == Fails {
            entry.level = Level::Silent;
        }
        (entry.old, entry.new) = (old.map(brief), new.map(brief));
        self.entries.push(entry);
    }

    /// Whether there are operations that neither document has a list of requirements for, but that of all.
    fn has_open_calls(&self) -> bool {
        let of = |side: &Side<'_>| -> BTreeSet<String> {
            let open = side.operations.iter().filter(|operation| operation.node.get("security").is_none());
            open.flat_map(|operation| [nameless(&route(operation)), title(operation)]).collect()
        };
        !of(self.old).is_disjoint(&of(self.new))
    }

    /// Where the server is: clients take the first address.
    fn servers(&mut self, item: &str, old: Option<&Node>, new: Option<&Node>) {
        // Where nothing is said, those of the whole document are meant.
        let meant = |side: &Side<'_>, own: Option<&Node>| {
            own.cloned().or_else(|| side.document.root().get("servers").cloned())
        };
        let (before, after) = (meant(self.old, old), meant(self.new, new));
        let (before, after) = (before.as_ref(), after.as_ref());
        self.reworded |= old.map(brief) != new.map(brief) && before.map(brief) == after.map(brief);
        let Some((was, is)) = self.changed(before, after, access::addresses) else { return };
        let same = was.first() == is.first();
        let effects = if same { Wire::new(Works, Works) } else { Wire::new(Fails, Fails) };
        let mut entry = self.entry(old, new, &spot(item, true, true), "changes", effects);
        entry.subject = (item == "servers").then(|| SERVERS.to_owned());
        entry.level = if same { Level::Patch } else { Level::Silent };
        (entry.old, entry.new) = (old.map(brief), new.map(brief));
        self.entries.push(entry);
    }

    fn parameters(&mut self, name: &str, old: &Operation<'_>, new: &Operation<'_>) {
        let (was, is) = (self.old.document.parameters(old), self.new.document.parameters(new));
        let same = |a: &Parameter<'_>, b: &Parameter<'_>| {
            let headers = a.location == "header" && b.location == "header";
            a.name == b.name || headers && a.name.eq_ignore_ascii_case(b.name)
        };
        // A variable of a path may have another name: what counts is its place in the path.
        let (old_route, new_route) = (route(old), route(new));
        let renamed: BTreeMap<&str, &str> = match RouteChange::between(&old_route, &new_route) {
            RouteChange::Renamed => variables(&old_route).into_iter().zip(variables(&new_route)).collect(),
            RouteChange::Same | RouteChange::Moved => BTreeMap::new(),
        };
        let in_path = |wanted: &str| is.iter().find(|after| after.location == "path" && after.name == wanted);
        let mut met: BTreeSet<(&str, &str)> = BTreeSet::new();
        let in_rust = |one: &Parameter<'_>| {
            normal(one.node.get("x-rust-name").and_then(Node::as_str).unwrap_or(one.name))
        };
        let is_in = |all: &[Parameter<'_>], one: &Parameter<'_>| {
            all.iter().any(|other| same(other, one) && other.location == one.location)
        };
        // Of those that only one side has, the one that Rust calls the same.
        let spelled = |before: &Parameter<'_>| {
            let mut all = is.iter().filter(|after| {
                after.location == before.location
                    && after.location != "path"
                    && in_rust(after) == in_rust(before)
                    && !is_in(&was, after)
            });
            all.next().filter(|_| all.next().is_none())
        };
        for before in &was {
            let at = parameter(name, before.name);
            let renamed =
                renamed.get(before.name).filter(|now| before.location == "path" && **now != before.name);
            if let Some(after) = renamed.and_then(|now| in_path(now)) {
                met.insert((after.location, after.name));
                self.parameter(&at, before, after);
                continue;
            }
            let exact = is.iter().find(|after| same(before, after) && after.location == before.location);
            let elsewhere = || {
                is.iter().find(|after| {
                    same(before, after)
                        && !met.contains(&(after.location, after.name))
                        && !was.iter().any(|b| same(b, after) && b.location == after.location)
                })
            };
            let found = exact.or_else(elsewhere);
            met.extend(found.map(|after| (after.location, after.name)));
            match exact {
                Some(after) => self.parameter(&at, before, after),
                None => match found {
                    Some(after) => {
                        let mut entry = self.entry(
                            Some(before.node),
                            Some(after.node),
                            &at,
                            "is sent elsewhere",
                            Wire::new(Fails, Fails),
                        );
                        entry.level = Level::Silent;
                        (entry.old, entry.new) =
                            (Some(before.location.to_owned()), Some(after.location.to_owned()));
                        self.entries.push(entry);
                        let apart = ["name", "in", "style", "explode"];
                        self.entries_of(&at, before.node, after.node, &apart);
                    }
                    // Code that sets one sets the other.
                    None if spelled(before).is_some() => {
                        let Some(after) = spelled(before) else { continue };
                        met.insert((after.location, after.name));
                        let needed = |one: &Parameter<'_>| {
                            let is = one.node.get("required").and_then(Node::as_bool) == Some(true);
                            if is { Fails } else { Depends }
                        };
                        let effects = Wire::new(needed(after), needed(before));
                        let (old, new) = (Some(before.node), Some(after.node));
                        let mut entry = self.entry(old, new, &at, "has another name on the wire", effects);
                        entry.level = Level::Silent;
                        (entry.old, entry.new) = (Some(before.name.to_owned()), Some(after.name.to_owned()));
                        self.entries.push(entry);
                        self.entries_of(&at, before.node, after.node, &["name", "x-rust-name"]);
                    }
                    None => {
                        let needed = before.node.get("required").and_then(Node::as_bool) == Some(true);
                        let effects = Wire::new(Depends, if needed { Fails } else { Works });
                        let what = if needed { WAS_REQUIRED } else { "is gone" };
                        self.note(Some(before.node), None, &at, what, effects);
                    }
                },
            }
        }
        for after in is.iter().filter(|after| !met.contains(&(after.location, after.name))) {
            let required = after.node.get("required").and_then(Node::as_bool) == Some(true);
            let effects = Wire::new(if required { Fails } else { Works }, Depends);
            let what = if required { "is new and required" } else { "is new" };
            self.note(None, Some(after.node), &parameter(name, after.name), what, effects);
        }
    }

    /// A parameter that is still at its place.
    fn parameter(&mut self, at: &Spot, old: &Parameter<'_>, new: &Parameter<'_>) {
        let (was, is) = (limit::spelling(old), limit::spelling(new));
        let ty = |side: &Side<'_>, parameter: &Parameter<'_>| {
            let schema = parameter.node.get("schema")?;
            let ty = side.target(schema).unwrap_or(schema).get("type")?.as_str()?;
            Some(ty.to_owned())
        };
        // How lists and objects are spelled is nothing that a single value knows.
        let is_plain = ["matrix", "label"].iter().all(|style| was.0 != *style && is.0 != *style)
            && [ty(self.old, old), ty(self.new, new)]
                .iter()
                .all(|ty| matches!(ty.as_deref(), Some("boolean" | "integer" | "number" | "string")));
        // What a variable of the path is called, the operation tells.
        let is_told = |key: &str| key == "name" && old.location == "path";
        let text = |node: &Node| {
            ["style", "explode", "name"].map(|key| node.get(key).filter(|_| !is_told(key)).map(brief))
        };
        if was != is {
            let effects = if is_plain { Wire::new(Works, Works) } else { Wire::new(Fails, Fails) };
            let mut entry = self.entry(Some(old.node), Some(new.node), at, "is spelled otherwise", effects);
            entry.level = if is_plain { Level::Patch } else { Level::Silent };
            let shown = |(style, explode): (String, bool)| {
                format!("{style}{}", if explode { ", explode" } else { "" })
            };
            (entry.old, entry.new) = (Some(shown(was)), Some(shown(is)));
            self.entries.push(entry);
        } else if text(old.node) != text(new.node) {
            // The default, written out; capital letters of a header's name; a variable that the path tells.
            self.reworded = true;
        }
        let mut apart = vec!["name", "style", "explode"];
        // As JSON, or no longer.
        let [(was, before), (is, after)] = [old.node, new.node].map(limit::represented_as);
        if was != is {
            let effects = Wire::new(Fails, Fails);
            let mut entry = self.entry(Some(old.node), Some(new.node), at, "is spelled otherwise", effects);
            (entry.level, entry.old, entry.new) = (Level::Silent, was, is);
            self.entries.push(entry);
            self.either(&at.below("schema"), before, after);
            apart.extend(["content", "schema"]);
        }
        self.entries_of(at, old.node, new.node, &apart);
    }

    fn components(&mut self) {
        let sections = |side: &Side<'_>| -> BTreeSet<String> {
            let all = side.document.root().get("components");
            all.map(|all| all.entries().iter().map(|(key, _)| key.text.clone()).collect()).unwrap_or_default()
        };
        for section in &sections(self.old) | &sections(self.new) {
            let all = |side: &Side<'_>| side.document.at(&format!("/components/{section}")).cloned();
            let (old, new) = (all(self.old), all(self.new));
            let names: BTreeSet<String> = [&old, &new]
                .into_iter()
                .flatten()
                .flat_map(|all| all.entries().iter().map(|(key, _)| key.text.clone()))
                .collect();
            for name in names {
                let at = self.component(&section, &name);
                let of = |all: &Option<Node>| all.as_ref().and_then(|all| all.get(&name)).cloned();
                let (was, is) = (of(&old), of(&new));
                // Operations tell of their parameters, and paths of their operations.
                let is_told = |node: &Node| {
                    node.get("in").and_then(Node::as_str).is_some()
                        || node
                            .entries()
                            .iter()
                            .any(|(key, _)| key.text.starts_with('/') || is_verb(&key.text))
                };
                let by_others = match section.as_str() {
                    FILES => true,
                    "parameters" | "pathItems" => !at.reached.is_empty(),
                    _ => false,
                };
                if by_others && [&was, &is].into_iter().flatten().all(is_told) {
                    continue;
                }
                match section.as_str() {
                    "securitySchemes" => self.scheme(&at, was.as_ref(), is.as_ref()),
                    "examples" | "links" if was.as_ref().map(brief) != is.as_ref().map(brief) => {
                        self.described += 1;
                    }
                    "examples" | "links" => {}
                    _ => match (&was, &is) {
                        (Some(was), Some(is)) => self.node(&at, was, is),
                        // What it does to calls, those who refer to it say.
                        (was, is) => {
                            let what = if is.is_some() { "is new" } else { "is gone" };
                            self.note(was.as_ref(), is.as_ref(), &at, what, Wire::new(Works, Works));
                        }
                    },
                }
            }
        }
    }

    fn component(&self, section: &str, name: &str) -> Spot {
        let key = format!("{section}/{name}");
        let of = |map: &BTreeMap<String, BTreeSet<String>>| map.get(&key).cloned().unwrap_or_default();
        let called = self.new.called(name).or_else(|| self.old.called(name));
        let called = called.unwrap_or_else(|| normal(name));
        let sent = &of(&self.old.sent) | &of(&self.new.sent);
        let received = &of(&self.old.received) | &of(&self.new.received);
        let kind = match section {
            "requestBodies" => "request body ",
            "responses" => "response ",
            "headers" => "header ",
            "parameters" => "parameter ",
            _ => "",
        };
        Spot {
            item: format!("{kind}{name}"),
            subject: match section {
                "schemas" => Some(called.clone()),
                FILES => Some(normal(&codegen::document::last_segment(name))),
                _ => None,
            },
            sent: !sent.is_empty(),
            received: !received.is_empty(),
            reached: (&sent | &received).into_iter().collect(),
            ty: match section {
                "schemas" => Some(called.clone()),
                FILES => Some(normal(&codegen::document::last_segment(name))),
                _ => None,
            },
            is_schema: matches!(section, "schemas" | FILES),
            is_optional: false,
            is_of_union: ![self.old, self.new].iter().any(|side| side.received_alone.contains(&key)),
        }
    }

    /// A way to authenticate.
    fn scheme(&mut self, at: &Spot, old: Option<&Node>, new: Option<&Node>) {
        if old.map(brief) == new.map(brief) {
            return;
        }
        let sent = |node: &Node| {
            let ty = node.get("type").map(brief).unwrap_or_default();
            let scheme = node.get("scheme").map(|scheme| brief(scheme).to_ascii_lowercase());
            // All of these send a bearer token.
            match (ty.as_str(), scheme.as_deref()) {
                ("oauth2" | "openIdConnect", _) | ("http", Some("bearer")) => "bearer".to_owned(),
                _ => {
                    let parts = ["type", "scheme", "in", "name", "x-prefix"];
                    parts.map(|key| node.get(key).map(brief).unwrap_or_default()).join(" ")
                }
            }
        };
        let name = at.item.as_str();
        let at = Spot { item: format!("{SCHEME}{name}"), ..at.clone() };
        let mut entry = match (old, new) {
            (Some(old), Some(new)) if sent(old) == sent(new) => return self.node(&at, old, new),
            (Some(old), Some(new)) => {
                let effects = Wire::new(Fails, Fails);
                let mut entry = self.entry(Some(old), Some(new), &at, "is sent otherwise", effects);
                (entry.level, entry.old, entry.new) = (Level::Silent, Some(essence(old)), Some(essence(new)));
                if ![self.old, self.new].iter().any(|side| side.asks_for(name)) {
                    (entry.level, entry.wire) = (Level::Patch, Some(Wire::new(Works, Works)));
                }
                entry
            }
            // What it does to calls, the lists of requirements say.
            (Some(old), None) => {
                let mut entry = self.entry(Some(old), None, &at, "is gone", Wire::new(Works, Works));
                // Clients name it when they are given the key.
                entry.level = Level::Silent;
                entry
            }
            (None, Some(new)) => self.entry(None, Some(new), &at, "is new", Wire::new(Works, Works)),
            (None, None) => return,
        };
        entry.subject = None;
        self.entries.push(entry);
    }

    /// What is neither an operation nor a component.
    fn rest(&mut self) {
        let (old, new) = (self.old.document.root(), self.new.document.root());
        let apart = ["components", "paths", "security", "servers", "info", "openapi"];
        let apart: Vec<&str> = apart.into_iter().chain(WEBHOOKS).collect();
        self.entries_of(&spot("the document", true, true), old, new, &apart);
        let openapi = |root: &'_ Node| root.get("openapi").cloned();
        self.either(
            &spot("the version of OpenAPI", false, false),
            openapi(old).as_ref(),
            openapi(new).as_ref(),
        );
        let info = spot("the document's info", false, false);
        match (old.get("info"), new.get("info")) {
            (Some(old), Some(new)) => {
                let (was, is) = (old.get("title"), new.get("title"));
                if was.map(brief) != is.map(brief) {
                    let mut entry =
                        self.entry(was, is, &info, "has another `title`", Wire::new(Works, Works));
                    (entry.subject, entry.old, entry.new) =
                        (Some(TITLE.to_owned()), was.map(brief), is.map(brief));
                    self.entries.push(entry);
                }
                self.entries_of(&info, old, new, &["title"]);
            }
            (old, new) => self.either(&info, old, new),
        }
        for key in WEBHOOKS {
            // The server calls, and who was a client listens.
            let names = |side: &Side<'_>| -> BTreeMap<String, Node> {
                let all = side.document.entries(side.document.root(), key);
                all.iter().map(|(key, node)| (key.text.clone(), node.clone())).collect()
            };
            let (mut was, is) = (names(self.old), names(self.new));
            // An operation's id says which one it is.
            let id = |item: &Node| {
                let mut ids = item.entries().iter().filter(|(key, _)| is_verb(&key.text));
                ids.find_map(|(_, operation)| operation.get("operationId").map(brief))
            };
            let gone: Vec<String> = was.keys().filter(|name| !is.contains_key(*name)).cloned().collect();
            for from in gone {
                let same = |(name, item): &(&String, &Node)| {
                    !was.contains_key(*name) && id(item).is_some() && id(item) == was.get(&from).and_then(id)
                };
                let Some(to) = is.iter().find(same).map(|(name, _)| name.clone()) else { continue };
                let Some(before) = was.remove(&from) else { continue };
                let item = format!("webhook {to}");
                let at = Spot { reached: vec![item.clone()], ..spot(&item, false, true) };
                let effects = Wire::new(Works, Works);
                let mut entry = self.entry(Some(&before), is.get(&to), &at, "is called otherwise", effects);
                // What `Webhook::name` gives.
                (entry.level, entry.subject) = (Level::Silent, None);
                (entry.old, entry.new) = (Some(from), Some(to.clone()));
                self.entries.push(entry);
                was.insert(to, before);
            }
            for name in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
                let item = format!("webhook {name}");
                let subject = Some(webhook(name));
                let at = Spot { subject, reached: vec![item.clone()], ..spot(&item, false, true) };
                // Whoever listens does not have to know it, and waits in vain for one that is gone.
                let unsure = Wire::new(Depends, Depends);
                match (was.get(name), is.get(name)) {
                    (None, Some(new)) => self.note(None, Some(new), &at, "is new", unsure),
                    (Some(old), None) => self.note(Some(old), None, &at, "is gone", unsure),
                    (Some(old), Some(new)) => self.webhook(&at, old, new),
                    (None, None) => {}
                }
            }
        }
        let items = |root: &Node| root.get("paths").map(Node::entries).unwrap_or_default().to_vec();
        let (was, is) = (items(old), items(new));
        let paths: BTreeSet<&str> = was.iter().chain(&is).map(|(path, _)| path.text.as_str()).collect();
        for path in paths {
            let of = |items: &[(Key, Node)]| {
                items.iter().find(|(key, _)| key.text == path).map(|(_, item)| item.clone())
            };
            let verbs: BTreeSet<&str> = [self.old, self.new]
                .into_iter()
                .flat_map(|side| &side.operations)
                .filter(|operation| operation.path.text == path)
                .map(|operation| operation.verb.text.as_str())
                .collect();
            // Operations of another file are the path's own.
            let has_operations = |item: &Node| {
                verbs.iter().any(|verb| item.get(verb).is_some())
                    || !verbs.is_empty() && item.get("$ref").is_some()
            };
            let at = spot(path, true, true);
            match (of(&was), of(&is)) {
                (Some(old), Some(new)) => {
                    self.reworded |= old.get("$ref").map(brief) != new.get("$ref").map(brief);
                    let apart: Vec<&str> = verbs.iter().copied().chain(["parameters", "$ref"]).collect();
                    match (&old.value, &new.value) {
                        (Value::Object(_), Value::Object(_)) => self.entries_of(&at, &old, &new, &apart),
                        _ => self.node(&at, &old, &new),
                    }
                }
                // With operations it was told with them.
                (old, new) => {
                    let (old, new) =
                        (old.filter(|item| !has_operations(item)), new.filter(|item| !has_operations(item)));
                    self.either(&at, old.as_ref(), new.as_ref());
                }
            }
        }
    }

    /// A webhook, which may be sent with another method than it was.
    fn webhook(&mut self, at: &Spot, old: &Node, new: &Node) {
        let methods = |item: &Node| -> Vec<(Key, Node)> {
            item.entries().iter().filter(|(key, _)| is_verb(&key.text)).cloned().collect()
        };
        match (&methods(old)[..], &methods(new)[..]) {
            ([(was, before)], [(is, after)]) if was.text != is.text => {
                let effects = Wire::new(Fails, Fails);
                let mut entry = self.entry(Some(before), Some(after), at, RECEIVED, effects);
                (entry.level, entry.old, entry.new) =
                    (Level::Silent, Some(was.text.to_uppercase()), Some(is.text.to_uppercase()));
                self.entries.push(entry);
                self.node(&at.below(&is.text), before, after);
                self.entries_of(at, old, new, &[&was.text, &is.text]);
            }
            _ => self.node(at, old, new),
        }
    }

    /// Something that is there in both, in one or in none.
    fn either(&mut self, at: &Spot, old: Option<&Node>, new: Option<&Node>) {
        match (old, new) {
            (Some(old), Some(new)) => self.node(at, old, new),
            (Some(old), None) => self.note(
                Some(old),
                None,
                at,
                "is gone",
                at.effects(Wire::new(Depends, Depends), Wire::new(Depends, Works)),
            ),
            (None, Some(new)) => self.note(
                None,
                Some(new),
                at,
                "is new",
                at.effects(Wire::new(Depends, Depends), Wire::new(Works, Depends)),
            ),
            (None, None) => {}
        }
    }

    fn node(&mut self, at: &Spot, old: &Node, new: &Node) {
        match (&old.value, &new.value) {
            (Value::Object(_), Value::Object(_)) => {
                if brief(old) == brief(new) {
                    return;
                }
                let ((was, had_null), (is, has_null)) = (plain(old), plain(new));
                if had_null != has_null {
                    self.nullable(at, old, new, has_null);
                }
                if brief(&was) == brief(&is) {
                    // Another spelling of the same.
                    self.reworded |= had_null == has_null;
                } else if let Some(is_wider) = widened(&was, &is) {
                    let (sent, received) = (Wire::new(Works, Depends), Wire::new(Depends, Works));
                    let turned = |wire: Wire| {
                        if is_wider { wire } else { Wire::new(wire.new_client, wire.old_client) }
                    };
                    let what =
                        if is_wider { "becomes one of several" } else { "is no longer one of several" };
                    let effects = at.effects(turned(sent), turned(received));
                    let mut entry = self.entry(Some(old), Some(new), at, what, effects);
                    (entry.old, entry.new) = (Some(shown(&was)), Some(shown(&is)));
                    self.entries.push(entry);
                } else if was.get("$ref").map(brief) != is.get("$ref").map(brief) {
                    self.referred(at, &was, &is);
                } else if let Some((whole_was, whole_is)) = self.composed(old, new) {
                    let before = self.entries.len();
                    self.entries_of(at, &whole_was, &whole_is, &[]);
                    if self.entries.len() == before {
                        let works = Wire::new(Works, Works);
                        self.note(Some(old), Some(new), at, "is described otherwise", works);
                    }
                } else {
                    self.entries_of(at, &was, &is, &[]);
                }
            }
            (Value::Array(before), Value::Array(after)) => {
                for number in 0..before.len().max(after.len()) {
                    self.either(&at.below(&format!("[{number}]")), before.get(number), after.get(number));
                }
            }
            _ if brief(old) == brief(new) => {}
            _ => self.value(at, "", old, new),
        }
    }

    /// Both sides without compositions, where one of them is one and the other is not.
    fn composed(&self, old: &Node, new: &Node) -> Option<(Node, Node)> {
        let is_one = |node: &Node| plain(node).0.get("allOf").is_some();
        if is_one(old) == is_one(new) {
            return None;
        }
        let whole = |side: &Side<'_>, node: &Node| {
            plain::whole(&side.layers(node)).map(|node| plain(&node).0.into_owned())
        };
        Some((whole(self.old, old)?, whole(self.new, new)?))
    }

    fn nullable(&mut self, at: &Spot, old: &Node, new: &Node, is: bool) {
        // A client takes null for absent, and what it does not know of a union as it comes.
        let is_union = |side: &Side<'_>, node: &Node| {
            let (node, _) = plain(node);
            let node = side.target(&node).unwrap_or(&node);
            ["oneOf", "anyOf"].iter().any(|key| node.get(key).is_some_and(|all| all.items().len() > 1))
        };
        let is_open = at.is_optional || is_union(self.old, old) && is_union(self.new, new);
        let received = if is_open { Wire::new(Works, Works) } else { Wire::new(Fails, Works) };
        let turned = |wire: Wire| if is { wire } else { Wire::new(wire.new_client, wire.old_client) };
        let what = if is { "becomes nullable" } else { "is no longer nullable" };
        let effects = at.effects(turned(Wire::new(Works, Fails)), turned(received));
        // Where a component may be absent, null says nothing new.
        let is_component = at.ty.is_some() && at.ty == at.subject;
        let at_most = |effect: Effect| if is_component { effect.min(Depends) } else { effect };
        let effects = Wire::new(at_most(effects.old_client), at_most(effects.new_client));
        self.note(Some(old), Some(new), at, what, effects);
    }

    /// A schema that is described elsewhere than it was.
    fn referred(&mut self, at: &Spot, old: &Node, new: &Node) {
        let name = |node: &Node| node.get("$ref").and_then(Node::as_str).map(str::to_owned);
        let (from, to) = (name(old), name(new));
        let pair = (from.clone().unwrap_or_default(), to.clone().unwrap_or_default());
        let mut parts = Vec::new();
        let (was, is) = (self.old.target(old), self.new.target(new));
        let is_known = (from.is_none() || was.is_some()) && (to.is_none() || is.is_some());
        if is_known && self.pairs.insert(pair.clone()) {
            let words = (self.described, self.reworded);
            let outer = std::mem::take(&mut self.entries);
            self.node(at, was.unwrap_or(old), is.unwrap_or(new));
            parts = std::mem::replace(&mut self.entries, outer);
            (self.described, self.reworded) = words;
            self.pairs.remove(&pair);
        }
        let wire = parts.iter().filter_map(|part| part.wire).fold(Wire::new(Works, Works), Wire::worse);
        let level = parts.iter().map(|part| part.level).max().unwrap_or(Level::Patch);
        let what = match (&from, &to) {
            (Some(_), Some(_)) => "has another `$ref`",
            _ if parts.is_empty() => "is described elsewhere",
            _ if parts.len() < MOST_PARTS => {
                self.entries.extend(parts);
                return;
            }
            _ => "is something else",
        };
        let mut entry = self.entry(Some(old), Some(new), at, what, wire);
        entry.level = level;
        let shown = |name: Option<String>, node: &Node| Some(name.unwrap_or_else(|| brief(node)));
        (entry.old, entry.new) = (shown(from, old), shown(to, new));
        self.entries.push(entry);
    }

    /// The parts of a composition, whatever their order.
    fn members(&mut self, at: &Spot, key: &str, old: &Node, new: &Node) {
        let texts = |node: &Node| node.items().iter().map(unordered).collect::<BTreeSet<_>>();
        let (was, is) = (texts(old), texts(new));
        if was == is {
            self.reworded = true;
            return;
        }
        let apart = |node: &Node, others: &BTreeSet<String>| -> Vec<Node> {
            node.items().iter().filter(|item| !others.contains(&unordered(item))).cloned().collect()
        };
        let (gone, come) = (apart(old, &is), apart(new, &was));
        if let ([gone], [come]) = (&gone[..], &come[..]) {
            let has_name = gone.get("$ref").and(come.get("$ref")).is_some();
            // What may be anything is another alternative.
            let is_any = |node: &Node| {
                let keys = node.entries().iter().filter(|(key, _)| !WORDS.contains(&key.text.as_str()));
                keys.count() == 0
            };
            if !has_name && !is_any(gone) && !is_any(come) || key == "allOf" {
                let before = self.entries.len();
                self.node(&self.member(at, key, gone, come), gone, come);
                // The crate may have one for the other.
                if let Some(union) = at.ty.as_ref().filter(|_| key != "allOf") {
                    let both = [self.old.member(union, gone), self.new.member(union, come)];
                    for entry in self.entries.iter_mut().skip(before) {
                        entry.subjects.extend(both.iter().flatten().cloned());
                    }
                }
                // A value may be of another alternative.
                for wire in self.entries.iter_mut().skip(before).filter_map(|entry| entry.wire.as_mut()) {
                    if key != "allOf" {
                        *wire = Wire::new(wire.old_client.min(Depends), wire.new_client.min(Depends));
                    }
                }
                return;
            }
        }
        // What is not known is kept where there are several.
        let unknown = |known: &Node| if known.items().len() > 1 { Works } else { Depends };
        let (lost, added) = match key {
            "allOf" => (Wire::new(Depends, Depends), Wire::new(Depends, Depends)),
            _ => (
                at.effects(Wire::new(Fails, Works), Wire::new(Works, unknown(new))),
                at.effects(Wire::new(Works, Depends), Wire::new(unknown(old), Works)),
            ),
        };
        let word = if key == "allOf" { "part" } else { "alternative" };
        let variant = |one: &Node| {
            let name = one.get("$ref").and_then(Node::as_str).map(codegen::document::last_segment);
            let name = name.or_else(|| one.get("const").map(brief));
            name.and_then(|name| at.part(&name)).or_else(|| at.ty.clone()).or_else(|| at.subject.clone())
        };
        for one in &gone {
            let (lost, subjects) =
                if key == "allOf" { self.part(at, one, false) } else { (lost, Vec::new()) };
            let mut entry = self.entry(Some(one), None, at, &format!("has no such {word} any more"), lost);
            (entry.old, entry.subject, entry.subjects) = (Some(shown(one)), variant(one), subjects);
            self.entries.push(entry);
        }
        for one in &come {
            let (added, subjects) =
                if key == "allOf" { self.part(at, one, true) } else { (added, Vec::new()) };
            let mut entry = self.entry(None, Some(one), at, &format!("has a new {word}"), added);
            (entry.new, entry.subject, entry.subjects) = (Some(shown(one)), variant(one), subjects);
            self.entries.push(entry);
        }
    }

    /// What a part of a composition does that comes or goes, and the properties that come or go with it.
    fn part(&mut self, at: &Spot, one: &Node, comes: bool) -> (Wire, Vec<String>) {
        let side = if comes { self.new } else { self.old };
        let layers = match side.target(one) {
            Some(target) => side.document.layers(target).into_iter().cloned().collect(),
            None => side.layers(one),
        };
        let unsure = Wire::new(Depends, Depends);
        let Some(whole) = plain::whole(&layers) else { return (unsure, Vec::new()) };
        let ty = whole.entries().iter().filter(|(key, _)| key.text == "type").cloned();
        let nothing = Node { value: Value::Object(ty.collect()), span: whole.span };
        let words = (self.described, self.reworded);
        let outer = std::mem::take(&mut self.entries);
        let (old, new) = if comes { (&nothing, &whole) } else { (&whole, &nothing) };
        self.entries_of(&at.below("allOf"), old, new, &[]);
        let parts = std::mem::replace(&mut self.entries, outer);
        (self.described, self.reworded) = words;
        let wire = parts.iter().filter_map(|part| part.wire).reduce(Wire::worse);
        (wire.unwrap_or(unsure), parts.into_iter().filter_map(|part| part.subject).collect())
    }

    /// Where a member of a union, or a part of a composition, is.
    fn member(&self, at: &Spot, key: &str, old: &Node, new: &Node) -> Spot {
        let below = at.below(key);
        let Some(union) = at.ty.as_ref().filter(|_| key != "allOf") else { return below };
        let own = self.new.member(union, new).or_else(|| self.old.member(union, old));
        if own.is_some() {
            return Spot { subject: own.clone(), ty: own, ..below };
        }
        // Values that an open list has, and members of members, are the union's.
        let is_within = |node: &Node| ["enum", "oneOf", "anyOf"].iter().any(|key| node.get(key).is_some());
        let ty = at.ty.clone().filter(|_| is_within(old) && is_within(new));
        Spot { subject: Some(union.clone()), ty, ..below }
    }

    fn entries_of(&mut self, at: &Spot, old: &Node, new: &Node, apart: &[&str]) {
        // Either is a choice.
        let choice = |node: &Node| ["oneOf", "anyOf"].map(|key| node.get(key).cloned());
        let chosen = match (choice(old), choice(new)) {
            ([Some(was), None], [None, Some(is)]) | ([None, Some(was)], [Some(is), None]) => {
                self.members(at, "oneOf", &was, &is);
                true
            }
            _ => false,
        };
        let apart: Vec<&str> = match chosen {
            true => apart.iter().copied().chain(["oneOf", "anyOf"]).collect(),
            false => apart.to_vec(),
        };
        let differs = |key: &str| old.get(key).map(brief) != new.get(key).map(brief);
        let numbers =
            limit::number(old).zip(limit::number(new)).filter(|_| differs("type") || differs("format"));
        let apart: Vec<&str> = match numbers {
            Some((was, is)) => {
                self.number(at, old, new, limit::widened(at, was, is));
                apart.into_iter().chain(["type", "format"]).collect()
            }
            None => apart,
        };
        // The only representation, and another one in its place.
        if let (true, [(was, before)], [(is, after)]) =
            (at.item.ends_with(" content"), old.entries(), new.entries())
            && was.text != is.text
        {
            let effects = limit::represented(at.received, &was.text, &is.text);
            let mut entry = self.entry(Some(before), Some(after), at, "is of another media type", effects);
            // What reads it does not look at parameters, nor at what kind of JSON it is.
            let level = if effects == Wire::new(Works, Works) { Level::Patch } else { Level::Silent };
            (entry.level, entry.old, entry.new) = (level, Some(was.text.clone()), Some(is.text.clone()));
            self.entries.push(entry);
            return self.node(&at.below(&is.text), before, after);
        }
        let is_callback = at.item.rsplit_once(' ').is_some_and(|(of, _)| of.ends_with(" callbacks"));
        if let (true, [(was, before)], [(is, after)]) = (is_callback, old.entries(), new.entries())
            && was.text != is.text
        {
            let effects = Wire::new(Depends, Depends);
            let mut entry = self.entry(Some(before), Some(after), at, "is sent to another address", effects);
            (entry.old, entry.new) = (Some(was.text.clone()), Some(is.text.clone()));
            self.entries.push(entry);
            return self.node(&at.below(&is.text), before, after);
        }
        // The answer is there under another status of success.
        let moved = if at.item.ends_with(" answer") { restated(old, new) } else { None };
        if let Some((was, is)) = moved {
            let (before, after) = (old.get(was), new.get(is));
            let mut entry = self.entry(before, after, at, "has another status", Wire::new(Works, Works));
            (entry.old, entry.new) = (Some(was.to_owned()), Some(is.to_owned()));
            self.entries.push(entry);
            self.either(&at.below(is), before, after);
        }
        let is_moved = |key: &str| moved.is_some_and(|(was, is)| key == was || key == is);
        let keys = old.entries().iter().chain(new.entries()).map(|(key, _)| key.text.as_str());
        let keys: BTreeSet<&str> = keys.filter(|key| !apart.contains(key) && !is_moved(key)).collect();
        for key in keys {
            self.key(at, key, (old, new), old.get(key), new.get(key));
        }
    }

    /// A number that may be another one than it was.
    fn number(&mut self, at: &Spot, old: &Node, new: &Node, effects: Wire) {
        let key = if old.get("type").map(brief) == new.get("type").map(brief) { "format" } else { "type" };
        let (was, is) = (old.get(key), new.get(key));
        let word = match (was, is) {
            (None, _) => "has a new",
            (_, None) => "has no",
            _ => "has another",
        };
        let mut entry =
            self.entry(was.or(Some(old)), is.or(Some(new)), at, &format!("{word} `{key}`"), effects);
        let text = |node: &Node| {
            let format = node.get("format").map(brief);
            match (key, format) {
                ("format", format) => format,
                (_, Some(format)) => Some(format!("{}, {format}", brief(node.get(key)?))),
                (_, None) => node.get(key).map(brief),
            }
        };
        (entry.old, entry.new) = (text(old), text(new));
        self.entries.push(entry);
    }

    fn key(&mut self, at: &Spot, key: &str, around: (&Node, &Node), old: Option<&Node>, new: Option<&Node>) {
        let same = old.map(brief) == new.map(brief);
        if same {
            return;
        }
        let is_name = at.item.ends_with(" properties");
        match key {
            _ if is_name => {}
            // Where it is filled in tells.
            _ if at.item.ends_with(DEFINITIONS)
                && [old, new].iter().all(|node| node.is_some_and(is_fill)) =>
            {
                self.filled = true;
                return;
            }
            _ if WORDS.contains(&key) => {
                self.described += 1;
                return;
            }
            "servers" => return self.servers(&format!("{} {key}", at.item), old, new),
            "x-pagination" if old.is_some() && new.is_some() => {
                return old.zip(new).into_iter().for_each(|(old, new)| self.paging(&at.below(key), old, new));
            }
            "x-aliases" if old.is_some() && new.is_some() => {
                return old.zip(new).into_iter().for_each(|(old, new)| self.value(at, key, old, new));
            }
            "oneOf" | "anyOf" | "allOf" if old.is_some() && new.is_some() => {
                let both = old.zip(new);
                return both.into_iter().for_each(|(old, new)| self.members(at, key, old, new));
            }
            "properties" if old.or(new).is_some_and(|node| matches!(node.value, Value::Object(_))) => {
                return self.properties(at, around, old, new);
            }
            "required" if old.or(new).is_some_and(|node| matches!(node.value, Value::Array(_))) => {
                return self.required(at, around, old, new);
            }
            "enum" => return self.values(at, old, new),
            "required" | "deprecated" | "readOnly" | "writeOnly" => return self.flag(at, key, old, new),
            "headers" if !at.is_schema => return self.headers(&at.below(key), old, new),
            _ => {}
        }
        match (old, new) {
            (Some(old), Some(new))
                if matches!(old.value, Value::Object(_) | Value::Array(_)) && old.kind() == new.kind() =>
            {
                self.node(&at.below(key), old, new);
            }
            (Some(old), Some(new)) => self.value(at, key, old, new),
            _ => {
                let effects =
                    answer(at, key, around, new.is_some()).unwrap_or_else(|| constraint(at, key, old, new));
                let what = format!("{} `{key}`", if new.is_some() { "has a new" } else { "has no" });
                let mut entry = self.entry(old, new, at, &what, effects);
                self.behaves(&mut entry, at, key, old, new);
                (entry.old, entry.new) = (old.map(brief), new.map(brief));
                if at.item.ends_with(" discriminator mapping") {
                    entry.subject = at.part(key);
                }
                entry.subject = at.pages(key).or(entry.subject);
                if at.item.ends_with(" callbacks") {
                    entry.subject = at.below(key).subject;
                }
                if at.item.ends_with(" answer") {
                    // What a shared answer says.
                    let targets = [
                        old.and_then(|node| self.old.target(node)),
                        new.and_then(|node| self.new.target(node)),
                    ];
                    entry.subjects.extend(targets.into_iter().flatten().map(brief));
                    let both = [(self.old, old), (self.new, new)];
                    entry.subjects.extend(both.into_iter().flat_map(|(side, node)| side.headers(node)));
                }
                self.entries.push(entry);
            }
        }
    }

    /// Headers of an answer. Whoever reads one is told where it lacks.
    fn headers(&mut self, at: &Spot, old: Option<&Node>, new: Option<&Node>) {
        let names =
            [new, old].into_iter().flatten().flat_map(Node::entries).map(|(key, _)| key.text.as_str());
        let names: BTreeMap<String, &str> =
            names.rev().map(|name| (name.to_ascii_lowercase(), name)).collect();
        for (plain, name) in names {
            let of = |all: Option<&Node>| {
                let mut all = all.map(Node::entries).unwrap_or_default().iter();
                all.find(|(key, _)| key.text.eq_ignore_ascii_case(&plain)).map(|(_, header)| header.clone())
            };
            let spot = at.below(name);
            match (of(old), of(new)) {
                (Some(old), Some(new)) => self.node(&spot, &old, &new),
                (old, new) => {
                    let (what, effects) = match new {
                        Some(_) => ("is new", Wire::new(Works, Depends)),
                        None => ("is gone", Wire::new(Depends, Works)),
                    };
                    self.note(old.as_ref(), new.as_ref(), &spot, what, at.effects(effects, effects));
                }
            }
        }
    }

    fn value(&mut self, at: &Spot, key: &str, old: &Node, new: &Node) {
        let what = if key.is_empty() { "changes".to_owned() } else { format!("has another `{key}`") };
        let mut entry =
            self.entry(Some(old), Some(new), at, &what, constraint(at, key, Some(old), Some(new)));
        (entry.old, entry.new) = (Some(brief(old)), Some(brief(new)));
        self.behaves(&mut entry, at, key, Some(old), Some(new));
        // What the crate calls it, before and now.
        if key == "operationId" && at.subject.as_ref().is_some_and(|of| of.starts_with("webhook ")) {
            entry.subjects = [old, new].map(|id| webhook(&brief(id))).into();
        }
        // How something is spelled, and what tells the members of a union apart.
        if matches!(key, "style" | "explode" | "propertyName") && at.sent | at.received {
            (entry.level, entry.wire) = (Level::Silent, Some(Wire::new(Fails, Fails)));
        }
        if at.item.ends_with(" discriminator mapping") {
            entry.subject = at.part(key);
        }
        // What `x_or_default` gives, and what a server takes where nothing is sent.
        if key == "default" {
            entry.level = Level::Silent;
        }
        self.entries.push(entry);
    }

    /// How pages are walked, which no type tells.
    fn paging(&mut self, at: &Spot, old: &Node, new: &Node) {
        let meant = |rule: &Node| -> BTreeMap<String, String> {
            let entries = rule.entries().iter().filter(|(key, _)| key.text != "style");
            entries.map(|(key, node)| (key.text.clone(), brief(node))).collect()
        };
        if meant(old) == meant(new) {
            self.reworded = true;
            return;
        }
        let mut entry = self.entry(Some(old), Some(new), at, "changes", Wire::new(Depends, Depends));
        (entry.level, entry.old, entry.new) = (Level::Silent, Some(brief(old)), Some(brief(new)));
        self.entries.push(entry);
    }

    /// Says so where code that compiles does something else.
    fn behaves(&self, entry: &mut Entry, at: &Spot, key: &str, old: Option<&Node>, new: Option<&Node>) {
        if let Some(effects) = limit::behaviour(at, key, old, new) {
            (entry.level, entry.wire) = (Level::Silent, Some(effects));
        }
    }

    fn properties(&mut self, at: &Spot, around: (&Node, &Node), old: Option<&Node>, new: Option<&Node>) {
        let names = [old, new]
            .into_iter()
            .flatten()
            .flat_map(|all| all.entries().iter().map(|(key, _)| key.text.clone()));
        for name in names.collect::<BTreeSet<_>>() {
            let of = |all: Option<&Node>| all.and_then(|all| all.get(&name)).cloned();
            // A part of a form is described in place for itself.
            let is_form = at.item.ends_with(" schema") && at.item.contains(" body content multipart/");
            let ty = match &at.reached[..] {
                [of] if is_form => Some(normal(of) + "bodypart"),
                _ => at.ty.clone(),
            };
            let spot = Spot {
                item: format!("{}.{name}", at.item),
                subject: at.part(&name),
                ty: ty.map(|ty| ty + &normal(&name)),
                is_schema: true,
                is_optional: ![around.0, around.1]
                    .iter()
                    .any(|node| list(node.get("required")).contains(&name)),
                ..at.clone()
            };
            let (was, is) = (of(old), of(new));
            let all = |key: &str| {
                let flag = |node: &Node| node.get(key).and_then(Node::as_bool) == Some(true);
                [&was, &is].into_iter().flatten().all(flag)
            };
            // What only one side writes, the other never sends.
            let spot = Spot {
                sent: spot.sent && !all("readOnly"),
                received: spot.received && !all("writeOnly"),
                ..spot
            };
            let required = |node: &Node| list(node.get("required")).contains(&name);
            match (of(old), of(new)) {
                (Some(old), Some(new)) => self.node(&spot, &old, &new),
                (Some(old), None) => {
                    let (lost, what) =
                        if required(around.0) { (Fails, WAS_REQUIRED) } else { (Works, "is gone") };
                    let effects = spot.effects(Wire::new(Depends, lost), Wire::new(lost, Works));
                    self.note(Some(&old), None, &spot, what, effects);
                }
                (None, Some(new)) => {
                    let (needs, what) =
                        if required(around.1) { (Fails, "is new and required") } else { (Works, "is new") };
                    let effects = spot.effects(Wire::new(needs, Depends), Wire::new(Works, needs));
                    self.note(None, Some(&new), &spot, what, effects);
                }
                (None, None) => {}
            }
        }
    }

    fn required(&mut self, at: &Spot, around: (&Node, &Node), old: Option<&Node>, new: Option<&Node>) {
        let (was, is) = (list(old), list(new));
        for name in was.symmetric_difference(&is) {
            // One that comes or goes with its property was told with it.
            let has = |node: &Node| node.get("properties").is_some_and(|all| all.get(name).is_some());
            if has(around.0) != has(around.1) {
                continue;
            }
            let spot = Spot { item: format!("{}.{name}", at.item), subject: at.part(name), ..at.clone() };
            let (what, effects) = if is.contains(name) {
                ("becomes required", spot.effects(Wire::new(Fails, Works), Wire::new(Works, Fails)))
            } else {
                ("is no longer required", spot.effects(Wire::new(Works, Fails), Wire::new(Fails, Works)))
            };
            self.note(old, new, &spot, what, effects);
        }
    }

    fn values(&mut self, at: &Spot, old: Option<&Node>, new: Option<&Node>) {
        // From some values to any, or from any to some.
        let free = at.effects(Wire::new(Works, Depends), Wire::new(Depends, Works));
        match (old, new) {
            (Some(_), None) => return self.note(old, None, at, "is no longer one of some values", free),
            (None, Some(_)) => {
                let bound = Wire::new(free.new_client, free.old_client);
                return self.note(None, new, at, "is one of some values", bound);
            }
            _ => {}
        }
        let (was, is) = (list(old), list(new));
        for value in was.symmetric_difference(&is) {
            let (what, effects) = if is.contains(value) {
                (
                    format!("has a new value `{value}`"),
                    at.effects(Wire::new(Works, Depends), Wire::new(Works, Works)),
                )
            } else {
                (
                    format!("has no value `{value}` any more"),
                    at.effects(Wire::new(Fails, Works), Wire::new(Works, Works)),
                )
            };
            let mut entry = self.entry(old, new, at, &what, effects);
            entry.subject = at.part(value);
            self.entries.push(entry);
        }
    }

    fn flag(&mut self, at: &Spot, key: &str, old: Option<&Node>, new: Option<&Node>) {
        let is = new.and_then(Node::as_bool).unwrap_or(false);
        if old.and_then(Node::as_bool).unwrap_or(false) == is {
            return;
        }
        let needs = if at.is_optional { Works } else { Fails };
        let (sent, received) = match key {
            // Only whoever reads it misses it.
            "required" if at.item.rsplit_once(' ').is_some_and(|(of, _)| of.ends_with(" headers")) => {
                (Wire::new(Works, Works), Wire::new(Works, Depends))
            }
            "required" => (Wire::new(Fails, Works), Wire::new(Works, Fails)),
            "readOnly" => (Wire::new(Depends, needs), Wire::new(Works, Works)),
            "writeOnly" => (Wire::new(Works, Works), Wire::new(needs, Works)),
            _ => (Wire::new(Works, Works), Wire::new(Works, Works)),
        };
        let turned = |wire: Wire| if is { wire } else { Wire::new(wire.new_client, wire.old_client) };
        let what = format!("{} {key}", if is { "becomes" } else { "is no longer" });
        self.note(old, new, at, &what, at.effects(turned(sent), turned(received)));
    }

    fn note(&mut self, old: Option<&Node>, new: Option<&Node>, at: &Spot, what: &str, effects: Wire) {
        let entry = self.entry(old, new, at, what, effects);
        self.entries.push(entry);
    }

    fn entry(&self, old: Option<&Node>, new: Option<&Node>, at: &Spot, what: &str, effects: Wire) -> Entry {
        let mut entry = Entry::new(Level::Patch, &at.item, what);
        entry.wire = Some(effects);
        entry.reached.clone_from(&at.reached);
        entry.old_place = old.map(|node| self.old.place(node));
        entry.new_place = new.map(|node| self.new.place(node));
        let is_operation = !at.is_schema && at.subject.is_none() && !at.item.contains([' ', '(', '.']);
        entry.subject =
            if is_operation { Some(format!("{}()", normal(&at.item))) } else { at.subject.clone() };
        entry
    }
}

/// The only status of success that goes and the only one that comes.
fn restated<'a>(old: &'a Node, new: &'a Node) -> Option<(&'a str, &'a str)> {
    let alone = |these: &'a Node, others: &'a Node| {
        let keys = these.entries().iter().map(|(key, _)| key.text.as_str());
        let mut found = keys.filter(|key| key.starts_with('2') && others.get(key).is_none());
        found.next().filter(|_| found.next().is_none())
    };
    Some((alone(old, new)?, alone(new, old)?))
}

/// Whether one schema is among the alternatives of the other: whether the new one has more.
fn widened(old: &Node, new: &Node) -> Option<bool> {
    let has = |union: &Node, one: &Node| {
        let mut lists = ["oneOf", "anyOf"].iter().filter_map(|key| union.get(key));
        lists.any(|list| list.items().iter().any(|item| brief(item) == brief(one)))
    };
    if has(new, old) { Some(true) } else { has(old, new).then_some(false) }
}

/// A parameter, as documents and crates call it.
fn parameter(operation: &str, name: &str) -> Spot {
    let subject = Some(format!("{}.{}", normal(operation), normal(name)));
    let reached = vec![operation.to_owned()];
    // `find`'s `sort` is a `FindSort`.
    let ty = Some(normal(operation) + &normal(name));
    Spot { subject, ty, reached, ..spot(&format!("{operation}({name})"), true, false) }
}

/// An operation as a whole.
fn of_operation(operation: &Operation<'_>) -> Spot {
    let name = title(operation);
    Spot { reached: vec![name.clone()], ..spot(&name, true, true) }
}

fn spot(item: &str, sent: bool, received: bool) -> Spot {
    let (item, reached) = (item.to_owned(), Vec::new());
    Spot {
        item,
        subject: None,
        ty: None,
        sent,
        received,
        reached,
        is_schema: false,
        is_optional: false,
        is_of_union: false,
    }
}

/// What is described within a schema.
pub const DEFINITIONS: &str = " $defs";

/// How entries call ways to authenticate.
const SCHEME: &str = "security scheme ";

/// The opposite of what is new and required.
const WAS_REQUIRED: &str = "is gone and was required";

/// So many differences of a description make it another one.
const MOST_PARTS: usize = 4;

/// Whether a definition says nothing but what fills in a template.
fn is_fill(definition: &Node) -> bool {
    definition.get("$dynamicAnchor").is_some() && definition.get("$ref").is_some()
}

fn is_verb(key: &str) -> bool {
    codegen::document::METHODS.iter().any(|(verb, _)| *verb == key)
}

/// The texts of a list.
fn list(node: Option<&Node>) -> BTreeSet<String> {
    node.map(|node| node.items().iter().map(brief).collect()).unwrap_or_default()
}

/// A schema among others, as short as it can be told: what it refers to, its one value with its name, its alternatives.
fn shown(node: &Node) -> String {
    let choice = ["oneOf", "anyOf"].iter().find_map(|key| node.get(key));
    match (node.get("$ref"), node.get("const"), choice) {
        (Some(target), ..) => codegen::document::last_segment(&brief(target)).to_string(),
        (_, Some(value), _) => match node.get("title").and_then(Node::as_str) {
            Some(title) => format!("{} ({title})", brief(value)),
            None => brief(value),
        },
        (.., Some(choice)) => choice.items().iter().map(shown).collect::<Vec<_>>().join(" or "),
        _ => brief(node),
    }
}

/// A schema in one line, whatever the order of its keys, of its values and of what it requires.
fn unordered(node: &Node) -> String {
    const LISTS: [&str; 6] = ["required", "enum", "type", "oneOf", "anyOf", "allOf"];
    let text = |key: &str, value: &Node| {
        let mut items: Vec<String> = value.items().iter().map(unordered).collect();
        items.sort();
        if LISTS.contains(&key) && !items.is_empty() { items.join(", ") } else { unordered(value) }
    };
    match &node.value {
        Value::Object(entries) => {
            let sorted: BTreeMap<_, _> =
                entries.iter().map(|(key, value)| (&key.text, text(&key.text, value))).collect();
            format!("{sorted:?}")
        }
        _ => brief(node),
    }
}

/// A value in one line, whatever the order of its keys.
fn brief(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) | Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(brief).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let sorted: BTreeMap<_, _> =
                entries.iter().map(|(key, value)| (&key.text, brief(value))).collect();
            let parts = sorted.iter().map(|(key, value)| format!("{key}: {value}"));
            format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
        }
    }
}
