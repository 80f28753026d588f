//! Typed event streams.
//!
//! Comes in: bytes of a `text/event-stream`, or ready events of a fake. Goes out: values, then a clean end or
//! one error. Must not: report an end that is not one. A stream that breaks off is an error, and nothing
//! counts after the last event.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::error::{DecodeError, Error, Result, StreamError, TooLarge};
use crate::json;
use crate::sse::{Decoder, Remainder};

/// The data that ends a stream without being an event.
const DONE: &str = "[DONE]";

/// A value that arrives as the data of server-sent events.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Delta {
///     content: String,
///     done: Option<bool>,
/// }
///
/// impl runtime::StreamEvent for Delta {
///     const HAS_END: bool = true;
///
///     fn is_last(&self) -> bool {
///         self.done == Some(true)
///     }
/// }
/// ```
pub trait StreamEvent: DeserializeOwned + Send + 'static {
    /// Whether the last event can be told from the others. If so, a stream that ends without it is an error.
    const HAS_END: bool = false;

    /// Whether nothing comes after this event.
    fn is_last(&self) -> bool {
        false
    }

    /// Decodes the data of one event: JSON, unless a type says otherwise.
    ///
    /// # Errors
    ///
    /// A [`DecodeError`] when the data does not fit.
    fn from_data(data: &str) -> Result<Self, Box<DecodeError>> {
        json::decode(data.as_bytes())
    }
}

impl StreamEvent for serde_json::Value {}

/// The data as it is, not decoded.
impl StreamEvent for String {
    fn from_data(data: &str) -> Result<Self, Box<DecodeError>> {
        Ok(data.to_owned())
    }
}

type Events<E> = Pin<Box<dyn Stream<Item = Result<E>> + Send>>;

/// Events as the server sends them. Dropping it closes the connection.
///
/// It is a [`Stream`], and [`try_next`](Self::try_next) needs no other crate. After the last event or the
/// first error it has ended: the connection is dropped and every further call returns nothing.
///
/// ```
/// # async fn example() -> runtime::Result<()> {
/// use runtime::EventStream;
///
/// let mut events = EventStream::from_iter(["Hel".to_owned(), "lo".to_owned()]); // what a fake returns
/// let mut text = String::new();
/// while let Some(delta) = events.try_next().await? {
///     text.push_str(&delta);
/// }
/// assert_eq!(text, "Hello");
/// # Ok(())
/// # }
/// ```
pub struct EventStream<E> {
    events: Option<Events<E>>,
}

impl<E: StreamEvent> EventStream<E> {
    /// A stream of ready events, for fakes and decorators. It ends after the first error or
    /// [last](StreamEvent::is_last) event.
    ///
    /// The end of `events` is taken for a good end even without a last event; to imitate a connection that
    /// breaks off, let it end with [`StreamError::Truncated`].
    pub fn new(events: impl Stream<Item = Result<E>> + Send + 'static) -> Self {
        Self { events: Some(Box::pin(events)) }
    }

    /// A stream decoded from the bytes of a `text/event-stream`.
    ///
    /// Ends cleanly at the [last](StreamEvent::is_last) event or at `[DONE]`; without
    /// [`HAS_END`](StreamEvent::HAS_END) also where the bytes end between two events. Whole lines at the very
    /// end without the empty line behind them count if they are the last event. Any other end is
    /// [`StreamError::Truncated`].
    ///
    /// `max_event_size`: bytes of one event, above which [`StreamError::EventTooLarge`] is returned.
    pub fn from_bytes(
        bytes: impl Stream<Item = Result<Bytes>> + Send + 'static,
        max_event_size: usize,
    ) -> Self {
        let decoder = Some(Decoder::new(max_event_size).accept_bare_json());
        Self::new(Decoded {
            bytes: Box::pin(bytes),
            chunk: Bytes::new(),
            decoder,
            event: std::marker::PhantomData,
        })
    }

    /// A stream of the one event that a server sends as a plain JSON body although a stream was asked for.
    ///
    /// `max_size`: bytes of the body, above which [`Error::TooLarge`] is returned.
    pub fn from_json_body(
        bytes: impl Stream<Item = Result<Bytes>> + Send + 'static,
        max_size: usize,
    ) -> Self {
        Self::new(Whole {
            bytes: Box::pin(bytes),
            body: Some(Vec::new()),
            max_size,
            event: std::marker::PhantomData,
        })
    }

    /// The next event, or nothing after the end. Cancelling it loses no event.
    ///
    /// # Errors
    ///
    /// Whatever broke the stream; it is returned once.
    pub async fn try_next(&mut self) -> Result<Option<E>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }
}

