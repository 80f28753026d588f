//! `server.rs`: a router over any implementation of the trait.

use super::claims::{ParamsNames, RouteNames};
use super::methods::Manner;
use super::scope::{Scope, path};
use super::{Plan, answers, client, forms, methods};
use crate::ir::{self, Answer, BodyKind, Route};
use crate::names::{Name, Scope as Names};
use crate::rust::{
    Argument, Handler, HandlerLocals, HandlerTypes, Item, LeftOut, MountedRoute, Need, ParamRead,
    ParamsReader, Pass, Passing, Path, Prefixes, Read, ReadValue, Replies, Reply, Router, StreamChoice,
};

/// Where the parts of a router are.
pub(super) const RUNTIME: &str = "runtime::server";

/// The type parameter of functions over an implementation.
pub(super) const IMPLEMENTATION: &str = "Impl";

/// Every item of the module.
pub(super) fn items(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let routes = || mounted(plan);
    let mut items = Vec::new();
    if routes().any(|(route, _)| route.servers.is_empty()) {
        items.push(Item::Prefixes(Prefixes { paths: general_prefixes(plan.api) }));
    }
    items.push(Item::Router(router(plan, scope)));
    let of_trait = scope.import("crate::api", "Api");
    items.push(Item::LeftOut(left_out(scope, &of_trait, routes())));
    for (route, names) in routes() {
        items.extend(handler(plan, scope, (&of_trait, "api"), route, names).map(Item::Handler));
    }
    for (route, names) in routes() {
        items.extend(params_reader(scope, route, names).map(Item::ParamsReader));
        items.extend(forms::reader(scope, route, names));
    }
    items
}

/// Routes that a router can tell from each other, with their names.
fn mounted<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = (&'a Route, &'a RouteNames)> {
    methods::routes(plan).filter(|(route, _)| route.is_mounted)
}

/// What routes are mounted below: the paths of the API's servers, each once.
fn general_prefixes(api: &ir::Api) -> Vec<String> {
    let prefixes = distinct(api.servers.iter().filter(|server| server.is_general));
    if prefixes.is_empty() { vec![String::new()] } else { prefixes }
}

fn distinct<'a>(servers: impl Iterator<Item = &'a ir::Server>) -> Vec<String> {
    let mut prefixes: Vec<String> = Vec::new();
    for server in servers {
        if !prefixes.contains(&server.prefix) {
            prefixes.push(server.prefix.clone());
        }
    }
    prefixes
}

fn router(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Router {
    let api = plan.api;
    let routes = mounted(plan).map(|(route, names)| MountedRoute {
        verb: Name::known(methods::verb(route.method)),
        path: route.target.clone(),
        prefixes: (!route.servers.is_empty())
            .then(|| distinct(route.servers.iter().filter_map(|at| api.servers.get(*at)))),
        handler: names.handler.clone(),
    });
    Router {
        of_trait: scope.import("crate::api", "Api"),
        axum: scope.export(RUNTIME, "axum"),
        routes_type: scope.export(RUNTIME, "Routes"),
        shape_type: scope.import(RUNTIME, "ErrorShape"),
        // Nothing mentions it where there are no routes.
        method_type: if api.routes.is_empty() {
            path("runtime::Method")
        } else {
            scope.import("runtime", "Method")
        },
        detail: api.error_shape.detail.clone(),
        fields: api.error_shape.fields,
        general: api.error_shape.general.clone(),
        routes: routes.collect(),
    }
}

/// The function that tells which of a trait's methods are not written.
pub(super) fn left_out<'a>(
    scope: &mut Scope<'_>,
    of_trait: &Path,
    routes: impl Iterator<Item = (&'a Route, &'a RouteNames)>,
) -> LeftOut {
    let all = routes.flat_map(|(route, names)| methods::requests(route, names));
    LeftOut {
        of_trait: of_trait.clone(),
        collector: scope.import(RUNTIME, "LeftOut"),
        methods: all.map(|(name, _, _)| name.clone()).collect(),
    }
}

/// What serves a route over an implementation of a trait, which is called `local` inside.
pub(super) fn handler(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    (of_trait, local): (&Path, &str),
    route: &Route,
    names: &RouteNames,
) -> Option<Handler> {
    let reads = reads(plan, scope, route, names);
    let replies = replies(scope, route, names)?;
    let mut locals = Names::default();
    reads.iter().for_each(|read| {
        locals.claim(read.name.clone());
    });
    let mut claim = |name| locals.claim(Name::known(name));
    Some(Handler {
        name: names.handler.clone(),
        of_trait: of_trait.clone(),
        types: HandlerTypes {
            arc: scope.import("std::sync", "Arc"),
            call: scope.import(RUNTIME, "Call"),
            reply: scope.import(RUNTIME, "Reply"),
        },
        locals: HandlerLocals { api: claim(local), call: claim("call"), stream: claim("stream") },
        reads,
        replies,
    })
}

