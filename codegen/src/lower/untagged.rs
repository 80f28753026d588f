//! Unions that are read by trying one member after the other.

use super::Lower;
use super::alternative::kind_name;
use super::draft::{Drafts, Kind, Property, Record};
use super::schema::{Shape, item};
use super::tags::Tags;
use super::union::{self, union};
use crate::diagnostics::Span;
use crate::ir::{Known, Tagging, Type, TypeId, Variant};
use crate::names::Name;
use crate::parse::Node;
use std::collections::{BTreeSet, HashSet};

impl<'a> Lower<'a> {
    /// A union without anything that tells its members apart.
    pub(super) fn untagged(&mut self, members: &[union::Member<'a>], name: &Name) -> Shape<'a> {
        let mut variants = Vec::new();
        for (member, variant) in members.iter().zip(self.alternative_names(members)) {
            let used = self.used_member(member, &name.with(variant.as_str()));
            variants.push((variant, item(used)));
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
        Some(Kind::Union(_)) if id != union => (4, 0),
        Some(Kind::Enum(_) | Kind::Id) => (5, 0),
        Some(Kind::Alias(ty)) => (laxity(ty), 0),
        _ => (3, 0),
    }
}

/// How to tell members apart where trying them in order would lose properties: an earlier one accepts what a later one
/// knows more of, or demands nothing and so accepts every object. Nothing where trying is enough. What is read from text
/// (`is_of_text`) cannot be tried by serde, which takes no text for a number.
pub(super) fn by_properties(
    drafts: &Drafts<'_>,
    tags: &Tags,
    variants: &[Variant],
    is_of_text: bool,
) -> Option<Tagging> {
    let members: Vec<Member> = variants
        .iter()
        .map(|variant| variant.ty.as_ref().map_or_else(Member::default, |ty| member(drafts, tags, ty)))
        .collect();
    let swallows = |(at, one): (usize, &Member)| {
        let knows = |property: &String| one.named.contains(property);
        let loses = |later: &Member| {
            let accepts = one.required.iter().all(|property| later.named.contains(property));
            later.is_object && accepts && (later.keeps_others || !later.named.iter().all(knows))
        };
        one.is_object
            && !one.keeps_others
            && !one.named.is_empty()
            && (one.required.is_empty() || members.iter().skip(at + 1).any(loses))
    };
    let by_properties = is_of_text || members.iter().enumerate().any(swallows);
    by_properties.then(|| Tagging::Properties(members.into_iter().map(Member::known).collect()))
}

/// What a member of a union knows of an object.
#[derive(Default)]
struct Member {
    is_object: bool,
    /// Properties without which it cannot be read.
    required: BTreeSet<String>,
    /// In document order.
    named: Vec<String>,
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

    /// Adds what something knows that is read from the same object.
    fn extend(&mut self, other: Self) {
        for property in other.named {
            if !self.named.contains(&property) {
                self.named.push(property);
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
    let spellings = own.flat_map(|property| [&property.wire].into_iter().chain(&property.aliases));
    let named = spellings.cloned().chain(tag.map(str::to_owned)).collect();
    known.extend(Member { is_object: true, named, keeps_others: record.rest.is_some(), ..Member::default() });
    let required = known.required.clone();
    for property in record.properties.iter().filter(|property| property.is_flattened) {
        add(drafts, tags, &property.ty, seen, known);
    }
    known.required = required;
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
