//! A message, one with an image, and their answers at a webhook: `cargo run -p maiagent --example send --features webhooks`.
//!
//! It starts a conversation in a web chat, sends, waits until the answers have come, and reads everything back. With the real
//! service, the answers go to the webhook that is set for the assistant: `--example receive` is one.

mod shared;

use std::io::{self, Write};
use std::time::Duration;

use maiagent::models::*;
use maiagent::params::{ListInboxes, ListMessages};
use maiagent::uploads::Uploads;
use maiagent::webhooks::{self, Webhook, Webhooks};
use maiagent::{Api, Error, FilePart, MainError, Response};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// Passes on what comes.
struct Receiver(UnboundedSender<Message>);

impl Webhooks for Receiver {
    async fn message_created(&self, body: &Message) -> maiagent::Result<Response<MessageCreatedResponse>> {
        self.0.send(body.clone()).map_err(Error::other)?;
        Ok(MessageCreatedResponse::default().into())
    }
}

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let (sender, mut answers) = unbounded_channel();
    let router = webhooks::routes(Receiver(sender)).at(Webhook::MessageCreated, "/answers")?.into_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/answers", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });

    let service = shared::connect_with_webhook(url).await?;
    let client = &service.client;
    let mut out = io::stdout();

    // A web chat of the assistant, and a conversation in it.
    let query = ListInboxes::default().chatbot(&service.chatbot).channel_type(ChannelType::Web);
    let inbox = client.all_inboxes(&query).try_next().await?.ok_or("this assistant has no web chat")?;
    let web_chat = inbox.channel.ok_or("the inbox does not name its web chat")?.id;
    let conversation = client.create_conversation(&NewConversation::new(web_chat)).await?.into_body().id;

    let text = NewMessage::new(&conversation).content("Are you open on Sundays?");
    let receipt = client.create_message(&text).await?.into_body();
    writeln!(out, "sent     {}", receipt.id.map_or_else(String::new, |id| id.to_string()))?;
    wait(&service, &mut answers).await?;

    // The file belongs to the conversation before the message names it.
    let image =
        FilePart::new("GIF89a\u{1}\0\u{1}\0\0\0\0;").with_file_name("pixel.gif").with_media_type("image/gif");
    let image = client.upload_conversation_attachment(&conversation, image).await?;
    let with_image = NewMessage::new(&conversation).content("What is this?").attachments(vec![image.into()]);
    let receipt = client.create_message(&with_image).await?.into_body();
    let count = receipt.attachments.len();
    writeln!(out, "sent     {} with {count} file", receipt.id.map_or_else(String::new, |id| id.to_string()))?;
    wait(&service, &mut answers).await?;

    let mut messages = client.all_messages(&ListMessages::new(&conversation));
    while let Some(message) = messages.try_next().await? {
        writeln!(out, "read     {}: {}", message.id, message.content.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

/// Prints the next answer.
async fn wait(service: &shared::Service, answers: &mut UnboundedReceiver<Message>) -> Result<(), MainError> {
    if service.mock.is_none() {
        return Ok(());
    }
    let answer = timeout(Duration::from_secs(10), answers.recv()).await?.ok_or("nobody receives any more")?;
    writeln!(io::stdout(), "received {}: {}", answer.id, answer.content.as_deref().unwrap_or_default())?;
    Ok(())
}
