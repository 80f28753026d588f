//! What a method of an API trait does that nobody wrote.
//!
//! Comes in: the method's name, from generated code. Goes out: a future that has failed already. Must not: allocate
//! before somebody awaits it. It has a name of its own, so that a router can tell a default body from a written one by
//! its type, without a call.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::{Error, Result};
use crate::response::Response;

/// The default body of a generated trait's method: a ready future that ends with [`Error::NotImplemented`].
///
/// So an implementation, a fake above all, writes the methods that it is about and no others. It can cross threads,
/// whatever `T` is.
///
/// ```
/// use std::future::Future;
/// use runtime::{Error, NotImplemented, Response, Result};
///
/// trait Api: Send + Sync {
///     fn greet(&self) -> impl Future<Output = Result<Response<String>>> + Send {
///         NotImplemented::new("greet")
///     }
///
///     fn count(&self) -> impl Future<Output = Result<Response<u64>>> + Send {
///         NotImplemented::new("count")
///     }
/// }
///
/// struct Fake;
///
/// impl Api for Fake {
///     async fn greet(&self) -> Result<Response<String>> {
///         Ok("hello".to_owned().into())
///     }
/// }
///
/// # async fn example() {
/// let error = Fake.count().await.unwrap_err();
/// assert!(matches!(error, Error::NotImplemented { name: "count" }));
/// # }
/// ```
#[must_use = "futures do nothing unless they are awaited"]
pub struct NotImplemented<T> {
    name: &'static str,
    answer: PhantomData<fn() -> T>,
}

impl<T> NotImplemented<T> {
    /// The future of the method with this name.
    pub const fn new(name: &'static str) -> Self {
        Self { name, answer: PhantomData }
    }
}

impl<T> Future for NotImplemented<T> {
    type Output = Result<Response<T>>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Err(Error::not_implemented(self.name)))
    }
}

impl<T> fmt::Debug for NotImplemented<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NotImplemented").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_fails_at_once_and_can_cross_threads_whatever_the_answer() {
        fn crosses<T: Send + Sync + Unpin + 'static>(value: T) -> T {
            value
        }
        let future = crosses(NotImplemented::<std::rc::Rc<()>>::new("list_messages"));
        assert_eq!(format!("{future:?}"), "NotImplemented(\"list_messages\")");
        let Err(error) = future.await else { panic!("an answer") };
        assert_eq!(error.to_string(), "`list_messages` is not implemented here");
        assert!(matches!(error, Error::NotImplemented { name: "list_messages" }));
        assert!(!error.is_transient() && error.status().is_none());
    }
}
