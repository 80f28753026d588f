use maiagent::models::{ChatbotId, Completion, CompletionRequest};
use maiagent::{Api, Response, Result};

struct Fake;

impl Api for Fake {
    async fn create_completion(&self, _: &ChatbotId, _: &CompletionRequest) -> Result<Response<Completion>> {
        Ok(Completion::new("c1", "text").into())
    }
}

fn main() {}
