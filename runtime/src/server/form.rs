//! Bodies of several parts.
//!
//! Comes in: the bytes of a multipart body. Goes out: its parts, small ones in memory and large ones in temporary files, and
//! from them values; or a refusal. Must not: hold more than [`ALL_IN_MEMORY`] bytes of parts in memory, or reach the method
//! before everything has arrived and fits.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use multer::{Field, Multipart};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::task::spawn_blocking;

use super::arriving::{Arriving, BROKEN};
use super::call::Call;
use super::problems::Step;
use super::reply;
use super::routes::Settings;
use crate::download::{file_name_of, parameter};
use crate::json::is_json;
use crate::multipart::Part;
use crate::text::Texts;
use crate::{Body, Error, FilePart, Header, MultipartForm};

/// Up to this many bytes of a part stay in memory. What is no file may not have more.
const IN_MEMORY: usize = 1 << 20;

/// Up to this many bytes of all parts together.
const ALL_IN_MEMORY: usize = 8 << 20;

/// How many parts a body may have.
const MOST_PARTS: usize = 1000;

/// How many bytes may come without being part of anything: headers, and what stands before the first part.
const LONGEST_HEAD: usize = 64 << 10;

/// Values that are read from the parts of a body.
pub trait FromForm: Sized {
    /// The values, or nothing where one of them is missing or wrong; what is wrong has been noted.
    fn from_form(form: &mut FormReader<'_>) -> Option<Self>;
}

/// The parts themselves.
impl FromForm for MultipartForm {
    fn from_form(form: &mut FormReader<'_>) -> Option<Self> {
        Some(std::mem::take(&mut form.parts))
    }
}

/// The parts of a body, all of which have arrived.
///
/// The readers return nothing where a part is missing or wrong, and note it, as those of [`Call`] do.
#[derive(Debug)]
pub struct FormReader<'c> {
    call: &'c mut Call,
    parts: MultipartForm,
}

impl FormReader<'_> {
    /// A value that must be there: text, or JSON where the part says so or where only that fits. A list has a part for
    /// each item.
    pub fn value<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let parts = self.parts.take_all(name);
        self.read(name, parts)
    }

    /// A value.
    pub fn value_opt<T: DeserializeOwned>(&mut self, name: &str) -> Option<Option<T>> {
        let parts = self.parts.take_all(name);
        if parts.is_empty() { Some(None) } else { self.read(name, parts).map(Some) }
    }

    /// A header that a part must have. It is to be read before the part.
    pub fn part_header<T: DeserializeOwned>(&mut self, name: &str, header: &'static str) -> Option<T> {
        let value = self.part_header_opt(name, header)?;
        self.call.required(header, value)
    }

    /// A header of a part. It is to be read before the part.
    pub fn part_header_opt<T: DeserializeOwned>(
        &mut self,
        name: &str,
        header: &'static str,
    ) -> Option<Option<T>> {
        match self.parts.headers_of(name).map(|headers| Header::new(header).read(headers)) {
            None => Some(None),
            Some(Ok(value)) => Some(value),
            Some(Err(_)) => self.call.wrong(header, "does not fit"),
        }
    }

    /// A file that must be there.
    pub fn file(&mut self, name: &str) -> Option<FilePart> {
        let file = self.file_opt(name)?;
        self.call.required(name, file)
    }

    /// A file.
    pub fn file_opt(&mut self, name: &str) -> Option<Option<FilePart>> {
        let mut files = self.parts.take_all(name);
        let file = files.pop();
        if files.is_empty() { Some(file) } else { self.call.wrong(name, "must be given once") }
    }

    /// All files of a name.
    pub fn files(&mut self, name: &str) -> Option<Vec<FilePart>> {
        Some(self.parts.take_all(name))
    }

    /// All files of a name, if there is one.
    pub fn files_opt(&mut self, name: &str) -> Option<Option<Vec<FilePart>>> {
        let files = self.parts.take_all(name);
        Some((!files.is_empty()).then_some(files))
    }

    fn read<T: DeserializeOwned>(&mut self, name: &str, parts: Vec<FilePart>) -> Option<T> {
        let mut texts = Vec::with_capacity(parts.len());
        let mut has_json = false;
        for part in parts {
            has_json |= part.media_type().is_some_and(|kind| is_json(&essence(kind)));
            let Some(bytes) = part.body().as_bytes() else {
                let message = format!("`{name}` is larger than {IN_MEMORY} bytes.");
                return self.call.refuse_as(StatusCode::PAYLOAD_TOO_LARGE, message);
            };
            match std::str::from_utf8(bytes) {
                Ok(text) => texts.push(text.to_owned()),
                Err(_) => return self.call.wrong(name, "must be UTF-8 text"),
            }
        }
        let problem = match has_json {
            true => None,
            false => match Texts::List(texts.clone()).read() {
                Ok(value) => return Some(value),
                Err(problem) => Some(problem.0),
            },
        };
        let at = [Step::Key(name.to_owned())];
        match (json(&texts), problem) {
            (Some(values), None) => self.call.fit_at(&at, values),
            // Clients forget to say that it is JSON.
            (Some(values), Some(problem)) => {
                match values.into_iter().find_map(|value| super::call::fits(value)) {
                    Some(value) => Some(value),
                    None => self.call.wrong(name, &problem),
                }
            }
            (None, problem) => self.call.wrong(name, problem.as_deref().unwrap_or("must be JSON")),
        }
    }
}

