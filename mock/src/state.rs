//! What the server remembers.
//!
//! Comes in: questions and messages. Goes out: conversations, messages and records in the vendor's shapes.
//! Must not: know about HTTP, or keep more than its limits allow: the oldest go first.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use maiagent::models::*;
use maiagent::wire::{Lenient, UnixMillis, Value};

use crate::page::{Cursor, Cut, cut};
use crate::reply::{excerpt, pieces, reply};
use crate::source::{PASSAGE, citation, citation_node};
use crate::table::{Limit, Row, Table};

/// At most 10,000 conversations or 16 MiB.
const CONVERSATIONS: Limit = Limit { rows: 10_000, bytes: 16 << 20 };

/// At most 100,000 messages or 64 MiB, in all conversations together.
const MESSAGES: Limit = Limit { rows: 100_000, bytes: 64 << 20 };

/// At most 10,000 records or 64 MiB.
const RECORDS: Limit = Limit { rows: 10_000, bytes: 64 << 20 };

/// What a row takes besides its long texts, roughly.
const ROW_BYTES: usize = 1024;

/// The tables of a mock: an [`Api`](maiagent::Api) without a server around it.
///
/// Clones share the tables. They keep at most 10,000 conversations, 100,000 messages and 10,000 records, and
/// about 150 MiB; what is older is forgotten.
#[derive(Clone)]
pub struct State {
    shared: Arc<Shared>,
}

struct Shared {
    tables: Mutex<Tables>,
    pace: Duration,
    streams: AtomicUsize,
}

struct Tables {
    conversations: Table<Thread>,
    messages: Table<Message>,
    records: Table<Entry>,
    last_time: i64,
}

/// A conversation, without what can be told from its messages.
struct Thread {
    id: ConversationId,
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
    pub(crate) record: ChatbotRecord,
    pub(crate) is_follow_up: bool,
}

/// A question that is being answered. The answer is known, but not stored until it was given.
pub(crate) struct Turn {
    pub(crate) conversation: ConversationId,
    pub(crate) answer: String,
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

/// The ids of what every mock has: those of the document's examples, so that its requests can be sent as they are.
const CHATBOT: &str = "c5e1d6c6-9b62-480e-9945-36a50a774a45";
const INBOX: &str = "5397a6ec-5f1a-4294-a1cf-9cb164768bbf";
const WEB_CHAT: &str = "13b607e3-c0f0-4ebf-aa23-5ef9b8227eb8";

impl State {
    /// Empty tables. Streamed answers wait for `pace` before each piece.
    pub fn new(pace: Duration) -> Self {
        Self::with_limits(pace, [CONVERSATIONS, MESSAGES, RECORDS])
    }

