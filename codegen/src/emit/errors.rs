//! What failed calls carry.

use super::parts::{self, derive, path};
use crate::rust::{ErrorBody, ErrorVariant, StatusPattern};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub(super) fn body(body: &ErrorBody) -> TokenStream {
    let (name, derive) = (body.name.ident(), derive(&body.derives));
    let variants = body.variants.iter().map(|ErrorVariant { name, docs, ty }| {
        let (docs, name, ty) = (parts::docs(docs), name.ident(), parts::ty(ty));
        quote!(#docs #name(#ty))
    });
    quote! {
        /// What the server says about a failed call.
        #derive
        #[non_exhaustive]
        pub enum #name {
            #(#variants,)*
        }
    }
}

pub(super) fn reader(body: &ErrorBody) -> TokenStream {
    let (name, error) = (body.name.ident(), path(&body.error));
    let arms = body.arms.iter().map(|(pattern, variant)| {
        let (pattern, variant) = (self::pattern(pattern), variant.ident());
        quote!(#pattern => answer.json().ok().map(Self::#variant))
    });
    let has_rest = body.arms.iter().any(|(pattern, _)| *pattern == StatusPattern::Rest);
    let nothing = (!has_rest).then(|| quote!(_ => None,));
    quote! {
        impl #name {
            /// The body of an error, where its status is one that the API describes and the body is what it describes.
            ///
            /// [`ApiError`](crate::ApiError) has status, headers and body in any case.
            pub fn from_error(error: &#error) -> Option<Self> {
                let answer = error.api()?;
                match answer.status().as_u16() {
                    #(#arms,)*
                    #nothing
                }
            }
        }
    }
}

fn pattern(pattern: &StatusPattern) -> TokenStream {
    match pattern {
        StatusPattern::Codes(codes) => {
            let codes = codes.iter().map(|code| Literal::u16_unsuffixed(*code));
            quote!(#(#codes)|*)
        }
        StatusPattern::Classes(classes) => {
            let ranges = classes.iter().map(|class| {
                let first = Literal::u16_unsuffixed(class * 100);
                let last = Literal::u16_unsuffixed(class * 100 + 99);
                quote!(#first..=#last)
            });
            quote!(#(#ranges)|*)
        }
        StatusPattern::Rest => quote!(_),
    }
}
