//! The client against real connections on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod server;

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::wire::Value;
use runtime::{
    AuthScheme, Client, ClientBuilder, Download, Error, EventStream, Items, Method, Response, Result,
    RetryPolicy, Service, StreamError, StreamEvent, TimeoutPhase,
};
use serde_json::json;
use server::{Server, Step, answer, chunk, chunked, json as json_answer, until_close};
use tokio::sync::Notify;

const KEY: &str = "canary-key";
const TEXT: &str = "canary-text";

struct Sample;

impl Service for Sample {
    const NAME: &'static str = "sample";
    const VERSION: &'static str = "1.2.3";
    const ENV_PREFIX: &'static str = "SAMPLE";
    const SERVERS: &'static [runtime::Server] = &[];
    const AUTH: &'static [AuthScheme] =
        &[AuthScheme::header("Key", "Authorization", "Api-Key "), AuthScheme::query("Query", "key")];
    const SECURITY: &'static [&'static [&'static str]] = &[&["Key"]];
}

#[derive(Debug, serde::Deserialize)]
struct Delta {
    content: String,
    #[serde(default)]
    done: bool,
}

impl StreamEvent for Delta {
    const HAS_END: bool = true;

    fn is_last(&self) -> bool {
        self.done
    }
}

/// A client that repeats at once.
fn builder(url: impl Into<String>) -> ClientBuilder<Sample> {
    let retry = RetryPolicy::default().base(Duration::ZERO);
    Client::builder().api_key(KEY).base_url(url).retry(retry)
}

fn client(url: impl Into<String>) -> Client<Sample> {
    builder(url).build().unwrap()
}

/// The shapes of calls.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Json,
    Text,
    Empty,
    Events,
    Download,
}

const SHAPES: [Shape; 5] = [Shape::Json, Shape::Text, Shape::Empty, Shape::Events, Shape::Download];

/// Makes a call and reads its answer to the end.
async fn call(client: &Client<Sample>, method: Method, shape: Shape) -> Result<()> {
    let request = client.request(method, "/things/{id}/").path("id", TEXT);
    match shape {
        Shape::Json => request.receive_json::<Value>().await.map(drop),
        Shape::Text => request.receive_text().await.map(drop),
        Shape::Empty => request.receive_empty().await.map(drop),
        Shape::Events => {
            let mut events = request.receive_events::<Delta>().await?.into_body();
            while events.try_next().await?.is_some() {}
            Ok(())
        }
        Shape::Download => request.receive_download().await?.into_body().bytes().await.map(drop),
    }
}

/// Everything that an error shows.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    assert!(!text.contains("canary"), "{text}");
    text
}

