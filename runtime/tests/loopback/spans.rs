//! Is a call a span that OpenTelemetry understands, and does it live as long as the call?

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use runtime::Method;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

use crate::calls::{self, A, END, Shape, call, client};
use crate::server::{Server, Step, answer, json as json_answer, until_close};

type Fields = BTreeMap<String, String>;

/// Keeps the spans and events of the runtime.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Fields, and how many hold it.
    spans: Vec<(Fields, usize)>,
    /// The span that an event belongs to, and its fields.
    events: Vec<(u64, Fields)>,
}

struct Visitor<'a>(&'a mut Fields);

impl Visit for Visitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

fn index(id: &Id) -> usize {
    id.into_u64() as usize - 1
}

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "runtime"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::from([("name".to_owned(), attributes.metadata().name().to_owned())]);
        attributes.record(&mut Visitor(&mut fields));
        let mut state = self.0.lock().unwrap();
        state.spans.push((fields, 1));
        Id::from_u64(state.spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        values.record(&mut Visitor(&mut self.0.lock().unwrap().spans[index(id)].0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Visitor(&mut fields));
        let parent = event.parent().map_or(0, Id::into_u64);
        self.0.lock().unwrap().events.push((parent, fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn clone_span(&self, id: &Id) -> Id {
        self.0.lock().unwrap().spans[index(id)].1 += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let span = &mut self.0.lock().unwrap().spans[index(&id)];
        span.1 -= 1;
        span.1 == 0
    }
}

impl Kept {
    fn listen() -> (Self, DefaultGuard) {
        let kept = Self::default();
        // With one subscriber alone, a thread without any could switch a span off for all.
        std::mem::forget(tracing::Dispatch::new(Self::default()));
        let guard = tracing::subscriber::set_default(kept.clone());
        (kept, guard)
    }

    fn span(&self, number: usize) -> Fields {
        self.0.lock().unwrap().spans[number].0.clone()
    }

    fn is_closed(&self, number: usize) -> bool {
        self.0.lock().unwrap().spans[number].1 == 0
    }

    fn events(&self) -> Vec<(u64, Fields)> {
        self.0.lock().unwrap().events.clone()
    }
}

#[tokio::test]
async fn a_call_is_a_span_and_each_attempt_an_event() {
    let server = Server::start(|number, _| {
        let id = format!("x-request-id: r{number}\r\n");
        vec![Step::Send(if number == 0 { answer(503, &id, "busy") } else { answer(200, &id, "[1]") })]
    })
    .await;
    let (kept, _guard) = Kept::listen();
    call(&client(server.url()), Method::GET, Shape::Json).await.unwrap();
    let port = server.port().to_string();
    let expected = [
        ("name", "call"),
        ("otel.kind", "client"),
        ("otel.name", "GET /things/{id}/"),
        ("http.request.method", "GET"),
        ("url.template", "/things/{id}/"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("http.response.status_code", "200"),
        ("http.request.resend_count", "1"),
        ("http.response.body.size", "3"),
        ("request_id", "r1"),
    ];
    let expected: Fields =
        expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(kept.span(0), expected);
    assert!(kept.is_closed(0));
    let events = kept.events();
    let field = |number: usize, name: &str| events[number].1.get(name).map_or("", String::as_str).to_owned();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events.iter().all(|(parent, _)| *parent == 1), "{events:?}");
    let names =
        ["message", "http.response.status_code", "http.request.resend_count", "error.type", "request_id"];
    assert_eq!(
        names.map(|name| field(0, name)),
        ["attempt failed, will be repeated", "503", "0", "503", "r0"]
    );
    assert_eq!(names.map(|name| field(1, name)), ["attempt succeeded", "200", "1", "", "r1"]);
}

#[tokio::test]
async fn failures_are_typed() {
    let refused = Server::fixed(answer(404, "", "{}")).await;
    let nonsense = Server::fixed(json_answer("nonsense")).await;
    let reset = Server::start(|_, _| vec![Step::Reset]).await;
    let (kept, _guard) = Kept::listen();
    for (number, (server, expected)) in
        [(refused, "404"), (nonsense, "decode"), (reset, "transport")].iter().enumerate()
    {
        call(&client(server.url()), Method::POST, Shape::Json).await.unwrap_err();
        let span = kept.span(number);
        assert_eq!((&*span["error.type"], &*span["otel.status_code"]), (*expected, "ERROR"));
    }
}

#[tokio::test]
async fn the_span_of_a_stream_lives_as_long_as_the_stream() {
    let server = Server::start(|_, _| {
        vec![
            Step::Send(until_close("text/event-stream")),
            Step::Send(A.into()),
            Step::Send(END.into()),
            Step::Stall,
        ]
    })
    .await;
    let (kept, _guard) = Kept::listen();
    let client = client(server.url());
    let mut read = calls::open(&client).await.unwrap();
    assert!(!kept.is_closed(0) && kept.events().is_empty());
    while read.try_next().await.unwrap().is_some() {}
    let size = (A.len() + END.len()).to_string();
    assert_eq!(kept.span(0)["http.response.body.size"], size);
    assert_eq!(kept.events()[0].1["message"], "attempt succeeded");
    assert!(kept.is_closed(0));

    let dropped = calls::open(&client).await.unwrap();
    assert!(!kept.is_closed(1));
    drop(dropped);
    assert!(kept.is_closed(1));
    assert_eq!(kept.events()[1].1["message"], "attempt dropped");
    assert!(!kept.span(1).contains_key("error.type"));
}
