//! `dynamic.rs`: any implementation of the trait, chosen at run time.

use super::parts::{Part, Parts};
use super::scope::Scope;
use super::{Plan, claims, methods, split};
use crate::names::Name;
use crate::rust::{Dynamic, DynamicMethods, Item, Signature, Use, UsedNames};

/// The type that holds one.
pub(super) const DYNAMIC: &str = "DynApi";

/// What the runtime's macro calls the trait that there can be a `dyn` of.
pub(super) const ERASED: &str = "Erased";

/// The type, with a method for each call that makes one request: the others are built on those.
pub(super) fn items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    if part.routes.is_empty() {
        return Vec::new();
    }
    let of_trait = scope.claim("crate::api", part.of_trait.as_str());
    vec![item(of_trait, DynamicMethods::Here(signatures(plan, part, scope)))]
}

/// What a part adds to the type.
pub(super) fn part_items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let of_trait = scope.claim("crate::api", part.of_trait.as_str());
    scope.claim("crate::dynamic", DYNAMIC);
    vec![item(of_trait, DynamicMethods::OfPart(signatures(plan, part, scope)))]
}

/// The type, where all methods are those of parts.
pub(super) fn sum_items(parts: &Parts, scope: &mut Scope<'_>) -> Vec<Item> {
    let of_trait = scope.claim("crate::api", claims::API);
    let traits = parts.all.iter().map(|names| names.of_trait.clone()).collect();
    vec![item(of_trait, DynamicMethods::InParts(traits))]
}

/// What parts add to it, by the names of their traits in any case.
pub(super) fn sum_uses(parts: &Parts) -> Vec<Use> {
    let present = parts.all.iter().map(|names| Use {
        is_public: false,
        needs: Some(names.condition()),
        module: names.inside("dynamic"),
        names: UsedNames::Renamed(Name::known(ERASED), names.of_trait.clone()),
    });
    present.chain(split::absent(parts)).collect()
}

fn item(of_trait: Name, methods: DynamicMethods) -> Item {
    Item::Dynamic(Dynamic { name: Name::known(DYNAMIC), of_trait, methods })
}

fn signatures(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Signature> {
    let mut signatures: Vec<Signature> = Vec::new();
    for (route, names) in part.routes.iter().copied() {
        for (name, answer, _) in methods::requests(route, names) {
            signatures.push(methods::signature(plan, scope, route, names, name, answer));
        }
    }
    signatures
}
