//! `params.rs`: what operations take beside path and body, as a struct for each.
//!
//! They have a module of their own, so that no schema can take the name of one of them.

use super::claims::{ParamsNames, RouteNames};
use super::docs::Here;
use super::parts::Part;
use super::record::{self, Member};
use super::scope::Scope;
use super::{Plan, types};
use crate::docs::Docs;
use crate::ir::{Param, Presence, Route};
use crate::names::Name;
use crate::rust::{AlikeParams, Field, Head, Item, ParamsOf, Record};

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
        let secrets = route.params.iter().map(|param| param.is_secret);
        if !may_share(method, caller) || secrets.clone().any(|is_secret| is_secret) {
            items.extend(record::shown(scope, record, secrets));
            continue;
        }
        let one = ParamsOf {
            name: params.name.clone(),
            of_trait: Name::known(&names.of_trait),
            method: method.clone(),
        };
        let head = Head { name: Name::known(EACH), docs: Docs::new(), deprecated: None };
        let record = Record { head, ..record };
        // Where the first of them is, so that an operation that comes or goes elsewhere moves nothing.
        let like = items.iter_mut().find_map(|item| match item {
            Item::AlikeParams(alike) if alike.each == record => Some(alike),
            _ => None,
        });
        match like {
            Some(alike) => alike.all.push(one),
            None => items.push(Item::AlikeParams(AlikeParams { all: vec![one], each: record })),
        }
    }
    items.into_iter().map(alone).collect()
}

/// What structs that are alike are called where they have no names yet.
const EACH: &str = "Each";

/// A struct that is like no other has its own name.
fn alone(item: Item) -> Item {
    match item {
        Item::AlikeParams(AlikeParams { all, each }) if all.len() == 1 => {
            let own = all.into_iter().next().map(|one| Head {
                docs: linked(one.of_trait.as_str(), one.method.as_str()),
                name: one.name,
                deprecated: None,
            });
            Item::Record(Record { head: own.unwrap_or_else(|| each.head.clone()), ..each })
        }
        item => item,
    }
}

/// Whether a macro can link to a method by its name.
fn may_share(method: &Name, caller: Caller) -> bool {
    matches!(caller, Caller::User) && method.ident() == method.as_str()
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
            docs: plan.field_docs(&param.text, here, name, &param.wire),
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
    match caller {
        Caller::User => linked(of_trait.as_str(), method),
        // No link: the trait is not there without its feature.
        Caller::Service => vec![format!("Parameters of `Webhooks::{method}`.")],
    }
}

fn linked(of_trait: &str, method: &str) -> Docs {
    vec![format!("Parameters of [`{of_trait}::{method}`](crate::{of_trait}::{method}).")]
}

fn presence(param: &Param) -> Presence {
    if param.required { Presence::Required } else { Presence::Optional }
}

pub(super) fn member<'a>(name: &'a Name, param: &'a Param) -> Member<'a> {
    Member {
        name,
        wire: &param.wire,
        ty: &param.ty,
        presence: presence(param),
        default: param.default.as_ref(),
    }
}
