//! Unions that are read by trying one member after the other.

use super::Lower;
use super::alternative::kind_name;
use super::draft::{Drafts, Kind, Property, Record, Used};
use super::schema::Shape;
use super::tags::Tags;
use super::union::{self, union};
use crate::diagnostics::Span;
use crate::ir::{Known, KnownProperty, Tag, Tagging, Type, TypeId, Union, Variant};
use crate::names::Name;
use crate::parse::Node;
use std::collections::{BTreeSet, HashSet};

impl<'a> Lower<'a> {
    /// A union without anything that tells its members apart. `ty`: what a member is in it.
    pub(super) fn untagged(
        &mut self,
        members: &[union::Member<'a>],
        name: &Name,
        ty: fn(Used) -> Type,
    ) -> Shape<'a> {
        let mut variants = Vec::new();
        for (member, variant) in members.iter().zip(self.alternative_names(members)) {
            let used = self.used_member(member, &name.with(variant.as_str()));
            variants.push((variant, ty(used)));
        }
        by_trying(variants)
    }

    /// A schema that names several types, which OpenAPI 3.1 allows.
    pub(super) fn several_types(
        &mut self,
        node: &'a Node,
        types: &[(&'a str, Span)],
        name: &Name,
    ) -> Shape<'a> {
        let mut variants = Vec::new();
        for one in types {
            let variant = self.type_name(node, one.0);
            let ty = self.type_of_several(node, *one, name.with(variant.as_str()));
            variants.push((variant, ty));
        }
        by_trying(variants)
    }
}

/// Members that become the same type are one.
pub(super) fn by_trying<'a>(members: Vec<(Name, Type)>) -> Shape<'a> {
    let mut variants: Vec<(Name, Type)> = Vec::new();
    for (name, ty) in members {
        match variants.iter_mut().find(|(_, earlier)| *earlier == ty) {
            // Neither of two names fits both, and none may depend on their order.
            Some((known, _)) if *known != name => *known = kind_name(&ty).unwrap_or(name.min(known.clone())),
            Some(_) => {}
            None => variants.push((name, ty)),
        }
    }
    if let [(_, ty)] = &variants[..] {
        return Shape::Plain(ty.clone());
    }
    let variants = variants.into_iter().map(|(name, ty)| Variant { name, ty: Some(ty), tags: Vec::new() });
    union(Tagging::Untagged, variants.collect())
}

/// Puts what accepts least first, so that nothing is swallowed by a laxer member.
pub(super) fn strictest_first(drafts: &Drafts<'_>, tags: &Tags, union: TypeId, variants: &mut [Variant]) {
    variants.sort_by_cached_key(|variant| {
        let ty = variant.ty.as_ref();
        (ty.map(|ty| strictness(drafts, tags, union, ty)), ty.map(laxity))
    });
}

/// How late a member is tried. Of objects, those that demand more properties come first.
fn strictness(drafts: &Drafts<'_>, tags: &Tags, union: TypeId, ty: &Type) -> (u8, usize) {
    let Type::Named(id) = ty else { return (laxity(ty), 0) };
    let id = drafts.underlying(*id);
    match drafts.kind(id) {
        Some(Kind::Struct(record)) => {
            // A tag is written, but not asked for.
            let tag = tags.property_of(id);
            let asked = record.properties.iter().filter(|property| Some(property.wire.as_str()) != tag);
            (3, usize::MAX - asked.filter(|property| property.required).count())
        }
        // It keeps what it does not know, and so leaves nothing to those behind it.
        Some(Kind::Union(_)) if id != union => (7, 0),
        Some(Kind::Enum(_) | Kind::Id) => (5, 0),
        Some(Kind::Alias(ty)) => (laxity(ty), 0),
        _ => (3, 0),
    }
}

/// How to tell members apart where trying them in order would lose properties or what one says: an earlier one accepts
/// what a later one knows more of, has other values for, or demands nothing and so accepts every object. Nothing where
/// trying is enough. What is read from text (`is_of_text`) cannot be tried by serde, which takes no text for a number.
pub(super) fn by_properties(
    drafts: &Drafts<'_>,
    tags: &Tags,
    variants: &[Variant],
    is_of_text: bool,
) -> Option<Tagging> {
    let mut members: Vec<Member> = variants
        .iter()
        .map(|variant| variant.ty.as_ref().map_or_else(Member::default, |ty| member(drafts, tags, ty)))
        .collect();
    keep_telling_values(&mut members);
    let swallows = |(at, one): (usize, &Member)| {
        let mut later = members.iter().skip(at + 1);
        match one.is_first_of_objects() {
            true => one.required.is_empty() || later.any(|later| one.swallows(later)),
            // One that keeps whatever there is takes what another knows by name.
            false => one.keeps_others && later.any(|later| one.takes_known(later)),
        }
    };
    let by_properties = is_of_text || members.iter().enumerate().any(swallows);
    let known = || members.into_iter().map(Member::known).collect();
    by_properties.then(|| Tagging::Properties { known: known(), tag: None })
}

/// The same for members of which some have a tag in common, in `property`.
pub(super) fn by_tag_and_properties(
    drafts: &Drafts<'_>,
    tags: &Tags,
    variants: &[Variant],
    property: &str,
) -> Option<Tagging> {
    let shares = |one: &Variant, other: &Variant| one.tags.iter().any(|tag| other.tags.contains(tag));
    let shared = |at: usize| {
        let others = variants.iter().enumerate().filter(|(other, _)| *other != at);
        others.into_iter().any(|(_, other)| shares(&variants[at], other))
    };
    let known = |(at, variant): (usize, &Variant)| match &variant.ty {
        Some(ty) if shared(at) => member(drafts, tags, ty),
        _ => Member::default(),
    };
    let mut members: Vec<Member> = variants.iter().enumerate().map(known).collect();
    members.iter_mut().for_each(|member| member.forget(property));
    keep_telling_values(&mut members);
    let swallows = |(at, one): (usize, &Member)| {
        let later = members.iter().zip(variants).skip(at + 1);
        one.is_first_of_objects()
            && later.filter(|(_, later)| shares(&variants[at], later)).any(|(later, _)| one.swallows(later))
    };
    let by_properties = members.iter().enumerate().any(swallows);
    let known = || members.into_iter().map(Member::known).collect();
    by_properties.then(|| Tagging::Properties { known: known(), tag: Some(property.to_owned()) })
}

/// Forgets the values of properties that no two members have different ones for.
fn keep_telling_values(members: &mut [Member]) {
    let tells = |property: &KnownProperty, members: &[Member]| {
        let others = members.iter().flat_map(|member| &member.named);
        others.into_iter().any(|other| other.name == property.name && are_disjoint(property, other))
    };
    let telling: HashSet<String> = members
        .iter()
        .flat_map(|member| &member.named)
        .filter(|property| tells(property, members))
        .map(|property| property.name.clone())
        .collect();
    for property in members.iter_mut().flat_map(|member| &mut member.named) {
        if !telling.contains(&property.name) {
            property.values.clear();
        }
    }
}

/// Whether both have values, and none is the same.
fn are_disjoint(a: &KnownProperty, b: &KnownProperty) -> bool {
    !a.values.is_empty() && !b.values.is_empty() && !a.values.iter().any(|value| b.values.contains(value))
}

/// What a member of a union knows of an object.
#[derive(Default)]
struct Member {
    is_object: bool,
    /// Properties without which it cannot be read.
    required: BTreeSet<String>,
    /// In document order.
    named: Vec<KnownProperty>,
    keeps_others: bool,
}

impl Member {
    fn known(self) -> Known {
        match (self.keeps_others, self.named.is_empty()) {
            (true, _) => Known::Every(self.named),
            (false, true) => Known::Nothing,
            (false, false) => Known::These(self.named),
        }
    }

