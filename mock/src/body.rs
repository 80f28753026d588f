//! Bodies that are watched or spoiled on their way out.
//!
//! Comes in: an answer and what to do with the stream of its bytes. Goes out: an answer that still says how
//! long its body should be. Must not: read a body ahead.

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use futures_util::Stream;

/// A part of a body, or what broke it.
pub(crate) type Chunk = Result<Bytes, axum::Error>;

/// Replaces the body. A stream has no known length, so the length moves to the header, where a client sees it
/// and a proxy would keep it.
pub(crate) fn replace<S>(mut response: Response, change: impl FnOnce(BodyDataStream) -> S) -> Response
where
    S: Stream<Item = Chunk> + Send + 'static,
{
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    response.map(|body| Body::from_stream(change(body.into_data_stream())))
}
