//! The generated trait, answered from the tables.
//!
//! Comes in: decoded calls. Goes out: answers and errors in the vendor's shapes. Must not: check what the
//! router has checked, or know a route.

use std::collections::BTreeMap;

use futures_util::Stream;
use futures_util::stream::unfold;
use maiagent::forms::CreateAttachmentForm;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::wire::Nullable;
use maiagent::{Api, Download, Error, EventStream, Response, Result};
use serde::Serialize;

use crate::house::{self, Assistant, Place};
use crate::origin::link;
use crate::page::{self, Cursor};
use crate::reply::pieces;
use crate::source::{citation, citation_node};
use crate::state::{Direction, Missing, State, StreamGuard, Turn};
use crate::workbook::{MEDIA_TYPE, workbook};

impl Api for State {
    async fn create_completion(
        &self,
        chatbot_id: &ChatbotId,
        body: &CompletionRequest,
    ) -> Result<Response<Completion>> {
        let turn = self.begin(chatbot_id, body)?;
        self.finish(&turn);
        let mut completion = Completion::new(turn.answer, turn.conversation);
        completion.done = Some(true);
        completion.citations = vec![citation()];
        completion.citation_nodes = vec![citation_node()];
        Ok(completion.into())
    }

    async fn stream_completion(
        &self,
        chatbot_id: &ChatbotId,
        body: &CompletionRequest,
    ) -> Result<Response<EventStream<CompletionEvent>>> {
        let turn = self.begin(chatbot_id, body)?;
        Ok(EventStream::new(events(self.clone(), turn)).into())
    }

    async fn create_message(&self, body: &NewMessage) -> Result<Response<MessageReceipt>> {
        self.store(body, Direction::Incoming)
    }

    async fn list_messages(&self, query: &ListMessages) -> Result<Response<MessagePage>> {
        let cursor = cursor(query.cursor.as_deref())?;
        if let (None, Some(number)) = (cursor, query.page) {
            let filters = vec![("conversation", Some(query.conversation.to_string()))];
            let numbered = Numbered::new("/messages/".to_owned(), Some(number), query.page_size, filters)?;
            let all = self.every_message(&query.conversation)?;
            let found = numbered.cut(|number, size| part(all, number, size))?;
            let mut page = MessagePage::new(found.rows);
            (page.count, page.next, page.previous) = (found.count, found.next, found.previous);
            return Ok(page.into());
        }
        let size = size(query.page_size)?;
        let found = self.messages(&query.conversation, cursor, size)?;
        let mut page = MessagePage::new(found.rows);
        page.count = i64::try_from(found.count).ok();
        let to = |cursor: Cursor| {
            link(
                "/messages/",
                &[
                    ("conversation", Some(query.conversation.to_string())),
                    ("cursor", Some(cursor.encode())),
                    ("pageSize", query.page_size.map(|size| size.to_string())),
                ],
            )
        };
        (page.next, page.previous) = (found.next.map(to), found.previous.map(to));
        Ok(page.into())
    }

    async fn create_outgoing_message(&self, body: &NewMessage) -> Result<Response<MessageReceipt>> {
        self.store(body, Direction::Outgoing)
    }

    async fn get_message(&self, id: &MessageId, query: &GetMessage) -> Result<Response<Message>> {
        Ok(self.message(id, &query.conversation)?.into())
    }

    async fn create_conversation(&self, body: &NewConversation) -> Result<Response<Conversation>> {
        let place = house::web_chat(&body.web_chat).ok_or(Missing)?;
        Ok(self.start_conversation(place)?.into())
    }

    async fn list_conversations(&self, query: &ListConversations) -> Result<Response<ConversationPage>> {
        let cursor = cursor(query.cursor.as_deref())?;
        if let (None, Some(number)) = (cursor, query.page) {
            let filters = vec![("inbox", Some(query.inbox.to_string())), ("keyword", query.keyword.clone())];
            let numbered =
                Numbered::new("/conversations/".to_owned(), Some(number), query.page_size, filters)?;
            let all = self.every_conversation(&query.inbox, query.keyword.as_deref());
            let found = numbered.cut(|number, size| part(all, number, size))?;
            let mut page = ConversationPage::new(found.rows);
            (page.next, page.previous) = (found.next, found.previous);
            return Ok(page.into());
        }
        let size = size(query.page_size)?;
        let found = self.conversations(&query.inbox, query.keyword.as_deref(), cursor, size);
        let mut page = ConversationPage::new(found.rows);
        let to = |cursor: Cursor| {
            link(
                "/conversations/",
                &[
                    ("cursor", Some(cursor.encode())),
                    ("inbox", Some(query.inbox.to_string())),
                    ("keyword", query.keyword.clone()),
                    ("pageSize", query.page_size.map(|size| size.to_string())),
                ],
            )
        };
        (page.next, page.previous) = (found.next.map(to), found.previous.map(to));
        Ok(page.into())
    }

