//! A program that calls every operation of a document, with all of its arguments and with the least, made from the schemas.
//!
//! In: a document and what was generated from it. Out: the text of the program.

use super::instances::{self, Context, Fill};
use codegen::Output;
use codegen::document::{Document, Operation};
use codegen::parse::Node;
use codegen::rust::{
    Argument, ClientMethod, Item, Passing, Path, Receive, RequestBody, RequestPart, Taken, Type,
};
use serde_json::Value;

/// A program, and what it does not call.
pub(super) struct Program {
    pub(super) text: String,
    /// Methods for which there are no arguments, or that are no plain requests, each with why.
    pub(super) without: Vec<String>,
}

/// A call of a method with certain values.
pub(crate) struct Call {
    /// Verb and path.
    pub(crate) route: String,
    pub(crate) method: String,
    /// Which values.
    pub(crate) amount: String,
    /// Statements: a call of `client`, of which `answer` is a response.
    pub(crate) body: String,
}

/// A program that calls every method of a generated client on the server whose address is its argument.
pub(super) fn program(document: &Document<'_>, output: &Output, crate_name: &str) -> Program {
    let amounts = [(Fill::Full, 0, "all"), (Fill::Least, 0, "least")];
    let (all, without) = calls(document, output, crate_name, &amounts);
    let (mut functions, mut calls) = (String::new(), String::new());
    for (number, Call { route, method, amount, body }) in all.iter().enumerate() {
        functions.push_str(&format!(
            "\n#[allow(deprecated)]\nasync fn call_{number}(client: &Client) -> Result<(), Fault> {{\n{body}    drop(answer);\n    Ok(())\n}}\n"
        ));
        let what = format!("{route} ({method}, {amount})");
        calls.push_str(&format!("    seen.call({what:?}, Box::pin(call_{number}(&client))).await;\n"));
    }
    let imports = imports(output, crate_name);
    let settings = settings(document, output);
    let text = format!(
        "#![allow(unused_imports, unused_mut)]\n{imports}{READING}{HARNESS}\n\
         #[tokio::main]\nasync fn main() -> std::process::ExitCode {{\n    let url = std::env::args().nth(1).expect(\"an address\");\n    \
         let client = Client::builder(){settings}.base_url(url).retry(runtime::RetryPolicy::never()).build().expect(\"a client\");\n    \
         let mut seen = Seen::default();\n{calls}    seen.done()\n}}\n{functions}"
    );
    Program { text, without }
}

/// The client, and what its methods are of.
pub(crate) fn imports(output: &Output, crate_name: &str) -> String {
    let traits = if super::parts(output).next().is_some() { "prelude::*" } else { "Api" };
    format!("use {crate_name}::{traits};\nuse {crate_name}::Client;\n")
}

/// What a client's builder is told so that it has all that calls need.
pub(crate) fn settings(document: &Document<'_>, output: &Output) -> String {
    let schemes = output.api.auth.iter();
    let credentials: String =
        schemes.map(|scheme| format!(".credential({:?}, \"user:password\")", scheme.name)).collect();
    let header =
        if ignores_authorization(document) { ".default_header(\"authorization\", \"text\")" } else { "" };
    format!("{credentials}{header}")
}

/// Calls of every method, each with certain amounts of values; and those of which there are none, with why.
pub(crate) fn calls(
    document: &Document<'_>,
    output: &Output,
    crate_name: &str,
    amounts: &[(Fill, usize, &str)],
) -> (Vec<Call>, Vec<String>) {
    let (mut calls, mut without) = (Vec::<Call>::new(), Vec::new());
    let context = instances::context(document, &output.warnings);
    let mut maker = Maker { document, output, context, crate_name, pick: 0 };
    let items = output.surface.modules.iter().flat_map(|module| &module.items);
    let clients =
        items.filter_map(|item| if let Item::ClientImpl(client) = item { Some(client) } else { None });
    for method in clients.flat_map(|client| &client.methods) {
        let (route, name) =
            (format!("{} {}", method.verb.as_str(), method.path), method.name.ident().to_string());
        let mut earlier: Vec<String> = Vec::new();
        for (fill, pick, amount) in amounts {
            maker.pick = *pick;
            let body = match maker.call(method, *fill) {
                Ok(body) => body,
                Err(reason) => {
                    without.push(format!("{route} ({name}, {amount}): {reason}"));
                    continue;
                }
            };
            if !earlier.contains(&body) {
                earlier.push(body.clone());
                calls.push(Call {
                    route: route.clone(),
                    method: name.clone(),
                    amount: (*amount).to_owned(),
                    body,
                });
            }
        }
    }
    (calls, without)
}

