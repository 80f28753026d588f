//! Unions whose members a property tells apart: named by the document, or found because every member has it with one value
//! of its own.

use super::Lower;
use super::default::whole;
use super::draft::{Traits, Used};
use super::schema::Shape;
use super::union::{Member, union};
use crate::diagnostics::Effect;
use crate::docs;
use crate::document::last_segment;
use crate::ir::{Tag, TagKind, Tagging, Type, Variant};
use crate::names::Name;
use crate::parse::{Key, Node, Value};
use std::collections::{HashMap, HashSet};

/// A property that can have one value only.
pub(super) struct Constant<'a> {
    pub(super) property: &'a str,
    pub(super) value: &'a str,
    pub(super) required: bool,
}

/// What a property can say, and in which form.
type TagValues = (TagKind, Vec<String>);

/// A property that tells members apart, with the values of each.
type Implied<'a> = ((&'a str, TagKind), Vec<Vec<String>>);

impl<'a> Lower<'a> {
    /// A union whose document names the property that tells members apart; nothing where it does not.
    pub(super) fn discriminated(
        &mut self,
        discriminator: &'a Node,
        members: &[Member<'a>],
        name: &Name,
    ) -> Option<Shape<'a>> {
        let Some(property) = self.text(discriminator, "propertyName") else {
            self.problems.warning(
                Effect::Ignored,
                discriminator.span,
                "a discriminator needs a `propertyName`",
                "no property is named here",
                "name the property that tells the alternatives apart",
            );
            return None;
        };
        let kind = self.tag_kind(members, property);
        let mapping = self.mapping(discriminator, "mapping");
        mapping.iter().for_each(|(key, _)| self.check_length(&key.text, key.span));
        let mapped = self.mapped_tags(mapping, members);
        let mut tags: Vec<Vec<String>> = Vec::new();
        for (member, mapped) in members.iter().zip(mapped) {
            let tags_of = if mapped.is_empty() { self.implied_tags(member, property) } else { mapped };
            tags.push(tags_of.into_iter().filter(|tag| kind.has(tag)).collect());
        }
        let default = self.default_member(discriminator, members);
        if let Some(tags) = default.and_then(|at| tags.get_mut(at)) {
            tags.clear();
        }
        if tags.iter().all(Vec::is_empty) {
            return None;
        }
        for (at, member) in members.iter().enumerate() {
            if !tags[at].is_empty() || default == Some(at) {
                continue;
            }
            self.problems.warning(
                Effect::NotEnforced,
                member.part.span,
                format!("`{}` does not tell this alternative from the others", docs::plain(property)),
                "tried where no other alternative fits",
                "move the alternative to `components/schemas`, or give the property one `enum` value",
            );
        }
        Some(self.tagged((property, kind), members, tags, name))
    }

