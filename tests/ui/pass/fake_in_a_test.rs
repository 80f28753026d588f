use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Download, Error, EventStream, Response, Result};

/// Answers one question, and is asked for nothing else.
struct Fake;

fn not_asked<T>() -> Result<T> {
    Err(Error::with_status(404, &ErrorDetail::new("not asked")))
}

impl Api for Fake {
    async fn create_completion(&self, _: &ChatbotId, body: &CompletionRequest) -> Result<Response<Completion>> {
        Ok(Completion::new("c1", body.message.content.to_uppercase()).into())
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
    async fn create_message(&self, _: &NewMessage) -> Result<Response<MessageReceipt>> {
        not_asked()
    }
    async fn list_messages(&self, _: &ListMessages) -> Result<Response<MessagePage>> {
        Ok(MessagePage::new(vec![Message::new("m1", "c1")]).into())
    }
    async fn create_outgoing_message(&self, _: &NewMessage) -> Result<Response<MessageReceipt>> {
        not_asked()
    }
    async fn get_message(&self, _: &MessageId, _: &GetMessage) -> Result<Response<Message>> {
        not_asked()
    }
    async fn create_conversation(&self, _: &NewConversation) -> Result<Response<Conversation>> {
        not_asked()
    }
    async fn list_conversations(&self, _: &ListConversations) -> Result<Response<ConversationPage>> {
        not_asked()
    }
    async fn get_conversation(&self, _: &ConversationId) -> Result<Response<Conversation>> {
        not_asked()
    }
    async fn list_records(&self, _: &ChatbotId, _: &ListRecords) -> Result<Response<RecordPage>> {
        not_asked()
    }
    async fn export_records(&self, _: &ChatbotId) -> Result<Response<Download>> {
        Ok(Download::from_bytes("PK").into())
    }
}

fn main() {
    drop(Fake.all_messages(&ListMessages::new("c1")));
}
