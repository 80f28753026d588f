//! Keywords of schemas: those that decide about types, those that change none, and those that no type can show.

use super::Lower;
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
    "items",
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
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "patternProperties",
    "propertyNames",
    "dependentSchemas",
    "dependentRequired",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
    "$dynamicAnchor",
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
            // `not: {}` and the like can never hold; an empty `patternProperties` says nothing.
            if NOT_ENFORCED.contains(&text) {
                if !value.entries().is_empty() || text == "not" {
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
