//! Plain values within the limits of schemas: numbers between bounds, text of a length or pattern.
//!
//! In: all layers of a schema. Out: the value that is tried first, where the limits allow it, else the nearest that fits.

use codegen::parse::{Node, Value as Written};
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Value, json};

/// How often the unbounded parts of a pattern are repeated to reach a length.
const MOST_REPEATED: u32 = 64;

/// Text that all layers allow, `wanted` where they do; a pattern that cannot be read is answered by the schema's own example.
pub(super) fn text(layers: &[&Node], wanted: &str) -> String {
    let least = layers.iter().filter_map(|layer| layer.get("minLength").and_then(whole)).max().unwrap_or(0);
    let most = layers.iter().filter_map(|layer| layer.get("maxLength").and_then(whole)).min();
    let most = most.unwrap_or(usize::MAX);
    let fits = |text: &str| (least..=most).contains(&text.chars().count());
    let Some(pattern) = layers.iter().find_map(|layer| layer.get("pattern")?.as_str()) else {
        if fits(wanted) {
            return wanted.to_owned();
        }
        return wanted.chars().cycle().take(wanted.chars().count().clamp(least, most)).collect();
    };
    let by_pattern = || {
        let pattern = regex_syntax::Parser::new().parse(pattern).ok()?;
        (0..MOST_REPEATED).map(|more| matching(&pattern, more)).find(|text| fits(text))
    };
    let example = || {
        let given = layers.iter().find_map(|layer| layer.get("example").or_else(|| layer.get("default")));
        given.and_then(Node::as_str).map(str::to_owned)
    };
    by_pattern().or_else(example).unwrap_or_else(|| wanted.to_owned())
}

/// An integer that all layers allow, 1 where they do.
pub(super) fn integer(layers: &[&Node]) -> Value {
    let value = bounded(layers, 1.0, 1.0);
    // Beyond this, not every integer is a float.
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(1) }
}

/// A number that all layers allow, 1.5 where they do.
pub(super) fn number(layers: &[&Node]) -> Value {
    json!(bounded(layers, 1.5, 0.5))
}

/// A number that a schema gives as a limit of a count.
pub(super) fn whole(node: &Node) -> Option<usize> {
    match &node.value {
        Written::Number(text) => text.parse().ok(),
        _ => None,
    }
}

/// `step`: how far from an exclusive limit the value is at least.
fn bounded(layers: &[&Node], wanted: f64, step: f64) -> f64 {
    let given = |key: &str| layers.iter().find_map(|layer| float(layer.get(key)?));
    // Exclusive limits are numbers since 3.1, before a boolean beside the limit.
    let is_strict =
        |key: &str| layers.iter().any(|layer| layer.get(key).and_then(Node::as_bool) == Some(true));
    let room = |key: &str| if is_strict(key) { step } else { 0.0 };
    let low = given("minimum").map(|low| low + room("exclusiveMinimum"));
    let low = low.into_iter().chain(given("exclusiveMinimum").map(|low| low + step)).reduce(f64::max);
    let high = given("maximum").map(|high| high - room("exclusiveMaximum"));
    let high = high.into_iter().chain(given("exclusiveMaximum").map(|high| high - step)).reduce(f64::min);
    let value = wanted.min(high.unwrap_or(f64::INFINITY)).max(low.unwrap_or(f64::NEG_INFINITY));
    match given("multipleOf").filter(|unit| *unit > 0.0) {
        Some(unit) => (value / unit).ceil() * unit,
        None => value,
    }
}

fn float(node: &Node) -> Option<f64> {
    match &node.value {
        Written::Number(text) => text.parse().ok(),
        _ => None,
    }
}

/// Text that a pattern matches, its unbounded parts `more` times longer than they must be.
fn matching(pattern: &Hir, more: u32) -> String {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => String::new(),
        HirKind::Literal(literal) => String::from_utf8_lossy(&literal.0).into_owned(),
        HirKind::Class(class) => member(class).to_string(),
        HirKind::Repetition(repetition) => {
            let count = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(more));
            matching(&repetition.sub, more).repeat(count as usize)
        }
        HirKind::Capture(capture) => matching(&capture.sub, more),
        HirKind::Concat(parts) => parts.iter().map(|part| matching(part, more)).collect(),
        HirKind::Alternation(alternatives) => {
            alternatives.first().map(|first| matching(first, more)).unwrap_or_default()
        }
    }
}

/// A character of a class, a plain one if it has one.
fn member(class: &Class) -> char {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
        }
    };
    let has = |wanted: &char| ranges.iter().any(|(start, end)| (start..=end).contains(&wanted));
    ['a', 'A', '1'].into_iter().find(has).or_else(|| ranges.first().map(|(start, _)| *start)).unwrap_or('a')
}

#[cfg(test)]
mod tests {
    use super::*;
    use codegen::parse::parse;

    #[test]
    fn values_lie_within_limits() {
        let cases = [
            ("{ }", "text", json!(1), json!(1.5)),
            ("{ minLength: 6, minimum: 10 }", "textte", json!(10), json!(10.0)),
            ("{ maxLength: 2, maximum: 0 }", "te", json!(0), json!(0.0)),
            ("{ minimum: 5, exclusiveMinimum: true }", "text", json!(6), json!(5.5)),
            ("{ exclusiveMinimum: 7, multipleOf: 5 }", "text", json!(10), json!(10.0)),
            ("{ pattern: '^[0-9]{2}-x+$', minLength: 6 }", "11-xxx", json!(1), json!(1.5)),
            ("{ pattern: '^(?!x)a$', example: a }", "a", json!(1), json!(1.5)),
        ];
        for (schema, text, integer, number) in cases {
            let Ok(schema) = parse(schema) else { panic!("{schema} is no schema") };
            let layers = [&schema];
            let made = (super::text(&layers, "text"), super::integer(&layers), super::number(&layers));
            assert_eq!(made, (text.to_owned(), integer, number), "{layers:?}");
        }
    }
}
