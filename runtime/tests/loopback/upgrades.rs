//! Connections that go on in another protocol.

use runtime::upgrade::Upgraded;
use runtime::{Error, Method, Response, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::calls::client;

const SWITCH: &str =
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: WebSocket\r\n\r\nearly";

/// Answers one request and says its head; then sends back whatever comes.
async fn server(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let head = head(&mut connection).await;
        connection.write_all(answer.as_bytes()).await.unwrap();
        if answer == SWITCH {
            let (mut reader, mut writer) = connection.split();
            tokio::io::copy(&mut reader, &mut writer).await.unwrap();
        }
        head
    });
    (url, served)
}

async fn head(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

async fn connect(url: &str) -> Result<Response<Upgraded>> {
    client(url).request(Method::GET, "/socket").receive_upgrade("websocket").await
}

#[tokio::test]
async fn bytes_go_in_both_directions_until_one_side_ends() {
    let (url, served) = server(SWITCH).await;
    let answer = connect(&url).await.unwrap();
    assert_eq!(answer.status(), 101);
    let mut connection = answer.into_body();
    assert_eq!(connection.protocol(), "WebSocket");
    let mut early = [0; 5];
    connection.read_exact(&mut early).await.unwrap();
    assert_eq!(&early, b"early");
    let sent = vec![7; 100_000];
    let (mut reader, mut writer) = tokio::io::split(connection);
    let (sending, mut back) = (sent.clone(), Vec::new());
    let writing = tokio::spawn(async move {
        writer.write_all(&sending).await.unwrap();
        writer.shutdown().await.unwrap();
    });
    reader.read_to_end(&mut back).await.unwrap();
    writing.await.unwrap();
    assert_eq!(back, sent);
    let head = served.await.unwrap();
    for line in ["connection: upgrade\r\n", "upgrade: websocket\r\n", "sec-websocket-version: 13\r\n"] {
        assert!(head.contains(line), "{line} in {head}");
    }
    let key = head.split("sec-websocket-key: ").nth(1).unwrap().lines().next().unwrap();
    assert!(key.len() == 24 && key.ends_with("=="), "{key}");
}

#[tokio::test]
async fn whatever_else_the_server_does_is_an_error() {
    let stays = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let other = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n";
    for answer in [stays, other] {
        let (url, _served) = server(answer).await;
        let error = connect(&url).await.unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{answer}: {error:?}");
    }
    let (url, _served) = server("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(connect(&url).await.unwrap_err().status().unwrap(), 403);
    let (url, _served) = server("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n").await;
    assert!(matches!(connect(&url).await.unwrap_err(), Error::Redirect(_)));
}

/// Nobody who did not ask for another protocol gets one.
#[tokio::test]
async fn an_upgrade_that_was_not_asked_for_is_no_answer() {
    let (url, _served) = server(SWITCH).await;
    let result = client(&url).request(Method::GET, "/socket").receive_empty().await;
    assert_eq!(result.unwrap_err().status().unwrap(), 101);
}
