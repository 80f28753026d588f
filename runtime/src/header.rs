//! Headers of answers as typed values.
//!
//! Comes in: the headers of an answer. Goes out: the value of one, or what is wrong with it; and the other way round for
//! those who answer. Must not: put a value into an error.

use std::fmt;
use std::marker::PhantomData;

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::DecodeError;
use crate::param;
use crate::style::HeaderStyle;
use crate::text::Texts;
use crate::{ApiError, Error, Response, Result};

/// A header that answers may have, and the type of its value.
///
/// Generated crates have a constant for each header that their document declares. Nothing is read until somebody asks: an
/// answer without the header, or with one that is otherwise than declared, is still an answer.
///
/// ```
/// use runtime::{Header, Response};
///
/// const REMAINING: Header<u32> = Header::new("X-RateLimit-Remaining");
///
/// # fn main() -> runtime::Result<()> {
/// // What a server answers ...
/// let answer = Response::from("hello").with_header(REMAINING, &59)?;
/// // ... a client reads.
/// assert_eq!(answer.header(REMAINING)?, Some(59));
/// # Ok(())
/// # }
/// ```
pub struct Header<T> {
    name: &'static str,
    style: HeaderStyle,
    value: PhantomData<fn() -> T>,
}

impl<T> Header<T> {
    /// A header whose value is text, a number or the like, or several with commas between them.
    ///
    /// `name` in any case: letters, digits and hyphens.
    pub const fn new(name: &'static str) -> Self {
        Self::styled(HeaderStyle::Simple, name)
    }

    /// The same, written in another way.
    pub const fn styled(style: HeaderStyle, name: &'static str) -> Self {
        Self { name, style, value: PhantomData }
    }

    /// The name, as the document writes it.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The value among these headers; nothing where they lack it.
    ///
    /// Several lines of one header mean the same as one with commas ([RFC 9110, 5.3]), but for `Set-Cookie`, whose lines
    /// are the items of a list.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] when the value is not a `T`. It names the header, not the value, which is still in `headers`.
    ///
    /// [RFC 9110, 5.3]: https://www.rfc-editor.org/rfc/rfc9110#section-5.3
    pub fn read(self, headers: &HeaderMap) -> Result<Option<T>>
    where
        T: DeserializeOwned,
    {
        let wrong = |problem: &str| {
            let place = format!("the header `{}`", self.name);
            Error::Decode(Box::new(DecodeError::new(place, problem.to_owned(), None, &[])))
        };
        let lines = headers.get_all(self.name).iter().map(|value| std::str::from_utf8(value.as_bytes()));
        let lines: Vec<&str> = lines.collect::<Result<_, _>>().map_err(|_| wrong("must be UTF-8 text"))?;
        if lines.is_empty() {
            return Ok(None);
        }
        let texts = match self.style {
            HeaderStyle::Json => {
                let value = serde_json::from_str(&lines.join(", "));
                return value.map(Some).map_err(|_| wrong("must be JSON that fits"));
            }
            _ if self.has_own_lines() => Texts::List(lines.into_iter().map(str::to_owned).collect()),
            _ => Texts::Delimited {
                text: lines.join(", "),
                delimiter: ',',
                decode: |piece| Some(piece.trim().to_owned()),
            },
        };
        texts.read().map(Some).map_err(|problem| wrong(&problem.0))
    }

    /// Sets the header, in place of what there was; a value that says nothing, such as `None`, removes it.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] when the value cannot be written in a header. It names the header, not the value.
    pub fn write(self, headers: &mut HeaderMap, value: &T) -> Result<()>
    where
        T: Serialize,
    {
        let wrong = |problem| Error::input(self.name, problem);
        let name: HeaderName = self.name.parse().map_err(|_| wrong("it is not the name of a header"))?;
        let texts: Vec<String> = match self.has_own_lines() {
            true => param::texts(value).map_err(wrong)?,
            false => param::header(self.style, value).map_err(wrong)?.into_iter().collect(),
        };
        let values: std::result::Result<Vec<HeaderValue>, _> =
            texts.iter().map(|text| HeaderValue::from_bytes(text.as_bytes())).collect();
        let values = values.map_err(|_| wrong("it has control characters"))?;
        headers.remove(&name);
        for value in values {
            headers.append(name.clone(), value);
        }
        Ok(())
    }

    /// A comma is part of a cookie.
    fn has_own_lines(self) -> bool {
        self.name.eq_ignore_ascii_case(SET_COOKIE.as_str())
    }
}

