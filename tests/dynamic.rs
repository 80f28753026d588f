//! Implementations that are chosen at run time: does the type that hides them do what they do?

use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Client, DynApi, Error, EventStream, Response, Result, RetryPolicy, StatusCode};
use maiagent_mock::Mock;

use crate::operations::{CALLS, calls, good_answer};
use crate::server::Server;

/// Answers what it was asked.
struct Fake(&'static str);

impl Api for Fake {
    async fn get_message(&self, id: &MessageId, query: &GetMessage) -> Result<Response<Message>> {
        let mut message = Message::new(query.conversation.clone(), id.clone());
        message.content = Some(self.0.to_owned());
        Ok(message.into())
    }

    async fn stream_completion(
        &self,
        _: &ChatbotId,
        body: &CompletionRequest,
    ) -> Result<Response<EventStream<CompletionEvent>>> {
        let mut event = CompletionEvent::default();
        (event.content, event.done) = (Some(body.message.content.clone()), Some(true));
        Ok(EventStream::from_iter([event]).into())
    }
}

#[tokio::test]
async fn one_list_holds_clients_and_fakes() {
    let mock = Mock::builder().seed().start().await.unwrap();
    let client = Client::builder().api_key(mock.key()).base_url(mock.url()).build().unwrap();
    let all = [DynApi::new(Fake("one")), DynApi::new(Fake("two")), DynApi::new(client)];
    let mut answers = Vec::new();
    for api in &all {
        // What is borrowed need not live longer than the call.
        let answer = {
            let (id, query) = (MessageId::from("m"), GetMessage::new("c"));
            api.get_message(&id, &query).await
        };
        answers.push(match answer {
            Ok(message) => message.content.clone().unwrap_or_default(),
            Err(error) => error.to_string(),
        });
    }
    assert_eq!(answers, ["one", "two", "GET /messages/{id}/: 404 Not Found"]);

    // What is built on the methods is there, too, and what an implementation leaves out stays left out.
    let conversations = all[2].all_conversations(&ListConversations::new(mock.inbox_id())).into_vec().await;
    assert!(!conversations.unwrap().is_empty());
    let error = all[0].get_conversation(&ConversationId::from("c")).await.unwrap_err();
    assert!(matches!(error, Error::NotImplemented { name: "get_conversation" }), "{error:?}");
    assert_eq!(format!("{:?}", all[0]), "DynApi { .. }");
}

#[tokio::test]
async fn a_router_serves_whichever_was_chosen() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    let router = maiagent::server::router(DynApi::new(DynApi::new(Fake("served"))));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = Client::builder().api_key("key").base_url(url).build().unwrap();
    let message = client.get_message(&MessageId::from("m"), &GetMessage::new("c")).await.unwrap();
    assert_eq!(message.content.as_deref(), Some("served"));
    let question = CompletionRequest::new(MessageInput::new("Hello"));
    let events = client.stream_completion(&ChatbotId::from("c"), &question).await.unwrap().into_body();
    assert_eq!(events.into_vec().await.unwrap()[0].content.as_deref(), Some("Hello"));
}

/// What hides an implementation adds nothing and leaves nothing out, whatever the call and however it ends.
#[tokio::test]
async fn every_call_is_the_same_through_it() {
    type Trouble = (&'static str, StatusCode, &'static str, &'static str);
    const TROUBLES: [Trouble; 3] = [
        ("not found", StatusCode::NOT_FOUND, "application/json", "{\"detail\": \"no\"}"),
        ("another document", StatusCode::OK, "application/json", "[1, 2"),
        ("a web page", StatusCode::OK, "text/html", "<p>"),
    ];
    let hidden = calls::<DynApi>();
    for ((name, call), (_, hidden)) in CALLS.into_iter().zip(hidden) {
        for trouble in [None].into_iter().chain(TROUBLES.map(Some)) {
            let outcome = async |is_hidden: bool| {
                let server = Server::start(move |_, before| {
                    let good = good_answer(name, before == 0);
                    let (status, media_type, body) = match trouble {
                        None => (StatusCode::OK, good.0, good.1),
                        Some((_, status, media_type, body)) => (status, media_type, body.to_owned()),
                    };
                    let answer = axum::http::Response::builder().status(status);
                    answer.header("content-type", media_type).body(body.into()).unwrap()
                })
                .await;
                let client = Client::builder().api_key("key").base_url(format!("{}/api", server.url));
                let client = client.retry(RetryPolicy::never()).build().unwrap();
                let result = match is_hidden {
                    true => hidden(&DynApi::new(client)).await,
                    false => call(&client).await,
                };
                let requests = server.received().into_iter().map(|mut request| {
                    // Its port is chosen for each server, and the boundary of a form for each form.
                    request.headers.remove("host");
                    let boundary = request.header("content-type").split_once("boundary=");
                    let boundary = boundary.map_or("none".to_owned(), |(_, boundary)| boundary.to_owned());
                    format!("{request:?}").replace(&boundary, "boundary")
                });
                (requests.collect::<Vec<_>>(), format!("{result:?}"))
            };
            let (open, hidden) = (outcome(false).await, outcome(true).await);
            assert!(!open.0.is_empty());
            assert_eq!(open.1 == "Ok(())", trouble.is_none() || is_deaf(name, trouble), "{name} {}", open.1);
            assert_eq!(open, hidden, "{name} {trouble:?}");
        }
    }
}

/// Whether a call takes an answer for a good one, whatever its body is.
fn is_deaf(name: &str, trouble: Option<(&str, StatusCode, &str, &str)>) -> bool {
    let is_page = trouble.is_some_and(|trouble| trouble.2 == "text/html");
    let is_good = trouble.is_some_and(|trouble| trouble.1 == StatusCode::OK);
    is_good && !is_page && matches!(name, "delete_attachment" | "export_records")
}

#[test]
fn it_crosses_threads() {
    fn crosses<T: Send + Sync + Clone + 'static>() {}
    crosses::<DynApi>();
    crosses::<echo::DynApi>();
}
