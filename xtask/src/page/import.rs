//! A page's text to a source: operation by operation, section by section.

use super::cursor::{self, Cursor};
use super::json;
use super::label::Label;
use super::lines::{self, Class, Counts, Line, Problem};
use super::table::{self, Counted, Order};
use super::{samples, sketch};
use crate::source::{Body, Extent, Field, Operation, Response, ResponseKind, Source};
use codegen::diagnostics::Span;
use codegen::parse::Node;
use std::collections::HashSet;

/// What a page says.
#[derive(Debug)]
pub struct Imported {
    /// Its statements; places are those of the page.
    pub source: Source,
    /// How many lines of each class it has.
    pub counts: Counts,
    /// Whether it says what is required.
    pub marks: Marks,
    /// What each line is.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests change each statement in turn"))]
    pub classes: Vec<Option<Class>>,
}

/// Whether the rows of a page's tables are marked as required or optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// All are.
    Kept,
    /// None is: this form of the page has lost them.
    Lost,
}

/// Reads a page. Of a partial one, operations may lack their responses, and the last example may break off with the text.
///
/// # Errors
/// Every line that is not understood.
pub fn import(text: &str, extent: Extent) -> Result<Imported, Vec<Problem>> {
    let page = lines::split(text, extent)?;
    let mut importer = Importer {
        cursor: Cursor::new(&page),
        extent,
        source: Source::default(),
        routes: HashSet::new(),
        rows: Vec::new(),
        counted: Vec::new(),
    };
    importer.page();
    let marks = importer.marks();
    let (classes, problems) = importer.cursor.finish();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut source = importer.source;
    source.operations.iter_mut().for_each(abridge);
    Ok(Imported { source, counts: Counts::new(&classes), marks, classes })
}

struct Importer<'a> {
    cursor: Cursor<'a>,
    extent: Extent,
    source: Source,
    routes: HashSet<String>,
    /// The places of all rows of tables, with their marks.
    rows: Vec<(Span, Option<bool>)>,
    /// What cells of this operation's tables count.
    counted: Vec<Counted>,
}

/// What an operation has said so far.
struct Draft {
    operation: Operation,
    seen: Vec<Label>,
}

