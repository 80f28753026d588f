//! `dynamic.rs`: any implementation of the trait, chosen at run time.

use super::parts::Part;
use super::scope::Scope;
use super::{Plan, methods};
use crate::names::Name;
use crate::rust::{Dynamic, Item, Signature};

/// The type that holds one.
pub(super) const DYNAMIC: &str = "DynApi";

/// The type, with a method for each call that makes one request: the others are built on those.
pub(super) fn items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let mut signatures: Vec<Signature> = Vec::new();
    for (route, names) in part.routes.iter().copied() {
        for (name, answer, _) in methods::requests(route, names) {
            signatures.push(methods::signature(plan, scope, route, names, name, answer));
        }
    }
    if signatures.is_empty() {
        return Vec::new();
    }
    let of_trait = scope.import("crate::api", part.of_trait.as_str());
    vec![Item::Dynamic(Dynamic { name: Name::known(DYNAMIC), of_trait, methods: signatures })]
}
