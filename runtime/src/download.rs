//! A body that is a file.
//!
//! Comes in: bytes and what the headers say about them. Goes out: chunks, bytes in memory, or a file on disk
//! that is there as a whole or not at all. Must not: trust the server's file name, or leave half a file
//! behind.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
#[cfg(feature = "client")]
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};

use crate::error::{CallInfo, Error, Result, StreamError, TooLarge};
#[cfg(feature = "client")]
use crate::observe::Observed;
use crate::stream::Ready;

/// What [`Download::bytes`] keeps in memory unless told otherwise: 256 MiB.
const MAX_IN_MEMORY: u64 = 256 << 20;

/// How far a download has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes received so far.
    pub received: u64,
    /// Bytes to receive, if the server said so.
    pub total: Option<u64>,
}

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// A file that the server is sending. Dropping it closes the connection.
///
/// It is a [`Stream`] of chunks. After the end or the first error it has ended.
///
/// # Interruptions
///
/// When the connection breaks, and the server can send the rest of the same file, the client asks for it, by the rules of
/// its [`RetryPolicy`](crate::RetryPolicy): the operation is a `GET`, and the answer has `Accept-Ranges: bytes` and a
/// strong `ETag`. Bytes of two versions of a file are never put together: the server must say that what it sends begins
/// where the first answer broke off, belongs to the same tag, and ends where that one would have ended. It costs nothing
/// while nothing breaks, but for a copy of the request's headers.
///
/// Any other answer that breaks off is an error. One without a length, which ends with its connection, can be told
/// from a whole one only over TLS.
///
/// ```
/// # async fn example() -> runtime::Result<()> {
/// use runtime::Download;
///
/// let download = Download::from_bytes("a,b\n").with_file_name("export.csv"); // what a fake returns
/// assert_eq!(download.file_name(), Some("export.csv"));
/// assert_eq!(download.bytes().await?, "a,b\n");
/// # Ok(())
/// # }
/// ```
pub struct Download {
    chunks: Option<Chunks>,
    file_name: Option<String>,
    length: Option<u64>,
    media_type: Option<String>,
    limit: Option<u64>,
    received: u64,
    on_progress: Option<Box<dyn FnMut(Progress) + Send>>,
    /// What errors say about where it comes from.
    call: Option<Box<CallInfo>>,
    /// Who wants to know how it ends.
    #[cfg(feature = "client")]
    observed: Option<Arc<Observed>>,
}

