//! What failed calls carry.

use super::parts::{self, derive, path};
use crate::names::Name;
use crate::rust::{ErrorArm, ErrorBody, ErrorVariant, StatusPattern};
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
    let by_operation = body.arms.iter().any(|arm| !arm.operations.is_empty());
    let arms = body.arms.iter().map(|arm| {
        let (statuses, variant) = (pattern(&arm.statuses), arm.variant.ident());
        let pattern = match (by_operation, operations(&arm.operations), &arm.statuses) {
            (true, Some(operations), _) => quote!((#statuses, Some(#operations))),
            (true, None, StatusPattern::Rest) | (false, ..) => statuses,
            (true, None, _) => quote!((#statuses, _)),
        };
        quote!(#pattern => answer.json().ok().map(Self::#variant))
    });
    let is_rest = |arm: &ErrorArm| arm.statuses == StatusPattern::Rest && arm.operations.is_empty();
    let nothing = (!body.arms.iter().any(is_rest)).then(|| quote!(_ => None,));
    let operation = by_operation.then(|| {
        quote! {
            let operation = answer.operation().map(|of| (of.method().as_str(), of.path()));
        }
    });
    let asked = match by_operation {
        true => quote!((answer.status().as_u16(), operation)),
        false => quote!(answer.status().as_u16()),
    };
    let read = match &body.arms[..] {
        // A match that does not tell statuses apart is none.
        [only] if is_rest(only) => {
            let variant = only.variant.ident();
            quote!(answer.json().ok().map(Self::#variant))
        }
        _ => quote! {
            #operation
            match #asked {
                #(#arms,)*
                #nothing
            }
        },
    };
    quote! {
        impl #name {
            /// The body of an error, where its status is one that the API describes and the body is what it describes.
            ///
            /// [`ApiError`](crate::ApiError) has status, headers and body in any case.
            pub fn from_error(error: &#error) -> Option<Self> {
                let answer = error.api()?;
                #read
            }
        }
    }
}

/// Any of the operations; nothing where there is none.
fn operations(operations: &[(Name, String)]) -> Option<TokenStream> {
    let operations = operations.iter().map(|(verb, path)| {
        let verb = verb.as_str();
        quote!((#verb, #path))
    });
    let operations: Vec<TokenStream> = operations.collect();
    (!operations.is_empty()).then(|| quote!(#(#operations)|*))
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
