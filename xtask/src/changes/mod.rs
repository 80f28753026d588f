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
use std::collections::{BTreeMap, BTreeSet};
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
  cargo xtask changes pets.yaml pets --overlay fixes.yaml
                                                   of a document and the folder that was generated from it
  cargo xtask changes --format markdown            the same for people who read it elsewhere
  cargo xtask changes --write-changelog            what changed since the last release, into CHANGELOG.md
  cargo xtask changes --check-release              whether version and changelog fit that")]
pub struct Arguments {
    /// What it was
    old: Option<String>,
    /// What it is; the working tree where it is left out
    new: Option<String>,
    /// An overlay that changes OLD and NEW, where these are documents, on the way in: what a folder was generated with
    #[arg(long, value_name = "FILE")]
    overlay: Vec<PathBuf>,
    /// An overlay of OLD, which has none of the others then
    #[arg(long, value_name = "FILE", requires = "old")]
    old_overlay: Vec<PathBuf>,
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
    #[arg(long, conflicts_with_all = ["old", "new", "overlay", "format", "fail_on", "check_release"])]
    write_changelog: bool,
    /// Fail if the version in Cargo.toml or the section in CHANGELOG.md does not fit what changed since the last release
    #[arg(long, conflicts_with_all = ["old", "new", "overlay", "format", "fail_on"])]
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
    let of_old = if arguments.old_overlay.is_empty() { &arguments.overlay } else { &arguments.old_overlay };
    let (old, new) = Version::both(
        (arguments.old.as_deref(), of_old.as_slice()),
        (arguments.new.as_deref(), arguments.overlay.as_slice()),
    )?;
    let entries = entries(arguments, &old, &new)?;
    let report = report(&old, &new, &entries);
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
            let report = report(old, &new, &entries);
            section = (!entries.is_empty()).then(|| print::section(&report));
        }
    }
    let last = released.as_ref().and_then(|old| old.release.as_ref());
    let version = new.release.as_ref().filter(|version| Some(*version) != last);
    let wanted = release::with_section(&changelog, version, section.as_deref());
    if arguments.write_changelog {
        let text = wanted.map_err(Problem::Usage)?;
        output::replace(&path, &text).map_err(Problem::Usage)?;
        println!("{} {}", if text == changelog { "unchanged " } else { "wrote     " }, path.display());
        return Ok(Outcome::Done);
    }
    let (Some(least), Some(version)) = (least, &new.release) else {
        return Err(Problem::Usage("this checkout, or the last release, has no version".to_owned()));
    };
    let faults = release::faults(&least, version, (&changelog, &wanted));
    for fault in &faults {
        eprintln!("error: {fault}");
    }
    Ok(if faults.is_empty() { Outcome::Done } else { Outcome::Drift })
}

