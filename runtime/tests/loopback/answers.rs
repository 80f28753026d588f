//! Answers that are whole, and still not what was asked for.

use runtime::{Error, Method};

use crate::calls::{Delta, Shape, TEXT, call, client, shown};
use crate::server::{Server, answer, json as json_answer};

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
