//! The mock over real HTTP, byte by byte.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod client;
mod page;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use client::{call, call_with, read, send};
use maiagent_mock::{Mock, Trouble};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

fn completions(mock: &Mock) -> String {
    format!("/api/chatbots/{}/completions/", mock.chatbot_id())
}

fn question(text: &str, stream: bool) -> String {
    json!({ "message": { "content": text }, "isStreaming": stream }).to_string()
}

/// Waits for what happens soon, but not at once.
async fn soon(mut happened: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if happened() {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not happen within ten seconds");
}

#[tokio::test]
async fn it_is_ready_at_once_and_gone_when_dropped() {
    let start = Instant::now();
    let mock = Mock::builder().seed().start().await.unwrap();
    let answer = call(&mock, "GET", &format!("/api/conversations/?inbox={}", mock.inbox_id()), "").await;
    assert_eq!(answer.status, 200);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());

    let address = mock.address();
    mock.trouble(Trouble::stall());
    let mut waiting = send(&mock, "GET", "/api/messages/", "", "").await;
    soon(|| mock.requests().len() == 2).await;
    drop(mock);
    let ended = timeout(Duration::from_secs(2), waiting.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "open connections are closed");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_port_can_be_chosen_and_is_free_after_stop() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for _ in 0..2 {
        let mock = Mock::builder().port(port).start().await.unwrap();
        assert_eq!(mock.url(), format!("http://127.0.0.1:{port}/api"));
        assert_eq!(mock.url_v1(), format!("http://127.0.0.1:{port}/api/v1"));
        assert!(Mock::builder().port(port).start().await.is_err(), "the port is taken");
        mock.stop().await;
    }
}

/// As in a container, of which only clients know what it is called.
#[tokio::test]
async fn a_server_of_all_addresses_has_its_storage_where_the_request_went() {
    let mock = Mock::builder().host([0, 0, 0, 0]).start().await.unwrap();
    let storage = mock.storage_url();
    let port = storage.rsplit(':').next().unwrap();
    let body = json!({ "filename": "a.png", "modelName": "attachment", "fieldName": "file", "fileSize": 3 })
        .to_string();
    for (host, expected) in [
        ("mock:8000", format!("http://mock:{port}/")),
        ("[::1]:8000", format!("http://[::1]:{port}/")),
        ("a b", format!("http://localhost:{port}/")),
    ] {
        let head = format!(
            "POST /api/upload-presigned-url/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Authorization: Api-Key {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            mock.key(),
            body.len()
        );
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, mock.address().port())).await.unwrap();
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let answer = read(stream).await;
        assert_eq!((answer.status, &answer.json()["url"]), (200, &json!(expected)), "{answer:?}");
    }
}

