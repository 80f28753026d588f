//! Unions: enums with a member per type, and one that keeps what this version does not know.

use super::scope::{self, Scope};
use super::{Plan, models, types};
use crate::docs::{Docs, code};
use crate::ir::{self, Known, Tagging, TypeDef, TypeId, Variant};
use crate::names::Name;
use crate::rust::{
    Alternative, Alternatives, ArmValue, Item, KnownProperty, Path, TagKind, TagPlace, TagValue, Type, Union,
    UnionArm, UnionReader, UnionVariant,
};
use std::collections::HashMap;

/// The union, and how it is read where serde cannot derive that.
pub(super) fn items(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    id: TypeId,
    def: &TypeDef,
    members: &ir::Union,
    items: &mut Vec<Item>,
) {
    let names = plan.claims.of(id);
    let any = types::any(scope);
    let variants: Vec<UnionVariant> = names
        .members
        .iter()
        .zip(&members.variants)
        .map(|(name, member)| variant(plan, scope, &members.tagging, name, member))
        .collect();
    let serde = match members.tagging {
        // Tried one after another, which the runtime's derive does not do.
        Tagging::Untagged => vec![types::derived(scope, "Serialize"), scope::path("serde::Deserialize")],
        // Read by what follows.
        Tagging::Properties { .. } | Tagging::Internal { .. } => vec![types::derived(scope, "Serialize")],
        Tagging::External => vec![scope::path("serde::Serialize")],
    };
    items.push(Item::Union(Union {
        head: models::head(plan, id, def),
        derives: types::derives(plan.hashable.contains(&id), serde),
        // Members of a tagged union carry their tag themselves.
        is_untagged: members.tagging != Tagging::External,
        variants,
        unknown: names.rest.clone(),
        any: any.clone(),
    }));
    let tag = match &members.tagging {
        Tagging::Untagged => return,
        Tagging::Properties { known, tag } => {
            let members = names.members.iter().zip(&members.variants).zip(known);
            let members = members.map(|((name, member), known)| Alternative {
                name: name.clone(),
                tags: tag.as_ref().map(|_| member.tags.clone()).unwrap_or_default(),
                known: properties(known),
            });
            items.push(Item::Alternatives(Alternatives {
                of: names.name.clone(),
                tag: tag.clone(),
                members: members.collect(),
                unknown: names.rest.clone(),
            }));
            return;
        }
        Tagging::Internal { property, kind } => TagPlace::Property(property.clone(), *kind),
        Tagging::External => TagPlace::OnlyKey,
    };
    items.push(Item::UnionReader(UnionReader {
        of: names.name.clone(),
        deserialize: types::derived(scope, "Deserialize"),
        deserializer: types::derived(scope, "Deserializer"),
        any,
        wire: scope.import("runtime", "wire"),
        arms: arms(&names.members, &members.variants, &tag),
        tried: tagless(&names.members, &members.variants),
        tag,
        unknown: names.rest.clone(),
    }));
}

fn variant(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    tagging: &Tagging,
    name: &Name,
    member: &Variant,
) -> UnionVariant {
    let ty = member.ty.as_ref().map(|ty| types::ty(plan, scope, ty));
    let rename = match (tagging, &member.tags[..]) {
        (Tagging::External, [tag]) if tag != name.as_str() => Some(tag.clone()),
        _ => None,
    };
    UnionVariant { docs: docs(tagging, member, name, ty.as_ref()), name: name.clone(), rename, ty }
}

fn properties(known: &Known) -> Vec<KnownProperty> {
    let property = |known: &ir::KnownProperty| match &known.values[..] {
        [] => KnownProperty::Named(known.name.clone()),
        values => KnownProperty::Valued(known.name.clone(), values.to_vec()),
    };
    let named = |known: &[ir::KnownProperty]| known.iter().map(property).collect();
    match known {
        Known::These(known) => named(known),
        Known::Every(known) => [named(known), vec![KnownProperty::Others]].concat(),
        Known::Nothing => Vec::new(),
    }
}

