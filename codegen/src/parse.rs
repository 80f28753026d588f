//! Text to tree: JSON or YAML becomes [`Node`]s that know their place.
//!
//! In: the text of a document. Out: one tree in which every key and value has a [`Span`], or complaints. Nothing here knows
//! OpenAPI. Numbers stay text, so no integer is too large; keys of a mapping are unique; aliases and merge keys are expanded
//! and have the places of what they stand for; there are no tags and no second document.

use crate::diagnostics::{Diagnostics, Span};
use crate::foreign::{self, Foreign};
use crate::json;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

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
pub(crate) const DEPTH: usize = 128;

/// How much aliases may add to a document, in values. Real ones stay below some thousands; ten lines can ask for a billion.
const EXPANDED: usize = 1_000_000;

/// Reads one document.
///
/// # Errors
/// Every reason why the text is not one plain tree: syntax, a repeated key, a tag of somebody's own, nesting or aliases
/// beyond a limit, no document or more than one.
pub fn parse(text: &str) -> Result<Node, Diagnostics> {
    if let Some(foreign) = foreign::of_beginning(text) {
        return Err(refused(foreign));
    }
    if let Some(root) = json::read(text) {
        return Ok(root);
    }
    read_yaml(text).map_err(|problems| foreign::of_unreadable(text).map_or(problems, refused))
}

/// Reads one of several documents. The places of its text begin with `base`.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_from(text: &str, base: u32) -> Result<Node, Diagnostics> {
    match parse(text) {
        Ok(mut root) => {
            if base > 0 {
                move_places(&mut root, base);
            }
            Ok(root)
        }
        Err(problems) => Err(problems.moved(base)),
    }
}

/// A tree is never deeper than the limit, so this may recurse.
fn move_places(node: &mut Node, by: u32) {
    node.span = node.span.moved(by);
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| move_places(item, by)),
        Value::Object(entries) => entries.iter_mut().for_each(|(key, value)| {
            key.span = key.span.moved(by);
            move_places(value, by);
        }),
        _ => {}
    }
}

fn refused(Foreign { message, span, help }: Foreign) -> Diagnostics {
    let mut problems = Diagnostics::default();
    problems.error(span, message, "of another kind", help);
    problems
}

/// Reads YAML, and so JSON.
pub(crate) fn read_yaml(text: &str) -> Result<Node, Diagnostics> {
    let commas = trailing_commas(text);
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
    let root = builder.finish()?;
    if commas.is_empty() { Ok(root) } else { Err(commas) }
}

/// Complains about commas behind the last item, which YAML allows and JSON does not. Where names have no quotes, or
/// something else is not written like JSON, it is YAML in braces.
fn trailing_commas(text: &str) -> Diagnostics {
    let none = Diagnostics::default;
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        return none();
    }
    let mut problems = none();
    let (mut is_text, mut is_escaped, mut is_word) = (false, false, false);
    let mut comma: Option<u32> = None;
    for (at, character) in (0_u32..).zip(text.chars()) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => (is_text, is_word, comma) = (!is_text, false, None),
            _ if is_text => {}
            ' ' | '\t' | '\r' | '\n' | '\u{feff}' => {}
            ',' => (is_word, comma) = (false, Some(at)),
            '}' | ']' => {
                if let Some(start) = comma.take() {
                    problems.error(
                        Span { start, end: start + 1 },
                        "a comma stands behind the last item",
                        "JSON has none here",
                        "remove it",
                    );
                }
                is_word = false;
            }
            ':' if is_word => return none(),
            '{' | '[' | ':' => (is_word, comma) = (false, None),
            '0'..='9' | 'a'..='z' | 'E' | '+' | '-' | '.' => (is_word, comma) = (true, None),
            _ => return none(),
        }
    }
    problems
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
    /// Where a second document starts.
    second: Option<Span>,
    problems: Diagnostics,
    /// What aliases stand for, by the number of their anchor.
    anchors: HashMap<usize, Measured>,
    /// How much aliases have added.
    expanded: usize,
    joined: Vec<usize>,
    /// Of the text, in characters.
    length: usize,
}

/// A value with what a copy of it would add.
#[derive(Clone)]
struct Measured {
    node: Node,
    /// Roughly its size, in nodes.
    size: usize,
    /// How many levels it has.
    height: usize,
}

/// A sequence or mapping that has not ended.
struct Open {
    start: Span,
    /// Zero where it has none.
    anchor: usize,
    size: usize,
    height: usize,
    content: Content,
}

