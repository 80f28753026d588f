//! Caps on bytes and on time hold, and only those who deserve it notice.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use runtime::{ApiError, Error, Method, RetryPolicy, http_client_builder};
use tokio::runtime::{Builder, Runtime};

use crate::calls::{A, END, Shape, builder, call, kind, open, read};
use crate::server::{Server, Step, Unreachable, answer, chunk, chunked, json as json_answer, until_close};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn every_time_limit() {
    let half = |status, media_type: &str| {
        let whole = answer(status, &format!("content-type: {media_type}\r\n"), &A.repeat(9));
        vec![Step::Send(whole[..whole.len() - 9].to_vec()), Step::Stall]
    };
    let drops = vec![[Step::Pause(SHORT / 4), Step::Send(b" ".to_vec())]; 40].concat();
    let drops = [vec![Step::Send(until_close("text/plain"))], drops].concat();
    let silent = vec![Step::Stall];
    let unreachable = Unreachable::new().await;
    // Which limit is short: connect, read or total.
    let (connect, read, total) = ((SHORT, LONG, LONG), (LONG, SHORT, LONG), (LONG, LONG, SHORT));
    let table = [
        ("handshake", silent.clone(), Shape::Json, connect, "connect timeout"),
        ("queue", vec![], Shape::Json, connect, "connect timeout"),
        ("queue", vec![], Shape::Events, total, "total timeout"),
        ("no head", silent.clone(), Shape::Json, read, "read timeout"),
        ("no head", silent.clone(), Shape::Events, read, "read timeout"),
        ("no head", silent.clone(), Shape::Json, total, "total timeout"),
        ("no head", silent.clone(), Shape::Events, total, "total timeout"),
        ("no head", silent.clone(), Shape::Download, total, "total timeout"),
        ("half a body", half(200, "text/plain"), Shape::Text, read, "read timeout"),
        ("half a body", half(200, "text/plain"), Shape::Text, total, "total timeout"),
        ("half a body", half(200, "text/plain"), Shape::Empty, total, "total timeout"),
        ("half a stream", half(200, "text/event-stream"), Shape::Events, read, "read timeout"),
        ("half a file", half(200, "text/csv"), Shape::Download, read, "read timeout"),
        ("half an error", half(500, "text/plain"), Shape::Text, read, "status"),
        ("half an error", half(500, "text/plain"), Shape::Events, read, "status"),
        ("half an error", half(500, "text/plain"), Shape::Events, total, "status"),
        ("drops", drops, Shape::Text, total, "total timeout"),
    ];
    for (name, steps, shape, (connect, read, total), expected) in &table {
        let steps = steps.clone();
        let server = Server::start(move |_, _| steps.clone()).await;
        let url = match *name {
            "handshake" => server.url().replace("http", "https"),
            "queue" => format!("http://127.0.0.1:{}", unreachable.port()),
            _ => server.url(),
        };
        let client = builder(url)
            .retry(RetryPolicy::never())
            .connect_timeout(*connect)
            .read_timeout(*read)
            .timeout(*total)
            .build()
            .unwrap();
        let start = Instant::now();
        let result = call(&client, Method::GET, *shape).await;
        assert_eq!(kind(&result), *expected, "{name} {shape:?}: {result:?}");
        assert!((SHORT..10 * SHORT).contains(&start.elapsed()), "{name}: {:?}", start.elapsed());
        match result.unwrap_err() {
            Error::Timeout { limit, .. } => assert_eq!(limit, SHORT, "{name}"),
            error => assert!(error.api().is_some_and(ApiError::is_body_truncated), "{name}: {error:?}"),
        }
        assert!(server.all_closed(Duration::from_millis(500)).await, "{name}");
    }
    println!("{} rows", table.len());
}

#[tokio::test]
async fn the_total_time_bounds_the_waiting_too() {
    let server = Server::fixed(answer(503, "retry-after: 30\r\n", "")).await;
    let client = builder(server.url()).timeout(Duration::from_secs(5)).build().unwrap();
    let start = Instant::now();
    let error = call(&client, Method::GET, Shape::Json).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 503);
    assert!(server.requests().len() == 1 && start.elapsed() < Duration::from_secs(3));
}

/// The status is known with the head; the body is worth a short time.
#[tokio::test]
async fn an_error_whose_body_stalls_is_an_error_with_its_status() {
    let server = Server::start(|number, _| match number {
        0 => {
            let whole = answer(503, "", "half of it");
            vec![Step::Send(whole[..whole.len() - 5].to_vec()), Step::Stall]
        }
        _ => vec![Step::Send(json_answer("null"))],
    })
    .await;
    let client = builder(server.url()).error_body_timeout(SHORT).build().unwrap();
    let start = Instant::now();
    call(&client, Method::GET, Shape::Json).await.unwrap();
    assert!(server.requests().len() == 2 && start.elapsed() < 5 * SHORT, "{:?}", start.elapsed());
}

