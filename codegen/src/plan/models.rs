//! `models.rs`: every type of the document.

use super::docs::Here;
use super::parts::Part;
use super::record::{self, Member};
use super::scope::Scope;
use super::{Plan, types, union};
use crate::docs;
use crate::ir::{self, Event, Presence, Struct, TypeDef, TypeId, TypeKind};
use crate::names::{Casing, Name};
use crate::rust::{
    Alias, ContainerAttribute, Field, FieldAttribute, FlagRead, Head, Identifier, Item, LastField,
    LenientValue, Path, Record, Spellings, StreamEvent, TextEnum, TextVariant,
};

/// Every item of the module.
pub(super) fn items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    let types = part.types.iter().filter_map(|id| plan.api.types.get_key_value(id));
    for (id, def) in types {
        match &def.kind {
            TypeKind::Struct(object) => structure(plan, scope, *id, def, object, &mut items),
            TypeKind::Enum(values) => enumeration(plan, scope, *id, def, values, &mut items),
            TypeKind::Union(members) => union::items(plan, scope, *id, def, members, &mut items),
            TypeKind::Id => items.push(identifier(plan, *id, def)),
            TypeKind::Alias(ty) => {
                let ty = types::ty(plan, scope, ty);
                items.push(Item::Alias(Alias { head: head(plan, *id, def), ty }));
            }
        }
        if let Some(event) = &def.event {
            items.push(stream_event(plan, scope, *id, def, event));
        }
    }
    items
}

/// Names of all types.
pub(super) fn names<'a>(plan: &'a Plan<'_>, part: &'a Part<'_>) -> impl Iterator<Item = Name> + 'a {
    part.types.iter().map(|id| plan.claims.of(*id).name.clone())
}

/// Whether anything in the module is deprecated.
pub(super) fn mentions_deprecated(api: &ir::Api) -> bool {
    let mut structs = api.types.values().filter_map(|def| match &def.kind {
        TypeKind::Struct(object) => Some(object),
        _ => None,
    });
    structs.any(|object| object.fields.iter().any(|field| field.deprecated))
}

/// Name and documentation of a type.
pub(super) fn head(plan: &Plan<'_>, id: TypeId, def: &TypeDef) -> Head {
    let name = plan.claims.of(id).name.clone();
    let here = Here::Type(id);
    // Known values of an enum are its variants, even if they are written like numbers.
    let numbers = if matches!(def.kind, TypeKind::Enum(_)) { Vec::new() } else { def.text.numbers.clone() };
    let text = ir::Text { numbers, ..def.text.clone() };
    Head {
        docs: plan.docs(&text, here, ""),
        deprecated: def.deprecated.then(|| plan.deprecation(&def.text, here)),
        name,
    }
}

fn structure(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    id: TypeId,
    def: &TypeDef,
    object: &Struct,
    items: &mut Vec<Item>,
) {
    let names = plan.claims.of(id);
    let own = |(_, field): &(&Name, &ir::Field)| field.presence != Presence::Flattened;
    let casing = casing(
        names.members.iter().zip(&object.fields).filter(own).map(|(name, field)| (name, &*field.wire)),
    );
    let fields: Vec<(&Name, &ir::Field)> = names.members.iter().zip(&object.fields).collect();
    let spellings = spellings(&names.name, object);
    let members: Vec<Member<'_>> = fields.iter().map(|(name, field)| member(name, field)).collect();
    let mut declared: Vec<Field> = fields
        .iter()
        .map(|(name, field)| self::field(plan, scope, id, object, casing, name, field))
        .collect();
    declared.extend(object.rest.as_ref().map(|ty| self::rest(plan, scope, &names.rest, ty)));
    let default = record::has_default(&members).then(|| types::path_of("Default"));
    let serde = match is_plain(object) {
        true => [types::derived(scope, "Serialize"), types::derived(scope, "Deserialize")],
        false => ["serde::Serialize", "serde::Deserialize"].map(super::scope::path),
    };
    let mut container = container(casing, object, spellings.is_some());
    if skips_none(object) {
        container.push(ContainerAttribute::SkipNone);
    }
    let record = Record {
        head: head(plan, id, def),
        derives: types::derives(plan.hashable.contains(&id), default.into_iter().chain(serde)),
        constructor: None,
        serde: container,
        fields: declared,
    };
    let record = record::with_methods(plan, scope, record, &members, object.sent);
    let secrets = object.fields.iter().map(|field| field.is_secret).chain([object.has_secret_rest]);
    items.extend(record::shown(scope, record, secrets));
    items.extend(spellings.map(Item::Spellings));
}

