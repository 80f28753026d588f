//! Walks over all pages: whatever a server says about the next page, a walk ends, stays on its server, and gives
//! every item once.

use crate::raw::{self, Raw};
use maiagent::models::*;
use maiagent::params::*;
use maiagent::runtime::{PageError, http_client_builder, reqwest};
use maiagent::{Api, Client, Error, Items, Result};
use maiagent_mock::Mock;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

const KEY: &str = "canary-key-paging";

/// Where the walks start.
const START: (&str, i32) = ("start", 7);

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Clean,
    Repeated,
    InvalidLink,
    TooManyEmptyPages,
    Undecodable,
    Unsendable,
}

use End::*;

fn end(result: Result<()>) -> End {
    match result {
        Ok(()) => Clean,
        Err(Error::Page { error: PageError::RepeatedCursor, .. }) => Repeated,
        Err(Error::Page { error: PageError::InvalidLink { parameter: "cursor" | "page" }, .. }) => {
            InvalidLink
        }
        Err(Error::Page { error: PageError::TooManyEmptyPages { count: 100 }, .. }) => TooManyEmptyPages,
        Err(Error::Decode(error)) if error.path() == "$.next" => Undecodable,
        Err(Error::Input(error)) if error.parameter() == "url" => Unsendable,
        Err(error) => panic!("{error:?}"),
    }
}

/// The ways to walk.
#[derive(Debug, Clone, Copy)]
enum List {
    Messages,
    Conversations,
    Records,
}

/// A link, given the address of another server.
type Link = fn(&str) -> Value;

/// The items of a walk, and its end.
type Walked = (usize, End);

/// What the link on the first page is, with what it leads to in a walk by cursor and in one by page number: items and end.
const LINKS: [(&str, Link, Walked, Walked); 46] = [
    ("absolute", |other| json!(format!("http://{other}/x/?cursor=b&page=2")), (2, Clean), (2, Clean)),
    ("https", |other| json!(format!("https://{other}/?cursor=b&page=2")), (2, Clean), (2, Clean)),
    ("ftp", |other| json!(format!("ftp://{other}/?cursor=b&page=2")), (2, Clean), (2, Clean)),
    ("file", |_| json!("file:///etc/passwd?cursor=b&page=2"), (2, Clean), (2, Clean)),
    ("script", |_| json!("javascript:alert(1)?cursor=b&page=2"), (2, Clean), (2, Clean)),
    ("user", |other| json!(format!("http://a:b@{other}/?cursor=b&page=2")), (2, Clean), (2, Clean)),
    ("inner address", |_| json!("http://169.254.169.254/latest/?cursor=b&page=2"), (2, Clean), (2, Clean)),
    ("no scheme", |other| json!(format!("//{other}/?cursor=b&page=2")), (2, Clean), (2, Clean)),
    ("rooted", |_| json!("/admin/?cursor=b&page=2"), (2, Clean), (2, Clean)),
    ("relative", |_| json!("../../admin/?cursor=b&page=2"), (2, Clean), (2, Clean)),
    ("cursor alone", |_| json!("?cursor=b"), (2, Clean), (1, InvalidLink)),
    ("number alone", |other| json!(format!("http://{other}/?page=2")), (2, Clean), (2, Clean)),
    ("number without a cursor", |_| json!("?cursor=&page=2"), (2, Clean), (2, Clean)),
    ("a word for a number", |_| json!("?page=last"), (1, InvalidLink), (1, InvalidLink)),
    ("query alone", |_| json!("?cursor=b&page=2"), (2, Clean), (2, Clean)),
    ("other parameters", |_| json!("?pageSize=0&conversation=x&cursor=b&page=2"), (2, Clean), (2, Clean)),
    ("behind a fragment", |_| json!("#?cursor=b&page=2"), (1, InvalidLink), (1, InvalidLink)),
    ("before a fragment", |_| json!("?cursor=b&page=2#cursor=c"), (2, Clean), (2, Clean)),
    ("fragment alone", |_| json!("#"), (1, InvalidLink), (1, InvalidLink)),
    ("twice", |_| json!("?cursor=b&page=2&cursor=c&page=3"), (2, Clean), (2, Clean)),
    ("encoded name", |_| json!("?%63ursor=b&%70age=2"), (2, Clean), (2, Clean)),
    ("upper case", |_| json!("?CURSOR=b&PAGE=2"), (1, InvalidLink), (1, InvalidLink)),
    ("semicolons", |_| json!("?a=b;cursor=b;page=2"), (1, InvalidLink), (1, InvalidLink)),
    ("HTML", |_| json!("?a=b&amp;cursor=b&amp;page=2"), (1, InvalidLink), (1, InvalidLink)),
    ("null", |_| json!(null), (1, Clean), (1, Clean)),
    ("empty", |_| json!(""), (1, Clean), (1, Clean)),
    ("blank", |_| json!(" \t "), (1, Clean), (1, Clean)),
    ("text", |_| json!("next"), (1, InvalidLink), (1, InvalidLink)),
    ("text null", |_| json!("null"), (1, InvalidLink), (1, InvalidLink)),
    ("broken URL", |_| json!("http://[?cursor"), (1, InvalidLink), (1, InvalidLink)),
    ("no query", |other| json!(format!("http://{other}/")), (1, InvalidLink), (1, InvalidLink)),
    ("empty cursor", |_| json!("?cursor=&page="), (1, InvalidLink), (1, InvalidLink)),
    ("no value", |_| json!("?cursor&page"), (1, InvalidLink), (1, InvalidLink)),
    ("newline", |_| json!("?cursor=b&page=2\r\nHost: evil"), (1, InvalidLink), (1, InvalidLink)),
    ("NUL", |_| json!("\u{0}?cursor=b&page=2"), (1, InvalidLink), (1, InvalidLink)),
    ("encoded newline", |_| json!("?cursor=b%0d%0aHost:evil&page=2%0d%0a"), (2, Clean), (1, InvalidLink)),
    ("percent garbage", |_| json!("?cursor=%zz%&page=%zz%"), (2, Clean), (1, InvalidLink)),
    ("not UTF-8", |_| json!("?cursor=%ff%fe&page=%ff"), (1, InvalidLink), (1, InvalidLink)),
    ("not a page", |_| json!("?cursor=99999999999&page=99999999999"), (2, Clean), (1, InvalidLink)),
    ("long", |_| json!(format!("?cursor={}&page=2", "b".repeat(60_000))), (2, Clean), (2, Clean)),
    ("too long", |_| json!(format!("?cursor={}&page=2", "b".repeat(1 << 20))), (1, Unsendable), (2, Clean)),
    ("number", |_| json!(2), (0, Undecodable), (0, Undecodable)),
    ("boolean", |_| json!(true), (0, Undecodable), (0, Undecodable)),
    ("list", |_| json!(["?cursor=b&page=2"]), (0, Undecodable), (0, Undecodable)),
    ("object", |_| json!({ "href": "?cursor=b&page=2" }), (0, Undecodable), (0, Undecodable)),
    ("escaped", |_| json!("\u{202e}?cursor=\u{202e}&page=\u{664}"), (2, Clean), (1, InvalidLink)),
];

