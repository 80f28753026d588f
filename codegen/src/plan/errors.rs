//! `errors.rs`: what failed calls carry, by status.

use super::scope::Scope;
use super::{Plan, docs, types};
use crate::ir::{self, Statuses, Type};
use crate::names::{Name, Scope as Names};
use crate::rust::{ErrorBody, ErrorVariant, Item, StatusPattern};

/// What the enum is called.
pub(super) const ERROR_BODY: &str = "ErrorBody";

/// The enum; nothing where the document says nothing that all routes agree on.
pub(super) fn items(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let bodies = &plan.api.errors;
    if bodies.is_empty() {
        return Vec::new();
    }
    let mut names = Names::with_reserved(&["Self"]);
    let names: Vec<Name> = bodies.iter().map(|body| names.claim(name(plan, body))).collect();
    let variants = bodies.iter().zip(&names).map(|(body, name)| ErrorVariant {
        name: name.clone(),
        docs: vec![format!("Carried by {}.", docs::statuses(&body.statuses))],
        ty: types::ty(plan, scope, &body.ty),
    });
    let variants: Vec<ErrorVariant> = variants.collect();
    let hashable = bodies.iter().all(|body| types::is_hashable(&plan.hashable, &body.ty));
    vec![Item::ErrorBody(ErrorBody {
        name: Name::known(ERROR_BODY),
        derives: types::derives(hashable, []),
        error: scope.import("runtime", "Error"),
        variants,
        arms: arms(bodies, &names),
    })]
}

/// A body is called like its type, or like the first status that carries it.
fn name(plan: &Plan<'_>, body: &ir::ErrorBody) -> Name {
    match (&body.ty, body.statuses.first()) {
        (Type::Named(id), _) => plan.claims.of(*id).name.clone(),
        (_, Some(Statuses::One(code))) => Name::pascal(&format!("Status{code}")),
        (_, Some(Statuses::Class(class))) => Name::pascal(&format!("Status{class}xx")),
        (_, Some(Statuses::Default) | None) => Name::known("Other"),
    }
}

/// Single statuses first, then classes, then whatever is left.
fn arms(bodies: &[ir::ErrorBody], names: &[Name]) -> Vec<(StatusPattern, Name)> {
    // Without classes in between, a body that is carried by whatever is left needs no arm for its single statuses.
    let has_class =
        bodies.iter().flat_map(|body| &body.statuses).any(|one| matches!(one, Statuses::Class(_)));
    let is_rest = |body: &ir::ErrorBody| body.statuses.contains(&Statuses::Default);
    let named = || bodies.iter().zip(names);
    let single = named().filter(|(body, _)| has_class || !is_rest(body)).filter_map(|(body, name)| {
        let codes: Vec<u16> = body.statuses.iter().filter_map(one).collect();
        (!codes.is_empty()).then(|| (StatusPattern::Codes(codes), name.clone()))
    });
    let classes = named().filter_map(|(body, name)| {
        let classes: Vec<u16> = body.statuses.iter().filter_map(class).collect();
        (!classes.is_empty()).then(|| (StatusPattern::Classes(classes), name.clone()))
    });
    let rest = named().find(|(body, _)| is_rest(body)).map(|(_, name)| (StatusPattern::Rest, name.clone()));
    single.chain(classes).chain(rest).collect()
}

fn one(statuses: &Statuses) -> Option<u16> {
    match statuses {
        Statuses::One(code) => Some(*code),
        _ => None,
    }
}

fn class(statuses: &Statuses) -> Option<u16> {
    match statuses {
        Statuses::Class(class) => Some(*class),
        _ => None,
    }
}
