//! What the document says about things, in its own words: descriptions, known numbers, defaults, decisions.

use super::Lower;
use crate::docs;
use crate::document::words;
use crate::ir::Text;
use crate::parse::{Node, Value};

impl<'a> Lower<'a> {
    /// Of a schema where it is used as a value, or of one with a name.
    pub(super) fn value_text(&mut self, schema: &'a Node) -> Text {
        let numbers = schema.get("enum").map(Node::items).unwrap_or_default().iter();
        Text {
            numbers: numbers.filter(|value| matches!(value.value, Value::Number(_))).map(words).collect(),
            default: schema.get("default").and_then(telling),
            decisions: self.decisions(schema),
            ..self.described(schema)
        }
    }

    /// The description alone, or the title where there is none.
    pub(super) fn described(&mut self, node: &'a Node) -> Text {
        let description = self.text(node, "description").filter(|text| !docs::plain(text).is_empty());
        let text = match description {
            Some(text) => text,
            None => self.text(node, "title").unwrap_or_default(),
        };
        Text { description: text.to_owned(), ..Text::default() }
    }

    /// The decisions that were taken where the sources of a document disagree.
    pub(super) fn decisions(&mut self, node: &'a Node) -> Vec<String> {
        self.texts(node, "x-decisions").into_iter().map(words).collect()
    }
}

/// A default that says something: null, and a list or mapping of nothing, do not.
pub(super) fn telling(default: &Node) -> Option<String> {
    let silent = default.value == Value::Null || is_empty(default);
    (!silent).then(|| words(default))
}

/// Whether a node is a list or mapping with nothing in it.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}
