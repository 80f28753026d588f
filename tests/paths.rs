//! What callers pass can fill a place in a request, and never change its structure.
//!
//! A value is refused before anything is sent, or arrives in its place. The server looks at the bytes.

use crate::raw::{self, Raw};
use maiagent::models::{CompletionRequest, MessageInput};
use maiagent::params::GetMessage;
use maiagent::runtime::{
    self, AuthScheme, Error, Method, PathStyle, QueryStyle, RequestBuilder, RetryPolicy, Service,
    http_client_builder, reqwest,
};
use maiagent::{Api, Download};

struct Sample;

impl Service for Sample {
    const NAME: &'static str = "sample";
    const VERSION: &'static str = "1";
    const ENV_PREFIX: &'static str = "SAMPLE";
    const SERVERS: &'static [runtime::Server] = &[];
    const AUTH: &'static [AuthScheme] = &[
        AuthScheme::header("Header", "X-Key", "Api-Key "),
        AuthScheme::bearer("Bearer"),
        AuthScheme::basic("Basic"),
        AuthScheme::query("Query", "key"),
        AuthScheme::cookie("Cookie", "session"),
    ];
    const SECURITY: &'static [&'static [&'static str]] = &[];
}

type Client = runtime::Client<Sample>;

const STYLES: [PathStyle; 6] = [
    PathStyle::Simple,
    PathStyle::SimpleExploded,
    PathStyle::Label,
    PathStyle::LabelExploded,
    PathStyle::Matrix,
    PathStyle::MatrixExploded,
];

/// Templates that the runtime is given, apart from those of the generated client.
const TEMPLATES: [&str; 7] =
    ["/{v}", "/a/{v}/", "/{v}/b", "/a/{v}.json", "/a/x{v}/b", "/a/{v}:cancel", "/a;p=1/{v}/b/c"];

/// Values that are refused whatever the template.
const REFUSED: [&str; 33] = [
    "",
    ".",
    "..",
    "%2e",
    "%2E",
    "%2e%2e",
    ".%2E",
    "%2e.",
    "../x",
    "x/..",
    "x/../y",
    "./x",
    "x/.",
    "..\\x",
    "x\\..\\y",
    "..%2fx",
    "..%2Fx",
    "%2e%2e%2fx",
    "..%5Cx",
    "%2E./x",
    "..;",
    "..;a=b",
    "x/..;/y",
    "..%3B/x",
    "\0",
    "a\0b",
    "\n",
    "a\nb",
    "a\r\nHost: evil.example\r\n\r\nGET / HTTP/1.1",
    "\t",
    "\u{7f}",
    "\u{85}",
    "\u{9f}",
];

/// Values that arrive, odd as they are.
const ACCEPTED: [&str; 37] = [
    "a",
    "a/b",
    "/",
    "//",
    "///a//",
    "/etc/passwd",
    "\\",
    "a\\b",
    "\\\\host\\share",
    "?",
    "a?b=c",
    "#",
    "a#b",
    "a?b#c/d",
    " ",
    "  a  ",
    "a b",
    "+",
    "%",
    "%2f",
    "%00",
    "%0d%0a",
    "%252e%252e",
    "...",
    "..a",
    "a..",
    ";",
    ";a=b",
    "a;b",
    ":",
    "a:80",
    "@host",
    "user:password@host",
    "http://other.example/x?y#z",
    "中文 ü é \u{202e}",
    "😀",
    "{id}\"<>|^`[]!$&'()*,=~",
];