#[tokio::test]
async fn a_request_has_everything_in_its_place() {
    let server = Server::fixed(json_answer(r#"{"ok":true}"#)).await;
    for suffix in ["", "/", "/deep/prefix", "/deep/prefix/"] {
        let client = builder(format!("{}{suffix}", server.url())).user_agent_suffix("app/2").build().unwrap();
        let response: Response<Value> = client
            .request(Method::POST, "/things/{id}/")
            .path("id", "a/b c?d#e%2f..\u{4e2d}")
            .query("tag", &["x&y", "z"])
            .query("none", &None::<i32>)
            .header("X-Extra", &7)
            .cookie("theme", "dark;")
            .json_with_flag(&json!({"message": "hi", "stream": true}), "stream", false)
            .receive_json()
            .await
            .unwrap();
        assert_eq!(response["ok"], true);
        let request = server.requests().pop().unwrap();
        let prefix = suffix.trim_end_matches('/');
        let line =
            format!("POST {prefix}/things/a%2Fb%20c%3Fd%23e%252f..%E4%B8%AD/?tag=x%26y&tag=z HTTP/1.1");
        assert_eq!(request.line(), line);
        let headers = [
            ("authorization", "Api-Key canary-key"),
            ("accept", "application/json"),
            ("content-type", "application/json"),
            ("user-agent", "sample/1.2.3 runtime/0.1.0 app/2"),
            ("x-extra", "7"),
            ("cookie", "theme=dark%3B"),
        ];
        for (name, value) in headers {
            assert_eq!(request.header(name), Some(value), "{name}");
        }
        assert_eq!(request.header("host").unwrap(), format!("127.0.0.1:{}", server.port()));
        assert_eq!(
            serde_json::from_slice::<Value>(&request.body).unwrap(),
            json!({"message": "hi", "stream": false})
        );
    }
    assert_eq!(server.connections(), 4, "one per client: none of them shares");
}

#[tokio::test]
async fn bodies_of_every_kind() {
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    let post = || client.request(Method::POST, "/");
    post().form(&json!({"a": "b&c", "l": [1, 2]})).receive_empty().await.unwrap();
    post().bytes("application/octet-stream", vec![0, 1]).receive_empty().await.unwrap();
    post().json_as("application/merge-patch+json", &json!([1])).receive_empty().await.unwrap();
    post().receive_empty().await.unwrap();
    let seen: Vec<_> = server
        .requests()
        .into_iter()
        .map(|r| (r.header("content-type").map(str::to_owned), r.body))
        .collect();
    assert_eq!(seen[0], (Some("application/x-www-form-urlencoded".into()), b"a=b%26c&l=1&l=2".to_vec()));
    assert_eq!(seen[1], (Some("application/octet-stream".into()), vec![0, 1]));
    assert_eq!(seen[2], (Some("application/merge-patch+json".into()), b"[1]".to_vec()));
    assert_eq!(seen[3], (None, vec![]));
}

#[tokio::test]
async fn wrong_values_are_refused_before_sending() {
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    let get = || client.request(Method::GET, "/a/{id}/");
    let wrong = [
        ("id", get().path("id", "..")),
        ("id", get().path("id", "")),
        ("id", get().path("id", "canary\n")),
        ("id", get()),
        ("other", get().path("id", "x").path("other", "x")),
        ("q", get().path("id", "x").query("q", &json!([["canary"]]))),
        ("X-H", get().path("id", "x").header("X-H", "canary\r\nX: y")),
        ("Content-Length", get().path("id", "x").header("Content-Length", &5)),
        ("X H", get().path("id", "x").header("X H", &5)),
        ("accept", get().path("id", "x").accept("a\nb")),
        ("body", get().path("id", "x").json_with_flag(&json!(["canary"]), "flag", true)),
        ("body", get().path("id", "x").json(&std::collections::BTreeMap::from([((1, 2), "canary")]))),
    ];
    for (parameter, request) in wrong {
        let error = request.receive_empty().await.unwrap_err();
        shown(&error);
        assert!(
            matches!(&error, Error::Input(input) if input.parameter() == parameter),
            "{parameter}: {error:?}"
        );
    }
    let error = client.request(Method::GET, "/").auth(&[&["Query"]]).receive_empty().await.unwrap_err();
    assert!(matches!(error, Error::MissingCredential { scheme: "Query" }), "{error:?}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn path_values_arrive_as_one_segment_or_not_at_all() {
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    let values = [
        "..",
        ".",
        "%2e%2e",
        "%2E.",
        "...",
        "a/b",
        "/",
        "//",
        "\\",
        "..\\..",
        "?",
        "#",
        "a?b=c",
        "a#b",
        "%",
        "%2f",
        "%00",
        "",
        " ",
        "a b",
        "\u{4e2d}",
        "\u{202e}",
        "\u{85}",
        "\0",
        "\n",
        "\r\nX: y",
        "\t",
        ";",
        ";a=b",
        "a,b",
        "@",
        ":",
        "*",
        "~",
        "'",
        "\"",
        "<script>",
        "{id}",
        "%252e%252e",
        "+",
        "&",
        "=",
        "http://other.example/",
    ];
    let templates = ["/a/{id}/", "/a/{id}", "/{id}", "/a/{id}/b/c", "/{id}.json", "/x-{id}/"];
    let (mut sent, mut refused) = (0, 0);
    for template in templates {
        for value in values {
            let before = server.requests().len();
            match client.request(Method::GET, template).path("id", value).receive_empty().await {
                Err(Error::Input(_)) => {
                    assert_eq!(server.requests().len(), before);
                    refused += 1;
                }
                Err(error) => panic!("{template} {value:?}: {error:?}"),
                Ok(_) => {
                    let request = server.requests().pop().unwrap();
                    let segments = request.target().split('/').count();
                    assert_eq!(segments, template.split('/').count(), "{template} {value:?}");
                    assert!(!request.target().contains(['?', '#']), "{template} {value:?}");
                    sent += 1;
                }
            }
        }
    }
    println!("{sent} sent, {refused} refused");
    assert_eq!((sent + refused, refused), (templates.len() * values.len(), templates.len() * 10));
}

#[tokio::test]
async fn redirects_are_never_followed() {
    let other = Server::fixed(json_answer("null")).await;
    let mut runs = 0;
    for status in [301, 302, 303, 307, 308] {
        let places = [
            (format!("{}/x?canary", other.url()), Some(format!("127.0.0.1:{}", other.port()))),
            (format!("//localhost:{}/", other.port()), Some(format!("localhost:{}", other.port()))),
            ("https://user:canary@other.example/".to_owned(), Some("other.example".to_owned())),
            ("https://".to_owned(), None),
            (String::new(), None),
        ];
        for (place, host) in places {
            let location = if place.is_empty() { String::new() } else { format!("location: {place}\r\n") };
            let server = Server::fixed(answer(status, &location, "")).await;
            let client = client(server.url());
            for shape in SHAPES {
                for method in [Method::GET, Method::POST] {
                    let error = call(&client, method, shape).await.unwrap_err();
                    shown(&error);
                    let Error::Redirect(redirect) = &error else { panic!("{error:?}") };
                    assert_eq!(
                        (redirect.status().as_u16(), redirect.host()),
                        (status, host.as_deref()),
                        "{place}"
                    );
                    runs += 1;
                }
            }
            assert_eq!(server.requests().len(), SHAPES.len() * 2, "{place}");
        }
    }
    println!("{runs} runs");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_client_that_follows_redirects_is_noticed() {
    let other = Server::fixed(json_answer("null")).await;
    let server = Server::fixed(answer(302, &format!("location: {}/x\r\n", other.url()), "")).await;
    let http = runtime::http_client_builder()
        .redirect(runtime::reqwest::redirect::Policy::limited(5))
        .build()
        .unwrap();
    let client = builder(server.url()).http_client(http).build().unwrap();
    let error = call(&client, Method::GET, Shape::Json).await.unwrap_err();
    let host = format!("127.0.0.1:{}", other.port());
    assert!(matches!(&error, Error::Redirect(redirect) if redirect.host() == Some(&host)), "{error:?}");
}

#[tokio::test]
async fn error_answers_are_for_code_not_for_logs() {
    let body = format!(r#"{{"detail":"{TEXT}"}}"#);
    let server =
        Server::fixed(answer(401, "content-type: application/json\r\nset-cookie: a=canary\r\n", &body)).await;
    for shape in SHAPES {
        let error = call(&client(server.url()), Method::POST, shape).await.unwrap_err();
        assert!(
            shown(&error).starts_with("POST /things/{id}/: 401 Unauthorized (check the API key"),
            "{error}"
        );
        let api = error.api().unwrap();
        assert_eq!(api.json::<Value>().unwrap()["detail"], TEXT);
        assert!(api.headers().contains_key("set-cookie"));
    }
    assert_eq!(server.requests().len(), SHAPES.len());
}

#[tokio::test]
async fn secrets_in_queries_stay_out_of_errors() {
    let key_in_query = |url: String| {
        Client::<Sample>::builder()
            .credential("Query", KEY)
            .base_url(url)
            .retry(RetryPolicy::never())
            .build()
            .unwrap()
    };
    let reset = Server::start(|_, _| vec![Step::Reset]).await;
    let refused = "http://127.0.0.1:1".to_owned();
    for url in [refused, reset.url()] {
        let client = key_in_query(url);
        let request = client.request(Method::GET, "/").auth(&[&["Query"]]).query("q", TEXT);
        assert!(!format!("{request:?} {client:?}").contains("canary"));
        shown(&request.receive_empty().await.unwrap_err());
    }
    assert!(reset.requests()[0].target().contains(KEY), "it was sent");
}

#[tokio::test]
async fn repetitions_are_counted() {
    let fail = |status| vec![Step::Send(answer(status, "", ""))];
    let later = |status| vec![Step::Send(answer(status, "retry-after: 0\r\n", ""))];
    let ok = || vec![Step::Send(json_answer("null"))];
    let cut_json = || vec![Step::Send(json_answer("null")[..60].to_vec()), Step::Close];
    let (get, post) = (Method::GET, Method::POST);
    type Answers = Vec<Vec<Step>>;
    let table: Vec<(&str, Method, Answers, usize, bool)> = vec![
        ("one failure", get.clone(), vec![fail(503), ok()], 2, true),
        ("two failures", get.clone(), vec![fail(500), fail(502), ok()], 3, true),
        ("three failures", get.clone(), vec![fail(503), fail(503), fail(503), ok()], 3, false),
        ("put", Method::PUT, vec![fail(503), ok()], 2, true),
        ("delete", Method::DELETE, vec![fail(503), ok()], 2, true),
        ("not found", get.clone(), vec![fail(404), ok()], 1, false),
        ("reset", get.clone(), vec![vec![Step::Reset], ok()], 2, true),
        ("closed", get.clone(), vec![vec![Step::Close], ok()], 2, true),
        ("cut body", get.clone(), vec![cut_json(), ok()], 2, true),
        ("post 500", post.clone(), vec![fail(500), ok()], 1, false),
        ("post 503", post.clone(), vec![fail(503), ok()], 1, false),
        ("post 503 with time", post.clone(), vec![later(503), ok()], 2, true),
        ("post 429 with time", post.clone(), vec![later(429), ok()], 2, true),
        ("post 500 with time", post.clone(), vec![later(500), ok()], 1, false),
        ("post reset", post.clone(), vec![vec![Step::Reset], ok()], 1, false),
        ("post cut body", post.clone(), vec![cut_json(), ok()], 1, false),
    ];
    for (name, method, script, requests, success) in table {
        let server = Server::start(move |number, _| script.get(number).cloned().unwrap_or_default()).await;
        let result = call(&client(server.url()), method, Shape::Json).await;
        assert_eq!((server.requests().len(), result.is_ok()), (requests, success), "{name}: {result:?}");
        result.map_err(|error| shown(&error)).ok();
    }
}

#[tokio::test]
async fn post_is_repeated_when_nobody_listens_or_the_user_allows_it() {
    let server = Server::start(|number, _| {
        vec![Step::Send(if number == 0 { answer(500, "", "") } else { json_answer("null") })]
    })
    .await;
    let retry = RetryPolicy::default().base(Duration::ZERO).also_unsafe_methods();
    let client = builder(server.url()).retry(retry).build().unwrap();
    call(&client, Method::POST, Shape::Json).await.unwrap();
    assert_eq!(server.requests().len(), 2);

    // The port is free at first; the server comes up during the waiting time.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let retry = RetryPolicy::default()
        .max_retries(50)
        .base(Duration::from_millis(40))
        .max_backoff(Duration::from_millis(40));
    let client = builder(format!("http://{free}")).retry(retry).build().unwrap();
    let late = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let listener = std::net::TcpListener::bind(free).unwrap();
        tokio::task::spawn_blocking(move || {
            use std::io::{Read, Write};
            let (mut connection, _) = listener.accept().unwrap();
            let _ = connection.read(&mut [0; 4096]).unwrap();
            connection.write_all(&json_answer("null")).unwrap();
        })
        .await
        .unwrap();
    });
    call(&client, Method::POST, Shape::Json).await.unwrap();
    late.await.unwrap();
}

#[tokio::test]
async fn a_storm_of_failures_is_not_multiplied() {
    let server = Server::fixed(answer(503, "", "")).await;
    let client = client(server.url());
    for _ in 0..1000 {
        call(&client, Method::GET, Shape::Json).await.unwrap_err();
    }
    let requests = server.requests().len();
    println!("{requests} requests for 1000 calls");
    assert!((1001..=1500).contains(&requests), "{requests}");
}

#[tokio::test]
async fn every_time_limit() {
    let long = Duration::from_secs(60);
    let short = Duration::from_millis(150);
    let silent = Server::start(|_, _| vec![Step::Stall]).await;
    let half = Server::start(|_, _| vec![Step::Send(json_answer("null")[..60].to_vec()), Step::Stall]).await;
    let tls = Server::start(|_, _| vec![]).await;
    let with = |url: String, connect, read, total| {
        builder(url)
            .retry(RetryPolicy::never())
            .connect_timeout(connect)
            .read_timeout(read)
            .timeout(total)
            .build()
            .unwrap()
    };
    let table = [
        ("no head", with(silent.url(), long, short, long), TimeoutPhase::Read),
        ("half a body", with(half.url(), long, short, long), TimeoutPhase::Read),
        ("total", with(silent.url(), long, long, short), TimeoutPhase::Total),
        ("total with half a body", with(half.url(), long, long, short), TimeoutPhase::Total),
        ("handshake", with(tls.url().replace("http", "https"), short, long, long), TimeoutPhase::Connect),
    ];
    for (name, client, expected) in table {
        let start = Instant::now();
        let error = call(&client, Method::GET, Shape::Json).await.unwrap_err();
        shown(&error);
        assert!(
            matches!(error, Error::Timeout { phase, limit, .. } if phase == expected && limit == short),
            "{name}: {error:?}"
        );
        assert!(error.is_timeout() && start.elapsed() < 10 * short, "{name}");
    }
    for server in [&silent, &half] {
        assert!(server.all_closed(Duration::from_millis(500)).await);
    }
}

#[tokio::test]
async fn the_total_time_bounds_the_waiting_too() {
    let server = Server::fixed(answer(503, "retry-after: 30\r\n", "")).await;
    let client = builder(server.url()).timeout(Duration::from_secs(5)).build().unwrap();
    let start = Instant::now();
    let error = call(&client, Method::GET, Shape::Json).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 503);
    assert!(server.requests().len() == 1 && start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_slow_body_is_fine_as_long_as_it_moves() {
    let server = Server::start(|_, _| {
        // The head counts as one piece: the HTTP library does not tell how far it has come.
        let bytes = json_answer("[1,2,3,4]");
        let (head, body) = bytes.split_at(bytes.len() - 9);
        [head]
            .into_iter()
            .chain(body.chunks(1))
            .flat_map(|piece| [Step::Send(piece.to_vec()), Step::Pause(Duration::from_millis(40))])
            .collect()
    })
    .await;
    let client = builder(server.url()).read_timeout(Duration::from_millis(200)).build().unwrap();
    call(&client, Method::GET, Shape::Json).await.unwrap();
    assert_eq!(server.requests().len(), 1);
}

const A: &str = "data: {\"content\":\"a\"}\n\n";
const END: &str = "data: {\"content\":\"b\",\"done\":true}\n\n";

async fn open(client: &Client<Sample>) -> Result<EventStream<Delta>> {
    client.request(Method::POST, "/stream").json(&json!({})).receive_events().await.map(Response::into_body)
}

/// The text of all events, and how the stream ended.
async fn read(events: &mut EventStream<Delta>) -> (String, Result<()>) {
    let mut text = String::new();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => text.push_str(&event.content),
            Ok(None) => return (text, Ok(())),
            Err(error) => return (text, Err(error)),
        }
    }
}

#[tokio::test]
async fn events_arrive_as_the_server_writes_them() {
    let go_on = Arc::new(Notify::new());
    let wait = go_on.clone();
    let server = Server::start(move |_, _| {
        vec![
            Step::Send(chunked("text/event-stream")),
            Step::Wait(wait.clone()),
            Step::Send(chunk(A)),
            Step::Wait(wait.clone()),
            Step::Send(chunk(END)),
            Step::Stall,
        ]
    })
    .await;
    let client = client(server.url());
    let mut events = open(&client).await.unwrap();
    go_on.notify_one();
    assert_eq!(events.try_next().await.unwrap().unwrap().content, "a");
    assert!(tokio::time::timeout(Duration::from_millis(50), events.try_next()).await.is_err(), "nothing yet");
    go_on.notify_one();
    assert_eq!(events.try_next().await.unwrap().unwrap().content, "b");
    assert!(events.try_next().await.unwrap().is_none());
    assert!(
        server.all_closed(Duration::from_millis(500)).await,
        "closed after the last event, while `events` lives"
    );
}

#[tokio::test]
async fn how_streams_end() {
    let send = |parts: &[&[u8]]| Step::Send(parts.concat());
    let head = chunked("text/event-stream; charset=utf-8");
    let open_end = until_close("text/event-stream");
    let table: Vec<(&str, Vec<Step>, &str, &str)> = vec![
        ("whole", vec![send(&[&head, &chunk(A), &chunk(END), b"0\r\n\r\n"])], "ab", "ok"),
        ("bytes after the end", vec![send(&[&head, &chunk(END), &chunk("garbage"), &chunk(A)])], "b", "ok"),
        ("cut after the end", vec![send(&[&head, &chunk(END)]), Step::Reset], "b", "ok"),
        ("last chunk missing", vec![send(&[&head, &chunk(A)]), Step::Close], "a", "transport"),
        (
            "reset",
            vec![send(&[&head, &chunk(A)]), Step::Pause(Duration::from_millis(50)), Step::Reset],
            "a",
            "transport",
        ),
        ("bad chunk", vec![send(&[&head, &chunk(A), b"zz\r\n"])], "a", "transport"),
        ("early end of chunks", vec![send(&[&head, &chunk(A), b"0\r\n\r\n"])], "a", "truncated"),
        ("closed", vec![send(&[&open_end, A.as_bytes()]), Step::Close], "a", "truncated"),
        ("silence", vec![send(&[&head, &chunk(A)]), Step::Stall], "a", "timeout"),
        (
            "invalid event",
            vec![send(&[&head, &chunk("data: {\"content\":5,\"x\":\"canary\"}\n\n")])],
            "",
            "invalid",
        ),
        ("large event", vec![send(&[&head, &chunk(&format!("data: {}", "x".repeat(3000)))])], "", "large"),
        ("json", vec![Step::Send(json_answer(r#"{"content":"whole","done":true}"#))], "whole", "ok"),
        ("json without a mark", vec![Step::Send(json_answer(r#"{"content":"whole"}"#))], "whole", "ok"),
        (
            "cut json",
            vec![Step::Send(json_answer(r#"{"content":"whole"}"#)[..75].to_vec()), Step::Close],
            "",
            "transport",
        ),
        ("empty", vec![Step::Send(answer(200, "content-type: text/event-stream\r\n", ""))], "", "truncated"),
        ("no type", vec![Step::Send(answer(200, "", END))], "b", "ok"),
    ];
    for (name, steps, text, end) in table {
        let server = Server::start(move |_, _| steps.clone()).await;
        let client = builder(server.url())
            .read_timeout(Duration::from_millis(200))
            .max_event_size(2000)
            .build()
            .unwrap();
        let mut events = open(&client).await.unwrap();
        let (found, result) = read(&mut events).await;
        let kind = match &result {
            Ok(()) => "ok",
            Err(Error::Transport(_)) => "transport",
            Err(Error::Timeout { phase: TimeoutPhase::Read, .. }) => "timeout",
            Err(Error::Stream(StreamError::Truncated)) => "truncated",
            Err(Error::Stream(StreamError::InvalidEvent(_))) => "invalid",
            Err(Error::Stream(StreamError::EventTooLarge { limit: 2000 })) => "large",
            Err(error) => panic!("{name}: {error:?}"),
        };
        assert_eq!((found.as_str(), kind), (text, end), "{name}");
        result.map_err(|error| shown(&error)).ok();
        assert!(matches!(events.try_next().await, Ok(None)), "{name}: fused");
        assert_eq!(server.requests().len(), 1, "{name}: never repeated");
    }
}

#[tokio::test]
async fn a_slow_consumer_is_not_punished() {
    let server = Server::start(|_, _| {
        let pause = Step::Pause(Duration::from_millis(50));
        vec![
            Step::Send(chunked("text/event-stream")),
            Step::Send(chunk(A)),
            pause.clone(),
            Step::Send(chunk(A)),
            pause,
            Step::Send(chunk(END)),
        ]
    })
    .await;
    let client = builder(server.url())
        .read_timeout(Duration::from_millis(200))
        .timeout(Duration::from_millis(400))
        .build()
        .unwrap();
    let mut events = open(&client).await.unwrap();
    let mut count = 0;
    while events.try_next().await.unwrap().is_some() {
        count += 1;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(count, 3);
}

#[tokio::test]
async fn dropping_anything_closes_the_connection() {
    let soon = Duration::from_millis(100);
    let server = Server::start(|_, request| match request.target() {
        "/stream" => vec![Step::Send([chunked("text/event-stream"), chunk(A)].concat()), Step::Stall],
        "/file" => {
            vec![Step::Send([chunked("application/octet-stream"), chunk("abc")].concat()), Step::Stall]
        }
        _ => vec![Step::Stall],
    })
    .await;
    let client = client(server.url());

    let mut events = open(&client).await.unwrap();
    events.try_next().await.unwrap();
    drop(events);
    assert!(server.all_closed(5 * soon).await, "stream");

    let folder = tempfile::tempdir().unwrap();
    let download = client.request(Method::GET, "/file").receive_download().await.unwrap().into_body();
    let saving = tokio::time::timeout(soon, download.save_to(folder.path().join("x")));
    assert!(saving.await.is_err(), "still going on");
    assert!(server.all_closed(5 * soon).await, "download");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "no file is left");

    let waiting = tokio::time::timeout(soon, call(&client, Method::GET, Shape::Json));
    assert!(waiting.await.is_err());
    assert!(server.all_closed(5 * soon).await, "call");
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn web_pages_and_compressed_bodies_are_no_success() {
    let page = format!("<html>{TEXT}</html>");
    let html = Server::fixed(answer(200, "content-type: text/html; charset=utf-8\r\n", &page)).await;
    for shape in [Shape::Json, Shape::Empty, Shape::Events, Shape::Download] {
        let error = call(&client(html.url()), Method::GET, shape).await.unwrap_err();
        assert!(shown(&error).contains("media type text/html"), "{shape:?}: {error}");
        assert!(matches!(error, Error::Decode(_)), "{shape:?}: {error:?}");
    }
    let client = client(html.url());
    assert_eq!(*client.request(Method::GET, "/").receive_text().await.unwrap(), page);
    let wanted = client.request(Method::GET, "/").accept("text/html").receive_download().await.unwrap();
    assert_eq!(wanted.into_body().bytes().await.unwrap(), page);

    let gzip = Server::fixed(answer(200, "content-encoding: gzip\r\n", "x")).await;
    for shape in [Shape::Json, Shape::Text, Shape::Events, Shape::Download] {
        let error = call(&self::client(gzip.url()), Method::GET, shape).await.unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{shape:?}: {error:?}");
    }
}

#[tokio::test]
async fn wrong_json_says_where() {
    let server =
        Server::fixed(json_answer(&format!("{{\"results\":\n[{{\"content\":5,\"x\":\"{TEXT}\"}}]}}"))).await;
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code)]
    struct Page {
        results: Vec<Delta>,
    }
    let client = client(server.url());
    let error = client.request(Method::GET, "/x").receive_json::<Page>().await.unwrap_err();
    let text = shown(&error);
    assert!(
        text.starts_with("GET /x: cannot decode the answer at $.results[0].content: invalid type: integer"),
        "{text}"
    );
    let Error::Decode(decode) = error else { panic!() };
    assert!(decode.position().is_some_and(|(line, _)| line == 2) && decode.excerpt().contains(TEXT));
}

#[tokio::test]
async fn empty_answers() {
    let server = Server::fixed("HTTP/1.1 204 No Content\r\n\r\n").await;
    let client = client(server.url());
    let get = || client.request(Method::GET, "/");
    assert_eq!(get().receive_empty().await.unwrap().status(), 204);
    assert_eq!(*get().receive_json::<Option<i32>>().await.unwrap(), None);
    assert!(matches!(get().receive_json::<i32>().await, Err(Error::Decode(_))));
    assert_eq!(*get().receive_text().await.unwrap(), "");
    assert_eq!(server.connections(), 1, "the connection is used again");
}

#[tokio::test]
async fn bodies_have_caps() {
    let text = "x".repeat(5000);
    let long = format!("\"{text}\"");
    let declared = Server::fixed(json_answer(&long)).await;
    let undeclared =
        Server::fixed([chunked("application/json"), chunk(&long), b"0\r\n\r\n".to_vec()].concat()).await;
    let failed = Server::fixed(answer(400, "", &text)).await;
    let file = Server::fixed([chunked("text/csv"), chunk(&text), b"0\r\n\r\n".to_vec()].concat()).await;
    let small = |server: &Server| {
        builder(server.url())
            .max_body_size(1000)
            .max_error_body_size(1000)
            .max_event_size(1000)
            .max_download_size(1000)
            .build()
            .unwrap()
    };
    for (server, shape) in [
        (&declared, Shape::Json),
        (&undeclared, Shape::Json),
        (&undeclared, Shape::Text),
        (&undeclared, Shape::Events),
        (&file, Shape::Download),
    ] {
        let error = call(&small(server), Method::GET, shape).await.unwrap_err();
        assert!(matches!(&error, Error::TooLarge(large) if large.limit() == 1000), "{shape:?}: {error:?}");
        assert_eq!(call(&client(server.url()), Method::GET, shape).await.is_ok(), shape != Shape::Events);
    }
    let error = call(&small(&failed), Method::GET, Shape::Json).await.unwrap_err();
    let api = error.api().unwrap();
    assert!(api.is_body_truncated() && api.body().len() == 1000 && api.status() == 400);
}

#[tokio::test]
async fn json_cut_anywhere_is_never_a_success() {
    let body = r#"{"content":"text","done":true}"#;
    let mut runs = 0;
    let http = runtime::http_client_builder().build().unwrap();
    for whole in [
        json_answer(body),
        [chunked("application/json"), chunk(&body[..9]), chunk(&body[9..]), b"0\r\n\r\n".to_vec()].concat(),
        [until_close("application/json"), body.into()].concat(),
    ] {
        for end in [Step::Close, Step::Reset] {
            // The end of the last two bytes of the chunked one adds nothing.
            for cut in 0..whole.len() - 2 {
                let steps = vec![Step::Send(whole[..cut].to_vec()), end.clone()];
                let server = Server::start(move |_, _| steps.clone()).await;
                let retry = RetryPolicy::never();
                let client = builder(server.url()).retry(retry).http_client(http.clone()).build().unwrap();
                let result = client.request(Method::POST, "/").receive_json::<Value>().await;
                let error = result.expect_err(&format!("cut at {cut} of {}", whole.len()));
                shown(&error);
                assert!(matches!(error, Error::Transport(_) | Error::Decode(_)), "{error:?}");
                runs += 1;
            }
        }
    }
    println!("{runs} cuts");
}

#[tokio::test]
async fn downloads_are_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let files = || folder.path().read_dir().unwrap().count();
    let headers = "content-type: text/csv\r\ncontent-disposition: attachment; filename=\"../e x.csv\"\r\n";
    let whole = answer(200, headers, "a,b,c\n1,2,3\n");
    let server = Server::fixed(whole.clone()).await;
    let get = async |server: &Server| -> Download {
        let client = builder(server.url()).read_timeout(Duration::from_millis(100)).build().unwrap();
        client.request(Method::GET, "/f").receive_download().await.unwrap().into_body()
    };
    let download = get(&server).await;
    assert_eq!(
        (download.file_name(), download.length(), download.media_type()),
        (Some("e x.csv"), Some(12), Some("text/csv"))
    );
    let path = download.save_in(folder.path()).await.unwrap();
    assert_eq!(
        (path.file_name().unwrap().to_str(), std::fs::read(&path).unwrap()),
        (Some("e x.csv"), b"a,b,c\n1,2,3\n".to_vec())
    );

    let before = files();
    for end in [Step::Close, Step::Reset, Step::Stall] {
        for missing in [1, 5, 12] {
            let steps = vec![
                Step::Send(whole[..whole.len() - missing].to_vec()),
                Step::Pause(Duration::from_millis(20)),
                end.clone(),
            ];
            let server = Server::start(move |_, _| steps.clone()).await;
            let error = get(&server).await.save_to(&path).await.unwrap_err();
            shown(&error);
            assert_eq!((files(), std::fs::read(&path).unwrap().len()), (before, 12), "{end:?} {missing}");
            assert_eq!(server.requests().len(), 1, "never repeated");
        }
    }
}

#[tokio::test]
async fn pages_are_walked_on_our_own_server_only() {
    let other = Server::fixed(json_answer("null")).await;
    let link = format!("{}/list?cursor=two%20&key=x", other.url());
    let server = Server::start(move |_, request| {
        let page = match request.target() {
            "/api/list" => json!({"results": [1, 2], "next": link}),
            "/api/list?cursor=two%20" => json!({"results": [3], "next": null}),
            other => panic!("{other}"),
        };
        vec![Step::Send(json_answer(&page.to_string()))]
    })
    .await;
    #[derive(serde::Deserialize)]
    struct Page {
        results: Vec<i64>,
        next: Option<String>,
    }
    let client = client(format!("{}/api", server.url()));
    let client = &client;
    let items = Items::by_link("cursor", move |cursor: Option<String>| async move {
        let request = client.request(Method::GET, "/list").query("cursor", &cursor);
        let page = request.receive_json::<Page>().await?.into_body();
        Ok((page.results, page.next))
    });
    assert_eq!(items.into_vec().await.unwrap(), [1, 2, 3]);
    assert_eq!((server.requests().len(), other.connections()), (2, 0));
}

#[tokio::test]
async fn futures_can_cross_threads() {
    fn is_send<T: Send>(_: &T) {}
    let client = client("http://127.0.0.1:1");
    let request = || client.request(Method::GET, "/");
    is_send(&request().receive_json::<Value>());
    is_send(&request().receive_text());
    is_send(&request().receive_empty());
    is_send(&request().receive_events::<Delta>());
    is_send(&request().receive_download());
    is_send(&Download::from_bytes("").save_to("x"));
    is_send(&Download::from_bytes("").save_in("x"));
    is_send(&EventStream::<String>::from_iter([String::new()]).try_next());
}

#[cfg(feature = "tracing")]
mod tracing_events {
    use super::*;
    use std::fmt::{Debug, Write as _};
    use std::sync::Mutex;

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    /// Writes down every event of this crate and of those below it.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<String>>);

    struct Line<'a>(&'a mut String);

    impl Visit for Line<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            write!(self.0, " {field}={value:?}").unwrap();
        }
    }

    impl Subscriber for Log {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            let mut text = self.0.lock().unwrap();
            writeln!(text).unwrap();
            event.record(&mut Line(&mut text));
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[tokio::test]
    async fn attempts_are_told_without_secrets() {
        let body = format!("{{\"detail\":\"{TEXT}\"}}");
        let server = Server::start(move |number, _| {
            vec![Step::Send(if number == 0 { answer(503, "", &body) } else { json_answer("null") })]
        })
        .await;
        let log = Log::default();
        let guard = tracing::subscriber::set_default(log.clone());
        let client = builder(server.url()).credential("Query", KEY).build().unwrap();
        let request = client.request(Method::GET, "/a/{id}").path("id", TEXT).auth(&[&["Key", "Query"]]);
        request.query("q", TEXT).receive_empty().await.unwrap();
        drop(guard);
        let text = log.0.lock().unwrap().clone();
        assert!(
            text.contains("attempt failed, will be repeated") && text.contains("path=\"/a/{id}\""),
            "{text}"
        );
        assert!(text.contains("call succeeded") && !text.contains("canary"), "{text}");
    }
}
