//! A program that depends on the published packages alone: it asks the mock, and its reply streams.

use maiagent::models::{CompletionRequest, MessageInput};
use maiagent::{Api, Client, MainError};
use maiagent_mock::Mock;

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let mock = Mock::start().await?;
    let client = Client::builder().base_url(mock.url()).api_key(mock.key()).build()?;
    let question = CompletionRequest::new(MessageInput::new("Do I have to book a bicycle?"));
    let mut reply = client.stream_completion(&mock.chatbot_id(), &question).await?;
    let (mut pieces, mut text) = (0, String::new());
    while let Some(event) = reply.try_next().await? {
        pieces += 1;
        text.push_str(&event.content.unwrap_or_default());
    }
    if pieces < 2 || !text.contains("Do I have to book a bicycle?") {
        return Err(format!("no reply in pieces, but {pieces}: {text}").into());
    }
    println!("a reply of {} bytes in {pieces} pieces", text.len());
    Ok(())
}