    async fn get_conversation(&self, id: &ConversationId) -> Result<Response<Conversation>> {
        Ok(self.conversation(id)?.into())
    }

    async fn list_records(
        &self,
        chatbot_id: &ChatbotId,
        query: &ListRecords,
    ) -> Result<Response<RecordPage>> {
        let assistant = known(chatbot_id)?;
        let path = format!("/chatbots/{chatbot_id}/records/");
        let numbered = Numbered::new(path, query.page, query.page_size, Vec::new())?;
        let found = numbered.cut(|number, size| self.records(assistant, number, size))?;
        let mut page = RecordPage::new(found.rows);
        (page.count, page.next, page.previous) = (found.count, found.next, found.previous);
        Ok(page.into())
    }

    async fn export_records(&self, chatbot_id: &ChatbotId) -> Result<Response<Download>> {
        let entries = self.entries(known(chatbot_id)?);
        // A large workbook takes a while, which other requests must not notice.
        let bytes = tokio::task::spawn_blocking(move || workbook(&entries)).await;
        let bytes = bytes.map_err(Error::other)?.map_err(Error::other)?;
        let download = Download::from_bytes(bytes);
        Ok(download.with_file_name("chatbot-records.xlsx").with_media_type(MEDIA_TYPE).into())
    }

    async fn list_webhook_records(
        &self,
        chatbot_id: &ChatbotId,
        query: &ListWebhookRecords,
    ) -> Result<Response<WebhookRecordPage>> {
        let assistant = known(chatbot_id)?;
        let path = format!("/chatbots/{chatbot_id}/webhook-records/");
        let numbered = Numbered::new(path, query.page, query.page_size, Vec::new())?;
        let found = numbered.cut(|number, size| self.deliveries(assistant, number, size))?;
        let mut page = WebhookRecordPage::new(found.rows);
        (page.count, page.next, page.previous) = (found.count, found.next, found.previous);
        Ok(page.into())
    }

    async fn list_chatbots(&self, query: &ListChatbots) -> Result<Response<ChatbotPage>> {
        let numbered = Numbered::new("/chatbots/".to_owned(), query.page, query.page_size, Vec::new())?;
        let all: Vec<_> = house::ASSISTANTS.iter().map(Assistant::describe).collect();
        let found = numbered.cut(|number, size| part(all, number, size))?;
        let mut page = ChatbotPage::new(found.rows);
        (page.count, page.next, page.previous) = (found.count, found.next, found.previous);
        Ok(page.into())
    }

    async fn list_inboxes(&self, query: &ListInboxes) -> Result<Response<InboxPage>> {
        if let Some(ChannelType::Unknown(_)) = &query.channel_type {
            return Err(invalid("channelType", ["This value is not one of the choices."]));
        }
        let wanted = |place: &&Place| {
            query.channel_type.as_ref().is_none_or(|kind| *kind == place.channel_type)
                && query.chatbot.as_ref().is_none_or(|chatbot| chatbot.as_str() == place.assistant.id)
        };
        let filters = vec![
            ("channelType", query.channel_type.as_ref().map(|kind| kind.as_str().to_owned())),
            ("chatbot", query.chatbot.as_ref().map(ToString::to_string)),
            ("ordering", query.ordering.clone()),
        ];
        let numbered = Numbered::new("/inboxes/".to_owned(), query.page, query.page_size, filters)?;
        let mut all: Vec<_> = house::PLACES.iter().filter(wanted).map(Place::listed).collect();
        match query.ordering.as_deref() {
            Some("name") => all.sort_by(|a, b| a.name.cmp(&b.name)),
            Some("-name") => all.sort_by(|a, b| b.name.cmp(&a.name)),
            // The framework of the service ignores what it cannot sort by.
            _ => {}
        }
        let found = numbered.cut(|number, size| part(all, number, size))?;
        let mut page = InboxPage::new(found.rows);
        (page.count, page.next, page.previous) = (found.count, found.next, found.previous);
        Ok(page.into())
    }

