//! `cargo xtask changes`: pairs of documents side by side, and what is said of them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BASE: &str = "
openapi: 3.0.3
info: { title: Pets, version: '1' }
servers: [{ url: 'https://pets.example/v1' }]
paths:
  /pets/{petId}:
    get:
      operationId: getPet
      parameters:
        - { name: petId, in: path, required: true, schema: { type: string } }
        - { name: verbose, in: query, schema: { type: boolean } }
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
  /pets:
    post:
      operationId: addPet
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/NewPet' } } }
      responses:
        '201': { description: Added., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
components:
  schemas:
    Pet:
      type: object
      required: [id, place]
      properties:
        id: { type: string }
        kind: { $ref: '#/components/schemas/Kind' }
        place: { $ref: '#/components/schemas/Place' }
    NewPet:
      type: object
      required: [name]
      properties:
        name: { type: string, maxLength: 40 }
        food: { type: string, default: fish }
        kind: { $ref: '#/components/schemas/Kind' }
    Place:
      type: object
      required: [latitude, longitude]
      properties:
        latitude: { type: number }
        longitude: { type: number }
    Kind: { type: string, enum: [cat, dog] }
";

/// What is edited, and the lines that say what it means: level, item and change, then both effects on the wire.
const ROWS: &[(&str, &str, &str, &[&str])] = &[
    (
        "an operation comes",
        "components:\n",
        "  /rest: { get: { operationId: getRest, responses: { '204': { description: Rest. } } } }\ncomponents:\n",
        &["minor Api::get_rest is new; works, fails"],
    ),
    (
        "an operation has another id",
        "operationId: getPet",
        "operationId: fetchPet",
        &["major Api::get_pet has another name", "major params::GetPet has another name"],
    ),
    (
        "an operation has another path",
        "  /pets:\n",
        "  /animals:\n",
        &["silent Api::add_pet asks another route; fails, fails"],
    ),
    (
        "an optional parameter comes",
        "- { name: verbose,",
        "- { name: limit, in: query, schema: { type: integer } }\n        - { name: verbose,",
        &["minor params::GetPet.limit is new; works, depends"],
    ),
    (
        "a parameter moves",
        "name: verbose, in: query",
        "name: verbose, in: header",
        &["silent getPet(verbose) is sent elsewhere; fails, fails"],
    ),
    (
        "a parameter has another type",
        "name: verbose, in: query, schema: { type: boolean }",
        "name: verbose, in: query, schema: { type: integer }",
        &["major params::GetPet.verbose has another type"],
    ),
    (
        "an optional property that is sent",
        "name: { type: string, maxLength: 40 }",
        "name: { type: string, maxLength: 40 }\n        note: { type: string }",
        &["minor models::NewPet.note is new; works, depends"],
    ),
    (
        "a required property that is sent",
        "required: [name]\n      properties:",
        "required: [name, note]\n      properties:\n        note: { type: string }",
        &["major models::NewPet.note is new; fails, depends"],
    ),
    (
        "an optional property that is received",
        "id: { type: string }\n",
        "id: { type: string }\n        born: { type: string }\n",
        &["minor models::Pet.born is new; works, works"],
    ),
    (
        "a property of another type",
        "id: { type: string }",
        "id: { type: integer }",
        &["major models::Pet.id has another type; depends, depends"],
    ),
    (
        "a property that goes",
        "        kind: { $ref: '#/components/schemas/Kind' }\n        place",
        "        place",
        &["major models::Pet.kind is gone; works, works"],
    ),
    (
        "a property becomes optional",
        "required: [id, place]",
        "required: [place]",
        &["major models::Pet.id has another type; fails, works"],
    ),
    (
        "a property has another name on the wire",
        "latitude",
        "Latitude",
        &["silent models::Place.latitude is something else on the wire"],
    ),
    (
        "another default",
        "default: fish",
        "default: milk",
        &["silent NewPet.food has another `default`; depends, depends"],
    ),
    (
        "a value comes",
        "enum: [cat, dog]",
        "enum: [cat, dog, bird]",
        &["minor models::Kind::Bird is new; works, depends"],
    ),
    ("a value goes", "enum: [cat, dog]", "enum: [cat]", &["major models::Kind::Dog is gone; fails, works"]),
    (
        "a tighter limit has no type in Rust",
        "maxLength: 40",
        "maxLength: 20",
        &["patch NewPet.name has another `maxLength`; fails, works"],
    ),
    (
        "a looser limit",
        "maxLength: 40",
        "maxLength: 80",
        &["patch NewPet.name has another `maxLength`; works, fails"],
    ),
    ("a server elsewhere", "pets.example/v1", "pets.example/v2", &["silent servers changes; fails, fails"]),
    (
        "deprecated",
        "operationId: addPet",
        "deprecated: true\n      operationId: addPet",
        &["minor Api::add_pet is deprecated; works, works"],
    ),
    (
        "words",
        "description: Added.",
        "description: It was added.",
        &["patch descriptions of the document change; works, works"],
    ),
    (
        "a variable of a path has another name",
        "petId",
        "id",
        &["patch Api::get_pet calls a variable of its route otherwise; -"],
    ),
    (
        "another error",
        "'201': { description: Added.",
        "'409': { description: There. }\n        '201': { description: Added.",
        &["patch addPet answer has a new `409`; works, works"],
    ),
    (
        "the last required property goes, and the constructor with it",
        "      required: [name]\n",
        "",
        &["major models::NewPet.name has another type; works, fails"],
    ),
    (
        "the first required parameter takes `Default` away",
        "- { name: verbose, in: query, schema",
        "- { name: verbose, in: query, required: true, schema",
        &["major params::GetPet.verbose has another type; fails, works"],
    ),
    (
        "a list is spelled otherwise",
        "verbose, in: query, schema: { type: boolean }",
        "verbose, in: query, explode: false, schema: { type: array, items: { type: string } }",
        &["major params::GetPet.verbose has another type; fails, fails"],
    ),
    (
        "a schema has another name",
        "Place",
        "Location",
        &["major models::Place has another name; works, works"],
    ),
];

fn xtask(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).current_dir(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The changes between two documents, a line each, and all of it.
fn changes(old: &str, new: &str) -> (Vec<String>, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.yaml"), old).unwrap();
    fs::write(folder.path().join("new.yaml"), new).unwrap();
    let output = xtask(folder.path(), &["changes", "old.yaml", "new.yaml", "--format", "json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let whole: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines = whole["changes"].as_array().unwrap().iter().map(|entry| {
        let word = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let wire = match (entry["wire"]["old_client"].as_str(), entry["wire"]["new_client"].as_str()) {
            (Some(old), Some(new)) => format!("{old}, {new}"),
            _ => "-".to_owned(),
        };
        format!("{} {} {}; {wire}", word("level"), word("item"), word("what"))
    });
    (lines.collect(), whole)
}

#[test]
fn each_change_has_its_level_and_its_effects() {
    for (title, from, to, expected) in ROWS {
        assert!(BASE.contains(from), "{title}");
        let (lines, whole) = changes(BASE, &BASE.replace(from, to));
        println!("{title}\n  {}", lines.join("\n  "));
        for line in *expected {
            // Beginnings, so that rows may leave out what they are not about.
            let found = lines.iter().any(|found| found.starts_with(line));
            assert!(found, "{title}: no `{line}` in\n{}\n{whole:#}", lines.join("\n"));
        }
        let is_major = |line: &&str| line.starts_with("major");
        assert!(
            !lines.iter().any(|line| line.contains("::new is ") || line.contains(": Default")),
            "{title}: {lines:#?}"
        );
        if !expected.iter().any(is_major) {
            assert!(!lines.iter().any(|line| line.starts_with("major")), "{title}: {lines:#?}");
        }
    }
    println!("{} rows", ROWS.len());
}

#[test]
fn constructor_arguments_in_another_order_are_silent() {
    // Two texts that only their names tell apart: the new name sorts behind the other one.
    let old = BASE.replace("{ type: number }", "{ type: string }");
    let new = old.replace("latitude", "northing");
    let (lines, whole) = changes(&old, &new);
    let told = whole.to_string();
    assert!(
        told.contains("models::Place::new takes its arguments in another order"),
        "{lines:#?}\n{whole:#}"
    );
}

#[test]
fn nothing_is_said_of_the_same_and_the_opposite_of_the_reverse() {
    let folder = root().join("tests/specs/accept");
    let mut tried = 0;
    let mut names: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in names.iter().filter(|path| path.is_file()) {
        let name = path.to_str().unwrap();
        let output = xtask(root(), &["changes", name, name, "--fail-on", "minor"]);
        let printed = text(&output.stdout);
        assert!(
            output.status.success() && printed.contains(": no change;"),
            "{name}: {printed}{}",
            text(&output.stderr)
        );
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
    let more = BASE.replace("enum: [cat, dog]", "enum: [cat, dog, bird]");
    let (there, back) = (changes(BASE, &more).0, changes(&more, BASE).0);
    assert!(there.contains(&"minor models::Kind::Bird is new; works, depends".to_owned()), "{there:?}");
    assert!(back.contains(&"major models::Kind::Bird is gone; fails, works".to_owned()), "{back:?}");
}

#[test]
fn formats_levels_and_accepted_changes() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| xtask(folder.path(), arguments);
    fs::write(folder.path().join("old.yaml"), BASE).unwrap();
    let hostile = BASE.replace("enum: [cat, dog]", "enum: [cat, dog, '<script>alert(1)</script>']");
    fs::write(folder.path().join("new.yaml"), hostile).unwrap();

    assert_eq!(run(&["changes", "old.yaml", "new.yaml", "--fail-on", "major"]).status.code(), Some(0));
    assert_eq!(run(&["changes", "old.yaml", "new.yaml", "--fail-on", "minor"]).status.code(), Some(1));
    assert_eq!(run(&["changes", "new.yaml", "old.yaml", "--fail-on", "major"]).status.code(), Some(1));
    assert_eq!(run(&["changes", "new.yaml", "old.yaml", "--fail-on", "silent"]).status.code(), Some(0));
    assert_eq!(run(&["changes", "old.yaml", "missing.yaml"]).status.code(), Some(2));
    fs::write(folder.path().join("none.yaml"), "swagger: '2.0'").unwrap();
    assert_eq!(run(&["changes", "old.yaml", "none.yaml"]).status.code(), Some(3));

    let page = text(&run(&["changes", "old.yaml", "new.yaml", "--format", "html"]).stdout);
    assert!(page.contains("&lt;script&gt;alert") && !page.contains("<script>alert"), "{page}");
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    let section = text(&run(&["changes", "new.yaml", "old.yaml", "--format", "markdown"]).stdout);
    assert!(section.contains("### Code that may no longer compile"), "{section}");

    let json = run(&["changes", "old.yaml", "new.yaml", "--format", "json"]).stdout;
    let whole: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let prints: Vec<&str> = whole["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["fingerprint"].as_str().unwrap())
        .collect();
    fs::write(folder.path().join("accepted"), format!("# known\n{} a reason\n", prints.join("\n"))).unwrap();
    let accepted = run(&["changes", "old.yaml", "new.yaml", "--accepted", "accepted", "--fail-on", "minor"]);
    assert_eq!(accepted.status.code(), Some(0), "{}", text(&accepted.stderr));
    fs::write(folder.path().join("accepted"), "0123456789abcdef\n").unwrap();
    let idle = run(&["changes", "old.yaml", "new.yaml", "--accepted", "accepted"]);
    assert_eq!(idle.status.code(), Some(2));
    assert!(
        text(&idle.stderr).contains("accepted:1: no change has the fingerprint"),
        "{}",
        text(&idle.stderr)
    );
}

#[test]
fn the_steps_of_a_real_history_are_told() {
    let series = root().join("../shared/corpus/series");
    if !series.is_dir() {
        println!("skipped: ../shared/corpus/series is not there");
        return;
    }
    let at = |number: usize| series.join(format!("discord-{number}.json")).to_str().unwrap().to_owned();
    for number in 1..8 {
        let output = xtask(root(), &["changes", &at(number), &at(number + 1)]);
        let printed = text(&output.stdout);
        let last = printed.lines().last().unwrap_or_default();
        assert!(output.status.success() && last.contains(" major"), "{last}{}", text(&output.stderr));
        println!("step {number}: {}", last.split(".json: ").last().unwrap_or_default());
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