/// The calls of both pages, with ids that exist.
#[tokio::test]
async fn documented_calls() {
    let mock = Mock::builder().seed().start().await.unwrap();
    let (chatbot, inbox, web_chat) = (mock.chatbot_id(), mock.inbox_id(), mock.web_chat_id());
    for prefix in ["/api", "/api/v1"] {
        let started = call(
            &mock,
            "POST",
            &format!("{prefix}/conversations/"),
            &json!({ "webChat": web_chat }).to_string(),
        )
        .await;
        assert_eq!(started.status, 201, "{started:?}");
        let conversation = started.json()["id"].as_str().unwrap().to_owned();
        let file = json!({ "id": "e67d7275", "type": "file", "filename": "string", "file": "string" });
        let message =
            json!({ "conversation": conversation, "content": "這是一條測試訊息", "attachments": [file] });
        let sent = call(&mock, "POST", &format!("{prefix}/messages/"), &message.to_string()).await;
        assert_eq!(sent.status, 201, "{sent:?}");
        assert_eq!(sent.json()["attachments"][0]["type"], "file");
        assert_eq!(sent.json()["type"], "incoming");
        let id = sent.json()["id"].as_str().unwrap().to_owned();

        let ask = json!({
            "conversation": conversation,
            "message": { "content": "request_string", "attachments": [file] },
            "isStreaming": true
        });
        let older = json!({ "conversation": "", "message": { "content": "a" }, "is_streaming": true });
        let completions = format!("{prefix}/chatbots/{chatbot}/completions/");
        for body in [ask, older] {
            let answer = call(&mock, "POST", &completions, &body.to_string()).await;
            assert_eq!(answer.header("content-type"), Some("text/event-stream"), "{answer:?}");
            let events = answer.events();
            let (last, deltas) = events.split_last().unwrap();
            assert!(deltas.iter().all(|event| event["done"] == false && event["content"] != ""));
            assert!(last["done"] == true && last["content"] == "", "{last}");
        }

        for (target, expected) in [
            (format!("messages/?conversation={conversation}&pageSize=1"), json!(3)),
            (format!("chatbots/{chatbot}/records/?page=1&pageSize=1"), Value::Null),
            (format!("messages/{id}/?conversation={conversation}"), Value::Null),
            (format!("conversations/?inbox={inbox}&keyword=request_string&pageSize=1"), Value::Null),
            (format!("conversations/{conversation}/"), Value::Null),
        ] {
            let answer = call(&mock, "GET", &format!("{prefix}/{target}"), "").await;
            assert_eq!(answer.status, 200, "{target}: {answer:?}");
            if !expected.is_null() {
                assert_eq!(answer.json()["count"], expected, "{target}");
            }
        }
        let export =
            call(&mock, "GET", &format!("{prefix}/chatbots/{chatbot}/records/export-excel/"), "").await;
        assert_eq!(
            export.header("content-type"),
            Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        );
        assert_eq!(
            export.header("content-disposition"),
            Some("attachment; filename=\"chatbot-records.xlsx\"")
        );
        assert!(export.complete && export.body.starts_with(b"PK"));
    }
    let body = json!({ "conversation": call(&mock, "POST", &completions(&mock), &question("a", false)).await
        .json()["conversationId"], "content": "out" });
    let outgoing = call(&mock, "POST", "/api/v1/messages/outgoing/", &body.to_string()).await;
    assert_eq!((outgoing.status, &outgoing.json()["type"]), (201, &json!("outgoing")));
}

