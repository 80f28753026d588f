//! Schemas that fill in another one: a `$ref` beside `$defs` in which a `$dynamicAnchor` takes the place of what the other
//! leaves open, such as a page with items of any kind.
//!
//! In: trees of a document. Out: the same trees, where each such `$ref` is a copy of what it leads to, in which a `$dynamicRef`
//! to what is filled in is a `$ref` to what fills it. Only what stands in the other schema itself is filled in.

use crate::document::Document;
use crate::documents::Trees;
use crate::parse::{Key, Node, Value};
use std::collections::HashMap;

/// How much copies may add to a document, in values.
const ADDED: usize = 100_000;

/// What describes a schema or gives it a name, and holds for no copy of it.
const OF_THE_ORIGINAL: &[&str] = &["$id", "$schema", "$anchor", "$dynamicAnchor"];

/// What stands in places of schemas and is none.
const VALUES: &[&str] = &["example", "examples", "default", "enum", "const"];

/// Fills in the schemas of a document of one file.
pub fn fill_in(root: &mut Node) {
    if is_dynamic(root) {
        let mut copies = copies(&Document::new(root), [&*root]);
        put(root, &mut copies);
    }
}

/// Fills in the schemas of all files.
pub(crate) fn fill_in_all(trees: &mut Trees) {
    if trees.files.iter().any(|file| is_dynamic(&file.root)) {
        let mut copies = copies(&Document::of(trees), trees.files.iter().map(|file| &file.root));
        trees.files.iter_mut().for_each(|file| put(&mut file.root, &mut copies));
    }
}

/// What stands in the place of a node, by that.
type Copies = HashMap<*const Node, Node>;

/// A name that is filled in, and the reference to what fills it.
type Fill<'a> = (&'a str, Node);

fn is_dynamic(node: &Node) -> bool {
    node.get("$dynamicRef").is_some()
        || node.entries().iter().any(|(_, value)| is_dynamic(value))
        || node.items().iter().any(is_dynamic)
}

fn copies<'a>(document: &Document<'a>, roots: impl IntoIterator<Item = &'a Node>) -> Copies {
    let mut filler = Filler { document, left: ADDED, copies: HashMap::new() };
    for root in roots {
        filler.look(root, "");
    }
    filler.copies
}

/// Replaces nodes by their copies.
fn put(node: &mut Node, copies: &mut Copies) {
    if let Some(copy) = copies.remove(&std::ptr::from_ref(node)) {
        *node = copy;
        return;
    }
    match &mut node.value {
        Value::Object(entries) => entries.iter_mut().for_each(|(_, value)| put(value, copies)),
        Value::Array(items) => items.iter_mut().for_each(|item| put(item, copies)),
        _ => {}
    }
}

struct Filler<'d, 'a> {
    document: &'d Document<'a>,
    /// How many values may be copied.
    left: usize,
    copies: Copies,
}

