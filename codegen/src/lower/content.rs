//! Names for alternatives that have none: after what they consist of, never after where they stand.
//!
//! An alternative that is inserted or moved must not rename the others.

use super::Lower;
use super::resolve::last_segment;
use super::schema::is_null;
use crate::parse::Node;
use std::collections::HashSet;

/// More values or properties than this make no name.
const MANY: usize = 3;

impl<'a> Lower<'a> {
    /// A name for one of several alternatives.
    pub(super) fn content_name(&mut self, at: usize, all: &[&'a Node]) -> String {
        let node = all[at];
        let types = self.type_names_of(node);
        let format = node.get("format").and_then(Node::as_str);
        let values = node.get("enum").map(Node::items).unwrap_or_default();
        if !values.is_empty() || node.get("const").is_some() {
            return self.values_name(node, values);
        }
        match (types.first().map(|(name, _)| *name), format) {
            (Some("string"), Some("date-time")) => "Timestamp".to_owned(),
            (Some("string"), Some(format @ ("date" | "uuid"))) => format.to_owned(),
            (Some("string"), Some("byte")) => "Base64".to_owned(),
            (Some("string"), _) => "String".to_owned(),
            (Some("boolean"), _) => "Boolean".to_owned(),
            (Some("integer"), _) => "Integer".to_owned(),
            (Some("number"), _) => "Number".to_owned(),
            (Some("null"), _) => "Null".to_owned(),
            (Some("array"), _) => self.array_name(node),
            _ if node.get("items").is_some() => self.array_name(node),
            _ => self.object_name(at, all),
        }
    }

    /// `auto` and `none` are `AutoOrNone`.
    fn values_name(&mut self, node: &'a Node, values: &'a [Node]) -> String {
        let one = node.get("const").filter(|_| values.is_empty());
        let texts: Option<Vec<&str>> = values.iter().chain(one).map(Node::as_str).collect();
        match texts {
            Some(texts) if texts.len() <= MANY => texts.join(" or "),
            _ => "Enum".to_owned(),
        }
    }

    /// A list is called after its items.
    fn array_name(&mut self, node: &'a Node) -> String {
        let Some(items) = node.get("items").filter(|items| !items.entries().is_empty()) else {
            return "Array".to_owned();
        };
        let item = match items.get("$ref").and_then(Node::as_str) {
            Some(reference) => last_segment(reference),
            None => match items.get("title").and_then(Node::as_str) {
                Some(title) => title.to_owned(),
                None => self.content_name(0, &[items]),
            },
        };
        format!("{item} array")
    }

    /// An object is called after its fixed value, if it has one; else after the properties that only it has.
    fn object_name(&mut self, at: usize, all: &[&'a Node]) -> String {
        if let [(_, value), ..] = self.constants(all[at])[..] {
            return value.to_owned();
        }
        let mut others = HashSet::new();
        for (other, node) in all.iter().enumerate() {
            if other != at && !is_null(node) {
                others.extend(self.properties(node).properties.into_iter().map(|(key, _)| key.text.as_str()));
            }
        }
        let own = self.properties(all[at]);
        let required: HashSet<&str> = own.required.iter().map(|(name, _)| *name).collect();
        let mut names: Vec<&str> = own.properties.iter().map(|(key, _)| key.text.as_str()).collect();
        if names.iter().any(|name| !others.contains(name)) {
            names.retain(|name| !others.contains(name));
        }
        names.sort_by_key(|name| (!required.contains(name), *name));
        let demanded = names.iter().filter(|name| required.contains(*name)).count();
        names.truncate(if demanded > 0 { demanded.min(MANY) } else { MANY });
        if names.is_empty() { "Object".to_owned() } else { names.join(" and ") }
    }
}
