//! Answers that fail the way real ones do.
//!
//! Comes in: a script of troubles, and the answers of the layers below. Goes out: the same answers, some of
//! them late, cut off, broken or strange. Must not: change what the tables hold beyond what an untroubled
//! request would.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::future::ready;
use futures_util::stream::{once, unfold};
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::body::{Chunk, replace};

/// Time for what was written so far to reach the client before the connection breaks.
const FLUSH: Duration = Duration::from_millis(20);

/// Something that goes wrong, for all requests unless [`times`](Self::times) or [`on`](Self::on) limit it.
///
/// It can be written as text, which is what the program's `--trouble` takes: the trouble first, then its
/// limits.
///
/// ```
/// use maiagent_mock::Trouble;
///
/// let same = Trouble::status(503).retry_after(1).times(2).on("/completions/");
/// assert_eq!("status=503,retry-after=1,times=2,on=/completions/".parse(), Ok(same));
/// ```
///
/// | text | what happens |
/// |---|---|
/// | `status=503` | this status instead of an answer; with `retry-after=1`, that header |
/// | `cut=100` | the connection breaks after so many bytes of the body |
/// | `stall` | no answer, ever |
/// | `stall=100` | the body stops after so many bytes, and the connection stays open |
/// | `slow=10` | so many bytes of the body at a time, with a pause of 50 ms or `pause-ms=5` |
/// | `broken` | half a JSON document; in a stream, half of each event |
/// | `unknown` | properties and enum values that no document mentions |
/// | `times=2` | only the next so many requests |
/// | `on=/messages/` | only requests whose path has this in it |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    kind: Kind,
    times: Option<u32>,
    on: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Status { status: u16, retry_after: Option<u64> },
    Cut { after: usize },
    Stall,
    StallAfter { after: usize },
    Slow { bytes: usize, pause: Duration },
    Broken,
    Unknown,
}

impl Trouble {
    /// An error instead of an answer. A status that is none, or that announces another (1xx), becomes 500.
    pub fn status(status: u16) -> Self {
        let status = if is_final(status) { status } else { 500 };
        Self::of(Kind::Status { status, retry_after: None })
    }

    /// Says in the error when to try again. It means nothing for other troubles.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Kind::Status { retry_after, .. } = &mut self.kind {
            *retry_after = Some(seconds);
        }
        self
    }

    /// The connection breaks after so many bytes of the body; a shorter body arrives whole.
    pub fn cut(after: usize) -> Self {
        Self::of(Kind::Cut { after })
    }

    /// No answer, ever, and the connection stays open.
    pub fn stall() -> Self {
        Self::of(Kind::Stall)
    }

    /// The body stops after so many bytes, and the connection stays open.
    pub fn stall_after(bytes: usize) -> Self {
        Self::of(Kind::StallAfter { after: bytes })
    }

    /// So many bytes of the body at a time, with a pause before each.
    pub fn slow(bytes: usize, pause: Duration) -> Self {
        Self::of(Kind::Slow { bytes: bytes.max(1), pause })
    }

    /// Half a JSON document; in a stream, half of each event. Other bodies stay as they are.
    pub fn broken() -> Self {
        Self::of(Kind::Broken)
    }

    /// Properties and enum values that no document mentions, in every object of a JSON document or event.
    pub fn unknown() -> Self {
        Self::of(Kind::Unknown)
    }

    /// Only the next so many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only requests whose path, prefix included, has this in it.
    #[must_use]
    pub fn on(mut self, part_of_path: impl Into<String>) -> Self {
        self.on = part_of_path.into();
        self
    }

    fn of(kind: Kind) -> Self {
        Self { kind, times: None, on: String::new() }
    }
}

