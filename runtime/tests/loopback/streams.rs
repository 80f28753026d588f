//! Event streams over HTTP: when events arrive, and how streams end.

use std::sync::Arc;
use std::time::Duration;

use runtime::{Error, Method, NamedEvent, OtherEvents, SignOfLife, StreamEvent, TimeoutPhase};
use serde::Deserialize;
use tokio::sync::Notify;

use crate::calls::{A, Delta, END, builder, client, kind, open, read};
use crate::server::{Server, Step, answer, chunk, chunked, json as json_answer, settle, until_close};

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
        ("empty json", vec![Step::Send(json_answer("{}"))], "", "decode"),
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
        let events = request.receive_events::<String>().await.unwrap().into_body();
        let mut events = events.with_other_events(OtherEvents::Decode);
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

/// An event like those of many services: no property is required.
#[derive(Debug, Deserialize)]
struct Loose {
    #[allow(dead_code)]
    content: Option<String>,
    #[serde(default, alias = "is_done")]
    done: bool,
}

impl StreamEvent for Loose {
    const HAS_END: bool = true;

    fn is_last(&self) -> bool {
        self.done
    }
}

/// The same in a document that does not say how streams end.
#[derive(Debug, Deserialize)]
struct Endless {
    #[allow(dead_code)]
    content: Option<String>,
}

impl StreamEvent for Endless {}

/// Everything of a stream: how many events, and the error behind them.
async fn all<E: StreamEvent>(answer: Vec<u8>) -> (usize, Option<Error>) {
    let server = Server::fixed(answer).await;
    let client = client(server.url());
    let mut events = client.request(Method::POST, "/ask").receive_events::<E>().await.unwrap().into_body();
    let mut count = 0;
    loop {
        match events.try_next().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, None),
            Err(error) => return (count, Some(error)),
        }
    }
}

fn events(body: &str) -> Vec<u8> {
    answer(200, "content-type: text/event-stream\r\n", body)
}

const WORDS: &str = r#"{"detail": "quota exceeded for canary"}"#;

