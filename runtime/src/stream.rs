//! Typed event streams.
//!
//! Comes in: bytes of a `text/event-stream`, or ready events of a fake. Goes out: values, then a clean end or
//! one error. Must not: report an end that is not one. A stream that breaks off is an error, and nothing
//! counts after the last event.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_core::Stream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{CallInfo, DecodeError, Error, ErrorEvent, Result, StreamError, TooLarge};
use crate::json;
#[cfg(feature = "client")]
use crate::observe::Observed;
#[cfg(feature = "client")]
use crate::rest;
use crate::sse::{Decoder, Event, Framing, MESSAGE, Remainder};

/// The data that ends a stream without being an event.
pub(crate) const DONE: &str = "[DONE]";

/// The name of events that report an error.
const ERROR: &str = "error";

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

    /// Names of events that carry this type, besides `message`, which is what an event without a name is called.
    const NAMES: &'static [&'static str] = &[];

    /// What becomes of events with other names, unless the caller [says](EventStream::with_other_events) something else.
    const OTHERS: OtherEvents = if Self::IS_WHOLE { OtherEvents::Decode } else { OtherEvents::Skip };

    /// Whether the type stands for the whole event, an object with the properties `event` (the name), `data` (JSON, or text
    /// where it is no JSON of the type) and `id`, rather than for its data.
    const IS_WHOLE: bool = false;

    /// Properties of which an event has at least one, such as the tag of a union. Only for types that take any object: of
    /// others, it is known which properties they have.
    const PROPERTIES: &'static [&'static str] = &[];

    /// Whether nothing comes after this event.
    fn is_last(&self) -> bool {
        false
    }

    /// Decodes the data of one event: JSON, unless a type says otherwise.
    ///
    /// An object that has no property of this type is an error, also if none is required: it is what servers send when
    /// something went wrong, and becomes an [`ErrorEvent`].
    ///
    /// # Errors
    ///
    /// A [`DecodeError`] when the data does not fit.
    fn from_data(data: &str) -> Result<Self, Box<DecodeError>> {
        json::decode_evident(data, Self::PROPERTIES)
    }

    /// Writes what [`from_data`](Self::from_data) reads, for servers.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    fn write_data(&self, data: &mut Vec<u8>) -> Result<()>
    where
        Self: Serialize,
    {
        serde_json::to_writer(data, self).map_err(Error::other)
    }
}

impl StreamEvent for serde_json::Value {}

macro_rules! json_events {
    ($($type:ty)*) => { $(impl StreamEvent for $type {})* };
}

json_events! { bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 }

impl<T: DeserializeOwned + Send + 'static> StreamEvent for Vec<T> {}

impl<T: DeserializeOwned + Send + 'static> StreamEvent for BTreeMap<String, T> {}

impl<T: DeserializeOwned + Send + 'static> StreamEvent for Option<T> {}

/// `null`.
impl StreamEvent for () {}

/// The data as it is, not decoded. Line ends of any kind arrive as line feeds. `[DONE]` is the end of a stream
/// and no event: a server that is to send it as one breaks the stream off there, so that nobody takes that for a good end.
impl StreamEvent for String {
    fn from_data(data: &str) -> Result<Self, Box<DecodeError>> {
        Ok(data.to_owned())
    }

    fn write_data(&self, data: &mut Vec<u8>) -> Result<()> {
        data.extend_from_slice(self.as_bytes());
        Ok(())
    }
}

/// What becomes of events whose name is none of those that carry the stream's type, such as `event: ping`.
///
/// Events named `error` are an [`ErrorEvent`] in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherEvents {
    /// They are passed over.
    #[default]
    Skip,
    /// They are decoded like any other; [`EventStream::event_name`] tells them apart.
    Decode,
    /// They are an error.
    Refuse,
}

