//! One call: its values on the way out, its answer on the way in.
//!
//! Comes in: parameters and a body, from generated code. Goes out: a decoded [`Response`], or an
//! [`EventStream`] or [`Download`] that is still arriving. Must not: send anything when a value is wrong, or
//! take an answer for a success that is not one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use bytes::Bytes;
use futures_core::Stream;
use http::header::{
    ACCEPT, CONNECTION, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST,
    HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{Method, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use crate::body::Body;
use crate::client::{Inner, Server};
use crate::download::Download;
use crate::error::{DecodeError, Error, Operation, Result};
use crate::json;
use crate::param::{self, Problem};
use crate::response::Response;
use crate::retry::Failure;
use crate::stream::{EventStream, StreamEvent};
use crate::style::{PathStyle, QueryStyle};
use crate::transport::{self, Answer};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const EVENTS: &str = "text/event-stream, application/json;q=0.9, */*;q=0.5";
const ANYTHING: &str = "*/*";

/// The name that errors give to the body.
const BODY: &str = "body";

/// What the HTTP library can hold, in bytes.
const MAX_URL: usize = 65_534;

/// Literal parts of a path template: what a URL parser would change or misread. Specifications write the rest
/// as it is sent.
const LITERAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'\\');

/// A call in preparation. The setters keep the first thing that is wrong; the `receive_` methods report it
/// without sending.
#[must_use = "nothing is sent before one of the `receive_` methods is called"]
pub struct RequestBuilder<'c> {
    client: &'c Inner,
    operation: Operation,
    path: Vec<(&'static str, String)>,
    query: Vec<String>,
    headers: HeaderMap,
    cookies: Vec<String>,
    body: Option<Bytes>,
    security: &'static [&'static [&'static str]],
    servers: &'static [Server],
    problem: Option<Error>,
}

impl<'c> RequestBuilder<'c> {
    pub(crate) fn new(client: &'c Inner, method: Method, path: &'static str) -> Self {
        Self {
            client,
            operation: Operation::new(method, path),
            path: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            cookies: Vec::new(),
            body: None,
            security: client.security,
            servers: &[],
            problem: None,
        }
    }

    /// A path parameter, as one segment of the path. Refused: nothing, empty text, control characters, and
    /// `.` or `..`, alone or as a part of a path such as `../a`.
    pub fn path(self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        self.path_as(PathStyle::Simple, name, value)
    }

    /// A path parameter in another style.
    pub fn path_as(
        mut self,
        style: PathStyle,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Self {
        let segment = self.keep(name, param::path(style, name, value));
        self.path.extend(segment.map(|segment| (name, segment)));
        self
    }

    /// A query parameter. Nothing is sent for `None`, `null` and empty lists; a list is repeated.
    pub fn query(self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        self.query_as(QueryStyle::FormExploded, name, value)
    }

    /// A query parameter in another style.
    pub fn query_as(
        mut self,
        style: QueryStyle,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Self {
        let pairs = self.keep(name, param::query(style, name, value));
        self.query.extend(pairs.into_iter().flatten());
        self
    }

    /// A header. Nothing is sent for `None`; lists are joined with commas. Refused: control characters, and
    /// the headers that say where a message ends or goes.
    pub fn header(mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        let Some(Some(text)) = self.keep(name, param::header(value)) else { return self };
        let header = header_name(name);
        let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| "it cannot be sent in a header");
        if let Some((header, value)) = self.keep(name, header.and_then(|header| Ok((header, value?)))) {
            self.headers.insert(header, value);
        }
        self
    }

    /// A cookie, percent-encoded. Nothing is sent for `None`.
    pub fn cookie(mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        let cookie = self.keep(name, param::cookie(name, value));
        self.cookies.extend(cookie.flatten());
        self
    }

    /// A JSON body.
    pub fn json(self, body: &(impl Serialize + ?Sized)) -> Self {
        self.json_as(JSON, body)
    }

    /// A JSON body under another media type.
    pub fn json_as(mut self, media_type: &'static str, body: &(impl Serialize + ?Sized)) -> Self {
        let bytes = self.keep(BODY, serde_json::to_vec(body).map_err(|_| "it cannot be written as JSON"));
        self.set_body(media_type, bytes.unwrap_or_default())
    }

    /// A JSON body with one more property, `flag`, which the caller does not set.
    pub fn json_with_flag(
        mut self,
        body: &(impl Serialize + ?Sized),
        flag: &'static str,
        value: bool,
    ) -> Self {
        let object = match serde_json::to_value(body) {
            Ok(serde_json::Value::Object(mut object)) => {
                object.insert(flag.to_owned(), value.into());
                Ok(object)
            }
            Ok(_) => Err("it is not an object"),
            Err(_) => Err("it cannot be written as JSON"),
        };
        match self.keep(BODY, object) {
            Some(object) => self.json(&object),
            None => self,
        }
    }

    /// A form body. Lists are repeated.
    pub fn form(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        let pairs = self.keep(BODY, param::form(body)).unwrap_or_default();
        self.set_body(FORM, pairs.join("&"))
    }

    /// A body of any kind.
    pub fn bytes(self, media_type: &'static str, body: impl Into<Body>) -> Self {
        self.set_body(media_type, body)
    }

    /// Sets an optional value: `request.maybe(body, |request, body| request.json(body))`.
    pub fn maybe<T>(self, value: Option<T>, set: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => set(self, value),
            None => self,
        }
    }

    /// The media types to ask for, instead of the usual ones.
    pub fn accept(mut self, media_types: &'static str) -> Self {
        let value = HeaderValue::from_str(media_types).map_err(|_| "it cannot be sent in a header");
        if let Some(value) = self.keep("accept", value) {
            self.headers.insert(ACCEPT, value);
        }
        self
    }

    /// The operation's own security requirement, instead of [`Service::SECURITY`](crate::Service::SECURITY).
    pub fn auth(mut self, alternatives: &'static [&'static [&'static str]]) -> Self {
        self.security = alternatives;
        self
    }

    /// The operation's own servers. The first is used, unless the client's server is among them or the user
    /// set a base URL.
    pub fn servers(mut self, servers: &'static [Server]) -> Self {
        self.servers = servers;
        self
    }

    /// Sends the request and decodes a JSON answer. An answer that says it is empty counts as `null`.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn receive_json<T: DeserializeOwned>(self) -> Result<Response<T>> {
        let call = self.prepare(JSON)?;
        let (status, headers, bytes) = call.whole().await?;
        call.check_encoding(&headers, &bytes)?;
        call.refuse_html(&headers, &bytes)?;
        let document = if bytes.is_empty() && is_complete(status, &headers) { b"null" } else { &bytes[..] };
        let body = json::decode(document).map_err(|error| call.undecodable(*error, &headers))?;
        Ok(Response::new(status, headers, body))
    }

    /// Sends the request and takes the answer for text in UTF-8.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn receive_text(self) -> Result<Response<String>> {
        let call = self.prepare(ANYTHING)?;
        let (status, headers, bytes) = call.whole().await?;
        call.check_encoding(&headers, &bytes)?;
        match String::from_utf8(bytes.into()) {
            Ok(text) => Ok(Response::new(status, headers, text)),
            Err(error) => {
                Err(call.undecodable(DecodeError::body("it is not UTF-8 text", error.as_bytes()), &headers))
            }
        }
    }

    /// Sends the request and ignores what a successful answer contains.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn receive_empty(self) -> Result<Response<()>> {
        let call = self.prepare(ANYTHING)?;
        let (status, headers, bytes) = call.whole().await?;
        call.refuse_html(&headers, &bytes)?;
        Ok(Response::new(status, headers, ()))
    }

    /// Sends the request and returns as soon as the events begin. A JSON answer is taken for the one event of
    /// the stream.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn receive_events<E: StreamEvent>(self) -> Result<Response<EventStream<E>>> {
        let call = self.prepare(EVENTS)?;
        let Answer { status, headers, body } = call.open().await?;
        call.check_encoding(&headers, b"")?;
        let limit = call.client.max_event_size;
        let events = match essence(&headers).as_deref() {
            Some(json) if json == JSON || json.ends_with("+json") => EventStream::from_json_body(body, limit),
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
                return Err(call.undecodable(DecodeError::body("it is not an event stream", b""), &headers));
            }
        };
        let events = Named { events, operation: call.operation };
        Ok(Response::new(status, headers, EventStream::new(events)))
    }

    /// Sends the request and returns as soon as the file begins.
    ///
    /// A web page is not taken for a file, unless the server names it as one or [`accept`](Self::accept) asks
    /// for it.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn receive_download(self) -> Result<Response<Download>> {
        let call = self.prepare(ANYTHING)?;
        let Answer { status, headers, body } = call.open().await?;
        call.check_encoding(&headers, b"")?;
        if !headers.contains_key(CONTENT_DISPOSITION) {
            call.refuse_html(&headers, b"")?;
        }
        let mut download = Download::from_answer(&headers, body);
        if let Some(limit) = call.client.max_download_size {
            download = download.with_limit(limit);
        }
        Ok(Response::new(status, headers, download))
    }

    /// The value, or nothing: then the problem is kept, if it is the first.
    fn keep<T>(&mut self, parameter: &'static str, value: Result<T, Problem>) -> Option<T> {
        value.map_err(|problem| self.problem.get_or_insert_with(|| Error::input(parameter, problem))).ok()
    }

    fn set_body(mut self, media_type: &'static str, body: impl Into<Body>) -> Self {
        self.body = Some(body.into().into_bytes());
        let value = HeaderValue::from_str(media_type).map_err(|_| "its media type cannot be sent");
        if let Some(value) = self.keep(BODY, value) {
            self.headers.insert(CONTENT_TYPE, value);
        }
        self
    }

    fn prepare(mut self, accept: &'static str) -> Result<Call<'c>> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let base = self.client.base(self.servers)?;
        self.client.authenticate(self.security, &mut self.headers, &mut self.query, &mut self.cookies)?;
        let mut url = join(&base, self.operation.path(), &self.path)?;
        if !self.query.is_empty() {
            url.set_query(Some(&self.query.join("&")));
        }
        if url.as_str().len() > MAX_URL {
            return Err(Error::input("url", "it is too long"));
        }
        self.headers.entry(ACCEPT).or_insert(HeaderValue::from_static(accept));
        self.headers.insert(USER_AGENT, self.client.user_agent.clone());
        if !self.cookies.is_empty() {
            self.headers.insert(COOKIE, cookie_header(&self.cookies)?);
        }
        Ok(Call {
            client: self.client,
            operation: self.operation,
            url,
            headers: self.headers,
            body: self.body,
        })
    }
}

