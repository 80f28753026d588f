//! Answers: what an operation returned, as HTTP.

use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_core::Stream;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONNECTION, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
};
use http::{Response, StatusCode};
use memchr::memchr2;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;
use tokio::time::{Instant, Sleep, sleep_until};

use super::problems::ErrorShape;
use super::routes::Others;
use crate::json::is_json;
use crate::sse::{Framing, MESSAGE, RECORD_SEPARATOR};
use crate::stream::DONE;
use crate::{ApiError, Download, Error, EventStream, Redirect, StreamEvent};

/// An answer on its way out.
pub type Reply = Response<Body>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// What a method's failure becomes. The caller learns what the method wants it to learn: an error answer made with
/// [`Error::with_status`] goes out as it is, and what another service answered where it is passed on; of everything else
/// only the kind is told. No failure looks like a success.
pub(super) fn failure(error: &Error, shape: ErrorShape, others: Others) -> Reply {
    let is_own = |answer: &ApiError| others == Others::PassedOn || answer.operation().is_none();
    let fails = |answer: &ApiError| answer.status().as_u16() >= 300;
    if let Some(answer) = error.api().filter(|answer| is_own(answer) && fails(answer)) {
        let mut reply = Response::new(Body::from(answer.body().clone()));
        *reply.status_mut() = answer.status();
        // The body goes out byte by byte, so what describes it does, too.
        copy_headers(answer.headers(), reply.headers_mut(), |_| false);
        return reply;
    }
    let (status, message) = match error {
        Error::Timeout { .. } => {
            (StatusCode::GATEWAY_TIMEOUT, "The service behind this one did not answer in time.")
        }
        Error::Api(answer) if fails(answer) => OTHER_FAILED,
        Error::Connect(_)
        | Error::Tls(_)
        | Error::Transport(_)
        | Error::Redirect(_)
        | Error::Decode(_)
        | Error::TooLarge(_)
        | Error::Page { .. }
        | Error::Stream { .. } => OTHER_FAILED,
        Error::NotImplemented { .. } => (StatusCode::NOT_IMPLEMENTED, "Not implemented."),
        Error::Input(_) => (StatusCode::BAD_REQUEST, "A value cannot be used."),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error."),
    };
    shape.refuse(status, message)
}

const OTHER_FAILED: (StatusCode, &str) =
    (StatusCode::BAD_GATEWAY, "The service behind this one did not answer as it should.");

pub(super) fn json_value(status: StatusCode, body: &Value) -> Reply {
    bytes(status, JSON, body.to_string())
}

pub(super) fn json<T: Serialize>(
    answer: crate::Response<T>,
    documented: u16,
    media_type: Option<&'static str>,
    shape: ErrorShape,
) -> Reply {
    let (status, headers, body) = answer.into_parts();
    let kind = media_type.map_or(JSON, named);
    match serde_json::to_vec(&body) {
        Ok(body) => with_head(bytes(status, kind, body), documented, &headers),
        Err(_) => failure(&Error::other("the answer cannot be written as JSON"), shape, Others::KeptBack),
    }
}

pub(super) fn text(
    answer: crate::Response<String>,
    documented: u16,
    media_type: Option<&'static str>,
) -> Reply {
    let (status, headers, body) = answer.into_parts();
    let kind = media_type.map_or(TEXT, named);
    with_head(bytes(status, kind, body), documented, &headers)
}

/// A body as it is, under the media type that the method set.
pub(super) fn raw(answer: crate::Response<Bytes>) -> Reply {
    let (status, headers, body) = answer.into_parts();
    let kind = headers.get(CONTENT_TYPE).cloned().unwrap_or_else(|| named("application/octet-stream"));
    with_head(bytes(status, kind, body), status.as_u16(), &headers)
}

