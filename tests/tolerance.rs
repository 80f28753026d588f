//! What a server may change in its answers without breaking its clients.
//!
//! Every answer that the document describes is made from its schema, then changed in one place at a time. What the
//! document allows is accepted; anything else is an error that says where.

use crate::operations::{CALLS, Call};
use crate::own_spec;
use crate::raw::{self, Raw};
use maiagent::runtime::{DecodeError, StreamError};
use maiagent::{Client, Error};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};

/// A schema of the document, with its references resolved, and what it says about its own place.
#[derive(Clone)]
struct Schema<'d> {
    document: &'d Value,
    /// What stands at the place, and what it refers to.
    layers: Vec<&'d Value>,
}

impl<'d> Schema<'d> {
    fn new(document: &'d Value, node: &'d Value) -> Self {
        let mut layers = vec![node];
        let mut at = 0;
        while let Some(layer) = layers.get(at).copied() {
            let parts = layer["allOf"].as_array().into_iter().flatten();
            for reference in std::iter::once(layer).chain(parts).filter_map(|part| part["$ref"].as_str()) {
                layers.push(document.pointer(reference.strip_prefix('#').unwrap()).unwrap());
            }
            at += 1;
        }
        Self { document, layers }
    }

    fn get(&self, key: &str) -> Option<&'d Value> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    fn text(&self, key: &str) -> &'d str {
        self.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn properties(&self) -> impl Iterator<Item = (&'d str, Schema<'d>)> {
        let document = self.document;
        let properties = self.get("properties").and_then(Value::as_object).into_iter().flatten();
        properties.map(move |(name, node)| (name.as_str(), Schema::new(document, node)))
    }

    fn items(&self) -> Option<Schema<'d>> {
        self.get("items").map(|node| Schema::new(self.document, node))
    }

    fn requires(&self, property: &str) -> bool {
        self.get("required").and_then(Value::as_array).is_some_and(|names| names.contains(&json!(property)))
    }

    /// Whether it has properties of any name, all of which are text.
    fn is_map_of_text(&self) -> bool {
        self.get("additionalProperties").is_some_and(|values| values["type"] == json!("string"))
    }

    fn is_nullable(&self) -> bool {
        self.get("nullable") == Some(&json!(true))
    }

    /// Whether the format says that anything is accepted, and nothing, too.
    fn is_lenient(&self) -> bool {
        matches!(self.text("format"), "lenient" | "unix-millis")
    }

    /// Whether any value is accepted. A union keeps what it does not know.
    fn is_anything(&self) -> bool {
        self.is_lenient() || self.get("oneOf").is_some() || self.get("type").is_none()
    }

    /// A list that is empty when it is not there.
    fn has_default(&self) -> bool {
        self.get("default") == Some(&json!([]))
    }

    /// A value with everything that the schema has.
    fn value(&self) -> Value {
        if let Some(first) = self.get("enum").or(self.get("oneOf")).and_then(|values| values.get(0)) {
            return if first.is_object() { Schema::new(self.document, first).value() } else { first.clone() };
        }
        match self.text("type") {
            "string" if self.text("format") == "unix-millis" => json!("1728181396000"),
            "string" => json!("text"),
            "integer" => json!(7),
            "number" => json!(0.5),
            "boolean" => json!(false),
            "array" => json!([self.items().unwrap().value()]),
            "object" => self
                .properties()
                .map(|(name, schema)| (name.to_owned(), schema.value()))
                .collect::<Map<_, _>>()
                .into(),
            _ => json!({ "anything": [1] }),
        }
    }
}

/// What a change of an answer must lead to: nothing, or an error at this path.
type Expected = Option<String>;

