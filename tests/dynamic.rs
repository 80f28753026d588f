//! Implementations that are chosen at run time: does the type that hides them do what they do?

use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Client, DynApi, Error, EventStream, Response, Result};
use maiagent_mock::Mock;

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

#[test]
fn it_crosses_threads() {
    fn crosses<T: Send + Sync + Clone + 'static>() {}
    crosses::<DynApi>();
    crosses::<echo::DynApi>();
}
