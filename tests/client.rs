//! The generated client over real HTTP: every operation's request as the server sees it, and every kind of answer.

use crate::server::{Received, Server, answer, json};
use axum::body::{Body, Bytes};
use futures_util::stream;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Client, Error, ErrorBody, servers};
use serde_json::{Value, json};
use std::time::Duration;

const KEY: &str = "canary-key-1234";

fn client(server: &Server) -> Client {
    Client::builder().api_key(KEY).base_url(format!("{}/own/prefix/api/v1/", server.url)).build().unwrap()
}

fn message(id: &str) -> Value {
    json!({ "id": id, "conversation": "c1", "createdAt": "1728181396000" })
}

fn conversation(id: &str) -> Value {
    json!({
        "id": id, "title": "t", "contact": { "id": "p1", "name": "n", "createdAt": "1728181396000" },
        "inbox": { "id": "i1", "name": "n", "channelType": "web" }, "unreadMessagesCount": 1,
        "autoReplyEnabled": true, "createdAt": "1728181396000"
    })
}

fn record(id: &str) -> Value {
    json!({ "id": id, "inputMessage": "a", "condenseMessage": "b", "outputMessage": "c", "createdAt": "1728181396000" })
}

#[track_caller]
fn assert_route(request: &Received, method: &str, path: &str, query: &[(&str, &str)]) {
    assert_eq!((request.method.as_str(), request.path.as_str()), (method, path));
    let sent: Vec<(&str, &str)> =
        request.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(sent, query);
    assert_eq!(request.header("authorization"), format!("Api-Key {KEY}"));
    assert!(request.header("user-agent").starts_with("maiagent/"), "{}", request.header("user-agent"));
    let has_body = matches!(method, "POST");
    assert_eq!(request.header("content-type"), if has_body { "application/json" } else { "" });
    assert_eq!(request.body.is_empty(), !has_body);
}

#[tokio::test]
async fn create_completion() {
    let reply = json!({ "conversationId": "c1", "content": "hi", "done": true });
    let server = Server::start(move |_, _| json(200, &reply)).await;
    let question = CompletionRequest::new(MessageInput::new("hello")).conversation("c1");
    let reply = client(&server).create_completion(&"b/1 ü".into(), &question).await.unwrap();
    assert_eq!((reply.content.as_str(), reply.status().as_u16()), ("hi", 200));
    assert_eq!(reply.headers()["content-type"], "application/json");
    let request = server.one();
    assert_route(&request, "POST", "/own/prefix/api/v1/chatbots/b%2F1%20%C3%BC/completions/", &[]);
    let message = json!({ "content": "hello", "attachments": [] });
    assert_eq!(request.json(), json!({ "conversation": "c1", "message": message, "isStreaming": false }));
}

#[tokio::test]
async fn stream_completion() {
    let events = "data: {\"content\":\"he\",\"done\":false,\"conversation_id\":\"c1\"}\n\n: still here\n\n\
                  data: {\"content\":\"llo\",\"done\":false}\n\ndata: {\"content\":\"\",\"done\":true}\n\n";
    let server = Server::start(move |_, _| answer(200, "text/event-stream", events)).await;
    let question = CompletionRequest::new(MessageInput::new("hello"));
    let mut reply = client(&server).stream_completion(&"b1".into(), &question).await.unwrap();
    let mut text = String::new();
    let mut conversation = None;
    while let Some(event) = reply.try_next().await.unwrap() {
        conversation = conversation.or(event.conversation_id);
        text.push_str(&event.content.unwrap_or_default());
    }
    assert_eq!((text.as_str(), conversation), ("hello", Some(ConversationId::from("c1"))));
    let request = server.one();
    assert_route(&request, "POST", "/own/prefix/api/v1/chatbots/b1/completions/", &[]);
    assert_eq!(request.json()["isStreaming"], json!(true));
    assert_eq!(request.json().get("conversation"), None);
    assert!(request.header("accept").starts_with("text/event-stream"));
}

