//! What the server remembers.
//!
//! Comes in: questions, messages and files. Goes out: conversations, messages, records and attachments in the vendor's shapes.
//! Must not: know about HTTP, or keep more than its limits allow: the oldest go first.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use maiagent::models::*;
use maiagent::wire::{Lenient, UnixMillis, Value};
use tokio::sync::mpsc;

use crate::files::{Files, Object, Refusal};
use crate::house::{self, Assistant, Place};
use crate::page::{Cursor, Cut, cut};
use crate::reply::{excerpt, pieces, reply};
use crate::source::{PASSAGE, citation, citation_node};
use crate::table::{Limit, Row, Table};
use crate::webhook::{self, Delivery};

/// At most 10,000 conversations or 16 MiB.
const CONVERSATIONS: Limit = Limit { rows: 10_000, bytes: 16 << 20 };

/// At most 100,000 messages or 64 MiB, in all conversations together.
const MESSAGES: Limit = Limit { rows: 100_000, bytes: 64 << 20 };

/// At most 10,000 records or 64 MiB.
const RECORDS: Limit = Limit { rows: 10_000, bytes: 64 << 20 };

/// At most 10,000 deliveries or 32 MiB.
const DELIVERIES: Limit = Limit { rows: 10_000, bytes: 32 << 20 };

/// The most bytes that a file may have, unless another limit is set. The documents name none.
pub(crate) const MOST_BYTES: u64 = 32 << 20;

/// What a row takes besides its long texts, roughly.
const ROW_BYTES: usize = 1024;

/// The tables of a mock: an [`Api`](maiagent::Api) without a server around it.
///
/// Clones share the tables. They keep at most 10,000 conversations, 100,000 messages, 10,000 records and about 150 MiB of
/// them, and 256 MiB of files; what is older is forgotten.
#[derive(Clone)]
pub struct State {
    shared: Arc<Shared>,
}

struct Shared {
    tables: Mutex<Tables>,
    pace: Duration,
    streams: AtomicUsize,
    /// Who posts answers to the webhook, where there is one.
    courier: OnceLock<mpsc::Sender<Delivery>>,
}

struct Tables {
    conversations: Table<Thread>,
    messages: Table<Message>,
    records: Table<Entry>,
    files: Files,
    deliveries: Table<Posted>,
    last_time: i64,
}

/// A conversation, without what can be told from its messages.
struct Thread {
    id: ConversationId,
    place: &'static Place,
    contact: Contact,
    sender: Sender,
    /// The beginning of the first message from the contact; empty until there is one.
    title: String,
    created_at: UnixMillis,
    /// Keys of its messages, oldest first.
    messages: VecDeque<u64>,
}

/// A record, and what only the workbook shows of it.
#[derive(Clone)]
pub(crate) struct Entry {
    assistant: &'static Assistant,
    pub(crate) record: ChatbotRecord,
    pub(crate) is_follow_up: bool,
}

/// A delivery, and whose it was.
#[derive(Clone)]
struct Posted {
    assistant: &'static Assistant,
    record: WebhookRecord,
}

/// A question that is being answered. The answer is known, but not stored until it was given.
pub(crate) struct Turn {
    pub(crate) conversation: ConversationId,
    pub(crate) answer: String,
    assistant: &'static Assistant,
    question: String,
    before: Option<String>,
}

/// Which way a message goes.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Incoming,
    Outgoing,
}

/// There is no such row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing;

impl State {
    /// Empty tables. Streamed answers wait for `pace` before each piece.
    pub fn new(pace: Duration) -> Self {
        Self::with_most_bytes(pace, MOST_BYTES)
    }

    /// The same with another limit for the bytes of a file.
    pub(crate) fn with_most_bytes(pace: Duration, most: u64) -> Self {
        Self::with_limits(pace, most, [CONVERSATIONS, MESSAGES, RECORDS])
    }

