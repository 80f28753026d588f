use maiagent::models::{ConversationId, Message};
use maiagent::params::ListMessages;
use maiagent::{Api, Result};

/// Works with the client, a fake and a decorator alike.
async fn newest(api: &(impl Api + Clone), conversation: ConversationId) -> Result<Option<Message>> {
    api.all_messages(&ListMessages::new(conversation).page_size(1)).try_next().await
}

struct Service<A> {
    api: A,
}

impl<A: Api + Clone + 'static> Service<A> {
    fn spawnable(&self, conversation: ConversationId) -> impl Future<Output = Result<Option<Message>>> + Send {
        newest(&self.api, conversation)
    }
}

fn main() {
    if let Ok(client) = maiagent::Client::new("key") {
        let service = Service { api: client };
        drop(service.spawnable("c".into()));
    }
}
