//! Documents made to break a reader: refused in no time, with a place, and nothing outside of the output is read or written.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const DEEP: usize = 200_000;

/// Ten times what it takes at most on a machine that has nothing else to do.
const LIMIT: Duration = Duration::from_secs(1);

/// A schema that would be seen in the output, had it been read.
const CANARY: &str =
    "{ \"Canary\": { \"type\": \"object\", \"properties\": { \"canary\": { \"type\": \"string\" } } } }";

/// A document, what is wrong with it, and where.
fn documents() -> Vec<(&'static str, String, &'static str, &'static str)> {
    let schemas = |text: &str| {
        format!(
            "openapi: 3.0.3\ninfo: {{ title: T, version: '1' }}\npaths: {{}}\ncomponents:\n  schemas:\n{text}\n"
        )
    };
    let reference = |to: &str| schemas(&format!("    A: {{ $ref: '{to}' }}"));
    let leads_out = "does not lead out of the document's folder";
    let address = "a reference to an address is not followed";
    let deep = "nests deeper than 128 levels";
    let bomb: String = (1..30).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)).collect();
    let mapping: String = (0..2000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let circle: String = (0..10_000)
        .map(|n| format!("    A{n}: {{ $ref: '#/components/schemas/A{}' }}\n", (n + 1) % 10_000))
        .collect();
    let broken: String =
        (0..5000).map(|n| format!("    A{n}: {{ $ref: '#/components/schemas/B{n}' }}\n")).collect();
    let keys: String = (0..20_000).map(|n| format!("k{n}: 1, ")).collect();
    vec![
        ("bomb of aliases", format!("a0: &a0 lol\n{bomb}"), "19:18", "aliases make the document larger"),
        ("anchor that holds itself", "a: &a [*a]\n".to_owned(), "1:8", "stands inside of what it means"),
        ("merge key", "a: 1\n<<: { b: 1 }\n".to_owned(), "1:1", "not an OpenAPI document"),
        ("tag", "a: !!binary aGk=\n".to_owned(), "1:4", "tag has no meaning here"),
        ("directive", "%YAML 9.9\n---\na: 1\n".to_owned(), "3:1", "not an OpenAPI document"),
        ("directive in bytes", "%名名".to_owned(), "1:4", ""),
        ("deep block sequence", "- ".repeat(DEEP), "1:", deep),
        ("deep block keys", "? ".repeat(DEEP), "1:", "must be text"),
        ("deep block mapping", mapping, "129:", deep),
        ("deep flow sequence", "[".repeat(DEEP), "1:", deep),
        ("deep flow mapping", "{a: ".repeat(DEEP), "1:", deep),
        ("deep JSON list", format!("{{\"openapi\":{}", "[".repeat(DEEP)), "1:", deep),
        ("deep JSON object", "{\"a\":".repeat(DEEP), "1:", deep),
        ("deep and closed", "[".repeat(DEEP) + &"]".repeat(DEEP), "1:", deep),
        ("repeated key", "openapi: 3.0.3\nopenapi: 3.0.3\n".to_owned(), "2:1", "is repeated"),
        (
            "repeated JSON key",
            "{\"openapi\": \"3.0.3\", \"\\u006fpenapi\": 1}".to_owned(),
            "1:22",
            "is repeated",
        ),
        ("several documents", "openapi: 3.0.3\n---\nopenapi: 3.0.3\n".to_owned(), "2:1", "more than one"),
        ("complex key", "? [a, b]\n: 1\n".to_owned(), "1:3", "must be text"),
        ("nothing", String::new(), "1:1", "no document"),
        ("control characters", "openapi: \u{1b}[31m\u{202e}\n".to_owned(), "1:10", ""),
        ("many unknown keys", format!("{{ {keys} }}"), "1:1", "not an OpenAPI document"),
        ("reference to a parent", reference("../canary.json#/Canary"), "6:16", leads_out),
        ("reference to a link", reference("link.json#/Canary"), "6:16", "leads out of the document's folder"),
        ("reference to an absolute path", reference("/etc/passwd"), "6:16", leads_out),
        ("reference to a file address", reference("file:///etc/passwd"), "6:16", address),
        ("reference to an address", reference("http://127.0.0.1:9/a.json#/A"), "6:16", address),
        ("reference to nothing", reference(""), "6:16", "whole document"),
        ("reference to a name", reference("Canary"), "6:16", "this file cannot be read"),
        ("reference up", reference("#/../canary.json"), "6:16", "does not exist"),
        ("reference to itself", reference("#/components/schemas/A"), "6:5", "nothing but itself"),
        ("reference to all", reference("#"), "6:16", "whole document"),
        ("circle of references", schemas(&circle), "6:5", "nothing but itself"),
        ("many broken references", schemas(&broken), "6:17", "does not exist"),
    ]
}

