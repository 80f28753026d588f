//! Every way in which users of the generated client call the service, as a table.

use futures_util::future::BoxFuture;
use maiagent::forms::CreateAttachmentForm;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::{Api, Client, Items, Result};
use serde_json::{Value, json};

/// Makes a call and reads what it gives to the end.
pub type Call<A = Client> = for<'c> fn(&'c A) -> BoxFuture<'c, Result<()>>;

/// Text in every value that the calls send. It belongs to no error and no log.
pub const TEXT: &str = "canary-text";

/// The nineteen operations, the streamed completion, and the seven walks over all pages.
pub const CALLS: [(&str, Call); 28] = calls();

/// The same for any implementation.
pub const fn calls<A: Api + Clone + 'static>() -> [(&'static str, Call<A>); 28] {
    [
        ("create_completion", |client| {
            Box::pin(async { client.create_completion(&TEXT.into(), &question()).await.map(drop) })
        }),
        ("stream_completion", |client| {
            Box::pin(async {
                let mut events = client.stream_completion(&TEXT.into(), &question()).await?;
                while events.try_next().await?.is_some() {}
                Ok(())
            })
        }),
        ("create_message", |client| Box::pin(async { client.create_message(&message()).await.map(drop) })),
        ("create_outgoing_message", |client| {
            #[allow(deprecated)]
            Box::pin(async { client.create_outgoing_message(&message()).await.map(drop) })
        }),
        ("list_messages", |client| Box::pin(async { client.list_messages(&messages()).await.map(drop) })),
        ("get_message", |client| {
            Box::pin(async { client.get_message(&TEXT.into(), &GetMessage::new(TEXT)).await.map(drop) })
        }),
        ("create_conversation", |client| {
            Box::pin(async { client.create_conversation(&NewConversation::new(TEXT)).await.map(drop) })
        }),
        ("list_conversations", |client| {
            Box::pin(async { client.list_conversations(&conversations()).await.map(drop) })
        }),
        ("get_conversation", |client| {
            Box::pin(async { client.get_conversation(&TEXT.into()).await.map(drop) })
        }),
        ("list_records", |client| {
            Box::pin(async { client.list_records(&TEXT.into(), &ListRecords::default()).await.map(drop) })
        }),
        ("export_records", |client| {
            Box::pin(async {
                let file = client.export_records(&TEXT.into()).await?.into_body();
                file.bytes().await.map(drop)
            })
        }),
        ("list_webhook_records", |client| {
            Box::pin(async {
                client.list_webhook_records(&TEXT.into(), &ListWebhookRecords::default()).await.map(drop)
            })
        }),
        ("list_chatbots", |client| {
            Box::pin(async { client.list_chatbots(&ListChatbots::default()).await.map(drop) })
        }),
        ("list_inboxes", |client| Box::pin(async { client.list_inboxes(&inboxes()).await.map(drop) })),
        ("create_attachment", |client| {
            Box::pin(async { client.create_attachment(CreateAttachmentForm::new(TEXT)).await.map(drop) })
        }),
        ("create_attachment_from_storage", |client| {
            Box::pin(async {
                client.create_attachment_from_storage(&StoredAttachment::new(TEXT, TEXT)).await.map(drop)
            })
        }),
        ("list_attachments", |client| {
            Box::pin(async { client.list_attachments(&ListAttachments::default()).await.map(drop) })
        }),
        ("get_attachment", |client| Box::pin(async { client.get_attachment(&TEXT.into()).await.map(drop) })),
        ("delete_attachment", |client| {
            Box::pin(async { client.delete_attachment(&TEXT.into()).await.map(drop) })
        }),
        ("create_conversation_attachment", |client| {
            Box::pin(async {
                let new = NewAttachment::new(TEXT, TEXT);
                client.create_conversation_attachment(&TEXT.into(), &new).await.map(drop)
            })
        }),
        ("create_presigned_upload", |client| {
            Box::pin(async {
                let new = NewPresignedUpload::new(TEXT, 1, TEXT, TEXT);
                client.create_presigned_upload(&new).await.map(drop)
            })
        }),
        ("all_messages", |client| Box::pin(walk(client.all_messages(&messages())))),
        ("all_conversations", |client| Box::pin(walk(client.all_conversations(&conversations())))),
        ("all_records", |client| Box::pin(walk(client.all_records(&TEXT.into(), &ListRecords::default())))),
        ("all_webhook_records", |client| {
            Box::pin(walk(client.all_webhook_records(&TEXT.into(), &ListWebhookRecords::default())))
        }),
        ("all_chatbots", |client| Box::pin(walk(client.all_chatbots(&ListChatbots::default())))),
        ("all_inboxes", |client| Box::pin(walk(client.all_inboxes(&inboxes())))),
        ("all_attachments", |client| Box::pin(walk(client.all_attachments(&ListAttachments::default())))),
    ]
}

