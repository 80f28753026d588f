//! Who may call, and where: security and servers.

use super::super::entry::{Effect, Wire};
use super::plain::WORDS;
use codegen::document::server_url;
use codegen::parse::{Node, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Schemes that are needed together, with their scopes.
pub type Requirement = BTreeMap<String, BTreeSet<String>>;

/// What a list of requirements asks for, the first one first. No list asks for nothing.
pub fn requirements(list: Option<&Node>) -> Vec<Requirement> {
    let all = list.map(Node::items).unwrap_or_default().iter();
    let scopes = |list: &Node| list.items().iter().map(super::brief).collect();
    let all =
        all.map(|one| one.entries().iter().map(|(key, list)| (key.text.clone(), scopes(list))).collect());
    let all: Vec<Requirement> = all.collect();
    if all.is_empty() { vec![Requirement::new()] } else { all }
}

/// Whether those who have what one list asks for get past the other.
pub fn passes(client: &[Requirement], server: &[Requirement]) -> Effect {
    let passes = |has: &Requirement, asks: &Requirement| asks.keys().all(|scheme| has.contains_key(scheme));
    // A key may have more scopes than those that were asked for.
    let surely = |has: &Requirement, asks: &Requirement| {
        asks.iter().all(|(scheme, scopes)| has.get(scheme).is_some_and(|has| scopes.is_subset(has)))
    };
    let count = |passes: &dyn Fn(&Requirement, &Requirement) -> bool| {
        client.iter().filter(|has| server.iter().any(|asks| passes(has, asks))).count()
    };
    match (count(&passes), count(&surely)) {
        (0, _) => Effect::Fails,
        (_, all) if all == client.len() => Effect::Works,
        _ => Effect::Depends,
    }
}

/// What another list means.
pub fn security(old: &[Requirement], new: &[Requirement]) -> Wire {
    Wire::new(passes(old, new), passes(new, old))
}

/// Addresses in their order.
pub fn addresses(list: Option<&Node>) -> Vec<String> {
    let all = list.map(Node::items).unwrap_or_default();
    all.iter().filter_map(server_url).map(|url| url.trim_end_matches('/').to_owned()).collect()
}

/// A value without what people read, in one line, whatever the order of its keys.
pub fn essence(node: &Node) -> String {
    match &node.value {
        Value::Object(entries) => {
            let is_words = |key: &str| WORDS.contains(&key) || key.starts_with("x-") && key != "x-prefix";
            let kept = entries.iter().filter(|(key, _)| !is_words(&key.text));
            let mut kept: Vec<String> =
                kept.map(|(key, value)| format!("{}: {}", key.text, essence(value))).collect();
            kept.sort();
            format!("{{{}}}", kept.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(essence).collect::<Vec<_>>().join(", ")),
        _ => super::brief(node),
    }
}
