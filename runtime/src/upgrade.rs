//! Connections that go on in another protocol.
//!
//! Comes in: what is left of a connection after an answer with status 101. Goes out: the same as bytes in both directions.
//! Must not: know the protocol.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection that goes on in another protocol, such as `websocket`. What it carries is up to its user, or to a library
/// for that protocol.
///
/// ```
/// use runtime::upgrade::Upgraded;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (mut far, near) = tokio::io::duplex(64);
/// let mut connection = Upgraded::new("echo", near); // what a fake answers
/// far.write_all(b"hi").await?;
/// let mut text = [0; 2];
/// connection.read_exact(&mut text).await?;
/// assert_eq!(&text, b"hi");
/// # Ok(())
/// # }
/// ```
pub struct Upgraded {
    protocol: String,
    /// Never locked: whoever reads or writes has all of it.
    io: Mutex<Pin<Box<dyn Io>>>,
}

/// Both directions.
trait Io: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Io for T {}

impl Upgraded {
    /// Anything that carries bytes in both directions.
    pub fn new(protocol: impl Into<String>, io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self { protocol: protocol.into(), io: Mutex::new(Box::pin(io)) }
    }

    /// The protocol that the server has chosen.
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    fn io(self: Pin<&mut Self>) -> Pin<&mut dyn Io> {
        self.get_mut().io.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut()
    }
}

impl AsyncRead for Upgraded {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.io().poll_read(context, buffer)
    }
}

impl AsyncWrite for Upgraded {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.io().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_shutdown(context)
    }
}

impl fmt::Debug for Upgraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgraded").field("protocol", &self.protocol).finish_non_exhaustive()
    }
}
