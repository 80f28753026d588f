//! Parameters: path, query, header and cookie, with every style.
//!
//! First their types, in the order in which they are declared in the model; then, when everything that the types mention is
//! defined, the parameters themselves.

use super::Lower;
use super::default::literal;
use super::text::telling;
use crate::diagnostics::Effect;
use crate::docs;
use crate::document::{Operation, Parameter, variables};
use crate::ir::{Location, Param, PathParam, PathStyle, QueryStyle, Text, Type};
use crate::names::Name;
use crate::parse::Node;

const KEYS: &[&str] = &[
    "name",
    "in",
    "description",
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "allowReserved",
    "schema",
    "example",
    "examples",
    "content",
    "$ref",
];

/// The parameters of an operation, with their types.
pub(super) struct Typed<'a> {
    /// In the order of the template.
    path: Vec<TypedParameter<'a>>,
    /// In document order.
    others: Vec<TypedParameter<'a>>,
}

struct TypedParameter<'a> {
    parameter: Parameter<'a>,
    /// What the field or argument should be called.
    wanted: String,
    ty: Type,
    schema: Option<&'a Node>,
}

impl<'a> Lower<'a> {
    /// Merges the parameters of the path and the operation, matches them with the template, and finds their types.
    pub(super) fn typed_parameters(&mut self, operation: &Operation<'a>, prefix: &Name) -> Typed<'a> {
        for node in [operation.item, operation.node] {
            for listed in self.list(node, "parameters") {
                self.check_parameter(listed);
            }
        }
        let given = self.document.parameters(operation);
        let (in_path, others): (Vec<_>, Vec<_>) =
            given.into_iter().partition(|parameter| parameter.location == "path");
        self.check_template(operation, &in_path);
        let in_template = variables(&operation.path.text)
            .filter_map(|wire| in_path.iter().find(|given| given.name == wire));
        let path = in_template.map(|parameter| self.typed(*parameter, prefix)).collect();
        let sent =
            others.into_iter().filter(|given| !(given.location == "header" && is_set_elsewhere(given.name)));
        let others = sent.map(|parameter| self.typed(parameter, prefix)).collect();
        Typed { path, others }
    }

    fn typed(&mut self, parameter: Parameter<'a>, prefix: &Name) -> TypedParameter<'a> {
        let node = parameter.node;
        let wanted = self.name_override(node).unwrap_or_else(|| parameter.name.to_owned());
        let content = self.mapping(node, "content").first().and_then(|(_, media)| media.get("schema"));
        let Some(schema) = node.get("schema").or(content) else {
            return TypedParameter { parameter, wanted, ty: Type::String, schema: None };
        };
        // What is sent has one spelling; leniency is for reading.
        let ty = self.used(schema, &prefix.with(Name::pascal(&wanted).as_str())).ty;
        TypedParameter { parameter, wanted, ty, schema: self.deref(schema) }
    }

    /// The parameters in the path.
    pub(super) fn path_params(&mut self, typed: &Typed<'a>) -> Vec<PathParam> {
        let params = typed.path.iter().map(|TypedParameter { parameter, wanted, ty, .. }| PathParam {
            name: Name::snake(wanted),
            wire: parameter.name.to_owned(),
            ty: ty.clone(),
            style: self.path_style(parameter.node),
            text: self.described(parameter.node),
        });
        params.collect()
    }

    /// All other parameters.
    pub(super) fn params(&mut self, typed: &Typed<'a>) -> Vec<Param> {
        typed.others.iter().map(|typed| self.param(typed)).collect()
    }

    fn param(&mut self, typed: &TypedParameter<'a>) -> Param {
        let TypedParameter { parameter: Parameter { node, name, location }, wanted, ty, schema } = typed;
        let default = schema.and_then(|schema| schema.get("default"));
        Param {
            name: Name::snake(wanted),
            wire: (*name).to_owned(),
            ty: ty.clone(),
            required: self.flag(node, "required"),
            location: match *location {
                "query" => Location::Query(self.query_style(node)),
                "header" => Location::Header,
                _ => Location::Cookie,
            },
            default: default.and_then(|default| literal(&self.drafts, &mut self.problems, default, ty)),
            text: self.param_text(node, *schema),
            deprecated: self.flag(node, "deprecated"),
        }
    }

    /// What the parameter says, or its schema where it says nothing.
    fn param_text(&mut self, node: &'a Node, schema: Option<&'a Node>) -> Text {
        let own = self.described(node);
        let text = match schema {
            Some(schema) if own.description.is_empty() => self.described(schema),
            _ => own,
        };
        let default = schema.and_then(|schema| schema.get("default")).and_then(telling);
        Text { default, decisions: self.decisions(node), ..text }
    }

    /// Complains about what is wrong with a parameter itself.
    fn check_parameter(&mut self, listed: &'a Node) {
        let Some(node) = self.deref(listed) else { return };
        self.check_keys(node, "a parameter", KEYS);
        let (name, location) = (self.text(node, "name"), self.text(node, "in"));
        let (Some(name), Some(location)) = (name, location) else {
            return self.problems.error(
                node.span,
                "a parameter needs `name` and `in`",
                "one of them is missing",
                "say what it is called and where it goes, such as `in: query`",
            );
        };
        if !matches!(location, "path" | "query" | "header" | "cookie") {
            return self.problems.error(
                node.get("in").map_or(node.span, |at| at.span),
                format!("a parameter cannot be in `{}`", docs::plain(location)),
                "unknown place",
                "use path, query, header or cookie",
            );
        }
        if matches!(location, "header" | "cookie") {
            let span = node.get("name").map_or(node.span, |name| name.span);
            self.check_token(name, span, &format!("a {location}"));
        }
        if self.flag(node, "allowReserved")
            && let Some(reserved) = node.get("allowReserved")
        {
            self.problems.warning(
                Effect::Ignored,
                reserved.span,
                "reserved characters are encoded all the same",
                "ignored",
                "remove it; servers decode what is encoded",
            );
        }
    }

    /// Complains about variables without a parameter, and the other way round.
    fn check_template(&mut self, operation: &Operation<'a>, in_path: &[Parameter<'a>]) {
        let template = operation.path;
        for wire in variables(&template.text) {
            if !in_path.iter().any(|given| given.name == wire) {
                self.problems.error(
                    template.span,
                    format!("`{{{}}}` in the path is not declared as a parameter", docs::plain(wire)),
                    "a variable without a parameter",
                    "add a parameter with this name and `in: path`",
                );
            }
        }
        for parameter in in_path {
            if !variables(&template.text).any(|wire| wire == parameter.name) {
                self.problems.error(
                    parameter.node.span,
                    format!("the path has no variable `{{{}}}`", docs::plain(parameter.name)),
                    "a path parameter without a variable",
                    "add the variable to the path, or remove the parameter",
                );
            }
        }
    }

    fn path_style(&mut self, node: &'a Node) -> PathStyle {
        let explode = node.get("explode").and_then(Node::as_bool).unwrap_or_default();
        match (self.text(node, "style"), explode) {
            (None | Some("simple"), false) => PathStyle::Simple,
            (None | Some("simple"), true) => PathStyle::SimpleExploded,
            (Some("label"), false) => PathStyle::Label,
            (Some("label"), true) => PathStyle::LabelExploded,
            (Some("matrix"), false) => PathStyle::Matrix,
            (Some("matrix"), true) => PathStyle::MatrixExploded,
            (Some(_), _) => {
                self.wrong_style(node, "simple, label or matrix");
                PathStyle::Simple
            }
        }
    }

    fn query_style(&mut self, node: &'a Node) -> QueryStyle {
        if node.get("content").is_some() {
            return QueryStyle::Json;
        }
        let explode = node.get("explode").and_then(Node::as_bool);
        match self.text(node, "style") {
            None | Some("form") if explode.unwrap_or(true) => QueryStyle::FormExploded,
            None | Some("form") => QueryStyle::Form,
            // Exploded, both delimited styles are the same as a form.
            Some("spaceDelimited" | "pipeDelimited") if explode == Some(true) => QueryStyle::FormExploded,
            Some("spaceDelimited") => QueryStyle::SpaceDelimited,
            Some("pipeDelimited") => QueryStyle::PipeDelimited,
            Some("deepObject") => QueryStyle::DeepObject,
            Some(_) => {
                self.wrong_style(node, "form, spaceDelimited, pipeDelimited or deepObject");
                QueryStyle::FormExploded
            }
        }
    }

    fn wrong_style(&mut self, node: &'a Node, known: &str) {
        self.problems.error(
            node.get("style").map_or(node.span, |style| style.span),
            "this style does not exist for parameters of this kind",
            "unknown style",
            format!("use {known}"),
        );
    }
}

/// Headers that OpenAPI says parameters cannot declare: the body, the answer and the security scheme decide them.
fn is_set_elsewhere(name: &str) -> bool {
    ["accept", "content-type", "authorization"].iter().any(|header| name.eq_ignore_ascii_case(header))
}
