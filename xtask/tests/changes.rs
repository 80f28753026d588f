//! `cargo xtask changes`: pairs of documents side by side, and what is said of them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

mod rows;

use rows::{ALL, BASE};

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
    let rows = || ALL.iter().flat_map(|(_, base, rows)| rows.iter().map(move |row| (*base, row)));
    let mut missing = Vec::new();
    for (base, (title, from, to, expected)) in rows() {
        assert!(base.contains(from), "{title}");
        let (lines, whole) = changes(base, &base.replace(from, to));
        println!("{title}\n  {}", lines.join("\n  "));
        for line in *expected {
            // Beginnings, so that rows may leave out what they are not about.
            let found = lines.iter().any(|found| found.starts_with(line));
            if !found {
                missing.push(format!("{title}: no `{line}` in\n{}\n{whole:#}", lines.join("\n")));
            }
        }
        assert!(
            !lines.iter().any(|line| line.ends_with("; -")),
            "{title}: no effect on the wire in {lines:#?}"
        );
        let is_major = |line: &&str| line.starts_with("major");
        assert!(
            !lines.iter().any(|line| line.contains("::new is ") || line.contains(": Default")),
            "{title}: {lines:#?}"
        );
        if !expected.iter().any(is_major) {
            assert!(!lines.iter().any(|line| line.starts_with("major")), "{title}: {lines:#?}");
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    println!("{} rows", rows().count());
}

#[test]
fn the_way_back_has_its_effects_too() {
    for (_, base, rows) in ALL {
        for (title, from, to, _) in rows {
            let (lines, json) = changes(&base.replace(from, to), base);
            let without: Vec<&String> = lines.iter().filter(|line| line.ends_with("; -")).collect();
            assert!(without.is_empty(), "{title}: {without:#?}\n{json:#}");
        }
    }
}

/// Rows of which nothing is told twice.
const ONE_CAUSE: [&str; 22] = [
    "an operation with a form has another id",
    "a property is no longer for reading only",
    "a webhook comes",
    "a stream beside a text",
    "what only heirs of a schema may send",
    "a list as JSON",
    "pages are walked otherwise",
    "an inline schema becomes a component",
    "an operation has another id",
    "a variable of a path has another name",
    "pagination goes",
    "a stream becomes an answer",
    "an answer becomes a stream",
    "a form becomes a body",
    "a further server",
    "a variable of a server has another default",
    "two variables of a path change places",
    "a required cookie comes",
    "a shared body is optional",
    "a composition is written out",
    "an object becomes a list",
    "plain text becomes JSON",
];

#[test]
fn one_cause_is_one_entry() {
    for (_, base, rows) in ALL {
        // All that is changed in the kennel and the zoo shows at several places.
        let shows_often = ["title: Kennel", "title: Zoo"].iter().any(|title| base.contains(title));
        let is_told_once = |title: &&str| shows_often || ONE_CAUSE.contains(title);
        for (title, from, to, _) in rows.iter().filter(|(title, ..)| is_told_once(title)) {
            let (mut lines, whole) = changes(base, &base.replace(from, to));
            lines.retain(|line| line != "patch documentation changes; works, works");
            assert_eq!(lines.len(), 1, "{title}: {lines:#?}\n{whole:#}");
        }
    }
}

/// A document with so many operations that each tag has a trait.
fn tagged(tag_of: impl Fn(usize) -> &'static str, count: usize) -> String {
    let operations: String = (0..count)
        .map(|at| {
            let tag = tag_of(at);
            format!(
                "  /n{at}: {{ get: {{ operationId: getN{at}, tags: [{tag}], responses: {{ '204': {{ description: Done. }} }} }} }}\n"
            )
        })
        .collect();
    format!("openapi: 3.0.3\ninfo: {{ title: Tags, version: '1' }}\npaths:\n{operations}")
}

#[test]
fn a_tag_is_one_cause_whatever_it_is_called() {
    let told = |old: &str, new: &str| {
        let (mut lines, whole) = changes(old, new);
        lines.retain(|line| !line.starts_with("patch "));
        (lines, whole)
    };
    let half = |at: usize| if at.is_multiple_of(2) { "as" } else { "type" };
    // A further operation of a tag that is a word of Rust.
    let (lines, whole) = told(&tagged(half, 60), &tagged(half, 61));
    assert_eq!(lines, ["minor AsApi::get_n60 is new; works, fails"], "{whole:#}");
    // One that another tag has now.
    let moved = tagged(|at| if at == 4 { "type" } else { half(at) }, 60);
    let (lines, whole) = told(&tagged(half, 60), &moved);
    assert_eq!(lines, ["major AsApi::get_n4 has another name; works, works"], "{whole:#}");
    // Another name of a tag, whose operations have parameters, and types that only they use.
    let renamed = |tag: &str| {
        let schema = "content: { application/json: { schema: { $ref: '#/components/schemas/One' } } }";
        let answer = format!("'200': {{ description: One., {schema} }}, '204'");
        let parameters = "parameters: [{ name: limit, in: query, schema: { type: integer } }], responses";
        let text = tagged(|at| if at.is_multiple_of(2) { "cats" } else { "dogs" }, 60);
        let text = text.replace("tags: [cats], responses", &format!("tags: [cats], {parameters}"));
        let text = text.replace("'204'", &answer).replace("tags: [cats]", &format!("tags: [{tag}]"));
        let only = "getN0, tags: [TAG], parameters: [{ name: limit, in: query, schema: { type: integer } }], responses: { '200': { description: One., content: { application/json: { schema: { $ref: '#/components/schemas/";
        let only = only.replace("TAG", tag);
        let text = text.replace(&format!("{only}One"), &format!("{only}Own"));
        let own = "    Own: { type: object, properties: { own: { type: string } } }\n";
        format!(
            "{text}components:\n  schemas:\n{own}    One: {{ type: object, properties: {{ id: {{ type: string }} }} }}\n"
        )
    };
    let (lines, whole) = told(&renamed("cats"), &renamed("felines"));
    assert_eq!(lines, ["major CatsApi::get_n0 has another name; works, works"], "{whole:#}");
    // A tag that comes, with its operations.
    let (lines, whole) = told(&tagged(half, 60), &tagged(|at| if at < 60 { half(at) } else { "more" }, 63));
    assert_eq!(lines, ["major Api stands on other traits; works, fails"], "{whole:#}");
    // So many operations that there are traits of tags now, and back.
    let (small, large) = (tagged(half, 50), tagged(half, 51));
    for (old, new, of) in [(&small, &large, ["Api"; 2]), (&large, &small, ["AsApi", "TypeApi"])] {
        let (lines, whole) = told(old, new);
        let starts = [
            "major Api stands on other traits".to_owned(),
            format!("major {}::get_n0 has another name", of[0]),
            format!("major {}::get_n1 has another name", of[1]),
        ];
        assert_eq!(lines.len(), starts.len(), "{lines:#?}\n{whole:#}");
        for start in starts {
            assert!(lines.iter().any(|line| line.starts_with(&start)), "{start}: {lines:#?}");
        }
    }
}

/// Without what is said of documentation.
fn told(old: &str, new: &str) -> (Vec<String>, serde_json::Value) {
    let (mut lines, whole) = changes(old, new);
    lines.retain(|line| line != "patch documentation changes; works, works");
    (lines, whole)
}

#[test]
fn schemas_that_exchange_their_names_are_one_change() {
    let exchange = |text: &str, one: &str, other: &str| {
        text.replace(one, "NEITHER").replace(other, one).replace("NEITHER", other)
    };
    let names = exchange(BASE, "    Pet:", "    NewPet:");
    let whole = exchange(&names, "schemas/Pet'", "schemas/NewPet'");
    for (old, new) in [(BASE, whole.as_str()), (&whole, BASE)] {
        let (lines, json) = told(old, new);
        assert_eq!(
            lines,
            ["major models::NewPet exchanges its name with another one; works, works"],
            "{json:#}"
        );
        assert_eq!(json["changes"][0]["also"][0], "models::Pet exchanges its name, too", "{json:#}");
    }
    // Three of them, in a circle; and a name that is handed on, by one that has a new one.
    let named = |names: [(&str, &str); 3]| {
        let marked = names.iter().fold(BASE.to_owned(), |text, (from, to)| {
            text.replace(&format!("    {from}:"), &format!("    @{to}:"))
                .replace(&format!("schemas/{from}'"), &format!("schemas/@{to}'"))
        });
        marked.replace('@', "")
    };
    let circle = named([("Pet", "NewPet"), ("NewPet", "Place"), ("Place", "Pet")]);
    for (old, new) in [(BASE, circle.as_str()), (&circle, BASE)] {
        let (lines, json) = told(old, new);
        let expected = "major models::NewPet exchanges its name with another one; works, works";
        assert_eq!(lines, [expected], "{json:#}");
        assert_eq!(json["changes"][0]["also"].as_array().unwrap().len(), 2, "{json:#}");
    }
    let chain = named([("Pet", "Place"), ("Place", "Spot"), ("Kind", "Kind")]);
    let (lines, json) = told(BASE, &chain);
    let expected =
        ["Pet", "Place"].map(|name| format!("major models::{name} has another name; works, works"));
    assert_eq!(lines, expected, "{json:#}");
    assert_eq!(told(&chain, BASE).0.len(), 2);
    // A name that something new has now.
    let other = named([("Place", "Spot"), ("Kind", "Kind"), ("Pet", "Pet")]);
    let other = other.replace(
        "    Spot:",
        "    Place: { type: object, properties: { far: { type: string } } }\n    Spot:",
    );
    let place = "        id: { type: string }\n";
    let other =
        other.replace(place, &format!("{place}        way: {{ $ref: '#/components/schemas/Place' }}\n"));
    let (lines, json) = told(BASE, &other);
    let expected =
        ["major models::Place has another name; works, works", "minor models::Pet.way is new; works, works"];
    assert_eq!(lines, expected, "{json:#}");
    // Where nothing else follows, what is sent is something else.
    let (lines, json) = told(BASE, &names);
    assert!(lines.contains(&"major models::Pet.id is gone; fails, works".to_owned()), "{json:#}");
}

#[test]
fn a_wider_number_is_read_by_whoever_reads_it() {
    let number = |ty: &str| {
        let sent = BASE.replace("food: { type: string, default: fish }", &format!("food: {{ {ty} }}"));
        sent.replace("        id: { type: string }", &format!("        id: {{ {ty} }}"))
    };
    let pairs = [
        ("type: integer, format: int32", "type: integer, format: int64", true),
        ("type: integer, format: int32", "type: integer", true),
        ("type: integer, format: uint32", "type: integer, format: int64", true),
        ("type: integer", "type: number", true),
        ("type: integer, format: int32", "type: number", true),
        ("type: number, format: float", "type: number, format: double", true),
        ("type: integer, format: int32", "type: integer, format: uint32", false),
    ];
    for (narrow, wide, fits) in pairs {
        for (old, new, wider) in [(narrow, wide, true), (wide, narrow, false)] {
            let (lines, json) = told(&number(old), &number(new));
            let (sent, received) = match (fits, wider) {
                (false, _) => ("depends, depends", "depends, depends"),
                (true, true) => ("works, depends", "depends, works"),
                (true, false) => ("depends, works", "works, depends"),
            };
            let expected = [("NewPet.food", sent), ("Pet.id", received)]
                .map(|(item, wire)| format!("major models::{item} has another type; {wire}"));
            assert_eq!(lines, expected, "{old} to {new}: {json:#}");
        }
    }
    let (lines, json) = told(&number("type: integer"), &number("type: integer, format: int64"));
    assert!(lines.iter().all(|line| line.starts_with("patch") && line.ends_with("works, works")), "{json:#}");
}

#[test]
fn servers_of_operations_take_no_names_of_the_documents() {
    let served = |address: &str| {
        BASE.replace(
            "operationId: addPet\n",
            &format!("operationId: addPet\n      servers: [{{ url: '{address}' }}]\n"),
        )
    };
    // Its name would be that of the document's own, and its address comes first.
    let (lines, json) = told(BASE, &served("https://default"));
    assert_eq!(lines, ["silent servers::DEFAULT2 is new; fails, fails"], "{json:#}");
    let own = "servers: [{ url: 'https://pets.example/v1' }]\n";
    let both = served("https://add.example");
    let (lines, json) = told(&both.replace(own, ""), &both);
    assert_eq!(lines, ["silent servers::DEFAULT is new; fails, fails"], "{json:#}");
}

#[test]
fn what_compiled_code_does_otherwise_is_silent() {
    let food = "food: { type: string, default: fish }";
    let aliases = |list: &str| {
        BASE.replace(food, &format!("{food}\n        nick: {{ type: string, x-aliases: {list} }}"))
    };
    let stream = |end: &str| {
        let pet = "'200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }";
        let events = pet.replace("application/json", "text/event-stream").replace("Pet'", "Event'");
        let event =
            "    Event: { type: object, properties: { done: { type: boolean }, last: { type: boolean } }";
        BASE.replace(pet, &events).replace("    Kind:", &format!("{event}{end} }}\n    Kind:"))
    };
    for (old, new, there, back) in [
        (
            aliases("[pet]"),
            aliases("[]"),
            "silent NewPet.nick has another `x-aliases`; works, depends",
            "patch NewPet.nick has another `x-aliases`; works, works",
        ),
        (
            aliases("[pet]"),
            aliases("[pet, kitty]"),
            "patch NewPet.nick has another `x-aliases`; works, works",
            "silent NewPet.nick has another `x-aliases`; works, depends",
        ),
        (
            stream(""),
            stream(", x-stream-end: done"),
            "silent Event has a new `x-stream-end`; works, depends",
            "silent Event has no `x-stream-end`; depends, works",
        ),
        (
            stream(", x-stream-end: done"),
            stream(", x-stream-end: last"),
            "silent Event has another `x-stream-end`; depends, depends",
            "silent Event has another `x-stream-end`; depends, depends",
        ),
    ] {
        for (old, new, expected) in [(&old, &new, there), (&new, &old, back)] {
            let (lines, json) = told(old, new);
            assert_eq!(lines, [expected], "{json:#}");
        }
    }
}

#[test]
fn what_members_of_a_union_require_has_no_order() {
    let zoo = ALL.into_iter().find(|(name, ..)| *name == "zoo").unwrap().1;
    let other = zoo.replace("[sort, price]", "[price, sort]").replace("[sort, holder]", "[holder, sort]");
    let (lines, json) = told(zoo, &other);
    assert_eq!(lines, ["patch the document says the same in other words; works, works"], "{json:#}");
}

#[test]
fn another_representation_is_another_method() {
    let pet = "application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }\n  /pets:";
    let beside = |media_type: &str| {
        let more = format!("}} }}, {media_type}: {{ schema: {{ type: string }} }} }} }}\n");
        BASE.replace(pet, &pet.replace("} } } }\n", &more))
    };
    let (lines, json) = told(&beside("text/csv"), &beside("text/html"));
    let expected = [
        "major Api::get_pet_as_csv is gone; fails, works",
        "minor Api::get_pet_as_html is new; works, depends",
    ];
    assert_eq!(lines, expected, "{json:#}");
}

#[test]
fn a_twin_for_requests_is_one_change() {
    // Two operations send it; one of its properties may be null, and one that only the service writes comes.
    let put = "    put: { operationId: putPet, parameters: [{ name: petId, in: path, required: true, schema: { type: string } }], \
               requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }, \
               responses: { '204': { description: Put. } } }\n";
    let sent = BASE
        .replace(
            "schema: { $ref: '#/components/schemas/NewPet' }",
            "schema: { $ref: '#/components/schemas/Pet' }",
        )
        .replace("  /pets:\n", &format!("{put}  /pets:\n"))
        .replace(
            "        id: { type: string }\n",
            "        id: { type: string }\n        note: { type: string, nullable: true }\n",
        );
    let read = sent.replace("id: { type: string }\n", "id: { type: string, readOnly: true }\n");
    let (lines, json) = told(&sent, &read);
    assert_eq!(lines, ["major models::PetRequest is new; depends, fails"], "{json:#}");
    let (lines, json) = told(&read, &sent);
    assert_eq!(lines, ["major models::PetRequest is gone; fails, depends"], "{json:#}");
    let born = "        id: { type: string }\n        born: { type: string, readOnly: true }\n";
    let more = sent
        .replace("        id: { type: string }\n", born)
        .replace("required: [id, place]", "required: [id, place, born]");
    let (lines, json) = told(&sent, &more);
    assert_eq!(lines, ["major models::Pet.born is new; works, fails"], "{json:#}");
}

#[test]
fn a_document_has_what_the_files_beside_it_have() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = xtask(folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    fs::write(folder.path().join("pets.yaml"), BASE).unwrap();
    let kinds: [&[&str]; 4] = [&[], &["--blocking"], &["--dyn"], &["--blocking", "--split", "tags"]];
    for options in kinds {
        run(&[&["codegen", "--spec", "pets.yaml", "--out", "files/src"], options].concat());
        for pair in [["pets.yaml", "files"], ["files", "pets.yaml"]] {
            let printed = run(&["changes", pair[0], pair[1]]);
            let expected = format!(
                "note: files has no document: what client and server send each other was not compared\n{} to {}: no change;",
                pair[0], pair[1]
            );
            assert!(printed.starts_with(&expected), "{options:?}: {printed}");
        }
        fs::remove_dir_all(folder.path().join("files")).unwrap();
    }
    // One trait for many operations, and examples that name the crate.
    fs::write(folder.path().join("tags.yaml"), tagged(|_| "one", 51)).unwrap();
    run(&["codegen", "--spec", "tags.yaml", "--crate", "whole", "--split", "none"]);
    assert!(run(&["changes", "tags.yaml", "whole"]).contains("tags.yaml to whole: no change;"));
    assert!(!run(&["changes", "pets.yaml", "pets.yaml"]).contains("note:"));
}

#[test]
fn overlays_change_documents_on_the_way_in() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = xtask(folder.path(), arguments);
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("pets.yaml", BASE);
    let overlay = |age: &str| {
        let target = "target: $.components.schemas.Pet.properties";
        format!(
            "overlay: 1.0.0\ninfo: {{ title: Fixes, version: '1' }}\nactions:\n  - {target}\n    update: {{ age: {{ type: {age} }} }}\n"
        )
    };
    write("fixes.yaml", &overlay("integer"));
    write("more.yaml", &overlay("string"));
    run(&["codegen", "--spec", "pets.yaml", "--overlay", "fixes.yaml", "--out", "files/src"]);
    let (_, printed, _) = run(&["changes", "pets.yaml", "files"]);
    assert!(printed.contains("models::Pet.age"), "{printed}");
    for pair in [["pets.yaml", "files"], ["files", "pets.yaml"]] {
        let (status, printed, _) = run(&["changes", pair[0], pair[1], "--overlay", "fixes.yaml"]);
        assert_eq!(status, Some(0));
        assert!(printed.contains(": no change;"), "{printed}");
    }
    // What an overlay adds has its place there, and another one is another document.
    let old = ["changes", "pets.yaml", "pets.yaml", "--old-overlay", "fixes.yaml", "--overlay", "more.yaml"];
    let (_, printed, _) = run(&[&old[..], &["--format", "json"]].concat());
    let whole: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let entry = &whole["changes"][0];
    assert_eq!(entry["item"], "models::Pet.age", "{whole:#}");
    assert_eq!(entry["old_place"], "fixes.yaml:5:28", "{whole:#}");
    assert_eq!(entry["new_place"], "more.yaml:5:28", "{whole:#}");
    // An action that fits nothing, and an overlay of nothing.
    write("wrong.yaml", &overlay("integer").replace("Pet.", "Cat."));
    let (status, _, said) = run(&["changes", "pets.yaml", "files", "--overlay", "wrong.yaml"]);
    assert_eq!(status, Some(3));
    assert!(said.contains("wrong.yaml:4"), "{said}");
    let (status, _, said) = run(&["changes", "files", "files", "--overlay", "fixes.yaml"]);
    assert_eq!(status, Some(2));
    assert!(said.contains("neither OLD nor NEW is a document"), "{said}");
}

