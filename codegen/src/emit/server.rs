//! A router over any implementation of the trait.

use super::parts::{self, path, ty};
use super::{Piece, Shared, Table, What, answers};
use crate::names::Name;
use crate::rust::{
    AnswerBody, FormRead, FormReader, FormStyles, Handler, MountedRoute, Mounting, Need, Null, ParamPlace,
    ParamRead, ParamsReader, PartRead, Pass, Path, Prefixes, Read, ReadValue, Receive, Replies, Reply,
    Router, StreamChoice,
};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

pub(super) fn prefixes(prefixes: &Prefixes) -> TokenStream {
    let paths = &prefixes.paths;
    quote! {
        /// What the routes are mounted below: the paths of the servers.
        const PREFIXES: &[&str] = &[#(#paths),*];
    }
}

pub(super) fn router(router: &Router) -> TokenStream {
    let (api, axum) = (path(&router.of_trait), path(&router.axum));
    quote! {
        /// Serves an implementation of the API on all of its routes.
        ///
        /// Requests are checked against the specification before they reach it, and its failures go out in the shape that the
        /// specification gives to errors. Who may call is its own affair, or that of a layer around the router.
        pub fn router(api: impl #api + 'static) -> #axum::Router {
            routes(api).into_router()
        }
    }
}

pub(super) fn error_shape(shape_type: &Path, detail: &str, fields: bool) -> TokenStream {
    let shape_type = path(shape_type);
    quote! {
        /// Where failures have their words.
        const ERROR_SHAPE: #shape_type = #shape_type { detail: #detail, fields: #fields };
    }
}

pub(super) fn routes(router: &Router) -> TokenStream {
    let (api, routes) = (path(&router.of_trait), path(&router.routes_type));
    let general = router.general.as_ref().map(|name| quote!(.general_problems(#name)));
    quote! {
        /// The routes with settings to change before they become a router.
        pub fn routes<Impl: #api + 'static>(api: Impl) -> #routes<Impl> {
            #routes::new(api, ERROR_SHAPE) #general .mount(table())
        }
    }
}

pub(super) fn left_out(of_trait: &TokenStream) -> TokenStream {
    quote! {
        /// The operations that an implementation leaves out, and that the router answers with 501.
        pub fn left_out<Impl: #of_trait + 'static>() -> Vec<&'static str> {
            table::<Impl>().left_out()
        }
    }
}

/// The routes, with the methods behind them.
pub(super) fn table(router: &Router) -> Piece {
    let api = path(&router.of_trait);
    match &router.routes {
        Mounting::Here(all) => {
            let below = all.iter().any(|route| route.prefixes.is_none()).then(|| quote!(below PREFIXES));
            let of = quote!(table of #api #below);
            Piece::Table(Table { path: "runtime::routes", of, rows: all.iter().map(row).collect() })
        }
        Mounting::Parts(parts) => {
            let table = router.table_type.as_ref().map(path);
            let parts = parts.iter().map(|(module, needs)| {
                let (module, cfg) = (path(module), parts::cfg(Some(needs)));
                quote!(#cfg let table = table.and(#module::table());)
            });
            Piece::Code(quote! {
                /// Every route that is compiled, and the methods behind it.
                fn table<Impl: #api + 'static>() -> #table<Impl> {
                    let table = #table::default();
                    #(#parts)*
                    table
                }
            })
        }
    }
}

fn row(MountedRoute { verb, path, prefixes, methods, handler }: &MountedRoute) -> TokenStream {
    let (verb, served) = (verb.ident(), served(methods, handler));
    let below = prefixes.as_ref().map(|own| quote!(below [#(#own),*]));
    quote!(#verb #path #below => #served)
}

/// The methods behind a row, and the function that serves it where it is not called like the first of them.
pub(super) fn served(methods: &[Name], handler: &Name) -> TokenStream {
    let by = (methods.first() != Some(handler)).then(|| {
        let handler = handler.ident();
        quote!(by #handler)
    });
    let methods = methods.iter().map(Name::ident);
    quote!(#(#methods)|* #by)
}

pub(super) fn handler(handler: &Handler) -> TokenStream {
    let (name, of_trait) = (handler.name.ident(), path(&handler.of_trait));
    let (call_type, reply_type) = (path(&handler.types.call), path(&handler.types.reply));
    let (api, call) = (handler.locals.api.ident(), handler.locals.call.ident());
    let read = reads(handler);
    let replies = replies(handler, &handler.replies);
    let forms = handler.forms.iter().map(|(media_type, other)| {
        let other = other.ident();
        quote!(if #call.is_sent_as(#media_type) { return #other(#api, #call).await; })
    });
    quote! {
        async fn #name(#api: &impl #of_trait, #call: &mut #call_type) -> Option<#reply_type> {
            #(#forms)*
            #read
            #replies
        }
    }
}

fn replies(handler: &Handler, all: &Replies) -> TokenStream {
    let call = handler.locals.call.ident();
    match all {
        Replies::One(only) => reply(handler, only),
        Replies::Two { by, whole, streamed } => {
            let condition = match by {
                StreamChoice::Flag => {
                    let stream = handler.locals.stream.ident();
                    quote!(#stream)
                }
                StreamChoice::Accept => match &streamed.kind {
                    Receive::Lines(media_type) | Receive::Sequence(media_type) => {
                        quote!(#call.wants(#media_type))
                    }
                    _ => quote!(#call.wants_events()),
                },
            };
            let (whole, streamed) = (replies(handler, whole), reply(handler, streamed));
            quote!(if #condition { #streamed } else { #whole })
        }
        Replies::Forms { usual, others } => {
            let offered = std::iter::once(&usual.0).chain(others.iter().map(|(media_type, _)| media_type));
            let arms = others.iter().map(|(media_type, other)| {
                let other = reply(handler, other);
                quote!(#media_type => #other)
            });
            let usual = reply(handler, &usual.1);
            quote! {
                match #call.preferred(&[#(#offered),*]) {
                    #(#arms,)*
                    _ => #usual,
                }
            }
        }
    }
}

/// Reads everything first, so that everything that is wrong gets noted.
fn reads(handler: &Handler) -> TokenStream {
    let (call, stream) = (handler.locals.call.ident(), handler.locals.stream.ident());
    // Where there is more, what is missing ends the handler behind the last of it: see `argument`.
    let end = is_alone(handler).then(|| quote!(?));
    let reads = handler.reads.iter().map(|read| {
        let (name, value) = (read.name.ident(), value(&call, &read.value));
        match (&read.value, &end) {
            (ReadValue::JsonWithFlag(..), Some(_)) => quote!(let (#name, #stream) = #value?;),
            _ => quote!(let #name = #value #end;),
        }
    });
    let flags = handler.reads.iter().filter(|read| matches!(read.value, ReadValue::JsonWithFlag(..)));
    let flags = flags.filter(|_| end.is_none()).map(|read| {
        let name = read.name.ident();
        quote!(let (#name, #stream) = #name?;)
    });
    quote!(#(#reads)* #(#flags)*)
}

fn is_alone(handler: &Handler) -> bool {
    handler.reads.len() == 1
}

/// What was read, as an argument of a method.
fn argument(handler: &Handler, read: &Read) -> TokenStream {
    let name = read.name.ident();
    let is_there = is_alone(handler) || matches!(read.value, ReadValue::JsonWithFlag(..));
    let value = if is_there { quote!(#name) } else { quote!(#name?) };
    match read.pass {
        Pass::Value => value,
        Pass::Ref => quote!(&#value),
        Pass::SomeRef => quote!(Some(&#value)),
        Pass::AsRef => quote!(#value.as_ref()),
        Pass::AsDeref => quote!(#value.as_deref()),
    }
}

fn value(call: &Ident, value: &ReadValue) -> TokenStream {
    match value {
        ReadValue::Path(None, wire, given) => {
            let given = ty(given);
            quote!(#call.path::<#given>(#wire))
        }
        ReadValue::Path(Some(style), wire, given) => {
            let (style, given) = (path(style), ty(given));
            quote!(#call.path_as::<#given>(#style, #wire))
        }
        ReadValue::Params(given) => {
            let given = ty(given);
            quote!(#call.params::<#given>())
        }
        ReadValue::Json(given, need, null) => {
            let given = ty(given);
            match (need, null) {
                (Need::Required, Null::Refused) => quote!(#call.json::<#given>().await),
                (Need::Required, Null::None) => quote!(#call.json::<Option<#given>>().await),
                (Need::Optional, Null::Refused) => quote!(#call.json_opt::<#given>().await),
                (Need::Optional, Null::None) => quote!(#call.json_or_null::<#given>().await),
            }
        }
        ReadValue::JsonWithFlag(given, property, aliases) => {
            let given = ty(given);
            quote!(#call.json_with_flag::<#given>(#property, &[#(#aliases),*]).await)
        }
        ReadValue::Form(given, styles, need) => {
            let (name, styles) = match styles {
                FormStyles::Usual => ("form", None),
                FormStyles::All(style) => ("form_as", Some(path(style))),
                FormStyles::Each(styles) => ("form_with", Some(parts::styles(styles))),
            };
            let (method, given) = (reader_of(name, *need), ty(given));
            quote!(#call.#method::<#given>(#styles).await)
        }
        ReadValue::Text(need) => {
            let method = reader_of("text", *need);
            quote!(#call.#method().await)
        }
        ReadValue::Multipart(given, need) => {
            let (method, given) = (reader_of("multipart", *need), ty(given));
            quote!(#call.#method::<#given>().await)
        }
        ReadValue::Bytes(need) => {
            let method = reader_of("bytes", *need);
            quote!(#call.#method().await)
        }
        ReadValue::Lines(given, need) => {
            let (method, given) = (reader_of("lines", *need), ty(given));
            quote!(#call.#method::<#given>().await)
        }
        ReadValue::Sequence(given, need) => {
            let (method, given) = (reader_of("sequence", *need), ty(given));
            quote!(#call.#method::<#given>().await)
        }
    }
}

/// The reader of the runtime's call: one of two names.
fn reader_of(name: &str, need: Need) -> Ident {
    match need {
        Need::Required => format_ident!("{name}"),
        Need::Optional => format_ident!("{name}_opt"),
    }
}

fn reply(handler: &Handler, reply: &Reply) -> TokenStream {
    let (api, call) = (handler.locals.api.ident(), handler.locals.call.ident());
    let method = reply.method.ident();
    let arguments = handler.reads.iter().map(|read| argument(handler, read));
    let result = quote!(#api.#method(#(#arguments),*).await);
    let status = Literal::u16_unsuffixed(reply.status);
    match (&reply.kind, &reply.media_type) {
        (Receive::Body(AnswerBody::Download), media_type) => {
            quote!(#call.reply_download(#status, #media_type, #result))
        }
        (Receive::Body(body), None) => {
            let reply = format_ident!("reply_{}", answers::method(*body));
            quote!(#call.#reply(#status, #result))
        }
        (Receive::Body(body), Some(media_type)) => {
            let reply = format_ident!("reply_{}_as", answers::method(*body));
            quote!(#call.#reply(#status, #media_type, #result))
        }
        (Receive::Events, _) => quote!(#call.reply_events(#status, #result)),
        (Receive::Lines(media_type), _) => quote!(#call.reply_lines(#status, #media_type, #result)),
        (Receive::Sequence(media_type), _) => quote!(#call.reply_sequence(#status, #media_type, #result)),
        (Receive::Redirect, _) => quote!(#call.reply_redirect(#status, #result)),
        (Receive::Upgrade, _) => quote!(#call.reply_upgrade(#result)),
        (Receive::ByStatus(arms), _) => answers::write(&call, &result, arms),
    }
}

pub(super) fn reader(reader: &ParamsReader) -> Shared {
    let rows = reader.fields.iter().map(|field| {
        let (name, value) = (field.field.ident(), param(field));
        quote!(#name: #value)
    });
    Shared {
        path: "runtime::from_call",
        of: reader.of.iter().map(path).collect(),
        what: What::Rows(rows.collect()),
    }
}

fn param(param: &ParamRead) -> TokenStream {
    let (name, style) = match &param.place {
        ParamPlace::Header(style) => ("header", style),
        ParamPlace::Cookie(style) => ("cookie", style),
        ParamPlace::Query(style) => ("query", style),
    };
    let wire = &param.wire;
    match style {
        None => {
            let method = reader_of(name, param.need);
            quote!(#method(#wire))
        }
        Some(style) => {
            let (method, style) = (reader_of(&format!("{name}_as"), param.need), path(style));
            quote!(#method(#style, #wire))
        }
    }
}

pub(super) fn form(reader: &FormReader) -> TokenStream {
    let (name, of_trait, form_type) = (path(&reader.of), path(&reader.types.0), path(&reader.types.1));
    let form = reader.form.ident();
    let lets = reader.fields.iter().map(|field| {
        let (variable, wire) = (field.variable.ident(), &field.wire);
        if let Some(header) = &field.header {
            let method = reader_of("part_header", field.need);
            return quote!(let #variable = #form.#method(#wire, #header););
        }
        let method = match field.read {
            PartRead::Value => reader_of("value", field.need),
            PartRead::File => reader_of("file", field.need),
            PartRead::Files => reader_of("files", field.need),
        };
        quote!(let #variable = #form.#method(#wire);)
    });
    let fields = reader.fields.iter().map(|FormRead { field, variable, .. }| {
        let (field, variable) = (field.ident(), variable.ident());
        quote!(#field: #variable?)
    });
    quote! {
        impl #of_trait for #name {
            fn from_form(#form: &mut #form_type<'_>) -> Option<Self> {
                #(#lets)*
                Some(Self { #(#fields),* })
            }
        }
    }
}