    async fn create_attachment(&self, body: CreateAttachmentForm) -> Result<Response<Attachment>> {
        let media_type = body.file.media_type().unwrap_or("application/octet-stream").to_owned();
        let name = body.file.file_name().unwrap_or("file").to_owned();
        let most = self.most_bytes();
        let mut file = body.file.into_body();
        let mut bytes = Vec::new();
        while let Some(chunk) = file.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > most {
                return Err(invalid("file", [format!("The file may have {most} bytes at most.")]));
            }
        }
        Ok(self.keep_file(&name, &media_type, bytes.into()).into())
    }

    async fn create_attachment_from_storage(&self, body: &StoredAttachment) -> Result<Response<Attachment>> {
        let mut new = NewAttachment::new(&*body.file, &*body.filename);
        new.r#type.clone_from(&body.r#type);
        self.register(&new, None)
    }

    async fn list_attachments(&self, query: &ListAttachments) -> Result<Response<AttachmentPage>> {
        let numbered = Numbered::new("/attachments/".to_owned(), query.page, query.page_size, Vec::new())?;
        let found = numbered.cut(|number, size| self.attachments(number, size))?;
        let mut page = AttachmentPage::new(found.rows);
        (page.count, page.next, page.previous) = (found.count, found.next, found.previous);
        Ok(page.into())
    }

    async fn get_attachment(&self, id: &AttachmentId) -> Result<Response<Attachment>> {
        Ok(self.attachment(id)?.into())
    }

    async fn delete_attachment(&self, id: &AttachmentId) -> Result<Response<()>> {
        Ok(State::delete_attachment(self, id)?.into())
    }

    async fn create_conversation_attachment(
        &self,
        id: &ConversationId,
        body: &NewAttachment,
    ) -> Result<Response<Attachment>> {
        self.register(body, Some(id))
    }

    async fn create_presigned_upload(&self, body: &NewPresignedUpload) -> Result<Response<PresignedUpload>> {
        let NewPresignedUpload { filename, model_name, field_name, file_size, .. } = body;
        not_blank(&[("filename", filename), ("modelName", model_name), ("fieldName", field_name)])?;
        if *file_size < 0 {
            return Err(invalid("fileSize", ["Ensure this value is greater than or equal to 0."]));
        }
        Ok(self.announce_file(body).into())
    }
}

impl State {
    /// Makes an attachment of a file that is in the storage.
    fn register(&self, new: &NewAttachment, id: Option<&ConversationId>) -> Result<Response<Attachment>> {
        if !is_a_kind(new.r#type.as_ref()) {
            return Err(invalid("type", ["This value is not one of the choices."]));
        }
        not_blank(&[("file", &new.file), ("filename", &new.filename)])?;
        Ok(self.register_file(id, new)?.into())
    }
}

/// Refuses texts that are there and empty.
fn not_blank(texts: &[(&str, &String)]) -> Result<()> {
    let blank = texts.iter().filter(|(_, text)| text.is_empty());
    let problems: BTreeMap<_, _> = blank.map(|(name, _)| (*name, ["This field may not be blank."])).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::with_status(400, &problems)) }
}

fn known(chatbot_id: &ChatbotId) -> Result<&'static Assistant> {
    Ok(house::assistant(chatbot_id).ok_or(Missing)?)
}

/// A list whose pages have numbers, from 1.
struct Numbered {
    path: String,
    number: usize,
    size: usize,
    /// What links repeat besides the number.
    query: Vec<(&'static str, Option<String>)>,
}

/// One page of it.
struct Found<T> {
    rows: Vec<T>,
    count: Option<i64>,
    next: Option<String>,
    previous: Option<String>,
}

impl Numbered {
    fn new(
        path: String,
        page: Option<i32>,
        page_size: Option<i32>,
        mut query: Vec<(&'static str, Option<String>)>,
    ) -> Result<Self> {
        let size = size(page_size)?;
        let number = usize::try_from(page.unwrap_or(1)).unwrap_or_default();
        query.push(("pageSize", page_size.map(|size| size.to_string())));
        Ok(Self { path, number, size, query })
    }

    /// `rows`: those of a page of this number and size, and how many there are on all pages.
    fn cut<T>(self, rows: impl FnOnce(usize, usize) -> (Vec<T>, usize)) -> Result<Found<T>> {
        let (rows, count) = rows(self.number, self.size);
        let last = count.div_ceil(self.size).max(1);
        if !(1..=last).contains(&self.number) {
            return Err(not_found("Invalid page."));
        }
        let to = |number: usize| {
            let page = ("page", Some(number.to_string()));
            link(&self.path, &[&[page][..], &self.query].concat())
        };
        Ok(Found {
            rows,
            count: i64::try_from(count).ok(),
            next: (self.number < last).then(|| to(self.number + 1)),
            previous: (self.number > 1).then(|| to(self.number - 1)),
        })
    }
}

/// A page of what is there from the start.
fn part<T>(all: Vec<T>, number: usize, size: usize) -> (Vec<T>, usize) {
    let count = all.len();
    (all.into_iter().skip(number.saturating_sub(1).saturating_mul(size)).take(size).collect(), count)
}

impl State {
    fn begin(&self, chatbot_id: &ChatbotId, body: &CompletionRequest) -> Result<Turn> {
        let assistant = known(chatbot_id)?;
        if body.message.content.is_empty() {
            return Err(invalid("message", BTreeMap::from([("content", ["This field may not be blank."])])));
        }
        if let Some(problems) = attachment_problems(&body.message.attachments) {
            return Err(invalid("message", BTreeMap::from([("attachments", problems)])));
        }
        // Clients send an empty text where they have no conversation yet.
        let conversation = body.conversation.as_option().filter(|id| !id.as_str().is_empty());
        Ok(self.ask(assistant, conversation, &body.message)?)
    }