/// What shows that a server is still there, for [`EventStream::with_max_silence`].
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignOfLife {
    /// Only events that are delivered. Comments and events that are skipped do not count.
    Event,
    /// Whatever arrives, comments included.
    Bytes,
}

/// An event with what the server says beside its data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedEvent<E> {
    /// The event's name, `message` unless the server says otherwise.
    pub name: Cow<'static, str>,
    /// The last identifier that the server sent, with this event or an earlier one; empty if it sent none.
    pub id: Arc<str>,
    /// What the event carries.
    pub event: E,
}

impl<E> NamedEvent<E> {
    /// An event without a name of its own and without an identifier, for servers and fakes.
    pub fn new(event: E) -> Self {
        Self { name: Cow::Borrowed(MESSAGE), id: Arc::default(), event }
    }

    /// Sets the name. A server sends no line breaks in it.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the identifier. A server sends no line breaks in it.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<Arc<str>>) -> Self {
        self.id = id.into();
        self
    }
}

type Events<E> = Pin<Box<dyn Stream<Item = Result<NamedEvent<E>>> + Send>>;

/// Events as the server sends them. Dropping it closes the connection.
///
/// It is a [`Stream`], and [`try_next`](Self::try_next) needs no other crate. After the last event or the
/// first error it has ended, and every further call returns nothing. The connection of a stream that came to its last
/// event can be used again if the server ends its answer there; otherwise it is closed.
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
///
/// # Errors in the stream
///
/// An event named `error`, or an object that has no property of the event's type, is an [`ErrorEvent`] with the server's
/// words. Events without data are passed over, and so are events with [other names](OtherEvents).
///
/// # Names and identifiers
///
/// [`event_name`](Self::event_name) and [`last_event_id`](Self::last_event_id) belong to the event that was returned
/// last; [`into_named`](Self::into_named) puts them beside each event. They cost nothing where nobody asks.
///
/// ```
/// # async fn example() -> runtime::Result<()> {
/// use runtime::{EventStream, NamedEvent};
///
/// let event = NamedEvent::new("Hello".to_owned()).with_name("greeting").with_id("7");
/// let mut events = EventStream::from_named(futures_util::stream::iter([Ok(event)]));
/// assert_eq!(events.try_next().await?.as_deref(), Some("Hello"));
/// assert_eq!((events.event_name(), events.last_event_id()), ("greeting", "7"));
/// # Ok(())
/// # }
/// ```
pub struct EventStream<E> {
    source: Option<Source<E>>,
    others: OtherEvents,
    name: Cow<'static, str>,
    id: Arc<str>,
    reconnection_time: Option<Duration>,
    /// The call that is being answered; nothing in a fake.
    call: Option<CallInfo>,
    #[cfg(feature = "client")]
    silence: Option<Silence>,
    /// Who wants to know how it ends.
    #[cfg(feature = "client")]
    observed: Option<Arc<Observed>>,
}

enum Source<E> {
    Bytes(Box<Decoded>),
    Body(Whole),
    Events(Events<E>),
}

impl<E: StreamEvent> EventStream<E> {
    /// A stream of ready events, for fakes and decorators. It ends after the first error or
    /// [last](StreamEvent::is_last) event.
    ///
    /// The end of `events` is taken for a good end even without a last event; to imitate a connection that
    /// breaks off, let it end with [`StreamError::Truncated`].
    pub fn new(events: impl Stream<Item = Result<E>> + Send + 'static) -> Self {
        Self::from_named(Unnamed(Box::pin(events)))
    }

    /// Like [`new`](Self::new), with names and identifiers, which a server sends along.
    pub fn from_named(events: impl Stream<Item = Result<NamedEvent<E>>> + Send + 'static) -> Self {
        Self::from_source(Source::Events(Box::pin(events)))
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
        Self::from_decoder(bytes, Decoder::new(max_event_size).accept_bare_json())
    }

