//! Bodies of several parts (RFC 7578).
//!
//! Comes in: values and files, each under a name. Goes out: one body, of which files are read when they are sent. Must not:
//! let a name or a value end a part, or read a file into memory.

use std::borrow::Cow;
use std::fmt;
#[cfg(any(feature = "client", feature = "server"))]
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::body::Body;

/// A file in a multipart body: its bytes, and what is said about them.
///
/// Whatever can be a [`Body`] can be one: bytes, a path, a stream. A path gives it a file name, too.
///
/// On the server's side [`file_name`](Self::file_name) is a plain name without folders, as in
/// [`Download`](crate::Download::file_name), and the bytes are in memory if they are few and in a temporary file
/// otherwise, which is gone when the part is dropped.
///
/// ```
/// use runtime::FilePart;
///
/// let part = FilePart::new("a,b\n").with_file_name("table.csv").with_media_type("text/csv");
/// assert_eq!(part.file_name(), Some("table.csv"));
/// ```
#[derive(Default)]
pub struct FilePart {
    body: Body,
    file_name: Option<String>,
    media_type: Option<String>,
    headers: HeaderMap,
}

impl FilePart {
    /// A file without a name. The part's own name is sent as one: servers take a part without for text.
    pub fn new(body: impl Into<Body>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }

    /// A file of this system, under its name. It is opened when it is sent.
    #[cfg(any(feature = "client", feature = "server"))]
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self { file_name, ..Self::new(path) }
    }

    /// Sets the file name.
    #[must_use]
    pub fn with_file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Sets the media type, instead of the one that the document gives to the part, or `application/octet-stream`.
    #[must_use]
    pub fn with_media_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// Adds a header to the part. `Content-Type` and `Content-Disposition` are written from the rest.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The file name.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The media type.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// Headers of the part.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The bytes, to look at their length or to read them.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The bytes, to be read.
    pub fn into_body(self) -> Body {
        self.body
    }

    /// A part as it arrived.
    #[cfg(feature = "server")]
    pub(crate) fn received(
        body: Body,
        file_name: Option<String>,
        media_type: Option<String>,
        headers: HeaderMap,
    ) -> Self {
        Self { body, file_name, media_type, headers }
    }
}

/// Shows what is said about the bytes, and not the bytes.
impl fmt::Debug for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilePart")
            .field("file_name", &self.file_name)
            .field("media_type", &self.media_type)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

macro_rules! from_body {
    ($($source:ty),*) => {
        $(impl From<$source> for FilePart {
            fn from(source: $source) -> Self {
                Self::new(source)
            }
        })*
    };
}

from_body!(Body, Bytes, Vec<u8>, String, &'static str, &'static [u8]);

#[cfg(any(feature = "client", feature = "server"))]
impl From<PathBuf> for FilePart {
    fn from(path: PathBuf) -> Self {
        Self::from_path(path)
    }
}

#[cfg(any(feature = "client", feature = "server"))]
impl From<&Path> for FilePart {
    fn from(path: &Path) -> Self {
        Self::from_path(path)
    }
}

/// A multipart body whose parts no document describes: what the caller puts in, in this order.
///
/// ```
/// use runtime::{FilePart, MultipartForm};
///
/// let form = MultipartForm::new()
///     .text("purpose", "test")
///     .file("image", FilePart::new("...").with_file_name("a.png").with_media_type("image/png"));
/// assert_eq!(form.names().collect::<Vec<_>>(), ["purpose", "image"]);
/// ```
#[derive(Debug, Default)]
pub struct MultipartForm {
    parts: Vec<Part>,
    /// The first thing that is wrong: the part, and what.
    #[cfg(feature = "client")]
    problem: Option<(&'static str, crate::param::Problem)>,
}

#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: Cow<'static, str>,
    pub(crate) content: FilePart,
    /// Whether it has a file name, though nobody gave it one.
    #[cfg_attr(not(feature = "client"), allow(dead_code))]
    pub(crate) is_file: bool,
}

