//! What holds while a request is still on its way out.

use std::time::{Duration, Instant};

use runtime::{CallOptions, Method, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::calls::{builder, client, kind};
use crate::server::{Server, Step, answer, json as json_answer};

/// More than the system's buffers take, so that the client has to wait for the server.
const LARGE: usize = 48 << 20;

/// Reads requests slowly: the same number of bytes at a time, with a pause after each.
async fn slow_reader(piece: usize, pause: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = vec![0; piece];
                let mut left = LARGE;
                while left > 0 {
                    if connection.read_exact(&mut buffer).await.is_err() {
                        return;
                    }
                    left = left.saturating_sub(piece);
                    tokio::time::sleep(pause).await;
                }
                let _ = connection.write_all(&json_answer("null")).await;
            });
        }
    });
    port
}

#[tokio::test]
async fn an_upload_that_moves_is_no_silence() {
    // Three seconds in all; what the system's buffers hold at the end takes less than one.
    let port = slow_reader(1 << 20, Duration::from_millis(60)).await;
    let client = builder(format!("http://127.0.0.1:{port}"))
        .read_timeout(Duration::from_millis(1200))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let start = Instant::now();
    let put = client.request(Method::PUT, "/file").bytes("application/octet-stream", vec![7; LARGE]);
    put.receive_empty().await.unwrap();
    assert!(start.elapsed() > Duration::from_millis(2400), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_upload_that_stalls_is_noticed() {
    let port = slow_reader(1024, Duration::from_secs(60)).await;
    let client = builder(format!("http://127.0.0.1:{port}")).build().unwrap();
    let client =
        client.with(CallOptions::new().read_timeout(Duration::from_millis(300)).retry(RetryPolicy::never()));
    let start = Instant::now();
    let put = client.request(Method::PUT, "/file").bytes("application/octet-stream", vec![7; LARGE]);
    let result = put.receive_empty().await;
    assert_eq!(kind(&result), "read timeout", "{result:?}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// A server that answers before it has everything, and closes the connection.
#[tokio::test]
async fn an_early_answer_counts() {
    for size in [100_000, 1 << 20, LARGE] {
        for after in [0, 1000, 70_000] {
            let too_large = || vec![Step::Send(answer(413, "", "too large")), Step::Close];
            let server = Server::early(move |_, _| too_large(), after).await;
            for _ in 0..10 {
                let put = client(server.url());
                let put = put.request(Method::POST, "/file").bytes("a/b", vec![7; size]);
                let error = put.receive_empty().await.unwrap_err();
                assert_eq!(
                    error.status().map(|status| status.as_u16()),
                    Some(413),
                    "{size} {after}: {error:?}"
                );
            }
        }
    }
}
