//! What `main` says when it fails.
//!
//! Comes in: any error. Goes out: its words and those of its causes, for people. Must not: show how an error is built,
//! which is what the standard library prints of others.

use std::error::Error;
use std::fmt;

/// Any error, for `main` to return: it is printed in the words that the error has for people, with its causes, and not as
/// the structure that it is.
///
/// ```
/// use runtime::{Error, MainError};
///
/// fn main() -> Result<(), MainError> {
///     # let work = || Ok::<(), Error>(());
///     work()?;
///     let port = "8080".parse::<u16>()?;
///     (port > 0).then_some(()).ok_or("give a port")?;
///     Ok(())
/// }
/// ```
///
/// A missing key then ends a program with `Error: the environment variable SHOP_API_KEY is not set, is empty or is not
/// text`. It costs nothing until something fails.
pub struct MainError(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for MainError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// What the standard library prints of the error that `main` returns.
impl fmt::Debug for MainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The error, and each of its causes in a line of its own, unless it says nothing new.
impl fmt::Display for MainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = self.0.to_string();
        f.write_str(&last)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !last.ends_with(&text) {
                write!(f, "\n  because: {text}")?;
            }
            (last, cause) = (text, error.source());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::MainError;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Layer>>);

    #[test]
    fn causes_are_told_once() {
        let layer = |text, cause: Option<Layer>| Layer(text, cause.map(Box::new));
        let error =
            layer("no answer", Some(layer("could not connect: refused", Some(layer("refused", None)))));
        let shown = "no answer\n  because: could not connect: refused";
        assert_eq!(format!("{:?}", MainError::from(error)), shown);
        assert_eq!(MainError::from("set a key").to_string(), "set a key");
        assert_eq!(MainError::from(crate::Error::other("x")).to_string(), "x");
    }
}