/// The text that says the same. Only a part of a path with a comma in it cannot be read back.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Status { status, retry_after } => {
                write!(f, "status={status}")?;
                retry_after.map_or(Ok(()), |seconds| write!(f, ",retry-after={seconds}"))?;
            }
            Kind::Cut { after } => write!(f, "cut={after}")?,
            Kind::Stall => f.write_str("stall")?,
            Kind::StallAfter { after } => write!(f, "stall={after}")?,
            Kind::Slow { bytes, pause } => write!(f, "slow={bytes},pause-ms={}", pause.as_millis())?,
            Kind::Broken => f.write_str("broken")?,
            Kind::Unknown => f.write_str("unknown")?,
        }
        self.times.map_or(Ok(()), |times| write!(f, ",times={times}"))?;
        if self.on.is_empty() { Ok(()) } else { write!(f, ",on={}", self.on) }
    }
}

/// A text that describes no trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTrouble(String);

impl fmt::Display for InvalidTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no trouble, or none of its limits; try `status=503,retry-after=1,times=2` or `cut=100`",
            self.0
        )
    }
}

impl std::error::Error for InvalidTrouble {}

impl FromStr for Trouble {
    type Err = InvalidTrouble;

    fn from_str(text: &str) -> Result<Self, InvalidTrouble> {
        let invalid = |part: &str| InvalidTrouble(part.to_owned());
        let (first, limits) =
            text.split_once(',').map_or((text, None), |(first, limits)| (first, Some(limits)));
        let mut trouble = start(first).ok_or_else(|| invalid(first))?;
        for part in limits.into_iter().flat_map(|limits| limits.split(',')) {
            trouble = trouble.limit(part).ok_or_else(|| invalid(part))?;
        }
        Ok(trouble)
    }
}

/// A name and its value, where it has one.
fn pair(text: &str) -> (&str, &str) {
    text.split_once('=').unwrap_or((text, ""))
}

/// Whether an answer can have this status.
fn is_final(status: u16) -> bool {
    (200..=999).contains(&status)
}

fn start(text: &str) -> Option<Trouble> {
    let (name, value) = pair(text);
    Some(match (name, value) {
        ("status", status) => Trouble::status(status.parse().ok().filter(|status| is_final(*status))?),
        ("cut", after) => Trouble::cut(after.parse().ok()?),
        ("stall", "") => Trouble::stall(),
        ("stall", after) => Trouble::stall_after(after.parse().ok()?),
        ("slow", bytes) => Trouble::slow(bytes.parse().ok()?, Duration::from_millis(50)),
        ("broken", "") => Trouble::broken(),
        ("unknown", "") => Trouble::unknown(),
        _ => return None,
    })
}

impl Trouble {
    fn limit(mut self, text: &str) -> Option<Self> {
        let (name, value) = pair(text);
        match (name, &mut self.kind) {
            ("times", _) => self.times = Some(value.parse().ok()?),
            ("on", _) => self.on = value.to_owned(),
            ("retry-after", Kind::Status { retry_after, .. }) => *retry_after = Some(value.parse().ok()?),
            ("pause-ms", Kind::Slow { pause, .. }) => *pause = Duration::from_millis(value.parse().ok()?),
            _ => return None,
        }
        Some(self)
    }
}

/// The troubles that are still to come. Each request gets the first one that is meant for it, so that they
/// happen one after another.
#[derive(Debug)]
pub(crate) struct Script(watch::Sender<Vec<Trouble>>);

impl Script {
    pub(crate) fn new(troubles: Vec<Trouble>) -> Self {
        Self(watch::Sender::new(troubles))
    }

    pub(crate) fn add(&self, trouble: Trouble) {
        self.0.send_modify(|troubles| troubles.push(trouble));
    }

    /// From now on, these and no others.
    pub(crate) fn replace(&self, troubles: Vec<Trouble>) {
        self.0.send_replace(troubles);
    }

    /// What is still to come, now and after each change.
    pub(crate) fn watch(&self) -> watch::Receiver<Vec<Trouble>> {
        self.0.subscribe()
    }

