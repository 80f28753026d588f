//! Does a hook see everything that happens to a call, once and in order, and nothing that is secret?

use std::sync::{Arc, Mutex};
use std::time::Duration;

use runtime::{AttemptStart, CallOptions, Client, Error, Hook, Method, Report, Result, RetryPolicy};
use serde_json::json;

use crate::calls::{self, A, END, KEY, SHAPES, Sample, Shape, TEXT, builder, call};
use crate::server::{Server, Step, answer, json as json_answer, until_close};

/// Writes down what it is told.
#[derive(Clone, Default)]
pub struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn push(&self, line: String) {
        assert!(!line.contains("canary"), "{line}");
        self.0.lock().unwrap().push(line);
    }

    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Everything of a report that does not depend on the clock.
fn line(what: &str, report: &Report<'_>) -> String {
    assert!(!format!("{report:?}").contains("canary"), "{report:?}");
    assert_eq!(report.server_address(), "127.0.0.1");
    assert!(report.server_port().is_some());
    assert_eq!(report.time_to_head().is_some(), report.status().is_some());
    assert!(report.time_to_head() <= Some(report.duration()), "{report:?}");
    let status = report.status().map_or(0, |status| status.as_u16());
    let end = if report.is_dropped() { "dropped" } else { report.error_kind().unwrap_or("good") };
    let retry = if report.retry_in().is_some() { " again" } else { "" };
    let bytes = report.received();
    format!("{what} {} {status} {bytes} {end}{retry}", report.attempts())
}

impl Hook for Notes {
    fn before_attempt(&self, attempt: &mut AttemptStart<'_>) -> Result<()> {
        assert!(!format!("{attempt:?}").contains("canary"), "{attempt:?}");
        self.push(format!("before {} {}", attempt.number(), attempt.operation()));
        Ok(())
    }

    fn after_attempt(&self, attempt: &Report<'_>) {
        self.push(line("after", attempt));
    }

    fn after_call(&self, call: &Report<'_>) {
        self.push(line("call", call));
    }
}

pub fn watched(url: String) -> (Client<Sample>, Notes) {
    let notes = Notes::default();
    (builder(url).hook(notes.clone()).build().unwrap(), notes)
}

/// It panics while it holds its lock, and whenever it wants that lock again.
#[derive(Default)]
struct Poisoned(Mutex<()>);

impl Hook for Poisoned {
    fn after_attempt(&self, _: &Report<'_>) {
        let _held = self.0.lock().unwrap();
        panic!("a mistake of the hook's own");
    }

    fn after_call(&self, _: &Report<'_>) {
        drop(self.0.lock().unwrap());
    }
}

