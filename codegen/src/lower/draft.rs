//! Types while they are being made: what the document says of each, before it is known who sends and who reads it, which
//! property a union makes its tag, and what contains itself. `build` makes the model's types of them, each at once.

use crate::diagnostics::Span;
use crate::ir::{Enum, Text, Type, TypeId, Union};
use crate::names::Name;
use crate::parse::Node;

/// All types of a document, each from the moment on that something mentions it.
#[derive(Default)]
pub(super) struct Drafts<'a> {
    /// At the place that is the number of its id.
    slots: Vec<Slot<'a>>,
}

/// Room for a type.
struct Slot<'a> {
    id: TypeId,
    /// Where to complain about it.
    span: Span,
    /// Nothing as long as it is being made, and for good where a schema turns out to need no type of its own.
    draft: Option<Draft<'a>>,
}

/// A type without what only the whole document can tell.
#[derive(Clone)]
pub(super) struct Draft<'a> {
    pub(super) name: Name,
    /// What the document calls it, where it is a component.
    pub(super) component: Option<String>,
    pub(super) text: Text,
    pub(super) deprecated: bool,
    pub(super) kind: Kind<'a>,
}

/// What a type is.
#[derive(Clone)]
pub(super) enum Kind<'a> {
    Struct(Record<'a>),
    Enum(Enum),
    Union(Union),
    Id,
    Alias(Type),
}

/// An object.
#[derive(Clone)]
pub(super) struct Record<'a> {
    pub(super) properties: Vec<Property<'a>>,
    /// The type of each further property, where the document declares them.
    pub(super) rest: Option<Type>,
    /// Whether values of further properties must not be shown.
    pub(super) has_secret_rest: bool,
}

/// A property of an object.
#[derive(Clone)]
pub(super) struct Property<'a> {
    pub(super) name: Name,
    pub(super) wire: String,
    pub(super) aliases: Vec<String>,
    pub(super) ty: Type,
    pub(super) text: Text,
    pub(super) deprecated: bool,
    pub(super) required: bool,
    pub(super) traits: Traits,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    /// Whether its value must not be shown.
    pub(super) is_secret: bool,
    pub(super) default: Option<&'a Node>,
    /// Of its schema.
    pub(super) span: Span,
    /// Whether its own properties lie among those of the object.
    pub(super) is_flattened: bool,
}

/// What a place that uses a schema inherits from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traits {
    pub(super) nullable: bool,
    pub(super) lenient: bool,
}

/// A schema where it is used.
#[derive(Debug, Clone)]
pub(super) struct Used {
    pub(super) ty: Type,
    pub(super) traits: Traits,
}

impl<'a> Drafts<'a> {
    /// Makes room for a type, so that its place in the output comes before those inside it.
    pub(super) fn reserve(&mut self, owner: usize, span: Span) -> TypeId {
        let id = TypeId { owner, number: self.slots.len() };
        self.slots.push(Slot { id, span, draft: None });
        id
    }

    pub(super) fn fill(&mut self, id: TypeId, draft: Draft<'a>) {
        self.slots[id.number].draft = Some(draft);
    }

    pub(super) fn kind_mut(&mut self, id: TypeId) -> Option<&mut Kind<'a>> {
        self.slots[id.number].draft.as_mut().map(|draft| &mut draft.kind)
    }

    pub(super) fn get(&self, id: TypeId) -> Option<&Draft<'a>> {
        self.slots[id.number].draft.as_ref()
    }

    pub(super) fn kind(&self, id: TypeId) -> Option<&Kind<'a>> {
        self.get(id).map(|draft| &draft.kind)
    }

    /// Where to complain about a type.
    pub(super) fn span(&self, id: TypeId) -> Span {
        self.slots[id.number].span
    }

    /// How many there are, with those that are only reserved.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Everything that is filled, in the order of its making.
    pub(super) fn iter(&self) -> impl Iterator<Item = (TypeId, &Draft<'a>)> {
        self.slots.iter().filter_map(|slot| Some((slot.id, slot.draft.as_ref()?)))
    }

    /// The type behind aliases of types.
    pub(super) fn underlying(&self, id: TypeId) -> TypeId {
        let mut id = id;
        // Behind more aliases than there can be is a circle; that is reported elsewhere.
        for _ in 0..64 {
            match self.kind(id) {
                Some(Kind::Alias(Type::Named(inner))) => id = *inner,
                _ => break,
            }
        }
        id
    }

    /// What a type is in the end: behind aliases, whatever they stand for.
    pub(super) fn resolve(&self, ty: &Type) -> Type {
        let Type::Named(id) = ty else { return ty.clone() };
        let id = self.underlying(*id);
        match self.kind(id) {
            Some(Kind::Alias(ty)) => ty.clone(),
            _ => Type::Named(id),
        }
    }
}

impl Kind<'_> {
    /// Every type that this one mentions.
    pub(super) fn mentions(&self) -> Vec<&Type> {
        match self {
            Self::Struct(record) => {
                let properties = record.properties.iter().map(|property| &property.ty);
                properties.chain(&record.rest).collect()
            }
            Self::Union(union) => union.variants.iter().filter_map(|variant| variant.ty.as_ref()).collect(),
            Self::Alias(ty) => vec![ty],
            Self::Enum(_) | Self::Id => Vec::new(),
        }
    }
}

/// Every defined type that a type mentions.
pub(super) fn named(ty: &Type) -> Vec<TypeId> {
    match ty {
        Type::Named(id) => vec![*id],
        Type::Array(inner)
        | Type::Map(inner)
        | Type::Option(inner)
        | Type::Lenient(inner)
        | Type::Boxed(inner) => named(inner),
        Type::Tuple(places) => places.iter().flat_map(named).collect(),
        _ => Vec::new(),
    }
}