#[tokio::test]
async fn errors_in_a_stream_are_errors_with_the_words_of_the_server() {
    let a = "data: {\"content\":\"a\"}\n\n";
    let nested = r#"{"error": {"message": "quota exceeded"}, "status": 429}"#;
    let table = [
        ("named", format!("{a}event: error\ndata: {WORDS}\n\n"), 1, WORDS),
        ("named, then a forged end", format!("event: error\ndata: {WORDS}\n\ndata: [DONE]\n\n"), 0, WORDS),
        (
            "named, looks like an event",
            "event: error\ndata: {\"content\":\"x\"}\n\n".into(),
            0,
            "{\"content\":\"x\"}",
        ),
        ("named, text", "event: error\ndata: overloaded\n\n".into(), 0, "overloaded"),
        ("named, no text", "event: error\ndata:\n\n".into(), 0, ""),
        ("named, cut off behind a line", format!("event: error\ndata: {WORDS}\n"), 0, WORDS),
        ("unnamed", format!("{a}data: {WORDS}\n\n"), 1, WORDS),
        ("unnamed, then a forged end", format!("data: {nested}\n\ndata: [DONE]\n\n"), 0, nested),
        ("unnamed, cut off behind a line", format!("{a}data: {WORDS}\n"), 1, WORDS),
        ("a line of JSON", format!("{WORDS}\n"), 0, WORDS),
        ("a line of JSON without an end", WORDS.to_owned(), 0, WORDS),
    ];
    for (name, body, count, words) in table {
        for (found, error) in [all::<Loose>(events(&body)).await, all::<Endless>(events(&body)).await] {
            let error = error.unwrap_or_else(|| panic!("{name}: no error"));
            let event = error.error_event().unwrap_or_else(|| panic!("{name}: {error:?}"));
            assert_eq!((found, event.data()), (count, words), "{name}");
            assert_eq!(error.to_string(), "POST /ask: the server reported an error in the stream", "{name}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
    let (_, error) = all::<Delta>(events(&format!("data: {WORDS}\n\n"))).await;
    assert!(error.unwrap().error_event().is_some(), "also where properties are required");

    for words in [WORDS, nested] {
        for (found, error) in
            [all::<Loose>(json_answer(words)).await, all::<Endless>(json_answer(words)).await]
        {
            assert_eq!((found, error.unwrap().error_event().unwrap().data()), (0, words));
        }
    }
}

#[tokio::test]
async fn what_an_event_has_of_its_own_makes_it_one() {
    for event in [
        r#"{"content":null,"detail":"x"}"#,
        r#"{"error":"x","is_done":false}"#,
        r#"{"content":"","error":null,"new":{}}"#,
        r"{}",
    ] {
        let (count, error) = all::<Loose>(events(&format!("data: {event}\n\ndata: [DONE]\n\n"))).await;
        assert!(count == 1 && error.is_none(), "{event}: {error:?}");
    }
    // An answer that should be a whole stream has something in it.
    let (count, error) = all::<Loose>(json_answer("{}")).await;
    assert!(count == 0 && error.unwrap().to_string().contains("ended early"));
    assert!(matches!(all::<Endless>(json_answer("{}")).await, (1, None)));
    // Whoever takes anything gets anything.
    for (count, error) in [
        all::<serde_json::Value>(events(&format!("data: {WORDS}\n\n"))).await,
        all::<String>(events(&format!("data: {WORDS}\n\n"))).await,
    ] {
        assert!(count == 1 && error.is_none(), "{error:?}");
    }
}

#[tokio::test]
async fn heartbeats_and_other_events_are_passed_over() {
    let a = "data: {\"content\":\"a\"}\n\n";
    let end = "data: {\"done\":true}\n\n";
    for beat in [
        "data:\n\n",
        "data\n\n",
        "data:  \n\n",
        "event: ping\ndata:\n\n",
        "event: ping\ndata: {}\n\n",
        "event: ping\ndata: {\"type\":\"ping\"}\n\n",
        "event: ping\ndata: 2024-10-06\n\n",
        "event: ping\n\n",
        "event: status\ndata: [DONE]\n\n",
        ": comment\n\n",
        "id: 7\n\n",
        "retry: 10\n\n",
    ] {
        let body = format!("{beat}{a}{beat}{beat}{end}{beat}");
        let (count, error) = all::<Loose>(events(&body)).await;
        assert!(count == 2 && error.is_none(), "{beat:?}: {count} {error:?}");
        let (count, error) = all::<Endless>(events(&format!("{a}{beat}{beat}"))).await;
        assert!(count == 1 && error.is_none(), "{beat:?}: {count} {error:?}");
    }
    for no_end in ["data:  [DONE]\n\n", "data: [DONE] \n\n", "event: x\ndata: [DONE]\n\n"] {
        let (_, error) = all::<Loose>(events(no_end)).await;
        assert!(error.is_some(), "{no_end:?}");
    }
}

#[tokio::test]
async fn callers_say_what_other_events_are() {
    let body = "event: delta\ndata: {\"content\":\"a\"}\n\ndata: {\"done\":true}\n\n";
    for (others, count, fails) in
        [(OtherEvents::Skip, 1, false), (OtherEvents::Decode, 2, false), (OtherEvents::Refuse, 0, true)]
    {
        let server = Server::fixed(events(body)).await;
        let client = client(server.url());
        let events = client.request(Method::GET, "/").receive_events::<Loose>().await.unwrap().into_body();
        let mut events = events.with_other_events(others);
        let (mut found, mut names) = (0, Vec::new());
        let end = loop {
            match events.try_next().await {
                Ok(Some(_)) => (found, _) = (found + 1, names.push(events.event_name().to_owned())),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        assert_eq!((found, end.is_some()), (count, fails), "{others:?}: {end:?}");
        if others == OtherEvents::Decode {
            assert_eq!(names, ["delta", "message"]);
        }
    }
}

#[tokio::test]
async fn names_and_identifiers_come_with_the_events() {
    let body = "id: 1\nevent: message\ndata: a\n\ndata: b\n\nretry: 1500\nid: 3\nevent: news\ndata: c\n\n";
    let server = Server::fixed(events(body)).await;
    let client = client(server.url());
    let open = async || {
        let answer = client.request(Method::GET, "/").receive_events::<String>().await.unwrap();
        answer.into_body().with_other_events(OtherEvents::Decode)
    };
    let mut events = open().await;
    assert_eq!((events.event_name(), events.last_event_id()), ("message", ""));
    let mut found = Vec::new();
    while let Some(data) = events.try_next().await.unwrap() {
        found.push((data, events.event_name().to_owned(), events.last_event_id().to_owned()));
    }
    let expected = [("a", "message", "1"), ("b", "message", "1"), ("c", "news", "3")];
    assert_eq!(found, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    assert_eq!(events.reconnection_time(), Some(Duration::from_millis(1500)));

    use futures_util::StreamExt;
    let named: Vec<NamedEvent<String>> =
        open().await.into_named().map(|event| event.unwrap()).collect().await;
    let named: Vec<_> = named.iter().map(|event| (&*event.event, &*event.name, &*event.id)).collect();
    assert_eq!(named, expected);
}

#[tokio::test]
async fn silence_has_a_limit_of_its_own() {
    let head = chunked("text/event-stream");
    let drip = move |what: &str| {
        let step = [Step::Send(chunk(what)), Step::Pause(Duration::from_millis(50))];
        let mut steps = vec![Step::Send(head.clone()), Step::Send(chunk(A))];
        steps.extend(step.iter().cycle().take(2 * 10).cloned());
        steps.extend([Step::Send(chunk(END)), Step::Stall]);
        steps
    };
    let table = [
        (": comment\n\n", SignOfLife::Event, 150, false),
        ("event: ping\ndata: x\n\n", SignOfLife::Event, 150, false),
        (": comment\n\n", SignOfLife::Bytes, 150, true),
        (A, SignOfLife::Event, 150, true),
        (": comment\n\n", SignOfLife::Event, 5_000, true),
    ];
    for (what, sign, limit, ends_well) in table {
        let steps = drip(what);
        let server = Server::start(move |_, _| steps.clone()).await;
        let client = client(server.url());
        let limit = Duration::from_millis(limit);
        let mut events = open(&client).await.unwrap().with_max_silence(limit, sign);
        let (text, end) = read(&mut events).await;
        assert_eq!((end.is_ok(), &text[..1]), (ends_well, "a"), "{what:?} {sign:?}: {end:?}");
        if let Err(error) = end {
            assert!(error.is_timeout() && error.operation().is_some(), "{error:?}");
            assert!(matches!(error, Error::Timeout { phase: TimeoutPhase::Event, .. }), "{error:?}");
        }
    }
    // A caller that takes its time is not silence of the server.
    let server = Server::fixed([chunked("text/event-stream"), chunk(A), chunk(END)].concat()).await;
    let client = client(server.url());
    let limit = Duration::from_millis(30);
    let mut events = open(&client).await.unwrap().with_max_silence(limit, SignOfLife::Event);
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert!(events.try_next().await.unwrap().is_some());
    }
}

#[tokio::test]
async fn finished_streams_share_a_connection() {
    let error = "event: error\ndata: {}\n\n";
    for (name, last) in [("last event", END), ("done", "data: [DONE]\n\n"), ("error", error)] {
        for is_late in [false, true] {
            let (go_on, sent) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let (wait, tell) = (go_on.clone(), sent.clone());
            let server = Server::start(move |_, _| {
                let (events, end) =
                    ([chunked("text/event-stream"), chunk(A), chunk(last)].concat(), b"0\r\n\r\n");
                let mut steps = match is_late {
                    false => vec![Step::Send([&events[..], end].concat())],
                    true => vec![Step::Send(events), Step::Wait(wait.clone()), Step::Send(end.to_vec())],
                };
                steps.push(Step::Tell(tell.clone()));
                steps
            })
            .await;
            let client = client(server.url());
            for _ in 0..5 {
                let (_, end) = read(&mut open(&client).await.unwrap()).await;
                assert_eq!(kind(&end), if name == "error" { "error event" } else { "ok" });
                go_on.notify_one();
                sent.notified().await;
                settle().await;
            }
            assert_eq!(server.connections(), 1, "{name}, late: {is_late}");
        }
    }
}
