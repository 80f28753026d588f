//! Two sources of the same page compared: what a curator has to look at.

use crate::source::{Body, Extent, Field, Operation, ResponseKind, Source};
use codegen::diagnostics::Span;
use codegen::parse::{Node, Value};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The route as the page prints it, the new page where both have it: `POST /api/messages/`.
    pub operation: String,
    /// Which of its parts.
    pub section: Section,
    /// The parameter or field, by its old name where it has one; empty where the whole part is meant.
    pub field: String,
    /// Where the old source says it; for something new, where it has what this was added to.
    pub place: Option<Span>,
    /// What became of it.
    pub what: What,
}

/// A part of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// All of it.
    Operation,
    /// Path and query.
    Parameters,
    /// The table of the body that is sent.
    RequestTable,
    /// Its sketch.
    Request,
    /// The keys of its example.
    RequestExample,
    /// The answer with this status, where one is printed.
    Response(Option<u16>),
    /// The keys of its example.
    ResponseExample(Option<u16>),
}

/// What became of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// New, with its type where it has one.
    Added(String),
    /// No longer there.
    Removed,
    /// Perhaps: one is gone and one like it has come in the same place. Holds the new name.
    Renamed(String),
    /// Another type, as printed.
    Retyped(String, String),
    /// Another format.
    Format(Option<String>, Option<String>),
    /// Values that came and went.
    Values {
        /// Came.
        added: Vec<String>,
        /// Went.
        removed: Vec<String>,
    },
    /// Another default, as JSON.
    Default(Option<String>, Option<String>),
    /// Required, optional, or not said.
    Required(Option<bool>, Option<bool>),
    /// Whether the page says that the type varies.
    Varies(bool),
    /// Another kind of body.
    Kind(Option<ResponseKind>, Option<ResponseKind>),
}

/// What differs, in the new page's order; what is gone stands where it was. Of a part of a page nothing is known to be gone.
pub fn diff(old: &Source, new: &Source, extent: Extent) -> Vec<Change> {
    let mut changes = Vec::new();
    let before: HashMap<String, &Operation> =
        old.operations.iter().map(|operation| (shape(operation), operation)).collect();
    let after: HashSet<String> = new.operations.iter().map(shape).collect();
    for operation in &new.operations {
        match before.get(&shape(operation)) {
            Some(before) => compare(&mut changes, before, operation),
            None => changes.push(whole(operation, None, What::Added(String::new()))),
        }
    }
    let gone = old.operations.iter().filter(|operation| !after.contains(&shape(operation)));
    changes.extend(gone.map(|operation| whole(operation, Some(operation.span), What::Removed)));
    let told: Vec<bool> = changes.iter().map(|change| is_told_by_sketch(change, &changes)).collect();
    let known = |change: &Change| extent == Extent::Whole || change.what != What::Removed;
    let changes = changes.into_iter().zip(told).filter(|(change, told)| !told && known(change));
    changes.map(|(change, _)| change).collect()
}