#[test]
fn each_is_refused_in_no_time() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("inner");
    fs::create_dir(&folder).unwrap();
    fs::write(outer.path().join("canary.json"), CANARY).unwrap();
    fs::write(folder.join("canary.json"), CANARY).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../canary.json", folder.join("link.json")).unwrap();
    let before = (listing(outer.path()), listing(&folder));

    let (mut count, mut slowest) = (0, (Duration::ZERO, ""));
    let mut failures = Vec::new();
    for (name, document, place, message) in documents() {
        fs::write(folder.join("a.yaml"), &document).unwrap();
        let start = Instant::now();
        let output = xtask(&folder);
        let time = start.elapsed();
        slowest = slowest.max((time, name));
        let said = String::from_utf8(output.stderr).unwrap();
        let shown: String = said.chars().take(1000).collect();
        let faults = [
            ("is accepted", output.status.code() != Some(3)),
            ("has another place", !said.contains(&format!("a.yaml:{place}"))),
            ("is named otherwise", !said.contains(message)),
            ("reads another file", said.contains("canary\"") || said.contains("root:")),
            ("says too much", said.len() > 100_000),
            ("takes long", time > LIMIT),
        ];
        let faults = faults.into_iter().filter(|(_, holds)| *holds);
        failures.extend(
            faults.map(|(fault, _)| format!("{name} {fault}, {time:?}, {} bytes: {shown}", said.len())),
        );
        count += 1;
    }
    println!("{count} documents refused with a place; the slowest, {}, took {:?}", slowest.1, slowest.0);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    fs::remove_file(folder.join("a.yaml")).unwrap();
    assert_eq!((listing(outer.path()), listing(&folder)), before);
}

/// It has no lines, so no place in it.
#[test]
fn a_file_that_is_not_text_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), "openapi: \0\n").unwrap();
    let output = xtask(folder.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot read a.yaml: it is binary, not text"), "{said}");
    assert_eq!(listing(folder.path()), ["a.yaml"]);
}

/// Names that look like paths are names.
#[test]
fn nothing_is_written_beside_the_output() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("inner");
    fs::create_dir(&folder).unwrap();
    let names = ["../../x", "/tmp/x", "..", "a/../../b", "C:\\x", "nul", "x.rs", "lib.rs", "\\0"];
    let schemas: Vec<String> = names
        .iter()
        .map(|name| format!("    \"{}\": {{ type: object }}", name.replace("\\x", "\\\\x")))
        .collect();
    let tags: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let document = format!(
        "openapi: 3.0.3\ninfo: {{ title: ../../x, version: ../x }}\npaths:\n  /a/:\n    get:\n      tags: [{}]\n      \
         operationId: ../../x\n      responses: {{ '204': {{ description: Done. }} }}\ncomponents:\n  schemas:\n{}\n",
        tags.join(", "),
        schemas.join("\n")
    );
    fs::write(folder.join("a.yaml"), document).unwrap();
    let output = xtask(&folder);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(listing(outer.path()), ["inner"]);
    assert_eq!(listing(&folder), ["a.yaml", "out"]);
    assert_eq!(listing(&folder.join("out")), ["api.rs", "client.rs", "lib.rs", "models.rs", "server.rs"]);
}

fn xtask(folder: &Path) -> std::process::Output {
    let arguments = ["codegen", "--strict", "--spec", "a.yaml", "--out", "out"];
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).current_dir(folder).output().unwrap()
}

/// Names of what is in a folder, and the content of files.
fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
