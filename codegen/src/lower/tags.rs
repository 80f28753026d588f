//! Properties that become constants, because a union tells its members by them and one value is all they can have.
//!
//! In: what every union says of its members. Out: the tag of each struct that has one; a field for each property where a
//! struct has several tags and does not declare it.

use super::Lower;
use super::draft::{Kind, Property, Traits};
use crate::diagnostics::Span;
use crate::ir::{Tag, Text, Type, TypeId};
use crate::names::Name;
use std::collections::HashMap;

/// The tags of structs.
#[derive(Default)]
pub(super) struct Tags(HashMap<TypeId, Tag>);

impl Tags {
    pub(super) fn get(&self, id: TypeId) -> Option<&Tag> {
        self.0.get(&id)
    }

    /// The property that the tag stands in for.
    pub(super) fn property_of(&self, id: TypeId) -> Option<&str> {
        self.get(id).map(|tag| tag.property.as_str())
    }
}

impl Lower<'_> {
    /// Decides which structs have a tag.
    pub(super) fn settle_tags(&mut self) -> Tags {
        let mut wanted: HashMap<TypeId, Vec<Tag>> = HashMap::new();
        for (id, tag) in std::mem::take(&mut self.tags) {
            let list = wanted.entry(self.drafts.underlying(id)).or_default();
            if !list.contains(&tag) {
                list.push(tag);
            }
        }
        let mut tags = Tags::default();
        for (id, list) in wanted {
            let Some(Kind::Struct(record)) = self.drafts.kind_mut(id) else { continue };
            match (&list[..], &record.rest) {
                ([tag], None) => _ = tags.0.insert(id, tag.clone()),
                // Where other properties are collected, the tag would be read as one of them: it stays a field.
                (_, Some(_)) => {}
                // Which of several it is, a field of each name tells; callers set them.
                (several, None) => {
                    for tag in several {
                        if !record.properties.iter().any(|property| property.wire == tag.property) {
                            record.properties.push(tag_field(&tag.property));
                        }
                    }
                }
            }
        }
        tags
    }
}

/// The property that tells members of a union apart, in a member that does not declare it.
fn tag_field(wire: &str) -> Property<'static> {
    Property {
        name: Name::snake(wire),
        wire: wire.to_owned(),
        aliases: Vec::new(),
        ty: Type::String,
        text: Text { description: "What kind of value this is.".to_owned(), ..Text::default() },
        deprecated: false,
        required: false,
        traits: Traits::default(),
        read_only: false,
        write_only: false,
        is_secret: false,
        default: None,
        span: Span::default(),
        is_flattened: false,
    }
}
