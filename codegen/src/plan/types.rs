//! Types of the model as types of Rust, and how their values travel.

use super::Plan;
use super::scope::Scope;
use crate::ir::{self, Int, Presence, TypeId, TypeKind};
use crate::names::Name;
use crate::rust::{Argument, Passing, Path, Type};
use std::collections::HashSet;

/// A type as it is written in a field.
pub(super) fn ty(plan: &Plan<'_>, scope: &mut Scope<'_>, given: &ir::Type) -> Type {
    match given {
        ir::Type::Unit => Type::Unit,
        ir::Type::Bool => plain("bool"),
        ir::Type::Int(int) => plain(integer(*int)),
        ir::Type::F32 => plain("f32"),
        ir::Type::F64 => plain("f64"),
        ir::Type::String => plain("String"),
        ir::Type::Uuid => {
            scope.needs("uuid");
            Type::Path(wire_path(scope, "Uuid"), Vec::new())
        }
        ir::Type::Timestamp => wire(scope, "Timestamp"),
        ir::Type::Date => wire(scope, "Date"),
        ir::Type::Base64 => wire(scope, "Base64"),
        ir::Type::UnixMillis => wire(scope, "UnixMillis"),
        ir::Type::Any => any(scope),
        ir::Type::File => scope.imported("runtime", "FilePart"),
        ir::Type::Array(item) => generic(plan, scope, path_of("Vec"), item),
        ir::Type::Tuple(places) => Type::Tuple(places.iter().map(|place| ty(plan, scope, place)).collect()),
        ir::Type::Map(value) => {
            let map = scope.import("std::collections", "BTreeMap");
            Type::Path(map, vec![plain("String"), ty(plan, scope, value)])
        }
        ir::Type::Option(value) => generic(plan, scope, path_of("Option"), value),
        ir::Type::Lenient(value) => {
            let lenient = scope.import("runtime::wire", "Lenient");
            generic(plan, scope, lenient, value)
        }
        ir::Type::Boxed(value) => generic(plan, scope, path_of("Box"), value),
        ir::Type::Named(id) => Type::Path(scope.model(&plan.claims.of(*id).name), Vec::new()),
    }
}

/// A field's whole type.
pub(super) fn present(plan: &Plan<'_>, scope: &mut Scope<'_>, presence: Presence, given: &ir::Type) -> Type {
    let inner = ty(plan, scope, given);
    let wrapper = match presence {
        Presence::Required | Presence::Empty | Presence::Flattened => return inner,
        Presence::Optional | Presence::NullIsNone => path_of("Option"),
        Presence::Nullable => scope.import("runtime::wire", "Nullable"),
        Presence::Lenient => scope.import("runtime::wire", "Lenient"),
    };
    Type::Path(wrapper, vec![inner])
}

/// Any JSON.
pub(super) fn any(scope: &mut Scope<'_>) -> Type {
    wire(scope, "Value")
}

/// A function or type of the runtime's module of wire types, by its path.
pub(super) fn wire_path(scope: &mut Scope<'_>, name: &str) -> Path {
    let Path(mut segments) = scope.import("runtime", "wire");
    segments.push(Name::known(name));
    Path(segments)
}

/// One of serde's traits together with the runtime's derive of it.
pub(super) fn derived(scope: &mut Scope<'_>, name: &'static str) -> Path {
    scope.import("runtime::derive", name)
}

/// A type that is always in scope.
pub(super) fn plain(name: &str) -> Type {
    Type::Path(path_of(name), Vec::new())
}

/// `Wrapper<inner>`
pub(super) fn wrapped(wrapper: Path, inner: Type) -> Type {
    Type::Path(wrapper, vec![inner])
}

pub(super) fn path_of(name: &str) -> Path {
    Path(vec![Name::known(name)])
}

fn wire(scope: &mut Scope<'_>, name: &'static str) -> Type {
    scope.imported("runtime::wire", name)
}

fn generic(plan: &Plan<'_>, scope: &mut Scope<'_>, wrapper: Path, inner: &ir::Type) -> Type {
    let inner = ty(plan, scope, inner);
    Type::Path(wrapper, vec![inner])
}

fn integer(int: Int) -> &'static str {
    match int {
        Int::I8 => "i8",
        Int::I16 => "i16",
        Int::I32 => "i32",
        Int::I64 => "i64",
        Int::U8 => "u8",
        Int::U16 => "u16",
        Int::U32 => "u32",
        Int::U64 => "u64",
    }
}

