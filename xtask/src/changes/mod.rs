//! `cargo xtask changes`: what a change of a document, or of the generator, means for those who use the generated crate.
//!
//! | file | comes in | goes out |
//! |---|---|---|
//! | `input` | a document, a folder or a revision | generated files and the document |
//! | `bundle` | the files of a document | one tree |
//! | `derived` | a struct | the methods that it derives |
//! | `surface` | generated files | the items that users can name |
//! | `renames` | two surfaces | what only has another name |
//! | `source` | two surfaces | what the compiler says to users |
//! | `wire` | two documents | what client and server say to each other |
//! | `entry` | | one change |
//! | `print` | changes | text, Markdown, JSON, a page |
//! | `judge` | pairs of documents | where others disagree |
//! | `release` | changes, a version, the changelog | the next version, a section, what does not fit |

mod bundle;
mod derived;
mod entry;
mod input;
pub(crate) mod judge;
mod print;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod random;
mod release;
mod renames;
mod source;
pub(crate) mod surface;
mod wire;

use crate::say::{eprint, eprintln, print, println};
use crate::{Outcome, files, output};
use entry::{Effect, Entry, Level, Wire};
use input::{Problem, Version};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Without arguments: what the working tree changes since the last release, or the last commit where there is none.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
OLD and NEW are OpenAPI documents, folders of generated files, or revisions of this repository.

Levels: major (code may no longer compile), silent (it compiles and means something else), minor (something is new), patch.

Exit status: 0 done, 1 there are changes that --fail-on forbids, 2 wrong usage or a file that cannot be read, 3 a document
is at fault.

Examples:
  cargo xtask changes                              what is not committed yet
  cargo xtask changes HEAD~3 HEAD                  of this repository's own document and crate
  cargo xtask changes old.yaml new.yaml            of any document
  cargo xtask changes --format markdown            the same for people who read it elsewhere
  cargo xtask changes --write-changelog            what changed since the last release, into CHANGELOG.md
  cargo xtask changes --check-release              whether version and changelog fit that")]
pub struct Arguments {
    /// What it was
    old: Option<String>,
    /// What it is; the working tree where it is left out
    new: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Fail on changes of this level and above; `major` includes `silent`, and `silent` means those alone
    #[arg(long, value_enum)]
    fail_on: Option<FailOn>,
    /// Fingerprints of changes not to be told, one in a line; what is behind a blank is a remark. One that fits nothing is an error
    #[arg(long, value_name = "FILE")]
    accepted: Option<PathBuf>,
    /// Write what changed since the last release, whose tag is `v` and a version, into CHANGELOG.md
    #[arg(long, conflicts_with_all = ["old", "new", "format", "fail_on", "check_release"])]
    write_changelog: bool,
    /// Fail if the version in Cargo.toml or the section in CHANGELOG.md does not fit what changed since the last release
    #[arg(long, conflicts_with_all = ["old", "new", "format", "fail_on"])]
    check_release: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Markdown,
    Json,
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    Major,
    Silent,
    Minor,
}

impl FailOn {
    fn forbids(self, level: Level) -> bool {
        match self {
            Self::Major => level >= Level::Silent,
            Self::Silent => level == Level::Silent,
            Self::Minor => level >= Level::Minor,
        }
    }
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let result = if arguments.write_changelog || arguments.check_release {
        for_release(arguments)
    } else {
        told(arguments)
    };
    match result {
        Ok(outcome) => outcome,
        Err(Problem::Usage(problem)) => {
            eprintln!("error: {problem}");
            Outcome::WrongUsage
        }
        Err(Problem::Document(problems)) => {
            eprint!("{problems}");
            Outcome::SpecAtFault
        }
    }
}

