//! Inheritance: a schema with a `discriminator` and without alternatives stands for all schemas that extend it.
//!
//! In: such a schema. Out: a union of the component schemas that have it in their `allOf`, directly or through others,
//! and of those that its mapping names. Their own types have its properties; the property that tells them apart is
//! their tag.

use super::Lower;
use super::compose::Nature;
use super::draft::{Draft, Kind};
use super::schema::Shape;
use super::union::Member;
use crate::diagnostics::Effect;
use crate::docs;
use crate::document::last_segment;
use crate::ir::{TagKind, Tagging, Type, Variant};
use crate::names::Name;
use crate::parse::Node;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Which component schemas extend which, by their places among the components.
pub(super) type Heirs = HashMap<*const Node, Vec<usize>>;

impl<'a> Lower<'a> {
    /// Every schema that a component has in its `allOf`, with the component.
    pub(super) fn find_heirs(&mut self) {
        let schemas: Vec<&'a Node> = self.document.schemas().map(|(_, node)| node).collect();
        for (at, node) in schemas.into_iter().enumerate() {
            for part in node.get("allOf").map(Node::items).unwrap_or_default() {
                if part.get("$ref").is_none() {
                    continue;
                }
                if let Ok(base) = self.document.resolve(part) {
                    self.heirs.entry(base).or_default().push(at);
                }
            }
        }
    }

    /// The union of all that extend a schema; nothing where nothing does.
    pub(super) fn inherited(&mut self, node: &'a Node, name: &Name) -> Option<Shape<'a>> {
        let discriminator = node.get("discriminator")?;
        let property = discriminator.get("propertyName")?.as_str()?;
        if !matches!(self.nature(node), Nature::Bare | Nature::Object) {
            return None;
        }
        let mapping = self.mapping(discriminator, "mapping");
        let mut tags: HashMap<*const Node, Vec<String>> = HashMap::new();
        for (key, target) in mapping {
            if let Some(target) = self.mapped(target) {
                tags.entry(target).or_default().push(key.text.clone());
            }
        }
        let heirs = self.all_heirs(node);
        let mut members = Vec::new();
        for (at, (key, schema)) in self.document.schemas().enumerate().collect::<Vec<_>>() {
            let Ok(target) = self.document.resolve(schema) else { continue };
            let is_named = tags.contains_key(&std::ptr::from_ref(schema));
            let extends = heirs.contains(&at) && !self.is_base(target);
            if (is_named || extends) && !std::ptr::eq(schema, node) {
                members.push(Member { part: schema, target, schema: Some(&key.text) });
            }
        }
        if members.is_empty() {
            return None;
        }
        let declared = self.tag_values(node, property);
        let mut values = Vec::new();
        for member in &members {
            if let Some(mapped) = tags.remove(&std::ptr::from_ref(member.part)) {
                values.push(mapped);
                continue;
            }
            let constant = self.constant(member.target, property);
            let implied = constant.or_else(|| member.schema.map(str::to_owned));
            if let Some(implied) =
                implied.as_ref().filter(|one| !declared.is_empty() && !declared.contains(one))
            {
                self.problems.warning(
                    Effect::Ignored,
                    member.part.span,
                    format!(
                        "`{}` is not among the values of `{}`",
                        docs::plain(implied),
                        docs::plain(property)
                    ),
                    "this is what tells the schema apart, where nothing else is said",
                    "give the discriminator a `mapping` from its values to the schemas",
                );
            }
            values.push(implied.into_iter().collect());
        }
        let kind = self.tag_kind(&members, property);
        let shape = self.tagged((property, kind), &members, values, name);
        Some(match (shape, tags.remove(&std::ptr::from_ref(node))) {
            (Shape::Define(Kind::Union(union)), Some(own)) => {
                self.with_base(node, union, property, own, name)
            }
            (shape, _) => shape,
        })
    }

    /// The mapping has values for the schema itself, too: one more member.
    fn with_base(
        &mut self,
        node: &'a Node,
        mut union: crate::ir::Union,
        property: &str,
        tags: Vec<String>,
        name: &Name,
    ) -> Shape<'a> {
        let base = name.with("Base");
        let id = self.drafts.reserve(self.owner, node.span);
        let ty = match self.object(node, &base) {
            Shape::Plain(ty) => ty,
            Shape::Define(kind) => {
                let text = self.described(node);
                self.drafts
                    .fill(id, Draft { name: base.clone(), component: None, text, deprecated: false, kind });
                if !matches!(union.tagging, Tagging::Internal { kind, .. } if kind != TagKind::Text) {
                    self.tag_member(&Type::Named(id), property, &tags);
                }
                Type::Named(id)
            }
        };
        let variant = match &tags[..] {
            [tag] => Name::pascal(tag),
            _ => base,
        };
        union.variants.push(Variant { name: variant, ty: Some(ty), tags });
        Shape::Define(Kind::Union(union))
    }

    /// Whether a schema stands for those that extend it.
    fn is_base(&self, node: &'a Node) -> bool {
        let pointer: *const Node = node;
        node.get("discriminator").is_some() && self.heirs.contains_key(&pointer)
    }

    /// Whether a component extends a schema by having it in its `allOf`, rather than being another name for it.
    pub(super) fn extends(&self, node: &'a Node, part: &'a Node) -> bool {
        let Ok(base) = self.document.resolve(part) else { return false };
        let is_named = self.named.contains_key(&std::ptr::from_ref(node));
        let is_listed = ["oneOf", "anyOf"].iter().filter_map(|key| base.get(key)).any(|list| {
            let mut targets = list.items().iter().filter_map(|part| self.document.resolve(part).ok());
            targets.any(|target| std::ptr::eq(target, node))
        });
        is_named && (self.is_base(base) || is_listed)
    }

    /// Places of the components that extend a schema, directly or through others.
    fn all_heirs(&self, node: &'a Node) -> BTreeSet<usize> {
        let schemas: Vec<&'a Node> = self.document.schemas().map(|(_, node)| node).collect();
        let mut found = BTreeSet::new();
        let mut seen: HashSet<*const Node> = HashSet::from([std::ptr::from_ref(node)]);
        let mut queue: Vec<*const Node> = vec![node];
        while let Some(base) = queue.pop() {
            for at in self.heirs.get(&base).into_iter().flatten() {
                found.insert(*at);
                let heir: *const Node = schemas[*at];
                if seen.insert(heir) {
                    queue.push(heir);
                }
            }
        }
        found
    }

    /// What a value of a mapping leads to: a reference, or the name of a component. Programs that make one file of several
    /// leave the names of the files here, which are those of the components.
    pub(super) fn mapped(&self, value: &'a Node) -> Option<&'a Node> {
        let text = value.as_str()?;
        let named =
            |name: &str| self.document.schemas().find(|(key, _)| key.text == name).map(|(_, node)| node);
        let target = named(text).or_else(|| self.document.target(value).ok());
        target.or_else(|| named(&last_segment(text)))
    }
}
