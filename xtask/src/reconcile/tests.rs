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
