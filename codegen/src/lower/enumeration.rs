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
        if present.is_empty() {
            return Shape::Plain(if values.is_empty() { Type::Any } else { Type::Unit });
        }
        let all = |test: fn(&Value) -> bool| present.iter().all(|value| test(&value.value));
        if declared == Some("string")
            || (declared.is_none() && all(|value| matches!(value, Value::String(_))))
        {
            return self.open_enum(node, &present);
        }
        match declared {
            Some("integer") => Shape::Plain(Type::Int(Int::I64)),
            Some("number") => Shape::Plain(Type::F64),
            Some("boolean") => Shape::Plain(Type::Bool),
            None if all(|value| matches!(value, Value::Bool(_))) => Shape::Plain(Type::Bool),
            None if all(|value| matches!(value, Value::Number(text) if text.parse::<i64>().is_ok())) => {
                Shape::Plain(Type::Int(Int::I64))
            }
            None if all(|value| matches!(value, Value::Number(_))) => Shape::Plain(Type::F64),
            _ => Shape::Plain(Type::Any),
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
            let wanted = match overrides.and_then(|names| names.get(&wire)).and_then(Node::as_str) {
                Some(name) => Name::pascal(name),
                None => Name::pascal(&wire),
            };
            known.push(EnumValue { name: wanted, wire });
        }
        let lenient = node.get("format").and_then(Node::as_str) == Some("lenient");
        Shape::Define(Kind::Enum(Enum { values: known, lenient }))
    }
}