#[tokio::test]
async fn a_path_parameter_is_one_segment_or_refused() {
    let server = Raw::start(|_| raw::json("null")).await;
    let long = "/a?".repeat(3000);
    let values = REFUSED.map(|value| (value, true)).into_iter();
    let values: Vec<(&str, bool)> =
        values.chain(ACCEPTED.map(|value| (value, false))).chain([(&*long, false)]).collect();
    let mut counts = [0; 2];
    let mut check = |template: &str,
                     style: Option<PathStyle>,
                     value: &str,
                     refused: bool,
                     error: Option<Error>| {
        let requests = server.take();
        let shown = format!("{template} {style:?} {value:?}: {error:?}");
        assert_eq!(matches!(error, Some(Error::Input(_))), refused, "{shown}");
        assert_eq!(requests.len(), usize::from(!refused), "{shown}");
        for request in requests {
            let target = request.lines().next().unwrap().split(' ').nth(1).unwrap().to_owned();
            assert!(target.starts_with("/base/") && !target.contains(['?', '#', '\\']), "{shown}: {target}");
            let value = match style {
                Some(PathStyle::Label | PathStyle::LabelExploded) => format!(".{value}"),
                Some(PathStyle::Matrix | PathStyle::MatrixExploded) => format!(";v={value}"),
                _ => value.to_owned(),
            };
            let found: Vec<String> = target.split('/').skip(2).map(decode).collect();
            let expected: Vec<String> = template.split('/').skip(1).map(|part| fill(part, &value)).collect();
            assert_eq!(found, expected, "{shown}: {target}");
        }
        counts[usize::from(refused)] += 1;
    };

    let base = format!("{}/base/", server.url());
    let client = maiagent::Client::builder().api_key("k").base_url(&base).build().unwrap();
    let question = CompletionRequest::new(MessageInput::new("q"));
    for (value, refused) in &values {
        let error = client.create_completion(&(*value).into(), &question).await.err();
        check("/chatbots/{v}/completions/", None, value, *refused, error);
        let error = client.stream_completion(&(*value).into(), &question).await.err();
        check("/chatbots/{v}/completions/", None, value, *refused, error);
        let error = client.get_message(&(*value).into(), &GetMessage::new("")).await.err();
        let with_query = server.take();
        assert!(with_query.iter().all(|request| request.contains("/?conversation= HTTP/1.1")), "{value:?}");
        assert_eq!(with_query.is_empty(), matches!(error, Some(Error::Input(_))), "{value:?}");
        let error = client.get_conversation(&(*value).into()).await.err();
        check("/conversations/{v}/", None, value, *refused, error);
        let error = client.list_records(&(*value).into(), &Default::default()).await.err();
        check("/chatbots/{v}/records/", None, value, *refused, error);
        let error = client.export_records(&(*value).into()).await.err();
        check("/chatbots/{v}/records/export-excel/", None, value, *refused, error);
    }

    let client = Client::builder().base_url(base).build().unwrap();
    for template in TEMPLATES {
        for style in STYLES {
            for (value, refused) in &values {
                let request = client.request(Method::GET, template).path_as(style, "v", value);
                let error = request.receive_empty().await.err();
                check(template, Some(style), value, *refused, error);
            }
        }
    }
    println!("{} values arrived as one segment, {} were refused", counts[0], counts[1]);
}

fn fill(part: &str, value: &str) -> String {
    part.replace("{v}", value)
}