/// A redirect. One that leads where no header can say is the method's fault.
pub(super) fn redirect(answer: crate::Response<Redirect>, documented: u16, shape: ErrorShape) -> Reply {
    let (status, headers, redirect) = answer.into_parts();
    let Ok(location) = HeaderValue::from_str(redirect.location()) else {
        return failure(&Error::other("the location cannot be sent in a header"), shape, Others::KeptBack);
    };
    let mut reply = empty(crate::Response::new(status, headers, ()), documented);
    reply.headers_mut().insert(LOCATION, location);
    reply
}

/// A media type as a header. Generated code names only what can be one.
fn named(media_type: &'static str) -> HeaderValue {
    HeaderValue::from_str(media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

pub(super) fn empty(answer: crate::Response<()>, documented: u16) -> Reply {
    let (status, headers, ()) = answer.into_parts();
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    with_head(reply, documented, &headers)
}

/// Events go out one by one, as the method produces them, with comments where it takes its time. When the caller goes
/// away, the stream is dropped. An error in the stream breaks the connection: the caller must not take what it got for the
/// whole. An [`ErrorEvent`](crate::ErrorEvent) goes out as what it is.
pub(super) fn events<E: StreamEvent + Serialize>(
    answer: crate::Response<EventStream<E>>,
    documented: u16,
    keep_alive: Option<Duration>,
) -> Reply {
    let (status, headers, events) = answer.into_parts();
    let frames = Frames {
        framing: Framing::Events,
        events: Some(events),
        id: String::new(),
        data: Vec::with_capacity(USUAL_FRAME),
        keep_alive,
        timer: None,
        is_waiting: false,
    };
    let reply =
        streamed(status, HeaderValue::from_static("text/event-stream"), Body::from_stream(Late::new(frames)));
    with_head(reply, documented, &headers)
}

/// JSON values go out one by one, as the method produces them. An error breaks the connection.
pub(super) fn records<E: StreamEvent + Serialize>(
    answer: crate::Response<EventStream<E>>,
    documented: u16,
    framing: Framing,
    media_type: &'static str,
) -> Reply {
    let (status, headers, events) = answer.into_parts();
    let frames = Frames {
        framing,
        events: Some(events),
        id: String::new(),
        data: Vec::with_capacity(USUAL_FRAME),
        // There is nothing that says nothing.
        keep_alive: None,
        timer: None,
        is_waiting: false,
    };
    let reply = streamed(status, named(media_type), Body::from_stream(Late::new(frames)));
    with_head(reply, documented, &headers)
}

fn streamed(status: StatusCode, media_type: HeaderValue, body: Body) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let own = reply.headers_mut();
    own.insert(CONTENT_TYPE, media_type);
    own.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies that buffer would hold back events.
    own.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    reply
}

pub(super) fn download(
    answer: crate::Response<Download>,
    documented: u16,
    media_type: &'static str,
) -> Reply {
    let (status, headers, file) = answer.into_parts();
    let kind = file.media_type().and_then(|kind| HeaderValue::from_str(kind).ok());
    let kind = kind.unwrap_or_else(|| named(media_type));
    let (length, name) = (file.length(), file.file_name().map(disposition));
    let mut reply = Response::new(Body::from_stream(Late::new(file)));
    *reply.status_mut() = status;
    let own = reply.headers_mut();
    own.insert(CONTENT_TYPE, kind);
    if let Some(length) = length {
        own.insert(CONTENT_LENGTH, length.into());
    }
    if let Some(name) = name.and_then(|name| HeaderValue::from_str(&name).ok()) {
        own.insert(CONTENT_DISPOSITION, name);
    }
    with_head(reply, documented, &headers)
}

fn bytes(status: StatusCode, media_type: HeaderValue, body: impl Into<Body>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, media_type);
    reply
}

