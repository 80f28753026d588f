//! A key and the text of a message belong in no error, no log and no `Debug` of what the client is made of.
//!
//! Models, and the events of the decoder below, are the user's own data: their derived `Debug` shows what is in them,
//! and so does that of an answer that holds one. Nothing here prints a model by itself. A body stays within reach of code, through methods.

use crate::operations::{CALLS, TEXT};
use crate::raw::{self, Raw};
use maiagent::models::*;
use maiagent::params::*;
use maiagent::runtime::{
    self, Body, ConfigError, Method, RetryPolicy, StreamError, TimeoutPhase, http_client_builder, reqwest,
};
use maiagent::{Api, Client, Download, Error, EventStream, Items};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::{Debug, Write};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

const KEY: &str = "canary-key-secrets";

/// Everything that an error shows.
#[track_caller]
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        _ = write!(text, " {cause} {cause:?}");
        source = cause.source();
    }
    assert!(!text.contains("canary"), "{text}");
    text
}

/// What a server does to make a call fail. Every piece of it that can carry text carries a canary.
fn trouble(name: &str) -> Vec<u8> {
    const HEADERS: &str = "X-Trace: canary\r\nSet-Cookie: canary=canary\r\n";
    const JSON: &str = "Content-Type: application/json; name=canary\r\n";
    let json = |body: &str| raw::answer(200, &format!("{HEADERS}{JSON}"), body);
    let events = |body: &str| raw::answer(200, "Content-Type: text/event-stream; name=canary\r\n", body);
    match name {
        "redirect" => raw::answer(
            307,
            "Location: https://canary:canary@host.example/canary?canary#canary\r\n",
            "canary",
        ),
        "not HTTP" => b"canary canary canary\r\nConnection: close\r\n\r\n".to_vec(),
        "bad header" => b"HTTP/1.1 200 canary\r\ncanary\0canary\r\nConnection: close\r\n\r\ncanary".to_vec(),
        "closed" => b"HTTP/1.1 200 canary\r\nConnection: close".to_vec(),
        "cut" => b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{\"canary\": \"canary"
            .to_vec(),
        "cut chunk" => {
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n9\r\ncanary".to_vec()
        }
        "web page" => raw::answer(200, "Content-Type: text/html; charset=canary\r\n", "<p>canary</p>"),
        "compressed" => raw::answer(200, &format!("{JSON}Content-Encoding: canary\r\n"), "canary"),
        "text" => json("canary"),
        "string" => json("\"canary\""),
        "wrong types" => json(
            r#"{"results":{"canary":1},"content":["canary"],"conversationId":"canary","id":{"canary":0}}"#,
        ),
        "unknown variant" => {
            json(r#"{"results":["canary, expected canary"],"id":["inside $canary: canary"],"content":7}"#)
        }
        "duplicate" => json(
            r#"{"results":"canary","results":"canary","id":"canary","id":"canary","content":"","content":""}"#,
        ),
        "long" => json(&format!("{{\"canary\":\"{}\"}}", "canary".repeat(1000))),
        "bad event" => events("data: {\"content\": [\"canary\"]}\n\n"),
        "text event" => events("event: canary\nid: canary\ndata: canary\n\n"),
        "endless event" => events(&format!("data: {}\n\n", "canary".repeat(1000))),
        "cut event" => events("data: {\"content\": \"canary\"}\n\ndata: canary"),
        "next without cursor" => {
            json(r#"{"results":[],"next":"https://canary.example/canary?canary=canary"}"#)
        }
        "same page" => json(r#"{"results":[],"next":"?cursor=canary&page=2"}"#),
        "silent" => Vec::new(),
        status => raw::answer(status.parse().unwrap(), HEADERS, "{\"detail\": \"canary\"}"),
    }
}

const TROUBLES: [&str; 29] = [
    "400",
    "401",
    "403",
    "404",
    "408",
    "418",
    "422",
    "429",
    "500",
    "503",
    "redirect",
    "not HTTP",
    "bad header",
    "closed",
    "cut",
    "cut chunk",
    "web page",
    "compressed",
    "text",
    "string",
    "wrong types",
    "unknown variant",
    "duplicate",
    "long",
    "bad event",
    "text event",
    "endless event",
    "cut event",
    "next without cursor",
];

/// The kind of an error, and whether it must say in which call it happened.
fn kind(error: &Error) -> (&'static str, bool) {
    match error {
        Error::Api(_) => ("api", true),
        Error::Redirect(_) => ("redirect", true),
        Error::Connect(_) => ("connect", true),
        Error::Timeout { phase: TimeoutPhase::Connect, .. } => ("timeout connect", true),
        Error::Timeout { phase: TimeoutPhase::Total, .. } => ("timeout total", true),
        Error::Timeout { .. } => ("timeout read", true),
        Error::Transport(_) => ("transport", true),
        Error::Decode(_) => ("decode", true),
        Error::Stream { error: StreamError::Truncated, .. } => ("truncated", true),
        Error::Stream { error: StreamError::EventTooLarge { .. }, .. } => ("event too large", true),
        Error::Stream { error: StreamError::InvalidEvent(_), .. } => ("invalid event", true),
        Error::Stream { error: StreamError::ErrorEvent(_), .. } => ("error event", true),
        Error::Page { .. } => ("page", true),
        Error::TooLarge(_) => ("too large", true),
        Error::Input(_) => ("input", true),
        Error::MissingCredential { .. } => ("missing credential", true),
        Error::Config { .. } => ("config", true),
        Error::Io(_) => ("io", true),
        _ => ("other", false),
    }
}

/// All kinds but the last, which say what a decorator wants them to say.
const KINDS: usize = 18;

#[tokio::test]
async fn no_failure_shows_a_key_or_a_text() {
    let log = Log::listen();
    let server = Raw::start(|request| {
        let name = request.split(['/', ' ']).nth(2).unwrap().replace('_', " ");
        trouble(&name)
    })
    .await;
    let http = http_client_builder().build().unwrap();
    let client = |name: &str| {
        let url = format!("{}/{}", server.url(), name.replace(' ', "_"));
        let client = Client::builder().api_key(KEY).base_url(url).http_client(http.clone());
        client.retry(RetryPolicy::default().max_retries(1).base(Duration::ZERO))
    };
    let mut count = 0;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut check = |error: Error, place: &str| {
        let text = shown(&error);
        let (kind, has_operation) = kind(&error);
        // The file of a fake comes from no call, and a client is built before there is one.
        let is_fake = place == "before sending" && matches!(kind, "too large" | "io" | "config");
        assert_eq!(error.operation().is_some(), has_operation && !is_fake, "{place}: {text}");
        assert!(error.operation().is_none_or(|operation| text.contains(&operation.to_string())), "{text}");
        if let Error::Api(error) = &error {
            assert!(
                error.body_text().contains("canary") && error.headers().contains_key("x-trace"),
                "{place}"
            );
        }
        *kinds.entry(kind).or_default() += 1;
        count += 1;
    };
    let nowhere = "http://127.0.0.1:1";
    let short = Duration::from_millis(20);
    for (name, call) in CALLS {
        for trouble in TROUBLES {
            let small = client(trouble).max_body_size(4000).max_event_size(1000).max_download_size(4000);
            match call(&small.build().unwrap()).await {
                Err(error) => check(error, &format!("{name} {trouble}")),
                // A download takes every good answer for a file, and where nothing is required little is wrong.
                Ok(()) => assert!(!trouble.starts_with(char::is_numeric), "{name} {trouble}"),
            }
        }
        if name.ends_with("_items") {
            check(call(&client("same page").build().unwrap()).await.unwrap_err(), name);
        }
        let silent = || client("silent").retry(RetryPolicy::never());
        check(call(&silent().read_timeout(short).build().unwrap()).await.unwrap_err(), name);
        check(call(&silent().timeout(short).build().unwrap()).await.unwrap_err(), name);
        let refused = client("").base_url(nowhere).build().unwrap();
        check(call(&refused).await.unwrap_err(), name);
        let without_key = Client::builder().base_url(server.url()).http_client(http.clone()).build().unwrap();
        check(call(&without_key).await.unwrap_err(), name);
    }
    // The system accepts the connection, and nobody says a word of TLS.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", mute.local_addr().unwrap());
    let slow = http_client_builder().connect_timeout(short).build().unwrap();
    let client = Client::builder().api_key(KEY).base_url(url).http_client(slow).retry(RetryPolicy::never());
    let client = client.build().unwrap();
    for (name, call) in CALLS {
        check(call(&client).await.unwrap_err(), name);
    }
    for error in errors_before_sending(&client).await {
        check(error, "before sending");
    }
    assert_eq!(kinds.len(), KINDS, "{kinds:?}");
    let lines = log.take();
    assert!(lines.len() > count / 2 && lines.iter().any(|line| line.contains("attempt failed")));
    for line in &lines {
        assert!(!line.contains("canary"), "{line}");
    }
    println!("{count} failures of {} kinds, {} lines of logs: {kinds:?}", kinds.len(), lines.len());
}

/// What fails because of what the caller passed.
async fn errors_before_sending(client: &Client) -> Vec<Error> {
    let mut errors = Vec::new();
    for id in ["../canary", "canary\n", "canary/..", "\0canary"] {
        errors.push(client.get_conversation(&id.into()).await.unwrap_err());
    }
    errors.push(client.get_conversation(&"canary".repeat(20_000).into()).await.unwrap_err());
    let build = |builder: runtime::ClientBuilder<maiagent::Maiagent>| builder.build().unwrap_err();
    for key in ["canary\n", "canary\0", "canary\u{7f}", " "] {
        errors.push(build(Client::builder().api_key(key)));
    }
    for url in
        ["canary", "canary://host", "http://canary:canary@host", "http://host/?canary", "http://canary host/"]
    {
        errors.push(build(Client::builder().api_key(KEY).base_url(url)));
    }
    errors.push(build(Client::builder().api_key(KEY).user_agent_suffix("canary\n")));
    errors.push(build(Client::builder().credential("Unknown", KEY)));
    let failed = reqwest::Client::builder().user_agent("canary\n").build().unwrap_err();
    errors.push(ConfigError::HttpClient(failed.without_url().into()).into());
    let file = || Download::from_bytes(KEY);
    errors.push(file().save_to("/nowhere/at/all").await.unwrap_err());
    errors.push(file().with_limit(3).bytes().await.unwrap_err());
    errors
}

#[test]
fn nothing_prints_what_it_carries() {
    let shows = |what: &dyn Debug| {
        let text = format!("{what:?} {what:#?}");
        assert!(!text.contains("canary"), "{text}");
        text.len()
    };
    let builder = Client::builder().api_key(KEY).base_url("https://host").user_agent_suffix("canary");
    let mut lengths = vec![shows(&builder)];
    let client = builder.build().unwrap();
    lengths.push(shows(&client));
    lengths.push(shows(&client.clone()));
    let request = client.request(Method::POST, "/a/{b}/").path("b", TEXT).query("c", TEXT).header("d", TEXT);
    let request = request.cookie("e", TEXT).json(TEXT).form(TEXT).bytes("f/g", TEXT);
    lengths.push(shows(&request));
    lengths.push(shows(&Body::from(TEXT)));
    let event: CompletionEvent = serde_json::from_value(serde_json::json!({ "content": TEXT })).unwrap();
    lengths.push(shows(&EventStream::from_iter([event])));
    lengths.push(shows(&client.all_messages(&ListMessages::new(TEXT).cursor(TEXT))));
    lengths.push(shows(&client.all_conversations(&ListConversations::new(TEXT).keyword(TEXT))));
    lengths.push(shows(&client.all_records(&TEXT.into(), &ListRecords::default())));
    lengths.push(shows(&Items::from_iter([TEXT])));
    lengths.push(shows(&Download::from_bytes(TEXT)));
    lengths.push(shows(&runtime::Response::from(Download::from_bytes(TEXT))));
    lengths.push(shows(&runtime::Response::new(
        runtime::StatusCode::OK,
        runtime::HeaderMap::from_iter([(runtime::http::header::SET_COOKIE, TEXT.parse().unwrap())]),
        (),
    )));
    let error = Error::with_status(400, &serde_json::json!({ "detail": TEXT }));
    lengths.push(shows(&error));
    lengths.push(shows(error.api().unwrap()));
    lengths.push(shows(&error.api().unwrap().json::<u8>().unwrap_err()));
    lengths.push(shows(&maiagent::Maiagent));
    // What is the user's own is shown.
    assert!(format!("{:?}", CompletionRequest::new(MessageInput::new(TEXT))).contains(TEXT));
    assert!(format!("{:?}", ErrorDetail::new(TEXT)).contains(TEXT));
    println!("{} values printed", lengths.len());
}

/// Collects what the client and the libraries below it write to logs, through `tracing` and through `log`.
struct Log {
    _listening: tracing::subscriber::DefaultGuard,
    /// With one subscriber alone, a thread without any could switch an event off for all.
    _second: tracing::Dispatch,
}

thread_local! {
    /// What this thread wrote while it was listened to; other tests have threads of their own.
    static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

fn keep(line: String) {
    LINES.with_borrow_mut(|lines| lines.iter_mut().for_each(|lines| lines.push(line.clone())));
}

impl Log {
    fn listen() -> Self {
        LINES.set(Some(Vec::new()));
        log::set_logger(&Lines).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        let second = tracing::Dispatch::new(Lines);
        Self { _listening: tracing::subscriber::set_default(Lines), _second: second }
    }

    fn take(&self) -> Vec<String> {
        log::set_max_level(log::LevelFilter::Off);
        LINES.take().unwrap_or_default()
    }
}

struct Lines;

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        keep(format!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut line = Line(String::new());
        attributes.record(&mut line);
        keep(line.0);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        keep(line.0);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        keep(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The fields of an event.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

/// What the document marks with `x-secret` or `format: password`.
#[test]
fn models_do_not_show_secrets() {
    let fields = BTreeMap::from([("policy".to_owned(), "canary".to_owned())]);
    let upload = PresignedUpload::new(fields, "https://storage.example");
    let mut record = WebhookRecord::new("r1");
    record.url = Some("https://canary.example/canary".to_owned());
    let account = echo::models::AccountRequest::new("Ada", "canary")
        .parent(echo::models::AccountRequest::new("Bo", "canary"));
    for (text, seen) in [
        (format!("{upload:?} {upload:#?}"), "https://storage.example"),
        (format!("{record:?} {:?}", Some(&record)), "r1"),
        (format!("{account:?}"), "Bo"),
    ] {
        assert!(text.contains(seen) && text.contains("[redacted]"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
    assert_eq!(
        serde_json::to_value(&upload).unwrap()["fields"]["policy"],
        "canary",
        "it is sent all the same"
    );
}
