//! `lib.rs`: the table of contents.

use super::CrateDocs;
use crate::ir::{Api, Operation, SuccessKind};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn emit(api: &Api, docs: CrateDocs) -> TokenStream {
    let docs = match docs {
        CrateDocs::Readme => quote!(#![doc = include_str!("../README.md")]),
        CrateDocs::Document => {
            let lines =
                api.docs.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
            quote!(#(#![doc = #lines])*)
        }
    };
    let service = api.service.ident();
    let servers = (!api.servers.is_empty() || !api.operation_servers.is_empty()).then(|| quote!(servers,));
    let (errors, error_body) = match api.errors.is_empty() {
        true => (None, None),
        false => (
            Some(quote!(
                mod errors;
            )),
            Some(quote!(
                pub use errors::ErrorBody;
            )),
        ),
    };
    let has = |test: fn(&Operation) -> bool| api.operations.iter().any(test);
    let download =
        has(|operation| matches!(operation.success.kind, SuccessKind::Download)).then(|| quote!(Download,));
    let events = has(|operation| matches!(operation.success.kind, SuccessKind::Events(_)))
        .then(|| quote!(EventStream,));
    let items = has(|operation| operation.paging.is_some()).then(|| quote!(Items,));
    quote! {
        #docs
        #![forbid(unsafe_code)]

        mod api;
        #[cfg(feature = "client")]
        mod client;
        #errors
        pub mod models;

        pub use api::Api;
        #[cfg(feature = "client")]
        pub use client::{Client, #servers #service};
        #error_body
        pub use runtime;
        pub use runtime::{#download Error, #events #items Response, Result};
    }
}
