//! Styles: how the value of a parameter is written, by where it goes, what it says and what it holds.
//!
//! OpenAPI defines some combinations and leaves others open. For a single value an open one is written as any other; a list
//! or an object would be a guess, so it is left out.

use super::Lower;
use super::draft::Kind;
use super::media_type::{essence, is_json};
use super::parameter::TypedParameter;
use crate::diagnostics::Effect;
use crate::docs;
use crate::ir::{CookieStyle, HeaderStyle, PathStyle, QueryStyle, Type};
use crate::parse::Node;

/// The style of a parameter is not defined for what it holds; that has been reported.
pub(super) struct Undefined;

/// What a style sees of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    One,
    List,
    Object,
    /// It depends on the value.
    Open,
}

impl<'a> Lower<'a> {
    pub(super) fn path_style(&mut self, typed: &TypedParameter<'a>) -> Result<PathStyle, Undefined> {
        let node = typed.parameter.node;
        if is_json_content(node) {
            return Ok(PathStyle::Json);
        }
        self.check_depth(typed, false);
        let explode = self.flag(node, "explode");
        match (self.text(node, "style"), explode) {
            (None | Some("simple"), _) if typed.has_segments && self.is_single(&typed.ty) => {
                Ok(PathStyle::Segments)
            }
            (None | Some("simple"), false) => Ok(PathStyle::Simple),
            (None | Some("simple"), true) => Ok(PathStyle::SimpleExploded),
            (Some("label"), false) => Ok(PathStyle::Label),
            (Some("label"), true) => Ok(PathStyle::LabelExploded),
            (Some("matrix"), false) => Ok(PathStyle::Matrix),
            (Some("matrix"), true) => Ok(PathStyle::MatrixExploded),
            (Some(_), _) => self.other_style(typed, "simple, label or matrix").map(|()| PathStyle::Simple),
        }
    }

    pub(super) fn query_style(&mut self, typed: &TypedParameter<'a>) -> Result<QueryStyle, Undefined> {
        let node = typed.parameter.node;
        if is_json_content(node) {
            return Ok(QueryStyle::Json);
        }
        let explode = node.get("explode").is_some().then(|| self.flag(node, "explode"));
        let style = match self.text(node, "style") {
            None | Some("form") if explode.unwrap_or(true) => QueryStyle::FormExploded,
            None | Some("form") => QueryStyle::Form,
            // Exploded, both delimited styles are the same as a form.
            Some("spaceDelimited" | "pipeDelimited") if explode == Some(true) => QueryStyle::FormExploded,
            Some("spaceDelimited") => QueryStyle::SpaceDelimited,
            Some("pipeDelimited") => QueryStyle::PipeDelimited,
            Some("deepObject") => {
                self.check_deep_object(typed);
                return Ok(QueryStyle::DeepObject);
            }
            Some(_) => {
                self.other_style(typed, "form, spaceDelimited, pipeDelimited or deepObject")?;
                QueryStyle::FormExploded
            }
        };
        self.check_depth(typed, style == QueryStyle::FormExploded);
        Ok(style)
    }

    pub(super) fn header_style(&mut self, typed: &TypedParameter<'a>) -> Result<HeaderStyle, Undefined> {
        let node = typed.parameter.node;
        if is_json_content(node) {
            return Ok(HeaderStyle::Json);
        }
        self.check_depth(typed, false);
        match (self.text(node, "style"), self.flag(node, "explode")) {
            (None | Some("simple"), true) => Ok(HeaderStyle::SimpleExploded),
            (None | Some("simple"), false) => Ok(HeaderStyle::Simple),
            (Some(_), _) => self.other_style(typed, "simple").map(|()| HeaderStyle::Simple),
        }
    }

    pub(super) fn cookie_style(&mut self, typed: &TypedParameter<'a>) -> Result<CookieStyle, Undefined> {
        let node = typed.parameter.node;
        if is_json_content(node) {
            return Ok(CookieStyle::Json);
        }
        self.check_depth(typed, false);
        if !matches!(self.text(node, "style"), None | Some("form")) {
            return self.other_style(typed, "form").map(|()| CookieStyle::Form);
        }
        let exploded = node.get("explode").is_none() || self.flag(node, "explode");
        if exploded && matches!(self.shape_of(&typed.ty), Shape::List | Shape::Object) {
            self.undefined(
                node,
                "explode",
                "several values in a cookie have no defined form when they are exploded",
                "sent as one cookie, with commas",
                "write `explode: false` if the server reads it so",
            );
        }
        Ok(CookieStyle::Form)
    }

    /// Complains about lists and objects within others, where the style has no form for them. `has_lists`: whether it has one
    /// for lists in an object.
    fn check_depth(&mut self, typed: &TypedParameter<'a>, has_lists: bool) {
        let node = typed.parameter.node;
        // What is not JSON is written by the caller.
        if node.get("content").is_none() && self.is_nested(&typed.ty, has_lists) {
            self.problems.warning(
                Effect::Ignored,
                node.span,
                "a list or an object within another has no form in this parameter",
                "where it is given, the call fails",
                "describe the parameter with `content` and `application/json`, or use `deepObject` in the query",
            );
        }
    }

