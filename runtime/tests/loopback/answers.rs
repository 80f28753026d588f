//! Answers that are whole, and still not what was asked for.

use runtime::{Error, Method};

use crate::calls::{Delta, Shape, TEXT, builder, call, client, kind, shown};
use crate::server::{Server, Step, answer, json as json_answer};

#[tokio::test]
async fn web_pages_and_compressed_bodies_are_no_success() {
    let page = format!("<html>{TEXT}</html>");
    let html = Server::fixed(answer(200, "content-type: text/html; charset=utf-8\r\n", &page)).await;
    for shape in [Shape::Json, Shape::Empty, Shape::Events, Shape::Download] {
        let error = call(&client(html.url()), Method::GET, shape).await.unwrap_err();
        assert!(shown(&error).contains("media type text/html"), "{shape:?}: {error}");
        assert!(matches!(error, Error::Decode(_)), "{shape:?}: {error:?}");
    }
    let client = client(html.url());
    assert_eq!(*client.request(Method::GET, "/").receive_text().await.unwrap(), page);
    let wanted = client.request(Method::GET, "/").accept("text/html").receive_download().await.unwrap();
    assert_eq!(wanted.into_body().bytes().await.unwrap(), page);

    let gzip = Server::fixed(answer(200, "content-encoding: gzip\r\n", "x")).await;
    for shape in [Shape::Json, Shape::Text, Shape::Events, Shape::Download] {
        let error = call(&self::client(gzip.url()), Method::GET, shape).await.unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{shape:?}: {error:?}");
    }
}

#[tokio::test]
async fn wrong_json_says_where() {
    let server =
        Server::fixed(json_answer(&format!("{{\"results\":\n[{{\"content\":5,\"x\":\"{TEXT}\"}}]}}"))).await;
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code)]
    struct Page {
        results: Vec<Delta>,
    }
    let client = client(server.url());
    let error = client.request(Method::GET, "/x").receive_json::<Page>().await.unwrap_err();
    let text = shown(&error);
    assert!(
        text.starts_with("GET /x: cannot decode the answer at $.results[0].content: invalid type: integer"),
        "{text}"
    );
    let Error::Decode(decode) = error else { panic!() };
    assert!(decode.position().is_some_and(|(line, _)| line == 2) && decode.excerpt().contains(TEXT));
}

