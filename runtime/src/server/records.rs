//! The values of a body that follow each other, while a method reads them.
//!
//! Comes in: the bytes of a request. Goes out: one value after the other; an error is the answer that the request gets.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Map;

use super::arriving::Arriving;
use super::strict::Strict;
use crate::sse::{Decoder, Framing, Remainder};
use crate::{Error, Result};

/// Values on their way to a method.
pub(super) struct Arrived<T> {
    /// Gone after the end, or an error.
    bytes: Option<Arriving>,
    /// What was not decoded yet.
    chunk: Bytes,
    decoder: Option<Decoder>,
    /// How many values there were.
    count: usize,
    detail: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Arrived<T> {
    /// `max`: how large one of them may be.
    pub(super) fn new(bytes: Arriving, framing: Framing, max: usize, detail: &'static str) -> Self {
        Self {
            bytes: Some(bytes),
            chunk: Bytes::new(),
            decoder: Some(Decoder::framed(framing, max)),
            count: 0,
            detail,
            of: PhantomData,
        }
    }

    fn read(&mut self, text: &str) -> Result<T> {
        self.count += 1;
        let value = serde_json::from_str(text).ok().and_then(|value| T::deserialize(Strict(value)).ok());
        value.ok_or_else(|| {
            let message = format!("Value {} of the body is not as documented.", self.count);
            let body = Map::from_iter([(self.detail.to_owned(), message.into())]);
            Error::with_status(StatusCode::BAD_REQUEST, &body)
        })
    }

    /// The next value of the bytes that are there.
    fn decoded(&mut self) -> Option<Result<T>> {
        let decoder = self.decoder.as_mut()?;
        let mut rest = &self.chunk[..];
        let is_whole = decoder.advance(&mut rest);
        let left = rest.len();
        let text = matches!(is_whole, Ok(true)).then(|| decoder.event_data().into_owned());
        self.chunk = self.chunk.split_off(self.chunk.len() - left);
        match is_whole {
            // The limit of the whole body comes first.
            Err(error) => Some(Err(Error::other(error))),
            Ok(_) => Some(self.read(&text?)),
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        loop {
            if let Some(value) = self.decoded() {
                return Poll::Ready(Some(value));
            }
            let Some(bytes) = &mut self.bytes else { return Poll::Ready(None) };
            match ready!(Pin::new(bytes).poll_next(context)) {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    self.bytes = None;
                    let last = match self.decoder.take().map(Decoder::finish) {
                        Some(Remainder::Lines(last)) => Some(self.read(&last.data)),
                        _ => None,
                    };
                    return Poll::Ready(last);
                }
            }
        }
    }
}

impl<T: DeserializeOwned> Stream for Arrived<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let next = ready!(self.poll(context));
        if matches!(next, Some(Err(_))) {
            (self.bytes, self.decoder) = (None, None);
        }
        Poll::Ready(next)
    }
}
