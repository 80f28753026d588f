//! What goes out: everything in its place, or nothing at all.

use runtime::wire::Value;
use runtime::{
    CallOptions, Client, Download, Error, EventStream, Method, QueryStyle, Response, RetryPolicy,
    http_client_builder,
};
use serde_json::json;

use crate::calls::{Delta, Sample, builder, client, shown};
use crate::server::{Server, Step, answer, json as json_answer};

#[tokio::test]
async fn a_request_has_everything_in_its_place() {
    let server = Server::fixed(json_answer(r#"{"ok":true}"#)).await;
    for suffix in ["", "/", "/deep/prefix", "/deep/prefix/"] {
        let client = builder(format!("{}{suffix}", server.url())).user_agent_suffix("app/2").build().unwrap();
        let response: Response<Value> = client
            .request(Method::POST, "/things/{id}/")
            .path("id", "a/b c?d#e%2f..\u{4e2d}")
            .query("tag", &["x&y", "z"])
            .query("none", &None::<i32>)
            .header("X-Extra", &7)
            .cookie("theme", "dark;")
            .json_with_flag(&json!({"message": "hi", "stream": true}), "stream", false)
            .receive_json()
            .await
            .unwrap();
        assert_eq!(response["ok"], true);
        let request = server.requests().pop().unwrap();
        let prefix = suffix.trim_end_matches('/');
        let line =
            format!("POST {prefix}/things/a%2Fb%20c%3Fd%23e%252f..%E4%B8%AD/?tag=x%26y&tag=z HTTP/1.1");
        assert_eq!(request.line(), line);
        let headers = [
            ("authorization", "Api-Key canary-key"),
            ("accept", "application/json"),
            ("content-type", "application/json"),
            ("user-agent", "sample/1.2.3 specwright-runtime/0.1.0 app/2"),
            ("x-extra", "7"),
            ("cookie", "theme=dark%3B"),
        ];
        for (name, value) in headers {
            assert_eq!(request.header(name), Some(value), "{name}");
        }
        assert_eq!(request.header("host").unwrap(), format!("127.0.0.1:{}", server.port()));
        assert_eq!(
            serde_json::from_slice::<Value>(&request.body).unwrap(),
            json!({"message": "hi", "stream": false})
        );
    }
    assert_eq!(server.connections(), 4, "one per client: none of them shares");
}

#[tokio::test]
async fn bodies_of_every_kind() {
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    let post = || client.request(Method::POST, "/");
    post().form(&json!({"a": "b&c", "l": [1, 2]})).receive_empty().await.unwrap();
    post().bytes("application/octet-stream", vec![0, 1]).receive_empty().await.unwrap();
    post().json_as("application/merge-patch+json", &json!([1])).receive_empty().await.unwrap();
    post().receive_empty().await.unwrap();
    let seen: Vec<_> = server
        .requests()
        .into_iter()
        .map(|r| (r.header("content-type").map(str::to_owned), r.body))
        .collect();
    assert_eq!(seen[0], (Some("application/x-www-form-urlencoded".into()), b"a=b%26c&l=1&l=2".to_vec()));
    assert_eq!(seen[1], (Some("application/octet-stream".into()), vec![0, 1]));
    assert_eq!(seen[2], (Some("application/merge-patch+json".into()), b"[1]".to_vec()));
    assert_eq!(seen[3], (None, vec![]));
}

#[tokio::test]
async fn wrong_values_are_refused_before_sending() {
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    let get = || client.request(Method::GET, "/a/{id}/");
    let wrong = [
        ("id", get().path("id", "..")),
        ("id", get().path("id", "")),
        ("id", get().path("id", "canary\n")),
        ("id", get()),
        ("other", get().path("id", "x").path("other", "x")),
        ("q", get().path("id", "x").query("q", &json!([["canary"]]))),
        ("X-H", get().path("id", "x").header("X-H", "canary\r\nX: y")),
        ("Content-Length", get().path("id", "x").header("Content-Length", &5)),
        ("X H", get().path("id", "x").header("X H", &5)),
        ("accept", get().path("id", "x").accept("a\nb")),
        ("body", get().path("id", "x").json_with_flag(&json!(["canary"]), "flag", true)),
        ("body", get().path("id", "x").json(&std::collections::BTreeMap::from([((1, 2), "canary")]))),
    ];
    for (parameter, request) in wrong {
        let error = request.receive_empty().await.unwrap_err();
        shown(&error);
        assert!(
            matches!(&error, Error::Input(input) if input.parameter() == parameter),
            "{parameter}: {error:?}"
        );
    }
    let error = client.request(Method::GET, "/").auth(&[&["Query"]]).receive_empty().await.unwrap_err();
    assert!(matches!(error, Error::MissingCredential { scheme: "Query", .. }), "{error:?}");
    assert!(error.to_string().starts_with("GET /: no credential") && error.operation().is_some(), "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn path_values_arrive_as_one_segment_or_not_at_all() {
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    let values = [
        "..",
        ".",
        "%2e%2e",
        "%2E.",
        "...",
        "a/b",
        "/",
        "//",
        "\\",
        "..\\..",
        "?",
        "#",
        "a?b=c",
        "a#b",
        "%",
        "%2f",
        "%00",
        "",
        " ",
        "a b",
        "\u{4e2d}",
        "\u{202e}",
        "\u{85}",
        "\0",
        "\n",
        "\r\nX: y",
        "\t",
        ";",
        ";a=b",
        "a,b",
        "@",
        ":",
        "*",
        "~",
        "'",
        "\"",
        "<script>",
        "{id}",
        "%252e%252e",
        "+",
        "&",
        "=",
        "http://other.example/",
    ];
    let templates = ["/a/{id}/", "/a/{id}", "/{id}", "/a/{id}/b/c", "/{id}.json", "/x-{id}/"];
    let (mut sent, mut refused) = (0, 0);
    for template in templates {
        for value in values {
            let before = server.requests().len();
            match client.request(Method::GET, template).path("id", value).receive_empty().await {
                Err(Error::Input(_)) => {
                    assert_eq!(server.requests().len(), before);
                    refused += 1;
                }
                Err(error) => panic!("{template} {value:?}: {error:?}"),
                Ok(_) => {
                    let request = server.requests().pop().unwrap();
                    let segments = request.target().split('/').count();
                    assert_eq!(segments, template.split('/').count(), "{template} {value:?}");
                    assert!(!request.target().contains(['?', '#']), "{template} {value:?}");
                    sent += 1;
                }
            }
        }
    }
    println!("{sent} sent, {refused} refused");
    assert_eq!((sent + refused, refused), (templates.len() * values.len(), templates.len() * 11));
}

#[tokio::test]
async fn futures_can_cross_threads() {
    fn is_send<T: Send>(_: &T) {}
    let client = client("http://127.0.0.1:1");
    let request = || client.request(Method::GET, "/");
    is_send(&request().receive_json::<Value>());
    is_send(&request().receive_text());
    is_send(&request().receive_empty());
    is_send(&request().receive_events::<Delta>());
    is_send(&request().receive_download());
    is_send(&Download::from_bytes("").save_to("x"));
    is_send(&Download::from_bytes("").save_in("x"));
    is_send(&EventStream::<String>::from_iter([String::new()]).try_next());
}

/// A detour over a value of any type has one type of numbers, and changes the others.
#[tokio::test]
async fn numbers_go_out_as_they_are() {
    #[derive(serde::Serialize)]
    struct Numbers {
        single: f32,
        large: u64,
        double: f64,
        list: Vec<f32>,
    }
    let numbers = || Numbers { single: 0.7, large: u64::MAX, double: 0.1, list: vec![0.3, 1e-3] };
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    let post = || client.request(Method::POST, "/");
    post().json(&numbers()).receive_empty().await.unwrap();
    post().json_with_flag(&numbers(), "stream", true).receive_empty().await.unwrap();
    post().form(&numbers()).receive_empty().await.unwrap();
    post().query_as(QueryStyle::Json, "q", &numbers().list).receive_empty().await.unwrap();
    post().query("q", &numbers().list).receive_empty().await.unwrap();
    let requests = server.requests();
    let body = |index: usize| String::from_utf8(requests[index].body.clone()).unwrap();
    let json = r#"{"single":0.7,"large":18446744073709551615,"double":0.1,"list":[0.3,0.001]"#;
    assert_eq!(body(0), format!("{json}}}"));
    assert_eq!(body(1), format!("{json},\"stream\":true}}"));
    assert_eq!(body(2), "single=0.7&large=18446744073709551615&double=0.1&list=0.3&list=0.001");
    assert_eq!(requests[3].target(), "/?q=%5B0.3%2C0.001%5D");
    assert_eq!(requests[4].target(), "/?q=0.3&q=0.001");
}

#[tokio::test]
async fn headers_of_client_call_and_operation() {
    let server = Server::fixed(json_answer("null")).await;
    let client = builder(server.url())
        .user_agent("mine/1")
        .default_header("X-Tenant", "default")
        .default_header("X-Extra", "default")
        .default_header("Authorization", "nothing")
        .build()
        .unwrap();
    let special = client.with(CallOptions::new().header("x-tenant", "special").header("x-call", "c"));
    let seen = async |client: &Client<Sample>| {
        client.request(Method::GET, "/").header("X-Extra", &7).receive_empty().await.unwrap();
        let request = server.requests().pop().unwrap();
        ["user-agent", "x-tenant", "x-extra", "x-call", "authorization", "accept-encoding"]
            .map(|name| request.header(name).unwrap_or("-").to_owned())
    };
    assert_eq!(seen(&client).await, ["mine/1", "default", "7", "-", "Api-Key canary-key", "identity"]);
    assert_eq!(seen(&special).await, ["mine/1", "special", "7", "c", "Api-Key canary-key", "identity"]);
    assert_eq!(seen(&client).await[1], "default", "the client stays as it was");
    // Who passes a client in decides about compression.
    let other = builder(server.url()).http_client(http_client_builder().gzip(true).build().unwrap());
    assert_eq!(seen(&other.build().unwrap()).await[5], "gzip");

    for options in [
        CallOptions::new().header("Host", "elsewhere"),
        CallOptions::new().header("canary name", "x"),
        CallOptions::new().header("x", "canary\r\ny: z"),
        CallOptions::new().idempotency_key("canary\n"),
        CallOptions::new().idempotency_key(""),
    ] {
        assert!(!format!("{options:?}").contains("canary"), "{options:?}");
        let before = server.requests().len();
        let result = client.with(options).request(Method::GET, "/").receive_empty().await;
        shown(&result.unwrap_err());
        assert_eq!(server.requests().len(), before);
    }
    assert_eq!(server.connections(), 2, "clients for single calls share connections");
}

#[tokio::test]
async fn an_idempotency_key_makes_calls_repeatable() {
    let server = Server::start(|number, _| {
        vec![if number.is_multiple_of(2) { Step::Reset } else { Step::Send(json_answer("null")) }]
    })
    .await;
    let client = client(server.url());
    let keyed = client.with(CallOptions::new().idempotency_key("mine"));
    let keys = |name: &str, count: usize| -> Vec<Option<String>> {
        let requests = server.requests();
        requests.iter().rev().take(count).map(|request| request.header(name).map(str::to_owned)).collect()
    };
    // By the caller, in the usual header or in that of the document.
    keyed.request(Method::POST, "/").receive_empty().await.unwrap();
    assert_eq!(keys("idempotency-key", 2), [Some("mine".to_owned()), Some("mine".to_owned())]);
    let request = keyed.request(Method::PATCH, "/").idempotency_header("X-Once");
    request.receive_empty().await.unwrap();
    assert_eq!(keys("x-once", 2), [Some("mine".to_owned()), Some("mine".to_owned())]);
    assert_eq!(keys("idempotency-key", 1), [None]);
    // By the document: one for each call, the same for its attempts.
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let request = client.request(Method::POST, "/").idempotency_header("X-Once");
        request.receive_empty().await.unwrap();
        let keys = keys("x-once", 2);
        assert!(keys[0] == keys[1] && keys[0].as_ref().is_some_and(|key| key.len() == 32), "{keys:?}");
        seen.insert(keys[0].clone());
    }
    assert_eq!(seen.len(), 3);
    // A parameter for it comes first.
    let request = client.request(Method::POST, "/").header("X-Once", "param").idempotency_header("X-Once");
    request.receive_empty().await.unwrap();
    assert_eq!(keys("x-once", 2), [Some("param".to_owned()), Some("param".to_owned())]);
    // Reads have none, and without one nothing is repeated.
    keyed.request(Method::GET, "/").receive_empty().await.unwrap();
    assert_eq!(keys("idempotency-key", 2), [None, None]);
    client.request(Method::POST, "/").receive_empty().await.unwrap_err();
}

/// The caller's key can go along again with a call of the caller's own; one that was made up cannot.
#[tokio::test]
async fn an_error_says_whether_the_key_makes_repeating_harmless() {
    let server = Server::fixed(answer(502, "", "")).await;
    let once = builder(server.url()).retry(RetryPolicy::never()).build().unwrap();
    let keyed = once.with(CallOptions::new().idempotency_key("mine"));
    let refused = |error: Error| (error.status().unwrap().as_u16(), error.is_retryable());
    for (client, is_retryable) in [(&keyed, true), (&once, false)] {
        let error = client.request(Method::POST, "/").idempotency_header("X-Once").receive_empty().await;
        assert_eq!(refused(error.unwrap_err()), (502, is_retryable));
        let error = client.request_to(Method::POST, &server.url(), "the storage").receive_empty().await;
        assert_eq!(refused(error.unwrap_err()), (502, false), "no key goes there");
    }
}

/// Another crate can make serde_json write numbers as structs.
#[tokio::test]
async fn numbers_of_any_json_are_numbers_everywhere() {
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    let numbers = json!([1, -2, 1.5, 18_446_744_073_709_551_615_u64]);
    let object = json!({ "a": 1, "b": { "c": [2.5, "x"] } });
    client
        .request(Method::POST, "/{id}")
        .path("id", &json!(7))
        .query("one", &json!(-1.5))
        .query("all", &numbers)
        .query_as(QueryStyle::DeepObject, "flat", &json!({ "x": 1, "y": 0.5 }))
        .header("x-numbers", &numbers)
        .cookie("c", &json!(3))
        .form_as(QueryStyle::DeepObject, &object)
        .receive_json::<()>()
        .await
        .unwrap();
    let request = server.requests().remove(0);
    let query = "one=-1.5&all=1&all=-2&all=1.5&all=18446744073709551615&flat%5Bx%5D=1&flat%5By%5D=0.5";
    assert_eq!(request.target(), format!("/7?{query}"));
    assert_eq!(request.header("x-numbers"), Some("1,-2,1.5,18446744073709551615"));
    assert_eq!(request.header("cookie"), Some("c=3"));
    assert_eq!(String::from_utf8(request.body).unwrap(), "a=1&b%5Bc%5D%5B%5D=2.5&b%5Bc%5D%5B%5D=x");
}

/// What stands for the service in an address that it has handed out.
#[tokio::test]
async fn addresses_of_others_are_sent_to_as_they_are_or_not_at_all() {
    let server = Server::fixed(json_answer("null")).await;
    let client = client(server.url());
    let ask = async |url: String| {
        client.request_to(Method::POST, &url, "the storage").receive_json::<()>().await.map(|_| ())
    };
    let port = server.port();
    ask(format!("http://127.0.0.1:{port}/put?signature=1#part")).await.unwrap();
    assert_eq!(server.requests()[0].target(), "/put?signature=1");
    assert_eq!(server.requests()[0].header("accept-encoding"), Some("identity"));
    assert_eq!(server.requests()[0].header("authorization"), None);
    // What was sent without them would be another call, and may act.
    for user in ["user", "user:canary", ":canary"] {
        let error = ask(format!("http://{user}@127.0.0.1:{port}/put")).await.unwrap_err();
        assert!(matches!(error, Error::Input(_)), "{error:?}");
        shown(&error);
    }
    assert_eq!(server.requests().len(), 1);
}