impl MultipartForm {
    /// One without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part of text.
    #[must_use]
    pub fn text(self, name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        self.part(name.into(), FilePart::new(text.into()), false)
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, name: impl Into<Cow<'static, str>>, file: impl Into<FilePart>) -> Self {
        self.part(name.into(), file.into(), true)
    }

    /// Names of the parts, in their order. Several parts may have the same.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| &*part.name)
    }

    /// All parts with their names, in their order.
    pub fn into_parts(self) -> impl Iterator<Item = (String, FilePart)> {
        self.parts.into_iter().map(|part| (part.name.into_owned(), part.content))
    }

    /// Takes the first part of this name.
    pub fn take(&mut self, name: &str) -> Option<FilePart> {
        let at = self.parts.iter().position(|part| part.name == name)?;
        Some(self.parts.remove(at).content)
    }

    #[cfg(feature = "server")]
    pub(crate) fn received(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    fn part(mut self, name: Cow<'static, str>, content: FilePart, is_file: bool) -> Self {
        self.parts.push(Part { name, content, is_file });
        self
    }

    /// The headers of the first part of this name.
    #[cfg(feature = "server")]
    pub(crate) fn headers_of(&self, name: &str) -> Option<&HeaderMap> {
        self.parts.iter().find(|part| part.name == name).map(|part| part.content.headers())
    }

    /// Takes all parts of this name.
    #[cfg(feature = "server")]
    pub(crate) fn take_all(&mut self, name: &str) -> Vec<FilePart> {
        std::iter::from_fn(|| self.take(name)).collect()
    }
}

#[cfg(feature = "client")]
mod sending {
    use std::hash::{BuildHasher, RandomState};
    use std::mem;

    use http::header::{HeaderName, HeaderValue};
    use serde::Serialize;
    use serde_json::value::RawValue;

    use super::{FilePart, MultipartForm, Part};
    use crate::body::Body;
    use crate::json::is_json;
    use crate::param::{self, Problem};
    use crate::style::HeaderStyle;
    use crate::upload::Payload;

    const JSON: &str = "application/json";

    /// What generated code puts a form together with.
    impl MultipartForm {
        /// A value as OpenAPI has it by default: text where it is one, JSON where it is an object, one part for each
        /// item of a list. Nothing is sent for `None` and empty lists.
        #[must_use]
        pub fn value(self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
            match texts(value) {
                Ok(parts) => self.texts(name, None, parts),
                Err(problem) => self.wrong(name, problem),
            }
        }

        /// A value under the media type that the document gives to it: one part, or one for each item of a list.
        #[must_use]
        pub fn value_as(
            self,
            name: &'static str,
            media_type: &'static str,
            value: &(impl Serialize + ?Sized),
        ) -> Self {
            let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let parts = if is_json(&essence) { json_texts(value) } else { plain_texts(value) };
            match parts {
                Ok(parts) => self.texts(name, Some(media_type), parts),
                Err(problem) => self.wrong(name, problem),
            }
        }

        /// A header of the part that was put in last, if that is the one. Nothing is sent for `None`, nor without the part.
        #[must_use]
        pub fn part_header(
            mut self,
            name: &'static str,
            header: &'static str,
            value: &(impl Serialize + ?Sized),
        ) -> Self {
            let value = match param::header(HeaderStyle::Simple, value) {
                Ok(value) => value,
                Err(problem) => return self.wrong(header, problem),
            };
            let (Some(value), Some(part)) = (value, self.parts.last_mut().filter(|part| part.name == name))
            else {
                return self;
            };
            let value = HeaderValue::from_bytes(value.as_bytes()).ok();
            match HeaderName::from_bytes(header.as_bytes()).ok().zip(value) {
                Some((name, value)) => _ = part.content.headers.append(name, value),
                None => return self.wrong(header, "it cannot stand in a header"),
            }
            self
        }

        /// A file under the media type that the document gives to it, unless the file has one.
        #[must_use]
        pub fn file_as(self, name: &'static str, media_type: &'static str, mut file: FilePart) -> Self {
            file.media_type.get_or_insert_with(|| media_type.to_owned());
            self.part(name.into(), file, true)
        }

        /// Several files of one name.
        #[must_use]
        pub fn files(self, name: &'static str, files: impl IntoIterator<Item = FilePart>) -> Self {
            files.into_iter().fold(self, |form, file| form.part(name.into(), file, true))
        }