/// The value with one place changed in every way, each with a name and what it must lead to. `path` is that of the value.
fn changes(schema: &Schema<'_>, path: &str) -> Vec<(String, Value, Expected)> {
    let whole = schema.value();
    let mut found = Vec::new();
    // The type, and the value of an enumeration.
    for other in
        [json!(true), json!(7), json!(0.25), json!("7"), json!("never seen"), json!([7]), json!({ "a": 7 })]
    {
        let fits = match (schema.text("type"), &other) {
            ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("array", Value::Array(_)) => true,
            ("integer", Value::Number(number)) => number.is_i64(),
            ("number", Value::Number(_)) => true,
            ("object", Value::Object(_)) => true,
            _ => false,
        } || schema.is_anything();
        // What fits as a whole is changed further down.
        let is_leaf = !matches!(schema.text("type"), "array" | "object");
        if !fits || is_leaf {
            found.push((format!("{path} is {other}"), other, (!fits).then(|| path.to_owned())));
        }
    }
    if let Some(items) = schema.items() {
        found.push((format!("{path} is empty"), json!([]), None));
        let at = format!("{path}[0]");
        if !items.is_nullable() && !items.is_anything() {
            found.push((format!("{at} is null"), json!([null]), Some(at.clone())));
        }
        found.extend(
            changes(&items, &at).into_iter().map(|(name, value, expected)| (name, json!([value]), expected)),
        );
    }
    let with = |name: &str, value: Option<Value>| {
        let mut changed = whole.clone();
        match value {
            Some(value) => changed[name] = value,
            None => _ = changed.as_object_mut().unwrap().remove(name),
        }
        changed
    };
    for (name, property) in schema.properties() {
        let at = format!("{path}.{name}");
        let is_free = property.is_lenient() || property.has_default() || property.is_nullable();
        // What may be null may be missing, and the other way around.
        let is_needed = schema.requires(name) && !is_free;
        found.push((format!("{at} is dropped"), with(name, None), is_needed.then(|| path.to_owned())));
        let refuses_null = is_needed && !property.is_anything();
        found.push((
            format!("{at} is null"),
            with(name, Some(json!(null))),
            refuses_null.then(|| at.clone()),
        ));
        for alias in property.get("x-aliases").and_then(Value::as_array).into_iter().flatten() {
            let mut changed = with(name, None);
            changed[alias.as_str().unwrap()] = property.value();
            found.push((format!("{at} is spelled {alias}"), changed.clone(), None));
            changed[name] = property.value();
            found.push((format!("{at} is there twice, once as {alias}"), changed, None));
        }
        let inner = changes(&property, &at).into_iter();
        found.extend(inner.map(|(change, value, expected)| (change, with(name, Some(value)), expected)));
    }
    if whole.is_object() {
        for value in [json!(null), json!("text"), json!([{ "deep": [1] }])] {
            let fits = value.is_string() || !schema.is_map_of_text();
            let expected = (!fits).then(|| format!("{path}.neverSeen"));
            found.push((format!("{path} has more: {value}"), with("neverSeen", Some(value)), expected));
        }
    }
    found
}

/// A server that answers what it was told last.
struct Told {
    answer: Arc<Mutex<Vec<u8>>>,
    client: Client,
}

impl Told {
    async fn start() -> Self {
        let answer: Arc<Mutex<Vec<u8>>> = Arc::default();
        let told = answer.clone();
        let server = Raw::start(move |_| told.lock().unwrap().clone()).await;
        let client = Client::builder().api_key("k").base_url(server.url()).build().unwrap();
        Self { answer, client }
    }

