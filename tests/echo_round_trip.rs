//! A generated client against the generated router of the same document: what goes in on one side comes out on the other.
//!
//! The document is `tests/echo/echo.yaml`; it has what MaiAgent's does not use.

use crate::server::{Received, Server, answer};
use echo::answers::*;
use echo::headers;
use echo::models::*;
use echo::params::*;
use echo::runtime::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use echo::{
    Api, ApiError, Body, Client, Download, Error, EventStream, Records, Redirect, Response, Result,
    StatusCode,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
    async fn echo_folder(&self, name: &str, part: &str) -> Result<Response<Values>> {
        values(json!({ "name": name, "part": part }))
    }
    async fn echo_query(&self, params: &EchoQuery) -> Result<Response<Values>> {
        values(shown(params))
    }
    async fn echo_styles(&self, json: &Point, params: &EchoStyles) -> Result<Response<Values>> {
        values(json!({
            "json": json, "point": params.x_point, "flat_header": params.x_flat, "json_header": params.x_json,
            "flat": params.flat, "texts": params.texts, "list": params.deep_list, "text": params.deep_text,
            "tree": params.tree, "page": params.page
        }))
    }
    async fn echo_fixed(&self, query: &EchoFixed) -> Result<Response<Values>> {
        values(json!({ "text": query.text }))
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
    async fn echo_deep_form(&self, body: &Order) -> Result<Response<Order>> {
        Ok(body.clone().into())
    }
    async fn echo_styled_form(&self, body: Option<&Styled>) -> Result<Response<Styled>> {
        Ok(body.cloned().unwrap_or_default().into())
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
    async fn echo_schemas(&self, body: &Schemas) -> Result<Response<Schemas>> {
        Ok(body.clone().into())
    }
    async fn create_account(&self, body: &AccountRequest) -> Result<Response<Account>> {
        let mut account = Account::new(body.password.len() as i64, &*body.name);
        account.parent = body.parent.as_ref().map(|parent| Box::new(Account::new(0, &*parent.name)));
        Ok(account.into())
    }
    async fn echo_nothing(&self) -> Result<Response<()>> {
        Ok(().into())
    }
    async fn echo_status(&self, status: i64) -> Result<Response<EchoStatusAnswer>> {
        Ok(match status {
            200 => EchoStatusAnswer::Ok(Words::new(words("a b"))).into(),
            201 => EchoStatusAnswer::Created(Word::new("a")).into(),
            202 => EchoStatusAnswer::Accepted("soon".to_owned()).into(),
            203 => {
                EchoStatusAnswer::NonAuthoritative(Download::from_bytes("P1").with_media_type("image/pbm"))
                    .into()
            }
            204 => EchoStatusAnswer::NoContent.into(),
            206 => Response::new(
                StatusCode::PARTIAL_CONTENT,
                HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("audio/ogg"))]),
                EchoStatusAnswer::Unknown("new".into()),
            ),
            _ => return Err(Error::with_status(StatusCode::IM_A_TEAPOT, &"no")),
        })
    }
    async fn echo_null(&self, body: Option<&Point>) -> Result<Response<Option<Point>>> {
        Ok(body.cloned().into())
    }
    async fn echo_null_or_none(&self, body: Option<&Point>) -> Result<Response<Option<Point>>> {
        Ok(body.cloned().into())
    }
    async fn echo_maybe(&self, text: &str) -> Result<Response<Option<Words>>> {
        Ok(match text {
            "later" => Response::new(StatusCode::ACCEPTED, HeaderMap::new(), None),
            "never" => Response::new(StatusCode::NO_CONTENT, HeaderMap::new(), None),
            text => Some(Words::new(words(text))).into(),
        })
    }
    async fn echo_forms(&self, text: &str) -> Result<Response<Words>> {
        Ok(Words::new(words(text)).into())
    }
    async fn stream_echo_forms(&self, text: &str) -> Result<Response<EventStream<Word>>> {
        let mut last = Word::new("");
        last.last = Some(true);
        Ok(words(text).into_iter().map(Word::new).chain([last]).collect::<EventStream<Word>>().into())
    }
    async fn echo_forms_as_json(&self, text: &str) -> Result<Response<Vec<String>>> {
        Ok(words(text).into())
    }
    async fn echo_forms_as_csv(&self, text: &str) -> Result<Response<String>> {
        Ok(words(text).join(",").into())
    }
    async fn echo_forms_as_count_json(&self, text: &str) -> Result<Response<i64>> {
        Ok((words(text).len() as i64).into())
    }
    async fn echo_forms_as_pdf(&self, text: &str) -> Result<Response<Download>> {
        Ok(Download::from_bytes(format!("%PDF {text}")).into())
    }
    async fn list_echoes(&self, query: &ListEchoes) -> Result<Response<Option<WordPage>>> {
        Ok(match query.from {
            None => Some(page("a b", 2)),
            Some(2) => Some(page("c", 3)),
            Some(_) => None,
        }
        .into())
    }
    async fn list_echoes_by_status(
        &self,
        query: &ListEchoesByStatus,
    ) -> Result<Response<ListEchoesByStatusAnswer>> {
        Ok(match query.from {
            None => ListEchoesByStatusAnswer::Ok(page("a b", 2)),
            Some(_) => ListEchoesByStatusAnswer::Accepted(Words::new(words("c"))),
        }
        .into())
    }
    async fn echo_elsewhere(&self) -> Result<Response<Redirect>> {
        Ok(Redirect::to("../text/?a=b c%20d".replace(' ', "+")).into())
    }
    async fn echo_lines(&self, text: &str) -> Result<Response<Words>> {
        Ok(Words::new(words(text)).into())
    }
    async fn stream_echo_lines(&self, text: &str) -> Result<Response<EventStream<String>>> {
        Ok(words(text).into_iter().collect::<EventStream<String>>().into())
    }
    async fn echo_spoken(&self, params: &EchoSpoken, mut body: Records<Spoken>) -> Result<Response<Values>> {
        let mut spoken = Vec::new();
        while let Some(one) = body.try_next().await? {
            spoken.push(one.spoken);
        }
        values(json!({ "spoken": spoken, "cookie": params.cookie, "session": params.session }))
    }
    async fn echo_spoken_sequence(&self, body: Option<Records<Spoken>>) -> Result<Response<Values>> {
        let Some(mut body) = body else { return values(json!({})) };
        let first = body.try_next().await?;
        values(json!({ "first": first, "second": body.try_next().await? }))
    }
    async fn echo_sequence(&self, text: &str) -> Result<Response<EventStream<Spoken>>> {
        Ok(words(text).into_iter().map(Spoken::new).collect::<EventStream<Spoken>>().into())
    }
    async fn echo_headers(&self, limit: i64) -> Result<Response<()>> {
        if limit < 0 {
            let mut wait = HeaderMap::new();
            headers::RETRY_AFTER.write(&mut wait, &-limit)?;
            return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, wait, Default::default()).into());
        }
        Response::from(())
            .with_header(headers::X_LIMIT, &limit)?
            .with_header(headers::X_KINDS, &vec![Kind::Large, Kind::Unknown("a-b".to_owned())])?
            .with_header(headers::X_POINT, &Point::new(1, -2))?
            .with_header(headers::SET_COOKIE, &vec!["a=1, 2".to_owned(), "b=3".to_owned()])
    }
}

