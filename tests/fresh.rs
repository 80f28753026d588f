//! The checked-in crate is what the generator makes of the checked-in document now.

use crate::own_spec;
use codegen::ir::Call;
use codegen::{CrateDocs, Decision, Options, Source};
use std::path::Path;

#[test]
fn the_generated_crate_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let options = Options {
        strict: true,
        blocking: true,
        split: codegen::Split::Auto,
        dynamic: true,
        examples: Some("maiagent".to_owned()),
        header: "by `cargo xtask codegen` from `spec/maiagent.yaml`. Do not edit.".to_owned(),
        docs: CrateDocs::Readme,
        decisions: decisions(root),
    };
    let text = own_spec();
    let output = codegen::generate(Source { name: "spec/maiagent.yaml", text: &text }, &options).unwrap();
    assert!(output.warnings.is_empty(), "{:?}", output.warnings);
    for (path, expected) in &output.tree {
        let found = std::fs::read_to_string(root.join("generated/src").join(path)).unwrap_or_default();
        assert!(found == *expected, "generated/src/{path} is not up to date; run `cargo xtask codegen`");
    }
    let files = std::fs::read_dir(root.join("generated/src")).unwrap().count();
    let by_hand = output.api.own_modules.len();
    assert_eq!(files, output.tree.len() + by_hand, "generated/src has files that nobody knows");
}

#[test]
fn the_echo_crate_is_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("echo");
    let text = std::fs::read_to_string(folder.join("echo.yaml")).unwrap();
    let header = "by `cargo xtask codegen` from `echo.yaml`. Do not edit.".to_owned();
    let options = Options { header, blocking: true, dynamic: true, ..Options::default() };
    let output = codegen::generate(Source { name: "echo.yaml", text: &text }, &options).unwrap();
    let command = "cargo xtask codegen --spec tests/echo/echo.yaml --out tests/echo/src --blocking --dyn";
    for (path, expected) in &output.tree {
        let found = std::fs::read_to_string(folder.join("src").join(path)).unwrap_or_default();
        assert!(found == *expected, "tests/echo/src/{path} is not up to date; run `{command}`");
    }
}

/// Ten operations of the documentation pages, one of them with two methods, and nine that other evidence shows; and their routes.
#[test]
fn every_documented_route_is_covered() {
    let document: serde_json::Value = serde_yaml::from_str(&own_spec()).unwrap();
    let mut operations = Vec::new();
    let (mut documented, mut further) = (Vec::new(), Vec::new());
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values().filter(|value| value.get("operationId").is_some())
        {
            operations.push(operation["operationId"].as_str().unwrap());
            for source in operation["x-source"].as_array().unwrap() {
                let route = source["route"].as_str().unwrap();
                let pages = source["documented"].as_array().unwrap();
                if pages.is_empty() { further.push(route) } else { documented.push(route) }
            }
        }
    }
    assert_eq!((operations.len(), documented.len(), further.len()), (19, 16, 21));
    let text = own_spec();
    let api = codegen::generate(Source { name: "", text: &text }, &Options::default()).unwrap().api;
    let calls = |wanted: fn(&Call) -> bool| {
        api.routes.iter().flat_map(|route| &route.calls).filter(|call| wanted(call)).count()
    };
    let counted = [
        calls(|call| matches!(call, Call::Whole(_))),
        calls(|call| matches!(call, Call::Streamed(_))),
        calls(|call| matches!(call, Call::AllPages(_))),
    ];
    // One operation has a second method, for a body of another form.
    assert_eq!((api.operations().count(), counted), (19, [20, 1, 7]));
}

/// The ledger, read a second time and by another reader than that of the task.
fn decisions(root: &Path) -> Vec<Decision> {
    let text = std::fs::read_to_string(root.join("spec/reconciliation.yaml")).unwrap();
    let ledger: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    let word = |value: &serde_yaml::Value| match value {
        serde_yaml::Value::Null => String::new(),
        value => value.as_str().map_or_else(|| serde_json::to_string(value).unwrap(), str::to_owned),
    };
    let list = |value: &serde_yaml::Value| -> Vec<String> {
        value.as_sequence().into_iter().flatten().map(word).collect()
    };
    let said = |value: &serde_yaml::Value| {
        if value.is_sequence() { list(value).join(" or ") } else { word(value) }
    };
    let sources = ledger["sources"].as_mapping().unwrap();
    // A page is its tag, or says more than that.
    let tag_of = |known: &serde_yaml::Value| word(known.get("tag").unwrap_or(known));
    let evidence = |tag: String| match sources.iter().find(|(_, known)| tag_of(known) == tag) {
        Some((page, _)) => format!("the page {}", page.as_str().unwrap()),
        None => ledger["evidence"][&tag].as_str().unwrap().to_owned(),
    };
    let decision = |decision: &serde_yaml::Value| Decision {
        id: word(&decision["id"]),
        kind: word(&decision["kind"]),
        places: list(&decision["at"]),
        says: sources
            .keys()
            .filter_map(|page| Some((word(page), said(decision.get("says")?.get(page)?))))
            .collect(),
        decided: decision.get("spec").map(word).unwrap_or_default(),
        evidence: list(&decision["evidence"]).into_iter().map(evidence).collect(),
        reason: word(&decision["reason"]),
    };
    ledger["decisions"].as_sequence().unwrap().iter().map(decision).collect()
}
