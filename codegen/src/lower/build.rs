//! Drafts to types of the model, once it is known who sends and who reads each, what tags it and what contains itself.

use super::Lower;
use super::answer::Carried;
use super::circles::Circles;
use super::default::literal;
use super::draft::{Draft, Drafts, Kind, Property, Record};
use super::presence::{Way, presence, strict};
use super::reach::Reach;
use super::tags::Tags;
use super::untagged::{by_properties, by_tag_and_properties, strictest_first};
use crate::diagnostics::Diagnostics;
use crate::ir::{
    Event, Field, Presence, Struct, TagKind, Tagging, Type, TypeDef, TypeId, TypeKind, Union, Variant,
};
use std::collections::{BTreeMap, HashMap};

impl<'a> Lower<'a> {
    /// Every type that the model mentions.
    pub(super) fn build(&mut self, reach: &Reach, tags: &Tags) -> BTreeMap<TypeId, TypeDef> {
        let mut events: HashMap<TypeId, Carried<'a>> = HashMap::new();
        for (id, carried) in std::mem::take(&mut self.events) {
            let known = events.entry(self.drafts.underlying(id)).or_insert_with(|| carried.clone());
            known.add(carried);
        }
        let mut build = Build {
            drafts: &self.drafts,
            problems: &mut self.problems,
            reach,
            tags,
            circles: Circles::of(&self.drafts),
            events,
        };
        let reached = self.drafts.iter().filter(|(id, _)| reach.has(*id));
        reached.map(|(id, draft)| (id, build.type_def(id, draft))).collect()
    }
}

struct Build<'b, 'a> {
    drafts: &'b Drafts<'a>,
    problems: &'b mut Diagnostics,
    reach: &'b Reach,
    tags: &'b Tags,
    circles: Circles,
    /// Schemas that are the data of an event stream.
    events: HashMap<TypeId, Carried<'a>>,
}

impl Build<'_, '_> {
    fn type_def(&mut self, id: TypeId, draft: &Draft<'_>) -> TypeDef {
        let kind = match &draft.kind {
            Kind::Struct(record) => TypeKind::Struct(self.structure(id, record)),
            Kind::Enum(values) => TypeKind::Enum(values.clone()),
            Kind::Union(union) => TypeKind::Union(self.union(id, union)),
            Kind::Id => TypeKind::Id,
            Kind::Alias(ty) => TypeKind::Alias(self.travelling(id, ty)),
        };
        TypeDef {
            name: draft.name.clone(),
            component: draft.component.clone(),
            text: draft.text.clone(),
            deprecated: draft.deprecated,
            event: self.event(id, &kind),
            kind,
        }
    }

    fn structure(&mut self, id: TypeId, record: &Record<'_>) -> Struct {
        let way = self.reach.way(id);
        let tag = self.tags.get(id);
        let kept =
            record.properties.iter().filter(|property| Some(&property.wire) != tag.map(|tag| &tag.property));
        Struct {
            fields: kept.map(|property| self.field(id, way, property)).collect(),
            rest: record.rest.as_ref().map(|ty| self.travelling(id, ty)),
            has_secret_rest: record.has_secret_rest,
            tag: tag.cloned(),
            // What a parameter holds is sent as well.
            sent: way.sent || self.reach.is_of_text(id),
            received: way.received,
        }
    }

    fn field(&mut self, owner: TypeId, way: Way, property: &Property<'_>) -> Field {
        let presence = presence(property, way);
        let ty = self.travelling(owner, &property.ty);
        let given = property.default.filter(|_| presence == Presence::Optional);
        Field {
            name: property.name.clone(),
            wire: property.wire.clone(),
            aliases: property.aliases.clone(),
            default: given.and_then(|default| literal(self.drafts, self.problems, default, &ty)),
            ty: self.circles.boxed(owner, ty),
            presence,
            text: property.text.clone(),
            deprecated: property.deprecated,
            is_secret: property.is_secret,
        }
    }

    fn union(&self, id: TypeId, union: &Union) -> Union {
        let ty = |ty: &Type| self.circles.boxed(id, self.travelling(id, ty));
        let variants = union.variants.iter();
        let mut variants: Vec<Variant> =
            variants.map(|variant| Variant { ty: variant.ty.as_ref().map(ty), ..variant.clone() }).collect();
        // Of those who share a tag, or have none, the strictest is tried first.
        let shares = |variant: &Variant| {
            let mut others = variants.iter().filter(|other| !std::ptr::eq(*other, variant));
            variant.tags.is_empty()
                || others.any(|other| other.tags.iter().any(|tag| variant.tags.contains(tag)))
        };
        if union.tagging != Tagging::External && variants.iter().any(shares) {
            strictest_first(self.drafts, self.tags, id, &mut variants);
        }
        let by_properties = match &union.tagging {
            Tagging::Untagged => by_properties(self.drafts, self.tags, &variants, self.reach.is_of_text(id)),
            Tagging::Internal { property, .. } => {
                by_tag_and_properties(self.drafts, self.tags, &variants, property)
            }
            Tagging::External | Tagging::Properties { .. } => None,
        };
        Union { tagging: by_properties.unwrap_or_else(|| union.tagging.clone()), variants }
    }

    /// A type as it is within another one, which may only travel to a server.
    fn travelling(&self, owner: TypeId, ty: &Type) -> Type {
        if self.reach.way(owner).is_out() { strict(ty, self.drafts, self.reach) } else { ty.clone() }
    }

    /// What an event of a stream holds, where the type is the data of one.
    fn event(&mut self, id: TypeId, kind: &TypeKind) -> Option<Event> {
        let Carried { node, names, has_any_name, is_whole, is_named } = self.events.get(&id)?;
        if matches!(kind, TypeKind::Alias(_)) {
            return None;
        }
        let mut event =
            Event { last: None, names: names.clone(), has_any_name: *has_any_name, is_whole: *is_whole };
        if *is_named && !is_whole {
            // What is called an error stays one, unless the document lists it among the names.
            let tags = tags_of(kind).into_iter().filter(|tag| *tag != "error" && !names.contains(tag));
            event.names.extend(tags.cloned());
        }
        let Some(end) = node.get("x-stream-end") else { return Some(event) };
        let place = match kind {
            TypeKind::Struct(object) => object
                .fields
                .iter()
                .position(|field| Some(field.wire.as_str()) == end.as_str() && field.ty == Type::Bool),
            _ => None,
        };
        if place.is_none() {
            self.problems.error(
                end.span,
                "`x-stream-end` must name a boolean property of the event",
                "no such property",
                "declare the property in this schema",
            );
        }
        Some(Event { last: place, ..event })
    }
}

/// The values of a union's tag. Who sends such a union often names the events after them.
fn tags_of(kind: &TypeKind) -> Vec<&String> {
    let TypeKind::Union(Union { tagging, variants }) = kind else { return Vec::new() };
    match tagging {
        Tagging::Internal { kind: TagKind::Text, .. } | Tagging::Properties { tag: Some(_), .. } => {
            variants.iter().flat_map(|variant| &variant.tags).collect()
        }
        _ => Vec::new(),
    }
}
