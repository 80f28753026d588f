//! From a listener to answers.
//!
//! Comes in: a listener and what to answer from. Goes out: HTTP/1.1. Must not: have an operation of its own, or
//! leave a connection open when it is dropped.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::feed::Feed;
use crate::seen::Journal;
use crate::state::State;
use crate::trouble::Script;
use crate::{auth, browser, feed, origin, seen, trouble};

/// More connections wait until others close. None can stay for long without doing anything: heads, bodies and idling have
/// limits.
const MAX_CONNECTIONS: usize = 8192;

/// How long a connection may be idle, or take to send the head of a request.
const IDLE: Duration = Duration::from_secs(60);

/// What a body may have around a file.
const AROUND_A_FILE: usize = 64 << 10;

/// Bodies without files may be this large, however small files must be.
const MIN_BODY: usize = 10 << 20;

/// How long to wait when the system has no more connections to give.
const PAUSE: Duration = Duration::from_millis(50);

/// What the layers need.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) key: Arc<str>,
    pub(crate) script: Arc<Script>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) body_timeout: Duration,
    /// Whether there is a page for a browser, and whether it gives the key to whoever reaches it.
    pub(crate) page: Page,
    /// Names of hosts by which the page can be reached, beside addresses and `localhost`.
    pub(crate) names: Arc<[String]>,
}

/// The page for a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// There is none.
    Absent,
    /// It asks for the key.
    AsksForKey,
    /// It knows the key.
    GivesKey,
}

/// The document that the routes are generated from, for tools that want to read it from the server.
pub(crate) const DOCUMENT: &str = include_str!("../openapi.yaml");

/// The generated routes and the layers around them; the last one is the outermost. The document is there without a key.
pub(crate) fn app(state: State, shared: &Shared, stop: &watch::Receiver<bool>) -> Router {
    let document = || async { ([(CONTENT_TYPE, "application/yaml")], DOCUMENT) };
    // A file comes with a few lines around it.
    let most = usize::try_from(state.most_bytes()).unwrap_or(usize::MAX).saturating_add(AROUND_A_FILE);
    let api = maiagent::server::routes(state)
        .max_body_size(most.max(MIN_BODY))
        .body_timeout(shared.body_timeout)
        .into_router()
        .layer(from_fn_with_state(shared.key.clone(), auth::layer))
        .route("/openapi.yaml", get(document))
        .layer(axum::middleware::from_fn(origin::layer))
        .layer(from_fn_with_state(shared.script.clone(), trouble::layer))
        .layer(from_fn_with_state(shared.journal.clone(), seen::layer));
    match shared.page {
        Page::Absent => api,
        // Around the API: it takes part in neither trouble nor lists of requests.
        page => {
            let feed = Arc::new(Feed::new(&shared.key));
            let api = api.layer(from_fn_with_state(feed.clone(), feed::layer));
            let page = browser::Parts { shared, feed, stop, gives_key: page == Page::GivesKey };
            browser::routes(page).fallback_service(api)
        }
    }
}

/// Answers until it is dropped; then all connections are closed at once. When `stop` says so, it takes no more connections,
/// closes those that are idle, and returns when the last answer has ended.
pub(crate) async fn serve(listener: TcpListener, app: Router, stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let mut told = pin!(told(stop.clone()));
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => _ = connections.spawn(converse(stream, app.clone(), stop.clone())),
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
            () = &mut told => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Waits until it is told to stop.
async fn told(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Nobody is left who could say so.
        std::future::pending().await
    }
}

async fn converse(stream: TcpStream, app: Router, stop: watch::Receiver<bool>) {
    // Events are small; none must wait for the next.
    _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(app);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // It fails when a client goes away, or when a script wants it to.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = told(stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    _ = connection.await;
}
