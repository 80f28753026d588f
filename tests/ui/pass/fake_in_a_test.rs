use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, EventStream, Response, Result};

/// Answers one question, and is asked for nothing else.
#[derive(Clone)]
struct Fake;

impl Api for Fake {
    async fn create_completion(&self, _: &ChatbotId, body: &CompletionRequest) -> Result<Response<Completion>> {
        Ok(Completion::new(body.message.content.to_uppercase(), "c1").into())
    }

    async fn stream_completion(
        &self,
        _: &ChatbotId,
        _: &CompletionRequest,
    ) -> Result<Response<EventStream<CompletionEvent>>> {
        let mut event = CompletionEvent::default();
        event.done = Some(true);
        Ok(EventStream::from_iter([event]).into())
    }

    async fn list_messages(&self, _: &ListMessages) -> Result<Response<MessagePage>> {
        Ok(MessagePage::new(vec![Message::new("c1", "m1")]).into())
    }
}

fn main() {
    let items = Fake.all_messages(&ListMessages::new("c1"));
    // It owns what it needs, and moves anywhere.
    fn is_static(_: impl Send + 'static) {}
    is_static(items);
}