/// What is to be printed.
fn report<'a>(old: &'a Version, new: &'a Version, entries: &'a [Entry]) -> print::Report<'a> {
    let unread = [old, new].into_iter().find(|version| version.document.is_none());
    let note = unread.map(|version| {
        format!("{} has no document: what client and server send each other was not compared", version.name)
    });
    print::Report { old: &old.name, new: &new.name, entries, note, next: next(old, entries) }
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
    let were = surface(old)?;
    let others = (old.files != new.files).then(|| surface(new)).transpose()?;
    let are = others.as_ref().unwrap_or(&were);
    let renames = renames::Renames::find(&were, are);
    let mut entries = source::compare_renamed(&were, are, &renames);
    if let (Some(before), Some(after)) = (&old.document, &new.document) {
        let bundle = |texts: &bundle::Texts, version: &Version| {
            let unread = |_| Problem::Usage(format!("the document of {} cannot be read", version.name));
            bundle::Bundle::new(texts).map_err(unread)
        };
        let (mut was, is) = (bundle(before, old)?, bundle(after, new)?);
        let mut renamed = wire::renamed(&mut was, &is, &renames.schemas());
        renamed.extend(wire::renamed_schemes(&mut was, &is));
        let (was, is) = (wire::Side::new(&was, &were), wire::Side::new(&is, are));
        let mut called = was.operations_called();
        called.extend(is.operations_called());
        // What is described in place has the name that it had there.
        let renamed_types = renames.schemas().into_iter().filter(|(.., what)| *what == renames::RENAMED);
        called.extend(renamed_types.map(|(old, new, _)| (entry::normal(&old), entry::normal(&new))));
        join(&mut entries, renamed.into_iter().chain(wire::compare(&was, &is)).collect(), &called);
        inherited(&mut entries, &[was.bases(), is.bases()]);
        entries = copied(entries);
        let is_named = |entry: &Entry| [renames::RENAMED, renames::EXCHANGED].contains(&entry.what.as_str());
        for entry in entries.iter_mut().filter(|entry| is_named(entry) || source::is_of_code(entry)) {
            // No name of Rust is on the wire.
            entry.wire.get_or_insert(Wire::new(Effect::Works, Effect::Works));
        }
    }
    entries.sort_by(|a, b| {
        b.level.cmp(&a.level).then_with(|| a.item.cmp(&b.item)).then_with(|| a.what.cmp(&b.what))
    });
    Ok(entries)
}

/// Adds what the documents say to what the crates say, which may call operations otherwise.
fn join(entries: &mut Vec<Entry>, wire: Vec<Entry>, called: &BTreeMap<String, String>) {
    let mut by_subject: BTreeMap<String, usize> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        for subject in entry.subject.iter().chain(&entry.subjects) {
            by_subject.entry(subject.clone()).or_insert(at);
        }
    }
    // What has another name was called otherwise, too.
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.what == renames::RENAMED) {
        let name = entry::normal(source::leaf(&entry.item));
        match &entry.subject {
            Some(subject) if subject.ends_with("()") => by_subject.entry(format!("{name}()")).or_insert(at),
            Some(subject) if subject.contains('.') => continue,
            _ => by_subject.entry(name).or_insert(at),
        };
    }
    for (name, own) in called {
        let of_own = by_subject.iter().filter_map(|(subject, at)| Some((subject.strip_prefix(own)?, *at)));
        let of_own: Vec<(String, usize)> = of_own.map(|(rest, at)| (format!("{name}{rest}"), at)).collect();
        for (subject, at) in of_own {
            by_subject.entry(subject).or_insert(at);
        }
    }
    let mut alone = Vec::new();
    let mut one: Vec<(usize, usize)> = Vec::new();
    for part in wire {
        let same = of_member(&part, entries, called);
        let same = same
            .or_else(|| subjects(&part).into_iter().find_map(|subject| by_subject.get(&subject).copied()));
        let same = same.or_else(|| whole_operation(&part, entries, &by_subject));
        let same = same.or_else(|| further(&part, entries, &by_subject));
        let also: Vec<usize> = part.subjects.iter().filter_map(|of| by_subject.get(of).copied()).collect();
        let also = if is_flag(&part) { flags(&part, entries) } else { also };
        let same = same.or(also.first().copied());
        one.extend(same.into_iter().flat_map(|at| also.iter().map(move |other| (at, *other))));
        let Some(entry) = same.and_then(|at| entries.get_mut(at)) else {
            alone.push(part);
            continue;
        };
        if part.what == MOVED && entry.what == OTHERWISE {
            // The argument is called after what is in it.
            let told = format!("{} {}", entry.item, entry.what);
            let also = std::iter::once(told).chain(std::mem::take(&mut entry.also)).collect();
            *entry = Entry { also, ..part };
            continue;
        }
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
        let reached: BTreeSet<String> =
            std::mem::take(&mut entry.reached).into_iter().chain(part.reached).collect();
        entry.reached = reached.into_iter().collect();
        if part.what != entry.what {
            let values: Vec<String> = [part.old, part.new].into_iter().flatten().collect();
            let values =
                if values.is_empty() { String::new() } else { format!(": {}", values.join(" becomes ")) };
            entry.also.push(format!("in the document, `{}` {}{values}", part.item, part.what));
        }
    }
    merge(entries, &one);
    let alone = alone.into_iter().filter_map(|part| told_by_uses(entries, part)).collect();
    entries.extend(alike(described_elsewhere(wire::grouped(alone))));
}

