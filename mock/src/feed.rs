//! Requests and their answers, for people to look at while they happen.
//!
//! Comes in: requests, their answers, and who wants to see them. Goes out: an event stream of what was so far and what
//! comes. Must not: change what passes through, show a secret, keep more than the newest, or wait for a slow reader.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant, SystemTime};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use hyper::body::{Frame, SizeHint};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};

use crate::hide::Hider;
use crate::trouble::{Script, Trouble};

/// How many requests are kept.
const MAX_KEPT: usize = 200;

/// How many bytes of a body are kept.
const MAX_BODY: usize = 8 << 10;

/// How many characters of a path with its query are kept, and of the value of a header.
const MAX_TEXT: usize = 1 << 10;

/// How many headers are kept.
const MAX_HEADERS: usize = 64;

/// A reader that is so many events behind is dropped.
const MAX_BEHIND: usize = 256;

/// How many can read at once.
const MAX_READERS: usize = 16;

/// How often a reader hears something, so that one who is gone is noticed.
const PULSE: Duration = Duration::from_secs(15);

/// The newest requests, and who reads of them.
pub(crate) struct Feed {
    kept: Mutex<Kept>,
    news: broadcast::Sender<Bytes>,
    seats: Arc<Semaphore>,
    hider: Hider,
}

/// Events by the numbers of their requests, oldest first.
#[derive(Default)]
struct Kept {
    events: VecDeque<(u64, Bytes)>,
    next: u64,
}

impl Feed {
    pub(crate) fn new(key: &str) -> Self {
        Self {
            kept: Mutex::default(),
            news: broadcast::channel(MAX_BEHIND).0,
            seats: Arc::new(Semaphore::new(MAX_READERS)),
            hider: Hider::new(key),
        }
    }

    /// Forgets all requests.
    pub(crate) fn clear(&self) {
        self.with(|kept| {
            kept.events.clear();
            _ = self.news.send(event("start", &json!({})));
        });
    }

    fn add(&self, describe: impl FnOnce(u64) -> Value) -> u64 {
        self.with(|kept| {
            let number = kept.next;
            kept.next += 1;
            if kept.events.len() >= MAX_KEPT {
                kept.events.pop_front();
            }
            let event = event("request", &describe(number));
            kept.events.push_back((number, event.clone()));
            _ = self.news.send(event);
            number
        })
    }

