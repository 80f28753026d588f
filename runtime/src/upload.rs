//! A request's body on its way out.
//!
//! Comes in: bytes. Goes out: the same in pieces, and when the last one left: an upload that moves is no silence. Must
//! not: copy, or cost small bodies anything.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

/// What goes out at once. The system's buffers take this much from anybody.
const PIECE: usize = 64 << 10;

/// When the last piece of a body left.
pub(crate) struct Sent(Arc<Clock>);

struct Clock {
    start: Instant,
    /// Nanoseconds from the start until the last piece left.
    last: AtomicU64,
}

impl Sent {
    /// The moment, if the body is one that goes out in pieces.
    pub(crate) fn last(&self) -> Option<Instant> {
        self.0.start.checked_add(Duration::from_nanos(self.0.last.load(Ordering::Relaxed)))
    }
}

/// Sets the body of a request. Nothing is returned for one that goes out at once.
pub(crate) fn put(request: &mut reqwest::Request, bytes: Bytes) -> Option<Sent> {
    if bytes.len() <= PIECE {
        *request.body_mut() = Some(bytes.into());
        return None;
    }
    let clock = Arc::new(Clock { start: Instant::now(), last: AtomicU64::new(0) });
    let pieces = Pieces { rest: bytes, clock: clock.clone(), has_paused: true };
    *request.body_mut() = Some(reqwest::Body::wrap(pieces));
    Some(Sent(clock))
}

/// A body in pieces.
struct Pieces {
    rest: Bytes,
    clock: Arc<Clock>,
    /// Whether the connection had a turn to read since the last piece.
    has_paused: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        if this.rest.is_empty() {
            return Poll::Ready(None);
        }
        // The server may have answered already, and closed. If the next piece went out first, writing would fail, and
        // the answer would be lost.
        if !std::mem::replace(&mut this.has_paused, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        this.has_paused = false;
        let nanos = u64::try_from(this.clock.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        this.clock.last.store(nanos, Ordering::Relaxed);
        let piece = this.rest.split_to(PIECE.min(this.rest.len()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