#[tokio::test]
#[allow(deprecated)]
async fn create_messages() {
    let server = Server::start(|_, _| json(201, &json!({ "conversation": "c1", "type": "incoming" }))).await;
    let new = NewMessage::new("c1").content("hello");
    let stored = client(&server).create_message(&new).await.unwrap();
    assert_eq!((stored.status().as_u16(), &stored.r#type), (201, &Some(MessageType::Incoming)));
    client(&server).create_outgoing_message(&new).await.unwrap();
    let requests = server.received();
    assert_eq!(requests.len(), 2);
    assert_route(&requests[0], "POST", "/own/prefix/api/v1/messages/", &[]);
    assert_route(&requests[1], "POST", "/own/prefix/api/v1/messages/outgoing/", &[]);
    for request in requests {
        assert_eq!(request.json(), json!({ "conversation": "c1", "content": "hello", "attachments": [] }));
    }
}

#[tokio::test]
async fn list_and_get_messages() {
    let server = Server::start(|request, _| {
        let page = json!({ "count": 1, "next": null, "previous": null, "results": [message("m1")] });
        json(200, &if request.path.ends_with("/messages/") { page } else { message("m1") })
    })
    .await;
    let query = ListMessages::new("c 1").cursor("a+b=").page_size(50);
    let page = client(&server).list_messages(&query).await.unwrap();
    assert_eq!((page.count, page.results.len()), (Some(1), 1));
    let one = client(&server).get_message(&"m1".into(), &GetMessage::new("c1")).await.unwrap();
    assert_eq!(one.id, MessageId::from("m1"));
    let requests = server.received();
    let query = [("conversation", "c 1"), ("cursor", "a+b="), ("pageSize", "50")];
    assert_route(&requests[0], "GET", "/own/prefix/api/v1/messages/", &query);
    assert_route(&requests[1], "GET", "/own/prefix/api/v1/messages/m1/", &[("conversation", "c1")]);
}

#[tokio::test]
async fn conversations() {
    let server = Server::start(|request, _| match (request.method.as_str(), request.query.is_empty()) {
        ("POST", _) => json(201, &conversation("c1")),
        (_, true) => json(200, &conversation("c1")),
        (_, false) => json(200, &json!({ "results": [conversation("c1"), conversation("c2")] })),
    })
    .await;
    let client = client(&server);
    let started = client.create_conversation(&NewConversation::new("w1")).await.unwrap();
    let query = ListConversations::new("i1").keyword("捷運").page_size(2);
    let page = client.list_conversations(&query).await.unwrap();
    let read = client.get_conversation(&"c1".into()).await.unwrap();
    assert_eq!((started.into_body(), page.results.len()), (read.into_body(), 2));
    let requests = server.received();
    assert_route(&requests[0], "POST", "/own/prefix/api/v1/conversations/", &[]);
    assert_eq!(requests[0].json(), json!({ "webChat": "w1" }));
    let query = [("inbox", "i1"), ("keyword", "捷運"), ("pageSize", "2")];
    assert_route(&requests[1], "GET", "/own/prefix/api/v1/conversations/", &query);
    assert_route(&requests[2], "GET", "/own/prefix/api/v1/conversations/c1/", &[]);
}

#[tokio::test]
async fn records_and_their_export() {
    let server = Server::start(|request, _| {
        if request.path.ends_with("/export-excel/") {
            let mut file = answer(200, "application/octet-stream", "PK-workbook");
            let name = "attachment; filename*=UTF-8''%E7%B4%80%E9%8C%84.xlsx; filename=\"records.xlsx\"";
            file.headers_mut().insert("content-disposition", name.parse().unwrap());
            return file;
        }
        json(200, &json!({ "count": 1, "results": [record("r1")] }))
    })
    .await;
    let client = client(&server);
    let page =
        client.list_records(&"b1".into(), &ListRecords::default().page(2).page_size(10)).await.unwrap();
    assert_eq!(page.results[0].output_message, "c");
    let file = client.export_records(&"b1".into()).await.unwrap().into_body();
    assert_eq!(file.file_name(), Some("紀錄.xlsx"));
    assert_eq!((file.length(), file.media_type()), (Some(11), Some("application/octet-stream")));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.xlsx");
    let (sender, receiver) = std::sync::mpsc::channel();
    let saved = file
        .on_progress(move |progress| sender.send(progress.received).unwrap())
        .save_to(&path)
        .await
        .unwrap();
    assert_eq!((saved, std::fs::read(&path).unwrap()), (11, b"PK-workbook".to_vec()));
    assert_eq!(receiver.iter().last(), Some(11));
    let requests = server.received();
    assert_route(
        &requests[0],
        "GET",
        "/own/prefix/api/v1/chatbots/b1/records/",
        &[("page", "2"), ("pageSize", "10")],
    );
    assert_route(&requests[1], "GET", "/own/prefix/api/v1/chatbots/b1/records/export-excel/", &[]);
}

#[tokio::test]
async fn items_follow_the_query_of_the_next_link_and_never_its_host() {
    let server = Server::start(|request, before| {
        let next = match before {
            0 => json!("http://internal.invalid:1/other/?cursor=c%2B1&conversation=ignored"),
            1 => json!("?cursor=c2"),
            _ => json!(null),
        };
        let cursor = request.query.iter().find(|(name, _)| name == "cursor").map_or("", |(_, value)| value);
        json(200, &json!({ "next": next, "results": [message(&format!("m-{cursor}")), message("x")] }))
    })
    .await;
    let client = client(&server);
    let mut items = client.all_messages(&ListMessages::new("c1").page_size(2));
    let mut ids = Vec::new();
    while let Some(message) = items.try_next().await.unwrap() {
        ids.push(message.id.to_string());
    }
    assert_eq!(ids, ["m-", "x", "m-c+1", "x", "m-c2", "x"]);
    for request in server.received() {
        assert_eq!(request.path, "/own/prefix/api/v1/messages/");
        assert_eq!(request.query[0], ("conversation".to_owned(), "c1".to_owned()));
    }
}

#[tokio::test]
async fn items_by_page_number() {
    let server = Server::start(|request, before| {
        let next = (before < 2).then(|| format!("https://h.example/?page={}", before + 2));
        let page = request.query.iter().find(|(name, _)| name == "page").map_or("1", |(_, value)| value);
        json(200, &json!({ "count": 3, "next": next, "results": [record(page)] }))
    })
    .await;
    let client = client(&server);
    let mut items = client.all_records(&"b1".into(), &ListRecords::default());
    let mut ids = Vec::new();
    while let Some(record) = items.try_next().await.unwrap() {
        ids.push(record.id.to_string());
    }
    assert_eq!(ids, ["1", "2", "3"]);
}

#[tokio::test]
async fn a_repeated_cursor_is_an_error() {
    let next = json!({ "next": "?cursor=same", "results": [message("m1")] });
    let server = Server::start(move |_, _| json(200, &next)).await;
    let client = client(&server);
    let mut items = client.all_messages(&ListMessages::new("c1"));
    let error = loop {
        match items.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Page { .. }), "{error:?}");
    assert_eq!(server.received().len(), 2);
}

/// A body that sends each piece when the test asks for it.
fn paced() -> (tokio::sync::mpsc::UnboundedSender<&'static str>, Body) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let pieces = stream::unfold(receiver, |mut receiver| async {
        let piece: &'static str = receiver.recv().await?;
        let piece = if piece == "cut" { Err(std::io::Error::other("cut")) } else { Ok(Bytes::from(piece)) };
        Some((piece, receiver))
    });
    (sender, Body::from_stream(pieces))
}

