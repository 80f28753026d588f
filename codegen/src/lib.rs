//! Makes a Rust crate from an OpenAPI 3 document: models, a trait with a method for each operation, an HTTP client, a router,
//! and receivers of webhooks.
//!
//! [`generate`] takes one document, [`generate_all`] also those that it refers to and overlays; [`Options`] say what is wanted.
//! Both give the files of `src` as text, and warnings for what does not reach them; [`package::package`] adds a manifest, a README
//! and an example. The generated code depends on `specwright-runtime`. Nothing is read or written: that is the caller's task, as
//! the example `generate` of this package shows.
//!
//! ```
//! let source = specwright::Source {
//!     name: "ping.yaml",
//!     text: "
//! openapi: 3.0.3
//! info: { title: Ping, version: '1' }
//! paths:
//!   /ping:
//!     get:
//!       operationId: ping
//!       responses: { '204': { description: It is alive. } }
//! ",
//! };
//! let output = specwright::generate(source, &specwright::Options::default()).unwrap();
//! assert!(output.tree["api.rs"].contains("fn ping(&self)"));
//! ```
//!
//! How it works, from stage to stage:
//!
//! ```text
//! text --parse--> tree --lower--> ir::Api --plan--> rust::Crate
//!      --emit--> tokens --render--> Tree
//! ```

pub mod diagnostics;
pub mod document;
mod documents;

pub mod ir;
pub mod names;
pub mod package;
pub mod parse;
pub mod rust;

mod carried;
mod docs;
mod emit;
mod foreign;
mod json;
mod lower;
mod overlay;

mod plain;
mod plan;
mod render;
pub mod templates;

pub use diagnostics::{Colour, Diagnostics, Source, Sources};
use document::Document;
pub use documents::{Documents, Loader, OneFile};
pub use foreign::text_of;
pub use render::{MARK, Tree, tokens};

/// What a caller decides about the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// First line of every file, without comment marks.
    pub header: String,
    /// Where the generated crate's own documentation comes from.
    pub docs: CrateDocs,
    /// Whether there is a client that waits for answers, too, behind a feature `blocking`.
    pub blocking: bool,
    /// Whether there is a type that holds any implementation of the trait, behind a feature `dyn`.
    pub dynamic: bool,
    /// What others call the generated crate, such as `petstore`, where the documentation of each operation is to show how it
    /// is called. The examples compile in the documentation tests of a crate of that name, with its feature `client`.
    pub examples: Option<String>,
    /// Whether everything that does not reach the code is an error.
    pub strict: bool,
    /// Whether each tag of the document has a part of its own.
    pub split: Split,
    /// What the document's `x-decisions` name, for a page of the crate's documentation.
    pub decisions: Vec<Decision>,
}

/// Whether each tag of a document has a part of its own: a folder with its operations and what only they use, a trait, and a
/// cargo feature without which it is not compiled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Split {
    /// Where there are more than [`Split::ABOVE`] operations, and tags that have at least four of them on average.
    #[default]
    Auto,
    /// Always.
    Tags,
    /// Never.
    None,
}

impl Split {
    /// With [`Split::Auto`], documents with more operations than these may be split.
    pub const ABOVE: usize = 50;
}

/// Where the generated crate's own documentation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrateDocs {
    /// Title and description of the document.
    Document,
    /// `README.md` beside the crate's manifest, so that its examples are compiled.
    Readme,
}

/// What was decided where the sources of a document disagree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// What `x-decisions` calls it.
    pub id: String,
    /// What kind of difference it settles.
    pub kind: String,
    /// What it is about.
    pub places: Vec<String>,
    /// What each source says.
    pub says: Vec<(String, String)>,
    /// What the document says.
    pub decided: String,
    /// What it rests on.
    pub evidence: Vec<String>,
    /// Why.
    pub reason: String,
}

/// What a document becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The files.
    pub tree: Tree,
    /// The model of the document.
    pub api: ir::Api,
    /// The surface that was printed.
    pub surface: rust::Crate,
    /// What of the document did not reach them.
    pub warnings: Diagnostics,
}

/// A step from a document to files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Text to a tree in which everything has its place.
    Parse,
    /// Tree to the model of an API.
    Lower,
    /// Model to the surface of a crate.
    Plan,
    /// Surface to tokens and to text.
    Print,
}

/// Runs all stages.
///
/// # Errors
/// All faults of the document, with their places; see [`Diagnostics::render`].
pub fn generate(source: Source<'_>, options: &Options) -> Result<Output, Diagnostics> {
    generate_observed(source, options, |_| {})
}

/// Like [`generate`], with a function that is told each stage when it is done, to measure how long they take.
///
/// # Errors
/// All faults of the document, with their places; see [`Diagnostics::render`].
pub fn generate_observed(
    source: Source<'_>,
    options: &Options,
    done: impl FnMut(Stage),
) -> Result<Output, Diagnostics> {
    let mut documents = Documents::new(source.name, source.text);
    generate_all(&mut documents, &mut OneFile, options, done)
}

/// Like [`generate_observed`], for a document of several files: `loader` reads those that its references lead to, and
/// `documents` has their texts afterwards.
///
/// # Errors
/// All faults of the files, with their places; see [`Diagnostics::render`].
pub fn generate_all(
    documents: &mut Documents,
    loader: &mut dyn Loader,
    options: &Options,
    mut done: impl FnMut(Stage),
) -> Result<Output, Diagnostics> {
    let lower::Lowered { api, warnings } = {
        // What was read is not needed any longer than this.
        let trees = documents.trees(loader)?;
        done(Stage::Parse);
        let mut lowered = lower::lower(Document::of(&trees))?;
        lowered.warnings.extend(trees.warnings);
        lowered
    };
    done(Stage::Lower);
    if options.strict && !warnings.is_empty() {
        return Err(warnings.strict());
    }
    let surface = plan::plan(&api, options);
    done(Stage::Plan);
    let tree = render::render(&surface, &options.header);
    done(Stage::Print);
    Ok(Output { tree, api, surface, warnings })
}

impl Default for Options {
    fn default() -> Self {
        Self {
            header: "by `cargo xtask codegen`. Do not edit.".to_owned(),
            docs: CrateDocs::Document,
            blocking: false,
            dynamic: false,
            examples: None,
            strict: false,
            split: Split::Auto,
            decisions: Vec::new(),
        }
    }
}

/// The examples of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
