//! A walk over pages asks our own server only.

use runtime::{Items, Method};
use serde_json::json;

use crate::calls::client;
use crate::server::{Server, Step, json as json_answer};

#[tokio::test]
async fn pages_are_walked_on_our_own_server_only() {
    let other = Server::fixed(json_answer("null")).await;
    let link = format!("{}/list?cursor=two%20&key=x", other.url());
    let server = Server::start(move |_, request| {
        let page = match request.target() {
            "/api/list" => json!({"results": [1, 2], "next": link}),
            "/api/list?cursor=two%20" => json!({"results": [3], "next": null}),
            other => panic!("{other}"),
        };
        vec![Step::Send(json_answer(&page.to_string()))]
    })
    .await;
    #[derive(serde::Deserialize)]
    struct Page {
        results: Vec<i64>,
        next: Option<String>,
    }
    let client = client(format!("{}/api", server.url()));
    let client = &client;
    let items = Items::by_link("cursor", move |cursor: Option<String>| async move {
        let request = client.request(Method::GET, "/list").query("cursor", &cursor);
        let page = request.receive_json::<Page>().await?.into_body();
        Ok((page.results, page.next))
    });
    assert_eq!(items.into_vec().await.unwrap(), [1, 2, 3]);
    assert_eq!((server.requests().len(), other.connections()), (2, 0));
}
