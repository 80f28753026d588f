//! What the service sends, as its two documentation pages and its own examples show it, through the generated models.
//!
//! Payloads of the pages are written here with the pages' own placeholders, since what a placeholder does to a reader is part
//! of the question.

use crate::own_spec;
use maiagent::models::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

/// Decodes and encodes.
fn through<T: DeserializeOwned + Serialize>(value: &Value) -> Result<Value, String> {
    let model: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    serde_json::to_value(&model).map_err(|error| error.to_string())
}

/// Equality of JSON with numbers compared by value, and a property that is null the same as one that is not there: where
/// a property of an answer may be both, `Option` does not tell them apart.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            let mut keys = a.keys().chain(b.keys());
            keys.all(|key| same(a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null)))
        }
        _ => a == b,
    }
}

#[track_caller]
fn unchanged<T: DeserializeOwned + Serialize>(what: &str, value: &Value) {
    let back = through::<T>(value).unwrap_or_else(|error| panic!("{what}: {error}\n{value:#}"));
    assert!(same(value, &back), "{what}\n sent {value:#}\n got {back:#}");
}

fn message_of_the_older_page() -> Value {
    json!({
        "id": ID, "conversation": ID,
        "sender": { "id": ID, "name": "群組名稱", "avatar": "example_string" },
        "type": "example_string", "content": "example_string", "feedback": null, "createdAt": "pattern_example",
        "attachments": [{ "id": ID, "type": {}, "filename": "example.pdf", "file": "media/example.pdf" }],
        "citations": [{
            "id": ID, "filename": "example.pdf", "file": "media/example.pdf", "fileType": "example_string", "size": 0,
            "status": {}, "chatbotFileContent": ID,
            "parser": { "id": ID, "name": "群組名稱", "provider": "maiagent", "priority": 0 },
            "createdAt": "pattern_example"
        }],
        "citationNodes": [{
            "chatbotTextNode": {
                "id": ID, "charactersCount": 0, "hitsCount": 0, "text": "example_string",
                "updatedAt": "pattern_example", "filename": "example.pdf"
            },
            "score": 0, "displayScore": "example_string"
        }]
    })
}

fn message_of_the_newer_page() -> Value {
    json!({
        "id": ID, "conversation": ID,
        "sender": { "id": 456, "name": "response_string", "avatar": "response_string" },
        "type": "response_string", "content": "response_string", "feedback": "like", "createdAt": "response_string",
        "attachments": [
            { "id": ID, "type": {}, "filename": "response_string", "file": "response_string", "conversation": ID }
        ],
        "citations": [{
            "id": ID, "filename": "response_string", "file": "response_string", "fileType": "response_string",
            "size": 456, "status": {},
            "parser": { "id": ID, "name": "response_string", "provider": "maiagent", "order": 456 },
            "createdAt": "response_string"
        }],
        "citationNodes": [{
            "chatbotTextNode": {
                "id": ID, "charactersCount": 456, "hitsCount": 456, "text": "response_string",
                "updatedAt": "response_string", "filename": "response_string", "chatbotFile": ID, "pageNumber": 456
            },
            "score": 456, "displayScore": 456
        }]
    })
}

fn conversation(last_message: Value, flag: Value, sign_auth: Option<Value>) -> Value {
    let mut inbox = json!({ "id": ID, "name": "n", "channelType": {}, "unreadConversationsCount": 0 });
    if let Some(sign_auth) = sign_auth {
        inbox["signAuth"] = sign_auth;
    }
    json!({
        "id": ID,
        "contact": { "id": ID, "name": "n", "avatar": "example_string", "createdAt": "pattern_example" },
        "inbox": inbox, "title": "example_string", "lastMessage": last_message,
        "lastMessageCreatedAt": "pattern_example", "unreadMessagesCount": 0, "autoReplyEnabled": false,
        "isAutoReplyNow": flag, "lastReadAt": "pattern_example", "createdAt": "pattern_example",
        "isGroupChat": flag, "enableGroupMention": flag
    })
}

fn page(results: Value, count: Option<i64>) -> Value {
    let mut page = json!({ "next": "example_string", "previous": "example_string", "results": [results] });
    if let Some(count) = count {
        page["count"] = count.into();
    }
    page
}

