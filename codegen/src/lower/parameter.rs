//! Parameters: path, query, header and cookie.
//!
//! First their types, in the order in which they are declared in the model; then, when everything that the types mention is
//! defined, the parameters themselves.

use super::Lower;
use super::body::LeftOut;
use super::default::literal;
use super::path::{Target, Variable};
use super::style::Undefined;
use super::text::{beside, example, telling};
use crate::diagnostics::{Effect, Span};
use crate::docs;
use crate::document::{Operation, Parameter};
use crate::ir::{Json, Location, Param, PathParam, Text, Type};
use crate::names::Name;
use crate::parse::{Node, Value};
use std::collections::HashSet;

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

pub(super) struct TypedParameter<'a> {
    pub(super) parameter: Parameter<'a>,
    /// What the field or argument should be called.
    wanted: String,
    pub(super) ty: Type,
    schema: Option<&'a Node>,
    /// Whether slashes in the value separate segments of the path.
    pub(super) has_segments: bool,
}

/// What describes a parameter that the document does not.
const NOTHING: &Node = &Node { value: Value::Null, span: Span { start: 0, end: 0 } };

/// Headers that OpenAPI says parameters cannot declare: the body, the answer and the security scheme decide them.
const OF_OPENAPI: &[&str] = &["accept", "content-type", "authorization"];

/// Headers that say where a message ends or goes.
const OF_HTTP: &[&str] = &["host", "content-length", "transfer-encoding", "connection", "upgrade"];

