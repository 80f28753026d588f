//! What the service posts by itself: the answers to messages.
//!
//! Comes in: answers, and where they go. Goes out: `POST`s until one is answered by 200, and a record of each. Must not:
//! hold up whoever sent the message, try for ever, or outlive the server.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{Request, StatusCode, Uri};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use maiagent::models::{Message, MessageId};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::house::Assistant;
use crate::state::State;

/// How often an answer is posted at most. The documents do not say how often the service tries.
const ATTEMPTS: u32 = 6;

/// How long whoever is posted to may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers that wait to be posted. What comes when there are so many is not posted, and has no record.
pub(crate) const WAITING: usize = 1_000;

/// Posts at the same time.
const AT_ONCE: usize = 64;

/// How long an answer waits for another one to come before it.
const COMPANY: Duration = Duration::from_secs(1);

/// How much of an answer is kept.
const MAX_ANSWER: usize = 16 << 10;

/// What goes wrong while answers are posted. None is lost, and each that is taken has come once at least.
///
/// ```
/// use maiagent_mock::WebhookTrouble;
///
/// assert_eq!("twice".parse(), Ok(WebhookTrouble::Twice));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookTrouble {
    /// What was taken is posted again, as by a service that has lost the receiver's answer.
    Twice,
    /// The later one of two answers is posted first. One that no other follows within a second goes alone.
    Swapped,
    /// Each answer waits for so long before it is posted.
    Slow(Duration),
}

impl FromStr for WebhookTrouble {
    type Err = String;

    /// `twice`, `swapped`, or `slow=250` with milliseconds.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "twice" => Ok(Self::Twice),
            None if text == "swapped" => Ok(Self::Swapped),
            Some(("slow", pause)) => {
                let pause = pause.parse().map_err(|_| format!("{pause:?} is no number of milliseconds"))?;
                Ok(Self::Slow(Duration::from_millis(pause)))
            }
            _ => Err(format!("{text:?} is none of `twice`, `swapped` and `slow=250`")),
        }
    }
}

/// An attempt to post an answer to the webhook.
///
/// The path of the webhook is not part of it: whoever knows that can post to it, too.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivered {
    /// Host and port of the webhook.
    pub host: String,
    /// The message that was posted.
    pub message: MessageId,
    /// Which attempt it was, from 1. A message that is posted again after it was taken begins anew.
    pub attempt: u32,
    /// The status of the answer; nothing where none came.
    pub status: Option<StatusCode>,
    /// When it is tried again; nothing where it was taken, and after the last attempt.
    pub again: Option<Duration>,
}

impl Delivered {
    /// Whether the receiver took the message.
    pub fn is_taken(&self) -> bool {
        self.status == Some(StatusCode::OK)
    }
}

/// `POST to webhook at 127.0.0.1:8080 200`, or `- (attempt 2, again in 2000 ms)` at its end
impl fmt::Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "POST to webhook at {} ", self.host)?;
        match self.status {
            Some(status) => write!(f, "{}", status.as_u16())?,
            None => f.write_str("-")?,
        }
        match self.again {
            _ if self.is_taken() && self.attempt == 1 => Ok(()),
            _ if self.is_taken() => write!(f, " (attempt {})", self.attempt),
            Some(pause) => write!(f, " (attempt {}, again in {} ms)", self.attempt, pause.as_millis()),
            None => write!(f, " (attempt {}, given up)", self.attempt),
        }
    }
}

/// What is called after each attempt.
pub(crate) type ReportDelivery = Arc<dyn Fn(&Delivered, Duration) + Send + Sync>;

/// An answer that is to be posted.
pub(crate) struct Delivery {
    pub(crate) assistant: &'static Assistant,
    pub(crate) message: Message,
}

/// Where answers go.
#[derive(Clone)]
pub(crate) struct Target {
    text: String,
    authority: Authority,
    path: PathAndQuery,
    /// The pause after the first attempt; each one after that is twice as long.
    pause: Duration,
    trouble: Option<WebhookTrouble>,
    report: Option<ReportDelivery>,
}

impl Target {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// When it is none, or not one of plain HTTP: a mock has no certificates.
    pub(crate) fn new(url: &str, pause: Duration, trouble: Option<WebhookTrouble>) -> io::Result<Self> {
        let wrong =
            |what: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("webhook {url:?}: {what}"));
        let uri: Uri = escaped(url).parse().map_err(|_| wrong("not an address"))?;
        // What is no port is none to the library, and would be posted to another.
        let has_port = |authority: &Authority| {
            let port = authority.as_str().strip_prefix(authority.host());
            port.is_some_and(|port| port.is_empty() || authority.port_u16().is_some_and(|port| port > 0))
        };
        match (uri.scheme_str(), uri.authority()) {
            (Some("http"), Some(authority)) if has_port(authority) => Ok(Self {
                text: url.to_owned(),
                authority: authority.clone(),
                path: uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/")),
                pause,
                trouble,
                report: None,
            }),
            _ => Err(wrong("should be like http://127.0.0.1:8080/path")),
        }
    }

    /// Calls `report` after each attempt.
    pub(crate) fn reporting(self, report: Option<ReportDelivery>) -> Self {
        Self { report, ..self }
    }

    /// Posts once. Returns status and body of the answer.
    async fn post(&self, body: String) -> Result<(u16, String), Box<dyn std::error::Error + Send + Sync>> {
        let host = self.authority.host().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.authority.port_u16().unwrap_or(80))).await?;
        let (mut sender, connection) = http1::handshake::<_, Body>(TokioIo::new(stream)).await?;
        let request = Request::post(self.path.as_str())
            .header(HOST, self.authority.as_str())
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body))?;
        let answer = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status().as_u16();
            // One that is too long is as good as none: its status counts.
            let bytes =
                axum::body::to_bytes(Body::new(answer.into_body()), MAX_ANSWER).await.unwrap_or_default();
            Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
        };
        tokio::select! {
            biased;
            answer = answer => answer,
            // It ends with the answer at the earliest, unless it fails.
            Err(error) = connection => Err(error.into()),
        }
    }
}

