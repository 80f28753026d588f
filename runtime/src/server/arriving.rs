//! A body that arrives while a method reads it.
//!
//! Comes in: the bytes of a request. Goes out: the same, up to the limits; an error is the answer that the request gets.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_core::Stream;
use http::StatusCode;
use serde_json::Map;
use tokio::time::{Instant, Sleep, sleep};

use super::problems::ErrorShape;
use super::routes::Settings;
use crate::{Error, Result};

/// Bytes of a request on their way to a method.
pub(super) struct Arriving {
    /// Gone after an error.
    chunks: Option<BodyDataStream>,
    left: usize,
    max: usize,
    shape: ErrorShape,
    timeout: Option<Duration>,
    /// Runs while there is nothing to read.
    waiting: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

impl Arriving {
    pub(super) fn new(body: Body, settings: Settings) -> Self {
        Self {
            chunks: Some(body.into_data_stream()),
            left: settings.max_body_size,
            max: settings.max_body_size,
            shape: settings.shape,
            timeout: settings.body_timeout,
            waiting: None,
            is_waiting: false,
        }
    }

    fn failed(&mut self, status: StatusCode, message: impl Into<String>) -> Error {
        self.chunks = None;
        let body = Map::from_iter([(self.shape.detail.to_owned(), message.into().into())]);
        Error::with_status(status, &body)
    }

    /// Ready when nothing has arrived for too long.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.timeout else { return Poll::Pending };
        // A limit beyond the clock's range is none.
        let Some(end) = Instant::now().checked_add(limit) else { return Poll::Pending };
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
        if !std::mem::replace(&mut self.is_waiting, true) {
            waiting.as_mut().reset(end);
        }
        waiting.as_mut().poll(context)
    }
}

impl Stream for Arriving {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = &mut *self;
        let Some(chunks) = &mut this.chunks else { return Poll::Ready(None) };
        let Poll::Ready(chunk) = Pin::new(chunks).poll_next(context) else {
            ready!(this.poll_silence(context));
            let late = this.failed(StatusCode::REQUEST_TIMEOUT, LATE);
            return Poll::Ready(Some(Err(late)));
        };
        this.is_waiting = false;
        Poll::Ready(match chunk {
            None => None,
            Some(Err(_)) => Some(Err(this.failed(StatusCode::BAD_REQUEST, BROKEN))),
            Some(Ok(chunk)) => match this.left.checked_sub(chunk.len()) {
                Some(left) => {
                    this.left = left;
                    Some(Ok(chunk))
                }
                None => Some(Err(this.failed(StatusCode::PAYLOAD_TOO_LARGE, too_large(this.max)))),
            },
        })
    }
}

pub(super) const LATE: &str = "The body did not arrive in time.";
pub(super) const BROKEN: &str = "The body broke off.";

pub(super) fn too_large(max: usize) -> String {
    format!("The body is larger than {max} bytes.")
}
