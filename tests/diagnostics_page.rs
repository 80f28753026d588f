//! `codegen/DIAGNOSTICS.md`: every kind of complaint with the smallest document here that brings it about, as it is printed.
//!
//! Written with `INSTA_UPDATE=always`, like snapshots; otherwise compared.

use crate::specs;
use codegen::diagnostics::{Effect, Severity};
use codegen::{Colour, Diagnostics, Documents, OneFile, Options};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is to be said about one kind.
struct Example {
    /// Below `tests/specs`.
    file: String,
    text: String,
    effect: Effect,
    severity: Severity,
    shown: String,
}

/// Longer documents are only referred to.
const LONGEST: usize = 30;

#[test]
fn the_page_of_diagnostics_is_up_to_date() {
    let all = complaints();
    let mut kinds: BTreeMap<String, Example> = BTreeMap::new();
    for (file, text, problems, shown) in &all {
        for (problem, shown) in problems.iter().zip(shown) {
            let known = kinds.get(&kind(&problem.message));
            if known.is_some_and(|known| known.text.len() <= text.len()) {
                continue;
            }
            let example = Example {
                file: file.clone(),
                text: text.clone(),
                effect: problem.effect,
                severity: problem.severity,
                shown: shown.clone(),
            };
            kinds.insert(kind(&problem.message), example);
        }
    }
    let path = root().join("codegen/DIAGNOSTICS.md");
    let page = page(&kinds);
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "codegen/DIAGNOSTICS.md is not up to date; run this test with INSTA_UPDATE=always"
    );
    println!("{} kinds of diagnostics", kinds.len());
}

/// Places that complain about what no document here can show, by what they say, and why.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("the document's files are larger than four gigabytes", "no document here is"),
    ("`allOf` nested this deeply", "it takes a hundred schemas that each extend the next one"),
];