/// The tag that selects a member; what it holds where there is none.
fn docs(tagging: &Tagging, member: &Variant, name: &Name, ty: Option<&Type>) -> Docs {
    let tags: Vec<String> = member.tags.iter().map(|tag| code(tag)).collect();
    let line = match tagging {
        Tagging::Internal { property, .. } | Tagging::Properties { tag: Some(property), .. }
            if !tags.is_empty() =>
        {
            format!("{} is {}.", code(property), tags.join(" or "))
        }
        Tagging::Internal { .. } => code(&ty.map_or_else(|| name.as_str().to_owned(), written)),
        Tagging::External => tags.join(" or "),
        Tagging::Untagged | Tagging::Properties { .. } => {
            code(&ty.map_or_else(|| name.as_str().to_owned(), written))
        }
    };
    vec![line]
}

/// A type as text, for documentation.
fn written(ty: &Type) -> String {
    match ty {
        Type::Unit => "()".to_owned(),
        Type::Tuple(places) => {
            format!("({})", places.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Type::Path(Path(segments), arguments) => {
            let path: Vec<&str> = segments.iter().map(Name::as_str).collect();
            let arguments: Vec<String> = arguments.iter().map(written).collect();
            let arguments =
                if arguments.is_empty() { String::new() } else { format!("<{}>", arguments.join(", ")) };
            format!("{}{arguments}", path.join("::"))
        }
    }
}

/// Each tag once: several members may have the same, and several tags may select the same.
fn arms(names: &[Name], members: &[Variant], place: &TagPlace) -> Vec<UnionArm> {
    let mut selected: Vec<(&str, Vec<usize>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (at, member) in members.iter().enumerate() {
        for tag in &member.tags {
            let place = *places.entry(tag).or_insert(selected.len());
            match selected.get_mut(place) {
                Some((_, members)) => members.push(at),
                None => selected.push((tag, vec![at])),
            }
        }
    }
    let mut grouped: Vec<(Vec<String>, Vec<usize>)> = Vec::new();
    let mut groups: HashMap<Vec<usize>, usize> = HashMap::new();
    for (tag, members) in selected {
        let group = *groups.entry(members.clone()).or_insert(grouped.len());
        match grouped.get_mut(group) {
            Some((tags, _)) => tags.push(tag.to_owned()),
            None => grouped.push((vec![tag.to_owned()], members)),
        }
    }
    let arm = |(tags, mut group): (Vec<String>, Vec<usize>)| {
        let last = group.pop()?;
        let from = match (place, &members.get(last)?.ty) {
            (_, None) => ArmValue::Nothing,
            (TagPlace::OnlyKey, Some(_)) => ArmValue::OnlyValue,
            (TagPlace::Property(..), Some(_)) => ArmValue::Whole,
        };
        let tags = tags.into_iter().filter_map(|tag| tag_value(tag, place)).collect();
        let tried = group.into_iter().filter_map(|at| names.get(at).cloned()).collect();
        Some(UnionArm { tags, tried, variant: names.get(last)?.clone(), from })
    };
    grouped.into_iter().filter_map(arm).collect()
}

/// A tag as it is on the wire.
fn tag_value(tag: String, place: &TagPlace) -> Option<TagValue> {
    Some(match place {
        TagPlace::Property(_, TagKind::Integer) => TagValue::Integer(tag.parse().ok()?),
        TagPlace::Property(_, TagKind::Boolean) => TagValue::Boolean(tag.parse().ok()?),
        TagPlace::Property(_, TagKind::Text) | TagPlace::OnlyKey => TagValue::Text(tag),
    })
}

/// Members that no tag selects.
fn tagless(names: &[Name], members: &[Variant]) -> Vec<Name> {
    let members = names.iter().zip(members);
    members.filter(|(_, member)| member.tags.is_empty()).map(|(name, _)| name.clone()).collect()
}