/// What comes or goes for a cause that the document tells with something else is told with that: pairs of entries, by their numbers.
fn merge(entries: &mut Vec<Entry>, pairs: &[(usize, usize)]) {
    let mut into: BTreeMap<usize, usize> = BTreeMap::new();
    for (one, other) in pairs {
        let root = |at: usize| into.get(&at).copied().unwrap_or(at);
        let (one, other) = (root(*one), root(*other));
        // What the document speaks of by itself is told by itself, and the gravest tells of the rest.
        let follows = |at: usize| {
            let entry = &entries[at];
            entry.wire.is_none() && matches!(entry.what.as_str(), "is new" | "is gone")
        };
        let (first, rest) =
            if entries[other].level > entries[one].level { (other, one) } else { (one, other) };
        if one != other && (follows(one) || follows(other)) {
            into.values_mut().filter(|at| **at == rest).for_each(|at| *at = first);
            into.insert(rest, first);
        }
    }
    for (rest, first) in &into {
        let part = entries[*rest].clone();
        let entry = &mut entries[*first];
        entry.also.push(format!("{} {}", part.item, part.what));
        entry.also.extend(part.also);
        entry.wire = match (entry.wire, part.wire) {
            (Some(a), Some(b)) => Some(a.worse(b)),
            (a, b) => a.or(b),
        };
        entry.old_place = entry.old_place.take().or(part.old_place);
        entry.new_place = entry.new_place.take().or(part.new_place);
        let reached = std::mem::take(&mut entry.reached).into_iter().chain(part.reached);
        entry.reached = reached.collect::<BTreeSet<_>>().into_iter().collect();
    }
    let mut at = 0..;
    entries.retain(|_| at.next().is_none_or(|at| !into.contains_key(&at)));
}

/// Whether a part says which property asks for a stream.
fn is_flag(part: &Entry) -> bool {
    part.what.ends_with("`x-stream-flag`")
}

/// The fields that come or go with the property that asks for a stream.
fn flags(part: &Entry, entries: &[Entry]) -> Vec<usize> {
    let names = [&part.old, &part.new].into_iter().flatten().map(|name| entry::normal(name));
    let field = |name: String| {
        entries.iter().position(|entry| {
            let field = entry.item.rsplit_once('.').map(|(_, field)| entry::normal(field));
            matches!(entry.what.as_str(), "is new" | "is gone") && field.as_ref() == Some(&name)
        })
    };
    names.filter_map(field).collect()
}

/// A component that may be null, or no longer, shows wherever it is used: one change. Gives it back where it does not.
fn told_by_uses(entries: &mut Vec<Entry>, part: Entry) -> Option<Entry> {
    let is_use = |entry: &Entry| {
        let types = source::held(&entry.old).zip(source::held(&entry.new));
        let same = types.is_some_and(|(was, is)| was == is && Some(entry::normal(was)) == part.subject);
        same && entry.what == "has another type" && entry.wire.is_none()
    };
    if !part.what.ends_with(" nullable") {
        return Some(part);
    }
    let (uses, others): (Vec<Entry>, Vec<Entry>) = entries.drain(..).partition(is_use);
    *entries = others;
    let mut uses = uses.into_iter();
    let Some(mut first) = uses.next() else { return Some(part) };
    first.also.push(format!("in the document, `{}` {}", part.item, part.what));
    for other in uses {
        first.also.push(format!("{} {}", other.item, other.what));
        first.also.extend(other.also);
    }
    (first.wire, first.old_place, first.new_place) = (part.wire, part.old_place, part.new_place);
    first.reached = part.reached;
    entries.push(first);
    None
}

