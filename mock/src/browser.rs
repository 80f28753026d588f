//! The page for a browser, and what it needs of the server beside the API.
//!
//! Comes in: requests for `/` and for paths below `/_mock/`. Goes out: the page's files, its settings. Must not: be of
//! use to pages of other origins, let anything run that is not one of these files, or have a path that the API could have.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::feed::Feed;
use crate::house::ASSISTANTS;
use crate::origin::PREFIXES;
use crate::serve::{DOCUMENT, Shared};
use crate::trouble::{Script, Trouble};
use crate::{auth, feed};

/// A file of the page: its path, media type and text.
type File = (&'static str, &'static str, &'static str);

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
#[cfg(feature = "viewer")]
const TEXT: &str = "text/plain; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: &[File] = &[
    ("/", HTML, include_str!("../browser/index.html")),
    ("/_mock/icon.svg", "image/svg+xml", include_str!("../browser/icon.svg")),
    ("/_mock/style.css", CSS, include_str!("../browser/style.css")),
    ("/_mock/app.js", SCRIPT, include_str!("../browser/app.js")),
    ("/_mock/chat.js", SCRIPT, include_str!("../browser/chat.js")),
    ("/_mock/dom.js", SCRIPT, include_str!("../browser/dom.js")),
    ("/_mock/reference.js", SCRIPT, include_str!("../browser/reference.js")),
    ("/_mock/requests.js", SCRIPT, include_str!("../browser/requests.js")),
    ("/_mock/server.js", SCRIPT, include_str!("../browser/server.js")),
    ("/_mock/troubles.js", SCRIPT, include_str!("../browser/troubles.js")),
    // For the viewer. `/openapi.yaml` is a request like others, which are recorded and may run into trouble.
    ("/_mock/openapi.yaml", "application/yaml", DOCUMENT),
];

/// The files of the viewer that shows the reference.
#[cfg(not(feature = "viewer"))]
const VIEWER: &[File] = &[];
#[cfg(feature = "viewer")]
const VIEWER: &[File] = &[
    ("/_mock/swagger-ui/swagger-ui.css", CSS, include_str!("../vendor/swagger-ui/swagger-ui.css")),
    (
        "/_mock/swagger-ui/swagger-ui-bundle.js",
        SCRIPT,
        include_str!("../vendor/swagger-ui/swagger-ui-bundle.js"),
    ),
    (
        "/_mock/swagger-ui/swagger-ui-bundle.js.LICENSE.txt",
        TEXT,
        include_str!("../vendor/swagger-ui/swagger-ui-bundle.js.LICENSE.txt"),
    ),
    ("/_mock/swagger-ui/LICENSE", TEXT, include_str!("../vendor/swagger-ui/LICENSE")),
    ("/_mock/swagger-ui/NOTICE", TEXT, include_str!("../vendor/swagger-ui/NOTICE")),
];

/// What a browser may do on the page's behalf: load these files and call this server, and nothing else. Pictures
/// within style sheets are those of the viewer.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every answer says, errors included.
const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (CACHE_CONTROL, "no-store"),
];

/// What the page shows and changes.
pub(crate) struct Parts<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) feed: Arc<Feed>,
    /// Says when it is time to end.
    pub(crate) stop: &'a watch::Receiver<bool>,
    /// Whether the page knows the key, and so everybody who can reach it.
    pub(crate) gives_key: bool,
}

/// The most bytes that a list of troubles may have.
const MAX_TROUBLES: usize = 16 << 10;

