//! Tables of parameters, of fields and of statuses.
//!
//! Plain pages print one cell per line and leave empty cells out, so what a line is follows from the order of the columns
//! and from what comes next. Markdown has real rows.

use super::cursor::Cursor;
use super::json;
use super::kind::{self, Attributes, Kind};
use super::label::{self, Column, Label};
use super::lines::{Class, Form, Line, half_width};
use crate::source::Field;
use codegen::diagnostics::Span;
use codegen::parse::{Node, Value};
use std::collections::HashSet;

/// Whether the mark stands before the type, where no column names say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Tables of parameters.
    MarkFirst,
    /// Tables of fields.
    KindFirst,
}

/// An object whose type cell counts its attributes.
pub struct Counted {
    /// The object.
    pub object: String,
    /// What the cell says.
    pub attributes: Attributes,
    /// Where.
    pub span: Span,
}

/// Reads the rows up to the next section, and what their cells count.
pub fn fields(cursor: &mut Cursor<'_>, order: Order) -> (Vec<Field>, Vec<Counted>) {
    let columns = head(cursor, |columns| {
        use Column::{Description, Kind, Mark, Name};
        matches!(columns, [Name, Mark, Kind, Description] | [Name, Kind, Mark, Description])
    });
    let order = match columns.as_deref() {
        Some([_, Column::Mark, ..]) => Order::MarkFirst,
        Some([_, Column::Kind, ..]) => Order::KindFirst,
        _ => order,
    };
    let mut table = Table::default();
    while !cursor.at_boundary() {
        let Some(line) = cursor.peek() else { break };
        match (&line.form, &columns) {
            (Form::Row(cells), Some(columns)) => {
                cursor.take(Class::Statement);
                table.add(cursor, cell_row(line, cells, columns));
            }
            _ if starts_row(cursor, order) => {
                let row = line_row(cursor, line, order);
                table.add(cursor, row);
            }
            _ => cursor.unexpected(complaint(line)),
        }
    }
    (table.fields, table.counted)
}

/// Statuses and what is said of them.
pub fn statuses<'a>(cursor: &mut Cursor<'a>) -> Vec<(&'a Line<'a>, u16, String)> {
    let columns = head(cursor, |columns| columns == [Column::Status, Column::Description]);
    let mut rows = Vec::new();
    while !cursor.at_boundary() {
        let Some(line) = cursor.peek() else { break };
        match (&line.form, columns.as_deref()) {
            (Form::Row(cells), Some([Column::Status, Column::Description])) => match cells.as_slice() {
                [status, description] if label::status(status).is_some() && is_prose(description) => {
                    cursor.take(Class::Statement);
                    rows.extend(label::status(status).map(|status| (line, status, description.clone())));
                }
                _ => cursor.unexpected("not a row of a status and a description"),
            },
            _ => match (label::status(&line.text), cursor.ahead(1)) {
                (Some(status), Some(next))
                    if next.form == Form::Plain && is_prose(&next.text) && Label::of(next).is_none() =>
                {
                    cursor.take(Class::Statement);
                    cursor.take(Class::Prose);
                    rows.push((line, status, next.text.to_string()));
                }
                _ => cursor.unexpected("neither a status with its description nor an example"),
            },
        }
    }
    rows
}

/// A row before its cells are understood.
struct Row<'a> {
    line: &'a Line<'a>,
    name: &'a str,
    mark: Option<bool>,
    kind: Kind,
    description: Option<&'a str>,
}

#[derive(Default)]
struct Table {
    fields: Vec<Field>,
    names: HashSet<String>,
    counted: Vec<Counted>,
}