    /// A stream of JSON values, one in each line: `application/x-ndjson`, `application/jsonl` and the like.
    ///
    /// Empty lines are passed over. Ends cleanly at the [last](StreamEvent::is_last) value; without
    /// [`HAS_END`](StreamEvent::HAS_END) also where the bytes end, behind a line feed or behind a whole value. Any other end
    /// is [`StreamError::Truncated`].
    ///
    /// `max_event_size`: bytes of one line, above which [`StreamError::EventTooLarge`] is returned.
    pub fn from_lines(
        bytes: impl Stream<Item = Result<Bytes>> + Send + 'static,
        max_event_size: usize,
    ) -> Self {
        Self::from_decoder(bytes, Decoder::framed(Framing::Lines, max_event_size))
    }

    /// A stream of JSON text sequences ([RFC 7464](https://www.rfc-editor.org/rfc/rfc7464)), `application/json-seq`. Like
    /// [`from_lines`](Self::from_lines), but values may have line feeds in them.
    pub fn from_sequence(
        bytes: impl Stream<Item = Result<Bytes>> + Send + 'static,
        max_event_size: usize,
    ) -> Self {
        Self::from_decoder(bytes, Decoder::framed(Framing::Sequence, max_event_size))
    }

    fn from_decoder(bytes: impl Stream<Item = Result<Bytes>> + Send + 'static, decoder: Decoder) -> Self {
        let decoded = Decoded { bytes: Box::pin(bytes), chunk: Bytes::new(), decoder, chunks: 0 };
        Self::from_source(Source::Bytes(Box::new(decoded)))
    }

    /// A stream of the one event that a server sends as a plain JSON body although a stream was asked for.
    ///
    /// If the type [has an end](StreamEvent::HAS_END), an object without any property is no answer.
    ///
    /// `max_size`: bytes of the body, above which [`Error::TooLarge`] is returned.
    pub fn from_json_body(
        bytes: impl Stream<Item = Result<Bytes>> + Send + 'static,
        max_size: usize,
    ) -> Self {
        Self::from_source(Source::Body(Whole { bytes: Box::pin(bytes), body: Vec::new(), max_size }))
    }

    fn from_source(source: Source<E>) -> Self {
        Self {
            source: Some(source),
            others: E::OTHERS,
            name: Cow::Borrowed(MESSAGE),
            id: Arc::default(),
            reconnection_time: None,
            call: None,
            #[cfg(feature = "client")]
            silence: None,
            #[cfg(feature = "client")]
            observed: None,
        }
    }