fn page(text: &str, next: i64) -> WordPage {
    let mut page = WordPage::new(words(text));
    page.next = Some(next);
    page
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
fn segments_of_one_value_stay_segments() {
    let name = prop::collection::vec(segment(), 1..20).prop_map(|segments| segments.join("/"));
    check(100, (name, segment()), async |client, (name, part)| {
        let echo = client.echo_folder(&name, &part).await.unwrap();
        assert_eq!(json!(echo.into_body()), json!({ "name": name, "part": part }));
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
fn further_styles_arrive_as_they_were() {
    let point = || (any::<i64>(), any::<i64>()).prop_map(|(x, y)| Point::new(x, y));
    let some = || prop::option::of(point());
    let texts = || prop::option::of(prop::collection::vec("\\PC{1,8}", 1..4));
    let strategy = (point(), some(), some(), some(), some(), texts(), texts(), prop::option::of("\\PC{0,8}"));
    check(200, strategy, async |client, (json, point, flat_header, json_header, flat, texts, list, text)| {
        let mut params = EchoStyles::default();
        (params.x_point, params.x_flat, params.x_json) = (point, flat_header, json_header);
        (params.flat, params.texts, params.deep_list, params.deep_text) = (flat, texts, list, text);
        let echo = client.echo_styles(&json, &params).await.unwrap();
        let expected = json!({
            "json": json, "point": params.x_point, "flat_header": params.x_flat, "json_header": params.x_json,
            "flat": params.flat, "texts": params.texts, "list": params.deep_list, "text": params.deep_text,
            "tree": null, "page": null
        });
        assert_eq!(json!(echo.into_body()), expected);
    });
}

#[tokio::test]
async fn values_within_values_arrive_as_they_were() {
    let client = client().await;
    for (tree, page) in [
        (
            json!({ "name": "a[b]=c&d", "tags": ["x"], "kinds": { "k": 1 } }),
            json!({ "size": 1, "sort": ["a", "b"] }),
        ),
        (
            json!({ "parts": [{ "name": "0" }, { "tags": ["", "é"] }, { "parts": [{ "name": "" }] }] }),
            json!({ "sort": ["a,b"] }),
        ),
    ] {
        let mut params = EchoStyles::default();
        params.tree = serde_json::from_value(tree.clone()).unwrap();
        params.page = serde_json::from_value(page.clone()).unwrap();
        let echo = json!(client.echo_styles(&Point::new(1, 2), &params).await.unwrap().into_body());
        assert_eq!((&echo["tree"], &echo["page"]), (&tree, &page));
    }
    let mut params = EchoStyles::default();
    params.tree = serde_json::from_value(json!({ "kinds": { "a]": 1 } })).unwrap();
    assert!(client.echo_styles(&Point::new(1, 2), &params).await.is_err());
}

/// By the tables of OpenAPI's specification; what they leave open as the documentation of `deepObject`'s users has it.
#[tokio::test]
async fn further_styles_have_the_bytes_that_openapi_says() {
    let server = Server::start(|_, _| answer(200, "application/json", "{}")).await;
    let client = Client::builder().base_url(&server.url).build().unwrap();
    let point = Point::new(1, 2);
    let mut params = EchoStyles::default();
    (params.x_point, params.x_flat, params.x_json) =
        (Some(point.clone()), Some(point.clone()), Some(point.clone()));
    (params.flat, params.texts) = (Some(point.clone()), Some(vec!["a;b".to_owned()]));
    (params.deep_list, params.deep_text) = (Some(vec!["a".to_owned(), "b".to_owned()]), Some("t".to_owned()));
    params.tree = serde_json::from_value(json!({ "tags": ["a"], "parts": [{ "name": "b" }] })).unwrap();
    params.page = serde_json::from_value(json!({ "size": 1, "sort": ["c", "d"] })).unwrap();
    client.echo_styles(&point, &params).await.unwrap();
    client.echo_fixed(&EchoFixed::default().text("t")).await.unwrap();

    let received = server.received();
    let [styles, fixed] = &received[..] else { panic!("{received:?}") };
    assert_eq!(styles.path, "/styles/%7B%22x%22%3A1%2C%22y%22%3A2%7D/");
    assert_eq!(styles.header("x-point"), "x=1,y=2");
    assert_eq!(styles.header("x-flat"), "x,1,y,2");
    assert_eq!(styles.header("x-json"), r#"{"x":1,"y":2}"#);
    assert_eq!(styles.header("cookie"), "flat=x,1,y,2; texts=%5B%22a%3Bb%22%5D");
    let pairs = |request: &Received| -> Vec<String> {
        request.query.iter().map(|(name, value)| format!("{name}={value}")).collect()
    };
    assert_eq!(
        pairs(styles),
        [
            "deepList[]=a",
            "deepList[]=b",
            "deepText=t",
            "tree[tags][]=a",
            "tree[parts][0][name]=b",
            "size=1",
            "sort=c",
            "sort=d"
        ]
    );
    assert_eq!(
        (fixed.path.as_str(), pairs(fixed)),
        ("/fixed/", vec!["kind=a b".to_owned(), "flag=".to_owned(), "text=t".to_owned()])
    );
}

#[tokio::test]
async fn a_router_serves_the_first_of_two_operations_that_it_cannot_tell_apart() {
    let client = client().await;
    let answer = client.echo_unreachable().await.unwrap();
    // The one that answers has a body and another status.
    assert_eq!(answer.status().as_u16(), 200);
    // Forms are tested by themselves.
    assert_eq!(echo::server::left_out::<Echo>(), ["echo_upload", "echo_parts"]);
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
        // A stream that is passed on does not say how long it will be.
        assert_eq!((file.file_name(), file.length()), (Some("echo.bin"), None));
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

#[tokio::test]
async fn a_body_may_be_null() {
    let client = client().await;
    let point = Point::new(1, 2);
    for body in [Some(&point), None] {
        assert_eq!(client.echo_null(body).await.unwrap().into_body().as_ref(), body);
        assert_eq!(client.echo_null_or_none(body).await.unwrap().into_body().as_ref(), body);
    }
    for (method, body, status, said) in [
        ("POST", "null", "200", "null"),
        ("PUT", "null", "200", "null"),
        ("PUT", "", "200", "null"),
        ("POST", r#"{"x":1.0,"y":2}"#, "200", r#"{"x":1,"y":2}"#),
        ("POST", r#"{"x":1.5,"y":2}"#, "400", ""),
        // It may be null, but not missing.
        ("POST", "", "400", ""),
    ] {
        let answer = raw_body(method, "/null/", "application/json", body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{method} {body}: {answer}");
        assert!(answer.ends_with(said), "{method} {body}: {answer}");
    }
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

/// What a composed schema allows, as text of the wire: it goes through the client's type, the wire and the router's type.
#[test]
fn composed_schemas_arrive_as_they_were() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = client().await;
        for sent in [
            json!({ "shape": { "name": "a", "radius": 1.5 } }),
            json!({ "shape": { "name": "a", "side": 3 } }),
            json!({ "shape": { "name": "a", "points": [1, 2] } }),
            json!({ "job": { "id": 1, "kind": "copy", "to": "there" } }),
            json!({ "job": { "id": 1, "kind": "move", "to": "there" } }),
            json!({ "job": { "id": 1, "kind": "remove", "force": true } }),
            json!({ "job": { "id": 1, "kind": "erase", "depth": 3 } }),
            json!({ "pet": { "type": "Cat", "name": "Tom", "lives": 9 } }),
            json!({ "pet": { "type": "pet", "name": "Tom" } }),
            json!({ "pet": { "type": "Cow", "name": "Tom", "milk": 2.5 } }),
            json!({ "pet": { "type": "Siamese", "name": "Tom", "kitten": { "type": "Cat", "name": "Tim" } } }),
            json!({ "item": { "type": "message", "text": "Why?" } }),
            json!({ "item": { "type": "message", "text": "So.", "id": 1 } }),
            json!({ "item": { "url": "x" } }),
            json!({ "item": { "type": "else", "url": 5 } }),
            json!({ "level": "auto" }),
            json!({ "level": 1 }),
            json!({ "level": true }),
            json!({ "controls": [{ "text-input": "a", "label": "b" }, { "select": "a", "label": "b" }, {}] }),
            json!({ "controls": [{ "label": "b" }, { "more": [1] }, "text", 5] }),
            json!({ "controls": [{ "id": 1, "name": "a" }, { "id": 1, "name": "a", "price": 5 }] }),
            json!({ "controls": [{ "colour": "red" }, { "label": "a", "colour": "red" }] }),
            json!({ "placed": { "name": "a", "radius": 1 } }),
            json!({ "placed": { "name": "a", "side": 1, "depth": 3 } }),
            json!({ "placed": { "name": "a", "radius": 1, "depth": 3 } }),
            json!({ "placed": { "name": "a", "depth": "deep" } }),
            json!({ "level": null, "shape": { "name": "" , "side": 0 } }),
        ] {
            let expected = match &sent {
                Value::Object(object) => object.iter().filter(|(_, value)| !value.is_null()).collect(),
                other => panic!("{other}"),
            };
            let body: Schemas = serde_json::from_value(sent.clone()).unwrap_or_default();
            let echo = json!(client.echo_schemas(&body).await.unwrap().into_body());
            assert_eq!(echo.as_object().unwrap().iter().collect::<BTreeMap<_, _>>(), expected, "{sent}");
        }
    });
}

/// The variant is the one that the document says, and the rest of the object is beside it.
#[test]
fn composed_schemas_have_the_types_of_their_parts() {
    let read = |value: Value| serde_json::from_value::<Schemas>(value).unwrap();
    let shape = read(json!({ "shape": { "name": "a", "radius": 1.5 } })).shape.unwrap();
    assert!(matches!(shape.variant, ShapeVariant::Circle(Circle { radius: 1.5, .. })));
    let job = read(json!({ "job": { "id": 1, "kind": "move", "to": "there" } })).job.unwrap();
    assert!(
        matches!(job.variant, JobVariant::Transfer(transfer) if transfer.kind.as_deref() == Some("move"))
    );
    let pet = read(json!({ "pet": { "type": "Siamese", "name": "Tom" } })).pet.unwrap();
    assert!(matches!(pet, Pet::Siamese(siamese) if siamese.name == "Tom"));
    let item = read(json!({ "item": { "type": "message", "text": "So.", "id": 1 } })).item.unwrap();
    assert!(matches!(item, Item::Answer(answer) if answer.id == 1));
    let item = read(json!({ "item": { "type": "message", "text": "Why?" } })).item.unwrap();
    assert!(matches!(item, Item::Ask(_)));
    let control = |value: Value| serde_json::from_value::<Control>(value).unwrap();
    assert!(matches!(control(json!({ "label": "a" })), Control::TextControl(_)));
    assert!(matches!(control(json!({ "label": "a", "select": "b" })), Control::SelectControl(_)));
    assert!(matches!(control(json!({ "id": 1, "name": "a" })), Control::Bare(_)));
    assert!(matches!(control(json!({ "id": 1, "name": "a", "price": 5 })), Control::Priced(_)));
    assert!(matches!(control(json!({ "colour": "red" })), Control::Labels(_)));
    assert!(matches!(control(json!({ "colour": 5 })), Control::Unknown(_)));
    let broken = serde_json::from_value::<Schemas>(json!({ "job": { "id": 1, "kind": "copy", "to": 5 } }));
    assert!(broken.is_err(), "a known tag with a broken payload is nothing unknown");
}

/// What only answers have is not asked of callers, and what only requests have is not expected in answers.
#[test]
fn requests_and_answers_have_their_own_types_where_properties_demand_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = client().await;
        let parent = AccountRequest::new("parent", "secret");
        let answer =
            client.create_account(&AccountRequest::new("child", "password").parent(parent)).await.unwrap();
        let account = answer.into_body();
        assert_eq!((account.id, &*account.name, &account.password), (8, "child", &None));
        assert_eq!(account.parent.unwrap().name, "parent");
    });
}

/// The head of an answer and its body, as bytes, to a request that is written by hand.
async fn raw(path: &str, accept: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, echo::server::router(Echo)).await.unwrap() });
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /base{path} HTTP/1.1\r\nhost: a\r\naccept: {accept}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_status_says_what_an_answer_holds() {
    let client = client().await;
    let answer = async |status| client.echo_status(status).await.unwrap();
    assert!(matches!(answer(200).await.into_body(), EchoStatusAnswer::Ok(both) if both.words == ["a", "b"]));
    assert!(matches!(answer(201).await.into_body(), EchoStatusAnswer::Created(word) if word.word == "a"));
    assert!(matches!(answer(202).await.into_body(), EchoStatusAnswer::Accepted(text) if text == "soon"));
    let EchoStatusAnswer::NonAuthoritative(file) = answer(203).await.into_body() else { panic!("no file") };
    assert_eq!(file.media_type(), Some("image/pbm"));
    assert_eq!(file.bytes().await.unwrap(), "P1");
    assert!(matches!(answer(204).await.into_body(), EchoStatusAnswer::NoContent));
    let other = answer(206).await;
    assert_eq!(
        (other.status().as_u16(), other.headers()[CONTENT_TYPE].to_str().unwrap()),
        (206, "audio/ogg")
    );
    assert!(matches!(other.into_body(), EchoStatusAnswer::Unknown(bytes) if bytes == "new"));
    let failure = client.echo_status(1).await.unwrap_err();
    assert_eq!(failure.api().unwrap().status().as_u16(), 418);
}

#[tokio::test]
async fn each_variant_goes_out_under_its_status_and_media_type() {
    for (status, line, kind, body) in [
        (200, "200 OK", "application/json", "{\"words\":[\"a\",\"b\"]}"),
        (201, "201 Created", "application/vnd.word+json", "{\"word\":\"a\"}"),
        (202, "202 Accepted", "text/plain; charset=utf-8", "soon"),
        (203, "203 Non Authoritative Information", "image/pbm", "P1"),
        (206, "206 Partial Content", "audio/ogg", "new"),
    ] {
        let answer = raw(&format!("/by-status/{status}/"), "*/*").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {line}\r\n")), "{answer}");
        assert!(answer.contains(&format!("content-type: {kind}\r\n")), "{answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{answer}");
    }
    let nothing = raw("/by-status/204/", "*/*").await;
    assert!(nothing.starts_with("HTTP/1.1 204 ") && !nothing.contains("content-type"), "{nothing}");
}

#[tokio::test]
async fn an_answer_without_a_body_is_none() {
    let client = client().await;
    let some = client.echo_maybe("a b").await.unwrap();
    assert_eq!(some.status().as_u16(), 200);
    assert_eq!(some.into_body().unwrap().words, ["a", "b"]);
    for (text, status) in [("later", 202), ("never", 204)] {
        let none = client.echo_maybe(text).await.unwrap();
        assert_eq!((none.status().as_u16(), none.into_body()), (status, None));
    }
}

#[tokio::test]
async fn each_form_has_a_method_and_is_asked_for() {
    let client = client().await;
    assert_eq!(client.echo_forms("a b").await.unwrap().words, ["a", "b"]);
    let listed = client.echo_forms_as_json("a b").await.unwrap();
    assert_eq!(*listed, ["a", "b"]);
    assert_eq!(listed.headers()["content-type"], "application/json;form=list");
    assert_eq!(*client.echo_forms_as_csv("a b").await.unwrap(), "a,b");
    assert_eq!(*client.echo_forms_as_count_json("a b").await.unwrap(), 2);
    let file = client.echo_forms_as_pdf("a").await.unwrap().into_body();
    assert_eq!(file.media_type(), Some("application/pdf"));
    assert_eq!(file.bytes().await.unwrap(), "%PDF a");
    let mut events = client.stream_echo_forms("a").await.unwrap();
    assert_eq!(events.try_next().await.unwrap().unwrap().word, "a");

    for (accept, kind) in [
        ("*/*", "application/json"),
        ("text/*", "text/csv"),
        ("application/json;q=0.1, application/pdf", "application/pdf"),
        ("application/vnd.echo.v2.count+json", "application/vnd.echo.v2.count+json"),
        ("text/event-stream", "text/event-stream"),
    ] {
        let answer = raw("/forms/a/", accept).await;
        assert!(answer.contains(&format!("content-type: {kind}\r\n")), "{accept}: {answer}");
    }
}

#[tokio::test]
async fn pages_end_with_an_answer_that_has_none() {
    let client = client().await;
    let mut items = client.all_echoes(&ListEchoes::default());
    let mut found = Vec::new();
    while let Some(item) = items.try_next().await.unwrap() {
        found.push(item);
    }
    assert_eq!(found, ["a", "b", "c"]);

    let mut items = client.all_echoes_by_status(&ListEchoesByStatus::default());
    assert_eq!(items.try_next().await.unwrap().as_deref(), Some("a"));
    assert_eq!(items.try_next().await.unwrap().as_deref(), Some("b"));
    assert!(items.try_next().await.unwrap_err().to_string().contains("no page"));
}

#[tokio::test]
async fn values_in_lines_and_sequences_arrive_one_by_one() {
    let client = client().await;
    let mut lines = client.stream_echo_lines("a \"b\\").await.unwrap();
    assert_eq!(lines.try_next().await.unwrap().as_deref(), Some("a"));
    assert_eq!(lines.try_next().await.unwrap().as_deref(), Some("\"b\\"));
    assert_eq!(lines.try_next().await.unwrap(), None);
    assert_eq!(client.echo_lines("a b").await.unwrap().words, words("a b"));
    let mut values = client.echo_sequence("a b").await.unwrap();
    assert_eq!(values.try_next().await.unwrap(), Some(Spoken::new("a")));
    assert_eq!(values.try_next().await.unwrap(), Some(Spoken::new("b")));
    assert_eq!(values.try_next().await.unwrap(), None);

    let answer = raw("/lines/a%20b/", "application/x-ndjson").await;
    assert!(answer.contains("content-type: application/x-ndjson\r\n"), "{answer}");
    assert!(answer.contains("\"a\"\n") && answer.contains("\"b\"\n"), "{answer}");
    let answer = raw("/lines/a/", "*/*").await;
    assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
    let answer = raw("/sequence/a/", "*/*").await;
    assert!(answer.contains("content-type: application/json-seq\r\n"), "{answer}");
    assert!(answer.contains("\u{1e}{\"spoken\":\"a\"}\n"), "{answer}");
}

#[tokio::test]
async fn values_go_out_in_lines_and_sequences_one_by_one() {
    let client = client().await;
    let all = || ["a", "b\n"].map(Spoken::new);
    let params = EchoSpoken::default().cookie("x=1; y=2").session("s");
    let echoed = client.echo_spoken(&params, Records::new(all())).await.unwrap().into_body();
    let expected = json!({ "cookie": "x=1; y=2; session=s", "session": "s", "spoken": ["a", "b\n"] });
    assert_eq!(serde_json::to_value(&echoed).unwrap(), expected);
    // More than the router has in memory at a time.
    let many = Records::new((0..50_000).map(|number| Spoken::new(number.to_string())));
    let echoed = client.echo_spoken(&EchoSpoken::default(), many).await.unwrap();
    assert_eq!(echoed["spoken"].as_array().map(Vec::len), Some(50_000));
    let echoed = client.echo_spoken_sequence(Some(all().to_vec().into())).await.unwrap().into_body();
    let expected = json!({ "first": { "spoken": "a" }, "second": { "spoken": "b\n" } });
    assert_eq!(serde_json::to_value(&echoed).unwrap(), expected);
    assert!(client.echo_spoken_sequence(None).await.unwrap().is_empty());

    // What breaks off is no whole body.
    let broken = [Ok(Spoken::new("a")), Err(Error::other("no more"))];
    let broken = Records::from_stream(futures_util::stream::iter(broken));
    let error = client.echo_spoken(&EchoSpoken::default(), broken).await.unwrap_err();
    assert!(error.to_string().contains("no more"), "{error}");

    let server = Server::start(|_, _| answer(200, "application/json", "{}")).await;
    let client = Client::builder().base_url(&server.url).build().unwrap();
    client.echo_spoken(&EchoSpoken::default(), all().to_vec().into()).await.unwrap();
    client.echo_spoken_sequence(Some(Records::new(all()))).await.unwrap();
    let received = server.received();
    let [lines, sequence] = &received[..] else { panic!("{received:?}") };
    assert_eq!(
        (lines.path.as_str(), lines.header("content-type")),
        ("/spoken%20words/", "application/x-ndjson")
    );
    assert_eq!(lines.body, "{\"spoken\":\"a\"}\n{\"spoken\":\"b\\n\"}\n");
    assert_eq!(sequence.header("content-type"), "application/json-seq");
    assert_eq!(sequence.body, "\u{1e}{\"spoken\":\"a\"}\n\u{1e}{\"spoken\":\"b\\n\"}\n");
}

#[tokio::test]
async fn a_line_that_is_not_as_documented_is_refused_with_its_number() {
    let send = |body: &'static str| raw_body("PUT", "/spoken%20words/", "application/x-ndjson", body);
    // An empty line is none, and the last one needs no end.
    let answer = send("{\"spoken\":\"a\"}\n\n{\"spoken\":\"b\"}").await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("[\"a\",\"b\"]"), "{answer}");
    let wrong = [("{\"spoken\":\"a\"}\n[\"b\"]\n", 2), ("{\"spoken\"\n", 1), ("{\"spoken\":\"a\"}\n\n1", 2)];
    for (body, number) in wrong {
        let answer = send(body).await;
        let expected = format!("Value {number} of the body is not as documented.");
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains(&expected), "{body}: {answer}");
    }
}