#[tokio::test]
async fn only_the_key_opens() {
    let mock = Mock::builder().key("right").start().await.unwrap();
    for (header, detail) in [
        ("", "Authentication credentials were not provided."),
        ("Authorization: Bearer right\r\n", "Invalid API key format."),
        ("Authorization: Api-Key wrong\r\n", "Invalid API key."),
    ] {
        let answer = call_with(&mock, "POST", &completions(&mock), header, &question("a", true)).await;
        assert_eq!((answer.status, answer.json()), (401, json!({ "detail": detail })));
        assert_eq!(answer.header("www-authenticate"), Some("Api-Key"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_eq!(call(&mock, "POST", &completions(&mock), &question("a", false)).await.status, 200);
    assert!(!format!("{mock:?}").contains("right"));
}

#[tokio::test]
async fn links_have_the_host_and_the_prefix_that_were_called() {
    let mock = Mock::builder().seed().start().await.unwrap();
    for prefix in ["/api", "/api/v1"] {
        let mut target = format!("{prefix}/conversations/?inbox={}&pageSize=2", mock.inbox_id());
        let mut sizes = Vec::new();
        let start = format!("http://{}{prefix}/conversations/?", mock.address());
        loop {
            let page = call(&mock, "GET", &target, "").await.json();
            sizes.push(page["results"].as_array().unwrap().len());
            assert_eq!(page["previous"].is_null(), sizes.len() == 1);
            let Some(next) = page["next"].as_str() else { break };
            assert!(next.starts_with(&start), "{next}");
            target = next[next.find("/api").unwrap()..].to_owned();
        }
        assert_eq!(sizes, [2, 1]);
    }
}

#[tokio::test]
async fn requests_are_listed_and_reported() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let report = move |seen: &maiagent_mock::Seen, _| _ = sender.send(seen.to_string());
    let mock = Mock::builder().on_request(report).start().await.unwrap();
    let answer = call(&mock, "POST", &completions(&mock), &question("a", false)).await;
    assert!(answer.header("content-length").is_some(), "being watched does not show");
    call_with(&mock, "GET", "/api/v1/messages/?conversation=secret", "", "").await;
    mock.trouble(Trouble::stall());
    drop(send(&mock, "GET", "/api/messages/x/", "", "").await);
    let mut lines = Vec::new();
    for _ in 0..3 {
        lines.push(timeout(Duration::from_secs(2), receiver.recv()).await.unwrap().unwrap());
    }
    let first = format!("POST {} 200", completions(&mock));
    assert_eq!(lines, [first.as_str(), "GET /api/v1/messages/ 401", "GET /api/messages/x/ -"]);
    assert_eq!(mock.requests().iter().map(ToString::to_string).collect::<Vec<_>>(), lines);
}

#[tokio::test]
async fn trouble_comes_in_order_and_within_its_limits() {
    let mock = Mock::builder()
        .trouble(Trouble::status(503).retry_after(7).times(2).on("/completions/"))
        .trouble("status=429,times=1".parse().unwrap())
        .start()
        .await
        .unwrap();
    let mut found = Vec::new();
    for target in [completions(&mock), "/api/messages/".to_owned()].iter().cycle().take(6) {
        let answer = call(&mock, "POST", target, &question("a", false)).await;
        found.push((answer.status, answer.header("retry-after").map(str::to_owned)));
    }
    let seven = Some("7".to_owned());
    assert_eq!(
        found,
        [(503, seven.clone()), (429, None), (503, seven), (400, None), (200, None), (400, None)]
    );
    mock.trouble(Trouble::status(500));
    mock.clear_trouble();
    assert_eq!(call(&mock, "POST", &completions(&mock), &question("a", false)).await.status, 200);
}

#[tokio::test]
async fn bodies_are_cut_slowed_broken_and_made_strange() {
    let mock = Mock::start().await.unwrap();
    let whole = call(&mock, "POST", &completions(&mock), &question("a", false)).await;
    let export = format!("/api/chatbots/{}/records/export-excel/", mock.chatbot_id());
    for stream in [false, true] {
        let ask = || async { call(&mock, "POST", &completions(&mock), &question("a", stream)).await };

        for after in [0, 1, 50] {
            mock.trouble(Trouble::cut(after).times(1));
            let answer = ask().await;
            assert_eq!((answer.status, answer.body.len(), answer.complete), (200, after, false));
        }
        mock.trouble(Trouble::cut(1 << 20).times(1));
        assert!(ask().await.complete, "nothing to cut");

        mock.trouble(Trouble::slow(100, Duration::from_millis(5)).times(1));
        let start = Instant::now();
        let answer = ask().await;
        assert!(answer.complete && start.elapsed() > Duration::from_millis(10), "{:?}", start.elapsed());

        mock.trouble(Trouble::broken().times(1));
        let answer = ask().await;
        let data = answer.text().lines().next().unwrap().trim_start_matches("data: ").to_owned();
        assert!(answer.complete && data.starts_with('{'), "{data}");
        assert!(serde_json::from_str::<Value>(&data).is_err(), "{data}");

        mock.trouble(Trouble::unknown().times(1));
        let answer = ask().await;
        let values = if stream { answer.events() } else { vec![answer.json()] };
        assert!(values.iter().all(|value| value["addedTomorrow"].is_object()), "{values:?}");
        assert!(answer.complete);
    }

    let target = format!("/api/messages/?conversation={}", whole.json()["conversationId"].as_str().unwrap());
    mock.trouble(Trouble::unknown().times(1));
    let page = call(&mock, "GET", &target, "").await.json();
    assert_eq!(page["results"][0]["type"], "added_tomorrow");
    assert!(page["results"][0]["sender"]["addedTomorrow"].is_object());

    mock.trouble(Trouble::unknown().times(1));
    assert!(call(&mock, "GET", &export, "").await.body.starts_with(b"PK"), "only JSON is changed");
    mock.trouble(Trouble::cut(1000).times(1));
    let answer = call(&mock, "GET", &export, "").await;
    assert!(answer.body.len() == 1000 && !answer.complete);
}

#[tokio::test]
async fn stalls_keep_the_connection_open() {
    let mock = Mock::start().await.unwrap();
    let key = format!("Authorization: Api-Key {}\r\n", mock.key());
    for (trouble, expected) in [(Trouble::stall(), 0), (Trouble::stall_after(10), 10)] {
        mock.trouble(trouble.times(1));
        let mut stream = send(&mock, "POST", &completions(&mock), &key, &question("a", false)).await;
        let mut bytes = Vec::new();
        let ended = timeout(Duration::from_millis(100), stream.read_to_end(&mut bytes)).await;
        assert!(ended.is_err(), "still open");
        let body = if bytes.is_empty() { 0 } else { client::parse(&bytes).body.len() };
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn a_reply_comes_piece_by_piece_and_stops_when_the_client_goes() {
    let mock = Mock::builder().pace(Duration::from_millis(20)).start().await.unwrap();
    let key = format!("Authorization: Api-Key {}\r\n", mock.key());
    let mut stream = send(&mock, "POST", &completions(&mock), &key, &question("a", true)).await;
    let mut bytes = vec![0; 4096];
    let mut first = 0;
    while !bytes[..first].windows(6).any(|window| window == b"data: ") {
        first += stream.read(&mut bytes[first..]).await.unwrap();
    }
    let text = String::from_utf8_lossy(&bytes[..first]);
    assert!(text.matches("data: ").count() < 4, "flushed event by event: {text}");
    assert_eq!(mock.state().open_streams(), 1);
    drop(stream);
    soon(|| mock.state().open_streams() == 0).await;
    // What nobody has read is not stored.
    let records = format!("/api/chatbots/{}/records/", mock.chatbot_id());
    assert_eq!(call(&mock, "GET", &records, "").await.json()["count"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_streams_at_once() {
    const STREAMS: usize = 1000;
    let mock = Mock::builder().pace(Duration::from_millis(150)).start().await.unwrap();
    let key = format!("Authorization: Api-Key {}\r\n", mock.key());
    let mut streams = JoinSet::new();
    for number in 0..STREAMS {
        let stream =
            send(&mock, "POST", &completions(&mock), &key, &question(&number.to_string(), true)).await;
        streams.spawn(async move { (number, read(stream).await) });
    }
    soon(|| mock.state().open_streams() == STREAMS).await;
    let answers = timeout(Duration::from_secs(20), streams.join_all()).await.expect("all streams end");
    for (number, answer) in answers {
        let events = answer.events();
        assert!(answer.complete && events.last().unwrap()["done"] == true);
        assert_eq!(events[2]["content"], format!("“{number}” "), "everyone gets the own reply");
    }
    assert_eq!(mock.state().open_streams(), 0);
}

#[tokio::test]
async fn shutting_down_lets_answers_end_and_nothing_begin() {
    let mock = Mock::builder().pace(Duration::from_millis(20)).start().await.unwrap();
    let (address, target, key) = (mock.address(), completions(&mock), mock.key().to_owned());
    let headers = format!("Authorization: Api-Key {key}\r\n");
    let streaming = send(&mock, "POST", &target, &headers, &question("Hello?", true)).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    soon(|| mock.requests().len() == 1).await;
    let ended = tokio::spawn(mock.shut_down(Duration::from_secs(10)));

    let gone = timeout(Duration::from_secs(2), idle.read_to_end(&mut Vec::new())).await;
    assert!(gone.is_ok(), "an idle connection is closed at once");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    let answer = read(streaming).await;
    assert!(answer.complete && answer.events().last().unwrap()["done"] == true, "{answer:?}");
    assert!(ended.await.unwrap());

    let mock = Mock::builder().trouble(Trouble::stall()).start().await.unwrap();
    let mut waiting = send(&mock, "GET", "/api/messages/", "", "").await;
    soon(|| mock.requests().len() == 1).await;
    assert!(!mock.shut_down(Duration::from_millis(50)).await, "it does not wait for ever");
    assert!(timeout(Duration::from_secs(2), waiting.read_to_end(&mut Vec::new())).await.is_ok());
}

#[tokio::test]
async fn slow_bodies_do_not_hold_connections() {
    let mock = Mock::builder().body_timeout(Duration::from_millis(100)).start().await.unwrap();
    let mut slow = JoinSet::new();
    for _ in 0..50 {
        let mut connection = TcpStream::connect(mock.address()).await.unwrap();
        let head = format!(
            "POST /api/messages/ HTTP/1.1\r\nHost: a\r\nAuthorization: Api-Key {}\r\nContent-Length: 100\r\n\r\n{{",
            mock.key()
        );
        tokio::io::AsyncWriteExt::write_all(&mut connection, head.as_bytes()).await.unwrap();
        slow.spawn(async move {
            let mut answer = String::new();
            timeout(Duration::from_secs(5), connection.read_to_string(&mut answer)).await.unwrap().unwrap();
            answer
        });
    }
    for answer in slow.join_all().await {
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
}
