//! The trait's methods as methods that wait.

use super::Functions;
use super::parts::{self, argument, deprecated, docs, path};
use crate::rust::{Blocking, BlockingClient, BlockingMethod, BlockingWalk, Signature};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn client(blocking: &BlockingClient) -> TokenStream {
    let (name, client) = (blocking.name.ident(), path(&blocking.client));
    let shown = blocking.is_split.then(|| quote!(pub(crate)));
    quote! {
        /// The operations, each waiting for its answer: of a client, or of anything else that implements them.
        #[derive(Debug, Clone)]
        pub struct #name<A = #client>(#shown A);
    }
}

pub(super) fn from(blocking: &BlockingClient) -> TokenStream {
    let name = blocking.name.ident();
    quote! {
        impl<A> From<A> for #name<A> {
            fn from(api: A) -> Self {
                Self(api)
            }
        }
    }
}

/// A trait's method, because one of its own could have the name of an operation.
pub(super) fn as_ref(blocking: &BlockingClient) -> TokenStream {
    let name = blocking.name.ident();
    quote! {
        impl<A> AsRef<A> for #name<A> {
            fn as_ref(&self) -> &A {
                &self.0
            }
        }
    }
}

pub(super) fn methods(blocking: &Blocking) -> Functions {
    let (name, of_trait, wait) = (path(&blocking.of), path(&blocking.of_trait), path(&blocking.wait));
    let methods = blocking.methods.iter().map(|of| method(of, &wait));
    let walks = blocking.walks.iter().map(walk);
    Functions { head: quote!(impl<A: #of_trait> #name<A>), all: methods.chain(walks).collect() }
}

fn method(method: &BlockingMethod, wait: &TokenStream) -> TokenStream {
    let Signature { name, arguments, result } = &method.signature;
    let (docs, deprecated) = (docs(&method.docs), deprecated(method.deprecated.as_ref()));
    let given = arguments.iter().map(|argument| argument.name.ident());
    let (name, result) = (name.ident(), parts::ty(result));
    let call = quote!(#wait(self.0.#name(#(#given),*)));
    let body = if method.converts { quote!(Ok(#call?.map(Into::into))) } else { call };
    let arguments = arguments.iter().map(argument);
    quote! {
        #docs
        #deprecated
        pub fn #name(&self, #(#arguments),*) -> #result {
            #body
        }
    }
}

fn walk(walk: &BlockingWalk) -> TokenStream {
    let (docs, deprecated) = (docs(&walk.docs), deprecated(walk.deprecated.as_ref()));
    let (name, items, item) = (walk.name.ident(), path(&walk.items_type), parts::ty(&walk.item));
    let given = walk.arguments.iter().map(|argument| argument.name.ident());
    let arguments = walk.arguments.iter().map(argument);
    quote! {
        #docs
        #deprecated
        pub fn #name<'a>(&self, #(#arguments),*) -> #items<'a, #item>
        where
            A: Clone + 'a,
        {
            self.0.#name(#(#given),*).into()
        }
    }
}