/// A method that answers with a plain body means the documented status; one that sets another means that. Its headers go
/// out, too, but for those that say how the body is written: it was written here.
fn with_head(mut reply: Reply, documented: u16, headers: &HeaderMap) -> Reply {
    if reply.status() == StatusCode::OK {
        if let Ok(documented) = StatusCode::from_u16(documented) {
            *reply.status_mut() = documented;
        }
    }
    let own = reply.headers().get(CONTENT_TYPE).cloned();
    let has_name = reply.headers().contains_key(CONTENT_DISPOSITION);
    let is_ours = |name: &HeaderName| {
        (*name == CONTENT_TYPE && !is_kind_of(headers.get(CONTENT_TYPE), own.as_ref()))
            || (*name == CONTENT_DISPOSITION && has_name)
            || [CONTENT_ENCODING, CONTENT_RANGE, ACCEPT_RANGES].contains(name)
    };
    copy_headers(headers, reply.headers_mut(), is_ours);
    reply
}

/// Whether a body in one media type may be called another: `application/problem+json` is JSON, `text/csv` is text. Text was
/// written in UTF-8.
fn is_kind_of(special: Option<&HeaderValue>, general: Option<&HeaderValue>) -> bool {
    let text = |value: Option<&HeaderValue>| Some(value?.to_str().ok()?.to_ascii_lowercase());
    let (Some(special), Some(general)) = (text(special), text(general)) else { return false };
    let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_owned();
    let is_utf8 = !special.contains("charset") || special.contains("utf-8");
    match (essence(&special).as_str(), essence(&general).as_str()) {
        (special, "application/json") => is_json(special),
        (special, "text/plain") => special.starts_with("text/") && is_utf8,
        (special, general) => special == general && is_utf8,
    }
}

/// Copies what a method set itself, in place of our own, but for what belongs to a connection, to the body's length, or to
/// us. A method may pass on what another server answered.
fn copy_headers(from: &HeaderMap, to: &mut HeaderMap, is_ours: impl Fn(&HeaderName) -> bool) {
    // RFC 9110, 7.6.1: the other connection can name more.
    let named = from.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = named.flat_map(|names| names.split(',')).map(str::trim).collect();
    let stays = |name: &HeaderName| {
        *name == CONTENT_LENGTH
            || HOP_BY_HOP.contains(&name.as_str())
            || named.iter().any(|named| named.eq_ignore_ascii_case(name.as_str()))
            || is_ours(name)
    };
    for name in from.keys().filter(|name| !stays(name)) {
        to.remove(name);
        for value in from.get_all(name) {
            to.append(name.clone(), value.clone());
        }
    }
}

/// Headers that are about a connection, not about an answer.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A file name for `Content-Disposition`, in both spellings.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\') || c == ' ' { c } else { '_' })
        .collect();
    let mut header = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        // Writing to a string cannot fail.
        let _ = write!(header, "; filename*=UTF-8''{}", utf8_percent_encode(name, NON_ALPHANUMERIC));
    }
    header
}

/// A body whose error comes some turns after what is before it. The server drops what it has not written yet when a body fails,
/// the head of the answer included, and the caller would get a broken connection in place of the bytes that are right. It
/// writes whenever a body has nothing to give. A caller that does not keep up may still lose the last of them.
struct Late<S> {
    body: S,
    /// With the number of turns that it waits for.
    error: Option<(Error, u8)>,
}

/// In one turn the server may have no more time to write: tokio ends it early where much was ready at once.
const TURNS: u8 = 2;

impl<S> Late<S> {
    fn new(body: S) -> Self {
        Self { body, error: None }
    }
}

impl<S: Stream<Item = crate::Result<Bytes>> + Unpin> Stream for Late<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (error, turns) = match self.error.take() {
            Some(waiting) => waiting,
            None => match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Err(error)) => (error, TURNS),
                piece => return Poll::Ready(piece),
            },
        };
        if turns == 0 {
            return Poll::Ready(Some(Err(error)));
        }
        self.error = Some((error, turns - 1));
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Room for an event of ordinary size, in bytes, so that writing it does not have to grow its buffer.
const USUAL_FRAME: usize = 256;

