//! Generated documents as crates of one workspace, compiled and tried with values.

use super::Generated;
use crate::say::println;
use codegen::{Output, package};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Values of one component.
pub(super) struct Instances {
    /// What the document calls it.
    pub(super) component: String,
    /// Its type, within the crate.
    pub(super) path: String,
    /// Made from its schema: its type must read each, and write the same.
    pub(super) values: Vec<Value>,
    /// Given by the document, which may be at fault: those that do not come back are counted.
    pub(super) examples: Vec<Value>,
}

/// Compiles each document's code as a crate of its own, below `target`, with client and server; then without both, and
/// lets the types read and write values. False where something does not compile or comes back as another value.
pub(super) fn check(documents: &[Generated]) -> Result<bool, String> {
    let root = crate::root();
    let workspace = write(documents)?;
    let run = |what: &str, arguments: &[&str]| {
        let start = Instant::now();
        let status = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(&workspace)
            .env("CARGO_TARGET_DIR", root.join("target"))
            .status()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        println!("{what}   {:.0} s", start.elapsed().as_secs_f64());
        Ok::<bool, String>(status.success())
    };
    let compiled = run(
        "compiled",
        &["check", "--quiet", "--workspace", "--exclude", INSTANCES, "--all-targets", "--keep-going"],
    )?;
    let mut alone = true;
    for Generated { name, output, .. } in documents {
        // One tag is enough to see that nothing refers to what is off.
        let Some(tag) = super::parts(output).last() else { continue };
        let (package, features) = (package_name(name), format!("client,server,blocking,dyn,{tag}"));
        let arguments =
            ["check", "--quiet", "--package", &package, "--no-default-features", "--features", &features];
        alone &= run(&format!("{name} with `{tag}` alone:"), &arguments)?;
    }
    let values = run("tried   ", &["test", "--quiet", "--package", INSTANCES, "--", "--nocapture"])?;
    Ok(compiled && alone && values)
}

/// The package that tries values.
const INSTANCES: &str = "corpus-instances";

/// Writes each document's code as a crate of a workspace of its own, in the folder that it returns.
pub(super) fn write(documents: &[Generated]) -> Result<PathBuf, String> {
    let root = crate::root();
    let workspace = root.join("target/corpus");
    write_to(documents, root, &workspace)
        .map_err(|error| format!("cannot write {}: {error}", workspace.display()))?;
    Ok(workspace)
}

/// Where the runtime is, as a manifest says it.
pub(crate) fn runtime() -> String {
    let path = crate::root().join("runtime").display().to_string().replace('\\', "/");
    format!("path = {}", Value::from(path))
}

fn write_to(documents: &[Generated], root: &Path, workspace: &Path) -> std::io::Result<()> {
    if workspace.join("crates").exists() {
        fs::remove_dir_all(workspace.join("crates"))?;
    }
    let runtime = runtime();
    let mut dependencies = String::new();
    let mut tests = format!("#![allow(deprecated)]\n\n{HARNESS}");
    let mut examples = 0;
    for Generated { name, output, instances, .. } in documents {
        let options = package::Options { name: package_name(name), runtime: runtime.clone() };
        let folder = workspace.join("crates").join(&options.name);
        let package = package::package(output, &options);
        fs::create_dir_all(folder.join("src"))?;
        fs::create_dir_all(folder.join("examples"))?;
        let on = if output.api.receivers.is_empty() { "\"server\"" } else { "\"server\", \"webhooks\"" };
        let manifest = package.manifest.replace("default = [", &format!("default = [{on}, "));
        fs::write(folder.join("Cargo.toml"), manifest + "\n[lints]\nworkspace = true\n")?;
        if let Some(example) = package.example {
            fs::write(folder.join("examples/first_call.rs"), example)?;
        }
        let (program, count) = shown_calls(output);
        examples += count;
        fs::write(folder.join("examples/shown_calls.rs"), program)?;
        for (path, text) in &output.tree {
            let path = folder.join("src").join(path);
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            fs::write(path, text)?;
        }
        let mut parts: Vec<&str> = super::parts(output).collect();
        if !parts.is_empty() && !output.api.receivers.is_empty() {
            // There, what is only received is a part of its own.
            parts.push("webhooks");
        }
        dependencies.push_str(&format!(
            "{0} = {{ path = \"../{0}\", default-features = false, features = {1} }}\n",
            options.name,
            json!(parts)
        ));
        tests.push_str(&test(&options.name, instances));
        let values: Value =
            instances.iter().map(|all| json!({ "values": all.values, "examples": all.examples })).collect();
        let folder = workspace.join("crates").join(INSTANCES);
        fs::create_dir_all(folder.join("tests"))?;
        fs::write(folder.join("tests").join(format!("{}.json", options.name)), values.to_string())?;
    }
    let folder = workspace.join("crates").join(INSTANCES);
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(folder.join("tests/all.rs"), tests)?;
    fs::write(folder.join("Cargo.toml"), manifest(&dependencies))?;
    fs::write(
        workspace.join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[workspace.lints.rust]\nwarnings = \"deny\"\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n",
    )?;
    // The same versions as the repository's own crates.
    fs::copy(root.join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    println!("examples   {examples} calls that the documentation shows");
    Ok(())
}

/// Every example of a call that is in the documentation of a generated crate, as one program, so that the compiler sees each
/// as a documentation test would; and how many there are.
fn shown_calls(output: &Output) -> (String, usize) {
    let mut program = "#![allow(deprecated, unused)]\n\nfn main() {}\n".to_owned();
    let (mut count, mut is_inside) = (0, false);
    for line in output.tree.values().flat_map(|text| text.lines()) {
        let Some(line) = line.trim_start().strip_prefix("///") else {
            is_inside = false;
            continue;
        };
        let line = line.strip_prefix(' ').unwrap_or(line);
        match (is_inside, line) {
            (false, "```no_run") => {
                program.push_str(&format!("\nfn call_{count}() {{\n"));
                (count, is_inside) = (count + 1, true);
            }
            (true, "```") => {
                program.push_str("}\n");
                is_inside = false;
            }
            (true, line) => program.push_str(&format!("{}\n", line.strip_prefix("# ").unwrap_or(line))),
            (false, _) => {}
        }
    }
    (program, count)
}

fn manifest(dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{INSTANCES}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nserde = \"1\"\n\
         serde_json = {{ version = \"1\", features = [\"float_roundtrip\", \"raw_value\"] }}\n{dependencies}"
    )
}

