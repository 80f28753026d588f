//! All conversations of an inbox and all of their messages: `cargo run -p maiagent --example history`.
//!
//! Pages are fetched as they are needed. The real service needs `MAIAGENT_INBOX_ID`.

mod shared;

use std::io::{self, Write};

use maiagent::models::{Message, MessageType};
use maiagent::params::{ListConversations, ListMessages};
use maiagent::{Api, MainError};

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let service = shared::connect().await?;
    let inbox = service.inbox.as_ref().ok_or("set MAIAGENT_INBOX_ID, too")?;
    let mut out = io::stdout();

    let mut conversations = service.client.all_conversations(&ListConversations::new(inbox));
    while let Some(conversation) = conversations.try_next().await? {
        writeln!(out, "{} ({})", conversation.title, conversation.id)?;
        let mut messages = service.client.all_messages(&ListMessages::new(conversation.id));
        while let Some(message) = messages.try_next().await? {
            writeln!(out, "  {}", describe(&message))?;
        }
    }
    Ok(())
}

fn describe(message: &Message) -> String {
    let time = message.created_at.get().map(ToString::to_string).unwrap_or_default();
    let arrow = if message.r#type == Some(MessageType::Outgoing) { "<" } else { ">" };
    format!("{time} {arrow} {}", message.content.as_deref().unwrap_or_default())
}
