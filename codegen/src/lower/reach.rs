//! Which types requests and answers consist of, and which the model needs at all.
//!
//! In: drafts, and the types that routes mention. Out: for each type whether it is sent, received, and reached.

use super::draft::{Drafts, Kind, named};
use super::presence::Way;
use super::tags::Tags;
use crate::carried;
use crate::ir::{
    BodyKind, CookieStyle, Header, HeaderStyle, Location, Param, PathStyle, QueryStyle, Receiver, Route,
    Type, TypeId,
};
use std::collections::HashSet;

/// What is reached from where.
pub(super) struct Reach {
    sent: HashSet<TypeId>,
    received: HashSet<TypeId>,
    all: HashSet<TypeId>,
    texts: HashSet<TypeId>,
}

impl Reach {
    /// Follows what routes and receivers mention, and what the document gives a name to.
    pub(super) fn of<'r, R: Iterator<Item = &'r Route> + Clone>(
        drafts: &Drafts<'_>,
        tags: &Tags,
        routes: impl Fn() -> R,
        (receivers, headers): (&'r [Receiver], &'r [Header]),
        named: impl IntoIterator<Item = TypeId>,
    ) -> Self {
        // What a route sends, a receiver gets.
        let turned = || receivers.iter().map(|receiver| &receiver.route);
        let sent = routes().flat_map(requested).chain(turned().flat_map(answered));
        let sent = closure(drafts, tags, sent);
        let received = routes().flat_map(answered).chain(turned().flat_map(requested));
        let received = closure(drafts, tags, received);
        let parameters = routes().chain(turned()).flat_map(parameters_of);
        let forms = routes().chain(turned()).filter_map(form);
        let headers = headers.iter().map(|header| &header.ty);
        let parameters = parameters.chain(headers);
        let texts = closure(drafts, tags, parameters.clone().chain(forms).flat_map(self::named));
        let mentioned = parameters.flat_map(self::named);
        let mentioned = mentioned.chain(named).chain(sent.iter().copied()).chain(received.iter().copied());
        let all = closure(drafts, tags, mentioned);
        Self { sent, received, all, texts }
    }

    pub(super) fn way(&self, id: TypeId) -> Way {
        Way { sent: self.sent.contains(&id), received: self.received.contains(&id) }
    }

    /// Whether a type is read from text: a form or a parameter, where numbers look like any other text.
    pub(super) fn is_of_text(&self, id: TypeId) -> bool {
        self.texts.contains(&id)
    }

    /// Whether anything mentions a type. What tags replace leaves types behind that nothing does.
    pub(super) fn has(&self, id: TypeId) -> bool {
        self.all.contains(&id)
    }
}

fn closure(drafts: &Drafts<'_>, tags: &Tags, start: impl IntoIterator<Item = TypeId>) -> HashSet<TypeId> {
    let mut queue: Vec<TypeId> = start.into_iter().collect();
    let mut reached = HashSet::new();
    while let Some(id) = queue.pop() {
        let Some(kind) = drafts.kind(id) else { continue };
        if reached.insert(id) {
            queue.extend(mentions(kind, tags.property_of(id)).into_iter().flat_map(named));
        }
    }
    reached
}

/// What a type mentions once the property that became its tag is gone.
fn mentions<'d>(kind: &'d Kind<'_>, tag: Option<&str>) -> Vec<&'d Type> {
    match kind {
        Kind::Struct(record) => {
            let kept = record.properties.iter().filter(|property| Some(property.wire.as_str()) != tag);
            kept.map(|property| &property.ty).chain(&record.rest).collect()
        }
        kind => kind.mentions(),
    }
}

fn parameters_of(route: &Route) -> impl Iterator<Item = &Type> + Clone {
    let path = route.path_params.iter().map(|parameter| &parameter.ty);
    path.chain(route.params.iter().map(|parameter| &parameter.ty))
}

fn form(route: &Route) -> Option<&Type> {
    match &route.body.as_ref()?.kind {
        BodyKind::Form(ty, _) => Some(ty),
        _ => None,
    }
}

fn requested(route: &Route) -> Vec<TypeId> {
    // In JSON a null is sent, everywhere else it is absent.
    let in_path = route.path_params.iter().filter(|one| one.style == PathStyle::Json).map(|one| &one.ty);
    let is_json = |one: &&Param| {
        matches!(
            one.location,
            Location::Query(QueryStyle::Json)
                | Location::Header(HeaderStyle::Json)
                | Location::Cookie(CookieStyle::Json)
        )
    };
    let in_json = in_path.chain(route.params.iter().filter(is_json).map(|one| &one.ty)).flat_map(named);
    in_json.chain(in_body(route)).collect()
}

fn in_body(route: &Route) -> Vec<TypeId> {
    match route.body.as_ref().map(|body| &body.kind) {
        Some(BodyKind::Json(ty) | BodyKind::Form(ty, _) | BodyKind::Records(ty, _)) => named(ty),
        Some(BodyKind::Multipart(Some(parts))) => parts.iter().flat_map(|part| named(&part.ty)).collect(),
        Some(BodyKind::Multipart(None) | BodyKind::Text | BodyKind::Bytes) | None => Vec::new(),
    }
}

fn answered(route: &Route) -> impl Iterator<Item = TypeId> {
    carried::answers(route).into_iter().chain(route.failures.iter().map(|(_, ty)| ty)).flat_map(named)
}
