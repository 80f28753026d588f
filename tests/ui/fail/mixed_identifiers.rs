use maiagent::models::{ChatbotId, ConversationId, NewConversation, WebChatId};
use maiagent::params::ListMessages;
use maiagent::Api;

async fn mixed(client: &impl Api, chatbot: ChatbotId, web_chat: WebChatId) {
    let _ = client.get_conversation(&chatbot).await;
    let _ = client.list_messages(&ListMessages::new(web_chat)).await;
    let _ = NewConversation::new(ConversationId::from("c1"));
}

fn main() {}
