//! What stands at the head of a file: attributes, imports, and the crate's modules.
//!
//! Modules have their format from `render`; `rustfmt::skip` keeps a project-wide `cargo fmt` from giving them another.

use super::parts::{path, spaced};
use crate::rust::{Module, ModuleDocs, ModuleItem, Use, UsedNames};
use proc_macro2::TokenStream;
use quote::quote;

/// Attributes of a file, a line each.
pub(crate) fn inner_attributes(module: &Module) -> Vec<TokenStream> {
    let docs = match &module.docs {
        ModuleDocs::Lines(lines) => {
            let lines = spaced(lines);
            quote!(#(#![doc = #lines])*)
        }
        ModuleDocs::File(file) => quote!(#![doc = include_str!(#file)]),
    };
    let forbid = module.is_root.then(|| quote!(#![forbid(unsafe_code)]));
    let allows = module.allows.iter().map(|lint| quote::format_ident!("{lint}"));
    let allows = (!module.allows.is_empty()).then(|| quote!(#![allow(#(#allows),*)]));
    [docs].into_iter().chain(forbid).chain(allows).collect()
}

/// More names than these may take several lines, which a project may want to be of another width.
const ONE_LINE: usize = 4;

pub(crate) fn use_declaration(used: &Use) -> TokenStream {
    let public = used.is_public.then(|| quote!(pub));
    let feature = feature(used.feature);
    let module = path(&used.module);
    let skip = matches!(&used.names, UsedNames::Listed(names) if used.is_public && names.len() > ONE_LINE)
        .then(|| quote!(#[rustfmt::skip]));
    let names = match &used.names {
        UsedNames::Itself => quote!(#module),
        UsedNames::All => quote!(#module::*),
        UsedNames::Listed(names) => {
            let names: Vec<_> = names.iter().map(|name| name.ident()).collect();
            match &names[..] {
                [name] => quote!(#module::#name),
                names => quote!(#module::{#(#names),*}),
            }
        }
    };
    quote!(#feature #skip #public use #names;)
}

pub(super) fn module(module: &ModuleItem) -> TokenStream {
    let (feature, name) = (feature(module.feature), module.name.ident());
    let public = module.is_public.then(|| quote!(pub));
    quote!(#feature #[rustfmt::skip] #public mod #name;)
}

fn feature(feature: Option<&str>) -> Option<TokenStream> {
    feature.map(|feature| quote!(#[cfg(feature = #feature)]))
}
