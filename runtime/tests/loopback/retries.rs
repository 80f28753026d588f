//! Which calls are repeated, how often, and when.

use std::time::{Duration, Instant};

use runtime::{Method, RetryPolicy};
use tokio::task::JoinSet;

use crate::calls::{Names, Shape, builder, call, client, shown};
use crate::server::{Server, Step, answer, free_port, json as json_answer};

/// Calls that fail every time: the method, the shape, the failure, headers of the answer, and how many
/// requests (or, where nobody listens, connections) there are in the end.
const FAILURES: [(&str, Shape, &str, &str, usize); 66] = [
    // Reads, and what can be done twice.
    ("GET", Shape::Json, "408", "", 3),
    ("GET", Shape::Json, "425", "", 3),
    ("GET", Shape::Json, "429", "", 3),
    ("GET", Shape::Json, "500", "", 3),
    ("GET", Shape::Json, "502", "", 3),
    ("GET", Shape::Json, "503", "", 3),
    ("GET", Shape::Json, "504", "", 3),
    ("GET", Shape::Json, "refused", "", 3),
    ("GET", Shape::Json, "closed", "", 3),
    ("GET", Shape::Json, "reset", "", 3),
    ("GET", Shape::Json, "silent", "", 3),
    ("GET", Shape::Json, "garbage", "", 3),
    ("GET", Shape::Json, "cut", "", 3),
    ("GET", Shape::Text, "cut", "", 3),
    ("GET", Shape::Empty, "cut", "", 3),
    ("GET", Shape::Pages, "503", "", 3),
    ("GET", Shape::Pages, "cut", "", 3),
    ("HEAD", Shape::Empty, "503", "", 3),
    ("OPTIONS", Shape::Empty, "503", "", 3),
    ("PUT", Shape::Json, "503", "", 3),
    ("PUT", Shape::Json, "reset", "", 3),
    ("DELETE", Shape::Empty, "503", "", 3),
    ("DELETE", Shape::Empty, "closed", "", 3),
    // What would fail again.
    ("GET", Shape::Json, "400", "", 1),
    ("GET", Shape::Json, "401", "", 1),
    ("GET", Shape::Json, "403", "", 1),
    ("GET", Shape::Json, "404", "", 1),
    ("GET", Shape::Json, "409", "", 1),
    ("GET", Shape::Json, "410", "", 1),
    ("GET", Shape::Json, "422", "", 1),
    ("GET", Shape::Json, "501", "", 1),
    ("GET", Shape::Json, "505", "", 1),
    ("GET", Shape::Json, "404", "retry-after: 0", 1),
    ("GET", Shape::Json, "302", "retry-after: 0", 1),
    ("GET", Shape::Json, "304", "retry-after: 0", 1),
    ("GET", Shape::Json, "200", "content-type: text/html", 1),
    ("GET", Shape::Json, "200", "content-encoding: gzip", 1),
    ("GET", Shape::Json, "wrong json", "", 1),
    // What the server may have done.
    ("POST", Shape::Json, "408", "", 1),
    ("POST", Shape::Json, "425", "", 1),
    ("POST", Shape::Json, "429", "", 1),
    ("POST", Shape::Json, "500", "", 1),
    ("POST", Shape::Json, "502", "", 1),
    ("POST", Shape::Json, "503", "", 1),
    ("POST", Shape::Json, "504", "", 1),
    ("POST", Shape::Json, "408", "retry-after: 0", 1),
    ("POST", Shape::Json, "500", "retry-after: 0", 1),
    ("POST", Shape::Json, "502", "retry-after: 0", 1),
    ("POST", Shape::Json, "closed", "", 1),
    ("POST", Shape::Json, "reset", "", 1),
    ("POST", Shape::Json, "silent", "", 1),
    ("POST", Shape::Json, "garbage", "", 1),
    ("POST", Shape::Json, "cut", "", 1),
    ("PATCH", Shape::Json, "503", "", 1),
    ("PATCH", Shape::Json, "reset", "", 1),
    // What it cannot have done.
    ("POST", Shape::Json, "429", "retry-after: 0", 3),
    ("POST", Shape::Json, "503", "retry-after: 0", 3),
    ("POST", Shape::Json, "refused", "", 3),
    ("PATCH", Shape::Json, "503", "retry-after: 0", 3),
    ("POST", Shape::Events, "503", "retry-after: 0", 3),
    ("POST", Shape::Events, "refused", "", 3),
    // What has begun to arrive, and what has not.
    ("GET", Shape::Events, "silent", "", 3),
    ("GET", Shape::Events, "503", "", 3),
    ("GET", Shape::Events, "cut", "", 1),
    ("GET", Shape::Download, "cut", "", 1),
    ("GET", Shape::Download, "503", "", 3),
];

