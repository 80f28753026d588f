//! `models.rs`: every type of the document, and the parameters of operations.

use super::record::{Member, Record, Setters};
use super::{imports, types, union};
use crate::ir::{
    Api, Enum, EnumValue, Event, Field, Literal, Operation, ParamField, Params, Presence, Rest, Struct, Type,
    TypeDef, TypeKind,
};
use proc_macro2::TokenStream;
use quote::quote;

/// What the file may import, and from where.
const IMPORTS: &[(&str, &[&str])] = &[
    (
        "runtime::wire",
        &["Base64", "Date", "Lenient", "LenientValue", "Nullable", "Timestamp", "UnixMillis", "Value"],
    ),
    ("runtime", &["StreamEvent", "wire"]),
    ("serde", &["Deserialize", "Deserializer", "Serialize"]),
    ("std::collections", &["BTreeMap"]),
    ("std", &["fmt"]),
];

pub(super) fn emit(api: &Api) -> TokenStream {
    let types = api.types.iter().map(|def| type_def(api, def));
    let params = distinct_params(&api.operations).into_iter().map(|operation| params(api, operation));
    let items = quote!(#(#types)* #(#params)*);
    let imports = imports::needed(&items, IMPORTS);
    let deprecated = mentions_deprecated(api).then(|| quote!(#![allow(deprecated)]));
    quote! {
        //! What requests and responses carry.
        #deprecated
        #imports
        #items
    }
}

/// Both methods of a streaming operation share their parameters.
fn distinct_params(operations: &[Operation]) -> Vec<&Operation> {
    let mut distinct: Vec<&Operation> = Vec::new();
    for operation in operations {
        let name = |operation: &Operation| operation.params.as_ref().map(|params| params.name.clone());
        if operation.params.is_some() && !distinct.iter().any(|earlier| name(earlier) == name(operation)) {
            distinct.push(operation);
        }
    }
    distinct
}

fn mentions_deprecated(api: &Api) -> bool {
    let types = api.types.iter().any(|def| {
        def.deprecated
            || matches!(&def.kind, TypeKind::Struct(object) if object.fields.iter().any(|field| field.deprecated))
    });
    types || touches_deprecated(api)
}

/// Whether code outside of the models touches a deprecated type or parameter.
pub(super) fn touches_deprecated(api: &Api) -> bool {
    let params = api.operations.iter().filter_map(|operation| operation.params.as_ref());
    params.flat_map(|params| &params.fields).any(|field| field.deprecated)
        || api.types.iter().any(|def| def.deprecated)
}

fn type_def(api: &Api, def: &TypeDef) -> TokenStream {
    let event = def.event.as_ref().map(|event| stream_event(def, event));
    let item = match &def.kind {
        TypeKind::Struct(object) => structure(api, def, object),
        TypeKind::Enum(values) => enumeration(def, values),
        TypeKind::Union(members) => union::emit(api, def, members),
        TypeKind::Id => identifier(def),
        TypeKind::Alias(ty) => alias(api, def, ty),
    };
    quote!(#item #event)
}

/// The attributes that every kind of definition begins with.
pub(super) fn head(def: &TypeDef) -> TokenStream {
    let docs = types::docs(&def.docs, &format!("`{}`", def.name.as_str()));
    let deprecated = deprecated(def.deprecated);
    quote!(#docs #deprecated)
}

fn structure(api: &Api, def: &TypeDef, object: &Struct) -> TokenStream {
    let Struct { fields, casing, rest, tag, sent, .. } = object;
    let record = Record {
        name: &def.name,
        members: fields.iter().map(member).collect(),
        rest: rest.as_ref().map(|rest| &rest.name),
        setters: if *sent { Setters::Chained } else { Setters::None },
    };
    let (head, name) = (head(def), def.name.ident());
    let default = record.derive_default();
    let rename_all = casing.attribute().map(|rule| quote!(rename_all = #rule));
    let tag = tag.as_ref().map(|tag| {
        let (property, value) = (&tag.property, &tag.value);
        quote!(tag = #property, rename = #value)
    });
    let aliases = aliases(def, fields);
    // What is derived is called from the implementation that knows the other spellings.
    let remote = aliases.as_ref().map(|_| quote!(remote = "Self"));
    let serde = serde_attribute(rename_all.into_iter().chain(tag).chain(remote));
    let fields = fields.iter().map(|field| self::field(api, object, field));
    let rest = rest.as_ref().map(|rest| self::rest(api, rest));
    let methods = record.methods(api);
    quote! {
        #head
        #[derive(Debug, Clone, PartialEq, #default Serialize, Deserialize)]
        #serde
        #[non_exhaustive]
        pub struct #name {
            #(#fields,)*
            #rest
        }
        #aliases
        #methods
    }
}

/// Other spellings of properties; nothing where there are none.
fn aliases(def: &TypeDef, fields: &[Field]) -> Option<TokenStream> {
    let name = def.name.ident();
    let pairs: Vec<TokenStream> = fields
        .iter()
        .flat_map(|Field { wire, aliases, .. }| aliases.iter().map(move |alias| quote!(#alias => #wire)))
        .collect();
    (!pairs.is_empty()).then(|| quote!(runtime::aliases!(#name { #(#pairs),* });))
}

fn member(field: &Field) -> Member<'_> {
    Member {
        name: &field.name,
        wire: &field.wire,
        ty: &field.ty,
        presence: field.presence,
        default: field.default.as_ref(),
    }
}

fn field(api: &Api, object: &Struct, field: &Field) -> TokenStream {
    let Field { name, wire, ty, presence, docs, deprecated, .. } = field;
    let docs = types::docs(docs, &crate::docs::code(wire));
    let deprecated = self::deprecated(*deprecated);
    let rename = (object.casing.field(name.as_str()) != *wire).then(|| quote!(rename = #wire));
    let strict = object.sent && !object.received;
    let absence = match presence {
        Presence::Required | Presence::NullIsNone => None,
        // Answers may have null where the document says that they have not; requests have to be as documented.
        Presence::Empty if strict => Some(quote!(default)),
        Presence::Empty => Some(quote!(default, deserialize_with = "wire::null_as_default")),
        Presence::Optional if strict => Some(quote!(
            default,
            deserialize_with = "wire::not_null",
            skip_serializing_if = "Option::is_none"
        )),
        Presence::Optional => Some(quote!(default, skip_serializing_if = "Option::is_none")),
        Presence::Nullable => Some(quote!(default, skip_serializing_if = "Nullable::is_absent")),
        Presence::Lenient => Some(quote!(default, skip_serializing_if = "Lenient::is_absent")),
    };
    let serde = serde_attribute(rename.into_iter().chain(absence));
    let (name, ty) = (name.ident(), types::present(api, *presence, ty));
    quote! {
        #docs
        #deprecated
        #serde
        pub #name: #ty
    }
}

fn rest(api: &Api, rest: &Rest) -> TokenStream {
    let (name, ty) = (rest.name.ident(), types::ty(api, &rest.ty));
    quote! {
        /// Properties beyond those above.
        #[serde(flatten)]
        pub #name: BTreeMap<String, #ty>,
    }
}

fn stream_event(def: &TypeDef, event: &Event) -> TokenStream {
    let name = def.name.ident();
    let Event::EndsWith(field, presence) = event else {
        return quote!(impl StreamEvent for #name {});
    };
    let field = field.ident();
    let last = match presence {
        Presence::Required => quote!(self.#field),
        Presence::Lenient => quote!(self.#field.get() == Some(&true)),
        Presence::Nullable => quote!(self.#field.as_option() == Some(&true)),
        _ => quote!(self.#field == Some(true)),
    };
    quote! {
        impl StreamEvent for #name {
            const HAS_END: bool = true;
            fn is_last(&self) -> bool {
                #last
            }
        }
    }
}

fn enumeration(def: &TypeDef, values: &Enum) -> TokenStream {
    let Enum { values, casing, unknown, lenient } = values;
    let (head, name, unknown) = (head(def), def.name.ident(), unknown.ident());
    let serde = serde_attribute(casing.attribute().map(|rule| quote!(rename_all = #rule)));
    let variants = values.iter().map(|EnumValue { name, wire, docs }| {
        let docs = types::docs(docs, "");
        let rename = (casing.variant(name.as_str()) != *wire).then(|| quote!(#[serde(rename = #wire)]));
        let name = name.ident();
        quote!(#docs #rename #name)
    });
    let lenient = lenient.then(|| quote!(impl LenientValue for #name {}));
    quote! {
        #head
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #serde
        #[non_exhaustive]
        pub enum #name {
            #(#variants,)*
            /// A value that this version does not know.
            #[serde(untagged)]
            #unknown(String),
        }
        impl fmt::Display for #name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.serialize(formatter)
            }
        }
        #lenient
    }
}

fn identifier(def: &TypeDef) -> TokenStream {
    let (head, name) = (head(def), def.name.ident());
    quote! {
        #head
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct #name(String);
        runtime::identifier!(#name);
    }
}

fn alias(api: &Api, def: &TypeDef, ty: &Type) -> TokenStream {
    let (head, name, ty) = (head(def), def.name.ident(), types::ty(api, ty));
    quote! {
        #head
        pub type #name = #ty;
    }
}

fn params(api: &Api, operation: &Operation) -> Option<TokenStream> {
    let Params { name, fields, .. } = operation.params.as_ref()?;
    let presences: Vec<Presence> = fields
        .iter()
        .map(|field| if field.required { Presence::Required } else { Presence::Optional })
        .collect();
    let record = Record {
        name,
        members: fields
            .iter()
            .zip(&presences)
            .map(|(field, presence)| param_member(field, *presence))
            .collect(),
        rest: None,
        setters: Setters::Chained,
    };
    let method = operation.name.as_str();
    let docs = format!(" Parameters of [`Api::{method}`](crate::Api::{method}).");
    let default = record.derive_default();
    let declared = fields.iter().zip(&presences).map(|(field, presence)| {
        let docs = types::docs(&field.docs, &crate::docs::code(&field.wire));
        let deprecated = deprecated(field.deprecated);
        let (name, ty) = (field.name.ident(), types::present(api, *presence, &field.ty));
        quote!(#docs #deprecated pub #name: #ty)
    });
    let (ident, methods) = (name.ident(), record.methods(api));
    Some(quote! {
        #[doc = #docs]
        #[derive(Debug, Clone, PartialEq, #default)]
        #[non_exhaustive]
        pub struct #ident {
            #(#declared,)*
        }
        #methods
    })
}

fn param_member(field: &ParamField, presence: Presence) -> Member<'_> {
    let default: Option<&Literal> = field.default.as_ref().filter(|_| presence == Presence::Optional);
    Member { name: &field.name, wire: &field.wire, ty: &field.ty, presence, default }
}

pub(super) fn deprecated(deprecated: bool) -> Option<TokenStream> {
    deprecated.then(|| quote!(#[deprecated]))
}

/// `#[serde(...)]` with the given parts; nothing without parts.
pub(super) fn serde_attribute(parts: impl IntoIterator<Item = TokenStream>) -> Option<TokenStream> {
    let parts: Vec<TokenStream> = parts.into_iter().collect();
    (!parts.is_empty()).then(|| quote!(#[serde(#(#parts),*)]))
}
