//! `cargo xtask reconcile`: whether the curated document is what the pages say, but for the decisions of the ledger.
//!
//! ```text
//! document ----------\
//! sources --trees-----> facts --check--> complaints, or a report
//! ledger ------------/
//! ```
//!
//! Everything below this file is pure; files are read and written here.

mod check;
mod facts;
mod ledger;
mod pages;
mod report;
mod schema;
mod statement;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod touched;

use crate::say::{eprint, eprintln, println};
use crate::source::{self, Extent, Source};
use crate::{Outcome, output, page};
use check::{Complaint, File, Findings};
use codegen::document::Document;
use codegen::parse::{self, Node};
use codegen::{Colour, Diagnostics};
use facts::Facts;
use ledger::{Kind, Ledger, SourceName};
use statement::Item;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;
use touched::Touched;

/// Checks spec/maiagent.yaml against spec/sources and spec/reconciliation.yaml.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 all is accounted for, 1 RECONCILIATION.md is not up to date, 2 a file cannot be read or written,
3 something differs that no decision accounts for, or a decision accounts for nothing.")]
pub struct Arguments {
    /// Write RECONCILIATION.md
    #[arg(long)]
    report: bool,
    /// Write the comparison as a page, reconciliation.html in this folder, which is made where it is missing
    #[arg(long, value_name = "DIR")]
    html: Option<PathBuf>,
    /// Folder with maiagent.yaml, reconciliation.yaml and sources
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

const DOCUMENT: &str = "maiagent.yaml";
const LEDGER: &str = "reconciliation.yaml";
const REPORT: &str = "RECONCILIATION.md";

/// The texts that are compared, under the names that messages use.
pub struct Texts {
    document: (String, String),
    ledger: (String, String),
    /// By the name of the source.
    sources: BTreeMap<String, (String, String)>,
}

/// Document, sources and ledger, compared.
pub struct Reconciliation {
    /// What is said.
    facts: Facts,
    /// What sources say, numbered.
    items: Vec<Item>,
    /// What was decided.
    ledger: Ledger,
    /// What is wrong.
    findings: Findings,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let (folder, name) = match &arguments.dir {
        Some(folder) => (folder.clone(), folder.display().to_string()),
        None => (crate::root().join("spec"), "spec".to_owned()),
    };
    let texts = match Texts::load(&folder, &name) {
        Ok(texts) => texts,
        Err(problem) => {
            eprintln!("error: {problem}");
            return Outcome::WrongUsage;
        }
    };
    let start = Instant::now();
    let reconciliation = match reconcile(&texts) {
        Ok(reconciliation) => reconciliation,
        Err(problems) => {
            eprint!("{problems}");
            eprintln!("error: nothing was compared");
            return Outcome::SpecAtFault;
        }
    };
    let report = report::report(&reconciliation);
    let time = start.elapsed();
    println!("{}compared   in {:.1} ms", reconciliation.summary(), time.as_secs_f64() * 1000.0);
    let complaints = &reconciliation.findings.complaints;
    if !complaints.is_empty() {
        for complaint in complaints {
            eprintln!("{}", texts.render(&reconciliation.ledger, complaint));
        }
        eprintln!("error: {} to settle", complaints.len());
        return Outcome::SpecAtFault;
    }
    if let Some(folder) = &arguments.html {
        let path = folder.join("reconciliation.html");
        let page = pages::page(&reconciliation, &texts);
        let written = std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))
            .and_then(|()| output::replace(&path, &page));
        match written {
            Ok(()) => println!("wrote      {}", path.display()),
            Err(problem) => {
                eprintln!("error: {problem}");
                return Outcome::WrongUsage;
            }
        }
    }
    finish(arguments, &folder.join(REPORT), &format!("{name}/{REPORT}"), &report)
}

/// What `cargo xtask import-page` asks the ledger.
pub const FOR_PAGES: page::Ledger = page::Ledger { extent, touches };

/// How much of a page is at hand, as the ledger's `sources` say. Without a ledger it is the whole page.
fn extent(arguments: &page::Arguments) -> Result<Extent, String> {
    let (folder, name) = arguments.folder();
    let shown = format!("{name}/{LEDGER}");
    let text = match std::fs::read_to_string(folder.join(LEDGER)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Extent::Whole),
        Err(error) => return Err(format!("cannot read {shown}: {error}")),
    };
    let sources = parse::parse(&text).and_then(|root| ledger::sources(&root));
    let sources = sources.map_err(|problems| {
        format!("{shown} does not say which pages are partial\n{}", rendered(&problems, &shown, &text))
    })?;
    let source = sources.iter().find(|source| source.name == arguments.name);
    Ok(source.map_or(Extent::Whole, |source| source.extent))
}

/// What changes of a page concern, for `cargo xtask import-page --diff`.
fn touches(arguments: &page::Arguments) -> page::Touches {
    let (folder, name) = arguments.folder();
    let touched = Touched::load(&folder, &name, arguments.compared());
    if touched.is_none() {
        eprintln!("warning: {name} is not reconciled, so that what the changes concern is not known");
    }
    Box::new(move |change| touched.as_ref().map(|touched| touched.by(change)).unwrap_or_default())
}