    /// Says what becomes of events whose name is not one of those that carry `E`.
    ///
    /// ```
    /// # async fn example(events: runtime::EventStream<String>) -> runtime::Result<()> {
    /// use runtime::OtherEvents;
    ///
    /// let mut events = events.with_other_events(OtherEvents::Decode);
    /// while let Some(data) = events.try_next().await? {
    ///     println!("{}: {data}", events.event_name());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_other_events(mut self, others: OtherEvents) -> Self {
        self.others = others;
        self
    }

    /// Fails with [`Error::Timeout`] when an event takes longer than `limit`: a server that keeps a connection alive
    /// with comments, but does nothing, is noticed. `sign`: what counts as silence.
    ///
    /// Only the time that is spent waiting counts, so a slow caller is not punished. The client's own read timeout goes
    /// on to apply to the bytes. It costs one timer for each stream, and nothing while events are there to read.
    ///
    /// ```
    /// # async fn example(events: runtime::EventStream<String>) -> runtime::Result<()> {
    /// use std::time::Duration;
    /// use runtime::SignOfLife;
    ///
    /// let mut events = events.with_max_silence(Duration::from_secs(20), SignOfLife::Event);
    /// while let Some(data) = events.try_next().await? {
    ///     println!("{data}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "client")]
    #[must_use]
    pub fn with_max_silence(mut self, limit: Duration, sign: SignOfLife) -> Self {
        self.silence =
            Some(Silence { limit, sign, timer: None, is_running: false, is_late: false, chunks: 0 });
        self
    }

    /// Says in which call its errors happen, and who wants to know how it ends.
    #[cfg(feature = "client")]
    pub(crate) fn of_call(mut self, call: CallInfo, observed: Option<Arc<Observed>>) -> Self {
        (self.call, self.observed) = (Some(call), observed);
        self
    }

    /// The call is over. What is read after that is of no interest.
    fn over(&mut self, error: Option<&Error>) {
        #[cfg(feature = "client")]
        if let Some(observed) = self.observed.take() {
            observed.over(error);
        }
        #[cfg(not(feature = "client"))]
        let _ = error;
    }

    /// The next event, or nothing after the end. Cancelling it loses no event.
    ///
    /// # Errors
    ///
    /// Whatever broke the stream; it is returned once.
    pub fn try_next(&mut self) -> impl Future<Output = Result<Option<E>>> + Send {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context).map(Option::transpose))
    }

    /// All events that are left, if the stream comes to a good end. Only for streams that fit in memory.
    ///
    /// # Errors
    ///
    /// The first error of [`try_next`](Self::try_next).
    pub async fn into_vec(mut self) -> Result<Vec<E>> {
        let mut events = Vec::new();
        while let Some(event) = self.try_next().await? {
            events.push(event);
        }
        Ok(events)
    }

    /// The name of the event that was returned last, `message` unless the server said otherwise.
    pub fn event_name(&self) -> &str {
        &self.name
    }

    /// The identifier that the server sent last, with the event that was returned last or an earlier one; empty if it
    /// sent none. A server that supports it takes up there again when it gets it in a `Last-Event-ID` header.
    pub fn last_event_id(&self) -> &str {
        &self.id
    }

    /// How long the server wants clients to wait before they ask again, if it said so.
    pub fn reconnection_time(&self) -> Option<Duration> {
        match &self.source {
            Some(Source::Bytes(decoded)) => decoded.decoder.retry(),
            _ => self.reconnection_time,
        }
    }

    /// The same events with their names and identifiers. One name is allocated for each event that has one.
    pub fn into_named(self) -> impl Stream<Item = Result<NamedEvent<E>>> + Send + 'static {
        Named(self)
    }

    /// What comes next. It is handed on as it is, by all that deal with it: an event can be large, and taking it out and
    /// putting it in again costs more than reading a small one.
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<E>>> {
        loop {
            match &mut self.source {
                None => return Poll::Ready(None),
                Some(Source::Body(body)) => {
                    let event = ready!(body.poll(context));
                    self.source = None;
                    return Poll::Ready(event);
                }
                Some(Source::Events(events)) => {
                    let event = ready!(events.as_mut().poll_next(context));
                    return Poll::Ready(event.map(|event| {
                        let event = event?;
                        (self.name, self.id) = (event.name, event.id);
                        Ok(event.event)
                    }));
                }
                Some(Source::Bytes(decoded)) => match ready!(decoded.poll(context)) {
                    Ok(Step::Event) => {
                        let decoder = &decoded.decoder;
                        let (name, id) = (decoder.event_name(), decoder.event_id());
                        let how = Reading::of(decoder, self.others);
                        let read = read::<E>(name, id, &decoder.event_data(), how);
                        match &read {
                            Poll::Pending => continue,
                            Poll::Ready(Some(Ok(_))) => note(&mut self.name, &mut self.id, name, id),
                            Poll::Ready(Some(Err(_))) => {}
                            Poll::Ready(None) => {
                                self.over(None);
                                self.let_go();
                            }
                        }
                        return read;
                    }
                    Ok(Step::End) => {
                        let decoder = std::mem::replace(&mut decoded.decoder, Decoder::new(0));
                        self.reconnection_time = decoder.retry();
                        let how = Reading::of(&decoder, self.others);
                        let remainder = decoder.finish();
                        if let Remainder::Lines(event) = &remainder {
                            note(&mut self.name, &mut self.id, &event.event, &event.id);
                        }
                        return Poll::Ready(at_end(remainder, how));
                    }
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
            }
        }
    }

    /// Ends where the server meant it to end. A connection can be used again only when its answer was read to the end,
    /// which may be a moment away.
    fn let_go(&mut self) {
        self.reconnection_time = self.reconnection_time();
        let source = self.source.take();
        #[cfg(feature = "client")]
        if let (Some(Source::Bytes(decoded)), Some(_)) = (source, &self.call) {
            rest::read(decoded.bytes);
        }
        #[cfg(not(feature = "client"))]
        drop(source);
    }

    /// Ends here, whatever is still to come.
    #[cfg(feature = "blocking")]
    pub(crate) fn end(&mut self) {
        (self.source, self.observed) = (None, None);
    }

    /// Whether nothing comes any more.
    #[cfg(feature = "blocking")]
    pub(crate) fn has_ended(&self) -> bool {
        self.source.is_none()
    }

    /// Ends with an error, of which more is known here.
    fn fail(&mut self, error: &mut Error) {
        if let Some(call) = &self.call {
            error.set_call(call);
        }
        self.over(Some(error));
        // Servers end their answer behind it.
        if error.error_event().is_some() {
            self.let_go();
        }
        self.reconnection_time = self.reconnection_time();
        self.source = None;
    }
}

