//! `answers.rs`: what operations answer where that depends on the status, as an enum for each; and how every answer travels.
//!
//! The enums have a module of their own, so that no schema can take the name of one of them.

use super::claims::{AnswerNames, RouteNames};
use super::docs::Here;
use super::parts::Part;
use super::scope::{Scope, path};
use super::{Plan, layout, types};
use crate::docs::{Docs, code};
use crate::ir::{Answer, AnswerKind, Call, Framing, Route, StatusAnswer, Statuses};
use crate::names::Name;
use crate::rust::{
    AnswerBody, AnswerEnum, AnswerVariant, Arm, Head, Item, Path, Receive, StatusPattern, Type,
};

/// Every item of the module.
pub(super) fn items(plan: &Plan<'_>, part: &Part<'_>, scope: &mut Scope<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    for (route, names) in part.operations().chain(part.received.iter().copied()) {
        let of_trait = names.of_trait.as_str();
        if let (Some(all), Some(own)) = (by_status(route), &names.answer) {
            let method = names.calls.first().unwrap_or(&names.handler).as_str();
            let name = of_trait.rsplit("::").next().unwrap_or(of_trait);
            let docs =
                vec![format!("What [`{name}::{method}`](crate::{of_trait}::{method}) answers, by status.")];
            items.push(Item::AnswerEnum(answer_enum(plan, scope, (route, names), (all, own), docs)));
        }
    }
    items
}

/// Names of all enums.
pub(super) fn names<'a>(part: &'a Part<'_>) -> impl Iterator<Item = Name> + 'a {
    part.all_names().filter_map(|route| Some(route.answer.as_ref()?.name.clone()))
}

/// What a route answers at once, where that depends on the status.
pub(super) fn by_status(route: &Route) -> Option<&[StatusAnswer]> {
    route.calls.iter().find_map(|call| match call {
        Call::Whole(Answer { kind: AnswerKind::ByStatus(all), .. }) => Some(&all[..]),
        _ => None,
    })
}

/// Whether the document says something about every success.
pub(super) fn is_exhaustive(all: &[StatusAnswer]) -> bool {
    all.iter().any(|one| !matches!(one.statuses, Statuses::One(_)))
}

fn answer_enum(
    plan: &Plan<'_>,
    scope: &mut Scope<'_>,
    (route, of_route): (&Route, &RouteNames),
    (all, names): (&[StatusAnswer], &AnswerNames),
    docs: Docs,
) -> AnswerEnum {
    let variants = all.iter().zip(&names.variants).map(|(one, name)| AnswerVariant {
        name: name.clone(),
        docs: plan.answer_docs(&one.text, Here::Route(route, of_route), &statuses(one.statuses)),
        ty: (one.answer.kind != AnswerKind::Empty).then(|| single(plan, scope, &one.answer.kind)),
    });
    let variants: Vec<AnswerVariant> = variants.collect();
    // What is still arriving can neither be copied nor compared.
    let derives = match all.iter().any(|one| one.answer.kind == AnswerKind::Download) {
        true => vec![types::path_of("Debug")],
        false => types::derives(false, []),
    };
    AnswerEnum {
        head: Head { name: names.name.clone(), docs, deprecated: None },
        derives,
        variants,
        unknown: names.unknown.clone().map(|name| (name, scope.imported("runtime", "Bytes"))),
    }
}

fn statuses(statuses: Statuses) -> String {
    match statuses {
        Statuses::One(status) => code(&status.to_string()),
        Statuses::Class(class) => code(&format!("{class}XX")),
        Statuses::Default => "Any status.".to_owned(),
    }
}

/// What a method's response holds.
pub(super) fn ty_of(plan: &Plan<'_>, scope: &mut Scope<'_>, names: &RouteNames, answer: &AnswerKind) -> Type {
    match (answer, &names.answer) {
        (AnswerKind::ByStatus(_), Some(names)) => {
            Type::Path(scope.inside("answers", &names.name), Vec::new())
        }
        (answer, _) => single(plan, scope, answer),
    }
}

fn single(plan: &Plan<'_>, scope: &mut Scope<'_>, answer: &AnswerKind) -> Type {
    match answer {
        AnswerKind::Empty | AnswerKind::ByStatus(_) => Type::Unit,
        AnswerKind::Optional(inner, _) => {
            types::wrapped(types::path_of("Option"), single(plan, scope, inner))
        }
        AnswerKind::Json(ty) => types::ty(plan, scope, ty),
        AnswerKind::Text => types::plain("String"),
        AnswerKind::Download => scope.imported("runtime", "Download"),
        AnswerKind::Redirect => scope.imported("runtime", "Redirect"),
        AnswerKind::Upgrade => {
            scope.needs(layout::UPGRADE);
            scope.imported("runtime::upgrade", "Upgraded")
        }
        AnswerKind::Events(ty, _) => {
            let stream = scope.import("runtime", "EventStream");
            let event = types::ty(plan, scope, ty);
            types::wrapped(stream, event)
        }
    }
}

