//! The compiler as judge: what users wrote for the old crate fails with the new one where we say so, and nowhere else.

use super::crates::{Subject, Workspace};
use super::program::{self, Piece, Program};
use super::{Pair, Verdict, items};
use crate::changes::entry::{Entry, Level};
use crate::changes::renames::{EXCHANGED, EXCHANGES, RENAMED, Renames};
use crate::changes::source::{self, leaf, mentions};
use crate::changes::surface::Kind;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Both programs of a subject.
struct Programs {
    pieces: Vec<(&'static str, Vec<Piece>)>,
}

/// A program against a crate, without the pieces that were seen to fail.
struct Run {
    package: String,
    /// Of which subject, and which of its programs.
    of: (usize, usize),
    against: usize,
    left_out: Vec<bool>,
    /// What the compiler said about each piece that failed.
    said: BTreeMap<usize, String>,
    /// What it said about nothing that is ours.
    stray: Vec<String>,
    is_done: bool,
}

/// Beyond this many rounds something goes round in circles.
const MOST_ROUNDS: usize = 12;

/// Judges all pairs at once.
///
/// # Errors
/// A program cannot be written, or cargo cannot be run.
pub fn judge(subjects: &[Subject], pairs: &[Pair], workspace: &Workspace) -> Result<Vec<Verdict>, String> {
    let programs: Vec<Programs> = subjects
        .iter()
        .map(|subject| Programs {
            pieces: vec![
                ("calls", program::calls(&subject.surface, &subject.names)),
                ("implements", program::implements(&subject.surface, &subject.names)),
            ],
        })
        .collect();
    // Against their own crate first: what does not compile there is a fault of ours, and no judge of anything.
    let olds: BTreeSet<usize> = pairs.iter().map(|pair| pair.old).collect();
    let mut own: Vec<Run> = olds.iter().flat_map(|old| runs(&programs, *old, *old, None)).collect();
    rounds(&mut own, subjects, &programs, workspace)?;
    let mut others: Vec<Run> =
        pairs.iter().flat_map(|pair| runs(&programs, pair.old, pair.new, Some(&own))).collect();
    rounds(&mut others, subjects, &programs, workspace)?;
    let verdicts = pairs.iter().map(|pair| {
        let of_pair = |run: &&Run| (run.of.0, run.against) == (pair.old, pair.new);
        let before = own.iter().filter(|run| run.of.0 == pair.old);
        verdict(
            &programs[pair.old],
            &subjects[pair.old],
            &subjects[pair.new],
            before,
            others.iter().filter(of_pair),
        )
    });
    Ok(verdicts.collect())
}

fn runs<'a>(
    programs: &'a [Programs],
    old: usize,
    new: usize,
    own: Option<&'a [Run]>,
) -> impl Iterator<Item = Run> + 'a {
    programs[old].pieces.iter().enumerate().map(move |(which, (name, pieces))| {
        let known = own.and_then(|own| own.iter().find(|run| run.of == (old, which)));
        Run {
            package: format!("{name}-{old}-{new}"),
            of: (old, which),
            against: new,
            left_out: known.map_or_else(|| vec![false; pieces.len()], |run| run.left_out.clone()),
            said: BTreeMap::new(),
            stray: Vec::new(),
            is_done: false,
        }
    })
}

/// Compiles again and again, each time without what failed: the compiler says nothing about types while names are missing.
fn rounds(
    runs: &mut [Run],
    subjects: &[Subject],
    programs: &[Programs],
    workspace: &Workspace,
) -> Result<(), String> {
    for _ in 0..MOST_ROUNDS {
        let mut texts = BTreeMap::new();
        for run in runs.iter().filter(|run| !run.is_done) {
            let program = Program::of(&programs[run.of.0].pieces[run.of.1].1, &run.left_out);
            workspace.program(
                &run.package,
                &subjects[run.against].package,
                "serde = \"1\"\n",
                &[(&run.package, program.text.clone())],
            )?;
            texts.insert(run.package.clone(), program);
        }
        if texts.is_empty() {
            return Ok(());
        }
        let mut arguments = vec!["check", "--quiet", "--keep-going", "--message-format", "json"];
        arguments.extend(texts.keys().flat_map(|package| ["--package", package.as_str()]));
        let output =
            workspace.cargo(&arguments).output().map_err(|error| format!("cannot run cargo: {error}"))?;
        let messages = String::from_utf8_lossy(&output.stdout);
        let mut heard = 0;
        let mut failed: BTreeMap<String, usize> = BTreeMap::new();
        for message in messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            if message["reason"] != "compiler-message" || message["message"]["level"] != "error" {
                continue;
            }
            heard += 1;
            let target = message["target"]["name"].as_str().unwrap_or_default();
            let Some(run) = runs.iter_mut().find(|run| run.package == target && !run.is_done) else {
                let text = message["message"]["rendered"].as_str().unwrap_or_default();
                return Err(format!("a generated crate does not compile:\n{text}"));
            };
            *failed.entry(run.package.clone()).or_default() += 1;
            let text = message["message"]["message"].as_str().unwrap_or_default().to_owned();
            if text.starts_with("aborting due to") {
                continue;
            }
            let spans = message["message"]["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
            let program = &texts[&run.package];
            let lines = spans
                .iter()
                .filter(|span| span["is_primary"] == true)
                .filter_map(|span| span["line_start"].as_u64());
            let pieces: BTreeSet<usize> =
                lines.filter_map(|line| program.piece(usize::try_from(line).ok()?)).collect();
            if pieces.is_empty() {
                run.stray.push(text.clone());
            }
            for piece in pieces {
                run.left_out[piece] = true;
                run.said.entry(piece).or_insert_with(|| text.clone());
            }
        }
        if !output.status.success() && heard == 0 {
            return Err(format!("cargo failed:\n{}", String::from_utf8_lossy(&output.stderr)));
        }
        for run in runs.iter_mut() {
            run.is_done |= !failed.contains_key(&run.package) || !run.stray.is_empty();
        }
    }
    Ok(())
}

