//! A line for each attempt and each call: `cargo run -p maiagent --example request_log`.
//!
//! The lines have no key, no value of a parameter and no text of a message in them, so they can go anywhere.

mod shared;

use maiagent::models::{CompletionRequest, MessageInput};
use maiagent::runtime::{Hook, Report};
use maiagent::{Api, Client, MainError};
use maiagent_mock::Trouble;

struct RequestLog;

impl Hook for RequestLog {
    fn after_attempt(&self, attempt: &Report<'_>) {
        eprintln!("  attempt {}", line(attempt));
    }

    fn after_call(&self, call: &Report<'_>) {
        eprintln!("call      {}", line(call));
    }
}

/// `POST /messages/ #1 api.example:443 503 in 12ms, 31 bytes: status, again in 40ms, request id r1`
fn line(report: &Report<'_>) -> String {
    let (server, port) = (report.server_address(), report.server_port().unwrap_or_default());
    let status = report.status().map_or("no answer".to_owned(), |status| status.as_u16().to_string());
    let end = if report.is_dropped() { "dropped" } else { report.error_kind().unwrap_or("good") };
    let again = report.retry_in().map(|time| format!(", again in {time:.0?}")).unwrap_or_default();
    let id = report.request_id().map(|id| format!(", request id {id}")).unwrap_or_default();
    format!(
        "{} #{} {server}:{port} {status} in {:.0?}, {} bytes: {end}{again}{id}",
        report.operation(),
        report.attempts(),
        report.duration(),
        report.received(),
    )
}

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let service = shared::connect_with(Client::builder().hook(RequestLog)).await?;
    if let Some(mock) = &service.mock {
        mock.trouble(Trouble::status(503).retry_after(0).times(1));
    }
    let question = CompletionRequest::new(MessageInput::new("Do I have to book a bicycle?"));
    let mut reply = service.client.stream_completion(&service.chatbot, &question).await?;
    while let Some(event) = reply.try_next().await? {
        print!("{}", event.content.unwrap_or_default());
    }
    println!();
    // A stream that is dropped before its end has a line, too.
    let mut reply = service.client.stream_completion(&service.chatbot, &question).await?;
    reply.try_next().await?;
    Ok(())
}
