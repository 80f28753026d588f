//! Every example payload of the documentation pages, through a router, a client and back.
//!
//! A router whose handlers are a client makes a proxy. An example request goes in at the page's own path; what the client
//! sends on must be equal to it. The example response comes back; what the router answers must be equal to it. Where that
//! is not so, `spec/reconciliation.yaml` says why, and it says nothing that is not so.
//!
//! The example of a partial page may break off. A request of our own then goes around it, and what it shows must arrive.

use crate::own_spec;
use crate::server::{self, Server};
use axum::body::Body;
use axum::http::{Request, Response};
use maiagent::Client;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tower::ServiceExt;

const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

/// An example of one side of one operation.
struct Example<'a> {
    /// The page's name, the operation and the side: `v1 createMessage request`.
    at: String,
    value: &'a Value,
    /// Whether it breaks off, so that it says nothing of what it does not show.
    part: bool,
}

/// A deviation that the ledger names.
struct Coercion {
    id: String,
    at: Vec<String>,
    change: String,
    fields: Vec<String>,
    used: Cell<usize>,
}

struct Ledger {
    coercions: Vec<Coercion>,
    /// Deviations that it does not name.
    missing: RefCell<Vec<String>>,
}

#[tokio::test]
async fn every_example_of_the_pages_passes_both_ways() {
    let ledger = Ledger::read();
    let operations = operations();
    let (mut examples, mut unchanged, mut refused) = (0, 0, 0);
    for Source { name, part, source } in sources() {
        for operation in source["operations"].as_array().unwrap() {
            let route = operation["route"].as_str().unwrap();
            let id = &operations[&blank(route)];
            let at = |side: &str| format!("{name} {id} {side}");
            let around = operation["request"].get("example").filter(|_| part).map(|shown| {
                let mut whole = own_request(id).clone();
                merge(&mut whole, shown);
                whole
            });
            let request = match &around {
                Some(whole) => Some(Example { at: at("request"), value: whole, part }),
                None => example(&operation["request"], at("request")),
            };
            let response = &operation["responses"][0];
            let answer = example(response, at("response"));
            examples += usize::from(request.is_some()) + usize::from(answer.is_some());
            let exchange = Exchange { route, parameters: &operation["parameters"], request, answer };
            let Outcome { sent, got } = exchange.run().await;
            if let Some(request) = &exchange.request {
                if ledger.refuses(request, &got) {
                    refused += 1;
                    // The response is still to be tried: with a request that is not refused.
                    let answer = example(response, at("response"));
                    let request = Some(Example { at: at("own request"), value: own_request(id), part });
                    let exchange = Exchange { request, answer, ..exchange };
                    let Outcome { got, .. } = exchange.run().await;
                    unchanged += ledger.compare(exchange.answer.as_ref(), got.1.as_ref());
                    continue;
                }
                unchanged += ledger.compare(Some(request), sent.as_ref());
            }
            assert!((200..300).contains(&got.0), "{route}: {got:?}");
            unchanged += ledger.compare(exchange.answer.as_ref(), got.1.as_ref());
        }
    }
    println!(
        "{examples} examples: {unchanged} unchanged, {refused} refused, the others with named coercions"
    );
    let missing = ledger.missing.borrow();
    assert!(missing.is_empty(), "the ledger does not say that\n{}", missing.join("\n"));
    let idle: Vec<&str> = ledger
        .coercions
        .iter()
        .filter(|coercion| coercion.used.get() == 0)
        .map(|coercion| &*coercion.id)
        .collect();
    assert!(idle.is_empty(), "the ledger names coercions that do not happen: {idle:?}");
    assert!(examples > 20, "{examples}");
}

/// What goes through the proxy.
struct Exchange<'a> {
    route: &'a str,
    parameters: &'a Value,
    request: Option<Example<'a>>,
    answer: Option<Example<'a>>,
}

/// What came out of it.
struct Outcome {
    /// What the client sent on.
    sent: Option<Value>,
    /// What the router answered: status and JSON.
    got: (u16, Option<Value>),
}

