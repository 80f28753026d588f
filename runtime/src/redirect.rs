//! An answer that leads elsewhere.

use std::fmt;

/// Where an answer leads, for operations that answer with nothing else. It is never followed.
///
/// ```
/// let redirect = runtime::Redirect::to("https://login.example/?state=1"); // what a fake or a server answers
/// assert_eq!(redirect.location(), "https://login.example/?state=1");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Redirect {
    location: String,
    url: Option<String>,
}

impl Redirect {
    /// A redirect to an address, which may be relative to that of the request.
    pub fn to(location: impl Into<String>) -> Self {
        Self { location: location.into(), url: None }
    }

    /// The address as the server wrote it, perhaps relative.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The whole address. Only the answer of a client has one; nothing, if what the server wrote is no address.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Adds the whole address.
    #[cfg(feature = "client")]
    pub(crate) fn with_url(mut self, url: Option<String>) -> Self {
        self.url = url;
        self
    }
}

/// Prints what stands before the query, which may carry a token.
impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.location.find(['?', '#', '@']).unwrap_or(self.location.len());
        f.debug_struct("Redirect").field("location", &&self.location[..end]).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_query() {
        let text = format!("{:?}", Redirect::to("/login?token=canary"));
        assert!(text.contains("/login") && !text.contains("canary"), "{text}");
    }
}
