//! Answers: what an operation returned, as HTTP.

use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use futures_core::Stream;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};
use http::{Response, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

use super::problems::ErrorShape;
use crate::{Download, Error, EventStream, StreamEvent};

/// An answer on its way out.
pub type Reply = Response<Body>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a method's failure becomes. The caller learns what the method wants it to learn: an error answer made with
/// [`Error::with_status`] goes out as it is; of everything else only the kind is told.
pub(super) fn failure(error: &Error, shape: ErrorShape) -> Reply {
    if let Some(answer) = error.api() {
        let mut reply = Response::new(Body::from(answer.body().clone()));
        *reply.status_mut() = answer.status();
        copy_headers(answer.headers(), reply.headers_mut());
        return reply;
    }
    let (status, message) = match error {
        Error::Timeout { .. } => {
            (StatusCode::GATEWAY_TIMEOUT, "The service behind this one did not answer in time.")
        }
        Error::Connect(_)
        | Error::Transport(_)
        | Error::Redirect(_)
        | Error::Decode(_)
        | Error::Stream { .. } => {
            (StatusCode::BAD_GATEWAY, "The service behind this one did not answer as it should.")
        }
        Error::NotImplemented { .. } => (StatusCode::NOT_IMPLEMENTED, "Not implemented."),
        Error::Input(_) => (StatusCode::BAD_REQUEST, "A value cannot be used."),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error."),
    };
    shape.refuse(status, message)
}

pub(super) fn json_value(status: StatusCode, body: &Value) -> Reply {
    bytes(status, JSON, body.to_string())
}

pub(super) fn json<T: Serialize>(answer: crate::Response<T>, documented: u16, shape: ErrorShape) -> Reply {
    let (status, headers, body) = answer.into_parts();
    match serde_json::to_vec(&body) {
        Ok(body) => with_head(bytes(status, JSON, body), documented, &headers),
        Err(_) => failure(&Error::other("the answer cannot be written as JSON"), shape),
    }
}

pub(super) fn text(answer: crate::Response<String>, documented: u16) -> Reply {
    let (status, headers, body) = answer.into_parts();
    let reply = bytes(status, HeaderValue::from_static("text/plain; charset=utf-8"), body);
    with_head(reply, documented, &headers)
}

pub(super) fn empty(answer: crate::Response<()>, documented: u16) -> Reply {
    let (status, headers, ()) = answer.into_parts();
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    with_head(reply, documented, &headers)
}

/// Events go out one by one, as the method produces them. When the caller goes away, the stream is dropped. An error in
/// the stream breaks the connection: the caller must not take what it got for the whole.
pub(super) fn events<E: StreamEvent + Serialize>(
    answer: crate::Response<EventStream<E>>,
    documented: u16,
) -> Reply {
    let (status, headers, events) = answer.into_parts();
    let mut reply = Response::new(Body::from_stream(Frames(events)));
    *reply.status_mut() = status;
    let own = reply.headers_mut();
    own.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    own.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies that buffer would hold back events.
    own.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    with_head(reply, documented, &headers)
}

pub(super) fn download(
    answer: crate::Response<Download>,
    documented: u16,
    media_type: &'static str,
) -> Reply {
    let (status, headers, file) = answer.into_parts();
    let kind = file.media_type().and_then(|kind| HeaderValue::from_str(kind).ok());
    let kind = kind.unwrap_or(HeaderValue::from_static(media_type));
    let (length, name) = (file.length(), file.file_name().map(disposition));
    let mut reply = Response::new(Body::from_stream(file));
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
/// out, too.
fn with_head(mut reply: Reply, documented: u16, headers: &HeaderMap) -> Reply {
    if reply.status() == StatusCode::OK
        && let Ok(documented) = StatusCode::from_u16(documented)
    {
        *reply.status_mut() = documented;
    }
    copy_headers(headers, reply.headers_mut());
    reply
}

/// Copies what a method set itself, but for what belongs to the connection and the body's length.
fn copy_headers(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from {
        if ![CONTENT_LENGTH, TRANSFER_ENCODING, http::header::CONNECTION].contains(name) {
            to.insert(name.clone(), value.clone());
        }
    }
}

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

/// Room for an event of ordinary size, in bytes, so that writing it does not have to grow its buffer.
const USUAL_FRAME: usize = 256;

/// Events as the bytes of an event stream.
struct Frames<E>(EventStream<E>);

impl<E: StreamEvent + Serialize> Stream for Frames<E> {
    type Item = crate::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = std::task::ready!(Pin::new(&mut self.0).poll_next(context));
        Poll::Ready(event.map(|event| frame(&event?)))
    }
}

fn frame(event: &impl Serialize) -> crate::Result<Bytes> {
    let mut frame = Vec::with_capacity(USUAL_FRAME);
    frame.extend_from_slice(b"data: ");
    serde_json::to_writer(&mut frame, event).map_err(Error::other)?;
    frame.extend_from_slice(b"\n\n");
    Ok(frame.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_implemented_answers_501_in_the_shape_of_errors() {
        let shape = ErrorShape { detail: "message", fields: false };
        let reply = failure(&Error::not_implemented("list_messages"), shape);
        assert_eq!(reply.status(), StatusCode::NOT_IMPLEMENTED);
        let body = axum::body::to_bytes(reply.into_body(), 1000).await.unwrap();
        assert_eq!(body, r#"{"message":"Not implemented."}"#);
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
