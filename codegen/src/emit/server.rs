//! A router over any implementation of the trait.

use super::parts::{self, path, ty};
use super::{Shared, What, answers};
use crate::rust::{
    AnswerBody, Checked, FormRead, FormReader, FormStyles, Handler, LeftOut, MountedRoute, Mounting, Need,
    ParamPlace, ParamRead, ParamsReader, PartRead, Pass, Path, Prefixes, Read, ReadValue, Receive, Replies,
    Reply, Router, StreamChoice,
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
    let empty = quote!(#routes::new(api, ERROR_SHAPE) #general);
    let body = match &router.routes {
        Mounting::Here(all) => {
            let mounted = mounted(router, all);
            quote!(#empty #mounted)
        }
        Mounting::Part(_) => quote!(mount(#empty)),
        Mounting::Parts(parts) => {
            let mounts = parts.iter().map(|(module, needs)| {
                let (module, cfg) = (path(module), parts::cfg(Some(needs)));
                quote!(#cfg let routes = #module::mount(routes);)
            });
            quote!(let routes = #empty; #(#mounts)* routes)
        }
    };
    quote! {
        /// The routes with settings to change before they become a router.
        pub fn routes<Impl: #api + 'static>(api: Impl) -> #routes<Impl> {
            #body
        }
    }
}

/// What adds the routes of a part to others; nothing where there are no others.
pub(super) fn mount(router: &Router) -> Option<TokenStream> {
    let Mounting::Part(all) = &router.routes else { return None };
    let (api, routes, mounted) = (path(&router.of_trait), path(&router.routes_type), mounted(router, all));
    Some(quote! {
        /// Adds these routes to others.
        pub(crate) fn mount<Impl: #api + 'static>(routes: #routes<Impl>) -> #routes<Impl> {
            routes #mounted
        }
    })
}

fn mounted(router: &Router, all: &[MountedRoute]) -> TokenStream {
    let method_type = path(&router.method_type);
    let mounted = all.iter().map(|MountedRoute { verb, path, prefixes, handler }| {
        let (verb, handler) = (verb.ident(), handler.ident());
        let prefixes = match prefixes {
            Some(own) => quote!(&[#(#own),*]),
            None => quote!(PREFIXES),
        };
        quote!(.route(#method_type::#verb, #path, #prefixes, #handler))
    });
    quote!(#(#mounted)*)
}

pub(super) fn left_out(left_out: &LeftOut) -> TokenStream {
    let (api, collector) = (path(&left_out.of_trait), path(&left_out.collector));
    let body = match &left_out.of {
        Checked::Methods(methods) => {
            let checks = methods.iter().map(|method| {
                let (name, method) = (method.as_str(), method.ident());
                quote!(.check(#name, Impl::#method))
            });
            quote!(#collector::new() #(#checks)* .into_vec())
        }
        Checked::Parts(parts) => {
            let lists = parts.iter().map(|(module, needs)| {
                let (module, cfg) = (path(module), parts::cfg(Some(needs)));
                quote!(#cfg #module::left_out::<Impl>())
            });
            quote! {
                let all: &[Vec<&'static str>] = &[#(#lists),*];
                all.concat()
            }
        }
    };
    quote! {
        /// The operations that an implementation leaves out, and that the router answers with 501.
        pub fn left_out<Impl: #api + 'static>() -> Vec<&'static str> {
            #body
        }
    }
}

pub(super) fn handler(handler: &Handler) -> TokenStream {
    let (name, of_trait) = (handler.name.ident(), path(&handler.of_trait));
    let (arc, call_type, reply_type) =
        (path(&handler.types.arc), path(&handler.types.call), path(&handler.types.reply));
    let (api, call) = (handler.locals.api.ident(), handler.locals.call.ident());
    let read = reads(handler);
    let replies = replies(handler, &handler.replies);
    let mutable = (!handler.reads.is_empty()).then(|| quote!(mut));
    let forms = handler.forms.iter().map(|(media_type, other)| {
        let other = other.ident();
        quote!(if #call.is_sent_as(#media_type) { return #other(#api, #call).await; })
    });
    quote! {
        async fn #name<Impl: #of_trait>(#api: #arc<Impl>, #mutable #call: #call_type) -> #reply_type {
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
fn reads(handler: &Handler) -> Option<TokenStream> {
    let (call, stream) = (handler.locals.call.ident(), handler.locals.stream.ident());
    let pattern = |read: &Read| {
        let name = read.name.ident();
        match read.value {
            ReadValue::JsonWithFlag(..) => quote!(Some((#name, #stream))),
            _ => quote!(Some(#name)),
        }
    };
    match &handler.reads[..] {
        [] => None,
        [read] => {
            let (pattern, value) = (pattern(read), value(&call, &read.value));
            Some(quote!(let #pattern = #value else { return #call.refuse(); };))
        }
        reads => {
            let names: Vec<Ident> = reads.iter().map(|read| read.name.ident()).collect();
            let values = reads.iter().map(|read| value(&call, &read.value));
            let patterns = reads.iter().map(pattern);
            Some(quote! {
                #(let #names = #values;)*
                let (#(#patterns),*) = (#(#names),*) else { return #call.refuse(); };
            })
        }
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
        ReadValue::Json(given, need) => {
            let (method, given) = (reader_of("json", *need), ty(given));
            quote!(#call.#method::<#given>().await)
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
    let arguments = handler.reads.iter().map(|read| {
        let name = read.name.ident();
        match read.pass {
            Pass::Value => quote!(#name),
            Pass::Ref => quote!(&#name),
            Pass::SomeRef => quote!(Some(&#name)),
            Pass::AsRef => quote!(#name.as_ref()),
            Pass::AsDeref => quote!(#name.as_deref()),
        }
    });
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
