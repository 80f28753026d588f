//! Bodies of several parts: which parts there are, and which of them are files.

use super::Lower;
use super::media_type::{essence, is_json};
use super::object::Collected;
use super::schema::{constraining, is_trivial};
use super::traits::is_null;
use crate::diagnostics::Effect;
use crate::docs;
use crate::ir::{HeaderStyle, Part, Type};
use crate::names::Name;
use crate::parse::{Key, Node};
use std::collections::HashSet;

/// References and alternatives of one file may lie within each other only so deep.
const DEPTH: usize = 16;

impl<'a> Lower<'a> {
    /// The parts of a body. Nothing where the document does not list them, so that callers put them together.
    pub(super) fn parts(&mut self, key: &'a Key, media: &'a Node, hint: &Name) -> Option<Vec<Part>> {
        if essence(&key.text) != "multipart/form-data" {
            self.problems.warning(
                Effect::Ignored,
                key.span,
                format!("the parts of `{}` have no order", docs::plain(&key.text)),
                "sent as those of a form are, in the order of the properties",
                "use `multipart/form-data`, or `type: string, format: binary` and write the body yourself",
            );
        }
        let schema = media.get("schema")?;
        let mut collected = Collected::default();
        self.collect(schema, &mut collected);
        self.take_all_choices(&mut collected);
        if collected.broken || collected.properties.is_empty() {
            return None;
        }
        self.without_rest(
            &collected,
            "`additionalProperties` of a body of several parts",
            "declare each part",
        );
        if let Some(target) = self.deref(schema) {
            self.forms.extend(self.named.get(&std::ptr::from_ref(target)));
        }
        let encoding = self.mapping(media, "encoding");
        let required: HashSet<&str> = collected.required.iter().map(|(name, _)| *name).collect();
        let mut parts = Vec::new();
        for (key, schema) in &collected.properties {
            let encoding =
                encoding.iter().find(|(name, _)| name.text == key.text).map(|(_, encoding)| encoding);
            let part = self.part(key, schema, encoding, required.contains(key.text.as_str()), hint);
            let headers = encoding.map(|encoding| self.part_headers(encoding, &part)).unwrap_or_default();
            parts.push(part);
            parts.extend(headers);
        }
        for (name, _) in encoding {
            if !collected.properties.iter().any(|(key, _)| key.text == name.text) {
                self.problems.warning(
                    Effect::Ignored,
                    name.span,
                    format!("`{}` is not among the properties", docs::plain(&name.text)),
                    "an encoding of nothing",
                    "declare the property, or remove its encoding",
                );
            }
        }
        Some(parts)
    }

    /// Parts that only some alternatives have are parts that may be left out.
    fn take_all_choices(&mut self, collected: &mut Collected<'a>) {
        let required = collected.required.clone();
        while let Some(choice) = collected.choices.pop_front() {
            for part in choice.list.items() {
                self.collect(part, collected);
            }
        }
        collected.required = required;
    }

    fn part(
        &mut self,
        key: &'a Key,
        schema: &'a Node,
        encoding: Option<&'a Node>,
        required: bool,
        hint: &Name,
    ) -> Part {
        self.check_length(&key.text, key.span);
        let given = encoding.and_then(|encoding| self.text(encoding, "contentType"));
        // Of several types, or of a pattern, the caller chooses.
        let media_type = given.filter(|given| !given.contains(['*', ',']));
        let wanted = self.name_override(schema).unwrap_or_else(|| key.text.clone());
        let ty = match self.file(schema, given, 0) {
            Some(Files::One) => Type::File,
            Some(Files::Several) => Type::Array(Box::new(Type::File)),
            None => {
                let ty = self.used(schema, &hint.with(Name::pascal(&wanted).as_str())).ty;
                let at = encoding.and_then(|encoding| encoding.get("contentType")).zip(media_type);
                self.written_in(at, ty)
            }
        };
        if let Some(encoding) = encoding {
            self.check_part_encoding(encoding);
        }
        Part {
            name: Name::snake(&wanted),
            wire: key.text.clone(),
            media_type: media_type.or_else(|| self.content_media_type(schema)).map(str::to_owned),
            header: None,
            ty,
            required,
            text: self.value_text(schema),
            deprecated: self.flag(schema, "deprecated"),
            is_secret: self.is_secret(schema),
        }
    }

    /// The type of a part that is no file. `at`: its media type, if it has one, with its place. Only text and JSON have a form
    /// for every value.
    fn written_in(&mut self, at: Option<(&Node, &str)>, ty: Type) -> Type {
        let Some((node, media_type)) = at else { return ty };
        let item = match self.drafts.resolve(&ty) {
            Type::Array(item) => *item,
            ty => ty,
        };
        if is_json(&essence(media_type)) || self.is_single(&item) {
            return ty;
        }
        self.problems.warning(
            Effect::Untyped,
            node.span,
            format!("a part in `{}` has no type of its own", docs::plain(media_type)),
            "becomes text, which the caller writes",
            "describe it as `application/json`, or as text",
        );
        Type::String
    }

