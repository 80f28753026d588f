//! Files that are no OpenAPI 3: what they are instead, and what to do with them.
//!
//! In: a text that could not be read, or a tree without what OpenAPI begins with. Out: a name for it, in words for people
//! who were given the wrong file.

use crate::diagnostics::Span;
use crate::parse::{Node, Value};

/// What a file is instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// In one line.
    pub(crate) message: String,
    /// Where it shows.
    pub(crate) span: Span,
    /// What to do.
    pub(crate) help: String,
}

const CONVERT: &str =
    "convert it to OpenAPI 3 with a tool of that format, or ask for the API's OpenAPI document";

/// Why bytes are no text that could be a document: they are UTF-16, packed or something else altogether.
///
/// # Errors
/// What they are and what to do, in one line.
pub fn text_of(bytes: &[u8]) -> Result<&str, String> {
    let is_wide = bytes.starts_with(&[0xFF, 0xFE])
        || bytes.starts_with(&[0xFE, 0xFF])
        || matches!(bytes, [0, b'{' | b'[' | b'o', ..] | [b'{' | b'[' | b'o', 0, ..]);
    if is_wide {
        return Err("it is UTF-16 text; save it as UTF-8".to_owned());
    }
    let kinds: [(&[u8], &str); 6] = [
        (&[0x1F, 0x8B], "gzip"),
        (b"PK\x03\x04", "zip"),
        (b"BZh", "bzip2"),
        (&[0x28, 0xB5, 0x2F, 0xFD], "zstd"),
        (&[0xFD, b'7', b'z', b'X', b'Z'], "xz"),
        (b"%PDF", "PDF"),
    ];
    if let Some((_, kind)) = kinds.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(format!(
            "it is a {kind} file; unpack it, or take the JSON or YAML that it was made from"
        ));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => Err("it is binary, not text".to_owned()),
        Ok(text) => Ok(text),
        Err(error) => {
            Err(format!("it is not UTF-8 text, from byte {} on; save it as UTF-8", error.valid_up_to()))
        }
    }
}

/// What a text is that begins like no JSON or YAML.
pub(crate) fn of_beginning(text: &str) -> Option<Foreign> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let beginning: String = text.chars().take(400).collect::<String>().to_ascii_lowercase();
    let (what, help) = match beginning.as_str() {
        start if start.starts_with("<!doctype html") || start.starts_with("<html") => {
            ("a web page", "download the document that it shows: look for a link to JSON or YAML in it")
        }
        start if start.starts_with("#%raml") => ("a RAML document", CONVERT),
        start if start.starts_with("format: 1a") => ("an API Blueprint", CONVERT),
        start if start.starts_with('<') && start.contains("wadl") => ("a WADL document", CONVERT),
        start if start.starts_with('<') && start.contains("wsdl") => ("a WSDL document", CONVERT),
        start if start.starts_with("<?xml") => ("an XML document", "OpenAPI documents are JSON or YAML"),
        _ => return None,
    };
    Some(Foreign {
        message: format!("this is {what}, not an OpenAPI document"),
        span: Span::default(),
        help: help.to_owned(),
    })
}

/// What a text is that is neither JSON nor YAML.
pub(crate) fn of_unreadable(text: &str) -> Option<Foreign> {
    let starts = |line: &str, words: &[&str]| words.iter().any(|word| line.trim_start().starts_with(word));
    let lines = || text.lines().take(200);
    let graphql =
        ["type ", "schema {", "input ", "enum ", "interface ", "scalar ", "extend type ", "directive @"];
    let what = if lines().any(|line| starts(line, &["syntax = \"proto", "syntax=\"proto"])) {
        "a Protocol Buffers file"
    } else if lines().any(|line| starts(line, &graphql) && !line.contains(':')) {
        "a GraphQL schema"
    } else {
        return None;
    };
    Some(Foreign {
        message: format!("this is {what}, not an OpenAPI document"),
        span: Span::default(),
        help: CONVERT.to_owned(),
    })
}

/// What a tree is that has no `openapi`.
pub(crate) fn of_tree(root: &Node) -> Foreign {
    let at = |span: Span, message: &str, help: &str| Foreign {
        message: message.to_owned(),
        span,
        help: help.to_owned(),
    };
    let known = FORMATS.iter().find_map(|format| {
        let node = format.keys.iter().try_fold(root, |node, key| node.get(key))?;
        let fits = format.value.is_none_or(|value| node.as_str().is_some_and(|text| text.contains(value)));
        fits.then(|| {
            at(node.span, &format!("this is {}, not an OpenAPI 3 document", format.name), format.help)
        })
    });
    if let Some(known) = known {
        return known;
    }
    if let Some(known) = root.as_str().and_then(of_unreadable) {
        return known;
    }
    if !matches!(root.value, Value::Object(_)) {
        let message = format!("this is {}, not an OpenAPI document", root.kind());
        return at(Span { end: root.span.start, ..root.span }, &message, "an OpenAPI document is a mapping");
    }
    let is_schema =
        ["$schema", "$defs", "definitions", "properties"].iter().any(|key| root.get(key).is_some());
    if is_schema && root.get("paths").is_none() {
        return at(
            Span { end: root.span.start, ..root.span },
            "this is a JSON Schema, not an OpenAPI document",
            "put it below `components/schemas` of an OpenAPI document, or point to it from there with `$ref`",
        );
    }
    at(
        Span { end: root.span.start, ..root.span },
        "this is not an OpenAPI document: `openapi` is missing at the top level",
        "start the document with `openapi: 3.0.3`",
    )
}

/// How another format shows.
struct Format {
    name: &'static str,
    /// A path of keys that it has.
    keys: &'static [&'static str],
    /// What the value contains.
    value: Option<&'static str>,
    help: &'static str,
}

const fn format(name: &'static str, keys: &'static [&'static str], help: &'static str) -> Format {
    Format { name, keys, value: None, help }
}

const FORMATS: &[Format] = &[
    format("Swagger 2", &["swagger"], "convert it to OpenAPI 3.0, for example with `swagger2openapi`"),
    format("Swagger 1", &["swaggerVersion"], CONVERT),
    format("AsyncAPI", &["asyncapi"], CONVERT),
    format("an Arazzo description", &["arazzo"], "give the OpenAPI document that it describes workflows of"),
    format(
        "an OpenAPI Overlay",
        &["overlay"],
        "give the document that it changes, and the overlay with `--overlay`",
    ),
    format("OpenRPC", &["openrpc"], CONVERT),
    format("a Smithy model", &["smithy"], CONVERT),
    format("a Google discovery document", &["discoveryVersion"], CONVERT),
    format("a Postman collection", &["info", "_postman_id"], CONVERT),
    Format {
        name: "a Postman collection",
        keys: &["info", "schema"],
        value: Some("getpostman.com"),
        help: CONVERT,
    },
    Format { name: "an Insomnia export", keys: &["_type"], value: Some("export"), help: CONVERT },
    format("a recording of HTTP (HAR)", &["log", "entries"], CONVERT),
    format("a GraphQL schema", &["__schema"], CONVERT),
    format("a GraphQL schema", &["data", "__schema"], CONVERT),
    format("a Kubernetes manifest", &["apiVersion"], "give an OpenAPI document"),
];