impl<E: StreamEvent> Stream for EventStream<E> {
    type Item = Result<E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<E>>> {
        let Some(events) = &mut self.events else { return Poll::Ready(None) };
        let item = ready!(events.as_mut().poll_next(context));
        let goes_on = matches!(&item, Some(Ok(event)) if !event.is_last());
        if !goes_on {
            self.events = None;
        }
        Poll::Ready(item)
    }
}

/// For fakes: `EventStream::from_iter([first, second])`.
impl<E: StreamEvent> FromIterator<E> for EventStream<E> {
    fn from_iter<I: IntoIterator<Item = E>>(events: I) -> Self {
        events.into_iter().map(Ok).collect()
    }
}

/// For fakes that fail on the way.
impl<E: StreamEvent> FromIterator<Result<E>> for EventStream<E> {
    fn from_iter<I: IntoIterator<Item = Result<E>>>(events: I) -> Self {
        Self::new(Ready(events.into_iter().collect::<Vec<_>>().into_iter()))
    }
}

impl<E> fmt::Debug for EventStream<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("ended", &self.events.is_none()).finish()
    }
}

/// A stream of values that are there already.
pub(crate) struct Ready<T>(pub(crate) std::vec::IntoIter<T>);

impl<T> Unpin for Ready<T> {}

impl<T> Stream for Ready<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        Poll::Ready(self.0.next())
    }
}

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

struct Decoded<E> {
    bytes: Chunks,
    chunk: Bytes,
    /// Gone when the bytes have ended.
    decoder: Option<Decoder>,
    event: std::marker::PhantomData<fn() -> E>,
}

impl<E: StreamEvent> Stream for Decoded<E> {
    type Item = Result<E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<E>>> {
        let this = &mut *self;
        while let Some(decoder) = &mut this.decoder {
            let mut unread = &this.chunk[..];
            let event = decoder.next(&mut unread);
            let read = this.chunk.len() - unread.len();
            this.chunk.advance(read);
            match event {
                Ok(Some(event)) if event.data.trim() == DONE => this.decoder = None,
                Ok(Some(event)) => return Poll::Ready(Some(parse(&event.data))),
                Ok(None) => match ready!(this.bytes.as_mut().poll_next(context)) {
                    Some(Ok(chunk)) => this.chunk = chunk,
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => {
                        return Poll::Ready(this.decoder.take().and_then(|decoder| at_end(decoder.finish())));
                    }
                },
                Err(error) => {
                    return Poll::Ready(Some(Err(StreamError::EventTooLarge { limit: error.limit }.into())));
                }
            }
        }
        Poll::Ready(None)
    }
}

/// What the end of the bytes means. See [`EventStream::from_bytes`].
fn at_end<E: StreamEvent>(remainder: Remainder) -> Option<Result<E>> {
    match remainder {
        Remainder::Nothing if !E::HAS_END => return None,
        Remainder::Lines(data) if data.trim() == DONE => return None,
        Remainder::Lines(data) => {
            if let Ok(event) = E::from_data(&data)
                && (event.is_last() || (!E::HAS_END && data.starts_with('{')))
            {
                return Some(Ok(event));
            }
        }
        _ => {}
    }
    Some(Err(StreamError::Truncated.into()))
}

fn parse<E: StreamEvent>(data: &str) -> Result<E> {
    E::from_data(data).map_err(|error| StreamError::InvalidEvent(error).into())
}

struct Whole<E> {
    bytes: Chunks,
    /// What has arrived; gone when the event was delivered.
    body: Option<Vec<u8>>,
    max_size: usize,
    event: std::marker::PhantomData<fn() -> E>,
}