/// How an answer travels.
pub(super) fn receive(scope: &mut Scope<'_>, names: &RouteNames, answer: &Answer) -> Receive {
    match &answer.kind {
        AnswerKind::Empty => Receive::Body(AnswerBody::Empty),
        AnswerKind::Json(_) => Receive::Body(AnswerBody::Json),
        AnswerKind::Text => Receive::Body(AnswerBody::Text),
        AnswerKind::Download => Receive::Body(AnswerBody::Download),
        AnswerKind::Events(_, Framing::Events) => Receive::Events,
        AnswerKind::Events(_, Framing::Lines) => Receive::Lines(answer.media_type.clone()),
        AnswerKind::Events(_, Framing::Sequence) => Receive::Sequence(answer.media_type.clone()),
        AnswerKind::Redirect => Receive::Redirect,
        AnswerKind::Upgrade => Receive::Upgrade,
        AnswerKind::Optional(inner, empty) => Receive::ByStatus(optional(answer, inner, empty)),
        AnswerKind::ByStatus(all) => {
            Receive::ByStatus(names.answer.as_ref().map(|names| arms(scope, all, names)).unwrap_or_default())
        }
    }
}

/// `None` by some statuses, `Some` by all others.
fn optional(answer: &Answer, inner: &AnswerKind, empty: &[u16]) -> Vec<Arm> {
    let none = Arm {
        pattern: StatusPattern::Codes(empty.to_vec()),
        value: path("None"),
        body: AnswerBody::Empty,
        status: empty.first().copied().unwrap_or(204),
        media_type: None,
    };
    let some = Arm {
        pattern: StatusPattern::Rest,
        value: path("Some"),
        body: body(inner),
        status: answer.status,
        media_type: media_type(inner, &answer.media_type),
    };
    vec![none, some]
}

/// A variant for each status.
fn arms(scope: &mut Scope<'_>, all: &[StatusAnswer], names: &AnswerNames) -> Vec<Arm> {
    let Path(own) = scope.inside("answers", &names.name);
    let variant = |name: &Name| Path(own.iter().chain([name]).cloned().collect());
    let mut arms: Vec<Arm> = all
        .iter()
        .zip(&names.variants)
        .map(|(one, name)| Arm {
            pattern: match one.statuses {
                Statuses::One(status) => StatusPattern::Codes(vec![status]),
                Statuses::Class(_) | Statuses::Default => StatusPattern::Rest,
            },
            value: variant(name),
            body: body(&one.answer.kind),
            status: one.answer.status,
            media_type: media_type(&one.answer.kind, &one.answer.media_type),
        })
        .collect();
    arms.extend(names.unknown.as_ref().map(|name| Arm {
        pattern: StatusPattern::Rest,
        value: variant(name),
        body: AnswerBody::Raw,
        status: 200,
        media_type: None,
    }));
    arms.sort_by_key(|arm| arm.pattern == StatusPattern::Rest);
    arms
}

fn body(kind: &AnswerKind) -> AnswerBody {
    match kind {
        AnswerKind::Json(_) => AnswerBody::Json,
        AnswerKind::Text => AnswerBody::Text,
        AnswerKind::Download => AnswerBody::Download,
        _ => AnswerBody::Empty,
    }
}

/// The media type to name; nothing where it is the usual one of such a body.
pub(super) fn media_type(kind: &AnswerKind, media_type: &str) -> Option<String> {
    let usual = match kind {
        AnswerKind::Json(_) => "application/json",
        AnswerKind::Text => "text/plain",
        AnswerKind::Download => "",
        _ => return None,
    };
    let mut words = media_type.split(';').map(str::trim);
    let is_usual = words.next().is_some_and(|essence| essence.eq_ignore_ascii_case(usual))
        // Any other parameter tells forms apart.
        && words.all(|parameter| parameter.to_ascii_lowercase().starts_with("charset"));
    let is_range = media_type.contains('*');
    (!is_usual && !is_range)
        .then(|| media_type.to_owned())
        .or_else(|| (is_range && usual.is_empty()).then(|| "application/octet-stream".to_owned()))
}

/// The media types to ask for; nothing where the runtime asks for the right ones itself. `is_one_of`: whether the route has
/// other forms, too.
pub(super) fn accept(answer: &Answer, is_one_of: bool) -> Option<String> {
    match &answer.kind {
        AnswerKind::Json(_) => media_type(&answer.kind, &answer.media_type),
        AnswerKind::Text | AnswerKind::Download => is_one_of.then(|| answer.media_type.clone()),
        AnswerKind::Optional(inner, _) => {
            let is_named = is_one_of || matches!(**inner, AnswerKind::Json(_));
            is_named.then(|| answer.media_type.clone())
        }
        AnswerKind::ByStatus(all) => {
            let mut bodies = all.iter().map(|one| &one.answer).filter(|one| one.kind != AnswerKind::Empty);
            let first = bodies.next()?;
            let is_same = bodies.all(|other| other.media_type == first.media_type);
            is_same.then(|| first.media_type.clone())
        }
        AnswerKind::Empty | AnswerKind::Events(..) | AnswerKind::Redirect | AnswerKind::Upgrade => None,
    }
}
