//! Absolute links.
//!
//! Comes in: the `Host` header and the path of a request. Goes out: links under the same host and the same
//! prefix, wherever in the handling of that request they are made. Must not: repeat a host that is none.

use std::future::Future;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::Response;

/// Where the generated router mounts the routes, longest first.
pub(crate) const PREFIXES: [&str; 2] = ["/api/v1", "/api"];

tokio::task_local! {
    /// What links start with, for the request that the task is handling.
    static BASE: String;
}

/// The layer that makes [`link`] work.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let base = format!("http://{}{}", host(&request), prefix(request.uri().path()));
    within(base, next.run(request)).await
}

async fn within<F: Future>(base: String, work: F) -> F::Output {
    BASE.scope(base, work).await
}

fn host(request: &Request) -> &str {
    let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    header.filter(|host| host.parse::<Authority>().is_ok()).unwrap_or("localhost")
}

fn prefix(path: &str) -> &'static str {
    let is_under = |prefix: &&str| path.strip_prefix(*prefix).is_some_and(|rest| rest.starts_with('/'));
    PREFIXES.into_iter().find(is_under).unwrap_or(PREFIXES[1])
}

/// The server on another port of the host that the request went to; none outside of a request.
pub(crate) fn beside(port: u16) -> Option<String> {
    let base = BASE.try_with(String::clone).ok()?;
    let authority = base.strip_prefix("http://")?.split('/').next()?.parse::<Authority>().ok()?;
    Some(format!("http://{}:{port}", authority.host()))
}

/// A link to `path`, which starts with a slash, with the query `pairs`. Outside of a request it leads to
/// `http://localhost/api`.
pub(crate) fn link(path: &str, pairs: &[(&str, Option<String>)]) -> String {
    let base = BASE.try_with(String::clone).unwrap_or_else(|_| format!("http://localhost{}", PREFIXES[1]));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
    format!("{base}{path}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[tokio::test]
    async fn links_lead_back_to_where_the_request_went() {
        for (uri, header, expected) in [
            ("/api/messages/", Some("127.0.0.1:8000"), "http://127.0.0.1:8000/api/a/?b=c%26d"),
            ("/api/v1/messages/", Some("mock.example"), "http://mock.example/api/v1/a/?b=c%26d"),
            ("/api/v10/", Some("[::1]:1"), "http://[::1]:1/api/a/?b=c%26d"),
            ("/", Some("a b<script>"), "http://localhost/api/a/?b=c%26d"),
            ("/", None, "http://localhost/api/a/?b=c%26d"),
        ] {
            let mut request = Request::builder().uri(uri);
            if let Some(header) = header {
                request = request.header(HOST, header);
            }
            let request = request.body(Body::empty()).unwrap();
            let base = format!("http://{}{}", host(&request), prefix(uri));
            let pairs = [("b", Some("c&d".to_owned())), ("absent", None)];
            let (made, storage) = within(base, async { (link("/a/", &pairs), beside(9)) }).await;
            assert_eq!(made, expected);
            let host = expected.split("/api").next().unwrap();
            let host = host.strip_suffix(":8000").or(host.strip_suffix(":1")).unwrap_or(host);
            assert_eq!(storage.unwrap(), format!("{host}:9"));
        }
    }
}
