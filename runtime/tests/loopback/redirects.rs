//! Redirects are errors, whoever notices them.

use std::sync::Arc;

use runtime::{Error, Method};
use tokio::sync::Notify;

use crate::calls::{SHAPES, Shape, builder, call, client, shown};
use crate::server::{Server, Step, answer, json as json_answer, settle};

#[tokio::test]
async fn redirects_are_never_followed() {
    let other = Server::fixed(json_answer("null")).await;
    let mut runs = 0;
    for status in [301, 302, 303, 307, 308] {
        let places = [
            (format!("{}/x?canary", other.url()), Some(format!("127.0.0.1:{}", other.port()))),
            (format!("//localhost:{}/", other.port()), Some(format!("localhost:{}", other.port()))),
            ("https://user:canary@other.example/".to_owned(), Some("other.example".to_owned())),
            ("https://".to_owned(), None),
            (String::new(), None),
        ];
        for (place, host) in places {
            let location = if place.is_empty() { String::new() } else { format!("location: {place}\r\n") };
            let server = Server::fixed(answer(status, &location, "")).await;
            let client = client(server.url());
            for shape in SHAPES {
                for method in [Method::GET, Method::POST] {
                    let error = call(&client, method, shape).await.unwrap_err();
                    shown(&error);
                    let Error::Redirect(redirect) = &error else { panic!("{error:?}") };
                    assert_eq!(
                        (redirect.status().as_u16(), redirect.host()),
                        (status, host.as_deref()),
                        "{place}"
                    );
                    runs += 1;
                }
            }
            assert_eq!(server.requests().len(), SHAPES.len() * 2, "{place}");
        }
    }
    println!("{runs} runs");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_client_that_follows_redirects_is_noticed() {
    let other = Server::fixed(json_answer("null")).await;
    let server = Server::fixed(answer(302, &format!("location: {}/x\r\n", other.url()), "")).await;
    let http = runtime::http_client_builder()
        .redirect(runtime::reqwest::redirect::Policy::limited(5))
        .build()
        .unwrap();
    let client = builder(server.url()).http_client(http).build().unwrap();
    let error = call(&client, Method::GET, Shape::Json).await.unwrap_err();
    let host = format!("127.0.0.1:{}", other.port());
    assert!(matches!(&error, Error::Redirect(redirect) if redirect.host() == Some(&host)), "{error:?}");
}

/// Whatever a call makes of them: what comes behind the head of an answer is read, so that the connection can be used
/// again.
#[tokio::test]
async fn answers_that_nobody_reads_leave_their_connection_usable() {
    let page = "<a href=/elsewhere>Moved</a>".repeat(100);
    let redirect = answer(302, "location: /elsewhere\r\ncontent-type: text/html\r\n", &page);
    let html = answer(200, "content-type: text/html\r\n", &page);
    let compressed = answer(200, "content-encoding: gzip\r\n", &page);
    let chunks =
        ["HTTP/1.1 307 X\r\nlocation: /x\r\ntransfer-encoding: chunked\r\n\r\n", "5\r\nMoved\r\n"].concat();
    for (what, whole) in
        [("redirect", redirect), ("web page", html), ("compressed", compressed), ("chunks", chunks.into())]
    {
        // The body comes later than the head.
        let (go_on, sent) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (wait, tell, is_chunked) = (go_on.clone(), sent.clone(), what == "chunks");
        let server = Server::start(move |_, _| {
            let head = whole.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
            let (head, body) = (whole[..head].to_vec(), whole[head..].to_vec());
            let end = if is_chunked { b"0\r\n\r\n".to_vec() } else { Vec::new() };
            let parts = [Step::Send(head), Step::Wait(wait.clone()), Step::Send(body), Step::Send(end)];
            parts.into_iter().chain([Step::Tell(tell.clone())]).collect()
        })
        .await;
        let client = client(server.url());
        let shapes =
            if what == "redirect" || is_chunked { &SHAPES[..] } else { &[Shape::Events, Shape::Download] };
        for shape in shapes {
            let call = call(&client, Method::GET, *shape);
            let go = async {
                settle().await;
                go_on.notify_one();
            };
            assert!(tokio::join!(call, go).0.is_err(), "{what} {shape:?}");
            sent.notified().await;
            settle().await;
        }
        for _ in 0..if what == "redirect" { 2 } else { 0 } {
            go_on.notify_one();
            client.request(Method::GET, "/").receive_redirect().await.unwrap();
            sent.notified().await;
            settle().await;
        }
        assert_eq!(server.connections(), 1, "{what}");
    }
}
