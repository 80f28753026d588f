//! A generated client against the generated router of the same document: what goes in on one side comes out on the other.
//!
//! The document is `tests/echo/echo.yaml`; it has what MaiAgent's does not use.

use echo::models::*;
use echo::params::*;
use echo::{Api, Body, Client, Download, Error, EventStream, Response, Result};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Answers with what it was given.
struct Echo;

fn values(value: impl Serialize) -> Result<Response<Values>> {
    let object = match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object.into_iter().collect::<BTreeMap<_, _>>(),
        other => return Err(Error::other(format!("{other:?}"))),
    };
    Ok(object.into())
}

impl Api for Echo {
    async fn echo_path(&self, text: &str, number: i64, flag: bool, kind: &Kind) -> Result<Response<Values>> {
        values(json!({ "text": text, "number": number, "flag": flag, "kind": kind }))
    }
    async fn echo_path_styles(
        &self,
        simple: &[String],
        label: &[String],
        exploded: &[i64],
        matrix: &str,
        several: &[String],
    ) -> Result<Response<Values>> {
        values(json!({
            "simple": simple, "label": label, "exploded": exploded, "matrix": matrix, "several": several
        }))
    }
    async fn echo_file(&self, name: &str, ending: &str) -> Result<Response<Values>> {
        values(json!({ "name": name, "ending": ending }))
    }
    async fn echo_query(&self, params: &EchoQuery) -> Result<Response<Values>> {
        values(shown(params))
    }
    async fn echo_json(&self, body: &Values) -> Result<Response<Values>> {
        Ok(body.clone().into())
    }
    async fn echo_optional(&self, body: Option<&Values>) -> Result<Response<Values>> {
        values(json!({ "body": body }))
    }
    async fn echo_form(&self, body: &Form) -> Result<Response<Form>> {
        Ok(body.clone().into())
    }
    async fn echo_text(&self, body: String) -> Result<Response<String>> {
        Ok(body.into())
    }
    async fn echo_bytes(&self, body: Body) -> Result<Response<Download>> {
        Ok(Download::from_stream(body).with_file_name("echo.bin").into())
    }
    async fn create_echo(&self, body: &Question) -> Result<Response<Words>> {
        Ok(Words::new(words(&body.text)).into())
    }
    async fn stream_echo(&self, body: &Question) -> Result<Response<EventStream<Word>>> {
        let mut events: Vec<Word> = words(&body.text).into_iter().map(Word::new).collect();
        let mut last = Word::new("");
        last.last = Some(true);
        events.push(last);
        Ok(events.into_iter().collect::<EventStream<Word>>().into())
    }
    async fn echo_nothing(&self) -> Result<Response<()>> {
        Ok(().into())
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn shown(params: &EchoQuery) -> Value {
    json!({
        "text": params.text, "number": params.number, "ratio": params.ratio, "flag": params.flag,
        "kind": params.kind, "list": params.list, "csv": params.csv, "spaces": params.spaces, "pipes": params.pipes,
        "deep": params.deep, "json": params.json, "trace": params.x_trace, "numbers": params.x_numbers,
        "session": params.session, "call": params.call
    })
}

async fn client() -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, echo::server::router(Echo)).await.unwrap() });
    Client::builder().base_url(format!("http://{address}/base")).build().unwrap()
}

/// Runs a property over real HTTP.
fn check<S: Strategy>(cases: u32, strategy: S, property: impl AsyncFn(&Client, S::Value)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(client());
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&strategy, |value| {
        runtime.block_on(property(&client, value));
        Ok(())
    });
    result.unwrap();
}

/// Text that a path can carry: not empty, no control characters, no dots between what a server may take for separators.
fn segment() -> impl Strategy<Value = String> {
    let moves = |text: &str| text.split(['/', '\\', ';']).any(|part| part == "." || part == "..");
    "\\PC{1,12}".prop_filter("dots move a path", move |text| !moves(text) && !text.contains('%'))
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Small),
        Just(Kind::Large),
        "[a-z]{1,8}".prop_map(|text| match text.as_str() {
            "small" => Kind::Small,
            "large" => Kind::Large,
            _ => Kind::Unknown(text),
        })
    ]
}

#[test]
fn path_parameters_arrive_as_they_were() {
    check(
        200,
        (segment(), any::<i64>(), any::<bool>(), kind()),
        async |client, (text, number, flag, kind)| {
            let echo = client.echo_path(&text, number, flag, &kind).await.unwrap();
            let expected = json!({ "text": text, "number": number, "flag": flag, "kind": kind });
            assert_eq!(json!(echo.into_body()), expected);
        },
    );
}

