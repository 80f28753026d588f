//! Values of every model of the document, through the client, the router and back, over real HTTP.
//!
//! The values are made from the document's schemas, so a property that is added there is covered here.

use crate::own_spec;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Client, Download, Error, EventStream, Response, Result};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};

/// Answers what it was told to, and keeps what it was sent.
#[derive(Clone, Default)]
struct Scripted {
    answer: Arc<Mutex<Value>>,
    received: Arc<Mutex<Value>>,
}

impl Scripted {
    fn answer<T: DeserializeOwned>(&self) -> Result<Response<T>> {
        let answer = self.answer.lock().unwrap().clone();
        serde_json::from_value::<T>(answer).map(Response::from).map_err(Error::other)
    }

    fn keep(&self, body: &impl Serialize) {
        *self.received.lock().unwrap() = serde_json::to_value(body).unwrap();
    }
}

impl Api for Scripted {
    async fn create_completion(
        &self,
        _: &ChatbotId,
        body: &CompletionRequest,
    ) -> Result<Response<Completion>> {
        self.keep(body);
        self.answer()
    }
    async fn stream_completion(
        &self,
        _: &ChatbotId,
        body: &CompletionRequest,
    ) -> Result<Response<EventStream<CompletionEvent>>> {
        self.keep(body);
        let events = self.answer::<Vec<CompletionEvent>>()?.into_body();
        Ok(events.into_iter().collect::<EventStream<_>>().into())
    }
    async fn create_message(&self, body: &NewMessage) -> Result<Response<MessageReceipt>> {
        self.keep(body);
        self.answer()
    }
    async fn list_messages(&self, _: &ListMessages) -> Result<Response<MessagePage>> {
        self.answer()
    }
    async fn create_outgoing_message(&self, body: &NewMessage) -> Result<Response<MessageReceipt>> {
        self.create_message(body).await
    }
    async fn get_message(&self, _: &MessageId, _: &GetMessage) -> Result<Response<Message>> {
        self.answer()
    }
    async fn create_conversation(&self, body: &NewConversation) -> Result<Response<Conversation>> {
        self.keep(body);
        self.answer()
    }
    async fn list_conversations(&self, _: &ListConversations) -> Result<Response<ConversationPage>> {
        self.answer()
    }
    async fn get_conversation(&self, _: &ConversationId) -> Result<Response<Conversation>> {
        self.answer()
    }
    async fn list_records(&self, _: &ChatbotId, _: &ListRecords) -> Result<Response<RecordPage>> {
        self.answer()
    }
    async fn export_records(&self, _: &ChatbotId) -> Result<Response<Download>> {
        Ok(Download::from_bytes("PK").into())
    }
    async fn list_webhook_records(
        &self,
        _: &ChatbotId,
        _: &ListWebhookRecords,
    ) -> Result<Response<WebhookRecordPage>> {
        self.answer()
    }
    async fn list_chatbots(&self, _: &ListChatbots) -> Result<Response<ChatbotPage>> {
        self.answer()
    }
    async fn list_inboxes(&self, _: &ListInboxes) -> Result<Response<InboxPage>> {
        self.answer()
    }
    async fn list_attachments(&self, _: &ListAttachments) -> Result<Response<AttachmentPage>> {
        self.answer()
    }
    async fn get_attachment(&self, _: &AttachmentId) -> Result<Response<Attachment>> {
        self.answer()
    }
    async fn create_conversation_attachment(
        &self,
        _: &ConversationId,
        body: &NewAttachment,
    ) -> Result<Response<Attachment>> {
        self.keep(body);
        self.answer()
    }
    async fn create_presigned_upload(&self, body: &NewPresignedUpload) -> Result<Response<PresignedUpload>> {
        self.keep(body);
        self.answer()
    }
}

/// JSON that a schema of the document allows.
fn values(document: &Arc<Value>, schema: &Value) -> BoxedStrategy<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.strip_prefix('#').unwrap()).unwrap().clone();
        return values(document, &target);
    }
    let plain = match (schema["allOf"].as_array(), schema["oneOf"].as_array()) {
        (Some(parts), _) => values(document, &parts[0]),
        (_, Some(parts)) => {
            proptest::strategy::Union::new(parts.iter().map(|part| values(document, part))).boxed()
        }
        _ => typed(document, schema),
    };
    let lenient = matches!(schema["format"].as_str(), Some("lenient" | "unix-millis"));
    match (lenient, schema["nullable"] == json!(true)) {
        (true, _) => {
            prop_oneof![4 => plain, 1 => Just(json!(null)), 1 => Just(json!({})), 1 => Just(json!("odd"))]
                .boxed()
        }
        (_, true) => prop_oneof![3 => plain, 1 => Just(json!(null))].boxed(),
        _ => plain,
    }
}