/// Prints neither values nor credentials.
impl std::fmt::Debug for RequestBuilder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestBuilder").field("operation", &self.operation).finish_non_exhaustive()
    }
}

fn header_name(name: &str) -> Result<HeaderName, Problem> {
    let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "it is not the name of a header")?;
    if [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE].contains(&header) {
        return Err("the HTTP client sets this header");
    }
    Ok(header)
}

/// Joins cookies into one header. It is sensitive: it may carry a key.
fn cookie_header(cookies: &[String]) -> Result<HeaderValue> {
    let value = HeaderValue::from_str(&cookies.join("; "));
    let mut value = value.map_err(|_| Error::input("cookie", "it cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Fills the template and appends it to the base URL.
fn join(base: &str, template: &'static str, values: &[(&'static str, String)]) -> Result<Url> {
    const PATH: &str = "path";
    let mut path = String::new();
    let mut rest = template;
    if let Some((name, _)) = values.iter().find(|(name, _)| !template.contains(&format!("{{{name}}}"))) {
        return Err(Error::input(name, "the path has no place for it"));
    }
    while let Some((literal, name, after)) = next_parameter(rest) {
        let (_, segment) = values
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| Error::input(name, "it has no value"))?;
        path.extend(utf8_percent_encode(literal, LITERAL));
        path.push_str(segment);
        rest = after;
    }
    path.extend(utf8_percent_encode(rest, LITERAL));
    if !path.is_empty() && !path.starts_with('/') {
        // Without it, the path could become a part of the host: `http://host` and `@other`.
        path.insert(0, '/');
    }
    let expected = format!("{base}{path}");
    let url = Url::parse(&expected).map_err(|_| Error::input(PATH, "it does not make a URL"))?;
    // The last line of defence: whatever was put together, parsing must not have moved it.
    if url.as_str() == expected || (path.is_empty() && url.as_str() == format!("{expected}/")) {
        Ok(url)
    } else {
        Err(Error::input(PATH, "it means another place"))
    }
}

