//! Every shape that a page can have: what leads on as text, number, identifier and whatever else, required, nullable and
//! lenient or not; items the same. Each works or is refused with its place, and what works compiles.

use crate::compiled::Compiled;
use codegen::{Options, Source, Tree};

/// The schema of what leads on, and whether it can.
const NEXT: &[(&str, bool)] = &[
    ("type: string", true),
    ("type: string, format: uri", true),
    ("type: string, format: uuid", true),
    ("type: string, format: lenient", true),
    ("type: integer", true),
    ("type: integer, format: int32", true),
    ("type: integer, format: lenient", true),
    ("$ref: '#/components/schemas/Token'", true),
    ("type: boolean", false),
    ("type: array, items: { type: string }", false),
    ("type: object, properties: { token: { type: string } }", false),
    ("{}", false),
];

/// How the list of items is declared.
const ITEMS: &[&str] = &[
    "type: array, items: { type: string }",
    "type: array, items: { type: string }, default: []",
    "type: array, items: { $ref: '#/components/schemas/Item' }, nullable: true",
];

fn document(link: &str, next: &str, items: &str, required: &str) -> String {
    let next = if next == "{}" { String::new() } else { next.to_owned() };
    format!(
        "openapi: 3.0.3
info: {{ title: Test, version: '1' }}
paths:
  /shelves/{{api}}/{{position}}/{{page}}/:
    get:
      operationId: listBooks
      x-pagination: {{ style: cursor, items: results, {link}: next, parameter: cursor }}
      parameters:
        - {{ name: api, in: path, required: true, schema: {{ type: string }} }}
        - {{ name: position, in: path, required: true, schema: {{ type: integer }} }}
        - {{ name: page, in: path, required: true, schema: {{ type: array, items: {{ type: string }} }} }}
        - {{ name: cursor, in: query, schema: {{ type: string }} }}
      responses: {{ '200': {{ description: A page., content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/Page' }} }} }} }} }}
components:
  schemas:
    Token: {{ type: string }}
    Item: {{ type: object, properties: {{ id: {{ type: integer }} }} }}
    Page:
      type: object
      required: [{required}]
      properties:
        next: {{ {next} }}
        results: {{ {items} }}
"
    )
}

#[test]
fn every_page_can_be_walked_or_is_refused_with_its_place() {
    let mut accepted: Vec<(String, Tree)> = Vec::new();
    let mut refused = 0;
    for link in ["next-link", "next-token"] {
        for (next, leads) in NEXT {
            for nullable in ["", ", nullable: true"] {
                for required in ["", "next", "results", "next, results"] {
                    for items in ITEMS {
                        let is_plain = !next.starts_with("$ref") && *next != "{}";
                        let next = if is_plain { format!("{next}{nullable}") } else { (*next).to_owned() };
                        let text = document(link, &next, items, required);
                        let source = Source { name: "page.yaml", text: &text };
                        match codegen::generate(source, &Options::default()) {
                            Ok(output) => {
                                assert!(leads, "accepted: {next}");
                                let name = format!("m{}", accepted.len());
                                if !accepted.iter().any(|(_, tree)| *tree == output.tree) {
                                    accepted.push((name, output.tree));
                                }
                            }
                            Err(problems) => {
                                assert!(!leads, "{}", problems.render(source, codegen::Colour::Plain));
                                let lines: Vec<usize> =
                                    problems.iter().map(|problem| problem.span.place(&text).line).collect();
                                // The pagination, or the property that leads on.
                                assert!(lines.iter().all(|line| [7, 22].contains(line)), "{lines:?} {next}");
                                refused += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    let compiled = Compiled::new("page-shapes", accepted.iter().map(|(name, tree)| (name.as_str(), tree)));
    compiled.cargo(&["check", "--quiet"]);
    println!("{} shapes of a page compiled, {refused} refused", accepted.len());
    assert!(accepted.len() > 100 && refused > 100);
}