impl Importer<'_> {
    fn page(&mut self) {
        let titled = self.cursor.ahead(2).is_some_and(|line| cursor::route(line).is_some());
        if titled && !self.cursor.at_boundary() {
            self.cursor.take(Class::Furniture);
        }
        while let Some(line) = self.cursor.peek() {
            if self.cursor.at_operation() {
                self.operation();
            } else if cursor::is_foot(line) && !self.source.operations.is_empty() {
                self.foot();
            } else {
                self.cursor.unexpected("this belongs to no operation");
            }
        }
        if self.source.operations.is_empty() {
            self.cursor.fail_at(1, "", "there is no operation on this page");
        }
    }

    fn foot(&mut self) {
        while let Some(line) = self.cursor.peek() {
            if cursor::is_foot(line) {
                self.cursor.take(Class::Furniture);
            } else {
                self.cursor.unexpected("this stands below the page's foot");
            }
        }
    }

    fn operation(&mut self) {
        if self.cursor.at_heading() {
            self.cursor.take(Class::Furniture);
        } else {
            self.cursor.unexpected("this route has no heading");
            self.cursor.give_up();
            return;
        }
        let Some((line, (method, path))) =
            self.cursor.peek().and_then(|line| Some((line, cursor::route(line)?)))
        else {
            return;
        };
        self.cursor.take(Class::Statement);
        let operation = Operation {
            method: method.to_owned(),
            path: path.to_owned(),
            span: line.span,
            parameters: Vec::new(),
            request: Body::default(),
            responses: Vec::new(),
        };
        if !self.routes.insert(line.text.to_string()) {
            self.cursor.fail(line, "the page has this operation twice");
        }
        let mut draft = Draft { operation, seen: Vec::new() };
        while let Some(next) = self.cursor.peek() {
            if self.cursor.at_operation() || cursor::is_foot(next) {
                break;
            }
            match Label::of(next) {
                Some(label) => {
                    self.cursor.take(Class::Furniture);
                    self.section(label, next, &mut draft);
                }
                None => self.cursor.unexpected("no section holds this line"),
            }
        }
        if draft.operation.responses.is_empty() && self.extent == Extent::Whole {
            self.cursor.fail(line, "the operation has no response; is only a part of the page at hand?");
        }
        for counted in std::mem::take(&mut self.counted) {
            self.count(&counted, &draft.operation);
        }
        self.source.operations.push(draft.operation);
    }

    fn section(&mut self, label: Label, line: &Line<'_>, draft: &mut Draft) {
        if let Err(message) = draft.admit(label) {
            self.cursor.fail(line, message);
            self.cursor.give_up();
            return;
        }
        match label {
            Label::Parameters if draft.operation.request.example.is_some() => {
                draft.operation.request.table = self.table(line, Order::MarkFirst);
            }
            Label::Parameters => draft.operation.parameters = self.table(line, Order::MarkFirst),
            Label::RequestTable => draft.operation.request.table = self.table(line, Order::KindFirst),
            Label::Request => match self.cursor.peek() {
                Some(next) if cursor::is_payload(next) => draft.operation.request.example = self.example(),
                Some(next) if Label::of(next).is_some_and(Label::is_of_request) => {}
                _ => self.cursor.fail(line, "the section is empty"),
            },
            Label::RequestStructure => draft.operation.request.structure = self.sketch(line),
            Label::RequestExample => draft.operation.request.example = self.example(),
            Label::Samples => samples::check(&mut self.cursor, line, &draft.operation),
            Label::Response => self.response(line, draft),
            Label::Status(status) => {
                // Written on the label itself.
                self.cursor.reclass(line, Class::Statement);
                draft.operation.responses.push(response(line, Some(status)));
            }
            Label::ResponseStructure => {
                let fields = self.sketch(line);
                if let Some(response) = draft.operation.responses.last_mut() {
                    response.body.structure = fields;
                }
            }
            Label::ResponseExample => {
                let example = self.example();
                if let Some(response) = draft.operation.responses.last_mut() {
                    response.body.example = example;
                }
            }
        }
    }

    /// What is said directly below the label: an example, a table of statuses, or a status.
    fn response(&mut self, line: &Line<'_>, draft: &mut Draft) {
        match self.cursor.peek() {
            Some(next) if cursor::is_payload(next) => {
                let mut response = response(next, None);
                response.body.example = self.example();
                draft.operation.responses.push(response);
            }
            Some(next) if matches!(Label::of(next), Some(Label::Status(_))) => {}
            _ => {
                let rows = table::statuses(&mut self.cursor);
                if rows.is_empty() {
                    self.cursor.fail(line, "the section is empty");
                }
                for (line, status, description) in rows {
                    if draft.operation.responses.iter().any(|other| other.status == Some(status)) {
                        self.cursor.fail(line, "the operation has this status twice");
                    }
                    let kind = kind(&description);
                    draft.operation.responses.push(Response { kind, ..response(line, Some(status)) });
                }
            }
        }
    }

    fn table(&mut self, label: &Line<'_>, order: Order) -> Vec<Field> {
        let (fields, counted) = table::fields(&mut self.cursor, order);
        self.counted.extend(counted);
        if fields.is_empty() {
            self.cursor.fail(label, "the section is empty");
        }
        self.rows.extend(fields.iter().map(|field| (field.span, field.required)));
        fields
    }

    fn sketch(&mut self, label: &Line<'_>) -> Vec<Field> {
        if self.cursor.at_boundary() {
            self.cursor.fail(label, "the section is empty");
            return Vec::new();
        }
        sketch::fields(&mut self.cursor)
    }

    /// Compares the count of an object's attributes with the rows of the table; where it has none, with the sketch.
    fn count(&mut self, counted: &Counted, operation: &Operation) {
        let Counted { object, attributes, span } = counted;
        let below = |fields: &[Field]| -> Vec<String> {
            let names = fields.iter().filter_map(|field| field.name.strip_prefix(object)?.strip_prefix('.'));
            names.filter(|name| !name.contains(['.', '['])).map(str::to_owned).collect()
        };
        let tables = operation.request.table.iter().chain(&operation.parameters).cloned().collect::<Vec<_>>();
        let mut names = below(&tables);
        if names.is_empty() {
            names = below(&operation.request.structure);
        }
        if (names.len() != attributes.count || !names.starts_with(&attributes.names))
            && let Some(line) = self.cursor.line_of(*span)
        {
            let (counted, found) = (attributes.count, names.join(", "));
            let message =
                format!("the cell counts {counted} attributes, the page shows {}: {found}", names.len());
            self.cursor.fail(line, message);
        }
    }

    fn example(&mut self) -> Option<Node> {
        let Some(line) = self.cursor.peek().filter(|line| cursor::is_payload(line)) else {
            self.cursor.unexpected("an example begins with a bracket");
            return None;
        };
        match json::read(self.cursor.text(), line.offset, line.span.start, self.extent) {
            Ok(json) => {
                self.cursor.take_until(json.end, Class::Statement);
                let text = self.cursor.text();
                let rest = text[json.end..].lines().next().unwrap_or("").trim();
                if !rest.is_empty() {
                    self.cursor.fail(line, format!("something stands behind this example: {rest}"));
                }
                Some(json.node)
            }
            Err(fault) => {
                let number = line.number + fault.line;
                let text = self.cursor.line_text(number);
                let message =
                    format!("in the payload that begins at line {}: {}", line.number, fault.message);
                self.cursor.fail_at(number, text, message);
                self.cursor.give_up();
                None
            }
        }
    }

    /// Rows are marked, or the page has lost all marks; a single missing one is a line that was lost.
    fn marks(&mut self) -> Marks {
        if self.rows.iter().all(|(_, mark)| mark.is_none()) {
            return Marks::Lost;
        }
        for (span, _) in self.rows.iter().filter(|(_, mark)| mark.is_none()) {
            if let Some(line) = self.cursor.line_of(*span) {
                self.cursor.fail(line, "the row has no mark, but others have");
            }
        }
        Marks::Kept
    }
}

