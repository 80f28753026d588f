//! What a place inherits from the schema it uses: whether its value may be null, or anything at all.

use super::Lower;
use super::draft::Traits;
use super::schema::{constraining, is_trivial};
use crate::parse::{Node, Value};

/// How many references and compositions of one may lie within each other.
const DEPTH: usize = 32;

impl<'a> Lower<'a> {
    /// Whether fields of a schema's type may be null, or anything at all. Looks through references and compositions of
    /// one, without lowering anything.
    pub(super) fn traits(&mut self, node: &'a Node) -> Traits {
        self.traits_at(node, 0)
    }

    fn traits_at(&mut self, node: &'a Node, depth: usize) -> Traits {
        let pointer: *const Node = node;
        if let Some(known) = self.traits.get(&pointer) {
            return *known;
        }
        if depth > DEPTH {
            return Traits::default();
        }
        // A schema that leads back here adds nothing to itself.
        self.traits.insert(pointer, Traits::default());
        let traits = self.find_traits(node, depth);
        self.traits.insert(pointer, traits);
        traits
    }

    fn find_traits(&mut self, node: &'a Node, depth: usize) -> Traits {
        if let Some(reference) = self.reference(node) {
            let target = self.target(reference);
            return target.map(|target| self.traits_at(target, depth + 1)).unwrap_or_default();
        }
        let format = node.get("format").and_then(Node::as_str);
        let mut traits = Traits {
            nullable: node.get("nullable").and_then(Node::as_bool).unwrap_or_default() || has_null(node),
            lenient: matches!(format, Some("lenient" | "unix-millis")),
        };
        for keyword in ["oneOf", "anyOf"] {
            traits.nullable |= node.get(keyword).is_some_and(|list| list.items().iter().any(is_null));
        }
        // Null is none of the alternatives, wherever among them it is allowed.
        let is_alone = ["type", "properties", "allOf"].iter().all(|key| node.get(key).is_none());
        for part in ["oneOf", "anyOf"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items) {
            if is_alone && self.document.resolve(part).is_ok() {
                traits.nullable |= self.traits_at(part, depth + 1).nullable;
            }
        }
        // A part that says nothing else adds null.
        let added =
            node.get("allOf").map(Node::items).unwrap_or_default().iter().filter(|part| is_trivial(part));
        traits.nullable |=
            added.into_iter().any(|part| part.get("nullable").and_then(Node::as_bool) == Some(true));
        for keyword in ["allOf", "oneOf", "anyOf"] {
            let parts: Vec<&Node> =
                node.get(keyword).map(|list| constraining(list.items())).unwrap_or_default();
            if let [part] = parts[..] {
                let inner = self.traits_at(part, depth + 1);
                traits.nullable |= inner.nullable;
                traits.lenient |= inner.lenient;
            }
        }
        traits
    }
}

/// Whether a schema allows null alone.
pub(super) fn is_null(node: &Node) -> bool {
    let null_type = node.get("type").is_some_and(|given| match &given.value {
        Value::String(text) => text == "null",
        _ => false,
    });
    let null_values = node.get("enum").is_some_and(|values| {
        !values.items().is_empty() && values.items().iter().all(|v| v.value == Value::Null)
    });
    let null_const = node.get("const").is_some_and(|value| value.value == Value::Null);
    null_type || null_values || null_const
}

/// Whether a schema lists null among its types or values.
fn has_null(node: &Node) -> bool {
    let typed = node.get("type").is_some_and(|given| {
        given.items().iter().any(|item| item.as_str() == Some("null") || item.value == Value::Null)
    });
    typed
        || node.get("enum").is_some_and(|values| values.items().iter().any(|item| item.value == Value::Null))
}
