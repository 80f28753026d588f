//! Media types: what is JSON, which of several forms of a body is chosen, and what is said of the others.

use super::Lower;
use super::words::json;
use crate::docs;
use crate::parse::{Key, Node};

impl<'a> Lower<'a> {
    /// Says which media types are not used, where they carry something else than the chosen one.
    pub(super) fn mention_other_forms(&mut self, content: &'a [(Key, Node)], best: &(Key, Node), verb: &str) {
        for (key, media) in content {
            let streams = verb == "read" && essence(&key.text) == "text/event-stream";
            if key.text != best.0.text && !streams && !same_schema(media.get("schema"), best.1.get("schema"))
            {
                self.problems.warning(
                    key.span,
                    format!("the generated client does not {verb} `{}`", docs::plain(&key.text)),
                    "another form of the same body",
                    format!("it {verb}s `{}`; remove that one to choose another", docs::plain(&best.0.text)),
                );
            }
        }
    }

    /// Complains about a media type that cannot stand in a header.
    pub(super) fn check_media_type(&mut self, key: &Key) {
        let token = |text: &str| !text.is_empty() && text.bytes().all(super::is_token);
        let is_one =
            essence(&key.text).split_once('/').is_some_and(|(kind, form)| token(kind) && token(form));
        if !is_one || !key.text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.problems.error(
                key.span,
                format!("`{}` is not a media type", docs::plain(&key.text)),
                "not two names with a slash between them",
                "write it as it is sent, such as `application/json`",
            );
        }
    }

    /// Whether the schema of `*/*` describes JSON rather than bytes.
    pub(super) fn is_json_schema(&mut self, schema: &'a Node) -> bool {
        self.deref(schema).is_some_and(|schema| {
            !schema.entries().is_empty() && schema.get("type").and_then(Node::as_str) != Some("string")
        })
    }
}

/// A media type without parameters, in lower case.
pub(super) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub(super) fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

/// Which of several forms of a body is sent: lowest first.
pub(super) fn body_rank(media_type: &str) -> u8 {
    let essence = essence(media_type);
    match essence.as_str() {
        "application/json" => 0,
        _ if is_json(&essence) => 1,
        "application/x-www-form-urlencoded" => 2,
        "text/plain" => 4,
        _ if essence.starts_with("multipart/") => 6,
        _ if essence.contains("xml") => 5,
        _ => 3,
    }
}

/// Which of several forms of an answer is read: lowest first.
pub(super) fn answer_rank(media_type: &str) -> u8 {
    let essence = essence(media_type);
    match essence.as_str() {
        "application/json" => 0,
        _ if is_json(&essence) => 1,
        _ if essence.contains("xml") => 4,
        _ if essence.starts_with("text/") => 3,
        _ => 2,
    }
}

/// Whether two forms of a body carry the same, as far as references tell.
fn same_schema(a: Option<&Node>, b: Option<&Node>) -> bool {
    let reference =
        |schema: Option<&Node>| schema.and_then(|schema| schema.get("$ref")?.as_str()).map(str::to_owned);
    match (reference(a), reference(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => match (a, b) {
            (Some(a), Some(b)) => json(a) == json(b),
            (a, b) => a.is_none() && b.is_none(),
        },
        _ => false,
    }
}