    /// What a file says about its own type.
    fn content_media_type(&mut self, schema: &'a Node) -> Option<&'a str> {
        let schema = self.deref(schema)?;
        let schema = schema.get("items").unwrap_or(schema);
        self.text(schema, "contentMediaType").filter(|given| *given != "application/octet-stream")
    }

    /// Whether a schema describes bytes, or a list of them. `media_type`: what its encoding says.
    fn file(&mut self, schema: &'a Node, media_type: Option<&str>, depth: usize) -> Option<Files> {
        let schema = self.deref(schema)?;
        if depth > DEPTH {
            return None;
        }
        if is_trivial(schema) {
            // OpenAPI 3.1 says that bytes have no schema.
            return Some(Files::One);
        }
        for keyword in ["allOf", "oneOf", "anyOf"] {
            let parts = constraining(schema.get(keyword).map(Node::items).unwrap_or_default());
            let parts: Vec<&Node> = parts.into_iter().filter(|part| !is_null(part)).collect();
            if !parts.is_empty() {
                let files: Option<Vec<Files>> =
                    parts.into_iter().map(|part| self.file(part, media_type, depth + 1)).collect();
                return files?.into_iter().max();
            }
        }
        if let Some(items) = schema.get("items") {
            return self.file(items, media_type, depth + 1).map(|_| Files::Several);
        }
        let types = self.type_names_of(schema);
        // In OpenAPI 3.1 a media type alone describes bytes, too.
        let is_text = types.iter().any(|(name, _)| *name == "string")
            || (types.is_empty() && schema.get("contentMediaType").is_some());
        let is_encoded =
            schema.get("contentEncoding").and_then(Node::as_str).is_some_and(|name| name != "binary");
        let is_binary = schema.get("format").and_then(Node::as_str) == Some("binary")
            || schema.get("contentMediaType").is_some()
            || schema.get("contentEncoding").is_some()
            || (schema.get("enum").is_none() && media_type.is_some_and(is_of_bytes));
        (is_text && is_binary && !is_encoded).then_some(Files::One)
    }

    /// The headers of a part, each as a value beside it. A file carries its own.
    fn part_headers(&mut self, encoding: &'a Node, part: &Part) -> Vec<Part> {
        let mut headers = Vec::new();
        for (key, node) in self.mapping(encoding, "headers") {
            let is_written =
                ["content-type", "content-disposition"].contains(&&*key.text.to_ascii_lowercase());
            if part.ty.is_file() || is_written {
                continue;
            }
            let Ok(node) = self.component(node) else { continue };
            let (ty, style) = self.header_type(key, node);
            let is_list = matches!(self.drafts.resolve(&part.ty), Type::Array(_));
            if is_list || style != HeaderStyle::Simple || !self.is_token(&key.text) {
                self.left_out(
                    key.span,
                    "this header of a part that is no file",
                    "send it as a part of its own",
                );
                continue;
            }
            let mut text = self.described(node);
            if text.description.is_empty() {
                text.description = format!("The header `{}` of the part `{}`.", key.text, part.wire);
            }
            headers.push(Part {
                name: Name::snake(&format!("{} {}", part.name.as_str(), key.text.to_ascii_lowercase())),
                wire: part.wire.clone(),
                media_type: None,
                header: Some(key.text.clone()),
                ty,
                required: part.required && self.flag(node, "required"),
                text,
                deprecated: self.flag(node, "deprecated"),
                is_secret: self.is_secret(node.get("schema").unwrap_or(node)),
            });
        }
        headers
    }

    fn check_part_encoding(&mut self, encoding: &'a Node) {
        self.check_keys(encoding, "an encoding", super::body::ENCODING_KEYS);
        // What is done in any case, and so no reason to complain.
        let is_usual = |keyword: &str, value: &Node| match keyword {
            "style" => value.as_str() == Some("form"),
            _ => value.as_bool() == Some(keyword == "explode"),
        };
        for keyword in ["style", "explode", "allowReserved"] {
            if let Some(value) = encoding.get(keyword).filter(|value| !is_usual(keyword, value)) {
                self.problems.warning(
                    Effect::Ignored,
                    value.span,
                    format!("`{keyword}` has no meaning in a multipart body"),
                    "ignored: items of a list are parts of their own, objects are JSON",
                    "use `application/x-www-form-urlencoded`, or remove it",
                );
            }
        }
    }
}

/// How many files there may be under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Files {
    One,
    Several,
}

/// Whether what a media type describes is no text.
fn is_of_bytes(media_type: &str) -> bool {
    let essence = essence(media_type);
    let kind = essence.split('/').next().unwrap_or_default();
    !is_json(&essence)
        && matches!(kind, "application" | "image" | "audio" | "video" | "font" | "model")
        && !["sdp", "xml", "yaml", "x-www-form-urlencoded"].iter().any(|text| essence.ends_with(text))
}
