//! Tags: the property by which a union tells its members apart.

use super::Lower;
use super::draft::{Draft, Kind};
use crate::ir::{Tag, TypeId};
use std::collections::HashMap;

impl Lower<'_> {
    /// Turns the property that a union tells its members by into a constant, where one value is all it can be.
    pub(super) fn apply_tags(&mut self) {
        let mut tags: HashMap<TypeId, Vec<Tag>> = HashMap::new();
        for (id, tag) in std::mem::take(&mut self.tags) {
            let list = tags.entry(self.underlying(id)).or_default();
            if !list.contains(&tag) {
                list.push(tag);
            }
        }
        for (id, list) in tags {
            let slot = &mut self.types[id.number];
            let span = slot.span;
            let Some(Draft { kind: Kind::Struct(object), .. }) = &mut slot.draft else { continue };
            if let ([tag], None) = (&list[..], &object.rest) {
                object.properties.retain(|property| property.wire != tag.property);
                object.tag = Some(tag.clone());
                continue;
            }
            // Where other properties are collected, the tag would be read as one of them: it stays a field.
            let declared = object.rest.is_some()
                || object.properties.iter().any(|property| property.wire == list[0].property);
            if !declared {
                self.unsupported(
                    span,
                    "a member with several tags that does not declare the tag's property",
                    "declare the property in this schema",
                );
            }
        }
    }
}