/// The routes of the page, and nothing below the prefixes of the API. What shows requests or changes troubles needs the
/// key, like the API.
pub(crate) fn routes(parts: Parts) -> Router {
    let Parts { shared, feed, stop, gives_key } = parts;
    let (script, limit) = (Arc::clone(&shared.script), shared.body_timeout);
    let (reading, clearing, telling) = (Arc::clone(&feed), feed, Arc::clone(&script));
    let (watched, stop) = (Arc::clone(&script), stop.clone());
    let requests = get(async move || reading.read(&watched, stop)).delete(async move || {
        clearing.clear();
        StatusCode::NO_CONTENT
    });
    let troubles = get(async move || answer(&feed::describe(&telling.watch().borrow())))
        .put(async move |request: Request| replace_troubles(&script, request, limit).await);
    let settings = settings(gives_key.then(|| Arc::clone(&shared.key)));
    let names = Arc::clone(&shared.names);

    let mut router = Router::new()
        .route("/_mock/requests", requests)
        .route("/_mock/troubles", troubles)
        .route_layer(from_fn_with_state(Arc::clone(&shared.key), auth::layer))
        .route("/_mock/settings", get(async move || answer(&settings)));
    for &(path, media_type, text) in FILES.iter().chain(VIEWER) {
        router = router.route(path, get(async move || ([(CONTENT_TYPE, media_type)], text)));
    }
    let nothing = any(async || StatusCode::NOT_FOUND);
    router
        .route("/_mock/", nothing.clone())
        .route("/_mock/{*rest}", nothing)
        .layer(from_fn_with_state(names, guard))
        .layer(from_fn(head))
}

/// What the page must know to call the API.
fn settings(key: Option<Arc<str>>) -> Value {
    let chatbots: Vec<_> = ASSISTANTS.iter().map(|it| json!({ "id": it.id, "name": it.name })).collect();
    let has_reference = cfg!(feature = "viewer");
    json!({ "key": key.as_deref(), "api": PREFIXES[1], "chatbots": chatbots, "hasReference": has_reference })
}

