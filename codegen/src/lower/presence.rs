//! How absence and null of a property show, and where leniency stays: both depend on which way a type travels.

use super::draft::{Drafts, Kind, Property};
use super::reach::Reach;
use super::text::is_empty;
use crate::ir::{Presence, Type};

/// Which way a type travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) sent: bool,
    pub(super) received: bool,
}

impl Way {
    /// Whether it only ever travels to a server.
    pub(super) fn is_out(self) -> bool {
        self.sent && !self.received
    }
}

/// How absence and null of a property show. Only what is sent needs to tell the two apart; only what is received has to
/// bear anything.
pub(super) fn presence(property: &Property<'_>, way: Way) -> Presence {
    if property.is_flattened {
        return Presence::Flattened;
    }
    let Way { sent, received } = way;
    let left_out = (sent && property.read_only) || (received && property.write_only);
    let required = property.required && !left_out;
    let list = matches!(property.ty, Type::Array(_) | Type::Map(_));
    let bare = matches!(property.ty, Type::Any | Type::Unit);
    let empty = property.default.is_some_and(is_empty);
    match (required, property.traits.nullable) {
        _ if property.traits.lenient && !way.is_out() => Presence::Lenient,
        (_, false) if list && empty => Presence::Empty,
        (true, false) => Presence::Required,
        (true, true) if bare => Presence::Required,
        (true, true) => Presence::NullIsNone,
        (false, true) if sent => Presence::Nullable,
        (false, true) if !bare => Presence::NullIsNone,
        (false, _) => Presence::Optional,
    }
}

/// A type as it is where values are only sent: what callers write is what the document says, so nothing is lenient. An
/// alias that answers share keeps its leniency for them, and is spelt out here.
pub(super) fn strict(ty: &Type, drafts: &Drafts<'_>, reach: &Reach) -> Type {
    strict_at(ty, drafts, reach, 0)
}

/// More aliases than these in a row are a circle, which is reported elsewhere.
const DEEPEST: usize = 64;

fn strict_at(ty: &Type, drafts: &Drafts<'_>, reach: &Reach, depth: usize) -> Type {
    let strict = |ty: &Type| strict_at(ty, drafts, reach, depth + 1);
    match ty {
        Type::Lenient(inner) => strict(inner),
        Type::Array(inner) => Type::Array(Box::new(strict(inner))),
        Type::Map(inner) => Type::Map(Box::new(strict(inner))),
        Type::Option(inner) => Type::Option(Box::new(strict(inner))),
        Type::Tuple(places) => Type::Tuple(places.iter().map(strict).collect()),
        Type::Named(id) => match drafts.kind(*id) {
            Some(Kind::Alias(aliased)) if depth < DEEPEST && !reach.way(*id).is_out() => {
                let plain = strict(aliased);
                if plain == *aliased { ty.clone() } else { plain }
            }
            _ => ty.clone(),
        },
        _ => ty.clone(),
    }
}