fn finish(arguments: &Arguments, path: &Path, name: &str, report: &str) -> Outcome {
    let current = std::fs::read_to_string(path).unwrap_or_default();
    if current == report {
        println!("unchanged  {name}");
        return Outcome::Done;
    }
    if !arguments.report {
        eprintln!("error: {name} is not up to date; run `cargo xtask reconcile --report`");
        return Outcome::Drift;
    }
    match output::replace(path, report) {
        Ok(()) => {
            println!("wrote      {name}");
            Outcome::Done
        }
        Err(error) => {
            eprintln!("error: {error}");
            Outcome::WrongUsage
        }
    }
}

/// Compares texts.
///
/// # Errors
/// Rendered problems of texts that cannot be read as what they should be.
pub fn reconcile(texts: &Texts) -> Result<Reconciliation, String> {
    let tree = |(name, text): &(String, String)| {
        parse::parse(text).map_err(|problems| rendered(&problems, name, text))
    };
    let root: Node = tree(&texts.document)?;
    let ledger = ledger::read(&tree(&texts.ledger)?)
        .map_err(|problems| rendered(&problems, &texts.ledger.0, &texts.ledger.1))?;
    let mut reader = statement::Reader::default();
    let mut said = Vec::new();
    for (number, name) in ledger.sources.iter().enumerate() {
        let (file, text) = texts.sources.get(&name.name).ok_or_else(|| {
            format!("error: {} names the source {}, and there is no such file\n", texts.ledger.0, name.name)
        })?;
        let source: Source = source::read(text).map_err(|problems| rendered(&problems, file, text))?;
        said.extend(reader.source(number, &source));
    }
    if let Some(name) =
        texts.sources.keys().find(|name| ledger.sources.iter().all(|known| known.name != **name))
    {
        return Err(format!("error: {} does not name the source {name}\n", texts.ledger.0));
    }
    let facts = facts::join(&Document::new(&root), &said, &ledger);
    let findings = check::check(&facts, &ledger, &reader.items);
    Ok(Reconciliation { facts, items: reader.items, ledger, findings })
}

impl Texts {
    /// Reads the folder.
    ///
    /// # Errors
    /// A file that is missing or cannot be read.
    pub fn load(folder: &Path, name: &str) -> Result<Self, String> {
        let read = |file: &str| {
            let shown = format!("{name}/{file}");
            match std::fs::read_to_string(folder.join(file)) {
                Ok(text) => Ok((shown, text)),
                Err(error) => Err(format!("cannot read {shown}: {error}")),
            }
        };
        let mut sources = BTreeMap::new();
        let entries = std::fs::read_dir(folder.join("sources"))
            .map_err(|error| format!("cannot read {name}/sources: {error}"))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("cannot read {name}/sources: {error}"))?.path();
            if let (Some("yaml"), Some(stem)) = (
                path.extension().and_then(|extension| extension.to_str()),
                path.file_stem().and_then(|stem| stem.to_str()),
            ) {
                sources.insert(stem.to_owned(), read(&format!("sources/{stem}.yaml"))?);
            }
        }
        Ok(Self { document: read(DOCUMENT)?, ledger: read(LEDGER)?, sources })
    }

    /// Sources that the ledger names already and that are still to be imported say nothing.
    fn with_named_sources(mut self) -> Self {
        let named = parse::parse(&self.ledger.1).and_then(|root| ledger::sources(&root)).unwrap_or_default();
        for SourceName { name, .. } in named {
            self.sources.entry(name).or_insert_with(|| (String::new(), "operations: []\n".to_owned()));
        }
        self
    }

    fn render(&self, ledger: &Ledger, complaint: &Complaint) -> String {
        let mut text = format!("error: {}\n", complaint.message);
        for (file, span, what) in &complaint.places {
            let (name, content) = match file {
                File::Spec => &self.document,
                File::Ledger => &self.ledger,
                File::Source(number) => &self.sources[&ledger.sources[*number].name],
            };
            let place = span.place(content);
            text.push_str(&format!("  --> {name}:{}:{}: {what}\n", place.line, place.column));
        }
        text.push_str(&format!("  help: {}\n", complaint.help));
        text
    }
}

impl Reconciliation {
    /// The figures, a line each.
    fn summary(&self) -> String {
        let mut text = String::new();
        for (number, source) in self.ledger.sources.iter().enumerate() {
            let counts: Vec<String> = report::CATEGORIES
                .iter()
                .map(|(category, name)| {
                    let found = self.findings.coverage.get(&(number, *category)).copied().unwrap_or_default();
                    let (directly, decided, open) = (found.directly, found.by_decision, found.unaccounted);
                    format!("{name} {}: {directly} + {decided} + {open}", directly + decided + open)
                })
                .collect();
            text.push_str(&format!("source     {}: {}\n", source.name, counts.join(", ")));
        }
        let counts: Vec<String> = report::CATEGORIES
            .iter()
            .map(|(category, name)| (name, self.facts.count(*category)))
            .filter(|(_, (all, _))| *all > 0)
            .map(|(name, (all, sourced))| format!("{name} {all}: {sourced} + {}", all - sourced))
            .collect();
        text.push_str(&format!("document   {}\n", counts.join(", ")));
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        for decision in &self.ledger.decisions {
            *kinds.entry(decision.kind).or_default() += 1;
        }
        let kinds: Vec<String> =
            kinds.iter().map(|(kind, count)| format!("{} {count}", kind.as_str())).collect();
        text.push_str(&format!(
            "ledger     {} decisions: {}\n",
            self.ledger.decisions.len(),
            kinds.join(", ")
        ));
        text
    }
}

fn rendered(problems: &Diagnostics, name: &str, text: &str) -> String {
    problems.render(codegen::Source { name, text }, Colour::Ansi)
}