/// An argument: text and numbers the way a caller has them, everything else by reference.
pub(super) fn argument(plan: &Plan<'_>, scope: &mut Scope<'_>, name: Name, given: &ir::Type) -> Argument {
    let passing = match underlying(plan.api, given) {
        ir::Type::String => Passing::Str,
        ir::Type::Array(item) => Passing::Slice(ty(plan, scope, item)),
        plain if is_copy(plain) => Passing::Copy,
        _ => Passing::Ref,
    };
    Argument { name, ty: ty(plan, scope, given), passing, is_optional: false }
}

/// Whether a constructor or setter should take anything that converts, because callers hold text or a literal.
pub(super) fn converts(api: &ir::Api, given: &ir::Type) -> bool {
    match given {
        ir::Type::String | ir::Type::Boxed(_) | ir::Type::Any | ir::Type::File => true,
        ir::Type::Named(id) => matches!(api.types.get(id).map(|def| &def.kind), Some(TypeKind::Id)),
        _ => false,
    }
}

/// Whether values are copied rather than borrowed.
fn is_copy(given: &ir::Type) -> bool {
    matches!(
        given,
        ir::Type::Bool
            | ir::Type::Int(_)
            | ir::Type::F32
            | ir::Type::F64
            | ir::Type::Uuid
            | ir::Type::Date
            | ir::Type::Timestamp
    )
}

/// The type behind aliases.
pub(super) fn underlying<'a>(api: &'a ir::Api, mut given: &'a ir::Type) -> &'a ir::Type {
    while let ir::Type::Named(id) = given {
        let Some(TypeKind::Alias(inner)) = api.types.get(id).map(|def| &def.kind) else { break };
        given = inner;
    }
    given
}

/// Types whose values are equal to themselves and can be hashed: all but those that a floating-point number is in.
pub(super) fn hashable(api: &ir::Api) -> HashSet<TypeId> {
    let mut hashable: HashSet<TypeId> = api.types.keys().copied().collect();
    // Types may contain each other: start from all, and take away until nothing changes.
    loop {
        let before = hashable.len();
        for (id, def) in &api.types {
            if hashable.contains(id) && !parts(&def.kind).all(|part| is_hashable(&hashable, part)) {
                hashable.remove(id);
            }
        }
        if hashable.len() == before {
            return hashable;
        }
    }
}

/// Whether values of a type are equal to themselves and can be hashed, given the defined types whose values are.
pub(super) fn is_hashable(hashable: &HashSet<TypeId>, given: &ir::Type) -> bool {
    match given {
        ir::Type::F32 | ir::Type::F64 | ir::Type::File => false,
        ir::Type::Array(inner)
        | ir::Type::Map(inner)
        | ir::Type::Option(inner)
        | ir::Type::Lenient(inner)
        | ir::Type::Boxed(inner) => is_hashable(hashable, inner),
        ir::Type::Tuple(places) => places.iter().all(|place| is_hashable(hashable, place)),
        ir::Type::Named(id) => hashable.contains(id),
        _ => true,
    }
}

/// Every type of the document that another type mentions.
pub(super) fn for_each_named(given: &ir::Type, visit: &mut dyn FnMut(TypeId)) {
    match given {
        ir::Type::Array(inner)
        | ir::Type::Map(inner)
        | ir::Type::Option(inner)
        | ir::Type::Lenient(inner)
        | ir::Type::Boxed(inner) => for_each_named(inner, visit),
        ir::Type::Tuple(places) => places.iter().for_each(|place| for_each_named(place, visit)),
        ir::Type::Named(id) => visit(*id),
        _ => {}
    }
}

/// The types that a type consists of.
pub(super) fn parts(kind: &TypeKind) -> Box<dyn Iterator<Item = &ir::Type> + '_> {
    match kind {
        TypeKind::Struct(object) => Box::new(object.fields.iter().map(|field| &field.ty).chain(&object.rest)),
        TypeKind::Union(union) => Box::new(union.variants.iter().filter_map(|variant| variant.ty.as_ref())),
        TypeKind::Alias(ty) => Box::new(std::iter::once(ty)),
        TypeKind::Enum(_) | TypeKind::Id => Box::new(std::iter::empty()),
    }
}

/// What values of a type can do, as derives.
pub(super) fn derives(hashable: bool, further: impl IntoIterator<Item = Path>) -> Vec<Path> {
    let exact: &[&str] = if hashable { &["Eq", "Hash"] } else { &[] };
    let names = ["Debug", "Clone", "PartialEq"].iter().chain(exact);
    names.map(|name| path_of(name)).chain(further).collect()
}
