//! What the document says about things, in its own words.

use super::Lower;
use crate::ir::Text;
use crate::parse::{Node, Value};

impl<'a> Lower<'a> {
    /// Description, or the title where there is none.
    pub(super) fn words(&mut self, node: &'a Node) -> Text {
        let description = self.text(node, "description").unwrap_or_default();
        let title = self.text(node, "title").unwrap_or_default();
        let text = if description.trim().is_empty() { title } else { description };
        Text { description: text.to_owned(), ..Text::default() }
    }

    /// What is said of a value: its description, its known numbers, its default, the decisions about it.
    pub(super) fn value_words(&mut self, schema: &'a Node) -> Text {
        let numbers = schema.get("enum").map(Node::items).unwrap_or_default().iter();
        let numbers = numbers.filter(|value| matches!(value.value, Value::Number(_)));
        let silent = |default: &&Node| default.value == Value::Null || is_empty(default);
        Text {
            numbers: numbers.map(json).collect(),
            default: schema.get("default").filter(|default| !silent(default)).map(json),
            decisions: self.decisions(schema),
            ..self.words(schema)
        }
    }

    /// Which decisions were taken where the sources of a document disagree.
    pub(super) fn decisions(&mut self, node: &'a Node) -> Vec<String> {
        let mut ids = Vec::new();
        for id in self.list(node, "x-decisions") {
            match id.as_str() {
                Some(text) => ids.push(text.to_owned()),
                None => self.expected(id, "an item of `x-decisions`", "text"),
            }
        }
        ids
    }
}

/// Whether a node is a list or mapping with nothing in it.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

/// A node as compact JSON.
pub(super) fn json(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(text) => text.clone(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(nested).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("\"{}\": {}", key.text, nested(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn nested(node: &Node) -> String {
    match &node.value {
        Value::String(text) => format!("{text:?}"),
        _ => json(node),
    }
}