/// The process would end if it panicked again while the call is taken down.
#[tokio::test]
async fn a_panic_of_a_hook_is_one_of_its_call() {
    let server = Server::fixed(json_answer("null")).await;
    for shape in SHAPES {
        let client = builder(server.url()).hook(Poisoned::default()).build().unwrap();
        let call = tokio::spawn(async move { call(&client, Method::GET, shape).await });
        assert!(call.await.unwrap_err().is_panic(), "{shape:?}");
    }
    // Nobody waits for the answer.
    let client = builder(server.url()).hook(Poisoned::default()).build().unwrap();
    let call = tokio::spawn(async move {
        let answer = client.request(Method::GET, "/").receive_download().await;
        drop(answer);
    });
    assert!(call.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn every_attempt_is_told_of_in_order() {
    let server = Server::start(|number, _| {
        vec![match number {
            0 => Step::Send(answer(503, "x-request-id: r1\r\n", "busy")),
            1 => Step::Reset,
            _ => Step::Send(json_answer("[1]")),
        }]
    })
    .await;
    let (client, notes) = watched(server.url());
    call(&client, Method::GET, Shape::Json).await.unwrap();
    assert_eq!(
        notes.take(),
        [
            "before 1 GET /things/{id}/",
            "after 1 503 4 status again",
            "before 2 GET /things/{id}/",
            "after 2 0 0 transport again",
            "before 3 GET /things/{id}/",
            "after 3 200 3 good",
            "call 3 200 3 good",
        ]
    );
}

/// What a call of each shape says of one whole answer.
#[tokio::test]
async fn each_shape_ends_once() {
    for shape in SHAPES {
        let body = match shape {
            Shape::Events => answer(200, "content-type: text/event-stream\r\n", END),
            Shape::Pages => json_answer(r#"{"results":["a"],"next":null}"#),
            _ => json_answer("null"),
        };
        let server = Server::fixed(body).await;
        let (client, notes) = watched(server.url());
        call(&client, Method::GET, shape).await.unwrap();
        let notes = notes.take();
        assert_eq!(notes.len(), 3, "{shape:?}: {notes:?}");
        assert!(notes[1].starts_with("after 1 200 ") && notes[1].ends_with(" good"), "{shape:?}: {notes:?}");
        assert!(notes[2].starts_with("call 1 200 ") && notes[2].ends_with(" good"), "{shape:?}: {notes:?}");
    }
}

#[tokio::test]
async fn failures_have_their_kind() {
    let events = |text: &str| answer(200, "content-type: text/event-stream\r\n", text);
    let table = [
        (Shape::Json, answer(404, "", "{}"), "after 1 404 2 status", "call 1 404 2 status"),
        (Shape::Json, json_answer("nonsense"), "after 1 200 8 good", "call 1 200 8 decode"),
        (
            Shape::Events,
            events("data: {\"content\":\"a\"}\n\n"),
            "after 1 200 23 truncated",
            "call 1 200 23 truncated",
        ),
        (
            Shape::Events,
            events("event: error\ndata: x\n\n"),
            "after 1 200 22 error_event",
            "call 1 200 22 error_event",
        ),
        (
            Shape::Events,
            answer(200, "content-type: text/html\r\n", "x"),
            "after 1 200 0 decode",
            "call 1 200 0 decode",
        ),
        (
            Shape::Download,
            answer(200, "content-encoding: br\r\n", "x"),
            "after 1 200 0 decode",
            "call 1 200 0 decode",
        ),
    ];
    for (shape, bytes, attempt, whole) in table {
        let server = Server::fixed(bytes).await;
        let (client, notes) = watched(server.url());
        call(&client, Method::POST, shape).await.unwrap_err();
        assert_eq!(notes.take()[1..], [attempt, whole], "{shape:?}");
    }
    // An answer that breaks off.
    let server = Server::start(|_, _| {
        vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc".to_vec()), Step::Close]
    })
    .await;
    for shape in [Shape::Json, Shape::Download] {
        let (client, notes) = watched(server.url());
        call(&client, Method::POST, shape).await.unwrap_err();
        assert_eq!(notes.take()[1..], ["after 1 200 3 transport", "call 1 200 3 transport"], "{shape:?}");
    }
}

#[tokio::test]
async fn a_stream_is_over_when_it_has_ended() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(until_close("text/event-stream")),
            Step::Send(A.into()),
            Step::Send(END.into()),
            Step::Stall,
        ]
    })
    .await;
    let (client, notes) = watched(server.url());
    let mut events = calls::open(&client).await.unwrap();
    assert!(events.try_next().await.unwrap().is_some());
    assert_eq!(notes.take(), ["before 1 POST /stream"], "it goes on");
    assert!(events.try_next().await.unwrap().is_some());
    let bytes = A.len() + END.len();
    assert_eq!(notes.take(), [format!("after 1 200 {bytes} good"), format!("call 1 200 {bytes} good")]);
    drop(events);
    assert!(notes.take().is_empty());
}

#[tokio::test]
async fn what_nobody_waits_for_is_told_of_too() {
    let server = Server::start(|number, _| match number {
        0 => vec![Step::Stall],
        _ => vec![Step::Send(until_close("text/event-stream")), Step::Send(A.into()), Step::Stall],
    })
    .await;
    let (client, notes) = watched(server.url());
    let limit = Duration::from_millis(300);
    assert!(tokio::time::timeout(limit, call(&client, Method::GET, Shape::Json)).await.is_err());
    assert_eq!(notes.take()[1..], ["after 1 0 0 dropped", "call 1 0 0 dropped"]);
    let mut events = calls::open(&client).await.unwrap();
    events.try_next().await.unwrap();
    drop(events);
    let bytes = A.len();
    assert_eq!(
        notes.take()[1..],
        [format!("after 1 200 {bytes} dropped"), format!("call 1 200 {bytes} dropped")]
    );
}

