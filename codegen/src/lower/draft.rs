//! Types while they are being made: what is known of them before it is known who uses them.

use super::Traits;
use crate::diagnostics::Span;
use crate::ir::{Enum, Tag, Text, Type, TypeId, Union};
use crate::names::Name;
use crate::parse::Node;

/// Room for a type.
pub(super) struct Slot<'a> {
    pub(super) id: TypeId,
    /// Where to complain about it.
    pub(super) span: Span,
    pub(super) draft: Option<Draft<'a>>,
}

/// A type.
pub(super) struct Draft<'a> {
    pub(super) name: Name,
    pub(super) component: Option<String>,
    pub(super) text: Text,
    pub(super) deprecated: bool,
    pub(super) kind: Kind<'a>,
}

/// What a type is.
pub(super) enum Kind<'a> {
    Struct(Object<'a>),
    Enum(Enum),
    Union(Union),
    Id,
    Alias(Type),
}

/// An object with known properties.
pub(super) struct Object<'a> {
    pub(super) properties: Vec<Property<'a>>,
    /// The type of each further property.
    pub(super) rest: Option<Type>,
    /// The property that tells it from other members of unions, once that is known.
    pub(super) tag: Option<Tag>,
}

/// A property, before it is known which way its struct travels.
pub(super) struct Property<'a> {
    pub(super) name: Name,
    pub(super) wire: String,
    pub(super) aliases: Vec<String>,
    pub(super) ty: Type,
    pub(super) traits: Traits,
    pub(super) required: bool,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    pub(super) default: Option<&'a Node>,
    pub(super) text: Text,
    pub(super) deprecated: bool,
}

impl Kind<'_> {
    /// Every type that it mentions.
    pub(super) fn types(&self) -> Vec<&Type> {
        match self {
            Self::Struct(object) => {
                object.properties.iter().map(|property| &property.ty).chain(&object.rest).collect()
            }
            Self::Union(union) => union.variants.iter().filter_map(|variant| variant.ty.as_ref()).collect(),
            Self::Alias(ty) => vec![ty],
            Self::Enum(_) | Self::Id => Vec::new(),
        }
    }

    /// Types whose values lie inside a value of this one: not behind a list, map or box.
    pub(super) fn by_value(&self) -> Vec<TypeId> {
        let inside = |ty: &Type| match ty {
            Type::Named(id) => Some(*id),
            Type::Option(inner) | Type::Lenient(inner) => match **inner {
                Type::Named(id) => Some(id),
                _ => None,
            },
            _ => None,
        };
        self.types().into_iter().filter_map(inside).collect()
    }
}

/// The defined type that a type mentions; there is one at most.
pub(super) fn named(ty: &Type) -> Option<TypeId> {
    match ty {
        Type::Named(id) => Some(*id),
        Type::Array(inner)
        | Type::Map(inner)
        | Type::Option(inner)
        | Type::Lenient(inner)
        | Type::Boxed(inner) => named(inner),
        _ => None,
    }
}
