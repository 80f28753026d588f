//! `oneOf` and `anyOf`: null is folded into the place of use, lists of text become one enum, the rest a union whose
//! members a reader tells apart by a tag where there is one, by trying otherwise.

use super::Lower;
use super::compose::Nature;
use super::draft::Kind;
use super::object::Collected;
use super::schema::{Shape, not_null};
use super::traits::is_null;
use crate::ir::{Tagging, Type, Union, Variant};
use crate::names::Name;
use crate::parse::{Node, Value};

/// A member of a list of alternatives.
#[derive(Clone, Copy)]
pub(super) struct Member<'a> {
    /// As the list has it, perhaps a reference.
    pub(super) part: &'a Node,
    /// What it leads to.
    pub(super) target: &'a Node,
    /// Its name, where it is no reference but a component.
    pub(super) schema: Option<&'a str>,
}

impl<'a> Lower<'a> {
    /// A schema that is one of several.
    pub(super) fn union(&mut self, node: &'a Node, list: &'a Node, name: &Name) -> Shape<'a> {
        let mut members = Vec::new();
        let mut waiting: Vec<&Node> = list.items().iter().rev().collect();
        while let Some(part) = waiting.pop() {
            if let Some(nested) = nested(part) {
                waiting.extend(nested.items().iter().rev());
                continue;
            }
            let Some(target) = self.deref(part) else { return Shape::Plain(Type::Any) };
            if !is_null(target) && target.as_bool() != Some(false) {
                members.push(Member { part, target, schema: None });
            }
        }
        match members[..] {
            [] => return Shape::Plain(Type::Unit),
            [Member { part, .. }] => return self.same_as(part, name),
            _ => {}
        }
        if let Some(shape) = self.text_union(node, &members) {
            return shape;
        }
        let discriminator = node.get("discriminator");
        if let Some(shape) = discriminator.and_then(|given| self.discriminated(given, &members, name)) {
            return shape;
        }
        if let Some((property, tags)) = self.implicit_tag(&members) {
            return self.tagged(property, &members, tags, name);
        }
        if let Some(variants) = self.external(&members, name) {
            return union(Tagging::External, variants);
        }
        if let Some((property, tags)) = self.partial_tag(&members) {
            return self.tagged(property, &members, tags, name);
        }
        self.untagged(&members, name, not_null)
    }

    /// Members that are all text become one enum with the values of all; text without values alone is plain text.
    fn text_union(&mut self, node: &'a Node, members: &[Member<'a>]) -> Option<Shape<'a>> {
        let mut values = Vec::new();
        for member in members {
            let types = self.type_names_of(member.target);
            let listed = member.target.get("enum").map(Node::items);
            let listed =
                listed.or_else(|| member.target.get("const").map(std::slice::from_ref)).unwrap_or_default();
            let text = match types[..] {
                [("string", _)] => true,
                [] => !listed.is_empty() && listed.iter().all(|value| value.as_str().is_some()),
                _ => false,
            };
            if !text {
                return None;
            }
            values.extend(listed.iter().filter(|value| value.value != Value::Null));
        }
        if values.is_empty() {
            return Some(Shape::Plain(Type::String));
        }
        let mut shape = self.open_enum(node, &values);
        if let Shape::Define(Kind::Enum(all)) = &mut shape {
            for member in members {
                let value = only_value(member.target).and_then(Node::as_str);
                if let Some(known) = all.values.iter_mut().find(|known| Some(known.wire.as_str()) == value) {
                    known.description = self.described(member.target).description;
                }
            }
        }
        Some(shape)
    }

    /// An object's properties, without complaints: a schema that is no object has none.
    pub(super) fn properties(&mut self, node: &'a Node) -> Collected<'a> {
        let mut collected = Collected::default();
        if matches!(self.nature(node), Nature::Bare | Nature::Object) {
            self.collect(node, &mut collected);
        }
        collected
    }
}

/// The alternatives of a member that is nothing but a list of them: they are members themselves. One with null stays by
/// itself, which allows that.
fn nested(part: &Node) -> Option<&Node> {
    let [(key, list)] = part.entries() else { return None };
    let is_list = matches!(key.text.as_str(), "oneOf" | "anyOf") && !list.items().is_empty();
    (is_list && !list.items().iter().any(is_null)).then_some(list)
}

/// The only value that a schema allows.
fn only_value(schema: &Node) -> Option<&Node> {
    let listed = schema.get("enum").map(Node::items).filter(|values| values.len() == 1);
    schema.get("const").or_else(|| listed?.first())
}

/// A union as a type to define.
pub(super) fn union<'a>(tagging: Tagging, variants: Vec<Variant>) -> Shape<'a> {
    Shape::Define(Kind::Union(Union { tagging, variants }))
}