#[tokio::test]
async fn nothing_is_told_of_what_was_never_begun() {
    let (client, notes) = watched("http://127.0.0.1:1".to_owned());
    let request = client.request(Method::GET, "/things/{id}/").path("id", "..");
    assert!(matches!(request.receive_empty().await, Err(Error::Input(_))));
    assert!(notes.take().is_empty());
}

/// Signs what goes out, and counts attempts in what belongs to the call.
struct Sign;

#[derive(Debug, Clone, PartialEq)]
struct Tenant(&'static str);

#[derive(Clone)]
struct Signed(u32);

impl Hook for Sign {
    fn before_attempt(&self, attempt: &mut AttemptStart<'_>) -> Result<()> {
        let signed = attempt.extensions().get::<Signed>().map_or(0, |signed| signed.0) + 1;
        attempt.extensions().insert(Signed(signed));
        let tenant = attempt.extensions().get::<Tenant>().map_or("none", |tenant| tenant.0);
        let key = attempt.expose_headers()["authorization"].to_str().unwrap().len();
        let body = attempt.expose_body().map_or(0, |body| body.len());
        let text =
            format!("{tenant} {signed} {key} {body} {}", attempt.expose_url().ends_with("?q=canary-text"));
        attempt.set_header("X-Signature", text)?;
        attempt.set_header("user-agent", "signed/1")
    }

    fn after_call(&self, call: &Report<'_>) {
        assert_eq!(call.extensions().get::<Signed>().unwrap().0, call.attempts());
    }
}

#[tokio::test]
async fn a_hook_adds_headers_to_every_attempt() {
    let server = Server::start(|number, _| {
        vec![Step::Send(if number == 0 {
            answer(503, "retry-after: 0\r\n", "")
        } else {
            json_answer("null")
        })]
    })
    .await;
    let client = builder(server.url()).hook(Sign).build().unwrap();
    let tenant = client.with(CallOptions::new().extension(Tenant("seven")));
    let body = json!({});
    for client in [&client, &tenant] {
        let request = client.request(Method::POST, "/").query("q", TEXT).json(&body);
        request.receive_empty().await.unwrap();
    }
    let requests = server.requests();
    let seen: Vec<_> = requests.iter().map(|request| request.header("x-signature").unwrap()).collect();
    let key = "Api-Key ".len() + KEY.len();
    assert_eq!(
        seen,
        [format!("none 1 {key} 2 true"), format!("none 2 {key} 2 true"), format!("seven 1 {key} 2 true")]
    );
    assert!(requests.iter().all(|request| request.header("user-agent") == Some("signed/1")));
}

/// Refuses to let anything out.
struct Refuse(fn() -> Error);

impl Hook for Refuse {
    fn before_attempt(&self, attempt: &mut AttemptStart<'_>) -> Result<()> {
        for (name, value) in [("content-length", "7"), ("x-a", "canary\n"), ("canary\n", "x")] {
            assert!(matches!(attempt.set_header(name, value), Err(Error::Input(_))), "{name}");
        }
        Err((self.0)())
    }
}

#[tokio::test]
async fn a_hook_that_fails_lets_nothing_out() {
    let server = Server::fixed(json_answer("null")).await;
    let notes = Notes::default();
    let refuse = Refuse(|| Error::other("no signature today"));
    let client = builder(server.url()).hook(refuse).hook(notes.clone()).build().unwrap();
    let error = call(&client, Method::GET, Shape::Json).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /things/{id}/: no signature today");
    assert_eq!(notes.take()[1..], ["after 1 0 0 other", "call 1 0 0 other"]);
    assert!(server.requests().is_empty());
    // Without a budget for more, this would go on for ever.
    let busy = Refuse(|| Error::with_status(503, &json!({})));
    let client = builder(server.url()).hook(busy).hook(notes.clone());
    let client = client.retry(RetryPolicy::default().base(Duration::ZERO)).build().unwrap();
    assert_eq!(call(&client, Method::GET, Shape::Json).await.unwrap_err().attempts(), 3);
    assert_eq!(notes.take().len(), 7);
    assert!(server.requests().is_empty());
}