fn record() -> Value {
    let mut record = json!({
        "id": ID, "inputMessage": "s", "condenseMessage": "s", "outputMessage": "s", "context": "s",
        "replyTime": "s", "createdAt": "response_string", "error": "s"
    });
    for score in [
        "aithfulnessScore",
        "nswerRelevancyScore",
        "ontextPrecisionScore",
        "nswerCorrectnessScore",
        "nswerSimilarityScore",
        "ontextRecallScore",
    ] {
        let first = if score.starts_with('a') {
            "f"
        } else if score.starts_with('n') {
            "a"
        } else {
            "c"
        };
        record[format!("{first}{score}")] = 456.into();
        record[format!("display{}{score}", first.to_uppercase())] = 456.into();
    }
    record
}

#[test]
fn samples_of_both_pages_survive_unchanged() {
    let old_last = message_of_the_older_page();
    let new_last = json!({ "id": ID, "type": "s", "content": "s", "feedback": "like", "createdAt": "s" });
    let sign_auth = json!({
        "id": ID, "signSource": ID,
        "signParams": { "keycloak": { "clientId": "s", "url": "s", "realm": "s" }, "line": { "liffId": "s" } }
    });
    let old_conversation = conversation(old_last, "example_string".into(), None);
    let new_conversation = conversation(new_last, false.into(), Some(sign_auth));

    unchanged::<Message>("older page, message", &message_of_the_older_page());
    unchanged::<Message>("newer page, message", &message_of_the_newer_page());
    unchanged::<MessageReceipt>("older page, created message", &message_of_the_older_page());
    unchanged::<MessagePage>("older page, messages", &page(message_of_the_older_page(), Some(0)));
    unchanged::<MessagePage>("newer page, messages", &page(message_of_the_newer_page(), Some(123)));
    unchanged::<Conversation>("older page, conversation", &old_conversation);
    unchanged::<Conversation>("newer page, conversation", &new_conversation);
    unchanged::<ConversationPage>("older page, conversations", &page(old_conversation, None));
    unchanged::<ConversationPage>("newer page, conversations", &page(new_conversation, None));
    unchanged::<ChatbotRecord>("newer page, record", &record());
    unchanged::<RecordPage>("newer page, records", &page(record(), Some(123)));
    unchanged::<NewConversation>("newer page, new conversation", &json!({ "webChat": ID }));
    unchanged::<NewMessage>(
        "newer page, new message",
        &json!({
            "conversation": ID, "content": "這是一條測試訊息",
            "attachments": [{ "id": ID, "type": "file", "filename": "string", "file": "string" }]
        }),
    );
}

#[test]
fn what_samples_leave_out_is_filled_in_and_what_is_not_ours_to_send_is_dropped() {
    // The newer page's sample of a created message shows neither citations nor an id.
    let created = json!({
        "conversation": ID, "type": "incoming", "content": "s", "feedback": "like",
        "attachments": [{ "id": ID, "type": "file", "filename": "string", "file": "string" }]
    });
    let mut filled = created.clone();
    filled["citations"] = json!([]);
    filled["citationNodes"] = json!([]);
    assert!(same(&through::<MessageReceipt>(&created).unwrap(), &filled));

    // The older page's sample of an answer has no lists either.
    let answer = json!({ "conversationId": ID, "content": "s", "done": true });
    let mut filled = answer.clone();
    filled["citations"] = json!([]);
    filled["citationNodes"] = json!([]);
    assert_eq!(through::<Completion>(&answer).unwrap(), filled);

    // The flag of a request is the client's own affair.
    let question =
        json!({ "conversation": ID, "message": { "content": "s", "attachments": [] }, "isStreaming": true });
    let mut without = question.clone();
    without.as_object_mut().unwrap().remove("isStreaming");
    assert_eq!(through::<CompletionRequest>(&question).unwrap(), without);
}

/// Every example of the document, with the model it belongs to.
#[test]
fn examples_of_the_document_survive_unchanged() {
    let document: Value = serde_yaml::from_str(&own_spec()).unwrap();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            for (status, media_type, example) in examples(&document, operation) {
                let what = format!("{method} {path} {status} {media_type}");
                check_example(id, &status, &media_type, &example, &what);
                seen += 1;
            }
        }
    }
    println!("{seen} examples");
    assert!(seen > 40, "{seen}");
}