/// What the replacement of generated files means, as one line. None where it means nothing, or one of the two cannot be read.
pub fn summary(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Option<String> {
    let entries = source::compare(&surface::read(old).ok()?, &surface::read(new).ok()?);
    (!entries.is_empty()).then(|| print::summary(&entries))
}

/// Prints what is between two versions.
fn told(arguments: &Arguments) -> Result<Outcome, Problem> {
    let old = arguments.old.as_deref().map_or_else(Version::last, Version::read)?;
    let new = arguments.new.as_deref().map_or_else(Version::working_tree, Version::read)?;
    let entries = entries(arguments, &old, &new)?;
    let report =
        print::Report { old: &old.name, new: &new.name, entries: &entries, next: next(&old, &entries) };
    print!(
        "{}",
        match arguments.format {
            Format::Text => print::text(&report),
            Format::Markdown => print::markdown(&report),
            Format::Json => print::json(&report),
            Format::Html => print::html(&report),
        }
    );
    let is_forbidden = |entry: &Entry| arguments.fail_on.is_some_and(|fail_on| fail_on.forbids(entry.level));
    Ok(if entries.iter().any(is_forbidden) { Outcome::Drift } else { Outcome::Done })
}

/// Writes what changed since the last release into the changelog, or says what of this checkout does not fit it.
fn for_release(arguments: &Arguments) -> Result<Outcome, Problem> {
    let path = crate::root().join("CHANGELOG.md");
    let changelog = files::read(&path)
        .map_err(|error| Problem::Usage(format!("cannot read {}: {error}", path.display())))?;
    let new = Version::working_tree()?;
    let released = Version::last_release()?;
    let (mut least, mut section) = (new.release.clone(), None);
    match &released {
        None => println!("nothing was released so far: no tag is `v` and a version"),
        Some(old) => {
            let entries = entries(arguments, old, &new)?;
            println!("since {}: {}", old.name, print::summary(&entries));
            least = old.release.as_ref().map(|version| release::next(version, highest(&entries)));
            let next = next(old, &entries);
            let report = print::Report { old: &old.name, new: &new.name, entries: &entries, next };
            section = (!entries.is_empty()).then(|| print::section(&report));
        }
    }
    if arguments.write_changelog {
        let text = release::with_section(&changelog, section.as_deref()).map_err(Problem::Usage)?;
        output::replace(&path, &text).map_err(Problem::Usage)?;
        println!("{} {}", if text == changelog { "unchanged " } else { "wrote     " }, path.display());
        return Ok(Outcome::Done);
    }
    let (Some(least), Some(version)) = (least, new.release) else {
        return Err(Problem::Usage("this checkout, or the last release, has no version".to_owned()));
    };
    let faults = release::faults(&least, &version, &changelog, section.as_deref());
    for fault in &faults {
        eprintln!("error: {fault}");
    }
    Ok(if faults.is_empty() { Outcome::Done } else { Outcome::Drift })
}

/// What is between two versions, without what is accepted.
fn entries(arguments: &Arguments, old: &Version, new: &Version) -> Result<Vec<Entry>, Problem> {
    let mut entries = compare(old, new)?;
    if let Some(file) = &arguments.accepted {
        accept(file, &mut entries).map_err(Problem::Usage)?;
    }
    Ok(entries)
}

/// Both halves, in one: where they speak of the same, the crate's item has the effects on the wire beside it.
fn compare(old: &Version, new: &Version) -> Result<Vec<Entry>, Problem> {
    let surface = |version: &Version| {
        surface::read(&version.files)
            .map_err(|problem| Problem::Usage(format!("{}: {problem}", version.name)))
    };
    let mut entries = source::compare(&surface(old)?, &surface(new)?);
    if let (Some(before), Some(after)) = (&old.document, &new.document) {
        let bundle = |texts: &bundle::Texts, version: &Version| {
            let unread = |_| Problem::Usage(format!("the document of {} cannot be read", version.name));
            bundle::Bundle::new(texts).map_err(unread)
        };
        let (was, is) = (bundle(before, old)?, bundle(after, new)?);
        join(&mut entries, wire::compare(&wire::Side::new(&was), &wire::Side::new(&is)));
    }
    entries.sort_by(|a, b| {
        b.level.cmp(&a.level).then_with(|| a.item.cmp(&b.item)).then_with(|| a.what.cmp(&b.what))
    });
    Ok(entries)
}

/// Adds what the documents say to what the crates say.
fn join(entries: &mut Vec<Entry>, wire: Vec<Entry>) {
    let mut by_subject: BTreeMap<String, usize> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        for subject in entry.subject.iter().chain(&entry.subjects) {
            by_subject.entry(subject.clone()).or_insert(at);
            if entry.what == renames::RENAMED {
                by_subject.entry(entry::normal(source::leaf(&entry.item))).or_insert(at);
            }
        }
    }
    let mut alone = Vec::new();
    for part in wire {
        let same = subjects(&part).into_iter().find_map(|subject| by_subject.get(&subject).copied());
        let same = same.or_else(|| whole_operation(&part, entries, &by_subject));
        let Some(entry) = same.and_then(|at| entries.get_mut(at)) else {
            alone.push(part);
            continue;
        };
        let is_own = entry.subject.is_none()
            || subjects(&part).iter().any(|subject| Some(subject) == entry.subject.as_ref())
            || part.subject.is_none();
        let is_type = part.subject.as_ref().is_some_and(|subject| !subject.contains(['.', '(']));
        let comes_or_goes = is_type && matches!(part.what.as_str(), "is gone" | "is new");
        if comes_or_goes && (entry.what == renames::RENAMED || !is_own) {
            // The document says the name and nothing else; no name of a type is on the wire.
            if entry.what == renames::RENAMED {
                entry.wire.get_or_insert(Wire::new(Effect::Works, Effect::Works));
            }
            entry.old_place = entry.old_place.take().or(part.old_place);
            entry.new_place = entry.new_place.take().or(part.new_place);
            continue;
        }
        entry.wire = match (entry.wire, part.wire) {
            (Some(a), Some(b)) => Some(a.worse(b)),
            (a, b) => a.or(b),
        };
        entry.level = entry.level.max(part.level);
        entry.old_place = entry.old_place.take().or(part.old_place);
        entry.new_place = entry.new_place.take().or(part.new_place);
        if entry.reached.is_empty() {
            entry.reached = part.reached;
        }
        if part.what != entry.what {
            let values: Vec<String> = [part.old, part.new].into_iter().flatten().collect();
            let values =
                if values.is_empty() { String::new() } else { format!(": {}", values.join(" becomes ")) };
            entry.also.push(format!("in the document, `{}` {}{values}", part.item, part.what));
        }
    }
    entries.extend(alike(wire::grouped(alone)));
}