/// Splits `a/{name}/b` into `a/`, `name` and `/b`.
fn next_parameter(template: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (literal, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((literal, name, after))
}

/// A call that is ready to be sent, as often as needed.
struct Call<'c> {
    client: &'c Inner,
    operation: Operation,
    url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl Call<'_> {
    /// The whole answer. The body belongs to the attempt: when it breaks off, a read is repeated.
    async fn whole(&self) -> Result<(StatusCode, HeaderMap, Bytes)> {
        self.repeat(|| async {
            let Answer { status, headers, body } = self.send().await?;
            let bytes = body.read_all(self.client.limits.max_body_size).await?;
            Ok((status, headers, bytes))
        })
        .await
    }

    /// The head of the answer. What comes after it is never repeated.
    async fn open(&self) -> Result<Answer> {
        self.repeat(|| self.send()).await
    }

    async fn send(&self) -> Result<Answer> {
        let mut request = reqwest::Request::new(self.operation.method().clone(), self.url.clone());
        *request.headers_mut() = self.headers.clone();
        *request.body_mut() = self.body.clone().map(Into::into);
        transport::send(&self.client.http, request, &self.client.limits, &self.operation).await
    }

    async fn repeat<T, F: Future<Output = Result<T>>>(&self, attempt: impl Fn() -> F) -> Result<T> {
        // A limit beyond the clock's range is none.
        let deadline =
            self.client.timeout.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit)));
        let mut retries = 0;
        loop {
            let error = match transport::before(deadline, attempt()).await {
                Ok(answer) => {
                    self.client.budget.earn();
                    log(&self.operation, retries, None, None);
                    return Ok(answer);
                }
                Err(error) => error.in_operation(&self.operation),
            };
            let failure = Failure::of(&error, SystemTime::now());
            let delay = self.client.retry.delay(self.operation.method(), &failure, retries, fastrand::f64());
            let in_time = |delay: &_| {
                deadline.is_none_or(|(moment, _)| *delay < moment.saturating_duration_since(Instant::now()))
            };
            let delay = delay.filter(in_time).filter(|_| self.client.budget.spend());
            log(&self.operation, retries, Some(&error), delay);
            let Some(delay) = delay else { return Err(error) };
            sleep(delay).await;
            retries += 1;
        }
    }

    fn undecodable(&self, error: DecodeError, headers: &HeaderMap) -> Error {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Error::from(error.with_media_type(media_type)).in_operation(&self.operation)
    }

    /// Compression is never asked for, so nobody undoes it.
    fn check_encoding(&self, headers: &HeaderMap, body: &[u8]) -> Result<()> {
        match headers.get(CONTENT_ENCODING) {
            Some(encoding) if encoding != "identity" && !encoding.is_empty() => Err(self
                .undecodable(DecodeError::body("it is compressed, which was not asked for", body), headers)),
            _ => Ok(()),
        }
    }

    /// Login pages and error pages of proxies come with status 200.
    fn refuse_html(&self, headers: &HeaderMap, body: &[u8]) -> Result<()> {
        let is_html = matches!(essence(headers).as_deref(), Some("text/html" | "application/xhtml+xml"));
        let is_wanted = self
            .headers
            .get(ACCEPT)
            .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("html")));
        if is_html && !is_wanted {
            return Err(self.undecodable(DecodeError::body("it is a web page", body), headers));
        }
        Ok(())
    }
}

