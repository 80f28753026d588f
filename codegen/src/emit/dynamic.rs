//! Any implementation of the trait.

use super::parts::{self, argument, path};
use super::{Declaration, Piece};
use crate::rust::{Dynamic, Signature};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn dynamic(dynamic: &Dynamic) -> Piece {
    let (name, of_trait) = (dynamic.name.ident(), path(&dynamic.of_trait));
    let methods = dynamic.methods.iter().map(method);
    let of = quote! {
        /// Any implementation of [`Api`](crate::Api), for applications that choose theirs at run time: a client, a fake, a
        /// decorator. It implements the trait itself, so it goes wherever one does.
        ///
        /// Cheap to clone. Each call boxes its future; nothing else is different.
        pub trait #name: #of_trait {
            #(#methods)*
        }
    };
    Piece::Declaration(Declaration { path: "runtime::dynamic", of })
}

fn method(Signature { name, arguments, result }: &Signature) -> TokenStream {
    let (name, arguments, result) = (name.ident(), arguments.iter().map(argument), parts::ty(result));
    quote!(fn #name(&self, #(#arguments),*) -> #result;)
}