impl<'a> Filler<'_, 'a> {
    /// Looks for schemas that fill in others. `pointer` leads to the node.
    fn look(&mut self, node: &'a Node, pointer: &str) {
        let fills = fills(node, pointer);
        if !fills.is_empty() {
            if let Some(copy) = self.filled(node, &fills) {
                self.copies.insert(node, copy);
                return;
            }
        }
        for (key, value) in node.entries().iter().filter(|(key, _)| !VALUES.contains(&&*key.text)) {
            let segment = key.text.replace('~', "~0").replace('/', "~1");
            self.look(value, &format!("{pointer}/{segment}"));
        }
        for (at, item) in node.items().iter().enumerate() {
            self.look(item, &format!("{pointer}/{at}"));
        }
    }

    /// A schema with what it refers to in the place of its reference, or of one in its `allOf`.
    fn filled(&mut self, node: &'a Node, fills: &[Fill<'_>]) -> Option<Node> {
        let entries = node.entries().iter();
        if node.get("$ref").is_none() {
            let mut parts = Vec::new();
            let mut is_filled = false;
            for part in node.get("allOf")?.items() {
                let copy = self.copy_of_target(part, fills);
                is_filled |= copy.is_some();
                parts.push(copy.unwrap_or_else(|| part.clone()));
            }
            let filled = entries.map(|(key, value)| match key.text.as_str() {
                "allOf" => {
                    (key.clone(), Node { value: Value::Array(std::mem::take(&mut parts)), span: value.span })
                }
                _ => (key.clone(), value.clone()),
            });
            return is_filled.then(|| Node { value: Value::Object(filled.collect()), span: node.span });
        }
        let copy = self.copy_of_target(node, fills)?;
        let mut filled: Vec<(Key, Node)> = entries.filter(|(key, _)| key.text != "$ref").cloned().collect();
        for (key, value) in copy.entries() {
            match filled.iter_mut().find(|(own, _)| own.text == key.text) {
                None => filled.push((key.clone(), value.clone())),
                Some((_, Node { value: Value::Object(own), .. })) if key.text == "$defs" => {
                    let more = value.entries().iter();
                    let more = more
                        .filter(|(key, _)| node.get("$defs").is_none_or(|own| own.get(&key.text).is_none()));
                    own.extend(more.cloned());
                }
                // What describes it may differ; of two that say what it is, both would have to hold.
                Some((_, own))
                    if matches!(key.text.as_str(), "title" | "description") || own.value == value.value => {}
                Some(_) => return None,
            }
        }
        Some(Node { value: Value::Object(filled), span: node.span })
    }

    /// A copy of what a reference leads to; nothing where nothing in it is filled in.
    fn copy_of_target(&mut self, node: &'a Node, fills: &[Fill<'_>]) -> Option<Node> {
        let target = self.document.target(node.get("$ref")?).ok()?;
        let mut is_filled = false;
        let copy = self.copy(target, fills, &mut is_filled)?;
        let Value::Object(mut entries) = copy.value else { return None };
        entries.retain(|(key, _)| !OF_THE_ORIGINAL.contains(&&*key.text));
        is_filled.then_some(Node { value: Value::Object(entries), span: copy.span })
    }

    fn copy(&mut self, node: &Node, fills: &[Fill<'_>], is_filled: &mut bool) -> Option<Node> {
        self.left = self.left.checked_sub(1)?;
        let value = match &node.value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.copy(item, fills, is_filled));
                Value::Array(items.collect::<Option<_>>()?)
            }
            Value::Object(entries) => {
                let mut copies = Vec::new();
                for (key, value) in entries {
                    if named(value, "$dynamicAnchor").is_some_and(|name| find(fills, name).is_some()) {
                        continue;
                    }
                    let filled =
                        (key.text == "$dynamicRef").then(|| value.as_str()?.strip_prefix('#')).flatten();
                    copies.push(match filled.and_then(|name| find(fills, name)) {
                        Some(reference) => {
                            *is_filled = true;
                            (Key { text: "$ref".to_owned(), span: key.span }, reference.clone())
                        }
                        None => (key.clone(), self.copy(value, fills, is_filled)?),
                    });
                }
                Value::Object(copies)
            }
            value => value.clone(),
        };
        Some(Node { value, span: node.span })
    }
}

/// What a schema fills in.
fn fills<'a>(node: &'a Node, pointer: &str) -> Vec<Fill<'a>> {
    let definitions = node.get("$defs").map(Node::entries).unwrap_or_default().iter();
    let fills = definitions.filter_map(|(key, definition)| {
        let name = named(definition, "$dynamicAnchor")?;
        // What is nothing but a reference is what that leads to.
        let text = match (definition.get("$ref"), definition.entries().len()) {
            (Some(reference), 2) => reference.as_str()?.to_owned(),
            _ => format!("#{pointer}/$defs/{}", key.text.replace('~', "~0").replace('/', "~1")),
        };
        Some((name, Node { value: Value::String(text), span: definition.span }))
    });
    fills.collect()
}

fn named<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_str)
}

fn find<'f>(fills: &'f [Fill<'_>], name: &str) -> Option<&'f Node> {
    fills.iter().find(|(filled, _)| *filled == name).map(|(_, reference)| reference)
}
