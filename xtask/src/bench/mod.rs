//! `cargo xtask bench`: what our generator and its output cost, beside those of others, on the same documents in one run.
//!
//! For each document every generator that is installed makes a crate, several times in turn, and the compiler checks what
//! came out, several times in turn. Printed are medians with the least and the most of all runs, and the ratio of ours to
//! the best of the others whose crate compiles. Time to compile is the processor time of one `rustc` that checks the
//! generated crate alone: its dependencies are built before, and what cargo does around it does not count.

mod measure;
mod tools;

use crate::say::{eprintln, println};
use crate::{Outcome, corpus};
use measure::{Runs, Usage};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::SystemTime;
use tools::Tool;

/// What to measure.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Others are measured where they are installed:
  cargo install openapi-to-rust ploidy oas3-gen cargo-progenitor
Needs a registry, since each crate brings dependencies of its own. Exit status: 0 measured, 2 wrong usage or nothing to
measure. A folder that does not exist is skipped with a message.

Example:
  cargo xtask bench ../documents --only petstore.yaml,nexus.json --rounds 5")]
pub struct Arguments {
    /// Folder with OpenAPI documents, JSON or YAML
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only these documents, by file name
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    only: Vec<String>,
    /// How often everything is run
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Measure ours with its router, too
    #[arg(long)]
    server: bool,
    /// Measure ours with an example of each call in its documentation, too, which the others do not make
    #[arg(long)]
    examples: bool,
    /// Measure how long generators run and what they write, and do not compile it
    #[arg(long)]
    no_check: bool,
    /// Write every figure of every run to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Where the compiler's costs go, for the program that cargo runs in its place.
const LOG: &str = "SPECWRIGHT_BENCH_LOG";

/// Stands in for the compiler where cargo was told to run this program in its place; nothing otherwise.
pub fn as_compiler() -> Option<ExitCode> {
    let log = std::env::var_os(LOG)?;
    Some(match measure::run_compiler(Path::new(&log), std::env::args_os().skip(1)) {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    })
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    if !arguments.folder.is_dir() {
        println!("skipped    {} does not exist", arguments.folder.display());
        return Outcome::Done;
    }
    match bench(arguments) {
        Ok(()) => Outcome::Done,
        Err(error) => {
            eprintln!("error: {error}");
            Outcome::WrongUsage
        }
    }
}

fn bench(arguments: &Arguments) -> Result<(), String> {
    let ours = our_program()?;
    let documents = corpus::documents(&arguments.folder, &arguments.only)?;
    let installed: Vec<(Tool, String)> =
        Tool::ALL.iter().filter_map(|tool| Some((*tool, tool.version(&ours)?))).collect();
    for tool in Tool::ALL {
        match installed.iter().find(|(installed, _)| *installed == tool) {
            Some((_, version)) => println!("{} {version}", tool.name()),
            None => println!("skipped    {} is not installed", tool.name()),
        }
    }
    let mut all = Vec::new();
    for (name, path) in documents {
        println!("\n{name}");
        println!(
            "| generator | lines | generation, ms | MiB | check, CPU s | MiB |\n|---|---|---|---|---|---|"
        );
        let entries = entries(arguments, &ours, &path, installed.iter().map(|(tool, _)| *tool))?;
        for entry in &entries {
            println!("{}", entry.row());
        }
        for line in ratios(&entries) {
            println!("{line}");
        }
        let entries: Vec<Value> = entries.iter().map(Entry::json).collect();
        all.push(json!({ "document": name, "generators": entries }));
    }
    if let Some(file) = &arguments.json {
        fs::write(file, format!("{:#}\n", Value::Array(all)))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    Ok(())
}

/// Our program as a user would run it, optimised.
fn our_program() -> Result<PathBuf, String> {
    let target = crate::root().join("target");
    let build = ["build", "--quiet", "--release", "--package", "xtask"];
    let mut command = Command::new(env!("CARGO"));
    command.args(build).current_dir(crate::root()).env("CARGO_TARGET_DIR", &target);
    let (status, _) = measure::run(&mut command)?;
    if !status.success() {
        return Err("the generator does not build".to_owned());
    }
    Ok(target.join("release").join(format!("xtask{}", std::env::consts::EXE_SUFFIX)))
}

/// What one generator makes of one document.
struct Entry {
    tool: Tool,
    features: &'static [&'static str],
    examples: bool,
    folder: PathBuf,
    lines: usize,
    /// Why there is nothing, or nothing that compiles.
    fault: Option<String>,
    generation: Vec<Usage>,
    check: Vec<Usage>,
}

impl Entry {
    fn new(tool: Tool, features: &'static [&'static str], examples: bool) -> Self {
        let (lines, fault, generation, check) = (0, None, Vec::new(), Vec::new());
        let mut entry =
            Self { tool, features, examples, folder: PathBuf::new(), lines, fault, generation, check };
        entry.folder = crate::root().join("target/bench").join(entry.parts().join("-"));
        entry
    }