impl Table {
    fn add(&mut self, cursor: &mut Cursor<'_>, row: Result<Row<'_>, (&Line<'_>, &'static str)>) {
        let row = match row {
            Ok(row) => row,
            Err((line, message)) => return cursor.fail(line, message),
        };
        let default = match row.description.map(|text| default(text, row.line.span)) {
            Some(Err(message)) => return cursor.fail(row.line, message),
            Some(Ok(default)) => default,
            None => None,
        };
        match (row.mark, row.description.map(Remark::of)) {
            (_, Some(Err(message))) => return cursor.fail(row.line, message),
            (Some(true), Some(Ok(Some(Remark::Optional)))) => {
                return cursor.fail(row.line, "the mark says required, the description optional");
            }
            (Some(false), Some(Ok(Some(Remark::Required)))) => {
                return cursor.fail(row.line, "the mark says optional, the description required");
            }
            _ => {}
        }
        if !self.names.insert(row.name.to_owned()) {
            return cursor.fail(row.line, "this table has the field twice");
        }
        if let Some(attributes) = row.kind.attributes {
            self.counted.push(Counted { object: row.name.to_owned(), attributes, span: row.line.span });
        }
        self.fields.push(Field {
            name: row.name.to_owned(),
            span: row.line.span,
            kind: Some(row.kind.name),
            format: row.kind.format,
            required: row.mark,
            default,
            values: row.kind.values,
            varies: false,
        });
    }
}

/// The names of the columns, where the page has them: all of one kind of table, each once.
fn head(cursor: &mut Cursor<'_>, is_known: fn(&[Column]) -> bool) -> Option<Vec<Column>> {
    let first = cursor.peek()?;
    if let Form::Row(cells) = &first.form {
        let columns: Option<Vec<Column>> = cells.iter().map(|cell| Column::of(cell)).collect();
        return match columns.filter(|columns| is_known(columns)) {
            Some(columns) => {
                cursor.take(Class::Furniture);
                Some(columns)
            }
            None => {
                cursor.unexpected("not the names of the columns of a known table");
                None
            }
        };
    }
    let size = match Column::of(&first.text)? {
        Column::Name => 4,
        _ => 2,
    };
    let columns: Option<Vec<Column>> =
        (0..size).map(|index| cursor.ahead(index).and_then(|line| Column::of(&line.text))).collect();
    let columns = columns.filter(|columns| is_known(columns));
    match columns {
        Some(_) => (0..size).for_each(|_| cursor.take(Class::Furniture)),
        None => cursor.unexpected("the names of the columns are not those of a known table"),
    }
    columns
}

/// A row of Markdown.
fn cell_row<'a>(
    line: &'a Line<'a>,
    cells: &'a [String],
    columns: &[Column],
) -> Result<Row<'a>, (&'a Line<'a>, &'static str)> {
    if cells.len() != columns.len() {
        return Err((line, "the row does not have as many cells as there are columns"));
    }
    let cell = |column| columns.iter().position(|other| *other == column).map_or("", |index| &cells[index]);
    let (name, mark, description) = (cell(Column::Name), cell(Column::Mark), cell(Column::Description));
    if !kind::is_path(name) {
        return Err((line, "the first cell is not the name of a field"));
    }
    let Some(kind) = Kind::of(cell(Column::Kind)) else { return Err((line, "not a known type")) };
    if !mark.is_empty() && self::mark(mark).is_none() {
        return Err((line, "not a known mark"));
    }
    if !description.is_empty() && !is_prose(description) {
        return Err((line, "not a description"));
    }
    let description = Some(description).filter(|text| !text.is_empty());
    Ok(Row { line, name, mark: self::mark(mark), kind, description })
}

/// A row of which each cell is a line.
fn line_row<'a>(
    cursor: &mut Cursor<'a>,
    line: &'a Line<'a>,
    order: Order,
) -> Result<Row<'a>, (&'a Line<'a>, &'static str)> {
    cursor.take(Class::Statement);
    let mut mark = None;
    if order == Order::MarkFirst {
        mark = take_mark(cursor);
    }
    let Some(kind) = cursor.peek().and_then(|line| Kind::of(&line.text)) else {
        return Err((line, "the row has no type"));
    };
    cursor.take(Class::Statement);
    if order == Order::KindFirst {
        mark = take_mark(cursor);
    }
    let mut description = None;
    if let Some(next) = cursor.peek()
        && !cursor.at_boundary()
        && next.form == Form::Plain
        // One word might be a name that has lost its type.
        && !kind::is_path(&next.text)
        && is_prose(&next.text)
    {
        cursor.take(Class::Prose);
        description = Some(&*next.text);
    }
    Ok(Row { line, name: &line.text, mark, kind, description })
}

