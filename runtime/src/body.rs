//! The bytes of a request body.
//!
//! Comes in: bytes, the path of a file, or a stream. Goes out: chunks, as often as they can be had: bytes and files can be
//! read again, so that a request can be retried; a stream only once. Must not: interpret the bytes, or keep more of them
//! in memory than it was given.

use std::fmt;
use std::future::poll_fn;
#[cfg(any(feature = "client", feature = "server"))]
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::error::{Result, StreamError};

/// What goes out at once. The system's buffers take this much from anybody.
pub(crate) const PIECE: usize = 64 << 10;

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

type Report = Arc<dyn Fn(UploadProgress) + Send + Sync>;

/// How far a body has gone out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadProgress {
    /// Bytes that were handed to the connection so far. A call that is retried starts at 0 again.
    pub sent: u64,
    /// Bytes to send, if that is known.
    pub total: Option<u64>,
}

/// A request body: bytes in memory, a file, or a stream. It goes out piece by piece, so its size is no matter of memory.
///
/// What is made of bytes or of a path can be sent again when a call is [retried](crate::RetryPolicy). A stream is read
/// once: a call that has begun to send it fails with the error of its first attempt.
///
/// A server's method gets the same type, and reads it as a [`Stream`] of chunks or with [`bytes`](Self::bytes).
///
/// ```
/// # async fn example() -> runtime::Result<()> {
/// let body = runtime::Body::from("plain text");
/// assert_eq!(body.length(), Some(10));
/// assert_eq!(body.bytes().await?, "plain text");
/// # Ok(())
/// # }
/// ```
pub struct Body {
    source: Source,
    length: Option<u64>,
    /// Bytes that were read from it.
    read: u64,
    report: Option<Report>,
}

enum Source {
    Bytes(Bytes),
    /// Opened when it is read.
    #[cfg(any(feature = "client", feature = "server"))]
    File(PathBuf),
    /// Nothing once it was taken or has ended. The lock makes it possible to share a body; nobody waits for it.
    Stream(Mutex<Option<Chunks>>),
}

impl Body {
    /// A body that arrives in chunks, of unknown length.
    pub fn from_stream(chunks: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Self::new(Source::Stream(Mutex::new(Some(Box::pin(chunks)))), None)
    }

