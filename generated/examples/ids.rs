//! The ids that other calls want: `cargo run -p maiagent --example ids`.
//!
//! Lists assistants, and the inboxes that lead to each with the ids of their web chats. The first thing to do with a new key.

mod shared;

use std::io::{self, Write};

use maiagent::models::ChannelType;
use maiagent::params::{ListChatbots, ListInboxes};
use maiagent::{Api, MainError};

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let service = shared::connect().await?;
    let mut out = io::stdout();

    let mut chatbots = service.client.all_chatbots(&ListChatbots::default());
    while let Some(chatbot) = chatbots.try_next().await? {
        writeln!(out, "assistant    {}  {}", chatbot.id, chatbot.name)?;
        let mut inboxes = service.client.all_inboxes(&ListInboxes::default().chatbot(&chatbot.id));
        while let Some(inbox) = inboxes.try_next().await? {
            writeln!(out, "  inbox      {}  {}", inbox.id, inbox.name.as_deref().unwrap_or_default())?;
            let is_web = inbox.channel_type.get() == Some(&ChannelType::Web);
            if let Some(channel) = inbox.channel.filter(|_| is_web) {
                writeln!(
                    out,
                    "    web chat {}  {}",
                    channel.id,
                    channel.name.as_deref().unwrap_or_default()
                )?;
            }
        }
    }
    Ok(())
}