    /// The member that stands for every value that no other has, which OpenAPI 3.2 can say.
    fn default_member(&self, discriminator: &'a Node, members: &[Member<'a>]) -> Option<usize> {
        let target = self.mapped(discriminator.get("defaultMapping")?)?;
        let target = self.document.resolve(target).ok()?;
        members.iter().position(|member| std::ptr::eq(member.target, target))
    }

    /// The values of a mapping by the members that they lead to. Warns about those that lead to none.
    fn mapped_tags(&mut self, mapping: &'a [(Key, Node)], members: &[Member<'a>]) -> Vec<Vec<String>> {
        let mut tags = vec![Vec::new(); members.len()];
        for (key, value) in mapping {
            let text = value.as_str().unwrap_or_default();
            let target = self.mapped(value).and_then(|target| self.document.resolve(target).ok());
            let is_named = |member: &Member<'a>| {
                let reference = member.part.get("$ref").and_then(Node::as_str);
                reference.is_some_and(|reference| reference == text || last_segment(reference) == text)
            };
            let leads =
                |member: &Member<'a>| target.is_some_and(|target| std::ptr::eq(target, member.target));
            let holds = |member: &Member<'a>| target.is_some_and(|target| self.holds(member.target, target));
            let place = members.iter().position(is_named);
            let place = place.or_else(|| members.iter().position(leads));
            match place.or_else(|| members.iter().position(holds)) {
                Some(at) => tags[at].push(key.text.clone()),
                None => self.problems.warning(
                    Effect::Ignored,
                    value.span,
                    "this is not among the alternatives",
                    "leads to no member of the list",
                    "add a `$ref` to it to the list, or remove this entry",
                ),
            }
        }
        tags
    }

    /// Whether a schema is among the alternatives of another, or of its alternatives.
    fn holds(&self, union: &'a Node, wanted: &'a Node) -> bool {
        self.alternatives_within(union).iter().any(|part| std::ptr::eq(*part, wanted))
    }

    /// The alternatives of a schema, theirs, and so on.
    fn alternatives_within(&self, union: &'a Node) -> Vec<&'a Node> {
        let mut found: Vec<&'a Node> = Vec::new();
        let mut seen: HashSet<*const Node> = HashSet::from([std::ptr::from_ref(union)]);
        let mut waiting = vec![union];
        while let Some(node) = waiting.pop() {
            let lists = ["oneOf", "anyOf"].into_iter().filter_map(|key| node.get(key));
            for part in lists.flat_map(Node::items).filter_map(|part| self.document.resolve(part).ok()) {
                if seen.insert(part) {
                    found.push(part);
                    waiting.push(part);
                }
            }
        }
        found
    }

    /// The values of the property that select a member of which no mapping speaks: those that its schema allows, or
    /// else its name.
    fn implied_tags(&mut self, member: &Member<'a>, property: &str) -> Vec<String> {
        let values = self.tag_values(member.target, property);
        let reference = member.part.get("$ref").and_then(Node::as_str).map(last_segment);
        let schema = member.schema.map(str::to_owned).or(reference);
        match (schema, &values[..]) {
            (_, [_]) | (None, _) => values,
            // A property that several share lists the names of all.
            (Some(schema), []) => vec![schema],
            (Some(schema), several) if several.contains(&schema) => vec![schema],
            (Some(_), _) => values,
        }
    }

    /// The values that a schema allows for a property of its own, or its alternatives for one of theirs.
    pub(super) fn tag_values(&mut self, node: &'a Node, property: &str) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        for part in std::iter::once(node).chain(self.alternatives_within(node)) {
            let properties = self.properties(part).properties;
            let declared = properties.into_iter().find(|(key, _)| key.text == property);
            let Some(schema) = declared.and_then(|(_, schema)| self.deref(schema)) else { continue };
            let listed = schema.get("enum").map(Node::items);
            let listed = listed.or_else(|| schema.get("const").map(std::slice::from_ref)).unwrap_or_default();
            for (_, value) in listed.iter().filter_map(tag_value) {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        values
    }

    /// A property that every member has with one value of its own.
    pub(super) fn implicit_tag(&mut self, members: &[Member<'a>]) -> Option<Implied<'a>> {
        let constants: Vec<Vec<(&'a str, TagValues)>> =
            members.iter().map(|member| self.constants(member.target)).collect();
        let (first, rest) = constants.split_first()?;
        let rest: Vec<HashMap<&str, &TagValues>> = rest
            .iter()
            .map(|list| list.iter().map(|(property, values)| (*property, values)).collect())
            .collect();
        let telling = |(property, (kind, values)): &(&'a str, TagValues)| {
            let mut all = vec![values.clone()];
            for constants in &rest {
                let (other, values) = constants.get(property)?;
                if kind != other
                    || values.iter().any(|value| all.iter().flatten().any(|known| known == value))
                {
                    return None;
                }
                all.push(values.clone());
            }
            Some(((*property, *kind), all))
        };
        // Text says more than numbers do.
        first.iter().filter_map(telling).min_by_key(|((_, kind), _)| *kind)
    }

    /// A property that some members have with values of their own, while all others have it with any: they are what is left.
    /// Nothing where they have more properties, which tell more.
    pub(super) fn partial_tag(&mut self, members: &[Member<'a>]) -> Option<Implied<'a>> {
        let constants: Vec<Vec<(&'a str, TagValues)>> =
            members.iter().map(|member| self.constants(member.target)).collect();
        let candidates: Vec<(&'a str, TagKind)> =
            constants.iter().flatten().map(|(property, (kind, _))| (*property, *kind)).collect();
        candidates.into_iter().find_map(|(property, kind)| {
            let mut all: Vec<Vec<String>> = Vec::new();
            for (member, constants) in members.iter().zip(&constants) {
                let values = match constants.iter().find(|(name, _)| *name == property) {
                    Some((_, (own, values))) if *own == kind => values.clone(),
                    None if self.is_open(member.target, property, kind) => Vec::new(),
                    _ => return None,
                };
                if values.iter().any(|value| all.iter().flatten().any(|known| known == value)) {
                    return None;
                }
                all.push(values);
            }
            let names = |lower: &mut Self, member: &Member<'a>| -> HashSet<&'a str> {
                lower.properties(member.target).properties.iter().map(|(key, _)| key.text.as_str()).collect()
            };
            let (open, closed): (Vec<_>, Vec<_>) =
                members.iter().zip(&all).partition(|(_, values)| values.is_empty());
            let closed: Vec<HashSet<&str>> = closed.iter().map(|(member, _)| names(self, member)).collect();
            let is_less = open.iter().all(|(member, _)| {
                let open = names(self, member);
                closed.iter().all(|closed| open.is_subset(closed))
            });
            is_less.then_some(((property, kind), all))
        })
    }

    /// Whether an object must have a property, with any value of this kind.
    fn is_open(&mut self, node: &'a Node, property: &str, kind: TagKind) -> bool {
        let collected = self.properties(node);
        let is_required = collected.required.iter().any(|(name, _)| *name == property);
        let declared = collected.properties.into_iter().find(|(key, _)| key.text == property);
        let Some(schema) = declared.and_then(|(_, schema)| self.deref(schema)) else { return false };
        let wanted = match kind {
            TagKind::Text => "string",
            TagKind::Integer => "integer",
            TagKind::Boolean => "boolean",
        };
        let is_listed = schema.get("enum").is_some() || schema.get("const").is_some();
        is_required && !is_listed && matches!(self.type_names_of(schema)[..], [(name, _)] if name == wanted)
    }

    /// What the values of a property are that tells members apart.
    pub(super) fn tag_kind(&mut self, members: &[Member<'a>], property: &str) -> TagKind {
        for member in members {
            let properties = self.properties(member.target).properties;
            let declared = properties.into_iter().find(|(key, _)| key.text == property);
            let Some(schema) = declared.and_then(|(_, schema)| self.deref(schema)) else { continue };
            match self.type_names_of(schema)[..] {
                [("integer", _)] => return TagKind::Integer,
                [("boolean", _)] => return TagKind::Boolean,
                [("string", _)] => return TagKind::Text,
                _ => {}
            }
            let listed = schema.get("enum").and_then(|listed| listed.items().first());
            if let Some((kind, _)) = listed.or_else(|| schema.get("const")).and_then(tag_value) {
                return kind;
            }
        }
        TagKind::Text
    }

    /// Required properties of an object that can have some values only, with these: one, where they are text.
    fn constants(&mut self, node: &'a Node) -> Vec<(&'a str, TagValues)> {
        let constants = self.listed_values(node).into_iter().filter(|(.., required)| *required);
        let constants = constants.filter_map(|(property, values, _)| {
            let values: Option<Vec<(TagKind, String)>> = values.iter().map(tag_value).collect();
            let values = values?;
            let kind = values.first()?.0;
            let is_telling =
                values.len() == 1 || kind != TagKind::Text && values.iter().all(|(other, _)| *other == kind);
            is_telling.then(|| (property, (kind, values.into_iter().map(|(_, value)| value).collect())))
        });
        constants.collect()
    }

    /// Text properties of an object that can have one value only.
    pub(super) fn all_constants(&mut self, node: &'a Node) -> Vec<Constant<'a>> {
        let values = self.listed_values(node).into_iter();
        let texts = values.filter_map(|(property, values, required)| match values {
            [value] => Some(Constant { property, value: value.as_str()?, required }),
            _ => None,
        });
        texts.collect()
    }

    /// Properties of an object that can have some values only: the values, and whether it must be there.
    fn listed_values(&mut self, node: &'a Node) -> Vec<(&'a str, &'a [Node], bool)> {
        let collected = self.properties(node);
        let required: HashSet<&str> = collected.required.iter().map(|(name, _)| *name).collect();
        let mut constants = Vec::new();
        for (key, schema) in collected.properties {
            let Some(schema) = self.deref(schema) else { continue };
            let listed = schema.get("enum").map(Node::items);
            let values = listed.or_else(|| schema.get("const").map(std::slice::from_ref));
            let property = key.text.as_str();
            let required = required.contains(property);
            constants.extend(values.map(|values| (property, values, required)));
        }
        constants
    }

    /// The only value that a required property of an object can have.
    pub(super) fn constant(&mut self, node: &'a Node, property: &str) -> Option<String> {
        let (_, (_, values)) = self.constants(node).into_iter().find(|(name, _)| *name == property)?;
        match <[String; 1]>::try_from(values) {
            Ok([value]) => Some(value),
            Err(_) => None,
        }
    }

    /// A union whose members' tag values are known.
    pub(super) fn tagged(
        &mut self,
        (property, kind): (&str, TagKind),
        members: &[Member<'a>],
        tags: Vec<Vec<String>>,
        name: &Name,
    ) -> Shape<'a> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        tags.iter().flatten().for_each(|tag| *seen.entry(tag.clone()).or_default() += 1);
        // A value that several members share is the name of none; of several values none is the name of a member, and neither
        // is a number.
        let is_vague = |member: &Member<'a>, tags: &[String]| match tags {
            _ if kind != TagKind::Text => true,
            [] => true,
            [tag] => seen[tag] > 1,
            several => {
                let has_name = member.schema.is_some() || member.part.get("$ref").is_some();
                !has_name || several.iter().any(|tag| seen[tag] > 1)
            }
        };
        let names = self.alternative_names(members);
        let mut variants = Vec::new();
        for ((member, tags), own) in members.iter().zip(tags).zip(names) {
            let variant = if is_vague(member, &tags) { own } else { self.tagged_name(member, &tags) };
            let used = self.used_member(member, &name.with(variant.as_str()));
            if kind == TagKind::Text {
                self.tag_member(&used.ty, property, &tags);
            }
            variants.push(Variant { name: variant, ty: Some(used.ty), tags });
        }
        union(Tagging::Internal { property: property.to_owned(), kind }, variants)
    }

    /// Notes what tells a member from the others.
    pub(super) fn tag_member(&mut self, ty: &Type, property: &str, tags: &[String]) {
        if let Type::Named(id) = ty {
            let tags =
                tags.iter().map(|tag| (*id, Tag { property: property.to_owned(), value: tag.clone() }));
            self.tags.extend(tags);
        }
    }

    /// A member where it is used: a component has its type already.
    pub(super) fn used_member(&mut self, member: &Member<'a>, name: &Name) -> Used {
        let pointer: *const Node = member.part;
        match self.named.get(&pointer).filter(|_| member.schema.is_some()) {
            Some(id) => Used { ty: Type::Named(*id), traits: Traits::default() },
            None => self.used(member.part, name),
        }
    }

    /// The one value of the tag. Of several none is more important than the others, so it is the schema's name then.
    fn tagged_name(&mut self, member: &Member<'a>, tags: &[String]) -> Name {
        let schema = member.part.get("$ref").and_then(Node::as_str).map(last_segment);
        let schema = schema.or_else(|| member.schema.map(str::to_owned));
        let given = self.name_override(member.part);
        let wanted = match (given, tags, schema) {
            (Some(given), ..) => given,
            (None, [tag], _) => tag.clone(),
            (None, _, schema) => schema.unwrap_or_default(),
        };
        Name::pascal(&wanted)
    }
}

impl TagKind {
    /// Whether a text is a value of this kind.
    fn has(self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Integer => text.parse::<i64>().is_ok_and(|number| number.to_string() == text),
            Self::Boolean => matches!(text, "true" | "false"),
        }
    }
}

/// A value that tells members apart, as a mapping writes it.
fn tag_value(value: &Node) -> Option<(TagKind, String)> {
    match &value.value {
        Value::String(text) => Some((TagKind::Text, text.clone())),
        Value::Number(number) => {
            let number = i64::try_from(whole(number)?).ok()?;
            Some((TagKind::Integer, number.to_string()))
        }
        Value::Bool(value) => Some((TagKind::Boolean, value.to_string())),
        _ => None,
    }
}
