//! `lib.rs`: the table of contents.
//!
//! The modules have their format from `render`; `rustfmt::skip` keeps a project-wide `cargo fmt` from giving them another.

use super::CrateDocs;
use crate::ir::{Api, BodyKind, Operation, SuccessKind};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

pub(super) fn emit<'a>(
    api: &Api,
    docs: CrateDocs,
    mut modules: impl Iterator<Item = &'a TokenStream>,
) -> TokenStream {
    let docs = match docs {
        CrateDocs::Readme => quote!(#![doc = include_str!("../README.md")]),
        CrateDocs::Document => {
            let lines =
                api.docs.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
            quote!(#(#![doc = #lines])*)
        }
    };
    // Names are those of the document, in whatever script it is written; only the whole crate can allow that.
    let scripts = modules
        .any(|tokens| !is_ascii(tokens))
        .then(|| quote!(#![allow(confusable_idents, mixed_script_confusables, uncommon_codepoints)]));
    let declared = self::modules(api);
    let exports = exports(api);
    quote! {
        #docs
        #![forbid(unsafe_code)]
        #scripts
        #declared
        #exports
    }
}

fn is_ascii(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().all(|token| match token {
        TokenTree::Ident(ident) => ident.to_string().is_ascii(),
        TokenTree::Group(group) => is_ascii(&group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => true,
    })
}

fn modules(api: &Api) -> TokenStream {
    let errors = (!api.errors.is_empty()).then(|| {
        quote! {
            #[rustfmt::skip]
            mod errors;
        }
    });
    quote! {
        #[rustfmt::skip]
        mod api;
        #[cfg(feature = "client")]
        #[rustfmt::skip]
        mod client;
        #errors
        #[rustfmt::skip]
        pub mod models;
        #[cfg(feature = "server")]
        #[rustfmt::skip]
        pub mod server;
    }
}

/// The trait, the client, and what their signatures mention.
fn exports(api: &Api) -> TokenStream {
    let service = api.service.ident();
    let has_servers = !api.servers.is_empty() || !api.operation_servers.is_empty();
    let servers = has_servers.then(|| quote!(servers));
    let errors = (!api.errors.is_empty()).then(|| {
        quote!(
            pub use errors::ErrorBody;
        )
    });
    let has = |test: fn(&Operation) -> bool| api.operations.iter().any(test);
    let download =
        has(|operation| matches!(operation.success.kind, SuccessKind::Download)).then(|| quote!(Download,));
    let events = has(|operation| matches!(operation.success.kind, SuccessKind::Events(_)))
        .then(|| quote!(EventStream,));
    let items = has(|operation| operation.paging.is_some()).then(|| quote!(Items,));
    let body = has(|operation| matches!(&operation.body, Some(body) if body.kind == BodyKind::Bytes));
    let body = body.then(|| quote!(Body,));
    quote! {
        pub use api::Api;
        #[cfg(feature = "client")]
        pub use client::{Client, #service, #servers};
        #errors
        pub use runtime;
        pub use runtime::{#body #download Error, #events #items Response, Result};
    }
}
