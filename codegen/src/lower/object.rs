//! Objects: structs for known properties, maps for the rest, `allOf` merged.

use super::Lower;
use super::draft::{Kind, Property, Record};
use super::schema::{Shape, is_trivial, item};
use crate::diagnostics::Effect;
use crate::docs;
use crate::ir::Type;
use crate::names::Name;
use crate::parse::{Key, Node};
use std::collections::{HashMap, HashSet};

/// What an object schema and the parts of its `allOf` declare together.
#[derive(Default)]
pub(super) struct Collected<'a> {
    /// Later declarations of a property replace earlier ones, in the earlier one's position.
    pub(super) properties: Vec<(&'a Key, &'a Node)>,
    /// For each property the named schema that declares it, to name its inline types after.
    owners: Vec<Option<Name>>,
    pub(super) required: Vec<(&'a str, &'a Node)>,
    additional: Option<&'a Node>,
    /// Whether some part is not an object.
    broken: bool,
    /// Where each property is in the list.
    places: HashMap<&'a str, usize>,
    /// Parts that have been merged: reached again, they add nothing.
    merged: HashSet<*const Node>,
}

/// How many compositions may lie within each other. Real documents stay below ten.
const DEEPEST_COMPOSITION: usize = 100;

impl<'a> Lower<'a> {
    pub(super) fn object(&mut self, node: &'a Node, name: &Name) -> Shape<'a> {
        let mut collected = Collected::default();
        self.collect(node, &mut collected);
        if collected.broken {
            return Shape::Plain(Type::Any);
        }
        if collected.properties.is_empty() {
            match collected.additional {
                Some(additional) if additional.as_bool() == Some(false) => {}
                Some(additional) if additional.as_bool().is_none() => {
                    let used = self.used(additional, &name.with("Value"));
                    return Shape::Plain(Type::Map(Box::new(item(used))));
                }
                _ => return Shape::Plain(Type::Map(Box::new(Type::Any))),
            }
        }
        self.structure(node, &collected, name)
    }

    /// Gathers what a schema and its `allOf` declare.
    pub(super) fn collect(&mut self, node: &'a Node, into: &mut Collected<'a>) {
        let Some(node) = self.deref(node) else {
            into.broken = true;
            return;
        };
        if self.collecting.len() >= DEEPEST_COMPOSITION {
            self.untyped(node.span, "`allOf` nested this deeply", "merge some of the schemas");
            into.broken = true;
            return;
        }
        if !self.collecting.insert(node) {
            self.problems.error(
                node.span,
                "this `allOf` contains itself",
                "a circle of compositions",
                "remove the reference that leads back here",
            );
            into.broken = true;
            return;
        }
        if !into.merged.insert(node) {
            self.collecting.remove(&std::ptr::from_ref(node));
            return;
        }
        self.check_composable(node, into);
        for part in self.list(node, "allOf") {
            self.collect(part, into);
        }
        let owner = self.names.get(&std::ptr::from_ref(node)).cloned();
        for (key, property) in self.mapping(node, "properties") {
            match into.places.get(key.text.as_str()).copied() {
                // A later declaration that only describes leaves the earlier type.
                Some(at) if !is_trivial(property) => {
                    into.properties[at].1 = property;
                    into.owners[at] = owner.clone();
                }
                Some(_) => {}
                None => {
                    into.places.insert(&key.text, into.properties.len());
                    into.properties.push((key, property));
                    into.owners.push(owner.clone());
                }
            }
        }
        for name in self.list(node, "required") {
            match name.as_str() {
                Some(text) => into.required.push((text, name)),
                None => self.expected(name, "an item of `required`", "text"),
            }
        }
        if let Some(additional) = node.get("additionalProperties") {
            into.additional = Some(additional);
        }
        self.collecting.remove(&(std::ptr::from_ref(node)));
    }

    /// Complains about a part of an `allOf` that is not an object.
    fn check_composable(&mut self, node: &'a Node, into: &mut Collected<'a>) {
        let types = self.type_names_of(node);
        let not_object = types.iter().find(|(name, _)| *name != "object");
        let keyword = ["oneOf", "anyOf", "enum", "const", "items"].into_iter().find(|keyword| {
            node.get(keyword).is_some_and(|list| {
                list.items().iter().any(|part| !part.entries().iter().all(|(key, _)| key.text == "required"))
            })
        });
        let span = match (not_object, keyword) {
            (Some((_, span)), _) => *span,
            (None, Some(_)) => node.span,
            (None, None) => return,
        };
        self.untyped(
            span,
            "`allOf` with a part that is not a plain object",
            "give this part properties, or move it out of the `allOf`",
        );
        into.broken = true;
    }

    fn structure(&mut self, node: &'a Node, collected: &Collected<'a>, name: &Name) -> Shape<'a> {
        let mut properties = Vec::new();
        let node_id: *const Node = node;
        let flag = self.flags.get(&node_id).cloned();
        let required: HashSet<&str> = collected.required.iter().map(|(name, _)| *name).collect();
        for ((key, schema), owner) in collected.properties.iter().zip(&collected.owners) {
            if flag.as_deref() == Some(&key.text) {
                continue;
            }
            let required = required.contains(key.text.as_str());
            properties.push(self.property(key, schema, required, owner.as_ref().unwrap_or(name)));
        }
        self.check_required(collected);
        self.check_aliases(collected, &properties);
        let rest = self.rest(collected, name);
        Shape::Define(Kind::Struct(Record { properties, rest }))
    }

