//! Changes as text, Markdown, JSON and a page.

use super::entry::{Entry, Level};
use crate::html;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A comparison to be shown.
pub struct Report<'a> {
    /// What the old version is called.
    pub old: &'a str,
    /// What the new version is called.
    pub new: &'a str,
    /// All changes, the gravest first.
    pub entries: &'a [Entry],
    /// What was not compared.
    pub note: Option<String>,
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

/// An entry of which everything is in one line, whatever signs the document has: no terminal takes them for orders.
fn in_lines(entry: &Entry) -> Entry {
    let line = |text: &str| -> String {
        let is_sign = |letter: char| {
            letter.is_control()
                || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let letters = text.chars().map(|letter| match is_sign(letter) {
            true => letter.escape_default().to_string(),
            false => letter.to_string(),
        });
        letters.collect()
    };
    let maybe = |text: &Option<String>| text.as_deref().map(line);
    let all = |texts: &[String]| texts.iter().map(|text| line(text)).collect();
    Entry {
        item: line(&entry.item),
        what: line(&entry.what),
        also: all(&entry.also),
        reached: all(&entry.reached),
        old: maybe(&entry.old),
        new: maybe(&entry.new),
        help: maybe(&entry.help),
        ..entry.clone()
    }
}

/// For people at a terminal, in the look of rustc's messages.
pub fn text(report: &Report<'_>) -> String {
    let mut out = String::new();
    for entry in &report.entries.iter().map(in_lines).collect::<Vec<_>>() {
        let _ = writeln!(out, "{}: `{}` {}", entry.level, entry.item, entry.what);
        for place in [&entry.old_place, &entry.new_place].into_iter().flatten() {
            let _ = writeln!(out, "  --> {place}");
        }
        for (sign, value) in [('-', &entry.old), ('+', &entry.new)] {
            if let Some(value) = value {
                let _ = writeln!(out, "   | {sign} {value}");
            }
        }
        for also in entry.also.iter().take(MOST_ALSO) {
            let _ = writeln!(out, "   = also: {also}");
        }
        if entry.also.len() > MOST_ALSO {
            let _ = writeln!(out, "   = also: {} more", entry.also.len() - MOST_ALSO);
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
    if let Some(note) = &report.note {
        let _ = writeln!(out, "note: {note}");
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

/// What changes for one cause beyond this many is counted; JSON and the page have all of it.
const MOST_ALSO: usize = 6;

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
    let Report { old, new, entries, note, next } = report;
    let note = note.as_ref().map(|note| format!("\n{note}.\n")).unwrap_or_default();
    format!(
        "## Changes from {old} to {new}\n\n{}; next version: {next}.\n{note}{}",
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
        for entry in entries.map(in_lines) {
            // What names a value with such a mark in it is all code.
            let is_even = entry.what.matches('`').count().is_multiple_of(2);
            let what = if is_even { entry.what.clone() } else { quoted(&entry.what) };
            let _ = write!(out, "- {} {what}", quoted(&entry.item));
            match (&entry.old, &entry.new) {
                (Some(old), Some(new)) => _ = write!(out, ": {} becomes {}", quoted(old), quoted(new)),
                (Some(only), None) | (None, Some(only)) => _ = write!(out, ": {}", quoted(only)),
                (None, None) => {}
            }
            for part in [entry.help.clone(), wire(&entry).map(|wire| format!("On the wire, {wire}"))]
                .into_iter()
                .flatten()
            {
                let _ = write!(out, ". {part}");
            }
            out.push_str(".\n");
            for also in entry.also.iter().take(MOST_ALSO) {
                let _ = writeln!(out, "  - also: {}", quoted(also));
            }
            if entry.also.len() > MOST_ALSO {
                let _ = writeln!(out, "  - also: {} more", entry.also.len() - MOST_ALSO);
            }
        }
    }
    out
}

/// Text as code, whatever marks are in it.
fn quoted(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    if longest == 0 {
        return format!("`{text}`");
    }
    let marks = "`".repeat(longest + 1);
    format!("{marks} {text} {marks}")
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
    let whole = json!({ "old": report.old, "new": report.new, "note": report.note, "next_version": report.next, "changes": entries });
    format!("{whole:#}\n")
}

/// A note; of a long one, its beginning, which opens the rest.
fn html_note(note: &str) -> String {
    const LONG: usize = 160;
    match note.char_indices().nth(LONG) {
        None => format!("<span>{}</span>", html_text(note)),
        Some(_) => {
            let at = note.char_indices().nth(LONG / 2).map_or(note.len(), |(at, _)| at);
            let (start, rest) = note.split_at(at);
            format!("<details><summary>{}…</summary>…{}</details>", html::escaped(start), html::escaped(rest))
        }
    }
}

/// Text with what stands between backticks as code.
fn html_text(text: &str) -> String {
    let parts: Vec<String> = text.split('`').map(html::escaped).collect();
    if parts.len().is_multiple_of(2) {
        return html::escaped(text);
    }
    let mut shown = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at.is_multiple_of(2) {
            shown += part;
        } else {
            _ = write!(shown, "<code>{part}</code>");
        }
    }
    shown
}

/// One page without anything from elsewhere.
pub fn html(report: &Report<'_>) -> String {
    let mut rows = String::new();
    let mut operations: BTreeSet<&str> = BTreeSet::new();
    for entry in report.entries {
        let level = entry.level.as_str();
        let class = if entry.level == Level::Silent { "silently" } else { level };
        let cell = |value: &Option<String>, class: &str| {
            let code = |value| format!("<code class=\"{class}\">{}</code>", html::escaped(value));
            value.as_deref().map(code).unwrap_or_default()
        };
        let notes = entry.also.iter().map(|also| format!("also: {also}"));
        let places = [&entry.old_place, &entry.new_place].into_iter().flatten().cloned();
        let notes = notes
            .chain(entry.help.clone())
            .chain(reached(entry).map(|from| format!("from: {from}")))
            .chain(places);
        let notes: String = notes.map(|note| html_note(&note)).collect();
        let wire =
            entry.wire.map(|wire| (wire.old_client.as_str(), wire.new_client.as_str())).unwrap_or_default();
        operations.extend(entry.reached.iter().map(String::as_str));
        let reached: Vec<String> = entry.reached.iter().map(|name| html::word(name)).collect();
        let _ = writeln!(
            rows,
            "<tr id=\"{id}\" class=\"{class}\" data-level=\"{level}\" data-operation=\"{reached}\"><td class=\"level\"><a href=\"#{id}\">{level}</a></td>\
             <td><code>{item}</code> {what}</td><td data-column=\"before\">{old}</td><td data-column=\"after\">{new}</td>\
             <td class=\"wire\" data-column=\"old client, new server\">{}</td><td class=\"wire\" data-column=\"new client, old server\">{}</td><td>{notes}</td></tr>",
            wire.0,
            wire.1,
            id = entry.fingerprint(),
            reached = reached.join(" "),
            item = html::escaped(&entry.item),
            what = html_text(&entry.what),
            old = cell(&entry.old, "old"),
            new = cell(&entry.new, "new"),
        );
    }
    let levels =
        Level::ALL.into_iter().filter(|level| report.entries.iter().any(|entry| entry.level == *level));
    let note = report.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    html::page(&html::Page {
        title: format!("Changes: {} to {}", report.old, report.new),
        summary: format!(
            "<p>{}</p>",
            html::escaped(&format!("{}; next version: {}{note}", summary(report.entries), report.next))
        ),
        filters: vec![
            html::Filter {
                name: "level",
                label: "level",
                choices: levels.map(|level| html::Choice::new(level.as_str())).collect(),
            },
            html::Filter {
                name: "operation",
                label: "reached from",
                choices: operations.into_iter().map(html::Choice::new).collect(),
            },
        ],
        table: format!(
            "<thead><tr><th>level<th class=\"item\">what<th class=\"value\">before<th class=\"value\">after<th>old client, new server\
             <th>new client, old server<th class=\"notes\">notes</tr></thead>\n\
             <tbody data-owner=\"\">\n{rows}</tbody>\n"
        ),
    })
}
