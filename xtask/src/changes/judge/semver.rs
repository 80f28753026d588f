//! `cargo semver-checks` as judge: what it calls major, we do; what we call major and it does not, it cannot see.
//!
//! It compares what rustdoc writes as JSON, which says of each crate what it has with all of its features.

use super::crates::{Subject, Workspace};
use super::{Pair, Verdict, items};
use crate::changes::entry::{Entry, Level};
use crate::changes::source::{ABOVE, UNPROMISED};
use crate::changes::surface::{Item, Kind, Surface};
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
        let surface = |number: &usize| &subjects[*number].surface;
        verdicts.push(verdict(&said(&program, at(old), at(new))?, entries, surface(old), surface(new)));
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

/// Traits whose derived implementations it misses.
const DERIVED: &[&str] =
    &["Clone", "Copy", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];

/// Whether its rules do not look at what an entry is about: types of fields, arguments and results, aliases, what is from other
/// crates, implementations that nobody derives, bounds, and features, of which all are on.
fn is_unseen(entry: &Entry, old: &Surface, new: &Surface) -> bool {
    let (was, is) = (old.get(&entry.item), new.get(&entry.item));
    if matches!(was.map(|item| item.kind), Some(Kind::Alias | Kind::Export)) {
        return true;
    }
    let same = |count: fn(&Item) -> usize| was.zip(is).is_none_or(|(was, is)| count(was) == count(is));
    match entry.what.as_str() {
        // Of a trait that is there for whatever has others it was seen to say nothing.
        "depends on other features" | ABOVE => true,
        "has another type" => same(|item| if item.kind == Kind::Variant { shape(&item.ty) } else { 0 }),
        "takes other arguments" => same(|item| item.arguments.len()),
        "is generic over something else" => same(|item| item.bounds.parameters.len()),
        "is gone" => entry.item.split_once(": ").is_some_and(|(_, name)| !DERIVED.contains(&name)),
        _ => false,
    }
}

/// How many fields the tokens of a variant have, as far as commas say it.
fn shape(tokens: &str) -> usize {
    if tokens.is_empty() { 0 } else { 1 + tokens.matches(" , ").count() }
}

fn verdict(said: &[(String, String)], entries: &[Entry], old: &Surface, new: &Surface) -> Verdict {
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
        if is_unseen(entry, old, new) {
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
