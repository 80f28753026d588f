//! `cargo xtask corpus`: the generator on documents of others. Each generates, twice the same; what is generated compiles
//! without warnings, and its types read and write what the schemas allow.

pub(crate) mod calls;
pub(crate) mod instances;
mod limits;
mod names;
mod prism;
mod workspace;

pub(crate) use workspace::runtime;

use crate::codegen_task::Split;
use crate::say::{eprintln, println};
use crate::{Outcome, report};
use codegen::diagnostics::Effect;
use codegen::document::Document;
use codegen::{Diagnostics, Options, Output, Source, parse, templates};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to run.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 all documents pass and no operation is missing, 1 otherwise, 2 wrong usage.
A folder that does not exist is skipped with a message.")]
pub struct Arguments {
    /// Folder with OpenAPI documents, JSON or YAML
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only these documents, by file name
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    only: Vec<String>,
    /// Compile what was generated, with client and server and without both, and the calls that its documentation shows, and
    /// let its types read and write values made from the schemas
    #[arg(long)]
    compile: bool,
    /// Let each generated client call every operation, with all arguments and with the least, on a server that COMMAND starts,
    /// such as `prism mock --errors`: a port and the document are added to it
    #[arg(long, value_name = "COMMAND")]
    prism: Option<String>,
    /// Add and take away N times what has nothing to do with the rest, and see that the rest keeps its names
    #[arg(long, value_name = "N", default_value_t = 0)]
    names: usize,
    /// Of what `--names` adds and takes away
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Give each tag of a document a folder, a trait and a cargo feature of its own
    #[arg(long, value_enum, default_value_t = Split::Auto, value_name = "WHEN")]
    split: Split,
    /// Documents whose values are not made and tried: their schemas allow what the maker of values cannot make
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    no_values: Vec<String>,
    /// Operations may be left out where a warning says so
    #[arg(long)]
    allow_left_out: bool,
    /// Write what is printed to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    if !arguments.folder.is_dir() {
        println!("skipped    {} does not exist", arguments.folder.display());
        return Outcome::Done;
    }
    match check(arguments) {
        Ok(true) => Outcome::Done,
        Ok(false) => Outcome::Drift,
        Err(error) => {
            eprintln!("error: {error}");
            Outcome::WrongUsage
        }
    }
}

/// A document that was generated, with what is wrong with it all the same.
struct Generated {
    name: String,
    /// Where the document is.
    path: PathBuf,
    output: Output,
    /// Calls all of its operations.
    calls: calls::Program,
    /// Values for each component.
    instances: Vec<workspace::Instances>,
}

/// What is said about a document.
#[derive(Default)]
struct Row {
    name: String,
    declared: usize,
    routes: usize,
    schemas: usize,
    /// Those that have parts of their own.
    tags: usize,
    lines: usize,
    milliseconds: f64,
    /// Nothing was generated, or not twice the same.
    fault: Option<String>,
    warnings: Diagnostics,
}