        /// Several files of one name under the media type that the document gives to them.
        #[must_use]
        pub fn files_as(
            self,
            name: &'static str,
            media_type: &'static str,
            files: impl IntoIterator<Item = FilePart>,
        ) -> Self {
            files.into_iter().fold(self, |form, file| form.file_as(name, media_type, file))
        }

        fn texts(self, name: &'static str, media_type: Option<&str>, parts: Vec<Text>) -> Self {
            parts.into_iter().fold(self, |form, part| {
                let media_type =
                    media_type.map(str::to_owned).or_else(|| part.is_json.then(|| JSON.to_owned()));
                let content = FilePart { media_type, ..FilePart::new(part.text) };
                form.part(name.into(), content, false)
            })
        }

        fn wrong(mut self, name: &'static str, problem: Problem) -> Self {
            self.problem.get_or_insert((name, problem));
            self
        }

        /// The body, and the media type that says where its parts end.
        pub(crate) fn into_payload(
            mut self,
            media_type: &str,
        ) -> Result<(String, Payload), (&'static str, Problem)> {
            let boundary = boundary();
            let mut bodies: Vec<Body> = Vec::new();
            let mut text = Vec::new();
            for part in mem::take(&mut self.parts) {
                let wrong = |problem| ("body", problem);
                text.extend_from_slice(head(&boundary, &part).map_err(wrong)?.as_bytes());
                match part.content.body.as_small() {
                    Some(bytes) => text.extend_from_slice(bytes),
                    None => bodies.extend([mem::take(&mut text).into(), part.content.body]),
                }
                text.extend_from_slice(b"\r\n");
            }
            if let Some(problem) = self.problem {
                return Err(problem);
            }
            text.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            bodies.push(text.into());
            Ok((format!("{media_type}; boundary={boundary}"), Payload::Parts(bodies.into())))
        }
    }

    /// The lines in front of a part.
    fn head(boundary: &str, part: &Part) -> Result<String, Problem> {
        let FilePart { file_name, media_type, headers, .. } = &part.content;
        let mut head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", escaped(&part.name));
        if part.is_file {
            head += &format!("; filename=\"{}\"", escaped(file_name.as_deref().unwrap_or(&part.name)));
        }
        let media_type = media_type.as_deref().or(part.is_file.then_some("application/octet-stream"));
        if let Some(media_type) = media_type {
            if media_type.chars().any(char::is_control) {
                return Err("the media type of a part cannot be sent");
            }
            head += &format!("\r\nContent-Type: {media_type}");
        }
        for (name, value) in headers {
            let value = value.to_str().map_err(|_| "a header of a part cannot be sent")?;
            head += &format!("\r\n{name}: {value}");
        }
        Ok(head + "\r\n\r\n")
    }

    /// A name between quotes, as browsers write it; except for `\`, which they leave alone, though servers take it for an
    /// escape, and at the end of a name for one of the closing quote.
    pub(super) fn escaped(name: &str) -> String {
        name.replace('\\', "\\\\").replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
    }

    /// 128 bits that no part has by accident: the standard library keys its hashers from the system's random numbers.
    fn boundary() -> String {
        let hasher = RandomState::new();
        format!("{:016x}{:016x}", hasher.hash_one(0_u8), hasher.hash_one(1_u8))
    }

    /// What one part holds.
    struct Text {
        text: String,
        is_json: bool,
    }

    fn texts(value: &(impl Serialize + ?Sized)) -> Result<Vec<Text>, Problem> {
        match plain_texts(value) {
            Err(param::NESTED) => {}
            texts => return texts,
        }
        // Objects, and lists with objects in them.
        let mut texts = json_texts(value)?;
        for part in &mut texts {
            if let Some(text) = plain(&part.text) {
                *part = Text { text, is_json: false };
            }
        }
        Ok(texts)
    }

    /// The text of a JSON value that is no object or list.
    fn plain(json: &str) -> Option<String> {
        match json.as_bytes().first() {
            Some(b'"') => serde_json::from_str(json).ok(),
            Some(b'{' | b'[') => None,
            _ => Some(json.to_owned()),
        }
    }

