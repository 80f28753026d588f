//! The mock server by raw HTTP, the way the vendor's pages show it with curl, and by the generated client.

use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Client, Error};
use maiagent_mock::{Mock, Trouble};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What curl prints with `-i`.
struct Printed {
    status: u16,
    head: String,
    body: String,
}

impl Printed {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends what curl would send for these arguments, and reads until the server closes.
async fn curl(mock: &Mock, method: &str, path: &str, headers: &[&str], body: Option<&str>) -> Printed {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n",
        mock.address()
    );
    for header in headers {
        request.push_str(&format!("{header}\r\n"));
    }
    if let Some(body) = body {
        request.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    request.push_str("Connection: close\r\n\r\n");
    request.push_str(body.unwrap_or_default());
    let mut connection = TcpStream::connect(mock.address()).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = &answer[split + 4..];
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { dechunk(body) } else { body.to_vec() };
    Printed { status, head, body: String::from_utf8_lossy(&body).into_owned() }
}

fn dechunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + length]);
        body = &body[end + 4 + length..];
    }
}

fn authorization(mock: &Mock) -> String {
    format!("Authorization: Api-Key {}", mock.key())
}

fn client(mock: &Mock) -> Client {
    Client::builder().api_key(mock.key()).base_url(mock.url_v1()).build().unwrap()
}

async fn mock() -> Mock {
    Mock::builder().pace(Duration::ZERO).start().await.unwrap()
}

/// The nine calls of the newer page and the seven of the older one, with real ids where the pages have placeholders.
#[tokio::test]
async fn the_documented_curl_calls_work() {
    let mock = mock().await;
    let key = authorization(&mock);
    let key = &[key.as_str()][..];
    let (chatbot, inbox, web_chat) = (mock.chatbot_id(), mock.inbox_id(), mock.web_chat_id());
    let mut calls = 0;
    for prefix in ["/api", "/api/v1"] {
        let body = json!({ "webChat": web_chat }).to_string();
        let conversation = curl(&mock, "POST", &format!("{prefix}/conversations/"), key, Some(&body)).await;
        assert_eq!(conversation.status, 201, "{}", conversation.body);
        let conversation = conversation.json()["id"].as_str().unwrap().to_owned();

        let attachment = json!({ "id": "e67d7275-bfae-4355-9502-5e4efdc458dd", "type": "image", "filename": "a", "file": "https://f.example/a" });
        let question = json!({
            "conversation": conversation, "message": { "content": "hello", "attachments": [attachment] }, "isStreaming": true
        });
        let path = format!("{prefix}/chatbots/{chatbot}/completions/");
        let stream = curl(&mock, "POST", &path, key, Some(&question.to_string())).await;
        assert_eq!(stream.status, 200);
        assert!(
            stream.head.to_ascii_lowercase().contains("content-type: text/event-stream"),
            "{}",
            stream.head
        );
        let events: Vec<Value> = stream
            .body
            .split_terminator("\n\n")
            .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
            .collect();
        let last = events.last().unwrap();
        assert_eq!((&last["done"], &last["content"]), (&json!(true), &json!("")));
        assert!(events.iter().all(|event| event["conversationId"] == json!(conversation)));

        let older = json!({ "conversation": "", "message": { "content": "q", "attachments": [] }, "is_streaming": false });
        let answer = curl(&mock, "POST", &path, key, Some(&older.to_string())).await.json();
        assert_eq!(answer["done"], json!(true));
        assert_ne!(answer["conversationId"], json!(conversation), "an empty conversation starts a new one");

        let attachment = json!({ "id": "e67d7275-bfae-4355-9502-5e4efdc458dd", "type": "file", "filename": "a", "file": "b" });
        let new = json!({ "conversation": conversation, "content": "one more", "attachments": [attachment] })
            .to_string();
        let stored = curl(&mock, "POST", &format!("{prefix}/messages/"), key, Some(&new)).await;
        assert_eq!(stored.status, 201, "{}", stored.body);
        let stored = stored.json();
        assert!(stored["createdAt"].as_str().is_some_and(|at| at.len() == 13 && at.parse::<u64>().is_ok()));

        let path = format!("{prefix}/messages/?conversation={conversation}&pageSize=1");
        let page = curl(&mock, "GET", &path, key, None).await.json();
        assert_eq!(page["results"][0]["id"], stored["id"], "newest first");
        assert_eq!(page["previous"], json!(null));
        let next = page["next"].as_str().unwrap();
        assert!(next.starts_with(&format!("http://{}{prefix}/messages/?", mock.address())), "{next}");

        let path =
            format!("{prefix}/messages/{}/?conversation={conversation}", stored["id"].as_str().unwrap());
        assert_eq!(curl(&mock, "GET", &path, key, None).await.json(), stored);
        let path = format!("{prefix}/conversations/?inbox={inbox}&keyword=nothing-like-it&pageSize=1");
        assert_eq!(curl(&mock, "GET", &path, key, None).await.json()["results"], json!([]));
        let path = format!("{prefix}/conversations/{conversation}/");
        assert_eq!(curl(&mock, "GET", &path, key, None).await.json()["id"], json!(conversation));
        let path = format!("{prefix}/chatbots/{chatbot}/records/?page=1&pageSize=1");
        let records = curl(&mock, "GET", &path, key, None).await.json();
        assert_eq!((records["results"].as_array().unwrap().len(), &records["previous"]), (1, &json!(null)));
        let file =
            curl(&mock, "GET", &format!("{prefix}/chatbots/{chatbot}/records/export-excel/"), key, None)
                .await;
        assert!(
            file.body.starts_with("PK") && file.head.to_ascii_lowercase().contains("content-disposition:")
        );
        calls += 9;
        if prefix == "/api/v1" {
            let sent = curl(&mock, "POST", "/api/v1/messages/outgoing/", key, Some(&new)).await;
            assert_eq!((sent.status, &sent.json()["type"]), (201, &json!("outgoing")));
            calls += 1;
        }
    }
    assert_eq!(calls, 19);
}

