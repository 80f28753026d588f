//! A running server, from settings to the end.
//!
//! Comes in: settings. Goes out: a server that answers by the time it is returned, and what a client needs to
//! know of it. Must not: outlive its value.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use maiagent::models::{ChatbotId, InboxId, WebChatId};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::seen::{Journal, Report, Seen};
use crate::serve::{Shared, app, serve};
use crate::state::State;
use crate::trouble::{Script, Trouble};

/// A server on this machine. It stops, with all its connections, when this is dropped.
///
/// It runs on the tokio runtime that it was started on, so code under test must not block that runtime's
/// only thread.
pub struct Mock {
    address: SocketAddr,
    state: State,
    shared: Shared,
    task: JoinHandle<()>,
    /// Set when it should come to an end.
    stop: watch::Sender<bool>,
}

impl Mock {
    /// Starts on a free port of 127.0.0.1 with empty tables; replies come at once.
    ///
    /// # Errors
    ///
    /// When there is no port to listen on.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Settings to change before it starts.
    pub fn builder() -> MockBuilder {
        MockBuilder {
            host: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            key: "mock-key".to_owned(),
            pace: Duration::ZERO,
            seed: false,
            troubles: Vec::new(),
            report: None,
            body_timeout: BODY_TIMEOUT,
        }
    }

    /// The base URL of the unversioned routes, such as `http://127.0.0.1:40123/api`.
    pub fn url(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// The base URL of the routes of version 1, such as `http://127.0.0.1:40123/api/v1`.
    pub fn url_v1(&self) -> String {
        format!("{}/v1", self.url())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that it wants to see, `mock-key` unless set otherwise.
    pub fn key(&self) -> &str {
        &self.shared.key
    }

    /// The one assistant that it knows. This and the other ids are the same in every mock.
    pub fn chatbot_id(&self) -> ChatbotId {
        self.state.chatbot_id()
    }

    /// The one inbox that it knows.
    pub fn inbox_id(&self) -> InboxId {
        self.state.inbox_id()
    }

    /// The one web chat that it knows.
    pub fn web_chat_id(&self) -> WebChatId {
        self.state.web_chat_id()
    }

    /// What it remembers. As an [`Api`](maiagent::Api), it can be asked without HTTP.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The requests so far, oldest first; at most the newest 10,000.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.journal.requests()
    }

    /// Adds trouble behind what is scripted already.
    pub fn trouble(&self, trouble: Trouble) {
        self.shared.script.add(trouble);
    }

    /// Forgets all trouble that is still to come.
    pub fn clear_trouble(&self) {
        self.shared.script.clear();
    }

    /// Stops when the answers that are being given have ended, but after `grace` at the latest. It takes no more
    /// connections from now on, and closes those on which nobody waits for an answer. Returns whether all answers came to
    /// their end.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use std::time::Duration;
    ///
    /// let mock = maiagent_mock::Mock::start().await?;
    /// assert!(mock.shut_down(Duration::from_secs(5)).await);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shut_down(mut self, grace: Duration) -> bool {
        self.stop.send_replace(true);
        tokio::time::timeout(grace, &mut self.task).await.is_ok()
    }

    /// Stops at once, and returns when the port is free again.
    pub async fn stop(mut self) {
        self.task.abort();
        _ = (&mut self.task).await;
    }
}

/// Prints no key.
impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock")
            .field("address", &self.address)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Settings of a mock.
#[must_use]
pub struct MockBuilder {
    host: IpAddr,
    port: u16,
    key: String,
    pace: Duration,
    seed: bool,
    troubles: Vec<Trouble>,
    report: Option<Report>,
    body_timeout: Duration,
}

/// A client that takes longer to send a body holds a connection that others may wait for.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

impl MockBuilder {
    /// The address to listen on, 127.0.0.1 unless set. On any other, others may be able to reach it.
    pub fn host(mut self, host: impl Into<IpAddr>) -> Self {
        self.host = host.into();
        self
    }

    /// The port to listen on; 0, which is the default, means any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The key that clients must send.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// How long to wait before each piece of a streamed reply. A reply that is not streamed comes at once.
    pub fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Starts with a few conversations, messages and records.
    pub fn seed(mut self) -> Self {
        self.seed = true;
        self
    }

    /// Adds something that goes wrong. Troubles happen in the order they are added.
    pub fn trouble(mut self, trouble: Trouble) -> Self {
        self.troubles.push(trouble);
        self
    }

    /// Calls `report` when an answer has ended or its client has gone, with the time since the request came.
    pub fn on_request(mut self, report: impl Fn(&Seen, Duration) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// How long the body of a request may take to arrive, 30 seconds unless set; then the answer is 408.
    pub fn body_timeout(mut self, limit: Duration) -> Self {
        self.body_timeout = limit;
        self
    }

    /// Starts. The server answers from now on.
    ///
    /// # Errors
    ///
    /// When it cannot listen there, for example because the port is taken.
    pub async fn start(self) -> io::Result<Mock> {
        let listener = TcpListener::bind((self.host, self.port)).await?;
        let address = listener.local_addr()?;
        let state = State::new(self.pace);
        if self.seed {
            state.seed();
        }
        let shared = Shared {
            key: self.key.into(),
            script: Arc::new(Script::new(self.troubles)),
            journal: Arc::new(Journal::new(self.report)),
            body_timeout: self.body_timeout,
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve(listener, app(state.clone(), &shared), stopped));
        Ok(Mock { address, state, shared, task, stop })
    }
}

/// Prints no key.
impl fmt::Debug for MockBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockBuilder")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("pace", &self.pace)
            .field("seed", &self.seed)
            .field("troubles", &self.troubles)
            .finish_non_exhaustive()
    }
}
