//! JSON to tree, in one pass over its bytes.
//!
//! In: the text of a document. Out: what the reader of YAML makes of it, too; nothing where the text is not JSON to the
//! letter or repeats a key, so that the other reader, which takes ten times as long, says what is wrong.

use crate::diagnostics::Span;
use crate::parse::{DEPTH, Key, Node, Value};
use std::collections::HashSet;

/// Reads a document whose root is an object.
pub(crate) fn read(text: &str) -> Option<Node> {
    let mut reader = Reader { text, at: 0, continued: 0, depth: 0 };
    reader.skip_space();
    if reader.peek() != Some(b'{') {
        return None;
    }
    let root = reader.value()?;
    reader.skip_space();
    reader.peek().is_none().then_some(root)
}

struct Reader<'a> {
    text: &'a str,
    /// The next byte.
    at: usize,
    /// How many bytes before it continue a character: places are counted in characters.
    continued: usize,
    /// How many objects and lists have not ended.
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes behind a byte, if it is the next one.
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn place(&self) -> u32 {
        u32::try_from(self.at - self.continued).unwrap_or(u32::MAX)
    }

    fn value(&mut self) -> Option<Node> {
        let start = self.place();
        let value = match self.peek()? {
            b'{' => self.nested(Self::object)?,
            b'[' => self.nested(Self::list)?,
            b'"' => Value::String(self.string()?),
            b't' => self.word("true", Value::Bool(true))?,
            b'f' => self.word("false", Value::Bool(false))?,
            b'n' => self.word("null", Value::Null)?,
            _ => Value::Number(self.number()?),
        };
        Some(Node { value, span: Span { start, end: self.place() } })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Value>) -> Option<Value> {
        if self.depth == DEPTH {
            return None;
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Some(value)
    }

    fn object(&mut self) -> Option<Value> {
        let mut entries = Vec::new();
        self.items(b'{', b'}', |reader| {
            let start = reader.place();
            let text = reader.string()?;
            let key = Key { text, span: Span { start, end: reader.place() } };
            reader.skip_space();
            reader.take(b':')?;
            reader.skip_space();
            entries.push((key, reader.value()?));
            Some(())
        })?;
        let mut seen = HashSet::with_capacity(entries.len());
        let are_distinct = entries.iter().all(|(key, _)| seen.insert(key.text.as_str()));
        are_distinct.then_some(Value::Object(entries))
    }

    fn list(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        self.items(b'[', b']', |reader| {
            items.push(reader.value()?);
            Some(())
        })?;
        Some(Value::Array(items))
    }

    /// What stands between brackets, with commas between.
    fn items(&mut self, open: u8, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(open)?;
        self.skip_space();
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            self.skip_space();
            if self.take(close).is_some() {
                return Some(());
            }
            self.take(b',')?;
            self.skip_space();
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let length = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20))?;
            let plain = &rest[..length];
            text.push_str(plain);
            self.continued += plain.bytes().filter(|byte| byte & 0xC0 == 0x80).count();
            self.at += length;
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(text);
                }
                b'\\' => text.push(self.escaped()?),
                _ => return None,
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        self.take(b'\\')?;
        let kind = self.peek()?;
        self.at += 1;
        Some(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => match self.unit()? {
                high @ 0xD800..=0xDBFF => {
                    self.take(b'\\')?;
                    self.take(b'u')?;
                    let low = self.unit()?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
                    char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + low)?
                }
                unit => char::from_u32(unit)?,
            },
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Option<String> {
        let start = self.at;
        _ = self.take(b'-');
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(self.text[start..self.at].to_owned())
    }

    /// At least one.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::parse::read_yaml;

    /// What JSON is made of, whole and broken.
    const TOKENS: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "\t",
        "\"a\"",
        "\"b\"",
        "\"\u{e9}\u{1f600}\"",
        "\"<<\"",
        r#""\u00e9\ud83d\ude00\"\\\/\n""#,
        r#""\ud83d""#,
        r#""\ude00\ud83d""#,
        r#""\x41""#,
        r#""\u00g1""#,
        "\"",
        "1",
        "-0.5e+3",
        "01",
        "1.",
        "-",
        "true",
        "null",
        "nul",
        "\u{feff}",
        "'a'",
        "a",
        "# x\n",
        "{\"a\":",
        "\"b\":",
    ];

    /// Documents that are mostly JSON, from a seed.
    fn document(mut seed: u64) -> String {
        let mut next = move |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % below
        };
        let mut text = "{\"a\":".to_owned();
        let mut open = vec!["}"];
        for _ in 0..next(20) {
            match next(6) {
                0 => {
                    text.push_str("{\"k\": ");
                    open.push("}");
                }
                1 => {
                    text.push('[');
                    open.push("]");
                }
                2 => text.push_str(&format!("{}, \"{}\": ", TOKENS[next(TOKENS.len())], next(9))),
                3 => text.push_str(&format!("{},", TOKENS[next(TOKENS.len())])),
                _ => text.push_str(TOKENS[next(TOKENS.len())]),
            }
        }
        text.push_str(["1", "\"x\u{fc}\"", "[]", "{ }"][next(4)]);
        text.extend(open.into_iter().rev());
        text
    }

    /// The other reader counts blanks behind a value to it, sometimes.
    fn assert_same(node: &Node, other: &Node, text: &str) {
        assert_eq!(node.span.start, other.span.start, "{text}");
        assert!(node.span.end <= other.span.end, "{text}");
        match (&node.value, &other.value) {
            (Value::Array(items), Value::Array(others)) => {
                assert_eq!(items.len(), others.len(), "{text}");
                items.iter().zip(others).for_each(|(item, other)| assert_same(item, other, text));
            }
            (Value::Object(entries), Value::Object(others)) => {
                assert_eq!(entries.len(), others.len(), "{text}");
                for ((key, value), (other_key, other)) in entries.iter().zip(others) {
                    assert_eq!(key.text, other_key.text, "{text}");
                    assert_eq!(key.span.start, other_key.span.start, "{text}");
                    assert_same(value, other, text);
                }
            }
            (value, other) => assert_eq!(value, other, "{text}"),
        }
    }

    #[test]
    fn both_readers_find_the_same_in_the_same_places() {
        let (mut read_by_both, mut left) = (0, 0);
        for seed in 0..40_000 {
            let text = document(seed);
            match (read(&text), serde_json::from_str::<serde_json::Value>(&text)) {
                (Some(node), Ok(_)) => {
                    // YAML knows no tabs in front of some marks, and refuses other JSON rather than to misread it.
                    if let Ok(other) = read_yaml(&text) {
                        assert_same(&node, &other, &text);
                        read_by_both += 1;
                    }
                }
                (None, Err(_)) => left += 1,
                // A repeated key is JSON, and a fault.
                (None, Ok(_)) => assert!(read_yaml(&text).is_err(), "{text}"),
                (Some(_), Err(error)) => panic!("read what is not JSON: {error}\n{text}"),
            }
        }
        assert!(read_by_both > 1000 && left > 1000, "{read_by_both} {left}");
    }

    #[test]
    fn nesting_ends_where_the_other_reader_ends_it() {
        let nested =
            |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(read(&nested(DEPTH)).is_some() && read_yaml(&nested(DEPTH)).is_ok());
        assert!(read(&nested(DEPTH + 1)).is_none() && read_yaml(&nested(DEPTH + 1)).is_err());
    }
}
