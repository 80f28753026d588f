//! `enum` and `const`: text with known values, open to others.

use super::Lower;
use super::draft::Kind;
use super::schema::{Shape, integer};
use super::untagged::by_trying;
use crate::ir::{Enum, EnumValue, Type};
use crate::names::Name;
use crate::parse::{Node, Value};
use std::collections::HashSet;

impl<'a> Lower<'a> {
    /// A schema with an `enum`: an open enum for text; the plain type for anything else, since numbers have no names.
    pub(super) fn enumeration(&mut self, node: &'a Node, values: &'a [Node], name: &Name) -> Shape<'a> {
        let declared = match self.type_names_of(node)[..] {
            [(one, _)] => Some(one),
            _ => None,
        };
        let format = node.get("format").and_then(Node::as_str).unwrap_or_default();
        let present: Vec<&Node> = values.iter().filter(|value| value.value != Value::Null).collect();
        match kind_of(declared, &present) {
            _ if present.is_empty() => Shape::Plain(if values.is_empty() { Type::Any } else { Type::Unit }),
            Values::Text => self.open_enum(node, &present),
            Values::Integers => Shape::Plain(Type::Int(integer(&[node], format))),
            Values::Numbers => Shape::Plain(Type::F64),
            Values::Booleans => Shape::Plain(Type::Bool),
            Values::Mixed => self.mixed(node, &present, name),
        }
    }

    /// Values of several types: one of an enum, a number and so on. Lists and objects have no type that a value gives.
    fn mixed(&mut self, node: &'a Node, values: &[&'a Node], name: &Name) -> Shape<'a> {
        let text: Vec<&Node> = values.iter().copied().filter(|value| value.as_str().is_some()).collect();
        let rest: Vec<&Node> = values.iter().copied().filter(|value| value.as_str().is_none()).collect();
        let scalar = |value: &&Node| matches!(value.value, Value::Number(_) | Value::Bool(_));
        if !rest.iter().all(scalar) {
            return Shape::Plain(Type::Any);
        }
        let mut variants = Vec::new();
        if !text.is_empty() {
            let wanted = name.with("Text");
            if let Shape::Define(kind) = self.open_enum(node, &text) {
                let id = self.drafts.reserve(self.owner, node.span);
                variants.push((Name::known("Text"), self.fill_inline(id, node, wanted, kind)));
            }
        }
        if rest.iter().any(|value| matches!(value.value, Value::Bool(_))) {
            variants.push((Name::known("Boolean"), Type::Bool));
        }
        let numbers: Vec<&Node> =
            rest.into_iter().filter(|value| matches!(value.value, Value::Number(_))).collect();
        match kind_of(None, &numbers) {
            _ if numbers.is_empty() => {}
            Values::Integers => variants.push((Name::known("Integer"), Type::Int(integer(&[node], "")))),
            _ => variants.push((Name::known("Number"), Type::F64)),
        }
        by_trying(variants)
    }

    /// An enum over the given values, each once.
    pub(super) fn open_enum(&mut self, node: &'a Node, values: &[&'a Node]) -> Shape<'a> {
        let overrides = node.get("x-rust-names");
        let mut known: Vec<EnumValue> = Vec::new();
        let mut seen = HashSet::new();
        for value in values {
            let wire = match &value.value {
                Value::String(text) | Value::Number(text) => text.clone(),
                Value::Bool(flag) => flag.to_string(),
                _ => {
                    self.expected(value, "a value of a text enum", "text");
                    continue;
                }
            };
            if !seen.insert(wire.clone()) {
                continue;
            }
            self.check_length(&wire, value.span);
            let wanted = overrides.and_then(|names| names.get(&wire)).and_then(Node::as_str);
            let name = Name::pascal(wanted.unwrap_or(&wire));
            known.push(EnumValue { name, wire, description: String::new() });
        }
        let lenient = node.get("format").and_then(Node::as_str) == Some("lenient");
        Shape::Define(Kind::Enum(Enum { values: known, lenient }))
    }
}

/// What the values of an `enum` are.
pub(super) enum Values {
    Text,
    Integers,
    Numbers,
    Booleans,
    Mixed,
}

/// Whether a number is written as an integer that some type holds.
fn is_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok()
}

/// Tells what values are by their declared type, or else by what all of them are.
pub(super) fn kind_of(declared: Option<&str>, values: &[&Node]) -> Values {
    let all = |test: fn(&Value) -> bool| values.iter().all(|value| test(&value.value));
    match declared {
        // A type that is none of these says nothing about its values.
        Some(other) if !matches!(other, "string" | "integer" | "number" | "boolean") => kind_of(None, values),
        Some("string") => Values::Text,
        Some("integer") => Values::Integers,
        Some("number") => Values::Numbers,
        Some("boolean") => Values::Booleans,
        None if all(|value| matches!(value, Value::String(_))) => Values::Text,
        None if all(|value| matches!(value, Value::Bool(_))) => Values::Booleans,
        None if all(|value| matches!(value, Value::Number(text) if is_integer(text))) => Values::Integers,
        None if all(|value| matches!(value, Value::Number(_))) => Values::Numbers,
        _ => Values::Mixed,
    }
}
