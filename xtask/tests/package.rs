//! A whole crate from a document: written once, then only checked, and it compiles.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DOCUMENT: &str = "
openapi: 3.0.3
info: { title: Pets, version: '2' }
servers: [{ url: 'https://pets.example' }]
x-webhooks:
  petMoved:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
      responses: { '204': { description: Taken. } }
components:
  schemas:
    Pet: { type: object, required: [id], properties: { id: { type: string, format: uuid }, name: { type: string } } }
paths:
  /pets/{kind}/:
    get:
      operationId: getPet
      parameters:
      - { name: kind, in: path, required: true, schema: { type: string } }
      - { name: limit, in: query, required: true, schema: { type: integer } }
      responses: { '200': { description: Yes., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } } }
";

struct Place {
    _folder: tempfile::TempDir,
    spec: PathBuf,
    package: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let (spec, package) = (folder.path().join("pets.yaml"), folder.path().join("pets"));
    fs::write(&spec, DOCUMENT).unwrap();
    Place { _folder: folder, spec, package }
}

impl Place {
    fn run(&self, more: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("codegen").arg("--spec").arg(&self.spec).arg("--crate").arg(&self.package).args(more);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
        (status.code().unwrap(), text)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.package.join(path)).unwrap()
    }
}

/// A value that the published packages have in common.
fn workspace(key: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let value = manifest.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
    value.unwrap().trim_matches('"').to_owned()
}

#[test]
fn a_new_crate_compiles_with_its_example_and_its_readme() {
    let place = place();
    let (status, text) = place.run(&[]);
    assert_eq!(status, 0, "{text}");
    assert!(place.read("examples/first_call.rs").contains("get_pet(\"kind\", &query)"));
    let readme = place.read("README.md");
    assert!(readme.contains("\n## What the service sends\n") && readme.contains("one request"), "{readme}");
    assert!(readme.contains("use pets::webhooks::{self, Webhook, Webhooks};"), "{readme}");
    assert!(readme.contains(".at(Webhook::PetMoved, "), "{readme}");
    // What to do next is the last that is said.
    let last: Vec<_> = text.lines().rev().take(3).collect();
    assert!(
        last[2].starts_with("done ") && last[1].ends_with(" && cargo run --example first_call"),
        "{text}"
    );
    let manifest = place.read("Cargo.toml");
    let needed = format!("rust-version = \"{}\"", workspace("rust-version"));
    assert!(manifest.contains(&needed), "{needed}: {manifest}");
    let released =
        format!("package = \"specwright-runtime\", version = \"{}\", path = ", workspace("version"));
    assert!(manifest.contains(&released), "{released}: {manifest}");
    // The same versions as the repository's own crates.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::copy(root.join("Cargo.lock"), place.package.join("Cargo.lock")).unwrap();
    for arguments in [
        &["check", "--all-targets", "--all-features"][..],
        &["check", "--no-default-features"],
        &["test", "--doc", "--all-features"],
    ] {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(&place.package)
            .env("CARGO_TARGET_DIR", root.join("target"))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !errors.contains("warning"), "{arguments:?}: {errors}");
    }
}

#[test]
fn the_manifest_leads_to_the_runtime_however_the_folder_is_written() {
    let place = place();
    let below = place.package.parent().unwrap().join("checkout/deeper");
    fs::create_dir_all(&below).unwrap();
    let runtime =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("runtime").canonicalize().unwrap();
    let leads = |folder: &str, package: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(&below).args(["codegen", "--spec"]).arg(&place.spec).args(["--crate", folder]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
        let path = manifest.split("path = \"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(package.canonicalize().unwrap().join(path).canonicalize().unwrap(), runtime, "{folder}");
    };
    leads("../../pets", &place.package);
    leads("../new/../other/cats", &below.join("../other/cats"));
    leads("dogs", &below.join("dogs"));
    #[cfg(unix)]
    {
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), below.join("link")).unwrap();
        leads("link/birds", &elsewhere.path().join("birds"));
    }
}

#[test]
fn the_first_call_is_one_that_the_key_of_the_environment_is_enough_for() {
    let place = place();
    let schemes = "components:\n  securitySchemes:\n    first: { type: http, scheme: bearer }\n    second: { type: http, scheme: basic }\n";
    let other = "
  /simple:
    get:
      operationId: getSimple
      security: [{ second: [] }, { first: [], second: [] }]
      responses: { '200': { description: Yes., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } } }
";
    let document = DOCUMENT.replacen("components:\n", schemes, 1) + other + "security: [{ first: [] }]\n";
    fs::write(&place.spec, &document).unwrap();
    assert_eq!(place.run(&[]).0, 0);
    assert!(place.read("examples/first_call.rs").contains("get_pet("));

    let place = self::place();
    fs::write(&place.spec, document.replace("[{ second: [] }, ", "[{ second: [] }, {}, ")).unwrap();
    assert_eq!(place.run(&[]).0, 0);
    assert!(place.read("examples/first_call.rs").contains("get_simple("));
}

#[test]
fn the_first_call_makes_up_no_value_where_another_operation_needs_none() {
    let place = place();
    let list = |id: &str, required: &str| {
        format!(
            "
  /{id}:
    get:
      operationId: {id}
      parameters: [{{ name: size, in: query, required: {required}, schema: {{ type: string }} }}]
      responses: {{ '200': {{ description: Yes., content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/Pet' }} }} }} }} }}
"
        )
    };
    fs::write(&place.spec, DOCUMENT.to_owned() + &list("aList", "true") + &list("bList", "false")).unwrap();
    assert_eq!(place.run(&[]).0, 0);
    let example = place.read("examples/first_call.rs");
    assert!(example.contains("b_list("), "{example}");
}

#[test]
fn an_existing_manifest_gets_no_readme_that_shows_what_it_lacks() {
    let place = place();
    fs::create_dir_all(&place.package).unwrap();
    fs::write(place.package.join("Cargo.toml"), "[package]\nname = \"mine\"\nedition = \"2024\"\n").unwrap();
    let (status, text) = place.run(&[]);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("write under [features]: client = ") && !text.contains("\nnext "), "{text}");
    assert!(!place.package.join("examples").exists());
    // Neither the example nor tokio is there.
    let readme = place.read("README.md");
    assert!(!readme.contains("first_call") && !readme.contains("tokio"), "{readme}");
    assert!(readme.contains("use mine::webhooks::") || readme.contains("use pets::webhooks::"), "{readme}");
}

#[test]
fn commands_that_are_printed_can_be_pasted() {
    let mut place = place();
    place.package = place.package.with_file_name("John's pets");
    let (status, text) = place.run(&["--split", "none"]);
    assert_eq!(status, 0, "{text}");
    let quoted = place.package.display().to_string().replace('\'', r"'\''");
    assert!(text.contains(&format!("next       cd '{quoted}' && ")), "{text}");
    fs::write(&place.spec, DOCUMENT.replace("limit", "most")).unwrap();
    let (status, text) = place.run(&["--split", "none", "--check"]);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains(&format!(" --crate '{quoted}' --split none`")), "{text}");
    // Without arguments, that would be about another document.
    assert!(text.contains("`cargo xtask changes OLD NEW` says more"), "{text}");
}

#[test]
fn what_a_person_changed_stays_and_what_the_code_needs_is_named() {
    let place = place();
    let (status, text) = place.run(&["--check"]);
    assert_eq!(status, 1);
    assert!(text.contains("Cargo.toml does not exist"), "{text}");
    assert_eq!(place.run(&[]).0, 0);
    assert_eq!(place.run(&["--check"]).0, 0);

    let own = place.read("Cargo.toml").replace("edition", "# mine\nlicense = \"MIT\"\nedition");
    fs::write(place.package.join("Cargo.toml"), &own).unwrap();
    fs::write(place.package.join("README.md"), "Mine.\n").unwrap();
    assert_eq!(place.run(&[]).0, 0);
    assert_eq!((place.read("Cargo.toml"), place.read("README.md")), (own.clone(), "Mine.\n".to_owned()));

    let cases = [
        (
            own.replace("server = [\"runtime/server\"]\n", ""),
            "write under [features]: server = [\"runtime/server\"]",
        ),
        (own.replace(", features = [\"uuid\"]", ""), "write under [dependencies]: runtime = {"),
        (own.replace("serde = {", "serde_json = {"), "write under [dependencies]: serde = {"),
    ];
    for (broken, expected) in cases {
        assert_ne!(broken, own);
        fs::write(place.package.join("Cargo.toml"), &broken).unwrap();
        for more in [&[][..], &["--check"]] {
            let (status, text) = place.run(more);
            assert_eq!(status, 1, "{text}");
            assert!(text.contains(expected), "{text}");
            assert_eq!(place.read("Cargo.toml"), broken);
        }
    }
    fs::write(place.package.join("Cargo.toml"), "[package\n").unwrap();
    let (status, text) = place.run(&[]);
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("is not TOML"), "{text}");
}