impl Draft {
    /// Whether a section may stand here.
    fn admit(&mut self, label: Label) -> Result<(), &'static str> {
        let seen = |other: Label| self.seen.contains(&other);
        let body = &self.operation.request;
        let response = self.operation.responses.last();
        match label {
            // A second table of this kind is one of the body, where its example stands directly below the request.
            Label::Parameters if seen(Label::Request) => {
                let example = body.example.is_some() && !seen(Label::RequestExample);
                let fits = example && body.table.is_empty() && !seen(Label::Response);
                fits.then_some(()).ok_or("parameters belong before the request")?;
            }
            Label::Status(status) => {
                if !seen(Label::Response) {
                    return Err("a status belongs to a response");
                }
                if self.operation.responses.iter().any(|other| other.status == Some(status)) {
                    return Err("the operation has this status twice");
                }
            }
            Label::ResponseStructure => match response {
                Some(Response { status: Some(_), body, .. }) if body.structure.is_empty() => {}
                Some(Response { status: Some(_), .. }) => return Err("the response has two sketches"),
                _ => return Err("a status belongs before this"),
            },
            Label::ResponseExample => match response {
                Some(Response { status: Some(_), body, .. }) if body.example.is_none() => {}
                Some(Response { status: Some(_), .. }) => return Err("the response has two examples"),
                _ => return Err("a status belongs before this"),
            },
            _ if seen(label) => return Err("the operation has this section twice"),
            _ if label.is_of_request() && !seen(Label::Request) => {
                return Err("the section of the request is missing above this");
            }
            _ if seen(Label::Response) => return Err("this belongs before the response"),
            _ => {}
        }
        self.seen.push(label);
        Ok(())
    }
}

impl Label {
    fn is_of_request(self) -> bool {
        matches!(self, Self::RequestTable | Self::RequestStructure | Self::RequestExample)
    }
}

fn response(line: &Line<'_>, status: Option<u16>) -> Response {
    Response { status, span: line.span, kind: None, body: Body::default() }
}

/// What kind of body a description speaks of.
fn kind(description: &str) -> Option<ResponseKind> {
    if description.contains("事件流") {
        Some(ResponseKind::EventStream)
    } else if description.contains("檔案") {
        Some(ResponseKind::File)
    } else {
        None
    }
}

fn abridge(operation: &mut Operation) {
    let responses = operation.responses.iter_mut().map(|response| &mut response.body);
    for body in responses.chain([&mut operation.request]) {
        body.example.iter_mut().for_each(json::abridge);
    }
}