fn check_example(operation: &str, status: &str, media_type: &str, example: &Value, what: &str) {
    match (operation, status, media_type) {
        (_, "400", _) => unchanged::<FieldErrors>(what, example),
        (_, "401" | "403" | "404" | "default", _) => unchanged::<ErrorDetail>(what, example),
        (_, _, "application/octet-stream") => {}
        (_, _, kind) if kind.contains("spreadsheet") => {}
        ("createCompletion", "request", _) => {
            let mut sent = example.clone();
            sent.as_object_mut().unwrap().remove("isStreaming");
            unchanged::<CompletionRequest>(what, &sent);
        }
        ("createCompletion", _, "text/event-stream") => filled::<CompletionEvent>(what, example),
        ("createCompletion", ..) => filled::<Completion>(what, example),
        ("createMessage" | "createOutgoingMessage", "request", _) => filled::<NewMessage>(what, example),
        ("createMessage" | "createOutgoingMessage", ..) => filled::<MessageReceipt>(what, example),
        ("listMessages", ..) => unchanged::<MessagePage>(what, example),
        ("getMessage", ..) => unchanged::<Message>(what, example),
        ("createConversation", "request", _) => unchanged::<NewConversation>(what, example),
        ("createConversation" | "getConversation", ..) => unchanged::<Conversation>(what, example),
        ("listConversations", ..) => unchanged::<ConversationPage>(what, example),
        ("listRecords", ..) => unchanged::<RecordPage>(what, example),
        ("listWebhookRecords", ..) => unchanged::<WebhookRecordPage>(what, example),
        ("listChatbots", ..) => unchanged::<ChatbotPage>(what, example),
        ("listInboxes", ..) => unchanged::<InboxPage>(what, example),
        ("listAttachments", ..) => unchanged::<AttachmentPage>(what, example),
        // Its parts are no JSON; the tests of uploads have them.
        ("createAttachment", "request", _) => {}
        ("createAttachment" | "getAttachment", ..) => unchanged::<Attachment>(what, example),
        ("createConversationAttachment", "request", _) => unchanged::<NewAttachment>(what, example),
        ("createConversationAttachment", ..) => unchanged::<Attachment>(what, example),
        ("createPresignedUpload", "request", _) => unchanged::<NewPresignedUpload>(what, example),
        ("createPresignedUpload", ..) => unchanged::<PresignedUpload>(what, example),
        _ => panic!("no model for {what}"),
    }
}

/// Equal but for lists that were left out and come back empty.
fn filled<T: DeserializeOwned + Serialize>(what: &str, value: &Value) {
    let mut back = through::<T>(value).unwrap_or_else(|error| panic!("{what}: {error}\n{value:#}"));
    for list in ["citations", "citationNodes", "attachments"] {
        if value.get(list).is_none() && back.get(list) == Some(&json!([])) {
            back.as_object_mut().unwrap().remove(list);
        }
    }
    assert!(same(value, &back), "{what}\n sent {value:#}\n got {back:#}");
}