    fn store(&self, body: &NewMessage, direction: Direction) -> Result<Response<MessageReceipt>> {
        if let Some(problems) = attachment_problems(&body.attachments) {
            return Err(invalid("attachments", problems));
        }
        if !is_judgement(&body.feedback) {
            return Err(invalid("feedback", ["This value is not one of the choices."]));
        }
        let message = self.add_message(body, direction)?;
        let mut receipt = MessageReceipt::default();
        receipt.id = Some(message.id);
        receipt.conversation = Some(message.conversation);
        receipt.sender = message.sender;
        receipt.r#type = message.r#type;
        receipt.content = message.content;
        receipt.feedback = message.feedback;
        receipt.created_at = message.created_at;
        receipt.attachments = message.attachments;
        Ok(receipt.into())
    }
}

/// Types of attachments that the pages' samples and the vendor's code send beside those of the document.
const FURTHER_TYPES: [&str; 3] = ["file", "text", "document"];

/// Whether a type of an attachment was ever documented, or is left to the service. Those that it does not support yet are
/// taken: the documents list them.
fn is_a_kind(kind: Option<&AttachmentType>) -> bool {
    match kind {
        Some(AttachmentType::Unknown(other)) => FURTHER_TYPES.contains(&other.as_str()),
        _ => true,
    }
}

/// What is wrong with each attachment, if anything is: its type is none that was ever documented, or it has no id.
fn attachment_problems(
    attachments: &[AttachmentInput],
) -> Option<Vec<BTreeMap<&'static str, [&'static str; 1]>>> {
    let problem = |attachment: &AttachmentInput| {
        let mut problems = BTreeMap::new();
        if !is_a_kind(attachment.r#type.as_ref()) {
            problems.insert("type", ["This value is not one of the choices."]);
        }
        if attachment.id.as_str().is_empty() {
            problems.insert("id", ["This field may not be blank."]);
        }
        problems
    };
    let last = attachments.iter().rposition(|attachment| !problem(attachment).is_empty())?;
    Some(attachments[..=last].iter().map(problem).collect())
}

/// Whether a feedback is absent, null, or one of the documented choices.
fn is_judgement(feedback: &Nullable<Feedback>) -> bool {
    !matches!(feedback, Nullable::Value(Feedback::Unknown(_)))
}

/// An answer in the middle of being given.
struct Telling {
    state: State,
    turn: Turn,
    pieces: std::vec::IntoIter<String>,
    _guard: StreamGuard,
}

/// The events of an answer. They are made when they are asked for, so nothing happens after the client has
/// gone, and an answer that nobody waited for is not stored.
fn events(state: State, turn: Turn) -> impl Stream<Item = Result<CompletionEvent>> + Send + 'static {
    let pieces = pieces(&turn.answer).into_iter();
    let guard = state.count_stream();
    unfold(Some(Telling { state, turn, pieces, _guard: guard }), |telling| async {
        let mut telling = telling?;
        if !telling.state.pace().is_zero() {
            tokio::time::sleep(telling.state.pace()).await;
        }
        let mut event = CompletionEvent::default();
        event.conversation_id = Some(telling.turn.conversation.clone());
        let piece = telling.pieces.next();
        event.done = Some(piece.is_none());
        let rest = match piece {
            Some(_) => Some(telling),
            None => {
                // Before the last event is sent: who has seen it finds the answer in the list of messages.
                telling.state.finish(&telling.turn);
                None
            }
        };
        event.content = Some(piece.unwrap_or_default());
        Some((Ok(event), rest))
    })
}

impl From<Missing> for Error {
    fn from(_: Missing) -> Self {
        not_found("Not found.")
    }
}

fn cursor(text: Option<&str>) -> Result<Option<Cursor>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    Cursor::decode(text).map(Some).ok_or_else(|| not_found("Invalid cursor"))
}

fn size(wanted: Option<i32>) -> Result<usize> {
    const PROBLEM: &str = "Ensure this value is greater than or equal to 1.";
    page::size(wanted.map(i64::from)).ok_or_else(|| invalid("pageSize", [PROBLEM]))
}

fn not_found(detail: &str) -> Error {
    Error::with_status(404, &ErrorDetail::new(detail))
}

/// What is wrong with a field: messages, or the same for the fields inside of it.
fn invalid(field: &str, problems: impl Serialize) -> Error {
    Error::with_status(400, &BTreeMap::from([(field, problems)]))
}