/// What failed beside what we say.
fn verdict<'a>(
    programs: &Programs,
    old: &Subject,
    new: &Subject,
    before: impl Iterator<Item = &'a Run>,
    after: impl Iterator<Item = &'a Run>,
) -> Verdict {
    let mut verdict = Verdict::default();
    let mut untried = BTreeSet::new();
    for run in before {
        let pieces = &programs.pieces[run.of.1].1;
        for (piece, said) in &run.said {
            untried.insert(pieces[*piece].item.clone());
            verdict.notes.push(format!("not tried: {}: {said}", pieces[*piece].item));
        }
        verdict.faults.extend(run.stray.iter().map(|said| format!("of no item, with its own crate: {said}")));
    }
    let mut failed: BTreeMap<String, String> = BTreeMap::new();
    let mut tried = BTreeSet::new();
    for run in after {
        let pieces = &programs.pieces[run.of.1].1;
        tried.extend(pieces.iter().map(|piece| piece.item.clone()));
        for (piece, said) in &run.said {
            failed.entry(pieces[*piece].item.clone()).or_insert_with(|| said.clone());
        }
        verdict.faults.extend(run.stray.iter().map(|said| format!("of no item: {said}")));
    }
    let entries = source::compare(&old.surface, &new.surface);
    let renames = Renames::find(&old.surface, &new.surface);
    let major: Vec<&Entry> = entries.iter().filter(|entry| entry.level == Level::Major).collect();
    // By both names: an entry about a type that is renamed and changes speaks of the new one.
    let named: BTreeSet<&str> = major.iter().flat_map(|entry| items(entry)).collect();
    // Types that others mention: with them, whatever mentions them fails.
    let with = |entry: &'_ &Entry| -> Vec<String> {
        let end = |also: &String| [" is gone", RENAMED, EXCHANGES].iter().find_map(|end| also.find(*end));
        let names = entry.also.iter().filter_map(|also| also.get(..end(also)?));
        names.map(|name| name.trim_end().to_owned()).collect()
    };
    let also_gone: Vec<String> = major.iter().flat_map(with).collect();
    let gone: Vec<&str> = major
        .iter()
        .filter(|entry| {
            [
                RENAMED,
                EXCHANGED,
                "is gone",
                "is something else",
                "has another type",
                "depends on other features",
            ]
            .contains(&entry.what.as_str())
        })
        .map(|entry| entry.item.as_str())
        .chain(also_gone.iter().map(String::as_str))
        .filter(|item| old.surface.get(*item).is_some_and(|item| is_type(item.kind)))
        .collect();
    for (item, said) in &failed {
        let known = |path: &str| named.contains(path) || named.contains(renames.now(path).as_str());
        let of = old.surface.get(item);
        let is_named = known(item)
            || of.and_then(|of| of.parent.as_deref()).is_some_and(known)
            || of.is_some_and(|of| {
                gone.iter().any(|gone| mentions(of, leaf(gone)) || of.parent.as_deref() == Some(*gone))
            });
        if !is_named {
            verdict.faults.push(format!("fails, and is not told: {item}: {said}"));
        }
    }
    for entry in &major {
        let parts: Vec<&str> = items(entry).collect();
        let fails = |path: &str| failed.contains_key(path);
        // What is new breaks those who did not expect it.
        let parent = |path: &str| {
            let path = path.rsplit_once([':', '.']).map_or(path, |(parent, _)| parent.trim_end_matches(':'));
            path.to_owned()
        };
        let is_seen = parts.iter().any(|path| {
            fails(path)
                || failed.keys().any(|failed| renames.now(failed) == **path)
                || entry.what == "is new" && fails(&parent(path))
        });
        if !is_seen {
            let reason =
                if parts.iter().any(|path| untried.contains(*path)) { "not tried" } else { "compiles" };
            verdict.faults.push(format!("is told, and {reason}: {} {}", entry.item, entry.what));
        }
    }
    verdict.counts = format!("{} items, {} fail", tried.len(), failed.len());
    verdict.predicted = !major.is_empty();
    verdict.seen = !failed.is_empty();
    verdict
}

fn is_type(kind: Kind) -> bool {
    matches!(kind, Kind::Struct | Kind::Enum | Kind::Alias | Kind::Trait | Kind::Export)
}
