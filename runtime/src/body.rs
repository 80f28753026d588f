//! The bytes of a request body.
//!
//! Comes in: anything that owns or can share bytes. Goes out: [`Bytes`], cheap to clone, so that a request
//! can be retried. Must not: interpret the bytes.

use std::fmt;

use bytes::Bytes;

/// A request body held in memory.
///
/// ```
/// let body = runtime::Body::from("plain text");
/// assert_eq!(body.as_bytes(), b"plain text");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(Bytes);

impl Body {
    /// The bytes that will be sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Gives the bytes away without copying them.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

/// Prints the length only: a body may carry what a log must not.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Self(Bytes::from_static(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(body.as_bytes(), b"ab");
            assert_eq!(format!("{body:?}"), "Body(2 bytes)");
            assert_eq!(body.into_bytes(), "ab");
        }
    }
}
