//! Structs with their methods, identifiers, aliases.

use super::parts::{self, derive, head, path, path_text, serde};
use super::{Shared, Table, What};
use crate::names::Name;
use crate::rust::{
    Alias, AlikeParams, ContainerAttribute, Default, Field, FieldAttribute, FlagRead, Identifier,
    LenientValue, MethodAttribute, ParamsOf, Record, RedactedDebug, Spellings, StreamEvent,
};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

pub(super) fn record(record: &Record) -> TokenStream {
    let ((head, name), derive) = (head(&record.head), derive(&record.derives));
    let serde = serde(record.serde.iter().map(container));
    let constructor = record.constructor.as_ref().map(|taken| {
        let names = taken.iter().map(|taken| taken.name.ident());
        quote!(#[new(#(#names),*)])
    });
    let fields = record.fields.iter().map(field);
    quote! {
        #head
        #derive
        #constructor
        #serde
        #[non_exhaustive]
        pub struct #name {
            #(#fields,)*
        }
    }
}

pub(super) fn alike(alike: &AlikeParams) -> Shared {
    let of = alike.all.iter().map(|ParamsOf { name, of_trait, method }| {
        let (name, of_trait, method) = (name.ident(), of_trait.ident(), method.ident());
        quote!(#name of #of_trait::#method)
    });
    Shared { path: "runtime::params", of: of.collect(), what: What::Item(record(&alike.each)) }
}

fn container(attribute: &ContainerAttribute) -> TokenStream {
    match attribute {
        ContainerAttribute::RenameAll(rule) => quote!(rename_all = #rule),
        ContainerAttribute::Tag(property) => quote!(tag = #property),
        ContainerAttribute::Rename(name) => quote!(rename = #name),
        ContainerAttribute::Remote => quote!(remote = "Self"),
        ContainerAttribute::SkipNone => quote!(skip_serializing_none),
    }
}

fn field(field: &Field) -> TokenStream {
    let ((head, name), ty) = (head(&field.head), parts::ty(&field.ty));
    let serde = serde(field.serde.iter().map(field_attribute));
    let methods = field.methods.iter().map(method_attribute);
    quote!(#head #(#methods)* #serde pub #name: #ty)
}

fn field_attribute(attribute: &FieldAttribute) -> TokenStream {
    match attribute {
        FieldAttribute::Rename(name) => quote!(rename = #name),
        FieldAttribute::Default => quote!(default),
        FieldAttribute::ReadWith(function) => {
            let function = path_text(function);
            quote!(deserialize_with = #function)
        }
        FieldAttribute::SkipIf(function) => {
            let function = path_text(function);
            quote!(skip_serializing_if = #function)
        }
        FieldAttribute::Always => quote!(serialize_always),
        FieldAttribute::Flatten => quote!(flatten),
    }
}

pub(super) fn redacted(redacted: &RedactedDebug) -> TokenStream {
    let (fmt, of, name) = (path(&redacted.fmt), redacted.of.ident(), redacted.of.as_str());
    let fields = redacted.fields.iter().map(|(field, is_secret)| {
        let (name, field) = (field.as_str(), field.ident());
        match is_secret {
            true => quote!(.field(#name, &format_args!("[redacted]"))),
            false => quote!(.field(#name, &self.#field)),
        }
    });
    quote! {
        /// Without secrets.
        impl #fmt::Debug for #of {
            fn fmt(&self, f: &mut #fmt::Formatter<'_>) -> #fmt::Result {
                f.debug_struct(#name)#(#fields)*.finish()
            }
        }
    }
}

/// What the derives of a struct's methods are told about a field.
fn method_attribute(attribute: &MethodAttribute) -> TokenStream {
    match attribute {
        MethodAttribute::Into => quote!(#[into]),
        MethodAttribute::Setter(names) => {
            let names = names.iter().map(Name::ident);
            quote!(#[setter(#(#names),*)])
        }
        MethodAttribute::OrDefault(value, name) => {
            let (value, name) = (default(value), name.iter().map(Name::ident));
            quote!(#[or_default(#value #(, #name)*)])
        }
    }
}

fn default(value: &Default) -> TokenStream {
    match value {
        Default::Text(text) => quote!(#text),
        Default::Variant(variant) => path(variant),
        Default::Bool(flag) => quote!(#flag),
        Default::Int(number) => Literal::i128_unsuffixed(*number).to_token_stream(),
        Default::Float(number) => Literal::f64_unsuffixed(*number).to_token_stream(),
    }
}

pub(super) fn spellings(spellings: &Spellings) -> Table {
    let name = spellings.of.ident();
    Table {
        path: "runtime::aliases",
        of: quote!(#name),
        rows: spellings.pairs.iter().map(|(spelling, meant)| quote!(#spelling => #meant)).collect(),
    }
}

pub(super) fn identifier(identifier: &Identifier) -> TokenStream {
    let ((head, name), derive) = (head(&identifier.head), derive(&identifier.derives));
    quote! {
        #head
        #derive
        pub struct #name(String);
    }
}

pub(super) fn identifier_methods(identifier: &Identifier) -> TokenStream {
    let name = identifier.head.name.ident();
    quote!(runtime::identifier!(#name);)
}

pub(super) fn alias(alias: &Alias) -> TokenStream {
    let ((head, name), ty) = (head(&alias.head), parts::ty(&alias.ty));
    quote! {
        #head
        pub type #name = #ty;
    }
}

pub(super) fn lenient_value(lenient: &LenientValue) -> TokenStream {
    let (of_trait, name) = (path(&lenient.of_trait), lenient.of.ident());
    quote!(impl #of_trait for #name {})
}

pub(super) fn stream_event(event: &StreamEvent) -> TokenStream {
    let (of_trait, name) = (path(&event.of_trait), event.of.ident());
    let last = event.last.as_ref().map(|last| {
        let field = last.name.ident();
        let is_set = match last.read {
            FlagRead::Plain => quote!(self.#field),
            FlagRead::Option => quote!(self.#field == Some(true)),
            FlagRead::Nullable => quote!(self.#field.as_option() == Some(&true)),
            FlagRead::Lenient => quote!(self.#field.get() == Some(&true)),
        };
        quote! {
            const HAS_END: bool = true;
            fn is_last(&self) -> bool {
                #is_set
            }
        }
    });
    let names = (!event.names.is_empty()).then(|| {
        let names = &event.names;
        quote!(const NAMES: &'static [&'static str] = &[#(#names),*];)
    });
    let others = event.others.as_ref().map(|others| {
        let others = path(others);
        quote!(const OTHERS: #others = #others::Decode;)
    });
    let whole = event.is_whole.then(|| {
        quote!(
            const IS_WHOLE: bool = true;
        )
    });
    quote!(impl #of_trait for #name { #whole #names #others #last })
}
