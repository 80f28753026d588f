//! Every public type can move to another thread, and be shared where that makes sense; every future can be spawned.

use maiagent::forms::*;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::runtime::blocking::Events;
use maiagent::runtime::server::{
    Call, ErrorShape, Recent, Rejection, Reply, ReplyWriter, Routes, Serve, Table,
};
use maiagent::runtime::upgrade::Upgraded;
use maiagent::runtime::*;
use maiagent::uploads::{UploadError, UploadStep};
use maiagent::webhooks::Webhook;
use maiagent::wire::{
    Alternative, Base64, Canonical, Known, Lenient, Nullable, Spellings, UnixMillis, Value,
};
use maiagent::{Api, Client, ErrorBody, Maiagent};
use std::collections::BTreeSet;
use std::path::Path;

type ClientBuilder = maiagent::runtime::ClientBuilder<Maiagent>;
type Receivers = maiagent::runtime::server::Receivers<Client, Webhook>;
type Claim = maiagent::runtime::server::Claim<MessageId>;
type Novelty = maiagent::runtime::server::Novelty<MessageId>;
type Row = maiagent::runtime::server::Row<Client, Webhook>;
type Serving = maiagent::runtime::server::Serving<'static>;
type FormReader = maiagent::runtime::server::FormReader<'static>;
type Source = maiagent::wire::Source<'static>;
type Items<T> = maiagent::runtime::Items<'static, T>;
type RequestBuilder = maiagent::runtime::RequestBuilder<'static>;
type ResponseFuture<T> = maiagent::runtime::ResponseFuture<'static, T>;

fn shared<T: Send + Sync + Unpin + 'static>() {}
fn moved<T: Send + Unpin + 'static>() {}

/// Holds every type to a check, and gives their names as the sources have them.
macro_rules! check {
    ($check:ident: $($name:ident $(<$argument:ty>)?),* $(,)?) => {{
        $($check::<$name $(<$argument>)?>();)*
        [$(stringify!($name)),*]
    }};
}

#[test]
fn public_types_can_cross_threads() {
    let models = check!(shared:
        Attachment, AttachmentId, AttachmentInput, AttachmentType, ChannelType, ChatbotId, ChatbotRecord, Citation,
        CitationFileId, CitationNode, Completion, CompletionEvent, CompletionRequest, Contact, ContactId, Conversation,
        ConversationId, ConversationPage, DocumentId, ErrorBody, ErrorDetail, Feedback, FieldError, FieldErrors,
        FileContentId, FileStatus, GetMessage, Inbox, InboxId,
        KeycloakParams, KnowledgeBaseFileId, LastMessage,
        LineParams, ListConversations, ListMessages, ListRecords, Maiagent, Message, MessageId, MessageInput,
        MessageCreatedResponse, MessagePage, MessageReceipt, MessageType, NewConversation, NewMessage, Parser, ParserId, ParserProvider,
        RecordId, RecordPage, Sender, SenderId, SignAuth, SignAuthId, SignParams, SignSourceId, TextNode, TextNodeId,
        AttachmentPage, Channel, Chatbot, ChatbotPage, ChatbotPart, CreateAttachmentForm, InboxPage, ListAttachments, ListChatbots,
        ListInboxes, ListWebhookRecords, ListedInbox, NewAttachment, NewPresignedUpload, PresignedUpload, WebChatId, WebhookRecord,
        WebhookRecordChatbot, WebhookRecordId, WebhookRecordPage, StoredAttachment, UploadError, UploadStep,
    );
    let calls = check!(shared:
        Alternative<Value>, Known, ApiError, Claim, Novelty, Recent<MessageId>, AuthScheme, Base64, Body, CallError, CallInfo, CallOptions, Canonical<Value>, Client, ClientBuilder, ConfigError, DecodeError, Error,
        ErrorEvent, ErrorShape, FilePart, InputError, IoError, ItemPage<Value>, Lenient<Value>, MainError, MultipartForm, NotImplemented<Value>, NamedEvent<Value>, Nullable<Value>, Operation, OtherEvents, PageError, PathStyle, Progress,
        QueryStyle, RedirectError, RequestBuilder, Response<Value>, Result<Value>, RetryPolicy, Routes<Client>, Row, Serve<Client>, Server, Table<Client>,
        CookieStyle, Header<Value>, HeaderStyle, Received, Receivers, Redirect, Rejection, Webhook, SignOfLife, Source, Spellings, StreamError, TimeoutPhase, TooLarge, UnixMillis, Upgraded, UploadProgress,
    );
    use maiagent::runtime::sse::{Decoder, Event, Remainder};
    let events = check!(shared: AttemptStart, Decoder, Event, Remainder, Report);
    // What is still arriving has one reader.
    let streams = check!(moved: Download, EventStream<Value>, Events<Value>, Items<Value>, Records<Value>, ResponseFuture<Value>, Serving, Call, FormReader, Reply, ReplyWriter);

    let checked: BTreeSet<&str> = models.into_iter().chain(calls).chain(events).chain(streams).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let declared: BTreeSet<String> = ["runtime/src", "runtime/src/server", "generated/src"]
        .into_iter()
        .flat_map(|at| declared(&root.join(at)))
        .collect();
    let missing: Vec<_> = declared.iter().filter(|name| !checked.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "not checked: {missing:?}");
    println!("{} types", checked.len());
}

/// The names of public types in the sources of a folder.
fn declared(folder: &Path) -> BTreeSet<String> {
    let files =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let text: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let declarations = text.lines().filter_map(|line| {
        let kinds = ["pub struct ", "pub enum ", "pub type ", "pub union "];
        kinds.iter().find_map(|kind| line.strip_prefix(kind))
    });
    let name = |line: &str| line.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned();
    declarations.map(name).collect()
}

/// The generated operations are proved by [`CALLS`](crate::operations::CALLS), whose futures are boxed as `Send`.
#[tokio::test]
async fn futures_can_be_spawned() {
    fn is_send<T: Send>(_: T) -> usize {
        1
    }
    let client = Client::new("key").unwrap();
    // What a method takes may go before its future does.
    let receiving = client.get_message(&MessageId::from("message"), &GetMessage::new("conversation"));
    let request = || client.request(Method::GET, "/");
    let mut events = EventStream::from_iter([Value::Null]);
    let mut items = Items::from_iter([Value::Null]);
    let mut file = Download::from_bytes("x");
    let count = is_send(receiving)
        + is_send(request().receive_json::<Value>())
        + is_send(request().receive_text())
        + is_send(request().receive_empty())
        + is_send(request().receive_events::<Value>())
        + is_send(request().receive_download())
        + is_send(events.try_next())
        + is_send(items.try_next())
        + is_send(items.into_vec())
        + is_send(file.chunk())
        + is_send(file.bytes())
        + is_send(Download::from_bytes("x").save_to("x"))
        + is_send(Download::from_bytes("x").save_in("x"));
    println!("{} futures", count + crate::operations::CALLS.len());
}
