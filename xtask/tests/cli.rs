//! The task as a person runs it: what it prints, what it writes, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::SystemTime;

const SPEC: &str = "
openapi: 3.0.3
info: { title: Pets, version: '1' }
paths:
  /pets/:
    get:
      operationId: listPets
      responses:
        '200': { description: All., content: { application/json: { schema: { $ref: '#/components/schemas/Pets' } } } }
components:
  schemas:
    Pets: { type: array, items: { $ref: '#/components/schemas/Pet' } }
    Pet: { type: object, required: [name], properties: { name: { type: string } } }
";

/// A folder with a document, and the task run on it.
struct Workplace {
    folder: tempfile::TempDir,
}

impl Workplace {
    fn new() -> Self {
        let workplace = Self { folder: tempfile::tempdir().unwrap() };
        workplace.spec(SPEC);
        workplace
    }

    fn spec(&self, text: &str) {
        fs::write(self.folder.path().join("pets.yaml"), text).unwrap();
    }

    fn run(&self, more: &[&str]) -> Output {
        let mut arguments = vec!["codegen", "--spec", "pets.yaml", "--out", "pets/src"];
        arguments.extend(more);
        xtask(self.folder.path(), &arguments)
    }

    /// Path, content and time of change of every file of the output.
    fn files(&self) -> BTreeMap<String, (String, SystemTime)> {
        let folder = self.folder.path().join("pets/src");
        let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
        entries
            .map(|entry| {
                let path = entry.unwrap().path();
                let changed = fs::metadata(&path).unwrap().modified().unwrap();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, (fs::read_to_string(path).unwrap(), changed))
            })
            .collect()
    }
}

fn xtask(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).current_dir(folder).output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_first_run_writes_and_the_second_touches_nothing() {
    let place = Workplace::new();
    let first = place.run(&[]);
    assert_eq!(status(&first), 0, "{}", text(&first.stderr));
    let printed = text(&first.stdout);
    for part in [
        "read       pets.yaml",
        "1 routes, 2 types",
        "parse ",
        "plan ",
        "print ",
        "wrote      pets/src/api.rs",
        "done",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    let before = place.files();
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        ["api.rs", "client.rs", "lib.rs", "models.rs", "server.rs"]
    );

    let second = place.run(&[]);
    assert_eq!(status(&second), 0);
    assert!(text(&second.stdout).contains("unchanged  pets/src/api.rs"));
    assert_eq!(place.files(), before);
    assert_eq!(status(&place.run(&["--check"])), 0);
}

#[test]
fn drift_is_shown_as_a_diff_with_the_command_that_mends_it() {
    let place = Workplace::new();
    place.run(&[]);
    place.spec(&SPEC.replace("properties: { name", "properties: { age: { type: integer }, name"));
    let before = place.files();
    let check = place.run(&["--check"]);
    assert_eq!(status(&check), 1);
    let diff = text(&check.stdout);
    for part in ["--- a/pets/src/models.rs", "+++ b/pets/src/models.rs", "+    pub age: Option<i64>,"] {
        assert!(diff.contains(part), "{part} in {diff}");
    }
    assert!(text(&check.stderr).contains("run `cargo xtask codegen --spec pets.yaml --out pets/src`"));
    assert_eq!(place.files(), before, "a check writes nothing");

    assert_eq!(status(&place.run(&[])), 0);
    assert_eq!(status(&place.run(&["--check"])), 0);
}

#[test]
fn a_spec_at_fault_leaves_the_output_as_it_was() {
    let place = Workplace::new();
    place.run(&[]);
    let before = place.files();
    place.spec(&SPEC.replace("#/components/schemas/Pet'", "https://example.org/pets.yaml#/Pet'"));
    let output = place.run(&[]);
    assert_eq!(status(&output), 3);
    let complaint = text(&output.stderr);
    assert!(complaint.contains("pets.yaml:12:41"), "{complaint}");
    assert!(!complaint.contains('\u{1b}'), "no colour where there is no terminal");
    assert_eq!(place.files(), before);
}

#[test]
fn what_is_no_longer_generated_is_removed_and_what_never_was_is_kept() {
    let place = Workplace::new();
    let errors = SPEC.replace(
        "paths:",
        "x-unused: 1\npaths:\n  /a/:\n    get:\n      operationId: getA\n      responses:\n        '204': { description: Done. }\n        default: { description: Rest., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }",
    );
    place.spec(&errors);
    place.run(&[]);
    assert!(place.files().contains_key("errors.rs"));
    fs::write(place.folder.path().join("pets/src/mine.rs"), "// written by hand\n").unwrap();
    place.spec(SPEC);
    let output = place.run(&[]);
    assert!(text(&output.stdout).contains("removed    pets/src/errors.rs"));
    let files = place.files();
    assert!(!files.contains_key("errors.rs") && files.contains_key("mine.rs"));
}

#[test]
fn a_file_that_was_not_generated_is_never_replaced() {
    let place = Workplace::new();
    let folder = place.folder.path().join("pets/src");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("lib.rs"), "// precious\n").unwrap();
    let output = place.run(&[]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("was not generated"), "{}", text(&output.stderr));
    let files = place.files();
    assert_eq!(files.len(), 1);
    assert_eq!(files["lib.rs"].0, "// precious\n");
}

