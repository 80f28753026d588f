//! `server.rs`: a router over any implementation of the trait.

use super::client::{path_style, query_style};
use super::{api, imports, models, types};
use crate::ir::{Api, Body, BodyKind, Location, Operation, ParamField, Params, SuccessKind, Type};
use crate::names::Name;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// What the file may import from the runtime.
const RUNTIME: &[&str] = &["Body", "Method", "PathStyle", "QueryStyle", "wire"];

pub(super) fn emit(api: &Api) -> TokenStream {
    let routes: Vec<Route<'_>> = routes(&api.operations);
    let router = router(api, &routes);
    let handlers = routes.iter().map(|route| handler(api, route));
    let params = routes.iter().filter_map(|route| route.first.params.as_ref()).map(reader);
    let items = quote!(#router #(#handlers)* #(#params)*);
    let imports = imports::needed(
        &items,
        &[
            ("runtime::wire", api::WIRE),
            ("runtime::server", &["Call", "ErrorShape", "FromCall", "Reply", "Routes", "axum"]),
            ("runtime", RUNTIME),
            ("std::collections", &["BTreeMap"]),
            ("std::sync", &["Arc"]),
        ],
    );
    let types = imports::models(api, &items);
    let deprecated = api.operations.iter().any(|operation| operation.deprecated);
    let deprecated = (deprecated || models::touches_deprecated(api)).then(|| quote!(#![allow(deprecated)]));
    quote! {
        //! The operations behind HTTP.
        #deprecated
        use crate::api::Api;
        #types
        #imports
        #items
    }
}

/// A method and path, with the operation that answers at once and perhaps the one that streams.
struct Route<'a> {
    first: &'a Operation,
    streaming: Option<&'a Operation>,
}

fn routes(operations: &[Operation]) -> Vec<Route<'_>> {
    let mut routes: Vec<Route<'_>> = Vec::new();
    for operation in operations {
        match routes.last_mut() {
            Some(route) if route.first.path == operation.path && route.first.method == operation.method => {
                route.streaming = Some(operation);
            }
            _ => routes.push(Route { first: operation, streaming: None }),
        }
    }
    routes
}

fn router(api: &Api, routes: &[Route<'_>]) -> TokenStream {
    let mut prefixes: Vec<&str> = Vec::new();
    for server in &api.servers {
        if !prefixes.contains(&server.prefix.as_str()) {
            prefixes.push(&server.prefix);
        }
    }
    if prefixes.is_empty() {
        prefixes.push("");
    }
    let shared = routes.iter().any(|route| route.first.prefixes.is_none());
    let constant = shared.then(|| {
        quote! {
            /// What the routes are mounted below: the paths of the servers.
            const PREFIXES: &[&str] = &[#(#prefixes),*];
        }
    });
    let routes = routes.iter().map(|route| {
        let Operation { name, path, method, prefixes, .. } = route.first;
        let (name, method) = (name.ident(), format_ident!("{}", api::verb(*method)));
        let prefixes = match prefixes {
            Some(own) => quote!(&[#(#own),*]),
            None => quote!(PREFIXES),
        };
        quote!(.route(Method::#method, #path, #prefixes, #name))
    });
    let (detail, fields) = (&api.error_shape.detail, api.error_shape.fields);
    quote! {
        #constant

        /// Serves an implementation of the API on all of its routes.
        ///
        /// Requests are checked against the specification before they reach it, and its failures go out in the shape that the
        /// specification gives to errors. Who may call is its own affair, or that of a layer around the router.
        pub fn router(api: impl Api + 'static) -> axum::Router {
            routes(api).into_router()
        }

        /// The routes with settings to change before they become a router.
        pub fn routes<Impl: Api + 'static>(api: Impl) -> Routes<Impl> {
            Routes::new(api, ErrorShape { detail: #detail, fields: #fields })
                #(#routes)*
        }
    }
}

fn handler(api: &Api, route: &Route<'_>) -> TokenStream {
    let operation = route.first;
    let name = operation.name.ident();
    let reads = reads(api, operation);
    let flag = is_flagged(operation).then(|| format_ident!("stream"));
    let pattern = |read: &Read| {
        let name = &read.name;
        match &flag {
            Some(flag) if read.is_body => quote!(Some((#name, #flag))),
            _ => quote!(Some(#name)),
        }
    };
    let check = match &reads[..] {
        [] => None,
        [read] => {
            let (pattern, value) = (pattern(read), &read.value);
            Some(quote!(let #pattern = #value else { return call.refuse(); };))
        }
        // All of them first, so that everything that is wrong gets noted.
        reads => {
            let names: Vec<&Ident> = reads.iter().map(|read| &read.name).collect();
            let values = reads.iter().map(|read| &read.value);
            let patterns = reads.iter().map(pattern);
            Some(quote! {
                #(let #names = #values;)*
                let (#(#patterns),*) = (#(#names),*) else { return call.refuse(); };
            })
        }
    };
    let reply = reply(api, operation);
    let replies = match route.streaming {
        None => reply,
        Some(streaming) => {
            let condition = match flag {
                Some(flag) => quote!(#flag),
                None => quote!(call.wants_events()),
            };
            let streamed = self::reply(api, streaming);
            quote!(if #condition { #streamed } else { #reply })
        }
    };
    let mutable = (!reads.is_empty()).then(|| quote!(mut));
    quote! {
        async fn #name<Impl: Api>(api: Arc<Impl>, #mutable call: Call) -> Reply {
            #check
            #replies
        }
    }
}

fn is_flagged(operation: &Operation) -> bool {
    matches!(operation.body, Some(Body { kind: BodyKind::Flagged { .. }, .. }))
}

/// A value that a handler reads from the request.
struct Read {
    name: Ident,
    value: TokenStream,
    is_body: bool,
}

fn reads(api: &Api, operation: &Operation) -> Vec<Read> {
    let path = operation.path_params.iter().map(|param| {
        let (ty, wire) = (types::ty(api, &param.ty), &param.wire);
        let value = match path_style(param.style) {
            None => quote!(call.path::<#ty>(#wire)),
            Some(style) => quote!(call.path_as::<#ty>(PathStyle::#style, #wire)),
        };
        Read { name: local(&param.name), value, is_body: false }
    });
    let params = operation.params.iter().map(|params| {
        let ty = params.name.ident();
        Read { name: params.argument.ident(), value: quote!(call.params::<#ty>()), is_body: false }
    });
    let body = operation.body.iter().map(|body| Read {
        name: format_ident!("body"),
        value: read_body(api, body),
        is_body: true,
    });
    path.chain(params).chain(body).collect()
}

/// A path parameter's variable, told apart from those that every handler has.
fn local(name: &Name) -> Ident {
    match name.as_str() {
        "call" | "api" | "stream" => format_ident!("{}_", name.as_str()),
        _ => name.ident(),
    }
}

fn read_body(api: &Api, body: &Body) -> TokenStream {
    match (&body.kind, body.required) {
        (BodyKind::Json(ty), required) => {
            let ty = types::ty(api, ty);
            if required { quote!(call.json::<#ty>().await) } else { quote!(call.json_opt::<#ty>().await) }
        }
        (BodyKind::Flagged { ty, property, aliases, .. }, _) => {
            let ty = types::ty(api, ty);
            quote!(call.json_with_flag::<#ty>(#property, &[#(#aliases),*]).await)
        }
        (BodyKind::Form(ty), required) => {
            let ty = types::ty(api, ty);
            if required { quote!(call.form::<#ty>().await) } else { quote!(call.form_opt::<#ty>().await) }
        }
        (BodyKind::Text, true) => quote!(call.text().await),
        (BodyKind::Text, false) => quote!(call.text_opt().await),
        (BodyKind::Bytes, true) => quote!(call.bytes().await),
        (BodyKind::Bytes, false) => quote!(call.bytes_opt().await),
    }
}

fn reply(api: &Api, operation: &Operation) -> TokenStream {
    let name = operation.name.ident();
    let path = operation.path_params.iter().map(|param| {
        let name = local(&param.name);
        if types::is_copy(types::underlying(api, &param.ty)) { quote!(#name) } else { quote!(&#name) }
    });
    let params = operation.params.iter().map(|params| {
        let argument = params.argument.ident();
        quote!(&#argument)
    });
    let body = operation.body.iter().map(|body| pass_body(api, body));
    let arguments = path.chain(params).chain(body);
    let call = quote!(api.#name(#(#arguments),*).await);
    let status = proc_macro2::Literal::u16_unsuffixed(operation.success.status);
    let media_type = &operation.success.media_type;
    match operation.success.kind {
        SuccessKind::Empty => quote!(call.reply_empty(#status, #call)),
        SuccessKind::Json(_) => quote!(call.reply_json(#status, #call)),
        SuccessKind::Text => quote!(call.reply_text(#status, #call)),
        SuccessKind::Download => quote!(call.reply_download(#status, #media_type, #call)),
        SuccessKind::Events(_) => quote!(call.reply_events(#status, #call)),
    }
}

/// The body as the trait's method takes it.
fn pass_body(api: &Api, body: &Body) -> TokenStream {
    let ty = match &body.kind {
        BodyKind::Json(ty) | BodyKind::Form(ty) => types::underlying(api, ty),
        // A flag comes with the body, so there is one; the client may leave it out all the same.
        BodyKind::Flagged { .. } => return if body.required { quote!(&body) } else { quote!(Some(&body)) },
        BodyKind::Text | BodyKind::Bytes => return quote!(body),
    };
    match (ty, body.required) {
        (plain, _) if types::is_copy(plain) => quote!(body),
        (_, true) => quote!(&body),
        (Type::String | Type::Array(_), false) => quote!(body.as_deref()),
        (_, false) => quote!(body.as_ref()),
    }
}

/// Reads the parameters of an operation: all of them first, so that everything that is wrong gets noted.
fn reader(params: &Params) -> TokenStream {
    let name = params.name.ident();
    let variable = |field: &ParamField| match field.name.as_str() {
        "call" => format_ident!("call_"),
        _ => field.name.ident(),
    };
    let lets = params.fields.iter().map(|field| {
        let (variable, value) = (variable(field), read_param(field));
        quote!(let #variable = #value;)
    });
    let fields = params.fields.iter().map(|field| {
        let (name, variable) = (field.name.ident(), variable(field));
        quote!(#name: #variable?)
    });
    quote! {
        impl FromCall for #name {
            fn from_call(call: &mut Call) -> Option<Self> {
                #(#lets)*
                Some(Self { #(#fields),* })
            }
        }
    }
}

fn read_param(field: &ParamField) -> TokenStream {
    let wire = &field.wire;
    let suffix = if field.required { "" } else { "_opt" };
    let method = |name: &str| format_ident!("{name}{suffix}");
    let (method, style) = match field.location {
        Location::Header => (method("header"), None),
        Location::Cookie => (method("cookie"), None),
        Location::Query(style) => match query_style(style) {
            None => (method("query"), None),
            Some(style) => (method("query_as"), Some(quote!(QueryStyle::#style,))),
        },
    };
    quote!(call.#method(#style #wire))
}