impl Download {
    /// A file in memory, for fakes and servers.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let length = bytes.len() as u64;
        Self { length: Some(length), ..Self::from_stream(Ready(vec![Ok(bytes)].into_iter())) }
    }

    /// A file in chunks, for fakes, servers and decorators.
    pub fn from_stream(chunks: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Self {
            chunks: Some(Box::pin(chunks)),
            file_name: None,
            length: None,
            media_type: None,
            limit: None,
            received: 0,
            on_progress: None,
            call: None,
            #[cfg(feature = "client")]
            observed: None,
        }
    }

    /// A file with the name, length and media type that the headers of an answer give it.
    pub fn from_answer(
        headers: &HeaderMap,
        chunks: impl Stream<Item = Result<Bytes>> + Send + 'static,
    ) -> Self {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            file_name: headers.get(CONTENT_DISPOSITION).and_then(|value| file_name(value.as_bytes())),
            length: header(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            media_type: header(CONTENT_TYPE).map(str::to_owned),
            ..Self::from_stream(chunks)
        }
    }

    /// Says which call it comes from, and who wants to know how it ends.
    #[cfg(feature = "client")]
    pub(crate) fn of_call(mut self, call: CallInfo, observed: Option<Arc<Observed>>) -> Self {
        (self.call, self.observed) = (Some(Box::new(call)), observed);
        self
    }

    /// Sets the file name; it is made [safe](Self::file_name).
    pub fn with_file_name(mut self, name: &str) -> Self {
        self.file_name = safe_file_name(name);
        self
    }

    /// Sets the media type.
    pub fn with_media_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// Fails with [`Error::TooLarge`](crate::Error::TooLarge) when more than so many bytes arrive. Without
    /// it, only [`bytes`](Self::bytes) has a cap.
    pub fn with_limit(mut self, bytes: u64) -> Self {
        self.limit = Some(bytes);
        self
    }

    /// Calls `report` after each chunk.
    pub fn on_progress(mut self, report: impl FnMut(Progress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(report));
        self
    }

    /// The file name that the server suggests, if it does. It is a plain name: no folder, no leading dot, no
    /// control character, nothing that a file system treats specially, at most 200 bytes.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The number of bytes in the whole file, if the server says so.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The media type, with its parameters.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// The next bytes, or nothing after the end. Cancelling it loses no bytes.
    ///
    /// # Errors
    ///
    /// Whatever broke the transfer; also when the end comes before [`length`](Self::length) bytes.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await.transpose()
    }

    /// The whole file in memory: at most 256 MiB, or what [`with_limit`](Self::with_limit) says.
    ///
    /// # Errors
    ///
    /// Like [`chunk`](Self::chunk), and [`Error::TooLarge`](crate::Error::TooLarge).
    pub async fn bytes(mut self) -> Result<Bytes> {
        self.limit.get_or_insert(MAX_IN_MEMORY);
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    fn accept(&mut self, chunk: Option<Result<Bytes>>) -> Option<Result<Bytes>> {
        let Some(chunk) = chunk else {
            let is_short = self.length.is_some_and(|length| self.received < length);
            return is_short.then(|| Err(StreamError::Truncated.into()));
        };
        Some(chunk.and_then(|chunk| {
            self.received += chunk.len() as u64;
            if let Some(limit) = self.limit.filter(|limit| self.received > *limit) {
                return Err(TooLarge::new(limit).into());
            }
            if let Some(report) = &mut self.on_progress {
                report(Progress { received: self.received, total: self.length });
            }
            Ok(chunk)
        }))
    }
}

impl Download {
    /// Ends here, whatever is still to come.
    #[cfg(feature = "blocking")]
    pub(crate) fn end(&mut self) {
        (self.chunks, self.observed) = (None, None);
    }

    /// Whether nothing comes any more.
    #[cfg(feature = "blocking")]
    pub(crate) fn has_ended(&self) -> bool {
        self.chunks.is_none()
    }

    fn failed(&self, error: impl Into<Error>) -> Error {
        in_call(error.into(), self.call.as_deref())
    }
}

/// Says in which call it happened, where that is known.
fn in_call(error: Error, call: Option<&CallInfo>) -> Error {
    match call {
        Some(call) => error.in_call(call),
        None => error,
    }
}

impl Stream for Download {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let Some(chunks) = &mut self.chunks else { return Poll::Ready(None) };
        let chunk = ready!(chunks.as_mut().poll_next(context));
        let chunk = self.accept(chunk).map(|chunk| chunk.map_err(|error| self.failed(error)));
        if !matches!(chunk, Some(Ok(_))) {
            self.chunks = None;
            #[cfg(feature = "client")]
            if let Some(observed) = self.observed.take() {
                observed.over(chunk.as_ref().and_then(|chunk| chunk.as_ref().err()));
            }
        }
        Poll::Ready(chunk)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("file_name", &self.file_name)
            .field("length", &self.length)
            .field("media_type", &self.media_type)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "client")]
mod files {
    use std::fs::Metadata;
    use std::io;
    use std::path::{Path, PathBuf};

    use tempfile::{NamedTempFile, TempPath};
    use tokio::io::AsyncWriteExt;
    use tokio::task::spawn_blocking;

    use super::{Download, in_call};
    use crate::error::{Error, Result};

    /// For a server that suggests no name.
    const DEFAULT_NAME: &str = "download";

    /// How many names [`Download::save_in`] tries.
    const MAX_NAMES: u32 = 1000;