/// Whether the runtime's derives know all that serde is told about a struct. They do not keep what has no field of its own.
fn is_plain(object: &Struct) -> bool {
    object.rest.is_none() && object.fields.iter().all(|field| field.presence != Presence::Flattened)
}

/// Whether a struct says once, for all its fields, that what holds nothing is left out.
fn skips_none(object: &Struct) -> bool {
    is_plain(object) && object.fields.iter().any(|field| is_left_out(field.presence))
}

/// Whether a property is left out while it holds nothing.
fn is_left_out(presence: Presence) -> bool {
    matches!(presence, Presence::Optional | Presence::Nullable | Presence::Lenient)
}

fn casing<'a>(pairs: impl Iterator<Item = (&'a Name, &'a str)> + Clone) -> Casing {
    Casing::of_fields(pairs)
}

fn container(casing: Casing, object: &Struct, has_spellings: bool) -> Vec<ContainerAttribute> {
    let mut serde: Vec<ContainerAttribute> =
        casing.attribute().map(ContainerAttribute::RenameAll).into_iter().collect();
    if let Some(tag) = &object.tag {
        serde.push(ContainerAttribute::Tag(tag.property.clone()));
        serde.push(ContainerAttribute::Rename(tag.value.clone()));
    }
    // What is derived is called from the implementation that knows the other spellings.
    serde.extend(has_spellings.then_some(ContainerAttribute::Remote));
    serde
}

/// Other spellings of properties; nothing where there are none.
fn spellings(of: &Name, object: &Struct) -> Option<Spellings> {
    let pairs: Vec<(String, String)> = object
        .fields
        .iter()
        .flat_map(|field| field.aliases.iter().map(|alias| (alias.clone(), field.wire.clone())))
        .collect();
    (!pairs.is_empty()).then(|| Spellings { of: of.clone(), pairs })
}

pub(super) fn member<'a>(name: &'a Name, field: &'a ir::Field) -> Member<'a> {
    Member {
        name,
        wire: &field.wire,
        ty: &field.ty,
        presence: field.presence,
        default: field.default.as_ref(),
    }
}

fn field(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    of: TypeId,
    object: &Struct,
    casing: Casing,
    name: &Name,
    field: &ir::Field,
) -> Field {
    let here = Here::Type(of);
    let mut serde = Vec::new();
    if field.presence != Presence::Flattened && casing.field(name.as_str()) != field.wire {
        serde.push(FieldAttribute::Rename(field.wire.clone()));
    }
    // Answers may have null where the document says that they have not; requests have to be as documented.
    let is_strict = object.sent && !object.received;
    // The runtime's derives leave out by type; where serde's are needed, each field says it.
    let says_left_out = is_left_out(field.presence) && !is_plain(object);
    if says_left_out || field.presence == Presence::Empty {
        serde.push(FieldAttribute::Default);
    }
    let read_with = match (field.presence, is_strict) {
        (Presence::Empty, false) => Some("null_as_default"),
        (Presence::Optional, true) => Some("not_null"),
        _ => None,
    };
    serde.extend(read_with.map(|function| FieldAttribute::ReadWith(types::wire_path(scope, function))));
    match field.presence {
        Presence::Optional if says_left_out => {
            serde.push(FieldAttribute::SkipIf(super::scope::path("Option::is_none")))
        }
        Presence::Nullable if says_left_out => {
            serde.push(FieldAttribute::SkipIf(is_absent(scope, "Nullable")))
        }
        Presence::Lenient if says_left_out => serde.push(FieldAttribute::SkipIf(is_absent(scope, "Lenient"))),
        Presence::NullIsNone if skips_none(object) => serde.push(FieldAttribute::Always),
        Presence::Flattened => serde.push(FieldAttribute::Flatten),
        _ => {}
    }
    Field {
        head: Head {
            name: name.clone(),
            docs: plan.field_docs(&field.text, here, name, &field.wire),
            deprecated: field.deprecated.then(|| plan.deprecation(&field.text, here)),
        },
        methods: Vec::new(),
        serde,
        ty: types::present(plan, scope, field.presence, &field.ty),
    }
}