impl<'a> Lower<'a> {
    /// Merges the parameters of the path and the operation, matches them with the template, and finds their types.
    ///
    /// # Errors
    /// A parameter cannot be understood, so the operation is left out.
    pub(super) fn typed_parameters(
        &mut self,
        operation: &Operation<'a>,
        target: &Target<'a>,
        prefix: &Name,
    ) -> Result<Typed<'a>, LeftOut> {
        for node in operation.levels() {
            self.check_parameters(node)?;
        }
        let given = self.document.parameters(operation);
        let (in_path, others): (Vec<_>, Vec<_>) =
            given.into_iter().partition(|parameter| parameter.location == "path");
        self.check_unused(target, &in_path);
        let mut seen = HashSet::new();
        let mut path = Vec::new();
        for variable in target.variables().filter(|variable| seen.insert(variable.name)) {
            let Variable { written, name, has_segments } = variable;
            let declared = |wanted: &str| in_path.iter().find(|given| given.name == wanted);
            let typed = match declared(name).or_else(|| declared(written)) {
                Some(parameter) => self.typed(Parameter { name, ..*parameter }, prefix),
                None => self.undeclared(operation, name, (name, "path")),
            };
            path.push(TypedParameter { has_segments, ..typed });
        }
        let mut typed = Vec::new();
        for (name, variable) in target.query_variables.iter().copied() {
            let is_query = |given: &&Parameter<'a>| given.name == name;
            let is_meant = |given: &&Parameter<'a>| given.name == variable;
            let declared =
                others.iter().find(|given| given.location == "query" && (is_query(given) || is_meant(given)));
            match declared.or_else(|| in_path.iter().find(is_meant)) {
                // Sent under its own name.
                Some(parameter) if parameter.name == name && parameter.location == "query" => {}
                Some(parameter) => {
                    typed.push(self.typed(Parameter { name, location: "query", ..*parameter }, prefix))
                }
                None => typed.push(self.undeclared(operation, variable, (name, "query"))),
            }
        }
        let others = others.into_iter().filter(|given| {
            let is_sent = |(name, variable): &(&str, &str)| given.name == *variable && given.name != *name;
            given.location != "query" || !target.query_variables.iter().any(is_sent)
        });
        for parameter in others {
            if self.is_sent(&parameter, target)? {
                typed.push(self.typed(parameter, prefix));
            }
        }
        Ok(Typed { path, others: typed })
    }

    pub(super) fn typed(&mut self, parameter: Parameter<'a>, prefix: &Name) -> TypedParameter<'a> {
        let node = parameter.node;
        let wanted = self.name_override(node).unwrap_or_else(|| parameter.name.to_owned());
        let content = self.mapping(node, "content").first().and_then(|(_, media)| media.get("schema"));
        let Some(schema) = node.get("schema").or(content) else {
            return TypedParameter { parameter, wanted, ty: Type::String, schema: None, has_segments: false };
        };
        // What is sent has one spelling; leniency is for reading.
        let ty = self.used(schema, &prefix.with(Name::pascal(&wanted).as_str())).ty;
        TypedParameter { parameter, wanted, ty, schema: self.deref(schema), has_segments: false }
    }

    /// A variable of the path or of its query that no parameter describes: text.
    fn undeclared(
        &mut self,
        operation: &Operation<'a>,
        variable: &str,
        (name, location): (&'a str, &'static str),
    ) -> TypedParameter<'a> {
        self.problems.warning(
            Effect::Ignored,
            operation.path.span,
            format!("`{{{}}}` in the path is not declared as a parameter", docs::plain(variable)),
            "taken for text",
            format!("add a parameter with this name and `in: {location}`"),
        );
        let parameter = Parameter { node: NOTHING, name, location };
        TypedParameter {
            parameter,
            wanted: name.to_owned(),
            ty: Type::String,
            schema: None,
            has_segments: false,
        }
    }

    /// The parameters in the path.
    ///
    /// # Errors
    /// The style of one is not defined for what it holds, so the operation is left out.
    pub(super) fn path_params(&mut self, typed: &Typed<'a>) -> Result<Vec<PathParam>, LeftOut> {
        let mut params = Vec::new();
        for typed in &typed.path {
            let TypedParameter { parameter, wanted, ty, .. } = typed;
            let by_caller = self.is_written_by_caller(parameter.node, ty);
            let style = self.path_style(typed).map_err(|Undefined| self.cannot_be_written(parameter.node))?;
            params.push(PathParam {
                name: Name::snake(wanted),
                wire: parameter.name.to_owned(),
                ty: if by_caller { Type::String } else { ty.clone() },
                style,
                text: Text { example: shown(parameter.node, typed.schema), ..self.described(parameter.node) },
            });
        }
        Ok(params)
    }

    /// All other parameters; without those whose style is not defined for what they hold.
    ///
    /// # Errors
    /// One of those is required, so the operation is left out.
    pub(super) fn params(&mut self, typed: &Typed<'a>) -> Result<Vec<Param>, LeftOut> {
        let mut params = Vec::new();
        for typed in &typed.others {
            let node = typed.parameter.node;
            match self.location(typed) {
                Ok(location) => params.push(self.param(typed, location)),
                Err(Undefined) if self.flag(node, "required") => {
                    return Err(self.cannot_be_written(node));
                }
                Err(Undefined) => {}
            }
        }
        Ok(params)
    }

    fn cannot_be_written(&mut self, node: &Node) -> LeftOut {
        self.operation_left_out(
            node.span,
            "a required parameter cannot be written",
            "what it holds has no form in its style",
            "correct its style",
        )
    }

    fn location(&mut self, typed: &TypedParameter<'a>) -> Result<Location, Undefined> {
        Ok(match typed.parameter.location {
            "query" => Location::Query(self.query_style(typed)?),
            "header" => Location::Header(self.header_style(typed)?),
            _ => Location::Cookie(self.cookie_style(typed)?),
        })
    }

    fn param(&mut self, typed: &TypedParameter<'a>, location: Location) -> Param {
        let TypedParameter { parameter: Parameter { node, name, .. }, wanted, ty, schema, .. } = typed;
        let by_caller = self.is_written_by_caller(node, ty);
        let ty = if by_caller { Type::String } else { ty.clone() };
        if self.flag(node, "allowEmptyValue") && ty != Type::String {
            self.ignored(
                node,
                "allowEmptyValue",
                "an empty value cannot be given where the type is not text",
                "declare the parameter as text if callers need to send it empty",
            );
        }
        let default = schema.and_then(|schema| beside(schema, "default").get("default"));
        Param {
            name: Name::snake(wanted),
            wire: (*name).to_owned(),
            required: self.flag(node, "required") || node.value == Value::Null,
            location,
            default: default.and_then(|default| literal(&self.drafts, &mut self.problems, default, &ty)),
            ty,
            text: self.param_text(node, *schema),
            deprecated: self.flag(node, "deprecated"),
            is_secret: self.is_secret(node) || schema.is_some_and(|schema| self.is_secret(schema)),
        }
    }

    /// What the parameter says, or its schema where it says nothing.
    fn param_text(&mut self, node: &'a Node, schema: Option<&'a Node>) -> Text {
        let own = self.described(node);
        let text = match schema {
            Some(schema) if own.description.is_empty() => self.described(schema),
            _ => own,
        };
        let default = schema.and_then(|schema| beside(schema, "default").get("default")).and_then(telling);
        Text { default, decisions: self.decisions(node), example: shown(node, schema), ..text }
    }

    /// Complains about what is wrong with the parameters of a path or an operation themselves.
    fn check_parameters(&mut self, node: &'a Node) -> Result<(), LeftOut> {
        let Some(list) = node.get("parameters") else { return Ok(()) };
        if !matches!(list.value, Value::Array(_) | Value::Null) {
            return Err(self.operation_left_out(
                list.span,
                "`parameters` must be a list",
                format!("this is {}", list.kind()),
                "write a list here",
            ));
        }
        let mut seen = HashSet::new();
        for listed in list.items() {
            let node = self.component(listed)?;
            let (name, location) = self.check_parameter(node)?;
            if !seen.insert((location, key(name, location))) {
                self.problems.warning(
                    Effect::Ignored,
                    listed.span,
                    format!("the parameter `{}` is declared twice", docs::plain(name)),
                    "the first one counts",
                    "remove one of the two",
                );
            }
        }
        Ok(())
    }

    fn check_parameter(&mut self, node: &'a Node) -> Result<(&'a str, &'a str), LeftOut> {
        self.check_keys(node, "a parameter", KEYS);
        let (Some(name), Some(location)) = (self.text(node, "name"), self.text(node, "in")) else {
            return Err(self.operation_left_out(
                node.span,
                "a parameter needs `name` and `in`",
                "one of them is missing",
                "say what it is called and where it goes, such as `in: query`",
            ));
        };
        if !matches!(location, "path" | "query" | "header" | "cookie") {
            let help = match location {
                "body" | "formData" => "this is Swagger 2; declare a `requestBody`",
                "querystring" => "declare each name of the query as a parameter with `in: query`",
                _ => "use path, query, header or cookie",
            };
            let span = node.get("in").map_or(node.span, |at| at.span);
            let why = format!("a parameter cannot be in `{}`", docs::plain(location));
            if self.flag(node, "required") {
                return Err(self.operation_left_out(span, why, "unknown place", help));
            }
            self.problems.warning(
                Effect::LeftOut,
                span,
                why,
                "unknown place; the parameter is left out",
                help,
            );
        }
        if self.flag(node, "allowReserved") {
            self.ignored(
                node,
                "allowReserved",
                "reserved characters are encoded all the same",
                "nothing; servers decode what is encoded",
            );
        }
        Ok((name, location))
    }

    /// Whether a parameter outside of the path is for callers to give; says so where it is not.
    fn is_sent(&mut self, parameter: &Parameter<'a>, target: &Target<'_>) -> Result<bool, LeftOut> {
        let Parameter { node, name, location } = *parameter;
        if !matches!(location, "query" | "header" | "cookie") {
            return Ok(false);
        }
        let lower = name.to_ascii_lowercase();
        if location == "header" && OF_OPENAPI.contains(&lower.as_str()) {
            let what = match lower.as_str() {
                "accept" => "the media types of the answers decide what is sent",
                "content-type" => "the media type of the body is sent",
                _ => "the security scheme decides what is sent",
            };
            self.parameter_left_out(node, name, &format!("OpenAPI ignores such a parameter: {what}"));
            return Ok(false);
        }
        if location == "header" && OF_HTTP.contains(&lower.as_str()) {
            self.parameter_left_out(node, name, "nothing; HTTP itself decides what is sent");
            return Ok(false);
        }
        if location == "query" && target.query.iter().any(|(fixed, _)| fixed == name) {
            self.parameter_left_out(node, name, "nothing; the path says what is sent");
            return Ok(false);
        }
        if location == "query" || self.is_token(name) {
            return Ok(true);
        }
        if self.flag(node, "required") {
            return Err(self.operation_left_out(
                node.get("name").map_or(node.span, |name| name.span),
                format!("`{}` cannot be the name of a {location}", docs::plain(name)),
                "not letters, digits and hyphens",
                "write the name as it is sent",
            ));
        }
        self.parameter_left_out(node, name, "write the name as it is sent: letters, digits and hyphens");
        Ok(false)
    }

    fn parameter_left_out(&mut self, node: &Node, name: &str, help: &str) {
        let span = node.get("name").map_or(node.span, |name| name.span);
        self.left_out(span, &format!("the parameter `{}`", docs::plain(name)), help);
    }

    /// Warns about a keyword that says nothing to the generated code.
    fn ignored(&mut self, node: &Node, key: &str, message: &str, help: &str) {
        let span = node.get(key).map_or(node.span, |value| value.span);
        self.problems.warning(Effect::Ignored, span, message, "ignored", help);
    }

    /// Warns about path parameters that the path has no variable for.
    fn check_unused(&mut self, target: &Target<'a>, in_path: &[Parameter<'a>]) {
        let in_query = target.query_variables.iter().map(|(_, variable)| *variable);
        let known = target.variables().flat_map(|variable| [variable.name, variable.written]);
        let known: HashSet<&str> = known.chain(in_query).collect();
        let help = match target.path {
            // What is received has no path of its own.
            "" => "mount the receiver behind a route of your own that reads it",
            _ => "add the variable to the path, or remove the parameter",
        };
        for parameter in in_path {
            if !known.contains(parameter.name) {
                self.left_out(
                    parameter.node.span,
                    &format!(
                        "the parameter `{}`, which the path has no variable for,",
                        docs::plain(parameter.name)
                    ),
                    help,
                );
            }
        }
    }
}

/// The value that a parameter shows, or its schema where it shows none.
fn shown(node: &Node, schema: Option<&Node>) -> Option<Json> {
    let content = || node.get("content")?.entries().first().and_then(|(_, media)| example(media));
    example(node).or_else(content).or_else(|| schema.and_then(example))
}

/// Names of headers are the same in capitals.
fn key(name: &str, location: &str) -> String {
    if location == "header" { name.to_ascii_lowercase() } else { name.to_owned() }
}
