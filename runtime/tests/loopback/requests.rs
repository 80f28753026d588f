//! What goes out: everything in its place, or nothing at all.

use runtime::wire::Value;
use runtime::{Download, Error, EventStream, Method, Response};
use serde_json::json;

use crate::calls::{Delta, builder, client, shown};
use crate::server::{Server, json as json_answer};

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
            ("user-agent", "sample/1.2.3 runtime/0.1.0 app/2"),
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
    assert!(matches!(error, Error::MissingCredential { scheme: "Query" }), "{error:?}");
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
