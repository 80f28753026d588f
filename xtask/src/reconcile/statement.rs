//! A source's flat list of fields, and its example payloads, as trees of statements.

use crate::source::{Body, Field, Operation, Response, ResponseKind, Source};
use codegen::diagnostics::Span;
use codegen::document::words;
use codegen::parse::{Node, Value};

/// What one place of a source says of one value.
pub struct Statement {
    /// Which source, by its place in the ledger's list.
    pub source: usize,
    /// Its number among all items of all sources, unless it only leads to others.
    pub item: Option<usize>,
    /// Name of the property or parameter.
    pub name: String,
    /// Where it stands in the source.
    pub span: Span,
    /// The type, in OpenAPI's words.
    pub kind: Option<String>,
    /// The format; `none` where a type is printed without.
    pub format: Option<String>,
    /// The mark.
    pub required: Option<bool>,
    /// The default.
    pub default: Option<String>,
    /// Printed values, each with the number of its item.
    pub values: Vec<(String, usize)>,
    /// The page says that the type varies.
    pub varies: bool,
    /// An example shows null.
    pub null: bool,
    /// The text that an example shows.
    pub sample: Option<String>,
    /// The properties of an object.
    pub children: Vec<Statement>,
    /// The items of an array.
    pub items: Vec<Statement>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// A method with its path.
    Operation,
    /// A parameter.
    Parameter,
    /// A field of a table, a sketch or an example.
    Field,
    /// A value of an enumeration.
    Value,
    /// A status.
    Status,
}

/// One thing that a source says and that has to be accounted for.
pub struct Item {
    /// Which source.
    pub source: usize,
    /// What it is.
    pub category: Category,
    /// Where it stands.
    pub span: Span,
}

/// An operation of a source, as trees.
pub struct Said {
    /// Which source.
    pub source: usize,
    /// Its own item.
    pub item: usize,
    /// Method.
    pub method: String,
    /// Path as printed.
    pub path: String,
    /// Where it stands.
    pub span: Span,
    /// Its parameters.
    pub parameters: Vec<Statement>,
    /// One tree for each way in which the body is shown.
    pub request: Vec<Statement>,
    /// Responses.
    pub responses: Vec<SaidResponse>,
}

/// A response of a source.
pub struct SaidResponse {
    /// The status and its item.
    pub status: Option<(u16, usize)>,
    /// Where it stands.
    pub span: Span,
    /// The kind of body, in words.
    pub media: Vec<&'static str>,
    /// One tree for each way in which the body is shown.
    pub body: Vec<Statement>,
}

/// Turns sources into trees and numbers their items.
#[derive(Default)]
pub struct Reader {
    /// All items so far.
    pub items: Vec<Item>,
}

impl Reader {
    /// All operations of a source.
    pub fn source(&mut self, number: usize, source: &Source) -> Vec<Said> {
        source.operations.iter().map(|operation| self.operation(number, operation)).collect()
    }

    fn operation(&mut self, source: usize, operation: &Operation) -> Said {
        Said {
            source,
            item: self.item(source, Category::Operation, operation.span),
            method: operation.method.clone(),
            path: operation.path.clone(),
            span: operation.span,
            parameters: self
                .fields(source, Category::Parameter, &operation.parameters, operation.span)
                .children,
            request: self.body(source, &operation.request, operation.span),
            responses: operation.responses.iter().map(|response| self.response(source, response)).collect(),
        }
    }

    fn response(&mut self, source: usize, response: &Response) -> SaidResponse {
        let body = self.body(source, &response.body, response.span);
        let described = response.kind.map(|kind| match kind {
            ResponseKind::EventStream => "event stream",
            ResponseKind::File => "file",
        });
        SaidResponse {
            status: response
                .status
                .map(|status| (status, self.item(source, Category::Status, response.span))),
            span: response.span,
            media: described.into_iter().chain((!body.is_empty()).then_some("application/json")).collect(),
            body,
        }
    }

