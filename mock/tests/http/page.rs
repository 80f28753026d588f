//! The page for a browser, without a browser. With one: `tests/others`.

use std::time::Duration;

use maiagent_mock::{Mock, Trouble};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client::{Answer, call, call_with, parse, send};
use super::{completions, question, soon};

async fn with_page() -> Mock {
    Mock::builder().page().start().await.unwrap()
}

/// Sends a request with these headers and no others.
async fn raw(mock: &Mock, line: &str, headers: &[&str]) -> Answer {
    let mut stream = TcpStream::connect(mock.address()).await.unwrap();
    let head = format!("{line} HTTP/1.1\r\nConnection: close\r\n{}\r\n\r\n", headers.join("\r\n"));
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    parse(&bytes)
}

/// Somebody who reads the feed.
struct Reader {
    stream: TcpStream,
    text: String,
}

impl Reader {
    async fn start(mock: &Mock) -> Self {
        let key = format!("Authorization: Api-Key {}\r\n", mock.key());
        Self { stream: send(mock, "GET", "/_mock/requests", &key, "").await, text: String::new() }
    }

    /// Reads until there is a request of which `found` is true.
    async fn until(&mut self, found: impl Fn(&Value) -> bool) -> Value {
        let read = async {
            loop {
                if let Some(request) = self.requests().into_iter().rev().find(&found) {
                    return request;
                }
                self.more().await;
            }
        };
        timeout(Duration::from_secs(10), read).await.expect("the feed says so")
    }

    async fn more(&mut self) {
        let mut bytes = vec![0; 64 << 10];
        let read = self.stream.read(&mut bytes).await.unwrap();
        assert!(read > 0, "the feed ended: {}", self.text);
        self.text += std::str::from_utf8(&bytes[..read]).unwrap();
    }

    /// All that is known so far, each request as often as something new was said of it.
    fn requests(&self) -> Vec<Value> {
        let events = self.text.split("event: request\n").skip(1);
        let data = events.filter_map(|event| event.strip_prefix("data: ")?.split_once("\n\n"));
        data.filter_map(|(data, _)| serde_json::from_str(data).ok()).collect()
    }
}

fn has_ended(request: &Value) -> bool {
    !request["end"].is_null()
}

