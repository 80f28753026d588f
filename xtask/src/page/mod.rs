//! `cargo xtask import-page`: the text of a documentation page becomes a source, or is compared with one.
//!
//! ```text
//! text --lines--> lines --import (table, sketch, json, samples)--> source --write--> spec/sources/NAME.yaml
//!                    \--> problems: what is not understood           \--diff--> what a curator has to look at
//! ```
//!
//! Everything below this file is pure; files are read and written here.

mod cursor;
pub mod diff;
mod import;
mod json;
mod kind;
mod label;
mod lines;
mod samples;
mod sketch;
mod table;
#[cfg(test)]
mod tests;

use crate::codegen_task::print_diff;
use crate::say::{eprint, eprintln, print, println};
use crate::source::{self, Extent, Source};
use crate::{Outcome, output};
use codegen::Colour;
use diff::Change;
use import::{Imported, Marks, import};
use std::io;
use std::path::PathBuf;

/// Makes spec/sources/NAME.yaml from the text of a page: flattened, with its layout, or Markdown.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 done, 1 the page says something else than the source (--check, --diff), 2 wrong usage or a file that
cannot be read or written, 3 something on the page is not understood; then nothing is written.")]
pub struct Arguments {
    /// Text of the page
    page: PathBuf,
    /// Name of the source
    #[arg(long = "as", value_name = "NAME", value_parser = name)]
    pub name: String,
    /// Write nothing; print how the source would change
    #[arg(long, conflicts_with = "diff")]
    check: bool,
    /// Write nothing; print what the page says differently, by operation, and what that touches
    #[arg(long)]
    diff: bool,
    /// With --diff, compare with another source: with the page that this one follows
    #[arg(long, value_name = "NAME", requires = "diff", value_parser = name)]
    against: Option<String>,
    /// Folder with maiagent.yaml, reconciliation.yaml and sources
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

impl Arguments {
    /// The source that the page is compared with.
    pub fn compared(&self) -> &str {
        self.against.as_ref().unwrap_or(&self.name)
    }

    /// The folder, and what messages call it.
    pub fn folder(&self) -> (PathBuf, String) {
        match &self.dir {
            Some(folder) => (folder.clone(), folder.display().to_string()),
            None => (crate::root().join("spec"), "spec".to_owned()),
        }
    }
}

/// What stands above every source.
const COMMENT: &str = "What the page prints, also where it is wrong. Written by `cargo xtask import-page`; the format is \
                       described in README.md beside this file.";

/// Names the decisions and the places of the document that a change concerns, a line each.
pub type Touches = Box<dyn Fn(&Change) -> Vec<String>>;

/// What the curator's ledger knows of a source.
pub struct Ledger {
    /// How much of the page is at hand.
    pub extent: fn(&Arguments) -> Result<Extent, String>,
    /// What changes concern; asked only where they are listed.
    pub touches: fn(&Arguments) -> Touches,
}

/// Runs the task.
pub fn run(arguments: &Arguments, ledger: &Ledger) -> Outcome {
    match try_run(arguments, ledger) {
        Ok(outcome) => outcome,
        Err(problem) => {
            eprintln!("error: {problem}");
            Outcome::WrongUsage
        }
    }
}

fn try_run(arguments: &Arguments, ledger: &Ledger) -> Result<Outcome, String> {
    let page = arguments.page.display();
    let bytes = std::fs::read(&arguments.page).map_err(|error| format!("cannot read {page}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        format!("{page} is not text: its bytes are not UTF-8 from byte {valid} on")
    })?;
    let extent = (ledger.extent)(arguments)?;
    let mut imported = match import(&text, extent) {
        Ok(imported) => imported,
        Err(problems) => {
            for problem in &problems {
                eprintln!("{page}:{problem}");
            }
            let places = counted(problems.len(), "place");
            eprintln!("error: {page} is not understood in {places}; nothing was written");
            return Ok(Outcome::SpecAtFault);
        }
    };
    let part = if extent == Extent::Partial { " (a part of the page)" } else { "" };
    println!("read       {page}{part}: {}", imported.counts);
    let file = Committed::load(arguments, &arguments.name)?;
    let Some(committed) = file.source() else { return Ok(Outcome::SpecAtFault) };
    keep_marks(&committed, &mut imported);
    let after = source::write(&imported.source, COMMENT);
    if arguments.diff {
        let other = arguments.against.as_ref().map(|name| Committed::load(arguments, name)).transpose()?;
        if let Some(other) = other.as_ref().filter(|other| other.text.is_empty()) {
            return Err(format!("there is no {}", other.name));
        }
        let Some(before) = other.as_ref().unwrap_or(&file).source() else { return Ok(Outcome::SpecAtFault) };
        let changes = diff::diff(&before, &imported.source, extent);
        print!("{}", diff::render(&changes, &(ledger.touches)(arguments)));
        println!("compared   {}", counted(changes.len(), "change"));
        return Ok(if changes.is_empty() { Outcome::Done } else { Outcome::Drift });
    }
    if file.text == after {
        println!("unchanged  {}", file.name);
        return Ok(Outcome::Done);
    }
    if arguments.check {
        print_diff(&file.name, &file.text, &after);
        eprintln!(
            "error: {} is not what {page} says; run `cargo xtask import-page` without --check",
            file.name
        );
        return Ok(Outcome::Drift);
    }
    output::replace(&file.path, &after)?;
    println!("wrote      {}", file.name);
    Ok(Outcome::Done)
}

/// The source as it is now; empty where there is none.
struct Committed {
    path: PathBuf,
    name: String,
    text: String,
}

impl Committed {
    fn load(arguments: &Arguments, source: &str) -> Result<Self, String> {
        let (folder, shown) = arguments.folder();
        let path = folder.join("sources").join(format!("{source}.yaml"));
        let name = format!("{shown}/sources/{source}.yaml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self { path, name, text }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Self { path, name, text: String::new() })
            }
            Err(error) => Err(format!("cannot read {name}: {error}")),
        }
    }

    /// What it says; what is wrong with it has been printed where it says nothing.
    fn source(&self) -> Option<Source> {
        if self.text.is_empty() {
            return Some(Source::default());
        }
        let problems = match source::read(&self.text) {
            Ok(source) => return Some(source),
            Err(problems) => problems,
        };
        let place = codegen::Source { name: &self.name, text: &self.text };
        eprint!("{}", problems.render(place, Colour::Ansi));
        None
    }
}

/// A form of the page without marks says nothing of what is required: the source keeps what it knows.
fn keep_marks(committed: &Source, imported: &mut Imported) {
    if imported.marks == Marks::Kept {
        return;
    }
    let kept = diff::keep_marks(committed, &mut imported.source);
    if kept > 0 {
        println!("kept       the marks of {kept} fields are missing from this page; they stay as they were");
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn name(text: &str) -> Result<String, String> {
    let sound = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if sound { Ok(text.to_owned()) } else { Err("letters, digits, `-` and `_` only".to_owned()) }
}
