//! Calls without an async runtime in sight: what generated blocking clients are made of.
//!
//! Futures are polled on the calling thread; connections are driven by one background thread, which all clients of the
//! process share and which starts with the first call. So a call costs two context switches more than an async one.
//!
//! Inside of an async runtime a blocked thread would hold up all of its tasks, perhaps for ever, so calls there fail with
//! [`ConfigError::InsideRuntime`], also on the threads of `spawn_blocking`. Use the async client there.
//!
//! ```
//! use futures_core::Stream;
//! use runtime::blocking;
//!
//! let answer = blocking::wait(async { Ok(6 * 7) })?;
//! assert_eq!(answer, 42);
//! # Ok::<(), runtime::Error>(())
//! ```

use crate::{Bytes, ConfigError, OtherEvents, Progress, Result, SignOfLife, StreamEvent};
use std::fmt;
use std::future::Future;
use std::io::{self, Read};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// Runs a future to its end on this thread.
///
/// # Errors
/// What the future fails with; [`ConfigError::InsideRuntime`] inside of an async runtime, and
/// [`ConfigError::HttpClient`] in what runs behind the end of a thread, such as a destructor of its `thread_local!` values,
/// before anything is sent.
pub fn wait<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match Handle::try_current() {
        Ok(_) => Err(ConfigError::InsideRuntime.into()),
        Err(error) if error.is_thread_local_destroyed() => {
            // In a destructor of a thread's own values. Waiting would panic there, which ends the process.
            Err(ConfigError::HttpClient("the thread is at its end".into()).into())
        }
        Err(_) => driver()?.block_on(future),
    }
}

/// The thread that drives connections.
fn driver() -> Result<&'static Runtime> {
    static DRIVER: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let start =
        || Builder::new_multi_thread().worker_threads(1).thread_name("api-driver").enable_all().build();
    let driver = DRIVER.get_or_init(start).as_ref();
    driver.map_err(|error| ConfigError::HttpClient(error.to_string().into()).into())
}

/// An event stream that waits for each event.
///
/// An iterator; everything else is as on [`EventStream`](crate::EventStream).
pub struct Events<E>(crate::EventStream<E>);

impl<E: StreamEvent> Events<E> {
    /// See [`EventStream::with_other_events`](crate::EventStream::with_other_events).
    #[must_use]
    pub fn with_other_events(self, others: OtherEvents) -> Self {
        Self(self.0.with_other_events(others))
    }

    /// See [`EventStream::with_max_silence`](crate::EventStream::with_max_silence).
    #[must_use]
    pub fn with_max_silence(self, limit: Duration, sign: SignOfLife) -> Self {
        Self(self.0.with_max_silence(limit, sign))
    }
}

impl<E: StreamEvent> Iterator for Events<E> {
    type Item = Result<E>;

    fn next(&mut self) -> Option<Self::Item> {
        // It has ended after any error: whoever passes errors over would ask for ever.
        if self.0.has_ended() {
            return None;
        }
        wait(self.0.try_next()).inspect_err(|_| self.0.end()).transpose()
    }
}

/// Items of all pages, each page fetched when it is needed.
///
/// An iterator; everything else is as on [`Items`](crate::Items).
pub struct Items<'a, T>(crate::Items<'a, T>);

impl<'a, T: Send + 'a> Items<'a, T> {
    /// The next page as a whole; nothing behind the last.
    ///
    /// # Errors
    /// As for the async [`Items::next_page`](crate::Items::next_page), and [`ConfigError::InsideRuntime`].
    pub fn next_page(&mut self) -> Result<Option<crate::ItemPage<T>>> {
        if self.0.has_ended() {
            return Ok(None);
        }
        wait(self.0.next_page()).inspect_err(|_| self.0.end())
    }
}

impl<'a, T: Send + 'a> Iterator for Items<'a, T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.has_ended() {
            return None;
        }
        wait(self.0.try_next()).inspect_err(|_| self.0.end()).transpose()
    }
}

