//! Two documents: what an old client meets at a new server, and a new client at an old one.

use super::entry::{Effect, Entry, Level, RouteChange, Wire, nameless, normal, variables};
use codegen::document::{Document, Operation};
use codegen::parse::{Key, Node, Value};
use std::collections::{BTreeMap, BTreeSet};

use Effect::{Depends, Fails, Works};

/// A document with what is needed to speak of it.
pub struct Side<'a> {
    name: &'a str,
    /// Where each line begins, in characters.
    lines: Vec<u32>,
    document: Document<'a>,
    operations: Vec<Operation<'a>>,
    /// Components by what sends and receives them: `schemas/Pet` to the names of operations.
    sent: BTreeMap<String, BTreeSet<String>>,
    received: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Side<'a> {
    /// Prepares a document that was read.
    pub fn new(name: &'a str, text: &'a str, root: &'a Node) -> Self {
        let document = Document::new(root);
        let operations: Vec<_> = document.operations().collect();
        let (mut sent, mut received) = (BTreeMap::new(), BTreeMap::new());
        for operation in &operations {
            let called = title(operation);
            for (key, part) in operation.node.entries() {
                let reached = if key.text == "responses" { &mut received } else { &mut sent };
                reach(&document, part, &called, reached);
            }
            if let Some(shared) = operation.item.get("parameters") {
                reach(&document, shared, &called, &mut sent);
            }
        }
        let breaks = (1_u32..).zip(text.chars()).filter(|(_, letter)| *letter == '\n').map(|(at, _)| at);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self { name, lines, document, operations, sent, received }
    }

    fn place(&self, node: &Node) -> String {
        let line = self.lines.partition_point(|start| *start <= node.span.start);
        let start = line.checked_sub(1).and_then(|at| self.lines.get(at)).copied().unwrap_or_default();
        format!("{}:{line}:{}", self.name, node.span.start - start + 1)
    }
}

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

fn reach(
    document: &Document<'_>,
    node: &Node,
    called: &str,
    reached: &mut BTreeMap<String, BTreeSet<String>>,
) {
    if let Some(name) =
        node.get("$ref").and_then(Node::as_str).and_then(|text| text.strip_prefix("#/components/"))
    {
        if !reached.entry(name.to_owned()).or_default().insert(called.to_owned()) {
            return;
        }
        if let Some(target) = document.at(&format!("/components/{name}")) {
            reach(document, target, called, reached);
        }
    }
    for (_, value) in node.entries() {
        reach(document, value, called, reached);
    }
    for item in node.items() {
        reach(document, item, called, reached);
    }
}

/// All differences of two documents but their descriptions, which are counted.
pub fn compare(old: &Side<'_>, new: &Side<'_>) -> Vec<Entry> {
    let mut walk = Walk { old, new, entries: Vec::new(), described: 0 };
    walk.operations();
    walk.components();
    walk.rest();
    for key in ["servers", "security"] {
        walk.whole(key, old.document.root().get(key), new.document.root().get(key));
    }
    let mut entries = grouped(walk.entries);
    if walk.described > 0 {
        let mut entry = Entry::new(Level::Patch, "descriptions of the document", "change");
        let places = if walk.described == 1 { "place" } else { "places" };
        entry.new = Some(format!("at {} {places}", walk.described));
        entry.wire = Some(Wire::new(Works, Works));
        entries.push(entry);
    }
    // Such as a parameter that another one hides.
    if entries.is_empty() && brief(old.document.root()) != brief(new.document.root()) {
        let mut entry = Entry::new(Level::Patch, "what no operation uses", "changes");
        entry.wire = Some(Wire::new(Works, Works));
        entries.push(entry);
    }
    entries
}

/// What the same parts of several operations have in common is said once.
fn grouped(entries: Vec<Entry>) -> Vec<Entry> {
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
}

/// Where a difference is, and who meets it.
#[derive(Clone)]
struct Spot {
    /// What it is called.
    item: String,
    /// The type that it is in, where it is in a named one.
    subject: Option<String>,
    sent: bool,
    received: bool,
    reached: Vec<String>,
    /// Whether the value is a schema, and not a parameter or an answer around one.
    is_schema: bool,
}

impl Spot {
    fn below(&self, key: &str) -> Self {
        Self { item: format!("{} {key}", self.item), ..self.clone() }
    }

    /// One effect where the value is sent, another where it is received.
    fn effects(&self, sent: Wire, received: Wire) -> Wire {
        let none = Wire::new(Works, Works);
        let sent = if self.sent { sent } else { none };
        sent.worse(if self.received { received } else { none })
    }
}

