//! Generated code in front of a compiler: several outputs as modules of one crate, because each crate would take a second.

use codegen::{Output, Tree, package};
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

    /// Writes an output as a whole package, with these tests.
    pub fn package(name: &str, output: &Output, tests: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        let folder = root.join("target").join(name);
        let _ = fs::remove_dir_all(folder.join("src"));
        let runtime = root.join("runtime").display().to_string().replace('\\', "/");
        let options = package::Options { name: name.to_owned(), runtime: format!("path = \"{runtime}\"") };
        let package = package::package(output, &options);
        let served = "[dev-dependencies]\naxum = { version = \"0.8\", default-features = false, features = [\"http1\", \"tokio\"] }\n";
        let manifest = package.manifest.replace("\"macros\",", "\"macros\", \"net\",");
        let manifest = manifest.replace("[dev-dependencies]\n", served);
        let manifest = format!("{manifest}\n[workspace]\n\n[lints.rust]\nwarnings = \"deny\"\n");
        let example = package.example.unwrap();
        let around = [
            ("Cargo.toml", &manifest),
            ("README.md", &package.readme),
            ("examples/first_call.rs", &example),
            ("tests/all.rs", &tests.to_owned()),
        ];
        let generated = output.tree.iter().map(|(path, text)| (format!("src/{path}"), text));
        for (path, text) in around.into_iter().map(|(path, text)| (path.to_owned(), text)).chain(generated) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        Self { root, folder }
    }

    /// Runs cargo on it; it must succeed. What it printed.
    pub fn cargo(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo {}:\n{said}", arguments.join(" "));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs cargo on it; it must fail. What it said.
    pub fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "cargo {} succeeds", arguments.join(" "));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.folder).env("CARGO_TARGET_DIR", self.root.join("target"));
        command.env_remove("RUSTFLAGS").env_remove("RUSTDOCFLAGS").output().unwrap()
    }
}

fn manifest(name: &str, root: &Path) -> String {
    let runtime = root.join("runtime").display().to_string().replace('\\', "/");
    format!(
        "[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [features]\ndefault = [\"client\", \"server\", \"webhooks\"]\nclient = [\"runtime/client\"]\n\
         server = [\"runtime/server\"]\nwebhooks = [\"runtime/server\"]\n\n\
         [dependencies]\n\
         runtime = {{ package = \"specwright-runtime\", path = \"{runtime}\", features = [\"upgrade\", \"uuid\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n"
    )
}