/// Whether an operation has the parameter that OpenAPI says to ignore in favour of security schemes, and there are none. Prism
/// demands it; a person would set it for the whole client.
fn ignores_authorization(document: &Document<'_>) -> bool {
    let has_schemes =
        document.at("/components/securitySchemes").is_some_and(|schemes| !schemes.entries().is_empty());
    let is_it = |operation: &Operation<'_>| {
        let parameters = document.parameters(operation);
        parameters
            .iter()
            .any(|one| one.location == "header" && one.name.eq_ignore_ascii_case("authorization"))
    };
    !has_schemes && document.operations().any(|operation| is_it(&operation))
}

struct Maker<'d> {
    document: &'d Document<'d>,
    output: &'d Output,
    context: Context,
    crate_name: &'d str,
    /// Which value of each enum.
    pick: usize,
}

/// A field of a record of arguments, with the value that it gets: an expression without a type of its own.
type Values = Vec<(String, String)>;

impl<'d> Maker<'d> {
    /// The statements of a call.
    fn call(&self, method: &ClientMethod, fill: Fill) -> Result<String, &'static str> {
        let verb = method.verb.as_str().to_ascii_lowercase();
        let operation = self
            .document
            .operations()
            .find(|operation| operation.verb.text == verb && operation.path.text == method.path)
            .ok_or("its path is not sent as the document has it")?;
        let mut lets = String::new();
        let mut arguments = Vec::new();
        for argument in &method.arguments {
            arguments.push(self.argument(method, &operation, argument, fill, &mut lets)?);
        }
        let read = match &method.receive {
            Receive::Upgrade => return Err("it answers in another protocol"),
            Receive::Body(codegen::rust::AnswerBody::Download) => ".into_body().bytes().await?",
            _ => "",
        };
        let name = method.name.ident();
        Ok(format!("{lets}    let answer = client.{name}({}).await?{read};\n", arguments.join(", ")))
    }

    fn argument(
        &self,
        method: &ClientMethod,
        operation: &Operation<'d>,
        argument: &Argument,
        fill: Fill,
        lets: &mut String,
    ) -> Result<String, &'static str> {
        let name = argument.name.ident().to_string();
        let body = method.parts.iter().find_map(|part| match part {
            RequestPart::Body { kind, name, .. } if *name == argument.name => Some(kind),
            _ => None,
        });
        let fields = || -> Result<Values, &'static str> { self.fields(method, operation, argument, fill) };
        if method
            .parts
            .iter()
            .any(|part| matches!(part, RequestPart::Param { argument: of, .. } if *of == argument.name))
        {
            lets.push_str(&self.record("params", &name, &argument.ty, fields()?)?);
            return Ok(format!("&{name}"));
        }
        if argument.is_optional && fill == Fill::Least {
            return Ok("None".to_owned());
        }
        let value = match body {
            Some(RequestBody::Bytes(media_type)) if last(&argument.ty) == Some("String") => {
                let schema = content(self.document, operation, media_type);
                let value = schema.and_then(|schema| {
                    instances::sent(self.document, &self.context, schema, fill, self.pick)
                });
                let text = match value.unwrap_or("text".into()) {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                if argument.passing == Passing::Str {
                    format!("{text:?}")
                } else {
                    format!("{text:?}.to_owned()")
                }
            }
            Some(RequestBody::Bytes(_)) => "runtime::Body::from(\"text\")".to_owned(),
            // The document's schema may be that of one value, or of a list of all.
            Some(RequestBody::Lines(_) | RequestBody::Sequence(_)) => "runtime::Records::new([])".to_owned(),
            Some(RequestBody::Multipart(media_type)) => {
                if last(&argument.ty) == Some("MultipartForm") {
                    "runtime::MultipartForm::new().text(\"name\", \"text\")".to_owned()
                } else {
                    let schema =
                        content(self.document, operation, media_type).ok_or("its body has no schema")?;
                    lets.push_str(&self.record(
                        "forms",
                        &name,
                        &argument.ty,
                        self.parts(argument, schema, fill)?,
                    )?);
                    name
                }
            }
            Some(kind) => {
                let media_type = match kind {
                    RequestBody::JsonAs(media_type) => media_type,
                    RequestBody::Form(_) => "application/x-www-form-urlencoded",
                    _ => "json",
                };
                let schema = content(self.document, operation, media_type).ok_or("its body has no schema")?;
                passed(&argument.passing, &self.json(schema, fill)?)
            }
            None => {
                let wire = method.parts.iter().find_map(|part| match part {
                    RequestPart::Path { wire, value, .. } if *value == argument.name => Some(wire),
                    _ => None,
                });
                let wire = wire.ok_or("an argument has no place in the request")?;
                // What the document does not declare is text.
                let value = match self.parameter(operation, wire, "path") {
                    Some(schema) => self.json(schema, fill)?,
                    None => written(&"text".into()),
                };
                passed(&argument.passing, &value)
            }
        };
        Ok(if argument.is_optional { format!("Some({value})") } else { value })
    }

    /// The parameters of a call that are in a record.
    fn fields(
        &self,
        method: &ClientMethod,
        operation: &Operation<'d>,
        argument: &Argument,
        fill: Fill,
    ) -> Result<Values, &'static str> {
        let mut values = Values::new();
        for part in &method.parts {
            let RequestPart::Param { place, wire, argument: of, field } = part else { continue };
            if *of != argument.name {
                continue;
            }
            let location = match place {
                codegen::rust::ParamPlace::Query(_) => "query",
                codegen::rust::ParamPlace::Header(_) => "header",
                codegen::rust::ParamPlace::Cookie(_) => "cookie",
            };
            let declared = self.document.parameters(operation);
            let declared = declared.iter().find(|one| one.name == wire && one.location == location);
            let is_required = declared.and_then(|one| one.node.get("required")?.as_bool()) == Some(true);
            if is_required || fill == Fill::Full {
                let schema = self.parameter(operation, wire, location).ok_or("a parameter has no schema")?;
                values.push((field.ident().to_string(), self.json(schema, fill)?));
            }
        }
        Ok(values)
    }

    /// The parts of a body.
    fn parts(&self, argument: &Argument, schema: &Node, fill: Fill) -> Result<Values, &'static str> {
        let writer = self.items().find_map(|item| match item {
            Item::FormWriter(writer)
                if writer.of.0.last().map(|name| name.as_str()) == last(&argument.ty) =>
            {
                Some(writer)
            }
            _ => None,
        });
        let layers = self.document.layers(schema);
        let required: Vec<&str> = layers
            .iter()
            .flat_map(|layer| layer.get("required").map(Node::items).unwrap_or_default())
            .filter_map(Node::as_str)
            .collect();
        let mut values = Values::new();
        for part in &writer.ok_or("its body cannot be written")?.parts {
            if fill == Fill::Least && !required.contains(&part.wire.as_str()) {
                continue;
            }
            let field = part.field.ident().to_string();
            let ty = self.field(&argument.ty, &field).ok_or("its body has no such part")?;
            const FILE: &str = "runtime::FilePart::new(\"text\").with_file_name(\"a.txt\")";
            let value = match files(ty) {
                Some(Files::One) => FILE.to_owned(),
                Some(Files::Optional) => format!("Some({FILE})"),
                Some(Files::Many) => format!("vec![{FILE}]"),
                None => {
                    let schema = layers.iter().find_map(|layer| layer.get("properties")?.get(&part.wire));
                    self.json(schema.ok_or("a part has no schema")?, fill)?
                }
            };
            values.push((field, value));
        }
        Ok(values)
    }

    /// Makes a record of a module with these fields, in a variable.
    fn record(
        &self,
        module: &str,
        variable: &str,
        ty: &Type,
        values: Values,
    ) -> Result<String, &'static str> {
        let record = last(ty).ok_or("an argument is no record")?;
        let path = format!("{}::{module}::{record}", self.crate_name);
        let mut text = format!("    let mut {variable} = ");
        let given = |name: &str| values.iter().find(|(field, _)| field == name);
        match self.constructor(record) {
            None => text.push_str(&format!("{path}::default();\n")),
            Some(taken) => {
                let mut arguments = Vec::new();
                for Taken { name, converts, .. } in taken {
                    let (_, value) =
                        given(&name.ident().to_string()).ok_or("a required value is not known")?;
                    // Whatever converts is set below, when its type is known.
                    let is_text = *converts && value.starts_with("json(");
                    arguments.push(if is_text { "\"text\"".to_owned() } else { value.clone() });
                }
                text.push_str(&format!("{path}::new({});\n", arguments.join(", ")));
            }
        }
        for (field, value) in &values {
            text.push_str(&format!("    {variable}.{field} = {value};\n"));
        }
        Ok(text)
    }

    fn constructor(&self, record: &str) -> Option<&[Taken]> {
        self.items().find_map(|item| item.record(record)).and_then(|of| of.constructor.as_deref())
    }

    fn field(&self, ty: &Type, field: &str) -> Option<&Type> {
        let record = last(ty).and_then(|name| self.items().find_map(|item| item.record(name)))?;
        record.fields.iter().find(|one| one.head.name.ident() == field).map(|one| &one.ty)
    }

    /// Everything that is no model, and so has a name that only operations have.
    fn items(&self) -> impl Iterator<Item = &Item> {
        let is_model = |path: &Path| path.0.last().is_some_and(|name| name.as_str() == "models");
        let modules = self.output.surface.modules.iter().filter(move |module| !is_model(&module.known_as));
        modules.flat_map(|module| &module.items)
    }

    fn parameter(&self, operation: &Operation<'d>, wire: &str, location: &str) -> Option<&'d Node> {
        let all = self.document.parameters(operation);
        let node = all.iter().find(|one| one.name == wire && one.location == location)?.node;
        node.get("schema").or_else(|| node.get("content")?.entries().first()?.1.get("schema"))
    }

    /// An expression that reads a value of a schema.
    fn json(&self, schema: &Node, fill: Fill) -> Result<String, &'static str> {
        let value = instances::sent(self.document, &self.context, schema, fill, self.pick);
        value.map(|value| written(&value)).ok_or("a schema has no value that ends")
    }
}

