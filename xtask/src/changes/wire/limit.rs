//! What another value of one key does.

use super::super::entry::{Effect, Wire};
use super::{Spot, brief};
use codegen::document::Parameter;
use codegen::parse::Node;
use std::collections::BTreeSet;

use Effect::{Depends, Fails, Works};

/// What a number may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// From the first to the second.
    Whole(i128, i128),
    /// With a point, of 32 bits.
    Single,
    /// With a point, of 64 bits.
    Double,
}

/// Reads it from a schema; nothing where it is another one, or of a format that says more than its size.
pub fn number(node: &Node) -> Option<Number> {
    let format = node.get("format").map(brief);
    let whole = |low: i64, high: u64| Some(Number::Whole(i128::from(low), i128::from(high)));
    match (node.get("type")?.as_str()?, format.as_deref()) {
        ("integer", Some("int8")) => whole(i8::MIN.into(), i8::MAX as u64),
        ("integer", Some("int16")) => whole(i16::MIN.into(), i16::MAX as u64),
        ("integer", Some("int32")) => whole(i32::MIN.into(), i32::MAX as u64),
        ("integer", Some("int64") | None) => whole(i64::MIN, i64::MAX as u64),
        ("integer", Some("uint8")) => whole(0, u8::MAX.into()),
        ("integer", Some("uint16")) => whole(0, u16::MAX.into()),
        ("integer", Some("uint32")) => whole(0, u32::MAX.into()),
        ("integer", Some("uint64" | "uint")) => whole(0, u64::MAX),
        ("number", Some("float")) => Some(Number::Single),
        ("number", Some("double") | None) => Some(Number::Double),
        _ => None,
    }
}

/// What another number does: whoever reads all that the other side writes understands it.
pub fn widened(at: &Spot, old: Number, new: Number) -> Wire {
    let reads = |reader: Number, writer: Number| match (reader, writer) {
        (Number::Whole(low, high), Number::Whole(least, most)) if low <= least && most <= high => Works,
        (Number::Double, _) => Works,
        _ if reader == writer => Works,
        _ => Depends,
    };
    let (old_reads, new_reads) = (reads(old, new), reads(new, old));
    at.effects(Wire::new(new_reads, old_reads), Wire::new(old_reads, new_reads))
}

/// How a parameter is spelled, with what holds where nothing is said.
pub fn spelling(parameter: &Parameter<'_>) -> (String, bool) {
    let default = if matches!(parameter.location, "query" | "cookie") { "form" } else { "simple" };
    let style = parameter.node.get("style").and_then(Node::as_str).unwrap_or(default);
    let explode = parameter.node.get("explode").and_then(Node::as_bool).unwrap_or(style == "form");
    (style.to_owned(), explode)
}

/// The media type of a parameter that has one, and its schema.
pub fn represented_as(parameter: &Node) -> (Option<String>, Option<&Node>) {
    match parameter.get("content").map(Node::entries) {
        Some([(media_type, content)]) => (Some(media_type.text.clone()), content.get("schema")),
        _ => (None, parameter.get("schema")),
    }
}

/// What a key does to code that compiles as before and does something else then; nothing where it does not.
pub fn behaviour(at: &Spot, key: &str, old: Option<&Node>, new: Option<&Node>) -> Option<Wire> {
    let either = Wire::new(Depends, Depends);
    let sets_types = |encoding: Option<&Node>| {
        let parts = encoding.map(Node::entries).unwrap_or_default();
        parts.iter().any(|(_, part)| part.get("contentType").is_some())
    };
    match key {
        // A stream that ends without it is an error.
        "x-stream-end" if old.is_none() => Some(Wire::new(Works, Depends)),
        "x-stream-end" if new.is_none() => Some(Wire::new(Depends, Works)),
        "x-stream-end" | "x-general-problems" => Some(either),
        // What was read is passed over.
        "x-aliases" => {
            let is_less = !super::list(old).is_subset(&super::list(new));
            is_less.then_some(Wire::new(Works, Depends))
        }
        // What the parts of a form say that they are.
        "contentType" if at.item.contains(" encoding ") => Some(either),
        "encoding" if sets_types(old) != sets_types(new) => Some(either),
        _ => None,
    }
}

