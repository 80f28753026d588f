//! Forms and multipart bodies between what is generated and what others wrote; `tests/others/run` starts both sides.
//!
//! `cargo run -p tests --example forms -- serve PORT` answers with what the generated router understood, for clients of
//! others. `... -- send URL [deep]` sends with the generated client to a server of others, which answers with what it
//! understood, and compares; `deep` is for servers that read brackets in names.

use echo::forms::EchoUploadForm;
use echo::models::*;
use echo::{Api, Body, Client, Error, FilePart, MainError, MultipartForm, Response, Result};
use serde_json::{Map, Value, json};

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", port] => serve(port.parse().map_err(Error::other)?).await,
        ["send", url] => send(url, false).await,
        ["send", url, "deep"] => send(url, true).await,
        _ => Err("usage: forms serve PORT | send URL [deep]".into()),
    }
}

async fn serve(port: u16) -> Result<(), MainError> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.map_err(Error::other)?;
    axum::serve(listener, echo::server::router(Understood)).await.map_err(Error::other)?;
    Ok(())
}

/// Answers with what it was given, parts by their names.
struct Understood;

impl Api for Understood {
    async fn echo_form(&self, body: &Form) -> Result<Response<Form>> {
        Ok(body.clone().into())
    }

    async fn echo_deep_form(&self, body: &Order) -> Result<Response<Order>> {
        Ok(body.clone().into())
    }

    async fn echo_styled_form(&self, body: Option<&Styled>) -> Result<Response<Styled>> {
        Ok(body.cloned().unwrap_or_default().into())
    }

    async fn echo_upload(&self, body: EchoUploadForm) -> Result<Response<Values>> {
        let mut images = Vec::new();
        for image in body.images {
            images.push(shown(image).await?);
        }
        let shown = json!({
            "text": [body.text], "count": [body.count], "ratio": [body.ratio], "kind": [body.kind],
            "numbers": body.numbers, "tags": body.tags, "point": [body.point], "note": [body.note],
            "config": [body.config], "file": [shown(body.file).await?], "images": images,
        });
        serde_json::from_value::<Values>(shown).map(Into::into).map_err(Error::other)
    }

    async fn echo_parts(&self, body: Option<MultipartForm>) -> Result<Response<Values>> {
        let mut groups = Map::new();
        for (name, part) in body.unwrap_or_default().into_parts() {
            let shown = match part.file_name() {
                Some(_) => shown(part).await?,
                None => {
                    String::from_utf8(part.into_body().bytes().await?.into()).map_err(Error::other)?.into()
                }
            };
            add(&mut groups, &name, shown);
        }
        Ok(groups.into_iter().collect::<Values>().into())
    }
}