    fn property(&mut self, key: &'a Key, schema: &'a Node, required: bool, parent: &Name) -> Property<'a> {
        self.check_length(&key.text, key.span);
        let wanted = self.name_override(schema).unwrap_or_else(|| key.text.clone());
        let used = self.used(schema, &parent.with(Name::pascal(&wanted).as_str()));
        Property {
            name: Name::snake(&wanted),
            wire: key.text.clone(),
            aliases: self.aliases(schema),
            ty: used.ty,
            text: self.value_text(schema),
            deprecated: self.flag(schema, "deprecated"),
            required,
            traits: used.traits,
            read_only: self.flag(schema, "readOnly"),
            write_only: self.flag(schema, "writeOnly"),
            default: schema.get("default"),
            span: schema.span,
        }
    }

    /// Further spellings of a property.
    pub(super) fn aliases(&mut self, schema: &'a Node) -> Vec<String> {
        let mut aliases = Vec::new();
        for alias in self.texts(schema, "x-aliases") {
            let text = alias.as_str().unwrap_or_default();
            self.check_length(text, alias.span);
            aliases.push(text.to_owned());
        }
        aliases
    }

    /// Complains about other spellings that mean two properties.
    fn check_aliases(&mut self, collected: &Collected<'a>, properties: &[Property<'a>]) {
        let mut meant: HashMap<&str, &str> =
            properties.iter().map(|property| (&*property.wire, &*property.wire)).collect();
        for property in properties {
            for alias in &property.aliases {
                let at = collected.places.get(property.wire.as_str());
                if let (Some(other), Some(at)) = (meant.insert(alias, &property.wire), at) {
                    let (key, schema) = collected.properties[*at];
                    self.problems.error(
                        schema.get("x-aliases").map_or(key.span, |given| given.span),
                        format!("`{}` means `{}` already", docs::plain(alias), docs::plain(other)),
                        "one spelling for two properties",
                        "remove it from one of them",
                    );
                }
            }
        }
    }

    fn check_required(&mut self, collected: &Collected<'a>) {
        for (name, node) in &collected.required {
            if !collected.places.contains_key(name) {
                self.problems.warning(
                    Effect::Ignored,
                    node.span,
                    format!("`{}` is required but not among the properties", docs::plain(name)),
                    "no such property",
                    "declare the property, or remove it from `required`",
                );
            }
        }
    }

    /// The type of properties beyond those that are declared.
    fn rest(&mut self, collected: &Collected<'a>, name: &Name) -> Option<Type> {
        let additional = collected.additional?;
        match additional.as_bool() {
            Some(false) => None,
            Some(true) => Some(Type::Any),
            None => {
                let used = self.used(additional, &name.with("Value"));
                Some(item(used))
            }
        }
    }
}
