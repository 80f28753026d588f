//! Every decision and every part of the document, taken away in turn: the check notices each.

use super::{Node, Texts, parse, reconcile};
use codegen::diagnostics::Span;
use codegen::parse::Value;

fn texts() -> Texts {
    Texts::load(&crate::root().join("spec"), "spec").unwrap()
}

fn complaints(texts: &Texts) -> Vec<String> {
    match reconcile(texts) {
        Ok(reconciliation) => {
            reconciliation.findings.complaints.into_iter().map(|complaint| complaint.message).collect()
        }
        Err(problems) => vec![problems],
    }
}

/// The text with a range of characters replaced.
fn replaced(text: &str, span: Span, by: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let (start, end) = (span.start as usize, span.end as usize);
    characters[..start].iter().copied().chain(by.chars()).chain(characters[end..].iter().copied()).collect()
}

#[test]
fn the_document_is_reconciled() {
    assert_eq!(complaints(&texts()), Vec::<String>::new());
}

#[test]
fn no_decision_can_be_spared() {
    let mut texts = texts();
    let whole = texts.ledger.1.clone();
    let blocks: Vec<usize> = whole
        .match_indices("\n  - id: C")
        .chain(whole.match_indices("\n  - id: N"))
        .map(|(at, _)| at)
        .collect();
    for start in &blocks {
        let end = whole[start + 1..].find("\n  - id: ").map_or(whole.len(), |length| start + 1 + length);
        let end = whole[start + 1..end].find("\nexamples:").map_or(end, |length| start + 1 + length);
        texts.ledger.1 = format!("{}{}", &whole[..*start], &whole[end..]);
        let found = complaints(&texts);
        assert!(!found.is_empty(), "nothing misses {}", &whole[*start..end]);
    }
    println!("{} decisions, each missed", blocks.len());
    assert!(blocks.len() > 100);
}

/// Renames each property, parameter, response and enumerated value, and gives each typed value another type.
#[test]
fn no_part_of_the_document_can_change_unseen() {
    let mut texts = texts();
    let whole = texts.document.1.clone();
    let root = parse::parse(&whole).unwrap();
    let mut edits = Vec::new();
    let schemas = root.get("components").and_then(|components| components.get("schemas")).unwrap();
    for (component, schema) in schemas.entries() {
        for (name, property) in schema.get("properties").map_or(&[][..], Node::entries) {
            let place = format!("{}.{}", component.text, name.text);
            edits.push((format!("{place} renamed"), name.span, format!("{}x", name.text)));
            if let Some(kind) = property.get("type").filter(|_| property.get("allOf").is_none()) {
                let other = if kind.as_str() == Some("boolean") { "integer" } else { "boolean" };
                edits.push((format!("{place} retyped"), kind.span, other.to_owned()));
            }
            if let Some(format) = property.get("format") {
                edits.push((format!("{place} of another format"), format.span, "password".to_owned()));
            }
            if let Some(flag) = property.get("nullable") {
                edits.push((format!("{place} not nullable"), flag.span, "false".to_owned()));
            }
        }
        for value in schema.get("enum").map_or(&[][..], Node::items) {
            let Value::String(text) = &value.value else { continue };
            edits.push((format!("{} without {text}", component.text), value.span, format!("{text}x")));
        }
        for name in schema.get("required").map_or(&[][..], Node::items) {
            edits.push((format!("{} requires another", component.text), name.span, "another".to_owned()));
        }
    }
    for (path, item) in root.get("paths").unwrap().entries() {
        edits.push((format!("path {}", path.text), path.span, path.text.replacen('/', "/x/", 1)));
        for (method, operation) in item.entries() {
            let id = format!("{} {}", method.text, path.text);
            for (status, _) in operation.get("responses").map_or(&[][..], Node::entries) {
                edits.push((format!("{id} {}", status.text), status.span, "'418'".to_owned()));
            }
            for parameter in operation.get("parameters").map_or(&[][..], Node::items) {
                let Some(name) = parameter.get("name") else { continue };
                edits.push((format!("{id} parameter"), name.span, "another".to_owned()));
            }
        }
    }
    for (what, span, by) in &edits {
        texts.document.1 = replaced(&whole, *span, by);
        assert!(!complaints(&texts).is_empty(), "{what}: nobody noticed");
    }
    println!("{} changes of the document, each noticed", edits.len());
    assert!(edits.len() > 400, "{}", edits.len());
}