enum Content {
    Array(Vec<Node>),
    Object { entries: Vec<(Key, Node)>, key: Option<PendingKey>, seen: HashSet<String>, merges: Vec<Merge> },
}

/// A key that waits for its value.
struct PendingKey {
    key: Key,
    /// Whether it merges the value into the mapping.
    merges: bool,
}

/// Entries of another mapping, to be put before an entry.
struct Merge {
    before: usize,
    entries: Vec<(Key, Node)>,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let is_content = matches!(
            event,
            Event::Alias(_) | Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..)
        );
        if let (Some(second), true) = (self.second, is_content) {
            // Three hyphens at the end, and nothing behind them, start no document.
            if !matches!(&event, Event::Scalar(text, ScalarStyle::Plain, 0, None) if text.is_empty()) {
                self.problems.error(
                    second,
                    "the file holds more than one YAML document",
                    "a second document starts here",
                    "keep one document per file",
                );
            }
            return Err(Stop);
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(&text, style, tag.as_deref(), span);
                let size = 1 + text.len() / 32;
                if self.wants_key() {
                    self.keep(anchor, || Measured { node: Node { value, span }, size, height: 1 });
                    let merges = text == "<<" && style == ScalarStyle::Plain && tag.is_none();
                    self.key(&text, merges, span);
                    return Ok(());
                }
                self.add(Measured { node: Node { value, span }, size, height: 1 }, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), &["seq"], span);
                self.open(Content::Array(Vec::new()), anchor, span)
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), &["map"], span);
                let (entries, merges) = (Vec::new(), Vec::new());
                self.open(Content::Object { entries, key: None, seen: HashSet::new(), merges }, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::DocumentStart(_) => {
                self.second = self.root.is_some().then_some(span);
                Ok(())
            }
            Event::DocumentEnd | Event::StreamStart | Event::StreamEnd | Event::Nothing => Ok(()),
        }
    }

    /// Puts a copy of what the anchor marks here. Its places are where it is written.
    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let Some(Measured { size, height, node }) = self.anchors.get(&anchor) else {
            self.problems.error(
                span,
                "this alias stands inside of what it means",
                "leads back to itself",
                "use `components` and `$ref` for a schema that contains itself",
            );
            return Err(Stop);
        };
        let (size, height) = (*size, *height);
        if self.wants_key() {
            let text = match &node.value {
                Value::String(text) | Value::Number(text) => text.clone(),
                _ => return self.no_key(span),
            };
            self.key(&text, false, span);
            return Ok(());
        }
        self.expanded = self.expanded.saturating_add(size);
        if self.expanded > EXPANDED {
            self.problems.error(
                span,
                format!("aliases make the document larger than {EXPANDED} values"),
                "too large from here",
                "use `components` and `$ref` to share values",
            );
            return Err(Stop);
        }
        if self.open.len() + height > DEPTH {
            self.too_deep(span);
            return Err(Stop);
        }
        match self.anchors.get(&anchor).cloned() {
            Some(copy) => self.add(copy, 0),
            None => Err(Stop),
        }
    }

    /// Notes what an anchor marks.
    fn keep(&mut self, anchor: usize, value: impl FnOnce() -> Measured) {
        if anchor != 0 {
            self.anchors.insert(anchor, value());
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, fits: &[&str], span: Span) {
        let Some(tag) = tag else { return };
        let known = tag.is_yaml_core_schema() && fits.contains(&tag.suffix.as_str());
        if !known && !is_unspecific(tag) {
            self.problems.error(
                span,
                "this YAML tag has no meaning here",
                "this value has a tag",
                "remove the tag; quote a value to make it text",
            );
        }
    }

    /// What a scalar means, by its look or by its tag.
    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Value {
        let Some(tag) = tag else {
            return if style == ScalarStyle::Plain { plain(text) } else { Value::String(text.to_owned()) };
        };
        self.check_tag(Some(tag), &["str", "int", "float", "bool", "null"], span);
        if tag.suffix == "str" || is_unspecific(tag) {
            return Value::String(text.to_owned());
        }
        let value = plain(text);
        let fits = match &value {
            Value::Null => tag.suffix == "null",
            Value::Bool(_) => tag.suffix == "bool",
            Value::Number(_) => matches!(tag.suffix.as_str(), "int" | "float"),
            _ => false,
        };
        let is_known = matches!(&*tag.suffix, "int" | "float" | "bool" | "null");
        if !fits && is_known && tag.is_yaml_core_schema() {
            self.problems.error(
                span,
                format!("this value is none of the kind `!!{}`", excerpt(&tag.suffix)),
                "the tag says what it is not",
                "remove the tag, or correct the value",
            );
        }
        value
    }

    /// Whether the next value is a key.
    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Object { key: None, .. }, .. }))
    }

    fn key(&mut self, text: &str, merges: bool, span: Span) {
        let Some(Open { content: Content::Object { key, seen, .. }, .. }) = self.open.last_mut() else {
            return;
        };
        if !seen.insert(text.to_owned()) {
            self.problems.error(
                span,
                format!("the key `{}` is repeated in one mapping", excerpt(text)),
                "this key was given before",
                "keep one of the two, or rename one",
            );
        }
        *key = Some(PendingKey { key: Key { text: text.to_owned(), span }, merges });
    }

    fn no_key(&mut self, span: Span) -> Result<(), Stop> {
        self.problems.error(
            span,
            "a key of a mapping must be text",
            "a list or mapping as a key",
            "use a plain name as the key",
        );
        Err(Stop)
    }

    fn open(&mut self, content: Content, anchor: usize, span: Span) -> Result<(), Stop> {
        if self.wants_key() {
            return self.no_key(span);
        }
        if self.open.len() >= DEPTH {
            self.too_deep(span);
            return Err(Stop);
        }
        self.open.push(Open { start: span, anchor, size: 1, height: 1, content });
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
        let Some(Open { start, anchor, size, height, content }) = self.open.pop() else { return Ok(()) };
        let value = match content {
            Content::Array(items) => Value::Array(items),
            Content::Object { entries, merges, seen, .. } => Value::Object(merged(entries, merges, seen)),
        };
        let span = Span { start: start.start, end: end.end };
        self.add(Measured { node: Node { value, span }, size, height }, anchor)
    }

    fn add(&mut self, value: Measured, anchor: usize) -> Result<(), Stop> {
        self.keep(anchor, || value.clone());
        let Measured { node, size, height } = value;
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.size = open.size.saturating_add(size);
        open.height = open.height.max(height + 1);
        match &mut open.content {
            Content::Array(items) => items.push(node),
            Content::Object { entries, key, merges, .. } => match key.take() {
                Some(PendingKey { key, merges: false }) => entries.push((key, node)),
                Some(PendingKey { key, merges: true }) => {
                    let before = entries.len();
                    match merged_entries(node) {
                        Some(lists) => {
                            merges.extend(lists.into_iter().map(|entries| Merge { before, entries }));
                        }
                        None => self.problems.error(
                            key.span,
                            "a merge key needs a mapping, or a list of mappings",
                            "nothing to merge",
                            "give it an alias of a mapping, or write the entries here",
                        ),
                    }
                }
                // A value never arrives before its key.
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

/// A single `!`, which says no more than that a scalar is text.
fn is_unspecific(tag: &Tag) -> bool {
    matches!((&*tag.handle, &*tag.suffix), ("!", "") | ("", "!"))
}

/// The mappings that a merge key merges.
fn merged_entries(node: Node) -> Option<Vec<Vec<(Key, Node)>>> {
    match node.value {
        Value::Object(entries) => Some(vec![entries]),
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item.value {
                Value::Object(entries) => Some(entries),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// Entries with those of merged mappings: a mapping's own win, then what was merged first.
fn merged(entries: Vec<(Key, Node)>, merges: Vec<Merge>, mut seen: HashSet<String>) -> Vec<(Key, Node)> {
    if merges.is_empty() {
        return entries;
    }
    let mut merges = merges.into_iter().peekable();
    let mut all = Vec::new();
    let mut add = |all: &mut Vec<(Key, Node)>, merge: Merge| {
        all.extend(merge.entries.into_iter().filter(|(key, _)| seen.insert(key.text.clone())));
    };
    for (at, entry) in entries.into_iter().enumerate() {
        while let Some(merge) = merges.next_if(|merge| merge.before <= at) {
            add(&mut all, merge);
        }
        all.push(entry);
    }
    merges.for_each(|merge| add(&mut all, merge));
    all
}

/// A value written without quotes, by YAML 1.2's core schema: `no` is text, `0x1F` a number.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => match other_base(text) {
            Some(number) => Value::Number(number.to_string()),
            None => Value::String(text.to_owned()),
        },
    }
}

/// An octal or hexadecimal number.
fn other_base(text: &str) -> Option<u128> {
    let (digits, base) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 8),
        _ => return None,
    };
    u128::from_str_radix(digits, base).ok().filter(|_| !digits.starts_with('+'))
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
