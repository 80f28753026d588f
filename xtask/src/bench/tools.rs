//! The generators that are compared, each used as its own documentation says, with what it does by default.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    Ours,
    OpenapiToRust,
    Ploidy,
    Oas3Gen,
    Progenitor,
}

impl Tool {
    pub(super) const ALL: [Self; 5] =
        [Self::Ours, Self::OpenapiToRust, Self::Ploidy, Self::Oas3Gen, Self::Progenitor];

    /// How it is called in the tables and in names of packages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => "specwright",
            Self::OpenapiToRust => "openapi-to-rust",
            Self::Ploidy => "ploidy",
            Self::Oas3Gen => "oas3-gen",
            Self::Progenitor => "progenitor",
        }
    }

    /// The program to run, found on the path unless it is ours.
    fn program(self, ours: &Path) -> PathBuf {
        match self {
            Self::Ours => ours.to_owned(),
            Self::Progenitor => PathBuf::from("cargo-progenitor"),
            _ => PathBuf::from(self.name()),
        }
    }

    /// What it says its version is; nothing where it is not installed.
    pub(super) fn version(self, ours: &Path) -> Option<String> {
        if self == Self::Ours {
            return Some(env!("CARGO_PKG_VERSION").to_owned());
        }
        let mut command = Command::new(self.program(ours));
        if self == Self::Progenitor {
            command.arg("progenitor");
        }
        let output = command.arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        // One of them does not know its version: it is there all the same.
        Some(text.split_whitespace().last().unwrap_or("version unknown").to_owned())
    }

    /// The command that makes what has to be there before it generates, such as a manifest; nothing where that is nothing.
    pub(super) fn prepare(self, ours: &Path, document: &Path, folder: &Path) -> Option<Command> {
        let mut command = Command::new(self.program(ours));
        command.args(["codegen", "--spec"]).arg(document).arg("--crate").arg(folder);
        (self == Self::Ours).then_some(command)
    }

    /// The command that generates a crate, or the part of one that it makes, into a folder that has nothing but what
    /// [`prepare`](Self::prepare) made. `examples`: with an example of each call in its documentation, which ours alone makes.
    pub(super) fn generate(self, ours: &Path, document: &Path, folder: &Path, examples: bool) -> Command {
        let mut command = Command::new(self.program(ours));
        match self {
            Self::Ours => {
                command.args(["codegen", "--spec"]).arg(document).arg("--out").arg(folder.join(SOURCES));
                if examples { command.arg("--examples") } else { &mut command }
            }
            Self::OpenapiToRust => command
                .arg("generate")
                .arg(document)
                .arg("--output-dir")
                .arg(folder.join("src/api"))
                .arg("--quiet"),
            Self::Ploidy => command
                .args(["generate", "rust", "--name", PACKAGE])
                .arg("--output")
                .arg(folder)
                .arg(document),
            Self::Oas3Gen => command
                .args(["generate", "--quiet", "--workspace", "--output"])
                .arg(folder)
                .arg("--input")
                .arg(document)
                .arg("client-mod"),
            Self::Progenitor => command
                .args(["progenitor", "--name", PACKAGE, "--version", "0.0.0", "--input"])
                .arg(document)
                .arg("--output")
                .arg(folder),
        };
        command
    }

    /// Adds what a crate needs beside what was generated, and what makes it a workspace of its own.
    pub(super) fn complete(self, folder: &Path) -> std::io::Result<()> {
        let manifest = folder.join("Cargo.toml");
        if self == Self::OpenapiToRust {
            let dependencies = fs::read_to_string(folder.join("src/api/REQUIRED_DEPS.toml"))?;
            let package =
                format!("[package]\nname = \"{PACKAGE}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n");
            fs::write(&manifest, package + &dependencies)?;
            fs::write(folder.join(ROOT), "pub mod api;\n")?;
        }
        let text = fs::read_to_string(&manifest)?;
        fs::write(&manifest, text + "\n[workspace]\n")
    }

    /// Lines of Rust that it generated. Those of ours that serve the API or receive webhooks are counted on demand: the others
    /// make only clients here.
    pub(super) fn lines(self, folder: &Path, client_only: bool) -> std::io::Result<usize> {
        let mut lines = 0;
        let mut folders = vec![folder.join(SOURCES)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                let serves = path.file_stem().is_some_and(|stem| stem == "server" || stem == "webhooks");
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs")
                    && !(self == Self::Ours && client_only && serves)
                {
                    lines += fs::read_to_string(&path)?.lines().count();
                }
            }
        }
        Ok(lines)
    }
}

/// What every crate is called, where its generator lets one choose.
const PACKAGE: &str = "bench";

/// The folder with the code.
pub(super) const SOURCES: &str = "src";

/// The file that changes between two runs of the compiler.
pub(super) const ROOT: &str = "src/lib.rs";