#[test]
fn what_tells_the_members_of_a_union_apart_is_one_change() {
    let one = "    Beast:\n      oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }]\n";
    let member = |name: &str, own: &str| {
        format!(
            "    {name}: {{ type: object, required: [sort, {own}], properties: {{ sort: {{ type: string }}, {own}: {{ type: integer }} }} }}\n"
        )
    };
    let whole = |discriminator: &str| {
        let schemas =
            format!("{one}{discriminator}{}{}    Kind:", member("Cat", "lives"), member("Dog", "tricks"));
        let place = "        place: { $ref";
        BASE.replace("    Kind:", &schemas)
            .replace(place, &format!("        beast: {{ $ref: '#/components/schemas/Beast' }}\n{place}"))
    };
    let mapping = "mapping: { cat: '#/components/schemas/Cat', dog: '#/components/schemas/Dog' }";
    let (none, plain) = (whole(""), whole("      discriminator: { propertyName: sort }\n"));
    let mapped = whole(&format!("      discriminator: {{ propertyName: sort, {mapping} }}\n"));
    let other = whole(&format!("      discriminator: {{ propertyName: kind, {mapping} }}\n"));
    for (old, new) in
        [(&none, &plain), (&plain, &none), (&none, &mapped), (&plain, &mapped), (&mapped, &other)]
    {
        let (lines, json) = told(old, new);
        assert_eq!(lines.len(), 1, "{lines:#?}{json:#}");
        assert!(json.to_string().contains("models::Dog") && !lines[0].ends_with("; -"), "{json:#}");
    }
}