/// What texts may mean as JSON, likeliest first: the value itself, and a list of it.
fn json(texts: &[String]) -> Option<Vec<Value>> {
    let values: Option<Vec<Value>> = texts
        .iter()
        .map(|text| {
            let value = serde_json::from_str(text);
            // In a list, some items are text.
            if texts.len() > 1 { Some(value.unwrap_or_else(|_| text.clone().into())) } else { value.ok() }
        })
        .collect();
    let values = values?;
    Some(match &values[..] {
        [only] => vec![only.clone(), Value::Array(vec![only.clone()])],
        _ => vec![Value::Array(values)],
    })
}

impl Call {
    /// A multipart body that must be given.
    pub async fn multipart<T: FromForm>(&mut self) -> Option<T> {
        let parts = self.parts().await?;
        T::from_form(&mut FormReader { call: self, parts })
    }

    /// A multipart body.
    pub async fn multipart_opt<T: FromForm>(&mut self) -> Option<Option<T>> {
        if !self.headers().contains_key(CONTENT_TYPE) {
            return Some(None);
        }
        self.multipart().await.map(Some)
    }

    async fn parts(&mut self) -> Option<MultipartForm> {
        let kind = self.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !essence(kind).starts_with("multipart/") {
            let message = "This media type is not supported here.";
            return self.refuse_as(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
        }
        let Some(boundary) = boundary(kind) else {
            return self.refuse_as(StatusCode::BAD_REQUEST, "The media type has no boundary.");
        };
        let arriving = self.arriving()?;
        let limit = self.settings().body_timeout;
        let read = read(arriving, &boundary);
        let read = match limit {
            Some(limit) => tokio::time::timeout(limit, read).await.unwrap_or(Err(Refusal::Late)),
            None => read.await,
        };
        match read {
            Ok(parts) => Some(parts),
            Err(Refusal::Late) => self.refuse_late(),
            Err(Refusal::Answer(error)) => {
                let Settings { shape, others, .. } = self.settings();
                self.refuse_with(reply::failure(&error, shape, others))
            }
            Err(Refusal::Message(status, message)) => self.refuse_as(status, message),
        }
    }
}

/// Why there are no parts.
enum Refusal {
    Late,
    /// The error is the answer.
    Answer(Box<Error>),
    Message(StatusCode, String),
}

impl Refusal {
    fn bad(message: impl Into<String>) -> Self {
        Self::Message(StatusCode::BAD_REQUEST, message.into())
    }

    /// `part`: the one that is being read.
    fn of(error: multer::Error, part: Option<&str>) -> Self {
        match error {
            multer::Error::StreamReadFailed(error) => match error.downcast() {
                Ok(error) => Self::Answer(error),
                // See `OneByOne`.
                Err(_) => Self::bad("The head of a part is too long."),
            },
            multer::Error::IncompleteStream
            | multer::Error::IncompleteHeaders
            | multer::Error::IncompleteFieldData { .. } => Self::bad(BROKEN),
            _ => match part {
                Some(part) => {
                    Self::bad(format!("The body is not a multipart body: wrong in the part `{part}`."))
                }
                None => Self::bad("The body is not a multipart body: the head of a part is wrong."),
            },
        }
    }

