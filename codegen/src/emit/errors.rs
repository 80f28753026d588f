//! `errors.rs`: what failed calls carry, by status.

use super::{imports, types};
use crate::ir::{Api, ErrorBody, Statuses};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub(super) fn emit(api: &Api) -> TokenStream {
    let variants = api.errors.iter().map(|body| {
        let ErrorBody { name, ty, statuses } = body;
        let docs =
            format!(" Carried by {}.", statuses.iter().map(|s| describe(*s)).collect::<Vec<_>>().join(", "));
        let (name, ty) = (name.ident(), types::ty(api, ty));
        quote!(#[doc = #docs] #name(#ty))
    });
    let arms = arms(&api.errors);
    let items = quote! {
        /// What the server says about a failed call.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum ErrorBody {
            #(#variants,)*
        }
        impl ErrorBody {
            /// The body of an error, where its status is one that the API describes and the body is what it describes.
            ///
            /// [`ApiError`](runtime::ApiError) has status, headers and body in any case.
            pub fn of(error: &Error) -> Option<Self> {
                let answer = error.api()?;
                match answer.status().as_u16() {
                    #(#arms,)*
                }
            }
        }
    };
    let imports = imports::needed(
        &items,
        &[
            ("runtime::wire", &["Base64", "Date", "Lenient", "Timestamp", "UnixMillis", "Value"]),
            ("runtime", &["wire"]),
            ("std::collections", &["BTreeMap"]),
        ],
    );
    let models = imports::models(api, &items);
    let deprecated = super::models::touches_deprecated(api).then(|| quote!(#![allow(deprecated)]));
    quote! {
        //! What failed calls carry.
        #deprecated
        #models
        use runtime::Error;
        #imports
        #items
    }
}

/// Single statuses first, then classes, then whatever is left.
fn arms(bodies: &[ErrorBody]) -> Vec<TokenStream> {
    let arm = |body: &ErrorBody, pattern: Option<TokenStream>| {
        let name = body.name.ident();
        pattern.map(|pattern| quote!(#pattern => answer.json().ok().map(Self::#name)))
    };
    // Without classes in between, a body that is carried by whatever is left needs no arm for its single statuses.
    let has_class =
        bodies.iter().flat_map(|body| &body.statuses).any(|one| matches!(one, Statuses::Class(_)));
    let single = bodies
        .iter()
        .filter(|body| has_class || !body.statuses.contains(&Statuses::Default))
        .filter_map(|body| arm(body, codes(&body.statuses)));
    let class = bodies.iter().filter_map(|body| arm(body, classes(&body.statuses)));
    let rest = bodies.iter().find(|body| body.statuses.contains(&Statuses::Default));
    let rest = match rest {
        Some(body) => arm(body, Some(quote!(_))),
        None => Some(quote!(_ => None)),
    };
    single.chain(class).chain(rest).collect()
}

fn codes(statuses: &[Statuses]) -> Option<TokenStream> {
    let codes: Vec<Literal> = statuses
        .iter()
        .filter_map(|statuses| match statuses {
            Statuses::One(code) => Some(Literal::u16_unsuffixed(*code)),
            _ => None,
        })
        .collect();
    (!codes.is_empty()).then(|| quote!(#(#codes)|*))
}

fn classes(statuses: &[Statuses]) -> Option<TokenStream> {
    let ranges: Vec<TokenStream> = statuses
        .iter()
        .filter_map(|statuses| match statuses {
            Statuses::Class(class) => {
                let first = Literal::u16_unsuffixed(class * 100);
                let last = Literal::u16_unsuffixed(class * 100 + 99);
                Some(quote!(#first..=#last))
            }
            _ => None,
        })
        .collect();
    (!ranges.is_empty()).then(|| quote!(#(#ranges)|*))
}

fn describe(statuses: Statuses) -> String {
    match statuses {
        Statuses::One(code) => format!("`{code}`"),
        Statuses::Class(class) => format!("`{class}XX`"),
        Statuses::Default => "any other status".to_owned(),
    }
}
