//! The generated trait, answered from the tables.
//!
//! Comes in: decoded calls. Goes out: answers and errors in the vendor's shapes. Must not: check what the
//! router has checked, or know a route.

use std::collections::BTreeMap;

use futures_util::Stream;
use futures_util::stream::unfold;
use maiagent::models::*;
use maiagent::params::*;
use maiagent::wire::Nullable;
use maiagent::{Api, Download, Error, EventStream, Response, Result};
use serde::Serialize;

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
        if body.web_chat != self.web_chat_id() {
            return Err(not_found("Not found."));
        }
        Ok(self.start_conversation()?.into())
    }

    async fn list_conversations(&self, query: &ListConversations) -> Result<Response<ConversationPage>> {
        let cursor = cursor(query.cursor.as_deref())?;
        let size = size(query.page_size)?;
        if query.inbox != self.inbox_id() {
            return Ok(ConversationPage::new(Vec::new()).into());
        }
        let found = self.conversations(query.keyword.as_deref(), cursor, size);
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
        self.known(chatbot_id)?;
        let size = size(query.page_size)?;
        let number = usize::try_from(query.page.unwrap_or(1)).unwrap_or_default();
        let (rows, count) = self.records(number, size);
        let last = count.div_ceil(size).max(1);
        if !(1..=last).contains(&number) {
            return Err(not_found("Invalid page."));
        }
        let mut page = RecordPage::new(rows);
        page.count = i64::try_from(count).ok();
        let to = |number: usize| {
            link(
                &format!("/chatbots/{chatbot_id}/records/"),
                &[
                    ("page", Some(number.to_string())),
                    ("pageSize", query.page_size.map(|size| size.to_string())),
                ],
            )
        };
        page.next = (number < last).then(|| to(number + 1));
        page.previous = (number > 1).then(|| to(number - 1));
        Ok(page.into())
    }

    async fn export_records(&self, chatbot_id: &ChatbotId) -> Result<Response<Download>> {
        self.known(chatbot_id)?;
        let entries = self.entries();
        // A large workbook takes a while, which other requests must not notice.
        let bytes = tokio::task::spawn_blocking(move || workbook(&entries)).await;
        let bytes = bytes.map_err(Error::other)?.map_err(Error::other)?;
        let download = Download::from_bytes(bytes);
        Ok(download.with_file_name("chatbot-records.xlsx").with_media_type(MEDIA_TYPE).into())
    }
}

impl State {
    fn known(&self, chatbot_id: &ChatbotId) -> Result<()> {
        if *chatbot_id == self.chatbot_id() { Ok(()) } else { Err(Missing.into()) }
    }

    fn begin(&self, chatbot_id: &ChatbotId, body: &CompletionRequest) -> Result<Turn> {
        self.known(chatbot_id)?;
        if body.message.content.is_empty() {
            return Err(invalid("message", BTreeMap::from([("content", ["This field may not be blank."])])));
        }
        if let Some(problems) = attachment_problems(&body.message.attachments) {
            return Err(invalid("message", BTreeMap::from([("attachments", problems)])));
        }
        // Clients send an empty text where they have no conversation yet.
        let conversation = body.conversation.as_option().filter(|id| !id.as_str().is_empty());
        Ok(self.ask(conversation, &body.message)?)
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

/// What is wrong with each attachment, if anything is: its type is none that was ever documented.
fn attachment_problems(
    attachments: &[AttachmentInput],
) -> Option<Vec<BTreeMap<&'static str, [&'static str; 1]>>> {
    let is_wrong = |attachment: &AttachmentInput| match &attachment.r#type {
        Some(AttachmentType::Unknown(other)) => !FURTHER_TYPES.contains(&other.as_str()),
        _ => false,
    };
    let last = attachments.iter().rposition(is_wrong)?;
    let problem = |attachment: &AttachmentInput| match is_wrong(attachment) {
        true => BTreeMap::from([("type", ["This value is not one of the choices."])]),
        false => BTreeMap::new(),
    };
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
