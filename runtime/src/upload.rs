//! A request's body on its way out.
//!
//! Comes in: the parts of a body. Goes out: the same in pieces, and when the last one left: an upload that moves is no
//! silence. Must not: copy, read ahead of the connection, or cost small bodies anything.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue};
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use crate::body::{Body, PIECE};
use crate::error::{Error, Result};

/// What a request carries, for all of its attempts.
#[derive(Clone)]
pub(crate) enum Payload {
    /// Bytes that can be sent as they are.
    Whole(Bytes),
    /// One after the other.
    Parts(Arc<[Body]>),
}

impl Payload {
    /// Whether there is all of it: a stream can be sent once.
    pub(crate) fn is_there(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Parts(parts) => parts.iter().all(Body::is_there),
        }
    }

    /// All of it, if it is in memory.
    pub(crate) fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Parts(parts) => match &parts[..] {
                [only] => only.as_bytes(),
                _ => None,
            },
        }
    }
}

impl From<Body> for Payload {
    fn from(body: Body) -> Self {
        match body.as_small() {
            Some(bytes) => Self::Whole(bytes.clone()),
            None => Self::Parts([body].into()),
        }
    }
}

/// When the last piece of a body left.
pub(crate) struct Sent(Arc<Clock>);

struct Clock {
    start: Instant,
    /// Nanoseconds from the start until the last piece left.
    last: AtomicU64,
    /// The connection could take more, but the caller's stream or file has nothing yet.
    is_waiting: AtomicBool,
    /// What was wrong with the body: the HTTP library wraps it beyond recognition.
    failure: Mutex<Option<Error>>,
}

impl Sent {
    /// The moment, if the body is one that goes out in pieces. It is not the server's silence that a caller's stream is
    /// slow.
    pub(crate) fn last(&self) -> Option<Instant> {
        if self.0.is_waiting.load(Ordering::Relaxed) {
            return Some(Instant::now());
        }
        self.0.start.checked_add(Duration::from_nanos(self.0.last.load(Ordering::Relaxed)))
    }

    /// What was wrong with the body, if that is why sending failed.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Whether a body goes out at once, and the library says how long it is.
pub(crate) fn is_small(bytes: &Bytes) -> bool {
    (1..=PIECE).contains(&bytes.len())
}

/// Makes the body of a request, with what its headers say of it.
///
/// # Errors
/// A file is not there, or a body that is said to be empty is not.
pub(crate) async fn put(
    headers: &mut HeaderMap,
    payload: &Payload,
) -> Result<(Option<reqwest::Body>, Option<Sent>)> {
    let parts: Arc<[Body]> = match payload {
        Payload::Whole(bytes) if bytes.is_empty() => return Ok((Some(nothing(headers)), None)),
        Payload::Whole(bytes) => [Body::from(bytes.clone())].into(),
        Payload::Parts(parts) => parts.clone(),
    };
    let mut lengths = Vec::with_capacity(parts.len());
    for part in parts.iter() {
        lengths.push(part.current_length().await?);
    }
    let left = lengths.iter().copied().try_fold(0_u64, |sum, length| sum.checked_add(length?));
    if left == Some(0) {
        // The library does not look at a body that is said to be empty, and would leave out what there is nevertheless.
        for mut part in parts.iter().filter_map(Body::again) {
            while part.chunk().await?.is_some() {}
        }
        return Ok((Some(nothing(headers)), None));
    }
    let clock = Clock {
        start: Instant::now(),
        last: AtomicU64::new(0),
        is_waiting: AtomicBool::new(false),
        failure: Mutex::new(None),
    };
    let clock = Arc::new(clock);
    let pieces = Pieces {
        parts,
        lengths,
        at: 0,
        part: None,
        left,
        last: None,
        clock: clock.clone(),
        has_paused: true,
    };
    Ok((Some(reqwest::Body::wrap(pieces)), Some(Sent(clock))))
}

/// The library says nothing about an empty body, and some servers want to know (RFC 9110, 8.6).
fn nothing(headers: &mut HeaderMap) -> reqwest::Body {
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    Bytes::new().into()
}

/// A body in pieces.
struct Pieces {
    parts: Arc<[Body]>,
    /// Of each part, as far as they are known.
    lengths: Vec<Option<u64>>,
    /// The next part.
    at: usize,
    /// The one that is being sent.
    part: Option<Body>,
    /// Bytes to come, where that is known.
    left: Option<u64>,
    /// The last piece, until it is clear that it is the last.
    last: Option<Bytes>,
    clock: Arc<Clock>,
    /// Whether the connection had a turn to read since the last piece.
    has_paused: bool,
}

impl Pieces {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            if let Some(part) = &mut self.part {
                match Pin::new(part).poll_next(context) {
                    Poll::Ready(None) => self.part = None,
                    // The protocol has no use for nothing.
                    Poll::Ready(Some(Ok(piece))) if piece.is_empty() => {}
                    // The library stops asking when the length is reached. That it was right shows after the last piece.
                    Poll::Ready(Some(Ok(piece))) if self.left == Some(piece.len() as u64) => {
                        self.last = Some(piece);
                    }
                    piece => return piece,
                }
                continue;
            }
            let Some(next) = self.parts.get(self.at) else {
                return Poll::Ready(self.last.take().map(Ok));
            };
            let Some(part) = next.again() else {
                return Poll::Ready(Some(Err(Error::other(
                    "a stream that was sent before cannot be repeated",
                ))));
            };
            self.part = Some(part.of_length(self.lengths.get(self.at).copied().flatten()));
            self.at += 1;
        }
    }

    /// Notes that a piece leaves.
    fn leave(&mut self, piece: &Bytes) {
        let nanos = u64::try_from(self.clock.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.clock.last.store(nanos, Ordering::Relaxed);
        self.left = self.left.map(|left| left.saturating_sub(piece.len() as u64));
    }
}

/// What the HTTP library is told; the reason is kept.
#[derive(Debug, thiserror::Error)]
#[error("the body could not be read")]
struct Unreadable;

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        if this.is_end_stream() {
            return Poll::Ready(None);
        }
        // The server may have answered already, and closed. If the next piece went out first, writing would fail, and
        // the answer would be lost.
        if !std::mem::replace(&mut this.has_paused, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = this.poll_piece(context);
        let was_waiting = this.clock.is_waiting.swap(piece.is_pending(), Ordering::Relaxed);
        match piece {
            Poll::Ready(Some(Ok(piece))) => {
                this.has_paused = false;
                this.leave(&piece);
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Poll::Ready(Some(Err(error))) => {
                *this.clock.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Poll::Ready(Some(Err(Unreadable.into())))
            }
            Poll::Ready(None) => {
                if was_waiting {
                    this.leave(&Bytes::new());
                }
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0) && self.part.is_none() && self.at >= self.parts.len()
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map(SizeHint::with_exact).unwrap_or_default()
    }
}