/// Whether a key of an example came or went with what the sketch of the same body says.
fn is_told_by_sketch(change: &Change, changes: &[Change]) -> bool {
    let sketch = match change.section {
        Section::RequestExample => Section::Request,
        Section::ResponseExample(status) => Section::Response(status),
        _ => return false,
    };
    let below = |name: &str| {
        change.field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    changes.iter().filter(|other| other.operation == change.operation && other.section == sketch).any(
        |other| match &other.what {
            What::Added(_) | What::Removed => below(&other.field),
            What::Renamed(name) => below(&other.field) || below(name),
            _ => false,
        },
    )
}

/// Takes the marks of the tables over from an earlier source of the same page. Returns how many there are.
pub fn keep_marks(old: &Source, new: &mut Source) -> usize {
    let mut kept = 0;
    for operation in &mut new.operations {
        let Some(before) = old.operations.iter().find(|other| shape(other) == shape(operation)) else {
            continue;
        };
        let tables = [
            (&before.parameters, &mut operation.parameters),
            (&before.request.table, &mut operation.request.table),
        ];
        for (before, after) in tables {
            for field in after.iter_mut().filter(|field| field.required.is_none()) {
                let earlier = before.iter().find(|other| other.name == field.name);
                field.required = earlier.and_then(|field| field.required);
                kept += usize::from(field.required.is_some());
            }
        }
    }
    kept
}

/// The differences as a list of things to do, by operation. `touches` names what else a change concerns.
pub fn render(changes: &[Change], touches: &dyn Fn(&Change) -> Vec<String>) -> String {
    let mut text = String::new();
    let mut operation = "";
    for change in changes {
        if change.section == Section::Operation && !matches!(change.what, What::Renamed(_)) {
            let what = if change.what == What::Removed { "gone" } else { "new operation" };
            text.push_str(&format!("{}  ({what})\n", change.operation));
        } else {
            if change.operation != operation {
                text.push_str(&format!("{}\n", change.operation));
            }
            text.push_str(&format!("  {change}\n"));
        }
        operation = &change.operation;
        for touched in touches(change) {
            text.push_str(&format!("      {touched}\n"));
        }
    }
    text
}

impl fmt::Display for Change {
    /// Without the operation: `request content: optional -> required`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = format!("{} {}", self.section, self.field);
        match &self.what {
            What::Renamed(name) => write!(formatter, "{} -> {name} (renamed?)", place.trim()),
            what => write!(formatter, "{}: {what}", place.trim()),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = |status: &Option<u16>| status.map_or(String::new(), |status| format!(" {status}"));
        match self {
            Self::Operation => write!(formatter, "route"),
            Self::Parameters => write!(formatter, "parameter"),
            Self::RequestTable => write!(formatter, "request table"),
            Self::Request => write!(formatter, "request"),
            Self::RequestExample => write!(formatter, "request example"),
            Self::Response(number) => write!(formatter, "response{}", status(number)),
            Self::ResponseExample(number) => write!(formatter, "response{} example", status(number)),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        let kind = |kind: &Option<ResponseKind>| kind.map_or("not said", ResponseKind::as_str);
        match self {
            Self::Added(details) if details.is_empty() => write!(formatter, "new"),
            Self::Added(details) => write!(formatter, "new, {details}"),
            Self::Removed => write!(formatter, "gone"),
            Self::Renamed(name) => write!(formatter, "renamed to {name}?"),
            Self::Retyped(from, to) => write!(formatter, "{from} -> {to}"),
            Self::Format(from, to) => write!(formatter, "format {} -> {}", text(from), text(to)),
            Self::Values { added, removed } => {
                write!(formatter, "values")?;
                added.iter().try_for_each(|value| write!(formatter, " + {value}"))?;
                removed.iter().try_for_each(|value| write!(formatter, " - {value}"))
            }
            Self::Default(from, to) => write!(formatter, "default {} -> {}", text(from), text(to)),
            Self::Required(from, to) => write!(formatter, "{} -> {}", mark(*from), mark(*to)),
            Self::Varies(true) => write!(formatter, "the type varies now"),
            Self::Varies(false) => write!(formatter, "the type no longer varies"),
            Self::Kind(from, to) => write!(formatter, "{} -> {}", kind(from), kind(to)),
        }
    }
}

fn compare(changes: &mut Vec<Change>, old: &Operation, new: &Operation) {
    let mut found = Found { operation: route(new), changes };
    if old.path != new.path {
        found.add(Section::Operation, &old.path, old.span, What::Renamed(new.path.clone()));
    }
    found.fields(Section::Parameters, old.span, &old.parameters, &new.parameters);
    found.fields(Section::RequestTable, old.span, &old.request.table, &new.request.table);
    found.fields(Section::Request, old.span, &old.request.structure, &new.request.structure);
    found.keys(Section::RequestExample, old.span, &old.request, &new.request);
    for response in &new.responses {
        let section = Section::Response(response.status);
        match old.responses.iter().find(|other| other.status == response.status) {
            None => found.add(section, "", old.span, What::Added(String::new())),
            Some(before) => {
                if before.kind != response.kind {
                    found.add(section, "", before.span, What::Kind(before.kind, response.kind));
                }
                found.fields(section, before.span, &before.body.table, &response.body.table);
                found.fields(section, before.span, &before.body.structure, &response.body.structure);
                let section = Section::ResponseExample(response.status);
                found.keys(section, before.span, &before.body, &response.body);
            }
        }
    }
    for response in &old.responses {
        if !new.responses.iter().any(|other| other.status == response.status) {
            found.add(Section::Response(response.status), "", response.span, What::Removed);
        }
    }
}

struct Found<'c> {
    operation: String,
    changes: &'c mut Vec<Change>,
}

impl Found<'_> {
    fn add(&mut self, section: Section, field: &str, place: Span, what: What) {
        let operation = self.operation.clone();
        self.changes.push(Change { operation, section, field: field.to_owned(), place: Some(place), what });
    }

    /// Compares two lists of one body, which the old source has at `place`.
    fn fields(&mut self, section: Section, place: Span, old: &[Field], new: &[Field]) {
        let renamed = renamed(old, new);
        let before: HashMap<String, (usize, &Field)> = old
            .iter()
            .enumerate()
            .map(|(index, field)| (renamed_path(&field.name, &renamed), (index, field)))
            .collect();
        let after: HashSet<&str> = new.iter().map(|field| field.name.as_str()).collect();
        let gone = |field: &&Field| !after.contains(renamed_path(&field.name, &renamed).as_str());
        // What is gone stands where it was: before the next old field that is still there.
        let mut reported = 0;
        for field in new {
            let Some((index, earlier)) = before.get(&field.name) else {
                let parent = parent(&field.name);
                let place =
                    before.get(parent.trim_end_matches("[]")).map_or(place, |(_, parent)| parent.span);
                self.add(section, &field.name, place, What::Added(summary(field)));
                continue;
            };
            for field in old.iter().take(*index).skip(reported).filter(gone) {
                self.add(section, &field.name, field.span, What::Removed);
            }
            reported = reported.max(*index);
            if renamed.contains_key(&earlier.name) {
                self.add(section, &earlier.name, earlier.span, What::Renamed(field.name.clone()));
            }
            self.field(section, earlier, field);
        }
        for field in old.iter().skip(reported).filter(gone) {
            self.add(section, &field.name, field.span, What::Removed);
        }
    }

    fn field(&mut self, section: Section, old: &Field, new: &Field) {
        let text = |kind: &Option<String>| kind.clone().unwrap_or_else(|| "no type".to_owned());
        let only = |one: &[String], other: &[String]| -> Vec<String> {
            one.iter().filter(|value| !other.contains(value)).cloned().collect()
        };
        let default = |field: &Field| field.default.as_ref().map(json);
        let (added, removed) = (only(&new.values, &old.values), only(&old.values, &new.values));
        let mut add = |differs: bool, what: What| {
            if differs {
                self.add(section, &new.name, old.span, what);
            }
        };
        add(old.kind != new.kind, What::Retyped(text(&old.kind), text(&new.kind)));
        add(old.format != new.format, What::Format(old.format.clone(), new.format.clone()));
        add(!(added.is_empty() && removed.is_empty()), What::Values { added, removed });
        add(default(old) != default(new), What::Default(default(old), default(new)));
        add(old.required != new.required, What::Required(old.required, new.required));
        add(old.varies != new.varies, What::Varies(new.varies));
    }

    /// Compares the keys of two examples; their values are placeholders.
    fn keys(&mut self, section: Section, place: Span, old: &Body, new: &Body) {
        let (before, after) = (keys(old.example.as_ref()), keys(new.example.as_ref()));
        let places: HashMap<&str, Span> = before.iter().map(|(path, span)| (path.as_str(), *span)).collect();
        let kept: HashSet<&str> = after.iter().map(|(path, _)| path.as_str()).collect();
        for (path, _) in after.iter().filter(|(path, _)| !places.contains_key(path.as_str())) {
            let parent = places.get(parent(path).trim_end_matches("[]"));
            self.add(section, path, *parent.unwrap_or(&place), What::Added(String::new()));
        }
        for (path, span) in before.iter().filter(|(path, _)| !kept.contains(path.as_str())) {
            self.add(section, path, *span, What::Removed);
        }
    }
}

