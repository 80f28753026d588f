//! `client.rs`: the service's constants, and the trait over HTTP.

use super::claims::RouteNames;
use super::methods::Manner;
use super::parts::Part;
use super::scope::Scope;
use super::{Plan, answers, forms, methods};
use crate::docs::code;
use crate::ir::{
    self, Answer, AuthKind, BodyKind, CookieStyle, Framing, HeaderStyle, Location, PathStyle, QueryStyle,
    Route,
};
use crate::names::Name;
use crate::rust::{
    Argument, AuthScheme, Client, ClientImpl, ClientMethod, FormStyles, Item, ParamPlace, Passing, Path,
    RequestBody, RequestPart, Servers, Service,
};

/// What the client is called.
pub(super) const CLIENT: &str = "Client";

/// The module with what is known of servers.
pub(super) const SERVERS: &str = "servers";

/// Every item of the module.
pub(super) fn items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let mut items = frame(plan, scope);
    items.extend(calls(plan, part, scope));
    items
}

/// The client, without what it can call.
pub(super) fn frame(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let mut items = vec![
        Item::Service(service(plan, scope)),
        Item::Client(Client { name: Name::known(CLIENT), service: plan.claims.service.clone() }),
    ];
    items.extend(servers(plan).map(Item::Servers));
    items
}

/// Something that the module with the client defines, for calls there or in a module of their own.
fn of_client(scope: &mut Scope<'_>, part: &Part<'_>, name: &str) -> Path {
    if part.names.is_some() { scope.import("crate::client", name) } else { Path(vec![Name::known(name)]) }
}

/// The calls of a part.
pub(super) fn calls(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let of = of_client(scope, part, CLIENT);
    let of_trait = scope.import("crate::api", part.of_trait.as_str());
    let mut all = Vec::new();
    for (route, names) in part.routes.iter().copied() {
        for (name, answer, manner) in methods::requests(route, names) {
            all.push(method(plan, part, scope, (route, names), name, (answer, manner)));
        }
    }
    let mut items = forms::writers(part, scope);
    items.push(Item::ClientImpl(ClientImpl { of_trait, of, methods: all }));
    items
}