#[test]
fn every_place_that_complains_is_on_the_page() {
    let all = complaints();
    let said: Vec<&str> = all
        .iter()
        .flat_map(|(_, _, problems, _)| problems.iter())
        .flat_map(|problem| [&*problem.message, &*problem.label, &*problem.help])
        .collect();
    let (mut places, mut missing) = (0, Vec::new());
    for path in sources(&root().join("codegen/src")) {
        let tokens: TokenStream = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        for words in calls(tokens) {
            places += 1;
            let is_said = words.iter().any(|template| said.iter().any(|text| fits(text, template)));
            let is_known = NOT_SHOWN.iter().any(|(known, _)| words.iter().any(|words| words == known));
            if !is_said && !is_known {
                missing.push(format!("{}: {words:?}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    println!("{places} places that complain");
    assert!(places > 80, "{places}");
    assert!(missing.is_empty(), "no document of tests/specs shows\n{}", missing.join("\n"));
}

/// File, text, complaints, and each of them as it is printed.
fn complaints() -> Vec<(String, String, Diagnostics, Vec<String>)> {
    let mut all = Vec::new();
    for folder in ["reject", "accept"] {
        for (name, text) in specs(folder) {
            let mut documents = Documents::new(format!("{name}.yaml"), text.clone());
            let problems =
                match codegen::generate_all(&mut documents, &mut OneFile, &Options::default(), |_| {}) {
                    Ok(output) => output.warnings,
                    Err(problems) => problems,
                };
            let shown = one_by_one(&problems, &documents);
            all.push((format!("{folder}/{name}.yaml"), text, problems, shown));
        }
    }
    for (case, problems, documents) in crate::files::complaints() {
        let shown = one_by_one(&problems, &documents);
        let text = documents.text().to_owned();
        all.push((format!("files/{case}/openapi.yaml"), text, problems, shown));
    }
    all
}

fn one_by_one(problems: &Diagnostics, documents: &Documents) -> Vec<String> {
    let text = problems.render(documents, Colour::Plain);
    let mut shown: Vec<String> = Vec::new();
    for line in text.lines() {
        match shown.last_mut() {
            Some(last) if !line.starts_with("error: ") && !line.starts_with("warning: ") => {
                last.push_str(&format!("\n{}", line.trim_end()));
            }
            _ => shown.push(line.to_owned()),
        }
    }
    // Of very many, not all are printed.
    assert!(shown.len() <= problems.len());
    shown.into_iter().map(|shown| shown.trim_end().to_owned()).collect()
}

/// A message without what is in the document.
fn kind(message: &str) -> String {
    let mut kind = String::new();
    for (at, part) in message.split('`').enumerate() {
        let is_name = part.starts_with("x-") || WORDS.contains(&part);
        match at % 2 {
            0 => kind.push_str(part),
            _ if is_name => kind.push_str(&format!("`{part}`")),
            _ => kind.push_str("`…`"),
        }
    }
    kind
}

/// Words of OpenAPI that messages name, whatever the document says.
const WORDS: &[&str] =
    &["allOf", "parameters", "name", "in", "actions", "discriminator", "propertyName", "paths"];

fn page(kinds: &BTreeMap<String, Example>) -> String {
    let mut page = "# What the generator complains about\n\nWritten by a test (`tests/diagnostics_page.rs`); do not edit. Each \
        kind has the smallest document of `tests/specs` that brings it\nabout, and what is printed: the place, what is wrong \
        there, what becomes of it, and behind `help` what to do.\n\nErrors stop the run, and nothing is written. With \
        warnings, code is written, and something of the document does not reach it; with\n`--strict` they are errors, too. In \
        `--report` the effect is the word in the headings below.\n"
        .to_owned();
    let mut groups: BTreeMap<(Severity, Effect), Vec<(&String, &Example)>> = BTreeMap::new();
    for (kind, example) in kinds {
        groups.entry((example.severity, example.effect)).or_default().push((kind, example));
    }
    for ((severity, effect), kinds) in &groups {
        page.push_str(&format!("\n{}:\n\n", heading(*severity, *effect)));
        for (kind, _) in kinds {
            page.push_str(&format!("- [{kind}](#{})\n", anchor(kind)));
        }
    }
    for ((severity, effect), kinds) in &groups {
        page.push_str(&format!("\n## {}\n", heading(*severity, *effect)));
        for (kind, Example { file, text, shown, .. }) in kinds {
            page.push_str(&format!("\n### {kind}\n\n```text\n{shown}\n```\n\n"));
            let link = format!("[`{file}`](../tests/specs/{file})");
            if text.lines().count() > LONGEST {
                page.push_str(&format!("In {link}.\n"));
                continue;
            }
            let text: String =
                text.chars().filter(|character| !character.is_control() || *character == '\n').collect();
            page.push_str(&format!("{link}:\n\n````yaml\n{}\n````\n", text.trim_end()));
        }
    }
    page
}

fn heading(severity: Severity, effect: Effect) -> String {
    let severity = match severity {
        Severity::Error => "Errors",
        Severity::Warning => "Warnings",
    };
    format!("{severity}: {}", effect.as_str())
}

/// What a forge makes of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'))
        .map(|character| if character == ' ' { '-' } else { character })
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Source files in which documents are complained about.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            true if ["emit", "plan", "package"].contains(&&*name) => {}
            true => found.extend(sources(&path)),
            false if name == "tests.rs" || !name.ends_with(".rs") => {}
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Functions that complain.
const COMPLAIN: &[&str] = &[
    "error",
    "warning",
    "operation_left_out",
    "left_out",
    "untyped",
    "not_enforced",
    "ignored",
    "parameter_left_out",
    "unsupported",
    "expected",
];

/// The texts that each call of such a function is given, as they are written in the source.
fn calls(tokens: TokenStream) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let (mut before_last, mut last) = (String::new(), String::new());
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            let is_call = group.delimiter() == Delimiter::Parenthesis
                && COMPLAIN.contains(&&*last)
                && before_last != "fn";
            let inside = if is_call { texts(group.stream()) } else { Vec::new() };
            // Other functions have such names, too.
            if !inside.is_empty() {
                found.push(inside);
            }
            found.extend(calls(group.stream()));
        }
        before_last = std::mem::replace(&mut last, token.to_string());
    }
    found
}

/// Sentences among the literals, also inside of `format!`.
fn texts(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(texts(group.stream())),
            TokenTree::Literal(literal) => {
                let text = syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|text| text.value());
                found.extend(text.ok().filter(|text| text.contains(' ') && text.len() > 10));
            }
            _ => {}
        }
    }
    found
}

/// Whether a text is what a format makes of some values.
fn fits(text: &str, template: &str) -> bool {
    let mut rest = text;
    let mut template = template.replace("{{", "\u{1}").replace("}}", "\u{2}");
    while let Some((before, after)) = template.split_once('{') {
        let before = before.replace('\u{1}', "{").replace('\u{2}', "}");
        let Some(at) = rest.find(&before) else { return false };
        rest = &rest[at + before.len()..];
        template = after.split_once('}').map_or_else(String::new, |(_, after)| after.to_owned());
    }
    rest.contains(&template.replace('\u{1}', "{").replace('\u{2}', "}"))
}