    impl Download {
        /// Writes the file to `path`. A file that is there already is replaced, in one step and only when
        /// everything has arrived. Returns the number of bytes.
        ///
        /// The bytes go to a temporary file in the same folder first. Whatever goes wrong, cancelling
        /// included, leaves no trace. What is cancelled in the very last step may still be there, whole. Only files are
        /// replaced: a device such as `/dev/null`, a pipe or a socket is an error. Who may read and write the old one (on
        /// Unix, its mode) may do so with the new one, and nobody else.
        ///
        /// # Errors
        ///
        /// Like [`chunk`](Self::chunk), and [`Error::Io`] when the file cannot be written.
        pub async fn save_to(self, path: impl AsRef<Path>) -> Result<u64> {
            let path = path.as_ref().to_owned();
            let folder = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                _ => PathBuf::from("."),
            };
            let call = self.call.clone();
            let failed = |error| in_call(Error::io(&path, error), call.as_deref());
            let target = path.clone();
            let old = blocking(move || replaceable(&target)).await.map_err(failed)?;
            let (temporary, length) = self.write_temporary(&folder, old).await?;
            let target = path.clone();
            blocking(move || temporary.persist(target).map_err(|error| error.error)).await.map_err(failed)?;
            Ok(length)
        }

        /// Writes the file into `folder` under the [name](Self::file_name) that the server suggests, or
        /// `download`. Returns the path.
        ///
        /// The server does not get to choose which file is replaced: if the name is taken, a number is added.
        ///
        /// # Errors
        ///
        /// Like [`save_to`](Self::save_to).
        pub async fn save_in(self, folder: impl AsRef<Path>) -> Result<PathBuf> {
            let folder = folder.as_ref().to_owned();
            let name = self.file_name().unwrap_or(DEFAULT_NAME).to_owned();
            let call = self.call.clone();
            let (temporary, _) = self.write_temporary(&folder, None).await?;
            let target = folder.join(&name);
            blocking(move || persist_new(temporary, &folder, &name))
                .await
                .map_err(|error| in_call(Error::io(&target, error), call.as_deref()))
        }

