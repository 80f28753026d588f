//! The files around generated ones: written where they do not exist, checked where they do.

use crate::output::{self, Mode};
use crate::say::{eprintln, println};
use codegen::Output;
use codegen::package::{self, Missing, Options};
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// What came of the files around the generated ones.
#[derive(Debug, Default)]
pub struct Around {
    /// Nothing is missing, in the folder or in its manifest.
    pub fits: bool,
    /// What a person does next, in a new crate.
    pub next: Option<String>,
}

/// Writes what does not exist in a crate's folder, and checks that its manifest has what the code needs. What it lacks is
/// reported.
///
/// # Errors
/// A file cannot be read or written, or the manifest is not TOML.
pub fn apply(folder: &Path, output: &Output, mode: Mode) -> Result<Around, String> {
    let options = options(folder)?;
    let package = package::package(output, &options);
    let path = folder.join("Cargo.toml");
    let is_new = !path.exists();
    let fits = match fs::read_to_string(&path) {
        Ok(manifest) => {
            let missing = package::missing(&manifest, output, &options)
                .map_err(|error| format!("{} is not TOML: {error}", path.display()))?;
            report(&path, &missing);
            missing.is_empty()
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(&path, &package.manifest, mode)?;
            if let Some(example) = &package.example {
                create(&folder.join("examples/first_call.rs"), example, mode)?;
            }
            mode == Mode::Write
        }
        Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
    };
    let readme = folder.join("README.md");
    let has_readme = readme.exists();
    if !has_readme {
        let text = if is_new { package.readme } else { package::readme_alone(output, &options) };
        create(&readme, &text, mode)?;
    }
    let run = if package.example.is_some() { "cargo run --example first_call" } else { "cargo doc --open" };
    let next = (is_new && mode == Mode::Write).then(|| format!("cd {} && {run}", for_shell(folder)));
    Ok(Around { fits: fits && (has_readme || mode == Mode::Write), next })
}

/// A path as a shell takes it.
pub fn for_shell(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/\\._-+:@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Writes a file that does not exist, or says that it should.
fn create(path: &Path, text: &str, mode: Mode) -> Result<(), String> {
    match mode {
        Mode::Check => eprintln!("error: {} does not exist", path.display()),
        Mode::Write if path.exists() => println!("kept       {}", path.display()),
        Mode::Write => {
            output::replace(path, text)?;
            println!("wrote      {}", path.display());
        }
    }
    Ok(())
}

fn report(path: &Path, missing: &[Missing]) {
    for Missing { table, line } in missing {
        eprintln!(
            "error: {} lacks what the code needs\n  = help: write under [{table}]: {line}",
            path.display()
        );
    }
}

/// What others call the crate of a folder: as its manifest says, or like the folder.
///
/// # Errors
/// The manifest cannot be read, is not TOML or has no name.
pub fn name(folder: &Path) -> Result<String, String> {
    let manifest = folder.join("Cargo.toml");
    match fs::read_to_string(&manifest) {
        Ok(text) => name_in(&manifest, &text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(options(folder)?.name.replace('-', "_")),
        Err(error) => Err(format!("cannot read {}: {error}", manifest.display())),
    }
}

/// What others call the crate that a folder of source files belongs to.
///
/// # Errors
/// There is no manifest in the folders above, or it cannot be read, is not TOML or has no name.
pub fn name_above(source: &Path) -> Result<String, String> {
    let absolute =
        std::path::absolute(source).map_err(|error| format!("cannot find {}: {error}", source.display()))?;
    let manifest = absolute.ancestors().map(|folder| folder.join("Cargo.toml")).find(|path| path.exists());
    let manifest = manifest.ok_or_else(|| {
        format!(
            "there is no Cargo.toml above {}, which would say what the examples call the crate",
            source.display()
        )
    })?;
    let text = fs::read_to_string(&manifest)
        .map_err(|error| format!("cannot read {}: {error}", manifest.display()))?;
    name_in(&manifest, &text)
}

fn name_in(path: &Path, manifest: &str) -> Result<String, String> {
    package::library_name(manifest)
        .map_err(|error| format!("{} is not TOML: {error}", path.display()))?
        .ok_or_else(|| format!("{} does not say what the package is called", path.display()))
}

/// The package is called like its folder, and finds the runtime where this repository has it; once it is published, it takes
/// the release.
fn options(folder: &Path) -> Result<Options, String> {
    let failed = |error: std::io::Error| format!("cannot find {}: {error}", folder.display());
    let folder = resolved(folder).map_err(failed)?;
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = match name.trim_matches('-') {
        "" => "api".to_owned(),
        digits if digits.starts_with(|c: char| c.is_ascii_digit()) => format!("api-{digits}"),
        name => name.to_owned(),
    };
    let runtime = relative(&folder, &resolved(&crate::root().join("runtime")).map_err(failed)?);
    let path = runtime.to_string_lossy().replace('\\', "/");
    let runtime = format!("{}, path = {}", package::RELEASED, serde_json::Value::from(path));
    Ok(Options { name, runtime })
}

/// Where a folder is, or will be: without links and `..`, which `relative` could not count.
fn resolved(folder: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(folder)?;
    let existing = absolute.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    let Some((above, mut real)) = existing else { return Ok(absolute) };
    for part in absolute.strip_prefix(above).into_iter().flat_map(Path::components) {
        match part {
            Component::ParentDir => _ = real.pop(),
            part => real.push(part),
        }
    }
    Ok(real)
}

/// The way from one folder to another, both resolved.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    up.chain(to[shared..].iter().copied()).collect()
}
