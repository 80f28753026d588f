//! Unions that are read by trying one member after the other.

use super::Lower;
use super::alternative::kind_name;
use super::draft::{Drafts, Kind};
use super::schema::{Shape, item};
use super::tags::Tags;
use super::union::{Member, union};
use crate::diagnostics::Span;
use crate::ir::{Tagging, Type, TypeId, Variant};
use crate::names::Name;
use crate::parse::Node;

impl<'a> Lower<'a> {
    /// A union without anything that tells its members apart.
    pub(super) fn untagged(&mut self, members: &[Member<'a>], name: &Name) -> Shape<'a> {
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