/// What is compared of a file; bytes are the characters of the same numbers.
async fn shown(part: FilePart) -> Result<Value> {
    let (name, kind) = (part.file_name().map(str::to_owned), part.media_type().map(str::to_owned));
    Ok(json!([name, kind, latin(&part.into_body().bytes().await?)]))
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn add(groups: &mut Map<String, Value>, name: &str, value: Value) {
    match groups.get_mut(name) {
        Some(Value::Array(values)) => values.push(value),
        _ => {
            groups.insert(name.to_owned(), json!([value]));
        }
    }
}

/// What was sent beside what was understood.
#[derive(Default)]
struct Checks {
    cases: usize,
    faults: usize,
}

impl Checks {
    fn check(&mut self, what: &str, understood: Result<Value>, expected: &Value) {
        self.cases += 1;
        let understood = understood.unwrap_or_else(|error| json!(format!("{error:?}")));
        if understood != *expected {
            self.faults += 1;
            let short = |value: &Value| value.to_string().chars().take(400).collect::<String>();
            eprintln!("{what}:\n  understood {}\n  expected   {}", short(&understood), short(expected));
        }
    }
}

const TEXTS: &[&str] = &[
    "plain",
    "",
    " ",
    "a b+c",
    "&=+%",
    "%41%zz",
    "a=b&c=d",
    "line\nline",
    "line\r\nline",
    "\t\u{0}\u{7f}",
    "é ñ 紀 🚲",
    "e\u{301} \u{202e} \u{feff}",
    "\"quoted\" 'too' \\",
    "[0]",
    "a[b]=c",
    ",|;:@/?#~*()!$",
];

async fn send(url: &str, deep: bool) -> Result<(), MainError> {
    let client = Client::builder().base_url(url).build()?;
    let mut checks = Checks::default();
    forms(&client, &mut checks).await;
    if deep {
        deep_forms(&client, &mut checks).await;
    }
    parts(&client, &mut checks).await;
    uploads(&client, &mut checks).await;
    let Checks { cases, faults } = checks;
    if faults > 0 {
        return Err(format!("{faults} of {cases} cases were misunderstood at {url}").into());
    }
    println!("{cases} forms and multipart bodies were understood at {url}");
    Ok(())
}

async fn forms(client: &Client, checks: &mut Checks) {
    for text in TEXTS {
        let mut form = Form::new(*text).tags(vec![text.to_string(), String::new(), text.to_string()]);
        form.count = Some(-3);
        let understood = client.echo_form(&form).await.map(|answer| json!(answer.into_body()));
        checks.check(&format!("a form with {text:?}"), understood, &json!(form));
    }
    for sent in [
        json!({ "commas": [1, -2, 3], "spaces": [3, 4], "pipes": ["a", "b c", "d&e=+%"], "plain": ["a,b", "|", ""] }),
        json!({ "json": { "k": [1, "2", null, "&=+% 紀"] }, "deep": { "x": 1, "y": -2 } }),
        json!({ "commas": [1], "spaces": [2], "pipes": ["é🚲"], "plain": ["\n"] }),
    ] {
        let understood = match serde_json::from_value::<Styled>(sent.clone()) {
            Ok(styled) => {
                client.echo_styled_form(Some(&styled)).await.map(|answer| json!(answer.into_body()))
            }
            Err(error) => Err(Error::other(error)),
        };
        checks.check("styles", understood, &sent);
    }
}

async fn deep_forms(client: &Client, checks: &mut Checks) {
    let many = |count: usize| (0..count).map(|number| json!({ "quantity": number })).collect::<Vec<_>>();
    let mut sent = vec![
        json!({ "amount": 5 }),
        json!({ "amount": 5, "items": [
            { "price": "12", "quantity": 2, "rates": [1.5, 2.0] }, { "price": "", "until": "now" }, { "until": 7 },
        ] }),
        json!({ "amount": 5, "items": [{ "rates": [0.5] }] }),
        json!({ "amount": 5, "address": { "city": "5", "number": 3, "valid": true } }),
        json!({ "amount": 5, "address": "", "metadata": "", "percent": "" }),
        json!({ "amount": 5, "metadata": { "k e y": "1", "a=b&c": "2", "é🚲": "3", "a.b": "4", "+": "5" } }),
        json!({ "amount": 5, "account": { "country": "AT", "owner": { "age": 44 } }, "percent": 1.5 }),
        json!({ "amount": 5, "account": "acct_1" }),
        json!({ "amount": 5, "items": many(60) }),
        json!({ "amount": 5, "expand": (0..60).map(|number| number.to_string()).collect::<Vec<_>>() }),
    ];
    sent.extend(TEXTS.iter().map(|text| {
        json!({
            "amount": -1, "name": text, "expand": [text, "", text], "items": [{ "price": text }, { "price": "b" }],
            "address": { "city": text }, "metadata": { "k": text }, "account": { "country": text },
        })
    }));
    for sent in sent {
        let understood = match serde_json::from_value::<Order>(sent.clone()) {
            Ok(order) => client.echo_deep_form(&order).await.map(|answer| json!(answer.into_body())),
            Err(error) => Err(Error::other(error)),
        };
        checks.check(&format!("brackets with {sent}"), understood, &sent);
    }
}

/// Names of files, and what servers may take them for. Three characters are written as browsers write them, which not all
/// servers read, and of a path some take the last name only.
fn names() -> Vec<(String, Vec<String>)> {
    let long = format!("{}.txt", "n".repeat(296));
    let same = [
        "a.txt",
        "two words.txt",
        "é ñ 紀 🚲.png",
        "a;b=c, d.txt",
        "a; filename=b.txt",
        "100% %41.txt",
        "it's (1).txt",
    ];
    let mut names: Vec<(String, Vec<String>)> =
        same.iter().map(|name| (name.to_string(), vec![name.to_string()])).collect();
    // Django cuts names.
    names.push((long.clone(), vec![long, format!("{}.txt", "n".repeat(251))]));
    for (name, understood) in [
        ("a\"b.txt", &["a\"b.txt", "a%22b.txt"][..]),
        ("a\"; x=\"b.txt", &["a\"; x=\"b.txt", "a%22; x=%22b.txt"]),
        ("a\r\nX-B: c.txt", &["a\r\nX-B: c.txt", "a%0D%0AX-B: c.txt"]),
        ("folder\\b.txt", &["folder\\b.txt", "b.txt"]),
        ("a\\\\b.txt", &["a\\\\b.txt", "b.txt"]),
        ("C:\\folder\\b.txt", &["C:\\folder\\b.txt", "b.txt"]),
        ("a\\", &["a\\", ""]),
        ("a\\\"b.txt", &["a\\\"b.txt", "a\\%22b.txt", "%22b.txt"]),
    ] {
        names.push((name.to_owned(), understood.iter().map(|name| name.to_string()).collect()));
    }
    names
}

async fn parts(client: &Client, checks: &mut Checks) {
    for text in TEXTS {
        let form = MultipartForm::new().text("t", *text).file("f", "").text("t", "b");
        let expected = json!({
            "texts": { "t": [text, "b"] }, "files": { "f": [["f", "application/octet-stream", ""]] },
        });
        checks.check(&format!("a part with {text:?}"), sent(client, form).await, &expected);
    }
    for name in ["é 紀", "a;b", "a[b]", "a\\b", "a.b"] {
        let form = MultipartForm::new().text(name, "x").file(name, FilePart::new("y").with_file_name("z"));
        let expected =
            json!({ "texts": { name: ["x"] }, "files": { name: [["z", "application/octet-stream", "y"]] } });
        checks.check(&format!("a part of the name {name}"), sent(client, form).await, &expected);
    }
    for (name, understood) in names() {
        let file = |name: &str, kind: &str| FilePart::new("x").with_file_name(name).with_media_type(kind);
        let form = MultipartForm::new().file("f", file(&name, "image/png")).file("f", file("b", "text/csv"));
        let answer = sent(client, form).await;
        let named = |name: &String| json!([name, "image/png", "x"]);
        let mut files: Vec<Vec<Value>> = understood.iter().map(|name| vec![named(name)]).collect();
        // Django takes no file without one.
        if understood.iter().any(String::is_empty) {
            files.push(vec![]);
        }
        let expected = files.into_iter().map(|mut files| {
            files.push(json!(["b", "text/csv", "x"]));
            json!({ "texts": {}, "files": { "f": files } })
        });
        let expected: Vec<Value> = expected.collect();
        let fitting =
            expected.iter().find(|expected| answer.as_ref().is_ok_and(|answer| answer == *expected));
        let expected = fitting.unwrap_or(&expected[0]).clone();
        checks.check(&format!("a file of the name {:?}", &name), answer, &expected);
    }
    let every: Vec<u8> = (0..=255).collect();
    for content in [
        b"".to_vec(),
        b"\r\n".to_vec(),
        every,
        b"\r\n--boundary\r\nContent-Disposition: form-data; name=\"g\"\r\n\r\nx\r\n--boundary--\r\n".to_vec(),
        [b"\r\n--", [b'0'; 32].as_slice(), b"--\r\n"].concat(),
        b"\r\n--".repeat(5000),
        vec![b'\r'; 70_000],
    ] {
        let bytes = content.clone();
        let streamed = Body::from_stream(futures_util::stream::iter(
            bytes.chunks(999).map(|piece| Ok(piece.to_vec().into())).collect::<Vec<_>>(),
        ));
        let form = MultipartForm::new().file("f", content.clone()).text("t", "x").file("s", streamed);
        let shown = |name: &str| json!([[name, "application/octet-stream", latin(&content)]]);
        let expected = json!({ "texts": { "t": ["x"] }, "files": { "f": shown("f"), "s": shown("s") } });
        checks.check(&format!("{} bytes", content.len()), sent(client, form).await, &expected);
    }
}

async fn sent(client: &Client, form: MultipartForm) -> Result<Value> {
    Ok(json!(client.echo_parts(Some(form)).await?.into_body()))
}

async fn uploads(client: &Client, checks: &mut Checks) {
    let mut point = Values::new();
    point.insert("a".to_owned(), json!([1, null, "é\r\n"]));
    let form = EchoUploadForm::new("", Kind::Large, vec![1, -2], Spot::new(0.5, -1.0), "a\r\n\"b\"")
        .count(-3)
        .ratio(0.7)
        .tags(vec!["a, b".to_owned(), String::new(), "--é".to_owned()])
        .points(vec![Spot::new(1.5, 2.5), Spot::new(3.5, 4.5)])
        .note("# 紀")
        .config(point)
        .thumb(FilePart::new(b"\x89PNG\r\n".as_slice()).with_file_name("🚲.png"))
        .images(vec![
            FilePart::new("1").with_file_name("1.gif").with_media_type("image/gif"),
            FilePart::new(""),
        ]);
    let bytes = "application/octet-stream";
    let expected = json!({
        "texts": {
            "text": ["a\r\n\"b\""], "count": ["-3"], "ratio": ["0.7"], "kind": ["large"], "numbers": ["1", "-2"],
            "tags": ["a, b", "", "--é"], "point": [r#"{"x":0.5,"y":-1.0}"#],
            "points": [r#"{"x":1.5,"y":2.5}"#, r#"{"x":3.5,"y":4.5}"#], "note": ["# 紀"],
            "config": [r#"{"a":[1,null,"é\r\n"]}"#],
        },
        "files": {
            "file": [["file", bytes, ""]], "thumb": [["🚲.png", "image/png", latin(b"\x89PNG\r\n")]],
            "images": [["1.gif", "image/gif", "1"], ["images", bytes, ""]],
        },
    });
    let understood = client.echo_upload(form).await.map(|answer| json!(answer.into_body()));
    checks.check("values and files", understood, &expected);
}
