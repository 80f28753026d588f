//! A running server, from settings to the end.
//!
//! Comes in: settings. Goes out: a server that answers by the time it is returned, and what a client needs to
//! know of it. Must not: outlive its value.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use maiagent::models::{ChatbotId, InboxId, WebChatId};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::seen::{Journal, Report, Seen};
use crate::serve::{Page, Shared, app, serve};
use crate::state::{MOST_BYTES, State};
use crate::storage;
use crate::trouble::{Script, Trouble};
use crate::webhook::{Delivered, ReportDelivery, Target, WAITING, WebhookTrouble, deliver};
use crate::{auth, browser};

/// A server on this machine. It stops, with all its connections, when this is dropped.
///
/// It runs on the tokio runtime that it was started on, so code under test must not block that runtime's
/// only thread.
pub struct Mock {
    address: SocketAddr,
    state: State,
    shared: Shared,
    task: JoinHandle<()>,
    storage: SocketAddr,
    /// The storage, and who posts answers, if somebody does.
    helpers: Vec<JoinHandle<()>>,
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
            report_delivery: None,
            body_timeout: BODY_TIMEOUT,
            storage_port: 0,
            most_bytes: MOST_BYTES,
            webhook: None,
            webhook_pause: Duration::from_secs(1),
            webhook_trouble: None,
            page: false,
            names: Vec::new(),
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

    /// The storage that files go to and come from, such as `http://127.0.0.1:40124`. It is a server of its own, as it is
    /// for the real service, and refuses a key.
    pub fn storage_url(&self) -> String {
        reachable(self.storage)
    }

    /// The page for a browser, such as `http://127.0.0.1:40123/`, if it was [asked for](MockBuilder::page).
    pub fn page_url(&self) -> String {
        format!("{}/", reachable(self.address))
    }

    /// The key that it wants to see, `mock-key` unless set otherwise.
    pub fn key(&self) -> &str {
        &self.shared.key
    }

    /// The first assistant that it knows. This and the other ids are the same in every mock.
    pub fn chatbot_id(&self) -> ChatbotId {
        self.state.chatbot_id()
    }

    /// The inbox of that assistant's web chat.
    pub fn inbox_id(&self) -> InboxId {
        self.state.inbox_id()
    }

    /// That web chat.
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
        self.shared.script.replace(Vec::new());
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
        self.helpers.iter().for_each(JoinHandle::abort);
        _ = (&mut self.task).await;
        for helper in &mut self.helpers {
            _ = helper.await;
        }
    }
}

/// Listens, or says where it cannot.
async fn listen(what: &str, host: IpAddr, port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((host, port)).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen{what} on {host}, port {port}: {error}"))
    })
}

