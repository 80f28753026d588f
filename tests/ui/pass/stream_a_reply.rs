use maiagent::models::{ChatbotId, CompletionRequest, MessageInput};
use maiagent::{Api, Client, Error};

async fn ask(client: &Client) -> Result<String, Error> {
    let question = CompletionRequest::new(MessageInput::new("Hello"));
    let mut reply = client.stream_completion(&ChatbotId::from("id"), &question).await?;
    let mut text = String::new();
    while let Some(event) = reply.try_next().await? {
        text.push_str(event.content.as_deref().unwrap_or_default());
    }
    Ok(text)
}

fn main() {
    fn sends<T: Send>(_: T) {}
    if let Ok(client) = Client::new("key") {
        sends(ask(&client));
    }
}
