//! Media types: which are JSON, which of several is used, which are none.

use super::Lower;
use super::check::is_token;
use crate::diagnostics::Effect;
use crate::docs;
use crate::document::words;
use crate::ir::Framing;
use crate::parse::{Key, Node};

impl<'a> Lower<'a> {
    /// The forms of a body or an answer whose media types can stand in a header. Others are left out.
    pub(super) fn sendable(&mut self, content: &'a [(Key, Node)]) -> Vec<&'a (Key, Node)> {
        let mut sendable = Vec::new();
        for form in content {
            let (key, _) = form;
            if is_media_type(&key.text) {
                sendable.push(form);
                continue;
            }
            self.problems.warning(
                Effect::LeftOut,
                key.span,
                format!("`{}` is not a media type", docs::plain(&key.text)),
                "not two names with a slash between them; this form is left out",
                "write it as it is sent, such as `application/json`",
            );
        }
        sendable
    }

    /// Whether the schema of `*/*` describes JSON rather than bytes.
    pub(super) fn is_json_schema(&mut self, schema: &'a Node) -> bool {
        self.deref(schema).is_some_and(|schema| {
            !schema.entries().is_empty() && schema.get("type").and_then(Node::as_str) != Some("string")
        })
    }
}

fn is_media_type(text: &str) -> bool {
    let token = |text: &str| !text.is_empty() && text.bytes().all(is_token);
    let is_one = essence(text).split_once('/').is_some_and(|(kind, form)| token(kind) && token(form));
    is_one && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The schema of a body's JSON, where it has one.
pub(super) fn json_schema(body: &Node) -> Option<&Node> {
    let content = body.get("content")?.entries();
    content.iter().find(|(key, _)| is_json(&essence(&key.text)))?.1.get("schema")
}

/// What a body of unknown media type is called.
pub(super) const BYTES: &str = "application/octet-stream";

/// A media type without parameters, in lower case.
pub(super) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type, without parameters, is JSON: that is the last word of its name, or only a version is behind it.
pub(super) fn is_json(essence: &str) -> bool {
    let is_version = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let names_json = |form: &str| form.rsplit(['+', '-', '.']).find(|word| !is_version(word)) == Some("json");
    match essence.split_once('/') {
        Some(("application" | "text", form)) => names_json(form),
        _ => essence.ends_with("+json"),
    }
}

/// Whether a media type, without parameters, is XML. Workbooks are not, whatever their names contain.
pub(super) fn is_xml(essence: &str) -> bool {
    essence.ends_with("/xml") || essence.ends_with("+xml")
}

/// How values follow each other in a media type that is a stream of them.
pub(super) fn framing(media_type: &str) -> Option<Framing> {
    Some(match essence(media_type).as_str() {
        "text/event-stream" => Framing::Events,
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonl"
        | "application/jsonlines"
        | "application/x-jsonlines"
        | "application/json-lines"
        | "application/x-json-stream"
        | "application/stream+json" => Framing::Lines,
        "application/json-seq" => Framing::Sequence,
        essence if essence.ends_with("+json-seq") => Framing::Sequence,
        _ => return None,
    })
}

/// What a method is called after that asks for an answer in this form; nothing where the form cannot be asked for.
pub(super) fn form_name(media_type: &str) -> Option<String> {
    let essence = essence(media_type);
    let (kind, form) = essence.split_once('/')?;
    Some(match (kind, form) {
        ("*" | "application", "*") => return None,
        (kind, "*") => kind.to_owned(),
        (_, "octet-stream") => "bytes".to_owned(),
        ("text", "plain") => "text".to_owned(),
        // `vnd.example.v3.star+json`: names of vendors and versions come first.
        (_, form) => form.rsplit('.').next()?.trim_start_matches("x-").replace('+', "-"),
    })
}

/// What a method is called after that sends a body in this form.
pub(super) fn body_form_name(media_type: &str) -> String {
    match essence(media_type).as_str() {
        "application/x-www-form-urlencoded" => "form".to_owned(),
        essence if essence.starts_with("multipart/") => "multipart".to_owned(),
        essence => form_name(essence).unwrap_or_else(|| "bytes".to_owned()),
    }
}

/// Which of several forms of a body an operation's first method sends: lowest first.
pub(super) fn body_rank(media_type: &str) -> u8 {
    let essence = essence(media_type);
    match essence.as_str() {
        "application/json" => 0,
        _ if is_json(&essence) => 1,
        "application/x-www-form-urlencoded" => 2,
        "text/plain" => 4,
        _ if essence.starts_with("multipart/") => 6,
        _ if is_xml(&essence) => 5,
        _ => 3,
    }
}

/// Which of several forms of an answer is read: lowest first. A kind says more than bytes without one.
pub(super) fn answer_rank(media_type: &str) -> u8 {
    let essence = essence(media_type);
    match essence.as_str() {
        "application/json" => 0,
        BYTES => 3,
        _ if is_json(&essence) => 1,
        _ if is_xml(&essence) => 5,
        _ if essence.starts_with("text/") => 4,
        _ => 2,
    }
}

/// Whether two forms of a body carry the same, as far as references tell.
pub(super) fn same_schema(a: Option<&Node>, b: Option<&Node>) -> bool {
    let reference =
        |schema: Option<&Node>| schema.and_then(|schema| schema.get("$ref")?.as_str()).map(str::to_owned);
    match (reference(a), reference(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => match (a, b) {
            (Some(a), Some(b)) => words(a) == words(b),
            (a, b) => a.is_none() && b.is_none(),
        },
        _ => false,
    }
}