/// A component that comes for a place that refers to it now, or goes with the last of them, is told with that place.
fn described_elsewhere(entries: Vec<Entry>) -> Vec<Entry> {
    let refers =
        |entry: &Entry| matches!(entry.what.as_str(), "is described elsewhere" | "has another `$ref`");
    let (mut kept, others): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(refers);
    for entry in others {
        let name = entry.item.rsplit(' ').next().unwrap_or_default();
        let is_it = |place: &&mut Entry| {
            let text = match entry.what.as_str() {
                "is new" => place.new.as_ref(),
                "is gone" => place.old.as_ref(),
                _ => None,
            };
            let component = text.filter(|text| text.starts_with("#/components/"));
            component.is_some_and(|text| codegen::document::last_segment(text) == name)
        };
        match kept.iter_mut().filter(|place| refers(place)).find(is_it) {
            Some(place) => place.also.push(format!("`{}` {}", entry.item, entry.what)),
            None => kept.push(entry),
        }
    }
    kept
}

/// What is said of a parameter at another place, and of the method whose argument is called otherwise for it.
const MOVED: &str = "is sent elsewhere";
const OTHERWISE: &str = "calls an argument otherwise";

/// What the crate may call something of the document: a type may have another one beside it, for requests.
fn subjects(part: &Entry) -> Vec<String> {
    let Some(subject) = &part.subject else { return Vec::new() };
    let twin = subject.split_once('.').map(|(ty, name)| format!("{ty}request.{name}"));
    // Of what is described within schemas, several may want one name.
    let is_own = part.item.contains(wire::DEFINITIONS);
    let numbered = (2..10).filter(|_| is_own).map(|number| match subject.split_once('.') {
        Some((ty, name)) => format!("{ty}{number}.{name}"),
        None => format!("{subject}{number}"),
    });
    std::iter::once(subject.clone()).chain(twin).chain(numbered).collect()
}

/// The variant that holds something else, where a part tells of what is in a member of a union that the document does not name.
fn of_member(part: &Entry, entries: &[Entry], called: &BTreeMap<String, String>) -> Option<usize> {
    let union = part.subject.as_ref().filter(|of| !of.contains(['.', '(']))?;
    let is_within = [" oneOf ", " anyOf "].iter().any(|key| part.item.contains(key));
    let shows = ["nullable", "`type`", "`format`", "`$ref`", "elsewhere", "several", "something else"];
    if !is_within || !shows.iter().any(|end| part.what.ends_with(end)) {
        return None;
    }
    let is_it = |entry: &Entry| {
        let of = entry.item.rsplit_once("::").map(|(of, _)| entry::normal(source::leaf(of)));
        let is_own = of.as_ref() == Some(union) || of.is_some() && of.as_ref() == called.get(union);
        entry.what == "has another type" && is_own
    };
    let mut all = entries.iter().enumerate().filter(|(_, entry)| is_it(entry));
    all.next().filter(|_| all.next().is_none()).map(|(at, _)| at)
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
    let is_called = part.what == MOVED || part.what.contains("`x-rust-name`");
    let is_argument = |entry: &Entry| is_called && entry.what == OTHERWISE;
    entries.get(*at).filter(|entry| entry.what == wanted || is_argument(entry)).map(|_| *at)
}

