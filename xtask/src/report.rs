//! What is to be said about a document, for machines and in one line.

use codegen::Sources;
use codegen::diagnostics::{Diagnostics, Severity};
use serde_json::{Value, json};
use std::path::Path;

/// Writes all complaints as a JSON array, in document order.
///
/// # Errors
/// The file cannot be written.
pub fn write(file: &Path, problems: &Diagnostics, sources: &Sources<'_>) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("cannot write {}: {error}", file.display());
    let text = serde_json::to_string_pretty(&as_json(problems, sources)).map_err(|error| failed(&error))?;
    std::fs::write(file, text + "\n").map_err(|error| failed(&error))
}

/// Such as `3 untyped, 1 left-out`.
pub fn summary(problems: &Diagnostics) -> String {
    let counts: Vec<String> =
        problems.counts().iter().map(|(effect, count)| format!("{count} {}", effect.as_str())).collect();
    counts.join(", ")
}

fn as_json(problems: &Diagnostics, sources: &Sources<'_>) -> Value {
    let list = problems.iter().map(|problem| {
        let (file, line, column) = match sources.locate(problem.span) {
            Some((source, place)) => (source.name, place.line, place.column),
            None => ("", 0, 0),
        };
        json!({
            "severity": match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "effect": problem.effect.as_str(),
            "file": file,
            "line": line,
            "column": column,
            "message": problem.message,
            "label": problem.label,
            "help": problem.help,
        })
    });
    Value::Array(list.collect())
}
