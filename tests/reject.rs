//! Documents that must be refused; the snapshot is what a person reads.

use crate::specs;
use codegen::{Colour, Options, Source};

#[test]
fn each_fault_is_named_with_its_place_and_a_way_out() {
    for (name, text) in specs("reject") {
        let file = format!("{name}.yaml");
        let source = Source { name: &file, text: &text };
        let problems = match codegen::generate(source, &Options::default()) {
            Err(problems) => problems,
            Ok(_) => panic!("{file} was accepted"),
        };
        assert!(problems.has_errors(), "{file}");
        for problem in problems.iter() {
            assert!(!problem.help.is_empty(), "{file}: {problem:?}");
        }
        let shown = problems.render(source, Colour::Plain);
        insta::with_settings!({ description => text, omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("reject-{name}"), shown);
        });
    }
}

#[test]
fn a_place_counts_lines_and_characters_from_one() {
    let text = "openapi: 3.0.3\ninfo: { title: 名稱, version: '1' }\npaths: {}\ncomponents: { schemas: { 名: { x-rust-name: 甲 } } }\n";
    let source = Source { name: "a.yaml", text };
    let problems = codegen::generate(source, &Options::default()).unwrap_err();
    let places: Vec<_> = problems.iter().map(|problem| problem.span.place(text)).collect();
    assert_eq!(places.len(), 1);
    assert_eq!((places[0].line, places[0].column), (4, 44));
    assert!(problems.render(source, Colour::Plain).contains("a.yaml:4:44"));
}

#[test]
fn colour_is_only_added_on_request() {
    let source = Source { name: "a.yaml", text: "swagger: '2.0'\n" };
    let problems = codegen::generate(source, &Options::default()).unwrap_err();
    assert!(!problems.render(source, Colour::Plain).contains('\u{1b}'));
    assert!(problems.render(source, Colour::Ansi).contains('\u{1b}'));
}

/// Thousands of complaints on one line are counted, not shown.
#[test]
fn of_very_many_complaints_the_first_are_shown_and_errors_before_warnings() {
    let keys: String = (0..16_000).map(|number| format!("k{number}: 1, ")).collect();
    let text = format!("{{ openapi: 3.0.3, {keys} paths: {{}}, info: {{ x-rust-name: 1 }} }}");
    let source = Source { name: "a.yaml", text: &text };
    let problems = codegen::generate(source, &Options::default()).unwrap_err();
    assert_eq!(problems.len(), 16_001);
    let shown = problems.render(source, Colour::Plain);
    assert!(shown.starts_with("error: `x-rust-name` must be a Rust name"), "{}", &shown[..200]);
    assert_eq!(shown.matches("a.yaml:1:").count(), 100);
    assert!(shown.ends_with("... and 15901 more\n\n"), "{}", &shown[shown.len() - 100..]);
}
