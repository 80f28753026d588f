//! What a request carries.

use super::Lower;
use super::media_type::{body_rank, essence, is_json};
use super::schema::any;
use crate::ir::{Body, BodyKind, Type};
use crate::names::Name;
use crate::parse::Node;

impl<'a> Lower<'a> {
    /// The body of an operation: the form of it that suits best.
    pub(super) fn body(&mut self, node: &'a Node, prefix: &Name) -> Option<Body> {
        let body = self.deref(node.get("requestBody")?)?;
        let content = self.mapping(body, "content");
        let best = content.iter().min_by_key(|(media, _)| body_rank(&media.text))?;
        self.mention_other_forms(content, best, "send");
        let (key, media) = best;
        self.check_media_type(key);
        let schema = media.get("schema");
        let hint = prefix.with("Body");
        let essence = essence(&key.text);
        let kind = match essence.as_str() {
            _ if is_json(&essence) => BodyKind::Json(self.body_type(schema, &hint)),
            "application/x-www-form-urlencoded" => {
                if let Some(encoding) =
                    media.get("encoding").filter(|encoding| !encoding.entries().is_empty())
                {
                    self.unsupported(
                        encoding.span,
                        "`encoding` of a form",
                        "remove it if the default, repeated keys for lists, is what the server reads",
                    );
                }
                BodyKind::Form(self.body_type(schema, &hint))
            }
            _ if essence.starts_with("multipart/") => {
                self.unsupported(
                    key.span,
                    "a multipart body",
                    "offer another media type, or leave the operation out",
                );
                return None;
            }
            "*/*" if schema.is_some_and(|schema| self.is_json_schema(schema)) => {
                BodyKind::Json(self.body_type(schema, &hint))
            }
            _ if essence.starts_with("text/") && !essence.contains("xml") => BodyKind::Text,
            _ => BodyKind::Bytes,
        };
        let media_type = match (&kind, essence.contains('*')) {
            (BodyKind::Json(_), true) => "application/json".to_owned(),
            (_, true) => "application/octet-stream".to_owned(),
            (_, false) => key.text.clone(),
        };
        Some(Body { kind, media_type, required: self.flag(body, "required") })
    }

    fn body_type(&mut self, schema: Option<&'a Node>, hint: &Name) -> Type {
        let ty = schema.map_or_else(|| any().ty, |schema| self.used(schema, hint).ty);
        self.sent.push(ty.clone());
        ty
    }
}

/// The schema of a body's JSON, where it has one.
pub(super) fn json_schema(body: &Node) -> Option<&Node> {
    let content = body.get("content")?.entries();
    content.iter().find(|(key, _)| is_json(&essence(&key.text)))?.1.get("schema")
}
