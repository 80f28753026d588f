//! Who may call.
//!
//! Comes in: the `Authorization` header. Goes out: the request as it is, or 401 with the body that the vendor
//! documents. Must not: say what the right key would have been.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

/// The word before the key.
const SCHEME: &str = "Api-Key";

/// Whether a header can carry this key.
pub(crate) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.trim_ascii() == key && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// The layer that lets nobody in without the key.
pub(crate) async fn layer(State(key): State<Arc<str>>, request: Request, next: Next) -> Response {
    let header = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    match check(header, &key) {
        Ok(()) => next.run(request).await,
        Err(detail) => refuse(detail),
    }
}

fn check(header: Option<&[u8]>, key: &str) -> Result<(), &'static str> {
    let header = header.unwrap_or_default().trim_ascii();
    if header.is_empty() {
        return Err("Authentication credentials were not provided.");
    }
    let end = header.iter().position(u8::is_ascii_whitespace).unwrap_or(header.len());
    let (scheme, given) = header.split_at(end);
    match given.trim_ascii() {
        given if given.is_empty() || !scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) => {
            Err("Invalid API key format.")
        }
        given if given == key.as_bytes() => Ok(()),
        _ => Err("Invalid API key."),
    }
}

fn refuse(detail: &str) -> Response {
    let mut response = Response::new(Body::from(serde_json::json!({ "detail": detail }).to_string()));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(SCHEME));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        const NONE: Result<(), &str> = Err("Authentication credentials were not provided.");
        const FORM: Result<(), &str> = Err("Invalid API key format.");
        const WRONG: Result<(), &str> = Err("Invalid API key.");
        for (header, expected) in [
            (None, NONE),
            (Some(""), NONE),
            (Some("  "), NONE),
            (Some("Api-Key right"), Ok(())),
            (Some("api-key   right "), Ok(())),
            (Some("Bearer right"), FORM),
            (Some("right"), FORM),
            (Some("Api-Key"), FORM),
            (Some("Api-Key "), FORM),
            (Some("Api-Keyright"), FORM),
            (Some("Api-Key wrong"), WRONG),
            (Some("Api-Key right wrong"), WRONG),
            (Some("Api-Key \u{e9}"), WRONG),
        ] {
            assert_eq!(check(header.map(str::as_bytes), "right"), expected, "{header:?}");
        }
    }
}