fn is_absent(scope: &mut Scope<'_>, wrapper: &'static str) -> Path {
    let Path(mut segments) = scope.import("runtime::wire", wrapper);
    segments.push(Name::known("is_absent"));
    Path(segments)
}

fn rest(plan: &Plan<'_>, scope: &mut Scope<'_>, name: &Name, ty: &ir::Type) -> Field {
    Field {
        head: Head {
            name: name.clone(),
            docs: vec!["Properties beyond those above.".to_owned()],
            deprecated: None,
        },
        methods: Vec::new(),
        serde: vec![FieldAttribute::Flatten],
        ty: types::ty(plan, scope, &ir::Type::Map(Box::new(ty.clone()))),
    }
}

fn enumeration(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    id: TypeId,
    def: &TypeDef,
    values: &ir::Enum,
    items: &mut Vec<Item>,
) {
    let names = plan.claims.of(id);
    let variants = names.members.iter().zip(&values.values).map(|(name, value)| {
        let wire = docs::code(&value.wire);
        // The runtime quotes what stays as it is.
        let is_plain = wire == format!("`{}`", value.wire);
        let docs = match docs::first_paragraph(&docs::sanitise(&value.description, &|_| None)) {
            Some(said) => vec![format!("{wire}: {said}")],
            None if is_plain => Vec::new(),
            None => vec![wire],
        };
        TextVariant { name: name.clone(), docs, wire: value.wire.clone() }
    });
    items.push(Item::TextEnum(TextEnum {
        head: head(plan, id, def),
        variants: variants.collect(),
        unknown: names.rest.clone(),
    }));
    if values.lenient {
        let of_trait = scope.import("runtime::wire", "LenientValue");
        items.push(Item::LenientValue(LenientValue { of_trait, of: names.name.clone() }));
    }
}

fn identifier(plan: &Plan<'_>, id: TypeId, def: &TypeDef) -> Item {
    let ordered = ["PartialOrd", "Ord"].map(types::path_of);
    Item::Identifier(Identifier { head: head(plan, id, def), derives: types::derives(true, ordered) })
}

fn stream_event(plan: &Plan<'_>, scope: &mut Scope<'_>, id: TypeId, def: &TypeDef, event: &Event) -> Item {
    let names = plan.claims.of(id);
    let fields = match &def.kind {
        TypeKind::Struct(object) => object.fields.as_slice(),
        _ => &[],
    };
    let last = event.last.and_then(|at| names.members.get(at).zip(fields.get(at)));
    let last = last.map(|(name, field)| LastField {
        name: name.clone(),
        read: match field.presence {
            Presence::Required | Presence::Empty | Presence::Flattened => FlagRead::Plain,
            Presence::Optional | Presence::NullIsNone => FlagRead::Option,
            Presence::Nullable => FlagRead::Nullable,
            Presence::Lenient => FlagRead::Lenient,
        },
    });
    Item::StreamEvent(StreamEvent {
        of_trait: scope.import("runtime", "StreamEvent"),
        of: names.name.clone(),
        properties: fields
            .iter()
            .filter(|field| field.presence != Presence::Flattened)
            .map(|field| field.wire.clone())
            .collect(),
        last,
        names: event.names.clone(),
        others: event.has_any_name.then(|| scope.import("runtime", "OtherEvents")),
        is_whole: event.is_whole,
    })
}