/// What the crate may call something of the document: a type may have another one beside it, for requests.
fn subjects(part: &Entry) -> Vec<String> {
    let Some(subject) = &part.subject else { return Vec::new() };
    let twin = subject.split_once('.').map(|(ty, name)| format!("{ty}request.{name}"));
    std::iter::once(subject.clone()).chain(twin).collect()
}

/// The operation whose arguments or answer are another type, where this is why.
fn whole_operation(part: &Entry, entries: &[Entry], by_subject: &BTreeMap<String, usize>) -> Option<usize> {
    let [operation] = &part.reached[..] else { return None };
    let shared = part.item.strip_prefix("request body ").map(|_| " body");
    let shared = shared.or_else(|| part.item.strip_prefix("response ").map(|_| " answer"));
    let rest = shared.or_else(|| part.item.strip_prefix(operation.as_str()))?;
    let wanted = if rest.starts_with(" answer") { "has another type" } else { "takes other arguments" };
    if !rest.starts_with([' ', '(']) || rest.ends_with("security") || rest.ends_with("servers") {
        return None;
    }
    let at = by_subject.get(&format!("{}()", entry::normal(operation)))?;
    entries.get(*at).filter(|entry| entry.what == wanted).map(|_| *at)
}

/// Changes of the document that no item shows, each told once: the same at many places is one, and the places are listed.
fn alike(entries: Vec<Entry>) -> Vec<Entry> {
    let key = |entry: &Entry| {
        let wire = entry.wire.map(|wire| (wire.old_client, wire.new_client));
        // What means something else is told by its name.
        let name = if entry.level == Level::Patch { "" } else { source::leaf(&entry.item) };
        (entry.level, entry.what.clone(), entry.old.clone(), entry.new.clone(), wire, name.to_owned())
    };
    let mut groups: BTreeMap<_, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        groups.entry(key(&entry)).or_default().push(entry);
    }
    let whole = groups.into_values().filter_map(|mut group| {
        group.sort_by(|a, b| a.item.cmp(&b.item));
        let mut group = group.into_iter();
        let mut first = group.next()?;
        for other in group {
            first.also.push(format!("`{}`, the same", other.item));
            first.reached.extend(other.reached);
        }
        first.reached.sort();
        first.reached.dedup();
        Some(first)
    });
    whole.collect()
}

/// Takes out what is accepted.
fn accept(file: &Path, entries: &mut Vec<Entry>) -> Result<(), String> {
    let text = files::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    for (number, line) in text.lines().enumerate() {
        let Some(wanted) = line.split_whitespace().next().filter(|word| !word.starts_with('#')) else {
            continue;
        };
        let before = entries.len();
        entries.retain(|entry| entry.fingerprint() != wanted);
        if entries.len() == before {
            return Err(format!(
                "{}:{}: no change has the fingerprint {wanted}; remove the line",
                file.display(),
                number + 1
            ));
        }
    }
    Ok(())
}

/// The gravest of all levels.
fn highest(entries: &[Entry]) -> Option<Level> {
    entries.iter().map(|entry| entry.level).max()
}

/// What semver asks for: a version where the old one is known, and otherwise a rule.
fn next(old: &Version, entries: &[Entry]) -> String {
    let highest = highest(entries);
    if let Some(released) = &old.release {
        return release::next(released, highest).to_string();
    }
    match highest {
        None => "the same",
        Some(Level::Patch) => "0.x.Y+1 or x.y.Z+1",
        Some(Level::Minor) => "0.x.Y+1 or x.Y+1.0",
        Some(Level::Silent | Level::Major) => "0.X+1.0 or X+1.0.0",
    }
    .to_owned()
}
