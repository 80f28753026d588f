//! Programs that call an operation: they state nothing, but must belong to it.

use super::cursor::{self, Cursor};
use super::json;
use super::label::{self, Column};
use super::lines::{Class, Line};
use crate::source::{Extent, Operation};

/// Passes the programs of an operation, the label of which is given.
pub fn check(cursor: &mut Cursor<'_>, label: &Line<'_>, operation: &Operation) {
    let mut calls = 0;
    while let Some(line) = cursor.peek().filter(|_| !cursor.at_boundary()) {
        if let Err(message) = fits(line, operation) {
            cursor.unexpected(message);
            continue;
        }
        calls += usize::from(line.text.starts_with("curl "));
        match body(line) {
            Body::None => cursor.take(Class::Sample),
            Body::Strange => cursor.unexpected("a request body that is not understood"),
            Body::Json { skipped } => payload(cursor, line, skipped, operation),
        }
    }
    if calls == 0 {
        cursor.fail(label, "no program of this section calls the operation with curl");
    }
}

/// What a line of a program says of the request's body.
enum Body {
    None,
    Strange,
    /// Where it begins.
    Json {
        skipped: usize,
    },
}

fn body(line: &Line<'_>) -> Body {
    for option in ["-d ", "--data ", "--data-raw "] {
        let Some(at) = line.text.find(option) else { continue };
        if at > 0 && !line.text[..at].ends_with(' ') {
            continue;
        }
        return match line.text[at + option.len()..].starts_with("'{") {
            true => Body::Json { skipped: at + option.len() + 1 },
            false => Body::Strange,
        };
    }
    Body::None
}

/// Passes a body, which must be the documented example.
fn payload(cursor: &mut Cursor<'_>, line: &Line<'_>, skipped: usize, operation: &Operation) {
    let start = line.offset + skipped;
    match json::read(cursor.text(), start, 0, Extent::Whole) {
        Err(fault) => {
            cursor.unexpected(fault.message);
            cursor.give_up();
        }
        Ok(body) => {
            cursor.take_until(body.end, Class::Sample);
            let example = operation.request.example.as_ref();
            if !cursor.text()[body.end..].starts_with('\'') {
                cursor.fail(line, "the request body does not end with a quote");
            } else if !example.is_some_and(|example| json::same(example, &body.node)) {
                cursor.fail(line, "the request body is not the example of the operation");
            }
        }
    }
}

/// Whether a line can be part of a program that calls the operation.
fn fits(line: &Line<'_>, operation: &Operation) -> Result<(), String> {
    let text = &*line.text;
    if cursor::is_payload(line) || label::status(text).is_some() || Column::of(text).is_some() {
        return Err("this is no part of a program; the label above it may be missing".to_owned());
    }
    for part in text.split("\"http").skip(1) {
        let url = part.split('"').next().unwrap_or(part);
        let url = url.split_once("://").map_or("", |(_, url)| url);
        let path = url.find('/').map_or("", |at| &url[at..]);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if !is_route(path, &operation.path) {
            return Err(format!("{path} is not the route of this operation"));
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split('=').next().unwrap_or(pair);
            if !operation.parameters.iter().any(|parameter| parameter.name == name) {
                return Err(format!("`{name}` is not a parameter of this operation"));
            }
        }
    }
    let method = text.split_once("curl -X ").and_then(|(_, rest)| rest.split(' ').next());
    match method {
        Some(method) if method != operation.method => {
            Err(format!("{method} is not the method of this operation"))
        }
        None if text.starts_with("curl ") => Err("the call does not say its method".to_owned()),
        _ => Ok(()),
    }
}

fn is_route(path: &str, route: &str) -> bool {
    let (mut path, mut route) = (path.split('/'), route.split('/'));
    loop {
        match (path.next(), route.next()) {
            (None, None) => return true,
            (Some(segment), Some(part)) if segment == part => {}
            (Some(segment), Some(part)) if part.starts_with('{') && !segment.is_empty() => {}
            _ => return false,
        }
    }
}
