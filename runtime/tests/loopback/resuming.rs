//! Does a download go on where it broke off, and only with bytes of the same file?

use runtime::{CallOptions, Client, Error, Method, Result, RetryPolicy, StreamError};

use crate::calls::{Sample, client, kind};
use crate::hooks::watched;
use crate::server::{Server, Step, answer, chunk};

const FILE: &str = "0123456789";
const RANGES: &str = "accept-ranges: bytes\r\netag: \"v1\"\r\n";

/// The head of the whole file and some bytes of it.
fn part(headers: &str, from: usize, to: usize) -> Vec<Step> {
    let (status, length) = if from == 0 { (200, FILE.len()) } else { (206, FILE.len() - from) };
    let range = match from {
        0 => String::new(),
        from => format!("content-range: bytes {from}-{}/{}\r\n", FILE.len() - 1, FILE.len()),
    };
    let head = format!("HTTP/1.1 {status} X\r\n{headers}{range}content-length: {length}\r\n\r\n");
    vec![Step::Send(format!("{head}{}", &FILE[from..to]).into_bytes()), Step::Close]
}

async fn download(client: &Client<Sample>, method: Method) -> Result<String> {
    let download = client.request(method, "/file").query("q", "1").receive_download().await?.into_body();
    Ok(String::from_utf8(download.bytes().await?.to_vec()).unwrap())
}

#[tokio::test]
async fn it_goes_on_as_often_as_there_is_progress() {
    let server = Server::start(|number, _| part(RANGES, 2 * number, 2 * number + 2)).await;
    let (client, notes) = watched(server.url());
    assert_eq!(download(&client, Method::GET).await.unwrap(), FILE);
    let asked: Vec<_> =
        server.requests().iter().map(|request| request.header("range").unwrap_or("all").to_owned()).collect();
    assert_eq!(asked, ["all", "bytes=2-", "bytes=4-", "bytes=6-", "bytes=8-"]);
    for request in &server.requests()[1..] {
        assert_eq!(request.header("if-range"), Some("\"v1\""));
        assert_eq!(request.target(), "/file?q=1");
        assert!(request.header("authorization").is_some());
    }
    let notes = notes.take();
    assert_eq!(notes[..3], ["before 1 GET /file", "after 1 200 2 transport again", "before 2 GET /file"]);
    assert_eq!(notes[9..], ["after 5 206 2 good", "call 5 206 2 good"]);
}

#[tokio::test]
async fn trouble_on_the_way_is_repeated() {
    let server = Server::start(|number, _| match number {
        0 => part(RANGES, 0, 3),
        1 => vec![Step::Send(answer(503, "", "busy"))],
        2 => vec![Step::Reset],
        _ => part(RANGES, 3, 10),
    })
    .await;
    let client = client(server.url()).with(
        CallOptions::new().retry(RetryPolicy::default().max_retries(3).base(std::time::Duration::ZERO)),
    );
    assert_eq!(download(&client, Method::GET).await.unwrap(), FILE);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn only_the_rest_of_the_same_file_counts() {
    let partial = |headers: &str, body: &str| vec![Step::Send(answer(206, headers, body))];
    let table: [(&str, Vec<Step>); 10] = [
        ("another file", part("etag: \"v2\"\r\n", 0, 10)),
        ("the whole file", part(RANGES, 0, 10)),
        ("another tag", partial("etag: \"v2\"\r\ncontent-range: bytes 4-9/10\r\n", "456789")),
        ("no range", partial(RANGES, "456789")),
        ("from elsewhere", partial("content-range: bytes 3-9/10\r\n", "3456789")),
        ("of another length", partial("content-range: bytes 4-10/11\r\n", "456789a")),
        ("not to the end", partial("content-range: bytes 4-8/10\r\n", "45678")),
        ("compressed", partial("content-range: bytes 4-9/10\r\ncontent-encoding: gzip\r\n", "456789")),
        (
            "with headers of its own",
            partial(
                "content-range: bytes 4-9/10\r\ncontent-type: Multipart/ByteRanges; boundary=b\r\n",
                "--b\r\n\r\n",
            ),
        ),
        ("gone", vec![Step::Send(answer(404, "", ""))]),
    ];
    for (name, rest) in table {
        let server =
            Server::start(move |number, _| if number == 0 { part(RANGES, 0, 4) } else { rest.clone() }).await;
        let result = download(&client(server.url()), Method::GET).await;
        assert_eq!(kind(&result), "transport", "{name}: {result:?}");
        assert_eq!(result.unwrap_err().attempts(), 2, "{name}");
        assert_eq!(server.requests().len(), 2, "{name}");
    }
}

#[tokio::test]
async fn each_request_for_the_rest_has_its_own_failure() {
    let server = Server::start(|number, _| match number {
        0 => part(RANGES, 0, 4),
        1 => vec![Step::Reset],
        _ => vec![Step::Send(answer(404, "", "gone"))],
    })
    .await;
    let (client, notes) = watched(server.url());
    let error = download(&client, Method::GET).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), ("transport", 3), "what broke it off: {error:?}");
    assert_eq!(
        notes.take(),
        [
            "before 1 GET /file",
            "after 1 200 4 transport again",
            "before 2 GET /file",
            "after 2 0 0 transport again",
            "before 3 GET /file",
            "after 3 404 4 status",
            "call 3 404 4 transport",
        ]
    );
}

