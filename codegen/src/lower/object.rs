//! Objects: structs for known properties, maps for the rest, `allOf` merged.

use super::schema::{Shape, is_trivial};
use super::{Lower, Property};
use crate::docs::{self, Docs};
use crate::ir::{Field, Presence, Rest, Struct, Type, TypeKind};
use crate::names::{Casing, Name, Scope};
use crate::parse::{Key, Node, Value};
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
                    return Shape::Plain(Type::Map(Box::new(self.item(used))));
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
            self.unsupported(node.span, "`allOf` nested this deeply", "merge some of the schemas");
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
        self.unsupported(
            span,
            "`allOf` with a part that is not a plain object",
            "give this part properties, or move it out of the `allOf`",
        );
        into.broken = true;
    }

    fn structure(&mut self, node: &'a Node, collected: &Collected<'a>, name: &Name) -> Shape<'a> {
        let mut scope = Scope::default();
        let mut fields = Vec::new();
        let mut properties = Vec::new();
        let node_id: *const Node = node;
        let flag = self.flags.get(&node_id).cloned();
        let required: HashSet<&str> = collected.required.iter().map(|(name, _)| *name).collect();
        for ((key, schema), owner) in collected.properties.iter().zip(&collected.owners) {
            if flag.as_deref() == Some(&key.text) {
                continue;
            }
            let required = required.contains(key.text.as_str());
            let (field, property) =
                self.field(key, schema, required, owner.as_ref().unwrap_or(name), &mut scope);
            fields.push(field);
            properties.push(property);
        }
        self.check_required(collected);
        self.check_aliases(collected, &fields);
        let rest = self.rest(collected, name, &mut scope);
        let casing = Casing::of_fields(fields.iter().map(|field: &Field| (&field.name, field.wire.as_str())));
        Shape::Define(
            TypeKind::Struct(Struct { fields, casing, rest, tag: None, sent: false, received: false }),
            properties,
        )
    }

    fn field(
        &mut self,
        key: &'a Key,
        schema: &'a Node,
        required: bool,
        parent: &Name,
        scope: &mut Scope,
    ) -> (Field, Property<'a>) {
        self.check_length(&key.text, key.span);
        let wanted = self.name_override(schema).unwrap_or_else(|| key.text.clone());
        let used = self.used(schema, &parent.with(Name::pascal(&wanted).as_str()));
        let property = Property {
            required,
            traits: used.traits,
            read_only: self.flag(schema, "readOnly"),
            write_only: self.flag(schema, "writeOnly"),
            default: schema.get("default"),
        };
        let field = Field {
            name: scope.claim(Name::snake(&wanted)),
            wire: key.text.clone(),
            aliases: self.aliases(schema),
            ty: used.ty,
            // Decided in `finish`, when it is known whether the struct is sent.
            presence: Presence::Required,
            default: None,
            docs: self.value_docs(schema),
            deprecated: self.flag(schema, "deprecated"),
        };
        (field, property)
    }

    /// Documentation of a value: its description, its known numbers, its default.
    pub(super) fn value_docs(&mut self, schema: &'a Node) -> Docs {
        let mut docs = self.docs(schema);
        let numbers: Vec<String> = schema
            .get("enum")
            .map(|values| values.items())
            .unwrap_or_default()
            .iter()
            .filter(|value| matches!(value.value, Value::Number(_)))
            .map(|value| docs::code(&json(value)))
            .collect();
        if !numbers.is_empty() {
            paragraph(&mut docs, format!("Known values: {}.", numbers.join(", ")));
        }
        let silent = |default: &&Node| default.value == Value::Null || is_empty(default);
        if let Some(default) = schema.get("default").filter(|default| !silent(default)) {
            paragraph(&mut docs, format!("Default: {}.", docs::code(&json(default))));
        }
        self.decisions(schema, &mut docs);
        docs
    }

    /// Says which decisions were taken where the sources of a document disagree.
    pub(super) fn decisions(&mut self, node: &'a Node, docs: &mut Docs) {
        let mut ids = Vec::new();
        for id in self.list(node, "x-decisions") {
            match id.as_str() {
                Some(text) => ids.push(docs::code(text)),
                None => self.expected(id, "an item of `x-decisions`", "text"),
            }
        }
        if !ids.is_empty() {
            let noun = if ids.len() == 1 { "decision" } else { "decisions" };
            if !docs.is_empty() {
                docs.push(String::new());
            }
            docs::wrap(&format!("Sources disagree: {noun} {}.", ids.join(", ")), docs);
        }
    }

    pub(super) fn aliases(&mut self, schema: &'a Node) -> Vec<String> {
        let mut aliases = Vec::new();
        for alias in self.list(schema, "x-aliases") {
            match alias.as_str() {
                Some(text) => {
                    self.check_length(text, alias.span);
                    aliases.push(text.to_owned());
                }
                None => self.expected(alias, "an item of `x-aliases`", "text"),
            }
        }
        aliases
    }

    /// Complains about other spellings that mean two properties.
    fn check_aliases(&mut self, collected: &Collected<'a>, fields: &[Field]) {
        let mut meant: HashMap<&str, &str> =
            fields.iter().map(|field| (&*field.wire, &*field.wire)).collect();
        for field in fields {
            for alias in &field.aliases {
                let at = collected.places.get(field.wire.as_str());
                if let (Some(other), Some(at)) = (meant.insert(alias, &field.wire), at) {
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
                    node.span,
                    format!("`{}` is required but not among the properties", docs::plain(name)),
                    "no such property",
                    "declare the property, or remove it from `required`",
                );
            }
        }
    }

    fn rest(&mut self, collected: &Collected<'a>, name: &Name, scope: &mut Scope) -> Option<Rest> {
        let additional = collected.additional?;
        let ty = match additional.as_bool() {
            Some(false) => return None,
            Some(true) => Type::Any,
            None => {
                let used = self.used(additional, &name.with("Value"));
                self.item(used)
            }
        };
        Some(Rest { name: scope.claim(Name::snake("additional_properties")), ty })
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

/// Adds a paragraph.
pub(super) fn paragraph(docs: &mut Docs, text: String) {
    if !docs.is_empty() {
        docs.push(String::new());
    }
    docs.push(text);
}

/// A node as compact JSON, for documentation.
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
