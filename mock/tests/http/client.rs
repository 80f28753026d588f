//! Just enough of an HTTP client to see every byte.

use std::time::Duration;

use maiagent_mock::Mock;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the body came to its end.
    pub complete: bool,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The data of each event.
    pub fn events(&self) -> Vec<Value> {
        let text = self.text();
        text.split_terminator("\n\n")
            .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
            .collect()
    }
}

/// Sends a request with the key.
pub async fn call(mock: &Mock, method: &str, target: &str, body: &str) -> Answer {
    let key = format!("Authorization: Api-Key {}\r\n", mock.key());
    call_with(mock, method, target, &key, body).await
}

pub async fn call_with(mock: &Mock, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let stream = send(mock, method, target, headers, body).await;
    timeout(Duration::from_secs(5), read(stream)).await.expect("an answer within five seconds")
}

/// Sends a request and leaves the answer to the caller.
pub async fn send(mock: &Mock, method: &str, target: &str, headers: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(mock.address()).await.unwrap();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}Content-Type: \
         application/json\r\nContent-Length: {}\r\n\r\n",
        mock.address(),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}

/// Reads until the server closes the connection.
pub async fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A connection that is cut may end in an error, too.
    _ = stream.read_to_end(&mut bytes).await;
    parse(&bytes)
}

pub fn parse(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head[9..12].parse().unwrap();
    let mut answer = Answer { status, head, body: bytes[end..].to_vec(), complete: true };
    if let Some(length) = answer.header("content-length") {
        answer.complete = answer.body.len() == length.parse::<usize>().unwrap();
    } else {
        (answer.body, answer.complete) = join_chunks(&answer.body);
    }
    answer
}

fn join_chunks(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        rest = &rest[line + 2..];
        body.extend_from_slice(&rest[..size.min(rest.len())]);
        rest = rest.get(size + 2..).unwrap_or_default();
    }
    (body, false)
}