    fn no_room(_: std::io::Error) -> Self {
        Self::Message(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.".to_owned())
    }
}

async fn read(arriving: Arriving, boundary: &str) -> Result<MultipartForm, Refusal> {
    let unread = Arc::new(AtomicUsize::new(0));
    let chunks = OneByOne { arriving, unread: unread.clone(), has_paused: true };
    let mut multipart = Multipart::new(chunks, boundary);
    let (mut form, mut count, mut memory) = (MultipartForm::new(), 0, ALL_IN_MEMORY);
    while let Some(field) = multipart.next_field().await.map_err(|error| Refusal::of(error, None))? {
        unread.store(0, Ordering::Relaxed);
        count += 1;
        if count > MOST_PARTS {
            let message = format!("The body has more than {MOST_PARTS} parts.");
            return Err(Refusal::Message(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        let headers = field.headers().clone();
        let Some(name) = name_of(&headers) else {
            return Err(Refusal::bad(format!("Part {count} of the body has no name.")));
        };
        let body = read_part(field, &name, &unread, &mut memory).await?;
        form = form.received(received(name, headers, body));
    }
    Ok(form)
}

/// Reads a part into memory or, if it is large, into a file without a name.
async fn read_part(
    mut field: Field<'_>,
    name: &str,
    unread: &AtomicUsize,
    memory: &mut usize,
) -> Result<Body, Refusal> {
    let (mut bytes, mut file, mut length) = (BytesMut::new(), None::<File>, 0);
    while let Some(chunk) = field.chunk().await.map_err(|error| Refusal::of(error, Some(name)))? {
        unread.store(0, Ordering::Relaxed);
        length += chunk.len() as u64;
        if let Some(file) = &mut file {
            file.write_all(&chunk).await.map_err(Refusal::no_room)?;
            continue;
        }
        bytes.extend_from_slice(&chunk);
        if bytes.len() > IN_MEMORY.min(*memory) {
            let mut opened = temporary().await.map_err(Refusal::no_room)?;
            opened.write_all(&std::mem::take(&mut bytes)).await.map_err(Refusal::no_room)?;
            file = Some(opened);
        }
    }
    *memory -= bytes.len();
    match file {
        None => Ok(bytes.freeze().into()),
        Some(mut file) => {
            file.rewind().await.map_err(Refusal::no_room)?;
            Ok(Body::from_reader(file).with_length(length))
        }
    }
}

/// A file that is gone when it is closed.
async fn temporary() -> std::io::Result<File> {
    let file = spawn_blocking(tempfile::tempfile).await.map_err(std::io::Error::other)?;
    file.map(File::from_std)
}

fn received(name: String, mut headers: HeaderMap, body: Body) -> Part {
    let disposition = headers.remove(CONTENT_DISPOSITION);
    let file_name = disposition.as_ref().and_then(|value| file_name_of(value.as_bytes(), unescaped));
    let media_type = headers.remove(CONTENT_TYPE).and_then(|kind| kind.to_str().ok().map(str::to_owned));
    let is_file = file_name.is_some();
    Part { name: name.into(), content: FilePart::received(body, file_name, media_type, headers), is_file }
}

/// The part's own name.
fn name_of(headers: &HeaderMap) -> Option<String> {
    parameter(headers.get(CONTENT_DISPOSITION)?.as_bytes(), "name").map(|name| unescaped(&name))
}

/// A name as it was before a browser, or our client, put it between quotes.
fn unescaped(name: &str) -> String {
    name.replace("%0D", "\r").replace("%0A", "\n").replace("%22", "\"")
}

/// A media type in lower case, without parameters.
pub(super) fn essence(kind: &str) -> String {
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What stands between the parts.
fn boundary(kind: &str) -> Option<String> {
    let parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.trim().split_once('='));
    let (_, value) = parameters.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty() && value.len() <= 70).then(|| value.to_owned())
}

/// Hands out one chunk at a time: the parser takes everything that is ready before it looks at any of it.
struct OneByOne {
    arriving: Arriving,
    /// Bytes that the parser has taken since it gave something back.
    unread: Arc<AtomicUsize>,
    has_paused: bool,
}

impl Stream for OneByOne {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if !std::mem::replace(&mut this.has_paused, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = this.unread.load(Ordering::Relaxed);
        if before > LONGEST_HEAD {
            return Poll::Ready(Some(Err("the head of a part is too long".into())));
        }
        let chunk = ready!(Pin::new(&mut this.arriving).poll_next(context));
        this.has_paused = false;
        Poll::Ready(chunk.map(|chunk| {
            let chunk = chunk?;
            this.unread.fetch_add(chunk.len(), Ordering::Relaxed);
            Ok(chunk)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forms write three characters of a name as if they were percent-encoded, and no other.
    #[test]
    fn names_of_parts_and_files_are_what_they_were() {
        assert_eq!(unescaped("a%22b%0D%0Ac%20d%2F"), "a\"b\r\nc%20d%2F");
        for (disposition, name) in [
            ("form-data; name=f; filename=\"a%22b.txt\"", "a_b.txt"),
            ("form-data; name=f; filename=\"a%0D%0Ab.txt\"", "ab.txt"),
            ("form-data; name=f; filename=\"100%25 %2F.txt\"", "100%25 %2F.txt"),
            ("form-data; name=f; filename=\"..%22\"", "_"),
            (r#"form-data; name=f; filename="C:\a\b.txt""#, "b.txt"),
            (r#"form-data; name=f; filename="\\host\b.txt""#, "b.txt"),
            (r#"form-data; name=f; filename="a\"b\\c.txt""#, "c.txt"),
            ("form-data; name=f; filename*=UTF-8''a%2522b", "a%22b"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_DISPOSITION, disposition.parse().unwrap());
            let part = received("f".to_owned(), headers, Body::from("x"));
            assert_eq!(part.content.file_name(), Some(name), "{disposition}");
        }
        for (disposition, name) in [
            (r#"form-data; name="a\b""#, Some(r"a\b")),
            (r#"form-data; name="a\\b\"c%22""#, Some(r#"a\b"c""#)),
            (r#"form-data; filename="x; name=y"; name=z"#, Some("z")),
            (r#"form-data; filename="x; name=y""#, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_DISPOSITION, disposition.parse().unwrap());
            assert_eq!(name_of(&headers).as_deref(), name, "{disposition}");
        }
    }
}
