//! What is there from the start: assistants, their inboxes, and the channels of those.
//!
//! Comes in: ids. Goes out: what they belong to. Must not: change, so that ids can be written down.

use maiagent::models::*;
use maiagent::wire::UnixMillis;

/// The ids of what every mock has: those of the document's examples, so that its requests can be sent as they are.
const CHATBOT: &str = "c5e1d6c6-9b62-480e-9945-36a50a774a45";
const INBOX: &str = "5397a6ec-5f1a-4294-a1cf-9cb164768bbf";
const WEB_CHAT: &str = "13b607e3-c0f0-4ebf-aa23-5ef9b8227eb8";

/// An assistant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Assistant {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

/// An inbox with its channel, which leads to one assistant.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) inbox: &'static str,
    pub(crate) name: &'static str,
    pub(crate) assistant: &'static Assistant,
    pub(crate) channel_type: ChannelType,
    pub(crate) channel: &'static str,
    pub(crate) channel_name: &'static str,
}

pub(crate) static ASSISTANTS: [Assistant; 2] = [
    Assistant { id: CHATBOT, name: "Mock assistant" },
    Assistant { id: "4c1b8d0e-52f7-4e0f-9f0a-6d3c2b1a7e58", name: "Second mock assistant" },
];

/// Two web chats with an assistant each, and a channel in which no conversation can be started from here.
pub(crate) static PLACES: [Place; 3] = [
    Place {
        inbox: INBOX,
        name: "Mock inbox",
        assistant: &ASSISTANTS[0],
        channel_type: ChannelType::Web,
        channel: WEB_CHAT,
        channel_name: "Mock web chat",
    },
    Place {
        inbox: "ae861b5a-9d18-4d99-ad4c-13aeb0322634",
        name: "Mock LINE account",
        assistant: &ASSISTANTS[0],
        channel_type: ChannelType::Line,
        channel: "9a6f1c7e-3d5b-4f21-8b40-5c2e7d9f1a36",
        channel_name: "@mock",
    },
    Place {
        inbox: "2f7e9b54-6c18-4a3d-8e05-91d4c7b6f0a2",
        name: "Second mock inbox",
        assistant: &ASSISTANTS[1],
        channel_type: ChannelType::Web,
        channel: "e0b5d2f8-71a9-4c64-b3d7-28f6a4c90e1b",
        channel_name: "Second mock web chat",
    },
];

/// When all of it was set up: the end of October 2025.
const SET_UP: UnixMillis = UnixMillis::from_millis(1_761_901_260_000);

/// The inbox that is meant where nobody names one.
pub(crate) fn first() -> &'static Place {
    &PLACES[0]
}

pub(crate) fn assistant(id: &ChatbotId) -> Option<&'static Assistant> {
    ASSISTANTS.iter().find(|assistant| assistant.id == id.as_str())
}

/// Where an assistant is asked without a conversation.
pub(crate) fn place_of(assistant: &Assistant) -> &'static Place {
    PLACES.iter().find(|place| place.assistant == assistant).unwrap_or(first())
}

/// The inbox of a web chat. Other channels have none that a conversation could be started in.
pub(crate) fn web_chat(id: &WebChatId) -> Option<&'static Place> {
    let is_web = |place: &&Place| place.channel_type == ChannelType::Web;
    PLACES.iter().filter(is_web).find(|place| place.channel == id.as_str())
}

impl Assistant {
    pub(crate) fn describe(&self) -> Chatbot {
        let part = |kind: &str, name: &str| {
            let mut part = ChatbotPart::new(crate::state::id(kind, 0));
            part.name = Some(name.to_owned());
            part
        };
        let model = |kind: &str, name: &str| {
            let mut model = part(kind, name);
            model.is_default = Some(true);
            Some(model)
        };
        let mut chatbot = Chatbot::new(self.id, self.name);
        chatbot.large_language_model = Some(part("language model", "Parrot"));
        chatbot.rag = Some(part("rag", "None"));
        chatbot.embedding_model = model("embedding model", "Constant");
        chatbot.reranker_model = model("reranker model", "As it was");
        chatbot.updated_at = SET_UP.into();
        chatbot.enable_chinese_conversion = Some(false);
        chatbot
    }

    /// Who sends the assistant's messages.
    pub(crate) fn sender(&self) -> Sender {
        let mut sender = Sender::new(SenderId::Text(self.id.to_owned()));
        sender.name = Some(self.name.to_owned());
        sender
    }
}

impl Place {
    /// As conversations show it.
    pub(crate) fn inbox(&self) -> Inbox {
        let mut inbox = Inbox::new(self.inbox, self.name);
        inbox.channel_type = self.channel_type.clone().into();
        inbox.unread_conversations_count = Some(0);
        inbox
    }

    /// As the list of inboxes shows it: with what each of the two spellings has.
    pub(crate) fn listed(&self) -> ListedInbox {
        let mut channel = Channel::new(self.channel);
        channel.name = Some(self.channel_name.to_owned());
        let mut inbox = ListedInbox::new(self.inbox);
        inbox.name = Some(self.name.to_owned());
        inbox.channel_type = self.channel_type.clone().into();
        inbox.unread_conversations_count = Some(0);
        inbox.channel = Some(channel);
        inbox
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_belongs_to_something() {
        for assistant in &ASSISTANTS {
            let place = place_of(assistant);
            assert_eq!(place.assistant, assistant);
            assert_eq!(web_chat(&place.channel.into()).map(|place| place.inbox), Some(place.inbox));
        }
        let line = PLACES.iter().find(|place| place.channel_type == ChannelType::Line).unwrap();
        assert!(web_chat(&line.channel.into()).is_none(), "no conversation starts there");
        assert!(assistant(&INBOX.into()).is_none());
    }
}
