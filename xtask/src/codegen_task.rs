//! `cargo xtask codegen`: reads a document, runs the generator, writes or checks its output, and says what it did.

use crate::output::{self, Change, Mode};
use crate::package::{self, Around, for_shell};
use crate::say::{eprint, eprintln, println};
use crate::{Outcome, changes, decisions, files, report};
use codegen::{Colour, CrateDocs, Decision, Diagnostics, Documents, Options, Output, Source, Stage};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Without options: spec/maiagent.yaml to generated/src.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 done, 1 the output is not up to date (--check), 2 wrong usage or a file that cannot be read or written,
3 the document is at fault.

Examples:
  cargo xtask codegen                                    regenerate generated/src
  cargo xtask codegen --check                            fail if that would change anything
  cargo xtask codegen --spec petstore.yaml --crate pets  a crate that compiles
  cargo xtask codegen --spec petstore.yaml --overlay changes.yaml --crate pets
  cargo xtask codegen --spec petstore.yaml --out pets/src")]
pub struct Arguments {
    /// Write nothing; print what would change and fail if that is anything
    #[arg(long)]
    check: bool,
    /// OpenAPI 3 document, JSON or YAML
    #[arg(long, value_name = "FILE", requires = "target")]
    spec: Option<PathBuf>,
    /// OpenAPI Overlay 1.x with changes to the document; several are applied in their order
    #[arg(long, value_name = "FILE")]
    overlay: Vec<PathBuf>,
    /// Folder for the generated files, usually the `src` of a crate
    #[arg(long, value_name = "DIR", requires = "spec", group = "target")]
    out: Option<PathBuf>,
    /// Folder for a whole crate: generated files in `src`; manifest, README and an example where they do not exist yet
    #[arg(long = "crate", value_name = "DIR", requires = "spec", group = "target")]
    package: Option<PathBuf>,
    /// Add a client that waits for answers, behind a feature `blocking`
    #[arg(long)]
    blocking: bool,
    /// Give each tag of the document a folder, a trait and a cargo feature of its own
    #[arg(long, value_enum, default_value_t = Split::Auto, value_name = "WHEN", requires = "spec")]
    split: Split,
    /// Add a type that holds any implementation of the trait, for those who choose theirs at run time, behind a feature `dyn`
    #[arg(long = "dyn")]
    dynamic: bool,
    /// Show at each operation how it is called: examples that compile as documentation tests, made from those of the document.
    /// `--crate` has them in any case; for `--out`, the manifest above DIR says what the crate is called
    #[arg(long, requires = "target")]
    examples: bool,
    /// Fail where something of the document does not reach the code, instead of warning
    #[arg(long)]
    strict: bool,
    /// Write everything that is to be said about the document to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Whether each tag has a part of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Split {
    /// Above 50 operations, where tags group them
    Auto,
    /// Always
    Tags,
    /// Never
    None,
}

impl From<Split> for codegen::Split {
    fn from(split: Split) -> Self {
        match split {
            Split::Auto => Self::Auto,
            Split::Tags => Self::Tags,
            Split::None => Self::None,
        }
    }
}

/// Where input and output of this repository's own crate are.
const OWN_SPEC: &str = "spec/maiagent.yaml";
pub const OWN_LEDGER: &str = "spec/reconciliation.yaml";
const OWN_OUT: &str = "generated/src";

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let input = || {
        let job = Job::new(arguments)?;
        let (documents, folder) = documents(&job, &arguments.overlay)?;
        let decisions = job.decisions()?;
        Ok::<_, String>((job, documents, folder, decisions))
    };
    let (job, mut documents, mut folder, decisions) = match input() {
        Ok(input) => input,
        Err(problem) => {
            eprintln!("error: {problem}");
            return Outcome::WrongUsage;
        }
    };
    let result = generate(&job, &mut documents, &mut folder, decisions);
    let sources = documents.sources();
    let problems = match &result {
        Ok(output) => &output.warnings,
        Err(problems) => problems,
    };
    if let Some(Err(error)) = arguments.report.as_deref().map(|file| report::write(file, problems, &sources))
    {
        eprintln!("error: {error}");
        return Outcome::WrongUsage;
    }
    match result {
        Ok(output) => finish(&job, &output),
        Err(problems) => {
            show(&problems, &documents);
            eprintln!("error: nothing was generated; {} is as it was", job.out_name);
            Outcome::SpecAtFault
        }
    }
}

/// What to read, where to write, and what messages call them.
struct Job {
    spec: PathBuf,
    spec_name: String,
    out: PathBuf,
    out_name: String,
    /// The folder of the crate, where all of it is wanted.
    package: Option<PathBuf>,
    docs: CrateDocs,
    mode: Mode,
    strict: bool,
    blocking: bool,
    split: codegen::Split,
    dynamic: bool,
    /// What others call the crate, where each operation shows how it is called.
    examples: Option<String>,
    /// What regenerates the output.
    command: String,
}

