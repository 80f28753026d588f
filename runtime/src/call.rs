//! One call: its attempts, and its answer on the way in.
//!
//! Comes in: a request that is ready to be sent. Goes out: a decoded [`Response`], or an [`EventStream`] or
//! [`Download`] that is still arriving. Must not: take an answer for a success that is not one.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderMap, LOCATION};
use reqwest::Url;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use crate::download::Download;
use crate::error::{DecodeError, Error, Operation, Result};
use crate::json::is_json;
use crate::observe::Observed;
use crate::received::{self, BodyLimits, Received, essence, undecodable};
use crate::redirect::Redirect;
use crate::response::Response;
use crate::resume;
use crate::retry::Failure;
use crate::settings::Handle;
use crate::sse::Framing;
use crate::stream::{EventStream, StreamEvent};
use crate::transport::{Answer, Attempt, BodyStream, Deadline, Head, Wanted};
use crate::upload::Payload;
#[cfg(feature = "upgrade")]
use crate::{transport::broken, upgrade::Upgraded};
#[cfg(feature = "upgrade")]
use http::{StatusCode, header::UPGRADE};
#[cfg(feature = "upgrade")]
use std::time::Duration;

pub(crate) const JSON: &str = "application/json";
pub(crate) const EVENTS: &str = "text/event-stream, application/json;q=0.9, */*;q=0.5";
pub(crate) const ANYTHING: &str = "*/*";

/// What a call ends with.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// The answer that it returns.
    Answer,
    /// The body of that answer, which is still to come.
    Body,
}

/// A call that is ready to be sent, as often as needed.
pub(crate) struct Call<'c> {
    pub(crate) client: &'c Handle,
    pub(crate) operation: Operation,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Payload>,
    /// Whether acting twice does no harm.
    pub(crate) is_repeatable: bool,
    /// Whether others may know of it.
    pub(crate) is_watched: bool,
    /// Who wants to know what becomes of it, once it has begun.
    pub(crate) observed: Option<Arc<Observed>>,
}