#[tokio::test]
async fn headers_that_answers_declare_are_typed_on_both_sides() {
    let client = client().await;
    let answer = client.echo_headers(59).await.unwrap();
    assert_eq!(answer.header(headers::X_LIMIT).unwrap(), Some(59));
    let kinds = vec![Kind::Large, Kind::Unknown("a-b".to_owned())];
    assert_eq!(answer.header(headers::X_KINDS).unwrap(), Some(kinds));
    assert_eq!(answer.header(headers::X_POINT).unwrap(), Some(Point::new(1, -2)));
    let cookies = vec!["a=1, 2".to_owned(), "b=3".to_owned()];
    assert_eq!(answer.header(headers::SET_COOKIE).unwrap(), Some(cookies));
    assert_eq!(answer.header(headers::RETRY_AFTER).unwrap(), None);

    let error = client
        .with(echo::CallOptions::default().retry(echo::RetryPolicy::never()))
        .echo_headers(-7)
        .await
        .unwrap_err();
    assert_eq!(error.api().unwrap().header(headers::RETRY_AFTER).unwrap(), Some(7));

    let answer = raw("/headers/5/", "*/*").await;
    for line in [
        "x-limit: 5\r\n",
        "x-kinds: ",
        "x-point: {\"x\":1,\"y\":-2}\r\n",
        "set-cookie: a=1, 2\r\nset-cookie: b=3\r\n",
    ] {
        assert!(answer.contains(line), "{line} {answer}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_where_there_is_no_other() {
    let answer = client().await.echo_elsewhere().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.location()), (303, "../text/?a=b+c%20d"));
    assert!(answer.url().unwrap().ends_with("/base/text/?a=b+c%20d"), "{:?}", answer.url());
    let answer = raw("/elsewhere/", "*/*").await;
    assert!(answer.starts_with("HTTP/1.1 303 See Other\r\n"), "{answer}");
    assert!(answer.contains("location: ../text/?a=b+c%20d\r\n"), "{answer}");
}