impl<E: StreamEvent> Stream for EventStream<E> {
    type Item = Result<E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<E>>> {
        let this = &mut *self;
        let mut next = this.poll_event(context);
        #[cfg(feature = "client")]
        if let Some(silence) = &mut this.silence {
            if next.is_ready() {
                silence.is_running = false;
            } else {
                let chunks = this.source.as_ref().map_or(0, Source::chunks);
                next = silence.poll(chunks, context).map(|error| Some(Err(error)));
            }
        }
        match &mut next {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(event))) => {
                if event.is_last() {
                    this.over(None);
                    this.let_go();
                }
            }
            Poll::Ready(Some(Err(error))) => this.fail(error),
            Poll::Ready(None) => {
                this.source = None;
                this.over(None);
            }
        }
        next
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
        f.debug_struct("EventStream")
            .field("operation", &self.call)
            .field("ended", &self.source.is_none())
            .finish_non_exhaustive()
    }
}

/// Ready events without names.
struct Unnamed<E>(Pin<Box<dyn Stream<Item = Result<E>> + Send>>);

impl<E> Stream for Unnamed<E> {
    type Item = Result<NamedEvent<E>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context).map_ok(NamedEvent::new)
    }
}

/// What [`EventStream::into_named`] returns.
struct Named<E>(EventStream<E>);