    /// Whether a value has lists or objects within a list or an object. `has_lists`: apart from lists in an object.
    pub(super) fn is_nested(&self, ty: &Type, has_lists: bool) -> bool {
        let is_deep = |ty: &Type| matches!(self.shape_of(ty), Shape::List | Shape::Object);
        let is_wrong = |ty: &Type| match self.shape_of(ty) {
            Shape::List => !has_lists || self.is_nested(ty, false),
            Shape::Object => true,
            Shape::One | Shape::Open => false,
        };
        match self.drafts.resolve(ty) {
            Type::Option(inner) | Type::Lenient(inner) | Type::Boxed(inner) => {
                self.is_nested(&inner, has_lists)
            }
            Type::Array(item) => is_deep(&item),
            Type::Map(value) => is_wrong(&value),
            Type::Named(id) => match self.drafts.kind(id) {
                Some(Kind::Struct(record)) => {
                    let properties = record.properties.iter().map(|property| &property.ty);
                    properties.chain(&record.rest).any(is_wrong)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Complains about what `deepObject` says nothing of.
    fn check_deep_object(&mut self, typed: &TypedParameter<'a>) {
        let (message, label) = match self.shape_of(&typed.ty) {
            Shape::List => ("`deepObject` is not defined for lists", "sent as `name[]=value` for each item"),
            Shape::One => ("`deepObject` is not defined for single values", "sent as `name=value`"),
            Shape::Object | Shape::Open => return,
        };
        self.undefined(typed.parameter.node, "style", message, label, "use the style `form`");
    }

    /// A style that does not exist where the parameter goes.
    fn other_style(&mut self, typed: &TypedParameter<'a>, known: &str) -> Result<(), Undefined> {
        let node = typed.parameter.node;
        let is_one = self.shape_of(&typed.ty) == Shape::One;
        self.undefined(
            node,
            "style",
            &format!(
                "a {} parameter has no style `{}`",
                typed.parameter.location,
                docs::plain(node.get("style").and_then(Node::as_str).unwrap_or_default())
            ),
            if is_one { "a single value is sent as in any other style" } else { "left out" },
            &format!("use {known}"),
        );
        if is_one { Ok(()) } else { Err(Undefined) }
    }

    fn undefined(&mut self, node: &Node, key: &str, message: &str, label: &str, help: &str) {
        let effect = if label == "left out" { Effect::LeftOut } else { Effect::Ignored };
        let span = node.get(key).map_or(node.span, |value| value.span);
        self.problems.warning(effect, span, message, label, help);
    }

    /// The type of a parameter that is described by a media type: what is not JSON is text that the caller writes.
    pub(super) fn is_written_by_caller(&mut self, node: &Node, ty: &Type) -> bool {
        let Some((key, _)) = node.get("content").and_then(|content| content.entries().first()) else {
            return false;
        };
        if is_json(&essence(&key.text)) || self.shape_of(ty) == Shape::One {
            return false;
        }
        self.problems.warning(
            Effect::Untyped,
            key.span,
            format!("a parameter in `{}` has no type of its own", docs::plain(&key.text)),
            "becomes text, which the caller writes",
            "describe it with `schema`, or as `application/json`",
        );
        true
    }

    /// Whether a value is never a list or an object.
    pub(super) fn is_single(&self, ty: &Type) -> bool {
        if self.shape_of(ty) == Shape::One {
            return true;
        }
        match self.drafts.resolve(ty) {
            Type::Option(inner) | Type::Lenient(inner) | Type::Boxed(inner) => self.is_single(&inner),
            Type::Named(id) => match self.drafts.kind(id) {
                Some(Kind::Union(union)) => union
                    .variants
                    .iter()
                    .all(|variant| variant.ty.as_ref().is_none_or(|ty| self.shape_of(ty) == Shape::One)),
                _ => false,
            },
            _ => false,
        }
    }

    fn shape_of(&self, ty: &Type) -> Shape {
        match self.drafts.resolve(ty) {
            Type::Array(_) => Shape::List,
            Type::Map(_) => Shape::Object,
            Type::Any => Shape::Open,
            Type::Option(inner) | Type::Lenient(inner) | Type::Boxed(inner) => self.shape_of(&inner),
            Type::Named(id) => match self.drafts.kind(id) {
                Some(Kind::Struct(_)) => Shape::Object,
                Some(Kind::Enum(_) | Kind::Id) => Shape::One,
                _ => Shape::Open,
            },
            _ => Shape::One,
        }
    }
}

/// Whether a parameter is described by a media type that is JSON.
fn is_json_content(node: &Node) -> bool {
    let content = node.get("content").map(Node::entries).unwrap_or_default();
    content.first().is_some_and(|(key, _)| is_json(&essence(&key.text)))
}
