//! What one documentation page says, as `spec/sources/NAME.yaml` keeps it.
//!
//! Facts as printed, also where the page is wrong or vague: judging them is the affair of `reconcile`. Every statement
//! knows its place in the file (or, fresh from a page, in the page's text).

use codegen::Diagnostics;
use codegen::diagnostics::Span;
use codegen::parse::{self, Node, Value};
use std::fmt::Write as _;

/// How much of a page is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it: what it does not show, it does not have.
    Whole,
    /// A part: what it does not show, nobody knows.
    Partial,
}

/// All statements of one page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Source {
    /// The operations in the page's order.
    pub operations: Vec<Operation>,
}

/// One operation of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The path as printed, with its prefix: `/api/v1/messages/{id}/`.
    pub path: String,
    /// Where the route stands.
    pub span: Span,
    /// Path and query parameters; pages put them into one table.
    pub parameters: Vec<Field>,
    /// What is said of the request's body.
    pub request: Body,
    /// What is said of responses, usually of one.
    pub responses: Vec<Response>,
}

/// What a page says of one body, in up to three ways that need not agree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body {
    /// Rows of the table of fields.
    pub table: Vec<Field>,
    /// Lines of the structure sketch.
    pub structure: Vec<Field>,
    /// The example payload.
    pub example: Option<Node>,
}

/// What a page says of one response.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The status, where one is printed.
    pub status: Option<u16>,
    /// Where the response stands.
    pub span: Span,
    /// What its description says of the kind of body, where it does.
    pub kind: Option<ResponseKind>,
    /// Its body.
    pub body: Body,
}

/// Kinds of body that a page only mentions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseKind {
    /// Written `event-stream`.
    EventStream,
    /// Written `file`.
    File,
}

/// A parameter or a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name; inside bodies the whole path, such as `results[].sender.id`. [`NAMELESS`] stands for a lost name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The type as printed, without format and values: `string`, `Array`, `array[AttachmentCreateInput]`. A sketch that
    /// opens a brace says `object`, one that opens a bracket `array`. `None` where the type is left out.
    pub kind: Option<String>,
    /// What stands in parentheses behind the type: `uuid`.
    pub format: Option<String>,
    /// The mark, where the page has one. In a sketch a missing `?` is a mark, too.
    pub required: Option<bool>,
    /// The default, where the description names one.
    pub default: Option<Node>,
    /// Enumerated values.
    pub values: Vec<String>,
    /// Whether the page says that the type varies.
    pub varies: bool,
}

/// Name of a field whose name the page lost.
pub const NAMELESS: &str = "?";

/// Reads a source.
///
/// # Errors
/// Everything in the file that is not of the format, with its place.
pub fn read(text: &str) -> Result<Source, Diagnostics> {
    let root = parse::parse(text)?;
    let mut reader = Reader::default();
    reader.keys(&root, &["operations"]);
    let operations = reader.items(&root, "operations").iter().map(|node| reader.operation(node)).collect();
    if reader.problems.is_empty() { Ok(Source { operations }) } else { Err(reader.problems) }
}

/// Writes a source below a comment.
pub fn write(source: &Source, comment: &str) -> String {
    let mut text = String::new();
    for line in comment.lines() {
        let _ = writeln!(text, "# {line}");
    }
    text.push_str("operations:\n");
    for operation in &source.operations {
        let _ = writeln!(text, "  - route: {} {}", operation.method, operation.path);
        write_fields(&mut text, "    ", "parameters", &operation.parameters);
        if operation.request != Body::default() {
            text.push_str("    request:\n");
            write_body(&mut text, "      ", &operation.request);
        }
        if !operation.responses.is_empty() {
            text.push_str("    responses:\n");
        }
        for response in &operation.responses {
            write_response(&mut text, response);
        }
    }
    text
}

impl ResponseKind {
    /// As the file has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventStream => "event-stream",
            Self::File => "file",
        }
    }
}

#[derive(Default)]
struct Reader {
    problems: Diagnostics,
}

impl Reader {
    fn operation(&mut self, node: &Node) -> Operation {
        self.keys(node, &["route", "parameters", "request", "responses"]);
        let route = self.text(node, "route").unwrap_or_default();
        let (method, path) = route.split_once(' ').unwrap_or(("", ""));
        if method.is_empty() || !path.starts_with('/') {
            self.wrong(node.get("route").unwrap_or(node), "a route is a method, a space and a path");
        }
        Operation {
            method: method.to_owned(),
            path: path.to_owned(),
            span: node.get("route").unwrap_or(node).span,
            parameters: self.fields(node, "parameters"),
            request: node.get("request").map(|body| self.body(body, &[])).unwrap_or_default(),
            responses: self.items(node, "responses").iter().map(|response| self.response(response)).collect(),
        }
    }

    fn response(&mut self, node: &Node) -> Response {
        let kind = self.text(node, "kind").and_then(|text| {
            let kind = [ResponseKind::EventStream, ResponseKind::File]
                .into_iter()
                .find(|kind| kind.as_str() == text);
            if kind.is_none() {
                self.wrong(node.get("kind").unwrap_or(node), "known are event-stream and file");
            }
            kind
        });
        let status = node.get("status").and_then(|status| {
            let number = match &status.value {
                Value::Number(text) => text.parse().ok(),
                _ => None,
            };
            if number.is_none() {
                self.wrong(status, "a status is a number of three digits");
            }
            number
        });
        Response { status, span: node.span, kind, body: self.body(node, &["status", "kind"]) }
    }