/// An address as it is sent: letters of other scripts are escaped.
fn escaped(url: &str) -> String {
    let bytes = url.bytes().map(|byte| match byte.is_ascii() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// Posts what comes in, until it is dropped.
pub(crate) async fn deliver(target: Target, state: State, mut waiting: mpsc::Receiver<Delivery>) {
    let mut posting = JoinSet::new();
    loop {
        tokio::select! {
            Some(delivery) = waiting.recv(), if posting.len() < AT_ONCE => {
                let deliveries = ordered(&target, delivery, &mut waiting).await;
                let (target, state) = (target.clone(), state.clone());
                posting.spawn(async move {
                    for delivery in deliveries {
                        post(&target, &state, &delivery).await;
                    }
                });
            }
            Some(_) = posting.join_next() => {}
            else => return,
        }
    }
}

/// An answer, or two in the wrong order.
async fn ordered(target: &Target, first: Delivery, waiting: &mut mpsc::Receiver<Delivery>) -> Vec<Delivery> {
    if target.trouble != Some(WebhookTrouble::Swapped) {
        return vec![first];
    }
    match timeout(COMPANY, waiting.recv()).await {
        Ok(Some(second)) => vec![second, first],
        _ => vec![first],
    }
}

/// Posts one answer, as the trouble has it.
async fn post(target: &Target, state: &State, delivery: &Delivery) {
    if let Some(WebhookTrouble::Slow(pause)) = target.trouble {
        sleep(pause).await;
    }
    insist(target, state, delivery).await;
    if target.trouble == Some(WebhookTrouble::Twice) {
        insist(target, state, delivery).await;
    }
}

/// Posts until it was taken, or often enough.
async fn insist(target: &Target, state: &State, delivery: &Delivery) {
    let Ok(body) = serde_json::to_value(&delivery.message) else { return };
    let mut pause = target.pause;
    for attempt in 1..=ATTEMPTS {
        let start = Instant::now();
        let answer = timeout(PATIENCE, target.post(body.to_string())).await;
        let answer = answer.ok().and_then(Result::ok);
        let status = answer.as_ref().and_then(|(status, _)| StatusCode::from_u16(*status).ok());
        let is_last = status == Some(StatusCode::OK) || attempt == ATTEMPTS;
        state.record_delivery(delivery.assistant, &target.text, body.clone(), answer);
        if let Some(report) = &target.report {
            let delivered = Delivered {
                host: target.authority.to_string(),
                message: delivery.message.id.clone(),
                attempt,
                status,
                again: (!is_last).then_some(pause),
            };
            report(&delivered, start.elapsed());
        }
        if is_last {
            return;
        }
        sleep(pause).await;
        pause = pause.saturating_mul(2);
    }
}

/// What a record of a delivery says of the assistant.
pub(crate) fn chatbot(assistant: &Assistant) -> BTreeMap<String, Value> {
    [("id", assistant.id), ("name", assistant.name)]
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn troubles_as_text() {
        assert_eq!("slow=250".parse(), Ok(WebhookTrouble::Slow(Duration::from_millis(250))));
        assert_eq!("swapped".parse(), Ok(WebhookTrouble::Swapped));
        for text in ["", "slow", "slow=x", "twice=2", "lost"] {
            assert!(text.parse::<WebhookTrouble>().is_err(), "{text}");
        }
    }

    #[test]
    fn deliveries_as_lines() {
        let line = |attempt, status: Option<u16>, again: Option<u64>| {
            let status = status.map(|status| StatusCode::from_u16(status).unwrap());
            let again = again.map(Duration::from_millis);
            Delivered { host: "a:1".to_owned(), message: "m".into(), attempt, status, again }.to_string()
        };
        assert_eq!(line(1, Some(200), None), "POST to webhook at a:1 200");
        assert_eq!(line(2, Some(200), None), "POST to webhook at a:1 200 (attempt 2)");
        assert_eq!(line(1, None, Some(1000)), "POST to webhook at a:1 - (attempt 1, again in 1000 ms)");
        assert_eq!(line(6, Some(204), None), "POST to webhook at a:1 204 (attempt 6, given up)");
    }

    #[test]
    fn addresses() {
        let at = |url: &str| Target::new(url, Duration::ZERO, None);
        let target = at("http://127.0.0.1:8080/a?b=c").unwrap();
        assert_eq!((target.authority.as_str(), target.path.as_str()), ("127.0.0.1:8080", "/a?b=c"));
        assert_eq!(at("http://[::1]").unwrap().path, "/");
        assert_eq!(at("http://a/café%20").unwrap().path, "/caf%C3%A9%20");
        for url in [
            "",
            "/hook",
            "https://a/b",
            "http://u:p@a/b",
            "a b",
            "http://a:99999/",
            "http://a:0/",
            "http://a:/b",
            "http://[::1]:x/",
        ] {
            assert!(at(url).err().unwrap().to_string().contains("webhook"), "{url}");
        }
    }
}
