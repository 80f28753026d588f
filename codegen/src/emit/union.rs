//! Unions: enums with a member per type, and one that keeps what this version does not know.

use super::models::{head, serde_attribute};
use super::types;
use crate::ir::{Api, Tagging, TypeDef, Union, Variant};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn emit(api: &Api, def: &TypeDef, members: &Union) -> TokenStream {
    let Union { tagging, variants, unknown } = members;
    let (head, name, unknown) = (head(def), def.name.ident(), unknown.ident());
    let (derive, untagged, keep) = match tagging {
        Tagging::Untagged => (quote!(Serialize, Deserialize), Some(quote!(#[serde(untagged)])), None),
        // Members carry their tag themselves.
        Tagging::Internal { .. } => (quote!(Serialize), Some(quote!(#[serde(untagged)])), None),
        Tagging::External => (quote!(Serialize), None, Some(quote!(#[serde(untagged)]))),
    };
    let read = match tagging {
        Tagging::Untagged => None,
        Tagging::Internal { property } => Some(read(def, members, quote!(wire::tag(&value, #property)))),
        Tagging::External => Some(read(def, members, quote!(wire::only_key(&value)))),
    };
    let declared = variants.iter().map(|variant| self::variant(api, variant, tagging));
    quote! {
        #head
        #[derive(Debug, Clone, PartialEq, #derive)]
        #untagged
        #[non_exhaustive]
        pub enum #name {
            #(#declared,)*
            /// Something that this version does not know.
            #keep
            #unknown(Value),
        }
        #read
    }
}

fn variant(api: &Api, variant: &Variant, tagging: &Tagging) -> TokenStream {
    let Variant { name, docs, ty, tags } = variant;
    let held = ty.as_ref().map(|ty| types::ty(api, ty));
    let fallback = match &held {
        Some(held) => {
            crate::docs::code(&held.to_string().replace(" < ", "<").replace(" >", ">").replace(" ,", ","))
        }
        None => crate::docs::code(name.as_str()),
    };
    let docs = types::docs(docs, &fallback);
    let rename = match (tagging, &tags[..]) {
        (Tagging::External, [tag]) if tag != name.as_str() => serde_attribute([quote!(rename = #tag)]),
        _ => None,
    };
    let name = name.ident();
    let held = held.map(|held| quote!((#held)));
    quote!(#docs #rename #name #held)
}

/// Reads by tag, so that a known tag with a broken payload is an error rather than something unknown.
fn read(def: &TypeDef, members: &Union, tag: TokenStream) -> TokenStream {
    let (name, unknown) = (def.name.ident(), members.unknown.ident());
    let arms = members.variants.iter().map(|variant| {
        let (member, tags) = (variant.name.ident(), &variant.tags);
        let value = match (&members.tagging, &variant.ty) {
            (_, None) => quote!(Ok(Self::#member)),
            (Tagging::External, Some(_)) => quote!(wire::only_value(value).map(Self::#member)),
            (_, Some(_)) => quote!(wire::from_value(value).map(Self::#member)),
        };
        quote!(Some(#(#tags)|*) => #value)
    });
    quote! {
        impl<'de> Deserialize<'de> for #name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = Value::deserialize(deserializer)?;
                match #tag {
                    #(#arms,)*
                    _ => Ok(Self::#unknown(value)),
                }
            }
        }
    }
}