async fn walk<T: Send>(mut items: Items<'_, T>) -> Result<()> {
    while items.try_next().await?.is_some() {}
    Ok(())
}

fn question() -> CompletionRequest {
    CompletionRequest::new(MessageInput::new(TEXT)).conversation(TEXT)
}

fn message() -> NewMessage {
    NewMessage::new(TEXT).content(TEXT).attachments(vec![AttachmentInput::new(TEXT, TEXT, TEXT)])
}

fn messages() -> ListMessages {
    ListMessages::new(TEXT).cursor(TEXT)
}

fn inboxes() -> ListInboxes {
    ListInboxes::default().chatbot(TEXT).ordering(TEXT)
}

fn conversations() -> ListConversations {
    ListConversations::new(TEXT).cursor(TEXT).keyword(TEXT)
}

/// The least that a server can answer with, by the name of the call: media type and body. A walk has two pages.
pub fn good_answer(call: &str, is_first: bool) -> (&'static str, String) {
    let message = json!({ "id": "m1", "conversation": "c1", "createdAt": "1728181396000" });
    let conversation = json!({
        "id": "c1", "title": "t", "contact": { "id": "p1", "name": "n" }, "inbox": { "id": "i1", "name": "n" },
        "unreadMessagesCount": 0, "autoReplyEnabled": true
    });
    let record = json!({ "id": "r1", "inputMessage": "a", "condenseMessage": "b", "outputMessage": "c" });
    let attachment = json!({ "id": "f1", "filename": "n", "file": "a" });
    let next = is_first.then_some("?cursor=2&page=2");
    let page = |item: Value| json!({ "next": next, "results": [item] });
    let body = match call {
        "stream_completion" => {
            let events = "data: {\"content\":\"a\"}\n\ndata: {\"content\":\"b\",\"done\":true}\n\n";
            return ("text/event-stream", events.to_owned());
        }
        "export_records" => return ("application/octet-stream", "PK".to_owned()),
        "create_completion" => json!({ "conversationId": "c1", "content": "a" }),
        "list_messages" | "all_messages" => page(message),
        "list_conversations" | "all_conversations" => page(conversation),
        "list_records" | "all_records" => page(record),
        "create_conversation" | "get_conversation" => conversation,
        "list_webhook_records" | "all_webhook_records" => page(json!({ "id": "d1" })),
        "list_chatbots" | "all_chatbots" => page(json!({ "id": "b1", "name": "n" })),
        "list_inboxes" | "all_inboxes" => page(json!({ "id": "i1" })),
        "list_attachments" | "all_attachments" => page(attachment),
        "create_attachment"
        | "create_attachment_from_storage"
        | "get_attachment"
        | "create_conversation_attachment" => attachment,
        "create_presigned_upload" => json!({ "url": "http://s/", "fields": { "key": "k" } }),
        _ => message,
    };
    ("application/json", body.to_string())
}