fn typed(document: &Arc<Value>, schema: &Value) -> BoxedStrategy<Value> {
    if let Some(known) = schema["enum"].as_array() {
        let known: Vec<Value> = known.iter().filter(|value| !value.is_null()).cloned().collect();
        return prop_oneof![4 => prop::sample::select(known), 1 => "[a-z]{1,9}".prop_map(Value::from)]
            .boxed();
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("unix-millis")) => {
            (0..4_000_000_000_000i64).prop_map(|ms| json!(ms.to_string())).boxed()
        }
        (Some("string"), _) => "\\PC{0,12}".prop_map(Value::from).boxed(),
        (Some("integer"), Some("int32")) => any::<i32>().prop_map(Value::from).boxed(),
        (Some("integer"), _) => any::<i64>().prop_map(Value::from).boxed(),
        (Some("number"), _) => (-1e9..1e9f64).prop_map(Value::from).boxed(),
        (Some("boolean"), _) => any::<bool>().prop_map(Value::from).boxed(),
        (Some("array"), _) => vec(values(document, &schema["items"]), 0..3).prop_map(Value::from).boxed(),
        (Some("object"), _) => object(document, schema),
        _ => {
            prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!([])), Just(json!({ "a": null }))].boxed()
        }
    }
}

fn object(document: &Arc<Value>, schema: &Value) -> BoxedStrategy<Value> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut properties: BoxedStrategy<Map<String, Value>> = Just(Map::new()).boxed();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let value = values(document, property);
        let value = if required.contains(&name.as_str()) {
            value.prop_map(Some).boxed()
        } else {
            prop::option::of(value).boxed()
        };
        let name = name.clone();
        properties = (properties, value)
            .prop_map(move |(mut object, value)| {
                if let Some(value) = value {
                    object.insert(name.clone(), value);
                }
                object
            })
            .boxed();
    }
    properties.prop_map(Value::Object).boxed()
}

struct Place {
    document: Arc<Value>,
    scripted: Scripted,
    client: Client,
    runtime: tokio::runtime::Runtime,
    cases: std::cell::Cell<u32>,
}

const CASES: u32 = 24;

impl Place {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let scripted = Scripted::default();
        let router = maiagent::server::router(scripted.clone());
        let address = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            address
        });
        let client =
            Client::builder().api_key("k").base_url(format!("http://{address}/api/v1")).build().unwrap();
        let document = Arc::new(serde_yaml::from_str(&own_spec()).unwrap());
        Self { document, scripted, client, runtime, cases: std::cell::Cell::new(0) }
    }

    fn run(&self, strategy: BoxedStrategy<Value>, check: impl Fn(Value)) {
        let mut runner =
            TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
        let result = runner.run(&strategy, |value| {
            check(value);
            Ok(())
        });
        result.unwrap();
        self.cases.set(self.cases.get() + CASES);
    }

    fn schema(&self, name: &str) -> BoxedStrategy<Value> {
        let schema = &self.document["components"]["schemas"][name];
        assert!(schema.is_object(), "no schema {name}");
        values(&self.document, schema)
    }

    /// What is sent has one spelling; leniency is for reading.
    fn sent_schema(&self, name: &str) -> BoxedStrategy<Value> {
        fn exact(value: &mut Value) {
            match value {
                Value::Object(entries) => {
                    if entries.get("format") == Some(&json!("lenient")) {
                        entries.remove("format");
                    }
                    entries.values_mut().for_each(exact);
                }
                Value::Array(items) => items.iter_mut().for_each(exact),
                _ => {}
            }
        }
        let mut document = (*self.document).clone();
        exact(&mut document);
        let schema = document["components"]["schemas"][name].clone();
        values(&Arc::new(document), &schema)
    }

    /// What the server answers with is what the client returns.
    fn answers<T>(&self, schema: &str, call: impl AsyncFn(&Client) -> Result<Response<T>>)
    where
        T: DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        self.run(self.schema(schema), |value| {
            let expected: T =
                serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value:#}"));
            *self.scripted.answer.lock().unwrap() = value;
            let answer = self.runtime.block_on(call(&self.client)).unwrap();
            assert_eq!(answer.into_body(), expected, "{schema}");
        });
    }

    /// What the client sends is what the server gets.
    fn bodies<T>(&self, schema: &str, flag: Option<&str>, answer: Value, send: impl AsyncFn(&Client, T))
    where
        T: DeserializeOwned + Serialize,
    {
        *self.scripted.answer.lock().unwrap() = answer;
        self.run(self.sent_schema(schema), |mut value| {
            if let Some(flag) = flag {
                value.as_object_mut().unwrap().remove(flag);
            }
            let body: T =
                serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value:#}"));
            let expected = serde_json::to_value(&body).unwrap();
            self.runtime.block_on(send(&self.client, body));
            assert_eq!(*self.scripted.received.lock().unwrap(), expected, "{schema}");
        });
    }
}

