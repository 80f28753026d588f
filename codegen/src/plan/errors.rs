//! `errors.rs`: what failed calls carry, by status.

use super::scope::Scope;
use super::{Plan, docs, methods, types};
use crate::ir::{self, Statuses, Type};
use crate::names::{Name, Scope as Names};
use crate::rust::{ErrorArm, ErrorBody, ErrorVariant, Item, StatusPattern};

/// What the enum is called.
pub(super) const ERROR_BODY: &str = "ErrorBody";

/// The enum; nothing where the document says nothing of errors.
pub(super) fn items(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let bodies = &plan.api.errors;
    if bodies.is_empty() {
        return Vec::new();
    }
    let mut names = Names::with_reserved(&["Self"]);
    let names: Vec<Name> = bodies.iter().map(|body| names.claim(name(plan, body))).collect();
    let variants = bodies.iter().zip(&names).map(|(body, name)| ErrorVariant {
        name: name.clone(),
        docs: vec![carriers(body)],
        ty: types::ty(plan, scope, &body.ty),
    });
    let variants: Vec<ErrorVariant> = variants.collect();
    let hashable = bodies.iter().all(|body| types::is_hashable(&plan.hashable, &body.ty));
    vec![Item::ErrorBody(ErrorBody {
        name: Name::known(ERROR_BODY),
        derives: types::derives(hashable, []),
        error: scope.import("runtime", "Error"),
        variants,
        arms: arms(plan, &names),
    })]
}

/// A body is called like its type, or like the first status that carries it.
fn name(plan: &Plan<'_>, body: &ir::ErrorBody) -> Name {
    match (&body.ty, all(body).next()) {
        (Type::Named(id), _) => plan.claims.of(*id).name.clone(),
        (_, Some(Statuses::One(code))) => Name::pascal(&format!("Status{code}")),
        (_, Some(Statuses::Class(class))) => Name::pascal(&format!("Status{class}xx")),
        (_, Some(Statuses::Default) | None) => Name::known("Other"),
    }
}

/// Single statuses first, then classes, then whatever is left. No two arms of a kind overlap.
fn arms(plan: &Plan<'_>, names: &[Name]) -> Vec<ErrorArm> {
    let bodies = &plan.api.errors;
    // Without classes in between, a body that is carried by whatever is left needs no arm for its single statuses.
    let has_class = bodies.iter().flat_map(all).any(|one| matches!(one, Statuses::Class(_)));
    let is_rest = |body: &ir::ErrorBody| body.statuses.contains(&Statuses::Default);
    let mut arms = Vec::new();
    for kind in [codes as fn(&[Statuses]) -> Option<StatusPattern>, classes, rest] {
        for (body, name) in bodies.iter().zip(names) {
            let arm = |statuses: &[Statuses], routes: &[usize]| {
                let operations = routes.iter().filter_map(|at| plan.api.routes.get(*at));
                let operations =
                    operations.map(|route| (Name::known(methods::verb(route.method)), route.path.clone()));
                let statuses = kind(statuses)?;
                Some(ErrorArm { statuses, operations: operations.collect(), variant: name.clone() })
            };
            arms.extend(body.on_routes.iter().filter_map(|(statuses, routes)| arm(&[*statuses], routes)));
            let agreed = arm(&body.statuses, &[]);
            let is_needed = |arm: &ErrorArm| {
                has_class || !is_rest(body) || !matches!(arm.statuses, StatusPattern::Codes(_))
            };
            arms.extend(agreed.filter(is_needed));
        }
    }
    arms
}

/// Every status that carries a body somewhere.
fn all(body: &ir::ErrorBody) -> impl Iterator<Item = &Statuses> {
    body.statuses.iter().chain(body.on_routes.iter().map(|(statuses, _)| statuses))
}

fn codes(statuses: &[Statuses]) -> Option<StatusPattern> {
    let codes = statuses.iter().filter_map(|statuses| match statuses {
        Statuses::One(code) => Some(*code),
        _ => None,
    });
    let codes: Vec<u16> = codes.collect();
    (!codes.is_empty()).then_some(StatusPattern::Codes(codes))
}

fn classes(statuses: &[Statuses]) -> Option<StatusPattern> {
    let classes = statuses.iter().filter_map(|statuses| match statuses {
        Statuses::Class(class) => Some(*class),
        _ => None,
    });
    let classes: Vec<u16> = classes.collect();
    (!classes.is_empty()).then_some(StatusPattern::Classes(classes))
}

fn rest(statuses: &[Statuses]) -> Option<StatusPattern> {
    statuses.contains(&Statuses::Default).then_some(StatusPattern::Rest)
}

/// Who carries a body.
fn carriers(body: &ir::ErrorBody) -> String {
    let somewhere: Vec<Statuses> = body.on_routes.iter().map(|(statuses, _)| *statuses).collect();
    let parts = [
        (!body.statuses.is_empty()).then(|| docs::statuses(&body.statuses)),
        (!somewhere.is_empty()).then(|| format!("{} of some operations", docs::statuses(&somewhere))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("Carried by {}.", parts.join(", and by "))
}