        /// `old`: the file that the new one takes the place of.
        async fn write_temporary(mut self, folder: &Path, old: Option<Metadata>) -> Result<(TempPath, u64)> {
            let call = self.call.clone();
            let failed = |error| in_call(Error::io(folder, error), call.as_deref());
            let place = folder.to_owned();
            let file = blocking(move || create(&place, old.as_ref())).await.map_err(failed)?;
            let (file, path) = file.into_parts();
            let mut file = tokio::fs::File::from_std(file);
            while let Some(chunk) = self.chunk().await? {
                file.write_all(&chunk).await.map_err(failed)?;
            }
            file.flush().await.map_err(failed)?;
            // Otherwise a crash after the rename could leave an empty file in place of the old one.
            file.sync_all().await.map_err(failed)?;
            Ok((path, self.received))
        }
    }

    /// The file that another one may take the place of. Renaming would also replace a device, which is one for all.
    fn replaceable(path: &Path) -> io::Result<Option<Metadata>> {
        let Ok(there) = path.symlink_metadata() else { return Ok(None) };
        match there.file_type() {
            kind if kind.is_file() => Ok(Some(there)),
            // Whoever reads the path reads what the link leads to, if it leads anywhere.
            kind if kind.is_symlink() => Ok(path.metadata().ok().filter(Metadata::is_file)),
            kind if kind.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            _ => Err(io::Error::new(io::ErrorKind::AlreadyExists, "what is there is no file")),
        }
    }

    fn create(folder: &Path, old: Option<&Metadata>) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".download-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;

            if let Some(old) = old {
                // Until then, nobody else may read it. The right to run as its owner is not for other bytes.
                let file = builder.tempfile_in(folder)?;
                file.as_file()
                    .set_permissions(PermissionsExt::from_mode(old.permissions().mode() & 0o777))?;
                return Ok(file);
            }
            // Like any file that the user creates: the process's mask decides who may read it.
            builder.permissions(PermissionsExt::from_mode(0o666));
        }
        #[cfg(not(unix))]
        let _ = old;
        builder.tempfile_in(folder)
    }

    /// Gives the file the first free name of `name.ext`, `name (1).ext`, ...
    fn persist_new(mut temporary: TempPath, folder: &Path, name: &str) -> io::Result<PathBuf> {
        let (stem, extension) = match name.rfind('.') {
            Some(dot) => name.split_at(dot),
            None => (name, ""),
        };
        for number in 0..MAX_NAMES {
            let name = if number == 0 { name.to_owned() } else { format!("{stem} ({number}){extension}") };
            let target = folder.join(name);
            match temporary.persist_noclobber(&target) {
                Ok(()) => return Ok(target),
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => temporary = error.path,
                Err(error) => return Err(error.error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    async fn blocking<T: Send + 'static>(
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        spawn_blocking(work).await.map_err(io::Error::other)?
    }
}

/// The file name in a `Content-Disposition` header, made safe.
pub(crate) fn file_name(header: &[u8]) -> Option<String> {
    file_name_of(header, |quoted| quoted.to_owned())
}

/// The same with something to do to a name that is not in the extended form.
pub(crate) fn file_name_of(header: &[u8], read: impl Fn(&str) -> String) -> Option<String> {
    let header = String::from_utf8_lossy(header);
    let parameters = parameters(&header);
    let find = |wanted: &str| {
        parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    // RFC 6266: the extended form is preferred, in whatever order they come.
    let extended = find("filename*").and_then(|value| decode_extended(value));
    extended
        .as_deref()
        .and_then(safe_file_name)
        .or_else(|| find("filename").and_then(|name| safe_file_name(&read(name))))
}

/// A parameter of a header.
#[cfg(feature = "server")]
pub(crate) fn parameter(header: &[u8], wanted: &str) -> Option<String> {
    let found = parameters(&String::from_utf8_lossy(header));
    found.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

/// The `name=value` parts of a header, quotes and escapes resolved.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((_, after)) = rest.split_once(';') {
        let Some((name, value)) = after.split_once('=') else { break };
        if let Some(semicolon) = name.find(';') {
            // A parameter without a value.
            rest = &after[semicolon..];
            continue;
        }
        let value = value.trim_start();
        let (value, length) = if let Some(quoted) = value.strip_prefix('"') {
            let (text, length) = unquote(quoted);
            (text, length + 1)
        } else {
            let end = value.find(';').unwrap_or(value.len());
            (value[..end].trim().to_owned(), end)
        };
        let consumed = after.len() - after[name.len() + 1..].trim_start().len() + length;
        rest = &after[consumed..];
        found.push((name.trim().to_owned(), value));
    }
    found
}

/// The text up to the closing quote, and how many bytes it took with the quote.
///
/// Many write a `\` of a name or path as it is, so it is an escape only before what must have one.
fn unquote(quoted: &str) -> (String, usize) {
    let mut text = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, at + 1),
            '\\' => {
                let escaped = characters.next_if(|(_, next)| matches!(next, '"' | '\\'));
                text.push(escaped.map_or(character, |(_, escaped)| escaped));
            }
            _ => text.push(character),
        }
    }
    (text, quoted.len())
}

/// `UTF-8'en'na%C3%AFve.txt`
fn decode_extended(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let (charset, _language, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
    if charset.eq_ignore_ascii_case("utf-8") {
        String::from_utf8(bytes).ok()
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        Some(bytes.into_iter().map(char::from).collect())
    } else {
        None
    }
}

/// See [`Download::file_name`].
fn safe_file_name(name: &str) -> Option<String> {
    const MAX_BYTES: usize = 200;
    // Some servers send a whole path, of either kind of system.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    let name = name.replace(['<', '>', ':', '"', '|', '?', '*'], "_");
    let name = name.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    let name = if is_device(name) { format!("_{name}") } else { name.to_owned() };
    // What it was cut at may be another space or dot.
    let name = shorten(&name, MAX_BYTES).trim_end_matches(['.', ' ']).to_owned();
    (!name.is_empty()).then_some(name)
}

/// Characters without a width, which make a name look like another one: marks of direction, joiners, separators.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

/// Names that Windows gives to devices, whatever the extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    // Superscripts count as the digits that they look like.
    let is_digit = |text: &str| matches!(text, "\u{b9}" | "\u{b2}" | "\u{b3}") || is_ascii_digit(text);
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")).is_some_and(is_digit)
}