    /// What it is called, in parts.
    fn parts(&self) -> Vec<&'static str> {
        let examples = self.examples.then_some("examples");
        [self.tool.name()].into_iter().chain(self.features.iter().copied()).chain(examples).collect()
    }

    /// Generates a crate into an empty folder.
    fn generate(&mut self, ours: &Path, document: &Path) -> Result<(), String> {
        let folder = &self.folder;
        let failed = |error: std::io::Error| format!("cannot write {}: {error}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(failed)?;
        }
        fs::create_dir_all(folder).map_err(failed)?;
        let silently = |command: &mut Command| {
            measure::run(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
        };
        if let Some(mut command) = self.tool.prepare(ours, document, folder) {
            // A document that it does not take is found below.
            silently(&mut command)?;
            match fs::remove_dir_all(folder.join(tools::SOURCES)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        let (status, usage) = silently(&mut self.tool.generate(ours, document, folder, self.examples))?;
        if !status.success() {
            self.fault = Some("refuses the document".to_owned());
            return Ok(());
        }
        self.generation.push(usage);
        self.tool.complete(folder).map_err(failed)?;
        self.lines = self.tool.lines(folder, self.features.is_empty()).map_err(failed)?;
        Ok(())
    }

    /// Lets cargo check the crate, with everything that it needs, and keeps what the compiler took for the crate alone.
    fn check(&mut self, count: bool) -> Result<(), String> {
        let log = self.folder.join("rustc.log");
        let root = self.folder.join(tools::ROOT);
        // Newer than what was made of it, so that cargo runs the compiler again.
        File::options()
            .append(true)
            .open(&root)
            .and_then(|file| file.set_modified(SystemTime::now()))
            .map_err(|error| format!("cannot change {}: {error}", root.display()))?;
        let program =
            std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
        let mut command = Command::new(env!("CARGO"));
        command
            .args(["check", "--quiet", "--features", &self.features.join(",")])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", crate::root().join("target/bench/target"))
            .env("CARGO_INCREMENTAL", "0")
            .env("RUSTC_WORKSPACE_WRAPPER", program)
            .env(LOG, &log)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let (status, _) = measure::run(&mut command)?;
        if !status.success() {
            self.fault = Some("does not compile".to_owned());
        } else if count {
            let text = fs::read_to_string(&log)
                .map_err(|error| format!("cannot read {}: {error}", log.display()))?;
            self.check.extend(measure::last_compiler(&text));
        }
        Ok(())
    }

    fn generation(&self, figure: impl Fn(&Usage) -> f64) -> Runs {
        Runs::new(self.generation.iter().map(figure))
    }

    fn checked(&self, figure: impl Fn(&Usage) -> f64) -> Runs {
        Runs::new(self.check.iter().map(figure))
    }

    fn row(&self) -> String {
        let name = self.parts().join(", with ");
        let check = match &self.fault {
            Some(fault) => fault.clone(),
            None => self.checked(cpu).print(2),
        };
        format!(
            "| {name} | {} | {} | {} | {check} | {} |",
            self.lines,
            self.generation(milliseconds).print(0),
            memory_of(&self.generation),
            memory_of(&self.check),
        )
    }

    fn json(&self) -> Value {
        json!({
            "generator": self.tool.name(),
            "features": self.features,
            "examples": self.examples,
            "fault": self.fault,
            "lines": self.lines,
            "generation_milliseconds": self.generation(milliseconds).json(),
            "generation_mebibytes": self.generation(|usage| usage.memory).json(),
            "check_cpu_seconds": self.checked(cpu).json(),
            "check_mebibytes": self.checked(|usage| usage.memory).json(),
        })
    }
}

fn milliseconds(usage: &Usage) -> f64 {
    usage.wall.as_secs_f64() * 1000.0
}

fn cpu(usage: &Usage) -> f64 {
    usage.cpu.as_secs_f64()
}

/// The most of all runs.
fn memory_of(usages: &[Usage]) -> String {
    usages
        .iter()
        .map(|usage| usage.memory)
        .max_by(f64::total_cmp)
        .map_or_else(|| "-".to_owned(), |most| format!("{most:.0}"))
}

/// Runs every generator on a document, and the compiler on what they made, in turn.
fn entries(
    arguments: &Arguments,
    ours: &Path,
    document: &Path,
    tools: impl Iterator<Item = Tool>,
) -> Result<Vec<Entry>, String> {
    // Elsewhere it is another file, or none.
    let document = &std::path::absolute(document)
        .map_err(|error| format!("cannot find {}: {error}", document.display()))?;
    let mut entries: Vec<Entry> = tools.map(|tool| Entry::new(tool, &[], false)).collect();
    if arguments.examples {
        entries.insert(1, Entry::new(Tool::Ours, &[], true));
    }
    if arguments.server {
        entries.insert(1, Entry::new(Tool::Ours, &["server"], false));
    }
    for _ in 0..arguments.rounds {
        for entry in entries.iter_mut().filter(|entry| entry.fault.is_none()) {
            entry.generate(ours, document)?;
        }
    }
    if arguments.no_check {
        return Ok(entries);
    }
    // The first run builds what the crate depends on.
    for round in 0..=arguments.rounds {
        for entry in entries.iter_mut().filter(|entry| entry.fault.is_none()) {
            entry.check(round > 0)?;
        }
    }
    Ok(entries)
}

/// Ours in parts of the best of the others, for each figure.
fn ratios(entries: &[Entry]) -> Vec<String> {
    let sound = |entry: &&Entry| entry.fault.is_none();
    let Some(ours) = entries.iter().find(|entry| entry.tool == Tool::Ours && sound(entry)) else {
        return vec!["ours has no figures".to_owned()];
    };
    let others: Vec<&Entry> = entries.iter().filter(sound).filter(|entry| entry.tool != Tool::Ours).collect();
    let mut lines = Vec::new();
    let mut ratio = |what: &str, figure: &dyn Fn(&Entry) -> Option<f64>| {
        let best = others.iter().filter_map(|entry| Some((figure(entry)?, entry.tool.name())));
        let best = best.min_by(|(a, _), (b, _)| a.total_cmp(b));
        if let (Some(ours), Some((best, whose))) = (figure(ours), best) {
            lines.push(format!("{what}: {:.2} of {whose}", ours / best));
        }
    };
    ratio("lines", &|entry| Some(entry.lines as f64));
    ratio("generation", &|entry| entry.generation(milliseconds).median());
    ratio("memory of generation", &|entry| entry.generation(|usage| usage.memory).median());
    ratio("check", &|entry| entry.checked(cpu).median());
    ratio("memory of check", &|entry| entry.checked(|usage| usage.memory).median());
    if lines.is_empty() {
        lines.push("no other generator has figures for it".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn entry(tool: Tool, lines: usize, seconds: u64) -> Entry {
        let usage =
            Usage { wall: Duration::from_secs(seconds), cpu: Duration::from_secs(seconds), memory: 10.0 };
        Entry { lines, generation: vec![usage], check: vec![usage], ..Entry::new(tool, &[], false) }
    }

    #[test]
    fn ours_is_compared_with_the_best_that_compiles() {
        let broken = Entry { fault: Some("does not compile".to_owned()), ..entry(Tool::Oas3Gen, 1, 1) };
        let entries =
            [entry(Tool::Ours, 50, 1), entry(Tool::Ploidy, 100, 4), entry(Tool::Progenitor, 200, 2), broken];
        assert_eq!(
            ratios(&entries),
            [
                "lines: 0.50 of ploidy",
                "generation: 0.50 of progenitor",
                "memory of generation: 1.00 of ploidy",
                "check: 0.50 of progenitor",
                "memory of check: 1.00 of ploidy",
            ]
        );
        assert_eq!(ratios(&entries[..1]), ["no other generator has figures for it"]);
        assert_eq!(ratios(&entries[1..]), ["ours has no figures"]);
    }

    #[test]
    fn a_row_says_why_figures_are_missing() {
        let fault = Some("refuses the document".to_owned());
        let refused = Entry { fault, generation: vec![], check: vec![], ..entry(Tool::Ploidy, 0, 0) };
        assert_eq!(refused.row(), "| ploidy | 0 | - | - | refuses the document | - |");
    }
}