fn decode(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        bytes.push(match (first, more) {
            (b'%', [high, low, after @ ..]) => {
                rest = after;
                u8::from_str_radix(std::str::from_utf8(&[*high, *low]).unwrap(), 16).unwrap()
            }
            _ => *first,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// Where text of the caller goes.
const PLACES: [(&str, Make, Fill); 17] = [
    (
        "key in a header",
        |http, url, text| keyed(http, url, "Header", text),
        |request, _| request.auth(&[&["Header"]]),
    ),
    (
        "bearer token",
        |http, url, text| keyed(http, url, "Bearer", text),
        |request, _| request.auth(&[&["Bearer"]]),
    ),
    ("password", |http, url, text| keyed(http, url, "Basic", text), |request, _| request.auth(&[&["Basic"]])),
    (
        "key in the query",
        |http, url, text| keyed(http, url, "Query", text),
        |request, _| request.auth(&[&["Query"]]),
    ),
    (
        "key in a cookie",
        |http, url, text| keyed(http, url, "Cookie", text),
        |request, _| request.auth(&[&["Cookie"]]),
    ),
    (
        "user agent",
        |http, url, text| {
            Client::builder().http_client(http.clone()).base_url(url).user_agent_suffix(text).build()
        },
        |request, _| request,
    ),
    (
        "base URL",
        |http, url, text| {
            Client::builder().http_client(http.clone()).base_url(format!("{url}/{text}/x")).build()
        },
        |request, _| request,
    ),
    ("header", plain, |request, text| request.header("X-Value", text)),
    ("list in a header", plain, |request, text| request.header("X-Value", &[text, text])),
    ("cookie", plain, |request, text| request.cookie("value", text)),
    ("query", plain, |request, text| request.query("value", text)),
    ("list in the query", plain, |request, text| {
        request.query_as(QueryStyle::PipeDelimited, "value", &[text])
    }),
    ("name in the query", plain, |request, text| {
        request.query_as(QueryStyle::DeepObject, "value", &serde_json::json!({ text: text }))
    }),
    ("JSON in the query", plain, |request, text| request.query_as(QueryStyle::Json, "value", text)),
    ("JSON", plain, |request, text| request.json(&serde_json::json!({ text: text }))),
    ("form", plain, |request, text| request.form(&serde_json::json!({ text: text }))),
    ("path", plain, |request, text| request.path("value", text)),
];

type Make = fn(&reqwest::Client, &str, &str) -> runtime::Result<Client>;
type Fill = for<'c> fn(RequestBuilder<'c>, &str) -> RequestBuilder<'c>;

fn plain(http: &reqwest::Client, url: &str, _: &str) -> runtime::Result<Client> {
    Client::builder().http_client(http.clone()).base_url(url).build()
}

fn keyed(http: &reqwest::Client, url: &str, scheme: &str, text: &str) -> runtime::Result<Client> {
    Client::builder().http_client(http.clone()).base_url(url).credential(scheme, text.to_owned()).build()
}

#[tokio::test]
async fn control_characters_are_refused_or_escaped() {
    let server = Raw::start(|_| raw::json("null")).await;
    let http = http_client_builder().build().unwrap();
    let controls = (0..=0x9f).filter_map(char::from_u32).filter(|c| c.is_control());
    let (mut refused, mut escaped) = (0, 0);
    for control in controls {
        for (place, client, fill) in PLACES {
            for text in [format!("a{control}x-injected: b"), format!("a{control}"), format!("{control}a")] {
                let template = if place == "path" { "/things/{value}/" } else { "/things/" };
                let error = match client(&http, &server.url(), &text) {
                    Ok(client) => {
                        let request = fill(client.request(Method::POST, template), &text);
                        request.receive_empty().await.err()
                    }
                    Err(error) => Some(error),
                };
                let requests = server.take();
                let shown = format!("{place} {text:?}: {error:?} {requests:?}");
                match error {
                    Some(Error::Input(_) | Error::Config { .. }) => refused += 1,
                    Some(_) => panic!("{shown}"),
                    None => escaped += 1,
                }
                assert_eq!(requests.len(), usize::from(error.is_none()), "{shown}");
                for request in requests {
                    let (head, body) = request.split_once("\r\n\r\n").unwrap();
                    let is_clean =
                        |line: &str| !line.contains(char::is_control) && !line.starts_with("x-injected");
                    assert!(head.split("\r\n").all(is_clean), "{shown}");
                    assert!(!body.bytes().any(|byte| byte < b' '), "{shown}");
                }
            }
        }
    }
    assert!(refused > 0 && escaped > 0);
    println!("{} texts with control characters: {refused} refused, {escaped} escaped", refused + escaped);
}

#[tokio::test]
async fn file_names_have_no_control_characters() {
    // Answers with the header that it is asked for.
    let server = Raw::start(|request| {
        let mut parts = request.split('/').skip(1);
        let (number, form) = (parts.next().unwrap(), parts.next().unwrap());
        let control = char::from_u32(number.parse().unwrap()).unwrap();
        let encoded: String = control.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        let name = match form {
            "quoted" => format!("filename=\"a{control}b.txt\""),
            "token" => format!("filename=a{control}b.txt"),
            "escaped" => format!("filename=\"a\\{control}b.txt\""),
            "utf-8" => format!("filename*=UTF-8''a{encoded}b.txt"),
            _ => format!("filename*=ISO-8859-1''a%{:02X}b.txt", u32::from(control)),
        };
        raw::answer(200, &format!("Content-Disposition: attachment; {name}\r\nContent-Type: a/b\r\n"), "x")
    })
    .await;
    let http = http_client_builder().build().unwrap();
    let (mut named, mut broken) = (0, 0);
    for control in (0..=0x9f).filter_map(char::from_u32).filter(|c| c.is_control()) {
        for form in ["quoted", "token", "escaped", "utf-8", "latin"] {
            let url = format!("{}/{}/{form}", server.url(), u32::from(control));
            let client = maiagent::Client::builder().api_key("k").base_url(url).http_client(http.clone());
            let client = client.retry(RetryPolicy::never()).build().unwrap();
            match client.export_records(&"b1".into()).await {
                Ok(file) => {
                    let name = file.file_name().unwrap_or_default();
                    assert!(
                        !name.contains(char::is_control) && name.ends_with("b.txt"),
                        "{control:?} {name:?}"
                    );
                    named += 1;
                }
                Err(error) => {
                    assert!(matches!(error, Error::Transport(_)), "{control:?} {form}: {error:?}");
                    broken += 1;
                }
            }
        }
        let own = Download::from_bytes("x").with_file_name(&format!("a{control}b.txt"));
        assert_eq!(own.file_name(), Some("ab.txt"));
    }
    println!("{named} file names without control characters, {broken} answers that are not HTTP");
}
