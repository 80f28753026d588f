//! Following `$ref` within the document.

use super::Lower;
use crate::diagnostics::Span;
use crate::parse::{Node, Value};
use std::collections::HashMap;

impl<'a> Lower<'a> {
    /// The node itself, or what its `$ref` leads to in the end. Nothing where a reference is broken; that is reported.
    pub(super) fn deref(&mut self, node: &'a Node) -> Option<&'a Node> {
        let mut node = node;
        let mut seen: Vec<Span> = Vec::new();
        while let Some(reference) = node.get("$ref") {
            if seen.contains(&reference.span) {
                self.problems.error(
                    reference.span,
                    "this reference leads back to itself",
                    "a circle of references without a schema in it",
                    "let one of the references point to a definition",
                );
                return None;
            }
            seen.push(reference.span);
            node = self.target(reference)?;
        }
        Some(node)
    }

    /// What a `$ref` value points to, one step.
    pub(super) fn target(&mut self, reference: &'a Node) -> Option<&'a Node> {
        let Some(text) = reference.as_str() else {
            self.expected(reference, "`$ref`", "text");
            return None;
        };
        let Some(pointer) = text.strip_prefix('#') else {
            self.problems.error(
                reference.span,
                "references to other files or addresses are not supported",
                "leads out of this document",
                "copy the definition into `components` and point to it with `#/components/...`",
            );
            return None;
        };
        if pointer.is_empty() {
            self.problems.error(
                reference.span,
                "a reference to the whole document leads to no definition",
                "leads to everything",
                "point to a definition with `#/components/...`",
            );
            return None;
        }
        if let Some(found) = self.resolved.get(pointer) {
            return self.found(*found, reference, pointer);
        }
        let found = walk(self.root, pointer);
        self.resolved.insert(pointer.to_owned(), found);
        self.found(found, reference, pointer)
    }

    fn found(&mut self, found: Option<&'a Node>, reference: &Node, pointer: &str) -> Option<&'a Node> {
        if found.is_none() {
            let help = match self.similar(pointer) {
                Some(name) => format!("did you mean `#{name}`?"),
                None => "define it, or correct the reference".to_owned(),
            };
            self.problems.error(
                reference.span,
                format!("`#{pointer}` does not exist in this document"),
                "leads nowhere",
                help,
            );
        }
        found
    }

    /// A sibling of the missing target whose name differs only in case or punctuation, or is close to it.
    ///
    /// Not for the last of very many: all siblings are looked at.
    fn similar(&self, pointer: &str) -> Option<String> {
        if self.problems.len() > 100 {
            return None;
        }
        let (parent, wanted) = pointer.rsplit_once('/')?;
        let siblings = walk(self.root, parent)?.entries();
        let plain = |text: &str| -> String {
            text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let wanted = plain(wanted);
        siblings
            .iter()
            .map(|(key, _)| key.text.as_str())
            .find(|name| {
                let name = plain(name);
                name == wanted
                    || name.strip_suffix('s') == Some(&wanted)
                    || wanted.strip_suffix('s') == Some(&name)
            })
            .map(|name| format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1")))
    }
}

/// All components by their pointers, so that following a reference does not search among thousands.
pub(super) fn components(root: &Node) -> HashMap<String, Option<&Node>> {
    let sections = root.get("components").map(Node::entries).unwrap_or_default();
    let components = sections.iter().flat_map(|(section, components)| {
        components.entries().iter().map(|(key, node)| {
            let name = key.text.replace('~', "~0").replace('/', "~1");
            // What is written with percent signs is looked for.
            (format!("/components/{}/{name}", section.text), Some(node))
        })
    });
    components.filter(|(pointer, _)| !pointer.contains('%')).collect()
}

/// The last segment of a reference, decoded: the name of what it points to.
pub(super) fn last_segment(reference: &str) -> String {
    decode(reference.rsplit('/').next().unwrap_or_default())
}

fn walk<'a>(root: &'a Node, pointer: &str) -> Option<&'a Node> {
    pointer.strip_prefix('/')?.split('/').try_fold(root, |node, segment| {
        let segment = decode(segment);
        match &node.value {
            Value::Object(_) => node.get(&segment),
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

/// Undoes percent-encoding and then JSON Pointer's `~1` and `~0`.
fn decode(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| segment.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).replace("~1", "/").replace("~0", "~")
}