    /// Whether it may read an object that another member would keep more of.
    fn is_first_of_objects(&self) -> bool {
        self.is_object && !self.keeps_others && !self.named.is_empty()
    }

    /// Whether it accepts what a later one knows more properties of, or has other values for.
    fn takes_known(&self, later: &Self) -> bool {
        let accepts = self.required.iter().all(|property| later.knows(property));
        let knows_all = later.named.iter().all(|property| self.knows(&property.name));
        later.is_object && accepts && (!knows_all || self.says_other_than(later))
    }

    /// Whether it accepts what a later one keeps more of, or has other values for.
    fn swallows(&self, later: &Self) -> bool {
        let accepts = self.required.iter().all(|property| later.knows(property));
        let keeps_all = later.named.iter().all(|property| self.knows(&property.name));
        later.is_object && accepts && (later.keeps_others || !keeps_all || self.says_other_than(later))
    }

    /// Leaves out a property that says nothing more.
    fn forget(&mut self, property: &str) {
        self.named.retain(|known| known.name != property);
        self.required.remove(property);
    }

    fn knows(&self, property: &str) -> bool {
        self.named.iter().any(|known| known.name == property)
    }

    /// Whether a property of both has values here that the other does not have.
    fn says_other_than(&self, other: &Self) -> bool {
        let same = |property: &KnownProperty| other.named.iter().find(|other| other.name == property.name);
        self.named.iter().any(|own| same(own).is_some_and(|other| are_disjoint(own, other)))
    }