/// Fields that one page has and the other has under another name, perhaps: under one parent exactly one is gone and one
/// has come with the same type, format and values, and with the same fields below it.
fn renamed(old: &[Field], new: &[Field]) -> HashMap<String, String> {
    let before: HashSet<&str> = old.iter().map(|field| field.name.as_str()).collect();
    let after: HashSet<&str> = new.iter().map(|field| field.name.as_str()).collect();
    let mut pairs: HashMap<Likeness<'_>, (Vec<&Field>, Vec<&Field>)> = HashMap::new();
    for field in old.iter().filter(|field| !after.contains(field.name.as_str())) {
        pairs.entry(likeness(field, old)).or_default().0.push(field);
    }
    for field in new.iter().filter(|field| !before.contains(field.name.as_str())) {
        pairs.entry(likeness(field, new)).or_default().1.push(field);
    }
    let single = pairs.into_values().filter_map(|pair| match (pair.0.as_slice(), pair.1.as_slice()) {
        ([old], [new]) => Some((old.name.clone(), new.name.clone())),
        _ => None,
    });
    single.collect()
}

/// Parent, type, format, values, and the fields below.
type Likeness<'f> = (&'f str, Option<&'f str>, Option<&'f str>, &'f [String], Vec<&'f str>);

fn likeness<'f>(field: &'f Field, all: &'f [Field]) -> Likeness<'f> {
    let below = all.iter().filter_map(|other| {
        let rest = other.name.strip_prefix(&field.name)?;
        (rest.starts_with('.') || rest.starts_with("[]")).then_some(rest)
    });
    (parent(&field.name), field.kind.as_deref(), field.format.as_deref(), &field.values, below.collect())
}

