//! One request: its values for the operation's method, and the way its result goes out.

use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::pin::pin;

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, HeaderMap, HeaderValue,
    TRANSFER_ENCODING,
};
use http::{StatusCode, request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::accept;
use super::arriving::{Arriving, BROKEN, LATE, too_large};
use super::form::essence;
use super::problems::{GENERAL, Problems, Step};
use super::records::Arrived;
use super::reply::{self, Reply};
use super::routes::{Settings, Values};
use super::strict::Strict;
use super::writer::ReplyWriter;
use crate::evidence::{Evidence, Kind};
use crate::json::{is_json, without_mark};
use crate::sse::Framing;
use crate::style::{CookieStyle, HeaderStyle, PathStyle, QueryStyle, listed};
use crate::text::{Problem, Texts, decode_form, decode_percent, escaped_pairs, tree};
use crate::{Download, EventStream, Records, Redirect, Response, Result, StreamEvent};

/// A request for one operation.
///
/// The readers return nothing where a value is missing or wrong, and note it. A handler that returns nothing then answers
/// for everything that was noted, so it reads all values before it asks for one of them with `?`. Readers that end in
/// `_opt` take absence for `Some(None)`.
#[derive(Debug)]
pub struct Call {
    path: Values,
    /// Names, and values with their escapes.
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Body>,
    settings: Settings,
    problems: Problems,
    /// What to answer instead of the problems: the request as a whole is wrong.
    refusal: Option<Reply>,
    /// Names that parameters of the query were asked for by.
    asked: HashSet<String>,
    /// A parameter takes whatever name belongs to no other.
    takes_the_rest: bool,
}

/// Values that are read from a request together: the parameters of an operation.
pub trait FromCall: Sized {
    /// The values, or nothing where one of them is missing or wrong; what is wrong has been noted.
    fn from_call(call: &mut Call) -> Option<Self>;
}

/// Reads the parameters of operations that have the same: each field by a method of [`Call`].
///
/// ```
/// pub struct ListPets {
///     pub limit: Option<u32>,
///     pub owner: String,
/// }
///
/// runtime::from_call! {
///     ListPets => {
///         limit: query_opt("limit"),
///         owner: header("X-Owner"),
///     }
/// }
/// ```
///
/// All are read before one that is missing or wrong ends it, so that everything that is wrong gets noted.
#[macro_export]
macro_rules! from_call {
    ($($of:path),+ => $fields:tt) => {
        $($crate::from_call!(@one $of, $fields);)+
    };
    (@one $of:path, { $($field:ident: $read:ident $arguments:tt,)+ }) => {
        impl $crate::server::FromCall for $of {
            fn from_call(call: &mut $crate::server::Call) -> ::std::option::Option<Self> {
                $(let $field = call.$read $arguments;)+
                ::std::option::Option::Some(Self { $($field: $field?),+ })
            }
        }
    };
}

impl Call {
    pub(super) fn new(path: Values, head: request::Parts, body: Body, settings: Settings) -> Self {
        Self {
            path,
            query: escaped_pairs(head.uri.query().unwrap_or_default()),
            headers: head.headers,
            body: Some(body),
            settings,
            problems: Problems::default(),
            refusal: None,
            asked: HashSet::new(),
            takes_the_rest: false,
        }
    }

    /// A path parameter.
    pub fn path<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        self.path_as(PathStyle::Simple, name)
    }

    /// A path parameter in another style. One that does not fit means that there is nothing at this path.
    pub fn path_as<T: DeserializeOwned>(&mut self, style: PathStyle, name: &str) -> Option<T> {
        let text = self.path.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
        let value = text.and_then(|text| match style {
            PathStyle::Json => serde_json::from_str(&decode_percent(text)?).ok(),
            _ => path_texts(style, name, text).read().ok(),
        });
        if value.is_none() && self.refusal.is_none() {
            return self.refuse_as(StatusCode::NOT_FOUND, "Not found.");
        }
        value
    }

    /// The parameters of an operation.
    pub fn params<T: FromCall>(&mut self) -> Option<T> {
        let before = self.problems.clone();
        let params = T::from_call(self);
        if !self.takes_the_rest {
            return params;
        }
        // Now it is known which names belong to other parameters.
        self.problems = before;
        T::from_call(self)
    }

    /// A query parameter that must be given.
    pub fn query<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        self.query_as(QueryStyle::FormExploded, name)
    }

    /// A query parameter.
    pub fn query_opt<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        self.query_as_opt(QueryStyle::FormExploded, name)
    }

    /// A query parameter in another style that must be given.
    pub fn query_as<T: DeserializeOwned>(&mut self, style: QueryStyle, name: &str) -> Option<T> {
        let value = self.query_as_opt(style, name)?;
        self.required(name, value)
    }

    /// A query parameter in another style.
    ///
    /// An object in style `form`, exploded, has its properties' names only. It is there when one of the names that its
    /// type knows is. A map takes all names that no other parameter of the operation has.
    pub fn query_as_opt<T: DeserializeOwned>(&mut self, style: QueryStyle, name: &str) -> Option<Option<T>> {
        self.asked.insert(name.to_owned());
        match query_texts(style, name, &self.query, Commas::AsSent) {
            Some(Ok(texts)) if style == QueryStyle::Form => {
                let escaped = || query_texts(style, name, &self.query, Commas::Escaped)?.ok()?.read().ok();
                match texts.read().or_else(|problem| escaped().ok_or(problem)) {
                    Ok(value) => Some(Some(value)),
                    Err(problem) => self.wrong(name, &problem.0),
                }
            }
            Some(Ok(texts)) if style == QueryStyle::Json => {
                let text = texts.read::<String>();
                self.read_json(name, text)
            }
            Some(Ok(texts)) => self.read(name, texts),
            Some(Err(problem)) => self.wrong(name, &problem.0),
            None if style == QueryStyle::FormExploded => self.read_exploded(name),
            None => Some(None),
        }
    }

    fn read_exploded<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        let read = |pairs: Vec<&(String, String)>| {
            let evidence = Evidence::default();
            let texts = Texts::map(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let value = texts.and_then(|texts| T::deserialize(evidence.watch(texts)));
            (value, evidence)
        };
        let (value, evidence) = read(self.query.iter().collect());
        let (value, is_there) = match evidence.kind() {
            Kind::Struct => (value, evidence.has_known()),
            Kind::Map => {
                self.takes_the_rest = true;
                let rest = self.query.iter().filter(|(name, _)| !self.asked.contains(name));
                let rest: Vec<_> = rest.collect();
                let is_there = !rest.is_empty();
                (read(rest).0, is_there)
            }
            // One value: its own name is not there.
            Kind::Other => (value, false),
        };
        match value {
            _ if !is_there => Some(None),
            Ok(value) => Some(Some(value)),
            Err(problem) => self.wrong(name, &problem.0),
        }
    }

    /// A header that must be given.
    pub fn header<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.header_opt(name)?;
        self.required(name, value)
    }

    /// A header.
    pub fn header_opt<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        self.header_as_opt(HeaderStyle::Simple, name)
    }

    /// A header in another style that must be given.
    pub fn header_as<T: DeserializeOwned>(&mut self, style: HeaderStyle, name: &str) -> Option<T> {
        let value = self.header_as_opt(style, name)?;
        self.required(name, value)
    }

    /// A header in another style.
    pub fn header_as_opt<T: DeserializeOwned>(
        &mut self,
        style: HeaderStyle,
        name: &str,
    ) -> Option<Option<T>> {
        // Several lines mean the same as one with commas (RFC 9110, 5.3).
        let lines: Result<Vec<&str>, _> =
            self.headers.get_all(name).iter().map(|value| std::str::from_utf8(value.as_bytes())).collect();
        match lines {
            Ok(lines) if lines.is_empty() => Some(None),
            Ok(lines) if style == HeaderStyle::Json => {
                let text = lines.join(", ");
                self.read_json(name, Ok(text))
            }
            Ok(lines) => {
                let text = lines.join(", ");
                let decode = |piece: &str| Some(piece.trim().to_owned());
                self.read(name, Texts::Delimited { text, delimiter: ',', decode })
            }
            Err(_) => self.wrong(name, "must be UTF-8 text"),
        }
    }

    /// A cookie that must be given.
    pub fn cookie<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.cookie_opt(name)?;
        self.required(name, value)
    }

    /// A cookie.
    pub fn cookie_opt<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        self.cookie_as_opt(CookieStyle::Form, name)
    }

    /// A cookie in another style that must be given.
    pub fn cookie_as<T: DeserializeOwned>(&mut self, style: CookieStyle, name: &str) -> Option<T> {
        let value = self.cookie_as_opt(style, name)?;
        self.required(name, value)
    }

    /// A cookie in another style.
    pub fn cookie_as_opt<T: DeserializeOwned>(
        &mut self,
        style: CookieStyle,
        name: &str,
    ) -> Option<Option<T>> {
        let cookies = self.headers.get_all(COOKIE).iter();
        // Another cookie that is no text is none of our business.
        let text = cookies
            .flat_map(|cookies| cookies.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|cookie| std::str::from_utf8(cookie).ok()?.trim().split_once('='))
            .find(|(known, _)| *known == name)
            .map(|(_, text)| text.to_owned());
        match text {
            Some(text) if style == CookieStyle::Json => {
                let text = decode_percent(&text).ok_or_else(|| Problem("must be UTF-8 text".to_owned()));
                self.read_json(name, text)
            }
            Some(text) => self.read(name, Texts::Delimited { text, delimiter: ',', decode: decode_percent }),
            None => Some(None),
        }
    }

    /// Whether the body is said to be of this media type, whatever its parameters are.
    pub fn is_sent_as(&self, media_type: &str) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| essence(kind) == essence(media_type))
    }

    /// A JSON body that must be given.
    pub async fn json<T: DeserializeOwned>(&mut self) -> Option<T> {
        let bytes = self.body_of(is_json).await?;
        self.decode_json(&bytes)
    }

    /// A JSON body.
    pub async fn json_opt<T: DeserializeOwned>(&mut self) -> Option<Option<T>> {
        let bytes = self.body_of(is_json).await?;
        if bytes.is_empty() { Some(None) } else { self.decode_json(&bytes).map(Some) }
    }

    /// A JSON body, or nothing where it is null or there is none.
    pub async fn json_or_null<T: DeserializeOwned>(&mut self) -> Option<Option<T>> {
        self.json_opt().await.map(Option::flatten)
    }

    /// A JSON body with a flag in it: the body, and whether the flag is set. It is not set where it is missing.
    pub async fn json_with_flag<T: DeserializeOwned>(
        &mut self,
        flag: &str,
        aliases: &[&str],
    ) -> Option<(T, bool)> {
        let bytes = self.body_of(is_json).await?;
        let value = self.parse_json(&bytes)?;
        let name =
            std::iter::once(flag).chain(aliases.iter().copied()).find(|name| value.get(name).is_some());
        let set = name.map_or(Some(false), |name| value[name].as_bool());
        if set.is_none() {
            self.problems.add(flag, "This value must be true or false.");
        }
        Some((self.fit(value)?, set?))
    }

    /// A form that must be given.
    pub async fn form<T: DeserializeOwned>(&mut self) -> Option<T> {
        self.form_of(|_| QueryStyle::FormExploded).await
    }

    /// A form in which every property has this style.
    pub async fn form_as<T: DeserializeOwned>(&mut self, style: QueryStyle) -> Option<T> {
        self.form_of(|_| style).await
    }

    /// Like [`form_as`](Self::form_as), where there is a form.
    pub async fn form_as_opt<T: DeserializeOwned>(&mut self, style: QueryStyle) -> Option<Option<T>> {
        if self.has_no_body() {
            return Some(None);
        }
        self.form_as(style).await.map(Some)
    }

    /// A form in which these properties have a style.
    pub async fn form_with<T: DeserializeOwned>(&mut self, styles: &[(&str, QueryStyle)]) -> Option<T> {
        self.form_of(|name| listed(styles, name)).await
    }

    /// Like [`form_with`](Self::form_with), where there is a form.
    pub async fn form_with_opt<T: DeserializeOwned>(
        &mut self,
        styles: &[(&str, QueryStyle)],
    ) -> Option<Option<T>> {
        if self.has_no_body() {
            return Some(None);
        }
        self.form_with(styles).await.map(Some)
    }

    async fn form_of<T: DeserializeOwned>(&mut self, style: impl Fn(&str) -> QueryStyle) -> Option<T> {
        let bytes = self.body_of(is_form).await?;
        let Ok(text) = std::str::from_utf8(&bytes) else { return self.wrong(GENERAL, "must be UTF-8 text") };
        let pairs = escaped_pairs(text);
        let read = |commas| form_texts(&pairs, &style, commas).and_then(Texts::read);
        match read(Commas::AsSent).or_else(|problem| read(Commas::Escaped).map_err(|_| problem)) {
            Ok(value) => Some(value),
            Err(problem) => self.wrong(GENERAL, &problem.0),
        }
    }

    /// A form.
    pub async fn form_opt<T: DeserializeOwned>(&mut self) -> Option<Option<T>> {
        if self.has_no_body() {
            return Some(None);
        }
        self.form().await.map(Some)
    }

    fn has_no_body(&self) -> bool {
        !self.headers.contains_key(CONTENT_TYPE)
    }

    /// A body of text.
    pub async fn text(&mut self) -> Option<String> {
        let bytes = self.body_of(|_| true).await?;
        match String::from_utf8(bytes.into()) {
            Ok(text) => Some(text),
            Err(_) => self.wrong(GENERAL, "must be UTF-8 text"),
        }
    }

    /// A body of text, if it is not empty.
    pub async fn text_opt(&mut self) -> Option<Option<String>> {
        self.text().await.map(|text| (!text.is_empty()).then_some(text))
    }

    /// A body of bytes, which arrive while the method reads them. One that turns out to be too large, or breaks off, or
    /// stops moving, fails the method's reading with the error that is the answer to it.
    pub async fn bytes(&mut self) -> Option<crate::Body> {
        let length = self.declared_length();
        let body = crate::Body::from_stream(self.arriving()?);
        Some(match length {
            Some(length) => body.with_length(length),
            None => body,
        })
    }

    /// A body of bytes, if it is not empty.
    pub async fn bytes_opt(&mut self) -> Option<Option<crate::Body>> {
        if self.is_bodiless() { Some(None) } else { self.bytes().await.map(Some) }
    }

    /// JSON values, one in each line, which arrive while the method reads them. One that does not fit fails the method's
    /// reading with the error that is the answer to it, as what [`bytes`](Self::bytes) mentions does.
    pub async fn lines<T: DeserializeOwned + 'static>(&mut self) -> Option<Records<T>> {
        self.records(Framing::Lines)
    }

    /// Like [`lines`](Self::lines), if the body is not empty.
    pub async fn lines_opt<T: DeserializeOwned + 'static>(&mut self) -> Option<Option<Records<T>>> {
        if self.is_bodiless() { Some(None) } else { self.lines().await.map(Some) }
    }

    /// Like [`lines`](Self::lines), for a JSON text sequence.
    pub async fn sequence<T: DeserializeOwned + 'static>(&mut self) -> Option<Records<T>> {
        self.records(Framing::Sequence)
    }

    /// Like [`sequence`](Self::sequence), if the body is not empty.
    pub async fn sequence_opt<T: DeserializeOwned + 'static>(&mut self) -> Option<Option<Records<T>>> {
        if self.is_bodiless() { Some(None) } else { self.sequence().await.map(Some) }
    }

    fn records<T: DeserializeOwned + 'static>(&mut self, framing: Framing) -> Option<Records<T>> {
        let arriving = self.arriving()?;
        let Settings { max_body_size, shape, .. } = self.settings;
        Some(Records::from_stream(Arrived::new(arriving, framing, max_body_size, shape.detail)))
    }

    /// Whether there is no body.
    fn is_bodiless(&self) -> bool {
        // Without either header there is none (RFC 9112, 6.3).
        let is_chunked = self.headers.contains_key(TRANSFER_ENCODING);
        self.declared_length().map_or(!is_chunked, |length| length == 0)
    }

    /// What a function finds in the headers and the raw body, which stays to be read. Nothing where the body cannot be read.
    pub(super) async fn peek<T>(&mut self, look: impl FnOnce(&HeaderMap, &[u8]) -> T) -> Option<T> {
        let bytes = self.body_of(|_| true).await?;
        let seen = look(&self.headers, &bytes);
        self.body = Some(bytes.into());
        Some(seen)
    }

    /// Whether the caller would rather have events than an answer at once, by its `Accept` header.
    pub fn wants_events(&self) -> bool {
        self.wants("text/event-stream")
    }

    /// Whether the caller names a media type in its `Accept` header, and would not rather have JSON.
    pub fn wants(&self, media_type: &str) -> bool {
        let accepted = self.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        accept::names(accepted, media_type)
    }

    /// Which of several media types the caller would rather have, by its `Accept` header. The first of them, where it
    /// does not say, wants several equally, or none of them.
    pub fn preferred(&self, offered: &[&'static str]) -> &'static str {
        let accepted = self.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        accept::preferred(accepted, offered)
    }

    /// The answer to a request of which a reader returned nothing.
    pub(super) fn refuse(self) -> Reply {
        match self.refusal {
            Some(refusal) => refusal,
            None => self.problems.refuse(self.settings.shape, self.settings.general()),
        }
    }

    /// The answer to a request that is not let in.
    pub(super) fn reject(&self, status: StatusCode, message: impl Into<String>) -> Reply {
        self.settings.shape.refuse(status, message)
    }

    /// Answers with JSON. `status` is the documented one. This and all others are there: only readers return nothing.
    pub fn reply_json<T: Serialize>(&mut self, status: u16, result: Result<Response<T>>) -> Option<Reply> {
        self.reply(result, |answer, shape| reply::json(answer, status, None, shape))
    }

    /// Answers with JSON under another media type.
    pub fn reply_json_as<T: Serialize>(
        &mut self,
        status: u16,
        media_type: &'static str,
        result: Result<Response<T>>,
    ) -> Option<Reply> {
        self.reply(result, |answer, shape| reply::json(answer, status, Some(media_type), shape))
    }

    /// Answers with text.
    pub fn reply_text(&mut self, status: u16, result: Result<Response<String>>) -> Option<Reply> {
        self.reply(result, |answer, _| reply::text(answer, status, None))
    }

    /// Answers with text under another media type.
    pub fn reply_text_as(
        &mut self,
        status: u16,
        media_type: &'static str,
        result: Result<Response<String>>,
    ) -> Option<Reply> {
        self.reply(result, |answer, _| reply::text(answer, status, Some(media_type)))
    }

    /// Answers as the value says: `write` knows which status belongs to it.
    pub fn reply_by_status<T>(
        &mut self,
        result: Result<Response<T>>,
        write: impl FnOnce(T, ReplyWriter) -> Reply,
    ) -> Option<Reply> {
        self.reply(result, |answer, shape| {
            let (status, headers, body) = answer.into_parts();
            write(body, ReplyWriter { status, headers, shape })
        })
    }

    /// Answers with a redirect.
    pub fn reply_redirect(&mut self, status: u16, result: Result<Response<Redirect>>) -> Option<Reply> {
        self.reply(result, |answer, shape| reply::redirect(answer, status, shape))
    }

    /// Answers 501 in place of another protocol, which a router does not speak: its failures go out as they are.
    #[cfg(feature = "upgrade")]
    pub fn reply_upgrade(&mut self, result: Result<Response<crate::upgrade::Upgraded>>) -> Option<Reply> {
        self.reply(result, |_, shape| {
            shape.refuse(StatusCode::NOT_IMPLEMENTED, "This server does not change the protocol.")
        })
    }

    /// Answers without a body.
    pub fn reply_empty(&mut self, status: u16, result: Result<Response<()>>) -> Option<Reply> {
        self.reply(result, |answer, _| reply::empty(answer, status))
    }

    /// Answers with an event stream.
    pub fn reply_events<E: StreamEvent + Serialize>(
        &mut self,
        status: u16,
        result: Result<Response<EventStream<E>>>,
    ) -> Option<Reply> {
        let keep_alive = self.settings.keep_alive;
        self.reply(result, |answer, _| reply::events(answer, status, keep_alive))
    }

    /// Answers with JSON values, one in each line.
    pub fn reply_lines<E: StreamEvent + Serialize>(
        &mut self,
        status: u16,
        media_type: &'static str,
        result: Result<Response<EventStream<E>>>,
    ) -> Option<Reply> {
        self.reply(result, |answer, _| reply::records(answer, status, Framing::Lines, media_type))
    }

    /// Answers with a JSON text sequence.
    pub fn reply_sequence<E: StreamEvent + Serialize>(
        &mut self,
        status: u16,
        media_type: &'static str,
        result: Result<Response<EventStream<E>>>,
    ) -> Option<Reply> {
        self.reply(result, |answer, _| reply::records(answer, status, Framing::Sequence, media_type))
    }

    /// Answers with a file. `media_type` is what it is called unless it says itself.
    pub fn reply_download(
        &mut self,
        status: u16,
        media_type: &'static str,
        result: Result<Response<Download>>,
    ) -> Option<Reply> {
        self.reply(result, |answer, _| reply::download(answer, status, media_type))
    }

    fn reply<T>(
        &mut self,
        result: Result<Response<T>>,
        ok: impl FnOnce(Response<T>, super::ErrorShape) -> Reply,
    ) -> Option<Reply> {
        Some(match result {
            Ok(answer) => ok(answer, self.settings.shape),
            Err(error) => reply::failure(&error, self.settings.shape, self.settings.others),
        })
    }

    fn read<T: DeserializeOwned>(&mut self, name: &str, texts: Texts) -> Option<Option<T>> {
        match texts.read() {
            Ok(value) => Some(Some(value)),
            Err(problem) => self.wrong(name, &problem.0),
        }
    }

    fn read_json<T: DeserializeOwned>(
        &mut self,
        name: &str,
        text: Result<String, Problem>,
    ) -> Option<Option<T>> {
        match text.map(|text| serde_json::from_str(&text)) {
            Ok(Ok(value)) => Some(Some(value)),
            Ok(Err(_)) => self.wrong(name, "must be JSON that fits"),
            Err(problem) => self.wrong(name, &problem.0),
        }
    }

    pub(super) fn required<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.problems.add(name, "This value is required.");
        }
        value
    }

    pub(super) fn wrong<T>(&mut self, name: &str, problem: &str) -> Option<T> {
        self.problems.add(name, format!("This value {problem}."));
        None
    }

    /// Reads the body, if it is of the right kind, not too large, and there in time.
    async fn body_of(&mut self, fits: impl Fn(&str) -> bool) -> Option<Bytes> {
        let kind =
            self.headers.get(CONTENT_TYPE).map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
        if kind.is_some_and(|kind| !fits(&essence(&kind))) {
            let message = "This media type is not supported here.";
            return self.refuse_as(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
        }
        let declared = self.declared_length();
        let max = self.settings.max_body_size;
        let is_large = declared.is_some_and(|length| length > max as u64);
        if self.headers.contains_key(EXPECT) && is_large {
            // Reading would tell the caller to go on.
            return self.refuse_size();
        }
        let body = self.body.take().unwrap_or_default().into_data_stream();
        let whole = read_whole(body, max);
        let read = match self.settings.body_timeout {
            Some(limit) => tokio::time::timeout(limit, whole).await.unwrap_or(Err(Unread::Late)),
            None => whole.await,
        };
        match read {
            Ok(_) | Err(Unread::Late) if is_large => self.refuse_size(),
            Ok(bytes) => Some(bytes),
            Err(Unread::TooLarge) => self.refuse_size(),
            Err(Unread::Broken) => self.refuse_as(StatusCode::BAD_REQUEST, BROKEN),
            Err(Unread::Late) => self.refuse_late(),
        }
    }

    pub(super) fn refuse_late<T>(&mut self) -> Option<T> {
        self.refuse_as::<()>(StatusCode::REQUEST_TIMEOUT, LATE);
        if let Some(refusal) = &mut self.refusal {
            refusal.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        None
    }

    /// The body on its way, unless it says that it is too large.
    pub(super) fn arriving(&mut self) -> Option<Arriving> {
        if self.declared_length().is_some_and(|length| length > self.settings.max_body_size as u64) {
            return self.refuse_size();
        }
        Some(Arriving::new(self.body.take().unwrap_or_default(), self.settings))
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings
    }

    /// What the caller says about the size of the body.
    fn declared_length(&self) -> Option<u64> {
        self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    fn refuse_size<T>(&mut self) -> Option<T> {
        self.refuse_as(StatusCode::PAYLOAD_TOO_LARGE, too_large(self.settings.max_body_size))
    }

    /// Refuses the request as a whole.
    pub(super) fn refuse_as<T>(&mut self, status: StatusCode, message: impl Into<String>) -> Option<T> {
        self.refuse_with(self.settings.shape.refuse(status, message))
    }

    pub(super) fn refuse_with<T>(&mut self, refusal: Reply) -> Option<T> {
        self.refusal = Some(refusal);
        None
    }

    fn decode_json<T: DeserializeOwned>(&mut self, bytes: &[u8]) -> Option<T> {
        let value = self.parse_json(bytes)?;
        self.fit(value)
    }

    fn parse_json(&mut self, bytes: &[u8]) -> Option<Value> {
        match serde_json::from_slice(without_mark(bytes)) {
            Ok(value) => Some(value),
            Err(error) => {
                let message =
                    format!("The body is not JSON: line {}, column {}.", error.line(), error.column());
                self.refuse_as(StatusCode::BAD_REQUEST, message)
            }
        }
    }

    fn fit<T: DeserializeOwned>(&mut self, value: Value) -> Option<T> {
        self.fit_at(&[], [value])
    }

    /// The first of several values that fits. What is wrong with the first of all is noted, at a place.
    pub(super) fn fit_at<T: DeserializeOwned>(
        &mut self,
        place: &[Step],
        values: impl IntoIterator<Item = Value>,
    ) -> Option<T> {
        let mut wrong = None;
        for value in values {
            match serde_path_to_error::deserialize(Strict(value)) {
                Ok(value) => return Some(value),
                Err(error) => {
                    wrong.get_or_insert_with(|| json_problem(&error));
                }
            }
        }
        if let Some((path, problem)) = wrong {
            self.problems.add_at(&[place, &path].concat(), problem);
        }
        None
    }
}

/// Why there is no body.
enum Unread {
    TooLarge,
    Broken,
    Late,
}

async fn read_whole(body: BodyDataStream, max: usize) -> Result<Bytes, Unread> {
    let (mut body, mut bytes) = (pin!(body), BytesMut::new());
    while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        let chunk = chunk.map_err(|_| Unread::Broken)?;
        if bytes.len() + chunk.len() > max {
            return Err(Unread::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Where a body does not fit, and how, without quoting it.
fn json_problem(error: &serde_path_to_error::Error<serde_json::Error>) -> (Vec<Step>, String) {
    let mut path: Vec<Step> = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            serde_path_to_error::Segment::Seq { index } => Some(Step::Index(*index)),
            serde_path_to_error::Segment::Map { key } => Some(Step::Key(key.clone())),
            _ => None,
        })
        .collect();
    let text = error.inner().to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    if let Some((field, _)) = missing {
        path.push(Step::Key(field.to_owned()));
        return (path, "This value is required.".to_owned());
    }
    let expected =
        text.rsplit_once(", expected ").map(|(_, rest)| rest.split(" at line").next().unwrap_or(rest));
    let problem = match expected {
        Some(expected) => format!("This value must be {}.", in_terms_of_json(expected)),
        None => "This value is not valid.".to_owned(),
    };
    (path, problem)
}

/// What Rust expects, for callers who do not know it.
fn in_terms_of_json(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "i128" => "an integer in range",
        "u8" | "u16" | "u32" | "u64" | "u128" => "a non-negative integer in range",
        "f32" | "f64" => "a number",
        "a map" => "an object",
        "a sequence" => "a list",
        "unit" => "null",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("a tuple ") => "a list",
        _ => expected,
    }
}

/// A value as JSON has it, where it fits.
pub(super) fn fits<T: DeserializeOwned>(value: Value) -> Option<T> {
    T::deserialize(Strict(value)).ok()
}

fn is_form(essence: &str) -> bool {
    essence == "application/x-www-form-urlencoded"
}

/// What a path segment can mean.
fn path_texts(style: PathStyle, name: &str, text: &str) -> Texts {
    let is_name = |text: &str| decode_percent(text).as_deref() == Some(name);
    // `;name=` before a value.
    let named = |text: &str| {
        let (found, value) = text.strip_prefix(';')?.split_once('=')?;
        is_name(found).then(|| value.to_owned())
    };
    let (text, delimiter) = match style {
        PathStyle::Simple | PathStyle::SimpleExploded | PathStyle::Segments | PathStyle::Json => {
            (text.to_owned(), ',')
        }
        PathStyle::Label => (text.strip_prefix('.').unwrap_or(text).to_owned(), ','),
        PathStyle::LabelExploded => (text.strip_prefix('.').unwrap_or(text).to_owned(), '.'),
        PathStyle::Matrix => (named(text).unwrap_or_else(|| text.to_owned()), ','),
        PathStyle::MatrixExploded => {
            let text = text.strip_prefix(';').unwrap_or(text);
            let values = text.split(';').map(|item| {
                let (found, value) = item.split_once('=')?;
                is_name(found).then(|| decode_percent(value))?
            });
            if let Some(values) = values.collect() {
                return Texts::List(values);
            }
            (text.to_owned(), ';')
        }
    };
    Texts::Delimited { text, delimiter, decode: decode_percent }
}

/// A property of a form, its style, and the names and values that it has.
type StyledPairs<'p> = (&'p str, QueryStyle, Vec<(String, String)>);

/// The properties of a form, each by its style.
fn form_texts(
    pairs: &[(String, String)],
    style: impl Fn(&str) -> QueryStyle,
    commas: Commas,
) -> Result<Texts, Problem> {
    let mut properties: Vec<StyledPairs<'_>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (name, value) in pairs {
        let outer = name.find('[').map_or(name.as_str(), |at| &name[..at]);
        let (property, style) = match style(outer) {
            QueryStyle::DeepObject => (outer, QueryStyle::DeepObject),
            _ => (name.as_str(), style(name)),
        };
        let place = *places.entry(property).or_insert_with(|| {
            properties.push((property, style, Vec::new()));
            properties.len() - 1
        });
        properties[place].2.push((name.clone(), value.clone()));
    }
    let mut entries = Vec::new();
    for (property, style, pairs) in properties {
        let texts = match style {
            QueryStyle::DeepObject => {
                tree(pairs.iter().map(|(name, value)| (&name[property.len()..], &**value)))?
            }
            QueryStyle::Json => json_texts(&pairs)?,
            style => match query_texts(style, property, &pairs, commas) {
                Some(texts) => texts?,
                None => continue,
            },
        };
        entries.push((property.to_owned(), texts));
    }
    Ok(Texts::Tree(entries))
}

