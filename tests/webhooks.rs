//! A generated receiver over loopback: what reaches a handler, what does not, and what the sender is told.

use axum::extract::Request;
use axum::response::IntoResponse;
use echo::models::*;
use echo::params::Changed;
use echo::reqwest::{Client, Response as Answer};
use echo::runtime::server::{Receivers, Rejection};
use echo::webhooks::{Webhook, Webhooks};
use echo::{Api, Error, HeaderMap, Response, Result, RetryPolicy};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tower::ServiceExt;

use crate::server::Server;

/// Answers with what it received; leaves out `pinged`.
struct Handler;

impl Webhooks for Handler {
    async fn changed(&self, params: &Changed, body: &Change) -> Result<Response<Values>> {
        if body.thing == "poison" {
            return Err(Error::other("cannot be handled"));
        }
        let values = [("thing", json!(body.thing)), ("delivery", json!(params.x_delivery))];
        Ok(values.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Values>().into())
    }

    async fn echo_nothing_on_nothing(&self, body: String) -> Result<Response<()>> {
        assert_eq!(body, "done");
        Ok(().into())
    }
}

fn routes() -> Receivers<Handler, Webhook> {
    echo::webhooks::routes(Handler)
}

/// Serves the receivers; posts go below its address.
struct Served {
    address: String,
    client: Client,
}

impl Served {
    async fn new(receivers: Receivers<Handler, Webhook>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, receivers.into_router()).await.unwrap() });
        Self { address, client: Client::builder().no_proxy().build().unwrap() }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let mut request = self.client.post(format!("{}{path}", self.address)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.send().await.unwrap()).await
    }
}

