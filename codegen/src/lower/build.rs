//! Drafts to types, when everything about them is known.

use super::Lower;
use super::draft::{Draft, Kind, Object, Property, Slot};
use super::reach::Reach;
use super::words::is_empty;
use crate::ir::{Event, Field, Literal, Presence, Struct, Type, TypeDef, TypeId, TypeKind};
use crate::parse::Node;
use std::collections::{BTreeMap, HashMap};

/// Which way a struct travels.
#[derive(Debug, Clone, Copy)]
struct Way {
    sent: bool,
    received: bool,
}

impl<'a> Lower<'a> {
    /// All types that something reaches.
    pub(super) fn build(&mut self, reach: &Reach) -> BTreeMap<TypeId, TypeDef> {
        let events: HashMap<TypeId, &'a Node> = std::mem::take(&mut self.events)
            .into_iter()
            .map(|(id, node)| (self.underlying(id), node))
            .collect();
        let defaults = self.defaults(reach);
        let slots = std::mem::take(&mut self.types);
        let mut types = BTreeMap::new();
        for Slot { id, draft, .. } in slots {
            let Some(draft) = draft.filter(|_| reach.used.contains(&id)) else { continue };
            let def = type_def(draft, way(reach, id), defaults.get(&id).map_or(&[][..], Vec::as_slice));
            let event = events.get(&id).map(|node| self.event(node, &def.kind));
            types.insert(id, TypeDef { event, ..def });
        }
        types
    }

    /// Defaults of properties that may be absent, a list for each struct.
    fn defaults(&mut self, reach: &Reach) -> HashMap<TypeId, Vec<Option<Literal>>> {
        let mut wanted = Vec::new();
        for slot in &self.types {
            let Some(Draft { kind: Kind::Struct(object), .. }) = &slot.draft else { continue };
            let way = way(reach, slot.id);
            let given = object.properties.iter().map(|property| {
                let given = property.default.filter(|_| presence(property, way) == Presence::Optional);
                given.map(|default| (default, property.ty.clone()))
            });
            wanted.push((slot.id, given.collect::<Vec<_>>()));
        }
        let mut defaults = HashMap::new();
        for (id, given) in wanted {
            let literals =
                given.into_iter().map(|given| given.and_then(|(node, ty)| self.literal(node, &ty)));
            defaults.insert(id, literals.collect());
        }
        defaults
    }

    /// How a stream of events ends.
    fn event(&mut self, node: &'a Node, kind: &TypeKind) -> Event {
        let Some(end) = node.get("x-stream-end") else { return Event::Endless };
        if let TypeKind::Struct(object) = kind {
            let is_end = |field: &Field| Some(field.wire.as_str()) == end.as_str() && field.ty == Type::Bool;
            if let Some(at) = object.fields.iter().position(is_end) {
                return Event::EndsWith(at);
            }
        }
        self.problems.error(
            end.span,
            "`x-stream-end` must name a boolean property of the event",
            "no such property",
            "declare the property in this schema",
        );
        Event::Endless
    }
}

fn way(reach: &Reach, id: TypeId) -> Way {
    Way { sent: reach.sent.contains(&id), received: reach.received.contains(&id) }
}

fn type_def(draft: Draft<'_>, way: Way, defaults: &[Option<Literal>]) -> TypeDef {
    let kind = match draft.kind {
        Kind::Struct(object) => TypeKind::Struct(structure(object, way, defaults)),
        Kind::Enum(values) => TypeKind::Enum(values),
        Kind::Union(union) => TypeKind::Union(union),
        Kind::Id => TypeKind::Id,
        Kind::Alias(ty) => TypeKind::Alias(ty),
    };
    TypeDef {
        name: draft.name,
        component: draft.component,
        text: draft.text,
        deprecated: draft.deprecated,
        kind,
        event: None,
    }
}

fn structure(object: Object<'_>, way: Way, defaults: &[Option<Literal>]) -> Struct {
    let fields = object.properties.into_iter().enumerate().map(|(at, property)| Field {
        presence: presence(&property, way),
        default: defaults.get(at).cloned().flatten(),
        ty: if is_only_sent(way) { exact(property.ty) } else { property.ty },
        name: property.name,
        wire: property.wire,
        aliases: property.aliases,
        text: property.text,
        deprecated: property.deprecated,
    });
    Struct {
        fields: fields.collect(),
        rest: object.rest,
        tag: object.tag,
        sent: way.sent,
        received: way.received,
    }
}

/// What is only sent has one spelling; leniency is for reading.
fn is_only_sent(way: Way) -> bool {
    way.sent && !way.received
}

/// A type without leniency.
fn exact(ty: Type) -> Type {
    match ty {
        Type::Lenient(inner) => exact(*inner),
        Type::Array(inner) => Type::Array(Box::new(exact(*inner))),
        Type::Map(inner) => Type::Map(Box::new(exact(*inner))),
        Type::Option(inner) => Type::Option(Box::new(exact(*inner))),
        ty => ty,
    }
}

/// How absence and null of a property show. Only what is sent needs to tell the two apart.
fn presence(property: &Property<'_>, way: Way) -> Presence {
    let Way { sent, received } = way;
    let ty = &property.ty;
    let left_out = (sent && property.read_only) || (received && property.write_only);
    let required = property.required && !left_out;
    let list = matches!(ty, Type::Array(_) | Type::Map(_));
    let empty = property.default.is_some_and(is_empty);
    match (required, property.traits.nullable) {
        _ if property.traits.lenient && !is_only_sent(way) => Presence::Lenient,
        (_, false) if list && empty => Presence::Empty,
        (true, false) => Presence::Required,
        (true, true) if matches!(ty, Type::Any | Type::Unit) => Presence::Required,
        (true, true) => Presence::NullIsNone,
        (false, true) if sent => Presence::Nullable,
        (false, true) if !matches!(ty, Type::Any | Type::Unit) => Presence::NullIsNone,
        (false, _) => Presence::Optional,
    }
}
