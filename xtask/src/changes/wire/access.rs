//! Who may call, and where: security and servers.

use super::super::entry::{Effect, Wire};
use super::plain::WORDS;
use codegen::document::server_url;
use codegen::parse::{Node, Value};
use std::collections::BTreeSet;

/// Schemes that are needed together.
type Requirement = BTreeSet<String>;

/// What a list of requirements asks for, the first one first. No list asks for nothing.
pub fn requirements(list: Option<&Node>) -> Vec<Requirement> {
    let all = list.map(Node::items).unwrap_or_default().iter();
    let all = all.map(|one| one.entries().iter().map(|(key, _)| key.text.clone()).collect());
    let all: Vec<Requirement> = all.collect();
    if all.is_empty() { vec![Requirement::new()] } else { all }
}

/// Whether those who have what one list asks for get past the other.
pub fn passes(client: &[Requirement], server: &[Requirement]) -> Effect {
    let passes = |has: &&Requirement| server.iter().any(|asks| asks.is_subset(has));
    match client.iter().filter(passes).count() {
        0 => Effect::Fails,
        all if all == client.len() => Effect::Works,
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
