//! `oneOf` and `anyOf`: null is folded into the place of use, lists of text become one enum, the rest a union whose
//! members a reader tells apart by a tag where there is one, by trying otherwise.

use super::Lower;
use super::draft::Kind;
use super::object::Collected;
use super::resolve::last_segment;
use super::schema::{Shape, is_null};
use crate::diagnostics::Span;
use crate::docs;
use crate::ir::{Tag, Tagging, Type, TypeId, Union, Variant};
use crate::names::Name;
use crate::parse::{Key, Node, Value};
use std::collections::{HashMap, HashSet};

impl<'a> Lower<'a> {
    /// A schema that is one of several.
    pub(super) fn union(&mut self, node: &'a Node, parts: &[&'a Node], name: &Name) -> Shape<'a> {
        let mut members = Vec::new();
        for part in parts {
            let Some(target) = self.deref(part) else { return Shape::Plain(Type::Any) };
            if !is_null(target) {
                members.push(Member { part, target });
            }
        }
        match members[..] {
            [] => return Shape::Plain(Type::Unit),
            [Member { part, .. }] => {
                return if part.get("$ref").is_some() {
                    Shape::Plain(self.used(part, name).ty)
                } else {
                    self.shape(part, name).0
                };
            }
            _ => {}
        }
        if let Some(shape) = self.text_union(node, &members) {
            return shape;
        }
        if let Some(discriminator) = node.get("discriminator") {
            return self.discriminated(discriminator, &members, name);
        }
        if let Some((property, tags)) = self.implicit_tag(&members) {
            return self.tagged(property, &members, tags.into_iter().map(|tag| vec![tag]).collect(), name);
        }
        if let Some(variants) = self.external(&members, name) {
            return union(Tagging::External, variants);
        }
        let variants = self.by_trying(&members, name);
        self.untagged(variants)
    }

    /// Members that are all text become one enum with the values of all; text without values alone is plain text.
    fn text_union(&mut self, node: &'a Node, members: &[Member<'a>]) -> Option<Shape<'a>> {
        let mut values = Vec::new();
        for member in members {
            let types = self.type_names_of(member.target);
            let listed = member.target.get("enum").map(Node::items).unwrap_or_default();
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
        Some(if values.is_empty() { Shape::Plain(Type::String) } else { self.open_enum(node, &values) })
    }

    /// A union whose document names the property that tells members apart.
    fn discriminated(&mut self, discriminator: &'a Node, members: &[Member<'a>], name: &Name) -> Shape<'a> {
        let Some(property) = self.text(discriminator, "propertyName") else {
            self.problems.error(
                discriminator.span,
                "a discriminator needs a `propertyName`",
                "no property is named here",
                "name the property that tells the alternatives apart",
            );
            return Shape::Plain(Type::Any);
        };
        let mapping = self.mapping(discriminator, "mapping");
        mapping.iter().for_each(|(key, _)| self.check_length(&key.text, key.span));
        self.check_mapping(mapping, members);
        let mut tags = Vec::new();
        for member in members {
            let Some(reference) = member.part.get("$ref").and_then(Node::as_str) else {
                match self.constant(member.target, property) {
                    Some(tag) => tags.push(vec![tag.to_owned()]),
                    None => {
                        self.problems.error(
                            member.part.span,
                            "an alternative without a name cannot be told from the others",
                            format!("`{}` has no fixed value here", docs::plain(property)),
                            "move the alternative to `components/schemas`, or give the property one `enum` value",
                        );
                        return Shape::Plain(Type::Any);
                    }
                }
                continue;
            };
            let schema = last_segment(reference);
            let mut values: Vec<String> = mapping
                .iter()
                .filter(|(_, target)| {
                    target.as_str().is_some_and(|target| target == reference || target == schema)
                })
                .map(|(key, _)| key.text.clone())
                .collect();
            if values.is_empty() {
                values.push(self.constant(member.target, property).map_or(schema, str::to_owned));
            }
            tags.push(values);
        }
        self.tagged(property, members, tags, name)
    }

    /// Complains about values of a mapping that lead to none of the alternatives.
    fn check_mapping(&mut self, mapping: &'a [(Key, Node)], members: &[Member<'a>]) {
        for (_, target) in mapping {
            let known = members.iter().filter_map(|member| member.part.get("$ref").and_then(Node::as_str));
            let fits = |text: &str| known.clone().any(|known| known == text || last_segment(known) == text);
            if !target.as_str().is_some_and(fits) {
                self.problems.error(
                    target.span,
                    "this is not among the alternatives",
                    "leads to no member of the list",
                    "add a `$ref` to it to the list, or remove this entry",
                );
            }
        }
    }

    /// A property that every member has with one value of its own.
    fn implicit_tag(&mut self, members: &[Member<'a>]) -> Option<(&'a str, Vec<String>)> {
        let constants: Vec<Vec<(&'a str, &'a str)>> =
            members.iter().map(|member| self.constants(member.target)).collect();
        let (first, rest) = constants.split_first()?;
        let rest: Vec<HashMap<&str, &str>> = rest.iter().map(|list| list.iter().copied().collect()).collect();
        first.iter().find_map(|(property, value)| {
            let mut values = vec![(*value).to_owned()];
            for constants in &rest {
                let value = constants.get(property)?;
                if values.iter().any(|earlier| earlier == value) {
                    return None;
                }
                values.push((*value).to_owned());
            }
            Some((*property, values))
        })
    }

    /// Required text properties of an object that can have one value only, with that value.
    pub(super) fn constants(&mut self, node: &'a Node) -> Vec<(&'a str, &'a str)> {
        let collected = self.properties(node);
        let required: HashSet<&str> = collected.required.iter().map(|(name, _)| *name).collect();
        let mut constants = Vec::new();
        for (key, schema) in collected.properties {
            let value = match self.deref(schema).filter(|_| required.contains(key.text.as_str())) {
                Some(schema) => match schema.get("enum").map(Node::items) {
                    Some([value]) => value.as_str(),
                    Some(_) => None,
                    None => schema.get("const").and_then(Node::as_str),
                },
                None => None,
            };
            constants.extend(value.map(|value| (key.text.as_str(), value)));
        }
        constants
    }

    /// The only value that a required text property of an object can have.
    fn constant(&mut self, node: &'a Node, property: &str) -> Option<&'a str> {
        self.constants(node).into_iter().find(|(name, _)| *name == property).map(|(_, value)| value)
    }

    /// An object's properties, without complaints: a schema that is no object has none.
    pub(super) fn properties(&mut self, node: &'a Node) -> Collected<'a> {
        let mut collected = Collected::default();
        let object = node.get("properties").is_some() || node.get("allOf").is_some();
        let composed = node.get("oneOf").is_some() || node.get("anyOf").is_some();
        if object && !composed && self.all_objects(node, 0) {
            self.collect(node, &mut collected);
        }
        collected
    }

    fn all_objects(&mut self, node: &'a Node, depth: usize) -> bool {
        let Some(node) = self.deref(node).filter(|_| depth < 32) else { return false };
        let object = self.type_names_of(node).iter().all(|(name, _)| *name == "object");
        let plain = ["oneOf", "anyOf", "enum", "const", "items"].iter().all(|key| node.get(key).is_none());
        let parts = node.get("allOf").map(Node::items).unwrap_or_default();
        object && plain && parts.iter().all(|part| self.all_objects(part, depth + 1))
    }

    fn tagged(
        &mut self,
        property: &str,
        members: &[Member<'a>],
        tags: Vec<Vec<String>>,
        name: &Name,
    ) -> Shape<'a> {
        let mut variants = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        for (member, tags) in members.iter().zip(tags) {
            for tag in &tags {
                if let Some(first) = seen.insert(tag.clone(), member.part.span) {
                    self.problems.error(
                        member.part.span,
                        format!("two alternatives have the tag `{}`", docs::plain(tag)),
                        "cannot be told from the other",
                        "give each alternative a value of its own",
                    );
                    self.problems.see_also(first, "the other one");
                }
            }
            let wanted =
                self.name_override(member.part).or_else(|| tags.first().cloned()).unwrap_or_default();
            let variant = Name::pascal(&wanted);
            let used = self.used(member.part, &name.with(variant.as_str()));
            if let (Type::Named(id), [tag]) = (&used.ty, &tags[..]) {
                self.tags.push((*id, Tag { property: property.to_owned(), value: tag.clone() }));
            }
            variants.push(Variant { name: variant, ty: Some(used.ty), tags });
        }
        union(Tagging::Internal { property: property.to_owned() }, variants)
    }

    /// The shape that Rust's serde gives an enum: text for a member without data, else an object of one property.
    fn external(&mut self, members: &[Member<'a>], name: &Name) -> Option<Vec<Variant>> {
        let mut keys: Vec<(&'a str, Option<&'a Node>)> = Vec::new();
        let mut objects = 0;
        for member in members {
            let values = member.target.get("enum").map(Node::items).unwrap_or_default();
            if !values.is_empty() {
                for value in values {
                    let text = value.as_str()?;
                    self.check_length(text, value.span);
                    keys.push((text, None));
                }
                continue;
            }
            let closed = member.target.get("additionalProperties").and_then(Node::as_bool) == Some(false);
            let collected = self.properties(member.target);
            let [(key, schema)] = collected.properties[..] else { return None };
            if !closed || !collected.required.iter().any(|(name, _)| *name == key.text) {
                return None;
            }
            self.check_length(&key.text, key.span);
            objects += 1;
            keys.push((&key.text, Some(schema)));
        }
        let distinct =
            keys.iter().enumerate().all(|(at, (key, _))| !keys[..at].iter().any(|(other, _)| other == key));
        if objects == 0 || !distinct {
            return None;
        }
        let variants = keys
            .into_iter()
            .map(|(key, schema)| {
                let variant = Name::pascal(key);
                let ty = schema.map(|schema| {
                    let used = self.used(schema, &name.with(variant.as_str()));
                    self.item(used)
                });
                Variant { name: variant, ty, tags: vec![key.to_owned()] }
            })
            .collect();
        Some(variants)
    }

    /// Members without a tag, with names from references, titles or what they consist of.
    fn by_trying(&mut self, members: &[Member<'a>], name: &Name) -> Vec<(String, Type)> {
        let mut variants = Vec::new();
        let targets: Vec<&'a Node> = members.iter().map(|member| member.target).collect();
        for (at, member) in members.iter().enumerate() {
            let given = self
                .name_override(member.part)
                .or_else(|| member.part.get("$ref").and_then(Node::as_str).map(last_segment))
                .or_else(|| member.part.get("title").and_then(Node::as_str).map(str::to_owned));
            let variant = given.unwrap_or_else(|| self.content_name(at, &targets));
            let used = self.used(member.part, &name.with(Name::pascal(&variant).as_str()));
            variants.push((variant, self.item(used)));
        }
        variants
    }

    /// A union that is read by trying: what accepts least goes first, so that nothing is swallowed by a laxer member.
    pub(super) fn untagged(&mut self, variants: Vec<(String, Type)>) -> Shape<'a> {
        let mut distinct: Vec<(String, Type)> = Vec::new();
        for (name, ty) in variants {
            if !distinct.iter().any(|(_, earlier)| *earlier == ty) {
                distinct.push((name, ty));
            }
        }
        if let [(_, ty)] = &distinct[..] {
            return Shape::Plain(ty.clone());
        }
        distinct.sort_by_key(|(_, ty)| laxity(ty));
        let variants = distinct.into_iter().map(|(name, ty)| Variant {
            name: Name::pascal(&name),
            ty: Some(ty),
            tags: Vec::new(),
        });
        union(Tagging::Untagged, variants.collect())
    }

    /// Puts members of untagged unions that demand more in front of those that accept anything.
    pub(super) fn order_unions(&mut self) {
        for at in 0..self.types.len() {
            let Some(mut draft) = self.types[at].draft.take() else { continue };
            if let Kind::Union(Union { tagging: Tagging::Untagged, variants }) = &mut draft.kind {
                variants.sort_by_cached_key(|variant| self.strictness(variant.ty.as_ref(), at));
            }
            self.types[at].draft = Some(draft);
        }
    }

    fn strictness(&self, ty: Option<&Type>, own: usize) -> (u8, usize) {
        let id = match ty {
            Some(Type::Named(id)) => self.underlying(*id),
            Some(ty) => return (laxity(ty), 0),
            None => return (0, 0),
        };
        match self.kind(id) {
            Some(Kind::Struct(_)) => (3, usize::MAX - self.demands(id)),
            Some(Kind::Union(_)) if id.number != own => (4, 0),
            Some(Kind::Enum(_) | Kind::Id) => (5, 0),
            Some(Kind::Alias(ty)) => (laxity(ty), 0),
            _ => (3, 0),
        }
    }

    /// How many properties a type demands, to try demanding objects before lax ones.
    fn demands(&self, id: TypeId) -> usize {
        match self.kind(id) {
            Some(Kind::Struct(object)) => {
                object.properties.iter().filter(|property| property.required).count()
            }
            _ => 0,
        }
    }
}

struct Member<'a> {
    /// As the list has it, perhaps a reference.
    part: &'a Node,
    /// What it leads to.
    target: &'a Node,
}

fn union<'a>(tagging: Tagging, variants: Vec<Variant>) -> Shape<'a> {
    Shape::Define(Kind::Union(Union { tagging, variants }))
}

/// Orders types by how much they accept.
fn laxity(ty: &Type) -> u8 {
    match ty {
        Type::Unit | Type::Bool | Type::Int(_) => 0,
        Type::F32 | Type::F64 => 1,
        Type::Uuid | Type::Timestamp | Type::Date => 2,
        Type::Named(_) | Type::Array(_) => 3,
        Type::Base64 | Type::String | Type::UnixMillis => 4,
        Type::Map(_) => 5,
        Type::Boxed(inner) => laxity(inner),
        Type::Option(_) | Type::Lenient(_) => 6,
        Type::Any => 7,
    }
}