/// Connecting has a limit of its own, whichever of the two is shorter.
#[tokio::test]
async fn a_handshake_that_stalls_is_no_silence_of_the_server() {
    let server = Server::start(|_, _| vec![Step::Stall]).await;
    let client = builder(server.url().replace("http", "https"))
        .retry(RetryPolicy::never())
        .connect_timeout(4 * SHORT)
        .read_timeout(SHORT)
        .build()
        .unwrap();
    let start = Instant::now();
    let result = call(&client, Method::GET, Shape::Json).await;
    assert_eq!(kind(&result), "connect timeout", "{result:?}");
    assert!((4 * SHORT..8 * SHORT).contains(&start.elapsed()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_slow_body_is_fine_as_long_as_it_moves() {
    let server = Server::start(|_, _| {
        // The head counts as one piece: the HTTP library does not tell how far it has come.
        let bytes = json_answer("[1,2,3,4]");
        let (head, body) = bytes.split_at(bytes.len() - 9);
        [head]
            .into_iter()
            .chain(body.chunks(1))
            .flat_map(|piece| [Step::Send(piece.to_vec()), Step::Pause(Duration::from_millis(40))])
            .collect()
    })
    .await;
    let client = builder(server.url()).read_timeout(Duration::from_millis(200)).build().unwrap();
    call(&client, Method::GET, Shape::Json).await.unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_slow_consumer_is_not_punished() {
    let server = Server::start(|_, _| {
        let pause = Step::Pause(Duration::from_millis(50));
        vec![
            Step::Send(chunked("text/event-stream")),
            Step::Send(chunk(A)),
            pause.clone(),
            Step::Send(chunk(A)),
            pause,
            Step::Send(chunk(END)),
        ]
    })
    .await;
    let client = builder(server.url())
        .read_timeout(Duration::from_millis(200))
        .timeout(Duration::from_millis(400))
        .build()
        .unwrap();
    let mut events = open(&client).await.unwrap();
    let mut count = 0;
    while events.try_next().await.unwrap().is_some() {
        count += 1;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(count, 3);
}

#[tokio::test]
async fn a_stream_that_stalls_is_noticed_whoever_asks() {
    let steps = vec![Step::Send([chunked("text/event-stream"), chunk(A)].concat()), Step::Stall];
    let server = Server::start(move |_, _| steps.clone()).await;
    let client = builder(server.url()).read_timeout(SHORT).build().unwrap();
    let mut events = open(&client).await.unwrap();
    events.try_next().await.unwrap();
    let start = Instant::now();
    // Someone who does other things in between, and asks anew each time.
    let error = loop {
        match tokio::time::timeout(SHORT / 10, events.try_next()).await {
            Ok(event) => break event.unwrap_err(),
            Err(_) => assert!(start.elapsed() < 10 * SHORT),
        }
    };
    assert_eq!(kind(&Err::<(), _>(error)), "read timeout");
    assert!(start.elapsed() >= SHORT);
}

#[tokio::test]
async fn keep_alive_comments_keep_a_stream_alive() {
    let ping = [Step::Pause(SHORT / 3), Step::Send(chunk(": ping\n\n"))];
    let head = vec![Step::Send(chunked("text/event-stream"))];
    let steps = [head, vec![ping; 9].concat(), vec![Step::Send(chunk(END))]].concat();
    let server = Server::start(move |_, _| steps.clone()).await;
    let client = builder(server.url()).read_timeout(SHORT).build().unwrap();
    let (text, result) = read(&mut open(&client).await.unwrap()).await;
    assert_eq!((text.as_str(), kind(&result)), ("b", "ok"));
}

/// Who waits for an answer blocks the thread, and with it the client, while the server goes on elsewhere.
#[test]
fn a_consumer_that_blocks_is_not_punished() {
    let elsewhere = Runtime::new().unwrap();
    let late = |bytes| [Step::Pause(2 * SHORT), Step::Send(bytes)];
    let steps = [
        [Step::Pause(SHORT), Step::Send(chunked("text/event-stream"))],
        late(chunk(A)),
        late(chunk(A)),
        late(chunk(END)),
    ]
    .concat();
    let server = elsewhere.block_on(Server::start(move |_, _| steps.clone()));
    let here = Builder::new_current_thread().enable_all().build().unwrap();
    let count = here.block_on(async {
        let client = builder(server.url()).read_timeout(SHORT).build().unwrap();
        let block = async {
            tokio::time::sleep(SHORT / 10).await;
            std::thread::sleep(2 * SHORT);
        };
        let mut events = tokio::join!(open(&client), block).0?;
        let mut count = 0;
        loop {
            match tokio::time::timeout(SHORT / 10, events.try_next()).await {
                Ok(Ok(Some(_))) => count += 1,
                Ok(end) => break end.map(|_| count),
                Err(_) => std::thread::sleep(2 * SHORT),
            }
        }
    });
    assert_eq!(count.unwrap(), 3);
    elsewhere.shutdown_background();
}

const CAP: usize = 1 << 20;

/// How the beginning of an answer becomes endless.
fn endless(head: Vec<u8>, more: Vec<u8>) -> Vec<Step> {
    vec![Step::Send(head), Step::Repeat(more)]
}

/// A body that is compressed, and grows to a thousandfold.
fn bomb(head: Vec<u8>) -> Vec<Step> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&[b' '; CAP]).unwrap();
    // What comes before the end can be repeated.
    encoder.flush().unwrap();
    let (start, block) = encoder.get_ref().split_at(10);
    assert!(block.len() < CAP / 500, "{}", block.len());
    let head = String::from_utf8(head).unwrap().replacen("\r\n", "\r\ncontent-encoding: gzip\r\n", 1);
    endless([head.as_bytes(), start].concat(), block.to_vec())
}

#[tokio::test]
async fn caps_hold_while_reading() {
    let spaces = || vec![b' '; 1 << 16];
    let error_head = || b"HTTP/1.1 400 X\r\nconnection: close\r\n\r\n".to_vec();
    let declared = |media_type| {
        let head = until_close(media_type);
        let head =
            String::from_utf8(head).unwrap().replace("connection: close", "content-length: 9999999999");
        endless(head.into_bytes(), spaces())
    };
    let chunks = |media_type| {
        let piece = String::from_utf8(spaces()).unwrap();
        endless(chunked(media_type), chunk(&piece))
    };
    let until_close = |media_type| endless(until_close(media_type), spaces());
    let bomb_of = |media_type| bomb(crate::server::until_close(media_type));
    let table: [(&str, Vec<Step>, Shape, &str); 21] = [
        ("declared", declared("application/json"), Shape::Json, "large"),
        ("declared", declared("text/csv"), Shape::Download, "large"),
        ("chunks", chunks("application/json"), Shape::Json, "large"),
        ("chunks", chunks("text/plain"), Shape::Text, "large"),
        ("chunks", chunks("text/plain"), Shape::Empty, "large"),
        ("chunks", chunks("text/event-stream"), Shape::Events, "large event"),
        ("chunks", chunks("application/json"), Shape::Events, "large"),
        ("chunks", chunks("application/json"), Shape::Pages, "large"),
        ("chunks", chunks("text/csv"), Shape::Download, "large"),
        ("until close", until_close("application/json"), Shape::Json, "large"),
        ("until close", until_close("text/event-stream"), Shape::Events, "large event"),
        ("until close", until_close("text/csv"), Shape::Download, "large"),
        ("error", endless(error_head(), spaces()), Shape::Json, "status"),
        ("error", endless(error_head(), spaces()), Shape::Download, "status"),
        ("bomb", bomb_of("application/json"), Shape::Json, "large"),
        ("bomb", bomb_of("text/plain"), Shape::Text, "large"),
        ("bomb", bomb_of("text/event-stream"), Shape::Events, "large event"),
        ("bomb", bomb_of("text/csv"), Shape::Download, "large"),
        ("bomb", bomb(error_head()), Shape::Json, "status"),
        ("head", endless(b"HTTP/1.1 200 OK\r\nx: ".to_vec(), spaces()), Shape::Json, "transport"),
        ("heads", endless(vec![], b"HTTP/1.1 100 Continue\r\n\r\n".repeat(99)), Shape::Json, "read timeout"),
    ];
    let http = http_client_builder().gzip(true).build().unwrap();
    for (name, steps, shape, expected) in &table {
        let steps = steps.clone();
        let server = Server::start(move |_, _| steps.clone()).await;
        let client = builder(server.url())
            .http_client(http.clone())
            .retry(RetryPolicy::never())
            .read_timeout(2 * SHORT)
            .max_body_size(CAP as u64)
            .max_error_body_size(CAP as u64)
            .max_event_size(CAP)
            .max_download_size(CAP as u64)
            .build()
            .unwrap();
        let call = call(&client, Method::GET, *shape);
        let result = tokio::time::timeout(Duration::from_secs(20), call).await.expect("an end");
        assert_eq!(kind(&result), *expected, "{name} {shape:?}: {result:?}");
        match result.unwrap_err() {
            Error::Api(error) => assert!(error.is_body_truncated() && error.body().len() == CAP),
            Error::TooLarge(error) => assert_eq!(error.limit(), CAP as u64),
            _ => {}
        }
        assert!(server.all_closed(Duration::from_secs(1)).await, "{name} {shape:?}");
        // What the system keeps between the two comes on top.
        let limit = if *name == "bomb" { CAP } else { 16 * CAP };
        assert!(*name == "heads" || server.repeated() < limit, "{name} {shape:?}: {}", server.repeated());
    }
    println!("{} rows", table.len());
}

#[tokio::test]
async fn what_is_just_within_a_cap_arrives() {
    let text = format!("\"{}\"", "x".repeat(998));
    for shape in [Shape::Json, Shape::Text, Shape::Empty, Shape::Download] {
        for (cap, expected) in [(1000, "ok"), (999, "large")] {
            let server = Server::fixed(json_answer(&text)).await;
            let client = builder(server.url()).max_body_size(cap).max_download_size(cap).build().unwrap();
            assert_eq!(kind(&call(&client, Method::GET, shape).await), expected, "{shape:?} {cap}");
        }
    }
}