impl<E: StreamEvent> Stream for Whole<E> {
    type Item = Result<E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<E>>> {
        let this = &mut *self;
        while let Some(body) = &mut this.body {
            match ready!(this.bytes.as_mut().poll_next(context)) {
                Some(Ok(chunk)) if body.len() + chunk.len() > this.max_size => {
                    return Poll::Ready(Some(Err(TooLarge::new(this.max_size as u64).into())));
                }
                Some(Ok(chunk)) => body.extend_from_slice(&chunk),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    let event = E::from_data(&String::from_utf8_lossy(body)).map_err(Error::Decode);
                    this.body = None;
                    return Poll::Ready(Some(event));
                }
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Delta {
        content: String,
        #[serde(default)]
        done: bool,
    }

    impl StreamEvent for Delta {
        const HAS_END: bool = true;

        fn is_last(&self) -> bool {
            self.done
        }
    }

    fn bytes(parts: &[&'static str]) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))).collect();
        Ready(parts.into_iter())
    }

    /// The text of all events, and how the stream ended.
    async fn read(mut events: EventStream<Delta>) -> (String, Result<()>) {
        let mut text = String::new();
        let end = loop {
            match events.try_next().await {
                Ok(Some(event)) => text.push_str(&event.content),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        assert!(matches!(events.try_next().await, Ok(None)), "fused");
        (text, end)
    }

    #[tokio::test]
    async fn ends_of_a_stream_with_a_last_event() {
        const A: &str = "data: {\"content\":\"a\"}\n\n";
        let table: [(&[&'static str], &str, bool); 12] = [
            (&[A, "data: {\"content\":\"b\",\"done\":true}\n\n"], "ab", true),
            (&[A, "data: {\"content\":\"b\",\"done\":true}\n\n", "garbage\n\ndata: x\n\n"], "ab", true),
            (&[A, "data: {\"content\":\"b\",\"done\":true}\n"], "ab", true),
            (&[A, "data: {\"content\":\"b\",\"done\":true}"], "a", false),
            (&[A, "data: [DONE]\n\n", A], "a", true),
            (&[A, "data: [DONE]\n"], "a", true),
            (&[A], "a", false),
            (&[], "", false),
            (&[A, "data: {\"content\":\"b\"}\n"], "a", false),
            (&["{\"content\":\"a\"}\n{\"content\":\"b\",\"done\":true}\n"], "ab", true),
            (&["{\"content\":\"a\"}\n{\"content\":\"b\",\"done\":true}"], "ab", true),
            (
                &[": ping\n\n", A, ": ping\n\n", "data: {\"content\":\ndata: \"b\",\"done\":true}\n\n"],
                "ab",
                true,
            ),
        ];
        for (parts, text, clean) in table {
            let (found, end) = read(EventStream::from_bytes(bytes(parts), 1000)).await;
            assert_eq!((found.as_str(), end.is_ok()), (text, clean), "{parts:?}");
            if let Err(error) = end {
                assert!(matches!(error, Error::Stream { error: StreamError::Truncated, .. }), "{error:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_stream_without_a_last_event_ends_between_events_only() {
        let table: [(&'static str, usize, bool); 5] = [
            ("data: {}\n\ndata: {}\n\n", 2, true),
            ("data: {}\n\n: ping", 1, true),
            ("data: {}\n\ndata: {}", 1, false),
            ("data: {}\n\ndata: {}\n", 2, true),
            ("data: {}\n\ndata: {\n", 1, false),
        ];
        for (input, count, clean) in table {
            let mut events = EventStream::<serde_json::Value>::from_bytes(bytes(&[input]), 1000);
            let mut found = 0;
            let end = loop {
                match events.try_next().await {
                    Ok(Some(_)) => found += 1,
                    Ok(None) => break true,
                    Err(_) => break false,
                }
            };
            assert_eq!((found, end), (count, clean), "{input:?}");
        }
    }

    #[tokio::test]
    async fn invalid_and_oversized_events_are_errors() {
        let (_, end) = read(EventStream::from_bytes(bytes(&["data: {\"content\":1}\n\n"]), 1000)).await;
        let Err(Error::Stream { error: StreamError::InvalidEvent(error), .. }) = end else {
            panic!("{end:?}")
        };
        assert_eq!(error.path(), "$.content");

        let (_, end) = read(EventStream::from_bytes(bytes(&["data: {\"content\":\"long\"}\n\n"]), 10)).await;
        assert!(
            matches!(end, Err(Error::Stream { error: StreamError::EventTooLarge { limit: 10 }, .. })),
            "{end:?}"
        );
    }

    #[tokio::test]
    async fn strings_are_the_raw_data() {
        let mut events = EventStream::<String>::from_bytes(bytes(&["data: not json\n\n"]), 1000);
        assert_eq!(events.try_next().await.unwrap().unwrap(), "not json");
        assert!(events.try_next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn fakes_end_at_the_last_event_and_at_errors() {
        let delta = |content: &str, done| Delta { content: content.to_owned(), done };
        let (text, end) =
            read(EventStream::from_iter([delta("a", false), delta("b", true), delta("c", false)])).await;
        assert!(text == "ab" && end.is_ok());
        let (text, end) = read(EventStream::from_iter([
            Ok(delta("a", false)),
            Err(Error::other("broken")),
            Ok(delta("b", false)),
        ]))
        .await;
        assert!(text == "a" && end.is_err());
    }
}
