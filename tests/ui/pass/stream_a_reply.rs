use maiagent::models::{ChatbotId, CompletionRequest, MessageInput};
use maiagent::{Api, Error};

async fn ask(client: &impl Api) -> Result<String, Error> {
    let question = CompletionRequest::new(MessageInput::new("Hello"));
    let mut reply = client.stream_completion(&ChatbotId::from("id"), &question).await?;
    let mut text = String::new();
    while let Some(event) = reply.try_next().await? {
        text.push_str(event.content.as_deref().unwrap_or_default());
    }
    Ok(text)
}

/// Where there is no service.
struct Nobody;

impl Api for Nobody {}

fn main() {
    fn sends<T: Send>(_: T) {}
    sends(ask(&Nobody));
}