/// Bodies of a form with objects and lists in it, and the pairs on the wire, without their escapes.
fn deep_forms() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "amount": 5, "name": "a&b=c d" }), "amount=5&name=a&b=c d"),
        (json!({ "amount": 5, "expand": ["a", "b[0]"] }), "amount=5&expand[]=a&expand[]=b[0]"),
        (
            json!({ "amount": 5, "items": [
                { "price": "12", "quantity": 2, "rates": [1.5, 2.0] },
                { "price": "true", "until": "now" },
                { "until": 7 },
            ] }),
            "amount=5&items[0][price]=12&items[0][quantity]=2&items[0][rates][]=1.5&items[0][rates][]=2\
             &items[1][price]=true&items[1][until]=now&items[2][until]=7",
        ),
        (
            json!({ "amount": 5, "address": { "city": "5", "number": 3, "valid": true } }),
            "amount=5&address[city]=5&address[number]=3&address[valid]=true",
        ),
        (json!({ "amount": 5, "address": "", "metadata": "" }), "amount=5&address=&metadata="),
        (json!({ "amount": 5, "metadata": { "0": "a", "7": "b" } }), "amount=5&metadata[0]=a&metadata[7]=b"),
        (json!({ "amount": 5, "metadata": { "0": "5" } }), "amount=5&metadata[0]=5"),
        (
            json!({ "amount": 5, "account": { "country": "AT", "owner": { "age": 44 } } }),
            "amount=5&account[country]=AT&account[owner][age]=44",
        ),
        (json!({ "amount": 5, "account": "acct_1" }), "amount=5&account=acct_1"),
        (json!({ "amount": 5, "account": "12" }), "amount=5&account=12"),
        (json!({ "amount": 5, "percent": 1.5 }), "amount=5&percent=1.5"),
        (json!({ "amount": 5, "percent": "" }), "amount=5&percent="),
    ]
}

