//! `webhooks.rs`: what the service sends as a trait, and a router for its receivers.

use super::claims::RouteNames;
use super::scope::Scope;
use super::{Plan, forms, methods, server};
use crate::ir::{Origin, Receiver, Route};
use crate::names::Name;
use crate::rust::{Item, MountedReceiver, Receivers, Trait, Webhook, Webhooks};

/// The trait.
pub(super) const TRAIT: &str = "Webhooks";
/// The enum of all receivers.
pub(super) const ENUM: &str = "Webhook";

/// Every item of the module; none where the service sends nothing.
pub(super) fn items(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    if plan.api.receivers.is_empty() {
        return Vec::new();
    }
    let of_trait = crate::rust::Path(vec![Name::known(TRAIT)]);
    let mut items = vec![
        Item::Trait(receivers_trait(plan, scope)),
        Item::Webhooks(webhooks(plan)),
        Item::Receivers(router(plan, scope)),
    ];
    for (route, names) in routes(plan) {
        items.extend(server::handler(plan, scope, (&of_trait, "handler"), route, names).map(Item::Handler));
    }
    for (route, names) in routes(plan) {
        server::add_params_reader(scope, route, names, &mut items);
        items.extend(forms::reader(scope, route, names));
    }
    items
}

/// What is received, with its names.
pub(super) fn routes<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = (&'a Route, &'a RouteNames)> {
    receivers(plan).map(|(receiver, names)| (&receiver.route, names))
}

fn receivers<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = (&'a Receiver, &'a RouteNames)> {
    plan.api.receivers.iter().zip(&plan.claims.receivers)
}

fn receivers_trait(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Trait {
    let mut methods = Vec::new();
    for (receiver, names) in receivers(plan) {
        let route = &receiver.route;
        for (call, (name, answer, _)) in route.calls.iter().zip(methods::requests(route, names)) {
            let of_receiver = || plan.receiver_docs(receiver, names, &path(names));
            let docs = methods::method_docs(plan, route, names, call, of_receiver);
            methods.push(methods::method(plan, scope, (route, names), name, answer, docs));
        }
    }
    Trait {
        name: Name::known(TRAIT),
        docs: plan.receivers_docs(),
        methods,
        walks: Vec::new(),
        shown_in: None,
    }
}

fn webhooks(plan: &Plan<'_>) -> Webhooks {
    let variants = receivers(plan).zip(&plan.claims.webhooks).map(|((receiver, names), variant)| {
        let (Origin::Webhook { name } | Origin::Callback { name, .. }) = &receiver.origin;
        let method = names.calls.first().unwrap_or(&names.handler).as_str();
        Webhook { name: variant.clone(), docs: vec![format!("[`{TRAIT}::{method}`]")], wire: name.clone() }
    });
    Webhooks { name: Name::known(ENUM), variants: variants.collect() }
}

fn router(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Receivers {
    let mounted =
        receivers(plan).zip(&plan.claims.webhooks).map(|((receiver, names), webhook)| MountedReceiver {
            webhook: webhook.clone(),
            verb: Name::known(methods::verb(receiver.route.method)),
            path: path(names),
            methods: server::called(&receiver.route, names).collect(),
            handler: names.handler.clone(),
        });
    Receivers {
        of_trait: Name::known(TRAIT),
        webhook: Name::known(ENUM),
        axum: scope.export(server::RUNTIME, "axum"),
        receivers_type: scope.export(server::RUNTIME, "Receivers"),
        shape_type: scope.import(server::RUNTIME, "ErrorShape"),
        detail: plan.api.error_shape.detail.clone(),
        fields: plan.api.error_shape.fields,
        receivers: mounted.collect(),
    }
}

/// Where a receiver listens unless its user says otherwise: its name in words with hyphens.
fn path(names: &RouteNames) -> String {
    let name = names.calls.first().unwrap_or(&names.handler);
    format!("/{}", name.as_str().trim_matches('_').replace('_', "-"))
}
