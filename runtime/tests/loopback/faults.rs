//! Every kind of fault against every shape of call.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use runtime::Method;
use tokio::task::JoinSet;

use crate::calls::{A, END, Names, Shape, builder, call, kind};
use crate::server::{Request, Server, Step, Unreachable, answer, free_port, json as json_answer};

const CALLS: [(Method, Shape); 6] = [
    (Method::GET, Shape::Json),
    (Method::GET, Shape::Empty),
    (Method::GET, Shape::Events),
    (Method::GET, Shape::Pages),
    (Method::GET, Shape::Download),
    (Method::POST, Shape::Json),
];

/// What a server that works answers.
fn good(shape: Shape, request: &Request) -> Vec<u8> {
    match shape {
        Shape::Events => answer(200, "content-type: text/event-stream\r\n", &format!("{A}{END}")),
        Shape::Download => answer(200, "content-type: text/csv\r\n", "a,b,c\n1,2,3\n"),
        Shape::Pages if request.target().contains("cursor=2") => {
            json_answer(r#"{"results":["c"],"next":null}"#)
        }
        Shape::Pages => json_answer(r#"{"results":["a","b"],"next":"?cursor=2"}"#),
        Shape::Json | Shape::Text | Shape::Empty => json_answer(r#"{"content":"text"}"#),
    }
}

/// Sends an answer in pieces.
fn slowly(answer: &[u8], piece: usize, pause: Duration) -> Vec<Step> {
    answer.chunks(piece).flat_map(|piece| [Step::Send(piece.to_vec()), Step::Pause(pause)]).collect()
}

/// An answer with a compressed body that lacks its second half.
fn half_compressed(answer: &[u8]) -> Vec<u8> {
    let (head, body) = split(answer);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    let whole = encoder.finish().unwrap();
    let head = String::from_utf8(head.to_vec()).unwrap();
    let head = head.replace(&format!("content-length: {}", body.len()), "content-encoding: gzip");
    let half = &whole[..whole.len() / 2];
    [head.replace("\r\n\r\n", &format!("\r\ncontent-length: {}\r\n\r\n", half.len())).as_bytes(), half]
        .concat()
}

/// Head and body.
fn split(answer: &[u8]) -> (&[u8], &[u8]) {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    answer.split_at(end + 4)
}

type Fault = fn(&[u8]) -> Vec<Step>;

/// Every cell: how the call ends, how many requests arrive, and how many connections are tried. The HTTP
/// library tries another one when the next page is asked for before the connection of the last one is free
/// again.
#[tokio::test]
async fn every_fault_against_every_shape_of_call() {
    const PAUSE: Duration = Duration::from_millis(10);
    let faults: [(&str, Fault, [&str; 6]); 10] = [
        (
            "latency",
            |good| vec![Step::Pause(10 * PAUSE), Step::Send(good.to_vec())],
            ["ok 1/1", "ok 1/1", "ok 1/1", "ok 2/1", "ok 1/1", "ok 1/1"],
        ),
        (
            "slow body",
            |good| {
                let (head, body) = split(good);
                [vec![Step::Send(head.to_vec())], slowly(body, body.len() / 4, 10 * PAUSE)].concat()
            },
            ["ok 1/1", "ok 1/1", "ok 1/1", "ok 2/2", "ok 1/1", "ok 1/1"],
        ),
        (
            "one byte at a time",
            |good| slowly(good, 1, Duration::ZERO),
            ["ok 1/1", "ok 1/1", "ok 1/1", "ok 2/2", "ok 1/1", "ok 1/1"],
        ),
        (
            "reset",
            |good| vec![Step::Send(good[..good.len() - 5].to_vec()), Step::Pause(PAUSE), Step::Reset],
            [
                "transport 3/3",
                "transport 3/3",
                "transport 1/1",
                "transport 3/3",
                "transport 1/1",
                "transport 1/1",
            ],
        ),
        (
            "timeout",
            |_| vec![Step::Stall],
            [
                "read timeout 3/3",
                "read timeout 3/3",
                "read timeout 3/3",
                "read timeout 3/3",
                "read timeout 3/3",
                "read timeout 1/1",
            ],
        ),
        (
            "empty response",
            |_| vec![Step::Close],
            [
                "transport 3/3",
                "transport 3/3",
                "transport 3/3",
                "transport 3/3",
                "transport 3/3",
                "transport 1/1",
            ],
        ),
        (
            "malformed chunk",
            |good| {
                let head = String::from_utf8(split(good).0.to_vec()).unwrap();
                let lines =
                    head.lines().filter(|line| !line.starts_with("content-length") && !line.is_empty());
                let head: String = lines.map(|line| format!("{line}\r\n")).collect();
                vec![
                    Step::Send(format!("{head}transfer-encoding: chunked\r\n\r\nzz\r\n").into()),
                    Step::Close,
                ]
            },
            [
                "transport 3/3",
                "transport 3/3",
                "transport 1/1",
                "transport 3/3",
                "transport 1/1",
                "transport 1/1",
            ],
        ),
        (
            "random bytes",
            |_| {
                vec![Step::Send(std::iter::repeat_with(|| fastrand::u8(..)).take(999).collect()), Step::Close]
            },
            [
                "transport 3/3",
                "transport 3/3",
                "transport 3/3",
                "transport 3/3",
                "transport 3/3",
                "transport 1/1",
            ],
        ),
        (
            "truncated gzip",
            |good| vec![Step::Send(half_compressed(good))],
            [
                "transport 3/1",
                "transport 3/1",
                "transport 1/1",
                "transport 3/1",
                "transport 1/1",
                "transport 1/1",
            ],
        ),
        (
            "web page",
            |_| vec![Step::Send(answer(200, "content-type: text/html\r\n", "<html>canary</html>"))],
            ["decode 1/1", "decode 1/1", "decode 1/1", "decode 1/1", "decode 1/1", "decode 1/1"],
        ),
    ];
    let unreachable = Unreachable::new().await;
    let refused = free_port();

    let mut cells = JoinSet::new();
    for (column, (method, shape)) in CALLS.into_iter().enumerate() {
        for (name, fault, expected) in faults {
            let method = method.clone();
            cells.spawn(async move {
                let server = Server::start(move |_, request| fault(&good(shape, request))).await;
                // What is slow has all the time that it takes on a busy machine.
                let limit = if name == "timeout" { SHORT } else { LONG };
                let (kind, connections) = outcome(server.port(), method.clone(), shape, [LONG, limit]).await;
                let found = format!("{kind} {}/{connections}", server.requests().len());
                (format!("{name}: {method} {shape:?}"), found, expected[column])
            });
        }
        let ports = [
            ("no connection", unreachable.port(), SHORT, "connect timeout 3"),
            ("refused", refused, LONG, "connect 3"),
        ];
        for (name, port, limit, expected) in ports {
            let method = method.clone();
            cells.spawn(async move {
                let (kind, connections) = outcome(port, method.clone(), shape, [limit, LONG]).await;
                (format!("{name}: {method} {shape:?}"), format!("{kind} {connections}"), expected)
            });
        }
    }
    let cells = cells.join_all().await;
    let wrong = Vec::from_iter(cells.iter().filter(|(_, found, expected)| found != expected));
    println!("{} cells, {} wrong", cells.len(), wrong.len());
    assert!(cells.len() == 72 && wrong.is_empty(), "{wrong:#?}");
}

/// For what is to time out.
const SHORT: Duration = Duration::from_millis(700);

/// For what is not.
const LONG: Duration = Duration::from_secs(60);

/// How a call ends, and how many connections it tries. Limits of connecting and of reading.
async fn outcome(
    port: u16,
    method: Method,
    shape: Shape,
    [connecting, reading]: [Duration; 2],
) -> (&'static str, usize) {
    let names = Names::default();
    let http = names.http().connect_timeout(connecting).gzip(true).build().unwrap();
    let client = builder(format!("http://service.test:{port}"))
        .http_client(http)
        .connect_timeout(connecting)
        .read_timeout(reading)
        .build()
        .unwrap();
    let result = call(&client, method, shape).await;
    (kind(&result), names.count())
}
