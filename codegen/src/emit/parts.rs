//! What items consist of: paths, types, documentation, arguments.

use crate::docs::Docs;
use crate::rust::{Argument, Condition, Head, Passing, Path, Type};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// Properties of a form and their styles.
pub(super) fn styles(styles: &[(String, Path)]) -> TokenStream {
    let styles = styles.iter().map(|(wire, style)| {
        let style = path(style);
        quote!((#wire, #style))
    });
    quote!(&[#(#styles),*])
}

pub(super) fn path(Path(segments): &Path) -> TokenStream {
    let segments = segments.iter().map(|segment| segment.ident());
    quote!(#(#segments)::*)
}

/// A path as text, for attributes that want it so.
pub(super) fn path_text(Path(segments): &Path) -> String {
    segments.iter().map(|segment| segment.as_str()).collect::<Vec<_>>().join("::")
}

pub(super) fn ty(given: &Type) -> TokenStream {
    match given {
        Type::Unit => quote!(()),
        Type::Tuple(places) => {
            let places = places.iter().map(ty);
            quote!((#(#places,)*))
        }
        Type::Path(name, arguments) if arguments.is_empty() => path(name),
        Type::Path(name, arguments) => {
            let (name, arguments) = (path(name), arguments.iter().map(ty));
            quote!(#name<#(#arguments),*>)
        }
    }
}

/// `#[cfg(...)]`; nothing where nothing must be on.
pub(super) fn cfg(needs: Option<&Condition>) -> Option<TokenStream> {
    needs.map(|needs| {
        let needs = condition(needs);
        quote!(#[cfg(#needs)])
    })
}

fn condition(needs: &Condition) -> TokenStream {
    match needs {
        Condition::Feature(name) => quote!(feature = #name),
        Condition::Not(needs) => {
            let needs = condition(needs);
            quote!(not(#needs))
        }
        Condition::Any(all) => {
            let all = all.iter().map(condition);
            quote!(any(#(#all),*))
        }
    }
}

pub(super) fn docs(lines: &Docs) -> TokenStream {
    let lines = spaced(lines);
    quote!(#(#[doc = #lines])*)
}

/// Lines as they stand behind `///`.
pub(super) fn spaced(lines: &Docs) -> impl Iterator<Item = String> {
    lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") })
}

pub(super) fn deprecated(note: Option<&String>) -> Option<TokenStream> {
    note.map(|note| quote!(#[deprecated(note = #note)]))
}

/// Documentation and deprecation, and the name.
pub(super) fn head(head: &Head) -> (TokenStream, Ident) {
    let (docs, deprecated) = (docs(&head.docs), deprecated(head.deprecated.as_ref()));
    (quote!(#docs #deprecated), head.name.ident())
}

/// `#[derive(...)]`; nothing where nothing is derived.
pub(super) fn derive(derives: &[Path]) -> Option<TokenStream> {
    let paths = derives.iter().map(path);
    (!derives.is_empty()).then(|| quote!(#[derive(#(#paths),*)]))
}

/// `#[serde(...)]` with the given parts; nothing without parts.
pub(super) fn serde(parts: impl Iterator<Item = TokenStream>) -> Option<TokenStream> {
    let parts: Vec<TokenStream> = parts.collect();
    (!parts.is_empty()).then(|| quote!(#[serde(#(#parts),*)]))
}

/// An argument as it is declared.
pub(super) fn argument(argument: &Argument) -> TokenStream {
    let (name, inner) = (argument.name.ident(), ty(&argument.ty));
    let passed = match &argument.passing {
        Passing::Copy | Passing::Owned => inner,
        Passing::Str => quote!(&str),
        Passing::Slice(item) => {
            let item = ty(item);
            quote!(&[#item])
        }
        Passing::Ref => quote!(&#inner),
    };
    if argument.is_optional { quote!(#name: Option<#passed>) } else { quote!(#name: #passed) }
}