/// Events as the bytes of an event stream.
struct Frames<E> {
    framing: Framing,
    /// Gone after an error.
    events: Option<EventStream<E>>,
    /// The identifier that was sent last.
    id: String,
    /// The data of the event that is written.
    data: Vec<u8>,
    keep_alive: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    /// The timer runs.
    is_waiting: bool,
}

/// A comment. Clients ignore it.
const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");

impl<E: StreamEvent + Serialize> Stream for Frames<E> {
    type Item = crate::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(events) = &mut this.events else { return Poll::Ready(None) };
        let event = match Pin::new(&mut *events).poll_next(context) {
            Poll::Ready(event) => event,
            Poll::Pending => return this.poll_silence(context).map(|()| Some(Ok(KEEP_ALIVE))),
        };
        this.is_waiting = false;
        let frame = match event {
            None => return Poll::Ready(None),
            Some(Ok(event)) if this.framing != Framing::Events => {
                let mut record = Vec::with_capacity(USUAL_FRAME);
                if this.framing == Framing::Sequence {
                    record.push(RECORD_SEPARATOR);
                }
                let written = serde_json::to_writer(&mut record, &event).map_err(Error::other);
                record.push(b'\n');
                written.map(|()| Bytes::from(record))
            }
            Some(Ok(event)) => {
                this.data.clear();
                let parts = match E::IS_WHOLE {
                    true => parts(&event, &mut this.data),
                    false => event.write_data(&mut this.data).map(|()| (None, None)),
                };
                parts.and_then(|(name, own_id)| {
                    let id = own_id.as_deref().unwrap_or(events.last_event_id());
                    let new_id = (this.id != id).then_some(id);
                    let name = name.as_deref().unwrap_or(events.event_name());
                    if this.data == DONE.as_bytes() && (name == MESSAGE || E::NAMES.contains(&name)) {
                        return Err(Error::other("an event cannot be `[DONE]`, which ends a stream"));
                    }
                    let frame = frame(name, new_id, &this.data);
                    if new_id.is_some() {
                        this.id = id.to_owned();
                    }
                    Ok(frame)
                })
            }
            Some(Err(error)) => {
                let named = error.error_event().filter(|_| this.framing == Framing::Events);
                let frame = named.map(|event| frame("error", None, event.data().as_bytes()));
                this.events = None;
                frame.ok_or(error)
            }
        };
        if frame.is_err() {
            this.events = None;
        }
        Poll::Ready(Some(frame))
    }
}

impl<E> Frames<E> {
    /// Ready when nothing was sent for so long that a comment should be.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.keep_alive else { return Poll::Pending };
        // A limit beyond the clock's range is none.
        let Some(moment) = Instant::now().checked_add(limit) else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(moment)));
        if !std::mem::replace(&mut self.is_waiting, true) {
            timer.as_mut().reset(moment);
        }
        ready!(timer.as_mut().poll(context));
        self.is_waiting = false;
        Poll::Ready(())
    }
}

/// Writes the data of a value that is a whole event, and returns its name and its identifier.
fn parts(event: &impl Serialize, data: &mut Vec<u8>) -> crate::Result<(Option<String>, Option<String>)> {
    let mut event = serde_json::to_value(event).map_err(Error::other)?;
    match &event["data"] {
        Value::String(text) => data.extend_from_slice(text.as_bytes()),
        value => serde_json::to_writer(data, value).map_err(Error::other)?,
    }
    let mut text = |name: &str| event.get_mut(name)?.take().as_str().map(str::to_owned);
    Ok((text("event"), text("id")))
}

