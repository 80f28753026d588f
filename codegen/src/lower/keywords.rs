//! Keywords of schemas: those that decide about types, those that change none, and those that no type can show.

use super::Lower;
use super::text::is_empty;
use crate::diagnostics::Effect;
use crate::docs;
use crate::parse::Node;

/// Keywords of a schema that decide about types.
const HANDLED: &[&str] = &[
    "$ref",
    "type",
    "format",
    "nullable",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "patternProperties",
    "unevaluatedProperties",
    "items",
    "prefixItems",
    "unevaluatedItems",
    "allOf",
    "oneOf",
    "anyOf",
    "discriminator",
    "default",
    "description",
    "title",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// Keywords that validate or illustrate, and change no type.
const HARMLESS: &[&str] = &[
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "multipleOf",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "example",
    "examples",
    "externalDocs",
    "xml",
    "$comment",
    "$id",
    "$schema",
    "$anchor",
    "$dynamicAnchor",
    "$recursiveAnchor",
    "$vocabulary",
    "additionalItems",
    "id",
    "$defs",
    "definitions",
    "contentMediaType",
    "contentEncoding",
    "contentSchema",
];

/// Keywords that do change what is valid, and that no type can show.
const NOT_ENFORCED: &[&str] = &[
    "not",
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "dependentSchemas",
    "dependentRequired",
    "$dynamicRef",
    "$recursiveRef",
];

impl<'a> Lower<'a> {
    /// Warns about keywords that no type can show, and mentions those that OpenAPI does not know.
    pub(super) fn check_schema_keys(&mut self, node: &'a Node) {
        if !self.checked.insert(node) {
            return;
        }
        for (key, value) in node.entries() {
            let text = key.text.as_str();
            let known = HANDLED.contains(&text) || HARMLESS.contains(&text) || text.starts_with("x-");
            // `not: {}` and the like can never hold; empty mappings say nothing.
            if NOT_ENFORCED.contains(&text) {
                let is_reference = value.as_str().is_some() && self.document.reference(node).is_some();
                let is_silent = is_reference
                    || value.as_bool() == Some(true)
                    || is_empty(value)
                    || (text == "propertyNames" && is_text(value));
                if !is_silent || text == "not" {
                    self.not_enforced(
                        key.span,
                        &format!("`{text}`"),
                        "check such values where it matters; the type accepts more than the document",
                    );
                }
            } else if !known {
                self.problems.warning(
                    Effect::Ignored,
                    key.span,
                    format!("`{}` has no meaning in a schema", docs::plain(text)),
                    "ignored",
                    "remove it, or check its spelling and indentation",
                );
            }
        }
    }
}

/// Whether a schema says "text" and nothing else, which is true of every name.
fn is_text(node: &Node) -> bool {
    matches!(node.entries(), [(key, value)] if key.text == "type" && value.as_str() == Some("string"))
}
