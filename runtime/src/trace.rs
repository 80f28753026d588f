//! A call as a span of `tracing`.
//!
//! Comes in: a call, and what becomes of it. Goes out: a span for the call and an event for each attempt, with the
//! names that OpenTelemetry gives to the fields of HTTP clients. Must not: carry a URL, a header, a body, or a value of
//! the caller.

use std::future::Future;

use reqwest::Url;
use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::{Instrument, Level, Span};

use crate::error::Operation;
use crate::hook::Report;

/// What people filter by.
const TARGET: &str = "runtime";

/// The span of a call.
pub(crate) struct CallSpan(Span);

impl CallSpan {
    /// Nothing, if nobody listens.
    pub(crate) fn open(operation: &Operation, url: &Url) -> Option<Self> {
        let span = tracing::info_span!(
            target: TARGET,
            "call",
            otel.kind = "client",
            otel.name = %operation,
            otel.status_code = Empty,
            http.request.method = operation.method().as_str(),
            url.template = operation.path(),
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            http.response.body.size = Empty,
            request_id = Empty,
            error.type = Empty,
        );
        let is_on = !span.is_disabled() || tracing::enabled!(target: TARGET, Level::DEBUG);
        is_on.then_some(Self(span))
    }

    /// What happens in `work` belongs to the call.
    pub(crate) fn instrument<W: Future>(span: Option<&Self>, work: W) -> Instrumented<W> {
        work.instrument(span.map_or_else(Span::none, |span| span.0.clone()))
    }

    pub(crate) fn attempt_over(&self, attempt: &Report<'_>) {
        let message = match (error_type(attempt), attempt.retry_in()) {
            _ if attempt.is_dropped() => "attempt dropped",
            (None, _) => "attempt succeeded",
            (Some(_), Some(_)) => "attempt failed, will be repeated",
            (Some(_), None) => "attempt failed",
        };
        tracing::debug!(
            target: TARGET,
            parent: &self.0,
            {
                http.request.resend_count = attempt.attempts().saturating_sub(1),
                http.response.status_code = attempt.status().map(|status| status.as_u16()),
                http.response.body.size = attempt.received(),
                error.type = error_type(attempt),
                error = attempt.expose_error().map(tracing::field::display),
                request_id = attempt.request_id(),
                duration = ?attempt.duration(),
                retry_in = attempt.retry_in().map(tracing::field::debug),
            },
            "{message}"
        );
    }

    pub(crate) fn call_over(&self, call: &Report<'_>) {
        let span = &self.0;
        if let Some(status) = call.status() {
            span.record("http.response.status_code", status.as_u16());
        }
        if call.attempts() > 1 {
            span.record("http.request.resend_count", call.attempts() - 1);
        }
        if let Some(id) = call.request_id() {
            span.record("request_id", id);
        }
        if let Some(error) = error_type(call) {
            span.record("error.type", error);
            span.record("otel.status_code", "ERROR");
        }
        span.record("http.response.body.size", call.received());
    }
}

/// The status, where that is what went wrong, and otherwise the kind of the failure.
fn error_type<'a>(report: &'a Report<'_>) -> Option<&'a str> {
    let kind = report.error_kind()?;
    Some(report.status.as_ref().filter(|_| kind == "status").map_or(kind, |status| status.as_str()))
}
