//! What can only be decided once everything is known: presence of fields, tags, boxes, defaults, order.

use super::object::{is_empty, json};
use super::{Lower, Property};
use crate::docs;
use crate::ir::{self, Event, Int, Literal, Presence, Struct, Type, TypeDef, TypeId, TypeKind};
use crate::names::Casing;
use crate::parse::{Node, Value};
use std::collections::{HashMap, HashSet};

impl<'a> Lower<'a> {
    /// Completes the types and moves them into the API.
    pub(super) fn finish(&mut self, api: &mut ir::Api) {
        let sent: Vec<TypeId> = self.sent.iter().flat_map(named).collect();
        self.mark(sent, |object| object.sent = true);
        let received = received(api);
        self.mark(received, |object| object.received = true);
        self.decide_presence();
        self.apply_tags();
        self.mark_events();
        self.order_unions();
        self.refuse_empty_circles();
        self.box_circles();
        api.error_shape = self.error_shape(&api.errors);
        api.types = self.move_types(api);
        api.uses_uuid = uses_uuid(api);
    }

    /// Marks every struct that the given types can contain.
    fn mark(&mut self, mut queue: Vec<TypeId>, mark: impl Fn(&mut Struct)) {
        let mut reached = HashSet::new();
        while let Some(id) = queue.pop() {
            if !reached.insert(id) {
                continue;
            }
            let Some(def) = &mut self.types[id.0].def else { continue };
            if let TypeKind::Struct(object) = &mut def.kind {
                mark(object);
            }
            queue.extend(contained(&def.kind).into_iter().flat_map(named));
        }
    }

    fn decide_presence(&mut self) {
        for at in 0..self.types.len() {
            let properties = std::mem::take(&mut self.types[at].properties);
            let mut def = self.types[at].def.take();
            if let Some(TypeDef { kind: TypeKind::Struct(object), .. }) = &mut def {
                let way = Way { sent: object.sent, received: object.received };
                for (field, property) in object.fields.iter_mut().zip(&properties) {
                    field.presence = presence(property, &field.ty, way);
                    let given = property.default.filter(|_| field.presence == Presence::Optional);
                    field.default = given.and_then(|default| self.literal(default, &field.ty));
                }
            }
            self.types[at].def = def;
            self.types[at].properties = properties;
        }
    }

    /// A default as a Rust value; nothing for lists, objects and null, which only the documentation shows.
    pub(super) fn literal(&mut self, default: &'a Node, ty: &Type) -> Option<Literal> {
        let literal = match (&default.value, ty) {
            (Value::Null | Value::Array(_) | Value::Object(_), _) => return None,
            (Value::Bool(flag), Type::Bool) => Some(Literal::Bool(*flag)),
            (Value::Number(text), Type::Int(width)) => integer(text, *width).map(Literal::Int),
            (Value::Number(text), Type::F32) => {
                text.parse().ok().filter(|number| (*number as f32).is_finite()).map(Literal::Float)
            }
            (Value::Number(text), Type::F64) => {
                text.parse().ok().filter(|number: &f64| number.is_finite()).map(Literal::Float)
            }
            (Value::String(text), Type::String) => Some(Literal::Text(text.clone())),
            (_, Type::Named(id)) => return self.named_literal(default, *id),
            // Text of another type, such as a date, has no literal; the documentation shows it.
            (Value::String(_), Type::Bool | Type::Int(_) | Type::F32 | Type::F64) => None,
            (Value::Bool(_) | Value::Number(_), Type::String) => None,
            _ => return None,
        };
        if literal.is_none() {
            self.problems.warning(
                default.span,
                "the default is not of the schema's type",
                format!("this is {}", default.kind()),
                "write a default that the schema allows",
            );
        }
        literal
    }

    fn named_literal(&mut self, default: &'a Node, id: TypeId) -> Option<Literal> {
        let id = self.underlying(id);
        let kind = self.types[id.0].def.as_ref().map(|def| &def.kind)?;
        match kind {
            TypeKind::Enum(values) => {
                let wire = json(default);
                let found = values.values.iter().find(|value| value.wire == wire);
                let literal = found.map(|value| Literal::Variant(id, value.name.clone()));
                if literal.is_none() {
                    self.problems.warning(
                        default.span,
                        format!("`{}` is not among the values of the enum", docs::plain(&wire)),
                        "unknown default",
                        "use one of the enum's values",
                    );
                }
                literal
            }
            // Behind more aliases than there can be is a circle; that is reported elsewhere.
            TypeKind::Alias(ty) if !matches!(ty, Type::Named(_)) => {
                let ty = ty.clone();
                self.literal(default, &ty)
            }
            _ => None,
        }
    }

