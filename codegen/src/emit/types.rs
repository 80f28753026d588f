//! Types, presence, documentation and literals as tokens.

use crate::docs::Docs;
use crate::ir::{Api, Int, Literal, Presence, Type, TypeId, TypeKind};
use proc_macro2::TokenStream;
use quote::quote;

/// A type as it is written in a field.
pub(super) fn ty(api: &Api, ty: &Type) -> TokenStream {
    let inner = |wrapped: &Type| self::ty(api, wrapped);
    match ty {
        Type::Unit => quote!(()),
        Type::Bool => quote!(bool),
        Type::Int(int) => integer(*int),
        Type::F32 => quote!(f32),
        Type::F64 => quote!(f64),
        Type::String => quote!(String),
        Type::Uuid => quote!(wire::Uuid),
        Type::Timestamp => quote!(Timestamp),
        Type::Date => quote!(Date),
        Type::Base64 => quote!(Base64),
        Type::UnixMillis => quote!(UnixMillis),
        Type::Any => quote!(Value),
        Type::Array(item) => {
            let item = inner(item);
            quote!(Vec<#item>)
        }
        Type::Map(value) => {
            let value = inner(value);
            quote!(BTreeMap<String, #value>)
        }
        Type::Option(value) => {
            let value = inner(value);
            quote!(Option<#value>)
        }
        Type::Lenient(value) => {
            let value = inner(value);
            quote!(Lenient<#value>)
        }
        Type::Boxed(value) => {
            let value = inner(value);
            quote!(Box<#value>)
        }
        Type::Named(id) => {
            let name = api.types[id.0].name.ident();
            quote!(#name)
        }
    }
}

/// A field's whole type.
pub(super) fn present(api: &Api, presence: Presence, wrapped: &Type) -> TokenStream {
    let inner = ty(api, wrapped);
    match presence {
        Presence::Required | Presence::Empty => inner,
        Presence::Optional | Presence::NullIsNone => quote!(Option<#inner>),
        Presence::Nullable => quote!(Nullable<#inner>),
        Presence::Lenient => quote!(Lenient<#inner>),
    }
}

/// A type as an argument: text and numbers the way a caller has them, everything else by reference.
pub(super) fn argument(api: &Api, wrapped: &Type) -> TokenStream {
    match underlying(api, wrapped) {
        Type::String => quote!(&str),
        Type::Array(item) => {
            let item = ty(api, item);
            quote!(&[#item])
        }
        plain if is_copy(plain) => ty(api, wrapped),
        _ => {
            let inner = ty(api, wrapped);
            quote!(&#inner)
        }
    }
}

/// Whether a constructor or setter should take anything that converts, because callers hold text or a literal.
pub(super) fn converts(api: &Api, wrapped: &Type) -> bool {
    match wrapped {
        Type::String | Type::Boxed(_) | Type::Any => true,
        Type::Named(id) => matches!(api.types[id.0].kind, TypeKind::Id),
        _ => false,
    }
}

/// Whether values are copied rather than borrowed.
pub(super) fn is_copy(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Bool | Type::Int(_) | Type::F32 | Type::F64 | Type::Uuid | Type::Date | Type::Timestamp
    )
}

/// The type behind aliases.
pub(super) fn underlying<'a>(api: &'a Api, mut ty: &'a Type) -> &'a Type {
    while let Type::Named(TypeId(id)) = ty
        && let TypeKind::Alias(inner) = &api.types[*id].kind
    {
        ty = inner;
    }
    ty
}

/// Documentation, or the fallback where there is none.
pub(super) fn docs(docs: &Docs, fallback: &str) -> TokenStream {
    let fallback = [fallback.to_owned()];
    let lines = if docs.is_empty() { &fallback[..] } else { &docs[..] };
    let lines = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

/// A default as an expression.
pub(super) fn literal(api: &Api, literal: &Literal) -> TokenStream {
    match literal {
        Literal::Bool(flag) => quote!(#flag),
        Literal::Int(number) => {
            let number = proc_macro2::Literal::i128_unsuffixed(*number);
            quote!(#number)
        }
        Literal::Float(number) => {
            let number = proc_macro2::Literal::f64_unsuffixed(*number);
            quote!(#number)
        }
        Literal::Text(text) => quote!(#text.to_owned()),
        Literal::Variant(id, name) => {
            let (ty, variant) = (api.types[id.0].name.ident(), name.ident());
            quote!(#ty::#variant)
        }
    }
}

fn integer(int: Int) -> TokenStream {
    match int {
        Int::I8 => quote!(i8),
        Int::I16 => quote!(i16),
        Int::I32 => quote!(i32),
        Int::I64 => quote!(i64),
        Int::U8 => quote!(u8),
        Int::U16 => quote!(u16),
        Int::U32 => quote!(u32),
        Int::U64 => quote!(u64),
    }
}