impl<T> Clone for Header<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Header<T> {}

impl<T> fmt::Debug for Header<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Header").field(&self.name).finish()
    }
}

impl<B> Response<B> {
    /// The value of a header; nothing where the answer lacks it.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] when the value is not what the header is declared to have; it is still among the
    /// [headers](Response::headers).
    pub fn header<T: DeserializeOwned>(&self, header: Header<T>) -> Result<Option<T>> {
        header.read(self.headers())
    }

    /// The same answer with a header, for those who answer.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] when the value cannot be written in a header.
    pub fn with_header<T: Serialize>(self, header: Header<T>, value: &T) -> Result<Self> {
        let (status, mut headers, body) = self.into_parts();
        header.write(&mut headers, value)?;
        Ok(Self::new(status, headers, body))
    }
}

impl ApiError {
    /// The value of a header, such as how long to wait; nothing where the answer lacks it.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] when the value is not what the header is declared to have; it is still among the
    /// [headers](ApiError::headers).
    pub fn header<T: DeserializeOwned>(&self, header: Header<T>) -> Result<Option<T>> {
        header.read(self.headers())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    fn trip<T: Serialize + DeserializeOwned>(header: Header<T>, value: &T) -> (String, Option<T>) {
        let answer = Response::from(()).with_header(header, value).unwrap();
        let lines: Vec<&str> =
            answer.headers().get_all(header.name()).iter().map(|line| line.to_str().unwrap()).collect();
        (lines.join("|"), answer.header(header).unwrap())
    }

    #[test]
    fn values_of_each_style_are_written_and_read() {
        let point = BTreeMap::from([("x".to_owned(), 1), ("y".to_owned(), -2)]);
        assert_eq!(trip(Header::new("X-A"), &5_u8), ("5".to_owned(), Some(5)));
        assert_eq!(
            trip(Header::new("X-A"), &"a, b".to_owned()),
            ("a, b".to_owned(), Some("a, b".to_owned()))
        );
        assert_eq!(trip(Header::new("X-A"), &vec![1, 2]), ("1,2".to_owned(), Some(vec![1, 2])));
        assert_eq!(trip(Header::new("X-A"), &point), ("x,1,y,-2".to_owned(), Some(point.clone())));
        let exploded = Header::styled(HeaderStyle::SimpleExploded, "X-A");
        assert_eq!(trip(exploded, &point), ("x=1,y=-2".to_owned(), Some(point.clone())));
        let json = Header::styled(HeaderStyle::Json, "X-A");
        assert_eq!(trip(json, &point), (r#"{"x":1,"y":-2}"#.to_owned(), Some(point)));
        let cookies = vec!["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT".to_owned(), "b=2".to_owned()];
        let written = cookies.join("|");
        assert_eq!(trip(Header::new("Set-Cookie"), &cookies), (written, Some(cookies)));
    }

    #[test]
    fn what_is_absent_is_no_error_and_what_is_wrong_is_one_that_keeps_the_value_to_itself() {
        const LIMIT: Header<u8> = Header::new("X-Limit");
        let mut headers = HeaderMap::new();
        assert_eq!(LIMIT.read(&headers).unwrap(), None);
        headers.insert("x-limit", HeaderValue::from_static("canary"));
        let error = LIMIT.read(&headers).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("X-Limit") && !text.contains("canary"), "{text}");

        let text: Header<String> = Header::new("X-Text");
        let error = Response::from(()).with_header(text, &"canary\r\nX-Other: 1".to_owned()).unwrap_err();
        assert!(error.to_string().contains("X-Text") && !error.to_string().contains("canary"), "{error}");
        let odd: Header<String> = Header::new("not a name");
        assert!(odd.write(&mut headers, &"a".to_owned()).is_err());
    }

    #[test]
    fn nothing_removes_a_header_and_lines_count_as_one() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Tag(String);

        let optional: Header<Option<u8>> = Header::new("X-Limit");
        let answer = Response::from(()).with_header(optional, &Some(1)).unwrap();
        assert!(answer.with_header(optional, &None).unwrap().headers().is_empty());

        let mut headers = HeaderMap::new();
        headers.append("x-tag", HeaderValue::from_static("a"));
        headers.append("x-tag", HeaderValue::from_static("b ,c"));
        let tags: Header<Vec<Tag>> = Header::new("X-Tag");
        assert_eq!(tags.read(&headers).unwrap().unwrap(), ["a", "b", "c"].map(|tag| Tag(tag.to_owned())));
    }
}
