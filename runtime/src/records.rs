//! The values of a body that follow each other.
//!
//! Comes in: values, now or later. Goes out: the same one by one, or as bytes. Must not: wait for a value while others
//! could go out, or keep more of them than go out at once.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::error::Result;

/// The values of a request body that is JSON lines, or a JSON text sequence: any number, of which no more are in memory than
/// go out at once.
///
/// They are read once, so a call that has begun to send them is not [retried](crate::RetryPolicy). A server's method gets
/// the same type, and reads it as a [`Stream`] or with [`try_next`](Self::try_next).
///
/// ```
/// # async fn example() -> runtime::Result<()> {
/// let mut records = runtime::Records::new((1..=3).map(|number| number * number));
/// assert_eq!(records.try_next().await?, Some(1));
/// assert_eq!(records.try_next().await?, Some(4));
/// # Ok(())
/// # }
/// ```
pub struct Records<T> {
    values: Pin<Box<dyn Stream<Item = Result<T>> + Send>>,
}

impl<T> Records<T> {
    /// Values that are there, or are made when their turn comes.
    pub fn new<I>(values: I) -> Self
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send + 'static,
    {
        Self::from_stream(Ready(values.into_iter()))
    }

    /// Values that arrive. An error ends the body, and is that of the call.
    pub fn from_stream(values: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        Self { values: Box::pin(values) }
    }

    /// The next value, or nothing after the last.
    ///
    /// # Errors
    ///
    /// Whatever broke the stream. On a server, that the caller sent something else than such a value: returned from the
    /// method, it is the answer to that.
    pub async fn try_next(&mut self) -> Result<Option<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }
}

impl<T: Send + 'static> From<Vec<T>> for Records<T> {
    fn from(values: Vec<T>) -> Self {
        Self::new(values)
    }
}

impl<T> Stream for Records<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.values.as_mut().poll_next(context)
    }
}

/// Says nothing of the values.
impl<T> fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

/// Values without waiting.
struct Ready<I>(I);

// The iterator is never pinned.
impl<I> Unpin for Ready<I> {}

impl<I: Iterator> Stream for Ready<I> {
    type Item = Result<I::Item>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

#[cfg(feature = "client")]
mod sending {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use futures_core::Stream;
    use serde::Serialize;

    use super::Records;
    use crate::body::{Body, PIECE};
    use crate::error::{Error, Result};
    use crate::sse::{Framing, RECORD_SEPARATOR};

    impl<T: Serialize + 'static> Records<T> {
        /// The bytes of a body.
        pub(crate) fn into_body(self, framing: Framing) -> Body {
            Body::from_stream(Written { values: Some(self), framing })
        }
    }

    /// Values as bytes.
    struct Written<T> {
        /// Gone after the last one, or an error.
        values: Option<Records<T>>,
        framing: Framing,
    }

    impl<T: Serialize> Stream for Written<T> {
        type Item = Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
            let mut piece = Vec::new();
            while let Some(values) = &mut self.values {
                let value = match Pin::new(values).poll_next(context) {
                    Poll::Ready(value) => value,
                    Poll::Pending if piece.is_empty() => return Poll::Pending,
                    Poll::Pending => break,
                };
                let written = value.map(|value| write(self.framing, &value?, &mut piece));
                if !matches!(written, Some(Ok(()))) {
                    self.values = None;
                }
                if let Some(Err(error)) = written {
                    return Poll::Ready(Some(Err(error)));
                }
                if piece.len() >= PIECE {
                    break;
                }
            }
            Poll::Ready((!piece.is_empty()).then(|| Ok(piece.into())))
        }
    }

    fn write(framing: Framing, value: &impl Serialize, piece: &mut Vec<u8>) -> Result<()> {
        if framing == Framing::Sequence {
            piece.push(RECORD_SEPARATOR);
        }
        serde_json::to_writer(&mut *piece, value)
            .map_err(|_| Error::input("body", "it cannot be written as JSON"))?;
        piece.push(b'\n');
        Ok(())
    }
}
