//! `client.rs`: the service's constants, and the trait over the runtime's client.

use super::{api, imports, types};
use crate::ir::{
    Api, AuthKind, AuthScheme, Body, BodyKind, Location, Operation, PathStyle, QueryStyle, Security, Server,
    SuccessKind,
};
use proc_macro2::TokenStream;
use quote::quote;

/// What the file may import from the runtime.
const RUNTIME: &[&str] = &[
    "AuthScheme",
    "Body",
    "Download",
    "EventStream",
    "Method",
    "PathStyle",
    "QueryStyle",
    "Response",
    "Result",
    "Server",
    "Service",
    "wire",
];

pub(super) fn emit(api: &Api) -> TokenStream {
    let service = service(api);
    let servers = servers(api);
    let methods = api.operations.iter().map(|operation| method(api, operation));
    let name = api.service.ident();
    let items = quote! {
        #service
        /// A client of the service. Cheap to clone; clones share connections.
        pub type Client = runtime::Client<#name>;
        #servers
        impl Api for Client {
            #(#methods)*
        }
    };
    let imports = imports::needed(
        &items,
        &[("runtime::wire", api::WIRE), ("runtime", RUNTIME), ("std::collections", &["BTreeMap"])],
    );
    let models = imports::models(api, &items);
    let deprecated = super::models::touches_deprecated(api).then(|| quote!(#![allow(deprecated)]));
    quote! {
        //! The operations over HTTP.
        #deprecated
        use crate::api::Api;
        #models
        #imports
        #items
    }
}

fn service(api: &Api) -> TokenStream {
    let (name, product, env_prefix) = (api.service.ident(), &api.product, &api.env_prefix);
    let servers = api.servers.iter().map(|server| {
        let name = server.name.ident();
        quote!(servers::#name)
    });
    let schemes = api.auth.iter().map(scheme);
    let security = security(&api.security);
    quote! {
        /// The service that a [`Client`] talks to.
        #[derive(Debug, Clone, Copy)]
        pub struct #name;
        impl Service for #name {
            const NAME: &'static str = #product;
            const VERSION: &'static str = env!("CARGO_PKG_VERSION");
            const ENV_PREFIX: &'static str = #env_prefix;
            const SERVERS: &'static [Server] = &[#(#servers),*];
            const AUTH: &'static [AuthScheme] = &[#(#schemes),*];
            const SECURITY: &'static [&'static [&'static str]] = #security;
        }
    }
}

fn scheme(scheme: &AuthScheme) -> TokenStream {
    let name = &scheme.name;
    match &scheme.kind {
        AuthKind::Header { header, prefix } => quote!(AuthScheme::header(#name, #header, #prefix)),
        AuthKind::Query(parameter) => quote!(AuthScheme::query(#name, #parameter)),
        AuthKind::Cookie(cookie) => quote!(AuthScheme::cookie(#name, #cookie)),
        AuthKind::Bearer => quote!(AuthScheme::bearer(#name)),
        AuthKind::Basic => quote!(AuthScheme::basic(#name)),
    }
}

fn security(security: &Security) -> TokenStream {
    let alternatives = security.iter().map(|set| quote!(&[#(#set),*]));
    quote!(&[#(#alternatives),*])
}

fn servers(api: &Api) -> Option<TokenStream> {
    let constants: Vec<TokenStream> = api
        .servers
        .iter()
        .chain(&api.operation_servers)
        .map(|Server { name, url, docs, .. }| {
            let docs = types::docs(docs, &crate::docs::code(url));
            let name = name.ident();
            quote!(#docs pub const #name: Server = Server::new(#url);)
        })
        .collect();
    (!constants.is_empty()).then(|| {
        quote! {
            /// Where the service can be reached.
            pub mod servers {
                use runtime::Server;
                #(#constants)*
            }
        }
    })
}

fn method(api: &Api, operation: &Operation) -> TokenStream {
    let name = operation.name.ident();
    let arguments = api::arguments(api, operation);
    let answer = api::answer(api, &operation.success.kind);
    let verb = quote::format_ident!("{}", api::verb(operation.method));
    let path = &operation.path;
    let auth = operation.security.as_ref().map(|own| {
        let own = security(own);
        quote!(.auth(#own))
    });
    let own_servers = (!operation.servers.is_empty()).then(|| {
        let names = operation.servers.iter().map(|name| name.ident());
        quote!(.servers(&[#(servers::#names),*]))
    });
    let path_params = operation.path_params.iter().map(|param| {
        let (name, wire) = (param.name.ident(), &param.wire);
        let reference = types::is_copy(types::underlying(api, &param.ty)).then(|| quote!(&));
        match path_style(param.style) {
            None => quote!(.path(#wire, #reference #name)),
            Some(style) => quote!(.path_as(PathStyle::#style, #wire, #reference #name)),
        }
    });
    let params = operation.params.iter().flat_map(|params| {
        params.fields.iter().map(|field| {
            let (argument, name, wire) = (params.argument.ident(), field.name.ident(), &field.wire);
            let value = quote!(&#argument.#name);
            match field.location {
                Location::Header => quote!(.header(#wire, #value)),
                Location::Cookie => quote!(.cookie(#wire, #value)),
                Location::Query(style) => match query_style(style) {
                    None => quote!(.query(#wire, #value)),
                    Some(style) => quote!(.query_as(QueryStyle::#style, #wire, #value)),
                },
            }
        })
    });
    let body = operation.body.as_ref().map(|own| body(api, own));
    let receive = match operation.success.kind {
        SuccessKind::Empty => quote!(.receive_empty()),
        SuccessKind::Json(_) => quote!(.receive_json()),
        SuccessKind::Text => quote!(.receive_text()),
        SuccessKind::Download => quote!(.receive_download()),
        SuccessKind::Events(_) => quote!(.receive_events()),
    };
    quote! {
        async fn #name(&self, #(#arguments),*) -> Result<Response<#answer>> {
            self.request(Method::#verb, #path)
                #own_servers
                #auth
                #(#path_params)*
                #(#params)*
                #body
                #receive
                .await
        }
    }
}

fn body(api: &Api, body: &Body) -> TokenStream {
    let media_type = &body.media_type;
    // The request takes references; what is copied arrives as it is.
    let given = match &body.kind {
        BodyKind::Json(ty) | BodyKind::Form(ty) if types::is_copy(types::underlying(api, ty)) => {
            quote!(&body)
        }
        _ => quote!(body),
    };
    let set = match &body.kind {
        BodyKind::Json(_) if media_type == "application/json" => quote!(json(#given)),
        BodyKind::Json(_) => quote!(json_as(#media_type, #given)),
        BodyKind::Flagged { property, value, .. } => quote!(json_with_flag(#given, #property, #value)),
        BodyKind::Form(_) => quote!(form(#given)),
        BodyKind::Text | BodyKind::Bytes => quote!(bytes(#media_type, body)),
    };
    if body.required { quote!(.#set) } else { quote!(.maybe(body, |request, body| request.#set)) }
}

/// The style to name; nothing for the usual one.
pub(super) fn path_style(style: PathStyle) -> Option<TokenStream> {
    match style {
        PathStyle::Simple => None,
        PathStyle::SimpleExploded => Some(quote!(SimpleExploded)),
        PathStyle::Label => Some(quote!(Label)),
        PathStyle::LabelExploded => Some(quote!(LabelExploded)),
        PathStyle::Matrix => Some(quote!(Matrix)),
        PathStyle::MatrixExploded => Some(quote!(MatrixExploded)),
    }
}

/// The style to name; nothing for the usual one.
pub(super) fn query_style(style: QueryStyle) -> Option<TokenStream> {
    match style {
        QueryStyle::FormExploded => None,
        QueryStyle::Form => Some(quote!(Form)),
        QueryStyle::SpaceDelimited => Some(quote!(SpaceDelimited)),
        QueryStyle::PipeDelimited => Some(quote!(PipeDelimited)),
        QueryStyle::DeepObject => Some(quote!(DeepObject)),
        QueryStyle::Json => Some(quote!(Json)),
    }
}
