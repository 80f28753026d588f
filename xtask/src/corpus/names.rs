//! Whether what is added to a document, or taken from it, leaves all other names alone.
//!
//! Additions have names that nothing in the document resembles, and use nothing of it. With them, every public item that was
//! there without them must be there as it was. Of what is taken away, an operation, only what is in it may go: no other type,
//! field, variant or method may be called differently, although types that it used may be used less.

use crate::changes::surface::{self, Kind, Surface};
use codegen::document::METHODS;
use codegen::names::Name;
use codegen::parse::{Node, Value, parse};
use codegen::{Options, Source, Split};
use fastrand::Rng;
use serde_json::json;
use std::collections::BTreeMap;

/// Tries a document `rounds` times. In the answer is what changed without reason.
pub(super) fn check(
    name: &str,
    text: &str,
    rounds: usize,
    seed: u64,
    split: Split,
) -> Result<Vec<String>, String> {
    let root = parse(text).map_err(|_| "it cannot be read".to_owned())?;
    let mut rng = Rng::with_seed(seed);
    let before = surface(name, &write(&root, &Change::default()), split)?;
    let schemas = root.get("components").and_then(|components| components.get("schemas"));
    let components: Vec<String> = schemas
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .map(|(key, _)| Name::pascal(&key.text).as_str().to_owned())
        .collect();
    let mut faults = Vec::new();
    for round in 0..rounds {
        let change = additions(&root, text, &mut rng);
        let after = surface(name, &write(&root, &change), split)?;
        for (path, item) in &before {
            match after.get(path) {
                Some(now) if now == item => {}
                Some(now) => faults.push(format!("round {round}: `{path}` was {item:?} and is {now:?}")),
                None => faults.push(format!("round {round}: `{path}` is gone")),
            }
        }
        let Some((removal, id)) = removal(&root, &mut rng) else { continue };
        let removed = id.map(|id| Name::pascal(id).as_str().to_owned());
        let after = surface(name, &write(&root, &removal), split)?;
        let is_name =
            |kind| matches!(kind, Kind::Struct | Kind::Enum | Kind::Alias | Kind::Field | Kind::Variant);
        for (path, item) in after {
            // A schema that only such an operation used in a special way, as a body of several parts or with a property that asks
            // for a stream, is an ordinary type again; and names that the operation had are free.
            let is_freed = removed
                .iter()
                .chain(&components)
                .any(|name| path.split_once("::").is_some_and(|(_, rest)| rest.starts_with(name.as_str())));
            if is_name(item.kind) && !before.contains_key(&path) && !is_freed {
                faults.push(format!("round {round}: `{path}` is new since {:?} went", removal.removed));
            }
        }
    }
    Ok(faults)
}

fn surface(name: &str, text: &str, split: Split) -> Result<Surface, String> {
    let options = Options { split, ..Options::default() };
    let output = codegen::generate(Source { name, text }, &options).map_err(|problems| {
        problems
            .iter()
            .next()
            .map_or_else(String::new, |problem| format!("refused when changed: {}", problem.message))
    })?;
    let mut surface = surface::read(&output.tree)?;
    for item in surface.values_mut() {
        // What is said of all operations, and which parts share a type, depends on all of them.
        item.docs.clear();
        item.features.clear();
        item.module = None;
    }
    Ok(surface)
}

/// What is different in a document.
#[derive(Default)]
struct Change {
    /// Entries to insert, by the path of the mapping: at which place, the key, and the value as JSON.
    added: BTreeMap<Vec<String>, Vec<(usize, String, String)>>,
    /// An entry to leave out, by its path.
    removed: Vec<String>,
}

/// A document as JSON, in its own order, with a change.
fn write(root: &Node, change: &Change) -> String {
    let mut text = String::new();
    write_node(root, &mut Vec::new(), change, &mut text);
    text
}

fn write_node(node: &Node, path: &mut Vec<String>, change: &Change, text: &mut String) {
    match &node.value {
        Value::Object(_) => {
            let mut entries = Vec::new();
            let added = change.added.get(path).map(Vec::as_slice).unwrap_or_default();
            let here = |at: usize| added.iter().filter(move |(place, ..)| *place == at);
            for (at, (key, value)) in node.entries().iter().enumerate() {
                entries.extend(here(at).map(|(_, key, value)| format!("{}:{value}", json!(key))));
                path.push(key.text.clone());
                if *path != change.removed {
                    let mut entry = format!("{}:", json!(key.text));
                    write_node(value, path, change, &mut entry);
                    entries.push(entry);
                }
                path.pop();
            }
            entries
                .extend(here(node.entries().len()).map(|(_, key, value)| format!("{}:{value}", json!(key))));
            text.push_str(&format!("{{{}}}", entries.join(",\n")));
        }
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at > 0 { "," } else { "" });
                path.push(at.to_string());
                write_node(item, path, change, text);
                path.pop();
            }
            text.push(']');
        }
        _ => text.push_str(&super::instances::json_of(node).to_string()),
    }
}

