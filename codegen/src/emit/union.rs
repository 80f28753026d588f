//! Enums: text with known values, and one of several types.

use super::parts::{self, derive, docs, head, path};
use super::{Declaration, Table};
use crate::names::Name;
use crate::rust::{
    Alternative, Alternatives, ArmValue, KnownProperty, TagKind, TagPlace, TagValue, TextEnum, TextVariant,
    Union, UnionArm, UnionReader, UnionVariant,
};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

/// Each variant with its text: what reading, writing and printing are made of.
pub(super) fn text_enum(values: &TextEnum) -> Declaration {
    let ((head, name), unknown) = (head(&values.head), values.unknown.ident());
    let variants = values.variants.iter().map(|TextVariant { name, docs, wire }| {
        let (docs, name) = (parts::docs(docs), name.ident());
        quote!(#docs #name = #wire)
    });
    Declaration {
        path: "runtime::text_enum",
        of: quote! {
            #head
            pub enum #name {
                #(#variants,)*
                #unknown(String),
            }
        },
    }
}

pub(super) fn union(members: &Union) -> TokenStream {
    let ((head, name), derive) = (head(&members.head), derive(&members.derives));
    let (unknown, any) = (members.unknown.ident(), parts::ty(&members.any));
    let untagged = Some(quote!(#[serde(untagged)]));
    let (all, last) = if members.is_untagged { (untagged, None) } else { (None, untagged) };
    let variants = members.variants.iter().map(variant);
    quote! {
        #head
        #derive
        #all
        #[non_exhaustive]
        pub enum #name {
            #(#variants,)*
            /// Something that this version does not know.
            #last
            #unknown(#any),
        }
    }
}

/// Each member with the properties that it knows.
pub(super) fn alternatives(alternatives: &Alternatives) -> Table {
    let (of, unknown) = (alternatives.of.ident(), alternatives.unknown.ident());
    let tag = alternatives.tag.iter().map(|tag| quote!((#tag)));
    let tag = quote!(#(#tag)*);
    let member = |Alternative { name, tags, known }: &Alternative| {
        let name = name.ident();
        let tags = (!tags.is_empty()).then(|| quote!((#(#tags)|*)));
        let known = known.iter().map(|known| match known {
            KnownProperty::Named(property) => quote!(#property),
            KnownProperty::Valued(property, values) => quote!((#property = #(#values)|*)),
            KnownProperty::Others => quote!(_),
        });
        match known.len() {
            0 => quote!(#name #tags),
            _ => quote!(#name #tags => #(#known)|*),
        }
    };
    Table {
        path: "runtime::alternatives",
        of: quote!(#of #tag),
        rows: alternatives.members.iter().map(member).chain([quote!(_ => #unknown)]).collect(),
    }
}

fn variant(variant: &UnionVariant) -> TokenStream {
    let (docs, name) = (docs(&variant.docs), variant.name.ident());
    let rename = variant.rename.as_ref().map(|name| quote!(#[serde(rename = #name)]));
    let held = variant.ty.as_ref().map(|ty| {
        let ty = parts::ty(ty);
        quote!((#ty))
    });
    quote!(#docs #rename #name #held)
}

/// A tag as a pattern.
fn literal(tag: &TagValue) -> TokenStream {
    match tag {
        TagValue::Text(text) => quote!(#text),
        TagValue::Integer(number) => Literal::i64_unsuffixed(*number).into_token_stream(),
        TagValue::Boolean(value) => quote!(#value),
    }
}

pub(super) fn reader(reader: &UnionReader) -> TokenStream {
    let (name, unknown, any) = (reader.of.ident(), reader.unknown.ident(), parts::ty(&reader.any));
    let (deserialize, deserializer) = (path(&reader.deserialize), path(&reader.deserializer));
    let wire = path(&reader.wire);
    let tag = match &reader.tag {
        TagPlace::Property(property, kind) => {
            let read = match kind {
                TagKind::Text => quote!(tag),
                TagKind::Integer => quote!(integer_tag),
                TagKind::Boolean => quote!(boolean_tag),
            };
            quote!(#wire::#read(&value, #property))
        }
        TagPlace::OnlyKey => quote!(#wire::only_key(&value)),
    };
    let attempt = |member: &Name| {
        let member = member.ident();
        quote! {
            if let Some(member) = #wire::attempt(&value) {
                return Ok(Self::#member(member));
            }
        }
    };
    let arms = reader.arms.iter().map(|UnionArm { tags, tried, variant, from }| {
        let variant = variant.ident();
        let tags = tags.iter().map(literal);
        let value = match from {
            ArmValue::Nothing => quote!(Ok(Self::#variant)),
            ArmValue::Whole => quote!(#wire::from_value(value).map(Self::#variant)),
            ArmValue::OnlyValue => quote!(#wire::only_value(value).map(Self::#variant)),
        };
        if tried.is_empty() {
            return quote!(Some(#(#tags)|*) => #value);
        }
        let tried = tried.iter().map(attempt);
        quote!(Some(#(#tags)|*) => { #(#tried)* #value })
    });
    let others = reader.tried.iter().map(attempt);
    let otherwise = match reader.tried.is_empty() {
        true => quote!(Ok(Self::#unknown(value))),
        false => quote!({ #(#others)* Ok(Self::#unknown(value)) }),
    };
    quote! {
        impl<'de> #deserialize<'de> for #name {
            fn deserialize<D: #deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = #any::deserialize(deserializer)?;
                match #tag {
                    #(#arms,)*
                    _ => #otherwise,
                }
            }
        }
    }
}