    fn with_limits(pace: Duration, most: u64, [conversations, messages, records]: [Limit; 3]) -> Self {
        let tables = Tables {
            conversations: Table::new(conversations),
            messages: Table::new(messages),
            records: Table::new(records),
            files: Files::new(most),
            deliveries: Table::new(DELIVERIES),
            last_time: 0,
        };
        let shared = Shared {
            tables: Mutex::new(tables),
            pace,
            streams: AtomicUsize::new(0),
            courier: OnceLock::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The first assistant. The same in every mock, like the two ids below. The lists of assistants and inboxes have more.
    pub fn chatbot_id(&self) -> ChatbotId {
        house::first().assistant.id.into()
    }

    /// The inbox of that assistant's web chat.
    pub fn inbox_id(&self) -> InboxId {
        house::first().inbox.into()
    }

    /// That web chat.
    pub fn web_chat_id(&self) -> WebChatId {
        house::first().channel.into()
    }

    /// From now on files have an address, and answers to messages go to `courier`, if there is one.
    pub(crate) fn connect(
        &self,
        storage: String,
        everywhere: Option<u16>,
        courier: Option<mpsc::Sender<Delivery>>,
    ) {
        self.tables().files.stored_at(storage, everywhere);
        if let Some(courier) = courier {
            _ = self.shared.courier.set(courier);
        }
    }

    /// How many streamed answers are being produced at this moment.
    pub fn open_streams(&self) -> usize {
        self.shared.streams.load(Ordering::Relaxed)
    }

    /// Adds three conversations with messages and records, so that there is something to list.
    pub fn seed(&self) {
        const TALKS: [&[&str]; 3] = [
            &["How do I reset my password?", "And if I no longer have that address?"],
            &["Do I have to book a bicycle?"],
            &["週末租電動自行車需要先預約嗎？"],
        ];
        for questions in TALKS {
            let mut conversation = None;
            for question in questions {
                let question = MessageInput::new(*question);
                if let Ok(turn) = self.ask(house::first().assistant, conversation.as_ref(), &question) {
                    self.finish(&turn);
                    conversation = Some(turn.conversation);
                }
            }
        }
    }

    pub(crate) fn pace(&self) -> Duration {
        self.shared.pace
    }

    /// Counts a stream until the guard is dropped.
    pub(crate) fn count_stream(&self) -> StreamGuard {
        self.shared.streams.fetch_add(1, Ordering::Relaxed);
        StreamGuard(self.clone())
    }

    /// Stores a question and works out its answer. Without a conversation, one is started.
    pub(crate) fn ask(
        &self,
        assistant: &'static Assistant,
        conversation: Option<&ConversationId>,
        input: &MessageInput,
    ) -> Result<Turn, Missing> {
        let mut tables = self.tables();
        let conversation = match conversation {
            Some(id) if tables.thread(id)?.place.assistant != assistant => return Err(Missing),
            Some(id) => id.clone(),
            None => tables.start_conversation(house::place_of(assistant)),
        };
        let before = tables.last_question(&conversation)?;
        let mut question = NewMessage::new(&conversation).content(&*input.content);
        question.attachments.clone_from(&input.attachments);
        tables.add_message(&question, Direction::Incoming)?;
        let files: Vec<_> = input.attachments.iter().map(|file| file.filename.as_str()).collect();
        let answer = reply(&input.content, &files, before.as_deref());
        Ok(Turn { conversation, answer, assistant, question: input.content.clone(), before })
    }

    /// Stores the answer and a record of it. Does nothing when the conversation is gone by now.
    pub(crate) fn finish(&self, turn: &Turn) {
        // An answer that nobody can read any more needs no record.
        _ = self.tables().finish(turn, self.pace());
    }

    pub(crate) fn start_conversation(&self, place: &'static Place) -> Result<Conversation, Missing> {
        let mut tables = self.tables();
        let id = tables.start_conversation(place);
        tables.conversation(&id)
    }

    /// Stores a message. Where there is a webhook, it is answered, and the answer goes there.
    pub(crate) fn add_message(&self, new: &NewMessage, direction: Direction) -> Result<Message, Missing> {
        let mut tables = self.tables();
        let (Direction::Incoming, Some(courier)) = (direction, self.shared.courier.get()) else {
            return tables.add_message(new, direction);
        };
        let assistant = tables.thread(&new.conversation)?.place.assistant;
        let before = tables.last_question(&new.conversation)?;
        let stored = tables.add_message(new, direction)?;
        let question = new.content.clone().unwrap_or_default();
        let files: Vec<_> = new.attachments.iter().map(|file| file.filename.as_str()).collect();
        let answer = reply(&question, &files, before.as_deref());
        let turn = Turn { conversation: new.conversation.clone(), answer, assistant, question, before };
        let message = tables.finish(&turn, self.pace())?;
        _ = courier.try_send(Delivery { assistant, message });
        Ok(stored)
    }

    /// Notes what was posted, and how it was answered, if at all.
    pub(crate) fn record_delivery(
        &self,
        assistant: &'static Assistant,
        url: &str,
        body: Value,
        answer: Option<(u16, String)>,
    ) {
        let mut tables = self.tables();
        let time = tables.now();
        tables.deliveries.push(|key| {
            let mut record = WebhookRecord::new(id("delivery", key));
            record.chatbot = Some(webhook::chatbot(assistant));
            record.url = Some(url.to_owned());
            record.request_body = Some(body);
            record.status_code = answer.as_ref().map(|(status, _)| i32::from(*status));
            record.response = Some(answer.map_or_else(String::new, |(_, text)| text));
            record.created_at = time.into();
            Posted { assistant, record }
        });
    }

    /// What was posted of an assistant's answers, newest first, page by page; and how much of it there is.
    pub(crate) fn deliveries(
        &self,
        assistant: &Assistant,
        number: usize,
        size: usize,
    ) -> (Vec<WebhookRecord>, usize) {
        let tables = self.tables();
        let rows = tables.deliveries.iter().rev().map(|(_, posted)| posted);
        paged(rows.filter(|posted| posted.assistant == assistant), number, size, |posted| {
            posted.record.clone()
        })
    }

    /// The most bytes that a file may have.
    pub(crate) fn most_bytes(&self) -> u64 {
        self.tables().files.most
    }

    pub(crate) fn keep_file(&self, name: &str, media_type: &str, bytes: Bytes) -> Attachment {
        self.tables().files.keep(name, media_type, bytes)
    }

    pub(crate) fn register_file(
        &self,
        conversation: Option<&ConversationId>,
        new: &NewAttachment,
    ) -> Result<Attachment, Missing> {
        let mut tables = self.tables();
        if let Some(conversation) = conversation {
            tables.thread(conversation)?;
        }
        Ok(tables.files.register(new, conversation))
    }

    pub(crate) fn announce_file(&self, new: &NewPresignedUpload) -> PresignedUpload {
        self.tables().files.announce(new)
    }

    pub(crate) fn attachment(&self, id: &AttachmentId) -> Result<Attachment, Missing> {
        self.tables().files.attachment(id).ok_or(Missing)
    }

    pub(crate) fn delete_attachment(&self, id: &AttachmentId) -> Result<(), Missing> {
        if self.tables().files.delete(id) { Ok(()) } else { Err(Missing) }
    }

    /// The attachments of page `number`, counted from 1, newest first; and how many there are.
    pub(crate) fn attachments(&self, number: usize, size: usize) -> (Vec<Attachment>, usize) {
        self.tables().files.page(number, size)
    }

    /// Whether the storage would take a file with these fields.
    pub(crate) fn check_upload(&self, fields: &BTreeMap<String, String>) -> Result<u64, Refusal> {
        self.tables().files.check(fields)
    }

    /// Puts a file into the storage.
    pub(crate) fn put(
        &self,
        fields: &BTreeMap<String, String>,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<(), Refusal> {
        self.tables().files.put(fields, media_type, bytes)
    }

    /// A file of the storage.
    pub(crate) fn object(&self, key: &str) -> Option<Object> {
        self.tables().files.object(key)
    }

    pub(crate) fn conversation(&self, id: &ConversationId) -> Result<Conversation, Missing> {
        self.tables().conversation(id)
    }

    pub(crate) fn message(&self, id: &MessageId, conversation: &ConversationId) -> Result<Message, Missing> {
        let tables = self.tables();
        let message =
            tables.messages.find(id.as_str()).filter(|message| message.conversation == *conversation);
        message.cloned().ok_or(Missing)
    }

    /// The messages of a conversation, newest first.
    pub(crate) fn messages(
        &self,
        conversation: &ConversationId,
        cursor: Option<Cursor>,
        size: usize,
    ) -> Result<Page<Message>, Missing> {
        let tables = self.tables();
        let keys = &tables.thread(conversation)?.messages;
        Ok(Page::new(keys, cursor, size, |key| tables.messages.get(key).cloned()))
    }

    /// All messages of a conversation, newest first.
    pub(crate) fn every_message(&self, conversation: &ConversationId) -> Result<Vec<Message>, Missing> {
        Ok(self.messages(conversation, None, usize::MAX)?.rows)
    }

    /// All conversations of an inbox that mention `keyword`, newest first.
    pub(crate) fn every_conversation(&self, inbox: &InboxId, keyword: Option<&str>) -> Vec<Conversation> {
        self.conversations(inbox, keyword, None, usize::MAX).rows
    }

    /// The conversations of an inbox that mention `keyword`, newest first.
    pub(crate) fn conversations(
        &self,
        inbox: &InboxId,
        keyword: Option<&str>,
        cursor: Option<Cursor>,
        size: usize,
    ) -> Page<Conversation> {
        let tables = self.tables();
        let keyword = keyword.unwrap_or_default().to_lowercase();
        let mentions = |thread: &Thread| keyword.is_empty() || tables.mentions(thread, &keyword);
        let of_inbox = tables.conversations.iter().filter(|(_, thread)| thread.place.inbox == inbox.as_str());
        let found = of_inbox.filter(|(_, thread)| mentions(thread)).map(|(key, _)| key);
        Page::new(&found.collect(), cursor, size, |key| {
            tables.conversations.get(key).map(|thread| tables.describe(thread))
        })
    }

    /// An assistant's records of page `number`, counted from 1, newest first; and how many records there are.
    pub(crate) fn records(
        &self,
        assistant: &Assistant,
        number: usize,
        size: usize,
    ) -> (Vec<ChatbotRecord>, usize) {
        let tables = self.tables();
        paged(tables.records_of(assistant), number, size, |entry| entry.record.clone())
    }

    /// All records of an assistant with what only the workbook shows, newest first.
    pub(crate) fn entries(&self, assistant: &Assistant) -> Vec<Entry> {
        self.tables().records_of(assistant).cloned().collect()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // No code that holds the lock leaves the tables half changed, so a panic elsewhere does not matter.
        self.shared.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = self.tables();
        f.debug_struct("State")
            .field("conversations", &tables.conversations.len())
            .field("messages", &tables.messages.len())
            .field("records", &tables.records.len())
            .finish_non_exhaustive()
    }
}

/// Counts as a stream while it lives.
pub(crate) struct StreamGuard(State);

impl Drop for StreamGuard {
    fn drop(&mut self) {
        self.0.shared.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The rows of page `number`, counted from 1; and how many rows there are.
fn paged<'a, R: 'a, T>(
    rows: impl Iterator<Item = &'a R>,
    number: usize,
    size: usize,
    show: impl Fn(&R) -> T,
) -> (Vec<T>, usize) {
    let rows: Vec<&R> = rows.collect();
    let skipped = number.saturating_sub(1).saturating_mul(size);
    (rows.iter().skip(skipped).take(size).map(|row| show(row)).collect(), rows.len())
}

/// One page of rows, newest first, and how many there are on all pages.
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) next: Option<Cursor>,
    pub(crate) previous: Option<Cursor>,
    pub(crate) count: usize,
}

impl<T> Page<T> {
    fn new(
        keys: &VecDeque<u64>,
        cursor: Option<Cursor>,
        size: usize,
        row: impl FnMut(u64) -> Option<T>,
    ) -> Self {
        let Cut { keys: page, next, previous } = cut(keys, cursor, size);
        Self { rows: page.into_iter().filter_map(row).collect(), next, previous, count: keys.len() }
    }
}

impl Tables {
    fn start_conversation(&mut self, place: &'static Place) -> ConversationId {
        let created_at = self.now();
        let (key, dropped) = self.conversations.push(|key| Thread::new(key, place, created_at));
        for key in dropped.iter().flat_map(|thread| &thread.messages) {
            self.messages.remove(*key);
        }
        id("conversation", key).into()
    }

    fn add_message(&mut self, new: &NewMessage, direction: Direction) -> Result<Message, Missing> {
        self.add(new, direction, |_| {})
    }

    /// Stores an answer and a record of it.
    fn finish(&mut self, turn: &Turn, pace: Duration) -> Result<Message, Missing> {
        let message = self.add_answer(turn)?;
        let time = self.now();
        self.records.push(|key| entry(key, turn, time, pace));
        Ok(message)
    }

    /// The records of an assistant, newest first.
    fn records_of<'a>(&'a self, assistant: &'a Assistant) -> impl Iterator<Item = &'a Entry> {
        self.records.iter().rev().map(|(_, entry)| entry).filter(move |entry| entry.assistant == assistant)
    }

    fn add_answer(&mut self, turn: &Turn) -> Result<Message, Missing> {
        let answer = NewMessage::new(&turn.conversation).content(&*turn.answer);
        self.add(&answer, Direction::Outgoing, |message| {
            message.citations = vec![citation()];
            message.citation_nodes = vec![citation_node()];
        })
    }

    /// Stores a message, with what `complete` adds to it.
    fn add(
        &mut self,
        new: &NewMessage,
        direction: Direction,
        complete: impl FnOnce(&mut Message),
    ) -> Result<Message, Missing> {
        let time = self.now();
        let thread = self.conversations.find_mut(new.conversation.as_str()).ok_or(Missing)?;
        let mut stored = None;
        let (key, dropped) = self.messages.push(|key| {
            let mut message = message(key, new, direction, thread, time);
            complete(&mut message);
            stored = Some(message.clone());
            message
        });
        thread.messages.push_back(key);
        if matches!(direction, Direction::Incoming) && thread.title.is_empty() {
            thread.title = excerpt(new.content.as_deref().unwrap_or_default());
        }
        for message in dropped {
            // The oldest message of all is the oldest of its conversation, too.
            if let Some(thread) = self.conversations.find_mut(message.conversation.as_str()) {
                thread.messages.pop_front();
            }
        }
        stored.ok_or(Missing)
    }

    fn thread(&self, id: &ConversationId) -> Result<&Thread, Missing> {
        self.conversations.find(id.as_str()).ok_or(Missing)
    }

    fn conversation(&self, id: &ConversationId) -> Result<Conversation, Missing> {
        Ok(self.describe(self.thread(id)?))
    }

    /// What the contact said last, if anything.
    fn last_question(&self, id: &ConversationId) -> Result<Option<String>, Missing> {
        let mut messages = self.messages_of(self.thread(id)?).rev();
        let incoming = messages.find(|message| message.r#type == Some(MessageType::Incoming));
        Ok(incoming.and_then(|message| message.content.clone()))
    }

    fn messages_of<'a>(&'a self, thread: &'a Thread) -> impl DoubleEndedIterator<Item = &'a Message> {
        thread.messages.iter().filter_map(|key| self.messages.get(*key))
    }

    /// Whether `keyword`, in lower case, is in the title, the contact's name or a message.
    fn mentions(&self, thread: &Thread, keyword: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(keyword);
        has(&thread.title)
            || has(&thread.contact.name)
            || self.messages_of(thread).filter_map(|message| message.content.as_deref()).any(has)
    }

    fn describe(&self, thread: &Thread) -> Conversation {
        let last = self.messages_of(thread).next_back();
        let title = if thread.title.is_empty() { &thread.contact.name } else { &thread.title };
        let mut conversation = Conversation::new(
            true,
            thread.contact.clone(),
            &thread.id,
            thread.place.inbox(),
            title.as_str(),
            0,
        );
        conversation.last_message = last.map(short);
        conversation.last_message_created_at =
            last.map_or(thread.created_at.into(), |message| message.created_at.clone());
        conversation.is_auto_reply_now = true.into();
        conversation.last_read_at = Lenient::Other(Value::Null);
        conversation.created_at = thread.created_at.into();
        conversation.is_group_chat = false.into();
        conversation.enable_group_mention = false.into();
        conversation
    }

    /// The time, but always later than the time before: order by time is order by age.
    fn now(&mut self) -> UnixMillis {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        self.last_time = now.max(self.last_time.saturating_add(1));
        UnixMillis::from_millis(self.last_time)
    }
}

impl Thread {
    fn new(key: u64, place: &'static Place, created_at: UnixMillis) -> Self {
        let name = format!("Visitor {key}");
        let mut contact = Contact::new(id("contact", key), &*name);
        contact.created_at = created_at.into();
        // Contacts send under a number, the assistant under text: the documents show both.
        let mut sender = Sender::new(SenderId::Number(i64::try_from(key).unwrap_or(i64::MAX)));
        sender.name = Some(name);
        Self {
            id: id("conversation", key).into(),
            place,
            contact,
            sender,
            title: String::new(),
            created_at,
            messages: VecDeque::new(),
        }
    }
}

impl Row for Thread {
    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn bytes(&self) -> usize {
        ROW_BYTES
    }
}

impl Row for Message {
    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn bytes(&self) -> usize {
        let content = self.content.as_ref().map_or(0, String::len);
        // Clients can put any JSON in these two, which takes more memory than its text.
        let extras = (&self.feedback, &self.attachments);
        ROW_BYTES + content + serde_json::to_vec(&extras).map_or(0, |json| 8 * json.len())
    }
}

impl Row for Posted {
    fn id(&self) -> &str {
        self.record.id.as_str()
    }

    fn bytes(&self) -> usize {
        let texts = self.record.response.as_ref().map_or(0, String::len);
        // JSON takes more memory than its text.
        ROW_BYTES + texts + self.record.request_body.as_ref().map_or(0, |body| 8 * body.to_string().len())
    }
}

impl Row for Entry {
    fn id(&self) -> &str {
        self.record.id.as_str()
    }

    fn bytes(&self) -> usize {
        let record = &self.record;
        ROW_BYTES + record.input_message.len() + record.condense_message.len() + record.output_message.len()
    }
}

fn message(
    key: u64,
    new: &NewMessage,
    direction: Direction,
    thread: &Thread,
    created_at: UnixMillis,
) -> Message {
    let mut message = Message::new(&new.conversation, id("message", key));
    (message.sender, message.r#type) = match direction {
        Direction::Incoming => (Some(thread.sender.clone()), Some(MessageType::Incoming)),
        Direction::Outgoing => (Some(thread.place.assistant.sender()), Some(MessageType::Outgoing)),
    };
    message.content = Some(new.content.clone().unwrap_or_default());
    message.feedback = new.feedback.as_option().cloned().map_or(Lenient::Absent, Lenient::Known);
    message.created_at = created_at.into();
    message.attachments = new.attachments.iter().map(|file| attachment(file, &new.conversation)).collect();
    message
}

fn attachment(input: &AttachmentInput, conversation: &ConversationId) -> Attachment {
    let mut attachment = Attachment::new(&*input.file, &*input.filename, &input.id);
    let kind = input.r#type.clone().unwrap_or(AttachmentType::Other);
    attachment.r#type = kind.into();
    attachment.conversation = Some(conversation.clone());
    attachment
}

/// The part of a message that conversations show.
fn short(message: &Message) -> LastMessage {
    let mut last = LastMessage::new(&message.id);
    last.r#type.clone_from(&message.r#type);
    last.content.clone_from(&message.content);
    last.feedback.clone_from(&message.feedback);
    last.created_at.clone_from(&message.created_at);
    last
}

fn entry(key: u64, turn: &Turn, created_at: UnixMillis, pace: Duration) -> Entry {
    let condensed = match &turn.before {
        Some(before) => format!("{} (after: {})", excerpt(&turn.question), excerpt(before)),
        None => excerpt(&turn.question),
    };
    let mut record = ChatbotRecord::new(condensed, id("record", key), &*turn.question, &*turn.answer);
    record.context = Some(PASSAGE.to_owned());
    // Made up, but plausible and always the same. Without a model answer to compare with, two are missing.
    (record.faithfulness_score, record.display_faithfulness_score) = score(97);
    (record.answer_relevancy_score, record.display_answer_relevancy_score) = score(91);
    (record.context_precision_score, record.display_context_precision_score) = score(88);
    (record.context_recall_score, record.display_context_recall_score) = score(80);
    record.display_answer_correctness_score = Lenient::Other(Value::Null);
    record.display_answer_similarity_score = Lenient::Other(Value::Null);
    let seconds = pace.as_secs_f64() * pieces(&turn.answer).len() as f64;
    record.reply_time = Some(format!("{seconds:.2}"));
    record.created_at = created_at.into();
    Entry { assistant: turn.assistant, record, is_follow_up: turn.before.is_some() }
}

fn score(percent: i64) -> (Option<f64>, Lenient<i64>) {
    (Some(percent as f64 / 100.0), percent.into())
}

/// A UUID that depends on nothing but what it is for, so that ids are the same in every run.
pub(crate) fn id(kind: &str, key: u64) -> String {
    let kind = kind.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let high = scramble((kind << 40) ^ key);
    let low = scramble(high);
    let [a, b, c] = [high >> 32, (high >> 16) & 0xffff, high & 0xfff];
    let [d, e] = [((low >> 48) & 0x3fff) | 0x8000, low & 0xffff_ffff_ffff];
    format!("{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}")
}

/// The finalizer of SplitMix64: every input has its own, unlike, output.
fn scramble(key: u64) -> u64 {
    let key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &Assistant = &house::ASSISTANTS[0];

    fn ask(state: &State, conversation: Option<&ConversationId>) -> ConversationId {
        let turn = state.ask(FIRST, conversation, &MessageInput::new("a")).unwrap();
        state.finish(&turn);
        turn.conversation
    }

    #[test]
    fn what_is_dropped_leaves_nothing_behind() {
        let limit = |rows| Limit { rows, bytes: usize::MAX };
        let state = State::with_limits(Duration::ZERO, MOST_BYTES, [limit(3), limit(5), limit(2)]);
        let first = ask(&state, None);
        let second = ask(&state, None);
        ask(&state, Some(&second));
        // Six messages were sent, so the oldest one is gone.
        assert_eq!(state.messages(&first, None, 10).unwrap().count, 1);
        assert_eq!(state.messages(&second, None, 10).unwrap().count, 4);
        let third = ask(&state, None);
        assert_eq!(state.messages(&first, None, 10).unwrap().rows.len(), 0);
        assert_eq!(state.messages(&second, None, 10).unwrap().rows.len(), 3);
        let gone = state.ask(FIRST, Some(&second), &MessageInput::new("b")).unwrap();
        for _ in 0..2 {
            ask(&state, None);
        }
        // Two conversations more than fit: the first two are gone with all of their messages.
        assert_eq!(state.conversation(&first), Err(Missing));
        assert_eq!(state.messages(&second, None, 10).err(), Some(Missing));
        assert_eq!(state.tables().messages.len(), 5);
        assert_eq!(state.messages(&third, None, 10).unwrap().count, 1);
        assert_eq!(state.records(FIRST, 1, 10).1, 2);
        // A reply to one of them ends in nothing.
        state.finish(&gone);
        assert_eq!(state.tables().messages.len(), 5);
        assert_eq!(state.records(FIRST, 1, 10).1, 2);
    }
}