/// Given the address of another server and how many pages came before: the link on a page.
type Links = fn(&str, usize) -> Option<Value>;

/// Walks with more than one link, and what they lead to.
const WALKS: [(&str, Links, Walked); 8] = [
    ("absent", |_, _| None, (1, Clean)),
    ("the same again", |_, _| Some(json!("?cursor=b&page=2")), (2, Repeated)),
    ("a circle of three", |_, at| Some(json!(format!("?cursor=c{0}&page=1{0}", at % 3))), (4, Repeated)),
    ("back to the start", |_, _| Some(json!("?cursor=start&page=7")), (1, Repeated)),
    (
        "another host each time",
        |other, at| Some(json!(format!("http://{other}/{at}?cursor=b&page=2"))),
        (2, Repeated),
    ),
    (
        "pages without items",
        |_, at| (at < 90).then(|| json!(format!("?cursor=-{at}&page=-{at}"))),
        (1, Clean),
    ),
    ("no items, ever", |_, at| Some(json!(format!("?cursor=-{at}&page=-{at}"))), (0, TooManyEmptyPages)),
    ("a long way", |_, at| (at < 300).then(|| json!(format!("?cursor={at}&page=1{at:03}"))), (301, Clean)),
];

#[tokio::test]
async fn walks_end_whatever_the_links_are() {
    let elsewhere = Raw::start(|_| raw::json("{}")).await;
    let other = elsewhere.address.to_string();
    let http = http_client_builder().build().unwrap();
    let mut count = 0;
    for list in [List::Messages, List::Conversations, List::Records] {
        for (name, link, by_cursor, by_page) in LINKS {
            let link = link(&other);
            let found = walk(&http, list, move |before| (before == 0).then(|| link.clone())).await;
            assert_eq!(
                found,
                if matches!(list, List::Records) { by_page } else { by_cursor },
                "{list:?}: {name}"
            );
            count += 1;
        }
        for (name, links, expected) in WALKS {
            let other = other.clone();
            assert_eq!(
                walk(&http, list, move |before| links(&other, before)).await,
                expected,
                "{list:?}: {name}"
            );
            count += 1;
        }
    }
    assert_eq!(elsewhere.connections(), 0);
    println!("{count} walks along {} shapes of links", LINKS.len() + WALKS.len());
}

