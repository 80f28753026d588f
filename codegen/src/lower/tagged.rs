//! Unions whose members a property tells apart: named by the document, or found because every member has it with one value
//! of its own.

use super::Lower;
use super::schema::Shape;
use super::union::{Member, union};
use crate::diagnostics::Span;
use crate::docs;
use crate::document::last_segment;
use crate::ir::{Tag, Tagging, Type, Variant};
use crate::names::Name;
use crate::parse::{Key, Node};
use std::collections::{HashMap, HashSet};

/// A property that can have one value only.
pub(super) struct Constant<'a> {
    pub(super) property: &'a str,
    pub(super) value: &'a str,
    pub(super) required: bool,
}

impl<'a> Lower<'a> {
    /// A union whose document names the property that tells members apart.
    pub(super) fn discriminated(
        &mut self,
        discriminator: &'a Node,
        members: &[Member<'a>],
        name: &Name,
    ) -> Shape<'a> {
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
    pub(super) fn implicit_tag(&mut self, members: &[Member<'a>]) -> Option<(&'a str, Vec<String>)> {
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
    fn constants(&mut self, node: &'a Node) -> Vec<(&'a str, &'a str)> {
        let constants = self.all_constants(node).into_iter().filter(|constant| constant.required);
        constants.map(|constant| (constant.property, constant.value)).collect()
    }

    /// Text properties of an object that can have one value only.
    pub(super) fn all_constants(&mut self, node: &'a Node) -> Vec<Constant<'a>> {
        let collected = self.properties(node);
        let required: HashSet<&str> = collected.required.iter().map(|(name, _)| *name).collect();
        let mut constants = Vec::new();
        for (key, schema) in collected.properties {
            let Some(schema) = self.deref(schema) else { continue };
            let value = match schema.get("enum").map(Node::items) {
                Some([value]) => value.as_str(),
                Some(_) => None,
                None => schema.get("const").and_then(Node::as_str),
            };
            let property = key.text.as_str();
            let required = required.contains(property);
            constants.extend(value.map(|value| Constant { property, value, required }));
        }
        constants
    }

    /// The only value that a required text property of an object can have.
    fn constant(&mut self, node: &'a Node, property: &str) -> Option<&'a str> {
        self.constants(node).into_iter().find(|(name, _)| *name == property).map(|(_, value)| value)
    }

    /// A union whose members' tag values are known.
    pub(super) fn tagged(
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
            let variant = self.tagged_name(member, &tags);
            let used = self.used(member.part, &name.with(variant.as_str()));
            if let (Type::Named(id), [tag]) = (&used.ty, &tags[..]) {
                self.tags.push((*id, Tag { property: property.to_owned(), value: tag.clone() }));
            }
            variants.push(Variant { name: variant, ty: Some(used.ty), tags });
        }
        union(Tagging::Internal { property: property.to_owned() }, variants)
    }

    /// The one value of the tag. Of several none is more important than the others, so it is the schema's name then.
    fn tagged_name(&mut self, member: &Member<'a>, tags: &[String]) -> Name {
        let schema = member.part.get("$ref").and_then(Node::as_str).map(last_segment);
        let given = self.name_override(member.part);
        let wanted = match (given, tags, schema) {
            (Some(given), ..) => given,
            (None, [tag], _) => tag.clone(),
            (None, _, schema) => schema.unwrap_or_default(),
        };
        Name::pascal(&wanted)
    }
}