#[tokio::test]
async fn deep_forms_go_out_as_servers_read_them_and_come_back() {
    let client = client().await;
    for (sent, wire) in deep_forms() {
        let order: Order = serde_json::from_value(sent.clone()).unwrap();
        let other = Server::start(|_, _| answer(200, "application/json", "{\"amount\":0}")).await;
        let recording = Client::builder().base_url(&other.url).build().unwrap();
        recording.echo_deep_form(&order).await.unwrap();
        let written = String::from_utf8(other.one().body.to_vec()).unwrap();
        let decoded = percent_decoded(&written);
        assert_eq!(decoded, wire, "{sent}");
        assert_eq!(client.echo_deep_form(&order).await.unwrap().into_body(), order, "{sent}");
    }
}

#[tokio::test]
async fn a_property_of_a_form_has_the_style_that_its_encoding_says() {
    let styled: Styled = serde_json::from_value(json!({
        "commas": [1, 2], "spaces": [3, 4], "pipes": ["a|b", "c"], "json": { "k": [1, "2", null] },
        "deep": { "x": 1, "y": 2 }, "plain": ["d", "e"],
    }))
    .unwrap();
    let other = Server::start(|_, _| answer(200, "application/json", "{}")).await;
    let recording = Client::builder().base_url(&other.url).build().unwrap();
    recording.echo_styled_form(Some(&styled)).await.unwrap();
    assert_eq!(
        String::from_utf8(other.one().body.to_vec()).unwrap(),
        "commas=1,2&spaces=3%204&pipes=a%7Cb%7Cc&json=%7B%22k%22%3A%5B1%2C%222%22%2Cnull%5D%7D\
         &deep%5Bx%5D=1&deep%5By%5D=2&plain=d&plain=e"
    );
    let client = client().await;
    let mut expected = styled.clone();
    // What is between items cannot be told from the same mark within one.
    expected.pipes = Some(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]);
    assert_eq!(client.echo_styled_form(Some(&styled)).await.unwrap().into_body(), expected);
    assert_eq!(client.echo_styled_form(None).await.unwrap().into_body(), Styled::default());
}

