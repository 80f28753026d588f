//! Failures: what a route can fail with, what all routes agree on, and how the server words it.

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
        Some(self.used(schema, &prefix.with(&suffix)).ty)
    }
}

/// Error bodies on which all routes agree, by what they carry.
pub(super) fn agreed(routes: &[Route]) -> Vec<ErrorBody> {
    let mut by_status: BTreeMap<Statuses, Option<&Type>> = BTreeMap::new();
    for (statuses, ty) in routes.iter().flat_map(|route| &route.failures) {
        let agreed = by_status.entry(*statuses).or_insert(Some(ty));
        if *agreed != Some(ty) {
            *agreed = None;
        }
    }
    let mut bodies: Vec<ErrorBody> = Vec::new();
    for (statuses, ty) in by_status {
        let Some(ty) = ty else { continue };
        match bodies.iter_mut().find(|body| body.ty == *ty) {
            Some(body) => body.statuses.push(statuses),
            None => bodies.push(ErrorBody { ty: ty.clone(), statuses: vec![statuses] }),
        }
    }
    bodies
}

/// How errors look, as far as the document shows it: the text of the body that most failures carry, and whether a 400 is a
/// map.
pub(super) fn shape(errors: &[ErrorBody], drafts: &Drafts<'_>) -> ErrorShape {
    let is_map = |body: &ErrorBody| matches!(drafts.resolve(&body.ty), Type::Map(_));
    let fields = errors.iter().any(|body| body.statuses.contains(&Statuses::One(400)) && is_map(body));
    let texts = errors.iter().filter_map(|body| {
        let Type::Named(id) = drafts.resolve(&body.ty) else { return None };
        let Some(Kind::Struct(record)) = drafts.kind(id) else { return None };
        let text = record.properties.iter().find(|property| property.ty == Type::String)?;
        let default = body.statuses.contains(&Statuses::Default);
        Some(((default, body.statuses.len()), &text.wire))
    });
    let detail = texts.max_by_key(|(rank, _)| *rank);
    ErrorShape { detail: detail.map_or_else(|| "detail".to_owned(), |(_, wire)| wire.clone()), fields }
}