    /// A file. It is opened when it is sent, for each attempt, and its length is asked for then.
    #[cfg(any(feature = "client", feature = "server"))]
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        Self::new(Source::File(path.into()), None)
    }

    /// A body that is read from somewhere, of unknown length.
    #[cfg(any(feature = "client", feature = "server"))]
    pub fn from_reader(reader: impl tokio::io::AsyncRead + Send + 'static) -> Self {
        Self::from_stream(reading::Pieces::new(reader))
    }

    fn new(source: Source, length: Option<u64>) -> Self {
        Self { source, length, read: 0, report: None }
    }

    /// Says how many bytes a stream has, so that the server learns it, too. One that turns out to have another number
    /// is an error. What bytes and files say of themselves stays.
    #[must_use]
    pub fn with_length(mut self, bytes: u64) -> Self {
        if matches!(self.source, Source::Stream(_)) {
            self.length = Some(bytes);
        }
        self
    }

    /// Calls `report` after each piece that goes out.
    #[must_use]
    pub fn on_progress(mut self, report: impl Fn(UploadProgress) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// The number of bytes, if that is known. That of a file is known when it is sent.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The next bytes, or nothing after the end.
    ///
    /// # Errors
    ///
    /// Whatever broke the stream, or that its length is not what it said.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// Everything, in memory. A router bounds what it reads with
    /// [`max_body_size`](crate::server::Routes::max_body_size).
    ///
    /// # Errors
    ///
    /// Like [`chunk`](Self::chunk).
    pub async fn bytes(mut self) -> Result<Bytes> {
        if let Source::Bytes(bytes) = self.source {
            return Ok(bytes);
        }
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// All of it, if it is in memory.
    #[cfg(any(feature = "client", feature = "server"))]
    pub(crate) fn as_bytes(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn next_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        // With nothing to read files, no second look is needed.
        #[cfg_attr(not(any(feature = "client", feature = "server")), expect(clippy::never_loop))]
        loop {
            match &mut self.source {
                Source::Bytes(rest) if rest.is_empty() => return Poll::Ready(None),
                Source::Bytes(rest) => {
                    return Poll::Ready(Some(Ok(rest.split_to(PIECE.min(rest.len())))));
                }
                #[cfg(any(feature = "client", feature = "server"))]
                Source::File(path) => {
                    let pieces: Chunks = Box::pin(reading::Pieces::open(std::mem::take(path), self.length));
                    self.source = Source::Stream(Mutex::new(Some(pieces)));
                }
                Source::Stream(stream) => {
                    let stream = stream.get_mut().unwrap_or_else(PoisonError::into_inner);
                    let Some(chunks) = stream else { return Poll::Ready(None) };
                    let chunk = ready!(chunks.as_mut().poll_next(context));
                    if !matches!(chunk, Some(Ok(_))) {
                        *stream = None;
                    }
                    return Poll::Ready(chunk);
                }
            }
        }
    }

    /// Keeps the length that was promised.
    fn accept(&mut self, chunk: Option<Result<Bytes>>) -> Option<Result<Bytes>> {
        let Some(chunk) = chunk else {
            let is_short = self.length.is_some_and(|length| self.read < length);
            // It is said once.
            self.length = self.length.filter(|_| !is_short);
            return is_short.then(|| Err(StreamError::Truncated.into()));
        };
        Some(chunk.and_then(|chunk| {
            self.read += chunk.len() as u64;
            if let Some(length) = self.length.filter(|length| self.read > *length) {
                self.source = Source::Bytes(Bytes::new());
                return Err(StreamError::LongerThanSaid { length }.into());
            }
            if let Some(report) = &self.report {
                report(UploadProgress { sent: self.read, total: self.length });
            }
            Ok(chunk)
        }))
    }
}

#[cfg(feature = "client")]
impl Body {
    /// The same once more, from its start; nothing for a stream that was taken before. A stream is taken by this.
    pub(crate) fn again(&self) -> Option<Self> {
        let source = match &self.source {
            Source::Bytes(bytes) => Source::Bytes(bytes.clone()),
            Source::File(path) => Source::File(path.clone()),
            Source::Stream(stream) => {
                let chunks = stream.lock().unwrap_or_else(PoisonError::into_inner).take()?;
                Source::Stream(Mutex::new(Some(chunks)))
            }
        };
        Some(Self { source, length: self.length, read: 0, report: self.report.clone() })
    }

    /// Whether [`again`](Self::again) would give something.
    pub(crate) fn is_there(&self) -> bool {
        match &self.source {
            Source::Stream(stream) => stream.lock().unwrap_or_else(PoisonError::into_inner).is_some(),
            _ => true,
        }
    }

    /// Bytes that nobody watches, which go out at once if they are few.
    pub(crate) fn as_small(&self) -> Option<&Bytes> {
        self.as_bytes().filter(|bytes| bytes.len() <= PIECE && self.report.is_none())
    }

    /// The number of bytes that would go out now, if that is known: of a file, its size at this moment.
    ///
    /// # Errors
    ///
    /// The file is not there, or cannot be read.
    pub async fn current_length(&self) -> Result<Option<u64>> {
        match &self.source {
            Source::File(path) => reading::length(path).await.map(Some),
            _ => Ok(self.length),
        }
    }

    /// Keeps it to a length that was asked for before it is read.
    pub(crate) fn of_length(self, length: Option<u64>) -> Self {
        Self { length, ..self }
    }
}

impl Stream for Body {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let chunk = ready!(self.next_piece(context));
        Poll::Ready(self.accept(chunk))
    }
}

impl Default for Body {
    /// An empty one.
    fn default() -> Self {
        Self::from(Bytes::new())
    }
}

/// Prints neither bytes nor paths: a body may carry what a log must not.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, self.length) {
            (_, Some(length)) => write!(f, "Body({length} bytes)"),
            #[cfg(any(feature = "client", feature = "server"))]
            (Source::File(_), None) => write!(f, "Body(a file)"),
            _ => write!(f, "Body(a stream)"),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self::new(Source::Bytes(bytes), Some(length))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

#[cfg(any(feature = "client", feature = "server"))]
impl From<PathBuf> for Body {
    fn from(path: PathBuf) -> Self {
        Self::from_path(path)
    }
}

#[cfg(any(feature = "client", feature = "server"))]
impl From<&Path> for Body {
    fn from(path: &Path) -> Self {
        Self::from_path(path)
    }
}

#[cfg(any(feature = "client", feature = "server"))]
mod reading {
    use std::io;
    use std::path::PathBuf;
    use std::pin::Pin;
    use std::task::{Context, Poll, ready};

