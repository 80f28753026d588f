//! From an OpenAPI document to Rust.
//!
//! ```text
//! text --parse--> tree --lower--> ir::Api --emit--> files of tokens --render--> Tree
//! ```
//!
//! The crate is pure: it reads no file, clock or environment. `xtask` reads and writes.
//!
//! ```
//! let source = codegen::Source {
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
//! let output = codegen::generate(source, &codegen::Options::default()).unwrap();
//! assert!(output.tree["api.rs"].contains("fn ping(&self)"));
//! ```

pub mod diagnostics;
pub mod docs;
pub mod emit;
pub mod ir;
pub mod lower;
pub mod names;
pub mod parse;
pub mod render;

pub use diagnostics::{Colour, Diagnostics, Source};
pub use emit::CrateDocs;
pub use render::Tree;

/// What a caller decides about the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// First line of every file, without comment marks.
    pub header: String,
    /// Where the generated crate's own documentation comes from.
    pub docs: CrateDocs,
}

/// What a document becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The files.
    pub tree: Tree,
    /// The model they were printed from.
    pub api: ir::Api,
    /// What of the document did not reach them.
    pub warnings: Diagnostics,
}

/// Runs all stages.
///
/// # Errors
/// All faults of the document, with their places; see [`Diagnostics::render`].
pub fn generate(source: Source<'_>, options: &Options) -> Result<Output, Diagnostics> {
    let root = parse::parse(source.text)?;
    let lower::Lowered { api, warnings } = lower::lower(&root)?;
    let files = emit::emit(&api, options.docs);
    let tree = render::render(files, &options.header);
    Ok(Output { tree, api, warnings })
}

impl Default for Options {
    fn default() -> Self {
        Self { header: "by `cargo xtask codegen`. Do not edit.".to_owned(), docs: CrateDocs::Document }
    }
}
