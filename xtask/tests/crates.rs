//! How many crates each feature of the generated crate brings: what its README says is what cargo finds.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Crates in the tree with these features, without the crate itself. One system, because others need others.
fn count(root: &Path, features: &str) -> usize {
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["tree", "--quiet", "--package", "maiagent", "--no-default-features", "--features", features])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--target", "x86_64-unknown-linux-gnu"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<&str> = text.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    crates.len() - 1
}

#[test]
fn the_table_of_features_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let (readme, manifest) = (read("generated/README.md"), read("generated/Cargo.toml"));
    let lines = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    let features: Vec<&str> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| Some(line.split_once(" = ")?.0))
        .filter(|name| *name != "default")
        .collect();
    let rows = readme.lines().skip_while(|line| *line != "| feature | what it adds | crates |").skip(2);
    let mut seen = Vec::new();
    for row in rows.take_while(|row| row.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (name, expected) = (cells[0], cells[2].parse::<usize>().unwrap());
        let wanted = match name {
            "none" => String::new(),
            "all" => features.join(","),
            name => name.split('`').nth(1).unwrap().to_owned(),
        };
        assert_eq!(count(root, &wanted), expected, "crates with {name}");
        seen.push(wanted);
    }
    seen.retain(|name| !name.is_empty() && !name.contains(','));
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let features = features.into_iter().map(str::to_owned).collect();
    assert_eq!(sorted(seen), sorted(features), "every feature has a row");
}