    fn body(&mut self, node: &Node, others: &[&str]) -> Body {
        self.keys(node, &[&["table", "structure", "example"], others].concat());
        Body {
            table: self.fields(node, "table"),
            structure: self.fields(node, "structure"),
            example: node.get("example").cloned(),
        }
    }

    fn fields(&mut self, node: &Node, key: &str) -> Vec<Field> {
        self.items(node, key).iter().map(|field| self.field(field)).collect()
    }

    fn field(&mut self, node: &Node) -> Field {
        self.keys(node, &["name", "type", "format", "required", "default", "enum", "varies"]);
        let name = self.text(node, "name");
        if name.is_none() {
            self.wrong(node, "a field has a name");
        }
        let values = self.items(node, "enum").iter().filter_map(|value| match value.as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.wrong(value, "a value is text");
                None
            }
        });
        let values = values.collect();
        Field {
            name: name.unwrap_or_default(),
            span: node.get("name").unwrap_or(node).span,
            kind: self.text(node, "type"),
            format: self.text(node, "format"),
            required: self.flag(node, "required"),
            default: node.get("default").cloned(),
            values,
            varies: self.flag(node, "varies") == Some(true),
        }
    }

    fn text(&mut self, node: &Node, key: &str) -> Option<String> {
        let value = node.get(key)?;
        if value.as_str().is_none() {
            self.wrong(value, "this must be text");
        }
        value.as_str().map(str::to_owned)
    }

    fn flag(&mut self, node: &Node, key: &str) -> Option<bool> {
        let value = node.get(key)?;
        if value.as_bool().is_none() {
            self.wrong(value, "this must be true or false");
        }
        value.as_bool()
    }

    fn items<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Some(list) = node.get(key) else { return &[] };
        if !matches!(list.value, Value::Array(_)) {
            self.wrong(list, "this must be a list");
        }
        list.items()
    }

    fn keys(&mut self, node: &Node, known: &[&str]) {
        if !matches!(node.value, Value::Object(_)) {
            self.wrong(node, "this must be a mapping");
        }
        for (key, _) in node.entries().iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            let message = format!("`{}` is not part of the format", key.text);
            self.problems.error(key.span, message, "not known", format!("known are {}", known.join(", ")));
        }
    }

    fn wrong(&mut self, node: &Node, help: &str) {
        let message = format!("{} does not fit here", node.kind());
        self.problems.error(node.span, message, "here", help);
    }
}

fn write_response(text: &mut String, response: &Response) {
    let mut body = String::new();
    if let Some(status) = response.status {
        let _ = writeln!(body, "        status: {status}");
    }
    if let Some(kind) = response.kind {
        let _ = writeln!(body, "        kind: {}", kind.as_str());
    }
    write_body(&mut body, "        ", &response.body);
    text.push_str("      - ");
    text.push_str(body.trim_start());
}

fn write_body(text: &mut String, indent: &str, body: &Body) {
    write_fields(text, indent, "table", &body.table);
    write_fields(text, indent, "structure", &body.structure);
    if let Some(example) = &body.example {
        let _ = write!(text, "{indent}example:\n{indent}  ");
        write_json(text, &format!("{indent}  "), example);
        text.push('\n');
    }
}

fn write_fields(text: &mut String, indent: &str, key: &str, fields: &[Field]) {
    if !fields.is_empty() {
        let _ = writeln!(text, "{indent}{key}:");
    }
    for field in fields {
        let mut parts = vec![format!("name: {}", plain(&field.name))];
        parts.extend(field.kind.as_ref().map(|kind| format!("type: {}", plain(kind))));
        parts.extend(field.format.as_ref().map(|format| format!("format: {}", plain(format))));
        parts.extend(field.required.map(|required| format!("required: {required}")));
        parts.extend(field.default.as_ref().map(|default| {
            let mut text = "default: ".to_owned();
            write_json(&mut text, indent, default);
            text
        }));
        if !field.values.is_empty() {
            let values: Vec<String> = field.values.iter().map(|value| plain(value)).collect();
            parts.push(format!("enum: [{}]", values.join(", ")));
        }
        if field.varies {
            parts.push("varies: true".to_owned());
        }
        let _ = writeln!(text, "{indent}  - {{ {} }}", parts.join(", "));
    }
}

/// JSON is YAML's flow style.
fn write_json(text: &mut String, indent: &str, node: &Node) {
    let deeper = format!("{indent}  ");
    match &node.value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(&flag.to_string()),
        Value::Number(number) => text.push_str(number),
        Value::String(content) => text.push_str(&quoted(content)),
        Value::Array(items) if items.is_empty() => text.push_str("[]"),
        Value::Object(entries) if entries.is_empty() => text.push_str("{}"),
        Value::Array(items) => {
            text.push_str("[\n");
            for (index, item) in items.iter().enumerate() {
                text.push_str(&deeper);
                write_json(text, &deeper, item);
                text.push_str(if index + 1 < items.len() { ",\n" } else { "\n" });
            }
            let _ = write!(text, "{indent}]");
        }
        Value::Object(entries) => {
            text.push_str("{\n");
            for (index, (key, value)) in entries.iter().enumerate() {
                let _ = write!(text, "{deeper}{}: ", quoted(&key.text));
                write_json(text, &deeper, value);
                text.push_str(if index + 1 < entries.len() { ",\n" } else { "\n" });
            }
            let _ = write!(text, "{indent}}}");
        }
    }
}

/// Text as JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Text without quotes where YAML reads it as text all the same.
fn plain(text: &str) -> String {
    let safe = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    if safe { text.to_owned() } else { quoted(text) }
}
