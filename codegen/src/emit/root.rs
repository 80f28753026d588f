//! What stands at the head of a file: attributes, imports, and the crate's modules.
//!
//! Modules have their format from `render`; `rustfmt::skip` keeps a project-wide `cargo fmt` from giving them another.

use super::parts::{cfg, docs, path, spaced};
use crate::rust::{Exports, Module, ModuleDocs, ModuleItem, Use, UsedNames};
use proc_macro2::TokenStream;
use quote::quote;

/// Attributes of a file, a line each.
pub(crate) fn inner_attributes(module: &Module) -> Vec<TokenStream> {
    let docs = match &module.docs {
        ModuleDocs::Lines(lines) => {
            let lines = spaced(lines);
            quote!(#(#![doc = #lines])*)
        }
        // What people write there may link to the client.
        ModuleDocs::File(file) => quote! {
            #![doc = include_str!(#file)]
            #![cfg_attr(not(feature = "client"), allow(rustdoc::broken_intra_doc_links))]
        },
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
    let cfg = cfg(used.needs.as_ref());
    let module = path(&used.module);
    let skip = matches!(&used.names, UsedNames::Listed(names) if used.is_public && names.len() > ONE_LINE)
        .then(|| quote!(#[rustfmt::skip]));
    let names = match &used.names {
        UsedNames::Itself => quote!(#module),
        UsedNames::All => quote!(#module::*),
        UsedNames::Renamed(name, new) => {
            let (name, new) = (name.ident(), new.ident());
            quote!(#module::#name as #new)
        }
        UsedNames::Hidden(name) => {
            let name = name.ident();
            quote!(#module::#name)
        }
        UsedNames::Listed(names) => {
            let names: Vec<_> = names.iter().map(|name| name.ident()).collect();
            match &names[..] {
                [name] => quote!(#module::#name),
                names => quote!(#module::{#(#names),*}),
            }
        }
    };
    let hidden = matches!(used.names, UsedNames::Hidden(_)).then(|| quote!(#[doc(hidden)]));
    quote!(#cfg #skip #hidden #public use #names;)
}

pub(super) fn module(module: &ModuleItem) -> TokenStream {
    let (cfg, name) = (cfg(module.needs.as_ref()), module.name.ident());
    let public = module.is_public.then(|| quote!(pub));
    let file = module.file.as_ref().map(|file| quote!(#[path = #file]));
    let skip = (!module.is_by_hand).then(|| quote!(#[rustfmt::skip]));
    quote!(#cfg #skip #file #public mod #name;)
}

pub(super) fn exports(exports: &Exports) -> TokenStream {
    let (docs, cfg, name) = (docs(&exports.docs), cfg(exports.needs.as_ref()), exports.name.ident());
    let uses = exports.uses.iter().map(use_declaration);
    quote! {
        #docs
        #cfg
        pub mod #name {
            #(#uses)*
        }
    }
}
