//! Unions in the shape that Rust's serde gives an enum: text for a member without data, else an object of one property.

use super::Lower;
use super::schema::item;
use super::union::Member;
use crate::ir::Variant;
use crate::names::Name;
use crate::parse::Node;
use std::collections::HashSet;

impl<'a> Lower<'a> {
    /// The variants; nothing where the members have another shape.
    pub(super) fn external(&mut self, members: &[Member<'a>], name: &Name) -> Option<Vec<Variant>> {
        let mut keys: Vec<(&'a str, Option<&'a Node>)> = Vec::new();
        for member in members {
            let values = member.target.get("enum").map(Node::items).unwrap_or_default();
            for value in values {
                let text = value.as_str()?;
                self.check_length(text, value.span);
                keys.push((text, None));
            }
            if values.is_empty() {
                let (key, schema) = self.only_property(member.target)?;
                keys.push((key, Some(schema)));
            }
        }
        let mut seen = HashSet::new();
        let distinct = keys.iter().all(|(key, _)| seen.insert(*key));
        if !distinct || keys.iter().all(|(_, schema)| schema.is_none()) {
            return None;
        }
        let variants = keys.into_iter().map(|(key, schema)| {
            let variant = Name::pascal(key);
            let ty = schema.map(|schema| item(self.used(schema, &name.with(variant.as_str()))));
            Variant { name: variant, ty, tags: vec![key.to_owned()] }
        });
        Some(variants.collect())
    }

    /// The property of an object that has one, requires it and allows no other.
    fn only_property(&mut self, object: &'a Node) -> Option<(&'a str, &'a Node)> {
        let closed = object.get("additionalProperties").and_then(Node::as_bool) == Some(false);
        let collected = self.properties(object);
        let [(key, schema)] = collected.properties[..] else { return None };
        if !closed || !collected.required.iter().any(|(name, _)| *name == key.text) {
            return None;
        }
        self.check_length(&key.text, key.span);
        Some((&key.text, schema))
    }
}
