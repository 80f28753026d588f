//! What holds while a request is still on its way out.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use runtime::{Body, CallOptions, Method, RetryPolicy};
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

/// A server that says how often it was asked, and what arrived: the head's length or coding, and the body.
async fn receiver(fail_first: bool) -> (u16, Arc<Mutex<Vec<(String, Vec<u8>)>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let router = axum::Router::new().fallback({
        let seen = seen.clone();
        move |request: axum::extract::Request| {
            let seen = seen.clone();
            async move {
                let headers = request.headers();
                let framing = headers.get("content-length").or_else(|| headers.get("transfer-encoding"));
                let framing = framing.map(|value| value.to_str().unwrap().to_owned());
                let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
                let mut seen = seen.lock().unwrap();
                seen.push((framing.unwrap_or_default(), body.to_vec()));
                let status = if fail_first && seen.len() == 1 { 503 } else { 200 };
                runtime::StatusCode::from_u16(status).unwrap()
            }
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (port, seen)
}

fn stream(pieces: &'static [&'static str]) -> Body {
    Body::from_stream(futures_util::stream::iter(pieces.iter().map(|piece| Ok((*piece).into()))))
}

async fn put(port: u16, body: impl Into<Body>) -> runtime::Result<runtime::Response<()>> {
    let retry = RetryPolicy::default().base(Duration::from_millis(1));
    let client = builder(format!("http://127.0.0.1:{port}")).retry(retry).build().unwrap();
    client.request(Method::PUT, "/file").bytes("a/b", body).receive_empty().await
}

#[tokio::test]
async fn bodies_of_every_source_arrive_with_their_length() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), vec![7; 200_000]).unwrap();
    let (port, seen) = receiver(false).await;
    put(port, file.path()).await.unwrap();
    put(port, stream(&["ab", "", "cd"])).await.unwrap();
    put(port, stream(&["ab", "cd"]).with_length(4)).await.unwrap();
    put(port, Body::from_reader(std::io::Cursor::new(b"abcd".to_vec()))).await.unwrap();
    put(port, "").await.unwrap();
    put(port, vec![7; 100_000]).await.unwrap();
    put(port, stream(&["", ""]).with_length(0)).await.unwrap();
    let seen = seen.lock().unwrap();
    let shown: Vec<(&str, usize)> = seen.iter().map(|(head, body)| (head.as_str(), body.len())).collect();
    let expected = [
        ("200000", 200_000),
        ("chunked", 4),
        ("4", 4),
        ("chunked", 4),
        ("0", 0),
        ("100000", 100_000),
        ("0", 0),
    ];
    assert_eq!(shown, expected);
    assert_eq!(seen[0].1, vec![7; 200_000]);
    assert!(seen[1..4].iter().all(|(_, body)| body == b"abcd"));
}

#[tokio::test]
async fn bytes_and_files_are_sent_again_and_streams_are_not() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "abcd").unwrap();
    for body in [Body::from("abcd"), Body::from_path(file.path())] {
        let (port, seen) = receiver(true).await;
        put(port, body).await.unwrap();
        assert_eq!(seen.lock().unwrap().iter().filter(|(_, body)| body == b"abcd").count(), 2);
    }
    let (port, seen) = receiver(true).await;
    let error = put(port, stream(&["ab", "cd"])).await.unwrap_err();
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(503), 1));
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_body_that_fails_says_why() {
    let (port, _) = receiver(false).await;
    let error = put(port, Body::from_path("/no/such/file")).await.unwrap_err();
    assert_eq!(error.to_string(), "PUT /file: could not read /no/such/file");
    let pieces = [Ok("ab".into()), Err(runtime::Error::other("the camera was unplugged"))];
    let error = put(port, Body::from_stream(futures_util::stream::iter(pieces))).await.unwrap_err();
    assert_eq!(error.to_string(), "PUT /file: the camera was unplugged");
    assert!(std::error::Error::source(&error).is_none(), "what it wraps is said once");
    for (length, expected) in [
        (5, "the stream ended early"),
        (2, "more than the 2 bytes"),
        (3, "more than the 3 bytes"),
        (0, "more than the 0 bytes"),
    ] {
        let error = put(port, stream(&["ab", "cd"]).with_length(length)).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{length}: {error}");
    }
    let never = Body::from_stream(futures_util::stream::pending()).with_length(0);
    let client =
        builder(format!("http://127.0.0.1:{port}")).timeout(Duration::from_millis(50)).build().unwrap();
    let error = client.request(Method::PUT, "/file").bytes("a/b", never).receive_empty().await.unwrap_err();
    assert_eq!(error.kind(), "timeout");
}

#[tokio::test]
async fn a_callers_stream_that_is_slow_is_not_the_servers_silence() {
    let (port, seen) = receiver(false).await;
    let slow = futures_util::stream::unfold(0, |at| async move {
        tokio::time::sleep(Duration::from_millis(400)).await;
        (at < 3).then(|| (Ok("ab".into()), at + 1))
    });
    let client = builder(format!("http://127.0.0.1:{port}")).read_timeout(Duration::from_millis(200));
    let client = client.retry(RetryPolicy::never()).build().unwrap();
    let put = client.request(Method::PUT, "/file").bytes("a/b", Body::from_stream(slow));
    put.receive_empty().await.unwrap();
    assert_eq!(seen.lock().unwrap()[0].1, b"ababab");
}

#[tokio::test]
async fn progress_of_an_upload() {
    let (port, _) = receiver(false).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let report = {
        let told = told.clone();
        move |progress: runtime::UploadProgress| told.lock().unwrap().push((progress.sent, progress.total))
    };
    put(port, Body::from(vec![7; 150_000]).on_progress(report)).await.unwrap();
    let all = Some(150_000);
    assert_eq!(*told.lock().unwrap(), [(65_536, all), (131_072, all), (150_000, all)]);
}