impl Job {
    fn new(arguments: &Arguments) -> Result<Self, String> {
        let mode = if arguments.check { Mode::Check } else { Mode::Write };
        if let (Some(spec), Some(folder)) =
            (&arguments.spec, arguments.package.as_ref().or(arguments.out.as_ref()))
        {
            let is_package = arguments.package.is_some();
            let out = if is_package { folder.join("src") } else { folder.clone() };
            let (spec_name, out_name) = (spec.display().to_string(), out.display().to_string());
            let target = if is_package { "--crate" } else { "--out" };
            let overlays: String =
                arguments.overlay.iter().map(|path| format!("--overlay {} ", for_shell(path))).collect();
            let examples = match &arguments.package {
                Some(folder) => Some(package::name(folder)?),
                None if arguments.examples => Some(package::name_above(&out)?),
                None => None,
            };
            return Ok(Self {
                examples,
                spec: spec.clone(),
                out,
                package: arguments.package.clone(),
                docs: if is_package { CrateDocs::Readme } else { CrateDocs::Document },
                mode,
                strict: arguments.strict,
                blocking: arguments.blocking,
                split: arguments.split.into(),
                dynamic: arguments.dynamic,
                command: format!(
                    "cargo xtask codegen --spec {} {overlays}{target} {}{}{}{}{}",
                    for_shell(spec),
                    for_shell(folder),
                    if arguments.blocking { " --blocking" } else { "" },
                    match arguments.split {
                        Split::Auto => "",
                        Split::Tags => " --split tags",
                        Split::None => " --split none",
                    },
                    if arguments.dynamic { " --dyn" } else { "" },
                    if arguments.examples { " --examples" } else { "" },
                ),
                spec_name,
                out_name,
            });
        }
        Ok(Self {
            spec: crate::root().join(OWN_SPEC),
            spec_name: OWN_SPEC.to_owned(),
            out: crate::root().join(OWN_OUT),
            out_name: OWN_OUT.to_owned(),
            package: None,
            docs: CrateDocs::Readme,
            mode,
            // Everything of this repository's own document has to reach the code.
            strict: true,
            blocking: true,
            split: codegen::Split::Auto,
            dynamic: true,
            examples: Some("maiagent".to_owned()),
            command: "cargo xtask codegen".to_owned(),
        })
    }

    /// What was decided about this repository's own document.
    fn decisions(&self) -> Result<Vec<Decision>, String> {
        if self.spec_name != OWN_SPEC {
            return Ok(Vec::new());
        }
        let text = std::fs::read_to_string(crate::root().join(OWN_LEDGER))
            .map_err(|error| format!("cannot read {OWN_LEDGER}: {error}"))?;
        decisions::read(&text)
            .map_err(|problems| problems.render(Source { name: OWN_LEDGER, text: &text }, Colour::Plain))
    }

    /// The same whatever the working directory: the repository's own path, or the bare file name.
    fn header(&self) -> String {
        let file = Path::new(&self.spec_name).file_name().map(|name| name.to_string_lossy().into_owned());
        let name = if self.spec_name == OWN_SPEC { self.spec_name.clone() } else { file.unwrap_or_default() };
        format!("by `cargo xtask codegen` from `{name}`. Do not edit.")
    }
}

/// The document with its overlays, and what reads the files that it refers to.
fn documents(job: &Job, overlays: &[PathBuf]) -> Result<(Documents, files::Folder), String> {
    let (mut documents, folder) = files::document(&job.spec, &job.spec_name)?;
    files::overlays(overlays)?.into_iter().for_each(|(name, text)| documents.add_overlay(name, text));
    Ok((documents, folder))
}

fn generate(
    job: &Job,
    documents: &mut Documents,
    folder: &mut files::Folder,
    decisions: Vec<Decision>,
) -> Result<Output, Diagnostics> {
    let mut stages = Stages::start();
    let options = Options {
        header: job.header(),
        docs: job.docs,
        strict: job.strict,
        blocking: job.blocking,
        split: job.split,
        dynamic: job.dynamic,
        examples: job.examples.clone(),
        decisions,
    };
    let output = codegen::generate_all(documents, folder, &options, |stage| stages.done(stage))?;
    show(&output.warnings, documents);
    println!(
        "read       {} ({} lines: {} routes, {} types)",
        job.spec_name,
        documents.text().lines().count(),
        output.api.operations().count(),
        output.api.types.len(),
    );
    let lines: usize = output.tree.values().map(|text| text.lines().count()).sum();
    println!("generated  {lines} lines {stages}");
    if !output.surface.features.is_empty() {
        println!("needs      of the runtime: {}", output.surface.features.join(", "));
    }
    if !output.warnings.is_empty() {
        println!("warnings   {}", report::summary(&output.warnings));
    }
    Ok(output)
}

