//! Constructor, setters and defaults of a struct with public fields.

use super::types;
use crate::ir::{Api, Literal, Presence, Type};
use crate::names::Name;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// A struct whose values users build.
pub(super) struct Record<'a> {
    pub(super) name: &'a Name,
    pub(super) members: Vec<Member<'a>>,
    /// The field that collects further properties.
    pub(super) rest: Option<&'a Name>,
    pub(super) setters: Setters,
}

/// One of its fields.
pub(super) struct Member<'a> {
    pub(super) name: &'a Name,
    pub(super) wire: &'a str,
    pub(super) ty: &'a Type,
    pub(super) presence: Presence,
    pub(super) default: Option<&'a Literal>,
}

/// Whether what is optional can be set in a chain of calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Setters {
    Chained,
    None,
}

/// More arguments than this are allowed to a constructor only because the document requires as many properties.
const MANY_ARGUMENTS: usize = 7;

impl Record<'_> {
    /// `Default` among the derives where nothing is required.
    pub(super) fn derive_default(&self) -> Option<TokenStream> {
        self.required().next().is_none().then(|| quote!(Default,))
    }

    /// The methods; nothing where there are none.
    pub(super) fn methods(&self, api: &Api) -> Option<TokenStream> {
        let name = self.name.ident();
        let constructor = self.required().next().is_some().then(|| self.constructor(api));
        let optional = self.members.iter().filter(|member| member.presence != Presence::Required);
        let setters: Vec<TokenStream> = match self.setters {
            Setters::Chained => optional.map(|member| self.setter(api, member)).collect(),
            Setters::None => Vec::new(),
        };
        let defaults: Vec<TokenStream> = self
            .members
            .iter()
            .filter(|member| member.default.is_some() && !self.has(&member.name.with("_or_default")))
            .filter_map(|member| or_default(api, member))
            .collect();
        if constructor.is_none() && setters.is_empty() && defaults.is_empty() {
            return None;
        }
        Some(quote! {
            impl #name {
                #constructor
                #(#setters)*
                #(#defaults)*
            }
        })
    }

    fn has(&self, name: &Name) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    fn required(&self) -> impl Iterator<Item = &Member<'_>> {
        self.members.iter().filter(|member| member.presence == Presence::Required)
    }

    fn constructor(&self, api: &Api) -> TokenStream {
        let arguments = self.required().map(|member| {
            let (name, ty) = (member.name.ident(), taken(api, member.ty));
            quote!(#name: #ty)
        });
        let values = self.members.iter().map(|member| initial(api, member));
        let rest = self.rest.map(|name| {
            let name = name.ident();
            quote!(#name: BTreeMap::new(),)
        });
        let many =
            (self.required().count() > MANY_ARGUMENTS).then(|| quote!(#[allow(clippy::too_many_arguments)]));
        quote! {
            /// Everything that is required, and nothing else.
            #many
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#values,)* #rest }
            }
        }
    }

    fn setter(&self, api: &Api, member: &Member<'_>) -> TokenStream {
        let name = member.name.ident();
        let method = match member.name.as_str() {
            "new" => format_ident!("with_new"),
            _ => name.clone(),
        };
        let docs = format!(" Sets `{}`.", member.name.as_str());
        let inner = types::ty(api, member.ty);
        let plain = taken(api, member.ty);
        let converted = if types::converts(api, member.ty) { quote!(#name.into()) } else { quote!(#name) };
        let (argument, value) = match member.presence {
            Presence::Required | Presence::Empty => (plain, converted),
            Presence::Optional | Presence::NullIsNone => (plain, quote!(Some(#converted))),
            Presence::Nullable => (plain, quote!(Nullable::Value(#converted))),
            Presence::Lenient => (quote!(impl Into<Lenient<#inner>>), quote!(#name.into())),
        };
        let null = (member.presence == Presence::Nullable).then(|| self.null_setter(member));
        quote! {
            #[doc = #docs]
            #[must_use]
            pub fn #method(mut self, #name: #argument) -> Self {
                self.#name = #value;
                self
            }
            #null
        }
    }

    fn null_setter(&self, member: &Member<'_>) -> Option<TokenStream> {
        let wanted = member.name.with("_null");
        if self.has(&wanted) {
            return None;
        }
        let (name, setter) = (member.name.ident(), wanted.ident());
        let docs =
            format!(" Sends `{}` as null, which is not the same as leaving it out.", member.name.as_str());
        Some(quote! {
            #[doc = #docs]
            #[must_use]
            pub fn #setter(mut self) -> Self {
                self.#name = Nullable::Null;
                self
            }
        })
    }
}

/// What a constructor or setter takes.
fn taken(api: &Api, ty: &Type) -> TokenStream {
    let plain = types::ty(api, ty);
    if types::converts(api, ty) { quote!(impl Into<#plain>) } else { plain }
}

/// A field's value in the constructor.
fn initial(api: &Api, member: &Member<'_>) -> TokenStream {
    let name = member.name.ident();
    match (member.presence, member.ty) {
        (Presence::Required, ty) if types::converts(api, ty) => quote!(#name: #name.into()),
        (Presence::Required, _) => quote!(#name),
        (Presence::Empty, Type::Map(_)) => quote!(#name: BTreeMap::new()),
        (Presence::Empty, _) => quote!(#name: Vec::new()),
        (Presence::Optional | Presence::NullIsNone, _) => quote!(#name: None),
        (Presence::Nullable, _) => quote!(#name: Nullable::Absent),
        (Presence::Lenient, _) => quote!(#name: Lenient::Absent),
    }
}

/// The value, or what the document says holds without one.
fn or_default(api: &Api, member: &Member<'_>) -> Option<TokenStream> {
    let default = types::literal(api, member.default?);
    let (name, method) = (member.name.ident(), member.name.with("_or_default").ident());
    let ty = types::ty(api, member.ty);
    let docs = format!(" {}, or its default where it is absent.", crate::docs::code(member.wire));
    let value = match member.default? {
        Literal::Text(_) => quote!(self.#name.clone().unwrap_or_else(|| #default)),
        Literal::Variant(..) => quote!(self.#name.clone().unwrap_or(#default)),
        Literal::Bool(_) | Literal::Int(_) | Literal::Float(_) => quote!(self.#name.unwrap_or(#default)),
    };
    Some(quote! {
        #[doc = #docs]
        pub fn #method(&self) -> #ty {
            #value
        }
    })
}
