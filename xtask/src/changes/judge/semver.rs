//! `cargo semver-checks` as judge: what it calls major, we do; what we call major and it does not, it cannot see.
//!
//! It compares what rustdoc writes as JSON, which says of each crate what it has with all of its features.

use super::crates::{Subject, Workspace};
use super::{Pair, Verdict, items};
use crate::changes::entry::{Entry, Level};
use crate::changes::source::UNPROMISED;
use crate::changes::surface::{Kind, Surface};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the rules below were read from; it knows what rustdoc of this repository's compiler writes.
const VERSION: &str = "0.51.0";

/// The program, from the environment or the path; nothing where it is not installed.
fn program() -> Option<PathBuf> {
    let name = "cargo-semver-checks";
    let given = std::env::var_os("CARGO_SEMVER_CHECKS").map(PathBuf::from);
    let found = || {
        std::env::split_paths(&std::env::var_os("PATH")?)
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
    };
    given.or_else(found)
}

/// Judges all pairs; nothing where the tool is not there.
///
/// # Errors
/// Documentation cannot be made, or the tool cannot be run.
pub fn judge(
    subjects: &[Subject],
    pairs: &[Pair],
    entries: &[Vec<Entry>],
    workspace: &Workspace,
) -> Result<Option<Vec<Verdict>>, String> {
    let Some(program) = program() else {
        crate::say::println!(
            "Semver: skipped, cargo-semver-checks is not installed: cargo install --locked cargo-semver-checks@{VERSION}"
        );
        return Ok(None);
    };
    let mut documented: BTreeMap<&str, PathBuf> = BTreeMap::new();
    for subject in subjects {
        if !documented.contains_key(subject.package.as_str()) {
            documented.insert(&subject.package, workspace.documentation(&subject.package)?);
        }
    }
    let mut verdicts = Vec::new();
    for (Pair { old, new }, entries) in pairs.iter().zip(entries) {
        let at = |number: &usize| &documented[subjects[*number].package.as_str()];
        verdicts.push(verdict(&said(&program, at(old), at(new))?, entries, &subjects[*old].surface));
    }
    Ok(Some(verdicts))
}

/// The rules that a pair breaks, and where.
fn said(program: &Path, old: &Path, new: &Path) -> Result<Vec<(String, String)>, String> {
    let cannot = |error: std::io::Error| format!("cannot run cargo-semver-checks: {error}");
    let output = Command::new(program)
        .args(["semver-checks", "--release-type", "minor", "--color", "never", "--baseline-rustdoc"])
        .arg(old)
        .arg("--current-rustdoc")
        .arg(new)
        .output()
        .map_err(cannot)?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let (mut found, mut rule, mut inside) = (Vec::new(), String::new(), false);
    for line in printed.lines() {
        if let Some(rest) = line.strip_prefix("--- failure ") {
            rule = rest.split(':').next().unwrap_or(rest).to_owned();
        }
        inside = line == "Failed in:" || inside && line.starts_with("  ");
        if inside && line.starts_with("  ") {
            found.push((rule.clone(), line.trim().to_owned()));
        }
    }
    if found.is_empty() != output.status.success() {
        return Err(format!("cargo-semver-checks: {printed}{}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(found)
}

/// What its rules do not look at: types of fields, arguments and results, bounds, and features, of which all are on.
const UNSEEN: &[&str] = &[
    "has another type",
    "takes other arguments",
    "is generic over something else",
    "depends on other features",
];

/// Whether its rules do not look at what an entry is about.
fn is_unseen(entry: &Entry, old: &Surface) -> bool {
    let kind = old.get(&entry.item).map(|item| item.kind);
    // Traits are of other crates, here and among what changes with it: `models::Pet: Default is gone`.
    let is_trait = |text: &str| {
        text.contains(": ") && !text.starts_with("in the document") && text.ends_with(" is gone")
    };
    UNSEEN.contains(&entry.what.as_str())
        || matches!(kind, Some(Kind::Alias | Kind::Export | Kind::Implementation))
        || entry.what == "is new" && entry.also.iter().any(|also| is_trait(also) || also.contains("::new "))
}

fn verdict(said: &[(String, String)], entries: &[Entry], old: &Surface) -> Verdict {
    let mut verdict = Verdict::default();
    let major: Vec<&Entry> = entries.iter().filter(|entry| entry.level >= Level::Silent).collect();
    let mut heard: BTreeSet<usize> = BTreeSet::new();
    let mut unpromised = 0;
    for (rule, line) in said {
        let names = names(line);
        let told: Vec<usize> = major
            .iter()
            .enumerate()
            .filter(|(_, entry)| items(entry).any(|path| is_of(path, &names)))
            .map(|(at, _)| at)
            .collect();
        let is_unpromised = rule.contains("trait_impl_removed")
            && UNPROMISED.iter().any(|name| line.contains(&format!("no longer derives {name}")));
        match told.is_empty() {
            true if is_unpromised => unpromised += 1,
            true => verdict.faults.push(format!("it calls major, and we do not: {rule}: {line}")),
            false => heard.extend(told),
        }
    }
    let mut unseen: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, entry) in
        major.iter().enumerate().filter(|(at, entry)| entry.level == Level::Major && !heard.contains(at))
    {
        if is_unseen(entry, old) {
            *unseen.entry(entry.what.as_str()).or_default() += 1;
        } else {
            verdict.faults.push(format!("we call major, and it does not: {} {}", entry.item, entry.what));
        }
    }
    for (what, count) in unseen {
        verdict.notes.push(format!("it does not see: {count} of `{what}`"));
    }
    if unpromised > 0 {
        verdict.notes.push(format!("promised to nobody: {unpromised} of `Eq` and `Hash`"));
    }
    verdict.counts = format!("{} said, {} of {} entries heard", said.len(), heard.len(), major.len());
    verdict.predicted = !major.is_empty();
    verdict.seen = said.len() > unpromised;
    verdict
}

/// All names in what it says, without the place.
fn names(line: &str) -> BTreeSet<&str> {
    let end = ["previously in ", " in file ", " in /"].iter().filter_map(|mark| line.find(mark)).min();
    let line = line.get(..end.unwrap_or(line.len())).unwrap_or(line);
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()).collect()
}

/// Whether names speak of an item: its own is among them, and that of the type that it is a part of.
fn is_of(path: &str, names: &BTreeSet<&str>) -> bool {
    let path = path.replace(": ", "::").replace('.', "::").replace("r#", "");
    let mut parts = path.rsplit("::");
    let leaf = parts.next().unwrap_or_default();
    let leaf = leaf.split([' ', '<']).next().unwrap_or(leaf);
    let of = parts.next().filter(|of| of.starts_with(char::is_uppercase));
    names.contains(leaf) && of.is_none_or(|of| names.contains(of))
}
