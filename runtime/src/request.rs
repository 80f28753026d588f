//! A call in preparation: its values on the way out.
//!
//! Comes in: parameters and a body, from generated code. Goes out: a [`Call`] that is ready to be sent. Must not: send
//! anything when a value is wrong, or let one change the structure of the request.

use std::hash::{BuildHasher, RandomState};

use http::Method;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
#[cfg(feature = "upgrade")]
use {
    base64::Engine as _,
    http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};

use crate::auth::Requirement;
use crate::body::Body;
use crate::call::{ANYTHING, Call, EVENTS, JSON};
use crate::download::Download;
use crate::error::{CallInfo, Error, Operation, Result};
use crate::future::ResponseFuture;
use crate::json;
use crate::multipart::MultipartForm;
use crate::param::{self, Pairs, Problem};
use crate::received::Received;
use crate::records::Records;
use crate::redirect::Redirect;
use crate::response::Response;
use crate::service::Server;
use crate::settings::{self, Handle};
use crate::sse::Framing;
use crate::stream::{EventStream, StreamEvent};
use crate::style::{CookieStyle, HeaderStyle, PathStyle, QueryStyle};
use crate::upload::Payload;
use crate::url;

const FORM: &str = "application/x-www-form-urlencoded";

/// The name that errors give to the body.
const BODY: &str = "body";

/// The header of an idempotency key, unless a specification names another.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A call in preparation. The setters keep the first thing that is wrong; the `receive_` methods report it
/// without sending.
#[must_use = "nothing is sent before one of the `receive_` methods is called"]
pub struct RequestBuilder<'c> {
    client: &'c Handle,
    operation: Operation,
    path: Vec<(&'static str, String)>,
    query: Pairs,
    headers: HeaderMap,
    cookies: Vec<String>,
    body: Option<Payload>,
    security: Requirement,
    servers: &'static [Server],
    idempotency_header: Option<&'static str>,
    /// The address of another host.
    elsewhere: Option<String>,
    problem: Option<Error>,
}

impl<'c> RequestBuilder<'c> {
    pub(crate) fn new(client: &'c Handle, method: Method, path: &'static str) -> Self {
        Self {
            client,
            operation: Operation::new(method, path),
            path: Vec::new(),
            query: Pairs::default(),
            headers: HeaderMap::new(),
            cookies: Vec::new(),
            body: None,
            security: client.shared.security,
            servers: &[],
            idempotency_header: None,
            elsewhere: None,
            problem: None,
        }
    }

    /// A call of another host. `name` stands in errors for its path.
    pub(crate) fn elsewhere(client: &'c Handle, method: Method, url: &str, name: &'static str) -> Self {
        Self { elsewhere: Some(url.to_owned()), security: &[], ..Self::new(client, method, name) }
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
        let added = param::query(style, name, value, &mut self.query);
        self.keep(name, added);
        self
    }

    /// A header. Nothing is sent for `None`; lists are joined with commas. Refused: control characters, and
    /// the headers that say where a message ends or goes.
    pub fn header(self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        self.header_as(HeaderStyle::Simple, name, value)
    }

    /// A header in another style.
    pub fn header_as(
        mut self,
        style: HeaderStyle,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Self {
        let Some(Some(text)) = self.keep(name, param::header(style, value)) else { return self };
        let header = settings::header_name(name);
        let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| "it cannot be sent in a header");
        if let Some((header, value)) = self.keep(name, header.and_then(|header| Ok((header, value?)))) {
            self.headers.insert(header, value);
        }
        self
    }

    /// A cookie, percent-encoded. Nothing is sent for `None`.
    pub fn cookie(self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        self.cookie_as(CookieStyle::Form, name, value)
    }

