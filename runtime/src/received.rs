//! An answer whose status decides how it is read.
//!
//! Comes in: the head of an answer, and its body to come. Goes out: what the body holds. Must not: take an answer for a
//! success that is not one.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::header::{
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName,
    TRANSFER_ENCODING,
};
use serde::de::DeserializeOwned;

use crate::download::Download;
use crate::error::{DecodeError, Error, Result};
use crate::json;
use crate::observe::Observed;
use crate::resume;
use crate::transport::{Answer, Deadline, Head};

/// A successful answer whose body is still to come. Each reader takes what makes a value of the body, such as a variant of
/// an enum.
pub struct Received {
    pub(crate) answer: Answer,
    /// For a file that breaks off.
    pub(crate) resume: Option<Box<resume::Request>>,
    pub(crate) limits: BodyLimits,
    pub(crate) wants_html: bool,
    pub(crate) observed: Option<Arc<Observed>>,
}

/// How much of a body is taken, in bytes, and until when.
#[derive(Clone, Copy)]
pub(crate) struct BodyLimits {
    pub(crate) max_size: u64,
    pub(crate) max_download_size: Option<u64>,
    pub(crate) deadline: Deadline,
}

impl Received {
    /// The status, always 2xx.
    pub fn status(&self) -> u16 {
        self.answer.head.status.as_u16()
    }

    /// Decodes JSON.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn json<T: DeserializeOwned, A>(self, make: impl FnOnce(T) -> A) -> Result<A> {
        self.read(|head, bytes, wants_html| self::json(head, &bytes, wants_html).map(make)).await
    }

    /// Takes it for text in UTF-8.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn text<A>(self, make: impl FnOnce(String) -> A) -> Result<A> {
        self.read(|head, bytes, _| self::text(head, bytes).map(make)).await
    }

    /// Ignores what it contains.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn empty<A>(self, value: A) -> Result<A> {
        self.read(|head, bytes, wants_html| refuse_html(head, &bytes, wants_html).map(|()| value)).await
    }

    /// The bytes as they came.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn raw<A>(self, make: impl FnOnce(Bytes) -> A) -> Result<A> {
        self.read(|_, bytes, _| Ok(make(bytes))).await
    }

    /// A file that begins.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn download<A>(self, make: impl FnOnce(Download) -> A) -> Result<A> {
        let Self { answer: Answer { head, body, .. }, resume, limits, wants_html, observed } = self;
        check_file(&head, wants_html)?;
        let chunks = resume::chunks(resume, body);
        let download = Download::from_answer(&head.headers, chunks).of_call(head.call, observed);
        Ok(make(match limits.max_download_size {
            Some(limit) => download.with_limit(limit),
            None => download,
        }))
    }

    async fn read<A>(self, make: impl FnOnce(&Head, Bytes, bool) -> Result<A>) -> Result<A> {
        let Answer { head, mut body, .. } = self.answer;
        let bytes = body.read_all(self.limits.max_size, self.limits.deadline).await?;
        let value = make(&head, bytes, self.wants_html)?;
        if let Some(observed) = &self.observed {
            observed.over(None);
        }
        Ok(value)
    }
}

/// Prints neither headers nor the body.
impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Received").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// A JSON body. One that says that it is empty counts as `null`.
pub(crate) fn json<T: DeserializeOwned>(head: &Head, bytes: &[u8], wants_html: bool) -> Result<T> {
    check_encoding(head, bytes)?;
    refuse_html(head, bytes, wants_html)?;
    let document = if bytes.is_empty() && head.is_complete() { b"null" } else { bytes };
    json::decode(document).map_err(|error| undecodable(*error, head))
}

/// A body of text.
pub(crate) fn text(head: &Head, bytes: Bytes) -> Result<String> {
    check_encoding(head, &bytes)?;
    String::from_utf8(bytes.into())
        .map_err(|error| undecodable(DecodeError::body("it is not UTF-8 text", error.as_bytes()), head))
}

/// Compression is never asked for, so nobody undoes it.
pub(crate) fn check_encoding(head: &Head, body: &[u8]) -> Result<()> {
    let is_none = |coding: &[u8]| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity");
    if all_listed(&head.headers, CONTENT_ENCODING, is_none) {
        return Ok(());
    }
    Err(undecodable(DecodeError::body("it is compressed, which was not asked for", body), head))
}

/// Whether something is true of all that a header lists, in one line or in several.
pub(crate) fn all_listed(headers: &HeaderMap, name: HeaderName, is: impl Fn(&[u8]) -> bool) -> bool {
    let lines = headers.get_all(name).into_iter();
    lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).all(|item| is(item.trim_ascii()))
}

/// Login pages and error pages of proxies come with status 200.
pub(crate) fn refuse_html(head: &Head, body: &[u8], is_wanted: bool) -> Result<()> {
    let media_type = head.headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = media_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let is_html = PAGES.iter().any(|page| essence.eq_ignore_ascii_case(page.as_bytes()));
    if is_html && !is_wanted {
        return Err(undecodable(DecodeError::body("it is a web page", body), head));
    }
    Ok(())
}

/// Whether an answer may be a file. A web page is none, unless the server names it as one or it is wanted.
pub(crate) fn check_file(head: &Head, wants_html: bool) -> Result<()> {
    let is_named = head.headers.contains_key(CONTENT_DISPOSITION);
    check_encoding(head, b"").and_then(|()| refuse_html(head, b"", wants_html || is_named))
}

/// An answer that is not what it should be.
pub(crate) fn undecodable(error: DecodeError, head: &Head) -> Error {
    let media_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Error::from(error.with_media_type(media_type)).in_call(&head.call)
}

/// The media types of web pages.
const PAGES: [&str; 2] = ["text/html", "application/xhtml+xml"];

/// The media type without parameters.
pub(crate) fn essence(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    (!essence.is_empty()).then_some(essence)
}

impl Head {
    /// Whether an answer without a byte can be told from one whose connection broke off.
    fn is_complete(&self) -> bool {
        matches!(self.status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT)
            || self.headers.contains_key(CONTENT_LENGTH)
            || self.headers.contains_key(TRANSFER_ENCODING)
    }
}