#[tokio::test]
async fn who_has_no_key_is_told_so_as_documented() {
    let mock = mock().await;
    for (header, detail) in [
        (None, "Authentication credentials were not provided."),
        (Some(format!("Authorization: Bearer {}", mock.key())), "Invalid API key format."),
    ] {
        let headers: Vec<&str> = header.as_deref().into_iter().collect();
        let answer = curl(&mock, "GET", "/api/v1/conversations/?inbox=x", &headers, None).await;
        assert_eq!((answer.status, answer.json()), (401, json!({ "detail": detail })));
    }
    let answer =
        curl(&mock, "GET", "/api/conversations/?inbox=x", &["Authorization: Api-Key wrong"], None).await;
    assert_eq!(answer.status, 401);
}

/// Every operation, from the client through the router to the tables and back.
#[tokio::test]
#[allow(deprecated)]
async fn the_client_finds_again_what_it_stored() {
    let mock = mock().await;
    let client = client(&mock);
    let chatbot = mock.chatbot_id();
    let conversation =
        client.create_conversation(&NewConversation::new(mock.web_chat_id())).await.unwrap().into_body();
    assert_eq!(client.get_conversation(&conversation.id).await.unwrap().into_body(), conversation);

    let mut stored = Vec::new();
    for number in 0..7 {
        let new = NewMessage::new(&conversation.id).content(format!("message {number}"));
        let receipt = client.create_message(&new).await.unwrap().into_body();
        stored.push(receipt.id.unwrap());
    }
    let outgoing =
        client.create_outgoing_message(&NewMessage::new(&conversation.id).content("out")).await.unwrap();
    assert_eq!(outgoing.r#type, Some(MessageType::Outgoing));
    stored.extend(outgoing.into_body().id);
    stored.reverse();
    for page_size in [1, 2, 3, 8, 50] {
        let query = ListMessages::new(&conversation.id).page_size(page_size);
        let mut items = client.all_messages(&query);
        let mut ids = Vec::new();
        while let Some(message) = items.try_next().await.unwrap() {
            let read = client.get_message(&message.id, &GetMessage::new(&conversation.id)).await.unwrap();
            assert_eq!(read.into_body(), message);
            ids.push(message.id);
        }
        assert_eq!(ids, stored, "page size {page_size}");
    }

    let question = CompletionRequest::new(MessageInput::new("hello"));
    let whole = client.create_completion(&chatbot, &question).await.unwrap().into_body();
    let again = MessageInput::new("again")
        .content_payload_null()
        .metadata(std::collections::BTreeMap::new())
        .sender("someone");
    let next = CompletionRequest::new(again).conversation(&whole.conversation_id);
    let mut stream = client.stream_completion(&chatbot, &next).await.unwrap();
    let mut text = String::new();
    while let Some(event) = stream.try_next().await.unwrap() {
        assert_eq!(event.conversation_id.as_ref(), Some(&whole.conversation_id));
        text.push_str(&event.content.unwrap_or_default());
    }
    let mut records = client.all_records(&chatbot, &ListRecords::default().page_size(1));
    let mut answers = Vec::new();
    while let Some(record) = records.try_next().await.unwrap() {
        answers.push(record.output_message);
    }
    answers.sort();
    let mut expected = vec![whole.content, text];
    expected.sort();
    assert_eq!(answers, expected);

    let query = ListConversations::new(mock.inbox_id()).page_size(1);
    let mut conversations = client.all_conversations(&query);
    let mut found = 0;
    while conversations.try_next().await.unwrap().is_some() {
        found += 1;
    }
    assert_eq!(found, 2);
    let file = client.export_records(&chatbot).await.unwrap().into_body();
    assert!(file.file_name().is_some_and(|name| name.ends_with(".xlsx")));
    assert!(file.bytes().await.unwrap().starts_with(b"PK"));

    let error = client.get_conversation(&"no-such-one".into()).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 404);
}

#[tokio::test]
async fn scripted_trouble_shows_what_the_client_makes_of_it() {
    let mock = mock().await;
    let client = client(&mock);
    let chatbot = mock.chatbot_id();
    let question = CompletionRequest::new(MessageInput::new("hello"));

    mock.trouble(Trouble::status(503).retry_after(0).times(2));
    client.create_completion(&chatbot, &question).await.unwrap();
    assert_eq!(mock.requests().len(), 3);

    mock.trouble(Trouble::cut(40).times(1));
    let mut stream = client.stream_completion(&chatbot, &question).await.unwrap();
    let error = loop {
        match stream.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a cut stream ended well"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Stream { .. } | Error::Transport(_)), "{error:?}");

    mock.trouble(Trouble::unknown().times(1));
    let page = client.list_conversations(&ListConversations::new(mock.inbox_id())).await.unwrap();
    assert!(!page.results.is_empty(), "unknown values and fields are no obstacle");

    mock.trouble(Trouble::broken().times(1));
    let error = client.create_completion(&chatbot, &question).await.unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    assert_eq!(mock.requests().iter().filter(|seen| seen.path.contains("completions")).count(), 5);
}

#[tokio::test]
async fn it_is_ready_at_once_and_gone_when_dropped() {
    let start = Instant::now();
    let mock = Mock::start().await.unwrap();
    println!("ready in {:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    let address = mock.address();
    assert!(TcpStream::connect(address).await.is_ok());
    drop(mock);
    let mut gone = false;
    for _ in 0..100 {
        gone = TcpStream::connect(address).await.is_err();
        if gone {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(gone, "still listening");
}
