//! The manifest of a package: its text, and what an existing one lacks.

use super::Options;
use crate::Output;
use crate::rust::CargoFeature;
use toml_edit::{DocumentMut, Item};

/// Something that the code needs and a manifest does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The table, such as `features`.
    pub table: &'static str,
    /// The line that belongs into it.
    pub line: String,
}

/// `called`: the trait that the example calls, where there is one.
pub(super) fn text(output: &Output, options: &Options, called: Option<&str>) -> String {
    let Options { name, .. } = options;
    let title = quoted(crate::docs::plain(&output.api.text.summary).trim());
    let declared = &output.surface.cargo_features;
    let features: String = declared.iter().map(|feature| format!("{}\n", feature_line(feature))).collect();
    let default = declared.iter().filter(|feature| feature.is_default).map(|feature| quoted(&feature.name));
    let default = default.collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "[package]\nname = {name}\nversion = \"0.1.0\"\ndescription = {title}\nedition = \"2024\"\n\
         rust-version = \"{rust}\"\n\n\
         [features]\ndefault = [{default}]\n{features}{TRACING}\n\n\
         [dependencies]\n{RUNTIME}{runtime}\n{serde}\n",
        name = quoted(name),
        rust = env!("CARGO_PKG_RUST_VERSION"),
        runtime = runtime_line(output, options),
        serde = SERDE,
    );
    if let Some(called) = called {
        let is_called =
            |feature: &&CargoFeature| feature.part.as_ref().is_some_and(|part| part.ident() == called);
        let part = declared.iter().find(is_called).map(|feature| quoted(&feature.name));
        let needed: Vec<String> = [quoted("client")].into_iter().chain(part).collect();
        text.push_str(&format!(
            "\n[dev-dependencies]\ntokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n\
             [[example]]\nname = \"first_call\"\nrequired-features = [{}]\n",
            needed.join(", "),
        ));
    }
    text
}

/// A feature that no code needs.
const TRACING: &str = "tracing = [\"runtime/tracing\"]";

/// For those who read that cargo does not find it.
const RUNTIME: &str = "\
# What all generated crates share. `path`, where there is one, is where its source was when this was written: correct it if
# that has moved. Without it, cargo takes the release of this version from its registry.
";

const SERDE: &str = "serde = { version = \"1\", features = [\"derive\"] }";

fn feature_line(CargoFeature { name, enables, .. }: &CargoFeature) -> String {
    let enables: Vec<String> = enables.iter().map(|feature| quoted(feature)).collect();
    format!("{} = [{}]", toml_edit::Key::new(name), enables.join(", "))
}

fn runtime_line(output: &Output, options: &Options) -> String {
    let features: Vec<String> = output.surface.features.iter().map(|feature| quoted(feature)).collect();
    let features = match features.as_slice() {
        [] => String::new(),
        some => format!(", features = [{}]", some.join(", ")),
    };
    format!("runtime = {{ package = \"specwright-runtime\", {}{features} }}", options.runtime)
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// What others call the library of a manifest: nothing where it does not say.
///
/// # Errors
/// The manifest is not TOML; the text says where.
pub fn library_name(manifest: &str) -> Result<Option<String>, String> {
    let document: DocumentMut = manifest.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let name = |table: &str| document.get(table)?.get("name")?.as_str().map(|name| name.replace('-', "_"));
    Ok(name("lib").or_else(|| name("package")))
}

/// What the code of an output needs and a manifest lacks. Whatever else the manifest says is its author's.
///
/// # Errors
/// The manifest is not TOML; the text says where.
pub fn missing(manifest: &str, output: &Output, options: &Options) -> Result<Vec<Missing>, String> {
    let document: DocumentMut = manifest.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut missing = Vec::new();
    for feature in &output.surface.cargo_features {
        let given = strings(document.get("features").and_then(|features| features.get(&feature.name)));
        let has_all = |given: &Vec<String>| feature.enables.iter().all(|feature| given.contains(feature));
        if !given.as_ref().is_some_and(has_all) {
            missing.push(Missing { table: "features", line: feature_line(feature) });
        }
    }
    let dependency = |name: &str| document.get("dependencies").and_then(|all| all.get(name));
    let given =
        strings(dependency("runtime").and_then(|runtime| runtime.get("features"))).unwrap_or_default();
    let lacks = output.surface.features.iter().any(|feature| !given.iter().any(|given| given == feature));
    if dependency("runtime").is_none() || lacks {
        missing.push(Missing { table: "dependencies", line: runtime_line(output, options) });
    }
    if dependency("serde").is_none() {
        missing.push(Missing { table: "dependencies", line: SERDE.to_owned() });
    }
    Ok(missing)
}

/// The texts of an array.
fn strings(item: Option<&Item>) -> Option<Vec<String>> {
    let array = item?.as_array()?;
    Some(array.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
}