fn written(value: &Value) -> String {
    format!("json({:?})?", value.to_string())
}

fn passed(passing: &Passing, value: &str) -> String {
    match passing {
        Passing::Copy | Passing::Owned => value.to_owned(),
        Passing::Ref => format!("&{value}"),
        Passing::Str => format!("&*{}", value.replacen("json(", "json::<String>(", 1)),
        Passing::Slice(_) => format!("&*{}", value.replacen("json(", "json::<Vec<_>>(", 1)),
    }
}

/// The schema of a body under a media type, or of any JSON.
fn content<'a>(document: &Document<'a>, operation: &Operation<'a>, media_type: &str) -> Option<&'a Node> {
    let body = document.resolve(operation.node.get("requestBody")?).ok()?;
    let is_it = |key: &str| {
        let essence = key.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        key == media_type
            || essence == media_type
            || media_type == "json" && (essence.ends_with("json") || essence == "*/*")
            || media_type == "multipart/form-data" && essence.starts_with("multipart/")
    };
    document.entries(body, "content").iter().find(|(key, _)| is_it(&key.text))?.1.get("schema")
}

enum Files {
    One,
    Optional,
    Many,
}

/// What a field of a body holds, where it is files.
fn files(ty: &Type) -> Option<Files> {
    let Type::Path(_, inner) = ty else { return None };
    let is_file = |ty: &Type| last(ty) == Some("FilePart");
    match (last(ty)?, inner.as_slice()) {
        ("FilePart", _) => Some(Files::One),
        ("Option", [inner]) if is_file(inner) => Some(Files::Optional),
        ("Vec", [inner]) if is_file(inner) => Some(Files::Many),
        _ => None,
    }
}

