//! `api.rs`: the trait with one method per operation.

use super::{imports, types};
use crate::docs::{Docs, code};
use crate::ir::{Api, Body, BodyKind, Link, Method, Operation, Presence, SuccessKind, Type};
use proc_macro2::TokenStream;
use quote::quote;

/// What the file may import from the runtime.
const RUNTIME: &[&str] = &["Body", "Download", "EventStream", "Items", "Response", "Result", "wire"];

/// Types of single values that may occur in signatures.
pub(super) const WIRE: &[&str] = &["Base64", "Date", "Lenient", "Timestamp", "UnixMillis", "Value"];

pub(super) fn emit(api: &Api) -> TokenStream {
    let methods = api.operations.iter().map(|operation| method(api, operation));
    let pages = api.operations.iter().filter_map(|operation| pages(api, operation));
    let items = quote! {
        /// The operations, one method each.
        ///
        /// The client is one implementation; a fake for tests, a decorator or a server's handler is another. Methods that
        /// walk all pages are built on the others and need not be written.
        pub trait Api: Send + Sync {
            #(#methods)*
            #(#pages)*
        }
    };
    let imports = imports::needed(
        &items,
        &[("runtime::wire", WIRE), ("runtime", RUNTIME), ("std::collections", &["BTreeMap"])],
    );
    let models = imports::models(api, &items);
    let paged = api.operations.iter().any(|operation| operation.deprecated && operation.paging.is_some());
    let deprecated = (paged || super::models::touches_deprecated(api)).then(|| quote!(#![allow(deprecated)]));
    quote! {
        //! The operations as a trait.
        #deprecated
        #models
        #imports
        #items
    }
}

fn method(api: &Api, operation: &Operation) -> TokenStream {
    let docs = types::docs(&documentation(operation), "");
    let deprecated = super::models::deprecated(operation.deprecated);
    let (name, arguments, answer) =
        (operation.name.ident(), arguments(api, operation), answer(api, &operation.success.kind));
    quote! {
        #docs
        #deprecated
        fn #name(&self, #(#arguments),*) -> impl Future<Output = Result<Response<#answer>>> + Send;
    }
}

/// The operation's documentation, its arguments where the document says something about them, and its route.
fn documentation(operation: &Operation) -> Docs {
    let mut lines = operation.docs.clone();
    let path = operation.path_params.iter().map(|param| (&param.name, &param.docs));
    for (name, docs) in path {
        if let [first, ..] = &docs[..] {
            lines.push(String::new());
            lines.push(format!("`{}`: {first}", name.as_str()));
        }
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(code(&format!("{} {}", verb(operation.method), operation.path)));
    lines
}

/// Arguments as they are declared.
pub(super) fn arguments(api: &Api, operation: &Operation) -> Vec<TokenStream> {
    let path = operation.path_params.iter().map(|param| {
        let (name, ty) = (param.name.ident(), types::argument(api, &param.ty));
        quote!(#name: #ty)
    });
    let params = operation.params.iter().map(|params| {
        let (argument, name) = (params.argument.ident(), params.name.ident());
        quote!(#argument: &#name)
    });
    let body = operation.body.iter().map(|body| {
        let ty = body_argument(api, body);
        quote!(body: #ty)
    });
    path.chain(params).chain(body).collect()
}

fn body_argument(api: &Api, body: &Body) -> TokenStream {
    let ty = match &body.kind {
        BodyKind::Json(ty) | BodyKind::Form(ty) | BodyKind::Flagged { ty, .. } => types::argument(api, ty),
        BodyKind::Text => quote!(String),
        BodyKind::Bytes => quote!(Body),
    };
    if body.required { ty } else { quote!(Option<#ty>) }
}

/// What a method's response holds.
pub(super) fn answer(api: &Api, success: &SuccessKind) -> TokenStream {
    match success {
        SuccessKind::Empty => quote!(()),
        SuccessKind::Json(ty) => types::ty(api, ty),
        SuccessKind::Text => quote!(String),
        SuccessKind::Download => quote!(Download),
        SuccessKind::Events(ty) => {
            let ty = types::ty(api, ty);
            quote!(EventStream<#ty>)
        }
    }
}

/// The method that walks all pages, built on the one that gets a page.
fn pages(api: &Api, operation: &Operation) -> Option<TokenStream> {
    let paging = operation.paging.as_ref()?;
    let params = operation.params.as_ref()?;
    let docs = types::docs(&paging_docs(operation), "");
    let (name, page, item) = (paging.name.ident(), operation.name.ident(), types::ty(api, &paging.item));
    let (argument, field) = (params.argument.ident(), paging.parameter.ident());
    let arguments = arguments(api, operation);
    // What the walk outlives has to be kept with it.
    let kept = operation.path_params.iter().filter_map(|param| {
        let name = param.name.ident();
        keep(api, &param.ty).map(|keep| quote!(let #name = #name.#keep;))
    });
    let again = operation.path_params.iter().filter_map(|param| {
        let name = param.name.ident();
        keep(api, &param.ty).map(|_| quote!(let #name = #name.clone();))
    });
    let passed = operation.path_params.iter().map(|param| {
        let name = param.name.ident();
        if keep(api, &param.ty).is_some() { quote!(&#name) } else { quote!(#name) }
    });
    let position = types::ty(api, &paging.parameter_ty);
    let items = read(&paging.items, paging.items_presence);
    let next = paging.next.ident();
    let fetch = quote! {
        move |position: Option<#position>| {
            #(#again)*
            let mut #argument = Clone::clone(&#argument);
            #argument.#field = position;
            async move {
                let page = self.#page(#(#passed,)* &#argument).await?.into_body();
                Ok((page.#items, page.#next))
            }
        }
    };
    let parameter = &paging.parameter_wire;
    let walk = match paging.link {
        Link::Url => quote!(Items::by_link_from(#parameter, #argument.#field.take(), #fetch)),
        Link::Token => quote!(Items::by_token_from(#argument.#field.take(), #fetch)),
    };
    Some(quote! {
        #docs
        fn #name(&self, #(#arguments),*) -> Items<'_, #item>
        where
            Self: Sized,
        {
            #(#kept)*
            let mut #argument = Clone::clone(#argument);
            #walk
        }
    })
}

fn read(items: &crate::names::Name, presence: Presence) -> TokenStream {
    let items = items.ident();
    match presence {
        Presence::Optional | Presence::NullIsNone => quote!(#items.unwrap_or_default()),
        _ => quote!(#items),
    }
}

/// How an argument is kept beyond the call; nothing for what is copied.
fn keep(api: &Api, ty: &Type) -> Option<TokenStream> {
    match types::underlying(api, ty) {
        Type::String | Type::Array(_) => Some(quote!(to_owned())),
        plain if types::is_copy(plain) => None,
        _ => Some(quote!(clone())),
    }
}

fn paging_docs(operation: &Operation) -> Docs {
    let name = operation.name.as_str();
    vec![
        format!("All items of [`{name}`](Self::{name}), page by page as they are needed."),
        String::new(),
        code(&format!("{} {}", verb(operation.method), operation.path)),
    ]
}

/// The method as it stands in a request.
pub(super) fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Put => "PUT",
        Method::Post => "POST",
        Method::Delete => "DELETE",
        Method::Options => "OPTIONS",
        Method::Head => "HEAD",
        Method::Patch => "PATCH",
        Method::Trace => "TRACE",
    }
}
