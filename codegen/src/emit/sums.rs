//! The trait that sums the traits of all parts, and the macro for those who implement only some.

use super::parts::{cfg, docs};
use crate::rust::{Condition, RestMacro, SumTrait};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub(super) fn sum(sum: &SumTrait) -> TokenStream {
    let (docs, name, traits) = (docs(&sum.docs), sum.name.ident(), traits_of(sum));
    quote! {
        #docs
        pub trait #name: Send + Sync where #(Self: #traits),* {}
    }
}

pub(super) fn blanket(sum: &SumTrait) -> TokenStream {
    let (name, traits) = (sum.name.ident(), traits_of(sum));
    quote!(impl<All: Send + Sync> #name for All where #(All: #traits),* {})
}

fn traits_of(sum: &SumTrait) -> Vec<Ident> {
    sum.traits.iter().map(|name| name.ident()).collect()
}

/// One arm drops a trait that is written; what is left at the end is not.
pub(super) fn rest(rest: &RestMacro) -> TokenStream {
    let module = rest.module.ident();
    let traits: Vec<Ident> = rest.traits.iter().map(|(name, _)| name.ident()).collect();
    quote! {
        /// Implements for a type the traits of all other tags: `impl_rest!(Fake: PetsApi)` where it has written `PetsApi`.
        ///
        /// Their operations fail with `Error::NotImplemented`.
        #[macro_export]
        macro_rules! impl_rest {
            ($of:ty: $($written:ident),* $(,)?) => {
                $crate::impl_rest!(@each [#(#traits)*] $of: [$($written)*]);
            };
            (@each [$($wanted:ident)*] $of:ty: $written:tt) => {
                $($crate::impl_rest!(@ $wanted, $of: $written);)*
            };
            #((@ #traits, $of:ty: [#traits $($others:ident)*]) => {};)*
            (@ $wanted:ident, $of:ty: [$written:ident $($others:ident)*]) => {
                $crate::impl_rest!(@ $wanted, $of: [$($others)*]);
            };
            (@ $wanted:ident, $of:ty: []) => {
                impl $crate::#module::$wanted for $of {}
            };
        }
    }
}

pub(super) fn traits(rest: &RestMacro) -> TokenStream {
    let module = rest.module.ident();
    let traits = rest.traits.iter().map(|(name, needs)| {
        let name = name.ident();
        let (present, absent) = (cfg(Some(needs)), cfg(Some(&Condition::Not(Box::new(needs.clone())))));
        quote! {
            #present
            pub use super::#name;
            #absent
            pub trait #name {}
        }
    });
    quote! {
        /// The traits of all tags, also where these are not there: what `impl_rest` implements.
        #[doc(hidden)]
        pub mod #module {
            #(#traits)*
        }
    }
}