    fn plain_texts(value: &(impl Serialize + ?Sized)) -> Result<Vec<Text>, Problem> {
        let texts = param::texts(value)?;
        Ok(texts.into_iter().map(|text| Text { text, is_json: false }).collect())
    }

    /// JSON, of each item of a list. What is null is left out.
    fn json_texts(value: &(impl Serialize + ?Sized)) -> Result<Vec<Text>, Problem> {
        const NO_JSON: Problem = "it cannot be written as JSON";
        let json = serde_json::to_string(value).map_err(|_| NO_JSON)?;
        let items: Vec<&RawValue> = if json.starts_with('[') {
            serde_json::from_str(&json).map_err(|_| NO_JSON)?
        } else {
            vec![serde_json::from_str(&json).map_err(|_| NO_JSON)?]
        };
        let items = items.into_iter().map(RawValue::get).filter(|json| *json != "null");
        Ok(items.map(|json| Text { text: json.to_owned(), is_json: true }).collect())
    }
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::*;
    use crate::upload::Payload;
    use serde::Serialize;

    /// The whole body, with `B` for its boundary.
    async fn written(form: MultipartForm) -> String {
        let (media_type, payload) = form.into_payload("multipart/form-data").unwrap();
        let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap().to_owned();
        let Payload::Parts(parts) = payload else { panic!("no parts") };
        let mut all = Vec::new();
        for part in parts.iter() {
            all.extend_from_slice(&part.again().unwrap().bytes().await.unwrap());
        }
        String::from_utf8(all).unwrap().replace(&boundary, "B").replace("\r\n", "\n")
    }

    #[derive(Serialize)]
    struct Point {
        x: f32,
    }

    #[tokio::test]
    async fn values_are_text_where_they_can_be() {
        let form = MultipartForm::new()
            .value("text", "a\r\nb")
            .value("number", &0.7_f32)
            .value("none", &None::<bool>)
            .value("list", &["a", "b"])
            .value("object", &Point { x: 0.7 })
            .value("mixed", &serde_json::json!(["a", 1, { "b": 2 }]))
            .value_as("json", "application/json", "a")
            .value_as("csv", "text/csv", "a,b");
        let part =
            |head: &str, text: &str| format!("--B\nContent-Disposition: form-data; {head}\n\n{text}\n");
        let json = "\nContent-Type: application/json";
        let expected = [
            part("name=\"text\"", "a\nb"),
            part("name=\"number\"", "0.7"),
            part("name=\"list\"", "a"),
            part("name=\"list\"", "b"),
            part(&format!("name=\"object\"{json}"), "{\"x\":0.7}"),
            part("name=\"mixed\"", "a"),
            part("name=\"mixed\"", "1"),
            part(&format!("name=\"mixed\"{json}"), "{\"b\":2}"),
            part(&format!("name=\"json\"{json}"), "\"a\""),
            part("name=\"csv\"\nContent-Type: text/csv", "a,b"),
            "--B--\n".to_owned(),
        ];
        assert_eq!(written(form).await, expected.concat());
    }

    #[tokio::test]
    async fn names_cannot_end_a_part() {
        let file = FilePart::new("x")
            .with_file_name("a\"; b=\"\r\n紀.txt\\")
            .with_header(HeaderName::from_static("x-a"), HeaderValue::from_static("1"));
        let expected = "--B\nContent-Disposition: form-data; name=\"f%22\"; filename=\"a%22; b=%22%0D%0A紀.txt\\\\\"\n\
                        Content-Type: application/octet-stream\nx-a: 1\n\nx\n--B--\n";
        assert_eq!(written(MultipartForm::new().file("f\"", file)).await, expected);
        let broken = MultipartForm::new().file("f", FilePart::new("x").with_media_type("a/b\r\nX: y"));
        assert!(broken.into_payload("multipart/form-data").is_err());
        let nan = MultipartForm::new().value("number", &f64::NAN);
        assert_eq!(nan.into_payload("multipart/form-data").err(), Some(("number", "it is not a number")));
    }
}