/// What an answer or a representation that comes or goes does; nothing where the key is neither.
pub fn answer(at: &Spot, key: &str, around: (&Node, &Node), comes: bool) -> Option<Wire> {
    let is_answer = at.item.ends_with(" answer");
    // Whoever knows an answer of success takes it from any status of success.
    let content = |node: &Node| node.get("content").or(node.get("$ref")).map(brief);
    let is_known = |own: &Node, others: &Node| {
        let own = own.get(key).map(content);
        let mut others = others.entries().iter().filter(|(status, _)| status.text.starts_with('2'));
        others.any(|(_, other)| Some(content(other)) == own)
    };
    let is_known =
        is_answer && if comes { is_known(around.1, around.0) } else { is_known(around.0, around.1) };
    // Who expects nothing reads nothing, and who expects JSON does not find it.
    let is_json = |node: &Node| {
        let content = node.get("content").map(Node::entries).unwrap_or_default();
        content.iter().any(|(media_type, _)| media_type.text.contains("json"))
    };
    let is_success = at.item.rsplit_once(" answer ").is_some_and(|(_, status)| status.starts_with('2'));
    let misses = if is_json(if comes { around.1 } else { around.0 }) { Fails } else { Depends };
    // A value, or where it is: neither is taken for the other.
    let kinds = |node: &Node| -> BTreeSet<u8> {
        let firsts = node.entries().iter().filter_map(|(status, _)| status.text.bytes().next());
        firsts.filter(|first| b"23".contains(first)).collect()
    };
    let (was, is) = (kinds(around.0), kinds(around.1));
    let is_value = |status: &str, answer: &Node| status.starts_with('2') && answer.get("content").is_some();
    let is_another = key.starts_with(['2', '3']) && was.is_disjoint(&is) && !was.is_empty() && !is.is_empty();
    match () {
        () if is_answer && is_another => {
            let misses = |own: &Node, expected: &BTreeSet<u8>| match () {
                () if expected.contains(&b'3') => Fails,
                // Who expects nothing does not look for more.
                () if own.entries().iter().any(|(status, answer)| is_value(&status.text, answer)) => Fails,
                () => Depends,
            };
            Some(Wire::new(misses(around.0, &was), misses(around.1, &is)))
        }
        () if is_success && key == "content" && comes => Some(Wire::new(Works, misses)),
        () if is_success && key == "content" => Some(Wire::new(misses, Works)),
        () if is_answer && (!key.starts_with('2') || is_known) => Some(Wire::new(Works, Works)),
        () if is_answer && comes => Some(Wire::new(Depends, Works)),
        () if is_answer => Some(Wire::new(Works, Depends)),
        () if at.item.ends_with(" content") && comes => Some(Wire::new(Works, Depends)),
        () if at.item.ends_with(" content") => Some(Wire::new(Fails, Works)),
        // A value that names a member of a union.
        () if at.item.ends_with(" discriminator mapping") && comes => {
            Some(at.effects(Wire::new(Works, Depends), Wire::new(Works, Works)))
        }
        () if at.item.ends_with(" discriminator mapping") => {
            Some(at.effects(Wire::new(Depends, Works), Wire::new(Works, Works)))
        }
        () => None,
    }
}

/// What another representation in place of the only one does.
pub fn represented(is_received: bool, old: &str, new: &str) -> Wire {
    let kind = |key: &str| match key {
        _ if key.contains("json") || key == "*/*" => "json",
        "text/event-stream" => "events",
        _ if key.starts_with("text/") => "text",
        _ if key.starts_with("multipart/") => "parts",
        "application/x-www-form-urlencoded" => "form",
        _ => "bytes",
    };
    let alone = |key: &str| key.split(';').next().unwrap_or(key).trim().to_ascii_lowercase();
    if alone(old) == alone(new) {
        return Wire::new(Works, Works);
    }
    match (kind(old), kind(new)) {
        ("json", "json") if is_received => Wire::new(Works, Works),
        // Everything that is received is a text, and bytes.
        ("text" | "bytes", "json") if is_received => Wire::new(Depends, Fails),
        ("json", "text" | "bytes") if is_received => Wire::new(Fails, Depends),
        (was, is) if was == is => Wire::new(Depends, Depends),
        ("text", "bytes") | ("bytes", "text") => Wire::new(Depends, Depends),
        _ => Wire::new(Fails, Fails),
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
    // One value, a list and an object are never each other; what a parameter is, its spelling says.
    let shape = |node: Option<&Node>| {
        let ty = node.and_then(Node::as_str)?;
        Some(if ["object", "array"].contains(&ty) { ty.to_owned() } else { "value".to_owned() })
    };
    if let ("type", Some(was), Some(is)) = (key, shape(old), shape(new))
        && was != is
        && !at.is_optional
        && !at.item.contains('(')
    {
        return at.effects(Wire::new(Fails, Fails), Wire::new(Fails, Fails));
    }
    let is_typed = |node: Option<&Node>| node.is_some_and(|node| !node.entries().is_empty());
    // Nothing but what is shown of a value.
    let is_secret = |node: Option<&Node>| node.is_none_or(|node| brief(node) == "password");
    match tighter {
        // A server that asks a property answers at once whoever sets another one, or none.
        None if key == "x-stream-flag" => {
            Wire::new(if new.is_some() { Fails } else { Works }, if old.is_some() { Fails } else { Works })
        }
        Some(true) => at.effects(Wire::new(Fails, Works), none),
        Some(false) => at.effects(Wire::new(Works, Fails), none),
        None if key.starts_with("x-") || key == "format" && is_secret(old) && is_secret(new) => none,
        None if key == "additionalProperties" && !is_typed(old) && !is_typed(new) => none,
        // What nobody sends or receives.
        None if !at.sent && !at.received => none,
        None => Wire::new(Depends, Depends),
    }
}
