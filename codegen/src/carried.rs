//! Which types the calls of a route carry, wherever in an answer they are.

use crate::ir::{AnswerKind, Call, Route, Type};

/// Types of all successful answers, in document order.
pub(crate) fn answers(route: &Route) -> Vec<&Type> {
    let mut types = Vec::new();
    for call in &route.calls {
        match call {
            Call::Whole(answer) | Call::Streamed(answer) | Call::InForm(_, answer) => {
                add(&answer.kind, &mut types);
            }
            Call::AllPages(_) => {}
        }
    }
    types
}

fn add<'a>(kind: &'a AnswerKind, types: &mut Vec<&'a Type>) {
    match kind {
        AnswerKind::Json(ty) | AnswerKind::Events(ty, _) => types.push(ty),
        AnswerKind::Optional(inner, _) => add(inner, types),
        AnswerKind::ByStatus(all) => all.iter().for_each(|one| add(&one.answer.kind, types)),
        AnswerKind::Empty
        | AnswerKind::Text
        | AnswerKind::Download
        | AnswerKind::Redirect
        | AnswerKind::Upgrade => {}
    }
}
