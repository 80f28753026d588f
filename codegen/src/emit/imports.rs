//! `use` lines for exactly the names that a file mentions.

use crate::ir::Api;
use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::quote;
use std::collections::HashSet;

/// One `use` per module for those of its names that occur in the tokens.
pub(super) fn needed(tokens: &TokenStream, modules: &[(&str, &[&str])]) -> TokenStream {
    let mut mentioned = HashSet::new();
    collect(tokens.clone(), &mut mentioned);
    let uses = modules.iter().filter_map(|(module, names)| {
        let names: Vec<Ident> = names
            .iter()
            .filter(|name| mentioned.contains(**name))
            .map(|name| Ident::new(name, Span::call_site()))
            .collect();
        let path = module.split("::").map(|segment| Ident::new(segment, Span::call_site()));
        match &names[..] {
            [] => None,
            [name] => Some(quote!(use #(#path)::*::#name;)),
            names => Some(quote!(use #(#path)::*::{#(#names),*};)),
        }
    });
    quote!(#(#uses)*)
}

/// The import of the document's types, where the tokens mention any of them.
pub(super) fn models(api: &Api, tokens: &TokenStream) -> Option<TokenStream> {
    let mut mentioned = HashSet::new();
    collect(tokens.clone(), &mut mentioned);
    let types = api.types.iter().map(|def| &def.name);
    let params =
        api.operations.iter().filter_map(|operation| operation.params.as_ref()).map(|params| &params.name);
    types.chain(params).any(|name| mentioned.contains(name.as_str())).then(|| {
        quote!(
            use crate::models::*;
        )
    })
}

fn collect(tokens: TokenStream, into: &mut HashSet<String>) {
    // How many colons stand directly in front: what follows `::` is a part of something else.
    let mut colons = 0;
    // Whether the next braces hold variants, whose names are nobody else's.
    let mut variants = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => {
                colons += 1;
                continue;
            }
            TokenTree::Ident(ident) => {
                variants |= ident == "enum";
                // A name in front of a single colon is a field or an argument.
                let declares = matches!(tokens.peek(), Some(TokenTree::Punct(next))
                    if next.as_char() == ':' && next.spacing() == Spacing::Alone);
                if colons < 2 && !declares {
                    into.insert(ident.to_string());
                }
            }
            TokenTree::Group(group) if variants && group.delimiter() == Delimiter::Brace => {
                variants = false;
                let held = group.stream().into_iter().filter(|token| matches!(token, TokenTree::Group(_)));
                collect(held.collect(), into);
            }
            TokenTree::Group(group) => collect(group.stream(), into),
            // Attributes such as `skip_serializing_if = "Option::is_none"` name types in text.
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if let Some((name, "is_none" | "is_absent" | "null_as_default" | "not_null")) =
                    text.trim_matches('"').split_once("::")
                {
                    into.insert(name.to_owned());
                }
            }
            TokenTree::Punct(_) => {}
        }
        colons = 0;
    }
}