    /// Adds what something knows that is read from the same object, or instead of it.
    fn extend(&mut self, other: Self) {
        for property in other.named {
            match self.named.iter_mut().find(|known| known.name == property.name) {
                // One without values allows any.
                Some(known) if property.values.is_empty() => known.values.clear(),
                Some(known) if known.values.is_empty() => {}
                Some(known) => {
                    let more = property.values.into_iter().filter(|value| !known.values.contains(value));
                    let more: Vec<String> = more.collect();
                    known.values.extend(more);
                }
                None => self.named.push(property),
            }
        }
        self.is_object |= other.is_object;
        self.keeps_others |= other.keeps_others;
    }
}

fn member(drafts: &Drafts<'_>, tags: &Tags, ty: &Type) -> Member {
    let mut known = Member::default();
    add(drafts, tags, ty, &mut HashSet::new(), &mut known);
    known
}

/// `seen`: types that have been looked into.
fn add(drafts: &Drafts<'_>, tags: &Tags, ty: &Type, seen: &mut HashSet<TypeId>, known: &mut Member) {
    match ty {
        Type::Boxed(inner) => add(drafts, tags, inner, seen, known),
        // What may hold anything tells nothing.
        Type::Map(values) if **values != Type::Any => {
            known.extend(Member { is_object: true, keeps_others: true, ..Member::default() });
        }
        Type::Named(id) if seen.insert(*id) => match drafts.kind(*id) {
            Some(Kind::Alias(ty)) => add(drafts, tags, ty, seen, known),
            Some(Kind::Union(union)) => {
                for ty in union.variants.iter().filter_map(|variant| variant.ty.as_ref()) {
                    add(drafts, tags, ty, seen, known);
                }
                // It keeps what it does not know, and so demands nothing.
                known.required.clear();
                set_tag_values(union, known);
            }
            Some(Kind::Struct(record)) => add_record(drafts, tags, *id, record, seen, known),
            _ => {}
        },
        _ => {}
    }
}

fn add_record(
    drafts: &Drafts<'_>,
    tags: &Tags,
    id: TypeId,
    record: &Record<'_>,
    seen: &mut HashSet<TypeId>,
    known: &mut Member,
) {
    let tag = tags.property_of(id);
    let own = record.properties.iter().filter(|property| !property.is_flattened);
    // What may be null is read as such where it is missing, whatever the document requires.
    let is_missed =
        |property: &&Property<'_>| property.required && !property.traits.nullable && !property.traits.lenient;
    let required = own.clone().filter(is_missed).filter(|property| Some(property.wire.as_str()) != tag);
    known.required.extend(required.map(|property| property.wire.clone()));
    let mut named: Vec<KnownProperty> = Vec::new();
    for property in own {
        let values = values_of(drafts, &property.ty);
        let spellings = [&property.wire].into_iter().chain(&property.aliases);
        named.extend(spellings.map(|name| KnownProperty { name: name.clone(), values: values.clone() }));
    }
    if let Some(Tag { property, value }) = tags.get(id) {
        set_values(&mut named, property, vec![value.clone()]);
    }
    known.extend(Member { is_object: true, named, keeps_others: record.rest.is_some(), ..Member::default() });
    let required = known.required.clone();
    for property in record.properties.iter().filter(|property| property.is_flattened) {
        add(drafts, tags, &property.ty, seen, known);
    }
    known.required = required;
}

/// A union that is told apart by a property knows the values of all its members.
fn set_tag_values(union: &Union, known: &mut Member) {
    let (Tagging::Internal { property, .. } | Tagging::Properties { tag: Some(property), .. }) =
        &union.tagging
    else {
        return;
    };
    if union.variants.iter().any(|variant| variant.tags.is_empty()) {
        return;
    }
    let values: Vec<String> = union.variants.iter().flat_map(|variant| variant.tags.clone()).collect();
    set_values(&mut known.named, property, values);
}

/// Says what a property has, whatever was said of it before.
fn set_values(known: &mut Vec<KnownProperty>, name: &str, values: Vec<String>) {
    match known.iter_mut().find(|property| property.name == name) {
        Some(property) => property.values = values,
        None => known.push(KnownProperty { name: name.to_owned(), values }),
    }
}

/// The values of text that has only some.
fn values_of(drafts: &Drafts<'_>, ty: &Type) -> Vec<String> {
    match ty {
        Type::Boxed(inner) | Type::Option(inner) | Type::Lenient(inner) => values_of(drafts, inner),
        Type::Named(id) => match drafts.kind(drafts.underlying(*id)) {
            Some(Kind::Enum(list)) => list.values.iter().map(|value| value.wire.clone()).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Orders types by how much they accept.
fn laxity(ty: &Type) -> u8 {
    match ty {
        Type::Unit | Type::Bool | Type::Int(_) => 0,
        Type::F32 | Type::F64 => 1,
        Type::Uuid | Type::Timestamp | Type::Date => 2,
        Type::Named(_) | Type::Array(_) | Type::Tuple(_) => 3,
        Type::Base64 | Type::String | Type::UnixMillis | Type::File => 4,
        Type::Map(_) => 5,
        Type::Boxed(inner) => laxity(inner),
        Type::Option(_) | Type::Lenient(_) => 6,
        Type::Any => 7,
    }
}
