//! Traits of operations.

use super::Functions;
use super::example;
use super::parts::{self, argument, deprecated, docs, path};
use crate::docs::Docs;
use crate::names::Name;
use crate::rust::{
    Argument, Example, NextText, PageField, PageFieldRead, Passing, Signature, Trait, TraitMethod, Walk,
    WalkLink, WalkPage,
};
use proc_macro2::TokenStream;
use quote::quote;

pub(super) fn operations(operations: &Trait) -> Functions {
    let (docs, name) = (docs(&operations.docs), operations.name.ident());
    let shown_in = operations.shown_in.as_ref();
    let methods = operations.methods.iter().map(|of| method(of, shown_in));
    let walks = operations.walks.iter().map(|of| walk(of, shown_in));
    let head = quote! {
        #docs
        #[allow(unused_variables)]
        pub trait #name: Send + Sync
    };
    Functions { head, all: methods.chain(walks).collect() }
}

/// Documentation, with an example where it is wanted.
fn shown(lines: &Docs, example: Option<&Example>, shown_in: Option<&Name>) -> TokenStream {
    let example = example.zip(shown_in).map(|(of, known_as)| example::docs(of, known_as));
    docs(&lines.iter().cloned().chain(example.into_iter().flatten()).collect())
}

fn method(method: &TraitMethod, shown_in: Option<&Name>) -> TokenStream {
    let Signature { name, arguments, result } = &method.signature;
    let docs = shown(&method.docs, method.example.as_ref(), shown_in);
    let deprecated = deprecated(method.deprecated.as_ref());
    let (ident, arguments, result) = (name.ident(), arguments.iter().map(argument), parts::ty(result));
    let (not_implemented, name) = (path(&method.not_implemented), name.as_str());
    quote! {
        #docs
        #deprecated
        fn #ident(&self, #(#arguments),*) -> impl Future<Output = #result> + Send {
            #not_implemented::new(#name)
        }
    }
}

fn walk(walk: &Walk, shown_in: Option<&Name>) -> TokenStream {
    let docs = shown(&walk.docs, walk.example.as_ref(), shown_in);
    let deprecated = deprecated(walk.deprecated.as_ref());
    let (name, items, item) = (walk.name.ident(), path(&walk.items_type), parts::ty(&walk.item));
    let arguments = walk.arguments.iter().map(argument);
    let query = walk.query.ident();
    let field = walk.position.field.ident();
    let wire = &walk.position.wire;
    let kept = walk.arguments.iter().filter(|argument| argument.name != walk.query).filter_map(keep);
    let fetch = fetch(walk);
    let start = match &walk.link {
        WalkLink::Parameter => quote!(by_link_from(#wire, #query.#field.take(), #fetch)),
        WalkLink::EitherParameter(other) => {
            let (other, other_wire) = (other.field.ident(), &other.wire);
            quote!(by_link_or_from((#wire, #other_wire), (#query.#field.take(), #query.#other.take()), #fetch))
        }
        WalkLink::Token => quote!(by_token_from(#query.#field.take(), #fetch)),
    };
    let api = walk.locals.api.ident();
    let (verb, path) = (path(&walk.operation.0), &walk.operation.1);
    quote! {
        #docs
        #deprecated
        fn #name<'a>(&self, #(#arguments),*) -> #items<'a, #item>
        where
            Self: Clone + 'a,
        {
            let #api = self.clone();
            #(#kept)*
            let mut #query = #query.clone();
            #items::#start.of(#verb, #path)
        }
    }
}

/// What asks for a page.
fn fetch(walk: &Walk) -> TokenStream {
    let (api, position, page) =
        (walk.locals.api.ident(), walk.locals.position.ident(), walk.locals.page.ident());
    let query = walk.query.ident();
    let (field, position_type) = (walk.position.field.ident(), parts::ty(&walk.position.ty));
    let (position_type, place) = match &walk.link {
        WalkLink::Parameter | WalkLink::Token => {
            (quote!(Option<#position_type>), quote!(#query.#field = #position;))
        }
        WalkLink::EitherParameter(other) => {
            let (other, other_type) = (other.field.ident(), parts::ty(&other.ty));
            let place = quote!((#query.#field, #query.#other) = #position;);
            (quote!((Option<#position_type>, Option<#other_type>)), place)
        }
    };
    let page_method = walk.page_method.ident();
    let others = || walk.arguments.iter().filter(|argument| argument.name != walk.query);
    let again = others().filter(|argument| argument.passing != Passing::Copy).map(|argument| {
        let name = argument.name.ident();
        quote!(let #name = #name.clone();)
    });
    let passed = walk.arguments.iter().map(|argument| {
        let name = argument.name.ident();
        if argument.passing == Passing::Copy { quote!(#name) } else { quote!(&#name) }
    });
    let items = page_field(&page, &walk.items, quote!(unwrap_or_default()));
    let next = next(&page, &walk.next, walk.next_text);
    let answer = quote!(#api.#page_method(#(#passed),*).await?.into_body());
    let bind = match &walk.place {
        WalkPage::Whole => quote!(let #page = #answer;),
        WalkPage::Optional => quote!(let Some(#page) = #answer else { return Ok((Vec::new(), None)); };),
        WalkPage::Variant { variant, error } => {
            let (variant, error) = (path(variant), path(error));
            quote! {
                let #variant(#page) = #answer else {
                    return Err(#error::other("the answer holds no page"));
                };
            }
        }
    };
    quote! {
        move |#position: #position_type| {
            let #api = #api.clone();
            #(#again)*
            let mut #query = #query.clone();
            #place
            async move {
                #bind
                Ok((#items, #next))
            }
        }
    }
}

/// How an argument is kept beyond the call; nothing for what is copied.
fn keep(argument: &Argument) -> Option<TokenStream> {
    let name = argument.name.ident();
    match &argument.passing {
        Passing::Copy | Passing::Owned => None,
        Passing::Str | Passing::Slice(_) => Some(quote!(let #name = #name.to_owned();)),
        Passing::Ref => Some(quote!(let #name = #name.clone();)),
    }
}

/// A field of a page; `absent` finishes an expression that may be nothing.
fn page_field(page: &proc_macro2::Ident, field: &PageField, absent: TokenStream) -> TokenStream {
    let name = field.name.ident();
    match field.read {
        PageFieldRead::Plain => quote!(#page.#name),
        PageFieldRead::Option => quote!(#page.#name.#absent),
        PageFieldRead::Nullable => quote!(#page.#name.into_option().#absent),
        PageFieldRead::Lenient => quote!(#page.#name.into_known().#absent),
    }
}

/// What leads on, as text that may be absent.
fn next(page: &proc_macro2::Ident, field: &PageField, text: NextText) -> TokenStream {
    let name = field.name.ident();
    let option = match field.read {
        PageFieldRead::Plain => {
            return match text {
                NextText::Same => quote!(Some(#page.#name)),
                NextText::Into => quote!(Some(#page.#name.into())),
                NextText::Print => quote!(Some(#page.#name.to_string())),
            };
        }
        PageFieldRead::Option => quote!(#page.#name),
        PageFieldRead::Nullable => quote!(#page.#name.into_option()),
        PageFieldRead::Lenient => quote!(#page.#name.into_known()),
    };
    match text {
        NextText::Same => option,
        NextText::Into => quote!(#option.map(String::from)),
        NextText::Print => quote!(#option.map(|next| next.to_string())),
    }
}
