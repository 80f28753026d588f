//! A server on loopback that answers byte by byte as a test tells it, misbehaviour included, and keeps what
//! it was asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

/// What the server does when a request has come in.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    /// Sends it again and again, as long as the client listens.
    Repeat(Vec<u8>),
    Pause(Duration),
    /// Goes on when the test calls [`Server::resume`].
    Wait(Arc<Notify>),
    /// Says that everything before it has been handed to the system.
    Tell(Arc<Notify>),
    /// Sends nothing more, and keeps the connection until the client closes it.
    Stall,
    Close,
    Reset,
}

/// A request as it was on the wire.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    /// `GET /path?query HTTP/1.1`
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub fn target(&self) -> &str {
        self.line().split(' ').nth(1).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

type Script = dyn Fn(usize, &Request) -> Vec<Step> + Send + Sync;

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Request>>,
    opened: AtomicUsize,
    closed: AtomicUsize,
    repeated: AtomicUsize,
}

pub struct Server {
    port: u16,
    seen: Arc<Seen>,
}

impl Server {
    /// `script` gets the number of the request, from 0, and the request.
    pub async fn start(script: impl Fn(usize, &Request) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::start_with(script, usize::MAX).await
    }

    /// Answers when so many bytes of a body have arrived.
    pub async fn early(
        script: impl Fn(usize, &Request) -> Vec<Step> + Send + Sync + 'static,
        after: usize,
    ) -> Self {
        Self::start_with(script, after).await
    }

    async fn start_with(
        script: impl Fn(usize, &Request) -> Vec<Step> + Send + Sync + 'static,
        after: usize,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
        let (seen, script): (_, Arc<Script>) = (server.seen.clone(), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                seen.opened.fetch_add(1, Ordering::SeqCst);
                let (seen, script) = (seen.clone(), script.clone());
                tokio::spawn(async move {
                    serve(connection, &seen, &*script, after).await;
                    seen.closed.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    /// Answers every request with the same bytes.
    pub async fn fixed(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_, _| vec![Step::Send(answer.clone())]).await
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// As if nothing had been asked yet.
    pub fn forget(&self) {
        self.seen.requests.lock().unwrap().clear();
    }

    pub fn connections(&self) -> usize {
        self.seen.opened.load(Ordering::SeqCst)
    }

    /// How many bytes the client let the server [repeat](Step::Repeat).
    pub fn repeated(&self) -> usize {
        self.seen.repeated.load(Ordering::SeqCst)
    }

    /// Waits until every connection is closed, by either side.
    pub async fn all_closed(&self, limit: Duration) -> bool {
        let closed = async {
            while self.seen.closed.load(Ordering::SeqCst) < self.connections() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(limit, closed).await.is_ok()
    }
}

async fn serve(mut connection: TcpStream, seen: &Seen, script: &Script, after: usize) {
    // Every step is a piece of its own on the wire.
    connection.set_nodelay(true).unwrap();
    while let Some(request) = read_request(&mut connection, after).await {
        let number = {
            let mut requests = seen.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        for step in script(number, &request) {
            match step {
                Step::Send(bytes) => {
                    if connection.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Repeat(bytes) => {
                    while connection.write_all(&bytes).await.is_ok() {
                        seen.repeated.fetch_add(bytes.len(), Ordering::SeqCst);
                    }
                    return;
                }
                Step::Pause(time) => tokio::time::sleep(time).await,
                Step::Wait(notify) => notify.notified().await,
                Step::Tell(notify) => notify.notify_one(),
                Step::Stall => {
                    let _ = connection.read(&mut [0; 16]).await;
                    return;
                }
                Step::Close => {
                    let _ = connection.shutdown().await;
                    return;
                }
                Step::Reset => {
                    let _ = connection.set_zero_linger();
                    return;
                }
            }
        }
    }
}

/// Lets all tasks have their turn until nothing happens any more. Loopback delivers what was sent at once, and each turn
/// looks for it.
pub async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// A port whose queue of new connections is full: one more is neither accepted nor refused.
pub struct Unreachable {
    port: u16,
    _queue: (TcpListener, Vec<TcpStream>),
}

impl Unreachable {
    pub async fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let (patience, mut queue) = (Duration::from_millis(100), Vec::new());
        while let Ok(connection) = tokio::time::timeout(patience, TcpStream::connect(address)).await {
            queue.push(connection.unwrap());
        }
        Self { port: address.port(), _queue: (listener, queue) }
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn read_request(connection: &mut TcpStream, most: usize) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut request =
        Request { head: String::from_utf8_lossy(&bytes[..end]).into_owned(), body: bytes.split_off(end + 4) };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    while request.body.len() < length.min(most) {
        if connection.read_buf(&mut request.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}

/// A whole answer with `Content-Length`.
pub fn answer(status: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A 200 answer with a JSON body.
pub fn json(body: &str) -> Vec<u8> {
    answer(200, "content-type: application/json\r\n", body)
}

/// The head of an answer whose body comes in chunks.
pub fn chunked(content_type: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n")
        .into_bytes()
}

/// One chunk.
pub fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

/// The head of an answer whose body ends where the connection does.
pub fn until_close(content_type: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n").into_bytes()
}