/// What the run means for users of the crate.
fn meaning(changes: &[Change], output: &Output) -> Option<String> {
    let new = output.tree.iter().map(|(path, text)| (path.to_string(), text.clone())).collect();
    let mut old: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::clone(&new);
    for change in changes {
        match change {
            Change::Unchanged(_) => {}
            Change::Written { path, before, .. } if before.is_empty() => _ = old.remove(&path.to_string()),
            Change::Written { path, before, .. } | Change::Removed { path, before } => {
                old.insert(path.to_string(), before.clone());
            }
        }
    }
    // A first run changes nothing for anybody.
    (old.contains_key("lib.rs") && old != new).then(|| changes::summary(&old, &new)).flatten()
}

fn finish(job: &Job, output: &Output) -> Outcome {
    let start = Instant::now();
    let applied = output::apply(&job.out, &output.tree, job.mode);
    let around = applied.and_then(|changes| match &job.package {
        Some(folder) => Ok((changes, package::apply(folder, output, job.mode)?)),
        None => Ok((changes, Around { fits: true, next: None })),
    });
    let (changes, Around { fits, next }) = match around {
        Ok(done) => done,
        Err(error) => {
            eprintln!("error: {error}");
            return Outcome::WrongUsage;
        }
    };
    let is_many = job.mode == Mode::Write && changes.len() > MOST_LISTED;
    if is_many {
        list_short(&job.out_name, &changes);
    }
    for change in changes.iter().filter(|_| !is_many) {
        match (job.mode, change) {
            (_, Change::Unchanged(path)) => println!("unchanged  {}/{path}", job.out_name),
            (Mode::Write, Change::Written { path, .. }) => println!("wrote      {}/{path}", job.out_name),
            (Mode::Write, Change::Removed { path, .. }) => println!("removed    {}/{path}", job.out_name),
            (Mode::Check, Change::Written { path, before, after }) => {
                print_diff(&format!("{}/{path}", job.out_name), before, after);
            }
            (Mode::Check, Change::Removed { path, before }) => {
                print_diff(&format!("{}/{path}", job.out_name), before, "");
            }
        }
    }
    if let Some(summary) = meaning(&changes, output) {
        let which = if job.spec_name == OWN_SPEC { "" } else { " OLD NEW" };
        println!("changes    {summary}: `cargo xtask changes{which}` says more");
    }
    let drift = changes.iter().any(|change| !matches!(change, Change::Unchanged(_)));
    if !fits {
        return Outcome::Drift;
    }
    match job.mode {
        Mode::Check if drift => {
            eprintln!("error: {} does not match {}; run `{}`", job.out_name, job.spec_name, job.command);
            Outcome::Drift
        }
        Mode::Check => {
            println!("checked    {} in {}", job.out_name, milliseconds(start.elapsed()));
            Outcome::Done
        }
        Mode::Write => {
            println!("done       {} in {}", job.out_name, milliseconds(start.elapsed()));
            if let Some(next) = next {
                println!("next       {next}\n           README.md there says more");
            }
            Outcome::Done
        }
    }
}

/// Of more files than these, only the number is printed.
const MOST_LISTED: usize = 40;

fn list_short(out_name: &str, changes: &[Change]) {
    let count = |is_one: fn(&Change) -> bool| changes.iter().filter(|change| is_one(change)).count();
    for (word, count) in [
        ("unchanged", count(|change| matches!(change, Change::Unchanged(_)))),
        ("wrote", count(|change| matches!(change, Change::Written { .. }))),
        ("removed", count(|change| matches!(change, Change::Removed { .. }))),
    ] {
        if count > 0 {
            println!("{word:<10} {count} files of {out_name}");
        }
    }
}

fn show(problems: &Diagnostics, documents: &Documents) {
    eprint!("{}", problems.render(documents, Colour::Ansi));
}

/// Prints how a file differs.
pub fn print_diff(path: &str, before: &str, after: &str) {
    let diff = similar::TextDiff::from_lines(before, after);
    for line in diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string().lines() {
        match line.chars().next() {
            Some('+') => println!("\u{1b}[32m{line}\u{1b}[0m"),
            Some('-') => println!("\u{1b}[31m{line}\u{1b}[0m"),
            _ => println!("{line}"),
        }
    }
}

/// How long each stage took.
struct Stages {
    since: Instant,
    times: Vec<(Stage, Duration)>,
}

impl Stages {
    fn start() -> Self {
        Self { since: Instant::now(), times: Vec::new() }
    }

    fn done(&mut self, stage: Stage) {
        self.times.push((stage, self.since.elapsed()));
        self.since = Instant::now();
    }
}

impl std::fmt::Display for Stages {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let total = self.times.iter().map(|(_, time)| *time).sum();
        let name = |stage: &Stage| format!("{stage:?}").to_lowercase();
        let stages: Vec<String> = self
            .times
            .iter()
            .map(|(stage, time)| format!("{} {}", name(stage), milliseconds(*time)))
            .collect();
        write!(formatter, "in {} ({})", milliseconds(total), stages.join(", "))
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