#[test]
fn who_may_call_is_one_change() {
    let whole = |asked: &str, schemes: &str| {
        let text = BASE.replace("\npaths:", &format!("\nsecurity: {asked}\npaths:"));
        text.replace("\ncomponents:\n", &format!("\ncomponents:\n  securitySchemes:\n{schemes}"))
    };
    let key = |name: &str| format!("    {name}: {{ type: apiKey, in: header, name: X-Key }}\n");
    let more = key("key") + "    more: { type: http, scheme: bearer }\n";
    let old = whole("[{ key: [] }]", &key("key"));
    for (new, expected) in [
        (
            whole("[{ token: [] }]", &key("token")),
            "silent security scheme key has another name; works, works",
        ),
        (whole("[{ key: [], more: [] }]", &more), "patch security changes; fails, works"),
        (whole("[{ key: [] }, { more: [] }]", &more), "patch security changes; works, depends"),
        (whole("[{ more: [] }]", &more), "silent security changes; fails, fails"),
    ] {
        let (lines, json) = told(&old, &new);
        assert_eq!(lines, [expected], "{json:#}");
    }
}

#[test]
fn a_title_and_a_form_are_one_change() {
    let (lines, json) = told(BASE, &BASE.replace("title: Pets", "title: Animals"));
    assert_eq!(lines, ["major Pets has another name; works, works"], "{json:#}");
    assert!(json.to_string().contains("Animals::ENV_PREFIX has another value"), "{json:#}");
    // A service that is called like a schema.
    let place = BASE.replace("title: Pets", "title: Place");
    for (old, new) in [(BASE, place.as_str()), (&place, BASE)] {
        let (lines, json) = told(old, new);
        assert_eq!(lines.len(), 1, "{json:#}");
    }
    // The same schema as JSON and as a form.
    let content = "content: { application/json: { schema: { $ref: '#/components/schemas/NewPet' } } }";
    let both = content
        .replace("} }", "}, multipart/form-data: { schema: { $ref: '#/components/schemas/NewPet' } } }");
    let both = BASE.replace(content, &both.replacen("} }, multi", "}, multi", 1));
    let (lines, json) = told(&both, &both.replace("name: { type: string,", "name: { type: integer,"));
    assert_eq!(lines, ["major models::NewPet.name has another type; depends, depends"], "{json:#}");
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
    assert!(section.contains("\n  - also: `` in the document, `Kind` has no value `<script>"), "{section}");

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

/// What references of a document lead to counts, whatever file it is in, and has its place there.
#[test]
fn other_files_of_a_document_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let from = root().join("tests/specs/files/split");
    for side in ["old", "new"] {
        copy(&from, &folder.path().join(side));
    }
    let edit = |path: &str, from: &str, to: &str| {
        let path = folder.path().join("new").join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{}: {text}", path.display());
        fs::write(&path, text.replace(from, to)).unwrap();
    };
    let told = || {
        let names = ["old/openapi.yaml", "new/openapi.yaml"];
        let output = xtask(folder.path(), &["changes", names[0], names[1], "--format", "json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["changes"].clone()
    };
    assert_eq!(told(), serde_json::json!([]));
    edit("schemas/pet.yaml", "type: object", "type: object\nmaxProperties: 9");
    let changes = told();
    assert_eq!(changes.as_array().unwrap().len(), 1, "{changes:#}");
    assert_eq!(changes[0]["what"], "has a new `maxProperties`");
    assert_eq!(changes[0]["new_place"], "new/schemas/pet.yaml:2:16");
    assert_ne!(changes[0]["reached"], serde_json::json!([]));
    edit("paths/pets.yaml", "operationId: ", "deprecated: true\n  operationId: ");
    let changes = told();
    let deprecated = changes.as_array().unwrap().iter().find(|change| change["what"] == "is deprecated");
    assert!(
        deprecated.unwrap()["new_place"].as_str().unwrap().starts_with("new/paths/pets.yaml:"),
        "{changes:#}"
    );
}

#[test]
fn a_path_is_the_same_in_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let operation = |name: &str| {
        format!("get: {{ operationId: {name}, responses: {{ '204': {{ description: Done. }} }} }}")
    };
    let write = |name: &str, more: &str| {
        let dogs = operation("getDogs");
        let text = format!(
            "openapi: 3.0.3\ninfo: {{ title: Files, version: '1' }}\npaths:\n  /dogs: {{ {dogs} }}\n{more}"
        );
        fs::write(folder.path().join(name), text).unwrap();
    };
    fs::write(folder.path().join("cats.yaml"), operation("getCats")).unwrap();
    write("none.yaml", "");
    write("here.yaml", &format!("  /cats: {{ {} }}\n", operation("getCats")));
    write("there.yaml", "  /cats: { $ref: cats.yaml }\n");
    let told = |old: &str, new: &str| {
        let output = xtask(folder.path(), &["changes", old, new, "--format", "markdown"]);
        let printed = text(&output.stdout);
        let entries = printed.lines().filter(|line| line.starts_with("- `")).count();
        (entries, printed)
    };
    for (old, new) in [("here.yaml", "there.yaml"), ("there.yaml", "here.yaml")] {
        let (_, printed) = told(old, new);
        assert!(printed.contains("patch;") && !printed.contains("depends"), "{printed}");
    }
    for (old, new) in [("none.yaml", "there.yaml"), ("there.yaml", "none.yaml")] {
        let (entries, printed) = told(old, new);
        assert_eq!(entries, 1, "{printed}");
    }
}

/// What begins a document of paths, or of webhooks.
const HEAD: &str =
    "openapi: 3.1.0\ninfo: { title: One, version: '1' }\nservers: [{ url: 'https://one.example' }]\n";

/// An operation, a body or an answer, in one line each.
fn body(schema: &str) -> String {
    format!("requestBody: {{ required: true, content: {{ application/json: {{ schema: {schema} }} }} }}")
}

fn answer(schema: &str) -> String {
    format!(
        "responses: {{ '200': {{ description: Done., content: {{ application/json: {{ schema: {schema} }} }} }} }}"
    )
}

#[test]
fn what_has_one_cause_is_told_once_there_and_back() {
    let nothing = "responses: { '204': { description: Done. } }";
    let ask = "{ type: object, required: [text], properties: { text: { type: string }, stream: { type: boolean }, live: { type: boolean } } }";
    let said = "{ type: object, required: [word], properties: { word: { type: string } } }";
    let forms = format!("application/json: {{ schema: {said} }}, text/event-stream: {{ schema: {said} }}");
    let events = format!("responses: {{ '200': {{ description: Done., content: {{ {forms} }} }} }}");
    let flag = format!(
        "{HEAD}paths:\n  /chat: {{ post: {{ operationId: chat, x-stream-flag: stream, {}, {events} }} }}\ncomponents: {{ schemas: {{ Ask: {ask} }} }}\n",
        body("{ $ref: '#/components/schemas/Ask' }")
    );
    let gift = "{ oneOf: [{ type: object, required: [money], properties: { money: { type: integer } } }, { type: object, required: [goods], properties: { goods: { type: string } } }] }";
    let inline = format!(
        "{HEAD}paths:\n  /gift: {{ get: {{ operationId: gift, {} }} }}\ncomponents: {{ schemas: {{ Gift: {gift} }} }}\n",
        answer("{ $ref: '#/components/schemas/Gift' }")
    );
    let go = format!("{HEAD}paths:\n  /go: {{ post: {{ operationId: go, {nothing} }} }}\n");
    let form = format!(
        "{HEAD}paths:\n  /up: {{ post: {{ operationId: up, requestBody: {{ required: true, content: {{ multipart/form-data: {{ schema: {{ type: object, required: [file, meta], properties: {{ file: {{ type: string, format: binary }}, meta: {{ type: string }} }} }} }} }} }}, {nothing} }} }}\n"
    );
    let limited = |name: &str| {
        format!(
            "get: {{ operationId: {name}, parameters: [{{ $ref: '#/components/parameters/Limit' }}], {nothing} }}"
        )
    };
    let shared = format!(
        "{HEAD}paths:\n  /cats: {{ {} }}\n  /dogs: {{ {} }}\ncomponents: {{ parameters: {{ Limit: {{ name: limit, in: query, schema: {{ type: integer, default: 20 }} }} }} }}\n",
        limited("cats"),
        limited("dogs")
    );
    let boxed = format!(
        "{HEAD}paths:\n  /box: {{ get: {{ operationId: box, {} }} }}\ncomponents:\n  schemas:\n    Base: {{ type: object, required: [id], properties: {{ id: {{ type: string }} }} }}\n    Box: {{ allOf: [{{ $ref: '#/components/schemas/Base' }}, {{ type: object, properties: {{ size: {{ type: integer }} }} }}] }}\n",
        answer("{ $ref: '#/components/schemas/Box' }")
    );
    let lost = format!(
        "{HEAD}webhooks:\n  lost: {{ post: {{ operationId: lost, {}, {nothing} }} }}\n",
        body("{ type: string }")
    );
    let called = format!(
        "{HEAD}paths:\n  /x: {{ post: {{ operationId: x, {nothing}, callbacks: {{ done: {{ '{{$request.body#/url}}': {{ post: {{ {nothing} }} }} }} }} }} }}\n"
    );
    let headed = go.replace("Done. }", "Done., headers: { X-Total: { schema: { type: integer } } } }");
    let templates = fs::read_to_string(root().join("tests/specs/accept/dynamic-templates.yaml")).unwrap();
    let rows: [(&str, &str, &str, &str, &str); 18] = [
        (
            &flag,
            "x-stream-flag: stream",
            "x-stream-flag: live",
            "major models::Ask.live is gone; fails, fails",
            "major models::Ask.stream is gone; fails, fails",
        ),
        (
            &flag,
            "x-stream-flag: stream, ",
            "",
            "minor models::Ask.stream is new; works, fails",
            "major models::Ask.stream is gone; fails, works",
        ),
        (
            &inline,
            "required: [money], properties: { money:",
            "required: [cash], properties: { cash:",
            "major models::Gift::Money is gone; depends, depends",
            "major models::Gift::Cash is gone; depends, depends",
        ),
        (
            &go,
            "'204': { description: Done. }",
            "'302': { description: There., headers: { Location: { schema: { type: string } } } }",
            "major Api::go has another type; depends, fails",
            "major Api::go has another type; fails, depends",
        ),
        (
            &form,
            "meta: { type: string }",
            "meta: { type: object, required: [a], properties: { a: { type: string } } }",
            "major forms::UpForm.meta has another type; fails, fails",
            "major forms::UpForm.meta has another type; fails, fails",
        ),
        (
            &shared,
            "default: 20",
            "default: 25",
            "silent cats(limit) schema has another `default`; depends, depends",
            "silent cats(limit) schema has another `default`; depends, depends",
        ),
        (
            &shared,
            "type: integer, default: 20",
            "type: string",
            "major params::Cats.limit has another type; depends, depends",
            "major params::Cats.limit has another type; depends, depends",
        ),
        (
            &boxed,
            "id: { type: string }",
            "id: { type: string }, memo: { type: string }",
            "minor models::Base.memo is new; works, works",
            "major models::Base.memo is gone; works, works",
        ),
        (
            &boxed,
            "Box: { allOf: [",
            "Box: { allOf: [{ type: object, properties: { more: { type: string } } }, ",
            "minor models::BoxModel.more is new; works, works",
            "major models::BoxModel.more is gone; works, works",
        ),
        (
            &boxed,
            "allOf: [{ $ref: '#/components/schemas/Base' }, ",
            "allOf: [",
            "major models::BoxModel.id is gone; fails, works",
            "major models::BoxModel.id is new; works, fails",
        ),
        (
            &lost,
            "operationId: lost",
            "operationId: vanished",
            "major webhooks::Webhooks::lost is gone; depends, depends",
            "major webhooks::Webhooks::vanished is gone; depends, depends",
        ),
        (
            &lost,
            "  lost:",
            "  vanished:",
            "silent webhook vanished is called otherwise; works, works",
            "silent webhook lost is called otherwise; works, works",
        ),
        (
            &called,
            "$request.body#/url",
            "$request.query.url",
            "patch x callbacks done is sent to another address; depends, depends",
            "patch x callbacks done is sent to another address; depends, depends",
        ),
        (
            &headed,
            "X-Total: { schema",
            "X-Total: { required: true, schema",
            "patch go answer 204 headers X-Total becomes required; works, depends",
            "patch go answer 204 headers X-Total is no longer required; depends, works",
        ),
        (
            &templates,
            "total: { type: integer }",
            "total: { type: string }",
            "major models::ListNamesResponse.total has another type; depends, depends",
            "major models::ListNamesResponse.total has another type; depends, depends",
        ),
        (
            &templates,
            "{ size: { type: integer } }",
            "{ size: { type: string } }",
            "major models::Of.size has another type; works, works",
            "major models::Of.size has another type; works, works",
        ),
        (
            &templates,
            "item, type: string",
            "item, type: integer",
            "major models::Of2 is something else; depends, depends",
            "major models::Of2 is something else; depends, depends",
        ),
        (
            &templates,
            "item, $ref: '#/components/schemas/User'",
            "item, $ref: '#/components/schemas/Pet'",
            "major models::Users.items has another type; fails, fails",
            "major models::Users.items has another type; fails, fails",
        ),
    ];
    let mut wrong = Vec::new();
    for (old, from, to, there, back) in rows {
        let new = old.replace(from, to);
        for (one, other, line) in [(old, new.as_str(), there), (&new, old, back)] {
            let (lines, json) = told(one, other);
            if lines != [line] {
                wrong.push(format!("{from} -> {to}: {line}: {lines:#?}\n{json:#}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // No capital letter of a header's name means anything.
    let (lines, _) = told(&headed, &headed.replace("X-Total", "x-total"));
    assert!(
        lines.iter().all(|line| line.starts_with("patch") && line.ends_with("works, works")),
        "{lines:#?}"
    );
}

#[test]
fn a_body_in_place_that_becomes_a_component_is_told_with_its_name() {
    let nothing = "responses: { '204': { description: Done. } }";
    let document =
        |paths: &str, schemas: &str| format!("{HEAD}paths:\n{paths}components:\n  schemas:\n{schemas}");
    // Of a list, and of fewer properties than an equal shape has to have.
    let sorted = |item: &str| {
        let body = body(&format!("{{ type: array, items: {item} }}"));
        format!("  /order: {{ post: {{ operationId: sort, {body}, {nothing} }} }}\n")
    };
    let place = "{ type: object, properties: { id: { type: string }, at: { type: integer } } }";
    let old = document(&sorted(place), "    Other: { type: string }\n");
    let new = document(&sorted("{ $ref: '#/components/schemas/Place' }"), &format!("    Place: {place}\n"));
    let new = format!("{new}    Other: {{ type: string }}\n");
    for (old, new, name) in [(&old, &new, "SortBodyItem"), (&new, &old, "Place")] {
        let (lines, json) = told(old, new);
        assert_eq!(lines, [format!("major models::{name} has another name; works, works")], "{json:#}");
    }
    // With a choice in it, where a choice of another operation is now what this one was, and this one is something else.
    let choice = |item: &str| format!("{{ oneOf: [{{ type: string }}, {{ type: array, items: {item} }}] }}");
    let nullable = choice("{ oneOf: [{ type: 'null' }, { $ref: '#/components/schemas/Id' }] }");
    let plain = choice("{ $ref: '#/components/schemas/Id' }");
    let prune = |roles: &str| {
        format!(
            "{{ type: object, properties: {{ days: {{ type: integer }}, count: {{ type: boolean }}, roles: {roles} }} }}"
        )
    };
    let path = |schema: &str| {
        format!("  /prune: {{ post: {{ operationId: prune, {}, {nothing} }} }}\n", body(schema))
    };
    let find = format!(
        "  /find: {{ get: {{ operationId: find, parameters: [{{ name: ids, in: query, schema: {nullable} }}], {nothing} }} }}\n"
    );
    let id = "    Id: { type: string, minLength: 3 }\n";
    let old = document(&path(&prune(&nullable)), id);
    let new = path("{ $ref: '#/components/schemas/PruneRequest' }") + &find;
    let new = document(&new, &format!("{id}    PruneRequest: {}\n", prune(&plain)));
    let there = [
        "major models::PruneBody has another name; works, works",
        "major models::PruneRequestRoles::IdArray has another type; depends, works",
        "minor Api::find is new; works, fails",
    ];
    let back = [
        "major Api::find is gone; fails, works",
        "major models::PruneBodyRoles::IdArray has another type; works, depends",
        "major models::PruneRequest has another name; works, works",
    ];
    for (old, new, expected) in [(&old, &new, there), (&new, &old, back)] {
        let (lines, json) = told(old, new);
        assert_eq!(lines, expected, "{json:#}");
    }
}

/// What a folder was generated with, and what was written by hand beside it, are no changes.
#[test]
fn a_folder_is_compared_with_what_it_was_generated_from() {
    let own = ["spec/maiagent.yaml", "generated"];
    for [old, new] in [own, [own[1], own[0]]] {
        let output = xtask(root(), &["changes", old, new]);
        assert!(text(&output.stdout).contains(": no change;"), "{}", text(&output.stdout));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pets.yaml"), BASE).unwrap();
    // Of a name that breaks lines of examples.
    let name = "pets-of-a-rather-long-name";
    for options in [&[][..], &["--blocking"], &["--dyn"], &["--split", "tags"], &["--blocking", "--dyn"]] {
        let _ = fs::remove_dir_all(folder.path().join(name));
        let made = [&["codegen", "--spec", "pets.yaml", "--crate", name], options].concat();
        assert!(xtask(folder.path(), &made).status.success());
        for [old, new] in [["pets.yaml", name], [name, "pets.yaml"]] {
            let output = xtask(folder.path(), &["changes", old, new]);
            assert!(text(&output.stdout).contains(": no change;"), "{options:?}: {}", text(&output.stdout));
        }
    }
}

/// What a document says stays in its line, and is no order to a terminal, no heading and no code of a page.
#[test]
fn signs_of_a_document_stay_in_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.yaml"), BASE).unwrap();
    let hostile = BASE.replace("default: fish", "default: \"a\\n## b\\e[31m`<b>\"");
    fs::write(folder.path().join("new.yaml"), hostile).unwrap();
    for format in ["text", "markdown"] {
        let output = xtask(folder.path(), &["changes", "old.yaml", "new.yaml", "--format", format]);
        let printed = text(&output.stdout);
        assert!(printed.contains("a\\n## b\\u{1b}[31m`<b>"), "{printed}");
        assert!(!printed.contains('\u{1b}'), "{printed}");
        assert!(format == "text" || printed.contains("`` a\\n## b"), "{printed}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { _ = fs::copy(&path, &target).unwrap() }
    }
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
