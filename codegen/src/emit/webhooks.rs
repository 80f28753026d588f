//! Receivers of webhooks and callbacks: the enum of all, and the functions that make a router of them.

use super::parts::{docs, path};
use super::{Table, server};
use crate::rust::{MountedReceiver, Receivers, Webhooks};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn webhooks(webhooks: &Webhooks) -> TokenStream {
    let name = webhooks.name.ident();
    let variants = webhooks.variants.iter().map(|variant| {
        let (docs, name) = (docs(&variant.docs), variant.name.ident());
        quote!(#docs #name)
    });
    quote! {
        /// Everything that the service sends.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #name {
            #(#variants),*
        }
    }
}

pub(super) fn names(webhooks: &Webhooks) -> TokenStream {
    let name = webhooks.name.ident();
    let variants: Vec<_> = webhooks.variants.iter().map(|variant| variant.name.ident()).collect();
    let wire = webhooks.variants.iter().map(|variant| &variant.wire);
    quote! {
        impl #name {
            /// All of them.
            pub const ALL: &[Self] = &[#(Self::#variants),*];

            /// What the document calls it.
            pub fn name(self) -> &'static str {
                match self {
                    #(Self::#variants => #wire),*
                }
            }
        }
    }
}

pub(super) fn router(receivers: &Receivers) -> TokenStream {
    let (of_trait, axum) = (receivers.of_trait.ident(), path(&receivers.axum));
    quote! {
        /// Serves a handler, each webhook at its default path; see [`routes`] for other paths.
        ///
        /// Anyone who knows the address can post to it: [`routes`] takes a check of what the sender proves.
        pub fn router(handler: impl #of_trait + 'static) -> #axum::Router {
            routes(handler).into_router()
        }
    }
}

pub(super) fn routes(receivers: &Receivers) -> TokenStream {
    let (of_trait, webhook) = (receivers.of_trait.ident(), receivers.webhook.ident());
    let receivers_type = path(&receivers.receivers_type);
    quote! {
        /// The receivers with settings to change before they become a router: their paths, and a check of each request.
        pub fn routes<Impl: #of_trait + 'static>(handler: Impl) -> #receivers_type<Impl, #webhook> {
            #receivers_type::new(handler, ERROR_SHAPE).mount(table())
        }
    }
}

pub(super) fn table(receivers: &Receivers) -> Table {
    let (of_trait, webhook) = (receivers.of_trait.ident(), receivers.webhook.ident());
    let rows = receivers.receivers.iter().map(|MountedReceiver { webhook, verb, path, methods, handler }| {
        let (webhook, verb, served) = (webhook.ident(), verb.ident(), server::served(methods, handler));
        quote!(#verb #path for #webhook => #served)
    });
    Table { path: "runtime::receivers", of: quote!(table of #of_trait as #webhook), rows: rows.collect() }
}
