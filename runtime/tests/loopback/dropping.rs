//! Who stops waiting closes the connection.

use std::time::Duration;

use runtime::Method;

use crate::calls::{A, Shape, call, client, open};
use crate::server::{Server, Step, chunk, chunked};

#[tokio::test]
async fn dropping_anything_closes_the_connection() {
    let soon = Duration::from_millis(100);
    let server = Server::start(|_, request| match request.target() {
        "/stream" => vec![Step::Send([chunked("text/event-stream"), chunk(A)].concat()), Step::Stall],
        "/file" => {
            vec![Step::Send([chunked("application/octet-stream"), chunk("abc")].concat()), Step::Stall]
        }
        _ => vec![Step::Stall],
    })
    .await;
    let client = client(server.url());

    let mut events = open(&client).await.unwrap();
    events.try_next().await.unwrap();
    drop(events);
    assert!(server.all_closed(5 * soon).await, "stream");

    let folder = tempfile::tempdir().unwrap();
    let download = client.request(Method::GET, "/file").receive_download().await.unwrap().into_body();
    let saving = tokio::time::timeout(soon, download.save_to(folder.path().join("x")));
    assert!(saving.await.is_err(), "still going on");
    assert!(server.all_closed(5 * soon).await, "download");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "no file is left");

    let waiting = tokio::time::timeout(soon, call(&client, Method::GET, Shape::Json));
    assert!(waiting.await.is_err());
    assert!(server.all_closed(5 * soon).await, "call");
    assert_eq!(server.connections(), 3);
}