    /// Says more of a request, unless it is forgotten.
    fn update(&self, number: u64, description: &Value) {
        let event = event("request", description);
        self.with(|kept| {
            let found = kept.events.binary_search_by_key(&number, |(number, _)| *number);
            if let Some((_, old)) = found.ok().and_then(|at| kept.events.get_mut(at)) {
                *old = event.clone();
                _ = self.news.send(event);
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All requests that are kept, and then what comes, also of the troubles, until `stop` says so.
    pub(crate) fn read(&self, script: &Script, stop: watch::Receiver<bool>) -> Response {
        let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() else {
            return (StatusCode::SERVICE_UNAVAILABLE, "Too many are reading already.").into_response();
        };
        // Nothing comes between what was and what will be.
        let (mut backlog, news) = self.with(|kept| {
            let events: VecDeque<_> = kept.events.iter().map(|(_, event)| event.clone()).collect();
            (events, self.news.subscribe())
        });
        backlog.push_front(event("start", &json!({})));
        let mut troubles = script.watch();
        troubles.mark_changed();
        let reader = Reader { backlog, news, troubles, stop, _seat: seat };
        let events = unfold(reader, |mut reader| async move {
            reader.next().await.map(|event| (Ok::<_, Infallible>(event), reader))
        });
        ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
    }
}

/// Somebody who reads.
struct Reader {
    backlog: VecDeque<Bytes>,
    news: broadcast::Receiver<Bytes>,
    troubles: watch::Receiver<Vec<Trouble>>,
    stop: watch::Receiver<bool>,
    _seat: OwnedSemaphorePermit,
}

impl Reader {
    /// What to tell next; nothing when the server stops, or when this reader is too far behind to be told all.
    async fn next(&mut self) -> Option<Bytes> {
        if *self.stop.borrow() {
            return None;
        }
        if let Some(event) = self.backlog.pop_front() {
            return Some(event);
        }
        tokio::select! {
            // It ends also when whoever could say so is gone.
            _ = self.stop.changed() => None,
            Ok(()) = self.troubles.changed() => {
                Some(event("troubles", &describe(&self.troubles.borrow_and_update())))
            }
            event = self.news.recv() => event.ok(),
            () = tokio::time::sleep(PULSE) => Some(Bytes::from_static(b": \n\n")),
        }
    }
}

/// The troubles that are still to come, as the texts that say the same.
pub(crate) fn describe(troubles: &[Trouble]) -> Value {
    json!({ "troubles": troubles.iter().map(ToString::to_string).collect::<Vec<_>>() })
}

fn event(name: &str, data: &Value) -> Bytes {
    format!("event: {name}\ndata: {data}\n\n").into()
}

/// The layer that notes what passes, outside of all that changes it.
pub(crate) async fn layer(State(feed): State<Arc<Feed>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let asked = Arc::new(Mutex::new(Excerpt::new(&head.headers)));
    let mut watch = Watch {
        number: 0,
        method: head.method.clone(),
        target: feed.hider.beginning(target, MAX_TEXT),
        came: SystemTime::now(),
        start: Instant::now(),
        asked: Arc::clone(&asked),
        answer: None,
        end: End::Open,
        feed: Arc::clone(&feed),
    };
    watch.number = feed.add(|number| watch.describe(number));
    let body = Body::new(Watched { body, note: move |chunk: &Bytes| lock(&asked).note(chunk), end: |_| {} });
    let response = next.run(Request::from_parts(head, body)).await;

    let (head, body) = response.into_parts();
    watch.answer = Some((head.status, Excerpt::new(&head.headers)));
    let is_empty = body.size_hint().exact() == Some(0);
    if is_empty || body.is_end_stream() || watch.method == Method::HEAD {
        watch.end = End::Whole;
        return Response::from_parts(head, body);
    }
    watch.tell();
    // A body that became a stream on its way has its length in the header alone.
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let length = body.size_hint().exact().or(announced);
    let watch = Arc::new(Mutex::new(watch));
    let noting = Arc::clone(&watch);
    let note = move |chunk: &Bytes| {
        let mut watch = lock(&noting);
        if let Some((_, answer)) = &mut watch.answer {
            answer.note(chunk);
            // Whoever knows the length does not ask for more.
            if Some(answer.bytes) == length {
                watch.end = End::Whole;
            }
        }
    };
    let end = move |end| lock(&watch).end = end;
    Response::from_parts(head, Body::new(Watched { body, note, end }))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A body that says what passes through it, and how it ended.
struct Watched<N, E> {
    body: Body,
    note: N,
    end: E,
}

impl<N: FnMut(&Bytes) + Unpin, E: FnMut(End) + Unpin> HttpBody for Watched<N, E> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(chunk) = frame.data_ref() {
                    (self.note)(chunk);
                }
            }
            Some(Err(_)) => (self.end)(End::Broken),
            None => (self.end)(End::Whole),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How an answer ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Not yet; once nobody waits for it any more, the client has gone before.
    Open,
    Whole,
    Broken,
}

/// A request on its way. When it is dropped, all is known of it.
struct Watch {
    number: u64,
    method: Method,
    target: String,
    came: SystemTime,
    start: Instant,
    asked: Arc<Mutex<Excerpt>>,
    answer: Option<(StatusCode, Excerpt)>,
    end: End,
    feed: Arc<Feed>,
}

impl Watch {
    fn describe(&self, number: u64) -> Value {
        let hider = &self.feed.hider;
        let since = self.came.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        json!({
            "id": number,
            "method": hider.beginning(self.method.as_str(), MAX_TEXT),
            "target": self.target,
            "time": u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            "status": self.answer.as_ref().map(|(status, _)| status.as_u16()),
            "request": lock(&self.asked).describe(hider),
            "answer": self.answer.as_ref().map(|(_, answer)| answer.describe(hider)),
            "end": null,
            "milliseconds": null,
        })
    }

    fn tell(&self) {
        self.feed.update(self.number, &self.describe(self.number));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut description = self.describe(self.number);
        description["end"] = json!(match self.end {
            End::Open => "gone",
            End::Whole => "whole",
            End::Broken => "broken",
        });
        description["milliseconds"] =
            json!(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX));
        self.feed.update(self.number, &description);
    }
}

/// The headers of a message, and the beginning of its body.
struct Excerpt {
    headers: HeaderMap,
    is_text: bool,
    kept: Vec<u8>,
    bytes: u64,
}

impl Excerpt {
    fn new(headers: &HeaderMap) -> Self {
        let media_type = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
        Self {
            headers: headers.clone(),
            is_text: is_text(&media_type.unwrap_or_default()),
            kept: Vec::new(),
            bytes: 0,
        }
    }

    fn note(&mut self, chunk: &Bytes) {
        self.bytes = self.bytes.saturating_add(chunk.len() as u64);
        if self.is_text {
            let room = MAX_BODY.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&chunk[..room.min(chunk.len())]);
        }
    }

    fn describe(&self, hider: &Hider) -> Value {
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            [hider.beginning(name.as_str(), MAX_TEXT), hider.header(name.as_str(), &value, MAX_TEXT)]
        };
        let headers: Vec<_> = self.headers.iter().take(MAX_HEADERS).map(header).collect();
        let is_cut = self.bytes > MAX_BODY as u64;
        let text = String::from_utf8_lossy(&self.kept);
        let body = if is_cut { hider.text_until_cut(&text) } else { hider.text(&text) };
        let body: String = body.chars().map(visible).collect();
        json!({ "headers": headers, "body": body, "bytes": self.bytes, "isText": self.is_text, "isCut": is_cut })
    }
}

/// Whether people can read what has this media type; what has none is tried.
fn is_text(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    ["text/", "multipart/"].iter().any(|start| essence.starts_with(start))
        || ["json", "jsonl", "urlencoded", "xml", "yaml"].iter().any(|end| essence.ends_with(end))
        || essence.is_empty()
}

/// Control characters are no text.
fn visible(character: char) -> char {
    let is_space = matches!(character, '\n' | '\r' | '\t');
    if character.is_control() && !is_space { '\u{fffd}' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    /// What is not read does not pile up, and nobody is told a part of it only.
    #[tokio::test]
    async fn who_is_too_far_behind_is_dropped() {
        let (feed, script) = (Feed::new("k"), Script::new(Vec::new()));
        let (_stop, stopped) = watch::channel(false);
        let read = || feed.read(&script, stopped.clone()).into_body().into_data_stream();
        let (mut slow, mut quick) = (read(), read());
        let number = feed.add(|_| json!({}));
        for _ in 0..MAX_BEHIND + 10 {
            feed.update(number, &json!({}));
            quick.next().await.unwrap().unwrap();
        }
        let mut told = 0;
        while slow.next().await.is_some() {
            told += 1;
        }
        assert!(told <= 2, "the start and the troubles: {told}");
        assert!(quick.next().await.is_some());

        feed.clear();
        feed.update(number, &json!({}));
        assert!(feed.with(|kept| kept.events.is_empty()), "what is forgotten stays so");
    }
}