impl Exchange<'_> {
    async fn run(&self) -> Outcome {
        let answer = self.answer.as_ref().map_or(json!({}), |answer| answer.value.clone());
        let upstream = Server::start(move |received, _| respond(received, &answer)).await;
        let client =
            Client::builder().api_key("key").base_url(format!("{}/api", upstream.url)).build().unwrap();
        let response = maiagent::server::router(client).oneshot(self.to_request()).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let sent =
            upstream.received().first().and_then(|received| serde_json::from_slice(&received.body).ok());
        Outcome { sent, got: (status, serde_json::from_slice(&body).ok()) }
    }

    /// The request at the page's own path, with a value for each of its parameters.
    fn to_request(&self) -> Request<Body> {
        let (method, template) = self.route.split_once(' ').unwrap();
        let path: Vec<&str> =
            template.split('/').map(|part| if part.starts_with('{') { ID } else { part }).collect();
        // The newer page requires these two; the document follows it.
        let mut query = BTreeMap::from([("conversation", ID), ("inbox", ID)]);
        for parameter in self.parameters.as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            if !template.contains(&format!("{{{name}}}")) {
                query.insert(name, if parameter["type"] == "integer" { "1" } else { "example" });
            }
        }
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let uri = format!("{}?{}", path.join("/"), query.join("&"));
        let builder = Request::builder().method(method).uri(uri);
        match &self.request {
            Some(request) => builder
                .header("content-type", "application/json")
                .body(Body::from(request.value.to_string()))
                .unwrap(),
            None => builder.body(Body::empty()).unwrap(),
        }
    }
}

/// The service: the example, or events where they are asked for, or a file.
fn respond(received: &server::Received, answer: &Value) -> Response<Body> {
    let wants_events = serde_json::from_slice::<Value>(&received.body)
        .is_ok_and(|body| body["isStreaming"] == json!(true) || body["is_streaming"] == json!(true));
    if wants_events {
        return server::answer(200, "text/event-stream", "data: {\"content\":\"c\",\"done\":true}\n\n");
    }
    if received.path.ends_with("/export-excel/") {
        return server::answer(200, "application/octet-stream", "PK");
    }
    server::json(if received.method == "POST" { 201 } else { 200 }, answer)
}

/// A request that is not refused, for operations whose documented one is.
fn own_request(operation: &str) -> &'static Value {
    use std::sync::OnceLock;
    static MESSAGE: OnceLock<Value> = OnceLock::new();
    static CONVERSATION: OnceLock<Value> = OnceLock::new();
    static QUESTION: OnceLock<Value> = OnceLock::new();
    match operation {
        "createCompletion" => {
            QUESTION.get_or_init(|| json!({ "message": { "content": "c" }, "isStreaming": true }))
        }
        "createConversation" => CONVERSATION.get_or_init(|| json!({ "webChat": ID })),
        _ => MESSAGE.get_or_init(|| json!({ "conversation": ID, "content": "c" })),
    }
}

