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

/// Where there is no service.
#[derive(Clone)]
struct Nobody;

impl Api for Nobody {}

fn main() {
    drop(Service { api: Nobody }.spawnable("c".into()));
}
