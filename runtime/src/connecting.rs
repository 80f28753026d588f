//! When a connection comes about, as seen by the call that waits for it.
//!
//! Comes in: the connector of the HTTP library, and the calls that run on it. Goes out: whether a call's connection is
//! being made, or when it was. Must not: cost a call anything that finds a connection ready.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

/// When it was done.
type Done = Arc<OnceLock<Instant>>;

tokio::task_local! {
    /// The connection that the call of this task has asked for, if it needed one.
    static CONNECTION: RefCell<Option<Done>>;
}

/// What is known of a call's connection.
pub(crate) enum Last {
    /// It uses one that was there.
    Never,
    /// It is being made.
    Now,
    /// It was made, or failed.
    At(Instant),
}

/// Does the work of a call, whose connection [`last`] then knows.
pub(crate) fn watch<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    CONNECTION.scope(RefCell::default(), work)
}

/// The connection of the call that asks.
pub(crate) fn last() -> Last {
    let done = CONNECTION.try_with(|slot| slot.try_borrow().ok().and_then(|slot| slot.clone()));
    match done.ok().flatten() {
        None => Last::Never,
        Some(done) => done.get().map_or(Last::Now, |moment| Last::At(*moment)),
    }
}

/// A layer around the connector that notes connections for the calls that ask for them.
#[derive(Debug, Clone)]
pub(crate) struct WatchConnecting;

impl<S> Layer<S> for WatchConnecting {
    type Service = Watched<S>;

    fn layer(&self, connector: S) -> Watched<S> {
        Watched(Arc::new(connector))
    }
}

/// The HTTP library copies its connector some times for each call, and seldom connects: the connector is copied when that
/// happens.
#[derive(Debug)]
pub(crate) struct Watched<S>(Arc<S>);

impl<S> Clone for Watched<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R> + Clone + Send + 'static,
    S::Future: Send,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: R) -> Self::Future {
        let done = Done::default();
        let _ = CONNECTION.try_with(|slot| {
            if let Ok(mut slot) = slot.try_borrow_mut() {
                *slot = Some(done.clone());
            }
        });
        let mut connector = S::clone(&self.0);
        Box::pin(async move {
            let _end = AtEnd(done);
            poll_fn(|context| connector.poll_ready(context)).await?;
            connector.call(target).await
        })
    }
}

/// Notes the moment, also when connecting is given up.
struct AtEnd(Done);

impl Drop for AtEnd {
    fn drop(&mut self) {
        let _ = self.0.set(Instant::now());
    }
}