#[tokio::test]
async fn everything_is_protected_and_there() {
    let mock = with_page().await;
    let page = call_with(&mock, "GET", "/", "", "").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let mut paths: Vec<String> = vec!["/".into(), "/_mock/settings".into(), "/_mock/openapi.yaml".into()];
    for quoted in page.text().split('"') {
        assert!(!quoted.contains("://") && !quoted.starts_with("//"), "{quoted} leads elsewhere");
        paths.extend(quoted.starts_with("/_mock/").then(|| quoted.to_owned()));
    }
    let mut at = 0;
    while let Some(path) = paths.get(at).cloned() {
        at += 1;
        let answer = call_with(&mock, "GET", &path, "", "").await;
        let is_left_out = cfg!(not(feature = "viewer")) && path.contains("swagger-ui");
        assert_eq!(answer.status, if is_left_out { 404 } else { 200 }, "{path}");
        check_headers(&answer);
        if path.ends_with(".js") && !path.contains("swagger-ui") {
            let text = answer.text();
            for quoted in text.split('"').filter(|quoted| quoted.ends_with(".js") || quoted.ends_with(".css"))
            {
                let path =
                    quoted.strip_prefix("./").map_or(quoted.to_owned(), |name| format!("/_mock/{name}"));
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
    }
    let settings = call_with(&mock, "GET", "/_mock/settings", "", "").await.json();
    assert_eq!(settings["hasReference"], cfg!(feature = "viewer"));
    assert!(paths.iter().any(|path| path.ends_with("swagger-ui-bundle.js")), "{paths:?}");

    #[cfg(feature = "viewer")]
    for path in ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"] {
        let path = format!("/_mock/swagger-ui/{path}");
        assert_eq!(call_with(&mock, "GET", &path, "", "").await.status, 200, "{path}");
    }
    for (line, headers, status) in [
        ("GET /_mock/nothing", &["Host: localhost"][..], 404),
        ("GET /_mock/", &["Host: localhost"], 404),
        ("GET /", &["Host: evil.example"], 403),
        ("POST /", &["Host: localhost"], 405),
        ("GET /_mock/requests", &["Host: localhost"], 401),
        ("GET /_mock/troubles", &["Host: localhost", "Authorization: Api-Key other"], 401),
        ("DELETE /_mock/requests", &["Host: localhost"], 401),
        ("PUT /_mock/troubles", &["Host: localhost"], 401),
    ] {
        let answer = raw(&mock, line, headers).await;
        assert_eq!(answer.status, status, "{line} {answer:?}");
        check_headers(&answer);
    }
    assert!(mock.requests().is_empty(), "none of this was a request of the API");
}

fn check_headers(answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for directive in
        ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.split("; ").any(|found| found == directive), "{answer:?}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn other_origins_cannot_use_it() {
    let mock = with_page().await;
    let address = mock.address().to_string();
    let key = format!("Authorization: Api-Key {}", mock.key());
    let own = [format!("Host: {address}"), format!("Origin: http://{address}")];
    let own = [own[0].as_str(), own[1].as_str(), "Sec-Fetch-Site: same-origin"];
    assert_eq!(raw(&mock, "GET /_mock/settings", &own).await.json()["key"], mock.key());

    // A name that somebody else has made lead to this machine; pages that know the key, which is no secret.
    let (host, other) = (own[0], format!("Origin: http://{}:1", mock.address().ip()));
    for headers in [
        &["Host: evil.example", "Origin: http://evil.example", "Sec-Fetch-Site: same-origin"][..],
        &["Host: evil.example"],
        &[host, "Origin: http://evil.example", "Sec-Fetch-Site: cross-site"],
        &[host, &other, "Sec-Fetch-Site: same-site"],
        &[host, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
        &[host, "Sec-Fetch-Site: same-site"],
        &[host, "Origin: null"],
    ] {
        for line in ["GET /_mock/settings", "GET /_mock/requests", "PUT /_mock/troubles", "GET /_mock/app.js"]
        {
            let answer = raw(&mock, line, &[headers, &[&key]].concat()).await;
            assert_eq!(answer.status, 403, "{line} {headers:?}");
            assert!(!answer.text().contains(mock.key()), "{answer:?}");
        }
    }
    // Links to the page work from everywhere, and the API is as it is without the page.
    assert_eq!(raw(&mock, "GET /", &[host, "Sec-Fetch-Site: cross-site"]).await.status, 200);
    assert_eq!(raw(&mock, "GET /api/messages/", &["Host: evil.example"]).await.status, 401);
    assert_eq!(raw(&mock, "GET /api/chatbots/", &["Host: evil.example", &key]).await.status, 200);
}

#[tokio::test]
async fn a_server_that_others_can_reach_does_not_say_its_key() {
    let mock = Mock::builder().host([0, 0, 0, 0]).page().start().await.unwrap();
    let host = format!("Host: 127.0.0.1:{}", mock.address().port());
    let answer = raw(&mock, "GET /_mock/settings", &[&host]).await;
    assert!(answer.json()["key"].is_null() && !answer.text().contains(mock.key()), "{answer:?}");
    assert_eq!(mock.page_url(), format!("http://127.0.0.1:{}/", mock.address().port()));
}

#[tokio::test]
async fn by_a_name_that_is_allowed_it_is_there_and_asks_for_the_key() {
    let mock = Mock::builder().page().allow_host("mock").allow_host("Devbox.lan").start().await.unwrap();
    for (host, status) in [
        ("Host: mock:8000", 200),
        ("Host: devbox.lan", 200),
        ("Host: 127.0.0.1", 200),
        ("Host: mock.evil.example", 403),
    ] {
        let answer = raw(&mock, "GET /_mock/settings", &[host]).await;
        assert_eq!(answer.status, status, "{host}");
        assert!(!answer.text().contains(mock.key()), "{answer:?}");
    }
    for name in ["mock:8000", "http://mock", ""] {
        let error = Mock::builder().page().allow_host(name).start().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("devbox.lan"), "{error}");
    }
}

#[tokio::test]
async fn without_being_asked_for_it_is_absent() {
    let mock = Mock::start().await.unwrap();
    for path in ["/", "/_mock/settings", "/_mock/requests", "/_mock/app.js"] {
        let answer = call(&mock, "GET", path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-security-policy"), None, "{path}");
    }
    assert_eq!(mock.requests().len(), 4);
}

#[tokio::test]
async fn troubles_change_while_it_runs() {
    let mock =
        Mock::builder().page().trouble(Trouble::slow(7, Duration::from_millis(5))).start().await.unwrap();
    let put = async |body: &str| call(&mock, "PUT", "/_mock/troubles", body).await;
    let now = async || call(&mock, "GET", "/_mock/troubles", "").await.json()["troubles"].clone();
    let status = async || call(&mock, "GET", "/api/chatbots/", "").await.status;
    assert_eq!(now().await, json!(["slow=7,pause-ms=5"]));

    let answer = put(r#"{"troubles":["status=503,times=2,on=chatbots","status=429,times=1"]}"#).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["troubles"], json!(["status=503,times=2,on=chatbots", "status=429,times=1"]));
    assert_eq!(status().await, 503);
    assert_eq!(now().await, json!(["status=503,times=1,on=chatbots", "status=429,times=1"]));
    assert_eq!((status().await, status().await, status().await), (503, 429, 200));
    assert_eq!(now().await, json!([]));

    assert_eq!(put(r#"{"troubles":["stall"]}"#).await.status, 200);
    let large = json!({ "troubles": ["x".repeat(20_000)] }).to_string();
    for (body, status) in [
        ("", 400),
        ("[]", 400),
        (r#"{"troubles":"stall"}"#, 400),
        (r#"{"troubles":[1]}"#, 400),
        (r#"{"troubles":["<script>"]}"#, 400),
        (large.as_str(), 413),
    ] {
        let answer = put(body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.json()["detail"].is_string());
    }
    let plain = raw(
        &mock,
        "PUT /_mock/troubles",
        &[
            "Host: localhost",
            "Authorization: Api-Key mock-key",
            "Content-Type: text/plain",
            "Content-Length: 0",
        ],
    );
    assert_eq!(plain.await.status, 415, "what any page may send without asking first is not taken");
    // What was refused changed nothing; and the page does not run into the trouble that it makes.
    assert_eq!(now().await, json!(["stall"]));
}

#[tokio::test]
async fn requests_appear_as_they_arrive_without_their_secrets() {
    let mock =
        Mock::builder().page().key("a \"secret\" key").pace(Duration::from_millis(1)).start().await.unwrap();
    let mut reader = Reader::start(&mock).await;
    // An answer repeats its question in pieces, and a key in pieces is none to look for; so it is beside the question.
    let note = json!({ "note": format!("<script>alert(1)</script> {} \u{7}", mock.key()), "accessToken": "hide-me" });
    let body = json!({ "message": { "content": "Hello?", "queryMetadata": note }, "isStreaming": true });
    let headers =
        format!("Authorization: Api-Key {}\r\nX-Api-Key: hide-me\r\nX-Note: <img onerror=x>\r\n", mock.key());
    let target = format!("{}?token=hide-me&q=a+%22secret%22+key", completions(&mock));
    let answer = call_with(&mock, "POST", &target, &headers, &body.to_string()).await;
    assert_eq!(answer.status, 200);

    let request = reader.until(has_ended).await;
    let first = &reader.requests()[0];
    assert_eq!(
        (&first["status"], &first["end"]),
        (&Value::Null, &Value::Null),
        "it is there before its answer"
    );
    assert_eq!(request["id"], first["id"]);
    assert_eq!((&request["method"], &request["status"]), (&json!("POST"), &json!(200)));
    assert_eq!(request["end"], "whole");
    assert!(request["milliseconds"].as_u64().is_some());
    let expected = format!("{}?token=[hidden]&q=[hidden]", completions(&mock));
    assert_eq!(request["target"], json!(expected));
    let header = |name: &str| {
        let all = request["request"]["headers"].as_array().unwrap();
        all.iter().find(|header| header[0] == name).map(|header| header[1].clone())
    };
    assert_eq!(header("authorization"), Some(json!("Api-Key [hidden]")));
    assert_eq!(header("x-api-key"), Some(json!("[hidden]")));
    assert_eq!(header("x-note"), Some(json!("<img onerror=x>")));
    let shown: Value = serde_json::from_str(request["request"]["body"].as_str().unwrap()).unwrap();
    let shown = &shown["message"]["queryMetadata"];
    assert_eq!(shown["note"], "<script>alert(1)</script> [hidden] \u{7}");
    assert_eq!(shown["accessToken"], "[hidden]");
    assert_eq!(request["request"]["bytes"], body.to_string().len());
    assert_eq!(request["answer"]["bytes"], answer.body.len());
    assert!(request["answer"]["body"].as_str().unwrap().starts_with("data: {"), "{request}");
    for secret in ["secret", "hide-me"] {
        assert!(!reader.text.contains(secret), "{}", reader.text);
    }
}

#[tokio::test]
async fn bodies_are_cut_and_files_are_counted() {
    let mock = with_page().await;
    let mut reader = Reader::start(&mock).await;
    // The key begins right before the cut.
    let body = format!("{}{}{}", "x".repeat((8 << 10) - 4), mock.key(), "y".repeat(50_000));
    call_with(&mock, "POST", "/api/messages/", "Authorization: Api-Key mock-key\r\n", &body).await;
    let request = reader.until(has_ended).await;
    assert_eq!(request["request"]["bytes"], body.len());
    assert_eq!(request["request"]["isCut"], true);
    let shown = request["request"]["body"].as_str().unwrap();
    assert!(shown.len() == (8 << 10) - 4 && shown.ends_with('x'), "{}", &shown[shown.len() - 9..]);

    let target = format!("/api/chatbots/{}/records/export-excel/", mock.chatbot_id());
    let workbook = call(&mock, "GET", &target, "").await;
    assert_eq!(workbook.status, 200);
    let request = reader.until(|request| has_ended(request) && request["target"] == target.as_str()).await;
    assert_eq!((&request["answer"]["isText"], &request["answer"]["body"]), (&json!(false), &json!("")));
    assert_eq!(request["answer"]["bytes"], workbook.body.len());
}

#[tokio::test]
async fn how_answers_end() {
    let mock = Mock::builder().page().pace(Duration::from_millis(5)).start().await.unwrap();
    let mut reader = Reader::start(&mock).await;
    let key = format!("Authorization: Api-Key {}\r\n", mock.key());

    let head = call(&mock, "HEAD", "/api/chatbots/", "").await;
    let request = reader.until(has_ended).await;
    assert_eq!((&request["end"], &request["status"]), (&json!("whole"), &json!(head.status)));

    mock.trouble(Trouble::cut(20).times(1));
    call(&mock, "GET", "/api/inboxes/", "").await;
    let request = reader.until(|request| has_ended(request) && request["target"] == "/api/inboxes/").await;
    assert_eq!((&request["end"], &request["answer"]["bytes"]), (&json!("broken"), &json!(20)));

    let mut stream = send(&mock, "POST", &completions(&mock), &key, &question("Hello?", true)).await;
    stream.read_exact(&mut [0; 100]).await.unwrap();
    drop(stream);
    let request = reader.until(|request| has_ended(request) && request["method"] == "POST").await;
    assert_eq!((&request["end"], &request["status"]), (&json!("gone"), &json!(200)));

    mock.trouble(Trouble::stall());
    drop(send(&mock, "GET", "/api/messages/", &key, "").await);
    let request = reader.until(|request| has_ended(request) && request["target"] == "/api/messages/").await;
    assert_eq!((&request["end"], &request["status"]), (&json!("gone"), &Value::Null));
}

#[tokio::test]
async fn the_newest_are_kept_until_they_are_cleared() {
    let mock = with_page().await;
    for number in 0..205 {
        call(&mock, "GET", &format!("/api/chatbots/?n={number}"), "").await;
    }
    let mut reader = Reader::start(&mock).await;
    reader.until(|request| request["target"] == "/api/chatbots/?n=204").await;
    let targets: Vec<_> = reader.requests().into_iter().map(|mut request| request["target"].take()).collect();
    assert_eq!((targets.len(), &targets[0]), (200, &json!("/api/chatbots/?n=5")));

    assert_eq!(call(&mock, "DELETE", "/_mock/requests", "").await.status, 204);
    soon_read(&mut reader, "event: start", 2).await;
    let mut other = Reader::start(&mock).await;
    soon_read(&mut other, "event: troubles", 1).await;
    assert_eq!(other.requests().len(), 0);
}

async fn soon_read(reader: &mut Reader, text: &str, times: usize) {
    let read = async {
        while reader.text.matches(text).count() < times {
            reader.more().await;
        }
    };
    timeout(Duration::from_secs(10), read).await.expect("the feed says so");
}

#[tokio::test]
async fn readers_do_not_keep_it_from_shutting_down() {
    let mock = with_page().await;
    let mut reader = Reader::start(&mock).await;
    soon_read(&mut reader, "event: troubles", 1).await;
    assert!(mock.shut_down(Duration::from_secs(30)).await, "the feed comes to its end");
    let mut rest = Vec::new();
    assert!(timeout(Duration::from_secs(5), reader.stream.read_to_end(&mut rest)).await.is_ok());
}

#[tokio::test]
async fn readers_have_a_number() {
    let mock = with_page().await;
    let mut readers = Vec::new();
    for _ in 0..16 {
        let mut reader = Reader::start(&mock).await;
        soon_read(&mut reader, "event: start", 1).await;
        readers.push(reader);
    }
    assert_eq!(call(&mock, "GET", "/_mock/requests", "").await.status, 503);
    readers.pop();
    // It is noticed when there is something to say.
    for _ in 0..2 {
        call(&mock, "GET", "/api/chatbots/", "").await;
    }
    let mut reader = Reader::start(&mock).await;
    for _ in 0..200 {
        reader.more().await;
        if reader.text.starts_with("HTTP/1.1 200") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        reader = Reader::start(&mock).await;
    }
    panic!("no seat is free again: {}", reader.text);
}

#[tokio::test]
async fn the_api_is_the_same_beside_the_page() {
    let (plain, paged) = (Mock::start().await.unwrap(), with_page().await);
    for (method, target, body) in [
        ("GET", "/api/chatbots/", ""),
        ("GET", "/api/v1/inboxes/?pageSize=1", ""),
        ("GET", "/api/nothing/", ""),
        ("PATCH", "/api/messages/", "{}"),
        ("HEAD", "/api/chatbots/", ""),
        ("GET", "/nothing", ""),
        ("POST", "/api/messages/", "{"),
        ("GET", "/openapi.yaml", ""),
    ] {
        let strip = |answer: Answer, mock: &Mock| {
            let lines = answer.head.lines().filter(|line| !line.starts_with("date:"));
            (lines.collect::<Vec<_>>().join("\n"), answer.text().replace(&mock.address().to_string(), "HOST"))
        };
        let [one, other] =
            [&plain, &paged].map(|mock| async move { strip(call(mock, method, target, body).await, mock) });
        let ((head, body), (paged_head, paged_body)) = (one.await, other.await);
        assert_eq!(body, paged_body, "{method} {target}");
        let lengths = |head: &str| head.lines().filter(|line| !line.starts_with("content-length")).count();
        assert_eq!(lengths(&head), lengths(&paged_head), "{head} {paged_head}");
    }
    soon(|| paged.requests().len() == plain.requests().len()).await;
}