/// Schemas and operations that have nothing to do with the document.
fn additions(root: &Node, text: &str, rng: &mut Rng) -> Change {
    let mut change = Change::default();
    let taken = text.to_ascii_lowercase();
    let fresh = |rng: &mut Rng| {
        loop {
            let syllables = ["qua", "zor", "vix", "mul", "teg", "bry", "olk", "fen"];
            let word: String = (0..4).map(|_| syllables[rng.usize(..syllables.len())]).collect();
            if !taken.contains(&word) {
                return word;
            }
        }
    };
    let count = |path: &[&str]| {
        path.iter().try_fold(root, |node, key| node.get(key)).map_or(0, |node| node.entries().len())
    };
    let mut schemas: Vec<String> = Vec::new();
    if root.get("components").and_then(|components| components.get("schemas")).is_some() {
        let places = count(&["components", "schemas"]) + 1;
        let mut added = Vec::new();
        for _ in 0..rng.usize(1..5) {
            let word = fresh(rng);
            let name = if rng.bool() { word.clone() } else { capital(&word) };
            let schema = schema(&schemas, rng, 0);
            added.push((rng.usize(..places), name.clone(), schema.to_string()));
            schemas.push(name);
        }
        change.added.insert(vec!["components".to_owned(), "schemas".to_owned()], added);
    }
    if let Some(paths) = root.get("paths") {
        let mut added = Vec::new();
        for _ in 0..rng.usize(1..4) {
            let path = format!("/{}/{{id}}/{}", fresh(rng), fresh(rng));
            let verb = ["get", "post", "put", "delete"][rng.usize(..4)];
            let id = rng.bool().then(|| fresh(rng));
            let item = json!({ verb: operation(&schemas, rng, id, true) });
            added.push((rng.usize(..=paths.entries().len()), path, item.to_string()));
        }
        change.added.insert(vec!["paths".to_owned()], added);
        // A further method of a path that is there.
        let Some((path, item)) = paths.entries().get(rng.usize(..paths.entries().len().max(1))) else {
            return change;
        };
        let free =
            METHODS.iter().map(|(verb, _)| *verb).find(|verb| item.get(verb).is_none() && *verb != "trace");
        if let (Some(verb), None) = (free, item.get("$ref")) {
            let id = fresh(rng);
            let entry = (
                rng.usize(..=item.entries().len()),
                verb.to_owned(),
                operation(&schemas, rng, Some(id), false).to_string(),
            );
            change.added.insert(vec!["paths".to_owned(), path.text.clone()], vec![entry]);
        }
    }
    change
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// A schema of any kind, that may refer to these.
fn schema(known: &[String], rng: &mut Rng, depth: usize) -> serde_json::Value {
    let refer = |rng: &mut Rng| json!({ "$ref": format!("#/components/schemas/{}", known[rng.usize(..known.len())]) });
    let inner =
        |rng: &mut Rng| if depth > 2 { json!({ "type": "string" }) } else { schema(known, rng, depth + 1) };
    match rng.usize(..if known.is_empty() { 6 } else { 9 }) {
        0 => json!({ "type": "string", "enum": ["id", "name", "other"] }),
        1 => json!({ "type": "integer", "format": "int64" }),
        2 => json!({ "type": "array", "items": inner(rng) }),
        3 => json!({ "type": "object", "additionalProperties": inner(rng) }),
        4 => {
            json!({ "oneOf": [{ "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } }, { "type": "integer" }] })
        }
        5 | 6 => {
            let names = ["id", "name", "status", "type", "items", "data", "error"];
            let properties: serde_json::Map<String, serde_json::Value> = (0..rng.usize(1..5))
                .map(|_| (names[rng.usize(..names.len())].to_owned(), inner(rng)))
                .collect();
            json!({ "type": "object", "properties": properties })
        }
        7 => json!({ "allOf": [refer(rng), { "description": "More." }] }),
        _ => refer(rng),
    }
}

fn operation(known: &[String], rng: &mut Rng, id: Option<String>, has_path: bool) -> serde_json::Value {
    let mut parameters =
        vec![json!({ "name": "status", "in": "query", "schema": { "type": "string", "enum": ["a", "b"] } })];
    if has_path {
        parameters
            .push(json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }));
    }
    let content = |rng: &mut Rng| json!({ "application/json": { "schema": schema(known, rng, 0) } });
    let mut operation = json!({
        "parameters": parameters,
        "responses": { "200": { "description": "It went well.", "content": content(rng) } },
    });
    if rng.bool() {
        operation["responses"]["202"] = json!({ "description": "Later.", "content": content(rng) });
    }
    if let Some(id) = id {
        operation["operationId"] = json!(id);
    }
    operation
}

/// An operation less, and its id.
fn removal<'n>(root: &'n Node, rng: &mut Rng) -> Option<(Change, Option<&'n str>)> {
    let paths = root.get("paths")?.entries();
    let (path, item) = paths.get(rng.usize(..paths.len().max(1)))?;
    if item.get("$ref").is_some() {
        // Without what stands beside the reference, what it leads to would be there.
        return None;
    }
    let (verb, operation) = METHODS.iter().find_map(|(verb, _)| Some((verb, item.get(verb)?)))?;
    let removed = vec!["paths".to_owned(), path.text.clone(), (*verb).to_owned()];
    let id = operation.get("operationId").and_then(Node::as_str);
    Some((Change { removed, ..Change::default() }, id))
}