#[test]
fn wrong_usage_is_told_from_a_wrong_spec() {
    let place = Workplace::new();
    let folder = place.folder.path();
    for arguments in [
        &["codegen", "--nonsense"][..],
        &["codegen", "--spec", "pets.yaml"],
        &["codegen", "--out", "pets/src"],
        &["codegen", "--spec", "missing.yaml", "--out", "pets/src"],
        &["nonsense"],
        &[],
    ] {
        assert_eq!(status(&xtask(folder, arguments)), 2, "{arguments:?}");
    }
    let help = xtask(folder, &["codegen", "--help"]);
    assert_eq!(status(&help), 0);
    assert!(text(&help.stdout).contains("--check") && text(&help.stdout).contains("Exit status: 0 done"));
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_who_reads_is_no_reason_to_stop_and_a_full_disk_is() {
    let place = Workplace::new();
    let run = |stdout: std::process::Stdio, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(place.folder.path()).stdout(stdout).args(more).output().unwrap()
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = run(writer.into(), &["codegen", "--spec", "pets.yaml", "--out", "pets/src"]);
    assert_eq!((status(&output), text(&output.stderr).as_str()), (0, ""));
    assert!(place.files().contains_key("lib.rs"));

    place.spec(&SPEC.replace("required: [name], ", ""));
    fs::write(place.folder.path().join("old.yaml"), SPEC).unwrap();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = run(full.into(), &["changes", "old.yaml", "pets.yaml", "--format", "html"]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).starts_with("error: cannot print: "), "{}", text(&output.stderr));
}

#[test]
fn the_output_does_not_depend_on_where_it_is_made() {
    let (here, there) = (Workplace::new(), Workplace::new());
    here.run(&[]);
    let elsewhere = tempfile::tempdir().unwrap();
    let spec = there.folder.path().join("pets.yaml");
    let out = there.folder.path().join("pets/src");
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["codegen", "--spec", spec.to_str().unwrap(), "--out", out.to_str().unwrap()])
        .current_dir(elsewhere.path())
        .env("TZ", "Asia/Taipei")
        .env("LANG", "zh_TW.UTF-8")
        .output()
        .unwrap();
    assert_eq!(status(&output), 0);
    let content = |place: &Workplace| -> Vec<(String, String)> {
        place.files().into_iter().map(|(name, (text, _))| (name, text)).collect()
    };
    assert_eq!(content(&here), content(&there));
}

#[test]
fn documents_of_a_folder_are_generated_or_refused_with_a_place_and_counted() {
    let place = Workplace::new();
    fs::write(
        place.folder.path().join("broken.yaml"),
        SPEC.replace("#/components/schemas/Pet'", "https://example.org/pets.yaml#/Pet'"),
    )
    .unwrap();
    let output = xtask(place.folder.path(), &["corpus", "."]);
    assert_eq!(status(&output), 1);
    let printed = text(&output.stdout);
    assert!(printed.contains("generated  pets.yaml: 1 of 1 operations, 2 schemas"), "{printed}");
    assert!(printed.contains("refused    broken.yaml: 12:41: "), "{printed}");
    assert!(printed.contains("1 of 2 documents generated, 1 operations missing"), "{printed}");
    let report = place.folder.path().join("report.json");
    let only = ["corpus", ".", "--only", "pets.yaml", "--json", report.to_str().unwrap()];
    assert_eq!(status(&xtask(place.folder.path(), &only)), 0);
    assert!(fs::read_to_string(report).unwrap().contains("\"generated\": 1"));
    assert_eq!(status(&xtask(place.folder.path(), &["corpus", ".", "--only", "missing.yaml"])), 2);
    assert!(text(&xtask(place.folder.path(), &["corpus", "nowhere"]).stdout).contains("skipped"));
}

/// The table of options and extensions in the generator's README has what the task and the generator know, and nothing else.
#[test]
fn the_table_of_options_and_extensions_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = fs::read_to_string(root.join("codegen/README.md")).unwrap();
    let rows = |of: &str| -> Vec<String> {
        let rows = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let mut names: Vec<String> =
            rows.map(|(name, _)| name.to_owned()).filter(|name| name.starts_with(of)).collect();
        names.sort();
        names
    };
    let help = String::from_utf8(xtask(root, &["codegen", "--help"]).stdout).unwrap();
    let options = help.lines().filter_map(|line| line.trim_start().strip_prefix("--")?.split(' ').next());
    let mut options: Vec<String> = options.map(|name| format!("--{name}")).collect();
    options.sort();
    assert!(options.len() > 8, "{help}");
    assert_eq!(rows("--"), options);
    let mut extensions = std::collections::BTreeSet::new();
    let mut folders = vec![root.join("codegen/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let literals = text.split("\"x-").skip(1).filter_map(|rest| rest.split('"').next());
            let names = literals.filter(|name| !name.is_empty() && !name.contains(' '));
            extensions.extend(names.map(|name| format!("x-{name}")));
        }
    }
    // A media type.
    assert!(extensions.remove("x-www-form-urlencoded"));
    assert_eq!(rows("x-"), extensions.into_iter().collect::<Vec<_>>());
}
