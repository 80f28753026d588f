//! Text to tree: JSON or YAML becomes [`Node`]s that know their place.
//!
//! In: the text of a document. Out: one tree in which every key and value has a [`Span`], or complaints. Nothing here knows
//! OpenAPI. Numbers stay text, so no integer is too large; keys of a mapping are unique; there are no aliases, no tags and
//! no second document.

use crate::diagnostics::{Diagnostics, Span};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};
use std::borrow::Cow;
use std::collections::HashSet;

/// A value of the document with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
}

/// What a node can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// Text.
    String(String),
    /// A sequence.
    Array(Vec<Node>),
    /// A mapping, in the document's order.
    Object(Vec<(Key, Node)>),
}

/// A key of a mapping with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The key.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// How deep a document may nest. Real ones stay below 50; the stages after this one may recurse.
const DEPTH: usize = 128;

/// Reads one document.
///
/// # Errors
/// Every reason why the text is not one plain tree: syntax, a repeated key, an alias, a tag, nesting beyond a limit, no
/// document or more than one.
pub fn parse(text: &str) -> Result<Node, Diagnostics> {
    let (text, joined) = join_surrogates(text)?;
    let mut builder = Builder { joined, length: text.chars().count(), ..Builder::default() };
    let mut parser = Parser::new_from_str(&text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => {
                let span = builder.span(span);
                if builder.event(event, span).is_err() {
                    break;
                }
            }
            Err(error) => {
                builder.syntax(&error);
                break;
            }
        }
    }
    builder.finish()
}

impl Node {
    /// The value under a key, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(candidate, _)| candidate.text == key).map(|(_, node)| node)
    }

    /// Keys and values, where this is a mapping; nothing otherwise.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The items, where this is a sequence; nothing otherwise.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// The text, where this is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The flag, where this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a mapping",
        }
    }
}

/// Stops reading; the reason has been recorded.
struct Stop;

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    problems: Diagnostics,
    joined: Vec<usize>,
    /// Of the text, in characters.
    length: usize,
}

/// A sequence or mapping that has not ended.
enum Open {
    Array { start: Span, items: Vec<Node> },
    Object { start: Span, entries: Vec<(Key, Node)>, key: Option<Key>, seen: HashSet<String> },
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.tag(tag.is_some(), span);
                self.anchor(anchor, span);
                self.scalar(&text, style, span)
            }
            Event::SequenceStart(anchor, tag) => {
                self.tag(tag.is_some(), span);
                self.anchor(anchor, span);
                self.open(Open::Array { start: span, items: Vec::new() }, span)
            }
            Event::MappingStart(anchor, tag) => {
                self.tag(tag.is_some(), span);
                self.anchor(anchor, span);
                let open = Open::Object { start: span, entries: Vec::new(), key: None, seen: HashSet::new() };
                self.open(open, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(_) => {
                self.problems.error(
                    span,
                    "YAML aliases are not supported",
                    "an alias",
                    "repeat the value here, or move it to `components` and use `$ref`",
                );
                self.add(Node { value: Value::Null, span })
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                self.problems.error(
                    span,
                    "the file holds more than one YAML document",
                    "a second document starts here",
                    "keep one document per file",
                );
                Err(Stop)
            }
            Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::StreamStart
            | Event::StreamEnd
            | Event::Nothing => Ok(()),
        }
    }

    fn tag(&mut self, present: bool, span: Span) {
        if present {
            self.problems.error(
                span,
                "YAML tags are not supported",
                "this value has a tag",
                "remove the tag; quote a value to make it text",
            );
        }
    }

    fn anchor(&mut self, anchor: usize, span: Span) {
        if anchor != 0 {
            self.problems.error(
                span,
                "YAML anchors are not supported",
                "this value has an anchor",
                "remove the anchor; use `components` and `$ref` to share a value",
            );
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Result<(), Stop> {
        if let Some(Open::Object { key: key @ None, seen, .. }) = self.open.last_mut() {
            if !seen.insert(text.to_owned()) {
                self.problems.error(
                    span,
                    format!("the key `{}` is repeated in one mapping", excerpt(text)),
                    "this key was given before",
                    "keep one of the two, or rename one",
                );
            }
            if text == "<<" && style == ScalarStyle::Plain {
                self.problems.error(
                    span,
                    "YAML merge keys are not supported",
                    "a merge key",
                    "repeat the entries here, or use `components` and `$ref`",
                );
            }
            *key = Some(Key { text: text.to_owned(), span });
            return Ok(());
        }
        let value = if style == ScalarStyle::Plain { plain(text) } else { Value::String(text.to_owned()) };
        self.add(Node { value, span })
    }

    fn open(&mut self, open: Open, span: Span) -> Result<(), Stop> {
        if let Some(Open::Object { key: None, .. }) = self.open.last() {
            self.problems.error(
                span,
                "a key of a mapping must be text",
                "a list or mapping as a key",
                "use a plain name as the key",
            );
            return Err(Stop);
        }
        if self.open.len() >= DEPTH {
            self.too_deep(span);
            return Err(Stop);
        }
        self.open.push(open);
        Ok(())
    }

    fn too_deep(&mut self, span: Span) {
        self.problems.error(
            span,
            format!("the document nests deeper than {DEPTH} levels"),
            "too deep from here",
            "move inner schemas to `components` and use `$ref`",
        );
    }

    fn close(&mut self, end: Span) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let node = match open {
            Open::Array { start, items } => {
                Node { value: Value::Array(items), span: Span { start: start.start, end: end.end } }
            }
            Open::Object { start, entries, .. } => {
                Node { value: Value::Object(entries), span: Span { start: start.start, end: end.end } }
            }
        };
        self.add(node)
    }

    fn add(&mut self, node: Node) -> Result<(), Stop> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Array { items, .. }) => items.push(node),
            Some(Open::Object { entries, key, .. }) => match key.take() {
                Some(key) => entries.push((key, node)),
                // Only an alias can arrive as a key without having gone through `scalar`; it has been reported.
                None => return Err(Stop),
            },
        }
        Ok(())
    }

    fn syntax(&mut self, error: &ScanError) {
        let start = error.marker().index();
        let span = self.span(saphyr_parser::Span::new(*error.marker(), *error.marker()));
        debug_assert!(start <= u32::MAX as usize);
        if error.info().contains("recursion limit") {
            return self.too_deep(span);
        }
        self.problems.error(
            span,
            format!("this is neither valid YAML nor JSON: {}", error.info()),
            "reading stopped here",
            "check quotes, brackets and indentation around this place",
        );
    }

    /// Offsets into the original text: before each joined surrogate pair they were two characters further on. Never behind
    /// its end, where the scanner gets after a directive that it does not know: of that it counts bytes.
    fn span(&self, span: saphyr_parser::Span) -> Span {
        let original = |index: usize| {
            let index = index.min(self.length);
            let before = self.joined.partition_point(|at| *at < index);
            u32::try_from(index + 2 * before).unwrap_or(u32::MAX)
        };
        Span { start: original(span.start.index()), end: original(span.end.index()) }
    }

    fn finish(mut self) -> Result<Node, Diagnostics> {
        match self.root {
            Some(root) if self.problems.is_empty() => Ok(root),
            _ => {
                if self.problems.is_empty() {
                    self.problems.error(
                        Span::default(),
                        "the file holds no document",
                        "nothing to read",
                        "write an OpenAPI document into it",
                    );
                }
                Err(self.problems)
            }
        }
    }
}