fn failure(name: &str, headers: &str) -> Vec<Step> {
    let headers = if headers.is_empty() { String::new() } else { format!("{headers}\r\n") };
    match name {
        "closed" => vec![Step::Close],
        "reset" => vec![Step::Reset],
        "silent" => vec![Step::Stall],
        "garbage" => vec![Step::Send(vec![0; 99]), Step::Close],
        "cut" => vec![Step::Send(answer(200, "", "half a body")[..45].to_vec()), Step::Close],
        "wrong json" => vec![Step::Send(json_answer("{"))],
        status => vec![Step::Send(answer(status.parse().unwrap(), &headers, ""))],
    }
}

#[tokio::test]
async fn which_failures_are_repeated() {
    let nobody = free_port();
    let mut sums = (0, 0);
    for (method, shape, name, headers, expected) in FAILURES {
        let server = Server::start(move |_, _| failure(name, headers)).await;
        let names = Names::default();
        let port = if name == "refused" { nobody } else { server.port() };
        let client = builder(format!("http://service.test:{port}"))
            .http_client(names.http().build().unwrap())
            .read_timeout(Duration::from_millis(100))
            .build()
            .unwrap();
        let error = call(&client, method.parse().unwrap(), shape).await.unwrap_err();
        shown(&error);
        let found = if name == "refused" { names.count() } else { server.requests().len() };
        assert_eq!(found, expected, "{method} {shape:?} {name} {headers}: {error:?}");
        sums = (sums.0 + 1, sums.1 + found);
    }
    println!("{} rows, {} requests", sums.0, sums.1);
}

#[tokio::test]
async fn repeated_calls_succeed() {
    let send = |status, headers| vec![Step::Send(answer(status, headers, "null"))];
    let (fail, later, ok) = (send(503, ""), send(429, "retry-after: 0\r\n"), send(200, ""));
    let table = [
        (Method::GET, vec![fail.clone(), ok.clone()], 2, true),
        (Method::GET, vec![fail.clone(), vec![Step::Reset], ok.clone()], 3, true),
        (Method::GET, vec![fail.clone(), fail.clone(), fail.clone(), ok.clone()], 3, false),
        (Method::POST, vec![later.clone(), later.clone(), ok.clone()], 3, true),
        (Method::POST, vec![later.clone(), fail.clone(), ok.clone()], 2, false),
    ];
    for (method, script, requests, success) in table {
        let server = Server::start(move |number, _| script[number].clone()).await;
        let result = call(&client(server.url()), method, Shape::Json).await;
        assert_eq!((server.requests().len(), result.is_ok()), (requests, success), "{result:?}");
    }
}