    /// A cookie in another style.
    pub fn cookie_as(
        mut self,
        style: CookieStyle,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Self {
        let cookie = self.keep(name, param::cookie(style, name, value));
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
        let bytes = self.keep(BODY, json::with_flag(body, flag, value));
        self.set_body(JSON, bytes.unwrap_or_default())
    }

    /// A form body. Lists are repeated.
    pub fn form(self, body: &(impl Serialize + ?Sized)) -> Self {
        self.form_of(body, &|_| QueryStyle::FormExploded)
    }

    /// A form body in which every property has a style. In [`QueryStyle::DeepObject`] objects and lists may lie within
    /// each other: `a[b][c]=1`, `a[]=1` for items of single values, `a[0][b]=1` for others.
    pub fn form_as(self, style: QueryStyle, body: &(impl Serialize + ?Sized)) -> Self {
        self.form_of(body, &|_| style)
    }

    /// A form body in which these properties have a style; of others lists are repeated.
    pub fn form_with(self, styles: &[(&'static str, QueryStyle)], body: &(impl Serialize + ?Sized)) -> Self {
        self.form_of(body, &|name| crate::style::listed(styles, name))
    }

    fn form_of(mut self, body: &(impl Serialize + ?Sized), styles: param::Styles<'_>) -> Self {
        let pairs = self.keep(BODY, param::form(body, styles)).unwrap_or_default();
        self.set_body(FORM, pairs.into_string())
    }

    /// A body of several parts. `media_type`: `multipart/form-data` or another one of several parts.
    pub fn multipart(mut self, media_type: &'static str, body: impl Into<MultipartForm>) -> Self {
        match body.into().into_payload(media_type) {
            Ok((media_type, payload)) => self.set_payload(&media_type, payload),
            Err((part, problem)) => {
                self.keep(part, Err::<(), _>(problem));
                self
            }
        }
    }

    /// A body of any kind: bytes, a file or a stream.
    pub fn bytes(self, media_type: &'static str, body: impl Into<Body>) -> Self {
        self.set_body(media_type, body)
    }

    /// A body of JSON values, one in each line.
    pub fn lines<T: Serialize + 'static>(self, media_type: &'static str, body: Records<T>) -> Self {
        self.set_body(media_type, body.into_body(Framing::Lines))
    }

    /// A body of JSON values as a JSON text sequence.
    pub fn sequence<T: Serialize + 'static>(self, media_type: &'static str, body: Records<T>) -> Self {
        self.set_body(media_type, body.into_body(Framing::Sequence))
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
    pub fn auth(mut self, alternatives: Requirement) -> Self {
        self.security = alternatives;
        self
    }

    /// The header in which the server takes an idempotency key for this operation, by its specification. The call then
    /// has a key, which is the caller's where [it gives one](crate::CallOptions::idempotency_key) and random otherwise,
    /// and is repeated like a read.
    pub fn idempotency_header(mut self, name: &'static str) -> Self {
        self.idempotency_header = Some(name);
        self
    }

    /// The operation's own servers. The first is used, unless the client's server is among them or the user
    /// set a [base URL](crate::ClientBuilder::base_url).
    pub fn servers(mut self, servers: &'static [Server]) -> Self {
        self.servers = servers;
        self
    }

    /// Sends the request and decodes a JSON answer. An answer that says it is empty counts as `null`.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn receive_json<T: DeserializeOwned + 'c>(self) -> ResponseFuture<'c, T> {
        self.start(JSON, |mut call| async move { call.json().await })
    }

    /// Sends the request and takes the answer for text in UTF-8.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn receive_text(self) -> ResponseFuture<'c, String> {
        self.start(ANYTHING, |mut call| async move { call.text().await })
    }