/// A property that is JSON.
fn json_texts(pairs: &[(String, String)]) -> Result<Texts, Problem> {
    let [(_, value)] = pairs else { return Err(Problem("must be given once".to_owned())) };
    let value = decode_form(value).and_then(|text| serde_json::from_str::<Value>(&text).ok());
    value.map(|value| Texts::from(&value)).ok_or_else(|| Problem("must be JSON".to_owned()))
}

/// Which commas stand between items.
#[derive(Clone, Copy)]
enum Commas {
    /// Those that are not escaped: the others belong to items.
    AsSent,
    /// All. Most that write a form escape every comma, so where the items make no sense it was between them.
    Escaped,
}

/// What the query has for a parameter.
fn query_texts(
    style: QueryStyle,
    name: &str,
    query: &[(String, String)],
    commas: Commas,
) -> Option<Result<Texts, Problem>> {
    let values: Vec<&str> =
        query.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
    // Delimiters count as they were sent: one that is escaped belongs to an item. But spaces cannot be sent as they are,
    // and `|` must not be.
    let delimited = |delimiter: char, escaped: &[&str]| {
        let delimiter_text = String::from(delimiter);
        let joined = values.join(&delimiter_text);
        let text = escaped.iter().fold(joined, |text, escaped| text.replace(escaped, &delimiter_text));
        (!values.is_empty()).then_some(Ok(Texts::Delimited { text, delimiter, decode: decode_form }))
    };
    match style {
        QueryStyle::FormExploded | QueryStyle::Json => (!values.is_empty()).then(|| Texts::list(&values)),
        QueryStyle::Form => match commas {
            Commas::AsSent => delimited(',', &[]),
            Commas::Escaped => delimited(',', &["%2C", "%2c"]),
        },
        QueryStyle::SpaceDelimited => delimited(' ', &["+", "%20"]),
        QueryStyle::PipeDelimited => delimited('|', &["%7C", "%7c"]),
        QueryStyle::DeepObject => {
            let pairs = query.iter().filter_map(|(key, value)| {
                let path = key.strip_prefix(name)?;
                let is_path = path.is_empty() || path.starts_with('[') && path.ends_with(']');
                is_path.then_some((path, value.as_str()))
            });
            let pairs: Vec<_> = pairs.collect();
            (!pairs.is_empty()).then(|| tree(pairs))
        }
    }
}
