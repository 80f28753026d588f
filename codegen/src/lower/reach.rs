//! Which types are used, and which way they travel.

use super::Lower;
use super::draft::named;
use crate::ir::{AnswerKind, BodyKind, Call, ErrorBody, Route, Type, TypeId};
use std::collections::HashSet;

/// What is known of the use of types.
pub(super) struct Reach {
    /// Those that requests contain.
    pub(super) sent: HashSet<TypeId>,
    /// Those that answers contain.
    pub(super) received: HashSet<TypeId>,
    /// Those that are named in the document, or contained in something that is: tags leave the types of their properties
    /// behind.
    pub(super) used: HashSet<TypeId>,
}

impl Lower<'_> {
    /// Follows what routes and errors mention.
    pub(super) fn reach(&self, routes: &[Route], errors: &[ErrorBody]) -> Reach {
        let error_types = errors.iter().map(|error| &error.ty);
        let answers = routes.iter().flat_map(answer_types);
        let received: Vec<TypeId> = answers.chain(error_types.clone()).filter_map(named).collect();
        let mentioned = routes.iter().flat_map(|route| {
            let failures = route.failures.iter().map(|(_, ty)| ty);
            let params = route.params.iter().map(|param| &param.ty);
            let path = route.path_params.iter().map(|param| &param.ty);
            body_type(route).into_iter().chain(answer_types(route)).chain(failures).chain(params).chain(path)
        });
        let mentioned = mentioned.chain(error_types).filter_map(named);
        let used: Vec<TypeId> = self.named.values().copied().chain(mentioned).collect();
        Reach {
            sent: self.contained_in(self.sent.iter().filter_map(named).collect()),
            received: self.contained_in(received),
            used: self.contained_in(used),
        }
    }

    /// The given types and all that they can contain.
    fn contained_in(&self, mut queue: Vec<TypeId>) -> HashSet<TypeId> {
        let mut reached = HashSet::new();
        while let Some(id) = queue.pop() {
            if let Some(kind) = self.kind(id).filter(|_| reached.insert(id)) {
                queue.extend(kind.types().into_iter().filter_map(named));
            }
        }
        reached
    }
}

fn body_type(route: &Route) -> Option<&Type> {
    match &route.body.as_ref()?.kind {
        BodyKind::Json(ty) | BodyKind::Form(ty) => Some(ty),
        BodyKind::Text | BodyKind::Bytes => None,
    }
}

fn answer_types(route: &Route) -> impl Iterator<Item = &Type> {
    route.calls.iter().filter_map(|call| match call {
        Call::Whole(answer) | Call::Streamed(answer) => match &answer.kind {
            AnswerKind::Json(ty) | AnswerKind::Events(ty) => Some(ty),
            AnswerKind::Empty | AnswerKind::Text | AnswerKind::Download => None,
        },
        Call::AllPages(_) => None,
    })
}
