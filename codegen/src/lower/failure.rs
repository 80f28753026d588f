//! Failures: what a route can fail with, what routes agree on, and how the server words it.

use super::Lower;
use super::draft::{Drafts, Kind};
use super::media_type::{essence, is_json};
use crate::ir::{ErrorBody, ErrorShape, Route, Statuses, Type};
use crate::names::Name;
use crate::parse::Node;
use std::collections::BTreeMap;

impl<'a> Lower<'a> {
    /// What an unsuccessful response carries, where that is JSON with a schema.
    pub(super) fn error_type(
        &mut self,
        statuses: Statuses,
        response: &'a Node,
        prefix: &Name,
    ) -> Option<Type> {
        let content = self.mapping(response, "content");
        let (_, media) = content.iter().find(|(key, _)| is_json(&essence(&key.text)) || key.text == "*/*")?;
        let schema = media.get("schema")?;
        let suffix = match statuses {
            Statuses::One(code) => format!("Error{code}"),
            Statuses::Class(class) => format!("Error{class}xx"),
            Statuses::Default => "Error".to_owned(),
        };
        let target = self.deref(schema)?;
        let general = target.get("x-general-problems").and_then(|_| self.text(target, "x-general-problems"));
        let ty = self.used(schema, &prefix.with(&suffix)).ty;
        if let Some(general) = general {
            self.general_problems(target, general, &ty);
        }
        Some(ty)
    }

    /// Notes under which name a map of problems lists those of the request as a whole.
    fn general_problems(&mut self, schema: &'a Node, name: &str, ty: &Type) {
        if matches!(self.drafts.resolve(ty), Type::Map(_)) {
            self.general.get_or_insert_with(|| name.to_owned());
            return;
        }
        self.problems.error(
            schema.get("x-general-problems").map_or(schema.span, |given| given.span),
            "`x-general-problems` belongs to a map of problems by name",
            "this schema is no map",
            "remove it, or describe the map with `additionalProperties` alone",
        );
    }
}

/// Error bodies by what they carry: those on which all routes agree, and those of single routes where they do not.
pub(super) fn bodies(routes: &[Route]) -> Vec<ErrorBody> {
    let mut by_status: BTreeMap<Statuses, Vec<(&Type, Vec<usize>)>> = BTreeMap::new();
    for (at, route) in routes.iter().enumerate() {
        for (statuses, ty) in &route.failures {
            let known = by_status.entry(*statuses).or_default();
            match known.iter_mut().find(|(other, _)| *other == ty) {
                Some((_, places)) => places.push(at),
                None => known.push((ty, vec![at])),
            }
        }
    }
    let mut bodies: Vec<ErrorBody> = Vec::new();
    for (statuses, carried) in by_status {
        let is_agreed = carried.len() == 1;
        for (ty, places) in carried {
            let at = bodies.iter().position(|body| body.ty == *ty).unwrap_or_else(|| {
                bodies.push(ErrorBody { ty: ty.clone(), statuses: Vec::new(), on_routes: Vec::new() });
                bodies.len() - 1
            });
            match is_agreed {
                true => bodies[at].statuses.push(statuses),
                false => bodies[at].on_routes.push((statuses, places)),
            }
        }
    }
    bodies
}

/// Which text of an error says in words what is wrong: lowest first. Of others it is the first.
fn wordiness(property: &str) -> usize {
    const WORDS: &[&str] = &["detail", "message", "error_description", "description", "title", "error"];
    WORDS.iter().position(|word| property.eq_ignore_ascii_case(word)).unwrap_or(WORDS.len())
}

/// How errors look, as far as the document shows it: the text of the body that most failures carry, and whether a 400 is a
/// map.
pub(super) fn shape(errors: &[ErrorBody], drafts: &Drafts<'_>, general: Option<String>) -> ErrorShape {
    let is_map = |body: &ErrorBody| matches!(drafts.resolve(&body.ty), Type::Map(_));
    let fields = errors.iter().any(|body| body.statuses.contains(&Statuses::One(400)) && is_map(body));
    let texts = errors.iter().filter_map(|body| {
        let Type::Named(id) = drafts.resolve(&body.ty) else { return None };
        let Some(Kind::Struct(record)) = drafts.kind(id) else { return None };
        let texts = record.properties.iter().filter(|property| property.ty == Type::String);
        let text = texts.min_by_key(|property| wordiness(&property.wire))?;
        let default = body.statuses.contains(&Statuses::Default);
        Some(((default, body.statuses.len(), body.on_routes.len()), &text.wire))
    });
    let detail = texts.max_by_key(|(rank, _)| *rank);
    let detail = detail.map_or_else(|| "detail".to_owned(), |(_, wire)| wire.clone());
    ErrorShape { detail, fields, general: general.filter(|_| fields) }
}