/// What else of the crate is there for a part of the document.
fn further(part: &Entry, entries: &[Entry], by_subject: &BTreeMap<String, usize>) -> Option<usize> {
    let what = match part.what.as_str() {
        "is new" | "becomes readOnly" | "becomes writeOnly" => "is new",
        "is gone" | "is no longer readOnly" | "is no longer writeOnly" => "is gone",
        what if what.starts_with("has a new ") => "is new",
        what if what.starts_with("has no ") => "is gone",
        _ => "",
    };
    let find = |is_it: &dyn Fn(&str) -> bool| {
        entries.iter().position(|entry| entry.what == what && is_it(&entry.item))
    };
    // Whatever tells the members of a union apart.
    let union = part.item.split_once(" discriminator").map(|(union, _)| union);
    if let Some(union) =
        union.or_else(|| Some(part.item.as_str()).filter(|_| part.what.ends_with("`discriminator`")))
    {
        let own = by_subject.get(&source::discriminator(union)).copied();
        let told = |entry: &Entry| source::TOLD.contains(&entry.what.as_str());
        return own.or_else(|| entries.iter().position(told));
    }
    // What the document itself calls otherwise.
    if part.what.contains("`x-rust-name") {
        let of = part.subject.as_deref().unwrap_or(source::TITLE);
        let is_part = |entry: &Entry| {
            let name = entry.subject.as_deref().and_then(|subject| subject.strip_prefix(of));
            entry.what == renames::RENAMED && name.is_some_and(|rest| rest.starts_with('.'))
        };
        return by_subject.get(of).copied().or_else(|| entries.iter().position(is_part));
    }
    // What is written by hand.
    if part.what.ends_with("`x-rust-modules`") {
        let texts = [&part.old, &part.new];
        let names = texts.into_iter().flatten().flat_map(|text| text.split(['[', ']', ',', ' ']));
        let names: BTreeSet<&str> = names.collect();
        let is_it = |entry: &Entry| {
            matches!(entry.what.as_str(), "is new" | "is gone") && names.contains(entry.item.as_str())
        };
        return entries.iter().position(is_it);
    }
    // Its type is told to have another name.
    if part.what == "is described elsewhere" {
        let mut names = [&part.old, &part.new].into_iter().flatten().filter(|text| text.starts_with('#'));
        let of =
            names.find_map(|text| by_subject.get(&entry::normal(&codegen::document::last_segment(text))));
        if let Some(at) = of.filter(|at| entries[**at].what == renames::RENAMED) {
            return Some(*at);
        }
    }
    if let Some(subject) = &part.subject {
        if part.what.contains("`additionalProperties`") {
            return by_subject.get(&format!("{subject}.additionalproperties")).copied();
        }
        if let Some(at) = by_subject.get(&format!("{subject}.additionalproperties"))
            && part.item.ends_with(" additionalProperties")
        {
            return Some(*at);
        }
        if part.what.ends_with("Only") {
            let (ty, _) = subject.split_once('.')?;
            // The twin for requests is called after the schema.
            let mut names = [ty, ty.trim_end_matches(wire::MARK)].into_iter();
            return names.find_map(|ty| by_subject.get(&format!("{ty}request"))).copied();
        }
        // A member of a union that the document does not name.
        let is_inner = [" oneOf", " anyOf"].iter().any(|end| part.item.ends_with(end))
            && ["`type`", "`format`"].iter().any(|key| part.what.ends_with(key));
        if part.what.contains(" alternative") || is_inner {
            let is_it = |item: &str| {
                let parent = item.rsplit_once("::").map(|(of, _)| entry::normal(source::leaf(of)));
                parent.as_ref() == Some(subject)
            };
            let what = if is_inner { "has another type" } else { what };
            let mut all = entries.iter().enumerate().filter(|(_, one)| one.what == what && is_it(&one.item));
            return all.next().filter(|_| all.next().is_none()).map(|(at, _)| at);
        }
        // What a type that came with something else has in it, and what tells it apart.
        let whole = subject.split_once('.').and_then(|(ty, name)| Some((*by_subject.get(ty)?, ty, name)));
        if let Some((at, ty, name)) = whole {
            let entry = entries.get(at)?;
            let texts = [&entry.old, &entry.new];
            let mut tags = texts.into_iter().flatten().filter_map(|text| text.split_once(": "));
            let is_tag = source::TOLD.contains(&entry.what.as_str())
                && tags.any(|(tag, _)| entry::normal(tag) == name);
            let came = entry.subject.as_deref() != Some(ty) && entry.what != renames::RENAMED;
            return (is_tag || came || entry.what == source::OTHER).then_some(at);
        }
        return subject.starts_with("webhook ").then(|| find(&|item| item == "webhooks")).flatten();
    }
    if part.item.ends_with(" callbacks") {
        return find(&|item| item == "webhooks" || item.starts_with("webhooks::Webhooks::"));
    }
    // Where one operation is served.
    if part.item.ends_with(" servers") {
        let is_it = |entry: &Entry| entry.item.starts_with("servers::") && entry.wire.is_none();
        return entries.iter().position(is_it);
    }
    // A method for another representation: `stream_find`, `find_as_csv`.
    if let (true, [operation]) = (part.item.ends_with(" content"), &part.reached[..]) {
        let of = entry::normal(operation);
        let is_it = |item: &str| {
            let name = entry::normal(source::leaf(item));
            let is_stream = part.what.contains("event-stream");
            item.contains("Api::")
                && (is_stream && name.strip_prefix("stream").is_some_and(|rest| of.ends_with(rest))
                    || !is_stream
                        && ["as", "from"].iter().any(|word| name.starts_with(&format!("{of}{word}"))))
        };
        return find(&is_it);
    }
    // What an error says.
    let texts = [&part.old, &part.new];
    let mentions = |name: &str| {
        let texts = texts.into_iter().flatten().chain(&part.subjects);
        let mut words = texts.flat_map(|text| text.split(['/', '}', ',', ' ']));
        words.any(|word| entry::normal(word) == entry::normal(name))
    };
    let is_body = |entry: &Entry| match entry.item.split_once("::") {
        Some(("ErrorBody", name)) => mentions(name),
        None => entry.item == "ErrorBody",
        Some(_) => false,
    };
    let comes_or_goes = |entry: &Entry| matches!(entry.what.as_str(), "is new" | "is gone");
    let is_it =
        |entry: &Entry| comes_or_goes(entry) && (what.is_empty() || entry.what == what) && is_body(entry);
    part.item.contains(" answer").then(|| entries.iter().position(is_it)).flatten()
}

