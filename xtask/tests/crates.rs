//! What packages need, as they say it: crates for each feature, and the lowest version of Rust.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Folders of what is published.
const PUBLISHED: [&str; 5] = ["codegen", "derive", "runtime", "generated", "mock"];

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Crates in the tree with these features, without the crate itself. One system, because others need others.
fn count(package: &str, features: &str) -> usize {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--quiet", "--package", package, "--no-default-features", "--features", features])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--target", "x86_64-unknown-linux-gnu"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<&str> = text.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    crates.len() - 1
}

/// Compares the table of a README with what cargo finds.
fn check_table(package: &str, folder: &str) {
    let (readme, manifest) = (read(&format!("{folder}/README.md")), read(&format!("{folder}/Cargo.toml")));
    let lines = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    let features: BTreeSet<&str> = lines
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once(" = ")?.0))
        .filter(|name| *name != "default")
        .collect();
    let all = features.iter().copied().collect::<Vec<_>>().join(",");
    let rows = readme.lines().skip_while(|line| *line != "| feature | what it adds | crates |").skip(2);
    let mut seen = BTreeSet::new();
    for row in rows.take_while(|row| row.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (name, expected) = (cells[0], cells[2].parse::<usize>().unwrap());
        let wanted = match name.split('`').nth(1) {
            Some(feature) => feature,
            None if name == "all" => &all,
            None => "",
        };
        assert_eq!(count(package, wanted), expected, "crates of {package} with {name}");
        seen.insert(wanted);
    }
    let rows = features.into_iter().chain(["", all.as_str()]).collect();
    assert_eq!(seen, rows, "every feature of {package} has a row");
}

#[test]
fn the_table_of_features_is_true() {
    check_table("maiagent", "generated");
    check_table("specwright-runtime", "runtime");
    check_table("maiagent-mock", "mock");
}

/// A registry shows them without rustdoc: a link without an address stays there with its brackets.
#[test]
fn links_of_readmes_have_an_address() {
    for folder in PUBLISHED {
        let readme = read(&format!("{folder}/README.md"));
        let text: String = readme.split("```").step_by(2).collect();
        for part in text.split("[`").skip(1) {
            let end = part.find("`]").unwrap();
            assert!(part[end + 2..].starts_with('('), "{folder}/README.md: [`{}`]", &part[..end]);
        }
    }
}

/// That it is enough is checked by `.ci/packages`, which compiles the packages with it.
#[test]
fn the_lowest_version_of_rust_is_the_same_everywhere() {
    let workspace = read("Cargo.toml");
    let lowest = workspace.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    for folder in PUBLISHED {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        assert!(manifest.contains("\nrust-version.workspace = true\n"), "{folder}");
        let said = format!("Needs Rust {} or later.", lowest.trim_matches('"'));
        assert!(read(&format!("{folder}/README.md")).contains(&said), "{folder}/README.md: {said}");
    }
    // What is not published is built by the toolchain of this folder alone.
    for folder in ["xtask", "tests"] {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let own = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
        let channel = format!("channel = \"{}.0\"", own.trim_matches('"'));
        assert!(read("rust-toolchain.toml").contains(&channel), "{folder}: {channel}");
    }
}
