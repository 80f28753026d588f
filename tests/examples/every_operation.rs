//! Calls every operation that answers JSON on a server that is not ours: `cargo run -p tests --example every_operation -- URL`.
//!
//! The server should be a mock that answers from `spec/maiagent.yaml`, such as Prism; `tests/others/run` starts one.
#![allow(deprecated)]

use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Client, MainError};

#[tokio::main]
async fn main() -> Result<(), MainError> {
    let Some(url) = std::env::args().nth(1) else {
        return Err("usage: every_operation URL".into());
    };
    let client = Client::builder().api_key("any-key").base_url(url).build()?;
    let chatbot = ChatbotId::from("c5e1d6c6-9b62-480e-9945-36a50a774a45");
    let conversation = ConversationId::from("d812de22-e8ae-47be-b246-fad5d33e86ea");

    let question = CompletionRequest::new(MessageInput::new("Do I have to book?"));
    let answer = client.create_completion(&chatbot, &question).await?;
    println!("create_completion        {} characters", answer.content.chars().count());
    let message = NewMessage::new(&conversation).content("At ten, please.");
    let stored = client.create_message(&message).await?;
    println!("create_message           {} {:?}", stored.status(), stored.r#type);
    let stored = client.create_outgoing_message(&message).await?;
    println!("create_outgoing_message  {} {:?}", stored.status(), stored.r#type);
    let page = client.list_messages(&ListMessages::new(&conversation).page_size(2)).await?;
    println!("list_messages            {} of {:?}", page.results.len(), page.count);
    let one = client
        .get_message(&"c7872131-6cfa-41b9-a8e4-f2cfdb4824e3".into(), &GetMessage::new(&conversation))
        .await?;
    println!("get_message              {}", one.id);
    let started =
        client.create_conversation(&NewConversation::new("6dcf4a5a-7a3c-4ae4-a1f0-3fbd0d1f7ed9")).await?;
    println!("create_conversation      {} {}", started.status(), started.id);
    let page =
        client.list_conversations(&ListConversations::new("5397a6ec-5f1a-4294-a1cf-9cb164768bbf")).await?;
    println!("list_conversations       {}", page.results.len());
    let read = client.get_conversation(&conversation).await?;
    println!("get_conversation         {}", read.title);
    let page = client.list_records(&chatbot, &ListRecords::default().page(1)).await?;
    println!("list_records             {} of {:?}", page.results.len(), page.count);
    let page = client.list_webhook_records(&chatbot, &ListWebhookRecords::default()).await?;
    println!("list_webhook_records     {}", page.results.len());
    let page = client.list_chatbots(&ListChatbots::default()).await?;
    println!("list_chatbots            {}", page.results.len());
    let page = client.list_inboxes(&ListInboxes::default().channel_type(ChannelType::Web)).await?;
    println!("list_inboxes             {}", page.results.len());
    let page = client.list_attachments(&ListAttachments::default()).await?;
    println!("list_attachments         {}", page.results.len());
    let attachment = client.get_attachment(&"1747da7b-a7eb-4713-9ef4-1cf476f1004d".into()).await?;
    println!("get_attachment           {}", attachment.filename);
    let gone = client.delete_attachment(&attachment.id).await?;
    println!("delete_attachment        {}", gone.status());
    let upload =
        client.create_presigned_upload(&NewPresignedUpload::new("file", 1, "a.png", "attachment")).await?;
    println!("create_presigned_upload  {} fields", upload.fields.len());
    let new = NewAttachment::new("media/a.png", "a.png");
    let registered = client.create_conversation_attachment(&conversation, &new).await?;
    println!("create_conversation_attachment {}", registered.status());
    println!("17 operations completed");
    Ok(())
}