fn service(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Service {
    let api = plan.api;
    let general = api.servers.iter().zip(&plan.claims.servers).filter(|(server, _)| server.is_general);
    Service {
        name: plan.claims.service.clone(),
        client: Path(vec![Name::known(CLIENT)]),
        of_trait: scope.import("runtime", "Service"),
        types: (scope.import("runtime", "Server"), scope.import("runtime", "AuthScheme")),
        product: api.product.clone(),
        env_prefix: api.env_prefix.clone(),
        servers: general.map(|(_, name)| name.clone()).collect(),
        auth: api.auth.iter().map(scheme).collect(),
        security: api.security.clone(),
    }
}

fn scheme(scheme: &ir::AuthScheme) -> AuthScheme {
    let name = scheme.name.clone();
    let (constructor, arguments) = match &scheme.kind {
        AuthKind::Header { header, prefix } => ("header", vec![name, header.clone(), prefix.clone()]),
        AuthKind::Query(parameter) => ("query", vec![name, parameter.clone()]),
        AuthKind::Cookie(cookie) => ("cookie", vec![name, cookie.clone()]),
        AuthKind::Bearer => ("bearer", vec![name]),
        AuthKind::Basic => ("basic", vec![name]),
    };
    AuthScheme { constructor: Name::known(constructor), arguments }
}

fn servers(plan: &Plan<'_>) -> Option<Servers> {
    let servers = plan.api.servers.iter().zip(&plan.claims.servers);
    let constants: Vec<_> = servers
        .map(|(server, name)| {
            let docs = plan.docs(&server.text, super::docs::Here::Nowhere, &code(&server.url));
            (name.clone(), docs, server.url.clone())
        })
        .collect();
    (!constants.is_empty()).then_some(Servers { constants })
}

fn method(
    plan: &Plan<'_>,
    part: &Part<'_>,
    scope: &mut Scope<'_>,
    (route, names): (&Route, &RouteNames),
    name: &Name,
    (answer, manner): (&Answer, Manner),
) -> ClientMethod {
    let arguments = methods::arguments(plan, scope, route, names);
    let mut parts = Vec::new();
    if !route.servers.is_empty() {
        let Path(module) = of_client(scope, part, SERVERS);
        let own = route.servers.iter().filter_map(|at| plan.claims.servers.get(*at));
        let own = own.map(|name| Path(module.iter().chain([name]).cloned().collect()));
        parts.push(RequestPart::Servers(own.collect()));
    }
    parts.extend(route.security.clone().map(RequestPart::Auth));
    parts.extend(route.fixed_query.iter().cloned().map(|(name, value)| RequestPart::Fixed(name, value)));
    for (argument, param) in arguments.iter().zip(&route.path_params) {
        parts.push(RequestPart::Path {
            style: path_style(scope, param.style),
            wire: param.wire.clone(),
            value: argument.name.clone(),
            is_value: argument.passing == Passing::Copy,
        });
    }
    if let Some(params) = &names.params {
        for (field, param) in params.fields.iter().zip(&route.params) {
            parts.push(RequestPart::Param {
                place: place(scope, param.location),
                wire: param.wire.clone(),
                argument: params.argument.clone(),
                field: field.clone(),
            });
        }
    }
    if let (Some(body), Some(argument)) = (&route.body, arguments.last()) {
        parts.push(self::body(scope, route, body, argument, manner == Manner::Streamed));
    }
    let has_forms = methods::requests(route, names).any(|(_, _, manner)| manner == Manner::InForm);
    parts.extend(answers::accept(answer, has_forms).map(RequestPart::Accept));
    ClientMethod {
        method_type: scope.import("runtime", "Method"),
        verb: Name::known(methods::verb(route.method)),
        path: route.target.clone(),
        receive: answers::receive(scope, names, answer),
        name: name.clone(),
        future: scope.import("runtime", "ResponseFuture"),
        answer: answers::ty_of(plan, scope, names, &answer.kind),
        arguments,
        parts,
    }
}

fn body(
    scope: &mut Scope<'_>,
    route: &Route,
    body: &ir::Body,
    argument: &Argument,
    streamed: bool,
) -> RequestPart {
    let kind = match (&body.kind, &route.flag) {
        (BodyKind::Json(_), Some(flag)) => RequestBody::JsonWithFlag(flag.property.clone(), streamed),
        (BodyKind::Json(_), None) if body.media_type == "application/json" => RequestBody::Json,
        (BodyKind::Json(_), None) => RequestBody::JsonAs(body.media_type.clone()),
        (BodyKind::Form(_, styles), _) => RequestBody::Form(form_styles(scope, styles)),
        (BodyKind::Multipart(_), _) => RequestBody::Multipart(body.media_type.clone()),
        (BodyKind::Records(_, Framing::Sequence), _) => RequestBody::Sequence(body.media_type.clone()),
        (BodyKind::Records(..), _) => RequestBody::Lines(body.media_type.clone()),
        (BodyKind::Text | BodyKind::Bytes, _) => RequestBody::Bytes(body.media_type.clone()),
    };
    // Where it must be given, nothing is sent as null.
    let is_null = body.required && body.nullable;
    RequestPart::Body {
        kind,
        name: argument.name.clone(),
        is_value: argument.passing == Passing::Copy || is_null,
        is_optional: argument.is_optional && !is_null,
    }
}

/// How the properties of a form are written.
pub(super) fn form_styles(scope: &mut Scope<'_>, styles: &ir::FormStyles) -> FormStyles {
    match styles {
        ir::FormStyles::Usual => FormStyles::Usual,
        ir::FormStyles::All(style) => query_style(scope, *style).map_or(FormStyles::Usual, FormStyles::All),
        ir::FormStyles::Each(styles) => {
            let style =
                |(wire, style): &(String, QueryStyle)| Some((wire.clone(), query_style(scope, *style)?));
            FormStyles::Each(styles.iter().filter_map(style).collect())
        }
    }
}

/// Where a parameter is, with its style where that is unusual.
pub(super) fn place(scope: &mut Scope<'_>, location: Location) -> ParamPlace {
    match location {
        Location::Header(style) => ParamPlace::Header(header_style(scope, style)),
        Location::Cookie(style) => ParamPlace::Cookie(cookie_style(scope, style)),
        Location::Query(style) => ParamPlace::Query(query_style(scope, style)),
    }
}

/// The style to name; nothing for the usual one.
pub(super) fn path_style(scope: &mut Scope<'_>, style: PathStyle) -> Option<Path> {
    let name = match style {
        PathStyle::Simple => return None,
        PathStyle::SimpleExploded => "SimpleExploded",
        PathStyle::Label => "Label",
        PathStyle::LabelExploded => "LabelExploded",
        PathStyle::Matrix => "Matrix",
        PathStyle::MatrixExploded => "MatrixExploded",
        PathStyle::Segments => "Segments",
        PathStyle::Json => "Json",
    };
    Some(variant(scope, "PathStyle", name))
}

fn query_style(scope: &mut Scope<'_>, style: QueryStyle) -> Option<Path> {
    let name = match style {
        QueryStyle::FormExploded => return None,
        QueryStyle::Form => "Form",
        QueryStyle::SpaceDelimited => "SpaceDelimited",
        QueryStyle::PipeDelimited => "PipeDelimited",
        QueryStyle::DeepObject => "DeepObject",
        QueryStyle::Json => "Json",
    };
    Some(variant(scope, "QueryStyle", name))
}

pub(super) fn header_style(scope: &mut Scope<'_>, style: HeaderStyle) -> Option<Path> {
    let name = match style {
        HeaderStyle::Simple => return None,
        HeaderStyle::SimpleExploded => "SimpleExploded",
        HeaderStyle::Json => "Json",
    };
    Some(variant(scope, "HeaderStyle", name))
}

fn cookie_style(scope: &mut Scope<'_>, style: CookieStyle) -> Option<Path> {
    let name = match style {
        CookieStyle::Form => return None,
        CookieStyle::Json => "Json",
    };
    Some(variant(scope, "CookieStyle", name))
}

fn variant(scope: &mut Scope<'_>, of: &'static str, name: &str) -> Path {
    let Path(mut segments) = scope.import("runtime", of);
    segments.push(Name::known(name));
    Path(segments)
}