async fn read(answer: Answer) -> (u16, Value) {
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_handler_gets_what_fits_and_the_sender_learns_the_rest() {
    let served = Served::new(routes()).await;
    let taken = served.post("/changed", &[JSON, ("x-delivery", "7")], r#"{"thing":"a","new":1}"#).await;
    assert_eq!(taken, (202, json!({ "thing": "a", "delivery": 7 })));
    let refused = |detail: &str| (400, json!({ "detail": detail }));
    let cases = [
        (r#"{"thing":"#, refused("The body is not JSON: line 1, column 9.")),
        (r#"{"count":1}"#, refused("Not valid: thing.")),
        (r#"{"thing":"a","count":"many"}"#, refused("Not valid: count.")),
        (r#"[]"#, refused("Not valid: the body.")),
        // The handler failed: the sender tries again.
        (r#"{"thing":"poison"}"#, (500, json!({ "detail": "Internal server error." }))),
    ];
    for (body, expected) in cases {
        assert_eq!(served.post("/changed", &[JSON], body).await, expected, "{body}");
    }
    let (status, _) = served.post("/changed", &[("content-type", "text/plain")], r#"{"thing":"a"}"#).await;
    assert_eq!(status, 415);
    assert_eq!(served.post("/changed", &[JSON, ("x-delivery", "x")], r#"{"thing":"a"}"#).await.0, 400);
    assert_eq!(served.post("/echo-nothing-on-nothing", &[], "done").await, (204, json!("")));
    assert_eq!(served.post("/unknown", &[JSON], "{}").await.0, 404);
    // Left out: the default body.
    assert_eq!(served.post("/pinged", &[], "").await, (501, json!({ "detail": "Not implemented." })));
    assert_eq!(echo::webhooks::left_out::<Handler>(), ["pinged"]);
    let got = served.client.get(format!("{}/changed", served.address)).send().await.unwrap();
    assert_eq!((got.status().as_u16(), got.headers()["allow"].to_str().unwrap()), (405, "POST"));
}

fn sign(secret: &[u8], body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_signed(headers: &HeaderMap, body: &[u8]) -> Result<(), Rejection> {
    let given = headers.get("x-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bytes =
        (0..given.len() / 2).filter_map(|at| u8::from_str_radix(given.get(2 * at..2 * at + 2)?, 16).ok());
    let mac = Hmac::<Sha256>::new_from_slice(b"secret").unwrap().chain_update(body);
    mac.verify_slice(&bytes.collect::<Vec<u8>>()).map_err(|_| Rejection::unauthorized())
}

#[tokio::test]
async fn the_check_sees_the_raw_bytes_before_anything_is_decoded() {
    let served = Served::new(routes().check(is_signed)).await;
    // The bytes count, not what they mean.
    let body = "{ \"thing\" :\t\"a\" }";
    let signed = |secret: &[u8], body: &str| [JSON.1.to_owned(), sign(secret, body)];
    for (secret, sent, expected) in [
        (&b"secret"[..], body, 202),
        (b"another", body, 401),
        (b"secret", r#"{"thing":"a"}"#, 401),
        (b"secret", "{ \"thing\" :\t\"b\" }", 401),
    ] {
        let [kind, signature] = signed(secret, body);
        let headers = [("content-type", &*kind), ("x-signature", &*signature)];
        assert_eq!(served.post("/changed", &headers, sent).await.0, expected, "{sent}");
    }
    let refused = (401, json!({ "detail": "Not authenticated." }));
    // Neither broken JSON nor a missing handler shows to those who cannot sign.
    assert_eq!(served.post("/changed", &[JSON], "{").await, refused);
    assert_eq!(served.post("/pinged", &[], "").await, refused);
    let signature = sign(b"secret", "{");
    assert_eq!(served.post("/changed", &[JSON, ("x-signature", &signature)], "{").await.0, 400);
}

#[tokio::test]
async fn too_large_a_body_is_refused_before_the_check() {
    let served = Served::new(routes().max_body_size(20).check(|_, _| panic!("it was read"))).await;
    let long = format!("{{\"thing\":\"{}\"}}", "a".repeat(20));
    assert_eq!(served.post("/changed", &[JSON], &long).await.0, 413);
}

#[tokio::test]
async fn each_webhook_has_the_path_that_its_user_chose() {
    const THING: &str = r#"{"thing":"a"}"#;
    for (path, taken, refused) in [
        ("hooks/a/x", &["/hooks/a/x"][..], &["/hooks/a", "/hooks/a/x/", "/hooks/b/x"][..]),
        ("/hooks/{a}/x", &["/hooks/a/x", "/hooks/%7Ba%7D/x", "/hooks/%2F/x"], &["/hooks//x", "/hooks/a/b/x"]),
        ("/hooks/{a}", &["/hooks/a"], &["/hooks", "/hooks/", "/hooks/a/"]),
        ("/café", &["/caf%C3%A9"], &["/cafe"]),
        ("/:a/*", &["/:a/*"], &["/a/b"]),
    ] {
        let served = Served::new(routes().at(Webhook::Changed, path).unwrap()).await;
        for at in taken {
            assert_eq!(served.post(at, &[JSON], THING).await.0, 202, "{path}: {at}");
        }
        for at in refused.iter().chain(&["/changed"]) {
            assert_eq!(served.post(at, &[JSON], THING).await.0, 404, "{path}: {at}");
        }
        assert_eq!(served.post("/pinged", &[], "").await.0, 501);
    }
    // What says more about the path is meant, whatever the order and the names.
    let two = |changed, pinged| {
        routes().at(Webhook::Changed, changed).unwrap().at(Webhook::Pinged, pinged).unwrap()
    };
    let served = Served::new(two("/hooks/{a}", "/hooks/ping")).await;
    for ping in ["/hooks/ping", "/hooks/%70ing"] {
        assert_eq!(served.post(ping, &[], "").await.0, 501, "{ping}");
    }
    assert_eq!(served.post("/hooks/a", &[JSON], THING).await.0, 202);
    let served = Served::new(two("/hooks/{a}", "/hooks/{b}/x")).await;
    assert_eq!(served.post("/hooks/ping/x", &[], "").await.0, 501);
    assert_eq!(served.post("/hooks/ping", &[JSON], THING).await.0, 202);
    // Two at the same path: the first one.
    let served = Served::new(two("/hooks/{a}", "/hooks/{b}")).await;
    assert_eq!(served.post("/hooks/ping", &[JSON], THING).await.0, 202);
}

#[test]
fn a_path_that_would_never_be_called_is_an_error_that_keeps_it_secret() {
    let secret = "/a-secret/{x}.json";
    let receivers = || routes().check(|_, _| Ok(()));
    for error in [
        receivers().at(Webhook::Changed, secret).unwrap_err(),
        receivers().all_at(secret, |_, _| None).unwrap_err(),
    ] {
        let text = format!("{error} {error:?}");
        assert!(text.starts_with("the path of a receiver has braces") && !text.contains("secret"), "{text}");
    }
    let text = format!("{:?}", routes().at(Webhook::Changed, "/a-secret").unwrap());
    assert!(!text.contains("secret"), "{text}");
}

/// Routers that others merge receivers into keep their paths, and layers find variables by name.
#[tokio::test]
async fn receivers_take_no_path_but_their_own() {
    use axum::extract::Path;
    use axum::routing::post;
    let sibling = |Path(name): Path<String>| async move { format!("sibling {name}") };
    let router = routes()
        .at(Webhook::Changed, "/hooks/café/{tenant}")
        .unwrap()
        .into_router()
        .merge(axum::Router::new().route("/hooks/{name}", post(sibling)))
        .merge(axum::Router::new().route("/hooks/caf/{name}", post(sibling)));
    let answers = statuses(router, &["/hooks/a", "/hooks/caf/b", "/hooks/caf%C3%A9/c"], "a").await;
    assert_eq!(answers[..2], [(200, json!("sibling a")), (200, json!("sibling b"))]);
    assert_eq!(answers[2].0, 202);
}

/// Senders escape what need not be escaped, or undo what need not be; and what is the same path is one.
#[tokio::test]
async fn a_receiver_is_found_however_its_path_is_escaped() {
    let receivers = routes().at(Webhook::Changed, "/%68ooks/{x}/a%2fb:é").unwrap();
    let receivers = receivers.at(Webhook::Pinged, "/hooks/{y}/a%2Fb:%c3%a9").unwrap();
    let router = axum::Router::new().fallback(|| async { "a page" }).merge(receivers.into_router());
    let paths = [
        "/%68ooks/1/a%2fb:%C3%A9",
        "/hooks/1/a%2Fb:%C3%A9",
        "/hooks/1/a%2fb:%c3%a9",
        "/hooks/1/a%2Fb%3A%C3%A9",
        "/hooks/1/a/b:%C3%A9",
    ];
    let answers = statuses(router.clone(), &paths, "a").await;
    assert_eq!(answers.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [202, 202, 202, 202, 200]);

    // Some programs escape nothing.
    let request = Request::post("/hooks/1/a%2Fb:é").header("content-type", "application/json");
    let answer =
        router.oneshot(request.body(axum::body::Body::from(r#"{"thing":"a"}"#)).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 202);
}

tokio::task_local! {
    /// Whose address was called.
    static TENANT: String;
}

/// Answers with the tenant.
struct OfTenants;

impl Webhooks for OfTenants {
    async fn changed(&self, _: &Changed, _: &Change) -> Result<Response<Values>> {
        let tenant = TENANT.with(|tenant| json!(tenant));
        Ok([("tenant".to_owned(), tenant)].into_iter().collect::<Values>().into())
    }
}

#[tokio::test]
async fn a_layer_finds_the_variables_of_a_path_for_the_handler() {
    use axum::extract::{Path, Request};
    use axum::middleware::{Next, from_fn};
    let layer = || {
        from_fn(async |tenant: Option<Path<String>>, request: Request, next: Next| match tenant {
            Some(Path(tenant)) if tenant == "unknown" => axum::http::StatusCode::NOT_FOUND.into_response(),
            Some(Path(tenant)) => TENANT.scope(tenant, next.run(request)).await,
            None => next.run(request).await,
        })
    };
    let receivers = || echo::webhooks::routes(OfTenants);
    let own = receivers().at(Webhook::Changed, "/hooks/{tenant}").unwrap().into_router().layer(layer());
    let nested = receivers().at(Webhook::Changed, "/").unwrap().into_router();
    let nested = axum::Router::new().nest("/hooks/{tenant}", nested).layer(layer());
    let all = receivers()
        .all_at("/hooks/{tenant}", |_, _| Some(Webhook::Changed))
        .unwrap()
        .into_router()
        .layer(layer());
    for router in [own, nested, all] {
        let answers =
            statuses(router, &["/hooks/a", "/hooks/b%20c", "/hooks/unknown", "/x", "/hooks/a/b"], "a").await;
        assert_eq!(answers[..2], [(202, json!({ "tenant": "a" })), (202, json!({ "tenant": "b c" }))]);
        assert_eq!([answers[2].0, answers[3].0, answers[4].0], [404; 3]);
    }
}

#[tokio::test]
async fn one_address_serves_all_where_something_tells_them_apart() {
    let all = routes().all_at("/hook", |headers, _| {
        let name = headers.get("x-event")?.to_str().ok()?;
        Webhook::ALL.iter().copied().find(|webhook| webhook.name() == name)
    });
    let served = Served::new(all.unwrap()).await;
    let event = |name| [JSON, ("x-event", name)];
    assert_eq!(served.post("/hook", &event("changed"), r#"{"thing":"a"}"#).await.0, 202);
    assert_eq!(served.post("/hook", &event("pinged"), "").await.0, 501);
    assert_eq!(served.post("/hook", &event("other"), "{}").await, (404, json!({ "detail": "Not found." })));
    assert_eq!(served.post("/hook", &[JSON], r#"{"thing":"a"}"#).await.0, 404);
    assert_eq!(served.post("/changed", &[JSON], r#"{"thing":"a"}"#).await.0, 404);

    // One that has a path of its own again is told by that.
    let all = routes().all_at("/hook", |_, _| None).unwrap().at(Webhook::Changed, "/own").unwrap();
    let answers = statuses(all.into_router(), &["/own", "/hook"], "a").await;
    assert_eq!([answers[0].0, answers[1].0], [202, 404]);
}

/// Serves a router, and says how it answers a change that is posted to each of these paths.
async fn statuses(router: axum::Router, paths: &[&str], thing: &str) -> Vec<(u16, Value)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let served = Served { address, client: Client::builder().no_proxy().build().unwrap() };
    let body = json!({ "thing": thing }).to_string();
    let mut statuses = Vec::new();
    for path in paths {
        statuses.push(served.post(path, &[JSON], &body).await);
    }
    statuses
}

#[tokio::test]
async fn routers_of_receivers_go_into_others() {
    let taken = (202, json!({ "thing": "a", "delivery": null }));
    let router = axum::Router::new().nest("/hooks", echo::webhooks::router(Handler));
    assert_eq!(statuses(router, &["/hooks/changed"], "a").await[0], taken);

    // Beside another one, an API, and an application with a fallback of its own.
    let router = axum::Router::new()
        .fallback(|| async { "a page" })
        .route("/changed", axum::routing::get(|| async { "a page" }))
        .merge(echo::server::routes(NoApi).without_fallback().into_router())
        .merge(routes().into_router())
        .merge(others());
    let paths = ["/changed", "/others/changed", "/others/elsewhere"];
    let page = (200, json!("a page"));
    assert_eq!(statuses(router, &paths, "a").await, [taken.clone(), taken.clone(), page]);

    // Into one whose fallback is that of an API.
    let router = echo::server::router(NoApi).merge(routes().into_router()).merge(others());
    let not_found = (404, json!({ "detail": "Not found." }));
    assert_eq!(statuses(router, &paths, "a").await, [taken.clone(), taken, not_found]);
}

/// The same receivers at other paths.
fn others() -> axum::Router {
    let at = |receivers: Receivers<Handler, Webhook>, webhook: &Webhook| {
        receivers.at(*webhook, &format!("/others/{}", webhook.name())).unwrap()
    };
    Webhook::ALL.iter().fold(routes(), at).into_router()
}

/// No operation of it is implemented.
struct NoApi;

impl Api for NoApi {}

/// Fails with an answer of its own, or with that of a service that it asks.
struct Failing {
    other: Option<echo::Client>,
    status: u16,
}

impl Webhooks for Failing {
    async fn changed(&self, _: &Changed, _: &Change) -> Result<Response<Values>> {
        match &self.other {
            None => Err(Error::with_status(self.status, &json!("mine"))),
            Some(other) => Err(other.echo_text("x".to_owned()).await.unwrap_err()),
        }
    }
}

#[tokio::test]
async fn a_handler_that_fails_never_looks_successful_and_nobody_hears_what_it_asked() {
    let behind = "The service behind this one did not answer as it should.";
    for (is_of_another, status, expected) in [
        (false, 409, (409, json!("mine"))),
        (false, 200, (500, json!({ "detail": "Internal server error." }))),
        (false, 204, (500, json!({ "detail": "Internal server error." }))),
        (true, 401, (502, json!({ "detail": behind }))),
        // Some services take this for the wish that they never send anything again.
        (true, 410, (502, json!({ "detail": behind }))),
        (true, 302, (502, json!({ "detail": behind }))),
        (true, 500, (502, json!({ "detail": behind }))),
    ] {
        let answer = move |_: &_, _| {
            let answer = axum::http::Response::builder().status(status).header("set-cookie", "canary");
            answer.header("location", "/canary").body("canary".into()).unwrap()
        };
        let server = Server::start(answer).await;
        let other =
            echo::Client::builder().base_url(&server.url).retry(RetryPolicy::never()).build().unwrap();
        let handler = Failing { other: is_of_another.then_some(other), status };
        let told = statuses(echo::webhooks::router(handler), &["/changed"], "a").await;
        assert_eq!(told, [expected], "{is_of_another} {status}");
    }
}
