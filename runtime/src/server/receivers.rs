//! Receivers of webhooks and callbacks: what a service sends to an address that its user chose.
//!
//! Comes in: a handler, and a table of generated code with a row for each webhook. Goes out: an axum router in which every
//! webhook has a path, with a look at the raw bytes before anything is decoded. Must not: let a request pass that the check
//! refused.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::{HeaderMap, Method, StatusCode};

use super::call::Call;
use super::problems::ErrorShape;
use super::reply::Reply;
use super::routes::Routes;
use super::table::{Row, Serve, Table};
use super::user_path::UserPath;
use crate::error::{ConfigError, Result};

/// The webhooks of an API, each with the function that serves it. `W` is the generated enum that names them.
///
/// Whoever knows an address can post to it, so a receiver has to find out by itself who does. [`check`](Self::check) sees
/// headers and the raw body first, which is what signatures are made of. Where a service signs nothing, mount at a path that
/// cannot be guessed, and ask the service for what matters.
#[must_use]
pub struct Receivers<A, W> {
    routes: Routes<A>,
    entries: Vec<Entry<A, W>>,
    check: Option<Arc<Check>>,
}

/// One webhook.
struct Entry<A, W> {
    webhook: W,
    method: Method,
    path: UserPath,
    /// Tells it from others at its path.
    which: Option<Arc<Which<W>>>,
    serve: Serve<A>,
}

type Check = dyn Fn(&HeaderMap, &[u8]) -> Result<(), Rejection> + Send + Sync;
type Which<W> = dyn Fn(&HeaderMap, &[u8]) -> Option<W> + Send + Sync;

/// Why a request is not let in: the status and the message of the answer.
///
/// The message goes to whoever sent the request, so it should not help to guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    status: StatusCode,
    message: Cow<'static, str>,
}

impl Rejection {
    /// An answer of this status.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into() }
    }

    /// 401: the request does not prove who sent it.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Not authenticated.")
    }
}

impl<A: Send + Sync + 'static, W: Copy + PartialEq + Send + Sync + 'static> Receivers<A, W> {
    /// No receivers yet. `handler` serves them all; `shape` is how refusals look.
    pub fn new(handler: A, shape: ErrorShape) -> Self {
        let routes = Routes::new(handler, shape).without_fallback().keeping_back();
        Self { routes, entries: Vec::new(), check: None }
    }

    /// Adds the webhooks of a table, each at its default path.
    pub fn mount(mut self, table: Table<A, W>) -> Self {
        self.entries.extend(table.rows.into_iter().map(|Row { method, path, key: webhook, serve }| Entry {
            webhook,
            method,
            path: UserPath::literal(path),
            which: None,
            serve,
        }));
        self
    }

    /// Moves a webhook to another path, written as in the address that the service posts to; other spellings of its escapes
    /// lead there, too. `{tenant}` stands for any text between slashes: `/hooks/{tenant}`. A layer of the router finds the text with axum's `Path`, and can refuse it or hand it
    /// on, such as in a task-local variable. The same goes for variables of a path that the router is nested at.
    ///
    /// Each webhook needs a path of its own. A path without variables comes before one with them, and the first of several at
    /// one path gets all requests; [`all_at`](Self::all_at) tells them apart.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] where the path is none, or would never be called: it is a whole address, has a query, a part `..`,
    /// white space around it, or braces that are not a whole part.
    pub fn at(mut self, webhook: W, path: &str) -> Result<Self> {
        let path = parse(path)?;
        for entry in self.entries.iter_mut().filter(|entry| entry.webhook == webhook) {
            (entry.path, entry.which) = (path.clone(), None);
        }
        Ok(self)
    }

    /// Serves all webhooks at one path, which may have variables as for [`at`](Self::at), for services that post everything to
    /// one address. `which` tells by headers and raw body which webhook a request is; where it cannot, the answer is 404. It is
    /// not asked about a webhook that [`at`](Self::at) moves afterwards, to a path of its own.
    ///
    /// # Errors
    ///
    /// As for [`at`](Self::at).
    pub fn all_at(
        mut self,
        path: &str,
        which: impl Fn(&HeaderMap, &[u8]) -> Option<W> + Send + Sync + 'static,
    ) -> Result<Self> {
        let path = parse(path)?;
        let which: Arc<Which<W>> = Arc::new(which);
        for entry in &mut self.entries {
            (entry.path, entry.which) = (path.clone(), Some(which.clone()));
        }
        Ok(self)
    }

