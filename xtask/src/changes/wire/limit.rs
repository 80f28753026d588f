//! What another value of one key does.

use super::super::entry::{Effect, Wire};
use super::{Spot, brief};
use codegen::document::Parameter;
use codegen::parse::Node;

use Effect::{Depends, Fails, Works};

/// How a parameter is spelled, with what holds where nothing is said.
pub fn spelling(parameter: &Parameter<'_>) -> (String, bool) {
    let default = if matches!(parameter.location, "query" | "cookie") { "form" } else { "simple" };
    let style = parameter.node.get("style").and_then(Node::as_str).unwrap_or(default);
    let explode = parameter.node.get("explode").and_then(Node::as_bool).unwrap_or(style == "form");
    (style.to_owned(), explode)
}

/// What an answer or a representation that comes or goes does; nothing where the key is neither.
pub fn answer(at: &Spot, key: &str, around: (&Node, &Node), comes: bool) -> Option<Wire> {
    let is_status = at.item.ends_with(" answer") && !key.starts_with('2');
    // The only one, and another one in its place.
    let is_json = |node: &Node| node.entries().iter().all(|(key, _)| key.text.contains("json"));
    let replaced = around.0.entries().len() == 1
        && around.1.entries().len() == 1
        && !(is_json(around.0) && is_json(around.1));
    match () {
        () if is_status => Some(Wire::new(Works, Works)),
        () if at.item.ends_with(" content") && replaced => Some(Wire::new(Fails, Fails)),
        () if at.item.ends_with(" content") && comes => Some(Wire::new(Works, Depends)),
        () if at.item.ends_with(" content") => Some(Wire::new(Fails, Depends)),
        // A value that names a member of a union.
        () if at.item.ends_with(" discriminator mapping") && comes => {
            Some(at.effects(Wire::new(Works, Depends), Wire::new(Works, Works)))
        }
        () if at.item.ends_with(" discriminator mapping") => {
            Some(at.effects(Wire::new(Depends, Works), Wire::new(Works, Depends)))
        }
        () => None,
    }
}

/// What a limit that comes, goes or moves does: whoever keeps the tighter one is understood by everybody.
pub fn constraint(at: &Spot, key: &str, old: Option<&Node>, new: Option<&Node>) -> Wire {
    let number = |node: Option<&Node>| node.and_then(|node| brief(node).parse::<f64>().ok());
    let tighter = match key {
        "maxLength" | "maxItems" | "maxProperties" | "maximum" | "exclusiveMaximum" => {
            Some(number(new).unwrap_or(f64::INFINITY) < number(old).unwrap_or(f64::INFINITY))
        }
        "minLength" | "minItems" | "minProperties" | "minimum" | "exclusiveMinimum" => {
            Some(number(new).unwrap_or(f64::NEG_INFINITY) > number(old).unwrap_or(f64::NEG_INFINITY))
        }
        "pattern" | "multipleOf" | "uniqueItems" if old.is_none() => Some(true),
        "pattern" | "multipleOf" | "uniqueItems" if new.is_none() => Some(false),
        _ => None,
    };
    let none = Wire::new(Works, Works);
    let is_typed = |node: Option<&Node>| node.is_some_and(|node| !node.entries().is_empty());
    match tighter {
        Some(true) => at.effects(Wire::new(Fails, Works), none),
        Some(false) => at.effects(Wire::new(Works, Fails), none),
        None if key.starts_with("x-") => none,
        None if key == "additionalProperties" && !is_typed(old) && !is_typed(new) => none,
        // What nobody sends or receives.
        None if !at.sent && !at.received => none,
        None => Wire::new(Depends, Depends),
    }
}