#[tokio::test]
async fn retry_after_is_honoured_within_a_cap() {
    const CAP: Duration = Duration::from_millis(1100);
    const NONE: Duration = Duration::ZERO;
    let secs = Duration::from_secs;
    let table = [
        ("0", 2, NONE, Some(NONE)),
        ("1", 2, secs(1), Some(secs(1))),
        ("2", 1, NONE, Some(secs(2))),
        ("86400", 1, NONE, Some(secs(86_400))),
        ("99999999999999999999999999", 1, NONE, Some(secs(u64::MAX))),
        ("Sun Nov  6 08:49:37 1994", 2, NONE, Some(NONE)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 2, NONE, Some(NONE)),
        ("-1", 1, NONE, None),
        ("+1", 1, NONE, None),
        ("1.5", 1, NONE, None),
        ("1s", 1, NONE, None),
        ("1, 2", 1, NONE, None),
        ("soon", 1, NONE, None),
        ("", 1, NONE, None),
        ("Fri, 99 Dec 2999 23:59:59 GMT", 1, NONE, None),
    ];
    for (value, attempts, waiting, told) in table {
        let server = Server::fixed(answer(503, &format!("retry-after: {value}\r\n"), "")).await;
        let retry = RetryPolicy::default().max_retries(1).base(NONE).max_retry_after(CAP);
        let client = builder(server.url()).retry(retry).build().unwrap();
        let start = Instant::now();
        let error = call(&client, Method::POST, Shape::Json).await.unwrap_err();
        assert_eq!((server.requests().len(), error.status().unwrap().as_u16()), (attempts, 503), "{value}");
        assert_eq!((error.retry_after(), error.attempts()), (told, attempts as u32), "{value}");
        let (least, most) = (waiting, waiting * 5 / 4 + secs(1));
        assert!((least..most).contains(&start.elapsed()), "{value}: {:?}", start.elapsed());
    }
    for date in ["Tue, 31 Dec 2999 23:59:59 GMT", "Friday, 31-Dec-49 23:59:59 GMT"] {
        let server = Server::fixed(answer(429, &format!("retry-after: {date}\r\n"), "")).await;
        let error = call(&client(server.url()), Method::GET, Shape::Json).await.unwrap_err();
        assert!(error.retry_after() > Some(secs(86_400)) && server.requests().len() == 1, "{error:?}");
    }
    println!("{} rows", table.len());
}

/// A server tells all of its clients the same time; they must not come back all at once.
#[tokio::test]
async fn clients_that_were_told_the_same_time_come_back_at_different_ones() {
    let server = Server::start(|number, _| {
        vec![Step::Send(if number < 50 {
            answer(503, "retry-after: 1\r\n", "")
        } else {
            json_answer("null")
        })]
    })
    .await;
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let client = client(server.url());
        callers.spawn(async move {
            call(&client, Method::GET, Shape::Json).await.unwrap();
            start.elapsed()
        });
    }
    let mut times = callers.join_all().await;
    times.sort();
    // The middle half of them, so that the machine's own unrest does not count.
    let spread = times[37] - times[12];
    assert!(times[0] >= Duration::from_secs(1) && spread > Duration::from_millis(50), "{spread:?}");
}

#[tokio::test]
async fn post_is_repeated_when_nobody_listens_or_the_user_allows_it() {
    let server = Server::start(|number, _| {
        vec![Step::Send(if number == 0 { answer(500, "", "") } else { json_answer("null") })]
    })
    .await;
    let retry = RetryPolicy::default().base(Duration::ZERO).also_unsafe_methods();
    let client = builder(server.url()).retry(retry).build().unwrap();
    call(&client, Method::POST, Shape::Json).await.unwrap();
    assert_eq!(server.requests().len(), 2);

    // The port is free at first; the server comes up during the waiting time.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let retry = RetryPolicy::default()
        .max_retries(50)
        .base(Duration::from_millis(40))
        .max_backoff(Duration::from_millis(40));
    let client = builder(format!("http://{free}")).retry(retry).build().unwrap();
    let late = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let listener = std::net::TcpListener::bind(free).unwrap();
        tokio::task::spawn_blocking(move || {
            use std::io::{Read, Write};
            let (mut connection, _) = listener.accept().unwrap();
            let _ = connection.read(&mut [0; 4096]).unwrap();
            connection.write_all(&json_answer("null")).unwrap();
        })
        .await
        .unwrap();
    });
    call(&client, Method::POST, Shape::Json).await.unwrap();
    late.await.unwrap();
}

/// Whatever fails, and however many calls there are at once.
#[tokio::test]
async fn a_storm_of_failures_is_not_multiplied() {
    let storms = [(Method::GET, answer(503, "", "")), (Method::POST, answer(429, "retry-after: 0\r\n", ""))];
    for (method, failure) in storms {
        let server = Server::fixed(failure).await;
        let client = client(server.url());
        let mut callers = JoinSet::new();
        for _ in 0..10 {
            let (client, method) = (client.clone(), method.clone());
            callers.spawn(async move {
                for _ in 0..100 {
                    call(&client, method.clone(), Shape::Json).await.unwrap_err();
                }
            });
        }
        callers.join_all().await;
        let requests = server.requests().len();
        println!("{method}: {requests} requests for 1000 calls");
        assert!((1001..=1500).contains(&requests), "{requests}");
    }
}
