use maiagent::models::{ChatbotId, Completion, CompletionRequest};
use maiagent::{Api, Response, Result};

/// As long as what it fakes: everything else answers that it is not implemented.
struct Fake;

impl Api for Fake {
    async fn create_completion(&self, _: &ChatbotId, _: &CompletionRequest) -> Result<Response<Completion>> {
        Ok(Completion::new("text", "c1").into())
    }
}

fn main() {
    drop(Fake.create_completion(&ChatbotId::from("b1"), &CompletionRequest::new(maiagent::models::MessageInput::new("?"))));
}
