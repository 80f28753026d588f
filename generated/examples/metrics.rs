//! Counts and times of all calls, in the text format that Prometheus reads:
//! `cargo run -p maiagent --example metrics`.
//!
//! A hook sees every attempt, with nothing in it that must not leave the process.

mod shared;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use maiagent::params::{ListConversations, ListMessages};
use maiagent::runtime::{Hook, Report};
use maiagent::{Api, Client, MainError};
use maiagent_mock::Trouble;

/// What calls are counted by: few values, so that there are few counters.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    method: String,
    path: &'static str,
    result: String,
}

#[derive(Default)]
struct Numbers {
    attempts: u64,
    seconds: Duration,
    bytes: u64,
}

#[derive(Clone, Default)]
struct Metrics(Arc<Mutex<BTreeMap<Key, Numbers>>>);

impl Hook for Metrics {
    fn after_attempt(&self, attempt: &Report<'_>) {
        let result = match (attempt.status(), attempt.error_kind()) {
            _ if attempt.is_dropped() => "dropped".to_owned(),
            (Some(status), _) => status.as_str().to_owned(),
            (None, kind) => kind.unwrap_or_default().to_owned(),
        };
        let operation = attempt.operation();
        let key = Key { method: operation.method().to_string(), path: operation.path(), result };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers = all.entry(key).or_default();
        numbers.attempts += 1;
        numbers.seconds += attempt.duration();
        numbers.bytes += attempt.received();
    }
}

impl Metrics {
    fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        for (Key { method, path, result }, numbers) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
        {
            let labels = format!("{{method=\"{method}\",path=\"{path}\",result=\"{result}\"}}");
            writeln!(text, "http_attempts_total{labels} {}", numbers.attempts)?;
            writeln!(text, "http_attempt_seconds_total{labels} {:.6}", numbers.seconds.as_secs_f64())?;
            writeln!(text, "http_received_bytes_total{labels} {}", numbers.bytes)?;
        }
        Ok(text)
    }
}

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let metrics = Metrics::default();
    let service = shared::connect_with(Client::builder().hook(metrics.clone())).await?;
    if let Some(mock) = &service.mock {
        mock.trouble(Trouble::status(503).times(2).on("/messages/"));
    }
    let inbox = service.inbox.as_ref().ok_or("set MAIAGENT_INBOX_ID, too")?;
    let mut conversations = service.client.all_conversations(&ListConversations::new(inbox));
    while let Some(conversation) = conversations.try_next().await? {
        service.client.list_messages(&ListMessages::new(conversation.id)).await?;
    }
    print!("{}", metrics.text()?);
    Ok(())
}
