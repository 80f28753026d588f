//! One request: its values for the operation's method, and the way its result goes out.

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HeaderMap};
use http::{StatusCode, request};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problems::{ErrorShape, Problems, Step};
use super::reply::{self, Reply};
use super::routes::Values;
use super::strict::Strict;
use super::text::{Texts, grouped};
use crate::style::{PathStyle, QueryStyle};
use crate::{Download, EventStream, Response, Result, StreamEvent};

/// A request for one operation.
///
/// The readers return nothing where a value is missing or wrong, and note it; [`refuse`](Self::refuse) then answers for
/// everything that was noted. Readers that end in `_opt` take absence for `Some(None)`.
#[derive(Debug)]
pub struct Call {
    path: Values,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Body>,
    max_body_size: usize,
    shape: ErrorShape,
    problems: Problems,
    /// What to answer instead of the problems: the request as a whole is wrong.
    refusal: Option<Reply>,
}

/// Values that are read from a request together: the parameters of an operation.
pub trait FromCall: Sized {
    /// The values, or nothing where one of them is missing or wrong; what is wrong has been noted.
    fn from_call(call: &mut Call) -> Option<Self>;
}

impl Call {
    pub(super) fn new(
        path: Values,
        head: request::Parts,
        body: Body,
        max_body_size: usize,
        shape: ErrorShape,
    ) -> Self {
        let query = head.uri.query().unwrap_or_default();
        Self {
            path,
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: head.headers,
            body: Some(body),
            max_body_size,
            shape,
            problems: Problems::default(),
            refusal: None,
        }
    }