/// Most that write a form or a query escape every comma.
#[tokio::test]
async fn escaped_commas_are_between_items_that_make_no_sense_with_them() {
    let answer = raw_form("/styled-form/", "commas=1%2C2,3&pipes=a").await;
    assert!(answer.ends_with(r#"{"commas":[1,2,3],"pipes":["a"]}"#), "{answer}");
    let answer = raw_form("/styled-form/", "commas=1%2Cx").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, echo::server::router(Echo)).await.unwrap() });
    for (query, read) in [("csv=1%2c2%2C3", Some("\"csv\":[1,2,3]")), ("csv=1%2Cx", None)] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head =
            format!("GET /base/query/?text=a&{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        match read {
            Some(read) => assert!(answer.contains(read), "{answer}"),
            None => assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}"),
        }
    }
}

/// What other clients write, and what nobody should.
#[tokio::test]
async fn deep_forms_of_others_are_read_or_refused() {
    for (form, expected) in [
        ("amount=5&expand[0]=a&expand[1]=b", Some(json!({ "amount": 5, "expand": ["a", "b"] }))),
        ("amount=5&expand%5B1%5D=b&expand%5B0%5D=a", Some(json!({ "amount": 5, "expand": ["a", "b"] }))),
        ("amount=5&expand=a", Some(json!({ "amount": 5, "expand": ["a"] }))),
        (
            "amount=5&items[1][price]=b&items[0][price]=a",
            Some(json!({ "amount": 5, "items": [{ "price": "a" }, { "price": "b" }] })),
        ),
        ("amount=5&items[0][quantity]=many", None),
        ("amount=5&items[x][price]=a", None),
        ("amount=5&amount[x]=a", None),
        ("amount=x", None),
        (
            "amount=5&metadata[a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a]\
             [a][a][a][a][a][a][a]=1",
            None,
        ),
    ] {
        let answer = raw_form("/deep-form/", form).await;
        match expected {
            Some(expected) => {
                assert!(answer.starts_with("HTTP/1.1 200 "), "{form}: {answer}");
                let body = answer.split("\r\n\r\n").nth(1).unwrap();
                assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected, "{form}");
            }
            None => assert!(answer.starts_with("HTTP/1.1 4"), "{form}: {answer}"),
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(decoded).unwrap()
}

/// The head of an answer and its body to a form that is written by hand.
async fn raw_form(path: &str, form: &str) -> String {
    raw_body("POST", path, "application/x-www-form-urlencoded", form).await
}

async fn raw_body(method: &str, path: &str, media_type: &str, body: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, echo::server::router(Echo)).await.unwrap() });
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} /base{path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n\
         content-type: {media_type}\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}
