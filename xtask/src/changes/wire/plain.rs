//! Spellings of one schema: what means the same becomes the same.
//!
//! In: a schema as it is written. Out: the schema without its null, and whether null is one of its values.

use codegen::parse::{Key, Node, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Keys that say nothing about the wire.
pub const WORDS: &[&str] = &[
    "description",
    "summary",
    "title",
    "example",
    "examples",
    "externalDocs",
    "tags",
    "links",
    "$comment",
    "x-source",
    "x-decisions",
];

/// A schema without its null, and whether it had one: `nullable: true`, `type: [T, "null"]`, `oneOf` with `type: "null"` and
/// `enum` with `null` are the same, and so are a list of one type and the type, `const` and a list of one text, and a composition of one part and the part.
pub fn plain(node: &Node) -> (Cow<'_, Node>, bool) {
    let Value::Object(entries) = &node.value else { return (Cow::Borrowed(node), false) };
    if !entries.iter().any(|(key, value)| is_spelled(&key.text, value)) {
        return (Cow::Borrowed(node), false);
    }
    let mut nullable = false;
    let mut kept: Vec<(Key, Node)> = Vec::new();
    let mut only = None;
    for (key, value) in entries {
        let mut value = value.clone();
        match (key.text.as_str(), &mut value.value) {
            ("nullable", Value::Bool(flag)) => {
                nullable |= *flag;
                continue;
            }
            ("enum", Value::Array(items)) => items.retain(|item| item.value != Value::Null),
            ("type", Value::Array(items)) => {
                let before = items.len();
                items.retain(|item| item.as_str() != Some("null"));
                nullable |= items.len() < before;
                if let [one] = &items[..] {
                    value.value = one.value.clone();
                }
            }
            ("oneOf" | "anyOf" | "allOf", Value::Array(items)) => {
                if key.text != "allOf" {
                    let before = items.len();
                    items.retain(|item| !is_null(item));
                    nullable |= items.len() < before;
                }
                if let [one] = &items[..] {
                    only = Some((key.text.clone(), one.clone()));
                }
            }
            _ => {}
        }
        let mut key = key.clone();
        if let ("const", Value::String(_)) = (key.text.as_str(), &value.value) {
            "enum".clone_into(&mut key.text);
            let span = value.span;
            value = Node { value: Value::Array(vec![value]), span };
        }
        kept.push((key, value));
    }
    // One part, and nothing beside it but words: the part.
    if let Some((around, one)) = only {
        let is_alone = kept.iter().all(|(key, _)| key.text == around || WORDS.contains(&key.text.as_str()));
        if let (true, Value::Object(_)) = (is_alone, &one.value) {
            let (one, also) = plain(&one);
            let mut merged: Vec<(Key, Node)> =
                kept.into_iter().filter(|(key, _)| key.text != around).collect();
            for (key, value) in one.entries() {
                if merged.iter().all(|(known, _)| known.text != key.text) {
                    merged.push((key.clone(), value.clone()));
                }
            }
            let whole = Node { value: Value::Object(merged), span: node.span };
            return (Cow::Owned(whole), nullable || also);
        }
    }
    (Cow::Owned(Node { value: Value::Object(kept), span: node.span }), nullable)
}

/// What a schema and its parts say together; nothing where two of them say different things.
pub fn whole(layers: &[Node]) -> Option<Node> {
    let first = layers.first()?;
    let mut whole: Vec<(Key, Node)> = Vec::new();
    let entries = layers.iter().flat_map(Node::entries);
    for (key, value) in entries.filter(|(key, _)| !["allOf", "$ref"].contains(&key.text.as_str())) {
        match (whole.iter_mut().find(|(known, _)| known.text == key.text), &value.value) {
            (None, _) => whole.push((key.clone(), value.clone())),
            (Some((_, Node { value: Value::Object(known), .. })), Value::Object(more))
                if key.text == "properties" =>
            {
                for (name, property) in more {
                    match known.iter().find(|(known, _)| known.text == name.text) {
                        Some((_, one)) if super::brief(one) != super::brief(property) => return None,
                        Some(_) => {}
                        None => known.push((name.clone(), property.clone())),
                    }
                }
            }
            (Some((_, Node { value: Value::Array(known), .. })), Value::Array(more))
                if key.text == "required" =>
            {
                known.extend(
                    more.iter()
                        .filter(|one| known.iter().all(|known| known.as_str() != one.as_str()))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
            }
            (Some((_, known)), _) => {
                let is_same = super::brief(known) == super::brief(value);
                if !is_same && !WORDS.contains(&key.text.as_str()) {
                    return None;
                }
            }
        }
    }
    Some(Node { value: Value::Object(whole), span: first.span })
}

fn is_spelled(key: &str, value: &Node) -> bool {
    match (key, &value.value) {
        ("nullable", Value::Bool(_)) | ("type", Value::Array(_)) => true,
        ("enum", Value::Array(items)) => items.iter().any(|item| item.value == Value::Null),
        ("const", Value::String(_)) => true,
        ("oneOf" | "anyOf" | "allOf", Value::Array(items)) => items.len() == 1 || items.iter().any(is_null),
        _ => false,
    }
}

fn is_null(node: &Node) -> bool {
    let only = |list: Option<&Node>| matches!(list.map(Node::items), Some([one]) if one.value == Value::Null);
    node.get("type").and_then(Node::as_str) == Some("null") || only(node.get("enum"))
}

/// Gives schemas other names: where they stand, and in all that refers to them.
pub fn rename(root: &mut Node, names: &BTreeMap<String, String>) {
    if let Value::Object(sections) = &mut root.value {
        let all = sections.iter_mut().filter(|(key, _)| key.text == "components");
        let sections = all.filter_map(|(_, all)| match &mut all.value {
            Value::Object(sections) => Some(sections),
            _ => None,
        });
        for (_, schemas) in sections.flatten().filter(|(key, _)| key.text == "schemas") {
            let Value::Object(schemas) = &mut schemas.value else { continue };
            for (key, _) in schemas {
                if let Some(name) = names.get(&key.text) {
                    key.text.clone_from(name);
                }
            }
        }
    }
    refer(root, names);
}

fn refer(node: &mut Node, names: &BTreeMap<String, String>) {
    match &mut node.value {
        Value::String(text) => {
            let Some(rest) = text.strip_prefix(SCHEMAS) else { return };
            let (name, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if let Some(name) = names.get(name) {
                *text = format!("{SCHEMAS}{name}{below}");
            }
        }
        Value::Object(entries) => entries.iter_mut().for_each(|(_, node)| refer(node, names)),
        Value::Array(items) => items.iter_mut().for_each(|node| refer(node, names)),
        _ => {}
    }
}

/// Gives ways to authenticate other names: where they stand, and in all lists that ask for them.
pub fn rename_schemes(root: &mut Node, names: &BTreeMap<String, String>) {
    let Value::Object(entries) = &mut root.value else {
        if let Value::Array(items) = &mut root.value {
            items.iter_mut().for_each(|item| rename_schemes(item, names));
        }
        return;
    };
    for (key, node) in entries {
        match (key.text.as_str(), &mut node.value) {
            ("security", Value::Array(lists)) => lists.iter_mut().for_each(|list| rename_keys(list, names)),
            ("securitySchemes", _) => rename_keys(node, names),
            _ => rename_schemes(node, names),
        }
    }
}

fn rename_keys(node: &mut Node, names: &BTreeMap<String, String>) {
    if let Value::Object(entries) = &mut node.value {
        for (key, _) in entries {
            if let Some(name) = names.get(&key.text) {
                key.text.clone_from(name);
            }
        }
    }
}

/// Where references to schemas lead.
const SCHEMAS: &str = "#/components/schemas/";

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::brief;
    use super::*;

    #[test]
    fn ways_to_allow_null_are_one() {
        for (text, expected, nullable) in [
            ("{ type: string, nullable: true }", "{type: string}", true),
            ("{ type: [string, 'null'] }", "{type: string}", true),
            ("{ oneOf: [{ type: 'null' }, { $ref: '#/a' }] }", "{$ref: #/a}", true),
            ("{ anyOf: [{ $ref: '#/a' }], description: b }", "{$ref: #/a, description: b}", false),
            ("{ allOf: [{ $ref: '#/a' }], nullable: true }", "{$ref: #/a}", true),
            ("{ allOf: [{ $ref: '#/a' }], type: object }", "{allOf: [{$ref: #/a}], type: object}", false),
            ("{ type: [string] }", "{type: string}", false),
            ("{ type: [string, integer] }", "{type: [string, integer]}", false),
            ("{ enum: [a, null], type: string, nullable: true }", "{enum: [a], type: string}", true),
            ("{ const: a }", "{enum: [a]}", false),
            ("{ type: string, nullable: false }", "{type: string}", false),
        ] {
            let node = codegen::parse::parse(text).unwrap();
            let (plain, has_null) = plain(&node);
            assert_eq!((brief(&plain).as_str(), has_null), (expected, nullable), "{text}");
        }
    }
}
