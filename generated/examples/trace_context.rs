//! Every request carries the trace that it belongs to, in the headers of W3C Trace Context:
//! `cargo run -p maiagent --example trace_context`.
//!
//! With OpenTelemetry, the hook would ask its propagator instead: within a call, the current span is that of the call
//! (feature `tracing`).

mod shared;

use maiagent::params::ListConversations;
use maiagent::runtime::{AttemptStart, CallOptions, Hook};
use maiagent::{Api, Client, MainError};
use maiagent_mock::Trouble;

/// Where in a trace something happens.
#[derive(Debug, Clone, Copy)]
struct TraceContext {
    /// Not 0.
    trace: u128,
    /// Not 0.
    span: u64,
    is_sampled: bool,
}

impl TraceContext {
    /// The beginning of a trace.
    fn new() -> Self {
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..), is_sampled: true }
    }

    /// Reads what a caller sent: `00-{trace}-{span}-{flags}`.
    fn parse(header: &str) -> Option<Self> {
        let parts: Vec<&str> = header.split('-').collect();
        let [version, trace, span, flags, ..] = parts[..] else { return None };
        let is_hex = |text: &str, length| {
            text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        let fits = is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
        if !fits || version == "ff" || (version == "00" && parts.len() > 4) {
            return None;
        }
        let trace = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
        let span = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
        Some(Self { trace, span, is_sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1 })
    }

    fn header(&self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.is_sampled))
    }
}

/// Adds `traceparent`: the caller's trace, or a new one for each call, and a span for each attempt.
struct Propagate;

impl Hook for Propagate {
    fn before_attempt(&self, attempt: &mut AttemptStart<'_>) -> maiagent::Result<()> {
        let context = *attempt.extensions().get_or_insert_with(TraceContext::new);
        let header = TraceContext { span: fastrand::u64(1..), ..context }.header();
        println!("{} #{}: traceparent {header}", attempt.operation(), attempt.number());
        attempt.set_header("traceparent", header)
    }
}

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let service = shared::connect_with(Client::builder().hook(Propagate)).await?;
    let inbox = service.inbox.as_ref().ok_or("set MAIAGENT_INBOX_ID, too")?;

    // What a server would do with the header of a request that it serves.
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let context = TraceContext::parse(header).unwrap_or_else(TraceContext::new);
    println!("served under: traceparent {header}");
    let client = service.client.with(CallOptions::new().extension(context));
    client.list_conversations(&ListConversations::new(inbox)).await?;

    // Attempts of one call belong to one trace.
    if let Some(mock) = &service.mock {
        mock.trouble(Trouble::status(503).times(1));
    }
    service.client.list_conversations(&ListConversations::new(inbox)).await?;
    Ok(())
}
