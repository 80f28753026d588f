//! The service that the tests call, the shapes of its calls, and what they say when they fail.

use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use runtime::reqwest::dns::{Addrs, Name, Resolve, Resolving};
use runtime::wire::Value;
use runtime::{
    AuthScheme, Client, ClientBuilder, Error, EventStream, Items, Method, RequestBuilder, Response, Result,
    RetryPolicy, Service, StreamError, StreamEvent, TimeoutPhase, http_client_builder, reqwest,
};
use serde_json::json;

pub const KEY: &str = "canary-key";
pub const TEXT: &str = "canary-text";

pub struct Sample;

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
pub struct Delta {
    pub content: String,
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
pub fn builder(url: impl Into<String>) -> ClientBuilder<Sample> {
    let retry = RetryPolicy::default().base(Duration::ZERO);
    Client::builder().api_key(KEY).base_url(url).allow_plain_http_to("service.test").retry(retry)
}

pub fn client(url: impl Into<String>) -> Client<Sample> {
    builder(url).build().unwrap()
}

/// Finds every name on loopback, and counts the connections that are tried: each asks once.
#[derive(Clone, Default)]
pub struct Names(Arc<AtomicUsize>);

impl Names {
    /// Settings of an HTTP client that asks here. It has no certificates: reading them takes longer than most
    /// tests.
    pub fn http(&self) -> reqwest::ClientBuilder {
        http_client_builder().tls_certs_only([]).no_proxy().dns_resolver(self.clone())
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(Box::new([SocketAddr::from(([127, 0, 0, 1], 0))].into_iter()) as Addrs) })
    }
}

/// The shapes of calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    Json,
    Text,
    Empty,
    Events,
    Pages,
    Download,
}

pub const SHAPES: [Shape; 6] =
    [Shape::Json, Shape::Text, Shape::Empty, Shape::Events, Shape::Pages, Shape::Download];

#[derive(Debug, serde::Deserialize)]
pub struct Page {
    results: Vec<String>,
    next: Option<String>,
}

/// Makes a call and reads its answer to the end.
pub async fn call(client: &Client<Sample>, method: Method, shape: Shape) -> Result<()> {
    let request = || client.request(method.clone(), "/things/{id}/").path("id", TEXT);
    match shape {
        Shape::Json => request().receive_json::<Value>().await.map(drop),
        Shape::Text => request().receive_text().await.map(drop),
        Shape::Empty => request().receive_empty().await.map(drop),
        Shape::Events => {
            let mut events = request().receive_events::<Delta>().await?.into_body();
            while events.try_next().await?.is_some() {}
            Ok(())
        }
        Shape::Pages => pages(request).into_vec().await.map(drop),
        Shape::Download => request().receive_download().await?.into_body().bytes().await.map(drop),
    }
}

/// Walks the pages that `request` asks for.
pub fn pages<'a>(request: impl Fn() -> RequestBuilder<'a> + Send + Sync + 'a) -> Items<'a, String> {
    Items::by_link("cursor", move |cursor: Option<String>| {
        let request = request().query("cursor", &cursor);
        async {
            let page = request.receive_json::<Page>().await?.into_body();
            Ok((page.results, page.next))
        }
    })
}

/// How a call ended, in a word or two.
pub fn kind<T>(result: &Result<T>) -> &'static str {
    let Err(error) = result else { return "ok" };
    shown(error);
    match error {
        Error::Api(_) => "status",
        Error::Redirect(_) => "redirect",
        Error::Connect(_) => "connect",
        Error::Tls(_) => "tls",
        Error::Timeout { phase: TimeoutPhase::Connect, .. } => "connect timeout",
        Error::Timeout { phase: TimeoutPhase::Read, .. } => "read timeout",
        Error::Timeout { phase: TimeoutPhase::Total, .. } => "total timeout",
        Error::Transport(_) => "transport",
        Error::Decode(_) => "decode",
        Error::Stream { error: StreamError::Truncated, .. } => "truncated",
        Error::Stream { error: StreamError::ErrorEvent(_), .. } => "error event",
        Error::Stream { error: StreamError::InvalidEvent(_), .. } => "invalid",
        Error::Stream { error: StreamError::EventTooLarge { .. }, .. } => "large event",
        Error::TooLarge(_) => "large",
        other => panic!("{other:?}"),
    }
}

/// Everything that an error shows.
pub fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    assert!(!text.contains("canary"), "{text}");
    text
}

pub const A: &str = "data: {\"content\":\"a\"}\n\n";
pub const END: &str = "data: {\"content\":\"b\",\"done\":true}\n\n";

pub async fn open(client: &Client<Sample>) -> Result<EventStream<Delta>> {
    client.request(Method::POST, "/stream").json(&json!({})).receive_events().await.map(Response::into_body)
}

/// The text of all events, and how the stream ended.
pub async fn read(events: &mut EventStream<Delta>) -> (String, Result<()>) {
    let mut text = String::new();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => text.push_str(&event.content),
            Ok(None) => return (text, Ok(())),
            Err(error) => return (text, Err(error)),
        }
    }
}