/// The repository's texts with one more source, which the ledger names as given.
fn with_source(naming: &str, source: &str) -> Texts {
    let mut texts = texts();
    let at = texts.ledger.1.find("\n# Tags of other evidence").unwrap();
    texts.ledger.1.insert_str(at, &format!("  extra: {naming}\n"));
    texts.sources.insert("extra".to_owned(), ("sources/extra.yaml".to_owned(), source.to_owned()));
    texts
}

const PARTIAL: &str = "{ tag: D9, partial: true }";

/// Whether a complaint has it that a source lacks something, wholly or here and there.
fn says_absent(complaint: &str, source: &str) -> bool {
    let end = format!(" in {source}");
    let undecided = complaint.split(", ").any(|part| part.starts_with("absent") && part.ends_with(&end));
    undecided || complaint.contains(&format!("{source} says absent"))
}

/// Whether a complaint has it that the additional source prints no status.
fn says_no_status(complaint: &str) -> bool {
    complaint.contains("none in extra") || complaint.contains("of its status, extra says none")
}

/// A part of a page that shows this much of one operation.
fn part(shown: &str) -> String {
    format!("operations:\n  - route: GET /api/v1/messages/{{id}}/\n{shown}")
}

#[test]
fn silence_of_a_partial_page_is_no_statement() {
    let nothing = "operations: []\n";
    assert_eq!(complaints(&with_source(PARTIAL, nothing)), Vec::<String>::new());
    for whole in ["D9", "{ tag: D9 }", "{ tag: D9, partial: false }"] {
        let found = complaints(&with_source(whole, nothing));
        assert!(found.iter().any(|line| says_absent(line, "extra")), "{whole}: {found:#?}");
    }
    // An operation without parameters, without a status, with a body of one field: of nothing else anything is said.
    let body =
        "    responses:\n      - structure:\n          - { name: content, type: string, required: true }\n";
    let found = complaints(&with_source(PARTIAL, &part(body)));
    assert!(found.iter().all(|line| !says_absent(line, "extra") && !says_no_status(line)), "{found:#?}");
    let found = complaints(&with_source("D9", &part(body)));
    let missed = found.iter().filter(|line| says_absent(line, "extra")).count();
    assert!(missed > 2 && found.iter().any(|line| says_no_status(line)), "{found:#?}");
}

#[test]
fn what_a_partial_page_prints_counts_like_any_other() {
    let said = |shown: &str| complaints(&with_source(PARTIAL, &part(shown)));
    let has =
        |found: &[String], part: &str| assert!(found.iter().any(|line| line.contains(part)), "{found:#?}");
    // Not named in `documented`, although it prints the route.
    has(&said(""), "`GET /api/v1/messages/{id}/`: the page extra prints it and is not named");
    let body = |field: &str| format!("    responses:\n      - structure:\n          - {field}\n");
    has(
        &said(&body("{ name: content, type: integer, required: true }")),
        "`Message.content`: type is string in the document, string in v1, string in unversioned, integer in extra",
    );
    has(
        &said(&body("{ name: colour, type: string }")),
        "`Message.colour`: it is absent in the document, absent in v1, absent in unversioned, present in extra",
    );
    has(
        &said(
            "    parameters:\n      - { name: id, type: string, required: true }\n      - { name: page, type: string }\n",
        ),
        "`getMessage(page)`: it is absent in the document, present in extra",
    );
    has(&said("    responses:\n      - status: 418\n"), "`getMessage 418`: it is absent in the document");
    let elsewhere = with_source(PARTIAL, "operations:\n  - route: GET /api/moods/\n");
    has(&complaints(&elsewhere), "`GET /api/moods/`: it is absent in the document, present in extra");
}

#[test]
fn how_a_source_is_named_is_checked() {
    for (naming, says) in [
        ("{ partial: true }", "`tag` is missing"),
        ("{ tag: D9, partial: maybe }", "write true or false"),
        ("{ tag: D9, part: true }", "the ledger has no `part`"),
        ("[D9]", "this is"),
    ] {
        let found = complaints(&with_source(naming, "operations: []\n"));
        assert!(found.iter().any(|line| line.contains(says)), "{naming}: {found:#?}");
    }
}