/// What stands at one place of a document and is there several times in the crate, such as a parameter that operations share, is one
/// change. The gravest tells of it.
fn copied(entries: Vec<Entry>) -> Vec<Entry> {
    let key = |entry: &Entry| {
        let places = (entry.old_place.clone(), entry.new_place.clone());
        let is_placed = places.0.is_some() || places.1.is_some();
        // `find(limit) schema` of each operation.
        let name = match entry.item.find('(') {
            Some(at) => &entry.item[at..],
            None => source::leaf(&entry.item),
        };
        is_placed.then(|| (places, name.to_owned(), entry.what.clone(), entry.old.clone(), entry.new.clone()))
    };
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    let mut kept: Vec<Entry> = Vec::new();
    for mut entry in entries {
        let Some(key) = key(&entry) else {
            kept.push(entry);
            continue;
        };
        let Some(first) = seen.get(&key).and_then(|at| kept.get_mut(*at)) else {
            seen.insert(key, kept.len());
            kept.push(entry);
            continue;
        };
        if (entry.level, &first.item) > (first.level, &entry.item) {
            std::mem::swap(first, &mut entry);
        }
        first.also.push(format!("{} {}", entry.item, entry.what));
        first.also.extend(entry.also);
        first.subjects.extend(entry.subject.into_iter().chain(entry.subjects));
        first.wire = match (first.wire, entry.wire) {
            (Some(a), Some(b)) => Some(a.worse(b)),
            (a, b) => a.or(b),
        };
        let reached = std::mem::take(&mut first.reached).into_iter().chain(entry.reached);
        first.reached = reached.collect::<BTreeSet<_>>().into_iter().collect();
    }
    kept
}

