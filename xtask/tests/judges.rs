//! `cargo xtask judge`: others say the same of changes as `cargo xtask changes`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod rows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

fn judge(by: &str, wanted: impl Fn(&str) -> bool) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // Tests of one program run side by side, and there is one workspace.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    let folder = root.join("target/judge-rows");
    // What another checkout left behind is no part of any run.
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let stray = target.join("judge/crates/of-another-checkout");
    fs::create_dir_all(&stray).unwrap();
    fs::write(stray.join("Cargo.toml"), STRAY).unwrap();
    let mut faults = String::new();
    for document in rows::ALL {
        let (base, rows) = rows::write(&folder, document, &wanted);
        // What is written by hand is not there.
        let is_whole = |path: &PathBuf| !fs::read_to_string(path).unwrap().contains("x-rust-modules");
        let rows: Vec<PathBuf> = rows.into_iter().filter(is_whole).collect();
        if !rows.is_empty() {
            faults += &judge_rows(by, &base, &rows);
        }
    }
    fs::remove_dir_all(stray).unwrap();
    assert!(faults.is_empty(), "{faults}");
}

/// A crate whose dependency is somewhere else.
const STRAY: &str =
    "[package]\nname = \"stray\"\n\n[dependencies]\nspecwright-runtime = { path = \"nowhere\" }\n";

/// Where a judge does not agree, all that was said.
fn judge_rows(by: &str, base: &Path, rows: &[PathBuf]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["judge", "--back", "--by", by, "--from"])
        .arg(base)
        .args(rows)
        .output()
        .unwrap();
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{printed}");
    if output.status.success() { String::new() } else { format!("{printed}{said}") }
}

/// A few rows, so that nobody waits.
const FEW: [&str; 4] =
    ["a parameter moves", "a property of another type", "a value goes", "a schema has another name"];

#[test]
fn others_agree_on_a_few_rows() {
    judge("compiler,wire", |title| FEW.contains(&title));
}

#[test]
#[ignore = "minutes: for people"]
fn others_agree_on_every_row() {
    judge("compiler,wire,semver", |_| true);
}
