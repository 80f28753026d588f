//! Which requests came.
//!
//! Comes in: requests and their answers. Goes out: a list for tests, and a line for people when an answer has
//! ended. Must not: keep a key, a query or a body, or more than the newest requests.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;

use crate::body::replace;

/// How many requests are kept.
const MAX_SEEN: usize = 10_000;

/// How much of a path is kept.
const MAX_PATH: usize = 512;

/// A request that a mock has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// The path with its prefix, without the query; at most 512 characters.
    pub path: String,
    /// The status of the answer; nothing while there is none yet, or when the client has gone before.
    pub status: Option<StatusCode>,
}

/// `GET /api/messages/ 200`
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.method, self.path)?;
        match self.status {
            Some(status) => write!(f, "{}", status.as_u16()),
            None => f.write_str("-"),
        }
    }
}

/// What is called when an answer has ended, well or not.
pub(crate) type Report = Arc<dyn Fn(&Seen, Duration) + Send + Sync>;

/// The requests so far, oldest first.
#[derive(Default)]
pub(crate) struct Journal {
    entries: Mutex<Entries>,
    report: Option<Report>,
}

#[derive(Default)]
struct Entries {
    kept: VecDeque<Seen>,
    dropped: usize,
}

impl Journal {
    pub(crate) fn new(report: Option<Report>) -> Self {
        Self { entries: Mutex::default(), report }
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.with(|entries| entries.kept.iter().cloned().collect())
    }

    /// Notes that a request came. Returns its number.
    fn arrived(&self, seen: Seen) -> usize {
        self.with(|entries| {
            if entries.kept.len() >= MAX_SEEN {
                entries.kept.pop_front();
                entries.dropped += 1;
            }
            entries.kept.push_back(seen);
            entries.dropped + entries.kept.len() - 1
        })
    }

    fn answered(&self, number: usize, status: StatusCode) {
        self.with(|entries| {
            let entry = number.checked_sub(entries.dropped).and_then(|at| entries.kept.get_mut(at));
            if let Some(entry) = entry {
                entry.status = Some(status);
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Entries) -> T) -> T {
        work(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The layer that sees everything, so it belongs outside of the others.
pub(crate) async fn layer(State(journal): State<Arc<Journal>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().chars().take(MAX_PATH).collect();
    let seen = Seen { method: request.method().clone(), path, status: None };
    let number = journal.arrived(seen.clone());
    let mut ending = Ending { report: journal.report.clone(), seen, start: Instant::now() };
    let response = next.run(request).await;
    ending.seen.status = Some(response.status());
    journal.answered(number, response.status());
    if ending.report.is_some() { until_end(response, ending) } else { response }
}

/// Keeps `ending` until the body has ended or the client has gone.
fn until_end(response: Response, ending: Ending) -> Response {
    replace(response, |body| {
        body.map(move |chunk| {
            let _kept = &ending;
            chunk
        })
    })
}

/// Reports when it is dropped.
struct Ending {
    report: Option<Report>,
    seen: Seen,
    start: Instant,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(report) = &self.report {
            report(&self.seen, self.start.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_are_kept() {
        let journal = Journal::default();
        let seen = |path: usize| Seen { method: Method::GET, path: path.to_string(), status: None };
        for number in 0..MAX_SEEN + 2 {
            assert_eq!(journal.arrived(seen(number)), number);
        }
        journal.answered(0, StatusCode::OK);
        journal.answered(2, StatusCode::OK);
        let requests = journal.requests();
        assert_eq!(requests.len(), MAX_SEEN);
        assert_eq!(requests[0].to_string(), "GET 2 200");
        assert_eq!(requests[1].to_string(), "GET 3 -");
    }
}