/// Chunks end where the server ends them, whatever it says of their length.
#[tokio::test]
async fn the_rest_has_the_bytes_that_the_server_announced() {
    let known = "content-length: 10\r\n\r\n0123";
    let unknown = "transfer-encoding: chunked\r\n\r\n4\r\n0123\r\n";
    for (first, range, rest, expected) in [
        (known, "4-9/10", "456789", Ok(FILE)),
        (unknown, "4-9/10", "456789", Ok(FILE)),
        (known, "4-9/*", "456789", Ok(FILE)),
        (known, "4-9/10", "45", Err("truncated")),
        (unknown, "4-9/10", "45", Err("truncated")),
        (known, "4-9/10", "456789abc", Err("longer")),
        (unknown, "4-9/10", "456789abc", Err("longer")),
        // What the server sends need not be all that was asked for.
        (unknown, "4-5/*", "45", Err("transport")),
    ] {
        let first = format!("HTTP/1.1 200 OK\r\n{RANGES}{first}").into_bytes();
        let rest = [
            format!("HTTP/1.1 206 X\r\n{RANGES}content-range: bytes {range}\r\n").into_bytes(),
            b"transfer-encoding: chunked\r\n\r\n".to_vec(),
            chunk(rest),
            b"0\r\n\r\n".to_vec(),
        ]
        .concat();
        let server = Server::start(move |number, _| match number {
            0 => vec![Step::Send(first.clone()), Step::Close],
            _ => vec![Step::Send(rest.clone())],
        })
        .await;
        let found = download(&client(server.url()), Method::GET).await;
        let found = match &found {
            Ok(file) => Ok(file.as_str()),
            Err(Error::Stream { error: StreamError::LongerThanSaid { length: 10 }, .. }) => Err("longer"),
            error => Err(kind(error)),
        };
        assert_eq!(found, expected, "{range}");
    }
}

#[tokio::test]
async fn nothing_is_asked_for_that_could_not_be_checked() {
    for (name, headers, method) in [
        ("no tag", "accept-ranges: bytes\r\n", Method::GET),
        ("a weak tag", "accept-ranges: bytes\r\netag: W/\"v1\"\r\n", Method::GET),
        ("no ranges", "etag: \"v1\"\r\n", Method::GET),
        ("ranges of nothing", "accept-ranges: none\r\netag: \"v1\"\r\n", Method::GET),
        ("not a read", RANGES, Method::POST),
    ] {
        let server = Server::start(move |_, _| part(headers, 0, 4)).await;
        let result = download(&client(server.url()), method).await;
        assert_eq!((kind(&result), server.requests().len()), ("transport", 1), "{name}");
    }
    let server = Server::start(|_, _| part(RANGES, 0, 4)).await;
    let never = client(server.url()).with(CallOptions::new().retry(RetryPolicy::never()));
    assert_eq!(kind(&download(&never, Method::GET).await), "transport");
    assert_eq!(server.requests().len(), 1, "the policy decides");
}

/// As it is where an operation answers a file with one status and something else with another.
#[tokio::test]
async fn files_whose_status_decides_go_on_too() {
    let server = Server::start(|number, _| part(RANGES, 5 * number, 5 * number + 5)).await;
    let client = client(server.url());
    let answer = client.request(Method::GET, "/file").receive_by_status(|answer| answer.download(Some)).await;
    let file = answer.unwrap().into_body().unwrap();
    assert_eq!(file.bytes().await.unwrap(), FILE);
    assert_eq!(server.requests()[1].header("range"), Some("bytes=5-"));
}

#[tokio::test]
async fn a_server_may_know_ranges_of_more_than_bytes() {
    for ranges in ["accept-ranges: items, Bytes\r\n", "accept-ranges: items\r\naccept-ranges: bytes\r\n"] {
        let headers = format!("{ranges}etag: \"v1\"\r\n");
        let server = Server::start(move |number, _| part(&headers, 5 * number, 5 * number + 5)).await;
        assert_eq!(download(&client(server.url()), Method::GET).await.unwrap(), FILE, "{ranges}");
    }
}
