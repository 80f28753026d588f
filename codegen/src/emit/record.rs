//! Structs with their methods, identifiers, aliases.

use super::Table;
use super::parts::{self, derive, docs, given, head, path, path_text, serde, taken};
use crate::rust::{
    Alias, Constructor, ContainerAttribute, Default, DefaultGetter, Field, FieldAttribute, FlagRead,
    Identifier, Initial, LenientValue, Record, RecordMethods, RedactedDebug, Setter, SetterValue, Spellings,
    StreamEvent,
};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub(super) fn record(record: &Record) -> TokenStream {
    let ((head, name), derive) = (head(&record.head), derive(&record.derives));
    let serde = serde(record.serde.iter().map(container));
    let fields = record.fields.iter().map(field);
    quote! {
        #head
        #derive
        #serde
        #[non_exhaustive]
        pub struct #name {
            #(#fields,)*
        }
    }
}

fn container(attribute: &ContainerAttribute) -> TokenStream {
    match attribute {
        ContainerAttribute::RenameAll(rule) => quote!(rename_all = #rule),
        ContainerAttribute::Tag(property) => quote!(tag = #property),
        ContainerAttribute::Rename(name) => quote!(rename = #name),
        ContainerAttribute::Remote => quote!(remote = "Self"),
    }
}

fn field(field: &Field) -> TokenStream {
    let ((head, name), ty) = (head(&field.head), parts::ty(&field.ty));
    let serde = serde(field.serde.iter().map(field_attribute));
    quote!(#head #serde pub #name: #ty)
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

pub(super) fn methods(methods: &RecordMethods) -> TokenStream {
    let name = methods.of.ident();
    let constructor = methods.constructor.as_ref().map(constructor);
    let setters = methods.setters.iter().map(setter);
    let defaults = methods.defaults.iter().map(default_getter);
    quote! {
        impl #name {
            #constructor
            #(#setters)*
            #(#defaults)*
        }
    }
}

/// More arguments than this are allowed to a constructor only because the document requires as many properties.
const MANY_ARGUMENTS: usize = 7;

fn constructor(constructor: &Constructor) -> TokenStream {
    let docs = docs(&constructor.docs);
    let arguments = constructor.arguments.iter().map(taken);
    let fields = constructor.fields.iter().map(|(name, initial)| {
        let name = name.ident();
        match initial {
            Initial::Given => quote!(#name),
            Initial::Converted => quote!(#name: #name.into()),
            Initial::None => quote!(#name: None),
            Initial::Call(function) => {
                let function = path(function);
                quote!(#name: #function())
            }
            Initial::Constant(constant) => {
                let constant = path(constant);
                quote!(#name: #constant)
            }
        }
    });
    let many =
        (constructor.arguments.len() > MANY_ARGUMENTS).then(|| quote!(#[allow(clippy::too_many_arguments)]));
    quote! {
        #docs
        #many
        pub fn new(#(#arguments),*) -> Self {
            Self { #(#fields),* }
        }
    }
}

fn setter(setter: &Setter) -> TokenStream {
    let (docs, name, field) = (docs(&setter.docs), setter.name.ident(), setter.field.ident());
    let (argument, value) = match &setter.value {
        SetterValue::Plain(value) | SetterValue::Into(value) => (Some(taken(value)), given(value)),
        SetterValue::Some(value) => {
            let inner = given(value);
            (Some(taken(value)), quote!(Some(#inner)))
        }
        SetterValue::Wrapped(wrapper, value) => {
            let (wrapper, inner) = (path(wrapper), given(value));
            (Some(taken(value)), quote!(#wrapper(#inner)))
        }
        SetterValue::Constant(constant) => (None, path(constant)),
    };
    let argument = argument.map(|argument| quote!(, #argument));
    quote! {
        #docs
        #[must_use]
        pub fn #name(mut self #argument) -> Self {
            self.#field = #value;
            self
        }
    }
}

fn default_getter(getter: &DefaultGetter) -> TokenStream {
    let (docs, name, field) = (docs(&getter.docs), getter.name.ident(), getter.field.ident());
    let ty = parts::ty(&getter.ty);
    let value = match &getter.default {
        Default::Text(text) => quote!(self.#field.clone().unwrap_or_else(|| #text.to_owned())),
        Default::Variant(variant) => {
            let variant = path(variant);
            quote!(self.#field.clone().unwrap_or(#variant))
        }
        Default::Bool(flag) => quote!(self.#field.unwrap_or(#flag)),
        Default::Int(number) => {
            let number = Literal::i128_unsuffixed(*number);
            quote!(self.#field.unwrap_or(#number))
        }
        Default::Float(number) => {
            let number = Literal::f64_unsuffixed(*number);
            quote!(self.#field.unwrap_or(#number))
        }
    };
    quote! {
        #docs
        pub fn #name(&self) -> #ty {
            #value
        }
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
    quote!(impl #of_trait for #name { #last })
}
