//! One call as its hooks and its span see it.
//!
//! Comes in: what happens to the call. Goes out: the same, once and in order, to whoever listens. Must not: exist where
//! nobody listens, or leave an attempt without an end.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderValue};
use http::{Extensions, StatusCode};
use reqwest::Url;
use tokio::time::Instant;

use crate::error::{CallInfo, Error, Operation, Result};
use crate::hook::{AttemptStart, End, Hook, Report};
use crate::settings::Handle;
#[cfg(feature = "tracing")]
use crate::trace::CallSpan;

/// What is known of an answer's head.
#[derive(Default)]
struct Answered {
    status: Option<StatusCode>,
    request_id: Option<HeaderValue>,
    /// How long it took.
    after: Option<Duration>,
}

/// A call that somebody watches. The call, the body of its answer and the stream that decodes it share it.
pub(crate) struct Observed {
    hooks: Arc<[Box<dyn Hook>]>,
    operation: Operation,
    url: Url,
    start: Instant,
    /// Bytes of the current answer's body.
    received: AtomicU64,
    state: Mutex<State>,
}

struct State {
    /// It ends with the call, whoever is still there.
    #[cfg(feature = "tracing")]
    span: Option<CallSpan>,
    extensions: Extensions,
    /// When the attempt began that has not ended yet.
    open: Option<Instant>,
    attempts: u32,
    sent: u64,
    answered: Answered,
    is_over: bool,
}

impl Observed {
    /// Nothing, if nobody listens.
    pub(crate) fn new(client: &Handle, operation: &Operation, url: &Url) -> Option<Arc<Self>> {
        let hooks = &client.shared.hooks;
        #[cfg(feature = "tracing")]
        let span = CallSpan::open(operation, url);
        #[cfg(feature = "tracing")]
        let is_traced = span.is_some();
        #[cfg(not(feature = "tracing"))]
        let is_traced = false;
        if hooks.is_empty() && !is_traced {
            return None;
        }
        Some(Arc::new(Self {
            hooks: hooks.clone(),
            operation: operation.clone(),
            url: url.clone(),
            start: Instant::now(),
            received: AtomicU64::new(0),
            state: Mutex::new(State {
                #[cfg(feature = "tracing")]
                span,
                extensions: client.settings.extensions.clone(),
                open: None,
                attempts: 0,
                sent: 0,
                answered: Answered::default(),
                is_over: false,
            }),
        }))
    }

    /// Does work of the call, inside of its span.
    pub(crate) async fn within<T>(&self, work: Pin<&mut impl Future<Output = T>>) -> T {
        #[cfg(feature = "tracing")]
        let work = CallSpan::instrument(self.state().span.as_ref(), work);
        work.await
    }

    /// An attempt begins. All hooks are asked, so that each sees the end of what it saw begin.
    pub(crate) fn begin(&self, number: u32, headers: &mut HeaderMap, body: Option<&Bytes>) -> Result<()> {
        let mut state = self.state();
        self.received.store(0, Ordering::Relaxed);
        (state.open, state.attempts) = (Some(Instant::now()), number);
        (state.sent, state.answered) = (body.map_or(0, |body| body.len() as u64), Answered::default());
        let mut attempt = AttemptStart {
            operation: &self.operation,
            number,
            url: &self.url,
            headers,
            body,
            extensions: &mut state.extensions,
        };
        self.hooks.iter().map(|hook| hook.before_attempt(&mut attempt)).fold(Ok(()), Result::and)
    }

    /// The head of an answer is there.
    pub(crate) fn answered(&self, status: StatusCode, request_id: Option<HeaderValue>) {
        let mut state = self.state();
        let after = state.open.map(|start| start.elapsed());
        state.answered = Answered { status: Some(status), request_id, after };
    }

    /// Some bytes of the answer's body are there.
    pub(crate) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The attempt succeeded, or failed and may be repeated.
    pub(crate) fn attempt_over(&self, error: Option<&Error>, retry_in: Option<Duration>) {
        self.end_attempt(&mut self.state(), End::of(error), retry_in);
    }

    /// The call is over, and so is its attempt.
    pub(crate) fn over(&self, error: Option<&Error>) {
        self.end(End::of(error));
    }

    fn end(&self, end: End<'_>) {
        let mut state = self.state();
        if state.is_over {
            return;
        }
        state.is_over = true;
        self.end_attempt(&mut state, end, None);
        let call = self.call_info(&state);
        let report = self.report(&call, &state, self.start.elapsed(), end, None);
        #[cfg(feature = "tracing")]
        state.span.iter().for_each(|span| span.call_over(&report));
        self.hooks.iter().for_each(|hook| hook.after_call(&report));
        #[cfg(feature = "tracing")]
        drop(state.span.take());
    }

    fn end_attempt(&self, state: &mut State, end: End<'_>, retry_in: Option<Duration>) {
        let Some(start) = state.open.take() else { return };
        let call = self.call_info(state);
        let report = self.report(&call, state, start.elapsed(), end, retry_in);
        #[cfg(feature = "tracing")]
        state.span.iter().for_each(|span| span.attempt_over(&report));
        self.hooks.iter().for_each(|hook| hook.after_attempt(&report));
    }

    fn call_info(&self, state: &State) -> CallInfo {
        CallInfo::sent(self.operation.clone(), state.attempts, state.answered.request_id.clone())
    }

    fn report<'a>(
        &'a self,
        call: &'a CallInfo,
        state: &'a State,
        duration: Duration,
        end: End<'a>,
        retry_in: Option<Duration>,
    ) -> Report<'a> {
        Report {
            call,
            url: &self.url,
            status: state.answered.status,
            duration,
            time_to_head: state.answered.after,
            sent: state.sent,
            received: self.received.load(Ordering::Relaxed),
            end,
            retry_in,
            extensions: &state.extensions,
        }
    }

    /// A hook that panicked leaves nothing half done in it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> End<'a> {
    fn of(error: Option<&'a Error>) -> Self {
        error.map_or(Self::Good, Self::Failed)
    }
}

/// Whoever waited for the rest is gone.
impl Drop for Observed {
    fn drop(&mut self) {
        if !thread::panicking() {
            return self.end(End::Dropped);
        }
        // A second panic while the first goes its way, such as of a hook whose lock that one has poisoned, would end the
        // process.
        let _ = catch_unwind(AssertUnwindSafe(|| self.end(End::Dropped)));
    }
}