impl<E: StreamEvent> Stream for Named<E> {
    type Item = Result<NamedEvent<E>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = ready!(Pin::new(&mut self.0).poll_next(context));
        let named = |event| NamedEvent { name: self.0.name.clone(), id: self.0.id.clone(), event };
        Poll::Ready(event.map(|event| event.map(named)))
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

/// What a stream of bytes comes to.
enum Step {
    /// The decoder has an event.
    Event,
    End,
}

struct Decoded {
    bytes: Chunks,
    chunk: Bytes,
    decoder: Decoder,
    /// How many chunks have arrived.
    chunks: u64,
}

impl Decoded {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Step>> {
        loop {
            let mut unread = &self.chunk[..];
            let event = self.decoder.advance(&mut unread);
            let read = self.chunk.len() - unread.len();
            self.chunk.advance(read);
            match event {
                Ok(true) => return Poll::Ready(Ok(Step::Event)),
                Ok(false) => {}
                Err(error) => {
                    return Poll::Ready(Err(StreamError::EventTooLarge { limit: error.limit }.into()));
                }
            }
            match ready!(self.bytes.as_mut().poll_next(context)) {
                Some(Ok(chunk)) => (self.chunk, self.chunks) = (chunk, self.chunks.wrapping_add(1)),
                Some(Err(error)) => return Poll::Ready(Err(error)),
                None => return Poll::Ready(Ok(Step::End)),
            }
        }
    }
}

/// How the data of an event is read.
#[derive(Clone, Copy)]
struct Reading {
    /// What becomes of events of other names.
    others: OtherEvents,
    /// The data is JSON, whatever the type.
    is_json: bool,
}

impl Reading {
    fn of(decoder: &Decoder, others: OtherEvents) -> Self {
        Self { others, is_json: !decoder.is_framed_as(Framing::Events) }
    }
}

/// What one event means: nothing where the stream ends here, and pending where it is passed over.
fn read<E: StreamEvent>(
    name: &str,
    id: &str,
    data: &str,
    Reading { others, is_json }: Reading,
) -> Poll<Option<Result<E>>> {
    let failed = |error: Error| Poll::Ready(Some(Err(error)));
    let is_ours = name == MESSAGE || E::NAMES.contains(&name);
    if is_ours && !is_json && data == DONE {
        return Poll::Ready(None);
    }
    if !is_ours {
        match others {
            _ if name == ERROR => return failed(ErrorEvent::new(data).into()),
            OtherEvents::Skip => return Poll::Pending,
            OtherEvents::Decode => {}
            OtherEvents::Refuse => {
                let reason = "an event of another name was not expected";
                let error = DecodeError::new("$".to_owned(), reason.to_owned(), None, data.as_bytes());
                return failed(StreamError::InvalidEvent(Box::new(error)).into());
            }
        }
    }
    let event = match (is_json, E::IS_WHOLE) {
        (true, _) => json::decode_evident(data, E::PROPERTIES),
        (false, true) => whole(name, id, data),
        (false, false) => E::from_data(data),
    };
    match event {
        Ok(event) => Poll::Ready(Some(Ok(event))),
        // A sign of life without a meaning.
        Err(_) if data.trim().is_empty() => Poll::Pending,
        Err(error) if error.is_other_object() => failed(ErrorEvent::new(data).into()),
        Err(error) => failed(StreamError::InvalidEvent(error).into()),
    }
}

/// An event as an object with its name, its identifier and its data.
fn whole<E: StreamEvent>(name: &str, id: &str, data: &str) -> Result<E, Box<DecodeError>> {
    let object = |data: Value| {
        let mut event = json!({ "event": name, "data": data });
        if !id.is_empty() {
            event["id"] = id.into();
        }
        json::decode_evident(&event.to_string(), E::PROPERTIES)
    };
    let text = || object(Value::from(data));
    match serde_json::from_str(data) {
        Ok(value) => object(value).or_else(|error| text().map_err(|_| error)),
        Err(_) => text(),
    }
}

/// Keeps the name and the identifier of an event. Nothing is copied where they stay the same.
fn note(known_name: &mut Cow<'static, str>, known_id: &mut Arc<str>, name: &str, id: &Arc<str>) {
    if *known_name != *name {
        *known_name = if name == MESSAGE { Cow::Borrowed(MESSAGE) } else { Cow::Owned(name.to_owned()) };
    }
    if !Arc::ptr_eq(known_id, id) {
        *known_id = id.clone();
    }
}

/// What the end of the bytes means. See [`EventStream::from_bytes`].
fn at_end<E: StreamEvent>(remainder: Remainder, how: Reading) -> Option<Result<E>> {
    let ends_well = || (!E::HAS_END).then_some(None);
    let end = match remainder {
        Remainder::Nothing => ends_well(),
        Remainder::PartOfLine => None,
        Remainder::Lines(Event { event: name, data, id }) => match read::<E>(&name, &id, &data, how) {
            Poll::Pending => ends_well(),
            Poll::Ready(None) => Some(None),
            Poll::Ready(Some(Ok(event)))
                if event.is_last() || (!E::HAS_END && (how.is_json || data.starts_with('{'))) =>
            {
                Some(Some(Ok(event)))
            }
            // What the server says about the failure says more than that it stopped.
            Poll::Ready(Some(Err(error))) if error.error_event().is_some() => Some(Some(Err(error))),
            Poll::Ready(Some(_)) => None,
        },
    };
    end.unwrap_or_else(|| Some(Err(StreamError::Truncated.into())))
}

struct Whole {
    bytes: Chunks,
    /// What has arrived.
    body: Vec<u8>,
    max_size: usize,
}

impl Whole {
    /// The one event, or what is wrong with it.
    fn poll<E: StreamEvent>(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<E>>> {
        loop {
            match ready!(self.bytes.as_mut().poll_next(context)) {
                Some(Ok(chunk)) if self.body.len() + chunk.len() > self.max_size => {
                    return Poll::Ready(Some(Err(TooLarge::new(self.max_size as u64).into())));
                }
                Some(Ok(chunk)) => self.body.extend_from_slice(&chunk),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(Some(answer(&std::mem::take(&mut self.body)))),
            }
        }
    }
}

/// A whole answer as the one event of a stream.
fn answer<E: StreamEvent>(body: &[u8]) -> Result<E> {
    let text = String::from_utf8_lossy(body);
    let event = E::from_data(&text).map_err(|error| match error.is_other_object() {
        true => ErrorEvent::new(text.as_ref()).into(),
        false => Error::Decode(error),
    })?;
    if E::HAS_END && !event.is_last() && json::is_empty_object(body) {
        return Err(StreamError::Truncated.into());
    }
    Ok(event)
}

#[cfg(feature = "client")]
use client::*;

/// What needs a clock.
#[cfg(feature = "client")]
mod client {
    use super::*;
    use crate::error::TimeoutPhase;
    use tokio::time::{Instant, Sleep, sleep};

