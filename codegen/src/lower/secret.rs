//! Secrets: values that must not be shown.

use super::Lower;
use crate::parse::Node;
use std::collections::HashSet;

impl<'a> Lower<'a> {
    /// Whether values of a schema must not be shown: it, its items, or one of those it consists of, says so by
    /// `format: password` or `x-secret: true`. Properties of an object speak for themselves.
    pub(super) fn is_secret(&mut self, schema: &'a Node) -> bool {
        if self.flag(schema, "x-secret") {
            return true;
        }
        let (mut seen, mut left) = (HashSet::new(), vec![schema]);
        while let Some(node) = left.pop() {
            if !seen.insert(std::ptr::from_ref(node)) {
                continue;
            }
            let is_password = node.get("format").and_then(Node::as_str) == Some("password");
            if is_password || node.get("x-secret").and_then(Node::as_bool) == Some(true) {
                return true;
            }
            left.extend(self.quiet_target(node));
            left.extend(["items", "additionalProperties"].iter().filter_map(|key| node.get(key)));
            for key in ["allOf", "oneOf", "anyOf", "prefixItems"] {
                left.extend(node.get(key).map(Node::items).unwrap_or_default());
            }
        }
        false
    }
}
