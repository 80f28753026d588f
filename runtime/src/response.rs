//! A decoded answer with its status and headers.
//!
//! Comes in: the parts of an HTTP answer. Goes out: the body, reachable as if it were the whole value.
//! Must not: print header values, which may carry cookies and tokens.

use std::fmt;
use std::ops::{Deref, DerefMut};

use http::{HeaderMap, StatusCode};

/// A successful answer: the body and, for those who ask, its status and headers.
///
/// It dereferences to the body, so `response.field` works. A fake answers with `body.into()`, which means
/// status 200.
///
/// ```
/// let response = runtime::Response::from(vec![1, 2]);
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.len(), 2);
/// assert_eq!(response.into_body(), [1, 2]);
/// ```
#[derive(Clone)]
pub struct Response<T> {
    status: StatusCode,
    headers: HeaderMap,
    body: T,
}

impl<T> Response<T> {
    /// Puts an answer together.
    pub fn new(status: StatusCode, headers: HeaderMap, body: T) -> Self {
        Self { status, headers, body }
    }

    /// The HTTP status. From a client it is 2xx, or what the body stands for: a [`Redirect`](crate::Redirect).
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers of the answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; the same as dereferencing.
    pub fn body(&self) -> &T {
        &self.body
    }

    /// Drops status and headers.
    pub fn into_body(self) -> T {
        self.body
    }

    /// Takes the answer apart; [`Response::new`] puts it together again.
    pub fn into_parts(self) -> (StatusCode, HeaderMap, T) {
        (self.status, self.headers, self.body)
    }

    /// Changes the body and keeps the rest.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response { status: self.status, headers: self.headers, body: change(self.body) }
    }
}

/// Status 200 without headers, for fakes.
impl<T> From<T> for Response<T> {
    fn from(body: T) -> Self {
        Self::new(StatusCode::OK, HeaderMap::new(), body)
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.body
    }
}

/// Prints the names of the headers, never their values.
impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status.as_u16())
            .field("headers", &HeaderNames(&self.headers))
            .field("body", &self.body)
            .finish()
    }
}

/// Headers as a list of names.
pub(crate) struct HeaderNames<'a>(pub(crate) &'a HeaderMap);

impl fmt::Debug for HeaderNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys().map(|name| name.as_str())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn sample() -> Response<Vec<u8>> {
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", HeaderValue::from_static("session=canary"));
        Response::new(StatusCode::CREATED, headers, vec![1])
    }

    #[test]
    fn parts_and_map_keep_everything() {
        let (status, headers, body) = sample().map(|body| body.len()).into_parts();
        assert_eq!((status.as_u16(), headers.len(), body), (201, 1, 1));
    }

    #[test]
    fn the_body_can_be_changed_in_place() {
        let mut response = sample();
        response.push(2);
        assert_eq!(response.body(), &[1, 2]);
    }

    #[test]
    fn debug_shows_header_names_only() {
        let text = format!("{:?}", sample());
        assert!(text.contains("set-cookie") && !text.contains("canary"), "{text}");
    }
}
