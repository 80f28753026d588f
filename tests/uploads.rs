//! Bodies of several parts, from the generated client over the wire through the generated router.

use crate::server::{self, Server};
use echo::forms::EchoUploadForm;
use echo::models::{Kind, Spot, Values};
use echo::{Api, Body, Client, Error, FilePart, MultipartForm, Response, Result, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Answers with what it was given, files as text.
struct Uploads;

impl Api for Uploads {
    async fn echo_upload(&self, body: EchoUploadForm) -> Result<Response<Values>> {
        let mut images = Vec::new();
        for image in body.images {
            images.push(shown(image).await?);
        }
        let thumb = match body.thumb {
            Some(thumb) => shown(thumb).await?,
            None => Value::Null,
        };
        let shown = json!({
            "text": body.text, "count": body.count, "ratio": body.ratio, "kind": body.kind, "numbers": body.numbers,
            "tags": body.tags, "point": body.point, "points": body.points, "note": body.note, "config": body.config,
            "depth": body.config_x_depth, "labels": body.config_x_labels,
            "file": shown(body.file).await?, "thumb": thumb, "images": images,
        });
        values(shown)
    }

    async fn echo_parts(&self, body: Option<MultipartForm>) -> Result<Response<Values>> {
        let mut shown = BTreeMap::new();
        for (name, part) in body.unwrap_or_default().into_parts() {
            shown.insert(name, self::shown(part).await?);
        }
        Ok(shown.into())
    }
}

fn values(value: Value) -> Result<Response<Values>> {
    serde_json::from_value::<Values>(value).map(Into::into).map_err(Error::other)
}

async fn shown(part: FilePart) -> Result<Value> {
    let (name, kind) = (part.file_name().map(str::to_owned), part.media_type().map(str::to_owned));
    let origin = part.headers().get("x-origin").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let bytes = part.into_body().bytes().await?;
    Ok(json!([name, kind, origin, bytes.len(), String::from_utf8_lossy(&bytes[..bytes.len().min(20)])]))
}

async fn start(max: usize) -> (String, Client) {
    let routes = echo::server::routes(Uploads).max_body_size(max);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/base", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes.into_router()).await.unwrap() });
    let client = Client::builder().base_url(&url).build().unwrap();
    (url, client)
}

fn least(file: impl Into<FilePart>) -> EchoUploadForm {
    EchoUploadForm::new(file, Kind::Small, vec![1, 2], Spot::new(0.5, -1.0), "a\r\nb")
}

fn full() -> EchoUploadForm {
    let thumb = FilePart::new("png").with_header("x-origin".parse().unwrap(), "camera".parse().unwrap());
    least(FilePart::new("x,y\n").with_file_name("a\"紀.csv").with_media_type("text/csv"))
        .count(-3)
        .ratio(0.7)
        .tags(vec!["a, b".to_owned(), "--é".to_owned()])
        .points(vec![Spot::new(1.0, 2.0), Spot::new(3.0, 4.0)])
        .note("# Title")
        .config(BTreeMap::from([("a".to_owned(), json!([1, null]))]))
        .config_x_depth(2)
        .config_x_labels(vec!["a".to_owned(), "b".to_owned()])
        .thumb(thumb)
        .images(vec![FilePart::new("one").with_file_name("1.png"), FilePart::new(b"two".to_vec())])
}

#[tokio::test]
async fn a_form_arrives_as_it_was() {
    let (_, client) = start(10 << 20).await;
    let answer = client.echo_upload(full()).await.unwrap().into_body();
    let bytes = "application/octet-stream";
    let expected = json!({
        "text": "a\r\nb", "count": -3, "ratio": 0.7_f32, "kind": "small", "numbers": [1, 2], "tags": ["a, b", "--é"],
        "point": { "x": 0.5, "y": -1.0 }, "points": [{ "x": 1.0, "y": 2.0 }, { "x": 3.0, "y": 4.0 }],
        "note": "# Title", "config": { "a": [1, null] }, "depth": 2, "labels": ["a", "b"],
        "file": ["a_紀.csv", "text/csv", null, 4, "x,y\n"],
        "thumb": ["thumb", "image/png", "camera", 3, "png"],
        "images": [["1.png", bytes, null, 3, "one"], ["images", bytes, null, 3, "two"]],
    });
    assert_eq!(json!(answer), expected);
    let answer = json!(client.echo_upload(least("")).await.unwrap().into_body());
    assert_eq!(
        (&answer["count"], &answer["tags"], &answer["images"], &answer["depth"]),
        (&json!(null), &json!([]), &json!([]), &json!(null))
    );
    assert_eq!(answer["file"], json!(["file", bytes, null, 0, ""]));
}

#[tokio::test]
async fn the_bytes_on_the_wire() {
    let server = Server::start(|_, _| server::json(200, &json!({}))).await;
    let client = Client::builder().base_url(&server.url).build().unwrap();
    client.echo_upload(full()).await.unwrap();
    client
        .echo_upload(least(Body::from_stream(futures_util::stream::iter([Ok("ab".into())]))))
        .await
        .unwrap();
    let received = server.received();
    let boundary = received[0].header("content-type").strip_prefix("multipart/form-data; boundary=").unwrap();
    assert_eq!(boundary.len(), 32);
    assert!(!received[1].header("content-type").ends_with(boundary), "it is random");
    assert_eq!(received[0].header("content-length"), received[0].body.len().to_string());
    assert_eq!(received[1].header("transfer-encoding"), "chunked");

    let part = |head: &str, body: &str| format!("--B\nContent-Disposition: form-data; {head}\n\n{body}\n");
    let json = "Content-Type: application/json";
    let bytes = "Content-Type: application/octet-stream";
    let expected = [
        part("name=\"text\"", "a\nb"),
        part("name=\"count\"", "-3"),
        part("name=\"ratio\"", "0.7"),
        part("name=\"kind\"", "small"),
        part("name=\"numbers\"", "1"),
        part("name=\"numbers\"", "2"),
        part("name=\"tags\"", "a, b"),
        part("name=\"tags\"", "--é"),
        part(&format!("name=\"point\"\n{json}"), r#"{"x":0.5,"y":-1.0}"#),
        part(&format!("name=\"points\"\n{json}"), r#"{"x":1.0,"y":2.0}"#),
        part(&format!("name=\"points\"\n{json}"), r#"{"x":3.0,"y":4.0}"#),
        part("name=\"note\"\nContent-Type: text/markdown", "# Title"),
        part(&format!("name=\"config\"\n{json}\nx-depth: 2\nx-labels: a,b"), r#"{"a":[1,null]}"#),
        part("name=\"file\"; filename=\"a%22紀.csv\"\nContent-Type: text/csv", "x,y\n"),
        part("name=\"thumb\"; filename=\"thumb\"\nContent-Type: image/png\nx-origin: camera", "png"),
        part(&format!("name=\"images\"; filename=\"1.png\"\n{bytes}"), "one"),
        part(&format!("name=\"images\"; filename=\"images\"\n{bytes}"), "two"),
        "--B--\n".to_owned(),
    ];
    let body = String::from_utf8(received[0].body.to_vec()).unwrap();
    assert_eq!(body.replace(boundary, "B").replace("\r\n", "\n"), expected.concat());
}

/// More than stays in memory, through a path, a stream, and a router that keeps it in a temporary file.
#[tokio::test]
async fn large_files_are_neither_read_nor_kept_in_memory() {
    const LARGE: usize = 20 << 20;
    let (_, client) = start(64 << 20).await;
    let file = tempfile::Builder::new().prefix("upload").suffix(".bin").tempfile().unwrap();
    std::fs::write(file.path(), vec![b'a'; LARGE]).unwrap();
    let pieces = (0..LARGE >> 16).map(|_| Ok(vec![b'b'; 1 << 16].into()));
    let form = least(file.path()).thumb(Body::from_stream(futures_util::stream::iter(pieces)));
    let answer = json!(client.echo_upload(form).await.unwrap().into_body());
    let name = file.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(answer["file"], json!([name, "application/octet-stream", null, LARGE, "a".repeat(20)]));
    assert_eq!(answer["thumb"], json!(["thumb", "image/png", null, LARGE, "b".repeat(20)]));
}

#[tokio::test]
async fn parts_that_no_document_lists() {
    let (_, client) = start(10 << 20).await;
    assert_eq!(json!(client.echo_parts(None).await.unwrap().into_body()), json!({}));
    let form = MultipartForm::new()
        .text("a\"b", "1")
        .file("f", FilePart::new("x").with_file_name("../../etc/passwd"));
    let answer = client.echo_parts(Some(form)).await.unwrap().into_body();
    assert_eq!(
        json!(answer),
        json!({
            "a\"b": [null, null, null, 1, "1"],
            "f": ["passwd", "application/octet-stream", null, 1, "x"],
        })
    );
}

/// A body of parts without their heads' first words; the boundary is `B`.
fn parts(parts: &[(&str, &str)]) -> String {
    let parts = parts
        .iter()
        .map(|(head, body)| format!("--B\r\nContent-Disposition: form-data; name={head}\r\n\r\n{body}\r\n"));
    parts.collect::<String>() + "--B--\r\n"
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place() {
    let (url, client) = start(3 << 20).await;
    let http = echo::reqwest::Client::new();
    let post = async |kind: &str, body: String| {
        let request = http.post(format!("{url}/upload/")).header("content-type", kind).body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let form = "multipart/form-data; boundary=B";
    let good = [
        ("text", "a"),
        ("kind", "small"),
        ("numbers", "1"),
        ("point", r#"{"x":1,"y":2}"#),
        ("file; filename=a", "x"),
    ];
    assert_eq!(post(form, parts(&good)).await.0, 200, "JSON is known without its media type");
    assert_eq!(post("multipart/form-data; charset=utf-8; boundary=\"B\"", parts(&good)).await.0, 200);
    let with = |at: usize, part: (&'static str, &str)| {
        let mut changed: Vec<(&str, String)> =
            good.iter().map(|(head, body)| (*head, (*body).to_owned())).collect();
        changed[at] = (part.0, part.1.to_owned());
        parts(&changed.iter().map(|(head, body)| (*head, body.as_str())).collect::<Vec<_>>())
    };
    let long = "a".repeat((1 << 20) + 1);
    for (kind, body, status, words) in [
        ("application/json", parts(&good), 415, "media type"),
        ("multipart/form-data", parts(&good), 400, "boundary"),
        (form, parts(&good[..4]), 400, "file"),
        (form, with(2, ("numbers", "one")), 400, "numbers"),
        (form, with(3, ("point", "{}")), 400, "point"),
        (form, with(3, ("point\r\nContent-Type: application/json", r#"{"x":"1","y":2}"#)), 400, "point"),
        (form, with(4, ("other; filename=a", "x")), 400, "file"),
        (form, with(0, ("text", &long)), 413, "text"),
        (form, with(4, ("file; filename=a", &long.repeat(3))), 413, "3145728"),
        (form, parts(&good).replace("--B--", ""), 400, "broke off"),
        (form, parts(&good).replacen("name=text", "nam=text", 1), 400, "Part 1"),
        (form, parts(&vec![("a", "b"); 1001]), 413, "1000 parts"),
        (form, format!("--B\r\n{}", "x".repeat(1 << 20)), 400, "head of a part is too long"),
    ] {
        let (answered, text) = post(kind, body).await;
        assert_eq!(answered, status, "{words}: {text}");
        assert!(text.contains(words), "{words}: {text}");
    }
    let error = client.echo_upload(least(vec![7; 4 << 20])).await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::PAYLOAD_TOO_LARGE));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_an_error_of_its_own() {
    let (_, client) = start(1 << 20).await;
    let error = client.echo_upload(least(std::path::Path::new("/no/such/file"))).await.unwrap_err();
    assert_eq!(error.to_string(), "POST /upload/: could not read /no/such/file");
}
