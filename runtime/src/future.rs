//! A call on its way, as a type with a name.
//!
//! Comes in: the work of one call. Goes out: a future of its answer. Generated clients return it from every method, so that
//! the compiler knows once, and not for each of them, what their futures are.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Result;
use crate::response::Response;

/// The answer of a call to come: a future of a [`Result`] with a [`Response`]. It borrows the client and nothing else.
///
/// Nothing is sent before it is awaited, and nothing goes on after it is dropped.
#[must_use = "nothing is sent before this is awaited"]
pub struct ResponseFuture<'c, T>(Pin<Box<dyn Future<Output = Result<Response<T>>> + Send + 'c>>);

impl<'c, T> ResponseFuture<'c, T> {
    pub(crate) fn new(work: impl Future<Output = Result<Response<T>>> + Send + 'c) -> Self {
        Self(Box::pin(work))
    }
}

impl<T> Future for ResponseFuture<'_, T> {
    type Output = Result<Response<T>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<T> fmt::Debug for ResponseFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