/// A field's name on the new page: its own, or below that of a parent that has another.
fn renamed_path(name: &str, renamed: &HashMap<String, String>) -> String {
    let ends = name.char_indices().filter(|(_, c)| matches!(c, '.' | '[')).map(|(at, _)| at);
    for end in ends.chain([name.len()]) {
        if let Some(new) = renamed.get(&name[..end]) {
            return format!("{new}{}", &name[end..]);
        }
    }
    name.to_owned()
}

/// What a field is a part of; empty at the top.
fn parent(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(parent, _)| parent)
}

fn summary(field: &Field) -> String {
    let mut parts: Vec<String> = field.kind.iter().cloned().collect();
    parts.extend(field.format.iter().map(|format| format!("({format})")));
    if !field.values.is_empty() {
        parts.push(format!("({})", field.values.join(", ")));
    }
    parts.extend(field.required.map(|_| mark(field.required).to_owned()));
    parts.join(" ")
}

/// Method and path with the names of its parameters left out: what the server sees.
fn shape(operation: &Operation) -> String {
    let segments = operation.path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{} {}", operation.method, segments.collect::<Vec<_>>().join("/"))
}

fn route(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

fn whole(operation: &Operation, place: Option<Span>, what: What) -> Change {
    Change { operation: route(operation), section: Section::Operation, field: String::new(), place, what }
}

fn mark(required: Option<bool>) -> &'static str {
    match required {
        Some(true) => "required",
        Some(false) => "optional",
        None => "no mark",
    }
}

/// The keys of an example, each once, with their places.
fn keys(example: Option<&Node>) -> Vec<(String, Span)> {
    fn collect(node: &Node, path: &str, found: &mut Vec<(String, Span)>) {
        match &node.value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    let path =
                        if path.is_empty() { key.text.clone() } else { format!("{path}.{}", key.text) };
                    found.push((path.clone(), key.span));
                    collect(value, &path, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, &format!("{path}[]"), found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Some(node) = example {
        collect(node, "", &mut found);
    }
    let mut seen = HashSet::new();
    found.retain(|(path, _)| seen.insert(path.clone()));
    found
}

fn json(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.clone(),
        Value::String(text) => format!("\"{text}\""),
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("\"{}\": {}", key.text, json(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}
