//! The two versions that are compared.

use super::bundle::{Recorder, Texts};
use super::release;
use crate::{codegen_task, decisions, files};
use codegen::{Colour, CrateDocs, Options, Split};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One version: generated files, and the document where there is one.
#[derive(Clone)]
pub struct Version {
    /// What the user called it.
    pub name: String,
    /// Generated files by their paths.
    pub files: BTreeMap<String, String>,
    /// The document.
    pub document: Option<Texts>,
    /// The version of the crate, of this repository's own.
    pub release: Option<semver::Version>,
}

/// Why there is no version.
pub enum Problem {
    /// Wrong usage, or something that cannot be read.
    Usage(String),
    /// The document is at fault, with its diagnostics.
    Document(String),
}

const SPEC: &str = "spec/maiagent.yaml";
const FILES: &str = "generated/src";
/// Where the version is.
const MANIFEST: &str = "Cargo.toml";

impl Version {
    /// Both versions: documents, folders of generated files, or revisions of this repository; by default, the last release and
    /// the working tree. A document beside generated files has what these were generated with.
    pub fn both(
        (old, old_overlays): (Option<&str>, &[PathBuf]),
        (new, overlays): (Option<&str>, &[PathBuf]),
    ) -> Result<(Self, Self), Problem> {
        let is_document = |name: Option<&str>| name.is_some_and(|name| Path::new(name).is_file());
        let first = old_overlays.first().or(overlays.first());
        if let (false, Some(overlay)) = (is_document(old) || is_document(new), first) {
            let problem = "neither OLD nor NEW is a document, which an overlay could change";
            return Err(Problem::Usage(format!("{}: {problem}", overlay.display())));
        }
        let old_one =
            |like: &Around| old.map_or_else(Self::last, |name| Self::read(name, old_overlays, like));
        let new_one =
            |like: &Around| new.map_or_else(Self::working_tree, |name| Self::read(name, overlays, like));
        // Everything that a crate can have.
        let options = Options { blocking: true, dynamic: true, ..Options::default() };
        let all = Around { options, by_hand: BTreeMap::new() };
        if is_document(old) && !is_document(new) {
            let new = new_one(&all)?;
            return Ok((old_one(&Around::of(&new.files))?, new));
        }
        let was = old_one(&all)?;
        // The same is read once.
        if (old, old_overlays) == (new, overlays) && is_document(new) {
            return Ok((was.clone(), was));
        }
        let like = if is_document(old) { all } else { Around::of(&was.files) };
        Ok((was, new_one(&like)?))
    }

    fn read(name: &str, overlays: &[PathBuf], like: &Around) -> Result<Self, Problem> {
        let path = Path::new(name);
        if path.is_dir() {
            return Self::folder(name, path, None);
        }
        if path.is_file() {
            return Self::document(name, path, overlays, like);
        }
        Self::revision(name)
    }

    /// What is in this checkout.
    pub fn working_tree() -> Result<Self, Problem> {
        let spec = crate::root().join(SPEC);
        let text =
            files::read(&spec).map_err(|error| Problem::Usage(format!("cannot read {SPEC}: {error}")))?;
        let document = Texts::new(SPEC, text);
        let manifest = files::read(&crate::root().join(MANIFEST))
            .map_err(|error| Problem::Usage(format!("cannot read {MANIFEST}: {error}")))?;
        let release = Some(release::version_of(&manifest).map_err(Problem::Usage)?);
        let tree = Self::folder("the working tree", &crate::root().join(FILES), Some(document))?;
        Ok(Self { release, ..tree })
    }

    /// The last release, or where there is none, the last commit.
    pub fn last() -> Result<Self, Problem> {
        Self::last_release()?.map_or_else(|| Self::revision("HEAD"), Ok)
    }

