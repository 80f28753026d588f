//! Values of a kind that a place demands, and complaints where the document has another.

use super::Lower;
use super::body::LeftOut;
use crate::diagnostics::{Effect, Span};
use crate::docs;
use crate::parse::{Key, Node, Value};

/// In bytes. Generated code matches on them byte by byte, and compilers are quadratic in that.
const LONGEST_ON_THE_WIRE: usize = 1000;

/// What names of headers and cookies and media types consist of.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

impl<'a> Lower<'a> {
    /// The name that `x-rust-name` asks for.
    pub(super) fn name_override(&mut self, node: &Node) -> Option<String> {
        let name = node.get("x-rust-name")?;
        let text = name.as_str().unwrap_or_default();
        let starts = text.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
        if starts && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
            return Some(text.to_owned());
        }
        self.problems.error(
            name.span,
            "`x-rust-name` must be a Rust name",
            "not letters, digits and underscores behind a letter",
            "write the name without `r#`, such as `x-rust-name: kind`",
        );
        None
    }

    /// Complains about a name or value of the wire that is longer than any compiler should have to tell from others.
    pub(super) fn check_length(&mut self, text: &str, span: Span) {
        if text.len() > LONGEST_ON_THE_WIRE {
            self.problems.error(
                span,
                format!("names and values are limited to {LONGEST_ON_THE_WIRE} bytes"),
                format!("this has {}", text.len()),
                "shorten it; text of any kind is `type: string` without `enum`",
            );
        }
    }

    /// Whether a text can be a name in the head of a request.
    pub(super) fn is_token(&self, text: &str) -> bool {
        !text.is_empty() && text.bytes().all(is_token)
    }

    /// Text under a key; complains where it is something else. A number is text that somebody forgot to quote.
    pub(super) fn text(&mut self, node: &'a Node, key: &str) -> Option<&'a str> {
        let value = node.get(key)?;
        if let Value::Number(text) = &value.value {
            self.taken_for(value.span, &format!("`{key}`"), "text", "the text");
            return Some(text);
        }
        if let Some(flag) = value.as_bool() {
            self.taken_for(value.span, &format!("`{key}`"), "text", "the text");
            return Some(if flag { "true" } else { "false" });
        }
        // An empty line is nothing.
        if value.as_str().is_none() && value.value != Value::Null {
            self.expected(value, &format!("`{key}`"), "text");
        }
        value.as_str()
    }

    /// A flag under a key, false where it is absent. Text of YAML 1.1 that means one is understood.
    pub(super) fn flag(&mut self, node: &'a Node, key: &str) -> bool {
        let Some(value) = node.get(key) else { return false };
        let meant = match value.as_str().map(str::to_ascii_lowercase).as_deref() {
            Some("true" | "yes" | "on" | "y") => Some(true),
            Some("false" | "no" | "off" | "n") => Some(false),
            _ => None,
        };
        match (value.as_bool(), meant) {
            (Some(flag), _) => return flag,
            (None, Some(meant)) => {
                self.taken_for(value.span, &format!("`{key}`"), "`true` or `false`", &format!("`{meant}`"));
            }
            (None, None) => self.expected(value, &format!("`{key}`"), "`true` or `false`"),
        }
        meant.unwrap_or_default()
    }

    fn taken_for(&mut self, span: Span, what: &str, kind: &str, meant: &str) {
        self.problems.warning(
            Effect::Ignored,
            span,
            format!("{what} must be {kind}"),
            format!("taken for {meant}"),
            format!("write {kind} here"),
        );
    }

    /// Entries of a mapping under a key; complains where it is something else.
    pub(super) fn mapping(&mut self, node: &'a Node, key: &str) -> &'a [(Key, Node)] {
        let Some(value) = node.get(key) else { return &[] };
        let value = self.document.container(value);
        if !matches!(value.value, Value::Object(_) | Value::Null) {
            self.expected(value, &format!("`{key}`"), "a mapping");
        }
        if value.get("$ref").and_then(Node::as_str).is_some() {
            // The container could not resolve it, so this says why.
            return self.component(value).map(Node::entries).unwrap_or_default();
        }
        value.entries()
    }

    /// Items of a list under a key; complains where it is something else.
    pub(super) fn list(&mut self, node: &'a Node, key: &str) -> &'a [Node] {
        let Some(value) = node.get(key) else { return &[] };
        if !matches!(value.value, Value::Array(_)) {
            self.expected(value, &format!("`{key}`"), "a list");
        }
        value.items()
    }

    /// Texts of a list under a key; complains about each item that is something else.
    pub(super) fn texts(&mut self, node: &'a Node, key: &str) -> Vec<&'a Node> {
        let mut texts = Vec::new();
        for item in self.list(node, key) {
            match item.as_str() {
                Some(_) => texts.push(item),
                None => self.expected(item, &format!("an item of `{key}`"), "text"),
            }
        }
        texts
    }

    /// Complains about a value of another kind, which says nothing.
    pub(super) fn expected(&mut self, node: &Node, what: &str, kind: &str) {
        self.problems.warning(
            Effect::Ignored,
            node.span,
            format!("{what} must be {kind}"),
            format!("this is {}; ignored", node.kind()),
            format!("write {kind} here"),
        );
    }

    /// Warns that a schema becomes any JSON.
    pub(super) fn untyped(&mut self, span: Span, what: &str, help: &str) {
        self.problems.warning(
            Effect::Untyped,
            span,
            format!("{what} has no type of its own"),
            "becomes `Value`, any JSON",
            help,
        );
    }

    /// Warns that something reaches no code.
    pub(super) fn left_out(&mut self, span: Span, what: &str, help: &str) {
        self.problems.warning(Effect::LeftOut, span, format!("{what} is left out"), "not generated", help);
    }

    /// Warns that an operation, or all of a path's, is left out, and why.
    pub(super) fn operation_left_out(
        &mut self,
        span: Span,
        why: impl Into<String>,
        label: impl std::fmt::Display,
        help: &str,
    ) -> LeftOut {
        self.problems.warning(
            Effect::LeftOut,
            span,
            why,
            format!("{label}; the operation is left out"),
            help,
        );
        LeftOut
    }

    /// Warns that types do not show a constraint.
    pub(super) fn not_enforced(&mut self, span: Span, what: &str, help: &str) {
        self.problems.warning(
            Effect::NotEnforced,
            span,
            format!("{what} is not enforced"),
            "no type shows it",
            help,
        );
    }

    /// Complains about a construct that no code is generated for.
    pub(super) fn unsupported(&mut self, span: Span, what: &str, help: &str) {
        self.problems.error(span, format!("{what} is not supported yet"), "used here", help);
    }

    /// Warns about keys that OpenAPI does not define at this place, each place once.
    pub(super) fn check_keys(&mut self, node: &Node, what: &str, known: &[&str]) {
        if !self.checked.insert(node) {
            return;
        }
        if !matches!(node.value, Value::Object(_)) {
            self.expected(node, what, "a mapping");
        }
        for (key, _) in node.entries() {
            if !known.contains(&key.text.as_str()) && !key.text.starts_with("x-") {
                self.problems.warning(
                    Effect::Ignored,
                    key.span,
                    format!("`{}` has no meaning in {what}", docs::plain(&key.text)),
                    "ignored",
                    "remove it, or check its spelling and indentation",
                );
            }
        }
    }
}
