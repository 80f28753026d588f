//! Methods that a struct of generated code derives: `new`, setters and defaults, as if they were written out.

use super::surface::{Item, Kind, blank, text, words};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Field, Ident, ItemStruct, Token, Type};

/// The derives of the runtime that make methods, not implementations.
pub(super) const DERIVES: [&str; 3] = ["New", "Setters", "OrDefault"];

/// The methods of a struct with their names.
pub(super) fn methods(of: &ItemStruct, derives: impl Fn(&str) -> bool) -> Vec<(String, Item)> {
    let given = names(&of.attrs, "new");
    let fields = || of.fields.iter().filter_map(|field| Some((field.ident.as_ref()?, field)));
    let mut methods = Vec::new();
    if derives("New") {
        let find = |name: &Ident| fields().find(|(field, _)| *field == name);
        let taken = given.iter().filter_map(find);
        let arguments = taken.map(|(name, field)| argument(name, field, &field.ty));
        methods.push(("new".to_owned(), method(arguments.collect(), "Self")));
    }
    if derives("Setters") {
        let is_flat =
            |field: &Field| list(&field.attrs, "serde").is_some_and(|list| list.contains("flatten"));
        for (name, field) in fields().filter(|(name, field)| !given.contains(name) && !is_flat(field)) {
            methods.extend(setters(name, field));
        }
    }
    if derives("OrDefault") {
        for (name, field) in fields() {
            let Some(default) = list(&field.attrs, "or_default") else { continue };
            let parts = Punctuated::<Expr, Token![,]>::parse_terminated.parse_str(&default);
            let own = parts.ok().and_then(|parts| parts.get(1).map(text));
            let own = own.unwrap_or_else(|| format!("{}_or_default", stem(name)));
            let value = inner(&field.ty, &["Option"]).unwrap_or(&field.ty);
            methods.push((own, method(vec![receiver("& self")], &text(value))));
        }
    }
    methods
}

/// The structs of `params!`: `Name of Trait::method`, one behind another, and what all of them are.
pub(super) fn alike(tokens: TokenStream) -> syn::Result<Vec<ItemStruct>> {
    let read = |input: ParseStream<'_>| {
        let mut all = Vec::new();
        while input.peek(Ident) {
            let name: Ident = input.parse()?;
            input.parse::<Ident>()?;
            let of = text(&input.parse::<syn::Path>()?).replace(' ', "");
            input.parse::<Token![,]>()?;
            all.push((name, format!(" Parameters of [`{of}`](crate::{of}).")));
        }
        Ok((all, input.parse::<ItemStruct>()?))
    };
    let (all, each) = read.parse2(tokens)?;
    let named = all.into_iter().map(|(name, docs)| {
        let mut one = ItemStruct { ident: name, ..each.clone() };
        one.attrs.insert(0, syn::parse_quote!(#[doc = #docs]));
        one
    });
    Ok(named.collect())
}

/// The setter of a value, and that of null.
fn setters(name: &Ident, field: &Field) -> Vec<(String, Item)> {
    let mut own = names(&field.attrs, "setter").into_iter();
    let set = own.next().map_or_else(|| name.to_string(), |own| own.to_string());
    let is = |wrapper| inner(&field.ty, &[wrapper]).is_some();
    let taken = match is("Lenient") {
        true => (name.to_string(), format!("impl Into < {} >", words(&field.ty))),
        false => argument(name, field, inner(&field.ty, &["Option", "Nullable"]).unwrap_or(&field.ty)),
    };
    let mut methods = vec![(set, method(vec![receiver("mut self"), taken], "Self"))];
    if is("Nullable") {
        let null = own.next().map_or_else(|| format!("{}_null", stem(name)), |own| own.to_string());
        methods.push((null, method(vec![receiver("mut self")], "Self")));
    }
    methods
}

fn method(arguments: Vec<(String, String)>, ty: &str) -> Item {
    Item { arguments, ty: ty.to_owned(), ..blank(Kind::Function) }
}

fn receiver(code: &str) -> (String, String) {
    ("self".to_owned(), code.to_owned())
}

/// An argument that takes a value, or anything that converts into it.
fn argument(name: &Ident, field: &Field, value: &Type) -> (String, String) {
    let converts =
        text(value) == "String" || field.attrs.iter().any(|attribute| attribute.path().is_ident("into"));
    let value = text(value);
    (name.to_string(), if converts { format!("impl Into < {value} >") } else { value })
}

/// What is in a wrapper of one of these names.
fn inner<'a>(ty: &'a Type, wrappers: &[&str]) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(inner) if wrappers.iter().any(|wrapper| last.ident == wrapper) => {
            Some(inner)
        }
        _ => None,
    }
}

/// The names that an attribute lists.
fn names(attributes: &[Attribute], called: &str) -> Vec<Ident> {
    let list = list(attributes, called).unwrap_or_default();
    let names = Punctuated::<Ident, Token![,]>::parse_terminated.parse_str(&list);
    names.map(|names| names.into_iter().collect()).unwrap_or_default()
}

/// What is in the parentheses of an attribute.
fn list(attributes: &[Attribute], called: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident(called))?;
    attribute.meta.require_list().ok().map(|list| list.tokens.to_token_stream().to_string())
}

/// What the names of further methods begin with.
fn stem(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").trim_end_matches('_').to_owned()
}
