//! One binary for all tests across crates, a module per question.
#![allow(clippy::unwrap_used, clippy::expect_used)]

/// The client that waits.
mod blocking;
/// What is left of a call that is dropped: nothing.
mod cancellation;
/// The generated client against a real server: what it sends, and what it makes of the answers.
mod client;
/// A compiler for generated code.
mod compiled;
/// The runtime's derives of serde's traits against serde's own.
mod derived;
/// The page of everything that the generator complains about.
mod diagnostics_page;
/// Files that go straight to the storage, where something breaks on the way.
mod direct_uploads;
/// Every example payload of the documentation pages.
mod documented;
/// Implementations that are chosen at run time.
mod dynamic;
/// Every way in which a value can travel, from a generated client through a generated router and back.
mod echo_round_trip;
/// What the generator makes of each construct.
mod emit;
/// What a change of the document means for users.
mod evolution;
/// Documents of several files, and overlays.
mod files;
/// How what the generator prints by itself looks.
mod format;
/// Whether what is checked in is what the generator makes.
mod fresh;
/// What a hostile text in a document can do to the output: nothing.
mod hostile;
/// Names that generated code uses itself, in documents.
mod identifiers;
/// The mock server, by raw HTTP and by the generated client.
mod mock;
/// Values of every model, through client, router and back.
mod models_round_trip;
/// Every call of the generated client, as a table.
mod operations;
/// Whether an independent reader finds in a document what the generator finds.
mod oracle;
/// Pages of every shape.
mod page_shapes;
/// Walks over all pages, along whatever a server sends.
mod paging;
/// What callers pass, on its way into a request.
mod paths;
/// A server for tests that keeps and sends bytes.
mod raw;
/// What a server can make of a redirect: nothing but an error.
mod redirects;
/// What the generator refuses, and how it says so.
mod reject;
/// A whole conversation with files and a webhook, against the mock.
mod round_trip;
/// The generated router, seen from outside.
mod router;
/// Where a key and the text of a message never appear.
mod secrets;
/// A server for tests that records what it is asked.
mod server;
/// Documents that are split by their tags.
mod split;
/// What can cross threads: everything.
mod surface;
mod threads;
/// What servers may change in their answers.
mod tolerance;
/// A whole conversation, where something lets the other down at every step.
mod troubles;
/// What users' compilers accept and refuse.
/// Bodies of several parts.
mod uploads;
/// Receivers of what the service sends by itself.
mod webhooks;
/// What the service sends, through the models.
mod wire;

use std::path::{Path, PathBuf};

/// The documents of a folder below `tests/specs`, with name and text, in order.
fn specs(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let named = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    let specs: Vec<(String, String)> = paths.iter().map(named).collect();
    assert!(!specs.is_empty());
    specs
}

/// The document that the checked-in crate is generated from.
fn own_spec() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::read_to_string(root.join("spec/maiagent.yaml")).unwrap()
}
