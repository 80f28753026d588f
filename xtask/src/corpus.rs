//! `cargo xtask corpus`: the generator on documents of others. Each is generated or refused with a place, never anything
//! else; what is generated can be compiled, too.

use crate::Outcome;
use anstream::{eprintln, println};
use codegen::{Options, Source};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What to run, and what must succeed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 done, 1 a document was not generated that should be, or does not compile, 2 wrong usage.
A folder that does not exist is skipped with a message.")]
pub struct Arguments {
    /// Folder with OpenAPI documents, JSON or YAML
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Documents that must generate, by file name; all others may be refused
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    must: Vec<String>,
    /// Compile what was generated for the documents given with --must, or for all without it
    #[arg(long)]
    compile: bool,
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

fn check(arguments: &Arguments) -> Result<bool, String> {
    let mut fine = true;
    let mut trees = Vec::new();
    let (mut generated, mut refused) = (0, 0);
    let documents = documents(&arguments.folder)?;
    if let Some(missing) =
        arguments.must.iter().find(|name| !documents.iter().any(|(other, _)| other == *name))
    {
        return Err(format!("{missing} is not in {}", arguments.folder.display()));
    }
    for (name, path) in documents {
        let text =
            fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let must = arguments.must.contains(&name);
        let start = Instant::now();
        match codegen::generate(Source { name: &name, text: &text }, &Options::default()) {
            Ok(output) => {
                let lines: usize = output.tree.values().map(|text| text.lines().count()).sum();
                let routes = output.api.routes.len();
                let time = start.elapsed().as_secs_f64() * 1000.0;
                println!("generated  {name}: {routes} routes, {lines} lines, {time:.0} ms");
                generated += 1;
                if arguments.compile && (must || arguments.must.is_empty()) {
                    trees.push((name, output.tree));
                }
            }
            Err(problems) => {
                let first = problems.iter().next();
                let place = first.map(|problem| problem.span.place(&text));
                let place =
                    place.map_or_else(String::new, |place| format!("{}:{}", place.line, place.column));
                let message = first.map_or("", |problem| problem.message.as_str());
                println!("refused    {name}: {} problems, the first at {place}: {message}", problems.len());
                refused += 1;
                fine &= !must;
                if must {
                    eprintln!("error: {name} must generate");
                }
            }
        }
    }
    println!("{generated} generated, {refused} refused with a place");
    if arguments.compile {
        fine &= compile(&trees)?;
    }
    Ok(fine)
}

/// Compiles each tree as a crate of its own, in one workspace below `target`.
fn compile(trees: &[(String, codegen::Tree)]) -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let workspace = root.join("target/corpus");
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", workspace.display());
    if workspace.join("crates").exists() {
        fs::remove_dir_all(workspace.join("crates")).map_err(failed)?;
    }
    for (name, tree) in trees {
        let package = package_name(name);
        let folder = workspace.join("crates").join(&package);
        fs::create_dir_all(folder.join("src")).map_err(failed)?;
        fs::write(folder.join("Cargo.toml"), manifest(&package, root)).map_err(failed)?;
        for (path, text) in tree {
            fs::write(folder.join("src").join(path), text).map_err(failed)?;
        }
    }
    fs::write(workspace.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n")
        .map_err(failed)?;
    // The same versions as the repository's own crates.
    fs::copy(root.join("Cargo.lock"), workspace.join("Cargo.lock")).map_err(failed)?;
    let start = Instant::now();
    let status = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--workspace", "--keep-going"])
        .current_dir(&workspace)
        .env("CARGO_TARGET_DIR", root.join("target"))
        .env("RUSTFLAGS", "-D warnings")
        .status()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    println!("compiled   {} crates in {:.0} s", trees.len(), start.elapsed().as_secs_f64());
    Ok(status.success())
}

fn manifest(package: &str, root: &Path) -> String {
    let runtime = root.join("runtime").display().to_string().replace('\\', "/");
    format!(
        "[package]\nname = \"{package}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [features]\ndefault = [\"client\", \"server\"]\nclient = [\"runtime/client\"]\nserver = [\"runtime/server\"]\n\n\
         [dependencies]\n\
         runtime = {{ package = \"maiagent-runtime\", path = \"{runtime}\", features = [\"uuid\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n"
    )
}

/// `uspto.json` becomes `uspto`.
fn package_name(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("corpus-{}", name.to_ascii_lowercase())
}

/// File names and paths of the documents, in order.
fn documents(folder: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let entries =
        fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut found: Vec<(String, PathBuf)> = entries
        .filter_map(Result::ok)
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(name, _)| [".json", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending)))
        .collect();
    found.sort();
    Ok(found)
}
