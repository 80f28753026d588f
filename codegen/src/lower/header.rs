//! Headers that answers carry: one for each name, whatever answers declare it.

use super::Lower;
use super::parameter::TypedParameter;
use crate::diagnostics::Effect;
use crate::docs;
use crate::document::Parameter;
use crate::ir::{Header, HeaderStyle, Int, Type};
use crate::names::Name;
use crate::parse::{Key, Node};

const KEYS: &[&str] = &[
    "$ref",
    "description",
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "schema",
    "example",
    "examples",
    "content",
];

impl<'a> Lower<'a> {
    /// Notes the headers of an answer. Their places among all headers.
    pub(super) fn headers(&mut self, response: &'a Node) -> Vec<usize> {
        let mut places = Vec::new();
        for (key, node) in self.mapping(response, "headers") {
            // The media type of the content says it; OpenAPI has such a declaration ignored.
            if key.text.eq_ignore_ascii_case("content-type") {
                continue;
            }
            let Ok(node) = self.component(node) else { continue };
            if !self.is_token(&key.text) {
                let what = format!("the header `{}`", docs::plain(&key.text));
                self.left_out(key.span, &what, "write the name as it is sent: letters, digits and hyphens");
                continue;
            }
            let at = self.header(key, node);
            if !places.contains(&at) {
                places.push(at);
            }
        }
        places
    }

    fn header(&mut self, key: &'a Key, node: &'a Node) -> usize {
        self.check_keys(node, "a header", KEYS);
        let known = self.headers.iter().position(|known| known.wire.eq_ignore_ascii_case(&key.text));
        // Most answers declare the same.
        match known {
            Some(at) if self.header_nodes.contains(&std::ptr::from_ref(node)) => return at,
            _ => {}
        }
        self.header_nodes.insert(node);
        let (ty, style) = self.header_type(key, node);
        let text = self.described(node);
        let deprecated = self.flag(node, "deprecated");
        let Some(at) = known else {
            let wanted = self.name_override(node).unwrap_or_else(|| key.text.to_ascii_lowercase());
            let name = Name::shouty(&wanted);
            self.headers.push(Header { name, wire: key.text.clone(), ty, style, text, deprecated });
            return self.headers.len() - 1;
        };
        let header = &mut self.headers[at];
        header.deprecated &= deprecated;
        if header.text.description.is_empty() {
            header.text = text;
        }
        if (&header.ty, header.style) == (&ty, style) || header.ty == Type::String {
            return at;
        }
        header.style = HeaderStyle::Simple;
        if let (Type::Int(_), Type::Int(_)) = (&header.ty, &ty) {
            header.ty = Type::Int(Int::I64);
            return at;
        }
        header.ty = Type::String;
        self.problems.warning(
            Effect::Untyped,
            key.span,
            format!("the header `{}` is declared with different types", docs::plain(&key.text)),
            "becomes text",
            "declare it once in `components/headers`, and refer to it",
        );
        at
    }

    /// The type of a header and how it is written.
    pub(super) fn header_type(&mut self, key: &'a Key, node: &'a Node) -> (Type, HeaderStyle) {
        // The only header whose values cannot stand in one line.
        if key.text.eq_ignore_ascii_case("set-cookie") {
            return (Type::Array(Box::new(Type::String)), HeaderStyle::Simple);
        }
        let parameter = Parameter { node, name: &key.text, location: "header" };
        let typed: TypedParameter<'a> = self.typed(parameter, &Name::known("Header"));
        if self.is_written_by_caller(node, &typed.ty) {
            return (Type::String, HeaderStyle::Simple);
        }
        match self.header_style(&typed) {
            Ok(style) => (typed.ty, style),
            Err(_) => (Type::String, HeaderStyle::Simple),
        }
    }
}