fn replies(scope: &mut Scope<'_>, route: &Route, names: &RouteNames) -> Option<Replies> {
    let mut of = |wanted: Manner| -> Vec<(String, Reply)> {
        let requests = methods::requests(route, names).filter(|(_, _, manner)| *manner == wanted);
        requests
            .map(|(method, answer, _)| (answer.media_type.clone(), reply(scope, names, method, answer)))
            .collect()
    };
    let (whole, streamed, forms) = (of(Manner::Whole).pop(), of(Manner::Streamed).pop(), of(Manner::InForm));
    let whole = whole.map(|usual| match forms.is_empty() {
        true => Replies::One(usual.1),
        false => Replies::Forms { usual, others: forms },
    });
    let by = if route.flag.is_some() { StreamChoice::Flag } else { StreamChoice::Accept };
    match (whole, streamed) {
        (Some(whole), Some((_, streamed))) => Some(Replies::Two { by, whole: Box::new(whole), streamed }),
        (None, Some((_, only))) => Some(Replies::One(only)),
        (whole, None) => whole,
    }
}

fn reply(scope: &mut Scope<'_>, names: &RouteNames, method: &Name, answer: &Answer) -> Reply {
    Reply {
        method: method.clone(),
        kind: answers::receive(scope, names, answer),
        status: answer.status,
        media_type: answers::media_type(&answer.kind, &answer.media_type),
    }
}

/// What is read, an argument each.
fn reads(plan: &Plan<'_>, scope: &mut Scope<'_>, route: &Route, names: &RouteNames) -> Vec<Read> {
    let mut reads = Vec::new();
    for (at, argument) in methods::parameters(plan, scope, route, names).into_iter().enumerate() {
        let pass = pass(&argument);
        let Argument { name, ty, .. } = argument;
        let value = match route.path_params.get(at) {
            Some(param) => ReadValue::Path(client::path_style(scope, param.style), param.wire.clone(), ty),
            None => ReadValue::Params(ty),
        };
        reads.push(Read { name, value, pass });
    }
    reads.extend(route.body.as_ref().map(|body| read_body(plan, scope, (route, names), body)));
    reads
}

fn read_body(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    (route, names): (&Route, &RouteNames),
    body: &ir::Body,
) -> Read {
    let need = if body.required { Need::Required } else { Need::Optional };
    let name = Name::known(methods::BODY);
    let Some(argument) = methods::typed_body(plan, scope, body) else {
        let value = match body.kind {
            BodyKind::Text => ReadValue::Text(need),
            BodyKind::Multipart(_) => ReadValue::Multipart(methods::untyped_body(scope, names, body), need),
            _ => ReadValue::Bytes(need),
        };
        return Read { name, value, pass: Pass::Value };
    };
    let pass = pass(&argument);
    let ty = argument.ty;
    match (&body.kind, &route.flag) {
        (BodyKind::Form(_, styles), _) => {
            Read { name, value: ReadValue::Form(ty, client::form_styles(scope, styles), need), pass }
        }
        (_, None) => Read { name, value: ReadValue::Json(ty, need), pass },
        // A flag comes with the body, so there is one; the client may leave it out all the same.
        (_, Some(flag)) => Read {
            name,
            value: ReadValue::JsonWithFlag(ty, flag.property.clone(), flag.aliases.clone()),
            pass: if matches!(pass, Pass::AsRef | Pass::AsDeref) { Pass::SomeRef } else { pass },
        },
    }
}

fn pass(argument: &Argument) -> Pass {
    match (&argument.passing, argument.is_optional) {
        (Passing::Copy | Passing::Owned, _) => Pass::Value,
        (_, false) => Pass::Ref,
        (Passing::Str | Passing::Slice(_), true) => Pass::AsDeref,
        (Passing::Ref, true) => Pass::AsRef,
    }
}

/// How a route's parameters are read; nothing where it has none beside the path.
pub(super) fn params_reader(
    scope: &mut Scope<'_>,
    route: &Route,
    names: &RouteNames,
) -> Option<ParamsReader> {
    names.params.as_ref().map(|params| reader(scope, route, params))
}

fn reader(scope: &mut Scope<'_>, route: &Route, params: &ParamsNames) -> ParamsReader {
    let mut variables = Names::default();
    let call = variables.claim(Name::known("call"));
    let fields = params.fields.iter().zip(&route.params).map(|(field, param)| ParamRead {
        field: field.clone(),
        variable: variables.claim(field.clone()),
        place: client::place(scope, param.location),
        wire: param.wire.clone(),
        need: if param.required { Need::Required } else { Need::Optional },
    });
    let fields: Vec<ParamRead> = fields.collect();
    ParamsReader {
        of: scope.inside("params", &params.name),
        types: (scope.import(RUNTIME, "FromCall"), scope.import(RUNTIME, "Call")),
        call,
        fields,
    }
}
