//! Model to tokens: one file per module of the generated crate.
//!
//! In: [`Api`]. Out: tokens per file. Emitters transcribe; whatever had to be decided was decided by `lower`. Text of the
//! document appears as string literals and doc attributes only, so it can never become code.

mod api;
mod client;
mod errors;
mod imports;
mod lib_rs;
mod models;
mod record;
mod server;
mod types;
mod union;

use crate::ir::Api;
use proc_macro2::TokenStream;

/// A file of the output, relative to its folder, with `/` between segments.
pub type RelPath = String;

/// Where the generated crate's own documentation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrateDocs {
    /// Title and description of the document.
    Document,
    /// `README.md` beside the crate's manifest, so that its examples are compiled.
    Readme,
}

/// Prints the model.
pub fn emit(api: &Api, docs: CrateDocs) -> Vec<(RelPath, TokenStream)> {
    let mut files = vec![
        ("models.rs".to_owned(), models::emit(api)),
        ("api.rs".to_owned(), api::emit(api)),
        ("client.rs".to_owned(), client::emit(api)),
        ("server.rs".to_owned(), server::emit(api)),
    ];
    if !api.errors.is_empty() {
        files.push(("errors.rs".to_owned(), errors::emit(api)));
    }
    let lib = lib_rs::emit(api, docs, files.iter().map(|(_, tokens)| tokens));
    files.push(("lib.rs".to_owned(), lib));
    files
}
