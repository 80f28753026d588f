//! `params.rs`: what operations take beside path and body, as a struct for each.
//!
//! They have a module of their own, so that no schema can take the name of one of them.

use super::claims::{ParamsNames, RouteNames};
use super::docs::Here;
use super::parts::Part;
use super::record::{self, Member};
use super::scope::Scope;
use super::{Plan, types};
use crate::docs::{Docs, code};
use crate::ir::{Param, Presence, Route};
use crate::names::Name;
use crate::rust::{Field, Head, Item, Record};

/// Every item of the module.
pub(super) fn items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    let called = part.operations().map(|route| (route, Caller::User));
    let received = part.received.iter().map(|route| (*route, Caller::Service));
    for ((route, names), caller) in called.chain(received) {
        let (Some(params), Some(method)) = (&names.params, names.calls.first()) else { continue };
        let members: Vec<Member<'_>> =
            params.fields.iter().zip(&route.params).map(|(name, param)| member(name, param)).collect();
        let docs = docs(names, method, caller);
        let record = record(plan, scope, (route, names), params, docs, record::has_default(&members));
        let record = record::with_methods(plan, scope, record, &members, true);
        items.extend(record::shown(scope, record, route.params.iter().map(|param| param.is_secret)));
    }
    items
}

/// Names of all structs.
pub(super) fn names<'a>(part: &'a Part<'_>) -> impl Iterator<Item = Name> + 'a {
    part.all_names().filter_map(|route| Some(route.params.as_ref()?.name.clone()))
}

fn record(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    (route, names): (&Route, &RouteNames),
    params: &ParamsNames,
    docs: Docs,
    has_default: bool,
) -> Record {
    let here = Here::Params(route, names);
    let fields = params.fields.iter().zip(&route.params).map(|(name, param)| Field {
        head: Head {
            name: name.clone(),
            docs: plan.docs(&param.text, here, &code(&param.wire)),
            deprecated: param.deprecated.then(|| plan.deprecation(&param.text, here)),
        },
        methods: Vec::new(),
        serde: Vec::new(),
        ty: types::present(plan, scope, presence(param), &param.ty),
    });
    let fields: Vec<Field> = fields.collect();
    let hashable = route.params.iter().all(|param| types::is_hashable(&plan.hashable, &param.ty));
    Record {
        head: Head { name: params.name.clone(), docs, deprecated: None },
        derives: types::derives(hashable, has_default.then(|| types::path_of("Default"))),
        constructor: None,
        serde: Vec::new(),
        fields,
    }
}

/// Who sends the parameters.
#[derive(Clone, Copy)]
enum Caller {
    User,
    Service,
}

fn docs(RouteNames { of_trait, .. }: &RouteNames, method: &Name, caller: Caller) -> Docs {
    let method = method.as_str();
    vec![match caller {
        Caller::User => format!("Parameters of [`{of_trait}::{method}`](crate::{of_trait}::{method})."),
        // No link: the trait is not there without its feature.
        Caller::Service => format!("Parameters of `Webhooks::{method}`."),
    }]
}

fn presence(param: &Param) -> Presence {
    if param.required { Presence::Required } else { Presence::Optional }
}

fn member<'a>(name: &'a Name, param: &'a Param) -> Member<'a> {
    Member {
        name,
        wire: &param.wire,
        ty: &param.ty,
        presence: presence(param),
        default: param.default.as_ref(),
    }
}