    use bytes::{Bytes, BytesMut};
    use futures_core::Stream;
    use tokio::fs::File;
    use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf, Take};

    use super::PIECE;
    use crate::error::{Error, Result};

    type Opening = Pin<Box<dyn Future<Output = io::Result<Take<File>>> + Send>>;

    /// What a reader has, in pieces.
    pub(super) struct Pieces {
        state: State,
        buffer: BytesMut,
        /// Where it comes from, for errors.
        path: Option<PathBuf>,
    }

    enum State {
        Opening(Opening),
        Open(Pin<Box<dyn AsyncRead + Send>>),
    }

    impl Pieces {
        pub(super) fn new(reader: impl AsyncRead + Send + 'static) -> Self {
            Self { state: State::Open(Box::pin(reader)), buffer: BytesMut::new(), path: None }
        }

        /// Opens a file when it is first asked for a piece. One that grows is read up to the length that it had.
        pub(super) fn open(path: PathBuf, length: Option<u64>) -> Self {
            let file = File::open(path.clone());
            let opening = Box::pin(async move { Ok(file.await?.take(length.unwrap_or(u64::MAX))) });
            Self { state: State::Opening(opening), buffer: BytesMut::new(), path: Some(path) }
        }

        fn failed(&self, error: io::Error) -> Error {
            match &self.path {
                Some(path) => Error::reading(path, error),
                None => Error::other(error),
            }
        }

        fn read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
            loop {
                match &mut self.state {
                    State::Opening(opening) => {
                        let file = ready!(opening.as_mut().poll(context))?;
                        self.state = State::Open(Box::pin(file));
                    }
                    State::Open(reader) => {
                        self.buffer.resize(PIECE, 0);
                        let mut piece = ReadBuf::new(&mut self.buffer);
                        ready!(reader.as_mut().poll_read(context, &mut piece))?;
                        let length = piece.filled().len();
                        return Poll::Ready(Ok(self.buffer.split_to(length).freeze()));
                    }
                }
            }
        }
    }

    impl Stream for Pieces {
        type Item = Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
            Poll::Ready(match ready!(self.read(context)) {
                Ok(piece) if piece.is_empty() => None,
                Ok(piece) => Some(Ok(piece)),
                Err(error) => Some(Err(self.failed(error))),
            })
        }
    }

    /// The length of a file.
    #[cfg(feature = "client")]
    pub(super) async fn length(path: &std::path::Path) -> Result<u64> {
        match tokio::fs::metadata(path).await {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) => Err(Error::reading(path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Ready;

    #[test]
    fn every_source_keeps_its_bytes() {
        let sources = [
            Body::from(b"ab".to_vec()),
            Body::from(Bytes::from_static(b"ab")),
            Body::from("ab".to_owned()),
            Body::from("ab"),
            Body::from(b"ab".as_slice()),
        ];
        for body in sources {
            assert_eq!(body.length(), Some(2));
            assert_eq!(format!("{body:?}"), "Body(2 bytes)");
            assert_eq!(now(body.bytes()).unwrap(), "ab");
        }
    }

    #[test]
    fn a_stream_must_have_the_length_that_it_said() {
        let stream = || Body::from_stream(Ready(vec![Ok("ab".into()), Ok("cd".into())].into_iter()));
        assert_eq!(stream().length(), None);
        assert_eq!(now(stream().bytes()).unwrap(), "abcd");
        assert_eq!(now(stream().with_length(4).bytes()).unwrap(), "abcd");
        let short = now(stream().with_length(5).bytes()).unwrap_err();
        assert_eq!(short.to_string(), "the stream ended early");
        let long = now(stream().with_length(3).bytes()).unwrap_err();
        assert_eq!(long.to_string(), "the stream has more than the 3 bytes that it said");
        assert_eq!(Body::from("ab").with_length(9).length(), Some(2));
    }

    #[test]
    fn progress_is_told_piece_by_piece() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let body = Body::from(vec![7; PIECE + 1]).on_progress({
            let told = told.clone();
            move |progress| told.lock().unwrap().push((progress.sent, progress.total))
        });
        let mut body = body;
        while now(body.chunk()).unwrap().is_some() {}
        let total = PIECE as u64 + 1;
        assert_eq!(*told.lock().unwrap(), [(PIECE as u64, Some(total)), (total, Some(total))]);
    }

    /// The output of a future that does not wait.
    fn now<T>(future: impl Future<Output = T>) -> T {
        match std::pin::pin!(future).poll(&mut Context::from_waker(std::task::Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }
}
