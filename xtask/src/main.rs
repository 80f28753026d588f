//! The project's own tasks: the only place that reads and writes files.

mod bench;
mod changes;
mod codegen_task;
mod corpus;
mod decisions;
mod files;
mod fuzz;
mod html;
mod output;
mod package;
mod page;
mod reconcile;
mod report;
mod say;
mod source;

use clap::{Parser, Subcommand};
use std::path::Path;
use std::process::ExitCode;

/// Tasks of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Measure the generator and what it makes, beside those of others
    Bench(bench::Arguments),
    /// Say what a change of the document means for users of the crate, and on the wire
    Changes(changes::Arguments),
    /// Generate Rust from an OpenAPI document
    Codegen(codegen_task::Arguments),
    /// Run the generator on every document of a folder
    Corpus(corpus::Arguments),
    /// Try changed inputs on everything that reads what others write
    Fuzz(fuzz::Arguments),
    /// Make a source from the text of a documentation page, or compare the two
    ImportPage(page::Arguments),
    /// Ask others what changes of documents mean, and where they and `changes` disagree
    Judge(changes::judge::Arguments),
    /// Compare the curated document with what the documentation pages say
    Reconcile(reconcile::Arguments),
}

/// How a task ended, as the exit status tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// 0
    Done,
    /// 1
    Drift,
    /// 2
    WrongUsage,
    /// 3
    SpecAtFault,
}

fn main() -> ExitCode {
    if let Some(code) = bench::as_compiler() {
        return code;
    }
    let outcome = match Arguments::parse().task {
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Changes(arguments) => changes::run(&arguments),
        Task::Codegen(arguments) => codegen_task::run(&arguments),
        Task::Corpus(arguments) => corpus::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::ImportPage(arguments) => page::run(&arguments, &reconcile::FOR_PAGES),
        Task::Judge(arguments) => changes::judge::run(&arguments),
        Task::Reconcile(arguments) => reconcile::run(&arguments),
    };
    ExitCode::from(match outcome {
        Outcome::Done => 0,
        Outcome::Drift => 1,
        Outcome::WrongUsage => 2,
        Outcome::SpecAtFault => 3,
    })
}

/// The repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