/// What a schema has from those that it is composed of is told with them, and what only the document says of these with the first that
/// shows it.
fn inherited(entries: &mut Vec<Entry>, bases: &[BTreeMap<String, BTreeSet<String>>]) {
    let (mut told, mut in_document) = (BTreeMap::new(), BTreeMap::new());
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.wire.is_some()) {
        let Some(subject) = entry.subject.clone() else { continue };
        if !entry.item.contains("::") && subject.contains('.') {
            in_document.insert(subject.clone(), at);
        }
        told.insert((subject, entry.what.clone()), at);
    }
    let pairs = bases.iter().flatten().flat_map(|(of, bases)| bases.iter().map(move |base| (of, base)));
    let pairs: Vec<(&String, &String)> = pairs.collect();
    let cause = |entry: &Entry| -> Option<usize> {
        let subject = entry.subject.clone().filter(|of| entry.wire.is_none() && of.contains('.'))?;
        let mut left = vec![subject];
        for _ in 0..DEEPEST {
            let above = |subject: &String| -> Vec<String> {
                let rest = |of: &String| subject.strip_prefix(of.as_str());
                pairs.iter().filter_map(|(of, base)| Some(format!("{base}{}", rest(of)?))).collect()
            };
            left = left.iter().flat_map(above).collect::<BTreeSet<_>>().into_iter().collect();
            let same = |of: &String| told.get(&(of.clone(), entry.what.clone()));
            if let Some(at) = left.iter().find_map(|of| same(of).or_else(|| in_document.get(of))) {
                return Some(*at);
            }
        }
        None
    };
    let mut causes: Vec<Option<usize>> = entries.iter().map(cause).collect();
    for part in in_document.into_values() {
        let heirs: Vec<usize> = (0..causes.len()).filter(|heir| causes[*heir] == Some(part)).collect();
        let Some(first) = heirs.first().copied() else { continue };
        heirs.into_iter().for_each(|heir| causes[heir] = Some(first));
        (causes[first], causes[part]) = (None, Some(first));
    }
    for (at, cause) in causes.iter().enumerate() {
        let Some(cause) = *cause else { continue };
        let part = entries[at].clone();
        if let Some(entry) = entries.get_mut(cause) {
            entry.level = entry.level.max(part.level);
            entry.also.push(match part.wire {
                Some(_) => format!("in the document, `{}` {}", part.item, part.what),
                None => format!("{} {}", part.item, part.what),
            });
            entry.also.extend(part.also);
            if part.wire.is_some() {
                (entry.wire, entry.reached) = (part.wire, part.reached);
                (entry.old_place, entry.new_place) = (part.old_place, part.new_place);
            }
        }
    }
    let mut causes = causes.into_iter();
    entries.retain(|_| causes.next().flatten().is_none());
}

/// Compositions of compositions beyond this are told by themselves.
const DEEPEST: usize = 8;

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
    valued(whole.collect())
}

/// Several values that one place of the document gains or loses are one change.
fn valued(entries: Vec<Entry>) -> Vec<Entry> {
    let mut kept: Vec<Entry> = Vec::new();
    for entry in entries {
        let place = |entry: &Entry| (entry.level, entry.item.clone(), entry.what.clone());
        let wire = |entry: &Entry| entry.wire.map(|wire| (wire.old_client, wire.new_client));
        let is_alone = |entry: &Entry| entry.old.is_some() != entry.new.is_some() && entry.also.is_empty();
        let same = |other: &&mut Entry| {
            place(other) == place(&entry)
                && wire(other) == wire(&entry)
                && is_alone(&entry)
                && is_alone(other)
                && other.old.is_some() == entry.old.is_some()
        };
        match kept.iter_mut().find(same) {
            Some(first) => {
                for (known, more) in [(&mut first.old, entry.old), (&mut first.new, entry.new)] {
                    if let (Some(known), Some(more)) = (known, more) {
                        *known = format!("{known}; {more}");
                    }
                }
            }
            None => kept.push(entry),
        }
    }
    kept
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