#[tokio::test]
async fn text_arrives_as_the_server_writes_it_and_a_cut_is_an_error() {
    let (sender, body) = paced();
    let body = std::sync::Mutex::new(Some(body));
    let server =
        Server::start(move |_, _| answer(200, "text/event-stream", body.lock().unwrap().take().unwrap()))
            .await;
    let question = CompletionRequest::new(MessageInput::new("hello"));
    let mut reply = client(&server).stream_completion(&"b1".into(), &question).await.unwrap();
    for (piece, text) in [("data: {\"content\":\"a\"}\n\n", "a"), ("data: {\"content\":\"b\"}\n\n", "b")] {
        sender.send(piece).unwrap();
        let event =
            tokio::time::timeout(Duration::from_secs(5), reply.try_next()).await.unwrap().unwrap().unwrap();
        assert_eq!(event.content.as_deref(), Some(text));
    }
    sender.send("cut").unwrap();
    assert!(reply.try_next().await.is_err());
    assert!(reply.try_next().await.unwrap().is_none(), "nothing follows an error");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_stream_without_its_last_event_is_an_error() {
    let server =
        Server::start(|_, _| answer(200, "text/event-stream", "data: {\"content\":\"a\"}\n\n")).await;
    let question = CompletionRequest::new(MessageInput::new("hello"));
    let mut reply = client(&server).stream_completion(&"b1".into(), &question).await.unwrap();
    assert!(reply.try_next().await.unwrap().is_some());
    let error = reply.try_next().await.unwrap_err();
    assert!(matches!(error, Error::Stream { .. }), "{error:?}");
}

#[tokio::test]
async fn dropping_a_stream_closes_the_connection() {
    let (sender, body) = paced();
    let body = std::sync::Mutex::new(Some(body));
    let server =
        Server::start(move |_, _| answer(200, "text/event-stream", body.lock().unwrap().take().unwrap()))
            .await;
    let question = CompletionRequest::new(MessageInput::new("hello"));
    let client = client(&server);
    let mut reply = client.stream_completion(&"b1".into(), &question).await.unwrap();
    sender.send("data: {\"content\":\"a\"}\n\n").unwrap();
    reply.try_next().await.unwrap();
    drop(reply);
    // The server's body is dropped with the connection, and with it the receiver.
    tokio::time::timeout(Duration::from_secs(5), sender.closed()).await.expect("the connection stays open");
}

#[tokio::test]
async fn a_download_that_is_cut_leaves_no_file() {
    let (sender, body) = paced();
    let body = std::sync::Mutex::new(Some(body));
    let server = Server::start(move |_, _| {
        answer(200, "application/octet-stream", body.lock().unwrap().take().unwrap())
    })
    .await;
    sender.send("half of a workbook").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = client(&server).export_records(&"b1".into()).await.unwrap().into_body();
    sender.send("cut").unwrap();
    assert!(file.save_to(folder.path().join("out.xlsx")).await.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn errors_have_the_body_of_their_status() {
    let server = Server::start(|request, _| match request.path.rsplit('/').nth(1).unwrap() {
        "400" => json(400, &json!({ "conversation": ["Must be a valid UUID."], "other": { "deep": ["x"] } })),
        "401" => json(401, &json!({ "detail": "Invalid API key format." })),
        "418" => json(418, &json!({ "detail": "short and stout" })),
        _ => answer(500, "text/html", "<h1>Broken</h1>"),
    })
    .await;
    let client = client(&server);
    let fail = async |id: &str| client.get_conversation(&id.into()).await.unwrap_err();
    let Some(ErrorBody::FieldErrors(fields)) = ErrorBody::from_error(&fail("400").await) else { panic!() };
    assert_eq!(fields["conversation"], FieldError::Messages(vec!["Must be a valid UUID.".to_owned()]));
    for (id, status, detail) in [("401", 401, "Invalid API key format."), ("418", 418, "short and stout")] {
        let error = fail(id).await;
        assert_eq!(ErrorBody::from_error(&error), Some(ErrorBody::ErrorDetail(ErrorDetail::new(detail))));
        assert_eq!(error.status().unwrap().as_u16(), status);
    }
    let error = fail("500").await;
    assert_eq!(ErrorBody::from_error(&error), None);
    assert!(error.api().unwrap().body_text().contains("Broken"));
    for error in [fail("400").await, error] {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(KEY) && !shown.contains("Broken") && !shown.contains("UUID"), "{shown}");
    }
}

#[tokio::test]
async fn reads_are_repeated_and_messages_are_not() {
    let server = Server::start(|_, before| match before {
        0 | 1 => answer(503, "text/plain", "busy"),
        _ => json(200, &conversation("c1")),
    })
    .await;
    client(&server).get_conversation(&"c1".into()).await.unwrap();
    assert_eq!(server.received().len(), 3);

    let busy = Server::start(|_, _| answer(503, "text/plain", "busy")).await;
    let error = client(&busy).create_message(&NewMessage::new("c1").content("hello")).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 503);
    busy.one();

    let later = Server::start(|_, before| {
        let mut busy = answer(429, "text/plain", "slow down");
        busy.headers_mut().insert("retry-after", "0".parse().unwrap());
        if before == 0 { busy } else { json(201, &json!({})) }
    })
    .await;
    client(&later).create_message(&NewMessage::new("c1").content("hello")).await.unwrap();
    assert_eq!(later.received().len(), 2);
}

#[tokio::test]
async fn values_that_would_change_the_route_are_refused_before_sending() {
    let server = Server::start(|_, _| json(200, &json!({}))).await;
    for id in ["", ".", "..", "a\nb", "a\0b"] {
        let error = client(&server).get_conversation(&id.into()).await.unwrap_err();
        assert!(matches!(error, Error::Input(_)), "{id:?}: {error:?}");
    }
    assert_eq!(server.received().len(), 0);
}

#[tokio::test]
async fn a_client_of_the_users_own_and_its_timeouts() {
    let server = Server::start(|_, _| {
        let (sender, body) = paced();
        std::mem::forget(sender);
        answer(200, "application/json", body)
    })
    .await;
    let own = maiagent::runtime::reqwest::Client::builder()
        .redirect(maiagent::runtime::reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let client = Client::builder()
        .api_key(KEY)
        .base_url(&server.url)
        .http_client(own)
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let error = client.get_conversation(&"c1".into()).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
}

#[test]
fn servers_and_keys() {
    let client = Client::builder().api_key(KEY).server(servers::V1).build().unwrap();
    let shown = format!("{client:?}");
    assert!(shown.contains("/api/v1") && !shown.contains(KEY), "{shown}");
    assert_eq!(servers::UNVERSIONED.url(), "https://api.maiagent.ai/api");
    assert!(Client::new("key with a line break\n").is_err());
    assert!(Client::new("").is_err());
}
