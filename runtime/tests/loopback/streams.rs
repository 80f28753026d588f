//! Event streams over HTTP: when events arrive, and how streams end.

use std::sync::Arc;
use std::time::Duration;

use runtime::Method;
use tokio::sync::Notify;

use crate::calls::{A, END, builder, client, kind, open, read};
use crate::server::{Server, Step, answer, chunk, chunked, json as json_answer, until_close};

#[tokio::test]
async fn events_arrive_as_the_server_writes_them() {
    let go_on = Arc::new(Notify::new());
    let wait = go_on.clone();
    let server = Server::start(move |_, _| {
        vec![
            Step::Send(chunked("text/event-stream")),
            Step::Wait(wait.clone()),
            Step::Send(chunk(A)),
            Step::Wait(wait.clone()),
            Step::Send(chunk(END)),
            Step::Stall,
        ]
    })
    .await;
    let client = client(server.url());
    let mut events = open(&client).await.unwrap();
    go_on.notify_one();
    assert_eq!(events.try_next().await.unwrap().unwrap().content, "a");
    assert!(tokio::time::timeout(Duration::from_millis(50), events.try_next()).await.is_err(), "nothing yet");
    go_on.notify_one();
    assert_eq!(events.try_next().await.unwrap().unwrap().content, "b");
    assert!(events.try_next().await.unwrap().is_none());
    assert!(
        server.all_closed(Duration::from_millis(500)).await,
        "closed after the last event, while `events` lives"
    );
}

#[tokio::test]
async fn how_streams_end() {
    let send = |parts: &[&[u8]]| Step::Send(parts.concat());
    let head = chunked("text/event-stream; charset=utf-8");
    let open_end = until_close("text/event-stream");
    let table: Vec<(&str, Vec<Step>, &str, &str)> = vec![
        ("whole", vec![send(&[&head, &chunk(A), &chunk(END), b"0\r\n\r\n"])], "ab", "ok"),
        ("bytes after the end", vec![send(&[&head, &chunk(END), &chunk("garbage"), &chunk(A)])], "b", "ok"),
        ("cut after the end", vec![send(&[&head, &chunk(END)]), Step::Reset], "b", "ok"),
        ("last chunk missing", vec![send(&[&head, &chunk(A)]), Step::Close], "a", "transport"),
        (
            "reset",
            vec![send(&[&head, &chunk(A)]), Step::Pause(Duration::from_millis(50)), Step::Reset],
            "a",
            "transport",
        ),
        ("bad chunk", vec![send(&[&head, &chunk(A), b"zz\r\n"])], "a", "transport"),
        ("early end of chunks", vec![send(&[&head, &chunk(A), b"0\r\n\r\n"])], "a", "truncated"),
        ("closed", vec![send(&[&open_end, A.as_bytes()]), Step::Close], "a", "truncated"),
        ("silence", vec![send(&[&head, &chunk(A)]), Step::Stall], "a", "read timeout"),
        (
            "invalid event",
            vec![send(&[&head, &chunk("data: {\"content\":5,\"x\":\"canary\"}\n\n")])],
            "",
            "invalid",
        ),
        (
            "large event",
            vec![send(&[&head, &chunk(&format!("data: {}", "x".repeat(3000)))])],
            "",
            "large event",
        ),
        ("json", vec![Step::Send(json_answer(r#"{"content":"whole","done":true}"#))], "whole", "ok"),
        ("json without a mark", vec![Step::Send(json_answer(r#"{"content":"whole"}"#))], "whole", "ok"),
        (
            "cut json",
            vec![Step::Send(json_answer(r#"{"content":"whole"}"#)[..75].to_vec()), Step::Close],
            "",
            "transport",
        ),
        ("empty", vec![Step::Send(answer(200, "content-type: text/event-stream\r\n", ""))], "", "truncated"),
        ("no type", vec![Step::Send(answer(200, "", END))], "b", "ok"),
    ];
    for (name, steps, text, end) in table {
        let server = Server::start(move |_, _| steps.clone()).await;
        let client = builder(server.url())
            .read_timeout(Duration::from_millis(200))
            .max_event_size(2000)
            .build()
            .unwrap();
        let mut events = open(&client).await.unwrap();
        let (found, result) = read(&mut events).await;
        assert_eq!((found.as_str(), kind(&result)), (text, end), "{name}");
        assert!(matches!(events.try_next().await, Ok(None)), "{name}: fused");
        assert_eq!(server.requests().len(), 1, "{name}: never repeated");
    }
}

/// A case of the event stream standard, and the data of the events that it means.
#[derive(serde::Deserialize)]
struct Case {
    name: String,
    hex: String,
    exp: Vec<Expected>,
}

#[derive(serde::Deserialize)]
struct Expected {
    data: String,
}

impl Case {
    fn bytes(&self) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&self.hex[at..at + 2], 16).unwrap();
        (0..self.hex.len()).step_by(2).map(byte).collect()
    }
}

/// The answer in two chunks, or in chunks of one byte if there is no place to split it.
fn in_chunks(bytes: &[u8], split: Option<usize>) -> Vec<u8> {
    let pieces = match split {
        Some(split) => vec![&bytes[..split], &bytes[split..]],
        None => bytes.chunks(1).collect(),
    };
    let mut answer = chunked("text/event-stream");
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        answer.extend([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
    }
    answer.extend(b"0\r\n\r\n");
    answer
}

#[tokio::test]
async fn every_case_at_every_split() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../data/sse-cases.json")).unwrap();
    let inputs: Vec<_> = cases.iter().map(Case::bytes).collect();
    let places: Vec<(usize, Option<usize>)> = inputs
        .iter()
        .enumerate()
        .flat_map(|(case, input)| (0..=input.len()).map(Some).chain([None]).map(move |split| (case, split)))
        .collect();
    let script = places.clone();
    let server = Server::start(move |number, _| {
        let (case, split) = script[number];
        vec![Step::Send(in_chunks(&inputs[case], split))]
    })
    .await;
    let client = client(server.url());
    for (case, split) in &places {
        let case = &cases[*case];
        let request = client.request(Method::GET, "/");
        let mut events = request.receive_events::<String>().await.unwrap().into_body();
        let mut found = Vec::new();
        let end = loop {
            match events.try_next().await {
                Ok(Some(data)) => found.push(data),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        // To a stream of values, it is the end.
        let events = case.exp.iter().map(|event| &event.data).take_while(|data| *data != "[DONE]");
        let expected = Vec::from_iter(events);
        assert_eq!(Vec::from_iter(&found), expected, "{} split at {split:?}", case.name);
        assert!(matches!(kind(&end), "ok" | "truncated"), "{} split at {split:?}", case.name);
    }
    println!("{} runs on {} connections", places.len(), server.connections());
    assert_eq!(cases.len(), 98);
}