fn take_mark(cursor: &mut Cursor<'_>) -> Option<bool> {
    let mark = mark(&cursor.peek()?.text)?;
    cursor.take(Class::Statement);
    Some(mark)
}

/// Whether a name and a type follow.
fn starts_row(cursor: &Cursor<'_>, order: Order) -> bool {
    let Some((first, second)) = cursor.peek().zip(cursor.ahead(1)) else { return false };
    let kind = match order {
        Order::MarkFirst if mark(&second.text).is_some() => cursor.ahead(2),
        _ => Some(second),
    };
    kind::is_path(&first.text) && kind.is_some_and(|line| Kind::of(&line.text).is_some())
}

fn mark(text: &str) -> Option<bool> {
    match text {
        "是" | "✅" => Some(true),
        "否" | "❌" => Some(false),
        _ => None,
    }
}

/// Whether a text can be a description: whatever is nothing else.
fn is_prose(text: &str) -> bool {
    let other = mark(text).is_some()
        || Kind::of(text).is_some()
        || Column::of(text).is_some()
        || Label::is_lookalike(text)
        || label::status(text).is_some()
        || text.starts_with(['{', '}', '[', ']', '"', '|', '#', '*']);
    !text.is_empty() && !other
}

fn complaint(line: &Line<'_>) -> &'static str {
    let text = &*line.text;
    if mark(text).is_some() {
        "a mark where none belongs"
    } else if Kind::of(text).is_some() {
        "a type where none belongs"
    } else if Label::is_lookalike(text) {
        "this seems to be a section, but none that is known"
    } else if kind::is_path(text) {
        "a row without a known type"
    } else {
        "not part of a row"
    }
}

/// What prose says of whether something may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// It may.
    Optional,
    /// It may not.
    Required,
}

/// Remarks that stand in parentheses at the end of prose.
const REMARKS: [(&str, Remark); 4] = [
    ("(可選)", Remark::Optional),
    ("(選填)", Remark::Optional),
    ("(非必填)", Remark::Optional),
    ("(必填)", Remark::Required),
];

impl Remark {
    /// What a description or a comment says.
    ///
    /// # Errors
    /// It says both.
    pub fn of(text: &str) -> Result<Option<Self>, &'static str> {
        let text = half_width(text);
        let says = |remark| REMARKS.iter().any(|(word, other)| *other == remark && text.contains(word));
        let optional = says(Self::Optional) || text.contains("非必填");
        let required = says(Self::Required);
        match (optional, required) {
            (true, true) => Err("this says both required and optional"),
            (true, false) => Ok(Some(Self::Optional)),
            (false, true) => Ok(Some(Self::Required)),
            (false, false) => Ok(None),
        }
    }
}

/// Prose without the remarks at its end.
fn without_remarks(text: &str) -> &str {
    let text = text.trim_end_matches(['。', '.', ' ']);
    match REMARKS.iter().find_map(|(word, _)| text.strip_suffix(word)) {
        Some(rest) => without_remarks(rest),
        None => text,
    }
}

/// The default that a description names.
fn default(description: &str, span: Span) -> Result<Option<Node>, &'static str> {
    const NAMED: [(&str, &str); 3] = [("空陣列", "[]"), ("空物件", "{}"), ("空字串", "\"\"")];
    let description = half_width(description);
    let Some((_, rest)) = description.split_once("預設") else { return Ok(None) };
    let rest = without_remarks(rest)
        .trim_start_matches(['值', '為', '是', ':', ' '])
        .trim_end_matches(['。', '.', ')', ' ']);
    let (named, rest) = match NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
        Some((name, json)) => (Some(*json), rest[name.len()..].trim_start()),
        None => (None, rest),
    };
    let json = match named {
        Some(json) if rest.is_empty() || rest == json => json,
        Some(_) => return Err("the description names a default that is not understood"),
        None => rest,
    };
    let node = json::read_all(json);
    let word = kind::is_name(json).then(|| Node { value: Value::String(json.to_owned()), span });
    match node.or(word) {
        Some(node) => Ok(Some(Node { span, ..node })),
        None => Err("the description names a default that is not understood"),
    }
}