impl Ledger {
    fn read() -> Self {
        let text = std::fs::read_to_string(folder().join("reconciliation.yaml")).unwrap();
        let ledger: Value = serde_yaml::from_str(&text).unwrap();
        let strings = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
        };
        let coercion = |entry: &Value| Coercion {
            id: entry["id"].as_str().unwrap().to_owned(),
            at: strings(&entry["at"]),
            change: entry["change"].as_str().unwrap().to_owned(),
            fields: strings(&entry["fields"]),
            used: Cell::new(0),
        };
        let coercions = ledger["examples"].as_array().unwrap().iter().map(coercion).collect();
        Self { coercions, missing: RefCell::default() }
    }

    fn names(&self, at: &str, change: &str, field: &str) -> bool {
        let mut found = self.coercions.iter().filter(|coercion| {
            coercion.change == change
                && coercion.at.iter().any(|pattern| fits(pattern, at))
                && coercion.fields.iter().any(|pattern| fits(pattern, field))
        });
        let first = found.next();
        if let Some(coercion) = first {
            coercion.used.set(coercion.used.get() + 1);
        }
        first.is_some()
    }

    /// Whether the router refused, for the reason that the ledger gives.
    fn refuses(&self, request: &Example<'_>, got: &(u16, Option<Value>)) -> bool {
        let refused = got.0 == 400;
        for coercion in self.coercions.iter().filter(|coercion| coercion.change == "refused") {
            if coercion.at.contains(&request.at) {
                assert!(refused, "{}: {} says that it is refused, and it is not", request.at, coercion.id);
                let body = got.1.as_ref().unwrap().to_string();
                for field in &coercion.fields {
                    assert!(body.contains(field), "{}: {body} does not name {field}", request.at);
                }
                coercion.used.set(coercion.used.get() + 1);
                return true;
            }
        }
        if refused {
            self.missing.borrow_mut().push(format!("{} is refused: {}", request.at, got.1.as_ref().unwrap()));
        }
        refused
    }

    /// Whether an example came through as it was: 1, or 0 with coercions that the ledger names.
    fn compare(&self, example: Option<&Example<'_>>, got: Option<&Value>) -> usize {
        let Some(example) = example else { return 0 };
        let got = got.unwrap_or_else(|| panic!("{}: nothing arrived", example.at));
        let mut differences = Vec::new();
        differ("", example.value, got, &mut differences);
        differences.retain(|(change, _)| !(example.part && change.ends_with("added")));
        for (change, field) in &differences {
            if !self.names(&example.at, change, field) {
                self.missing.borrow_mut().push(format!("{}: `{field}` is {change}", example.at));
            }
        }
        usize::from(differences.is_empty())
    }
}

/// Whether a name fits a pattern, in which a first `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == pattern,
    }
}

/// How one value differs from another, with the names of fields.
fn differ(path: &str, before: &Value, after: &Value, found: &mut Vec<(&'static str, String)>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            for (key, value) in before {
                match after.get(key) {
                    Some(other) => differ(&below(key), value, other, found),
                    None => found.push(("dropped", below(key))),
                }
            }
            for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
                let change = match value {
                    Value::Null => "null added",
                    Value::Array(items) if items.is_empty() => "empty list added",
                    _ => "added",
                };
                found.push((change, below(key)));
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (before, after) in before.iter().zip(after) {
                differ(&format!("{path}[]"), before, after, found);
            }
        }
        // A whole number is the same number with a fraction of zero.
        (Value::Number(before), Value::Number(after)) if before.as_f64() == after.as_f64() => {}
        _ if before == after => {}
        _ => found.push(("changed", path.to_owned())),
    }
}

fn example(body: &Value, at: String) -> Option<Example<'_>> {
    body.get("example").map(|value| Example { at, value, part: false })
}

/// Puts what a part shows into a whole.
fn merge(whole: &mut Value, part: &Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (key, value) in part {
                merge(whole.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (whole, part) => *whole = part.clone(),
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("spec")
}

/// What one page says.
struct Source {
    name: String,
    /// Whether only a part of the page is at hand.
    part: bool,
    source: Value,
}

/// All pages that the ledger names.
fn sources() -> Vec<Source> {
    let text = std::fs::read_to_string(folder().join("reconciliation.yaml")).unwrap();
    let ledger: Value = serde_yaml::from_str(&text).unwrap();
    let read = |(name, naming): (&String, &Value)| {
        let text = std::fs::read_to_string(folder().join("sources").join(format!("{name}.yaml"))).unwrap();
        let source = serde_yaml::from_str(&text).unwrap();
        Source { name: name.clone(), part: naming["partial"] == json!(true), source }
    };
    let sources: Vec<Source> = ledger["sources"].as_object().unwrap().iter().map(read).collect();
    assert!(sources.len() >= 3 && sources.iter().any(|source| source.part));
    sources
}

/// Operation ids by route, with placeholders blanked.
fn operations() -> BTreeMap<String, String> {
    let document: Value = serde_yaml::from_str(&own_spec()).unwrap();
    let mut operations = BTreeMap::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            for source in operation["x-source"].as_array().into_iter().flatten() {
                let id = operation["operationId"].as_str().unwrap().to_owned();
                operations.insert(blank(source["route"].as_str().unwrap()), id);
            }
        }
    }
    operations
}

fn blank(route: &str) -> String {
    let parts = route.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