/// A value written without quotes, by YAML 1.2's core schema: `no` is text, `0x1F` a number.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::String(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    !(whole.is_empty() && fraction.is_empty()) && digits(whole) && digits(fraction) && exponent_fits
}

/// JSON writes characters beyond U+FFFF as two escapes (`\ud83d\ude00`), which YAML does not know. They become one YAML
/// escape (`\U0001f600`), two characters shorter. Returns the text and where, in characters, pairs were joined.
fn join_surrogates(text: &str) -> Result<(Cow<'_, str>, Vec<usize>), Diagnostics> {
    let json = text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
    if !json || !(text.contains("\\ud") || text.contains("\\uD")) {
        return Ok((Cow::Borrowed(text), Vec::new()));
    }
    let mut joined = String::with_capacity(text.len());
    let mut places = Vec::new();
    let mut problems = Diagnostics::default();
    let mut rest = text;
    let (mut read, mut written) = (0, 0);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        let characters = before.chars().count();
        joined.push_str(before);
        read += characters;
        written += characters;
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
                let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                joined.push_str(&format!("\\U{code:08x}"));
                places.push(written);
                written += 10;
                12
            }
            (Some(0xD800..=0xDFFF), _) => {
                let start = u32::try_from(read).unwrap_or(u32::MAX);
                problems.error(
                    Span { start, end: start + 6 },
                    "half of a surrogate pair stands alone",
                    "not a character",
                    "write the character itself, or both halves of the pair",
                );
                written += 6;
                6
            }
            // Any other escape: the backslash and the character it escapes, so that `\\u` is not read as an escape.
            _ => {
                let length = escape.chars().take(2).map(char::len_utf8).sum();
                joined.push_str(&escape[..length]);
                written += 2;
                length
            }
        };
        read += escape[..length].chars().count();
        rest = &escape[length..];
    }
    joined.push_str(rest);
    if problems.is_empty() { Ok((Cow::Owned(joined), places)) } else { Err(problems) }
}

/// The UTF-16 unit of an escape such as `\u00e9` that the text starts with.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

fn excerpt(text: &str) -> String {
    text.chars().take(60).filter(|character| !character.is_control()).collect()
}