#[tokio::test]
async fn empty_answers() {
    let server = Server::fixed("HTTP/1.1 204 No Content\r\n\r\n").await;
    let client = client(server.url());
    let get = || client.request(Method::GET, "/");
    assert_eq!(get().receive_empty().await.unwrap().status(), 204);
    assert_eq!(*get().receive_json::<Option<i32>>().await.unwrap(), None);
    assert!(matches!(get().receive_json::<i32>().await, Err(Error::Decode(_))));
    assert_eq!(*get().receive_text().await.unwrap(), "");
    assert_eq!(server.connections(), 1, "the connection is used again");
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_json() {
    let server = Server::start(|_, request| {
        let status = if request.target().starts_with("/error") { 400 } else { 200 };
        let head = "content-type: application/json; charset=utf-8\r\n";
        vec![Step::Send(answer(status, head, "\u{feff}{\"content\": \"a\", \"done\": true}"))]
    })
    .await;
    let client = client(server.url());
    let delta = client.request(Method::GET, "/").receive_json::<Delta>().await.unwrap();
    assert_eq!(delta.content, "a");
    let error = client.request(Method::GET, "/error").receive_json::<Delta>().await.unwrap_err();
    assert_eq!(error.api().unwrap().json::<Delta>().unwrap().content, "a");
    let mut events = client.request(Method::GET, "/").receive_events::<Delta>().await.unwrap();
    assert_eq!(events.try_next().await.unwrap().unwrap().content, "a");
    // One is enough, and text is what it is.
    let two = Server::fixed(json_answer("\u{feff}\u{feff}null")).await;
    assert!(self::client(two.url()).request(Method::GET, "/").receive_json::<Option<i32>>().await.is_err());
    let text = self::client(two.url()).request(Method::GET, "/").receive_text().await.unwrap();
    assert_eq!(*text, "\u{feff}\u{feff}null");
}

#[tokio::test]
async fn errors_know_their_call() {
    let server = Server::start(|_, request| {
        let id = "x-request-id: req-7\r\n";
        vec![match request.target() {
            "/missing" => Step::Send(answer(404, id, "")),
            "/busy" => Step::Send(answer(503, &format!("{id}retry-after: 0\r\n"), "")),
            "/wrong" => Step::Send(answer(200, &format!("{id}content-type: application/json\r\n"), "{")),
            "/elsewhere" => Step::Send(answer(302, &format!("{id}location: https://other.example/\r\n"), "")),
            "/large" => Step::Send(answer(200, id, &"x".repeat(5000))),
            "/stream" => {
                Step::Send(answer(200, &format!("{id}content-type: text/event-stream\r\n"), "data: {\n\n"))
            }
            "/broken" => {
                let whole = answer(200, id, "half a body");
                Step::Send(whole[..whole.len() - 5].to_vec())
            }
            other => panic!("{other}"),
        }]
        .into_iter()
        .chain(request.target().starts_with("/broken").then_some(Step::Close))
        .collect()
    })
    .await;
    let client = builder(server.url()).max_body_size(4000).build().unwrap();
    let get = |path| client.request(Method::GET, path);
    let id = Some("req-7");
    let table = [
        ("/missing", get("/missing").receive_empty().await.unwrap_err(), id, 1, false),
        ("/busy", get("/busy").receive_empty().await.unwrap_err(), id, 3, true),
        ("/wrong", get("/wrong").receive_json::<i32>().await.unwrap_err(), id, 1, false),
        ("/elsewhere", get("/elsewhere").receive_empty().await.unwrap_err(), id, 1, false),
        ("/large", get("/large").receive_text().await.unwrap_err(), id, 1, false),
        ("/broken", get("/broken").receive_text().await.unwrap_err(), id, 3, true),
        (
            "/stream",
            get("/stream").receive_events::<Delta>().await.unwrap().try_next().await.unwrap_err(),
            id,
            1,
            false,
        ),
        (
            "/large",
            get("/large")
                .receive_download()
                .await
                .unwrap()
                .into_body()
                .with_limit(9)
                .bytes()
                .await
                .unwrap_err(),
            id,
            1,
            false,
        ),
    ];
    for (path, error, id, attempts, is_retryable) in table {
        let operation = error.operation().map(ToString::to_string);
        assert_eq!(operation, Some(format!("GET {path}")), "{error:?}");
        assert_eq!((error.request_id(), error.attempts()), (id, attempts), "{error:?}");
        assert_eq!(error.is_retryable(), is_retryable, "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with(&format!("GET {path}: ")) && !text.contains('\n'), "{text}");
    }
    let refused = self::client("http://127.0.0.1:1").request(Method::POST, "/").receive_empty().await;
    let refused = refused.unwrap_err();
    assert!(refused.is_retryable() && refused.attempts() == 3 && refused.request_id().is_none());
}

/// Codings are a list in any case, which may take several lines: the first that is none does not speak for the others.
#[tokio::test]
async fn what_compresses_nothing_is_fine_and_what_compresses_is_found() {
    let table = [
        ("content-encoding: Identity\r\n", true),
        ("content-encoding: identity, IDENTITY\r\n", true),
        ("content-encoding:\r\n", true),
        ("content-encoding: identity\r\ncontent-encoding: gzip\r\n", false),
        ("content-encoding:\r\ncontent-encoding: br\r\n", false),
        ("content-encoding: identity, gzip\r\n", false),
    ];
    for (header, is_plain) in table {
        let server = Server::fixed(answer(200, header, "null")).await;
        let client = client(server.url());
        for shape in [Shape::Json, Shape::Text, Shape::Download] {
            let found = call(&client, Method::GET, shape).await;
            assert_eq!(kind(&found), if is_plain { "ok" } else { "decode" }, "{header:?} {shape:?}");
        }
    }
}