    /// The last release that the last commit comes after.
    pub fn last_release() -> Result<Option<Self>, Problem> {
        let tag = git(&["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]);
        tag.map(|tag| Self::revision(tag.trim())).transpose()
    }

    fn document(name: &str, path: &Path, overlays: &[PathBuf], like: &Around) -> Result<Self, Problem> {
        let (mut documents, loader) = files::document(path, name).map_err(Problem::Usage)?;
        let overlays = files::overlays(overlays).map_err(Problem::Usage)?;
        overlays.iter().for_each(|(name, text)| documents.add_overlay(name, text));
        let mut texts = Texts::new(name, documents.text()).with(overlays);
        let mut loader = Recorder { loader, texts: &mut texts };
        match codegen::generate_all(&mut documents, &mut loader, &like.options, |_| {}) {
            Ok(output) => {
                let generated = output.tree.into_iter().map(|(path, text)| (path.to_string(), text));
                let files = like.by_hand.clone().into_iter().chain(generated).collect();
                Ok(Self { name: name.to_owned(), files, document: Some(texts), release: None })
            }
            Err(problems) => Err(Problem::Document(problems.render(documents.sources(), Colour::Plain))),
        }
    }

    fn folder(name: &str, path: &Path, document: Option<Texts>) -> Result<Self, Problem> {
        let inner = path.join("src");
        let root = if inner.is_dir() { inner.as_path() } else { path };
        let mut found = BTreeMap::new();
        collect(root, root, &mut found)
            .map_err(|error| Problem::Usage(format!("cannot read {name}: {error}")))?;
        if !found.contains_key("lib.rs") {
            return Err(Problem::Usage(format!("{name} has no lib.rs: it is no folder of generated files")));
        }
        Ok(Self { name: name.to_owned(), files: found, document, release: None })
    }

    fn revision(name: &str) -> Result<Self, Problem> {
        // A revision that looks like an option is none.
        let listed = (!name.starts_with('-'))
            .then(|| git(&["ls-tree", "-r", "--name-only", name, "--", FILES]))
            .flatten()
            .ok_or_else(|| {
                Problem::Usage(format!(
                    "{name} is neither a file, nor a folder, nor a revision of this repository"
                ))
            })?;
        let at = |path: &str| {
            git(&["show", &format!("{name}:{path}")])
                .ok_or_else(|| Problem::Usage(format!("cannot read {path} of {name}")))
        };
        let mut files = BTreeMap::new();
        for path in listed.lines().filter(|path| path.ends_with(".rs")) {
            files.insert(path[FILES.len() + 1..].to_owned(), at(path)?);
        }
        let document = Texts::new(format!("{name}:{SPEC}"), at(SPEC)?);
        // A manifest of long ago may have its version elsewhere.
        let release = release::version_of(&at(MANIFEST)?).ok();
        Ok(Self { name: name.to_owned(), files, document: Some(document), release })
    }
}

/// What a folder of generated files has beside what its document says, so that a document can be compared with it.
struct Around {
    options: Options,
    /// Files that were not generated.
    by_hand: BTreeMap<String, String>,
}

impl Around {
    fn of(files: &BTreeMap<String, String>) -> Self {
        let by_hand = files.iter().filter(|(_, text)| !text.starts_with(codegen::MARK));
        let by_hand = by_hand.map(|(path, text)| (path.clone(), text.clone())).collect();
        Self { options: options_of(files), by_hand }
    }
}

/// What files were generated with, as far as it shows.
fn options_of(files: &BTreeMap<String, String>) -> Options {
    let text = |path: &str| files.get(path).map(String::as_str).unwrap_or_default();
    let methods = text("api.rs").matches("NotImplemented::new(").count();
    let split = match files.contains_key("tags/mod.rs") {
        true => Split::Tags,
        // So many operations in one trait.
        false if methods > Split::ABOVE => Split::None,
        false => Split::Auto,
    };
    let (blocking, dynamic) = (files.contains_key("blocking.rs"), files.contains_key("dynamic.rs"));
    let is_readme = text("lib.rs").contains("#![doc = include_str!(\"../README.md\")]");
    let docs = if is_readme { CrateDocs::Readme } else { CrateDocs::Document };
    // Examples name the crate.
    let name = |text: &String| {
        let arguments = text.split_once("async fn example(")?.1;
        Some(arguments.split_once("client: &impl ")?.1.split_once("::")?.0.to_owned())
    };
    let examples = files.values().find_map(name);
    // No other document has a ledger than this repository's own.
    let has_decisions = text("decisions.rs").starts_with(codegen::MARK);
    let ledger = has_decisions.then(|| files::read(&crate::root().join(codegen_task::OWN_LEDGER)).ok());
    let decisions = ledger.flatten().and_then(|text| decisions::read(&text).ok()).unwrap_or_default();
    Options { blocking, dynamic, split, docs, examples, decisions, ..Options::default() }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").current_dir(crate::root()).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            collect(root, &path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).map_err(|error| error.to_string())?;
            let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
            found.insert(parts.join("/"), files::read(&path)?);
        }
    }
    Ok(())
}