/// The partial page of the repository.
const CURRENT: &str = "current";

/// Changes each word of the current page in turn: names, types, formats, marks, defaults, values, the keys and values of the
/// example.
#[test]
fn no_word_of_the_current_page_can_change_unseen() {
    let mut texts = texts();
    let whole = texts.sources[CURRENT].1.clone();
    let root = parse::parse(&whole).unwrap();
    let operation = &root.get("operations").unwrap().items()[0];
    let request = operation.get("request").unwrap();
    let mut edits =
        vec![("route".to_owned(), operation.get("route").unwrap().span, "POST /api/questions/".to_owned())];
    let lists = [operation.get("parameters"), request.get("table"), request.get("structure")];
    for field in lists.into_iter().flatten().flat_map(Node::items) {
        let name = field.get("name").unwrap();
        for (key, value) in field.entries() {
            let what = format!("{} of {:?}", key.text, name.value);
            match (key.text.as_str(), &value.value) {
                ("enum", _) => edits.extend(
                    value.items().iter().map(|value| (what.clone(), value.span, "pigeon".to_owned())),
                ),
                ("name", Value::String(text)) => edits.push((what, value.span, format!("\"{text}x\""))),
                ("type", Value::String(text)) => {
                    let other = if text == "boolean" { "integer" } else { "boolean" };
                    edits.push((what, value.span, other.to_owned()));
                }
                ("required", Value::Bool(flag)) => edits.push((what, value.span, (!flag).to_string())),
                ("format", _) => edits.push((what, value.span, "date".to_owned())),
                ("default", _) => edits.push((what, value.span, "7".to_owned())),
                other => panic!("{other:?} is not tried"),
            }
        }
    }
    let mut nodes = vec![request.get("example").unwrap()];
    while let Some(node) = nodes.pop() {
        for (key, value) in node.entries() {
            edits.push((format!("{} of the example", key.text), key.span, format!("\"{}x\"", key.text)));
            nodes.push(value);
        }
        if node.entries().is_empty() {
            edits.push(("a value of the example".to_owned(), node.span, "7".to_owned()));
        }
    }
    for (what, span, by) in &edits {
        texts.sources.get_mut(CURRENT).unwrap().1 = replaced(&whole, *span, by);
        assert!(!complaints(&texts).is_empty(), "{what}: nobody noticed {by}");
    }
    println!("{} changes of the current page, each noticed", edits.len());
    assert!(edits.len() > 80, "{}", edits.len());
}

/// Takes each line of the current page away: what it no longer says is nowhere taken for a statement.
#[test]
fn what_the_current_page_does_not_show_is_no_statement() {
    let mut texts = texts();
    let whole = texts.sources[CURRENT].1.clone();
    let lines: Vec<&str> = whole.lines().collect();
    let (mut tried, mut unnoticed) = (0, 0);
    for index in
        lines.iter().enumerate().filter(|(_, line)| line.contains("- { name:")).map(|(index, _)| index)
    {
        let without = [&lines[..index], &lines[index + 1..]].concat().join("\n");
        texts.sources.get_mut(CURRENT).unwrap().1 = without;
        // A list without an item is no list; and a decision about what only this line said has nothing left to answer.
        let found = complaints(&texts);
        assert!(!found.iter().any(|line| says_absent(line, CURRENT)), "{}: {found:#?}", lines[index]);
        tried += 1;
        unnoticed += usize::from(found.is_empty());
    }
    println!("{tried} lines taken away, {unnoticed} without a complaint");
    assert!(tried > 20 && unnoticed > 10, "{tried} {unnoticed}");

    // Were it a whole page, its silence would say a lot.
    texts.sources.get_mut(CURRENT).unwrap().1 = whole;
    texts.ledger.1 = texts.ledger.1.replace("{ tag: D3, partial: true }", "D3");
    let found = complaints(&texts);
    assert_eq!(found.iter().filter(|line| says_absent(line, CURRENT)).count(), 5, "{found:#?}");
}
