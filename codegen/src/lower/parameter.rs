//! Parameters: path, query, header and cookie, with every style.

use super::Lower;
use super::words::json;
use crate::diagnostics::Span;
use crate::docs;
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

/// The parameters of an operation.
pub(super) struct Parameters {
    pub(super) path: Vec<PathParam>,
    pub(super) rest: Vec<Param>,
}

/// A parameter before it is known where it goes.
struct Given<'a> {
    node: &'a Node,
    name: &'a str,
    location: &'a str,
}

impl<'a> Lower<'a> {
    /// Merges the parameters of the path and the operation and matches them with the template.
    pub(super) fn parameters(
        &mut self,
        item: &'a Node,
        operation: &'a Node,
        template: (&str, Span),
        operation_name: &Name,
    ) -> Parameters {
        let mut given: Vec<Given<'a>> = Vec::new();
        for (own, node) in [(false, item), (true, operation)] {
            for parameter in self.list(node, "parameters") {
                let Some(parameter) = self.given(parameter) else { continue };
                let same = |earlier: &Given<'_>| {
                    earlier.name == parameter.name && earlier.location == parameter.location
                };
                match given.iter().position(same) {
                    Some(at) if own => given[at] = parameter,
                    Some(_) => {}
                    None => given.push(parameter),
                }
            }
        }
        let prefix = Name::pascal(operation_name.as_str());
        let path = self.path_parameters(&given, template, &prefix);
        let rest = self.other_parameters(&given, &prefix);
        Parameters { path, rest }
    }

    fn given(&mut self, parameter: &'a Node) -> Option<Given<'a>> {
        let node = self.deref(parameter)?;
        self.check_keys(node, "a parameter", KEYS);
        let (name, location) = (self.text(node, "name"), self.text(node, "in"));
        let (Some(name), Some(location)) = (name, location) else {
            self.problems.error(
                node.span,
                "a parameter needs `name` and `in`",
                "one of them is missing",
                "say what it is called and where it goes, such as `in: query`",
            );
            return None;
        };
        if !matches!(location, "path" | "query" | "header" | "cookie") {
            self.problems.error(
                node.get("in").map_or(node.span, |at| at.span),
                format!("a parameter cannot be in `{}`", docs::plain(location)),
                "unknown place",
                "use path, query, header or cookie",
            );
            return None;
        }
        if matches!(location, "header" | "cookie") {
            let span = node.get("name").map_or(node.span, |name| name.span);
            self.check_token(name, span, &format!("a {location}"));
        }
        if self.flag(node, "allowReserved")
            && let Some(reserved) = node.get("allowReserved")
        {
            self.problems.warning(
                reserved.span,
                "reserved characters are encoded all the same",
                "ignored",
                "remove it; servers decode what is encoded",
            );
        }
        Some(Given { node, name, location })
    }

    fn path_parameters(
        &mut self,
        given: &[Given<'a>],
        (template, span): (&str, Span),
        prefix: &Name,
    ) -> Vec<PathParam> {
        let mut params = Vec::new();
        for wire in variables(template) {
            let Some(parameter) = given.iter().find(|given| given.location == "path" && given.name == wire)
            else {
                self.problems.error(
                    span,
                    format!("`{{{}}}` in the path is not declared as a parameter", docs::plain(wire)),
                    "a variable without a parameter",
                    "add a parameter with this name and `in: path`",
                );
                continue;
            };
            let wanted = self.name_override(parameter.node).unwrap_or_else(|| wire.to_owned());
            let (ty, _) = self.parameter_type(parameter.node, prefix, &wanted);
            params.push(PathParam {
                name: Name::snake(&wanted),
                wire: wire.to_owned(),
                ty,
                style: self.path_style(parameter.node),
                text: self.words(parameter.node),
            });
        }
        for parameter in given.iter().filter(|given| given.location == "path") {
            if !variables(template).any(|wire| wire == parameter.name) {
                self.problems.error(
                    parameter.node.span,
                    format!("the path has no variable `{{{}}}`", docs::plain(parameter.name)),
                    "a path parameter without a variable",
                    "add the variable to the path, or remove the parameter",
                );
            }
        }
        params
    }

    fn other_parameters(&mut self, given: &[Given<'a>], prefix: &Name) -> Vec<Param> {
        let mut params = Vec::new();
        for Given { node, name, location } in given {
            if *location == "path" || (*location == "header" && is_set_elsewhere(name)) {
                continue;
            }
            let wanted = self.name_override(node).unwrap_or_else(|| (*name).to_owned());
            let (ty, schema) = self.parameter_type(node, prefix, &wanted);
            let default = schema.and_then(|schema| schema.get("default"));
            params.push(Param {
                name: Name::snake(&wanted),
                wire: (*name).to_owned(),
                required: self.flag(node, "required"),
                location: match *location {
                    "query" => Location::Query(self.query_style(node)),
                    "header" => Location::Header,
                    _ => Location::Cookie,
                },
                default: default.and_then(|default| self.literal(default, &ty)),
                ty,
                text: self.parameter_words(node, schema, default),
                deprecated: self.flag(node, "deprecated"),
            });
        }
        params
    }

    /// What the parameter says, or else its schema.
    fn parameter_words(&mut self, node: &'a Node, schema: Option<&'a Node>, default: Option<&Node>) -> Text {
        let own = self.words(node);
        let words = match schema {
            Some(schema) if own.description.is_empty() => self.words(schema),
            _ => own,
        };
        Text { default: default.map(json), decisions: self.decisions(node), ..words }
    }

    /// A parameter's type, and its schema where it has one.
    fn parameter_type(&mut self, node: &'a Node, prefix: &Name, wanted: &str) -> (Type, Option<&'a Node>) {
        let hint = prefix.with(Name::pascal(wanted).as_str());
        let content = self.mapping(node, "content").first().and_then(|(_, media)| media.get("schema"));
        let Some(schema) = node.get("schema").or(content) else {
            return (Type::String, None);
        };
        let used = self.used(schema, &hint);
        // What is sent has one spelling; leniency is for reading.
        (used.ty, self.deref(schema))
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

/// The variables of a path template, in order.
pub(super) fn variables(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}