/// Events whose errors say in which call they happened.
struct Named<E> {
    events: EventStream<E>,
    operation: Operation,
}

impl<E: StreamEvent> Stream for Named<E> {
    type Item = Result<E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<E>>> {
        let event = ready!(Pin::new(&mut self.events).poll_next(context));
        Poll::Ready(event.map(|event| event.map_err(|error| error.in_operation(&self.operation))))
    }
}

/// Whether an answer without a byte can be told from one whose connection broke off.
fn is_complete(status: StatusCode, headers: &HeaderMap) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT)
        || headers.contains_key(CONTENT_LENGTH)
        || headers.contains_key(TRANSFER_ENCODING)
}

/// The media type in lower case, without parameters.
fn essence(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!essence.is_empty()).then_some(essence)
}

#[cfg(feature = "tracing")]
fn log(operation: &Operation, retries: u32, error: Option<&Error>, delay: Option<std::time::Duration>) {
    let (method, path) = (operation.method().as_str(), operation.path());
    match (error, delay) {
        (None, _) => tracing::debug!(method, path, retries, "call succeeded"),
        (Some(error), Some(delay)) => {
            tracing::debug!(method, path, retries, %error, ?delay, "attempt failed, will be repeated")
        }
        (Some(error), None) => tracing::debug!(method, path, retries, %error, "call failed"),
    }
}

