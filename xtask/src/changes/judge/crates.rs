//! Generated crates of one workspace below `target`, each called `subject` by those that depend on it.
//!
//! In: documents. Out: a crate for each content, whatever asks for it and however often.

use crate::changes::bundle::{Recorder, Texts};
use crate::changes::surface::{self, Names, Surface};
use crate::{corpus, files};
use codegen::package;
use codegen::{Colour, Options, Output};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A document, the crate that is generated from it, and its surface.
pub struct Subject {
    /// What the document is called.
    pub name: String,
    /// The crate's package.
    pub package: String,
    pub texts: Texts,
    pub output: Output,
    pub surface: Surface,
    pub names: Names,
}

impl Subject {
    /// Generates a crate with everything that it can have, and writes it into the workspace.
    ///
    /// # Errors
    /// The document cannot be read or is at fault, or the crate cannot be written.
    pub fn read(path: &Path, workspace: &Workspace) -> Result<Self, String> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let (mut documents, loader) = files::document(path, &name)?;
        let mut texts = Texts::new(&*name, documents.text());
        let mut loader = Recorder { loader, texts: &mut texts };
        let options = Options { blocking: true, dynamic: true, ..Options::default() };
        let output = codegen::generate_all(&mut documents, &mut loader, &options, |_| {})
            .map_err(|problems| problems.render(documents.sources(), Colour::Plain))?;
        let tree = output.tree.iter().map(|(path, text)| (path.to_string(), text.clone())).collect();
        let (surface, names) = surface::read_with_names(&tree)?;
        let package = workspace.subject(&output)?;
        Ok(Self { name, package, texts, output, surface, names })
    }
}

/// Where crates and programs are.
pub struct Workspace {
    folder: PathBuf,
    /// Where cargo builds, together with everything else.
    target: PathBuf,
}

impl Workspace {
    /// The workspace, without the programs of earlier runs.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open() -> Result<Self, String> {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| crate::root().join("target"), PathBuf::from);
        let workspace = Self { folder: target.join("judge"), target };
        let programs = workspace.folder.join("programs");
        if programs.exists() {
            fs::remove_dir_all(&programs).map_err(|error| cannot(&programs, &error))?;
        }
        workspace.write(
            "Cargo.toml",
            // With the crates that they use, and no others: an earlier run may have been of another checkout.
            "[workspace]\nresolver = \"3\"\nmembers = [\"programs/*\"]\n\n\
             [profile.dev]\ndebug = \"line-tables-only\"\n",
        )?;
        for empty in ["crates", "programs"] {
            let path = workspace.folder.join(empty);
            fs::create_dir_all(&path).map_err(|error| cannot(&path, &error))?;
        }
        // The same versions as the repository's own crates.
        let lock = files::read(&crate::root().join("Cargo.lock"))?;
        workspace.write("Cargo.lock", &lock)?;
        Ok(workspace)
    }

    /// Writes the crate of a document, called after its content.
    fn subject(&self, output: &Output) -> Result<String, String> {
        let options = package::Options { name: "NAME".to_owned(), runtime: corpus::runtime() };
        let package = package::package(output, &options);
        let whole: String = output.tree.values().map(String::as_str).collect::<String>() + &package.manifest;
        let name = format!("subject-{:016x}", crate::changes::entry::hash(&whole));
        // Everything that it can have.
        let features = package.manifest.split_once("[features]\n").map_or("", |(_, rest)| rest);
        let features = features.split("\n\n").next().unwrap_or_default();
        let names = features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.trim());
        let on: BTreeSet<String> = names
            .filter(|name| *name != "default" && !name.starts_with('#'))
            .map(|name| format!("{:?}", name.trim_matches('"')))
            .collect();
        let on = on.into_iter().collect::<Vec<_>>().join(", ");
        let manifest = package.manifest.replace("\"NAME\"", &format!("{name:?}"));
        let manifest: String = manifest
            .lines()
            .map(|line| {
                if line.starts_with("default = [") {
                    format!("default = [{on}]\n")
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
        self.write(&format!("crates/{name}/Cargo.toml"), &(manifest + "\n[lib]\nname = \"subject\"\n"))?;
        self.write(&format!("crates/{name}/README.md"), "")?;
        if let Some(example) = package.example {
            self.write(&format!("crates/{name}/examples/first_call.rs"), &example)?;
        }
        for (path, text) in &output.tree {
            self.write(&format!("crates/{name}/src/{path}"), text)?;
        }
        Ok(name)
    }

    /// Writes a program that uses a crate.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn program(
        &self,
        name: &str,
        subject: &str,
        dependencies: &str,
        binaries: &[(&str, String)],
    ) -> Result<(), String> {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             subject = {{ package = \"{subject}\", path = \"../../crates/{subject}\" }}\n{dependencies}"
        );
        self.write(&format!("programs/{name}/Cargo.toml"), &manifest)?;
        for (binary, text) in binaries {
            self.write(&format!("programs/{name}/src/bin/{binary}.rs"), text)?;
        }
        Ok(())
    }

    /// What rustdoc writes of a crate as JSON, all of it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn documentation(&self, package: &str) -> Result<PathBuf, String> {
        let kept = self.folder.join(format!("documentation/{package}.json"));
        if kept.is_file() {
            return Ok(kept);
        }
        // JSON is no stable output. Only rustdoc is told, so that nothing else is built again.
        let wrapper = crate::root().join(".ci/rustdoc-unstable");
        self.write("documentation/.gitignore", "*\n")?;
        // A workspace without programs is none.
        self.program("documented", package, "", &[("documented", "fn main() {}\n".to_owned())])?;
        let arguments = ["rustdoc", "--quiet", "--lib", "--package", package, "--", "-Zunstable-options"];
        let flags = ["--document-hidden-items", "--output-format=json", "--cap-lints=allow"];
        let mut command = self.cargo(&arguments);
        let output = command.args(flags).env("RUSTDOC", &wrapper).output();
        let output = output.map_err(|error| format!("cannot run cargo: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{package} has no documentation:\n{said}"));
        }
        let made = self.target.join("doc/subject.json");
        fs::copy(&made, &kept).map_err(|error| cannot(&kept, &error))?;
        Ok(kept)
    }

    /// Cargo in this workspace, with what others have built.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// A file beside a program's manifest.
    pub fn program_part(&self, name: &str, file: &str) -> PathBuf {
        self.folder.join("programs").join(name).join(file)
    }

    /// A program that was built.
    pub fn program_file(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// Writes a file, unless it is there as it should be: what has not changed is not built again.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &str, text: &str) -> Result<(), String> {
        let path = self.folder.join(path);
        if fs::read_to_string(&path).is_ok_and(|known| known == text) {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| cannot(&path, &error))
    }
}

fn cannot(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}