/// Status (or "request"), media type and value of every example of an operation.
fn examples(document: &Value, operation: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    let mut bodies = vec![("request".to_owned(), &operation["requestBody"])];
    for (status, response) in operation["responses"].as_object().unwrap() {
        bodies.push((status.clone(), response));
    }
    for (status, body) in bodies {
        let body = match body["$ref"].as_str() {
            Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
            None => body,
        };
        for (media_type, content) in body["content"].as_object().into_iter().flatten() {
            let named =
                content["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
            for value in named.chain(content.get("example")) {
                found.push((status.clone(), media_type.clone(), value.clone()));
            }
        }
    }
    found
}

/// Sections 3 and 4 of the collected facts: every form in which a value was seen.
#[test]
fn every_form_that_was_seen_is_read() {
    let message = |field: &str, value: Value| {
        let mut message = json!({ "id": ID, "conversation": ID });
        message[field] = value;
        serde_json::from_value::<Message>(message).unwrap()
    };
    // Timestamps: text of 13 digits, a number, RFC 3339, null, empty, a placeholder.
    for (value, millis) in [
        (json!("1728181396000"), Some(1_728_181_396_000)),
        (json!(1_728_181_396_000_i64), Some(1_728_181_396_000)),
        (json!("2024-10-06T02:23:16Z"), Some(1_728_181_396_000)),
        (json!("2024-02-18T13:45:30.000Z"), Some(1_708_263_930_000)),
        (json!(null), None),
        (json!(""), None),
        (json!("pattern_example"), None),
    ] {
        let message = message("createdAt", value.clone());
        assert_eq!(message.created_at.get().map(|at| at.as_millis()), millis, "{value}");
    }
    let webhook: Message =
        serde_json::from_value(json!({ "id": ID, "conversation_id": ID, "created_at": "1728219442000" }))
            .unwrap();
    assert_eq!(webhook.created_at.get().unwrap().as_millis(), 1_728_219_442_000);

    // Feedback: like, dislike, empty, null, an object.
    assert_eq!(message("feedback", json!("like")).feedback.get(), Some(&Feedback::Like));
    assert_eq!(message("feedback", json!("dislike")).feedback.get(), Some(&Feedback::Dislike));
    for odd in [json!(""), json!(null), json!({ "value": "like" })] {
        let kept = serde_json::to_value(message("feedback", odd.clone())).unwrap();
        assert_eq!(kept["feedback"], odd);
    }

    // Message types, open to more.
    assert_eq!(message("type", json!("outgoing")).r#type, Some(MessageType::Outgoing));
    assert_eq!(message("type", json!("note")).r#type, Some(MessageType::Unknown("note".to_owned())));
    assert_eq!(message("type", json!(null)).r#type, None);

    // Senders by number and by text, with null where nothing is known.
    let sender =
        |id: Value| message("sender", json!({ "id": id, "name": null, "avatar": null })).sender.unwrap().id;
    assert_eq!(serde_json::to_value(sender(json!(789))).unwrap(), json!(789));
    assert_eq!(serde_json::to_value(sender(json!(ID))).unwrap(), json!(ID));
    assert_eq!(message("sender", json!(null)).sender, None);

    // Attachment types: five known ones, others, and what a broken page shows.
    let attachment = |kind: Value| {
        let list = json!([{ "id": ID, "type": kind, "filename": "f", "file": "media/f" }]);
        message("attachments", list).attachments.remove(0).r#type
    };
    for kind in ["image", "video", "audio", "sticker", "other", "file", "document"] {
        let read = attachment(json!(kind));
        assert_eq!(read.get().unwrap().to_string(), kind);
        assert_eq!(
            matches!(read.get(), Some(AttachmentType::Unknown(_))),
            ["file", "document"].contains(&kind)
        );
    }
    for odd in [json!(null), json!({})] {
        assert_eq!(attachment(odd.clone()).get(), None, "{odd}");
    }

    // Lists that are null or missing are empty.
    assert!(message("citations", json!(null)).citations.is_empty());
    assert!(message("content", json!(null)).citation_nodes.is_empty());

    // Scores as number, text, anything.
    for (value, score) in [
        (json!(87), Some(87)),
        (json!("87"), Some(87)),
        (json!(87.0), Some(87)),
        (json!(null), None),
        (json!("example_string"), None),
    ] {
        let node = json!([{ "chatbotTextNode": { "id": ID }, "score": null, "displayScore": value }]);
        assert_eq!(message("citationNodes", node).citation_nodes[0].display_score.get().copied(), score);
    }

    // A provider, status and channel of tomorrow.
    let citation = |field: &str, value: Value| {
        let mut citation =
            json!({ "id": ID, "filename": "f", "file": "f", "parser": { "id": ID, "name": "p" } });
        citation[field] = value;
        message("citations", json!([citation])).citations.remove(0)
    };
    assert_eq!(citation("status", json!("deleted")).status.get().unwrap().to_string(), "deleted");
    let parser = json!({ "id": ID, "name": "p", "provider": "tomorrow", "priority": 1, "order": 2 });
    let provider = citation("parser", parser).parser.unwrap().provider;
    assert_eq!(provider, Some(ParserProvider::Unknown("tomorrow".to_owned())));
}

/// Section 9, conflicts 8, 9, 24, 25, 38 to 41.
#[test]
fn conflicts_between_the_pages_are_accepted_both_ways() {
    let event = |value: Value| serde_json::from_value::<CompletionEvent>(value).unwrap();
    let camel = event(json!({ "conversationId": ID, "content": "a", "done": false }));
    let snake = event(json!({ "conversation_id": ID, "content": "a", "done": false, "later": 1 }));
    assert_eq!(camel, snake);
    assert_eq!(event(json!({ "content": null })).done, None);
    let node = json!([{ "chatbotTextNode": { "id": ID, "content": "c" }, "displayScore": 1 }]);
    assert_eq!(event(json!({ "citation_nodes": node })).citation_nodes.len(), 1);

    for (flag, read) in [
        (json!(true), Some(true)),
        (json!("true"), Some(true)),
        (json!("false"), Some(false)),
        (json!(null), None),
        (json!("example_string"), None),
    ] {
        let value = conversation(json!(null), flag.clone(), None);
        let conversation: Conversation = serde_json::from_value(value).unwrap();
        assert_eq!(conversation.is_auto_reply_now.get().copied(), read, "{flag}");
        assert_eq!(conversation.last_message, None);
    }
    let mut fresh = conversation(json!(null), json!(false), None);
    for field in ["lastReadAt", "lastMessageCreatedAt"] {
        fresh[field] = json!(null);
    }
    for field in ["lastMessage", "isGroupChat", "enableGroupMention"] {
        fresh.as_object_mut().unwrap().remove(field);
    }
    unchanged::<Conversation>("a fresh conversation", &fresh);

    let mut bare = record();
    for field in ["context", "faithfulnessScore", "contextRecallScore", "replyTime", "error"] {
        bare[field] = json!(null);
    }
    bare["displayAnswerCorrectnessScore"] = json!("87");
    let read: ChatbotRecord = serde_json::from_value(bare).unwrap();
    assert_eq!(read.context, None);
    assert_eq!(read.display_answer_correctness_score.get(), Some(&87));

    for page in
        [json!({ "results": [] }), json!({ "count": 0, "next": null, "previous": null, "results": [] })]
    {
        let messages: MessagePage = serde_json::from_value(page.clone()).unwrap();
        assert_eq!((messages.next, messages.results.len()), (None, 0));
        assert!(serde_json::from_value::<ConversationPage>(page.clone()).is_ok());
        assert!(serde_json::from_value::<RecordPage>(page).is_ok());
    }
}

#[test]
fn errors_are_read_in_every_shape_the_framework_makes() {
    let errors = json!({
        "files": ["This field is required."],
        "non_field_errors": "one text",
        "message": { "content": ["May not be blank."] },
        "attachments": [{}, { "file": ["Enter a valid URL."] }]
    });
    unchanged::<FieldErrors>("400", &errors);
    unchanged::<ErrorDetail>("401", &json!({ "detail": "Invalid API key format." }));
}

#[test]
fn a_request_says_what_the_newest_page_documents() {
    let attachment = AttachmentInput::new("https://files.example/photo.jpg", "photo.jpg", "a1")
        .r#type(AttachmentType::Image);
    let message = MessageInput::new("question").attachments(vec![attachment]);
    let request = CompletionRequest::new(message).conversation("c1");
    assert_eq!(
        serde_json::to_value(&request).unwrap(),
        json!({
            "conversation": "c1",
            "message": {
                "content": "question",
                "attachments": [
                    { "id": "a1", "type": "image", "filename": "photo.jpg", "file": "https://files.example/photo.jpg" }
                ]
            }
        })
    );
    let first = CompletionRequest::new(MessageInput::new("question"));
    assert_eq!(
        serde_json::to_value(&first).unwrap(),
        json!({ "message": { "content": "question", "attachments": [] } })
    );
    assert_eq!(serde_json::to_value(first.conversation_null()).unwrap()["conversation"], json!(null));
    // What only the current page has is sent where it is set, and null where that is set.
    let place = std::collections::BTreeMap::from([("timezone".to_owned(), json!("Asia/Taipei"))]);
    let told = MessageInput::new("question").content_payload_null().metadata(place).sender("p1");
    assert_eq!(
        serde_json::to_value(&told).unwrap(),
        json!({
            "content": "question",
            "contentPayload": null,
            "metadata": { "timezone": "Asia/Taipei" },
            "attachments": [],
            "sender": "p1"
        })
    );
    assert_eq!(
        serde_json::to_value(NewMessage::new("c1").content("hello")).unwrap(),
        json!({ "conversation": "c1", "content": "hello", "attachments": [] })
    );
}
