//! `enum` and `const`: text with known values, open to others.

use super::Lower;
use super::draft::Kind;
use super::schema::Shape;
use crate::ir::{Enum, EnumValue, Int, Type};
use crate::names::Name;
use crate::parse::{Node, Value};
use std::collections::HashSet;

impl<'a> Lower<'a> {
    /// A schema with an `enum`: an open enum for text; the plain type for anything else, since numbers have no names.
    pub(super) fn enumeration(&mut self, node: &'a Node, values: &'a [Node]) -> Shape<'a> {
        let types = self.type_names_of(node);
        let declared = types.first().map(|(name, _)| *name);
        let present: Vec<&Node> = values.iter().filter(|value| value.value != Value::Null).collect();
        match kind_of(declared, &present) {
            _ if present.is_empty() => Shape::Plain(if values.is_empty() { Type::Any } else { Type::Unit }),
            Values::Text => self.open_enum(node, &present),
            Values::Integers => Shape::Plain(Type::Int(Int::I64)),
            Values::Numbers => Shape::Plain(Type::F64),
            Values::Booleans => Shape::Plain(Type::Bool),
            Values::Mixed => Shape::Plain(Type::Any),
        }
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
            known.push(EnumValue { name: Name::pascal(wanted.unwrap_or(&wire)), wire });
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

/// Tells what values are by their declared type, or else by what all of them are.
pub(super) fn kind_of(declared: Option<&str>, values: &[&Node]) -> Values {
    let all = |test: fn(&Value) -> bool| values.iter().all(|value| test(&value.value));
    match declared {
        Some("string") => Values::Text,
        Some("integer") => Values::Integers,
        Some("number") => Values::Numbers,
        Some("boolean") => Values::Booleans,
        Some(_) => Values::Mixed,
        None if all(|value| matches!(value, Value::String(_))) => Values::Text,
        None if all(|value| matches!(value, Value::Bool(_))) => Values::Booleans,
        None if all(|value| matches!(value, Value::Number(text) if text.parse::<i64>().is_ok())) => {
            Values::Integers
        }
        None if all(|value| matches!(value, Value::Number(_))) => Values::Numbers,
        None => Values::Mixed,
    }
}
