//! What failed calls carry.

use super::Lower;
use super::draft::Kind;
use super::media_type::{essence, is_json};
use crate::ir::{ErrorBody, ErrorShape, Route, Statuses, Type};
use crate::names::Name;
use crate::parse::Node;
use std::collections::BTreeMap;

/// Statuses of an operation's failures, with what they carry.
pub(super) type Failures = Vec<(Statuses, Type)>;

impl<'a> Lower<'a> {
    /// The type of a failure's body, where it has one.
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

    /// Error bodies on which all routes agree, by what they carry.
    pub(super) fn error_bodies(&self, routes: &[Route]) -> Vec<ErrorBody> {
        let mut by_status: BTreeMap<Statuses, Option<Type>> = BTreeMap::new();
        for (statuses, ty) in routes.iter().flat_map(|route| &route.failures) {
            let agreed = by_status.entry(*statuses).or_insert_with(|| Some(ty.clone()));
            if agreed.as_ref() != Some(ty) {
                *agreed = None;
            }
        }
        let mut bodies: Vec<ErrorBody> = Vec::new();
        for (statuses, ty) in by_status {
            let Some(ty) = ty else { continue };
            match bodies.iter_mut().find(|body| body.ty == ty) {
                Some(body) => body.statuses.push(statuses),
                None => bodies.push(ErrorBody { ty, statuses: vec![statuses] }),
            }
        }
        bodies
    }

    /// How errors look, as far as the document shows it: the text of the body that most failures carry, and whether a 400
    /// is a map.
    pub(super) fn error_shape(&self, errors: &[ErrorBody]) -> ErrorShape {
        let kind_of = |ty: &Type| match ty {
            Type::Named(id) => self.kind(self.underlying(*id)),
            _ => None,
        };
        let is_map =
            |ty: &Type| matches!(ty, Type::Map(_)) || matches!(kind_of(ty), Some(Kind::Alias(Type::Map(_))));
        let fields =
            errors.iter().any(|body| body.statuses.contains(&Statuses::One(400)) && is_map(&body.ty));
        let detail = errors
            .iter()
            .filter_map(|body| match kind_of(&body.ty)? {
                Kind::Struct(object) => {
                    let text = object.properties.iter().find(|property| property.ty == Type::String)?;
                    let default = body.statuses.contains(&Statuses::Default);
                    Some(((default, body.statuses.len()), text.wire.clone()))
                }
                _ => None,
            })
            .max_by_key(|(rank, _)| *rank);
        ErrorShape { detail: detail.map_or_else(|| "detail".to_owned(), |(_, wire)| wire), fields }
    }
}