#[test]
fn path_styles_arrive_as_they_were() {
    let words = || prop::collection::vec("[a-zA-Z0-9é ]{1,6}", 1..4);
    let numbers = prop::collection::vec(any::<i64>(), 1..4);
    check(100, (words(), words(), numbers, "[a-z;]{1,6}", words()), async |client, value| {
        let (simple, label, exploded, matrix, several) = value;
        let echo = client.echo_path_styles(&simple, &label, &exploded, &matrix, &several).await.unwrap();
        let expected = json!({
            "simple": simple, "label": label, "exploded": exploded, "matrix": matrix, "several": several
        });
        assert_eq!(json!(echo.into_body()), expected);
    });
}

#[test]
fn two_variables_share_a_segment() {
    check(50, ("[a-z]{1,6}", "[a-z]{1,4}"), async |client, (name, ending)| {
        let echo = client.echo_file(&name, &ending).await.unwrap();
        assert_eq!(json!(echo.into_body()), json!({ "name": name, "ending": ending }));
    });
}

fn query() -> impl Strategy<Value = EchoQuery> {
    let numbers = || prop::option::of(prop::collection::vec(any::<i64>(), 1..4));
    let list = prop::option::of(prop::collection::vec("\\PC{0,8}", 1..4));
    let deep = prop::option::of(prop::collection::btree_map("[a-z]{1,4}", "\\PC{0,8}", 1..3));
    let json =
        prop::option::of(prop::collection::btree_map("\\PC{1,4}", any::<i32>().prop_map(Value::from), 0..3));
    let first =
        ("\\PC{0,12}", prop::option::of(any::<i32>()), prop::option::of(-1e6..1e6f64), any::<Option<bool>>());
    let second = (prop::option::of(kind()), list, numbers(), numbers(), numbers());
    let third = (deep, json, prop::option::of("[ -~]{1,12}"), numbers(), prop::option::of("[ -~é]{1,12}"));
    (first, second, third, prop::option::of("[a-z]{1,4}")).prop_map(|(first, second, third, call)| {
        let mut query = EchoQuery::new(first.0);
        (query.number, query.ratio, query.flag) = (first.1, first.2, first.3);
        (query.kind, query.list, query.csv, query.spaces, query.pipes) = second;
        (query.deep, query.json, query.x_trace, query.x_numbers, query.session) = third;
        // HTTP drops spaces around a header's value.
        query.x_trace = query.x_trace.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        query.call = call;
        query
    })
}

#[test]
fn query_header_and_cookie_parameters_arrive_as_they_were() {
    check(300, query(), async |client, query| {
        let echo = client.echo_query(&query).await.unwrap();
        assert_eq!(json!(echo.into_body()), shown(&query), "{query:?}");
    });
}

#[test]
fn bodies_arrive_as_they_were() {
    let form = ("\\PC{0,12}", prop::option::of(any::<i64>()), prop::collection::vec("\\PC{0,8}", 0..3));
    let json = prop::collection::btree_map("\\PC{0,6}", "\\PC{0,6}".prop_map(Value::from), 0..4);
    check(100, (form, json, any::<String>(), any::<Vec<u8>>()), async |client, (form, json, text, bytes)| {
        let mut sent = Form::new(form.0);
        (sent.count, sent.tags) = (form.1, form.2);
        assert_eq!(client.echo_form(&sent).await.unwrap().into_body(), sent);

        let answer = client.echo_json(&json).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.into_body()), (201, json.clone()));
        let answer = client.echo_optional(Some(&json)).await.unwrap().into_body();
        assert_eq!(serde_json::to_value(answer).unwrap(), json!({ "body": json }));

        assert_eq!(client.echo_text(text.clone()).await.unwrap().into_body(), text);
        let file = client.echo_bytes(bytes.clone().into()).await.unwrap().into_body();
        assert_eq!((file.file_name(), file.length()), (Some("echo.bin"), Some(bytes.len() as u64)));
        assert_eq!(file.bytes().await.unwrap(), bytes);
    });
}

#[tokio::test]
async fn nothing_and_absence_arrive_as_such() {
    let client = client().await;
    assert_eq!(client.echo_nothing().await.unwrap().status().as_u16(), 204);
    let answer = client.echo_optional(None).await.unwrap().into_body();
    assert_eq!(json!(answer), json!({ "body": null }));
}

#[test]
fn the_flag_chooses_between_an_answer_and_a_stream() {
    check(50, "[a-z ]{0,30}", async |client, text| {
        let question = Question::new(text.as_str());
        assert_eq!(client.create_echo(&question).await.unwrap().words, words(&text));
        let mut events = client.stream_echo(&question).await.unwrap();
        let mut heard = Vec::new();
        while let Some(event) = events.try_next().await.unwrap() {
            heard.push(event.word);
        }
        assert_eq!(heard.pop().as_deref(), Some(""));
        assert_eq!(heard, words(&text));
    });
}