    fn next(&self, path: &str) -> Option<Kind> {
        let mut next = None;
        self.0.send_if_modified(|troubles| {
            let before = troubles.len();
            troubles.retain(|trouble| trouble.times != Some(0));
            let found = troubles.iter().position(|trouble| path.contains(&trouble.on));
            let Some((at, trouble)) = found.and_then(|at| Some((at, troubles.get_mut(at)?))) else {
                return troubles.len() != before;
            };
            next = Some(trouble.kind);
            trouble.times = trouble.times.map(|times| times - 1);
            let is_limited = trouble.times.is_some();
            if trouble.times == Some(0) {
                troubles.remove(at);
            }
            is_limited || troubles.len() != before
        });
        next
    }
}

/// The layer that makes trouble.
pub(crate) async fn layer(State(script): State<Arc<Script>>, request: Request, next: Next) -> Response {
    let Some(kind) = script.next(request.uri().path()) else { return next.run(request).await };
    match kind {
        Kind::Stall => std::future::pending().await,
        Kind::Status { status, retry_after } => error(status, retry_after),
        kind => change(kind, next.run(request).await).await,
    }
}

fn error(status: u16, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let words = status.canonical_reason().map(|reason| format!(" {reason}")).unwrap_or_default();
    let detail = format!("Trouble as ordered: {}{words}.", status.as_u16());
    let mut response = Response::new(Body::from(json!({ "detail": detail }).to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}

async fn change(kind: Kind, response: Response) -> Response {
    match kind {
        Kind::Cut { after } => replace(response, |body| cut(body, after, Then::Break)),
        Kind::StallAfter { after } => replace(response, |body| cut(body, after, Then::Hang)),
        Kind::Slow { bytes, pause } => replace(response, |body| slow(body, bytes, pause)),
        Kind::Broken => rewrite(response, half).await,
        Kind::Unknown => rewrite(response, strange).await,
        Kind::Stall | Kind::Status { .. } => response,
    }
}

/// What happens at the place where a body is cut.
#[derive(Clone, Copy)]
enum Then {
    Break,
    Hang,
}

fn cut(body: BodyDataStream, after: usize, then: Then) -> impl Stream<Item = Chunk> + Send {
    unfold((body, after), move |(mut body, left)| async move {
        if left == 0 {
            return Some((Err(interrupt(then).await), (body, left)));
        }
        let mut chunk = match body.next().await? {
            Ok(chunk) => chunk,
            Err(error) => return Some((Err(error), (body, left))),
        };
        chunk.truncate(left);
        let left = left - chunk.len();
        Some((Ok(chunk), (body, left)))
    })
}

async fn interrupt(then: Then) -> axum::Error {
    match then {
        Then::Break => tokio::time::sleep(FLUSH).await,
        Then::Hang => std::future::pending().await,
    }
    axum::Error::new(io::Error::from(io::ErrorKind::ConnectionAborted))
}

fn slow(body: BodyDataStream, bytes: usize, pause: Duration) -> impl Stream<Item = Chunk> + Send {
    unfold((body, Bytes::new()), move |(mut body, mut rest)| async move {
        while rest.is_empty() {
            match body.next().await? {
                Ok(chunk) => rest = chunk,
                Err(error) => return Some((Err(error), (body, rest))),
            }
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(bytes.min(rest.len()));
        Some((Ok(piece), (body, rest)))
    })
}

/// Changes a JSON document, or the data of each event of a stream. Other bodies stay as they are.
async fn rewrite(mut response: Response, change: fn(&[u8]) -> Vec<u8>) -> Response {
    let media_type = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let is_stream = media_type.starts_with(b"text/event-stream");
    if !is_stream && !media_type.starts_with(b"application/json") {
        return response;
    }
    response.headers_mut().remove(CONTENT_LENGTH);
    if is_stream {
        return replace(response, |body| lines(body, change));
    }
    let (head, body) = response.into_parts();
    let body = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(body) => Body::from(change(&body)),
        Err(error) => Body::from_stream(once(ready(Err::<Bytes, _>(error)))),
    };
    Response::from_parts(head, body)
}

/// Changes what is behind `data:` in each line. A line is held back until it is whole.
fn lines(body: BodyDataStream, change: fn(&[u8]) -> Vec<u8>) -> impl Stream<Item = Chunk> + Send {
    let mut rest = Vec::new();
    body.map(move |chunk| {
        rest.extend_from_slice(&chunk?);
        let end = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let whole: Vec<u8> = rest.drain(..end).collect();
        let mut changed = Vec::new();
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_prefix(b"data:") {
                Some(data) => {
                    changed.extend_from_slice(b"data: ");
                    changed.extend(change(data.trim_ascii()));
                    changed.push(b'\n');
                }
                None => changed.extend_from_slice(line),
            }
        }
        Ok(changed.into())
    })
}

fn half(json: &[u8]) -> Vec<u8> {
    json[..json.len() / 2].to_vec()
}

fn strange(json: &[u8]) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice(json) else { return json.to_vec() };
    make_strange(&mut value);
    value.to_string().into_bytes()
}

