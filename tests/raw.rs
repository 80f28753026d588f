//! A server on loopback without a parser: it keeps every request as it came, and answers with the bytes that a test
//! says. What a server framework refuses, decodes or puts right stays visible.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A running server; it stops with the test's runtime.
pub struct Raw {
    pub address: SocketAddr,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    opened: AtomicUsize,
    closed: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

impl Raw {
    /// Starts on a free port. `answer` gets each request; when its answer says so, the connection is closed.
    pub async fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::bind(None, 1, answer).await
    }

    /// The same, but every answer comes in so many pieces.
    pub async fn start_slow(pieces: usize, answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::bind(None, pieces, answer).await
    }

    /// The same behind TLS.
    pub async fn start_tls(
        acceptor: TlsAcceptor,
        answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::bind(Some(acceptor), 1, answer).await
    }

    async fn bind(
        acceptor: Option<TlsAcceptor>,
        pieces: usize,
        answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log: Arc<Log> = Arc::default();
        let (served, answer) = (log.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                served.opened.fetch_add(1, Ordering::SeqCst);
                stream.set_nodelay(true).unwrap();
                let (log, answer, acceptor) = (served.clone(), answer.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream, &log, pieces, &*answer).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, &log, pieces, &*answer).await;
                            }
                        }
                    }
                    log.closed.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, log }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.log.opened.load(Ordering::SeqCst)
    }

    /// How many of them are open.
    pub fn open(&self) -> usize {
        self.connections() - self.log.closed.load(Ordering::SeqCst)
    }

    /// Every request since the last call, head and body.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.requests.lock().unwrap())
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    log: &Log,
    pieces: usize,
    answer: &impl Fn(&str) -> Vec<u8>,
) {
    let mut bytes = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut bytes).await {
        while let Some(length) = length_of_request(&bytes) {
            let request = String::from_utf8_lossy(&bytes.drain(..length).collect::<Vec<_>>()).into_owned();
            let answer = answer(&request);
            log.requests.lock().unwrap().push(request);
            for piece in answer.chunks(answer.len().div_ceil(pieces).max(1)) {
                if stream.write_all(piece).await.is_err() {
                    return;
                }
                if pieces > 1 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            if answer.windows(17).any(|window| window == b"Connection: close") {
                let _ = stream.shutdown().await;
                return;
            }
        }
    }
}

/// Head and body, once all of it is there.
fn length_of_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let body = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let length = head + body.unwrap_or(0);
    (bytes.len() >= length).then_some(length)
}

/// An answer with a body. `headers`: whole lines.
pub fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} -\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A good answer with JSON.
pub fn json(body: impl AsRef<[u8]>) -> Vec<u8> {
    answer(200, "Content-Type: application/json\r\n", body)
}