    fn with_limits(pace: Duration, [conversations, messages, records]: [Limit; 3]) -> Self {
        let tables = Tables {
            conversations: Table::new(conversations),
            messages: Table::new(messages),
            records: Table::new(records),
            last_time: 0,
        };
        let shared = Shared { tables: Mutex::new(tables), pace, streams: AtomicUsize::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// The one assistant. The same in every mock, like the two ids below.
    pub fn chatbot_id(&self) -> ChatbotId {
        CHATBOT.into()
    }

    /// The one inbox.
    pub fn inbox_id(&self) -> InboxId {
        INBOX.into()
    }

    /// The one web chat.
    pub fn web_chat_id(&self) -> WebChatId {
        WEB_CHAT.into()
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
                if let Ok(turn) = self.ask(conversation.as_ref(), &MessageInput::new(*question)) {
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
        conversation: Option<&ConversationId>,
        input: &MessageInput,
    ) -> Result<Turn, Missing> {
        let mut tables = self.tables();
        let conversation = match conversation {
            Some(id) => id.clone(),
            None => tables.start_conversation(),
        };
        let before = tables.last_question(&conversation)?;
        let mut question = NewMessage::new(&conversation).content(&*input.content);
        question.attachments.clone_from(&input.attachments);
        tables.add_message(&question, Direction::Incoming)?;
        let files: Vec<_> = input.attachments.iter().map(|file| file.filename.as_str()).collect();
        let answer = reply(&input.content, &files, before.as_deref());
        Ok(Turn { conversation, answer, question: input.content.clone(), before })
    }

    /// Stores the answer and a record of it. Does nothing when the conversation is gone by now.
    pub(crate) fn finish(&self, turn: &Turn) {
        let mut tables = self.tables();
        if tables.add_answer(turn).is_ok() {
            let time = tables.now();
            tables.records.push(|key| entry(key, turn, time, self.pace()));
        }
    }

    pub(crate) fn start_conversation(&self) -> Result<Conversation, Missing> {
        let mut tables = self.tables();
        let id = tables.start_conversation();
        tables.conversation(&id)
    }

    pub(crate) fn add_message(&self, new: &NewMessage, direction: Direction) -> Result<Message, Missing> {
        self.tables().add_message(new, direction)
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

    /// The conversations that mention `keyword`, newest first.
    pub(crate) fn conversations(
        &self,
        keyword: Option<&str>,
        cursor: Option<Cursor>,
        size: usize,
    ) -> Page<Conversation> {
        let tables = self.tables();
        let keyword = keyword.unwrap_or_default().to_lowercase();
        let mentions = |thread: &Thread| keyword.is_empty() || tables.mentions(thread, &keyword);
        let found = tables.conversations.iter().filter(|(_, thread)| mentions(thread)).map(|(key, _)| key);
        Page::new(&found.collect(), cursor, size, |key| {
            tables.conversations.get(key).map(|thread| tables.describe(thread))
        })
    }

    /// The records of page `number`, counted from 1, newest first; and how many records there are.
    pub(crate) fn records(&self, number: usize, size: usize) -> (Vec<ChatbotRecord>, usize) {
        let tables = self.tables();
        let newest_first = tables.records.iter().rev().map(|(_, entry)| entry.record.clone());
        let skipped = number.saturating_sub(1).saturating_mul(size);
        (newest_first.skip(skipped).take(size).collect(), tables.records.len())
    }

    /// All records with what only the workbook shows, newest first.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.tables().records.iter().rev().map(|(_, entry)| entry.clone()).collect()
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
    fn start_conversation(&mut self) -> ConversationId {
        let created_at = self.now();
        let (key, dropped) = self.conversations.push(|key| Thread::new(key, created_at));
        for key in dropped.iter().flat_map(|thread| &thread.messages) {
            self.messages.remove(*key);
        }
        id("conversation", key).into()
    }

    fn add_message(&mut self, new: &NewMessage, direction: Direction) -> Result<Message, Missing> {
        self.add(new, direction, |_| {})
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
        let mut conversation =
            Conversation::new(true, thread.contact.clone(), &thread.id, inbox(), title.as_str(), 0);
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
    fn new(key: u64, created_at: UnixMillis) -> Self {
        let name = format!("Visitor {key}");
        let mut contact = Contact::new(id("contact", key), &*name);
        contact.created_at = created_at.into();
        // Contacts send under a number, the assistant under text: the documents show both.
        let mut sender = Sender::new(SenderId::Number(i64::try_from(key).unwrap_or(i64::MAX)));
        sender.name = Some(name);
        Self {
            id: id("conversation", key).into(),
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
        Direction::Outgoing => (Some(assistant()), Some(MessageType::Outgoing)),
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
    Entry { record, is_follow_up: turn.before.is_some() }
}

fn score(percent: i64) -> (Option<f64>, Lenient<i64>) {
    (Some(percent as f64 / 100.0), percent.into())
}

fn inbox() -> Inbox {
    let mut inbox = Inbox::new(INBOX, "Mock inbox");
    inbox.channel_type = ChannelType::Web.into();
    inbox.unread_conversations_count = Some(0);
    inbox
}

fn assistant() -> Sender {
    let mut sender = Sender::new(SenderId::Text(CHATBOT.to_owned()));
    sender.name = Some("Mock assistant".to_owned());
    sender
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

    fn ask(state: &State, conversation: Option<&ConversationId>) -> ConversationId {
        let turn = state.ask(conversation, &MessageInput::new("a")).unwrap();
        state.finish(&turn);
        turn.conversation
    }

    #[test]
    fn what_is_dropped_leaves_nothing_behind() {
        let limit = |rows| Limit { rows, bytes: usize::MAX };
        let state = State::with_limits(Duration::ZERO, [limit(3), limit(5), limit(2)]);
        let first = ask(&state, None);
        let second = ask(&state, None);
        ask(&state, Some(&second));
        // Six messages were sent, so the oldest one is gone.
        assert_eq!(state.messages(&first, None, 10).unwrap().count, 1);
        assert_eq!(state.messages(&second, None, 10).unwrap().count, 4);
        let third = ask(&state, None);
        assert_eq!(state.messages(&first, None, 10).unwrap().rows.len(), 0);
        assert_eq!(state.messages(&second, None, 10).unwrap().rows.len(), 3);
        let gone = state.ask(Some(&second), &MessageInput::new("b")).unwrap();
        for _ in 0..2 {
            ask(&state, None);
        }
        // Two conversations more than fit: the first two are gone with all of their messages.
        assert_eq!(state.conversation(&first), Err(Missing));
        assert_eq!(state.messages(&second, None, 10).err(), Some(Missing));
        assert_eq!(state.tables().messages.len(), 5);
        assert_eq!(state.messages(&third, None, 10).unwrap().count, 1);
        assert_eq!(state.records(1, 10).1, 2);
        // A reply to one of them ends in nothing.
        state.finish(&gone);
        assert_eq!(state.tables().messages.len(), 5);
        assert_eq!(state.records(1, 10).1, 2);
    }
}
