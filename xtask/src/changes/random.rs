//! Random changes of documents: whatever changes is told, and nothing else is.

use super::bundle::Texts;
use super::entry::{Entry, Level};
use super::input::Version;
use super::renames::{RENAMED, moved};
use super::{compare, source, surface};
use codegen::{Options, Source, parse};
use fastrand::Rng;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;

/// How many changes that generate are tried.
const CHANGES: usize = 500;

/// Documents of the tests beyond this size take too long.
const LONGEST: usize = 6_000;

fn documents() -> Vec<(String, Value)> {
    let mut paths: Vec<_> = fs::read_dir(crate::root().join("tests/specs/accept"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let texts = paths.iter().map(|path| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())
    });
    texts
        .filter(|(_, text)| text.len() < LONGEST)
        .map(|(name, text)| (name, crate::corpus::instances::json_of(&parse::parse(&text).unwrap())))
        .collect()
}

fn version(document: &Value) -> Option<Version> {
    let text = document.to_string();
    let options = Options { blocking: true, dynamic: true, ..Options::default() };
    let output = codegen::generate(Source { name: "document", text: &text }, &options).ok()?;
    let files = output.tree.into_iter().map(|(path, text)| (path.to_string(), text)).collect();
    Some(Version {
        name: "document".to_owned(),
        files,
        document: Some(Texts::new("document", text)),
        release: None,
    })
}

/// Generated files without what only people read, in an order that does not depend on the document's.
fn code(version: &Version) -> BTreeMap<&String, Vec<String>> {
    let is_code = |line: &&str| !line.starts_with("//") && !line.starts_with("#[doc");
    let lines = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::trim).filter(is_code).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    version.files.iter().map(|(path, text)| (path, lines(text))).collect()
}

/// Pointers to everything in a value but the version of OpenAPI, without which it is no document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    if at == "/openapi" {
        return;
    }
    found.push(at.to_owned());
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| pointers(value, &below(key), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| pointers(value, &below(&at.to_string()), found));
        }
        _ => {}
    }
}

/// Changes one place; says which and how.
fn change(document: &mut Value, random: &mut Rng) -> String {
    let mut paths = Vec::new();
    pointers(document, "", &mut paths);
    let path = paths.swap_remove(random.usize(0..paths.len()));
    let at = document.pointer_mut(&path).unwrap();
    let was = at.to_string();
    *at = match &*at {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
        Value::String(text) if ["string", "integer", "number", "boolean"].contains(&text.as_str()) => {
            json!(["string", "integer", "number", "boolean"][random.usize(0..4)])
        }
        Value::String(text) => json!(format!("{text}2")),
        Value::Array(items) if random.bool() || items.iter().any(Value::is_object) => {
            let mut items = items.clone();
            items.pop();
            json!(items)
        }
        Value::Array(items) => {
            let mut items = items.clone();
            items.push(json!("more"));
            json!(items)
        }
        Value::Object(entries) if random.bool() => {
            let gone = random.usize(0..entries.len().max(1));
            let kept = entries.iter().enumerate().filter(|(at, _)| *at != gone);
            Value::Object(kept.map(|(_, (key, value))| (key.clone(), value.clone())).collect::<Map<_, _>>())
        }
        Value::Object(entries) => {
            let mut entries = entries.clone();
            let more = [
                ("nullable", json!(true)),
                ("deprecated", json!(true)),
                ("x", json!({ "type": "string" })),
                ("maxLength", json!(3)),
            ];
            let (key, value) = more[random.usize(0..more.len())].clone();
            entries.insert(key.to_owned(), value);
            json!(entries)
        }
        Value::Null => json!("text"),
    };
    let shown = |text: &str| text.chars().take(160).collect::<String>();
    format!("{path}: {} becomes {}", shown(&was), shown(&at.to_string()))
}

#[test]
fn whatever_changes_is_told_and_nothing_else() {
    let mut random = Rng::with_seed(15);
    let documents = documents();
    let (mut tried, mut told, mut faults) = (0, 0, Vec::new());
    while tried < CHANGES {
        let (name, old) = &documents[random.usize(0..documents.len())];
        let mut new = old.clone();
        let change = change(&mut new, &mut random);
        if *old == new {
            continue;
        }
        let (Some(was), Some(is)) = (version(old), version(&new)) else { continue };
        tried += 1;
        let surfaces = (surface::read(&was.files).unwrap(), surface::read(&is.files).unwrap());
        let of_crate: Vec<Entry> = source::compare(&surfaces.0, &surfaces.1);
        let is_words = |entry: &Entry| entry.level == Level::Patch && entry.item == "documentation";
        let code_changes = code(&was) != code(&is);
        let surface_changes = of_crate.iter().any(|entry| !is_words(entry));
        let all = compare(&was, &is).map_err(|_| "compare").unwrap();
        told += all.len();
        if surface_changes && !code_changes {
            faults.push(format!("{name}: {change}: a surface without code: {of_crate:#?}"));
        }
        if code_changes && all.iter().all(is_words) {
            faults.push(format!("{name}: {change}: code changes, and nothing is told"));
        }
        if all.is_empty() {
            faults.push(format!("{name}: {change}: nothing is told"));
        }
        // And back: what is new there is gone here.
        let back = compare(&is, &was).map_err(|_| "compare").unwrap();
        if back.is_empty() != all.is_empty() {
            faults.push(format!("{name}: {change}: told in one direction"));
        }
        // What only adds is told in one entry, what goes in one for each.
        let same = |also: &String| also.strip_prefix('`')?.strip_suffix("`, the same").map(str::to_owned);
        let items = |entries: &[Entry], what: &str| -> Vec<String> {
            let of_kind = entries.iter().filter(|entry| entry.what.starts_with(what));
            let mut items: Vec<String> = of_kind
                .flat_map(|entry| [entry.item.clone()].into_iter().chain(entry.also.iter().filter_map(same)))
                .collect();
            items.sort();
            items
        };
        // What is in a type with another name is told under the new one, which is the other on the way back.
        let renamed = |items: Vec<String>| -> Vec<String> {
            let of_own = back.iter().filter(|entry| entry.what == RENAMED);
            let mut pairs: Vec<(&str, &str)> =
                of_own.filter_map(|entry| Some((entry.item.as_str(), entry.new.as_deref()?))).collect();
            let with_others = back.iter().flat_map(|entry| &entry.also);
            pairs.extend(with_others.filter_map(|also| also.split_once(&format!(" {RENAMED}: "))));
            let under =
                |item: String| pairs.iter().find_map(|(old, new)| moved(&item, old, new)).unwrap_or(item);
            let mut items: Vec<String> = items.into_iter().map(under).collect();
            items.sort();
            items
        };
        for (there, back) in [
            (renamed(items(&all, "is new")), items(&back, "is gone")),
            (renamed(items(&all, "is gone")), items(&back, "is new")),
        ] {
            if there != back {
                faults.push(format!("{name}: {change}: {there:?} there, {back:?} back"));
            }
        }
    }
    println!("{tried} changes, {told} entries");
    assert!(faults.is_empty(), "{} of {tried}:\n{}", faults.len(), faults[..faults.len().min(25)].join("\n"));
}
