//! `params.rs`: what operations take beside path and body, as a struct for each.
//!
//! They have a module of their own, so that no schema can take the name of one of them.

use super::claims::ParamsNames;
use super::docs::Here;
use super::record::{self, Member};
use super::scope::Scope;
use super::{Plan, types};
use crate::docs::code;
use crate::ir::{Param, Presence, Route};
use crate::names::Name;
use crate::rust::{Field, Head, Item, Record};

/// Every item of the module.
pub(super) fn items(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for (at, (route, names)) in plan.api.routes.iter().zip(&plan.claims.routes).enumerate() {
        let (Some(params), Some(method)) = (&names.params, names.calls.first()) else { continue };
        let members: Vec<Member<'_>> =
            params.fields.iter().zip(&route.params).map(|(name, param)| member(name, param)).collect();
        let methods = record::methods(plan, scope, &params.name, &members, None, true);
        items.push(Item::Record(record(
            plan,
            scope,
            at,
            route,
            params,
            method,
            record::has_default(&members),
        )));
        items.extend(methods.map(Item::RecordMethods));
    }
    items
}

/// Names of all structs.
pub(super) fn names<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = Name> + 'a {
    plan.claims.routes.iter().filter_map(|route| Some(route.params.as_ref()?.name.clone()))
}

fn record(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    at: usize,
    route: &Route,
    names: &ParamsNames,
    method: &Name,
    has_default: bool,
) -> Record {
    let here = Here::Params(at);
    let fields = names.fields.iter().zip(&route.params).map(|(name, param)| Field {
        head: Head {
            name: name.clone(),
            docs: plan.docs(&param.text, here, &code(&param.wire)),
            deprecated: param.deprecated.then(|| plan.deprecation(&param.text, here)),
        },
        serde: Vec::new(),
        ty: types::present(plan, scope, presence(param), &param.ty),
    });
    let fields: Vec<Field> = fields.collect();
    let hashable = route.params.iter().all(|param| types::is_hashable(&plan.hashable, &param.ty));
    let method = method.as_str();
    Record {
        head: Head {
            name: names.name.clone(),
            docs: vec![format!("Parameters of [`Api::{method}`](crate::Api::{method}).")],
            deprecated: None,
        },
        derives: types::derives(hashable, has_default.then(|| types::path_of("Default"))),
        serde: Vec::new(),
        fields,
    }
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