/// Adds a property to every object, and changes the values of all properties that are enums.
fn make_strange(value: &mut Value) {
    const ENUMS: [&str; 5] = ["type", "feedback", "status", "provider", "channelType"];
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_strange),
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                if ENUMS.contains(&name.as_str()) && value.is_string() {
                    *value = json!("added_tomorrow");
                }
                make_strange(value);
            }
            object.insert("addedTomorrow".to_owned(), json!({ "values": [1, "two", null] }));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("status=503", Some(Trouble::status(503))),
            ("status=429,times=2,retry-after=3", Some(Trouble::status(429).retry_after(3).times(2))),
            ("cut=0,on=/messages/", Some(Trouble::cut(0).on("/messages/"))),
            ("stall", Some(Trouble::stall())),
            ("stall=9", Some(Trouble::stall_after(9))),
            ("slow=10", Some(Trouble::slow(10, ms(50)))),
            ("slow=0,pause-ms=5", Some(Trouble::slow(1, ms(5)))),
            ("broken", Some(Trouble::broken())),
            ("unknown,times=1", Some(Trouble::unknown().times(1))),
            ("", None),
            ("status", None),
            ("status=99", None),
            ("status=101", None),
            ("status=1000", None),
            ("cut", None),
            ("cut=-1", None),
            ("broken=1", None),
            ("cut=1,retry-after=1", None),
            ("stall,pause-ms=1", None),
            ("stall,times=x", None),
            ("times=1", None),
        ] {
            assert_eq!(text.parse::<Trouble>().ok(), expected, "{text}");
            if let Some(trouble) = expected {
                assert_eq!(trouble.to_string().parse(), Ok(trouble), "{text}");
            }
        }
        let error = "cut=1,times=x".parse::<Trouble>().unwrap_err();
        assert!(error.to_string().contains("`times=x`"), "{error}");
        let error = "nonsense".parse::<Trouble>().unwrap_err();
        assert!(error.to_string().contains("`nonsense`"), "{error}");
        assert_eq!(Trouble::status(101), Trouble::status(500));
    }

    #[tokio::test]
    async fn lines_are_changed_wherever_they_are_split() {
        let text = b": ping\n\ndata: {\"a\":1}\n\ndata:{\"a\":2}\r\n\nrest";
        for split in 0..text.len() {
            let (first, second) = text.split_at(split);
            let chunks = [first, second].map(|chunk| Ok::<_, io::Error>(Bytes::from_static(chunk)));
            let body = Body::from_stream(futures_util::stream::iter(chunks)).into_data_stream();
            let found: Vec<_> = lines(body, half).map(|chunk| chunk.unwrap()).collect().await;
            assert_eq!(found.concat(), b": ping\n\ndata: {\"a\n\ndata: {\"a\n\n", "split at {split}");
        }
    }
}