fn check(arguments: &Arguments) -> Result<bool, String> {
    let documents = documents(&arguments.folder, &arguments.only)?;
    let mut rows = Vec::new();
    let mut generated = Vec::new();
    let mut changed = 0;
    for (name, path) in documents {
        let text =
            fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let (row, mut done) = generate(&name, &path, &text, arguments.split, arguments.compile);
        println!("{}", row.line());
        if arguments.names > 0 {
            // A document that grows beyond a number of operations is split, which moves its methods.
            let split = if row.tags > 0 { codegen::Split::Tags } else { codegen::Split::None };
            let faults = names::check(&name, &text, arguments.names, arguments.seed, split)?;
            faults.iter().take(20).for_each(|fault| println!("           {fault}"));
            println!("           {} of its names changed in {} rounds", faults.len(), arguments.names);
            changed += faults.len();
        }
        if let Some(done) = done.as_mut().filter(|_| arguments.no_values.contains(&name)) {
            println!("           values of its schemas are not tried");
            done.instances.clear();
        }
        generated.extend(done);
        rows.push(row);
    }
    let missing: usize = rows.iter().map(|row| row.declared - row.routes).sum();
    let faults = rows.iter().filter(|row| row.fault.is_some()).count();
    println!("{} of {} documents generated, {missing} operations missing", rows.len() - faults, rows.len());
    if let Some(file) = &arguments.json {
        let list: Vec<Value> = rows.iter().map(Row::json).collect();
        fs::write(file, format!("{:#}\n", Value::Array(list)))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    let complete = faults == 0 && changed == 0 && (missing == 0 || arguments.allow_left_out);
    let compiled = !arguments.compile || workspace::check(&generated)?;
    let answered = match &arguments.prism {
        Some(command) => prism::check(&generated, command)?,
        None => true,
    };
    Ok(complete && compiled && answered)
}

/// `compile`: whether what is generated is compiled, and so shows calls.
fn generate(name: &str, path: &Path, text: &str, split: Split, compile: bool) -> (Row, Option<Generated>) {
    let source = Source { name, text };
    let mut row = Row { name: name.to_owned(), ..Row::default() };
    let Ok(mut root) = parse::parse(text) else {
        row.fault = Some("it cannot be read".to_owned());
        return (row, None);
    };
    templates::fill_in(&mut root);
    let document = Document::new(&root);
    row.declared = document.operations().count();
    row.schemas = document.schemas().count();
    let start = Instant::now();
    let crate_name = workspace::package_name(name).replace('-', "_");
    let options = Options {
        blocking: true,
        dynamic: true,
        split: split.into(),
        examples: compile.then(|| crate_name.clone()),
        ..Options::default()
    };
    let result = codegen::generate(source, &options);
    row.milliseconds = start.elapsed().as_secs_f64() * 1000.0;
    let output = match result {
        Ok(output) => output,
        Err(problems) => {
            row.fault = problems.iter().next().map(|problem| {
                let place = problem.span.place(text);
                format!("{}:{}: {}", place.line, place.column, problem.message)
            });
            return (row, None);
        }
    };
    row.lines = output.tree.values().map(|text| text.lines().count()).sum();
    row.routes = output.api.operations().count();
    row.tags = parts(&output).count();
    row.warnings = output.warnings.clone();
    if codegen::generate(source, &options).map(|second| second.tree) != Ok(output.tree.clone()) {
        row.fault = Some("a second run gave something else".to_owned());
    }
    let instances = instances(&document, &output);
    let calls = calls::program(&document, &output, &crate_name);
    (row, Some(Generated { name: name.to_owned(), path: path.to_owned(), output, calls, instances }))
}

/// Features of the tags that have parts of their own.
fn parts(output: &Output) -> impl Iterator<Item = &str> {
    let parts = output.surface.cargo_features.iter().filter(|feature| feature.part.is_some());
    parts.map(|feature| feature.name.as_str())
}

fn instances(document: &Document<'_>, output: &Output) -> Vec<workspace::Instances> {
    let mut all = Vec::new();
    let context = instances::context(document, &output.warnings);
    for (key, schema) in document.schemas() {
        let Some((_, path)) = output.surface.schemas.iter().find(|(component, _)| *component == key.text)
        else {
            continue;
        };
        all.push(workspace::Instances {
            component: key.text.clone(),
            path: path.0.iter().map(|name| name.ident().to_string()).collect::<Vec<_>>().join("::"),
            values: instances::of(document, &context, schema),
            examples: instances::examples(schema),
        });
    }
    all
}

impl Row {
    fn line(&self) -> String {
        let Self { name, declared, routes, schemas, tags, lines, milliseconds, fault, warnings } = self;
        if let Some(fault) = fault {
            return format!("refused    {name}: {fault}");
        }
        let warnings = if warnings.is_empty() { "none".to_owned() } else { report::summary(warnings) };
        let tags = if *tags == 0 { String::new() } else { format!("{tags} tags, ") };
        format!(
            "generated  {name}: {routes} of {declared} operations, {schemas} schemas, {tags}{lines} lines, {milliseconds:.0} ms; \
             warnings: {warnings}"
        )
    }

    fn json(&self) -> Value {
        let counts = self.warnings.counts();
        json!({
            "document": self.name,
            "operations": self.declared,
            "generated": self.routes,
            "schemas": self.schemas,
            "tags": self.tags,
            "untyped": counts.get(&Effect::Untyped).copied().unwrap_or_default(),
            "warnings": counts.iter().map(|(effect, count)| (effect.as_str(), *count)).collect::<Vec<_>>(),
            "lines": self.lines,
            "milliseconds": self.milliseconds,
            "fault": self.fault,
        })
    }
}

/// File names and paths of a folder's documents in order, or of those that are asked for.
///
/// # Errors
/// The folder cannot be read, or one of the names is not in it.
pub fn documents(folder: &Path, only: &[String]) -> Result<Vec<(String, PathBuf)>, String> {
    let entries =
        fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut found: Vec<(String, PathBuf)> = entries
        .filter_map(Result::ok)
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(name, _)| [".json", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending)))
        .collect();
    if let Some(unknown) = only.iter().find(|name| !found.iter().any(|(other, _)| other == *name)) {
        return Err(format!("{unknown} is not in {}", folder.display()));
    }
    found.retain(|(name, _)| only.is_empty() || only.contains(name));
    found.sort();
    Ok(found)
}