/// Walks all pages of a list whose links are what `link` says: the items found, and how it ended.
async fn walk(
    http: &reqwest::Client,
    list: List,
    link: impl Fn(usize) -> Option<Value> + Send + Sync + 'static,
) -> Walked {
    let before = AtomicUsize::new(0);
    let server = Raw::start(move |_| {
        let next = link(before.fetch_add(1, Ordering::SeqCst));
        let item = match list {
            List::Messages => json!({ "id": "m1", "conversation": "c1" }),
            List::Conversations => json!({
                "id": "c1", "title": "", "contact": { "id": "p1", "name": "" }, "inbox": { "id": "i1", "name": "" },
                "unreadMessagesCount": 0, "autoReplyEnabled": true
            }),
            List::Records => json!({ "id": "r1", "inputMessage": "", "condenseMessage": "", "outputMessage": "" }),
        };
        let is_empty = next.as_ref().is_some_and(|next| next.to_string().contains("=-"));
        let mut page = json!({ "results": if is_empty { vec![] } else { vec![item] } });
        if let Some(next) = next {
            page["next"] = next;
        }
        raw::json(page.to_string())
    })
    .await;
    let client = Client::builder().api_key(KEY).base_url(format!("{}/base", server.url()));
    let client = client.http_client(http.clone()).build().unwrap();
    let found = match list {
        List::Messages => {
            let query = ListMessages::new("c1").cursor(START.0).page(START.1).page_size(5);
            read(client.all_messages(&query)).await
        }
        List::Conversations => {
            let query = ListConversations::new("i1").cursor(START.0).page(START.1).keyword("k");
            read(client.all_conversations(&query)).await
        }
        List::Records => read(client.all_records(&"b1".into(), &ListRecords::default().page(START.1))).await,
    };
    for request in server.take() {
        let target = request.split(' ').nth(1).unwrap();
        let kept =
            ["/base/messages/?conversation=c1&", "/base/conversations/?", "/base/chatbots/b1/records/?"];
        assert!(kept.iter().any(|kept| target.starts_with(kept)), "{target}");
        assert!(request.contains(KEY) && request.lines().count() < 10, "{request}");
    }
    found
}

async fn read<T: Send>(mut items: Items<'_, T>) -> Walked {
    let mut found = 0;
    let end = loop {
        match items.try_next().await {
            // More than the longest of the table.
            Ok(Some(_)) if found > 400 => panic!("it does not end"),
            Ok(Some(_)) => found += 1,
            Ok(None) => break end(Ok(())),
            Err(error) => break end(Err(error)),
        }
    };
    assert!(matches!(items.try_next().await, Ok(None)), "it goes on");
    (found, end)
}

/// Messages and conversations: each link decides anew, and nothing else of it is sent.
#[tokio::test]
async fn a_walk_takes_what_each_link_has() {
    let links = [
        Some("https://other.example/api/messages/?page=2&pageSize=99&conversation=x&inbox=x"),
        Some("?cursor=a%2B"),
        Some("?page=3"),
        Some("?cursor=b&page=4"),
        None,
    ];
    let answers = AtomicUsize::new(0);
    let server = Raw::start(move |_| {
        let at = answers.fetch_add(1, Ordering::SeqCst) % links.len();
        raw::json(json!({ "results": [], "next": links[at] }).to_string())
    })
    .await;
    let client = Client::builder().api_key(KEY).base_url(server.url()).build().unwrap();
    let messages = ListMessages::new("c1").page_size(5);
    assert!(client.all_messages(&messages).into_vec().await.unwrap().is_empty());
    let conversations = ListConversations::new("i1").keyword("k").page(1);
    assert!(client.all_conversations(&conversations).into_vec().await.unwrap().is_empty());
    let sent = server.take();
    let sent: Vec<&str> = sent.iter().map(|request| request.split(' ').nth(1).unwrap()).collect();
    assert_eq!(
        sent,
        [
            "/messages/?conversation=c1&pageSize=5",
            "/messages/?conversation=c1&page=2&pageSize=5",
            "/messages/?conversation=c1&cursor=a%2B&pageSize=5",
            "/messages/?conversation=c1&page=3&pageSize=5",
            "/messages/?conversation=c1&cursor=b&pageSize=5",
            "/conversations/?inbox=i1&keyword=k&page=1",
            "/conversations/?inbox=i1&keyword=k&page=2",
            "/conversations/?cursor=a%2B&inbox=i1&keyword=k",
            "/conversations/?inbox=i1&keyword=k&page=3",
            "/conversations/?cursor=b&inbox=i1&keyword=k",
        ]
    );
}

