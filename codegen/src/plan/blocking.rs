//! `blocking.rs`: the trait's methods as methods that wait.

use super::claims::RouteNames;
use super::parts::Part;
use super::scope::{self, Scope};
use super::{Plan, answers, client, methods, types};
use crate::docs::Docs;
use crate::ir::{AnswerKind, Call};
use crate::names::Name;
use crate::rust::{Blocking, BlockingClient, BlockingMethod, BlockingWalk, Item, Path, Type};

/// The type parameter: what the methods are called on.
pub(super) const IMPLEMENTATION: &str = "A";

/// The struct with a method for each call.
pub(super) fn items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let methods = methods(plan, part, scope, scope::path(client::CLIENT));
    methods.map(|methods| vec![client(false), methods]).unwrap_or_default()
}

/// The struct without methods.
pub(super) fn frame() -> Vec<Item> {
    vec![client(true)]
}

/// The methods of a part, for a struct that is defined elsewhere.
pub(super) fn part_items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let client = scope.import("crate::blocking", client::CLIENT);
    methods(plan, part, scope, client).into_iter().collect()
}

fn client(is_split: bool) -> Item {
    Item::BlockingClient(BlockingClient {
        name: Name::known(client::CLIENT),
        client: scope::path("crate::Client"),
        is_split,
    })
}

fn methods(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>, of: Path) -> Option<Item> {
    let (mut all, mut walks) = (Vec::new(), Vec::new());
    for (route, names) in part.routes.iter().copied() {
        for (call, name) in route.calls.iter().zip(&names.calls) {
            let (docs, deprecated) = (docs(names, name), methods::deprecation(plan, route, names));
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
        return None;
    }
    Some(Item::Blocking(Blocking {
        of,
        of_trait: scope.import("crate::api", part.of_trait.as_str()),
        wait: inside(scope, "wait"),
        methods: all,
        walks,
    }))
}

fn docs(RouteNames { of_trait, .. }: &RouteNames, name: &Name) -> Docs {
    let name = name.as_str();
    vec![format!("[`{name}`](crate::{of_trait}::{name}), waiting for its answer.")]
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
        AnswerKind::Events(event, _) => {
            let event = types::ty(plan, scope, event);
            Some(types::wrapped(inside(scope, "Events"), event))
        }
        AnswerKind::Download => Some(Type::Path(inside(scope, "Download"), Vec::new())),
        _ => None,
    }
}