/// A body of bytes that waits for each piece.
///
/// A reader; everything else is as on [`Download`](crate::Download).
pub struct Download {
    inner: crate::Download,
    /// What has arrived and was not read yet.
    rest: Bytes,
}

impl Download {
    /// See [`Download::with_limit`](crate::Download::with_limit).
    #[must_use]
    pub fn with_limit(self, bytes: u64) -> Self {
        Self { inner: self.inner.with_limit(bytes), ..self }
    }

    /// See [`Download::with_file_name`](crate::Download::with_file_name).
    #[must_use]
    pub fn with_file_name(self, name: &str) -> Self {
        Self { inner: self.inner.with_file_name(name), ..self }
    }

    /// See [`Download::on_progress`](crate::Download::on_progress).
    #[must_use]
    pub fn on_progress(self, report: impl FnMut(Progress) + Send + 'static) -> Self {
        Self { inner: self.inner.on_progress(report), ..self }
    }

    /// The next piece, as it arrived; nothing at the end.
    ///
    /// # Errors
    /// As for the async [`Download::chunk`](crate::Download::chunk), and [`ConfigError::InsideRuntime`].
    pub fn chunk(&mut self) -> Result<Option<Bytes>> {
        if !self.rest.is_empty() {
            return Ok(Some(std::mem::take(&mut self.rest)));
        }
        if self.inner.has_ended() {
            return Ok(None);
        }
        wait(self.inner.chunk()).inspect_err(|_| self.inner.end())
    }

    /// Everything, in memory.
    ///
    /// # Errors
    /// As for the async [`Download::bytes`](crate::Download::bytes), and [`ConfigError::InsideRuntime`].
    pub fn bytes(self) -> Result<Bytes> {
        wait(self.inner.bytes())
    }

    /// Saves the body to a file and returns how many bytes it has.
    ///
    /// # Errors
    /// As for the async [`Download::save_to`](crate::Download::save_to), and [`ConfigError::InsideRuntime`].
    pub fn save_to(self, path: impl AsRef<Path>) -> Result<u64> {
        wait(self.inner.save_to(path))
    }

    /// Saves the body in a folder, under the name that the server gives it, and returns where.
    ///
    /// # Errors
    /// As for the async [`Download::save_in`](crate::Download::save_in), and [`ConfigError::InsideRuntime`].
    pub fn save_in(self, folder: impl AsRef<Path>) -> Result<PathBuf> {
        wait(self.inner.save_in(folder))
    }
}

impl Read for Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() && !buffer.is_empty() {
            match self.chunk().map_err(io::Error::other)? {
                Some(chunk) => self.rest = chunk,
                None => return Ok(0),
            }
        }
        let length = self.rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.rest.split_to(length));
        Ok(length)
    }
}

impl<E> From<crate::EventStream<E>> for Events<E> {
    fn from(events: crate::EventStream<E>) -> Self {
        Self(events)
    }
}

impl<'a, T> From<crate::Items<'a, T>> for Items<'a, T> {
    fn from(items: crate::Items<'a, T>) -> Self {
        Self(items)
    }
}

impl From<crate::Download> for Download {
    fn from(inner: crate::Download) -> Self {
        Self { inner, rest: Bytes::new() }
    }
}

/// The async value underneath, for its settings and what it knows.
macro_rules! derefs {
    ($([$($parameters:tt)*] $own:ty, $target:ty, $field:tt;)*) => {$(
        impl<$($parameters)*> Deref for $own {
            type Target = $target;

            fn deref(&self) -> &Self::Target {
                &self.$field
            }
        }

        impl<$($parameters)*> DerefMut for $own {
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.$field
            }
        }

        impl<$($parameters)*> fmt::Debug for $own {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.$field, formatter)
            }
        }
    )*};
}

derefs! {
    [E] Events<E>, crate::EventStream<E>, 0;
    ['a, T] Items<'a, T>, crate::Items<'a, T>, 0;
    [] Download, crate::Download, inner;
}
