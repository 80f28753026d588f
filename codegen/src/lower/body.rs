//! Request bodies: which of several forms is sent, and what it holds.

use super::Lower;
use super::media_type::{body_rank, essence, is_json};
use crate::ir::{Body, BodyKind, Type};
use crate::names::Name;
use crate::parse::{Key, Node};

/// What OpenAPI defines for an encoding.
pub(super) const ENCODING_KEYS: &[&str] = &["contentType", "headers", "style", "explode", "allowReserved"];

/// An operation cannot be called as the document wants it; the reason has been reported.
pub(super) struct LeftOut;

impl<'a> Lower<'a> {
    /// The body of an operation. `prefix` begins the names of types that are defined for it.
    ///
    /// # Errors
    /// The body cannot be sent as the document wants it, so the operation is left out.
    pub(super) fn body(&mut self, operation: &'a Node, prefix: &Name) -> Result<Option<Body>, LeftOut> {
        let Some(body) = operation.get("requestBody") else { return Ok(None) };
        let body = self.component(body)?;
        let declared = self.mapping(body, "content");
        let content = self.sendable(declared);
        let Some(best) = content.iter().copied().min_by_key(|(media, _)| body_rank(&media.text)) else {
            return match declared {
                [(key, _), ..] => Err(self.operation_left_out(
                    key.span,
                    "no form of the body can be sent",
                    "not a media type",
                    "write it as it is sent, such as `application/json`",
                )),
                [] => Ok(None),
            };
        };
        self.mention_other_bodies(&content, best);
        let (key, media) = best;
        let kind = self.body_kind(key, media, &prefix.with("Body"));
        let media_type = match (&kind, essence(&key.text).contains('*')) {
            (BodyKind::Json(_), true) => "application/json".to_owned(),
            (_, true) => "application/octet-stream".to_owned(),
            (_, false) => key.text.clone(),
        };
        Ok(Some(Body { kind, media_type, required: self.flag(body, "required") }))
    }

    fn body_kind(&mut self, key: &'a Key, media: &'a Node, hint: &Name) -> BodyKind {
        let schema = media.get("schema");
        let essence = essence(&key.text);
        match essence.as_str() {
            _ if is_json(&essence) => BodyKind::Json(self.body_type(schema, hint)),
            "application/x-www-form-urlencoded" => {
                let ty = self.body_type(schema, hint);
                let styles = self.form_styles(media, &ty);
                BodyKind::Form(ty, styles)
            }
            _ if essence.starts_with("multipart/") => {
                BodyKind::Multipart(self.parts(key, media, &hint.with("Part")))
            }
            "*/*" if schema.is_some_and(|schema| self.is_json_schema(schema)) => {
                BodyKind::Json(self.body_type(schema, hint))
            }
            _ if essence.starts_with("text/") && !essence.contains("xml") => BodyKind::Text,
            _ => BodyKind::Bytes,
        }
    }

    fn body_type(&mut self, schema: Option<&'a Node>, hint: &Name) -> Type {
        schema.map_or(Type::Any, |schema| self.used(schema, hint).ty)
    }
}