fn last(ty: &Type) -> Option<&str> {
    match ty {
        Type::Path(path, _) => path.0.last().map(|name| name.as_str()),
        _ => None,
    }
}

/// How programs read values.
pub(crate) const READING: &str = r##"
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;

/// Why a call did not end well.
enum Fault {
    /// The generated types do not take a value of the schema.
    Argument(String),
    /// The call failed.
    Call(runtime::Error),
}

impl From<runtime::Error> for Fault {
    fn from(error: runtime::Error) -> Self {
        Self::Call(error)
    }
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Argument(format!("{text} is refused: {error}")))
}
"##;

/// What counts as a fault with Prism.
const HARNESS: &str = r##"
/// What Prism says of its own limits, and of documents: nothing is wrong with the request.
const UNABLE: &[&str] = &[
    "NO_COMPLEX_OBJECT_TEXT",
    "NO_RESPONSE_DEFINED",
    "NO_RESPONSE_RESPONSE_DEFINED",
    "NO_SUCCESS_RESPONSE_DEFINED",
    "NOT_ACCEPTABLE",
    "NOT_FOUND",
    "SCHEMA_TOO_COMPLEX",
    "UNKNOWN",
    "VIOLATIONS",
];

const MOST_SHOWN: usize = 30;

#[derive(Default)]
struct Seen {
    calls: usize,
    unable: Vec<String>,
    faults: Vec<String>,
}

