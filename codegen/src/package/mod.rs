//! What stands around generated files: a manifest, a README and an example, for a crate that compiles at once.
//!
//! Written once, so that a person can change all of it; only what the code needs is checked later, see [`missing`].

mod call;
mod manifest;

use crate::names::Name;
use crate::rust::{Item, Receivers};
use crate::{Output, emit};
pub use manifest::{Missing, library_name, missing};

/// What a caller decides about a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Its name.
    pub name: String,
    /// How its manifest names the runtime: an inline table of TOML without features. [`RELEASED`], or for a source that is
    /// at hand `path = "../runtime"`, or both.
    pub runtime: String,
}

/// The release of the runtime that belongs to this generator, for [`Options::runtime`].
pub const RELEASED: &str = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");

/// Files around the generated ones, with their paths relative to the package's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// `Cargo.toml`
    pub manifest: String,
    /// `README.md`, which is the crate's documentation, too.
    pub readme: String,
    /// `examples/first_call.rs`, where the document has an operation that can be called with values made from the types.
    pub example: Option<String>,
}

/// Everything around the files of an output.
pub fn package(output: &Output, options: &Options) -> Package {
    let call = call::first(output).zip(Name::exact(&options.name.replace('-', "_")));
    let call = call.map(|(of, known_as)| FirstCall {
        of_trait: of.of_trait.0.last().map_or("", Name::as_str),
        program: emit::program(of, &known_as),
    });
    Package {
        manifest: manifest::text(output, options, call.as_ref().map(|call| call.of_trait)),
        readme: readme(output, options, call.as_ref()),
        example: call.map(|call| example(output, &call)),
    }
}

/// The README for a manifest that is there already: without the program, whose dependency and example nobody wrote into it.
pub fn readme_alone(output: &Output, options: &Options) -> String {
    readme(output, options, None)
}

/// A program that calls an operation.
struct FirstCall<'a> {
    /// The trait that has it.
    of_trait: &'a str,
    program: String,
}

fn readme(output: &Output, options: &Options, call: Option<&FirstCall<'_>>) -> String {
    let title = crate::docs::plain(&output.api.text.summary);
    let count = output.api.operations().count();
    let mut text = format!(
        "# {title}\n\nRust bindings for its HTTP API{}: types, a client and a router, {count} operations. Generated from an \
         OpenAPI\ndocument; `src` is written by machine, again after each change of the document, and everything else is yours.\n",
        match output.api.version.as_str() {
            "" => String::new(),
            version => format!(", version {}", crate::docs::plain(version)),
        },
    );
    if let Some(call) = call {
        let lines = &call.program;
        text.push_str(&format!("\n## A first call\n\n```rust,no_run\n{lines}```\n\n"));
        text.push_str(&format!("`cargo run --example first_call` is the same.\n{}\n", environment(output)));
    }
    let is_split = output.surface.cargo_features.iter().any(|feature| feature.part.is_some());
    text.push_str(if is_split { SPLIT } else { WHOLE });
    text.push_str(&receivers(output, options));
    text
}

/// How what the service sends is received; nothing where it sends nothing.
fn receivers(output: &Output, options: &Options) -> String {
    let items = || output.surface.modules.iter().flat_map(|module| &module.items);
    let first = items().find_map(|item| match item {
        Item::Receivers(receivers) => receivers.receivers.first().map(|first| (receivers, first)),
        _ => None,
    });
    let Some((Receivers { of_trait, webhook, .. }, first)) = first else { return String::new() };
    let (of_trait, webhook, first_name) = (of_trait.as_str(), webhook.as_str(), first.webhook.as_str());
    let library = options.name.replace('-', "_");
    let count = output.api.receivers.len();
    let them = if count == 1 { "one request".to_owned() } else { format!("{count} kinds of requests") };
    format!(
        "\n## What the service sends\n\nThe document describes {them} that the service sends to an address of yours. With the \
         feature `webhooks`, implement the trait\n`webhooks::{of_trait}`, and mount its router in an application of axum:\n\n\
         ```rust\n# #[cfg(feature = \"webhooks\")] {{\nuse {library}::webhooks::{{self, {webhook}, {of_trait}}};\n\n\
         struct Receiver;\n\nimpl {of_trait} for Receiver {{}} // a method for each request; what is left out answers 501\n\n\
         let router = webhooks::routes(Receiver).at({webhook}::{first_name}, \"/a/path/that/nobody/guesses\")?.into_router();\n\
         # }}\n# Ok::<(), {library}::Error>(())\n```\n\nAnyone who knows an address can post to it: `check` looks at what the sender proves, \
         such as a signature. The sender hears\nthat a request was taken when a method returns `Ok`; otherwise most try again.\n",
    )
}

const WHOLE: &str = "\nMethods of `Client` are those of the trait `Api`: implement it for a fake in tests, or behind \
    `server::router` for a\nserver (feature `server`).\n";

const SPLIT: &str = "\nMethods of `Client` are those of one trait for each tag of the document; `use prelude::*` brings them \
    all into scope. Each\ntag is a cargo feature, all on by default: with `default-features = false` and the features of \
    those that you call, the\nothers are not compiled. Implement a tag's trait for a fake in tests, or behind its router in \
    `server`; `Api` is\neverything that implements all of them, and `impl_rest!` implements those that a fake has not \
    written.\n";

/// Which variables `Client::from_env` reads.
fn environment(output: &Output) -> String {
    let prefix = &output.api.env_prefix;
    let key = if output.api.auth.is_empty() { String::new() } else { format!("`{prefix}_API_KEY` and ") };
    let needed =
        if output.api.servers.is_empty() { "" } else { ", where it is not the document's own server" };
    format!("It reads {key}`{prefix}_BASE_URL`{needed}.")
}

fn example(output: &Output, call: &FirstCall<'_>) -> String {
    format!(
        "//! A first call: `cargo run --example first_call`.\n//!\n//! {}\n\n{}",
        environment(output),
        call.program,
    )
}