    /// Turns the property that a union tells its members by into a constant, where one value is all it can be.
    fn apply_tags(&mut self) {
        let mut tags: HashMap<TypeId, Vec<ir::Tag>> = HashMap::new();
        for (id, tag) in std::mem::take(&mut self.tags) {
            let list = tags.entry(self.underlying(id)).or_default();
            if !list.contains(&tag) {
                list.push(tag);
            }
        }
        for (id, list) in tags {
            let slot = &mut self.types[id.0];
            let span = slot.span;
            let Some(TypeDef { kind: TypeKind::Struct(object), .. }) = &mut slot.def else { continue };
            let ([tag], None) = (&list[..], &object.rest) else {
                // Where other properties are collected, the tag would be read as one of them: it stays a field.
                let declared =
                    object.rest.is_some() || object.fields.iter().any(|field| field.wire == list[0].property);
                if !declared {
                    self.unsupported(
                        span,
                        "a member with several tags that does not declare the tag's property",
                        "declare the property in this schema",
                    );
                }
                continue;
            };
            if let Some(at) = object.fields.iter().position(|field| field.wire == tag.property) {
                object.fields.remove(at);
                slot.properties.remove(at);
                object.casing = casing(object);
            }
            object.tag = Some(tag.clone());
        }
    }

    fn mark_events(&mut self) {
        for (id, node) in std::mem::take(&mut self.events) {
            let event = self.event(id, node);
            let id = self.underlying(id);
            if let Some(def) = &mut self.types[id.0].def {
                def.event = Some(event);
            }
        }
    }