impl Seen {
    async fn call(&mut self, what: &str, call: Pin<Box<dyn Future<Output = Result<(), Fault>> + '_>>) {
        self.calls += 1;
        let said = |text: &str| format!("{what}: {}", text.chars().take(900).collect::<String>());
        match call.await {
            Ok(()) => {}
            Err(Fault::Argument(text)) => self.faults.push(said(&text)),
            Err(Fault::Call(runtime::Error::Api(error))) => {
                let (status, body) = (error.status(), error.body_text());
                let header = error.headers().get("sl-violations").and_then(|value| value.to_str().ok());
                let violations = header.unwrap_or_default();
                let kind = body.split("https://stoplight.io/prism/errors#").nth(1);
                let is_unable = |kind: &str| UNABLE.iter().any(|known| kind.strip_prefix(known).is_some_and(|rest| rest.starts_with('"')));
                let is_fault = match kind {
                    // An error of the document's own: Prism sends it for a fault in the request, or where there are no others.
                    None => violations.contains(r#""request""#) || [400, 401, 422].contains(&status.as_u16()),
                    Some(kind) => !is_unable(kind),
                };
                let list = if is_fault { &mut self.faults } else { &mut self.unable };
                list.push(said(&format!("{status} {violations} {body}")));
            }
            Err(Fault::Call(error)) => self.faults.push(said(&error.to_string())),
        }
    }

    fn done(self) -> std::process::ExitCode {
        let Self { calls, unable, faults } = self;
        for text in unable.iter().take(MOST_SHOWN) {
            println!("  unable   {text}");
        }
        for text in faults.iter().take(MOST_SHOWN) {
            println!("  FAULT    {text}");
        }
        println!("{calls} calls, {} faults, {} that the server was unable to answer", faults.len(), unable.len());
        if faults.is_empty() { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
    }
}
"##;
