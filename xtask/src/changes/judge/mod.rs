//! `cargo xtask judge`: what others make of the changes between documents, beside what `changes` says.
//!
//! | file | comes in | goes out |
//! |---|---|---|
//! | `crates` | documents | crates of a workspace |
//! | `program` | a surface | programs that use all of it |
//! | `compiler` | pairs | what no longer compiles |
//! | `wire` | pairs | what no longer is understood |
//! | `semver` | pairs | what `cargo semver-checks` says |

mod compiler;
mod crates;
mod program;
mod semver;
mod wire;

use super::entry::Entry;
use super::input::{Problem, Version};
use super::{Outcome, print};
use crate::say::{eprintln, println};
use crates::{Subject, Workspace};
use std::path::PathBuf;

/// Documents, one state behind another, or all of them behind one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 all judges agree, 1 one of them does not, 2 wrong usage or a document at fault.")]
pub struct Arguments {
    /// States of a document, the oldest first
    #[arg(required = true, value_name = "DOCUMENT")]
    documents: Vec<PathBuf>,
    /// Compare each with this one, and not with the one before it
    #[arg(long, value_name = "DOCUMENT")]
    from: Option<PathBuf>,
    /// Also the way back
    #[arg(long)]
    back: bool,
    /// Who judges
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["compiler"])]
    by: Vec<Judge>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Judge {
    /// Programs that use all of the old crate, compiled with the new one
    Compiler,
    /// The client of each state at the server of the other
    Wire,
    /// `cargo semver-checks`, where that is installed
    Semver,
}

/// Two states, by their numbers.
pub struct Pair {
    pub old: usize,
    pub new: usize,
}

/// What a judge says of a pair.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Whether we say that something breaks.
    pub predicted: bool,
    /// Whether something does.
    pub seen: bool,
    /// How much was looked at.
    pub counts: String,
    /// Where it and we disagree.
    pub faults: Vec<String>,
    /// What it could not look at.
    pub notes: Vec<String>,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    match check(arguments) {
        Ok(true) => Outcome::Done,
        Ok(false) => Outcome::Drift,
        Err(problem) => {
            eprintln!("error: {problem}");
            Outcome::WrongUsage
        }
    }
}

fn check(arguments: &Arguments) -> Result<bool, String> {
    let workspace = Workspace::open()?;
    let paths: Vec<&PathBuf> = arguments.from.iter().chain(&arguments.documents).collect();
    let mut subjects = Vec::new();
    for path in &paths {
        subjects.push(Subject::read(path, &workspace)?);
    }
    let mut pairs: Vec<Pair> = (1..subjects.len())
        .map(|new| Pair { old: if arguments.from.is_some() { 0 } else { new - 1 }, new })
        .collect();
    if arguments.back {
        let back: Vec<Pair> = pairs.iter().map(|pair| Pair { old: pair.new, new: pair.old }).collect();
        pairs.extend(back);
    }
    let mut entries = Vec::new();
    for Pair { old, new } in &pairs {
        entries.push(told(&subjects[*old], &subjects[*new])?);
    }
    let mut agree = true;
    for judge in &arguments.by {
        let verdicts = match judge {
            Judge::Compiler => compiler::judge(&subjects, &pairs, &workspace)?,
            Judge::Wire => wire::judge(&subjects, &pairs, &entries, &workspace)?,
            Judge::Semver => match semver::judge(&subjects, &pairs, &entries, &workspace)? {
                Some(verdicts) => verdicts,
                None => continue,
            },
        };
        let mut faults = 0;
        for ((Pair { old, new }, verdict), entries) in pairs.iter().zip(&verdicts).zip(&entries) {
            let said = if verdict.predicted { "breaks" } else { "holds" };
            let seen = if verdict.seen { "breaks" } else { "holds" };
            println!(
                "{} to {}: {}; we: {said}, {judge:?}: {seen} ({})",
                subjects[*old].name,
                subjects[*new].name,
                print::summary(entries),
                verdict.counts
            );
            verdict.notes.iter().for_each(|note| println!("  {note}"));
            verdict.faults.iter().for_each(|fault| println!("  FAULT {fault}"));
            faults += verdict.faults.len();
        }
        println!("{judge:?}: {} pairs, {faults} disagreements", pairs.len());
        agree &= faults == 0;
    }
    Ok(agree)
}

/// What we say of a pair.
fn told(old: &Subject, new: &Subject) -> Result<Vec<Entry>, String> {
    let version = |subject: &Subject| Version {
        name: subject.name.clone(),
        files: subject.output.tree.iter().map(|(path, text)| (path.to_string(), text.clone())).collect(),
        document: Some(subject.texts.clone()),
        release: None,
    };
    super::compare(&version(old), &version(new)).map_err(|problem| match problem {
        Problem::Usage(text) | Problem::Document(text) => text,
    })
}

/// The item of an entry, and those that change with it.
fn items(entry: &Entry) -> impl Iterator<Item = &str> {
    let also = entry.also.iter().filter_map(|also| {
        // `models::Pet: Default is gone`: the name of a trait follows a colon and a blank.
        let end = also
            .find(" is ")
            .into_iter()
            .chain(also.find(" takes "))
            .chain(also.find(" has "))
            .chain(also.find(" calls "))
            .chain(also.find(" exchanges "))
            .chain(also.find(" depends "))
            .chain(also.find(" stands "))
            .chain(also.find(" numbers "))
            .min()?;
        also.get(..end)
    });
    std::iter::once(entry.item.as_str()).chain(also)
}