#[test]
#[allow(deprecated)]
fn every_model_survives_the_way_there_and_back() {
    let place = Place::new();
    let chatbot = ChatbotId::from("b1");
    let question = CompletionRequest::new(MessageInput::new("q"));
    let new = NewMessage::new("c1");

    place.answers("Completion", async |client| client.create_completion(&chatbot, &question).await);
    place.answers("MessageReceipt", async |client| client.create_message(&new).await);
    place.answers("MessageReceipt", async |client| client.create_outgoing_message(&new).await);
    place.answers("MessagePage", async |client| client.list_messages(&ListMessages::new("c1")).await);
    place.answers("Message", async |client| client.get_message(&"m1".into(), &GetMessage::new("c1")).await);
    place.answers("Conversation", async |client| {
        client.create_conversation(&NewConversation::new("w1")).await
    });
    place.answers("Conversation", async |client| client.get_conversation(&"c1".into()).await);
    place.answers("ConversationPage", async |client| {
        client.list_conversations(&ListConversations::new("i1")).await
    });
    place.answers("RecordPage", async |client| client.list_records(&chatbot, &ListRecords::default()).await);
    place.answers("WebhookRecordPage", async |client| {
        client.list_webhook_records(&chatbot, &ListWebhookRecords::default()).await
    });
    place.answers("ChatbotPage", async |client| client.list_chatbots(&ListChatbots::default()).await);
    place.answers("InboxPage", async |client| client.list_inboxes(&ListInboxes::default()).await);
    place
        .answers("AttachmentPage", async |client| client.list_attachments(&ListAttachments::default()).await);
    place.answers("Attachment", async |client| client.get_attachment(&"f1".into()).await);
    let upload = NewPresignedUpload::new("file", 1, "a", "attachment");
    place.answers("PresignedUpload", async |client| client.create_presigned_upload(&upload).await);

    let completion = json!({ "conversationId": "c1", "content": "a" });
    place.bodies(
        "CompletionRequest",
        Some("isStreaming"),
        completion,
        async |client, body: CompletionRequest| {
            client.create_completion(&chatbot, &body).await.unwrap();
        },
    );
    place.bodies("NewMessage", None, json!({}), async |client, body: NewMessage| {
        client.create_message(&body).await.unwrap();
        client.create_outgoing_message(&body).await.unwrap();
    });
    let conversation = json!({
        "id": "c1", "title": "t", "contact": { "id": "p1", "name": "n" }, "inbox": { "id": "i1", "name": "n" },
        "unreadMessagesCount": 0, "autoReplyEnabled": true
    });
    let attachment = json!({ "id": "f1", "filename": "n", "file": "a" });
    place.bodies("NewAttachment", None, attachment, async |client, body: NewAttachment| {
        client.create_conversation_attachment(&"c1".into(), &body).await.unwrap();
    });
    let upload = json!({ "url": "http://s/", "fields": {} });
    place.bodies("NewPresignedUpload", None, upload, async |client, body: NewPresignedUpload| {
        client.create_presigned_upload(&body).await.unwrap();
    });
    place.bodies("NewConversation", None, conversation, async |client, body: NewConversation| {
        client.create_conversation(&body).await.unwrap();
    });

    place.run(vec(place.schema("CompletionEvent"), 0..5).prop_map(Value::from).boxed(), |mut value| {
        let events = value.as_array_mut().unwrap();
        for event in events.iter_mut() {
            event["done"] = json!(false);
        }
        events.push(json!({ "content": "", "done": true }));
        let expected: Vec<CompletionEvent> = serde_json::from_value(value.clone()).unwrap();
        *place.scripted.answer.lock().unwrap() = value;
        let heard = place.runtime.block_on(async {
            let mut heard = Vec::new();
            let mut events = place.client.stream_completion(&chatbot, &question).await.unwrap();
            while let Some(event) = events.try_next().await.unwrap() {
                heard.push(event);
            }
            heard
        });
        assert_eq!(heard, expected);
    });
    println!("{} round trips", place.cases.get());
}
