//! Changes as text, Markdown, JSON and a page.

use super::entry::{Entry, Level};
use serde_json::json;
use std::fmt::Write as _;

/// A comparison to be shown.
pub struct Report<'a> {
    /// What the old version is called.
    pub old: &'a str,
    /// What the new version is called.
    pub new: &'a str,
    /// All changes, the gravest first.
    pub entries: &'a [Entry],
    /// How a version number has to change.
    pub next: String,
}

/// How many of each level, as one line.
pub fn summary(entries: &[Entry]) -> String {
    let count = |level: Level| entries.iter().filter(|entry| entry.level == level).count();
    let counted = Level::ALL.into_iter().map(|level| (count(level), level)).filter(|(count, _)| *count > 0);
    let parts: Vec<String> = counted.map(|(count, level)| format!("{count} {level}")).collect();
    if parts.is_empty() { "no change".to_owned() } else { parts.join(", ") }
}

/// For people at a terminal, in the look of rustc's messages.
pub fn text(report: &Report<'_>) -> String {
    let mut out = String::new();
    for entry in report.entries {
        let _ = writeln!(out, "{}: `{}` {}", entry.level, entry.item, entry.what);
        for place in [&entry.old_place, &entry.new_place].into_iter().flatten() {
            let _ = writeln!(out, "  --> {place}");
        }
        for (sign, value) in [('-', &entry.old), ('+', &entry.new)] {
            if let Some(value) = value {
                let _ = writeln!(out, "   | {sign} {value}");
            }
        }
        for also in &entry.also {
            let _ = writeln!(out, "   = also: {also}");
        }
        if let Some(wire) = wire(entry) {
            let _ = writeln!(out, "   = wire: {wire}");
        }
        if let Some(reached) = reached(entry) {
            let _ = writeln!(out, "   = from: {reached}");
        }
        if let Some(help) = &entry.help {
            let _ = writeln!(out, "   = help: {help}");
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "{} to {}: {}; next version: {}",
        report.old,
        report.new,
        summary(report.entries),
        report.next
    );
    out
}

fn wire(entry: &Entry) -> Option<String> {
    let wire = entry.wire?;
    Some(format!(
        "an old client at a new server {}; a new client at an old server {}",
        wire.old_client.as_str(),
        wire.new_client.as_str()
    ))
}

fn reached(entry: &Entry) -> Option<String> {
    let first = entry.reached.get(..entry.reached.len().min(5)).filter(|first| !first.is_empty())?;
    let more = entry.reached.len() - first.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{}{rest}", first.join(", ")))
}

/// A document of its own.
pub fn markdown(report: &Report<'_>) -> String {
    let Report { old, new, entries, next } = report;
    format!(
        "## Changes from {old} to {new}\n\n{}; next version: {next}.\n{}",
        summary(entries),
        lists(entries, "###")
    )
}

/// A section of the changelog, below what is not released.
pub fn section(report: &Report<'_>) -> String {
    let Report { old, entries, .. } = report;
    format!("### The API since {old}\n\n{}.\n{}", summary(entries), lists(entries, "####"))
}

/// A list for each level that there is.
fn lists(entries: &[Entry], heading: &str) -> String {
    let mut out = String::new();
    let titles = [
        (Level::Major, "Code that may no longer compile"),
        (Level::Silent, "Code that compiles and means something else"),
        (Level::Minor, "New"),
        (Level::Patch, "Nothing to do"),
    ];
    for (level, title) in titles {
        let mut entries = entries.iter().filter(|entry| entry.level == level).peekable();
        if entries.peek().is_none() {
            continue;
        }
        let _ = write!(out, "\n{heading} {title}\n\n");
        for entry in entries {
            let _ = write!(out, "- `{}` {}", entry.item, entry.what);
            match (&entry.old, &entry.new) {
                (Some(old), Some(new)) => _ = write!(out, ": {} becomes {}", quoted(old), quoted(new)),
                (Some(only), None) | (None, Some(only)) => _ = write!(out, ": {}", quoted(only)),
                (None, None) => {}
            }
            for part in [entry.help.clone(), wire(entry).map(|wire| format!("On the wire, {wire}"))]
                .into_iter()
                .flatten()
            {
                let _ = write!(out, ". {part}");
            }
            out.push_str(".\n");
        }
    }
    out
}

/// Text as code, whatever marks are in it.
fn quoted(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// For programs.
pub fn json(report: &Report<'_>) -> String {
    let entries: Vec<_> = report
        .entries
        .iter()
        .map(|entry| {
            json!({
                "fingerprint": entry.fingerprint(),
                "level": entry.level.as_str(),
                "item": entry.item,
                "also": entry.also,
                "what": entry.what,
                "old": entry.old,
                "new": entry.new,
                "help": entry.help,
                "wire": entry.wire.map(|wire| json!({
                    "old_client": wire.old_client.as_str(),
                    "new_client": wire.new_client.as_str(),
                })),
                "reached": entry.reached,
                "old_place": entry.old_place,
                "new_place": entry.new_place,
            })
        })
        .collect();
    let whole =
        json!({ "old": report.old, "new": report.new, "next_version": report.next, "changes": entries });
    format!("{whole:#}\n")
}

/// One page without anything from elsewhere.
pub fn html(report: &Report<'_>) -> String {
    let mut rows = String::new();
    for entry in report.entries {
        let level = entry.level.as_str();
        let cell = |value: &Option<String>| {
            value.as_deref().map(|value| format!("<code>{}</code>", escaped(value))).unwrap_or_default()
        };
        let notes = entry.also.iter().map(|also| format!("also: {also}"));
        let places = [&entry.old_place, &entry.new_place].into_iter().flatten().cloned();
        let notes = notes
            .chain(entry.help.clone())
            .chain(reached(entry).map(|from| format!("from: {from}")))
            .chain(places);
        let notes: Vec<String> = notes.map(|note| escaped(&note)).collect();
        let wire =
            entry.wire.map(|wire| (wire.old_client.as_str(), wire.new_client.as_str())).unwrap_or_default();
        let _ = writeln!(
            rows,
            "<tr id=\"{id}\" class=\"{level}\"><td><a href=\"#{id}\">{level}</a></td><td><code>{item}</code> {what}</td><td>{old}</td>\
             <td>{new}</td><td>{}</td><td>{}</td><td>{notes}</td></tr>",
            wire.0,
            wire.1,
            id = entry.fingerprint(),
            item = escaped(&entry.item),
            what = escaped(&entry.what),
            old = cell(&entry.old),
            new = cell(&entry.new),
            notes = notes.join("<br>"),
        );
    }
    let title = escaped(&format!("{} to {}", report.old, report.new));
    let summary = escaped(&format!("{}; next version: {}", summary(report.entries), report.next));
    PAGE.replace("TITLE", &title).replace("SUMMARY", &summary).replace("ROWS", &rows)
}

const PAGE: &str = include_str!("page.html");

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}
