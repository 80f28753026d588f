//! The rest of an answer that nobody wants.
//!
//! Comes in: a body of which all that matters has been read. Goes out: a connection that can be used again, where the
//! answer ends soon. Must not: make anybody wait for it, or read on where it does not end.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::error::Result;

/// How long the end of an answer may take.
const PATIENCE: Duration = Duration::from_millis(100);

/// How many chunks may come before it.
const CHUNKS: usize = 16;

/// Reads to the end without anybody waiting for it. If that does not come soon, the connection is closed.
pub(crate) fn read(mut bytes: Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>) {
    let mut end = move |context: &mut Context<'_>| {
        for _ in 0..CHUNKS {
            match ready!(bytes.as_mut().poll_next(context)) {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            }
        }
        Poll::Ready(())
    };
    if !end(&mut Context::from_waker(Waker::noop())).is_pending() {
        return;
    }
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(async move {
            if timeout(PATIENCE, poll_fn(&mut end)).await.is_err() {
                // On a busy machine it may be there, and the connection, which is another task, had no turn to read it.
                yield_now().await;
                let _ = timeout(Duration::ZERO, poll_fn(end)).await;
            }
        });
    }
}
