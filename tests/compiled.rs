//! Generated code in front of a compiler: several outputs as modules of one crate, because each crate would take a second.

use codegen::Tree;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lints that only a whole crate can allow: names are those of documents, in any script.
const SCRIPTS: &str = "#![allow(confusable_idents, mixed_script_confusables, uncommon_codepoints)]\n";

/// A crate below `target` whose modules are generated.
pub struct Compiled {
    root: PathBuf,
    folder: PathBuf,
}

impl Compiled {
    /// Writes the crate. Warnings are errors in it.
    pub fn new<'a>(name: &str, modules: impl IntoIterator<Item = (&'a str, &'a Tree)>) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        let folder = root.join("target").join(name);
        let _ = fs::remove_dir_all(folder.join("src"));
        let mut declared = String::new();
        for (name, tree) in modules {
            declared.push_str(&format!("pub mod {name};\n"));
            let module = folder.join("src").join(name);
            fs::create_dir_all(&module).unwrap();
            for (path, text) in tree {
                let path = if path == "lib.rs" { "mod.rs" } else { path };
                let text = text.replace("crate::", &format!("crate::{name}::")).replace(SCRIPTS, "");
                fs::write(module.join(path), text).unwrap();
            }
        }
        fs::write(folder.join("src/lib.rs"), format!("#![deny(warnings)]\n{SCRIPTS}{declared}")).unwrap();
        fs::write(folder.join("Cargo.toml"), manifest(name, &root)).unwrap();
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        Self { root, folder }
    }

    /// Runs cargo on it; it must succeed. What it printed.
    pub fn cargo(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.folder).env("CARGO_TARGET_DIR", self.root.join("target"));
        let output = command.env_remove("RUSTFLAGS").env_remove("RUSTDOCFLAGS").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "cargo {}:\n{said}", arguments.join(" "));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn manifest(name: &str, root: &Path) -> String {
    let runtime = root.join("runtime").display().to_string().replace('\\', "/");
    format!(
        "[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [features]\ndefault = [\"client\", \"server\", \"webhooks\"]\nclient = [\"runtime/client\"]\n\
         server = [\"runtime/server\"]\nwebhooks = [\"runtime/server\"]\n\n\
         [dependencies]\n\
         runtime = {{ package = \"specwright-runtime\", path = \"{runtime}\", features = [\"uuid\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n"
    )
}