/// One event. Line ends of any kind in its data begin a new line of data, and arrive as line feeds.
fn frame(name: &str, id: Option<&str>, data: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(data.len() + 16);
    for (field, value) in [("event: ", Some(name).filter(|name| *name != MESSAGE)), ("id: ", id)] {
        // A line break or NUL would make something else of it.
        if let Some(value) = value.filter(|value| !value.contains(['\r', '\n', '\0'])) {
            frame.extend_from_slice(field.as_bytes());
            frame.extend_from_slice(value.as_bytes());
            frame.push(b'\n');
        }
    }
    let mut rest = data;
    loop {
        frame.extend_from_slice(b"data: ");
        let Some(end) = memchr2(b'\n', b'\r', rest) else { break };
        frame.extend_from_slice(&rest[..end]);
        frame.push(b'\n');
        let is_pair = rest[end..].starts_with(b"\r\n");
        rest = &rest[end + 1 + usize::from(is_pair)..];
    }
    frame.extend_from_slice(rest);
    frame.extend_from_slice(b"\n\n");
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallInfo, Method, Operation};

    #[tokio::test]
    async fn what_is_not_implemented_answers_501_in_the_shape_of_errors() {
        let shape = ErrorShape { detail: "message", fields: false };
        let reply = failure(&Error::not_implemented("list_messages"), shape, Others::PassedOn);
        assert_eq!(reply.status(), StatusCode::NOT_IMPLEMENTED);
        let body = axum::body::to_bytes(reply.into_body(), 1000).await.unwrap();
        assert_eq!(body, r#"{"message":"Not implemented."}"#);
    }

    #[test]
    fn a_whole_event_is_written_as_its_parts() {
        let written = |event: Value| {
            let mut data = Vec::new();
            let (name, id) = parts(&event, &mut data).unwrap();
            (name, id, String::from_utf8(data).unwrap())
        };
        let event = serde_json::json!({ "event": "delta", "data": { "a": 1 }, "id": "7" });
        assert_eq!(written(event), (Some("delta".to_owned()), Some("7".to_owned()), r#"{"a":1}"#.to_owned()));
        let event = serde_json::json!({ "data": "as it is" });
        assert_eq!(written(event), (None, None, "as it is".to_owned()));
    }

    #[test]
    fn what_another_service_did_wrong_is_not_this_ones_mistake() {
        let shape = ErrorShape { detail: "message", fields: false };
        for error in [
            Error::from(crate::StreamError::Truncated),
            crate::error::TooLarge::new(1).into(),
            crate::PageError::RepeatedCursor.into(),
        ] {
            assert_eq!(
                failure(&error, shape, Others::PassedOn).status(),
                StatusCode::BAD_GATEWAY,
                "{error:?}"
            );
        }
        let bug = failure(&Error::other("a bug"), shape, Others::PassedOn);
        assert_eq!(bug.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn no_failure_looks_like_a_success_and_other_services_are_heard_only_where_they_may() {
        let shape = ErrorShape { detail: "message", fields: false };
        let made = |status: u16| Error::with_status(status, &"words");
        let got = |status: u16| made(status).in_call(&CallInfo::new(Operation::new(Method::GET, "/")));
        for (error, passed_on, kept_back) in [
            (made(404), 404, 404),
            (made(200), 500, 500),
            (made(204), 500, 500),
            (made(100), 500, 500),
            (got(410), 410, 502),
            (got(200), 500, 500),
        ] {
            for (others, expected) in [(Others::PassedOn, passed_on), (Others::KeptBack, kept_back)] {
                assert_eq!(
                    failure(&error, shape, others).status().as_u16(),
                    expected,
                    "{error:?} {others:?}"
                );
            }
        }
    }

    #[test]
    fn file_names_cannot_break_out_of_the_header() {
        assert_eq!(disposition("a b.xlsx"), "attachment; filename=\"a b.xlsx\"");
        assert_eq!(
            disposition("a\"\r\nX: 紀"),
            "attachment; filename=\"a___X: _\"; filename*=UTF-8''a%22%0D%0AX%3A%20%E7%B4%80"
        );
    }
}