    /// Sends the request and ignores what a successful answer contains.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn receive_empty(self) -> ResponseFuture<'c, ()> {
        self.start(ANYTHING, |mut call| async move { call.empty().await })
    }

    /// Sends the request and returns as soon as the events begin. A JSON answer is taken for the one event of
    /// the stream.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn receive_events<E: StreamEvent + 'c>(self) -> ResponseFuture<'c, EventStream<E>> {
        self.start(EVENTS, |mut call| async move { call.events().await })
    }

    /// Sends the request and returns as soon as the values begin, a JSON value in each line. `media_type` is asked for.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn receive_lines<E: StreamEvent + 'c>(
        self,
        media_type: &'static str,
    ) -> ResponseFuture<'c, EventStream<E>> {
        self.start(media_type, |mut call| async move { call.records(Framing::Lines).await })
    }

    /// The same for JSON text sequences.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn receive_sequence<E: StreamEvent + 'c>(
        self,
        media_type: &'static str,
    ) -> ResponseFuture<'c, EventStream<E>> {
        self.start(media_type, |mut call| async move { call.records(Framing::Sequence).await })
    }

    /// Sends the request and reads the answer as its status says: `read` gets it before its body.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn receive_by_status<A, F>(
        self,
        read: impl Fn(Received) -> F + Send + Sync + 'c,
    ) -> ResponseFuture<'c, A>
    where
        A: 'c,
        F: Future<Output = Result<A>> + Send + 'c,
    {
        self.start(ANYTHING, |mut call| async move { call.by_status(&read).await })
    }

    /// Sends the request and returns where the answer leads. It is not followed.
    ///
    /// # Errors
    ///
    /// See [`Error`]; also when the answer is a success, or leads nowhere.
    pub fn receive_redirect(self) -> ResponseFuture<'c, Redirect> {
        self.start(ANYTHING, |mut call| async move { call.redirect().await })
    }

    /// Sends the request and returns the connection, which goes on in another protocol. For `websocket` the headers of its
    /// handshake are sent, with a random key. What comes back is checked for status 101 and the protocol; that
    /// `Sec-WebSocket-Accept` answers the key (RFC 6455, 4.1) is not, and neither are extensions and subprotocols: both headers
    /// are among those of the answer for those who want to know.
    ///
    /// # Errors
    ///
    /// See [`Error`]; also when the server stays with HTTP, or chooses another protocol.
    #[cfg(feature = "upgrade")]
    pub fn receive_upgrade(mut self, protocol: &'static str) -> ResponseFuture<'c, crate::upgrade::Upgraded> {
        let headers = &mut self.headers;
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static(protocol));
        if protocol == "websocket" {
            headers.entry(SEC_WEBSOCKET_VERSION).or_insert(HeaderValue::from_static("13"));
            headers.entry(SEC_WEBSOCKET_KEY).or_insert_with(handshake_key);
        }
        self.start(ANYTHING, |mut call| async move { call.upgrade().await })
    }

    /// Sends the request and returns as soon as the file begins.
    ///
    /// A web page is not taken for a file, unless the server names it as one or [`accept`](Self::accept) asks
    /// for it.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn receive_download(self) -> ResponseFuture<'c, Download> {
        self.start(ANYTHING, |mut call| async move { call.download().await })
    }

    /// The value, or nothing: then the problem is kept, if it is the first.
    fn keep<T>(&mut self, parameter: &'static str, value: Result<T, Problem>) -> Option<T> {
        value.map_err(|problem| self.problem.get_or_insert_with(|| Error::input(parameter, problem))).ok()
    }

    fn set_body(self, media_type: &'static str, body: impl Into<Body>) -> Self {
        self.set_payload(media_type, body.into().into())
    }

    fn set_payload(mut self, media_type: &str, body: Payload) -> Self {
        self.body = Some(body);
        let value = HeaderValue::from_str(media_type).map_err(|_| "its media type cannot be sent");
        if let Some(value) = self.keep(BODY, value) {
            self.headers.insert(CONTENT_TYPE, value);
        }
        self
    }

    /// What needs no connection is done before there is a future, which would have to hold it all. What is in it is
    /// borrowed from there on: what is handed from one to another is in both.
    fn start<T: 'c, F>(self, accept: &'static str, run: impl FnOnce(Call<'c>) -> F) -> ResponseFuture<'c, T>
    where
        F: Future<Output = Result<Response<T>>> + Send + 'c,
    {
        match self.prepare(accept) {
            Ok(call) => ResponseFuture::new(run(call)),
            Err(error) => ResponseFuture::new(async move { Err(error) }),
        }
    }

    fn prepare(self, accept: &'static str) -> Result<Call<'c>> {
        let operation = self.operation.clone();
        self.try_prepare(accept).map_err(|error| error.in_call(&CallInfo::new(operation)))
    }

    fn try_prepare(mut self, accept: &'static str) -> Result<Call<'c>> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let (shared, settings) = (&self.client.shared, &self.client.settings);
        settings.check()?;
        if let Some(url) = self.elsewhere.take() {
            return self.prepare_elsewhere(&url, accept);
        }
        let base = shared.place.base_for(shared.servers, self.servers)?;
        // Room for what comes later, such as a credential: growing would copy all of it.
        let mut headers = self.headers;
        headers.reserve(settings.headers.len() + 4);
        for (name, value) in &settings.headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static(accept));
        if shared.credentials.add(self.security, &mut headers, &mut self.query, &mut self.cookies)? {
            shared.check_plain_http(base.plain_host())?;
        }
        if !self.cookies.is_empty() {
            let value = cookie_header(headers.get(COOKIE), &self.cookies)?;
            headers.insert(COOKIE, value);
        }
        let method = self.operation.method();
        let mut is_repeatable = method.is_idempotent();
        let key = settings.idempotency_key.as_ref();
        if !method.is_safe() && (key.is_some() || self.idempotency_header.is_some()) {
            let name = self.idempotency_header.unwrap_or(IDEMPOTENCY_KEY);
            let name =
                settings::header_name(name).map_err(|problem| Error::input(IDEMPOTENCY_KEY, problem))?;
            add_key(&mut headers, name, key);
            is_repeatable = true;
        }
        let url = url::join(&base, self.operation.path(), &self.path, self.query.as_str())?;
        Ok(Call {
            client: self.client,
            is_watched: true,
            observed: None,
            operation: self.operation,
            url,
            headers,
            body: self.body,
            is_repeatable,
        })
    }

    /// A call of another host, to which nothing goes that is meant for the service. Hooks may add such, so none is asked.
    fn prepare_elsewhere(mut self, url: &str, accept: &'static str) -> Result<Call<'c>> {
        let wrong = |problem| Error::input("url", problem);
        let mut url = reqwest::Url::parse(url).map_err(|_| wrong("it is not an address"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it is not an address of `http` or `https`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it has a user name or password, which is not sent"));
        }
        // It is for whoever looks at what comes back.
        url.set_fragment(None);
        // A signed form lets whoever reads it act in its place, as a key does.
        self.client.shared.check_plain_http(crate::url::plain_host(&url))?;
        self.headers.entry(ACCEPT).or_insert(HeaderValue::from_static(accept));
        if self.client.settings.headers.contains_key(ACCEPT_ENCODING) {
            // As to the service: what comes compressed is refused.
            self.headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("identity"));
        }
        Ok(Call {
            client: self.client,
            is_watched: false,
            observed: None,
            is_repeatable: self.operation.method().is_idempotent(),
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

/// Joins cookies into one header, behind those of a header that is there already. It is sensitive: it may carry a key.
fn cookie_header(given: Option<&HeaderValue>, cookies: &[String]) -> Result<HeaderValue> {
    let given = given.map(HeaderValue::as_bytes).filter(|given| !given.is_empty());
    let cookies = given.into_iter().chain(cookies.iter().map(String::as_bytes));
    let value = HeaderValue::from_bytes(&cookies.collect::<Vec<_>>().join(&b"; "[..]));
    let mut value = value.map_err(|_| Error::input("cookie", "it cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Adds the caller's key, or leaves what a parameter has put there, or makes a key up.
fn add_key(headers: &mut HeaderMap, name: HeaderName, key: Option<&HeaderValue>) {
    match key {
        Some(key) => drop(headers.insert(name, key.clone())),
        None => drop(headers.entry(name).or_insert_with(random_key)),
    }
}

/// 128 bits that nobody else has: the standard library keys its hashers from the system's random numbers.
fn random() -> [u64; 2] {
    let hasher = RandomState::new();
    [hasher.hash_one(0_u8), hasher.hash_one(1_u8)]
}

/// Such bits as RFC 6455 writes them.
#[cfg(feature = "upgrade")]
fn handshake_key() -> HeaderValue {
    let bytes = random().map(u64::to_be_bytes).concat();
    HeaderValue::try_from(base64::engine::general_purpose::STANDARD.encode(bytes))
        .unwrap_or(HeaderValue::from_static("0"))
}

fn random_key() -> HeaderValue {
    let [first, second] = random();
    let key = format!("{first:016x}{second:016x}");
    HeaderValue::try_from(key).unwrap_or(HeaderValue::from_static("0"))
}