#[cfg(not(feature = "tracing"))]
fn log(_: &Operation, _: u32, _: Option<&Error>, _: Option<std::time::Duration>) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, template: &'static str, values: &[(&'static str, &str)]) -> Result<String> {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.to_string())).collect();
        join(base, template, &values).map(|url| url.to_string())
    }

    #[test]
    fn templates_are_filled_and_nothing_moves() {
        type Values = &'static [(&'static str, &'static str)];
        let good: [(&str, &'static str, Values, &str); 8] = [
            ("http://h", "/a/{x}/", &[("x", "1")], "http://h/a/1/"),
            ("http://h/api/v1", "/{x}/{y}", &[("y", "2"), ("x", "1")], "http://h/api/v1/1/2"),
            ("http://h", "/{x}.json", &[("x", "a")], "http://h/a.json"),
            ("http://h", "/ä b?c#d|e", &[], "http://h/%C3%A4%20b%3Fc%23d%7Ce"),
            ("http://h", "@other.example/{x}", &[("x", "1")], "http://h/@other.example/1"),
            ("http://h", ":99/", &[], "http://h/:99/"),
            ("http://h", "", &[], "http://h/"),
            ("http://h/api", "", &[], "http://h/api"),
        ];
        for (base, template, values, expected) in good {
            assert_eq!(joined(base, template, values).unwrap(), expected, "{template}");
        }
        let bad: [(&'static str, Values); 7] = [
            ("/{x}", &[]),
            ("/a", &[("x", "1")]),
            ("/{x}{y}/b", &[("x", "."), ("y", ".")]),
            ("/{x}/b", &[("x", "%2e%2E")]),
            ("/a/{x}", &[("x", "..")]),
            ("/.{x}", &[("x", "%2e")]),
            ("/a/../b", &[]),
        ];
        for (template, values) in bad {
            let found = joined("http://h/api", template, values);
            assert!(matches!(found, Err(Error::Input(_))), "{template} {values:?}: {found:?}");
        }
    }
}
