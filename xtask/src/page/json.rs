//! The example payloads: strict JSON, kept in order.

use crate::source::Extent;
use codegen::diagnostics::Span;
use codegen::parse::{self, Node, Value};
use std::borrow::Cow;

/// One value of a page.
pub struct Json {
    /// The value; its places are those of the page.
    pub node: Node,
    /// One past its last byte.
    pub end: usize,
}

/// Why there is no value.
pub struct Fault {
    /// How many lines below the first.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// Reads the value that begins at a byte, which is the given character, and ends where it ends. In a part of a page it may
/// break off with the text, between two members.
///
/// # Errors
/// The text is not JSON, or repeats a key.
pub fn read(text: &str, offset: usize, character: u32, extent: Extent) -> Result<Json, Fault> {
    let rest = text.get(offset..).unwrap_or_default();
    match read_whole(rest, offset, character) {
        Err(_) if extent == Extent::Partial && is_cut(rest) => {
            let json = read_whole(&closed(rest), offset, character)?;
            Ok(Json { end: text.len(), ..json })
        }
        other => other,
    }
}

/// Whether a text is the beginning of a value.
fn is_cut(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_err_and(|error| error.is_eof())
}

/// The beginning of a value with the brackets that it lacks. Where it ends within a member, this is no value either.
fn closed(text: &str) -> Cow<'_, str> {
    let (mut open, mut quoted, mut escaped) = (Vec::new(), false, false);
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => open.push('}'),
            '[' if !quoted => open.push(']'),
            '}' | ']' if !quoted => drop(open.pop()),
            _ => {}
        }
    }
    if quoted {
        return Cow::Borrowed(text);
    }
    let text = text.trim_end();
    let text = text.strip_suffix(',').unwrap_or(text);
    Cow::Owned(text.chars().chain(open.into_iter().rev()).collect())
}

fn read_whole(text: &str, offset: usize, character: u32) -> Result<Json, Fault> {
    // The parser below reads JSON as YAML, which accepts much that is not JSON.
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    match values.next() {
        Some(Ok(_)) => {}
        Some(Err(error)) => {
            return Err(Fault { line: error.line().saturating_sub(1), message: reason(&error) });
        }
        None => return Err(Fault { line: 0, message: "a payload is missing".to_owned() }),
    }
    let end = values.byte_offset();
    let mut node = parse::parse(&text[..end]).map_err(|problems| match problems.iter().next() {
        Some(problem) => Fault { line: problem.span.place(text).line - 1, message: problem.message.clone() },
        None => Fault { line: 0, message: "not JSON".to_owned() },
    })?;
    shift(&mut node, character);
    Ok(Json { node, end: offset + end })
}

/// Reads a text that is one value and nothing else.
pub fn read_all(text: &str) -> Option<Node> {
    read(text, 0, 0, Extent::Whole).ok().filter(|json| json.end == text.len()).map(|json| json.node)
}

/// Whether two values are the same, wherever they stand.
pub fn same(left: &Node, right: &Node) -> bool {
    match (&left.value, &right.value) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| left.0.text == right.0.text && same(&left.1, &right.1))
        }
        (left, right) => left == right,
    }
}

/// Texts beyond this many characters are abridged: an example's shape matters, not its prose.
const LONG: usize = 40;

/// How much is left of them.
const SHORT: usize = 20;

/// Abridges long texts.
pub fn abridge(node: &mut Node) {
    match &mut node.value {
        Value::String(text) if text.chars().nth(LONG).is_some() => {
            *text = text.chars().take(SHORT).chain(['…']).collect();
        }
        Value::Array(items) => items.iter_mut().for_each(abridge),
        Value::Object(entries) => entries.iter_mut().for_each(|(_, value)| abridge(value)),
        _ => {}
    }
}

fn shift(node: &mut Node, by: u32) {
    let move_span = |span: &mut Span| *span = Span { start: span.start + by, end: span.end + by };
    move_span(&mut node.span);
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Object(entries) => entries.iter_mut().for_each(|(key, value)| {
            move_span(&mut key.span);
            shift(value, by);
        }),
        _ => {}
    }
}

/// The parser's reason without its place, which is that of a part of the page.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    format!("the payload is not JSON ({reason})")
}
