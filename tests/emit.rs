//! One small document per construct; the snapshot shows what it becomes.
//!
//! A snapshot leaves out what is the same for every document: headers, imports, the service's constants.

use crate::specs;
use codegen::diagnostics::Severity;
use codegen::{Colour, Options, Source};

#[test]
fn each_construct_becomes_readable_code() {
    for (name, text) in specs("accept") {
        let source = Source { name: &format!("{name}.yaml"), text: &text };
        let output = match codegen::generate(source, &Options::default()) {
            Ok(output) => output,
            Err(problems) => panic!("{}", problems.render(source, Colour::Plain)),
        };
        let mut shown = output.warnings.render(source, Colour::Plain);
        shown.push_str(&models(&output.tree["models.rs"]));
        if let Some(params) = output.tree.get("params.rs") {
            shown.push_str(&format!("\n// params.rs\n\n{}", models(params)));
        }
        if let Some(headers) = output.tree.get("headers.rs") {
            shown.push_str(&format!("\n// headers.rs\n\n{}", models(headers)));
        }
        if let Some(forms) = output.tree.get("forms.rs") {
            shown.push_str(&format!("\n// forms.rs\n\n{}", models(forms)));
            shown.push_str(
                &output.tree["client.rs"]
                    .split("\n\n")
                    .filter(|part| part.starts_with("impl From<forms::"))
                    .map(|part| format!("\n{part}\n"))
                    .collect::<String>(),
            );
        }
        if !output.api.routes.is_empty() {
            shown.push_str(&section(&output.tree["api.rs"], "pub trait Api"));
            let client = &output.tree["client.rs"];
            if !output.api.servers.is_empty() {
                shown.push_str(&section(client, "impl Service for"));
                shown.push_str(&section(client, "pub mod servers"));
            }
            shown.push_str(&section(client, "impl Api for Client"));
            shown.push_str(&section(&output.tree["server.rs"], "pub fn routes"));
            shown.push_str(&behind_routes(&output.tree["server.rs"]));
        }
        if let Some(webhooks) = output.tree.get("webhooks.rs") {
            shown.push_str(&format!("\n// webhooks.rs\n\n{}", models(webhooks)));
        }
        if let Some(errors) = output.tree.get("errors.rs") {
            shown.push_str(&section(errors, "pub enum ErrorBody"));
            shown.push_str(&section(errors, "impl ErrorBody"));
        }
        insta::with_settings!({ description => text, omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("emit-{name}"), shown);
        });
    }
}

#[test]
fn the_same_text_gives_the_same_bytes() {
    for (name, text) in specs("accept") {
        let source = Source { name: &name, text: &text };
        let first = codegen::generate(source, &Options::default()).unwrap();
        let second = codegen::generate(source, &Options::default()).unwrap();
        assert_eq!(first.tree, second.tree, "{name}");
    }
}

/// Everything behind the imports.
fn models(text: &str) -> String {
    let body =
        text.split("\n\n").filter(|part| !part.starts_with("// @generated") && !part.starts_with("use "));
    body.collect::<Vec<_>>().join("\n\n")
}

/// The table of routes, the functions behind them, and what reads their parameters.
fn behind_routes(text: &str) -> String {
    let start = text.find("runtime::routes!").unwrap_or(text.len());
    format!("\n{}", &text[start..])
}

/// A top-level item, from the line that begins with the given text to the brace that closes it.
fn section(text: &str, start: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with(start));
    let mut section: String = lines.take_while(|line| *line != "}").map(|line| format!("{line}\n")).collect();
    assert!(!section.is_empty(), "no `{start}`");
    section.push_str("}\n");
    format!("\n{section}")
}

/// Forty levels that each compose the next one twice: a billion paths, but forty schemas.
#[test]
fn a_diamond_of_compositions_takes_no_time_per_path() {
    let mut text =
        "openapi: 3.0.3\ninfo: { title: Deep, version: '1' }\npaths: {}\ncomponents:\n  schemas:\n"
            .to_owned();
    for level in 0..40 {
        let next = format!("{{ $ref: '#/components/schemas/A{}' }}", level + 1);
        text.push_str(&format!("    A{level}: {{ allOf: [{next}, {next}] }}\n"));
    }
    text.push_str("    A40: { type: object, properties: { id: { type: string } } }\n");
    let output = codegen::generate(Source { name: "deep.yaml", text: &text }, &Options::default()).unwrap();
    assert_eq!(output.api.types.len(), 41);
}

/// What is a warning otherwise is an error on request, with the same place and words.
#[test]
fn what_does_not_reach_the_code_is_refused_on_request() {
    let strict = Options { strict: true, ..Options::default() };
    let mut refused = 0;
    for (name, text) in specs("accept") {
        let source = Source { name: &name, text: &text };
        let warnings = codegen::generate(source, &Options::default()).unwrap().warnings;
        match codegen::generate(source, &strict) {
            Ok(output) => assert!(warnings.is_empty() && output.warnings.is_empty(), "{name}"),
            Err(problems) => {
                assert!(problems.iter().all(|problem| problem.severity == Severity::Error), "{name}");
                assert_eq!(problems, warnings.strict(), "{name}");
                refused += 1;
            }
        }
    }
    assert!(refused > 5, "{refused}");
}

/// Where it is asked for, each operation shows how it is called; `cargo xtask corpus --compile` compiles what is shown.
#[test]
fn each_operation_shows_how_it_is_called() {
    let options = Options { examples: Some("shop".to_owned()), ..Options::default() };
    for (name, text) in specs("accept") {
        let source = Source { name: &name, text: &text };
        let Some(api) = codegen::generate(source, &options).unwrap().tree.remove("api.rs") else { continue };
        let methods = api.lines().filter(|line| line.starts_with("    fn ")).count();
        assert_eq!(api.matches("```no_run\n").count(), methods, "{name}");
        assert!(!api.contains("hunter2"), "{name}");
        // Hidden text would make the compiler refuse the file.
        assert!(!api.contains('\u{202E}'), "{name}");
    }
    let text = crate::specs("accept").into_iter().find(|(name, _)| name == "call-examples").unwrap().1;
    let source = Source { name: "call-examples.yaml", text: &text };
    let api = codegen::generate(source, &options).unwrap().tree.remove("api.rs").unwrap();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("emit-call-examples-shown", section(&api, "pub trait Api"));
    });
}
