//! Properties that become constants, because a union tells its members by them and one value is all they can have.
//!
//! In: what every union says of its members. Out: the tag of each struct that has one, and complaints about members that
//! have several and no property for them.

use super::Lower;
use super::draft::Kind;
use crate::ir::{Tag, TypeId};
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
            let Some(Kind::Struct(record)) = self.drafts.kind(id) else { continue };
            match (&list[..], &record.rest) {
                ([tag], None) => _ = tags.0.insert(id, tag.clone()),
                // Where other properties are collected, the tag would be read as one of them: it stays a field.
                (_, Some(_)) => {}
                (several, None) => {
                    if !record.properties.iter().any(|property| property.wire == several[0].property) {
                        self.unsupported(
                            self.drafts.span(id),
                            "a member with several tags that does not declare the tag's property",
                            "declare the property in this schema",
                        );
                    }
                }
            }
        }
        tags
    }
}
