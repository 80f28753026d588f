//! Request bodies: which of several forms are sent, and what they hold.

use super::Lower;
use super::compose::Nature;
use super::media_type::{body_form_name, body_rank, essence, framing, is_json, is_xml, same_schema};
use super::schema::item;
use super::text::example;
use crate::diagnostics::{Effect, Span};
use crate::docs;
use crate::ir::{Body, BodyKind, Framing, Type};
use crate::names::Name;
use crate::parse::{Key, Node};

/// What OpenAPI defines for an encoding.
pub(super) const ENCODING_KEYS: &[&str] = &["contentType", "headers", "style", "explode", "allowReserved"];

/// RFC 6902: a list of changes.
const JSON_PATCH: &str = "application/json-patch+json";

/// An operation cannot be called as the document wants it; the reason has been reported.
pub(super) struct LeftOut;

/// A form of a body that carries something else than the forms before it.
pub(super) struct Form {
    /// Where it is declared.
    pub(super) span: Span,
    /// Of the method that sends it.
    pub(super) name: Name,
    pub(super) body: Body,
}

/// All forms of a body.
pub(super) struct Forms {
    /// What the operation's first method sends.
    pub(super) first: Option<Body>,
    /// What others send.
    pub(super) others: Vec<Form>,
}

impl<'a> Lower<'a> {
    /// The body of an operation whose first method is called `name`.
    ///
    /// # Errors
    /// The body cannot be sent as the document wants it, so the operation is left out.
    pub(super) fn bodies(&mut self, operation: &'a Node, name: &Name) -> Result<Forms, LeftOut> {
        let Some(body) = operation.get("requestBody") else {
            return Ok(Forms { first: None, others: Vec::new() });
        };
        let body = self.component(body)?;
        let declared = self.mapping(body, "content");
        let mut content = self.sendable(declared);
        // One that has a name of its own leaves the operation's to another.
        content.sort_by_key(|(key, media)| {
            // An object is no JSON Patch, whatever the media type says.
            let schema = media.get("schema").filter(|_| essence(&key.text) == JSON_PATCH);
            let is_broken =
                schema.is_some_and(|schema| (Nature::Bare..=Nature::Choice).contains(&self.nature(schema)));
            (media.get("x-rust-name").is_some(), is_broken, body_rank(&key.text))
        });
        let [best, others @ ..] = &content[..] else {
            return match declared {
                [(key, _), ..] => Err(self.operation_left_out(
                    key.span,
                    "no form of the body can be sent",
                    "not a media type",
                    "write it as it is sent, such as `application/json`",
                )),
                [] => Ok(Forms { first: None, others: Vec::new() }),
            };
        };
        let required = self.flag(body, "required");
        if let Some(unused) = best.1.get("x-rust-name") {
            self.problems.warning(
                Effect::Ignored,
                unused.span,
                "the first form of a body is sent by the method of the operation's name",
                "all forms have names of their own, so one of them is not used",
                "remove it, or give it to the operation",
            );
        }
        let first = Some(self.form(best, required, name));
        let mut sent = vec![*best];
        let mut forms = Vec::new();
        for other @ (key, media) in others.iter().copied() {
            let is_wanted = media.get("x-rust-name").is_some();
            if !is_wanted && sent.iter().any(|(_, sent)| same_schema(sent.get("schema"), media.get("schema")))
            {
                continue;
            }
            if let Some((same, _)) = sent.iter().find(|(sent, _)| essence(&sent.text) == essence(&key.text)) {
                self.problems.warning(
                    Effect::LeftOut,
                    key.span,
                    format!("a router cannot tell this form of the body from `{}`", docs::plain(&same.text)),
                    "differs in parameters of the media type alone; it is not sent",
                    "describe both with one schema",
                );
                continue;
            }
            sent.push(other);
            let own = self.name_override(media).map(|own| Name::snake(&own));
            let derived =
                || name.with(&format!("_from_{}", Name::snake(&body_form_name(&key.text)).as_str()));
            let name = own.unwrap_or_else(derived);
            forms.push(Form { span: key.span, body: self.form(other, required, &name), name });
        }
        Ok(Forms { first, others: forms })
    }

    /// One form, which a method of this name sends.
    fn form(&mut self, (key, media): &'a (Key, Node), required: bool, name: &Name) -> Body {
        let kind = self.body_kind(key, media, &Name::pascal(name.as_str()).with("Body"));
        let is_null = |schema: &'a Node| self.traits(schema).nullable;
        let nullable = match &kind {
            BodyKind::Json(Type::Any | Type::Unit) => false,
            BodyKind::Json(_) => media.get("schema").is_some_and(is_null),
            _ => false,
        };
        let media_type = match (&kind, essence(&key.text).contains('*')) {
            (BodyKind::Json(_), true) => "application/json".to_owned(),
            (_, true) => "application/octet-stream".to_owned(),
            // Where its parts end is chosen for each.
            (BodyKind::Multipart(_), false) => without_boundary(&key.text),
            (_, false) => key.text.clone(),
        };
        Body { kind, media_type, required, nullable, example: example(media) }
    }

    fn body_kind(&mut self, key: &'a Key, media: &'a Node, hint: &Name) -> BodyKind {
        let schema = media.get("schema");
        let essence = essence(&key.text);
        let framing = framing(&essence).filter(|framing| *framing != Framing::Events);
        if let Some(framing) = framing.filter(|_| self.is_stream(&key.text, media)) {
            // Without a schema they are whatever the caller writes.
            if let Some(schema) = self.item_schema(media) {
                return BodyKind::Records(item(self.used(schema, &hint.with("Item"))), framing);
            }
        }
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
            _ if essence.starts_with("text/") && !is_xml(&essence) => BodyKind::Text,
            _ => BodyKind::Bytes,
        }
    }

    fn body_type(&mut self, schema: Option<&'a Node>, hint: &Name) -> Type {
        schema.map_or(Type::Any, |schema| self.used(schema, hint).ty)
    }
}

/// A media type of several parts without a boundary that the document gives to it.
fn without_boundary(media_type: &str) -> String {
    let is_boundary = |parameter: &&str| parameter.trim().to_ascii_lowercase().starts_with("boundary");
    let kept: Vec<&str> = media_type.split(';').filter(|part| !is_boundary(part)).collect();
    kept.join(";")
}