    fn event(&mut self, id: TypeId, node: &'a Node) -> Event {
        let Some(end) = node.get("x-stream-end") else { return Event::Endless };
        let id = self.underlying(id);
        if let Some(TypeDef { kind: TypeKind::Struct(object), .. }) = &self.types[id.0].def {
            let field = object.fields.iter().find(|field| Some(field.wire.as_str()) == end.as_str());
            if let Some(field) = field.filter(|field| field.ty == Type::Bool) {
                return Event::EndsWith(field.name.clone(), field.presence);
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

    /// Puts members of untagged unions that demand more in front of those that accept anything.
    fn order_unions(&mut self) {
        for at in 0..self.types.len() {
            let Some(mut def) = self.types[at].def.take() else { continue };
            if let TypeKind::Union(ir::Union { tagging: ir::Tagging::Untagged, variants, .. }) = &mut def.kind
            {
                variants.sort_by_cached_key(|variant| self.strictness(variant.ty.as_ref(), at));
            }
            self.types[at].def = Some(def);
        }
    }

    fn strictness(&self, ty: Option<&Type>, own: usize) -> (u8, usize) {
        let id = match ty {
            Some(Type::Named(id)) => self.underlying(*id),
            Some(ty) => return (super::union::laxity(ty), 0),
            None => return (0, 0),
        };
        match self.types[id.0].def.as_ref().map(|def| &def.kind) {
            Some(TypeKind::Struct(_)) => (3, usize::MAX - self.demands(id)),
            Some(TypeKind::Union(_)) if id.0 != own => (4, 0),
            Some(TypeKind::Enum(_) | TypeKind::Id) => (5, 0),
            Some(TypeKind::Alias(ty)) => (super::union::laxity(ty), 0),
            _ => (3, 0),
        }
    }

    /// The type behind aliases.
    fn underlying(&self, id: TypeId) -> TypeId {
        let mut id = id;
        for _ in 0..64 {
            match self.types[id.0].def.as_ref().map(|def| &def.kind) {
                Some(TypeKind::Alias(Type::Named(inner))) => id = *inner,
                _ => break,
            }
        }
        id
    }

    /// Aliases cannot contain themselves in Rust, not even behind a list; and a reader that tries the members of a union
    /// would try for ever. Each circle is reported once.
    fn refuse_empty_circles(&mut self) {
        let through = |kind: &TypeKind| match kind {
            TypeKind::Alias(ty) => named(ty),
            TypeKind::Union(ir::Union { tagging: ir::Tagging::Untagged, .. }) => by_value(kind),
            _ => Vec::new(),
        };
        let edges: Vec<Vec<TypeId>> = self
            .types
            .iter()
            .map(|slot| slot.def.as_ref().map(|def| through(&def.kind)).unwrap_or_default())
            .collect();
        let mut reported = HashSet::new();
        for (at, circle) in circles(&edges).into_iter().enumerate() {
            if circle.is_some_and(|circle| reported.insert(circle)) {
                self.unsupported(
                    self.types[at].span,
                    "a schema that consists of nothing but itself",
                    "put an object with a property in between",
                );
            }
        }
    }

    /// Boxes what would make a type contain itself.
    fn box_circles(&mut self) {
        let direct: Vec<Vec<TypeId>> = self
            .types
            .iter()
            .map(|slot| slot.def.as_ref().map(|def| by_value(&def.kind)).unwrap_or_default())
            .collect();
        let circle = circles(&direct);
        for at in 0..self.types.len() {
            let Some(def) = &mut self.types[at].def else { continue };
            let inside = |ty: &Type| match ty {
                Type::Named(id) => circle[at].is_some() && circle[id.0] == circle[at],
                _ => false,
            };
            let place = |ty: &mut Type| {
                let slot = match ty {
                    Type::Option(inner) | Type::Lenient(inner) => &mut **inner,
                    ty => ty,
                };
                if inside(slot) {
                    *slot = Type::Boxed(Box::new(slot.clone()));
                }
            };
            match &mut def.kind {
                TypeKind::Struct(object) => object.fields.iter_mut().for_each(|field| place(&mut field.ty)),
                TypeKind::Union(union) => {
                    union.variants.iter_mut().filter_map(|variant| variant.ty.as_mut()).for_each(place);
                }
                _ => {}
            }
        }
    }

    /// How errors look, as far as the document shows it: the text of the body that most failures carry, and whether a 400
    /// is a map.
    fn error_shape(&self, errors: &[ir::ErrorBody]) -> ir::ErrorShape {
        let is_map = |body: &ir::ErrorBody| match &body.ty {
            Type::Named(id) => {
                let id = self.underlying(*id);
                matches!(
                    self.types[id.0].def.as_ref().map(|def| &def.kind),
                    Some(TypeKind::Alias(Type::Map(_)))
                )
            }
            ty => matches!(ty, Type::Map(_)),
        };
        let fields =
            errors.iter().any(|body| body.statuses.contains(&ir::Statuses::One(400)) && is_map(body));
        let texts = errors.iter().filter_map(|body| match &body.ty {
            Type::Named(id) => Some((body, self.underlying(*id))),
            _ => None,
        });
        let detail = texts
            .filter_map(|(body, id)| match self.types[id.0].def.as_ref().map(|def| &def.kind) {
                Some(TypeKind::Struct(object)) => {
                    let text = object.fields.iter().find(|field| field.ty == Type::String)?;
                    let default = body.statuses.contains(&ir::Statuses::Default);
                    Some(((default, body.statuses.len()), text.wire.clone()))
                }
                _ => None,
            })
            .max_by_key(|(rank, _)| *rank);
        ir::ErrorShape { detail: detail.map_or_else(|| "detail".to_owned(), |(_, wire)| wire), fields }
    }

    /// Types that are named in the document, or contained in something that is: tags leave the types of their properties
    /// behind.
    fn reached(&self, api: &mut ir::Api) -> HashSet<TypeId> {
        let mut queue: Vec<TypeId> = self.named.values().copied().collect();
        let mut note = |ty: &mut Type| queue.extend(named(ty));
        api.operations.iter_mut().for_each(|operation| operation_types(operation, &mut note));
        api.errors.iter_mut().for_each(|error| note(&mut error.ty));
        let mut reached = HashSet::new();
        while let Some(id) = queue.pop() {
            let Some(def) = &self.types[id.0].def else { continue };
            if reached.insert(id) {
                queue.extend(contained(&def.kind).into_iter().flat_map(named));
            }
        }
        reached
    }

    /// Moves the types out in the order of their owners, and renumbers every mention of them.
    fn move_types(&mut self, api: &mut ir::Api) -> Vec<TypeDef> {
        let reached = self.reached(api);
        let mut order: Vec<usize> =
            (0..self.types.len()).filter(|at| reached.contains(&TypeId(*at))).collect();
        order.sort_by_key(|at| (self.types[*at].owner, *at));
        let place: HashMap<TypeId, TypeId> =
            order.iter().enumerate().map(|(new, old)| (TypeId(*old), TypeId(new))).collect();
        let mut moved: Vec<TypeDef> = order.iter().filter_map(|at| self.types[*at].def.take()).collect();
        let mut renumber = |ty: &mut Type| renumber(ty, &place);
        for def in &mut moved {
            each_type(&mut def.kind, &mut renumber);
            if let TypeKind::Struct(object) = &mut def.kind {
                object
                    .fields
                    .iter_mut()
                    .filter_map(|field| field.default.as_mut())
                    .for_each(|d| move_literal(d, &place));
            }
        }
        for operation in &mut api.operations {
            operation_types(operation, &mut renumber);
            for params in operation.params.iter_mut() {
                params
                    .fields
                    .iter_mut()
                    .filter_map(|field| field.default.as_mut())
                    .for_each(|d| move_literal(d, &place));
            }
        }
        api.errors.iter_mut().for_each(|error| renumber(&mut error.ty));
        moved
    }
}

/// Types that answers consist of.
fn received(api: &ir::Api) -> Vec<TypeId> {
    let answers = api.operations.iter().filter_map(|operation| match &operation.success.kind {
        ir::SuccessKind::Json(ty) | ir::SuccessKind::Events(ty) => Some(ty),
        _ => None,
    });
    answers.chain(api.errors.iter().map(|error| &error.ty)).flat_map(named).collect()
}

/// Which way a struct travels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) sent: bool,
    pub(super) received: bool,
}

/// How absence and null of a property show. Only what is sent needs to tell the two apart.
pub(super) fn presence(property: &Property<'_>, ty: &Type, way: Way) -> Presence {
    let Way { sent, received } = way;
    let left_out = (sent && property.read_only) || (received && property.write_only);
    let required = property.required && !left_out;
    let list = matches!(ty, Type::Array(_) | Type::Map(_));
    let empty = property.default.is_some_and(is_empty);
    match (required, property.traits.nullable) {
        _ if property.traits.lenient => Presence::Lenient,
        (_, false) if list && empty => Presence::Empty,
        (true, false) => Presence::Required,
        (true, true) if matches!(ty, Type::Any | Type::Unit) => Presence::Required,
        (true, true) => Presence::NullIsNone,
        (false, true) if sent => Presence::Nullable,
        (false, true) if !matches!(ty, Type::Any | Type::Unit) => Presence::NullIsNone,
        (false, _) => Presence::Optional,
    }
}

/// An integer within the range of its type.
fn integer(text: &str, width: Int) -> Option<i128> {
    let number: i128 = text.parse().ok()?;
    let range = match width {
        Int::I8 => i128::from(i8::MIN)..=i128::from(i8::MAX),
        Int::I16 => i128::from(i16::MIN)..=i128::from(i16::MAX),
        Int::I32 => i128::from(i32::MIN)..=i128::from(i32::MAX),
        Int::I64 => i128::from(i64::MIN)..=i128::from(i64::MAX),
        Int::U8 => 0..=i128::from(u8::MAX),
        Int::U16 => 0..=i128::from(u16::MAX),
        Int::U32 => 0..=i128::from(u32::MAX),
        Int::U64 => 0..=i128::from(u64::MAX),
    };
    range.contains(&number).then_some(number)
}

fn casing(object: &Struct) -> Casing {
    Casing::of_fields(object.fields.iter().map(|field| (&field.name, field.wire.as_str())))
}

/// Every defined type that a type mentions.
fn named(ty: &Type) -> Vec<TypeId> {
    match ty {
        Type::Named(id) => vec![*id],
        Type::Array(inner)
        | Type::Map(inner)
        | Type::Option(inner)
        | Type::Lenient(inner)
        | Type::Boxed(inner) => named(inner),
        _ => Vec::new(),
    }
}

fn contained(kind: &TypeKind) -> Vec<&Type> {
    match kind {
        TypeKind::Struct(object) => object
            .fields
            .iter()
            .map(|field| &field.ty)
            .chain(object.rest.iter().map(|rest| &rest.ty))
            .collect(),
        TypeKind::Union(union) => union.variants.iter().filter_map(|variant| variant.ty.as_ref()).collect(),
        TypeKind::Alias(ty) => vec![ty],
        TypeKind::Enum(_) | TypeKind::Id => Vec::new(),
    }
}

/// Types whose values lie inside a value of this one: not behind a list, map or box.
fn by_value(kind: &TypeKind) -> Vec<TypeId> {
    contained(kind)
        .into_iter()
        .filter_map(|ty| match ty {
            Type::Named(id) => Some(*id),
            Type::Option(inner) | Type::Lenient(inner) => match **inner {
                Type::Named(id) => Some(id),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// For each type the number of the circle it is part of, if any (Tarjan's strongly connected components, iterative).
fn circles(edges: &[Vec<TypeId>]) -> Vec<Option<usize>> {
    let mut index = vec![usize::MAX; edges.len()];
    let mut low = vec![0; edges.len()];
    let mut on_stack = vec![false; edges.len()];
    let mut circle = vec![None; edges.len()];
    let (mut stack, mut next, mut count) = (Vec::new(), 0, 0);
    for root in 0..edges.len() {
        if index[root] != usize::MAX {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                index[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(TypeId(target)) = edges[node].get(edge).copied() {
                work.push((node, edge + 1));
                if index[target] == usize::MAX {
                    work.push((target, 0));
                } else if on_stack[target] {
                    low[node] = low[node].min(index[target]);
                }
                continue;
            }
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == index[node] {
                let members =
                    stack.split_off(stack.iter().rposition(|member| *member == node).unwrap_or_default());
                let itself = edges[node].contains(&TypeId(node));
                for member in &members {
                    on_stack[*member] = false;
                    if members.len() > 1 || itself {
                        circle[*member] = Some(count);
                    }
                }
                count += 1;
            }
        }
    }
    circle
}

fn each_type(kind: &mut TypeKind, change: &mut impl FnMut(&mut Type)) {
    match kind {
        TypeKind::Struct(object) => {
            object.fields.iter_mut().for_each(|field| change(&mut field.ty));
            object.rest.iter_mut().for_each(|rest| change(&mut rest.ty));
        }
        TypeKind::Union(union) => {
            union.variants.iter_mut().filter_map(|variant| variant.ty.as_mut()).for_each(change);
        }
        TypeKind::Alias(ty) => change(ty),
        TypeKind::Enum(_) | TypeKind::Id => {}
    }
}

fn operation_types(operation: &mut ir::Operation, change: &mut impl FnMut(&mut Type)) {
    operation.path_params.iter_mut().for_each(|param| change(&mut param.ty));
    for params in operation.params.iter_mut() {
        params.fields.iter_mut().for_each(|field| change(&mut field.ty));
    }
    if let Some(body) = &mut operation.body {
        match &mut body.kind {
            ir::BodyKind::Json(ty) | ir::BodyKind::Form(ty) | ir::BodyKind::Flagged { ty, .. } => change(ty),
            ir::BodyKind::Text | ir::BodyKind::Bytes => {}
        }
    }
    match &mut operation.success.kind {
        ir::SuccessKind::Json(ty) | ir::SuccessKind::Events(ty) => change(ty),
        ir::SuccessKind::Empty | ir::SuccessKind::Text | ir::SuccessKind::Download => {}
    }
    if let Some(paging) = &mut operation.paging {
        change(&mut paging.item);
        change(&mut paging.parameter_ty);
    }
}

fn renumber(ty: &mut Type, place: &HashMap<TypeId, TypeId>) {
    match ty {
        Type::Named(id) => {
            if let Some(new) = place.get(id) {
                *id = *new;
            }
        }
        Type::Array(inner)
        | Type::Map(inner)
        | Type::Option(inner)
        | Type::Lenient(inner)
        | Type::Boxed(inner) => {
            renumber(inner, place);
        }
        _ => {}
    }
}

fn move_literal(literal: &mut Literal, place: &HashMap<TypeId, TypeId>) {
    if let Literal::Variant(id, _) = literal
        && let Some(new) = place.get(id)
    {
        *id = *new;
    }
}

fn uses_uuid(api: &mut ir::Api) -> bool {
    let mut found = false;
    let mut look = |ty: &mut Type| found |= mentions_uuid(ty);
    api.types.iter_mut().for_each(|def| each_type(&mut def.kind, &mut look));
    api.operations.iter_mut().for_each(|operation| operation_types(operation, &mut look));
    found
}

fn mentions_uuid(ty: &Type) -> bool {
    match ty {
        Type::Uuid => true,
        Type::Array(inner)
        | Type::Map(inner)
        | Type::Option(inner)
        | Type::Lenient(inner)
        | Type::Boxed(inner) => mentions_uuid(inner),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_and_numbered() {
        let edges = |list: &[&[usize]]| -> Vec<Vec<TypeId>> {
            list.iter().map(|targets| targets.iter().map(|target| TypeId(*target)).collect()).collect()
        };
        let found = circles(&edges(&[&[1], &[2, 3], &[0], &[3], &[], &[6], &[5, 4]]));
        assert_eq!(found[0], found[1]);
        assert_eq!(found[1], found[2]);
        assert!(found[0].is_some() && found[3].is_some() && found[0] != found[3]);
        assert_eq!(found[4], None);
        assert_eq!(found[5], found[6]);
        assert_ne!(found[5], found[0]);
    }
}