fn is_ascii_digit(text: &str) -> bool {
    text.len() == 1 && text.starts_with(|c: char| c.is_ascii_digit())
}

/// Cuts the part before the extension, between characters.
fn shorten(name: &str, max: usize) -> String {
    if name.len() <= max {
        return name.to_owned();
    }
    let extension =
        name.rfind('.').map(|dot| &name[dot..]).filter(|extension| extension.len() <= 20).unwrap_or_default();
    let mut end = max - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use http::HeaderValue;
    use std::sync::{Arc, Mutex};

    #[test]
    fn names_in_content_disposition() {
        let long = format!("attachment; filename={}.xlsx", "ä".repeat(300));
        let table: [(&[u8], Option<&str>); 30] = [
            (b"attachment; filename=export.xlsx", Some("export.xlsx")),
            (b"attachment; filename=\"my export.xlsx\"", Some("my export.xlsx")),
            (b"attachment;filename = \"a.b\" ; size=3", Some("a.b")),
            (b"attachment; FileName=a", Some("a")),
            (b"attachment; filename=\"a\\\"b\\\\c;d.txt\"", Some("c;d.txt")),
            (b"attachment; name=\"x; filename=evil\"; filename=good", Some("good")),
            (
                b"attachment; filename=\"fallback\"; filename*=UTF-8''%e2%82%ac%20rates",
                Some("\u{20ac} rates"),
            ),
            (b"attachment; filename*=UTF-8'de'a.txt; filename=b", Some("a.txt")),
            (b"attachment; filename*=ISO-8859-1''%e4.txt; filename=b", Some("\u{e4}.txt")),
            (b"attachment; filename*=UTF-8''%ff; filename=b", Some("b")),
            (b"attachment; filename*=UTF-7''x; filename=b", Some("b")),
            (b"attachment; filename=\"\xe4\xb8\xad.txt\"", Some("\u{4e2d}.txt")),
            (b"attachment; filename=\"../../etc/passwd\"", Some("passwd")),
            (b"attachment; filename=\"C:\\\\temp\\\\x.txt\"", Some("x.txt")),
            (b"attachment; filename=\"C:\\temp\\x.txt\"", Some("x.txt")),
            (b"attachment; filename*=UTF-8''..%2F..%2F.bashrc", Some("bashrc")),
            (b"attachment; filename=\"..\"", None),
            (b"attachment; filename=\".\"", None),
            (b"attachment; filename=\"\"", None),
            (b"attachment; filename=\"a/\"", None),
            (b"attachment; filename*=UTF-8''a%0d%0ab%00.txt", Some("ab.txt")),
            (b"attachment; filename*=UTF-8''%E2%80%AEtxt.exe", Some("txt.exe")),
            (b"attachment; filename=\"a:b*?.txt\"", Some("a_b__.txt")),
            (b"attachment; filename=con.txt", Some("_con.txt")),
            (b"attachment; filename=LPT1", Some("_LPT1")),
            (b"attachment; filename=COM10.txt", Some("COM10.txt")),
            (b"attachment; filename=\"unclosed", Some("unclosed")),
            (b"attachment; flag; filename=x", Some("x")),
            (b"attachment", None),
            (b"filename=x", None),
        ];
        for (header, expected) in table {
            assert_eq!(file_name(header).as_deref(), expected, "{}", String::from_utf8_lossy(header));
        }
        let name = file_name(long.as_bytes()).unwrap();
        assert!(name.len() <= 200 && name.ends_with(".xlsx"), "{name}");
    }

    #[test]
    fn names_that_a_file_system_would_change_or_refuse() {
        for (name, expected) in [
            ("COM\u{b9}", "_COM\u{b9}"),
            ("lpt\u{b3}.txt", "_lpt\u{b3}.txt"),
            ("CONIN$", "_CONIN$"),
            ("conout$.log", "_conout$.log"),
            ("con .txt", "_con .txt"),
            ("a\u{200b}b\u{feff}.txt", "ab.txt"),
            ("C\u{200b}ON", "_CON"),
            ("\u{2066}\u{ad}a", "a"),
            ("CONSOLE", "CONSOLE"),
        ] {
            assert_eq!(safe_file_name(name).as_deref(), Some(expected), "{name:?}");
        }
        for name in [
            format!("con.{}", "x".repeat(400)),
            format!("{} tail", "x".repeat(199)),
            format!("{}. . .tail", "x".repeat(196)),
            format!("{} {}", "x".repeat(199), "y".repeat(400)),
        ] {
            let safe = safe_file_name(&name).unwrap();
            assert!(safe.len() <= 200 && !safe.ends_with([' ', '.']), "{safe:?}");
            assert_eq!(safe_file_name(&safe).as_deref(), Some(safe.as_str()), "nothing more to change");
        }
        assert_eq!(safe_file_name("\u{200b}"), None);
    }

    fn parts(parts: Vec<Result<Bytes>>) -> Download {
        Download::from_stream(Ready(parts.into_iter()))
    }

    fn two() -> Vec<Result<Bytes>> {
        vec![Ok(Bytes::from_static(b"abc")), Ok(Bytes::from_static(b"de"))]
    }

    #[tokio::test]
    async fn chunks_length_limit_and_progress() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = seen.clone();
        let download = parts(two()).on_progress(move |progress| sink.lock().unwrap().push(progress.received));
        assert_eq!(download.bytes().await.unwrap(), "abcde");
        assert_eq!(*seen.lock().unwrap(), [3, 5]);

        let error = parts(two()).with_limit(4).bytes().await.unwrap_err();
        assert!(matches!(error, Error::TooLarge(ref error) if error.limit() == 4), "{error:?}");

        let headers = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from_static("6"))]);
        let mut download = Download::from_answer(&headers, Ready(two().into_iter()));
        assert_eq!(download.length(), Some(6));
        assert!(download.chunk().await.unwrap().is_some() && download.chunk().await.unwrap().is_some());
        let error = download.chunk().await.unwrap_err();
        assert!(matches!(error, Error::Stream { error: StreamError::Truncated, .. }), "{error:?}");
        assert!(download.chunk().await.unwrap().is_none(), "fused");
    }

    #[cfg(feature = "client")]
    #[tokio::test]
    async fn files_are_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.txt");
        let names = || {
            let mut names: Vec<String> = folder
                .path()
                .read_dir()
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let broken = || parts(vec![Ok(Bytes::from_static(b"half")), Err(Error::other("cut"))]);

        assert!(broken().save_to(&target).await.is_err());
        assert!(names().is_empty(), "{:?}", names());
        assert_eq!(parts(two()).save_to(&target).await.unwrap(), 5);
        assert!(broken().save_to(&target).await.is_err());
        assert_eq!(std::fs::read(&target).unwrap(), b"abcde", "a failure keeps the old file");
        assert_eq!(Download::from_bytes("new").save_to(&target).await.unwrap(), 3);
        assert_eq!(std::fs::read(&target).unwrap(), b"new");

        let saved =
            Download::from_bytes("second").with_file_name("x.txt").save_in(folder.path()).await.unwrap();
        assert_eq!(saved.file_name().unwrap(), "x (1).txt");
        Download::from_bytes("third").save_in(folder.path()).await.unwrap();
        assert_eq!(names(), ["download", "x (1).txt", "x.txt"]);
        assert_eq!(std::fs::read(&target).unwrap(), b"new", "the server cannot replace a file");

        let error = Download::from_bytes("x").save_to(folder.path().join("missing/x")).await.unwrap_err();
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        assert!(Download::from_bytes("x").save_to(folder.path()).await.is_err());
        assert_eq!(names().len(), 3);
    }

    #[cfg(all(unix, feature = "client"))]
    #[tokio::test]
    async fn what_is_no_file_is_not_replaced_by_one() {
        use std::os::unix::fs::FileTypeExt;
        use std::os::unix::net::UnixListener;

        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        let error = Download::from_bytes("x").save_to(&socket).await.unwrap_err();
        assert!(matches!(&error, Error::Io(error) if error.path() == socket), "{error:?}");
        assert!(std::fs::metadata(&socket).unwrap().file_type().is_socket());
    }
}