    /// How long nothing may come.
    pub(super) struct Silence {
        pub(super) limit: Duration,
        pub(super) sign: SignOfLife,
        pub(super) timer: Option<Pin<Box<Sleep>>>,
        /// Somebody is waiting.
        pub(super) is_running: bool,
        /// It has run out once already.
        pub(super) is_late: bool,
        /// How many chunks had arrived when it was looked at last.
        pub(super) chunks: u64,
    }

    impl Silence {
        /// Called while there is nothing to deliver.
        pub(super) fn poll(&mut self, chunks: u64, context: &mut Context<'_>) -> Poll<Error> {
            let heard = self.sign == SignOfLife::Bytes && chunks != self.chunks;
            self.chunks = chunks;
            let limit = self.limit;
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
            if heard || !self.is_running {
                // A limit beyond the clock's range is none.
                let Some(moment) = Instant::now().checked_add(limit) else { return Poll::Pending };
                timer.as_mut().reset(moment);
                (self.is_running, self.is_late) = (true, false);
            }
            ready!(timer.as_mut().poll(context));
            // If the consumer blocked the thread, an event may be there that the connection, which is another task, had
            // no turn to read.
            if !std::mem::replace(&mut self.is_late, true) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(Error::timeout(TimeoutPhase::Event, limit))
        }
    }