    fn body(&mut self, source: usize, body: &Body, span: Span) -> Vec<Statement> {
        let mut shown = Vec::new();
        for fields in [&body.table, &body.structure] {
            if !fields.is_empty() {
                shown.push(self.fields(source, Category::Field, fields, span));
            }
        }
        shown.extend(body.example.as_ref().map(|example| self.example(source, "", span, example, None)));
        shown
    }

    /// A list of fields with paths becomes one object.
    fn fields(&mut self, source: usize, category: Category, fields: &[Field], span: Span) -> Statement {
        let mut root = Statement::new(source, "", span);
        for field in fields {
            let mut at = &mut root;
            for segment in field.name.split('.') {
                let name = segment.trim_end_matches("[]");
                at = child(&mut at.children, source, name, field.span);
                for _ in 0..(segment.len() - name.len()) / 2 {
                    at = child(&mut at.items, source, "", field.span);
                }
            }
            at.item = Some(self.item(source, category, field.span));
            at.span = field.span;
            at.kind = field.kind.as_deref().map(kind);
            at.format =
                field.kind.as_ref().map(|_| field.format.clone().unwrap_or_else(|| "none".to_owned()));
            at.required = field.required;
            at.default = field.default.as_ref().map(words);
            at.varies = field.varies;
            at.values = field
                .values
                .iter()
                .map(|value| (value.clone(), self.item(source, Category::Value, field.span)))
                .collect();
        }
        root
    }

    fn example(
        &mut self,
        source: usize,
        name: &str,
        span: Span,
        node: &Node,
        item: Option<usize>,
    ) -> Statement {
        let mut statement = Statement { item, ..Statement::new(source, name, span) };
        statement.kind = match &node.value {
            Value::Null => None,
            Value::Bool(_) => Some("boolean"),
            Value::Number(text) if text.contains(['.', 'e', 'E']) => Some("number"),
            Value::Number(_) => Some("integer"),
            Value::String(_) => Some("string"),
            Value::Array(_) => Some("array"),
            Value::Object(_) => Some("object"),
        }
        .map(str::to_owned);
        statement.null = node.value == Value::Null;
        statement.sample = node.as_str().map(str::to_owned);
        for (key, value) in node.entries() {
            let item = self.item(source, Category::Field, key.span);
            statement.children.push(self.example(source, &key.text, key.span, value, Some(item)));
        }
        statement.items =
            node.items().iter().map(|value| self.example(source, "", value.span, value, None)).collect();
        statement
    }

    fn item(&mut self, source: usize, category: Category, span: Span) -> usize {
        self.items.push(Item { source, category, span });
        self.items.len() - 1
    }
}

impl Statement {
    fn new(source: usize, name: &str, span: Span) -> Self {
        Self {
            source,
            item: None,
            name: name.to_owned(),
            span,
            kind: None,
            format: None,
            required: None,
            default: None,
            values: Vec::new(),
            varies: false,
            null: false,
            sample: None,
            children: Vec::new(),
            items: Vec::new(),
        }
    }

    /// Its items and those of everything below it.
    pub fn all_items(&self) -> Vec<usize> {
        let own = self.item.into_iter().chain(self.values.iter().map(|(_, item)| *item));
        own.chain(self.children.iter().chain(&self.items).flat_map(Statement::all_items)).collect()
    }
}

fn child<'a>(list: &'a mut Vec<Statement>, source: usize, name: &str, span: Span) -> &'a mut Statement {
    let index = list.iter().position(|statement| statement.name == name).unwrap_or_else(|| {
        list.push(Statement::new(source, name, span));
        list.len() - 1
    });
    &mut list[index]
}

/// A printed type in OpenAPI's words.
fn kind(printed: &str) -> String {
    let lower = printed.to_ascii_lowercase();
    match lower.as_str() {
        "bool" => "boolean".to_owned(),
        _ if lower.starts_with("array") => "array".to_owned(),
        _ => lower,
    }
}
