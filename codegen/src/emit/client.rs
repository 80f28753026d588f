//! The service's constants, and the trait over HTTP.

use super::Functions;
use super::answers;
use super::parts::{self, argument, path};
use crate::rust::{
    Client, ClientImpl, ClientMethod, FormStyles, FormWriter, ParamPlace, PartValue, Receive, RequestBody,
    RequestPart, Servers, Service,
};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub(super) fn service(service: &Service) -> TokenStream {
    let (name, client) = (service.name.ident(), parts::path_text(&service.client));
    let docs = format!(" The service that a [`{client}`] talks to.");
    quote! {
        #[doc = #docs]
        #[derive(Debug, Clone, Copy)]
        pub struct #name;
    }
}

pub(super) fn service_impl(service: &Service) -> TokenStream {
    let Service { product, env_prefix, .. } = service;
    let (name, of_trait) = (service.name.ident(), path(&service.of_trait));
    let (server, scheme) = (path(&service.types.0), path(&service.types.1));
    let servers = service.servers.iter().map(|name| {
        let name = name.ident();
        quote!(servers::#name)
    });
    let schemes = service.auth.iter().map(|auth| {
        let (constructor, arguments) = (auth.constructor.ident(), &auth.arguments);
        quote!(#scheme::#constructor(#(#arguments),*))
    });
    let security = security(&service.security);
    quote! {
        impl #of_trait for #name {
            const NAME: &'static str = #product;
            const VERSION: &'static str = env!("CARGO_PKG_VERSION");
            const ENV_PREFIX: &'static str = #env_prefix;
            const SERVERS: &'static [#server] = &[#(#servers),*];
            const AUTH: &'static [#scheme] = &[#(#schemes),*];
            const SECURITY: &'static [&'static [&'static str]] = #security;
        }
    }
}

fn security(alternatives: &[Vec<String>]) -> TokenStream {
    let alternatives = alternatives.iter().map(|set| quote!(&[#(#set),*]));
    quote!(&[#(#alternatives),*])
}

pub(super) fn client(client: &Client) -> TokenStream {
    let (name, service) = (client.name.ident(), client.service.ident());
    quote! {
        /// A client of the service. Cheap to clone; clones share connections.
        pub type #name = runtime::Client<#service>;
    }
}

pub(super) fn servers(servers: &Servers) -> TokenStream {
    let constants = servers.constants.iter().map(|(name, docs, url)| {
        let (docs, name) = (parts::docs(docs), name.ident());
        quote!(#docs pub const #name: Server = Server::new(#url);)
    });
    quote! {
        /// Where the service can be reached.
        pub mod servers {
            use runtime::Server;
            #(#constants)*
        }
    }
}

pub(super) fn methods(methods: &ClientImpl) -> Functions {
    let (of_trait, name) = (path(&methods.of_trait), path(&methods.of));
    let head = quote! {
        #[allow(refining_impl_trait)]
        impl #of_trait for #name
    };
    Functions { head, all: methods.methods.iter().map(method).collect() }
}

fn method(method: &ClientMethod) -> TokenStream {
    let (name, arguments) = (method.name.ident(), method.arguments.iter().map(argument));
    let (future, answer) = (path(&method.future), parts::ty(&method.answer));
    let (method_type, verb, template) = (path(&method.method_type), method.verb.ident(), &method.path);
    let parts = method.parts.iter().map(part);
    let receive = match &method.receive {
        Receive::Body(body) => {
            let receive = format_ident!("receive_{}", answers::method(*body));
            quote!(#receive())
        }
        Receive::Events => quote!(receive_events()),
        Receive::Lines(media_type) => quote!(receive_lines(#media_type)),
        Receive::Sequence(media_type) => quote!(receive_sequence(#media_type)),
        Receive::Redirect => quote!(receive_redirect()),
        Receive::Upgrade => quote!(receive_upgrade("websocket")),
        Receive::ByStatus(arms) => answers::read(arms),
    };
    // Compiled in crates that call it, and not for all operations in this one.
    quote! {
        #[inline]
        fn #name(&self, #(#arguments),*) -> #future<'_, #answer> {
            self.request(#method_type::#verb, #template) #(.#parts)* .#receive
        }
    }
}

fn part(part: &RequestPart) -> TokenStream {
    match part {
        RequestPart::Servers(names) => {
            let names = names.iter().map(path);
            quote!(servers(&[#(#names),*]))
        }
        RequestPart::Auth(alternatives) => {
            let alternatives = security(alternatives);
            quote!(auth(#alternatives))
        }
        RequestPart::Accept(media_types) => quote!(accept(#media_types)),
        RequestPart::Fixed(name, value) => quote!(query(#name, #value)),
        RequestPart::Path { style, wire, value, is_value } => {
            let (value, reference) = (value.ident(), is_value.then(|| quote!(&)));
            match style.as_ref().map(path) {
                None => quote!(path(#wire, #reference #value)),
                Some(style) => quote!(path_as(#style, #wire, #reference #value)),
            }
        }
        RequestPart::Param { place, wire, argument, field } => {
            let (argument, field) = (argument.ident(), field.ident());
            match place {
                ParamPlace::Header(None) => quote!(header(#wire, &#argument.#field)),
                ParamPlace::Header(Some(style)) => {
                    let style = path(style);
                    quote!(header_as(#style, #wire, &#argument.#field))
                }
                ParamPlace::Cookie(None) => quote!(cookie(#wire, &#argument.#field)),
                ParamPlace::Cookie(Some(style)) => {
                    let style = path(style);
                    quote!(cookie_as(#style, #wire, &#argument.#field))
                }
                ParamPlace::Query(None) => quote!(query(#wire, &#argument.#field)),
                ParamPlace::Query(Some(style)) => {
                    let style = path(style);
                    quote!(query_as(#style, #wire, &#argument.#field))
                }
            }
        }
        RequestPart::Body { kind, name, is_value, is_optional } => {
            let name = name.ident();
            // The request takes references; what is copied arrives as it is.
            let reference = is_value.then(|| quote!(&));
            let set = match kind {
                RequestBody::Json => quote!(json(#reference #name)),
                RequestBody::JsonAs(media_type) => quote!(json_as(#media_type, #reference #name)),
                RequestBody::JsonWithFlag(property, value) => {
                    quote!(json_with_flag(#reference #name, #property, #value))
                }
                RequestBody::Form(FormStyles::Usual) => quote!(form(#reference #name)),
                RequestBody::Form(FormStyles::All(style)) => {
                    let style = path(style);
                    quote!(form_as(#style, #reference #name))
                }
                RequestBody::Form(FormStyles::Each(styles)) => {
                    let styles = parts::styles(styles);
                    quote!(form_with(#styles, #reference #name))
                }
                RequestBody::Multipart(media_type) => quote!(multipart(#media_type, #name)),
                RequestBody::Bytes(media_type) => quote!(bytes(#media_type, #name)),
                RequestBody::Lines(media_type) => quote!(lines(#media_type, #name)),
                RequestBody::Sequence(media_type) => quote!(sequence(#media_type, #name)),
            };
            if *is_optional { quote!(maybe(#name, |request, #name| request.#set)) } else { set }
        }
    }
}

pub(super) fn form(writer: &FormWriter) -> TokenStream {
    let (name, body) = (path(&writer.of), path(&writer.body));
    let parts = writer.parts.iter().map(|part| {
        let (field, wire) = (part.field.ident(), &part.wire);
        if let Some(header) = &part.header {
            return quote!(part_header(#wire, #header, &form.#field));
        }
        match (part.value, &part.media_type) {
            (PartValue::Value, None) => quote!(value(#wire, &form.#field)),
            (PartValue::Value, Some(media_type)) => quote!(value_as(#wire, #media_type, &form.#field)),
            (PartValue::File, None) => quote!(file(#wire, form.#field)),
            (PartValue::File, Some(media_type)) => quote!(file_as(#wire, #media_type, form.#field)),
            (PartValue::Files, None) => quote!(files(#wire, form.#field)),
            (PartValue::Files, Some(media_type)) => quote!(files_as(#wire, #media_type, form.#field)),
        }
    });
    quote! {
        impl From<#name> for #body {
            fn from(form: #name) -> Self {
                Self::new() #(.#parts)*
            }
        }
    }
}