fn answer(value: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// Sets what is to go wrong: `{"troubles": ["status=503,times=2"]}`.
async fn replace_troubles(script: &Script, request: Request, limit: Duration) -> Response {
    let refuse =
        |status: StatusCode, detail: &str| (status, answer(&json!({ "detail": detail }))).into_response();
    let is_json =
        request.headers().get(CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    if !is_json {
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be application/json.");
    }
    let body = tokio::time::timeout(limit, axum::body::to_bytes(request.into_body(), MAX_TROUBLES));
    let Ok(body) = body.await else { return refuse(StatusCode::REQUEST_TIMEOUT, "The body did not arrive.") };
    let Ok(body) = body else { return refuse(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.") };
    let wanted = serde_json::from_slice::<Value>(&body).ok().and_then(|mut body| {
        let Value::Array(troubles) = body.get_mut("troubles")?.take() else { return None };
        troubles.into_iter().map(|trouble| trouble.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    });
    let Some(wanted) = wanted else {
        return refuse(StatusCode::BAD_REQUEST, "Not of the form {\"troubles\": [\"status=503\"]}.");
    };
    match wanted.iter().map(|text| text.parse()).collect::<Result<Vec<Trouble>, _>>() {
        Ok(troubles) => {
            script.replace(troubles);
            answer(&feed::describe(&script.watch().borrow()))
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

async fn head(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Lets in the page itself and programs, and no page of another origin.
async fn guard(State(names): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    // Following a link to the page is not calling it.
    let is_page = request.uri().path() == "/";
    match check(request.headers(), is_page, &names) {
        Ok(()) => next.run(request).await,
        Err(why) => (StatusCode::FORBIDDEN, why).into_response(),
    }
}

/// `Host` must be an address, a name that always means this machine, or one of `names`: with any other name, whoever owns it
/// decides what it leads to, and has pages of the same origin. Where a browser says which page a request is from, it must be
/// this one.
fn check(headers: &HeaderMap, is_page: bool, names: &[String]) -> Result<(), &'static str> {
    let host = only(headers, HOST).ok_or("One header Host is needed.")?;
    if !is_of_this_machine(host, names) {
        return Err(
            "The page is there by address, as localhost and by names that --allow-host or `allow_host` allows.",
        );
    }
    if headers.contains_key(ORIGIN) {
        let origin = only(headers, ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
        if !origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host)) {
            return Err("Pages of other origins cannot call this.");
        }
    }
    match only(headers, HeaderName::from_static("sec-fetch-site")) {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) if is_page => Ok(()),
        Some(_) => Err("Other sites cannot call this."),
    }
}

fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

fn is_of_this_machine(host: &str, names: &[String]) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
    !host.contains('@')
        && (name == "localhost"
            || name.ends_with(".localhost")
            || address.parse::<std::net::IpAddr>().is_ok()
            || names.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name)))
}

/// Whether a text is the name of a host and nothing else: no port, no address of a page.
pub(crate) fn is_name(text: &str) -> bool {
    text.parse::<Authority>().is_ok_and(|authority| authority.host() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_call() {
        const SITE: &str = "sec-fetch-site";
        const OWN: &str = "http://127.0.0.1:8000";
        type Case<'a> = (&'a str, &'a [(&'static str, &'static str)], bool, bool);
        let table: &[Case] = &[
            ("127.0.0.1:8000", &[], true, true),
            ("localhost:8000", &[], true, true),
            ("LOCALHOST", &[], true, true),
            ("mock.localhost:1", &[], true, true),
            ("[::1]:8000", &[], true, true),
            ("192.168.1.5:8000", &[], true, true),
            ("evil.example:8000", &[], false, false),
            ("localhost.evil.example", &[], false, false),
            ("127.0.0.1.evil.example", &[], false, false),
            ("evillocalhost", &[], false, false),
            ("localhost@evil.example", &[], false, false),
            ("evil.example@localhost", &[], false, false),
            ("", &[], false, false),
            ("devbox.lan:8000", &[], true, true),
            ("DevBox.lan", &[], true, true),
            ("devbox.lan", &[("origin", "http://devbox.lan"), (SITE, "same-origin")], true, true),
            ("devbox.lan", &[("origin", "http://evil.example")], false, false),
            ("devbox.lan", &[(SITE, "cross-site")], false, true),
            ("a.devbox.lan", &[], false, false),
            ("devbox.lan.evil.example", &[], false, false),
            ("devbox.lan@evil.example", &[], false, false),
            ("127.0.0.1:8000", &[("origin", OWN), (SITE, "same-origin")], true, true),
            ("127.0.0.1:8000", &[(SITE, "none")], true, true),
            ("127.0.0.1:8000", &[(SITE, "cross-site")], false, true),
            ("127.0.0.1:8000", &[(SITE, "same-site")], false, true),
            ("127.0.0.1:8000", &[("origin", "http://127.0.0.1:3000")], false, false),
            ("127.0.0.1:8000", &[("origin", "https://127.0.0.1:8000")], false, false),
            ("127.0.0.1:8000", &[("origin", "http://localhost:8000")], false, false),
            ("127.0.0.1:8000", &[("origin", "null")], false, false),
            ("127.0.0.1:8000", &[("origin", OWN), ("origin", OWN)], false, false),
            ("127.0.0.1:8000", &[("host", "127.0.0.1:8000")], false, false),
        ];
        let names = ["devbox.LAN".to_owned()];
        for (host, more, may_call, may_open) in table {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            for (name, value) in *more {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(check(&headers, false, &names).is_ok(), *may_call, "{host} {more:?}");
            assert_eq!(check(&headers, true, &names).is_ok(), *may_open, "{host} {more:?}");
        }
        assert!(check(&HeaderMap::new(), true, &names).is_err(), "no host");
    }

    #[test]
    fn names_are_names_alone() {
        for name in ["mock", "devbox.lan", "MOCK", "xn--mck-hra.example"] {
            assert!(is_name(name), "{name}");
        }
        for other in ["", "mock:8000", "http://mock", "a@mock", "a b", "mock/"] {
            assert!(!is_name(other), "{other}");
        }
    }

    /// The policy keeps markup in values from running; there is not even a way for it into the page.
    #[test]
    fn scripts_make_no_markup() {
        for (path, _, text) in FILES.iter().filter(|(_, media_type, _)| *media_type == SCRIPT) {
            for sink in
                ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "srcdoc"]
            {
                assert!(!text.contains(sink), "{path} uses {sink}");
            }
        }
        let (_, _, page) = FILES[0];
        for inline in ["<style", " style=", " onclick", "javascript:", "<script>"] {
            assert!(!page.contains(inline), "the page has {inline}");
        }
    }
}
