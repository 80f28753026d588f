//! Any implementation of the trait.

use super::parts::{self, argument};
use super::{Declaration, Piece};
use crate::rust::{Dynamic, DynamicMethods, Signature};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn dynamic(dynamic: &Dynamic) -> Piece {
    let (name, of_trait) = (dynamic.name.ident(), dynamic.of_trait.ident());
    let docs = quote! {
        /// Any implementation of [`Api`](crate::Api), for applications that choose theirs at run time: a client, a fake, a
        /// decorator. It implements the trait itself, so it goes wherever one does.
        ///
        /// Cheap to clone. Each call boxes its future; nothing else is different.
    };
    let (path, of) = match &dynamic.methods {
        DynamicMethods::Here(methods) => {
            let methods = methods.iter().map(method);
            ("runtime::dynamic", quote!(#docs pub trait #name: #of_trait { #(#methods)* }))
        }
        DynamicMethods::InParts(traits) => {
            let traits = traits.iter().map(|name| name.ident());
            ("runtime::dynamic", quote!(#docs pub trait #name: #of_trait where #(Self: #traits,)* {}))
        }
        DynamicMethods::OfPart(methods) => {
            let methods = methods.iter().map(method);
            ("runtime::dynamic_part", quote!(pub trait #name: #of_trait { #(#methods)* }))
        }
    };
    Piece::Declaration(Declaration { path, of })
}

fn method(Signature { name, arguments, result }: &Signature) -> TokenStream {
    let (name, arguments, result) = (name.ident(), arguments.iter().map(argument), parts::ty(result));
    quote!(fn #name(&self, #(#arguments),*) -> #result;)
}