    /// A path parameter.
    pub fn path<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        self.path_as(PathStyle::Simple, name)
    }

    /// A path parameter in another style. One that does not fit means that there is nothing at this path.
    pub fn path_as<T: DeserializeOwned>(&mut self, style: PathStyle, name: &str) -> Option<T> {
        let text = self.path.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
        let value = text.and_then(|text| path_texts(style, name, text).read().ok());
        if value.is_none() && self.refusal.is_none() {
            self.refusal = Some(self.shape.refuse(StatusCode::NOT_FOUND, "Not found."));
        }
        value
    }

    /// The parameters of an operation.
    pub fn params<T: FromCall>(&mut self) -> Option<T> {
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
    pub fn query_as_opt<T: DeserializeOwned>(&mut self, style: QueryStyle, name: &str) -> Option<Option<T>> {
        match query_texts(style, name, &self.query) {
            Some(QueryTexts::Texts(texts)) => self.read(name, texts),
            Some(QueryTexts::Json(text)) => match serde_json::from_str(&text) {
                Ok(value) => Some(Some(value)),
                Err(_) => self.wrong(name, "must be JSON that fits"),
            },
            // An exploded object has its properties' names only.
            None if style == QueryStyle::FormExploded => {
                let pairs = self.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let texts = Texts::Map(grouped(pairs));
                Some(if self.query.is_empty() { None } else { texts.read().ok() })
            }
            None => Some(None),
        }
    }

    /// A header that must be given.
    pub fn header<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.header_opt(name)?;
        self.required(name, value)
    }

    /// A header.
    pub fn header_opt<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        let Some(value) = self.headers.get(name) else { return Some(None) };
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        self.read(name, Texts::Delimited { text, delimiter: ',', decode: |piece| piece.trim().to_owned() })
    }

    /// A cookie that must be given.
    pub fn cookie<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.cookie_opt(name)?;
        self.required(name, value)
    }

    /// A cookie.
    pub fn cookie_opt<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        let cookies = self.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let text = cookies
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(known, _)| *known == name)
            .map(|(_, text)| decode(text));
        match text {
            Some(text) => self.read(name, Texts::one(text)),
            None => Some(None),
        }
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
        let bytes = self.body_of(is_form).await?;
        let pairs: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
        let texts = Texts::Map(grouped(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
        match texts.read() {
            Ok(value) => Some(value),
            Err(problem) => self.wrong("non_field_errors", &problem.0),
        }
    }

    /// A form.
    pub async fn form_opt<T: DeserializeOwned>(&mut self) -> Option<Option<T>> {
        if !self.headers.contains_key(CONTENT_TYPE) {
            return Some(None);
        }
        self.form().await.map(Some)
    }

    /// A body of text.
    pub async fn text(&mut self) -> Option<String> {
        let bytes = self.body_of(|_| true).await?;
        match String::from_utf8(bytes.into()) {
            Ok(text) => Some(text),
            Err(_) => self.wrong("non_field_errors", "must be UTF-8 text"),
        }
    }

    /// A body of text, if it is not empty.
    pub async fn text_opt(&mut self) -> Option<Option<String>> {
        self.text().await.map(|text| (!text.is_empty()).then_some(text))
    }

    /// A body of bytes.
    pub async fn bytes(&mut self) -> Option<crate::Body> {
        self.body_of(|_| true).await.map(Into::into)
    }

    /// A body of bytes, if it is not empty.
    pub async fn bytes_opt(&mut self) -> Option<Option<crate::Body>> {
        let body = self.bytes().await?;
        Some((!body.as_bytes().is_empty()).then_some(body))
    }

    /// Whether the caller would rather have events than an answer at once, by its `Accept` header.
    pub fn wants_events(&self) -> bool {
        let accepted = self.headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok());
        accepted.is_some_and(|accepted| accepted.contains("text/event-stream"))
    }

    /// The answer to a request of which a reader returned nothing.
    pub fn refuse(self) -> Reply {
        match self.refusal {
            Some(refusal) => refusal,
            None => self.problems.refuse(self.shape),
        }
    }

    /// Answers with JSON. `status` is the documented one.
    pub fn reply_json<T: Serialize>(self, status: u16, result: Result<Response<T>>) -> Reply {
        self.reply(result, |answer, shape| reply::json(answer, status, shape))
    }

    /// Answers with text.
    pub fn reply_text(self, status: u16, result: Result<Response<String>>) -> Reply {
        self.reply(result, |answer, _| reply::text(answer, status))
    }

    /// Answers without a body.
    pub fn reply_empty(self, status: u16, result: Result<Response<()>>) -> Reply {
        self.reply(result, |answer, _| reply::empty(answer, status))
    }

    /// Answers with an event stream.
    pub fn reply_events<E: StreamEvent + Serialize>(
        self,
        status: u16,
        result: Result<Response<EventStream<E>>>,
    ) -> Reply {
        self.reply(result, |answer, _| reply::events(answer, status))
    }

    /// Answers with a file. `media_type` is what it is called unless it says itself.
    pub fn reply_download(
        self,
        status: u16,
        media_type: &'static str,
        result: Result<Response<Download>>,
    ) -> Reply {
        self.reply(result, |answer, _| reply::download(answer, status, media_type))
    }

    fn reply<T>(
        self,
        result: Result<Response<T>>,
        ok: impl FnOnce(Response<T>, ErrorShape) -> Reply,
    ) -> Reply {
        match result {
            Ok(answer) => ok(answer, self.shape),
            Err(error) => reply::failure(&error, self.shape),
        }
    }

    fn read<T: DeserializeOwned>(&mut self, name: &str, texts: Texts) -> Option<Option<T>> {
        match texts.read() {
            Ok(value) => Some(Some(value)),
            Err(problem) => self.wrong(name, &problem.0),
        }
    }

    fn required<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.problems.add(name, "This value is required.");
        }
        value
    }

    fn wrong<T>(&mut self, name: &str, problem: &str) -> Option<T> {
        self.problems.add(name, format!("This value {problem}."));
        None
    }

    /// Reads the body, if it is of the right kind and not too large.
    async fn body_of(&mut self, fits: impl Fn(&str) -> bool) -> Option<Bytes> {
        let kind =
            self.headers.get(CONTENT_TYPE).map(|kind| String::from_utf8_lossy(kind.as_bytes()).into_owned());
        if let Some(kind) = kind {
            let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            if !fits(&essence) {
                let message = "This media type is not supported here.";
                self.refusal = Some(self.shape.refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
                return None;
            }
        }
        let declared = self.headers.get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let too_large = declared
            .and_then(|length| length.parse().ok())
            .is_some_and(|length: usize| length > self.max_body_size);
        let body = self.body.take().unwrap_or_default();
        match axum::body::to_bytes(body, self.max_body_size).await {
            Ok(bytes) if !too_large => Some(bytes),
            _ => {
                let message = format!("The body is larger than {} bytes, or broke off.", self.max_body_size);
                self.refusal = Some(self.shape.refuse(StatusCode::PAYLOAD_TOO_LARGE, message));
                None
            }
        }
    }

    fn decode_json<T: DeserializeOwned>(&mut self, bytes: &[u8]) -> Option<T> {
        let value = self.parse_json(bytes)?;
        self.fit(value)
    }

    fn parse_json(&mut self, bytes: &[u8]) -> Option<Value> {
        match serde_json::from_slice(bytes) {
            Ok(value) => Some(value),
            Err(error) => {
                let message =
                    format!("The body is not JSON: line {}, column {}.", error.line(), error.column());
                self.refusal = Some(self.shape.refuse(StatusCode::BAD_REQUEST, message));
                None
            }
        }
    }

    fn fit<T: DeserializeOwned>(&mut self, value: Value) -> Option<T> {
        match serde_path_to_error::deserialize(Strict(value)) {
            Ok(value) => Some(value),
            Err(error) => {
                let (path, problem) = json_problem(&error);
                self.problems.add_at(&path, problem);
                None
            }
        }
    }
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
        Some(expected) => format!("This value must be {expected}."),
        None => "This value is not valid.".to_owned(),
    };
    (path, problem)
}

fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence.ends_with("+json")
}

fn is_form(essence: &str) -> bool {
    essence == "application/x-www-form-urlencoded"
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// What a path segment can mean.
fn path_texts(style: PathStyle, name: &str, text: &str) -> Texts {
    let matrix = format!(";{name}=");
    let (text, delimiter) = match style {
        PathStyle::Simple | PathStyle::SimpleExploded => (text, ','),
        PathStyle::Label => (text.strip_prefix('.').unwrap_or(text), ','),
        PathStyle::LabelExploded => (text.strip_prefix('.').unwrap_or(text), '.'),
        PathStyle::Matrix => (text.strip_prefix(&matrix).unwrap_or(text), ','),
        PathStyle::MatrixExploded if text.starts_with(&matrix) => {
            return Texts::List(text.split(&matrix).skip(1).map(decode).collect());
        }
        PathStyle::MatrixExploded => (text.strip_prefix(';').unwrap_or(text), ';'),
    };
    Texts::Delimited { text: text.to_owned(), delimiter, decode }
}

/// What the query has for a parameter.
enum QueryTexts {
    Texts(Texts),
    Json(String),
}

fn query_texts(style: QueryStyle, name: &str, query: &[(String, String)]) -> Option<QueryTexts> {
    let values = || query.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let delimited = |delimiter| {
        let joined = values().collect::<Vec<_>>().join(&String::from(delimiter));
        let given = values().next().is_some();
        given.then_some(QueryTexts::Texts(Texts::Delimited {
            text: joined,
            delimiter,
            decode: str::to_owned,
        }))
    };
    match style {
        QueryStyle::FormExploded => {
            let items: Vec<String> = values().map(str::to_owned).collect();
            (!items.is_empty()).then_some(QueryTexts::Texts(Texts::List(items)))
        }
        QueryStyle::Form => delimited(','),
        QueryStyle::SpaceDelimited => delimited(' '),
        QueryStyle::PipeDelimited => delimited('|'),
        QueryStyle::Json => values().next().map(|text| QueryTexts::Json(text.to_owned())),
        QueryStyle::DeepObject => {
            let pairs = query.iter().filter_map(|(key, value)| {
                let key = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
                Some((key, value.as_str()))
            });
            let groups = grouped(pairs);
            (!groups.is_empty()).then_some(QueryTexts::Texts(Texts::Map(groups)))
        }
    }
}