/// The address of a server that listens there. Where it listens everywhere, this machine is meant.
fn reachable(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
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
        self.helpers.iter().for_each(JoinHandle::abort);
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
    report_delivery: Option<ReportDelivery>,
    body_timeout: Duration,
    storage_port: u16,
    most_bytes: u64,
    webhook: Option<String>,
    webhook_pause: Duration,
    webhook_trouble: Option<WebhookTrouble>,
    page: bool,
    names: Vec<String>,
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

    /// The key that clients must send: visible characters of ASCII, with blanks only within.
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

    /// Calls `report` after each attempt to post an answer to the webhook, with the time that it took.
    pub fn on_delivery(mut self, report: impl Fn(&Delivered, Duration) + Send + Sync + 'static) -> Self {
        self.report_delivery = Some(Arc::new(report));
        self
    }

    /// How long the body of a request may take to arrive, 30 seconds unless set; then the answer is 408.
    pub fn body_timeout(mut self, limit: Duration) -> Self {
        self.body_timeout = limit;
        self
    }

    /// The port that the storage listens on; 0, which is the default, means any free one.
    pub fn storage_port(mut self, port: u16) -> Self {
        self.storage_port = port;
        self
    }

    /// The most bytes that a file may have, 32 MiB unless set. The documents name no limit.
    pub fn max_file_size(mut self, bytes: u64) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Where answers to messages are posted, over plain HTTP. Without one, messages stay without an answer.
    ///
    /// What is not answered by 200 is posted again, six times in all, after pauses that grow.
    pub fn webhook(mut self, url: impl Into<String>) -> Self {
        self.webhook = Some(url.into());
        self
    }

    /// The pause before an answer is posted a second time, 1 second unless set; each one after that is twice as long.
    pub fn webhook_pause(mut self, pause: Duration) -> Self {
        self.webhook_pause = pause;
        self
    }

    /// Something that goes wrong with everything that is posted to the webhook.
    pub fn webhook_trouble(mut self, trouble: WebhookTrouble) -> Self {
        self.webhook_trouble = Some(trouble);
        self
    }

    /// Serves a page for a browser at `/`, and what it needs below `/_mock/`. The program has it unless told otherwise; here
    /// it is off unless asked for, since it remembers headers and bodies of the newest requests.
    ///
    /// It can be reached by address and as `localhost`, by other names only where they are
    /// [allowed](Self::allow_host). Where only this machine can reach it, it knows the key; elsewhere it asks for it.
    ///
    /// Its reference is there with the feature `viewer`, which is on by default.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let mock = maiagent_mock::Mock::builder().page().start().await?;
    /// println!("open {} in a browser", mock.page_url());
    /// # Ok(())
    /// # }
    /// ```
    pub fn page(mut self) -> Self {
        self.page = true;
        self
    }

    /// A name of the host, such as `devbox.lan`, by which the page can be reached, too. It then asks for the key: who else
    /// can reach it is not known here. The API answers by all names.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Starts. The server answers from now on.
    ///
    /// # Errors
    ///
    /// When it cannot listen there, for example because a port is taken, when nothing can be posted to the webhook's
    /// address, when the name of a host is none, or when no client could send the key.
    pub async fn start(self) -> io::Result<Mock> {
        if !auth::is_key(&self.key) {
            let problem = "the key must be visible characters of ASCII, with blanks only within; no client could send another";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        if let Some(name) = self.names.iter().find(|name| !browser::is_name(name)) {
            let problem = format!("`{name}` is not the name of a host alone, such as `devbox.lan`");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let target = |url| Target::new(url, self.webhook_pause, self.webhook_trouble);
        let target = self.webhook.as_deref().map(target).transpose()?;
        let target = target.map(|target| target.reporting(self.report_delivery));
        let listener = listen("", self.host, self.port).await?;
        let address = listener.local_addr()?;
        let storage_listener = listen(" for the storage", self.host, self.storage_port).await?;
        let storage = storage_listener.local_addr()?;
        let state = State::with_most_bytes(self.pace, self.most_bytes);
        if self.seed {
            state.seed();
        }
        let shared = Shared {
            key: self.key.into(),
            script: Arc::new(Script::new(self.troubles)),
            journal: Arc::new(Journal::new(self.report)),
            body_timeout: self.body_timeout,
            page: match (self.page, address.ip().is_loopback() && self.names.is_empty()) {
                (false, _) => Page::Absent,
                (true, true) => Page::GivesKey,
                (true, false) => Page::AsksForKey,
            },
            names: self.names.into(),
        };
        let (stop, stopped) = watch::channel(false);
        let mut helpers =
            vec![tokio::spawn(serve(storage_listener, storage::app(state.clone()), stopped.clone()))];
        let courier = target.map(|target| {
            let (courier, waiting) = mpsc::channel(WAITING);
            helpers.push(tokio::spawn(deliver(target, state.clone(), waiting)));
            courier
        });
        let everywhere = storage.ip().is_unspecified().then_some(storage.port());
        state.connect(reachable(storage), everywhere, courier);
        let task = tokio::spawn(serve(listener, app(state.clone(), &shared, &stopped), stopped));
        Ok(Mock { address, state, shared, task, storage, helpers, stop })
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