/// A service that links by number where its pages declare a cursor, stopped and gone on with at every page.
#[tokio::test]
async fn a_walk_by_numbers_goes_on_where_it_stopped() {
    let mock = Mock::start().await.unwrap();
    let client = Client::builder().api_key(mock.key()).base_url(mock.url()).build().unwrap();
    let new = NewConversation::new(mock.web_chat_id());
    let conversation = mock.state().create_conversation(&new).await.unwrap().into_body().id;
    for at in 0..7 {
        let new = NewMessage::new(&conversation).content(at.to_string());
        mock.state().create_message(&new).await.unwrap();
    }
    let by_cursor = client.all_messages(&ListMessages::new(&conversation)).into_vec().await.unwrap();
    let query = ListMessages::new(&conversation).page_size(2).page(1);
    assert_eq!(client.all_messages(&query).into_vec().await.unwrap(), by_cursor);

    let (mut found, mut kept) = (Vec::new(), Some(("page", "1".to_owned())));
    while let Some((parameter, position)) = kept {
        let mut query = ListMessages::new(&conversation).page_size(2);
        match parameter {
            "page" => query.page = position.parse().ok(),
            _ => query.cursor = Some(position),
        }
        let mut items = client.all_messages(&query);
        let page = items.next_page().await.unwrap().unwrap();
        assert_eq!((page.parameter, page.cursor.is_some()), (Some("page"), true));
        found.extend(page.items);
        kept = items.next_parameter().zip(items.next_cursor().map(str::to_owned));
    }
    assert_eq!(found, by_cursor);

    let all = client.all_conversations(&ListConversations::new(mock.inbox_id()).page(1)).into_vec().await;
    assert_eq!(all.unwrap().len(), 1);
    for (query, status) in [
        (ListMessages::new(&conversation).page(5).page_size(2), 404),
        (ListMessages::new("nowhere").page(1), 404),
        (ListMessages::new(&conversation).page(0), 404),
    ] {
        let error = client.list_messages(&query).await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status, "{query:?}");
    }
}

/// What is stored is what a walk gives, in order, whatever the size of a page.
#[test]
fn the_items_of_a_walk_are_the_items_stored() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mock = runtime.block_on(Mock::start()).unwrap();
    let client = Client::builder().api_key(mock.key()).base_url(mock.url()).build().unwrap();
    let strategy = (0..45_usize, 0..4_usize, prop::option::of(1..60));
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    // Conversations and records of all cases are in one list each.
    let stored: Cell<(Vec<ConversationId>, Vec<String>)> = Cell::default();
    let items = Cell::new(0);
    let result = runner.run(&strategy, |(messages, questions, size)| {
        runtime.block_on(async {
            let (mut conversations, mut records) = stored.take();
            let started = mock.state().create_conversation(&NewConversation::new(mock.web_chat_id())).await;
            let conversation = started.unwrap().into_body().id;
            let mut texts: Vec<String> = (0..messages).map(|at| at.to_string()).collect();
            for text in &texts {
                let new = NewMessage::new(&conversation).content(text);
                mock.state().create_message(&new).await.unwrap();
            }
            conversations.insert(0, conversation.clone());
            for at in 0..questions {
                let question = CompletionRequest::new(MessageInput::new(format!("{conversation} {at}")));
                let answer = mock.state().create_completion(&mock.chatbot_id(), &question).await.unwrap();
                conversations.insert(0, answer.into_body().conversation_id);
                records.insert(0, question.message.content);
            }

            let mut query = ListMessages::new(&conversation);
            query.page_size = size;
            let found = client.all_messages(&query).into_vec().await.unwrap();
            let found: Vec<_> = found.into_iter().filter_map(|message| message.content).collect();
            texts.reverse();
            assert_eq!(found, texts);

            let mut query = ListConversations::new(mock.inbox_id());
            query.page_size = size;
            let found = client.all_conversations(&query).into_vec().await.unwrap();
            let found: Vec<_> = found.into_iter().map(|conversation| conversation.id).collect();
            assert_eq!(found, conversations);

            let mut query = ListRecords::default();
            query.page_size = size;
            let found = client.all_records(&mock.chatbot_id(), &query).into_vec().await.unwrap();
            let found: Vec<_> = found.into_iter().map(|record| record.input_message).collect();
            assert_eq!(found, records);
            items.set(items.get() + texts.len() + conversations.len() + records.len());
            stored.set((conversations, records));
        });
        Ok(())
    });
    result.unwrap();
    println!("{} items in {} requests", items.get(), mock.requests().len());
}