    /// Looks at every request before anything of its body is decoded: headers, and the body's bytes as they arrived. What it
    /// rejects reaches no handler.
    ///
    /// Signatures have to be compared in constant time, which the crates that make them do:
    ///
    /// ```
    /// use base64::prelude::*;
    /// use hmac::{Hmac, KeyInit, Mac};
    /// use runtime::HeaderMap;
    /// use runtime::server::Rejection;
    /// use sha2::Sha256;
    ///
    /// /// Reads `X-Signature`: the HMAC-SHA256 of the body, in Base64.
    /// fn is_signed(secret: &[u8], headers: &HeaderMap, body: &[u8]) -> Option<()> {
    ///     let signature = BASE64_STANDARD.decode(headers.get("x-signature")?).ok()?;
    ///     let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?.chain_update(body);
    ///     mac.verify_slice(&signature).ok()
    /// }
    ///
    /// let secret = b"from the environment".to_vec();
    /// let check = move |headers: &HeaderMap, body: &[u8]| {
    ///     is_signed(&secret, headers, body).ok_or_else(Rejection::unauthorized)
    /// };
    /// # assert_eq!(check(&HeaderMap::new(), b"{}"), Err(Rejection::unauthorized()));
    /// # let signed = HeaderMap::from_iter([(
    /// #     "x-signature".parse().unwrap(), "vzuS1ipGoJm8Jl4Bni3Dalj9SPlFJ94FXeP7++NXK7k=".parse().unwrap()
    /// # )]);
    /// # assert_eq!(check(&signed, b"{}"), Ok(()));
    /// ```
    pub fn check(
        mut self,
        check: impl Fn(&HeaderMap, &[u8]) -> Result<(), Rejection> + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    /// How large a request's body may be, in bytes. Default: 10 MiB.
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.routes = self.routes.max_body_size(bytes);
        self
    }

    /// How long a request's body may take to arrive, once its head is there. A slower one is answered with 408, and its
    /// connection is closed. Default: 60 seconds.
    pub fn body_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.routes = self.routes.body_timeout(limit);
        self
    }

    /// The router, to be merged or nested into others, or served as it is. Other methods at its paths answer 405 with `Allow`.
    /// Where a part of a path begins with a star or a colon, a router that it goes into needs `without_v07_checks()`.
    pub fn into_router(self) -> Router {
        let Self { mut routes, entries, check } = self;
        let mut gates: Vec<Gate<A, W>> = Vec::new();
        for Entry { webhook, method, path, which, serve } in entries {
            // The router knows a path by one spelling of its variables.
            let known = gates.iter().find(|gate| gate.path.is_same_as(&path));
            let path = known.map_or(path, |gate| gate.path.clone());
            match gates.iter_mut().find(|gate| gate.method == method && gate.path == path) {
                Some(gate) => {
                    gate.behind.push((webhook, serve));
                    gate.which = gate.which.take().or(which);
                }
                None => {
                    gates.push(Gate {
                        method,
                        path,
                        behind: vec![(webhook, serve)],
                        check: check.clone(),
                        which,
                    });
                }
            }
        }
        for gate in gates {
            let gate = Arc::new(gate);
            let (method, path) = (gate.method.clone(), gate.path.clone());
            routes = routes
                .route_at(method, &path, move |handler, call| Box::pin(pass(gate.clone(), handler, call)));
        }
        routes.into_router()
    }
}

impl<A, W> fmt::Debug for Receivers<A, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the paths: they may be secrets.
        f.debug_struct("Receivers").field("webhooks", &self.entries.len()).finish_non_exhaustive()
    }
}

/// What stands before the webhooks at one path.
struct Gate<A, W> {
    method: Method,
    path: UserPath,
    behind: Vec<(W, Serve<A>)>,
    check: Option<Arc<Check>>,
    which: Option<Arc<Which<W>>>,
}

impl<A, W: PartialEq> Gate<A, W> {
    /// What serves a request, if it is let in.
    fn open(&self, headers: &HeaderMap, body: &[u8]) -> Result<Serve<A>, Rejection> {
        if let Some(check) = &self.check {
            check(headers, body)?;
        }
        let mut behind = self.behind.iter();
        let found = match &self.which {
            Some(which) => {
                let wanted = which(headers, body);
                behind.find(|(webhook, _)| wanted.as_ref() == Some(webhook))
            }
            None => behind.next(),
        };
        let not_found = || Rejection::new(StatusCode::NOT_FOUND, "Not found.");
        found.map(|(_, serve)| *serve).ok_or_else(not_found)
    }
}

async fn pass<A, W: PartialEq>(gate: Arc<Gate<A, W>>, handler: &A, call: &mut Call) -> Option<Reply> {
    let opened = match gate.check.is_some() || gate.which.is_some() {
        true => call.peek(|headers, body| gate.open(headers, body)).await,
        // Nobody looks at the bytes, so they need not be there.
        false => Some(gate.open(&HeaderMap::new(), &[])),
    };
    match opened? {
        Ok(serve) => serve(handler, call).await,
        Err(Rejection { status, message }) => Some(call.reject(status, message)),
    }
}

fn parse(path: &str) -> Result<UserPath, ConfigError> {
    UserPath::parse(path).map_err(|problem| ConfigError::ReceiverPath { problem })
}
