//! `server.rs`: a router over any implementation of the trait.

use super::claims::API;
use super::claims::RouteNames;
use super::methods::Manner;
use super::parts::{Part, PartNames, Parts};
use super::scope::Scope;
use super::{Plan, answers, client, forms, methods, types};
use crate::docs::code;
use crate::ir::{self, Answer, BodyKind, Framing, Route};
use crate::names::{Name, Scope as Names};
use crate::rust::{
    Argument, Exports, Handler, HandlerLocals, HandlerTypes, Item, MountedRoute, Mounting, Need, Null,
    ParamRead, ParamsReader, Pass, Passing, Path, Prefixes, Read, ReadValue, Replies, Reply, Router,
    StreamChoice, Use, UsedNames,
};
use std::collections::BTreeMap;

/// Where the parts of a router are.
pub(super) const RUNTIME: &str = "runtime::server";

/// The type parameter of functions over an implementation.
pub(super) const IMPLEMENTATION: &str = "Impl";

/// Every item of the module, for everything or for a part.
pub(super) fn items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let routes = || mounted(part);
    let mut items = Vec::new();
    if routes().any(|(route, _)| route.servers.is_empty()) {
        items.push(Item::Prefixes(Prefixes { paths: general_prefixes(plan.api) }));
    }
    let all = mounted_routes(plan, part);
    let of_trait = scope.import("crate::api", part.of_trait.as_str());
    items.push(Item::Router(router(plan, scope, &of_trait, Mounting::Here(all))));
    let mut forms = other_forms(plan, part);
    for (route, names) in routes() {
        let forms = forms.remove(&names.handler).unwrap_or_default();
        let handler = handler(plan, scope, (&of_trait, "api"), route, names);
        items.extend(handler.map(|handler| Item::Handler(Handler { forms, ..handler })));
    }
    for (route, names) in routes() {
        if route.form_of.is_none() {
            add_params_reader(scope, route, names, &mut items);
        }
        items.extend(forms::reader(scope, route, names));
    }
    items
}

/// Every item of the module, where all routes are those of parts.
pub(super) fn sum_items(plan: &Plan<'_>, parts: &Parts, scope: &mut Scope<'_>) -> Vec<Item> {
    let module = |names: &PartNames| names.inside("server");
    let all = || parts.all.iter().map(|names| (module(names), names.condition())).collect();
    let of_trait = scope.import("crate::api", API);
    let mut items = vec![Item::Router(router(plan, scope, &of_trait, Mounting::Parts(all())))];
    items.extend(parts.all.iter().map(|names| {
        Item::Exports(Exports {
            name: names.module.clone(),
            docs: vec![format!("The operations of {}.", code(&names.group))],
            needs: Some(names.condition()),
            uses: vec![Use { is_public: true, needs: None, module: module(names), names: UsedNames::All }],
        })
    }));
    items
}

/// Routes that a router can tell from each other, with their names.
fn mounted<'a>(part: &Part<'a>) -> impl Iterator<Item = (&'a Route, &'a RouteNames)> {
    part.routes.iter().copied().filter(|(route, _)| route.is_mounted)
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

/// A row for each operation, with the methods of all forms of its body.
fn mounted_routes(plan: &Plan<'_>, part: &Part<'_>) -> Vec<MountedRoute> {
    let mut rows: Vec<MountedRoute> = Vec::new();
    for (route, names) in mounted(part) {
        let first = route.form_of.and_then(|first| plan.claims.routes.get(first));
        let of_first = first.and_then(|first| rows.iter_mut().find(|row| row.handler == first.handler));
        match of_first {
            Some(row) => row.methods.extend(called(route, names)),
            None => rows.push(mounted_route(plan.api, route, names)),
        }
    }
    rows
}

/// The methods that a route leads to.
pub(super) fn called<'a>(route: &'a Route, names: &'a RouteNames) -> impl Iterator<Item = Name> {
    methods::requests(route, names).map(|(name, _, _)| name.clone())
}

fn mounted_route(api: &ir::Api, route: &Route, names: &RouteNames) -> MountedRoute {
    MountedRoute {
        verb: Name::known(methods::verb(route.method)),
        path: route.target.clone(),
        prefixes: (!route.servers.is_empty())
            .then(|| distinct(route.servers.iter().filter_map(|at| api.servers.get(*at)))),
        methods: called(route, names).collect(),
        handler: names.handler.clone(),
    }
}

fn router(plan: &Plan<'_>, scope: &mut Scope<'_>, of_trait: &Path, routes: Mounting) -> Router {
    let api = plan.api;
    let table_type = match &routes {
        Mounting::Here(_) => None,
        Mounting::Parts(_) => Some(scope.import(RUNTIME, "Table")),
    };
    Router {
        of_trait: of_trait.clone(),
        axum: scope.export(RUNTIME, "axum"),
        routes_type: scope.export(RUNTIME, "Routes"),
        shape_type: scope.import(RUNTIME, "ErrorShape"),
        table_type,
        detail: api.error_shape.detail.clone(),
        fields: api.error_shape.fields,
        general: api.error_shape.general.clone(),
        routes,
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
        types: HandlerTypes { call: scope.import(RUNTIME, "Call"), reply: scope.import(RUNTIME, "Reply") },
        locals: HandlerLocals { api: claim(local), call: claim("call"), stream: claim("stream") },
        forms: Vec::new(),
        reads,
        replies,
    })
}

/// What serves other forms of a body, by their media types; for the handler that all of them go to.
fn other_forms<'a>(plan: &'a Plan<'_>, part: &Part<'_>) -> BTreeMap<&'a Name, Vec<(String, Name)>> {
    let mut others: BTreeMap<&Name, Vec<(String, Name)>> = BTreeMap::new();
    for (route, names) in &part.routes {
        let first = route.form_of.and_then(|first| plan.claims.routes.get(first));
        if let (Some(first), Some(body)) = (first, &route.body) {
            others.entry(&first.handler).or_default().push((body.media_type.clone(), names.handler.clone()));
        }
    }
    others
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
            BodyKind::Multipart(_) => {
                ReadValue::Multipart(methods::untyped_body(plan, scope, names, body), need)
            }
            BodyKind::Records(ref ty, Framing::Sequence) => {
                ReadValue::Sequence(types::ty(plan, scope, ty), need)
            }
            BodyKind::Records(ref ty, _) => ReadValue::Lines(types::ty(plan, scope, ty), need),
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
        (_, None) => {
            let null = if body.nullable { Null::None } else { Null::Refused };
            Read { name, value: ReadValue::Json(ty, need, null), pass }
        }
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

/// Adds how a route's parameters are read, where it has any beside the path. What is read alike is written once.
pub(super) fn add_params_reader(
    scope: &mut Scope<'_>,
    route: &Route,
    names: &RouteNames,
    items: &mut Vec<Item>,
) {
    let Some(params) = &names.params else { return };
    let fields = params.fields.iter().zip(&route.params).map(|(field, param)| ParamRead {
        field: field.clone(),
        place: client::place(scope, param.location),
        wire: param.wire.clone(),
        need: if param.required { Need::Required } else { Need::Optional },
    });
    let fields: Vec<ParamRead> = fields.collect();
    let of = scope.inside("params", &params.name);
    let like = items.iter_mut().find_map(|item| match item {
        Item::ParamsReader(reader) if reader.fields == fields => Some(reader),
        _ => None,
    });
    match like {
        Some(reader) => reader.of.push(of),
        None => items.push(Item::ParamsReader(ParamsReader { of: vec![of], fields })),
    }
}