    impl<E> Source<E> {
        pub(super) fn chunks(&self) -> u64 {
            match self {
                Self::Bytes(decoded) => decoded.chunks,
                Self::Body(_) | Self::Events(_) => 0,
            }
        }
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
    async fn values_in_lines_and_sequences_arrive_whole_wherever_the_bytes_are_cut() {
        const LINES: &str = "\u{feff}{\"a\":1}\r\n\n[1,\"\\n\"]\n\"x\"\n2";
        const SEQUENCE: &str = "\u{1e}{\"a\":\n1}\n\u{1e}[1,\"\\n\"]\n\u{1e}\"x\"\n\u{1e}2\n";
        for (text, is_sequence) in [(LINES, false), (SEQUENCE, true)] {
            for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                let parts = [&text[..cut], &text[cut..]];
                let mut values = match is_sequence {
                    true => EventStream::<serde_json::Value>::from_sequence(bytes(&parts), 1000),
                    false => EventStream::<serde_json::Value>::from_lines(bytes(&parts), 1000),
                };
                let mut found = Vec::new();
                while let Some(value) = values.try_next().await.unwrap() {
                    found.push(value.to_string());
                }
                assert_eq!(found, [r#"{"a":1}"#, r#"[1,"\n"]"#, r#""x""#, "2"], "{parts:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_value_of_a_sequence_arrives_before_the_next_one_begins() {
        let endless = futures_util::stream::iter([Ok(Bytes::from_static(b"\x1e{\"a\":\n1}\n"))]);
        let endless = futures_util::StreamExt::chain(endless, futures_util::stream::pending());
        let mut values = EventStream::<serde_json::Value>::from_sequence(endless, 1000);
        assert_eq!(values.try_next().await.unwrap().unwrap().to_string(), r#"{"a":1}"#);
    }

    #[tokio::test]
    async fn lines_that_break_off_are_too_long_or_no_json_are_errors() {
        let lines = |text| EventStream::<serde_json::Value>::from_lines(bytes(&[text]), 10);
        let mut values = lines("{}\n{\"a\":");
        assert!(values.try_next().await.unwrap().is_some());
        let error = values.try_next().await.unwrap_err();
        assert!(matches!(error, Error::Stream { error: StreamError::Truncated, .. }), "{error:?}");
        let error = lines("no\n{}\n").try_next().await.unwrap_err();
        assert!(matches!(error, Error::Stream { error: StreamError::InvalidEvent(_), .. }), "{error:?}");
        let error = lines("[1,2,3,4,5,6]").try_next().await.unwrap_err();
        assert!(
            matches!(error, Error::Stream { error: StreamError::EventTooLarge { limit: 10 }, .. }),
            "{error:?}"
        );
    }

    #[tokio::test]
    async fn strings_in_lines_are_json() {
        let mut values = EventStream::<String>::from_lines(bytes(&["\"a\\n\"\n"]), 100);
        assert_eq!(values.try_next().await.unwrap().as_deref(), Some("a\n"));
    }

    #[tokio::test]
    async fn strings_are_the_raw_data() {
        let mut events = EventStream::<String>::from_bytes(bytes(&["data: not json\n\n"]), 1000);
        assert_eq!(events.try_next().await.unwrap().unwrap(), "not json");
        assert!(events.try_next().await.unwrap().is_none());
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "event", rename_all = "lowercase")]
    enum Whole {
        Delta { data: serde_json::Value },
        Error { data: String, id: Option<String> },
    }

    impl StreamEvent for Whole {
        const IS_WHOLE: bool = true;
        const NAMES: &'static [&'static str] = &["delta", "error"];
    }

    #[tokio::test]
    async fn whole_events_have_their_name_and_their_data() {
        let parts = bytes(&[
            "event: delta\ndata: {\"a\":1}\n\nevent: error\nid: 7\ndata: 12\n\nevent: other\ndata: x\n\n",
        ]);
        let mut events = EventStream::<Whole>::from_bytes(parts, 1000);
        let first = events.try_next().await.unwrap().unwrap();
        assert_eq!(first, Whole::Delta { data: json!({ "a": 1 }) });
        // The data is JSON, too, but the type says text; and the name is one of its own, so it is no error.
        let second = events.try_next().await.unwrap().unwrap();
        assert_eq!(second, Whole::Error { data: "12".to_owned(), id: Some("7".to_owned()) });
        // What it does not know is not passed over.
        let error = events.try_next().await.unwrap_err();
        assert!(matches!(error, Error::Stream { error: StreamError::InvalidEvent(_), .. }), "{error:?}");
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
