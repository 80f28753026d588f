//! Routes as generated code writes them: what reaches an operation, and how its result goes out.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse, Response as Answer};
use runtime::server::axum::Router;
use runtime::server::{Call, ErrorShape, FromCall, Reply, Routes, Serving};
use runtime::{
    AuthScheme, CallOptions, Client, Download, ErrorEvent, EventStream, Method, NamedEvent, OtherEvents,
    PathStyle, QueryStyle, Response, Result, RetryPolicy, Server, Service, StreamError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

const SHAPE: ErrorShape = ErrorShape { detail: "detail", fields: true };

fn routes() -> Routes<()> {
    Routes::new((), SHAPE)
}

/// A router with one operation.
fn one<F>(method: Method, path: &'static str, serve: F) -> Router
where
    F: for<'a> Fn(&'a (), &'a mut Call) -> Serving<'a> + Send + Sync + 'static,
{
    routes().route(method, path, &[""], serve).into_router()
}

fn get(target: &str) -> Request<Body> {
    Request::get(target).body(Body::empty()).unwrap()
}

async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, Bytes) {
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    (head.status, head.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap())
}

async fn ask_json(router: &Router, request: Request<Body>) -> (u16, Value) {
    let (status, _, body) = ask(router, request).await;
    (status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
}

/// Answers with what a reader finds.
fn found<T: Serialize>(call: &mut Call, value: Option<T>) -> Option<Reply> {
    call.reply_json(200, Ok(Response::from(value?)))
}

async fn listen(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

struct Sample;

impl Service for Sample {
    const NAME: &'static str = "sample";
    const VERSION: &'static str = "1.2.3";
    const ENV_PREFIX: &'static str = "SAMPLE";
    const SERVERS: &'static [Server] = &[];
    const AUTH: &'static [AuthScheme] = &[];
    const SECURITY: &'static [&'static [&'static str]] = &[];
}

async fn client(router: Router) -> Client<Sample> {
    Client::builder().base_url(listen(router).await).build().unwrap()
}

#[tokio::test]
async fn delimiters_inside_of_items_are_not_those_between_them() {
    let table = [
        (QueryStyle::Form, "v=a%2Cb,c", json!(["a,b", "c"])),
        (QueryStyle::Form, "v=a+b%2B,%20c", json!(["a b+", " c"])),
        (QueryStyle::Form, "v=a%2Cb&v=c", json!(["a,b", "c"])),
        (QueryStyle::SpaceDelimited, "v=a,b%20c+d", json!(["a,b", "c", "d"])),
        (QueryStyle::PipeDelimited, "v=a%20b%7Cc|d", json!(["a b", "c", "d"])),
        (QueryStyle::FormExploded, "v=a,b&v=c", json!(["a,b", "c"])),
    ];
    for (style, query, expected) in table {
        let router = one(Method::GET, "/x", move |_, call| {
            Box::pin(async move {
                let value = call.query_as::<Vec<String>>(style, "v");
                found(call, value)
            })
        });
        assert_eq!(ask_json(&router, get(&format!("/x?{query}"))).await, (200, expected), "{query}");
    }
    // Objects have delimiters, too, and so have cookies and paths.
    let router = one(Method::GET, "/{p}/{m}", |_, call| {
        Box::pin(async move {
            let object = call.query_as::<BTreeMap<String, String>>(QueryStyle::Form, "o");
            let cookie = call.cookie::<Vec<String>>("c");
            let path = call.path::<Vec<String>>("p");
            let matrix = call.path_as::<Vec<String>>(PathStyle::MatrixExploded, "m");
            let value = (|| Some((object?, cookie?, path?, matrix?)))();
            found(call, value)
        })
    });
    let request =
        Request::get("/a%2Cb,c/;m=a%3Bb;%6D=c?o=k%2C1,v%2C1,k2,v2").header("cookie", "c=a%2Cb,c; d=\u{e9}");
    assert_eq!(
        ask_json(&router, request.body(Body::empty()).unwrap()).await,
        (200, json!([{ "k,1": "v,1", "k2": "v2" }, ["a,b", "c"], ["a,b", "c"], ["a;b", "c"]]))
    );
}

#[tokio::test]
async fn literal_parts_of_paths_match_however_they_are_escaped() {
    fn echo(text: &'static str) -> impl for<'a> Fn(&'a (), &'a mut Call) -> Serving<'a> {
        move |_, call| {
            Box::pin(async move {
                let id = call.path::<String>("id").unwrap_or_default();
                call.reply_text(200, Ok(Response::from(format!("{text} {id}"))))
            })
        }
    }
    let router = routes()
        .route(Method::GET, "/{id}/", &[""], echo("any"))
        .route(Method::GET, "/files/{id}", &[""], echo("file"))
        .route(Method::GET, "/files/{id}.json", &[""], echo("document"))
        .route(Method::GET, "/caf\u{e9}/{id}", &["", "/\u{e4}pi"], echo("caf\u{e9}"))
        .route(Method::GET, "/caf\u{e9}/", &[""], echo("menu"))
        .route(Method::GET, "/a b/{id}", &[""], echo("space"))
        .route(Method::GET, "/c%20d/{id}", &[""], echo("escaped"))
        .into_router();
    for (target, expected) in [
        ("/caf%C3%A9/7", "caf\u{e9} 7"),
        ("/caf%c3%a9/7", "caf\u{e9} 7"),
        ("/c%61f%C3%A9/7", "caf\u{e9} 7"),
        ("/%C3%A4pi/caf%C3%A9/7", "caf\u{e9} 7"),
        ("/caf%C3%A9/", "menu "),
        ("/caff/", "any caff"),
        ("/a%20b/7", "space 7"),
        ("/c%20d/7", "escaped 7"),
        ("/files/x.json", "document x"),
        ("/files/x.yaml", "file x.yaml"),
        ("/%66iles/x.json", "document x"),
    ] {
        let (status, _, body) = ask(&router, get(target)).await;
        assert_eq!((status.as_u16(), &*body), (200, expected.as_bytes()), "{target}");
    }
    for target in ["/caf%E9/7", "/caf%C3/7", "/a+b/7", "/cafe/7"] {
        assert_eq!(ask(&router, get(target)).await.0, 404, "{target}");
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Window {
    limit: Option<i32>,
    offset: Option<i32>,
}

#[derive(Debug, Serialize)]
struct Search {
    free: Option<Value>,
    window: Option<Window>,
    rest: Option<BTreeMap<String, String>>,
    word: Option<String>,
}

impl FromCall for Search {
    fn from_call(call: &mut Call) -> Option<Self> {
        let free = call.query_opt("free");
        let window = call.query_opt("window");
        let rest = call.query_opt("rest");
        let word = call.query_opt("word");
        Some(Self { free: free?, window: window?, rest: rest?, word: word? })
    }
}

#[derive(Debug, Serialize)]
struct Narrow {
    free: Option<Value>,
    window: Option<Window>,
}

impl FromCall for Narrow {
    fn from_call(call: &mut Call) -> Option<Self> {
        let free = call.query_opt("free");
        let window = call.query_opt("window");
        Some(Self { free: free?, window: window? })
    }
}

#[tokio::test]
async fn an_absent_parameter_takes_nothing_from_others() {
    let router = one(Method::GET, "/", |_, call| {
        Box::pin(async move {
            let value = call.params::<Narrow>();
            found(call, value)
        })
    });
    let none = json!({ "free": null, "window": null });
    for (query, expected) in [
        ("", none.clone()),
        ("x=1", none.clone()),
        ("x=1&y=2", none),
        ("free=1&x=2", json!({ "free": "1", "window": null })),
        ("limit=5&x=2", json!({ "free": null, "window": { "limit": 5, "offset": null } })),
    ] {
        assert_eq!(ask_json(&router, get(&format!("/?{query}"))).await, (200, expected), "{query}");
    }
    let (status, body) = ask_json(&router, get("/?limit=abc")).await;
    assert_eq!((status, body), (400, json!({ "window": ["This value must be an integer in range."] })));

    // A map takes what belongs to nobody else, whichever of them is read first.
    let router = one(Method::GET, "/", |_, call| {
        Box::pin(async move {
            let value = call.params::<Search>();
            found(call, value)
        })
    });
    let (_, body) = ask_json(&router, get("/?word=w&a=1&free=f&b=2")).await;
    assert_eq!(body, json!({ "free": "f", "window": null, "rest": { "a": "1", "b": "2" }, "word": "w" }));
    let (_, body) = ask_json(&router, get("/?word=w")).await;
    assert_eq!(body, json!({ "free": null, "window": null, "rest": null, "word": "w" }));
}

#[tokio::test]
async fn what_is_no_number_or_no_text_is_refused() {
    let router = one(Method::GET, "/{p}", |_, call| {
        Box::pin(async move {
            let number = call.query_opt::<f64>("n");
            let single = call.query_opt::<f32>("f");
            let whole = call.query_opt::<i64>("i");
            let text = call.query_opt::<String>("t");
            let json = call.query_as_opt::<Value>(QueryStyle::Json, "j");
            let path = call.path::<String>("p");
            let value = (|| Some((number?, single?, whole?, text?, json?, path?)))();
            found(call, value)
        })
    });
    for target in [
        "/p?n=NaN",
        "/p?n=inf",
        "/p?n=-infinity",
        "/p?n=1e400",
        "/p?n=%2B1",
        "/p?f=1e39",
        "/p?f=nan",
        "/p?i=%2B1",
        "/p?t=%ff",
        "/p?j=1&j=2",
    ] {
        let (status, body) = ask_json(&router, get(target)).await;
        assert_eq!((status, body.as_object().unwrap().len()), (400, 1), "{target}: {body}");
    }
    for target in ["/%ff", "/%fe", "/%c3"] {
        assert_eq!(ask_json(&router, get(target)).await.0, 404, "{target}");
    }
    assert_eq!(ask_json(&router, get("/p?n=1e5&f=-0.5&i=-5&t=%C3%A9&%ff=x")).await.0, 200);
}

#[tokio::test]
async fn headers_may_come_in_several_lines() {
    let router = one(Method::GET, "/", |_, call| {
        Box::pin(async move {
            let list = call.header::<Vec<i32>>("x-list");
            let text = call.header::<String>("x-text");
            let value = (|| Some((list?, text?)))();
            let events = call.wants_events();
            found(call, value.map(|value| (value, events)))
        })
    });
    let request = |list: &[&str], text: &[u8]| {
        let mut request = get("/");
        for line in list {
            request.headers_mut().append("x-list", line.parse().unwrap());
        }
        request.headers_mut().append("accept", "application/json".parse().unwrap());
        request.headers_mut().append("accept", "text/event-stream".parse().unwrap());
        request.headers_mut().append("x-text", HeaderValue::from_bytes(text).unwrap());
        request
    };
    assert_eq!(
        ask_json(&router, request(&["1, 2", "3"], "\u{e9}".as_bytes())).await,
        (200, json!([[[1, 2, 3], "\u{e9}"], true]))
    );
    let (status, body) = ask_json(&router, request(&["1"], b"\xe9")).await;
    assert_eq!((status, body), (400, json!({ "x-text": ["This value must be UTF-8 text."] })));
}

#[tokio::test]
async fn head_tells_what_get_would() {
    let router = routes()
        .route(Method::GET, "/json", &[""], |_, call| {
            Box::pin(async move { call.reply_json(200, Ok(Response::from("four"))) })
        })
        .route(Method::POST, "/json", &[""], |_, call| {
            Box::pin(async move { call.reply_empty(204, Ok(().into())) })
        })
        .route(Method::GET, "/events", &[""], |_, call| {
            Box::pin(async move {
                call.reply_events(200, Ok(Response::from(EventStream::from_iter(["a".to_owned()]))))
            })
        })
        .route(Method::GET, "/nothing", &[""], |_, call| {
            Box::pin(async move { call.reply_empty(204, Ok(().into())) })
        })
        .into_router();
    let url = listen(router.clone()).await;
    let head = async |path: &str| {
        let mut connection = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
        let request = format!("HEAD {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        answer.to_ascii_lowercase()
    };
    let answer = head("/json").await;
    assert!(answer.starts_with("http/1.1 200") && answer.contains("content-length: 6\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    let answer = head("/events").await;
    assert!(answer.contains("text/event-stream") && !answer.contains("content-length: 0"), "{answer}");
    assert!(head("/none").await.contains("content-length: 23\r\n"));
    let answer = head("/nothing").await;
    assert!(answer.starts_with("http/1.1 204") && !answer.contains("content-length"), "{answer}");

    let request = Request::delete("/json").body(Body::empty()).unwrap();
    let (status, headers, _) = ask(&router, request).await;
    assert_eq!((status.as_u16(), headers["allow"].to_str().unwrap()), (405, "GET, HEAD, POST"));
}

/// Headers as another server may send them.
fn upstream(media_type: &str) -> HeaderMap {
    let text = |(name, value): (&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    let mut headers = HeaderMap::new();
    headers.extend(
        [
            ("content-type", media_type),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("x-request-id", "r1"),
            ("cache-control", "max-age=5"),
            ("connection", "close, X-Private"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-authenticate", "Basic"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("upgrade", "h2c"),
            ("transfer-encoding", "chunked"),
            ("content-length", "9999"),
            ("content-encoding", "identity"),
            ("accept-ranges", "bytes"),
        ]
        .map(text),
    );
    headers
}

#[tokio::test]
async fn a_proxy_passes_on_what_is_not_framing() {
    type Make = fn(&mut Call) -> Option<Reply>;
    let table: [(&str, Make, &str); 8] = [
        (
            "events over a JSON type",
            |call| {
                let events = EventStream::from_iter(["a".to_owned()]);
                call.reply_events(
                    200,
                    Ok(Response::new(StatusCode::OK, upstream("application/json"), events)),
                )
            },
            "text/event-stream",
        ),
        (
            "events over their own type",
            |call| {
                let events = EventStream::from_iter(["a".to_owned()]);
                let headers = upstream("text/event-stream; charset=utf-8");
                call.reply_events(200, Ok(Response::new(StatusCode::OK, headers, events)))
            },
            "text/event-stream; charset=utf-8",
        ),
        (
            "JSON over an event type",
            |call| call.reply_json(200, Ok(Response::new(StatusCode::OK, upstream("text/event-stream"), 1))),
            "application/json",
        ),
        (
            "JSON over a special kind of JSON",
            |call| {
                call.reply_json(200, Ok(Response::new(StatusCode::OK, upstream("application/hal+json"), 1)))
            },
            "application/hal+json",
        ),
        (
            "text in another character set",
            |call| {
                let headers = upstream("text/plain; charset=iso-8859-1");
                call.reply_text(200, Ok(Response::new(StatusCode::OK, headers, "\u{e9}".to_owned())))
            },
            "text/plain; charset=utf-8",
        ),
        (
            "text of another kind",
            |call| {
                call.reply_text(200, Ok(Response::new(StatusCode::OK, upstream("text/csv"), "a".to_owned())))
            },
            "text/csv",
        ),
        (
            "a file",
            |call| {
                let headers = upstream("image/png");
                let file = Download::from_bytes("x").with_media_type("image/png");
                call.reply_download(
                    200,
                    "application/octet-stream",
                    Ok(Response::new(StatusCode::OK, headers, file)),
                )
            },
            "image/png",
        ),
        (
            "an error",
            |call| {
                let error = runtime::ApiError::new(
                    StatusCode::CONFLICT,
                    upstream("application/problem+json"),
                    Bytes::from_static(b"{}"),
                );
                call.reply_json::<()>(200, Err(error.into()))
            },
            "application/problem+json",
        ),
    ];
    for (name, make, media_type) in table {
        let router = one(Method::GET, "/", move |_, call| Box::pin(async move { make(call) }));
        let (_, headers, body) = ask(&router, get("/")).await;
        assert_eq!(headers["content-type"], media_type, "{name}");
        let cookies: Vec<_> = headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"], "{name}");
        assert_eq!(
            (&headers["x-request-id"], &headers["cache-control"]),
            (&"r1".parse().unwrap(), &"max-age=5".parse().unwrap())
        );
        let length =
            headers.get("content-length").map(|length| length.to_str().unwrap().parse::<usize>().unwrap());
        assert!(length.is_none_or(|length| length == body.len()), "{name}: {length:?}");
        for gone in [
            "connection",
            "x-private",
            "keep-alive",
            "proxy-authenticate",
            "te",
            "trailer",
            "upgrade",
            "transfer-encoding",
        ] {
            assert!(!headers.contains_key(gone), "{name}: {gone}");
        }
        if name != "an error" {
            assert!(
                !headers.contains_key("accept-ranges") && !headers.contains_key("content-encoding"),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn bodies_that_break_off_or_take_too_long_are_told_apart() {
    let router = routes()
        .max_body_size(10)
        .body_timeout(Duration::from_millis(100))
        .route(Method::POST, "/", &[""], |_, call| {
            Box::pin(async move {
                let body = call.json::<Value>().await;
                found(call, body)
            })
        })
        .into_router();
    let stream = |chunks: Vec<Result<&'static str>>, stall: bool| {
        use futures_util::StreamExt;
        let chunks = futures_util::stream::iter(chunks);
        let rest = futures_util::stream::pending().take(usize::from(stall));
        Request::post("/").body(Body::from_stream(chunks.chain(rest))).unwrap()
    };
    let broken = || Err(StreamError::Truncated.into());
    for (chunks, stall, status) in [
        (vec![Ok("[1"), Ok(",2]")], false, 200),
        (vec![Ok("[1"), broken()], false, 400),
        (vec![broken()], false, 400),
        (vec![Ok("[1,2,3"), Ok(",4,5]")], false, 413),
        (vec![Ok("[1,2")], true, 408),
        (vec![], true, 408),
        (vec![Ok("\u{feff}[1]")], false, 200),
    ] {
        let (found, headers, body) = ask(&router, stream(chunks, stall)).await;
        assert_eq!(found.as_u16(), status, "{body:?}");
        assert_eq!(headers.get("connection").is_some(), status == 408);
    }
    // Whoever is told that it took too long sends it again.
    let mut large = stream(vec![Ok("[1,2")], true);
    large.headers_mut().insert("content-length", HeaderValue::from_static("11"));
    assert_eq!(ask(&router, large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn problems_of_the_whole_are_named_as_the_document_names_them() {
    let ask_with = async |routes: Routes<()>| {
        let router = routes
            .route(Method::POST, "/", &[""], |_, call| {
                Box::pin(async move {
                    let body = call.json::<Window>().await;
                    found(call, body)
                })
            })
            .into_router();
        ask_json(&router, Request::post("/").body(Body::from("5")).unwrap()).await
    };
    let problem = json!(["This value must be an object."]);
    assert_eq!(ask_with(routes()).await, (400, json!({ "detail": problem })));
    assert_eq!(ask_with(routes().general_problems("_all")).await, (400, json!({ "_all": problem })));
    let plain = Routes::new((), ErrorShape { detail: "error", fields: false });
    assert_eq!(ask_with(plain).await, (400, json!({ "error": "Not valid: the body." })));
}

/// Callers do not know what Rust calls its types.
#[tokio::test]
async fn problems_of_bodies_are_in_terms_of_json() {
    #[derive(Serialize, Deserialize)]
    struct Order {
        inner: Option<Inner>,
        list: Option<Vec<i32>>,
        map: Option<BTreeMap<String, f64>>,
        count: Option<u8>,
        text: Option<String>,
        flag: Option<bool>,
    }

    #[derive(Serialize, Deserialize)]
    struct Inner {}

    let router = one(Method::POST, "/", |_, call| {
        Box::pin(async move {
            let body = call.json::<Order>().await;
            found(call, body)
        })
    });
    for (name, value, expected) in [
        ("inner", json!("x"), "an object"),
        ("inner", json!([]), "an object"),
        ("list", json!({}), "a list"),
        ("map", json!(1), "an object"),
        ("count", json!("x"), "a non-negative integer in range"),
        ("count", json!(300), "a non-negative integer in range"),
        ("text", json!(1), "a string"),
        ("flag", json!("true"), "a boolean"),
    ] {
        let body = json!({ name: value }).to_string();
        let expected = format!("This value must be {expected}.");
        let answer =
            ask_json(&router, Request::post("/").body(axum::body::Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer, (400, json!({ name: [expected] })), "{body}");
    }
}

/// Who asks before sending a body that is too large need not send it.
#[tokio::test]
async fn nobody_is_told_to_go_on_with_a_body_that_is_too_large() {
    let router = routes().max_body_size(10).route(Method::POST, "/", &[""], |_, call| {
        Box::pin(async move {
            let body = call.json::<Value>().await;
            found(call, body)
        })
    });
    let url = listen(router.into_router()).await;
    for (length, expected) in [(4, "http/1.1 100"), (11, "http/1.1 413")] {
        let mut connection = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
        let head =
            format!("POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer).to_ascii_lowercase(), expected);
    }
}

const TEXTS: [&str; 9] = ["plain", "", " two  ", "a\nb", "\n", "a\n\n", "\"quoted\"", "data: x", "\u{feff}x"];

#[tokio::test]
async fn texts_in_a_stream_arrive_as_they_were() {
    let router = one(Method::GET, "/", |_, call| {
        Box::pin(async move {
            call.reply_events(200, Ok(Response::from(EventStream::from_iter(TEXTS.map(str::to_owned)))))
        })
    });
    let client = client(router).await;
    let events = client.request(Method::GET, "/").receive_events::<String>().await.unwrap().into_body();
    assert_eq!(events.into_vec().await.unwrap(), TEXTS);

    // There is no other kind of line end in an event.
    let router = one(Method::GET, "/", |_, call| {
        Box::pin(async move {
            call.reply_events(200, Ok(Response::from(EventStream::from_iter(["a\r\nb\rc".to_owned()]))))
        })
    });
    let (_, _, body) = ask(&router, get("/")).await;
    assert_eq!(body, "data: a\ndata: b\ndata: c\n\n");
}

#[tokio::test]
async fn an_event_that_would_end_a_stream_is_no_good_end() {
    async fn answer(event: NamedEvent<String>) -> Router {
        one(Method::GET, "/", move |_, call| {
            let events = [NamedEvent::new("a".to_owned()), event.clone(), NamedEvent::new("b".to_owned())];
            let events = EventStream::from_named(futures_util::stream::iter(events.map(Ok)));
            Box::pin(async move { call.reply_events(200, Ok(Response::from(events))) })
        })
    }
    let read = async |event| {
        let client = client(answer(event).await).await;
        let events = client.request(Method::GET, "/").receive_events::<String>().await.unwrap().into_body();
        let mut events = events.with_other_events(OtherEvents::Decode);
        let mut found = Vec::new();
        loop {
            match events.try_next().await {
                Ok(Some(event)) => found.push(event),
                Ok(None) => return (found, true),
                Err(_) => return (found, false),
            }
        }
    };
    let event = |text: &str| NamedEvent::new(text.to_owned());
    assert_eq!(read(event("[DONE]")).await, (vec!["a".to_owned()], false));
    // These are events.
    for other in [event(" [DONE]"), event("[DONE]").with_name("state")] {
        let expected = vec!["a".to_owned(), other.event.clone(), "b".to_owned()];
        assert_eq!(read(other).await, (expected, true));
    }
}

#[tokio::test]
async fn what_comes_before_an_error_arrives() {
    let client_of = async |serve: fn(&mut Call) -> Option<Reply>| {
        let router = one(Method::GET, "/", move |_, call| Box::pin(async move { serve(call) }));
        client(router).await.with(CallOptions::new().retry(RetryPolicy::never()))
    };
    let lines = client_of(|call| {
        let failed = runtime::Error::other("the disk is gone");
        let values = EventStream::from_iter([Ok(1_u8), Err(failed)]);
        call.reply_lines(200, "application/jsonl", Ok(Response::from(values)))
    });
    let lines = lines.await;
    let values = lines.request(Method::GET, "/").receive_lines::<u8>("application/jsonl").await.unwrap();
    let mut values = values.into_body();
    assert_eq!(values.try_next().await.unwrap(), Some(1));
    values.try_next().await.unwrap_err();

    let files = client_of(|call| {
        let chunks = [Ok("ab".into()), Err(runtime::Error::other("the disk is gone"))];
        let file = Download::from_stream(futures_util::stream::iter(chunks));
        call.reply_download(200, "text/plain", Ok(Response::from(file)))
    });
    let files = files.await;
    let mut file = files.request(Method::GET, "/").receive_download().await.unwrap().into_body();
    assert_eq!(file.chunk().await.unwrap().unwrap(), "ab");
    file.chunk().await.unwrap_err();
}

/// Tokio gives a task so much at a time, and it can be used up by the very piece that is the error.
#[tokio::test]
async fn what_comes_before_an_error_arrives_when_much_is_ready_at_once() {
    let router = one(Method::GET, "/", |_, call| {
        Box::pin(async move {
            let count: u32 = call.query("count")?;
            let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
            for number in 0..count {
                send.send(Ok(number)).ok();
            }
            send.send(Err(runtime::Error::other("the disk is gone"))).ok();
            let values = futures_util::stream::poll_fn(move |context| receive.poll_recv(context));
            call.reply_lines(200, "application/jsonl", Ok(Response::from(EventStream::new(values))))
        })
    });
    let client = client(router).await.with(CallOptions::new().retry(RetryPolicy::never()));
    for count in 1_u32..200 {
        let call = client.request(Method::GET, "/").query("count", &count);
        let mut values = call.receive_lines::<u32>("application/jsonl").await.unwrap().into_body();
        for number in 0..count {
            assert_eq!(values.try_next().await.unwrap(), Some(number), "{count}");
        }
        values.try_next().await.unwrap_err();
    }
}

/// What the documentation of `into_router` shows.
#[tokio::test]
async fn a_layer_answers_for_a_handler_that_panics() {
    let panics = || one(Method::GET, "/", |_, _| Box::pin(async { panic!("canary") }));
    let error = client(panics()).await.request(Method::GET, "/").receive_empty().await.unwrap_err();
    assert_eq!(error.kind(), "transport", "{error}");
    let caught = CatchPanicLayer::custom(|_| {
        (StatusCode::INTERNAL_SERVER_ERROR, "{\"detail\":\"Failed.\"}").into_response()
    });
    let client = client(panics().layer(caught)).await.with(CallOptions::new().retry(RetryPolicy::never()));
    for _ in 0..2 {
        let error = client.request(Method::GET, "/").receive_empty().await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(500), "{error}");
        assert_eq!(error.api().unwrap().body_text(), "{\"detail\":\"Failed.\"}");
    }
}

#[tokio::test]
async fn names_identifiers_and_errors_go_through_a_router() {
    let router = one(Method::GET, "/", |_, call| {
        Box::pin(async move {
            let event = |text: &str| NamedEvent::new(text.to_owned());
            let events = [
                Ok(event("a").with_name("first").with_id("1")),
                Ok(event("b").with_id("1")),
                Ok(event("c").with_name("evil\nname").with_id("evil\nid")),
                Err(ErrorEvent::new("quota\nexceeded").into()),
                Ok(event("never")),
            ];
            let events = EventStream::from_named(futures_util::stream::iter(events));
            call.reply_events(200, Ok(Response::from(events)))
        })
    });
    let (_, _, body) = ask(&router, get("/")).await;
    assert_eq!(
        std::str::from_utf8(&body).unwrap(),
        "event: first\nid: 1\ndata: a\n\ndata: b\n\ndata: c\n\nevent: error\ndata: quota\ndata: exceeded\n\n"
    );
    let client = client(router).await;
    let events = client.request(Method::GET, "/").receive_events::<String>().await.unwrap().into_body();
    let mut events = events.with_other_events(OtherEvents::Decode);
    let mut found = Vec::new();
    let error = loop {
        match events.try_next().await {
            Ok(event) => found.push((
                event.unwrap(),
                events.event_name().to_owned(),
                events.last_event_id().to_owned(),
            )),
            Err(error) => break error,
        }
    };
    let expected = [("a", "first", "1"), ("b", "message", "1"), ("c", "message", "1")];
    assert_eq!(found, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    assert_eq!(error.error_event().unwrap().data(), "quota\nexceeded");
}

#[tokio::test(start_paused = true)]
async fn silent_streams_are_kept_alive_with_comments() {
    use futures_util::StreamExt;
    let body_of = async |routes: Routes<()>, silence: u64| {
        let router = routes
            .route(Method::GET, "/", &[""], move |_, call| {
                Box::pin(async move {
                    let events = futures_util::stream::iter(["a", "b"]).then(move |text| async move {
                        tokio::time::sleep(Duration::from_secs(silence)).await;
                        Ok(text.to_owned())
                    });
                    call.reply_events(200, Ok(Response::from(EventStream::new(events))))
                })
            })
            .into_router();
        let answer: Answer = router.oneshot(get("/")).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(body.into()).unwrap()
    };
    let beat = ": keep-alive\n\n";
    assert_eq!(body_of(routes(), 10).await, "data: a\n\ndata: b\n\n");
    assert_eq!(body_of(routes(), 40).await, format!("{beat}{beat}data: a\n\n{beat}{beat}data: b\n\n"));
    let often = routes().event_keep_alive(Duration::from_secs(3));
    assert_eq!(body_of(often, 10).await.matches(beat).count(), 6);
    assert_eq!(body_of(routes().event_keep_alive(None), 1000).await, "data: a\n\ndata: b\n\n");
}

#[tokio::test]
async fn several_variables_of_one_path_may_have_slashes() {
    let routed = || {
        routes().route(Method::GET, "/{+from}/to/{+to}", &["/v1"], |_, call| {
            let from = call.path_as::<String>(PathStyle::Segments, "from");
            let to = call.path_as::<String>(PathStyle::Segments, "to");
            Box::pin(async move { found(call, Some([from?, to?])) })
        })
    };
    // Beside other routes, each number of segments is one.
    let beside =
        Router::new().fallback(|| async { "elsewhere" }).merge(routed().without_fallback().into_router());
    for router in [routed().into_router(), beside] {
        let client = client(router).await;
        for (from, to) in [("a", "b"), ("a/b", "c"), ("a", "b/c/d"), ("a/b/c", "d/e%/f g")] {
            let request = client.request(Method::GET, "/v1/{+from}/to/{+to}");
            let request =
                request.path_as(PathStyle::Segments, "from", from).path_as(PathStyle::Segments, "to", to);
            let found: Response<Vec<String>> = request.receive_json().await.unwrap();
            assert_eq!(*found, [from, to]);
        }
    }
}