    /// Makes a call that is answered with this body.
    async fn call(&self, call: Call, media_type: &str, body: &[u8]) -> Result<(), Box<DecodeError>> {
        let body = match media_type {
            "text/event-stream" => [b"data: ", body, b"\n\ndata: {\"done\":true}\n\n"].concat(),
            _ => body.to_vec(),
        };
        *self.answer.lock().unwrap() = raw::answer(200, &format!("Content-Type: {media_type}\r\n"), body);
        match call(&self.client).await {
            Ok(()) => Ok(()),
            Err(Error::Decode(error) | Error::Stream { error: StreamError::InvalidEvent(error), .. }) => {
                Err(error)
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Every answer with a model: the call, the media type and the schema.
fn answers(document: &Value) -> Vec<(&'static str, Call, &str, Schema<'_>)> {
    let mut found = Vec::new();
    for operations in document["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values().filter(|value| value.is_object()) {
            let id = operation["operationId"].as_str().unwrap();
            let name: String = id
                .chars()
                .flat_map(|c| c.is_uppercase().then_some('_').into_iter().chain(c.to_lowercase()))
                .collect();
            let content =
                ["200", "201"].iter().find_map(|code| operation["responses"][code]["content"].as_object());
            // What is deleted answers nothing.
            for (media_type, content) in content.into_iter().flatten() {
                let name = if media_type == "text/event-stream" {
                    name.replace("create_", "stream_")
                } else {
                    name.clone()
                };
                let schema = Schema::new(document, &content["schema"]);
                if schema.text("format") != "binary" {
                    let (name, call) = CALLS.into_iter().find(|(known, _)| *known == name).unwrap();
                    found.push((name, call, media_type.as_str(), schema));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn answers_may_change_as_the_document_allows() {
    let document: Value = serde_yaml::from_str(&own_spec()).unwrap();
    let server = Told::start().await;
    let (mut accepted, mut refused, mut wrong) = (0, 0, Vec::new());
    let answers = answers(&document);
    for (name, call, media_type, schema) in &answers {
        server.call(*call, media_type, schema.value().to_string().as_bytes()).await.unwrap();
        for (change, value, expected) in changes(schema, "$") {
            let result = server.call(*call, media_type, value.to_string().as_bytes()).await;
            match (&result, &expected) {
                (Ok(()), None) => accepted += 1,
                (Err(error), Some(path)) if is_at(error, path) && !error.excerpt().is_empty() => refused += 1,
                _ => wrong.push(format!("{name}: {change}: {result:?} instead of {expected:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{} answers, {accepted} changes accepted, {refused} refused with their place", answers.len());
}

/// Serde reads a list in place of an object as the values of its properties, and the first of them is wrong.
fn is_at(error: &DecodeError, path: &str) -> bool {
    error.path().strip_prefix(path).is_some_and(|rest| matches!(rest, "" | "[0]"))
}

#[tokio::test]
async fn what_is_not_json_is_an_error() {
    let document: Value = serde_yaml::from_str(&own_spec()).unwrap();
    let server = Told::start().await;
    let mut count = 0;
    for (call_name, call, media_type, schema) in answers(&document) {
        let value = schema.value();
        let whole = value.to_string();
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        // Cut at places all over the document; every place would take too long.
        bodies.extend((0..40).map(|at| whole.as_bytes()[..whole.len() * at / 40].to_vec()));
        for depth in [200, 10_000] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                for (name, property) in value.as_object().unwrap() {
                    if !property.is_boolean() {
                        let place = format!("\"{name}\":{property}");
                        assert!(whole.contains(&place));
                        bodies.push(whole.replace(&place, &format!("\"{name}\":{deep}")).into_bytes());
                    }
                }
                // As an object it has one unknown property, which is skipped at any depth.
                if open == "[" {
                    bodies.push(deep.into_bytes());
                }
            }
        }
        for bytes in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe4\xb8"] {
            let (before, after) = whole.split_at(whole.find("text").unwrap());
            bodies.push([before.as_bytes(), bytes, after.as_bytes()].concat());
            bodies.push(bytes.to_vec());
        }
        bodies.push(format!("{whole}{whole}").into_bytes());
        for body in bodies {
            let result = server.call(call, media_type, &body).await;
            let text = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
            let is_replaced = media_type == "text/event-stream" && std::str::from_utf8(&body).is_err();
            match result {
                Err(error) => {
                    assert!(error.path().starts_with('$') && error.excerpt().len() <= 3 * 1024, "{error:?}")
                }
                // The standard has U+FFFD instead of what is not UTF-8 in an event.
                Ok(()) if is_replaced || body.is_empty() && media_type == "text/event-stream" => {}
                Ok(()) => panic!("{call_name}: {text}"),
            }
            count += 1;
        }
    }
    println!("{count} bodies that are not JSON");
}