impl Call<'_> {
    /// Decodes a JSON answer.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self) -> Result<Response<T>> {
        self.begin();
        self.observe(pin!(self.read_json()), Last::Answer).await
    }

    /// Takes the answer for text in UTF-8.
    pub(crate) async fn text(&mut self) -> Result<Response<String>> {
        self.begin();
        self.observe(pin!(self.read_text()), Last::Answer).await
    }

    /// Ignores what a successful answer contains.
    pub(crate) async fn empty(&mut self) -> Result<Response<()>> {
        self.begin();
        self.observe(pin!(self.read_nothing()), Last::Answer).await
    }

    /// Reads the answer as its status says.
    pub(crate) async fn by_status<A, F>(&mut self, read: &impl Fn(Received) -> F) -> Result<Response<A>>
    where
        F: Future<Output = Result<A>>,
    {
        self.begin();
        // The readers of what was received tell that it is over.
        self.observe(pin!(self.read_by_status(read)), Last::Body).await
    }

    /// Where the answer leads.
    pub(crate) async fn redirect(&mut self) -> Result<Response<Redirect>> {
        self.begin();
        self.observe(pin!(self.read_redirect()), Last::Answer).await
    }

    /// The connection, when it goes on in another protocol.
    #[cfg(feature = "upgrade")]
    pub(crate) async fn upgrade(&mut self) -> Result<Response<Upgraded>> {
        self.begin();
        self.observe(pin!(self.read_upgrade()), Last::Answer).await
    }

    /// Returns as soon as the events begin.
    pub(crate) async fn events<E: StreamEvent>(&mut self) -> Result<Response<EventStream<E>>> {
        self.begin();
        self.observe(pin!(self.read_events()), Last::Body).await
    }

    /// Returns as soon as the values begin.
    pub(crate) async fn records<E: StreamEvent>(
        &mut self,
        framing: Framing,
    ) -> Result<Response<EventStream<E>>> {
        self.begin();
        self.observe(pin!(self.read_records(framing)), Last::Body).await
    }

    /// Returns as soon as the file begins.
    pub(crate) async fn download(&mut self) -> Result<Response<Download>> {
        self.begin();
        self.observe(pin!(self.read_download()), Last::Body).await
    }

    /// Those who listen where it is awaited are told of it.
    fn begin(&mut self) {
        if self.is_watched {
            self.observed = Observed::new(self.client, &self.operation, &self.url);
        }
    }

    /// Tells those who want to know how it ends. The work is pinned by who makes it, so that it is not copied.
    async fn observe<T>(&self, work: Pin<&mut impl Future<Output = Result<T>>>, last: Last) -> Result<T> {
        let Some(observed) = &self.observed else { return work.await };
        let result = observed.within(work).await;
        match &result {
            Err(error) => observed.over(Some(error)),
            Ok(_) if last == Last::Answer => observed.over(None),
            Ok(_) => {}
        }
        result
    }

    async fn read_json<T: DeserializeOwned>(&self) -> Result<Response<T>> {
        let (head, bytes) = self.whole().await?;
        let body = received::json(&head, &bytes, self.wants_html())?;
        Ok(Response::new(head.status, head.headers, body))
    }

    async fn read_text(&self) -> Result<Response<String>> {
        let (head, bytes) = self.whole().await?;
        let body = received::text(&head, bytes)?;
        Ok(Response::new(head.status, head.headers, body))
    }

    async fn read_nothing(&self) -> Result<Response<()>> {
        let (head, bytes) = self.whole().await?;
        received::refuse_html(&head, &bytes, self.wants_html())?;
        Ok(Response::new(head.status, head.headers, ()))
    }

    async fn read_by_status<A, F>(&self, read: &impl Fn(Received) -> F) -> Result<Response<A>>
    where
        F: Future<Output = Result<A>>,
    {
        self.repeat(|number, deadline| async move {
            let answer = self.send(number, deadline, Wanted::Success).await?;
            let (status, headers) = (answer.head.status, answer.head.headers.clone());
            Ok(Response::new(status, headers, read(self.received(answer, deadline)).await?))
        })
        .await
    }

    async fn read_redirect(&self) -> Result<Response<Redirect>> {
        let Answer { head, body, .. } =
            self.repeat(|number, deadline| self.send(number, deadline, Wanted::Redirect)).await?;
        body.let_go();
        let location = head.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let Some(location) = location.filter(|_| head.status.is_redirection()) else {
            return Err(undecodable(DecodeError::body("it is no redirect with a location", b""), &head));
        };
        let redirect = Redirect::to(location).with_url(self.url.join(location).ok().map(String::from));
        Ok(Response::new(head.status, head.headers, redirect))
    }

    #[cfg(feature = "upgrade")]
    async fn read_upgrade(&self) -> Result<Response<Upgraded>> {
        let Answer { head, body, connection } =
            self.repeat(|number, deadline| self.send(number, deadline, Wanted::Upgrade)).await?;
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            let error = undecodable(DecodeError::body("the server stays with its protocol", b""), &head);
            return Err(refuse(error, body));
        }
        let protocol = head.headers.get(UPGRADE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let asked = self.headers.get(UPGRADE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !protocol.eq_ignore_ascii_case(asked) {
            let error = DecodeError::body("the server chose a protocol that was not asked for", b"");
            return Err(undecodable(error, &head));
        }
        let mut answer = http::Response::new(body.into_inner());
        (*answer.status_mut(), *answer.extensions_mut()) = (head.status, connection);
        let io = reqwest::Response::from(answer).upgrade().await;
        let io = io.map_err(|error| broken(error, head.call.clone(), Duration::ZERO))?;
        let upgraded = Upgraded::new(protocol, io);
        Ok(Response::new(head.status, head.headers, upgraded))
    }

    async fn read_events<E: StreamEvent>(&self) -> Result<Response<EventStream<E>>> {
        let Answer { head, body, .. } = self.open().await?;
        if let Err(error) = received::check_encoding(&head, b"") {
            return Err(refuse(error, body));
        }
        let limit = self.client.settings.max_event_size;
        let media_type = essence(&head.headers).map(str::to_ascii_lowercase);
        let events = match media_type.as_deref() {
            Some(kind) if is_json(kind) => EventStream::from_json_body(body, limit),
            // Servers and proxies are careless about the media type; the events decide.
            None
            | Some(
                "text/event-stream"
                | "text/plain"
                | "application/octet-stream"
                | "application/x-ndjson"
                | "application/jsonl",
            ) => EventStream::from_bytes(body, limit),
            Some(_) => {
                let error = undecodable(DecodeError::body("it is not an event stream", b""), &head);
                return Err(refuse(error, body));
            }
        };
        Ok(Response::new(head.status, head.headers, events.of_call(head.call, self.observed.clone())))
    }

    async fn read_records<E: StreamEvent>(&self, framing: Framing) -> Result<Response<EventStream<E>>> {
        let Answer { head, body, .. } = self.open().await?;
        if let Err(error) = received::check_encoding(&head, b"") {
            return Err(refuse(error, body));
        }
        // Many names are in use for the same; what shows is a page of something else.
        if essence(&head.headers).is_some_and(|kind| kind.to_ascii_lowercase().contains("html")) {
            let error = undecodable(DecodeError::body("it is not a stream of JSON", b""), &head);
            return Err(refuse(error, body));
        }
        let limit = self.client.settings.max_event_size;
        let records = match framing {
            Framing::Events => EventStream::from_bytes(body, limit),
            Framing::Lines => EventStream::from_lines(body, limit),
            Framing::Sequence => EventStream::from_sequence(body, limit),
        };
        Ok(Response::new(head.status, head.headers, records.of_call(head.call, self.observed.clone())))
    }

    async fn read_download(&self) -> Result<Response<Download>> {
        let Answer { head, body, .. } = self.open().await?;
        if let Err(error) = received::check_file(&head, self.wants_html()) {
            return Err(refuse(error, body));
        }
        let chunks = resume::chunks(resume::request(self, &head), body);
        let mut download =
            Download::from_answer(&head.headers, chunks).of_call(head.call, self.observed.clone());
        if let Some(limit) = self.client.settings.max_download_size {
            download = download.with_limit(limit);
        }
        Ok(Response::new(head.status, head.headers, download))
    }

    fn received(&self, answer: Answer, deadline: Deadline) -> Received {
        let settings = &self.client.settings;
        let limits = BodyLimits {
            max_size: settings.limits.max_body_size,
            max_download_size: settings.max_download_size,
            deadline,
        };
        Received {
            resume: resume::request(self, &answer.head),
            answer,
            limits,
            wants_html: self.wants_html(),
            observed: self.observed.clone(),
        }
    }

    /// Whether the caller asks for a web page.
    fn wants_html(&self) -> bool {
        let accept = self.headers.get(ACCEPT);
        accept.is_some_and(|accept| accept.as_bytes().windows(4).any(|part| part == b"html"))
    }

    /// The whole answer. The body belongs to the attempt: when it breaks off, a read is repeated.
    async fn whole(&self) -> Result<(Head, Bytes)> {
        self.repeat(|number, deadline| async move {
            let Answer { head, mut body, .. } = self.send(number, deadline, Wanted::Success).await?;
            let bytes = body.read_all(self.client.settings.limits.max_body_size, deadline).await?;
            if let Some(observed) = &self.observed {
                observed.attempt_over(None, None);
            }
            Ok((head, bytes))
        })
        .await
    }

    /// The head of the answer. What comes after it is never repeated.
    async fn open(&self) -> Result<Answer> {
        self.repeat(|number, deadline| self.send(number, deadline, Wanted::Success)).await
    }

    async fn send(&self, number: u32, deadline: Deadline, wanted: Wanted) -> Result<Answer> {
        let attempt = Attempt {
            http: &self.client.shared.http,
            limits: &self.client.settings.limits,
            operation: &self.operation,
            url: &self.url,
            number,
            deadline,
            request_id: &self.client.shared.request_id,
            observed: self.observed.as_ref(),
            wanted,
            has_key: self.is_repeatable && self.client.settings.idempotency_key.is_some(),
        };
        attempt.send(&self.headers, self.body.as_ref()).await
    }

    /// Makes attempts until one succeeds, or another would be useless or too late.
    async fn repeat<T, F>(&self, attempt: impl Fn(u32, Deadline) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let (shared, settings) = (&self.client.shared, &self.client.settings);
        // A limit beyond the clock's range is none.
        let deadline = settings.timeout.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        let mut retries = 0;
        loop {
            // In a place of its own: what is larger than a kilobyte costs most allocators more than both together.
            let error = match Box::pin(attempt(retries + 1, deadline)).await {
                Ok(answer) => {
                    shared.budget.earn();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let failure = Failure::of(&error, SystemTime::now());
            let delay = settings.retry.delay(self.is_repeatable, &failure, retries, fastrand::f64());
            let in_time = |delay: &_| {
                deadline.is_none_or(|(moment, _)| *delay < moment.saturating_duration_since(Instant::now()))
            };
            let is_whole = |_: &_| self.body.as_ref().is_none_or(Payload::is_there);
            let delay = delay.filter(in_time).filter(is_whole).filter(|_| shared.budget.spend());
            if let Some(observed) = &self.observed {
                observed.attempt_over(Some(&error), delay);
            }
            let Some(delay) = delay else { return Err(error) };
            sleep(delay).await;
            retries += 1;
        }
    }
}

/// An answer that is of no use. Its connection may be.
fn refuse(error: Error, body: BodyStream) -> Error {
    body.let_go();
    error
}
