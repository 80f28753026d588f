//! What the document says about things, in its own words: descriptions, known numbers, defaults, decisions.

use super::Lower;
use super::default::whole;
use super::schema::is_trivial;
use crate::docs;
use crate::document::words;
use crate::ir::{Json, Text};
use crate::parse::{Node, Value};

impl<'a> Lower<'a> {
    /// Of a schema where it is used as a value, or of one with a name.
    pub(super) fn value_text(&mut self, schema: &'a Node) -> Text {
        Text {
            numbers: numbers(schema),
            default: beside(schema, "default").get("default").and_then(telling),
            decisions: self.decisions(schema),
            example: example(schema),
            ..self.described(schema)
        }
    }

    /// The description alone, or the title where there is none.
    pub(super) fn described(&mut self, node: &'a Node) -> Text {
        let mut described = Vec::from([node]);
        // A part that only describes describes the whole.
        described.extend(parts(node).filter(|part| is_trivial(part)));
        let mut texts = described.iter().flat_map(|node| [(*node, "description"), (*node, "title")]);
        let said = texts.find_map(|(node, key)| {
            self.text(node, key).filter(|text| key == "title" || !docs::plain(text).is_empty())
        });
        let text = said.unwrap_or_default();
        Text { description: text.to_owned(), ..Text::default() }
    }

    /// The decisions that were taken where the sources of a document disagree.
    pub(super) fn decisions(&mut self, node: &'a Node) -> Vec<String> {
        self.texts(node, "x-decisions").into_iter().map(words).collect()
    }
}

/// The schema, or the part of it in place that has a key: what one of the parts says of a value holds for the whole.
pub(super) fn beside<'a>(schema: &'a Node, key: &str) -> &'a Node {
    std::iter::once(schema).chain(parts(schema)).find(|node| node.get(key).is_some()).unwrap_or(schema)
}

/// Parts of an `allOf` that are no references.
fn parts(schema: &Node) -> impl Iterator<Item = &Node> {
    let parts = schema.get("allOf").map(Node::items).unwrap_or_default().iter();
    parts.filter(|part| part.get("$ref").is_none())
}

/// Numbers among the values that a schema lists: those of integers as integers, none of text.
fn numbers(schema: &Node) -> Vec<String> {
    let named = schema.get("type").and_then(Node::as_str);
    let listed = schema.get("enum").map(Node::items).unwrap_or_default().iter();
    let listed = listed.filter(|_| named != Some("string"));
    let numbers = listed.filter_map(|value| match &value.value {
        Value::Number(text) if named == Some("integer") => {
            Some(whole(text).map_or(text.clone(), |it| it.to_string()))
        }
        Value::Number(text) => Some(text.clone()),
        _ => None,
    });
    numbers.collect()
}

/// A default that says something: null, and a list or mapping of nothing, do not.
pub(super) fn telling(default: &Node) -> Option<String> {
    let silent = default.value == Value::Null || is_empty(default);
    (!silent).then(|| words(default))
}

/// The first value that a schema, parameter or media type shows; for a schema also the only one that it allows, or the
/// one that holds where none is given.
pub(super) fn example(node: &Node) -> Option<Json> {
    // A list in a schema, a mapping of objects elsewhere.
    let listed = node.get("examples").and_then(|examples| match &examples.value {
        Value::Array(items) => items.first(),
        Value::Object(entries) => entries.first().and_then(|(_, example)| example.get("value")),
        _ => None,
    });
    let shown = [node.get("example"), listed, node.get("const"), node.get("default")];
    shown.into_iter().flatten().find_map(|shown| json(shown, DEEPEST))
}

/// How deep an example may be. What is deeper is too long to read.
const DEEPEST: usize = 8;

fn json(node: &Node, depth: usize) -> Option<Json> {
    let depth = depth.checked_sub(1)?;
    Some(match &node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(text) => Json::Number(text.clone()),
        Value::String(text) => Json::Text(text.clone()),
        Value::Array(items) => {
            Json::Array(items.iter().map(|item| json(item, depth)).collect::<Option<_>>()?)
        }
        Value::Object(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, value)| Some((key.text.clone(), json(value, depth)?)))
                .collect::<Option<_>>()?,
        ),
    })
}

/// Whether a node is a list or mapping with nothing in it.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}
