//! `blocking.rs`: the trait's methods as methods that wait.

use super::scope::{self, Scope};
use super::{Plan, answers, client, methods, types};
use crate::docs::Docs;
use crate::ir::{AnswerKind, Call};
use crate::names::Name;
use crate::rust::{Blocking, BlockingMethod, BlockingWalk, Item, Path, Type};

/// The type parameter: what the methods are called on.
pub(super) const IMPLEMENTATION: &str = "A";

/// The struct with a method for each call.
pub(super) fn items(plan: &Plan<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let (mut all, mut walks) = (Vec::new(), Vec::new());
    for (route, names) in methods::routes(plan) {
        for (call, name) in route.calls.iter().zip(&names.calls) {
            let (docs, deprecated) = (docs(name), methods::deprecation(plan, route, names));
            match call {
                Call::Whole(answer) | Call::Streamed(answer) | Call::InForm(_, answer) => {
                    let waiting = waiting(plan, scope, &answer.kind);
                    let converts = waiting.is_some();
                    let body = waiting.unwrap_or_else(|| answers::ty_of(plan, scope, names, &answer.kind));
                    let signature = methods::answering(plan, scope, (route, names), name, body);
                    all.push(BlockingMethod { docs, deprecated, signature, converts });
                }
                Call::AllPages(paging) => walks.push(BlockingWalk {
                    docs,
                    deprecated,
                    name: name.clone(),
                    arguments: methods::arguments(plan, scope, route, names),
                    items_type: inside(scope, "Items"),
                    item: types::ty(plan, scope, &paging.item),
                }),
            }
        }
    }
    if all.is_empty() {
        return Vec::new();
    }
    vec![Item::Blocking(Blocking {
        name: Name::known(client::CLIENT),
        of_trait: scope.import("crate::api", "Api"),
        client: scope::path("crate::Client"),
        wait: inside(scope, "wait"),
        methods: all,
        walks,
    })]
}

fn docs(name: &Name) -> Docs {
    let name = name.as_str();
    vec![format!("[`{name}`](crate::Api::{name}), waiting for its answer.")]
}

/// Something of the runtime's module, by its path.
fn inside(scope: &mut Scope<'_>, name: &str) -> Path {
    let Path(mut segments) = scope.import("runtime", "blocking");
    segments.push(Name::known(name));
    Path(segments)
}

/// The counterpart of a body that is read piece by piece.
fn waiting(plan: &Plan<'_>, scope: &mut Scope<'_>, answer: &AnswerKind) -> Option<Type> {
    match answer {
        AnswerKind::Events(event) => {
            let event = types::ty(plan, scope, event);
            Some(types::wrapped(inside(scope, "Events"), event))
        }
        AnswerKind::Download => Some(Type::Path(inside(scope, "Download"), Vec::new())),
        _ => None,
    }
}