/// A test of one document.
fn test(package: &str, instances: &[Instances]) -> String {
    let name = package.replace('-', "_");
    let mut text = format!(
        "\n#[test]\nfn {name}() {{\n    let all = read(include_str!(\"{package}.json\"));\n    let mut seen = Seen::default();\n"
    );
    for (index, Instances { component, path, .. }) in instances.iter().enumerate() {
        text.push_str(&format!("    seen.component::<{name}::{path}>({component:?}, &all[{index}]);\n"));
    }
    text.push_str(&format!("    seen.done({package:?});\n}}\n"));
    text
}

/// What all tests share.
const HARNESS: &str = r#"use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn read(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

#[derive(Default)]
struct Seen {
    values: usize,
    examples: usize,
    faults: Vec<String>,
    bad_examples: Vec<String>,
}

impl Seen {
    fn component<T: Serialize + DeserializeOwned>(&mut self, component: &str, given: &Value) {
        for value in given["values"].as_array().unwrap() {
            self.values += 1;
            self.faults.extend(fault::<T>(value).map(|fault| format!("{component}: {fault}")));
        }
        for value in given["examples"].as_array().unwrap() {
            self.examples += 1;
            self.bad_examples.extend(fault::<T>(value).map(|fault| format!("{component}: {fault}")));
        }
    }

    fn done(self, package: &str) {
        let Self { values, examples, faults, bad_examples } = self;
        println!(
            "{package}: {values} values, {} of them changed; {examples} examples, {} of them changed",
            faults.len(),
            bad_examples.len()
        );
        for example in bad_examples.iter().take(10) {
            println!("  example of {example}");
        }
        assert!(faults.is_empty(), "{package}: {} values\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
    }
}

/// How a value differs after it was read and written.
fn fault<T: Serialize + DeserializeOwned>(value: &Value) -> Option<String> {
    let text = value.to_string();
    let shown: String = text.chars().take(300).collect();
    match serde_json::from_str::<T>(&text) {
        Err(error) => Some(format!("{shown} is refused: {error}")),
        Ok(read) => {
            let written = serde_json::to_value(&read).unwrap();
            let shown_after: String = written.to_string().chars().take(300).collect();
            (!same(value, &written)).then(|| format!("{shown} becomes {shown_after}"))
        }
    }
}

/// Numbers are equal by value. Null, an empty list or object and nothing are the same, as answers have them.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            let within = |a: &Map, b: &Map| a.iter().all(|(key, a)| b.get(key).map_or(is_empty(a), |b| same(a, b)));
            within(a, b) && within(b, a)
        }
        _ => a == b || (is_empty(a) && is_empty(b)),
    }
}

type Map = serde_json::Map<String, Value>;

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}
"#;

/// `uspto.json` becomes `corpus-uspto`.
pub(super) fn package_name(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("corpus-{}", name.to_ascii_lowercase())
}