/// Keys that say nothing about the wire.
const WORDS: &[&str] = &[
    "description",
    "summary",
    "title",
    "example",
    "examples",
    "externalDocs",
    "tags",
    "$comment",
    "x-source",
    "x-decisions",
];

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
                    self.note(Some(was.node), None, &of_operation(&was), "is gone", Wire::new(Fails, Works))
                }
            }
        }
        for at in left {
            let operation = self.new.operations[at];
            self.note(
                None,
                Some(operation.node),
                &of_operation(&operation),
                "is new",
                Wire::new(Works, Fails),
            );
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
        self.parameters(&name, old, new);
        self.either(
            &spot(&format!("{name} body"), true, false),
            old.node.get("requestBody"),
            new.node.get("requestBody"),
        );
        self.either(
            &spot(&format!("{name} answer"), false, true),
            old.node.get("responses"),
            new.node.get("responses"),
        );
        let apart = ["parameters", "requestBody", "responses", "operationId"];
        self.entries_of(&whole, old.node, new.node, &apart);
    }

    fn parameters(&mut self, name: &str, old: &Operation<'_>, new: &Operation<'_>) {
        let (was, is) = (self.old.document.parameters(old), self.new.document.parameters(new));
        let same =
            |a: &codegen::document::Parameter<'_>, b: &codegen::document::Parameter<'_>| a.name == b.name;
        // A variable of a path may have another name: what counts is its place in the path.
        let (old_route, new_route) = (route(old), route(new));
        let renamed: BTreeMap<&str, &str> = match RouteChange::between(&old_route, &new_route) {
            RouteChange::Renamed => variables(&old_route).into_iter().zip(variables(&new_route)).collect(),
            RouteChange::Same | RouteChange::Moved => BTreeMap::new(),
        };
        let in_path = |wanted: &str| is.iter().find(|after| after.location == "path" && after.name == wanted);
        for before in &was {
            let at = parameter(name, before.name);
            let renamed =
                renamed.get(before.name).filter(|now| before.location == "path" && **now != before.name);
            if let Some(after) = renamed.and_then(|now| in_path(now)) {
                self.entries_of(&at, before.node, after.node, &["name"]);
                continue;
            }
            let exact = is.iter().find(|after| same(before, after) && after.location == before.location);
            let elsewhere = || {
                is.iter().find(|after| {
                    same(before, after) && !was.iter().any(|b| same(b, after) && b.location == after.location)
                })
            };
            match exact {
                Some(after) => self.either(&at, Some(before.node), Some(after.node)),
                None => match elsewhere() {
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
                    }
                    None => {
                        let needed = before.node.get("required").and_then(Node::as_bool) == Some(true);
                        let effects = Wire::new(Depends, if needed { Fails } else { Works });
                        self.note(Some(before.node), None, &at, "is gone", effects);
                    }
                },
            }
        }
        let is_renamed = |name: &str| renamed.values().any(|now| *now == name);
        let come = is.iter().filter(|after| !was.iter().any(|before| same(before, after)));
        for after in come.filter(|after| after.location != "path" || !is_renamed(after.name)) {
            let required = after.node.get("required").and_then(Node::as_bool) == Some(true);
            let effects = Wire::new(if required { Fails } else { Works }, Depends);
            let what = if required { "is new and required" } else { "is new" };
            self.note(None, Some(after.node), &parameter(name, after.name), what, effects);
        }
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
                self.either(&at, of(&old).as_ref(), of(&new).as_ref());
            }
        }
    }

    fn component(&self, section: &str, name: &str) -> Spot {
        let key = format!("{section}/{name}");
        let of = |map: &BTreeMap<String, BTreeSet<String>>| map.get(&key).cloned().unwrap_or_default();
        let sent = &of(&self.old.sent) | &of(&self.new.sent);
        let received = &of(&self.old.received) | &of(&self.new.received);
        Spot {
            item: name.to_owned(),
            subject: (section == "schemas").then(|| normal(name)),
            sent: !sent.is_empty(),
            received: !received.is_empty(),
            reached: (&sent | &received).into_iter().collect(),
            is_schema: section == "schemas",
        }
    }

    /// What is neither an operation nor a component.
    fn rest(&mut self) {
        let (old, new) = (self.old.document.root(), self.new.document.root());
        let apart = ["components", "paths", "security", "servers"];
        self.entries_of(&spot("the document", true, true), old, new, &apart);
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
            let has_operations = |item: &Node| verbs.iter().any(|verb| item.get(verb).is_some());
            let at = spot(path, true, true);
            match (of(&was), of(&is)) {
                (Some(old), Some(new)) => {
                    let apart: Vec<&str> = verbs.iter().copied().chain(["parameters"]).collect();
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

    /// Something whose parts need no words of their own.
    fn whole(&mut self, item: &str, old: Option<&Node>, new: Option<&Node>) {
        let text = |node: Option<&Node>| node.map(brief).unwrap_or_default();
        if text(old) == text(new) {
            return;
        }
        let effects = if item == "servers" { Wire::new(Fails, Fails) } else { Wire::new(Fails, Depends) };
        let mut entry = self.entry(old, new, &spot(item, true, true), "changes", effects);
        entry.level = if item == "servers" { Level::Silent } else { Level::Patch };
        (entry.old, entry.new) = (old.map(brief), new.map(brief));
        self.entries.push(entry);
    }

    fn node(&mut self, at: &Spot, old: &Node, new: &Node) {
        match (&old.value, &new.value) {
            (Value::Object(_), Value::Object(_)) => self.entries_of(at, old, new, &[]),
            (Value::Array(before), Value::Array(after)) => {
                for number in 0..before.len().max(after.len()) {
                    self.either(&at.below(&format!("[{number}]")), before.get(number), after.get(number));
                }
            }
            _ if brief(old) == brief(new) => {}
            _ => self.value(at, "", old, new),
        }
    }

    fn entries_of(&mut self, at: &Spot, old: &Node, new: &Node, apart: &[&str]) {
        let keys = old.entries().iter().chain(new.entries()).map(|(key, _)| key.text.as_str());
        let keys: BTreeSet<&str> = keys.filter(|key| !apart.contains(key)).collect();
        for key in keys {
            self.key(at, key, (old, new), old.get(key), new.get(key));
        }
    }

    fn key(&mut self, at: &Spot, key: &str, around: (&Node, &Node), old: Option<&Node>, new: Option<&Node>) {
        let same = old.map(brief) == new.map(brief);
        if same {
            return;
        }
        let is_name = at.item.ends_with(" properties");
        match key {
            _ if is_name => {}
            _ if WORDS.contains(&key) => {
                self.described += 1;
                return;
            }
            "servers" | "security" => return self.whole(&format!("{} {key}", at.item), old, new),
            "properties" if old.or(new).is_some_and(|node| matches!(node.value, Value::Object(_))) => {
                return self.properties(at, around, old, new);
            }
            "required" if old.or(new).is_some_and(|node| matches!(node.value, Value::Array(_))) => {
                return self.required(at, around, old, new);
            }
            "enum" => return self.values(at, old, new),
            "required" | "nullable" | "deprecated" => return self.flag(at, key, old, new),
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
                let effects = answer(at, key, new.is_some()).unwrap_or_else(|| constraint(at, key, old, new));
                let what = format!("{} `{key}`", if new.is_some() { "has a new" } else { "has no" });
                let mut entry = self.entry(old, new, at, &what, effects);
                (entry.old, entry.new) = (old.map(brief), new.map(brief));
                let is_scalar = |node: &Node| {
                    let ty = node.get("schema").and_then(|schema| schema.get("type")).and_then(Node::as_str);
                    matches!(ty, Some("boolean" | "integer" | "number" | "string"))
                };
                // How lists and objects are spelled is nothing that a single value knows.
                if matches!(key, "style" | "explode") && !is_scalar(around.1) {
                    (entry.level, entry.wire) = (Level::Silent, Some(Wire::new(Fails, Fails)));
                }
                self.entries.push(entry);
            }
        }
    }

    fn value(&mut self, at: &Spot, key: &str, old: &Node, new: &Node) {
        let what = if key.is_empty() { "changes".to_owned() } else { format!("has another `{key}`") };
        let mut entry =
            self.entry(Some(old), Some(new), at, &what, constraint(at, key, Some(old), Some(new)));
        (entry.old, entry.new) = (Some(brief(old)), Some(brief(new)));
        if matches!(key, "style" | "explode" | "in") {
            (entry.level, entry.wire) = (Level::Silent, Some(Wire::new(Fails, Fails)));
        }
        // What `x_or_default` gives, and what a server takes where nothing is sent.
        if key == "default" {
            entry.level = Level::Silent;
        }
        self.entries.push(entry);
    }

    fn properties(&mut self, at: &Spot, around: (&Node, &Node), old: Option<&Node>, new: Option<&Node>) {
        let names = [old, new]
            .into_iter()
            .flatten()
            .flat_map(|all| all.entries().iter().map(|(key, _)| key.text.clone()));
        for name in names.collect::<BTreeSet<_>>() {
            let of = |all: Option<&Node>| all.and_then(|all| all.get(&name)).cloned();
            let spot = Spot {
                item: format!("{}.{name}", at.item),
                subject: at.subject.as_ref().map(|subject| format!("{subject}.{}", normal(&name))),
                is_schema: true,
                ..at.clone()
            };
            let required = |node: &Node| list(node.get("required")).contains(&name);
            match (of(old), of(new)) {
                (Some(old), Some(new)) => self.node(&spot, &old, &new),
                (Some(old), None) => {
                    let lost = if required(around.0) { Fails } else { Works };
                    let effects = spot.effects(Wire::new(Depends, lost), Wire::new(lost, Works));
                    self.note(Some(&old), None, &spot, "is gone", effects);
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
            let spot = Spot {
                item: format!("{}.{name}", at.item),
                subject: at.subject.as_ref().map(|subject| format!("{subject}.{}", normal(name))),
                ..at.clone()
            };
            let (what, effects) = if is.contains(name) {
                ("becomes required", spot.effects(Wire::new(Fails, Works), Wire::new(Works, Fails)))
            } else {
                ("is no longer required", spot.effects(Wire::new(Works, Fails), Wire::new(Fails, Works)))
            };
            self.note(old, new, &spot, what, effects);
        }
    }

    fn values(&mut self, at: &Spot, old: Option<&Node>, new: Option<&Node>) {
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
            entry.subject = at.subject.as_ref().map(|subject| format!("{subject}.{}", normal(value)));
            self.entries.push(entry);
        }
    }

    fn flag(&mut self, at: &Spot, key: &str, old: Option<&Node>, new: Option<&Node>) {
        let is = new.and_then(Node::as_bool).unwrap_or(false);
        if old.and_then(Node::as_bool).unwrap_or(false) == is {
            return;
        }
        let (sent, received) = match key {
            "required" => (Wire::new(Fails, Works), Wire::new(Works, Fails)),
            "nullable" => (Wire::new(Works, Fails), Wire::new(Fails, Works)),
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

/// A parameter, as documents and crates call it.
fn parameter(operation: &str, name: &str) -> Spot {
    let subject = Some(format!("{}.{}", normal(operation), normal(name)));
    let reached = vec![operation.to_owned()];
    Spot { subject, reached, ..spot(&format!("{operation}({name})"), true, false) }
}

/// An operation as a whole.
fn of_operation(operation: &Operation<'_>) -> Spot {
    let name = title(operation);
    Spot { reached: vec![name.clone()], ..spot(&name, true, true) }
}

fn spot(item: &str, sent: bool, received: bool) -> Spot {
    Spot { item: item.to_owned(), subject: None, sent, received, reached: Vec::new(), is_schema: false }
}

/// What an answer or a representation that comes or goes does; nothing where the key is neither.
fn answer(at: &Spot, key: &str, comes: bool) -> Option<Wire> {
    let is_status = at.item.ends_with(" answer") && !key.starts_with('2');
    match () {
        () if is_status => Some(Wire::new(Works, Works)),
        () if at.item.ends_with(" content") && comes => Some(Wire::new(Works, Depends)),
        () if at.item.ends_with(" content") => Some(Wire::new(Fails, Depends)),
        () => None,
    }
}

/// What a limit that comes, goes or moves does: whoever keeps the tighter one is understood by everybody.
fn constraint(at: &Spot, key: &str, old: Option<&Node>, new: Option<&Node>) -> Wire {
    let number = |node: Option<&Node>| node.and_then(|node| brief(node).parse::<f64>().ok());
    let tighter = match key {
        "maxLength" | "maxItems" | "maxProperties" | "maximum" => {
            Some(number(new).unwrap_or(f64::INFINITY) < number(old).unwrap_or(f64::INFINITY))
        }
        "minLength" | "minItems" | "minProperties" | "minimum" => {
            Some(number(new).unwrap_or(f64::NEG_INFINITY) > number(old).unwrap_or(f64::NEG_INFINITY))
        }
        "pattern" | "multipleOf" | "uniqueItems" if old.is_none() => Some(true),
        "pattern" | "multipleOf" | "uniqueItems" if new.is_none() => Some(false),
        _ => None,
    };
    let none = Wire::new(Works, Works);
    match tighter {
        Some(true) => at.effects(Wire::new(Fails, Works), none),
        Some(false) => at.effects(Wire::new(Works, Fails), none),
        None if key.starts_with("x-") || key == "additionalProperties" => none,
        None => Wire::new(Depends, Depends),
    }
}

/// The texts of a list.
fn list(node: Option<&Node>) -> BTreeSet<String> {
    node.map(|node| node.items().iter().map(brief).collect()).unwrap_or_default()
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
