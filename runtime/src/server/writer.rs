//! Answers of which the status depends on the value.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::problems::ErrorShape;
use super::reply::{self, Reply};
use crate::{Download, Response};

/// Writes one answer. It knows what the method said beside the body: a status of its own goes before the documented one, and
/// its headers go out, too.
#[derive(Debug)]
pub struct ReplyWriter {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) shape: ErrorShape,
}

impl ReplyWriter {
    /// JSON. `status` is the documented one.
    pub fn json(self, status: u16, body: impl Serialize) -> Reply {
        let shape = self.shape;
        reply::json(self.with(body), status, None, shape)
    }

    /// JSON under another media type.
    pub fn json_as(self, status: u16, media_type: &'static str, body: impl Serialize) -> Reply {
        let shape = self.shape;
        reply::json(self.with(body), status, Some(media_type), shape)
    }

    /// Text.
    pub fn text(self, status: u16, body: String) -> Reply {
        reply::text(self.with(body), status, None)
    }

    /// Text under another media type.
    pub fn text_as(self, status: u16, media_type: &'static str, body: String) -> Reply {
        reply::text(self.with(body), status, Some(media_type))
    }

    /// No body.
    pub fn empty(self, status: u16) -> Reply {
        reply::empty(self.with(()), status)
    }

    /// A file. `media_type` is what it is called unless it says itself.
    pub fn download(self, status: u16, media_type: &'static str, body: Download) -> Reply {
        reply::download(self.with(body), status, media_type)
    }

    /// Bytes as they are, under the status and the media type that the method set.
    pub fn raw(self, body: Bytes) -> Reply {
        reply::raw(self.with(body))
    }

    fn with<T>(self, body: T) -> Response<T> {
        Response::new(self.status, self.headers, body)
    }
}
